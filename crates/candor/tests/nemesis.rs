//! Scenarios that break what they run on: some of the shipped ones, and what a run says of its
//! faults.

mod runner;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use runner::Bench;
use rustix::process::Signal;
use serde_json::{Value, json};

/// Runs a shipped scenario; gives the document, which is that of a good end.
#[track_caller]
fn shipped(bench: &Bench, name: &str, more: &[&str]) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let document = bench.document(&[&["run", path.to_str().unwrap()], more].concat());
    bench.assert_nothing_is_left(&[]);
    document
}

/// The verdict of the last attempt, and whether what was to be seen was.
#[track_caller]
fn assert_held(document: &Value, level: &str) -> Value {
    let run = document["runs"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(run["verdict"], json!({"level": level, "verdict": "holds", "why": null}));
    assert_eq!(run["troubles"], json!([]));
    assert_ne!(run["to_be_violated"]["seen"], json!(false));
    run
}

/// How many operations of a run came to this.
fn count(run: &Value, what: &str) -> u64 {
    let kinds = ["write", "read", "cas"];
    kinds.iter().map(|kind| run["figures"][kind][what].as_u64().unwrap()).sum()
}

#[test]
fn a_reader_in_the_minority_goes_on_at_sequential_and_is_refused_at_linearizable() {
    let bench = Bench::new();
    let levels = ["--level", "sequential", "--level", "linearizable"];
    let document = shipped(&bench, "minority-reader.json", &levels);
    let runs = document["runs"].as_array().unwrap();
    let at = |level: &str| {
        let of_level = |run: &&Value| run["level"] == level;
        runs.iter().rev().find(of_level).unwrap_or_else(|| panic!("no run at {level}"))
    };
    let (sequential, linearizable) = (at("sequential"), at("linearizable"));
    for run in [sequential, linearizable] {
        assert_eq!(run["verdict"]["verdict"], "holds");
    }
    assert_eq!(sequential["to_be_violated"], json!({"level": "linearizable", "seen": true}));
    // The one read that asked for more, against all that were asked meanwhile.
    assert_eq!(sequential["figures"]["read"]["refused"], 1);
    assert!(linearizable["figures"]["read"]["refused"].as_u64().unwrap() > 1);
}

#[test]
fn a_bounded_reader_goes_on_for_its_bound_and_is_refused_then() {
    let bench = Bench::new();
    let run = assert_held(&shipped(&bench, "bounded-reader.json", &[]), "bounded:400");
    let read = &run["figures"]["read"];
    assert!(read["refused"].as_u64().unwrap() >= 1, "{read}");
    assert!(read["done"].as_u64().unwrap() >= 5, "{read}");
}

#[test]
fn all_that_a_history_has_a_word_for_is_asked_and_judged_while_the_leader_is_killed() {
    let bench = Bench::new();
    let run = assert_held(&shipped(&bench, "every-operation.json", &[]), "linearizable");
    for kind in ["write", "read", "cas", "append", "incr", "delete"] {
        assert!(run["figures"][kind]["done"].as_u64().unwrap() > 5, "{kind}: {}", run["figures"]);
    }
}

/// Each promise is kept and told by itself, and the cache goes on where the stock is refused.
#[test]
fn three_keyspaces_of_one_cluster_keep_their_promises_while_a_server_is_cut_off() {
    let bench = Bench::new();
    let document = shipped(&bench, "keyspaces.json", &["--seed", "7"]);
    let run = assert_held(&document, "linearizable");
    let besides = run["besides"].as_array().unwrap();
    let told = besides.iter().map(|one| {
        (&one["verdict"]["level"], &one["verdict"]["verdict"], &one["order"], &one["prefixes"])
    });
    let expected = [
        (&json!("sequential"), &json!("holds"), &json!("agreed"), &json!(["feed:"])),
        (&json!("eventual"), &json!("holds"), &json!("merged"), &json!(["cache:"])),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert!(run["reads_not_counted"].as_u64().unwrap() > 1, "those of the feed");
    assert_eq!(besides[0]["asked_by_reads"], 1);
    assert_eq!(run["quiet_end"]["agreed"], true);
    assert!(run["figures"]["transaction"]["done"].as_u64().unwrap() > 5, "{}", run["figures"]);
    let at_server_2 = |line: &Value| line["server"] == 2 && line["client"] == 1;
    let directory = bench.path().join(run["directory"].as_str().unwrap());
    let history = fs::read_to_string(directory.join("history.jsonl")).unwrap();
    let lines = history.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let cut_off: Vec<Value> = lines.filter(at_server_2).collect();
    assert_eq!(
        (&cut_off[0]["key"], &cut_off[0]["value"]),
        (&json!("feed:last"), &json!("pears are in"))
    );
    assert_eq!(
        (&cut_off[2]["key"], &cut_off[2]["value"]),
        (&json!("cache:front"), &json!("plums"))
    );
    assert_eq!((&cut_off[3]["key"], &cut_off[3]["refused"]), (&json!("stock:pear"), &json!(true)));

    // The judge says the same of the file alone, and sees what is changed in it.
    let file = directory.join("history.jsonl");
    let checked = bench.run(&["check", file.to_str().unwrap()]);
    assert_eq!(checked.exit_code, Some(0), "{checked:?}");
    for said in [
        "linearizable holds: ",
        " in agreed keyspaces (promised by the header); ",
        "sequential holds: ",
        "(promised of \"feed:\", asked for by 1 read)",
        "eventual holds: ",
        " in merged keyspaces (promised of \"cache:\")",
    ] {
        assert!(checked.stdout.contains(said), "{said}: {}", checked.stdout);
    }
    let stricter = history.replacen(
        r#""order":"agreed","level":"sequential""#,
        r#""order":"agreed","level":"linearizable""#,
        1,
    );
    let checked = bench.run(&["check", bench.write("stricter.jsonl", &stricter)]);
    assert_eq!(checked.exit_code, Some(3), "the reader of the feed saw what was old");
}

#[test]
fn two_halves_write_on_and_agree_when_they_are_joined() {
    let bench = Bench::new();
    let run = assert_held(&shipped(&bench, "two-sides.json", &[]), "eventual");
    assert_eq!(run["quiet_end"]["agreed"], true);
    assert_eq!((count(&run, "refused"), count(&run, "unknown")), (0, 0));
    let fault = &run["faults"][0];
    assert_eq!(fault["text"], "partition 0, 1 | 2, 3");
    assert!(fault["until_ms"].as_f64().unwrap() > fault["from_ms"].as_f64().unwrap() + 1000.0);
}

#[test]
fn nothing_acknowledged_is_lost_when_all_are_killed() {
    let bench = Bench::new();
    let run = assert_held(&shipped(&bench, "kill-all.json", &["--seed", "5"]), "linearizable");
    let faults = run["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 3);
    for (server, fault) in faults.iter().enumerate() {
        assert_eq!((&fault["server"], &fault["text"]), (&json!(server), &json!("killed")));
        assert!(fault["until_ms"].is_number());
    }
    assert!(count(&run, "done") > 0, "{}", run["figures"]);
    assert!(count(&run, "refused") > 0 && count(&run, "unknown") > 0);
}

/// A scenario of three servers and a workload of this many milliseconds, with these faults.
fn scenario(duration_ms: u64, more: Value) -> String {
    let mut scenario = json!({
        "num_servers": 3,
        "consistency_level": "linearizability",
        "request_timeout_ms": 1000,
        "workload": {"clients": 3, "keys": 2, "duration_ms": duration_ms, "cas": 50},
    });
    scenario.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    scenario.to_string()
}

#[test]
fn a_paused_leader_that_is_killed_and_cut_off_comes_back() {
    let bench = Bench::new();
    let faults = json!({"faults": [
        {"after_operations": 20, "pause": "leader"},
        {"at_ms": 700, "kill": "paused"},
        {"at_ms": 900, "restart": "down"},
        {"at_ms": 1000, "partition": {"from": "follower"}},
        {"at_ms": 1000, "delay": {"ms": 5, "to": 0}},
        {"at_ms": 1000, "drop": 1},
        {"at_ms": 1800, "heal": "all"},
    ]});
    let file = bench.write("all.json", &scenario(2500, faults));
    let run = assert_held(&bench.document(&["run", file]), "linearizable");
    let faults = run["faults"].as_array().unwrap();
    let ended = |fault: &Value| fault["until_ms"].is_number();
    assert!(faults.len() == 5 && faults.iter().all(ended), "{faults:?}");
    let history = format!("{}/history.jsonl", run["directory"].as_str().unwrap());
    let text = fs::read_to_string(bench.path().join(&history)).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with(r#"{"fault":"#)).count(), 5);
    let checked = bench.run(&["check", "--level", "linearizable", &history]);
    assert_eq!(checked.exit_code, Some(0), "{checked:?}");
    let report = Path::new(run["directory"].as_str().unwrap()).join("report.html");
    let report = fs::read_to_string(bench.path().join(report)).unwrap();
    assert!(report.contains("killed"), "the picture has its bands");
    bench.assert_nothing_is_left(&[]);
}

#[test]
fn a_fault_that_comes_too_late_to_break_anything_is_told() {
    let bench = Bench::new();
    let faults = json!({"faults": [
        {"after_operations": 1_000_000, "kill": 0},
        {"at_ms": 60_000, "heal": "all"},
    ]});
    let file = bench.write("late.json", &scenario(200, faults));
    let outcome = bench.run(&["run", file, "--json"]);
    assert_eq!(outcome.exit_code, Some(1), "{outcome:?}");
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let troubles = document["runs"][0]["troubles"].as_array().unwrap();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert!(troubles[0].as_str().unwrap().contains("after 1000000 operations"), "{troubles:?}");
}

/// Who stands still hears nothing; the system wakes it up when its runner is gone.
#[test]
fn a_paused_server_does_not_outlive_its_runner() {
    let bench = Bench::new();
    let file = bench
        .write("still.json", &scenario(60_000, json!({"faults": [{"at_ms": 50, "pause": 1}]})));
    let mut run = bench.start(&["run", file]);
    run.wait_for("pause server 1", 1);
    run.signal(Signal::KILL);
    assert_eq!(run.wait().exit_code, None);
    bench.wait_until_nobody_lives();
}

#[test]
fn a_run_that_does_not_show_what_its_file_says_is_no_good_run() {
    let bench = Bench::new();
    // One server: nothing is ever old.
    let scenario = json!({
        "num_servers": 1,
        "consistency_level": "sequential",
        "violates": {"sequential": "linearizable"},
        "workload": {"clients": 2, "operations": 20, "rate": 1000},
    });
    let file = bench.write("tame.json", &scenario.to_string());
    let outcome = bench.run(&["run", file, "--json"]);
    assert_eq!(outcome.exit_code, Some(1), "{}", outcome.stderr);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["runs"].as_array().unwrap().len(), 4);
    let why = document["failures"][0]["why"].as_str().unwrap();
    assert!(why.contains("linearizable was not seen to be violated"), "{why}");
    bench.assert_nothing_is_left(&[]);
}

#[test]
fn the_seed_brings_the_random_operations_back() {
    let bench = Bench::new();
    let file = bench.write("seed.json", &scenario(1500, json!({})));
    let asked = || {
        let document = bench.document(&["run", file, "--seed", "9"]);
        let directory = document["runs"][0]["directory"].as_str().unwrap().to_owned();
        let history = fs::read_to_string(bench.path().join(directory).join("history.jsonl"));
        let lines = history.unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut writes: BTreeMap<u64, Vec<(u64, String, String)>> = BTreeMap::new();
        for line in lines.filter(|line| line["kind"] == "write") {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            let write = (line["start"].as_u64().unwrap(), text("key"), text("value"));
            writes.entry(line["client"].as_u64().unwrap()).or_default().push(write);
        }
        writes.values_mut().for_each(|all| all.sort());
        writes
    };
    let (first, second) = (asked(), asked());
    let mut common = 0;
    for (client, all) in &first {
        // The one that ran longer asked more, but nothing else; each client for itself.
        for (one, other) in all.iter().zip(second.get(client).into_iter().flatten()) {
            assert_eq!((&one.1, &one.2), (&other.1, &other.2), "client {client}");
            common += 1;
        }
    }
    assert!(common > 10);
}
