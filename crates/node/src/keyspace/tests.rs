//! Which keyspace the keys of a command belong to.

use super::*;
use crate::ids::Index;
use bytes::Bytes;
use table::Attempt;

const LEVELS: Levels = Levels { level: Level::Sequential, allowed: Allowed::ALL };

fn reserve(table: &mut Table, name: &str, prefix: &str, index: u64) {
    let (prefix, order) = (prefix.as_bytes().to_vec(), Order::Agreed);
    let definition = Definition {
        name: name.into(),
        prefix,
        order,
        levels: LEVELS,
        durability: Durability::Disk,
    };
    table.reserve(definition, Attempt { index: Index(index), began_ms: 0 }).unwrap();
}

fn keyspaces() -> Keyspaces {
    let keyspace =
        |id| Keyspace { id, order: Order::Agreed, levels: LEVELS, durability: Durability::Disk };
    let mut table = Table::default();
    for (name, prefix, index) in [("users", "user:", 1), ("admins", "user:admin:", 2)] {
        reserve(&mut table, name, prefix, index);
        assert!(table.open(Index(index)));
    }
    reserve(&mut table, "teams", "team:", 3);
    Keyspaces {
        system: keyspace(KeyspaceId::SYSTEM),
        default: keyspace(KeyspaceId::DEFAULT),
        configured: Level::Sequential,
        table,
        awaited: vec![],
    }
}

#[test]
fn keys_of_a_command_belong_to_one_keyspace() {
    let keyspaces = keyspaces();
    let of = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let command = Command::of_words(&words).unwrap();
        let of = keyspaces.of(&command).map(|keyspace| keyspaces.name(keyspace.id));
        of.map_err(|error| error.to_string())
    };
    assert_eq!(of("GET key"), Ok("default"));
    assert_eq!(of("SET user:7 admin:"), Ok("users"));
    assert_eq!(of("DEL user:admin:1 user:admin:2"), Ok("admins"), "the longest prefix");
    assert_eq!(of("MSET user:1 a user:2 default"), Ok("users"), "values are no keys");
    for words in ["DBSIZE", "RANDOMKEY", "KEYS *", "KEYS use*", "KEYS [u]ser:*", "SCAN 0"] {
        assert_eq!(of(words), Ok("default"), "{words}");
    }
    assert_eq!(of("KEYS user:*"), Ok("users"));
    assert_eq!(of("KEYS us\\er:7"), Ok("users"));
    assert_eq!(of("SCAN 7 COUNT 3 MATCH user:admin:?"), Ok("admins"));
    assert!(of("SCAN 0 MATCH team:*").unwrap_err().starts_with("TRYAGAIN "));
    let system = keyspaces.of(&Command::max_memory(1)).unwrap();
    assert_eq!(keyspaces.name(system.id), "system");
    let error = of("MSET user:1 a key b").unwrap_err();
    assert!(error.starts_with("CROSSKEYSPACE the keys belong to the keyspaces users and"));
    for words in
        ["MGET user:1 user:2 key", "EXISTS key other user:1", "DEL user:1 user:2 user:admin:1"]
    {
        assert!(of(words).unwrap_err().starts_with("CROSSKEYSPACE "), "{words}");
    }
    for words in ["GET team:1", "SET team:1 a", "DEL team:1 team:2"] {
        assert!(of(words).unwrap_err().starts_with("TRYAGAIN "), "{words}");
    }
    assert!(of("FLUSHALL").unwrap_err().starts_with("CROSSKEYSPACE "));
    let flush = Command::of_words(&["FLUSHDB"]).unwrap();
    let list = Command::list(&[Command::get(Bytes::from("key")), flush]).unwrap();
    assert!(matches!(keyspaces.of(&list), Err(Error::CrossKeyspace(_))));
}

#[test]
fn a_level_of_default_that_its_order_cannot_give_counts_for_nobody() {
    let mut keyspaces = keyspaces();
    keyspaces.default.order = Order::Merged;
    keyspaces.configured = Level::Eventual;
    let mut table = Table::default();
    table.alter("default", |_| LEVELS, LEVELS).unwrap();
    keyspaces.follow(table);
    assert_eq!(keyspaces.default().levels.level, Level::Eventual);
}
