//! What a merged replica holds is what the merge rule makes of all entries that its vector holds,
//! whatever came in which order, was joined, or is forgotten. Begin with [`Defined`].
//!
//! Entries are learnt from the replica that makes them, in the turn in which it does. Of the SETs
//! and DELs of a key the highest stamp wins; an increment counts if its entry's vector holds the
//! winner's entry, or it stands behind it in the same log. This is the definition, key by key, by
//! code that shares nothing with the node's: it keeps no sums, and looks at every entry again.
//!
//! The answers to increments, to reads of such keys, and to each command of a transaction, are what
//! that makes of the vector in their certificate. All writes of a transaction stand in one entry,
//! one behind the other; so who holds what its entries make holds no half of one.

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

#[derive(Clone, Debug, PartialEq, Eq)]
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
        self.is_right(words, reply, &vector, entry.as_ref())
    }

    /// Whether a command is answered with what it finds at this vector, and before this write.
    fn is_right(
        &self,
        words: &[Bytes],
        reply: &Reply,
        vector: &Vector,
        own: Option<&MergedWrite>,
    ) -> bool {
        let held = |key: &Bytes| {
            let is_known = |write: &Write| {
                is_within(write, vector) && own.is_none_or(|own| is_before(write, own))
            };
            self.held(key, is_known).map(staying)
        };
        let name = String::from_utf8_lossy(&words[0]).to_ascii_lowercase();
        let checked = ["incr", "decr", "incrby", "decrby", "mget", "strlen", "getrange", "type"];
        if !checked.contains(&&name[..]) {
            return true;
        }
        let found = Found { held: &held, now_ms: 0 };
        match meaning(&name, &words[1..], &found) {
            Some((_, expected)) => expected == *reply,
            None => matches!(reply, Reply::Error(_)),
        }
    }

    /// Whether each command of a transaction is answered with what it finds behind those before it,
    /// and its writes stand in one entry.
    fn exec_right(&self, operation: &Operation, commands: &[Vec<Bytes>], reply: &Reply) -> bool {
        let Some(Certificate::Merged { position, entry, .. }) = operation.certificate.as_deref()
        else {
            return true;
        };
        let Reply::Array(replies) = reply else { return false };
        let vector: Vector = position.iter().map(place).collect();
        let all = || commands.iter().zip(replies);
        let has_written = |words: &[Bytes], reply: &Reply| {
            let row = node::find(&words[0]).expect("there is such a command");
            row.access == node::Access::Write && !matches!(reply, Reply::Error(_))
        };
        let count = all().filter(|(words, reply)| has_written(words, reply)).count() as u32;
        // The certificate names the last of them.
        let mut own = entry
            .map(|last| MergedWrite { offset: (last.offset + 1).saturating_sub(count), ..last });
        let mut each = all().map(|(words, reply)| {
            let is_right = self.is_right(words, reply, &vector, own.as_ref());
            if !has_written(words, reply) {
                return is_right;
            }
            let Some(at) = &mut own else { return false };
            let stands = self.stands_at(words, at);
            at.offset += 1;
            is_right && stands
        });
        replies.len() == commands.len() && each.all(|is_right| is_right)
    }

    /// Whether an entry has this write there.
    fn stands_at(&self, words: &[Bytes], at: &MergedWrite) -> bool {
        let name = String::from_utf8_lossy(&words[0]).to_ascii_lowercase();
        let place = (at.entry.boot, at.entry.index);
        let is_it = |write: &Write, act: &Act| {
            (write.replica, write.place, write.offset) == (at.entry.replica, place, at.offset)
                && write.act == *act
        };
        acts(&name, &words[1..]).iter().all(|(key, act)| {
            self.keys.get(key).is_some_and(|writes| writes.iter().any(|write| is_it(write, act)))
        })
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
        let Outcome::Done(reply) = &operation.outcome else { return Ok(()) };
        let is_right = match &operation.action {
            Action::Other { words, .. } => self.answered_right(operation, words, reply),
            Action::Exec { commands, .. } => self.exec_right(operation, commands, reply),
            _ => return Ok(()),
        };
        match is_right {
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

    /// Whether an EXEC that is answered so is right, where these entries are known.
    fn exec(entries: &[MergedEntry], commands: &[&[&str]], replies: &[Reply], last: u32) -> bool {
        let mut invariant = Defined::default();
        entries.iter().for_each(|entry| invariant.note(entry));
        let own = entries.last().expect("there is one");
        let write = MergedWrite { entry: own.at, offset: last, clock: own.clock };
        let position = [own.after.clone(), vec![own.at]].concat();
        let certificate = Certificate::Merged { position, by: None, entry: Some(write) };
        let words = |words: &&[&str]| -> Vec<Bytes> {
            words.iter().map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
        };
        let action = Action::Exec { commands: commands.iter().map(words).collect(), keys: vec![] };
        let reply = Reply::Array(replies.to_vec());
        invariant.on_outcome(&example::operation(1, action, reply, (0, 1), certificate)).is_ok()
    }

    #[test]
    fn a_transaction_stands_in_one_entry_and_its_reads_see_what_stands_before_them() {
        let command = |words: &[&str]| Command::of_words(words).unwrap();
        let before = entry(2, 1, &[], &["SET", "k", "5"]);
        let whole = MergedEntry {
            writes: [&["SET", "j", "1"][..], &["INCR", "k"], &["MSET", "j", "2"]]
                .map(command)
                .to_vec(),
            ..entry(1, 1, &[(2, 1)], &["SET", "", ""])
        };
        let asked: [&[&str]; 4] =
            [&["incr", "k"], &["mget", "k", "j"], &["incr", "text"], &["mset", "j", "2"]];
        let value = |text: &'static str| Reply::Value(Bytes::from(text));
        let refused = Reply::Error(node::Error::Invalid(String::new()));
        let replies = |sum, seen| {
            [
                Reply::Integer(sum),
                Reply::Array(vec![value(seen), value("1")]),
                refused.clone(),
                Reply::Ok,
            ]
        };
        let text = entry(1, 1, &[], &["SET", "text", "t"]);
        let text = MergedEntry { at: MergedPosition { replica: NodeId(3), ..text.at }, ..text };
        let all = |own: &MergedEntry| {
            let mut own = own.clone();
            own.after.push(text.at);
            [before.clone(), text.clone(), own]
        };
        assert!(exec(&all(&whole), &asked, &replies(6, "6"), 2));
        assert!(!exec(&all(&whole), &asked, &replies(7, "6"), 2), "it was 5 before");
        assert!(!exec(&all(&whole), &asked, &replies(6, "5"), 2), "a read behind it");
        let mut torn = whole.clone();
        torn.writes.pop();
        assert!(!exec(&all(&torn), &asked, &replies(6, "6"), 2), "the last write is elsewhere");
    }
}
