//! Writes as the log and messages have them: `keyspace, id, arguments`.

use super::arguments::{Args, Arguments};
use super::command::{Command, Model, Row};
use super::effect::{Answer, Effect, Merging, Step, Values, Writes};
use super::keyspaces::{self, Carving};
use super::once::{self, Once};
use super::unreadable::Unreadable;
use super::{list, members, rows, system};
use crate::ids::KeyspaceId;
use crate::reply::Reply;
use crate::wire::codec::{Malformed, Reader, put_uint};

/// A write, borrowed from the bytes that carry it.
#[derive(Clone, Copy)]
pub(crate) struct Write<'a> {
    keyspace: KeyspaceId,
    row: &'static Row,
    writes: &'static Writes,
    args: Args<'a>,
    /// What says so, if it is to run once; the rest is of the command within.
    once: Option<&'a [u8]>,
}

impl Write<'_> {
    /// The keyspace that it names.
    pub(crate) fn keyspace(&self) -> KeyspaceId {
        self.keyspace
    }

    pub(crate) fn is_of_system(&self) -> bool {
        self.keyspace == KeyspaceId::SYSTEM
    }

    /// What it says of a prefix that changes hands.
    pub(crate) fn carving(&self) -> Option<Carving> {
        let is_meant = self.is_of_system();
        if is_meant { keyspaces::carving(self.row.run.id, self.args) } else { None }
    }

    /// Whether it begins a change of members.
    pub(crate) fn begins_change(&self) -> bool {
        self.is_of_system() && members::begins_change(self.row.run.id)
    }

    /// Whether it removes keys that it does not name.
    pub(crate) fn removes_all(&self) -> bool {
        match self.writes.keys_within {
            Some(_) => list::items(self.args).any(|(row, _)| row.removes_all()),
            None => self.row.removes_all(),
        }
    }

    /// How many keys it writes.
    pub(crate) fn keys(&self) -> usize {
        match self.writes.keys_within {
            Some(within) => self.args.iter().map(|one| within(one).len()).sum(),
            None => self.row.keys_of(self.args.len()),
        }
    }

    /// How many places it takes in its entry: a list has one for each of its commands.
    pub(crate) fn places(&self) -> u32 {
        match self.writes.keys_within {
            Some(_) => list::items(self.args).count().max(1) as u32,
            None => 1,
        }
    }

    /// How many bytes it moves, near enough.
    pub(crate) fn bytes(&self) -> usize {
        // What removes keys moves nothing.
        if self.row.run.model == Model::Delete { 0 } else { self.args.size() }
    }

    /// Runs it on the state of the agreed order: its answer, and the steps of a turn that it cost
    /// beyond its keys and bytes.
    pub(crate) fn run(&self, values: &mut dyn Values, asked: bool) -> (Answer, usize) {
        let mut step = Step { values, steps: 0, asked };
        let answer = (self.writes.run)(&mut step, self.args);
        (answer, step.steps)
    }

    /// Whether it may need more memory, as Redis' flag `denyoom` says; of a list, whether one of
    /// its commands may.
    pub(crate) fn grows(&self) -> bool {
        match self.writes.keys_within {
            Some(_) => {
                mutant!(FullListRuns, list::items(self.args).any(|(row, _)| row.grows()), false)
            }
            None => self.row.grows(),
        }
    }

    /// Whether it adds to a number.
    pub(crate) fn adds(&self) -> bool {
        self.row.run.model == Model::Increment
    }

    /// Whether it can be merged.
    pub(crate) fn is_mergeable(&self) -> bool {
        self.once.is_none() && self.writes.merge.is_some()
    }

    /// The command that it is.
    pub(crate) fn to_command(self) -> Command {
        if let Some(once) = self.once {
            return Command::new(&once::ONCE, Arguments::copied([once]));
        }
        Command { row: self.row, arguments: Arguments::copied(self.args.iter()) }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.row.name
    }
}

impl<'a> Write<'a> {
    /// What it says of itself, if it is to run once.
    pub(crate) fn once(&self) -> Option<Once<'a>> {
        self.once.map(once::read_again)
    }

    /// All keys that it names, those that it watches among them.
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = &'a [u8]> {
        let within = self.writes.keys_within.map(|within| self.args.iter().flat_map(within));
        let places = self.row.keys_among(self.args.iter(), self.args.len());
        places.chain(within.into_iter().flatten())
    }

    /// The first key that it names.
    pub(crate) fn first_key(&self) -> Option<&'a [u8]> {
        let first = self.row.keys?.first - 1;
        self.args.iter().nth(first)
    }

    /// The names and arguments of the commands that it is made of; its own, where it is no list.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Args<'a>)> {
        match self.writes.keys_within {
            Some(_) => list::items(self.args).map(|(row, args)| (row.name, args)).collect(),
            None => vec![(self.name(), self.args)],
        }
    }

    /// The commands of a list, each by itself; of any other write, none.
    pub(crate) fn listed(&self) -> impl Iterator<Item = Listed<'a>> {
        let args = self.writes.keys_within.map(|_| self.args);
        let keyspace = self.keyspace;
        args.into_iter().flat_map(list::encoded_items).map(move |(bytes, row, args)| {
            match &row.run.effect {
                Effect::Write(writes) => {
                    Listed::Write(Write { keyspace, row, writes, args, once: None }, bytes)
                }
                _ => Listed::Read(Command::new(row, Arguments::copied(args.iter()))),
            }
        })
    }

    /// Merges it into the state of the merged order.
    pub(crate) fn merge(&self, state: &mut dyn Merging<'a>) -> Reply {
        let merge = self.writes.merge.expect("an entry of a merged log holds what can be merged");
        merge(state, self.args)
    }
}

/// A command of a list.
pub(crate) enum Listed<'a> {
    /// A write, and its bytes without its keyspace.
    Write(Write<'a>, &'a [u8]),
    Read(Command),
}

/// Appends a write of a list, as [`encode`] does.
pub(crate) fn encode_listed(keyspace: KeyspaceId, bytes: &[u8], out: &mut Vec<u8>) {
    put_uint(out, u64::from(keyspace.0));
    out.extend_from_slice(bytes);
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
    let keyspace = u32::try_from(keyspace)
        .map(KeyspaceId)
        .map_err(|_| Unreadable::Unknown { what: "keyspace", number: keyspace })?;
    // Whether there is such a keyspace, the table of keyspaces says at the write's place.
    let row = match keyspace {
        KeyspaceId::SYSTEM => {
            let id = reader.uint()?;
            let row = keyspaces::row(id).or_else(|| members::row(id));
            row.map_or_else(|| system::row(id), Ok)?
        }
        _ => row(reader.uint()?)?,
    };
    let Effect::Write(writes) = &row.run.effect else { return Err(Unreadable::Malformed) };
    let args = Args::read(reader)?;
    if row.is_once() {
        let (once, row, args) = once::open(args)?;
        let Effect::Write(writes) = &row.run.effect else { return Err(Unreadable::Malformed) };
        return Ok(Write { keyspace, row, writes, args, once: Some(once) });
    }
    Unreadable::unless(row.takes(args.len() + 1))?;
    (writes.check)(args)?;
    Ok(Write { keyspace, row, writes, args, once: None })
}

/// The row of a write of data.
fn row(id: u64) -> Result<&'static Row, Unreadable> {
    match id {
        _ if id == u64::from(list::LIST.run.id) => Ok(&list::LIST),
        _ if id == u64::from(once::ONCE.run.id) => Ok(&once::ONCE),
        _ => rows::row(id),
    }
}

/// Whether these bytes are exactly `count` writes.
pub(crate) fn check_run(count: u64, writes: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(writes);
    for _ in 0..count {
        decode(&mut reader)?;
    }
    reader.end()
}

/// Whether these bytes, a write that was encoded, say SET.
#[cfg(feature = "mutants")]
pub(crate) fn is_set(write: &[u8]) -> bool {
    decode(&mut Reader::new(write))
        .is_ok_and(|write| write.name() == "set" && write.args.len() == 2)
}
