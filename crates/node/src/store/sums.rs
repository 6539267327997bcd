//! A sum over the records of one point in the order, slot by slot, taken while keys change.
//!
//! Every record says where it was written, so the records of a point are told from later ones, and
//! nothing has to be kept of what changes. The walk adds the records of the point that it comes to
//! and skips later ones. Whoever changes a key that it has not passed yet adds the old record first
//! (see [`Sums::before_change`]), if that is of the point; from then on the record is a later one.

use xxhash_rust::xxh3::xxh3_64;

use super::walk::Put;
use super::{Cursor, Record, Store, Written, slot};
use crate::wire::codec::{Malformed, Reader, put_fixed};

/// The sums of slots while their walk goes on.
///
/// - Each record of the point is added once: by the walk, or before it changes.
#[derive(Debug)]
pub(crate) struct Sums {
    /// Where the walk goes on; `None`: it is over.
    next: Option<Cursor>,
    slots: SlotSums,
    /// Where records are put together.
    encoded: Vec<u8>,
}

/// Of each slot the sum of the hashes of its records, without regard to overflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotSums(Vec<u64>);

/// How far a walk is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// There is more.
    GoesOn,
    /// That was the last of it.
    Over(SlotSums),
    /// Its state is not there any more.
    Gone,
}

impl Sums {
    pub(crate) fn begin() -> Sums {
        Sums::begin_with(0)
    }

    /// With a sum over what is no record of a key, which counts with the first slot.
    pub(crate) fn begin_with(sum: u64) -> Sums {
        let mut slots = SlotSums(vec![0; slot::COUNT]);
        slots.0[0] = sum;
        Sums { next: Some(Cursor::default()), slots, encoded: vec![] }
    }

    /// A key is about to change, or to go.
    pub(crate) fn before_change<P: Written>(
        &mut self,
        key: &[u8],
        store: &Store<P>,
        put: Put<P>,
        is_of_point: impl Fn(&Record<'_, P>) -> bool,
    ) {
        let is_passed = self.next.is_none_or(|next| Cursor::of(key) < next);
        if is_passed || mutant!(DigestForgetsOld, false, true) {
            return;
        }
        if let Some(old) = store.get(key).filter(is_of_point) {
            self.slots.add(key, old, put, &mut self.encoded);
        }
    }

    /// Goes on over about so many keys, or so many bytes of them.
    pub(crate) fn go_on<P: Written>(
        &mut self,
        store: &Store<P>,
        keys: usize,
        bytes: usize,
        put: Put<P>,
        is_of_point: impl Fn(&Record<'_, P>) -> bool,
    ) {
        let Some(from) = self.next else { return };
        let Sums { slots, encoded, .. } = self;
        let mut left = bytes;
        self.next = store.walk(from, keys, &mut |key, record| {
            if mutant!(DigestAddsLater, is_of_point(&record), true) {
                slots.add(key, record, put, encoded);
                left = left.saturating_sub(encoded.len());
            }
            left > 0
        });
    }

    /// The sums, once the walk is over.
    pub(crate) fn take(&mut self) -> Progress {
        match self.next {
            Some(_) => Progress::GoesOn,
            None => Progress::Over(SlotSums(std::mem::take(&mut self.slots.0))),
        }
    }
}

impl SlotSums {
    fn add<P: Written>(
        &mut self,
        key: &[u8],
        record: Record<'_, P>,
        put: Put<P>,
        encoded: &mut Vec<u8>,
    ) {
        let slot = slot::of(key);
        encoded.clear();
        put(key, record, encoded);
        if mutant!(DigestSkipsSlots, true, slot % 2 == 1) {
            self.0[slot] = self.0[slot].wrapping_add(xxh3_64(encoded));
        }
    }

    /// The slots whose sums differ, ascending.
    pub(crate) fn differing(&self, other: &SlotSums) -> Vec<u16> {
        let both = self.0.iter().zip(&other.0).enumerate();
        both.filter(|(_, (one, other))| one != other).map(|(slot, _)| slot as u16).collect()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(self.0.len() * size_of::<u64>());
        self.0.iter().for_each(|sum| put_fixed(out, *sum));
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<SlotSums, Malformed> {
        let mut reader = Reader::new(bytes);
        let sums = (0..slot::COUNT).map(|_| reader.fixed()).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(SlotSums(sums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn put(key: &[u8], record: Record<'_, u64>, out: &mut Vec<u8>) {
        out.extend_from_slice(&record.by().to_be_bytes());
        out.extend_from_slice(key);
        out.extend_from_slice(&record.value.expect("all have one"));
    }

    /// The sums of what was written before `point`, with changes between slices.
    fn sums(
        store: &mut Store<u64>,
        point: u64,
        mut between: impl FnMut(&mut Store<u64>, &mut Sums),
    ) -> SlotSums {
        let mut sums = Sums::begin();
        loop {
            between(store, &mut sums);
            sums.go_on(store, 2, usize::MAX, put, |record| record.by() < point);
            if let Progress::Over(slots) = sums.take() {
                return slots;
            }
        }
    }

    #[test]
    fn what_changes_meanwhile_makes_no_difference() {
        for seed in 0..200 {
            let mut chance = Random::new(seed);
            let mut store = Store::new();
            let key = |n: usize| format!("{}{{{}}}", n, n % 7).into_bytes();
            for n in 0..chance.between(0, 60) {
                store.set(&key(n), Some(b"v".into()), n as u64);
            }
            let quiet = sums(&mut store, 1000, |_, _| ());
            let disturbed = sums(&mut store, 1000, |store, sums| {
                for _ in 0..chance.between(0, 8) {
                    let key = key(chance.between(0, 80));
                    sums.before_change(&key, store, put, |record| record.by() < 1000);
                    let _ = match chance.between(0, 2) {
                        0 => store.remove(&key),
                        _ => store.set(&key, Some(b"w".into()), 1000 + chance.next() % 100),
                    };
                }
            });
            assert_eq!(quiet, disturbed, "seed {seed}");
        }
    }

    #[test]
    fn a_value_that_differs_is_found_in_its_slot_and_sums_come_back() {
        let mut store = Store::new();
        (0..100u64)
            .for_each(|n| assert!(!store.set(&n.to_string().into_bytes(), Some(b"v".into()), n)));
        let sound = sums(&mut store, 1000, |_, _| ());
        assert!(store.rot(b"7"));
        let rotted = sums(&mut store, 1000, |_, _| ());
        assert_eq!(sound.differing(&rotted), [slot::of(b"7") as u16]);
        let mut out = vec![];
        sound.encode(&mut out);
        assert_eq!(SlotSums::decode(&out), Ok(sound));
        assert!(SlotSums::decode(&out[8..]).is_err());
    }
}
