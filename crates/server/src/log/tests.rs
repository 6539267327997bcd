//! The log as a whole: what was synced comes back, whatever the last write left behind.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use proptest::prelude::*;
use tempfile::TempDir;

use super::frame;
use super::recovery::{PassedOver, Report};
use super::segment;
use super::{Directory, Error, Identity, Log, read};
use crate::log::disk::Disk;

const SMALL: u64 = 8192;

/// A log directory, and what should be in it.
struct World {
    temp: TempDir,
    groups: Vec<Vec<u8>>,
    segment_bytes: u64,
}

impl World {
    fn new(segment_bytes: u64) -> World {
        World { temp: tempfile::tempdir().unwrap(), groups: vec![], segment_bytes }
    }

    /// A world in which these groups were written.
    fn with(segment_bytes: u64, groups: &[Vec<u8>]) -> World {
        let mut world = World::new(segment_bytes);
        world.write(groups);
        world
    }

    /// Opens the log, expects all groups, and writes these as well.
    fn write(&mut self, groups: &[Vec<u8>]) -> Report {
        let (mut log, report) = self.open().unwrap();
        for group in groups {
            log.append(&[group]).unwrap();
            self.groups.push(group.clone());
        }
        report
    }

    /// Opens the log and expects exactly the groups of this world.
    fn open(&self) -> Result<(Log, Report), Error> {
        let mut found = vec![];
        let opened = self.open_into(&mut found)?;
        assert_eq!(found.len(), self.groups.len());
        assert!(found == self.groups, "the groups are others");
        Ok(opened)
    }

    fn open_into(&self, found: &mut Vec<Vec<u8>>) -> Result<(Log, Report), Error> {
        let directory = Directory::open(&Disk::default(), self.temp.path())?;
        Log::open(directory, self.segment_bytes, 1, |_, records| {
            found.push(records.to_vec());
            Ok(())
        })
    }

    /// The paths of the segments, in order.
    fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = fs::read_dir(self.temp.path().join("log"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some())
            .collect();
        paths.sort();
        paths
    }

    /// Where the last frame begins and ends in the last segment.
    fn last_frame(&self) -> (PathBuf, usize, usize) {
        let path = self.segments().pop().unwrap();
        let bytes = fs::read(&path).unwrap();
        let salt = segment::Header::decode(&path, &bytes).unwrap().salt;
        let (mut start, mut end) = (0, segment::HEADER_BYTES);
        while let Some(frame) = frame::decode(&bytes[end..], salt) {
            (start, end) = (end, end + frame.space());
        }
        assert!(start > 0, "the last segment has a frame");
        (path, start, end)
    }

    /// The text of the error that opening gives.
    fn refusal(&self) -> String {
        self.open_into(&mut vec![]).map(|_| ()).unwrap_err().to_string()
    }
}

fn groups(count: usize, length: usize) -> Vec<Vec<u8>> {
    (0..count).map(|place| vec![place as u8 + 1; length + place % 7]).collect()
}

fn flip(path: &Path, offset: usize) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset as u64).unwrap();
    file.write_all_at(&[byte[0] ^ 16], offset as u64).unwrap();
}

#[test]
fn what_was_written_comes_back() {
    let mut world = World::new(SMALL);
    assert_eq!(world.write(&[]), Report::default());
    world.write(&groups(3, 100));
    world.write(&[vec![]]);
    let report = world.write(&groups(2, 50));
    assert_eq!((report.groups, report.torn), (4, None));
    world.open().unwrap();
}

#[test]
fn a_group_of_many_parts_is_one_frame() {
    let world = World::new(SMALL);
    let (mut log, _) = world.open().unwrap();
    let counters = log.counters();
    log.append(&["one", "two"]).unwrap();
    drop(log);
    assert_eq!(counters.groups.load(Relaxed), 1);
    assert_eq!(counters.syncs.load(Relaxed), 1);
    assert_eq!(counters.bytes.load(Relaxed), 64);
    let mut found = vec![];
    world.open_into(&mut found).unwrap();
    assert_eq!(found, [b"onetwo"]);
}

#[test]
fn full_segments_roll() {
    let mut world = World::with(SMALL, &groups(40, 500));
    assert!(world.segments().len() > 4);
    world.write(&groups(40, 500));
    world.open().unwrap();
}

#[test]
fn a_huge_group_gets_a_segment_of_its_size() {
    let huge = vec![9; 5 * SMALL as usize];
    let mut world = World::with(SMALL, &groups(2, 10));
    world.write(&[huge.clone(), b"after".to_vec(), huge.clone(), huge]);
    world.write(&groups(2, 10));
    world.open().unwrap();
    assert_eq!(world.segments().len(), 4, "what is small goes where there is room");
}

#[test]
fn a_torn_tail_is_cut_wherever_it_is_torn() {
    let mut world = World::with(SMALL, &groups(6, 90));
    let (path, start, end) = world.last_frame();
    let whole = fs::read(&path).unwrap();
    world.groups.pop();
    for cut in start..end {
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        if torn[start..end] == whole[start..end] {
            continue; // only padding was cut
        }
        fs::write(&path, &torn).unwrap();
        let (_, report) = world.open().unwrap();
        assert_eq!(report.torn.is_some(), cut > start, "cut at {cut}");
        assert!(fs::read(&path).unwrap()[start..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_log_that_is_only_read_stays_as_it_is() {
    let world = World::with(SMALL, &groups(20, 1000));
    let read = |from: u64| {
        let mut found = vec![];
        let report = read(&Disk::default(), world.temp.path(), from, |frame, records| {
            found.push((frame, records.to_vec()));
            Ok(())
        });
        (report, found)
    };
    let frames = |places: std::ops::Range<usize>| -> Vec<(u64, Vec<u8>)> {
        places.map(|place| (place as u64 + 1, world.groups[place].clone())).collect()
    };
    let (report, found) = read(1);
    assert_eq!((found, report.unwrap().groups), (frames(0..20), 20));
    let (report, found) = read(14);
    assert_eq!((found, report.unwrap().groups), (frames(13..20), 7));

    // A torn tail is told of, and not cut.
    let (path, start, end) = world.last_frame();
    let whole = fs::read(&path).unwrap();
    flip(&path, end - 1000);
    let harmed = fs::read(&path).unwrap();
    let (report, found) = read(1);
    let torn = report.unwrap().torn.unwrap();
    assert_eq!((found, torn.path, torn.offset), (frames(0..19), path.clone(), start as u64));
    assert!(fs::read(&path).unwrap() == harmed, "nobody cut it");
    // Not even where the system lets nobody write.
    fs::write(&path, whole).unwrap();
    let writable = fs::metadata(&path).unwrap().permissions();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    assert_eq!(read(1).0.unwrap().torn, None);
    fs::set_permissions(&path, writable).unwrap();

    // Damage is refused as at a start, and so is what is missing.
    let first = world.segments().swap_remove(0);
    let whole = fs::read(&first).unwrap();
    flip(&first, segment::HEADER_BYTES + 30);
    let (report, found) = read(1);
    assert!(matches!(report, Err(Error::Damaged { path, .. }) if path == first));
    assert_eq!(found, []);
    fs::write(&first, whole).unwrap();
    fs::remove_file(first).unwrap();
    assert!(matches!(read(1).0, Err(Error::Missing { expected: 1, .. })));
    assert_eq!(read(14).1, frames(13..20), "what is before it is known already");
    fs::remove_dir_all(world.temp.path().join("log")).unwrap();
    assert!(matches!(read(14).0, Err(Error::Missing { expected: 14, .. })));
}

#[test]
fn a_tail_that_lost_its_beginning_is_cut() {
    let mut world = World::with(SMALL, &groups(6, 1000));
    let (path, start, _) = world.last_frame();
    flip(&path, start);
    world.groups.pop();
    let (_, report) = world.open().unwrap();
    let torn = report.torn.unwrap();
    assert_eq!((torn.path, torn.offset), (path, start as u64));
    assert_eq!(world.open().unwrap().1.torn, None, "it is cut once");
}

#[test]
fn what_was_cut_never_comes_back() {
    let mut world = World::with(SMALL, &groups(3, 1000));
    let (path, start, _) = world.last_frame();
    flip(&path, start + 30);
    world.groups.pop();
    // The new frame has the number of the torn one and is shorter; then damage it as well.
    world.write(&[b"short".to_vec()]);
    flip(&path, start + 22);
    world.groups.pop();
    world.write(&[]);
    world.open().unwrap();
}

#[test]
fn damage_is_told_from_a_torn_tail() {
    let world = World::with(SMALL, &groups(6, 90));
    let (path, last, _) = world.last_frame();
    for offset in (segment::HEADER_BYTES..last).step_by(13) {
        let padding = (offset - segment::HEADER_BYTES) % 128 >= frame::HEADER_BYTES + 90;
        flip(&path, offset);
        if !padding {
            let refusal = world.refusal();
            assert!(refusal.contains("the log is damaged"), "{refusal}");
            assert!(refusal.contains("is whole at offset"), "{refusal}");
            let frame = segment::HEADER_BYTES + (offset - segment::HEADER_BYTES) / 128 * 128;
            assert!(refusal.contains(&format!(".log, offset {frame}:")), "{refusal}");
        }
        flip(&path, offset);
    }
    world.open().unwrap();
}

#[test]
fn damage_before_an_empty_segment_is_noticed() {
    let world = World::with(SMALL, &groups(40, 500));
    let segments = world.segments();
    let path = segments.last().unwrap();
    let bytes = fs::read(path).unwrap();
    fs::write(path, [&bytes[..4096], &vec![0; bytes.len() - 4096]].concat()).unwrap();
    flip(&segments[segments.len() - 2], 4096);
    let refusal = world.refusal();
    assert!(refusal.contains("but the next segment begins with frame"), "{refusal}");
}

#[test]
fn missing_and_foreign_files_are_named() {
    let world = World::with(SMALL, &groups(40, 500));
    let segments = world.segments();
    let moved = world.temp.path().join("moved");
    fs::rename(&segments[1], &moved).unwrap();
    assert!(world.refusal().contains("but the next segment begins with frame"));
    fs::rename(&moved, &segments[1]).unwrap();
    fs::rename(&segments[0], &moved).unwrap();
    assert!(world.refusal().contains("frame 1 is missing"));
    fs::rename(&moved, &segments[0]).unwrap();
    let foreign = segments[0].with_file_name("notes.txt");
    fs::write(&foreign, "hello").unwrap();
    assert!(world.refusal().contains("notes.txt is not part of a Candor log"));
    fs::remove_file(foreign).unwrap();
    fs::rename(&segments[2], segments[2].with_file_name("00000000000000000999.log")).unwrap();
    assert!(world.refusal().contains("damaged"));
}

#[test]
fn a_shortened_segment_is_damage() {
    let world = World::with(SMALL, &groups(3, 100));
    let path = &world.segments()[0];
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..5000]).unwrap();
    assert!(world.refusal().contains("the file has 5000 bytes, and its header says 8192"));
}

#[test]
fn a_value_that_looks_like_a_frame_is_no_frame() {
    // A client that stores a frame of its own cannot make a torn tail look like damage.
    let mut forged = vec![];
    frame::encode(&mut forged, frame::Salt(1), 1000, &[b"forged"]);
    let mut value = vec![0; frame::ALIGNMENT - frame::HEADER_BYTES];
    value.extend(&forged);
    let mut world = World::with(SMALL, &[vec![1], value]);
    let (path, start, _) = world.last_frame();
    flip(&path, start);
    world.groups.pop();
    assert!(world.open().unwrap().1.torn.is_some());
}

#[test]
fn a_refused_group_ends_the_opening() {
    let world = World::with(SMALL, &groups(3, 100));
    let directory = Directory::open(&Disk::default(), world.temp.path()).unwrap();
    let refuse = |_, _: bytes::Bytes| Err(node::StartError("other members".into()));
    let error = Log::open(directory, SMALL, 1, refuse).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Refused(_)));
}

#[test]
fn an_old_spare_is_removed() {
    let world = World::with(SMALL, &groups(3, 100));
    let spare = world.temp.path().join("log/spare");
    fs::write(&spare, "half made").unwrap();
    world.open().unwrap();
    assert!(!spare.exists());
}

const IDENTITY: Identity = Identity { node: 3, directory: 9 };

/// Opens the log from a frame on; the groups that are handed over.
fn from(world: &World, from: u64) -> Result<Vec<Vec<u8>>, Error> {
    let directory = Directory::open(&Disk::default(), world.temp.path())?;
    let mut found = vec![];
    Log::open(directory, world.segment_bytes, from, |_, records| {
        found.push(records.to_vec());
        Ok(())
    })?;
    Ok(found)
}

#[test]
fn a_log_is_read_from_any_frame_on() {
    let world = World::with(16 << 10, &groups(12, 2950));
    assert_eq!(world.segments().len(), 3);
    for first in 1..=13 {
        assert!(from(&world, first).unwrap() == world.groups[first as usize - 1..], "{first}");
    }
    let error = from(&world, 14).unwrap_err().to_string();
    assert!(error.contains("frame 13 is bad or missing, but there is a snapshot"), "{error}");
    // What lies wholly before the frame is not looked at.
    flip(&world.segments()[0], 5000);
    fs::write(&world.segments()[1], "harmed").unwrap();
    assert!(from(&world, 9).unwrap() == world.groups[8..]);
    assert!(matches!(from(&world, 8), Err(Error::Damaged { .. })));
    fs::remove_file(&world.segments()[1]).unwrap();
    assert!(from(&world, 9).is_ok());
}

#[test]
fn harm_to_what_a_snapshot_holds_is_passed_over_and_told() {
    // The last segment begins with frame 9; frame 11 is the first that the snapshot does not hold.
    let world = World::with(16 << 10, &groups(12, 2950));
    let path = world.segments().pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    let salt = segment::Header::decode(&path, &bytes).unwrap().salt;
    let place =
        |number| frame::find(&bytes, segment::HEADER_BYTES, salt, number).expect("it is there").0;
    let harm = |number| flip(&path, place(number) + 100);
    for number in [9, 10] {
        harm(number);
        let directory = Directory::open(&Disk::default(), world.temp.path()).unwrap();
        let (log, report) = Log::open(directory, world.segment_bytes, 11, |_, _| Ok(())).unwrap();
        drop(log);
        let (path, offset) = (path.clone(), place(number) as u64);
        let passed_over = Some(PassedOver { path, offset, frame: number });
        assert_eq!(report, Report { groups: 2, bytes: report.bytes, torn: None, passed_over });
        assert!(from(&world, 11).unwrap() == world.groups[10..]);
        assert!(matches!(from(&world, number), Err(Error::Damaged { .. })), "it is needed");
        // Harm to what only the log has is harm, whatever else could be passed over.
        harm(11);
        assert!(matches!(from(&world, 11), Err(Error::Damaged { .. })));
        [number, 11].into_iter().for_each(harm);
    }
}

#[test]
fn what_is_cut_is_gone_and_what_it_leaves_is_used_again() {
    let mut world = World::with(16 << 10, &groups(12, 2950));
    let (mut log, _) = world.open().unwrap();
    // The segments begin with the frames 1, 5 and 9.
    let names = || {
        let entries = fs::read_dir(world.temp.path().join("log")).unwrap();
        entries.map(|each| each.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    log.cut(4).carry_out().unwrap();
    assert_eq!(world.segments().len(), 3);
    log.cut(8).carry_out().unwrap();
    assert_eq!(world.segments().len(), 2, "a frame of the second one is still needed");
    log.cut(1000).carry_out().unwrap();
    assert_eq!(world.segments().len(), 1, "the active one stays");
    assert_eq!(names().iter().filter(|name| name.starts_with("used-")).count(), 2);
    for group in groups(12, 2950) {
        log.append(&[&group]).unwrap();
        world.groups.push(group);
    }
    drop(log);
    assert!(!names().iter().any(|name| name.starts_with("used-")), "{:?}", names());
    assert!(from(&world, 9).unwrap() == world.groups[8..]);
    let directory = Directory::open(&Disk::default(), world.temp.path()).unwrap();
    let (_, report) = Log::open(directory, world.segment_bytes, 9, |_, _| Ok(())).unwrap();
    assert_eq!(report.torn, None);
}

/// A world in which one group was written, and it is known whose it is.
fn identified() -> World {
    let world = World::new(SMALL);
    let (mut log, _) = world.open().unwrap();
    log.identify(IDENTITY).unwrap();
    assert_eq!(
        Identity::read(&Disk::default(), world.temp.path()).unwrap(),
        None,
        "nothing could be lost yet"
    );
    log.append(&[b"first"]).unwrap();
    assert_eq!(Identity::read(&Disk::default(), world.temp.path()).unwrap(), Some(IDENTITY));
    world
}

#[track_caller]
fn refused_as_lost(world: &World) {
    let error = world.open_into(&mut vec![]).map(drop).unwrap_err();
    assert!(matches!(error, Error::Lost { node: 3, .. }), "{error}");
    let error = crate::Error::from(error);
    assert_eq!(error.exit_code, 78);
    assert!(error.reason.contains("forget its votes"), "{error}");
    assert!(
        Identity::read(&Disk::default(), world.temp.path()).unwrap().is_some(),
        "nothing was touched"
    );
}

#[test]
fn a_directory_without_its_log_does_not_start_empty() {
    let world = identified();
    let log = world.temp.path().join("log");
    let segment = segment::path(&log, 1);
    let bytes = fs::read(&segment).unwrap();
    // The first frame, and with it all frames.
    fs::write(
        &segment,
        [&bytes[..segment::HEADER_BYTES], &vec![0; bytes.len() - segment::HEADER_BYTES]].concat(),
    )
    .unwrap();
    refused_as_lost(&world);
    fs::remove_file(&segment).unwrap();
    refused_as_lost(&world);
    fs::remove_dir_all(&log).unwrap();
    refused_as_lost(&world);
    assert!(!log.exists());
    fs::create_dir(&log).unwrap();
    fs::write(&segment, bytes).unwrap();
    let mut found = vec![];
    world.open_into(&mut found).unwrap().0.identify(IDENTITY).unwrap();
    assert_eq!(found, [b"first"], "put back, it is as it was");
}

#[test]
fn a_log_of_another_directory_is_refused() {
    let world = identified();
    let (mut log, _) = world.open_into(&mut vec![]).unwrap();
    let other = Identity { directory: 10, ..IDENTITY };
    assert!(matches!(log.identify(other), Err(Error::Exchanged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The last write reached the disk in part: any of its sectors may be there or not. All that
    /// was synced before comes back, the last group comes back whole or not at all, and the log
    /// goes on.
    #[test]
    fn any_part_of_the_last_write(
        lengths in prop::collection::vec(0usize..3000, 1..20),
        segment_bytes in prop::sample::select(vec![8192u64, 12288, 65536]),
        lost in any::<u64>(),
        more in prop::collection::vec(0usize..3000, 0..4),
    ) {
        let fill = |(place, length): (usize, &usize)| vec![place as u8 + 1; *length];
        let written: Vec<_> = lengths.iter().enumerate().map(fill).collect();
        let mut world = World::with(segment_bytes, &written);
        let (path, start, end) = world.last_frame();
        let mut bytes = fs::read(&path).unwrap();
        let whole = bytes.clone();
        for (sector, offset) in (start..end).step_by(512).enumerate() {
            if lost >> (sector % 64) & 1 == 1 {
                bytes[offset..(offset + 512).min(end)].fill(0);
            }
        }
        if bytes != whole {
            world.groups.pop();
        }
        fs::write(&path, &bytes).unwrap();
        let more: Vec<_> = more.iter().map(|length| vec![200; *length]).collect();
        world.write(&more);
        world.open().unwrap();
    }
}
