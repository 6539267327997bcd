//! Strings: what reads and writes values as they are.

use std::ops::Range;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Answer, Effect, Merging, Step, View, Writes};
use super::integer::{integer, integer_argument};
use super::set;
use super::spec::{Access, Argument, KeyPlaces};
use super::unreadable::Unreadable;
use crate::limits::VALUE_BYTES_MAX;
use crate::reply::{Error, Reply};
use crate::store::Value;

/// What Redis says of a value that would be too long.
const TOO_LONG: &str = "string exceeds maximum allowed size (proto-max-bulk-len)";

/// The rows of this family, the most frequent first.
pub(super) static ROWS: &[&Row] = &[
    &GET, &SET, &MGET, &MSET, &SETNX, &GETSET, &GETDEL, &DELIFEQ, &MSETNX, &APPEND, &STRLEN,
    &GETRANGE, &SUBSTR, &SETRANGE,
];

pub(super) static GET: Row = Row {
    name: "get",
    arity: 2,
    access: Access::Read,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO", "access"] }),
    categories: &["@read", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Get the value of a key",
    complexity: "O(1)",
    arguments: &[Argument::KEY],
    subcommands: &[],
    run: Data { id: 32, model: Model::Read, parse: plain, effect: Effect::Read(get) },
};

pub(super) static SET: Row = Row {
    name: "set",
    arity: -3,
    access: Access::Write,
    flags: &["denyoom"],
    keys: Some(KeyPlaces {
        first: 1,
        last: 1,
        step: 1,
        flags: &["RW", "access", "update", "variable_flags"],
    }),
    categories: &["@write", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Set the string value of a key",
    complexity: "O(1)",
    arguments: &[
        Argument::KEY,
        Argument { name: "value", ..Argument::ANY },
        Argument {
            name: "condition",
            kind: "oneof",
            flags: &["optional"],
            choices: &[
                Argument { name: "nx", kind: "pure-token", token: Some("NX"), ..Argument::ANY },
                Argument { name: "xx", kind: "pure-token", token: Some("XX"), ..Argument::ANY },
                Argument { name: "comparison-value", token: Some("IFEQ"), ..Argument::ANY },
            ],
            ..Argument::ANY
        },
        Argument {
            name: "get",
            kind: "pure-token",
            token: Some("GET"),
            flags: &["optional"],
            ..Argument::ANY
        },
        set::EXPIRATION,
    ],
    subcommands: &[],
    run: Data {
        id: 1,
        model: Model::Write,
        parse: set::parse,
        effect: Effect::Write(Writes {
            check: |args| Unreadable::unless(args.len() == 2),
            run: set,
            merge: Some(merge_set),
            ..Writes::NONE
        }),
    },
};

pub(super) static MGET: Row = Row {
    name: "mget",
    arity: -2,
    access: Access::Read,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 1, flags: &["RO", "access"] }),
    categories: &["@read", "@string", "@fast"],
    tips: &["request_policy:multi_shard"],
    group: "string",
    since: "1.0.0",
    summary: "Get the values of all the given keys",
    complexity: "O(N) where N is the number of keys to retrieve.",
    arguments: &[Argument { name: "key", kind: "key", flags: &["multiple"], ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 33, model: Model::None, parse: plain, effect: Effect::Read(mget) },
};

pub(super) static MSET: Row = Row {
    name: "mset",
    arity: -3,
    access: Access::Write,
    flags: &["denyoom"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 2, flags: &["OW", "update"] }),
    categories: &["@write", "@string", "@slow"],
    tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
    group: "string",
    since: "1.0.1",
    summary: "Set multiple keys to multiple values",
    complexity: "O(N) where N is the number of keys to set.",
    arguments: &[Argument {
        name: "data",
        kind: "block",
        flags: &["multiple"],
        choices: &[Argument::KEY, Argument { name: "value", ..Argument::ANY }],
        ..Argument::ANY
    }],
    subcommands: &[],
    run: Data {
        id: 8,
        model: Model::None,
        parse: mset_pairs,
        effect: Effect::Write(Writes {
            check: are_pairs,
            run: mset,
            merge: Some(merge_mset),
            ..Writes::NONE
        }),
    },
};

pub(super) static SETNX: Row = Row {
    name: "setnx",
    arity: 3,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["OW", "insert"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Set the value of a key, only if the key does not exist",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "value", ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 7, model: Model::Cas, parse: plain, effect: Writes::agreed(setnx) },
};

pub(super) static GETSET: Row = Row {
    name: "getset",
    arity: 3,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "update"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Set the string value of a key and return its old value",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "value", ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 5, model: Model::None, parse: plain, effect: Writes::agreed(getset) },
};

pub(super) static GETDEL: Row = Row {
    name: "getdel",
    arity: 2,
    access: Access::Write,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "access", "delete"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "6.2.0",
    summary: "Get the value of a key and delete the key",
    complexity: "O(1)",
    arguments: &[Argument::KEY],
    subcommands: &[],
    run: Data { id: 6, model: Model::None, parse: plain, effect: Writes::agreed(getdel) },
};

pub(super) static DELIFEQ: Row = Row {
    name: "delifeq",
    arity: 3,
    access: Access::Write,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RM", "delete"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Delete a key if its value is exactly the given one (as Valkey 9 has it)",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "value", ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 19, model: Model::None, parse: plain, effect: Writes::agreed(delifeq) },
};

pub(super) static MSETNX: Row = Row {
    name: "msetnx",
    arity: -3,
    access: Access::Write,
    flags: &["denyoom"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 2, flags: &["OW", "insert"] }),
    categories: &["@write", "@string", "@slow"],
    tips: &["request_policy:multi_shard", "response_policy:agg_min"],
    group: "string",
    since: "1.0.1",
    summary: "Set multiple keys to multiple values, only if none of the keys exist",
    complexity: "O(N) where N is the number of keys to set.",
    arguments: &[Argument {
        name: "data",
        kind: "block",
        flags: &["multiple"],
        choices: &[Argument::KEY, Argument { name: "value", ..Argument::ANY }],
        ..Argument::ANY
    }],
    subcommands: &[],
    run: Data {
        id: 9,
        model: Model::None,
        parse: mset_pairs,
        effect: Effect::Write(Writes { check: are_pairs, run: msetnx, ..Writes::NONE }),
    },
};

pub(super) static APPEND: Row = Row {
    name: "append",
    arity: 3,
    access: Access::Write,
    flags: &["denyoom", "fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "insert"] }),
    categories: &["@write", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "2.0.0",
    summary: "Append a value to a key",
    complexity: "O(N) where N is the length of the value afterwards",
    arguments: &[Argument::KEY, Argument { name: "value", ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 10, model: Model::Append, parse: plain, effect: Writes::agreed(append) },
};

pub(super) static STRLEN: Row = Row {
    name: "strlen",
    arity: 2,
    access: Access::Read,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO"] }),
    categories: &["@read", "@string", "@fast"],
    tips: &[],
    group: "string",
    since: "2.2.0",
    summary: "Get the length of the value stored in a key",
    complexity: "O(1)",
    arguments: &[Argument::KEY],
    subcommands: &[],
    run: Data { id: 34, model: Model::None, parse: plain, effect: Effect::Read(strlen) },
};

pub(super) static GETRANGE: Row = Row {
    name: "getrange",
    arity: 4,
    access: Access::Read,
    flags: &[],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO", "access"] }),
    categories: &["@read", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "2.4.0",
    summary: "Get a substring of the string stored at a key",
    complexity: "O(N) where N is the length of what is returned",
    arguments: &[
        Argument::KEY,
        Argument { name: "start", kind: "integer", ..Argument::ANY },
        Argument { name: "end", kind: "integer", ..Argument::ANY },
    ],
    subcommands: &[],
    run: Data { id: 35, model: Model::None, parse: range_places, effect: Effect::Read(getrange) },
};

pub(super) static SUBSTR: Row = Row {
    name: "substr",
    arity: 4,
    access: Access::Read,
    flags: &[],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO", "access"] }),
    categories: &["@read", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "1.0.0",
    summary: "Get a substring of the string stored at a key",
    complexity: "O(N) where N is the length of what is returned",
    arguments: &[
        Argument::KEY,
        Argument { name: "start", kind: "integer", ..Argument::ANY },
        Argument { name: "end", kind: "integer", ..Argument::ANY },
    ],
    subcommands: &[],
    run: Data { id: 36, model: Model::None, parse: range_places, effect: Effect::Read(getrange) },
};

pub(super) static SETRANGE: Row = Row {
    name: "setrange",
    arity: 4,
    access: Access::Write,
    flags: &["denyoom"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RW", "update"] }),
    categories: &["@write", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "2.2.0",
    summary: "Overwrite part of a string at key starting at the specified offset",
    complexity: "O(N) where N is the length of the value afterwards",
    arguments: &[
        Argument::KEY,
        Argument { name: "offset", kind: "integer", ..Argument::ANY },
        Argument { name: "value", ..Argument::ANY },
    ],
    subcommands: &[],
    run: Data {
        id: 11,
        model: Model::None,
        parse: setrange_offset,
        effect: Effect::Write(Writes { check: has_offset, run: setrange, ..Writes::NONE }),
    },
};

fn get(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    value(view.get(arguments.get(0)))
}

/// A value that leaves the store.
fn value(value: Option<Value<'_>>) -> Reply {
    value.map_or(Reply::Nil, |value| Reply::Value(value.shown()))
}

/// So many bytes at most go into one reply of many values.
const MANY_BYTES_MAX: usize = 2 * VALUE_BYTES_MAX;

fn mget(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let (mut all, mut bytes) = (Vec::with_capacity(arguments.len()), 0);
    for key in arguments.iter() {
        let found = view.get(key);
        bytes += found.map_or(0, |value| value.len());
        if bytes > MANY_BYTES_MAX {
            return Reply::Error(Error::Invalid(format!(
                "the values take more than {} MiB: ask for fewer at a time",
                MANY_BYTES_MAX >> 20
            )));
        }
        all.push(value(found));
    }
    Reply::Array(all)
}

fn strlen(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    Reply::Integer(view.get(arguments.get(0)).map_or(0, |value| value.len()) as i64)
}

/// `GETRANGE key start end`: both count from 0, or from the end where they are negative.
fn range_places(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    integer_argument(request.get(2))?;
    integer_argument(request.get(3))?;
    plain(row, request)
}

fn getrange(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let place = |at| integer(arguments.get(at)).expect("the parser has read it");
    let (start, end) = (place(1), place(2));
    let part = |value: Value<'_>| value.part(part(value.len(), start, end));
    Reply::Value(view.get(arguments.get(0)).map(part).unwrap_or_default())
}

/// The part of so many bytes that lies from `start` to `end`, both included.
pub(super) fn part(length: usize, start: i64, end: i64) -> Range<usize> {
    let is_turned = start < 0 && end < 0 && start > end;
    if is_turned { 0..0 } else { within(length, start, end) }
}

/// The same, where what lies before the first byte means that byte, whichever comes first.
pub(super) fn within(length: usize, start: i64, end: i64) -> Range<usize> {
    let length = length as i64;
    let from_end = |at: i64| if at < 0 { length.saturating_add(at).max(0) } else { at };
    let (start, end) = (from_end(start), from_end(end).min(length - 1));
    if start > end || length == 0 { 0..0 } else { start as usize..end as usize + 1 }
}

fn set(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, value] = args.first();
    step.values.set(key, value.into());
    Answer::blindly(Reply::Ok)
}

fn merge_set<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    let [key, value] = args.first();
    state.set(key, value);
    Reply::Ok
}

fn setnx(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, value] = args.first();
    let by = step.values.get(key).map(|(_, by)| by);
    if by.is_none() {
        step.values.set(key, value.into());
    }
    Answer { reply: Reply::Integer(i64::from(by.is_none())), by: Some(by) }
}

fn getset(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, new] = args.first();
    let answer = step.old(key);
    step.values.set(key, new.into());
    answer
}

fn getdel(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key] = args.first();
    let answer = step.old(key);
    step.values.remove(key);
    answer
}

fn delifeq(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, expected] = args.first();
    let old = step.values.get(key);
    let by = Some(old.map(|(_, by)| by));
    let equals = old.is_some_and(|(value, _)| &*value == expected);
    let gone = equals && step.values.remove(key);
    Answer { reply: Reply::Integer(i64::from(gone)), by }
}

/// `MSET key value [key value …]`: an odd number of arguments is Redis' error for a wrong number of
/// them.
fn mset_pairs(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    if request.count().is_multiple_of(2) {
        let text = format!("wrong number of arguments for '{}' command", row.name);
        return Err(Error::Invalid(text));
    }
    plain(row, request)
}

fn are_pairs(args: Args<'_>) -> Result<(), Unreadable> {
    Unreadable::unless(args.len().is_multiple_of(2))
}

fn pairs<'a>(args: Args<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let keys = args.iter().step_by(2);
    keys.zip(args.iter().skip(1).step_by(2))
}

fn mset(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    for (key, value) in pairs(args) {
        step.values.set(key, value.into());
    }
    Answer::blindly(Reply::Ok)
}

/// Of a key that is named twice the last value counts. All have one stamp, and what is there
/// outlasts what is stamped the same: so the last comes first.
fn merge_mset<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    let mut all: Vec<_> = pairs(args).collect();
    mutant!(FirstOfTwiceWins, all.reverse(), ());
    all.into_iter().for_each(|(key, value)| state.set(key, value));
    Reply::Ok
}

fn msetnx(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let taken = pairs(args).any(|(key, _)| step.values.get(key).is_some());
    if !taken {
        mset(step, args);
    }
    Answer::blindly(Reply::Integer(i64::from(!taken)))
}

fn append(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, tail] = args.first();
    let old = step.values.get(key);
    let by = Some(old.map(|(_, by)| by));
    let old = old.map(|(value, _)| value.bytes()).unwrap_or_default();
    let length = old.len() + tail.len();
    if length > VALUE_BYTES_MAX {
        return Answer::refused(TOO_LONG);
    }
    let new = [old, tail].concat();
    step.values.change(key, new.into());
    Answer { reply: Reply::Integer(length as i64), by }
}

/// `SETRANGE key offset value`
fn setrange_offset(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    if integer_argument(request.get(2))? < 0 {
        return Err(Error::Invalid("offset is out of range".into()));
    }
    plain(row, request)
}

fn has_offset(args: Args<'_>) -> Result<(), Unreadable> {
    let [_, offset] = args.first();
    Unreadable::unless(integer(offset).is_some_and(|offset| offset >= 0))
}

fn setrange(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [key, offset, part] = args.first();
    let old = step.values.get(key);
    let by = Some(old.map(|(_, by)| by));
    let old = old.map(|(value, _)| value.bytes()).unwrap_or_default();
    if part.is_empty() {
        return Answer { reply: Reply::Integer(old.len() as i64), by };
    }
    let offset = integer(offset).and_then(|offset| usize::try_from(offset).ok());
    let end = offset.and_then(|offset| offset.checked_add(part.len()));
    let (Some(offset), Some(end)) = (offset, end.filter(|end| *end <= VALUE_BYTES_MAX)) else {
        return Answer::refused(TOO_LONG);
    };
    let mut new = old.to_vec();
    new.resize(old.len().max(end), 0);
    new[offset..end].copy_from_slice(part);
    let length = new.len();
    step.values.change(key, new.into());
    Answer { reply: Reply::Integer(length as i64), by }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_redis() {
        let part = |start, end| part(5, start, end);
        assert_eq!([part(0, 2), part(-3, -1), part(0, -1)], [0..3, 2..5, 0..5]);
        assert_eq!([part(1, 99), part(-99, 1), part(-99, -6)], [1..5, 0..2, 0..1]);
        assert_eq!([part(3, 2), part(5, 9), part(-1, -2)], [0..0, 0..0, 0..0]);
        assert_eq!(super::part(0, 0, -1), 0..0);
        assert_eq!(super::part(5, i64::MIN, i64::MAX), 0..5);
    }
}
