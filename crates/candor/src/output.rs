//! What becomes of what is printed: a reader who closes the pipe has seen enough, but a verdict
//! that is lost on a full disk must not look like a good end.

use std::io;

/// Whether what was printed is lost, with words for that; a pipe that its reader closed is no loss.
pub(crate) fn heard(printed: io::Result<()>) -> io::Result<()> {
    printed.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(io::Error::other(format!("cannot write to standard output: {error}"))),
    })
}
