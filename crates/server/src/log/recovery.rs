//! Reading the log at the start: what is good is given to the node, a torn tail is cut, and damage
//! is told from it.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use node::StartError;

use super::directory::Directory;
use super::layout::{SPARE, SPARE_LARGE};
use super::older::{self, Older};
use super::segment::{self, Header};
use super::writer::{self, Active};
use super::{Error, Log, frame, identity, segments};
use crate::log::disk::{Disk, File};
use crate::logging::Progress;
use crate::mutants::mutant;

/// What was found on disk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Groups that were read back.
    pub groups: u64,
    /// Bytes of their records.
    pub bytes: u64,
    /// The tail that was cut, if one was torn.
    pub torn: Option<Torn>,
    /// Harm that was passed over, since a good snapshot holds all of it.
    pub passed_over: Option<PassedOver>,
}

/// Harm to frames before the one that was read first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PassedOver {
    /// The segment.
    pub path: PathBuf,
    /// Where the first of them begins.
    pub offset: u64,
    /// Its number.
    pub frame: u64,
}

/// A torn tail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Torn {
    /// The segment.
    pub path: PathBuf,
    /// Where the frame began that was not whole.
    pub offset: u64,
    /// How many bytes from there to the last that was not zero.
    pub bytes: u64,
}

impl Log {
    /// Opens the log in this directory. Hands each group's frame and records to `replay`, in order,
    /// from frame `from` on: what is before it is known already, and harm to it is passed over. New
    /// segments will have this size.
    pub(crate) fn open(
        directory: Directory,
        segment_bytes: u64,
        from: u64,
        mut replay: impl FnMut(u64, Bytes) -> Result<(), StartError>,
    ) -> Result<(Log, Report), Error> {
        let disk = directory.disk();
        let mut segments = list(disk, directory.log())?;
        let into_tail = |segment: Reader<'_>, sequence, report: &mut Report| {
            segment.into_tail(sequence, report)
        };
        let (data, replay) = (directory.data(), &mut replay);
        let Read { tail, sequence, report } =
            replay_all(disk, data, &segments, from, Disk::open, replay, into_tail)?;
        let active = match tail {
            Some(active) => active,
            None => writer::begin_first(&directory, segment_bytes, 1)?,
        };
        mutant!(NamesNotSyncedAtStart, directory.sync()?, ());
        segments.pop();
        Ok((Log::resume(directory, segment_bytes, Older::new(segments), active, sequence), report))
    }
}

/// Reads a log without opening it, as [`Log::open`] does: nothing of it is changed, and a torn tail
/// stays where it is. Nobody writes it meanwhile.
pub(crate) fn read(
    disk: &Disk,
    data: &Path,
    from: u64,
    mut replay: impl FnMut(u64, Bytes) -> Result<(), StartError>,
) -> Result<Report, Error> {
    // Where there is no log, none of it is left.
    let segments = if data.join("log").is_dir() { segments(disk, data)? } else { vec![] };
    let check_tail =
        |segment: Reader<'_>, sequence, report: &mut Report| segment.check_tail(sequence, report);
    let (open, replay) = (Disk::open_to_read, &mut replay);
    Ok(replay_all(disk, data, &segments, from, open, replay, check_tail)?.report)
}

/// What became of a log that was read.
struct Read<T> {
    /// What became of its newest segment, if it has any.
    tail: Option<T>,
    /// The frame that is due behind the last one.
    sequence: u64,
    report: Report,
}

/// Hands over all frames from `from` on, of these segments of the log in this data directory, and
/// then the newest segment.
fn replay_all<T>(
    disk: &Disk,
    data: &Path,
    segments: &[(u64, PathBuf)],
    from: u64,
    open: fn(&Disk, &Path) -> io::Result<File>,
    replay: &mut impl FnMut(u64, Bytes) -> Result<(), StartError>,
    into_tail: impl Fn(Reader<'_>, u64, &mut Report) -> Result<T, Error>,
) -> Result<Read<T>, Error> {
    let mut report = Report::default();
    let start = start(segments, from);
    let (mut sequence, mut tail, mut bytes) = (from, None, vec![]);
    let mut progress = Progress::default();
    for (place, (first, path)) in segments.iter().enumerate().skip(start) {
        let file = open(disk, path).map_err(Error::io("open", path))?;
        let mut segment = Reader::open(file, path, *first, &mut bytes)?;
        if place == start {
            sequence = segment.begins(from)?;
        }
        sequence = segment.replay(sequence, from, &mut report, replay)?;
        if segment.pass_over(sequence, from, &mut report) {
            sequence = segment.replay(from, from, &mut report, replay)?;
        }
        match segments.get(place + 1) {
            Some((next, _)) => segment.check_complete(sequence, *next)?,
            None => {
                if sequence == 1 {
                    identity::refuse_lost(disk, data)?;
                }
                segment.check_reaches(sequence, from)?;
                tail = Some(into_tail(segment, sequence, &mut report)?);
            }
        }
        let (done, all) = (place + 1 - start, segments.len() - start);
        progress.tell(|| format!("read {done} of {all} segments of the log"));
    }
    if segments.is_empty() {
        identity::refuse_lost(disk, data)?;
        if from > 1 {
            return Err(Error::Missing { path: data.join("log"), expected: from });
        }
    }
    Ok(Read { tail, sequence, report })
}

/// The first frame that the log in this directory has, or would have if it is empty.
pub(crate) fn first_frame(directory: &Directory) -> Result<u64, Error> {
    let segments = list(directory.disk(), directory.log())?;
    Ok(segments.first().map_or(1, |(first, _)| *first))
}

/// Where among the segments the one is that this frame lies in, if it is there: the last that does
/// not begin behind it.
fn start(segments: &[(u64, PathBuf)], from: u64) -> usize {
    segments.partition_point(|(first, _)| *first <= from).saturating_sub(1)
}

/// The segments in order, by the frame that each begins with. Spares of an earlier life are
/// removed.
fn list(disk: &Disk, log: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut segments = vec![];
    let mut spares = vec![];
    for path in disk.list(log).map_err(Error::io("list", log))? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match segment::first_of(name) {
            Some(first) => segments.push((first, path)),
            None if name == SPARE || name == SPARE_LARGE || older::is_used(name) => {
                spares.push(path);
            }
            None => return Err(Error::Foreign(path)),
        }
    }
    for path in spares {
        mutant!(OldSpareKept, disk.remove(&path), Ok(())).map_err(Error::io("remove", &path))?;
    }
    segments.sort();
    Ok(segments)
}

/// One segment being read.
struct Reader<'a> {
    file: File,
    path: &'a Path,
    header: Header,
    bytes: &'a [u8],
    /// Where the last good frame begins.
    last: usize,
    /// Up to where its frames are good.
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads the whole segment.
    fn open(
        file: File,
        path: &'a Path,
        first: u64,
        bytes: &'a mut Vec<u8>,
    ) -> Result<Reader<'a>, Error> {
        let length = file.length().map_err(Error::io("read", path))?;
        bytes.resize(length as usize, 0);
        file.read_exact_at(bytes, 0).map_err(Error::io("read", path))?;
        let header = Header::decode(path, bytes)?;
        let damaged = |what| Error::Damaged { path: path.to_owned(), offset: 0, what };
        if mutant!(ShortenedSegmentTaken, header.size != length, false) {
            let size = header.size;
            return Err(damaged(format!(
                "the file has {length} bytes, and its header says {size}"
            )));
        }
        if header.first != first {
            let begins = header.first;
            return Err(damaged(format!("the header says that the segment begins with {begins}")));
        }
        Ok(Reader {
            file,
            path,
            header,
            bytes,
            last: segment::HEADER_BYTES,
            end: segment::HEADER_BYTES,
        })
    }

    /// The frame that the first segment which is read begins with: none is missing between it and
    /// the one that is due. (Where an earlier one ended too soon, [`Reader::check_complete`] says
    /// so.)
    fn begins(&self, from: u64) -> Result<u64, Error> {
        if mutant!(FirstSegmentMissing, self.header.first <= from, true) {
            return Ok(self.header.first);
        }
        Err(Error::Missing { path: self.path.to_owned(), expected: from })
    }

    /// Hands over all frames from `from` on, up to the first that is not good; says which number is
    /// due then.
    fn replay(
        &mut self,
        mut sequence: u64,
        from: u64,
        report: &mut Report,
        replay: &mut impl FnMut(u64, Bytes) -> Result<(), StartError>,
    ) -> Result<u64, Error> {
        while let Some(frame) = frame::decode(&self.bytes[self.end..], self.header.salt)
            && frame.sequence == sequence
        {
            if mutant!(KnownReplayedAgain, sequence >= from, true) {
                let records = Bytes::copy_from_slice(frame.payload);
                replay(sequence, records).map_err(Error::Refused)?;
                report.groups += 1;
                report.bytes += frame.payload.len() as u64;
            }
            self.last = self.end;
            self.end += frame.space();
            sequence += 1;
        }
        Ok(sequence)
    }

    /// Goes on at frame `from` where the ones before it end too soon: what holds them is good.
    /// True: it is there.
    fn pass_over(&mut self, sequence: u64, from: u64, report: &mut Report) -> bool {
        if mutant!(KnownHarmStops, sequence >= from, true) {
            return false;
        }
        let found = frame::find(self.bytes, self.end, self.header.salt, from);
        let Some((at, _)) = found.filter(|(_, found)| *found == from) else { return false };
        let (path, offset) = (self.path.to_owned(), self.end as u64);
        report.passed_over = Some(PassedOver { path, offset, frame: sequence });
        self.end = at;
        true
    }

    /// All frames before `from` were synced before the snapshot was that holds them.
    fn check_reaches(&self, sequence: u64, from: u64) -> Result<(), Error> {
        if mutant!(LogBehindSnapshot, sequence >= from, true) {
            return Ok(());
        }
        Err(self.damaged(format!(
            "frame {sequence} is bad or missing, but there is a snapshot of all frames before {from}"
        )))
    }

    /// The next segment was begun only after all frames of this one were on disk.
    fn check_complete(&self, sequence: u64, next: u64) -> Result<(), Error> {
        if mutant!(EndsTooSoon, sequence == next, true) {
            return Ok(());
        }
        Err(self.damaged(format!(
            "frame {sequence} is bad or missing, but the next segment begins with frame {next}"
        )))
    }

    /// This is the newest segment: finds out whether what follows its good frames is a torn tail or
    /// damage, reports the one and refuses the other.
    fn check_tail(&self, sequence: u64, report: &mut Report) -> Result<(), Error> {
        let newer = mutant!(
            DamageTakenForTorn,
            frame::find(self.bytes, self.end, self.header.salt, sequence),
            None
        );
        if let Some((at, found)) = newer {
            return Err(self.damaged(format!(
                "frame {sequence} is bad, but frame {found} is whole at offset {at}"
            )));
        }
        if let Some(last) = self.bytes[self.end..].iter().rposition(|byte| *byte != 0) {
            let (path, offset) = (self.path.to_owned(), self.end as u64);
            report.torn = Some(Torn { path, offset, bytes: last as u64 + 1 });
        }
        Ok(())
    }

    /// The same; a torn tail is cut.
    fn into_tail(self, sequence: u64, report: &mut Report) -> Result<Active, Error> {
        self.check_tail(sequence, report)?;
        let (path, end) = (self.path.to_owned(), self.end as u64);
        if report.torn.is_some() {
            mutant!(
                TornTailNotCut,
                segment::fill(&self.file, self.path, end, self.header.size)?,
                ()
            );
        }
        // The last frame may have been written and not synced when the process died; and if its
        // sync failed, the system may hold it in memory and take it for clean (Rebello et al.,
        // ATC'20). Written again, it is synced for certain.
        let last = &self.bytes[self.last..self.end];
        let written =
            mutant!(LastFrameNotRewritten, self.file.write_all_at(last, self.last as u64), Ok(()));
        written.map_err(Error::io("write to", self.path))?;
        self.file.sync_all().map_err(Error::io("sync", self.path))?;
        Ok(Active { file: self.file, path, header: self.header, end })
    }

    fn damaged(&self, what: String) -> Error {
        Error::Damaged { path: self.path.to_owned(), offset: self.end as u64, what }
    }
}
