//! Clients of ZeroMQ: real ones by pyzmq, what is no client at all, and scenarios that speak it.

mod runner;
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;

use redis::Commands;
use runner::{Bench, free_ports, shipped};
use rustix::process::Signal;
use serde_json::{Value, json};
use support::packages::pyzmq;
use support::{Cluster, PATIENCE, Program};

/// Starts Python clients that do something; `None`: there is no pyzmq here.
fn clients(what: &str, ports: &[u16]) -> Option<Program> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zmq/clients.py");
    let addresses = ports.iter().map(|port| format!("tcp://127.0.0.1:{port}"));
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", pyzmq()?).arg(script).arg(what).args(addresses);
    Some(Program::start(&mut python))
}

const ZMQ: [&str; 2] = ["--zmq-listen", "127.0.0.1:0"];

#[test]
fn one_client_says_all_that_there_is() {
    let cluster = Cluster::start(1, &ZMQ);
    let server = &cluster.servers[0];
    let Some(clients) = clients("one", &[server.zmq_port]) else { return };
    clients.end();
    // What the one kind of client writes, the other reads.
    let mut redis = server.client();
    assert_eq!(redis.get("a"), Ok("10".to_owned()));
    assert_eq!(server.log().lines().filter(|line| line.contains("WARN")).count(), 0);
}

#[test]
fn fifty_clients_ask_at_once() {
    let cluster = Cluster::start(1, &ZMQ);
    let Some(clients) = clients("fifty", &[cluster.servers[0].zmq_port]) else { return };
    clients.end();
}

#[test]
fn nobody_waits_for_the_slow_write_of_another() {
    let arguments = ["--level", "sequential", "--request-timeout", "60000"];
    let cluster = Cluster::start(3, &[&ZMQ[..], &arguments].concat());
    let servers = &cluster.servers;
    let () = servers[0].client().set("a", "before").unwrap();
    // Without a majority a write waits, and sequential reads go on.
    servers[1..].iter().for_each(|server| server.signal(Signal::STOP));
    let clients = clients("crowd", &[servers[0].zmq_port]);
    if let Some(mut clients) = clients {
        clients.hear("waits");
        servers[1..].iter().for_each(|server| server.signal(Signal::CONT));
        clients.end();
    }
}

#[test]
fn clients_of_three_servers_go_on_when_one_is_killed() {
    let mut cluster = Cluster::start(3, &ZMQ);
    let ports: Vec<u16> = cluster.servers.iter().map(|server| server.zmq_port).collect();
    let Some(mut clients) = clients("killed", &ports) else { return };
    clients.hear("all write");
    let leader = cluster.leader(&[0, 1, 2]);
    cluster.servers[leader].kill();
    clients.say("killed");
    clients.hear("all wrote on");
    let survivors: Vec<String> =
        (0..3).filter(|place| *place != leader).map(|place| place.to_string()).collect();
    clients.say(&survivors.join(" "));
    clients.end();
}

/// All that a server says until it closes the connection, after it was told this.
fn rest(port: u16, told: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(told).unwrap();
    let mut said = vec![];
    match socket.read_to_end(&mut said) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => said,
    }
}

#[test]
fn requests_behind_a_long_one_are_answered_after_it() {
    let cluster = Cluster::start(1, &ZMQ);
    let mut told = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL".to_vec();
    told.resize(64, 0);
    told.extend(b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REQ");
    let mut ask = |body: &str| {
        told.extend(b"\x01\0\x02");
        told.extend((body.len() as u64).to_be_bytes());
        told.extend(body.as_bytes());
    };
    let long = "\\u0041".repeat(1 << 20);
    for turn in 0..3 {
        ask(&format!(r#"{{"type":"set","key":"a","value":"{turn}{long}"}}"#));
        ask(r#"{"type":"get","key":"b"}"#);
        ask(&format!(r#"{{"type":"set","key":"b","value":{turn}}}"#));
        ask(&"x".repeat(1 << 20));
        ask(r#"{"type":"get","key":"b"}"#);
    }
    let mut socket = TcpStream::connect(("127.0.0.1", cluster.servers[0].zmq_port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(&told).unwrap();
    // It says no more, and is answered all the same.
    socket.shutdown(Shutdown::Write).unwrap();
    let mut said = vec![];
    socket.read_to_end(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said);
    let mut rest = &*said;
    for turn in 0..3 {
        let before = if turn == 0 { "None".to_owned() } else { (turn - 1).to_string() };
        let replies =
            ["success", &format!("b:{before}"), "success", "error: ERR", &format!("b:{turn}")];
        for reply in replies {
            let found = rest.find(reply).unwrap_or_else(|| panic!("{turn}: {reply}: {said:?}"));
            rest = &rest[found + reply.len()..];
        }
    }
    assert!(!rest.contains("success") && !rest.contains("b:"), "{said:?}");
}

#[test]
fn what_is_no_zeromq_is_let_go_and_leaves_no_line() {
    let cluster = Cluster::start(1, &ZMQ);
    let server = &cluster.servers[0];
    let log = server.log();
    for told in [&b"*1\r\n$4\r\nPING\r\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02"] {
        for _ in 0..50 {
            rest(server.zmq_port, told);
        }
    }
    // One that says nothing at all is let go after a while.
    let greeting = rest(server.zmq_port, b"");
    assert_eq!((greeting.len(), &greeting[10..16]), (64, &b"\x03\0NULL"[..]));
    let () = server.client().set("a", "1").unwrap();
    assert_eq!(server.log(), log);
    assert_eq!(server.info()["connected_clients"], "1", "only the one that asks is left");
}

/// The example of the original, at ports that are free.
fn original(bench: &Bench) -> (&'static str, Vec<u16>) {
    let text = fs::read_to_string(shipped("original.json")).unwrap();
    let mut scenario: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(scenario["port_number"]["0"], json!([23100, 23101, 23102]));
    let ports = free_ports(9);
    for (server, ports) in ports.chunks(3).enumerate() {
        scenario["port_number"][server.to_string()] = json!(ports);
    }
    (bench.write("original.json", &scenario.to_string()), ports)
}

#[test]
fn a_file_of_the_original_runs_and_its_third_ports_serve_its_clients() {
    let bench = Bench::new();
    let (file, ports) = original(&bench);
    let mut run = bench.start(&["run", "--keep", file]);
    // The servers are told of twice: when they are ready, and when they stay.
    run.wait_for("redis-cli -p", 6);
    assert_eq!(run.ports()[..3], [ports[0], ports[3], ports[6]]);
    for server in 0..3 {
        run.wait_for(&format!("ZeroMQ tcp://127.0.0.1:{}", ports[3 * server + 2]), 2);
    }
    if let Some(clients) = clients("fifty", &[ports[5]]) {
        clients.end();
    }
    run.signal(Signal::INT);
    let outcome = run.wait();
    assert_eq!(outcome.exit_code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("holds"), "{outcome:?}");
    bench.assert_nothing_is_left(&ports);
}

#[test]
fn scenarios_over_zeromq_get_the_same_verdict_without_certificates() {
    let bench = Bench::new();
    for level in ["linearizable", "sequential", "causal", "eventual"] {
        let scenario = json!({
            "num_servers": 3, "consistency_level": level, "transport": "zmq",
            "clients": [{"client_number": 0, "server_number": 1, "requests": [
                {"type": "get", "key": "é:", "value": null}, {"type": "set", "key": "é:", "value": 1.5},
                {"type": "get", "key": "é:", "value": null}, {"type": "set", "key": "é:", "value": "it's 'x'\n"},
                {"type": "get", "key": "é:", "value": null}]}],
            "workload": {"clients": 3, "operations": 60, "keys": 6, "rate": 2000},
        });
        let file = bench.write("zmq.json", &scenario.to_string());
        let document = bench.document(&["run", file]);
        let run = &document["runs"][0];
        assert_eq!(run["verdict"]["verdict"], "holds", "{run}");
        assert_eq!(run["troubles"], json!([]));
        let path = bench.path().join(run["directory"].as_str().unwrap()).join("history.jsonl");
        let history = fs::read_to_string(path).unwrap();
        assert!(!history.contains("\"position\""), "{history}");
        let lines =
            history.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
        let first = lines.filter(|line| line["client"] == 0);
        let values: Vec<Value> = first.map(|line| line["value"].clone()).collect();
        let expected = json!([null, "1.5", "1.5", "it's 'x'\n", "it's 'x'\n"]);
        assert_eq!(json!(values), expected);
    }
}
