//! The life of a server: from its options to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use node::{Config, DirectoryId, Node, NodeId};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking, spawn_local};
use tracing::{error, info, warn};

use crate::clients::Port;
use crate::descriptors::Descriptors;
use crate::event_loop::{Clock, Description, Driver, Report, Shared, Threads};
use crate::local::is_local;
use crate::log::disk::Disk;
use crate::logging::Announcement;
use crate::mutants::mutant;
use crate::peers::{Elsewhere, Peers};
use crate::recovery::{Recovered, recover};
use crate::shutdown::Shutdown;
use crate::{Error, Faults, Options, clients, log, logging, random, snapshots};

/// How long another node may take to lead when the server of a leader ends.
const HAND_OVER_MAX: Duration = Duration::from_secs(1);
/// How long clients may take to get their last replies when the server ends: as long as a request
/// may, and so much more, but never longer than the other.
const LAST_REPLIES_MORE: Duration = Duration::from_millis(500);
const LAST_REPLIES_MAX: Duration = Duration::from_secs(5);
/// How long the thread stays that looks up the names of hosts: as good as for ever.
const LOOK_UP_THREAD_KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How many tasks run before the loop looks at the sockets again: all that a busy moment makes
/// ready, so that they share a turn.
const TASKS_A_LOOK: u32 = 1024;

/// Serves until told to end (SIGTERM, SIGINT, or the end of standard input if so asked). Prints a
/// line to standard output once it is ready; before that, if it has to wait for others, one that
/// says for whom. Logs to standard error.
pub fn serve(options: Options) -> Result<(), Error> {
    options.check()?;
    logging::begin(NodeId(options.id))?;
    let others = options.peer_address().map(|_| options.peers.len().saturating_sub(1));
    let end = Descriptors::share_out(others, options.bounds.max_clients)
        .and_then(|descriptors| run(&options, descriptors));
    logging::flush();
    end
}

/// The loop.
fn run(options: &Options, descriptors: Descriptors) -> Result<(), Error> {
    Builder::new_current_thread()
        .thread_keep_alive(LOOK_UP_THREAD_KEPT)
        .enable_all()
        .event_interval(TASKS_A_LOOK)
        .build_local(LocalOptions::default())
        .map_err(|error| Error::run_time(format!("the loop cannot be started: {error}")))?
        .block_on(live(options, descriptors))
}

/// The ports, the disk, the node; then what the node asks for, until the end.
async fn live(options: &Options, descriptors: Descriptors) -> Result<(), Error> {
    // The thread that looks up names is there before there could be no room for one.
    let _ = spawn_blocking(|| ()).await;
    let mut shutdown = Shutdown::listen(options.exit_with_stdin)?;
    let mut ports = Ports::bind(options).await?;
    let config = config(options)?;
    let (me, members, seed) = (config.id, config.members.clone(), config.seed);
    let faults = options.test_mode.then(Arc::<Faults>::default);
    let disk = faults.as_ref().map_or_else(Disk::default, |faults| faults.disk());
    let mut recovered = recover(options, config, &disk)?;
    check_reach(options, recovered.node.status().members.len())?;
    recovered.node.set_limits(options.limits());
    recovered.node.set_beginning(options.beginning());
    let counters = recovered.log.counters();
    let (teller, reports) = mpsc::unbounded_channel();
    let (node, threads) = start_threads(recovered, teller)?;
    let port = ports.client_address.port();
    let clients_max = descriptors.clients_max;
    let settings = settings(options, port, clients_max);
    let about = Description { port, settings, bounds: options.bounds.clone(), descriptors };
    let shared = Rc::new(Shared::new(node, Clock::start(faults), counters, about));
    spawn_local(logging::sum_up());
    let peers = Peers::dial(&shared, me, &members, Elsewhere::new(&options.dial), seed);
    if let Some(listener) = ports.peers.take() {
        peers.listen(listener, options.joins());
    }
    peers.join(&options.to_dial());
    if (clients_max as u64) < options.bounds.max_clients {
        warn!(
            "takes at most {clients_max} clients at a time: the process may have {} files open\n  hint: let it \
             open more (ulimit -n)",
            descriptors.limit
        );
    }
    ports.warn(options);
    let protected = options.protected_mode;
    let announcement = announcement(options, &ports);
    let driver = Driver::new(shared.clone(), peers, threads, reports, announcement);
    let mut driver = spawn_local(driver.run());
    let listeners =
        [Some((Port::Redis, ports.clients)), ports.zmq.map(|(listener, _)| (Port::Zmq, listener))];
    let listeners: Vec<_> = listeners
        .into_iter()
        .flatten()
        .map(|(port, listener)| {
            let (stop, stopped) = oneshot::channel::<Infallible>();
            let listen = clients::listen(shared.clone(), port, protected, listener, stopped);
            (stop, spawn_local(listen))
        })
        .collect();
    unless_halted(&mut driver, is_told_to_end(&mut shutdown, &shared)).await?;
    for (stop, listens) in listeners {
        drop(stop);
        let _ = listens.await;
    }
    let timeout = Duration::from_millis(options.request_timeout_ms);
    unless_halted(&mut driver, finish(&shared, timeout)).await?;
    driver.abort();
    match driver.await {
        Ok(halted) => Err(halted),
        Err(bug) if bug.is_panic() => Err(bug_error(&bug)),
        Err(_) => Ok(()),
    }
}

/// Starts the threads of the disk; gives back the node that they work for.
fn start_threads(
    recovered: Recovered,
    teller: UnboundedSender<Report>,
) -> Result<(Node, Threads), Error> {
    let Recovered { node, log, snapshots, newest } = recovered;
    let (path, disk) = (log.path(), log.disk());
    let to_tell = teller.clone();
    // Nobody listens any more when the server shuts down.
    let tell = move |report| drop(to_tell.send(Report::Log(report)));
    let counters = log.counters();
    let log_reads = log::Reads::spawn(disk, path.clone(), tell.clone());
    let log_reads = log_reads.map_err(log::Error::io("start a thread in", &path))?;
    let log = log::Handle::spawn(log, tell, stop)?;
    let tell = move |report| drop(teller.send(Report::Snapshots(report)));
    let started = snapshots::Handle::spawn(snapshots, newest, counters, tell);
    let snapshots = started.map_err(log::Error::io("start a thread in", &path))?;
    Ok((node, Threads { log, log_reads, snapshots }))
}

/// Waits for this, or until the node must not go on.
async fn unless_halted(
    driver: &mut JoinHandle<Error>,
    end: impl Future<Output = ()>,
) -> Result<(), Error> {
    tokio::select! {
        // Also if both come at once.
        biased;
        halted = driver => {
            let halted = halted.unwrap_or_else(|bug| bug_error(&bug));
            mutant!(HaltForgotten, Err(halted), { drop(halted); Ok(()) })
        }
        () = end => Ok(()),
    }
}

/// Waits until a signal or a client says that the server is to end.
async fn is_told_to_end(shutdown: &mut Shutdown, shared: &Shared) {
    tokio::select! {
        () = shutdown.wait() => {}
        () = shared.is_drained() => info!("ending upon CLUSTER-ADMIN DRAIN"),
    }
}

/// Has another node lead first, while this one still serves whom it has: an election would cost
/// everyone half a second. Then clients get their last replies. A request may take so long.
async fn finish(shared: &Shared, request_timeout: Duration) {
    let _ = tokio::time::timeout(HAND_OVER_MAX, shared.hand_over()).await;
    let patience = (request_timeout + LAST_REPLIES_MORE).min(LAST_REPLIES_MAX);
    let _ = tokio::time::timeout(patience, shared.shut_down()).await;
}

/// The ports of a server, taken before anything else is touched.
struct Ports {
    clients: TcpListener,
    client_address: SocketAddr,
    /// For clients of ZeroMQ, and where that is.
    zmq: Option<(TcpListener, SocketAddr)>,
    peers: Option<TcpListener>,
}

impl Ports {
    async fn bind(options: &Options) -> Result<Ports, Error> {
        let (clients, client_address) = bind(&options.listen, "clients", "--listen").await?;
        let zmq = match &options.zmq_listen {
            Some(address) => Some(bind(address, "clients of ZeroMQ", "--zmq-listen").await?),
            None => None,
        };
        if let Some((_, address)) = &zmq
            && options.protected_mode
            && !is_local(address.ip())
        {
            return Err(Error::configuration(format!(
                "--zmq-listen {address} is open to other machines, and this is protected mode: ZeroMQ clients give no \
                 password\n  hint: listen on 127.0.0.1 or [::1]; or, where only hosts that you trust reach the port, \
                 start with --protected-mode no"
            )));
        }
        let peers = match options.peer_address() {
            Some(address) => Some(bind(address, "peers", "--peer-listen").await?.0),
            None => None,
        };
        Ok(Ports { clients, client_address, zmq, peers })
    }

    /// Says which ports of clients other machines reach.
    fn warn(&self, options: &Options) {
        let zmq = self.zmq.as_ref().map(|(_, address)| *address);
        for address in [Some(self.client_address), zmq].into_iter().flatten() {
            match (is_local(address.ip()), options.protected_mode) {
                (true, _) => {}
                (false, true) => info!(
                    "{address} is no loopback address, and this is protected mode: clients on other machines are refused. To \
                     take them, start with --protected-mode no"
                ),
                (false, false) => warn!(
                    "{address} is open to other machines, and there is no password: whoever reaches it may read and write \
                     everything"
                ),
            }
        }
    }
}

/// What is to be told of a server with these options at these ports.
fn announcement(options: &Options, ports: &Ports) -> Announcement {
    let peers = match options.peer_address() {
        Some(address) => format!("peers on {address}, "),
        None => String::new(),
    };
    let zmq = match &ports.zmq {
        Some((_, address)) => format!("ZeroMQ on {address}, "),
        None => String::new(),
    };
    let before = format!("clients on {}, {zmq}{peers}", ports.client_address);
    let behind = format!(
        ", data in {}{}",
        options.data_dir.display(),
        if options.test_mode { ", in test mode: clients may break it" } else { "" }
    );
    let own = || format!("{}={}", options.id, options.peer_address().unwrap_or_default());
    Announcement::new([before, behind], options.joins().then(own))
}

/// Takes a port; and its address, of which the system chose a part if it was port 0.
async fn bind(address: &str, role: &str, flag: &str) -> Result<(TcpListener, SocketAddr), Error> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another process listens there: end it, or choose",
            _ => "choose",
        };
        Error::run_time(format!(
            "cannot listen for {role} on {address}: {error}\n  hint: {hint} another address with \
             {flag} HOST:PORT"
        ))
    })?;
    let bound = listener.local_addr().map_err(|error| {
        Error::run_time(format!("the address of {address} is not known: {error}"))
    })?;
    Ok((listener, bound))
}

/// What the node is told at its start.
fn config(options: &Options) -> Result<Config, Error> {
    let mut members: Vec<_> =
        options.peers.iter().map(|(id, address)| (NodeId(*id), address.clone())).collect();
    // The order of the list says nothing, so it may differ between starts.
    members.sort();
    if members.is_empty() {
        // One that nobody dials has no address.
        let address = options.peer_address().unwrap_or_default();
        members.push((NodeId(options.id), address.to_owned()));
    }
    let draw = || {
        random::draw().map_err(|error| {
            Error::run_time(format!("cannot draw random bytes from the operating system: {error}"))
        })
    };
    Ok(Config {
        id: NodeId(options.id),
        members,
        order: options.order,
        level: options.level,
        request_timeout_ms: options.request_timeout_ms,
        max_clock_drift_ms: options.max_clock_drift_ms,
        max_memory: options.bounds.max_memory,
        seed: draw()?,
        incarnation: draw()?,
        directory: DirectoryId(draw()?),
        discard_state: options.discard_state,
        join: options.joins(),
    })
}

/// A member of a cluster is where the others reach it: what is on disk says that it is one.
fn check_reach(options: &Options, members: usize) -> Result<(), Error> {
    if members < 2 || options.peer_address().is_some() {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "node {} is one of {members} members, and has no port for the others\n  hint: start it with --peer-listen \
         HOST:PORT, the address at which they know it (candor cluster status, on any of them, says it)",
        options.id
    )))
}

/// What `CONFIG GET` tells of the options.
fn settings(options: &Options, port: u16, clients_max: usize) -> Vec<(String, String)> {
    let host = options.listen.rsplit_once(':').map_or("", |(host, _)| host);
    let drift = options.max_clock_drift_ms.to_string();
    let digest_interval = options.digest_interval_ms.to_string();
    let test_mode = if options.test_mode { "yes" } else { "no" };
    let memory =
        [options.snapshot_log_bytes, options.log_memory_bytes, options.snapshot_memory_bytes];
    let [snapshot_log, log_memory, snapshot_memory] = memory.map(|bytes| bytes.to_string());
    let own = [
        ("bind", host),
        ("port", &port.to_string()),
        ("digest-interval", &digest_interval),
        ("dir", &options.data_dir.to_string_lossy()),
        ("log-memory", &log_memory),
        ("max-clock-drift", &drift),
        ("protected-mode", if options.protected_mode { "yes" } else { "no" }),
        ("maxclients", &clients_max.to_string()),
        ("snapshot-age", &options.snapshot_age_s.to_string()),
        ("snapshot-log-size", &snapshot_log),
        ("snapshot-memory", &snapshot_memory),
        ("test-mode", test_mode),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    // There may be fewer clients than were asked for.
    options.bounds.settings().filter(|(name, _)| name != "maxclients").chain(own).collect()
}

/// The disk failed: nothing more can be promised, so nothing more is said.
fn stop(error: crate::log::Error) {
    error!(
        "{error}; what is on disk is not known any more, so the node stops\n  hint: check the disk \
         (space, health), then start the node again: it finds out what was kept"
    );
    logging::flush();
    std::process::exit(1);
}

fn bug_error(bug: &tokio::task::JoinError) -> Error {
    Error::run_time(format!("a bug stopped the node: {bug}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[test]
    fn zeromq_is_not_open_to_other_machines_in_protected_mode() {
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        let ports = |zmq: &str, protected_mode| {
            let (listen, zmq_listen) = ("127.0.0.1:0".into(), Some(zmq.into()));
            let options = Options { listen, zmq_listen, protected_mode, ..Options::default() };
            runtime.block_on(Ports::bind(&options))
        };
        let error = ports("0.0.0.0:0", true).err().expect("it is open");
        assert_eq!(error.exit_code, 78);
        assert!(ports("0.0.0.0:0", false).is_ok() && ports("127.0.0.1:0", true).is_ok());
    }

    #[test]
    fn a_member_has_a_port_for_the_others() {
        let alone = Options::default();
        assert!(check_reach(&alone, 1).is_ok());
        let error = check_reach(&alone, 3).unwrap_err();
        assert_eq!(error.exit_code, 78);
        assert!(error.reason.contains("one of 3 members") && error.reason.contains("hint: "));
        let reached = Options { peer_listen: Some("a:1".into()), ..alone };
        assert!(check_reach(&reached, 3).is_ok());
    }

    #[test]
    fn what_the_node_is_told_of_itself() {
        let told = |options: Options| {
            let Config { members, join, .. } = config(&options).unwrap();
            (members, join)
        };
        let own = |address: &str| vec![(NodeId(1), address.to_owned())];
        assert_eq!(told(Options::default()), (own(""), false));
        let reached = Options { peer_listen: Some("a:1".into()), ..Options::default() };
        assert_eq!(told(reached.clone()), (own("a:1"), false));
        assert_eq!(told(Options { join: vec!["b:1".into()], ..reached }), (own("a:1"), true));
    }

    #[test]
    fn a_node_that_halts_while_the_server_ends_says_so() {
        let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
        runtime.block_on(async {
            let mut driver = spawn_local(ready(Error::configuration("superseded")));
            let end = unless_halted(&mut driver, pending()).await;
            assert_eq!(end.unwrap_err().exit_code, 78);
            let mut driver = spawn_local(pending());
            assert!(unless_halted(&mut driver, ready(())).await.is_ok());
        });
    }
}
