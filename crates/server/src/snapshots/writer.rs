//! Writing a snapshot.

use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use node::SnapshotNumber;

use super::format::{self, Header};
use super::layout::{HEADER_BYTES, PIECE_BYTES};
use super::pace::Pace;
use super::{Error, Folder, Reader};
use crate::log::{self, disk::File};
use crate::mutants::mutant;

/// So many bytes are synced together: what the log syncs meanwhile waits for them.
const SYNC_BYTES: usize = 256 << 10;

/// A snapshot that is being written, under a name that no start takes for one.
#[derive(Debug)]
pub(super) struct Unfinished {
    folder: Folder,
    number: SnapshotNumber,
    file: File,
    path: PathBuf,
    /// What comes next in the file: less than a piece.
    piece: Vec<u8>,
    /// The checksums of all pieces before it.
    table: Vec<u32>,
}

impl Unfinished {
    /// Begins a snapshot.
    pub(super) fn begin(folder: &Folder, number: SnapshotNumber) -> Result<Unfinished, Error> {
        let path = folder.unfinished(number);
        let file = folder.disk().create(&path).map_err(log::Error::io("make", &path))?;
        let (folder, piece) = (folder.clone(), Vec::with_capacity(PIECE_BYTES));
        Ok(Unfinished { folder, number, file, path, piece, table: vec![] })
    }

    pub(super) fn number(&self) -> SnapshotNumber {
        self.number
    }

    /// How many bytes were given so far.
    pub(super) fn bytes(&self) -> u64 {
        (self.table.len() * PIECE_BYTES + self.piece.len()) as u64
    }

    /// Takes the next bytes. Whole pieces are on disk when this comes back.
    pub(super) fn write(&mut self, mut bytes: &[u8], pace: &mut Pace) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = PIECE_BYTES - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            if self.piece.len() == PIECE_BYTES {
                self.write_piece(pace)?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn write_piece(&mut self, pace: &mut Pace) -> Result<(), Error> {
        let mut at = (HEADER_BYTES + self.table.len() * PIECE_BYTES) as u64;
        for part in self.piece.chunks(SYNC_BYTES) {
            self.write_at(part, at)?;
            self.file.sync_data().map_err(log::Error::io("sync", &self.path))?;
            pace.pause(part.len());
            at += part.len() as u64;
        }
        self.table.push(crc32c::crc32c(&self.piece));
        self.piece.clear();
        Ok(())
    }

    /// Writes what is left, puts the snapshot on disk, reads it back, and puts it in place. It
    /// holds all frames before `first`.
    ///
    /// # Errors
    /// [`Error::Ended`] if the server ends meanwhile.
    pub(super) fn finish(
        &mut self,
        first: u64,
        ending: &AtomicBool,
        pace: &mut Pace,
    ) -> Result<(), Error> {
        let bytes = self.bytes();
        if !self.piece.is_empty() {
            self.write_piece(pace)?;
        }
        let end = format::encode_end(bytes, &self.table);
        self.write_at(&end, HEADER_BYTES as u64 + bytes)?;
        self.write_at(&Header { number: self.number, first, bytes }.encode(), 0)?;
        let synced = mutant!(SnapshotNotSynced, self.file.sync_all(), Ok(()));
        synced.map_err(log::Error::io("sync", &self.path))?;
        mutant!(SnapshotNotReadBack, self.read_back(ending, pace)?, ());
        self.folder.place(self.number)
    }

    /// Holds what is on disk against the checksums that were made in memory.
    fn read_back(&self, ending: &AtomicBool, pace: &mut Pace) -> Result<(), Error> {
        self.file.forget_cached();
        let reader = Reader::open_at(&self.folder, self.number, self.path.clone())?;
        reader.for_each_piece(|piece| {
            pace.pause(piece.len());
            match ending.load(Ordering::Relaxed) {
                true => Err(Error::Ended),
                false => Ok(()),
            }
        })?;
        // Nobody needs it in memory: what is read next of it is read for another member.
        reader.forget_cached();
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), Error> {
        Ok(self.file.write_all_at(bytes, at).map_err(log::Error::io("write to", &self.path))?)
    }

    /// Gives it up. What cannot be removed now is removed at the next start.
    pub(super) fn give_up(self) {
        // It may have its final name, and failed after that.
        let remove =
            || self.folder.remove(&self.path).or_else(|_| self.folder.remove_placed(self.number));
        let _ = mutant!(GivenUpSnapshotStays, remove(), Ok(()));
    }
}
