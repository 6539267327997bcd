//! The log on a disk that fails and loses its power: what was acknowledged, and what was read once,
//! is there.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::io::Errno;
use tempfile::TempDir;

use super::recovery::Report;
use super::segment::Header;
use super::{Directory, Error, Identity, Log};
use crate::log::disk::{Disk, Fault, Faulty, Loss, Operation, goes_past_cache};

const SMALL: u64 = 8192;
const IDENTITY: Identity = Identity { node: 3, directory: 9 };
/// The groups of a life: short ones, ones that need another segment, and one that needs a segment
/// of its size.
const LENGTHS: [usize; 5] = [100, 1500, 3000, 9000, 50];

/// A data directory on a faulty disk, and what is in it for certain.
struct World {
    temp: TempDir,
    faulty: Arc<Faulty>,
    segment_bytes: u64,
    kept: Vec<Vec<u8>>,
}

impl World {
    fn new() -> World {
        let (temp, faulty) = (tempfile::tempdir().unwrap(), Arc::new(Faulty::new(false)));
        World { temp, faulty, segment_bytes: SMALL, kept: vec![] }
    }

    fn data(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    /// Opens the log. All that was acknowledged or read before is there; what is read now will be.
    fn open(&mut self) -> Result<(Log, Report), Error> {
        let mut found = vec![];
        let directory = Directory::open(&Disk::faulty(self.faulty.clone()), &self.data())?;
        let replay = |_, records: bytes::Bytes| {
            found.push(records.to_vec());
            Ok(())
        };
        let opened = Log::open(directory, self.segment_bytes, 1, replay);
        if opened.is_ok() {
            assert!(found.len() >= self.kept.len(), "{} of {}", found.len(), self.kept.len());
            let is_sound = |(place, group): (usize, &Vec<u8>)| *group == written(place);
            assert!(found.iter().enumerate().all(is_sound), "the groups are others");
            self.kept = found;
        }
        opened
    }

    /// Opens the log, and writes what is missing of all groups.
    fn live(&mut self) -> Result<(), Error> {
        let (mut log, _) = self.open()?;
        log.identify(IDENTITY)?;
        for place in self.kept.len()..LENGTHS.len() {
            match log.append(&[written(place)]) {
                Err(Error::Full { .. }) => log.append(&[written(place)])?,
                appended => appended?,
            }
            self.kept.push(written(place));
        }
        Ok(())
    }

    /// The machine loses its power, and is started again.
    fn lose_power(&self, loss: Loss) {
        self.faulty.lose_power(loss).unwrap();
        self.faulty.power_on();
    }

    /// The headers of the segments, in order.
    fn headers(&self) -> Vec<Header> {
        let log = self.data().join("log");
        let mut paths: Vec<_> =
            fs::read_dir(log).unwrap().map(|each| each.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some());
        paths.sort();
        paths.iter().map(|path| Header::decode(path, &fs::read(path).unwrap()).unwrap()).collect()
    }
}

fn written(place: usize) -> Vec<u8> {
    vec![place as u8 + 1; LENGTHS[place]]
}

/// All that may be left of a disk, by this seed.
fn losses(seed: u64) -> [Loss; 3] {
    [Loss::Everything, Loss::Part(2 * seed), Loss::Part(2 * seed + 1)]
}

#[test]
fn acknowledged_groups_survive_a_power_loss_at_any_moment() {
    let mut moments = 0;
    for place in 0..3 {
        for after in 0.. {
            let mut world = World::new();
            world.faulty.plan(None, after, Fault::PowerLoss);
            let lived = world.live();
            let went_dark = world.faulty.is_dark();
            world.lose_power(losses(after)[place]);
            if !went_dark {
                lived.unwrap();
                break;
            }
            world.live().unwrap();
            world.lose_power(losses(after)[place]);
            world.open().unwrap();
            moments += 1;
        }
    }
    assert!(moments > 150, "{moments}");
}

#[test]
fn acknowledged_groups_survive_a_power_loss_in_the_middle_of_a_start() {
    let mut moments = 0;
    for seed in 0..8 {
        for after in 0.. {
            let mut world = World::new();
            world.faulty.plan(Some(Operation::Sync), 12, Fault::PowerLoss);
            world.live().unwrap_err();
            world.lose_power(Loss::Part(seed));
            world.faulty.plan(None, after, Fault::PowerLoss);
            let opened = world.open().map(drop);
            let went_dark = world.faulty.is_dark();
            world.lose_power(Loss::Part(1000 * seed + after));
            if !went_dark {
                opened.unwrap();
                break;
            }
            world.live().unwrap();
            moments += 1;
        }
    }
    assert!(moments > 60, "{moments}");
}

#[test]
fn what_a_start_after_a_kill_has_read_is_durable() {
    for after in 0.. {
        let mut world = World::new();
        world.faulty.plan(None, after, Fault::PowerLoss);
        let lived = world.live();
        let was_killed = world.faulty.is_dark();
        // The process is gone, and the system still has all that it did.
        world.faulty.power_on();
        world.open().unwrap();
        world.lose_power(Loss::Everything);
        world.open().unwrap();
        if !was_killed {
            lived.unwrap();
            break;
        }
    }
}

#[test]
fn what_a_start_has_read_is_durable_also_after_a_failed_sync() {
    let mut world = World::new();
    let (mut log, _) = world.open().unwrap();
    log.append(&[written(0)]).unwrap();
    world.faulty.plan(Some(Operation::Sync), 0, Fault::Refused(Errno::IO));
    log.append(&[written(1)]).unwrap_err();
    drop(log);
    // The system has the frame in memory, and takes it for clean.
    world.open().unwrap();
    assert_eq!(world.kept.len(), 2);
    world.lose_power(Loss::Everything);
    world.open().unwrap();
}

#[test]
fn names_that_a_process_left_unsynced_are_durable_after_the_next_start() {
    let mut world = World::new();
    let (mut log, _) = world.open().unwrap();
    log.append(&[written(0)]).unwrap();
    log.append(&[written(1)]).unwrap();
    world.faulty.plan(Some(Operation::SyncFolder), 0, Fault::Refused(Errno::IO));
    log.append(&[written(2)]).unwrap_err();
    drop(log);
    // The new segment has its name, in memory.
    let (mut log, _) = world.open().unwrap();
    log.append(&[written(2)]).unwrap();
    world.kept.push(written(2));
    drop(log);
    world.lose_power(Loss::Everything);
    world.open().unwrap();
}

#[test]
fn a_failed_sync_is_not_tried_again() {
    let mut world = World::new();
    let (mut log, _) = world.open().unwrap();
    world.faulty.plan(Some(Operation::Sync), 0, Fault::Refused(Errno::IO));
    let error = log.append(&[written(0)]).unwrap_err();
    assert!(error.to_string().contains("cannot sync"), "{error}");
}

#[test]
fn a_group_is_one_write_and_one_sync() {
    let mut world = World { segment_bytes: 1 << 20, ..World::new() };
    let (mut log, _) = world.open().unwrap();
    let before = world.faulty.counts();
    log.append(&[written(0)]).unwrap();
    let after = world.faulty.counts();
    assert_eq!(after.writes - before.writes, 1);
    assert_eq!(after.writes_past_cache - before.writes_past_cache, goes_past_cache() as u64);
    assert_eq!(after.syncs - before.syncs, 1);
    assert_eq!(after.all - before.all, 2);
}

#[test]
fn what_the_system_does_not_take_past_its_cache_is_written_and_durable_all_the_same() {
    let refused = [Errno::INVAL, Errno::OPNOTSUPP, Errno::INTR].map(Fault::Refused);
    for fault in refused.into_iter().chain([Fault::Short]) {
        for after in 0.. {
            let mut world = World::new();
            world.faulty.plan(Some(Operation::WritePastCache), after, fault);
            world.live().unwrap();
            let is_over = world.faulty.counts().writes_past_cache <= after;
            world.lose_power(Loss::Everything);
            world.open().unwrap();
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn a_log_that_failed_writes_nothing_more() {
    for operation in [Operation::Write, Operation::Sync] {
        // In a long segment no spare one is made beside the log, which could meet the fault.
        let mut world = World { segment_bytes: 1 << 20, ..World::new() };
        let (mut log, _) = world.open().unwrap();
        log.append(&[written(0)]).unwrap();
        world.faulty.plan(Some(operation), 0, Fault::Refused(Errno::IO));
        let first = log.append(&[written(1)]).unwrap_err();
        let before = world.faulty.counts();
        let errors = [log.append(&[written(1)]), log.seal(), log.look_for_room()];
        for error in errors.map(Result::unwrap_err) {
            assert_eq!(error.to_string(), first.to_string(), "the cause is what people need");
        }
        assert!(!log.is_quick_for(100));
        assert_eq!(world.faulty.counts(), before);
    }
}

#[test]
fn any_operation_may_fail() {
    let refused = [Errno::IO, Errno::NOSPC, Errno::ACCESS].map(Fault::Refused);
    for fault in refused.into_iter().chain([Fault::Short]) {
        for after in 0.. {
            let mut world = World::new();
            world.faulty.plan(None, after, fault);
            let lived = world.live();
            let is_over = world.faulty.counts().all <= after;
            let is_broken = fault == Fault::Refused(Errno::IO);
            let is_full = matches!(&lived, Err(Error::Full { .. }));
            assert!(!(is_full && is_broken), "{lived:?} after {after}");
            assert!(fault != Fault::Short || lived.is_ok(), "{lived:?} after {after}");
            // The process is started again; then the machine is.
            world.faulty.power_on();
            world.live().unwrap();
            world.lose_power(Loss::Everything);
            world.open().unwrap();
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn what_the_system_has_not_got_is_waited_for() {
    let wants = [Errno::NOSPC, Errno::DQUOT, Errno::FBIG, Errno::MFILE, Errno::NFILE];
    let more = [Errno::NOMEM, Errno::AGAIN, Errno::ACCESS, Errno::PERM, Errno::ROFS];
    for errno in wants.into_iter().chain(more) {
        let mut world = World::new();
        let (mut log, _) = world.open().unwrap();
        world.faulty.refuse(Some(errno));
        log.append(&[written(0)]).unwrap();
        let error = loop {
            match log.append(&[[0; 1000]]) {
                Ok(()) => {}
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Full { .. }), "{errno}: {error}");
        assert!(error.shortage().is_some(), "{errno}: {error}");
        assert_eq!(log.shortage(), error.shortage().as_ref(), "{errno}");
        world.faulty.refuse(None);
        // The first attempt may find the segment that was being made when it was refused.
        log.append(&[[0; 1000]]).or_else(|_| log.append(&[[0; 1000]])).unwrap();
        assert_eq!(log.shortage(), None, "{errno}");
    }
}

#[test]
fn a_broken_disk_is_not_waited_for() {
    let mut world = World::new();
    let (mut log, _) = world.open().unwrap();
    world.faulty.refuse(Some(Errno::IO));
    let error = (0..100).find_map(|_| log.append(&[[0; 1000]]).err()).unwrap();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn a_log_that_is_gone_is_missed_also_after_a_power_loss() {
    let mut world = World::new();
    let (mut log, _) = world.open().unwrap();
    log.identify(IDENTITY).unwrap();
    log.append(&[written(0)]).unwrap();
    drop(log);
    world.lose_power(Loss::Everything);
    fs::remove_dir_all(world.data().join("log")).unwrap();
    assert!(matches!(world.open(), Err(Error::Lost { node: 3, .. })));
}

#[test]
fn an_identity_that_a_process_left_unsynced_is_durable_after_the_next_start() {
    let mut world = World::new();
    let (mut log, _) = world.open().unwrap();
    log.identify(IDENTITY).unwrap();
    world.faulty.plan(Some(Operation::SyncFolder), 0, Fault::Refused(Errno::IO));
    log.append(&[written(0)]).unwrap_err();
    drop(log);
    world.live().unwrap();
    world.lose_power(Loss::Everything);
    fs::remove_dir_all(world.data().join("log")).unwrap();
    assert!(matches!(world.open(), Err(Error::Lost { node: 3, .. })));
}

#[test]
fn each_segment_has_a_salt_of_its_own() {
    let mut worlds = [World::new(), World::new()];
    let mut salts = std::collections::BTreeSet::new();
    let mut segments = 0;
    for world in &mut worlds {
        world.live().unwrap();
        segments += world.headers().len();
        salts.extend(world.headers().iter().map(|header| header.salt.0));
    }
    assert!(segments >= 4, "{segments}");
    assert_eq!(salts.len(), segments);
}

#[test]
fn log_and_snapshots_go_past_the_seam_nowhere() {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = ["log", "snapshots"].map(|room| fs::read_dir(source.join(room)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.is_file()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if matches!(name, "tests.rs" | "crashes.rs" | "fuzzing.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        // The handle of the lock is the one thing that it holds without the seam.
        for way in ["fs::{self", "std::fs;", "fs::read", "fs::write", "fs::rename", "::options("] {
            assert!(!code.contains(way), "{name} has {way}");
        }
    }
}
