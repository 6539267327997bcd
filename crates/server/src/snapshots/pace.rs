//! How fast a snapshot is written and read back: as fast as the disk goes while nothing is written
//! to the log, and slowly while something is. Each sync of the log waits for what else is on its
//! way to the disk, and clients wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::log::Counters;
use crate::mutants::mutant;

/// Beside the log so much is written, or read back, in a second.
const BYTES_A_SECOND: u64 = 16 << 20;

/// What is known of the log.
#[derive(Debug)]
pub(super) struct Pace {
    log: Arc<Counters>,
    /// Its syncs up to the last pause.
    syncs: u64,
    /// Whether somebody waits for the snapshot.
    hurry: Arc<AtomicBool>,
}

impl Pace {
    pub(super) fn new(log: Arc<Counters>, hurry: Arc<AtomicBool>) -> Pace {
        Pace { log, syncs: 0, hurry }
    }

    /// So much was written or read: waits until more may be.
    pub(super) fn pause(&mut self, bytes: usize) {
        thread::sleep(self.pause_after(bytes));
    }

    fn pause_after(&mut self, bytes: usize) -> Duration {
        let syncs = self.log.syncs.load(Ordering::Relaxed);
        let is_idle = std::mem::replace(&mut self.syncs, syncs) == syncs;
        let hurry = self.hurry.load(Ordering::Relaxed);
        let is_free = mutant!(PaceIgnored, is_idle || hurry, true);
        match is_free {
            true => Duration::ZERO,
            false => Duration::from_micros(1_000_000 * bytes as u64 / BYTES_A_SECOND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_waits_only_for_a_log_that_is_written() {
        let log = Arc::<Counters>::default();
        let hurry = Arc::<AtomicBool>::default();
        let mut pace = Pace::new(log.clone(), hurry.clone());
        let a_quarter = (BYTES_A_SECOND / 4) as usize;
        assert_eq!(pace.pause_after(a_quarter), Duration::ZERO, "nothing was written");
        log.syncs.fetch_add(3, Ordering::Relaxed);
        assert_eq!(pace.pause_after(a_quarter), Duration::from_millis(250));
        assert_eq!(pace.pause_after(a_quarter), Duration::ZERO, "nothing since then");
        log.syncs.fetch_add(1, Ordering::Relaxed);
        hurry.store(true, Ordering::Relaxed);
        assert_eq!(pace.pause_after(a_quarter), Duration::ZERO, "somebody waits");
    }
}
