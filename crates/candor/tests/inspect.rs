//! `candor log inspect`: what is in a data directory, also while a server runs on it.

mod support;

use std::fs;
use std::path::Path;

use redis::{Commands, cmd};

use support::{Cluster, candor, until};

/// What it says of a directory, and with which exit code it ended.
fn inspect(directory: &Path, more: &[&str]) -> (Option<i32>, String) {
    let output = candor().args(["log", "inspect"]).arg(directory).args(more).output().unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn says(directory: &Path, more: &[&str], exit_code: i32, parts: &[&str]) -> String {
    let (code, said) = inspect(directory, more);
    assert_eq!(code, Some(exit_code), "{said}");
    for part in parts {
        assert!(said.contains(part), "{said}\nlacks {part}");
    }
    said
}

#[test]
fn a_directory_is_told_beside_its_server_and_without_it() {
    let mut cluster = Cluster::start(1, &["--level", "linearizable"]);
    let server = &mut cluster.servers[0];
    let mut client = server.client();
    let create = "CREATE carts PREFIX cart: ORDER merged LEVEL causal";
    cmd("KEYSPACE").arg(create.split(' ').collect::<Vec<_>>()).exec(&mut client).unwrap();
    client.set::<_, _, ()>("key", "before").unwrap();
    cmd("BGSAVE").exec(&mut client).unwrap();
    until("the snapshot", || (server.figure("snapshot_number") == 1).then_some(()));
    client.set::<_, _, ()>("key", "behind").unwrap();
    client.set::<_, _, ()>("cart:7", "apples").unwrap();

    let directory = server.data_dir.clone();
    let runs = if Path::new("/proc/locks").exists() { "runs on it" } else { "" };
    let cluster_id = server.info()["cluster_id"].clone();
    let formed = format!("cluster {cluster_id}, epoch 1, default agreed");
    let parts = [runs, "node 1, directory ", &formed, "1 keys  merged {}, 0 keys  good"];
    says(&directory, &[], 0, &parts);
    let before = fs::read(directory.join("log/00000000000000000001.log")).unwrap();

    server.kill();
    let words = [
        "no server runs on it",
        ": birth: node 1, directory ",
        ": boot 1, incarnation ",
        ": SET key behind",
        "merged 1.1: 1 (SET cart:7 apples)",
        ": a snapshot was begun: agreed ",
        "boot 1, term 1, vote for node 1, committed up to ",
        "the merged logs end at {1.1: 1}",
    ];
    says(&directory, &["--records"], 0, &words);
    let after = fs::read(directory.join("log/00000000000000000001.log")).unwrap();
    assert!(before.len() == after.len() && !directory.join("log/spare.new").exists());
    // It still starts, and says the same again.
    server.start();
    server.wait_until_ready();
    assert_eq!(server.client().get::<_, String>("key").unwrap(), "behind");
}

#[test]
fn harm_is_named() {
    let mut cluster = Cluster::start(1, &["--level", "linearizable"]);
    let server = &mut cluster.servers[0];
    for key in 0..50 {
        server.client().set::<_, _, ()>(format!("key:{key}"), "x".repeat(500)).unwrap();
    }
    cmd("BGSAVE").exec(&mut server.client()).unwrap();
    until("the snapshot", || (server.figure("snapshot_number") == 1).then_some(()));
    assert_eq!(server.end(), Some(0));
    let directory = server.data_dir.clone();
    says(&directory, &[], 0, &["sealed", "good"]);
    let flip = |name: &str, at: usize| {
        let path = directory.join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
    };
    let segment = "log/00000000000000000001.log";
    flip(segment, 20_000);
    says(&directory, &[], 78, &["damaged at offset ", "is whole at offset "]);
    flip(segment, 20_000);
    // Bytes behind the last frame that are none.
    flip(segment, (16 << 20) - 1);
    says(&directory, &[], 0, &["torn at offset "]);
    flip(segment, (16 << 20) - 1);
    flip("snapshots/00000000000000000001.snap", 5000);
    says(&directory, &[], 78, &["the checksum of the ", "00000000000000000001.snap is damaged"]);
    let elsewhere = cluster.directory().join("nowhere");
    says(&elsewhere, &[], 78, &["is no data directory", "hint: "]);
}
