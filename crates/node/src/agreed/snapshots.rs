//! What stands for the entries that are not kept any more: the state, written down by each node for
//! itself, offered by the leader, and fetched by followers that lack more than its log holds.
//!
//! Raft's own part in it is small. Its message says where a snapshot of the leader stands. The
//! follower holds that back, fetches the bytes, and writes them to its log; only then its Raft
//! begins anew from there, as after a restart. It tells the leader, whose Raft goes on behind it.

use raft::eraftpb::{Message, MessageType};
use raft::{ProgressState, RawNode, SnapshotStatus, Storage as _};

use super::entry::Cursor;
use super::members::members_of;
use super::state::{First, State};
use super::storage::{Offer, offer_in};
use super::{Agreed, config};
use crate::commands;
use crate::ids::{Index, NodeId, SnapshotNumber, Term};
use crate::limits::KEPT_TIMES;
use crate::position::{AgreedPosition, Certificate};
use crate::reply::Error;
use crate::turn::Turn;
use crate::wire::base::AgreedBase;
use crate::wire::codec::{Malformed, Reader};
use crate::wire::record::Record;

/// What came of a write, as it is encoded, if the state remembers that.
fn first(state: &State, write: &[u8]) -> Option<First> {
    state.first(&commands::decode(&mut Reader::new(write)).ok()?)
}

/// How long a follower may ask for nothing of the snapshot that it was offered before it is offered
/// one again, in milliseconds.
const SILENT_MS: u64 = 5000;
/// How long a follower may say nothing and still counts as there, in milliseconds.
const HEARD_MS: u64 = 2000;
/// How long a snapshot that was asked for is kept within reach of the log, in milliseconds: until
/// who asked hears of it.
const OFFERED_MS: u64 = 2000;

impl Agreed {
    /// Where the state stands. An entry is applied as a whole, or not begun.
    pub(crate) fn base(&self) -> AgreedBase {
        let tail = self.raft.store();
        let index = self.applied_whole;
        let term = tail.term(index.0).expect("what is applied last is here");
        let last = self.state.applied().last_writes();
        AgreedBase {
            index,
            term: Term(term),
            offset: self.applied.offset,
            stamp_ms: self.state.time_ms(),
            last: mutant!(SnapshotWithoutLastWrites, last, Default::default()),
            max_memory: self.state.max_memory(),
        }
    }

    /// Records of the entries behind the state.
    pub(crate) fn unapplied(&self) -> Vec<Record> {
        let entries = self.raft.store().from(self.applied_whole.0 + 1);
        let record = |entry: &raft::eraftpb::Entry| Record::Agreed {
            index: Index(entry.index),
            term: Term(entry.term),
            data: entry.data.clone(),
        };
        entries.map(record).collect()
    }

    /// A snapshot of this node is in place, for those who lack what the log does not hold. What
    /// everybody has of the log need not be kept any more.
    pub(crate) fn offer(&mut self, number: SnapshotNumber, base: &AgreedBase, now_ms: u64) {
        let offer = Offer { number, index: base.index, term: base.term };
        if self.wants_snapshot() {
            self.offered_ms = now_ms;
        }
        if base.index > Index(0) {
            self.raft.mut_store().offer(offer);
        }
        let held_by_all = self.held_by_all().min(base.index);
        self.raft.mut_store().forget(held_by_all, 0);
    }

    /// Whether somebody lacks what only a new snapshot holds.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.leads() && self.raft.store().wants_snapshot()
    }

    /// Forgets what is too much of the log, but for what followers need who are there. Done as a
    /// turn begins: who looks at the node after a turn sees what was committed in it.
    pub(crate) fn forget(&mut self, now_ms: u64) {
        let (kept, applied) = (self.limits.kept_bytes, self.applied_whole);
        if self.raft.store().bytes() <= kept {
            return;
        }
        let up_to = applied.min(self.needed_from(now_ms));
        let tail = self.raft.mut_store();
        tail.forget(up_to, kept);
        tail.forget(applied, KEPT_TIMES * kept);
    }

    /// Up to where every member has the log on its disk, as far as this node knows.
    fn held_by_all(&self) -> Index {
        if !self.leads() {
            return Index(0);
        }
        let matched = self.raft.raft.prs().iter().map(|(_, progress)| progress.matched);
        Index(matched.min().unwrap_or(0))
    }

    /// The first entry that followers need who are there, less one: what they have not
    /// acknowledged, and what follows the snapshot that they fetch.
    fn needed_from(&self, now_ms: u64) -> Index {
        if !self.leads() {
            return Index(u64::MAX);
        }
        let needs = |(id, progress): (&u64, &raft::Progress)| match progress.state {
            ProgressState::Snapshot => Some(progress.pending_snapshot),
            // Raft forgets now and then who was active.
            _ => self.was_heard(*id, now_ms).then_some(progress.matched),
        };
        let fetching = self.raft.raft.prs().iter().filter_map(needs);
        let offered = self.raft.store().offered().map(|offer| offer.index.0);
        let offered = offered.filter(|_| now_ms < self.offered_ms + OFFERED_MS);
        Index(fetching.chain(offered).min().unwrap_or(u64::MAX))
    }

    pub(super) fn was_heard(&self, id: u64, now_ms: u64) -> bool {
        self.heard_ms.get(&NodeId(id)).is_some_and(|heard_ms| now_ms < heard_ms + HEARD_MS)
    }

    /// A leader says that this node lacks what its log does not hold. If that is so, it is for the
    /// node to fetch it.
    pub(super) fn on_offer(&mut self, message: &Message) -> Result<(), Malformed> {
        let offer = offer_in(message.get_snapshot())?;
        if offer.index == Index(0) || offer.term.0 > message.term {
            return Err(Malformed);
        }
        let log = &self.raft.raft.raft_log;
        let is_held = offer.index.0 <= log.committed || log.match_term(offer.index.0, offer.term.0);
        // It comes from the leader of that term, as a heartbeat would.
        let mut heard = Message {
            from: message.from,
            to: message.to,
            term: message.term,
            commit: 0,
            ..Message::default()
        };
        heard.set_msg_type(MessageType::MsgHeartbeat);
        let _ = self.raft.step(if is_held { message.clone() } else { heard });
        if !is_held && self.raft.raft.term == message.term && !self.leads() {
            self.offered = Some((NodeId(message.from), offer));
        }
        Ok(())
    }

    /// What a leader offered and this node lacks, since this was last asked.
    pub(crate) fn take_offer(&mut self) -> Option<(NodeId, Offer)> {
        self.offered.take()
    }

    /// Whether a state that stands there is of use: it is ahead of this log or, where this node has
    /// lost its own, the log goes on behind it.
    pub(crate) fn lacks(&self, base: &AgreedBase) -> bool {
        if self.has_lost_state {
            return self.goes_on_behind(base.index);
        }
        let is_held = self.raft.store().holds(base.index, base.term);
        base.index > self.commit() && !self.leads() && !is_held
    }

    /// This node has lost its state: until it has that of another it hears and says nothing.
    pub(crate) fn lose_state(&mut self) {
        self.has_lost_state = true;
    }

    /// Where the state stood that this node has lost, if it has: its log goes on from there.
    pub(crate) fn lost_at(&self) -> Option<(Index, Term)> {
        self.has_lost_state.then(|| self.raft.store().base())
    }

    /// Another member says that this entry is committed: it has applied it.
    pub(crate) fn hear_of_commit(&mut self, Index(index): Index, Term(term): Term) {
        if mutant!(CommitNotHeard, !self.is_deaf(), false) {
            self.raft.raft.raft_log.maybe_commit(index, term);
        }
    }

    /// Whether the log goes on behind a state that stands there, without a gap.
    pub(crate) fn goes_on_behind(&self, index: Index) -> bool {
        let first = Index(self.raft.store().first());
        mutant!(GapTaken, index.next() >= first, true)
    }

    /// Whether messages and time pass this node's Raft by.
    pub(super) fn is_deaf(&self) -> bool {
        self.installing || self.has_lost_state
    }

    /// The snapshot that others may fetch.
    pub(crate) fn offered(&self) -> Option<Offer> {
        self.raft.store().offered()
    }

    /// Where the log would end if this state took the place of all up to there.
    pub(crate) fn end_behind(&self, base: &AgreedBase) -> (Index, Term) {
        self.raft.store().end_behind(base)
    }

    /// What was heard in this turn, a term above all, goes to the disk before a state that was
    /// fetched: what is not there is forgotten when that counts.
    pub(crate) fn settle(&mut self, turn: &mut Turn<'_>) {
        if !self.is_deaf() {
            self.handle_readies(turn);
        }
    }

    /// A state that was fetched is on its way to the disk. Until it is there nothing is heard.
    pub(crate) fn begin_install(&mut self) {
        self.installing = true;
    }

    /// The state that was fetched, and all before it, is on disk: it takes the place of this one.
    pub(crate) fn install(&mut self, state: State, base: &AgreedBase, turn: &mut Turn<'_>) {
        assert!(self.unsynced.is_empty(), "nothing is heard until all is on disk");
        (self.installing, self.has_lost_state) = (false, false);
        let mut tail = std::mem::take(self.raft.mut_store());
        tail.rebase(base, turn.now.monotonic_ms);
        let members =
            members_of(&state, &tail.initial_state().expect("it is in memory").conf_state);
        tail.set_members(members);
        self.raft = RawNode::new(&config(self.me, base.index), tail, &super::silent())
            .expect("this configuration is valid");
        self.raft.raft.max_msg_size = self.limits.append_bytes as u64;
        self.state.replace(state);
        self.follow_members();
        self.applied = AgreedPosition { index: base.index, offset: base.offset };
        self.applied_whole = base.index;
        self.committed.clear();
        self.cursor = Cursor::default();
        self.synced_term = self.term();
        self.progressed_ms = turn.now.monotonic_ms;
        self.reads.retry();
        self.carved.on_installed(self.state.keyspaces(), turn);
        self.answer_changes(self.applied, turn);
        self.skip_own(base, turn);
    }

    /// Own writes that the new state holds, or refused: nobody knows which.
    fn skip_own(&mut self, base: &AgreedBase, turn: &mut Turn<'_>) {
        let Some((life, sequence)) = base.last.get(&self.me) else { return };
        if *life != self.life {
            if life.boot >= self.life.boot {
                turn.supersede(&super::apply::other_life(base.index, *life));
            }
            return;
        }
        self.reads.confirm();
        let skipped = self.proposals.skip_to(sequence.next(), |waiter, write| {
            if let Some(First { answer, position }) = first(&self.state, write) {
                let certificate = || Certificate::Agreed { position, by: answer.by };
                return turn.answer_write(&waiter, answer.reply, certificate);
            }
            let unknown = Error::Indeterminate(SKIPPED);
            let error = mutant!(SkippedAsRefused, unknown, Error::ClusterDown(SKIPPED));
            turn.refuse_write(&waiter, error);
        });
        if !skipped {
            turn.supersede(&super::apply::other_life(base.index, *life));
        }
    }

    /// A follower asks for a piece of a snapshot.
    pub(crate) fn on_asked(&mut self, from: NodeId, now_ms: u64) {
        self.asked_ms.insert(from, now_ms);
    }

    /// A follower has fetched a snapshot: whether it is the one that Raft offered last, it finds
    /// out by itself.
    pub(crate) fn on_fetched(&mut self, from: NodeId) {
        if self.leads() && self.fetches(from).is_some() {
            self.raft.report_snapshot(from.0, SnapshotStatus::Finish);
        }
    }

    /// The snapshot that a follower was offered, as far as Raft knows.
    fn fetches(&self, follower: NodeId) -> Option<Index> {
        let progress = self.raft.raft.prs().get(follower.0)?;
        let fetches = progress.state == ProgressState::Snapshot;
        fetches.then_some(Index(progress.pending_snapshot))
    }

    /// Raft waits for ever for a follower that it offered a snapshot; this node does not.
    pub(super) fn look_after_fetches(&mut self, now_ms: u64) {
        if !self.leads() {
            self.asked_ms.clear();
            return;
        }
        let ids: Vec<u64> = self.raft.raft.prs().iter().map(|(id, _)| *id).collect();
        for id in ids.into_iter().map(NodeId) {
            if self.fetches(id).is_none() {
                self.asked_ms.remove(&id);
                continue;
            }
            let asked_ms = *self.asked_ms.entry(id).or_insert(now_ms);
            if mutant!(FetchNeverGivenUp, now_ms >= asked_ms + SILENT_MS, false) {
                self.stop_fetch(id);
            }
        }
    }

    /// A follower that fetches a snapshot began anew, or is not heard of any more.
    pub(crate) fn stop_fetch(&mut self, follower: NodeId) {
        self.asked_ms.remove(&follower);
        if self.fetches(follower).is_some() {
            self.raft.report_snapshot(follower.0, SnapshotStatus::Failure);
        }
    }

    /// What is kept for a snapshot that is being written, in bytes.
    pub(crate) fn spool_bytes(&self) -> usize {
        self.state.kept_bytes()
    }

    /// Whether changes have room: a snapshot that is being written keeps what it has not seen yet.
    pub(super) fn has_room(&self) -> bool {
        self.state.kept_bytes() < self.limits.spool_bytes
    }
}

const SKIPPED: &str = "the write was sent, and this node has fetched a state in which it may have run or not: read before you retry";
