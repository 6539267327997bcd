//! How records change as writes are merged, and what is counted of them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{State, is_held_by};
use crate::commands::{Merging, View, integer};
use crate::merged::hlc::Stamp;
use crate::merged::origin::{self, Origin};
use crate::merged::register::{Increment, Register};
use crate::merged::slots;
use crate::merged::writer::Writer;
use crate::store::Record;
use crate::wire::version_vector::{Place, VersionVector};

/// The state while a write with a stamp is merged into it.
pub(crate) struct At<'s> {
    pub(crate) state: &'s mut State,
    pub(crate) stamp: Stamp,
    pub(crate) place: Place,
    /// What its replica had applied.
    pub(crate) after: &'s VersionVector,
}

impl<'a> Merging<'a> for At<'_> {
    fn set(&mut self, key: &'a [u8], value: &'a [u8]) {
        self.state.settle(key);
        self.state.merge(key, self.stamp, self.place, Some(value));
    }

    fn remove(&mut self, keys: &mut dyn Iterator<Item = &'a [u8]>) -> usize {
        self.state.merge_delete(keys, self.stamp, self.place)
    }

    fn add(&mut self, key: &'a [u8], amount: i128) {
        let At { stamp, place, after, .. } = *self;
        self.state.settle(key);
        self.state.add(key, &Increment { stamp, place, after }, amount);
    }
}

impl State {
    /// Merges a SET or DEL; true if the key had a value before.
    pub(crate) fn merge(
        &mut self,
        key: &[u8],
        stamp: Stamp,
        place: Place,
        value: Option<&[u8]>,
    ) -> bool {
        let before = Before::of(self.values.get(key));
        let had_value = before.has_value;
        if before.winner.is_some_and(|winner| outlasts(winner.stamp, stamp)) {
            return had_value;
        }
        let by = Writer { stamp, place };
        mutant!(
            UnseenSetKeepsSums,
            (),
            if self.keeps_sums(key, by, value) {
                return had_value;
            }
        );
        self.replace(key, &before, value.map(Cow::Borrowed), Origin::by(by));
        mutant!(NoTombstone, (), self.forget(key));
        had_value
    }

    /// Merges an increment.
    fn add(&mut self, key: &[u8], increment: &Increment<'_>, amount: i128) {
        let record = self.values.get(key);
        let mut register = record.map_or(Register::default(), |record| origin::register(&record));
        if register.add(increment, amount) {
            let register = register.into_owned();
            self.put(key, register);
        }
    }

    /// From now on a key holds this.
    pub(super) fn put(&mut self, key: &[u8], register: Register<'_>) {
        let before = Before::of(self.values.get(key));
        let origin = Origin::of(&register);
        self.replace(key, &before, register.shown(), origin);
    }

    /// A key has another record from now on, and what is counted is put right.
    fn replace(
        &mut self,
        key: &[u8],
        before: &Before,
        value: Option<Cow<'_, [u8]>>,
        origin: Origin,
    ) {
        self.keep(key);
        if before.has_value != value.is_some() {
            self.watch.note(key, before.has_value);
        }
        let is_counter = origin.is_counter();
        self.forget_count(before);
        self.keys += u64::from(value.is_some());
        self.sums += origin.sums.len() as u64;
        self.beyond += u64::from(is_counter && !value.as_deref().is_some_and(is_number));
        let is_removed = value.is_none();
        self.values.set(key, value, origin);
        if is_removed {
            self.tombstones.add(key);
        }
    }

    /// A record goes, or another one comes in its place.
    fn forget_count(&mut self, before: &Before) {
        self.keys -= mutant!(MergedKeysCounted, u64::from(before.has_value), 0);
        self.tombstones.count -= u64::from(before.has_tombstone);
        self.sums -= before.sums;
        self.beyond -= u64::from(before.is_beyond);
    }

    /// A key is about to change: a walk that has not passed it yet will see it as it is.
    fn keep(&mut self, key: &[u8]) {
        if let Some(walk) = &mut self.walk {
            walk.keep(key, &self.values, slots::put);
        }
        if let Some((vector, sums)) = &mut self.digest {
            sums.before_change(key, &self.values, slots::put_shown, is_held_by(vector));
        }
    }

    /// Removes all that is known of a key, if something is.
    pub(super) fn remove(&mut self, key: &[u8]) {
        let before = Before::of(self.values.get(key));
        if !before.has_value && !before.has_tombstone {
            return;
        }
        if before.has_value {
            self.watch.note(key, true);
        }
        self.keep(key);
        self.forget_count(&before);
        self.values.remove(key);
    }

    /// Merges a delete of several keys: how many of them had a value before. Each counts once, also
    /// where a write that is higher keeps it there.
    pub(crate) fn merge_delete(
        &mut self,
        keys: &mut dyn Iterator<Item = &[u8]>,
        stamp: Stamp,
        place: Place,
    ) -> usize {
        let mut stay = BTreeSet::new();
        let mut count = 0;
        for key in keys {
            self.settle(key);
            let had_value = self.merge(key, stamp, place, None);
            mutant!(
                DelStopsAtAbsent,
                (),
                if !had_value {
                    break;
                }
            );
            let had_value = mutant!(MergedDelCountsAll, had_value, true);
            count += usize::from(had_value && (self.get(key).is_none() || stay.insert(key)));
        }
        count
    }

    /// What a bug makes of a SET: what is counted stays beside it.
    #[cfg(feature = "mutants")]
    fn keeps_sums(&mut self, key: &[u8], by: Writer, value: Option<&[u8]>) -> bool {
        let sums = self.values.get(key).map_or(vec![], |old| old.by().sums);
        let Some(number) = value.filter(|value| !sums.is_empty() && is_number(value)) else {
            return false;
        };
        self.put(key, Register { winner: Some((by, Some(Cow::Borrowed(number)))), sums });
        true
    }

    #[cfg(feature = "mutants")]
    fn forget(&mut self, key: &[u8]) {
        if self.get(key).is_none() {
            self.remove(key);
        }
    }
}

/// What a sum of a counter counts, in bytes.
pub(super) const SUM_BYTES: u64 = 24;

/// What a record was, and was counted as.
#[derive(Default)]
struct Before {
    winner: Option<Writer>,
    has_value: bool,
    has_tombstone: bool,
    sums: u64,
    is_beyond: bool,
}

impl Before {
    fn of(record: Option<Record<'_, Origin>>) -> Before {
        let Some(record) = record else { return Before::default() };
        let has_value = record.value.is_some();
        let Origin { winner, sums, .. } = record.by();
        let is_beyond = !sums.is_empty() && origin::is_beyond(&record);
        let sums = sums.len() as u64;
        Before { winner, has_value, has_tombstone: !has_value, sums, is_beyond }
    }
}

fn is_number(text: &[u8]) -> bool {
    integer(text).is_some()
}

/// Whether a write stays although another one comes.
pub(super) fn outlasts(old: Stamp, new: Stamp) -> bool {
    let outlasts = mutant!(LastComeWins, old >= new, false);
    let outlasts = mutant!(LowerStampWins, outlasts, old <= new);
    mutant!(TieByArrival, outlasts, old.clock > new.clock)
}
