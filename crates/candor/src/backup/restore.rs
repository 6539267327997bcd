//! `candor restore`: a backup as the first node of a new cluster.

use std::path::PathBuf;
use std::process::ExitCode;

use server::{NewNode, Restore};

use super::{Failure, check, in_words, started_by};
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
    /// The data directory that is made; it is not there yet, or empty.
    #[arg(long, value_name = "NEW")]
    data_dir: PathBuf,
    /// The id of the new node, at least 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    id: u64,
    /// Where nodes that join later will reach it.
    #[arg(long, value_name = "HOST:PORT")]
    peer_listen: Option<String>,
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
    let restore = Restore {
        snapshot: good.snapshot,
        number: good.manifest.number,
        new: NewNode {
            data_dir: args.data_dir.clone(),
            id: args.id,
            address: args.peer_listen.clone().unwrap_or_default(),
        },
    };
    let restored = server::restore(&restore, &mut |bytes| bar.tell(bytes));
    bar.end();
    let restored = restored?;
    let (cluster, epoch) = restored.cluster;
    Ok(format!(
        "{}: node {} of a new cluster {cluster:016x}, epoch {epoch}: {}\n{}",
        args.data_dir.display(),
        args.id,
        in_words(&good.examined),
        started_by(args.id, &args.data_dir, args.peer_listen.as_deref(), restored.order),
    ))
}
