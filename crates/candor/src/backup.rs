//! `candor backup`, `candor verify`, `candor restore`: the state of a cluster outside of it; and
//! `candor recover`: what is left of one on the disks of its survivors.
//!
//! ```text
//!   DIR/
//!   ├── manifest.json    what the snapshot is, written last
//!   └── snapshot         the file of a snapshot, as the server had it
//! ```

mod manifest;
mod recover;
mod restore;
mod take;
mod verify;

use std::path::{Path, PathBuf};

use manifest::Manifest;
use server::{Examined, NewNode, Order, Restored};

use crate::progress::Progress;

pub(crate) use recover::{Args as RecoverArgs, execute as recover};
pub(crate) use restore::{Args as RestoreArgs, execute as restore};
pub(crate) use take::{Args as BackupArgs, execute as backup};
pub(crate) use verify::{Args as VerifyArgs, execute as verify};

/// What the snapshot of a backup is called.
const SNAPSHOT: &str = "snapshot";
/// What its description is called.
const MANIFEST: &str = "manifest.json";

/// Why a command ends, with its exit code.
struct Failure {
    exit_code: u8,
    what: String,
}

impl Failure {
    /// Something of the world failed.
    fn run_time(what: String) -> Failure {
        Failure { exit_code: lab::operator::EXIT_FAILURE, what }
    }

    /// A file is not what it should be.
    fn bad_file(what: String) -> Failure {
        Failure { exit_code: lab::operator::EXIT_BAD_FILE, what }
    }
}

impl From<server::Error> for Failure {
    fn from(error: server::Error) -> Failure {
        Failure { exit_code: error.exit_code, what: error.reason }
    }
}

impl From<lab::operator::Failure> for Failure {
    fn from(failure: lab::operator::Failure) -> Failure {
        Failure { exit_code: failure.exit_code, what: failure.what }
    }
}

/// A backup whose every checksum is right, and whose description is that of its snapshot.
struct Good {
    manifest: Manifest,
    snapshot: PathBuf,
    examined: Examined,
}

/// Reads a backup, and holds it against all its checksums.
fn check(directory: &Path) -> Result<Good, Failure> {
    let manifest = Manifest::read(&directory.join(MANIFEST))?;
    let snapshot = directory.join(SNAPSHOT);
    if !snapshot.is_file() {
        return Err(Failure::bad_file(format!(
            "{} is missing\n  hint: a backup is the whole directory, as candor backup wrote it",
            snapshot.display()
        )));
    }
    let bar = Progress::of_bytes("checked");
    let examined = server::examine(&snapshot, manifest.number, &mut |bytes| bar.tell(bytes));
    bar.end();
    let examined = examined?;
    manifest.check(&directory.join(MANIFEST), &examined)?;
    Ok(Good { manifest, snapshot, examined })
}

/// What a backup holds, in words.
fn in_words(examined: &Examined) -> String {
    let found = &examined.found;
    let merged: Vec<String> = found
        .merged
        .iter()
        .map(|(node, boot, index)| format!("{}.{boot}: {index}", node.0))
        .collect();
    let (index, offset) = found.agreed;
    format!(
        "{} agreed keys at position ({index}, {offset}), {} merged keys at {{{}}}, {} bytes",
        found.agreed_keys,
        found.merged_keys,
        merged.join(", "),
        examined.bytes
    )
}

/// The node that is made, as `restore` and `recover` are told of it.
#[derive(Debug, clap::Args)]
struct NewNodeArgs {
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

impl NewNodeArgs {
    fn node(&self) -> NewNode {
        NewNode {
            data_dir: self.data_dir.clone(),
            id: self.id,
            address: self.peer_listen.clone().unwrap_or_default(),
        }
    }

    /// Which node was made, of which cluster.
    fn made(&self, made: &Restored) -> String {
        let (cluster, epoch) = made.cluster;
        let (place, id) = (self.data_dir.display(), self.id);
        format!("{place}: node {id} of a new cluster {cluster:016x}, epoch {epoch}")
    }

    /// How it is started with this order of `default`; where it receives others, if that is said.
    fn started_by(&self, order: Order) -> String {
        // Without a level a server is linearizable, which an agreed default goes with.
        let level = match order {
            Order::Agreed => "",
            Order::Merged => " --level causal",
        };
        let place = lab::quoted(&self.data_dir.display().to_string());
        let peers = self.peer_listen.as_ref();
        let peers = peers.map_or(String::new(), |address| format!(" --peer-listen {address}"));
        format!("start it: candor serve --id {} --data-dir {place}{peers}{level}", self.id)
    }
}
