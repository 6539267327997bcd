//! Keyspaces that clients of a world create and drop, each with a prefix of its own. Begin with
//! [`Change`].

use bytes::Bytes;
use node::{Allowed, Command, Definition, Level, Levels, Order};

/// Their names and prefixes; one lies within another.
pub(crate) const KEYSPACES: [(&str, &str); 3] = [("a", "a:"), ("b", "a:b:"), ("c", "c:")];

/// Keys of theirs, and of no other's where they are there.
pub(crate) const KEYS: [&str; 5] = ["a:1", "a:2", "a:b:1", "a:b:2", "c:1"];

/// Whether one of them may have this key.
pub(crate) fn may_have(key: &[u8]) -> bool {
    KEYSPACES.iter().any(|(_, prefix)| key.starts_with(prefix.as_bytes()))
}

/// What becomes of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is created, with this order.
    Create(usize, Order),
    /// It is dropped.
    Drop(usize),
}

impl Change {
    pub(crate) fn command(self) -> Command {
        match self {
            Change::Drop(which) => Command::drop_keyspace(KEYSPACES[which].0).expect(SENSE),
            Change::Create(which, order) => {
                let (name, prefix) = KEYSPACES[which];
                let level = match order {
                    Order::Agreed => Level::Sequential,
                    Order::Merged => Level::Causal,
                };
                let levels = Levels { level, allowed: Allowed::ALL };
                let (name, prefix) = (name.into(), prefix.as_bytes().into());
                let definition = Definition { name, prefix, order, levels };
                Command::create_keyspace(&definition).expect(SENSE)
            }
        }
    }

    pub(crate) fn describe(self) -> String {
        match self {
            Change::Drop(which) => format!("KEYSPACE DROP {}", KEYSPACES[which].0),
            Change::Create(which, order) => {
                let (name, prefix) = KEYSPACES[which];
                format!("KEYSPACE CREATE {name} PREFIX {prefix} ORDER {order}")
            }
        }
    }
}

const SENSE: &str = "what clients of a world say makes sense";

/// The keys of a keyspace but for those of one within it.
pub(crate) fn keys_of(which: usize) -> Vec<Bytes> {
    let of = |key: &str| {
        let longest = (0..KEYSPACES.len()).filter(|one| key.starts_with(KEYSPACES[*one].1));
        longest.max_by_key(|one| KEYSPACES[*one].1.len()) == Some(which)
    };
    KEYS.into_iter().filter(|key| of(key)).map(Bytes::from).collect()
}
