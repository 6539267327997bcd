//! The snapshots on the disk of one node. Begin with [`Snapshots`].

use std::collections::BTreeMap;

use bytes::Bytes;
use node::SnapshotNumber;

/// So many are kept.
const KEPT: usize = 2;

/// Snapshots, and the contract that the driver keeps with them.
///
/// - One stands for all groups before it. It is in place once it is complete and these are synced;
///   of one that is not, a crash leaves nothing.
/// - Two are kept, and the groups behind the older one; those before `cut` are gone.
/// - Those that a start could not read are set aside: they do not count, so the log is kept until
///   there are two others.
/// - A start begins with the newest one. If a bit of that is flipped, it is the one before; if one
///   is flipped in each, the node has lost its state, and begins with the groups that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    kept: BTreeMap<SnapshotNumber, Snapshot>,
    writing: Option<Writing>,
    cut: usize,
}

/// A snapshot.
#[derive(Clone, Debug, Default)]
struct Snapshot {
    /// What was written, in order.
    bytes: Vec<u8>,
    /// How many groups it stands for.
    groups: usize,
    /// Whether a bit of it is flipped.
    rotten: bool,
}

/// One that is being written.
#[derive(Clone, Debug)]
struct Writing {
    number: SnapshotNumber,
    snapshot: Snapshot,
    is_complete: bool,
}

impl Snapshots {
    /// One is begun that stands for so many groups.
    pub(crate) fn begin(&mut self, number: SnapshotNumber, groups: usize) {
        let snapshot = Snapshot { groups, ..Snapshot::default() };
        self.writing = Some(Writing { number, snapshot, is_complete: false });
    }

    fn writing(&mut self) -> &mut Writing {
        self.writing.as_mut().expect("a snapshot is begun before it is written")
    }

    /// These bytes come next: how many there are by now.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> u64 {
        let written = &mut self.writing().snapshot.bytes;
        written.extend_from_slice(bytes);
        written.len() as u64
    }

    pub(crate) fn end(&mut self) {
        self.writing().is_complete = true;
    }

    /// What is not in place is gone.
    pub(crate) fn give_up(&mut self) {
        self.writing = None;
    }

    /// Whether this one is complete and not yet in place.
    pub(crate) fn is_placing(&self, number: SnapshotNumber) -> bool {
        self.writing.as_ref().is_some_and(|writing| writing.number == number && writing.is_complete)
    }

    /// Puts the one that is complete in place: its size. `None`: more groups must be synced before.
    pub(crate) fn place(&mut self, synced: usize) -> Option<u64> {
        let is_due = |writing: &mut Writing| writing.snapshot.groups <= synced;
        let Writing { number, snapshot, .. } = self.writing.take_if(is_due)?;
        let bytes = snapshot.bytes.len() as u64;
        self.kept.retain(|_, snapshot| !snapshot.rotten);
        self.kept.insert(number, snapshot);
        while self.kept.len() > KEPT {
            self.kept.pop_first();
        }
        if self.kept.len() == KEPT {
            self.cut = self.kept.values().map(|one| one.groups).min().unwrap_or(0);
        }
        Some(bytes)
    }

    /// So many groups are left of those that were synced: what was written after others is gone.
    pub(crate) fn lose(&mut self, synced: usize) {
        self.writing = None;
        self.kept.retain(|_, snapshot| snapshot.groups <= synced);
    }

    fn newest(&self) -> Option<(SnapshotNumber, &Snapshot)> {
        let good = self.kept.iter().rev().find(|(_, snapshot)| !snapshot.rotten);
        good.map(|(number, snapshot)| (*number, snapshot))
    }

    /// The one that a start begins with, and its bytes.
    pub(crate) fn first_read(&self) -> Option<(SnapshotNumber, &[u8])> {
        self.newest().map(|(number, snapshot)| (number, &snapshot.bytes[..]))
    }

    /// The group from which on a start reads the log.
    pub(crate) fn groups_from(&self) -> usize {
        self.newest().map_or(self.cut, |(_, snapshot)| snapshot.groups)
    }

    /// The first group that is not gone.
    pub(crate) fn cut(&self) -> usize {
        self.cut
    }

    /// Whether none can be read, and the groups before them are gone.
    pub(crate) fn are_lost(&self) -> bool {
        self.cut > 0 && self.newest().is_none()
    }

    /// Flips a bit in each.
    pub(crate) fn rot_all(&mut self) {
        self.kept.values_mut().for_each(|snapshot| snapshot.rotten = true);
    }

    /// Those that cannot be read.
    pub(crate) fn rotten(&self) -> impl Iterator<Item = SnapshotNumber> {
        self.kept.iter().filter(|(_, snapshot)| snapshot.rotten).map(|(number, _)| *number)
    }

    /// Flips a bit in the newest one, if a start can do without it.
    pub(crate) fn rot(&mut self) {
        let good = self.kept.values().filter(|snapshot| !snapshot.rotten).count();
        if good > 1 || (good == 1 && self.cut == 0) {
            let newest = self.kept.values_mut().rev().find(|snapshot| !snapshot.rotten);
            newest.expect("there is a good one").rotten = true;
        }
    }

    /// A part of one that is in place.
    pub(crate) fn read(&self, number: SnapshotNumber, offset: u64, bytes: usize) -> Option<Bytes> {
        let snapshot = self.kept.get(&number).filter(|snapshot| !snapshot.rotten)?;
        let rest = snapshot.bytes.get(offset as usize..)?;
        Some(Bytes::copy_from_slice(&rest[..bytes.min(rest.len())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(snapshots: &mut Snapshots, number: u64, groups: usize) {
        snapshots.begin(SnapshotNumber(number), groups);
        snapshots.write(&[number as u8]);
        snapshots.end();
        assert_eq!(snapshots.place(groups), Some(1));
    }

    #[test]
    fn one_is_in_place_once_what_it_stands_for_is_synced() {
        let mut snapshots = Snapshots::default();
        snapshots.begin(SnapshotNumber(1), 7);
        assert_eq!((snapshots.write(b"one"), snapshots.is_placing(SnapshotNumber(1))), (3, false));
        snapshots.end();
        assert!(snapshots.is_placing(SnapshotNumber(1)));
        assert_eq!((snapshots.place(6), snapshots.first_read()), (None, None));
        assert_eq!(snapshots.place(7), Some(3));
        assert_eq!(snapshots.first_read(), Some((SnapshotNumber(1), &b"one"[..])));
        snapshots.lose(6);
        assert_eq!(snapshots.first_read(), None);
    }

    #[test]
    fn a_start_does_without_one_that_is_damaged() {
        let mut snapshots = Snapshots::default();
        (1..=3).for_each(|number| placed(&mut snapshots, number, 10 * number as usize));
        assert_eq!(
            (snapshots.first_read().unwrap().0, snapshots.groups_from()),
            (SnapshotNumber(3), 30)
        );
        snapshots.rot();
        assert_eq!(
            (snapshots.first_read().unwrap().0, snapshots.groups_from()),
            (SnapshotNumber(2), 20)
        );
        snapshots.rot();
        assert_eq!(snapshots.rotten().count(), 1, "a start needs the other one");
        assert_eq!(snapshots.read(SnapshotNumber(3), 0, 1), None);
        assert_eq!(snapshots.read(SnapshotNumber(1), 0, 1), None, "two are kept");
        assert!(!snapshots.are_lost());
        snapshots.rot_all();
        assert_eq!((snapshots.are_lost(), snapshots.groups_from()), (true, 20));
    }

    #[test]
    fn one_that_cannot_be_read_does_not_let_the_log_go() {
        let mut snapshots = Snapshots::default();
        (1..=2).for_each(|number| placed(&mut snapshots, number, 10 * number as usize));
        snapshots.rot_all();
        placed(&mut snapshots, 3, 30);
        assert_eq!((snapshots.first_read().unwrap().0, snapshots.cut), (SnapshotNumber(3), 10));
        placed(&mut snapshots, 4, 40);
        assert_eq!(snapshots.cut, 30);
    }
}
