//! The parts of a snapshot: groups of records, each behind its length and a checksum, so that it
//! can be checked and taken in before the next one is there.

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use crate::wire::codec::Malformed;
use crate::wire::record::Record;

/// Length and checksum.
const HEADER: usize = 12;
/// The longest section: that of the greatest entry, and more.
const SECTION_BYTES_MAX: usize = 1 << 30;

/// The beginning of a section, to which records are appended.
pub(crate) fn begin() -> Vec<u8> {
    vec![0; HEADER]
}

/// Ends a section; false: it has no records.
pub(crate) fn end(section: &mut [u8]) -> bool {
    let (header, group) = section.split_at_mut(HEADER);
    let length = u32::try_from(group.len()).expect("a section is far below 4 GiB");
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4..].copy_from_slice(&xxh3_64(group).to_le_bytes());
    length > 0
}

/// Reads sections from pieces of any length.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    bytes: Vec<u8>,
    /// How many records were read.
    records: u64,
    ended: bool,
}

impl Sections {
    /// Takes in the next bytes, and calls `each` with each record that is whole by now.
    pub(crate) fn take_in<E: From<Malformed>>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        self.bytes.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(header) = self.bytes.get(at..at + HEADER) {
            let (length, checksum) = header.split_at(4);
            let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
            let checksum = u64::from_le_bytes(checksum.try_into().expect("eight bytes"));
            if length > SECTION_BYTES_MAX {
                return Err(Malformed.into());
            }
            let Some(group) = self.bytes.get(at + HEADER..at + HEADER + length) else { break };
            if xxh3_64(group) != checksum {
                return Err(Malformed.into());
            }
            for record in Record::decode_group(&Bytes::copy_from_slice(group))? {
                self.count(&record)?;
                each(record)?;
            }
            at += HEADER + length;
        }
        self.bytes.drain(..at);
        Ok(())
    }

    /// Nothing follows the end, and the end says how much came before it.
    fn count(&mut self, record: &Record) -> Result<(), Malformed> {
        if self.ended {
            return Err(Malformed);
        }
        if let Record::End(records) = record {
            self.ended = mutant!(EndUncounted, *records == self.records, true);
            return if self.ended { Ok(()) } else { Err(Malformed) };
        }
        self.records += 1;
        Ok(())
    }

    /// Whether all of the snapshot was read.
    pub(crate) fn is_complete(&self) -> bool {
        self.ended && self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(values: &[&'static [u8]]) -> Vec<u8> {
        let slots = values.iter().map(|value| Record::AgreedSlot(Bytes::from_static(value)));
        let section = |record: Record| {
            let mut section = begin();
            record.encode(&mut section);
            assert!(end(&mut section));
            section
        };
        slots.chain([Record::End(values.len() as u64)]).flat_map(section).collect()
    }

    #[test]
    fn a_section_without_records_is_none() {
        assert!(!end(&mut begin()));
    }

    fn read(bytes: &[u8], piece: usize) -> Result<(Vec<Record>, bool), Malformed> {
        let (mut sections, mut all) = (Sections::default(), vec![]);
        for piece in bytes.chunks(piece) {
            sections.take_in(piece, |record| {
                all.push(record);
                Ok::<_, Malformed>(())
            })?;
        }
        Ok((all, sections.is_complete()))
    }

    #[test]
    fn sections_come_back_from_pieces_of_any_length() {
        let bytes = snapshot(&[b"one", b"", b"three"]);
        let whole = read(&bytes, bytes.len()).unwrap();
        assert_eq!((whole.0.len(), whole.1), (4, true));
        for piece in 1..bytes.len() {
            assert_eq!(read(&bytes, piece), Ok(whole.clone()));
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_not_complete() {
        let bytes = snapshot(&[b"one", b"two"]);
        for end in 0..bytes.len() {
            assert!(!read(&bytes[..end], 7).is_ok_and(|(_, complete)| complete), "{end}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 4;
            assert!(!read(&bytes, 64).is_ok_and(|(_, complete)| complete), "{at}");
        }
        // A section that is left out, between one of three bytes and the end.
        let section = HEADER + 6 + 3;
        let lacks = [&bytes[..section], &bytes[2 * section..]].concat();
        assert!(!read(&lacks, 64).is_ok_and(|(_, complete)| complete));
    }
}
