//! The values of the merged order: of each key what the [merge rule](super::register) makes of all
//! writes of it.

mod join;
mod records;
mod tombstones;

use std::borrow::Cow;

use super::hlc::Stamp;
use super::origin::{self, Origin};
use super::register::Register;
use super::slots::{self, Key};
use super::writer::Writer;
use crate::commands::View;
use crate::counting::{Past, Watch};
use crate::store::{Cursor, Progress, Record, Store, Sums, Value, Walk};
use crate::wire::codec::Malformed;
use crate::wire::record::Open;
use crate::wire::slots::Slots;
use crate::wire::version_vector::{Place, VersionVector};
use join::Joining;
pub(crate) use records::At;
use records::{SUM_BYTES, outlasts};
pub(super) use tombstones::Places;
use tombstones::Tombstones;

/// Keys, values and tombstones: after a delete a record stays without a value, so that an older
/// write cannot bring the key back, until no such write can come any more. The order in which
/// writes are merged makes no difference.
#[derive(Debug)]
pub(crate) struct State {
    values: Store<Origin>,
    keys: u64,
    /// How many sums counters have, all together.
    sums: u64,
    /// How many counters are beyond 64 bits, and cannot be read.
    beyond: u64,
    tombstones: Tombstones,
    /// What a count must know of keys that come and go.
    pub(crate) watch: Watch,
    /// A walk for a snapshot.
    walk: Option<Walk>,
    /// A digest that goes on: of what this vector holds.
    digest: Option<(VersionVector, Sums)>,
    /// The state of another replica that is being joined.
    joining: Option<Box<Joining>>,
}

impl State {
    pub(crate) fn new() -> State {
        State {
            values: Store::new(),
            keys: 0,
            sums: 0,
            beyond: 0,
            tombstones: Tombstones::default(),
            watch: Watch::default(),
            walk: None,
            digest: None,
            joining: None,
        }
    }

    /// What all records count, those of removed keys included.
    pub(crate) fn bytes(&self) -> u64 {
        self.values.bytes() + self.sums * SUM_BYTES
    }

    /// How long the value of a key is, in bytes; `Some(None)`: it was removed.
    pub(crate) fn length(&self, key: &[u8]) -> Option<Option<usize>> {
        let register = self.register(key);
        (!register.is_empty()).then(|| register.shown().map(|value| value.len()))
    }

    /// The value of a key.
    pub(crate) fn value(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.register(key).shown()
    }

    /// The number that a key is; nothing there counts as 0. `None`: it is no number.
    pub(super) fn number(&self, key: &[u8]) -> Option<i128> {
        self.register(key).number()
    }

    /// What the merge rule knows of a key.
    pub(super) fn known(&self, key: &[u8]) -> Register<'static> {
        self.register(key).into_owned()
    }

    /// Whether some counters are beyond 64 bits.
    pub(crate) fn has_beyond(&self) -> bool {
        self.beyond > 0
    }

    /// Whether the value of a key is a counter beyond 64 bits.
    pub(crate) fn is_beyond(&self, key: &[u8]) -> bool {
        self.values.get(key).is_some_and(|record| origin::is_beyond(&record))
    }

    // Snapshots.

    /// Merges the keys of a slot of a snapshot of this state.
    pub(crate) fn load(&mut self, slot: &[u8]) -> Result<(), Malformed> {
        let (_, mut keys) = slots::read(slot)?;
        keys.try_for_each(|key| {
            let Key { name, register } = key?;
            match register {
                Register { winner: Some((by, value)), sums } if sums.is_empty() => {
                    self.merge(name, by.stamp, by.place, value.as_deref());
                }
                // There is nothing before a snapshot.
                counter => self.put(name, counter),
            }
            Ok(())
        })
    }

    /// From now on what changes is kept as it is now, until a walk has seen it all.
    pub(crate) fn begin_walk(&mut self) {
        self.walk = Some(Walk::begin());
    }

    /// Goes on with the walk, over about so many keys or bytes: appends records of what it sees.
    /// Gives how many records these are; `None`: it was over.
    pub(crate) fn walk_on(&mut self, keys: usize, bytes: usize, out: &mut Vec<u8>) -> Option<u64> {
        let slots = Slots::new(out, bytes, Open::merged_slot);
        self.walk.as_mut()?.write(&self.values, keys, slots, slots::put)
    }

    /// The walk is over, or given up.
    pub(crate) fn end_walk(&mut self) {
        self.walk = None;
    }

    /// What is kept for a walk, in bytes.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.walk.as_ref().map_or(0, Walk::bytes)
    }

    // Digests.

    /// From now on the sums go on of all that is merged, which is what this vector holds. What
    /// comes later has places beyond it.
    pub(crate) fn begin_digest(&mut self, vector: VersionVector) {
        self.digest = Some((vector, Sums::begin()));
    }

    /// Goes on with the digest, over about so many keys or bytes.
    pub(crate) fn digest_on(&mut self, keys: usize, bytes: usize) -> Progress {
        let Some((vector, sums)) = &mut self.digest else { return Progress::Gone };
        sums.go_on(&self.values, keys, bytes, slots::put_shown, is_held_by(vector));
        let progress = sums.take();
        if let Progress::Over(_) = progress {
            self.digest = None;
        }
        progress
    }

    /// The digest is given up.
    pub(crate) fn end_digest(&mut self) {
        self.digest = None;
    }

    /// Changes the value of a key as a broken memory would.
    pub(crate) fn rot(&mut self, key: &[u8]) -> bool {
        self.values.rot(key)
    }

    /// The SET or DEL that a key's value, or its absence, comes from.
    pub(crate) fn written(&self, key: &[u8]) -> Option<(Stamp, Place)> {
        let Writer { stamp, place } = self.register(key).writer()?;
        Some((stamp, place))
    }
}

impl Past for State {
    fn begin(&mut self) {
        self.watch.begin();
    }

    fn end(&mut self) {
        self.watch.end();
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    fn holds(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    fn walk_held(&self, from: Cursor, most: usize, each: &mut dyn FnMut(&[u8])) -> Option<Cursor> {
        self.walk(from, most, &mut |key| {
            each(key);
            true
        })
    }
}

impl View for State {
    fn get(&self, key: &[u8]) -> Option<Value<'_>> {
        if self.joining.is_none() {
            return self.values.get(key)?.value;
        }
        self.held(key)
    }

    fn touch(&self, keys: &[&[u8]]) {
        self.values.touch(keys);
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
        self.values.walk(from, most, &mut |key, record| record.value.is_none() || each(key))
    }
}

/// Whether a record is of a value that a replica at this vector holds. Tombstones are left out:
/// some replicas may have them no more.
fn is_held_by(vector: &VersionVector) -> impl Fn(&Record<'_, Origin>) -> bool {
    move |record| record.value.is_some() && record.by().is_within(vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    fn stamp(clock: u64, replica: u64, offset: u32) -> Stamp {
        Stamp { clock, replica: NodeId(replica), offset }
    }

    #[test]
    fn the_highest_stamp_wins_in_any_order() {
        let writes = [
            (stamp(5, 1, 0), Some(&b"a"[..])),
            (stamp(5, 1, 1), None),
            (stamp(5, 2, 0), Some(b"b")),
            (stamp(4, 9, 9), Some(b"c")),
        ];
        for rotation in 0..writes.len() {
            let mut state = State::new();
            for (stamp, value) in writes.iter().cycle().skip(rotation).take(writes.len()) {
                state.merge(b"k", *stamp, Place::START, *value);
                assert!(state.keys() <= 1);
            }
            assert_eq!(state.get(b"k").as_deref(), Some(&b"b"[..]));
        }
    }

    #[test]
    fn a_delete_counts_each_key_once() {
        let mut state = State::new();
        for (key, clock) in [("below", 1), ("above", 3)] {
            state.merge(key.as_bytes(), stamp(clock, 2, 0), Place::START, Some(b"value"));
        }
        let keys = ["none", "below", "above", "below", "above"].map(str::as_bytes);
        assert_eq!(state.merge_delete(&mut keys.into_iter(), stamp(2, 1, 0), Place::START), 2);
        assert_eq!(
            (state.get(b"below").as_deref(), state.keys()),
            (None, 1),
            "a higher write stays"
        );
    }

    #[test]
    fn a_delete_beats_an_older_write_that_comes_late() {
        let mut state = State::new();
        state.merge(b"k", stamp(2, 1, 0), Place::START, None);
        assert!(!state.merge(b"k", stamp(1, 1, 0), Place::START, Some(b"old")));
        assert_eq!((state.get(b"k").as_deref(), state.keys()), (None, 0));
    }
}
