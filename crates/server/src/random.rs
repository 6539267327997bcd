//! Random numbers from the operating system.

use std::io;

use crate::log::Error;

/// A number that nobody can guess.
pub(crate) fn draw() -> Result<u64, Error> {
    getrandom::u64().map_err(|error| Error::Io {
        doing: "draw random bytes from",
        path: "the operating system".into(),
        source: io::Error::other(error.to_string()),
    })
}
