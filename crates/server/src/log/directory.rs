//! The data directory: made, checked and locked.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, identity};

/// What may lie in a directory that somebody else made for us.
const HARMLESS: [&str; 1] = ["lost+found"];

/// A data directory that is ours alone as long as this lives.
#[derive(Debug)]
pub(crate) struct Directory {
    data: PathBuf,
    log: PathBuf,
    /// Kept open, so that a sync needs nothing that the system might not have.
    log_handle: File,
    /// Holds the lock; the system lets it go when the process ends, however it ends.
    _lock: File,
}

impl Directory {
    /// Opens or makes the data directory, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Directory, Error> {
        make(path)?;
        let log = path.join("log");
        if !log.is_dir() {
            identity::refuse_lost(path)?;
            refuse_foreign(path)?;
        }
        let lock_path = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(Error::io("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => {
                return Err(Error::Io { doing: "lock", path: lock_path, source });
            }
        }
        make(&log)?;
        let log_handle = File::open(&log).map_err(Error::io("open", &log))?;
        Ok(Directory { data: path.to_owned(), log, log_handle, _lock: lock })
    }

    /// What holds all of it.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Where the segments lie.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Syncs it, so that the segments that were made, renamed or removed in it stay so.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.log_handle.sync_all().map_err(Error::io("sync", &self.log))
    }
}

/// Makes a directory and those above it, each synced into the one that holds it.
fn make(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if parent != path {
        make(parent)?;
    }
    match fs::create_dir(path) {
        // Another node that was started at the same time may have made it since.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made.map_err(Error::io("make the directory", path))?,
    }
    sync(parent)
}

/// A directory without a log must not hold anything: it is somebody else's.
fn refuse_foreign(path: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(path).map_err(Error::io("list", path))? {
        let entry = entry.map_err(Error::io("list", path))?;
        let name = entry.file_name();
        if name != "lock"
            && name != identity::NAME_UNFINISHED
            && !HARMLESS.iter().any(|harmless| name == *harmless)
        {
            return Err(Error::Foreign(entry.path()));
        }
    }
    Ok(())
}

/// Syncs a directory, so that what was made in it stays so.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(Error::io("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_and_locked() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b");
        let first = Directory::open(&path).unwrap();
        let error = Directory::open(&path).unwrap_err();
        assert!(matches!(error, Error::Locked(_)));
        assert!(error.to_string().contains("a/b is in use by another process"), "{error}");
        drop(first);
        Directory::open(&path).unwrap();
    }

    #[test]
    fn nodes_that_start_together_share_the_directories_above_theirs() {
        for _ in 0..50 {
            let temp = tempfile::tempdir().unwrap();
            let open = |name: &str| Directory::open(&temp.path().join("run/data").join(name));
            std::thread::scope(|scope| {
                let nodes: Vec<_> =
                    ["1", "2", "3", "4"].map(|name| scope.spawn(move || open(name))).into();
                nodes.into_iter().for_each(|node| drop(node.join().unwrap().unwrap()));
            });
        }
    }

    #[test]
    fn somebody_elses_directory_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("thesis.tex"), "…").unwrap();
        let error = Directory::open(temp.path()).unwrap_err();
        assert!(matches!(error, Error::Foreign(_)));
        assert!(error.to_string().contains("thesis.tex"), "{error}");
        assert!(!temp.path().join("lock").exists(), "nothing was touched");
    }
}
