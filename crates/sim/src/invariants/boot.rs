//! A boot number under which something was sent or done is never used again.
//!
//! A refusal does not count: a later boot cannot contradict it, so a node may give it before its
//! boot is on disk.

use std::collections::BTreeMap;

use node::{Output, Reply};

use super::invariant::{Invariant, Turn};

/// For each node, which start of it spoke under each boot number.
#[derive(Debug)]
pub(crate) struct FreshBoots {
    spoken: Vec<BTreeMap<u64, u64>>,
}

impl FreshBoots {
    pub(crate) fn new(nodes: usize) -> FreshBoots {
        FreshBoots { spoken: vec![BTreeMap::new(); nodes] }
    }
}

impl Invariant for FreshBoots {
    fn name(&self) -> &'static str {
        "fresh boots"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let speaks = |output: &Output| match output {
            Output::Reply { reply, .. } => !matches!(reply, Reply::Error(_)),
            output => matches!(output, Output::Send { .. }),
        };
        if !turn.outputs.iter().any(speaks) {
            return Ok(());
        }
        let boot = turn.status.boot;
        let spoke = *self.spoken[turn.host].entry(boot.0).or_insert(turn.life);
        if spoke != turn.life {
            let (node, life) = (turn.status.id.0, turn.life);
            return Err(format!(
                "starts {spoke} and {life} of node {node} both speak as boot {boot}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use bytes::Bytes;
    use node::NodeId;

    #[test]
    fn a_boot_that_spoke_is_over() {
        let mut invariant = FreshBoots::new(1);
        let status = status(1);
        let sends = [Output::Send { to: NodeId(2), message: Bytes::new(), urgent: false }];
        let speaking = |life| Turn { outputs: &sends, ..turn(&status, life) };
        assert_eq!(invariant.on_turn(&turn(&status, 1)), Ok(()));
        assert_eq!(invariant.on_turn(&speaking(2)), Ok(()), "boot 1 was never heard of");
        assert_eq!(invariant.on_turn(&speaking(2)), Ok(()));
        assert!(invariant.on_turn(&speaking(3)).is_err());
    }
}
