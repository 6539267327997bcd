//! Expiry: when keys go, by the time in the log.
//!
//! A key whose deadline that time has reached is not there any more, for whatever reads or writes
//! from that entry on, on every replica. Merged keyspaces have no such time, so they take no
//! deadlines.

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Parse, Row, plain};
use super::effect::{Answer, Effect, Read, Step, Values, View, Writes};
use super::integer::integer_argument;
use super::moment::{Count, deadline_ms, invalid};
use super::spec::{Access, Argument, KeyPlaces};
use super::unreadable::Unreadable;
use crate::reply::{Error, Reply};
use crate::store::Deadline;

/// The rows of this family, the most frequent first.
pub(super) static ROWS: &[&Row] =
    &[&EXPIRE, &PEXPIRE, &TTL, &PTTL, &EXPIREAT, &PEXPIREAT, &EXPIRETIME, &PEXPIRETIME, &PERSIST];

static EXPIRE: Row = Row {
    since: "1.0.0",
    summary: "Set a key's time to live in seconds",
    ..sets(
        "expire",
        &[Argument::KEY, number("seconds", "integer"), CONDITION],
        24,
        Effect::Write(Writes {
            check: |args| check(args, Count::SECONDS),
            run: |step, args| expire(step, args, Count::SECONDS, "expire"),
            ..Writes::NONE
        }),
    )
};

static PEXPIRE: Row = Row {
    since: "2.6.0",
    summary: "Set a key's time to live in milliseconds",
    ..sets(
        "pexpire",
        &[Argument::KEY, number("milliseconds", "integer"), CONDITION],
        25,
        Effect::Write(Writes {
            check: |args| check(args, Count::MILLISECONDS),
            run: |step, args| expire(step, args, Count::MILLISECONDS, "pexpire"),
            ..Writes::NONE
        }),
    )
};

static EXPIREAT: Row = Row {
    since: "1.2.0",
    summary: "Set the expiration for a key as a UNIX timestamp",
    ..sets(
        "expireat",
        &[Argument::KEY, number("unix-time-seconds", "unix-time"), CONDITION],
        26,
        Effect::Write(Writes {
            check: |args| check(args, Count::UNIX_SECONDS),
            run: |step, args| expire(step, args, Count::UNIX_SECONDS, "expireat"),
            ..Writes::NONE
        }),
    )
};

static PEXPIREAT: Row = Row {
    since: "2.6.0",
    summary: "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
    ..sets(
        "pexpireat",
        &[Argument::KEY, number("unix-time-milliseconds", "unix-time"), CONDITION],
        27,
        Effect::Write(Writes {
            check: |args| check(args, Count::UNIX_MILLISECONDS),
            run: |step, args| expire(step, args, Count::UNIX_MILLISECONDS, "pexpireat"),
            ..Writes::NONE
        }),
    )
};

static PERSIST: Row = Row {
    arity: 2,
    since: "2.2.0",
    summary: "Remove the expiration from a key",
    run: Data { id: 28, model: Model::None, parse: plain, effect: Writes::agreed(run_persist) },
    ..sets("persist", &[Argument::KEY], 28, Writes::agreed(run_persist))
};

static TTL: Row = Row {
    tips: &["nondeterministic_output"],
    since: "1.0.0",
    summary: "Get the time to live for a key in seconds",
    ..tells("ttl", 29, |view, arguments, _| in_seconds(left_ms(view, arguments)))
};

static PTTL: Row = Row {
    tips: &["nondeterministic_output"],
    since: "2.6.0",
    summary: "Get the time to live for a key in milliseconds",
    ..tells("pttl", 30, |view, arguments, _| Reply::Integer(left_ms(view, arguments)))
};

static EXPIRETIME: Row = Row {
    since: "7.0.0",
    summary: "Get the expiration Unix timestamp for a key",
    ..tells("expiretime", 31, |view, arguments, _| in_seconds(moment_ms(view, arguments)))
};

static PEXPIRETIME: Row = Row {
    since: "7.0.0",
    summary: "Get the expiration Unix timestamp for a key in milliseconds",
    ..tells("pexpiretime", 45, |view, arguments, _| Reply::Integer(moment_ms(view, arguments)))
};

/// When the deadline is set, if not always.
const CONDITION: Argument = Argument {
    name: "condition",
    kind: "oneof",
    flags: &["optional"],
    choices: &[
        Argument { name: "nx", kind: "pure-token", token: Some("NX"), ..Argument::ANY },
        Argument { name: "xx", kind: "pure-token", token: Some("XX"), ..Argument::ANY },
        Argument { name: "gt", kind: "pure-token", token: Some("GT"), ..Argument::ANY },
        Argument { name: "lt", kind: "pure-token", token: Some("LT"), ..Argument::ANY },
    ],
    ..Argument::ANY
};

const fn number(name: &'static str, kind: &'static str) -> Argument {
    Argument { name, kind, ..Argument::ANY }
}

/// What rows have in common that set the deadline of a key.
const fn sets(name: &'static str, arguments: &'static [Argument], id: u32, effect: Effect) -> Row {
    let parse: Parse = expire_options;
    Row {
        name,
        arity: -3,
        access: Access::Write,
        flags: &["fast"],
        keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "update"] }),
        categories: &["@keyspace", "@write", "@fast"],
        tips: &[],
        group: "generic",
        since: "",
        summary: "",
        complexity: "O(1)",
        arguments,
        subcommands: &[],
        run: Data { id, model: Model::None, parse, effect },
    }
}

/// What rows have in common that tell of the deadline of a key.
const fn tells(name: &'static str, id: u32, read: Read) -> Row {
    Row {
        name,
        arity: 2,
        access: Access::Read,
        flags: &["fast"],
        keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO", "access"] }),
        categories: &["@keyspace", "@read", "@fast"],
        tips: &[],
        group: "generic",
        since: "",
        summary: "",
        complexity: "O(1)",
        arguments: &[Argument::KEY],
        subcommands: &[],
        run: Data { id, model: Model::None, parse: plain, effect: Effect::Read(read) },
    }
}

/// When a deadline is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Condition {
    /// Where there is none (`NX`), or where there is one (`XX`).
    present: Option<bool>,
    /// Where it is later than the one that is there (`GT`), or earlier (`LT`).
    later: Option<bool>,
}

impl Condition {
    /// The options in any order and case; said twice they count once.
    fn read<'a>(options: impl Iterator<Item = &'a [u8]>) -> Result<Condition, Error> {
        let (mut present, mut later) = ([false; 2], [false; 2]);
        for option in options {
            match &option.to_ascii_uppercase()[..] {
                b"NX" => present[0] = true,
                b"XX" => present[1] = true,
                b"LT" => later[0] = true,
                b"GT" => later[1] = true,
                _ => {
                    let option = String::from_utf8_lossy(option);
                    return Err(Error::Invalid(format!("Unsupported option {option}")));
                }
            }
        }
        if present[0] && (present[1] || later[0] || later[1]) {
            return Err(Error::Invalid(
                "NX and XX, GT or LT options at the same time are not compatible".into(),
            ));
        }
        if later == [true; 2] {
            return Err(Error::Invalid(
                "GT and LT options at the same time are not compatible".into(),
            ));
        }
        let which = |both: [bool; 2]| (both != [false; 2]).then_some(both[1]);
        Ok(Condition { present: which(present), later: which(later) })
    }

    /// Whether it holds of the deadline that is there. None is later than all.
    fn holds(self, old_ms: Option<u64>, moment_ms: i64) -> bool {
        let old = old_ms.map_or(i64::MAX, |old_ms| old_ms as i64);
        let is_later = old_ms.is_some() && moment_ms > old;
        let is_earlier = old_ms.is_none() || moment_ms < old;
        self.present.is_none_or(|present| present == old_ms.is_some())
            && self.later.is_none_or(|later| if later { is_later } else { is_earlier })
    }
}

/// `EXPIRE key seconds [NX | XX | GT | LT]`, and the others likewise.
fn expire_options(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    Condition::read((3..request.count()).map(|place| request.get(place)))?;
    let number = request.get(2);
    integer_argument(number)?;
    count_of(row.name).in_ms(number, row.name)?;
    Ok(Command::new(row, Arguments::of(request)))
}

fn count_of(name: &str) -> Count {
    match name {
        "expire" => Count::SECONDS,
        "pexpire" => Count::MILLISECONDS,
        "expireat" => Count::UNIX_SECONDS,
        _ => Count::UNIX_MILLISECONDS,
    }
}

fn check(args: Args<'_>, count: Count) -> Result<(), Unreadable> {
    let [_, number] = args.first();
    count.check(number)?;
    Unreadable::unless(Condition::read(args.iter().skip(2)).is_ok())
}

/// Sets the deadline of a key. One that has come already removes the key.
fn expire(step: &mut Step<'_>, args: Args<'_>, count: Count, name: &str) -> Answer {
    let [key, number] = args.first();
    let condition = Condition::read(args.iter().skip(2)).expect("a row checks its arguments");
    let now_ms = step.values.now_ms();
    let Some(moment_ms) = count.moment(number, now_ms) else {
        return Answer::refused(&invalid(name));
    };
    let Some(old_ms) = step.values.deadline_ms(key) else { return done(false) };
    if !condition.holds(old_ms, moment_ms) {
        return done(false);
    }
    match deadline_ms(moment_ms, now_ms) {
        Some(deadline_ms) => step.values.set_deadline(key, Deadline::At(deadline_ms)),
        None => drop(step.values.remove(key)),
    }
    done(true)
}

/// Takes a key's deadline away; true if it had one.
pub(super) fn persist(values: &mut dyn Values, key: &[u8]) -> bool {
    let has_deadline = matches!(values.deadline_ms(key), Some(Some(_)));
    if has_deadline {
        values.set_deadline(key, Deadline::Never);
    }
    has_deadline
}

fn run_persist(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key] = args.first();
    done(persist(step.values, key))
}

fn done(done: bool) -> Answer {
    Answer::blindly(Reply::Integer(i64::from(done)))
}

/// What a key is told to have that is not there, and one that stays.
const ABSENT: i64 = -2;
const STAYS: i64 = -1;

/// When a key goes, in milliseconds since the beginning of 1970.
fn moment_ms(view: &dyn View, arguments: &Arguments) -> i64 {
    match view.deadline_ms(arguments.get(0)) {
        None => ABSENT,
        Some(None) => STAYS,
        Some(Some(deadline_ms)) => deadline_ms as i64,
    }
}

/// How long a key stays yet, in milliseconds of log time.
fn left_ms(view: &dyn View, arguments: &Arguments) -> i64 {
    match moment_ms(view, arguments) {
        moment_ms @ 0.. => moment_ms.saturating_sub(view.now_ms() as i64).max(0),
        none => none,
    }
}

/// Rounded as Redis does.
fn in_seconds(ms: i64) -> Reply {
    Reply::Integer(if ms < 0 { ms } else { ms / 1000 + i64::from(ms % 1000 >= 500) })
}
