//! The agreed order: one log that a majority keeps, by Raft (Ongaro & Ousterhout 2014).
//!
//! # How a write becomes one
//!
//! ```text
//!  client ── SET ──▶ follower ── Forward(ids, writes) ──▶ leader ── append ──▶ followers
//!                       ▲                                     │ one entry a turn      │
//!                       │                                     ▼                       ▼
//!                     reply ◀── applied here ◀── commit ◀── majority on disk ◀────── synced
//! ```
//!
//! Every write gets an [id](entry::WriteId) when it is first sent. Any node may lose it, so its node sends it again until it
//! applies it itself; the [state machine](state::State) applies each id once and in order. raft-rs' own
//! forwarding of proposals is not used, because it has no ids.
//!
//! # How a read becomes one
//!
//! Sequential reads answer from what is applied here. Linearizable reads wait for a [round](read_index::Reads) in which a
//! quorum confirms what is committed, and then until that is applied here; the leader does the same.
//! A node that was just started serves no read above eventual before such a round.
//!
//! # The disk
//!
//! Entries, term and vote of a turn go to the disk with everything else of that turn, as one group. Messages
//! that promise something about them wait for it; the leader's appends do not (Ongaro's thesis §10.2.1). While a group
//! is being synced the next entry gathers: the disk could not take it anyway.
//!
//! # What is left out
//!
//! Snapshots and a log that is cut; changes of members; leases; expiry.

mod describe;
mod entry;
mod forged;
mod forwards;
mod proposals;
mod read_index;
mod rows;
mod soundness;
mod state;
mod storage;
mod time;

use std::collections::VecDeque;

use bytes::Bytes;
use protobuf::Message as _;
use raft::eraftpb::{self, Entry, HardState, MessageType};
use raft::{GetEntriesContext, RawNode, StateRole};

use crate::api::{
    AgreedPosition, Certificate, Error, Event, NodeId, Order, Role, Shortage, Ticket,
};
use crate::commands::{Command, Unreadable, View, Write};
use crate::copies::Copies;
use crate::ids::Life;
use crate::keyspace::KeyspaceId;
use crate::limits::Limits;
use crate::random::Random;
use crate::session::Waiter;
use crate::store::TOGETHER;
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::record::Record;
pub(crate) use describe::{in_words, matter, term, vote};
use entry::{Cursor, Draft, WriteId};
use forwards::Forwards;
use proposals::Proposals;
pub(crate) use read_index::Read;
use read_index::Reads;
use state::{Ran, State};
pub(crate) use storage::Tail;
use time::{Anchor, LogTime};

/// Raft's clock: its tick in milliseconds, and its timeouts in ticks.
const RAFT_TICK_MS: u64 = 50;
const HEARTBEAT_TICKS: usize = 2;
const ELECTION_TICKS: usize = 10;
/// How many appends may be on their way to a follower: at [`Limits::append_bytes`] each, half of what may wait for a slow peer.
const INFLIGHT_MAX: usize = 32;
/// How long writes may gather while the disk is busy, in milliseconds: a stalled disk must not hold up a majority that
/// could go on without it.
const GATHER_MS_MAX: u64 = 20;
/// How long a follower waits for something of its own to be applied before it sends it again, in milliseconds.
const RESEND_MS: u64 = 500;
/// How much longer a node whose clock is off or whose disk is full waits before it stands for election: the others come
/// first.
const UNFIT_TICKS: usize = 2 * ELECTION_TICKS;
/// How long a successor has to take over before another is asked, in milliseconds. Raft itself gives up after an election
/// timeout; asking more often would keep it from noticing that it lost its quorum.
const HAND_OVER_MS: u64 = 2000;
/// The same where this node is about to end: its quorum is no concern of its any more.
const ENDING_HAND_OVER_MS: u64 = 250;

/// The agreed order on this node.
pub(crate) struct Agreed {
    raft: RawNode<Tail>,
    limits: Limits,
    me: NodeId,
    life: Life,
    chance: Random,
    state: State,
    /// The last place that is applied: inside an entry, while that takes several turns.
    applied: AgreedPosition,
    /// The last entry that is applied as a whole.
    applied_whole: u64,
    /// Entries that are committed and not applied, and how far the first of them is.
    committed: VecDeque<Entry>,
    cursor: Cursor,
    proposals: Proposals,
    reads: Reads,
    copies: Copies,
    /// What this node, as the leader, gathers for the next entry.
    draft: Draft,
    /// The writes of others that lie in the log of this leader.
    forwarded: Forwards,
    gathering_since_ms: Option<u64>,
    unsynced: VecDeque<Unsynced>,
    /// The term that is on disk.
    synced_term: u64,
    /// Term and leader as last seen.
    led_by: (u64, u64),
    /// The role and term for which the election timeout was drawn, and what was drawn.
    timeout: (u64, StateRole, usize),
    ticked_ms: u64,
    progressed_ms: u64,
    /// When this boot began.
    began_ms: Option<u64>,
    /// The time of what this node, as the leader, puts into the log.
    time: LogTime,
    /// The last entry that found no room on the disk.
    lacked: u64,
    /// The commit index that followers were last told.
    announced: u64,
    /// The last entry that carries writes of other nodes.
    foreign: u64,
    /// Ticks until this node stands for election without waiting for its timeout: it is alone, or the
    /// first of a new cluster.
    eager_ticks: u8,
    /// When this node, as the leader, last asked another to lead.
    handed_over_ms: Option<u64>,
    /// How often it did.
    hand_overs: usize,
}

/// A ready that waits for the disk.
struct Unsynced {
    ticket: Ticket,
    number: u64,
    /// The term that is on disk once the ticket is.
    term: u64,
    /// What may be sent only then.
    messages: Vec<eraftpb::Message>,
}

impl std::fmt::Debug for Agreed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agreed").field("applied", &self.applied).finish_non_exhaustive()
    }
}

impl Agreed {
    pub(crate) fn new(me: NodeId, life: Life, members: &[NodeId], tail: Tail, seed: u64) -> Agreed {
        let config = raft::Config {
            id: me.0,
            election_tick: ELECTION_TICKS,
            heartbeat_tick: HEARTBEAT_TICKS,
            max_election_tick: 2 * ELECTION_TICKS + UNFIT_TICKS,
            max_size_per_msg: Limits::default().append_bytes as u64,
            max_inflight_msgs: INFLIGHT_MAX,
            check_quorum: true,
            pre_vote: true,
            skip_bcast_commit: true,
            ..raft::Config::default()
        };
        let eager_ticks = match members {
            [_] => 1,
            _ => 2 * u8::from(tail.len() == 0 && members.iter().min() == Some(&me)),
        };
        let synced_term = tail.hard_state().term;
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raft = RawNode::new(&config, tail, &logger).expect("this configuration is valid");
        let raft = mutant!(LeaseRead, raft, leased(raft));
        Agreed {
            raft,
            limits: Limits::default(),
            me,
            life,
            chance: Random::new(seed),
            state: State::new(members),
            applied: AgreedPosition::default(),
            applied_whole: 0,
            committed: VecDeque::new(),
            cursor: Cursor::default(),
            proposals: Proposals::new(),
            reads: Reads::new(me, life.boot),
            copies: Copies::default(),
            draft: Draft::default(),
            forwarded: Forwards::default(),
            gathering_since_ms: None,
            unsynced: VecDeque::new(),
            synced_term,
            led_by: (0, 0),
            timeout: (0, StateRole::Follower, ELECTION_TICKS),
            ticked_ms: 0,
            progressed_ms: 0,
            began_ms: None,
            time: LogTime::default(),
            lacked: 0,
            announced: 0,
            foreign: 0,
            eager_ticks,
            handed_over_ms: None,
            hand_overs: 0,
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.proposals.set_limits(limits);
        self.raft.raft.max_msg_size = limits.append_bytes as u64;
    }

    // What the node asks.

    pub(crate) fn role(&self) -> Role {
        if self.leads() { Role::Leader } else { Role::Follower }
    }

    pub(crate) fn leader(&self) -> Option<NodeId> {
        (self.raft.raft.leader_id != 0).then_some(NodeId(self.raft.raft.leader_id))
    }

    pub(crate) fn term(&self) -> u64 {
        self.raft.raft.term
    }

    pub(crate) fn commit(&self) -> u64 {
        self.raft.raft.raft_log.committed
    }

    pub(crate) fn applied(&self) -> u64 {
        self.applied_whole
    }

    /// Whether the next entry is applied in part.
    pub(crate) fn is_within_entry(&self) -> bool {
        self.cursor.offset() > 0
    }

    /// Whether something that could be done was left for the next turn.
    pub(crate) fn has_more(&self) -> bool {
        !self.committed.is_empty() || self.reads.is_answerable(self.applied_whole)
    }

    /// Whether what was flushed still takes memory.
    pub(crate) fn has_garbage(&self) -> bool {
        self.state.has_garbage()
    }

    /// The state machine.
    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.state
    }

    pub(crate) fn last_index(&self) -> u64 {
        self.raft.raft.raft_log.last_index()
    }

    /// Term and data of an entry of the log, committed or not.
    pub(crate) fn entry(&self, index: u64) -> Option<(u64, Bytes)> {
        let log = &self.raft.raft.raft_log;
        if index == 0 || index > log.last_index() {
            return None;
        }
        let entries = log.slice(index, index + 1, None, GetEntriesContext::empty(false)).ok()?;
        entries.into_iter().next().map(|entry| (entry.term, entry.data))
    }

    /// The value that the state machine holds for a key.
    pub(crate) fn value(&self, key: &[u8]) -> Option<&Bytes> {
        self.state.get(key)
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.reads.is_fresh()
    }

    fn leads(&self) -> bool {
        self.raft.raft.state == StateRole::Leader
    }

    /// How many writes and reads wait.
    pub(crate) fn queued(&self) -> usize {
        self.proposals.queued() + self.reads.queued()
    }

    /// What they weigh.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.proposals.queued_bytes() + self.reads.bytes()
    }

    // What the node is told.

    /// This boot has begun, at this moment at the latest.
    pub(crate) fn begin(&mut self, now_ms: u64) {
        self.began_ms.get_or_insert(now_ms);
    }

    pub(crate) fn write(&mut self, waiter: Waiter, keyspace: KeyspaceId, command: Command) {
        let command = mutant!(CompareAtArrival, command, self.compared(command));
        self.proposals.push(waiter, keyspace, &command);
    }

    /// A read that must not answer before a quorum confirmed what is committed.
    pub(crate) fn read_confirmed(&mut self, waiter: Waiter, command: Command) {
        let command = self.copies.of_command(&command);
        self.reads.push(Read { waiter, command });
    }

    /// What reads see: what is applied here.
    pub(crate) fn view(&self) -> &dyn View {
        &self.state
    }

    /// Where an answer to this read stands.
    pub(crate) fn certificate(&self, command: &Command) -> Certificate {
        let by = command.sole_key().map(|key| self.state.written(key));
        Certificate::Agreed { position: self.applied, by }
    }

    pub(crate) fn on_message(
        &mut self,
        from: NodeId,
        bytes: &Bytes,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        let mut message =
            eraftpb::Message::parse_from_carllerche_bytes(bytes).map_err(|_| Malformed)?;
        if message.from != from.0 || message.to != self.me.0 {
            return Err(Malformed);
        }
        soundness::check(&message, &self.raft.raft)?;
        let asks = message.get_msg_type() == MessageType::MsgReadIndex;
        if asks && mutant!(DeposedHandsOnReads, !self.leads(), false) {
            // Raft would hand it on in the name of whoever asked, who by now asks the new leader itself.
            return Ok(());
        }
        if self.has_lost(&message) {
            turn.halt(1, lost_entries(message.commit));
            return Ok(());
        }
        let appends = message.get_msg_type() == MessageType::MsgAppend
            && message.entries.iter().any(|entry| !entry.data.is_empty());
        if mutant!(FullFollowerTakesAppends, turn.disk.is_full(), false) && appends {
            // As if it were lost: the leader sends it again. What opens a term is small enough.
            let last = message.entries.last().map_or(0, |entry| entry.index);
            self.lacked = self.lacked.max(last);
            return Ok(());
        }
        own_bytes(&mut message);
        // Raft refuses what it has no use for (an unknown peer, a dropped proposal); so do we.
        let _ = self.raft.step(message);
        Ok(())
    }

    /// Whether a leader counts on entries of this node that are not here: a heartbeat tells a follower only of what it
    /// has acknowledged itself.
    fn has_lost(&self, message: &eraftpb::Message) -> bool {
        let raft = &self.raft.raft;
        message.get_msg_type() == MessageType::MsgHeartbeat
            && message.term >= raft.term
            && message.commit
                > mutant!(
                    OneLostEntryUnnoticed,
                    raft.raft_log.last_index(),
                    raft.raft_log.last_index() + 1
                )
    }

    /// A follower's writes, for the next entry.
    pub(crate) fn on_forward(
        &mut self,
        node: NodeId,
        life: Life,
        sequence: u64,
        count: u64,
        commands: &Bytes,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        entry::check_run(sequence, count, commands)?;
        let first = WriteId { node, life, sequence };
        let full = mutant!(FullLeaderTakesForwards, turn.disk.is_full(), false);
        if !self.leads() || full || !self.forwarded.take(first, count) {
            return Ok(());
        }
        if !self.draft.is_empty() && self.draft.len() + commands.len() > self.limits.run_bytes {
            // An entry must stay far below what a message may weigh, however much comes in one turn.
            if !self.propose(turn) {
                self.forwarded.clear();
                return Ok(());
            }
        }
        self.draft.add_run(first, count, commands);
        // The entry that the draft becomes, or one after it: at worst followers are told too soon.
        self.foreign = self.raft.raft.raft_log.last_index() + 1;
        Ok(())
    }

    pub(crate) fn on_connected(&mut self, peer: NodeId) {
        if self.leader() == Some(peer) {
            self.proposals.resend();
        }
    }

    pub(crate) fn on_disconnected(&mut self, peer: NodeId) {
        self.raft.report_unreachable(peer.0);
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket, turn: &mut Turn<'_>) {
        while let Some(ready) = self.unsynced.pop_front_if(|ready| ready.ticket <= ticket) {
            self.raft.on_persist_ready(ready.number);
            self.synced_term = mutant!(SyncedTermTooHigh, ready.term, self.raft.raft.term);
            send_all(ready.messages, turn);
        }
    }

    /// Time has passed: at most one tick of Raft, however much; a node that slept must not rush.
    pub(crate) fn on_tick(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now.monotonic_ms;
        if now < self.ticked_ms + RAFT_TICK_MS {
            return;
        }
        self.ticked_ms = now;
        if self.eager_ticks > 0 {
            self.eager_ticks -= 1;
            if self.eager_ticks == 0 && self.raft.raft.leader_id == 0 {
                // Only an attempt: whoever cannot win now tries again when its timeout is over.
                let _ = self.raft.campaign();
            }
        }
        self.pin_election_timeout(turn.clock_agrees && !turn.disk.is_full() && !turn.ending);
        self.raft.tick();
        let unapplied = self.proposals.has_unapplied() && !self.leads();
        if unapplied && now >= self.progressed_ms + RESEND_MS {
            self.progressed_ms = now;
            self.proposals.resend();
        }
    }

    /// Raft draws its election timeout from the operating system's chance; it gets the node's own instead.
    fn pin_election_timeout(&mut self, is_fit: bool) {
        let (term, role) = (self.raft.raft.term, self.raft.raft.state);
        if (self.timeout.0, self.timeout.1) != (term, role) {
            let drawn = self.chance.between(ELECTION_TICKS, 2 * ELECTION_TICKS);
            self.timeout = (term, role, drawn);
        }
        let patience = if is_fit { 0 } else { mutant!(UnfitStandsAtOnce, UNFIT_TICKS, 0) };
        self.raft.raft.set_randomized_election_timeout(self.timeout.2 + patience);
    }

    /// This node should not lead: one of these members is to, one that holds all that is committed. While there is none, this
    /// node leads on: no other would be better.
    pub(crate) fn hand_over(&mut self, to: Vec<NodeId>, turn: &mut Turn<'_>) {
        let now = turn.now.monotonic_ms;
        let pause_ms = if turn.ending { ENDING_HAND_OVER_MS } else { HAND_OVER_MS };
        let waits = self.handed_over_ms.is_some_and(|handed_ms| now < handed_ms + pause_ms);
        if !self.leads() || waits {
            return;
        }
        let commit = self.commit();
        let matched = |id: &NodeId| {
            let progress = self.raft.raft.prs().get(id.0)?;
            // Raft forgets now and then who was active; who is connected will be again in a moment.
            let is_active = progress.recent_active || turn.ending;
            (is_active && progress.matched >= commit).then_some(progress.matched)
        };
        let mut successors = to;
        successors.retain(|id| matched(id).is_some());
        if successors.is_empty() {
            return;
        }
        // While a successor catches up nothing is proposed, so the nearest comes first.
        successors.sort_by_key(|id| std::cmp::Reverse(matched(id)));
        // If one does not take over, the next one is asked.
        let successor = successors[self.hand_overs % successors.len()];
        self.hand_overs += 1;
        self.handed_over_ms = Some(now);
        turn.note(Event::HandsOver(successor));
        self.raft.transfer_leader(successor.0);
    }

    /// Answers what waits since `oldest_ms` or longer.
    pub(crate) fn expire(&mut self, oldest_ms: u64, turn: &mut Turn<'_>) {
        self.proposals.expire(oldest_ms, |waiter, error| turn.refuse_write(&waiter, error));
        let shortage = turn.disk.shortage().cloned();
        self.reads.expire(oldest_ms, |waiter, is_confirmed| {
            let error = match (is_confirmed, &shortage) {
                (false, None) => Error::ClusterDown(NOT_CONFIRMED),
                (false, Some(shortage)) if *shortage == Shortage::of_room() => {
                    Error::ClusterDown(NOT_CONFIRMED_FULL)
                }
                (false, Some(_)) => Error::ClusterDown(NOT_CONFIRMED_SHORT),
                (true, None) => Error::ClusterDown(NOT_APPLIED),
                (true, Some(shortage)) => no_room_for_it(shortage),
            };
            turn.refuse_read(&waiter, error);
        });
    }

    /// Bytes of writes that wait to become the next entry.
    pub(crate) fn drafted(&self) -> usize {
        self.draft.len()
    }

    /// What the requests weigh that wait to be sent for the first time, or to be confirmed.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.proposals.unnamed_bytes() + self.reads.bytes()
    }

    /// Refuses the writes that were not sent yet.
    pub(crate) fn refuse_unsent(&mut self, why: &Error, turn: &mut Turn<'_>) {
        self.proposals.refuse_unnamed(|waiter| turn.refuse_write(&waiter, why.clone()));
    }

    // What it does about it.

    /// Does all that can be done now; true if something was.
    pub(crate) fn work(&mut self, turn: &mut Turn<'_>) -> bool {
        self.note_leader(turn);
        self.send_writes(turn);
        self.begin_reads(turn);
        let mut worked = self.handle_readies(turn) | self.apply(turn);
        if self.announce_commit() {
            worked |= self.handle_readies(turn);
        }
        worked |= self.answer_reads(turn);
        worked
    }

    fn note_leader(&mut self, turn: &mut Turn<'_>) {
        let led_by = (self.raft.raft.term, self.raft.raft.leader_id);
        if led_by == self.led_by {
            return;
        }
        self.led_by = led_by;
        self.draft = Draft::default();
        self.forwarded.clear();
        self.gathering_since_ms = None;
        self.proposals.resend();
        self.reads.retry();
        if self.leads() {
            self.hold_tail();
        }
        turn.note(Event::Leader { term: led_by.0, leader: self.leader() });
    }

    /// Notes which writes already lie in the log of this new leader, so that they are not appended again when they are sent
    /// again: nothing in the log of a leader goes while it leads.
    fn hold_tail(&mut self) {
        let log = &self.raft.raft.raft_log;
        let context = GetEntriesContext::empty(false);
        let tail = log.slice(self.applied_whole + 1, log.last_index() + 1, None, context);
        let mut applied = self.state.applied().clone();
        for entry in tail.expect("all of the log is in memory") {
            let each = |id, _, _: Write<'_>| {
                applied.take(id);
            };
            if entry::for_each(&entry.data, each).is_err() {
                // This version does not know what it is: once it is committed this node stops before it.
                break;
            }
        }
        for last in mutant!(TailNotHeld, applied, state::Applied::new(&[])).ids() {
            self.forwarded.hold(last);
            if (last.node, last.life) == (self.me, self.life) {
                self.proposals.hold(last.sequence + 1);
            }
        }
    }

    fn send_writes(&mut self, turn: &mut Turn<'_>) {
        if self.leads() {
            if turn.disk.is_full() {
                return;
            }
            if (self.proposals.has_run() || !self.draft.is_empty()) && !self.keeps_gathering(turn) {
                self.gathering_since_ms = None;
                self.propose_all(turn);
                mutant!(AnswerBeforeCommit, (), self.answer_setters(turn));
            }
        } else if let Some(leader) = self.leader() {
            if !self.proposals.has_unapplied() {
                self.progressed_ms = turn.now.monotonic_ms;
            }
            while let Some(run) = self.proposals.next_run() {
                let commands = Bytes::copy_from_slice(run.commands);
                turn.send(leader, Body::Forward { first: run.first, count: run.count, commands });
            }
        }
    }

    /// Whether the next entry should wait for more writes: while the disk is busy, it costs nothing.
    fn keeps_gathering(&mut self, turn: &Turn<'_>) -> bool {
        let now = turn.now.monotonic_ms;
        let since = *self.gathering_since_ms.get_or_insert(now);
        turn.disk.is_busy()
            && now < since + GATHER_MS_MAX
            && self.draft.len() + self.proposals.unnamed_bytes() < self.limits.run_bytes
    }

    fn propose_all(&mut self, turn: &mut Turn<'_>) {
        let from = self.proposals.unsent();
        let mut taken = true;
        while taken && let Some(run) = self.proposals.next_run() {
            let first = WriteId { node: self.me, life: self.life, sequence: run.first };
            self.draft.add_run(first, run.count, run.commands);
            if self.draft.len() >= self.limits.run_bytes {
                taken = self.propose(turn);
            }
        }
        if taken && !self.draft.is_empty() {
            taken = self.propose(turn);
        }
        if !taken {
            // Raft takes no proposals now. What was gathered is gone; ids make it safe to send it again.
            mutant!(DroppedNotTakenBack, self.proposals.unsend(from), ());
            mutant!(DroppedForwardsKept, self.forwarded.clear(), ());
        }
    }

    fn propose(&mut self, turn: &mut Turn<'_>) -> bool {
        let stamp_ms = self.stamp_ms(turn);
        let data = self.draft.take(stamp_ms);
        self.announced = self.commit();
        let taken = self.raft.propose(vec![], data).is_ok();
        if taken {
            self.time.on_stamped(stamp_ms, turn.now.monotonic_ms);
        }
        taken
    }

    /// The time of an entry that this leader makes now.
    fn stamp_ms(&mut self, turn: &Turn<'_>) -> u64 {
        let (term, began_ms) = (self.term(), self.began_ms.unwrap_or(0));
        let tail = self.raft.store();
        self.time.lead(term, || {
            let Anchor { stamp_ms, at_ms } = tail.last_stamp();
            Anchor { stamp_ms, at_ms: at_ms.max(began_ms) }
        });
        let clock_ms =
            mutant!(LogTimeFromOwnClock, turn.log_ms, turn.log_ms.map(|_| turn.now.wall_ms));
        self.time.stamp_ms(turn.now.monotonic_ms, clock_ms)
    }

    /// Whether the leader can confirm reads, as far as this node knows: it has committed something in its term. Before that it
    /// would drop the question in silence.
    fn confirms(&self) -> bool {
        self.raft.raft.raft_log.term(self.commit()) == Ok(self.term())
    }

    fn begin_reads(&mut self, turn: &mut Turn<'_>) {
        if self.leader().is_none() || !self.confirms() {
            return mutant!(ReadBeforeTermCommit, (), self.confirm_alone(turn));
        }
        if let Some(context) = self.reads.begin(turn.now.monotonic_ms) {
            self.raft.read_index(context);
        }
    }

    /// Followers learn what is committed from the next append. If none is coming soon, or one of them waits
    /// for its own write, they are told now; true if so.
    fn announce_commit(&mut self) -> bool {
        let commit = self.commit();
        if !self.leads() || mutant!(CommitNotAnnounced, commit <= self.announced, true) {
            return false;
        }
        let appends_soon = self.proposals.has_run() || !self.draft.is_empty();
        if appends_soon && self.foreign <= self.announced {
            return false;
        }
        self.announced = commit;
        self.raft.raft.bcast_append();
        true
    }

    fn handle_readies(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut worked = false;
        while self.raft.has_ready() {
            worked = true;
            let mut ready = self.raft.ready();
            send_all(ready.take_messages(), turn);
            self.committed.extend(ready.take_committed_entries());
            let read_states = ready.take_read_states();
            let mut held = ready.take_persisted_messages();
            let (number, must_sync) = (ready.number(), ready.must_sync());
            let hard_state = ready.hs().cloned();
            self.keep(hard_state, ready.take_entries(), must_sync, turn);
            self.raft.advance_append_async(ready);

            let promises_nothing = held.extract_if(.., |message| self.promises_nothing(message));
            send_all(promises_nothing.collect(), turn);
            let last = self.unsynced.back().map(|ready| ready.ticket);
            let ticket = if must_sync { Some(turn.disk.ticket()) } else { last };
            if let Some(ticket) = ticket {
                let term = self.raft.raft.term;
                self.unsynced.push_back(Unsynced { ticket, number, term, messages: held });
                mutant!(LeaderCountsUnsynced, (), self.raft.on_persist_ready(number));
            } else {
                self.raft.on_persist_ready(number);
                send_all(held, turn);
            }
            self.apply(turn);
            for state in read_states {
                self.reads.on_confirmed(&state.request_ctx, state.index);
            }
            self.note_leader(turn);
        }
        worked
    }

    /// Whether a follower's message may leave before its disk is done: it says nothing of the log, and
    /// of the term only what is on disk. So a slow disk does not delay anyone's linearizable reads.
    fn promises_nothing(&self, message: &eraftpb::Message) -> bool {
        match message.get_msg_type() {
            MessageType::MsgHeartbeatResponse | MessageType::MsgReadIndex => {
                self.raft.raft.term == self.synced_term
            }
            MessageType::MsgAppendResponse => mutant!(AckBeforeSync, false, true),
            MessageType::MsgRequestVoteResponse => mutant!(VoteBeforeSync, false, true),
            _ => false,
        }
    }

    /// Hands entries, term and vote to the disk, and to the tail that Raft reads.
    fn keep(
        &mut self,
        hard_state: Option<HardState>,
        entries: Vec<Entry>,
        must_sync: bool,
        turn: &mut Turn<'_>,
    ) {
        let tail = self.raft.mut_store();
        if let Some(hard_state) = hard_state {
            tail.set_hard_state(hard_state);
        }
        if must_sync {
            // The commit index alone is never synced: it is known again from the leader.
            let HardState { term, vote, commit, .. } = *tail.hard_state();
            let vote = mutant!(VoteNotPersisted, vote, 0);
            if mutant!(HardStateLeftOut, true, entries.is_empty()) {
                turn.disk.record(&Record::HardState { term, vote, commit });
            }
        }
        for entry in entries {
            let (index, term) = (entry.index, entry.term);
            turn.disk.record(&Record::Agreed { index, term, data: entry.data.clone() });
            tail.append(entry, turn.now.monotonic_ms).expect("Raft appends without gaps");
        }
    }

    /// Applies what is committed, as much as this turn may; true if something was.
    fn apply(&mut self, turn: &mut Turn<'_>) -> bool {
        let before = self.applied;
        let whole_before = self.applied_whole;
        while let Some(entry) = self.committed.front()
            && self.may_apply(turn)
        {
            let (index, data) = (entry.index, entry.data.clone());
            assert_eq!(index, self.applied_whole + 1, "entries are applied in order, each once");
            if self.apply_entry(index, &data, turn) {
                self.applied_whole = index;
                self.committed.pop_front();
            }
        }
        if self.applied_whole > whole_before {
            self.raft.advance_apply_to(self.applied_whole);
        }
        (self.applied, self.applied_whole) != (before, whole_before)
    }

    /// Whether this turn may apply more. (A count that goes on has room for so many keys that come and go.)
    fn may_apply(&self, turn: &Turn<'_>) -> bool {
        !*turn.halted && !turn.budget.work.is_spent() && !self.state.watch.is_full()
    }

    /// Applies an entry, or as much of it as this turn may; true if it is done.
    fn apply_entry(&mut self, index: u64, data: &[u8], turn: &mut Turn<'_>) -> bool {
        let skips = mutant!(ReplaySkipsEntry, false, self.is_last_of_replay(index));
        turn.budget.work.spend(1, 0);
        loop {
            if self.cursor.offset().is_multiple_of(TOGETHER as u32) {
                self.touch(data);
            }
            let (id, offset, write) = match self.cursor.next(data) {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(unreadable) => {
                    turn.halt(78, not_known(index, unreadable));
                    return false;
                }
            };
            turn.budget.work.spend(write.keys(), write.bytes());
            if !skips {
                let at =
                    AgreedPosition { index, offset: mutant!(CertificateWithoutOffset, offset, 0) };
                self.apply_write(id, at, write, turn);
            }
            self.applied = AgreedPosition { index, offset };
            if !self.may_apply(turn) {
                return false;
            }
        }
        let count = std::mem::take(&mut self.cursor).offset();
        self.applied = AgreedPosition { index, offset: count.saturating_sub(1) };
        true
    }

    /// Has the processor fetch what the next writes of this entry are about; see [`crate::store::Store::touch`].
    fn touch(&self, data: &[u8]) {
        let mut ahead = self.cursor.clone();
        let (mut keys, mut count) = ([&[][..]; TOGETHER], 0);
        while count < TOGETHER
            && let Ok(Some((_, _, write))) = ahead.next(data)
        {
            keys[count] = write.first_key().unwrap_or_default();
            count += 1;
        }
        self.state.touch(&keys[..count]);
    }

    fn apply_write(
        &mut self,
        id: WriteId,
        position: AgreedPosition,
        write: Write<'_>,
        turn: &mut Turn<'_>,
    ) {
        let asked = id.node == self.me && id.life == self.life;
        let ran = self.state.apply(id, position, write, asked);
        if let Some(ran) = &ran {
            turn.budget.work.spend(ran.steps, ran.bytes);
        }
        if id.node != self.me {
            return;
        }
        if id.life != self.life {
            let supersedes = mutant!(OwnOtherLifeUnnoticed, id.life.boot >= self.life.boot, false);
            if supersedes && !*turn.halted {
                turn.supersede(&other_life(position.index, id.life));
            }
            return;
        }
        // It was proposed in this boot, so all that was committed before lies before it, also if it does not run.
        self.reads.confirm();
        let Some(Ran { answer, .. }) = ran else { return };
        self.progressed_ms = turn.now.monotonic_ms;
        if let Some(waiter) = self.proposals.on_applied(id.sequence) {
            let certificate = || Certificate::Agreed { position, by: answer.by };
            turn.answer_write(&waiter, answer.reply, certificate);
        }
    }

    /// What found no room on the disk cannot be shown: a read that must see it is refused at once.
    fn refuse_unshowable(&mut self, turn: &mut Turn<'_>) {
        let Some(refusal) = turn.disk.shortage().map(no_room_for_it) else {
            self.lacked = 0;
            return;
        };
        let lacked = mutant!(UnshowableAwaited, self.lacked, 0);
        for read in self.reads.take_confirmed(self.last_index() + 1..=lacked) {
            turn.refuse_read(&read.waiter, refusal.clone());
        }
    }

    /// Answers the reads that waited for what is applied now, as many as this turn may; true if any was.
    fn answer_reads(&mut self, turn: &mut Turn<'_>) -> bool {
        self.refuse_unshowable(turn);
        let was_fresh = self.reads.is_fresh();
        let mut answered = false;
        let applied = mutant!(ReadBeforeApplied, self.applied_whole, u64::MAX);
        while !turn.budget.answers.is_spent()
            && let Some(read) = self.reads.next_answerable(applied)
        {
            answered = true;
            if turn.budget.is_long(&read.command) {
                turn.budget.answers.spend(1, 0);
                turn.counts.push(read, Order::Agreed);
                continue;
            }
            let reply = read.command.read(self.view(), turn.chance());
            turn.budget.answers.spend_answer(&read.command, &reply);
            turn.answer_read(&read.waiter, reply, || self.certificate(&read.command));
        }
        if turn.budget.answers.is_spent() {
            self.reads.leave_over(applied);
        }
        answered || was_fresh != self.reads.is_fresh()
    }
}

const WELL_FORMED: &str = "only well-formed runs are proposed, and the disk checks its bytes";
const NOT_CONFIRMED: &str = "no majority confirmed in time what is committed; the read did not run";
const NOT_CONFIRMED_FULL: &str = "no majority confirmed in time what is committed, and the disk of this node is full; the read did not \
                                  run. Free some room, or ask another node";
const NOT_APPLIED: &str = "a majority confirmed what is committed, and this node did not get it in time; the read did not run";
const NOT_CONFIRMED_SHORT: &str = "no majority confirmed in time what is committed, and this node cannot write to its disk for now (its log \
                                   says why); the read did not run. Ask another node";

fn no_room_for_it(Shortage { why, way_out }: &Shortage) -> Error {
    Error::DiskFull(format!(
        "{why}: it has no room for what this read must see; the read did not run. {way_out}, ask another node, or \
         read at a weaker level"
    ))
}

fn not_known(index: u64, why: Unreadable) -> String {
    format!(
        "entry {index} of the agreed log is committed, and {why}: nothing behind it can be applied here. A newer version of \
         Candor wrote it: start that one on this data directory"
    )
}

/// What only planted bugs do.
#[cfg(feature = "mutants")]
impl Agreed {
    /// A SET that compares, as if what is here now were there when it runs.
    fn compared(&self, command: Command) -> Command {
        let holds = match command.arguments()[..] {
            [key, _, b"NX", ..] => self.state.get(key).is_none(),
            [key, _, b"IFEQ", expected, ..] => {
                self.state.get(key).is_some_and(|value| value == expected)
            }
            _ => false,
        };
        if holds { crate::commands::without_condition(&command) } else { command }
    }

    fn answer_setters(&mut self, turn: &mut Turn<'_>) {
        for waiter in self.proposals.take_setters() {
            turn.answer_write(&waiter, crate::api::Reply::Ok, || {
                unreachable!("it was not asked for")
            });
        }
    }

    fn confirm_alone(&mut self, turn: &Turn<'_>) {
        if self.leads()
            && let Some(context) = self.reads.begin(turn.now.monotonic_ms)
        {
            self.reads.on_confirmed(&context, self.commit());
        }
    }

    fn is_last_of_replay(&self, index: u64) -> bool {
        !self.is_fresh() && index == self.raft.store().hard_state().commit
    }
}

#[cfg(feature = "mutants")]
fn leased(mut raft: RawNode<Tail>) -> RawNode<Tail> {
    raft.raft.read_only.option = raft::ReadOnlyOption::LeaseBased;
    raft.raft.check_quorum = false;
    raft
}

fn other_life(index: u64, other: Life) -> String {
    format!(
        "entry {index} of the agreed log carries writes of start {} of this node, which this data directory has not lived",
        other.boot
    )
}

/// Gives a message bytes of its own: Raft keeps entries, and the contexts of what it answers later, and a slice would keep
/// the whole of a receive buffer.
fn own_bytes(message: &mut eraftpb::Message) {
    message.context = Bytes::copy_from_slice(&message.context);
    for entry in message.mut_entries().iter_mut() {
        entry.data = Bytes::copy_from_slice(&entry.data);
        entry.context = Bytes::copy_from_slice(&entry.context);
    }
}

fn lost_entries(index: u64) -> String {
    format!(
        "the leader counts on entry {index} of the agreed log, which this node acknowledged and its disk does not hold: \
         the disk lost synced writes, or the data directory is an older copy. Start this node with the directory that it used \
         last; no copy can take its place. If that is damaged, the others go on without this node while they are a majority"
    )
}

/// What Raft's encoding of an entry takes beside its data, at most.
const ENTRY_BYTES: usize = 32;

fn send_all(messages: Vec<eraftpb::Message>, turn: &mut Turn<'_>) {
    for message in messages {
        let to = NodeId(message.to);
        // Raft needs no order between messages, but an append that overtakes another is turned away.
        let urgent =
            !matches!(message.get_msg_type(), MessageType::MsgAppend | MessageType::MsgSnapshot);
        let bytes = message.entries.iter().map(|entry| entry.data.len() + ENTRY_BYTES).sum();
        turn.send_raft(to, urgent, bytes, |out| {
            message.write_to_vec(out).expect("a message has all its fields");
        });
    }
}

/// Every write in an entry with its id, as `each` makes of it.
pub(crate) fn writes<T>(
    data: &[u8],
    mut each: impl FnMut(NodeId, u64, u64, Write<'_>) -> T,
) -> Vec<T> {
    let mut all = vec![];
    let one = |id: WriteId, _, write: Write<'_>| {
        all.push(each(id.node, id.life.boot, id.sequence, write));
    };
    entry::for_each(data, one).expect(WELL_FORMED);
    all
}

/// The time in an entry, if it has one.
pub(crate) fn stamp_ms(data: &[u8]) -> Option<u64> {
    entry::time_ms(data).expect(WELL_FORMED)
}

/// An entry as the disk kept it.
pub(crate) fn restored_entry(index: u64, term: u64, data: Bytes) -> Result<Entry, Malformed> {
    entry::check(&data)?;
    Ok(Entry { index, term, data, ..Entry::default() })
}

/// Term, vote and commit index as the disk kept them.
pub(crate) fn restored_hard_state(term: u64, vote: u64, commit: u64) -> HardState {
    HardState { term, vote, commit, ..HardState::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Now, Output, RequestId, SessionId, TURN_STEPS};
    use crate::counting::Counts;
    use crate::session::Sessions;
    use crate::turn::{Budget, Identity};
    use crate::wire::group::RecordGroup;
    use crate::wire::lent::Lent;

    const ME: NodeId = NodeId(1);
    const LIFE: Life = Life { boot: 3, incarnation: 7 };

    /// A node whose log carries one write of this id; and what came of it, if it must not go on.
    fn applied(id: WriteId) -> (Agreed, Option<Output>) {
        let members = [1, 2, 3];
        let mut agreed = Agreed::new(ME, LIFE, &members.map(NodeId), Tail::new(&members), 1);
        let (session, request) = (SessionId(1), RequestId(1));
        let waiter = Waiter { session, id: request, since_ms: 0, certify: false };
        agreed.write(waiter, KeyspaceId::DEFAULT, Command::set(Bytes::from("k"), Bytes::from("v")));
        let run = agreed.proposals.next_run().expect("somebody asked");
        agreed.draft.add_run(id, 1, run.commands);
        let data = agreed.draft.take(0);
        let (mut outputs, mut halted) = (vec![], false);
        let turn = &mut Turn {
            now: Now::default(),
            clock_agrees: true,
            ending: false,
            clock_waits: false,
            log_ms: None,
            identity: Identity { id: ME, directory: 1, life: LIFE },
            disk: &mut RecordGroup::default(),
            sessions: &mut Sessions::default(),
            counts: &mut Counts::default(),
            budget: &mut Budget::new(TURN_STEPS),
            random: &mut Random::new(1),
            outputs: &mut outputs,
            lent: &mut Lent::default(),
            halted: &mut halted,
        };
        assert!(agreed.apply_entry(1, &data, turn) || halted, "it is one turn's work");
        (agreed, outputs.into_iter().find(|output| matches!(output, Output::Halt { .. })))
    }

    #[test]
    fn an_own_write_confirms_also_if_it_does_not_run() {
        for (sequence, runs) in [(1, true), (2, false)] {
            let (agreed, halt) = applied(WriteId { node: ME, life: LIFE, sequence });
            assert_eq!((agreed.view().keys() == 1, agreed.is_fresh()), (runs, true));
            assert!(halt.is_none());
        }
        let (agreed, _) = applied(WriteId { node: NodeId(2), life: LIFE, sequence: 1 });
        assert!(!agreed.is_fresh(), "another's write says nothing");
    }

    #[test]
    fn another_life_in_the_log_that_this_directory_has_not_lived_supersedes_it() {
        let lives = [(2, 6, None), (3, 6, Some(78)), (4, 6, Some(78)), (3, 7, None)];
        for (boot, incarnation, expected) in lives {
            let life = Life { boot, incarnation };
            let (_, halt) = applied(WriteId { node: ME, life, sequence: 1 });
            let code = halt.map(|halt| match halt {
                Output::Halt { exit_code, .. } => exit_code,
                _ => unreachable!("only that was looked for"),
            });
            assert_eq!(code, expected, "{life:?}");
        }
    }
}
