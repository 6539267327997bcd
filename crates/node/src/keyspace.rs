//! Keyspaces: which keys belong together, and what is promised of them.
//!
//! A key belongs to the keyspace with the longest prefix that it begins with. So far there is only `default`, which has the
//! empty one.

use crate::api::{Config, Error, Level, Order};
use crate::commands::Command;

/// The number of a keyspace; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyspaceId(pub(crate) u32);

impl KeyspaceId {
    /// `default`. (0 is kept for the system's own.)
    pub(crate) const DEFAULT: KeyspaceId = KeyspaceId(1);
}

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
        let total = matches!(level, Level::Linearizable | Level::Sequential);
        self.order == Order::Agreed || !mutant!(MergedClaimsOrder, total, false)
    }
}

/// All keyspaces.
#[derive(Clone, Debug)]
pub(crate) struct Keyspaces {
    default: Keyspace,
}

impl Keyspaces {
    pub(crate) fn new(config: &Config) -> Keyspaces {
        let Config { order, level, .. } = *config;
        Keyspaces { default: Keyspace { id: KeyspaceId::DEFAULT, name: "default", order, level } }
    }

    /// The keyspace of keys that no other has, and of commands that name no key.
    pub(crate) fn default(&self) -> &Keyspace {
        &self.default
    }

    /// The keyspace of a key.
    fn of_key(&self, _: &[u8]) -> &Keyspace {
        &self.default
    }

    /// The keyspace of all keys of a command.
    pub(crate) fn of(&self, command: &Command) -> Result<&Keyspace, Error> {
        let mut keys = command.keys();
        let Some(first) = keys.next() else { return Ok(&self.default) };
        Ok(self.of_key(first))
    }
}
