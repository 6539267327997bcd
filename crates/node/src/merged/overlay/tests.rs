//! What is seen over a state, and what gets into entries.

use super::*;
use crate::ids::{Boot, Index, NodeId};
use crate::merged::Merged;
use crate::merged::hlc::Stamp;
use crate::wire::codec::Reader;

const MOST: (usize, usize) = (4, 1 << 20);

fn place(index: u64) -> Place {
    Place { boot: Boot(1), index: Index(index) }
}

fn stamp(clock: u64) -> Stamp {
    Stamp { clock, replica: NodeId(2), offset: 0 }
}

fn put(overlay: &mut Overlay, key: &str, pending: Pending) {
    assert!(overlay.open_for(1, 100, MOST, 0));
    overlay.put(Bytes::copy_from_slice(key.as_bytes()), KeyspaceId::DEFAULT, pending);
}

fn set(text: &'static str) -> Pending {
    Pending::Set(Bytes::from(text))
}

/// Puts what is next into an entry at this place: its writes.
fn log(overlay: &mut Overlay, index: u64) -> Vec<String> {
    overlay.fill();
    let (bytes, count) = overlay.next_writes().expect("something is next");
    overlay.on_logged(place(index));
    let mut reader = Reader::new(&bytes);
    let write = |_| {
        let write = commands::decode(&mut reader).expect("it was encoded here");
        format!("{:?}", write.to_command())
    };
    (0..count).map(write).collect()
}

#[test]
fn each_generation_goes_with_its_entry_and_the_rest_stays_over_the_state() {
    let (mut overlay, mut state) = (Overlay::default(), State::new());
    state.merge(b"n", stamp(1), place(1), Some(b"5"));
    put(&mut overlay, "n", Pending::Added(2));
    assert_eq!(log(&mut overlay, 7), ["incrby n 2"]);
    put(&mut overlay, "n", Pending::Added(3));
    assert_eq!(overlay.number(b"n", &state), Some(10));
    assert_eq!(log(&mut overlay, 8), ["incrby n 3"]);
    overlay.on_applied(place(6));
    assert_eq!(overlay.sum(b"n", &state).as_deref(), Some(&b"10"[..]), "that was another entry");
    state.merge(b"n", stamp(2), place(7), Some(b"7"));
    overlay.on_applied(place(7));
    assert_eq!(overlay.number(b"n", &state), Some(10));
    // Another replica leaves a text there: what was added adds nothing.
    state.merge(b"n", stamp(3), place(2), Some(b"text"));
    assert_eq!(overlay.sum(b"n", &state).as_deref(), Some(&b"text"[..]));
    overlay.on_applied(place(8));
    assert!(overlay.is_empty() && overlay.bytes() == 0);
}

#[test]
fn a_key_has_one_write_in_an_entry() {
    let mut overlay = Overlay::default();
    for key in ["a", "b", "c"] {
        put(&mut overlay, key, set("1"));
    }
    put(&mut overlay, "a", Pending::Removed);
    put(&mut overlay, "b", set("other"));
    let c = || Bytes::from("c");
    overlay.add(c(), KeyspaceId::DEFAULT, 4, 5);
    let bytes = overlay.bytes();
    put(&mut overlay, "b", set("again"));
    assert_eq!((overlay.keys(), overlay.bytes()), (3, bytes));
    let mut writes = log(&mut overlay, 1);
    writes.sort_unstable();
    assert_eq!(writes, ["del a", "set b again", "set c 5"]);
}

#[test]
fn a_sum_beyond_64_bits_is_several_increments() {
    let mut overlay = Overlay::default();
    let most = i128::from(i64::MAX);
    put(&mut overlay, "n", Pending::Added(most + 3));
    put(&mut overlay, "m", Pending::Added(-most - 2));
    put(&mut overlay, "o", Pending::Added(0));
    let mut writes = log(&mut overlay, 1);
    writes.sort_unstable();
    let expected = [
        "incrby m -1",
        "incrby m -9223372036854775808",
        "incrby n 3",
        "incrby n 9223372036854775807",
        "incrby o 0",
    ];
    assert_eq!(writes, expected);
}

#[test]
fn what_fits_nowhere_is_not_taken() {
    let mut overlay = Overlay::default();
    assert!(!overlay.open_for(5, 0, MOST, 0) && !overlay.open_for(1, 1 << 20, MOST, 0));
    for number in 0..4 * GENERATIONS_MAX {
        put(&mut overlay, &number.to_string(), set("x"));
    }
    assert!(overlay.has_full() && !overlay.open_for(1, 100, MOST, 0));
    log(&mut overlay, 1);
    assert!(!overlay.open_for(1, 100, MOST, 0), "its entry is not applied");
    overlay.on_applied(place(1));
    assert!(overlay.open_for(1, 100, MOST, 0));
    overlay.drop_empty();
    assert_eq!(overlay.keys(), 4 * (GENERATIONS_MAX - 1));
}

/// The keys that walks see which end after so many.
fn walk(merged: &Merged, most: usize) -> Vec<String> {
    let (mut keys, mut from) = (vec![], Some(Cursor::default()));
    while let Some(cursor) = from {
        let mut seen = 0;
        from = merged.walk(cursor, 1000, &mut |key| {
            keys.push(String::from_utf8_lossy(key).into_owned());
            seen += 1;
            seen < most
        });
        assert!(seen <= most, "no two keys lie at one place here");
    }
    keys
}

#[test]
fn walks_see_every_key_once_in_their_order() {
    let mut merged = Merged::new(NodeId(1), &[NodeId(1)]);
    let name = |number: usize| format!("key{number}");
    for number in 0..60 {
        merged.state.merge(name(number).as_bytes(), stamp(1), place(1), Some(b"x"));
    }
    let most = (100, 1 << 20);
    for (number, index) in [(20, 1), (50, 2), (90, 3)] {
        for key in (number..number + 30).map(name) {
            assert!(merged.overlay.open_for(1, 100, most, 0));
            let pending = if index == 2 { Pending::Removed } else { set("y") };
            merged.overlay.put(key.into(), KeyspaceId::DEFAULT, pending);
        }
        if index < 3 {
            log(&mut merged.overlay, index);
        }
    }
    let mut expected: Vec<String> = (0..50).chain(90..120).map(name).collect();
    expected.sort_by_key(|key| Cursor::of(key.as_bytes()));
    for most in [1, 2, 7, 1000] {
        assert_eq!(walk(&merged, most), expected, "{most} at a time");
    }
    merged.overlay.count(&merged.state);
    assert_eq!(merged.keys(), 80);
    merged.begin_count();
    let existed = |key: String| crate::counting::Past::existed(&merged.state, key.as_bytes());
    assert_eq!((0..130).map(name).filter(|key| existed(key.clone())).count(), 80);
}
