//! What the tasks of the loop share.
//!
//! All of them run on one thread and none holds a borrow while it waits, so cells suffice.

use std::cell::{Cell, RefCell, RefMut};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{self, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use node::{ClusterTold, Input, Node, Status, TURN_STEPS};
use tokio::time::timeout;

use super::backups::Backups;
use super::{Clock, Notify, room};
use crate::clients::zmq::Turns;
use crate::clients::{Session, Sessions};
use crate::commands::{Context, Figures};
use crate::descriptors::Descriptors;
use crate::log::Counters;
use crate::logging;
use crate::mutants::mutant;
use crate::{Bounds, Faults};

/// How much is read from a socket at least, if it is there.
pub(crate) const READ_BYTES: usize = 16 << 10;
/// The size of the pieces in which the shared read buffer is allocated.
pub(crate) const BUFFER_BYTES: usize = 64 << 10;
/// How long clients may take to hear that the server ends before it closes the connections of those
/// that say nothing: longer than a command is on its way.
const REFUSES: Duration = Duration::from_millis(200);
/// How often is looked whether another node leads, when the server ends.
const HAND_OVER_LOOK: Duration = Duration::from_millis(2);
/// Requests that the node has not taken in; beyond that no client is read from that waits for a
/// reply. A turn takes in about so many: what is asked beyond it would only wait longer, and make
/// all others wait.
const REQUESTS_MAX: usize = TURN_STEPS;

/// What the tasks of the loop share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Client connections.
    pub sessions: Sessions,
    /// In which long requests of ZeroMQ clients are read.
    pub turns: Turns,
    /// The clocks.
    pub clock: Clock,
    /// What clients that fetch a backup asked.
    pub backups: Backups,
    node: RefCell<Node>,
    /// What the node will be told in its next turn. Its first place is for the tick.
    inbox: RefCell<Vec<Input>>,
    /// Wakes the driver.
    driver: Notify,
    read_buffer: RefCell<BytesMut>,
    commands: Cell<u64>,
    ending: Cell<Option<Ending>>,
    /// Notified when a client asks that the server end.
    drains: Notify,
    /// How many connections are open as long as the server lives.
    staying: Cell<usize>,
    /// Notified when a client is gone.
    departures: Notify,
    /// Bytes that wait for the disk; beyond [`Bounds::log_backlog_bytes`] no client is read from.
    backlog_bytes: Cell<usize>,
    /// The number of the next turn.
    turn: Cell<u64>,
    /// Requests that the node left over in its last turn.
    requests_left: Cell<usize>,
    /// Whether there were so many requests that somebody was held up.
    swamped: Cell<bool>,
    /// Sessions that wait until there are fewer of them.
    held_up: RefCell<Vec<Rc<Session>>>,
    log: Arc<Counters>,
    description: Description,
}

/// What becomes of connections when the server ends.
///
/// A client that is answered without a pause always has a command on its way. It is told that this
/// one did not run, and goes away by itself; a connection that were closed at once would leave it
/// in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// What is asked is refused.
    Refuses,
    /// And who is owed nothing is closed.
    HangsUp,
}

/// What does not change while the server runs.
#[derive(Debug)]
pub(crate) struct Description {
    /// The port that clients are served on.
    pub port: u16,
    /// What `CONFIG GET` tells beyond what is the same in all servers.
    pub settings: Vec<(String, String)>,
    /// What clients may ask and hold.
    pub bounds: Bounds,
    /// How the descriptors of the process are shared out.
    pub descriptors: Descriptors,
}

impl Shared {
    pub(crate) fn new(node: Node, clock: Clock, log: Arc<Counters>, about: Description) -> Shared {
        let inbox = RefCell::new(vec![Input::Tick(clock.now())]);
        Shared {
            sessions: Sessions::new(about.descriptors.clients_max, &about.bounds),
            turns: Turns::default(),
            clock,
            backups: Backups::default(),
            node: RefCell::new(node),
            inbox,
            driver: Notify::default(),
            read_buffer: RefCell::new(BytesMut::with_capacity(BUFFER_BYTES)),
            commands: Cell::new(0),
            ending: Cell::new(None),
            drains: Notify::default(),
            staying: Cell::new(0),
            departures: Notify::default(),
            backlog_bytes: Cell::new(0),
            turn: Cell::new(1),
            requests_left: Cell::new(0),
            swamped: Cell::new(false),
            held_up: RefCell::default(),
            log,
            description: about,
        }
    }

    /// The node; for the driver.
    pub(crate) fn node(&self) -> RefMut<'_, Node> {
        self.node.borrow_mut()
    }

    /// The cluster that this node is part of; 0: it has not formed.
    pub(crate) fn cluster(&self) -> u64 {
        self.node.borrow().status().cluster.unwrap_or(0)
    }

    /// Puts something into the inbox. Who puts wakes the driver, once for all that it puts.
    pub(crate) fn put(&self, input: Input) {
        self.inbox.borrow_mut().push(input);
    }

    /// Wakes the driver.
    pub(crate) fn wake_driver(&self) {
        self.driver.notify();
    }

    /// Puts something into the inbox and wakes the driver.
    pub(crate) fn tell(&self, input: Input) {
        self.put(input);
        self.wake_driver();
    }

    /// Ready for the driver if somebody has woken it since it last asked.
    pub(crate) fn poll_woken(&self, cx: &mut task::Context<'_>) -> Poll<()> {
        self.driver.poll(cx)
    }

    /// All that was put into the inbox, with the tick first, in exchange for an empty vector.
    pub(crate) fn take_inbox(&self, inputs: &mut Vec<Input>) {
        let now = Input::Tick(self.clock.now());
        inputs.push(now.clone());
        std::mem::swap(inputs, &mut *self.inbox.borrow_mut());
        self.turn.set(self.turn.get() + 1);
        mutant!(StaleTick, inputs[0] = now, ());
    }

    /// The number of the turn in which the node will be told what is put now.
    pub(crate) fn turn(&self) -> u64 {
        self.turn.get()
    }

    /// The buffer that connections read into as long as they have nothing left over, with room.
    pub(crate) fn read_buffer(&self) -> RefMut<'_, BytesMut> {
        let mut buffer = self.read_buffer.borrow_mut();
        buffer.reserve(READ_BYTES);
        buffer
    }

    /// Counts a command of a client.
    pub(crate) fn count_command(&self) {
        self.commands.set(self.commands.get() + 1);
    }

    /// Whether so many requests wait for the node that those who have asked are not to ask more.
    pub(crate) fn is_swamped(&self) -> bool {
        let swamped = self.requests_waiting() > REQUESTS_MAX;
        self.swamped.set(self.swamped.get() || swamped);
        swamped
    }

    /// How much the node has not taken in of what it was told.
    pub(crate) fn requests_waiting(&self) -> usize {
        self.inbox.borrow().len() + self.requests_left.get()
    }

    /// Takes note of how many requests the node left over.
    pub(crate) fn set_requests_left(&self, count: usize) {
        self.requests_left.set(count);
        if self.swamped.get() && count <= REQUESTS_MAX / 2 {
            self.swamped.set(false);
            mutant!(SwampedForEver, self.release(), {});
        }
    }

    /// Whether so much waits for the disk, for the node, or is owed to sessions like this one, that
    /// it must not ask; it is woken later. What the node is told may be answered already, or need
    /// no answer.
    pub(crate) fn is_congested(&self, session: &Rc<Session>) -> bool {
        let behind = self.backlog_bytes.get() > self.backlog_bytes_max();
        let is_owed = session.is_owed();
        let has_told = is_owed || session.has_told(self.turn());
        let congested = mutant!(NoBackpressure, behind, false)
            || (mutant!(UnansweredUncounted, has_told, is_owed) && self.is_swamped())
            || (is_owed && self.sessions.is_crowded(session));
        if congested && !session.held_up.replace(true) {
            self.held_up.borrow_mut().push(session.clone());
        }
        congested
    }

    fn backlog_bytes_max(&self) -> usize {
        self.description.bounds.log_backlog_bytes as usize
    }

    /// So many bytes go to the log.
    pub(crate) fn add_backlog(&self, bytes: usize) {
        self.backlog_bytes.set(self.backlog_bytes.get() + bytes);
    }

    /// So many bytes are on disk.
    pub(crate) fn take_backlog(&self, bytes: usize) {
        self.backlog_bytes.set(self.backlog_bytes.get() - bytes);
        if self.backlog_bytes.get() <= self.backlog_bytes_max() / 2 {
            self.release();
        }
    }

    /// Lets those that were held up look again whether they may ask.
    fn release(&self) {
        for session in self.held_up.borrow_mut().drain(..) {
            session.held_up.set(false);
            mutant!(HeldUpNeverWoken, session.wake(), ());
        }
    }

    /// Looks after what all sessions hold, once that has changed.
    pub(crate) fn settle(&self) {
        if self.sessions.has_calmed_down() {
            self.release();
        }
        self.sessions.settle(|| self.clock.uptime_ms());
    }

    /// Forgets a session that is over.
    pub(crate) fn close(&self, session: &Session) {
        let fewer = usize::from(session.stays.get());
        self.staying.set(self.staying.get() - fewer);
        self.sessions.close(session.id());
        if mutant!(GoneSessionKept, session.held_up.get(), false) {
            // It would keep its descriptor until the disk has caught up.
            self.held_up.borrow_mut().retain(|other| other.id() != session.id());
        }
        self.backups.release(session.id());
        mutant!(ClosingNotTold, self.tell(Input::Closed(session.id())), ());
        mutant!(DepartureNotNotified, self.departures.notify(), ());
    }

    /// Tells the node that the server is about to end. Ends when the others get on without it.
    pub(crate) async fn hand_over(&self) {
        self.tell(Input::Ending);
        while !self.node.borrow().may_end() {
            tokio::time::sleep(HAND_OVER_LOOK).await;
        }
    }

    /// Whether a snapshot is to be begun now, lest the disk fill up.
    pub(crate) fn is_short_of_room(&self) -> bool {
        let status = self.node.borrow().status();
        match status.disk_full {
            true => {
                let leads_out = room::leads_out(&self.log, &status.memory, &status.snapshots);
                mutant!(FullForEver, leads_out, false)
            }
            false => room::is_short(&self.log, &status.snapshots),
        }
    }

    /// A client asks that the server end, and is to see that it has.
    pub(crate) fn drain(&self, session: &Session) {
        let more = usize::from(!session.stays.replace(true));
        self.staying.set(self.staying.get() + more);
        self.drains.notify();
    }

    /// Ends when a client has asked that the server end.
    pub(crate) async fn is_drained(&self) {
        poll_fn(|cx| self.drains.poll(cx)).await;
    }

    /// Has all connections answered what was taken, and whatever else is asked refused; a while
    /// later closes those that are owed nothing. Ends when all are gone.
    pub(crate) async fn shut_down(&self) {
        self.ending.set(Some(Ending::Refuses));
        let _ = timeout(REFUSES, self.all_gone()).await;
        self.ending.set(Some(Ending::HangsUp));
        self.sessions.wake_all();
        self.all_gone().await;
    }

    /// Ends when no connection is open any more but those that stay.
    async fn all_gone(&self) {
        poll_fn(|cx| {
            loop {
                if self.sessions.count() == self.staying.get() {
                    return Poll::Ready(());
                }
                ready!(self.departures.poll(cx));
            }
        })
        .await;
    }

    /// How many connections at the port for peers may be of somebody unknown.
    pub(crate) fn strangers_max(&self) -> usize {
        self.description.descriptors.strangers_max
    }

    /// How near the end of the server is.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.ending.get()
    }
}

impl Context for Shared {
    fn status(&self) -> Status {
        self.node.borrow().status()
    }

    fn cluster(&self) -> ClusterTold {
        self.node.borrow().cluster_told()
    }

    fn figures(&self) -> Figures {
        Figures {
            uptime_s: self.clock.uptime_ms() / 1000,
            started_s: self.clock.started_s(),
            process_id: std::process::id(),
            tcp_port: self.description.port,
            clients: self.sessions.count() as u64,
            clients_max: self.sessions.count_max() as u64,
            clients_evicted: self.sessions.evicted(),
            connections: self.sessions.accepted(),
            commands: self.commands.get(),
            memory_rss_bytes: resident_bytes(),
            log_groups: self.log.groups.load(Ordering::Relaxed),
            log_syncs: self.log.syncs.load(Ordering::Relaxed),
            log_segments: self.log.segments.load(Ordering::Relaxed),
            notes_dropped: logging::dropped(),
            notes_suppressed: logging::suppressed(),
        }
    }

    fn settings(&self) -> Vec<(String, String)> {
        self.description.settings.clone()
    }

    fn bounds(&self) -> &Bounds {
        &self.description.bounds
    }

    fn set_max_memory_merged(&self, bytes: u64) {
        self.node.borrow_mut().set_max_memory_merged(bytes);
    }

    fn rot(&self, key: &[u8]) -> bool {
        self.node.borrow_mut().rot(key)
    }

    fn faults(&self) -> Option<&Faults> {
        self.clock.faults()
    }
}

/// Memory in use by this process, where the system has `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
pub(crate) mod tests;
