//! What is committed in the agreed log never changes and never vanishes (Raft, §5.3 and §5.4).
//!
//! - State machine safety: an index that any node has known to be committed has one entry, on every
//!   node that knows it committed, restarts included.
//! - Leader completeness: the leader of a term has every entry that was known to be committed in an
//!   earlier term.

use super::invariant::{Invariant, Turn};
use node::{Index, Term};

/// An entry as the first node held it that knew it committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Committed {
    entry: (u64, u64),
    /// A term in which it was surely committed already.
    known_in: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    life: u64,
    commit: u64,
    led: u64,
}

/// What is committed, and how much of it each node was seen to have.
#[derive(Debug)]
pub(crate) struct Lasting {
    log: Vec<Committed>,
    seen: Vec<Seen>,
}

impl Lasting {
    pub(crate) fn new(nodes: usize) -> Lasting {
        Lasting { log: vec![], seen: vec![Seen::default(); nodes] }
    }

    /// The node knows more to be committed than before.
    fn on_commit(&mut self, turn: &Turn<'_>, from: u64) -> Result<(), String> {
        let (node, commit) = (turn.status.id.0, turn.status.commit);
        for index in from + 1..=commit.0 {
            let Some(entry) = turn.view.entry(index) else {
                // Who knew it committed before it was forgotten was seen then.
                if index < turn.view.first_index() && self.log.len() as u64 >= index {
                    continue;
                }
                return Err(format!("node {node} knows entry {index} committed and lacks it"));
            };
            match self.log.get(index as usize - 1) {
                Some(known) if known.entry != entry => {
                    let (term, other) = (entry.0, known.entry.0);
                    return Err(format!(
                        "entry {index} was committed with term {other}; node {node} holds another \
                         one committed, of term {term}"
                    ));
                }
                Some(_) => {}
                None => self.log.push(Committed { entry, known_in: turn.status.term.0 }),
            }
        }
        Ok(())
    }

    /// The node has begun to lead this term.
    fn on_lead(&self, turn: &Turn<'_>) -> Result<(), String> {
        let (node, term) = (turn.status.id.0, turn.status.term);
        let Some(place) = self.log.iter().rposition(|known| known.known_in < term.0) else {
            return Ok(());
        };
        let (known, index) = (self.log[place], place as u64 + 1);
        match turn.view.entry(index) {
            Some(entry) if entry == known.entry => Ok(()),
            None if index < turn.view.first_index() => Ok(()),
            _ => Err(format!(
                "node {node} leads term {term} without entry {index}, committed in term {} or before",
                known.known_in
            )),
        }
    }
}

impl Invariant for Lasting {
    fn name(&self) -> &'static str {
        "committed is lasting"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let status = turn.status;
        let mut seen = self.seen[turn.host];
        if seen.life != turn.life {
            seen = Seen { life: turn.life, ..Seen::default() };
        }
        if status.commit > Index(seen.commit) {
            self.on_commit(turn, seen.commit)?;
            seen.commit = status.commit.0;
        }
        if status.role == node::Role::Leader && status.term > Term(seen.led) {
            self.on_lead(turn)?;
            seen.led = status.term.0;
        }
        self.seen[turn.host] = seen;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use node::Role;

    fn look(
        invariant: &mut Lasting,
        node: u64,
        life: u64,
        commit: u64,
        held: &Held,
    ) -> Result<(), String> {
        let mut status = status(node);
        (status.commit.0, status.term.0) = (commit, 3);
        invariant.on_turn(&Turn { view: held, ..turn(&status, life) })
    }

    #[test]
    fn another_entry_at_a_committed_index_is_seen() {
        let mut invariant = Lasting::new(2);
        let log = |entries: &[(u64, u64)]| Held { entries: entries.to_vec(), ..Held::default() };
        assert_eq!(look(&mut invariant, 1, 1, 2, &log(&[(1, 10), (3, 11)])), Ok(()));
        assert_eq!(
            look(&mut invariant, 2, 1, 1, &log(&[(1, 10), (2, 99)])),
            Ok(()),
            "not committed"
        );
        assert!(look(&mut invariant, 2, 1, 2, &log(&[(1, 10), (2, 99)])).is_err());
        assert_eq!(look(&mut invariant, 1, 2, 0, &log(&[])), Ok(()), "a restart learns it again");
        assert!(look(&mut invariant, 1, 2, 1, &log(&[])).is_err(), "it lacks what it says it has");
        assert!(look(&mut invariant, 1, 3, 1, &log(&[(1, 12)])).is_err(), "it changed");
    }

    #[test]
    fn a_leader_without_a_committed_entry_is_seen() {
        let mut invariant = Lasting::new(2);
        let whole = Held { entries: vec![(1, 10), (3, 11)], ..Held::default() };
        assert_eq!(look(&mut invariant, 1, 1, 2, &whole), Ok(()));
        let short = Held { entries: vec![(1, 10)], ..Held::default() };
        let mut status = status(2);
        status.role = Role::Leader;
        status.term = Term(3);
        assert_eq!(
            invariant.on_turn(&Turn { view: &short, ..turn(&status, 1) }),
            Ok(()),
            "it was before"
        );
        status.term = Term(4);
        assert!(invariant.on_turn(&Turn { view: &short, ..turn(&status, 1) }).is_err());
    }
}
