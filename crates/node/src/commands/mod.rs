//! Commands on keys and values. Each has one home: a row of a table, with all that anybody says or does about it.
//!
//! | column | what it says |
//! |---|---|
//! | the [`Spec`] | what COMMAND, COMMAND DOCS, ACL categories and docs/commands.md are made from |
//! | [`id`](Data::id) | what stands in the log and in messages; never used again |
//! | `parse` | RESP arguments to arguments in a checked form; all of Redis' syntax errors live there |
//! | `effect` | what it does: a pure read, or a step on the agreed order and, if it has one, the rule on the merged order |
//! | [`model`](Data::model) | what the judge takes it for |
//!
//! In the log and in messages a write is `keyspace, id, arguments`: see [`encode`]. To add a command, write its row into the
//! file of its family, name it in that file's `ROWS`, and add its conversations to the server's tests.

mod arguments;
mod counters;
mod effect;
mod extended;
mod glob;
mod integer;
mod keys;
mod set;
mod spec;
mod strings;

use std::fmt;
use std::sync::LazyLock;

use bytes::Bytes;

pub(crate) use arguments::{Args, Arguments, Point};
pub use arguments::{Piece, Request};
pub(crate) use effect::{Answer, Effect, Merging, Step, Values, View};
pub use glob::fits;
pub(crate) use glob::fits_exactly;
#[cfg(feature = "mutants")]
pub(crate) use set::without_condition;
pub use spec::{Access, Argument, KeyPlaces, Spec};

use crate::api::{Error, REMOVED_KEYS_MAX, Reply, VALUE_BYTES_MAX};
use crate::keyspace::KeyspaceId;
use crate::wire::codec::{Malformed, Reader, put_uint};

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

/// All rows, the most frequent first.
pub fn table() -> impl Iterator<Item = &'static Row> {
    strings::ROWS.iter().chain(keys::ROWS).chain(counters::ROWS).copied()
}

/// The rows by their ids.
static BY_ID: LazyLock<Vec<Option<&'static Row>>> = LazyLock::new(|| {
    let last = table().map(|row| row.run.id).max().unwrap_or(0);
    let mut rows = vec![None; last as usize + 1];
    table().chain([&set::WITH_OPTIONS]).for_each(|row| rows[row.run.id as usize] = Some(row));
    rows
});

/// The row with this id.
fn row(id: u64) -> Option<&'static Row> {
    usize::try_from(id).ok().and_then(|id| BY_ID.get(id).copied().flatten())
}

/// The row of this name, whatever its case.
pub fn find(name: &[u8]) -> Option<&'static Row> {
    table().find(|row| row.name.as_bytes().eq_ignore_ascii_case(name))
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
            Effect::Read(_) | Effect::Walk { .. } | Effect::Count | Effect::List => true,
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self.run.effect, Effect::Write(_))
    }

    /// How many keys so many arguments name, the command's name not counted.
    fn keys_of(&self, arguments: usize) -> usize {
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
    row: &'static Row,
    arguments: Arguments,
}

impl Command {
    pub(crate) fn new(row: &'static Row, arguments: Arguments) -> Command {
        Command { row, arguments }
    }

    /// The command that these words say, its name first.
    ///
    /// # Errors
    /// As [`Row::parse`]; also where there is no such command, or its number of arguments is wrong.
    pub fn of_words<W: AsRef<[u8]>>(words: &[W]) -> Result<Command, Error> {
        let word = |word: &W| Bytes::copy_from_slice(word.as_ref());
        Command::of(&words.iter().map(word).collect::<Vec<Bytes>>())
    }

    /// The command that a request says.
    ///
    /// # Errors
    /// As [`Command::of_words`].
    pub fn of(request: &dyn Request) -> Result<Command, Error> {
        let row = find(request.get(0)).ok_or_else(|| Error::Invalid("unknown command".into()))?;
        if !row.takes(request.count()) {
            return Err(Error::Invalid("wrong number of arguments".into()));
        }
        row.parse(request)
    }

    /// `GET key`
    pub fn get(key: Bytes) -> Command {
        Command::new(&strings::GET, Arguments::One(key))
    }

    /// `SET key value`
    pub fn set(key: Bytes, value: Bytes) -> Command {
        Command::new(&strings::SET, Arguments::Two(key, value))
    }

    /// `EXISTS key [key …]`
    pub fn exists<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Command {
        Command::new(&keys::EXISTS, Arguments::copied(keys))
    }

    /// `DEL key [key …]`
    pub fn del<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Command {
        Command::new(&keys::DEL, Arguments::copied(keys))
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
        self.row.is_for_merged()
    }

    /// Whether it looks at all keys and names none.
    pub(crate) fn is_for_all(&self) -> bool {
        self.row.access == Access::ReadAll
    }

    /// What a merged keyspace cannot do, as the subject of a sentence.
    pub(crate) fn what_needs_order(&self) -> String {
        match self.name() {
            "set" => "a SET that looks at what is there (NX, XX, IFEQ, GET)".into(),
            name => name.to_ascii_uppercase(),
        }
    }

    pub(crate) fn effect(&self) -> Effect {
        self.row.run.effect
    }

    pub(crate) fn args(&self) -> &Arguments {
        &self.arguments
    }

    /// How many keys it names.
    pub(crate) fn key_count(&self) -> usize {
        self.row.keys_of(self.arguments.len())
    }

    /// The key of a command of one.
    pub(crate) fn sole_key(&self) -> Option<&[u8]> {
        let keys = self.row.keys?;
        (keys.last > 0).then(|| self.arguments.get(keys.first - 1))
    }

    /// All keys that it names.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let step = self.row.keys.map_or(1, |keys| keys.step);
        let count = self.row.keys.map_or(0, |_| self.key_count());
        self.arguments.iter().step_by(step).take(count)
    }

    /// How many bytes it takes, near enough for limits.
    #[inline]
    pub(crate) fn weight(&self) -> usize {
        16 + self.arguments.size() + 8 * self.key_count()
    }

    /// Whether it is too much for one turn, and what to do about it.
    pub(crate) fn check_size(&self) -> Result<(), Error> {
        if self.weight() > 2 * VALUE_BYTES_MAX {
            return Err(Error::Invalid("the command is too large".into()));
        }
        let count = self.key_count();
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

    /// The answer from a state; only of a read that takes no long time.
    pub(crate) fn read(&self, view: &dyn View, chance: u64) -> Reply {
        match self.effect() {
            Effect::Read(read) | Effect::Walk { read, .. } => read(view, &self.arguments, chance),
            Effect::Count => {
                let there = self.arguments.iter().filter(|key| view.get(key).is_some()).count();
                Reply::Integer(mutant!(ExistsCountsOne, there, there.min(1)) as i64)
            }
            Effect::List | Effect::Write(_) => panic!("this command is not read at once"),
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

impl Request for Vec<Bytes> {
    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, place: usize) -> &[u8] {
        &self[place]
    }

    fn bytes(&self, place: usize) -> Bytes {
        self[place].clone()
    }

    fn pieces(&self) -> Option<Vec<Piece>> {
        None
    }
}

/// A parser of what needs no more than its number of arguments.
pub(crate) fn plain(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    Ok(Command::new(row, Arguments::of(request)))
}

/// A write, borrowed from the bytes that carry it.
#[derive(Clone, Copy)]
pub(crate) struct Write<'a> {
    row: &'static Row,
    writes: effect::Writes,
    args: Args<'a>,
}

impl Write<'_> {
    /// How many keys it writes.
    pub(crate) fn keys(&self) -> usize {
        self.row.keys_of(self.args.len())
    }

    /// How many bytes it moves, near enough.
    pub(crate) fn bytes(&self) -> usize {
        // What removes keys moves nothing.
        if self.row.run.model == Model::Delete { 0 } else { self.args.size() }
    }

    /// Runs it on the state of the agreed order: its answer, and the steps of a turn that it cost beyond its keys and bytes.
    pub(crate) fn run(&self, values: &mut dyn Values, asked: bool) -> (Answer, usize) {
        let mut step = Step { values, steps: 0, asked };
        let answer = (self.writes.run)(&mut step, self.args);
        (answer, step.steps)
    }

    /// Whether it can be merged.
    pub(crate) fn is_mergeable(&self) -> bool {
        self.writes.merge.is_some()
    }

    /// The command that it is.
    pub(crate) fn to_command(self) -> Command {
        Command { row: self.row, arguments: Arguments::copied(self.args.iter()) }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.row.name
    }
}

impl<'a> Write<'a> {
    /// The first key that it names.
    pub(crate) fn first_key(&self) -> Option<&'a [u8]> {
        let first = self.row.keys?.first - 1;
        self.args.iter().nth(first)
    }

    pub(crate) fn args(&self) -> Args<'a> {
        self.args
    }

    /// Merges it into the state of the merged order.
    pub(crate) fn merge(&self, state: &mut dyn Merging<'a>) -> Reply {
        let merge = self.writes.merge.expect("an entry of a merged log holds what can be merged");
        merge(state, self.args)
    }
}

/// Why bytes are no write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// They are not what they claim to be.
    Malformed,
    /// They may be, for another version of Candor.
    Unknown { what: &'static str, number: u64 },
}

impl From<Malformed> for Unreadable {
    fn from(_: Malformed) -> Unreadable {
        Unreadable::Malformed
    }
}

impl From<Unreadable> for Malformed {
    /// For where both are turned away.
    fn from(_: Unreadable) -> Malformed {
        Malformed
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Malformed => f.write_str("it cannot be read"),
            Unreadable::Unknown { what, number } => {
                write!(f, "this version of Candor does not know {what} {number}")
            }
        }
    }
}

/// Appends a write: its keyspace, its id, how many arguments it has, and each behind its length.
pub(crate) fn encode(keyspace: KeyspaceId, command: &Command, out: &mut Vec<u8>) {
    assert!(command.is_write(), "a read is never written to a log");
    put_uint(out, u64::from(keyspace.0));
    put_uint(out, u64::from(command.row.run.id));
    command.arguments.encode(out);
}

/// Reads one write.
pub(crate) fn decode<'a>(reader: &mut Reader<'a>) -> Result<Write<'a>, Unreadable> {
    let keyspace = reader.uint()?;
    if keyspace != u64::from(KeyspaceId::DEFAULT.0) {
        return Err(Unreadable::Unknown { what: "keyspace", number: keyspace });
    }
    let id = reader.uint()?;
    let Some(row) = row(id) else {
        return Err(Unreadable::Unknown { what: "command", number: id });
    };
    let Effect::Write(writes) = row.run.effect else { return Err(Unreadable::Malformed) };
    let args = Args::read(reader)?;
    let is_sound = row.takes(args.len() + 1) && (writes.is_sound)(args);
    if is_sound { Ok(Write { row, writes, args }) } else { Err(Unreadable::Malformed) }
}

/// Whether these bytes, a write that was encoded, say SET.
#[cfg(feature = "mutants")]
pub(crate) fn is_set(write: &[u8]) -> bool {
    decode(&mut Reader::new(write)).is_ok_and(|write| write.row.run.id == strings::SET.run.id)
}
