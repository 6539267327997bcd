//! What the log on disk holds of the agreed log beyond memory: followers that lack it are fed from
//! there, and Raft knows its terms at once.
//!
//! ```text
//!   on disk     ▌older snapshot's mark … ▌ … ▌ … │ … to the last entry
//!   in memory                                    │ … to the last entry
//!               first entry  ▲ places, one for about a megabyte
//! ```
//!
//! Raft asks for entries that are not in memory, and is told that they will come. They are read
//! from the last known place before them on, and once they are here Raft asks again. What does not
//! come, since the log was cut or is damaged, is not here any more: a snapshot takes its place.

use std::cell::RefCell;
use std::collections::VecDeque;

use raft::eraftpb::Entry;
use raft::{Error, GetEntriesContext, StorageError};

use super::entry::entry_of;
use crate::ids::{Index, LogPlace, Term, Ticket};
use crate::wire::codec::Malformed;
use crate::wire::record::Record;

/// About so many bytes of entries lie between two places that are known, unless it is told
/// otherwise.
const PLACE_BYTES: usize = 1 << 20;
/// So many reads go on at once, at most: one for each follower, and for where it was before.
const READS_MAX: usize = 8;
/// So many places are kept at which reads ended.
const ENDS_MAX: usize = 8;

/// Entries on disk, and reads of them.
///
/// - `runs` and `places` ascend by index, and reach up to the end of the log.
/// - Every entry from the index of a place on lies at that place or behind it. Where an entry is
///   replaced that stays so: the new one is written later.
#[derive(Debug)]
pub(super) struct OnDisk {
    /// The entry before the first one: its index and its term.
    base: (u64, u64),
    /// The first entry of each term.
    runs: VecDeque<(u64, u64)>,
    places: VecDeque<(u64, LogPlace)>,
    /// Places to be, once these groups are on disk.
    coming: VecDeque<(u64, Ticket)>,
    /// What was written behind the last of both weighs so much, and what lies between two.
    unmarked_bytes: usize,
    place_bytes: usize,
    /// Where the last reads ended, with the entry that is due there.
    ends: VecDeque<(u64, LogPlace)>,
    reads: RefCell<Vec<Read>>,
    requests: u64,
    /// What was read, while Raft takes it.
    at_hand: Vec<Entry>,
}

/// Entries that Raft asked for.
#[derive(Debug)]
struct Read {
    /// The first of them.
    low: u64,
    context: GetEntriesContext,
    /// What the driver calls it, once it was asked.
    request: Option<u64>,
}

/// What the driver is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) request: u64,
    pub(super) place: LogPlace,
}

impl Default for OnDisk {
    fn default() -> OnDisk {
        OnDisk {
            base: (0, 0),
            runs: VecDeque::new(),
            places: VecDeque::new(),
            coming: VecDeque::new(),
            unmarked_bytes: 0,
            place_bytes: PLACE_BYTES,
            ends: VecDeque::new(),
            reads: RefCell::default(),
            requests: 0,
            at_hand: vec![],
        }
    }
}

impl OnDisk {
    /// So many bytes of entries are to lie between two places.
    pub(super) fn set_place_bytes(&mut self, bytes: usize) {
        self.place_bytes = bytes;
    }

    /// The entry before the first one that is on disk.
    pub(super) fn base(&self) -> (u64, u64) {
        self.base
    }

    /// The term of an entry that is on disk, or of the one before.
    pub(super) fn term(&self, index: u64) -> Option<u64> {
        if index <= self.base.0 {
            return (index == self.base.0).then_some(self.base.1);
        }
        let run = self.runs.partition_point(|(first, _)| *first <= index).checked_sub(1)?;
        Some(self.runs[run].1)
    }

    // What is written.

    /// This entry is written; it replaces all at or behind its index.
    pub(super) fn append(&mut self, entry: &Entry) {
        let index = entry.index;
        while self.runs.pop_back_if(|(first, _)| *first >= index).is_some() {}
        if self.runs.back().is_none_or(|(_, term)| *term != entry.term) {
            self.runs.push_back((index, entry.term));
        }
        self.forget_places_behind(index);
        self.unmarked_bytes += entry.data.len();
    }

    fn forget_places_behind(&mut self, index: u64) {
        while self.places.pop_back_if(|(first, _)| *first > index).is_some() {}
        while self.coming.pop_back_if(|(first, _)| *first > index).is_some() {}
        self.ends.retain(|(first, _)| *first <= index);
    }

    /// All that was written from this entry on lies in the group of this ticket, or behind it.
    pub(super) fn lies_in(&mut self, index: Index, ticket: Ticket) {
        if self.is_due() {
            self.coming.push_back((index.0, ticket));
            self.unmarked_bytes = 0;
        }
    }

    /// The same of what is found at a start.
    pub(super) fn lies_at(&mut self, index: Index, place: LogPlace) {
        if self.is_due() {
            self.places.push_back((index.0, place));
            self.unmarked_bytes = 0;
        }
    }

    fn is_due(&self) -> bool {
        let none = self.places.is_empty() && self.coming.is_empty();
        none || self.unmarked_bytes >= self.place_bytes
    }

    /// A snapshot is begun that stands at this entry: what lies behind it is in the group of this
    /// ticket once more, or follows it, so the log may be cut there.
    pub(super) fn is_marked(&mut self, base: Index, ticket: Ticket) {
        self.forget_places_behind(base.0);
        self.coming.push_back((base.0 + 1, ticket));
        self.unmarked_bytes = 0;
    }

    /// The groups up to this ticket that were not on disk before lie at this place, or behind it.
    pub(super) fn on_persisted(&mut self, ticket: Ticket, place: LogPlace) {
        while let Some((index, _)) = self.coming.pop_front_if(|(_, coming)| *coming <= ticket) {
            self.places.push_back((index, place));
        }
    }

    // What goes.

    /// The log may be cut behind this entry.
    pub(super) fn cut(&mut self, base: (u64, u64)) {
        if base.0 <= self.base.0 {
            return;
        }
        self.base = base;
        let first = base.0 + 1;
        while self.runs.get(1).is_some_and(|(next, _)| *next <= first) {
            self.runs.pop_front();
        }
        while self.places.get(1).is_some_and(|(next, _)| *next <= first) {
            self.places.pop_front();
        }
        // What lies there once more behind the cut was read in front of it.
        let begin = self.places.front().map(|(_, place)| *place);
        let is_kept = |place| begin.is_none_or(|begin| place >= begin);
        self.ends.retain(|(index, place)| *index > base.0 && is_kept(*place));
    }

    /// A state takes the place of all entries up to there, and of all others unless those behind it
    /// stay.
    pub(super) fn rebase(&mut self, base: (u64, u64), stay: bool) {
        if stay {
            return self.cut(base);
        }
        let (requests, place_bytes) = (self.requests, self.place_bytes);
        *self = OnDisk { base, requests, place_bytes, ..OnDisk::default() };
    }

    // What is read.

    /// Entries that are not in memory, as Raft asks for them: those at hand, or an error that says
    /// that they will come.
    pub(super) fn entries(
        &self,
        low: u64,
        high: u64,
        context: GetEntriesContext,
    ) -> raft::Result<&[Entry]> {
        if let Some(place) = self.at_hand.iter().position(|entry| entry.index == low) {
            let end = self.at_hand.len().min(place + (high - low) as usize);
            return Ok(&self.at_hand[place..end]);
        }
        if !context.can_async() || self.place_of(low).is_none() {
            return Err(Error::Store(StorageError::Compacted));
        }
        let mut reads = self.reads.borrow_mut();
        if reads.len() < READS_MAX && reads.iter().all(|read| read.low != low) {
            reads.push(Read { low, context, request: None });
        }
        Err(Error::Store(StorageError::LogTemporarilyUnavailable))
    }

    /// Where to read from for this entry.
    fn place_of(&self, index: u64) -> Option<LogPlace> {
        let known = self.places.iter().chain(&self.ends).filter(|(first, _)| *first <= index);
        known.max_by_key(|(first, _)| *first).map(|(_, place)| *place)
    }

    /// What the driver is to read now.
    pub(super) fn take_wanted(&mut self) -> Vec<Wanted> {
        let mut reads = std::mem::take(self.reads.get_mut());
        let mut wanted = vec![];
        reads.retain_mut(|read| {
            if read.request.is_some() {
                return true;
            }
            let Some(place) = self.place_of(read.low) else { return false };
            self.requests += 1;
            read.request = Some(self.requests);
            wanted.push(Wanted { request: self.requests, place });
            true
        });
        *self.reads.get_mut() = reads;
        wanted
    }

    /// What the driver has read, up to the place where the next group lies; nothing: it is not
    /// there any more, or cannot be read. Memory holds what lies behind `memory`. Gives what Raft
    /// is to be told, unless more must be read.
    pub(super) fn on_read(
        &mut self,
        request: u64,
        groups: &[bytes::Bytes],
        next: LogPlace,
        memory: (u64, u64),
    ) -> Result<Option<GetEntriesContext>, Wanted> {
        let reads = self.reads.get_mut();
        let Some(place) = reads.iter().position(|read| read.request == Some(request)) else {
            return Ok(None);
        };
        let low = reads[place].low;
        let found = if groups.is_empty() { Err(Malformed) } else { self.matching(low, groups) };
        match found {
            // It was cut meanwhile.
            _ if low <= self.base.0 => {}
            Ok(entries) if entries.is_empty() => return Err(Wanted { request, place: next }),
            Ok(entries) => {
                self.ends.retain(|(_, end)| *end != next);
                self.ends.truncate(ENDS_MAX - 1);
                let due = low + entries.len() as u64;
                self.ends.push_front((mutant!(EndTooEarly, due, due - 1), next));
                self.at_hand = entries;
            }
            Err(Malformed) => mutant!(LostLogAskedAgain, self.lose(low, memory), ()),
        }
        Ok(Some(self.reads.get_mut().remove(place).context))
    }

    /// The entries from this one on, without a gap: of each index the one that was not replaced.
    fn matching(&self, low: u64, groups: &[bytes::Bytes]) -> Result<Vec<Entry>, Malformed> {
        let mut entries: Vec<Entry> = vec![];
        for group in groups {
            for record in Record::decode_group(group)? {
                let Record::Agreed { index: Index(index), term: Term(term), data } = record else {
                    continue;
                };
                let is_next = index == low + entries.len() as u64;
                if is_next && mutant!(ReplacedEntryFed, self.term(index) == Some(term), true) {
                    entries.push(entry_of(index, term, data));
                }
            }
        }
        Ok(entries)
    }

    /// Raft has taken what it wanted of what was read.
    pub(super) fn is_taken(&mut self) {
        self.at_hand = vec![];
    }

    /// This entry cannot be read, so those before it are of no use either, nor those up to the next
    /// place.
    fn lose(&mut self, index: u64, memory: (u64, u64)) {
        self.ends.clear();
        let next = self
            .places
            .iter()
            .map(|(first, _)| *first)
            .find(|first| mutant!(LostPlaceKept, *first > index, *first >= index));
        let base = next.map_or(memory.0, |next| memory.0.min(next - 1));
        let term = self.term(base).unwrap_or(memory.1);
        self.cut((base, term));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const MEMORY: (u64, u64) = (90, 3);

    fn entry(index: u64, term: u64) -> Entry {
        Entry { index, term, ..Entry::default() }
    }

    /// A group of these entries, by index and term, with something else before each.
    fn group(entries: &[(u64, u64)]) -> Bytes {
        let mut group = vec![];
        for (index, term) in entries {
            Record::Fetch.encode(&mut group);
            let (index, term) = (Index(*index), Term(*term));
            Record::Agreed { index, term, data: Bytes::new() }.encode(&mut group);
        }
        group.into()
    }

    /// Entries up to 99, of which those from 50 on are of term 2, and those from 80 on of term 3;
    /// each tenth has a place of that number.
    fn on_disk() -> OnDisk {
        let mut on_disk = OnDisk::default();
        for index in 1..100 {
            on_disk.append(&entry(index, 1 + u64::from(index >= 50) + u64::from(index >= 80)));
            if index % 10 == 0 {
                on_disk.unmarked_bytes = PLACE_BYTES;
            }
            on_disk.lies_in(Index(index), Ticket(index));
            on_disk.on_persisted(Ticket(index), LogPlace(index));
        }
        on_disk
    }

    /// Asks for an entry as Raft does: whether it will come.
    fn ask(on_disk: &OnDisk, low: u64) -> bool {
        let asked = on_disk.entries(low, 90, GetEntriesContext::empty(true));
        matches!(asked, Err(Error::Store(StorageError::LogTemporarilyUnavailable)))
    }

    /// What is at hand, after these groups were read.
    fn read(on_disk: &mut OnDisk, low: u64, groups: &[Bytes]) -> Vec<(u64, u64)> {
        assert!(ask(on_disk, low));
        let [Wanted { request, .. }] = on_disk.take_wanted()[..] else { panic!("one is wanted") };
        let context = on_disk.on_read(request, groups, LogPlace(77), MEMORY);
        assert!(context.is_ok_and(|context| context.is_some()));
        on_disk.at_hand.iter().map(|entry| (entry.index, entry.term)).collect()
    }

    #[test]
    fn terms_are_known_up_to_where_the_log_is_cut() {
        let mut on_disk = on_disk();
        let terms = |on_disk: &OnDisk| [0, 1, 49, 50, 79, 80].map(|index| on_disk.term(index));
        assert_eq!(terms(&on_disk), [0, 1, 1, 2, 2, 3].map(Some));
        on_disk.append(&entry(60, 4));
        assert_eq!(
            (on_disk.term(59), on_disk.term(60), on_disk.term(61)),
            (Some(2), Some(4), Some(4))
        );
        on_disk.cut((50, 2));
        assert_eq!(terms(&on_disk), [None, None, None, Some(2), Some(4), Some(4)]);
        on_disk.cut((20, 1));
        assert_eq!(on_disk.base(), (50, 2), "what is cut does not come back");
    }

    #[test]
    fn an_entry_lies_behind_the_last_place_before_it() {
        let mut on_disk = on_disk();
        let place = |on_disk: &OnDisk, index| on_disk.place_of(index).map(|place| place.0);
        assert_eq!([1, 9, 10, 45].map(|index| place(&on_disk, index)), [1, 1, 10, 40].map(Some));
        // A snapshot is begun at 44.
        on_disk.is_marked(Index(44), Ticket(100));
        assert_eq!(place(&on_disk, 45), Some(40), "until its group is on disk");
        on_disk.on_persisted(Ticket(100), LogPlace(100));
        assert_eq!([44, 45, 99].map(|index| place(&on_disk, index)), [40, 100, 100].map(Some));
        on_disk.cut((44, 1));
        assert_eq!([44, 45].map(|index| place(&on_disk, index)), [None, Some(100)]);
        on_disk.rebase((60, 2), false);
        assert_eq!((place(&on_disk, 61), on_disk.term(61)), (None, None));
    }

    #[test]
    fn what_was_replaced_is_passed_over() {
        let mut on_disk = on_disk();
        let groups = [group(&[(48, 1), (49, 1), (50, 1), (51, 1)]), group(&[(50, 2), (51, 2)])];
        assert_eq!(read(&mut on_disk, 49, &groups), [(49, 1), (50, 2), (51, 2)]);
        let context = || GetEntriesContext::empty(true);
        assert_eq!(on_disk.entries(50, 51, context()).unwrap(), [entry(50, 2)]);
        on_disk.is_taken();
        assert!(on_disk.entries(50, 51, context()).is_err());
        let place = |index| on_disk.place_of(index);
        assert_eq!(place(52), Some(LogPlace(77)), "the next read goes on there");
        assert_eq!(place(51), Some(LogPlace(50)), "what was read lies before that");
    }

    #[test]
    fn a_read_that_ended_in_front_of_a_cut_says_nothing_of_what_is_behind_it() {
        let mut on_disk = on_disk();
        assert!(ask(&on_disk, 45));
        let [Wanted { request, .. }] = on_disk.take_wanted()[..] else { panic!("one is wanted") };
        on_disk.on_read(request, &[group(&[(45, 1)])], LogPlace(46), MEMORY).unwrap();
        assert_eq!(on_disk.place_of(46), Some(LogPlace(46)));
        on_disk.is_marked(Index(44), Ticket(100));
        on_disk.on_persisted(Ticket(100), LogPlace(100));
        on_disk.cut((44, 1));
        assert_eq!(on_disk.place_of(46), Some(LogPlace(100)));
    }

    #[test]
    fn it_is_read_on_until_the_entry_comes() {
        let mut on_disk = on_disk();
        assert!(ask(&on_disk, 45) && ask(&on_disk, 45));
        let wanted = Wanted { request: 1, place: LogPlace(40) };
        assert_eq!(on_disk.take_wanted(), [wanted], "it is asked for once");
        let more = on_disk.on_read(1, &[group(&[(41, 1)])], LogPlace(42), MEMORY);
        assert_eq!(more.unwrap_err(), Wanted { request: 1, place: LogPlace(42) });
        assert!(on_disk.on_read(1, &[group(&[(45, 1)])], LogPlace(46), MEMORY).unwrap().is_some());
        assert!(on_disk.on_read(1, &[group(&[(45, 1)])], LogPlace(46), MEMORY).unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_read_is_not_there_any_more() {
        for harm in [vec![], vec![Bytes::from_static(b"no records")]] {
            let mut on_disk = on_disk();
            assert_eq!(read(&mut on_disk, 45, &harm), []);
            assert_eq!(on_disk.base(), (49, 1), "what lies from the next place on is");
            assert_eq!(read(&mut on_disk, 85, &harm), []);
            assert_eq!(on_disk.base(), (89, 3));
            assert_eq!(on_disk.term(89), Some(3));
            // Also where it is the first one of its place.
            assert_eq!(read(&mut on_disk, 90, &harm), []);
            assert_eq!(on_disk.base(), (90, 3));
        }
    }

    #[test]
    fn a_cut_while_it_is_read_ends_the_read() {
        let mut on_disk = on_disk();
        assert!(ask(&on_disk, 45));
        let [Wanted { request, .. }] = on_disk.take_wanted()[..] else { panic!("one is wanted") };
        on_disk.cut((60, 2));
        assert!(on_disk.on_read(request, &[], LogPlace(0), MEMORY).unwrap().is_some());
        assert_eq!(on_disk.base(), (60, 2));
    }

    #[test]
    fn only_who_can_wait_is_told_to() {
        let on_disk = on_disk();
        let compacted = Error::Store(StorageError::Compacted);
        let asked = on_disk.entries(45, 46, GetEntriesContext::empty(false));
        assert_eq!(asked.unwrap_err(), compacted);
        let nowhere = OnDisk::default();
        let asked = nowhere.entries(45, 46, GetEntriesContext::empty(true));
        assert_eq!(asked.unwrap_err(), compacted);
    }
}
