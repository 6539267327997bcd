//! The disk of one node: groups are appended in order, and are safe once synced. Begin with
//! [`Disk`].

use bytes::Bytes;
use node::{LogPlace, SnapshotNumber, Ticket};

use crate::env::snapshots::Snapshots;
use crate::plan::chance::{Chance, Delay};

/// One group of records, as the node gave it.
#[derive(Clone, Debug)]
struct Group {
    /// What to say when it is synced; nothing if the boot that wrote it is over.
    ticket: Option<Ticket>,
    records: Bytes,
}

impl Group {
    /// Its first part, and zeros behind it.
    fn torn(self, chance: &mut Chance) -> Group {
        let mut bytes = self.records.to_vec();
        let there = chance.index(bytes.len());
        bytes[there..].fill(0);
        Group { ticket: None, records: bytes.into() }
    }
}

/// All that a directory holds: what a copy of it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    groups: Vec<Bytes>,
    snapshots: Snapshots,
}

/// A disk, and the contract that the driver's log keeps with it (its code is not driven here: `sim`
/// and `server` never meet, and its own tests tear, cut and flip its files byte by byte).
///
/// - `groups[..synced]` survive every crash; of the rest, a crash leaves some first part. A group
///   that was torn, the log cuts off at the next start: it is gone as a whole.
/// - One sync runs at a time; it covers what was there when it began: `groups[..syncing]`.
/// - What survived a crash without having been synced is not safe before the next sync ends.
/// - After a sync that failed the process ends, and nothing is known of what was not synced: any
///   first part of it may be there.
/// - A flipped bit in a synced group is found when the log is read, and the node stays down. (In
///   the last group it could not be told from a torn tail; the promise does not cover that, and it
///   is not tried.)
#[derive(Debug)]
pub(crate) struct Disk {
    groups: Vec<Group>,
    synced: usize,
    syncing: Option<usize>,
    delay: Delay,
    /// Until when every sync stands still.
    stalled_until_us: u64,
    /// How much longer every sync takes now.
    slow_us: u64,
    /// The fault, by its place in the plan, that lets the next sync fail.
    failing: Option<usize>,
    /// The group that has a flipped bit.
    rotten: Option<usize>,
    /// Whether it says `Persisted` before it keeps anything: sabotage.
    hasty: bool,
    /// How many synced groups a crash takes along: sabotage.
    forgets: usize,
    /// Whether the group that a crash tears is there afterwards: sabotage.
    tears: bool,
    /// From which group on a sync that failed kept nothing, and nobody knows: sabotage.
    hole: Option<usize>,
    pub(crate) snapshots: Snapshots,
}

impl Disk {
    pub(crate) fn new(delay: Delay) -> Disk {
        Disk {
            groups: vec![],
            synced: 0,
            syncing: None,
            delay,
            stalled_until_us: 0,
            slow_us: 0,
            failing: None,
            rotten: None,
            hasty: false,
            forgets: 0,
            tears: false,
            hole: None,
            snapshots: Snapshots::default(),
        }
    }

    /// A disk that acknowledges before it keeps.
    pub(crate) fn make_hasty(&mut self) {
        self.hasty = true;
    }

    /// A disk that loses this many synced groups in a crash.
    pub(crate) fn make_forgetful(&mut self, forgets: usize) {
        self.forgets = forgets;
    }

    /// A disk that shows what a crash left of a group.
    pub(crate) fn make_tearing(&mut self) {
        self.tears = true;
    }

    /// The running sync failed, and will be said to have ended well.
    pub(crate) fn leave_hole(&mut self) {
        self.hole.get_or_insert(self.synced);
    }

    pub(crate) fn is_hasty(&self) -> bool {
        self.hasty
    }

    /// No sync ends before then.
    pub(crate) fn stall(&mut self, until_us: u64) {
        self.stalled_until_us = self.stalled_until_us.max(until_us);
    }

    pub(crate) fn unstall(&mut self) {
        self.stalled_until_us = 0;
    }

    /// Makes every sync take longer, or stops that.
    pub(crate) fn slow(&mut self, by_us: i64) {
        self.slow_us = self.slow_us.saturating_add_signed(by_us);
    }

    /// The next sync that ends fails, because of that fault; or none does any more.
    pub(crate) fn fail_next_sync(&mut self, fault: Option<usize>) {
        self.failing = fault;
    }

    /// Whether the sync that ends now fails, and because of which fault.
    pub(crate) fn take_failure(&mut self) -> Option<usize> {
        self.failing.take()
    }

    /// Flips a bit in a synced group. False if there is none but the last.
    pub(crate) fn rot(&mut self, chance: &mut Chance) -> bool {
        // What lies before the newest snapshot is not read.
        let from = self.snapshots.groups_from();
        if self.synced >= from + 2 {
            self.rotten = Some(from + chance.index(self.synced - 1 - from));
        }
        self.rotten.is_some()
    }

    /// The group with a flipped bit, if there is one.
    pub(crate) fn rotten(&self) -> Option<usize> {
        self.rotten
    }

    /// How many groups are there, and how many of them are synced.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        (self.groups.len(), self.synced)
    }

    pub(crate) fn append(&mut self, ticket: Ticket, records: Bytes) {
        self.groups.push(Group { ticket: Some(ticket), records });
    }

    /// Begins a sync, if there is something to sync and none runs. Gives the time at which it ends.
    pub(crate) fn begin_sync(&mut self, now_us: u64, chance: &mut Chance) -> Option<u64> {
        if self.syncing.is_some() || self.synced == self.groups.len() {
            return None;
        }
        self.syncing = Some(self.groups.len());
        let takes_us = self.delay.draw(chance) * if self.hasty { 200 } else { 1 };
        Some(now_us.max(self.stalled_until_us) + takes_us + self.slow_us)
    }

    /// The running sync ended. Gives the tickets that are on disk now, in order, and where the
    /// first of them lies.
    pub(crate) fn end_sync(&mut self) -> (Vec<Ticket>, LogPlace) {
        let end = self.syncing.take().expect("a sync that ends has begun");
        let tickets = self.groups[self.synced..end].iter().filter_map(|g| g.ticket).collect();
        let place = LogPlace(self.synced as u64);
        self.synced = end;
        (tickets, place)
    }

    /// The groups that are synced from this place on, as many as have so many bytes, and at least
    /// one; and the place of the next. None: they are cut, or a bit is flipped.
    pub(crate) fn read(&self, place: LogPlace, bytes: usize) -> (Vec<Bytes>, LogPlace) {
        let from = place.0 as usize;
        let end = self.rotten.filter(|rotten| *rotten >= from).unwrap_or(self.synced);
        let is_there = from >= self.snapshots.cut() && from < end;
        let (mut groups, mut size) = (vec![], 0);
        for group in self.groups[..end].iter().skip(from).filter(|_| is_there) {
            groups.push(group.records.clone());
            size += group.records.len();
            if size >= bytes {
                break;
            }
        }
        let next = LogPlace((from + groups.len()) as u64);
        (groups, next)
    }

    /// How long it takes to read a part of the log.
    pub(crate) fn read_takes_us(&self, chance: &mut Chance) -> u64 {
        self.delay.draw(chance) + self.slow_us
    }

    /// A snapshot is begun that stands for all groups that are there.
    pub(crate) fn begin_snapshot(&mut self, number: SnapshotNumber) {
        self.snapshots.begin(number, self.groups.len());
    }

    /// How long it takes until a snapshot is in place.
    pub(crate) fn snapshot_takes_us(&self, chance: &mut Chance) -> u64 {
        3 * self.delay.draw(chance) + self.slow_us
    }

    /// The power goes: what was not synced is gone, or a first part of it is there. Gives how many
    /// groups were lost.
    pub(crate) fn crash(&mut self, chance: &mut Chance) -> usize {
        let before = self.groups.len();
        self.synced = self.hole.take().unwrap_or(self.synced).min(self.synced);
        self.synced -= self.forgets.min(self.synced);
        let unsynced = before - self.synced;
        let lucky = if chance.percent(50) { 0 } else { chance.below(unsynced as u64 + 1) };
        let kept = if self.forgets > 0 { 0 } else { lucky as usize };
        let torn = self.groups.get(self.synced + kept).filter(|_| self.tears).cloned();
        self.groups.truncate(self.synced + kept);
        self.groups.extend(torn.map(|group| group.torn(chance)));
        self.groups.iter_mut().for_each(|group| group.ticket = None);
        self.syncing = None;
        self.snapshots.lose(self.synced);
        before - self.groups.len()
    }

    /// Another directory takes the place of this one, on disk as a whole.
    pub(crate) fn put_back(&mut self, directory: Directory) {
        let Directory { groups, snapshots } = directory;
        let group = |records| Group { ticket: None, records };
        self.groups = groups.into_iter().map(group).collect();
        self.snapshots = snapshots;
        (self.synced, self.syncing, self.rotten) = (self.groups.len(), None, None);
    }

    /// All that there is.
    pub(crate) fn directory(&self) -> Directory {
        let groups = self.groups.iter().map(|group| group.records.clone()).collect();
        Directory { groups, snapshots: self.snapshots.clone() }
    }

    /// All that a start finds behind the snapshot that it begins with, each with its place.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (LogPlace, &Bytes)> {
        let all = self.groups.iter().enumerate().skip(self.snapshots.groups_from());
        all.map(|(place, group)| (LogPlace(place as u64), &group.records))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::chance::{Spread, Subject};

    const DELAY: Delay =
        Delay { base_us: 100, spread: Spread::Even, jitter_us: 0, tail_per_mille: 0, tail_us: 0 };

    fn append(disk: &mut Disk, ticket: u64) {
        disk.append(Ticket(ticket), Bytes::from(ticket.to_string()));
    }

    #[test]
    fn only_what_was_there_when_the_sync_began_is_synced() {
        let mut chance = Chance::new(1, Subject::Disks);
        let mut disk = Disk::new(DELAY);
        append(&mut disk, 1);
        append(&mut disk, 2);
        assert_eq!(disk.begin_sync(1000, &mut chance), Some(1100));
        append(&mut disk, 3);
        assert_eq!(disk.begin_sync(1050, &mut chance), None, "one sync at a time");
        assert_eq!(disk.end_sync(), (vec![Ticket(1), Ticket(2)], LogPlace(0)));
        let (groups, next) = disk.read(LogPlace(1), usize::MAX);
        assert_eq!((&groups[..], next), (&[Bytes::from("2")][..], LogPlace(2)), "nothing else");
        assert!(disk.read(next, usize::MAX).0.is_empty());
        disk.stall(5000);
        assert_eq!(disk.begin_sync(1200, &mut chance), Some(5100));
    }

    #[test]
    fn a_boot_hears_nothing_of_the_boots_before() {
        let mut chance = Chance::new(1, Subject::Disks);
        let mut disk = Disk::new(DELAY);
        while disk.groups().count() == 0 {
            append(&mut disk, 1);
            disk.crash(&mut chance);
        }
        append(&mut disk, 9);
        disk.begin_sync(0, &mut chance);
        assert_eq!(disk.end_sync().0, [Ticket(9)]);
    }

    #[test]
    fn a_crash_leaves_the_synced_and_a_first_part_of_the_rest() {
        let mut chance = Chance::new(1, Subject::Disks);
        let mut left = [0; 6];
        for _ in 0..200 {
            let mut disk = Disk::new(DELAY);
            append(&mut disk, 1);
            append(&mut disk, 2);
            disk.begin_sync(0, &mut chance);
            disk.end_sync();
            (3..=5).for_each(|ticket| append(&mut disk, ticket));
            disk.crash(&mut chance);
            let groups: Vec<_> = disk.groups().map(|(_, group)| group[0] - b'0').collect();
            assert_eq!(groups, (1..=groups.len() as u8).collect::<Vec<_>>());
            left[groups.len()] += 1;
        }
        assert_eq!(left[..2], [0, 0], "what was synced is there");
        assert!(left[2..].iter().all(|times| *times > 0), "every first part happens: {left:?}");
    }
}
