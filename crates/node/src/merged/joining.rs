//! Joining the state of another replica that was fetched.
//!
//! ```text
//!   on disk          begun                                    the last slice
//!      ├─ counts end ──┼──── slice ──── slice ──── slice ─────────┤
//!                      │ vector and clock stand as if all were    │ keys are counted right,
//!                      │ joined; so do reads and writes of keys   │ the state is not lost any more
//! ```
//!
//! Increments that were put off while a state was lost are counted behind the last slice, in slices
//! as well. From its begin on all that the other state holds is taken for held: what it has is on
//! this disk, and a start joins it at once. Until the last slice no snapshot and no digest begins,
//! no tombstone goes, nothing else is fetched and nothing offered, and reads of all keys wait.

use super::Merged;
use super::pieces::Pieces;
use crate::turn::Turn;
use crate::wire::base::MergedBase;
use crate::wire::codec::Malformed;
use crate::wire::record::Record;
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
        self.finish_join(&base.vector, usize::MAX);
    }

    /// Joins all that another replica held, which does not live any more.
    pub(crate) fn join_all(&mut self, mut other: Merged) -> Result<(), Malformed> {
        let base = other.base();
        let (mut pieces, mut group) = (Pieces::default(), vec![]);
        other.state.begin_walk();
        while other.state.walk_on(self.limits.join_keys, SLICE_BYTES, &mut group).is_some() {
            for record in Record::decode_group(&std::mem::take(&mut group).into())? {
                if let Record::MergedSlot(slot) = record {
                    pieces.push(&slot)?;
                }
            }
        }
        drop(other);
        self.restore_joined(pieces, &base);
        Ok(())
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
        let Some(joined) = self.joining.take() else { return false };
        let is_over = self.finish_join(&joined.there, self.limits.join_keys);
        self.joining = Some(joined).filter(|_| !is_over);
        is_over
    }

    fn begin_join(&mut self, pieces: Pieces, base: &MergedBase) {
        let here = if self.lost.is_empty() { self.log.applied() } else { &self.joined };
        let here = mutant!(LostCountsAsHere, here, self.log.applied()).clone();
        self.state.begin_join(pieces, here, base.vector.clone());
        self.log.join(base, false);
        self.clock.raise(base.clock);
    }

    /// All that stood there is joined. If nothing is missing any more, about so many of the
    /// increments are counted that were put off; true: those were the last, or it is too early.
    fn finish_join(&mut self, there: &VersionVector, most: usize) -> bool {
        if self.lost.is_empty() {
            return true;
        }
        self.joined.join(there);
        // Until all are counted the state is lost: nobody reads it, and what comes is put off too.
        let is_over =
            !there.holds(&self.lost) || self.count_on(mutant!(CountedInOneTurn, most, usize::MAX));
        if is_over {
            self.lost.drop_held(there);
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::ids::{Boot, Index, KeyspaceId, NodeId};
    use crate::limits::Limits;
    use crate::merged::entry::{Header, encode};
    use crate::wire::version_vector::Place;

    fn place(index: u64) -> Place {
        Place { boot: Boot(1), index: Index(index) }
    }

    /// Applies the next entry of node 2: three increments of a key.
    fn apply(merged: &mut Merged, index: u64) {
        let previous = if index == 1 { Place::START } else { place(index - 1) };
        let after = VersionVector::default();
        let header =
            Header { origin: NodeId(2), place: place(index), previous, clock: index, after };
        let incr = Command::of_words(&["INCR", "k"]).unwrap();
        let write = merged.copies.encoded(KeyspaceId::DEFAULT, &incr);
        merged.take(&header, encode(&header, 3, &write.repeat(3)));
        merged.apply_next(&mut |_, _, _| ());
    }

    fn value(merged: &Merged) -> Option<Vec<u8>> {
        merged.value(b"k").map(|value| value.into_owned())
    }

    #[test]
    fn increments_are_put_off_while_a_state_is_lost_and_counted_in_slices() {
        let mut merged = Merged::new(NodeId(1), &[NodeId(1), NodeId(2)]);
        let (entry_bytes, there) = (100, VersionVector::from_iter([(NodeId(2), place(2))]));
        merged.set_limits(Limits { inbox_bytes: 3 * entry_bytes, ..Limits::default() });
        merged.lost = VersionVector::from_iter([(NodeId(2), place(1))]);
        (1..=3).for_each(|index| apply(&mut merged, index));
        assert!(!merged.puts_off_too_much() && value(&merged).is_none());
        (4..=6).for_each(|index| apply(&mut merged, index));
        assert!(merged.puts_off_too_much(), "that is enough");
        // The state that comes holds the first two entries.
        let nothing_yet = VersionVector::default();
        assert!(merged.finish_join(&nothing_yet, 1) && !merged.lost.is_empty(), "not this one");
        let mut slices = 1;
        while !merged.finish_join(&there, 3) {
            slices += 1;
            assert!(!merged.lost.is_empty(), "it is not whole before all are counted");
        }
        assert_eq!((slices, value(&merged), merged.lost.is_empty()), (6, Some(b"12".into()), true));
        assert!(!merged.puts_off_too_much());
        apply(&mut merged, 7);
        assert_eq!(value(&merged), Some(b"15".into()));
    }

    #[test]
    fn all_that_another_replica_held_is_joined() {
        let replica = |writes: &[(u64, &str)]| {
            let mut merged = Merged::new(NodeId(1), &[NodeId(1), NodeId(2), NodeId(3)]);
            for (node, by) in writes {
                let (origin, previous) = (NodeId(*node), Place::START);
                let after = VersionVector::default();
                let header = Header { origin, place: place(1), previous, clock: 1, after };
                let command = Command::of_words(&["INCRBY", "k", by]).unwrap();
                let write = merged.copies.encoded(KeyspaceId::DEFAULT, &command);
                merged.take(&header, encode(&header, 1, &write));
                merged.apply_next(&mut |_, _, _| ());
            }
            merged
        };
        let (by_two, by_three) = ((2, "5"), (3, "7"));
        for (here, there) in [
            (vec![by_two], vec![by_three]),
            (vec![by_three], vec![by_two]),
            (vec![by_two, by_three], vec![by_three]),
            (vec![], vec![by_three, by_two]),
        ] {
            let mut merged = replica(&here);
            merged.join_all(replica(&there)).unwrap();
            assert_eq!(value(&merged), Some(b"12".into()), "{here:?} and {there:?}");
            let both = VersionVector::from_iter([(NodeId(2), place(1)), (NodeId(3), place(1))]);
            assert_eq!(*merged.vector(), both);
        }
    }
}
