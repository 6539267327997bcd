//! A backup as the data directory of a new cluster's first node.

use std::path::{Path, PathBuf};

use node::{DirectoryId, Founder, Founding, NodeId, Order, SnapshotNumber};

use super::examine::{bad, contents};
use crate::log::disk::Disk;
use crate::log::{self, Directory, Identity};
use crate::options::check_address;
use crate::snapshots::{self, Folder, read_whole, write_whole};
use crate::{Error, random};

/// The number of the snapshot that a new node begins with.
const NUMBER: SnapshotNumber = SnapshotNumber(1);
/// The first frame of its log. One is before it, which the snapshot stands for: so a start that
/// finds no good snapshot knows that one is missing, and does not begin with nothing.
const FIRST_FRAME: u64 = 2;

/// What is to be restored, and where to.
#[derive(Clone, Debug)]
pub struct Restore {
    /// The file of the snapshot.
    pub snapshot: PathBuf,
    /// The number that it was written under.
    pub number: u64,
    /// The directory that is made; it is not there, or empty.
    pub data_dir: PathBuf,
    /// The id of the new node.
    pub id: u64,
    /// Where other nodes will reach it, if that is known.
    pub address: String,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The id of the new cluster, and its epoch.
    pub cluster: (u64, u64),
    /// The order of the keyspace `default`, which the level of a start must go with.
    pub order: Order,
}

/// Makes the data directory of the first node of a new cluster. `progress` is told how many bytes
/// were read so far, of each of two readings.
///
/// # Errors
/// 78: the snapshot is missing or damaged, or the directory is not empty; 1: the disk refuses. What
/// was made until then stays, and no node starts with a part of it.
pub fn restore(restore: &Restore, progress: &mut dyn FnMut(u64)) -> Result<Restored, Error> {
    if !restore.address.is_empty() {
        check_address("--peer-listen", &restore.address)?;
    }
    refuse_full(&restore.data_dir)?;
    let disk = Disk::default();
    let contents = contents(&restore.snapshot, restore.number, progress)?;
    let directory = DirectoryId(draw()?);
    let founder = Founder {
        id: NodeId(restore.id),
        address: restore.address.clone(),
        directory,
        cluster: draw()?.max(1),
        incarnation: draw()?,
    };
    let refused = |source| snapshots::Error::Refused { path: restore.snapshot.clone(), source };
    let mut founding = Founding::new(&contents, founder).map_err(|error| bad(refused(error)))?;
    let found = contents.found();
    let order = found.order.expect("a node whose cluster had formed has one");
    let cluster = founding.cluster();

    let data = Directory::open(&disk, &restore.data_dir)?;
    let identity = Identity { node: restore.id, directory: directory.0 };
    log::begin_behind(&data, FIRST_FRAME, identity)?;
    let folder = Folder::open(&disk, data.snapshots())?;
    let mut done = 0;
    // It comes last: without it no node starts.
    write_whole(&folder, NUMBER, FIRST_FRAME, |write| {
        let number = SnapshotNumber(restore.number);
        read_whole(&disk, number, &restore.snapshot, |piece| {
            write(&founding.take_in(piece).map_err(refused)?)?;
            done += piece.len() as u64;
            progress(done);
            Ok(())
        })?;
        write(&founding.finish().map_err(refused)?)
    })
    .map_err(bad)?;
    Ok(Restored { cluster, order })
}

/// A directory in which something is may be somebody's data.
fn refuse_full(path: &Path) -> Result<(), Error> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries,
    };
    let cannot = |error: std::io::Error| {
        Error::configuration(format!("{} is no directory to restore into: {error}", path.display()))
    };
    for entry in entries.map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name();
        if name != "lost+found" {
            return Err(Error::configuration(format!(
                "{} is not empty: there is {}\n  hint: name a directory that is not there yet; an older one is never \
                 written over",
                path.display(),
                name.display()
            )));
        }
    }
    Ok(())
}

fn draw() -> Result<u64, Error> {
    random::draw().map_err(|error| {
        Error::run_time(format!("cannot draw random bytes from the operating system: {error}"))
    })
}
