//! Snapshots as a whole: what was written is read, harm to it is noticed, and what the threads
//! tell.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use bytes::Bytes;
use node::{SnapshotNumber, StartError};
use rustix::io::Errno;
use tempfile::TempDir;

use super::layout::PIECE_BYTES;
use super::start::Load;
use super::{Error, Folder, Handle, Kept, Report};
use crate::log::disk::{Disk, Fault, Faulty, Operation};

/// How long anything may take before it counts as never happening.
const PATIENCE: Duration = Duration::from_secs(10);

/// All that was loaded, with the number of its snapshot, and those that were passed over before it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Loaded {
    pub bytes: Vec<u8>,
    number: Option<SnapshotNumber>,
    skipped: Vec<SnapshotNumber>,
}

impl Loaded {
    pub(super) fn after(skipped: &[SnapshotNumber]) -> Loaded {
        Loaded { skipped: skipped.to_vec(), ..Loaded::default() }
    }
}

impl Load for Loaded {
    fn load(&mut self, bytes: &[u8]) -> Result<(), StartError> {
        self.bytes.extend_from_slice(bytes);
        match bytes.starts_with(b"nonsense") {
            true => Err(StartError("it makes no sense".into())),
            false => Ok(()),
        }
    }

    fn loaded(&mut self, number: SnapshotNumber) -> Result<(), StartError> {
        self.number = Some(number);
        Ok(())
    }
}

/// Snapshots on a disk with faults, and the threads that write and read them.
struct World {
    temp: TempDir,
    faulty: Arc<Faulty>,
    folder: Folder,
    handle: Option<Handle>,
    reports: Receiver<Report>,
}

impl World {
    fn new() -> World {
        let (temp, faulty) = (tempfile::tempdir().unwrap(), Arc::new(Faulty::new(false)));
        let folder = Folder::open(&Disk::faulty(faulty.clone()), temp.path().to_owned()).unwrap();
        let (handle, reports) = spawn(&folder, None);
        World { temp, faulty, folder, handle: Some(handle), reports }
    }

    fn next_life(self, newest: Option<Kept>) -> World {
        let (handle, reports) = spawn(&self.folder, newest);
        World { handle: Some(handle), reports, ..self }
    }

    fn handle(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    fn report(&self) -> Report {
        self.reports.recv_timeout(PATIENCE).expect("there is something to tell")
    }

    /// The next report that is not about bytes that were taken.
    fn outcome(&self) -> Report {
        loop {
            match self.report() {
                Report::Written { .. } => {}
                report => return report,
            }
        }
    }

    /// Takes a snapshot of these bytes, which holds all before this frame.
    fn take(&self, number: u64, bytes: &[u8], first: u64) -> Report {
        let number = SnapshotNumber(number);
        self.handle().begin(number);
        for part in bytes.chunks(700_000) {
            self.handle().write(number, Bytes::copy_from_slice(part), false);
        }
        self.handle().end(number);
        self.handle().holds(number, first);
        self.outcome()
    }

    fn read(&self, number: u64, offset: u64, bytes: usize) -> Option<Bytes> {
        self.handle().read(offset + 1, SnapshotNumber(number), offset, bytes);
        match self.report() {
            Report::Read { request, bytes } if request == offset + 1 => bytes,
            report => panic!("{report:?}"),
        }
    }

    fn start(&self) -> (Loaded, Option<Kept>, Vec<std::path::PathBuf>) {
        let start = self.folder.start(Loaded::after).unwrap();
        (start.loaded, start.newest, start.bad)
    }

    fn names(&self) -> Vec<String> {
        names(self.temp.path())
    }
}

pub(super) fn spawn(folder: &Folder, newest: Option<Kept>) -> (Handle, Receiver<Report>) {
    let (tell, reports) = mpsc::channel();
    // Nobody listens any more at the end of a test.
    let tell = move |report| drop(tell.send(report));
    (Handle::spawn(folder.clone(), newest, Arc::default(), tell).unwrap(), reports)
}

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> =
        entries.map(|name| name.to_str().unwrap().trim_start_matches('0').to_owned()).collect();
    names.sort();
    names
}

fn bytes(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|place| (place / 7) as u8 ^ seed).collect()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_written_is_loaded() {
    for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 77] {
        let world = World::new();
        let written = bytes(length, 1);
        let (number, cut) = (SnapshotNumber(7), None);
        let placed = Report::Placed { number, bytes: length as u64, cut };
        assert_eq!(world.take(7, &written, 412), placed);
        let (loaded, newest, bad) = world.start();
        assert_eq!(loaded, Loaded { bytes: written, number: Some(number), skipped: vec![] });
        assert_eq!(newest, Some(Kept { number, first: 412 }));
        assert!(bad.is_empty());
    }
}

#[test]
fn a_snapshot_is_synced_bit_by_bit_and_what_was_taken_is_told() {
    let world = World::new();
    let number = SnapshotNumber(1);
    world.handle().begin(number);
    let before = world.faulty.counts().syncs;
    for piece in 1..=5 {
        world.handle().write(number, bytes(PIECE_BYTES, piece).into(), false);
        let taken = Report::Written { number, bytes: u64::from(piece) * PIECE_BYTES as u64 };
        assert_eq!(world.report(), taken);
        assert_eq!(world.faulty.counts().syncs - before, 4 * u64::from(piece));
    }
    // Less than a piece is taken too, or whoever may not go far beyond would wait for ever.
    world.handle().write(number, Bytes::from_static(b"x"), false);
    assert_eq!(world.report(), Report::Written { number, bytes: 5 * PIECE_BYTES as u64 + 1 });
}

#[test]
fn a_snapshot_waits_until_it_is_known_what_it_holds() {
    let world = World::new();
    let number = SnapshotNumber(1);
    world.handle().begin(number);
    world.handle().end(number);
    world.handle().write(SnapshotNumber(2), Bytes::from_static(b"of another one"), false);
    world.handle().holds(SnapshotNumber(2), 3);
    assert!(world.reports.recv_timeout(Duration::from_millis(50)).is_err());
    world.handle().holds(number, 9);
    assert_eq!(world.outcome(), Report::Placed { number, bytes: 0, cut: None });
    assert_eq!(world.start().1, Some(Kept { number, first: 9 }));
}

#[test]
fn two_are_kept_and_the_log_is_cut_behind_the_older_one() {
    let world = World::new();
    let mut cuts = vec![];
    for (number, first) in [(1, 10), (2, 20), (4, 35), (5, 50)] {
        let Report::Placed { cut, .. } = world.take(number, b"state", first) else { panic!() };
        cuts.push(cut);
    }
    assert_eq!(cuts, [None, Some(10), Some(20), Some(35)]);
    assert_eq!(world.names(), ["4.snap", "5.snap"]);
    let newest = world.start().1;
    assert_eq!(newest, Some(Kept { number: SnapshotNumber(5), first: 50 }));
    // In the next life, the one that was loaded counts, and one before it that nobody looked at
    // does not.
    let next = world.next_life(newest);
    let Report::Placed { cut, .. } = next.take(6, b"state", 60) else { panic!() };
    assert_eq!((cut, next.names()), (Some(50), vec!["5.snap".into(), "6.snap".into()]));
}

#[test]
fn a_damaged_snapshot_gives_way_to_the_one_before_it() {
    let length = PIECE_BYTES + 5000;
    let places = [0, 9, 33, 4095, 4096, 5000, 4096 + PIECE_BYTES, 4096 + length - 1];
    let end = [4096 + length, 4096 + length + 8, 4096 + length + 20, 4096 + length + 27];
    for at in places.into_iter().chain(end) {
        let world = World::new();
        world.take(3, &bytes(length, 3), 30);
        world.take(4, &bytes(length, 4), 40);
        flip(&world.folder.placed(SnapshotNumber(4)), at);
        let (loaded, newest, bad) = world.start();
        assert_eq!(newest, Some(Kept { number: SnapshotNumber(3), first: 30 }), "byte {at}");
        assert!(loaded.bytes == bytes(length, 3), "byte {at}");
        assert_eq!(loaded.skipped, [SnapshotNumber(4)]);
        assert_eq!(world.names(), ["3.snap", "4.bad"]);
        assert!(bad[0].ends_with("00000000000000000004.bad"), "{bad:?}");
    }
}

#[test]
fn a_snapshot_of_another_length_is_damaged() {
    for length in [0, 4000, 4096 + 5, 4096 + 5023, 4096 + 5025] {
        let world = World::new();
        world.take(3, b"good", 30);
        world.take(4, &bytes(5000, 4), 40);
        let path = world.folder.placed(SnapshotNumber(4));
        let file = fs::File::options().write(true).open(path).unwrap();
        let is_longer = file.metadata().unwrap().len() < length;
        file.set_len(length).unwrap();
        assert_eq!(is_longer, length == 4096 + 5025, "{length}");
        assert_eq!(world.start().1.unwrap().number, SnapshotNumber(3), "{length}");
    }
}

#[test]
fn what_the_node_does_not_take_is_left_alone() {
    let world = World::new();
    world.take(3, b"good", 30);
    world.take(4, b"nonsense", 40);
    // Maybe it is that of another node, and this start was told a wrong id.
    let refused = world.folder.start(Loaded::after).unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    assert_eq!(world.names(), ["3.snap", "4.snap"]);
}

#[test]
fn what_the_system_does_not_read_gives_way() {
    let world = World::new();
    world.take(3, b"good", 30);
    world.take(5, b"better", 50);
    world.faulty.plan(Some(Operation::Open), 0, Fault::Refused(Errno::MFILE));
    let (loaded, newest, _) = world.start();
    assert_eq!(
        (newest.unwrap().number, loaded.skipped),
        (SnapshotNumber(3), vec![SnapshotNumber(5)])
    );
    // It may be good all the same.
    assert_eq!(world.start().1.unwrap().number, SnapshotNumber(5));
}

#[test]
fn with_no_good_snapshot_there_is_none() {
    let world = World::new();
    assert_eq!(world.start(), (Loaded::default(), None, vec![]));
    world.take(3, b"good", 30);
    flip(&world.folder.placed(SnapshotNumber(3)), 4096);
    let (loaded, newest, bad) = world.start();
    assert_eq!((newest, bad.len(), loaded.skipped), (None, 1, vec![SnapshotNumber(3)]));
    let (loaded, ..) = world.start();
    assert_eq!(loaded.skipped, [SnapshotNumber(3)], "also at the start after that");
}

#[test]
fn a_snapshot_that_cannot_be_written_fails_alone() {
    let operations = [Operation::Create, Operation::Write, Operation::Sync, Operation::Read];
    let more = [Operation::Rename, Operation::SyncFolder, Operation::Open];
    for operation in operations.into_iter().chain(more) {
        for errno in [Errno::NOSPC, Errno::IO] {
            let world = World::new();
            world.take(1, b"good", 10);
            world.faulty.plan(Some(operation), 0, Fault::Refused(errno));
            let Report::Failed { number: SnapshotNumber(2), why } =
                world.take(2, &bytes(2_000_000, 1), 20)
            else {
                panic!("{operation:?} {errno}");
            };
            assert_eq!(
                why.contains("is full\n  hint: Free some room"),
                errno == Errno::NOSPC,
                "{why}"
            );
            assert_eq!(world.names(), ["1.snap"], "{operation:?} {errno}");
            let Report::Placed { cut, .. } = world.take(3, b"better", 30) else { panic!() };
            assert_eq!(cut, Some(10));
        }
    }
}

#[test]
fn what_is_given_up_is_gone() {
    let world = World::new();
    let number = SnapshotNumber(1);
    world.handle().begin(number);
    world.handle().write(number, bytes(2_000_000, 1).into(), false);
    world.handle().give_up(number);
    world.handle().end(number);
    world.handle().holds(number, 3);
    // One that is begun takes the place of one that is not in place.
    world.handle().begin(SnapshotNumber(2));
    assert!(matches!(world.take(3, b"good", 9), Report::Placed { .. }));
    assert_eq!(world.names(), ["3.snap"]);
}

#[test]
fn what_is_not_finished_at_the_end_is_gone() {
    let mut world = World::new();
    world.handle().begin(SnapshotNumber(1));
    world.handle().write(SnapshotNumber(1), bytes(2_000_000, 1).into(), false);
    world.report();
    assert_eq!(world.names(), ["1.new"]);
    drop(world.handle.take());
    assert_eq!(world.names(), [] as [&str; 0]);
}

#[test]
fn any_part_is_read() {
    let world = World::new();
    let written = bytes(3 * PIECE_BYTES + 100, 5);
    world.take(1, &written, 10);
    let ends = [0, 1, 1000, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, written.len()];
    for from in ends {
        for length in [0, 1, 5000, PIECE_BYTES, 2 * PIECE_BYTES + 9, usize::MAX] {
            let to = from.saturating_add(length).min(written.len());
            let part = world.read(1, from as u64, length).unwrap();
            assert!(part == written[from..to], "{from} {length}");
        }
    }
    assert_eq!(world.read(1, written.len() as u64 + 1, 1), None);
    assert_eq!(world.read(1, u64::MAX - 1, 1), None);
}

#[test]
fn what_is_gone_or_damaged_is_not_read() {
    let world = World::new();
    for number in 1..=3 {
        world.take(number, &bytes(5000, number as u8), 10 * number);
        assert_eq!(world.read(number, 0, 9).unwrap(), bytes(9, number as u8));
    }
    assert_eq!(world.read(1, 0, 9), None, "older than two");
    assert_eq!(world.read(4, 0, 9), None);
    flip(&world.folder.placed(SnapshotNumber(2)), 4096 + 4000);
    assert_eq!(world.read(2, 0, 9), None);
}
