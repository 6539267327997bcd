//! Whether a snapshot is to be begun before its time, because the disk runs short of room.
//!
//! A full disk takes no snapshot, and without one nothing is cut off the log that filled it. So
//! the log must not come that far: as long as there is room for a snapshot and some segments, one
//! is begun early. Once a second one stands behind it, what lies before the first goes. If the disk
//! is full all the same, and the state has become so small that it has room, that is a way out.

use std::sync::atomic::Ordering;

use node::{Memory, Snapshots};

use crate::log::{Counters, SEGMENT_BYTES};

/// How long after one look comes the next, in milliseconds. A quick disk fills up a segment in as
/// long.
const EVERY_MS: u64 = 100;
/// So many segments must have room beside a snapshot: the next one, and those that are written
/// while two snapshots are.
const SEGMENTS: u64 = 4;
/// A snapshot is worth it if what it lets go is no less than this part of it.
const WORTH: u64 = 4;

/// So much of a snapshot may be other than keys: entries that are not applied, and facts.
const BESIDE_KEYS_BYTES: u64 = 2 << 20;

/// Looks for room now and then.
#[derive(Debug, Default)]
pub(crate) struct Room {
    next_ms: u64,
}

impl Room {
    /// Whether it is time to look again.
    pub(crate) fn is_due(&mut self, now_ms: u64) -> bool {
        let is_due = now_ms >= self.next_ms;
        if is_due {
            self.next_ms = now_ms + EVERY_MS;
        }
        is_due
    }
}

/// Whether a snapshot is to be begun now for want of room.
pub(crate) fn is_short(log: &Counters, snapshots: &Snapshots) -> bool {
    let cut_bytes = cut_bytes(log);
    // The next one holds no more than the last one and what was written since.
    let needed_bytes = snapshots.last_bytes + snapshots.log_bytes + SEGMENTS * SEGMENT_BYTES;
    let is_short = log.room_bytes.load(Ordering::Relaxed) < needed_bytes;
    let is_worth_it = cut_bytes > 0 && cut_bytes >= snapshots.last_bytes / WORTH;
    is_short && is_worth_it
}

/// Whether one that is begun now, on a full disk, has room and lets something go: keys may have
/// gone since the last one. The log is cut behind the older of two, so without one there must be
/// room for two.
pub(crate) fn leads_out(log: &Counters, memory: &Memory, snapshots: &Snapshots) -> bool {
    let state_bytes = memory.agreed + memory.merged + BESIDE_KEYS_BYTES;
    let needed_bytes = if snapshots.last.is_some() { state_bytes } else { 2 * state_bytes };
    let has_room = log.room_bytes.load(Ordering::Relaxed) >= needed_bytes;
    has_room && cut_bytes(log) >= state_bytes / WORTH
}

/// What may be cut: the segment that is written is not.
fn cut_bytes(log: &Counters) -> u64 {
    log.segments.load(Ordering::Relaxed).saturating_sub(1) * SEGMENT_BYTES
}

#[cfg(test)]
mod tests {
    use node::SnapshotNumber;

    use super::*;

    const MIB: u64 = 1 << 20;

    /// Whether one is begun with so many segments, and so many MiB of room, of the last snapshot
    /// and of log behind it.
    fn begins(segments: u64, room: u64, last: u64, behind: u64) -> bool {
        let log = Counters::default();
        log.segments.store(segments, Ordering::Relaxed);
        log.room_bytes.store(room * MIB, Ordering::Relaxed);
        let snapshots =
            Snapshots { last_bytes: last * MIB, log_bytes: behind * MIB, ..Snapshots::default() };
        is_short(&log, &snapshots)
    }

    /// Whether one is begun on a full disk, with so many segments, and so many MiB of room and of
    /// keys.
    fn begins_on_full(segments: u64, room: u64, agreed: u64, merged: u64) -> bool {
        let log = Counters::default();
        log.segments.store(segments, Ordering::Relaxed);
        log.room_bytes.store(room * MIB, Ordering::Relaxed);
        let memory = Memory { agreed: agreed * MIB, merged: merged * MIB, ..Memory::default() };
        leads_out(&log, &memory, &placed(Some(SnapshotNumber(1))))
    }

    fn placed(last: Option<SnapshotNumber>) -> Snapshots {
        Snapshots { last, ..Snapshots::default() }
    }

    #[test]
    fn on_a_full_disk_one_is_begun_that_has_room() {
        assert!(begins_on_full(4, 12, 5, 5));
        assert!(!begins_on_full(4, 12, 5, 6), "it has none");
        assert!(!begins_on_full(1, 12, 5, 5), "it lets nothing go");
        assert!(
            begins_on_full(2, 200, 62, 0) && !begins_on_full(2, 200, 63, 0),
            "it lets little go"
        );
        let log = Counters::default();
        log.segments.store(4, Ordering::Relaxed);
        let memory = Memory { agreed: 10 * MIB, ..Memory::default() };
        for (room, leads) in [(23, false), (24, true)] {
            log.room_bytes.store(room * MIB, Ordering::Relaxed);
            assert_eq!(leads_out(&log, &memory, &placed(None)), leads, "the first of two");
        }
    }

    #[test]
    fn one_is_begun_while_there_is_room_for_it_and_for_some_segments() {
        assert!(!begins(5, 64 + 100 + 50, 100, 50), "there is room");
        assert!(begins(5, 64 + 100 + 49, 100, 50));
        assert!(begins(2, 10, 0, 20), "the first one");
    }

    #[test]
    fn none_is_begun_that_lets_little_go() {
        assert!(!begins(1, 10, 10, 10), "all is in the segment that is written");
        assert!(begins(2, 10, 64, 10));
        assert!(!begins(2, 10, 68, 10), "a quarter of it is more than a segment");
        assert!(begins(3, 10, 68, 10));
    }

    #[test]
    fn room_is_looked_for_now_and_then() {
        let mut room = Room::default();
        assert!(room.is_due(5000) && !room.is_due(5099) && room.is_due(5100));
    }
}
