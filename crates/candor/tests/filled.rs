//! A small file system that the log and the snapshots of a node fill.

mod support;

use std::fs;
use std::path::PathBuf;

use redis::{Commands, Connection, RedisResult, cmd};
use tempfile::TempDir;

use support::{FileSystem, Server, until};

/// The size of the file system, in MiB: some segments, and room for small snapshots.
const SIZE_MIB: u64 = 128;
const VALUE_BYTES: usize = 50_000;

/// A node by itself on a file system of its own.
struct Filled {
    server: Server,
    ballast: PathBuf,
    _system: FileSystem,
    _temp: TempDir,
}

impl Filled {
    /// Beside so many MiB that somebody else has put there. `None`: there can be none here.
    fn new(ballast_mib: usize) -> Option<Filled> {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("1");
        let system = FileSystem::new(&path, SIZE_MIB)?;
        // Where a data directory that is a mount point has what is not ours.
        let ballast = path.join("lost+found/ballast");
        fs::write(&ballast, vec![7; ballast_mib << 20]).unwrap();
        let mut server = Server::new(&path, 0, &[]);
        server.start();
        server.wait_until_ready();
        Some(Filled { server, ballast, _system: system, _temp: temp })
    }
}

fn set(client: &mut Connection, key: u64, value: u64) -> RedisResult<()> {
    client.set(format!("key-{key}"), text(value))
}

fn text(value: u64) -> String {
    format!("{value}:{}", "x".repeat(VALUE_BYTES))
}

/// Twice what the file system holds is written, over and over the same keys.
#[test]
fn a_log_does_not_fill_a_disk_that_has_room_for_snapshots() {
    let Some(filled) = Filled::new(0) else { return };
    let mut client = filled.server.client();
    for value in 0..SIZE_MIB * 2 * 20 {
        until("room", || set(&mut client, value % 20, value).ok());
    }
    assert!(filled.server.log().contains("snapshot"), "{}", filled.server.log());
}

/// Where the state itself has no room any more, writes are refused, and nothing else.
#[test]
fn a_disk_that_is_full_is_said_to_be_and_goes_on_with_what_is_freed() {
    let Some(mut filled) = Filled::new(48) else { return };
    let mut client = filled.server.client();
    let mut kept = 0;
    let error = loop {
        match set(&mut client, kept, kept) {
            Ok(()) => kept += 1,
            Err(error) => break error.to_string(),
        }
        assert!(kept < 2 * SIZE_MIB * 20, "more was taken than the disk holds");
    };
    assert!(error.contains("MISCONF") && error.contains("disk of this node is full"), "{error}");
    println!("full with {kept} keys");
    assert_eq!(client.get::<_, String>("key-0").unwrap(), text(0), "reads go on");
    fs::remove_file(&filled.ballast).unwrap();
    until("room", || set(&mut client, kept, kept).ok());
    drop(client);
    filled.server.kill();
    filled.server.start();
    filled.server.wait_until_ready();
    let mut client = filled.server.client();
    for key in 0..=kept {
        assert_eq!(client.get::<_, String>(format!("key-{key}")).unwrap(), text(key), "{key}");
    }
    // With nothing in it, all of the disk is there again.
    until("room", || cmd("FLUSHALL").query::<()>(&mut client).ok());
    for value in 0..SIZE_MIB * 20 {
        until("room", || set(&mut client, value % 20, value).ok());
    }
}
