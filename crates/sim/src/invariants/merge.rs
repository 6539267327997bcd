//! Merged replicas with equal vectors hold the same, at any time: the order in which entries came
//! makes no difference. While a replica joins the state of another one, its keys are as if all were
//! joined, but not yet counted.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use node::{Boot, Index, NodeId, Order};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;
use crate::record::describe;

type Vector = Vec<(NodeId, Boot, Index)>;

/// In which life a replica stood where, and whether it joined a state there.
type Standing = (u64, Vector, bool);

/// What a replica held: how many keys, once that is known, and their values.
type Held = (NodeId, Option<u64>, BTreeMap<Bytes, Bytes>);

/// What the first replica held at each vector.
#[derive(Debug, Default)]
pub(crate) struct SameMerge {
    /// Whether no keyspace is ever merged.
    is_off: bool,
    held: BTreeMap<Vector, Held>,
    /// Every key that was ever asked for: no other has a value.
    keys: BTreeSet<Bytes>,
    seen: BTreeMap<usize, Standing>,
}

impl SameMerge {
    pub(crate) fn new(setting: &Setting) -> SameMerge {
        SameMerge { is_off: !setting.has(Order::Merged), ..SameMerge::default() }
    }
}

impl Invariant for SameMerge {
    fn name(&self) -> &'static str {
        "same merge"
    }

    fn on_ask(&mut self, key: &Bytes) {
        if !self.is_off && !self.keys.contains(key) {
            self.keys.insert(key.clone());
        }
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        let same = |(life, vector, joins): &Standing| {
            (*life, vector, *joins) == (turn.life, &status.vector, status.joins)
        };
        if self.is_off || status.lost.merged || self.seen.get(&turn.host).is_some_and(same) {
            return Ok(());
        }
        let now = (turn.life, status.vector.clone(), status.joins);
        let held = turn.view.keys_in(Order::Merged);
        let count = (!status.joins).then_some(held);
        let value = |key: &Bytes| {
            let value = turn.view.value_in(Order::Merged, key)?;
            Some((key.clone(), Bytes::copy_from_slice(&value)))
        };
        let here: BTreeMap<_, _> = self.keys.iter().filter_map(value).collect();
        self.seen.insert(turn.host, now);
        let first = self.held.entry(status.vector.clone());
        let (other, keys, there) = first.or_insert_with(|| (status.id, count, here.clone()));
        let is_as_many = count.is_none_or(|count| *keys.get_or_insert(count) == count);
        if is_as_many && *there == here {
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
                let before = keys.unwrap_or_default();
                format!("node {node} holds {held} keys, and node {other} held {before}")
            }
        };
        Err(format!("having applied {at}, {apart}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{self, status, turn};

    #[test]
    fn who_joins_a_state_is_asked_how_many_keys_it_has_once_that_is_over() {
        let mut invariant = SameMerge::default();
        let mut look = |node, keys, joins| {
            let vector = vec![(NodeId(1), Boot(1), Index(1))];
            let status = node::Status { order: Order::Merged, vector, joins, ..status(node) };
            let held = example::Held { keys: Some(keys), ..example::Held::default() };
            invariant.on_turn(&Turn { view: &held, ..turn(&status, 1) })
        };
        assert_eq!(look(1, 3, true), Ok(()));
        assert_eq!(look(2, 7, false), Ok(()));
        assert_eq!(look(1, 6, true), Ok(()));
        assert!(look(1, 6, false).is_err());
    }

    #[test]
    fn another_value_at_the_same_vector_is_seen() {
        let mut invariant = SameMerge::default();
        let key = Bytes::from_static(b"k");
        invariant.on_ask(&key);
        let mut look = |node, index, value: &'static str| {
            let mut status = status(node);
            status.order = Order::Merged;
            status.vector = vec![(NodeId(1), Boot(1), Index(index))];
            let values = BTreeMap::from([(key.clone(), Bytes::from(value))]);
            let held = example::Held { values, ..example::Held::default() };
            invariant.on_turn(&Turn { view: &held, ..turn(&status, 1) })
        };
        assert_eq!(look(1, 1, "a"), Ok(()));
        assert_eq!(look(1, 2, "b"), Ok(()));
        assert_eq!(look(2, 2, "b"), Ok(()));
        assert!(look(2, 1, "b").is_err());
    }
}
