//! The state of another replica as it came: pieces of slots, in the order of the walk.

use std::collections::VecDeque;

use bytes::Bytes;

use super::slots::{self, Key};
use crate::store::Cursor;
use crate::wire::codec::Malformed;

/// Pieces, each of which has keys of one slot.
///
/// - All of them can be read.
/// - No key lies before the one in front of it, and each lies in the slot of its piece.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pieces: VecDeque<Piece>,
    /// Where the last key lies.
    last: Cursor,
}

#[derive(Debug)]
struct Piece {
    /// Where its first key lies.
    first: Cursor,
    bytes: Bytes,
}

impl Piece {
    fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let (_, keys) = slots::read(&self.bytes).expect(READABLE);
        keys.map(|key| key.expect(READABLE))
    }
}

impl Pieces {
    /// Takes in the next piece.
    pub(crate) fn push(&mut self, bytes: &Bytes) -> Result<(), Malformed> {
        let (slot, keys) = slots::read(bytes)?;
        let (mut first, mut last) = (None, self.last);
        for key in keys {
            let at = Cursor::of(key?.name);
            if at < last || at.slot() != slot {
                return Err(Malformed);
            }
            first.get_or_insert(at);
            last = at;
        }
        self.last = last;
        self.pieces.extend(first.map(|first| Piece { first, bytes: bytes.clone() }));
        Ok(())
    }

    /// What the other replica has of a key.
    pub(super) fn find(&self, name: &[u8]) -> Option<Key<'_>> {
        let at = Cursor::of(name);
        let pieces = self.around(at).take_while(|piece| piece.first <= at);
        pieces.flat_map(Piece::keys).find(|key| key.name == name)
    }

    /// The keys from a place on, with where they lie.
    pub(super) fn from(&self, from: Cursor) -> impl Iterator<Item = (Cursor, Key<'_>)> {
        let keys = self.around(from).flat_map(Piece::keys).map(|key| (Cursor::of(key.name), key));
        keys.skip_while(move |(place, _)| *place < from)
    }

    /// The pieces from the one on in which a key at this place may lie: keys at one place may lie
    /// on both sides of a border.
    fn around(&self, at: Cursor) -> impl Iterator<Item = &Piece> {
        let before = self.pieces.partition_point(|piece| piece.first < at);
        self.pieces.range(before.saturating_sub(1)..)
    }

    /// Drops what lies before a place, but for the piece that it lies in.
    pub(super) fn drop_before(&mut self, place: Cursor) {
        while self.pieces.get(1).is_some_and(|second| second.first < place) {
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
impl Pieces {
    /// The bytes of each.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        self.pieces.iter().map(|piece| &piece.bytes)
    }
}

const READABLE: &str = "a piece is read whole before it is taken in";
