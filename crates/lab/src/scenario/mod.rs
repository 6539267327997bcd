//! Scenario files: which servers to start, what each client asks, and the level that is promised.
//!
//! ```json
//! { "num_servers": 3, "consistency_level": "sequential",
//!   "port_number": {"0": [3000, 3001, 3002], "1": [3010, 3011, 3012], "2": [3020, 3021, 3022]},
//!   "clients": [ {"client_number": 0, "server_number": 0,
//!                 "requests": [ {"request_type": "write", "key": "a", "value": "1"},
//!                               {"request_type": "sleep", "ms": 300},
//!                               {"request_type": "read", "key": "a"} ]} ] }
//! ```
//!
//! `type` may stand for `request_type`, `set` and `get` for `write` and `read`. A value is a
//! string, or a number that stands for its JSON text. Without `ms` a sleep is random, up to a
//! second. Without `port_number` free ports are found. Without `clients`, or `requests`, there are
//! none.
//!
//! What may stand beside that:
//! - `"level"` in a read: it asks at a level of its own.
//! - `{"request_type": "transaction", "commands": [{"type": "set", "key": "a", "value": 1},
//!   {"type": "get", "key": "b"}]}`: all at one moment, of one agreed keyspace.
//! - `"value": null` in a read or a sleep: it says nothing.
//! - `"transport"`: what the clients of the file speak, `"resp"` or `"zmq"`; RESP without it. Over
//!   ZeroMQ there are no levels of reads and no `cas`, and no value is `None`, which is what a read
//!   says of nothing.
//! - `"keyspaces"`: which keys promise something of their own, with which the servers begin:
//!   `[{"name": "cache", "prefix": "cache:", "order": "merged", "level": "eventual"}]`, perhaps
//!   with `"allow": ["sequential"]`, the weaker levels that a read may name, or `["all"]`. The
//!   longest prefix wins; what has no keyspace is at the `consistency_level`.
//! - `"request_timeout_ms"`: how long a request may take; 3000 without it.
//! - `"workload"`: random operations from the seed of the run, by clients of their own.
//!   `{"clients": 6, "keys": 4, "duration_ms": 4000, "rate": 200, "reads": 50, "writes": 40, "cas":
//!   10, "appends": 5, "increments": 5, "deletes": 5, "transactions": 5, "prefixes": ["", "q:"],
//!   "levels": {"eventual": 20}, "wander": true}`; only `clients`, and `duration_ms` or
//!   `operations`, need be there. A list of such goes on side by side.
//! - `"faults"`: what is done to the servers. Each says when (`"at_ms"` since the start of the
//!   clients, or `"after_operations"` of all clients) and what:
//!
//! | what | value |
//! |---|---|
//! | `kill`, `restart`, `pause`, `resume` | servers: by SIGKILL, the same data, SIGSTOP, SIGCONT |
//! | `partition` | one server, groups such as `[[0], [1, 2]]`, or one way: `{"from": 0, "to": 1}` |
//! | `heal` | servers: the network from and to them is whole again |
//! | `delay` | milliseconds, or `{"ms": 50, "from": 0, "to": 1}` |
//! | `drop` | percent of pieces that break their connection, or `{"percent": 5, "to": 1}` |
//! | `clock` | `{"servers": 0, "offset_ms": 5000}` |
//! | `disk_full`, `disk_free`, `fsync_error` | servers |
//! | `disk_stall` | `{"servers": 0, "ms": 300}` |
//!
//!   Two servers reach each other in a partition if some group has both.
//!   Servers are a number, a list, or what they are when the fault comes: `leader`, `follower` (the
//!   first that does not lead), `followers`, `all`, `down`, `paused`.
//! - `"description"`, one line; `"shows"`, what is seen at each level; `"violates"`, for each level
//!   a stronger one that a run must be seen not to meet: `{"sequential": "linearizable"}`.
//!
//! A file is read whole or refused with everything that is wrong with it, each with its place.

mod fault;
mod faults;
mod fields;
mod json;
pub(crate) mod keyspaces;
pub(crate) mod level;
mod ports;
mod reader;
mod requests;
mod shows;
mod source;
mod spelling;
pub(crate) mod transport;
pub(crate) mod workload;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use history::{Level, LogOrder};

pub use fault::{Cut, Fault, Servers, Ways, What, When, Who};
pub use keyspaces::{Allow, KEYSPACES_MAX, Keyspace};
use source::Source;
pub use source::{Place, Problem, Refusal};
pub use transport::Transport;
pub use workload::Workload;

/// The largest file that is read.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// The most servers of a cluster; what a server itself accepts.
pub const SERVERS_MAX: usize = 31;
/// The most clients; each is a process.
pub const CLIENTS_MAX: usize = 256;
/// The most requests of one client.
pub const REQUESTS_MAX: usize = 100_000;
/// The longest key.
pub const KEY_BYTES_MAX: usize = 64 << 10;
/// The longest value.
pub const VALUE_BYTES_MAX: usize = 1 << 20;
/// The longest sleep.
pub const SLEEP_MS_MAX: u64 = 3_600_000;
/// The longest time that a workload or a fault may name.
pub const DURATION_MS_MAX: u64 = 3_600_000;
/// The most operations of a workload.
pub const OPERATIONS_MAX: u64 = 1_000_000;
/// The most keys of a workload.
pub const KEYS_MAX: u64 = 10_000;
/// The most faults.
pub const FAULTS_MAX: usize = 1_000;
/// How long a request may take; what a server itself accepts.
pub const REQUEST_TIMEOUT_MS: std::ops::RangeInclusive<u64> = 10..=3_600_000;
/// The longest text that says what a scenario is there for.
pub const TEXT_CHARS_MAX: usize = 400;
/// The greatest number of a client.
pub const CLIENT_NUMBER_MAX: u64 = u32::MAX as u64;

/// What a scenario file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How many servers there are; they are numbered from 0.
    pub servers: usize,
    /// The level that is promised of what has no keyspace, and at which reads are made there.
    pub level: Level,
    /// The keyspaces that promise something of their own.
    pub keyspaces: Vec<Keyspace>,
    /// The ports of each server, if the file names them.
    pub ports: Option<Vec<NamedPorts>>,
    /// What the clients speak.
    pub transport: Transport,
    /// The clients, as they stand in the file.
    pub clients: Vec<Client>,
    /// Random operations beside theirs.
    pub workloads: Vec<Workload>,
    /// What is done to the servers meanwhile, as it stands in the file.
    pub faults: Vec<Fault>,
    /// How long a request may take, if the file says so.
    pub request_timeout_ms: Option<u64>,
    /// What the scenario is about.
    pub description: Option<String>,
    /// What is seen at each level.
    pub shows: Vec<(Level, String)>,
    /// For a level, a stronger one that a run must be seen not to meet.
    pub violates: Vec<(Level, Level)>,
}

/// The ports of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Where clients are served.
    pub clients: u16,
    /// Where the other servers are received.
    pub peers: u16,
    /// Where clients of ZeroMQ are served.
    pub zmq: u16,
}

impl Ports {
    /// What each of the three is for.
    pub const PURPOSES: [&'static str; 3] = ["clients", "peers", "ZeroMQ clients"];

    /// The ports in the order of the file, which is that of [`Ports::PURPOSES`].
    pub fn all(&self) -> [u16; 3] {
        [self.clients, self.peers, self.zmq]
    }
}

/// The ports of one server as a file names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedPorts {
    /// The ports.
    pub ports: Ports,
    /// Where each of them stands.
    pub places: [Place; 3],
}

/// One client: its requests run one after another on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its number, which no other client has.
    pub number: u64,
    /// The server that it talks to.
    pub server: usize,
    /// What it does, in order.
    pub requests: Vec<Request>,
}

/// One request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Give a key a value.
    Write {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// Ask for the value of a key.
    Read {
        /// The key.
        key: String,
        /// At which level, if not the promised one.
        level: Option<Level>,
    },
    /// Do several things at one moment.
    Transaction {
        /// Writes and reads without levels, in order.
        commands: Vec<Request>,
    },
    /// Wait this many milliseconds.
    Sleep {
        /// How long.
        ms: u64,
    },
    /// Wait a random time between 0 and 1 s.
    SleepAtRandom,
}

impl Scenario {
    /// Reads a scenario file, to be run at its own level or at this one, and gives its text too;
    /// refused files come back with all that is wrong with them.
    pub fn load(path: &Path, instead: Option<Level>) -> Result<(Scenario, String), Refusal> {
        let name = path.display().to_string();
        let bytes = read(path)
            .map_err(|what| Refusal::of_file(&name, format!("cannot read it: {what}")))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            let what = format!("larger than {} MiB", FILE_BYTES_MAX >> 20);
            return Err(Refusal::of_file(&name, what));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let place = Source::new(&String::from_utf8_lossy(valid)).place(valid.len());
            Refusal::at(&name, place, "no UTF-8 text from here on; JSON is UTF-8".into())
        })?;
        Ok((Scenario::parse_at(&name, &text, instead)?, text))
    }

    /// Reads a scenario from its text; `file` is what to call it.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, Refusal> {
        Scenario::parse_at(file, text, None)
    }

    /// The same for a run at another level than its own.
    fn parse_at(file: &str, text: &str, instead: Option<Level>) -> Result<Scenario, Refusal> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::new(text);
        let value =
            json::parse(text, &source).map_err(|(place, what)| Refusal::at(file, place, what))?;
        reader::read(&value, &source, instead)
            .map_err(|problems| Refusal { file: file.into(), problems })
    }

    /// The same scenario with the level set aside, and with it what only people read and where in
    /// the file things stand: two that are equal in this do the same and differ at most in their
    /// level.
    pub(crate) fn but_for_level(&self) -> Scenario {
        let nowhere = Place { line: 1, column: 1 };
        let mut same = Scenario {
            level: Level::Linearizable,
            description: None,
            shows: vec![],
            ..self.clone()
        };
        for fault in &mut same.faults {
            fault.place = nowhere;
        }
        for named in same.ports.iter_mut().flatten() {
            named.places = [nowhere; 3];
        }
        same
    }

    /// How many requests are operations.
    pub fn operations(&self) -> usize {
        let is_operation =
            |request: &&Request| !matches!(request, Request::Sleep { .. } | Request::SleepAtRandom);
        self.clients.iter().map(|client| client.requests.iter().filter(is_operation).count()).sum()
    }

    /// All clients: those of the file, then those of its workloads, under the numbers that follow.
    pub fn all_clients(&self) -> Vec<Client> {
        let mut clients = self.clients.clone();
        let first = clients.iter().map(|client| client.number + 1).max().unwrap_or(0);
        let places = self.workloads.iter().flat_map(|workload| 0..workload.clients);
        let random = (first..).zip(places).map(|(number, place)| Client {
            number,
            server: place % self.servers,
            requests: vec![],
        });
        clients.extend(random);
        clients
    }

    /// How many operations its clients may ask, random ones included.
    pub fn operations_max(&self) -> u64 {
        let random = self.workloads.iter().map(Workload::operations_max);
        self.operations() as u64 + random.sum::<u64>()
    }

    /// The keyspace of a key, if one has it.
    pub fn keyspace(&self, key: &str) -> Option<&Keyspace> {
        keyspaces::longest(&self.keyspaces, key)
    }

    /// The order of what has no keyspace.
    pub(crate) fn default_order(&self) -> LogOrder {
        keyspaces::order_of(self.level)
    }

    /// Whether some keys have this order.
    pub(crate) fn has_order(&self, order: LogOrder) -> bool {
        self.default_order() == order || self.keyspaces.iter().any(|one| one.order == order)
    }

    /// What is promised, in words: the level, then each keyspace that has one of its own.
    pub fn promises(&self) -> String {
        let one = |one: &Keyspace| format!("{} {}", one.name, one.level);
        let all = std::iter::once(self.level.to_string()).chain(self.keyspaces.iter().map(one));
        all.collect::<Vec<_>>().join(", ")
    }

    /// The stronger level that a run must be seen not to meet.
    pub(crate) fn to_be_violated(&self) -> Option<Level> {
        let of_this = self.violates.iter().find(|(level, _)| *level == self.level);
        of_this.map(|(_, stronger)| *stronger)
    }

    /// What is seen at the level of the run.
    pub(crate) fn shown(&self) -> Option<&str> {
        let of_this = self.shows.iter().find(|(level, _)| *level == self.level);
        of_this.map(|(_, text)| text.as_str())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = vec![];
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPELLED: &str = r#"{"num_servers":2,"consistency_level":"LEVEL","description":"one",
        "port_number":{"0":[4000,4001,4002],"1":[4003,4004,4005]},
        "faults":[{"at_ms":5,"kill":0}],
        "clients":[{"client_number":0,"server_number":1,"requests":[
            {"type":"set","key":"a","value":1},{"type":"get","key":"a"}]}]}"#;
    /// The same in other words, in another order, and in other places.
    const RESPELLED: &str = r#"
        { "description": "two",
          "clients": [ { "requests": [ {"request_type": "write", "key": "a", "value": "1"},
                                       {"key": "a", "request_type": "read"} ],
                         "server_number": 1, "client_number": 0 } ],
          "consistency_level": "LEVEL", "num_servers": 2,
          "faults": [ { "kill": [0],
                        "at_ms": 5 } ],
          "port_number": { "0": [4000, 4001, 4002], "1": [4003, 4004, 4005] } }"#;

    fn kind(text: &str, level: &str) -> Scenario {
        Scenario::parse("f", &text.replace("LEVEL", level)).unwrap().but_for_level()
    }

    #[test]
    fn what_does_the_same_is_equal_but_for_its_level() {
        let one = kind(SPELLED, "linearizability");
        for level in ["linearizable", "sequential", "causal", "eventual"] {
            assert_eq!(kind(RESPELLED, level), one);
        }
        let differences = [
            (r#""value":1"#, r#""value":2"#),
            (r#""key":"a"}]"#, r#""key":"b"}]"#),
            (r#""server_number":1"#, r#""server_number":0"#),
            (r#""client_number":0"#, r#""client_number":7"#),
            (r#""at_ms":5"#, r#""at_ms":6"#),
            (r#""kill":0"#, r#""kill":1"#),
            ("4005", "4006"),
            (r#""num_servers":2,"#, r#""num_servers":2,"request_timeout_ms":50,"#),
        ];
        for (from, to) in differences {
            assert!(SPELLED.contains(from), "{from} stands in the file");
            assert_ne!(kind(&SPELLED.replace(from, to), "sequential"), one, "{to}");
        }
    }
}
