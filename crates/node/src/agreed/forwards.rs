//! Which of the writes that others forwarded lie in this leader's log: appended in its term, or
//! found in its tail when the term began.
//!
//! It keeps the log from filling with what is sent twice. What counts is what the state machine
//! makes of the ids: a run that is appended twice, or too early, does no harm; a run that is turned
//! away although the leader does not have it would be sent for ever.

use std::collections::BTreeMap;

use super::entry::WriteId;
use crate::ids::{Life, NodeId, Sequence};

/// The ids of one start that lie in the log: from `first` up to, and without, `end`, with no gap
/// and in order.
#[derive(Clone, Copy, Debug)]
struct Row {
    life: Life,
    first: Sequence,
    end: Sequence,
}

/// The row of each node.
#[derive(Debug, Default)]
pub(crate) struct Forwards {
    rows: BTreeMap<NodeId, Row>,
}

impl Forwards {
    /// Whether a run of `count` ids from `first` on is to be appended; if so, it counts as
    /// appended.
    pub(crate) fn take(&mut self, first: WriteId, count: u64) -> bool {
        let WriteId { node, life, sequence } = first;
        let new = Row { life, first: sequence, end: Sequence(sequence.0.saturating_add(count)) };
        let Some(old) = self.rows.get(&node).copied() else {
            self.rows.insert(node, new);
            return true;
        };
        let same_life = new.life == old.life;
        let is_over = new.life.boot < old.life.boot;
        let held = same_life && old.first <= new.first && new.end <= old.end;
        if mutant!(OverlapTurnedAway, held, same_life && new.first < old.end) || is_over {
            return false;
        }
        // What was appended before its predecessors does not count; and what seems to leave a gap
        // need not: its predecessors may have been appended in another term.
        let follows = same_life && old.first <= new.first && new.first <= old.end;
        let row = if follows { Row { first: old.first, ..new } } else { new };
        self.rows.insert(node, row);
        true
    }

    /// Notes that all writes of this start up to this id are applied, or will be before anything
    /// that is appended from now on.
    pub(crate) fn hold(&mut self, last: WriteId) {
        self.rows.insert(
            last.node,
            Row { life: last.life, first: Sequence(1), end: last.sequence.next() },
        );
    }

    /// Nothing is known any more of what was appended.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Boot;

    fn life(boot: u64) -> Life {
        Life { boot: Boot(boot), incarnation: 7 * boot }
    }

    fn take(forwards: &mut Forwards, boot: u64, sequence: u64, count: u64) -> bool {
        forwards.take(
            WriteId { node: NodeId(2), life: life(boot), sequence: Sequence(sequence) },
            count,
        )
    }

    #[test]
    fn what_is_held_is_turned_away() {
        let mut forwards = Forwards::default();
        assert!(take(&mut forwards, 1, 4, 2));
        assert!(!take(&mut forwards, 1, 4, 2), "held");
        assert!(take(&mut forwards, 1, 5, 3), "6 and 7 are new");
        assert!(!take(&mut forwards, 1, 4, 4));
        assert!(take(&mut forwards, 1, 9, 1), "8 may be in the log since another term");
        assert!(take(&mut forwards, 2, 1, 1), "a later boot");
        assert!(!take(&mut forwards, 1, 8, 1), "a boot that is over");
    }

    #[test]
    fn what_the_tail_holds_is_turned_away() {
        let mut forwards = Forwards::default();
        forwards.hold(WriteId { node: NodeId(2), life: life(3), sequence: Sequence(8) });
        assert!(!take(&mut forwards, 3, 5, 4), "applied, or in the tail");
        assert!(take(&mut forwards, 3, 8, 2), "9 is new");
        assert!(!take(&mut forwards, 3, 9, 1));
        assert!(!take(&mut forwards, 2, 1, 1), "a boot that is over");
        assert!(take(&mut forwards, 4, 1, 1));
    }

    #[test]
    fn what_was_lost_before_the_first_is_taken_when_it_comes_again() {
        let mut forwards = Forwards::default();
        assert!(take(&mut forwards, 1, 9, 1), "7 and 8 were lost on the way");
        assert!(take(&mut forwards, 1, 10, 1));
        assert!(take(&mut forwards, 1, 7, 4), "all unapplied, sent again");
        assert!(!take(&mut forwards, 1, 7, 4));
        assert!(take(&mut forwards, 1, 6, 1), "7 to 10 were appended before it");
        assert!(take(&mut forwards, 1, 7, 4));
    }
}
