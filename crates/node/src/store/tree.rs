//! Many keys in a tree of rows.

use std::collections::BTreeMap;

use super::records::Records;
use super::row::{KEYS_MAX, Row};
use super::slabs::Handle;

/// Rows by the least hash that may lie in each; together they cover all hashes.
///
/// - The first leaf lies at 0.
/// - The keys of one hash that are too many for a row lie in a tree of their own, exactly at that
///   hash, and the next leaf begins at the next hash. Whoever makes up many of those makes a tree
///   of them, which takes long for nobody.
#[derive(Debug)]
pub(super) struct Tree {
    leaves: BTreeMap<u64, Leaf>,
}

#[derive(Debug)]
enum Leaf {
    Row(Row),
    /// Keys of one hash.
    Same(BTreeMap<Box<[u8]>, Handle>),
}

impl Leaf {
    fn is_empty(&self) -> bool {
        match self {
            Leaf::Row(row) => row.len() == 0,
            Leaf::Same(all) => all.is_empty(),
        }
    }
}

impl Tree {
    pub(super) fn new(row: Row) -> Tree {
        Tree { leaves: BTreeMap::from([(0, Leaf::Row(row))]) }
    }

    fn leaf(&self, hash: u64) -> (u64, &Leaf) {
        let leaf = self.leaves.range(..=hash).next_back().expect(COVERED);
        (*leaf.0, leaf.1)
    }

    fn leaf_mut(&mut self, hash: u64) -> (u64, &mut Leaf) {
        let leaf = self.leaves.range_mut(..=hash).next_back().expect(COVERED);
        (*leaf.0, leaf.1)
    }

    /// The row in which a hash lies, unless its keys are a tree of their own.
    pub(super) fn row(&self, hash: u64) -> Option<&Row> {
        match self.leaf(hash).1 {
            Leaf::Row(row) => Some(row),
            Leaf::Same(_) => None,
        }
    }

    pub(super) fn get(&self, hash: u64, key: &[u8], records: &Records) -> Option<Handle> {
        match self.leaf(hash).1 {
            Leaf::Row(row) => row.get(hash, key, records),
            Leaf::Same(all) => all.get(key).copied(),
        }
    }

    /// The handle of a key, to be replaced by another one of it.
    pub(super) fn get_mut(
        &mut self,
        hash: u64,
        key: &[u8],
        records: &Records,
    ) -> Option<&mut Handle> {
        match self.leaf_mut(hash).1 {
            Leaf::Row(row) => row.get_mut(hash, key, records),
            Leaf::Same(all) => all.get_mut(key),
        }
    }

    /// Adds a key that is not here.
    pub(super) fn insert(&mut self, hash: u64, key: &[u8], handle: Handle, records: &Records) {
        loop {
            let low = match self.leaf_mut(hash) {
                (low, Leaf::Row(row)) if row.len() == KEYS_MAX => low,
                (_, Leaf::Row(row)) => return row.insert(hash, key, handle, records),
                (_, Leaf::Same(all)) => {
                    all.insert(key.into(), handle);
                    return;
                }
            };
            self.split(low, records);
        }
    }

    /// Makes two leaves of a full row, or a tree of keys that all have one hash.
    fn split(&mut self, low: u64, records: &Records) {
        let Some(Leaf::Row(row)) = self.leaves.get_mut(&low) else { unreachable!("it is a row") };
        let [before, behind] = row.borders(records);
        match before.or(behind) {
            Some((place, hash)) => {
                let rest = row.split_off(place, hash);
                self.leaves.insert(hash, Leaf::Row(rest));
            }
            None => self.set_apart(low, records),
        }
    }

    /// The keys of a row all have one hash.
    fn set_apart(&mut self, low: u64, records: &Records) {
        let Some(Leaf::Row(row)) = self.leaves.remove(&low) else { unreachable!("it is a row") };
        let all: BTreeMap<Box<[u8]>, Handle> =
            row.from(0, records).map(|handle| (records.key(handle).into(), handle)).collect();
        let hash = row.from(0, records).next().map(|handle| records.hash(handle)).expect("full");
        if low < hash {
            self.leaves.insert(low, Leaf::Row(Row::new(low, hash - 1)));
        }
        self.leaves.insert(hash, Leaf::Same(all));
        if let Some(next) = hash.checked_add(1) {
            let high = self.leaves.range(next..).next().map_or(u64::MAX, |(low, _)| low - 1);
            self.leaves.entry(next).or_insert_with(|| Leaf::Row(Row::new(next, high)));
        }
    }

    /// Removes a key, and gives back its handle.
    pub(super) fn remove(&mut self, hash: u64, key: &[u8], records: &Records) -> Option<Handle> {
        let (low, leaf) = self.leaf_mut(hash);
        let handle = match leaf {
            Leaf::Row(row) => row.remove(hash, key, records),
            Leaf::Same(all) => all.remove(key),
        };
        if leaf.is_empty() {
            self.remove_leaf(low);
        }
        handle
    }

    /// Nothing is in this leaf any more. The row before it takes over its hashes, if there is one.
    fn remove_leaf(&mut self, low: u64) {
        let next = self.leaves.range(low..).nth(1);
        let high = next.map_or(u64::MAX, |(low, _)| low - 1);
        let next = next.filter(|(_, leaf)| leaf.is_empty()).map(|(low, _)| *low);
        let Some((_, Leaf::Row(before))) = self.leaves.range_mut(..low).next_back() else {
            self.leaves.insert(low, Leaf::Row(Row::new(low, high)));
            return;
        };
        before.extend_to(high);
        self.leaves.remove(&low);
        if let Some(next) = next {
            self.remove_leaf(next);
        }
    }

    /// The row, if only one is left.
    pub(super) fn take_last_row(&mut self) -> Option<Row> {
        match (self.leaves.len(), self.leaves.get(&0)) {
            (1, Some(Leaf::Row(_))) => {}
            _ => return None,
        }
        match self.leaves.remove(&0) {
            Some(Leaf::Row(row)) => Some(row),
            _ => unreachable!("it is a row"),
        }
    }

    /// Looks for something among the keys from a hash on.
    pub(super) fn find_from<R>(
        &self,
        hash: u64,
        records: &Records,
        find: &mut dyn FnMut(Handle) -> Option<R>,
    ) -> Option<R> {
        let first = self.leaf(hash).0;
        self.leaves.range(first..).find_map(|(low, leaf)| match leaf {
            Leaf::Row(row) => row.from(hash, records).find_map(&mut *find),
            Leaf::Same(all) if *low >= hash => all.values().copied().find_map(&mut *find),
            Leaf::Same(_) => None,
        })
    }

    /// Forgets some keys: how many, and at least 1. 0: there are no more.
    pub(super) fn drop_some(&mut self) -> usize {
        let Some(mut first) = self.leaves.first_entry() else { return 0 };
        if let Leaf::Same(all) = first.get_mut()
            && all.len() > 1
        {
            all.pop_first();
            return 1;
        }
        match first.remove() {
            Leaf::Row(row) => row.len().max(1),
            Leaf::Same(_) => 1,
        }
    }
}

const COVERED: &str = "the leaves cover all hashes";
