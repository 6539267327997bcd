//! What can be wrong with the log on disk.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use node::StartError;

use crate::Failure;

/// Why the log cannot be opened or written. No variant but [`Error::Full`] is worth a second try by the program itself.
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
    /// There is no room for another segment. Nothing was written, so it may be tried again.
    Full {
        /// What was to be made.
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
        /// The first segment that is there.
        path: PathBuf,
        /// The first frame that should be there.
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
    /// The node does not start on these records.
    Refused(StartError),
}

impl Error {
    /// For `map_err`: says what was being done to which path.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { doing, path, source }
    }

    /// For what failed while a segment was made, before anything of the log was in it: whether for want of room.
    pub(super) fn or_full(self) -> Error {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match self {
            Error::Io { path, source, .. }
                if matches!(source.kind(), FileTooLarge | QuotaExceeded | StorageFull) =>
            {
                Error::Full { path, source }
            }
            error => error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
            Error::Full { path, source } => write!(
                f,
                "there is no room for {}: {source}\n  hint: free some room on the disk; a segment of the log \
                 takes {} MiB",
                path.display(),
                super::SEGMENT_BYTES >> 20
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
                super::segment::VERSION
            ),
            Error::Missing { path, expected } => write!(
                f,
                "the log begins with {}, but the segment that begins with frame {expected} is \
                 missing\n  hint: put the missing file back; without it the data is incomplete",
                path.display()
            ),
            Error::Damaged { path, offset, what } => write!(
                f,
                "the log is damaged: {}, offset {offset}: {what}\n  hint: the disk lost what it had \
                 confirmed, so nothing was changed; keep a copy of the directory, check the disk, \
                 and restore the directory from a copy made while the node was stopped",
                path.display()
            ),
            Error::Refused(error) => f.write_str(&error.0),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Foreign(_) | Error::Version { .. } | Error::Refused(_) => {
                Failure::configuration(error.to_string())
            }
            _ => Failure::run_time(error.to_string()),
        }
    }
}
