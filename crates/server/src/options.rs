//! What a server is told at its start, and whether that makes sense.

mod bounds;
mod file;
mod join;
mod keyspaces;
pub(crate) mod once;
mod size;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use node::{BOUND_MS, Beginning, Definition, Level, Limits, OnceWanted, Order};

use crate::Error;

/// The most members of a cluster.
const MEMBERS_MAX: usize = 31;
/// The shortest and the longest request timeout, in milliseconds.
const REQUEST_TIMEOUT_MS: RangeInclusive<u64> = 10..=3_600_000;

/// The least and the greatest cap on clock drift, in milliseconds: less could not be measured.
const MAX_CLOCK_DRIFT_MS: RangeInclusive<u64> = 10..=86_400_000;

/// The least and the greatest of what may be said in bytes: less would be passed by a single great
/// request.
const BYTES: RangeInclusive<u64> = 64 << 10..=1 << 40;
/// The least and the greatest time between two digests, in milliseconds.
const DIGEST_INTERVAL_MS: RangeInclusive<u64> = 100..=86_400_000;
/// The longest time between two snapshots that may be asked for, in seconds: a year.
const SNAPSHOT_AGE_S_MAX: u64 = 365 * 24 * 60 * 60;

/// What a server is told at its start. The default is one node by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Who this node is; at least 1.
    pub id: u64,
    /// Where clients are served, `HOST:PORT`; port 0 takes a free one.
    pub listen: String,
    /// Where clients of ZeroMQ are served, `HOST:PORT`; `None`: nowhere.
    pub zmq_listen: Option<String>,
    /// Where peers are received, `HOST:PORT`; `None`: at this node's own address in `peers`.
    /// Without `peers` it is also what the others are told.
    pub peer_listen: Option<String>,
    /// The first members of the cluster and where each receives its peers, this node included;
    /// empty: a node by itself, or one that knows from its disk or will be told.
    pub peers: Vec<(u64, String)>,
    /// Where members of the cluster are that this node is to join, `HOST:PORT` each; empty: it
    /// joins none, or has joined.
    pub join: Vec<String>,
    /// Members that are somewhere else than the log says, and where; until it says the same. It is
    /// said once, by hand: a configuration file cannot say it.
    pub dial: Vec<(u64, String)>,
    /// Where the data lies; made if it is not there.
    pub data_dir: PathBuf,
    /// The order of the keyspace `default`.
    pub order: Order,
    /// The default level of the keyspace `default`.
    pub level: Level,
    /// The keyspaces beside `default` with which a cluster begins that nobody has told of any.
    pub keyspaces: Vec<Definition>,
    /// The limits of `ONCE` with which a cluster begins in which nobody has set any.
    pub once: OnceWanted,
    /// How long a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How far apart the nodes' clocks may be, in milliseconds.
    pub max_clock_drift_ms: u64,
    /// A snapshot is taken once so many bytes of log lie behind the last one, or twice its size if
    /// that is more.
    pub snapshot_log_bytes: u64,
    /// A snapshot is taken after so many seconds, if anything was written; 0: never for its age.
    pub snapshot_age_s: u64,
    /// So many bytes of each log are kept in memory for members that are behind.
    pub log_memory_bytes: u64,
    /// So many bytes of a snapshot that is being written may wait in memory.
    pub snapshot_memory_bytes: u64,
    /// What clients may ask and hold, and how much memory there is.
    pub bounds: Bounds,
    /// The state of all members is compared after so many milliseconds, if anything was written.
    pub digest_interval_ms: u64,
    /// Whether clients on other machines are refused: there is no password that they could give.
    pub protected_mode: bool,
    /// Whether clients may break this node, for tests.
    pub test_mode: bool,
    /// Whether a node that stopped because its state differs from that of a majority starts again
    /// without it. It is said once, by hand: a configuration file cannot say it.
    pub discard_state: bool,
    /// Whether the server ends when its standard input does.
    pub exit_with_stdin: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            id: 1,
            listen: "127.0.0.1:6379".into(),
            zmq_listen: None,
            peer_listen: None,
            peers: vec![],
            join: vec![],
            dial: vec![],
            data_dir: "./candor-data".into(),
            order: Order::Agreed,
            level: Level::Linearizable,
            keyspaces: vec![],
            once: OnceWanted::default(),
            request_timeout_ms: 3000,
            max_clock_drift_ms: 500,
            snapshot_log_bytes: 256 << 20,
            snapshot_age_s: 0,
            log_memory_bytes: 64 << 20,
            snapshot_memory_bytes: 64 << 20,
            bounds: Bounds::default(),
            digest_interval_ms: 60_000,
            protected_mode: true,
            test_mode: false,
            discard_state: false,
            exit_with_stdin: false,
        }
    }
}

impl Options {
    /// Where peers are received, if there may be any.
    pub(crate) fn peer_address(&self) -> Option<&str> {
        let own = self.peers.iter().find(|(id, _)| *id == self.id);
        self.peer_listen.as_deref().or(own.map(|(_, address)| address.as_str()))
    }

    /// Whether this node is to join a cluster.
    pub(crate) fn joins(&self) -> bool {
        !self.join.is_empty()
    }

    /// How much may wait in the node, and go together.
    pub(crate) fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            kept_bytes: self.log_memory_bytes as usize,
            snapshot_log_bytes: self.snapshot_log_bytes,
            snapshot_age_ms: 1000 * self.snapshot_age_s,
            spool_bytes: self.snapshot_memory_bytes as usize,
            // What is kept of both kinds together is no more than the backlog.
            lag_bytes: usual.lag_bytes.min(self.bounds.log_backlog_bytes / 2),
            waiting_bytes: self.bounds.waiting_bytes as usize,
            told_bytes: usual.told_bytes.min(self.bounds.waiting_bytes as usize),
            max_memory_merged: self.bounds.max_memory_merged,
            digest_ms: self.digest_interval_ms,
            ..usual
        }
    }

    /// What a cluster begins with that nobody has told anything else.
    pub(crate) fn beginning(&self) -> Beginning {
        Beginning { keyspaces: self.keyspaces.clone(), once: self.once }
    }

    /// Whether all of this can be had together.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_each()?;
        self.check_own_place()?;
        self.check_join()?;
        check_consistency(self.order, self.level)
    }

    /// Whether each may be so, whatever the others say. A refusal begins with the flag.
    fn check_each(&self) -> Result<(), Error> {
        if self.id == 0 {
            return Err(Error::configuration("--id 0 is not an id\n  hint: ids begin at 1"));
        }
        check_members("--peers", &self.peers)?;
        check_members("--dial", &self.dial)?;
        self.check_join_addresses()?;
        check_address("--listen", &self.listen)?;
        if let Some(address) = &self.zmq_listen {
            check_address("--zmq-listen", address)?;
        }
        if let Some(address) = &self.peer_listen {
            check_address("--peer-listen", address)?;
        }
        if !REQUEST_TIMEOUT_MS.contains(&self.request_timeout_ms) {
            return Err(Error::configuration(format!(
                "--request-timeout {} is not between {} and {} ms\n  hint: the default is 3000",
                self.request_timeout_ms,
                REQUEST_TIMEOUT_MS.start(),
                REQUEST_TIMEOUT_MS.end()
            )));
        }
        if !MAX_CLOCK_DRIFT_MS.contains(&self.max_clock_drift_ms) {
            return Err(Error::configuration(format!(
                "--max-clock-drift {} is not between {} and {} ms\n  hint: the default is 500",
                self.max_clock_drift_ms,
                MAX_CLOCK_DRIFT_MS.start(),
                MAX_CLOCK_DRIFT_MS.end()
            )));
        }
        if !DIGEST_INTERVAL_MS.contains(&self.digest_interval_ms) {
            return Err(Error::configuration(format!(
                "--digest-interval {} is not between {} and {} ms\n  hint: the default is 60000",
                self.digest_interval_ms,
                DIGEST_INTERVAL_MS.start(),
                DIGEST_INTERVAL_MS.end()
            )));
        }
        self.check_snapshots()?;
        self.bounds.check()?;
        once::check(self.once)
    }

    fn check_snapshots(&self) -> Result<(), Error> {
        check_bytes("--snapshot-log-size", self.snapshot_log_bytes, "256mb")?;
        check_bytes("--log-memory", self.log_memory_bytes, "64mb")?;
        check_bytes("--snapshot-memory", self.snapshot_memory_bytes, "64mb")?;
        if self.snapshot_age_s > SNAPSHOT_AGE_S_MAX {
            return Err(Error::configuration(format!(
                "--snapshot-age {} is more than {SNAPSHOT_AGE_S_MAX} seconds, which is a year\n  hint: with 0, snapshots \
                 are taken for the size of the log alone",
                self.snapshot_age_s
            )));
        }
        Ok(())
    }

    /// Whether this node is among the members.
    fn check_own_place(&self) -> Result<(), Error> {
        if !self.peers.is_empty() && !self.peers.iter().any(|(id, _)| *id == self.id) {
            return Err(Error::configuration(format!(
                "--peers does not list this node, --id {}\n  hint: --peers lists all members, this \
                 one included: {}={}",
                self.id,
                self.id,
                self.peer_listen.as_deref().unwrap_or("HOST:PORT")
            )));
        }
        Ok(())
    }
}

/// Whether so many bytes may be said of this flag.
fn check_bytes(flag: &str, bytes: u64, default: &str) -> Result<(), Error> {
    if BYTES.contains(&bytes) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "{flag} {bytes} is not between {} and {} bytes\n  hint: the default is {default}",
        BYTES.start(),
        BYTES.end()
    )))
}

/// Whether this level can be had over this order.
fn check_consistency(order: Order, level: Level) -> Result<(), Error> {
    match (order, level) {
        (Order::Merged, Level::Linearizable | Level::Bounded { .. } | Level::Sequential) => {
            Err(Error::configuration(format!(
                "a merged keyspace has no {level} reads\n  hint: take causal or eventual with the merged \
                 order, or {level} with the agreed one"
            )))
        }
        _ => Ok(()),
    }
}

/// Whether this looks like `HOST:PORT`. Whether the host exists, only the system can tell.
pub(crate) fn check_address(flag: &str, address: &str) -> Result<(), Error> {
    if is_address(address) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "{flag}: {address:?} is not HOST:PORT\n  hint: for example 127.0.0.1:6379, or [::1]:6379"
    )))
}

/// Whether this looks like `HOST:PORT`.
pub(crate) fn is_address(address: &str) -> bool {
    let both = address.rsplit_once(':');
    both.is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok())
}

/// Whether the port of this address is 0, which is none.
fn has_no_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(_, port)| port.parse() == Ok(0_u16))
}

/// Whether this may be the name or the number of a host: what separates the parts of a list is
/// never part of one.
fn is_host(host: &str) -> bool {
    let in_brackets = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (host, marks) = in_brackets.map_or((host, "._-"), |inner| (inner, ":.%"));
    !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || marks.contains(c))
}

pub use bounds::Bounds;
pub use join::parse_join;
pub use size::parse_size;

/// Of a list of members, ids at least 1 and each once, addresses each once.
fn check_members(flag: &str, members: &[(u64, String)]) -> Result<(), Error> {
    if members.len() > MEMBERS_MAX {
        return Err(Error::configuration(format!(
            "{flag} lists {} members\n  hint: a cluster has at most {MEMBERS_MAX}; 3 or 5 \
             are usual",
            members.len()
        )));
    }
    for (place, (id, address)) in members.iter().enumerate() {
        if *id == 0 {
            return Err(Error::configuration(format!(
                "{flag}: 0={address} has the id 0\n  hint: ids begin at 1"
            )));
        }
        check_address(flag, address)?;
        if has_no_port(address) {
            return Err(Error::configuration(format!(
                "{flag}: {id}={address} has no port that the others could dial\n  hint: give \
                 the port that node {id} receives its peers on"
            )));
        }
        for (other, taken) in &members[..place] {
            if other == id {
                return Err(Error::configuration(format!(
                    "{flag}: the id {id} is listed twice\n  hint: each member has its own id"
                )));
            }
            if taken == address {
                return Err(Error::configuration(format!(
                    "{flag}: {address} is the address of both node {other} and node {id}\n  \
                     hint: each member has its own address"
                )));
            }
        }
    }
    Ok(())
}

/// Reads a list of members, `ID=HOST:PORT,…`, as flags and configuration files give it. One that
/// lists nobody is refused: it is more likely a variable that is not set than a node by itself.
pub fn parse_peers(text: &str) -> Result<Vec<(u64, String)>, Error> {
    let hint = "it lists all members, as in --peers \
                1=10.0.0.1:7000,2=10.0.0.2:7000,3=10.0.0.3:7000; a node by itself goes without it";
    parse_members("--peers", text, hint)
}

/// Reads a list of members that are somewhere else than their cluster knows, as the flag gives it.
pub fn parse_dial(text: &str) -> Result<Vec<(u64, String)>, Error> {
    let hint = "it lists members that are somewhere else than their cluster knows, as in --dial \
                2=10.0.0.2:7000";
    parse_members("--dial", text, hint)
}

fn parse_members(flag: &str, text: &str, hint: &str) -> Result<Vec<(u64, String)>, Error> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let members: Vec<_> = parts.map(|part| parse_peer(flag, part)).collect::<Result<_, _>>()?;
    if members.is_empty() {
        return Err(Error::configuration(format!("{flag}: {text:?} lists nobody\n  hint: {hint}")));
    }
    Ok(members)
}

fn parse_peer(flag: &str, text: &str) -> Result<(u64, String), Error> {
    text.split_once('=')
        .and_then(|(id, address)| Some((id.trim().parse().ok()?, address.trim().to_owned())))
        .ok_or_else(|| {
            Error::configuration(format!(
                "{flag}: {text:?} is not ID=HOST:PORT\n  hint: for example \
                 {flag} 1=10.0.0.1:7000,2=10.0.0.2:7000,3=10.0.0.3:7000"
            ))
        })
}

/// Reads the name of a level as flags and scenario files give it, and with it the order of the
/// keyspace `default`.
pub fn parse_level(name: &str) -> Result<(Order, Level), Error> {
    let Some(level) = level_of(name) else {
        return Err(Error::configuration(format!(
            "--level {name:?} is not a level\n  hint: linearizable, bounded:<ms> (1 to 3600000), sequential, causal or \
             eventual"
        )));
    };
    let order = match level {
        Level::Linearizable | Level::Bounded { .. } | Level::Sequential => Order::Agreed,
        Level::Causal | Level::Eventual => Order::Merged,
    };
    Ok((order, level))
}

/// The level that is called so.
fn level_of(name: &str) -> Option<Level> {
    match name {
        "linearizability" | "linearizable" => Some(Level::Linearizable),
        "sequential" => Some(Level::Sequential),
        "causal" => Some(Level::Causal),
        "eventual" => Some(Level::Eventual),
        _ => {
            let ms = name.strip_prefix("bounded:")?;
            let is_number = ms.bytes().all(|byte| byte.is_ascii_digit());
            let ms = ms.parse().ok().filter(|ms| is_number && BOUND_MS.contains(ms))?;
            Some(Level::Bounded { ms })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn three() -> Options {
        let peers = parse_peers("1=127.0.0.1:7001, 2=127.0.0.1:7002,3=[::1]:7003").unwrap();
        Options { id: 2, peers, ..Options::default() }
    }

    /// The options are refused as bad configuration, and the text holds this.
    #[track_caller]
    pub(super) fn refused(options: Options, needle: &str) {
        let error = options.check().unwrap_err();
        assert_eq!(error.exit_code, 78);
        assert!(error.reason.contains(needle), "{error} lacks {needle:?}");
        assert!(error.reason.contains("\n  hint: "), "{error} has no hint");
    }

    #[test]
    fn good_options_pass() {
        Options::default().check().unwrap();
        three().check().unwrap();
    }

    #[test]
    fn bad_members_are_refused() {
        refused(Options { id: 0, ..Options::default() }, "--id 0");
        refused(Options { id: 4, ..three() }, "does not list this node, --id 4");
        let with = |text| Options { peers: parse_peers(text).unwrap(), ..three() };
        refused(with("0=a:1,2=b:1"), "0=a:1");
        refused(with("2=a:1,2=b:1"), "the id 2 is listed twice");
        refused(with("1=a:1,2=a:1"), "both node 1 and node 2");
        refused(with("1=a:0,2=a:1"), "1=a:0");
        refused(with("1=a,2=a:1"), "\"a\" is not HOST:PORT");
        refused(with("1=a:1;2=b:2"), "\"a:1;2=b:2\" is not HOST:PORT");
        refused(with("1=a:1 2=b:2"), "\"a:1 2=b:2\" is not HOST:PORT");
        refused(with("1=::1:1,2=b:2"), "\"::1:1\" is not HOST:PORT");
        refused(with("1=http://a:1,2=b:2"), "\"http://a:1\" is not HOST:PORT");
        let peers = (1..=32).map(|id| (id, format!("a:{id}"))).collect();
        refused(Options { peers, ..three() }, "--peers lists 32 members");
    }

    #[test]
    fn who_is_somewhere_else_is_in_a_list_like_any_other() {
        let with = |text| Options { dial: parse_dial(text).unwrap(), ..three() };
        with("2=a:1, 9=[::1]:1").check().unwrap();
        refused(with("0=a:1"), "--dial: 0=a:1 has the id 0");
        refused(with("2=a:1,2=b:1"), "--dial: the id 2 is listed twice");
        refused(with("2=a:1,3=a:1"), "--dial: a:1 is the address of both node 2 and node 3");
        refused(with("2=a:0"), "--dial: 2=a:0 has no port");
        refused(with("2=a"), "--dial: \"a\" is not HOST:PORT");
        let dial = (1..=32).map(|id| (id, format!("a:{id}"))).collect();
        refused(Options { dial, ..three() }, "--dial lists 32 members");
        for (text, reason) in [("a:1", "\"a:1\" is not ID=HOST:PORT"), (" ,", "lists nobody")] {
            let error = parse_dial(text).unwrap_err();
            let is_of_flag = error.reason.starts_with("--dial: ") && error.reason.contains(reason);
            assert!(error.exit_code == 78 && is_of_flag, "{error}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        refused(Options { listen: "6379".into(), ..three() }, "--listen");
        refused(Options { listen: ":6379".into(), ..three() }, "--listen");
        refused(Options { listen: "a:70000".into(), ..three() }, "--listen");
        refused(Options { peer_listen: Some("a".into()), ..three() }, "--peer-listen");
        refused(Options { zmq_listen: Some("tcp://a:1".into()), ..three() }, "--zmq-listen");
        refused(Options { request_timeout_ms: 0, ..three() }, "--request-timeout 0");
        refused(Options { max_clock_drift_ms: 9, ..three() }, "--max-clock-drift 9");
        refused(Options { snapshot_log_bytes: 1, ..three() }, "--snapshot-log-size 1 is not");
        refused(Options { log_memory_bytes: 0, ..three() }, "--log-memory 0 is not");
        refused(Options { snapshot_memory_bytes: 2 << 40, ..three() }, "--snapshot-memory 2199");
        refused(Options { digest_interval_ms: 0, ..three() }, "--digest-interval 0 is not");
        refused(Options { snapshot_age_s: u64::MAX, ..three() }, "--snapshot-age 18446744");
        let with = |bounds| Options { bounds, ..three() };
        let usual = Bounds::default;
        refused(with(Bounds { max_key_bytes: 0, ..usual() }), "--max-key-size 0 is not between 1");
        refused(with(Bounds { max_value_bytes: 17 << 20, ..usual() }), "--max-value-size 17825792");
        refused(with(Bounds { max_pipeline: 0, ..usual() }), "--max-pipeline 0 is not");
        refused(with(Bounds { max_clients: 65_537, ..usual() }), "--maxclients 65537 is not");
        refused(with(Bounds { client_bytes: 1, ..usual() }), "--client-memory 1 is not");
        refused(with(Bounds { clients_bytes: 1, ..usual() }), "--maxmemory-clients 1 is not");
        refused(with(Bounds { log_backlog_bytes: 1, ..usual() }), "--log-backlog 1 is not");
        refused(with(Bounds { waiting_bytes: 1, ..usual() }), "--waiting-memory 1 is not");
        refused(Options { order: Order::Merged, ..three() }, "no linearizable reads");
    }

    #[test]
    fn names_of_levels() {
        assert_eq!(parse_level("linearizability"), Ok((Order::Agreed, Level::Linearizable)));
        assert_eq!(parse_level("eventual"), Ok((Order::Merged, Level::Eventual)));
        assert_eq!(parse_level("causal"), Ok((Order::Merged, Level::Causal)));
        assert_eq!(parse_level("bounded:100"), Ok((Order::Agreed, Level::Bounded { ms: 100 })));
        for name in
            ["bounded", "bounded:", "bounded:0", "bounded:3600001", "bounded:1.5", "bounded:+5"]
        {
            assert!(parse_level(name).unwrap_err().reason.contains("bounded:<ms>"), "{name}");
        }
        assert!(parse_level("strong").unwrap_err().reason.contains("not a level"));
    }

    #[test]
    fn lists_of_peers() {
        for text in ["", ",", " , "] {
            let error = parse_peers(text).unwrap_err();
            assert!(error.exit_code == 78 && error.reason.contains("lists nobody"), "{error}");
        }
        assert_eq!(parse_peers("7=h:1").unwrap(), vec![(7, "h:1".to_owned())]);
        for text in ["h:1", "x=h:1", "-1=h:1", "1"] {
            assert!(parse_peers(text).unwrap_err().reason.contains("is not ID=HOST:PORT"));
        }
    }
}
