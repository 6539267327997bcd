//! The life of a server: from its options to its end.

use crate::{Failure, Options};

/// Serves until told to end (SIGTERM, SIGINT, or the end of standard input if so asked). Prints one
/// line to standard output once it listens; logs to standard error.
pub fn serve(options: Options) -> Result<(), Failure> {
    options.check()?;
    Err(Failure::run_time("the server is being built"))
}
