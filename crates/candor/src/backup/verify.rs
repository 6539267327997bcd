//! `candor verify`: whether a backup is as it was written.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{check, in_words};

/// Check every checksum of a backup, and that all that is in it can be read.
///
/// It needs no server, and changes nothing.
///
/// Exit codes: 0 the backup is good; 1 the disk cannot be read; 78 something is missing or damaged,
/// and the error says which file, and where in it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory of the backup.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    match check(&args.directory) {
        Ok(good) => {
            let place = args.directory.display();
            let cluster = good.manifest.cluster();
            crate::say(&format!("{place}: good: {cluster}: {}", in_words(&good.examined)))
        }
        Err(failure) => crate::fail(failure.exit_code, &failure.what),
    }
}
