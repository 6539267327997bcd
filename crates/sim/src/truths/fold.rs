//! Replicas that applied the same index of the agreed log hold equally many keys.

use std::collections::BTreeMap;

use super::{Truth, Turn};

/// How many keys there were at each index.
#[derive(Debug, Default)]
pub(crate) struct SameFold {
    keys: BTreeMap<u64, u64>,
}

impl Truth for SameFold {
    fn name(&self) -> &'static str {
        "same fold"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        if status.order != node::Order::Agreed {
            return Ok(());
        }
        let keys = *self.keys.entry(status.applied).or_insert(status.keys);
        if keys != status.keys {
            let (node, index, here) = (status.id.0, status.applied, status.keys);
            return Err(format!("at index {index} node {node} holds {here} keys, another {keys}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truths::example::{status, turn};

    #[test]
    fn another_count_at_the_same_index_is_seen() {
        let mut truth = SameFold::default();
        let (mut one, mut two) = (status(1), status(2));
        (one.applied, one.keys) = (4, 2);
        (two.applied, two.keys) = (5, 3);
        assert_eq!(truth.on_turn(&turn(&one, 1)), Ok(()));
        assert_eq!(truth.on_turn(&turn(&two, 1)), Ok(()));
        two.applied = 4;
        assert!(truth.on_turn(&turn(&two, 1)).is_err());
    }
}
