//! What clients told, and the history that it makes.

use super::*;

const TWO: &str = r#"{"num_servers":2,"consistency_level":"eventual","clients":[
    {"client_number":4,"server_number":1,"requests":[{"type":"set","key":"a","value":"1"},
     {"type":"sleep"},{"type":"get","key":"a"},{"type":"set","key":"b","value":"2"}]},
    {"client_number":0,"server_number":0,"requests":[{"type":"get","key":"c"}]}]}"#;

fn recording() -> Recording {
    let scenario = Scenario::parse("f", TWO).unwrap();
    let steps = crate::clients::delays::draw(&scenario, 1);
    let mut recording = Recording::new(&scenario, steps);
    recording.begin(1000);
    recording
}

fn id(client: usize, step: usize) -> OperationId {
    OperationId { client, step }
}

fn told(server: usize, renewals: u64, instants_ns: (u64, u64), answer: Answer) -> Told {
    Told { drawn: None, server, renewals, instants_ns, answer, certificate: None }
}

/// The lines of the history without its header.
fn lines(recording: &Recording) -> Vec<String> {
    let text = recording.history().to_jsonl();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn answers_become_a_history() {
    let mut recording = recording();
    assert!(recording.note(id(0, 0), told(1, 0, (1010, 1020), Answer::Unknown("?".into()))));
    let read = Answer::Value(Some("1".into()));
    assert!(recording.note(id(0, 2), told(1, 1, (1030, 1040), read)));
    assert!(recording.note(id(1, 0), told(0, 0, (1015, 1050), Answer::Refused("no".into()))));
    assert!(recording.note(id(0, 3), told(1, 1, (1060, 1070), Answer::Written)));
    recording.finish(0);
    recording.finish(1);
    let expected = [
        r#"{"client":4,"kind":"write","key":"a","value":"1","start":10,"end":null,"server":1}"#,
        r#"{"client":5,"kind":"read","key":"a","value":"1","start":30,"end":40,"server":1}"#,
        r#"{"client":0,"kind":"read","key":"c","start":15,"end":50,"refused":true,"server":0}"#,
        r#"{"client":5,"kind":"write","key":"b","value":"2","start":60,"end":70,"server":1}"#,
    ];
    assert_eq!(lines(&recording), expected);
    assert_eq!(recording.written_keys(), ["a", "b"]);
    assert_eq!(recording.last_write_end(), 70);
    assert_eq!(recording.times()[&id(0, 0)], (10, None));
    assert_eq!(recording.fresh_number(), 6);
}

/// The scenario promises three things; client 0 transacts, and reads what is linearizable as less.
const KEYSPACES: &str = r#"{"num_servers":2,"consistency_level":"linearizable","keyspaces":[
    {"name":"m","prefix":"m:","order":"merged","level":"causal","allow":["eventual"]},
    {"name":"q","prefix":"q:","order":"agreed","level":"sequential"}],
  "clients":[{"client_number":0,"server_number":0,"requests":[
    {"type":"transaction","commands":[{"type":"set","key":"a","value":"1"},{"type":"get","key":"b"}]},
    {"type":"get","key":"q:a","level":"sequential"},
    {"type":"get","key":"m:a","level":"eventual"},
    {"type":"set","key":"q:a","value":"2"},
    {"type":"set","key":"m:a","value":"3"},
    {"type":"get","key":"a","level":"LEVEL"}]}]}"#;

fn of_keyspaces(level: &str) -> Recording {
    let scenario = Scenario::parse("f", &KEYSPACES.replace("LEVEL", level)).unwrap();
    let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
    recording.begin(1000);
    recording
}

#[test]
fn keyspaces_and_transactions_become_a_history() {
    let mut recording = of_keyspaces("sequential");
    let ran = Answer::Ran(vec![Answer::Written, Answer::Value(None)]);
    let torn = Answer::Ran(vec![Answer::Written]);
    assert!(!recording.note(id(0, 0), told(0, 0, (1000, 1010), torn)), "an answer too few");
    assert!(recording.note(id(0, 0), told(0, 0, (1000, 1010), ran)));
    assert!(recording.note(id(0, 1), told(0, 0, (1010, 1020), Answer::Value(None))));
    assert!(recording.note(id(0, 2), told(0, 0, (1020, 1030), Answer::Value(None))));
    recording.finish(0);
    let header = concat!(
        r#"{"candor_history":1,"unit":"ns","level":"linearizable","keyspaces":["#,
        r#"{"prefix":"m:","order":"merged","level":"causal"},"#,
        r#"{"prefix":"q:","order":"agreed","level":"sequential"}]}"#
    );
    assert_eq!(recording.history().to_jsonl().lines().next(), Some(header));
    let expected = [
        r#"{"client":0,"kind":"transaction","operations":[{"kind":"write","key":"a","value":"1"},{"kind":"read","key":"b","value":null}],"start":0,"end":10,"server":0}"#,
        // It asked for no other level than that of its keyspace.
        r#"{"client":0,"kind":"read","key":"q:a","value":null,"start":10,"end":20,"server":0}"#,
        r#"{"client":0,"kind":"read","key":"m:a","value":null,"start":20,"end":30,"server":0,"level":"eventual"}"#,
    ];
    assert_eq!(lines(&recording), expected);
    assert_eq!(recording.written_keys(), ["a"]);
}

#[test]
fn what_failed_inside_a_transaction_is_left_out_and_a_refused_one_did_nothing() {
    let no = || Answer::Refused("WRONGTYPE".into());
    for (answer, expected) in [
        (
            Answer::Ran(vec![Answer::Written, no()]),
            r#"[{"kind":"write","key":"a","value":"1"}],"start":0,"end":10,"server":0}"#,
        ),
        (
            Answer::Ran(vec![no(), no()]),
            r#"[{"kind":"write","key":"a","value":"1"},{"kind":"read","key":"b"}],"start":0,"end":10,"refused":true,"server":0}"#,
        ),
        (
            Answer::Unknown("?".into()),
            r#"[{"kind":"write","key":"a","value":"1"},{"kind":"read","key":"b"}],"start":0,"end":null,"server":0}"#,
        ),
    ] {
        let mut recording = of_keyspaces("sequential");
        assert!(recording.note(id(0, 0), told(0, 0, (1000, 1010), answer)));
        recording.finish(0);
        let [line] = &lines(&recording)[..] else { panic!("one line") };
        assert!(line.ends_with(expected), "{line}");
        history::History::from_jsonl(line).unwrap();
    }
}

#[test]
fn in_the_end_merged_keys_are_asked_for_and_agreed_ones_if_somebody_asked_for_little() {
    let rest = |level: &str| {
        let mut recording = of_keyspaces(level);
        for step in [3, 4] {
            assert!(recording.note(id(0, step), told(0, 0, (1000, 1010), Answer::Written)));
        }
        assert!(recording.note(id(0, 5), told(0, 0, (1010, 1020), Answer::Value(None))));
        recording.finish(0);
        recording.keys_at_rest()
    };
    let merged = ("m:a".to_owned(), None);
    assert_eq!(rest("sequential"), std::slice::from_ref(&merged));
    // The keyspace does not allow eventual reads.
    assert_eq!(rest("eventual"), [merged, ("q:a".into(), None)]);
}

#[test]
fn what_a_lost_client_may_have_written_is_unknown() {
    let mut recording = recording();
    assert!(recording.note(id(0, 0), told(1, 0, (1010, 1020), Answer::Written)));
    assert!(recording.note(id(0, 2), told(1, 0, (1030, 1040), Answer::Value(None))));
    recording.finish(1);
    let lost =
        r#"{"client":5,"kind":"write","key":"b","value":"2","start":40,"end":null,"server":1}"#;
    assert_eq!(lines(&recording).last().map(String::as_str), Some(lost));
    assert_eq!(recording.written_keys(), ["a", "b"]);
}

#[test]
fn nothing_is_lost_before_the_start() {
    let scenario = Scenario::parse("f", TWO).unwrap();
    let steps = crate::clients::delays::draw(&scenario, 1);
    assert!(lines(&Recording::new(&scenario, steps)).is_empty());
}

#[test]
fn clients_sleep_as_they_were_told_to() {
    let text = TWO.replace(r#"{"type":"sleep"}"#, r#"{"type":"sleep","ms":3}"#);
    let scenario = Scenario::parse("f", &text).unwrap();
    let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
    recording.begin(0);
    let read = || Answer::Value(None);
    assert!(recording.note(id(0, 0), told(1, 0, (0, 1_000_000), Answer::Written)));
    assert!(recording.note(id(1, 0), told(0, 0, (0, 500_000), read())));
    assert_eq!(recording.sleep_of_lives(), (1_500_000, 0), "not yet");
    assert!(recording.note(id(0, 2), told(1, 0, (4_000_000, 5_000_000), read())));
    assert_eq!(recording.sleep_of_lives(), (5_500_000, 3_000_000));
    assert_eq!(crate::attempt::figures::Figures::of(&recording).mostly_slept(), Some(54));
}

#[test]
fn who_is_late_with_random_operations_does_not_sleep() {
    let text = r#"{"num_servers":1,"consistency_level":"eventual",
        "workload":{"clients":1,"operations":2,"rate":1000}}"#;
    let scenario = Scenario::parse("f", text).unwrap();
    let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
    recording.begin(0);
    let Work::Share(share) = recording.work(0).clone() else { panic!("it is a workload") };
    let note = |recording: &mut Recording, step, from, to| {
        let drawn = Some(Step::Read { key: "k0".into(), level: None });
        let answer = Answer::Value(None);
        let told = Told { drawn, ..told(0, 0, (from, to), answer) };
        assert!(recording.note(id(0, step), told));
    };
    // The first comes when it is due, the second much later than that.
    note(&mut recording, 0, share.pause(0), 1_000_000_000);
    note(&mut recording, 1, 9_000_000_000, 9_000_000_001);
    let slept = share.pause(0) + share.pause(1);
    assert_eq!(recording.sleep_of_lives(), (9_000_000_001, slept));
}

#[test]
fn what_nobody_was_to_do_is_not_noted() {
    let mut recording = recording();
    assert!(!recording.note(id(0, 1), told(1, 0, (0, 0), Answer::Written)), "a sleep");
    assert!(!recording.note(id(0, 9), told(1, 0, (0, 0), Answer::Written)), "beyond the end");
    assert!(
        !recording.note(id(0, 0), told(1, 0, (0, 0), Answer::Value(None))),
        "a write reads nothing"
    );
    assert!(
        !recording.note(id(1, 0), told(0, 0, (0, 0), Answer::Written)),
        "a read writes nothing"
    );
    assert!(recording.operations().is_empty());
}

#[test]
fn changes_of_all_kinds_become_a_history() {
    let text = r#"{"num_servers":1,"consistency_level":"sequential",
        "workload":{"clients":1,"operations":9,"appends":1,"increments":1,"deletes":1}}"#;
    let scenario = Scenario::parse("f", text).unwrap();
    let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
    recording.begin(0);
    let (key, value) = (|| "a".to_owned(), || ";0-1".to_owned());
    let add = || Step::Increment { key: key(), by: 4 };
    let asked = [
        (Step::Append { key: key(), value: value() }, Answer::Written),
        (add(), Answer::Sum(7)),
        (Step::Delete { key: key() }, Answer::Written),
        (add(), Answer::Refused("ERR value is not an integer or out of range".into())),
        (add(), Answer::Unknown("INDETERMINATE".into())),
    ];
    for (step, (drawn, answer)) in asked.into_iter().enumerate() {
        let instants_ns = (step as u64 * 10, step as u64 * 10 + 5);
        let told = Told { drawn: Some(drawn), ..told(0, 0, instants_ns, answer) };
        assert!(recording.note(id(0, step), told));
    }
    recording.finish(0);
    let history = recording.history().to_jsonl();
    let expected = [
        r#"{"client":0,"kind":"append","key":"a","value":";0-1","start":0,"end":5,"server":0}"#,
        r#"{"client":0,"kind":"incr","key":"a","add":4,"value":"7","start":10,"end":15,"server":0}"#,
        r#"{"client":0,"kind":"write","key":"a","value":null,"start":20,"end":25,"server":0}"#,
        r#"{"client":0,"kind":"incr","key":"a","add":4,"start":30,"end":35,"refused":true,"server":0}"#,
        r#"{"client":0,"kind":"incr","key":"a","add":4,"start":40,"end":null,"server":0}"#,
    ];
    assert_eq!(history.lines().skip(1).collect::<Vec<_>>(), expected);
    let figures = crate::attempt::figures::Figures::of(&recording);
    let counted: Vec<_> = figures.kinds().map(|(name, kind)| (name, kind.total())).collect();
    let expected = [("write", 0), ("read", 0), ("append", 1), ("incr", 3), ("delete", 1)];
    assert_eq!(counted, expected);
    assert_eq!(figures.throughput().map(f64::round), Some((3e9 / 45.0_f64).round()));
}

#[test]
fn what_a_lost_client_may_have_added_is_unknown() {
    let text = r#"{"num_servers":1,"consistency_level":"sequential",
        "workload":{"clients":1,"operations":9,"reads":0,"writes":0,"increments":1}}"#;
    let scenario = Scenario::parse("f", text).unwrap();
    let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
    recording.begin(0);
    let [line] = &lines(&recording)[..] else { panic!("one operation may have been asked") };
    assert!(line.contains(r#""client":1,"kind":"incr","key":"n"#), "{line}");
    assert!(line.contains(r#""end":null"#), "{line}");
}
