//! The clocks of one node: none is right, and only one of them never goes back.

use node::Now;

use crate::chance::Chance;

/// The wall clock of the world at its beginning, in milliseconds since the Unix epoch.
const WORLD_BEGAN_MS: u64 = 1_700_000_000_000;

/// Where a node's clocks stand against the time of the world.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// How much too fast both clocks run, in millionths.
    drift_ppm: i64,
    /// How far the wall clock is ahead.
    wall_offset_ms: i64,
    /// The time of the world at which the monotonic clock said `origin_ms`.
    zero_us: u64,
    origin_ms: u64,
}

impl Clock {
    /// Draws a clock: most nearly right, some far off.
    pub(crate) fn draw(chance: &mut Chance) -> Clock {
        let offset_limit_ms = chance.pick(&[5, 100, 5_000]);
        let drift_limit_ppm = chance.pick(&[100, 100, 20_000]);
        Clock {
            drift_ppm: chance.around_zero(drift_limit_ppm),
            wall_offset_ms: chance.around_zero(offset_limit_ms),
            zero_us: 0,
            origin_ms: chance.below(1_000_000),
        }
    }

    /// The machine was started again: its monotonic clock begins somewhere else.
    pub(crate) fn restart(&mut self, now_us: u64, origin_ms: u64) {
        self.zero_us = now_us;
        self.origin_ms = origin_ms;
    }

    /// The wall clock is set forward or back.
    pub(crate) fn jump(&mut self, by_ms: i64) {
        self.wall_offset_ms += by_ms;
    }

    pub(crate) fn now(&self, now_us: u64) -> Now {
        let wall_ms = WORLD_BEGAN_MS + self.stretched(now_us) / 1000;
        Now {
            monotonic_ms: self.origin_ms + self.stretched(now_us - self.zero_us) / 1000,
            wall_ms: wall_ms.saturating_add_signed(self.wall_offset_ms),
        }
    }

    /// A span of the world's time as this clock measures it.
    fn stretched(&self, span_us: u64) -> u64 {
        let drift_us = span_us as i128 * i128::from(self.drift_ppm) / 1_000_000;
        (span_us as i128 + drift_us) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_and_jumps() {
        let mut clock = Clock { drift_ppm: 10_000, wall_offset_ms: 7, zero_us: 0, origin_ms: 500 };
        let now = clock.now(1_000_000);
        assert_eq!(now.monotonic_ms, 500 + 1010);
        assert_eq!(now.wall_ms, WORLD_BEGAN_MS + 1010 + 7);
        clock.jump(-5000);
        assert_eq!(clock.now(1_000_000).wall_ms, WORLD_BEGAN_MS + 1017 - 5000);
        assert_eq!(clock.now(1_000_000).monotonic_ms, now.monotonic_ms);
        clock.restart(2_000_000, 0);
        assert_eq!(clock.now(2_000_000).monotonic_ms, 0);
    }
}
