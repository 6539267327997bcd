//! Snapshots with real processes: what was acknowledged outlives the log that carried it, and who
//! lacks more than the logs hold fetches the state.

mod support;

use std::os::unix::fs::FileExt;

use redis::{Commands, Connection, cmd, pipe};

use support::{Cluster, Server, until};

/// Snapshots are taken all the time, and little is kept of the log.
const SMALL: [&str; 4] = ["--snapshot-log-size", "100kb", "--log-memory", "64kb"];
const KEYS: u64 = 3000;
/// A place in the log among the first writes.
const HARMED_AT: u64 = 20_000;

fn small(level: &'static str) -> Vec<&'static str> {
    [&SMALL[..], &["--level", level]].concat()
}

/// The value that a key has in a round.
fn value(key: u64, round: u64) -> String {
    format!("{key} in round {round}, and as much as makes a value of some length of it")
}

/// Writes all keys, a hundred at a time.
fn fill(client: &mut Connection, round: u64) {
    for first in (0..KEYS).step_by(100) {
        let mut pipe = pipe();
        for key in first..first + 100 {
            pipe.set(format!("key-{key}"), value(key, round)).ignore();
        }
        pipe.query::<()>(client).unwrap();
    }
}

/// Each key has the value of this round.
#[track_caller]
fn check(client: &mut Connection, round: u64) {
    for first in (0..KEYS).step_by(100) {
        let keys: Vec<String> = (first..first + 100).map(|key| format!("key-{key}")).collect();
        let values: Vec<String> = client.mget(keys).unwrap();
        let expected: Vec<String> = (first..first + 100).map(|key| value(key, round)).collect();
        assert_eq!(values, expected);
    }
}

/// Waits until the last key has the value of this round at this node.
#[track_caller]
fn wait_for(server: &Server, round: u64) {
    let last = format!("key-{}", KEYS - 1);
    let mut client = server.client();
    until("the last value", || {
        let found: Option<String> = cmd("GET@EVENTUAL").arg(&last).query(&mut client).unwrap();
        (found == Some(value(KEYS - 1, round))).then_some(())
    });
}

fn snapshots(server: &Server) -> u64 {
    server.figure("snapshot_number")
}

#[test]
fn a_restart_begins_with_a_snapshot() {
    let mut cluster = Cluster::start(1, &small("linearizable"));
    let server = &mut cluster.servers[0];
    for round in 0..4 {
        fill(&mut server.client(), round);
        server.kill();
        server.start();
        server.wait_until_ready();
        check(&mut server.client(), round);
    }
    assert!(snapshots(server) > 0);
    let log = server.log();
    assert!(log.contains("read snapshot"), "{log}");
    let kept = std::fs::read_dir(cluster.directory().join("1/snapshots")).unwrap().count();
    assert!(kept <= 3, "{kept} snapshots are kept");
}

#[test]
fn who_asks_for_a_snapshot_gets_one() {
    let cluster = Cluster::start(1, &["--level", "linearizable"]);
    let server = &cluster.servers[0];
    let mut client = server.client();
    fill(&mut client, 0);
    assert_eq!(snapshots(server), 0);
    let told: String = cmd("BGSAVE").query(&mut client).unwrap();
    assert_eq!(told, "Background saving started");
    until("the snapshot", || (snapshots(server) == 1).then_some(()));
}

#[test]
fn harm_to_the_log_before_the_newest_snapshot_is_told_and_passed_over() {
    let mut cluster = Cluster::start(1, &["--level", "linearizable"]);
    let server = &mut cluster.servers[0];
    fill(&mut server.client(), 0);
    let _: String = cmd("BGSAVE").query(&mut server.client()).unwrap();
    until("the snapshot", || (snapshots(server) == 1).then_some(()));
    fill(&mut server.client(), 1);
    server.kill();
    let segment = server.data_dir.join("log/00000000000000000001.log");
    let file = std::fs::File::options().read(true).write(true).open(segment).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, HARMED_AT).unwrap();
    file.write_all_at(&[!byte[0]], HARMED_AT).unwrap();
    server.start();
    server.wait_until_ready();
    check(&mut server.client(), 1);
    let log = server.log();
    let told = log.lines().find(|line| line.contains("so nothing is lost")).expect("it is told");
    assert!(told.contains("00000000000000000001.log is damaged at offset "), "{told}");
    until("a new snapshot", || (snapshots(server) == 2).then_some(()));
}

#[test]
fn a_follower_that_was_away_fetches_the_state() {
    let mut cluster = Cluster::start(3, &small("sequential"));
    fill(&mut cluster.servers[0].client(), 0);
    let leader = cluster.leader(&[0, 1, 2]);
    let away = (leader + 1) % 3;
    cluster.servers[away].kill();
    for round in 1..4 {
        fill(&mut cluster.servers[leader].client(), round);
    }
    cluster.servers[away].start();
    wait_for(&cluster.servers[away], 3);
    let log = cluster.servers[away].log();
    assert!(log.contains("fetch"), "{log}");
    assert!(cluster.servers[away].figure("states_fetched") > 0);
    check(&mut cluster.servers[away].client(), 3);
    // It is a member like any other, also after a start of its own.
    cluster.servers[away].kill();
    cluster.servers[away].start();
    cluster.servers[leader].kill();
    cluster.servers[away].wait_until_ready();
    let mut client = cluster.servers[away].client();
    fill(&mut client, 4);
    check(&mut client, 4);
}

#[test]
fn a_follower_that_was_away_is_fed_from_the_log_on_disk() {
    let options = ["--log-memory", "64kb", "--level", "sequential"];
    let mut cluster = Cluster::start(3, &options);
    fill(&mut cluster.servers[0].client(), 0);
    let leader = cluster.leader(&[0, 1, 2]);
    let away = (leader + 1) % 3;
    cluster.servers[away].kill();
    for round in 1..4 {
        fill(&mut cluster.servers[leader].client(), round);
    }
    cluster.servers[away].start();
    wait_for(&cluster.servers[away], 3);
    check(&mut cluster.servers[away].client(), 3);
    let log_reads: u64 = cluster.servers.iter().map(|server| server.figure("log_reads")).sum();
    assert!(log_reads > 0, "memory does not hold so much");
    for server in &cluster.servers {
        assert_eq!(server.figure("states_fetched"), 0, "nobody needs a state");
        assert_eq!(snapshots(server), 0);
    }
}

#[test]
fn a_replica_that_was_away_fetches_the_state() {
    let mut cluster = Cluster::start(3, &small("causal"));
    fill(&mut cluster.servers[0].client(), 0);
    wait_for(&cluster.servers[2], 0);
    cluster.servers[2].kill();
    for round in 1..4 {
        fill(&mut cluster.servers[0].client(), round);
    }
    let _: u64 = cluster.servers[1].client().del("key-7").unwrap();
    cluster.servers[2].start();
    wait_for(&cluster.servers[2], 3);
    let log = cluster.servers[2].log();
    assert!(log.contains("fetch"), "{log}");
    let mut client = cluster.servers[2].client();
    until("the delete", || {
        let there: u64 = cmd("EXISTS").arg("key-7").query(&mut client).unwrap();
        (there == 0).then_some(())
    });
    fill(&mut client, 4);
    check(&mut client, 4);
}
