//! Merged replicas with equal vectors hold the same, at any time: the order in which entries came
//! makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use node::{Boot, Index, NodeId};

use super::invariant::{Invariant, Turn};
use crate::record::describe;

type Vector = Vec<(NodeId, Boot, Index)>;

/// What the first replica held at each vector.
#[derive(Debug, Default)]
pub(crate) struct SameMerge {
    held: BTreeMap<Vector, (NodeId, u64, BTreeMap<Bytes, Bytes>)>,
    /// Every key that was ever asked for: no other has a value.
    keys: BTreeSet<Bytes>,
    seen: BTreeMap<usize, (u64, Vector)>,
}

impl Invariant for SameMerge {
    fn name(&self) -> &'static str {
        "same merge"
    }

    fn on_ask(&mut self, key: &Bytes) {
        if !self.keys.contains(key) {
            self.keys.insert(key.clone());
        }
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        let same = |(life, vector): &(u64, Vector)| (*life, vector) == (turn.life, &status.vector);
        let is_other = status.order != node::Order::Merged || status.lost.merged;
        if is_other || self.seen.get(&turn.host).is_some_and(same) {
            return Ok(());
        }
        let now = (turn.life, status.vector.clone());
        let value = |key: &Bytes| {
            let value = turn.view.value(key)?;
            Some((key.clone(), Bytes::copy_from_slice(value)))
        };
        let here: BTreeMap<_, _> = self.keys.iter().filter_map(value).collect();
        self.seen.insert(turn.host, now);
        let first = self.held.entry(status.vector.clone());
        let (other, keys, there) = first.or_insert_with(|| (status.id, status.keys, here.clone()));
        if (*keys, &*there) == (status.keys, &here) {
            return Ok(());
        }
        let (at, node, other) = (describe::vector(&status.vector), status.id.0, other.0);
        let differs = |key: &&Bytes| here.get(*key) != there.get(*key);
        let apart = match self.keys.iter().find(differs) {
            Some(key) => {
                let [key, here, there] =
                    [Some(key), here.get(key), there.get(key)].map(describe::value);
                format!("node {node} holds {here} at {key}, and node {other} held {there}")
            }
            None => {
                format!("node {node} holds {} keys, and node {other} held {keys}", status.keys)
            }
        };
        Err(format!("having applied {at}, {apart}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};

    #[test]
    fn another_value_at_the_same_vector_is_seen() {
        let mut invariant = SameMerge::default();
        let key = Bytes::from_static(b"k");
        invariant.on_ask(&key);
        let mut look = |node, index, value: &'static str| {
            let mut status = status(node);
            status.order = node::Order::Merged;
            (status.keys, status.vector) = (1, vec![(NodeId(1), Boot(1), Index(index))]);
            let values = BTreeMap::from([(key.clone(), Bytes::from(value))]);
            let held = Held { values, ..Held::default() };
            invariant.on_turn(&Turn { view: &held, ..turn(&status, 1) })
        };
        assert_eq!(look(1, 1, "a"), Ok(()));
        assert_eq!(look(1, 2, "b"), Ok(()));
        assert_eq!(look(2, 2, "b"), Ok(()));
        assert!(look(2, 1, "b").is_err());
    }
}
