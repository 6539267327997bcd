//! A list of commands that is itself a command: one write, at one place of the agreed log.
//! Transactions are made of it.
//!
//! Its arguments are commands, each as `id, arguments`; all of them are about keys of its one
//! keyspace. Writes may stand in it, and reads of keys that they name: these see what the commands
//! before them left. One that refuses changes nothing, and those behind it run (as after EXEC in
//! Redis). No list stands in a list.

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row};
use super::effect::{Answer, Effect, Step, Writes};
use super::spec::Access;
use super::table;
use super::unreadable::Unreadable;
use crate::limits::REMOVED_KEYS_MAX;
use crate::reply::{Error, Reply};
use crate::wire::codec::{Reader, put_uint};

/// The most commands of a list.
const COMMANDS_MAX: usize = REMOVED_KEYS_MAX;
/// The most bytes of replies that a list gives back.
const REPLY_BYTES_MAX: usize = 64 << 20;
/// Once a list has given so many bytes to keys, its other writes are refused: it cannot be applied
/// in pieces, and nobody else is served meanwhile.
const VALUE_BYTES_MAX: usize = 64 << 20;

/// No client says it by name.
pub(super) static LIST: Row = Row {
    name: "list",
    arity: -2,
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
    /// If there are none or too many, or one is neither a write nor a read of keys that it names.
    pub fn list(commands: &[Command]) -> Result<Command, Error> {
        if commands.is_empty() || commands.len() > COMMANDS_MAX {
            return Err(Error::Invalid(format!("a list has 1 to {COMMANDS_MAX} commands")));
        }
        if let Some(other) = commands.iter().find(|command| !may_stand_in_list(command.row)) {
            let name = other.name().to_ascii_uppercase();
            return Err(Error::Invalid(format!("{name} cannot stand in a list of commands")));
        }
        let encoded = commands.iter().map(|command| {
            let mut bytes = vec![];
            put_uint(&mut bytes, u64::from(command.row.run.id));
            command.arguments.encode(&mut bytes);
            bytes
        });
        Ok(Command::new(&LIST, Arguments::copied(encoded)))
    }

    /// The commands of a list; none of any other command.
    pub fn listed(&self) -> Vec<Command> {
        if self.row.run.id != LIST.run.id {
            return vec![];
        }
        let command = |(row, args): (&'static Row, Args<'_>)| {
            Command::new(row, Arguments::copied(args.iter()))
        };
        self.arguments.iter().map(|one| command(decode(one).expect(CHECKED))).collect()
    }
}

/// The commands of a list, as it was checked.
pub(super) fn items<'a>(args: Args<'a>) -> impl Iterator<Item = (&'static Row, Args<'a>)> {
    args.iter().map(|one| decode(one).expect(CHECKED))
}

const CHECKED: &str = "a list is checked when it is made, and when it is read";

fn may_stand_in_list(row: &Row) -> bool {
    match row.run.effect {
        Effect::Write(writes) => writes.keys_within.is_none() && !row.is_of_system(),
        Effect::Read(_) | Effect::Count => row.keys.is_some(),
        Effect::Walk { .. } | Effect::List | Effect::OfSession(_) => false,
    }
}

fn decode(bytes: &[u8]) -> Result<(&'static Row, Args<'_>), Unreadable> {
    let mut reader = Reader::new(bytes);
    let id = reader.uint()?;
    Unreadable::unless(id != u64::from(LIST.run.id))?;
    let row = table::row(id)?;
    let args = Args::read(&mut reader)?;
    reader.end()?;
    Ok((row, args))
}

fn check(args: Args<'_>) -> Result<(), Unreadable> {
    Unreadable::unless(args.len() <= COMMANDS_MAX)?;
    args.iter().try_for_each(|one| {
        let (row, args) = decode(one)?;
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

/// The keys of one command of a list.
fn keys(one: &[u8]) -> Vec<&[u8]> {
    let (row, args) = decode(one).expect(CHECKED);
    row.keys_among(args.iter(), args.len()).collect()
}

fn run(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let (mut replies, mut bytes) = (vec![], 0);
    for (row, args) in items(args) {
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
            bytes += reply.bytes();
            replies.push(if bytes > REPLY_BYTES_MAX { too_long() } else { reply });
        }
        if stops {
            break;
        }
    }
    Answer::blindly(Reply::Array(replies))
}

fn too_much() -> Reply {
    Reply::Error(Error::Invalid(format!(
        "the command did not run: the list gives keys more than {VALUE_BYTES_MAX} bytes. Send several"
    )))
}

fn too_long() -> Reply {
    Reply::Error(Error::Invalid(format!(
        "the command ran, and its reply is left out: those of one list may take {REPLY_BYTES_MAX} bytes together"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::{decode as decode_write, encode};
    use super::*;
    use crate::ids::KeyspaceId;
    use crate::wire::codec::put_bytes;

    fn commands(all: &[&str]) -> Vec<Command> {
        let of = |words: &&str| Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
        all.iter().map(of).collect()
    }

    /// A list whose commands are these bytes.
    fn read(items: &[&[u8]]) -> Result<(), Unreadable> {
        let mut bytes = vec![];
        put_uint(&mut bytes, u64::from(KeyspaceId::DEFAULT.0));
        put_uint(&mut bytes, u64::from(LIST.run.id));
        put_uint(&mut bytes, items.len() as u64);
        items.iter().for_each(|one| put_bytes(&mut bytes, one));
        decode_write(&mut Reader::new(&bytes)).map(drop)
    }

    #[test]
    fn a_list_comes_back_with_its_keys() {
        let all = commands(&["SET a 1", "MGET a b", "MSET c 1 d 2", "FLUSHALL", "EXISTS a"]);
        let list = Command::list(&all).unwrap();
        assert_eq!(list.listed(), all);
        let keys: Vec<&[u8]> = list.keys().collect();
        assert_eq!(keys, [&b"a"[..], b"a", b"b", b"c", b"d", b"a"]);
        assert_eq!(list.key_count(), 6);
        let mut bytes = vec![];
        encode(KeyspaceId::DEFAULT, &list, &mut bytes);
        let write = decode_write(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((write.keys(), write.is_mergeable(), write.to_command()), (6, false, list));
    }

    #[test]
    fn what_cannot_stand_in_a_list_is_refused() {
        let list = Command::list(&commands(&["SET a 1"])).unwrap();
        for other in
            commands(&["KEYS *", "RANDOMKEY", "DBSIZE", "SCAN 0"]).into_iter().chain([list])
        {
            assert!(Command::list(std::slice::from_ref(&other)).is_err(), "{other:?}");
        }
        assert!(Command::list(&[]).is_err());
        let get = commands(&["GET a"]).remove(0);
        assert!(Command::list(&vec![get.clone(); COMMANDS_MAX]).is_ok());
        assert!(Command::list(&vec![get; COMMANDS_MAX + 1]).is_err());
    }

    #[test]
    fn what_is_no_list_is_malformed_and_what_another_version_knows_is_unknown() {
        let set = &[1, 2, 1, b'k', 1, b'v'][..];
        assert_eq!(read(&[set]), Ok(()));
        let malformed = [&set[..5], &[1, 1, 1, b'k'], &[], &[44, 1, 1, 1], &[0xff]];
        for bytes in malformed {
            assert_eq!(read(&[set, bytes]), Err(Unreadable::Malformed), "{bytes:?}");
        }
        let range = |start: u8| [35, 3, 1, b'k', 1, start, 1, b'1'];
        assert_eq!(read(&[&range(b'0')]), Ok(()));
        assert_eq!(read(&[&range(b'x')]), Err(Unreadable::Malformed), "GETRANGE k x 1");
        let unknown = Unreadable::Unknown { what: "command", number: 100 };
        assert_eq!(read(&[set, &[100, 0]]), Err(unknown));
    }
}
