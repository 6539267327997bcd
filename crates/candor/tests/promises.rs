//! `candor check` with files that promise several levels, as people and scripts see it.

mod runner;

use std::fs;

use runner::{Bench, Outcome};
use serde_json::{Value, json};

/// What has no keyspace is kept, and the keyspace `c:` shows an answer without its question.
const BROKEN_KEYSPACE: &str = concat!(
    r#"{"candor_history":1,"unit":"ms","level":"linearizable","keyspaces":[{"prefix":"c:","order":"merged","level":"causal"}]}"#,
    "\n",
    r#"{"client":0,"kind":"write","key":"c:question","value":"why?","start":0,"end":10}"#,
    "\n",
    r#"{"client":1,"kind":"read","key":"c:question","value":"why?","start":20,"end":30}"#,
    "\n",
    r#"{"client":1,"kind":"write","key":"c:answer","value":"because","start":31,"end":40}"#,
    "\n",
    r#"{"client":2,"kind":"read","key":"c:answer","value":"because","start":50,"end":60}"#,
    "\n",
    r#"{"client":2,"kind":"read","key":"c:question","value":null,"start":61,"end":70}"#,
    "\n",
    r#"{"client":0,"kind":"write","key":"x","value":"1","start":80,"end":90}"#,
    "\n",
    r#"{"client":2,"kind":"read","key":"x","value":"1","start":91,"end":99}"#,
    "\n",
);

fn check(bench: &Bench, more: &[&str], file: &str) -> Outcome {
    bench.run(&[&["check"], more, &[file]].concat())
}

/// The lines that say how a level stands.
fn firsts<'o>(outcome: &'o Outcome, file: &str) -> Vec<&'o str> {
    let lines = outcome.stdout.lines();
    lines.filter_map(|line| line.strip_prefix(file)?.strip_prefix(": ")).collect()
}

#[test]
fn each_promise_has_a_line_and_counts_for_the_exit_code() {
    let bench = Bench::new();
    let file = bench.write("h.jsonl", BROKEN_KEYSPACE);
    let outcome = check(&bench, &[], file);
    assert_eq!(outcome.exit_code, Some(3), "{outcome:?}");
    assert_eq!(
        firsts(&outcome, file),
        [
            "linearizable holds: 2 operations of 2 clients in agreed keyspaces (promised by the \
             header)",
            "causal violated: 5 operations of 3 clients in merged keyspaces (promised of \"c:\")",
        ]
    );
    let document: Value = serde_json::from_str(&check(&bench, &["--json"], file).stdout).unwrap();
    let verdicts = document["verdicts"].as_array().unwrap();
    let told = verdicts.iter().map(|one| (&one["level"], &one["order"], &one["keyspaces"]));
    let expected = [
        (&json!("linearizable"), &json!("agreed"), &json!([""])),
        (&json!("causal"), &json!("merged"), &json!(["c:"])),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    // Operations are counted in the whole file.
    assert_eq!(verdicts[1]["clash"]["operations"], json!([0, 1, 2, 3, 4]));
    assert_eq!((&document["strongest"], &document["exit_code"]), (&json!(null), &json!(3)));

    // What is violated stays so however its level is called; the rest of the file is as it was.
    let weaker = BROKEN_KEYSPACE.replace("\"causal\"}", "\"pram\"}");
    let outcome = check(&bench, &[], bench.write("weaker.jsonl", &weaker));
    assert_eq!(outcome.exit_code, Some(0), "{outcome:?}");
    let outcome = check(&bench, &["--causal", "cc"], file);
    assert!(outcome.stdout.contains(": cc violated: "), "{outcome:?}");
}

#[test]
fn a_level_that_is_named_is_judged_in_each_order() {
    let bench = Bench::new();
    let file = bench.write("h.jsonl", BROKEN_KEYSPACE);
    let outcome = check(&bench, &["--level", "mr"], file);
    assert_eq!(
        firsts(&outcome, file),
        [
            "mr holds: 2 operations of 2 clients in agreed keyspaces",
            "mr holds: 5 operations of 3 clients in merged keyspaces",
        ]
    );
    assert_eq!(outcome.exit_code, Some(0));
    assert_eq!(check(&bench, &["--level", "sequential"], file).exit_code, Some(3));
}

#[test]
fn a_witness_and_a_picture_are_made_of_a_file_with_keyspaces() {
    let bench = Bench::new();
    let file = bench.write("h.jsonl", BROKEN_KEYSPACE);
    let outcome = check(&bench, &["--witness", "w.jsonl", "--html", "h.html"], file);
    assert!(outcome.stdout.contains("the witness of linearizable is written to w.jsonl"));
    let witness = fs::read_to_string(bench.path().join("w.jsonl")).unwrap();
    assert!(witness.contains("linearizable") && !witness.contains("c:question"), "{witness}");
    let html = fs::read_to_string(bench.path().join("h.html")).unwrap();
    assert!(html.contains("merged causal"), "the picture tells of the other order");
}

#[test]
fn what_a_header_promises_badly_is_refused_with_its_place() {
    let bench = Bench::new();
    let bad = BROKEN_KEYSPACE.replace("\"causal\"", "\"sequential\"");
    let outcome = check(&bench, &[], bench.write("h.jsonl", &bad));
    assert_eq!(outcome.exit_code, Some(78));
    let place = "h.jsonl:1:109: a merged keyspace has no sequential reads; ";
    assert!(outcome.stdout.starts_with(place), "{outcome:?}");
}
