//! Stamps: which of two writes of a key wins, the same way everywhere.
//!
//! A stamp is a hybrid logical clock (Kulkarni et al. 2014), then the replica, then the place in the entry. The clock
//! counts milliseconds in its upper 48 bits and events within one in its lower 16, and is raised past
//! every stamp that is applied, so a write that has seen another always wins over it.

use crate::door::NodeId;
use crate::mutants::{Mutant, Planted};

/// The stamp of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) clock: u64,
    pub(crate) replica: NodeId,
    pub(crate) offset: u32,
}

/// The hybrid logical clock of a replica.
///
/// - It never gives a value twice, and none below one that it was raised to.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: u64,
    pub(crate) planted: Planted,
}

impl Clock {
    /// A value above all given and seen so far, and not below the wall clock.
    pub(crate) fn next(&mut self, wall_ms: u64) -> u64 {
        if self.planted.is(Mutant::StampFromWallClock) {
            return wall_ms << 16;
        }
        self.last = (wall_ms << 16).max(self.last + 1);
        self.last
    }

    /// Raises the clock to a value that was seen.
    pub(crate) fn raise(&mut self, seen: u64) {
        self.last = self.last.max(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_always_loses() {
        let mut clock = Clock::default();
        let first = clock.next(1000);
        assert_eq!(first >> 16, 1000);
        let far_ahead = (5000 << 16) + 7;
        clock.raise(far_ahead);
        assert!(clock.next(1000) > far_ahead, "although the wall clock is behind");
        let before = clock.next(900);
        assert!(clock.next(900) > before, "although time stands still");
    }
}
