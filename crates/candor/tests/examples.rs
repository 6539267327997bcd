//! The programs in `examples/`, at the level that each needs; and the scenarios beside them, which
//! show what goes wrong one level below, and does not at that level.

mod runner;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use runner::Bench;
use rustix::process::Signal;
use serde_json::json;
use support::packages::redis_py;
use support::{Cluster, Program, times};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// A program on a cluster of three nodes; `None`: there is no redis-py here.
fn program(name: &str, cluster: &Cluster, options: &[&str]) -> Option<String> {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", redis_py()?).arg(example(name)).args(options);
    let output = python.args(cluster.ports().iter().map(u16::to_string)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Some(said)
}

/// It does what it promises at each of these levels.
#[track_caller]
fn assert_works(name: &str, levels: &[&str], says: &str) {
    for level in levels {
        let cluster = Cluster::start(3, &["--level", level]);
        let Some(said) = program(name, &cluster, &[]) else { return };
        assert!(said.contains(says), "{level}: {said}");
    }
}

/// The scenario violates this level at its own, which is a weaker one, and not at these.
#[track_caller]
fn assert_breaks(name: &str, violated: &str, stronger: &[&str]) {
    let (bench, file) = (Bench::new(), example(name));
    let file = file.to_str().unwrap();
    let repeat = times("CANDOR_EXAMPLE_RUNS", 1).to_string();
    // It ends well only if each run shows what the file says.
    let document = bench.document(&["run", file, "--repeat", &repeat]);
    let runs = document["runs"].as_array().unwrap();
    println!("{name}: {repeat} times in {} runs", runs.len());
    let seen = json!({"level": violated, "seen": true});
    assert!(runs.iter().any(|run| run["to_be_violated"] == seen), "{document}");
    for level in stronger {
        let document = bench.document(&["run", file, "--level", level]);
        assert_eq!(document["runs"][0]["verdict"]["verdict"], "holds", "{document}");
    }
}

#[test]
fn a_lock_is_held_by_one() {
    assert_works("lock.py", &["linearizable"], "the late write");
    assert_breaks("lock.json", "linearizable", &["linearizability"]);
}

#[test]
fn a_rate_limiter_lets_in_no_more_than_its_limit() {
    assert_works(
        "rate_limiter.py",
        &["sequential", "linearizable"],
        "10 of 60 requests are let in",
    );
    assert_breaks("rate_limiter.json", "sequential", &["sequential", "linearizability"]);
}

#[test]
fn a_bank_pays_nothing_twice() {
    assert_works("bank.py", &["sequential", "linearizable"], "of 200 are left");
    assert_breaks("bank.json", "sequential", &["sequential", "linearizability"]);
}

/// A leader is asked to pay while nobody else is there, so the outcome is unknown; then others are
/// asked whether it was paid. What they never heard of is void from then on, and is not done when
/// the old leader sends it again.
#[test]
fn a_payment_of_unknown_outcome_is_settled_by_its_receipt() {
    let Some(home) = redis_py() else { return };
    let arguments = ["--level", "sequential", "--request-timeout", "300"];
    let mut cluster = Cluster::on_lasting_ports(3, &arguments);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let ports = cluster.ports();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries/payments.py");
    let mut python = Command::new("python3");
    python
        .env("PYTHONPATH", home)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(script)
        .args(ports.iter().map(u16::to_string));
    let mut program = Program::start(&mut python);
    program.hear("ready");
    for _ in 0..times("CANDOR_PAYMENTS", 2) {
        let leader = cluster.leader(&[0, 1, 2]);
        let others = [(leader + 1) % 3, (leader + 2) % 3];
        others.iter().for_each(|place| cluster.servers[*place].kill());
        program.say(&format!("pay {}", ports[leader]));
        program.hear("unknown");
        cluster.servers[leader].signal(Signal::STOP);
        others.iter().for_each(|place| drop(cluster.servers[*place].start()));
        program.say(&format!("is it paid {}", ports[others[0]]));
        program.hear("no");
        cluster.servers[leader].signal(Signal::CONT);
        program.say(&format!("whole {}", ports[leader]));
        program.hear("settled");
    }
    program.say("end .");
    program.end();
}

#[test]
fn a_session_is_known_wherever_its_token_goes() {
    assert_breaks("session_cache.json", "linearizable", &["linearizability"]);
    let cluster = Cluster::start(3, &["--level", "sequential"]);
    let (bench, says) = (Bench::new(), "0 of 300 requests missed");
    let judge = |options: &[&str]| {
        let history = bench.path().join("history.jsonl");
        let options = [options, &["--history", history.to_str().unwrap()]].concat();
        let said = program("session_cache.py", &cluster, &options)?;
        let judged = bench.run(&["check", "--level", "ryw", "history.jsonl"]).exit_code;
        Some((said.contains(says), judged))
    };
    let Some(with_token) = judge(&[]) else { return };
    assert_eq!(with_token, (true, Some(0)));
    // Without one, as a rule, every third request misses something.
    let misses = (0..20).any(|_| judge(&["--without-token"]) == Some((false, Some(3))));
    assert!(misses, "the token makes no difference");
}

#[test]
fn the_page_of_levels_names_what_is_there_and_its_history_is_judged_as_it_says() {
    let root = example("..");
    let page = fs::read_to_string(root.join("docs/consistency.md")).unwrap();
    let is_file = |word: &&str| word.ends_with(".json") || word.ends_with(".py");
    let files: BTreeSet<&str> =
        page.split(|c: char| c.is_whitespace() || "`()[]:".contains(c)).filter(is_file).collect();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let is_there =
            [root.join(file), root.join("docs").join(file)].iter().any(|it| it.is_file());
        assert!(is_there || !file.contains('/'), "{file} is named and not there");
    }
    let (_, history) = page.split_once("<<'END'\n").unwrap();
    let (history, _) = history.split_once("END\n").unwrap();
    let bench = Bench::new();
    let file = bench.write("answer.jsonl", history);
    assert_eq!(bench.run(&["check", "--level", "causal", file]).exit_code, Some(3));
    // Nothing of it is wrong to who promises less: only that nobody looked in the end.
    assert_eq!(bench.run(&["check", "--level", "eventual", file]).exit_code, Some(4));
}
