//! Files of snapshots that are read for backups, as they are on disk.
//!
//! Who reads one keeps it open, so it can be read to its end whatever is in place by then: what is
//! open keeps its room on the disk when it is removed. Who reads nothing for a while lets go of it.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use node::SnapshotNumber;

use super::Folder;
use crate::log::disk::File;

/// How many may be read at a time: each may keep the room of a whole snapshot.
const HOLDERS_MAX: usize = 4;
/// How long who reads nothing keeps one.
const IDLE: Duration = Duration::from_secs(60);

/// A part of a file that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PinnedRead {
    /// Who reads it.
    pub holder: u64,
    /// What the question is called.
    pub request: u64,
    /// The snapshot.
    pub number: SnapshotNumber,
    /// Where the part begins in its file.
    pub offset: u64,
    /// How long it is at most.
    pub bytes: usize,
}

/// The files that are kept open.
#[derive(Debug)]
pub(super) struct Pinned {
    folder: Folder,
    held: BTreeMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    number: SnapshotNumber,
    file: File,
    read_at: Instant,
}

impl Pinned {
    pub(super) fn new(folder: Folder) -> Pinned {
        Pinned { folder, held: BTreeMap::new() }
    }

    /// The part that is wanted; nothing of it lies behind the end. `None`: there is no such
    /// snapshot any more, it cannot be read, or too many others are being read.
    pub(super) fn read(&mut self, read: &PinnedRead, now: Instant) -> Option<Bytes> {
        if self.held.get(&read.holder).is_none_or(|held| held.number != read.number) {
            self.held.remove(&read.holder);
            if self.held.len() >= HOLDERS_MAX {
                return None;
            }
            let file = self.folder.disk().open_to_read(&self.folder.placed(read.number)).ok()?;
            self.held.insert(read.holder, Held { number: read.number, file, read_at: now });
        }
        let held = self.held.get_mut(&read.holder)?;
        held.read_at = now;
        let left = held.file.length().ok()?.saturating_sub(read.offset);
        let mut part = vec![0; left.min(read.bytes as u64) as usize];
        held.file.read_exact_at(&mut part, read.offset).ok()?;
        Some(part.into())
    }

    /// Somebody needs its file no more.
    pub(super) fn release(&mut self, holder: u64) {
        self.held.remove(&holder);
    }

    /// Lets go of what nobody has read for a while; gives when there may be more of that.
    pub(super) fn release_idle(&mut self, now: Instant) -> Option<Duration> {
        self.held.retain(|_, held| now < held.read_at + IDLE);
        let oldest = self.held.values().map(|held| held.read_at).min()?;
        Some((oldest + IDLE).saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::log::disk::Disk;

    fn read(holder: u64, number: u64, offset: u64) -> PinnedRead {
        PinnedRead { holder, request: 0, number: SnapshotNumber(number), offset, bytes: 3 }
    }

    #[test]
    fn what_is_read_stays_until_it_is_let_go() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(&Disk::default(), temp.path().to_owned()).unwrap();
        fs::write(folder.placed(SnapshotNumber(7)), "seven").unwrap();
        let (mut pinned, now) = (Pinned::new(folder.clone()), Instant::now());
        assert_eq!(pinned.read(&read(1, 7, 0), now), Some("sev".into()));
        fs::remove_file(folder.placed(SnapshotNumber(7))).unwrap();
        assert_eq!(pinned.read(&read(1, 7, 3), now), Some("en".into()));
        assert_eq!(pinned.read(&read(1, 7, 5), now), Some("".into()));
        assert_eq!(pinned.read(&read(1, 7, 9), now), Some("".into()), "behind its end");
        assert_eq!(pinned.read(&read(2, 7, 0), now), None, "it is gone");
        assert_eq!(pinned.release_idle(now), Some(IDLE));
        assert_eq!(pinned.release_idle(now + IDLE), None);
        assert_eq!(pinned.read(&read(1, 7, 0), now), None);
    }

    #[test]
    fn a_few_are_kept_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(&Disk::default(), temp.path().to_owned()).unwrap();
        fs::write(folder.placed(SnapshotNumber(7)), "seven").unwrap();
        let (mut pinned, now) = (Pinned::new(folder), Instant::now());
        let most = HOLDERS_MAX as u64;
        let all = (1..=most).all(|holder| pinned.read(&read(holder, 7, 0), now).is_some());
        assert!(all && pinned.read(&read(most + 1, 7, 0), now).is_none());
        pinned.release(1);
        assert!(pinned.read(&read(most + 1, 7, 0), now).is_some());
    }
}
