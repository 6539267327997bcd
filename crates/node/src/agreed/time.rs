//! Time in the log: what a leader stamps its entries with.
//!
//! ```text
//!  stamp
//!    │            ╭── the leader's clock, capped
//!    │   ╭────────╯         ╭─────
//!    │   │             ╭────╯        the clock was set back: time goes on at half its pace
//!    │ ──╯        ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄   and never stands until the clock has caught up
//!    └───────────────────────────▶ the leader's monotonic clock
//! ```
//!
//! A stamp is the greatest of three: the last one in the log; the anchor's, and half of what the
//! monotonic clock says went by since; and the leader's clock, as far as the others bear it out
//! (see [`crate::cluster::clocks`]). So log time never goes back, never stands, and comes back to
//! the clocks by itself when it was carried ahead of them.
//!
//! The anchor is the last stamp that the leader found, at the moment when its present boot took
//! that entry in. It does not move with every entry: of ten thousand a second each would lose its
//! half of a tenth of a millisecond to rounding. It moves only to where the clock has carried log
//! time beyond it, so that time goes on from there if the clock is set back.

use crate::cluster::clocks::YEAR_2200_MS;
use crate::ids::Term;

/// The last stamp that there is: log time stands there. That is part of the format: nobody takes in
/// a later one.
pub(crate) const LAST_STAMP_MS: u64 = YEAR_2200_MS - 1;

/// A stamp, and where this node's monotonic clock stood when it counted as made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) stamp_ms: u64,
    pub(crate) at_ms: u64,
}

impl Anchor {
    /// What log time has come to at least: since the anchor it goes on at half the pace of the
    /// monotonic clock.
    fn reaches_ms(&self, now_ms: u64) -> u64 {
        self.stamp_ms.saturating_add(now_ms.saturating_sub(self.at_ms) / 2)
    }
}

/// The log time of one leadership.
///
/// - No stamp lies below one before it, and none beyond the last.
#[derive(Debug, Default)]
pub(crate) struct LogTime {
    /// The term that is led.
    term: Term,
    anchor: Anchor,
    last_ms: u64,
}

impl LogTime {
    /// Begins a leadership, unless it has begun: `last` is the last stamp in the log.
    pub(crate) fn lead(&mut self, term: Term, last: impl FnOnce() -> Anchor) {
        if self.term != term {
            self.term = term;
            self.anchor = mutant!(LogTimeAnchoredAnew, last(), Anchor::default());
            self.last_ms = self.anchor.stamp_ms;
        }
    }

    /// The stamp of an entry that is made now. `clock_ms`: what the leader's clock may carry into
    /// the log.
    pub(crate) fn stamp_ms(&self, now_ms: u64, clock_ms: Option<u64>) -> u64 {
        let least_ms = self.last_ms.max(self.anchor.reaches_ms(now_ms));
        let stamp_ms = match clock_ms {
            None => least_ms,
            Some(clock_ms) => {
                let least_ms = mutant!(LogTimeStands, least_ms, self.last_ms);
                mutant!(LogTimeGoesBack, least_ms.max(clock_ms), clock_ms)
            }
        };
        stamp_ms.min(LAST_STAMP_MS)
    }

    /// An entry with this stamp is in the log.
    pub(crate) fn on_stamped(&mut self, stamp_ms: u64, now_ms: u64) {
        if stamp_ms > self.anchor.reaches_ms(now_ms) {
            self.anchor = Anchor { stamp_ms, at_ms: now_ms };
        }
        self.last_ms = stamp_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    fn led_from(stamp_ms: u64, at_ms: u64) -> LogTime {
        let mut time = LogTime::default();
        time.lead(Term(1), || Anchor { stamp_ms, at_ms });
        time
    }

    fn stamp(time: &mut LogTime, now_ms: u64, clock_ms: Option<u64>) -> u64 {
        let stamp_ms = time.stamp_ms(now_ms, clock_ms);
        time.on_stamped(stamp_ms, now_ms);
        stamp_ms
    }

    #[test]
    fn ten_thousand_entries_a_second_lose_nothing_to_rounding() {
        // The log is an hour ahead of the clocks; ten entries in each millisecond, for ten minutes.
        let mut time = led_from(HOUR_MS, 500);
        let mut last_ms = 0;
        for tenth in 0..6_000_000 {
            let passed_ms = tenth / 10;
            let now_ms = stamp(&mut time, 500 + passed_ms, Some(passed_ms));
            assert!(now_ms >= last_ms);
            assert_eq!(now_ms, HOUR_MS + passed_ms / 2);
            last_ms = now_ms;
        }
        // The clocks meet log time after two hours, and carry it on from there.
        assert_eq!(stamp(&mut time, 500 + 2 * HOUR_MS, Some(2 * HOUR_MS)), 2 * HOUR_MS);
        assert_eq!(stamp(&mut time, 502 + 2 * HOUR_MS, Some(2 * HOUR_MS + 2)), 2 * HOUR_MS + 2);
    }

    #[test]
    fn a_clock_that_is_set_back_slows_log_time_and_does_not_stop_it() {
        let mut time = led_from(0, 0);
        for now_ms in 0..HOUR_MS {
            assert_eq!(stamp(&mut time, now_ms, Some(now_ms)), now_ms);
        }
        for passed_ms in 0..10_000 {
            let now_ms = stamp(&mut time, HOUR_MS + passed_ms, Some(passed_ms));
            assert_eq!(now_ms, (HOUR_MS - 1) + passed_ms.div_ceil(2));
        }
    }

    #[test]
    fn without_a_clock_log_time_goes_on_at_half_its_pace() {
        let mut time = led_from(7_000, 100);
        assert_eq!(stamp(&mut time, 100, None), 7_000);
        assert_eq!(stamp(&mut time, 50, None), 7_000, "what was taken in later than now");
        assert_eq!(stamp(&mut time, 1100, None), 7_500);
        time.lead(Term(1), || unreachable!("it leads already"));
        time.lead(Term(2), || Anchor { stamp_ms: 9_000, at_ms: 2_000 });
        assert_eq!(stamp(&mut time, 2_100, None), 9_050);
    }

    #[test]
    fn log_time_ends_with_the_year_2199() {
        let mut time = led_from(LAST_STAMP_MS - 1, 0);
        assert_eq!(stamp(&mut time, 0, Some(0)), LAST_STAMP_MS - 1);
        assert_eq!(stamp(&mut time, 0, Some(YEAR_2200_MS)), LAST_STAMP_MS);
        assert_eq!(stamp(&mut time, u64::MAX, Some(u64::MAX)), LAST_STAMP_MS);
        assert_eq!(stamp(&mut time, u64::MAX, None), LAST_STAMP_MS);
    }
}
