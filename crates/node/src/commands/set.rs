//! `SET key value [NX | XX | IFEQ value] [GET]`: the options, in any order and any case.
//!
//! `NX`, `XX` and `GET` are Redis 7's; `IFEQ` is that of Redis 8.4 and Valkey 8.1: the value is
//! replaced if it is exactly the one given, and a key that is missing equals nothing. What clashes
//! is a syntax error, as there.
//!
//! A SET with options is a row of its own, with an id of its own, since it needs one order of all
//! writes and a plain one does not. Its checked form is `key value [NX | XX | IFEQ value] [GET]`,
//! in this order.

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Answer, Effect, Step, Writes};
use super::spec::{Access, KeyPlaces};
use super::unreadable::Unreadable;
use crate::reply::{Error, Reply};

/// SET with options.
pub(super) static WITH_OPTIONS: Row = Row {
    name: "set",
    arity: -4,
    access: Access::Write,
    flags: &["denyoom"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Set the string value of a key, depending on what is there",
    complexity: "O(1)",
    arguments: &[],
    subcommands: &[],
    run: Data {
        id: 2,
        model: Model::Cas,
        parse,
        effect: Effect::Write(Writes { check, run, ..Writes::NONE }),
    },
};

/// Options for which there is nothing here yet, and whether a value follows.
const ABSENT: [(&str, Kind, bool); 8] = [
    ("EX", Kind::Expiry, true),
    ("PX", Kind::Expiry, true),
    ("EXAT", Kind::Expiry, true),
    ("PXAT", Kind::Expiry, true),
    ("KEEPTTL", Kind::Expiry, false),
    ("IFNE", Kind::Condition, true),
    ("IFDEQ", Kind::Condition, true),
    ("IFDNE", Kind::Condition, true),
];

/// Of each kind a call may have one; `NX NX` is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Condition,
    Expiry,
}

/// What must be there for a write to take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition<'a> {
    /// Anything, or nothing.
    Always,
    /// No value.
    Absent,
    /// Any value.
    Present,
    /// Exactly this value.
    Equals(&'a [u8]),
}

impl Condition<'_> {
    /// Whether it holds of what is there.
    fn holds(self, value: Option<&[u8]>) -> bool {
        match self {
            Condition::Always => true,
            Condition::Absent => value.is_none(),
            Condition::Present => mutant!(PresentTakenForAlways, value.is_some(), true),
            Condition::Equals(expected) => value == Some(expected),
        }
    }
}

/// The options of one call.
#[derive(Default)]
struct Options {
    /// Its name, and the value that is compared.
    condition: Option<(&'static str, Option<Bytes>)>,
    expiry: Option<&'static str>,
    get: bool,
    /// The first one that does not exist yet.
    absent: Option<&'static str>,
}

/// The command that a `SET` means.
pub(super) fn parse(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    if request.count() == 3 {
        return plain(row, request);
    }
    let mut options = Options::default();
    let mut place = 3;
    while place < request.count() {
        let value = (place + 1 < request.count()).then(|| request.bytes(place + 1));
        place += if options.take(request.get(place), value)? { 2 } else { 1 };
    }
    if let Some(option) = options.absent {
        return Err(Error::Invalid(format!(
            "SET option '{option}' is not supported yet; only NX, XX, IFEQ and GET are"
        )));
    }
    let mut arguments = vec![request.bytes(1), request.bytes(2)];
    if let Some((name, value)) = options.condition {
        arguments.push(Bytes::from(name));
        arguments.extend(value);
    }
    arguments.extend(options.get.then(|| Bytes::from("GET")));
    // What says nothing new, as NX said twice does, leaves at least one option.
    assert!(arguments.len() > 2, "there was an option");
    Ok(Command::new(&WITH_OPTIONS, Arguments::Few(arguments.into())))
}

fn syntax() -> Error {
    Error::Invalid("syntax error".into())
}

impl Options {
    /// Takes in an option, and perhaps what follows it; true if it was taken, too.
    fn take(&mut self, option: &[u8], value: Option<Bytes>) -> Result<bool, Error> {
        let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        if is("GET") {
            self.get = true;
            return Ok(false);
        }
        if is("NX") {
            return self.compare("NX", None).map(|()| false);
        }
        if is("XX") {
            return self.compare("XX", None).map(|()| false);
        }
        if is("IFEQ") {
            let expected = value.ok_or_else(syntax)?;
            return self.compare("IFEQ", Some(expected)).map(|()| true);
        }
        let (name, kind, valued) =
            ABSENT.into_iter().find(|(name, ..)| is(name)).ok_or_else(syntax)?;
        if valued && value.is_none() {
            return Err(syntax());
        }
        self.absent.get_or_insert(name);
        match kind {
            Kind::Condition => self.compare(name, None)?,
            Kind::Expiry if self.expiry.is_some_and(|other| other != name) => {
                return Err(syntax());
            }
            Kind::Expiry => self.expiry = Some(name),
        }
        Ok(valued)
    }

    /// Only `NX` and `XX` may be said twice: two values could not both be compared.
    fn compare(&mut self, name: &'static str, value: Option<Bytes>) -> Result<(), Error> {
        let same = |other: &str| other == name && matches!(name, "NX" | "XX");
        if self.condition.as_ref().is_some_and(|(other, _)| !same(other)) {
            return Err(syntax());
        }
        self.condition = Some((name, value));
        Ok(())
    }
}

/// The options in their checked form: the condition, and whether the old value is asked for.
fn options<'a>(args: Args<'a>) -> Option<(Condition<'a>, bool)> {
    let mut rest = args.iter().skip(2).peekable();
    let condition = match *rest.peek()? {
        b"NX" => Condition::Absent,
        b"XX" => Condition::Present,
        b"IFEQ" => {
            rest.next();
            Condition::Equals(rest.peek()?)
        }
        _ => Condition::Always,
    };
    if condition != Condition::Always {
        rest.next();
    }
    match (rest.next(), rest.next()) {
        (None, _) if condition != Condition::Always => Some((condition, false)),
        (Some(b"GET"), None) => Some((condition, true)),
        _ => None,
    }
}

fn check(args: Args<'_>) -> Result<(), Unreadable> {
    Unreadable::unless(options(args).is_some())
}

/// Compares and sets: what was compared is what all writes before this place have left.
fn run(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, value] = args.first();
    let (condition, get) = options(args).expect("a row checks its arguments");
    let old = step.values.get(key);
    let holds = condition.holds(old.map(|(old, _)| old.bytes()));
    let done = if holds { Reply::Ok } else { Reply::Nil };
    let answer = match get {
        true => step.old(key),
        false => Answer { reply: done, by: Some(old.map(|(_, by)| by)) },
    };
    if holds {
        step.values.set(key, value.into());
    }
    answer
}

/// The same command without its condition: what a bug makes of it.
#[cfg(feature = "mutants")]
pub(crate) fn without_condition(command: &Command) -> Command {
    let arguments = command.arguments();
    let kept = [arguments[0], arguments[1], b"GET"].map(Bytes::copy_from_slice);
    Command::new(&WITH_OPTIONS, Arguments::Few(kept.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::KeyspaceId;
    use crate::wire::codec::{Malformed, Reader};

    #[test]
    fn options_have_one_form() {
        let form = |words: &str| {
            let words: Vec<&str> = words.split(' ').collect();
            let command = Command::of_words(&words)?;
            Ok::<_, Error>(String::from_utf8(command.arguments().join(&b' ')).unwrap())
        };
        assert_eq!(form("set k v get NX").as_deref(), Ok("k v NX GET"));
        assert_eq!(form("SET k v ifeq GET").as_deref(), Ok("k v IFEQ GET"));
        assert_eq!(form("SET k v GET IFEQ x").as_deref(), Ok("k v IFEQ x GET"));
        assert_eq!(form("SET k v XX XX").as_deref(), Ok("k v XX"));
        for words in ["SET k v NX XX", "SET k v IFEQ", "SET k v IFEQ a IFEQ a", "SET k v what"] {
            assert_eq!(form(words), Err(syntax()), "{words}");
        }
    }

    #[test]
    fn other_forms_are_malformed() {
        let read = |words: &[&str]| {
            let command = Command::new(&WITH_OPTIONS, Arguments::copied(words));
            let mut bytes = vec![];
            super::super::encode(KeyspaceId::DEFAULT, &command, &mut bytes);
            super::super::decode(&mut Reader::new(&bytes)).map(drop).map_err(Malformed::from)
        };
        for words in ["k v NX", "k v GET", "k v IFEQ x", "k v IFEQ GET GET", "k v XX GET"] {
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(read(&words), Ok(()), "{words:?}");
        }
        for words in ["k v", "k v NX XX", "k v GET NX", "k v IFEQ", "k v nx", "k v GET GET"] {
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(read(&words), Err(Malformed), "{words:?}");
        }
    }

    #[test]
    fn a_condition_is_about_what_is_there() {
        let holds =
            |when: Condition<'_>| [None, Some(&b"old"[..]), Some(b"")].map(|it| when.holds(it));
        assert_eq!(holds(Condition::Always), [true, true, true]);
        assert_eq!(holds(Condition::Absent), [true, false, false]);
        assert_eq!(holds(Condition::Present), [false, true, true]);
        assert_eq!(holds(Condition::Equals(b"old")), [false, true, false]);
        assert_eq!(
            holds(Condition::Equals(b"")),
            [false, false, true],
            "an empty value is a value"
        );
    }
}
