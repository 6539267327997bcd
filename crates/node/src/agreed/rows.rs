//! Reads that may answer and were too many for one turn: a row for each connection, and the next of
//! each in turn. So whoever asks for megabytes waits for its own, and not everybody with it.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::SessionId;
use crate::session::Read;

/// The rows. The reads of one connection stay in the order in which they came.
///
/// Invariant: `turns` names every session that has a row once, and no row is empty.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<SessionId, VecDeque<Read>>,
    turns: VecDeque<SessionId>,
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// How many reads there are.
    pub(super) fn count(&self) -> usize {
        self.rows.values().map(VecDeque::len).sum()
    }

    /// The connections that have a row.
    pub(super) fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.rows.keys().copied()
    }

    /// Puts a read behind those of its connection.
    pub(super) fn push(&mut self, read: Read) {
        let session = read.waiter.session;
        let row = self.rows.entry(session).or_default();
        if row.is_empty() {
            self.turns.push_back(session);
        }
        row.push_back(read);
    }

    /// Takes the read whose turn it is.
    pub(super) fn pop(&mut self) -> Option<Read> {
        let session = self.turns.pop_front()?;
        let row = self.rows.get_mut(&session).expect("who has a turn has a row");
        let read = row.pop_front().expect("no row is empty");
        if row.is_empty() {
            self.rows.remove(&session);
        } else {
            self.turns.push_back(session);
        }
        Some(read)
    }

    /// Takes out all that this does not keep.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&Read) -> bool) {
        self.rows.retain(|_, row| {
            row.retain(&mut keeps);
            !row.is_empty()
        });
        self.turns.retain(|session| self.rows.contains_key(session));
    }
}
