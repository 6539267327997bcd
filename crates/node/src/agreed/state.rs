//! The state machine of the agreed order: a fold over the log, the same on every replica.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::entry::Name;
use crate::command::{SetWhen, Write};
use crate::copies;
use crate::counting::Watch;
use crate::door::{AgreedPosition, NodeId, Reply};
use crate::life::Life;
use crate::store::Store;

/// A value and where it was written.
#[derive(Debug)]
struct Versioned {
    value: Bytes,
    by: AgreedPosition,
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// If it looked at what was there: where that was written; `Some(None)`: nothing was there.
    pub(crate) by: Option<Option<AgreedPosition>>,
}

impl Answer {
    fn blindly(reply: Reply) -> Answer {
        Answer { reply, by: None }
    }
}

/// Keys and values, and the last write that was applied of each node.
///
/// - It depends on the entries applied, in order, and on nothing else.
/// - Of each node, writes are applied in the order of their names, each once.
#[derive(Debug)]
pub(crate) struct State {
    values: Store<Versioned>,
    keys: u64,
    /// What a count must know of keys that come and go.
    pub(crate) watch: Watch,
    applied: Applied,
}

/// The last write that was applied of each member: in which of its starts, and its number there.
///
/// - Others than members have no writes.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    last: BTreeMap<NodeId, (Life, u64)>,
}

impl Applied {
    pub(crate) fn new(members: &[NodeId]) -> Applied {
        Applied { last: members.iter().map(|id| (*id, (Life::default(), 0))).collect() }
    }

    /// Whether a write of this name runs, because it is the successor of the last one of its node; if so, it counts as run.
    pub(crate) fn take(&mut self, name: Name) -> bool {
        let Some(last) = self.last.get_mut(&name.node) else { return false };
        let next_of_life = name.life == last.0 && name.sequence == last.1 + 1;
        let first_of_later_boot =
            mutant!(OldBootRuns, name.life.boot > last.0.boot, name.life.boot != last.0.boot)
                && mutant!(FirstOfBootSkipped, name.sequence == 1, true);
        let runs = next_of_life || first_of_later_boot;
        if runs {
            *last = (name.life, name.sequence);
        }
        runs
    }

    /// Whether a write of this name, or a later one of the same life, has run.
    #[cfg(feature = "mutants")]
    fn has_run(&self, name: Name) -> bool {
        self.last.get(&name.node).is_some_and(|last| name.life == last.0 && name.sequence <= last.1)
    }

    /// Whether the last write that ran lies more than one before this one, in the same life.
    #[cfg(feature = "mutants")]
    fn has_gap(&self, name: Name) -> bool {
        self.last.get(&name.node).is_some_and(|last| name.life == last.0 && name.sequence > last.1)
    }

    /// The last name of each member that has written.
    pub(crate) fn names(&self) -> impl Iterator<Item = Name> {
        let name = |(node, (life, sequence)): (&NodeId, &(Life, u64))| Name {
            node: *node,
            life: *life,
            sequence: *sequence,
        };
        self.last.iter().map(name).filter(|name| name.sequence > 0)
    }
}

impl State {
    pub(crate) fn new(members: &[NodeId]) -> State {
        State {
            values: Store::new(),
            keys: 0,
            watch: Watch::default(),
            applied: Applied::new(members),
        }
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
    ) -> Option<Answer> {
        if self.applied.take(name) {
            return Some(self.run(at, write));
        }
        mutant!(AppliedTwice, (), self.run_if(self.applied.has_run(name), at, &write));
        mutant!(NameGapAccepted, (), self.run_if(self.applied.has_gap(name), at, &write));
        None
    }

    #[cfg(feature = "mutants")]
    fn run_if(&mut self, really: bool, at: AgreedPosition, write: &Write<'_>) {
        if really {
            self.run(at, write.clone());
        }
    }

    fn run(&mut self, at: AgreedPosition, write: Write<'_>) -> Answer {
        match write {
            Write::Set(key, value) => {
                self.set(key, value, at);
                Answer::blindly(Reply::Ok)
            }
            Write::SetIf(set) => self.set_when(set, at),
            Write::Del(keys) => {
                let gone = mutant!(
                    DelTakesFirst,
                    keys.iter().filter(|key| self.remove(key)).count(),
                    keys.iter().take(1).filter(|key| self.remove(key)).count()
                );
                let counted = mutant!(DelAlwaysCounts, gone, keys.len());
                Answer::blindly(Reply::Integer(counted as i64))
            }
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8], at: AgreedPosition) {
        let value = Versioned { value: Bytes::copy_from_slice(value), by: at };
        if self.values.set(key, value) {
            self.keys += 1;
            self.watch.note(key, false);
        }
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let was_there = self.values.remove(key);
        if was_there {
            self.keys -= mutant!(RemovedKeysCounted, 1, 0);
            self.watch.note(key, true);
        }
        was_there
    }

    /// Whether a key existed when the present count began.
    pub(crate) fn existed(&self, key: &[u8]) -> bool {
        self.watch.existed(key).unwrap_or_else(|| self.values.get(key).is_some())
    }

    /// Compares and sets: what was compared is what all writes before this place have left.
    fn set_when(&mut self, set: SetWhen<'_>, at: AgreedPosition) -> Answer {
        let SetWhen { key, value, when, get } = set;
        let old = self.values.get(key);
        let holds = when.holds(old.map(|old| old.value.as_ref()));
        let by = Some(old.map(|old| old.by));
        let reply = match old {
            Some(old) if get => Reply::Value(copies::shown(&old.value)),
            None if get => Reply::Nil,
            _ if holds => Reply::Ok,
            _ => Reply::Nil,
        };
        if holds {
            self.set(key, value, at);
        }
        Answer { reply, by }
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
    use crate::codec::Reader;
    use crate::command::When;
    use crate::keys::{Keys, Row};

    fn name(boot: u64, sequence: u64) -> Name {
        let life = Life { boot, incarnation: 7 * boot };
        Name { node: NodeId(1), life, sequence }
    }

    fn new() -> State {
        State::new(&[NodeId(1)])
    }

    #[test]
    fn only_the_successor_is_applied() {
        let mut state = new();
        let at = AgreedPosition::default();
        let mut set = |boot, sequence| {
            let applied = state.apply(name(boot, sequence), at, Write::Set(b"k", b"v"));
            applied.map(|applied| applied.reply)
        };
        assert_eq!(set(1, 2), None, "the first write of a boot has sequence 1");
        assert_eq!(set(1, 1), Some(Reply::Ok));
        assert_eq!(set(1, 1), None, "a write that is sent twice runs once");
        assert_eq!(set(1, 3), None, "a write never overtakes the one before it");
        assert_eq!(set(1, 2), Some(Reply::Ok));
        assert_eq!(set(3, 1), Some(Reply::Ok), "boots may be skipped");
        assert_eq!(set(2, 1), None, "a boot that is over writes no more");
        assert_eq!(set(1, 3), None);
        let mut apply = |name| state.apply(name, at, Write::Set(b"k", b"v"));
        let copy = Life { boot: 3, incarnation: 1 };
        assert_eq!(apply(Name { life: copy, ..name(3, 2) }), None, "another start of that number");
        assert_eq!(apply(Name { life: copy, ..name(3, 1) }), None);
        assert_eq!(apply(Name { node: NodeId(9), ..name(1, 1) }), None, "no member");
    }

    #[test]
    fn del_counts_what_was_there() {
        let mut state = new();
        let at = AgreedPosition { index: 7, offset: 2 };
        state.apply(name(1, 1), at, Write::Set(b"a", b"1"));
        assert_eq!((state.keys(), state.written(b"a")), (1, Some(at)));
        let mut bytes = vec![];
        Keys::new(["a", "a", "b"]).encode(&mut bytes);
        let keys = Row::read(3, &mut Reader::new(&bytes)).unwrap();
        let gone = state.apply(name(1, 2), at, Write::Del(keys));
        assert_eq!(gone, Some(Answer::blindly(Reply::Integer(1))));
        assert_eq!(state.keys(), 0);
    }

    #[test]
    fn a_condition_looks_at_what_the_writes_before_it_left() {
        let mut state = new();
        let at = |index| AgreedPosition { index, offset: 0 };
        let mut sequence = 0;
        let mut set = |value: &'static [u8], when, get| {
            sequence += 1;
            let set = SetWhen { key: b"k", value, when, get };
            let applied = state.apply(name(1, sequence), at(sequence), Write::SetIf(set)).unwrap();
            (applied.reply, applied.by.expect("it looked").map(|by| by.index))
        };
        let value = |value: &'static str| Reply::Value(Bytes::from(value));
        assert_eq!(set(b"0", When::Present, false), (Reply::Nil, None));
        assert_eq!(set(b"0", When::Equals(b""), false), (Reply::Nil, None));
        assert_eq!(set(b"a", When::Absent, true), (Reply::Nil, None), "set; nothing was there");
        assert_eq!(set(b"b", When::Absent, false), (Reply::Nil, Some(3)));
        assert_eq!(set(b"b", When::Equals(b"a"), false), (Reply::Ok, Some(3)));
        assert_eq!(set(b"c", When::Equals(b"a"), true), (value("b"), Some(5)));
        assert_eq!(set(b"c", When::Always, true), (value("b"), Some(5)));
        assert_eq!(set(b"d", When::Present, false), (Reply::Ok, Some(7)));
        assert_eq!((state.keys(), state.written(b"k")), (1, Some(at(8))));
    }
}
