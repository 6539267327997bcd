//! How a snapshot lies in its file: what stands before and behind the bytes of the node.
//!
//! ```text
//!   header, 4096 bytes, little-endian
//!   0        8        12       16       24       32                    4092
//!   ┌────────┬────────┬────────┬────────┬────────┬────────┬───────────┬─────┐
//!   │ magic  │version │ zeros  │ number │ first  │ bytes  │ zeros     │ crc │
//!   └────────┴────────┴────────┴────────┴────────┴────────┴───────────┴─────┘
//!   behind the bytes: one CRC32C a MiB of them, then the end
//!   0                        4 · n             8        12       20
//!   ┌───────────────────────┬────────┬────────┬────────┐
//!   │ table                 │ bytes  │ crc of │ magic  │
//!   │                       │        │ table  │        │
//!   └───────────────────────┴────────┴────────┴────────┘
//! ```
//!
//! Magic, version and checksum of the header stand where they do in every version, so another
//! version is told from damage.

use std::path::Path;

use node::SnapshotNumber;

use super::Error;
use super::layout::{END_BYTES, HEADER_BYTES, PIECE_BYTES, VERSION};
use crate::mutants::mutant;

const MAGIC: [u8; 8] = *b"CandorSn";
/// More than any memory has.
const BYTES_MAX: u64 = 1 << 48;
const END_MAGIC: [u8; 8] = *b"SnCandor";

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The number of the snapshot.
    pub number: SnapshotNumber,
    /// The first frame of the log that it does not hold.
    pub first: u64,
    /// How many bytes of the node it has.
    pub bytes: u64,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.number.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.bytes.to_le_bytes());
        let (fields, crc) = bytes.split_at_mut(HEADER_BYTES - 4);
        crc.copy_from_slice(&crc32c::crc32c(fields).to_le_bytes());
        bytes
    }

    /// Reads the header of the snapshot of this number at this path.
    pub(super) fn decode(
        path: &Path,
        number: SnapshotNumber,
        bytes: &[u8; HEADER_BYTES],
    ) -> Result<Header, Error> {
        let damaged = |what: String| Error::Damaged { path: path.to_owned(), what };
        let (fields, crc) = bytes.split_at(HEADER_BYTES - 4);
        if bytes[0..8] != MAGIC || crc != crc32c::crc32c(fields).to_le_bytes() {
            return Err(damaged("its header is not one, or its checksum is wrong".into()));
        }
        let found = u32_at(bytes, 8);
        if mutant!(OtherSnapshotVersionTaken, found != VERSION, false) {
            return Err(Error::Version { path: path.to_owned(), found });
        }
        let header = Header {
            number: SnapshotNumber(u64_at(bytes, 16)),
            first: u64_at(bytes, 24),
            bytes: u64_at(bytes, 32),
        };
        if header.number != number {
            return Err(damaged(format!("its header says that it is snapshot {}", header.number)));
        }
        if header.bytes > BYTES_MAX {
            return Err(damaged("its header gives it a size that none has".into()));
        }
        Ok(header)
    }
}

/// What stands behind the bytes of the node: the checksums of their pieces, and the end.
pub(super) fn encode_end(bytes: u64, table: &[u32]) -> Vec<u8> {
    let mut out: Vec<u8> = table.iter().flat_map(|crc| crc.to_le_bytes()).collect();
    let crc = crc32c::crc32c(&out);
    out.extend(bytes.to_le_bytes());
    out.extend(crc.to_le_bytes());
    out.extend(END_MAGIC);
    out
}

/// Reads what stands behind the bytes of the node. What is wrong, if it is not as it was written.
pub(super) fn decode_end(bytes: u64, end: &[u8]) -> Result<Vec<u32>, &'static str> {
    let (table, end) = end
        .split_at_checked(end.len().wrapping_sub(END_BYTES))
        .ok_or("the file is too short for its end")?;
    if end[12..] != END_MAGIC || u64_at(end, 0) != bytes {
        return Err("its end is missing");
    }
    if u32_at(end, 8) != crc32c::crc32c(table) {
        return Err("the checksum of its checksums is wrong");
    }
    Ok(table.chunks_exact(4).map(|crc| u32_at(crc, 0)).collect())
}

/// How many pieces so many bytes are.
pub(super) fn pieces(bytes: u64) -> u64 {
    bytes.div_ceil(PIECE_BYTES as u64)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { number: SnapshotNumber(7), first: 412, bytes: 5_000_000 };

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Header, Error> {
        Header::decode(Path::new("x"), HEADER.number, bytes)
    }

    #[test]
    fn headers_are_read_back() {
        assert_eq!(decode(&HEADER.encode()).unwrap(), HEADER);
    }

    #[test]
    fn a_header_that_was_changed_is_damage_and_one_of_another_version_is_not() {
        for at in [0, 8, 20, 30, 39, 4000, 4095] {
            let mut bytes = HEADER.encode();
            bytes[at] ^= 2;
            assert!(matches!(decode(&bytes), Err(Error::Damaged { .. })), "byte {at}");
        }
        let other = Header { number: SnapshotNumber(8), ..HEADER }.encode();
        assert!(decode(&other).unwrap_err().to_string().contains("says that it is snapshot 8"));
        let great = Header { bytes: u64::MAX, ..HEADER }.encode();
        assert!(decode(&great).unwrap_err().to_string().contains("a size that none has"));
        let mut bytes = HEADER.encode();
        bytes[8] = 9;
        let crc = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        let error = decode(&bytes).unwrap_err();
        assert!(matches!(error, Error::Version { found: 9, .. }), "{error}");
        assert!(error.to_string().contains("has version 9"), "{error}");
    }

    #[test]
    fn the_end_is_read_back_and_harm_to_it_noticed() {
        for table in [vec![], vec![1], vec![1, u32::MAX, 3]] {
            let end = encode_end(77, &table);
            assert_eq!(decode_end(77, &end), Ok(table));
            assert_eq!(decode_end(78, &end), Err("its end is missing"));
            for at in 0..end.len() {
                let mut changed = end.clone();
                changed[at] ^= 1;
                assert!(decode_end(77, &changed).is_err(), "byte {at}");
            }
        }
        assert!(decode_end(0, &[0; 19]).is_err());
    }
}
