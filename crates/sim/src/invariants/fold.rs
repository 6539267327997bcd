//! What a replica has applied is the fold of the agreed log, equal at equal index on every replica.
//! Begin with [`SameFold`].
//!
//! The log is folded here once more, by code that shares nothing with the node: each write runs if
//! its id is the successor of its node's last, and does what its command says. A replica that
//! stands at an index holds what this fold held there, key by key, and no other key; it counts the
//! same memory, and has the same limit. What DEL and EXISTS counted, and EXEC was answered with, is
//! what this fold held at the position that their certificates name. A key that has a deadline is
//! gone from the first entry on whose time has reached it; it counts until something is written to
//! it, or an entry reclaims it. A command that is to run once runs at one place, and every answer
//! to it stands there.

mod keyspaces;
mod once;
mod transactions;

use std::collections::BTreeMap;

use bytes::Bytes;
use node::{
    AgreedPosition, Certificate, Error, Event, Index, MemberStep, NamedWrite, Order, Output, Reply,
};

use super::invariant::{Invariant, Rest, Turn};
use super::memory::Memory;
use super::model::{Found, Held, meaning, staying};
use super::roster::Roster;
use crate::plan::setting::Setting;
use crate::record::describe;
use crate::record::operation::{Action, Operation, Outcome};
use keyspaces::Keyspaces;
use transactions::{Transactions, place};

/// The fold of the log, at every index.
#[derive(Debug, Default)]
pub(crate) struct SameFold {
    /// Whether no keyspace is ever agreed.
    is_off: bool,
    /// How many keys there were at each index.
    counts: Vec<u64>,
    /// The greatest time of the entries up to each index, in milliseconds.
    times_ms: Vec<u64>,
    keys: BTreeMap<Bytes, Versions>,
    /// How many of them hold something now.
    count: u64,
    memory: Memory,
    transactions: Transactions,
    keyspaces: Keyspaces,
    once: once::Ids,
    roster: Roster,
    /// The keys that each index wrote.
    touched: Vec<Vec<Bytes>>,
    /// For each node, its life and the index that it was last seen at.
    seen: BTreeMap<usize, (u64, u64)>,
}

/// What a key held from which write on.
type Versions = Vec<(AgreedPosition, Option<Held>)>;

/// Whether another member's state took the place of its own in this turn.
fn has_fetched(turn: &Turn<'_>) -> bool {
    let fetched = |output: &Output| matches!(output, Output::Note(Event::Fetched(..)));
    turn.outputs.iter().any(fetched)
}

/// How many keys are all looked at whenever a replica has applied something.
const KEYS_MAX: usize = 64;

impl SameFold {
    pub(crate) fn new(setting: &Setting) -> SameFold {
        let roster = Roster::of_founders(setting.nodes);
        SameFold { is_off: !setting.has(Order::Agreed), roster, ..SameFold::default() }
    }

    /// What a key holds now, dead or not.
    fn last(&self, key: &Bytes) -> Option<&Held> {
        self.keys.get(key)?.last().and_then(|(_, held)| held.as_ref())
    }

    /// What it holds now that is alive.
    fn alive(&self, key: &Bytes) -> Option<&Held> {
        self.last(key).filter(|held| held.is_alive(self.time_at(self.times_ms.len() as u64)))
    }

    /// The time behind an entry, in milliseconds.
    fn time_at(&self, index: u64) -> u64 {
        if index == 0 { 0 } else { self.times_ms[index as usize - 1] }
    }

    /// What a key held behind an entry.
    fn at(&self, key: &Bytes, index: u64) -> Option<&Bytes> {
        self.held(key, index, |from| from.index <= Index(index)).map(|held| &held.value)
    }

    /// What a key held behind those writes that are before, in this entry.
    fn held(
        &self,
        key: &Bytes,
        index: u64,
        before: impl Fn(AgreedPosition) -> bool,
    ) -> Option<&Held> {
        let versions = self.keys.get(key)?;
        let end = versions.partition_point(|(from, _)| before(*from));
        let held = versions[..end].last().and_then(|(_, held)| held.as_ref());
        held.filter(|held| held.is_alive(self.time_at(index)))
    }

    fn put(&mut self, at: AgreedPosition, key: &Bytes, held: Option<Held>) {
        let versions = self.keys.entry(key.clone()).or_default();
        let before = versions.last().and_then(|(_, held)| held.as_ref());
        let value = |held: Option<&Held>| held.map(|held| held.value.clone());
        self.memory.put(key, value(before).as_ref(), value(held.as_ref()).as_ref());
        self.count = self.count - u64::from(before.is_some()) + u64::from(held.is_some());
        versions.push((at, held));
        self.touched[at.index.0 as usize - 1].push(key.clone());
    }

    /// Folds in one more entry.
    fn fold(
        &mut self,
        index: u64,
        time_ms: Option<u64>,
        writes: Vec<NamedWrite>,
        step: Option<(Index, MemberStep)>,
    ) {
        if let Some((change, step)) = step {
            self.roster.step(index, change, &step);
        }
        self.touched.push(vec![]);
        self.times_ms.push(self.time_at(index - 1).max(time_ms.unwrap_or(0)));
        let mut offset = 0;
        for write in writes {
            let is_next = self.roster.takes(&write);
            let NamedWrite { keyspace, command, .. } = write;
            let at = AgreedPosition { index: Index(index), offset };
            let (id, command) = match command.of_once() {
                Some((id, command)) => (Some(id), command),
                None => (None, command),
            };
            let places = command.listed().len().max(1) as u32;
            offset += places;
            if !is_next {
                continue;
            }
            let (now_ms, last) = (self.time_at(index), place(at, places as usize - 1));
            self.forget_old_ids(now_ms);
            if let Some(change) = command.member_change().filter(|_| keyspace == 0) {
                self.roster.begin(index, &change);
                continue;
            }
            if self.keyspaces.change(at, keyspace, &command)
                || self.keyspaces.refuses(keyspace, &command)
            {
                continue;
            }
            if id.as_ref().is_some_and(|id| !self.runs_once(id, last, now_ms)) {
                continue;
            }
            let values = self.run_command(at, &command);
            if let Some(id) = id {
                self.ran_once(id, last, command, values);
            }
        }
        self.counts.push(self.count);
        self.memory.close();
    }

    /// Folds in a command, or a transaction, that stands there, unless it finds no memory. Gives
    /// the bytes of the values that it answers.
    fn run_command(&mut self, at: AgreedPosition, command: &node::Command) -> u64 {
        if command.name() == "list" {
            return self.run_transaction(at, command);
        }
        let arguments: Vec<Bytes> =
            command.arguments().into_iter().map(Bytes::copy_from_slice).collect();
        let is_over =
            self.memory.set(command.name(), &arguments) || self.memory.refuses(command.name(), at);
        if is_over { 0 } else { self.run(at, command.name(), &arguments) }
    }

    /// Folds in what a command does that stands there. Gives the bytes of the values that it
    /// answers.
    fn run(&mut self, at: AgreedPosition, name: &str, arguments: &[Bytes]) -> u64 {
        match (name, arguments) {
            ("set", [key, value]) => self.put(at, key, Some(staying(value.clone()))),
            ("set", [key, value, option, expected, get @ ..]) if option == "IFEQ" => {
                let before = self.alive(key).map(|held| held.value.clone());
                if before.as_ref() == Some(expected) {
                    self.put(at, key, Some(staying(value.clone())));
                }
                let answered = before.filter(|_| !get.is_empty());
                return answered.map_or(0, |value| value.len() as u64);
            }
            ("del", keys) => keys.iter().for_each(|key| self.put(at, key, None)),
            ("reclaim", [most]) => self.reclaim(at, most),
            (name, arguments) => {
                let held = |key: &Bytes| self.alive(key).cloned();
                let now_ms = self.time_at(at.index.0);
                let meaning = meaning(name, arguments, &Found { held: &held, now_ms });
                let Some((changes, reply)) = meaning else { return 0 };
                changes.into_iter().for_each(|(key, held)| self.put(at, &key, held));
                return once::values_bytes(&reply);
            }
        }
        0
    }

    /// What is dead goes. (In no world so many keys have deadlines that some are left.)
    fn reclaim(&mut self, at: AgreedPosition, most: &Bytes) {
        let is_dead = |key: &&Bytes| self.last(key).is_some() && self.alive(key).is_none();
        let dead: Vec<Bytes> = self.keys.keys().filter(is_dead).cloned().collect();
        let most: usize = std::str::from_utf8(most).unwrap_or("").parse().unwrap_or(0);
        assert!(dead.len() <= most, "few keys of a world have a deadline");
        dead.iter().for_each(|key| self.put(at, key, None));
    }

    /// How many of its keys were there for a command that stands there: DEL finds each once, EXISTS
    /// as often as it is named.
    fn count(&self, operation: &Operation, at: AgreedPosition) -> i64 {
        let there = |key: &&Bytes| match operation.action.is_write() {
            true => self.held(key, at.index.0, |from| from < at).is_some(),
            false => self.held(key, at.index.0, |from| from <= at).is_some(),
        };
        let count = match &operation.action {
            Action::Many { keys, removes: false } => keys.iter().filter(there).count(),
            action => action.keys(&operation.key).into_iter().filter(there).count(),
        };
        count as i64
    }

    /// Whether a command that stands there is answered with what it means.
    fn answered_right(
        &self,
        operation: &Operation,
        words: &[Bytes],
        reply: &Reply,
        at: AgreedPosition,
    ) -> Result<(), String> {
        if at.index > Index(self.counts.len() as u64) {
            return Ok(());
        }
        let is_write = operation.action.is_write();
        let before = |from: AgreedPosition| if is_write { from < at } else { from <= at };
        let held = |key: &Bytes| self.held(key, at.index.0, before).cloned();
        let found = Found { held: &held, now_ms: self.time_at(at.index.0) };
        let name = String::from_utf8_lossy(&words[0]).to_ascii_lowercase();
        let expected = meaning(&name, &words[1..], &found).map(|(_, reply)| reply);
        if expected.as_ref() == Some(reply) {
            return Ok(());
        }
        let expected = expected.as_ref().map_or("a refusal".into(), describe::reply);
        let (asked, reply) = (operation.describe(), describe::reply(reply));
        let at = format!("{}.{}", at.index, at.offset);
        Err(format!("{asked} was answered with {reply} at {at}, and the log says {expected}"))
    }

    /// Whether a command that was refused for what a key holds found that there at some place in
    /// the log. (A refusal says not where it stands.)
    fn refused_right(&self, operation: &Operation) -> Result<(), String> {
        let (Action::Other { words, .. }, Outcome::Refused(Error::Invalid(_))) =
            (&operation.action, &operation.outcome)
        else {
            return Ok(());
        };
        let name = String::from_utf8_lossy(&words[0]).to_ascii_lowercase();
        let refuses = |held: &Option<Held>| {
            let found = Found { held: &|_: &Bytes| held.clone(), now_ms: 0 };
            meaning(&name, &words[1..], &found).is_none()
        };
        let versions = self.keys.get(&words[1]).map_or(&[][..], Vec::as_slice);
        if operation.order != Some(Order::Agreed)
            || self.counts.is_empty()
            || versions.iter().any(|(_, held)| refuses(held))
        {
            return Ok(());
        }
        let (asked, outcome) = (operation.describe(), describe::outcome(&operation.outcome));
        Err(format!("{asked} ended as {outcome}, and its key never held what says so"))
    }

    fn counted_right(&self, operation: &Operation) -> Result<(), String> {
        let Some(Certificate::Agreed { position, .. }) = operation.certificate.as_deref() else {
            return self.once_right(operation, None);
        };
        self.once_right(operation, Some(*position))?;
        if operation.action.is_write() && self.memory.has_refused(*position) {
            let (words, at) = (operation.describe(), describe::agreed(*position));
            return Err(format!("{words} was done at {at}, and the log says there was no memory"));
        }
        if let (Action::Other { words, .. }, Outcome::Done(reply)) =
            (&operation.action, &operation.outcome)
        {
            return self.answered_right(operation, words, reply, *position);
        }
        if let (Action::Exec { commands, .. }, Outcome::Done(reply)) =
            (&operation.action, &operation.outcome)
        {
            return self.exec_right(operation, commands, reply, *position);
        }
        let Outcome::Done(Reply::Integer(count)) = operation.outcome else { return Ok(()) };
        let known = position.index <= Index(self.counts.len() as u64);
        let expected = if known { self.count(operation, *position) } else { count };
        if count == expected {
            return Ok(());
        }
        let (words, at) = (operation.describe(), describe::agreed(*position));
        Err(format!("{words} counted {count} at {at}, and the log says {expected}"))
    }
}

impl Invariant for SameFold {
    fn name(&self) -> &'static str {
        "same fold"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        let index = status.applied;
        if self.is_off || status.lost.agreed {
            return Ok(());
        }
        for next in self.counts.len() as u64 + 1..=index.0 {
            let Some(writes) = turn.view.writes(next) else {
                // Who applies an entry first is looked at before it may forget it.
                let node = status.id.0;
                return Err(format!("node {node} has applied entry {next}, which nobody holds"));
            };
            let time_ms = turn.view.stamp(next).and_then(|(_, stamp_ms)| stamp_ms);
            self.fold(next, time_ms, writes, turn.view.step(next));
        }
        if turn.view.is_within_entry() {
            // It holds more than the fold up to there. It is looked at when it stands between two
            // entries.
            return Ok(());
        }
        let seen = self.seen.insert(turn.host, (turn.life, index.0));
        if index == Index(0) || seen == Some((turn.life, index.0)) {
            return Ok(());
        }
        let node = status.id.0;
        let expected = self.counts[index.0 as usize - 1];
        let keys = turn.view.keys_in(Order::Agreed);
        if expected != keys {
            return Err(format!(
                "at index {index} node {node} holds {keys} keys, and the log says {expected}"
            ));
        }
        self.memory.check(index.0, status)?;
        let same = |key: &Bytes| {
            let held = turn.view.value_in(Order::Agreed, key);
            held.as_deref() == self.at(key, index.0).map(|value| &value[..])
        };
        let differs = match seen {
            // Where there are many keys, only those are looked at that were written since the last
            // look.
            Some((life, last))
                if life == turn.life && self.keys.len() > KEYS_MAX && !has_fetched(turn) =>
            {
                let written = self.touched[last as usize..index.0 as usize].iter().flatten();
                written.into_iter().find(|key| !same(key))
            }
            _ => self.keys.keys().find(|key| !same(key)),
        };
        match differs {
            Some(key) => Err(format!(
                "at index {index} node {node} holds {} at {}, and the log says {}",
                describe::value(turn.view.value_in(Order::Agreed, key)),
                describe::value(Some(key)),
                describe::value(self.at(key, index.0))
            )),
            None => Ok(()),
        }
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        rest.asked.iter().try_for_each(|operation| {
            self.counted_right(operation)?;
            self.refused_right(operation)
        })?;
        self.watched_right(rest.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, operation, status, turn};
    use node::{Boot, NodeId, Sequence};

    fn set(sequence: u64, key: &'static str, value: &'static str) -> NamedWrite {
        let command = node::Command::set(Bytes::from(key), Bytes::from(value));
        let (node, boot, sequence) = (NodeId(1), Boot(1), Sequence(sequence));
        NamedWrite { node, boot, sequence, keyspace: 1, command }
    }

    fn holds(values: &[(&'static str, &'static str)], writes: &[Vec<NamedWrite>]) -> Held {
        let bytes =
            |(key, value): &(&'static str, &'static str)| (Bytes::from(*key), Bytes::from(*value));
        Held {
            values: values.iter().map(bytes).collect(),
            writes: writes.to_vec(),
            ..Held::default()
        }
    }

    fn look(invariant: &mut SameFold, node: u64, applied: u64, held: &Held) -> Result<(), String> {
        let mut status = status(node);
        (status.applied.0, status.keys) = (applied, held.values.len() as u64);
        let bytes = held.values.iter().map(|(key, value)| key.len() + value.len() + 64);
        status.memory.agreed = bytes.sum::<usize>() as u64;
        invariant.on_turn(&Turn { view: held, ..turn(&status, 1) })
    }

    #[test]
    fn a_replica_that_holds_something_else_is_seen() {
        let mut invariant = SameFold::default();
        let log = [vec![set(1, "a", "1")], vec![set(2, "a", "2"), set(2, "b", "9")]];
        assert_eq!(look(&mut invariant, 1, 2, &holds(&[("a", "2")], &log)), Ok(()), "2 runs once");
        assert_eq!(look(&mut invariant, 2, 1, &holds(&[("a", "1")], &log)), Ok(()), "it is behind");
        let wrong = look(&mut invariant, 2, 2, &holds(&[("a", "1")], &log));
        assert!(wrong.unwrap_err().contains("the log says \"2\""));
        let more = look(&mut invariant, 3, 2, &holds(&[("a", "2"), ("b", "9")], &log));
        assert!(more.unwrap_err().contains("2 keys, and the log says 1"));
    }

    #[test]
    fn memory_that_is_counted_otherwise_is_seen() {
        let mut log = vec![vec![set(1, "a", "1")]];
        let command = node::Command::max_memory(66);
        let (node, boot, sequence) = (NodeId(1), Boot(1), Sequence(2));
        let limit = NamedWrite { node, boot, sequence, keyspace: 0, command };
        log.push(vec![limit, set(3, "b", "9"), set(4, "c", "9")]);
        let look = |held: &[(&'static str, &'static str)], max, bytes| {
            let (mut status, held) = (status(1), holds(held, &log));
            (status.applied.0, status.keys) = (2, held.values.len() as u64);
            status.memory.agreed = bytes;
            status.memory.max_agreed = max;
            SameFold::default().on_turn(&Turn { view: &held, ..turn(&status, 1) })
        };
        let right = [("a", "1"), ("b", "9")];
        assert_eq!(look(&right, Some(66), 132), Ok(()), "the third found no memory");
        assert!(look(&right, Some(66), 131).unwrap_err().contains("131 of 66 bytes"));
        assert!(look(&right, None, 132).is_err());
        assert!(look(&[("a", "1"), ("b", "9"), ("c", "9")], Some(66), 198).is_err());
    }

    #[test]
    fn a_count_that_the_log_contradicts_is_seen() {
        let mut invariant = SameFold::default();
        let log = [vec![set(1, "a", "1"), set(2, "b", "9")]];
        assert_eq!(look(&mut invariant, 1, 1, &holds(&[("a", "1"), ("b", "9")], &log)), Ok(()));
        let counted = |removes, count, offset| {
            let keys = ["b", "none", "b"].map(Bytes::from).to_vec();
            let position = AgreedPosition { index: Index(1), offset };
            let certificate = Certificate::Agreed { position, by: None };
            let action = Action::Many { keys, removes };
            invariant.counted_right(&operation(
                1,
                action,
                Reply::Integer(count),
                (0, 1),
                certificate,
            ))
        };
        assert_eq!(counted(false, 2, 1), Ok(()), "named twice");
        assert_eq!(counted(false, 0, 0), Ok(()), "it was not there yet");
        assert!(counted(false, 1, 1).is_err());
        assert_eq!(counted(true, 1, 2), Ok(()), "removed once");
        assert!(counted(true, 2, 2).is_err() && counted(true, 1, 1).is_err());
    }

    #[test]
    fn a_refusal_that_nothing_in_the_log_explains_is_seen() {
        let refused = |value: &'static str| {
            let mut invariant = SameFold::default();
            let log = [vec![set(1, "n", value), set(2, "n", "8")]];
            assert_eq!(look(&mut invariant, 1, 1, &holds(&[("n", "8")], &log)), Ok(()));
            let words: Vec<Bytes> = ["incr", "n"].map(Bytes::from).to_vec();
            let action = Action::Other { keys: words[1..].to_vec(), words };
            let certificate = Certificate::Agreed { position: AgreedPosition::default(), by: None };
            let mut asked = operation(1, action, Reply::Nil, (0, 1), certificate);
            asked.outcome = Outcome::Refused(Error::Invalid("no integer".into()));
            invariant.refused_right(&asked)
        };
        assert_eq!(refused("08"), Ok(()), "APPEND may make such a one");
        assert!(refused("7").is_err());
    }
}
