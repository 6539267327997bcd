//! Writes of keyspaces that are synced every second (`DURABILITY interval`).
//!
//! ```text
//!   SET ──▶ overlay: shown here, answered              lost if this node dies now
//!              ┆ a second later, or once it is full
//!              └──▶ entry: stamped ──▶ disk ──▶ applied, spread      as every merged entry
//! ```
//!
//! Such a write names no position, since none is known before its entry is made: no session comes
//! to stand behind it. So such a keyspace is `eventual` alone.
//!
//! What the overlay cannot take goes the way of all merged writes, behind all that it holds: a
//! transaction, what is too great, and all that comes while the overlay is full, while this clock
//! may make no stamp, or while such a write is on its way. That waits for the disk as others do,
//! or is refused as they are; nothing is refused for the overlay's sake. What it holds already was
//! answered, so it waits for better times.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::Merged;
use super::entry;
use super::overlay::Pending;
use super::writes::{Asked, ENTRY_KEYS_MAX, Told};
use crate::commands::{self, Command, Merging, NOT_AN_INTEGER, View};
use crate::ids::KeyspaceId;
use crate::reply::{Error, Reply};
use crate::store::{Cursor, Value};
use crate::turn::Turn;
use crate::wire::codec::Reader;

/// How long a write may wait for its entry, in milliseconds.
const INTERVAL_MS: u64 = 1000;

/// Writes of these keyspaces on their way.
#[derive(Debug, Default)]
pub(super) struct Interval {
    /// How many go the way of all merged writes and have no entry yet.
    pub(super) ordinary: usize,
    /// How many entries the log holds once all that went so are applied.
    pub(super) ordinary_until: usize,
    /// When an entry was last made of the overlay, by the wall clock; 0: never.
    pub(super) last_ms: u64,
    /// Whether more is to be put into entries than the last turn could do.
    goes_on: bool,
}

impl Merged {
    /// Shows a write at once, and answers it; `None`: it goes the way of all merged writes.
    pub(crate) fn write_at_once(
        &mut self,
        keyspace: KeyspaceId,
        command: &Command,
        turn: &mut Turn<'_>,
    ) -> Option<Reply> {
        let may_stamp = turn.clock_agrees && !turn.clock_waits;
        let stands_alone =
            self.interval.ordinary == 0 && self.log.applied_count() >= self.interval.ordinary_until;
        if turn.ending || command.is_list() || !may_stamp || !stands_alone {
            return None;
        }
        if !self.clock.has_next(turn.now.wall_ms) {
            return None;
        }
        let (keys, bytes) = (command.key_count(), command.weight());
        let most = (ENTRY_KEYS_MAX, self.limits.entry_bytes);
        if !self.overlay.open_for(keys, bytes, most, turn.now.monotonic_ms) {
            return None;
        }
        turn.budget.requests.spend(keys, 0);
        self.overlay.forget_count();
        let whole = self.copies.encoded(keyspace, command);
        let write = commands::decode(&mut Reader::new(&whole)).expect("it was encoded here");
        if self.is_joining() && write.adds() {
            write.all_keys().for_each(|key| self.state.settle_read(key));
        }
        let names = (keys > 1).then(BTreeSet::new);
        let mut over = Over { merged: self, keyspace, names, told: None };
        let reply = write.merge(&mut over);
        let told = over.told.take();
        self.overlay.drop_empty();
        Some(told.unwrap_or(reply))
    }

    /// A write of such a keyspace goes the way of all merged writes: behind all that is shown.
    pub(crate) fn write_behind(&mut self) {
        self.interval.ordinary += 1;
        self.overlay.fill();
    }

    /// All that is shown so far is to be in an entry soon.
    pub(crate) fn fill_overlay(&mut self) {
        self.overlay.fill();
    }

    /// Whether some of what was to be in an entry soon is in none.
    pub(crate) fn has_full(&self) -> bool {
        self.overlay.has_full()
    }

    /// Whether something is shown that a crash would take along.
    pub(crate) fn has_unsynced(&self) -> bool {
        !self.overlay.is_empty()
    }

    /// How many keys wait, what they take, and when an entry was last made of some.
    pub(crate) fn unsynced(&self) -> (u64, u64, u64) {
        let (keys, bytes) = (self.overlay.keys(), self.overlay.bytes());
        (keys as u64, bytes as u64, self.interval.last_ms)
    }

    /// Whether the next turn can make more entries of what is shown.
    pub(super) fn gather_goes_on(&self) -> bool {
        self.interval.goes_on && self.overlay.has_full()
    }

    /// Makes entries of what has been shown for long enough; true if one was made.
    pub(super) fn gather(&mut self, turn: &mut Turn<'_>) -> bool {
        self.interval.goes_on = false;
        let is_due = |since_ms| turn.ending || turn.now.monotonic_ms >= since_ms + INTERVAL_MS;
        if mutant!(NeverGathered, self.overlay.open_since_ms().is_some_and(is_due), false) {
            self.overlay.fill();
        }
        let mut has_made = false;
        while !turn.disk.is_full()
            && let Some((writes, count)) = self.next_writes(turn)
        {
            let wall_ms = if turn.clock_agrees { turn.now.wall_ms } else { 0 };
            let Some(clock) = self.clock.next(wall_ms) else { break };
            let header = self.next_header(clock);
            let bytes = entry::encode(&header, u64::from(count), &writes);
            turn.budget.transactions.spend(count as usize, bytes.len());
            let nobody = || Asked { waiter: None, told: Told::Nothing };
            self.waiters.extend((0..count).map(|_| nobody()));
            self.overlay.on_logged(header.place);
            self.append(&header, bytes, turn);
            self.interval.last_ms = turn.now.wall_ms;
            has_made = true;
        }
        has_made
    }

    fn next_writes(&mut self, turn: &Turn<'_>) -> Option<(Vec<u8>, u32)> {
        if turn.budget.transactions.is_spent() {
            self.interval.goes_on = true;
            return None;
        }
        self.overlay.next_writes()
    }

    // What reads see.

    /// Keys are about to be read: sums among them are added up.
    pub(super) fn before_shown(&mut self, command: &Command) {
        if self.overlay.is_empty() {
            return;
        }
        command.keys().for_each(|key| self.overlay.show(key, &self.state));
        if command.is_for_all() && !command.walks() {
            self.overlay.count(&self.state);
        }
    }

    /// The value that reads see of a key.
    pub(crate) fn shown(&self, key: &[u8]) -> Option<Bytes> {
        let copy = |value: Value<'_>| Bytes::copy_from_slice(value.bytes());
        self.overlay.sum(key, &self.state).or_else(|| self.get(key).map(copy))
    }

    /// A count begins that goes over many turns: what is shown now counts.
    pub(crate) fn begin_count(&mut self) {
        crate::counting::Past::begin(&mut self.state);
        for (key, is_there) in self.overlay.all() {
            self.state.watch.note(key, is_there);
        }
        self.state.watch.begun();
    }

    /// Whether a key has a value, as reads see it.
    fn has(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }
}

impl View for Merged {
    fn get(&self, key: &[u8]) -> Option<Value<'_>> {
        match self.overlay.value(key) {
            Some(value) => value,
            None => self.state.get(key),
        }
    }

    fn touch(&self, keys: &[&[u8]]) {
        self.state.touch(keys);
    }

    fn keys(&self) -> u64 {
        self.state.keys().saturating_add_signed(self.overlay.more_keys())
    }

    fn walk(
        &self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Cursor> {
        if self.overlay.is_empty() {
            return self.state.walk(from, most, each);
        }
        let mut beside = self.overlay.beside(&self.state, from).peekable();
        // Those that lie before a place; where it is to go on, if that is enough.
        let mut pass = |end: Option<Cursor>, each: &mut dyn FnMut(&[u8]) -> bool| {
            let mut stop = None;
            let is_next = |stop: Option<Cursor>, at: Cursor| {
                end.is_none_or(|end| at < end) && stop.is_none_or(|stop| at < stop)
            };
            while let Some((at, key)) = beside.next_if(|(at, _)| is_next(stop, *at)) {
                if !each(key) {
                    stop = Some(Cursor(at.0 + 1));
                }
            }
            stop
        };
        let (mut stop, mut enough) = (None, None);
        let next = self.state.walk(from, most, &mut |key| {
            let place = Cursor::of(key);
            stop = stop.or_else(|| pass(Some(place), each));
            let is_shown = || self.overlay.value(key).is_none_or(|value| value.is_some());
            if stop.is_none() && is_shown() && !each(key) {
                enough = Some(Cursor(place.0 + 1));
            }
            stop.is_none() && enough.is_none()
        });
        let next = enough.or(next);
        stop.or_else(|| pass(next, each)).or(next)
    }
}

/// What reads see, while a write is put over it.
struct Over<'a, 'm> {
    merged: &'m mut Merged,
    keyspace: KeyspaceId,
    /// The keys that a write of several has set so far: the first counts, as for writes with one
    /// stamp.
    names: Option<BTreeSet<&'a [u8]>>,
    /// The answer of an increment.
    told: Option<Reply>,
}

impl<'a> Over<'a, '_> {
    fn put(&mut self, key: &'a [u8], pending: Pending) {
        // A copy: what is encoded lies in memory that many writes share.
        self.merged.overlay.put(Bytes::copy_from_slice(key), self.keyspace, pending);
    }
}

impl<'a> Merging<'a> for Over<'a, '_> {
    fn set(&mut self, key: &'a [u8], value: &'a [u8]) {
        if self.names.as_mut().is_none_or(|names| names.insert(key)) {
            self.put(key, Pending::Set(Bytes::copy_from_slice(value)));
        }
    }

    fn remove(&mut self, keys: &mut dyn Iterator<Item = &'a [u8]>) -> usize {
        let mut count = 0;
        for key in keys {
            count += usize::from(self.merged.has(key));
            self.put(key, Pending::Removed);
        }
        count
    }

    fn add(&mut self, key: &'a [u8], amount: i128) {
        let number = self.merged.overlay.number(key, &self.merged.state);
        let refused = |why: &str| Reply::Error(Error::Invalid(why.into()));
        self.told = Some(match number.map(|number| i64::try_from(number + amount)) {
            None => refused(NOT_AN_INTEGER),
            Some(Err(_)) => refused(super::foreseen::OVERFLOW),
            Some(Ok(number)) => {
                let key = Bytes::copy_from_slice(key);
                self.merged.overlay.add(key, self.keyspace, amount, number);
                Reply::Integer(number)
            }
        });
    }
}
