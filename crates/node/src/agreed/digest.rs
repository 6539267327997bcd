//! Entries at which the state of all members is compared: proposed, and reached. What comes of them
//! is told in [`crate::digest`].

use super::{Agreed, entry};
use crate::ids::Index;
use crate::turn::Turn;
use crate::wire::base::AgreedBase;

/// What the log says of digests.
#[derive(Debug, Default)]
pub(super) struct Points {
    /// The last entry applied that carries writes.
    written: Index,
    /// The point that was reached, until somebody asks for it.
    reached: Option<AgreedBase>,
    /// How many were passed while one before went on.
    passed: u64,
}

impl Points {
    /// The state that this node begins with may have been written up to this entry.
    pub(super) fn begin(written: Index) -> Points {
        Points { written, ..Points::default() }
    }
}

impl Agreed {
    /// The last entry applied that carries writes.
    pub(crate) fn last_written(&self) -> Index {
        self.points.written
    }

    /// Puts a digest into the log, if this node leads and can.
    pub(crate) fn propose_digest(&mut self, turn: &mut Turn<'_>) {
        if self.leads() && !turn.disk.is_full() && self.append(entry::digest, turn) {
            // The entry that is being gathered comes after it.
            self.foreign =
                if self.draft.is_empty() { self.foreign } else { self.last_index().next() };
        }
    }

    /// An entry is applied as a whole, and so many writes were in it.
    pub(super) fn on_whole(&mut self, data: &[u8], writes: u32) {
        if writes > 0 {
            self.points.written = self.applied_whole;
        }
        if !entry::is_digest(data) {
            return;
        }
        if self.state.is_digested() || self.points.reached.is_some() {
            self.points.passed += 1;
            return;
        }
        self.state.begin_digest(self.applied_whole);
        self.points.reached = Some(self.base());
    }

    /// Where the state stood at the point of a digest that was reached, since this was last asked.
    /// Its sums go on since.
    pub(crate) fn take_digest_point(&mut self) -> Option<AgreedBase> {
        self.points.reached.take()
    }

    /// How many digests were passed while one before went on.
    pub(crate) fn digests_passed(&self) -> u64 {
        self.points.passed
    }
}
