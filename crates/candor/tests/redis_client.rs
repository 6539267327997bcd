//! A real server process, and real Redis clients who know nothing of Candor.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Commands, Connection, ExistenceCheck, SetOptions, Value, ValueComparison};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// One node by itself on a free port, with its data in a directory of its own. It ends with the
/// test, whatever becomes of that: with its standard input.
struct Server {
    process: Child,
    address: SocketAddr,
    _stdin: ChildStdin,
    data: tempfile::TempDir,
}

impl Server {
    fn start() -> Server {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(["serve", "--listen", "127.0.0.1:0", "--exit-with-stdin", "--data-dir"])
            .arg(data.path().join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(data.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.next().expect("the server says when it is ready").unwrap();
        let address = ready
            .split(|c: char| c.is_whitespace() || c == ',')
            .find_map(|word| word.trim_start_matches("redis://").parse().ok())
            .unwrap_or_else(|| panic!("no address in {ready:?}"));
        let stdin = process.stdin.take().unwrap();
        let server = Server { process, address, _stdin: stdin, data };
        server.wait_until_ready();
        server
    }

    /// It listens before it leads; only then is what it says of itself settled.
    fn wait_until_ready(&self) {
        let start = Instant::now();
        let mut client = self.client("resp2");
        loop {
            let info: redis::InfoDict =
                redis::cmd("INFO").arg("candor").query(&mut client).unwrap();
            if info.get("ready") == Some(1) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "the server is not ready: {info:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A client of the `redis` crate.
    fn client(&self, protocol: &str) -> Connection {
        let url = format!("redis://{}/?protocol={protocol}", self.address);
        let client = redis::Client::open(url).unwrap();
        let connection = client.get_connection_with_timeout(PATIENCE).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection
    }

    /// A bare connection.
    fn socket(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        socket
    }

    /// What the server says to these bytes until as much has come as is expected.
    #[track_caller]
    fn check(&self, said: &[u8], expected: &str) {
        let mut socket = self.socket();
        socket.write_all(said).unwrap();
        check_reply(&mut socket, expected);
    }

    /// As [`Server::check`], and then the server closes.
    #[track_caller]
    fn check_closes(&self, said: &[u8], expected: &str) {
        let mut socket = self.socket();
        socket.write_all(said).unwrap();
        check_reply(&mut socket, expected);
        // What lies unread on the server's side may turn its end into a reset.
        match socket.read(&mut [0; 1]) {
            Ok(0) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            other => panic!("not closed after {:?}: {other:?}", said.escape_ascii().to_string()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(self.data.path().join("log")).unwrap());
        }
    }
}

#[track_caller]
fn check_reply(socket: &mut TcpStream, expected: &str) {
    let mut reply = vec![0; expected.len()];
    socket.read_exact(&mut reply).unwrap();
    assert_eq!(String::from_utf8_lossy(&reply), expected);
}

#[test]
fn keys_are_set_read_and_removed_in_both_protocols() {
    let server = Server::start();
    for protocol in ["resp2", "resp3"] {
        let mut client = server.client(protocol);
        assert_eq!(client.get(protocol), Ok(None::<String>));
        client.set::<_, _, ()>(protocol, "1").unwrap();
        assert_eq!(client.get(protocol), Ok(Some("1".to_string())));
        assert_eq!(client.exists(&[protocol, protocol, "none"]), Ok(2));
        assert_eq!(client.del(&[protocol, "none"]), Ok(1));
        assert_eq!(client.exists(protocol), Ok(false));
    }
}

#[test]
fn values_are_compared_and_set_in_both_protocols() {
    let server = Server::start();
    for protocol in ["resp2", "resp3"] {
        let mut client = server.client(protocol);
        let mut set = |value, options| {
            let done: Option<String> = client.set_options(protocol, value, options).unwrap();
            done
        };
        let absent = || SetOptions::default().conditional_set(ExistenceCheck::NX);
        let present = || SetOptions::default().conditional_set(ExistenceCheck::XX);
        let is = |old| SetOptions::default().value_comparison(ValueComparison::ifeq(old));
        let done = || Some("OK".to_string());
        assert_eq!(set("1", present()), None);
        assert_eq!(set("1", absent()), done());
        assert_eq!(set("2", absent()), None);
        assert_eq!(set("2", is("0")), None);
        assert_eq!(set("2", is("1")), done());
        assert_eq!(set("3", is("1").get(true)), Some("2".to_string()), "what is there");
        assert_eq!(set("4", present()), done());
        assert_eq!(client.get(protocol), Ok(Some("4".to_string())));
    }
}

#[test]
fn values_are_any_bytes_of_any_length() {
    let server = Server::start();
    let mut client = server.client("resp3");
    let all: Vec<u8> = (0..=255).collect();
    for value in [vec![], b"\r\n".to_vec(), all.clone(), all.repeat(4096), all.repeat(40_960)] {
        client.set::<_, _, ()>(&all, &value).unwrap();
        assert!(client.get::<_, Vec<u8>>(&all).unwrap() == value, "{} bytes differ", value.len());
    }
    client.set::<_, _, ()>("", "the empty key").unwrap();
    assert_eq!(client.get(""), Ok(Some("the empty key".to_string())));
}

/// A read waits for the writes before it, and a write for the reads: each change of kind costs a
/// round, so there are few of them here and many commands between them.
#[test]
fn a_pipeline_is_answered_in_its_order() {
    const ROUNDS: usize = 20;
    const RUN: usize = 500;
    let server = Server::start();
    for protocol in ["resp2", "resp3"] {
        let mut client = server.client(protocol);
        let mut pipeline = redis::pipe();
        let mut expected = vec![];
        for round in 0..ROUNDS {
            for number in 0..RUN {
                pipeline.set(number, round).cmd("ECHO").arg(number);
                expected.extend([Value::Okay, bulk(number)]);
            }
            for number in 0..RUN {
                pipeline.get(number);
                expected.push(bulk(round));
            }
        }
        let replies: Vec<Value> = pipeline.query(&mut client).unwrap();
        assert!(replies == expected, "a reply is wrong or out of place");
    }
}

/// Each of several clients reads two accounts that it watches, and moves from one to the other:
/// nothing is lost, and nobody sees what was taken and not given yet.
#[test]
fn transactions_move_and_lose_nothing() {
    const CLIENTS: i64 = 4;
    const MOVES: i64 = 25;
    let server = Server::start();
    server.client("resp2").mset::<_, _, ()>(&[("from", 1000), ("to", 0)]).unwrap();
    let moves = |protocol: &'static str| {
        let mut client = server.client(protocol);
        for _ in 0..MOVES {
            let watched = ["from", "to"];
            let moved: (i64, i64) =
                redis::transaction(&mut client, &watched, |client, pipeline| {
                    let (from, to): (i64, i64) = client.mget(&watched)?;
                    pipeline.set("from", from - 1).ignore().set("to", to + 1).ignore();
                    pipeline.get("from").get("to").query(client)
                })
                .unwrap();
            assert_eq!(moved.0 + moved.1, 1000);
        }
    };
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            scope.spawn(move || moves(if number % 2 == 0 { "resp2" } else { "resp3" }));
        }
    });
    let left = server.client("resp3").mget(&["from", "to"]);
    assert_eq!(left, Ok((1000 - CLIENTS * MOVES, CLIENTS * MOVES)));
}

fn bulk(text: impl ToString) -> Value {
    Value::BulkString(text.to_string().into())
}

#[test]
fn hello_changes_the_protocol_for_what_comes_after_it() {
    let server = Server::start();
    let hello: redis::RedisResult<Value> =
        redis::cmd("HELLO").arg(3).query(&mut server.client("resp2"));
    let Ok(Value::Map(pairs)) = hello else { panic!("{hello:?}") };
    assert_eq!(pairs.len(), 7);
    for pair in [
        (bulk("server"), bulk("redis")),
        (bulk("version"), bulk("7.2.0")),
        (bulk("proto"), Value::Int(3)),
        (bulk("mode"), bulk("standalone")),
        (bulk("role"), bulk("master")),
        (bulk("modules"), Value::Array(vec![])),
    ] {
        assert!(pairs.contains(&pair), "{pair:?} is not in {pairs:?}");
    }
    let mut socket = server.socket();
    socket
        .write_all(b"GET none\r\nHELLO 3 SETNAME me\r\nGET none\r\nRESET\r\nGET none\r\n")
        .unwrap();
    check_reply(&mut socket, "$-1\r\n%7\r\n$6\r\nserver\r\n");
    let mut rest = vec![];
    while !rest.ends_with(b"_\r\n+RESET\r\n$-1\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        rest.extend(byte);
    }
}

#[test]
fn a_read_may_ask_for_a_level() {
    let server = Server::start();
    let mut client = server.client("resp3");
    client.set::<_, _, ()>("k", "v").unwrap();
    for level in ["linearizable", "LINEARIZABILITY", "lin", "Sequential", "seq", "eventual"] {
        let value: String =
            redis::cmd(&format!("GET@{level}")).arg("k").query(&mut client).unwrap();
        assert_eq!(value, "v");
        let count: u64 =
            redis::cmd(&format!("exists@{level}")).arg("k").query(&mut client).unwrap();
        assert_eq!(count, 1);
    }
    for command in ["SET@eventual", "PING@lin", "GET@nosuch"] {
        let error = redis::cmd(command).arg("k").arg("v").query::<Value>(&mut client).unwrap_err();
        assert_eq!(error.code(), Some("CONSISTENCY"), "{command}: {error}");
    }
}

#[test]
fn people_type_lines() {
    let server = Server::start();
    server.check(
        b"set greeting \"hello\\x20you\"\r\nget greeting\n\r\n\n  EXISTS greeting 'no one'  \r\nping\r\n",
        "+OK\r\n$9\r\nhello you\r\n:1\r\n+PONG\r\n",
    );
}

#[test]
fn requests_may_arrive_byte_by_byte() {
    let server = Server::start();
    let mut socket = server.socket();
    for byte in
        b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nabc\r\nget k\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"
    {
        socket.write_all(&[*byte]).unwrap();
    }
    check_reply(&mut socket, "+OK\r\n$3\r\nabc\r\n:1\r\n");
}

#[test]
fn what_is_no_request_is_told_so_and_the_connection_closed() {
    let server = Server::start();
    for (said, text) in [
        ("*1\r\n:4\r\n", "expected '$', got ':'"),
        ("*1\r\n$-5\r\n", "invalid bulk length"),
        ("*1\r\n$67108865\r\n", "invalid bulk length"),
        ("*99999999\r\n", "invalid multibulk length"),
        ("get \"k\r\n", "unbalanced quotes in request"),
        (&"x".repeat(70_000), "too big inline request"),
    ] {
        let said = format!("PING\r\n{said}");
        let heard = format!("+PONG\r\n-ERR Protocol error: {text}\r\n");
        server.check_closes(said.as_bytes(), &heard);
    }
    server.check_closes(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET hacked 1\r\n", "");
    server.check_closes(b"QUIT\r\nSET hacked 1\r\n", "+OK\r\n");
    server.check(b"EXISTS hacked\r\n", ":0\r\n");
}

#[test]
fn errors_leave_the_connection_as_it_was() {
    let server = Server::start();
    server.check(
        b"NOSUCH a b\r\nget\r\nSET k v EX 0\r\nSELECT 1\r\nHELLO 4\r\nEXISTS k\r\n",
        "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' \r\n\
         -ERR wrong number of arguments for 'get' command\r\n\
         -ERR invalid expire time in 'set' command\r\n\
         -ERR DB index is out of range\r\n-NOPROTO unsupported protocol version\r\n:0\r\n",
    );
}

#[test]
fn no_bytes_stop_the_node() {
    let server = Server::start();
    server.client("resp2").set::<_, _, ()>("k", "still here").unwrap();
    let mut chance = 7u64; // a fixed walk, so that a failure comes back
    let mut next = || {
        chance =
            chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize
    };
    let pieces: [&[u8]; 12] = [
        b"*",
        b"$",
        b"\r\n",
        b"1",
        b"3\r\n",
        b"*1048576\r\n",
        b"$16777216\r\n",
        b"GET ",
        b"\"",
        b"\0",
        b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
        b"\xff\xfe",
    ];
    for round in 0..200 {
        let mut noise = vec![];
        for _ in 0..next() % 200 {
            if round % 2 == 0 {
                noise.push(next() as u8);
            } else {
                noise.extend_from_slice(pieces[next() % pieces.len()]);
            }
        }
        let mut socket = server.socket();
        let _ = socket.write_all(&noise); // the server may have closed before the end
        if round % 3 == 0 {
            socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            let _ = socket.read(&mut [0; 4096]);
        }
    }
    let start = Instant::now();
    assert_eq!(server.client("resp3").get("k"), Ok(Some("still here".to_string())));
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn the_server_tells_of_itself() {
    let server = Server::start();
    for protocol in ["resp2", "resp3"] {
        let mut client = server.client(protocol);
        let info: redis::InfoDict = redis::cmd("INFO").query(&mut client).unwrap();
        assert_eq!(info.get::<String>("redis_version").as_deref(), Some("7.2.0"));
        assert_eq!(info.get::<u8>("loading"), Some(0));
        assert_eq!(info.get::<u64>("process_id"), Some(server.process.id().into()));
        assert_eq!(info.get::<u16>("tcp_port"), Some(server.address.port()));
        let candor: redis::InfoDict = redis::cmd("INFO").arg("candor").query(&mut client).unwrap();
        assert_eq!(candor.get::<String>("order").as_deref(), Some("agreed"));
        assert_eq!(candor.get::<String>("level").as_deref(), Some("linearizable"));
        assert_eq!(candor.get::<u8>("formed"), Some(1));
        assert!(candor.get::<String>("redis_version").is_none());
        let settings: std::collections::HashMap<String, String> =
            redis::cmd("CONFIG").arg("GET").arg("save").arg("append*").query(&mut client).unwrap();
        assert_eq!(settings.get("save").map(String::as_str), Some(""));
        assert_eq!(settings.get("appendonly").map(String::as_str), Some("yes"));
        let commands: Vec<Value> = redis::cmd("COMMAND").query(&mut client).unwrap();
        let count: usize = redis::cmd("COMMAND").arg("COUNT").query(&mut client).unwrap();
        assert_eq!(commands.len(), count);
        let id: u64 = redis::cmd("CLIENT").arg("ID").query(&mut client).unwrap();
        assert!(id > 0);
    }
}
