//! Parts of the log are read as they were written, whatever is done to the log meanwhile.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::log::{Directory, Log};

/// A log of segments of four frames each, and what reads it.
struct World {
    _temp: TempDir,
    log: Log,
    reader: Reader,
}

impl World {
    fn of(frames: u64) -> World {
        let temp = tempfile::tempdir().unwrap();
        let directory = Directory::open(&Disk::default(), temp.path()).unwrap();
        let (log, _) = Log::open(directory, 16 << 10, 1, |_, _| Ok(())).unwrap();
        let reader = Reader { disk: log.disk(), log: log.path(), ends: VecDeque::new() };
        let mut world = World { _temp: temp, log, reader };
        world.write(frames);
        world
    }

    /// Writes frames that have their numbers.
    fn write(&mut self, frames: u64) {
        for _frame in 0..frames {
            let payload = vec![self.log.sequence() as u8; 2950];
            self.log.append(&[payload]).unwrap();
        }
    }

    /// The numbers of the frames that a read of so many bytes gives.
    fn read(&mut self, from: u64, bytes: usize) -> Vec<u64> {
        let Part { groups, next } = self.reader.read_or_warn(from, bytes);
        assert!(groups.iter().all(|group| group.len() == 2950));
        let numbers: Vec<u64> = groups.iter().map(|group| u64::from(group[0])).collect();
        assert!(numbers.is_empty() || next == from + numbers.len() as u64);
        numbers
    }

    fn segment(&self, first: u64) -> PathBuf {
        segment::path(&self.reader.log, first)
    }
}

#[test]
fn parts_follow_each_other_across_segments() {
    let mut world = World::of(12);
    assert!(world.segment(5).exists() && world.segment(9).exists());
    for bytes in [1, 2951, 7000, 1 << 20] {
        let (mut found, mut from) = (vec![], 1);
        while from <= 12 {
            let part = world.read(from, bytes);
            assert_eq!(part.len(), bytes.div_ceil(2950).min(13 - from as usize));
            from += part.len() as u64;
            found.extend(part);
        }
        assert_eq!(found, (1..=12).collect::<Vec<_>>());
    }
    assert_eq!(world.read(7, 1), [7]);
    assert_eq!(world.read(13, 1), [], "there is none yet");
    world.write(3);
    assert_eq!(world.read(13, 1 << 20), [13, 14, 15]);
    assert!(world.reader.ends.len() <= ENDS_MAX);
}

#[test]
fn what_is_cut_is_not_read() {
    let mut world = World::of(12);
    assert_eq!(world.read(1, 1), [1]);
    world.log.cut(6).carry_out().unwrap();
    assert_eq!(world.read(2, 1), [], "also where a read has ended there");
    assert_eq!(world.read(5, 1 << 20), [5, 6, 7, 8, 9, 10, 11, 12]);
}

#[test]
fn a_bad_frame_ends_a_part() {
    let mut world = World::of(12);
    let path = world.segment(5);
    let mut bytes = fs::read(&path).unwrap();
    bytes[segment::HEADER_BYTES + 2 * 3008 + 100] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(world.read(4, 1 << 20), [4, 5, 6]);
    assert_eq!(world.read(7, 1 << 20), []);
    assert_eq!(world.read(9, 1), [9]);
    fs::write(world.segment(5), "no segment").unwrap();
    assert_eq!(world.read(2, 1 << 20), [2, 3, 4], "what is before it is of use");
    assert_eq!(world.read(5, 1), []);
}

#[test]
fn a_frame_greater_than_a_window_is_read() {
    let mut world = World::of(1);
    world.log.append(&[vec![2; 3 * WINDOW_BYTES]]).unwrap();
    world.write(1);
    let Part { groups, next } = world.reader.read(2, 1 << 20).unwrap();
    assert_eq!(
        (groups.iter().map(Bytes::len).collect::<Vec<_>>(), next),
        (vec![3 * WINDOW_BYTES, 2950], 4)
    );
}
