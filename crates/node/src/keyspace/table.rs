//! The table of keyspaces, as the state machine of the agreed order keeps it: a fold over the log.
//!
//! A prefix changes hands in two steps, and one at a time does. From the first, an entry whose
//! index names the attempt, nobody takes commands on its keys; the second opens the keyspace (or
//! takes it away, where it was dropped), or gives it up. Either counts only while its attempt
//! stands. What lies between is told in [`crate::carving`].
//!
//! ```text
//!             reserve               open
//!   (parent) ────────▶ reserved ──────────▶ open          ids count up, and none is used again
//!       ▲                 │ give up          │ ▲
//!       ├─────────────────┘             drop │ │ give up
//!       │        open                        ▼ │
//!       └───────────────────────────────── dropping
//! ```

mod beginning;

use std::collections::VecDeque;

use crate::api::Order;
use crate::ids::{Index, KeyspaceId};
use crate::keyspace::definition::{Definition, Levels};
use crate::reply::Error;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

/// The most keyspaces beside `default`.
pub(crate) const KEYSPACES_MAX: usize = 256;

/// A try to have a prefix change hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The entry that began it.
    pub(crate) index: Index,
    /// When that was, in milliseconds of log time.
    pub(crate) began_ms: u64,
}

/// Whether a keyspace may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It may.
    Open,
    /// It is being carved out of another one: nobody takes commands on its keys.
    Reserved(Attempt),
    /// It is on its way back into the one around it: likewise.
    Dropping(Attempt),
}

/// A keyspace beside `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: KeyspaceId,
    pub(crate) definition: Definition,
    pub(crate) phase: Phase,
}

impl Entry {
    /// What is under way about it.
    pub(crate) fn attempt(&self) -> Option<Attempt> {
        match self.phase {
            Phase::Open => None,
            Phase::Reserved(attempt) | Phase::Dropping(attempt) => Some(attempt),
        }
    }
}

/// All keyspaces beside `default`, and what was said of that.
///
/// - No two have one name, one prefix or one id, and every id is below `next`.
/// - One at most is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// How many changes have made it.
    version: u64,
    next: KeyspaceId,
    /// The levels of `default`, if somebody has set them.
    default: Option<Levels>,
    /// Those with the longest prefixes first.
    all: Vec<Entry>,
    /// Those with which the cluster begins and that are still to come, the one under way first.
    wanted: VecDeque<Definition>,
}

impl Default for Table {
    fn default() -> Table {
        Table { version: 0, next: FIRST_ID, default: None, all: vec![], wanted: VecDeque::new() }
    }
}

/// The id of the first keyspace that is created.
const FIRST_ID: KeyspaceId = KeyspaceId(KeyspaceId::DEFAULT.0 + 1);

impl Table {
    /// How many changes have made it.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether all keys belong to `default`.
    pub(crate) fn is_plain(&self) -> bool {
        self.all.is_empty()
    }

    /// The levels of `default`, if somebody has set them.
    pub(crate) fn default_levels(&self) -> Option<Levels> {
        self.default
    }

    /// All of them, those with the longest prefixes first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.all.iter()
    }

    /// The keyspace of a key: the one with the longest prefix that it begins with. `None`:
    /// `default`.
    pub(crate) fn of_key(&self, key: &[u8]) -> Option<&Entry> {
        self.all.iter().find(|entry| key.starts_with(&entry.definition.prefix))
    }

    /// What is under way, if something is.
    pub(crate) fn under_way(&self) -> Option<(&Entry, Attempt)> {
        self.all.iter().find_map(|entry| Some((entry, entry.attempt()?)))
    }

    /// The keyspace around this one, from which it was carved. `None`: `default`.
    pub(crate) fn around(&self, entry: &Entry) -> Option<&Entry> {
        let prefix = &entry.definition.prefix;
        let is_around =
            |other: &&Entry| other.id != entry.id && prefix.starts_with(&other.definition.prefix);
        self.all.iter().find(is_around)
    }

    /// Whether a write that names this keyspace may run on this key.
    pub(crate) fn takes(&self, keyspace: KeyspaceId, key: &[u8]) -> bool {
        let takes = match self.of_key(key) {
            None => keyspace == KeyspaceId::DEFAULT,
            Some(entry) => entry.id == keyspace && entry.phase == Phase::Open,
        };
        takes && !self.is_to_come(key)
    }

    /// Whether a keyspace of this order is there beside `default`.
    pub(crate) fn has(&self, order: Order) -> bool {
        self.all.iter().any(|entry| entry.definition.order == order)
    }

    /// The keyspace of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Entry> {
        self.all.iter().find(|entry| entry.definition.name == name)
    }

    // What entries do.

    /// Begins to carve out a keyspace.
    pub(crate) fn reserve(
        &mut self,
        definition: Definition,
        attempt: Attempt,
    ) -> Result<(), Error> {
        self.check_free()?;
        let Definition { name, prefix, .. } = &definition;
        if self.named(name).is_some() || name == "default" || name == "system" {
            return Err(Error::Invalid(format!("there is a keyspace {name} already")));
        }
        if let Some(other) = self.all.iter().find(|one| one.definition.prefix == *prefix) {
            return Err(Error::Invalid(format!(
                "the keyspace {} has this prefix already",
                other.definition.name
            )));
        }
        if self.all.len() == KEYSPACES_MAX || self.next.0 == u32::MAX {
            return Err(Error::Invalid(format!(
                "there are {} keyspaces already. Hint: KEYSPACE DROP one that is empty",
                self.all.len()
            )));
        }
        let id = mutant!(IdUsedAgain, self.next, KeyspaceId(FIRST_ID.0 + self.all.len() as u32));
        self.next = KeyspaceId(id.0 + 1);
        self.all.push(Entry { id, definition, phase: Phase::Reserved(attempt) });
        self.sort();
        self.version += 1;
        Ok(())
    }

    /// Changes the levels of a keyspace.
    pub(crate) fn alter(
        &mut self,
        name: &str,
        change: impl Fn(Levels) -> Levels,
        unset: Levels,
    ) -> Result<(), Error> {
        if name == "default" {
            self.default = Some(change(self.default.unwrap_or(unset)));
        } else {
            let entry = self.named_mut(name)?;
            let levels = change(entry.definition.levels);
            let changed = Definition { levels, ..entry.definition.clone() };
            // What a start could not read again is nothing to be altered to.
            mutant!(AlterUnchecked, changed.check(), Ok(()))?;
            entry.definition = changed;
        }
        self.version += 1;
        Ok(())
    }

    /// Begins to give the keys of a keyspace back to the one around it.
    pub(crate) fn begin_drop(&mut self, name: &str, attempt: Attempt) -> Result<(), Error> {
        self.named_mut(name)?;
        self.check_free()?;
        self.named_mut(name)?.phase = Phase::Dropping(attempt);
        self.version += 1;
        Ok(())
    }

    /// The prefix that is under way has changed hands; false: that attempt stands no more.
    pub(crate) fn open(&mut self, attempt: Index) -> bool {
        self.end(attempt, |phase| matches!(phase, Phase::Reserved(_)))
    }

    /// The prefix that is under way stays with whom it was; false: that attempt stands no more.
    pub(crate) fn give_up(&mut self, attempt: Index) -> bool {
        self.end(attempt, |phase| matches!(phase, Phase::Dropping(_)))
    }

    /// Ends an attempt: its keyspace is there from now on if this says so of its phase, or else
    /// gone.
    fn end(&mut self, attempt: Index, stays: impl Fn(Phase) -> bool) -> bool {
        let is_meant = |entry: &Entry| entry.attempt().is_some_and(|one| one.index == attempt);
        let Some(place) = self.all.iter().position(is_meant) else { return false };
        if stays(self.all[place].phase) {
            self.all[place].phase = Phase::Open;
        } else {
            self.all.remove(place);
        }
        self.version += 1;
        true
    }

    fn sort(&mut self) {
        self.all.sort_by_key(|entry| (usize::MAX - entry.definition.prefix.len(), entry.id.0));
    }

    fn named_mut(&mut self, name: &str) -> Result<&mut Entry, Error> {
        let entry = self.all.iter_mut().find(|entry| entry.definition.name == name);
        entry.ok_or_else(|| not_there(name))
    }

    fn check_free(&self) -> Result<(), Error> {
        if self.under_way().is_some() { Err(Error::TryAgain(ONE_AT_A_TIME)) } else { Ok(()) }
    }

    // Its bytes.

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        put_uint(&mut out, self.version);
        put_uint(&mut out, u64::from(self.next.0));
        out.push(u8::from(self.default.is_some()));
        self.default.iter().for_each(|levels| levels.encode(&mut out));
        put_uint(&mut out, self.all.len() as u64);
        for Entry { id, definition, phase } in &self.all {
            put_uint(&mut out, u64::from(id.0));
            put_bytes(&mut out, &definition.encode());
            let (number, attempt) = match phase {
                Phase::Open => (OPEN, None),
                Phase::Reserved(attempt) => (RESERVED, Some(attempt)),
                Phase::Dropping(attempt) => (DROPPING, Some(attempt)),
            };
            out.push(number);
            if let Some(Attempt { index, began_ms }) = attempt {
                put_uint(&mut out, index.0);
                put_uint(&mut out, *began_ms);
            }
        }
        self.encode_wanted(&mut out);
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Table, Malformed> {
        let mut reader = Reader::new(bytes);
        let (version, next) = (reader.number()?, id(&mut reader)?);
        let default = if reader.flag()? { Some(Levels::decode(&mut reader)?) } else { None };
        let mut table = Table { version, next, default, ..Table::default() };
        for _ in 0..reader.count()? {
            let id = id(&mut reader)?;
            let mut within = Reader::new(reader.bytes()?);
            let definition = Definition::decode(&mut within)?;
            within.end()?;
            let number = reader.byte()?;
            let mut attempt = || {
                Ok::<_, Malformed>(Attempt {
                    index: Index(reader.number()?),
                    began_ms: reader.uint()?,
                })
            };
            let phase = match number {
                OPEN => Phase::Open,
                RESERVED => Phase::Reserved(attempt()?),
                DROPPING => Phase::Dropping(attempt()?),
                _ => return Err(Malformed),
            };
            table.all.push(Entry { id, definition, phase });
        }
        table.wanted = Table::decode_wanted(&mut reader)?;
        reader.end()?;
        table.sort();
        if table.is_sound() { Ok(table) } else { Err(Malformed) }
    }

    /// Whether it can have come of entries.
    fn is_sound(&self) -> bool {
        let differ = |a: &Entry, b: &Entry| {
            let same_names = a.definition.name == b.definition.name;
            a.id != b.id && !same_names && a.definition.prefix != b.definition.prefix
        };
        let pairs = self.all.iter().enumerate().all(|(place, entry)| {
            (FIRST_ID.0..self.next.0).contains(&entry.id.0)
                && self.all[..place].iter().all(|other| differ(entry, other))
        });
        let under_way = self.all.iter().filter(|entry| entry.attempt().is_some()).count();
        let is_sound = pairs && self.is_wanted_sound();
        is_sound && under_way <= 1 && self.all.len() <= KEYSPACES_MAX && self.next >= FIRST_ID
    }
}

pub use beginning::check_keyspaces;

const OPEN: u8 = 0;
const RESERVED: u8 = 1;
const DROPPING: u8 = 2;

fn id(reader: &mut Reader<'_>) -> Result<KeyspaceId, Malformed> {
    u32::try_from(reader.uint()?).map(KeyspaceId).map_err(|_| Malformed)
}

/// There is no keyspace of this name.
pub(crate) fn not_there(name: &str) -> Error {
    Error::Invalid(format!("there is no keyspace {name}. Hint: KEYSPACE LIST"))
}

const ONE_AT_A_TIME: &str = "another keyspace is being created or dropped, and one at a time is: the command did not run. \
    Hint: KEYSPACE LIST says which";

#[cfg(test)]
mod tests;
