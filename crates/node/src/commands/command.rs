//! A command on keys and values, and the row that says all about it.

use std::fmt;

use bytes::Bytes;

use super::arguments::{Arguments, Request};
use super::effect::{Effect, OfSession, View, Writes};
use super::spec::{Access, Spec};
use crate::limits::{REMOVED_KEYS_MAX, VALUE_BYTES_MAX};
use crate::reply::{Error, Reply};

/// A command on data: a row of the table.
pub type Row = Spec<Data>;

/// What carries out a command on data.
pub struct Data {
    /// Its number in logs and messages; never used again.
    pub id: u32,
    /// What the judge takes it for.
    pub model: Model,
    pub(crate) parse: Parse,
    pub(crate) effect: Effect,
}

/// Reads the arguments of a request whose number of arguments is right.
pub(crate) type Parse = fn(&'static Row, &dyn Request) -> Result<Command, Error>;

/// What the judge takes a command for: the operations that a history knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A read of one key.
    Read,
    /// A write of one key.
    Write,
    /// A write that compares.
    Cas,
    /// Bytes behind the value.
    Append,
    /// A number added to the value.
    Increment,
    /// A removal.
    Delete,
    /// A history has no word for it.
    None,
}

impl Row {
    /// The command that a request means.
    ///
    /// # Errors
    /// What Redis says of arguments that make no sense, or what would help.
    pub fn parse(&'static self, request: &dyn Request) -> Result<Command, Error> {
        (self.run.parse)(self, request)
    }

    /// Whether merged keyspaces take it; agreed ones take all.
    pub fn is_for_merged(&self) -> bool {
        match self.run.effect {
            Effect::Write(writes) => writes.merge.is_some(),
            Effect::Watch => false,
            Effect::Read(_)
            | Effect::Scan { .. }
            | Effect::Walk { .. }
            | Effect::Count
            | Effect::List
            | Effect::OfSession(_) => true,
        }
    }

    /// Whether it may need more memory: such a command is refused where there is no more.
    pub(crate) fn grows(&self) -> bool {
        self.flags.contains(&"denyoom")
    }

    /// Whether it removes keys that it does not name.
    pub(crate) fn removes_all(&self) -> bool {
        let is_whole =
            matches!(self.run.effect, Effect::Write(writes) if writes.keys_within.is_none());
        is_whole && self.keys.is_none() && !self.is_of_system()
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self.run.effect, Effect::Write(_))
    }

    /// The keys among these arguments, of which there are so many, the command's name not counted.
    pub(super) fn keys_among<'a>(
        &self,
        arguments: impl Iterator<Item = &'a [u8]>,
        count: usize,
    ) -> impl Iterator<Item = &'a [u8]> {
        let (step, keys) = self.keys.map_or((1, 0), |keys| (keys.step, self.keys_of(count)));
        arguments.step_by(step).take(keys)
    }

    /// How many keys so many arguments name, the command's name not counted.
    #[inline]
    pub(super) fn keys_of(&self, arguments: usize) -> usize {
        match self.keys {
            // What does something to all keys.
            None => 1,
            Some(keys) if keys.last < 0 => arguments.div_ceil(keys.step),
            Some(keys) => keys.last as usize + 1 - keys.first,
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A command on keys and values, its arguments checked.
#[derive(Clone)]
pub struct Command {
    pub(super) row: &'static Row,
    pub(super) arguments: Arguments,
}

impl Command {
    pub(crate) fn new(row: &'static Row, arguments: Arguments) -> Command {
        Command { row, arguments }
    }

    /// Its name, in lower case.
    pub fn name(&self) -> &'static str {
        self.row.name
    }

    /// What the judge takes it for.
    pub fn model(&self) -> Model {
        self.row.run.model
    }

    /// Its arguments, in order, without its name.
    pub fn arguments(&self) -> Vec<&[u8]> {
        self.arguments.iter().collect()
    }

    /// Whether it changes the state.
    pub fn is_write(&self) -> bool {
        self.row.is_write()
    }

    /// Whether it can be answered without one order of all writes.
    pub(crate) fn is_mergeable(&self) -> bool {
        if self.is_list() { self.unmergeable().is_none() } else { self.row.is_for_merged() }
    }

    /// Whether it may need more memory; of a list, whether one of its commands may.
    pub(crate) fn grows(&self) -> bool {
        self.row.grows() || self.listed().iter().any(|command| command.row.grows())
    }

    /// Whether it belongs to the system keyspace.
    pub(crate) fn is_of_system(&self) -> bool {
        self.row.is_of_system()
    }

    /// Whether it removes keys that it does not name; of a list, whether one of its commands does.
    pub(crate) fn removes_all(&self) -> bool {
        self.row.removes_all() || self.listed().iter().any(Command::removes_all)
    }

    /// Whether it looks at all keys and names none.
    pub(crate) fn is_for_all(&self) -> bool {
        self.row.access == Access::ReadAll
    }

    /// Whether it goes from key to key with a cursor.
    pub(crate) fn walks(&self) -> bool {
        matches!(self.row.run.effect, Effect::Walk { .. })
    }

    /// The pattern that keys fit which it lists, if it lists any.
    pub(crate) fn pattern(&self) -> Option<&[u8]> {
        match self.row.run.effect {
            Effect::List => Some(self.arguments.get(0)),
            Effect::Walk { pattern, .. } => pattern.map(|place| self.arguments.get(place)),
            _ => None,
        }
    }

    /// Whether it is a read whose answer has values in it.
    pub(crate) fn shows_values(&self) -> bool {
        !self.is_write() && self.row.keys.is_some_and(|keys| keys.flags.contains(&"access"))
    }

    /// What a merged keyspace cannot do, as the subject of a sentence.
    pub(crate) fn what_needs_order(&self) -> String {
        match self.name() {
            "set" if self.has_moment() => {
                "a SET with a deadline (EX, PX, EXAT, PXAT, KEEPTTL)".into()
            }
            "set" => "a SET that looks at what is there (NX, XX, IFEQ, GET)".into(),
            "list" => match self.unmergeable() {
                Some(command) => command.what_needs_order(),
                None => "a transaction that watches keys".into(),
            },
            name => name.to_ascii_uppercase(),
        }
    }

    /// What it does about the session that says it, if it is about that.
    pub(crate) fn of_session(&self) -> Option<OfSession> {
        match self.row.run.effect {
            Effect::OfSession(what) => Some(what),
            _ => None,
        }
    }

    /// Whether it is a SET that says when the key goes.
    fn has_moment(&self) -> bool {
        let option = self.arguments.iter().nth(2);
        option.is_some_and(|option| matches!(option, b"PX" | b"PXAT" | b"KEEPTTL"))
    }

    pub(crate) fn effect(&self) -> &'static Effect {
        &self.row.run.effect
    }

    pub(crate) fn args(&self) -> &Arguments {
        &self.arguments
    }

    /// How many keys it names.
    #[inline]
    pub(crate) fn key_count(&self) -> usize {
        match self.row.run.effect {
            Effect::Write(Writes { keys_within: Some(within), .. }) => {
                self.arguments.iter().map(|one| within(one).len()).sum()
            }
            _ => self.row.keys_of(self.arguments.len()),
        }
    }

    /// The key of a command of one.
    pub(crate) fn sole_key(&self) -> Option<&[u8]> {
        let keys = self.row.keys?;
        (keys.last == keys.first as i64).then(|| self.arguments.get(keys.first - 1))
    }

    /// How long the longest of its keys is, in bytes.
    pub fn longest_key(&self) -> usize {
        self.keys().map(<[u8]>::len).max().unwrap_or(0)
    }

    /// All keys that it names. For invariants.
    pub fn named_keys(&self) -> Vec<&[u8]> {
        self.keys().collect()
    }

    /// All keys that it names.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let within = match self.row.run.effect {
            Effect::Write(writes) => writes.keys_within,
            _ => None,
        };
        let within = within.map(|within| self.arguments.iter().flat_map(within));
        let places = self.row.keys_among(self.arguments.iter(), self.arguments.len());
        places.chain(within.into_iter().flatten())
    }

    /// How many bytes it takes, near enough for limits.
    #[inline]
    pub(crate) fn weight(&self) -> usize {
        self.weight_with(self.key_count())
    }

    fn weight_with(&self, keys: usize) -> usize {
        16 + self.arguments.size() + 8 * keys
    }

    /// Whether it is too much for one turn, and what to do about it.
    pub(crate) fn check_size(&self) -> Result<(), Error> {
        let count = self.key_count();
        if self.weight_with(count) > 2 * VALUE_BYTES_MAX {
            return Err(Error::Invalid("the command is too large".into()));
        }
        if count > REMOVED_KEYS_MAX && !matches!(self.effect(), Effect::Count) {
            let name = self.name().to_ascii_uppercase();
            return Err(Error::Invalid(format!(
                "{name} of {count} keys: at most {REMOVED_KEYS_MAX} go at a time, so that nobody else waits long. Send several"
            )));
        }
        Ok(())
    }

    /// How many steps of a turn a read at once takes, but for the bytes of its reply.
    pub(crate) fn steps(&self) -> usize {
        match self.effect() {
            Effect::Walk { steps, .. } => steps(&self.arguments),
            _ => self.key_count(),
        }
    }

    /// About how many bytes of values it looks through, beyond those of its reply.
    pub(crate) fn scanned(&self, view: &dyn View) -> usize {
        match self.effect() {
            Effect::Scan { bytes, .. } => bytes(view, &self.arguments),
            _ => 0,
        }
    }

    /// The answer from a state; only of a read that takes no long time.
    pub(crate) fn read(&self, view: &dyn View, chance: u64) -> Reply {
        match self.effect() {
            Effect::Read(read) | Effect::Scan { read, .. } | Effect::Walk { read, .. } => {
                read(view, &self.arguments, chance)
            }
            Effect::Count => {
                let there = self.arguments.iter().filter(|key| view.get(key).is_some()).count();
                Reply::Integer(mutant!(ExistsCountsOne, there, there.min(1)) as i64)
            }
            Effect::List | Effect::Watch | Effect::Write(_) | Effect::OfSession(_) => {
                panic!("this command is not read at once")
            }
        }
    }

    /// The same command with bytes that `copy` makes.
    pub(crate) fn copied_by(&self, copy: impl FnMut(&[u8]) -> Bytes) -> Command {
        Command { row: self.row, arguments: self.arguments.copied_by(copy) }
    }
}

impl PartialEq for Command {
    fn eq(&self, other: &Command) -> bool {
        self.row.run.id == other.row.run.id && self.arguments == other.arguments
    }
}

impl Eq for Command {}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.arguments.iter().try_for_each(|one| write!(f, " {}", one.escape_ascii()))
    }
}

/// A parser of what needs no more than its number of arguments.
pub(crate) fn plain(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    Ok(Command::new(row, Arguments::of(request)))
}
