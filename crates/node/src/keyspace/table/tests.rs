//! The table of keyspaces: what entries do to it, and its bytes.

use super::*;
use crate::api::{Durability, Level};
use crate::keyspace::definition::Allowed;

fn levels(level: Level) -> Levels {
    Levels { level, allowed: Allowed::default() }
}

fn definition(name: &str, prefix: &str, order: Order) -> Definition {
    let level = if order == Order::Agreed { Level::Sequential } else { Level::Causal };
    Definition {
        name: name.into(),
        prefix: prefix.into(),
        order,
        levels: levels(level),
        durability: Durability::Disk,
    }
}

fn attempt(index: u64) -> Attempt {
    Attempt { index: Index(index), began_ms: 1000 + index }
}

fn reserve(table: &mut Table, name: &str, prefix: &str, index: u64) -> Result<(), Error> {
    table.reserve(definition(name, prefix, Order::Merged), attempt(index))
}

/// The id of the keyspace that takes writes of a key.
fn takes(table: &Table, key: &str) -> Vec<u32> {
    (1..9).filter(|id| table.takes(KeyspaceId(*id), key.as_bytes())).collect()
}

#[test]
fn a_prefix_changes_hands_in_two_steps_and_one_does_at_a_time() {
    let mut table = Table::default();
    assert_eq!(takes(&table, "user:7"), [1]);
    assert_eq!(reserve(&mut table, "users", "user:", 5), Ok(()));
    assert_eq!((takes(&table, "user:7"), takes(&table, "use")), (vec![], vec![1]));
    assert!(matches!(reserve(&mut table, "others", "o", 6), Err(Error::TryAgain(_))));
    assert!(!table.open(Index(4)), "that is another attempt");
    assert!(table.open(Index(5)) && !table.open(Index(5)), "it is over");
    assert!(!table.give_up(Index(5)));
    assert_eq!(takes(&table, "user:7"), [2]);
    assert_eq!(reserve(&mut table, "admins", "user:admin:", 7), Ok(()));
    assert!(table.open(Index(7)));
    assert_eq!(["user:7", "user:admin:7"].map(|key| takes(&table, key)), [[2], [3]]);
    let around = |name| table.around(table.named(name).unwrap()).map(|one| one.id.0);
    assert_eq!((around("admins"), around("users")), (Some(2), None));
    assert_eq!(table.begin_drop("users", attempt(8)), Ok(()));
    assert_eq!(["user:7", "user:admin:7"].map(|key| takes(&table, key)), [vec![], vec![3]]);
    assert!(table.give_up(Index(8)), "it is not empty");
    assert_eq!(takes(&table, "user:7"), [2]);
    assert_eq!(table.begin_drop("admins", attempt(9)), Ok(()));
    assert!(table.open(Index(9)));
    assert_eq!(takes(&table, "user:admin:7"), [2]);
}

#[test]
fn no_id_comes_again() {
    let mut table = Table::default();
    for (index, expected) in [(1, 2), (2, 3), (3, 4)] {
        assert_eq!(reserve(&mut table, "users", "user:", index), Ok(()));
        assert_eq!(table.named("users").unwrap().id.0, expected);
        assert!(table.give_up(Index(index)));
    }
    assert_eq!(takes(&table, "user:7"), [1]);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut table = Table::default();
    for name in ["default", "system"] {
        assert!(reserve(&mut table, name, "x", 1).is_err());
    }
    assert_eq!(reserve(&mut table, "users", "user:", 1), Ok(()));
    assert!(table.open(Index(1)));
    assert!(reserve(&mut table, "users", "other:", 2).is_err());
    assert!(reserve(&mut table, "others", "user:", 2).is_err());
    assert!(table.begin_drop("nobody", attempt(2)).is_err());
    let alter = |table: &mut Table, name, level| {
        table.alter(name, |_| levels(level), levels(Level::Linearizable))
    };
    assert!(alter(&mut table, "users", Level::Sequential).is_err(), "it is merged");
    assert_eq!(alter(&mut table, "users", Level::Eventual), Ok(()));
    assert_eq!(alter(&mut table, "default", Level::Sequential), Ok(()));
    assert_eq!(table.default_levels(), Some(levels(Level::Sequential)));
    for number in 1..KEYSPACES_MAX as u64 {
        reserve(&mut table, &format!("k{number}"), &format!("{number}:"), number).unwrap();
        assert!(table.open(Index(number)));
    }
    assert!(reserve(&mut table, "last", "l", 9).unwrap_err().to_string().contains("256 keyspaces"));
    assert_eq!(Table::decode(&table.encode()), Ok(table));
}

/// Else a node could not read its own table at its next start.
#[test]
fn whatever_alter_takes_comes_back() {
    let levels_of = |all: &[Level]| Levels { level: Level::Causal, allowed: Allowed::of(all) };
    let bounded = Level::Bounded { ms: 100 };
    for (allowed, is_taken) in [
        (&[Level::Eventual][..], true),
        (&[Level::Sequential], false),
        (&[Level::Eventual, Level::Linearizable], false),
        (&[bounded], false),
        (&[], true),
    ] {
        let mut table = Table::default();
        reserve(&mut table, "users", "user:", 1).unwrap();
        assert!(table.open(Index(1)));
        let altered = table.alter("users", |_| levels_of(allowed), levels(Level::Linearizable));
        assert_eq!(altered.is_ok(), is_taken, "{allowed:?}");
        assert_eq!(Table::decode(&table.encode()), Ok(table), "{allowed:?}");
    }
}

#[test]
fn tables_come_back_and_others_are_malformed() {
    let mut table = Table::default();
    let all = |table: &Table| {
        let bytes = table.encode();
        assert_eq!(Table::decode(&bytes).as_ref(), Ok(table));
        for end in 0..bytes.len() {
            assert_eq!(Table::decode(&bytes[..end]), Err(Malformed));
        }
    };
    all(&table);
    reserve(&mut table, "users", "user:", 5).unwrap();
    all(&table);
    table.open(Index(5));
    table.begin_drop("users", attempt(6)).unwrap();
    all(&table);
    table.give_up(Index(6));
    reserve(&mut table, "admins", "user:admin:", 7).unwrap();
    table.alter("default", |_| levels(Level::Causal), levels(Level::Causal)).unwrap();
    all(&table);
    let twice = Table { all: [&table.all[..], &table.all[..1]].concat(), ..table.clone() };
    assert_eq!(Table::decode(&twice.encode()), Err(Malformed));
    let early = Table { next: KeyspaceId(2), ..table };
    assert_eq!(Table::decode(&early.encode()), Err(Malformed));
}

#[test]
fn what_a_start_could_not_read_again_is_nothing_to_alter_to() {
    let mut table = Table::default();
    table.reserve(definition("m", "m:", Order::Merged), attempt(1)).unwrap();
    assert!(table.open(Index(1)));
    let altered = |allowed: &[Level]| {
        let levels = Levels { level: Level::Eventual, allowed: Allowed::of(allowed) };
        let mut changed = table.clone();
        let done = changed.alter("m", |_| levels, levels).is_ok();
        assert_eq!(Table::decode(&changed.encode()), Ok(changed));
        done
    };
    assert!(altered(&[Level::Causal]) && !altered(&[Level::Linearizable]));
}
