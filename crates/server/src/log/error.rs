//! What can be wrong with the log on disk.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use node::{Shortage, StartError};
use rustix::io::Errno;

use super::layout::{IDENTITY, SEGMENT_BYTES, VERSION};
use crate::mutants::mutant;

/// Why the log cannot be opened or written. No variant but [`Error::Full`] is worth a second try by
/// the program itself.
#[derive(Debug)]
pub(crate) enum Error {
    /// The system refused. What of a group is on disk is unknown.
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no room for another segment, or not what it takes to make one. Nothing was
    /// written, so it may be tried again.
    Full {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process uses the directory. Nothing was touched.
    Locked(PathBuf),
    /// Something lies there that is not ours. Nothing was touched.
    Foreign(PathBuf),
    /// The segment was written by another version. Nothing was touched.
    Version {
        /// The segment.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The log does not begin where it must. Nothing was touched.
    Missing {
        /// The first segment that is there; if there is none, where it should lie.
        path: PathBuf,
        /// The frame from which on it should be there.
        expected: u64,
    },
    /// Something that was synced is not there any more. Nothing was touched.
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The directory had a log, and has none now. Nothing was touched.
    Lost {
        /// The data directory.
        data: PathBuf,
        /// Whose it is.
        node: u64,
    },
    /// This file does not say whose the directory is. Nothing was touched.
    Unidentified(PathBuf),
    /// No node has ever lived in this directory. Nothing was touched.
    Nobodys(PathBuf),
    /// The log beside which an identity stands is that of another directory. Nothing was touched.
    Exchanged {
        /// The data directory.
        data: PathBuf,
    },
    /// The node does not start on these records.
    Refused(StartError),
    /// The log failed before, and this was said of it. Nothing was touched.
    Broken(String),
}

impl Error {
    /// For `map_err`: says what was being done to which path.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { doing, path, source }
    }

    /// For what failed while a segment was made, before anything of the log was in it: whether for
    /// want of something that may come back. A disk that fails (EIO) and a directory that is gone
    /// are none of that.
    pub(crate) fn or_full(self) -> Error {
        match self {
            Error::Io { doing, path, source }
                if mutant!(BrokenTakenForFull, way_out(&source).is_some(), true) =>
            {
                Error::Full { doing, path, source }
            }
            error => error,
        }
    }

    /// What clients and people are told of [`Error::Full`].
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        let Error::Full { doing, path, source } = self else { return None };
        if is_want_of_room(source) {
            return Some(Shortage::of_room());
        }
        let why = format!("this node cannot {doing} {}: {source}", path.display());
        Some(Shortage { why, way_out: way_out(source)?.into() })
    }
}

fn is_want_of_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// What would help, if the system refused for want of something that may come back.
fn way_out(error: &io::Error) -> Option<&'static str> {
    use io::ErrorKind::{OutOfMemory, PermissionDenied, ReadOnlyFilesystem, WouldBlock};
    let is = |errno: Errno| error.raw_os_error() == Some(errno.raw_os_error());
    match error.kind() {
        _ if is_want_of_room(error) => Some("Free some room on the disk"),
        _ if is(Errno::MFILE) || is(Errno::NFILE) => Some("Let it open more files (ulimit -n)"),
        OutOfMemory => Some("Free some memory"),
        // What a system says that has no room for one more thread.
        WouldBlock => Some("Let it start more threads (ulimit -u)"),
        PermissionDenied | ReadOnlyFilesystem if mutant!(RefusalIsTheEnd, true, false) => {
            Some("Let it write there")
        }
        _ => None,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())?;
                match (*doing, source.kind()) {
                    ("sync", io::ErrorKind::PermissionDenied) => f.write_str(
                        "\n  hint: let this user read it; what is made in it can be gone after a power failure as long as it \
                         cannot be synced",
                    ),
                    _ => Ok(()),
                }
            }
            Error::Full { doing, path, source } if !is_want_of_room(source) => write!(
                f,
                "cannot {doing} {}: {source}\n  hint: {}",
                path.display(),
                way_out(source).unwrap_or("try again later")
            ),
            Error::Full { path, source, .. } => write!(
                f,
                "there is no room for {}: {source}\n  hint: free some room on the disk; a segment of the log \
                 takes {} MiB",
                path.display(),
                SEGMENT_BYTES >> 20
            ),
            Error::Locked(directory) => write!(
                f,
                "the data directory {} is in use by another process\n  hint: each node needs a \
                 directory of its own (--data-dir), or end the other process first",
                directory.display()
            ),
            Error::Foreign(path) => write!(
                f,
                "{} is not part of a Candor log\n  hint: give a directory that is empty or was \
                 made by candor (--data-dir), or move that file out of it",
                path.display()
            ),
            Error::Version { path, found } => write!(
                f,
                "{} has version {found} of the log format, and this program knows version {}\n  \
                 hint: start it with the version of candor that wrote it",
                path.display(),
                VERSION
            ),
            Error::Missing { path, expected } => write!(
                f,
                "the log begins with {}, but the segment that holds frame {expected} is missing\n  \
                 hint: put the missing file back, or the snapshots of what was in it; without them \
                 the data is incomplete",
                path.display()
            ),
            Error::Damaged { path, offset, what } => write!(
                f,
                "the log is damaged: {}, offset {offset}: {what}\n  hint: the disk lost what it had \
                 confirmed, so nothing was changed; keep the directory, and check the disk. An older copy of it cannot take \
                 its place: it has forgotten votes and writes that others count on, and they turn it away. The other members \
                 go on without this node while they are a majority",
                path.display()
            ),
            Error::Lost { data, node } => write!(
                f,
                "the log of node {node} is gone from {}: started empty, the node would forget its votes and the writes that it \
                 has acknowledged\n  hint: put the directory {} back as it was when the node last ran. If it is lost, the other \
                 members go on without this node while they are a majority; a new cluster needs new directories",
                data.display(),
                data.join("log").display()
            ),
            Error::Unidentified(path) => write!(
                f,
                "{} does not say whose the data directory is\n  hint: if the log beside it is whole, remove this file: it is \
                 written anew at the next start",
                path.display()
            ),
            Error::Nobodys(path) => write!(
                f,
                "{} is no data directory of a node: it does not say whose it is\n  hint: name what --data-dir named",
                path.display()
            ),
            Error::Exchanged { data } => write!(
                f,
                "{} and the log beside it belong to different data directories\n  hint: put the log back that was \
                 there when the node last ran",
                data.join(IDENTITY).display()
            ),
            Error::Refused(error) => f.write_str(&error.0),
            Error::Broken(text) => f.write_str(text),
        }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> crate::Error {
        match error {
            Error::Foreign(_)
            | Error::Version { .. }
            | Error::Lost { .. }
            | Error::Unidentified(_)
            | Error::Nobodys(_)
            | Error::Exchanged { .. }
            | Error::Refused(_) => crate::Error::configuration(error.to_string()),
            _ => crate::Error::run_time(error.to_string()),
        }
    }
}
