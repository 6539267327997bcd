//! Counters of merged logs. Of the writes of a key the one with the highest stamp wins, and an
//! increment counts if it saw that: what a reader saw is the winner among its causes, and the
//! increments among its causes that have the winner among theirs.

use std::collections::HashMap;

use crate::model::certificate::{Entry, Position};
use crate::model::history::History;
use crate::model::operation::{Fate, Operation};

/// What certificates claim that each operation counted which looked at a key with increments.
/// `sources`: which write each of them saw.
pub(super) fn counted(
    history: &History,
    sources: &[(usize, Option<usize>)],
) -> Vec<(usize, Vec<usize>)> {
    let operations = &history.operations;
    let mut of: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, op) in operations.iter().enumerate() {
        if op.is_increment() && op.fate() == Fate::Done && op.entry().is_some() {
            of.entry(&op.key).or_default().push(index);
        }
    }
    if of.is_empty() {
        return Vec::new();
    }
    let seen = |&(reader, source): &(usize, Option<usize>)| {
        let increments = of.get(operations[reader].key.as_str())?;
        let winner = source.map(|source| operations[source].entry());
        let counts = |&&one: &&usize| {
            let one = &operations[one];
            let saw_winner = match winner {
                None => true,
                Some(winner) => winner.is_some_and(|winner| holds(one, winner)),
            };
            saw_winner && one.entry().is_some_and(|entry| holds(&operations[reader], entry))
        };
        Some((reader, increments.iter().filter(counts).copied().collect()))
    };
    sources.iter().filter_map(seen).collect()
}

/// Whether an operation claims to stand behind an entry: it is inside its vector, and not at or
/// behind its own entry in the same log.
fn holds(op: &Operation, entry: Entry) -> bool {
    let Some(Position::Merged(vector)) = op.position() else { return false };
    let place = |entry: Entry| (entry.replica.boot, entry.index, entry.offset);
    let own = op.entry().filter(|own| own.replica.node == entry.replica.node);
    if own.is_some_and(|own| place(own) <= place(entry)) {
        return false;
    }
    let of_node = vector.iter().find(|(replica, _)| replica.node == entry.replica.node);
    of_node
        .is_some_and(|(replica, index)| (entry.replica.boot, entry.index) <= (replica.boot, *index))
}
