//! The disk of a node of a story: groups and snapshots, and how a node is born from them.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use node::*;

/// What is left of a group that was cut off the log.
pub(super) const GONE: &[u8] = b"gone";

/// A disk: all that is on its way gets there at the next step, unless it stands still.
#[derive(Default)]
pub(super) struct Disk {
    /// Groups that are safe.
    pub(super) kept: Vec<Bytes>,
    /// Groups on their way.
    pub(super) pending: VecDeque<(Ticket, Bytes)>,
    pub(super) stalled: bool,
    /// Snapshots in place, and the one that is being written.
    pub(super) snapshots: BTreeMap<SnapshotNumber, Snapshot>,
    pub(super) writing: Option<(SnapshotNumber, Snapshot, bool)>,
    /// The highest number of one that was found damaged, or discarded.
    pub(super) bad: SnapshotNumber,
}

/// A snapshot, and how many groups it stands for.
#[derive(Clone, Default)]
pub(super) struct Snapshot {
    pub(super) bytes: Vec<u8>,
    pub(super) groups: usize,
}

impl Disk {
    /// What is on its way gets there, and a snapshot that is complete is put in place: what is to
    /// be told of it.
    pub(super) fn sync(&mut self) -> Vec<Input> {
        let place = LogPlace(self.kept.len() as u64);
        let last = self.pending.back().map(|(last, _)| Input::Persisted { ticket: *last, place });
        self.kept.extend(self.pending.drain(..).map(|(_, group)| group));
        let mut told: Vec<Input> = last.into_iter().collect();
        if let Some((number, snapshot, true)) = self.writing.take_if(|writing| writing.2) {
            let bytes = snapshot.bytes.len() as u64;
            self.snapshots.insert(number, snapshot);
            while self.snapshots.len() > 2 {
                self.snapshots.pop_first();
            }
            told.push(Input::SnapshotPlaced { number, bytes });
        } else if let Some((number, snapshot, false)) = &self.writing {
            let bytes = snapshot.bytes.len() as u64;
            told.push(Input::SnapshotWritten { number: *number, bytes });
        }
        told
    }

    /// The group that is first on its way gets there.
    pub(super) fn sync_one(&mut self) -> Option<Input> {
        let place = LogPlace(self.kept.len() as u64);
        let (ticket, group) = self.pending.pop_front()?;
        self.kept.push(group);
        Some(Input::Persisted { ticket, place })
    }

    /// The groups from this place on, of so many bytes, and the place of the next.
    pub(super) fn read(&self, place: LogPlace, bytes: usize) -> (Vec<Bytes>, LogPlace) {
        let (mut groups, mut size) = (vec![], 0);
        let behind = self.kept.iter().skip(place.0 as usize);
        for group in behind.take_while(|group| group.as_ref() != GONE) {
            groups.push(group.clone());
            size += group.len();
            if size >= bytes {
                break;
            }
        }
        let next = LogPlace(place.0 + groups.len() as u64);
        (groups, next)
    }

    /// Brings a node back to where it was: what could not be read, if something. What is damaged,
    /// or to be discarded, is never read again.
    pub(super) fn recover(
        &mut self,
        config: &Config,
    ) -> (Result<Node, StartError>, Option<String>) {
        let mut damaged = None;
        let mut skipped = SnapshotNumber(0);
        let snapshots = self.snapshots.iter().rev().filter(|_| !config.discard_state);
        for (number, snapshot) in snapshots {
            let mut recovery = Recovery::new(config.clone());
            recovery.skip_snapshot(skipped);
            let loaded = snapshot.bytes.chunks(100).try_for_each(|piece| recovery.load(piece));
            if loaded.and_then(|()| recovery.loaded(*number)).is_ok() {
                return (replay(recovery, &self.kept, snapshot.groups), damaged);
            }
            skipped = skipped.max(*number);
            damaged = Some(format!("snapshot {number} cannot be read"));
        }
        let mut recovery = Recovery::new(config.clone());
        let last = self.snapshots.last_key_value().map_or(SnapshotNumber(0), |(number, _)| *number);
        self.bad = last.max(self.bad);
        recovery.skip_snapshot(self.bad);
        let cut = self.kept.iter().take_while(|group| group.as_ref() == GONE).count();
        if cut > 0 {
            recovery.lose_state();
        }
        let node = replay(recovery, &self.kept, cut);
        if node.is_ok() {
            self.snapshots.clear();
        }
        (node, damaged)
    }
}

fn replay(mut recovery: Recovery, groups: &[Bytes], from: usize) -> Result<Node, StartError> {
    for (place, group) in groups.iter().enumerate().skip(from) {
        recovery.replay(LogPlace(place as u64), group)?;
    }
    recovery.finish()
}
