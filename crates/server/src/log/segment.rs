//! Segments: the files that frames lie in.

use std::io;
use std::path::{Path, PathBuf};

use super::Error;
use super::blocks::Blocks;
use super::frame::{ALIGNMENT, Salt};
use super::layout::VERSION;
use crate::log::disk::{Disk, File};
use crate::mutants::mutant;

/// The bytes before the first frame: the fields below, zeros, then a checksum. What else must be
/// known where older segments are cut (term, vote, members) stands in the snapshots.
pub(super) const HEADER_BYTES: usize = 4096;

const MAGIC: [u8; 8] = *b"CandorLg";
const SUFFIX: &str = ".log";
/// Zeros are synced after so many: other writers' syncs would otherwise wait for all at once.
const PIECE_BYTES: u64 = 1 << 20;
/// So many are written together.
const ZEROS_BYTES: u64 = 256 << 10;

/// What the header of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The number of its first frame.
    pub first: u64,
    /// The size of the file.
    pub size: u64,
    /// What goes into its checksums.
    pub salt: Salt,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.size.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.salt.0.to_le_bytes());
        let (fields, crc) = bytes.split_at_mut(HEADER_BYTES - 4);
        crc.copy_from_slice(&crc32c::crc32c(fields).to_le_bytes());
        bytes
    }

    /// Reads the header of the segment at this path.
    pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Header, Error> {
        let damaged =
            |what: &str| Error::Damaged { path: path.to_owned(), offset: 0, what: what.into() };
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(damaged("the file is shorter than the header of a segment"));
        };
        if bytes[0..8] != MAGIC {
            return Err(damaged("the header of the segment is not one"));
        }
        let u64_at = |at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are eight bytes"))
        };
        let found = u64_at(8) as u32;
        if mutant!(OtherVersionTaken, found != VERSION, false) {
            return Err(Error::Version { path: path.to_owned(), found });
        }
        let (fields, crc) = bytes.split_at(HEADER_BYTES - 4);
        if crc != crc32c::crc32c(fields).to_le_bytes() {
            return Err(damaged("the checksum of the segment's header is wrong"));
        }
        let header = Header { first: u64_at(16), size: u64_at(24), salt: Salt(u64_at(32)) };
        // The last frame of a file ends where the file does, at the latest.
        if !header.size.is_multiple_of(ALIGNMENT as u64) {
            return Err(damaged("the header of the segment gives it a size that none has"));
        }
        Ok(header)
    }
}

/// The path of the segment that begins with this frame. Names sort as their frames do.
pub(super) fn path(log: &Path, first: u64) -> PathBuf {
    log.join(format!("{first:020}{SUFFIX}"))
}

/// The first frame of the segment with this name, if it is the name of one.
pub(super) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Makes a file of this size, full of zeros, all of it on disk. What was there is gone.
///
/// # Errors
/// [`Error::Full`] if there is no room; the file is gone then, so that it takes none.
pub(super) fn prepare(disk: &Disk, path: &Path, size: u64) -> Result<File, Error> {
    all_or_nothing(disk, path, disk.create(path), |file| fill(file, path, 0, size))
}

/// The same of a segment that was cut off the log. Its room is there already, and nothing of its
/// former life is left in it.
///
/// # Errors
/// As those of [`prepare`].
pub(super) fn recycle(disk: &Disk, used: &Path, path: &Path, size: u64) -> Result<File, Error> {
    let renamed = disk.rename(used, path).and_then(|()| disk.open(path));
    match renamed.and_then(|file| Ok((file.length()?, file))) {
        Ok((length, file)) if length == size => all_or_nothing(disk, path, Ok(file), |file| {
            mutant!(RecycledNotZeroed, fill(file, path, 0, size), Ok(()))
        }),
        // One of another size, or what the system refuses: a new one is as good.
        _ => prepare(disk, path, size),
    }
}

/// Makes a file of this size for one great group. It reads as zeros, and its room is reserved but
/// not written: to write it twice would take longer than to note once which of it was.
///
/// # Errors
/// [`Error::Full`] if there is no room; the file is gone then.
pub(super) fn prepare_large(disk: &Disk, path: &Path, size: u64) -> Result<File, Error> {
    all_or_nothing(disk, path, disk.create(path), |file| {
        file.reserve(size).map_err(Error::io("make room in", path))
    })
}

fn all_or_nothing(
    disk: &Disk,
    path: &Path,
    made: io::Result<File>,
    fill: impl FnOnce(&File) -> Result<(), Error>,
) -> Result<File, Error> {
    let file = made.map_err(Error::io("make", path)).map_err(Error::or_full)?;
    let filled = fill(&file).and_then(|()| file.sync_all().map_err(Error::io("sync", path)));
    match filled.map_err(Error::or_full) {
        Ok(()) => Ok(file),
        Err(error) => {
            // What is left of it would only take room; the next attempt begins with an empty file
            // anyway.
            let _ = mutant!(UnfinishedKept, disk.remove(path), Ok(()));
            Err(error)
        }
    }
}

/// Writes zeros from one offset up to another, and syncs them.
pub(super) fn fill(file: &File, path: &Path, from: u64, to: u64) -> Result<(), Error> {
    let zeros = Blocks::zeros(ZEROS_BYTES as usize);
    let (mut at, mut synced) = (from, from);
    while at < to {
        let length = (to - at).min(ZEROS_BYTES - at % ZEROS_BYTES);
        let zeros = &zeros.bytes().0[..length as usize];
        file.write_blocks_at(zeros, at).map_err(Error::io("write to", path))?;
        at += length;
        if at == to || at - synced >= PIECE_BYTES {
            file.sync_data().map_err(Error::io("sync", path))?;
            synced = at;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustix::io::Errno;

    use super::*;
    use crate::log::disk::{Fault, Faulty, Operation};

    const HEADER: Header = Header { first: 412, size: 16 << 20, salt: Salt(77) };

    #[test]
    fn names_are_read_back() {
        let path = path(Path::new("log"), 412);
        assert_eq!(first_of(path.file_name().unwrap().to_str().unwrap()), Some(412));
        for name in ["412.log", "+0000000000000000412.log", "00000000000000000412", "spare"] {
            assert_eq!(first_of(name), None);
        }
        assert_eq!(first_of("99999999999999999999.log"), None, "too great");
    }

    #[test]
    fn headers_are_read_back() {
        assert_eq!(Header::decode(Path::new("x"), &HEADER.encode()).unwrap(), HEADER);
    }

    #[test]
    fn bad_headers_are_refused() {
        let refusal = |at: usize| {
            let mut bytes = HEADER.encode();
            bytes[at] ^= 2;
            Header::decode(Path::new("x"), &bytes).unwrap_err().to_string()
        };
        assert!(refusal(3).contains("is not one"));
        assert!(refusal(8).contains("has version 1"));
        assert!(refusal(20).contains("checksum"));
        assert!(refusal(4000).contains("checksum"));
        let short = Header::decode(Path::new("x"), &[0; 100]).unwrap_err().to_string();
        assert!(short.contains("shorter"));
        let odd = Header { size: HEADER.size + 1, ..HEADER }.encode();
        let odd = Header::decode(Path::new("x"), &odd).unwrap_err().to_string();
        assert!(odd.contains("a size that none has"));
    }

    #[test]
    fn what_could_not_be_made_takes_no_room() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("spare");
        let faulty = Arc::new(Faulty::new(false));
        let disk = Disk::faulty(faulty.clone());
        for operation in [Operation::Create, Operation::Write, Operation::Sync] {
            for make in [prepare, prepare_large] {
                faulty.plan(Some(operation), 0, Fault::Refused(Errno::NOSPC));
                let error = make(&disk, &path, 8192).unwrap_err();
                assert!(matches!(error, Error::Full { .. }), "{error}");
                assert!(!path.exists(), "{operation:?}");
                make(&disk, &path, 8192).unwrap();
                disk.remove(&path).unwrap();
            }
        }
    }

    #[test]
    fn a_segment_that_is_used_again_is_all_zeros() {
        let temp = tempfile::tempdir().unwrap();
        let (used, path) = (temp.path().join("used-1"), temp.path().join("spare"));
        let disk = Disk::default();
        for length in [8192, 4096, 12_288] {
            std::fs::write(&used, vec![7; length]).unwrap();
            recycle(&disk, &used, &path, 8192).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), vec![0; 8192]);
            assert!(!used.exists());
        }
        recycle(&disk, &used, &path, 8192).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), vec![0; 8192], "one is made if it is gone");
    }

    #[test]
    fn a_prepared_file_is_all_zeros() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("spare");
        std::fs::write(&path, vec![7; 5_000_000]).unwrap();
        prepare(&Disk::default(), &path, 3_000_000).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), vec![0; 3_000_000]);
    }
}
