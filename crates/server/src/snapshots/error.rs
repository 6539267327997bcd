//! What can be wrong with a snapshot.

use std::fmt;
use std::path::PathBuf;

use node::StartError;

use super::layout::VERSION;
use crate::log;

/// Why a snapshot cannot be written or read.
#[derive(Debug)]
pub(crate) enum Error {
    /// The system refused.
    Disk(log::Error),
    /// Another version wrote it.
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It is not as it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The node does not take what is in it.
    Refused {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: StartError,
    },
    /// The server ends before it is finished.
    Ended,
}

impl Error {
    /// Whether the file itself is bad, and not the way to it.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Error::Damaged { .. })
    }
}

impl From<log::Error> for Error {
    fn from(error: log::Error) -> Error {
        Error::Disk(error)
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> crate::Error {
        match error {
            Error::Disk(error) => error.into(),
            Error::Version { .. } => crate::Error::configuration(error.to_string()),
            // The bytes are as they were written: it is the start that does not fit them.
            Error::Refused { source, .. } => crate::Error::configuration(source.0),
            _ => crate::Error::run_time(error.to_string()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Disk(error) => write!(f, "{error}"),
            Error::Version { path, found } => write!(
                f,
                "the snapshot {} has version {found} of the format, and this program knows version \
                 {VERSION}\n  hint: start it with the version of candor that wrote it",
                path.display()
            ),
            Error::Damaged { path, what } => {
                write!(f, "the snapshot {} is damaged: {what}", path.display())
            }
            Error::Refused { path, source } => {
                write!(f, "the snapshot {} cannot be taken: {source}", path.display())
            }
            Error::Ended => f.write_str("the server ends"),
        }
    }
}
