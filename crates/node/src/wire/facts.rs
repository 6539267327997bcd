//! What the records say beside the entries of logs: little, and each fact takes the place of the
//! one before it. A snapshot begins with it.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::ids::{Index, Lives, NodeId, Term};
use crate::wire::base::AgreedBase;
use crate::wire::record::{Birth, Known, Record};

/// What is known, by all records so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) birth: Option<Birth>,
    pub(crate) lives: Lives,
    pub(crate) known: BTreeMap<NodeId, Known>,
    pub(crate) superseded: bool,
    /// At which digest a majority agreed on another state than this node's, if one did, and the
    /// last one before at which they were the same.
    pub(crate) diverged: Option<Index>,
    /// Which keyspaces it goes by, as they are encoded; nothing: `default` alone.
    pub(crate) keyspaces: Option<Bytes>,
    /// By which members it goes, as they are encoded; nothing: the founders.
    pub(crate) members: Option<Bytes>,
    /// Since which entry it is no member any more.
    pub(crate) removed: Option<Index>,
    pub(crate) term: Term,
    pub(crate) vote: Option<NodeId>,
    pub(crate) commit: Index,
}

impl Facts {
    /// Takes in a record; entries and state are none of its business.
    pub(crate) fn note(&mut self, record: &Record) {
        match record {
            Record::Birth(birth) => self.birth = Some(birth.clone()),
            Record::Boot(life) => self.lives.add(*life),
            Record::Member(id, known) => {
                self.known.insert(*id, *known);
            }
            Record::Superseded => self.superseded = true,
            Record::Diverged(at) => self.diverged = Some(*at),
            Record::Replaced => self.diverged = None,
            Record::Keyspaces(table) => self.keyspaces = Some(Bytes::copy_from_slice(table)),
            Record::Members(roster) => self.members = Some(Bytes::copy_from_slice(roster)),
            Record::Removed(at) => self.removed = Some(*at),
            Record::HardState { term, vote, commit } => {
                (self.term, self.vote, self.commit) = (*term, *vote, *commit);
            }
            Record::AgreedBase(base) => self.go_on_from(base),
            Record::Agreed { .. }
            | Record::Merged(_)
            | Record::Fetch
            | Record::AgreedSlot(_)
            | Record::AgreedVersions(_)
            | Record::AgreedKeyspaces(_)
            | Record::AgreedOnce(_)
            | Record::AgreedMembers(_)
            | Record::AgreedVersion(_)
            | Record::MergedSlot(_)
            | Record::MergedBase(_)
            | Record::End(_)
            | Record::Mark(_) => {}
        }
    }

    /// A state takes the place of the log up to there, which others have committed. If its term is
    /// a later one, this node goes on in it, and has not voted in it.
    fn go_on_from(&mut self, base: &AgreedBase) {
        self.commit = self.commit.max(base.index);
        if self.term < base.term {
            (self.term, self.vote) = (base.term, None);
        }
    }

    /// Records that say the same, but for term and vote.
    pub(crate) fn records(&self) -> Vec<Record> {
        let birth = self.birth.iter().cloned().map(Record::Birth);
        let boots = self.lives.iter().map(Record::Boot);
        let members = self.known.iter().map(|(id, known)| Record::Member(*id, *known));
        let superseded = self.superseded.then_some(Record::Superseded);
        let diverged = self.diverged.map(Record::Diverged);
        let keyspaces = self.keyspaces.iter().cloned().map(Record::Keyspaces);
        let all = birth.chain(boots).chain(members).chain(superseded).chain(diverged);
        let roster = self.members.iter().cloned().map(Record::Members);
        let removed = self.removed.map(Record::Removed);
        all.chain(keyspaces).chain(roster).chain(removed).collect()
    }

    /// The same, where this entry is known to be committed.
    pub(crate) fn hard_state_at(&self, commit: Index) -> Record {
        let commit = self.commit.max(commit);
        Record::HardState { term: self.term, vote: self.vote, commit }
    }

    /// A record of term, vote and what is known to be committed.
    pub(crate) fn hard_state(&self) -> Record {
        Record::HardState { term: self.term, vote: self.vote, commit: self.commit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_was_fetched_brings_its_term_with_it() {
        let mut facts = Facts::default();
        let hard_state = |term, vote, commit| Record::HardState {
            term: Term(term),
            vote,
            commit: Index(commit),
        };
        let base = |index, term| {
            Record::AgreedBase(AgreedBase {
                index: Index(index),
                term: Term(term),
                ..AgreedBase::default()
            })
        };
        facts.note(&hard_state(2, Some(NodeId(3)), 5));
        facts.note(&base(7, 2));
        assert_eq!(facts.hard_state(), hard_state(2, Some(NodeId(3)), 7));
        facts.note(&base(6, 4));
        assert_eq!(facts.hard_state(), hard_state(4, None, 7), "no vote was given in that term");
        facts.note(&base(9, 3));
        assert_eq!(facts.hard_state(), hard_state(4, None, 9));
    }
}
