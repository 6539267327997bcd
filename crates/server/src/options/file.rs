//! The configuration file: the same names as the flags, in TOML.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use node::OnceWanted;
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::keyspaces::{self, Keyspace};
use super::size::Size;
use super::{Bounds, Options, parse_join, parse_level, parse_peers};
use crate::Error;

/// What a file may say. What it does not say stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    id: Option<u64>,
    listen: Option<String>,
    zmq_listen: Option<String>,
    peer_listen: Option<String>,
    peers: Option<Spanned<String>>,
    join: Option<Spanned<String>>,
    data_dir: Option<PathBuf>,
    level: Option<Spanned<String>>,
    #[serde(default)]
    keyspace: Vec<Keyspace>,
    request_timeout: Option<u64>,
    max_clock_drift: Option<u64>,
    snapshot_log_size: Option<Size>,
    snapshot_age: Option<u64>,
    log_memory: Option<Size>,
    snapshot_memory: Option<Size>,
    max_key_size: Option<Size>,
    max_value_size: Option<Size>,
    max_pipeline: Option<u64>,
    maxclients: Option<u64>,
    client_memory: Option<Size>,
    maxmemory_clients: Option<Size>,
    log_backlog: Option<Size>,
    waiting_memory: Option<Size>,
    maxmemory: Option<Size>,
    maxmemory_merged: Option<Size>,
    once_retention_ms: Option<u64>,
    once_ids: Option<u64>,
    once_ahead_ms: Option<u64>,
    digest_interval: Option<u64>,
    protected_mode: Option<bool>,
    test_mode: Option<bool>,
}

impl Options {
    /// These options, with what the configuration file at this path says in their place.
    ///
    /// ```toml
    /// id = 1
    /// listen = "10.0.0.1:6379"
    /// peers = "1=10.0.0.1:7000,2=10.0.0.2:7000,3=10.0.0.3:7000"
    /// level = "sequential"
    ///
    /// [[keyspace]]
    /// name = "carts"
    /// prefix = "cart:"
    /// order = "merged"
    /// level = "causal"
    /// allow = ["eventual"]
    /// ```
    pub fn read_file(self, path: &Path) -> Result<Options, Error> {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::configuration(format!(
                "cannot read the configuration file {}: {error}\n  hint: --config names a file in \
                 TOML, with the names of the flags",
                path.display()
            ))
        })?;
        self.read_text(&text, path)
    }

    fn read_text(self, text: &str, path: &Path) -> Result<Options, Error> {
        let at = |span: Option<Range<usize>>, what: &str| {
            let (line, column) = place(text, span.map_or(0, |span| span.start));
            // A file has names where flags have two hyphens more.
            let what = what.strip_prefix("--").unwrap_or(what);
            Error::configuration(format!("{}:{line}:{column}: {what}", path.display()))
        };
        let file: File =
            toml::from_str(text).map_err(|error| at(error.span(), &with_hint(error.message())))?;
        let mut options = self;
        if let Some(level) = file.level {
            (options.order, options.level) = parse_level(level.get_ref())
                .map_err(|error| at(Some(level.span()), &error.reason))?;
        }
        if let Some(peers) = file.peers {
            options.peers = parse_peers(peers.get_ref())
                .map_err(|error| at(Some(peers.span()), &error.reason))?;
        }
        if let Some(join) = file.join {
            options.join =
                parse_join(join.get_ref()).map_err(|error| at(Some(join.span()), &error.reason))?;
        }
        if !file.keyspace.is_empty() {
            options.keyspaces =
                keyspaces::read(&file.keyspace).map_err(|(span, what)| at(Some(span), &what))?;
        }
        options.id = file.id.unwrap_or(options.id);
        options.listen = file.listen.unwrap_or(options.listen);
        options.zmq_listen = file.zmq_listen.or(options.zmq_listen);
        options.peer_listen = file.peer_listen.or(options.peer_listen);
        options.data_dir = file.data_dir.unwrap_or(options.data_dir);
        options.request_timeout_ms = file.request_timeout.unwrap_or(options.request_timeout_ms);
        options.max_clock_drift_ms = file.max_clock_drift.unwrap_or(options.max_clock_drift_ms);
        let bytes = |size: Option<Size>, other: u64| size.map_or(other, |Size(bytes)| bytes);
        options.snapshot_log_bytes = bytes(file.snapshot_log_size, options.snapshot_log_bytes);
        options.snapshot_age_s = file.snapshot_age.unwrap_or(options.snapshot_age_s);
        options.log_memory_bytes = bytes(file.log_memory, options.log_memory_bytes);
        options.snapshot_memory_bytes = bytes(file.snapshot_memory, options.snapshot_memory_bytes);
        let Bounds { max_memory, .. } = options.bounds;
        options.bounds = Bounds {
            max_key_bytes: bytes(file.max_key_size, options.bounds.max_key_bytes),
            max_value_bytes: bytes(file.max_value_size, options.bounds.max_value_bytes),
            max_pipeline: file.max_pipeline.unwrap_or(options.bounds.max_pipeline),
            max_clients: file.maxclients.unwrap_or(options.bounds.max_clients),
            client_bytes: bytes(file.client_memory, options.bounds.client_bytes),
            clients_bytes: bytes(file.maxmemory_clients, options.bounds.clients_bytes),
            log_backlog_bytes: bytes(file.log_backlog, options.bounds.log_backlog_bytes),
            waiting_bytes: bytes(file.waiting_memory, options.bounds.waiting_bytes),
            max_memory: file.maxmemory.map(|Size(bytes)| bytes).or(max_memory),
            max_memory_merged: bytes(file.maxmemory_merged, options.bounds.max_memory_merged),
        };
        let before = options.once;
        options.once = OnceWanted {
            retention_ms: file.once_retention_ms.or(before.retention_ms),
            ids: file.once_ids.or(before.ids),
            ahead_ms: file.once_ahead_ms.or(before.ahead_ms),
        };
        options.digest_interval_ms = file.digest_interval.unwrap_or(options.digest_interval_ms);
        options.protected_mode = file.protected_mode.unwrap_or(options.protected_mode);
        options.test_mode = file.test_mode.unwrap_or(options.test_mode);
        options.check_each().map_err(|error| match of_flag(&error.reason, text) {
            Some(span) => at(Some(span), &error.reason),
            None => error,
        })?;
        Ok(options)
    }
}

/// Where the value stands in this file of the flag with which a refusal begins.
fn of_flag(reason: &str, text: &str) -> Option<Range<usize>> {
    let name = reason.strip_prefix("--")?.split([' ', ':']).next()?;
    let table = DeTable::parse(text).ok()?.into_inner();
    Some(table.get(name)?.span())
}

/// What is wrong with a file, and the name that was probably meant: names have hyphens, as the
/// flags do.
fn with_hint(what: &str) -> String {
    let unknown = what.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let meant = unknown.map(|(name, names)| (name.replace('_', "-").to_lowercase(), names));
    match meant {
        _ if what.starts_with("invalid type: map, expected a sequence") => {
            format!("{what}\n  hint: a table that may come more than once is written [[keyspace]]")
        }
        Some((name, names)) if names.contains(&format!("`{name}`")) => {
            format!("{what}\n  hint: did you mean {name}?")
        }
        _ => what.to_owned(),
    }
}

/// Line and column, both from 1, of a place in a text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use node::{Allowed, Definition, Durability, Level, Levels, Order};

    use super::*;

    fn read(text: &str) -> Result<Options, Error> {
        Options::default().read_text(text, Path::new("candor.toml"))
    }

    #[track_caller]
    fn refused(text: &str, beginning: &str) {
        let error = read(text).unwrap_err();
        assert_eq!(error.exit_code, 78);
        assert!(error.reason.starts_with(beginning), "{error} is not {beginning:?}");
    }

    #[test]
    fn what_is_said_counts_and_the_rest_stays() {
        assert_eq!(read("").unwrap(), Options::default());
        let options = read(
            "# a comment\nid = 2\nlisten = 'a:1'\nzmq-listen = 'a:3'\npeer-listen = 'b:2'\npeers = '1=a:2,2=b:2'\njoin = 'c:1,d:1'\n\
             data-dir = '/data'\nlevel = 'eventual'\nrequest-timeout = 500\n\
             max-clock-drift = 250\nsnapshot-log-size = '1gb'\nsnapshot-age = 60\nlog-memory = 1048576\n\
             snapshot-memory = '2mb'\ndigest-interval = 700\nmax-key-size = '1kb'\nmax-value-size = '1mb'\nmax-pipeline = 7\n\
             maxclients = 8\nclient-memory = '3mb'\nmaxmemory-clients = '4mb'\nlog-backlog = '5mb'\n\
             waiting-memory = '6mb'\nmaxmemory = '1gb'\nmaxmemory-merged = 9\nonce-retention-ms = 5000\nonce-ids = 10\nonce-ahead-ms = 20\nprotected-mode = false\ntest-mode = true\n\n\
             [[keyspace]]\nname = 'carts'\nprefix = 'cart:'\norder = 'agreed'\nlevel = 'bounded:50'\nallow = ['sequential']\n",
        )
        .unwrap();
        assert_eq!(
            options,
            Options {
                id: 2,
                listen: "a:1".into(),
                zmq_listen: Some("a:3".into()),
                peer_listen: Some("b:2".into()),
                peers: vec![(1, "a:2".into()), (2, "b:2".into())],
                join: vec!["c:1".into(), "d:1".into()],
                dial: vec![],
                data_dir: "/data".into(),
                order: Order::Merged,
                level: Level::Eventual,
                keyspaces: vec![Definition {
                    name: "carts".into(),
                    prefix: b"cart:".to_vec(),
                    order: Order::Agreed,
                    levels: Levels {
                        level: Level::Bounded { ms: 50 },
                        allowed: Allowed::of(&[Level::Sequential]),
                    },
                    durability: Durability::Disk,
                }],
                request_timeout_ms: 500,
                max_clock_drift_ms: 250,
                snapshot_log_bytes: 1 << 30,
                snapshot_age_s: 60,
                log_memory_bytes: 1 << 20,
                snapshot_memory_bytes: 2 << 20,
                bounds: Bounds {
                    max_key_bytes: 1 << 10,
                    max_value_bytes: 1 << 20,
                    max_pipeline: 7,
                    max_clients: 8,
                    client_bytes: 3 << 20,
                    clients_bytes: 4 << 20,
                    log_backlog_bytes: 5 << 20,
                    waiting_bytes: 6 << 20,
                    max_memory: Some(1 << 30),
                    max_memory_merged: 9,
                },
                once: OnceWanted { retention_ms: Some(5000), ids: Some(10), ahead_ms: Some(20) },
                digest_interval_ms: 700,
                protected_mode: false,
                test_mode: true,
                discard_state: false,
                exit_with_stdin: false,
            }
        );
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        refused(
            "id = 1\nport = 6379\n",
            "candor.toml:2:1: unknown field `port`, expected one of `id`",
        );
        let meant = read("data_dir = 'data'").unwrap_err().reason;
        assert!(meant.starts_with("candor.toml:1:1: unknown field `data_dir`"), "{meant}");
        assert!(meant.ends_with("\n  hint: did you mean data-dir?"), "{meant}");
        refused("id = 1\nid = 2\n", "candor.toml:2:1: duplicate key");
        refused("id = 'one'", "candor.toml:1:6: invalid type: string \"one\", expected u64");
        refused("discard-state = true", "candor.toml:1:1: unknown field `discard-state`");
        refused("id = -1", "candor.toml:1:6: ");
        refused("id = ", "candor.toml:1:");
        refused("\n  level = 'strong'", "candor.toml:2:11: level \"strong\" is not a level");
        refused("\nid = 0", "candor.toml:2:6: id 0 is not an id");
        refused(
            "test-mode = true\ndigest-interval = 1",
            "candor.toml:2:19: digest-interval 1 is not",
        );
        refused("max-key-size = '0'", "candor.toml:1:16: max-key-size 0 is not between 1 and");
        refused("once-ids = 0", "candor.toml:1:12: once-ids 0 is not between 1 and");
        refused("listen = 'here'", "candor.toml:1:10: listen: \"here\" is not HOST:PORT");
        refused("snapshot-age = 99999999999", "candor.toml:1:16: snapshot-age 99999999999 is more");
        refused("\njoin = ','", "candor.toml:2:8: join: \",\" lists no address");
        refused("join = 'a:0'", "candor.toml:1:8: join: a:0 has no port");
        refused("peers = '0=a:1'", "candor.toml:1:9: peers: 0=a:1 has the id 0");
        refused(
            "[keyspace]\nname = 'a'",
            "candor.toml:1:1: invalid type: map, expected a sequence\n  hint: a table that",
        );
        refused("log-memory = 'much'", "candor.toml:1:14: \"much\" is not a size, such as 256mb");
        refused(
            "log-memory = true",
            "candor.toml:1:14: invalid type: boolean `true`, expected a size",
        );
        refused("peers = 'a:1'", "candor.toml:1:9: peers: \"a:1\" is not ID=HOST:PORT");
    }

    #[test]
    fn what_is_wrong_with_a_keyspace_is_named_with_its_place() {
        let keyspace =
            "[[keyspace]]\nname = 'a'\nprefix = 'a:'\norder = 'merged'\nlevel = 'causal'\n";
        let all = read(&format!("{keyspace}allow = ['all']\n")).unwrap().keyspaces;
        assert_eq!(all[0].levels.allowed, Allowed::ALL);
        refused(&format!("{keyspace}{keyspace}"), "candor.toml:7:8: two keyspaces are called a");
        let with = |from: &str, to: &str| keyspace.replace(from, to);
        refused(&with("'a'", "'a b'"), "candor.toml:2:8: a name has 1 to 64 letters");
        refused(&with("'a'", "'default'"), "candor.toml:2:8: there is a keyspace default in every");
        refused(&with("'a:'", "''"), "candor.toml:2:8: an empty prefix");
        let interval = |durability: &str| {
            let eventual = with("causal", "eventual");
            format!("{eventual}durability = '{durability}'\n")
        };
        let all = read(&interval("interval")).unwrap().keyspaces;
        assert_eq!(all[0].durability, Durability::Interval);
        refused(&interval("weekly"), "candor.toml:6:14: the durability of a keyspace is disk or");
        refused(
            &interval("interval").replace("eventual", "causal"),
            "candor.toml:2:8: the keyspace a has DURABILITY interval, which offers eventual alone",
        );
        refused(&with("merged", "sorted"), "candor.toml:4:9: the order of a keyspace is agreed or");
        refused(&with("causal", "strong"), "candor.toml:5:9: \"strong\" is not a level");
        refused(
            &with("causal", "sequential"),
            "candor.toml:2:8: the keyspace a is merged, which has",
        );
        refused(&with("level = 'causal'\n", ""), "candor.toml:1:1: missing field `level`");
        refused(&with("level", "colour"), "candor.toml:5:1: unknown field `colour`");
        refused(
            &format!("{keyspace}allow = ['weak']"),
            "candor.toml:6:10: \"weak\" is not a level",
        );
    }

    #[test]
    fn a_file_that_is_not_there() {
        let error = Options::default().read_file(Path::new("/nowhere/candor.toml")).unwrap_err();
        assert_eq!(error.exit_code, 78);
        assert!(error.reason.contains("cannot read the configuration file /nowhere/candor.toml"));
    }
}
