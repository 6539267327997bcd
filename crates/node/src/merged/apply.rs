//! Applies entries that are on disk; then own writes are answered, and own entries spread.

use bytes::Bytes;

use super::Merged;
use super::entry;
use super::foreseen::Foretold;
use super::hlc::Stamp;
use super::log::Kept;
use super::state::At;
use super::writes::{Asked, Told};
use crate::commands::{Command, Write};
use crate::ids::{NodeId, Ticket};
use crate::position::{Certificate, MergedPosition, MergedWrite};
use crate::reply::Reply;
use crate::turn::Turn;
use crate::wire::message::Body;
use crate::wire::version_vector::{Place, VersionVector};

impl Merged {
    pub(crate) fn on_persisted(&mut self, ticket: Ticket, turn: &mut Turn<'_>) {
        while let Some((_, count)) = self.syncing.pop_front_if(|(due, _)| *due <= ticket) {
            self.synced_count = count;
        }
        self.apply(turn);
    }

    /// Applies what is on disk, as much as this turn may; true if something was.
    pub(super) fn apply(&mut self, turn: &mut Turn<'_>) -> bool {
        let before = self.log.applied_count();
        let mut own = vec![];
        while self.may_apply() && !turn.budget.work.is_spent() {
            let mut replies = vec![];
            let (mut keys, mut bytes) = (1, 0);
            let mut each = |write: &Write<'_>, at, reply| {
                keys += write.keys();
                bytes += write.bytes();
                if let Some(at) = at {
                    replies.push((at, reply));
                }
            };
            let entry = self.apply_next(&mut each);
            turn.budget.work.spend(keys, bytes);
            let Some(entry) = entry else { continue };
            for (write, reply) in replies {
                self.answer(&entry, write, reply, turn);
                self.answer_readers(turn);
            }
            own.push(entry);
        }
        self.push(own, turn);
        self.forget(turn.now.monotonic_ms);
        self.log.applied_count() > before
    }

    /// Whether something is on disk that may be applied.
    pub(super) fn may_apply(&self) -> bool {
        self.log.applied_count() < self.synced_count && self.has_room()
    }

    /// Whether more may change: a count that goes on has room for so many keys that come and go,
    /// and a snapshot for so much that it has not seen yet.
    pub(super) fn has_room(&self) -> bool {
        !self.state.watch.is_full() && self.state.kept_bytes() < self.limits.spool_bytes
    }

    /// Applies the next entry, which is on disk; gives it back if it is of this boot of this node.
    pub(super) fn apply_next(
        &mut self,
        each: &mut impl FnMut(&Write<'_>, Option<MergedWrite>, Reply),
    ) -> Option<Bytes> {
        let (Kept { origin, place, clock, bytes }, is_new) = self.log.apply_next();
        self.raise_clock(clock, false);
        let own = origin == self.me && place.boot == self.boot;
        // What a delete overwrote whose tombstone is gone must not come back.
        if mutant!(JoinedAppliedAgain, !is_new && !own, false) {
            return None;
        }
        let is_whole = mutant!(CountedWhileLost, self.lost.is_empty(), true);
        let mut is_put_off = false;
        entry::for_each(&bytes, |header, offset, write| {
            let stamp =
                Stamp { clock, replica: origin, offset: mutant!(StampWithoutOffset, offset, 0) };
            if !is_whole && write.adds() {
                is_put_off = true;
                return;
            }
            let state = &mut self.state;
            let reply = write.merge(&mut At { state, stamp, place, after: &header.after });
            each(&write, own.then(|| merged_write(stamp, place)), reply);
        });
        if is_put_off {
            self.put_off.push(bytes.clone());
        }
        if own {
            self.overlay.on_applied(place);
        }
        own.then_some(bytes)
    }

    /// Answers the next own write, which was just applied with its entry. It stands behind what the
    /// entry does: what was applied while it was on its way to the disk is not in it, and others
    /// may apply that later.
    fn answer(&mut self, entry: &[u8], write: MergedWrite, reply: Reply, turn: &mut Turn<'_>) {
        let asked = self.waiters.pop_front().expect("every own write has its place");
        let Asked { waiter: Some(waiter), told } = asked else { return };
        self.told_bytes -= told.bytes();
        let (reply, by) = match told {
            Told::Sum(Foretold { number, winner }) => {
                let by = winner.map(|by| merged_write(by.stamp, by.place));
                (Reply::Integer(number), Some(by))
            }
            Told::Transaction(reply) => (reply, None),
            Told::Nothing | Told::Reads(..) => (reply, None),
        };
        let vector = || mutant!(CertificateTooWide, entry::vector(entry), self.vector().clone());
        turn.answer_write(&waiter, reply, || Certificate::Merged {
            position: positions(&vector()),
            by,
            entry: Some(write),
        });
    }

    /// Where an answer to this read stands.
    pub(crate) fn certificate(&self, command: &Command) -> Certificate {
        let by = command.sole_key().map(|key| {
            let written = self.state.written(key);
            written.map(|(stamp, place)| merged_write(stamp, place))
        });
        Certificate::Merged { position: positions(self.log.applied()), by, entry: None }
    }

    /// Sends own entries that are on disk to everyone.
    pub(super) fn push(&self, entries: Vec<Bytes>, turn: &mut Turn<'_>) {
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|entry| {
                bytes += entry.len();
                bytes <= self.limits.entry_bytes
            });
            let (part, others) = rest.split_at(fits.count().max(1));
            rest = others;
            let message = turn.message(Body::Entries { entries: part.to_vec(), more: false });
            for peer in self.repair.peers() {
                let message = message.clone();
                turn.outputs.push(crate::api::Output::Send { to: *peer, message, urgent: false });
            }
        }
    }
}

pub(super) fn positions(vector: &VersionVector) -> Vec<MergedPosition> {
    vector.iter().map(|(replica, place)| merged_position(replica, place)).collect()
}

fn merged_position(replica: NodeId, place: Place) -> MergedPosition {
    MergedPosition { replica, boot: place.boot, index: place.index }
}

fn merged_write(stamp: Stamp, place: Place) -> MergedWrite {
    let entry = merged_position(stamp.replica, place);
    MergedWrite { entry, offset: stamp.offset, clock: stamp.clock }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, Index, KeyspaceId};
    use crate::merged::{Header, Pieces};
    use crate::wire::base::MergedBase;

    #[test]
    fn what_a_fetched_state_holds_is_not_applied() {
        let mut merged = Merged::new(NodeId(1), &[NodeId(1), NodeId(2)]);
        let place = Place { boot: Boot(1), index: Index(1) };
        let (previous, after) = (Place::START, VersionVector::default());
        let header = Header { origin: NodeId(2), place, previous, clock: 1, after };
        let set = Command::of(&Vec::from(["set", "key", "value"].map(Bytes::from))).unwrap();
        let write = merged.copies.encoded(KeyspaceId::DEFAULT, &set);
        merged.take(&header, crate::merged::entry::encode(&header, 1, &write));
        // There the key was deleted by the next entry, and the tombstone is gone.
        let place = Place { index: Index(2), ..place };
        let vector = VersionVector::from_iter([(NodeId(2), place)]);
        let base = MergedBase { vector, ..MergedBase::default() };
        merged.restore_joined(Pieces::default(), &base);
        merged.apply_next(&mut |_, _, _| ());
        assert_eq!((merged.value(b"key"), merged.log.applied_count()), (None, 1));
    }
}
