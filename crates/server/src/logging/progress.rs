//! How far a long work has come, told now and then.

use std::time::{Duration, Instant};

use tracing::info;

/// How long nothing is told.
const PAUSE: Duration = Duration::from_secs(5);

/// A work that may take long.
#[derive(Debug)]
pub(crate) struct Progress {
    /// When it began, or something was last told of it.
    told: Instant,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { told: Instant::now() }
    }
}

impl Progress {
    /// Tells this, if nothing was told for a while.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.told.elapsed() >= PAUSE {
            self.told = Instant::now();
            info!("{}", text());
        }
    }
}
