//! The seam below the log: all that it does with files and directories goes through here.
//!
//! A [`Disk`] is the system's, or a [`Faulty`] one for tests: that one counts what is done, fails
//! it on demand, and can lose its power, upon which all that was not synced is lost. It works on
//! real files too, so the log is tested as it runs.
//!
//! ```text
//!   log ──▶ Disk, File, Folder ──▶ std::fs
//!                 │                   ▲
//!                 └──▶ Faulty ────────┘     in tests and in test mode
//!                        └── Unsynced       what a power loss takes away
//! ```
//!
//! The cost without faults is one branch for each call to the system.

mod faulty;
#[cfg(test)]
mod tests;
mod unsynced;

use std::fs::{self, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use crate::mutants::mutant;
pub(crate) use faulty::{Fault, Faulty, Operation};
#[cfg(test)]
pub(crate) use tests::goes_past_cache;
pub(crate) use unsynced::Loss;

/// Where files lie. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    /// There if this disk has faults.
    faulty: Option<Arc<Faulty>>,
}

impl Disk {
    /// A disk with these faults.
    pub(crate) fn faulty(faulty: Arc<Faulty>) -> Disk {
        Disk { faulty: Some(faulty) }
    }

    /// Makes an empty file, in place of one that may be there.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        let create =
            || fs::File::options().read(true).write(true).create(true).truncate(true).open(path);
        let created = match &self.faulty {
            None => create(),
            Some(faulty) => faulty.create(path, create),
        };
        created.map(|file| self.file(file, path))
    }

    /// Opens a file, for reading and writing.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let open = || fs::File::options().read(true).write(true).open(path);
        let opened = match &self.faulty {
            None => open(),
            Some(faulty) => faulty.open(open),
        };
        opened.map(|file| self.file(file, path))
    }

    /// Opens a file for reading alone.
    pub(crate) fn open_to_read(&self, path: &Path) -> io::Result<File> {
        let open = || fs::File::open(path);
        let opened = match &self.faulty {
            None => open(),
            Some(faulty) => faulty.open(open),
        };
        let faulty = self.faulty.clone();
        opened.map(|file| File { file: Arc::new(file), direct: None, faulty })
    }

    fn file(&self, file: fs::File, path: &Path) -> File {
        File { file: Arc::new(file), direct: open_direct(path), faulty: self.faulty.clone() }
    }

    /// Opens a directory.
    pub(crate) fn open_folder(&self, path: &Path) -> io::Result<Folder> {
        let open = || fs::File::open(path);
        let handle = match &self.faulty {
            None => open()?,
            Some(faulty) => faulty.open(open)?,
        };
        Ok(Folder { handle, path: path.to_owned(), faulty: self.faulty.clone() })
    }

    /// Makes the names in a directory durable.
    pub(crate) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.open_folder(path)?.sync()
    }

    /// Makes a directory.
    pub(crate) fn create_folder(&self, path: &Path) -> io::Result<()> {
        match &self.faulty {
            None => fs::create_dir(path),
            Some(faulty) => faulty.create_folder(path),
        }
    }

    /// The paths of all that lies in a directory.
    pub(crate) fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let list = || fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect();
        match &self.faulty {
            None => list(),
            Some(faulty) => faulty.read(list),
        }
    }

    /// All of a file.
    pub(crate) fn read_text(&self, path: &Path) -> io::Result<String> {
        let read = || fs::read_to_string(path);
        match &self.faulty {
            None => read(),
            Some(faulty) => faulty.read(read),
        }
    }

    /// Gives a file another name in the same directory, in place of one that may have it.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match &self.faulty {
            None => fs::rename(from, to),
            Some(faulty) => faulty.rename(from, to),
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        match &self.faulty {
            None => fs::remove_file(path),
            Some(faulty) => faulty.remove(path),
        }
    }

    /// Locks a file, which is made if need be; `None`: another process has it locked. A lock is
    /// nothing that could be lost: the system lets it go when the process ends, however it ends.
    pub(crate) fn lock(&self, path: &Path) -> io::Result<Option<fs::File>> {
        let lock = fs::File::options().create(true).truncate(false).write(true).open(path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(mutant!(LockIgnored, None, Some(lock))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Locks a file, if it is there; nothing is made, and it need not be ours to write.
    ///
    /// # Errors
    /// `WouldBlock`: another process has it locked.
    pub(crate) fn lock_if_there(&self, path: &Path) -> io::Result<Option<fs::File>> {
        let lock = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            lock => lock?,
        };
        mutant!(RestingNotLocked, lock.try_lock()?, ());
        Ok(Some(lock))
    }

    /// Whether files can be made at all now. Of a disk without faults that is not known before one
    /// is made.
    pub(crate) fn find_room(&self) -> io::Result<()> {
        self.faulty.as_ref().map_or(Ok(()), |faulty| faulty.find_room())
    }

    /// Bytes that are free in the file system of this directory; as many as can be counted where
    /// the system does not say.
    pub(crate) fn room_bytes(&self, path: &Path) -> u64 {
        let told = rustix::fs::statvfs(path);
        told.map_or(u64::MAX, |told| told.f_bavail.saturating_mul(told.f_frsize))
    }

    /// Whether what is made can be refused at any moment, because somebody says so.
    pub(crate) fn has_faults(&self) -> bool {
        self.faulty.is_some()
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File {
    file: Arc<fs::File>,
    /// The same file, for writes past the system's cache, if the file system has them.
    direct: Option<fs::File>,
    faulty: Option<Arc<Faulty>>,
}

impl File {
    /// How long it is.
    pub(crate) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Lets the system forget what it has of it in memory, if it does so: what is read from now on
    /// comes from the disk.
    pub(crate) fn forget_cached(&self) {
        // Not in tests: what only seems to be synced would be written now.
        #[cfg(target_os = "linux")]
        if self.faulty.is_none() {
            let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
        }
    }

    /// Makes it so long, with zeros at the end, and reserves the room where the file system can do
    /// so.
    pub(crate) fn reserve(&self, length: u64) -> io::Result<()> {
        match &self.faulty {
            None => reserve(&self.file, length),
            Some(faulty) => faulty.reserve(&self.file, length, || reserve(&self.file, length)),
        }
    }

    /// Writes all of these bytes; past the system's cache where it lets us, which takes whole
    /// blocks in memory that begins at a block.
    pub(crate) fn write_blocks_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let written = match &self.direct {
            Some(direct) => {
                self.write_past_cache(direct, bytes, offset).or_else(none_if_refused)?
            }
            None => 0,
        };
        self.write_all_at(&bytes[written..], offset + written as u64)
    }

    fn write_past_cache(&self, direct: &fs::File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        match &self.faulty {
            None => direct.write_at(bytes, offset),
            Some(faulty) => faulty.write_past_cache(&self.file, direct, bytes, offset),
        }
    }

    /// Makes its bytes durable, and the length that they need.
    pub(crate) fn sync_data(&self) -> io::Result<()> {
        self.sync(|| self.file.sync_data())
    }

    /// Makes its bytes durable, and all that the system knows of them.
    pub(crate) fn sync_all(&self) -> io::Result<()> {
        self.sync(|| self.file.sync_all())
    }

    fn sync(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match &self.faulty {
            None => sync(),
            Some(faulty) => faulty.sync(&self.file, sync),
        }
    }
}

impl FileExt for File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.faulty {
            None => self.file.read_at(bytes, offset),
            Some(faulty) => faulty.read(|| self.file.read_at(bytes, offset)),
        }
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        match &self.faulty {
            None => self.file.write_at(bytes, offset),
            Some(faulty) => faulty.write(&self.file, bytes, offset),
        }
    }
}

/// Nothing was written, if all that is wrong is the way past the system's cache.
fn none_if_refused(error: io::Error) -> io::Result<usize> {
    match Errno::from_io_error(&error) {
        // No whole blocks, the file system has others, or it has no such way after all.
        Some(Errno::INVAL | Errno::OPNOTSUPP | Errno::INTR) => Ok(0),
        _ => Err(error),
    }
}

/// Opens a file for writes past the system's cache.
fn open_direct(path: &Path) -> Option<fs::File> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let direct = rustix::fs::OFlags::DIRECT.bits().cast_signed();
        fs::File::options().write(true).custom_flags(direct).open(path).ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

fn reserve(file: &fs::File, length: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, length) {
        // Where the file system cannot reserve, it finds room when the bytes are written.
        Err(Errno::OPNOTSUPP) => {}
        result => return Ok(result?),
    }
    file.set_len(length)
}

/// An open directory. Kept open, so that a sync needs nothing that the system might not have.
#[derive(Debug)]
pub(crate) struct Folder {
    handle: fs::File,
    path: PathBuf,
    faulty: Option<Arc<Faulty>>,
}

impl Folder {
    /// Makes the names in it durable: of what was made, renamed or removed there.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let sync = || self.handle.sync_all();
        match &self.faulty {
            None => sync(),
            Some(faulty) => faulty.sync_folder(&self.path, sync),
        }
    }
}
