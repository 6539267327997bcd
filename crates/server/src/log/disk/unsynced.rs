//! What was done to a disk and is not synced yet: what a power loss may take away, and how.
//!
//! Changes are made to the real files at once, as the system's cache has them at once, and noted
//! here with what was there before. A sync of a file forgets the changes of its bytes and its
//! length; a sync of a directory those of names in it. What is noted when the power goes is undone,
//! the latest first.
//!
//! After a sync that failed, the system takes the pages for clean that it could not write (Rebello
//! et al., ATC'20): they are read as they were written, and no later sync brings them to the disk,
//! unless they are written again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the system writes together.
const PAGE_BYTES: u64 = 4096;
/// What the disk writes together.
pub(super) const SECTOR_BYTES: usize = 512;

/// How much of what was not synced a power loss takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// All of it.
    Everything,
    /// Some of it, by chance of this seed: sectors are there, or not, or torn, or overwritten;
    /// names are there up to some change.
    Part(u64),
}

/// A file, whatever its name is.
#[derive(Clone, Debug)]
struct Inode {
    file: Arc<File>,
    number: u64,
}

impl Inode {
    fn of(file: &Arc<File>) -> io::Result<Inode> {
        Ok(Inode { file: file.clone(), number: file.metadata()?.ino() })
    }
}

/// One change that is not synced.
#[derive(Debug)]
enum Change {
    /// Bytes of one page, which were these before.
    Written { of: Inode, at: u64, before: Vec<u8>, clean: bool },
    /// A length, which was this before.
    Resized { of: Inode, before: u64 },
    /// A new name, of a file or a directory.
    Made { path: PathBuf },
    /// Another name in the same directory; what was synced of the file that had it.
    Renamed { from: PathBuf, to: PathBuf, replaced: Option<Vec<u8>> },
    /// No name any more; what of its bytes was synced.
    Removed { path: PathBuf, synced: Vec<u8> },
}

impl Change {
    /// The file whose bytes or length it changed.
    fn inode(&self) -> Option<u64> {
        match self {
            Change::Written { of, .. } | Change::Resized { of, .. } => Some(of.number),
            _ => None,
        }
    }

    /// The directory whose names it changed.
    fn folder(&self) -> Option<&Path> {
        let path = match self {
            Change::Made { path } | Change::Removed { path, .. } => path,
            Change::Renamed { to, .. } => to,
            _ => return None,
        };
        // A name without a directory lies in the present one.
        path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder })
    }
}

/// All changes that are not synced, in order.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    changes: Vec<Change>,
}

impl Unsynced {
    /// So many bytes are about to be written there.
    pub(super) fn note_write(&mut self, file: &Arc<File>, at: u64, length: u64) -> io::Result<()> {
        let of = Inode::of(file)?;
        self.note_length(&of, at + length)?;
        let pages = at / PAGE_BYTES..(at + length).div_ceil(PAGE_BYTES);
        self.dirty(of.number, pages.start * PAGE_BYTES..pages.end * PAGE_BYTES);
        for page in pages {
            let from = at.max(page * PAGE_BYTES);
            let to = (at + length).min((page + 1) * PAGE_BYTES);
            let before = read(file, from, to - from)?;
            self.changes.push(Change::Written { of: of.clone(), at: from, before, clean: false });
        }
        Ok(())
    }

    /// The file may be about to become so long.
    pub(super) fn note_resize(&mut self, file: &Arc<File>, length: u64) -> io::Result<()> {
        self.note_length(&Inode::of(file)?, length)
    }

    fn note_length(&mut self, of: &Inode, length: u64) -> io::Result<()> {
        let before = of.file.metadata()?.len();
        if before < length {
            self.changes.push(Change::Resized { of: of.clone(), before });
        }
        Ok(())
    }

    /// Pages that were taken for clean are written again.
    fn dirty(&mut self, number: u64, range: std::ops::Range<u64>) {
        for change in &mut self.changes {
            if let Change::Written { of, at, clean, .. } = change
                && of.number == number
                && range.contains(at)
            {
                *clean = false;
            }
        }
    }

    /// A file or directory was made there.
    pub(super) fn note_made(&mut self, path: &Path) {
        self.changes.push(Change::Made { path: path.to_owned() });
    }

    /// A file is about to get another name.
    pub(super) fn note_rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let replaced = if to.exists() { Some(self.take_synced(to)?) } else { None };
        self.changes.push(Change::Renamed { from: from.to_owned(), to: to.to_owned(), replaced });
        Ok(())
    }

    /// A file is about to be removed.
    pub(super) fn note_remove(&mut self, path: &Path) -> io::Result<()> {
        let synced = self.take_synced(path)?;
        self.changes.push(Change::Removed { path: path.to_owned(), synced });
        Ok(())
    }

    /// What of a file's bytes is synced; forgets what is not.
    fn take_synced(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let mut synced = fs::read(path)?;
        let number = fs::metadata(path)?.ino();
        for change in self.changes.iter().rev().filter(|change| change.inode() == Some(number)) {
            match change {
                Change::Written { at, before, .. } => {
                    let at = *at as usize;
                    synced[at..at + before.len()].copy_from_slice(before);
                }
                Change::Resized { before, .. } => synced.truncate(*before as usize),
                _ => {}
            }
        }
        self.changes.retain(|change| change.inode() != Some(number));
        Ok(synced)
    }

    /// The bytes of a file are synced, but for those that the system took for clean.
    pub(super) fn synced(&mut self, file: &File) -> io::Result<()> {
        let number = file.metadata()?.ino();
        self.changes.retain(|change| {
            change.inode() != Some(number) || matches!(change, Change::Written { clean: true, .. })
        });
        Ok(())
    }

    /// A sync of a file failed.
    pub(super) fn sync_failed(&mut self, file: &File) -> io::Result<()> {
        let number = file.metadata()?.ino();
        for change in &mut self.changes {
            if let Change::Written { of, clean, .. } = change
                && of.number == number
            {
                *clean = true;
            }
        }
        Ok(())
    }

    /// The names in a directory are synced.
    pub(super) fn folder_synced(&mut self, path: &Path) {
        self.changes.retain(|change| change.folder() != Some(path));
    }

    /// The power is gone.
    pub(super) fn lose(&mut self, loss: Loss) -> io::Result<()> {
        let mut random = match loss {
            Loss::Everything => None,
            Loss::Part(seed) => Some(Random(seed)),
        };
        // A directory's names are kept up to some change, as a journal does: where one was kept,
        // all before it are.
        let mut kept = BTreeSet::new();
        for change in std::mem::take(&mut self.changes).into_iter().rev() {
            if let Some(folder) = change.folder() {
                let keeps = random.as_mut().is_some_and(|random| random.below(2) == 0);
                if kept.contains(folder) || keeps {
                    kept.insert(folder.to_owned());
                    continue;
                }
            }
            undo(change, &mut random)?;
        }
        Ok(())
    }
}

/// What lies there; less at the end of the file.
fn read(file: &File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], at + filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    // What was not there is lost with the length; where the length stays, zeros are there.
    Ok(bytes)
}

fn undo(change: Change, random: &mut Option<Random>) -> io::Result<()> {
    match change {
        Change::Written { of, at, before, .. } => undo_write(&of.file, at, before, random),
        Change::Resized { of, before } => {
            let keeps = random.as_mut().is_some_and(|random| random.below(2) == 0);
            if keeps { Ok(()) } else { of.file.set_len(before) }
        }
        Change::Made { path } if path.is_dir() => fs::remove_dir_all(path),
        Change::Made { path } => fs::remove_file(path),
        Change::Renamed { from, to, replaced } => {
            fs::rename(&to, from)?;
            replaced.map_or(Ok(()), |synced| fs::write(to, synced))
        }
        Change::Removed { path, synced } => fs::write(path, synced),
    }
}

/// Brings back what was there before, sector by sector; or some of it.
fn undo_write(
    file: &File,
    at: u64,
    before: Vec<u8>,
    random: &mut Option<Random>,
) -> io::Result<()> {
    let Some(random) = random else { return file.write_all_at(&before, at) };
    let mut bytes = read(file, at, before.len() as u64)?;
    let first = SECTOR_BYTES - at as usize % SECTOR_BYTES;
    let mut from = 0;
    while from < bytes.len() {
        let to = (if from == 0 { first } else { from + SECTOR_BYTES }).min(bytes.len());
        random.harm(&mut bytes[from..to], &before[from..to]);
        from = to;
    }
    file.write_all_at(&bytes, at)
}

/// Numbers of a seed (splitmix64).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    /// What a power loss leaves of a sector that was being written.
    fn harm(&mut self, bytes: &mut [u8], before: &[u8]) {
        let tear = self.below(bytes.len() as u64 + 1) as usize;
        match self.below(4) {
            0 => {}
            1 => bytes.copy_from_slice(before),
            2 => bytes[tear..].copy_from_slice(&before[tear..]),
            // It is assumed that bytes which are written as they were are not harmed.
            _ => std::iter::zip(&mut bytes[tear..], &before[tear..])
                .filter(|(byte, before)| byte != before)
                .for_each(|(byte, _)| *byte = self.next() as u8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_present_directory_is_durable_once_that_is_synced() {
        let mut unsynced = Unsynced::default();
        unsynced.note_made(Path::new("data"));
        unsynced.folder_synced(Path::new("data"));
        assert_eq!(unsynced.changes.len(), 1);
        unsynced.folder_synced(Path::new("."));
        assert!(unsynced.changes.is_empty());
    }
}
