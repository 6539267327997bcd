//! States that are joined, at once and in slices.

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
