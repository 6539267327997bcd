//! Keys and values in 16,384 slots of hash maps with a fixed seed.
//!
//! The slot is the unit of whatever later moves state about (snapshots, SCAN, transfer, shards). Nothing
//! may depend on the order inside a map: it is the same for the same insertions, but no promise.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::slot;

/// Keys of one order, each with a `V`.
pub(crate) struct Store<V> {
    slots: Vec<HashMap<Box<[u8]>, V, FixedState>>,
}

impl<V> Store<V> {
    pub(crate) fn new() -> Store<V> {
        let slots = (0..slot::SLOTS).map(|_| HashMap::with_hasher(FixedState::default())).collect();
        Store { slots }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        self.slots[slot::of(key)].get(key)
    }

    /// Gives a key a value; true if the key is new.
    pub(crate) fn set(&mut self, key: &[u8], value: V) -> bool {
        let map = &mut self.slots[slot::of(key)];
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
        self.slots[slot::of(key)].remove(key).is_some()
    }
}

impl<V> std::fmt::Debug for Store<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
