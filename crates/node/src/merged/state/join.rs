//! Joins the state of another replica into this one, in slices, while reads and writes go on.
//!
//! ```text
//!             joined: as one state ▏ not yet: each key is looked up on both sides
//!   here      ■■■■■■■■■■■■■■■■■■■■■▏□□□□□□□□□□□□□□□□□□□□□□□
//!   there                          ▏□□□□□□□ □□□□□□□ □□□□□□□   pieces
//!                                  next
//! ```
//!
//! Of a key that both have the write with the higher stamp stays. A record that one side lacks may
//! be new to it, or may be gone there: it was overwritten by a delete whose tombstone went. The
//! vectors tell: who holds the entry that wrote a record, and has nothing of its key, had something
//! later that is gone. So the record goes, too. What becomes of sums [`register`] says.
//!
//! [`register`]: crate::merged::register
//!
//! Who reads a key that is not joined yet sees what will come of it, and who writes it has it
//! joined first; so has who reads a counter, since what two sides make of it stands nowhere yet.
//! So from the first slice on all keys are as if they had been joined at once; how
//! many there are is known, and a walk sees all of them, only after the last. Meanwhile no
//! tombstone may go: a write that is still to be joined could be older.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{State, outlasts};
use crate::merged::origin;
use crate::merged::pieces::Pieces;
use crate::merged::register::{Register, join_sums};
use crate::merged::slots::Key;
use crate::merged::writer::Writer;
use crate::store::{Cursor, Value};
use crate::wire::version_vector::VersionVector;

/// A state that is being joined.
#[derive(Debug)]
pub(super) struct Joining {
    pieces: Pieces,
    /// What was merged into this state when it began, and into the other.
    here: VersionVector,
    there: VersionVector,
    /// All keys before this place are joined.
    next: Cursor,
}

/// Whose record of a key stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stays {
    Ours,
    Theirs,
    Neither,
}

impl Joining {
    fn stays(&self, ours: Option<Writer>, theirs: Option<Writer>) -> Stays {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if outlasts(ours.stamp, theirs.stamp) => Stays::Ours,
            (Some(_), Some(_)) => Stays::Theirs,
            (Some(ours), None) => {
                let is_gone = ours.is_within(&self.there);
                if mutant!(JoinKeepsGone, is_gone, false) { Stays::Neither } else { Stays::Ours }
            }
            (None, Some(theirs)) => {
                let is_gone = theirs.is_within(&self.here);
                if mutant!(JoinRevives, is_gone, false) { Stays::Neither } else { Stays::Theirs }
            }
            (None, None) => Stays::Neither,
        }
    }

    /// What two sides know of a key, together.
    fn join<'k>(&self, ours: Register<'k>, theirs: Register<'k>) -> Register<'k> {
        let (our_writer, their_writer) = (ours.writer(), theirs.writer());
        let one = our_writer == their_writer;
        let stays = self.stays(our_writer, their_writer);
        match stays {
            // No increment there had seen the winner.
            Stays::Ours if !one => ours,
            Stays::Theirs if !one => theirs,
            _ => {
                let sums = join_sums(&ours.sums, &theirs.sums, &self.here, &self.there);
                let winner = if stays == Stays::Neither { None } else { ours.winner };
                Register { winner, sums }
            }
        }
    }

    /// What the other side knows of a key.
    fn theirs(&self, name: &[u8]) -> Register<'_> {
        self.pieces.find(name).map_or(Register::default(), |key| key.register)
    }

    /// The next keys of the other state, about so many or so many bytes, and the place of the one
    /// behind them.
    fn slice(&self, keys: usize, bytes: usize) -> (Vec<Key<'_>>, Option<Cursor>) {
        let (mut slice, mut taken, mut last) = (vec![], 0, None);
        for (at, key) in self.pieces.from(self.next) {
            let is_enough = slice.len() >= keys || taken >= bytes;
            if is_enough && last != Some(at) {
                return (slice, Some(at));
            }
            taken += key.name.len() + key.register.base().map_or(0, <[u8]>::len);
            last = Some(at);
            slice.push(key);
        }
        (slice, None)
    }
}

impl State {
    /// From now on all keys are as if another state were joined, which comes in these pieces.
    /// `here` and `there`: what is merged into this one, and into the other.
    pub(crate) fn begin_join(&mut self, pieces: Pieces, here: VersionVector, there: VersionVector) {
        assert!(self.joining.is_none(), "one state is joined at a time");
        let next = Cursor::default();
        self.joining = Some(Box::new(Joining { pieces, here, there, next }));
    }

    /// Joins about so many keys, or so many bytes of the other state; false: that was the last of
    /// it.
    pub(crate) fn join_on(&mut self, keys: usize, bytes: usize) -> bool {
        let Some(mut joining) = self.joining.take() else { return false };
        let Some(next) = self.join_slice(&joining, keys, bytes) else { return false };
        joining.next = mutant!(JoinSkipsSlot, next, skip(joining.next, next));
        joining.pieces.drop_before(next);
        self.joining = Some(joining);
        true
    }

    /// Joins a slice; gives back where to go on.
    fn join_slice(&mut self, joining: &Joining, keys: usize, bytes: usize) -> Option<Cursor> {
        let (theirs, their_end) = joining.slice(keys, bytes);
        let names: BTreeSet<&[u8]> = theirs.iter().map(|key| key.name).collect();
        let mut only_here = vec![];
        let our_end = self.values.walk(joining.next, keys, &mut |name, record| {
            let is_inside = their_end.is_none_or(|end| Cursor::of(name) < end);
            if is_inside && record.by().is_partly_within(&joining.there) && !names.contains(name) {
                only_here.push(name.to_vec());
            }
            is_inside
        });
        let end = [our_end, their_end].into_iter().flatten().min();
        let nothing = Register::default;
        only_here.iter().for_each(|name| self.join_key(joining, name, nothing()));
        let is_inside = |key: &Key<'_>| end.is_none_or(|end| Cursor::of(key.name) < end);
        for Key { name, register } in theirs.into_iter().filter(is_inside) {
            self.join_key(joining, name, register);
        }
        end
    }

    fn join_key(&mut self, joining: &Joining, name: &[u8], theirs: Register<'_>) {
        let ours = self.values.get(name).map(|record| record.by());
        let is_plain = ours.as_ref().is_none_or(|ours| !ours.is_counter());
        if !is_plain || theirs.is_counter() {
            return self.join_counter(joining, name, theirs);
        }
        let their_writer = theirs.writer();
        match (joining.stays(ours.and_then(|ours| ours.winner), their_writer), theirs.winner) {
            (Stays::Theirs, Some((by, value))) => {
                self.merge(name, by.stamp, by.place, value.as_deref());
            }
            (Stays::Neither, _) => self.remove(name),
            (Stays::Ours | Stays::Theirs, _) => {}
        }
    }

    /// Joins a key that is a counter on a side.
    fn join_counter(&mut self, joining: &Joining, name: &[u8], theirs: Register<'_>) {
        let record = self.values.get(name);
        let ours = record.map_or(Register::default(), |record| origin::register(&record));
        let joined = joining.join(ours.clone(), theirs);
        if joined == ours {
            return;
        }
        if joined.is_empty() {
            return self.remove(name);
        }
        let joined = joined.into_owned();
        self.put(name, joined);
    }

    /// A key is about to be written: if it is still to be joined, it is joined first.
    pub(super) fn settle(&mut self, name: &[u8]) {
        let Some(joining) = self.joining.take() else { return };
        let is_left = Cursor::of(name) >= joining.next;
        if mutant!(WrittenUnjoined, is_left, false) {
            self.join_key(&joining, name, joining.theirs(name));
        }
        self.joining = Some(joining);
    }

    /// A key is about to be read: if it is a counter that is still to be joined, it is joined
    /// first.
    pub(crate) fn settle_read(&mut self, name: &[u8]) {
        let ours = || self.values.get(name).is_some_and(|record| record.by().is_counter());
        let theirs = |joining: &Joining| joining.theirs(name).is_counter();
        if self.joining.as_deref().is_some_and(theirs) || ours() {
            self.settle(name);
        }
    }

    /// What is known of a key, also if it is still to be joined.
    pub(super) fn register(&self, name: &[u8]) -> Register<'_> {
        let ours = self.values.get(name);
        let ours = ours.map_or(Register::default(), |record| origin::register(&record));
        let Some(joining) = self.unjoined(name) else { return ours };
        joining.join(ours, joining.theirs(name))
    }

    /// What is joined, if this key is still to be.
    fn unjoined(&self, name: &[u8]) -> Option<&Joining> {
        let is_joined = |joining: &&Joining| Cursor::of(name) < joining.next;
        let joining = self.joining.as_deref().filter(|joining| !is_joined(joining));
        mutant!(UnjoinedUnseen, joining, None)
    }

    /// The value of a key that may still have to be joined. (One of a counter was joined when
    /// somebody was about to read it.)
    pub(super) fn held(&self, name: &[u8]) -> Option<Value<'_>> {
        let record = self.values.get(name);
        let ours = record.as_ref().and_then(|record| record.value);
        let Some(joining) = self.unjoined(name) else { return ours };
        let (origin, theirs) = (record.map(|record| record.by()), joining.theirs(name));
        if origin.as_ref().is_some_and(|origin| origin.is_counter()) || theirs.is_counter() {
            return ours;
        }
        match joining.stays(origin.and_then(|ours| ours.winner), theirs.writer()) {
            Stays::Ours => ours,
            Stays::Theirs => match theirs.winner {
                Some((_, Some(Cow::Borrowed(value)))) => Some(Value::Small(value)),
                _ => None,
            },
            Stays::Neither => None,
        }
    }
}

/// Where a walk goes on that takes the border of a slot for its end.
#[cfg(feature = "mutants")]
fn skip(before: Cursor, next: Cursor) -> Cursor {
    if before.slot() == next.slot() { next } else { next.next_slot() }
}

#[cfg(test)]
mod tests;
