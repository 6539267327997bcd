//! What a merged replica holds is what the merge rule makes of all entries that its vector holds,
//! whatever came in which order, was joined, or is forgotten. Begin with [`Defined`].
//!
//! Entries are learnt from the replica that makes them, in the turn in which it does. Of the SETs
//! and DELs of a key the highest stamp wins; an increment counts if its entry's vector holds the
//! winner's entry, or it stands behind it in the same log. This is the definition, key by key, by
//! code that shares nothing with the node's: it keeps no sums, and looks at every entry again.
//!
//! The answers to increments, and to reads of such keys, are what that makes of the vector in their
//! certificate.

use std::collections::BTreeMap;

use bytes::Bytes;
use node::{
    Boot, Certificate, Index, MergedEntry, MergedPosition, MergedWrite, NodeId, Order, Reply,
};

use super::invariant::{Invariant, Turn};
use super::model::{Found, meaning, staying};
use crate::plan::setting::Setting;
use crate::record::describe;
use crate::record::operation::{Action, Operation, Outcome};

type Vector = BTreeMap<NodeId, (Boot, Index)>;

/// A write of a key.
#[derive(Clone, Debug)]
struct Write {
    replica: NodeId,
    place: (Boot, Index),
    offset: u32,
    clock: u64,
    /// What its replica had applied.
    after: Vector,
    act: Act,
}

#[derive(Clone, Debug)]
enum Act {
    Leave(Option<Bytes>),
    Add(i128),
}

impl Write {
    fn stamp(&self) -> (u64, NodeId, u32) {
        (self.clock, self.replica, self.offset)
    }

    /// Whether it was written where the other one was known.
    fn saw(&self, other: &Write) -> bool {
        match self.replica == other.replica {
            true => (other.place, other.offset) < (self.place, self.offset),
            false => self.after.get(&other.replica) >= Some(&other.place),
        }
    }
}

/// All entries that were ever made, key by key.
#[derive(Debug, Default)]
pub(crate) struct Defined {
    /// Whether no keyspace is ever merged.
    is_off: bool,
    keys: BTreeMap<Bytes, Vec<Write>>,
    /// For each node, its life and how many entries it had when it was last looked at.
    learnt: BTreeMap<usize, (u64, usize)>,
    seen: BTreeMap<usize, (u64, Vector)>,
}

impl Defined {
    pub(crate) fn new(setting: &Setting) -> Defined {
        Defined { is_off: !setting.has(Order::Merged), ..Defined::default() }
    }

    /// Learns what a node has written in this turn.
    fn learn(&mut self, turn: &Turn<'_>) {
        let count = turn.view.merged_count();
        let (life, known) = self.learnt.insert(turn.host, (turn.life, count)).unwrap_or_default();
        let from = if life == turn.life { known } else { 0 };
        for entry in turn.view.merged_entries(from) {
            if entry.at.replica == turn.status.id && entry.at.boot == turn.status.boot {
                self.note(&entry);
            }
        }
    }

    fn note(&mut self, entry: &MergedEntry) {
        if entry.at.index == Index(1) {
            self.forget_lost(entry);
        }
        let after: Vector = entry.after.iter().map(place).collect();
        for (offset, command) in entry.writes.iter().enumerate() {
            let arguments: Vec<Bytes> =
                command.arguments().into_iter().map(Bytes::copy_from_slice).collect();
            for (key, act) in acts(command.name(), &arguments) {
                self.keys.entry(key).or_default().push(Write {
                    replica: entry.at.replica,
                    place: (entry.at.boot, entry.at.index),
                    offset: offset as u32,
                    clock: entry.clock,
                    after: after.clone(),
                    act,
                });
            }
        }
    }

    /// The first entry of a boot says what was lost of those before: it was on no disk.
    fn forget_lost(&mut self, MergedEntry { at, previous, .. }: &MergedEntry) {
        let (_, last) = place(previous);
        let is_lost = |write: &Write| {
            write.replica == at.replica && write.place.0 < at.boot && write.place > last
        };
        self.keys.values_mut().for_each(|writes| writes.retain(|write| !is_lost(write)));
    }

    /// What a key holds by those of its writes that are known.
    fn held(&self, key: &Bytes, is_known: impl Fn(&Write) -> bool) -> Option<Bytes> {
        let writes = || self.keys.get(key).into_iter().flatten().filter(|write| is_known(write));
        let leaves = writes().filter_map(|write| match &write.act {
            Act::Leave(value) => Some((write, value)),
            Act::Add(_) => None,
        });
        let winner = leaves.max_by_key(|(write, _)| write.stamp());
        let base = winner.and_then(|(_, value)| value.clone());
        let counted = writes().filter_map(|write| match write.act {
            Act::Add(amount) => winner.is_none_or(|won| write.saw(won.0)).then_some(amount),
            Act::Leave(_) => None,
        });
        let counted: Vec<i128> = counted.collect();
        let number = base.as_ref().map_or(Some(0), number);
        match number {
            Some(number) if !counted.is_empty() => {
                Some(Bytes::from((number + counted.iter().sum::<i128>()).to_string()))
            }
            _ => base,
        }
    }

    /// Whether an answer is what the definition makes of its certificate.
    fn answered_right(&self, operation: &Operation, words: &[Bytes], reply: &Reply) -> bool {
        let Some(Certificate::Merged { position, entry, .. }) = operation.certificate.as_deref()
        else {
            return true;
        };
        let vector: Vector = position.iter().map(place).collect();
        let held = |key: &Bytes| {
            let value = self.held(key, |write| {
                is_within(write, &vector) && entry.is_none_or(|own| is_before(write, &own))
            });
            value.map(staying)
        };
        let name = String::from_utf8_lossy(&words[0]).to_ascii_lowercase();
        let checked = ["incr", "decr", "incrby", "decrby", "mget", "strlen", "getrange", "type"];
        if !checked.contains(&&name[..]) {
            return true;
        }
        let found = Found { held: &held, now_ms: 0 };
        meaning(&name, &words[1..], &found).is_some_and(|(_, expected)| expected == *reply)
    }
}

fn place(at: &MergedPosition) -> (NodeId, (Boot, Index)) {
    (at.replica, (at.boot, at.index))
}

fn is_within(write: &Write, vector: &Vector) -> bool {
    vector.get(&write.replica) >= Some(&write.place)
}

/// Whether a write stands before this one, if they are in one entry.
fn is_before(write: &Write, own: &MergedWrite) -> bool {
    let own_entry = (own.entry.replica, (own.entry.boot, own.entry.index));
    (write.replica, write.place) != own_entry || write.offset < own.offset
}

/// What a command does to which keys.
fn acts(name: &str, arguments: &[Bytes]) -> Vec<(Bytes, Act)> {
    let amount = || arguments.get(1).map_or(1, |text| number(text).expect("a node checks it"));
    match name {
        "set" | "mset" => {
            let pair = |pair: &[Bytes]| (pair[0].clone(), Act::Leave(Some(pair[1].clone())));
            arguments.chunks(2).map(pair).collect()
        }
        "del" | "unlink" => arguments.iter().map(|key| (key.clone(), Act::Leave(None))).collect(),
        "incr" | "incrby" => vec![(arguments[0].clone(), Act::Add(amount()))],
        "decr" | "decrby" => vec![(arguments[0].clone(), Act::Add(-amount()))],
        name => panic!("no merge rule is known here for {name}"),
    }
}

/// A number in its one form.
fn number(text: &Bytes) -> Option<i128> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == &text[..]).then_some(number.into())
}

impl Invariant for Defined {
    fn name(&self) -> &'static str {
        "as defined"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        if self.is_off {
            return Ok(());
        }
        self.learn(turn);
        let vector: Vector =
            status.vector.iter().map(|(id, boot, index)| (*id, (*boot, *index))).collect();
        let now = (turn.life, vector);
        if status.lost.merged || self.seen.get(&turn.host) == Some(&now) {
            return Ok(());
        }
        for key in self.keys.keys() {
            let expected = self.held(key, |write| is_within(write, &now.1));
            let holds = turn.view.value_in(Order::Merged, key);
            if holds.as_deref() != expected.as_deref() {
                let (at, node) = (describe::vector(&status.vector), status.id.0);
                let [key, holds, expected] =
                    [Some(&key[..]), holds.as_deref(), expected.as_deref()].map(describe::value);
                return Err(format!(
                    "having applied {at}, node {node} holds {holds} at {key}, and its entries say {expected}"
                ));
            }
        }
        self.seen.insert(turn.host, now);
        Ok(())
    }

    fn on_outcome(&mut self, operation: &Operation) -> Result<(), String> {
        let (Action::Other { words, .. }, Outcome::Done(reply)) =
            (&operation.action, &operation.outcome)
        else {
            return Ok(());
        };
        match self.answered_right(operation, words, reply) {
            true => Ok(()),
            false => Err(format!(
                "{} was answered with {}, which is not what the entries in its vector say",
                operation.describe(),
                describe::reply(reply)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use node::Command;

    use super::*;
    use crate::invariants::example::{self, status, turn};

    fn entry(replica: u64, index: u64, after: &[(u64, u64)], words: &[&str]) -> MergedEntry {
        let at = |replica, index| MergedPosition {
            replica: NodeId(replica),
            boot: Boot(1),
            index: Index(index),
        };
        MergedEntry {
            at: at(replica, index),
            previous: at(replica, index - 1),
            clock: 10 * index + replica,
            after: after.iter().map(|(replica, index)| at(*replica, *index)).collect(),
            writes: vec![Command::of_words(words).unwrap()],
        }
    }

    /// What becomes of a node that holds this at `k`, having applied these entries.
    fn look(entries: &[MergedEntry], value: &'static str) -> Result<(), String> {
        let mut invariant = Defined::default();
        entries.iter().for_each(|entry| invariant.note(entry));
        let mut vector = BTreeMap::new();
        entries.iter().map(|entry| place(&entry.at)).for_each(|(replica, place)| {
            vector.insert(replica, place);
        });
        let mut status = status(3);
        status.order = Order::Merged;
        status.vector = vector.into_iter().map(|(id, place)| (id, place.0, place.1)).collect();
        let values = BTreeMap::from([(Bytes::from("k"), Bytes::from(value))]);
        let held = example::Held { values, ..example::Held::default() };
        invariant.on_turn(&Turn { view: &held, ..turn(&status, 1) })
    }

    #[test]
    fn an_increment_counts_if_it_saw_the_winner() {
        let set = entry(1, 1, &[], &["SET", "k", "5"]);
        let beside = entry(2, 1, &[], &["INCRBY", "k", "100"]);
        let behind = entry(2, 2, &[(1, 1)], &["INCR", "k"]);
        let own = entry(1, 2, &[], &["DECR", "k"]);
        let all = [set.clone(), beside.clone(), behind.clone(), own.clone()];
        assert_eq!(look(&all, "5"), Ok(()));
        assert!(look(&all, "105").is_err(), "one that had not seen the SET counts");
        assert!(look(&all, "4").is_err(), "one that had seen it does not");
        assert_eq!(look(&[beside, behind], "101"), Ok(()));
    }
}
