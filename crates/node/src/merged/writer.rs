//! Which write a value comes from, as a record of the store keeps it.

use super::hlc::{self, Stamp};
use crate::ids::{Boot, Index, NodeId};
use crate::wire::codec::{Reader, put_uint};
use crate::wire::version_vector::{Place, VersionVector};

/// Which write a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) stamp: Stamp,
    /// Where it was written, in the log of the stamp's replica.
    pub(super) place: Place,
}

impl Writer {
    /// Whether a vector holds the entry of the write.
    pub(super) fn is_within(&self, vector: &VersionVector) -> bool {
        vector.get(self.stamp.replica) >= self.place
    }

    /// Appends it, in few bytes.
    pub(super) fn encode(self, out: &mut Vec<u8>) {
        let Stamp { clock, replica, offset } = self.stamp;
        let Place { boot, index } = self.place;
        let (ms, events) = hlc::parts(clock);
        put_pair(out, ms.wrapping_sub(EPOCH_MS) & MS_MAX, events);
        put_pair(out, boot.0, replica.0);
        put_uint(out, u64::from(offset));
        put_uint(out, index.0);
    }

    /// Reads what [`Writer::encode`] wrote.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Writer {
        let (ms, events) = pair(reader);
        let (boot, replica) = pair(reader);
        let clock = hlc::of_parts(ms.wrapping_add(EPOCH_MS) & MS_MAX, events);
        let stamp = Stamp { clock, replica: NodeId(replica), offset: uint(reader) as u32 };
        Writer { stamp, place: Place { boot: Boot(boot), index: Index(uint(reader)) } }
    }
}

/// Where 2025 begins, in milliseconds: what is counted from there takes a byte less for some years.
const EPOCH_MS: u64 = 1_735_689_600_000;
/// The milliseconds of a clock have 48 bits.
const MS_MAX: u64 = (1 << 48) - 1;
/// A number that is mostly less takes four bits beside another one.
const FEW: u64 = 15;

/// Appends two numbers, the second of which is mostly small.
fn put_pair(out: &mut Vec<u8>, number: u64, small: u64) {
    put_uint(out, number << 4 | small.min(FEW));
    if small >= FEW {
        put_uint(out, small);
    }
}

/// Reads what [`put_pair`] wrote.
fn pair(reader: &mut Reader<'_>) -> (u64, u64) {
    let both = uint(reader);
    let small = both & FEW;
    (both >> 4, if small == FEW { uint(reader) } else { small })
}

fn uint(reader: &mut Reader<'_>) -> u64 {
    reader.uint().expect("a writer was written whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_takes_few_bytes_and_comes_back() {
        let bytes = |clock, replica, offset, boot, index| {
            let place = Place { boot: Boot(boot), index: Index(index) };
            let writer = Writer { stamp: Stamp { clock, replica: NodeId(replica), offset }, place };
            let mut out = vec![];
            writer.encode(&mut out);
            assert_eq!(Writer::decode(&mut Reader::new(&out)), writer);
            out.len()
        };
        assert_eq!(bytes(1_790_000_000_000 << 16, 3, 63, 7, 100_000), 6 + 1 + 1 + 3);
        assert_eq!(bytes((1_790_000_000_000 << 16) + 14, 14, 63, 8, 1), 6 + 2 + 1 + 1);
        assert_eq!(bytes((1_790_000_000_000 << 16) + 15, 15, 128, 7, 1), 7 + 2 + 2 + 1);
        for clock in [0, 1 << 16, u64::MAX] {
            bytes(clock, u64::MAX, u32::MAX, 1 << 56, u64::MAX);
        }
    }
}
