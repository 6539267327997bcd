//! Keys and values in 16,384 slots, in each of them in the order of their hashes.
//!
//! The slot is the unit of whatever moves state about (snapshots, SCAN, transfer, shards). Keys of
//! a slot are walked in the order of their hashes, which never change and are the same on every
//! node: so a walk is a number, and who stops it and goes on elsewhere misses no key that was there
//! all along.

mod keys;
mod row;
mod slot;
mod walk;

use std::hint::black_box;

use keys::Keys;
pub(crate) use walk::{Seen, Walk};
use xxhash_rust::xxh3::xxh3_64;

/// Keys of one order, each with a `V`.
///
/// Slots lie in pages, and a page is made when its first key comes: a node that holds little is
/// quick to start, which a simulator does thousands of times a minute.
pub(crate) struct Store<V> {
    pages: Vec<Option<Page<V>>>,
}

type Page<V> = Box<[Keys<V>]>;

/// How many keys are touched together.
pub(crate) const TOGETHER: usize = 32;
/// How many slots a page has.
const PAGE_SLOTS: usize = 64;
/// How many bits of a hash a cursor has: with the 14 of the slot they make 53, which every client
/// can keep in a number.
const HASH_BITS: u32 = 39;

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

    /// Slot, and the least hash that lies here.
    fn parts(self) -> (usize, u64) {
        let slot = usize::try_from(self.0 >> HASH_BITS).unwrap_or(usize::MAX);
        (slot, self.0 << (64 - HASH_BITS))
    }
}

impl<V> Store<V> {
    pub(crate) fn new() -> Store<V> {
        Store { pages: (0..slot::COUNT / PAGE_SLOTS).map(|_| None).collect() }
    }

    fn slot(&self, slot: usize) -> Option<&Keys<V>> {
        self.pages.get(slot / PAGE_SLOTS)?.as_ref().map(|page| &page[slot % PAGE_SLOTS])
    }

    fn slot_mut(&mut self, key: &[u8]) -> &mut Keys<V> {
        let slot = slot::of(key);
        let page = self.pages[slot / PAGE_SLOTS]
            .get_or_insert_with(|| (0..PAGE_SLOTS).map(|_| Keys::new()).collect());
        &mut page[slot % PAGE_SLOTS]
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        self.slot(slot::of(key))?.get(xxh3_64(key), key)
    }

    /// Gives a key a value, and gives back the one that it had.
    pub(crate) fn set(&mut self, key: &[u8], value: V) -> Option<V> {
        self.slot_mut(key).set(xxh3_64(key), key, value)
    }

    /// Removes a key, and gives back the value that it had.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<V> {
        self.slot_mut(key).remove(xxh3_64(key), key)
    }

    /// Has the processor fetch what lies under these keys, of which there are at most [`TOGETHER`].
    /// To fetch something from memory takes it a hundred times as long as to use it; but it fetches
    /// several things at a time where one does not depend on the other. So whoever is about to use
    /// many keys touches them first, all of them one step at a time. `ends_of` looks at both ends
    /// of a value.
    pub(crate) fn touch(&self, keys: &[&[u8]], ends_of: impl Fn(&V) -> (u8, u8)) {
        let mut places = [(0, 0); TOGETHER];
        for (place, key) in std::iter::zip(&mut places, keys) {
            *place = (slot::of(key), xxh3_64(key));
            black_box(self.slot(place.0).is_some_and(Keys::is_empty));
        }
        let rows = places[..keys.len()].iter().filter_map(|(slot, hash)| match self.slot(*slot) {
            Some(Keys::Row(row)) => Some((row, *hash)),
            // A tree is too deep for this.
            Some(Keys::Tree(_)) | None => None,
        });
        rows.clone().for_each(|(row, hash)| row.touch(hash));
        for (key, value) in rows.filter_map(|(row, hash)| row.at(hash)) {
            black_box((ends(key), ends_of(value)));
        }
    }

    /// Calls `each` with keys in the order of the walk, from `from` on, until it says no, but not
    /// within keys of one cursor. Looks at no more than about `most` places. Gives back where to go
    /// on; `None`: there is nothing more.
    pub(crate) fn walk<'a>(
        &'a self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&'a [u8], &'a V) -> bool,
    ) -> Option<Cursor> {
        let (mut slot, mut hash) = from.parts();
        let mut steps = 0;
        // The last key that was looked at where the walk is to end.
        let mut end = None;
        while slot < slot::COUNT {
            let Some(page) = &self.pages[slot / PAGE_SLOTS] else {
                (slot, hash) = ((slot / PAGE_SLOTS + 1) * PAGE_SLOTS, 0);
                continue;
            };
            let next = page[slot % PAGE_SLOTS].find_from(hash, |hash, key, value| {
                let here = Cursor::new(slot, hash);
                if end.is_some_and(|end| end != here) {
                    return Some(here);
                }
                steps += 1;
                if !each(key, value) || steps >= most {
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

    /// Takes out about so many keys, wherever they lie, so that a store that is over goes in
    /// pieces: how many these were.
    pub(crate) fn drop_some(&mut self, most: u64) -> u64 {
        let mut count = 0;
        while count < most
            && let Some(page) = self.pages.last_mut()
        {
            let mut slots = page.iter_mut().flatten();
            let Some(slot) = slots.find(|slot| !slot.is_empty()) else {
                self.pages.pop();
                continue;
            };
            while count < most && !slot.is_empty() {
                count += slot.drop_some();
            }
        }
        count
    }
}

/// The first and the last of these bytes.
pub(crate) fn ends(bytes: &[u8]) -> (u8, u8) {
    (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0))
}

impl<V> std::fmt::Debug for Store<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("key:{n}")).collect()
    }

    fn filled(keys: &[String]) -> Store<usize> {
        let mut store = Store::new();
        for (n, key) in keys.iter().enumerate() {
            assert_eq!(store.set(key.as_bytes(), n), None);
        }
        store
    }

    /// All keys, `count` at a time.
    fn walked(store: &Store<usize>, count: usize) -> Vec<Vec<u8>> {
        let (mut all, mut from) = (vec![], Some(Cursor::default()));
        while let Some(cursor) = from {
            let mut left = count;
            from = store.walk(cursor, usize::MAX, &mut |key, _| {
                all.push(key.to_vec());
                left -= left.min(1);
                left > 0
            });
            assert_ne!(from, Some(Cursor::default()), "0 says that it is over");
            assert!(from.is_none_or(|next| next > cursor && next.0 < 1 << 53));
        }
        all
    }

    #[test]
    fn values_come_back() {
        let keys = keys(1_000);
        let mut store = filled(&keys);
        assert_eq!(store.set(b"key:7", 70), Some(7));
        assert_eq!(store.get(b"key:7"), Some(&70));
        assert_eq!((store.remove(b"key:7"), store.remove(b"key:7")), (Some(70), None));
        assert_eq!((store.get(b"key:7"), store.get(b"key:8")), (None, Some(&8)));
    }

    #[test]
    fn a_walk_shows_every_key_once_in_pieces_of_any_size() {
        let keys = keys(500);
        let store = filled(&keys);
        let whole = walked(&store, usize::MAX);
        assert!(whole.iter().map(|key| Cursor::of(key)).is_sorted());
        let mut sorted = whole.clone();
        sorted.sort();
        let mut expected: Vec<_> = keys.iter().map(|key| key.clone().into_bytes()).collect();
        expected.sort();
        assert_eq!(sorted, expected);
        for count in [1, 2, 7, 499, 500] {
            assert_eq!(walked(&store, count), whole, "{count} at a time");
        }
    }

    /// Keys whose hashes are the same: XXH3 multiplies their first half by 0, so the second does
    /// not count.
    fn colliding(count: u64) -> Vec<Vec<u8>> {
        let first = 0xb8fe_6c39_23a4_4bbe_u64.to_be_bytes();
        let key = |n: u64| [&first[..], format!("{n:08}").as_bytes(), b"{a}xxxxxxxxxxxxx"].concat();
        (0..count).map(key).collect()
    }

    #[test]
    fn keys_of_one_hash_take_long_for_nobody() {
        const COUNT: u64 = 100_000;
        let keys = colliding(COUNT);
        let places: std::collections::BTreeSet<_> =
            keys.iter().map(|key| Cursor::of(key)).collect();
        assert_eq!(places.len(), 1, "they are of one hash");
        let mut store = Store::new();
        for (n, key) in keys.iter().enumerate() {
            assert_eq!(store.set(key, n), None);
        }
        assert_eq!(store.get(&keys[7]), Some(&7));
        assert_eq!(store.set(&keys[7], 70), Some(7));
        assert_eq!(walked(&store, 1).len(), COUNT as usize, "they come together");
        assert_eq!((store.remove(&keys[7]), store.remove(&keys[7])), (Some(70), None));
        assert!(keys.iter().skip(8).all(|key| store.remove(key).is_some()));
        assert_eq!(walked(&store, 1).len(), 7);
    }
}
