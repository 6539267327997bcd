//! The merged logs of all replicas as this one holds them: in the order in which they went to its
//! disk.
//!
//! That order keeps every entry behind all that it depends on, so any prefix of it makes sense by
//! itself: it is what is replayed after a crash, and what is sent to a peer that lacks something.
//! Until slots travel, nothing is cut from it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::entry::Header;
use crate::ids::{Boot, Index, NodeId};
use crate::wire::version_vector::{Place, VersionVector};

/// Every entry held, and how far each log is held.
///
/// - `entries[..applied_count]` are on disk and applied; the rest are on their way to the disk.
/// - Every entry stands behind all those in its `after`, and behind its `previous`.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Vec<Kept>,
    /// Where the entries of each replica stand in `entries`, in order.
    of: BTreeMap<NodeId, Vec<usize>>,
    appended: VersionVector,
    applied: VersionVector,
    applied_count: usize,
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

impl Log {
    pub(crate) fn appended(&self) -> &VersionVector {
        &self.appended
    }

    pub(crate) fn applied(&self) -> &VersionVector {
        &self.applied
    }

    /// The last entry of a replica up to the end of this boot.
    pub(crate) fn last_until(&self, replica: NodeId, boot: Boot) -> Place {
        let of = self.of.get(&replica).map_or(&[][..], Vec::as_slice);
        let end = of.partition_point(|at| self.entries[*at].place.boot <= boot);
        of[..end].last().map_or(Place::START, |at| self.entries[*at].place)
    }

    /// How many entries are held, on disk or not.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
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
        self.of.entry(header.origin).or_default().push(self.entries.len());
        self.appended.advance(header.origin, header.place);
        let Header { origin, place, clock, .. } = *header;
        self.entries.push(Kept { origin, place, clock, bytes });
    }

    /// The next entry is on disk: it counts as applied from now on.
    pub(crate) fn apply_next(&mut self) -> Kept {
        let kept = self.entries[self.applied_count].clone();
        self.applied.advance(kept.origin, kept.place);
        self.applied_count += 1;
        kept
    }

    /// How many entries are on disk and applied.
    pub(crate) fn applied_count(&self) -> usize {
        self.applied_count
    }

    /// Entries on disk beyond `vector`, in the order of this log, at most about `bytes_max` bytes
    /// of them but at least one; and whether there are more.
    pub(crate) fn beyond(&self, vector: &VersionVector, bytes_max: usize) -> (Vec<Bytes>, bool) {
        let first_lacked = |(replica, of): (&NodeId, &Vec<usize>)| {
            let held = of.partition_point(|at| self.entries[*at].place <= vector.get(*replica));
            of.get(held).copied()
        };
        let Some(start) = self.of.iter().filter_map(first_lacked).min() else {
            return (vec![], false);
        };
        let shown = mutant!(RepairsUnsynced, self.applied_count, self.entries.len());
        let mut bytes_left = bytes_max;
        let mut lacked = vec![];
        for Kept { origin, place, bytes, .. } in self.entries[..shown].iter().skip(start) {
            if *place <= vector.get(*origin) {
                continue;
            }
            if !lacked.is_empty() && bytes.len() > bytes_left {
                return (lacked, mutant!(MoreNotSaid, true, false));
            }
            bytes_left = bytes_left.saturating_sub(bytes.len());
            lacked.push(bytes.clone());
        }
        (lacked, false)
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
        let (all, more) = log.beyond(&VersionVector::default(), usize::MAX);
        assert_eq!((all.len(), more), (3, false));
        let (part, more) = log.beyond(&VersionVector::default(), 1);
        assert_eq!((part, more), (all[..1].to_vec(), true));
        let vector = VersionVector::from_iter([(NodeId(1), place(1, 1))]);
        assert_eq!(log.beyond(&vector, usize::MAX), (all[1..].to_vec(), false));
        assert_eq!(log.beyond(log.applied(), usize::MAX), (vec![], false));
    }
}
