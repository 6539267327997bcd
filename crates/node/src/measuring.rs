//! The store alone, for `benches/memory.rs`: what a key takes, and what it costs to use one.

use std::borrow::Cow;

use crate::commands::View;
use crate::ids::{Boot, Index, NodeId};
use crate::merged::hlc::Stamp;
use crate::merged::state::State;
use crate::position::AgreedPosition;
use crate::store::{Store, Value};
use crate::wire::version_vector::Place;

/// So many writes come in one entry, and so many entries in a millisecond.
const ENTRY_WRITES: u64 = 64;
const MS_ENTRIES: u64 = 4;
/// When the first one came, in milliseconds.
const BEGIN_MS: u64 = 1_790_000_000_000;

/// The keys of one order.
#[derive(Debug)]
pub struct Keys {
    kept: Kept,
    writes: u64,
}

#[derive(Debug)]
enum Kept {
    Agreed(Box<Store<AgreedPosition>>),
    Merged(Box<State>),
}

impl Keys {
    /// None yet, of the agreed order.
    pub fn agreed() -> Keys {
        Keys { kept: Kept::Agreed(Box::new(Store::new())), writes: 0 }
    }

    /// None yet, of the merged order.
    pub fn merged() -> Keys {
        Keys { kept: Kept::Merged(Box::new(State::new())), writes: 0 }
    }

    /// Gives a key a value, or removes it.
    pub fn write(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.writes += 1;
        let (entry, offset) = (self.writes / ENTRY_WRITES, (self.writes % ENTRY_WRITES) as u32);
        let index = Index(1 + entry);
        match (&mut self.kept, value) {
            (Kept::Agreed(store), Some(value)) => {
                store.set(key, Some(Cow::Borrowed(value)), AgreedPosition { index, offset });
            }
            (Kept::Agreed(store), None) => drop(store.remove(key)),
            (Kept::Merged(state), value) => {
                let clock = ((BEGIN_MS + entry / MS_ENTRIES) << 16) | (entry % MS_ENTRIES);
                let stamp = Stamp { clock, replica: NodeId(2), offset };
                state.merge(key, stamp, Place { boot: Boot(3), index }, value);
            }
        }
    }

    /// Looks at the values of a few keys, as a turn does: how long they are together.
    pub fn read(&self, keys: &[&[u8]]) -> usize {
        let bytes = |value: Option<Value<'_>>| value.map_or(0, |value| value.shown().len());
        match &self.kept {
            Kept::Agreed(store) => {
                store.touch(keys);
                keys.iter().map(|key| bytes(store.get(key).and_then(|one| one.value))).sum()
            }
            Kept::Merged(state) => {
                state.touch(keys);
                keys.iter().map(|key| bytes(state.get(key))).sum()
            }
        }
    }
}
