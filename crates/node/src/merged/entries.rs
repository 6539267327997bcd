//! Entries and version vectors of other replicas, and what they say of this one.

use bytes::Bytes;

use super::Merged;
use super::entry::{self, Header};
use super::log::Fit;
use crate::ids::{Index, NodeId};
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::version_vector::{Place, VersionVector};

impl Merged {
    pub(crate) fn on_entries(
        &mut self,
        from: NodeId,
        entries: Vec<Bytes>,
        more: bool,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        let is_full = mutant!(FullReplicaTakesEntries, turn.disk.is_full(), false);
        let lags = mutant!(LaggingReplicaTakesEntries, turn.disk.lags_foreign(), false);
        if is_full || lags || self.puts_off_too_much() {
            // As if they were lost: they are asked for again.
            return Ok(());
        }
        if mutant!(LeaverHeard, self.shuns(from), false) {
            return Ok(());
        }
        for bytes in entries {
            let header = entry::check_received(&bytes)?;
            self.check_replicas(&header.after)?;
            self.check_replica(header.origin)?;
            self.on_entry(header, &bytes, turn);
            if *turn.halted {
                return Ok(());
            }
        }
        self.repair.on_entries(from, more);
        Ok(())
    }

    fn check_replica(&self, id: NodeId) -> Result<(), Malformed> {
        let is_member = id == self.me || self.repair.peers().contains(&id);
        if is_member || self.gone.contains_key(&id) { Ok(()) } else { Err(Malformed) }
    }

    /// What a member has applied can only be entries of members, or of such as were.
    pub(super) fn check_replicas(&self, vector: &VersionVector) -> Result<(), Malformed> {
        vector.iter().try_for_each(|(id, _)| self.check_replica(id))
    }

    fn on_entry(&mut self, header: Header, bytes: &[u8], turn: &mut Turn<'_>) {
        if header.origin == self.me && !self.has_written(header.place) {
            self.on_unknown_own(header.place, turn);
            return;
        }
        let last = self.gone.get(&header.origin);
        if last.is_some_and(|last| header.place > *last) {
            // It was never answered by anybody that counts.
            return;
        }
        // What is kept lets the receive buffer go.
        let own = || Bytes::copy_from_slice(bytes);
        match self.log.fit(&header) {
            Fit::Held => {}
            Fit::Forgets(held) => {
                mutant!(ForgottenNotTold, turn.send(header.origin, Body::Lost(held)), ());
            }
            Fit::Early => self.inbox.keep(header, own()),
            Fit::Next => {
                self.append(&header, own(), turn);
                while let Some((header, bytes)) = self.inbox.take_fitting(&self.log) {
                    self.append(&header, bytes, turn);
                }
            }
        }
    }

    /// Whether this node holds that entry of its own. Entries of a later boot do not say so: what
    /// came before it may have been forgotten when it began.
    fn has_written(&self, place: Place) -> bool {
        self.log.has_written(place)
    }

    /// A member holds an entry of this node that this disk does not.
    pub(super) fn on_unknown_own(&self, place: Place, turn: &mut Turn<'_>) {
        if place.boot >= self.boot {
            turn.supersede(&format!(
                "another member holds entry {} of start {} of this node, which this data directory has not lived",
                place.index, place.boot
            ));
        } else {
            turn.halt(1, lost_entries(place));
        }
    }

    /// A member holds a later entry of an earlier boot of this node than this disk does.
    pub(crate) fn on_lost(&mut self, place: Place, turn: &mut Turn<'_>) {
        let is_lost = place.boot < self.boot && !self.has_written(place);
        if mutant!(LostNotBelieved, is_lost, false) {
            turn.halt(1, lost_entries(place));
        }
    }

    pub(crate) fn on_vector(
        &mut self,
        from: NodeId,
        vector: VersionVector,
        want: bool,
        members: Index,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        self.check_replicas(&vector)?;
        if want {
            self.help(from, &vector, turn);
        } else {
            self.repair.on_vector(from, vector, members);
        }
        Ok(())
    }
}

fn lost_entries(place: Place) -> String {
    format!(
        "another member holds entry {} of boot {} of this node, which this disk does not: the disk lost synced \
         writes, or the data directory is an older copy. Start this node with the directory that it used last; no copy can take \
         its place. If that is damaged, the others go on without this node",
        place.index, place.boot
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ids::Boot;

    #[test]
    fn what_waits_of_one_that_is_shunned_goes() {
        let mut merged = Merged::new(NodeId(1), &[NodeId(1), NodeId(2), NodeId(3)]);
        let at = |index| Place { boot: Boot(1), index: Index(index) };
        for origin in [NodeId(2), NodeId(3)] {
            let (place, previous, after) = (at(2), at(1), VersionVector::default());
            let header = Header { origin, place, previous, clock: 1, after };
            merged.inbox.keep(header, Bytes::from_static(b"entry"));
        }
        let peers = vec![NodeId(2), NodeId(3)];
        merged.follow(Index(1), peers, BTreeMap::new(), vec![NodeId(3)]);
        assert_eq!(merged.inbox.len(), 1, "of the other one it waits on");
    }
}
