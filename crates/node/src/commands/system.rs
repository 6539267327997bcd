//! Commands of the system keyspace: values that all members share beside keys and values.
//!
//! They are a table of their own. No client can say one by its name: a server makes them where
//! somebody configures the cluster. In the log each is a write like all others, with a write id, so
//! it runs at most once and at one place.

use super::arguments::{Args, Arguments, Request};
use super::command::{Command, Data, Model, Row};
use super::effect::{Answer, Effect, Step, Writes};
use super::spec::Access;
use super::unreadable::Unreadable;
use crate::limits::OnceLimits;
use crate::reply::{Error, Reply};

/// The least id of a command of the system: those of commands on data lie below.
pub(super) const FIRST_ID: u32 = 256;

/// What all rows of the system have in common.
pub(super) const ROW: Row = Row {
    name: "",
    arity: 2,
    access: Access::Write,
    flags: &[],
    keys: None,
    categories: &[],
    tips: &[],
    group: "system",
    since: "",
    summary: "",
    complexity: "O(1)",
    arguments: &[],
    subcommands: &[],
    run: Data {
        id: FIRST_ID,
        model: Model::None,
        parse: |_, _: &dyn Request| Err(Error::Invalid("the system has no words".into())),
        effect: Effect::Write(Writes::NONE),
    },
};

/// `MAXMEMORY bytes [NX]`: what the agreed records may count together, in bytes; 0: no limit. With
/// `NX`, unless that was set before.
static MAXMEMORY: Row = Row {
    name: "maxmemory",
    arity: -2,
    summary: "Limits what keys and values may count",
    complexity: "O(1)",
    run: Data {
        id: FIRST_ID,
        effect: Effect::Write(Writes { check, run, ..Writes::NONE }),
        ..ROW.run
    },
    ..ROW
};

/// `RECLAIM keys`: removes up to so many keys that are dead, the longest dead first.
static RECLAIM: Row = Row {
    name: "reclaim",
    arity: 2,
    summary: "Removes keys that are dead",
    complexity: "O(N) where N is the number of keys that are removed.",
    run: Data {
        id: FIRST_ID + 1,
        effect: Effect::Write(Writes { check: check_reclaim, run: reclaim, ..Writes::NONE }),
        ..ROW.run
    },
    ..ROW
};

/// `ONCE-LIMITS retention ids ahead`: how long ids of ONCE are kept and how far they may be ahead,
/// in milliseconds, and how many; `-`: as before. With `NX` behind it, unless that was set before.
static ONCE_LIMITS: Row = Row {
    name: "once-limits",
    arity: -4,
    summary: "Says how long and how many ids of ONCE are kept",
    complexity: "O(1)",
    run: Data {
        id: FIRST_ID + 82,
        effect: Effect::Write(Writes { check: check_once, run: limit_once, ..Writes::NONE }),
        ..ROW.run
    },
    ..ROW
};

/// The rows of the system, but for those of keyspaces.
static ROWS: [&Row; 3] = [&MAXMEMORY, &RECLAIM, &ONCE_LIMITS];

/// The row with this id.
pub(super) fn row(id: u64) -> Result<&'static Row, Unreadable> {
    let row = ROWS.into_iter().find(|row| id == u64::from(row.run.id));
    row.ok_or(Unreadable::Unknown { what: "system command", number: id })
}

impl Row {
    /// Whether it is a command of the system keyspace.
    pub(crate) fn is_of_system(&self) -> bool {
        self.run.id >= FIRST_ID
    }
}

impl Command {
    /// Limits what the agreed records of the cluster may count together, in bytes (see
    /// [`Memory`](crate::Memory)); 0: no limit. It is a write: answered once it is applied, and
    /// refused or unknown as others are.
    pub fn max_memory(bytes: u64) -> Command {
        Command::new(&MAXMEMORY, Arguments::copied([bytes.to_string()]))
    }

    /// The same, unless the cluster has such a limit by then.
    pub(crate) fn first_max_memory(bytes: u64) -> Command {
        Command::new(&MAXMEMORY, Arguments::copied([bytes.to_string().as_bytes(), IF_UNSET]))
    }

    /// Says how long ids of ONCE are kept, in milliseconds of log time, how many, and how far they
    /// may be ahead of it; where nothing is said, it is as before. It is a write: see
    /// [`Command::max_memory`].
    pub fn once_limits(
        retention_ms: Option<u64>,
        ids: Option<u64>,
        ahead_ms: Option<u64>,
    ) -> Command {
        let word = |number: Option<u64>| number.map_or(SAME.into(), |number| number.to_string());
        Command::new(&ONCE_LIMITS, Arguments::copied([retention_ms, ids, ahead_ms].map(word)))
    }

    /// The same, unless somebody has set them by then.
    pub(crate) fn first_once_limits(
        retention_ms: Option<u64>,
        ids: Option<u64>,
        ahead_ms: Option<u64>,
    ) -> Command {
        let all = Command::once_limits(retention_ms, ids, ahead_ms);
        let words = all.arguments.iter().chain([IF_UNSET]);
        Command::new(&ONCE_LIMITS, Arguments::copied(words))
    }

    /// Removes up to so many keys that are dead at the time of its entry.
    pub(crate) fn reclaim(keys: usize) -> Command {
        Command::new(&RECLAIM, Arguments::copied([keys.to_string()]))
    }
}

const IF_UNSET: &[u8] = b"NX";

/// The number of bytes, in its one form, and whether it counts only where none was set.
fn limit(args: Args<'_>) -> Option<(u64, bool)> {
    let mut all = args.iter();
    let bytes = number(all.next()?)?;
    match (all.next(), all.next()) {
        (None, _) => Some((bytes, false)),
        (Some(IF_UNSET), None) => Some((bytes, true)),
        _ => None,
    }
}

/// A number in its one form.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let text = str::from_utf8(text).ok()?;
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn check(args: Args<'_>) -> Result<(), Unreadable> {
    Unreadable::unless(limit(args).is_some())
}

fn run(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let (bytes, only_if_unset) = limit(args).expect("a row checks its arguments");
    if !only_if_unset || step.values.max_memory().is_none() {
        step.values.set_max_memory(bytes);
    }
    Answer::blindly(Reply::Ok)
}

/// More are never asked for: that is part of the format.
const RECLAIMED_MAX: u64 = 1024;

fn check_reclaim(args: Args<'_>) -> Result<(), Unreadable> {
    let [keys] = args.first();
    Unreadable::unless(number(keys).is_some_and(|keys| keys <= RECLAIMED_MAX))
}

fn reclaim(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [keys] = args.first();
    let most = number(keys).expect("a row checks its arguments") as usize;
    let count = step.values.reclaim(most);
    step.steps += count;
    Answer::blindly(Reply::Integer(count as i64))
}

const SAME: &str = "-";

/// What is said of a number, in its one form; `Some(None)`: it is as before.
fn said(word: &[u8]) -> Option<Option<u64>> {
    if word == SAME.as_bytes() { Some(None) } else { number(word).map(Some) }
}

fn check_once(args: Args<'_>) -> Result<(), Unreadable> {
    let is_only_if_unset = args.iter().skip(3).eq([IF_UNSET]);
    let is_whole = args.len() == 3 || is_only_if_unset;
    Unreadable::unless(is_whole && args.iter().take(3).all(|word| said(word).is_some()))
}

fn limit_once(step: &mut Step<'_>, args: Args<'_>) -> Answer {
    let [retention_ms, ids, ahead_ms] =
        args.first().map(|word| said(word).expect("a row checks its arguments"));
    let is_only_if_unset = mutant!(FirstLimitsAlways, args.len() > 3, false);
    if is_only_if_unset && step.values.once_is_limited() {
        return Answer::blindly(Reply::Ok);
    }
    let before = step.values.once_limits();
    step.values.limit_once(OnceLimits {
        retention_ms: retention_ms.unwrap_or(before.retention_ms),
        ids: ids.unwrap_or(before.ids),
        ahead_ms: ahead_ms.unwrap_or(before.ahead_ms),
    });
    Answer::blindly(Reply::Ok)
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode, find, table};
    use super::*;
    use crate::ids::KeyspaceId;
    use crate::wire::codec::{Reader, put_bytes, put_uint};

    /// A write of this keyspace with this id and these arguments.
    fn read(keyspace: KeyspaceId, id: u32, arguments: &[&str]) -> Result<Command, Unreadable> {
        let mut bytes = vec![];
        put_uint(&mut bytes, u64::from(keyspace.0));
        put_uint(&mut bytes, u64::from(id));
        put_uint(&mut bytes, arguments.len() as u64);
        arguments.iter().for_each(|one| put_bytes(&mut bytes, one.as_bytes()));
        decode(&mut Reader::new(&bytes)).map(|write| write.to_command())
    }

    #[test]
    fn a_limit_has_one_form() {
        for command in [Command::max_memory(0), Command::first_max_memory(u64::MAX)] {
            let mut bytes = vec![];
            encode(KeyspaceId::SYSTEM, &command, &mut bytes);
            let write = decode(&mut Reader::new(&bytes)).unwrap();
            assert!(!write.is_mergeable());
            assert_eq!(write.to_command(), command);
        }
        let malformed: [&[&str]; 7] =
            [&[], &[""], &["+1"], &["07"], &["-1"], &["1", "XX"], &["1", "NX", "NX"]];
        for arguments in malformed {
            let read = read(KeyspaceId::SYSTEM, FIRST_ID, arguments);
            assert_eq!(read, Err(Unreadable::Malformed), "{arguments:?}");
        }
    }

    #[test]
    fn system_and_data_have_nothing_in_common() {
        let unknown = |what, number| Err(Unreadable::Unknown { what, number });
        assert_eq!(read(KeyspaceId::SYSTEM, 1, &["k", "v"]), unknown("system command", 1));
        assert_eq!(read(KeyspaceId::DEFAULT, FIRST_ID, &["1"]), unknown("command", 256));
        assert!(find(b"maxmemory").is_none(), "no client can say it");
        assert!(table().all(|row| !row.is_of_system()));
        let list = Command::list(&[Command::max_memory(1)]);
        assert!(list.is_err(), "a list is about keys of one keyspace");
    }
}
