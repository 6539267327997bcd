//! The state machine of the agreed order: a fold over the log, the same on every replica.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::entry::Name;
use crate::command::Write;
use crate::door::{AgreedPosition, NodeId, Reply};
use crate::store::Store;

/// A value and where it was written.
#[derive(Debug)]
struct Versioned {
    value: Bytes,
    by: AgreedPosition,
}

/// Keys and values, and the last write that was applied of each node.
///
/// - It depends on the entries applied, in order, and on nothing else.
/// - Of each node, writes are applied in the order of their names, each once.
#[derive(Debug)]
pub(crate) struct State {
    values: Store<Versioned>,
    keys: u64,
    applied: Applied,
}

/// The last write that was applied of each node: its boot and sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    last: BTreeMap<NodeId, (u64, u64)>,
}

impl Applied {
    /// Whether a write of this name runs, because it is the successor of the last one of its node; if so, it counts as run.
    pub(crate) fn take(&mut self, name: Name) -> bool {
        let last = self.last.entry(name.node).or_insert((0, 0));
        let next_of_boot = name.boot == last.0 && name.sequence == last.1 + 1;
        let first_of_later_boot = name.boot > last.0 && name.sequence == 1;
        let runs = next_of_boot || first_of_later_boot;
        if runs {
            *last = (name.boot, name.sequence);
        }
        runs
    }

    /// The last name of each node.
    pub(crate) fn names(&self) -> impl Iterator<Item = Name> {
        self.last.iter().map(|(node, (boot, sequence))| Name {
            node: *node,
            boot: *boot,
            sequence: *sequence,
        })
    }
}

impl State {
    pub(crate) fn new() -> State {
        State { values: Store::new(), keys: 0, applied: Applied::default() }
    }

    /// The last write that was applied of each node.
    pub(crate) fn applied(&self) -> &Applied {
        &self.applied
    }

    /// Runs a write, unless its name is not the successor of the last one of its node.
    pub(crate) fn apply(
        &mut self,
        name: Name,
        at: AgreedPosition,
        write: Write<'_>,
    ) -> Option<Reply> {
        self.applied.take(name).then(|| self.run(at, write))
    }

    fn run(&mut self, at: AgreedPosition, write: Write<'_>) -> Reply {
        match write {
            Write::Set(key, value) => {
                let value = Versioned { value: Bytes::copy_from_slice(value), by: at };
                self.keys += u64::from(self.values.set(key, value));
                Reply::Ok
            }
            Write::Del(keys) => {
                let gone = keys.iter().filter(|key| self.values.remove(key)).count();
                self.keys -= gone as u64;
                Reply::Integer(gone as i64)
            }
        }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.values.get(key).map(|versioned| &versioned.value)
    }

    /// Where the value of a key was written.
    pub(crate) fn written(&self, key: &[u8]) -> Option<AgreedPosition> {
        self.values.get(key).map(|versioned| versioned.by)
    }

    pub(crate) fn keys(&self) -> u64 {
        self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(boot: u64, sequence: u64) -> Name {
        Name { node: NodeId(1), boot, sequence }
    }

    #[test]
    fn only_the_successor_is_applied() {
        let mut state = State::new();
        let at = AgreedPosition::default();
        let mut set =
            |boot, sequence| state.apply(name(boot, sequence), at, Write::Set(b"k", b"v"));
        assert_eq!(set(1, 2), None, "the first write of a boot has sequence 1");
        assert_eq!(set(1, 1), Some(Reply::Ok));
        assert_eq!(set(1, 1), None, "a write that is sent twice runs once");
        assert_eq!(set(1, 3), None, "a write never overtakes the one before it");
        assert_eq!(set(1, 2), Some(Reply::Ok));
        assert_eq!(set(3, 1), Some(Reply::Ok), "boots may be skipped");
        assert_eq!(set(2, 1), None, "a boot that is over writes no more");
        assert_eq!(set(1, 3), None);
    }

    #[test]
    fn del_counts_what_was_there() {
        let mut state = State::new();
        let at = AgreedPosition { index: 7, offset: 2 };
        state.apply(name(1, 1), at, Write::Set(b"a", b"1"));
        assert_eq!((state.keys(), state.written(b"a")), (1, Some(at)));
        let gone = state.apply(name(1, 2), at, Write::Del(vec![b"a", b"a", b"b"]));
        assert_eq!((gone, state.keys()), (Some(Reply::Integer(1)), 0));
    }
}
