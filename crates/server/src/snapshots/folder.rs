//! The directory that snapshots lie in, and their names.

use std::path::{Path, PathBuf};

use node::SnapshotNumber;

use super::Error;
use super::layout::{BAD, PLACED, UNFINISHED};
use crate::log::{self, disk::Disk};
use crate::mutants::mutant;

/// How many bad snapshots are kept for people to look at.
const BAD_MAX: usize = 2;

/// The directory of the snapshots.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    disk: Disk,
    path: PathBuf,
}

impl Folder {
    /// Opens the directory at this path, which is there. What an earlier life did not finish is
    /// removed; what it named and did not sync is durable.
    pub(crate) fn open(disk: &Disk, path: PathBuf) -> Result<Folder, Error> {
        let folder = Folder { disk: disk.clone(), path };
        for path in folder.list()? {
            if mutant!(UnfinishedSnapshotKept, number_of(&path, UNFINISHED).is_some(), false) {
                folder.remove(&path)?;
            }
        }
        mutant!(SnapshotNamesNotSyncedAtStart, folder.sync()?, ());
        Ok(folder)
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The numbers of those that are in place, the newest first.
    pub(super) fn numbers(&self) -> Result<Vec<SnapshotNumber>, Error> {
        let paths = self.list()?;
        let mut numbers: Vec<_> = paths.iter().filter_map(|path| number_of(path, PLACED)).collect();
        numbers.sort();
        numbers.reverse();
        Ok(numbers)
    }

    /// Where the snapshot of this number lies once it is in place.
    pub(super) fn placed(&self, number: SnapshotNumber) -> PathBuf {
        self.named(number, PLACED)
    }

    /// Where it lies while it is written.
    pub(super) fn unfinished(&self, number: SnapshotNumber) -> PathBuf {
        self.named(number, UNFINISHED)
    }

    /// Puts a snapshot in place that is whole and synced.
    pub(super) fn place(&self, number: SnapshotNumber) -> Result<(), Error> {
        self.rename(&self.unfinished(number), &self.placed(number))
    }

    /// Where those lie that were found bad, in this life or before.
    pub(crate) fn bad(&self) -> Result<Vec<PathBuf>, Error> {
        let mut paths = self.list()?;
        paths.retain(|path| number_of(path, BAD).is_some());
        paths.sort();
        Ok(paths)
    }

    /// The numbers of those that were found bad, the oldest first.
    pub(super) fn bad_numbers(&self) -> Result<Vec<SnapshotNumber>, Error> {
        Ok(self.bad()?.iter().filter_map(|path| number_of(path, BAD)).collect())
    }

    /// Gives a bad snapshot another name, so that no start takes it for one. Of all that have such
    /// a name the newest few are kept.
    pub(super) fn set_aside(&self, number: SnapshotNumber) -> Result<PathBuf, Error> {
        let aside = self.named(number, BAD);
        self.rename(&self.placed(number), &aside)?;
        let bad = self.bad()?;
        let older = bad.len().saturating_sub(mutant!(BadSnapshotsKept, BAD_MAX, usize::MAX));
        // What cannot be removed takes room, and is tried again.
        bad[..older].iter().for_each(|path| drop(self.remove(path)));
        Ok(aside)
    }

    /// Removes all snapshots but these.
    pub(super) fn keep_only(&self, kept: &[SnapshotNumber]) -> Result<(), Error> {
        let numbers = self.numbers()?;
        let mut older = numbers.into_iter().filter(|number| !kept.contains(number)).peekable();
        if older.peek().is_none() {
            return Ok(());
        }
        older.try_for_each(|number| self.remove_placed(number))?;
        self.sync()
    }

    pub(super) fn remove_placed(&self, number: SnapshotNumber) -> Result<(), Error> {
        self.remove(&self.placed(number))
    }

    pub(super) fn remove(&self, path: &Path) -> Result<(), Error> {
        Ok(self.disk.remove(path).map_err(log::Error::io("remove", path))?)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.disk.rename(from, to).map_err(log::Error::io("rename", from))?;
        mutant!(SnapshotNameNotSynced, self.sync(), Ok(()))
    }

    fn sync(&self) -> Result<(), Error> {
        let synced = self.disk.sync_folder(&self.path);
        Ok(synced.map_err(log::Error::io("sync", &self.path))?)
    }

    fn list(&self) -> Result<Vec<PathBuf>, Error> {
        Ok(self.disk.list(&self.path).map_err(log::Error::io("list", &self.path))?)
    }

    fn named(&self, number: SnapshotNumber, suffix: &str) -> PathBuf {
        self.path.join(format!("{:020}{suffix}", number.0))
    }
}

/// The snapshots that are in place in the folder at this path, the newest first. Nothing is changed
/// there.
pub(crate) fn placed_in(disk: &Disk, path: &Path) -> Result<Vec<(SnapshotNumber, PathBuf)>, Error> {
    let folder = Folder { disk: disk.clone(), path: path.to_owned() };
    let numbers = folder.numbers()?.into_iter();
    Ok(numbers.map(|number| (number, folder.placed(number))).collect())
}

/// The number of the snapshot whose file has this name, if it ends like this.
fn number_of(path: &Path, suffix: &str) -> Option<SnapshotNumber> {
    let digits = path.file_name()?.to_str()?.strip_suffix(suffix)?;
    let is_plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten().map(SnapshotNumber)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names_are_told_apart_and_what_was_not_finished_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        for name in ["7.snap", "00000000000000000009.new", "00000000000000000003.bad", "notes"] {
            fs::write(temp.path().join(name), "x").unwrap();
        }
        let folder = Folder::open(&Disk::default(), temp.path().to_owned()).unwrap();
        assert!(!folder.unfinished(SnapshotNumber(9)).exists());
        assert_eq!(folder.numbers().unwrap(), []);
        for number in [8, 12, 11].map(SnapshotNumber) {
            fs::write(folder.placed(number), "x").unwrap();
        }
        assert_eq!(folder.numbers().unwrap(), [12, 11, 8].map(SnapshotNumber));
        folder.set_aside(SnapshotNumber(12)).unwrap();
        folder.keep_only(&[SnapshotNumber(11)]).unwrap();
        assert_eq!(folder.numbers().unwrap(), [SnapshotNumber(11)]);
        assert!(temp.path().join("00000000000000000012.bad").exists());
    }

    #[test]
    fn of_bad_ones_the_newest_two_are_kept() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(&Disk::default(), temp.path().to_owned()).unwrap();
        for number in [3, 4, 7, 9].map(SnapshotNumber) {
            fs::write(folder.placed(number), "x").unwrap();
            folder.set_aside(number).unwrap();
        }
        assert_eq!(folder.bad_numbers().unwrap(), [7, 9].map(SnapshotNumber));
    }
}
