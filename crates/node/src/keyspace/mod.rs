//! Keyspaces: which keys belong together, and what is promised of them.
//!
//! A key belongs to the keyspace with the longest prefix that it begins with; `default` has the
//! empty one. What belongs to the system names no key. Which keyspaces there are beside `default`
//! says a [table](table::Table) that the state machine of the agreed order keeps; a node goes by
//! the last one that it applied, and keeps that on its disk. While a prefix changes hands nobody
//! takes commands on its keys.

pub(crate) mod definition;
pub(crate) mod table;
mod told;

use crate::api::{Config, Durability, Level, Order};
use crate::commands::{Command, View, literal};
use crate::ids::KeyspaceId;
use crate::reply::{Error, Reply};
use crate::store::{Cursor, Value};
use definition::{Allowed, Definition, Leave, Levels};
use table::{Entry, Phase, Table};

/// What is promised of the keys of a keyspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyspace {
    pub(crate) id: KeyspaceId,
    /// Who may append to its logs.
    pub(crate) order: Order,
    /// What its reads promise.
    pub(crate) levels: Levels,
    /// When its writes are on disk.
    pub(crate) durability: Durability,
}

impl Keyspace {
    /// Whether its writes are shown before they are on disk.
    pub(crate) fn is_interval(&self) -> bool {
        self.durability == Durability::Interval
    }

    /// Whether a keyspace such as this one can give this level.
    pub(crate) fn can_give(&self, level: Level) -> bool {
        self.order.can_give(level) && self.durability.can_give(level)
    }

    /// Whether it gives this level: what is weaker than its own only where that is allowed.
    pub(crate) fn gives(&self, level: Level) -> bool {
        self.can_give(level) && self.levels.give(self.order, level)
    }

    /// What it says of a level; of a bounded one, of all bounded ones together.
    fn leave(&self, level: Level) -> Leave {
        match self.can_give(level) {
            true => self.levels.leave(self.order, level),
            false => Leave::None,
        }
    }
}

/// All keyspaces, as this node goes by them.
#[derive(Clone, Debug)]
pub(crate) struct Keyspaces {
    system: Keyspace,
    default: Keyspace,
    /// The level of `default` that this node was started with.
    configured: Level,
    table: Table,
    /// The prefixes of those with which the cluster may begin, as long as nobody has said anything
    /// of keyspaces.
    awaited: Vec<Vec<u8>>,
}

impl Keyspaces {
    /// `default` alone.
    pub(crate) fn new(config: &Config) -> Keyspaces {
        let Config { order, level, .. } = *config;
        let levels = Levels { level, allowed: Allowed::ALL };
        let durability = Durability::Disk;
        let default = Keyspace { id: KeyspaceId::DEFAULT, order, levels, durability };
        let system = Keyspace { id: KeyspaceId::SYSTEM, order: Order::Agreed, levels, durability };
        Keyspaces { system, default, configured: level, table: Table::default(), awaited: vec![] }
    }

    /// From now on this table counts.
    pub(crate) fn follow(&mut self, table: Table) {
        let configured = Levels { level: self.configured, allowed: Allowed::ALL };
        let said = table.default_levels().filter(|said| self.default.order.can_give(said.level));
        self.default.levels = said.unwrap_or(configured);
        self.table = table;
        if self.version() > 0 {
            self.awaited = vec![];
        }
    }

    /// The cluster may begin with these.
    pub(crate) fn await_those(&mut self, keyspaces: &[Definition]) {
        if self.version() == 0 {
            self.awaited = keyspaces.iter().map(|one| one.prefix.clone()).collect();
        }
    }

    /// Whether nobody knows yet which keyspace a key has.
    fn is_awaited(&self, key: &[u8]) -> bool {
        let is_one = self.awaited.iter().any(|prefix| key.starts_with(prefix));
        mutant!(BeginningNotAwaited, is_one, false)
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
        let Definition { order, levels, durability, .. } = entry.definition;
        Keyspace { id: entry.id, order, levels, durability }
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
            let awaits = !self.awaited.is_empty() && command.keys().any(|key| self.is_awaited(key));
            return if awaits { Err(Error::TryAgain(AWAITED)) } else { Ok(self.default) };
        }
        if command.removes_all() && self.table.has(self.default.order) {
            return Err(Error::CrossKeyspace(REMOVES_ALL.into()));
        }
        if self.are_to_come(command) {
            return Err(Error::TryAgain(CHANGES_HANDS));
        }
        if let Some(pattern) = command.pattern() {
            return self.open(self.of_pattern(pattern));
        }
        let mut keys = command.keys();
        let Some(first) = keys.next() else { return Ok(self.default) };
        let entry = self.of_key(first);
        let id = |entry: Option<&Entry>| entry.map_or(KeyspaceId::DEFAULT, |entry| entry.id);
        let mut others = keys.take(mutant!(ThirdKeyOverlooked, usize::MAX, 1));
        let differs = |other: &Option<&Entry>| id(*other) != id(entry);
        if let Some(other) = others.find_map(|key| Some(self.of_key(key)).filter(differs)) {
            return Err(Error::CrossKeyspace(format!(
                "the keys belong to the keyspaces {} and {}, and no command reaches over two. Hint: send one for each",
                self.name(id(entry)),
                self.name(id(other))
            )));
        }
        match entry {
            Some(entry) if mutant!(ReadsNotFenced, false, !command.is_write()) => {
                Ok(self.source(entry))
            }
            entry => self.open(entry),
        }
    }

    /// Whether a command names, or lists, keys of keyspaces with which the cluster begins and that
    /// are still to come.
    fn are_to_come(&self, command: &Command) -> bool {
        let is_to_come = |key: &[u8]| self.table.is_to_come(key);
        let lists = |pattern: &[u8]| is_to_come(&literal(pattern));
        self.table.begins()
            && (command.keys().any(is_to_come) || command.pattern().is_some_and(lists))
    }

    /// The keyspace of an entry, or `default`, if it may be used.
    fn open(&self, entry: Option<&Entry>) -> Result<Keyspace, Error> {
        match entry {
            None => Ok(self.default),
            Some(entry) if entry.phase == Phase::Open => Ok(Keyspaces::of_entry(entry)),
            Some(_) => Err(Error::TryAgain(CHANGES_HANDS)),
        }
    }

    /// The keyspace whose keys a pattern lists: that of all that begins as the pattern does, up to
    /// its first wildcard.
    fn of_pattern(&self, pattern: &[u8]) -> Option<&Entry> {
        mutant!(PatternForDefault, self.of_key(&literal(pattern)), None)
    }

    /// The keys of one keyspace, of a state that has those of others of its order, too.
    pub(crate) fn only<'a>(&'a self, keyspace: KeyspaceId, view: &'a dyn View) -> Only<'a> {
        Only { view, keyspace, keyspaces: self }
    }

    /// Leaves out the keys of other keyspaces in a list of keys that this command asked for.
    pub(crate) fn leave_out_others(&self, command: &Command, reply: &mut Reply) {
        if let Reply::Array(keys) = reply
            && !self.table.is_plain()
        {
            let own = self.of(command).map_or(KeyspaceId::DEFAULT, |keyspace| keyspace.id);
            keys.retain(|key| !matches!(key, Reply::Value(key) if self.is_others(own, key)));
        }
    }

    /// Whether a key is none of this keyspace's. Those that are to be another's are so far.
    fn is_others(&self, own: KeyspaceId, key: &[u8]) -> bool {
        let of_key = self.of_key(key).map_or(KeyspaceId::DEFAULT, |entry| self.source(entry).id);
        mutant!(OthersListed, of_key != own, false)
    }
}

/// What is seen of the keys of one keyspace.
pub(crate) struct Only<'a> {
    view: &'a dyn View,
    keyspace: KeyspaceId,
    keyspaces: &'a Keyspaces,
}

impl View for Only<'_> {
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
        let mut only = |key: &[u8]| self.keyspaces.is_others(self.keyspace, key) || each(key);
        self.view.walk(from, most, &mut only)
    }
}

pub(crate) const CHANGES_HANDS: &str = "the keyspace of the key is being created or dropped: the command did not run. \
    Hint: ask again in a moment; KEYSPACE LIST says which it is";

const AWAITED: &str = "the configuration names a keyspace with this key, and this node does not know yet whether the cluster has \
    it: the command did not run. Hint: ask again in a moment";

/// What is said where the keyspace of a command's keys became another one before it ran.
pub(crate) const CHANGED_HANDS: &str = "the keyspace of the key has changed before the command ran: it did not run, and may be \
    sent again";

pub(crate) const REMOVES_ALL: &str = "this would remove the keys of other keyspaces as well: it did not run. \
    Hint: SCAN and DEL; KEYSPACE LIST says which keyspaces there are";

#[cfg(test)]
mod tests;
