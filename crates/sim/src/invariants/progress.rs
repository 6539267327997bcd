//! Within a boot, term, commit and applied never go back; nothing is applied before it is
//! committed.

use super::invariant::{Invariant, Turn};

#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    life: u64,
    boot: u64,
    term: u64,
    commit: u64,
    applied: u64,
}

/// Where each node stood last.
#[derive(Debug)]
pub(crate) struct Forward {
    stands: Vec<Stand>,
}

impl Forward {
    pub(crate) fn new(nodes: usize) -> Forward {
        Forward { stands: vec![Stand::default(); nodes] }
    }
}

impl Invariant for Forward {
    fn name(&self) -> &'static str {
        "forward"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        let (boot, term) = (status.boot.0, status.term.0);
        let (commit, applied) = (status.commit.0, status.applied.0);
        let stand = Stand { life: turn.life, boot, term, commit, applied };
        let old = std::mem::replace(&mut self.stands[turn.host], stand);
        let node = status.id.0;
        if applied > commit {
            return Err(format!("node {node} applied {applied}, and only {commit} is committed"));
        }
        if old.life != turn.life {
            return Ok(());
        }
        let steps = [
            ("boot", old.boot, boot),
            ("term", old.term, term),
            ("commit", old.commit, commit),
            ("applied", old.applied, applied),
        ];
        match steps.iter().find(|(_, old, new)| new < old) {
            Some((what, old, new)) => {
                Err(format!("{what} of node {node} fell from {old} to {new}"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use node::Index;

    #[test]
    fn going_back_is_seen_within_a_boot() {
        let mut invariant = Forward::new(1);
        let mut one = status(1);
        (one.commit.0, one.applied.0) = (5, 5);
        assert_eq!(invariant.on_turn(&turn(&one, 1)), Ok(()));
        (one.commit.0, one.applied.0) = (4, 4);
        assert_eq!(invariant.on_turn(&turn(&one, 2)), Ok(()), "a new boot learns it again");
        one.applied = Index(3);
        assert!(invariant.on_turn(&turn(&one, 2)).is_err());
        one.applied = Index(6);
        assert!(invariant.on_turn(&turn(&one, 3)).is_err(), "applied before it was committed");
    }
}
