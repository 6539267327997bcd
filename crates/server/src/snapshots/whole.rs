//! Snapshots by themselves: read and held against all their checksums wherever they lie, and
//! written into a directory that no node lives in yet.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use node::SnapshotNumber;

use super::pace::Pace;
use super::writer::Unfinished;
use super::{Error, Folder, Reader};
use crate::log::{self, disk::Disk};

/// Hands over all bytes of the node in the snapshot of this number that lies there, a piece at a
/// time, and gives the first frame of the log that it does not hold. Nothing is changed.
pub(crate) fn read(
    disk: &Disk,
    number: SnapshotNumber,
    path: &Path,
    take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<u64, Error> {
    let file = disk.open_to_read(path).map_err(log::Error::io("open", path))?;
    let reader = Reader::of(file, number, path.to_owned())?;
    reader.for_each_piece(take)?;
    Ok(reader.header().first)
}

/// Writes a snapshot that holds all frames before `first`, and puts it in place: `fill` is given
/// what takes its bytes.
pub(crate) fn write<E: From<Error>>(
    folder: &Folder,
    number: SnapshotNumber,
    first: u64,
    fill: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), E>,
) -> Result<(), E> {
    let is_over = AtomicBool::new(false);
    // There is no log that it could keep waiting.
    let mut pace = Pace::new(Arc::default(), Arc::default());
    let mut unfinished = Unfinished::begin(folder, number)?;
    let filled = fill(&mut |bytes| unfinished.write(bytes, &mut pace));
    let written = filled.and_then(|()| Ok(unfinished.finish(first, &is_over, &mut pace)?));
    if written.is_err() {
        unfinished.give_up();
    }
    written
}
