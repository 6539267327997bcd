//! The keys of one command, in the pieces in which they came: a million of them are taken over without a copy.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::wire::codec::{Malformed, Reader, put_bytes};

/// Where in its piece a key lies.
type Place = Range<u32>;

/// Keys in the order in which a command names them.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    count: usize,
    size: usize,
    pieces: Vec<Piece>,
}

/// Some of the keys: bytes, and where the keys lie in them.
#[derive(Clone, Debug)]
struct Piece {
    bytes: Bytes,
    places: Arc<[Place]>,
}

impl Keys {
    /// A copy of these keys.
    ///
    /// # Panics
    /// If they take 4 GiB or more.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Keys {
        let (mut bytes, mut places) = (vec![], vec![]);
        let narrow = |place| u32::try_from(place).expect("keys that are copied are few");
        for key in keys {
            let start = narrow(bytes.len());
            bytes.extend_from_slice(key.as_ref());
            places.push(start..narrow(bytes.len()));
        }
        Keys::of_pieces([(bytes.into(), places.into())])
    }

    /// These keys as they lie. The bytes are kept as long as the keys are: they are to hold little else.
    pub fn of_pieces(pieces: impl IntoIterator<Item = (Bytes, Arc<[Place]>)>) -> Keys {
        let mut keys = Keys::default();
        for (bytes, places) in pieces {
            keys.count += places.len();
            keys.size += places.iter().map(|place| place.len() + 1).sum::<usize>();
            keys.pieces.push(Piece { bytes, places });
        }
        keys
    }

    /// How many there are; one that is named twice counts twice.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().flat_map(|piece| piece.beyond(0))
    }

    /// The keys from a point on, to the end of the piece in which it lies; and the point behind them.
    pub(crate) fn part(&self, from: Point, most: usize) -> (impl Iterator<Item = &[u8]>, Point) {
        let piece = self.pieces.get(from.piece);
        let left = piece.map_or(0, |piece| piece.places.len() - from.place);
        let behind = if left <= most {
            Point { piece: from.piece + 1, place: 0 }
        } else {
            Point { place: from.place + most, ..from }
        };
        (piece.into_iter().flat_map(move |piece| piece.beyond(from.place)).take(most), behind)
    }

    /// Whether no key is left from this point on.
    pub(crate) fn is_end(&self, point: Point) -> bool {
        point.piece >= self.pieces.len()
    }

    /// How many bytes they take as the log and messages have them, near enough.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Appends the keys, each behind its length, as the log and messages have them.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|key| put_bytes(out, key));
    }
}

impl Piece {
    fn beyond(&self, place: usize) -> impl Iterator<Item = &[u8]> {
        let key = |place: &Place| &self.bytes[place.start as usize..place.end as usize];
        self.places[place..].iter().map(key)
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Keys) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl Eq for Keys {}

/// A point between two keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Point {
    piece: usize,
    place: usize,
}

/// Keys, borrowed from the bytes of a log or a message, each behind its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Row<'a> {
    /// Reads so many keys: from here on they are known to be whole.
    pub(crate) fn read(count: usize, reader: &mut Reader<'a>) -> Result<Row<'a>, Malformed> {
        let all = reader.rest();
        for _ in 0..count {
            reader.bytes()?;
        }
        Ok(Row { count, bytes: &all[..all.len() - reader.rest().len()] })
    }

    pub(crate) fn len(self) -> usize {
        self.count
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut reader = Reader::new(self.bytes);
        let whole = "keys are whole since they were read";
        std::iter::from_fn(move || (!reader.is_empty()).then(|| reader.bytes().expect(whole)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Vec<&'a [u8]> {
        keys.collect()
    }

    #[test]
    fn keys_come_back() {
        let keys = Keys::new(["a", "", "a"]);
        assert_eq!((keys.len(), keys.is_empty(), Keys::default().is_empty()), (3, false, true));
        assert_eq!(list(keys.iter()), [&b"a"[..], b"", b"a"]);
        let mut bytes = vec![];
        keys.encode(&mut bytes);
        let mut reader = Reader::new(&bytes);
        let row = Row::read(2, &mut reader).unwrap();
        assert_eq!((row.len(), row.iter().count(), reader.rest()), (2, 2, &b"\x01a"[..]));
        assert_eq!(Row::read(4, &mut Reader::new(&bytes)), Err(Malformed));
    }

    #[test]
    fn keys_in_pieces_are_the_same_keys() {
        let frame = Bytes::from_static(b"$1\r\na\r\n$0\r\n\r\n");
        let pieces = [
            (frame.clone(), [4..5, 11..11].into()),
            (frame.clone(), [].into()),
            (frame.clone(), [11..11, 4..5].into()),
        ];
        let keys = Keys::of_pieces(pieces);
        assert_eq!(keys, Keys::new(["a", "", "", "a"]));
        assert_ne!(keys, Keys::new(["a", "", "", "b"]));
        assert_eq!(keys.iter().next().unwrap().as_ptr(), frame[4..].as_ptr(), "no copy");
        for most in 1..5 {
            let (mut all, mut point) = (vec![], Point::default());
            while !keys.is_end(point) {
                let (part, behind) = keys.part(point, most);
                all.extend(part);
                point = behind;
            }
            assert_eq!(all, list(keys.iter()), "{most} at a time");
        }
    }
}
