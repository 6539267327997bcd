//! A disk with faults: what is done to it is counted, fails on demand, and is lost with the power
//! unless it was synced.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use super::unsynced::{Loss, SECTOR_BYTES, Unsynced};

/// What can be done to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Makes a file or a directory.
    Create,
    /// Opens a file or a directory that is there.
    Open,
    /// Reads, from a file or a directory.
    Read,
    /// Writes to a file, or makes room in it.
    Write,
    /// Writes to a file past the system's cache. It is a write too: what is planned for any write
    /// may befall this one.
    WritePastCache,
    /// Makes bytes durable.
    Sync,
    /// Makes names durable.
    SyncFolder,
    /// Gives a file another name.
    Rename,
    /// Removes a file.
    Remove,
}

impl Operation {
    /// Whether the other one is of this kind.
    fn covers(self, other: Operation) -> bool {
        self == other || (self, other) == (Operation::Write, Operation::WritePastCache)
    }
}

/// How an operation fails.
#[cfg_attr(not(test), allow(dead_code, reason = "a client may ask for some of them"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is done, and the system says this.
    Refused(Errno),
    /// A write writes only its first half, and in whole sectors past the system's cache. (Anything
    /// else is done as if nothing were wrong.)
    Short,
    /// The power goes: neither this nor anything after it is done.
    PowerLoss,
}

/// A fault that waits for its operation.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// Which; `None`: any.
    operation: Option<Operation>,
    /// How many of these come before it.
    after: u64,
    fault: Fault,
}

/// How often what was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Operations of any kind.
    pub all: u64,
    /// Writes.
    pub writes: u64,
    /// Those of them that went past the system's cache, or tried to.
    pub writes_past_cache: u64,
    /// Syncs of files.
    pub syncs: u64,
    /// Syncs of directories.
    pub folder_syncs: u64,
}

/// A disk with faults. One operation is done at a time.
#[derive(Debug)]
pub(crate) struct Faulty {
    state: Mutex<State>,
    /// Whether a sync waits for the real disk as well: not where nothing that is written need
    /// outlive the process.
    really: bool,
}

#[derive(Debug, Default)]
struct State {
    unsynced: Unsynced,
    planned: Vec<Planned>,
    counts: Counts,
    /// What is said to whoever wants to make a file.
    refusal: Option<Errno>,
    /// How much longer the next sync takes.
    stall: Duration,
    dark: bool,
}

impl State {
    /// What comes before every operation.
    fn begin(&mut self, operation: Operation) -> io::Result<Option<Fault>> {
        let fault = self.take_fault(operation);
        self.dark |= fault == Some(Fault::PowerLoss);
        if self.dark {
            return Err(Errno::IO.into());
        }
        self.counts.all += 1;
        match operation {
            Operation::Write => self.counts.writes += 1,
            Operation::WritePastCache => {
                self.counts.writes += 1;
                self.counts.writes_past_cache += 1;
            }
            Operation::Sync => self.counts.syncs += 1,
            Operation::SyncFolder => self.counts.folder_syncs += 1,
            _ => {}
        }
        let refusal = self.refusal.filter(|_| operation == Operation::Create);
        match (refusal, fault) {
            (Some(errno), _) | (None, Some(Fault::Refused(errno))) => Err(errno.into()),
            (None, fault) => Ok(fault),
        }
    }

    fn take_fault(&mut self, operation: Operation) -> Option<Fault> {
        let fits = |each: &Planned| each.operation.is_none_or(|planned| planned.covers(operation));
        let due = self.planned.iter().position(|each| fits(each) && each.after == 0);
        self.planned.iter_mut().filter(|each| fits(each)).for_each(|each| {
            each.after = each.after.saturating_sub(1);
        });
        due.map(|place| self.planned.remove(place).fault)
    }
}

impl Faulty {
    /// A disk that has no faults yet. Its syncs wait for the real disk or not.
    pub(crate) fn new(really: bool) -> Faulty {
        Faulty { state: Mutex::default(), really }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while working on the disk")
    }

    /// After so many operations of this kind, or of any, the next one fails like this.
    pub(crate) fn plan(&self, operation: Option<Operation>, after: u64, fault: Fault) {
        self.state().planned.push(Planned { operation, after, fault });
    }

    /// From now on nothing can be made, and this is why; or it can again.
    pub(crate) fn refuse(&self, refusal: Option<Errno>) {
        self.state().refusal = refusal;
    }

    /// The next sync takes so much longer.
    pub(crate) fn stall(&self, time: Duration) {
        self.state().stall = time;
    }

    /// The power of the machine goes: what was not synced is gone, and so is this process, before
    /// anybody does anything more.
    pub(crate) fn end(&self, loss: Loss) -> ! {
        let mut state = self.state();
        if let Err(error) = state.unsynced.lose(loss) {
            crate::last_words(&format!("candor: the power loss cannot be shown: {error}"));
        }
        process::abort()
    }

    pub(super) fn find_room(&self) -> io::Result<()> {
        self.state().refusal.map_or(Ok(()), |errno| Err(errno.into()))
    }

    pub(super) fn create(
        &self,
        path: &Path,
        create: impl FnOnce() -> io::Result<File>,
    ) -> io::Result<File> {
        let mut state = self.state();
        state.begin(Operation::Create)?;
        if path.exists() {
            // Another file takes its name: so the old one can come back whole.
            state.unsynced.note_remove(path)?;
            fs::remove_file(path)?;
        }
        let file = create()?;
        state.unsynced.note_made(path);
        Ok(file)
    }

    pub(super) fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Create)?;
        fs::create_dir(path)?;
        state.unsynced.note_made(path);
        Ok(())
    }

    pub(super) fn open(&self, open: impl FnOnce() -> io::Result<File>) -> io::Result<File> {
        self.state().begin(Operation::Open)?;
        open()
    }

    pub(super) fn read<T>(&self, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.state().begin(Operation::Read)?;
        read()
    }

    pub(super) fn write(&self, file: &Arc<File>, bytes: &[u8], at: u64) -> io::Result<usize> {
        let mut state = self.state();
        let bytes = match state.begin(Operation::Write)? {
            Some(Fault::Short) => &bytes[..bytes.len().div_ceil(2)],
            _ => bytes,
        };
        state.unsynced.note_write(file, at, bytes.len() as u64)?;
        file.write_at(bytes, at)
    }

    /// Writes to this file by its other handle, which goes past the system's cache. What it writes
    /// is no more durable than what goes through it: the disk has a cache too.
    pub(super) fn write_past_cache(
        &self,
        file: &Arc<File>,
        direct: &File,
        bytes: &[u8],
        at: u64,
    ) -> io::Result<usize> {
        let mut state = self.state();
        let bytes = match state.begin(Operation::WritePastCache)? {
            Some(Fault::Short) => &bytes[..bytes.len() / 2 / SECTOR_BYTES * SECTOR_BYTES],
            _ => bytes,
        };
        state.unsynced.note_write(file, at, bytes.len() as u64)?;
        direct.write_at(bytes, at)
    }

    pub(super) fn reserve(
        &self,
        file: &Arc<File>,
        length: u64,
        reserve: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Write)?;
        state.unsynced.note_resize(file, length)?;
        reserve()
    }

    pub(super) fn sync(
        &self,
        file: &File,
        sync: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let stall = std::mem::take(&mut self.state().stall);
        thread::sleep(stall);
        let mut state = self.state();
        let begun = state.begin(Operation::Sync);
        match begun.and_then(|_| if self.really { sync() } else { Ok(()) }) {
            Ok(()) => state.unsynced.synced(file),
            Err(error) => {
                state.unsynced.sync_failed(file)?;
                Err(error)
            }
        }
    }

    pub(super) fn sync_folder(
        &self,
        path: &Path,
        sync: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::SyncFolder)?;
        if self.really {
            sync()?;
        }
        state.unsynced.folder_synced(path);
        Ok(())
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Rename)?;
        state.unsynced.note_rename(from, to)?;
        fs::rename(from, to)
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Remove)?;
        state.unsynced.note_remove(path)?;
        fs::remove_file(path)
    }
}

#[cfg(test)]
impl Faulty {
    /// The power goes, and with it what was not synced. Nothing is done on this disk until
    /// [`Faulty::power_on`].
    pub(crate) fn lose_power(&self, loss: Loss) -> io::Result<()> {
        let mut state = self.state();
        state.dark = true;
        state.unsynced.lose(loss)
    }

    /// The power is back; what was planned is forgotten.
    pub(crate) fn power_on(&self) {
        let mut state = self.state();
        (state.dark, state.planned) = (false, vec![]);
    }

    /// Whether a planned power loss has come.
    pub(crate) fn is_dark(&self) -> bool {
        self.state().dark
    }

    /// How often what was done.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }
}
