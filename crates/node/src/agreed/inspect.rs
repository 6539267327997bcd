//! What is looked at from outside: the log, and what waits.

use bytes::Bytes;
use raft::GetEntriesContext;

use super::Agreed;
use crate::commands::View;
use crate::ids::{Index, Term};
use crate::store::Value;

impl Agreed {
    pub(crate) fn last_index(&self) -> Index {
        Index(self.raft.raft.raft_log.last_index())
    }

    /// The first entry that is kept.
    pub(crate) fn first_index(&self) -> Index {
        Index(self.raft.store().first())
    }

    /// The term of the last entry, also where that is not kept any more.
    pub(crate) fn last_term(&self) -> Term {
        Term(self.raft.raft.raft_log.last_term())
    }

    /// Term and data of an entry of the log, committed or not, that is kept.
    pub(crate) fn entry(&self, Index(index): Index) -> Option<(Term, Bytes)> {
        let log = &self.raft.raft.raft_log;
        if index < self.first_index().0 || index > log.last_index() {
            return None;
        }
        let entries = log.slice(index, index + 1, None, GetEntriesContext::empty(false)).ok()?;
        entries.into_iter().next().map(|entry| (Term(entry.term), entry.data))
    }

    /// The value that the state machine holds for a key.
    pub(crate) fn value(&self, key: &[u8]) -> Option<&[u8]> {
        self.state.get(key).map(Value::bytes)
    }

    /// How many rounds of ReadIndex have begun in this boot.
    pub(crate) fn rounds(&self) -> u64 {
        self.reads.rounds()
    }

    /// How many writes and reads wait.
    pub(crate) fn queued(&self) -> usize {
        self.proposals.queued() + self.reads.queued() + self.carved.len() + self.changes_awaited()
    }

    /// What they weigh.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.proposals.queued_bytes() + self.reads.bytes()
    }

    /// What the requests weigh that wait to be sent for the first time, or to be confirmed.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.proposals.unnamed_bytes() + self.reads.bytes()
    }
}
