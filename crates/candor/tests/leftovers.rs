//! However a run ends, nothing of it is left: no process and no listening port.

mod runner;

use std::fs;
use std::net::TcpListener;

use runner::{Bench, Run, free_ports, long_scenario};
use rustix::process::{Signal, kill_process};
use serde_json::json;

/// Starts a long run, and waits until both of its clients have written.
fn start_long<'b>(bench: &'b Bench, servers: usize, level: &str, more: &[&str]) -> Run<'b> {
    let file = bench.write("long.json", &long_scenario(servers, level));
    let mut run = bench.start(&[&["run", file], more].concat());
    run.wait_for(" done", 2);
    assert_eq!(run.servers().len(), servers);
    run
}

#[test]
fn ctrl_c_ends_everything_in_order() {
    for (signal, exit_code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let bench = Bench::new();
        let run = start_long(&bench, 2, "sequential", &[]);
        let ports = run.ports();
        run.signal(signal);
        let outcome = run.wait();
        bench.assert_nothing_is_left(&ports);
        assert_eq!(outcome.exit_code, Some(exit_code), "{outcome:?}");
        assert!(outcome.stderr.contains("nothing is left running"), "{outcome:?}");
        // What happened until then is kept, and is a history.
        let history = bench.runs()[0].join("history.jsonl");
        assert_eq!(bench.run(&["check", history.to_str().unwrap()]).exit_code, Some(0));
        assert!(!bench.runs()[0].join("data").exists());
    }
}

#[test]
fn ctrl_c_while_the_cluster_is_not_ready_yet() {
    let bench = Bench::new();
    let file = bench.write("long.json", &long_scenario(3, "linearizable"));
    let mut run = bench.start(&["run", file]);
    run.wait_for("seed", 1);
    run.signal(Signal::INT);
    let outcome = run.wait();
    bench.assert_nothing_is_left(&[]);
    assert_eq!(outcome.exit_code, Some(130), "{outcome:?}");
}

#[test]
fn a_second_ctrl_c_ends_at_once_what_does_not_end() {
    let bench = Bench::new();
    let run = start_long(&bench, 2, "eventual", &[]);
    let ports = run.ports();
    // A stopped process does not see that its standard input has ended.
    kill_process(run.servers()[1].pid, Signal::STOP).unwrap();
    run.signal(Signal::INT);
    run.signal(Signal::INT);
    let outcome = run.wait();
    bench.assert_nothing_is_left(&ports);
    assert_eq!(outcome.exit_code, Some(130), "{outcome:?}");
}

#[test]
fn children_end_when_the_runner_is_killed() {
    let bench = Bench::new();
    let run = start_long(&bench, 3, "linearizable", &[]);
    let ports = run.ports();
    assert_eq!(run.clients().len(), 2);
    run.signal(Signal::KILL);
    let outcome = run.wait();
    assert_eq!(outcome.exit_code, None);
    bench.wait_until_nobody_lives();
    bench.assert_nothing_is_left(&ports);
}

#[test]
fn a_server_that_dies_is_reported_with_its_last_words() {
    let bench = Bench::new();
    let run = start_long(&bench, 3, "linearizable", &[]);
    let (ports, victim) = (run.ports(), run.servers()[2]);
    kill_process(victim.pid, Signal::KILL).unwrap();
    let outcome = run.wait();
    bench.assert_nothing_is_left(&ports);
    assert_eq!(outcome.exit_code, Some(1), "{outcome:?}");
    let pid = victim.pid.as_raw_nonzero();
    assert!(outcome.stdout.contains(&format!("server 2 (pid {pid}) ended by signal 9")));
    assert!(outcome.stdout.contains("the log of server 2 ends with"), "{outcome:?}");
    assert!(outcome.stdout.contains("linearizable holds"), "a majority went on: {outcome:?}");
}

#[test]
fn a_client_that_dies_is_reported() {
    let bench = Bench::new();
    let run = start_long(&bench, 2, "sequential", &[]);
    let ports = run.ports();
    let victim = run.clients()[0];
    kill_process(victim, Signal::KILL).unwrap();
    let outcome = run.wait();
    bench.assert_nothing_is_left(&ports);
    assert_eq!(outcome.exit_code, Some(1), "{outcome:?}");
    let end = format!("(pid {}) ended by signal 9", victim.as_raw_nonzero());
    assert!(outcome.stdout.contains(&end), "{outcome:?}");
    assert!(outcome.stdout.contains("sequential holds"), "{outcome:?}");
}

#[test]
fn a_server_that_does_not_end_is_killed() {
    let bench = Bench::new();
    let run = start_long(&bench, 3, "sequential", &[]);
    let ports = run.ports();
    kill_process(run.servers()[2].pid, Signal::STOP).unwrap();
    let outcome = run.wait();
    bench.assert_nothing_is_left(&ports);
    assert_eq!(outcome.exit_code, Some(0), "{outcome:?}");
}

#[test]
fn a_taken_port_is_named_with_its_place_and_who_wants_it() {
    let bench = Bench::new();
    let ports = free_ports(6);
    let held = TcpListener::bind(("127.0.0.1", ports[4])).unwrap();
    let scenario = json!({
        "num_servers": 2,
        "consistency_level": "eventual",
        "port_number": { "0": ports[..3], "1": ports[3..] },
    });
    let file = bench.write("taken.json", &scenario.to_string());
    let outcome = bench.run(&["run", file]);
    assert_eq!(outcome.exit_code, Some(1), "{outcome:?}");
    let text = scenario.to_string();
    let column = text.find(&ports[4].to_string()).unwrap() + 1;
    let named = format!("taken.json:1:{column}: port {} (server 1, peers) is taken", ports[4]);
    assert!(outcome.stderr.contains(&named), "{outcome:?}");
    drop(held);
    bench.assert_nothing_is_left(&ports);
    assert!(bench.runs().is_empty());
}

#[test]
fn a_kept_cluster_stays_until_ctrl_c() {
    let bench = Bench::new();
    // A fault that needs the proxy, and does nothing: the servers hear of each other through it.
    let scenario = r#"{"num_servers": 3, "consistency_level": "sequential",
        "faults": [{"at_ms": 0, "delay": 0}]}"#;
    let file = bench.write("kept.json", scenario);
    let mut run = bench.start(&["run", file, "--keep"]);
    run.wait_for("stays up", 1);
    run.wait_for("redis-cli -p", 6);
    let ports = run.ports();
    assert_eq!(bench.living().len(), 4, "the runner and three servers");
    let leader = run.leader();
    kill_process(leader.pid, Signal::KILL).unwrap();
    run.wait_for("ended by signal 9", 1);
    run.wait_for(" leads, ", 1);
    run.signal(Signal::INT);
    let outcome = run.wait();
    bench.assert_nothing_is_left(&ports);
    // No client asked for anything, so nothing was there to judge.
    assert_eq!(outcome.exit_code, Some(4), "{outcome:?}");
    let run = &bench.runs()[0];
    assert!(fs::exists(run.join("summary.json")).unwrap() && !run.join("data").exists());
}
