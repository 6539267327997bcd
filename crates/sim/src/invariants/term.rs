//! A node tells its term once that is on its disk, and so never starts in an earlier one.
//!
//! Appends are not checked: the leader of a term has voted in it, and told so.

use std::collections::BTreeMap;

use node::{Output, Term, term_in};

use super::invariant::{Invariant, Turn};

/// What was seen of each node.
#[derive(Debug)]
pub(crate) struct Remembered {
    hosts: Vec<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    life: u64,
    /// The highest term that it spoke of as its own.
    told: Term,
    /// In which term it was when it wrote each group, by the place of the group; and at its start,
    /// at place 0.
    written: BTreeMap<usize, Term>,
}

impl Remembered {
    pub(crate) fn new(nodes: usize) -> Remembered {
        Remembered { hosts: vec![Seen::default(); nodes] }
    }
}

impl Seen {
    /// A new life begins on what the disk kept.
    fn start(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        self.life = turn.life;
        self.written = BTreeMap::from([(0, turn.status.term)]);
        if turn.status.term < self.told {
            let (node, term, told) = (turn.status.id.0, turn.status.term, self.told);
            return Err(format!(
                "node {node} starts in term {term}, and has spoken in term {told}"
            ));
        }
        Ok(())
    }

    /// The term that is on its disk for certain.
    fn synced(&self, turn: &Turn<'_>) -> Term {
        self.written.range(..=turn.synced).map(|(_, term)| *term).max().unwrap_or_default()
    }

    fn speak(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let synced = self.synced(turn);
        // What goes in order with others is an append, or none of Raft's.
        if turn.status.term <= self.told.min(synced) {
            return Ok(());
        }
        for output in turn.outputs {
            let Output::Send { message, urgent: true, .. } = output else { continue };
            let Some(term) = term_in(message) else { continue };
            if term > synced {
                let node = turn.status.id.0;
                return Err(format!(
                    "node {node} speaks in term {term}, and its disk has {synced}"
                ));
            }
            self.told = self.told.max(term);
        }
        Ok(())
    }
}

impl Invariant for Remembered {
    fn name(&self) -> &'static str {
        "terms are remembered"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let seen = &mut self.hosts[turn.host];
        if seen.life != turn.life {
            seen.start(turn)?;
        }
        seen.speak(turn)?;
        if turn.outputs.iter().any(|output| matches!(output, Output::Persist { .. })) {
            // A state that was fetched brings its term with it.
            let comes = turn.view.comes().map_or(Term(0), |(_, term)| Term(term));
            seen.written.insert(turn.groups + 1, turn.status.term.max(comes));
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
    fn a_term_that_was_told_and_is_forgotten_is_seen() {
        let mut invariant = Remembered::new(1);
        invariant.hosts[0] = Seen { life: 1, told: Term(5), ..Seen::default() };
        let in_term = |term| Status { term, ..status(1) };
        assert_eq!(invariant.on_turn(&turn(&in_term(Term(5)), 2)), Ok(()));
        assert!(invariant.on_turn(&turn(&in_term(Term(4)), 3)).is_err());
    }

    #[test]
    fn a_term_is_on_disk_once_its_group_is_synced() {
        let mut invariant = Remembered::new(1);
        let in_term = |term| Status { term, ..status(1) };
        let group = [Output::Persist { ticket: Ticket(1), records: Bytes::new() }];
        invariant.on_turn(&turn(&in_term(Term(1)), 1)).unwrap();
        let term = in_term(Term(2));
        invariant.on_turn(&Turn { groups: 3, outputs: &group, ..turn(&term, 1) }).unwrap();
        assert_eq!(invariant.hosts[0].synced(&Turn { synced: 3, ..turn(&term, 1) }), Term(1));
        assert_eq!(invariant.hosts[0].synced(&Turn { synced: 4, ..turn(&term, 1) }), Term(2));
    }
}
