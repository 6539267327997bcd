//! The segments before the active one: what of them is cut, and used again.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::Error;
use crate::log::disk::Disk;
use crate::mutants::mutant;

/// How many segments that were cut are kept to be used again.
const USED_MAX: usize = 4;
/// What the name of such a segment begins with. It is none of the log any more.
const USED: &str = "used-";

/// The segments before the active one.
#[derive(Debug, Default)]
pub(super) struct Older {
    /// Those of the log: the first frame of each, in order, and where it lies.
    segments: VecDeque<(u64, PathBuf)>,
    /// Those that are cut and wait to be used again.
    used: Vec<PathBuf>,
}

impl Older {
    /// These, in order, each with its first frame.
    pub(super) fn new(segments: impl IntoIterator<Item = (u64, PathBuf)>) -> Older {
        Older { segments: segments.into_iter().collect(), used: vec![] }
    }

    /// How many are part of the log.
    pub(super) fn count(&self) -> usize {
        self.segments.len()
    }

    /// Adds the segment that was the active one until now.
    pub(super) fn push(&mut self, first: u64, path: PathBuf) {
        self.segments.push_back((first, path));
    }

    /// One that may be used again.
    pub(super) fn take_used(&mut self) -> Option<PathBuf> {
        self.used.pop()
    }

    /// Gives up those whose frames all lie before this one; the active segment begins with frame
    /// `active`. A few are kept under another name, to be used again.
    pub(super) fn cut(&mut self, before: u64, active: u64, disk: &Disk, log: &Path) -> Cut {
        let mut paths = vec![];
        while let Some((first, path)) = self.pop_before(before, active) {
            let used = log.join(format!("{USED}{first:020}"));
            match self.used.len() < USED_MAX && disk.rename(&path, &used).is_ok() {
                true => self.used.push(used),
                false => paths.push(path),
            }
        }
        Cut { disk: disk.clone(), log: log.to_owned(), paths }
    }

    /// The first segment, if all its frames lie before this one.
    fn pop_before(&mut self, before: u64, active: u64) -> Option<(u64, PathBuf)> {
        let next = self.segments.get(1).map_or(active, |(first, _)| *first);
        let is_before = mutant!(CutInsideSegment, next, self.segments.front()?.0) <= before;
        is_before.then(|| self.segments.pop_front()).flatten()
    }
}

/// Whether this is the name of a segment that was kept to be used again.
pub(super) fn is_used(name: &str) -> bool {
    name.starts_with(USED)
}

/// What was cut off the log, and still takes room.
#[derive(Debug)]
#[must_use = "it takes room until it is removed"]
pub(crate) struct Cut {
    disk: Disk,
    log: PathBuf,
    paths: Vec<PathBuf>,
}

impl Cut {
    /// Removes it. Nobody waits for that: should some of it be there at the next start, it lies
    /// before what is read then, and is cut again.
    pub(crate) fn carry_out(self) -> Result<(), Error> {
        for path in &self.paths {
            self.disk.remove(path).map_err(Error::io("remove", path))?;
        }
        self.disk.sync_folder(&self.log).map_err(Error::io("sync", &self.log))
    }
}
