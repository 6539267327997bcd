//! Conversations with a client, told in files: what it says and what it hears.
//!
//! In a file, `= 2` or `= 3` begins a new connection in that protocol, `= leader`, `= follower` and
//! so on put it before another node (see `status`), `= remote` has it come from another machine,
//! and `> words` says a command, whose reply stands below it, escaped. The node is played by one
//! that is alone, which tells on a line of its own when it was asked for a level, or told whether
//! its answers are to carry certificates (which are always the same).
//!
//! `redis/*.txt` is what Redis itself answers. `candor/*.txt` is what Redis does not know; after a
//! change, `RECORD=1 cargo test -p server --test client` writes it anew, to be read as code.

use std::cell::Cell;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use node::{
    AgreedPosition, Boot, Certificate, ClusterTold, Command, Config, Digests, DirectoryId, Expiry,
    Index, Input, KeyspacesTold, Level, LogPlace, LostStates, MemberClock, MemberTold, Memory,
    MergedPosition, MergedWrite, Node, NodeId, Now, OnceTable, Order, Output, Preference, Recovery,
    Reply, RequestId, Role, SessionId, SnapshotNumber, Snapshots, Status, Term, Unsynced, Waits,
};
use resp::{Protocol, Request, split_words};
use server::commands::{Action, Connection, Context, Figures, render};
use server::{Bounds, Faults};

#[test]
fn what_redis_answers() {
    check("redis", false);
}

#[test]
fn what_redis_does_not_know() {
    check("candor", std::env::var_os("RECORD").is_some());
}

/// Every conversation in this folder goes as it is told.
fn check(folder: &str, record: bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client").join(folder);
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let told = std::fs::read_to_string(&file).unwrap();
        let heard = play(&told);
        if record {
            std::fs::write(&file, heard).unwrap();
            continue;
        }
        for (line, (heard, told)) in heard.lines().zip(told.lines()).enumerate() {
            assert_eq!(heard, told, "{}:{}", file.display(), line + 1);
        }
        assert_eq!(heard.lines().count(), told.lines().count(), "{}", file.display());
    }
}

/// The file with the replies that are given now.
fn play(told: &str) -> String {
    let mut world = World::default();
    let mut heard = String::new();
    for line in told.lines() {
        match line.split_at(line.len().min(2)) {
            ("= ", what) => {
                writeln!(heard, "{line}").unwrap();
                world.turn_to(what);
            }
            ("> ", words) => {
                writeln!(heard, "{line}").unwrap();
                world.say(words, &mut heard);
            }
            ("# ", _) | ("", _) => writeln!(heard, "{line}").unwrap(),
            _ => {} // a reply as it was
        }
    }
    heard
}

/// A connection and what it leads to.
struct World {
    connection: Connection,
    connections: u64,
    /// Where the client of the next one is.
    peer: &'static str,
    node: &'static str,
    certified: bool,
    node_alone: Alone,
}

impl Default for World {
    fn default() -> World {
        World {
            connection: connection(1),
            connections: 1,
            peer: HERE,
            node: "alone",
            certified: false,
            node_alone: Alone::new(),
        }
    }
}

fn connection(id: u64) -> Connection {
    connection_of(id, HERE)
}

fn connection_of(id: u64, peer: &str) -> Connection {
    Connection::new(id, peer.into(), "127.0.0.1:6379".into(), 60)
}

/// A client on the machine of the server, and one on another.
const HERE: &str = "127.0.0.1:50000";
const ELSEWHERE: &str = "192.0.2.7:50000";

impl World {
    fn turn_to(&mut self, what: &str) {
        match what {
            "2" | "3" => {
                self.connections += 1;
                self.connection = connection_of(self.connections, self.peer);
                self.node_alone = Alone::new();
                self.certified = false;
                let hello = Request::new(["HELLO", what]);
                let (node, mut out) = (Fake::new(self.node), vec![]);
                self.connection.execute(&hello, &node, &mut out);
            }
            "causal" => self.node_alone = Alone::at(Order::Merged, Level::Causal),
            "alone" => self.node = "alone",
            "leader" => self.node = "leader",
            "follower" => self.node = "follower",
            "orphan" => self.node = "orphan",
            "merged" => self.node = "merged",
            "test" => self.node = "test",
            "remote" => {
                let (peer, own) = ("10.0.0.9:50000".into(), "10.0.0.1:6379".into());
                self.connection = Connection::new(self.connections, peer, own, 60);
            }
            "saving" => self.node = "saving",
            "elsewhere" => self.peer = ELSEWHERE,
            other => panic!("= {other}"),
        }
    }

    fn say(&mut self, words: &str, heard: &mut String) {
        let request = Request::new(split_words(words.as_bytes()).unwrap());
        let protocol = self.connection.protocol();
        let mut out = b"before".to_vec();
        let Status { memory, once, .. } = self.node_alone.node.status();
        let fake = Fake { memory, once, ..Fake::new(self.node) };
        let action = self.connection.execute(&request, &fake, &mut out);
        if let Some(bytes) = fake.max_merged.get() {
            self.node_alone.node.set_max_memory_merged(bytes);
        }
        let closes = action == Action::Close;
        match action {
            Action::Replied | Action::Close => {}
            Action::Certify(on) => {
                writeln!(heard, "(certificates {})", if on { "on" } else { "off" }).unwrap();
                self.certified = on;
            }
            Action::Prefer(preference) => {
                let shown = preference.as_ref().map_or("nothing".into(), |it| it.to_string());
                writeln!(heard, "(prefers {shown})").unwrap();
                self.node_alone.prefer(preference);
            }
            Action::Drain => writeln!(heard, "(goes away well)").unwrap(),
            Action::ReadBackup { number, offset, bytes } => {
                assert_eq!(out, b"before");
                writeln!(heard, "(reads {bytes} bytes of snapshot {number} at {offset})").unwrap();
                render(protocol, &Reply::Nil, None, &mut out);
            }
            Action::EndBackup => writeln!(heard, "(needs the snapshot no more)").unwrap(),
            Action::TakeSnapshot => writeln!(heard, "(takes a snapshot)").unwrap(),
            Action::Exec { list, once, answers } => {
                assert_eq!(out, b"before");
                let command = list.into_command_once(once.as_ref());
                let certificate = self.certified.then(|| self.certificate(&command));
                let reply = self.node_alone.ask(command);
                answers.render(&reply, certificate.as_ref(), &mut out);
            }
            Action::Unwatch => self.node_alone.unwatch(),
            Action::Reset => {
                self.node_alone.unwatch();
                self.node_alone.prefer(None);
                if std::mem::take(&mut self.certified) {
                    writeln!(heard, "(certificates off)").unwrap();
                }
            }
            Action::Ask { level, command } => {
                assert_eq!(out, b"before");
                if let Some(level) = level {
                    writeln!(heard, "(asks {level})").unwrap();
                }
                let certificate = self.certified.then(|| self.certificate(&command));
                let reply = self.node_alone.ask(command);
                render(protocol, &reply, certificate.as_ref(), &mut out);
            }
        }
        let reply = out.strip_prefix(b"before").unwrap();
        // A text for people is shown in its lines.
        let text = reply.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"");
        let lines = if text.contains("# ") { text.replace("\\r\\n", "\\r\\n\n  ") } else { text };
        writeln!(heard, "{}{}", lines.trim_end(), if closes { " (closes)" } else { "" }).unwrap();
    }

    /// Where an answer to this stands: always at the same places.
    fn certificate(&self, command: &Command) -> Certificate {
        let place = |replica, boot, index| MergedPosition { replica: NodeId(replica), boot, index };
        let looks = match (command.name(), command.arguments().len()) {
            ("set", 2) => false,
            ("exists" | "del" | "unlink" | "mget" | "mset" | "msetnx" | "list" | "watch", _) => {
                false
            }
            _ => !command.arguments().is_empty(),
        };
        let found = looks.then(|| self.node_alone.has(command.arguments()[0]));
        if self.node == "merged" {
            let write =
                MergedWrite { entry: place(2, Boot(1), Index(17)), offset: 3, clock: 1 << 56 };
            return Certificate::Merged {
                position: vec![place(1, Boot(3), Index(5)), place(2, Boot(1), Index(17))],
                by: found.map(|found| found.then_some(write)),
                entry: command.is_write().then_some(write),
            };
        }
        let by = found.map(|found| found.then_some(AgreedPosition { index: Index(11), offset: 3 }));
        Certificate::Agreed { position: AgreedPosition { index: Index(12), offset: 0 }, by }
    }
}

/// A node by itself, which carries out what it is asked at once.
struct Alone {
    node: Node,
    now_ms: u64,
    asked: u64,
}

impl Alone {
    fn new() -> Alone {
        Alone::at(Order::Agreed, Level::Sequential)
    }

    fn at(order: Order, level: Level) -> Alone {
        let id = NodeId(1);
        let config = Config {
            id,
            members: vec![(id, String::new())],
            order,
            level,
            request_timeout_ms: 3000,
            max_clock_drift_ms: 500,
            max_memory: None,
            seed: 1,
            incarnation: 1,
            directory: DirectoryId(1),
            discard_state: false,
            join: false,
        };
        let node = Recovery::new(config).finish().unwrap();
        let mut alone = Alone { node, now_ms: 0, asked: 0 };
        while !alone.node.status().ready {
            alone.turns(vec![]);
        }
        alone
    }

    /// Turns until there is nothing more to do.
    fn turns(&mut self, mut inputs: Vec<Input>) -> Option<Reply> {
        let mut reply = None;
        loop {
            self.now_ms += 10;
            let now = Now { monotonic_ms: self.now_ms, wall_ms: 1_700_000_000_000 + self.now_ms };
            inputs.insert(0, Input::Tick(now));
            let mut outputs = vec![];
            self.node.turn(&mut inputs, &mut outputs);
            for output in outputs {
                match output {
                    Output::Persist { ticket, .. } => {
                        inputs.push(Input::Persisted { ticket, place: LogPlace(0) });
                    }
                    Output::Reply { reply: said, .. } => reply = Some(said),
                    _ => {}
                }
            }
            if inputs.is_empty() && !self.node.has_more() {
                return reply;
            }
        }
    }

    fn ask(&mut self, command: Command) -> Reply {
        self.asked += 1;
        let (session, id) = (SessionId(1), RequestId(self.asked));
        let request = Input::Request { session, id, level: None, command };
        self.turns(vec![request]).expect("it answers at once")
    }

    fn prefer(&mut self, preference: Option<Arc<Preference>>) {
        let session = SessionId(1);
        let reply = self.turns(vec![Input::Prefer { session, preference }]);
        assert_eq!(reply, None, "nobody asked");
    }

    fn unwatch(&mut self) {
        let reply = self.turns(vec![Input::Unwatch(SessionId(1))]);
        assert_eq!(reply, None, "nobody asked");
    }

    fn has(&self, key: &[u8]) -> bool {
        self.node.value(key).is_some()
    }
}

/// The server around the connection, as one of several nodes.
struct Fake {
    /// Which of them.
    name: &'static str,
    faults: Faults,
    memory: Memory,
    once: OnceTable,
    bounds: Bounds,
    /// The limit of merged keyspaces that was set.
    max_merged: Cell<Option<u64>>,
}

impl Fake {
    fn new(name: &'static str) -> Fake {
        let (faults, memory) = (Faults::default(), Memory::default());
        let (once, bounds) = (OnceTable::default(), Bounds::default());
        Fake { name, faults, memory, once, bounds, max_merged: Cell::new(None) }
    }
}

impl Context for Fake {
    fn rot(&self, key: &[u8]) -> bool {
        key == b"key"
    }

    fn faults(&self) -> Option<&Faults> {
        (self.name == "test").then_some(&self.faults)
    }

    fn cluster(&self) -> ClusterTold {
        let status = self.status();
        let leads = status.role == Role::Leader;
        let member = |id: &NodeId| MemberTold {
            id: *id,
            address: format!("10.0.0.{}:7100", id.0),
            role: if status.leader == Some(*id) { "leader" } else { "voter" },
            reachable: id.0 < 3,
            version: 2,
            matched: leads.then(|| Index(43 - id.0)),
            lag: leads.then_some(id.0 - 1),
        };
        ClusterTold {
            id: status.cluster,
            epoch: u64::from(status.formed),
            node: status.id,
            leader: status.leader,
            term: status.term,
            commit: status.commit,
            applied: status.applied,
            members: status.members.iter().map(member).collect(),
            version: 2,
            newest_version: 2,
            removed: vec![],
            joining: vec![],
            under_way: None,
            last_change: None,
        }
    }

    fn status(&self) -> Status {
        let alone = Status {
            id: NodeId(1),
            members: vec![NodeId(1)],
            boot: Boot(3),
            order: Order::Agreed,
            level: Level::Linearizable,
            request_timeout_ms: 3000,
            directory: DirectoryId(9),
            cluster: Some(0xc1),
            formed: true,
            waits: None,
            ready: true,
            agreed_ready: true,
            role: Role::Leader,
            leader: Some(NodeId(1)),
            term: Term(7),
            commit: Index(42),
            applied: Index(41),
            vector: vec![],
            keys: 0,
            other_keys: 0,
            disk_backlog_bytes: 0,
            tombstones: 0,
            unsynced: Unsynced::default(),
            disk_full: false,
            clock_agrees: true,
            clocks: vec![],
            snapshots: Snapshots::default(),
            memory: self.memory,
            digests: Digests::default(),
            joins: false,
            lost: LostStates::default(),
            expiry: Expiry::default(),
            keyspaces: KeyspacesTold { count: 1, ..KeyspacesTold::default() },
            states_fetched: 0,
            once: self.once,
            log_reads: 0,
        };
        let members = vec![NodeId(1), NodeId(2), NodeId(3)];
        match self.name {
            "leader" => {
                let expiry = Expiry { keys: 2, reclaimed: 7 };
                Status { members, keys: 4, other_keys: 1, expiry, ..alone }
            }
            "follower" => Status { members, id: NodeId(2), role: Role::Follower, ..alone },
            "saving" => Status {
                snapshots: Snapshots {
                    last: Some(SnapshotNumber(7)),
                    last_bytes: 140_000_000,
                    last_ms: 1_700_000_500_999,
                    failed: true,
                    writing: true,
                    spool_bytes: 4096,
                    log_bytes: 300_000_000,
                },
                ..alone
            },
            "orphan" => Status {
                members,
                role: Role::Follower,
                leader: None,
                ready: false,
                agreed_ready: false,
                waits: Some(Waits::Formation(vec![NodeId(3)])),
                cluster: None,
                formed: false,
                ..alone
            },
            "merged" => Status {
                members,
                order: Order::Merged,
                level: Level::Eventual,
                role: Role::Follower,
                vector: vec![(NodeId(1), Boot(3), Index(17)), (NodeId(2), Boot(1), Index(0))],
                clock_agrees: false,
                clocks: vec![
                    MemberClock { id: NodeId(2), at_least_ms: -3_600_004, at_most_ms: -3_600_000 },
                    MemberClock { id: NodeId(3), at_least_ms: -2, at_most_ms: 3 },
                ],
                ..alone
            },
            _ => alone,
        }
    }

    fn figures(&self) -> Figures {
        Figures {
            uptime_s: 90_061,
            started_s: 1_700_000_000,
            process_id: 4711,
            tcp_port: 6379,
            clients: 2,
            clients_max: 10_000,
            clients_evicted: 1,
            connections: 10,
            commands: 1000,
            memory_rss_bytes: Some(12_345_678),
            log_groups: 100,
            log_syncs: 101,
            log_segments: 3,
            notes_dropped: 3,
            notes_suppressed: 734,
        }
    }

    fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    fn set_max_memory_merged(&self, bytes: u64) {
        self.max_merged.set(Some(bytes));
    }

    fn settings(&self) -> Vec<(String, String)> {
        vec![("port".into(), "6379".into()), ("timeout".into(), "5".into())]
    }
}

/// What an execution of these words gives: the action and the bytes.
fn execute(words: &[&[u8]]) -> (Action, String) {
    let mut out = vec![];
    let action = connection(1).execute(&Request::new(words), &Fake::new("alone"), &mut out);
    (action, out.escape_ascii().to_string())
}

#[test]
fn a_suffix_reaches_the_node_as_a_level() {
    for (suffix, level) in [
        ("LINEARIZABLE", Level::Linearizable),
        ("linearizability", Level::Linearizable),
        ("Lin", Level::Linearizable),
        ("sequential", Level::Sequential),
        ("SEQ", Level::Sequential),
        ("causal", Level::Causal),
        ("Eventual", Level::Eventual),
        ("bounded:1", Level::Bounded { ms: 1 }),
        ("BOUNDED:3600000", Level::Bounded { ms: 3_600_000 }),
    ] {
        let get = Command::get("k".into());
        let (action, _) = execute(&[format!("get@{suffix}").as_bytes(), b"k"]);
        assert_eq!(action, Action::Ask { level: Some(level), command: get });
    }
    let (action, _) = execute(&[b"GET", b"k"]);
    assert_eq!(action, Action::Ask { level: None, command: Command::get("k".into()) });
}

#[test]
fn keys_and_values_have_a_limit() {
    let giant = vec![b'x'; node::VALUE_BYTES_MAX + 1];
    let error = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\\r\\n";
    assert_eq!(execute(&[b"GET", &giant]), (Action::Replied, error.into()));
    assert_eq!(execute(&[b"SET", b"k", &giant]), (Action::Replied, error.into()));
    let (action, _) = execute(&[b"SET", b"k", &giant[1..]]);
    assert!(matches!(action, Action::Ask { .. }));
}

#[test]
fn shorter_keys_and_values_may_be_asked_for() {
    let bounds = Bounds { max_key_bytes: 3, max_value_bytes: 5, ..Bounds::default() };
    let fake = Fake { bounds, ..Fake::new("alone") };
    let say = |line: &str| {
        let (mut out, words) = (vec![], split_words(line.as_bytes()).unwrap());
        match connection(1).execute(&Request::new(words), &fake, &mut out) {
            Action::Ask { .. } => "asked".to_owned(),
            _ => String::from_utf8(out).unwrap(),
        }
    };
    let [key, value] = [
        "-ERR key exceeds maximum allowed size (max-key-size)\r\n",
        "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n",
    ];
    assert_eq!(say("SET key value"), "asked");
    assert_eq!(say("SET keys value"), key);
    assert_eq!(say("MSET key value keys value"), key);
    assert_eq!(say("DEL a b c long"), key);
    assert_eq!(say("SET key values"), value);
    assert_eq!(say("GET key 123456"), "-ERR wrong number of arguments for 'get' command\r\n");
    let get = say("CONFIG GET proto-max-bulk-len");
    assert!(get.ends_with("$1\r\n5\r\n"), "{get:?}");
}

#[test]
fn what_is_queued_and_watched_counts_and_has_a_limit() {
    let bounds = Bounds { client_bytes: 100_000, ..Bounds::default() };
    let fake = Fake { bounds, ..Fake::new("alone") };
    let mut connection = connection(1);
    let value = "v".repeat(1000);
    let mut say = |words: &[&str]| {
        let mut out = vec![];
        let action = connection.execute(&Request::new(words), &fake, &mut out);
        let bytes = if let Action::Exec { list, .. } = &action { list.held_bytes() } else { 0 };
        (String::from_utf8(out).unwrap(), connection.held_bytes(), bytes)
    };
    assert_eq!(say(&["MULTI"]), ("+OK\r\n".into(), 0, 0));
    for count in 1..=90 {
        let (reply, held, _) = say(&["SET", "k", &value]);
        assert_eq!(reply, "+QUEUED\r\n");
        assert!((count * 1000..count * 1060).contains(&held), "{held} bytes of {count} commands");
    }
    let (_, held, bytes) = say(&["EXEC"]);
    assert!(held == 0 && bytes > 90_000, "what the node is asked is charged as such");
    say(&["MULTI"]);
    let too_large = (0..200).find(|_| say(&["ECHO", &value]).0.starts_with("-ERR the transaction"));
    assert!(too_large.is_some_and(|count| (90..100).contains(&count)), "{too_large:?}");
    assert!(say(&["EXEC"]).0.starts_with("-EXECABORT"));
    let (_, held, _) = say(&["WATCH", "key", &value]);
    assert!((1003..1200).contains(&held), "{held} bytes of two keys");
    assert_eq!(say(&["UNWATCH"]), ("+OK\r\n".into(), 0, 0));
}

#[test]
fn resp2_has_no_room_for_a_certificate() {
    let certificate = Certificate::Agreed { position: AgreedPosition::default(), by: None };
    let mut out = vec![];
    render(Protocol::Resp2, &Reply::Ok, Some(&certificate), &mut out);
    assert_eq!(out, b"+OK\r\n");
}

#[test]
fn a_refusal_of_the_node_is_an_error_with_its_code() {
    let mut out = vec![];
    let down = Reply::Error(node::Error::ClusterDown("no\r\nleader"));
    render(Protocol::Resp3, &down, None, &mut out);
    let invalid = Reply::Error(node::Error::Invalid("no".into()));
    render(Protocol::Resp2, &invalid, None, &mut out);
    assert_eq!(out.escape_ascii().to_string(), "-CLUSTERDOWN no  leader\\r\\n-ERR no\\r\\n");
}

#[test]
fn whatever_is_said_gets_exactly_one_reply() {
    let names = [
        "get",
        "SET",
        "del",
        "exists",
        "unlink",
        "ping",
        "echo",
        "info",
        "hello",
        "client",
        "command",
        "config",
        "consistency",
        "attr",
        "select",
        "auth",
        "readonly",
        "reset",
        "quit",
        "get@lin",
        "set@lin",
        "multi",
        "exec",
        "discard",
        "watch",
        "unwatch",
        "nosuch",
        "",
        "@",
        "help",
        "list",
        "getkeys",
        "docs",
        "setinfo",
        "lib-name",
        "id",
        "3",
        "2",
        "*",
        "[",
        "\\",
        "\u{0}",
        "ключ",
        "EX",
        "NX",
        "type",
        "normal",
        "filterby",
        "pattern",
        "aclcat",
        "string",
        "count",
        "getname",
        "setname",
        "no-evict",
        "on",
        "candor",
        "client|id",
        "|",
        "a|",
    ];
    let mut chance = 1u64; // a fixed walk through the combinations
    for _ in 0..200_000 {
        let mut next = |bound: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (chance >> 33) as usize % bound
        };
        let words: Vec<&str> = (0..=next(5)).map(|_| names[next(names.len())]).collect();
        let mut connection = connection(1);
        let mut out = vec![];
        let before = connection.protocol();
        let action = connection.execute(&Request::new(&words), &Fake::new("leader"), &mut out);
        if let Action::Ask { .. } = action {
            assert!(out.is_empty(), "{words:?}");
            render(before, &Reply::Nil, None, &mut out);
        }
        let (mut decoder, mut buffer) = (resp::Decoder::default(), bytes::BytesMut::from(&out[..]));
        assert!(decoder.next(&mut buffer).unwrap().is_some(), "{words:?}");
        assert!(buffer.is_empty(), "{words:?} got more than one reply");
    }
}
