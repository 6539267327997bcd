//! The agreed log as Raft reads it: in memory, in step with what was handed to the disk.
//!
//! Raft reads its storage at once and at any time, so the entries that it may still ask for stay
//! here. Until there are snapshots, that is all of them.

use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{Error, GetEntriesContext, RaftState, Storage, StorageError};

use bytes::Bytes;

use super::entry;
use super::time::Anchor;
use crate::ids::{Index, NodeId, Term};
use crate::wire::codec::Malformed;

/// The log from its first entry to its last.
///
/// - `entries[i]` has index `i + 1`, and was taken in at `taken_ms[i]`.
/// - What is here was handed to the disk before Raft heard that it is stored.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    entries: Vec<Entry>,
    /// When this boot took each of them in, by its monotonic clock; 0 for those that the disk kept.
    taken_ms: Vec<u64>,
    hard_state: HardState,
    members: ConfState,
}

impl Tail {
    pub(crate) fn new(members: &[u64]) -> Tail {
        let members = ConfState { voters: members.to_vec(), ..ConfState::default() };
        Tail { members, ..Tail::default() }
    }

    pub(crate) fn hard_state(&self) -> &HardState {
        &self.hard_state
    }

    pub(crate) fn set_hard_state(&mut self, hard_state: HardState) {
        self.hard_state = hard_state;
    }

    /// The last time in the log, and when this boot took in the entry that carries it; what was cut
    /// does not count.
    pub(crate) fn last_stamp(&self) -> Anchor {
        let mut all = self.entries.iter().zip(&self.taken_ms).rev();
        let last = all.find_map(|(entry, at_ms)| {
            let stamp_ms = entry::time_ms(&entry.data).ok().flatten()?;
            Some(Anchor { stamp_ms, at_ms: *at_ms })
        });
        last.unwrap_or_default()
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Takes in an entry at this moment; it replaces all at or after its index. An entry that would
    /// leave a gap is refused.
    pub(crate) fn append(&mut self, entry: Entry, at_ms: u64) -> Result<(), Gap> {
        if entry.index == 0 || entry.index > self.len() + 1 {
            return Err(Gap);
        }
        self.entries.truncate(entry.index as usize - 1);
        self.taken_ms.truncate(self.entries.len());
        self.entries.push(entry);
        self.taken_ms.push(at_ms);
        Ok(())
    }

    /// Takes in an entry, and leaves those behind it.
    #[cfg(feature = "mutants")]
    pub(crate) fn replace(&mut self, entry: Entry) -> Result<(), Gap> {
        let behind = self.entries.split_off(self.entries.len().min(entry.index as usize));
        self.append(entry, 0)?;
        behind.into_iter().try_for_each(|entry| self.append(entry, 0))
    }

    /// Drops the last entry, unless it is known to be committed.
    #[cfg(feature = "mutants")]
    pub(crate) fn cut_last(&mut self) {
        if self.len() > self.hard_state.commit {
            self.entries.pop();
            self.taken_ms.pop();
        }
    }
}

/// An entry does not follow the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap;

impl Storage for Tail {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState { hard_state: self.hard_state.clone(), conf_state: self.members.clone() })
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low == 0 || low > high {
            return Err(Error::Store(StorageError::Compacted));
        }
        if high > self.len() + 1 {
            return Err(Error::Store(StorageError::Unavailable));
        }
        let all = &self.entries[low as usize - 1..high as usize - 1];
        let Some(max) = max_size.into() else { return Ok(all.to_vec()) };
        let mut size = 0;
        let fits = all.iter().take_while(|entry| {
            let first = size == 0;
            size += entry.data.len() as u64 + 16;
            first || size <= max
        });
        Ok(fits.cloned().collect())
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match index {
            0 => Ok(0),
            index if index <= self.len() => Ok(self.entries[index as usize - 1].term),
            _ => Err(Error::Store(StorageError::Unavailable)),
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.len())
    }

    fn snapshot(&self, _request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        // Nothing was ever cut from the log, so nobody can need one.
        Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable))
    }
}
/// An entry as the disk kept it.
pub(crate) fn restored_entry(index: Index, term: Term, data: Bytes) -> Result<Entry, Malformed> {
    entry::check(&data)?;
    Ok(Entry { index: index.0, term: term.0, data, ..Entry::default() })
}

/// Term, vote and commit index as the disk kept them.
pub(crate) fn restored_hard_state(term: Term, vote: Option<NodeId>, commit: Index) -> HardState {
    let vote = vote.map_or(raft::INVALID_ID, |candidate| candidate.0);
    HardState { term: term.0, vote, commit: commit.0, ..HardState::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(index: u64, term: u64) -> Entry {
        Entry { index, term, data: bytes::Bytes::from(vec![0; 100]), ..Entry::default() }
    }

    #[test]
    fn an_entry_replaces_all_at_or_after_its_index() {
        let mut tail = Tail::new(&[1, 2, 3]);
        for index in 1..=5 {
            tail.append(entry(index, 1), 0).unwrap();
        }
        tail.append(entry(3, 2), 0).unwrap();
        assert_eq!(tail.last_index().unwrap(), 3);
        assert_eq!((tail.term(2).unwrap(), tail.term(3).unwrap()), (1, 2));
        assert!(tail.term(4).is_err());
        assert_eq!(tail.append(entry(5, 2), 0), Err(Gap));
    }

    #[test]
    fn the_last_stamp_is_that_of_the_last_entry_that_has_one_and_was_not_cut() {
        let mut tail = Tail::new(&[1, 2, 3]);
        assert_eq!(tail.last_stamp(), Anchor::default());
        let stamped = |index, stamp_ms| {
            let data = entry::Draft::default().take(stamp_ms).into();
            Entry { index, data, ..Entry::default() }
        };
        let opens_a_term = |index| Entry { index, ..Entry::default() };
        let rows = [
            (opens_a_term(1), 5, (0, 0)),
            (stamped(2, 7_000), 0, (7_000, 0)),
            (stamped(3, 8_000), 20, (8_000, 20)),
            (opens_a_term(4), 30, (8_000, 20)),
            (stamped(5, u64::MAX), 40, (u64::MAX, 40)),
            (opens_a_term(4), 50, (8_000, 20)),
            (opens_a_term(3), 60, (7_000, 0)),
            (stamped(4, 7_500), 70, (7_500, 70)),
            (opens_a_term(1), 80, (0, 0)),
        ];
        for (entry, taken_ms, (stamp_ms, at_ms)) in rows {
            tail.append(entry, taken_ms).unwrap();
            assert_eq!(tail.last_stamp(), Anchor { stamp_ms, at_ms });
        }
    }

    #[test]
    fn a_limit_in_bytes_still_gives_one_entry() {
        let mut tail = Tail::new(&[1]);
        for index in 1..=4 {
            tail.append(entry(index, 1), 0).unwrap();
        }
        let count = |max: Option<u64>| {
            tail.entries(1, 5, max, GetEntriesContext::empty(false)).unwrap().len()
        };
        assert_eq!([count(Some(1)), count(Some(240)), count(None)], [1, 2, 4]);
    }
}
