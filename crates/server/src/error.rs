//! Why the server ended, and with which exit code.

use std::fmt;

/// The end of a server that did not end in peace. Its text says what happened and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// 1: a failure at run time; 78: a bad configuration.
    pub exit_code: u8,
    /// What happened and what would help.
    pub reason: String,
}

impl Error {
    /// Something of the world failed: a port, a disk, a damaged file.
    pub(crate) fn run_time(reason: impl Into<String>) -> Error {
        Error { exit_code: 1, reason: reason.into() }
    }

    /// The options ask for what cannot be, or do not fit the data directory.
    pub(crate) fn configuration(reason: impl Into<String>) -> Error {
        Error { exit_code: 78, reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}
