//! The one clock of a run: the machine's monotonic clock, which all its processes share.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// An instant on the monotonic clock, in nanoseconds.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanoseconds) = (now.tv_sec as u64, now.tv_nsec as u64);
    seconds * 1_000_000_000 + nanoseconds
}

/// How long it is until an instant; nothing if it has passed.
pub(crate) fn until(instant_ns: u64) -> Duration {
    Duration::from_nanos(instant_ns.saturating_sub(now_ns()))
}
