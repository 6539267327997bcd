//! What is counted while a world runs.

use std::collections::BTreeMap;

use node::{Role, Status};

use crate::plan::fault::NAMES;

/// The counts of one world.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) events: u64,
    pub(super) turns: u64,
    pub(super) messages: u64,
    /// Messages that were lost.
    pub(super) lost: u64,
    /// Groups that were lost in crashes.
    pub(super) groups_lost: u64,
    /// Snapshots that were put in place, and states that were fetched.
    pub(super) snapshots: u64,
    pub(super) fetches: u64,
    /// Parts of logs that were read from disks, for members that were behind.
    pub(super) log_reads: u64,
    /// Faults that happened, by kind.
    pub(super) faults: [u64; NAMES.len()],
    /// Faults that happened while an operation was under way.
    pub(super) faults_under_way: u64,
    /// The longest that clients waited while nothing at all was done.
    pub(super) unavailable_us_max: u64,
    /// When each term was first seen to have a leader.
    leaders: BTreeMap<u64, u64>,
}

impl Stats {
    /// Looks at a node after its turn.
    pub(super) fn see(&mut self, status: &Status, now_us: u64) {
        if status.role == Role::Leader {
            self.leaders.entry(status.term.0).or_insert(now_us);
        }
    }

    /// How many terms had a leader.
    pub(super) fn elections(&self) -> u64 {
        self.leaders.len() as u64
    }
}
