//! Keyspaces: which keys belong together, and what is promised of them.
//!
//! A key belongs to the keyspace with the longest prefix that it begins with; `default` has the
//! empty one. What belongs to the system names no key. Which keyspaces there are beside `default`
//! says a [table](table::Table) that the state machine of the agreed order keeps; a node goes by
//! the last one that it applied, and keeps that on its disk. While a prefix changes hands nobody
//! takes commands on its keys.

pub(crate) mod definition;
pub(crate) mod table;

use crate::api::{Config, Level, Order};
use crate::commands::{Command, View};
use crate::ids::KeyspaceId;
use crate::reply::{Error, Reply};
use crate::store::{Cursor, Value};
use bytes::Bytes;
use definition::{Allowed, Levels};
use table::{Entry, Phase, Table};

/// What is promised of the keys of a keyspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyspace {
    pub(crate) id: KeyspaceId,
    /// Who may append to its logs.
    pub(crate) order: Order,
    /// What its reads promise.
    pub(crate) levels: Levels,
}

/// All keyspaces, as this node goes by them.
#[derive(Clone, Debug)]
pub(crate) struct Keyspaces {
    system: Keyspace,
    default: Keyspace,
    /// The level of `default` that this node was started with.
    configured: Level,
    table: Table,
}

impl Keyspaces {
    /// `default` alone.
    pub(crate) fn new(config: &Config) -> Keyspaces {
        let Config { order, level, .. } = *config;
        let levels = Levels { level, allowed: Allowed::ALL };
        let default = Keyspace { id: KeyspaceId::DEFAULT, order, levels };
        let system = Keyspace { id: KeyspaceId::SYSTEM, order: Order::Agreed, levels };
        Keyspaces { system, default, configured: level, table: Table::default() }
    }

    /// From now on this table counts.
    pub(crate) fn follow(&mut self, table: Table) {
        let configured = Levels { level: self.configured, allowed: Allowed::ALL };
        let said = table.default_levels().filter(|said| self.default.order.can_give(said.level));
        self.default.levels = said.unwrap_or(configured);
        self.table = table;
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// How many changes have made what counts now.
    pub(crate) fn version(&self) -> u64 {
        self.table.version()
    }

    /// The keyspace of keys that no other has, and of commands that name no key.
    pub(crate) fn default(&self) -> &Keyspace {
        &self.default
    }

    /// What people call a keyspace.
    pub(crate) fn name(&self, id: KeyspaceId) -> &str {
        match id {
            KeyspaceId::SYSTEM => "system",
            KeyspaceId::DEFAULT => "default",
            _ => {
                let entry = self.table.iter().find(|entry| entry.id == id);
                entry.map_or("", |entry| &entry.definition.name)
            }
        }
    }

    /// Whether one of them is of this order.
    pub(crate) fn has(&self, order: Order) -> bool {
        self.default.order == order || self.table.has(order)
    }

    /// The keyspace of an entry of the table.
    fn of_entry(entry: &Entry) -> Keyspace {
        let definition = &entry.definition;
        Keyspace { id: entry.id, order: definition.order, levels: definition.levels }
    }

    /// The keyspace of a key, also while it changes hands.
    fn of_key(&self, key: &[u8]) -> Option<&Entry> {
        self.table.of_key(key)
    }

    /// Which keyspace has the keys so far that are to be this one's, or are its own and to be given
    /// back.
    pub(crate) fn source(&self, entry: &Entry) -> Keyspace {
        match (entry.phase, self.table.around(entry)) {
            (Phase::Open | Phase::Dropping(_), _) => Keyspaces::of_entry(entry),
            (Phase::Reserved(_), Some(around)) => Keyspaces::of_entry(around),
            (Phase::Reserved(_), None) => self.default,
        }
    }

    /// The keyspace of all keys of a command.
    pub(crate) fn of(&self, command: &Command) -> Result<Keyspace, Error> {
        if command.is_of_system() {
            return Ok(self.system);
        }
        if self.table.is_plain() {
            return Ok(self.default);
        }
        if command.removes_all() && self.table.has(self.default.order) {
            return Err(Error::CrossKeyspace(REMOVES_ALL.into()));
        }
        let mut keys = command.keys();
        let Some(first) = keys.next() else { return Ok(self.default) };
        let entry = self.of_key(first);
        let id = |entry: Option<&Entry>| entry.map_or(KeyspaceId::DEFAULT, |entry| entry.id);
        if let Some(other) = keys.map(|key| self.of_key(key)).find(|other| id(*other) != id(entry))
        {
            return Err(Error::CrossKeyspace(format!(
                "the keys belong to the keyspaces {} and {}, and no command reaches over two. Hint: send one for each",
                self.name(id(entry)),
                self.name(id(other))
            )));
        }
        match entry {
            None => Ok(self.default),
            Some(entry) if entry.phase == Phase::Open => Ok(Keyspaces::of_entry(entry)),
            Some(entry) if mutant!(ReadsNotFenced, false, !command.is_write()) => {
                Ok(self.source(entry))
            }
            Some(_) => Err(Error::TryAgain(CHANGES_HANDS)),
        }
    }

    /// The keys of `default` alone, of a state that has those of others of its order, too.
    pub(crate) fn only_default<'a>(&'a self, view: &'a dyn View) -> OfDefault<'a> {
        OfDefault { view, keyspaces: self }
    }

    /// Leaves out the keys of other keyspaces in a list of keys.
    pub(crate) fn leave_out_others(&self, reply: &mut Reply) {
        if let Reply::Array(keys) = reply
            && !self.table.is_plain()
        {
            keys.retain(|key| !matches!(key, Reply::Value(key) if self.is_others(key)));
        }
    }

    /// Whether a key is none of `default`'s. Those that are to be another's are so far.
    fn is_others(&self, key: &[u8]) -> bool {
        let entry = self.of_key(key);
        entry.is_some_and(|entry| self.source(entry).id != KeyspaceId::DEFAULT)
    }

    /// All of them as people are told, `default` first, then in the order of their names; or the
    /// one of this name.
    pub(crate) fn told(&self, name: Option<&str>) -> Vec<Reply> {
        let default =
            Told { name: "default", prefix: b"", keyspace: self.default, phase: Phase::Open };
        let mut all: Vec<Told<'_>> = self.table.iter().map(Told::of_entry).collect();
        all.sort_unstable_by_key(|one| one.name);
        let all = [default].into_iter().chain(all);
        all.filter(|one| name.is_none_or(|name| one.name == name)).map(Told::into_reply).collect()
    }
}

/// A keyspace as people are told of it.
struct Told<'a> {
    name: &'a str,
    prefix: &'a [u8],
    keyspace: Keyspace,
    phase: Phase,
}

impl Told<'_> {
    fn of_entry(entry: &Entry) -> Told<'_> {
        Told {
            name: &entry.definition.name,
            prefix: &entry.definition.prefix,
            keyspace: Keyspaces::of_entry(entry),
            phase: entry.phase,
        }
    }

    fn into_reply(self) -> Reply {
        let Keyspace { id, order, levels } = self.keyspace;
        let allowed: Vec<String> = levels
            .allowed
            .iter()
            .filter(|level| order.can_give(*level) && level.is_weaker_than(levels.level))
            .map(|level| level.to_string())
            .collect();
        let state = match self.phase {
            Phase::Open => "open",
            Phase::Reserved(_) => "being created",
            Phase::Dropping(_) => "being dropped",
        };
        let text = |text: &str| Reply::Value(Bytes::copy_from_slice(text.as_bytes()));
        let pairs = [
            ("name", text(self.name)),
            ("prefix", Reply::Value(Bytes::copy_from_slice(self.prefix))),
            ("order", text(&order.to_string())),
            ("level", text(&levels.level.to_string())),
            ("allow", text(&allowed.join(" "))),
            ("durability", text("disk")),
            ("state", text(state)),
            ("id", Reply::Integer(i64::from(id.0))),
        ];
        Reply::Array(pairs.into_iter().flat_map(|(name, value)| [text(name), value]).collect())
    }
}

/// What is seen of the keys of `default`.
pub(crate) struct OfDefault<'a> {
    view: &'a dyn View,
    keyspaces: &'a Keyspaces,
}

impl View for OfDefault<'_> {
    fn get(&self, key: &[u8]) -> Option<Value<'_>> {
        self.view.get(key)
    }

    fn touch(&self, keys: &[&[u8]]) {
        self.view.touch(keys);
    }

    fn keys(&self) -> u64 {
        self.view.keys()
    }

    fn walk(
        &self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Cursor> {
        let mut only = |key: &[u8]| self.keyspaces.is_others(key) || each(key);
        self.view.walk(from, most, &mut only)
    }
}

pub(crate) const CHANGES_HANDS: &str = "the keyspace of the key is being created or dropped: the command did not run. \
    Hint: ask again in a moment; KEYSPACE LIST says which it is";

/// What is said where the keyspace of a command's keys became another one before it ran.
pub(crate) const CHANGED_HANDS: &str = "the keyspace of the key has changed before the command ran: it did not run, and may be \
    sent again";

pub(crate) const REMOVES_ALL: &str = "this would remove the keys of other keyspaces as well: it did not run. \
    Hint: SCAN with MATCH and DEL; KEYSPACE LIST says which keyspaces there are";

#[cfg(test)]
mod tests;
