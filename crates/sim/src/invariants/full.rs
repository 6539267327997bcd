//! A node whose disk is full takes in nothing.
//!
//! - No write that it is asked for is done while its disk stays full.
//! - No entry with writes enters its logs: it proposes none, takes no forwarded write, and no entry
//!   of others.

use std::collections::BTreeSet;

use node::{Event, Output, Reply, RequestId, SessionId};

use super::invariant::{Invariant, Turn};
use crate::record::describe;

/// What was seen of each node.
#[derive(Debug)]
pub(crate) struct TakesNothing {
    hosts: Vec<Seen>,
}

/// A node after its last turn.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// In which life it knew that its disk is full.
    full: Option<u64>,
    /// The writes that it was asked for since.
    asked: BTreeSet<(SessionId, RequestId)>,
    /// How long its logs were.
    last: u64,
    merged: usize,
    /// What waited to become an entry.
    drafted: usize,
}

impl TakesNothing {
    pub(crate) fn new(nodes: usize) -> TakesNothing {
        TakesNothing { hosts: vec![Seen::default(); nodes] }
    }
}

impl Seen {
    /// Looks at a turn all through which the disk was full.
    fn check(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let node = turn.status.id.0;
        self.asked.extend(turn.writes);
        for output in turn.outputs {
            if let Output::Reply { session, id, reply, .. } = output
                && self.asked.remove(&(*session, *id))
                && !matches!(reply, Reply::Error(_))
            {
                let answer = describe::reply(reply);
                return Err(format!(
                    "node {node} did a write when its disk was full, and answered {answer}"
                ));
            }
        }
        // What replaces an entry is shorter at first.
        let from = self.last.min(turn.view.last_index());
        let writes =
            |index: &u64| turn.view.writes(*index).is_some_and(|writes| !writes.is_empty());
        if let Some(index) = (from + 1..=turn.view.last_index()).find(writes) {
            return Err(format!("node {node} took in entry {index} when its disk was full"));
        }
        if turn.view.drafted() > self.drafted {
            return Err(format!("node {node} took in a forwarded write when its disk was full"));
        }
        if turn.view.merged_count() > self.merged {
            return Err(format!("node {node} took in a merged entry when its disk was full"));
        }
        Ok(())
    }
}

/// Whether it heard in this turn that there is room again.
fn was_freed(turn: &Turn<'_>) -> bool {
    let frees = |output: &Output| matches!(output, Output::Note(Event::Disk(None)));
    turn.outputs.iter().any(frees)
}

impl Invariant for TakesNothing {
    fn name(&self) -> &'static str {
        "a full disk takes nothing"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let seen = &mut self.hosts[turn.host];
        let full = turn.status.disk_full && !was_freed(turn);
        let still = full && seen.full == Some(turn.life);
        let checked = if still { seen.check(turn) } else { Ok(()) };
        if !still {
            seen.asked.clear();
        }
        seen.full = full.then_some(turn.life);
        if full {
            (seen.last, seen.merged) = (turn.view.last_index(), turn.view.merged_count());
            seen.drafted = turn.view.drafted();
        }
        checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use bytes::Bytes;
    use node::{Boot, Sequence};
    use node::{Command, NamedWrite, NodeId, Status};

    const KEY: (SessionId, RequestId) = (SessionId(3), RequestId(1));

    fn held(writes: &[usize], merged: usize) -> Held {
        let write = NamedWrite {
            node: NodeId(2),
            boot: Boot(1),
            sequence: Sequence(1),
            keyspace: 1,
            command: Command::set(Bytes::from("k"), Bytes::from("v")),
        };
        Held {
            stamps: vec![(1, None); writes.len()],
            writes: writes.iter().map(|count| vec![write.clone(); *count]).collect(),
            merged,
            ..Held::default()
        }
    }

    #[test]
    fn what_comes_into_a_log_is_seen() {
        let full = Status { disk_full: true, ..status(1) };
        let look = |second: &Held, life| {
            let mut invariant = TakesNothing::new(1);
            let first = held(&[1], 1);
            let turn = |view, life| Turn { view, ..turn(&full, life) };
            assert_eq!(invariant.on_turn(&turn(&first, 1)), Ok(()), "it hears of it in this turn");
            invariant.on_turn(&turn(second, life))
        };
        assert_eq!(look(&held(&[1, 0], 1), 1), Ok(()), "what opens a term is small");
        assert!(look(&held(&[1, 0, 1], 1), 1).is_err());
        assert!(look(&held(&[1], 2), 1).is_err());
        assert!(look(&Held { drafted: 1, ..held(&[1], 1) }, 1).is_err());
        assert_eq!(look(&held(&[1, 1], 2), 2), Ok(()), "another life");
    }

    #[test]
    fn a_write_that_is_done_is_seen() {
        let full = Status { disk_full: true, ..status(1) };
        let (session, id) = KEY;
        let reply = |reply| [Output::Reply { session, id, reply, certificate: None }];
        let (done, refused) = (reply(Reply::Ok), reply(Reply::Error(node::Error::ClusterDown(""))));
        let look = |asked: &[(SessionId, RequestId)], outputs: &[Output]| {
            let mut invariant = TakesNothing::new(1);
            assert_eq!(invariant.on_turn(&turn(&full, 1)), Ok(()));
            assert_eq!(invariant.on_turn(&Turn { writes: asked, ..turn(&full, 1) }), Ok(()));
            invariant.on_turn(&Turn { outputs, ..turn(&full, 1) })
        };
        assert_eq!(look(&[KEY], &refused), Ok(()));
        assert_eq!(look(&[], &done), Ok(()), "it was asked before");
        assert!(look(&[KEY], &done).is_err());
    }
}
