//! What stands for the entries that are not kept any more: the state, written down, and fetched by
//! replicas that lack more than the logs hold.

use bytes::Bytes;

use super::Merged;
use super::log::Lacks;
use crate::ids::{NodeId, SnapshotNumber};
use crate::turn::Turn;
use crate::wire::base::MergedBase;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::record::Record;
use crate::wire::version_vector::VersionVector;

impl Merged {
    /// Where the state stands.
    pub(crate) fn base(&self) -> MergedBase {
        MergedBase {
            vector: self.log.applied().clone(),
            clock: mutant!(SnapshotWithoutCeiling, self.clock.last(), 0),
            own: self.log.own().clone(),
        }
    }

    /// Records of the entries that are on their way to the disk: they follow the state.
    pub(crate) fn unapplied(&self) -> Vec<Record> {
        self.log.unapplied().cloned().map(Record::Merged).collect()
    }

    /// Takes in keys of a slot of a snapshot.
    pub(crate) fn load(&mut self, slot: &[u8]) -> Result<(), Malformed> {
        self.state.join(slot)
    }

    /// All slots are here. `own`: of a snapshot of this node.
    pub(crate) fn loaded(&mut self, base: &MergedBase, own: bool) {
        self.log.join(base, own);
        self.clock.raise(base.clock);
    }

    /// Merges the state of another replica, which is on this disk.
    pub(crate) fn join(&mut self, slots: &[Bytes], base: &MergedBase, turn: &mut Turn<'_>) {
        for slot in slots {
            self.state.join(slot).expect("a slot is checked before it is kept");
        }
        self.loaded(base, false);
        while let Some((header, bytes)) = self.inbox.take_fitting(&self.log) {
            self.append(&header, bytes, turn);
        }
    }

    /// Whether a snapshot of another replica can be merged: it speaks of members, and holds of this
    /// replica only what that has written. If it holds more, this node stops.
    pub(crate) fn check_base(
        &self,
        base: &MergedBase,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        self.check_replicas(&base.vector)?;
        let own = base.vector.get(self.me);
        if own > self.log.appended().get(self.me) {
            self.on_unknown_own(own, turn);
        }
        Ok(())
    }

    /// What is kept for a snapshot that is being written, in bytes.
    pub(crate) fn spool_bytes(&self) -> usize {
        self.state.kept_bytes()
    }

    /// Whether this member has more than there is here, as far as is known.
    pub(crate) fn lacks_of(&self, member: NodeId) -> bool {
        self.repair.is_ahead(member, &self.log)
    }

    /// A snapshot that others may fetch is in place.
    pub(crate) fn offer(&mut self, number: SnapshotNumber, vector: VersionVector) {
        self.offer = Some((number, vector));
        self.wants_snapshot = false;
    }

    /// Whether somebody lacks what only a new snapshot holds.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.wants_snapshot
    }

    /// Sends a member what it lacks: entries or, where they are not kept any more, the number of a
    /// snapshot.
    pub(super) fn help(&mut self, member: NodeId, vector: &VersionVector, turn: &mut Turn<'_>) {
        match self.log.beyond(vector, self.limits.entry_bytes) {
            Lacks::Entries(entries, more) if !entries.is_empty() => {
                turn.send(member, Body::Entries { entries, more });
            }
            Lacks::Entries(..) => {}
            Lacks::Snapshot => match &self.offer {
                Some((number, held)) if held.holds(self.log.cut()) => {
                    turn.send(member, Body::OfferSnapshot(*number));
                }
                _ => self.wants_snapshot = true,
            },
        }
    }
}
