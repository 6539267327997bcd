//! The writing end of the log: one group, one write, one sync.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use node::Shortage;

use super::blocks::Blocks;
use super::directory::Directory;
use super::frame::{self, Salt};
use super::layout::{SEGMENT_BYTES, SPARE, SPARE_LARGE};
use super::older::{Cut, Older};
use super::pace::{Pace, SMALL_BYTES};
use super::segment::{self, Header};
use super::{Error, Identity};
use crate::log::disk::{Disk, File};
use crate::mutants::mutant;
use crate::random;

/// How long to wait for room before it is looked for again.
pub(super) const ROOM_PAUSE: Duration = Duration::from_millis(200);

/// What the log did since the start, and how it is.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Groups that are durable.
    pub groups: AtomicU64,
    /// Syncs that the groups waited for.
    pub syncs: AtomicU64,
    /// Bytes of durable groups, their frames included.
    pub bytes: AtomicU64,
    /// Segments that the log has now.
    pub segments: AtomicU64,
    /// Bytes that were free beside the log when a segment was last made, or could not be.
    pub room_bytes: AtomicU64,
}

/// The open log.
///
/// Invariants: all frames before `sequence` are on disk; in the active segment, all from `end` on
/// is zeros.
#[derive(Debug)]
pub(crate) struct Log {
    directory: Directory,
    segment_bytes: u64,
    /// What lies before the active segment.
    older: Older,
    active: Active,
    /// The number of the next frame.
    sequence: u64,
    spare: Spare,
    /// Whether the last frame carries nothing that could be lost.
    sealed: bool,
    /// Why there is no room for a segment; `None`: as far as is known there is.
    full: Option<Full>,
    /// What is to be written beside the log once something is in it.
    unwritten_identity: Option<Identity>,
    /// The end of the active segment, as it is written next.
    blocks: Blocks,
    /// How quick the disk is.
    pace: Pace,
    /// What went wrong, if something did: from then on nothing is written.
    broken: Option<String>,
    counters: Arc<Counters>,
}

/// No segment can be made.
#[derive(Debug)]
struct Full {
    /// When that was last found.
    at: Instant,
    shortage: Shortage,
}

/// The next segment.
#[derive(Debug)]
enum Spare {
    None,
    Making(JoinHandle<Result<File, Error>>),
    Ready(File),
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
        older: Older,
        active: Active,
        sequence: u64,
    ) -> Log {
        let log = Log {
            directory,
            segment_bytes,
            older,
            active,
            sequence,
            spare: Spare::None,
            sealed: false,
            full: None,
            unwritten_identity: None,
            blocks: Blocks::default(),
            pace: Pace::default(),
            broken: None,
            counters: Arc::default(),
        };
        log.count_segments();
        let room_bytes = log.directory.disk().room_bytes(log.directory.log());
        log.counters.room_bytes.store(room_bytes, Ordering::Relaxed);
        log
    }

    /// Says whose directory this is. It is written beside the log with the first group, unless it
    /// stands there.
    pub(crate) fn identify(&mut self, identity: Identity) -> Result<(), Error> {
        let (disk, data) = (self.directory.disk(), self.directory.data());
        match Identity::read(disk, data)? {
            None => {
                self.unwritten_identity = Some(identity);
                mutant!(IdentityFirst, {}, identity.write(disk, data)?);
            }
            Some(known) if mutant!(ExchangedLogTaken, known == identity, true) => {}
            Some(_) => return Err(Error::Exchanged { data: self.directory.data().to_owned() }),
        }
        Ok(())
    }

    /// Why there is no room for another segment, if as far as is known there is none. What is left
    /// of the present one is a reserve for small records.
    pub(super) fn shortage(&self) -> Option<&Shortage> {
        self.full.as_ref().map(|full| &full.shortage)
    }

    /// Whether [`Log::look_for_room`] is to be called now and then.
    pub(super) fn has_to_look(&self) -> bool {
        self.full.is_some() || self.directory.disk().has_faults()
    }

    /// The number of the next frame.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether a group of this size is written by one write and one sync, which on this disk are
    /// quick.
    pub(super) fn is_quick_for(&self, payload: usize) -> bool {
        let fits = payload <= SMALL_BYTES && self.has_room(payload);
        let is_ready = self.broken.is_none() && self.full.is_none();
        fits && is_ready && self.pace.is_quick() && self.unwritten_identity.is_none()
    }

    /// Whether a group of this size fits into the active segment, with the seal behind it.
    fn has_room(&self, payload: usize) -> bool {
        let space = mutant!(NoRoomForSeal, sealed_space(payload), frame::space(payload) as u64);
        self.active.end + space <= self.active.header.size
    }

    /// As if the disk had always been quick.
    #[cfg(test)]
    pub(super) fn forget_slowness(&mut self) {
        self.pace = Pace::default();
    }

    /// As if the disk had been slow the last time.
    #[cfg(test)]
    pub(super) fn was_slow(&mut self) {
        self.pace.note(0, Duration::from_secs(1));
    }

    /// The disk that it is on.
    pub(crate) fn disk(&self) -> Disk {
        self.directory.disk().clone()
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.log().to_owned()
    }

    /// What the log did since the start.
    pub(crate) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// The most payload of a group that fits into an ordinary segment.
    pub(crate) fn group_bytes(&self) -> usize {
        self.segment_bytes as usize - segment::HEADER_BYTES - 2 * frame::ALIGNMENT
    }

    /// Makes these records durable, as one group. After [`Error::Full`] it may be tried again with
    /// the same records. After any other error nothing is known about the group, and the log is
    /// broken: it writes nothing more, whoever asks. What a failed sync left behind, a later one
    /// does not bring to the disk; and a frame that took the place of a lost one would acknowledge
    /// it.
    pub(crate) fn append<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<(), Error> {
        self.unless_broken(|log| log.write_group(records))
    }

    /// Does this, unless something went wrong before, and notes if something does.
    fn unless_broken(
        &mut self,
        work: impl FnOnce(&mut Log) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(text) = &self.broken {
            return Err(Error::Broken(text.clone()));
        }
        let done = work(self);
        if let Err(error) = &done
            && mutant!(BrokenLogWritten, !matches!(error, Error::Full { .. }), false)
        {
            self.broken = Some(error.to_string());
        }
        done
    }

    fn write_group<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<(), Error> {
        let payload = records.iter().map(|part| part.as_ref().len()).sum();
        if payload > frame::PAYLOAD_BYTES_MAX {
            let source = std::io::Error::other(format!("a group of {payload} bytes is too long"));
            return Err(Error::Io { doing: "write to", path: self.active.path.clone(), source });
        }
        if !self.has_room(payload) {
            self.roll(sealed_space(payload))?;
        }
        let space = frame::space(payload) as u64;
        let begun = Instant::now();
        let Active { file, path, header, end } = &mut self.active;
        let out = self.blocks.go_on_at(*end, space as usize);
        frame::encode(out, header.salt, self.sequence, records);
        self.blocks.fill_up(header.size);
        let (bytes, offset) = self.blocks.bytes();
        let written = mutant!(
            ShortWrite,
            file.write_blocks_at(bytes, offset),
            file.write_at(bytes, offset).map(drop)
        );
        written.map_err(Error::io("write to", path))?;
        let synced = mutant!(
            NoSync, file.sync_data(), Ok(());
            EverySecondSync, if self.sequence.is_multiple_of(2) { Ok(()) } else { file.sync_data() };
            FailedSyncRetried, file.sync_data().or_else(|_| file.sync_data());
            FailedSyncForgotten, file.sync_data().or(Ok(()))
        );
        synced.map_err(Error::io("sync", path))?;
        self.pace.note(payload, begun.elapsed());
        *end += space;
        if let Some(identity) = self.unwritten_identity {
            match identity
                .write(self.directory.disk(), self.directory.data())
                .map_err(Error::or_full)
            {
                Ok(()) => self.unwritten_identity = None,
                // The group is durable all the same; the next one brings another try.
                Err(Error::Full { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.sealed = payload == 0;
        self.sequence += 1;
        self.count(space);
        self.prepare_spare()
    }

    /// Whether the last frame carries nothing that could be lost.
    pub(super) fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Writes an empty frame behind the last one, which left room for it: harm that is done to the
    /// last one from now on is told from a torn tail, since something newer follows.
    pub(super) fn seal(&mut self) -> Result<(), Error> {
        // There is no room in a segment that an older version filled up.
        let is_sealed = mutant!(NoSeal, self.sealed, true);
        if is_sealed || !self.has_room(0) {
            self.sealed = true;
            return Ok(());
        }
        self.append::<&[u8]>(&[])
    }

    /// Gives up all segments whose frames all lie before this one. They are no part of the log any
    /// more; what is given back is to be removed.
    pub(crate) fn cut(&mut self, before: u64) -> Cut {
        let (disk, log) = (self.directory.disk(), self.directory.log());
        let cut = self.older.cut(before, self.active.header.first, disk, log);
        self.count_segments();
        cut
    }

    fn count_segments(&self) {
        self.counters.segments.store(self.older.count() as u64 + 1, Ordering::Relaxed);
    }

    fn count(&self, space: u64) {
        self.counters.groups.fetch_add(1, Ordering::Relaxed);
        self.counters.syncs.fetch_add(1, Ordering::Relaxed);
        self.counters.bytes.fetch_add(space, Ordering::Relaxed);
    }

    /// Once a quarter of the segment is used, makes the next one. Not before: a node that writes
    /// little needs only one. Where there was no room, tries again after a while.
    ///
    /// # Errors
    /// Any but [`Error::Full`].
    pub(super) fn look_for_room(&mut self) -> Result<(), Error> {
        self.unless_broken(Log::prepare_spare)
    }

    fn prepare_spare(&mut self) -> Result<(), Error> {
        if let Spare::Making(making) = &self.spare
            && making.is_finished()
        {
            match self.take_spare() {
                Ok(file) => self.spare = Spare::Ready(file),
                Err(Error::Full { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let _ = self.heed_faults();
        let due = match &self.full {
            None => self.active.end > self.active.header.size / 4,
            Some(full) => full.at.elapsed() >= ROOM_PAUSE,
        };
        if due && matches!(self.spare, Spare::None) {
            let make = self.make_spare();
            let making = thread::Builder::new().name("spare".into()).spawn(make);
            let making = making.map_err(Error::io("start a thread in", self.directory.log()));
            match self.note_room(making.map_err(Error::or_full)) {
                Ok(making) => self.spare = Spare::Making(making),
                Err(Error::Full { .. }) => {}
                Err(error) => return Err(error),
            }
        } else if due && matches!(self.spare, Spare::Ready(_)) {
            self.full = None;
        }
        Ok(())
    }

    /// In test mode there may be no room because somebody said so.
    fn heed_faults(&mut self) -> Result<(), Error> {
        let Err(error) = self.directory.disk().find_room() else { return Ok(()) };
        let path = self.directory.log().join(SPARE);
        self.note_room(Err(Error::io("make", &path)(error).or_full()))
    }

    /// The next segment, and what was found out about room.
    fn take_spare(&mut self) -> Result<File, Error> {
        let made = match std::mem::replace(&mut self.spare, Spare::None) {
            Spare::Ready(file) => Ok(file),
            Spare::Making(making) => making.join().expect("making a segment does not panic"),
            Spare::None => self.make_spare()(),
        };
        self.note_room(made)
    }

    /// What makes the next segment: of one that was cut, if there is one.
    fn make_spare(&mut self) -> impl FnOnce() -> Result<File, Error> + Send + 'static {
        let (path, size) = (self.directory.log().join(SPARE), self.segment_bytes);
        let (disk, used) = (self.directory.disk().clone(), self.older.take_used());
        let (log, counters) = (self.directory.log().to_owned(), self.counters.clone());
        move || {
            let made = match used {
                Some(used) => segment::recycle(&disk, &used, &path, size),
                None => segment::prepare(&disk, &path, size),
            };
            counters.room_bytes.store(disk.room_bytes(&log), Ordering::Relaxed);
            made
        }
    }

    fn note_room<T>(&mut self, made: Result<T, Error>) -> Result<T, Error> {
        if let Some(shortage) = made.as_ref().err().and_then(Error::shortage) {
            self.full = Some(Full { at: Instant::now(), shortage });
        }
        made
    }

    /// Goes on in a new segment, in which frames of this size have room.
    fn roll(&mut self, space: u64) -> Result<(), Error> {
        self.heed_faults()?;
        let log = self.directory.log();
        let needed = segment::HEADER_BYTES as u64 + space;
        let (path, size, file) = if needed > self.segment_bytes / 2 {
            let (path, size) = (log.join(SPARE_LARGE), needed.next_multiple_of(4096));
            let made = segment::prepare_large(self.directory.disk(), &path, size);
            (path, size, self.note_room(made)?)
        } else {
            (log.join(SPARE), self.segment_bytes, self.take_spare()?)
        };
        let first = mutant!(SegmentNumberReused, self.sequence, self.active.header.first);
        let begun = begin(&self.directory, &path, file, first, size);
        let active = self.note_room(begun)?;
        let last = std::mem::replace(&mut self.active, active);
        self.older.push(last.header.first, last.path);
        self.count_segments();
        self.blocks.forget();
        self.full = None;
        Ok(())
    }
}

impl Drop for Log {
    /// The directory stays locked until nothing is written in it any more.
    fn drop(&mut self) {
        if let Spare::Making(making) = std::mem::replace(&mut self.spare, Spare::None) {
            let _ = making.join();
        }
    }
}

/// The space of a frame with so much payload, and of the seal behind it: a seal has none.
fn sealed_space(payload: usize) -> u64 {
    let seal = if payload == 0 { 0 } else { frame::space(0) };
    (frame::space(payload) + seal) as u64
}

/// Makes the first segment of a new log, which begins with this frame.
pub(super) fn begin_first(
    directory: &Directory,
    segment_bytes: u64,
    first: u64,
) -> Result<Active, Error> {
    let path = directory.log().join(SPARE);
    let file = segment::prepare(directory.disk(), &path, segment_bytes)?;
    begin(directory, &path, file, first, segment_bytes)
}

/// Makes the log of a new directory: whose it is, and a first segment that begins behind all that a
/// snapshot stands for.
pub(crate) fn begin_behind(
    directory: &Directory,
    first: u64,
    identity: Identity,
) -> Result<(), Error> {
    // From then on a start that finds nothing else is refused.
    identity.write(directory.disk(), directory.data())?;
    begin_first(directory, SEGMENT_BYTES, first).map(drop)
}

/// Makes a prepared file the segment that begins with this frame. Its header is on disk before it
/// has its name, so a segment that has one can be read.
///
/// # Errors
/// [`Error::Full`] if the system has not got what it takes. No frame is in the segment yet, whether
/// it has its name or not, so another may be made in its place.
fn begin(
    directory: &Directory,
    spare: &Path,
    file: File,
    first: u64,
    size: u64,
) -> Result<Active, Error> {
    let salt = Salt(mutant!(ConstantSalt, draw()?, 7));
    let header = Header { first, size, salt };
    let path = segment::path(directory.log(), first);
    let named = || {
        file.write_all_at(&header.encode(), 0).map_err(Error::io("write to", spare))?;
        let synced = mutant!(NoHeaderSync, file.sync_data(), Ok(()));
        synced.map_err(Error::io("sync", spare))?;
        directory.disk().rename(spare, &path).map_err(Error::io("rename", spare))?;
        directory.sync()
    };
    named().map_err(Error::or_full)?;
    Ok(Active { file, path, header, end: segment::HEADER_BYTES as u64 })
}

fn draw() -> Result<u64, Error> {
    let system = Path::new("the operating system");
    random::draw().map_err(Error::io("draw random bytes from", system))
}
