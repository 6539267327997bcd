//! What becomes of what is printed: a reader who closes the pipe has seen enough, but a verdict that is
//! lost on a full disk must not look like a good end.

use std::io::{self, Write};

/// Whether what was printed is lost; a pipe that its reader closed is none.
pub(crate) fn heard(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Says on standard error that what a subcommand printed is lost.
pub(crate) fn complain(subcommand: &str, error: &io::Error) {
    let _ = writeln!(io::stderr(), "candor {subcommand}: cannot write to standard output: {error}");
}
