//! Keys and values in 16,384 slots of hash maps with a fixed seed.
//!
//! The slot is the unit of whatever later moves state about (snapshots, SCAN, transfer, shards). Nothing
//! may depend on the order inside a map: it is the same for the same insertions, but no promise.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

pub(crate) mod slot;

/// Keys of one order, each with a `V`.
///
/// Slots lie in pages, and a page is made when its first key comes: a node that holds little is quick to start, which a
/// simulator does thousands of times a minute.
pub(crate) struct Store<V> {
    pages: Vec<Option<Page<V>>>,
}

type Map<V> = HashMap<Box<[u8]>, V, FixedState>;
type Page<V> = Box<[Map<V>]>;

/// How many slots a page has.
const PAGE_SLOTS: usize = 64;

impl<V> Store<V> {
    pub(crate) fn new() -> Store<V> {
        Store { pages: (0..slot::SLOTS / PAGE_SLOTS).map(|_| None).collect() }
    }

    fn map(&self, key: &[u8]) -> Option<&Map<V>> {
        let slot = slot::of(key);
        self.pages[slot / PAGE_SLOTS].as_ref().map(|page| &page[slot % PAGE_SLOTS])
    }

    fn map_mut(&mut self, key: &[u8]) -> &mut Map<V> {
        let slot = slot::of(key);
        let page = self.pages[slot / PAGE_SLOTS].get_or_insert_with(|| {
            (0..PAGE_SLOTS).map(|_| HashMap::with_hasher(FixedState::default())).collect()
        });
        &mut page[slot % PAGE_SLOTS]
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        self.map(key)?.get(key)
    }

    /// Gives a key a value; true if the key is new.
    pub(crate) fn set(&mut self, key: &[u8], value: V) -> bool {
        let map = self.map_mut(key);
        // A key that is there keeps its box: an overwrite does not allocate the key again.
        if let Some(place) = map.get_mut(key) {
            *place = value;
            return false;
        }
        map.insert(key.into(), value);
        true
    }

    /// Removes a key; true if it was there.
    pub(crate) fn remove(&mut self, key: &[u8]) -> bool {
        self.map_mut(key).remove(key).is_some()
    }
}

impl<V> std::fmt::Debug for Store<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
