//! No node halts while its disk keeps what it synced. That none refuses to start is checked where
//! the world starts it.

use node::Output;

use super::invariant::{Invariant, Turn};

/// Nothing to remember.
#[derive(Debug)]
pub(crate) struct Alive;

/// Whether a node halts since it was removed: [`super::members`] knows whether it was.
pub(super) fn is_removal(reason: &str) -> bool {
    reason.starts_with("this node was removed from its cluster")
}

impl Invariant for Alive {
    fn name(&self) -> &'static str {
        "alive"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        for output in turn.outputs {
            if let Output::Halt { exit_code, reason } = output
                && !is_removal(reason)
            {
                let node = turn.status.id.0;
                return Err(format!("node {node} halts with exit code {exit_code}: {reason}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};

    #[test]
    fn a_halt_is_seen() {
        let halt = [Output::Halt { exit_code: 1, reason: "lost".into() }];
        let status = status(1);
        assert_eq!(Alive.on_turn(&turn(&status, 1)), Ok(()));
        assert!(Alive.on_turn(&Turn { outputs: &halt, ..turn(&status, 1) }).is_err());
    }
}
