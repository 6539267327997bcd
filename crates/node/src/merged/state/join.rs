//! Joins the state of another replica into this one.
//!
//! Of a key that both have the write with the higher stamp stays. A record that one side lacks may
//! be new to it, or may be gone there: it was overwritten by a delete whose tombstone went. The
//! vectors tell: who holds the entry that wrote a record, and has nothing of its key, had something
//! later that is gone. So the record goes, too.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::State;
use crate::merged::slots;
use crate::store::Cursor;
use crate::wire::codec::{Malformed, Reader};
use crate::wire::version_vector::VersionVector;

impl State {
    /// Joins the whole of another state, which comes in pieces of slots. `here` and `there`: what
    /// is merged into this one, and into the other.
    pub(crate) fn join(
        &mut self,
        pieces: &[Bytes],
        here: &VersionVector,
        there: &VersionVector,
    ) -> Result<(), Malformed> {
        for key in self.gone_there(pieces, there)? {
            mutant!(JoinKeepsGone, self.remove(&key), ());
        }
        for piece in pieces {
            slots::for_each(piece, |key, value, by| {
                let is_gone = by.is_within(here) && self.values.get(key).is_none();
                if mutant!(JoinRevives, !is_gone, true) {
                    self.merge(key, by.stamp, by.place, value);
                }
            })?;
        }
        Ok(())
    }

    /// Keys that the other state holds no more, although all that is here of them was merged into
    /// it.
    fn gone_there(
        &self,
        pieces: &[Bytes],
        there: &VersionVector,
    ) -> Result<Vec<Vec<u8>>, Malformed> {
        let pieces = by_slot(pieces)?;
        // The keys of one slot, once somebody asks for them.
        let mut theirs: Option<(u16, BTreeSet<&[u8]>)> = None;
        let mut gone = vec![];
        self.values.walk(Cursor::default(), usize::MAX, &mut |key, record| {
            if record.by().is_within(there) {
                let slot = Cursor::of(key).slot();
                if theirs.as_ref().is_none_or(|theirs| theirs.0 != slot) {
                    theirs = Some((slot, keys(pieces.get(&slot))));
                }
                if theirs.as_ref().is_some_and(|theirs| !theirs.1.contains(key)) {
                    gone.push(key.to_vec());
                }
            }
            true
        });
        Ok(gone)
    }
}

/// The pieces of each slot, all of which can be read.
fn by_slot(pieces: &[Bytes]) -> Result<BTreeMap<u16, Vec<&Bytes>>, Malformed> {
    let mut by_slot: BTreeMap<u16, Vec<&Bytes>> = BTreeMap::new();
    for piece in pieces {
        slots::for_each(piece, |_, _, _| ())?;
        let slot = u16::try_from(Reader::new(piece).uint()?).map_err(|_| Malformed)?;
        by_slot.entry(slot).or_default().push(piece);
    }
    Ok(by_slot)
}

/// All keys in these pieces.
fn keys<'a>(pieces: Option<&Vec<&'a Bytes>>) -> BTreeSet<&'a [u8]> {
    let mut keys = BTreeSet::new();
    for piece in pieces.into_iter().flatten() {
        let read = slots::for_each(piece, |key, _, _| {
            keys.insert(key);
        });
        read.expect("a piece is checked before it is asked for its keys");
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::View;
    use crate::ids::{Boot, Index, NodeId};
    use crate::merged::hlc::Stamp;
    use crate::wire::record::Record;
    use crate::wire::version_vector::Place;

    fn up_to(index: u64) -> VersionVector {
        let place = Place { boot: Boot(1), index: Index(index) };
        VersionVector::from_iter([(NodeId(1), place)])
    }

    /// A state with these keys, each written by the entry of this number.
    fn state(writes: &[(&str, u64, Option<&str>)]) -> State {
        let mut state = State::new();
        for (key, index, value) in writes {
            let stamp = Stamp { clock: *index, replica: NodeId(1), offset: 0 };
            let place = up_to(*index).get(NodeId(1));
            state.merge(key.as_bytes(), stamp, place, value.map(str::as_bytes));
        }
        state
    }

    /// A state as it is fetched.
    fn pieces(mut state: State) -> Vec<Bytes> {
        let mut out = vec![];
        state.begin_walk();
        while state.walk_on(usize::MAX, 1 << 20, &mut out).is_some() {}
        let records = Record::decode_group(&out.into()).unwrap();
        let slot = |record| match record {
            Record::MergedSlot(slot) => slot,
            other => panic!("{other:?}"),
        };
        records.into_iter().map(slot).collect()
    }

    fn holds(state: &State, key: &str) -> Option<String> {
        Some(String::from_utf8_lossy(&state.get(key.as_bytes())?).into_owned())
    }

    #[test]
    fn the_higher_stamp_stays() {
        let mut here = state(&[("a", 3, Some("here")), ("b", 1, Some("here"))]);
        let there = state(&[("a", 2, Some("there")), ("b", 4, None), ("c", 5, Some("there"))]);
        here.join(&pieces(there), &up_to(3), &up_to(5)).unwrap();
        let held = ["a", "b", "c"].map(|key| holds(&here, key));
        assert_eq!(held, [Some("here".into()), None, Some("there".into())]);
        assert_eq!((here.keys(), here.tombstones()), (2, 1));
    }

    #[test]
    fn what_is_gone_here_is_not_taken_in() {
        let mut here = state(&[]);
        let there = state(&[("gone", 2, Some("old")), ("new", 3, Some("new"))]);
        here.join(&pieces(there), &up_to(2), &up_to(3)).unwrap();
        assert_eq!(holds(&here, "new"), Some("new".into()));
        assert_eq!((holds(&here, "gone"), here.keys()), (None, 1));
    }

    #[test]
    fn what_is_gone_there_goes() {
        let mut here = state(&[("gone", 1, Some("old")), ("b", 2, None), ("new", 3, Some("new"))]);
        here.join(&pieces(state(&[])), &up_to(3), &up_to(2)).unwrap();
        assert_eq!(holds(&here, "new"), Some("new".into()));
        assert_eq!((holds(&here, "gone"), here.keys(), here.tombstones()), (None, 1, 0));
    }

    #[test]
    fn a_piece_that_cannot_be_read_changes_nothing() {
        let mut here = state(&[("a", 1, Some("here"))]);
        let there = pieces(state(&[("b", 2, Some("there"))]));
        let cut = [there[0].clone(), there[0].slice(..there[0].len() - 1)];
        assert_eq!(here.join(&cut, &up_to(1), &up_to(2)), Err(Malformed));
        assert_eq!((holds(&here, "a"), here.keys()), (Some("here".into()), 1));
    }
}
