//! Reading parts of the log for members that are behind, on a thread of its own.
//!
//! The log goes on being written meanwhile, and may be cut: what is read are whole frames that
//! follow each other without a gap, as their numbers and checksums say. A frame may be read that is
//! not durable yet. The node never asks for one.

use std::collections::VecDeque;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use tracing::warn;

use super::segment::{self, Header};
use super::{Error, Report, frame};
use crate::log::disk::{Disk, File};
use crate::mutants::mutant;

/// So much is read from a file at once.
const WINDOW_BYTES: usize = 256 << 10;
/// So many places are kept at which reads ended: there the next ones begin.
const ENDS_MAX: usize = 8;

/// A part of the log that is wanted.
#[derive(Debug)]
struct Read {
    /// What the question is called.
    request: u64,
    /// The frame that it begins with.
    from: u64,
    /// How long it is, about.
    bytes: usize,
}

/// The way to the thread.
#[derive(Debug)]
pub(crate) struct Reads {
    /// There until the end.
    questions: Option<Sender<Read>>,
    /// There until the end.
    thread: Option<JoinHandle<()>>,
}

impl Reads {
    /// Starts the thread, for the log in this folder.
    pub(crate) fn spawn(
        disk: Disk,
        log: PathBuf,
        mut tell: impl FnMut(Report) + Send + 'static,
    ) -> std::io::Result<Reads> {
        let (questions, receiver) = mpsc::channel();
        let mut reader = Reader { disk, log, ends: VecDeque::new() };
        let answer = move || {
            for Read { request, from, bytes } in Receiver::<Read>::iter(&receiver) {
                let Part { groups, next } = reader.read_or_warn(from, bytes);
                tell(Report::Read { request, groups, next });
            }
        };
        let thread = thread::Builder::new().name("log-reads".into()).spawn(answer)?;
        Ok(Reads { questions: Some(questions), thread: Some(thread) })
    }

    /// Has [`Report::Read`] told with the frames from this one on.
    pub(crate) fn read(&self, request: u64, from: u64, bytes: usize) {
        let read = Read { request, from, bytes };
        let _ = self.questions.as_ref().map(|questions| questions.send(read));
    }
}

impl Drop for Reads {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What was read: what the frames carry, and the number of the next one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Part {
    groups: Vec<Bytes>,
    next: u64,
}

/// Where a read ended: the next frame, and where in which segment it begins.
#[derive(Clone, Copy, Debug)]
struct End {
    frame: u64,
    segment: u64,
    offset: u64,
}

/// Reads parts of the log.
#[derive(Debug)]
struct Reader {
    disk: Disk,
    log: PathBuf,
    ends: VecDeque<End>,
}

impl Reader {
    /// The frames from this one on, about so many bytes; none, if they are cut or cannot be read.
    fn read_or_warn(&mut self, from: u64, bytes: usize) -> Part {
        let part = self.read(from, bytes).unwrap_or_else(|error| {
            warn!("{error}; a member that is behind is sent a snapshot instead");
            Part::default()
        });
        mutant!(PartSkipped, part, Part { next: part.next + 1, ..part })
    }

    fn read(&mut self, from: u64, bytes: usize) -> Result<Part, Error> {
        let segments = self.segments()?;
        let after = segments.partition_point(|(first, _)| *first <= from);
        let mut part = Part { groups: vec![], next: from };
        let mut read = 0;
        for (first, path) in segments.iter().skip(after.saturating_sub(1)) {
            if *first > part.next {
                break;
            }
            let mut frames = match self.open(*first, path, part.next) {
                // What was read is of use without the rest, which the next question is about.
                Err(_) if !part.groups.is_empty() => break,
                opened => opened?,
            };
            while read < bytes {
                let (sequence, payload) = match frames.next() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(_) if !part.groups.is_empty() => return Ok(part),
                    Err(error) => return Err(error),
                };
                if sequence == part.next {
                    read += payload.len();
                    part.groups.push(Bytes::copy_from_slice(payload));
                    part.next += 1;
                }
            }
            if read >= bytes {
                let end = End { frame: part.next, segment: *first, offset: frames.offset };
                self.ends.truncate(ENDS_MAX - 1);
                self.ends.push_front(end);
                break;
            }
        }
        Ok(part)
    }

    /// The segments in order, each with its first frame.
    fn segments(&self) -> Result<Vec<(u64, PathBuf)>, Error> {
        let paths = self.disk.list(&self.log).map_err(Error::io("list", &self.log))?;
        let first = |path: &Path| segment::first_of(path.file_name()?.to_str()?);
        let all = paths.into_iter().filter_map(|path| Some((first(&path)?, path)));
        let mut all: Vec<_> = all.collect();
        all.sort();
        Ok(all)
    }

    /// The frames of a segment: from this one on, if it is known where it begins; else all.
    fn open<'a>(&self, first: u64, path: &'a Path, due: u64) -> Result<Frames<'a>, Error> {
        let file = self.disk.open(path).map_err(Error::io("open", path))?;
        let mut bytes = vec![0; segment::HEADER_BYTES];
        file.read_exact_at(&mut bytes, 0).map_err(Error::io("read", path))?;
        let header = Header::decode(path, &bytes)?;
        let known = self.ends.iter().find(|end| (end.frame, end.segment) == (due, first));
        let begin = End { frame: first, segment: first, offset: segment::HEADER_BYTES as u64 };
        let End { frame, offset, .. } = *known.unwrap_or(&begin);
        Ok(Frames { file, path, header, due: frame, offset, window: vec![], window_at: 0 })
    }
}

/// The frames of one segment, one after the other.
struct Frames<'a> {
    file: File,
    path: &'a Path,
    header: Header,
    /// The number of the next frame, and where it begins.
    due: u64,
    offset: u64,
    /// What was read of the file, and from where on.
    window: Vec<u8>,
    window_at: u64,
}

impl Frames<'_> {
    /// The number of the next frame and what it carries, unless it is bad, or there is none yet.
    fn next(&mut self) -> Result<Option<(u64, &[u8])>, Error> {
        let (salt, due) = (self.header.salt, self.due);
        let head = self.bytes(frame::HEADER_BYTES)?;
        let Some(space) = frame::announced_space(head, salt) else { return Ok(None) };
        if self.offset + space as u64 > self.header.size {
            return Ok(None);
        }
        let found = frame::decode(self.bytes(space)?, salt).filter(|frame| frame.sequence == due);
        let Some(length) = found.map(|frame| frame.payload.len()) else { return Ok(None) };
        let begin = (self.offset - self.window_at) as usize + frame::HEADER_BYTES;
        self.offset += space as u64;
        self.due += 1;
        Ok(Some((due, &self.window[begin..begin + length])))
    }

    /// So many bytes from the next frame on, or fewer at the end of the segment.
    fn bytes(&mut self, length: usize) -> Result<&[u8], Error> {
        let length = length.min((self.header.size - self.offset) as usize);
        let end = self.offset + length as u64;
        let is_there =
            self.window_at <= self.offset && end <= self.window_at + self.window.len() as u64;
        if !is_there {
            let rest = (self.header.size - self.offset) as usize;
            self.window.resize(length.max(WINDOW_BYTES).min(rest), 0);
            self.window_at = self.offset;
            let read = self.file.read_exact_at(&mut self.window, self.offset);
            read.map_err(Error::io("read", self.path))?;
        }
        let begin = (self.offset - self.window_at) as usize;
        Ok(&self.window[begin..begin + length])
    }
}

#[cfg(test)]
mod tests;
