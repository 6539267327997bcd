//! The faulty disk itself: a check of the log is worth what its disk is.

use std::fs;
use std::io::Write;

use rustix::io::Errno;
use tempfile::TempDir;

use super::*;
use crate::log::blocks::Blocks;

/// A faulty disk, and a directory on it whose name is durable.
struct World {
    temp: TempDir,
    faulty: Arc<Faulty>,
    disk: Disk,
}

impl World {
    fn new() -> World {
        let faulty = Arc::new(Faulty::new(false));
        let disk = Disk::faulty(faulty.clone());
        World { temp: tempfile::tempdir().unwrap(), faulty, disk }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// A file with these bytes, all of it durable.
    fn durable(&self, name: &str, bytes: &[u8]) -> File {
        let file = self.disk.create(&self.path(name)).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.sync_data().unwrap();
        self.sync_names();
        file
    }

    fn sync_names(&self) {
        self.disk.open_folder(self.temp.path()).unwrap().sync().unwrap();
    }

    fn lose_power(&self, loss: Loss) {
        self.faulty.lose_power(loss).unwrap();
        self.faulty.power_on();
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut names: Vec<_> =
            self.disk.list(self.temp.path()).unwrap().iter().map(name).collect();
        names.sort();
        names
    }
}

/// Whether what is written in the directory of the tests goes past the system's cache. Says so,
/// past the test harness, if it does not: then the tests of that way test the other one.
pub(crate) fn goes_past_cache() -> bool {
    let world = World::new();
    let file = world.durable("file", &[1; 4096]);
    let before = world.faulty.counts();
    file.write_blocks_at(Blocks::zeros(4096).bytes().0, 0).unwrap();
    let after = world.faulty.counts();
    let is_taken = (after.writes, after.writes_past_cache)
        == (before.writes + 1, before.writes_past_cache + 1);
    if !is_taken {
        let folder = std::env::temp_dir();
        let text = "does not take writes past the system's cache: NOT TESTED\n";
        write!(io::stderr(), "{} {text}", folder.display()).unwrap();
    }
    is_taken
}

#[test]
fn what_goes_past_the_cache_is_lost_until_it_is_synced() {
    if !goes_past_cache() {
        return;
    }
    for synced in [false, true] {
        let world = World::new();
        let file = world.durable("file", &[1; 8192]);
        let zeros = Blocks::zeros(4096);
        file.write_blocks_at(zeros.bytes().0, 4096).unwrap();
        assert_eq!(world.bytes("file")[4096..], [0; 4096], "the cache does not hide it");
        if synced {
            file.sync_data().unwrap();
        }
        world.lose_power(Loss::Everything);
        let expected = if synced { [0; 4096] } else { [1; 4096] };
        assert_eq!(world.bytes("file")[4096..], expected);
    }
}

#[test]
fn what_is_refused_past_the_cache_goes_through_it() {
    let refused = [Errno::INVAL, Errno::OPNOTSUPP, Errno::INTR].map(Fault::Refused);
    let zeros = Blocks::zeros(8192);
    for fault in refused.into_iter().chain([Fault::Short]) {
        let world = World::new();
        let file = world.durable("file", &[1; 8192]);
        world.faulty.plan(Some(Operation::WritePastCache), 0, fault);
        file.write_blocks_at(zeros.bytes().0, 0).unwrap();
        assert_eq!(world.bytes("file"), [0; 8192], "{fault:?}");
        world.lose_power(Loss::Everything);
        assert_eq!(world.bytes("file"), [1; 8192], "{fault:?}");
    }
    for errno in [Errno::IO, Errno::NOSPC] {
        let world = World::new();
        let file = world.durable("file", &[1; 8192]);
        world.faulty.plan(Some(Operation::Write), 0, Fault::Refused(errno));
        file.write_blocks_at(zeros.bytes().0, 0).unwrap_err();
    }
}

#[test]
fn bytes_and_length_are_lost_until_they_are_synced() {
    let world = World::new();
    let file = world.durable("file", b"durable");
    file.write_all_at(b"LOST", 2).unwrap();
    file.write_all_at(&[7; 10_000], 5).unwrap();
    assert_eq!(world.bytes("file").len(), 10_005, "until then they are there");
    world.lose_power(Loss::Everything);
    assert_eq!(world.bytes("file"), b"durable");
    file.write_all_at(b"kept", 2).unwrap();
    file.sync_data().unwrap();
    world.lose_power(Loss::Everything);
    assert_eq!(world.bytes("file"), b"dukepte");
}

#[test]
fn names_are_lost_until_their_directory_is_synced() {
    let world = World::new();
    world.durable("old", b"1");
    world.durable("removed", b"2");
    let made = world.disk.create(&world.path("made")).unwrap();
    made.sync_all().unwrap();
    world.disk.rename(&world.path("old"), &world.path("new")).unwrap();
    world.disk.remove(&world.path("removed")).unwrap();
    world.disk.create_folder(&world.path("folder")).unwrap();
    assert_eq!(world.names(), ["folder", "made", "new"]);
    world.lose_power(Loss::Everything);
    assert_eq!(world.names(), ["old", "removed"]);
    assert_eq!((world.bytes("old"), world.bytes("removed")), (b"1".into(), b"2".into()));
    world.disk.rename(&world.path("old"), &world.path("new")).unwrap();
    world.disk.remove(&world.path("removed")).unwrap();
    world.sync_names();
    world.lose_power(Loss::Everything);
    assert_eq!(world.names(), ["new"]);
}

#[test]
fn a_file_that_was_replaced_comes_back_as_it_was_synced() {
    let world = World::new();
    let old = world.durable("file", b"durable");
    old.write_all_at(b"lost!!!!!", 0).unwrap();
    world.durable("other", b"new");
    // The directory was synced, but the bytes of the old file were not.
    world.disk.rename(&world.path("other"), &world.path("file")).unwrap();
    assert_eq!(world.bytes("file"), b"new");
    world.lose_power(Loss::Everything);
    assert_eq!((world.bytes("file"), world.bytes("other")), (b"durable".into(), b"new".into()));
}

#[test]
fn what_a_failed_sync_left_is_durable_only_if_it_is_written_again() {
    for again in [false, true] {
        let world = World::new();
        let file = world.durable("file", &[1; 8192]);
        file.write_all_at(b"first", 0).unwrap();
        file.write_all_at(b"second", 5000).unwrap();
        world.faulty.plan(Some(Operation::Sync), 0, Fault::Refused(Errno::IO));
        file.sync_data().unwrap_err();
        if again {
            file.write_all_at(b"second", 5000).unwrap();
        }
        file.sync_data().unwrap();
        world.lose_power(Loss::Everything);
        let bytes = world.bytes("file");
        assert_eq!(bytes[..5], [1; 5], "this page was not written again");
        assert_eq!(bytes[5000..5006] == *b"second", again);
    }
}

#[test]
fn a_power_loss_leaves_any_part_of_what_was_not_synced() {
    let (mut kept, mut lost, mut torn, mut overwritten) = (0, 0, 0, 0);
    for seed in 0..200 {
        let world = World::new();
        let file = world.durable("file", &[1; 2048]);
        file.write_all_at(&[2; 600], 700).unwrap();
        world.lose_power(Loss::Part(seed));
        let bytes = world.bytes("file");
        assert_eq!((&bytes[..700], &bytes[1300..]), (&[1; 700][..], &[1; 748][..]));
        let sector = &bytes[700..1024];
        let others = sector.iter().filter(|byte| !matches!(byte, 1 | 2)).count();
        match sector.iter().filter(|byte| **byte == 2).count() {
            _ if others > 0 => overwritten += 1,
            0 => lost += 1,
            324 => kept += 1,
            _ => torn += 1,
        }
    }
    assert!([kept, lost, torn, overwritten].iter().all(|count| *count > 20));
}

#[test]
fn names_are_lost_from_some_change_on() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let world = World::new();
        for name in ["1", "2", "3"] {
            world.disk.create(&world.path(name)).unwrap();
        }
        world.lose_power(Loss::Part(seed));
        seen.insert(world.names().concat());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["", "1", "12", "123"]);
}

#[test]
fn faults_come_when_they_are_due() {
    let world = World::new();
    let file = world.durable("file", b"");
    world.faulty.plan(Some(Operation::Write), 1, Fault::Refused(Errno::NOSPC));
    world.faulty.plan(Some(Operation::Write), 2, Fault::Short);
    let before = world.faulty.counts();
    file.write_all_at(b"one", 0).unwrap();
    let error = file.write_all_at(b"two", 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(file.write_at(b"three", 0).unwrap(), 3);
    assert_eq!(world.bytes("file"), b"thr");
    assert_eq!(world.faulty.counts().writes - before.writes, 3);
    world.faulty.plan(None, 1, Fault::PowerLoss);
    file.sync_data().unwrap();
    assert!(!world.faulty.is_dark());
    file.write_all_at(b"lost", 0).unwrap_err();
    file.sync_data().unwrap_err();
    assert!(world.faulty.is_dark());
    world.lose_power(Loss::Everything);
    assert_eq!(world.bytes("file"), b"thr");
}

#[test]
fn what_is_refused_can_be_made_later() {
    let world = World::new();
    world.faulty.refuse(Some(Errno::ROFS));
    let kind = io::ErrorKind::ReadOnlyFilesystem;
    assert_eq!(world.disk.find_room().unwrap_err().kind(), kind);
    assert_eq!(world.disk.create(&world.path("file")).unwrap_err().kind(), kind);
    assert_eq!(world.disk.create_folder(&world.path("folder")).unwrap_err().kind(), kind);
    world.faulty.refuse(None);
    world.disk.find_room().unwrap();
    world.disk.create(&world.path("file")).unwrap();
}

#[test]
fn what_is_no_whole_block_is_written_all_the_same() {
    let temp = tempfile::tempdir().unwrap();
    let file = Disk::default().create(&temp.path().join("file")).unwrap();
    let bytes: Vec<u8> = (0..40_000u32).map(|n| n as u8).collect();
    // Blocks in memory that begins at one; then lengths, offsets and memory that are none.
    let block = bytes.as_ptr().addr().next_multiple_of(4096) - bytes.as_ptr().addr();
    for (from, length, offset) in
        [(block, 8192, 4096), (block, 100, 0), (block, 4096, 13_000), (block + 1, 4096, 20_480)]
    {
        let part = &bytes[from..from + length];
        file.write_blocks_at(part, offset).unwrap();
        let mut read = vec![0; length];
        file.read_exact_at(&mut read, offset).unwrap();
        assert!(read == part, "{length} bytes from {from} to {offset}");
    }
}
