//! Members in the agreed log: who waits for a change, the steps that a leader puts into the log,
//! and what they do to Raft's majorities.
//!
//! A step is an entry of a type of its own, and Raft knows which these are: no node stands for
//! election before it has applied them (etcd-io/raft#469), and a leader adds none while one before
//! it is not applied (Ongaro's thesis §4.1, with the mend of 2015: nor before it has committed an
//! entry of its own term). They take effect where they are applied.

use raft::eraftpb::{ConfChangeSingle, ConfChangeType, ConfChangeV2, ConfState, Entry};
use raft::{ProgressState, StateRole};

use super::state::State;
use super::{Agreed, entry};
use crate::cluster::roster::{Effect, Roster, Step};
use crate::ids::{Index, NodeId, Ticket};
use crate::position::{AgreedPosition, Certificate};
use crate::reply::{Error, Reply};
use crate::session::Waiter;
use crate::turn::Turn;

/// Who waits for changes of members.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    all: Vec<Awaited>,
}

#[derive(Debug)]
struct Awaited {
    waiter: Waiter,
    /// The entry that began the change.
    change: Index,
    /// Whether it is to come to nothing, which is what this one asked for.
    is_taken_back: bool,
}

/// An entry that removes a member, and is not applied yet.
#[derive(Debug, Default)]
pub(super) struct Removing {
    /// Where it stands.
    entry: Index,
    /// With this it is on disk that the entry is committed. None: it removes this node.
    due: Option<Ticket>,
    /// Whether nothing is applied until then; or until another one says that this node is removed.
    pub(super) waits: bool,
}

/// Who counts in no majority any more once an entry is applied to this state.
pub(super) fn removed_by(state: &State, data: &[u8]) -> Option<NodeId> {
    let (change, step) = entry::step(data)?;
    state.roster().goes_by(change, &step)
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Answers those who wait since `oldest_ms` or longer: it goes on.
    pub(super) fn expire(&mut self, oldest_ms: u64, turn: &mut Turn<'_>) {
        self.all.retain(|awaited| {
            let goes = awaited.waiter.since_ms <= oldest_ms;
            if goes {
                turn.refuse_write(&awaited.waiter, Error::Indeterminate(GOES_ON));
            }
            !goes
        });
    }
}

/// Those who count in majorities, and those who learn.
pub(crate) fn conf_state(roster: &Roster, founders: &[NodeId]) -> ConfState {
    let mut members = ConfState::default();
    if roster.version() == Index(0) {
        members.voters = founders.iter().map(|id| id.0).collect();
    } else {
        members.voters = roster.voters().map(|id| id.0).collect();
        members.learners = roster.learners().map(|id| id.0).collect();
    }
    members
}

impl Agreed {
    /// All members, as far as the log is applied; of version 0 as long as the founders are.
    pub(crate) fn roster(&self) -> &Roster {
        self.state.roster()
    }

    /// The version that the cluster is finalized at; 0: nobody has done that.
    pub(crate) fn finalized(&self) -> u64 {
        self.state.finalized()
    }

    /// How many wait for a change of members.
    pub(super) fn changes_awaited(&self) -> usize {
        self.changes.len()
    }

    /// A change of members was begun here for this one, unless it was refused or is over.
    pub(super) fn wait_for_change(
        &mut self,
        waiter: Waiter,
        at: AgreedPosition,
        turn: &mut Turn<'_>,
    ) {
        match self.state.roster().change() {
            Some(change) => {
                // Who asked for it itself began to wait before it was taken back.
                let is_taken_back = change.is_taken_back();
                self.changes.all.push(Awaited { waiter, change: change.index, is_taken_back });
                self.answer_changes(at, turn);
            }
            None => {
                let certificate = || Certificate::Agreed { position: at, by: None };
                turn.answer_write(&waiter, Reply::Ok, certificate);
            }
        }
    }

    /// Answers those whose change is over, or gave way to another.
    pub(super) fn answer_changes(&mut self, at: AgreedPosition, turn: &mut Turn<'_>) {
        let roster = self.state.roster();
        let present = roster.change().map(|change| change.index);
        let (outcome, failed) = (roster.outcome().to_owned(), roster.has_failed());
        let is_over = |one: &mut Awaited| Some(one.change) != present;
        for Awaited { waiter, change: index, is_taken_back } in
            self.changes.all.extract_if(.., is_over)
        {
            let reply = match present {
                Some(present) if present > index => Reply::Error(Error::Indeterminate(REPLACED)),
                Some(_) => Reply::Error(Error::Indeterminate(GOES_ON)),
                None if failed && !is_taken_back => Reply::Error(Error::Invalid(outcome.clone())),
                None => Reply::Value(outcome.clone().into()),
            };
            let certificate = || Certificate::Agreed { position: at, by: None };
            turn.answer_write(&waiter, reply, certificate);
        }
    }

    /// This node is no member any more since this entry. Who asked for just that here hears it
    /// before the end.
    pub(crate) fn leave(&mut self, at: Index, turn: &mut Turn<'_>) {
        let change = self.state.roster().change();
        let change = change.filter(|change| change.wanted.is_end_of(self.me));
        let change = change.map(|change| change.index);
        let certificate =
            || Certificate::Agreed { position: AgreedPosition { index: at, offset: 0 }, by: None };
        for awaited in self.changes.all.extract_if(.., |one| Some(one.change) == change) {
            turn.answer_write(&awaited.waiter, Reply::Ok, certificate);
        }
        turn.leave(at);
    }

    /// Whether an entry may be applied: one that removes a member only once it is on this disk that
    /// the entry is committed. Whoever goes on needs nobody's vote to know it then. Who is removed
    /// goes on to vote until one that does says so ([`Agreed::leave`]).
    pub(super) fn may_remove(&mut self, index: Index, data: &[u8], turn: &mut Turn<'_>) -> bool {
        let Some(id) = removed_by(&self.state, data) else {
            self.removing.waits = false;
            return true;
        };
        if id == self.me {
            let waits = mutant!(LeavesByItself, true, false);
            self.removing = Removing { entry: index, due: None, waits };
            return !waits;
        }
        if self.removing.entry != index {
            let hard_state = turn.disk.facts().hard_state_at(index);
            turn.disk.record(&hard_state);
            let due = Some(turn.disk.ticket());
            self.removing = Removing { entry: index, due, waits: true };
        }
        mutant!(RemovesBeforeSync, !self.removing.waits, true)
    }

    /// What was handed to the disk with this ticket is there.
    pub(super) fn on_removal_persisted(&mut self, ticket: Ticket) {
        let Removing { due, .. } = self.removing;
        self.removing.waits &= due.is_none_or(|due| ticket < due);
    }

    /// A step of a change is applied.
    pub(super) fn apply_step(
        &mut self,
        change: Index,
        step: &Step,
        at: Index,
        turn: &mut Turn<'_>,
    ) {
        let effect = self.state.step_members(change, step, at);
        let (kind, id) = match effect {
            Effect::None => {
                return self.answer_changes(AgreedPosition { index: at, offset: 0 }, turn);
            }
            Effect::Learner(id) => (ConfChangeType::AddLearnerNode, id),
            Effect::Voter(id) => (ConfChangeType::AddNode, id),
            Effect::Nobody(id) => (ConfChangeType::RemoveNode, id),
        };
        if kind == ConfChangeType::RemoveNode && id == self.me {
            // Nothing of Raft may run here any more: it counts on its own place in the majorities.
            self.answer_changes(AgreedPosition { index: at, offset: 0 }, turn);
            return turn.leave(at);
        }
        self.answer_changes(AgreedPosition { index: at, offset: 0 }, turn);
        let mut single = ConfChangeSingle::default();
        single.set_change_type(kind);
        single.node_id = id.0;
        let mut changes = ConfChangeV2::default();
        changes.set_changes(vec![single].into());
        let members = self.raft.apply_conf_change(&changes);
        let members = members.expect("a step of the log leaves somebody who votes");
        self.raft.mut_store().set_members(members);
        self.follow_members();
        if kind == ConfChangeType::RemoveNode {
            self.asked_ms.remove(&id);
            self.heard_ms.remove(&id);
        }
    }

    /// Those who may stand for election are those who vote.
    pub(super) fn follow_members(&mut self) {
        if self.state.roster().version() > Index(0) {
            self.members = self.state.roster().voters().collect();
        }
    }

    /// Whether this leader can put a step of a change into the log: all that came before are
    /// applied, and so is an entry of its own term.
    pub(crate) fn may_step(&self) -> bool {
        let raft = &self.raft.raft;
        let applied_own = raft.raft_log.term(self.applied_whole.0) == Ok(raft.term);
        self.leads() && raft.lead_transferee.is_none() && !raft.has_pending_conf() && applied_own
    }

    /// Puts a step of the change that began there into the log.
    pub(crate) fn put_step(&mut self, change: Index, step: &Step, turn: &mut Turn<'_>) {
        if !self.may_step() || turn.disk.is_full() {
            return;
        }
        let stamp_ms = self.stamp_ms(turn);
        let data = entry::members(stamp_ms, change, step);
        let mut one = Entry::default();
        one.set_entry_type(entry::type_of(&data));
        one.data = data.into();
        let raft = &mut self.raft.raft;
        if !raft.append_entry(&mut [one]) {
            return;
        }
        raft.pending_conf_index = raft.raft_log.last_index();
        raft.bcast_append();
        self.announced = self.commit();
        self.time.on_stamped(stamp_ms, turn.now.monotonic_ms);
        // The entry that is being gathered comes after it.
        self.foreign = if self.draft.is_empty() { self.foreign } else { self.last_index().next() };
    }

    /// Whether a learner has nearly all of the log of this leader.
    pub(crate) fn has_caught_up(&self, learner: NodeId) -> bool {
        let raft = &self.raft.raft;
        let Some(progress) = raft.prs().get(learner.0) else { return false };
        let lacks = raft.raft_log.last_index().saturating_sub(progress.matched);
        let is_near = lacks <= super::INFLIGHT_MAX as u64 && progress.matched > 0;
        progress.state == ProgressState::Replicate && is_near
    }

    /// How many entries of the log of this leader a member lacks, as far as it knows.
    pub(crate) fn lag(&self, id: NodeId) -> Option<u64> {
        let raft = &self.raft.raft;
        if raft.state != StateRole::Leader {
            return None;
        }
        let matched = raft.prs().get(id.0)?.matched;
        Some(raft.raft_log.last_index().saturating_sub(matched))
    }

    /// Of these members, how many answer this leader, itself among them.
    pub(crate) fn count_heard(&self, ids: impl Iterator<Item = NodeId>, now_ms: u64) -> usize {
        ids.filter(|id| *id == self.me || self.was_heard(id.0, now_ms)).count()
    }
}

/// The members of a state, as Raft is told of them.
pub(super) fn members_of(state: &State, before: &ConfState) -> ConfState {
    match state.roster().version() {
        Index(0) => before.clone(),
        _ => conf_state(state.roster(), &[]),
    }
}

const REPLACED: &str = "another change of members took the place of this one. Hint: CLUSTER-ADMIN STATUS says how far that is";

const GOES_ON: &str = "the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it";
