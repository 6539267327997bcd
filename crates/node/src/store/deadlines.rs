//! The deadlines of a store, the earliest first.
//!
//! - There is an entry for a deadline and a place of the walk if a key that lies there has that
//!   deadline; keys of one place and one deadline share it.

use std::collections::BTreeSet;

use super::Cursor;

/// When keys go, and where they lie.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    places: BTreeSet<(u64, Cursor)>,
    count: u64,
}

impl Deadlines {
    /// How many keys have a deadline.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The earliest, and where a key lies that has it.
    pub(super) fn first(&self) -> Option<(u64, Cursor)> {
        self.places.first().copied()
    }

    /// A key that lies there has a deadline now.
    pub(super) fn add(&mut self, deadline_ms: u64, place: Cursor) {
        self.count += 1;
        self.places.insert((deadline_ms, place));
    }

    /// A key that lies there has that deadline no more. `shared`: another one there has it still.
    pub(super) fn remove(&mut self, deadline_ms: u64, place: Cursor, shared: bool) {
        self.count -= 1;
        if !shared {
            self.places.remove(&(deadline_ms, place));
        }
    }

    /// Forgets one: nobody needs them any more. False: there is none.
    pub(super) fn drop_one(&mut self) -> bool {
        self.places.pop_first().is_some()
    }
}
