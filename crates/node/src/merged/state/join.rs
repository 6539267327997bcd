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
mod tests {
    use super::*;
    use crate::commands::{Merging, View};
    use crate::ids::{Boot, Index, NodeId};
    use crate::merged::hlc::Stamp;
    use crate::random::Random;
    use crate::wire::codec::Malformed;
    use crate::wire::record::Record;
    use crate::wire::version_vector::Place;

    fn place(index: u64) -> Place {
        Place { boot: Boot(1), index: Index(index) }
    }

    fn up_to(index: u64) -> VersionVector {
        VersionVector::from_iter([(NodeId(1), place(index))])
    }

    /// A state with these keys, each written by the entry of this number.
    fn state(writes: &[(&str, u64, Option<&str>)]) -> State {
        let mut state = State::new();
        for (key, index, value) in writes {
            let stamp = Stamp { clock: *index, replica: NodeId(1), offset: 0 };
            state.merge(key.as_bytes(), stamp, place(*index), value.map(str::as_bytes));
        }
        state
    }

    /// A state as it is fetched, in pieces of so many keys at most.
    fn pieces(mut state: State, keys: usize) -> Pieces {
        let mut out = vec![];
        state.begin_walk();
        while state.walk_on(keys, 1 << 20, &mut out).is_some() {}
        let mut pieces = Pieces::default();
        for record in Record::decode_group(&out.into()).unwrap() {
            let Record::MergedSlot(slot) = record else { panic!("{record:?}") };
            pieces.push(&slot).unwrap();
        }
        pieces
    }

    fn join(here: &mut State, there: State, vectors: (VersionVector, VersionVector)) {
        here.begin_join(pieces(there, usize::MAX), vectors.0, vectors.1);
        while here.join_on(usize::MAX, usize::MAX) {}
    }

    fn holds(state: &State, key: &str) -> Option<String> {
        Some(String::from_utf8_lossy(&state.get(key.as_bytes())?).into_owned())
    }

    #[test]
    fn the_higher_stamp_stays() {
        let mut here = state(&[("a", 3, Some("here")), ("b", 1, Some("here"))]);
        let there = state(&[("a", 2, Some("there")), ("b", 4, None), ("c", 5, Some("there"))]);
        join(&mut here, there, (up_to(3), up_to(5)));
        let held = ["a", "b", "c"].map(|key| holds(&here, key));
        assert_eq!(held, [Some("here".into()), None, Some("there".into())]);
        assert_eq!((here.keys(), here.tombstones()), (2, 1));
    }

    #[test]
    fn what_is_gone_here_is_not_taken_in() {
        let mut here = state(&[]);
        let there = state(&[("gone", 2, Some("old")), ("new", 3, Some("new"))]);
        join(&mut here, there, (up_to(2), up_to(3)));
        assert_eq!(holds(&here, "new"), Some("new".into()));
        assert_eq!((holds(&here, "gone"), here.keys()), (None, 1));
    }

    #[test]
    fn what_is_gone_there_goes() {
        let mut here = state(&[("gone", 1, Some("old")), ("b", 2, None), ("new", 3, Some("new"))]);
        join(&mut here, state(&[]), (up_to(3), up_to(2)));
        assert_eq!(holds(&here, "new"), Some("new".into()));
        assert_eq!((holds(&here, "gone"), here.keys(), here.tombstones()), (None, 1, 0));
    }

    #[test]
    fn pieces_that_cannot_be_joined_in_order_are_refused() {
        let slot = |key| {
            let pieces = pieces(state(&[(key, 1, Some("v"))]), 1);
            pieces.pieces().next().unwrap().clone()
        };
        let (mut first, mut second) = (slot("a"), slot("b"));
        if Cursor::of(b"b") < Cursor::of(b"a") {
            std::mem::swap(&mut first, &mut second);
        }
        let push = |slots: &[&bytes::Bytes]| {
            let mut pieces = Pieces::default();
            slots.iter().try_for_each(|slot| pieces.push(slot))
        };
        assert_eq!(push(&[&first, &second]), Ok(()));
        assert_eq!(push(&[&second, &first]), Err(Malformed));
        assert_eq!(push(&[&first.slice(..first.len() - 1)]), Err(Malformed));
        let mut elsewhere = first.to_vec();
        elsewhere[0] ^= 1;
        assert_eq!(push(&[&elsewhere.into()]), Err(Malformed), "a key of another slot");
    }

    /// Some forty keys, a few in each slot.
    fn some_key(chance: &mut Random) -> Vec<u8> {
        let number = chance.between(0, 40);
        format!("{number}{{{}}}", number % 7).into_bytes()
    }

    /// A write of anybody: its stamp, its place, and what it leaves.
    fn some_write(chance: &mut Random) -> (Stamp, Place, Option<Vec<u8>>) {
        let (clock, replica) = (chance.between(1, 60) as u64, NodeId(chance.between(1, 4) as u64));
        let value = (chance.between(0, 3) > 0).then(|| chance.next().to_string().into_bytes());
        (Stamp { clock, replica, offset: 0 }, place(clock), value)
    }

    fn some_state(chance: &mut Random) -> State {
        let mut state = State::new();
        for _ in 0..chance.between(0, 50) {
            let (key, (stamp, place, value)) = (some_key(chance), some_write(chance));
            state.merge(&key, stamp, place, value.as_deref());
        }
        state
    }

    fn some_vector(chance: &mut Random) -> VersionVector {
        let places = [1, 2, 3].map(|id| (NodeId(id), place(chance.between(0, 60) as u64)));
        VersionVector::from_iter(places)
    }

    /// A client does something to a key: what it hears of it. Its write is of an entry that neither
    /// side held; and it is above all where a key may be gone, since nothing older can come there.
    fn touch(state: &mut State, chance: &mut Random) -> String {
        let key = some_key(chance);
        let (mut stamp, mut place, value) = some_write(chance);
        place.index.0 += 60;
        if state.written(&key).is_none() {
            stamp.clock += 60;
        }
        let after = VersionVector::default();
        let mut at = super::super::At { state, stamp, place, after: &after };
        let told = match (chance.between(0, 2), &value) {
            (0, Some(value)) => format!("{:?}", at.set(&key, value)),
            (0, None) => at.remove(&mut [&key[..]].into_iter()).to_string(),
            _ => String::new(),
        };
        let value = state.get(&key).map(|value| value.to_vec());
        format!("{told} {value:?} {:?} {:?}", state.length(&key), state.written(&key))
    }

    fn all(state: &State) -> (Vec<String>, u64, u64, u64) {
        let mut all = vec![];
        state.values.walk(Cursor::default(), usize::MAX, &mut |key, record| {
            let value = record.value.map(|value| value.to_vec());
            all.push(format!("{key:?} {value:?} {:?}", record.by()));
            true
        });
        (all, state.keys(), state.tombstones(), state.bytes())
    }

    /// Whatever both sides have, and whatever is written and read meanwhile.
    #[test]
    fn joined_in_slices_it_is_as_if_at_once() {
        for seed in 0..400 {
            let states = || {
                let mut chance = Random::new(seed);
                let pieces = pieces(some_state(&mut chance), 1 + seed as usize % 9);
                let mut state = some_state(&mut chance);
                state.begin_join(pieces, some_vector(&mut chance), some_vector(&mut chance));
                state
            };
            let (mut at_once, mut in_slices) = (states(), states());
            assert!(!at_once.join_on(usize::MAX, usize::MAX));
            let mut chance = Random::new(1000 + seed);
            loop {
                for _ in 0..chance.between(0, 4) {
                    let client = chance.next();
                    let heard = |state| touch(state, &mut Random::new(client));
                    assert_eq!(heard(&mut in_slices), heard(&mut at_once), "seed {seed}");
                }
                if !in_slices.join_on(chance.between(1, 3), chance.between(1, 60)) {
                    break;
                }
            }
            assert_eq!(all(&in_slices), all(&at_once), "seed {seed}");
        }
    }

    #[test]
    fn a_slice_looks_at_so_many_keys() {
        let mut here = state(&[]);
        let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
        let writes: Vec<_> = names.iter().map(|name| (&name[..], 2, Some("there"))).collect();
        here.begin_join(pieces(state(&writes), 7), up_to(1), up_to(2));
        let mut slices = 1;
        while here.join_on(8, usize::MAX) {
            slices += 1;
            assert!(here.keys() <= 8 * slices);
        }
        assert_eq!((here.keys(), slices), (100, 13));
    }
}
