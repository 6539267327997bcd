//! Values that are given a deadline, or lose it, as they are written or read: SETEX, PSETEX, GETEX.
//! SET with such options stands in [`super::set`].

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row};
use super::effect::{Answer, Effect, Step, Values, Writes};
use super::expiry::persist;
use super::moment::{Count, deadline_ms, invalid};
use super::spec::{Access, Argument, KeyPlaces};
use super::unreadable::Unreadable;
use crate::reply::{Error, Reply};
use crate::store::Deadline;

/// The rows of this family, the most frequent first.
pub(super) static ROWS: &[&Row] = &[&SETEX, &GETEX, &PSETEX];

static SETEX: Row = Row {
    name: "setex",
    since: "2.0.0",
    summary: "Set the value and expiration of a key",
    arguments: &[
        Argument::KEY,
        Argument { name: "seconds", kind: "integer", ..Argument::ANY },
        Argument { name: "value", ..Argument::ANY },
    ],
    run: Data {
        id: 21,
        model: Model::None,
        parse: life,
        effect: Effect::Write(Writes {
            check: |args| check_life(args, Count::SECONDS),
            run: |step, args| setex(step, args, Count::SECONDS, "setex"),
            ..Writes::NONE
        }),
    },
    ..PSETEX_ROW
};

static PSETEX: Row = PSETEX_ROW;

const PSETEX_ROW: Row = Row {
    name: "psetex",
    arity: 4,
    access: Access::Write,
    flags: &["denyoom"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["OW", "update"] }),
    categories: &["@write", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "2.6.0",
    summary: "Set the value and expiration in milliseconds of a key",
    complexity: "O(1)",
    arguments: &[
        Argument::KEY,
        Argument { name: "milliseconds", kind: "integer", ..Argument::ANY },
        Argument { name: "value", ..Argument::ANY },
    ],
    subcommands: &[],
    run: Data {
        id: 22,
        model: Model::None,
        parse: life,
        effect: Effect::Write(Writes {
            check: |args| check_life(args, Count::MILLISECONDS),
            run: |step, args| setex(step, args, Count::MILLISECONDS, "psetex"),
            ..Writes::NONE
        }),
    },
};

static GETEX: Row = Row {
    name: "getex",
    arity: -2,
    access: Access::Write,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "6.2.0",
    summary: "Get the value of a key and optionally set its expiration",
    complexity: "O(1)",
    arguments: &[Argument::KEY, EXPIRATION],
    subcommands: &[],
    run: Data {
        id: 23,
        model: Model::None,
        parse: getex_option,
        effect: Effect::Write(Writes { check: check_getex, run: getex, ..Writes::NONE }),
    },
};

/// An option that says when a key goes.
pub(super) const fn option(
    name: &'static str,
    kind: &'static str,
    token: &'static str,
) -> Argument {
    Argument { name, kind, token: Some(token), ..Argument::ANY }
}

const EXPIRATION: Argument = Argument {
    name: "expiration",
    kind: "oneof",
    flags: &["optional"],
    choices: &[
        option("seconds", "integer", "EX"),
        option("milliseconds", "integer", "PX"),
        option("unix-time-seconds", "unix-time", "EXAT"),
        option("unix-time-milliseconds", "unix-time", "PXAT"),
        option("persist", "pure-token", "PERSIST"),
    ],
    ..Argument::ANY
};

/// `SETEX key seconds value`
fn life(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let count = if row.name == "setex" { Count::SECONDS } else { Count::MILLISECONDS };
    count.life_in_ms(request.get(2), row.name)?;
    Ok(Command::new(row, Arguments::of(request)))
}

fn check_life(args: Args<'_>, count: Count) -> Result<(), Unreadable> {
    let [_, life] = args.first();
    count.check(life)
}

fn setex(step: &mut Step<'_>, args: Args<'_>, count: Count, name: &str) -> Answer {
    let [key, life, value] = args.first();
    let now_ms = step.values.now_ms();
    let Some(moment_ms) = count.moment(life, now_ms) else {
        return Answer::refused(&invalid(name));
    };
    give(step.values, key, value, moment_ms);
    Answer::blindly(Reply::Ok)
}

/// Gives a key a value up to a moment; where that has come already, the key goes.
pub(super) fn give(values: &mut dyn Values, key: &[u8], value: &[u8], moment_ms: i64) {
    match deadline_ms(moment_ms, values.now_ms()) {
        Some(deadline_ms) => values.set_until(key, value.into(), Deadline::At(deadline_ms)),
        None => drop(values.remove(key)),
    }
}

/// `GETEX key [EX seconds | PX ms | EXAT seconds | PXAT ms | PERSIST]`, to `key [PX ms | PXAT ms |
/// PERSIST]`.
fn getex_option(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let syntax = || Error::Invalid("syntax error".into());
    let mut arguments = vec![request.bytes(1)];
    if request.count() > 2 {
        let option = String::from_utf8_lossy(request.get(2)).to_ascii_uppercase();
        match (Count::of_option(&option), request.count()) {
            (Some(count), 4) => {
                let ms = count.life_in_ms(request.get(3), "getex")?;
                arguments.push(Bytes::from(count.option_in_ms()));
                arguments.push(Bytes::from(ms.to_string()));
            }
            (None, 3) if option == "PERSIST" => arguments.push(Bytes::from(PERSIST)),
            _ => return Err(syntax()),
        }
    }
    Ok(Command::new(row, Arguments::Few(arguments.into())))
}

const PERSIST: &str = "PERSIST";

/// What GETEX does to a deadline.
enum Change<'a> {
    Nothing,
    Persist,
    Set(Count, &'a [u8]),
}

fn change<'a>(args: Args<'a>) -> Option<Change<'a>> {
    let mut rest = args.iter().skip(1);
    Some(match (rest.next(), rest.next(), rest.next()) {
        (None, ..) => Change::Nothing,
        (Some(b"PERSIST"), None, _) => Change::Persist,
        (Some(b"PX"), Some(ms), None) => Change::Set(Count::MILLISECONDS, ms),
        (Some(b"PXAT"), Some(ms), None) => Change::Set(Count::UNIX_MILLISECONDS, ms),
        _ => return None,
    })
}

fn check_getex(args: Args<'_>) -> Result<(), Unreadable> {
    match change(args) {
        Some(Change::Set(count, ms)) => count.check(ms),
        known => Unreadable::unless(known.is_some()),
    }
}

fn getex(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key] = args.first();
    let (answer, now_ms) = (step.old(key), step.values.now_ms());
    let moment_ms = match change(args).expect("a row checks its arguments") {
        Change::Nothing => return answer,
        Change::Persist => {
            persist(step.values, key);
            return answer;
        }
        Change::Set(count, ms) => count.moment(ms, now_ms),
    };
    let Some(moment_ms) = moment_ms else { return Answer::refused(&invalid("getex")) };
    match deadline_ms(moment_ms, now_ms) {
        Some(deadline_ms) => step.values.set_deadline(key, Deadline::At(deadline_ms)),
        None => drop(step.values.remove(key)),
    }
    answer
}
