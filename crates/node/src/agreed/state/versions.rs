//! When keys were last removed, slot by slot: so that a key that had no value and has none is known
//! not to have had one meanwhile.
//!
//! While a prefix is with a merged keyspace, keys of it come and go of which the agreed log says
//! nothing. So a prefix that changes hands counts as removed there.
//!
//! ```text
//!   in a snapshot: [index, offset of the last flush; slot, index, offset; slot, …;
//!                   16384, prefix, index, offset; 16384, …]
//! ```

use crate::ids::Index;
use crate::position::AgreedPosition;
use crate::store::{SLOTS, slot_of};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

/// Where a key of each slot was last removed.
#[derive(Debug, Default)]
pub(super) struct Versions {
    /// Where all keys were last removed.
    flushed: AgreedPosition,
    /// Of each slot; empty until a key is removed.
    slots: Vec<AgreedPosition>,
    /// Where prefixes last changed hands.
    prefixes: Vec<(Box<[u8]>, AgreedPosition)>,
}

/// Of so many prefixes it is kept; where there are more, the oldest counts for all keys.
const PREFIXES_MAX: usize = 256;
/// What stands before a prefix, in place of a slot.
const PREFIX: u64 = SLOTS as u64;

impl Versions {
    /// Where a key of the slot of this one was last removed, or its prefix changed hands.
    pub(super) fn of(&self, key: &[u8]) -> AgreedPosition {
        let slot = self.slots.get(slot_of(key)).copied();
        let carved = self.prefixes.iter().filter(|(prefix, _)| key.starts_with(prefix));
        let all = slot.into_iter().chain(carved.map(|(_, at)| *at));
        all.fold(self.flushed, AgreedPosition::max)
    }

    /// A prefix changes hands here.
    pub(super) fn on_carved(&mut self, prefix: &[u8], at: AgreedPosition) {
        self.prefixes.retain(|(known, _)| **known != *prefix);
        self.prefixes.push((prefix.into(), at));
        // They stand in the order in which they did.
        if self.prefixes.len() > PREFIXES_MAX {
            let (_, oldest) = self.prefixes.remove(0);
            self.flushed = self.flushed.max(oldest);
        }
    }

    /// A key is removed here.
    pub(super) fn on_removed(&mut self, key: &[u8], at: AgreedPosition) {
        if self.slots.is_empty() {
            self.slots = vec![AgreedPosition::default(); SLOTS];
        }
        let last = &mut self.slots[slot_of(key)];
        *last = at.max(*last);
    }

    /// All keys are removed here.
    pub(super) fn on_flushed(&mut self, at: AgreedPosition) {
        *self = Versions { flushed: at, ..Versions::default() };
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        put(self.flushed, &mut out);
        for (slot, at) in self.slots.iter().enumerate().filter(|(_, at)| at.index > Index(0)) {
            put_uint(&mut out, slot as u64);
            put(*at, &mut out);
        }
        for (prefix, at) in &self.prefixes {
            put_uint(&mut out, PREFIX);
            put_bytes(&mut out, prefix);
            put(*at, &mut out);
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Versions, Malformed> {
        let mut reader = Reader::new(bytes);
        let mut versions = Versions { flushed: read(&mut reader)?, ..Versions::default() };
        while !reader.is_empty() {
            let slot = reader.uint()?;
            if slot == PREFIX {
                let prefix = reader.bytes()?;
                versions.on_carved(prefix, read(&mut reader)?);
                continue;
            }
            let slot = usize::try_from(slot).map_err(|_| Malformed)?;
            versions.slots.resize(SLOTS, AgreedPosition::default());
            *versions.slots.get_mut(slot).ok_or(Malformed)? = read(&mut reader)?;
        }
        Ok(versions)
    }
}

fn put(at: AgreedPosition, out: &mut Vec<u8>) {
    put_uint(out, at.index.0);
    put_uint(out, u64::from(at.offset));
}

fn read(reader: &mut Reader<'_>) -> Result<AgreedPosition, Malformed> {
    let index = Index(reader.number()?);
    let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
    Ok(AgreedPosition { index, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: u64, offset: u32) -> AgreedPosition {
        AgreedPosition { index: Index(index), offset }
    }

    #[test]
    fn a_removal_is_noted_for_its_slot_and_a_flush_for_all() {
        let mut versions = Versions::default();
        assert_eq!(versions.of(b"a"), at(0, 0));
        versions.on_removed(b"{a}1", at(7, 2));
        assert_eq!((versions.of(b"a"), versions.of(b"b")), (at(7, 2), at(0, 0)));
        versions.on_flushed(at(9, 1));
        assert_eq!((versions.of(b"a"), versions.of(b"b")), (at(9, 1), at(9, 1)));
        versions.on_removed(b"b", at(9, 3));
        assert_eq!((versions.of(b"a"), versions.of(b"b")), (at(9, 1), at(9, 3)));
    }

    #[test]
    fn a_prefix_that_changes_hands_counts_as_removed_with_all_its_keys() {
        let mut versions = Versions::default();
        versions.on_carved(b"cart:", at(7, 0));
        versions.on_carved(b"cart:hot:", at(5, 0));
        let of = |versions: &Versions| {
            [&b"cart:hot:1"[..], b"cart:1", b"car"].map(|key| versions.of(key))
        };
        assert_eq!(of(&versions), [at(7, 0), at(7, 0), at(0, 0)]);
        versions.on_carved(b"cart:hot:", at(9, 0));
        assert_eq!(of(&versions), [at(9, 0), at(7, 0), at(0, 0)]);
        for number in 0..PREFIXES_MAX {
            versions.on_carved(format!("{number}:").as_bytes(), at(10, number as u32));
        }
        assert_eq!(versions.prefixes.len(), PREFIXES_MAX);
        assert_eq!(of(&versions), [at(9, 0); 3], "what is too much counts for all");
        versions.on_flushed(at(11, 0));
        assert_eq!((of(&versions), versions.prefixes.len()), ([at(11, 0); 3], 0));
    }

    #[test]
    fn versions_come_back() {
        let mut versions = Versions::default();
        for key in [&b"a"[..], b"b", b"c"] {
            let bytes = versions.encode();
            let back = Versions::decode(&bytes).unwrap();
            assert_eq!((back.encode(), back.of(key)), (bytes.clone(), versions.of(key)));
            for end in 0..bytes.len() {
                let cut = Versions::decode(&bytes[..end]);
                assert!(cut.is_err() || cut.unwrap().encode() == bytes[..end], "cut at {end}");
            }
            versions.on_removed(key, at(300, 5));
            versions.on_carved(key, at(301, 0));
        }
        assert!(Versions::decode(&[0, 0, 0xff, 0xff, 1, 1, 1]).is_err(), "there is no such slot");
    }
}
