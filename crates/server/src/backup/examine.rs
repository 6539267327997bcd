//! What is in a snapshot, and that every byte of it is as it was written.

use std::io::{self, Read};
use std::path::Path;

use node::{Contents, Found, SnapshotNumber};

use crate::Error;
use crate::log::disk::Disk;
use crate::snapshots::{self, read_whole};

/// So much is read at once.
const READ_BYTES: usize = 1 << 20;

/// A snapshot that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The bytes of its file.
    pub bytes: u64,
    /// CRC32C of all of them.
    pub crc32c: u32,
    /// What it holds.
    pub found: Found,
}

/// Holds the snapshot of this number against all its checksums, and reads all that is in it.
/// `progress` is told how many bytes were read so far. Nothing is changed.
///
/// # Errors
/// 78: it is missing or damaged, and where; 1: the system does not let us read it.
pub fn examine(path: &Path, number: u64, progress: &mut dyn FnMut(u64)) -> Result<Examined, Error> {
    let contents = contents(path, number, progress)?;
    let (bytes, crc32c) = sum(path)?;
    Ok(Examined { bytes, crc32c, found: contents.found() })
}

/// All that is in the snapshot of this number.
pub(crate) fn contents(
    path: &Path,
    number: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Contents, Error> {
    let (mut contents, mut done) = (Contents::default(), 0);
    let refused = |source| snapshots::Error::Refused { path: path.to_owned(), source };
    let read = read_whole(&Disk::default(), SnapshotNumber(number), path, |piece| {
        contents.load(piece).map_err(refused)?;
        done += piece.len() as u64;
        progress(done);
        Ok(())
    });
    read.and_then(|_| contents.loaded().map_err(refused)).map_err(bad)?;
    Ok(contents)
}

/// How long a file is, and CRC32C of all of it.
fn sum(path: &Path) -> Result<(u64, u32), Error> {
    let cannot =
        |error: io::Error| Error::run_time(format!("cannot read {}: {error}", path.display()));
    let mut file = std::fs::File::open(path).map_err(cannot)?;
    let (mut bytes, mut crc, mut part) = (0, 0, vec![0; READ_BYTES]);
    loop {
        match file.read(&mut part).map_err(cannot)? {
            0 => return Ok((bytes, crc)),
            read => {
                bytes += read as u64;
                crc = crc32c::crc32c_append(crc, &part[..read]);
            }
        }
    }
}

/// A snapshot that is not what it should be is a bad file.
pub(super) fn bad(error: snapshots::Error) -> Error {
    match &error {
        snapshots::Error::Damaged { .. } | snapshots::Error::Refused { .. } => {
            Error::configuration(format!(
                "{error}\n  hint: this copy is of no use: take another one"
            ))
        }
        _ => Error::from(error),
    }
}
