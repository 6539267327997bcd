//! The clocks of the machine.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use node::Now;

use crate::Faults;

/// Both clocks, read together. The monotonic one counts from the start of the server.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// When that was, by the wall clock of the machine.
    started: SystemTime,
    /// There in test mode.
    faults: Option<Arc<Faults>>,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start(faults: Option<Arc<Faults>>) -> Clock {
        Clock { start: Instant::now(), started: SystemTime::now(), faults }
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
        self.start.elapsed().as_millis() as u64
    }
}
