//! A prefix changes hands: it is carved out of the keyspace that has it, or given back. Meanwhile
//! nobody takes commands on its keys, so that no key is ever served by two keyspaces.
//!
//! ```text
//!   leader ── reserve, in the log ──▶ all       whoever has applied that and has it on its disk
//!                                               takes no command on keys of the prefix
//!   leader ◀── Fenced: here my log ends ── all  what it took before is on its disk
//!   leader ── Ends: here they all end ────▶ all once all members have said so
//!   leader ◀── Looked: no key is there ──── all once it has applied all up to there
//!   leader ── open, in the log ───────────▶ all if nobody has found one; else, or after a minute,
//!                                               give up
//! ```
//!
//! From Fenced on no key of the prefix changes: the state machine refuses what was sent to the
//! agreed log before, and no merged entry about them comes behind the ends. So who has applied up
//! to there has seen them all, and what it finds stays true while the attempt stands. What one says
//! of an attempt stays true as well, whoever leads, and says nothing of another one: between two
//! attempts keys may come.
//!
//! Nobody keeps any of it but the table. Each member tells its leader again and again until the
//! attempt is over; a new leader begins from nothing, and a node that was started again tells anew.
//!
//! # What is left out
//!
//! Moving keys: a prefix changes hands only while it has none.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::ids::{Index, Life, NodeId, Term, Ticket};
use crate::store::Cursor;
use crate::wire::version_vector::{Place, VersionVector};

/// A member tells its leader again after so many milliseconds.
const AGAIN_MS: u64 = 200;
/// A leader puts the end of an attempt into the log again after so many milliseconds.
const END_AGAIN_MS: u64 = 1000;
/// An attempt is given up after so many milliseconds of log time.
pub(crate) const ATTEMPT_MS: u64 = 60_000;
/// So many places of a store are looked at in a turn.
pub(crate) const LOOKED_MAX: usize = 2048;

/// What this node does about the attempt that is under way, if one is.
#[derive(Debug, Default)]
pub(crate) struct Carving {
    pub(crate) own: Option<Own>,
    pub(crate) lead: Option<Lead>,
}

/// This node's own part in an attempt.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) attempt: Index,
    /// Until when the attempt is not on this disk.
    pub(crate) due: Option<Ticket>,
    /// Where its own merged log ended when it began to refuse commands and all was in there that it
    /// had shown by then; `None`: that is still to come.
    pub(crate) end: Option<Place>,
    /// Where all merged logs end that may speak of the prefix.
    pub(crate) ends: Option<VersionVector>,
    pub(crate) look: Look,
    /// Whom it told last, when, and whether that it has looked.
    told: Option<(NodeId, u64, bool)>,
}

/// How far a node has looked for keys of the prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It goes on from there.
    From(Cursor),
    /// It is through, and this is the first key that it found.
    Done(Option<Bytes>),
}

impl Own {
    /// The attempt is on this disk from this group on, or is there since before this start.
    pub(crate) fn begin(attempt: Index, due: Option<Ticket>) -> Own {
        Own { attempt, due, end: None, ends: None, look: Look::From(Cursor::default()), told: None }
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket) {
        self.due.take_if(|due| *due <= ticket);
    }

    /// All members refuse commands, and their logs end there.
    pub(crate) fn on_ends(&mut self, attempt: Index, ends: VersionVector) {
        if attempt == self.attempt {
            self.ends.get_or_insert(ends);
        }
    }

    /// Whether the leader is to be told now; if so, it counts as told.
    pub(crate) fn tells(&mut self, leader: NodeId, now_ms: u64) -> bool {
        let has_looked = matches!(self.look, Look::Done(_));
        let knows = self.told.is_some_and(|(to, told_ms, looked)| {
            to == leader && looked == has_looked && now_ms < told_ms + AGAIN_MS
        });
        self.told = if knows { self.told } else { Some((leader, now_ms, has_looked)) };
        !knows
    }
}

/// What a leader has gathered of an attempt, in its term.
#[derive(Debug)]
pub(crate) struct Lead {
    attempt: Index,
    term: Term,
    /// Those that have to say so.
    members: Vec<NodeId>,
    /// Which start of each member refuses commands, and where its own merged log ends.
    fenced: BTreeMap<NodeId, (Life, Place)>,
    /// What each start has found.
    looked: BTreeMap<NodeId, (Life, Option<Bytes>)>,
    /// Whether all were told where the logs end.
    has_announced: bool,
    /// When it began to gather, and when it last put the end of the attempt into the log.
    began_ms: u64,
    ended_ms: Option<u64>,
}

/// How long a leader gathers what members say before it may give up, in milliseconds: it may have
/// begun when the attempt was late already.
const GATHER_MS: u64 = 5000;

impl Lead {
    pub(crate) fn begin(attempt: Index, term: Term, now_ms: u64) -> Lead {
        Lead {
            attempt,
            term,
            members: vec![],
            fenced: BTreeMap::new(),
            looked: BTreeMap::new(),
            has_announced: false,
            began_ms: now_ms,
            ended_ms: None,
        }
    }

    /// All members are these now.
    pub(crate) fn follow(&mut self, members: &[NodeId]) {
        if self.members != members {
            self.members = members.to_vec();
        }
    }

    /// Whether members had their time to say what they have to.
    pub(crate) fn has_waited(&self, now_ms: u64) -> bool {
        now_ms >= self.began_ms.saturating_add(GATHER_MS)
    }

    pub(crate) fn attempt(&self) -> Index {
        self.attempt
    }

    /// Whether it is about this attempt, in this term.
    pub(crate) fn is_of(&self, attempt: Index, term: Term) -> bool {
        (self.attempt, self.term) == (attempt, term)
    }

    /// Whether what is said of an attempt counts here.
    fn counts(&self, attempt: Index) -> bool {
        mutant!(StaleReportCounts, attempt == self.attempt, true)
    }

    pub(crate) fn on_fenced(&mut self, from: NodeId, life: Life, attempt: Index, end: Place) {
        if self.counts(attempt) {
            self.fenced.insert(from, (life, end));
        }
    }

    pub(crate) fn on_looked(
        &mut self,
        from: NodeId,
        life: Life,
        attempt: Index,
        found: Option<Bytes>,
    ) {
        if self.counts(attempt) {
            self.looked.insert(from, (life, found));
        }
    }

    /// What starts said that are over counts no more.
    pub(crate) fn forget_past(&mut self, is_present: impl Fn(NodeId, Life) -> bool) {
        self.fenced.retain(|id, (life, _)| is_present(*id, *life));
        self.looked.retain(|id, (life, _)| is_present(*id, *life));
    }

    /// Whether all members are among these. (How many there are says nothing: one that came since
    /// may have said so, and one that was there has not.)
    fn are_all<T>(&self, said: &BTreeMap<NodeId, T>) -> bool {
        let lacks = self.members.iter().filter(|id| !said.contains_key(id)).count();
        let are_all = mutant!(OpenedWithoutOne, lacks == 0, lacks <= 1);
        mutant!(MembersCounted, are_all, said.len() == self.members.len())
    }

    /// Where the merged logs of all members end, if all have said so.
    pub(crate) fn ends(&self) -> Option<VersionVector> {
        let all = || self.fenced.iter().map(|(id, (_, end))| (*id, *end));
        self.are_all(&self.fenced).then(|| VersionVector::from_iter(all()))
    }

    /// The same, if they are to be told so now for the first time.
    pub(crate) fn announces(&mut self) -> Option<VersionVector> {
        let ends = self.ends().filter(|_| !self.has_announced)?;
        self.has_announced = true;
        Some(ends)
    }

    /// A key that somebody has found.
    pub(crate) fn found(&self) -> Option<&Bytes> {
        self.looked.values().find_map(|(_, found)| found.as_ref())
    }

    /// Whether all have looked, and nobody has found a key.
    pub(crate) fn may_open(&self) -> bool {
        self.ends().is_some() && self.are_all(&self.looked) && self.found().is_none()
    }

    /// Who of these has not said all.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &NodeId> {
        self.members.iter().filter(|id| !self.looked.contains_key(id))
    }

    /// Whether the end of the attempt is to be put into the log now; if so, it counts as put.
    pub(crate) fn ends_now(&mut self, now_ms: u64) -> bool {
        let waits = self.ended_ms.is_some_and(|ended_ms| now_ms < ended_ms + END_AGAIN_MS);
        self.ended_ms = if waits { self.ended_ms } else { Some(now_ms) };
        !waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Boot;

    const TERM: Term = Term(3);

    fn life(boot: u64) -> Life {
        Life { boot: Boot(boot), incarnation: boot }
    }

    fn place(index: u64) -> Place {
        Place { boot: Boot(1), index: Index(index) }
    }

    /// What of two members is known that have said all of this attempt.
    fn lead(attempt: u64) -> Lead {
        let mut lead = Lead::begin(Index(7), TERM, 0);
        lead.follow(&[1, 2].map(NodeId));
        for id in [1, 2].map(NodeId) {
            lead.on_fenced(id, life(1), Index(attempt), place(id.0));
            lead.on_looked(id, life(1), Index(attempt), None);
        }
        lead
    }

    #[test]
    fn a_leader_gives_members_their_time_before_it_may_give_up() {
        let lead = Lead::begin(Index(7), TERM, 90_000);
        assert!(!lead.has_waited(90_000 + GATHER_MS - 1) && lead.has_waited(90_000 + GATHER_MS));
    }

    #[test]
    fn all_must_have_said_all_of_this_attempt() {
        assert!(lead(7).may_open() && !lead(6).may_open());
        let ends = VersionVector::from_iter([(NodeId(1), place(1)), (NodeId(2), place(2))]);
        assert_eq!(lead(7).ends(), Some(ends));
        let mut found = lead(7);
        found.on_looked(NodeId(2), life(1), Index(7), Some(Bytes::from("user:7")));
        assert!(!found.may_open() && found.found().is_some());
        let mut early = Lead::begin(Index(7), TERM, 0);
        early.follow(&[1, 2].map(NodeId));
        early.on_looked(NodeId(1), life(1), Index(7), None);
        early.on_fenced(NodeId(2), life(1), Index(7), place(2));
        assert!(early.ends().is_none() && !early.may_open());
        assert_eq!(early.missing().collect::<Vec<_>>(), [&NodeId(2)]);
    }

    #[test]
    fn one_that_came_since_does_not_speak_for_a_member() {
        let mut lead = Lead::begin(Index(7), TERM, 0);
        lead.follow(&[1, 2].map(NodeId));
        for id in [1, 3].map(NodeId) {
            lead.on_fenced(id, life(1), Index(7), place(1));
            lead.on_looked(id, life(1), Index(7), None);
        }
        assert!(lead.ends().is_none() && !lead.may_open());
        lead.follow(&[1, 2, 3].map(NodeId));
        assert!(!lead.may_open(), "all three must");
        lead.follow(&[1, 3].map(NodeId));
        assert!(lead.may_open(), "it was removed");
    }

    #[test]
    fn what_a_start_said_that_is_over_counts_no_more() {
        let mut lead = lead(7);
        assert!(lead.announces().is_some() && lead.announces().is_none());
        lead.forget_past(|id, said| id != NodeId(2) || said == life(2));
        assert!(!lead.may_open());
        lead.on_fenced(NodeId(2), life(2), Index(7), place(2));
        lead.on_looked(NodeId(2), life(2), Index(7), None);
        assert!(lead.may_open());
        assert!(lead.ends_now(50) && !lead.ends_now(1049) && lead.ends_now(1050));
    }

    #[test]
    fn a_leader_is_told_what_is_new_and_now_and_then_what_is_not() {
        let mut own = Own::begin(Index(7), Some(Ticket(4)));
        own.on_persisted(Ticket(3));
        assert!(own.due.is_some());
        own.on_persisted(Ticket(5));
        assert_eq!(own.due, None);
        assert!(own.tells(NodeId(1), 0) && !own.tells(NodeId(1), 199));
        assert!(own.tells(NodeId(1), 200) && own.tells(NodeId(2), 201));
        own.look = Look::Done(None);
        assert!(own.tells(NodeId(2), 202) && !own.tells(NodeId(2), 203));
        own.on_ends(Index(6), VersionVector::default());
        assert_eq!(own.ends, None, "that is another attempt");
    }
}
