//! A node votes for one candidate in a term (Raft, §5.2), restarts included.

use std::collections::BTreeMap;

use node::{NodeId, Output, Vote};

use super::invariant::{Invariant, Turn};

/// For each node, whom it has voted for, by term, as far as anyone was told.
#[derive(Debug)]
pub(crate) struct OneVote {
    given: Vec<BTreeMap<u64, NodeId>>,
}

impl OneVote {
    pub(crate) fn new(nodes: usize) -> OneVote {
        OneVote { given: vec![BTreeMap::new(); nodes] }
    }

    fn on_vote(&mut self, host: usize, vote: Vote) -> Result<(), String> {
        let Vote { term, candidate } = vote;
        let first = *self.given[host].entry(term.0).or_insert(candidate);
        if first != candidate {
            let (node, one, other) = (host + 1, first.0, candidate.0);
            return Err(format!("node {node} votes for nodes {one} and {other} in term {term}"));
        }
        Ok(())
    }
}

impl Invariant for OneVote {
    fn name(&self) -> &'static str {
        "one vote"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        // Who knows a leader votes for nobody.
        if turn.status.leader.is_some() {
            return Ok(());
        }
        for output in turn.outputs {
            let Output::Send { message, .. } = output else { continue };
            if let Some(vote) = Vote::in_message(message) {
                self.on_vote(turn.host, vote)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use node::Term;

    #[test]
    fn a_second_vote_in_a_term_is_seen() {
        let mut invariant = OneVote::new(2);
        let vote = |term, candidate| Vote { term, candidate: NodeId(candidate) };
        assert_eq!(invariant.on_vote(0, vote(Term(1), 1)), Ok(()));
        assert_eq!(invariant.on_vote(0, vote(Term(1), 1)), Ok(()), "it says so again");
        assert_eq!(invariant.on_vote(1, vote(Term(1), 2)), Ok(()), "another node");
        assert_eq!(invariant.on_vote(0, vote(Term(2), 2)), Ok(()), "another term");
        assert!(invariant.on_vote(0, vote(Term(1), 2)).is_err());
    }
}
