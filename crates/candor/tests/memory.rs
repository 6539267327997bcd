//! Real processes whose clients ask for more than there is room for.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use redis::Commands;

use support::{Cluster, PATIENCE, Server, until};

/// What a node may take besides what its clients hold and what is stored, with the garbage of its
/// allocator.
const ROOM: u64 = 200 << 20;
/// What all clients may hold.
const HELD: u64 = 256 << 20;

fn alone(temp: &tempfile::TempDir) -> Server {
    let mut server = Server::new(&temp.path().join("data"), 0, &[]);
    server.start();
    server.wait_until_ready();
    server
}

/// A connection that sends this, as far as it is taken.
fn ask(server: &Server, bytes: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    // One that is closed meanwhile says so, and that is what some of them are for.
    let _ = socket.write_all(bytes);
    socket
}

/// Whether the connection was closed. What it sends before is thrown away.
fn is_closed(socket: &mut TcpStream) -> bool {
    socket.set_nonblocking(true).unwrap();
    let mut scrap = vec![0; 1 << 20];
    loop {
        match socket.read(&mut scrap) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}

#[track_caller]
fn takes_at_most(server: &Server, bytes: u64) {
    let taken = server.figure("used_memory_rss");
    assert!(taken < bytes, "{} MiB are in use", taken >> 20);
}

fn asked(server: &Server) -> u64 {
    server.figure("total_commands_processed")
}

#[test]
fn readers_that_do_not_read_share_what_is_stored() {
    let temp = tempfile::tempdir().unwrap();
    let server = alone(&temp);
    let mut client = server.client();
    client.set::<_, _, ()>("key", vec![b'v'; 8 << 20]).unwrap();
    let before = asked(&server);
    // Not more: the system has only so much memory for what is under way on all sockets, of other
    // tests, too.
    let mut readers: Vec<_> = (0..64).map(|_| ask(&server, b"GET key\r\n")).collect();
    until("all to ask", || (asked(&server) >= before + 64).then_some(()));
    // A read after theirs: theirs are answered.
    client.get::<_, Vec<u8>>("key").unwrap();
    takes_at_most(&server, ROOM + (100 << 20));
    assert_eq!(server.figure("clients_evicted"), 0, "it is the store's, not theirs");
    let mut reply = vec![0; b"$8388608\r\n".len() + (8 << 20) + 2];
    readers[63].read_exact(&mut reply).unwrap();
    assert!(reply.starts_with(b"$8388608\r\nvv") && reply.ends_with(b"vv\r\n"));
}

#[test]
fn who_holds_most_of_what_nobody_else_holds_is_closed_first() {
    let temp = tempfile::tempdir().unwrap();
    let server = alone(&temp);
    let mut client = server.client();
    let mut modest = ask(&server, b"PING\r\n*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n*1\r\n$4\r\nPI");
    let mut greedy: Vec<_> = (0..8).map(|_| ask(&server, b"")).collect();
    // Each in turn asks for a value that is replaced then: soon only its connection holds it.
    let value = vec![b'v'; 2 << 20];
    for turn in 0.. {
        client.set::<_, _, ()>("key", &value).unwrap();
        let _ = greedy[turn % 8].write_all(b"GET key\r\n");
        if server.figure("clients_evicted") > 0 {
            break;
        }
        assert!(turn < 500, "a gigabyte is held, and nobody closed");
    }
    until("the line", || server.log().contains("closed the connection of 127.0.0.1").then_some(()));
    modest.write_all(b"NG\r\n").unwrap();
    let mut reply = [0; b"+PONG\r\n$-1\r\n+PONG\r\n".len()];
    modest.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"+PONG\r\n$-1\r\n+PONG\r\n", "it holds little, and stays");
    let closed = greedy.iter_mut().map(is_closed).filter(|closed| *closed).count();
    assert!((1..8).contains(&closed), "{closed} of 8 are closed");
}

#[test]
fn requests_that_never_come_whole_are_limited_together() {
    let temp = tempfile::tempdir().unwrap();
    let server = alone(&temp);
    let mut half = b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$16777216\r\n".to_vec();
    half.resize(15 << 20, b'v');
    let _halves: Vec<_> = (0..40).map(|_| ask(&server, &half)).collect();
    until("enough to be closed", || (server.figure("clients_evicted") >= 40 - 17).then_some(()));
    takes_at_most(&server, HELD + ROOM);
    // Many short arguments take more than their bytes.
    let mut many = b"*1048576\r\n".to_vec();
    many.extend(b"$0\r\n\r\n".repeat(1_000_000));
    let _many: Vec<_> = (0..40).map(|_| ask(&server, &many)).collect();
    until("more to be closed", || (server.figure("clients_evicted") >= 80 - 20).then_some(()));
    takes_at_most(&server, HELD + ROOM);
    server.client().set::<_, _, ()>("key", "value").unwrap();
}

#[test]
fn commands_of_many_keys_are_charged_what_they_take() {
    // Nobody can answer: two of three are gone.
    let mut cluster = Cluster::start(3, &["--request-timeout", "60000"]);
    cluster.servers[1].kill();
    cluster.servers[2].kill();
    let server = &cluster.servers[0];
    let mut exists = b"*1000001\r\n$6\r\nEXISTS\r\n".to_vec();
    exists.extend(b"$0\r\n\r\n".repeat(1_000_000));
    let clients: Vec<_> = (0..12).map(|_| ask(server, &exists)).collect();
    until("somebody to be closed", || (server.figure("clients_evicted") > 0).then_some(()));
    takes_at_most(server, 2 * HELD + ROOM);
    drop(clients);
}

#[test]
fn writers_wait_for_their_share_and_are_not_closed() {
    let temp = tempfile::tempdir().unwrap();
    let arguments = ["--test-mode", "--request-timeout", "60000"];
    let mut server = Server::new(&temp.path().join("data"), 0, &arguments);
    server.start();
    server.wait_until_ready();
    // All of it is asked while the disk stands still: more than there is room for.
    redis::cmd("DEBUG").arg("DISK").arg("STALL").arg(8000).exec(&mut server.client()).unwrap();
    let value = vec![b'v'; 1 << 20];
    std::thread::scope(|scope| {
        for writer in 0..24 {
            let (server, value) = (&server, &value);
            scope.spawn(move || {
                let mut pipeline = redis::pipe();
                for number in 0..16 {
                    pipeline.set(format!("key-{writer}-{}", number % 2), value).ignore();
                }
                pipeline.exec(&mut server.client()).unwrap();
            });
        }
    });
    assert_eq!(server.figure("clients_evicted"), 0);
}
