//! `candor backup`: the state of a running server into a directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Failure, MANIFEST, Manifest, SNAPSHOT, in_words};
use crate::progress::Progress;

/// Fetch a backup of a running server into a directory.
///
/// The server takes a snapshot now and sends it, while it goes on. The backup holds all keyspaces
/// of both orders as that server had applied them at one moment: the agreed log up to one position,
/// and of the merged logs all that had reached it. All that it had answered by then is in it.
/// Writes into merged keyspaces that other nodes answered, and that had not reached it, are not.
///
/// Every byte is checked when it has come; `candor verify` does that again. `candor restore` makes
/// a new cluster of it.
///
/// The command runs on the machine of the server and speaks with its loopback address.
///
/// Exit codes: 0 the backup is whole and on disk; 1 something failed; 78 the directory is not
/// empty, or what came is damaged.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the server listens for clients.
    #[arg(long, value_name = "HOST:PORT", default_value = crate::SERVER)]
    server: String,
    /// Where to; it is made, or is empty.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    match take(args) {
        Ok(words) => crate::say(&words),
        Err(failure) => crate::fail(failure.exit_code, &failure.what),
    }
}

fn take(args: &Args) -> Result<String, Failure> {
    let directory = &args.directory;
    let was_there = directory.is_dir();
    make(directory)?;
    let taken = fill(args);
    if taken.is_err() {
        // What is no backup is not to be taken for one.
        for name in [SNAPSHOT, MANIFEST] {
            let _ = fs::remove_file(directory.join(name));
        }
        if !was_there {
            let _ = fs::remove_dir(directory);
        }
    }
    taken
}

fn fill(args: &Args) -> Result<String, Failure> {
    let snapshot = args.directory.join(SNAPSHOT);
    let bar = Progress::of_bytes("fetched");
    let number =
        lab::operator::fetch_snapshot(&args.server, &snapshot, &mut |bytes| bar.tell(bytes));
    bar.end();
    let number = number?;
    let taken_at_ms =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let bar = Progress::of_bytes("checked");
    let examined = server::examine(&snapshot, number, &mut |bytes| bar.tell(bytes));
    bar.end();
    let examined = examined?;
    let manifest = Manifest::of(number, &examined, taken_at_ms);
    let path = args.directory.join(MANIFEST);
    let cannot = |what: &str, path: &Path, error: std::io::Error| -> Failure {
        Failure::run_time(format!("cannot {what} {}: {error}", path.display()))
    };
    manifest.write(&path).map_err(|error| cannot("write", &path, error))?;
    let synced = fs::File::open(&args.directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| cannot("sync", &args.directory, error))?;
    let place = args.directory.display();
    Ok(format!("{place}: a backup of {}: {}", manifest.cluster(), in_words(&examined)))
}

/// Makes the directory, unless it is there and empty.
fn make(directory: &Path) -> Result<(), Failure> {
    let name = directory.display();
    fs::create_dir_all(directory)
        .map_err(|error| Failure::run_time(format!("cannot make {name}: {error}")))?;
    let mut entries = fs::read_dir(directory)
        .map_err(|error| Failure::run_time(format!("cannot read {name}: {error}")))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Failure::bad_file(format!(
            "{name} is not empty\n  hint: each backup has a directory of its own; name one that is not there yet"
        ))),
    }
}
