//! Where what a key holds comes from, as a record of the store keeps it: the winner and, of a
//! counter, the sums. The record's value is what a read shows.
//!
//! ```text
//!   string, tombstone  [writer]
//!   counter            [mark │ winner's kind, writer │ sums, each: replica, boot, index, amount]
//! ```
//!
//! No writer begins with the mark, so a string takes no byte for what counters need.

use std::borrow::Cow;

use super::register::{Register, Sum};
use super::writer::Writer;
use crate::commands::integer;
use crate::ids::NodeId;
use crate::store::{Record, Written};
use crate::wire::codec::{Malformed, Reader, put_uint};
use crate::wire::version_vector::{Place, VersionVector};

/// Where what a key holds comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The SET or DEL that won; none: only a counter has none.
    pub(super) winner: Option<Writer>,
    /// Of a counter: whether the winner left a number.
    has_base: bool,
    /// There are some only of a counter.
    pub(super) sums: Vec<Sum>,
}

/// What a counter begins with: more milliseconds than a writer's clock can have.
const COUNTER: u64 = 1 << 60;

/// What a counter stands on: nothing, a DEL, or the number that a SET left.
pub(super) const ON_NOTHING: u8 = 0;
pub(super) const ON_REMOVED: u8 = 1;
pub(super) const ON_NUMBER: u8 = 2;

impl Origin {
    pub(super) fn of(register: &Register<'_>) -> Origin {
        let (winner, has_base) = (register.writer(), register.base().is_some());
        Origin { winner, has_base, sums: register.sums.clone() }
    }

    pub(super) fn by(writer: Writer) -> Origin {
        Origin { winner: Some(writer), has_base: false, sums: vec![] }
    }

    pub(super) fn is_counter(&self) -> bool {
        !self.sums.is_empty()
    }

    /// What a counter stands on.
    pub(super) fn base(&self) -> u8 {
        match self.winner {
            None => ON_NOTHING,
            Some(_) if self.has_base => ON_NUMBER,
            Some(_) => ON_REMOVED,
        }
    }

    /// Whether a vector holds the winner, and all that counts.
    pub(super) fn is_within(&self, vector: &VersionVector) -> bool {
        self.winner.is_none_or(|winner| winner.is_within(vector))
            && self.sums.iter().all(|sum| sum.is_within(vector))
    }

    /// Whether a vector holds any of it.
    pub(super) fn is_partly_within(&self, vector: &VersionVector) -> bool {
        self.winner.is_some_and(|winner| winner.is_within(vector))
            || self.sums.iter().any(|sum| sum.is_within(vector))
    }
}

/// What the merge rule knows of a key that has this record.
pub(super) fn register<'a>(record: &Record<'a, Origin>) -> Register<'a> {
    let origin = record.by();
    let shown = record.value.map(|value| value.bytes());
    if !origin.is_counter() {
        let value = shown.map(Cow::Borrowed);
        return Register { winner: origin.winner.map(|by| (by, value)), sums: vec![] };
    }
    let shown = shown.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    let total: i128 = origin.sums.iter().map(|sum| sum.amount).sum();
    let base = shown.unwrap_or(total).wrapping_sub(total);
    let base = origin.has_base.then(|| Cow::Owned(base.to_string().into_bytes()));
    Register { winner: origin.winner.map(|by| (by, base)), sums: origin.sums }
}

/// Whether a record is of a counter beyond 64 bits.
pub(super) fn is_beyond(record: &Record<'_, Origin>) -> bool {
    let is_number = || record.value.is_some_and(|value| integer(value.bytes()).is_some());
    record.by().is_counter() && !is_number()
}

impl Written for Origin {
    fn encode(self, out: &mut Vec<u8>) {
        if let (Some(winner), false) = (self.winner, self.is_counter()) {
            return winner.encode(out);
        }
        put_uint(out, COUNTER);
        out.push(self.base());
        self.winner.iter().for_each(|winner| winner.encode(out));
        put_sums(&self.sums, out);
    }

    fn decode(reader: &mut Reader<'_>) -> Origin {
        let is_counter = Reader::new(reader.rest()).uint() == Ok(COUNTER);
        if !is_counter {
            return Origin::by(Writer::decode(reader));
        }
        let base = reader.uint().and_then(|_| reader.byte()).expect(WHOLE);
        let winner = (base != ON_NOTHING).then(|| Writer::decode(reader));
        Origin { winner, has_base: base == ON_NUMBER, sums: sums(reader).expect(WHOLE) }
    }
}

const WHOLE: &str = "an origin was written whole";

/// No sum comes near this by counting, and a few of them together do not overflow.
const AMOUNT_MAX: i128 = 1 << 110;

/// Appends sums.
pub(super) fn put_sums(sums: &[Sum], out: &mut Vec<u8>) {
    put_uint(out, sums.len() as u64);
    for Sum { replica, place, amount } in sums {
        put_uint(out, replica.0);
        place.encode(out);
        // The sign goes last, so that a small number is short.
        let number = (amount << 1 ^ amount >> 127) as u128;
        put_uint(out, number as u64);
        put_uint(out, (number >> 64) as u64);
    }
}

/// Reads what [`put_sums`] wrote.
pub(super) fn sums(reader: &mut Reader<'_>) -> Result<Vec<Sum>, Malformed> {
    let count = reader.count()?;
    let mut sums: Vec<Sum> = Vec::with_capacity(count);
    for _ in 0..count {
        let (replica, place) = (NodeId(reader.uint()?), Place::decode(reader)?);
        let number = u128::from(reader.uint()?) | u128::from(reader.uint()?) << 64;
        let amount = (number >> 1) as i128 ^ -((number & 1) as i128);
        let is_in_order = sums.last().is_none_or(|before| before.replica < replica);
        if !is_in_order || amount.unsigned_abs() > AMOUNT_MAX.unsigned_abs() {
            return Err(Malformed);
        }
        sums.push(Sum { replica, place, amount });
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, Index};
    use crate::merged::hlc::Stamp;

    fn there_and_back(origin: &Origin) -> usize {
        let mut out = vec![];
        origin.clone().encode(&mut out);
        let bytes = out.len();
        out.resize(bytes + 5, 0xff);
        assert_eq!(Origin::decode(&mut Reader::new(&out)), *origin);
        bytes
    }

    #[test]
    fn counters_come_back_and_strings_take_no_byte_more() {
        let place = Place { boot: Boot(7), index: Index(100_000) };
        let stamp = Stamp { clock: 1_790_000_000_000 << 16, replica: NodeId(3), offset: 63 };
        let winner = Writer { stamp, place };
        assert_eq!(there_and_back(&Origin::by(winner)), 11);
        let sum = |replica, amount| Sum { replica: NodeId(replica), place, amount };
        for sums in [vec![sum(1, 1)], vec![sum(1, -AMOUNT_MAX), sum(2, -1), sum(9, AMOUNT_MAX)]] {
            for (winner, has_base) in [(None, false), (Some(winner), false), (Some(winner), true)] {
                there_and_back(&Origin { winner, has_base, sums: sums.clone() });
            }
        }
    }
}
