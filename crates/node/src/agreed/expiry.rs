//! Keys that fall due: whoever leads has them reclaimed.
//!
//! A key is dead from the first entry on whose time its deadline does not lie beyond, and every
//! replica sees that by itself. If nothing is written there is no such entry. So once the stamp of
//! an entry made now would reach a deadline, the leader asks for one that reclaims: it carries the
//! time, and removes some of the keys that are dead by then. While some are left it asks for the
//! next one as soon as that is applied: one is on its way at a time, so that a million keys that
//! fall due together keep nobody waiting. Where no key is due nothing is asked for.

use super::Agreed;
use super::time::Anchor;
use crate::commands::Command;
use crate::ids::{KeyspaceId, Term};
use crate::turn::Turn;

/// So many keys are reclaimed by an entry: a small part of what a turn may do.
const RECLAIMED_MAX: usize = 256;

/// What a leader has asked for.
#[derive(Debug, Default)]
pub(super) struct Reclaiming {
    /// In which term, and how many writes that reclaim had been applied by then.
    asked: Option<(Term, u64)>,
}

impl Agreed {
    /// Has keys reclaimed that are dead, or would be if something were written now.
    pub(super) fn look_after_deadlines(&mut self, turn: &mut Turn<'_>) {
        let Some(deadline_ms) = self.state.first_deadline_ms() else { return };
        let now = (self.term(), self.state.reclaimed().times);
        let waits = self.reclaiming.asked == Some(now) || turn.disk.is_full();
        if !self.leads() || waits || self.stamp_ms(turn) < deadline_ms {
            return;
        }
        self.reclaiming.asked = Some(now);
        let reclaim = Command::reclaim(RECLAIMED_MAX);
        mutant!(NeverReclaimed, self.proposals.push(None, KeyspaceId::SYSTEM, &reclaim), ());
    }

    /// Tells the state about what time it is, for those who ask how long a key stays yet: the last
    /// stamp that this node has, and what went by on its monotonic clock since. Nobody's death
    /// depends on it.
    pub(super) fn show_time(&mut self, now_ms: u64) {
        if self.state.deadlines() == 0 {
            return;
        }
        let Anchor { stamp_ms, at_ms } = self.raft.store().last_stamp();
        let since_ms = now_ms.saturating_sub(at_ms.max(self.began_ms.unwrap_or(now_ms)));
        self.state.show_time(stamp_ms.saturating_add(since_ms));
    }

    /// How many keys have a deadline, and how many that were dead were reclaimed since this node
    /// started.
    pub(crate) fn expiry(&self) -> (u64, u64) {
        (self.state.deadlines(), self.state.reclaimed().keys)
    }
}

#[cfg(feature = "mutants")]
impl Agreed {
    /// What is dead by the clock of a follower is not there for it.
    pub(super) fn look_at_own_clock(&mut self, turn: &Turn<'_>) {
        if !self.leads() {
            self.state.advance_to(turn.now.wall_ms);
        }
    }
}
