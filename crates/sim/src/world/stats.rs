//! What is counted while a world lives.

use std::collections::BTreeMap;

use node::{Role, Status};

use crate::plan::fault::NAMES;

/// The counts of one world.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) turns: u64,
    pub(crate) messages: u64,
    /// Messages that were lost.
    pub(crate) lost: u64,
    /// Groups that were lost in crashes.
    pub(crate) groups_lost: u64,
    /// Faults that struck, by kind.
    pub(crate) faults: [u64; NAMES.len()],
    /// Faults that struck while an operation was under way.
    pub(crate) faults_under_way: u64,
    /// The longest that clients waited while nothing at all was done.
    pub(crate) unavailable_us_max: u64,
    /// When each term was first seen to have a leader.
    leaders: BTreeMap<u64, u64>,
}

impl Tally {
    /// Looks at a node after its turn.
    pub(crate) fn see(&mut self, status: &Status, now_us: u64) {
        if status.role == Role::Leader {
            self.leaders.entry(status.term).or_insert(now_us);
        }
    }

    /// How many terms had a leader.
    pub(crate) fn elections(&self) -> u64 {
        self.leaders.len() as u64
    }
}
