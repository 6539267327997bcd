//! The driver: the one task that drives the node.
//!
//! A turn takes in everything that has arrived since the last one: requests of all connections,
//! messages of peers, completions of the disk, the time. What the node answers is gathered, and at
//! the end of the turn each client and each peer is written to once. So however many clients ask at
//! the same time, one turn makes one entry, one group for the disk and one message for each peer.

use std::future::poll_fn;
use std::hint::black_box;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use node::{Input, LogPlace, Output, Reply, RequestId, SessionId, TICK_MS};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::yield_now;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Shared;
use super::backups::Word;
use super::room::Room;
use crate::log;
use crate::logging::Announcement;
use crate::mutants::mutant;
use crate::peers::Peers;
use crate::{Error, logging, snapshots};

/// A turn of no more inputs than this, the time among them, is a quiet one: nobody else waits for
/// the loop.
const QUIET_INPUTS: usize = 5;

/// What the threads of the disk tell.
#[derive(Debug)]
pub(crate) enum Report {
    /// That of the log.
    Log(log::Report),
    /// Those of the snapshots.
    Snapshots(snapshots::Report),
}

/// The threads of the disk.
#[derive(Debug)]
pub(crate) struct Threads {
    /// That of the log.
    pub log: log::Handle,
    /// The one that reads parts of it.
    pub log_reads: log::Reads,
    /// Those of the snapshots.
    pub snapshots: snapshots::Handle,
}

/// How often the allocator is reminded of what it may give back: it waits a second by itself.
const TRIM: Duration = Duration::from_secs(1);
/// More than it takes from what it has at hand.
const TRIM_BYTES: usize = 8 << 20;

/// What drives the node.
#[derive(Debug)]
pub(crate) struct Driver {
    shared: Rc<Shared>,
    peers: Peers,
    // Before the log, which lets the data directory go.
    snapshots: snapshots::Handle,
    log_reads: log::Reads,
    log: log::Handle,
    reports: UnboundedReceiver<Report>,
    ticks: Interval,
    trims: Interval,
    announcement: Announcement,
    room: Room,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    /// Whether the last turn left something for the next one, to do or to send.
    more: bool,
}

impl Driver {
    pub(crate) fn new(
        shared: Rc<Shared>,
        peers: Peers,
        threads: Threads,
        reports: UnboundedReceiver<Report>,
        announcement: Announcement,
    ) -> Driver {
        // Twice as often as is due at least: a timer is late at times.
        let mut ticks = interval(Duration::from_millis(TICK_MS / 2));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut trims = interval(TRIM);
        trims.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let Threads { log, log_reads, snapshots } = threads;
        Driver {
            shared,
            peers,
            snapshots,
            log_reads,
            log,
            reports,
            ticks,
            trims,
            announcement,
            room: Room::default(),
            inputs: vec![],
            outputs: vec![],
            more: false,
        }
    }

    /// Drives the node until it halts. What was queued for the disk is durable when this ends, also
    /// if it is aborted.
    pub(crate) async fn run(mut self) -> Error {
        loop {
            if mutant!(TurnWithoutYield, self.more, false) {
                // It is the others' turn first: connections, whose requests then share the next
                // turn.
                yield_now().await;
            }
            poll_fn(|cx| self.poll_due(cx)).await;
            if let Err(error) = self.turn() {
                return error;
            }
        }
    }

    /// Ready when there is something to tell the node.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.trims.poll_tick(cx).is_ready() {
            trim();
        }
        let mut due = self.ticks.poll_tick(cx).is_ready() || mutant!(MoreNotDue, self.more, false);
        while let Poll::Ready(Some(report)) = self.reports.poll_recv(cx) {
            self.hear(report);
            due = mutant!(ReportNotDue, true, due);
            // As long as one is ready, nobody is woken for the next.
            mutant!(OneReportATurn, {}, break);
        }
        due |= mutant!(WakeUpIgnored, self.shared.poll_woken(cx).is_ready(), false);
        if due { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The node will be told this in its next turn.
    fn hear(&self, report: Report) {
        match report {
            Report::Log(report) => self.hear_log(report),
            Report::Snapshots(report) => self.hear_snapshots(report),
        }
    }

    fn hear_log(&self, report: log::Report) {
        match report {
            log::Report::Durable(completion) => {
                mutant!(BacklogKept, self.shared.take_backlog(completion.bytes), ());
                let log::Completion { ticket, frame, .. } = completion;
                self.shared.put(Input::Persisted { ticket, place: LogPlace(frame) });
            }
            log::Report::Full(shortage) => {
                mutant!(
                    ShortageNotTold,
                    self.shared.put(Input::DiskFull(shortage)),
                    drop(shortage)
                );
            }
            log::Report::Read { request, groups, next } => {
                self.shared.put(Input::LogRead { request, groups, next: LogPlace(next) });
            }
            log::Report::Marked { snapshot, frame } => {
                mutant!(MarkNotTold, self.snapshots.holds(snapshot, frame), ());
            }
        }
    }

    fn hear_snapshots(&self, report: snapshots::Report) {
        let report = match report {
            snapshots::Report::Pinned { holder, request, bytes } => {
                let (session, id) = (SessionId(holder), RequestId(request));
                let reply = bytes.map_or(Reply::Nil, Reply::Value);
                return self.shared.sessions.answer(session, id, reply, None);
            }
            report => report,
        };
        self.shared.put(match report {
            snapshots::Report::Written { number, bytes } => {
                Input::SnapshotWritten { number, bytes }
            }
            snapshots::Report::Placed { number, bytes, cut } => {
                mutant!(LogNeverCut, cut, None).into_iter().for_each(|before| self.log.cut(before));
                Input::SnapshotPlaced { number, bytes }
            }
            snapshots::Report::Failed { number, why } => Input::SnapshotFailed { number, why },
            snapshots::Report::Read { request, bytes } => Input::SnapshotRead { request, bytes },
            snapshots::Report::Pinned { .. } => unreachable!("it is answered above"),
        });
    }

    /// Makes a group durable while nothing else is to be done, or has it made.
    fn persist(&mut self, group: log::Group) {
        if let Some(completion) = self.log.append_here(group) {
            // What was durable before it is told before it.
            while mutant!(ReportsOvertaken, true, false)
                && let Ok(report) = self.reports.try_recv()
            {
                self.hear(report);
            }
            self.hear_log(log::Report::Durable(completion));
            self.more = true;
        }
    }

    /// Passes on what clients asked that fetch a backup: the node has no part in it.
    fn have_backups_read(&self) {
        for word in self.shared.backups.take() {
            match word {
                Word::Read(read) => self.snapshots.read_pinned(read),
                Word::Release(session) => self.snapshots.release(session.0),
            }
        }
    }

    fn turn(&mut self) -> Result<(), Error> {
        if self.room.is_due(self.shared.clock.uptime_ms()) && self.shared.is_short_of_room() {
            let though_full = self.shared.node().status().disk_full;
            let ask = Input::TakeSnapshot { though_full };
            mutant!(RoomIgnored, self.shared.put(ask), ());
            // One that is being written already makes room as well.
            self.snapshots.hurry();
        }
        self.have_backups_read();
        self.shared.take_inbox(&mut self.inputs);
        let mut is_quiet = self.inputs.len() <= QUIET_INPUTS;
        let mut group = None;
        self.shared.node().turn(&mut self.inputs, &mut self.outputs);
        let (more, requests_left, messages_left) = {
            let node = self.shared.node();
            (node.has_more(), node.requests_left(), node.messages_left())
        };
        self.more = mutant!(MoreForgotten, more, false);
        is_quiet &= !more;
        mutant!(RequestsLeftUncounted, self.shared.set_requests_left(requests_left), ());
        self.peers.set_messages_left(messages_left);
        for output in self.outputs.drain(..) {
            match output {
                Output::Reply { session, id, reply, certificate } => {
                    self.shared.sessions.answer(session, id, reply, certificate);
                }
                Output::Send { to, message, urgent } => self.peers.send(to, &message, urgent),
                Output::SendBack { path, message } => {
                    mutant!(NothingSentBack, self.peers.send_back(path, &message), ());
                }
                Output::Trust(path) => mutant!(NobodyTrusted, self.peers.trust(path), ()),
                Output::HangUp(path) => mutant!(NobodyHungUpOn, self.peers.hang_up(path), ()),
                Output::Peers(others) => {
                    mutant!(PeersNotFollowed, self.peers.follow(&others), drop(others));
                }
                Output::Persist { ticket, records } => {
                    mutant!(BacklogUncounted, self.shared.add_backlog(records.len()), ());
                    let queued = group.replace(log::Group { ticket, records });
                    queued.into_iter().for_each(|group| self.log.append(group));
                    if !is_quiet {
                        group.take().into_iter().for_each(|group| self.log.append(group));
                    }
                }
                Output::BeginSnapshot(number) => {
                    // It holds what was handed over before it, and nothing of what comes after.
                    let before = mutant!(SnapshotBeforeItsGroup, group.take(), None);
                    before.into_iter().for_each(|group| self.log.append(group));
                    self.snapshots.begin(number);
                    self.log.mark(number);
                }
                Output::WriteSnapshot { number, bytes, hurry } => {
                    self.snapshots.write(number, bytes, hurry);
                }
                Output::EndSnapshot(number) => self.snapshots.end(number),
                Output::DropSnapshot(number) => self.snapshots.give_up(number),
                Output::ReadSnapshot { request, number, offset, bytes } => {
                    self.snapshots.read(request, number, offset, bytes);
                }
                Output::ReadLog { request, place, bytes } => {
                    self.log_reads.read(request, place.0, bytes);
                }
                Output::Note(event) => mutant!(NothingTold, logging::tell(&event), drop(event)),
                Output::Halt { exit_code, reason } => {
                    group.take().into_iter().for_each(|group| self.log.append(group));
                    // Whoever asked for this end hears that it came, if its socket takes it.
                    let _unsent = self.shared.sessions.flush();
                    let halt = Error { exit_code, reason };
                    mutant!(HaltIgnored, return Err(halt), drop(halt));
                }
            }
        }
        // Many clients wait for the peers, and the peers for few clients.
        let mut unsent = is_quiet && self.shared.sessions.flush();
        mutant!(PeersNotFlushed, self.peers.flush(), ());
        if !is_quiet {
            unsent = self.shared.sessions.flush();
        }
        self.more |= mutant!(UnsentForgotten, unsent, false);
        mutant!(NothingSettled, self.shared.settle(), ());
        if !self.announcement.is_over() {
            let status = self.shared.node().status();
            self.announcement.tell(&status);
        }
        // After what others wait for was sent.
        group.into_iter().for_each(|group| self.persist(group));
        Ok(())
    }
}

/// Has the allocator give memory back that was freed a while ago. It does so only when it is asked
/// for much or given much, and a node that has just cut its log may have nothing to ask for. Room
/// that nobody touches costs nothing.
fn trim() {
    drop(black_box(Vec::<u8>::with_capacity(TRIM_BYTES)));
}

#[cfg(test)]
pub(crate) mod tests;
