//! Keyspaces that clients of a world create and drop, each with a prefix of its own. Begin with
//! [`Change`].

use std::sync::Arc;

use node::{Allowed, Command, Definition, Durability, Level, Levels, Order};

/// Their names and prefixes; one lies within another.
pub(crate) const KEYSPACES: [(&str, &str); 3] = [("a", "a:"), ("b", "a:b:"), ("c", "c:")];

/// Keys of theirs, and of no other's where they are there: of each first those for plain commands,
/// then those for commands of which no history tells, and for transactions.
pub(crate) const KEYS: [&str; 13] = [
    "a:1",
    "a:2",
    "a:other0",
    "a:other1",
    "a:txn0",
    "a:txn1",
    "a:b:1",
    "a:b:2",
    "a:b:other0",
    "c:1",
    "c:other0",
    "c:other1",
    "c:txn0",
];

/// Whether one of them may have this key.
pub(crate) fn may_have(key: &[u8]) -> bool {
    KEYSPACES.iter().any(|(_, prefix)| key.starts_with(prefix.as_bytes()))
}

/// What a key is called beside the prefix of the keyspace that may have it.
pub(crate) fn name_of(key: &[u8]) -> &[u8] {
    let prefixes = KEYSPACES.iter().map(|(_, prefix)| prefix.as_bytes());
    let names = prefixes.filter_map(|prefix| key.strip_prefix(prefix));
    names.min_by_key(|name| name.len()).unwrap_or(key)
}

/// Whether a key is for plain commands.
pub(crate) fn is_plain(key: &[u8]) -> bool {
    name_of(key).first().is_some_and(u8::is_ascii_digit)
}

/// The keyspace under which a node serves a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) id: u32,
    pub(crate) order: Order,
    /// The level of reads that name none.
    pub(crate) level: Level,
    /// Whether its writes are shown before they are on disk.
    pub(crate) is_interval: bool,
}

/// Under which keyspace each of the [`KEYS`] is served, where that is known.
pub(crate) type ServedKeys = Arc<[Option<Served>]>;

/// Under which keyspace a key is served.
pub(crate) fn served_of(served: &ServedKeys, key: &[u8]) -> Option<Served> {
    let place = KEYS.iter().position(|one| one.as_bytes() == key)?;
    *served.get(place)?
}

/// What becomes of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is created, with this order, this level and this durability.
    Create(usize, Order, Level, Durability),
    /// This level may be asked for from now on, and eventual: refused where the order has not got
    /// it.
    Allow(usize, Level),
    /// It is dropped.
    Drop(usize),
}

impl Change {
    pub(crate) fn command(self) -> Command {
        match self {
            Change::Drop(which) => Command::drop_keyspace(KEYSPACES[which].0).expect(SENSE),
            Change::Allow(which, level) => {
                let allowed = Allowed::of(&[level, Level::Eventual]);
                let unset = Levels { level: Level::Linearizable, allowed };
                Command::alter_keyspace(KEYSPACES[which].0, None, Some(allowed), unset)
                    .expect(SENSE)
            }
            Change::Create(which, order, level, durability) => {
                let (name, prefix) = KEYSPACES[which];
                let levels = Levels { level, allowed: Allowed::ALL };
                let (name, prefix) = (name.into(), prefix.as_bytes().into());
                let definition = Definition { name, prefix, order, levels, durability };
                Command::create_keyspace(&definition).expect(SENSE)
            }
        }
    }

    pub(crate) fn describe(self) -> String {
        match self {
            Change::Drop(which) => format!("KEYSPACE DROP {}", KEYSPACES[which].0),
            Change::Allow(which, level) => {
                format!("KEYSPACE ALTER {} ALLOW {level} eventual", KEYSPACES[which].0)
            }
            Change::Create(which, order, level, durability) => {
                let (name, prefix) = KEYSPACES[which];
                format!(
                    "KEYSPACE CREATE {name} PREFIX {prefix} ORDER {order} LEVEL {level} DURABILITY {durability}"
                )
            }
        }
    }
}

const SENSE: &str = "what clients of a world say makes sense";

/// The keys of a keyspace but for those of one within it.
pub(crate) fn keys_of(which: usize) -> impl Iterator<Item = &'static str> {
    KEYS.into_iter().filter(move |key| which_has(key.as_bytes()) == Some(which))
}

/// Which of them may have a key, and no other within it.
pub(crate) fn which_has(key: &[u8]) -> Option<usize> {
    let of = |which: &usize| key.starts_with(KEYSPACES[*which].1.as_bytes());
    (0..KEYSPACES.len()).filter(of).max_by_key(|which| KEYSPACES[*which].1.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_one_of_one_keyspace() {
        let all: Vec<&str> = (0..KEYSPACES.len()).flat_map(keys_of).collect();
        assert_eq!(all, KEYS);
        assert_eq!(name_of(b"a:b:other0"), b"other0");
        assert_eq!(name_of(b"k1"), b"k1");
    }
}
