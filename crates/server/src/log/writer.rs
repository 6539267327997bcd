//! The writing end of the log: one group, one write, one sync.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use super::Error;
use super::directory::{self, Directory};
use super::frame::{self, Salt};
use super::segment::{self, Header};
use crate::chance;

/// The name of the segment that is made ready for the next roll.
pub(super) const SPARE: &str = "spare";
/// The name of a segment that is made for one great group.
pub(super) const SPARE_LARGE: &str = "spare-large";
/// Buffer space kept for the next group; what a great group needed beyond that is given back.
const BUFFER_BYTES_KEPT: usize = 4 << 20;

/// What the log did since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Groups that are durable.
    pub groups: AtomicU64,
    /// Syncs that the groups waited for.
    pub syncs: AtomicU64,
    /// Bytes of durable groups, their frames included.
    pub bytes: AtomicU64,
}

/// The open log.
///
/// Invariants: all frames before `sequence` are on disk; in the active segment, all from `end` on
/// is zeros.
#[derive(Debug)]
pub(crate) struct Log {
    directory: Directory,
    segment_bytes: u64,
    active: Active,
    /// The number of the next frame.
    sequence: u64,
    /// The next segment, while it is being made or waits to be used.
    spare: Option<JoinHandle<Result<File, Error>>>,
    buffer: Vec<u8>,
    counters: Arc<Counters>,
}

/// The segment that is written to.
#[derive(Debug)]
pub(super) struct Active {
    pub file: File,
    pub path: PathBuf,
    pub header: Header,
    /// Where the next frame begins.
    pub end: u64,
}

impl Log {
    /// A log that goes on with this frame, at the end of this segment.
    pub(super) fn resume(
        directory: Directory,
        segment_bytes: u64,
        active: Active,
        sequence: u64,
    ) -> Log {
        let counters = Arc::default();
        Log { directory, segment_bytes, active, sequence, spare: None, buffer: vec![], counters }
    }

    /// What the log did since the start.
    pub(crate) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// The most payload of a group that fits into an ordinary segment.
    pub(crate) fn group_bytes(&self) -> usize {
        self.segment_bytes as usize - segment::HEADER_BYTES - frame::ALIGNMENT
    }

    /// Makes these records durable, as one group. After an error nothing is known about the group,
    /// and the log must not be used again: what a failed sync left behind, a later one does not
    /// bring to the disk.
    pub(crate) fn append<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<(), Error> {
        let payload = records.iter().map(|part| part.as_ref().len()).sum();
        if payload > frame::PAYLOAD_BYTES_MAX {
            let source = std::io::Error::other(format!("a group of {payload} bytes is too long"));
            return Err(Error::Io { doing: "write to", path: self.active.path.clone(), source });
        }
        let space = frame::space(payload) as u64;
        if self.active.end + space > self.active.header.size {
            self.roll(space)?;
        }
        let Active { file, path, header, end } = &mut self.active;
        frame::encode(&mut self.buffer, header.salt, self.sequence, records);
        file.write_all_at(&self.buffer, *end).map_err(Error::io("write to", path))?;
        file.sync_data().map_err(Error::io("sync", path))?;
        *end += space;
        self.sequence += 1;
        self.count(space);
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
        self.prepare_ahead();
        Ok(())
    }

    /// From now on every write fails.
    #[cfg(test)]
    pub(super) fn break_disk(&mut self) {
        self.active.file = File::open(&self.active.path).expect("the segment is there");
    }

    fn count(&self, space: u64) {
        self.counters.groups.fetch_add(1, Ordering::Relaxed);
        self.counters.syncs.fetch_add(1, Ordering::Relaxed);
        self.counters.bytes.fetch_add(space, Ordering::Relaxed);
    }

    /// Once a quarter of the segment is used, makes the next one. Not before: a node that writes
    /// little needs only one.
    fn prepare_ahead(&mut self) {
        if self.spare.is_none() && self.active.end > self.active.header.size / 4 {
            let (path, size) = (self.directory.log().join(SPARE), self.segment_bytes);
            self.spare = Some(std::thread::spawn(move || segment::prepare(&path, size)));
        }
    }

    /// Goes on in a new segment, in which a frame of this size has room.
    fn roll(&mut self, space: u64) -> Result<(), Error> {
        let log = self.directory.log();
        let needed = segment::HEADER_BYTES as u64 + space;
        self.active = if needed > self.segment_bytes / 2 {
            let path = log.join(SPARE_LARGE);
            let size = needed.next_multiple_of(4096);
            begin(log, &path, segment::prepare_large(&path, size)?, self.sequence, size)?
        } else {
            let path = log.join(SPARE);
            let file = match self.spare.take() {
                Some(spare) => spare.join().expect("making a segment does not panic")?,
                None => segment::prepare(&path, self.segment_bytes)?,
            };
            begin(log, &path, file, self.sequence, self.segment_bytes)?
        };
        Ok(())
    }
}

impl Drop for Log {
    /// The directory stays locked until nothing is written in it any more.
    fn drop(&mut self) {
        if let Some(spare) = self.spare.take() {
            let _ = spare.join();
        }
    }
}

/// Makes the first segment of a new log.
pub(super) fn begin_first(log: &Path, segment_bytes: u64) -> Result<Active, Error> {
    let path = log.join(SPARE);
    let file = segment::prepare(&path, segment_bytes)?;
    begin(log, &path, file, 1, segment_bytes)
}

/// Makes a prepared file the segment that begins with this frame. Its header is on disk before it
/// has its name, so a segment that has one can be read.
fn begin(log: &Path, spare: &Path, file: File, first: u64, size: u64) -> Result<Active, Error> {
    let header = Header { first, size, salt: Salt(chance::draw()?) };
    let path = segment::path(log, first);
    file.write_all_at(&header.encode(), 0).map_err(Error::io("write to", spare))?;
    file.sync_data().map_err(Error::io("sync", spare))?;
    fs::rename(spare, &path).map_err(Error::io("rename", spare))?;
    directory::sync(log)?;
    Ok(Active { file, path, header, end: segment::HEADER_BYTES as u64 })
}
