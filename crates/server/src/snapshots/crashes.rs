//! Snapshots and the log that is cut behind them, on a disk that fails and loses its power: all
//! that was acknowledged is there, in a snapshot or in the log.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use node::SnapshotNumber;
use rustix::io::Errno;
use tempfile::TempDir;

use super::tests::{Loaded, spawn};
use super::{Folder, Kept, Report, Start};
use crate::log::disk::{Disk, Fault, Faulty, Loss};
use crate::log::{Directory, Error, Log};

/// So small that three groups fill a segment.
const SEGMENT_BYTES: u64 = 16 << 10;
/// How many groups there are in a life; behind every third one a snapshot is taken. The last ones
/// lie in a segment that was cut and is used again.
const GROUPS: usize = 11;

/// A data directory on a faulty disk, and what is in it for certain.
struct World {
    temp: TempDir,
    faulty: Arc<Faulty>,
    /// How many groups were acknowledged, or read once.
    kept: usize,
    /// The newest snapshot that was said to be in place, or loaded once.
    placed: SnapshotNumber,
    /// Whether somebody else harmed a snapshot.
    harmed: bool,
}

/// What is open in a life.
struct Life {
    folder: Folder,
    log: Log,
    newest: Option<Kept>,
}

impl World {
    fn new() -> World {
        let (temp, faulty) = (tempfile::tempdir().unwrap(), Arc::new(Faulty::new(false)));
        World { temp, faulty, kept: 0, placed: SnapshotNumber(0), harmed: false }
    }

    fn data(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    /// Opens what there is. All that was acknowledged or read before is there.
    fn open(&mut self) -> Result<Life, crate::Error> {
        let disk = Disk::faulty(self.faulty.clone());
        let directory = Directory::open(&disk, &self.data())?;
        let folder = Folder::open(&disk, directory.snapshots())?;
        let Start { loaded, newest, bad } = folder.start(Loaded::after)?;
        let is_damaged = |path: &PathBuf| path.extension().is_some_and(|end| end == "bad");
        assert!(self.harmed || !bad.iter().any(is_damaged), "{bad:?}");
        // A snapshot says how many groups it holds.
        let mut count = loaded.bytes.iter().take_while(|byte| **byte == b'x').count();
        let from = newest.map_or(1, |newest| newest.first);
        let (log, _) = Log::open(directory, SEGMENT_BYTES, from, |_, records| {
            assert_eq!(records, group(count), "{count} groups were before it");
            count += 1;
            Ok(())
        })?;
        assert!(count >= self.kept, "{count} of {}", self.kept);
        let number = newest.map_or(SnapshotNumber(0), |newest| newest.number);
        assert!(number >= self.placed || !bad.is_empty(), "{number} is not {}", self.placed);
        (self.kept, self.placed) = (count, number);
        Ok(Life { folder, log, newest })
    }

    /// Opens what there is, writes what is missing of all groups, and takes snapshots meanwhile.
    fn live(&mut self) -> Result<(), crate::Error> {
        let Life { folder, mut log, newest } = self.open()?;
        let (handle, reports) = spawn(&folder, newest);
        let mut number = folder.numbers()?.first().copied().unwrap_or_default();
        for place in self.kept..GROUPS {
            match log.append(&[group(place)]) {
                Err(Error::Full { .. }) => log.append(&[group(place)])?,
                appended => appended?,
            }
            self.kept += 1;
            if self.kept.is_multiple_of(3) {
                number = number.next();
                handle.begin(number);
                handle.write(number, vec![b'x'; self.kept].into(), false);
                handle.end(number);
                handle.holds(number, log.sequence());
                let mut reports = reports.iter();
                let report = reports.find(|each| !matches!(each, Report::Written { .. }));
                let Some(Report::Placed { cut, .. }) = report else { continue };
                self.placed = number;
                if let Some(before) = cut {
                    // It may be refused: then some room is not given back.
                    let _ = log.cut(before).carry_out();
                }
            }
        }
        Ok(())
    }

    fn lose_power(&self, loss: Loss) {
        self.faulty.lose_power(loss).unwrap();
        self.faulty.power_on();
    }

    /// The names in this directory.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.data().join(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn group(place: usize) -> Vec<u8> {
    vec![place as u8 + 1; 4000]
}

#[test]
fn a_life_leaves_two_snapshots_and_the_log_behind_the_older_one() {
    let mut world = World::new();
    world.live().unwrap();
    assert_eq!(
        world.names("snapshots"),
        ["00000000000000000002.snap", "00000000000000000003.snap"]
    );
    let log = world.names("log");
    let begins =
        |name: &&String| name.strip_suffix(".log").map(|first| first.parse::<u64>().unwrap());
    let firsts: Vec<u64> = log.iter().filter_map(|name| begins(&name)).collect();
    // The older one holds six groups, each a frame.
    assert_eq!(firsts, [7, 10], "{log:?}");
    world.open().unwrap();
}

/// The power goes at any moment of a life and takes this much; how many moments there are.
fn power_losses(loss: impl Fn(u64) -> Loss) -> u64 {
    for after in 0.. {
        let mut world = World::new();
        world.faulty.plan(None, after, Fault::PowerLoss);
        let _ = world.live();
        let went_dark = world.faulty.is_dark();
        world.lose_power(loss(after));
        if !went_dark {
            return after;
        }
        world.live().unwrap();
        world.lose_power(loss(after));
        world.open().unwrap();
    }
    unreachable!("a life comes to its end");
}

#[test]
fn what_was_acknowledged_survives_a_power_loss_at_any_moment() {
    let moments = power_losses(|_| Loss::Everything);
    assert!(moments > 100, "{moments}");
}

#[test]
fn what_was_acknowledged_survives_a_power_loss_that_leaves_some_of_the_rest() {
    power_losses(Loss::Part);
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    for after in 0.. {
        let mut world = World::new();
        world.faulty.plan(None, after, Fault::PowerLoss);
        let _ = world.live();
        let was_killed = world.faulty.is_dark();
        // The process is gone, and the system still has all that it did.
        world.faulty.power_on();
        world.open().unwrap();
        world.lose_power(Loss::Everything);
        world.live().unwrap();
        if !was_killed {
            break;
        }
    }
}

#[test]
fn any_operation_may_fail() {
    let refused = [Errno::IO, Errno::NOSPC].map(Fault::Refused);
    for fault in refused.into_iter().chain([Fault::Short]) {
        for after in 0.. {
            let mut world = World::new();
            world.faulty.plan(None, after, fault);
            let lived = world.live();
            let is_over = world.faulty.counts().all <= after;
            assert!(fault != Fault::Short || lived.is_ok(), "{lived:?} after {after}");
            // The machine is started again.
            world.lose_power(Loss::Everything);
            world.live().unwrap();
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn either_of_the_two_snapshots_is_enough() {
    let mut world = World::new();
    world.live().unwrap();
    let newest = world.data().join("snapshots").join("00000000000000000003.snap");
    let mut bytes = fs::read(&newest).unwrap();
    bytes[4096] ^= 1;
    fs::write(&newest, bytes).unwrap();
    (world.placed, world.harmed) = (SnapshotNumber(2), true);
    let disk = Disk::default();
    let directory = Directory::open(&disk, &world.data()).unwrap();
    let folder = Folder::open(&disk, directory.snapshots()).unwrap();
    assert_eq!(folder.start(Loaded::after).unwrap().bad.len(), 1);
    drop(directory);
    world.open().unwrap();
    assert_eq!((world.kept, world.placed), (GROUPS, SnapshotNumber(2)));
    // Without both, the log is not enough, and says so.
    fs::remove_file(world.data().join("snapshots").join("00000000000000000002.snap")).unwrap();
    let error = world.open().map(drop).unwrap_err();
    assert!(error.reason.contains("the segment that holds frame 1 is missing"), "{error}");
}

#[test]
fn a_log_that_lost_what_a_snapshot_holds_is_damaged() {
    let mut world = World::new();
    world.live().unwrap();
    let log = world.data().join("log");
    let segments = world.names("log");
    let [first, last] = [&segments[0], &segments[1]].map(|name| log.join(name));
    fs::remove_file(last).unwrap();
    // The last of three frames, which is the last that the snapshot holds.
    let file = fs::File::options().write(true).open(&first).unwrap();
    file.write_all_at(&[0; 4032], 4096 + 2 * 4032).unwrap();
    let error = world.open().map(drop).unwrap_err();
    assert!(error.reason.contains("there is a snapshot of all frames before"), "{error}");
    fs::remove_file(first).unwrap();
    assert!(world.open().map(drop).unwrap_err().reason.contains("is missing"));
}

#[test]
fn a_log_without_snapshots_is_read_as_ever() {
    let mut world = World::new();
    let Life { mut log, .. } = world.open().unwrap();
    for place in 0..5 {
        log.append(&[group(place)]).unwrap();
    }
    drop(log);
    fs::remove_dir(world.data().join("snapshots")).unwrap();
    world.open().unwrap();
    assert_eq!(world.kept, 5);
}
