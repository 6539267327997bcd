//! At the end all replicas show the same value of every key, and stand at the same position.

use std::collections::BTreeMap;

use bytes::Bytes;
use node::Order;

use super::invariant::{Invariant, Rest};
use crate::record::describe;

/// Nothing to remember.
#[derive(Debug)]
pub(crate) struct Equal;

impl Invariant for Equal {
    fn name(&self) -> &'static str {
        "equal replicas"
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        let mut values: BTreeMap<&Bytes, (usize, Option<&Bytes>)> = BTreeMap::new();
        for operation in rest.operations.iter().filter(|operation| operation.is_final) {
            let Some(seen) = operation.seen() else { continue };
            let (host, first) = *values.entry(&operation.key).or_insert((operation.host, seen));
            if first != seen {
                let (one, other, key) =
                    (host + 1, operation.host + 1, describe::value(Some(&operation.key)));
                let (first, seen) = (describe::value(first), describe::value(seen));
                return Err(format!("node {one} holds {first} at {key}, and node {other} {seen}"));
            }
        }
        same_place(rest)
    }
}

fn same_place(rest: &Rest<'_>) -> Result<(), String> {
    let first = &rest.statuses[0];
    let differs = |status: &&node::Status| match rest.setting.order {
        Order::Agreed => (status.applied, status.keys) != (first.applied, first.keys),
        Order::Merged => (&status.vector, status.keys) != (&first.vector, first.keys),
    };
    match rest.statuses.iter().find(differs) {
        Some(status) => {
            let (one, other) = (describe::standing(first), describe::standing(status));
            Err(format!("two nodes stand apart: {one}; {other}"))
        }
        None => Ok(()),
    }
}
