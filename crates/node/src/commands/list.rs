//! A list of commands that is itself a command: one write, at one place of the agreed log, or the
//! writes of it in one entry of a merged log. EXEC makes one of what was queued since MULTI.
//!
//! Its arguments are commands, each as `id, arguments`; all of them are about keys of its one
//! keyspace. Each has a place of its own in the entry, the list as many as it has commands. Writes
//! may stand in it, and reads of keys that they name: these see what the commands before them left.
//! One that refuses changes nothing, and those behind it run (as after EXEC in Redis). No list
//! stands in a list.
//!
//! [Conditions](super::condition) may stand in front of the commands. If one of them does not hold,
//! nothing runs.
//!
//! No list stands in a merged log. Its writes stand there one behind the other, in one entry, which
//! is applied as a whole. Its reads, and those of its writes that are refused, do not: the replica
//! that is asked answers them as it makes the entry.

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row};
use super::condition::{CONDITION, Condition};
use super::effect::{Answer, Effect, Step, Writes};
use super::rows;
use super::spec::Access;
use super::unreadable::Unreadable;
use crate::limits::{REMOVED_KEYS_MAX, WATCHED_KEYS_MAX};
use crate::position::AgreedPosition;
use crate::reply::{Error, Reply};
use crate::wire::codec::{Reader, put_uint};

/// The most commands of a list, and the most keys that they name.
const COMMANDS_MAX: usize = REMOVED_KEYS_MAX;
/// The most bytes of its commands.
const BYTES_MAX: usize = 31 << 20;
/// The most bytes of replies that a list gives back.
const REPLY_BYTES_MAX: usize = 64 << 20;
/// Once a list has given so many bytes to keys, its other writes are refused: it cannot be applied
/// in pieces, and nobody else is served meanwhile.
const VALUE_BYTES_MAX: usize = 64 << 20;

/// No client says it by name.
pub(super) static LIST: Row = Row {
    name: "list",
    arity: -1,
    access: Access::Write,
    flags: &[],
    keys: None,
    categories: &[],
    tips: &[],
    group: "transactions",
    since: "",
    summary: "Runs commands one behind the other, with no other between them",
    complexity: "That of its commands together",
    arguments: &[],
    subcommands: &[],
    run: Data {
        id: 44,
        model: Model::None,
        parse: |_, _: &dyn Request| Err(Error::Invalid("a list has no words".into())),
        effect: Effect::Write(Writes { check, run, merge: None, keys_within: Some(keys) }),
    },
};

impl Command {
    /// These commands as one, which runs them one behind the other at one place of the agreed log.
    ///
    /// # Errors
    /// If there are too many, or one is neither a write nor a read of keys that it names.
    pub fn list(commands: &[Command]) -> Result<Command, Error> {
        let mut list = List::default();
        commands.iter().try_for_each(|command| list.push(command))?;
        Ok(list.into_command())
    }

    /// Whether it is a list of commands.
    pub(crate) fn is_list(&self) -> bool {
        self.row.run.id == LIST.run.id
    }

    /// A list that runs only if these hold.
    pub(crate) fn conditioned<'a>(
        &self,
        conditions: impl Iterator<Item = Condition<'a>>,
    ) -> Command {
        let conditions: Vec<_> = conditions.map(|condition| condition.encode()).collect();
        let all = conditions.iter().map(Vec::as_slice).chain(self.arguments.iter());
        Command::new(self.row, Arguments::copied(all))
    }

    /// Whether it is a list that runs only if something holds.
    pub(crate) fn has_conditions(&self) -> bool {
        let first = self.arguments.iter().next().filter(|_| self.is_list());
        first.is_some_and(|one| matches!(decode(one).expect(CHECKED), Item::Condition(_)))
    }

    /// The first command of a list that no merged keyspace takes.
    pub(super) fn unmergeable(&self) -> Option<Command> {
        self.arguments.iter().find_map(|one| match decode(one).expect(CHECKED) {
            Item::Command(row, args) if !row.is_for_merged() => {
                Some(Command::new(row, Arguments::copied(args.iter())))
            }
            Item::Command(..) | Item::Condition(_) => None,
        })
    }

    /// The conditions of a list: keys, where their values were written (or what was applied), and
    /// whether there were any. For invariants.
    pub fn watched(&self) -> Vec<(Vec<u8>, AgreedPosition, bool)> {
        let condition = |one| match decode(one).expect(CHECKED) {
            Item::Condition(Condition { key, seen }) => {
                Some((key.to_vec(), seen.at, seen.is_alive))
            }
            Item::Command(..) => None,
        };
        let all = self.arguments.iter().take(if self.is_list() { usize::MAX } else { 0 });
        all.map_while(condition).collect()
    }

    /// The commands of a list; none of any other command.
    pub fn listed(&self) -> Vec<Command> {
        if !self.is_list() {
            return vec![];
        }
        let command = |one| match decode(one).expect(CHECKED) {
            Item::Command(row, args) => Some(Command::new(row, Arguments::copied(args.iter()))),
            Item::Condition(_) => None,
        };
        self.arguments.iter().filter_map(command).collect()
    }
}

/// A list that is being gathered. What it is given is copied into the form in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    commands: Vec<Box<[u8]>>,
    bytes: usize,
    keys: usize,
}

/// What a command of a list takes beside its bytes.
const COMMAND_BYTES: usize = size_of::<Box<[u8]>>();

impl List {
    /// Puts a command behind the others.
    ///
    /// # Errors
    /// If it is neither a write nor a read of keys that it names, or too much with the others; it
    /// is left out then.
    pub fn push(&mut self, command: &Command) -> Result<(), Error> {
        if !may_stand_in_list(command.row) {
            let name = command.name().to_ascii_uppercase();
            return Err(Error::Invalid(format!(
                "{name} cannot stand in a transaction: its commands are writes, and reads of keys that they name, which do \
                 not look through values. Hint: send it before MULTI or after EXEC"
            )));
        }
        let bytes = self.bytes + command.weight() + COMMAND_BYTES;
        let keys = self.keys + command.key_count();
        if self.commands.len() == COMMANDS_MAX || keys > COMMANDS_MAX || bytes > BYTES_MAX {
            return Err(Error::Invalid(format!(
                "the transaction is too large: it may have {COMMANDS_MAX} commands, as many keys, and {BYTES_MAX} bytes. Send \
                 several"
            )));
        }
        let mut encoded = vec![];
        put_uint(&mut encoded, u64::from(command.row.run.id));
        command.arguments.encode(&mut encoded);
        self.commands.push(encoded.into());
        (self.bytes, self.keys) = (bytes, keys);
        Ok(())
    }

    /// How many commands there are.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// What it takes in memory, near enough, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.bytes
    }

    /// The command that runs them all.
    pub fn into_command(self) -> Command {
        Command::new(&LIST, Arguments::copied(self.commands))
    }
}

/// An argument of a list.
enum Item<'a> {
    Condition(Condition<'a>),
    Command(&'static Row, Args<'a>),
}

/// The commands of a list, as it was checked.
pub(super) fn items<'a>(args: Args<'a>) -> impl Iterator<Item = (&'static Row, Args<'a>)> {
    args.iter().filter_map(|one| match decode(one).expect(CHECKED) {
        Item::Command(row, args) => Some((row, args)),
        Item::Condition(_) => None,
    })
}

/// The same, each with its bytes: as a write is encoded, but for its keyspace.
pub(super) fn encoded_items<'a>(
    args: Args<'a>,
) -> impl Iterator<Item = (&'a [u8], &'static Row, Args<'a>)> {
    args.iter().filter_map(|one| match decode(one).expect(CHECKED) {
        Item::Command(row, args) => Some((one, row, args)),
        Item::Condition(_) => None,
    })
}

/// Its conditions, which stand before the commands.
pub(super) fn conditions<'a>(args: Args<'a>) -> impl Iterator<Item = Condition<'a>> {
    args.iter().map_while(|one| match decode(one).expect(CHECKED) {
        Item::Condition(condition) => Some(condition),
        Item::Command(..) => None,
    })
}

const CHECKED: &str = "a list is checked when it is made, and when it is read";

fn may_stand_in_list(row: &Row) -> bool {
    match row.run.effect {
        Effect::Write(writes) => writes.keys_within.is_none() && !row.is_of_system(),
        Effect::Read(_) | Effect::Count => row.keys.is_some(),
        Effect::Scan { .. }
        | Effect::Walk { .. }
        | Effect::List
        | Effect::Watch
        | Effect::OfSession(_) => false,
    }
}

fn decode(bytes: &[u8]) -> Result<Item<'_>, Unreadable> {
    let mut reader = Reader::new(bytes);
    let id = reader.uint()?;
    if id == CONDITION {
        return Condition::decode(&mut reader).map(Item::Condition);
    }
    Unreadable::unless(id != u64::from(LIST.run.id))?;
    let row = rows::row(id)?;
    let args = Args::read(&mut reader)?;
    reader.end()?;
    Ok(Item::Command(row, args))
}

fn check(args: Args<'_>) -> Result<(), Unreadable> {
    Unreadable::unless(args.len() <= WATCHED_KEYS_MAX + COMMANDS_MAX)?;
    let mut may_be_condition = true;
    args.iter().try_for_each(|one| {
        let (row, args) = match decode(one)? {
            Item::Condition(_) => return Unreadable::unless(may_be_condition),
            Item::Command(row, args) => (row, args),
        };
        may_be_condition = false;
        Unreadable::unless(row.takes(args.len() + 1) && may_stand_in_list(row))?;
        match row.run.effect {
            Effect::Write(writes) => (writes.check)(args),
            _ => Unreadable::unless(is_parsed(row, args)),
        }
    })
}

/// Whether the arguments of a read are such as its parser lets pass.
fn is_parsed(row: &'static Row, args: Args<'_>) -> bool {
    let name = Bytes::from_static(row.name.as_bytes());
    let request: Vec<Bytes> =
        [name].into_iter().chain(args.iter().map(Bytes::copy_from_slice)).collect();
    row.parse(&request).is_ok()
}

/// The keys of one command or condition of a list.
fn keys(one: &[u8]) -> Vec<&[u8]> {
    match decode(one).expect(CHECKED) {
        Item::Condition(condition) => vec![condition.key],
        Item::Command(row, args) => row.keys_among(args.iter(), args.len()).collect(),
    }
}

fn run(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let holds = conditions(args).all(|condition| condition.holds(step.values));
    if !mutant!(ConditionsIgnored, holds, true) {
        return Answer::blindly(Reply::Nil);
    }
    let mut replies = Replies::default();
    let most = mutant!(LastOfListSkipped, usize::MAX, items(args).count().saturating_sub(1));
    for (number, (row, args)) in items(args).take(most).enumerate() {
        if number > 0 {
            mutant!(ListAtOnePlace, step.values.next_place(), ());
        }
        step.steps += 1;
        let reply = match row.run.effect {
            Effect::Write(_) if step.values.given() > VALUE_BYTES_MAX => too_much(),
            Effect::Write(writes) => (writes.run)(step, args).reply,
            // A read changes nothing: only who was asked needs it.
            _ if !step.asked => continue,
            _ => Command::new(row, Arguments::copied(args.iter())).read(step.values.view(), 0),
        };
        let stops = mutant!(ListStopsAtRefusal, false, matches!(reply, Reply::Error(_)));
        if step.asked {
            replies.push(reply, row.is_write());
        }
        if stops {
            break;
        }
    }
    Answer::blindly(replies.into_reply())
}

/// The replies to the commands of a list, which may have so many bytes together.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    replies: Vec<Reply>,
    bytes: usize,
}

impl Replies {
    pub(crate) fn push(&mut self, reply: Reply, is_write: bool) {
        let bytes = self.bytes + reply.bytes();
        let fits = bytes <= REPLY_BYTES_MAX;
        self.bytes = if fits { bytes } else { self.bytes };
        self.replies.push(if fits { reply } else { left_out(is_write) });
    }

    pub(crate) fn into_reply(self) -> Reply {
        Reply::Array(self.replies)
    }
}

fn too_much() -> Reply {
    Reply::Error(Error::Invalid(format!(
        "the command did not run: the list gives keys more than {VALUE_BYTES_MAX} bytes. Send several"
    )))
}

/// In place of a reply that is too much: a read has done nothing, and a write is not said not to
/// have run.
fn left_out(is_write: bool) -> Reply {
    Reply::Error(match is_write {
        true => Error::Indeterminate(
            "the command ran, and the value that it answers is left out: those of one transaction are too long together",
        ),
        false => Error::Invalid(format!(
            "the values of one transaction may take {REPLY_BYTES_MAX} bytes together: read this one by itself"
        )),
    })
}

#[cfg(test)]
mod tests;
