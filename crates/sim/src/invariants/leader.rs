//! A term has at most one leader (Raft, §5.2: election safety).

use std::collections::BTreeMap;

use node::{NodeId, Role};

use super::invariant::{Invariant, Turn};

/// Who was seen to lead each term.
#[derive(Debug, Default)]
pub(crate) struct OneLeader {
    leaders: BTreeMap<u64, NodeId>,
}

impl Invariant for OneLeader {
    fn name(&self) -> &'static str {
        "one leader"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        if status.role != Role::Leader {
            return Ok(());
        }
        let leader = *self.leaders.entry(status.term.0).or_insert(status.id);
        if leader != status.id {
            let (one, other, term) = (leader.0, status.id.0, status.term);
            return Err(format!("nodes {one} and {other} both lead term {term}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{status, turn};
    use node::Term;

    #[test]
    fn two_leaders_of_a_term_are_seen() {
        let mut invariant = OneLeader::default();
        let mut one = status(1);
        one.role = Role::Leader;
        let mut two = status(2);
        two.role = Role::Leader;
        two.term = Term(2);
        assert_eq!(invariant.on_turn(&turn(&one, 1)), Ok(()));
        assert_eq!(invariant.on_turn(&turn(&two, 1)), Ok(()));
        two.term = Term(1);
        assert!(invariant.on_turn(&turn(&two, 1)).is_err());
    }
}
