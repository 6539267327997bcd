//! Rooms that are taken and given back in any order.

use std::collections::BTreeMap;

use super::*;
use crate::random::Random;

fn record(n: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![n as u8 | 1; length.max(1)];
    bytes.iter_mut().skip(1).zip(n.to_le_bytes()).for_each(|(byte, new)| *byte = new);
    bytes
}

#[test]
fn no_two_records_share_a_room() {
    let mut chance = Random::new(7);
    let (mut slabs, mut held) = (Slabs::default(), BTreeMap::new());
    for n in 0..20_000 {
        let length = match chance.between(0, 20) {
            0 => chance.between(1, 20_000),
            1..4 => chance.between(250, 700),
            _ => chance.between(1, 40),
        };
        let record = record(n, length);
        let handle = slabs.insert(&record);
        assert!(held.insert(handle.0, record).is_none(), "a room is handed out once");
        let goes = if n < 10_000 { 2 } else { 1 };
        if chance.between(0, goes + 1) > 0
            && let Some((number, record)) = held.pop_first()
        {
            assert_eq!(&slabs.room(Handle(number))[..record.len()], &record);
            slabs.free(Handle(number));
        }
    }
    let last: Vec<_> = held.into_iter().collect();
    for (number, record) in &last {
        assert_eq!(&slabs.room(Handle(*number))[..record.len()], record);
    }
    last.iter().for_each(|(number, _)| slabs.free(Handle(*number)));
    assert_eq!(slabs.page_count(), 0);
}

#[test]
fn what_is_sparse_is_emptied_page_by_page() {
    let mut slabs = Slabs::default();
    let all: Vec<_> = (0..100_000).map(|n| slabs.insert(&record(n, 100))).collect();
    let full = slabs.page_count();
    for (n, handle) in all.iter().enumerate() {
        if n % 5 > 0 {
            slabs.free(*handle);
        }
    }
    assert_eq!(slabs.page_count(), full, "a fifth is left in each");
    let mut moved = 0;
    while let Some(handle) = slabs.next_to_move(100) {
        let record = slabs.room(handle).to_vec();
        slabs.insert(&record);
        slabs.free(handle);
        moved += 1;
    }
    let left = slabs.page_count();
    assert!(left * 5 <= full * 4 / 3 + 5, "of {full} pages {left} are left");
    assert!(moved <= 22_000, "hardly any twice: {moved}");
}
