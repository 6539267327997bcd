//! A state that is lost, with real processes: no snapshot of a node can be read or is to be, and
//! the log before them is cut.

mod support;

use std::fs;
use std::path::PathBuf;

use redis::{Connection, cmd, pipe};

use support::{Cluster, Server, until};

const SMALL: [&str; 6] =
    ["--snapshot-log-size", "100kb", "--log-memory", "64kb", "--level", "sequential"];
/// As much as fills some segments of the log.
const ROUNDS: u64 = 20;
const KEYS: u64 = 64;
const VALUE_BYTES: usize = 64 << 10;

fn value(key: u64, round: u64) -> String {
    format!("{key} in round {round}, {}", "x".repeat(VALUE_BYTES))
}

fn fill(client: &mut Connection, round: u64) {
    let mut pipe = pipe();
    for key in 0..KEYS {
        pipe.set(format!("key-{key}"), value(key, round)).ignore();
    }
    pipe.query::<()>(client).unwrap();
}

#[track_caller]
fn check(server: &Server, round: u64) {
    let mut client = server.client();
    let keys: Vec<String> = (0..KEYS).map(|key| format!("key-{key}")).collect();
    let values: Vec<String> = cmd("MGET").arg(&keys).query(&mut client).unwrap();
    assert!(values == (0..KEYS).map(|key| value(key, round)).collect::<Vec<_>>(), "other values");
    let count: u64 = cmd("DBSIZE").query(&mut client).unwrap();
    assert_eq!(count, KEYS);
}

/// The files in a directory of a server's data that end so.
fn files(server: &Server, directory: &str, suffix: &str) -> Vec<PathBuf> {
    let listed = fs::read_dir(server.data_dir.join(directory)).unwrap();
    let mut paths: Vec<_> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(suffix));
    paths.sort();
    paths
}

/// Writes until the log of each server has lost its first segment.
fn fill_until_cut(cluster: &Cluster) -> u64 {
    let mut client = cluster.servers[0].client();
    let mut round = 0;
    until("logs that are cut", || {
        (0..ROUNDS).for_each(|_| {
            round += 1;
            fill(&mut client, round);
        });
        let is_cut = |server: &Server| {
            let first = server.data_dir.join("log/00000000000000000001.log");
            !first.exists() && files(server, "snapshots", ".snap").len() == 2
        };
        cluster.servers.iter().all(is_cut).then_some(())
    });
    round
}

/// Flips a byte in the middle of each of its snapshots.
fn damage_snapshots(server: &Server) {
    let snapshots = files(server, "snapshots", ".snap");
    assert!(!snapshots.is_empty());
    for path in snapshots {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_member_takes_the_state_that_it_lost_from_another() {
    let mut cluster = Cluster::start(3, &SMALL);
    let round = fill_until_cut(&cluster);
    // Its snapshots cannot be read.
    cluster.servers[2].kill();
    damage_snapshots(&cluster.servers[2]);
    cluster.servers[2].start();
    cluster.servers[2].wait_until_ready();
    check(&cluster.servers[2], round);
    let log = cluster.servers[2].log();
    for part in ["starts without its state: it has no snapshot that can be read", "state is whole"]
    {
        assert!(log.contains(part), "{log} lacks {part}");
    }
    assert_eq!(files(&cluster.servers[2], "snapshots", ".bad").len(), 2);
    // They are good, and discarded.
    let mut client = cluster.servers[0].client();
    fill(&mut client, round + 1);
    cluster.servers[1].kill();
    let mut discarding =
        cluster.servers[1].twin(&cluster.servers[1].data_dir, &["--discard-state"]);
    discarding.start();
    discarding.wait_until_ready();
    check(&discarding, round + 1);
    let log = discarding.log();
    assert!(log.contains("starts without its state: its snapshots are discarded"), "{log}");
    // Whoever lost its state is a member like all others.
    until("a snapshot of its own", || (discarding.figure("snapshot_number") > 0).then_some(()));
    discarding.kill();
    cluster.servers[1].start();
    cluster.servers[1].wait_until_ready();
    check(&cluster.servers[1], round + 1);
    cluster.servers[0].kill();
    cluster.servers[1].wait_until_ready();
    fill(&mut cluster.servers[1].client(), round + 2);
    check(&cluster.servers[1], round + 2);
}

#[test]
fn a_node_by_itself_does_not_start_without_its_state() {
    let mut cluster = Cluster::start(1, &SMALL);
    let round = fill_until_cut(&cluster);
    let server = &mut cluster.servers[0];
    server.kill();
    let mut discarding = server.twin(&server.data_dir, &["--discard-state"]);
    let refused = discarding.try_start().unwrap_err();
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(78), "{text}");
    assert!(text.contains("nobody to take the state from"), "{text}");
    // Nothing of it was touched.
    server.start();
    server.wait_until_ready();
    check(server, round);
    server.kill();
    damage_snapshots(server);
    let refused = server.try_start().unwrap_err();
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("snapshots that cannot be read"), "{text}");
}
