//! Keyspaces: which keys belong together, and what is promised of them.
//!
//! A key belongs to the keyspace with the longest prefix that it begins with. So far there is only
//! `default`, which has the empty one. What belongs to the system names no key.

use crate::api::{Config, Level, Order};
use crate::commands::Command;
use crate::ids::KeyspaceId;
use crate::reply::Error;

/// What is promised of the keys of a keyspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyspace {
    pub(crate) id: KeyspaceId,
    pub(crate) name: &'static str,
    /// Who may append to its logs.
    pub(crate) order: Order,
    /// The level of reads that name none.
    pub(crate) level: Level,
}

impl Keyspace {
    /// Whether its order can give this level.
    pub(crate) fn can_give(&self, level: Level) -> bool {
        self.order.can_give(level)
    }
}

/// All keyspaces.
#[derive(Clone, Debug)]
pub(crate) struct Keyspaces {
    system: Keyspace,
    default: Keyspace,
    /// The others with their prefixes, the longest first.
    carved: Vec<(Box<[u8]>, Keyspace)>,
}

impl Keyspaces {
    pub(crate) fn new(config: &Config) -> Keyspaces {
        let Config { order, level, .. } = *config;
        let default = Keyspace { id: KeyspaceId::DEFAULT, name: "default", order, level };
        let system = Keyspace { id: KeyspaceId::SYSTEM, name: "system", ..default };
        let system = Keyspace { order: Order::Agreed, ..system };
        Keyspaces { system, default, carved: vec![] }
    }

    /// The keyspace of keys that no other has, and of commands that name no key.
    pub(crate) fn default(&self) -> &Keyspace {
        &self.default
    }

    /// The keyspace of a key.
    fn of_key(&self, key: &[u8]) -> &Keyspace {
        let carved = self.carved.iter().find(|(prefix, _)| key.starts_with(prefix));
        carved.map_or(&self.default, |(_, keyspace)| keyspace)
    }

    /// The keyspace of all keys of a command.
    pub(crate) fn of(&self, command: &Command) -> Result<&Keyspace, Error> {
        if command.is_of_system() {
            return Ok(&self.system);
        }
        if self.carved.is_empty() {
            return Ok(&self.default);
        }
        let mut keys = command.keys();
        let Some(first) = keys.next() else { return Ok(&self.default) };
        let keyspace = self.of_key(first);
        match keys.map(|key| self.of_key(key)).find(|other| other.id != keyspace.id) {
            None => Ok(keyspace),
            Some(other) => Err(Error::CrossKeyspace(format!(
                "the keys belong to the keyspaces {} and {}, and no command reaches over two. Hint: send one for each",
                keyspace.name, other.name
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_command_belong_to_one_keyspace() {
        let keyspace = |id, name| Keyspace {
            id: KeyspaceId(id),
            name,
            order: Order::Agreed,
            level: Level::Sequential,
        };
        let carved = |prefix: &str, id, name| (prefix.as_bytes().into(), keyspace(id, name));
        let keyspaces = Keyspaces {
            system: keyspace(0, "system"),
            default: keyspace(1, "default"),
            carved: vec![carved("user:admin:", 3, "admins"), carved("user:", 2, "users")],
        };
        let of = |words: &str| {
            let words: Vec<&str> = words.split(' ').collect();
            let command = Command::of_words(&words).unwrap();
            keyspaces.of(&command).map(|keyspace| keyspace.name).map_err(|error| error.to_string())
        };
        assert_eq!(of("GET key"), Ok("default"));
        assert_eq!(of("SET user:7 admin:"), Ok("users"));
        assert_eq!(of("DEL user:admin:1 user:admin:2"), Ok("admins"), "the longest prefix");
        assert_eq!(of("MSET user:1 a user:2 default"), Ok("users"), "values are no keys");
        assert_eq!(of("DBSIZE"), Ok("default"));
        assert_eq!(keyspaces.of(&Command::max_memory(1)).unwrap().name, "system");
        let error = of("MSET user:1 a key b").unwrap_err();
        assert!(error.starts_with("CROSSKEYSPACE the keys belong to the keyspaces users and"));
    }
}
