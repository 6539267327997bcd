//! The clocks of one node: neither is right, and only the monotonic one never goes back.

use node::Now;

use crate::plan::chance::Chance;

/// The wall clock of the world at its beginning, in microseconds since the Unix epoch.
pub(crate) const WORLD_BEGAN_US: u64 = 1_700_000_000_000_000;

/// Where a node's clocks stand against the time of the world.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// How much too fast both clocks run, in millionths.
    drift_ppm: i64,
    /// The time of the world since which they run like that, and what they said then.
    since_us: u64,
    monotonic_us: u64,
    wall_us: u64,
    /// The times before `since_us` between which they ran otherwise, since the machine was started:
    /// each with what the monotonic clock said at its beginning.
    past: Vec<(u64, u64)>,
}

impl Clock {
    /// Draws a clock: most nearly right, some far off.
    pub(crate) fn draw(chance: &mut Chance) -> Clock {
        let offset_limit_ms = chance.pick(&[5, 100, 5_000]);
        let drift_limit_ppm = chance.pick(&[100, 100, 20_000]);
        let drift_ppm = chance.around_zero(drift_limit_ppm);
        let offset_us = chance.around_zero(offset_limit_ms) * 1000;
        let wall_us = WORLD_BEGAN_US.saturating_add_signed(offset_us);
        let monotonic_us = chance.below(1_000_000) * 1000;
        Clock { drift_ppm, since_us: 0, monotonic_us, wall_us, past: vec![] }
    }

    /// The machine was started again: its monotonic clock begins somewhere else.
    pub(crate) fn restart(&mut self, now_us: u64, origin_ms: u64) {
        self.stand_at(now_us);
        self.monotonic_us = origin_ms * 1000;
        self.past.clear();
    }

    /// The machine was started again, and its wall clock is off by so much from now on.
    pub(crate) fn wake(&mut self, now_us: u64, off_ms: i64) {
        self.stand_at(now_us);
        self.wall_us = (WORLD_BEGAN_US + now_us).saturating_add_signed(off_ms * 1000);
    }

    /// The wall clock is set forward or back.
    pub(crate) fn jump(&mut self, by_ms: i64) {
        self.wall_us = self.wall_us.saturating_add_signed(by_ms * 1000);
    }

    /// From now on both clocks run that much faster.
    pub(crate) fn drift(&mut self, now_us: u64, by_ppm: i64) {
        self.stand_at(now_us);
        self.drift_ppm += by_ppm;
    }

    /// From now on both clocks run as the world does, and the wall clock is right.
    pub(crate) fn set_right(&mut self, now_us: u64) {
        self.stand_at(now_us);
        self.drift_ppm = 0;
        self.wall_us = WORLD_BEGAN_US + now_us;
    }

    pub(crate) fn now(&self, now_us: u64) -> Now {
        let passed_us = self.passed_us(now_us);
        Now {
            monotonic_ms: (self.monotonic_us + passed_us) / 1000,
            wall_ms: (self.wall_us + passed_us) / 1000,
        }
    }

    /// When, in the time of the world, that was which was so long before this time by the monotonic
    /// clock; not before the machine was started.
    pub(crate) fn ago_us(&self, at_us: u64, ms: u64) -> u64 {
        let now_us = at_us.max(self.since_us);
        let ends = (now_us, self.monotonic_us + self.passed_us(now_us));
        let marks: Vec<(u64, u64)> =
            self.past.iter().copied().chain([(self.since_us, self.monotonic_us), ends]).collect();
        let then_us = read(&marks, at_us).saturating_sub(ms * 1000);
        let turned: Vec<(u64, u64)> = marks.iter().map(|(at, said)| (*said, *at)).collect();
        read(&turned, then_us)
    }

    fn stand_at(&mut self, now_us: u64) {
        self.past.push((self.since_us, self.monotonic_us));
        let passed_us = self.passed_us(now_us);
        self.since_us = now_us;
        self.monotonic_us += passed_us;
        self.wall_us += passed_us;
    }

    /// How long it is since `since_us`, as these clocks measure it.
    fn passed_us(&self, now_us: u64) -> u64 {
        let span_us = i128::from(now_us - self.since_us);
        let drift_us = span_us * i128::from(self.drift_ppm) / 1_000_000;
        (span_us + drift_us) as u64
    }
}

/// What a clock says at this time that ran steadily between these marks, rounded down; before the
/// first of them, what it said there.
fn read(marks: &[(u64, u64)], at: u64) -> u64 {
    let place = marks.partition_point(|(mark, _)| *mark <= at);
    let Some(before) = place.checked_sub(1) else { return marks[0].1 };
    let (from, next) = (marks[before], marks.get(place));
    let Some(next) = next else { return from.1 };
    let part = u128::from(at - from.0) * u128::from(next.1 - from.1);
    from.1 + (part / u128::from(next.0 - from.0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_something_was() {
        let mut clock =
            Clock { drift_ppm: 0, since_us: 0, monotonic_us: 500_000, wall_us: 0, past: vec![] };
        assert_eq!(clock.ago_us(1_000_000, 300), 700_000);
        clock.drift(1_000_000, -500_000);
        assert_eq!(clock.ago_us(1_400_000, 100), 1_200_000, "it runs half as fast");
        assert_eq!(clock.ago_us(1_400_000, 300), 900_000);
        assert_eq!(clock.ago_us(900_000, 100), 800_000, "what was, stays");
        clock.jump(-10_000);
        assert_eq!(clock.ago_us(1_400_000, 300), 900_000);
        clock.restart(2_000_000, 7);
        assert_eq!(clock.ago_us(2_100_000, 900), 2_000_000, "it was not there before");
    }

    #[test]
    fn drift_and_jumps() {
        let mut clock = Clock {
            drift_ppm: 10_000,
            since_us: 0,
            monotonic_us: 500_000,
            wall_us: 7_000,
            past: vec![],
        };
        let now = clock.now(1_000_000);
        assert_eq!((now.monotonic_ms, now.wall_ms), (500 + 1010, 7 + 1010));
        clock.jump(5000);
        assert_eq!(clock.now(1_000_000).wall_ms, 7 + 1010 + 5000);
        assert_eq!(clock.now(1_000_000).monotonic_ms, now.monotonic_ms);
        clock.drift(1_000_000, 90_000);
        assert_eq!(clock.now(1_000_000).monotonic_ms, now.monotonic_ms, "it does not jump");
        assert_eq!(clock.now(2_000_000).monotonic_ms, now.monotonic_ms + 1100);
        clock.restart(2_000_000, 0);
        assert_eq!(clock.now(2_000_000).monotonic_ms, 0);
        assert_eq!(clock.now(3_000_000).monotonic_ms, 1100);
        clock.wake(3_000_000, 3_600_000);
        assert_eq!(clock.now(3_000_000).monotonic_ms, 1100, "it goes on");
        assert_eq!(clock.now(3_000_000).wall_ms, WORLD_BEGAN_US / 1000 + 3000 + 3_600_000);
        clock.set_right(3_000_000);
        let now = clock.now(4_000_000);
        assert_eq!((now.monotonic_ms, now.wall_ms), (2100, WORLD_BEGAN_US / 1000 + 4000));
    }
}
