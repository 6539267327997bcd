//! The keys of one slot: a row as long as they are few, then a tree of rows.
//!
//! A row is quicker to look into; in a tree no insertion takes long, whoever chooses the keys.

use super::records::Records;
use super::row::{KEYS_MAX, Row};
use super::slabs::Handle;
use super::tree::Tree;

/// The handles of keys, in the order of their hashes, and of the keys where hashes are equal.
#[derive(Debug)]
pub(super) enum Keys {
    Row(Row),
    Tree(Box<Tree>),
}

impl Keys {
    pub(super) fn new() -> Keys {
        Keys::Row(Row::new(0, u64::MAX))
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Keys::Row(row) => row.len() == 0,
            Keys::Tree(_) => false,
        }
    }

    /// The row in which a hash lies, unless its keys are so many that they are a tree of their own.
    pub(super) fn row(&self, hash: u64) -> Option<&Row> {
        match self {
            Keys::Row(row) => Some(row),
            Keys::Tree(tree) => tree.row(hash),
        }
    }

    pub(super) fn get(&self, hash: u64, key: &[u8], records: &Records) -> Option<Handle> {
        match self {
            Keys::Row(row) => row.get(hash, key, records),
            Keys::Tree(tree) => tree.get(hash, key, records),
        }
    }

    /// The handle of a key, to be replaced by another one of it.
    pub(super) fn get_mut(
        &mut self,
        hash: u64,
        key: &[u8],
        records: &Records,
    ) -> Option<&mut Handle> {
        match self {
            Keys::Row(row) => row.get_mut(hash, key, records),
            Keys::Tree(tree) => tree.get_mut(hash, key, records),
        }
    }

    /// Adds a key that is not here.
    pub(super) fn insert(&mut self, hash: u64, key: &[u8], handle: Handle, records: &Records) {
        match self {
            Keys::Row(row) if row.len() < KEYS_MAX => row.insert(hash, key, handle, records),
            Keys::Row(row) => {
                let row = std::mem::replace(row, Row::new(0, u64::MAX));
                let mut tree = Box::new(Tree::new(row));
                tree.insert(hash, key, handle, records);
                *self = Keys::Tree(tree);
            }
            Keys::Tree(tree) => tree.insert(hash, key, handle, records),
        }
    }

    /// Removes a key, and gives back its handle.
    pub(super) fn remove(&mut self, hash: u64, key: &[u8], records: &Records) -> Option<Handle> {
        match self {
            Keys::Row(row) => row.remove(hash, key, records),
            Keys::Tree(tree) => {
                let handle = tree.remove(hash, key, records);
                if let Some(row) = tree.take_last_row() {
                    *self = Keys::Row(row);
                }
                handle
            }
        }
    }

    /// Looks for something among the keys from a hash on.
    pub(super) fn find_from<R>(
        &self,
        hash: u64,
        records: &Records,
        find: &mut dyn FnMut(Handle) -> Option<R>,
    ) -> Option<R> {
        match self {
            Keys::Row(row) => row.from(hash, records).find_map(find),
            Keys::Tree(tree) => tree.find_from(hash, records, find),
        }
    }

    /// Forgets some keys: how many. 0: there are no more.
    pub(super) fn drop_some(&mut self) -> usize {
        match self {
            Keys::Row(row) => {
                let count = row.len();
                *self = Keys::new();
                count
            }
            Keys::Tree(tree) => {
                let count = tree.drop_some();
                if count == 0 {
                    *self = Keys::new();
                }
                count
            }
        }
    }
}
