//! Stamps: which of two writes of a key wins, the same way everywhere.
//!
//! A stamp is a hybrid logical clock (Kulkarni et al. 2014), then the replica, then the place in
//! the entry. The clock counts milliseconds in its upper 48 bits and events within one in its lower
//! 16, and is raised past every stamp that is taken in, so a write that has seen another always
//! wins over it.
//!
//! Stamps end where the year 2200 begins. That is part of the format: no later one is made, and
//! nobody takes one in.

use crate::cluster::clocks::YEAR_2200_MS;
use crate::ids::NodeId;

/// How many bits of a clock count events within a millisecond.
const EVENT_BITS: u32 = 16;

/// Whether the clock of a stamp lies before the year 2200, as in every entry that a node takes in.
pub(crate) fn is_in_format(clock: u64) -> bool {
    clock < YEAR_2200_MS << EVENT_BITS
}

/// The milliseconds of a clock, and the events within the last of them.
pub(super) fn parts(clock: u64) -> (u64, u64) {
    (clock >> EVENT_BITS, clock & ((1 << EVENT_BITS) - 1))
}

/// The clock of these parts.
pub(super) fn of_parts(ms: u64, events: u64) -> u64 {
    ms << EVENT_BITS | events
}

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
}

impl Clock {
    /// A value above all given and seen so far, and not below the wall clock. `None`: that would
    /// lie beyond all stamps.
    pub(crate) fn next(&mut self, wall_ms: u64) -> Option<u64> {
        let wall = wall_ms.min(YEAR_2200_MS) << EVENT_BITS;
        let next = mutant!(StampFromWallClock, wall.max(self.last.saturating_add(1)), wall);
        if !is_in_format(next) {
            return None;
        }
        self.last = next;
        Some(next)
    }

    /// Whether there is such a value.
    pub(crate) fn has_next(&self, wall_ms: u64) -> bool {
        is_in_format((wall_ms.min(YEAR_2200_MS) << EVENT_BITS).max(self.last.saturating_add(1)))
    }

    /// The last value that was given or seen.
    pub(crate) fn last(&self) -> u64 {
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
        let first = clock.next(1000).unwrap();
        assert_eq!(first >> 16, 1000);
        let far_ahead = (5000 << 16) + 7;
        clock.raise(far_ahead);
        assert!(clock.next(1000).unwrap() > far_ahead, "although the wall clock is behind");
        let before = clock.next(900);
        assert!(clock.next(900) > before, "although time stands still");
    }

    #[test]
    fn no_stamp_is_made_beyond_the_year_2199() {
        let last = (YEAR_2200_MS << EVENT_BITS) - 1;
        assert!(is_in_format(last) && !is_in_format(last + 1) && !is_in_format(u64::MAX));
        let mut clock = Clock::default();
        for wall_ms in [YEAR_2200_MS, 1 << 48, u64::MAX] {
            assert_eq!(clock.next(wall_ms), None, "{wall_ms}");
        }
        assert_eq!(clock.next(1000), Some(1000 << EVENT_BITS), "a clock that is set right goes on");
        clock.raise(last - 1);
        assert_eq!(clock.next(1000), Some(last));
        assert_eq!(clock.next(1000), None, "there is none after the last");
        clock.raise(u64::MAX);
        assert_eq!(clock.next(u64::MAX), None);
    }
}
