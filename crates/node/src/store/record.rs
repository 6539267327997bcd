//! The form of a record: all that a store knows of a key, in one piece.
//!
//! ```text
//! head │ length of key │ length of value │ deadline │ key │ value │ where it was written
//! ```
//!
//! The head is one byte: what the value is, and three flags. A deadline stands there only if a flag
//! says so. A great value lies outside, and its number stands in place of its length. Of a removed
//! key there is neither. All numbers are varints. Where it was written comes last, so that whoever
//! wants a key or its value need not read it. No head is 0, which marks free room.

use std::marker::PhantomData;
use std::ops::{Deref, Range};

use bytes::Bytes;

use super::slabs::FREE;
use crate::wire::codec::{Reader, put_uint};

/// A longer value lies outside of its record, and a reply shares it; a shorter one is copied.
pub(super) const SMALL_BYTES_MAX: usize = 2 << 10;

/// The kind of a value, in the lower half of the head: the bytes that a client gave.
const STRING: u8 = 1;
/// The key has a deadline.
const HAS_DEADLINE: u8 = 0x10;
/// The value lies outside.
const IS_GREAT: u8 = 0x20;
/// The key was removed, and the record says by which write.
const IS_REMOVED: u8 = 0x40;

const _: () = assert!(STRING != FREE);

/// Where a write stands in its order, as a record keeps it.
pub(crate) trait Written: Clone {
    /// Appends it.
    fn encode(self, out: &mut Vec<u8>);
    /// Reads what [`Written::encode`] wrote; a store holds nothing else.
    fn decode(reader: &mut Reader<'_>) -> Self;
}

/// What a key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held<'a> {
    /// A value that lies in the record.
    Small(&'a [u8]),
    /// A value that lies outside, under this number.
    Great(u32),
    /// None any more.
    Removed,
}

/// A record in its parts, but for where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) key: &'a [u8],
    pub(super) held: Held<'a>,
    /// When the key goes, in milliseconds of log time.
    pub(super) deadline_ms: Option<u64>,
}

impl<'a> Parts<'a> {
    /// Appends a record of these parts.
    pub(super) fn encode(&self, by: impl Written, out: &mut Vec<u8>) {
        let (flag, number, value) = match self.held {
            Held::Small(value) => (0, value.len() as u64, value),
            Held::Great(number) => (IS_GREAT, u64::from(number), &[][..]),
            Held::Removed => (IS_REMOVED, 0, &[][..]),
        };
        let deadline_flag = if self.deadline_ms.is_some() { HAS_DEADLINE } else { 0 };
        out.push(STRING | flag | deadline_flag);
        put_uint(out, self.key.len() as u64);
        put_uint(out, number);
        self.deadline_ms.into_iter().for_each(|deadline_ms| put_uint(out, deadline_ms));
        out.extend_from_slice(self.key);
        out.extend_from_slice(value);
        by.encode(out);
    }

    /// The parts of the record at the beginning of a room, and what lies behind them.
    pub(super) fn read(room: &'a [u8]) -> (Parts<'a>, &'a [u8]) {
        let mut reader = Reader::new(room);
        let head = reader.byte().expect(WHOLE);
        let mut uint = || reader.uint().expect(WHOLE);
        let (key_bytes, number) = (uint() as usize, uint());
        let has_deadline = mutant!(DeadlineTakenForValue, head & HAS_DEADLINE != 0, false);
        let deadline_ms = has_deadline.then(uint);
        let (key, rest) = reader.rest().split_at(key_bytes);
        let value_bytes = if head & (IS_GREAT | IS_REMOVED) == 0 { number as usize } else { 0 };
        let (value, rest) = rest.split_at(value_bytes);
        let held = match head & (IS_GREAT | IS_REMOVED) {
            0 => Held::Small(value),
            IS_GREAT => Held::Great(number as u32),
            _ => Held::Removed,
        };
        (Parts { key, held, deadline_ms }, rest)
    }
}

const WHOLE: &str = "a store reads no more than it has written";

/// A value in a store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// It lies among others.
    Small(&'a [u8]),
    /// It has memory of its own, which a reply can share.
    Great(&'a Bytes),
}

impl<'a> Value<'a> {
    /// Its bytes, for as long as the store is not changed.
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self {
            Value::Small(bytes) => bytes,
            Value::Great(bytes) => bytes,
        }
    }

    /// The value as it leaves the store.
    pub(crate) fn shown(self) -> Bytes {
        self.part(0..self.len())
    }

    /// A part of it as it leaves the store: copied if it is small, shared if it is great.
    pub(crate) fn part(self, range: Range<usize>) -> Bytes {
        match self {
            Value::Great(bytes) if range.len() > SMALL_BYTES_MAX => bytes.slice(range),
            _ => Bytes::copy_from_slice(&self.bytes()[range]),
        }
    }
}

impl Deref for Value<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

/// What a store holds of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a, P> {
    /// The value; none: the key was removed, and who removed it is kept.
    pub(crate) value: Option<Value<'a>>,
    /// When the key goes, in milliseconds of log time; none: it stays.
    pub(crate) deadline_ms: Option<u64>,
    written: &'a [u8],
    order: PhantomData<P>,
}

impl<'a, P: Written> Record<'a, P> {
    pub(super) fn new(
        value: Option<Value<'a>>,
        deadline_ms: Option<u64>,
        written: &'a [u8],
    ) -> Record<'a, P> {
        Record { value, deadline_ms, written, order: PhantomData }
    }

    /// Whether the key is dead at this time, in milliseconds of log time.
    pub(crate) fn is_dead(&self, now_ms: u64) -> bool {
        self.deadline_ms.is_some_and(|deadline_ms| deadline_ms <= now_ms)
    }

    /// Where the write stands that this comes from.
    pub(crate) fn by(&self) -> P {
        P::decode(&mut Reader::new(self.written))
    }
}

#[cfg(test)]
impl Written for u64 {
    fn encode(self, out: &mut Vec<u8>) {
        put_uint(out, self);
    }

    fn decode(reader: &mut Reader<'_>) -> u64 {
        reader.uint().expect(WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(parts: Parts<'_>, by: u64) -> usize {
        let mut room = vec![];
        parts.encode(by, &mut room);
        let bytes = room.len();
        room.resize(bytes + 5, 0xff);
        let (read, rest) = Parts::read(&room);
        assert_eq!((read, u64::decode(&mut Reader::new(rest))), (parts, by));
        bytes
    }

    #[test]
    fn a_record_has_its_key_its_value_and_few_bytes_more() {
        let parts = |held| Parts { key: &b"a key of 16 byte"[..], held, deadline_ms: None };
        assert_eq!(there_and_back(parts(Held::Small(&[7; 100])), 1 << 20), 16 + 100 + 6);
        assert_eq!(there_and_back(parts(Held::Small(b"")), 0), 16 + 4);
        assert_eq!(there_and_back(parts(Held::Great(300)), 0), 16 + 5);
        assert_eq!(there_and_back(parts(Held::Removed), 0), 16 + 4);
    }

    #[test]
    fn a_deadline_takes_room_only_where_there_is_one() {
        for held in [Held::Small(&b"value"[..]), Held::Great(7), Held::Removed] {
            let parts = |deadline_ms| Parts { key: &b"key"[..], held, deadline_ms };
            let without = there_and_back(parts(None), 9);
            assert_eq!(there_and_back(parts(Some(0)), 9), without + 1);
            assert_eq!(there_and_back(parts(Some(1_790_000_000_000)), 9), without + 6);
        }
    }

    #[test]
    fn reading_copies_a_small_value_and_shares_a_great_one() {
        let (small, great) = ([7; 100], Bytes::from(vec![7; 1 << 20]));
        assert_eq!(Value::Small(&small).shown(), small[..]);
        assert_eq!(Value::Great(&great).shown().as_ptr(), great.as_ptr());
        assert_eq!(Value::Great(&great).part(1..9000).as_ptr(), great[1..].as_ptr());
        assert_ne!(Value::Great(&great).part(1..99).as_ptr(), great[1..].as_ptr());
    }
}
