//! The data directory: made, checked and locked.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::layout::IDENTITY_UNFINISHED;
use super::{Error, Identity, identity};
use crate::log::disk::{Disk, Folder};
use crate::mutants::mutant;

/// What may lie in a directory that somebody else made for us.
const HARMLESS: [&str; 1] = ["lost+found"];

/// A data directory that is ours alone as long as this lives.
#[derive(Debug)]
pub(crate) struct Directory {
    disk: Disk,
    data: PathBuf,
    log: PathBuf,
    log_folder: Folder,
    /// Holds the lock; the system lets it go when the process ends, however it ends.
    _lock: File,
}

impl Directory {
    /// Opens or makes the data directory, and locks it.
    pub(crate) fn open(disk: &Disk, path: &Path) -> Result<Directory, Error> {
        // Its identity was written before anything was promised.
        let promised = Identity::read(disk, path)?.is_some();
        make(disk, path, promised)?;
        let log = path.join("log");
        if !log.is_dir() {
            identity::refuse_lost(disk, path)?;
            mutant!(ForeignDirectoryTaken, refuse_foreign(disk, path)?, ());
        }
        let lock_path = path.join("lock");
        let locked = disk.lock(&lock_path).map_err(Error::io("lock", &lock_path))?;
        let lock = locked.ok_or_else(|| Error::Locked(path.to_owned()))?;
        if !log.is_dir() {
            make_one(disk, &log)?;
        }
        let snapshots = path.join("snapshots");
        if !snapshots.is_dir() {
            make_one(disk, &snapshots)?;
        }
        // Also if an earlier start made names in it, and ended before it synced them.
        mutant!(OldNamesNotSynced, sync(disk, path)?, ());
        let log_folder = disk.open_folder(&log).map_err(Error::io("open", &log))?;
        Ok(Directory { disk: disk.clone(), data: path.to_owned(), log, log_folder, _lock: lock })
    }

    /// The disk that it is on.
    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// What holds all of it.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Where the snapshots lie.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.data.join("snapshots")
    }

    /// Where the segments lie.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Syncs it, so that the segments that were made, renamed or removed in it stay so.
    pub(super) fn sync(&self) -> Result<(), Error> {
        mutant!(NoDirectorySync, self.log_folder.sync(), Ok(()))
            .map_err(Error::io("sync", &self.log))
    }
}

/// A data directory on which no node starts as long as this lives, and of which nothing is changed.
#[derive(Debug)]
pub(crate) struct Resting {
    /// Whose it is.
    pub identity: Identity,
    /// None where no node ever locked it.
    _lock: Option<File>,
}

impl Resting {
    /// Locks the data directory of a node.
    ///
    /// # Errors
    /// [`Error::Locked`]: its node runs. [`Error::Nobodys`]: it is none.
    pub(crate) fn open(disk: &Disk, path: &Path) -> Result<Resting, Error> {
        let lock_path = path.join("lock");
        let lock = disk.lock_if_there(&lock_path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => Error::Locked(path.to_owned()),
            _ => Error::io("lock", &lock_path)(error),
        })?;
        match Identity::read(disk, path)? {
            Some(identity) => Ok(Resting { identity, _lock: lock }),
            None => Err(Error::Nobodys(path.to_owned())),
        }
    }
}

/// Makes a directory and those above it, each synced into the one that holds it. As long as nothing
/// was promised, also those that are there already: an earlier start may have ended between making
/// and syncing them.
fn make(disk: &Disk, path: &Path, promised: bool) -> Result<(), Error> {
    let is_there = path.is_dir();
    let parent = parent(path);
    if parent == path || (is_there && mutant!(KilledStartForgotten, promised, true)) {
        return Ok(());
    }
    make(disk, parent, promised)?;
    if !is_there {
        make_one(disk, path)?;
    }
    match mutant!(NewDirectoryNotSynced, sync(disk, parent), Ok(())) {
        Err(Error::Io { source, .. }) if is_there && is_not_ours(&source, parent) => Ok(()),
        synced => synced,
    }
}

/// Whether no start can have made anything in a directory that cannot be synced for this reason, or
/// nothing can be done about it: its file system is only read, or has no such sync, or the
/// directory may be neither read nor written. Where it may be written and not read, an earlier
/// start may have made a name that a power failure takes away.
fn is_not_ours(error: &io::Error, path: &Path) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    match error.kind() {
        PermissionDenied => mutant!(UnreadablePassedOver, !may_write(path), true),
        kind => matches!(kind, InvalidInput | ReadOnlyFilesystem | Unsupported),
    }
}

fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

fn make_one(disk: &Disk, path: &Path) -> Result<(), Error> {
    match disk.create_folder(path) {
        // Another node that was started at the same time may have made it since.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.map_err(Error::io("make the directory", path)),
    }
}

/// The directory that holds this one; the highest holds itself.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        None if path.has_root() => path,
        parent => parent.filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")),
    }
}

/// A directory without a log must not hold anything: it is somebody else's.
fn refuse_foreign(disk: &Disk, path: &Path) -> Result<(), Error> {
    for entry in disk.list(path).map_err(Error::io("list", path))? {
        let name = entry.file_name().unwrap_or_default();
        if name != "lock"
            && name != IDENTITY_UNFINISHED
            && !HARMLESS.iter().any(|harmless| name == *harmless)
        {
            return Err(Error::Foreign(entry));
        }
    }
    Ok(())
}

/// Syncs a directory, so that what was made in it stays so.
fn sync(disk: &Disk, path: &Path) -> Result<(), Error> {
    disk.sync_folder(path).map_err(Error::io("sync", path))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use rustix::io::Errno;

    use super::*;
    use crate::log::disk::{Fault, Faulty, Operation};

    fn open(path: &Path) -> Result<Directory, Error> {
        Directory::open(&Disk::default(), path)
    }

    #[test]
    fn a_directory_is_made_and_locked() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b");
        let first = open(&path).unwrap();
        let error = open(&path).unwrap_err();
        assert!(matches!(error, Error::Locked(_)));
        assert!(error.to_string().contains("a/b is in use by another process"), "{error}");
        drop(first);
        open(&path).unwrap();
    }

    #[test]
    fn directories_above_are_synced_where_that_can_be() {
        for (errno, passes) in [
            (Errno::ACCESS, !may_write(Path::new("/"))),
            (Errno::INVAL, true),
            (Errno::OPNOTSUPP, true),
            (Errno::ROFS, true),
            (Errno::IO, false),
        ] {
            let temp = tempfile::tempdir().unwrap();
            let faulty = Arc::new(Faulty::new(false));
            let disk = Disk::faulty(faulty.clone());
            // The first is the highest.
            faulty.plan(Some(Operation::SyncFolder), 0, Fault::Refused(errno));
            let opened = Directory::open(&disk, temp.path());
            assert_eq!(opened.is_ok(), passes, "{errno}");
        }
    }

    #[test]
    fn a_directory_above_that_may_be_written_and_not_read_is_told_of_at_every_start() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("data");
        let above = path.ancestors().skip(1).count() as u64;
        for start in 1..=3 {
            let faulty = Arc::new(Faulty::new(false));
            let denied = Fault::Refused(Errno::ACCESS);
            // The one that holds it is synced last.
            faulty.plan(Some(Operation::SyncFolder), above - 1, denied);
            let error = Directory::open(&Disk::faulty(faulty), &path).unwrap_err().to_string();
            let told = format!("cannot sync {}", temp.path().display());
            assert!(error.starts_with(&told), "start {start}: {error}");
            assert!(error.contains("hint: ") && path.is_dir(), "start {start}: {error}");
        }
    }

    #[test]
    fn nodes_that_start_together_share_the_directories_above_theirs() {
        for _ in 0..50 {
            let temp = tempfile::tempdir().unwrap();
            let open = |name: &str| open(&temp.path().join("run/data").join(name));
            std::thread::scope(|scope| {
                let nodes: Vec<_> =
                    ["1", "2", "3", "4"].map(|name| scope.spawn(move || open(name))).into();
                nodes.into_iter().for_each(|node| drop(node.join().unwrap().unwrap()));
            });
        }
    }

    #[test]
    fn a_directory_that_rests_is_locked_and_left_as_it_is() {
        let temp = tempfile::tempdir().unwrap();
        let rest = || Resting::open(&Disk::default(), temp.path());
        assert!(matches!(rest(), Err(Error::Nobodys(path)) if path == temp.path()));
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0, "nothing is made");
        let running = open(temp.path()).unwrap();
        let identity = Identity { node: 3, directory: 9 };
        identity.write(&Disk::default(), temp.path()).unwrap();
        assert!(matches!(rest(), Err(Error::Locked(path)) if path == temp.path()));
        drop(running);
        let resting = rest().unwrap();
        assert_eq!(resting.identity, identity);
        assert!(matches!(open(temp.path()), Err(Error::Locked(_))), "no node starts");
        drop(resting);
        open(temp.path()).unwrap();
        // Of a copy without that file nobody needs it.
        fs::remove_file(temp.path().join("lock")).unwrap();
        rest().unwrap();
        assert!(!temp.path().join("lock").exists());
    }

    #[test]
    fn somebody_elses_directory_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("thesis.tex"), "…").unwrap();
        let error = open(temp.path()).unwrap_err();
        assert!(matches!(error, Error::Foreign(_)));
        assert!(error.to_string().contains("thesis.tex"), "{error}");
        assert!(!temp.path().join("lock").exists(), "nothing was touched");
    }
}
