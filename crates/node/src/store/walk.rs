//! A walk over all keys that sees them as they were when it began, while they change.
//!
//! Whoever changes a key that the walk has not passed yet has it [kept](Walk::keep) first, as it
//! was. So a snapshot stands at one place in the order, and nothing waits for it but its spool.

use std::collections::BTreeMap;

use super::{Cursor, Record, Store, Written};
use crate::wire::slots::Slots;

/// Appends a key with its record, as a snapshot has it.
pub(crate) type Put<P> = fn(&[u8], Record<'_, P>, &mut Vec<u8>);

/// A walk that goes on.
///
/// - `kept` holds the keys before which the walk stands and that have changed since it began: as
///   they were, encoded; `None`: they were not there.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Where it goes on; `None`: it is over.
    next: Option<Cursor>,
    kept: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
    /// Where names of what is kept are put together.
    name: Vec<u8>,
}

/// What a walk sees of a key.
enum Seen<'a, P> {
    /// It has not changed since the walk began.
    Live(&'a [u8], Record<'a, P>),
    /// It has, and this was kept of it.
    Kept(&'a [u8]),
}

/// What a kept key weighs beside its bytes, about.
const KEPT_BYTES: usize = 96;

impl Walk {
    pub(crate) fn begin() -> Walk {
        Walk { next: Some(Cursor::default()), kept: BTreeMap::new(), bytes: 0, name: vec![] }
    }

    /// What is kept, in bytes of memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A key is about to change.
    pub(crate) fn keep<P: Written>(&mut self, key: &[u8], store: &Store<P>, put: Put<P>) {
        let at = Cursor::of(key);
        if self.next.is_none_or(|next| mutant!(PreImagesForgotten, at < next, true)) {
            return;
        }
        name(at, key, &mut self.name);
        if !self.kept.contains_key(&self.name) {
            let old = store.get(key).map(|record| {
                let mut old = vec![];
                put(key, record, &mut old);
                old
            });
            self.bytes += weight(&self.name, old.as_ref());
            self.kept.insert(self.name.clone(), old);
        }
    }

    /// Goes on over about so many keys, or until `slots` is full, with what it sees of them. Gives
    /// how many records these are; `None`: it was over.
    pub(crate) fn write<P: Written>(
        &mut self,
        store: &Store<P>,
        keys: usize,
        mut slots: Slots<'_>,
        put: Put<P>,
    ) -> Option<u64> {
        self.next?;
        self.go_on(store, keys, |slot, seen| {
            slots.put(slot, |out| match seen {
                Seen::Live(key, record) => put(key, record, out),
                Seen::Kept(old) => out.extend_from_slice(old),
            })
        });
        Some(slots.end())
    }

    /// Goes on over about so many places, or until `each` says no: it is called with the slot of
    /// each key and what is seen of it. A slot may come several times.
    fn go_on<P: Written>(
        &mut self,
        store: &Store<P>,
        most: usize,
        mut each: impl FnMut(u16, Seen<'_, P>) -> bool,
    ) {
        let Some(from) = self.next else { return };
        let (kept, bytes, name_of) = (&mut self.kept, &mut self.bytes, &mut self.name);
        let (mut left, mut stop) = (most, None);
        let mut see = |key: &[u8], record: Record<'_, P>| {
            let at = Cursor::of(key);
            if stop.is_none() {
                stop = tell_gone(kept, bytes, Some(at), &mut left, &mut each);
            }
            if stop.is_some() {
                return false;
            }
            if !kept.is_empty() {
                name(at, key, name_of);
                if let Some(old) = kept.remove(name_of) {
                    *bytes -= weight(name_of, old.as_ref());
                    return old.is_none_or(|old| each(at.slot(), Seen::Kept(&old)));
                }
            }
            each(at.slot(), Seen::Live(key, record))
        };
        let next = store.walk(from, most, &mut see);
        let stop = stop.or_else(|| tell_gone(kept, bytes, next, &mut left, &mut each));
        self.next = stop.or(next);
    }
}

/// Tells of keys before a place that were there when the walk began, and are gone by now: every
/// other one before it was seen. Where to go on, if that are too many.
fn tell_gone<P>(
    kept: &mut BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: &mut usize,
    before: Option<Cursor>,
    left: &mut usize,
    each: &mut impl FnMut(u16, Seen<'_, P>) -> bool,
) -> Option<Cursor> {
    let mut last = None;
    while let Some(first) = kept.first_entry() {
        let at = first.key().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let at = Cursor(at);
        if before.is_some_and(|before| at >= before) {
            break;
        }
        if *left == 0 && last != Some(at) {
            return Some(at);
        }
        last = Some(at);
        let (name, old) = first.remove_entry();
        *bytes -= weight(&name, old.as_ref());
        *left = left.saturating_sub(1);
        if let Some(old) = &old
            && !each(at.slot(), Seen::Kept(old))
        {
            *left = 0;
        }
    }
    None
}

/// What a key is called among those that are kept: they sort as the walk goes.
fn name(at: Cursor, key: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&at.0.to_be_bytes());
    out.extend_from_slice(key);
}

fn weight(name: &[u8], old: Option<&Vec<u8>>) -> usize {
    KEPT_BYTES + name.len() + old.map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn put(key: &[u8], record: Record<'_, u64>, out: &mut Vec<u8>) {
        out.extend_from_slice(&record.by().to_be_bytes());
        out.extend_from_slice(key);
    }

    /// Goes on with a walk over so many keys: those that it sees, each once in the whole walk.
    fn go_on(
        walk: &mut Walk,
        store: &Store<u64>,
        most: usize,
        seen: &mut BTreeMap<Vec<u8>, u64>,
    ) -> usize {
        let before = seen.len();
        walk.go_on(store, most, |_, one| {
            let (key, value) = match one {
                Seen::Live(key, record) => (key, record.by()),
                Seen::Kept(old) => {
                    let (value, key) = old.split_first_chunk().unwrap();
                    (key, u64::from_be_bytes(*value))
                }
            };
            assert_eq!(seen.insert(key.to_vec(), value), None);
            true
        });
        seen.len() - before
    }

    /// Keys with numbers, and a walk over them whose result is the keys as they were at its begin.
    #[test]
    fn a_walk_sees_what_was_there_when_it_began() {
        for seed in 0..200 {
            let mut chance = Random::new(seed);
            let mut store = Store::new();
            let key = |n: usize| format!("{}{{{}}}", n, n % 7).into_bytes();
            for n in 0..chance.between(0, 60) {
                store.set(&key(n), Some(b"v".into()), n as u64);
            }
            let mut expected = BTreeMap::new();
            store.walk(Cursor::default(), usize::MAX, &mut |key, record| {
                expected.insert(key.to_vec(), record.by());
                true
            });
            let (mut walk, mut seen) = (Walk::begin(), BTreeMap::new());
            while walk.next.is_some() {
                for _ in 0..chance.between(0, 8) {
                    let key = key(chance.between(0, 80));
                    walk.keep(&key, &store, put);
                    let _ = match chance.between(0, 2) {
                        0 => store.remove(&key),
                        _ => store.set(&key, Some(b"v".into()), 1000 + chance.next() % 100),
                    };
                }
                go_on(&mut walk, &store, chance.between(1, 9), &mut seen);
            }
            assert_eq!((seen, walk.bytes()), (expected, 0), "seed {seed}");
        }
    }

    #[test]
    fn keys_that_are_gone_come_a_few_at_a_time_too() {
        let (mut store, keys) = (Store::new(), (0..100u64).map(|n| n.to_string().into_bytes()));
        keys.clone().for_each(|key| assert!(!store.set(&key, Some(b"v".into()), 1)));
        let (mut walk, mut seen) = (Walk::begin(), BTreeMap::new());
        for key in keys {
            walk.keep(&key, &store, put);
            store.remove(&key);
        }
        while walk.next.is_some() {
            assert!(go_on(&mut walk, &store, 8, &mut seen) <= 8);
        }
        assert_eq!(seen.len(), 100);
    }
}
