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
//! `type` may stand for `request_type`, `set` and `get` for `write` and `read`. A value is a string,
//! or a number that stands for its JSON text. Without `ms` a sleep is random, up to a second. Without
//! `port_number` free ports are found. Without `clients`, or `requests`, there are none.
//!
//! A file is read whole or refused with everything that is wrong with it, each with its place.

mod fields;
mod json;
mod ports;
mod reader;
mod source;
mod spelling;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use history::Level;

use source::Source;
pub use source::{Place, Problem, Refusal};

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
/// The greatest number of a client.
pub const CLIENT_NUMBER_MAX: u64 = u32::MAX as u64;

/// What a scenario file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How many servers there are; they are numbered from 0.
    pub servers: usize,
    /// The level that is promised, and at which reads are made.
    pub level: Level,
    /// The ports of each server, if the file names them.
    pub ports: Option<Vec<Ports>>,
    /// The clients, as they stand in the file.
    pub clients: Vec<Client>,
}

/// The ports of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Where clients are served.
    pub clients: u16,
    /// Where the other servers are received.
    pub peers: u16,
    /// Kept for administration.
    pub admin: u16,
}

impl Ports {
    /// What each of the three is for.
    pub const PURPOSES: [&'static str; 3] = ["clients", "peers", "admin"];

    /// The ports in the order of the file, which is that of [`Ports::PURPOSES`].
    pub fn all(&self) -> [u16; 3] {
        [self.clients, self.peers, self.admin]
    }
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
    /// Reads a scenario file, and gives its text too; refused files come back with all that is wrong
    /// with them.
    pub fn load(path: &Path) -> Result<(Scenario, String), Refusal> {
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
        Ok((Scenario::parse(&name, &text)?, text))
    }

    /// Reads a scenario from its text; `file` is what to call it.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, Refusal> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::new(text);
        let value =
            json::parse(text, &source).map_err(|(place, what)| Refusal::at(file, place, what))?;
        reader::read(&value, &source).map_err(|problems| Refusal { file: file.into(), problems })
    }

    /// How many requests are writes or reads.
    pub fn operations(&self) -> usize {
        let is_operation =
            |request: &&Request| matches!(request, Request::Write { .. } | Request::Read { .. });
        self.clients.iter().map(|client| client.requests.iter().filter(is_operation).count()).sum()
    }

    /// Whether some sleep is random, so that the seed matters.
    pub fn has_chance(&self) -> bool {
        self.clients.iter().any(|client| client.requests.contains(&Request::SleepAtRandom))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = vec![];
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
