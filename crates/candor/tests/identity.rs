//! Real directories that are copied, put back and lost; real strangers at the port for peers; real
//! mistakes in lists of peers.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use redis::{Commands, Connection, RedisResult};
use rustix::process::Signal;

use support::{Cluster, PATIENCE, Server, free_ports, until};

const CONFIGURATION: Option<i32> = Some(78);

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(path, to.join(name)).unwrap();
        }
    }
}

fn replace(directory: &Path, copied: &Path) {
    fs::remove_dir_all(directory).unwrap();
    copy(copied, directory);
}

/// Waits until a server has ended by itself; gives its exit code.
#[track_caller]
fn ended(server: &mut Server) -> Option<i32> {
    until("a server to end", || server.has_ended().then_some(()));
    server.wait()
}

fn value(client: &mut Connection) -> Option<u64> {
    client.get("key").unwrap()
}

#[test]
fn a_copy_that_is_put_back_answers_nothing() {
    let mut cluster = Cluster::start(3, &["--level", "sequential"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let (place, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let saved = cluster.directory().join("saved");
    cluster.servers[place].signal(Signal::TERM);
    cluster.servers[place].wait();
    copy(&cluster.servers[place].data_dir, &saved);
    cluster.servers[place].start();
    cluster.servers[place].wait_until_ready();
    let mut client = cluster.servers[place].client();
    (1..=3).for_each(|value| client.set::<_, _, ()>("key", value).unwrap());
    cluster.servers[place].kill();
    let data_dir = cluster.servers[place].data_dir.clone();
    replace(&data_dir, &saved);
    cluster.servers[leader].kill();
    match cluster.servers[place].try_start() {
        Ok(_) => {
            let answers = three_sets_at_once(cluster.servers[place].port);
            assert!(!answers.contains("+OK"), "{answers}");
            assert_eq!(ended(&mut cluster.servers[place]), CONFIGURATION);
        }
        // Others told it before it could say that it listens.
        Err(output) => assert_eq!(output.status.code(), CONFIGURATION),
    }
    let log = cluster.servers[place].log();
    assert!(log.contains("which this data directory has not lived"), "{log}");
    // Nor at a second start, whoever is there.
    let output = cluster.servers[place].try_start().unwrap_err();
    assert_eq!(output.status.code(), CONFIGURATION);
    cluster.servers[leader].start();
    let mut client = cluster.servers[other].client();
    cluster.servers[other].wait_until_ready();
    assert_eq!(until("a value", || value(&mut client)), 3);
}

/// The answers to three SETs in one piece: an OK would be one to the writes of a start that was
/// forgotten. None, if the server has ended already.
fn three_sets_at_once(port: u16) -> String {
    let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let set = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\nnew\r\n".repeat(3);
    let _ = socket.write_all(set.as_bytes());
    let mut answers = vec![];
    let _ = socket.read_to_end(&mut answers);
    String::from_utf8(answers).unwrap()
}

/// A node that is told to end, and then told that it must not go on, says so at its end.
#[test]
fn a_node_that_learns_while_it_ends_that_it_is_superseded_says_so() {
    let mut cluster = Cluster::start(3, &[]);
    let leader = cluster.leader(&[0, 1, 2]);
    let (place, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let saved = cluster.directory().join("saved");
    cluster.servers[place].kill();
    copy(&cluster.servers[place].data_dir, &saved);
    cluster.servers[place].start();
    cluster.servers[place].wait_until_ready();
    cluster.servers[place].kill();
    let data_dir = cluster.servers[place].data_dir.clone();
    replace(&data_dir, &saved);
    let code = (0..10).find_map(|_| {
        // Nobody answers it, until it is ending and waits for nothing but the last reply of a
        // client.
        let others = [&cluster.servers[leader], &cluster.servers[other]];
        others.iter().for_each(|server| server.signal(Signal::STOP));
        let server = &mut cluster.servers[place];
        server.try_start().expect("if it had been told, it would not have ended with 0");
        let mut asker = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        asker.write_all(b"PING\r\nGET key\r\n").unwrap();
        asker.read_exact(&mut [0; 7]).unwrap();
        let endings = |server: &Server| server.log().matches("ending upon SIGTERM").count();
        let before = endings(server);
        server.signal(Signal::TERM);
        until("it to be ending", || (endings(server) > before).then_some(()));
        let others = [&cluster.servers[leader], &cluster.servers[other]];
        others.iter().for_each(|server| server.signal(Signal::CONT));
        let code = cluster.servers[place].wait();
        // On a busy machine it may have ended before anybody told it.
        (code != Some(0)).then_some(code)
    });
    assert_eq!(code, Some(CONFIGURATION));
    let log = cluster.servers[place].log();
    assert!(log.contains("which this data directory has not lived"), "{log}");
}

#[test]
fn a_clone_beside_its_original_stops() {
    let cluster = Cluster::start(3, &["--level", "causal"]);
    let original = &cluster.servers[2];
    let mut client = original.client();
    client.set::<_, _, ()>("key", 1).unwrap();
    let copied = cluster.directory().join("clone");
    copy(&original.data_dir, &copied);
    let [port] = free_ports(1)[..] else { panic!("one port") };
    let mut clone = original.twin(&copied, &["--peer-listen", &format!("127.0.0.1:{port}")]);
    if clone.try_start().is_ok() {
        let stream = TcpStream::connect(("127.0.0.1", clone.port));
        let answers = stream.map(|mut socket| {
            let _ = socket.write_all(b"SET key 2\r\n");
            let _ = socket.shutdown(Shutdown::Write);
            let mut answers = String::new();
            let _ = socket.read_to_string(&mut answers);
            answers
        });
        assert!(!answers.unwrap_or_default().contains("+OK"));
    }
    assert_eq!(ended(&mut clone), CONFIGURATION);
    let log = clone.log();
    assert!(log.contains("still hears the node that this data directory is a copy of"), "{log}");
    client.set::<_, _, ()>("key", 3).unwrap();
    assert_eq!(value(&mut client), Some(3));
}

#[test]
fn a_directory_that_lost_its_log_does_not_start_empty() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.servers[0].client().set::<_, _, ()>("key", 1).unwrap();
    let lost = &mut cluster.servers[2];
    lost.kill();
    fs::remove_dir_all(lost.data_dir.join("log")).unwrap();
    let output = lost.try_start().unwrap_err();
    assert_eq!(output.status.code(), CONFIGURATION);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("the log of node 3 is gone"), "{text}");
    cluster.servers[0].client().set::<_, _, ()>("key", 2).unwrap();
}

/// The first words of a peer, as this version of the protocol has them.
fn greeting(from: u64, to: u64) -> Vec<u8> {
    let mut bytes = b"CandorPr".to_vec();
    bytes.extend(4_u32.to_le_bytes());
    [from, to, 0].into_iter().for_each(|part| bytes.extend(part.to_le_bytes()));
    bytes
}

#[test]
fn greetings_cut_no_connections() {
    let cluster = Cluster::start(3, &[]);
    let mut client = cluster.servers[cluster.leader(&[0, 1, 2])].client();
    let mut strangers = vec![];
    for round in 0..100_u64 {
        for to in 1..=3 {
            let from = 1 + (to + round % 2) % 3;
            let port = cluster.servers[to as usize - 1].peer_port();
            let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
            socket.write_all(&greeting(from, to)).unwrap();
            strangers.push(socket);
        }
        client.set::<_, _, ()>("key", round).unwrap();
    }
    assert_eq!(value(&mut client), Some(99));
    for server in &cluster.servers {
        let log = server.log();
        assert!(!log.contains("the connection to node"), "{log}");
    }
}

#[test]
fn there_is_room_for_members_whoever_else_is_there() {
    let mut cluster = Cluster::start(3, &[]);
    let strangers: Vec<_> = (0..100)
        .map(|_| TcpStream::connect(("127.0.0.1", cluster.servers[0].peer_port())).unwrap())
        .collect();
    cluster.servers[1].kill();
    cluster.servers[1].start();
    cluster.servers[2].kill();
    // Nodes 1 and 2 alone are a majority.
    until("a write", || cluster.servers[1].client().set::<_, _, ()>("key", 1).ok());
    drop(strangers);
}

#[test]
fn strangers_who_say_much_depose_no_leader() {
    const FLOOD: Duration = Duration::from_secs(3);
    let cluster = Cluster::start(3, &[]);
    let place = cluster.leader(&[0, 1, 2]);
    let leader = &cluster.servers[place];
    let (to, from) = (place as u64 + 1, (place as u64 + 1) % 3 + 1);
    let (term, before) = (leader.figure("raft_term"), leader.figure("used_memory_rss"));
    let (port, start) = (leader.peer_port(), Instant::now());
    // Messages that cannot be read, and some that can.
    let sayings = [0_u32.to_le_bytes().repeat(16 << 10), long_messages()];
    let floods: Vec<_> = (0..6)
        .map(|number| {
            let saying = sayings[number % 2].clone();
            thread::spawn(move || {
                while start.elapsed() < FLOOD {
                    flood(port, &greeting(from, to), &saying, start + FLOOD);
                }
            })
        })
        .collect();
    let mut client = cluster.servers[from as usize - 1].client();
    let mut most = 0;
    while start.elapsed() < FLOOD {
        client.set::<_, _, ()>("key", "value").unwrap();
        most = most.max(leader.figure("used_memory_rss"));
    }
    floods.into_iter().for_each(|flood| flood.join().unwrap());
    assert_eq!((leader.figure("raft_term"), leader.info()["raft_role"].as_str()), (term, "leader"));
    assert!(most < before + (100 << 20), "{} MiB beside {} MiB", most >> 20, before >> 20);
}

/// Frames of 60 KiB that are no messages.
fn long_messages() -> Vec<u8> {
    let length = 60_u32 << 10;
    [&length.to_le_bytes()[..], &vec![b'x'; length as usize]].concat()
}

/// Says this again and again to a port for peers, until it is hung up on or time is over.
fn flood(port: u16, greeting: &[u8], saying: &[u8], end: Instant) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    socket.write_all(greeting).unwrap();
    while Instant::now() < end && socket.write_all(saying).is_ok() {}
}

#[test]
fn one_wrong_node_stops_no_other() {
    let mut cluster = Cluster::new(3, &[]);
    let wrong = cluster.servers[2].twin(&cluster.directory().join("wrong"), &["--level", "causal"]);
    let right = std::mem::replace(&mut cluster.servers[2], wrong);
    for server in &mut cluster.servers {
        let line = server.start();
        assert!(line.starts_with("candor: listening, node "), "{line}");
        assert!(line.contains("; waits for nodes "), "{line}");
    }
    for server in &cluster.servers {
        until("a line about the contradiction", || {
            server.log().contains("This node waits until they agree").then_some(())
        });
    }
    assert!(cluster.servers.iter_mut().all(|server| !server.has_ended()), "all of them wait");
    cluster.servers[2].kill();
    cluster.servers[2] = right;
    cluster.servers[2].start();
    cluster.wait_until_ready();
    // Now the cluster has formed, and it is the wrong one that stops.
    let mut stranger =
        cluster.servers[2].twin(&cluster.directory().join("late"), &["--level", "causal"]);
    cluster.servers[2].kill();
    stranger.start();
    assert_eq!(ended(&mut stranger), CONFIGURATION);
    let set: RedisResult<()> = cluster.servers[0].client().set("key", 1);
    assert_eq!(set, Ok(()));
}

#[test]
fn a_process_under_the_id_of_another_stops_nobody() {
    let mut cluster = Cluster::new(3, &[]);
    let [port] = free_ports(1)[..] else { panic!("one port") };
    let peers = format!("127.0.0.1:{port}");
    let directory = cluster.directory().join("wrong");
    let mut wrong = cluster.servers[1].twin(&directory, &["--peer-listen", &peers]);
    cluster.servers[0].start();
    wrong.start();
    until("node 1 to meet the wrong one", || {
        let waits = cluster.servers[0].info()["waits_for"].clone();
        waits.contains("node 3").then_some(())
    });
    cluster.servers[1].start();
    cluster.servers[2].start();
    until("a line about the two", || {
        cluster.servers[0].log().contains("two processes were started as node 2").then_some(())
    });
    assert!(!wrong.has_ended() && cluster.servers.iter_mut().all(|server| !server.has_ended()));
    wrong.kill();
    cluster.wait_until_ready();
    cluster.servers[1].client().set::<_, _, ()>("key", 1).unwrap();
}

#[test]
fn addresses_may_change() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.servers[0].client().set::<_, _, ()>("key", 1).unwrap();
    let ports = free_ports(3);
    let peers: Vec<_> = (0..3).map(|at| format!("{}=127.0.0.1:{}", at + 1, ports[at])).collect();
    cluster.servers.iter_mut().for_each(Server::kill);
    for server in &mut cluster.servers {
        server.set_argument("--peers", &peers.join(","));
        server.start();
    }
    cluster.wait_until_ready();
    assert_eq!(value(&mut cluster.servers[2].client()), Some(1));
}
