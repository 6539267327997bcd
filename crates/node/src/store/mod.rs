//! Keys and values in 16,384 slots, in each of them in the order of their hashes.
//!
//! The slot is the unit of whatever moves state about (snapshots, SCAN, transfer, shards). Keys of
//! a slot are walked in the order of their hashes, which never change and are the same on every
//! node: so a walk is a number, and who stops it and goes on elsewhere misses no key that was there
//! all along.
//!
//! ```text
//!  slots ─▶ keys of a slot          records, in pages of one size each
//!           [hash's 16 bits │ handle] ─▶ [head, lengths, key, value, where written]
//!                                                        └─ great: memory of its own
//! ```
//!
//! What is known of a key lies in one [record], and a handle of four bytes says where. So a key of
//! 16 bytes and a value of 100 take some 135 bytes. Reading changes nothing.
//!
//! A key may have a deadline. It is a part of the record; beside the records all deadlines lie in
//! their order, so that who reclaims keys finds those that are due. The store knows no time:
//! whether a key is dead is for its owner to say.

mod deadlines;
mod keys;
mod numbered;
mod record;
mod records;
mod row;
mod slabs;
mod slot;
mod slots;
mod sums;
mod tree;
mod walk;

use std::borrow::Cow;
use std::hint::black_box;
use std::marker::PhantomData;

use xxhash_rust::xxh3::xxh3_64;

use deadlines::Deadlines;
use keys::Keys;
pub(crate) use record::{Record, Value, Written};
pub(crate) use records::Deadline;
use records::{New, Records};
pub(crate) use slot::{COUNT as SLOTS, of as slot_of};
use slots::{PAGE_SLOTS, Slots};
pub(crate) use sums::{Progress, SlotSums, Sums};
pub(crate) use walk::Walk;

/// Keys of one order, each with a value or the trace of one, and a `P`: where it was written.
pub(crate) struct Store<P> {
    slots: Slots,
    records: Records,
    deadlines: Deadlines,
    written: PhantomData<P>,
}

/// How many keys are touched together.
pub(crate) const TOGETHER: usize = 32;
/// How many bits of a hash a cursor has: with the 14 of the slot they make 53, which every client
/// can keep in a number.
const HASH_BITS: u32 = 39;
/// So many records are moved at most where one goes: more than go, so that it stays dense.
const MOVED_MAX: usize = 2;

/// What a record counts beside its key and its value, in bytes. It is part of the log's format:
/// whether a write finds memory must come out the same on every replica.
pub(crate) const RECORD_BYTES: u64 = 64;

/// A place in the walk over all keys: slot, then the highest bits of the hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor(pub(crate) u64);

impl Cursor {
    fn new(slot: usize, hash: u64) -> Cursor {
        Cursor((slot as u64) << HASH_BITS | hash >> (64 - HASH_BITS))
    }

    /// A place that chance picks.
    pub(crate) fn at_random(chance: u64) -> Cursor {
        Cursor(chance >> (64 - HASH_BITS - slot::BITS))
    }

    /// Where a key lies.
    pub(crate) fn of(key: &[u8]) -> Cursor {
        Cursor::new(slot::of(key), xxh3_64(key))
    }

    /// The slot that it lies in.
    pub(crate) fn slot(self) -> u16 {
        (self.0 >> HASH_BITS) as u16
    }

    /// Where the slot behind this one begins.
    #[cfg(feature = "mutants")]
    pub(crate) fn next_slot(self) -> Cursor {
        Cursor::new(usize::from(self.slot()) + 1, 0)
    }

    /// Slot, and the least hash that lies here.
    fn parts(self) -> (usize, u64) {
        let slot = usize::try_from(self.0 >> HASH_BITS).unwrap_or(usize::MAX);
        (slot, self.0 << (64 - HASH_BITS))
    }
}

impl<P: Written> Store<P> {
    pub(crate) fn new() -> Store<P> {
        Store {
            slots: Slots::new(),
            records: Records::default(),
            deadlines: Deadlines::default(),
            written: PhantomData,
        }
    }

    /// What all records count: the bytes of each key, of its value, and [`RECORD_BYTES`]. What they
    /// take is another matter, and differs between nodes.
    pub(crate) fn bytes(&self) -> u64 {
        self.records.bytes()
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Record<'_, P>> {
        let handle = self.slots.get(slot::of(key))?.get(xxh3_64(key), key, &self.records)?;
        Some(self.records.get(handle).1)
    }

    /// Gives a key a value without a deadline, or notes that it has none any more; true if it was
    /// here.
    pub(crate) fn set(&mut self, key: &[u8], value: Option<Cow<'_, [u8]>>, by: P) -> bool {
        self.set_until(key, value, Deadline::Never, by)
    }

    /// Gives a key a value, or notes that it has none any more, and says when it goes; true if it
    /// was here.
    pub(crate) fn set_until(
        &mut self,
        key: &[u8],
        value: Option<Cow<'_, [u8]>>,
        deadline: Deadline,
        by: P,
    ) -> bool {
        let (new, hash) = (New { key, value, deadline, by }, xxh3_64(key));
        let keys = self.slots.get_mut(slot::of(key));
        let Some(handle) = keys.get_mut(hash, key, &self.records) else {
            let handle = self.records.insert(new);
            keys.insert(hash, key, handle, &self.records);
            self.note_deadline(key, None, deadline.after(None));
            return false;
        };
        let (old, room_bytes) = (*handle, self.records.room_bytes(*handle));
        let (new, old_ms) = self.records.replace(old, new);
        *handle = new;
        if new != old {
            self.move_some(room_bytes);
        }
        self.note_deadline(key, old_ms, deadline.after(old_ms));
        true
    }

    /// Removes a key; true if it was here.
    pub(crate) fn remove(&mut self, key: &[u8]) -> bool {
        let keys = self.slots.get_mut(slot::of(key));
        let Some(handle) = keys.remove(xxh3_64(key), key, &self.records) else { return false };
        let room_bytes = self.records.room_bytes(handle);
        let old_ms = self.records.remove(handle);
        self.move_some(room_bytes);
        self.note_deadline(key, old_ms, None);
        true
    }

    // Deadlines.

    /// A key had one deadline and has another. Its record is as it is now.
    #[inline]
    fn note_deadline(&mut self, key: &[u8], old_ms: Option<u64>, new_ms: Option<u64>) {
        if old_ms != new_ms {
            self.move_deadline(key, old_ms, new_ms);
        }
    }

    fn move_deadline(&mut self, key: &[u8], old_ms: Option<u64>, new_ms: Option<u64>) {
        let place = Cursor::of(key);
        if let Some(old_ms) = old_ms {
            let mut shared = false;
            self.at(place, &mut |other, record| {
                shared |= other != key && record.deadline_ms == Some(old_ms);
                !shared
            });
            mutant!(DeadlineStaysListed, self.deadlines.remove(old_ms, place, shared), ());
        }
        if let Some(new_ms) = new_ms {
            self.deadlines.add(new_ms, place);
        }
    }

    /// How many keys have a deadline.
    pub(crate) fn deadlines(&self) -> u64 {
        self.deadlines.count()
    }

    /// The earliest deadline, in milliseconds of log time.
    pub(crate) fn first_deadline_ms(&self) -> Option<u64> {
        self.deadlines.first().map(|(deadline_ms, _)| deadline_ms)
    }

    /// The first key that goes by this time, in the order of deadlines and then of the walk.
    pub(crate) fn first_due(&self, by_ms: u64) -> Option<&[u8]> {
        let (deadline_ms, place) = self.deadlines.first().filter(|first| first.0 <= by_ms)?;
        let mut due: Option<&[u8]> = None;
        self.at(place, &mut |key, record| {
            // Of keys of one hash the least comes first, whatever their order here.
            if record.deadline_ms == Some(deadline_ms) && due.is_none_or(|other| key < other) {
                due = Some(key);
            }
            true
        });
        Some(due.expect("a deadline is listed where a key has it"))
    }

    /// Moves a few records together where much room of so many bytes is free, so that pages become
    /// empty and are given back.
    fn move_some(&mut self, room_bytes: usize) {
        for _ in 0..MOVED_MAX {
            let Some(old) = self.records.next_to_move(room_bytes) else { return };
            let new = self.records.copy(old);
            let key = self.records.key(new);
            let keys = self.slots.get_mut(slot::of(key));
            let handle = keys.get_mut(xxh3_64(key), key, &self.records);
            *handle.expect("every record has its key in a slot") = new;
            self.records.vacate(old);
        }
    }

    /// Has the processor fetch what lies under these keys, of which there are at most [`TOGETHER`].
    /// To fetch something from memory takes it a hundred times as long as to use it; but it fetches
    /// several things at a time where one does not depend on the other. So whoever is about to use
    /// many keys touches them first, all of them one step at a time.
    pub(crate) fn touch(&self, keys: &[&[u8]]) {
        let mut places = [(0, 0); TOGETHER];
        for (place, key) in std::iter::zip(&mut places, keys) {
            *place = (slot::of(key), xxh3_64(key));
            black_box(self.slots.get(place.0).is_some_and(Keys::is_empty));
        }
        let rows = places[..keys.len()]
            .iter()
            .filter_map(|(slot, hash)| Some((self.slots.get(*slot)?.row(*hash)?, *hash)));
        rows.clone().for_each(|(row, hash)| row.touch(hash));
        rows.filter_map(|(row, hash)| row.at(hash)).for_each(|handle| self.records.touch(handle));
    }

    /// Calls `each` with keys in the order of the walk, from `from` on, until it says no, but not
    /// within keys of one cursor. Looks at no more than about `most` places. Gives back where to go
    /// on; `None`: there is nothing more.
    pub(crate) fn walk<'a>(
        &'a self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&'a [u8], Record<'a, P>) -> bool,
    ) -> Option<Cursor> {
        let (mut slot, mut hash) = from.parts();
        let mut steps = 0;
        // The last key that was looked at where the walk is to end.
        let mut end = None;
        while slot < slot::COUNT {
            let Some(keys) = self.slots.get(slot) else {
                (slot, hash) = ((slot / PAGE_SLOTS + 1) * PAGE_SLOTS, 0);
                continue;
            };
            let next = keys.find_from(hash, &self.records, &mut |handle| {
                let (key, record) = self.records.get(handle);
                let here = Cursor::new(slot, xxh3_64(key));
                if end.is_some_and(|end| end != here) {
                    return Some(here);
                }
                steps += 1;
                if !each(key, record) || steps >= most {
                    end = Some(here);
                }
                None
            });
            if next.is_some() {
                return next;
            }
            (slot, hash) = (slot + 1, 0);
        }
        None
    }

    /// Changes the value of a key as a broken memory would: nobody is told. False: it has none.
    /// Only tests want that.
    pub(crate) fn rot(&mut self, key: &[u8]) -> bool {
        let Some(record) = self.get(key) else { return false };
        let (by, deadline_ms) = (record.by(), record.deadline_ms);
        let value = record.value.map(|value| value.bytes().to_vec());
        let Some(mut value) = value else { return false };
        match value.first_mut() {
            Some(byte) => *byte ^= 1,
            None => value.push(b'?'),
        }
        self.set_until(key, Some(value.into()), Deadline::of(deadline_ms), by)
    }

    /// Calls `each` with the keys that lie at one place of the walk.
    pub(crate) fn at<'a>(
        &'a self,
        place: Cursor,
        each: &mut dyn FnMut(&'a [u8], Record<'a, P>) -> bool,
    ) {
        let (slot, hash) = place.parts();
        let Some(keys) = self.slots.get(slot) else { return };
        keys.find_from(hash, &self.records, &mut |handle| {
            let (key, record) = self.records.get(handle);
            let goes_on = Cursor::new(slot, xxh3_64(key)) == place && each(key, record);
            (!goes_on).then_some(())
        });
    }

    fn drop_part(&mut self) -> Option<usize> {
        let part = self.slots.drop_some().or_else(|| self.records.drop_some());
        part.or_else(|| self.deadlines.drop_one().then_some(1))
    }

    /// Takes out about so many keys, wherever they lie, so that a store that is over goes in
    /// pieces: how much this was, in keys. Nobody looks into it any more.
    pub(crate) fn drop_some(&mut self, most: u64) -> u64 {
        let mut count = 0;
        while count < most
            && let Some(some) = self.drop_part()
        {
            count += some as u64;
        }
        count
    }
}

#[cfg(test)]
impl<P> Store<P> {
    /// How many pages its records take.
    pub(crate) fn pages(&self) -> usize {
        self.records.counts().0
    }
}

impl<P> std::fmt::Debug for Store<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
