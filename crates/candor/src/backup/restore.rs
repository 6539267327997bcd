//! `candor restore`: a backup as the first node of a new cluster.

use std::path::PathBuf;
use std::process::ExitCode;

use server::Restore;

use super::{Failure, NewNodeArgs, check, in_words};
use crate::progress::Progress;

/// Make the data directory of a new cluster's first node from a backup.
///
/// The cluster has a new id, and the epoch behind that of the backup: tokens and nodes of the old
/// one are refused, so the old cluster must not go on beside it as if it were the same. Positions
/// never go back: the agreed log goes on behind the backup's position, and the boots of the node
/// behind all that the backup names. All keyspaces are there, with their keys and deadlines; ids of
/// ONCE are, too.
///
/// A deadline is a moment of log time: keys that fell due meanwhile go as soon as the node leads.
///
/// Exit codes: 0 the directory is made; 1 something failed; 78 the backup is missing or damaged, or
/// the data directory is not empty.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory of the backup.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    #[command(flatten)]
    new: NewNodeArgs,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    match restore(args) {
        Ok(words) => crate::say(&words),
        Err(failure) => crate::fail(failure.exit_code, &failure.what),
    }
}

fn restore(args: &Args) -> Result<String, Failure> {
    let good = check(&args.directory)?;
    let bar = Progress::of_bytes("restored");
    let restore =
        Restore { snapshot: good.snapshot, number: good.manifest.number, new: args.new.node() };
    let restored = server::restore(&restore, &mut |bytes| bar.tell(bytes));
    bar.end();
    let restored = restored?;
    Ok(format!(
        "{}: {}\n{}",
        args.new.made(&restored),
        in_words(&good.examined),
        args.new.started_by(restored.order)
    ))
}
