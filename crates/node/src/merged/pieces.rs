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
        let mut keys = self.from(at).take_while(|(place, _)| *place == at);
        keys.find_map(|(_, key)| (key.name == name).then_some(key))
    }

    /// The keys from a place on, with where they lie.
    pub(super) fn from(&self, from: Cursor) -> impl Iterator<Item = (Cursor, Key<'_>)> {
        // Keys at one place may lie on both sides of a border.
        let before = self.pieces.partition_point(|piece| piece.first < from);
        let pieces = self.pieces.range(before.saturating_sub(1)..);
        let keys = pieces.flat_map(|piece| slots::read(&piece.bytes).expect(READABLE).1);
        let placed = keys.map(|key| key.expect(READABLE)).map(|key| (Cursor::of(key.name), key));
        placed.skip_while(move |(place, _)| *place < from)
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
