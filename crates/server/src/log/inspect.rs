//! A log looked at from outside: nothing of it is changed, and it may be written meanwhile.

use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
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

/// The process that has locked a data directory, where the system has `/proc`: its server.
pub(crate) fn process_on(data: &Path) -> io::Result<Option<u32>> {
    let inode = match std::fs::metadata(data.join("lock")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?.ino(),
    };
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    Ok(locks.lines().find_map(|line| holder(line, inode)))
}

/// The process of a line of `/proc/locks`, if it is about a lock on the whole of this file.
fn holder(line: &str, inode: u64) -> Option<u32> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, "FLOCK", _, "WRITE", process, file, ..] = words[..] else { return None };
    let is_it = file.rsplit(':').next()?.parse() == Ok(inode);
    is_it.then(|| process.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_lock_is_found() {
        let line = "3: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF";
        assert_eq!(holder(line, 5678), Some(1234));
        assert_eq!(holder(line, 567), None);
        assert_eq!(holder("3: -> FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF", 5678), None);
        assert_eq!(holder("4: POSIX  ADVISORY  WRITE 1234 08:01:5678 0 EOF", 5678), None);
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(process_on(temp.path()).unwrap(), None);
        let lock = Disk::default().lock(&temp.path().join("lock")).unwrap();
        if Path::new("/proc/locks").exists() {
            assert_eq!(process_on(temp.path()).unwrap(), Some(std::process::id()));
        }
        drop(lock);
        assert_eq!(process_on(temp.path()).unwrap(), None);
    }
}
