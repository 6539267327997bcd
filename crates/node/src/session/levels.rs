//! The levels that a connection's reads would take, and the one that the last of them had.

use std::sync::Arc;

use super::{Session, Sessions};
use crate::ids::SessionId;
use crate::preference::{Given, Preference};
use crate::session::Waiter;

/// Whether reads that would take these levels go together: in a row of them none is done waiting
/// before those that came earlier.
pub(super) fn are_one(one: Option<&Arc<Preference>>, other: Option<&Arc<Preference>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        _ => false,
    }
}

impl Session {
    fn give(&mut self, given: Given, is_long: bool) {
        let place = if is_long { &mut self.giving } else { &mut self.last };
        *place = Some(given);
    }
}

impl Sessions {
    /// What reads of this connection would take from now on that name no level.
    pub(crate) fn prefer(&mut self, id: SessionId, preference: Option<Arc<Preference>>) {
        match preference.is_some() {
            true => self.preferring.insert(id),
            false => self.preferring.remove(&id),
        };
        self.sessions.entry(id).or_default().preference = preference;
    }

    /// What a read of this connection would take that names no level.
    pub(crate) fn preference(&self, id: SessionId) -> Option<Arc<Preference>> {
        // Most connections have none, and hardly any read looks for it.
        if self.preferring.is_empty() {
            return None;
        }
        self.sessions.get(&id)?.preference.clone()
    }

    /// The read that was just begun would take these levels.
    pub(crate) fn begin_by(&mut self, waiter: &Waiter, preference: Arc<Preference>) {
        if let Some(session) = self.sessions.get_mut(&waiter.session) {
            session.reading_by = Some(preference);
        }
    }

    /// A read is answered at this level; or will be, if it takes long.
    pub(crate) fn give(&mut self, id: SessionId, given: Given, is_long: bool) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.give(given, is_long);
        }
    }

    /// The same, unless another read of its connection is under way: no read overtakes one that
    /// waits, and may be told of later writes. True if it is answered.
    pub(crate) fn give_next(&mut self, id: SessionId, given: Given, is_long: bool) -> bool {
        match self.sessions.get_mut(&id) {
            Some(session) if !session.is_reading() => {
                session.give(given, is_long);
                true
            }
            _ => false,
        }
    }

    /// At which level the last read of this connection was answered.
    pub(crate) fn last_given(&self, id: SessionId) -> Option<Given> {
        self.sessions.get(&id)?.last
    }
}
