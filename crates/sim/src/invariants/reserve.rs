//! A node whose disk is full hands it small records only: there is no room but what is left of the
//! log's segment.

use node::Output;

use super::invariant::{Invariant, Turn};

/// The most that a group may hold then, in bytes. Terms, votes, names of members and what opens a
/// term take far less.
const SMALL_BYTES_MAX: usize = 512;

/// For each node, in which of its lives it knew after its last turn that its disk is full.
#[derive(Debug)]
pub(crate) struct Small {
    full: Vec<Option<u64>>,
}

impl Small {
    pub(crate) fn new(nodes: usize) -> Small {
        Small { full: vec![None; nodes] }
    }
}

impl Invariant for Small {
    fn name(&self) -> &'static str {
        "reserve"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let full = turn.status.disk_full;
        let knew = self.full[turn.host] == Some(turn.life);
        self.full[turn.host] = full.then_some(turn.life);
        for output in turn.outputs {
            if let Output::Persist { records, .. } = output
                && full
                && knew
                && records.len() > SMALL_BYTES_MAX
            {
                let (node, bytes) = (turn.status.id.0, records.len());
                return Err(format!("node {node} hands {bytes} bytes to a disk that is full"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use bytes::Bytes;
    use node::{Status, Ticket};

    #[test]
    fn a_full_disk_gets_small_records_only() {
        let mut invariant = Small::new(1);
        let group =
            |bytes| [Output::Persist { ticket: Ticket(1), records: Bytes::from(vec![0; bytes]) }];
        let full = Status { disk_full: true, ..status(1) };
        let (small, large) = (group(100), group(600));
        let with = |outputs, life| Turn { outputs, ..turn(&full, life) };
        assert_eq!(invariant.on_turn(&with(&large, 1)), Ok(()), "it hears of it in this turn");
        assert_eq!(invariant.on_turn(&with(&small, 1)), Ok(()));
        assert_eq!(invariant.on_turn(&with(&large, 2)), Ok(()), "another life");
        assert!(invariant.on_turn(&with(&large, 2)).is_err());
        let free = status(1);
        assert_eq!(invariant.on_turn(&Turn { outputs: &large, ..turn(&free, 2) }), Ok(()));
    }
}
