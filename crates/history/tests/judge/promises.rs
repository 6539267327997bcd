//! A file that promises several levels, of several keyspaces: what counts where, against a filter
//! that knows nothing of how the judge does it.

use crate::chance::{Chance, Shape, history};
use crate::named;
use history::{
    Budget, Fate, Header, History, Keyspace, Kind, Level, LogOrder, Operation, Outcome, Promise,
    Unit, check, promises, report, settle, validate_scope,
};

const SHAPE: Shape = Shape {
    operations: 12,
    clients: 3,
    keys: 4,
    values: 0,
    cas_percent: 10,
    update_percent: 0,
    delete_percent: 10,
    unknown_percent: 10,
    refused_percent: 5,
    level_percent: 0,
    length: 6,
    servers: 0,
    wild_percent: 0,
    stale_percent: 15,
};

/// The levels that keyspaces and reads have here.
const AGREED: [Level; 4] =
    [Level::Linearizable, Level::Bounded { ms: 3 }, Level::Sequential, Level::Eventual];
const MERGED: [Level; 2] = [Level::Causal, Level::Eventual];

fn one_of(chance: &mut Chance, levels: &[Level]) -> Level {
    levels[chance.below(levels.len() as u64) as usize]
}

/// A random history whose keys lie in four keyspaces, one of them without a prefix.
fn random(chance: &mut Chance) -> History {
    let mut random = history(chance, &SHAPE);
    let keys: std::collections::BTreeSet<String> =
        random.operations.iter().map(|one| one.key.clone()).collect();
    let names = ["m:", "m:a:", "a:", ""];
    let renamed: Vec<(String, String)> = keys
        .into_iter()
        .zip(names)
        .map(|(key, prefix)| (key.clone(), format!("{prefix}{key}")))
        .collect();
    for one in &mut random.operations {
        let (_, new) = renamed.iter().find(|(old, _)| *old == one.key).expect("a known key");
        one.key = new.clone();
        let is_merged = one.key.starts_with("m:") && !one.key.starts_with("m:a:");
        if matches!(one.kind, Kind::Read { .. }) && chance.percent(30) {
            one.level = Some(one_of(chance, if is_merged { &MERGED } else { &AGREED }));
        }
    }
    let keyspace = |prefix: &str, order, level| Keyspace { prefix: prefix.into(), order, level };
    let mut header = Header::new(Unit::Milliseconds, Some(Level::Linearizable));
    header.keyspaces = vec![
        keyspace("m:", LogOrder::Merged, one_of(chance, &MERGED)),
        keyspace("m:a:", LogOrder::Agreed, one_of(chance, &AGREED)),
        keyspace("a:", LogOrder::Agreed, one_of(chance, &AGREED)),
    ];
    History { header: Some(header), ..random }
}

/// The keyspace of a key, looked up by hand.
fn of_key(history: &History, key: &str) -> (LogOrder, Level) {
    let place = match key {
        _ if key.starts_with("m:a:") => 1,
        _ if key.starts_with("m:") => 0,
        _ if key.starts_with("a:") => 2,
        _ => return (LogOrder::Agreed, Level::Linearizable),
    };
    let keyspace = &history.header.as_ref().expect("a header").keyspaces[place];
    (keyspace.order, keyspace.level)
}

/// What counts for a promise, without a word about levels.
fn counted(history: &History, promise: &Promise) -> (History, usize) {
    let level = promise.verdict.level;
    let (mut kept, mut uncounted) = (vec![], 0);
    for one in &history.operations {
        let (order, own) = of_key(history, &one.key);
        let asked = one.level.unwrap_or(own);
        let is_read = matches!(one.kind, Kind::Read { .. });
        if promise.scope.order != Some(order) {
            continue;
        }
        if is_read && !asked.is_at_least(level) {
            uncounted += usize::from(one.fate() == Fate::Done);
        } else {
            kept.push(Operation { level: None, ..one.clone() });
        }
    }
    (History::new(history.header.clone(), kept), uncounted)
}

#[test]
fn each_promise_is_judged_by_what_counts_for_it() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 0..400 {
        let history = random(&mut Chance(seed));
        for promise in promises(&history, &Budget::default()) {
            let Promise { scope, verdict, .. } = &promise;
            let (alone, uncounted) = counted(&history, &promise);
            let told = || format!("seed {seed}, {verdict:?}\n{}", history.to_jsonl());
            let expected = check(&alone, verdict.level, &Budget::default());
            assert_eq!(verdict.word(), expected.word(), "{}", told());
            assert_eq!(promise.uncounted, uncounted, "{}", told());
            *seen.entry((scope.order, verdict.word())).or_insert(0) += 1;
            if let Outcome::Holds { witness: Some(witness) } = &verdict.outcome {
                assert_eq!(
                    validate_scope(&history, *scope, verdict.level, witness),
                    Ok(()),
                    "{}",
                    told()
                );
            }
            for &index in verdict.clash().iter().flat_map(|clash| &clash.operations) {
                let order = of_key(&history, &history.operations[index].key).0;
                assert_eq!(Some(order), scope.order, "{}", told());
            }
        }
    }
    for order in [LogOrder::Agreed, LogOrder::Merged] {
        for word in ["holds", "violated", "undecided"] {
            assert!(seen.contains_key(&(Some(order), word)), "{order} {word}: {seen:?}");
        }
    }
}

#[test]
fn a_witness_of_another_keyspace_proves_nothing() {
    let history = named::read(&named::path("keyspaces_of_two_orders_owe_each_other_nothing"));
    let all = promises(&history, &Budget::default());
    let [agreed, merged] = &all[..] else { panic!("{all:?}") };
    let Outcome::Holds { witness: Some(witness) } = &agreed.verdict.outcome else { panic!() };
    let why = validate_scope(&history, merged.scope, Level::Causal, witness).unwrap_err();
    assert!(why.contains("is not among those that are judged"), "{why}");
}

#[test]
fn a_named_level_is_judged_in_each_order() {
    let history = named::read(&named::path("keyspaces_of_two_orders"));
    let said = report("f", &history, Some(Level::Sequential), &Budget::default());
    let firsts: Vec<&String> = said.lines.iter().filter(|line| line.starts_with("f: ")).collect();
    assert_eq!(
        firsts,
        [
            "f: sequential holds: 2 operations of 2 clients in agreed keyspaces",
            "f: sequential holds: 2 operations of 2 clients and 2 final reads in merged keyspaces",
        ]
    );
    // Without a level of its own a read counts at every one that is named.
    let said = report("f", &history, Some(Level::Linearizable), &Budget::default());
    assert!(said.lines.iter().any(|line| line.starts_with("f: linearizable violated: ")));
}

#[test]
fn a_named_level_says_how_many_reads_do_not_count() {
    let history = named::read(&named::path("weaker_reads_are_left_out"));
    let said = report("f", &history, Some(Level::Sequential), &Budget::default());
    let expected = "f: sequential holds: 4 operations of 4 clients; 1 read asked for less and does \
                    not count";
    assert_eq!((said.lines[0].as_str(), said.exit_code), (expected, 0));
    assert_eq!(said.json["reads_not_counted"], 1);
}

/// Appends are judged by levels of one order alone, and what holds there holds below.
#[test]
fn what_follows_from_a_level_that_holds_holds_where_it_is_named() {
    let append = |value: &str, start| {
        Operation::new(0, Kind::Append { value: value.into() }, "x", start, Some(start + 5))
    };
    let mut operations = vec![append("a", 0), append("b", 10)];
    operations.push(Operation::read(1, "x", Some("ab"), 20, 30));
    let mut history = History::new(None, operations);
    let budget = Budget::default();
    assert_eq!(check(&history, Level::Pram, &budget).word(), "undecided");
    let settled = settle(&history, Level::Pram, &budget);
    assert!(settled.holds() && settled.notes == ["it follows from linearizable"], "{settled:?}");
    assert_eq!(report("f", &history, Some(Level::Pram), &budget).exit_code, 0);
    // A read that does not count for the stronger level says nothing there.
    history.operations[2].level = Some(Level::Pram);
    assert_eq!(settle(&history, Level::Pram, &budget).word(), "undecided");
}

#[test]
fn a_history_is_written_with_its_keyspaces_beginning_and_names() {
    let text = concat!(
        r#"{"candor_history":1,"unit":"ms","level":"sequential","keyspaces":"#,
        r#"[{"prefix":"c:","order":"merged","level":"causal"}],"initial":"0","clients":{"7":"\"a\""}}"#,
        "\n",
    );
    let history = History::from_jsonl(text).unwrap();
    assert_eq!(history.initial.as_deref(), Some("0"));
    assert_eq!(history.client_names, [(7, "\"a\"".to_string())]);
    assert_eq!(history.to_jsonl(), text);
    let nothing = History { initial: Some("0".into()), ..History::default() };
    assert_eq!(History::from_jsonl(&nothing.to_jsonl()).unwrap().initial, nothing.initial);
    assert_eq!(History::default().to_jsonl(), "");
}

/// Where a cas, an append or an increment was lost the reason says so.
#[test]
fn eventual_names_what_was_lost() {
    let cas = Kind::Cas { from: None, to: Some("1".into()), ok: Some(true) };
    for (kind, what) in [
        (cas, "cas from nothing to \"1\""),
        (Kind::Append { value: "b".into() }, "append of \"b\""),
        (Kind::Incr { add: 2, value: None }, "increment by 2"),
    ] {
        let change = Operation::new(0, kind, "x", 0, Some(1));
        let last = Operation::read(1, "x", None, 5, 6).into_final();
        let history = History::new(None, vec![change, last]);
        let verdict = check(&history, Level::Eventual, &Budget::default());
        let sentence = &verdict.clash().expect("a clash").sentence;
        assert!(sentence.contains(&format!("client 0's {what} was acknowledged")), "{sentence}");
    }
}
