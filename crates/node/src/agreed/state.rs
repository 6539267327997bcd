//! The state machine of the agreed order: a fold over the log, the same on every replica.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::entry::WriteId;
use crate::api::{AgreedPosition, NodeId};
use crate::commands::{Answer, Values, View, Write};
use crate::counting::{Past, Watch};
use crate::ids::Life;
use crate::store::{Cursor, Store, ends};

/// A value and where it was written.
#[derive(Debug)]
struct Versioned {
    value: Bytes,
    by: AgreedPosition,
}

/// What came of a write, and what it cost beyond its keys and the bytes that carry it.
pub(crate) struct Ran {
    pub(crate) answer: Answer,
    /// Steps of a turn.
    pub(crate) steps: usize,
    /// Bytes that were given to keys, and to who asked.
    pub(crate) bytes: usize,
}

/// Keys and values, and the last write that was applied of each node.
///
/// - It depends on the entries applied, in order, and on nothing else.
/// - Of each node, writes are applied in the order of their ids, each once.
#[derive(Debug)]
pub(crate) struct State {
    values: Store<Versioned>,
    keys: u64,
    /// What was flushed, and still takes memory.
    flushed: Vec<Store<Versioned>>,
    /// What was flushed while a count goes on, which still needs it.
    counted: Option<Counted>,
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

    /// Whether a write of this id runs, because it is the successor of the last one of its node; if so, it counts as run.
    pub(crate) fn take(&mut self, id: WriteId) -> bool {
        let Some(last) = self.last.get_mut(&id.node) else { return false };
        let next_of_life = id.life == last.0 && id.sequence == last.1 + 1;
        let first_of_later_boot =
            mutant!(OldBootRuns, id.life.boot > last.0.boot, id.life.boot != last.0.boot)
                && mutant!(FirstOfBootSkipped, id.sequence == 1, true);
        let runs = next_of_life || first_of_later_boot;
        if runs {
            *last = (id.life, id.sequence);
        }
        runs
    }

    /// Whether a write of this id, or a later one of the same life, has run.
    #[cfg(feature = "mutants")]
    fn has_run(&self, id: WriteId) -> bool {
        self.last.get(&id.node).is_some_and(|last| id.life == last.0 && id.sequence <= last.1)
    }

    /// Whether the last write that ran lies more than one before this one, in the same life.
    #[cfg(feature = "mutants")]
    fn has_gap(&self, id: WriteId) -> bool {
        self.last.get(&id.node).is_some_and(|last| id.life == last.0 && id.sequence > last.1)
    }

    /// The last id of each member that has written.
    pub(crate) fn ids(&self) -> impl Iterator<Item = WriteId> {
        let id = |(node, (life, sequence)): (&NodeId, &(Life, u64))| WriteId {
            node: *node,
            life: *life,
            sequence: *sequence,
        };
        self.last.iter().map(id).filter(|id| id.sequence > 0)
    }
}

impl State {
    pub(crate) fn new(members: &[NodeId]) -> State {
        State {
            values: Store::new(),
            keys: 0,
            flushed: vec![],
            counted: None,
            watch: Watch::default(),
            applied: Applied::new(members),
        }
    }

    /// The last write that was applied of each node.
    pub(crate) fn applied(&self) -> &Applied {
        &self.applied
    }

    /// Runs a write, unless its id is not the successor of the last one of its node. `asked`: this node was asked for it.
    pub(crate) fn apply(
        &mut self,
        id: WriteId,
        at: AgreedPosition,
        write: Write<'_>,
        asked: bool,
    ) -> Option<Ran> {
        if self.applied.take(id) {
            return Some(self.run(at, write, asked));
        }
        mutant!(AppliedTwice, (), self.run_if(self.applied.has_run(id), at, write));
        mutant!(NameGapAccepted, (), self.run_if(self.applied.has_gap(id), at, write));
        None
    }

    #[cfg(feature = "mutants")]
    fn run_if(&mut self, really: bool, at: AgreedPosition, write: Write<'_>) {
        if really {
            self.run(at, write, false);
        }
    }

    fn run(&mut self, at: AgreedPosition, write: Write<'_>, asked: bool) -> Ran {
        let mut here = At { state: self, at, bytes: 0 };
        let (answer, steps) = write.run(&mut here, asked);
        let bytes = here.bytes + answer.reply.bytes();
        Ran { answer, steps, bytes }
    }

    /// Where the value of a key was written.
    pub(crate) fn written(&self, key: &[u8]) -> Option<AgreedPosition> {
        self.values.get(key).map(|versioned| versioned.by)
    }

    /// Gives back some of the memory of what was flushed: so much takes a turn not long.
    pub(crate) fn clean_up(&mut self) {
        let mut keys = 0;
        while keys < FEW_KEYS
            && let Some(flushed) = self.flushed.last_mut()
        {
            match flushed.drop_some(FEW_KEYS) {
                0 => drop(self.flushed.pop()),
                count => keys += count,
            }
        }
    }

    /// Whether what was flushed still takes memory.
    pub(crate) fn has_garbage(&self) -> bool {
        !self.flushed.is_empty()
    }
}

impl Past for State {
    fn begin(&mut self) {
        self.watch.begin();
    }

    fn end(&mut self) {
        self.watch.end();
        self.flushed.extend(self.counted.take().map(|counted| counted.0));
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    fn base(&self) -> &dyn View {
        match &self.counted {
            Some(counted) => counted,
            None => self,
        }
    }
}

/// A state that was flushed while a count went on, which ends on it.
#[derive(Debug)]
struct Counted(Store<Versioned>);

impl View for Counted {
    fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.0.get(key).map(|versioned| &versioned.value)
    }

    fn touch(&self, keys: &[&[u8]]) {
        self.0.touch(keys, |versioned| ends(&versioned.value));
    }

    fn keys(&self) -> u64 {
        unreachable!("nobody asks a state that is over how much it holds")
    }

    fn walk(
        &self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Cursor> {
        self.0.walk(from, most, &mut |key, _| each(key))
    }
}

impl View for State {
    fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.values.get(key).map(|versioned| &versioned.value)
    }

    fn touch(&self, keys: &[&[u8]]) {
        self.values.touch(keys, |versioned| ends(&versioned.value));
    }

    fn keys(&self) -> u64 {
        self.keys
    }

    fn walk(
        &self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Cursor> {
        self.values.walk(from, most, &mut |key, _| each(key))
    }
}

/// So many keys are given back at once.
const FEW_KEYS: u64 = 1024;

/// The state while a write runs at a place in the log.
struct At<'a> {
    state: &'a mut State,
    at: AgreedPosition,
    /// How long the values were that it gave to keys.
    bytes: usize,
}

impl Values for At<'_> {
    fn get(&self, key: &[u8]) -> Option<(&Bytes, AgreedPosition)> {
        self.state.values.get(key).map(|versioned| (&versioned.value, versioned.by))
    }

    fn set(&mut self, key: &[u8], value: Bytes) {
        self.bytes += value.len();
        if self.state.values.set(key, Versioned { value, by: self.at }).is_none() {
            self.state.keys += 1;
            self.state.watch.note(key, false);
        }
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let was_there = self.state.values.remove(key).is_some();
        if was_there {
            self.state.keys -= mutant!(RemovedKeysCounted, 1, 0);
            self.state.watch.note(key, true);
        }
        was_there
    }

    fn clear(&mut self) {
        if self.state.keys == 0 {
            return;
        }
        let all = std::mem::replace(&mut self.state.values, Store::new());
        let few = std::mem::take(&mut self.state.keys) <= FEW_KEYS;
        if self.state.watch.is_on() {
            self.state.watch.freeze();
            self.state.counted = Some(Counted(all));
        } else if !few {
            self.state.flushed.push(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Reply;
    use crate::commands::{Command, decode, encode};
    use crate::keyspace::KeyspaceId;
    use crate::wire::codec::Reader;

    fn id(boot: u64, sequence: u64) -> WriteId {
        let life = Life { boot, incarnation: 7 * boot };
        WriteId { node: NodeId(1), life, sequence }
    }

    fn new() -> State {
        State::new(&[NodeId(1)])
    }

    impl State {
        /// Applies what these words say.
        fn say(&mut self, id: WriteId, at: AgreedPosition, words: &str) -> Option<Answer> {
            let words: Vec<&str> = words.split(' ').collect();
            let mut bytes = vec![];
            encode(KeyspaceId::DEFAULT, &Command::of_words(&words).unwrap(), &mut bytes);
            let write = decode(&mut Reader::new(&bytes)).expect("it was encoded just now");
            self.apply(id, at, write, true).map(|ran| ran.answer)
        }
    }

    #[test]
    fn only_the_successor_is_applied() {
        let mut state = new();
        let at = AgreedPosition::default();
        let mut set = |boot, sequence| {
            state.say(id(boot, sequence), at, "SET k v").map(|applied| applied.reply)
        };
        assert_eq!(set(1, 2), None, "the first write of a boot has sequence 1");
        assert_eq!(set(1, 1), Some(Reply::Ok));
        assert_eq!(set(1, 1), None, "a write that is sent twice runs once");
        assert_eq!(set(1, 3), None, "a write never overtakes the one before it");
        assert_eq!(set(1, 2), Some(Reply::Ok));
        assert_eq!(set(3, 1), Some(Reply::Ok), "boots may be skipped");
        assert_eq!(set(2, 1), None, "a boot that is over writes no more");
        assert_eq!(set(1, 3), None);
        let mut apply = |id| state.say(id, at, "SET k v");
        let copy = Life { boot: 3, incarnation: 1 };
        assert_eq!(apply(WriteId { life: copy, ..id(3, 2) }), None, "another start of that number");
        assert_eq!(apply(WriteId { life: copy, ..id(3, 1) }), None);
        assert_eq!(apply(WriteId { node: NodeId(9), ..id(1, 1) }), None, "no member");
    }

    #[test]
    fn del_counts_what_was_there() {
        let mut state = new();
        let at = AgreedPosition { index: 7, offset: 2 };
        state.say(id(1, 1), at, "SET a 1");
        assert_eq!((state.keys(), state.written(b"a")), (1, Some(at)));
        let gone = state.say(id(1, 2), at, "DEL a a b");
        assert_eq!(gone, Some(Answer::blindly(Reply::Integer(1))));
        assert_eq!(state.keys(), 0);
    }

    #[test]
    fn a_condition_looks_at_what_the_writes_before_it_left() {
        let mut state = new();
        let at = |index| AgreedPosition { index, offset: 0 };
        let mut sequence = 0;
        let mut set = |options: &str| {
            sequence += 1;
            let applied = state.say(id(1, sequence), at(sequence), &format!("SET k {options}"));
            let applied = applied.unwrap();
            (applied.reply, applied.by.expect("it looked").map(|by| by.index))
        };
        let value = |value: &'static str| Reply::Value(Bytes::from(value));
        assert_eq!(set("0 XX"), (Reply::Nil, None));
        assert_eq!(set("0 IFEQ "), (Reply::Nil, None), "what is missing is no empty value");
        assert_eq!(set("a NX GET"), (Reply::Nil, None), "set; nothing was there");
        assert_eq!(set("b NX"), (Reply::Nil, Some(3)));
        assert_eq!(set("b IFEQ a"), (Reply::Ok, Some(3)));
        assert_eq!(set("c IFEQ a GET"), (value("b"), Some(5)));
        assert_eq!(set("c GET"), (value("b"), Some(5)));
        assert_eq!(set("d XX"), (Reply::Ok, Some(7)));
        assert_eq!((state.keys(), state.written(b"k")), (1, Some(at(8))));
    }

    #[test]
    fn a_flush_leaves_nothing_and_its_memory_goes_in_pieces() {
        let mut state = new();
        let at = AgreedPosition::default();
        (1..=5_000).for_each(|n| drop(state.say(id(1, n), at, &format!("SET key:{n} v"))));
        assert_eq!(state.say(id(1, 5_001), at, "FLUSHALL").unwrap().reply, Reply::Ok);
        assert_eq!((state.keys(), state.get(b"key:7")), (0, None));
        let mut pieces = 0;
        while state.has_garbage() {
            state.clean_up();
            pieces += 1;
        }
        assert!((4..10).contains(&pieces), "{pieces}");
        state.say(id(1, 5_002), at, "SET k v");
        state.say(id(1, 5_003), at, "FLUSHALL");
        assert!(!state.has_garbage(), "few keys go at once, however often");
    }
}
