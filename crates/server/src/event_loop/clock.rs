//! The clocks of the machine.
//!
//! The monotonic one also counts while the machine sleeps, where the system has such a clock: what
//! was known before it slept must not look new when it wakes. (A virtual machine that is stopped
//! from outside may escape even that: no clock inside it goes on.)

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use node::Now;
use rustix::time::{ClockId, clock_gettime};

use crate::Faults;

/// Both clocks, read together. The monotonic one counts from the start of the server.
#[derive(Debug)]
pub(crate) struct Clock {
    start_ns: u64,
    /// When that was, by the wall clock of the machine.
    started: SystemTime,
    /// There in test mode.
    faults: Option<Arc<Faults>>,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start(faults: Option<Arc<Faults>>) -> Clock {
        Clock { start_ns: monotonic_ns(), started: SystemTime::now(), faults }
    }

    /// The faults that clients may ask for.
    pub(crate) fn faults(&self) -> Option<&Faults> {
        self.faults.as_deref()
    }

    /// What the clocks say.
    pub(crate) fn now(&self) -> Now {
        // A clock set before 1970 counts as 1970: the node judges clocks by those of its peers.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let offset_ms = self.faults.as_ref().map_or(0, |faults| faults.clock_offset_ms());
        let wall_ms = (wall.as_millis() as u64).saturating_add_signed(offset_ms);
        Now { monotonic_ms: self.uptime_ms(), wall_ms }
    }

    /// When the server started, in seconds since 1970.
    pub(crate) fn started_s(&self) -> u64 {
        self.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    /// How long the server runs, in milliseconds.
    pub(crate) fn uptime_ms(&self) -> u64 {
        (monotonic_ns() - self.start_ns) / 1_000_000
    }
}

/// What the monotonic clock says.
fn monotonic_ns() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = ClockId::Boottime;
    // The only one that all of these have.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = ClockId::Monotonic;
    let now = clock_gettime(clock);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the system says how long it was up, sleep included.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_clock_counts_since_the_machine_was_started() {
        let Ok(uptime) = std::fs::read_to_string("/proc/uptime") else { return };
        let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        let own = monotonic_ns() as f64 / 1e9;
        assert!((own - seconds).abs() < 2.0, "{own} s, and the system says {seconds} s");
    }

    #[test]
    fn it_begins_with_the_server_and_goes_on() {
        let clock = Clock::start(None);
        let first = clock.now().monotonic_ms;
        assert!(first < 1_000, "{first}");
        assert!(clock.now().monotonic_ms >= first);
    }
}
