//! `SET key value [NX | XX | IFEQ value] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`: the
//! options, in any order and any case.
//!
//! All but `IFEQ` are Redis 7's; that one is Redis 8.4's and Valkey 8.1's: the value is
//! replaced if it is exactly the one given, and a key that is missing equals nothing. What clashes
//! is a syntax error, as there.
//!
//! A SET with options is a row of its own, with an id of its own, since it needs one order of all
//! writes and a plain one does not. Its checked form is `key value [NX | XX | IFEQ value] [GET]`,
//! in this order. One that says when the key goes is a third row: an older version does not know
//! it. Its form is `key value (PX ms | PXAT ms | KEEPTTL) [NX | XX | IFEQ value] [GET]`.

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Answer, Effect, Step, Values, Writes};
use super::moment::{Count, invalid};
use super::spec::{Access, Argument, KeyPlaces};
use super::timed::{give, option};
use super::unreadable::Unreadable;
use crate::reply::{Error, Reply};

/// SET with options.
pub(super) static WITH_OPTIONS: Row = OPTIONS_ROW;

/// SET that says when the key goes, perhaps with other options.
pub(super) static TIMED: Row = Row {
    run: Data {
        id: 20,
        model: Model::None,
        parse,
        effect: Effect::Write(Writes { check: check_timed, run: run_timed, ..Writes::NONE }),
    },
    ..OPTIONS_ROW
};

const OPTIONS_ROW: Row = Row {
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

/// The options that say when the key goes, for people.
pub(super) const EXPIRATION: Argument = Argument {
    name: "expiration",
    kind: "oneof",
    flags: &["optional"],
    choices: &[
        option("seconds", "integer", "EX"),
        option("milliseconds", "integer", "PX"),
        option("unix-time-seconds", "unix-time", "EXAT"),
        option("unix-time-milliseconds", "unix-time", "PXAT"),
        option("keepttl", "pure-token", "KEEPTTL"),
    ],
    ..Argument::ANY
};

/// Options for which there is nothing here yet; a value follows each.
const ABSENT: [&str; 3] = ["IFNE", "IFDEQ", "IFDNE"];
/// Options that say when the key goes. A call may have one of them, but the same one twice: the
/// last counts.
const MOMENTS: [&str; 5] = ["EX", "PX", "EXAT", "PXAT", KEEPTTL];
const KEEPTTL: &str = "KEEPTTL";

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
    /// Its name, and the number that it says.
    moment: Option<(&'static str, Option<Bytes>)>,
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
            "SET option '{option}' is not supported yet; those of Redis 7 and IFEQ are"
        )));
    }
    let mut arguments = vec![request.bytes(1), request.bytes(2)];
    let is_timed = options.moment.is_some();
    match options.moment {
        Some((name, Some(number))) => {
            let count = Count::of_option(name).expect("a number follows such an option only");
            let ms = count.life_in_ms(&number, "set")?;
            arguments.push(Bytes::from(count.option_in_ms()));
            arguments.push(Bytes::from(ms.to_string()));
        }
        Some((name, None)) => arguments.push(Bytes::from(name)),
        None => {}
    }
    if let Some((name, value)) = options.condition {
        arguments.push(Bytes::from(name));
        arguments.extend(value);
    }
    arguments.extend(options.get.then(|| Bytes::from("GET")));
    // What says nothing new, as NX said twice does, leaves at least one option.
    assert!(arguments.len() > 2, "there was an option");
    let row = if is_timed { &TIMED } else { &WITH_OPTIONS };
    Ok(Command::new(row, Arguments::Few(arguments.into())))
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
        if let Some(name) = MOMENTS.into_iter().find(|name| is(name)) {
            return self.end(name, value);
        }
        let name = ABSENT.into_iter().find(|name| is(name)).ok_or_else(syntax)?;
        value.ok_or_else(syntax)?;
        self.absent.get_or_insert(name);
        self.compare(name, None)?;
        Ok(true)
    }

    /// Takes in when the key goes; true if what follows was taken, too.
    fn end(&mut self, name: &'static str, value: Option<Bytes>) -> Result<bool, Error> {
        if self.moment.as_ref().is_some_and(|(other, _)| *other != name) {
            return Err(syntax());
        }
        let number = if name == KEEPTTL { None } else { Some(value.ok_or_else(syntax)?) };
        let is_followed = number.is_some();
        self.moment = Some((name, number));
        Ok(is_followed)
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

/// The condition in its checked form, and whether the old value is asked for.
fn options<'a>(rest: impl Iterator<Item = &'a [u8]>) -> Option<(Condition<'a>, bool)> {
    let mut rest = rest.peekable();
    let condition = match rest.peek() {
        Some(&b"NX") => Condition::Absent,
        Some(&b"XX") => Condition::Present,
        Some(&b"IFEQ") => {
            rest.next();
            Condition::Equals(rest.peek()?)
        }
        _ => Condition::Always,
    };
    if condition != Condition::Always {
        rest.next();
    }
    match (rest.next(), rest.next()) {
        (None, _) => Some((condition, false)),
        (Some(b"GET"), None) => Some((condition, true)),
        _ => None,
    }
}

fn check(args: Args<'_>) -> Result<(), Unreadable> {
    // Without options it would be another row.
    Unreadable::unless(args.len() > 2 && options(args.iter().skip(2)).is_some())
}

/// When the key goes, in its checked form.
enum Moment<'a> {
    /// By this count and number.
    At(Count, &'a [u8]),
    /// As it was.
    Kept,
}

/// The moment in its checked form, and the options behind it.
fn moment<'a>(args: Args<'a>) -> Option<(Moment<'a>, impl Iterator<Item = &'a [u8]>)> {
    let mut rest = args.iter().skip(2);
    let moment = match rest.next()? {
        b"PX" => Moment::At(Count::MILLISECONDS, rest.next()?),
        b"PXAT" => Moment::At(Count::UNIX_MILLISECONDS, rest.next()?),
        b"KEEPTTL" => Moment::Kept,
        _ => return None,
    };
    Some((moment, rest))
}

fn check_timed(args: Args<'_>) -> Result<(), Unreadable> {
    let (moment, rest) = moment(args).ok_or(Unreadable::Malformed)?;
    if let Moment::At(count, number) = moment {
        count.check(number)?;
    }
    Unreadable::unless(options(rest).is_some())
}

fn run(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, value] = args.first();
    let options = options(args.iter().skip(2)).expect("a row checks its arguments");
    set_if(step, key, options, |values| values.set(key, value.into()))
}

fn run_timed(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, value] = args.first();
    let (moment, rest) = moment(args).expect("a row checks its arguments");
    let options = options(rest).expect("a row checks its arguments");
    let (count, number) = match moment {
        Moment::At(count, number) => (count, number),
        Moment::Kept => {
            return set_if(step, key, options, |values| {
                let value = value.into();
                mutant!(KeepTtlForgotten, values.change(key, value), values.set(key, value));
            });
        }
    };
    match count.moment(number, step.values.now_ms()) {
        Some(moment_ms) => set_if(step, key, options, |values| give(values, key, value, moment_ms)),
        None => Answer::refused(&invalid("set")),
    }
}

/// Compares and sets: what was compared is what all writes before this place have left.
fn set_if(
    step: &mut Step<'_>,
    key: &[u8],
    (condition, get): (Condition<'_>, bool),
    set: impl FnOnce(&mut dyn Values),
) -> Answer {
    let old = step.values.get(key);
    let holds = condition.holds(old.map(|(old, _)| old.bytes()));
    let done = if holds { Reply::Ok } else { Reply::Nil };
    let answer = match get {
        true => step.old(key),
        false => Answer { reply: done, by: Some(old.map(|(_, by)| by)) },
    };
    if holds {
        set(step.values);
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
