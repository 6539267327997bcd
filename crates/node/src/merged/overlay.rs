//! What writes come to that are in no entry yet: what reads of this replica see over its state.
//!
//! ```text
//!   read ──▶ open      gathers what comes now                  in no entry
//!            full      gathered for a second, or enough        in no entry: that is next
//!            logged    its entry is on its way to the disk     until that is applied
//!            state     what is applied here
//! ```
//!
//! A generation keeps one write a key: what all of them come to that went into it. So its entry
//! has no more than that, however often a key was written. It goes in the turn in which its entry
//! is applied, and with it: what was shown is shown on, by the state.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::state::State;
use crate::commands::{self, Command, View, integer};
use crate::ids::KeyspaceId;
use crate::store::{Cursor, Value};
use crate::wire::version_vector::Place;

/// What a key takes in a generation beside its bytes, about.
const ITEM_BYTES: usize = 128;
/// So many generations there may be.
const GENERATIONS_MAX: usize = 16;

/// Writes that are shown and not applied.
///
/// - Generations stand in the order in which they began, and so do their entries in the log.
/// - None is empty.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    generations: VecDeque<Generation>,
    /// How many more keys there are than the state has, where somebody is about to ask.
    more_keys: Option<i64>,
}

/// Writes that go into one entry.
#[derive(Debug)]
struct Generation {
    /// In the order of walks; of keys that lie at one place the second is the next one.
    items: BTreeMap<(Cursor, u32), Item>,
    bytes: usize,
    since_ms: u64,
    stage: Stage,
}

/// How far a generation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Full,
    Logged(Place),
}

/// What the writes of a key come to.
#[derive(Debug)]
struct Item {
    key: Bytes,
    keyspace: KeyspaceId,
    pending: Pending,
    /// Of a sum what a read shows, once one is about to.
    shown: Bytes,
}

/// What the writes of a key come to, over what lies below.
#[derive(Debug)]
pub(super) enum Pending {
    Set(Bytes),
    Removed,
    Added(i128),
}

impl Generation {
    fn new(since_ms: u64) -> Generation {
        Generation { items: BTreeMap::new(), bytes: 0, since_ms, stage: Stage::Open }
    }

    fn get(&self, key: &[u8], at: Cursor) -> Option<&Item> {
        let first = self.items.get(&(at, 0))?;
        if first.key == key {
            return Some(first);
        }
        let all = self.items.range((at, 1)..=(at, u32::MAX));
        all.map(|(_, item)| item).find(|item| item.key == key)
    }

    fn get_mut(&mut self, key: &[u8], at: Cursor) -> Option<&mut Item> {
        let all = self.items.range_mut((at, 0)..=(at, u32::MAX));
        all.map(|(_, item)| item).find(|item| item.key == key)
    }

    fn put(&mut self, at: Cursor, item: Item) {
        self.bytes += item.bytes();
        let mut place = (at, 0);
        // Hardly ever two keys lie at one.
        while let Some(there) = self.items.get(&place)
            && there.key != item.key
        {
            place.1 += 1;
        }
        let before = self.items.insert(place, item);
        self.bytes -= before.map_or(0, |before| before.bytes());
    }

    /// Its writes as an entry has them, and how many they are.
    fn encode(&self) -> (Vec<u8>, u32) {
        let (mut out, mut count) = (Vec::with_capacity(self.bytes / 2), 0);
        for item in self.items.values() {
            count += item.encode(&mut out);
        }
        (out, count)
    }
}

impl Item {
    fn bytes(&self) -> usize {
        let value = if let Pending::Set(value) = &self.pending { value.len() } else { 0 };
        ITEM_BYTES + self.key.len() + value
    }

    fn is_removed(&self) -> bool {
        matches!(self.pending, Pending::Removed)
    }

    fn value(&self) -> Option<Value<'_>> {
        match &self.pending {
            Pending::Set(value) => Some(Value::Great(value)),
            Pending::Added(_) => Some(Value::Great(&self.shown)),
            Pending::Removed => None,
        }
    }

    /// Appends it as writes: how many.
    fn encode(&self, out: &mut Vec<u8>) -> u32 {
        let mut put = |command: &Command| commands::encode(self.keyspace, command, out);
        match &self.pending {
            Pending::Set(value) => put(&Command::set(self.key.clone(), value.clone())),
            Pending::Removed => put(&Command::del([&self.key])),
            Pending::Added(amount) => return self.encode_sum(*amount, &mut put),
        }
        1
    }

    /// A sum may have grown beyond what one increment adds, where others wrote the key meanwhile.
    fn encode_sum(&self, mut amount: i128, put: &mut impl FnMut(&Command)) -> u32 {
        let mut count = 0;
        loop {
            let part = amount.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
            put(&Command::incrby(self.key.clone(), part as i64));
            (amount, count) = (amount - part, count + 1);
            if amount == 0 {
                return count;
            }
        }
    }
}

impl Overlay {
    pub(super) fn is_empty(&self) -> bool {
        self.generations.is_empty()
    }

    /// How many keys wait, those that wait in several generations as often.
    pub(super) fn keys(&self) -> usize {
        self.generations.iter().map(|generation| generation.items.len()).sum()
    }

    /// What they take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.generations.iter().map(|generation| generation.bytes).sum()
    }

    // What reads see.

    fn newest(&self, key: &[u8]) -> Option<&Item> {
        let at = Cursor::of(key);
        self.generations.iter().rev().find_map(|generation| generation.get(key, at))
    }

    /// What a key is: `None`, as the state has it; `Some(None)`, nothing.
    pub(super) fn value(&self, key: &[u8]) -> Option<Option<Value<'_>>> {
        if self.is_empty() {
            return None;
        }
        self.newest(key).map(Item::value)
    }

    /// The number that a key is; nothing there counts as 0. `None`: it is no number.
    pub(super) fn number(&self, key: &[u8], state: &State) -> Option<i128> {
        let at = Cursor::of(key);
        let below = state.number(key);
        let items = self.generations.iter().filter_map(|generation| generation.get(key, at));
        items.fold(below, |below, item| match &item.pending {
            Pending::Set(value) => integer(value).map(i128::from),
            Pending::Removed => Some(0),
            Pending::Added(amount) => below.map(|below| below + amount),
        })
    }

    /// Whether a key is a sum beyond 64 bits; `None`: as the state has it.
    pub(super) fn is_beyond(&self, key: &[u8], state: &State) -> Option<bool> {
        let item = self.newest(key)?;
        let is_sum = matches!(item.pending, Pending::Added(_));
        let fits = |number: i128| i64::try_from(number).is_ok();
        Some(is_sum && !self.number(key, state).is_none_or(fits))
    }

    /// What a sum comes to, over what the state has by now; `None`: the key is no sum.
    pub(super) fn sum(&self, key: &[u8], state: &State) -> Option<Bytes> {
        self.newest(key).filter(|item| matches!(item.pending, Pending::Added(_)))?;
        // What is no number any more, since another replica wrote it, takes no sum.
        Some(match self.number(key, state) {
            Some(number) => number.to_string().into(),
            None => state.value(key).map_or(Bytes::new(), |text| text.into_owned().into()),
        })
    }

    /// A read is about to show this key: a sum is added up.
    pub(super) fn show(&mut self, key: &[u8], state: &State) {
        let Some(shown) = self.sum(key, state) else { return };
        let at = Cursor::of(key);
        let mut newest = self.generations.iter_mut().rev();
        if let Some(item) = newest.find_map(|generation| generation.get_mut(key, at)) {
            item.shown = shown;
        }
    }

    /// A read is about to ask how many keys there are.
    pub(super) fn count(&mut self, state: &State) {
        if self.more_keys.is_some() {
            return;
        }
        let there = |key: &[u8]| i64::from(state.get(key).is_some());
        let all = self.each().map(|(_, item)| i64::from(!item.is_removed()) - there(&item.key));
        self.more_keys = Some(all.sum());
    }

    /// Something changes, here or in the state: what was counted is so no more.
    pub(super) fn forget_count(&mut self) {
        self.more_keys = None;
    }

    /// How many more keys there are than the state has, as last counted.
    pub(super) fn more_keys(&self) -> i64 {
        if self.is_empty() { 0 } else { self.more_keys.unwrap_or(0) }
    }

    /// All keys that wait, each once, and whether something is there, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&[u8], bool)> {
        self.each().map(|(_, item)| (&item.key[..], !item.is_removed()))
    }

    fn each(&self) -> impl Iterator<Item = (Cursor, &Item)> {
        self.generations.iter().enumerate().flat_map(move |(number, generation)| {
            let all = generation.items.iter().map(|((at, _), item)| (*at, item));
            all.filter(move |(at, item)| self.is_newest(number, *at, item))
        })
    }

    fn is_newest(&self, number: usize, at: Cursor, item: &Item) -> bool {
        let mut newer = self.generations.range(number + 1..);
        newer.all(|generation| generation.get(&item.key, at).is_none())
    }

    /// The keys that are there and not in the state, from a place on, in the order of walks.
    pub(super) fn beside<'a>(
        &'a self,
        state: &'a State,
        from: Cursor,
    ) -> impl Iterator<Item = (Cursor, &'a [u8])> {
        let ranges = self.generations.iter().map(|one| one.items.range((from, 0)..).peekable());
        let mut ranges: Vec<_> = ranges.collect();
        let next = move || {
            let place = |(number, range): (usize, &mut std::iter::Peekable<_>)| {
                let (at, _): &(&(Cursor, u32), &Item) = range.peek()?;
                Some((**at, number))
            };
            let (_, number) = ranges.iter_mut().enumerate().filter_map(place).min()?;
            ranges[number].next().map(|((at, _), item)| (number, *at, item))
        };
        let is_shown = move |(number, at, item): &(usize, Cursor, &Item)| {
            self.is_newest(*number, *at, item)
                && !item.is_removed()
                && state.get(&item.key).is_none()
        };
        std::iter::from_fn(next).filter(is_shown).map(|(_, at, item)| (at, &item.key[..]))
    }

    // What writes do.

    /// Whether a write of so many keys and bytes finds room, if a generation may have so many; if
    /// so, one is open that takes it.
    pub(super) fn open_for(
        &mut self,
        keys: usize,
        bytes: usize,
        most: (usize, usize),
        now_ms: u64,
    ) -> bool {
        let bytes = bytes + keys * ITEM_BYTES;
        let fits = |generation: &Generation| {
            let all = (generation.items.len() + keys, generation.bytes + bytes);
            generation.stage == Stage::Open && all.0 <= most.0 && all.1 <= most.1
        };
        if self.generations.back().is_some_and(fits) {
            return true;
        }
        if keys > most.0 || bytes > most.1 || self.generations.len() >= GENERATIONS_MAX {
            return false;
        }
        self.fill();
        self.generations.push_back(Generation::new(now_ms));
        true
    }

    /// From now on a key has this over what lies below, in the generation that is open.
    pub(super) fn put(&mut self, key: Bytes, keyspace: KeyspaceId, pending: Pending) {
        let open = self.generations.back_mut().expect("one was opened for the write");
        open.put(Cursor::of(&key), Item { key, keyspace, pending, shown: Bytes::new() });
    }

    /// If nothing came of the write that a generation was opened for, that is none.
    pub(super) fn drop_empty(&mut self) {
        self.generations.pop_back_if(|last| last.items.is_empty());
    }

    /// Adds to a key, which is this number from then on.
    pub(super) fn add(&mut self, key: Bytes, keyspace: KeyspaceId, amount: i128, number: i64) {
        let open = self.generations.back().expect("one was opened for the write");
        let pending = match open.get(&key, Cursor::of(&key)).map(|item| &item.pending) {
            None => Pending::Added(amount),
            Some(Pending::Added(before)) => Pending::Added(before + amount),
            // What follows a SET or DEL of its own has seen that: one write does for both.
            Some(_) => Pending::Set(number.to_string().into()),
        };
        self.put(key, keyspace, pending);
    }

    // How they get into entries.

    /// What is open takes no more: it gets into an entry next.
    pub(super) fn fill(&mut self) {
        if let Some(last) = self.generations.back_mut()
            && last.stage == Stage::Open
        {
            last.stage = Stage::Full;
        }
    }

    /// Since when the one that is open gathers.
    pub(super) fn open_since_ms(&self) -> Option<u64> {
        let last = self.generations.back().filter(|last| last.stage == Stage::Open)?;
        Some(last.since_ms)
    }

    /// Whether some wait for their entry that take no more.
    pub(super) fn has_full(&self) -> bool {
        self.generations.iter().any(|generation| generation.stage == Stage::Full)
    }

    /// The writes of the next entry, and how many they are.
    pub(super) fn next_writes(&self) -> Option<(Vec<u8>, u32)> {
        let next = self.generations.iter().find(|one| one.stage == Stage::Full)?;
        Some(next.encode())
    }

    /// The next ones have an entry: it stands there.
    pub(super) fn on_logged(&mut self, place: Place) {
        let next = self.generations.iter_mut().find(|one| one.stage == Stage::Full);
        next.expect("its writes were asked for").stage = Stage::Logged(place);
        mutant!(OverlayDroppedAtGather, (), drop(self.generations.pop_front()));
    }

    /// The entry there is applied: what it wrote is in the state.
    pub(super) fn on_applied(&mut self, place: Place) {
        self.generations.pop_front_if(|first| first.stage == Stage::Logged(place));
    }
}

#[cfg(test)]
mod tests;
