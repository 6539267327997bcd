//! Reading parts of a snapshot for other members.

use bytes::Bytes;
use node::SnapshotNumber;

use super::layout::PIECE_BYTES;
use super::{Error, Folder, Reader};
use crate::mutants::mutant;

/// A part of a snapshot that is wanted.
#[derive(Debug)]
pub(super) struct Read {
    /// What the question is called.
    pub request: u64,
    /// The snapshot.
    pub number: SnapshotNumber,
    /// Where the part begins.
    pub offset: u64,
    /// How long it is at most.
    pub bytes: usize,
}

/// Reads parts. Whoever fetches a snapshot takes several out of one piece in a row, so the last
/// piece that was held against its checksum is kept.
#[derive(Debug)]
pub(super) struct Reads {
    folder: Folder,
    last: Option<(SnapshotNumber, usize, Bytes)>,
}

impl Reads {
    pub(super) fn new(folder: Folder) -> Reads {
        Reads { folder, last: None }
    }

    /// The part that is wanted, which ends where the snapshot does; `None`: there is no such
    /// snapshot any more, or it cannot be read.
    pub(super) fn read(&mut self, read: &Read) -> Option<Bytes> {
        // Opened anew each time: what is open keeps its room on the disk when it is removed.
        let opened = Reader::open(&self.folder, read.number);
        let reader = mutant!(GoneSnapshotRead, opened, opened.or_else(|_| self.newest())).ok()?;
        let length = reader.header().bytes.checked_sub(read.offset)?.min(read.bytes as u64);
        let (mut at, end) = (read.offset, read.offset + length);
        let mut parts: Vec<Bytes> = vec![];
        while at < end {
            let piece = self.piece(&reader, at as usize / PIECE_BYTES).ok()?;
            let from = at as usize % PIECE_BYTES;
            let to = piece.len().min(from + (end - at) as usize);
            parts.push(piece.slice(from..to));
            at += (to - from) as u64;
        }
        match <[Bytes; 1]>::try_from(parts) {
            Ok([part]) => Some(part),
            Err(parts) => Some(parts.concat().into()),
        }
    }

    fn piece(&mut self, reader: &Reader, place: usize) -> Result<Bytes, Error> {
        let number = reader.header().number;
        if let Some((of, at, piece)) = &self.last
            && (*of, *at) == (number, place)
        {
            return Ok(piece.clone());
        }
        let mut piece = vec![];
        reader.read_piece(place, &mut piece)?;
        let piece = Bytes::from(piece);
        self.last = Some((number, place, piece.clone()));
        Ok(piece)
    }

    /// The newest one, whatever was asked for.
    #[cfg(all(test, feature = "mutants"))]
    fn newest(&self) -> Result<Reader, Error> {
        let newest = self.folder.numbers()?.first().copied().unwrap_or_default();
        Reader::open(&self.folder, newest)
    }
}
