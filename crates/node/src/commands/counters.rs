//! Counters: strings that are numbers.
//!
//! On merged keyspaces a number to add is merged by a rule of its own (`merged/register.rs`); what
//! it comes to, and whether it can be done, is known when its entry is made.

use std::borrow::Cow;

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Answer, Effect, Merging, Step, Writes};
use super::extended::Extended;
use super::integer::{NOT_AN_INTEGER, integer, integer_argument};
use super::spec::{Access, Argument, KeyPlaces};
use super::unreadable::Unreadable;
use crate::reply::{Error, Reply};

/// The rows of this family, the most frequent first.
pub(super) static ROWS: &[&Row] = &[&INCR, &INCRBY, &DECR, &DECRBY, &INCRBYFLOAT];

pub(super) static INCR: Row = Row {
    name: "incr",
    arity: 2,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Increment the integer value of a key by one",
    complexity: "O(1)",
    arguments: &[Argument::KEY],
    subcommands: &[],
    run: Data {
        id: 12,
        model: Model::Increment,
        parse: plain,
        effect: Effect::Write(Writes { run: incr, merge: Some(merge_incr), ..Writes::NONE }),
    },
};

pub(super) static INCRBY: Row = Row {
    name: "incrby",
    arity: 3,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Increment the integer value of a key by the given amount",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "increment", kind: "integer", ..Argument::ANY }],
    subcommands: &[],
    run: Data {
        id: 14,
        model: Model::Increment,
        parse: amount,
        effect: Effect::Write(Writes {
            check: has_amount,
            run: incrby,
            merge: Some(merge_incrby),
            ..Writes::NONE
        }),
    },
};

pub(super) static DECR: Row = Row {
    name: "decr",
    arity: 2,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Decrement the integer value of a key by one",
    complexity: "O(1)",
    arguments: &[Argument::KEY],
    subcommands: &[],
    run: Data {
        id: 13,
        model: Model::Increment,
        parse: plain,
        effect: Effect::Write(Writes { run: decr, merge: Some(merge_decr), ..Writes::NONE }),
    },
};

pub(super) static DECRBY: Row = Row {
    name: "decrby",
    arity: 3,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Decrement the integer value of a key by the given number",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "decrement", kind: "integer", ..Argument::ANY }],
    subcommands: &[],
    run: Data {
        id: 15,
        model: Model::Increment,
        parse: amount,
        effect: Effect::Write(Writes {
            check: has_amount,
            run: decrby,
            merge: Some(merge_decrby),
            ..Writes::NONE
        }),
    },
};

pub(super) static INCRBYFLOAT: Row = Row {
    name: "incrbyfloat",
    arity: 3,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "2.6.0",
    summary: "Increment the float value of a key by the given amount",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "increment", kind: "double", ..Argument::ANY }],
    subcommands: &[],
    run: Data {
        id: 16,
        model: Model::None,
        parse: float_amount,
        effect: Effect::Write(Writes { check: has_float_amount, run: incrbyfloat, ..Writes::NONE }),
    },
};

impl Command {
    /// `INCRBY key increment`
    pub(crate) fn incrby(key: Bytes, amount: i64) -> Command {
        Command::new(&INCRBY, Arguments::Two(key, amount.to_string().into()))
    }
}

/// `INCRBY key increment`. What would be its opposite must be a number, too.
fn amount(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let amount = integer_argument(request.get(2))?;
    if row.name == "decrby" && amount == i64::MIN {
        return Err(Error::Invalid("decrement would overflow".into()));
    }
    plain(row, request)
}

fn has_amount(args: Args<'_>) -> Result<(), Unreadable> {
    let [_, amount] = args.first();
    Unreadable::unless(integer(amount).is_some())
}

fn incr(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key] = args.first();
    add(step, key, 1)
}

fn decr(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key] = args.first();
    add(step, key, -1)
}

fn incrby(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, amount] = args.first();
    add(step, key, integer(amount).expect("a row checks its arguments"))
}

fn decrby(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, amount] = args.first();
    match integer(amount).and_then(i64::checked_neg) {
        Some(amount) => add(step, key, amount),
        None => Answer::refused("decrement would overflow"),
    }
}

/// Adds to a key, which is 0 where there is none.
fn add(step: &mut Step<'_>, key: &[u8], amount: i64) -> Answer {
    let old = step.values.get(key);
    let by = Some(old.map(|(_, by)| by));
    let Some(old) = old.map_or(Some(0), |(value, _)| integer(&value)) else {
        return Answer::refused(NOT_AN_INTEGER);
    };
    let Some(new) = old.checked_add(amount) else {
        return Answer::refused("increment or decrement would overflow");
    };
    step.values.change(key, new.to_string().into_bytes().into());
    Answer { reply: Reply::Integer(new), by }
}

fn merge_incr<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    let [key] = args.first();
    merge(state, key, 1)
}

fn merge_decr<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    let [key] = args.first();
    merge(state, key, -1)
}

fn merge_incrby<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    let [key, amount] = args.first();
    merge(state, key, number(amount))
}

fn merge_decrby<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    let [key, amount] = args.first();
    merge(state, key, -number(amount))
}

fn number(amount: &[u8]) -> i128 {
    integer(amount).expect("a row checks its arguments").into()
}

/// Adds to a key. Who asked is told what it came to when the entry was made.
fn merge<'a>(state: &mut dyn Merging<'a>, key: &'a [u8], amount: i128) -> Reply {
    state.add(key, amount);
    Reply::Nil
}

/// `INCRBYFLOAT key increment`
fn float_amount(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    match float(request.get(2)) {
        Some(_) => plain(row, request),
        None => Err(Error::Invalid(NOT_A_FLOAT.into())),
    }
}

const NOT_A_FLOAT: &str = "value is not a valid float";
const INFINITE: &str = "increment would produce NaN or Infinity";

/// A number, or an infinity, which is none that anything can be added to; `None`: a text that is
/// neither.
fn float(text: &[u8]) -> Option<Option<Extended>> {
    if Extended::is_infinity(text) { Some(None) } else { Extended::read(text).map(Some) }
}

fn has_float_amount(args: Args<'_>) -> Result<(), Unreadable> {
    let [_, amount] = args.first();
    Unreadable::unless(float(amount).is_some())
}

fn incrbyfloat(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, amount] = args.first();
    let old = step.values.get(key);
    let by = Some(old.map(|(_, by)| by));
    let old = old.map_or(&b"0"[..], |(value, _)| value.bytes());
    // What is written with an exponent is as long as the exponent says.
    let is_power = [old, amount].iter().any(|text| text.iter().any(|byte| byte | 0x20 == b'e'));
    step.steps += 8 + old.len() + amount.len() + if is_power { 2048 } else { 0 };
    let (Some(old), Some(amount)) = (float(old), float(amount)) else {
        return Answer::refused(NOT_A_FLOAT);
    };
    let sum = old.and_then(|old| amount.and_then(|amount| old.plus(&amount)));
    let Some(new) = sum else { return Answer::refused(INFINITE) };
    let text = Bytes::from(new.to_string());
    step.values.change(key, Cow::Borrowed(&text));
    Answer { reply: Reply::Value(text), by }
}
