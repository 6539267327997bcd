//! The scenario files that Candor ships, run with real processes; and the exit codes.

#[path = "support/output.rs"]
mod output;
mod runner;

use std::fs;

use output::assert_lost_output_is_told;
use runner::{Bench, free_ports, shipped, small};
use serde_json::{Value, json};

/// The operations of a history file, without its header.
fn operations(run: &str, bench: &Bench) -> Vec<Value> {
    let path = bench.path().join(run).join("history.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every run of a document held what it promised, and nothing went wrong on the way.
#[track_caller]
fn assert_kept(document: &Value, levels: &[&str]) {
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(runs.len(), levels.len());
    for (run, level) in runs.iter().zip(levels) {
        assert_eq!(run["verdict"], json!({"level": level, "verdict": "holds", "why": null}));
        assert_eq!(run["troubles"], json!([]));
        for kind in ["read", "write"] {
            let figures = &run["figures"][kind];
            assert_eq!(figures["done"], figures["operations"], "{figures}");
        }
    }
}

#[test]
fn a_verdict_that_nobody_sees_is_a_failure() {
    let bench = Bench::new();
    let file = bench.write("one.json", &small("sequential", 1));
    for options in [&[][..], &["--json"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_candor"));
        command.args(["run", file]).args(options).current_dir(bench.path());
        assert_lost_output_is_told(&mut command, 0);
    }
}

#[test]
fn t2_both_reads_see_the_later_write() {
    let bench = Bench::new();
    let mut scenario: Value =
        serde_json::from_str(&fs::read_to_string(shipped("t2.json")).unwrap()).unwrap();
    // The file names the ports that people type; the test must not depend on their being free.
    let named = scenario["port_number"]["0"].clone();
    assert_eq!(named, json!([3000, 3001, 3002]));
    let ports = free_ports(9);
    for (server, ports) in ports.chunks(3).enumerate() {
        scenario["port_number"][server.to_string()] = json!(ports);
    }
    let file = bench.write("t2.json", &scenario.to_string());
    let document = bench.document(&["run", file]);
    // On a busy machine the order may take a few attempts to come about; every one of them counts.
    let attempts = document["runs"].as_array().unwrap();
    assert_kept(&document, &vec!["linearizable"; attempts.len()]);
    let run = attempts.last().unwrap();
    assert_eq!(run["order"], json!({"kept": true}));
    let history = operations(run["directory"].as_str().unwrap(), &bench);
    let reads: Vec<&Value> = history.iter().filter(|line| line["kind"] == "read").collect();
    let later = history.iter().find(|line| line["client"] == 1 && line["kind"] == "write").unwrap();
    assert_eq!(reads.len(), 2);
    for read in reads {
        assert_eq!(read["value"], later["value"]);
    }
    bench.assert_nothing_is_left(&ports);
}

#[test]
fn a_stated_order_that_does_not_come_about_is_tried_again_and_then_told() {
    let bench = Bench::new();
    // Far more reads than a server answers in the 100 ms after which the other client begins.
    let reads = vec![json!({"type": "get", "key": "a"}); 15_000];
    let late = [json!({"type": "sleep", "ms": 100}), json!({"type": "get", "key": "a"})];
    let scenario = json!({
        "num_servers": 1,
        "consistency_level": "sequential",
        "clients": [
            { "client_number": 0, "server_number": 0, "requests": reads },
            { "client_number": 1, "server_number": 0, "requests": late },
        ],
    });
    let file = bench.write("late.json", &scenario.to_string());
    let outcome = bench.run(&["run", file, "--json"]);
    assert_eq!(outcome.exit_code, Some(1), "{}", outcome.stderr);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_kept(&document, &["sequential"; 4]);
    let runs = document["runs"].as_array().unwrap();
    assert!(runs.iter().all(|run| run["order"]["kept"] == false));
    let why = document["failures"][0]["why"].as_str().unwrap();
    assert!(why.contains("did not come about in 4 attempts"), "{why}");
}

#[test]
fn t3_readers_never_see_two_writes_in_opposite_orders() {
    let bench = Bench::new();
    let file = shipped("t3.json");
    let arguments = ["run", file.to_str().unwrap(), "--repeat", "3", "--seed", "11"];
    let document = bench.document(&arguments);
    assert_kept(&document, &["sequential"; 3]);
    let seeds: Vec<&Value> =
        document["runs"].as_array().unwrap().iter().map(|run| &run["seed"]).collect();
    assert_eq!(seeds, [11, 12, 13], "each run says the seed that brings it back");
    assert_eq!(bench.runs().len(), 3);
    // Between servers that hear of a write at different times, somebody reads an old value.
    let met = document["runs"].as_array().unwrap().iter().map(|run| &run["met"]);
    assert!(met.filter(|level| *level == "sequential").count() >= 1, "{document}");
}

#[test]
fn t4_all_servers_answer_the_same_in_the_end() {
    let bench = Bench::new();
    let document = bench.document(&["run", shipped("t4.json").to_str().unwrap(), "--repeat", "3"]);
    assert_kept(&document, &["eventual"; 3]);
    // Two clients each set a key and then miss what the other one set.
    let met = document["runs"].as_array().unwrap().iter().map(|run| &run["met"]);
    assert!(met.filter(|level| *level == "causal").count() >= 1, "{document}");
    let run = &document["runs"][0];
    let quiet = &run["quiet_end"];
    assert_eq!(quiet["agreed"], true);
    assert!(quiet["agreed_after_last_write_ms"].as_f64().unwrap() > 0.0);
    let agreed = &quiet["agreed_on"][0]["value"];
    let history = operations(run["directory"].as_str().unwrap(), &bench);
    let sets_a = |line: &&Value| line["kind"] == "write" && line["key"] == "a";
    assert!(history.iter().filter(sets_a).any(|write| write["value"] == *agreed), "{agreed}");
    let finals: Vec<&Value> = history.iter().filter(|line| line["final"] == true).collect();
    let servers: Vec<&Value> = finals.iter().map(|read| &read["server"]).collect();
    assert_eq!(servers, [0, 0, 1, 1, 2, 2, 3, 3], "each server is asked for a and b");
    for key in ["a", "b"] {
        let values: Vec<_> = finals.iter().filter(|read| read["key"] == key).collect();
        assert!(values.iter().all(|read| read["value"] == values[0]["value"]), "{finals:?}");
    }
    // Clients of their own, whom no table shows.
    assert!(finals.iter().all(|read| read["client"].as_u64().unwrap() > 3));
    assert_eq!(run["figures"]["read"]["operations"], 12);

    // What the run recorded, `check` judges alike; and it is not fooled by a changed value.
    let path = run["directory"].as_str().unwrap().to_owned() + "/history.jsonl";
    let checked = bench.run(&["check", "--level", "eventual", &path]);
    assert_eq!(checked.exit_code, Some(0), "{checked:?}");
    let text = fs::read_to_string(bench.path().join(&path)).unwrap();
    let at = text.rfind("\"value\":\"").unwrap() + "\"value\":\"".len();
    let forged = bench.write("forged.jsonl", &format!("{}9{}", &text[..at], &text[at + 1..]));
    let checked = bench.run(&["check", forged]);
    assert_eq!(checked.exit_code, Some(3), "{checked:?}");
}

/// What a reader got who asked for the answer and then for the question, in pairs.
fn answers_and_questions(history: &[Value]) -> Vec<(&Value, &Value)> {
    let reads = |key| {
        let of_reader = move |line: &&Value| line["client"] == 2 && line["key"] == key;
        history.iter().filter(of_reader).map(|line| &line["value"])
    };
    reads("answer").zip(reads("question")).collect()
}

#[test]
fn t5_nobody_sees_the_answer_without_the_question() {
    let bench = Bench::new();
    let file = shipped("t5.json");
    let document = bench.document(&["run", file.to_str().unwrap(), "--repeat", "2"]);
    assert_kept(&document, &["causal"; 2]);
    let mut seen = 0;
    for run in document["runs"].as_array().unwrap() {
        let history = operations(run["directory"].as_str().unwrap(), &bench);
        // What the answerer had read when it gave each answer.
        let mut last = Value::Null;
        let mut asked = vec![];
        for line in history.iter().filter(|line| line["client"] == 1) {
            match line["kind"].as_str() {
                Some("read") => last = line["value"].clone(),
                _ => asked.push((&line["value"], last.clone())),
            }
        }
        let pairs = answers_and_questions(&history);
        assert_eq!((asked.len(), pairs.len()), (4, 6));
        for (answer, question) in pairs.into_iter().filter(|(answer, _)| answer.is_string()) {
            let (_, known) = asked.iter().find(|(given, _)| *given == answer).unwrap();
            assert!(known.as_str() <= question.as_str(), "{answer} without {known}: {question}");
            seen += 1;
        }

        // A reader who got an answer without its question would have been caught.
        let path = run["directory"].as_str().unwrap().to_owned() + "/history.jsonl";
        let text = fs::read_to_string(bench.path().join(&path)).unwrap();
        let forged: Vec<String> = text.lines().map(forget_the_question).collect();
        let forged = bench.write("forged.jsonl", &forged.join("\n"));
        let told = bench.run(&["check", "--level", "causal", forged]);
        assert_eq!(told.exit_code, Some(3), "{told:?}");
        assert_eq!(bench.run(&["check", "--level", "causal", &path]).exit_code, Some(0));
    }
    assert!(seen > 0, "no answer was ever seen");
    bench.assert_nothing_is_left(&[]);
}

/// The line of a history, in which the reader finds no question.
fn forget_the_question(line: &str) -> String {
    let mut line: Value = serde_json::from_str(line).unwrap();
    if line["client"] == 2 && line["key"] == "question" {
        line["value"] = Value::Null;
        line["by"] = Value::Null;
    }
    line.to_string()
}

#[test]
fn a_run_leaves_its_story_and_no_data() {
    let bench = Bench::new();
    let file = bench.write(
        "none.json",
        r#"{"num_servers": 1, "consistency_level": "sequential",
            "clients": [{"client_number": 3, "server_number": 0,
                         "requests": [{"request_type": "read", "key": "k"}]}]}"#,
    );
    let document = bench.document(&["run", file]);
    assert_kept(&document, &["sequential"]);
    let [run] = &bench.runs()[..] else { panic!("{:?} is not one run", bench.runs()) };
    for name in ["history.jsonl", "scenario.json", "server-0.log", "summary.json"] {
        assert!(run.join(name).is_file(), "{name} is kept");
    }
    for name in ["data", "client-3.log"] {
        assert!(!run.join(name).exists(), "{name} is of no use");
    }
    let summary: Value =
        serde_json::from_slice(&fs::read(run.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary, document["runs"][0]);
}

#[test]
fn bad_scenarios_are_refused_before_anything_is_started() {
    let bench = Bench::new();
    let good = bench.write("good.json", r#"{"num_servers": 1, "consistency_level": "eventual"}"#);
    let bad = bench.write("bad.json", "{\"num_servers\": 0,\n \"consistency_level\": \"strong\"}");
    let outcome = bench.run(&["run", good, bad, "nowhere.json"]);
    assert_eq!(outcome.exit_code, Some(78));
    assert_eq!(outcome.stdout, "");
    let places = ["bad.json:1:17: ", "bad.json:2:23: ", "nowhere.json: "];
    for (line, place) in outcome.stderr.lines().zip(places) {
        assert!(line.starts_with(place), "{line}");
    }
    assert_eq!(outcome.stderr.lines().count(), places.len());
    let outcome = bench.run(&["run", bad, "--json"]);
    assert_eq!(outcome.exit_code, Some(78));
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["problems"][1]["line"], 2);
    assert!(bench.runs().is_empty());
}

#[test]
fn usage_is_told_apart() {
    let bench = Bench::new();
    let good = bench.write("good.json", r#"{"num_servers": 1, "consistency_level": "eventual"}"#);
    for arguments in [
        &["run"][..],
        &["run", good, "--repeat", "0"],
        &["run", good, good, "--keep"],
        &["run", good, "--keep", "--repeat", "2"],
        &["run", good, "--colour"],
        &["fly"],
    ] {
        let outcome = bench.run(arguments);
        assert_eq!(outcome.exit_code, Some(2), "{arguments:?}: {outcome:?}");
    }
    assert!(bench.runs().is_empty());
}

#[test]
fn check_tells_its_verdict_by_its_exit_code() {
    let bench = Bench::new();
    let write = r#"{"client":0,"kind":"write","key":"x","value":"1","start":1,"end":2}"#;
    let stale = r#"{"client":1,"kind":"read","key":"x","value":null,"start":3,"end":4}"#;
    let bad = bench.write("stale.jsonl", &format!("{write}\n{stale}\n"));
    let good = bench.write("good.jsonl", &format!("{write}\n"));
    let broken = bench.write("broken.jsonl", "{}\n");
    let code = |arguments: &[&str]| bench.run(&[&["check"], arguments].concat()).exit_code;
    assert_eq!(code(&["--level", "linearizable", good]), Some(0));
    assert_eq!(code(&["--level", "linearizable", bad]), Some(3));
    assert_eq!(code(&["--level", "sequential", bad]), Some(0));
    assert_eq!(code(&["--level", "eventual", good]), Some(4), "nobody looked in the end");
    assert_eq!(code(&[bad]), Some(3), "nothing is promised: linearizable decides");
    assert_eq!(code(&["nowhere.jsonl", "--level", "linearizable", bad]), Some(78));
    assert_eq!(code(&["nowhere.jsonl", broken]), Some(78));
    assert_eq!(code(&["--level", "strong", good]), Some(2));
    let outcome = bench.run(&["check", "--json", "--level", "linearizable", bad, good]);
    let lines: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (lines[0]["exit_code"].as_u64(), lines[1]["exit_code"].as_u64()),
        (Some(3), Some(0))
    );
}
