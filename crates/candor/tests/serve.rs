//! `candor serve` as a process: how it starts, how it ends, what it does about bad input.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;

use redis::Commands;
use rustix::process::Signal;

use support::{Cluster, PATIENCE, Server, until};

/// A server by itself that is not started yet.
fn alone(temp: &Path, port: u16, arguments: &[&str]) -> Server {
    Server::new(&temp.join("data"), port, arguments)
}

/// The server does not start: this exit code, and this in its text.
#[track_caller]
fn refused(server: &mut Server, code: i32, needles: &[&str]) {
    let output = server.try_start().unwrap_err();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for needle in needles.iter().chain(&["hint: "]) {
        assert!(text.contains(needle), "{text:?} lacks {needle:?}");
    }
}

fn socket(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// All that comes until the other end is closed.
fn rest(mut socket: TcpStream) -> String {
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_ready_line_says_it_all() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(temp.path(), 0, &["--level", "sequential"]);
    let line = server.start();
    assert_eq!(
        line,
        format!(
            "candor: ready, node 1 of 1, clients on 127.0.0.1:{}, level sequential, data in {}\n",
            server.port,
            temp.path().join("data").display()
        )
    );
    let home = tempfile::tempdir().unwrap();
    let mut server = alone(home.path(), 0, &["--zmq-listen", "127.0.0.1:0"]);
    let line = server.start();
    let ports =
        format!("clients on 127.0.0.1:{}, ZeroMQ on 127.0.0.1:{}, ", server.port, server.zmq_port);
    assert!(line.contains(&ports) && server.zmq_port != 0, "{line}");
    let cluster = Cluster::start(3, &[]);
    let log = cluster.servers[2].log();
    assert!(log.contains("connected to node 1"), "{log}");
}

#[test]
fn it_ends_in_peace_when_told_to() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(temp.path(), 0, &[]);
    for signal in [Signal::TERM, Signal::INT] {
        server.start();
        server.wait_until_ready();
        let mut client = server.client();
        client.set::<_, _, ()>("key", "value").unwrap();
        server.signal(signal);
        assert_eq!(server.wait(), Some(0));
    }
    server.start();
    assert_eq!(server.end(), Some(0), "its standard input was closed");
    server.start();
    server.wait_until_ready();
    assert_eq!(server.client().get("key"), Ok("value".to_owned()));
}

#[test]
fn a_leader_that_ends_has_another_one_lead_first() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.wait_until_ready();
    let leader = cluster.leader(&[0, 1, 2]);
    let others: Vec<usize> = (0..3).filter(|place| *place != leader).collect();
    let mut clients: Vec<_> = others.iter().map(|place| cluster.servers[*place].client()).collect();
    let mut at_leader = cluster.servers[leader].client();
    // What is on its way everywhere is done: nobody hears of a refusal, or that the outcome is not
    // known.
    let mut pipeline = redis::pipe();
    for n in 0..1000 {
        pipeline.set(n, n).ignore();
    }
    let asked = std::thread::spawn(move || pipeline.query::<()>(&mut at_leader));
    for n in 0..100 {
        clients[n % 2].set::<_, _, ()>("key", n).unwrap();
    }
    cluster.servers[leader].signal(Signal::TERM);
    for n in 0..100 {
        clients[n % 2].set::<_, _, ()>("key", n).unwrap();
    }
    assert_eq!(cluster.servers[leader].wait(), Some(0));
    asked.join().unwrap().unwrap();
    let next = cluster.leader(&others);
    let log = cluster.servers[leader].log();
    assert!(log.contains(&format!("node {} is asked to lead", next + 1)), "{log}");
    assert_eq!(clients[0].get("key"), Ok(99));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut server = alone(temp.path(), taken.local_addr().unwrap().port(), &[]);
    refused(&mut server, 1, &[&format!("cannot listen for clients on {address}"), "--listen"]);
    let mut server = alone(temp.path(), 0, &["--zmq-listen", &address]);
    let what = format!("cannot listen for clients of ZeroMQ on {address}");
    refused(&mut server, 1, &[&what, "--zmq-listen"]);
    let peers = format!("1={address},2=127.0.0.1:1");
    let mut server = alone(temp.path(), 0, &["--peers", &peers]);
    refused(&mut server, 1, &[&format!("cannot listen for peers on {address}"), "--peer-listen"]);
}

#[test]
fn a_bad_configuration_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let bad = |arguments: &[&str], needle: &str| {
        refused(&mut alone(temp.path(), 0, arguments), 78, &[needle]);
    };
    bad(&["--id", "0"], "--id 0");
    bad(&["--peers", "2=127.0.0.1:1"], "does not list this node");
    bad(&["--peers", "1=127.0.0.1"], "is not HOST:PORT");
    bad(&["--level", "strong"], "not a level");
    assert!(!temp.path().join("data").exists(), "nothing was made");
}

#[test]
fn a_file_may_configure_it() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("candor.toml");
    let name = file.to_str().unwrap();
    std::fs::write(&file, "id = 7\nlevel = 'eventual'\nlisten = '127.0.0.1:1'\n").unwrap();
    let mut server = alone(temp.path(), 0, &["--config", name, "--level", "sequential"]);
    let line = server.start();
    assert!(line.contains("node 7 of 1"), "{line}");
    assert!(line.contains("level sequential"), "flags count more: {line}");
    std::fs::write(&file, "id = 7\nlisten-on = 'a:1'\n").unwrap();
    server.end();
    let output = server.try_start().unwrap_err();
    assert_eq!(output.status.code(), Some(78));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("candor.toml:2:1: unknown field `listen-on`"), "{text}");
}

#[test]
fn a_directory_has_one_owner() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(temp.path(), 0, &[]);
    server.start();
    refused(&mut alone(temp.path(), 0, &[]), 1, &["data is in use by another process"]);
    server.end();
    // What the directory was made for, it stays.
    let mut merged = alone(temp.path(), 0, &["--level", "eventual"]);
    let output = merged.try_start().unwrap_err();
    assert_eq!(output.status.code(), Some(78));
    server.start();
}

#[test]
fn a_damaged_log_is_refused_and_a_torn_one_is_cut() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(temp.path(), 0, &[]);
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    for value in 0..100 {
        client.set::<_, _, ()>("key", value).unwrap();
    }
    server.kill();
    let segment = temp.path().join("data/log/00000000000000000001.log");
    let good = std::fs::read(&segment).unwrap();
    let end = good.iter().rposition(|byte| *byte != 0).unwrap();

    let mut damaged = good.clone();
    // Frames begin at multiples of 64: of two in a row, one is the head of a frame, or the middle
    // of one.
    let at = end / 2 / 64 * 64 + 4;
    damaged[at] ^= 1;
    damaged[at + 64] ^= 1;
    std::fs::write(&segment, &damaged).unwrap();
    refused(&mut server, 1, &["the log is damaged", "00000000000000000001.log, offset "]);

    let mut torn = good.clone();
    torn[end] ^= 1;
    std::fs::write(&segment, &torn).unwrap();
    server.start();
    server.wait_until_ready();
    assert!(server.log().contains("cut a torn tail"), "{}", server.log());
    let value: u64 = server.client().get("key").unwrap();
    assert!(value >= 98, "at most the last group is gone, and {value} is there");
}

#[test]
fn bytes_that_make_no_sense_end_their_connection_only() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(temp.path(), 0, &[]);
    server.start();
    server.wait_until_ready();
    let mut other = server.client();
    let mut bad = socket(&server);
    bad.write_all(b"SET key value\r\nGET key\r\nPING\r\n*x\r\nGET key\r\n").unwrap();
    assert_eq!(
        rest(bad),
        "+OK\r\n$5\r\nvalue\r\n+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n"
    );
    assert_eq!(other.get("key"), Ok("value".to_owned()));
}

#[test]
fn a_client_that_only_asks_gets_all_its_answers() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = alone(temp.path(), 0, &[]);
    server.start();
    server.wait_until_ready();
    server.client().set::<_, _, ()>("key", "v".repeat(10_000)).unwrap();
    // Far more than the connection may hold; nothing is read until all is asked or the server takes
    // no more, which is when the writing would wait.
    const ASKED: usize = 15_000;
    let socket = socket(&server);
    let mut writer = socket.try_clone().unwrap();
    let asking = std::thread::spawn(move || {
        for _ in 0..ASKED / 100 {
            writer.write_all("GET key\r\n".repeat(100).as_bytes()).unwrap();
        }
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut other = server.client();
    until("the server to have its hands full", || {
        let commands = |text: String| {
            text.split("total_commands_processed:").nth(1)?.lines().next()?.parse().ok()
        };
        let taken: usize = commands(redis::cmd("INFO").query(&mut other).unwrap()).unwrap();
        (taken >= 5_000).then_some(())
    });
    let resident = server.figure("used_memory_rss");
    assert!(resident < 400 << 20, "{resident} bytes are in use");
    let mut replies = BufReader::new(socket);
    let (mut count, mut line) = (0, String::new());
    while replies.read_line(&mut line).unwrap() > 0 {
        count += usize::from(line.starts_with("$10000"));
        line.clear();
    }
    asking.join().unwrap();
    assert_eq!(count, ASKED);
}

#[test]
fn strangers_are_turned_away_from_the_port_for_peers() {
    let nodes = Cluster::start(3, &[]);
    let server = &nodes.servers[0];
    let port = server.peer_port();
    let greet = |bytes: &[u8]| {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(bytes).unwrap();
        let mut answer = vec![];
        // What it did not read it may answer with a reset.
        let _ = socket.read_to_end(&mut answer);
        answer
    };
    assert!(greet(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n").is_empty());
    let greeting = |version: u32, from: u64, to: u64, cluster: u64| {
        let [from, to, cluster] = [from, to, cluster].map(u64::to_le_bytes);
        [&b"CandorPr"[..], &version.to_le_bytes(), &from, &to, &cluster].concat()
    };
    let cluster = u64::from_str_radix(&server.info()["cluster_id"], 16).unwrap();
    assert!(greet(&greeting(3, 2, 1, 0)).is_empty());
    // It may be one that asks to be taken in; but it says nothing.
    assert_eq!(greet(&greeting(4, 9, 1, 0)), greeting(4, 1, 9, cluster));
    assert_eq!(greet(&greeting(4, 9, 0, 7)), greeting(4, 1, 9, cluster));
    assert_eq!(greet(&greeting(4, 2, 3, 0)), greeting(4, 1, 2, cluster));
    assert_eq!(greet(&greeting(4, 2, 1, 7)), greeting(4, 1, 2, cluster));
    let long = [&greeting(4, 2, 1, cluster)[..], &u32::MAX.to_le_bytes()].concat();
    assert_eq!(greet(&long), greeting(4, 1, 2, cluster));
    for needle in [
        "it is not a Candor node",
        "it speaks version 3",
        "it is node 9 of another cluster",
        "it is node 2 and looks for node 3, but this is node 1",
        "it is node 2 of another cluster",
        "it says that it is node 2, and sends 1073741823 bytes at once",
    ] {
        until(needle, || server.log().contains(needle).then_some(()));
    }
    nodes.servers[1].client().set::<_, _, ()>("key", "value").unwrap();
}
