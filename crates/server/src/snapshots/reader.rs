//! Reading a snapshot: nothing of it is given away that was not held against its checksum.

use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use node::SnapshotNumber;

use super::format::{self, Header};
use super::layout::{END_BYTES, HEADER_BYTES, PIECE_BYTES};
use super::{Error, Folder};
use crate::log::{self, disk::File};
use crate::mutants::mutant;

/// A snapshot that is being read. Its header, its end and its length are as they were written.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    path: PathBuf,
    header: Header,
    /// The checksums of its pieces.
    table: Vec<u32>,
}

impl Reader {
    /// Opens the snapshot of this number that is in place.
    pub(super) fn open(folder: &Folder, number: SnapshotNumber) -> Result<Reader, Error> {
        Reader::open_at(folder, number, folder.placed(number))
    }

    /// Opens the snapshot of this number that lies there.
    pub(super) fn open_at(
        folder: &Folder,
        number: SnapshotNumber,
        path: PathBuf,
    ) -> Result<Reader, Error> {
        let file = folder.disk().open(&path).map_err(log::Error::io("open", &path))?;
        Reader::of(file, number, path)
    }

    /// The snapshot of this number in this file.
    pub(super) fn of(file: File, number: SnapshotNumber, path: PathBuf) -> Result<Reader, Error> {
        let length = file.length().map_err(log::Error::io("read", &path))?;
        let damaged = |what: &str| Error::Damaged { path: path.clone(), what: what.into() };
        if length < (HEADER_BYTES + END_BYTES) as u64 {
            return Err(damaged("the file is shorter than any snapshot"));
        }
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).map_err(log::Error::io("read", &path))?;
        let header = Header::decode(&path, number, &header)?;
        let end = HEADER_BYTES as u64 + header.bytes;
        let expected = end + 4 * format::pieces(header.bytes) + END_BYTES as u64;
        if length != expected {
            return Err(damaged(&format!(
                "the file has {length} bytes and should have {expected}"
            )));
        }
        let mut table = vec![0; (length - end) as usize];
        file.read_exact_at(&mut table, end).map_err(log::Error::io("read", &path))?;
        let table = format::decode_end(header.bytes, &table).map_err(damaged)?;
        Ok(Reader { file, path, header, table })
    }

    /// What the header says.
    pub(super) fn header(&self) -> Header {
        self.header
    }

    /// Lets the system forget what it has of it in memory.
    pub(super) fn forget_cached(&self) {
        self.file.forget_cached();
    }

    /// Hands over all bytes, a piece at a time, in order.
    pub(super) fn for_each_piece(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut piece = vec![];
        for place in 0..self.table.len() {
            self.read_piece(place, &mut piece)?;
            take(&piece)?;
        }
        Ok(())
    }

    /// Reads one piece.
    pub(super) fn read_piece(&self, place: usize, piece: &mut Vec<u8>) -> Result<(), Error> {
        let at = (place * PIECE_BYTES) as u64;
        piece.resize((self.header.bytes - at).min(PIECE_BYTES as u64) as usize, 0);
        let from = HEADER_BYTES as u64 + at;
        self.file.read_exact_at(piece, from).map_err(log::Error::io("read", &self.path))?;
        let is_sound = crc32c::crc32c(piece) == self.table[place];
        if mutant!(DamagedSnapshotTaken, is_sound, true) {
            return Ok(());
        }
        let what = format!("the checksum of the {} bytes from {from} on is wrong", piece.len());
        Err(Error::Damaged { path: self.path.clone(), what })
    }
}
