//! Keys and values in 16,384 slots, in each of them in the order of their hashes.
//!
//! The slot is the unit of whatever moves state about (snapshots, SCAN, transfer, shards). Keys of a slot are walked in the
//! order of their hashes, which never change and are the same on every node: so a walk is a number, and who stops it and goes
//! on elsewhere misses no key that was there all along. A tree gives that order, and no insertion takes long.

mod slot;

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

/// Keys of one order, each with a `V`.
///
/// Slots lie in pages, and a page is made when its first key comes: a node that holds little is quick to start, which a
/// simulator does thousands of times a minute.
pub(crate) struct Store<V> {
    pages: Vec<Option<Page<V>>>,
}

type Slot<V> = BTreeMap<u64, Entry<V>>;
type Page<V> = Box<[Slot<V>]>;

/// A key with its value, and others of the very same hash.
#[derive(Debug)]
struct Entry<V> {
    key: Box<[u8]>,
    value: V,
    next: Option<Box<Entry<V>>>,
}

/// How many slots a page has.
const PAGE_SLOTS: usize = 64;
/// How many bits of a hash a cursor has: with the 14 of the slot they make 53, which every client can keep in a number.
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

    fn slot(&self, slot: usize) -> Option<&Slot<V>> {
        self.pages.get(slot / PAGE_SLOTS)?.as_ref().map(|page| &page[slot % PAGE_SLOTS])
    }

    fn slot_mut(&mut self, key: &[u8]) -> &mut Slot<V> {
        let slot = slot::of(key);
        let page = self.pages[slot / PAGE_SLOTS]
            .get_or_insert_with(|| (0..PAGE_SLOTS).map(|_| BTreeMap::new()).collect());
        &mut page[slot % PAGE_SLOTS]
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        let first = self.slot(slot::of(key))?.get(&xxh3_64(key))?;
        first.iter().find(|entry| *entry.key == *key).map(|entry| &entry.value)
    }

    /// Gives a key a value, and gives back the one that it had.
    pub(crate) fn set(&mut self, key: &[u8], value: V) -> Option<V> {
        let new = |value| Entry { key: key.into(), value, next: None };
        let first = match self.slot_mut(key).entry(xxh3_64(key)) {
            std::collections::btree_map::Entry::Occupied(first) => first.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(new(value));
                return None;
            }
        };
        let mut entry = first;
        while *entry.key != *key {
            if entry.next.is_none() {
                entry.next = Some(Box::new(new(value)));
                return None;
            }
            entry = entry.next.as_mut().expect("there is a next one");
        }
        Some(std::mem::replace(&mut entry.value, value))
    }

    /// Removes a key, and gives back the value that it had.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<V> {
        let hash = xxh3_64(key);
        let slot = self.slot_mut(key);
        let mut entries: Vec<Entry<V>> = slot.remove(&hash)?.unchained();
        let place = entries.iter().position(|entry| *entry.key == *key);
        let removed = place.map(|place| entries.remove(place).value);
        if let Some(first) = Entry::chained(entries) {
            slot.insert(hash, first);
        }
        removed
    }

    /// Calls `each` with keys in the order of the walk, from `from` on, until it says no, but not within keys of one cursor.
    /// Looks at no more than about `most` places. Gives back where to go on; `None`: there is nothing more.
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
            for (hash, first) in page[slot % PAGE_SLOTS].range(hash..) {
                let here = Cursor::new(slot, *hash);
                if end.is_some_and(|end| end != here) {
                    return Some(here);
                }
                for entry in first.iter() {
                    steps += 1;
                    if !each(&entry.key, &entry.value) || steps >= most {
                        end = Some(here);
                    }
                }
            }
            (slot, hash) = (slot + 1, 0);
        }
        None
    }

    /// Takes out a part of the keys, wherever they lie, so that a store that is over goes in pieces; false: there was none.
    pub(crate) fn drop_page(&mut self) -> bool {
        self.pages.iter_mut().rev().find_map(Option::take).is_some()
    }
}

impl<V> Entry<V> {
    fn iter(&self) -> impl Iterator<Item = &Entry<V>> {
        std::iter::successors(Some(self), |entry| entry.next.as_deref())
    }

    /// This one and all behind it, each by itself.
    fn unchained(mut self) -> Vec<Entry<V>> {
        let next = self.next.take();
        let mut all = vec![self];
        all.extend(next.into_iter().flat_map(|next| next.unchained()));
        all
    }

    fn chained(entries: Vec<Entry<V>>) -> Option<Entry<V>> {
        entries
            .into_iter()
            .rev()
            .fold(None, |next, entry| Some(Entry { next: next.map(Box::new), ..entry }))
    }
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

    #[test]
    fn keys_of_one_hash_lie_together() {
        let chain = |keys: &[&str]| {
            let entry = |key: &&str| Entry { key: key.as_bytes().into(), value: (), next: None };
            Entry::chained(keys.iter().map(entry).collect()).unwrap()
        };
        let names: Vec<_> = chain(&["a", "b", "c"]).iter().map(|entry| entry.key[0]).collect();
        assert_eq!(names, *b"abc");
        assert_eq!(chain(&["a", "b"]).unchained().len(), 2);
    }
}
