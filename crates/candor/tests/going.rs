//! Nodes that go away well: by SIGTERM, and by `candor drain`; and who leads where somebody asks
//! for it.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

use redis::{Commands, Value};
use rustix::process::Signal;
use serde_json::Value as Json;

use support::{Cluster, Recording, Server, times, until};

/// How often all nodes are started again, one after the other.
const ROUNDS: u64 = 2;
/// How many writes are acknowledged between two starts.
const BETWEEN: u64 = 200;
/// How much a client is owed that does not read: more than sockets take.
const OWED_VALUES: usize = 32;
const VALUE_BYTES: usize = 1 << 20;

/// What the program says to these arguments, before the address of this server.
fn candor(arguments: &[&str], server: &Server) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    let address = format!("127.0.0.1:{}", server.port);
    command.args(arguments).args(["--server", &address]).output().unwrap()
}

#[track_caller]
fn done(arguments: &[&str], server: &Server) -> String {
    let output = candor(arguments, server);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], server: &Server, needles: &[&str]) {
    let output = candor(arguments, server);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    for needle in needles {
        assert!(said.contains(needle), "{needle}: {said}");
    }
}

fn started(arguments: &[&str]) -> Cluster {
    let mut cluster = Cluster::on_lasting_ports(3, arguments);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    cluster
}

/// Each node ends by SIGTERM and is started again, in turn, while clients write at all of them and
/// go elsewhere when they are refused. No outcome is unknown, and nothing is lost.
#[test]
fn one_by_one_under_load() {
    let mut cluster = started(&["--level", "linearizable"]);
    let (recording, ports) = (Recording::new("linearizable", 64), cluster.ports());
    recording.during_moving(&ports, || {
        for place in (0..times("ROLLING_ROUNDS", ROUNDS)).flat_map(|_| 0..3) {
            let before = recording.acknowledged();
            until("writes", || (recording.acknowledged() > before + BETWEEN).then_some(()));
            let server = &mut cluster.servers[place];
            server.signal(Signal::TERM);
            assert_eq!(server.wait(), Some(0));
            server.start();
            server.wait_until_ready();
        }
    });
    println!(
        "{} writes, the longest gap between two: {:?}",
        recording.acknowledged(),
        recording.gap()
    );
    assert_eq!(recording.unknown(), 0, "what is not done certainly did not run");
    recording.judge(&cluster.servers, cluster.directory());
}

/// A server, and clients of it that keep nobody from ending.
fn with_clients(server: &Server) -> Vec<TcpStream> {
    let client = || TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let said = |words: &str, answer: &str| {
        let mut stream = client();
        stream.write_all(words.as_bytes()).unwrap();
        let mut heard = vec![0; answer.len()];
        stream.read_exact(&mut heard).unwrap();
        assert_eq!(String::from_utf8_lossy(&heard), answer);
        stream
    };
    let idle = said("PING\r\n", "+PONG\r\n");
    let queueing = said("MULTI\r\nSET k v\r\n", "+OK\r\n+QUEUED\r\n");
    let mut half = client();
    half.write_all(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nxx").unwrap();
    let value = "v".repeat(VALUE_BYTES);
    server.client().set::<_, _, ()>("great", value).unwrap();
    let mut slow = client();
    slow.write_all("GET great\r\n".repeat(OWED_VALUES).as_bytes()).unwrap();
    vec![idle, queueing, half, slow]
}

#[test]
fn a_node_is_drained_whatever_its_clients_do() {
    let mut cluster = started(&["--level", "linearizable"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let mut clients = with_clients(&cluster.servers[leader]);
    let told = done(&["drain"], &cluster.servers[leader]);
    assert!(
        told.contains(&format!("node {} ", leader + 1)) && told.contains("has ended"),
        "{told}"
    );
    assert_eq!(cluster.servers[leader].wait(), Some(0));
    let mut rest = vec![];
    clients[0].read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty(), "an idle client hears nothing but the end");
    let others: Vec<usize> = (0..3).filter(|place| *place != leader).collect();
    cluster.leader(&others);
    let log = cluster.servers[leader].log();
    assert!(log.contains("ending upon CLUSTER-ADMIN DRAIN"), "{log}");
}

/// Nobody follows any more, so nothing can be done: that is answered, and then the node ends.
#[test]
fn what_a_node_has_taken_is_answered_though_nobody_is_left() {
    let mut cluster = started(&["--level", "linearizable"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let others: Vec<usize> = (0..3).filter(|place| *place != leader).collect();
    others.iter().for_each(|place| cluster.servers[*place].signal(Signal::STOP));
    let server = &mut cluster.servers[leader];
    let asked = |words: &'static str| {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.write_all(words.as_bytes()).unwrap();
        stream
    };
    let (mut read, mut write) = (asked("GET k\r\n"), asked("SET k v\r\n"));
    // It takes them: it goes on for as long as it looks for a successor.
    done(&["drain"], server);
    assert_eq!(server.wait(), Some(0));
    let mut heard = [String::new(), String::new()];
    read.read_to_string(&mut heard[0]).unwrap();
    write.read_to_string(&mut heard[1]).unwrap();
    let [read, written] = heard;
    assert!(read.starts_with("-CLUSTERDOWN ") && read.lines().count() == 1, "{read}");
    assert!(written.starts_with("-INDETERMINATE ") && written.lines().count() == 1, "{written}");
    others.iter().for_each(|place| cluster.servers[*place].signal(Signal::CONT));
    cluster.leader(&others);
}

#[test]
fn what_was_answered_is_on_disk_when_a_node_is_drained() {
    let temp = tempfile::tempdir().unwrap();
    let mut server = Server::new(&temp.path().join("1"), 0, &["--level", "linearizable"]);
    server.start();
    server.wait_until_ready();
    let create = "CREATE cache PREFIX cache: ORDER merged LEVEL eventual DURABILITY interval";
    let mut create_in = redis::cmd("KEYSPACE");
    create_in.arg(create.split(' ').collect::<Vec<_>>());
    create_in.query::<Value>(&mut server.client()).unwrap();
    let mut client = server.client();
    for number in 0..100 {
        client.set::<_, _, ()>(format!("cache:{number}"), "x").unwrap();
        client.set::<_, _, ()>(format!("key:{number}"), "x").unwrap();
    }
    done(&["drain"], &server);
    assert_eq!(server.wait(), Some(0));
    server.start();
    server.wait_until_ready();
    let mut client = server.client();
    for number in 0..100 {
        assert!(client.exists::<_, bool>(format!("cache:{number}")).unwrap(), "{number}");
        assert!(client.exists::<_, bool>(format!("key:{number}")).unwrap(), "{number}");
    }
}

/// Clients that come and go without a pause find the port closed, or are answered.
#[test]
fn who_comes_at_the_end_is_answered_or_finds_nobody() {
    let mut cluster = started(&["--level", "linearizable"]);
    let server = &mut cluster.servers[1];
    let port = server.port;
    let comers: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(move || {
                // Until nobody is there.
                while let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
                    stream.write_all(b"PING\r\n").unwrap();
                    let mut heard = [0; 1];
                    assert_eq!(stream.read(&mut heard).unwrap(), 1, "it is answered");
                }
            })
        })
        .collect();
    until("clients", || (server.figure("total_connections_received") > 100).then_some(()));
    server.signal(Signal::TERM);
    assert_eq!(server.wait(), Some(0));
    comers.into_iter().for_each(|comer| comer.join().unwrap());
}

#[test]
fn another_member_leads_where_somebody_asks_for_it() {
    let mut cluster = started(&["--level", "linearizable"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let [next, other] = [(leader + 1) % 3, (leader + 2) % 3];
    let transfer = |to: usize| (to + 1).to_string();
    // At the leader, and at one that follows.
    let told = done(&["cluster", "transfer", &transfer(next)], &cluster.servers[leader]);
    assert_eq!(told, format!("node {} leads\n", next + 1));
    assert_eq!(cluster.leader(&[0, 1, 2]), next);
    done(&["cluster", "transfer", &transfer(other)], &cluster.servers[leader]);
    assert_eq!(cluster.leader(&[0, 1, 2]), other);
    refused(&["cluster", "transfer", "9"], &cluster.servers[0], &["is no member", "\n", "hint: "]);
    // Who is not there does not lead.
    cluster.servers[leader].kill();
    until("its end to be noticed", || {
        let status = status(&cluster.servers[other]);
        (status["members"][leader]["reachable"] == false).then_some(())
    });
    let to = transfer(leader);
    refused(&["cluster", "transfer", &to], &cluster.servers[next], &["is not reached"]);
    assert_eq!(cluster.leader(&[next, other]), other);
}

/// What STATUS says, for machines.
fn status(server: &Server) -> Json {
    serde_json::from_str(&done(&["cluster", "status", "--json"], server)).unwrap()
}

#[test]
fn members_are_told_at_every_node() {
    let cluster = started(&["--level", "linearizable"]);
    let leader = cluster.leader(&[0, 1, 2]);
    for (place, server) in cluster.servers.iter().enumerate() {
        let status = status(server);
        assert_eq!(status["node"], place + 1);
        assert_eq!(status["leader"], leader + 1);
        let members = status["members"].as_array().unwrap();
        assert_eq!(members.len(), 3);
        for (member, told) in cluster.servers.iter().zip(members) {
            assert_eq!(told["address"], format!("127.0.0.1:{}", member.peer_port()));
            assert_eq!(told["reachable"], true);
            assert_eq!(told["matched"].is_number(), place == leader);
        }
        let table = done(&["cluster", "status"], server);
        assert!(table.contains(&format!("node {} leads, as node {} ", leader + 1, place + 1)));
        assert!(!table.contains('\u{1b}'), "no colours in a pipe");
        assert_eq!(table.lines().count(), 2 + 2 + 3, "{table}");
    }
}

/// What the server that is asked does not know is told with a way out.
#[test]
fn an_older_server_is_told_from_one_that_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let older = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for answer in ["%0\r\n", "-ERR unknown command 'CLUSTER-ADMIN', with args\r\n"] {
            let mut said = [0; 256];
            assert!(stream.read(&mut said).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let temp = tempfile::tempdir().unwrap();
    let server = Server::new(temp.path(), port, &[]);
    refused(&["cluster", "status"], &server, &["does not know CLUSTER-ADMIN STATUS", "hint: "]);
    older.join().unwrap();
    refused(&["drain"], &server, &["does not answer", "hint: --server"]);
}
