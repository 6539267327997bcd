//! The time in the log, and the keys that go by it.
//!
//! A key is dead from the entry on whose time has reached its deadline. Whatever reads or writes
//! asks [`State::alive`] and does not see it. Its record goes with the next write of the key, or
//! with an entry that reclaims it.

use super::State;
use crate::position::AgreedPosition;
use crate::store::Record;

/// What was reclaimed since this node started.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reclaimed {
    /// Keys that were dead.
    pub(crate) keys: u64,
    /// Writes that looked for some.
    pub(crate) times: u64,
}

impl State {
    /// An entry of this time is applied: what it carries sees it, and whoever reads from now on.
    pub(crate) fn advance_to(&mut self, time_ms: u64) {
        self.time_ms = self.time_ms.max(time_ms);
        self.once.advance_to(self.time_ms);
    }

    /// The greatest time of the entries applied, in milliseconds.
    pub(crate) fn time_ms(&self) -> u64 {
        self.time_ms
    }

    /// It is about this time: it shows in what is told of deadlines, and nowhere else.
    pub(crate) fn show_time(&mut self, shown_ms: u64) {
        self.shown_ms = shown_ms;
    }

    /// The earliest deadline of a key, dead ones that are not reclaimed among them, in milliseconds
    /// of log time.
    pub(crate) fn first_deadline_ms(&self) -> Option<u64> {
        self.values.first_deadline_ms()
    }

    /// What was reclaimed since this node started.
    pub(crate) fn reclaimed(&self) -> Reclaimed {
        self.reclaimed
    }

    /// How many keys have a deadline, dead ones among them.
    pub(crate) fn deadlines(&self) -> u64 {
        self.values.deadlines()
    }

    /// What is known of a key that is alive.
    pub(super) fn alive(&self, key: &[u8]) -> Option<Record<'_, AgreedPosition>> {
        let goes = || mutant!(DeadlinesOfDefaultAlone, true, self.keyspaces.of_key(key).is_none());
        self.values.get(key).filter(|record| !(record.is_dead(self.time_ms) && goes()))
    }
}
