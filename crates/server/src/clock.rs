//! The clocks of the machine.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use node::Now;

/// Both clocks, read together. The monotonic one counts from the start of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    /// What the clocks say.
    pub(crate) fn now(&self) -> Now {
        // A clock set before 1970 counts as 1970: the node judges clocks by those of its peers.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { monotonic_ms: self.uptime_ms(), wall_ms: wall.as_millis() as u64 }
    }

    /// How long the server runs, in milliseconds.
    pub(crate) fn uptime_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }
}
