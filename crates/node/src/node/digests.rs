//! Digests: proposed when it is time to, taken in slices, compared.

use super::Node;
use crate::api::Output;
use crate::turn::Turn;

impl Node {
    /// Proposes a digest if one is due.
    pub(super) fn propose_digest(&mut self, outputs: &mut Vec<Output>) {
        let (limits, now_ms) = (&self.limits, self.now.monotonic_ms);
        if self.digests.is_due(limits, now_ms, &self.agreed, &self.merged) {
            self.agreed.propose_digest(turn!(self, outputs));
        }
    }

    /// Goes on with the digest that is being taken. `has_walked`: a snapshot has taken this turn's
    /// time.
    pub(super) fn digest(&mut self, has_walked: bool, outputs: &mut Vec<Output>) {
        // What a node has lost, or not wholly joined, it cannot compare.
        let is_whole = !self.has_lost_state() && !self.merged.is_joining();
        if self.takes_part() && !self.halted && !has_walked && is_whole {
            let turn = turn!(self, outputs);
            self.digests.work(&self.limits, &mut self.agreed, &mut self.merged, turn);
        }
    }

    /// Changes the value of a key as a broken memory would: nobody is told. False: there is none.
    /// For tests, and for servers in test mode.
    pub fn rot(&mut self, key: &[u8]) -> bool {
        self.agreed.state().rot(key) | self.merged.state().rot(key)
    }
}
