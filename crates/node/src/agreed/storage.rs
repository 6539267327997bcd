//! The agreed log as Raft reads it: in memory, in step with what was handed to the disk.
//!
//! Raft reads its storage at once and at any time, so the entries that it may still ask for stay
//! here: all that are not applied, and behind them up to a set size. Who lacks older ones is fed
//! from the [log on disk](super::on_disk), and who lacks what is not there either gets a snapshot.
//! Its message carries where it stands and its number alone; the bytes are fetched.

use std::cell::Cell;
use std::collections::VecDeque;

use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{Error, GetEntriesContext, RaftState, Storage, StorageError};

use bytes::Bytes;

use super::entry;
use super::on_disk::{OnDisk, Wanted};
use super::time::Anchor;
use crate::ids::{Index, LogPlace, NodeId, SnapshotNumber, Term, Ticket};
use crate::wire::base::AgreedBase;
use crate::wire::codec::{Malformed, Reader, put_uint};

/// The log from some entry to its last.
///
/// - `entries[i]` has index `base + 1 + i`, and was taken in at `taken_ms[i]`.
/// - What is here was handed to the disk before Raft heard that it is stored.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// The last entry that is not here any more: its index, its term, and the last time in the log
    /// up to there.
    base: (u64, u64),
    base_stamp: Anchor,
    entries: VecDeque<Entry>,
    /// When this boot took each of them in, by its monotonic clock; 0 for those that the disk kept.
    taken_ms: VecDeque<u64>,
    /// What they weigh.
    bytes: usize,
    on_disk: OnDisk,
    hard_state: HardState,
    members: ConfState,
    /// The snapshot that others may fetch.
    offer: Option<Offer>,
    /// Whether one was asked for that stands where the entries begin, or behind.
    wanted: Cell<bool>,
}

/// A snapshot that is in place, and where it stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) number: SnapshotNumber,
    pub(crate) index: Index,
    pub(crate) term: Term,
}

/// What an entry takes beside its bytes, about.
const ENTRY_BYTES: usize = 128;

fn weight(entry: &Entry) -> usize {
    ENTRY_BYTES + entry.data.len()
}

impl Tail {
    pub(crate) fn new(members: &[u64]) -> Tail {
        let members = ConfState { voters: members.to_vec(), ..ConfState::default() };
        Tail { members, ..Tail::default() }
    }

    /// These count in majorities, and these learn, where the log is applied.
    pub(crate) fn set_members(&mut self, members: ConfState) {
        self.members = members;
    }

    pub(crate) fn hard_state(&self) -> &HardState {
        &self.hard_state
    }

    /// What is not here any more was committed, also where that was not written, and in a term that
    /// this node knew: a state that was fetched may have brought it.
    pub(crate) fn set_hard_state(&mut self, hard_state: HardState) {
        let commit = hard_state.commit.max(self.base.0);
        self.hard_state = HardState { commit, ..hard_state };
        self.raise_term();
    }

    /// Nobody is in an earlier term than that of the last entry that is not here any more.
    fn raise_term(&mut self) {
        if self.hard_state.term < self.base.1 {
            // No vote was given in that term.
            (self.hard_state.term, self.hard_state.vote) = (self.base.1, raft::INVALID_ID);
        }
    }

    /// The last time in the log, and when this boot took in the entry that carries it; what was
    /// replaced does not count.
    pub(crate) fn last_stamp(&self) -> Anchor {
        let mut all = self.entries.iter().zip(&self.taken_ms).rev();
        let last = all.find_map(|(entry, at_ms)| stamp(entry, *at_ms));
        last.unwrap_or(self.base_stamp)
    }

    /// The last entry that is not here any more.
    pub(crate) fn base(&self) -> (Index, Term) {
        (Index(self.base.0), Term(self.base.1))
    }

    /// The index of the last entry.
    pub(crate) fn last(&self) -> u64 {
        self.base.0 + self.entries.len() as u64
    }

    /// The index of the first entry that is in memory, or will be.
    pub(crate) fn first(&self) -> u64 {
        self.base.0 + 1
    }

    /// Takes in an entry at this moment; it replaces all at or after its index. An entry that would
    /// leave a gap is refused. What lies before the first is committed, and the same.
    pub(crate) fn append(&mut self, entry: Entry, at_ms: u64) -> Result<(), Gap> {
        if entry.index == 0 || entry.index > self.last() + 1 {
            return Err(Gap);
        }
        let Some(place) = entry.index.checked_sub(self.first()) else { return Ok(()) };
        while self.entries.len() as u64 > place {
            self.bytes -= self.entries.pop_back().as_ref().map_or(0, weight);
        }
        self.taken_ms.truncate(self.entries.len());
        self.on_disk.append(&entry);
        self.bytes += weight(&entry);
        self.entries.push_back(entry);
        self.taken_ms.push_back(at_ms);
        Ok(())
    }

    /// The entries from an index on.
    pub(crate) fn from(&self, index: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip(index.saturating_sub(self.first()) as usize)
    }

    /// All entries up to there are over: a state takes their place, at this moment. Those behind it
    /// stay if the log holds the last of them: they may be acknowledged. Else they can be committed
    /// by nobody.
    pub(crate) fn rebase(&mut self, base: &AgreedBase, at_ms: u64) {
        let is_held = mutant!(HeldDropped, self.holds(base.index, base.term), false);
        // What this boot has had for longer counts from when it came, also where the state ends
        // behind the log, with entries that carry no time.
        let known = Some(self.stamp_up_to(base.index));
        let known = known.filter(|known| known.stamp_ms == base.stamp_ms);
        while self.entries.front().is_some_and(|first| !is_held || first.index <= base.index.0) {
            self.bytes -= self.entries.pop_front().as_ref().map_or(0, weight);
            self.taken_ms.pop_front();
        }
        self.base = (base.index.0, base.term.0);
        self.on_disk.rebase(self.base, is_held);
        self.base_stamp = known.unwrap_or(Anchor { stamp_ms: base.stamp_ms, at_ms });
        self.hard_state.commit = self.hard_state.commit.max(base.index.0);
        self.raise_term();
        self.offer = None;
    }

    /// Whether the log has that entry.
    pub(crate) fn holds(&self, Index(index): Index, term: Term) -> bool {
        self.term(index) == Ok(term.0)
    }

    /// Where the log would end if a state that stands there took the place of all up to there.
    pub(crate) fn end_behind(&self, base: &AgreedBase) -> (Index, Term) {
        let last = (base.index, base.term);
        let entry = self.entries.back().filter(|_| self.holds(base.index, base.term));
        entry.map_or(last, |entry| (Index(entry.index), Term(entry.term)))
    }

    /// Forgets entries up to this one, while they weigh more than so many bytes.
    pub(crate) fn forget(&mut self, up_to: Index, kept_bytes: usize) {
        while self.bytes > kept_bytes
            && let Some(entry) = self.entries.pop_front_if(|entry| entry.index <= up_to.0)
        {
            let at_ms = self.taken_ms.pop_front().expect("each entry has its moment");
            self.bytes -= weight(&entry);
            self.base = (entry.index, entry.term);
            self.base_stamp = stamp(&entry, at_ms).unwrap_or(self.base_stamp);
        }
    }

    /// What the entries weigh that are here.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The last time in the log up to an entry that is here, or the last one that is not.
    fn stamp_up_to(&self, index: Index) -> Anchor {
        let count = index.0.saturating_sub(self.base.0) as usize;
        let mut all = self.entries.iter().zip(&self.taken_ms).take(count).rev();
        let last = all.find_map(|(entry, at_ms)| stamp(entry, *at_ms));
        last.unwrap_or(self.base_stamp)
    }

    /// From now on others may fetch this snapshot. The log may be cut behind the one before.
    pub(crate) fn offer(&mut self, offer: Offer) {
        if let Some(before) = self.offer.replace(offer) {
            self.on_disk.cut((before.index.0, before.term.0));
        }
        self.wanted.set(false);
    }

    /// The snapshot that others may fetch, unless what follows it is not here any more.
    pub(crate) fn offered(&self) -> Option<Offer> {
        let is_followed = |offer: &Offer| offer.index.0 >= self.kept_behind().0;
        self.offer.filter(|offer| mutant!(OffersStaleSnapshot, is_followed(offer), true))
    }

    // What is on disk and not in memory.

    /// The last entry that is neither in memory nor on disk.
    fn kept_behind(&self) -> (u64, u64) {
        self.on_disk.base().min(self.base)
    }

    /// Where entries lie on disk is to be known for about each so many bytes of them.
    pub(super) fn set_place_bytes(&mut self, bytes: usize) {
        self.on_disk.set_place_bytes(bytes);
    }

    /// The entries from this one on were written in the group of this ticket.
    pub(super) fn lies_in(&mut self, index: Index, ticket: Ticket) {
        self.on_disk.lies_in(index, ticket);
    }

    /// This entry was found at that place.
    pub(crate) fn lies_at(&mut self, index: Index, place: LogPlace) {
        if index.0 >= self.first() {
            self.on_disk.lies_at(index, place);
        }
    }

    /// A snapshot is begun that stands at this entry; those behind it are in the group of this
    /// ticket as well.
    pub(super) fn is_marked(&mut self, base: Index, ticket: Ticket) {
        self.on_disk.is_marked(base, ticket);
    }

    /// The groups up to this ticket are on disk, from this place on.
    pub(super) fn on_persisted(&mut self, ticket: Ticket, place: LogPlace) {
        self.on_disk.on_persisted(ticket, place);
    }

    /// What Raft has asked for that must be read.
    pub(super) fn take_wanted(&mut self) -> Vec<Wanted> {
        self.on_disk.take_wanted()
    }

    /// What was read: what Raft is to be told, unless more must be read.
    pub(super) fn on_read(
        &mut self,
        request: u64,
        groups: &[Bytes],
        next: LogPlace,
    ) -> Result<Option<GetEntriesContext>, Wanted> {
        self.on_disk.on_read(request, groups, next, self.base)
    }

    /// Raft has taken what it wanted of what was read.
    pub(super) fn is_taken(&mut self) {
        self.on_disk.is_taken();
    }

    /// Whether a snapshot was asked for that there is not.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.wanted.get()
    }

    /// Takes in an entry, and leaves those behind it.
    #[cfg(feature = "mutants")]
    pub(crate) fn replace(&mut self, entry: Entry) -> Result<(), Gap> {
        let place = entry.index.saturating_sub(self.base.0) as usize;
        let behind = self.entries.split_off(self.entries.len().min(place));
        self.append(entry, 0)?;
        behind.into_iter().try_for_each(|entry| self.append(entry, 0))
    }

    /// Drops the last entry, unless it is known to be committed.
    #[cfg(feature = "mutants")]
    pub(crate) fn cut_last(&mut self) {
        if self.last() > self.hard_state.commit {
            self.entries.pop_back();
            self.taken_ms.pop_back();
        }
    }
}

fn stamp(entry: &Entry, at_ms: u64) -> Option<Anchor> {
    let stamp_ms = entry::time_ms(&entry.data).ok().flatten()?;
    Some(Anchor { stamp_ms, at_ms })
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
        context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low <= self.kept_behind().0 || low > high {
            return Err(Error::Store(StorageError::Compacted));
        }
        if high > self.last() + 1 {
            return Err(Error::Store(StorageError::Unavailable));
        }
        if low < self.first() {
            let read = self.on_disk.entries(low, high, context)?;
            return Ok(that_fit(read.iter(), max_size.into()));
        }
        let place = |index: u64| (index - self.first()) as usize;
        Ok(that_fit(self.entries.range(place(low)..place(high)), max_size.into()))
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match index.checked_sub(self.first()) {
            None if index == self.base.0 => Ok(self.base.1),
            None => self.on_disk.term(index).ok_or(Error::Store(StorageError::Compacted)),
            Some(place) => {
                let entry = self.entries.get(place as usize).map(|entry| entry.term);
                entry.ok_or(Error::Store(StorageError::Unavailable))
            }
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.kept_behind().0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    /// Asked whenever somebody lacks what is not here any more: what is not there yet is made.
    fn snapshot(&self, _request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        let Some(offer) = self.offered() else {
            self.wanted.set(true);
            return Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        };
        let mut snapshot = Snapshot::default();
        let metadata = snapshot.mut_metadata();
        (metadata.index, metadata.term) = (offer.index.0, offer.term.0);
        metadata.set_conf_state(self.members.clone());
        let mut data = vec![];
        put_uint(&mut data, offer.number.0);
        snapshot.data = data.into();
        Ok(snapshot)
    }
}

/// The first of these entries, and as many more as have room in so many bytes.
fn that_fit<'a>(all: impl Iterator<Item = &'a Entry>, max: Option<u64>) -> Vec<Entry> {
    let mut size = 0;
    let fits = all.take_while(|entry| {
        let first = size == 0;
        size += entry.data.len() as u64 + 16;
        first || max.is_none_or(|max| size <= max)
    });
    fits.cloned().collect()
}

/// The snapshot that a message of Raft speaks of.
pub(crate) fn offer_in(snapshot: &Snapshot) -> Result<Offer, Malformed> {
    let mut reader = Reader::new(&snapshot.data);
    let number = SnapshotNumber(reader.number()?);
    reader.end()?;
    let metadata = snapshot.get_metadata();
    Ok(Offer { number, index: Index(metadata.index), term: Term(metadata.term) })
}

/// An entry as the disk kept it.
pub(crate) fn restored_entry(index: Index, term: Term, data: Bytes) -> Result<Entry, Malformed> {
    entry::check(&data)?;
    Ok(entry::entry_of(index.0, term.0, data))
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
    fn nobody_goes_back_behind_the_term_of_a_state_that_was_fetched() {
        let mut tail = Tail::new(&[1, 2, 3]);
        let base = AgreedBase { index: Index(3), term: Term(2), ..AgreedBase::default() };
        tail.rebase(&base, 0);
        // As a snapshot has it that was begun right then: in term 2 nothing was written yet.
        tail.set_hard_state(HardState { term: 1, vote: 1, commit: 3, ..HardState::default() });
        assert_eq!((tail.hard_state().term, tail.hard_state().vote), (2, raft::INVALID_ID));
        tail.set_hard_state(HardState { term: 2, vote: 3, commit: 3, ..HardState::default() });
        assert_eq!((tail.hard_state().term, tail.hard_state().vote), (2, 3));
    }

    #[test]
    fn log_time_goes_on_from_when_an_entry_came_although_its_state_comes_later() {
        let mut tail = Tail::new(&[1, 2, 3]);
        let base = |index, stamp_ms| AgreedBase {
            index: Index(index),
            term: Term(1),
            stamp_ms,
            ..AgreedBase::default()
        };
        tail.rebase(&base(3, 500), 100);
        tail.rebase(&base(3, 500), 900);
        assert_eq!(tail.last_stamp(), Anchor { stamp_ms: 500, at_ms: 100 });
        tail.rebase(&base(7, 800), 900);
        assert_eq!(tail.last_stamp(), Anchor { stamp_ms: 800, at_ms: 900 });
        tail.rebase(&base(9, 800), 1900);
        let opened_since = "the entries behind it carry no time: each opens a term";
        assert_eq!(tail.last_stamp(), Anchor { stamp_ms: 800, at_ms: 900 }, "{opened_since}");
    }

    #[test]
    fn what_is_forgotten_is_told_from_what_never_was() {
        let mut tail = Tail::new(&[1, 2, 3]);
        for index in 1..=9 {
            tail.append(entry(index, 1 + index / 5), 0).unwrap();
        }
        let whole = tail.bytes();
        tail.forget(Index(6), usize::MAX);
        assert_eq!((tail.first(), tail.bytes()), (1, whole), "there is room for all");
        tail.forget(Index(6), 0);
        assert_eq!((tail.first(), tail.last(), tail.bytes()), (7, 9, whole / 3));
        assert_eq!((tail.term(6).unwrap(), tail.term(7).unwrap()), (2, 2));
        let forgotten = || Error::Store(StorageError::Compacted);
        assert_eq!((tail.term(5), tail.first_index()), (Ok(2), Ok(1)), "it is on disk");
        tail.on_disk.cut((5, 2));
        assert_eq!((tail.term(4), tail.first_index()), (Err(forgotten()), Ok(6)));
        let context = || GetEntriesContext::empty(false);
        assert_eq!(tail.entries(5, 8, None, context()), Err(forgotten()));
        assert_eq!(
            tail.entries(6, 8, None, context()),
            Err(forgotten()),
            "there is no place of it"
        );
        assert_eq!(tail.entries(7, 9, None, context()).unwrap().len(), 2);
        tail.append(entry(3, 1), 0).unwrap();
        assert_eq!(tail.last(), 9, "what is forgotten is not replaced");
        tail.append(entry(8, 3), 0).unwrap();
        assert_eq!((tail.last(), tail.bytes()), (8, 2 * whole / 9));
    }

    #[test]
    fn a_state_leaves_what_the_log_holds_behind_it() {
        let mut tail = Tail::new(&[1, 2, 3]);
        (1..=9).for_each(|index| tail.append(entry(index, 2), 0).unwrap());
        let whole = tail.bytes();
        let base = |index, term| AgreedBase {
            index: Index(index),
            term: Term(term),
            ..AgreedBase::default()
        };
        assert_eq!(tail.end_behind(&base(6, 2)), (Index(9), Term(2)));
        tail.rebase(&base(6, 2), 0);
        assert_eq!((tail.first(), tail.last(), tail.bytes()), (7, 9, whole / 3));
        assert_eq!(tail.end_behind(&base(8, 3)), (Index(8), Term(3)));
        tail.rebase(&base(8, 3), 0);
        assert_eq!((tail.first(), tail.last(), tail.bytes()), (9, 8, 0), "another entry is there");
    }

    #[test]
    fn a_snapshot_is_offered_while_what_follows_it_is_here() {
        let mut tail = Tail::new(&[1, 2, 3]);
        (1..=9).for_each(|index| tail.append(entry(index, 1), 0).unwrap());
        assert!(tail.snapshot(0, 2).is_err() && tail.wants_snapshot());
        let offer = Offer { number: SnapshotNumber(7), index: Index(5), term: Term(1) };
        tail.offer(offer);
        assert!(!tail.wants_snapshot());
        assert_eq!(offer_in(&tail.snapshot(0, 2).unwrap()), Ok(offer));
        tail.forget(Index(6), 0);
        assert!(tail.snapshot(0, 2).is_ok(), "the next one is on disk");
        tail.on_disk.cut((5, 1));
        assert!(tail.snapshot(0, 2).is_ok(), "the next one is still there");
        tail.on_disk.cut((6, 1));
        assert!(tail.snapshot(0, 2).is_err() && tail.wants_snapshot());
        let next = Offer { number: SnapshotNumber(8), index: Index(7), term: Term(1) };
        tail.offer(next);
        tail.offer(Offer { number: SnapshotNumber(9), index: Index(9), term: Term(1) });
        assert_eq!(tail.first_index(), Ok(7), "it still is in memory");
        tail.forget(Index(9), 0);
        assert_eq!(tail.first_index(), Ok(8), "the log may be cut behind the one before");
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
            (stamped(2, 9_000), 90, (9_000, 90)),
        ];
        for (entry, taken_ms, (stamp_ms, at_ms)) in rows {
            tail.append(entry, taken_ms).unwrap();
            assert_eq!(tail.last_stamp(), Anchor { stamp_ms, at_ms });
        }
        tail.append(opens_a_term(3), 100).unwrap();
        tail.forget(Index(3), 0);
        assert_eq!(tail.last_stamp(), Anchor { stamp_ms: 9_000, at_ms: 90 });
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
