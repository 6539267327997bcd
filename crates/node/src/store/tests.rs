//! A store beside a map, whatever is done to both; walks; keys that somebody chose with intent;
//! memory.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::record::SMALL_BYTES_MAX;
use super::*;
use crate::limits::VALUE_BYTES_MAX;
use crate::random::Random;

/// What a store should hold.
type Model = BTreeMap<Vec<u8>, (Option<Vec<u8>>, u64)>;

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key:{n}")).collect()
}

fn filled(keys: &[String]) -> Store<u64> {
    let mut store = Store::new();
    for (n, key) in keys.iter().enumerate() {
        assert!(!store.set(key.as_bytes(), Some(b"value".into()), n as u64));
    }
    store
}

/// All keys, `count` at a time.
fn walked(store: &Store<u64>, count: usize) -> Vec<Vec<u8>> {
    let (mut all, mut from) = (vec![], Some(Cursor::default()));
    while let Some(cursor) = from {
        let mut left = count;
        from = store.walk(cursor, usize::MAX, &mut |key, _| {
            all.push(key.to_vec());
            left -= left.min(1);
            left > 0
        });
        assert_ne!(from, Some(Cursor::default()), "0 says that it is over");
        assert!(from.is_none_or(|next| next > cursor && next.0 < 1 << 53));
    }
    all
}

/// Keys whose hashes are the same: XXH3 multiplies their first half by 0, so the second does not
/// count.
fn colliding(n: u64) -> Vec<u8> {
    let first = 0xb8fe_6c39_23a4_4bbe_u64.to_be_bytes();
    [&first[..], format!("{n:08}").as_bytes(), b"{a}xxxxxxxxxxxxx"].concat()
}

#[test]
fn values_come_back() {
    let keys = keys(1_000);
    let mut store = filled(&keys);
    let seen = |store: &Store<u64>, key: &str| {
        let record = store.get(key.as_bytes())?;
        Some((record.value.map(|value| value.to_vec()), record.by()))
    };
    assert_eq!(seen(&store, "key:7"), Some((Some(b"value".to_vec()), 7)));
    assert!(store.set(b"key:7", Some(b"".into()), 70));
    assert_eq!(seen(&store, "key:7"), Some((Some(vec![]), 70)));
    assert!(store.set(b"key:7", None, 71));
    assert_eq!(seen(&store, "key:7"), Some((None, 71)));
    assert_eq!((store.remove(b"key:7"), store.remove(b"key:7")), (true, false));
    assert_eq!((seen(&store, "key:7"), seen(&store, "key:8").unwrap().1), (None, 8));
}

/// Changes a store and a map alike: a random choice of keys and sizes.
fn change(store: &mut Store<u64>, model: &mut Model, (kind, key, size): (u8, u8, u32), by: u64) {
    let key = match key % 4 {
        0 => colliding(u64::from(key)),
        1 => format!("{{a}}{key}").into_bytes(),
        2 => vec![key; usize::from(key) * 23],
        _ => format!("key:{key}").into_bytes(),
    };
    let sizes = [0, 1, 2, 100, SMALL_BYTES_MAX - 1, SMALL_BYTES_MAX, SMALL_BYTES_MAX + 1, 9000];
    let size = match size as usize % 16 {
        place @ 0..8 => sizes[place],
        _ => size as usize % 600,
    };
    let value = (kind != 0).then(|| vec![by as u8; size]);
    if kind < 4 {
        let was_there = store.set(&key, value.as_deref().map(Cow::Borrowed), by);
        assert_eq!(was_there, model.insert(key.clone(), (value, by)).is_some());
    } else {
        assert_eq!(store.remove(&key), model.remove(&key).is_some());
    }
    let record = store.get(&key).map(|one| (one.value.map(|value| value.to_vec()), one.by()));
    assert_eq!(record, model.get(&key).cloned());
}

/// Both hold the same.
fn compare(store: &Store<u64>, model: &Model) {
    let mut seen = Model::new();
    let mut last = Cursor::default();
    store.walk(Cursor::default(), usize::MAX, &mut |key, one| {
        assert!(Cursor::of(key) >= last, "a walk goes forward");
        last = Cursor::of(key);
        seen.insert(key.to_vec(), (one.value.map(|value| value.to_vec()), one.by()));
        true
    });
    assert!(seen == *model, "{} and {} keys", seen.len(), model.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_store_holds_what_a_map_would(
        changes in prop::collection::vec((0u8..6, any::<u8>(), any::<u32>()), 0..600),
    ) {
        let (mut store, mut model) = (Store::new(), Model::new());
        for (by, one) in changes.into_iter().enumerate() {
            change(&mut store, &mut model, one, by as u64);
        }
        compare(&store, &model);
    }
}

#[test]
fn the_greatest_values_are_shared_and_let_go() {
    let mut store = Store::new();
    for size in [SMALL_BYTES_MAX, SMALL_BYTES_MAX + 1, VALUE_BYTES_MAX] {
        store.set(b"k", Some(vec![7; size].into()), 1u64);
        let shown = store.get(b"k").unwrap().value.unwrap().shown();
        let is_shared = shown.as_ptr() == store.get(b"k").unwrap().value.unwrap().as_ptr();
        assert_eq!((shown.len(), is_shared), (size, size > SMALL_BYTES_MAX));
    }
    assert_eq!(store.records.counts(), (1, 1));
    store.set(b"k", Some(b"small".into()), 2);
    assert_eq!(store.records.counts(), (1, 0));
    store.set(b"k", Some(vec![7; 1 << 20].into()), 3);
    assert!(store.remove(b"k"));
    assert_eq!(store.records.counts(), (0, 0));
}

#[test]
fn a_walk_shows_every_key_once_in_pieces_of_any_size() {
    let keys = keys(500);
    let store = filled(&keys);
    let whole = walked(&store, usize::MAX);
    assert!(whole.iter().map(|key| Cursor::of(key)).is_sorted());
    let mut sorted = whole.clone();
    sorted.sort();
    let mut expected: Vec<_> = keys.iter().map(|key| key.clone().into_bytes()).collect();
    expected.sort();
    assert_eq!(sorted, expected);
    for count in [1, 2, 7, 499, 500] {
        assert_eq!(walked(&store, count), whole, "{count} at a time");
    }
}

/// Adds keys and removes them, in an order of its own, and looks at all of them in between.
fn come_and_go(all: &[Vec<u8>], seed: u64) {
    let mut chance = Random::new(seed);
    let (mut store, mut model) = (Store::new(), Model::new());
    for (n, key) in all.iter().enumerate() {
        assert!(!store.set(key, Some(b"value".into()), n as u64));
        model.insert(key.clone(), (Some(b"value".to_vec()), n as u64));
    }
    compare(&store, &model);
    for count in [all.len() / 2, all.len() / 3, usize::MAX] {
        for _ in 0..count.min(model.len()) {
            let from = &all[chance.between(0, all.len())];
            let key = model.range(from.clone()..).chain(&model).next().unwrap().0.clone();
            assert!(store.remove(&key) && !store.remove(&key));
            model.remove(&key);
        }
        compare(&store, &model);
        assert_eq!(walked(&store, 100).len(), model.len());
    }
    assert_eq!(store.records.counts(), (0, 0));
}

#[test]
fn many_keys_of_one_slot_come_and_go() {
    let of_one_slot = |n: u64| format!("{{a}}{n}").into_bytes();
    let all: Vec<_> = (0..20_000).map(of_one_slot).collect();
    come_and_go(&all, 1);
    let mixed: Vec<_> = (0..5_000).flat_map(|n| [colliding(n), of_one_slot(n)]).collect();
    come_and_go(&mixed, 2);
    let sorted: BTreeSet<_> = mixed.into_iter().collect();
    come_and_go(&sorted.into_iter().collect::<Vec<_>>(), 3);
}

#[test]
fn keys_of_one_hash_take_long_for_nobody() {
    const COUNT: u64 = 100_000;
    let keys: Vec<_> = (0..COUNT).map(colliding).collect();
    let places: BTreeSet<_> = keys.iter().map(|key| Cursor::of(key)).collect();
    assert_eq!(places.len(), 1, "they are of one hash");
    let mut store = Store::new();
    for (n, key) in keys.iter().enumerate() {
        assert!(!store.set(key, Some(b"".into()), n as u64));
    }
    assert_eq!(store.get(&keys[7]).unwrap().by(), 7);
    assert!(store.set(&keys[7], Some(b"".into()), 70));
    assert_eq!(walked(&store, 1).len(), COUNT as usize, "they come together");
    assert_eq!((store.remove(&keys[7]), store.remove(&keys[7])), (true, false));
    assert!(keys.iter().skip(8).all(|key| store.remove(key)));
    assert_eq!(walked(&store, 1).len(), 7);
}

#[test]
fn room_is_used_again_and_given_back() {
    let keys = keys(100_000);
    let mut store = Store::new();
    let set = |store: &mut Store<u64>, size: usize, by: u64| {
        for key in &keys {
            store.set(key.as_bytes(), Some(vec![1; size].into()), by);
        }
    };
    set(&mut store, 100, 1);
    let full = store.records.counts().0;
    (2..6).for_each(|by| set(&mut store, 100, by));
    assert!(store.records.counts().0 <= full + 1, "room of one size is used again");
    set(&mut store, 300, 7);
    set(&mut store, 100, 8);
    assert!(store.records.counts().0 <= full + 1, "room of another size is given back");
    let mut chance = Random::new(1);
    let kept: Vec<_> = keys.iter().filter(|_| chance.between(0, 10) == 0).collect();
    let is_kept: BTreeSet<_> = kept.iter().copied().collect();
    let gone = keys.iter().filter(|key| !is_kept.contains(key));
    gone.for_each(|key| assert!(store.remove(key.as_bytes())));
    let left = store.records.counts().0;
    assert!(left * 10 <= full * 2 + 10, "of {full} pages {left} are left");
    assert!(kept.iter().all(|key| store.get(key.as_bytes()).is_some()));
    kept.iter().for_each(|key| assert!(store.remove(key.as_bytes())));
    assert_eq!(store.records.counts(), (0, 0));
}

#[test]
fn a_store_that_is_over_goes_in_pieces() {
    let mut store = filled(&keys(50_000));
    for n in 0..3_000 {
        store.set(&colliding(n), Some(vec![1; 3_000].into()), 1);
    }
    let mut pieces = vec![];
    loop {
        match store.drop_some(1_000) {
            0 => break,
            count => pieces.push(count),
        }
    }
    assert!(pieces.iter().all(|count| *count < 34_000), "a page at most, or few keys: {pieces:?}");
    assert!(pieces.len() > 50);
    assert_eq!(store.records.counts(), (0, 0));
}

/// Each deadline of a record is listed, the earliest first, and nothing else is.
#[test]
fn deadlines_are_those_of_the_records() {
    for seed in 0..100 {
        let (mut chance, mut store) = (Random::new(seed), Store::new());
        let mut model: BTreeMap<Vec<u8>, Option<u64>> = BTreeMap::new();
        for by in 0..300 {
            // Some of one hash, which share their place in the list.
            let n = chance.between(0, 12) as u64;
            let key = if n < 6 { colliding(n) } else { n.to_string().into_bytes() };
            let old = model.get(&key).copied().flatten();
            let deadline = match chance.between(0, 5) {
                0 => Deadline::Never,
                1 => Deadline::KeptAfter(50),
                _ => Deadline::At(chance.between(0, 9) as u64 * 20),
            };
            if chance.between(0, 4) == 0 {
                assert_eq!(store.remove(&key), model.remove(&key).is_some());
            } else {
                store.set_until(&key, Some(b"v".into()), deadline, by);
                model.insert(key.clone(), deadline.after(old));
            }
            let expected = model.get(&key).copied().flatten();
            assert_eq!(store.get(&key).and_then(|record| record.deadline_ms), expected);
            let listed = model.iter().filter_map(|(key, deadline_ms)| Some(((*deadline_ms)?, key)));
            let first = listed.clone().map(|(deadline_ms, _)| deadline_ms).min();
            assert_eq!(store.deadlines(), listed.clone().count() as u64, "seed {seed}");
            assert_eq!(store.first_deadline_ms(), first, "seed {seed}");
            let due = store.first_due(99).map(<[u8]>::to_vec);
            let is_first = |key: &Vec<u8>| listed.clone().any(|one| one == (first.unwrap(), key));
            assert_eq!(due.is_some(), first.is_some_and(|first| first <= 99), "seed {seed}");
            assert!(due.is_none_or(|due| is_first(&due)), "seed {seed}");
        }
        while store.drop_some(7) > 0 {}
    }
}
