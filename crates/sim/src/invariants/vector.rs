//! A replica's version vector only grows, restarts included: what it shows is on its disk.
//!
//! Nobody stands further in a replica's log than that replica itself ever stood. A node that takes
//! no part yet is not checked: what it found on its disk may not be synced, and it shows it to
//! nobody.

use std::collections::BTreeMap;

use node::{Boot, Index, NodeId};

use super::invariant::{Invariant, Turn, takes_part};

type Places = BTreeMap<NodeId, (Boot, Index)>;

/// The vector of each replica as last seen.
#[derive(Debug)]
pub(crate) struct Growth {
    vectors: Vec<Places>,
}

impl Growth {
    pub(crate) fn new(nodes: usize) -> Growth {
        Growth { vectors: vec![Places::new(); nodes] }
    }
}

impl Invariant for Growth {
    fn name(&self) -> &'static str {
        "growing vectors"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let nothing = turn.status.vector.is_empty() && self.vectors[turn.host].is_empty();
        if !takes_part(turn.status) || nothing {
            return Ok(());
        }
        let node = turn.status.id;
        let places = turn.status.vector.iter().map(|(node, boot, index)| (*node, (*boot, *index)));
        let new: Places = places.collect();
        let old = &self.vectors[turn.host];
        for (replica, place) in old {
            let now = new.get(replica).copied().unwrap_or_default();
            if now < *place {
                let of = replica.0;
                let node = node.0;
                return Err(format!(
                    "node {node} went back from {} to {} of node {of}",
                    told(*place),
                    told(now)
                ));
            }
        }
        self.vectors[turn.host] = new;
        self.nobody_overtakes(turn.host, node)
    }
}

/// A place in one log, in words.
fn told((boot, index): (Boot, Index)) -> String {
    format!("entry {index} of boot {boot}")
}

impl Growth {
    /// A replica shows its own entries before anyone else does.
    fn nobody_overtakes(&self, host: usize, node: NodeId) -> Result<(), String> {
        for (replica, place) in &self.vectors[host] {
            let own = self.vectors.get(replica.0 as usize - 1).and_then(|own| own.get(replica));
            let own = own.copied().unwrap_or_default();
            if own < *place {
                let (node, of) = (node.0, replica.0);
                return Err(format!(
                    "node {node} shows {} of node {of}, which shows {}",
                    told(*place),
                    told(own)
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use node::Waits;

    #[test]
    fn shrinking_is_seen_across_restarts() {
        let mut invariant = Growth::new(2);
        let mut one = status(1);
        one.vector = vec![(NodeId(1), Boot(1), Index(7))];
        assert_eq!(invariant.on_turn(&turn(&one, 1)), Ok(()));
        one.vector = vec![(NodeId(1), Boot(2), Index(1))];
        assert_eq!(invariant.on_turn(&turn(&one, 2)), Ok(()), "a later boot comes after");
        one.vector = vec![(NodeId(1), Boot(1), Index(7))];
        one.waits = Some(Waits::Disk);
        assert_eq!(invariant.on_turn(&turn(&one, 3)), Ok(()), "it shows it to nobody");
        one.waits = None;
        assert!(invariant.on_turn(&turn(&one, 3)).is_err());
    }

    #[test]
    fn an_entry_that_its_own_replica_does_not_show_is_seen() {
        let mut invariant = Growth::new(2);
        let mut two = status(2);
        two.vector = vec![(NodeId(1), Boot(1), Index(1))];
        assert!(invariant.on_turn(&turn(&two, 1)).is_err());
    }
}
