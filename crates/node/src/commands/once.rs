//! `ONCE id command [argument …]`: the command runs at most once, however often it is sent.
//!
//! Whoever does not know what became of a write sends it again under the same id, at any node, and
//! has the first answer, which stands where it stood first. What has run is remembered in the state
//! machine (`agreed/state/once.rs`), by the time in the log.
//!
//! An id is `<ms>-<random>`: when it was first sent, in milliseconds since 1970, and something that
//! tells it from others of that time. It counts per user, and there is one user so far, whose name
//! is empty. In the log ONCE has one argument:
//!
//! ```text
//!   once: [user, ms, random, id of the command, its arguments]
//! ```
//!
//! Every write may stand behind it, a list of commands too (that is `ONCE id EXEC`), but no list
//! with conditions: what a connection watched is not there any more when it is sent again.

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_128;

use super::arguments::{Args, Arguments, Piece, Request};
use super::command::{Command, Data, Model, Row};
use super::effect::{Effect, Writes};
use super::list::{self, LIST, List};
use super::rows;
use super::spec::{Access, Argument};
use super::unreadable::Unreadable;
use crate::reply::Error;
use crate::wire::codec::{Reader, put_bytes, put_uint};

/// The longest name of a user, and the longest random part of an id, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The highest time of an id, in milliseconds: more digits are no time in milliseconds.
const MS_MAX: u64 = 999_999_999_999_999;

/// In the log it is another one: see [`open`].
pub(super) static ONCE: Row = Row {
    name: "once",
    arity: -3,
    access: Access::Write,
    flags: &["denyoom", "movablekeys"],
    keys: None,
    categories: &["@write", "@slow"],
    tips: &[],
    group: "transactions",
    since: "",
    summary: "Runs a write, or EXEC, at most once for its id, and repeats the first answer",
    complexity: "That of the command.",
    arguments: &[
        Argument { name: "ms-random", ..Argument::ANY },
        Argument { name: "command", ..Argument::ANY },
        Argument { name: "argument", flags: &["optional", "multiple"], ..Argument::ANY },
    ],
    subcommands: &[],
    run: Data {
        id: 82,
        model: Model::None,
        parse,
        effect: Effect::Write(Writes { keys_within: Some(keys), ..Writes::NONE }),
    },
};

/// The id of a command that is to run once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OnceId {
    /// When it was first sent, in milliseconds since 1970.
    pub ms: u64,
    /// What tells it from others of that time: 1 to 64 printable characters.
    pub random: Box<[u8]>,
}

impl OnceId {
    /// Reads `<ms>-<random>`.
    ///
    /// # Errors
    /// If it is something else.
    pub fn parse(text: &[u8]) -> Result<OnceId, Error> {
        let at = text.iter().position(|byte| *byte == b'-');
        let parts = at.map(|at| (&text[..at], &text[at + 1..]));
        let id = parts.and_then(|(ms, random)| {
            let ms = str::from_utf8(ms).ok()?;
            let number: u64 = ms.parse().ok()?;
            let is_one = number <= MS_MAX && number.to_string() == ms && is_random(random);
            is_one.then(|| OnceId { ms: number, random: random.into() })
        });
        id.ok_or_else(|| Error::Invalid(NO_ID.into()))
    }
}

const NO_ID: &str = "the id of ONCE is <ms>-<random>: when the command is first sent, in milliseconds since 1970, and 1 to 64 \
    printable characters. Hint: choose it once, and send the same one again";

fn is_random(bytes: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

/// A request without its first so many words.
struct Behind<'a>(&'a dyn Request, usize);

impl Request for Behind<'_> {
    fn count(&self) -> usize {
        self.0.count() - self.1
    }

    fn get(&self, place: usize) -> &[u8] {
        self.0.get(place + self.1)
    }

    fn bytes(&self, place: usize) -> Bytes {
        self.0.bytes(place + self.1)
    }

    fn pieces(&self) -> Option<Vec<Piece>> {
        None
    }
}

fn parse(_: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let id = OnceId::parse(request.get(1))?;
    let request = Behind(request, 2);
    let name = request.get(0).to_ascii_uppercase();
    let name = name[..name.len().min(NAME_BYTES_MAX)].escape_ascii();
    let said = |row: &&Row| row.name.as_bytes().eq_ignore_ascii_case(request.get(0));
    let row = rows::rows().find(said);
    let Some(row) = row else {
        return Err(Error::Invalid(format!(
            "ONCE takes a write, or EXEC behind MULTI, and {name} is none. Hint: send it without ONCE"
        )));
    };
    if !row.is_write() {
        return Err(Error::Invalid(format!(
            "{name} is a read, and may be sent again as it is. Hint: send it without ONCE"
        )));
    }
    if !row.takes(request.count()) {
        let name = row.name;
        return Err(Error::Invalid(format!("wrong number of arguments for '{name}' command")));
    }
    row.parse(&request)?.once(&id)
}

impl Row {
    /// Whether it says that another command is to run once.
    pub(crate) fn is_once(&self) -> bool {
        self.run.id == ONCE.run.id
    }
}

impl Command {
    /// This command, to be run once for this id.
    ///
    /// # Errors
    /// If it is no write of keys, or is to run once already.
    pub fn once(&self, id: &OnceId) -> Result<Command, Error> {
        if !may_run_once(self.row) {
            let name = self.name().to_ascii_uppercase();
            return Err(Error::Invalid(format!("ONCE takes a write, and {name} is none")));
        }
        let mut blob = vec![];
        put_bytes(&mut blob, &[]);
        put_uint(&mut blob, id.ms);
        put_bytes(&mut blob, &id.random);
        put_uint(&mut blob, u64::from(self.row.run.id));
        self.arguments.encode(&mut blob);
        Ok(Command::new(&ONCE, Arguments::One(blob.into())))
    }

    /// The id and the command, if it is one that is to run once.
    pub fn of_once(&self) -> Option<(OnceId, Command)> {
        if !self.row.is_once() {
            return None;
        }
        let (once, row, args) = read(self.arguments.get(0)).expect(CHECKED);
        let id = OnceId { ms: once.ms, random: once.random.into() };
        Some((id, Command::new(row, Arguments::copied(args.iter()))))
    }

    /// Whether it is a transaction, to be run once or not.
    pub(crate) fn is_exec(&self) -> bool {
        let is_list = |blob| read(blob).expect(CHECKED).1.run.id == LIST.run.id;
        self.is_list() || self.row.is_once() && is_list(self.arguments.get(0))
    }
}

impl List {
    /// The command that runs them all, once if there is an id.
    pub fn into_command_once(self, id: Option<&OnceId>) -> Command {
        let command = self.into_command();
        match id {
            Some(id) => command.once(id).expect("a list may run once"),
            None => command,
        }
    }
}

/// What a write says that is to run once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Once<'a> {
    pub(crate) user: &'a [u8],
    pub(crate) ms: u64,
    pub(crate) random: &'a [u8],
    /// The command as it is encoded.
    command: &'a [u8],
}

impl Once<'_> {
    /// What tells its command from others.
    pub(crate) fn fingerprint(&self) -> u128 {
        xxh3_128(self.command)
    }
}

const CHECKED: &str = "what is to run once is checked when it is made, and when it is read";

fn may_run_once(row: &Row) -> bool {
    row.is_write() && !row.is_of_system() && !row.is_once()
}

/// The command within, and what says that it is to run once, of arguments from a log or a peer.
pub(super) fn open(args: Args<'_>) -> Result<(&[u8], &'static Row, Args<'_>), Unreadable> {
    Unreadable::unless(args.len() == 1)?;
    let [blob] = args.first();
    let (once, row, args) = read(blob)?;
    let is_name = once.user.is_empty() || is_random(once.user);
    Unreadable::unless(is_name && once.ms <= MS_MAX && is_random(once.random))?;
    let Effect::Write(writes) = row.run.effect else { return Err(Unreadable::Malformed) };
    Unreadable::unless(may_run_once(row) && row.takes(args.len() + 1))?;
    (writes.check)(args)?;
    let is_list = row.run.id == LIST.run.id;
    Unreadable::unless(!is_list || list::conditions(args).next().is_none())?;
    Ok((blob, row, args))
}

/// What was [opened](open) says of itself.
pub(super) fn read_again(blob: &[u8]) -> Once<'_> {
    read(blob).expect(CHECKED).0
}

fn read(blob: &[u8]) -> Result<(Once<'_>, &'static Row, Args<'_>), Unreadable> {
    let mut reader = Reader::new(blob);
    let (user, ms, random) = (reader.bytes()?, reader.uint()?, reader.bytes()?);
    let command = reader.rest();
    let row = match reader.uint()? {
        id if id == u64::from(LIST.run.id) => &LIST,
        id => rows::row(id)?,
    };
    let args = Args::read(&mut reader)?;
    reader.end()?;
    Ok((Once { user, ms, random, command }, row, args))
}

/// The keys of the command within.
fn keys(blob: &[u8]) -> Vec<&[u8]> {
    let (_, row, args) = read(blob).expect(CHECKED);
    match row.run.effect {
        Effect::Write(Writes { keys_within: Some(within), .. }) => {
            args.iter().flat_map(within).collect()
        }
        _ => row.keys_among(args.iter(), args.len()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
    use super::*;
    use crate::ids::KeyspaceId;

    fn of(words: &str) -> Result<Command, String> {
        let words: Vec<&str> = words.split(' ').collect();
        Command::of_words(&words).map_err(|error| error.to_string())
    }

    fn encoded(command: &Command) -> Vec<u8> {
        let mut bytes = vec![];
        encode(KeyspaceId::DEFAULT, command, &mut bytes);
        bytes
    }

    #[test]
    fn it_comes_back_as_what_it_runs() {
        for (words, keys) in [("SET k v", 1), ("MSET a 1 b 2", 2), ("DEL a b c", 3), ("INCR k", 1)]
        {
            let command = of(&format!("ONCE 17-a {words}")).unwrap();
            assert_eq!((command.key_count(), command.keys().count()), (keys, keys), "{words}");
            let (id, inner) = command.of_once().unwrap();
            assert_eq!((id, inner), (OnceId::parse(b"17-a").unwrap(), of(words).unwrap()));
            let bytes = encoded(&command);
            let write = decode(&mut Reader::new(&bytes)).unwrap();
            assert_eq!((write.to_command(), write.keys(), write.places()), (command, keys, 1));
            assert!(!write.is_mergeable());
        }
    }

    #[test]
    fn ids_have_one_form() {
        let long = format!("1-{}", "x".repeat(NAME_BYTES_MAX + 1));
        for id in ["", "1", "-a", "1-", "01-a", "+1-a", "1-a b", "1-\u{e9}", "9999999999999999-a"] {
            assert!(OnceId::parse(id.as_bytes()).is_err(), "{id}");
        }
        assert!(OnceId::parse(long.as_bytes()).is_err());
        let id = OnceId::parse(&long.as_bytes()[..long.len() - 1]).unwrap();
        assert_eq!((id.ms, id.random.len()), (1, NAME_BYTES_MAX));
        assert_eq!(*OnceId::parse(b"7-a-b").unwrap().random, *b"a-b");
    }

    #[test]
    fn what_is_no_write_is_refused_with_a_hint() {
        let refused = |words: &str| of(words).unwrap_err();
        assert!(refused("ONCE 1-a GET k").contains("GET is a read, and may be sent again"));
        for none in ["PING", "ONCE 1-b SET k v", "EXEC", "WHAT"] {
            let error = refused(&format!("ONCE 1-a {none}"));
            assert!(error.contains("is none. Hint: send it without ONCE"), "{error}");
        }
        assert!(refused("ONCE 1-a INCR").contains("wrong number of arguments for 'incr'"));
        assert!(refused("ONCE 1-a SET k v WHAT").contains("syntax error"));
        assert!(refused("ONCE a SET k v").contains("<ms>-<random>"));
    }

    #[test]
    fn what_is_cut_or_nested_is_unreadable() {
        let command = of("ONCE 17-a SET k v").unwrap();
        let blob = command.arguments.get(0).to_vec();
        for end in 0..blob.len() {
            let mut bytes = vec![1, 82, 1];
            put_bytes(&mut bytes, &blob[..end]);
            assert!(decode(&mut Reader::new(&bytes)).is_err(), "cut at {end}");
        }
        let list = Command::list(&[of("SET k v").unwrap(), of("GET k").unwrap()]).unwrap();
        let id = OnceId::parse(b"17-a").unwrap();
        let once = list.once(&id).unwrap();
        assert!(
            once.is_exec()
                && once.once(&id).is_err()
                && Command::list(std::slice::from_ref(&once)).is_err()
        );
        let bytes = encoded(&once);
        let write = decode(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((write.places(), write.keys(), write.grows()), (2, 2, true));
    }
}
