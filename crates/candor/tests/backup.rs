//! `candor backup`, `verify` and `restore` with real servers: what was answered is in the backup,
//! harm to it is named, and what is restored is another cluster.

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use redis::{Commands, Connection, cmd};

use support::{Cluster, Server, candor, free_ports, until};

/// What INFO says, by name.
type Info = HashMap<String, String>;

const HOUR_MS: u64 = 3_600_000;
const KEYS: u64 = 2000;

/// It ended with this exit code; gives what it said, standard error behind the rest.
#[track_caller]
fn ended(output: &Output, exit_code: i32) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(exit_code), "{said}");
    said
}

fn run(command: &str, directory: &Path, more: &[&str]) -> Output {
    candor().arg(command).arg(directory).args(more).output().unwrap()
}

fn backup(server: &Server, directory: &Path) -> Output {
    run("backup", directory, &["--server", &format!("127.0.0.1:{}", server.port)])
}

fn restore(directory: &Path, data_dir: &Path, more: &[&str]) -> Output {
    let data_dir = data_dir.to_str().unwrap();
    run("restore", directory, &[&["--data-dir", data_dir], more].concat())
}

/// One node with a few keys, and a backup of it.
fn backed_up() -> (Cluster, PathBuf) {
    let cluster = Cluster::start(1, &["--level", "linearizable"]);
    cluster.servers[0].client().set::<_, _, ()>("key", "value").unwrap();
    let directory = cluster.directory().join("backup");
    ended(&backup(&cluster.servers[0], &directory), 0);
    (cluster, directory)
}

fn create(client: &mut Connection, words: &str) {
    cmd("KEYSPACE").arg("CREATE").arg(words.split(' ').collect::<Vec<_>>()).exec(client).unwrap();
}

fn token(client: &mut Connection) -> String {
    cmd("CONSISTENCY").arg("TOKEN").query(client).unwrap()
}

/// How far the merged log of this node is applied: the boot and the entry.
fn merged_place(info: &Info, id: &str) -> (u64, u64) {
    let own = format!("{id}.");
    let mut all = info["merged_version_vector"].split(',');
    let place = all.find_map(|place| place.strip_prefix(&own)).expect("it has written");
    let (boot, index) = place.split_once(':').unwrap();
    (boot.parse().unwrap(), index.parse().unwrap())
}

/// Writes keys until it is told to end; gives how many were answered before that.
fn write_until(mut client: Connection, is_over: &AtomicBool) -> u64 {
    let mut written = 0;
    while !is_over.load(Ordering::Relaxed) {
        client.set::<_, _, ()>(format!("load:{written}"), written).unwrap();
        written += 1;
    }
    written
}

#[test]
fn a_backup_beside_load_is_restored_with_all_keys_of_both_orders() {
    let mut cluster = Cluster::start(3, &["--level", "linearizable"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let from = (leader + 1) % 3;
    let mut client = cluster.servers[from].client();
    create(&mut client, "carts PREFIX cart: ORDER merged LEVEL causal");
    for key in 0..KEYS {
        client.set::<_, _, ()>(format!("key:{key}"), key).unwrap();
    }
    let deadline_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let deadline_ms = deadline_ms + HOUR_MS;
    cmd("SET").arg("late").arg("x").arg("PXAT").arg(deadline_ms).exec(&mut client).unwrap();
    let once = |client: &mut Connection| -> u64 {
        let id = format!("{}-order7", deadline_ms - HOUR_MS);
        cmd("ONCE").arg(id).arg("INCR").arg("orders").query(client).unwrap()
    };
    assert_eq!(once(&mut client), 1);
    // Each replica counts by itself, and sets and removes.
    for (place, server) in cluster.servers.iter().enumerate() {
        let mut client = server.client();
        for count in 0..10 {
            client.incr::<_, _, i64>("cart:count", 1).unwrap();
            client.set::<_, _, ()>(format!("cart:{place}:{count}"), count).unwrap();
        }
        client.set::<_, _, ()>(format!("cart:{place}:number"), 40).unwrap();
        client.del::<_, ()>(format!("cart:{place}:0")).unwrap();
    }
    until("all merged writes at one replica", || {
        let all: u64 = client.get("cart:count").unwrap();
        let last = |place: usize| client.exists::<_, bool>(format!("cart:{place}:0")).unwrap();
        (all == 30 && !(0..3).any(last)).then_some(())
    });
    let old_token = token(&mut client);
    let before = cluster.servers[from].info();

    // A third client writes all the while.
    let directory = cluster.directory().join("backup");
    let is_over = AtomicBool::new(false);
    let answered = std::thread::scope(|scope| {
        let client = cluster.servers[leader].client();
        let load = scope.spawn(|| write_until(client, &is_over));
        let mut client = cluster.servers[from].client();
        until("some load", || client.exists::<_, bool>("load:100").unwrap().then_some(()));
        let said = ended(&backup(&cluster.servers[from], &directory), 0);
        is_over.store(true, Ordering::Relaxed);
        assert!(said.contains("a backup of cluster "), "{said}");
        load.join().unwrap()
    });
    assert!(answered > 100);
    let said = ended(&run("verify", &directory, &[]), 0);
    assert!(said.contains("good: cluster ") && said.contains("epoch 1: "), "{said}");
    cluster.servers.iter_mut().for_each(Server::kill);

    // Under the id of another member than it was taken of, which had more boots.
    let data_dir = cluster.directory().join("restored");
    let id = (leader + 1).to_string();
    let said = ended(&restore(&directory, &data_dir, &["--id", &id]), 0);
    assert!(said.contains("epoch 2") && said.contains("start it: candor serve --id"), "{said}");
    let mut server = Server::new(&data_dir, 0, &["--id", &id]);
    for start in 1..=2 {
        server.start();
        server.wait_until_ready();
        let mut client = server.client();
        for key in 0..KEYS {
            assert_eq!(client.get::<_, Option<u64>>(format!("key:{key}")).unwrap(), Some(key));
        }
        let at_ms: u64 = cmd("PEXPIRETIME").arg("late").query(&mut client).unwrap();
        assert_eq!(at_ms, deadline_ms);
        assert!(client.exists::<_, bool>("load:100").unwrap(), "it was answered before");
        assert_eq!(client.get::<_, u64>("cart:count").unwrap(), 29 + start);
        assert_eq!(once(&mut client), 1, "it has run");
        // What other replicas wrote is counted on, and overwritten.
        assert_eq!(client.incr::<_, _, u64>("cart:count", 1).unwrap(), 30 + start);
        for place in 0..3 {
            assert_eq!(client.get::<_, Option<u64>>(format!("cart:{place}:0")).unwrap(), None);
            assert_eq!(client.get::<_, u64>(format!("cart:{place}:9")).unwrap(), 8 + start);
            assert_eq!(client.incr::<_, _, u64>(format!("cart:{place}:9"), 1).unwrap(), 9 + start);
            let number = format!("cart:{place}:number");
            assert_eq!(client.incr::<_, _, u64>(number, 1).unwrap(), 40 + start);
        }
        let mut wait = cmd("CONSISTENCY");
        let refused = wait.arg("WAITFOR").arg(&old_token).exec(&mut client).unwrap_err();
        assert!(refused.to_string().contains("the token is of another cluster"), "{refused}");
        let own = token(&mut client);
        cmd("CONSISTENCY").arg("WAITFOR").arg(&own).exec(&mut server.client()).unwrap();
        let now = server.info();
        let figure = |info: &Info, name: &str| -> u64 { info[name].parse().unwrap() };
        for name in ["raft_applied", "raft_term", "boot"] {
            assert!(figure(&now, name) > figure(&before, name), "{name}");
        }
        let (now, before) = (merged_place(&now, &id), merged_place(&before, &id));
        assert!(now > before, "{now:?} after {before:?}");
        server.kill();
    }
}

#[test]
fn each_restore_founds_a_cluster_of_its_own() {
    let (cluster, directory) = backed_up();
    let of =
        |said: &str| said.split("cluster ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let old = of(&ended(&run("verify", &directory, &[]), 0));
    let found = |name: &str| {
        let data_dir = cluster.directory().join(name);
        let said = ended(&restore(&directory, &data_dir, &[]), 0);
        let identity = fs::read_to_string(data_dir.join("identity")).unwrap();
        assert!(identity.starts_with("candor 1\nnode 1\ndirectory "), "{identity}");
        (of(&said), identity)
    };
    let (one, other) = (found("one"), found("other"));
    assert!(one.0 != old && other.0 != old && one.0 != other.0, "{old} {one:?} {other:?}");
    assert_ne!(one.1, other.1, "another directory");
}

#[test]
fn harm_to_a_backup_is_named() {
    let (cluster, directory) = backed_up();
    let data_dir = cluster.directory().join("restored");
    let snapshot = directory.join("snapshot");
    let good = fs::read(&snapshot).unwrap();
    for at in [100, 4096 + 20, good.len() - 3] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&snapshot, bytes).unwrap();
        let said = ended(&run("verify", &directory, &[]), 78);
        assert!(said.contains(snapshot.to_str().unwrap()) && said.contains("hint: "), "{said}");
        if at == 4096 + 20 {
            assert!(said.contains("bytes from 4096 on is wrong"), "{said}");
        }
        ended(&restore(&directory, &data_dir, &[]), 78);
        assert!(!data_dir.exists(), "nothing is made of it");
    }
    fs::write(&snapshot, &good[..good.len() - 1]).unwrap();
    let said = ended(&run("verify", &directory, &[]), 78);
    assert!(said.contains("bytes and should have"), "{said}");
    fs::write(&snapshot, good).unwrap();

    let manifest = directory.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"epoch\": 1", "\"epoch\": 7")).unwrap();
    let said = ended(&run("verify", &directory, &[]), 78);
    assert!(said.contains("it says epoch 7, and the snapshot has 1"), "{said}");
    fs::write(&manifest, "{").unwrap();
    ended(&run("verify", &directory, &[]), 78);
    fs::remove_file(&manifest).unwrap();
    let said = ended(&run("verify", &directory, &[]), 78);
    assert!(said.contains("manifest.json") && said.contains("hint: "), "{said}");
    fs::write(&manifest, text).unwrap();
    ended(&run("verify", &directory, &[]), 0);
    fs::remove_file(&snapshot).unwrap();
    let said = ended(&run("verify", &directory, &[]), 78);
    assert!(said.contains("snapshot is missing"), "{said}");
}

/// Files of snapshots that a process keeps open, though they are removed.
fn removed_and_open(process: &str) -> usize {
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let file = |entry: std::io::Result<fs::DirEntry>| fs::read_link(entry.ok()?.path()).ok();
    let names = open.filter_map(|entry| Some(file(entry)?.to_str()?.to_owned()));
    names.filter(|name| name.ends_with(".snap (deleted)")).count()
}

#[test]
fn a_snapshot_stays_as_long_as_somebody_reads_it() {
    let cluster = Cluster::start(1, &["--level", "linearizable"]);
    let server = &cluster.servers[0];
    let mut reader = server.client();
    let mut take = || {
        let before: u64 =
            cmd("CLUSTER-ADMIN").arg("BACKUP").arg("BEGIN").query(&mut reader).unwrap();
        until("the snapshot", || (server.figure("snapshot_number") > before).then_some(()));
    };
    take();
    let mut other = server.client();
    let read = |client: &mut Connection, offset: u64| -> Option<Vec<u8>> {
        let mut read = cmd("CLUSTER-ADMIN");
        read.arg("BACKUP").arg("READ").arg(1).arg(offset).arg(100).query(client).unwrap()
    };
    let file = server.data_dir.join("snapshots/00000000000000000001.snap");
    let bytes = fs::read(&file).unwrap();
    assert_eq!(read(&mut other, 0).unwrap(), bytes[..100]);
    take();
    take();
    assert!(!file.exists(), "two are kept");
    assert_eq!(read(&mut other, 100).unwrap(), bytes[100..200]);
    assert_eq!(read(&mut server.client(), 0), None, "for whoever comes now it is gone");
    let process = server.info()["process_id"].clone();
    if Path::new("/proc/self/fd").exists() {
        assert_eq!(removed_and_open(&process), 1);
        drop(other);
        until("it to be let go", || (removed_and_open(&process) == 0).then_some(()));
    }
}

#[test]
fn nothing_is_written_over() {
    let (cluster, directory) = backed_up();
    let said = ended(&backup(&cluster.servers[0], &directory), 78);
    assert!(said.contains("is not empty"), "{said}");
    ended(&run("verify", &directory, &[]), 0);
    let data_dir = &cluster.servers[0].data_dir;
    let said = ended(&restore(&directory, data_dir, &[]), 78);
    assert!(said.contains("is not empty: there is "), "{said}");
    let new = cluster.directory().join("new");
    let said = ended(&restore(&directory, &new, &["--peer-listen", "nowhere"]), 78);
    assert!(said.contains("nowhere") && !new.exists(), "{said}");
    // What fails leaves nothing behind.
    let nobody = format!("127.0.0.1:{}", free_ports(1)[0]);
    let elsewhere = cluster.directory().join("elsewhere");
    let said = ended(&run("backup", &elsewhere, &["--server", &nobody]), 1);
    assert!(said.contains("cannot connect to"), "{said}");
    assert!(!elsewhere.exists());
}

#[test]
fn what_was_restored_does_not_start_without_its_snapshot() {
    let (cluster, directory) = backed_up();
    let data_dir = cluster.directory().join("restored");
    ended(&restore(&directory, &data_dir, &[]), 0);
    let snapshot = data_dir.join("snapshots/00000000000000000001.snap");
    let mut bytes = fs::read(&snapshot).unwrap();
    bytes[4096] ^= 1;
    fs::write(&snapshot, bytes).unwrap();
    let refused = Server::new(&data_dir, 0, &[]).try_start().unwrap_err();
    let said = ended(&refused, 1);
    assert!(said.contains("in snapshots that cannot be read"), "{said}");
    // Nor where a restore was killed before it came to that, or to the log.
    for (name, exit_code) in [("snapshots", 1), ("log/00000000000000000002.log", 78)] {
        let path = data_dir.join(name);
        fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path)).unwrap();
        let refused = Server::new(&data_dir, 0, &[]).try_start().unwrap_err();
        ended(&refused, exit_code);
    }
}

#[test]
fn a_merged_default_is_restored_as_one() {
    let cluster = Cluster::start(1, &["--level", "causal"]);
    cluster.servers[0].client().set::<_, _, ()>("key", "value").unwrap();
    let directory = cluster.directory().join("backup");
    ended(&backup(&cluster.servers[0], &directory), 0);
    let data_dir = cluster.directory().join("restored");
    let said = ended(&restore(&directory, &data_dir, &["--id", "7"]), 0);
    assert!(said.contains("--level causal"), "{said}");
    let mut server = Server::new(&data_dir, 0, &["--id", "7", "--level", "causal"]);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    assert_eq!(client.get::<_, String>("key").unwrap(), "value");
    let _: () = client.set("key", "other").unwrap();
    server.kill();
    server.start();
    server.wait_until_ready();
    assert_eq!(server.client().get::<_, String>("key").unwrap(), "other");
}
