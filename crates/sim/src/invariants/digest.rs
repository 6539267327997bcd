//! As long as nothing rots, no digest differs from that of another node. (That none stops for one
//! is what [`super::life`] says.)

use node::{Event, Output};

use super::invariant::{Invariant, Turn};

/// Nothing to remember.
#[derive(Debug)]
pub(crate) struct Same;

impl Invariant for Same {
    fn name(&self) -> &'static str {
        "digest"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        for output in turn.outputs {
            if let Output::Note(Event::DigestDiffers { index, member, .. }) = output {
                let (node, other) = (turn.status.id.0, member.0);
                return Err(format!("nodes {node} and {other} differ at digest {index}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use node::{Index, NodeId, Order};

    use super::*;
    use crate::invariants::example::{status, turn};

    #[test]
    fn a_difference_is_seen() {
        let differs =
            Event::DigestDiffers { index: Index(7), order: Order::Agreed, member: NodeId(2) };
        let outputs = [Output::Note(differs)];
        let status = status(1);
        assert_eq!(Same.on_turn(&turn(&status, 1)), Ok(()));
        assert!(Same.on_turn(&Turn { outputs: &outputs, ..turn(&status, 1) }).is_err());
    }
}
