//! Transactions in the fold of the log: what each did there, and whether its client was told so.
//!
//! A transaction runs as a whole at its places or not at all, and only if nothing that its client
//! watched has changed between the answer to the WATCH and its first place. No answer stands in the
//! middle of one.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use node::{AgreedPosition, Certificate, Command, Index, Reply};

use super::SameFold;
use super::once::ITEM_BYTES;
use crate::invariants::model::{Found, meaning};
use crate::record::describe;
use crate::record::operation::{Action, Operation, Outcome};

/// What the transactions of a log did.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    /// By the last place of each, where its answer stands.
    done: BTreeMap<AgreedPosition, Transaction>,
    /// The other places of each.
    inside: BTreeSet<AgreedPosition>,
}

#[derive(Debug)]
struct Transaction {
    first: AgreedPosition,
    commands: Vec<Vec<Bytes>>,
    /// Whether what it was to hold against the state held.
    ran: bool,
}

/// A command in its words.
fn words(command: &Command) -> Vec<Bytes> {
    let arguments = command.arguments().into_iter().map(Bytes::copy_from_slice);
    [Bytes::from(command.name())].into_iter().chain(arguments).collect()
}

/// The place of a command of a transaction that begins there.
pub(super) fn place(first: AgreedPosition, number: usize) -> AgreedPosition {
    AgreedPosition { offset: first.offset + number as u32, ..first }
}

fn is_watch(operation: &Operation) -> bool {
    matches!(&operation.action, Action::Other { words, .. } if words[0] == "watch")
}

/// Where the answer stands, if the operation was done and its client wanted to know.
fn position(operation: &Operation) -> Option<AgreedPosition> {
    match operation.certificate.as_deref() {
        Some(Certificate::Agreed { position, .. }) => Some(*position),
        _ => None,
    }
}

impl SameFold {
    /// Folds in a transaction that stands there. Gives the bytes of the values that it answers.
    pub(super) fn run_transaction(&mut self, first: AgreedPosition, list: &Command) -> u64 {
        let commands: Vec<Vec<Bytes>> = list.listed().iter().map(words).collect();
        let behind_first = commands.len().saturating_sub(1);
        let last = place(first, behind_first);
        self.transactions.inside.extend((0..behind_first).map(|number| place(first, number)));
        let names = commands.iter().map(|words| &words[0]);
        if self.memory.refuses_any(names, last) {
            return 0;
        }
        let ran = list.watched().iter().all(|(key, at, alive)| {
            let key = Bytes::copy_from_slice(key);
            let last = self.keys.get(&key).and_then(|versions| versions.last());
            match last.filter(|_| self.alive(&key).is_some()) {
                Some((written, _)) => *alive && written == at,
                None => !alive && !self.has_changed(&key, *at, first),
            }
        });
        let mut values = 0;
        if ran {
            for (number, words) in commands.iter().enumerate() {
                let name = String::from_utf8_lossy(&words[0]).into_owned();
                values += ITEM_BYTES + self.run(place(first, number), &name, &words[1..]);
            }
        }
        self.transactions.done.insert(last, Transaction { first, commands, ran });
        values
    }

    /// Whether a key has changed between these places.
    fn has_changed(&self, key: &Bytes, from: AgreedPosition, to: AgreedPosition) -> bool {
        let was_there = self.held(key, from.index.0, |at| at <= from).is_some();
        let is_there = self.held(key, to.index.0, |at| at < to).is_some();
        let versions = self.keys.get(key).map_or(&[][..], Vec::as_slice);
        if !was_there && self.keyspaces.has_changed_hands(key, from, to) {
            return true;
        }
        let mut between = versions.iter().filter(|(at, _)| *at > from && *at < to);
        // To remove what is not there changes nothing.
        was_there && !is_there || between.any(|(_, held)| was_there || held.is_some())
    }

    /// Whether an EXEC is answered with what its commands mean at its places.
    pub(super) fn exec_right(
        &self,
        operation: &Operation,
        commands: &[Vec<Bytes>],
        reply: &Reply,
        at: AgreedPosition,
    ) -> Result<(), String> {
        if at.index > Index(self.counts.len() as u64) {
            return Ok(());
        }
        let (asked, there) = (operation.describe(), describe::agreed(at));
        let found = self.transactions.done.get(&at).filter(|one| one.commands == commands);
        let Some(transaction) = found else {
            return Err(format!(
                "{asked} was done at {there}, and the log has no such transaction"
            ));
        };
        let right = match reply {
            Reply::Nil => !transaction.ran,
            Reply::Array(replies) if transaction.ran => {
                replies.len() == commands.len()
                    && replies.iter().enumerate().all(|(number, reply)| {
                        self.is_right(&commands[number], place(transaction.first, number), reply)
                    })
            }
            _ => false,
        };
        let said = describe::reply(reply);
        if right {
            Ok(())
        } else {
            Err(format!("{asked} was answered with {said} at {there}, and the log says otherwise"))
        }
    }

    fn is_right(&self, words: &[Bytes], at: AgreedPosition, reply: &Reply) -> bool {
        let held = |key: &Bytes| self.held(key, at.index.0, |from| from < at).cloned();
        let found = Found { held: &held, now_ms: self.time_at(at.index.0) };
        match meaning(&String::from_utf8_lossy(&words[0]), &words[1..], &found) {
            Some((_, expected)) => *reply == expected,
            None => matches!(reply, Reply::Error(_)),
        }
    }

    /// Whether each EXEC that ran found what its client watches as it was, and no answer stands in
    /// the middle of a transaction.
    pub(super) fn watched_right(&self, asked: &[Operation]) -> Result<(), String> {
        let mut watched: BTreeMap<u64, Vec<&Operation>> = BTreeMap::new();
        for operation in asked {
            if let Action::Exec { .. } = operation.action {
                // It ends what is watched also where it is refused.
                let before = watched.remove(&operation.client).unwrap_or_default();
                before.into_iter().try_for_each(|watch| self.ran_unchanged(watch, operation))?;
            }
            if operation.action.is_of_session() {
                // A session that changes nodes does so on another connection.
                watched.remove(&operation.client);
            }
            let Some(at) = position(operation) else { continue };
            if self.transactions.inside.contains(&at) {
                let (asked, at) = (operation.describe(), describe::agreed(at));
                return Err(format!(
                    "{asked} was answered at {at}, in the middle of a transaction"
                ));
            }
            if is_watch(operation) {
                watched.entry(operation.client).or_default().push(operation);
            }
        }
        Ok(())
    }

    fn ran_unchanged(&self, watch: &Operation, exec: &Operation) -> Result<(), String> {
        let (Some(from), Some(at)) = (position(watch), position(exec)) else { return Ok(()) };
        let ran = matches!(exec.outcome, Outcome::Done(Reply::Array(_)));
        let Some(transaction) = self.transactions.done.get(&at).filter(|_| ran) else {
            return Ok(());
        };
        let keys = watch.action.keys(&watch.key);
        match keys.into_iter().find(|key| self.has_changed(key, from, transaction.first)) {
            None => Ok(()),
            Some(key) => Err(format!(
                "{} ran at {}, and {} has changed since {}",
                exec.describe(),
                describe::agreed(at),
                describe::value(Some(key)),
                describe::agreed(from)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::operation;

    fn list(commands: &[&str]) -> Command {
        let of = |words: &&str| Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
        Command::list(&commands.iter().map(of).collect::<Vec<_>>()).unwrap()
    }

    fn at(index: u64, offset: u32) -> AgreedPosition {
        AgreedPosition { index: Index(index), offset }
    }

    /// A fold of two transactions: the second stands at 2.1 and 2.2.
    fn fold() -> SameFold {
        let mut fold = SameFold::default();
        for (first, commands) in
            [(at(1, 0), ["mset a 1", "incr a"]), (at(2, 1), ["incr a", "strlen a"])]
        {
            fold.touched.push(vec![]);
            fold.times_ms.push(0);
            fold.run_transaction(first, &list(&commands));
            fold.counts.push(fold.count);
        }
        fold
    }

    fn asked(commands: &[&str], reply: Reply, at: AgreedPosition) -> Operation {
        let bytes =
            |words: &&str| words.split(' ').map(|word| Bytes::from(word.to_owned())).collect();
        let commands: Vec<Vec<Bytes>> = commands.iter().map(bytes).collect();
        let keys = vec![Bytes::from("a")];
        let certificate = Certificate::Agreed { position: at, by: None };
        operation(1, Action::Exec { commands, keys }, reply, (0, 1), certificate)
    }

    fn exec_right(commands: &[&str], reply: Reply, at: AgreedPosition) -> Result<(), String> {
        let operation = asked(commands, reply.clone(), at);
        let Action::Exec { commands, .. } = &operation.action else { unreachable!() };
        fold().exec_right(&operation, commands, &reply, at)
    }

    #[test]
    fn an_exec_that_the_log_contradicts_is_seen() {
        let both = |sum, length| Reply::Array(vec![Reply::Integer(sum), Reply::Integer(length)]);
        let words = ["incr a", "strlen a"];
        assert_eq!(exec_right(&words, both(3, 1), at(2, 2)), Ok(()));
        assert!(exec_right(&words, both(2, 1), at(2, 2)).is_err());
        assert!(exec_right(&words, Reply::Nil, at(2, 2)).is_err(), "it ran");
        assert!(exec_right(&words, both(3, 1), at(2, 1)).is_err(), "its answer stands at its end");
        assert!(exec_right(&words[..1], Reply::Array(vec![Reply::Integer(3)]), at(2, 2)).is_err());
    }

    #[test]
    fn an_exec_that_ran_although_its_key_changed_and_an_answer_in_between_are_seen() {
        let watch = |at| {
            let words = ["watch", "a"].map(Bytes::from).to_vec();
            let action = Action::Other { keys: words[1..].to_vec(), words };
            let certificate = Certificate::Agreed { position: at, by: None };
            operation(1, action, Reply::Ok, (0, 1), certificate)
        };
        let exec = |reply| asked(&["incr a", "strlen a"], reply, at(2, 2));
        let ran = || exec(Reply::Array(vec![Reply::Integer(3), Reply::Integer(1)]));
        let right = |asked: &[Operation]| fold().watched_right(asked);
        assert_eq!(right(&[watch(at(1, 1)), ran()]), Ok(()));
        assert!(right(&[watch(at(0, 0)), ran()]).unwrap_err().contains("has changed since"));
        assert_eq!(right(&[watch(at(0, 0)), exec(Reply::Nil)]), Ok(()));
        let mut refused = exec(Reply::Nil);
        refused.outcome = Outcome::Refused(node::Error::OutOfMemory("maxmemory"));
        refused.certificate = None;
        assert_eq!(right(&[watch(at(0, 0)), refused, ran()]), Ok(()), "it ended what was watched");
        assert!(right(&[watch(at(2, 1))]).unwrap_err().contains("in the middle of"));
    }
}
