//! Eventual consistency over a finite history: only written values are read, and once all is quiet
//! every replica answers the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::levels::sums::{Sums, number};
use crate::model::history::{Askers, History};
use crate::model::names::{quoted, shown};
use crate::model::operation::{Fate, Kind, Operation, Value};

/// What this level says, with the operations as indices into the history.
#[derive(Debug)]
pub(crate) enum Eventual {
    /// Every written key converged.
    Converged,
    /// These operations violate the level, and why.
    Violated(Vec<usize>, String),
    /// Nothing is violated, but this keeps the level from being shown.
    Open(String),
}

/// All that happened to one key.
#[derive(Default)]
struct Key<'h> {
    writes: Vec<usize>,
    /// The reads, each with what it is a part of.
    reads: Vec<(usize, &'h Operation)>,
    finals: Vec<usize>,
    values: BTreeSet<&'h Option<Value>>,
    /// Whether some values are not told by the operations alone.
    has_updates: bool,
    /// What was put behind its value.
    appended: Vec<&'h Value>,
    has_increments: bool,
}

impl Key<'_> {
    /// Whether a value may have been there: the last change left it, or it is how the key began.
    fn may_hold(&self, value: &Option<Value>, initial: &Option<Value>) -> bool {
        let Some(text) = value else { return initial.is_none() || self.values.contains(value) };
        value == initial
            || self.values.contains(value)
            || self.appended.iter().any(|end| text.ends_with(end.as_str()))
            || self.has_increments && number(value).is_some()
    }
}

/// Judges whether the history converged.
pub(crate) fn judge(history: &History) -> Eventual {
    let keys = by_key(history);
    if let Some((read, why)) = unexplained(history, &keys) {
        return Eventual::Violated(vec![read], why);
    }
    if let Some((clash, why)) = miscounted(history, &keys) {
        return Eventual::Violated(clash, why);
    }
    let (mut open, askers) = (None, history.askers());
    for (name, key) in &keys {
        match judge_key(history, name, key, &askers) {
            Eventual::Converged => {}
            Eventual::Open(why) => open = open.or(Some(why)),
            violated => return violated,
        }
    }
    open.map_or(Eventual::Converged, Eventual::Open)
}

/// Reads that ended before the only write of their value began: odd, but no part of this level.
pub(crate) fn answers_before_questions(history: &History) -> Vec<(usize, usize)> {
    let operations = &history.operations;
    let mut found = Vec::new();
    for key in by_key(history).values() {
        let mut first: BTreeMap<&Option<Value>, usize> = BTreeMap::new();
        for &write in &key.writes {
            let Some(value) = operations[write].written() else { continue };
            let earliest = first.entry(value).or_insert(write);
            if operations[write].start < operations[*earliest].start {
                *earliest = write;
            }
        }
        for &(read, part) in &key.reads {
            let Some(value) = part.seen() else { continue };
            if let Some(&write) = first.get(value)
                && !key.has_updates
                && *value != history.initial
                && operations[read].end.is_some_and(|end| end < operations[write].start)
            {
                found.push((read, write));
            }
        }
    }
    found.sort_unstable();
    found
}

fn by_key(history: &History) -> BTreeMap<&str, Key<'_>> {
    let mut keys: BTreeMap<&str, Key<'_>> = BTreeMap::new();
    for (index, operation) in history.operations.iter().enumerate() {
        let fate = operation.fate();
        for part in operation.parts() {
            let key = keys.entry(part.key.as_str()).or_default();
            match (fate, &part.kind) {
                (Fate::Refused, _) => {}
                (Fate::Done, Kind::Read { ok: true, .. }) => {
                    key.reads.push((index, part));
                    if operation.is_final {
                        key.finals.push(index);
                    }
                }
                _ if part.is_write() => {
                    if key.writes.last() != Some(&index) {
                        key.writes.push(index);
                    }
                    key.values.extend(part.written());
                    key.has_updates |= part.is_update();
                    key.appended.extend(part.appended());
                    key.has_increments |= part.is_increment();
                }
                _ => {}
            }
        }
    }
    keys
}

const NOTHING: &Option<Value> = &None;

/// What a read returned.
fn returned(history: &History, read: usize) -> &Option<Value> {
    history.operations[read].seen().unwrap_or(NOTHING)
}

fn unexplained(history: &History, keys: &BTreeMap<&str, Key<'_>>) -> Option<(usize, String)> {
    let reads = keys.values().flat_map(|key| key.reads.iter().map(move |&read| (key, read)));
    let strange = reads.filter(|&(key, (_, part))| {
        let value = part.seen().unwrap_or(NOTHING);
        !key.may_hold(value, &history.initial)
    });
    let (_, (read, part)) = strange.min_by_key(|&(_, (read, _))| read)?;
    Some((read, thin_air_of(history, history.operations[read].client, part, false)))
}

/// A read of a counter that returned what no write of it and no increments come to, whichever of
/// them it knew.
fn miscounted(history: &History, keys: &BTreeMap<&str, Key<'_>>) -> Option<(Vec<usize>, String)> {
    let mut counters = keys.iter().filter(|(_, key)| key.has_increments && key.appended.is_empty());
    counters.find_map(|(name, key)| {
        let changes = changes(history, name, key);
        let sums = Sums::of(&history.initial, changes);
        let &(read, part) = key.reads.iter().find(|(_, read)| !sums.may_be_answered(read))?;
        let sentence = format!(
            "client {}'s read of {} returned {}, which no write of it comes to, with whatever \
             increments",
            history.operations[read].client,
            quoted(name),
            shown(part.seen().unwrap_or(NOTHING))
        );
        Some((key.writes.iter().copied().chain([read]).collect(), sentence))
    })
}

/// What changed a key, or may have: of a transaction, each of its commands that did.
fn changes<'h>(
    history: &'h History,
    name: &str,
    key: &Key<'_>,
) -> impl Iterator<Item = &'h Operation> {
    let operations = key.writes.iter().map(|&write| &history.operations[write]);
    operations.flat_map(Operation::parts).filter(move |part| part.key == name && part.is_write())
}

/// The sentence for an operation that saw a value which nobody can have written.
/// `is_part`: it stands for what a transaction found in a key.
pub(crate) fn thin_air(history: &History, observer: usize, is_part: bool) -> String {
    let operation = &history.operations[observer];
    thin_air_of(history, operation.client, operation, is_part)
}

/// The same for an operation of a client, which may be one of a transaction.
fn thin_air_of(history: &History, client: u64, operation: &Operation, is_part: bool) -> String {
    let value = operation.seen().unwrap_or(NOTHING);
    let carries = |other: &Operation| other.key == operation.key && other.written() == Some(value);
    let refused = history
        .operations
        .iter()
        .any(|other| other.fate() == Fate::Refused && other.parts().iter().any(carries));
    let why = match (refused, value) {
        (true, _) => "which only a refused operation carries",
        (false, Some(_)) => "which nobody wrote",
        (false, None) => "although nobody deleted it and it did not start so",
    };
    let (key, value) = (quoted(&operation.key), shown(value));
    let saw = match operation.kind {
        Kind::Cas { .. } if is_part => format!("transaction found {value} in {key}"),
        Kind::Cas { .. } => format!("cas of {key} found {value}"),
        _ => format!("read of {key} returned {value}"),
    };
    format!("client {client}'s {saw}, {why}")
}

fn judge_key(history: &History, key_name: &str, key: &Key<'_>, askers: &Askers) -> Eventual {
    if key.writes.is_empty() {
        return Eventual::Converged;
    }
    let name = &quoted(key_name);
    let operations = &history.operations;
    let known_end = |write: &usize| {
        let operation = &operations[*write];
        if operation.fate() == Fate::Done { operation.end } else { None }
    };
    let last_end = key.writes.iter().filter_map(known_end).max();
    let open = key.writes.iter().copied().find(|write| known_end(write).is_none());
    let is_quiet = |read: &usize| last_end.is_none_or(|end| operations[*read].start > end);
    let quiet: Vec<usize> = key.finals.iter().copied().filter(is_quiet).collect();
    let differs = |&&read: &&usize| returned(history, read) != returned(history, quiet[0]);
    if let Some(&other) = quiet.iter().find(differs) {
        let sentence = disagreement(history, name, quiet[0], other);
        return unless_open(history, open, name, vec![quiet[0], other], sentence);
    }
    if let Some(&read) = quiet.first()
        && let Some(write) = lost(history, key, read)
    {
        let sentence = format!(
            "client {}'s final read of {name} returned {}, although client {}'s {} was \
             acknowledged and nobody deleted it",
            operations[read].client,
            shown(&history.initial),
            operations[write].client,
            change(&operations[write])
        );
        return unless_open(history, open, name, vec![write, read], sentence);
    }
    if let Some((&read, sum)) = quiet.first().zip(sum(history, key_name, key))
        && returned(history, read).as_ref() != Some(&sum)
    {
        let sentence = format!(
            "client {}'s final read of {name} returned {}, although its increments, all of which \
             were acknowledged, come to {sum} and nothing else wrote it",
            operations[read].client,
            shown(returned(history, read))
        );
        let clash = key.writes.iter().copied().chain([read]).collect();
        return Eventual::Violated(clash, sentence);
    }
    match askers.unheard(history, &quiet) {
        Some(who) if quiet.len() < key.finals.len() => Eventual::Open(format!(
            "there is no final read of {name}{who} that began after the last write of it ended"
        )),
        Some(who) => Eventual::Open(format!("there is no final read of {name}{who}")),
        None => Eventual::Converged,
    }
}

/// A clash, if nothing may still happen to the key.
fn unless_open(
    history: &History,
    open: Option<usize>,
    name: &str,
    clash: Vec<usize>,
    sentence: String,
) -> Eventual {
    let Some(open) = open else { return Eventual::Violated(clash, sentence) };
    let open = &history.operations[open];
    let what = match open.kind {
        Kind::Transaction { .. } => "a transaction that writes",
        Kind::Cas { .. } => "a cas of",
        Kind::Append { .. } => "an append to",
        Kind::Incr { .. } => "an increment of",
        _ => "a write of",
    };
    Eventual::Open(format!("{sentence}, but {what} {name} has an unknown outcome"))
}

/// What a change was, in a few words.
fn change(operation: &Operation) -> String {
    match &operation.kind {
        Kind::Transaction { .. } => "transaction".to_string(),
        Kind::Cas { from, to, .. } => format!("cas from {} to {}", shown(from), shown(to)),
        Kind::Append { value } => format!("append of {}", quoted(value)),
        Kind::Incr { add, .. } => format!("increment by {add}"),
        _ => format!("write of {}", shown(operation.written().unwrap_or(NOTHING))),
    }
}

/// An acknowledged write that a final read of the initial value denies.
fn lost(history: &History, key: &Key<'_>, read: usize) -> Option<usize> {
    let operations = &history.operations;
    if *returned(history, read) != history.initial || key.values.contains(&history.initial) {
        return None;
    }
    key.writes.iter().copied().find(|&write| operations[write].fate() == Fate::Done)
}

/// What a key comes to that was written by increments alone, all of which are known to have run.
fn sum(history: &History, name: &str, key: &Key<'_>) -> Option<Value> {
    let is_done = |write: &usize| history.operations[*write].fate() == Fate::Done;
    if !key.writes.iter().all(is_done) {
        return None;
    }
    let mut sum: i128 = history.initial.as_ref().map_or(Some(0), |text| text.parse().ok())?;
    for change in changes(history, name, key) {
        sum += i128::from(change.added()?);
    }
    i64::try_from(sum).ok().map(|sum| sum.to_string())
}

fn disagreement(history: &History, name: &str, first: usize, second: usize) -> String {
    let side = |read: usize| {
        let operation = &history.operations[read];
        let who = match operation.server {
            Some(server) => format!("server {server}"),
            None => format!("client {}", operation.client),
        };
        format!("{who}: {}", shown(returned(history, read)))
    };
    format!(
        "after the last write of {name} had ended, final reads differ ({}; {})",
        side(first),
        side(second)
    )
}

impl Askers {
    /// Who is missing among these final reads: a server, or where the history names none, a client.
    fn unheard(&self, history: &History, finals: &[usize]) -> Option<String> {
        let heard = |of: fn(&Operation) -> Option<u64>| -> BTreeSet<u64> {
            finals.iter().filter_map(|&read| of(&history.operations[read])).collect()
        };
        if !self.servers.is_empty() {
            let heard = heard(|op| op.server);
            let missing = self.servers.difference(&heard).next();
            return missing.map(|server| format!(" from server {server}"));
        }
        if self.clients.is_empty() {
            return Some(String::new());
        }
        let heard = heard(|op| Some(op.client));
        self.clients.difference(&heard).next().map(|client| format!(" by client {client}"))
    }
}
