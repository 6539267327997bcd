//! A load of which every operation is recorded as a history, for the judge.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use redis::{Connection, RedisError, RedisResult, cmd};

use super::Server;

/// How many keys there are.
const KEYS: u64 = 24;
/// Clients at each server.
const CLIENTS: usize = 2;
/// How long an answer may take; then it is unknown.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// A client that finds nobody tries again after this.
const RETRY: Duration = Duration::from_millis(20);
/// Between two operations of a client.
const PAUSE: Duration = Duration::from_millis(1);

/// What was recorded so far.
#[derive(Debug)]
pub(crate) struct Recording {
    begun: Instant,
    level: &'static str,
    /// Values have so much beside their number, so that logs and snapshots grow.
    padding_max: u64,
    lines: Mutex<String>,
    clients: AtomicU64,
    values: AtomicU64,
    acknowledged: AtomicU64,
    /// How many operations have an unknown outcome.
    unknown: AtomicU64,
    /// When the last write was acknowledged, and the longest time between two, in nanoseconds.
    acknowledged_ns: AtomicU64,
    gap_ns: AtomicU64,
    ends: AtomicBool,
}

/// What a client heard.
enum Heard {
    Done(Option<String>),
    Refused,
    Nothing,
}

impl Recording {
    /// Nothing yet; `level` is what the store promises.
    pub(crate) fn new(level: &'static str, padding_max: u64) -> Recording {
        Recording {
            begun: Instant::now(),
            level,
            padding_max,
            lines: Mutex::default(),
            clients: AtomicU64::new(0),
            values: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            acknowledged_ns: AtomicU64::new(0),
            gap_ns: AtomicU64::new(0),
            ends: AtomicBool::new(false),
        }
    }

    /// How many writes were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// How many operations have an unknown outcome.
    pub(crate) fn unknown(&self) -> u64 {
        self.unknown.load(Ordering::Relaxed)
    }

    /// The longest time between two acknowledged writes, whoever wrote them.
    pub(crate) fn gap(&self) -> Duration {
        Duration::from_nanos(self.gap_ns.load(Ordering::Relaxed))
    }

    /// Has clients read and write at these ports, whatever becomes of the servers there, until this
    /// is done.
    pub(crate) fn during<T>(&self, ports: &[u16], work: impl FnOnce() -> T) -> T {
        self.ends.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            for port in ports.iter().flat_map(|port| [*port; CLIENTS]) {
                scope.spawn(move || self.client(&[port]));
            }
            // Also if it fails.
            let _ends = EndsWith(&self.ends);
            work()
        })
    }

    /// The same, by clients that go on at the next port when one takes them no more: where they are
    /// refused, they leave at once.
    pub(crate) fn during_moving<T>(&self, ports: &[u16], work: impl FnOnce() -> T) -> T {
        self.ends.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            for first in (0..ports.len()).flat_map(|first| [first; CLIENTS]) {
                scope.spawn(move || self.client(&[&ports[first..], &ports[..first]].concat()));
            }
            // Also if it fails.
            let _ends = EndsWith(&self.ends);
            work()
        })
    }

    /// A client that goes from one of these ports to the next.
    fn client(&self, ports: &[u16]) {
        let mut chance = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(self.number() + 1);
        for (tries, port) in ports.iter().cycle().enumerate() {
            if self.ends.load(Ordering::Relaxed) {
                return;
            }
            match connect(*port) {
                Ok(connection) => self.session(connection, &mut chance, ports.len() > 1),
                // Others may be there.
                Err(_) if (tries + 1) % ports.len() != 0 => {}
                Err(_) => sleep(RETRY),
            }
        }
    }

    fn number(&self) -> u64 {
        self.clients.fetch_add(1, Ordering::Relaxed)
    }

    /// Asks over one connection until that breaks, or until it is refused if it is to leave then.
    fn session(&self, mut connection: Connection, chance: &mut u64, leaves: bool) {
        let client = self.number();
        while !self.ends.load(Ordering::Relaxed) {
            let drawn = draw(chance);
            let key = format!("key-{}", drawn % KEYS);
            let heard = match drawn >> 32 & 1 {
                0 => self.read(&mut connection, client, &key, false),
                _ => self.write(&mut connection, client, &key, drawn >> 33),
            };
            match heard {
                Heard::Done(_) => {}
                Heard::Refused if !leaves => {}
                Heard::Refused | Heard::Nothing => return,
            }
            sleep(PAUSE);
        }
    }

    fn write(&self, connection: &mut Connection, client: u64, key: &str, drawn: u64) -> Heard {
        let number = self.values.fetch_add(1, Ordering::Relaxed).to_string();
        let padding = (drawn % (self.padding_max + 1)) as usize;
        let value = format!("{number}:{}", "x".repeat(padding));
        let start = self.now();
        let heard = heard(cmd("SET").arg(key).arg(value).query::<()>(connection).map(|()| None));
        if matches!(heard, Heard::Done(_)) {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
            let now_ns = self.now() as u64;
            let before_ns = self.acknowledged_ns.fetch_max(now_ns, Ordering::Relaxed);
            if before_ns > 0 {
                self.gap_ns.fetch_max(now_ns.saturating_sub(before_ns), Ordering::Relaxed);
            }
        }
        let what = format!("\"kind\":\"write\",\"value\":{number}");
        self.note(client, key, &what, start, &heard);
        heard
    }

    fn read(&self, connection: &mut Connection, client: u64, key: &str, is_final: bool) -> Heard {
        let start = self.now();
        let heard = heard(cmd("GET").arg(key).query::<Option<String>>(connection));
        let found = match &heard {
            Heard::Done(None) => ",\"value\":null".into(),
            Heard::Done(Some(value)) => format!(",\"value\":{}", number_of(value)),
            Heard::Refused | Heard::Nothing => String::new(),
        };
        let more = if is_final { ",\"final\":true" } else { "" };
        self.note(client, key, &format!("\"kind\":\"read\"{found}{more}"), start, &heard);
        heard
    }

    /// Nanoseconds since this was begun.
    fn now(&self) -> u128 {
        self.begun.elapsed().as_nanos()
    }

    fn note(&self, client: u64, key: &str, what: &str, start: u128, heard: &Heard) {
        let now = self.now();
        if matches!(heard, Heard::Nothing) {
            self.unknown.fetch_add(1, Ordering::Relaxed);
        }
        let end = match heard {
            Heard::Nothing => "null".into(),
            Heard::Done(_) => now.to_string(),
            Heard::Refused => format!("{now},\"refused\":true"),
        };
        let mut lines = self.lines.lock().unwrap();
        writeln!(
            lines,
            "{{\"client\":{client},\"key\":\"{key}\",{what},\"start\":{start},\"end\":{end}}}"
        )
        .unwrap();
    }

    /// Reads every key at each server, and has the judge look at all that was recorded: nothing
    /// that was acknowledged is lost, and no read was wrong.
    #[track_caller]
    pub(crate) fn judge<'s>(&self, servers: impl IntoIterator<Item = &'s Server>, home: &Path) {
        for server in servers {
            let (mut connection, client) = (server.client(), self.number());
            for key in 0..KEYS {
                let key = format!("key-{key}");
                let heard = self.read(&mut connection, client, &key, true);
                assert!(matches!(heard, Heard::Done(_)), "{key} is not answered");
            }
        }
        let path = home.join("history.jsonl");
        let head = format!("{{\"candor_history\":1,\"unit\":\"ns\",\"level\":\"{}\"}}", self.level);
        std::fs::write(&path, format!("{head}\n{}", self.lines.lock().unwrap())).unwrap();
        let mut check = Command::new(env!("CARGO_BIN_EXE_candor"));
        let judged = check.args(["check", "--level", self.level]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&judged.stdout);
        if !judged.status.success() {
            let kept = std::env::temp_dir().join(format!("violated-{}.jsonl", std::process::id()));
            std::fs::copy(&path, &kept).unwrap();
            panic!("{}: {said}", kept.display());
        }
        println!("{}", said.lines().next().unwrap_or_default());
    }
}

/// Tells the clients to end, however what they go on beside ends.
struct EndsWith<'a>(&'a AtomicBool);

impl Drop for EndsWith<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn connect(port: u16) -> RedisResult<Connection> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/"))?;
    let connection = client.get_connection_with_timeout(ANSWER_WITHIN)?;
    connection.set_read_timeout(Some(ANSWER_WITHIN))?;
    Ok(connection)
}

fn heard(answer: RedisResult<Option<String>>) -> Heard {
    match answer {
        Ok(value) => Heard::Done(value),
        Err(error) if is_refusal(&error) => Heard::Refused,
        Err(_) => Heard::Nothing,
    }
}

/// Whether the store says that it did nothing and will do nothing.
fn is_refusal(error: &RedisError) -> bool {
    error.code().is_some_and(|code| code != "INDETERMINATE")
}

/// The number that a value begins with. A value without one is no value of ours.
fn number_of(value: &str) -> u64 {
    let number = value.split_once(':').and_then(|(number, _)| number.parse().ok());
    number.unwrap_or(u64::MAX >> 2)
}

/// The next of some numbers without order (xorshift).
pub(crate) fn draw(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
