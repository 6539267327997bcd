//! `candor serve`: one node of a cluster, or one by itself.

mod limits;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic;
use std::path::PathBuf;
use std::process::{self, ExitCode};

use limits::Limits;
use server::{Error, Options};

/// Serve one node; without flags, a node by itself on 127.0.0.1:6379.
///
/// Exit codes: 0 it was told to end; 1 something failed; 78 a bad configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file in TOML with the names of the flags below; what flags say counts more.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Who this node is, at least 1 [default: 1].
    #[arg(long, value_name = "N")]
    id: Option<u64>,
    /// Where clients are served [default: 127.0.0.1:6379].
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Where clients of ZeroMQ are served: REQ sockets that ask one JSON object at a time [default:
    /// nowhere].
    #[arg(long, value_name = "HOST:PORT")]
    zmq_listen: Option<String>,
    /// Where the other nodes are received [default: this node's address in --peers]. Without
    /// --peers, the others are told this address.
    #[arg(long, value_name = "HOST:PORT")]
    peer_listen: Option<String>,
    /// The peer addresses of all first members of a cluster, this one included.
    #[arg(long, value_name = "ID=HOST:PORT,…")]
    peers: Option<String>,
    /// Peer addresses of members of a cluster that this node is to be added to; needs
    /// --peer-listen.
    #[arg(long, value_name = "HOST:PORT,…")]
    join: Option<String>,
    /// Where members are dialled that are somewhere else than their cluster knows, until it has
    /// been told by `candor cluster move`.
    #[arg(long, value_name = "ID=HOST:PORT,…", hide_short_help = true)]
    dial: Option<String>,
    /// Where the data lies [default: ./candor-data].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The level of the keyspace `default`: linearizable, bounded:MS, sequential, causal or
    /// eventual [default: linearizable].
    #[arg(long, value_name = "NAME")]
    level: Option<String>,
    /// How long a request may take, in milliseconds [default: 3000].
    #[arg(long, value_name = "MS")]
    request_timeout: Option<u64>,
    /// How far apart the nodes' clocks may be, in milliseconds: a node that is further from most of
    /// the others takes no merged writes and does not lead [default: 500].
    #[arg(long, value_name = "MS")]
    max_clock_drift: Option<u64>,
    /// Take a snapshot once the log behind the last one has this size, or twice the size of that
    /// one if it is more: 268435456, 256mb, 1gb … [default: 256mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, help_heading = "Snapshots and log", hide_short_help = true)]
    snapshot_log_size: Option<u64>,
    /// Take a snapshot after so many seconds, if anything was written; 0: only for the size of the
    /// log [default: 0].
    #[arg(long, value_name = "S", help_heading = "Snapshots and log", hide_short_help = true)]
    snapshot_age: Option<u64>,
    /// How much of each log is kept in memory for members that are behind; who is further behind is
    /// sent a snapshot [default: 64mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, help_heading = "Snapshots and log", hide_short_help = true)]
    log_memory: Option<u64>,
    /// How much of a snapshot may wait in memory while it is written [default: 64mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, help_heading = "Snapshots and log", hide_short_help = true)]
    snapshot_memory: Option<u64>,
    #[command(flatten)]
    limits: Limits,
    /// Compare the state of all members after so many milliseconds, if anything was written; a node
    /// whose state differs from that of a majority stops [default: 60000].
    #[arg(long, value_name = "MS")]
    digest_interval: Option<u64>,
    /// Refuse clients on other machines: there is no password yet. With `no`, who reaches the ports
    /// of clients may read and write everything [default: yes].
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    protected_mode: Option<bool>,
    /// Let clients break this node; for tests alone, never where data counts: DEBUG CLOCK sets its
    /// clock off, DEBUG DISK makes its disk full, slow or broken, or takes its power, DEBUG ROT
    /// changes a value in its memory.
    #[arg(long)]
    test_mode: bool,
    /// Start a node again that stopped because its state differs from that of a majority: it keeps
    /// its log, its votes and its id, and takes the state from the others. To be said once.
    #[arg(long)]
    discard_state: bool,
    /// End when standard input ends: so that no server outlives the one who started it.
    #[arg(long, hide = true)]
    exit_with_stdin: bool,
}

pub(crate) fn execute(args: Args) -> ExitCode {
    abort_on_panic();
    match options(args).and_then(server::serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            server::last_words(&format!("candor: {error}"));
            ExitCode::from(error.exit_code)
        }
    }
}

/// A node of which one thread failed must not go on with the others. What it says of that must not
/// keep it either.
fn abort_on_panic() {
    panic::set_hook(Box::new(move |info| {
        let backtrace = Backtrace::capture();
        let traced = backtrace.status() == BacktraceStatus::Captured;
        let trace = if traced { format!("\n{backtrace}") } else { String::new() };
        server::last_words(&format!("candor: a bug stops the node: {info}{trace}"));
        process::abort();
    }));
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it is yes or no"),
    }
}

/// The defaults, then the file, then the flags.
fn options(args: Args) -> Result<Options, Error> {
    let mut options = Options::default();
    if let Some(path) = &args.config {
        options = options.read_file(path)?;
    }
    if let Some(level) = &args.level {
        (options.order, options.level) = server::parse_level(level)?;
    }
    if let Some(peers) = &args.peers {
        options.peers = server::parse_peers(peers)?;
    }
    if let Some(join) = &args.join {
        options.join = server::parse_join(join)?;
    }
    if let Some(dial) = &args.dial {
        options.dial = server::parse_dial(dial)?;
    }
    options.id = args.id.unwrap_or(options.id);
    options.listen = args.listen.unwrap_or(options.listen);
    options.zmq_listen = args.zmq_listen.or(options.zmq_listen);
    options.peer_listen = args.peer_listen.or(options.peer_listen);
    options.data_dir = args.data_dir.unwrap_or(options.data_dir);
    options.request_timeout_ms = args.request_timeout.unwrap_or(options.request_timeout_ms);
    options.max_clock_drift_ms = args.max_clock_drift.unwrap_or(options.max_clock_drift_ms);
    options.snapshot_log_bytes = args.snapshot_log_size.unwrap_or(options.snapshot_log_bytes);
    options.snapshot_age_s = args.snapshot_age.unwrap_or(options.snapshot_age_s);
    options.log_memory_bytes = args.log_memory.unwrap_or(options.log_memory_bytes);
    options.snapshot_memory_bytes = args.snapshot_memory.unwrap_or(options.snapshot_memory_bytes);
    options.bounds = args.limits.over(&options.bounds);
    options.once = args.limits.once_over(options.once);
    options.digest_interval_ms = args.digest_interval.unwrap_or(options.digest_interval_ms);
    options.protected_mode = args.protected_mode.unwrap_or(options.protected_mode);
    options.discard_state = args.discard_state;
    options.test_mode |= args.test_mode;
    options.exit_with_stdin = args.exit_with_stdin;
    Ok(options)
}
