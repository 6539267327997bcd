//! Why a run could not go on.

use std::fmt;
use std::io;

use crate::interrupt::Signal;

/// Why a run could not go on. It says nothing about whether the store kept its promise.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    /// Somebody wants the runner to end.
    Interrupted(Signal),
    /// Something of the world failed: a port, a process, a disk.
    RunTime(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Interrupted(signal) => write!(f, "interrupted by {signal}"),
            Error::RunTime(what) => f.write_str(what),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::RunTime(error.to_string())
    }
}
