//! Joining the state of another replica that was fetched.
//!
//! ```text
//!   on disk          begun                                    the last slice
//!      ├─ counts end ──┼──── slice ──── slice ──── slice ─────────┤
//!                      │ vector and clock stand as if all were    │ keys are counted right,
//!                      │ joined; so do reads and writes of keys   │ the state is not lost any more
//! ```
//!
//! From its begin on all that the other state holds is taken for held: what it has is on this disk,
//! and a start joins it at once. Until the last slice no snapshot and no digest begins, no
//! tombstone goes, nothing else is fetched and nothing offered, and reads of all keys wait.

use super::Merged;
use super::pieces::Pieces;
use crate::turn::Turn;
use crate::wire::base::MergedBase;
use crate::wire::version_vector::VersionVector;

/// A slice is about so many bytes, or [`Limits::join_keys`], whichever comes first: that takes less
/// than 1 ms.
///
/// [`Limits::join_keys`]: crate::limits::Limits::join_keys
const SLICE_BYTES: usize = 128 << 10;

/// A state that is on this disk, and not wholly joined.
#[derive(Debug)]
pub(super) struct Joining {
    /// What is joined, until that begins.
    waiting: Option<(Pieces, MergedBase)>,
    /// Where that state stands.
    there: VersionVector,
    /// When the next slice is due.
    due_ms: u64,
}

impl Merged {
    /// Joins the state of another replica at once, as the disk kept it.
    pub(crate) fn restore_joined(&mut self, pieces: Pieces, base: &MergedBase) {
        self.begin_join(pieces, base);
        while self.state.join_on(usize::MAX, usize::MAX) {}
        self.finish_join(&base.vector);
    }

    /// Joins the state of another replica, which is on this disk, from the next slice on.
    pub(crate) fn join(&mut self, pieces: Pieces, base: MergedBase) {
        let there = base.vector.clone();
        self.joining = Some(Joining { waiting: Some((pieces, base)), there, due_ms: 0 });
    }

    /// Whether the state of another replica is being joined.
    pub(crate) fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Whether a slice of it is due.
    pub(crate) fn has_slice(&self, now_ms: u64) -> bool {
        let is_due = |joining: &Joining| now_ms >= joining.due_ms;
        self.joining.as_ref().is_some_and(is_due) && !self.state.watch.is_on()
    }

    /// Joins a slice, if one is due; true: it was the last one. A count that goes on sees the state
    /// as it was, so it ends before the first.
    pub(crate) fn join_on(&mut self, turn: &mut Turn<'_>) -> bool {
        let now_ms = turn.now.monotonic_ms;
        if !self.has_slice(now_ms) {
            return false;
        }
        let Some(joining) = &mut self.joining else { return false };
        joining.due_ms = now_ms + self.limits.join_ms;
        if let Some((pieces, base)) = joining.waiting.take() {
            self.begin_join(pieces, &base);
            // Where the disk is full they come with the next entry that is taken in.
            while !turn.disk.is_full()
                && let Some((header, bytes)) = self.inbox.take_fitting(&self.log)
            {
                self.append(&header, bytes, turn);
            }
        }
        if self.state.join_on(self.limits.join_keys, SLICE_BYTES) {
            return false;
        }
        let joined = self.joining.take();
        joined.iter().for_each(|joined| self.finish_join(&joined.there));
        true
    }

    fn begin_join(&mut self, pieces: Pieces, base: &MergedBase) {
        let here = if self.lost.is_empty() { self.log.applied() } else { &self.joined };
        let here = mutant!(LostCountsAsHere, here, self.log.applied()).clone();
        self.state.begin_join(pieces, here, base.vector.clone());
        self.log.join(base, false);
        self.clock.raise(base.clock);
    }

    fn finish_join(&mut self, there: &VersionVector) {
        if !self.lost.is_empty() {
            self.joined.join(there);
        }
        self.lost.drop_held(there);
        self.count_the_rest();
    }
}
