//! Why a run could not go on.

use std::fmt;
use std::io;

use crate::interrupt::Signal;

/// Why a run could not go on. It says nothing about whether the store kept its promise.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// Somebody wants the runner to end.
    Interrupted(Signal),
    /// Something of the world failed: a port, a process, a disk.
    RunTime(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Interrupted(signal) => write!(f, "interrupted by {signal}"),
            Failure::RunTime(what) => f.write_str(what),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::RunTime(error.to_string())
    }
}
