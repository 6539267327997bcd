//! Faults that a client may ask for in test mode: a clock that is wrong; a disk that is full, slow or broken.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What a disk says that cannot do it.
const EIO: i32 = 5;

/// What is wrong now. The loop sets it, and the thread of the log looks.
#[derive(Debug, Default)]
pub struct Faults {
    clock_offset_ms: AtomicI64,
    disk_full: AtomicBool,
    fail_sync: AtomicBool,
    stall_ms: AtomicU64,
}

impl Faults {
    /// The wall clock is off by so many milliseconds.
    pub fn set_clock(&self, offset_ms: i64) {
        self.clock_offset_ms.store(offset_ms, Ordering::Relaxed);
    }

    /// There is no room for another segment of the log, or there is again.
    pub fn set_disk_full(&self, full: bool) {
        self.disk_full.store(full, Ordering::Relaxed);
    }

    /// The next sync of the log fails.
    pub fn fail_sync(&self) {
        self.fail_sync.store(true, Ordering::Relaxed);
    }

    /// The next sync of the log takes so much longer, in milliseconds.
    pub fn stall(&self, ms: u64) {
        self.stall_ms.store(ms, Ordering::Relaxed);
    }

    pub(crate) fn clock_offset_ms(&self) -> i64 {
        self.clock_offset_ms.load(Ordering::Relaxed)
    }

    /// As the system says it.
    pub(crate) fn find_room(&self) -> io::Result<()> {
        match self.disk_full.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }

    /// What happens before a sync.
    pub(crate) fn before_sync(&self) -> io::Result<()> {
        let stall_ms = self.stall_ms.swap(0, Ordering::Relaxed);
        if stall_ms > 0 {
            std::thread::sleep(Duration::from_millis(stall_ms));
        }
        match self.fail_sync.swap(false, Ordering::Relaxed) {
            true => Err(io::Error::from_raw_os_error(EIO)),
            false => Ok(()),
        }
    }
}
