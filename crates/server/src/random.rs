//! Random numbers from the operating system.

use std::io;

/// A number that nobody can guess.
///
/// # Errors
/// What the system says if it has none to give.
pub(crate) fn draw() -> io::Result<u64> {
    getrandom::u64().map_err(|error| io::Error::other(error.to_string()))
}
