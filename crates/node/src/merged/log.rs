//! The merged logs of all replicas as this one holds them: in the order in which they went to its
//! disk.
//!
//! That order keeps every entry behind all that it depends on, so any prefix of it makes sense by
//! itself: it is what is replayed after a crash, and what is sent to a peer that lacks something.
//! What is applied is kept up to a set size; who lacks older entries gets a snapshot.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::entry::{self, Header};
use crate::ids::{Boot, Index, NodeId};
use crate::limits::KEPT_TIMES;
use crate::wire::base::MergedBase;
use crate::wire::version_vector::{Place, VersionVector};

/// The entries that are kept, and how far each log is held.
///
/// - Entries are counted from the first that there ever was here; those before `forgotten` are not
///   here any more.
/// - Those before `applied_count` are on disk and applied; the rest are on their way to the disk.
/// - Every entry stands behind all those in its `after`, and behind its `previous`.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Kept>,
    /// What they weigh.
    bytes: usize,
    forgotten: usize,
    /// Up to where entries of each replica are not here any more.
    cut: VersionVector,
    /// Where the entries of each replica stand, in order.
    of: BTreeMap<NodeId, VecDeque<usize>>,
    appended: VersionVector,
    applied: VersionVector,
    applied_count: usize,
    /// How many entries there ever were when a state was last joined.
    joined_count: usize,
    /// The last entry of each boot of this replica.
    own: BTreeMap<Boot, Index>,
}

/// An entry as the log keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) origin: NodeId,
    pub(crate) place: Place,
    pub(crate) clock: u64,
    pub(crate) bytes: Bytes,
}

/// What an entry is to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The next one: it may be appended.
    Next,
    /// It is held already.
    Held,
    /// Something it depends on is missing.
    Early,
    /// It says that its replica's earlier boots ended before this entry, which is held.
    Forgets(Place),
}

/// What a peer lacks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lacks {
    /// These entries; and whether there are more.
    Entries(Vec<Bytes>, bool),
    /// Entries that are not kept any more.
    Snapshot,
}

/// What an entry takes beside its bytes, about.
const ENTRY_BYTES: usize = 128;

impl Log {
    pub(crate) fn appended(&self) -> &VersionVector {
        &self.appended
    }

    pub(crate) fn applied(&self) -> &VersionVector {
        &self.applied
    }

    /// What others may be told that this replica holds: what it had applied when it made the first
    /// of its entries that are on their way to the disk, or has now if none is. Whoever holds what
    /// it told holds all that it wrote without having applied that much, and so a delete in it can
    /// be forgotten. Nothing, while entries from before a state was joined are on their way there.
    /// Of those this replica may have stamped some below deletes that the state brought, and
    /// whoever is told of the deletes must be told of those, too.
    pub(crate) fn told(&self, me: NodeId) -> Option<VersionVector> {
        let holds_own = self.applied_count >= self.joined_count;
        if !mutant!(JoinedToldAtOnce, holds_own, true) {
            return None;
        }
        let first = mutant!(ToldAheadOfOwn, self.unapplied_of(me).next(), None);
        Some(first.map_or_else(|| self.applied.clone(), |bytes| entry::before(bytes)))
    }

    /// Whether this replica has written that entry of its own.
    pub(crate) fn has_written(&self, place: Place) -> bool {
        let last = self.own.range(..=place.boot).next_back();
        last.is_some_and(|(boot, index)| place <= Place { boot: *boot, index: *index })
    }

    /// How many entries there ever were here, on disk or not.
    pub(crate) fn len(&self) -> usize {
        self.forgotten + self.entries.len()
    }

    /// Up to where entries are not kept any more.
    pub(crate) fn cut(&self) -> &VersionVector {
        &self.cut
    }

    /// The last entry of each boot of this replica.
    pub(crate) fn own(&self) -> &BTreeMap<Boot, Index> {
        &self.own
    }

    /// The entries that are on their way to the disk.
    pub(crate) fn unapplied(&self) -> impl Iterator<Item = &Bytes> {
        self.entries.iter().skip(self.applied_count - self.forgotten).map(|kept| &kept.bytes)
    }

    /// The entries that are kept, from the one of this number on.
    pub(crate) fn kept_from(&self, from: usize) -> impl Iterator<Item = &Bytes> {
        self.entries.iter().skip(from.saturating_sub(self.forgotten)).map(|kept| &kept.bytes)
    }

    /// The entries of a replica that are on their way to the disk.
    pub(crate) fn unapplied_of(&self, replica: NodeId) -> impl Iterator<Item = &Bytes> {
        let unapplied = self.entries.iter().skip(self.applied_count - self.forgotten);
        unapplied.filter(move |kept| kept.origin == replica).map(|kept| &kept.bytes)
    }

    /// The state holds all of this, whatever is here of it. `own`: and the state is one of this
    /// replica.
    pub(crate) fn join(&mut self, base: &MergedBase, own: bool) {
        self.appended.join(&base.vector);
        self.applied.join(&base.vector);
        // What lies between is not here.
        mutant!(JoinedGapSent, self.cut.join(&base.vector), ());
        self.joined_count = self.len();
        if own {
            self.own.extend(&base.own);
        }
    }

    /// Forgets applied entries while all weigh more than so many bytes. Those beyond a vector that
    /// somebody will stand at stay, unless all weigh several times as much.
    pub(crate) fn forget(&mut self, kept_bytes: usize, needed: Option<&VersionVector>) {
        let is_needed =
            |kept: &Kept| needed.is_some_and(|needed| kept.place > needed.get(kept.origin));
        while self.bytes > kept_bytes
            && self.forgotten < self.applied_count
            && let Some(first) = self.entries.front()
            && (self.bytes > KEPT_TIMES * kept_bytes || !is_needed(first))
            && let Some(kept) = self.entries.pop_front()
        {
            self.bytes -= ENTRY_BYTES + kept.bytes.len();
            self.forgotten += 1;
            self.cut.raise(kept.origin, kept.place);
            if let Some(of) = self.of.get_mut(&kept.origin) {
                of.pop_front();
            }
        }
    }

    fn kept(&self, count: usize) -> &Kept {
        &self.entries[count - self.forgotten]
    }

    pub(crate) fn fit(&self, header: &Header) -> Fit {
        let held = self.appended.get(header.origin);
        if header.place <= held {
            Fit::Held
        } else if header.place.index == Index(1) && header.previous < held {
            Fit::Forgets(held)
        } else if mutant!(
            PlaceSkipped,
            header.previous == held && self.holds_after(header),
            self.holds_after_of_others(header)
        ) {
            Fit::Next
        } else {
            Fit::Early
        }
    }

    /// Whether all is held that its replica had applied when it made this entry.
    fn holds_after(&self, header: &Header) -> bool {
        mutant!(AppliedBeforeDependencies, self.appended.holds(&header.after), true)
    }

    #[cfg(feature = "mutants")]
    fn holds_after_of_others(&self, header: &Header) -> bool {
        let holds = |(of, place)| of == header.origin || self.appended.get(of) >= place;
        header.after.iter().all(holds)
    }

    /// Appends an entry that is [`Fit::Next`].
    pub(crate) fn append(&mut self, header: &Header, bytes: Bytes) {
        let count = self.len();
        self.of.entry(header.origin).or_default().push_back(count);
        self.appended.advance(header.origin, header.place);
        let Header { origin, place, clock, .. } = *header;
        self.bytes += ENTRY_BYTES + bytes.len();
        self.entries.push_back(Kept { origin, place, clock, bytes });
    }

    /// An entry of this replica is appended.
    pub(crate) fn note_own(&mut self, place: Place) {
        self.own.insert(place.boot, place.index);
    }

    /// The next entry is on disk: it counts as applied from now on. With it, whether it is new to
    /// the state: a snapshot may have brought it meanwhile.
    pub(crate) fn apply_next(&mut self) -> (Kept, bool) {
        let kept = self.kept(self.applied_count).clone();
        let is_new = self.applied.get(kept.origin) < kept.place;
        self.applied.raise(kept.origin, kept.place);
        self.applied_count += 1;
        (kept, is_new)
    }

    /// How many entries are on disk and applied.
    pub(crate) fn applied_count(&self) -> usize {
        self.applied_count
    }

    /// Entries on disk beyond `vector`, in the order of this log, at most about `bytes_max` bytes
    /// of them but at least one; and whether there are more.
    pub(crate) fn beyond(&self, vector: &VersionVector, bytes_max: usize) -> Lacks {
        if mutant!(CutLogSkips, !vector.holds(&self.cut), false) {
            return Lacks::Snapshot;
        }
        let first_lacked = |(replica, of): (&NodeId, &VecDeque<usize>)| {
            let held = of.partition_point(|at| self.kept(*at).place <= vector.get(*replica));
            of.get(held).copied()
        };
        let Some(start) = self.of.iter().filter_map(first_lacked).min() else {
            return Lacks::Entries(vec![], false);
        };
        let shown = mutant!(RepairsUnsynced, self.applied_count, self.len());
        let mut bytes_left = bytes_max;
        let mut lacked = vec![];
        let shown = shown.max(start) - self.forgotten;
        for Kept { origin, place, bytes, .. } in self.entries.range(start - self.forgotten..shown) {
            if *place <= vector.get(*origin) {
                continue;
            }
            if !lacked.is_empty() && bytes.len() > bytes_left {
                return Lacks::Entries(lacked, mutant!(MoreNotSaid, true, false));
            }
            bytes_left = bytes_left.saturating_sub(bytes.len());
            lacked.push(bytes.clone());
        }
        Lacks::Entries(lacked, false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry;
    use super::*;

    fn place(boot: u64, index: u64) -> Place {
        Place { boot: Boot(boot), index: Index(index) }
    }

    fn append(log: &mut Log, origin: u64, at: Place, previous: Place) -> Fit {
        let after = log.applied().clone();
        let header = Header { origin: NodeId(origin), place: at, previous, clock: 1, after };
        let fit = log.fit(&header);
        if fit == Fit::Next {
            log.append(&header, entry::encode(&header, 0, &[]));
            log.apply_next();
        }
        fit
    }

    #[test]
    fn an_entry_fits_right_after_the_one_before_it() {
        let mut log = Log::default();
        assert_eq!(append(&mut log, 1, place(1, 2), place(1, 1)), Fit::Early);
        assert_eq!(append(&mut log, 1, place(1, 1), Place::START), Fit::Next);
        assert_eq!(append(&mut log, 1, place(1, 1), Place::START), Fit::Held);
        assert_eq!(append(&mut log, 1, place(1, 2), place(1, 1)), Fit::Next);
        assert_eq!(append(&mut log, 1, place(4, 1), place(1, 2)), Fit::Next);
        assert_eq!(append(&mut log, 1, place(1, 3), place(1, 2)), Fit::Held, "that boot is over");
        let forgets = append(&mut log, 1, place(5, 1), place(1, 2));
        assert_eq!(forgets, Fit::Forgets(place(4, 1)), "boot 5 does not know of boot 4");
    }

    #[test]
    fn what_a_peer_lacks_comes_in_order_and_in_parts() {
        let mut log = Log::default();
        append(&mut log, 1, place(1, 1), Place::START);
        append(&mut log, 2, place(1, 1), Place::START);
        append(&mut log, 1, place(1, 2), place(1, 1));
        let nothing = VersionVector::default();
        let Lacks::Entries(all, false) = log.beyond(&nothing, usize::MAX) else { panic!() };
        assert_eq!(all.len(), 3);
        assert_eq!(log.beyond(&nothing, 1), Lacks::Entries(all[..1].to_vec(), true));
        let vector = VersionVector::from_iter([(NodeId(1), place(1, 1))]);
        assert_eq!(log.beyond(&vector, usize::MAX), Lacks::Entries(all[1..].to_vec(), false));
        assert_eq!(log.beyond(log.applied(), usize::MAX), Lacks::Entries(vec![], false));
    }

    #[test]
    fn who_lacks_what_is_forgotten_is_told_so() {
        let mut log = Log::default();
        append(&mut log, 1, place(1, 1), Place::START);
        append(&mut log, 2, place(1, 1), Place::START);
        append(&mut log, 1, place(1, 2), place(1, 1));
        let Lacks::Entries(all, _) = log.beyond(&VersionVector::default(), usize::MAX) else {
            panic!()
        };
        log.forget(2 * ENTRY_BYTES + all[1].len() + all[2].len(), None);
        assert_eq!(log.len(), 3);
        assert_eq!(log.beyond(&VersionVector::default(), usize::MAX), Lacks::Snapshot);
        let holds_first = VersionVector::from_iter([(NodeId(1), place(1, 1))]);
        assert_eq!(log.beyond(&holds_first, usize::MAX), Lacks::Entries(all[1..].to_vec(), false));
        append(&mut log, 1, place(1, 3), place(1, 2));
        log.forget(log.bytes.div_ceil(KEPT_TIMES), Some(&holds_first));
        let Lacks::Entries(three, false) = log.beyond(&holds_first, usize::MAX) else { panic!() };
        assert_eq!(three.len(), 3, "somebody will need them");
        log.forget(log.bytes / (KEPT_TIMES + 1), Some(&holds_first));
        assert_eq!(log.beyond(&holds_first, usize::MAX), Lacks::Snapshot, "not for that much");
        log.forget(0, None);
        let last = log.applied().clone();
        assert_eq!(log.beyond(&last, usize::MAX), Lacks::Entries(vec![], false));
        assert_eq!(log.beyond(&holds_first, usize::MAX), Lacks::Snapshot);
    }

    #[test]
    fn who_joined_a_state_tells_nothing_before_its_own_entries_are_on_disk() {
        let mut log = Log::default();
        let header = Header {
            origin: NodeId(1),
            place: place(1, 1),
            previous: Place::START,
            clock: 1,
            after: VersionVector::default(),
        };
        log.append(&header, entry::encode(&header, 0, &[]));
        assert_eq!(log.told(NodeId(1)), Some(VersionVector::default()));
        let vector = VersionVector::from_iter([(NodeId(2), place(1, 1))]);
        log.join(&MergedBase { vector, ..MergedBase::default() }, false);
        assert_eq!(log.told(NodeId(1)), None);
        log.apply_next();
        assert_eq!(log.told(NodeId(1)), Some(log.applied().clone()));
    }

    #[test]
    fn who_joined_a_state_has_no_entries_for_who_lacks_what_that_holds() {
        let mut log = Log::default();
        append(&mut log, 2, place(1, 1), Place::START);
        let vector = VersionVector::from_iter([(NodeId(2), place(1, 5))]);
        log.join(&MergedBase { vector, ..MergedBase::default() }, false);
        append(&mut log, 2, place(1, 6), place(1, 5));
        let holds = |index| VersionVector::from_iter([(NodeId(2), place(1, index))]);
        // Whoever got the sixth would wait for those before it, which are not here.
        assert_eq!(log.beyond(&holds(1), usize::MAX), Lacks::Snapshot);
        let Lacks::Entries(last, false) = log.beyond(&holds(5), usize::MAX) else { panic!() };
        assert_eq!(last.len(), 1);
    }

    #[test]
    fn no_more_is_told_than_was_applied_when_the_next_own_entry_was_made() {
        let mut log = Log::default();
        let first = VersionVector::from_iter([(NodeId(2), place(1, 1))]);
        append(&mut log, 2, place(1, 1), Place::START);
        // Another entry comes, and one is made, while that is on its way to the disk.
        let take = |log: &mut Log, origin, at, previous, after: &VersionVector| {
            let origin = NodeId(origin);
            let header = Header { origin, place: at, previous, clock: 9, after: after.clone() };
            log.append(&header, entry::encode(&header, 0, &[]));
        };
        take(&mut log, 2, place(1, 2), place(1, 1), &first);
        take(&mut log, 1, place(1, 1), Place::START, &first);
        assert_eq!(log.told(NodeId(1)), Some(first.clone()));
        log.apply_next();
        assert_eq!(log.applied().get(NodeId(2)), place(1, 2));
        assert_eq!(log.told(NodeId(1)), Some(first), "the own one has not seen it");
        log.apply_next();
        assert_eq!(log.told(NodeId(1)), Some(log.applied().clone()));
    }
}
