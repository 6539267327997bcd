//! The digest: the state of all members is compared now and then, so that what rots in the memory
//! or on the disk of one is noticed, and not served for ever.
//!
//! # How
//!
//! ```text
//!  leader ── digest ──▶ the agreed log: everybody comes to it at the same place
//!  each member: sums of its slots, in slices ── root ──▶ all members
//!  who has another root than a majority:  asks each of it for its slots
//!                                         as many as a quorum answer ──▶ it stops
//! ```
//!
//! The entry names the point of the agreed order. The point of the merged order is wherever the
//! member stands then, so those are compared only where they are the same vector. A node is in the
//! wrong if a majority of all members agree on another root. Before it stops it hears from so many
//! that the rest is a quorum: what they answer also says which slots differ. With no majority
//! against it a node goes on. Whoever sees a difference says so.
//!
//! A digest that a restart, a flush or a fetched state comes into is missing. So is what messages
//! lose: the next digest tells again.
//!
//! # Where to look
//!
//! | duty | file |
//! |---|---|
//! | when; slices; what is told | this one |
//! | what comes of it: sums and roots | `outcome` |
//! | who differs from whom; asking, stopping | `verdict` |
//! | the walk | `store`: `sums` |
//! | its entry in the log | `agreed`: `digest` |

mod outcome;
mod verdict;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::agreed::Agreed;
use crate::api::{Digests as Told, Order, Output};
use crate::cluster::roster::Roster;
use crate::ids::{Index, NodeId};
use crate::limits::Limits;
use crate::merged::Merged;
use crate::store::{Progress, SlotSums};
use crate::turn::Turn;
use crate::wire::base::AgreedBase;
use crate::wire::codec::Malformed;
use crate::wire::message::{Body, Summary};
use crate::wire::version_vector::VersionVector;
use outcome::Outcome;
use verdict::{Alarm, Question};

/// A slice is about so many bytes, or [`Limits::digest_keys`], whichever comes first: that takes
/// less than 1 ms.
const SLICE_BYTES: usize = 128 << 10;
/// So many outcomes are kept, here and as each other member told of its own.
const OUTCOMES_MAX: usize = 2;
const TOLD_MAX: usize = 4;

/// A digest that is being taken.
#[derive(Debug)]
struct Running {
    base: AgreedBase,
    vector: VersionVector,
    /// The sums of the agreed order, once they are there.
    agreed: Option<SlotSums>,
}

/// The digests of this node.
///
/// - `outcomes` and what each member told ascend by index.
#[derive(Debug)]
pub(crate) struct Digests {
    /// All that vote but this one.
    others: Vec<NodeId>,
    /// All that have or had merged logs.
    replicas: BTreeSet<NodeId>,
    running: Option<Running>,
    /// When the last digest was proposed here, or begun; at first, when this start began.
    last_ms: Option<u64>,
    /// Where the last one was taken, in both orders.
    last: (Index, VersionVector),
    outcomes: VecDeque<Outcome>,
    told: BTreeMap<NodeId, VecDeque<Summary>>,
    question: Option<Question>,
    /// The last digest at which a question was asked.
    asked: Index,
    /// The last one at which a majority of all members had the same as this node.
    equal: Index,
    alarm: Option<Alarm>,
    given_up: u64,
}

impl Digests {
    pub(crate) fn new(me: NodeId, members: &[NodeId]) -> Digests {
        Digests {
            others: members.iter().copied().filter(|id| *id != me).collect(),
            replicas: members.iter().copied().collect(),
            running: None,
            last_ms: None,
            last: (Index(0), VersionVector::default()),
            outcomes: VecDeque::new(),
            told: BTreeMap::new(),
            question: None,
            asked: Index(0),
            equal: Index(0),
            alarm: None,
            given_up: 0,
        }
    }

    /// These vote from now on: digests are compared with theirs.
    pub(crate) fn follow(&mut self, me: NodeId, roster: &Roster) {
        self.others = roster.voters().filter(|id| *id != me).collect();
        self.replicas.extend(roster.members().keys());
        self.replicas.extend(roster.all_removed().keys());
        let others = &self.others;
        self.told.retain(|id, _| others.contains(id));
    }

    /// What is told of them.
    pub(crate) fn status(&self, agreed: &Agreed) -> Told {
        Told {
            last: self.outcomes.back().map_or(Index(0), Outcome::index),
            equal: self.equal,
            alarm: self.alarm.as_ref().map(Alarm::in_words),
            given_up: self.given_up + agreed.digests_passed(),
        }
    }

    /// Whether the next turn can go on with one.
    pub(crate) fn has_more(&self) -> bool {
        self.running.is_some()
    }

    /// Whether a digest is to be proposed now, by whoever leads: it is time to, something was
    /// written, and there is somebody to compare with.
    pub(crate) fn is_due(
        &mut self,
        limits: &Limits,
        now_ms: u64,
        agreed: &Agreed,
        merged: &Merged,
    ) -> bool {
        let last_ms = *self.last_ms.get_or_insert(now_ms);
        let is_time = now_ms >= last_ms + limits.digest_ms && self.running.is_none();
        let is_written = || agreed.last_written() > self.last.0 || *merged.vector() != self.last.1;
        let is_due = !self.others.is_empty() && is_time && is_written();
        if is_due {
            self.last_ms = Some(now_ms);
        }
        is_due
    }

    /// Goes on with the digest that was begun, or begins the one whose point was reached.
    pub(crate) fn work(
        &mut self,
        limits: &Limits,
        agreed: &mut Agreed,
        merged: &mut Merged,
        turn: &mut Turn<'_>,
    ) {
        if self.running.is_none()
            && let Some(base) = agreed.take_digest_point()
        {
            self.begin(base, merged, turn.now.monotonic_ms);
        }
        let Some(running) = &mut self.running else { return };
        let keys = limits.digest_keys;
        let progress = match running.agreed {
            None => agreed.state().digest_on(keys, SLICE_BYTES),
            Some(_) => merged.state().digest_on(keys, SLICE_BYTES),
        };
        match (progress, &running.agreed) {
            (Progress::GoesOn, _) => {}
            (Progress::Gone, _) => {
                merged.state().end_digest();
                self.running = None;
                self.given_up += 1;
            }
            (Progress::Over(sums), None) => running.agreed = Some(sums),
            (Progress::Over(sums), Some(_)) => self.finish(sums, turn),
        }
    }

    fn begin(&mut self, base: AgreedBase, merged: &mut Merged, now_ms: u64) {
        let vector = merged.vector().clone();
        merged.state().begin_digest(vector.clone());
        self.last_ms = Some(now_ms);
        self.last = (base.index, vector.clone());
        self.running = Some(Running { base, vector, agreed: None });
    }

    /// All slots are summed up: the others are told.
    fn finish(&mut self, merged: SlotSums, turn: &mut Turn<'_>) {
        let Running { base, vector, agreed } = self.running.take().expect("it was going on");
        let agreed = agreed.expect("the agreed order comes first");
        let outcome = Outcome::new(&base, agreed, vector, merged);
        let message = turn.message(Body::Digest(outcome.summary.clone()));
        for to in &self.others {
            let message = message.clone();
            turn.outputs.push(Output::Send { to: *to, message, urgent: false });
        }
        if self.outcomes.len() == OUTCOMES_MAX {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(outcome);
        self.judge(turn);
    }

    /// A member tells what came of a digest.
    pub(crate) fn on_told(
        &mut self,
        from: NodeId,
        summary: Summary,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        if !self.others.contains(&from) {
            return Ok(());
        }
        let is_replica = |id| id == turn.identity.id || self.replicas.contains(&id);
        if !summary.vector.iter().all(|(id, _)| is_replica(id)) {
            return Err(Malformed);
        }
        let told = self.told.entry(from).or_default();
        if told.back().is_some_and(|last| summary.index <= last.index) {
            // It was started again, and its log brought it to digests that are over.
            return Ok(());
        }
        if told.len() == TOLD_MAX {
            told.pop_front();
        }
        told.push_back(summary);
        self.judge(turn);
        Ok(())
    }

    /// A member asks for the sums of a digest; nothing, if they are not here any more.
    pub(crate) fn on_ask(&self, from: NodeId, index: Index, order: Order, turn: &mut Turn<'_>) {
        if let Some(outcome) = self.outcomes.iter().find(|one| one.index() == index) {
            let mut sums = vec![];
            outcome.sums(order).encode(&mut sums);
            turn.send(from, Body::Slots { index, order, sums: sums.into() });
        }
    }

    /// A member answers with the sums of a digest.
    pub(crate) fn on_slots(
        &mut self,
        from: NodeId,
        index: Index,
        order: Order,
        sums: &[u8],
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        let sums = SlotSums::decode(sums)?;
        let now_ms = turn.now.monotonic_ms;
        let Some(question) = &mut self.question else { return Ok(()) };
        if question.take(from, index, order, sums, now_ms) {
            self.conclude(turn);
        }
        Ok(())
    }
}
