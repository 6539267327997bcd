//! Faults that a client may ask for in test mode: a clock that is wrong; a disk that is full, slow
//! or broken, or loses its power.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustix::io::Errno;

use crate::log::disk::{Disk, Fault, Faulty, Loss, Operation};

/// What is wrong now. The loop sets it; the clock and the disk look.
#[derive(Debug)]
pub struct Faults {
    clock_offset_ms: AtomicI64,
    disk: Arc<Faulty>,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults { clock_offset_ms: AtomicI64::new(0), disk: Arc::new(Faulty::new(true)) }
    }
}

impl Faults {
    /// The wall clock is off by so many milliseconds.
    pub(crate) fn set_clock(&self, offset_ms: i64) {
        self.clock_offset_ms.store(offset_ms, Ordering::Relaxed);
    }

    /// Nothing can be made on the disk, no segment of the log either, and this is why; or it can
    /// again.
    pub(crate) fn refuse_files(&self, why: Option<Errno>) {
        self.disk.refuse(why);
    }

    /// The next sync fails.
    pub(crate) fn fail_sync(&self) {
        self.disk.plan(Some(Operation::Sync), 0, Fault::Refused(Errno::IO));
    }

    /// The next sync takes so much longer, in milliseconds.
    pub(crate) fn stall(&self, ms: u64) {
        self.disk.stall(Duration::from_millis(ms));
    }

    /// The machine loses its power: what was not synced is gone, and so is this process.
    pub(crate) fn lose_power(&self, loss: Loss) -> ! {
        self.disk.end(loss)
    }

    /// The disk that these faults are of.
    pub(crate) fn disk(&self) -> Disk {
        Disk::faulty(self.disk.clone())
    }

    pub(crate) fn clock_offset_ms(&self) -> i64 {
        self.clock_offset_ms.load(Ordering::Relaxed)
    }
}

/// The error of the system with this name, of those that say that a file cannot be made.
pub(crate) fn errno(name: &[u8]) -> Option<Errno> {
    let known: [(&str, Errno); 9] = [
        ("ENOSPC", Errno::NOSPC),
        ("EDQUOT", Errno::DQUOT),
        ("EMFILE", Errno::MFILE),
        ("ENFILE", Errno::NFILE),
        ("ENOMEM", Errno::NOMEM),
        ("EACCES", Errno::ACCESS),
        ("EPERM", Errno::PERM),
        ("EROFS", Errno::ROFS),
        ("EIO", Errno::IO),
    ];
    let is = |known: &&(&str, Errno)| name.eq_ignore_ascii_case(known.0.as_bytes());
    known.iter().find(is).map(|known| known.1)
}
