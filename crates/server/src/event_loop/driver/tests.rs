//! The driver of one node by itself, driven by hand; and those of two nodes that meet.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use bytes::Bytes;
use node::{
    Command, Config, DirectoryId, Level, NodeId, Recovery, RequestId, SessionId, Shortage,
    SnapshotNumber, TURN_STEPS, Ticket,
};
use resp::Protocol;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::*;
use crate::clients::tests::owed;
use crate::event_loop::Clock;
use crate::event_loop::shared::tests::{
    config, run_short_of_room, session, shared_of, shared_with,
};
use crate::log::disk::Disk;
use crate::log::{Completion, Directory, Log};
use crate::peers::Elsewhere;
use crate::peers::tests::{connected, framed};
use crate::snapshots::Folder;

/// How long anything may take before it counts as never happening.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// So much waits for the disk that clients are held up.
const BACKLOG_BYTES: usize = (64 << 20) + 2;

/// Does this, or fails.
pub(crate) async fn soon<T>(what: &str, act: impl Future<Output = T>) -> T {
    timeout(PATIENCE, act).await.unwrap_or_else(|_| panic!("{what}: that does not happen"))
}

/// Waits until this is so, or fails.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    soon(what, wait).await;
}

/// The threads of the disk, of the data in this directory.
fn threads(
    directory: &Path,
    tell_log: impl FnMut(log::Report) + Clone + Send + 'static,
    tell_snapshots: impl FnMut(snapshots::Report) + Clone + Send + 'static,
) -> Threads {
    let directory = Directory::open(&Disk::default(), directory).unwrap();
    let folder = Folder::open(&Disk::default(), directory.snapshots()).unwrap();
    let (log, _) = Log::open(directory, 1 << 20, 1, |_, _| Ok(())).unwrap();
    let log_reads = log::Reads::spawn(log.disk(), log.path(), tell_log.clone()).unwrap();
    let counters = log.counters();
    let log = log::Handle::spawn(log, tell_log, |error| panic!("{error}")).unwrap();
    let snapshots = snapshots::Handle::spawn(folder, None, counters, tell_snapshots).unwrap();
    Threads { log, log_reads, snapshots }
}

/// A driver with a log in this directory.
fn driver(shared: &Rc<Shared>, peers: Peers, directory: &TempDir) -> Driver {
    let (teller, reports) = mpsc::unbounded_channel();
    let (to_log, to_snapshots) = (teller.clone(), teller);
    // Nobody listens any more at the end of a test.
    let threads = threads(
        directory.path(),
        move |report| drop(to_log.send(Report::Log(report))),
        move |report| drop(to_snapshots.send(Report::Snapshots(report))),
    );
    Driver::new(
        shared.clone(),
        peers,
        threads,
        reports,
        Announcement::new(Default::default(), None),
    )
}

/// A node by itself.
pub(crate) struct Alone {
    shared: Rc<Shared>,
    driver: Driver,
    directory: TempDir,
}

impl Alone {
    pub(crate) fn new() -> Alone {
        let shared = Rc::new(shared_of(NodeId(1), vec![(NodeId(1), String::new())]));
        let directory = tempfile::tempdir().unwrap();
        let peers = Peers::dial(&shared, NodeId(1), &[], Elsewhere::default(), 1);
        let driver = driver(&shared, peers, &directory);
        Alone { shared, driver, directory }
    }

    /// One that serves, has nothing to do, and is not woken by the time any more.
    async fn at_rest() -> Alone {
        let mut alone = Alone::new();
        let turns = async {
            while alone.shared.node().waits_for().is_some() || alone.driver.more {
                poll_fn(|cx| alone.driver.poll_due(cx)).await;
                alone.driver.turn().unwrap();
            }
        };
        soon("a node by itself serves", turns).await;
        alone.driver.ticks = interval(Duration::from_secs(3600));
        alone.driver.ticks.tick().await;
        // What the log says from here on is said by the test.
        alone.driver.reports = mpsc::unbounded_channel().1;
        while alone.is_due() {
            alone.driver.turn().unwrap();
        }
        alone
    }

    fn is_due(&mut self) -> bool {
        self.driver.poll_due(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Drives the node from now on, on a task; gives back the shared when the node serves.
    pub(crate) async fn serve(self) -> Rc<Shared> {
        let Alone { shared, driver, directory } = self;
        spawn_local(async move {
            let error = driver.run().await;
            drop(directory);
            panic!("{error:?}");
        });
        until("a node by itself serves", || shared.node().waits_for().is_none()).await;
        shared
    }
}

fn ask(shared: &Shared, session: SessionId, id: RequestId, keys: usize) {
    let command = Command::exists(std::iter::repeat_n("key", keys));
    shared.put(Input::Request { session, id, level: None, command });
}

#[tokio::test]
async fn all_that_the_disk_reports_is_heard_at_once() {
    let mut alone = Alone::at_rest().await;
    let (teller, reports) = mpsc::unbounded_channel();
    alone.driver.reports = reports;
    assert!(!alone.is_due());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = session(&alone.shared, &listener).await;
    alone.shared.add_backlog(BACKLOG_BYTES);
    assert!(alone.shared.is_congested(&session));
    for ticket in [1, 2] {
        let (ticket, bytes) = (Ticket(ticket), BACKLOG_BYTES / 2);
        let durable = log::Report::Durable(Completion { ticket, bytes, frame: 7 });
        teller.send(Report::Log(durable)).unwrap();
    }
    teller.send(Report::Log(log::Report::Full(Some(Shortage::of_room())))).unwrap();
    assert!(alone.is_due(), "the node is to be told");
    assert!(!alone.shared.is_congested(&session));
    let mut told = vec![];
    alone.shared.take_inbox(&mut told);
    let place = LogPlace(7);
    let persisted = |told: &Input, of: u64| matches!(told, Input::Persisted { ticket, place: at } if ticket.0 == of && *at == place);
    let [_, one, two, Input::DiskFull(Some(_))] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(persisted(one, 1) && persisted(two, 2), "{told:?}");
}

#[tokio::test]
async fn what_was_durable_before_is_told_before_what_is_written_beside_the_thread() {
    let mut alone = Alone::at_rest().await;
    let (teller, reports) = mpsc::unbounded_channel();
    alone.driver.reports = reports;
    let durable = |ticket| Completion { ticket: Ticket(ticket), bytes: 0, frame: ticket };
    teller.send(Report::Log(log::Report::Durable(durable(1)))).unwrap();
    let mut ticket = 1;
    until("a group is written beside the thread", || {
        ticket += 1;
        alone.driver.log.forget_slowness();
        alone.shared.add_backlog(b"group".len());
        let records = Bytes::from_static(b"group");
        alone.driver.persist(log::Group { ticket: Ticket(ticket), records });
        alone.driver.more
    })
    .await;
    let mut told = vec![];
    alone.shared.take_inbox(&mut told);
    let tickets = told.iter().filter_map(|told| match told {
        Input::Persisted { ticket, .. } => Some(ticket.0),
        _ => None,
    });
    // Whoever is told of a place takes it for that of all groups that it was not told of.
    assert_eq!(tickets.collect::<Vec<_>>(), [1, ticket]);
}

#[tokio::test]
async fn what_goes_to_the_disk_counts_until_it_is_there() {
    let mut alone = Alone::at_rest().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = session(&alone.shared, &listener).await;
    alone.shared.add_backlog(BACKLOG_BYTES - (16 << 20));
    assert!(!alone.shared.is_congested(&session));
    let id = session.replies().ask(Protocol::Resp2, 0);
    let command = Command::set("key".into(), vec![b'v'; 16 << 20].into());
    alone.shared.put(Input::Request { session: session.id(), id, level: None, command });
    alone.driver.turn().unwrap();
    assert!(alone.shared.is_congested(&session), "the disk has said nothing");
}

#[tokio::test]
async fn a_wake_up_is_a_reason_for_a_turn() {
    let mut alone = Alone::at_rest().await;
    assert!(!alone.is_due());
    alone.shared.wake_driver();
    assert!(alone.is_due());
    assert!(!alone.is_due(), "once");
}

#[tokio::test]
async fn what_a_turn_leaves_over_is_done_in_the_next_ones() {
    let mut alone = Alone::at_rest().await;
    let nobody = SessionId(0);
    for id in 0..3 * TURN_STEPS as u64 {
        ask(&alone.shared, nobody, RequestId(id), 1);
    }
    alone.driver.turn().unwrap();
    assert!(alone.shared.is_swamped(), "what is left over counts");
    for turns in 0.. {
        assert!(turns < 10 && alone.is_due(), "after {turns} turns nobody goes on");
        alone.driver.turn().unwrap();
        if !alone.driver.more {
            break;
        }
    }
    assert!(!alone.shared.is_swamped());
}

#[tokio::test]
async fn what_a_turn_does_not_send_is_sent_in_the_next_ones() {
    const COUNT: usize = 60;
    let mut alone = Alone::at_rest().await;
    let (sessions, _clients) = owed(&alone.shared.sessions, COUNT).await;
    alone.driver.turn().unwrap();
    for turns in 0.. {
        let left: usize = sessions.iter().filter(|session| session.has_unsent()).count();
        if left == 0 {
            return;
        }
        assert!(
            turns < 10 && alone.is_due(),
            "after {turns} turns {left} of {COUNT} are forgotten"
        );
        alone.driver.turn().unwrap();
    }
}

#[tokio::test]
async fn a_reply_behind_the_end_of_its_client_is_not_for_who_came_after() {
    let mut alone = Alone::at_rest().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = session(&alone.shared, &listener).await;
    let id = gone.replies().ask(Protocol::Resp2, 0);
    let command = Command::get("key".into());
    let level = Some(Level::Eventual);
    alone.shared.put(Input::Request { session: gone.id(), id, level, command });
    // The node hears of the end in a later turn, as so much stands before it.
    for id in 0..2 * TURN_STEPS as u64 {
        ask(&alone.shared, SessionId(0), RequestId(id), 1);
    }
    alone.shared.close(&gone);
    let after = session(&alone.shared, &listener).await;
    let _ = after.replies().ask(Protocol::Resp2, 0);
    alone.driver.turn().unwrap();
    assert!(after.is_owed(), "nobody has answered it");
}

#[tokio::test]
async fn others_have_their_turn_while_much_is_done() {
    let story = async {
        let shared = Alone::new().serve().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let session = session(&shared, &listener).await;
        let id = session.replies().ask(Protocol::Resp2, 0);
        ask(&shared, session.id(), id, 200_000);
        shared.wake_driver();
        let turns = Cell::new(0);
        let count = async {
            while session.is_owed() {
                turns.set(turns.get() + 1);
                yield_now().await;
            }
        };
        soon("the keys are counted", count).await;
        assert!(turns.get() > 50, "{} turns beside 200,000 keys", turns.get());
    };
    LocalSet::new().run_until(story).await;
}

/// A node of two, its driver on a task.
struct OfTwo {
    shared: Rc<Shared>,
    trusted: Box<dyn Fn() -> BTreeSet<node::PathId>>,
}

impl OfTwo {
    fn start(me: NodeId, members: &[(NodeId, String)], listener: TcpListener) -> OfTwo {
        let shared = Rc::new(shared_of(me, members.to_vec()));
        let directory = tempfile::tempdir().unwrap();
        let peers = Peers::dial(&shared, me, members, Elsewhere::default(), me.0);
        peers.listen(listener, false);
        let trusted = Box::new(peers.trusted());
        let driver = driver(&shared, peers, &directory);
        spawn_local(async move {
            let error = driver.run().await;
            drop(directory);
            panic!("{error:?}");
        });
        OfTwo { shared, trusted }
    }
}

/// What a node says first to node 1.
fn hello(config: Config) -> Bytes {
    let (clock, mut node) = (Clock::start(None), Recovery::new(config).finish().unwrap());
    let (mut inputs, mut outputs) = (vec![Input::Tick(clock.now())], vec![]);
    for _turn in 0..10 {
        inputs.push(Input::Connected(NodeId(1)));
        node.turn(&mut inputs, &mut outputs);
        inputs = vec![Input::Tick(clock.now())];
        for output in outputs.drain(..) {
            match output {
                Output::Persist { ticket, .. } => {
                    inputs.push(Input::Persisted { ticket, place: LogPlace(0) });
                }
                Output::Send { to: NodeId(1), message, .. } => return message,
                _ => {}
            }
        }
    }
    panic!("it says nothing");
}

/// Two nodes that serve and trust each other, and who they are.
async fn two() -> (Vec<OfTwo>, Vec<(NodeId, String)>) {
    let listeners = [
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    ];
    let address = |place: usize| listeners[place].local_addr().unwrap().to_string();
    let members = vec![(NodeId(1), address(0)), (NodeId(2), address(1))];
    let nodes: Vec<_> = std::iter::zip(&members, listeners)
        .map(|((id, _), listener)| OfTwo::start(*id, &members, listener))
        .collect();
    for OfTwo { shared, trusted } in &nodes {
        until("both serve", || shared.node().waits_for().is_none()).await;
        until("each trusts the other", || trusted().len() == 1).await;
    }
    (nodes, members)
}

#[tokio::test]
async fn two_nodes_meet_trust_each_other_and_turn_others_away() {
    let story = async {
        let (nodes, members) = two().await;
        let OfTwo { shared, trusted } = &nodes[0];
        let config = config(NodeId(2), members.clone());
        // Node 2 with another directory: whoever brings that is hung up on.
        let path = *trusted().first().unwrap();
        let message = hello(Config { directory: DirectoryId(9), incarnation: 9, ..config.clone() });
        shared.tell(Input::Receive { path: Some(path), message });
        until("it hangs up", || !trusted().contains(&path)).await;
        until("the other comes back", || trusted().len() == 1).await;
        // A copy of it hears that the other is still there.
        let mut copy = connected(&members[0].1, shared.cluster()).await;
        let message = hello(Config { incarnation: 9, ..config });
        copy.write_all(&framed(&message)).await.unwrap();
        soon("the copy is told", copy.read_exact(&mut [0; 8])).await.unwrap();
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn a_copy_that_is_told_so_ends() {
    let story = async {
        let (_nodes, members) = two().await;
        let copy = Config { incarnation: 9, ..config(NodeId(2), members.clone()) };
        let shared = Rc::new(shared_with(copy));
        let peers = Peers::dial(&shared, NodeId(2), &members, Elsewhere::default(), 9);
        let directory = tempfile::tempdir().unwrap();
        let end = driver(&shared, peers, &directory).run();
        assert_eq!(soon("the copy ends", end).await.exit_code, 78);
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn members_that_are_new_are_dialled_and_those_that_are_gone_are_not() {
    let story = async {
        let mut alone = Alone::at_rest().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let member = (NodeId(2), listener.local_addr().unwrap().to_string());
        alone.driver.outputs.push(Output::Peers(vec![member]));
        alone.driver.turn().unwrap();
        let (mut peer, _) = soon("the new one is dialled", listener.accept()).await.unwrap();
        alone.driver.outputs.push(Output::Peers(vec![]));
        alone.driver.turn().unwrap();
        soon("nobody dials it any more", async {
            while peer.read(&mut [0; 64]).await.is_ok_and(|bytes| bytes > 0) {}
        })
        .await;
    };
    LocalSet::new().run_until(story).await;
}

/// What is logged, in the place of standard error.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_the_node_says_of_itself_is_logged() {
    let mut alone = Alone::at_rest().await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _here = tracing::subscriber::set_default(subscriber);
    alone.shared.put(Input::DiskFull(Some(Shortage::of_room())));
    alone.driver.turn().unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("takes no writes"), "{text:?}");
}

/// A driver whose threads tell the test alone, which says what the node wants.
struct Told {
    alone: Alone,
    /// Of the data of these threads.
    directory: TempDir,
    reports: std::sync::mpsc::Receiver<Report>,
}

impl Told {
    async fn new() -> Told {
        let mut alone = Alone::at_rest().await;
        let (teller, reports) = std::sync::mpsc::channel();
        let directory = tempfile::tempdir().unwrap();
        let (to_log, to_snapshots) = (teller.clone(), teller);
        let threads = threads(
            directory.path(),
            move |report| drop(to_log.send(Report::Log(report))),
            move |report| drop(to_snapshots.send(Report::Snapshots(report))),
        );
        let Threads { log, log_reads, snapshots } = threads;
        (alone.driver.log, alone.driver.snapshots) = (log, snapshots);
        alone.driver.log_reads = log_reads;
        Told { alone, directory, reports }
    }

    /// Lets the driver do this, as if the node wanted it.
    fn wants(&mut self, outputs: impl IntoIterator<Item = Output>) {
        self.alone.driver.outputs.extend(outputs);
        self.alone.driver.turn().unwrap();
    }

    /// The next thing that a thread tells; the driver hears it too, but for what it would tell a
    /// node that never asked.
    fn next(&self) -> Report {
        let report = self.reports.recv_timeout(PATIENCE).expect("there is something to tell");
        match &report {
            Report::Log(log::Report::Durable(_)) => {}
            Report::Log(report) => self.alone.driver.hear_log(report.clone()),
            Report::Snapshots(report) => self.alone.driver.hear_snapshots(report.clone()),
        }
        report
    }

    /// What the node is told in its next turn.
    fn inbox(&self) -> Vec<Input> {
        let mut told = vec![];
        self.alone.shared.take_inbox(&mut told);
        told.remove(0);
        told
    }
}

/// What makes a group of these bytes durable.
fn persist(ticket: u64, records: &'static [u8]) -> Output {
    Output::Persist { ticket: Ticket(ticket), records: Bytes::from_static(records) }
}

/// What takes a snapshot of nothing.
fn empty_snapshot(number: u64) -> [Output; 2] {
    let number = SnapshotNumber(number);
    [Output::BeginSnapshot(number), Output::EndSnapshot(number)]
}

#[tokio::test]
async fn a_snapshot_holds_what_was_handed_over_before_it_and_nothing_else() {
    let mut told = Told::new().await;
    let [begin, end] = empty_snapshot(7);
    told.wants([persist(1, b"before"), begin, persist(2, b"after"), end]);
    let marked = loop {
        if let Report::Log(log::Report::Marked { snapshot, frame }) = told.next() {
            break (snapshot, frame);
        }
    };
    assert_eq!(marked, (SnapshotNumber(7), 2), "the second frame is the first that it lacks");
}

#[tokio::test]
async fn a_snapshot_is_begun_early_where_room_runs_short() {
    let story = async {
        let shared = Alone::new().serve().await;
        let taken = || shared.node().status().snapshots.last;
        assert_eq!(taken(), None, "it has all the room it needs");
        run_short_of_room(&shared, 0);
        until("a snapshot", || taken().is_some()).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn a_full_disk_on_which_the_state_has_room_gets_a_snapshot() {
    let story = async {
        let shared = Alone::new().serve().await;
        shared.put(Input::DiskFull(Some(Shortage::of_room())));
        run_short_of_room(&shared, 0);
        until("it is full", || shared.node().status().disk_full).await;
        assert!(!shared.is_short_of_room(), "there is no room for one");
        run_short_of_room(&shared, 4 << 20);
        until("a snapshot", || shared.node().status().snapshots.last.is_some()).await;
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn a_snapshot_comes_into_being_is_read_and_cuts_the_log() {
    let mut told = Told::new().await;
    let segments = |told: &Told| {
        let entries = std::fs::read_dir(told.directory.path().join("log")).unwrap();
        let names = entries.map(|each| each.unwrap().path());
        names.filter(|path| path.extension().is_some()).count()
    };
    for number in 1..=2 {
        // Each needs a segment of its own.
        told.wants([persist(number, &[7; 700_000])]);
        let [begin, end] = empty_snapshot(number);
        let number = SnapshotNumber(number);
        let write =
            Output::WriteSnapshot { number, bytes: Bytes::from_static(b"the state"), hurry: false };
        told.wants([begin, write, end]);
        while !matches!(told.next(), Report::Snapshots(snapshots::Report::Placed { .. })) {}
        let inbox = told.inbox();
        let [
            Input::SnapshotWritten { bytes: 9, .. },
            Input::SnapshotPlaced { number: is, bytes: 9 },
        ] = inbox[..]
        else {
            panic!("{inbox:?}");
        };
        assert_eq!(is, number);
    }
    until("the log is cut", || segments(&told) == 1).await;
    let (request, number, offset, bytes) = (5, SnapshotNumber(2), 4, 100);
    told.wants([Output::ReadSnapshot { request, number, offset, bytes }]);
    told.next();
    let inbox = told.inbox();
    let [Input::SnapshotRead { request: 5, bytes: Some(part) }] = &inbox[..] else {
        panic!("{inbox:?}");
    };
    assert_eq!(part, "state");
    told.wants([Output::BeginSnapshot(SnapshotNumber(3)), Output::DropSnapshot(SnapshotNumber(3))]);
    told.wants([Output::EndSnapshot(SnapshotNumber(3))]);
    told.next();
    assert!(told.inbox().is_empty(), "nobody tells of what was given up");
}

#[tokio::test]
async fn a_part_of_the_log_is_read_where_it_was_said_to_lie() {
    let mut told = Told::new().await;
    let [begin, end] = empty_snapshot(7);
    told.wants([persist(1, b"one"), begin, end]);
    while !matches!(told.next(), Report::Log(log::Report::Marked { frame: 2, .. })) {}
    told.wants([Output::ReadLog { request: 5, place: LogPlace(1), bytes: 1 }]);
    while !matches!(told.next(), Report::Log(log::Report::Read { .. })) {}
    let read = told.inbox().into_iter().find_map(|input| match input {
        Input::LogRead { request, groups, next } => Some((request, groups, next)),
        _ => None,
    });
    assert_eq!(read, Some((5, vec![Bytes::from("one")], LogPlace(2))));
}
