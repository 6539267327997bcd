//! A log looked at from outside: nothing of it is changed, and it may be written meanwhile.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::segment::{self, Header};
use super::{Error, frame};
use crate::log::disk::Disk;

/// A segment, as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its first frame, and the last that is whole, if one is.
    pub frames: (u64, Option<u64>),
    /// Up to where its frames are whole, in bytes, and how long it is.
    pub bytes: (u64, u64),
    /// What follows them.
    pub end: End,
}

/// What follows the whole frames of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing, and the last frame is an empty one: a seal.
    Sealed,
    /// Nothing.
    Open,
    /// So many bytes that are no frame, and no newer frame.
    Torn(u64),
    /// A newer frame, which lies there.
    Damaged {
        /// Its number.
        frame: u64,
        /// Where it lies.
        offset: u64,
    },
}

/// The segments of a data directory, each with its first frame.
pub(crate) fn segments(disk: &Disk, data: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let log = data.join("log");
    let paths = disk.list(&log).map_err(Error::io("list", &log))?;
    let first = |path: &Path| segment::first_of(path.file_name()?.to_str()?);
    let mut all: Vec<_> =
        paths.into_iter().filter_map(|path| Some((first(&path)?, path))).collect();
    all.sort();
    Ok(all)
}

/// Looks at a segment; hands over the number of each whole frame and its records.
pub(crate) fn look_at(
    disk: &Disk,
    path: &Path,
    mut each: impl FnMut(u64, &[u8]),
) -> Result<Seen, Error> {
    let file = disk.open_to_read(path).map_err(Error::io("open", path))?;
    let length = file.length().map_err(Error::io("read", path))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0).map_err(Error::io("read", path))?;
    let header = Header::decode(path, &bytes)?;
    let (mut due, mut at, mut is_sealed) = (header.first, segment::HEADER_BYTES, false);
    while let Some(frame) = bytes.get(at..).and_then(|rest| frame::decode(rest, header.salt))
        && frame.sequence == due
    {
        each(due, frame.payload);
        is_sealed = frame.payload.is_empty();
        at += frame.space();
        due += 1;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let torn = rest.iter().rposition(|byte| *byte != 0);
    let end = match frame::find(&bytes, at, header.salt, due) {
        Some((offset, frame)) => End::Damaged { frame, offset: offset as u64 },
        None => match torn {
            Some(last) => End::Torn(last as u64 + 1),
            None if is_sealed => End::Sealed,
            None => End::Open,
        },
    };
    let last = (due > header.first).then_some(due - 1);
    Ok(Seen { frames: (header.first, last), bytes: (at as u64, length), end })
}
