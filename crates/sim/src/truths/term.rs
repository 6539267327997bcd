//! A node that has said in which term it is does not start in an earlier one: the term was on its disk before.
//!
//! (Of appends it is not looked at: whoever leads a term has voted in it, and said so.)

use bytes::Bytes;
use node::{Output, term_in};

use super::{Truth, Turn};

/// For each node, its life, and the highest term that it spoke of as its own.
#[derive(Debug)]
pub(crate) struct Remembered {
    hosts: Vec<(u64, u64)>,
}

impl Remembered {
    pub(crate) fn new(nodes: usize) -> Remembered {
        Remembered { hosts: vec![(0, 0); nodes] }
    }

    fn on_message(&mut self, host: usize, message: &Bytes) {
        let told = &mut self.hosts[host].1;
        *told = (*told).max(term_in(message).unwrap_or(0));
    }
}

impl Truth for Remembered {
    fn name(&self) -> &'static str {
        "terms are remembered"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let (life, told) = &mut self.hosts[turn.host];
        let starts = std::mem::replace(life, turn.life) != turn.life;
        let (told, term, node) = (*told, turn.status.term, turn.status.id.0);
        if starts && term < told {
            return Err(format!(
                "node {node} starts in term {term}, and has spoken in term {told}"
            ));
        }
        // What goes in order with others is an append, or none of Raft's.
        for output in turn.outputs.iter().filter(|_| term > told) {
            if let Output::Send { message, urgent: true, .. } = output {
                self.on_message(turn.host, message);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truths::example::{status, turn};
    use node::Status;

    #[test]
    fn a_term_that_was_told_and_is_forgotten_is_seen() {
        let mut truth = Remembered { hosts: vec![(1, 5)] };
        let in_term = |term| Status { term, ..status(1) };
        assert_eq!(truth.on_turn(&turn(&in_term(5), 2)), Ok(()));
        assert!(truth.on_turn(&turn(&in_term(4), 3)).is_err());
    }
}
