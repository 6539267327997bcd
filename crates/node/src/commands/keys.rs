//! Keys: what is about keys, whatever they hold, and about all of them.

use bytes::Bytes;

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Answer, Effect, Merging, Step, View, Writes};
use super::glob;
use super::integer::{integer, integer_argument};
use super::spec::{Access, Argument, KeyPlaces};
use crate::limits::TURN_STEPS;
use crate::reply::{Error, Reply};
use crate::store::Cursor;

/// The rows of this family, the most frequent first.
pub(super) static ROWS: &[&Row] = &[
    &DEL, &EXISTS, &UNLINK, &TOUCH, &TYPE, &SCAN, &KEYS, &DBSIZE, &RANDOMKEY, &FLUSHDB, &FLUSHALL,
];

pub(super) static DEL: Row = Row {
    name: "del",
    arity: -2,
    access: Access::Write,
    flags: &[],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 1, flags: &["RM", "delete"] }),
    categories: &["@keyspace", "@write", "@slow"],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    group: "generic",
    since: "1.0.0",
    summary: "Delete a key",
    complexity: "O(N) where N is the number of keys.",
    arguments: &[Argument { name: "key", kind: "key", flags: &["multiple"], ..Argument::ANY }],
    subcommands: &[],
    run: Data {
        id: 3,
        model: Model::Delete,
        parse: plain,
        effect: Effect::Write(Writes { run: del, merge: Some(merge_del), ..Writes::NONE }),
    },
};

pub(super) static EXISTS: Row = Row {
    name: "exists",
    arity: -2,
    access: Access::Read,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 1, flags: &["RO"] }),
    categories: &["@keyspace", "@read", "@fast"],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    group: "generic",
    since: "1.0.0",
    summary: "Determine if a key exists",
    complexity: "O(N) where N is the number of keys.",
    arguments: &[Argument { name: "key", kind: "key", flags: &["multiple"], ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 37, model: Model::None, parse: plain, effect: Effect::Count },
};

pub(super) static UNLINK: Row = Row {
    name: "unlink",
    arity: -2,
    access: Access::Write,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 1, flags: &["RM", "delete"] }),
    categories: &["@keyspace", "@write", "@fast"],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    group: "generic",
    since: "4.0.0",
    summary: "Delete a key",
    complexity: "O(N) where N is the number of keys.",
    arguments: &[Argument { name: "key", kind: "key", flags: &["multiple"], ..Argument::ANY }],
    subcommands: &[],
    run: Data {
        id: 4,
        model: Model::Delete,
        parse: plain,
        effect: Effect::Write(Writes { run: del, merge: Some(merge_del), ..Writes::NONE }),
    },
};

pub(super) static TOUCH: Row = Row {
    name: "touch",
    arity: -2,
    access: Access::Read,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 1, flags: &["RO"] }),
    categories: &["@keyspace", "@read", "@fast"],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    group: "generic",
    since: "3.2.1",
    summary: "Count which keys exist; no use of a key is noted",
    complexity: "O(N) where N is the number of keys that will be touched.",
    arguments: &[Argument { name: "key", kind: "key", flags: &["multiple"], ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 38, model: Model::None, parse: plain, effect: Effect::Count },
};

pub(super) static TYPE: Row = Row {
    name: "type",
    arity: 2,
    access: Access::Read,
    flags: &["fast"],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO"] }),
    categories: &["@keyspace", "@read", "@fast"],
    tips: &[],
    group: "generic",
    since: "1.0.0",
    summary: "Determine the type stored at key",
    complexity: "O(1)",
    arguments: &[Argument::KEY],
    subcommands: &[],
    run: Data { id: 39, model: Model::None, parse: plain, effect: Effect::Read(kind) },
};

pub(super) static SCAN: Row = Row {
    name: "scan",
    arity: -2,
    access: Access::ReadAll,
    flags: &[],
    keys: None,
    categories: &["@keyspace", "@read", "@slow"],
    tips: &["nondeterministic_output", "request_policy:special"],
    group: "generic",
    since: "2.8.0",
    summary: "Incrementally iterate the keys space",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    arguments: &[
        Argument { name: "cursor", kind: "integer", ..Argument::ANY },
        Argument {
            name: "pattern",
            kind: "pattern",
            flags: &["optional"],
            token: Some("MATCH"),
            ..Argument::ANY
        },
        Argument {
            name: "count",
            kind: "integer",
            flags: &["optional"],
            token: Some("COUNT"),
            ..Argument::ANY
        },
        Argument { name: "type", flags: &["optional"], token: Some("TYPE"), ..Argument::ANY },
    ],
    subcommands: &[],
    run: Data {
        id: 40,
        model: Model::None,
        parse: scan_options,
        effect: Effect::Walk { read: scan, steps: scan_steps, pattern: Some(1) },
    },
};

pub(super) static KEYS: Row = Row {
    name: "keys",
    arity: 2,
    access: Access::ReadAll,
    flags: &[],
    keys: None,
    categories: &["@keyspace", "@read", "@slow", "@dangerous"],
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    group: "generic",
    since: "1.0.0",
    summary: "Find all keys matching the given pattern",
    complexity: "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
    arguments: &[Argument { name: "pattern", kind: "pattern", ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 41, model: Model::None, parse: keys_pattern, effect: Effect::List },
};

pub(super) static DBSIZE: Row = Row {
    name: "dbsize",
    arity: 1,
    access: Access::ReadAll,
    flags: &["fast"],
    keys: None,
    categories: &["@keyspace", "@read", "@fast"],
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    group: "server",
    since: "1.0.0",
    summary: "Return the number of keys in the selected database",
    complexity: "O(1)",
    arguments: &[],
    subcommands: &[],
    run: Data { id: 42, model: Model::None, parse: plain, effect: Effect::Read(dbsize) },
};

pub(super) static RANDOMKEY: Row = Row {
    name: "randomkey",
    arity: 1,
    access: Access::ReadAll,
    flags: &[],
    keys: None,
    categories: &["@keyspace", "@read", "@slow"],
    tips: &["request_policy:all_shards", "nondeterministic_output"],
    group: "generic",
    since: "1.0.0",
    summary: "Return a random key from the keyspace",
    complexity: "O(1)",
    arguments: &[],
    subcommands: &[],
    run: Data {
        id: 43,
        model: Model::None,
        parse: plain,
        effect: Effect::Walk { read: randomkey, steps: random_steps, pattern: None },
    },
};

pub(super) static FLUSHDB: Row = Row {
    name: "flushdb",
    arity: -1,
    access: Access::Write,
    flags: &[],
    keys: None,
    categories: &["@keyspace", "@write", "@slow", "@dangerous"],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    group: "server",
    since: "1.0.0",
    summary: "Remove all keys from the current database",
    complexity: "O(N) where N is the number of keys in the selected database",
    arguments: &[Argument {
        name: "flush-type",
        kind: "oneof",
        flags: &["optional"],
        choices: &[
            Argument { name: "async", kind: "pure-token", token: Some("ASYNC"), ..Argument::ANY },
            Argument { name: "sync", kind: "pure-token", token: Some("SYNC"), ..Argument::ANY },
        ],
        ..Argument::ANY
    }],
    subcommands: &[],
    run: Data { id: 17, model: Model::None, parse: flush_options, effect: Writes::agreed(flush) },
};

pub(super) static FLUSHALL: Row = Row {
    name: "flushall",
    arity: -1,
    access: Access::Write,
    flags: &[],
    keys: None,
    categories: &["@keyspace", "@write", "@slow", "@dangerous"],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    group: "server",
    since: "1.0.0",
    summary: "Remove all keys from all databases",
    complexity: "O(N) where N is the total number of keys in all databases",
    arguments: &[Argument {
        name: "flush-type",
        kind: "oneof",
        flags: &["optional"],
        choices: &[
            Argument { name: "async", kind: "pure-token", token: Some("ASYNC"), ..Argument::ANY },
            Argument { name: "sync", kind: "pure-token", token: Some("SYNC"), ..Argument::ANY },
        ],
        ..Argument::ANY
    }],
    subcommands: &[],
    run: Data { id: 18, model: Model::None, parse: flush_options, effect: Writes::agreed(flush) },
};

fn del(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let gone = mutant!(
        DelTakesFirst,
        args.iter().filter(|key| step.values.remove(key)).count(),
        args.iter().take(1).filter(|key| step.values.remove(key)).count()
    );
    let counted = mutant!(DelAlwaysCounts, gone, args.len());
    Answer::blindly(Reply::Integer(counted as i64))
}

fn merge_del<'a>(state: &mut dyn Merging<'a>, args: Args<'a>) -> Reply {
    Reply::Integer(state.remove(&mut args.iter()) as i64)
}

fn kind(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    Reply::Status(if view.get(arguments.get(0)).is_some() { "string" } else { "none" })
}

fn dbsize(view: &dyn View, _: &Arguments, _: u64) -> Reply {
    Reply::Integer(view.keys() as i64)
}

/// What it costs to pass by empty slots, in steps of a turn.
const SLOTS_STEPS: usize = 64;

/// RANDOMKEY looks at so many places, which removed keys of a merged keyspace are, too; if there is
/// none with a value it answers nil.
const RANDOM_STEPS: usize = TURN_STEPS / 2;

/// The first key at or behind a random place, or else the first of all.
fn randomkey(view: &dyn View, _: &Arguments, chance: u64) -> Reply {
    if view.keys() == 0 {
        return Reply::Nil;
    }
    let mut from = Cursor::at_random(chance);
    for _ in 0..2 {
        let mut found = None;
        let next = view.walk(from, RANDOM_STEPS, &mut |key| {
            found = Some(Bytes::copy_from_slice(key));
            false
        });
        match found {
            Some(key) => return Reply::Value(key),
            None => from = next.unwrap_or_default(),
        }
    }
    Reply::Nil
}

fn random_steps(_: &Arguments) -> usize {
    SLOTS_STEPS + RANDOM_STEPS / 8
}

/// Longer patterns are refused: each key may be held against all of it.
const PATTERN_BYTES_MAX: usize = 1024;

fn check_pattern(pattern: &[u8]) -> Result<(), Error> {
    match pattern.len() {
        0..=PATTERN_BYTES_MAX => Ok(()),
        length => Err(Error::Invalid(format!(
            "a pattern of {length} bytes: it may have {PATTERN_BYTES_MAX}"
        ))),
    }
}

/// `KEYS pattern`
fn keys_pattern(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    check_pattern(request.get(1))?;
    plain(row, request)
}

/// How many keys SCAN looks at if nobody says how many.
const SCAN_COUNT: usize = 10;

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`, to the four values in this order.
fn scan_options(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let syntax = || Error::Invalid("syntax error".into());
    let cursor = cursor(request.get(1)).ok_or_else(|| Error::Invalid("invalid cursor".into()))?;
    let (mut pattern, mut count, mut kind) = (Bytes::from("*"), SCAN_COUNT, Bytes::from("string"));
    for place in (2..request.count()).step_by(2) {
        let is = |name: &str| request.get(place).eq_ignore_ascii_case(name.as_bytes());
        if place + 1 == request.count() {
            return Err(syntax());
        }
        if is("COUNT") {
            let asked = integer_argument(request.get(place + 1))?;
            count = usize::try_from(asked).ok().filter(|count| *count > 0).ok_or_else(syntax)?;
        } else if is("MATCH") {
            check_pattern(request.get(place + 1))?;
            pattern = request.bytes(place + 1);
        } else if is("TYPE") {
            kind = request.bytes(place + 1);
        } else {
            return Err(syntax());
        }
    }
    let numbers = [Bytes::from(cursor.to_string()), Bytes::from(count.to_string())];
    let [cursor, count] = numbers;
    Ok(Command::new(row, Arguments::Few([cursor, pattern, count, kind].into())))
}

/// A cursor as C reads it, with whom a sign is allowed and nothing is 0.
fn cursor(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = match digits {
        "" if text.is_empty() => 0,
        _ if is_number => digits.parse().ok()?,
        _ => return None,
    };
    Some(if text.starts_with('-') { number.wrapping_neg() } else { number })
}

/// How many keys a SCAN looks at.
fn scan_count(arguments: &Arguments) -> usize {
    integer(arguments.get(2)).map_or(TURN_STEPS, |count| (count as usize).min(TURN_STEPS))
}

/// Each key is held against all of the pattern.
fn scan_steps(arguments: &Arguments) -> usize {
    SLOTS_STEPS + scan_count(arguments) * (1 + arguments.get(1).len() / 64)
}

/// Looks at `count` keys at least, or at as many places as a turn may. Keys of one hash come
/// together, since the cursor knows no more of a key than its hash.
fn scan(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let number = |place| integer(arguments.get(place)).unwrap_or(i64::MAX) as u64;
    let (pattern, kind) = (arguments.get(1), arguments.get(3));
    let from = Cursor(number(0));
    let count = scan_count(arguments);
    let is_string = kind.eq_ignore_ascii_case(b"string");
    let mut seen = 0;
    let mut keys = vec![];
    let next = view.walk(from, TURN_STEPS, &mut |key| {
        seen += 1;
        if is_string && glob::fits_exactly(pattern, key) {
            keys.push(Reply::Value(Bytes::copy_from_slice(key)));
        }
        seen < count
    });
    let next = Bytes::from(next.unwrap_or_default().0.to_string());
    Reply::Array(vec![Reply::Value(next), Reply::Array(keys)])
}

/// `FLUSHALL [ASYNC | SYNC]`
fn flush_options(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let is = |name: &str| request.get(1).eq_ignore_ascii_case(name.as_bytes());
    match request.count() {
        1 => {}
        2 if is("ASYNC") || is("SYNC") => {}
        _ => return Err(Error::Invalid("syntax error".into())),
    }
    Ok(Command::new(row, Arguments::Few([].into())))
}

fn flush(step: &mut Step<'_>, _: Args<'_>) -> Answer {
    step.values.clear();
    Answer::blindly(Reply::Ok)
}
