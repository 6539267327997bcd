//! Frames: how one group of records lies in a segment.
//!
//! ```text
//!   0      4      8          16     20
//!   ┌──────┬──────┬──────────┬──────┬──────────────┬─────────┐
//!   │magic │length│ sequence │ crc  │ payload      │ zeros   │   to a multiple of 64
//!   └──────┴──────┴──────────┴──────┴──────────────┴─────────┘
//!    little-endian; crc = CRC32C of the salt, bytes 0 to 16, and the payload
//! ```

use crate::mutants::mutant;

/// Frames begin at multiples of this, so a search looks only there.
pub(super) const ALIGNMENT: usize = 64;
/// The bytes before the payload.
pub(super) const HEADER_BYTES: usize = 20;
/// The longest payload.
pub(super) const PAYLOAD_BYTES_MAX: usize = u32::MAX as usize - 2 * ALIGNMENT;

/// What the frames of one segment share, drawn at random when the segment is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt(pub u64);

impl Salt {
    fn crc(self) -> u32 {
        crc32c::crc32c(&self.0.to_le_bytes())
    }

    /// The first bytes of every frame; never zero, so zeros are no frame.
    fn magic(self) -> u32 {
        self.crc() | 1
    }
}

/// A valid frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Its number; frames are numbered without gaps across all segments.
    pub sequence: u64,
    /// The records of its group.
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// The space it takes, up to where the next frame begins.
    pub(super) fn space(&self) -> usize {
        space(self.payload.len())
    }
}

/// The space that a payload of this length takes as a frame.
pub(super) fn space(payload: usize) -> usize {
    (HEADER_BYTES + payload).next_multiple_of(ALIGNMENT)
}

/// Appends these records as one frame.
pub(super) fn encode<R: AsRef<[u8]>>(out: &mut Vec<u8>, salt: Salt, sequence: u64, records: &[R]) {
    let start = out.len();
    out.resize(start + HEADER_BYTES, 0);
    for part in records {
        out.extend_from_slice(part.as_ref());
    }
    let length = out.len() - start - HEADER_BYTES;
    let narrow = u32::try_from(length).expect("the payload of a frame has 32 bits of length");
    let frame = &mut out[start..];
    frame[0..4].copy_from_slice(&salt.magic().to_le_bytes());
    frame[4..8].copy_from_slice(&narrow.to_le_bytes());
    frame[8..16].copy_from_slice(&sequence.to_le_bytes());
    let crc = checksum(salt, &frame[..16], &frame[HEADER_BYTES..]);
    frame[16..20].copy_from_slice(&crc.to_le_bytes());
    out.resize(start + space(length), 0);
}

/// The frame at the front of these bytes, if there is a valid one.
pub(super) fn decode(bytes: &[u8], salt: Salt) -> Option<Frame<'_>> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    if u32_at(header, 0) != salt.magic() {
        return None;
    }
    let payload = rest.get(..u32_at(header, 4) as usize)?;
    let expected = checksum(salt, &header[..16], payload);
    if mutant!(TornTailTakenForWhole, u32_at(header, 16) != expected, false) {
        return None;
    }
    let sequence = u64::from(u32_at(header, 8)) | u64::from(u32_at(header, 12)) << 32;
    Some(Frame { sequence, payload })
}

/// The space that the frame takes which begins with these bytes, if one does.
pub(super) fn announced_space(bytes: &[u8], salt: Salt) -> Option<usize> {
    let header = bytes.get(..HEADER_BYTES)?;
    (u32_at(header, 0) == salt.magic()).then(|| space(u32_at(header, 4) as usize))
}

/// The first valid frame at a multiple of [`ALIGNMENT`] from `from` on that is numbered `sequence`
/// or higher, and where it lies. `from` is such a multiple itself.
pub(super) fn find(bytes: &[u8], from: usize, salt: Salt, sequence: u64) -> Option<(usize, u64)> {
    (from..bytes.len())
        .step_by(ALIGNMENT)
        .filter_map(|offset| Some((offset, decode(&bytes[offset..], salt)?.sequence)))
        .find(|(_, found)| *found >= sequence)
}

fn checksum(salt: Salt, header: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(salt.crc(), header), payload)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Salt = Salt(7);

    fn encoded(sequence: u64, records: &[&[u8]]) -> Vec<u8> {
        let mut out = b"what stands before it".to_vec();
        encode(&mut out, SALT, sequence, records);
        out.split_off(b"what stands before it".len())
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 43, 44, 45, 108, 109, 5000] {
            let payload = vec![b'x'; length];
            let bytes = encoded(1 << 40, &[&payload]);
            assert_eq!(bytes.len() % ALIGNMENT, 0);
            assert_eq!(bytes.len(), space(length));
            let frame = decode(&bytes, SALT).unwrap();
            assert_eq!(frame, Frame { sequence: 1 << 40, payload: &payload });
            assert_eq!(frame.space(), bytes.len());
        }
        assert_eq!(decode(&encoded(1, &[b"ab", b"", b"c"]), SALT).unwrap().payload, b"abc");
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let bytes = encoded(9, &[b"some records"]);
        for bit in 0..(HEADER_BYTES + 12) * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&changed, SALT), None, "bit {bit}");
        }
    }

    #[test]
    fn cut_bytes_zeros_and_other_salts_are_no_frame() {
        let bytes = encoded(9, &[b"some records"]);
        for end in 0..HEADER_BYTES + 12 {
            assert_eq!(decode(&bytes[..end], SALT), None);
        }
        assert_eq!(decode(&[0; 128], SALT), None);
        assert_eq!(decode(&bytes, Salt(8)), None);
    }

    #[test]
    fn a_search_finds_only_newer_frames() {
        let mut bytes = vec![0; 128];
        bytes.extend(encoded(4, &[b"old"]));
        bytes.extend(encoded(6, &[b"new"]));
        assert_eq!(find(&bytes, 0, SALT, 5), Some((192, 6)));
        assert_eq!(find(&bytes, 0, SALT, 4), Some((128, 4)));
        assert_eq!(find(&bytes, 0, SALT, 7), None);
        assert_eq!(find(&bytes, 256, SALT, 1), None);
    }
}
