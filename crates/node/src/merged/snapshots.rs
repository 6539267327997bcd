//! What stands for the entries that are not kept any more: the state, written down, and fetched by
//! replicas that lack more than the logs hold.

use super::log::Lacks;
use super::{Merged, hlc};
use crate::ids::{NodeId, SnapshotNumber};
use crate::turn::Turn;
use crate::wire::base::MergedBase;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::record::Record;
use crate::wire::version_vector::{Place, VersionVector};

/// How long what follows a snapshot is kept that somebody wants, from its begin and from when a
/// piece of it was asked for, in milliseconds.
const WRITTEN_MS: u64 = 60_000;
const ASKED_MS: u64 = 5000;

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

    /// Takes in keys of a slot of a snapshot of this node.
    pub(crate) fn load(&mut self, slot: &[u8]) -> Result<(), Malformed> {
        self.state.load(slot)
    }

    /// All slots of a snapshot of this node are here.
    pub(crate) fn loaded(&mut self, base: &MergedBase) {
        self.log.join(base, true);
        self.clock.raise(base.clock);
        self.lost.drop_held(&base.vector);
    }

    /// A state of this node that stood there is lost. The log goes on behind it, and what was
    /// promised stays.
    pub(crate) fn lose_state(&mut self, base: &MergedBase) {
        self.log.join(base, true);
        self.clock.raise(base.clock);
        self.lost.join(&base.vector);
    }

    /// What is missing of the state.
    pub(crate) fn lost(&self) -> &VersionVector {
        &self.lost
    }

    /// Whether nothing is missing any more once a state that stands there is merged.
    pub(crate) fn is_whole_with(&self, base: &MergedBase) -> bool {
        base.vector.holds(&self.lost)
    }

    /// What is missing and none of these members has, if all of them have told what they have.
    pub(crate) fn lost_for_good(
        &self,
        members: impl Iterator<Item = NodeId> + Clone,
    ) -> Option<(NodeId, Place)> {
        let nowhere = |(replica, place): &(NodeId, Place)| {
            self.repair.none_has(members.clone(), *replica, *place)
        };
        self.lost.iter().find(nowhere)
    }

    /// The snapshot that has something of what another replica lost, if there is one or, with
    /// `None` in it, if a new one would.
    pub(crate) fn offer_of(&self, lost: &VersionVector) -> Option<Option<SnapshotNumber>> {
        let helps = |vector: &VersionVector| {
            lost.iter().any(|(replica, place)| vector.get(replica) >= place)
        };
        let offer = self.offer.as_ref().filter(|(_, vector)| helps(vector));
        offer.map(|(number, _)| Some(*number)).or_else(|| helps(self.log.applied()).then_some(None))
    }

    /// Whether a snapshot of another replica can be merged: it speaks of members, and holds of this
    /// replica only what that has written. If it holds more, this node stops.
    pub(crate) fn check_base(
        &self,
        base: &MergedBase,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        self.check_replicas(&base.vector)?;
        if !hlc::is_in_format(base.clock) {
            return Err(Malformed);
        }
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

    /// A snapshot is begun here. If somebody wants it, what follows it is kept for a while.
    pub(crate) fn note_begun(&mut self, now_ms: u64) {
        if self.wants_snapshot {
            self.needed = Some((self.log.applied().clone(), now_ms + WRITTEN_MS));
        }
    }

    /// A snapshot that others may fetch is in place.
    pub(crate) fn offer(&mut self, number: SnapshotNumber, vector: VersionVector) {
        self.offer = Some((number, vector));
        self.wants_snapshot = false;
    }

    /// Somebody fetches it.
    pub(crate) fn on_asked(&mut self, now_ms: u64) {
        if let Some((_, vector)) = &self.offer {
            self.needed = Some((vector.clone(), now_ms + ASKED_MS));
        }
    }

    /// Forgets what is too much of the logs.
    pub(super) fn forget(&mut self, now_ms: u64) {
        let needed = self.needed.as_ref().filter(|(_, until_ms)| now_ms < *until_ms);
        self.log.forget(self.limits.kept_bytes, needed.map(|(vector, _)| vector));
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
                    self.on_asked(turn.now.monotonic_ms);
                }
                _ => self.wants_snapshot = true,
            },
        }
    }
}
