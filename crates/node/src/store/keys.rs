//! The keys of one slot: a row as long as they are few, then a tree.
//!
//! A row is quicker to look into; in a tree no insertion takes long, whoever chooses the keys.

use std::collections::{BTreeMap, btree_map};

use super::row::{KEYS_MAX, Row};

/// Keys, each with a value, in the order of their hashes.
#[derive(Debug)]
pub(super) enum Keys<V> {
    Row(Row<V>),
    Tree(BTreeMap<u64, Entry<V>>),
}

/// What lies under one hash of a tree: a key with its value, or several whose hashes are the same.
/// Whoever makes up many of those makes a tree of them, which takes long for nobody.
#[derive(Debug)]
pub(super) enum Entry<V> {
    One(Box<[u8]>, V),
    Several(BTreeMap<Box<[u8]>, V>),
}

impl<V> Keys<V> {
    pub(super) fn new() -> Keys<V> {
        Keys::Row(Row::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Keys::Row(row) => row.len() == 0,
            Keys::Tree(tree) => tree.is_empty(),
        }
    }

    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&V> {
        match self {
            Keys::Row(row) => row.get(hash, key),
            Keys::Tree(tree) => match tree.get(&hash)? {
                Entry::One(one, value) => (**one == *key).then_some(value),
                Entry::Several(all) => all.get(key),
            },
        }
    }

    /// Gives a key a value, and gives back the one that it had.
    pub(super) fn set(&mut self, hash: u64, key: &[u8], value: V) -> Option<V> {
        match self {
            Keys::Row(row) if row.len() < KEYS_MAX => row.set(hash, key, value),
            Keys::Row(row) => {
                let mut tree = BTreeMap::new();
                row.drain().for_each(|(hash, key, value)| drop(put(&mut tree, hash, &key, value)));
                let old = put(&mut tree, hash, key, value);
                *self = Keys::Tree(tree);
                old
            }
            Keys::Tree(tree) => put(tree, hash, key, value),
        }
    }

    /// Removes a key, and gives back the value that it had.
    pub(super) fn remove(&mut self, hash: u64, key: &[u8]) -> Option<V> {
        match self {
            Keys::Row(row) => row.remove(hash, key),
            Keys::Tree(tree) => take(tree, hash, key),
        }
    }

    /// Looks for something among the keys from a hash on.
    pub(super) fn find_from<'a, R>(
        &'a self,
        hash: u64,
        mut find: impl FnMut(u64, &'a [u8], &'a V) -> Option<R>,
    ) -> Option<R> {
        match self {
            Keys::Row(row) => row.from(hash).find_map(|(hash, key, value)| find(hash, key, value)),
            Keys::Tree(tree) => tree.range(hash..).find_map(|(hash, entry)| match entry {
                Entry::One(key, value) => find(*hash, key, value),
                Entry::Several(all) => all.iter().find_map(|(key, value)| find(*hash, key, value)),
            }),
        }
    }

    /// Takes out some; how many these were.
    pub(super) fn drop_some(&mut self) -> u64 {
        match self {
            Keys::Row(row) => u64::from(row.pop().is_some()),
            Keys::Tree(tree) => match tree.pop_first() {
                None => 0,
                Some((_, Entry::One(..))) => 1,
                Some((_, Entry::Several(all))) => all.len() as u64,
            },
        }
    }
}

fn put<V>(tree: &mut BTreeMap<u64, Entry<V>>, hash: u64, key: &[u8], value: V) -> Option<V> {
    match tree.entry(hash) {
        btree_map::Entry::Occupied(mut place) => match place.get_mut() {
            Entry::One(one, old) if **one == *key => Some(std::mem::replace(old, value)),
            Entry::Several(all) => all.insert(key.into(), value),
            Entry::One(..) => {
                let Entry::One(one, old) = place.insert(Entry::Several(BTreeMap::new())) else {
                    unreachable!("it was one")
                };
                let all = [(one, old), (key.into(), value)];
                place.insert(Entry::Several(all.into()));
                None
            }
        },
        btree_map::Entry::Vacant(place) => {
            place.insert(Entry::One(key.into(), value));
            None
        }
    }
}

fn take<V>(tree: &mut BTreeMap<u64, Entry<V>>, hash: u64, key: &[u8]) -> Option<V> {
    let btree_map::Entry::Occupied(mut place) = tree.entry(hash) else { return None };
    match place.get_mut() {
        Entry::One(one, _) if **one != *key => None,
        Entry::One(..) => match place.remove() {
            Entry::One(_, value) => Some(value),
            Entry::Several(_) => unreachable!("it was one"),
        },
        Entry::Several(all) => {
            let value = all.remove(key);
            if all.is_empty() {
                place.remove();
            }
            value
        }
    }
}
