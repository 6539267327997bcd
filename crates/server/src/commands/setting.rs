//! `CONFIG SET`: the few settings that can be changed while the server runs.
//!
//! `maxmemory` and what is kept of ids of ONCE are values of the cluster, so setting them is a
//! write: it goes through the log, and is answered once it is applied here. Hence one call sets
//! `maxmemory`, or those of ONCE, or what is this node's own: `maxmemory-merged`. Whatever else is
//! set to what it is already is no change; the rest is said when a server starts. Texts are those
//! of Redis 7, with a hint behind them where Redis would do what is asked.

use std::ops::RangeInclusive;

use node::Command;

use super::spec::Call;
use super::{Action, Connection, configuration, refusal};
use crate::options::once::{AHEAD, IDS, RETENTION};
use crate::parse_size;

/// The policies that Redis has and this server does not.
const EVICTIONS: [&str; 7] = [
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
];

/// A change of a setting that is to be made.
enum Change {
    /// It has this value already.
    None,
    MaxMemory(u64),
    MaxMemoryMerged(u64),
    /// A value of ONCE.
    Once(&'static str, u64),
}

impl Change {
    /// What changes together, if it changes anything.
    fn kind(&self) -> Option<u8> {
        match self {
            Change::None => None,
            Change::MaxMemory(_) => Some(1),
            Change::MaxMemoryMerged(_) => Some(2),
            Change::Once(..) => Some(3),
        }
    }
}

/// `CONFIG SET parameter value [parameter value …]`
pub(super) fn set(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    match changes(call) {
        Err(Refusal::Syntax) => refusal::syntax(&mut writer),
        Err(Refusal::Said(text)) => writer.error(text),
        Ok(changes) => {
            if let Some(command) = of_once(&changes) {
                return Action::Ask { level: None, command };
            }
            for change in changes {
                match change {
                    Change::None | Change::Once(..) => {}
                    Change::MaxMemoryMerged(bytes) => call.context.set_max_memory_merged(bytes),
                    // It is the only one.
                    Change::MaxMemory(bytes) => {
                        return Action::Ask { level: None, command: Command::max_memory(bytes) };
                    }
                }
            }
            writer.simple("OK");
        }
    }
    Action::Replied
}

/// Why nothing is set.
enum Refusal {
    Syntax,
    Said(String),
}

/// What is to be done: all of it, or nothing.
fn changes(call: &Call<'_>) -> Result<Vec<Change>, Refusal> {
    let words: Vec<String> = call
        .request
        .iter()
        .skip(2)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    if !words.len().is_multiple_of(2) {
        return Err(Refusal::Syntax);
    }
    let pairs: Vec<(String, &str)> =
        words.chunks(2).map(|pair| (pair[0].to_ascii_lowercase(), &*pair[1])).collect();
    let now = configuration::all(call.context);
    // As Redis: an unknown name comes before everything else that is wrong.
    if let Some((place, _)) =
        pairs.iter().enumerate().find(|(_, (name, _))| !now.contains_key(&**name))
    {
        let said = &words[2 * place];
        let text = format!("ERR Unknown option or number of arguments for CONFIG SET - '{said}'");
        return Err(Refusal::Said(text));
    }
    let mut changes = vec![];
    for (place, (name, value)) in pairs.iter().enumerate() {
        let refuse = |why: &str| {
            let text = "CONFIG SET failed (possibly related to argument";
            Err(Refusal::Said(format!("ERR {text} '{name}') - {why}")))
        };
        if pairs[..place].iter().any(|(other, _)| other == name) {
            return refuse("duplicate parameter");
        }
        match change(name, value, &now[&**name]) {
            Ok(change) => changes.push(change),
            Err(why) => return refuse(&why),
        }
    }
    let mut kinds: Vec<_> = changes.iter().filter_map(Change::kind).collect();
    kinds.dedup();
    if kinds.len() > 1 {
        let text = "ERR CONFIG SET failed (possibly related to argument";
        return Err(Refusal::Said(format!(
            "{text} '{}') - maxmemory is a value of the cluster, those of ONCE are others, and maxmemory-merged is one of this \
             node. Hint: send a call for each",
            pairs[0].0
        )));
    }
    Ok(changes)
}

/// The write that changes what is kept of ids of ONCE, if that is asked for.
fn of_once(changes: &[Change]) -> Option<Command> {
    let said = |wanted: &str| {
        changes.iter().find_map(|change| match change {
            Change::Once(name, number) if *name == wanted => Some(*number),
            _ => None,
        })
    };
    let all = [RETENTION.0, IDS.0, AHEAD.0].map(said);
    let [retention_ms, ids, ahead_ms] = all;
    let is_said = all.iter().any(Option::is_some);
    is_said.then(|| Command::once_limits(retention_ms, ids, ahead_ms))
}

/// The change that makes a setting of this value one of that value, or why there is none.
fn change(name: &str, value: &str, now: &str) -> Result<Change, String> {
    // As Redis has it, nothing is 0.
    let size = || {
        if value.is_empty() { Ok(0) } else { parse_size(value) }
            .map_err(|_| "argument must be a memory value".to_owned())
    };
    if let Some(limit) = limit_of_once(name) {
        return number(value, limit);
    }
    match name {
        "maxmemory" => size().map(Change::MaxMemory),
        "maxmemory-merged" => size().map(Change::MaxMemoryMerged),
        "maxmemory-policy" => policy(value),
        _ if value == now => Ok(Change::None),
        _ => Err("can't set immutable config. Hint: say it when the server starts, as a flag or in its file; \
                  only maxmemory, maxmemory-merged and those of ONCE can be set while it runs"
            .into()),
    }
}

/// The limit of ONCE that is called so, and what it may be.
fn limit_of_once(name: &str) -> Option<(&'static str, RangeInclusive<u64>)> {
    [RETENTION, IDS, AHEAD].into_iter().find(|(known, _)| *known == name)
}

/// A number of ONCE.
fn number(value: &str, limit: (&'static str, RangeInclusive<u64>)) -> Result<Change, String> {
    let (name, range) = limit;
    let number = value.parse().ok().filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    number
        .map(|number| Change::Once(name, number))
        .ok_or_else(|| format!("argument must be between {least} and {most} inclusive"))
}

fn policy(value: &str) -> Result<Change, String> {
    let is = |policy: &str| value.eq_ignore_ascii_case(policy);
    if is("noeviction") {
        return Ok(Change::None);
    }
    if EVICTIONS.into_iter().any(is) {
        return Err(
            "nothing is evicted here: it is noeviction. Hint: delete keys, or set maxmemory higher"
                .into(),
        );
    }
    let known = EVICTIONS.join(", ");
    Err(format!("argument(s) must be one of the following: {known}, noeviction"))
}
