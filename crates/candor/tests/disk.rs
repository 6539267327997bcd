//! Real processes whose disk is full, or whose sync fails, or that may open no more files.

mod support;

use std::io::Read;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use redis::{Commands, Connection, RedisResult};

use support::{Cluster, Server, until};

fn debug(client: &mut Connection, what: &[&str]) {
    redis::cmd("DEBUG").arg(what).exec(client).unwrap();
}

#[track_caller]
fn refused_as_full(answer: RedisResult<()>) {
    let error = answer.expect_err("the disk is full").to_string();
    assert!(
        error.contains("MISCONF") && error.contains("the disk of this node is full"),
        "{error}"
    );
}

/// Writes until it is taken; before that it is refused, since the disk is full.
#[track_caller]
fn write_when_there_is_room(client: &mut Connection, key: &str, value: u64) {
    until("room", || client.set::<_, _, ()>(key, value).ok());
}

#[test]
fn a_full_disk_takes_no_writes_and_goes_on_reading() {
    let cluster = Cluster::start(3, &["--test-mode"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let mut on_leader = cluster.servers[leader].client();
    let mut elsewhere = cluster.servers[(leader + 1) % 3].client();
    on_leader.set::<_, _, ()>("key", 1).unwrap();
    debug(&mut on_leader, &["DISK", "FULL"]);
    until("the node to know", || {
        (cluster.servers[leader].info()["disk_full"] == "1").then_some(())
    });
    refused_as_full(on_leader.set("key", 9));
    assert_eq!(on_leader.get::<_, u64>("key").unwrap(), 1);
    // Another leads soon; what it writes the full one cannot keep.
    write_when_there_is_room(&mut elsewhere, "key", 2);
    assert_eq!(elsewhere.get::<_, u64>("key").unwrap(), 2);
    refused_as_full(on_leader.get::<_, Option<u64>>("key").map(drop));
    debug(&mut on_leader, &["DISK", "FREE"]);
    write_when_there_is_room(&mut on_leader, "key", 3);
    assert_eq!(on_leader.get::<_, u64>("key").unwrap(), 3);
    assert!(cluster.servers[leader].log().contains("the disk has room again"));
}

#[test]
fn what_the_system_refuses_for_a_while_is_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &["--test-mode"]);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    client.set::<_, _, ()>("key", 0).unwrap();
    let refusals = [
        ("EACCES", "Permission denied", "Let it write there"),
        ("EROFS", "Read-only file system", "Let it write there"),
        ("ENOMEM", "Cannot allocate memory", "Free some memory"),
    ];
    for (value, (errno, why, way_out)) in (1..).zip(refusals) {
        debug(&mut client, &["DISK", "FULL", errno]);
        until("the node to know", || (server.info()["disk_full"] == "1").then_some(()));
        let error = client.set::<_, _, ()>("key", 9).expect_err(errno).to_string();
        assert!(error.contains("MISCONF") && error.contains(why), "{error}");
        assert!(error.contains(way_out), "{error}");
        assert_eq!(client.get::<_, u64>("key").unwrap(), value - 1, "reads go on");
        debug(&mut client, &["DISK", "FREE"]);
        write_when_there_is_room(&mut client, "key", value);
        assert_eq!(client.get::<_, u64>("key").unwrap(), value);
    }
    assert!(!server.has_ended());
}

#[test]
fn a_broken_disk_is_not_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &["--test-mode"]);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    debug(&mut client, &["DISK", "FULL", "EIO"]);
    // Once a quarter of the segment is used, the next one is to be made.
    let value = vec![b'x'; 1 << 20];
    let error = (0..40).find_map(|_| client.set::<_, _, ()>("key", &value).err());
    assert!(error.is_some(), "more was taken than a segment holds");
    assert_eq!(server.wait(), Some(1));
    let log = server.log();
    assert!(log.contains("spare: Input/output error") && log.contains("the node stops"), "{log}");
}

#[test]
fn a_failed_sync_is_the_end() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &["--test-mode"]);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    client.set::<_, _, ()>("key", 1).unwrap();
    debug(&mut client, &["DISK", "FAIL-SYNC"]);
    assert!(client.set::<_, _, ()>("key", 2).is_err(), "it is not acknowledged");
    assert_eq!(server.wait(), Some(1));
    assert!(server.log().contains("cannot sync") && server.log().contains("the node stops"));
    server.start();
    server.wait_until_ready();
    let value: u64 = server.client().get("key").unwrap();
    assert!(value == 1 || value == 2, "unknown is not refused");
}

/// A file system of this size at this path, as long as this lives; where the system lets us.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(path: &'a Path, size: &str) -> Option<Mount<'a>> {
        let size = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path);
        mount.output().ok()?.status.success().then_some(Mount(path))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}

#[test]
fn a_file_system_that_is_full() {
    let temp = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(temp.path(), "40m") else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let mut server = Server::new(&temp.path().join("1"), 0, &[]);
    server.start();
    server.wait_until_ready();
    let filler = temp.path().join("filler");
    std::fs::write(&filler, vec![7; 16 << 20]).unwrap();
    // A quarter of a segment is written, then there is no room for the next one.
    let mut client = server.client();
    let value = vec![b'x'; 100_000];
    let mut kept = 0;
    let error = loop {
        match client.set::<_, _, ()>(format!("key-{kept}"), &value) {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 400, "more was taken than the disk holds");
    };
    refused_as_full(Err(error));
    assert_eq!(client.get::<_, Vec<u8>>(format!("key-{}", kept - 1)).unwrap(), value);
    std::fs::remove_file(&filler).unwrap();
    until("room", || client.set::<_, _, ()>("after", 1).ok());
    drop(client);
    server.kill();
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    for key in 0..kept {
        assert_eq!(client.get::<_, Vec<u8>>(format!("key-{key}")).unwrap(), value, "key-{key}");
    }
    assert_eq!(client.get::<_, u64>("after").unwrap(), 1);
    drop((client, server));
    drop(mount);
}

#[test]
fn no_room_for_a_first_segment() {
    let temp = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(temp.path(), "8m") else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let mut server = Server::new(&temp.path().join("1"), 0, &[]);
    let output = server.try_start().expect_err("there is no room");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("there is no room for") && text.contains("hint: free some room"),
        "{text}"
    );
}

/// Connections that ask for nothing.
fn idle(server: &Server, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::connect(("127.0.0.1", server.port)).unwrap()).collect()
}

#[test]
fn clients_do_not_take_the_files_that_the_node_needs() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &[]);
    server.open_files_max = Some(64);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    let idle = idle(&server, 80);
    until("somebody to be turned away", || {
        idle.iter().find_map(|socket| {
            socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            let mut text = [0; 64];
            let read = (&mut &*socket).read(&mut text).ok()?;
            assert_eq!(&text[..read], b"-ERR max number of clients reached\r\n");
            Some(())
        })
    });
    // Five segments; each of them is a new file.
    let value = vec![b'x'; 1 << 20];
    for key in 0..80 {
        client.set::<_, _, ()>(format!("key-{key}"), &value).unwrap();
    }
    let info: String = redis::cmd("INFO").arg("clients").query(&mut client).unwrap();
    let clients: Vec<u64> =
        info.lines().filter_map(|line| line.split_once(':')?.1.parse().ok()).collect();
    assert!(clients[0] == clients[1] && clients[0] < 64, "{info}");
    assert!(server.log().contains(&format!("takes at most {} clients", clients[1])));
    drop((client, idle));
    server.kill();
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    for key in 0..80 {
        assert_eq!(client.get::<_, Vec<u8>>(format!("key-{key}")).unwrap(), value, "key-{key}");
    }
}

#[test]
fn too_few_files_are_refused_at_the_start() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &[]);
    server.open_files_max = Some(24);
    let output = server.try_start().expect_err("it needs more");
    assert_eq!(output.status.code(), Some(78));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("may have 24 files open") && text.contains("hint: "), "{text}");
    assert!(!server.data_dir.exists(), "nothing was made");
}

#[test]
fn no_file_for_the_next_segment_is_no_damage() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &[]);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    let before = server.limit_open_files(4);
    let value = vec![b'x'; 1 << 20];
    let mut kept = 0;
    let error = loop {
        match client.set::<_, _, ()>(format!("key-{kept}"), &value) {
            Ok(()) => kept += 1,
            Err(error) => break error.to_string(),
        }
        assert!(kept < 20, "more was taken than a segment holds");
    };
    assert!(error.contains("MISCONF") && error.contains("Too many open files"), "{error}");
    assert_eq!(client.get::<_, Vec<u8>>("key-0").unwrap(), value, "reads go on");
    server.limit_open_files(before);
    until("writes to go on by themselves", || {
        client.set::<_, _, ()>(format!("key-{kept}"), &value).ok()
    });
    let log = server.log();
    assert!(log.contains("spare: Too many open files") && log.contains("ulimit -n"), "{log}");
    assert!(log.contains("this node takes writes"), "{log}");
    drop(client);
    server.kill();
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    for key in 0..=kept {
        assert_eq!(client.get::<_, Vec<u8>>(format!("key-{key}")).unwrap(), value, "key-{key}");
    }
}
