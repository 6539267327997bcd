//! What the reader refuses, where it points, and what it says would be right.

use history::{
    Certificate, History, Kind, Level, Operation, Place, Position, Replica, Source, Unit,
};

const GOOD: &str = r#"{"client":0,"kind":"write","key":"x","value":"1","start":0,"end":10}"#;

/// Reads two lines, a good one and `second`, and compares the refusal.
#[track_caller]
fn refuses(second: &str, expected: &str) {
    let refusal = History::from_jsonl(&format!("{GOOD}\n{second}\n")).expect_err("a refusal");
    assert_eq!(refusal.to_string(), expected, "{second}");
}

#[test]
fn malformed_json() {
    refuses("{\"client\":1", "2:11: this is no JSON object: EOF while parsing an object");
    refuses("{\"client\":1,}", "2:13: this is no JSON object: trailing comma");
    refuses("nonsense", "2:1: this is no JSON object; each line is one operation");
    refuses("  [1,2]", "2:3: this is no JSON object; each line is one operation");
    let deep = format!("{{\"client\":{}", "[".repeat(10_000));
    assert!(History::from_jsonl(&deep).is_err());
}

#[test]
fn unknown_and_missing_fields() {
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":null,"start":0,"end":1,"colour":"red"}"#,
        "2:68: unknown field `colour`, expected one of `client`, `kind`, `key`, `value`, `from`, \
         `to`, `ok`, `add`, `operations`, `start`, `end`, `refused`, `final`, `server`, `level`, `position`, \
         `by`, `entry`",
    );
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":null,"start":0}"#,
        "2:1: missing field `end`: the time of the answer, or null if none came",
    );
    refuses(
        r#"{"client":1,"kind":"read","key":"x","start":0,"end":3}"#,
        "2:1: missing field `value`: what was read, or null for nothing there",
    );
    refuses(
        r#"{"client":1,"kind":"cas","key":"x","from":"1","start":0,"end":3}"#,
        "2:1: missing field `to`: the value that takes its place",
    );
    refuses(
        r#"{"kind":"write","key":"x","value":"1","start":0,"end":3}"#,
        "2:1: missing field `client`: the number of the client that asked",
    );
    refuses(
        r#"{"client":1,"client":2,"kind":"write","key":"x","value":"1","start":0,"end":3}"#,
        "2:13: duplicate field `client`",
    );
}

#[test]
fn wrong_types_and_names() {
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":1.5,"start":0,"end":3}"#,
        "2:46: invalid type: floating point `1.5`, expected a string, an integer or null",
    );
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","start":"now","end":3}"#,
        "2:58: invalid type: string \"now\", expected an integer of at least 0",
    );
    refuses(
        r#"{"client":-1,"kind":"write","key":"x","value":"1","start":0,"end":3}"#,
        "2:11: invalid value: integer `-1`, expected an integer of at least 0",
    );
    refuses(
        r#"{"client":1,"kind":"push","key":"x","start":0,"end":3}"#,
        "2:20: unknown kind `push`; it is `write`, `read`, `cas`, `append`, `incr`, \
         `delete` or `transaction`",
    );
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","from":"2","start":0,"end":3}"#,
        "2:57: a write has no `from`; it has `value`",
    );
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":"1","start":0,"end":3,"level":"strong"}"#,
        "2:75: unknown level `strong`; the judge knows: linearizable, sequential, \
         causal, cm, cc, pram, wfr, mw, ryw, mr, eventual, bounded:<ms>",
    );
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","start":0,"end":3,"level":"eventual"}"#,
        "2:76: only a read asks for a `level`; a write is the same at all of them",
    );
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","start":0,"end":3,"final":true}"#,
        "2:76: only a read can be `final`",
    );
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","ok":true,"start":0,"end":3}"#,
        "2:55: a write has no `ok`; it has `value`; what certainly did not run says \
         `\"refused\":true`, and what is unknown `\"end\":null`",
    );
    refuses(
        r#"{"client":1,"kind":"cas","key":"x","from":"1","to":"2","ok":true,"start":0,"end":null}"#,
        "2:61: the answer is known, so it needs an `end`; leave `ok` out if none came",
    );
}

#[test]
fn answers_that_would_be_dropped() {
    let needs_end = |field: &str| {
        format!("the answer is known, so it needs an `end`; leave `{field}` out if none came")
    };
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":"1","ok":true,"start":0,"end":null}"#,
        &format!("2:54: {}", needs_end("ok")),
    );
    refuses(
        r#"{"client":1,"kind":"incr","key":"x","value":"1","start":0,"end":null}"#,
        &format!("2:45: {}", needs_end("value")),
    );
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":"1","start":0,"end":null}"#,
        &format!("2:45: {}", needs_end("value")),
    );
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":"1","ok":false,"start":0,"end":1}"#,
        "2:45: a read that ended without an answer has no `value`",
    );
    // A recorder that cannot leave a field out says so.
    let silent = r#"{"client":1,"kind":"read","key":"x","value":null,"start":0,"end":null}"#;
    assert!(History::from_jsonl(silent).is_ok());
    const REFUSED: &str = "what was refused did not run, so it was not answered";
    refuses(
        r#"{"client":1,"kind":"cas","key":"x","from":"1","to":"2","ok":true,"start":0,"end":1,"refused":true}"#,
        &format!("2:61: {REFUSED}"),
    );
    refuses(
        r#"{"client":1,"kind":"read","key":"x","value":"1","start":0,"end":1,"refused":true}"#,
        &format!("2:45: {REFUSED}"),
    );
    refuses(
        r#"{"client":1,"kind":"incr","key":"x","value":"1","start":0,"end":1,"refused":true}"#,
        &format!("2:45: {REFUSED}"),
    );
}

#[test]
fn impossible_times() {
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","start":9,"end":3}"#,
        "2:66: the operation ends before it starts (3 < 9); times are taken on one clock that \
         only goes forward",
    );
    refuses(
        r#"{"client":0,"kind":"write","key":"x","value":"2","start":9,"end":13}"#,
        "2:58: this operation of client 0 starts at 9 while its operation before (line 1) runs \
         until 10; one client's operations never overlap, so give one of them another client \
         number",
    );
    refuses(
        r#"{"client":1,"kind":"write","key":"x","value":"1","start":5000000000000000000,"end":null}"#,
        "2:58: times are at most 4611686018427387904",
    );
    let open = r#"{"client":0,"kind":"write","key":"x","value":"1","start":20,"end":null}"#;
    let next = r#"{"client":0,"kind":"read","key":"x","value":"1","start":30,"end":40}"#;
    let refusal = History::from_jsonl(&format!("{next}\n{open}")).expect_err("a refusal");
    assert_eq!(
        refusal.to_string(),
        "1:57: client 0 goes on although the outcome of its operation before (line 2) is \
         unknown; after an unknown outcome a client goes on under a new number"
    );
}

#[test]
fn headers() {
    refuses(
        r#"{"candor_history":9}"#,
        "2:19: version 9 of the history format is not known; this judge reads version 1",
    );
    refuses(
        r#"{"candor_history":1,"unit":"hours"}"#,
        "2:28: unknown unit of time `hours`; it is one of ns, us, ms, s, events",
    );
    refuses(
        r#"{"candor_history":1,"level":"perfect"}"#,
        "2:29: unknown level `perfect`; the judge knows: linearizable, sequential, \
         causal, cm, cc, pram, wfr, mw, ryw, mr, eventual, bounded:<ms>",
    );
    refuses(
        r#"{"candor_history":1,"promise":1}"#,
        "2:21: unknown field `promise`, expected one of `candor_history`, `unit`, `level`, \
         `keyspaces`, `initial`, `clients`",
    );
    refuses(
        r#"{"candor_history":1,"clients":{"zero":"a"}}"#,
        "2:31: `clients` has names by number, such as {\"0\":\"worker\"}, and `zero` is no number",
    );
    let two = "{\"candor_history\":1}\n{\"candor_history\":1}";
    let refusal = History::from_jsonl(two).expect_err("a refusal");
    assert_eq!(refusal.to_string(), "2:19: a second header; a history has at most one");
}

/// A header with this keyspace behind a good one, and an operation.
fn with_keyspace(keyspace: &str, operation: &str) -> Result<History, String> {
    let good = r#"{"prefix":"c:","order":"merged","level":"causal"}"#;
    let header = format!(r#"{{"candor_history":1,"keyspaces":[{good}, {keyspace}]}}"#);
    History::from_jsonl(&format!("{header}\n{operation}\n")).map_err(|broken| broken.to_string())
}

#[test]
fn keyspaces() {
    for (keyspace, expected) in [
        (r#"{"prefix":"d:","order":"agreed"}"#, "1:85: missing field `level`"),
        (
            r#"{"prefix":"d:","order":"agreed","level":"causal","name":"d"}"#,
            "1:134: unknown field `name`, expected one of `prefix`, `order`, `level`",
        ),
        (
            r#"{"prefix":"","order":"agreed","level":"causal"}"#,
            "1:95: a keyspace has a prefix; what has no keyspace is under the header's `level`",
        ),
        (
            r#"{"prefix":"c:","order":"agreed","level":"causal"}"#,
            "1:95: two keyspaces have this prefix; keep one",
        ),
        (
            r#"{"prefix":"d:","order":"sorted","level":"causal"}"#,
            "1:108: unknown order `sorted`; it is agreed (one log, by a majority) or merged (one \
             log a server)",
        ),
        (
            r#"{"prefix":"d:","order":"merged","level":"bounded:5"}"#,
            "1:125: a merged keyspace has no bounded:5 reads; it has causal, eventual and what \
             follows from them",
        ),
        (
            r#"{"prefix":"d:","order":"merged","level":"weak"}"#,
            "1:125: unknown level `weak`; the judge knows: linearizable, sequential, causal, cm, cc, \
             pram, wfr, mw, ryw, mr, eventual, bounded:<ms>",
        ),
    ] {
        assert_eq!(with_keyspace(keyspace, "").unwrap_err(), expected, "{keyspace}");
    }
    let other = r#"{"prefix":"d:","order":"agreed","level":"causal"}"#;
    let strong = r#"{"client":0,"kind":"read","key":"c:x","value":null,"start":0,"end":1,"level":"sequential"}"#;
    assert_eq!(
        with_keyspace(other, strong).unwrap_err(),
        "2:78: this key is in a merged keyspace, which has no sequential reads; it has causal, \
         eventual and what follows from them"
    );
    let both = r#"{"client":0,"kind":"transaction","operations":[{"kind":"delete","key":"c:x"},{"kind":"delete","key":"d:x"}],"start":0,"end":1}"#;
    assert_eq!(
        with_keyspace(other, both).unwrap_err(),
        "2:47: a transaction is about keyspaces of one order, and these keys are in agreed and \
         merged ones"
    );
    assert!(with_keyspace(other, &both.replace("d:x", "c:y")).is_ok());
}

#[test]
fn reads_ask_for_so_many_levels() {
    let read = |ms: usize| {
        format!(
            r#"{{"client":{ms},"kind":"read","key":"x","value":null,"start":0,"end":1,"level":"bounded:{ms}"}}"#
        ) + "\n"
    };
    assert!(History::from_jsonl(&(0..64).map(read).collect::<String>()).is_ok());
    let refusal =
        History::from_jsonl(&(0..65).map(read).collect::<String>()).expect_err("a refusal");
    assert_eq!(refusal.to_string(), "65:77: reads of one history ask for at most 64 levels");
}

#[test]
fn columns_count_characters() {
    refuses(
        r#"{"client":1,"key":"äöü","kind":"push","start":0,"end":3}"#,
        "2:32: unknown kind `push`; it is `write`, `read`, `cas`, `append`, `incr`, \
         `delete` or `transaction`",
    );
    let refusal = History::from_bytes(b"{}\n{\"\xc3\xa4\xff").expect_err("a refusal");
    assert_eq!(refusal.to_string(), "2:4: these bytes are no UTF-8; a history is UTF-8 text");
}

#[test]
fn certificates() {
    let write = |rest: &str| {
        format!(r#"{{"client":1,"kind":"write","key":"x","value":"1","start":0,"end":3,{rest}}}"#)
    };
    refuses(&write(r#""position":[1]"#), "2:79: invalid length 1, expected a tuple of size 2");
    refuses(&write(r#""position":{"2":17}"#), "2:79: `2` is no `node.boot`");
    refuses(
        &write(r#""position":{"2.1":17,"2.2":3}"#),
        "2:79: node 2 stands in the position twice",
    );
    refuses(&write(r#""by":["2.1",17]"#), "2:73: the entry has too few parts");
    refuses(
        &write(r#""entry":[1,2]"#),
        "2:76: an entry is `[\"node.boot\", index, offset, stamp]`",
    );
}

#[test]
fn what_is_written_is_read_again() {
    let cas = |ok| Kind::Cas { from: Some("1".into()), to: None, ok };
    let mut certified = Operation::write(7, "k\"ey", "välue\n", 30, Some(31)).at_server(2);
    certified
        .certify(|held| held.position = Some(Position::Agreed(Place { index: 17, offset: 3 })));
    let mut merged = Operation::read(8, "k", None, 30, 31).into_final();
    let replica = Replica { node: 2, boot: 1 };
    let entry = history::Entry { replica, index: 17, offset: 0, stamp: 99 };
    merged.certify(|held| {
        held.position = Some(Position::Merged(vec![(replica, 17)]));
        held.by = Some(Source::Merged(entry));
    });
    let mut initial = Operation::read(9, "k", None, 30, 31);
    initial.certify(|held| held.by = Some(Source::Nothing));
    initial.level = Some(Level::Eventual);
    let operations = vec![
        Operation::write(0, "k", "1", 0, None),
        Operation::delete(1, "k", 0, Some(5)),
        Operation::read_unanswered(2, "k", 0, Some(5)),
        Operation::read_unanswered(3, "k", 0, None),
        Operation::write(4, "k", "2", 0, Some(0)).into_refused(),
        Operation::new(5, cas(Some(true)), "k", 1, Some(2)),
        Operation::new(5, cas(Some(false)), "k", 3, Some(4)),
        Operation::new(5, cas(None), "k", 5, None),
        certified,
        merged,
        initial,
    ];
    let header = history::Header::new(Unit::Milliseconds, Some(Level::Sequential));
    let mut history = History::new(Some(header), operations);
    let again = History::from_jsonl(&history.to_jsonl()).expect("readable");
    for (index, operation) in history.operations.iter_mut().enumerate() {
        operation.line = index + 2;
    }
    assert_eq!(again, history);
}

/// A transaction of these operations.
fn whole(operations: &str, more: &str) -> String {
    let operations = format!(r#"{{"client":1,"kind":"transaction","operations":[{operations}]"#);
    format!(r#"{operations},"start":20,"end":30{more}}}"#)
}

#[test]
fn transactions() {
    let good = r#"{"kind":"write","key":"x","value":"2"}"#;
    let refuses = |operations: &str, more: &str, expected: &str| {
        refuses(&whole(operations, more), expected);
    };
    refuses("", "", "2:47: a transaction has at least one operation");
    refuses(
        &format!(r#"{good},{{"kind":"read","key":"y"}}"#),
        "",
        "2:87: missing field `value`: what was read, or null for nothing there",
    );
    refuses(
        &format!(r#"{good},{{"kind":"cas","key":"y","from":"1","to":"2"}}"#),
        "",
        "2:87: missing field `ok`: whether `from` was there",
    );
    refuses(
        r#"{"kind":"write","value":"2"}"#,
        "",
        "2:48: missing field `key`: the key as a string",
    );
    refuses(
        r#"{"kind":"write","key":"x","value":"2","start":3}"#,
        "",
        "2:94: an operation of a transaction has no `start` of its own",
    );
    refuses(
        r#"{"kind":"write","key":"x","value":"2","colour":"red"}"#,
        "",
        "2:86: unknown field `colour`, expected one of `client`, `kind`, `key`, `value`, `from`, \
         `to`, `ok`, `add`, `operations`, `start`, `end`, `refused`, `final`, `server`, `level`, \
         `position`, `by`, `entry`",
    );
    refuses(
        r#"{"kind":"push","key":"x"}"#,
        "",
        "2:56: unknown kind `push`; it is `write`, `read`, `cas`, `append`, `incr` or `delete`",
    );
    refuses(
        r#"{"kind":"transaction","operations":[]}"#,
        "",
        "2:83: an operation of a transaction has no `operations` of its own",
    );
    refuses(
        r#"{"kind":"write","key":"x","from":"2"}"#,
        "",
        "2:81: a write has no `from`; it has `value`",
    );
    refuses(good, r#","key":"x""#, "2:114: a transaction has no `key`; its operations have");
    refuses(good, r#","by":null"#, "2:113: a transaction has no `by`; its operations have");
    refuses(good, r#","value":"1""#, "2:116: a transaction has no `value`; it has `operations`");
    refuses(good, r#","final":true"#, "2:116: only a read can be `final`");
    refuses(
        good,
        r#","position":{"1.1":4}"#,
        "2:119: a transaction takes `[index, offset]`: certificates of merged ones are not read. Leave it out",
    );
    refuses(
        good,
        r#","entry":["1.1",1,0,1]"#,
        "2:116: a transaction takes no `entry`: certificates of merged ones are not read. Leave it out",
    );
    let open = whole(r#"{"kind":"read","key":"x","value":"1"}"#, "").replace("30", "null");
    let silent = whole(r#"{"kind":"read","key":"x"}"#, "").replace("30", "null");
    assert!(History::from_jsonl(&silent).is_ok(), "a read without an answer says nothing");
    let sum = whole(r#"{"kind":"incr","key":"x","value":"1"}"#, "").replace("30", "null");
    for told in [open, sum] {
        let refusal = History::from_jsonl(&told).expect_err("a refusal").to_string();
        assert!(refusal.contains("the answer is known, so it needs an `end`"), "{refusal}");
    }
    let many = [good].repeat(history::TRANSACTION_OPERATIONS_MAX + 1).join(",");
    let refusal = History::from_jsonl(&whole(&many, "")).expect_err("a refusal").to_string();
    assert!(refusal.contains("has at most 65536 operations"), "{refusal}");
}

#[test]
fn a_transaction_comes_back_as_it_was_written() {
    let by = Certificate { by: Some(Source::Nothing), ..Certificate::default() };
    let parts = |answered: bool| {
        let cas = Kind::Cas { from: None, to: Some("2".into()), ok: answered.then_some(true) };
        let incr = Kind::Incr { add: -3, value: answered.then(|| "-1".to_string()) };
        let read = Kind::Read { value: None, ok: answered };
        let kinds = [cas, incr, read, Kind::Append { value: "a".into() }];
        let keys = ["x", "x", "y", "z"];
        let end = answered.then_some(9);
        let part = |(kind, key)| Operation::new(7, kind, key, 3, end);
        kinds.into_iter().zip(keys).map(part).collect::<Vec<_>>()
    };
    let mut done = parts(true);
    done[2] = done[2].clone().certified(by);
    let place = Place { index: 4, offset: 2 };
    let certificate =
        Certificate { position: Some(Position::Agreed(place)), ..Certificate::default() };
    let operations = vec![
        Operation::transaction(7, done, 3, Some(9)).at_server(2).certified(certificate),
        Operation::transaction(7, parts(false), 3, None),
    ];
    for operation in operations {
        let again = History::from_jsonl(&operation.to_json()).expect("readable");
        assert_eq!(again.operations[0], Operation { line: 1, ..operation });
    }
}

#[test]
fn a_float_without_a_fraction_is_an_integer() {
    for (value, text) in [("1.0", "1"), ("-2e1", "-20"), ("-0.0", "0"), ("7", "7")] {
        let history = History::from_jsonl(&GOOD.replace("\"1\"", value)).expect("readable");
        assert_eq!(history.operations[0].kind, Kind::Write { value: Some(text.to_string()) });
    }
    for value in ["1.5", "9007199254740993.0", "123456789012345678901"] {
        assert!(History::from_jsonl(&GOOD.replace("\"1\"", value)).is_err(), "{value}");
    }
}

#[test]
fn empty_files_and_lines_are_no_fault() {
    assert_eq!(History::from_jsonl("").expect("readable"), History::default());
    let spaced = format!("\u{feff}\n  \r\n{GOOD}\r\n\n");
    assert_eq!(History::from_jsonl(&spaced).expect("readable").operations[0].line, 3);
}
