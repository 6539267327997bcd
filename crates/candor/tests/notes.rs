//! Real processes and what they tell: nobody has to take it, and it never stops a node.

mod support;

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use redis::Commands;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::Signal;

use support::{Cluster, PATIENCE, Server, until};

/// A server by itself that does not run yet, told of its directory.
fn alone(temp: &tempfile::TempDir) -> Server {
    Server::new(&temp.path().join("data"), 0, &[])
}

/// It serves whatever happens to its lines: here a line a SIGHUP, none of which ends it.
#[track_caller]
fn serves_while_it_tells(server: &Server, dropped: bool) {
    server.wait_until_ready();
    let mut client = server.client();
    until("lines to be dropped or told", || {
        server.signal(Signal::HUP);
        client.set::<_, _, ()>("key", "value").unwrap();
        (!dropped || server.figure("notes_dropped") > 2).then_some(())
    });
    assert_eq!(client.get("key"), Ok("value".to_owned()));
}

/// A pipe that takes nothing more until somebody reads.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'x'; 512]).is_ok() {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    (reader, writer)
}

#[test]
fn a_full_device_takes_no_lines() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(&temp);
    let full = File::options().write(true).open("/dev/full").unwrap();
    server.try_start_telling(full.into()).unwrap();
    serves_while_it_tells(&server, true);
    assert_eq!(server.end(), Some(0));
}

#[test]
fn a_pipe_whose_other_end_is_gone_takes_no_lines() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(&temp);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    server.try_start_telling(writer.into()).unwrap();
    serves_while_it_tells(&server, true);
    assert_eq!(server.end(), Some(0));
}

#[test]
fn a_pipe_that_is_full_holds_nobody_up() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(&temp);
    let (_reader, writer) = full_pipe();
    server.try_start_telling(writer.into()).unwrap();
    serves_while_it_tells(&server, false);
    assert_eq!(server.end(), Some(0));
    // Neither do its last words.
    let mut other = Server::new(&temp.path().join("data"), server.port, &["--level", "eventual"]);
    let (_reader, writer) = full_pipe();
    let output = other.try_start_telling(writer.into()).unwrap_err();
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}

#[test]
fn why_it_does_not_start_it_says_to_nobody_without_a_panic() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("data"), "no directory").unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = alone(&temp).try_start_telling(full.into()).unwrap_err();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn strangers_at_the_port_for_peers_fill_no_pipe() {
    let mut cluster = Cluster::start(3, &[]);
    let server = &mut cluster.servers[0];
    server.end();
    // Nobody reads it; the lines of all these strangers would fill it more than once.
    let (mut reader, writer) = std::io::pipe().unwrap();
    server.try_start_telling(Stdio::from(writer)).unwrap();
    server.wait_until_ready();
    let mut client = server.client();
    const STRANGERS: u64 = 1200;
    for number in 0..STRANGERS {
        let mut stranger = TcpStream::connect(("127.0.0.1", server.peer_port())).unwrap();
        stranger.set_read_timeout(Some(PATIENCE)).unwrap();
        stranger.write_all(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n").unwrap();
        // What it did not read it may answer with a reset.
        let _ = stranger.read(&mut [0]);
        if number % 100 == 0 {
            redis::cmd("PING").exec(&mut client).unwrap();
            client.set::<_, _, ()>("key", number).unwrap();
        }
    }
    let suppressed = server.figure("notes_suppressed");
    assert!(suppressed > STRANGERS / 2, "{suppressed} of {STRANGERS} are left out");
    assert_eq!(server.end(), Some(0));
    let mut told = String::new();
    reader.read_to_string(&mut told).unwrap();
    assert!(told.contains("turned away 127.0.0.1"), "{told}");
    assert!(told.contains("more like it in the last"), "{told}");
    assert!(told.lines().count() < 200, "{told}");
}

#[test]
fn a_hang_up_is_ignored_with_a_line_and_every_line_names_the_node() {
    let mut cluster = Cluster::start(3, &[]);
    let server = &mut cluster.servers[1];
    serves_while_it_tells(server, false);
    until("the line", || server.log().contains("SIGHUP is ignored").then_some(()));
    assert_eq!(server.end(), Some(0));
    let log = server.log();
    assert!(log.lines().all(|line| line.starts_with("node 2 ")), "{log}");
    // Its last words, too, with their hint.
    std::fs::remove_dir_all(server.data_dir.join("log")).unwrap();
    std::fs::write(server.data_dir.join("thesis.tex"), "…").unwrap();
    let output = server.try_start().unwrap_err();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("node 2 candor: ") && log.contains("node 2   hint: "), "{log}");
    assert!(log.lines().all(|line| line.starts_with("node 2 ")), "{log}");
}
