//! Two of three nodes stand still (SIGSTOP): what the third does at each level, and that all agree
//! when the others go on.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use redis::{Commands, Connection, RedisError};
use rustix::process::Signal;

use support::{Cluster, PATIENCE, Server, until};

const TIMEOUT: [&str; 2] = ["--request-timeout", "3000"];

/// A cluster of three of which only the last node goes on.
struct Standstill {
    cluster: Cluster,
}

impl Standstill {
    /// Stops all nodes but the last.
    fn begin(arguments: &[&str]) -> Standstill {
        let cluster = Cluster::start(3, &[&TIMEOUT[..], arguments].concat());
        let mut client = cluster.servers[0].client();
        client.set::<_, _, ()>("key", "before").unwrap();
        until("all nodes to have it", || {
            let seen = |place: usize| {
                let server = &cluster.servers[place];
                redis::cmd("GET@EVENTUAL").arg("key").query::<Option<String>>(&mut server.client())
            };
            (0..3).all(|place| seen(place).unwrap().as_deref() == Some("before")).then_some(())
        });
        for server in &cluster.servers[..2] {
            server.signal(Signal::STOP);
        }
        Standstill { cluster }
    }

    /// A client of the node that goes on.
    fn client(&self) -> Connection {
        self.cluster.servers[2].client()
    }

    /// Bytes to the node that goes on; nobody waits for an answer.
    fn ask(&self, request: &str) -> TcpStream {
        let mut socket = TcpStream::connect(("127.0.0.1", self.cluster.servers[2].port)).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        socket
    }

    /// Lets the others go on; waits until all nodes give the same answer, and gives it.
    fn end(&mut self, key: &str) -> Option<String> {
        for server in &self.cluster.servers[..2] {
            server.signal(Signal::CONT);
        }
        self.cluster.wait_until_ready();
        until("all nodes to agree", || {
            let values: Vec<Option<String>> = self
                .cluster
                .servers
                .iter()
                .map(|server| server.client().get(key))
                .collect::<Result<_, _>>()
                .ok()?;
            values.windows(2).all(|pair| pair[0] == pair[1]).then(|| values[0].clone())
        })
    }
}

/// Nothing is there to be read yet.
#[track_caller]
fn assert_unanswered(socket: &TcpStream) {
    socket.set_nonblocking(true).unwrap();
    let error = socket.peek(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    socket.set_nonblocking(false).unwrap();
}

/// The error that comes in the end.
fn answer(mut socket: TcpStream) -> String {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = [0; 256];
    let length = socket.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

fn code(error: &RedisError) -> &str {
    error.code().unwrap_or_default()
}

#[test]
fn a_sequential_read_is_answered_at_once() {
    let mut still = Standstill::begin(&["--level", "sequential"]);
    // What needs a quorum waits; what does not is answered before it.
    let linearizable = still.ask("GET@LINEARIZABLE key\r\n");
    let write = still.ask("SET key after\r\n");
    let mut client = still.client();
    for _ in 0..100 {
        assert_eq!(client.get("key"), Ok("before".to_owned()));
    }
    assert_unanswered(&linearizable);
    assert_unanswered(&write);
    let refused = answer(linearizable);
    assert!(refused.starts_with("-CLUSTERDOWN "), "{refused}");
    let unknown = answer(write);
    assert!(unknown.starts_with("-INDETERMINATE ") || unknown.starts_with("-CLUSTERDOWN "));
    let agreed = still.end("key").unwrap();
    if unknown.starts_with("-CLUSTERDOWN ") {
        assert_eq!(agreed, "before", "a write that was refused did not run");
    }
    assert!(["before", "after"].contains(&&*agreed), "{agreed}");
}

#[test]
fn a_linearizable_cluster_refuses_in_time() {
    let mut still = Standstill::begin(&[]);
    let mut client = still.client();
    // The client gives up much later than the request does, so each of these is an answer.
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let read = client.get::<_, String>("key").unwrap_err();
    assert_eq!(code(&read), "CLUSTERDOWN", "{read}");
    let write = client.set::<_, _, ()>("other", "after").unwrap_err();
    assert!(["CLUSTERDOWN", "INDETERMINATE"].contains(&code(&write)), "{write}");
    let weaker: String = redis::cmd("GET@EVENTUAL").arg("key").query(&mut client).unwrap();
    assert_eq!(weaker, "before");
    assert_eq!(still.end("key").as_deref(), Some("before"));
}

#[test]
fn an_eventual_cluster_takes_writes() {
    let mut still = Standstill::begin(&["--level", "eventual"]);
    let mut client = still.client();
    client.set::<_, _, ()>("key", "after").unwrap();
    assert_eq!(client.get("key"), Ok("after".to_owned()));
    drop(client);
    assert_eq!(still.end("key").as_deref(), Some("after"));
}

/// Two nodes count without ever hearing of each other meanwhile: each is down while the other
/// counts.
#[test]
fn nodes_of_a_merged_cluster_count_by_themselves() {
    let mut cluster = Cluster::on_lasting_ports(3, &["--level", "eventual"]);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let count = |server: &Server, times: i64| {
        let mut client = server.client();
        let mut count = || client.incr::<_, _, i64>("counter", 1).unwrap();
        (0..times).map(|_| count()).last().unwrap()
    };
    assert_eq!(count(&cluster.servers[0], 1), 1);
    until("all nodes to have it", || {
        let value = |server: &Server| server.client().get::<_, Option<i64>>("counter").unwrap();
        cluster.servers.iter().all(|server| value(server) == Some(1)).then_some(())
    });
    cluster.servers[1].kill();
    cluster.servers[2].kill();
    assert_eq!(count(&cluster.servers[0], 10), 11);
    cluster.servers[0].kill();
    cluster.servers[1].start();
    let alone = || cluster.servers[1].client().get::<_, i64>("counter").ok();
    assert_eq!(until("a node alone to serve", alone), 1);
    assert_eq!(count(&cluster.servers[1], 100), 101, "it has not heard of the ten");
    cluster.servers[0].start();
    cluster.servers[2].start();
    cluster.wait_until_ready();
    until("all nodes to have the sum", || {
        let value = |server: &Server| server.client().get::<_, i64>("counter").unwrap();
        cluster.servers.iter().all(|server| value(server) == 111).then_some(())
    });
}

/// A peer that stands still for a while takes no memory without end, and is given all it missed.
#[test]
fn a_node_that_stood_still_catches_up() {
    let cluster = Cluster::start(3, &[]);
    let leader = cluster.leader(&[0, 1, 2]);
    let still = &cluster.servers[(leader + 1) % 3];
    still.signal(Signal::STOP);
    let mut client = cluster.servers[leader].client();
    client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let value = "v".repeat(10_000);
    for _ in 0..20 {
        let mut pipeline = redis::pipe();
        for key in 0..100 {
            pipeline.set(key, &value).ignore();
        }
        pipeline.query::<()>(&mut client).unwrap();
    }
    still.signal(Signal::CONT);
    let applied = cluster.servers[leader].figure("raft_applied");
    until("the node to catch up", || (still.figure("raft_applied") >= applied).then_some(()));
    assert_eq!(still.client().get("99"), Ok(value));
}
