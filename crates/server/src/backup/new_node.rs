//! The data directory of a new cluster's first node, made of what another cluster left.

use std::path::{Path, PathBuf};

use node::{DirectoryId, Founder, NodeId, Order, SnapshotNumber};

use crate::log::disk::Disk;
use crate::log::{self, Directory, Identity};
use crate::options::check_address;
use crate::snapshots::{self, Folder, write_whole};
use crate::{Error, random};

/// The number of the snapshot that a new node begins with.
const NUMBER: SnapshotNumber = SnapshotNumber(1);
/// The first frame of its log. One is before it, which the snapshot stands for: so a start that
/// finds no good snapshot knows that one is missing, and does not begin with nothing.
const FIRST_FRAME: u64 = 2;

/// The node that is made.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// The directory that is made; it is not there, or empty.
    pub data_dir: PathBuf,
    /// The id of the node.
    pub id: u64,
    /// Where other nodes will reach it; empty: nobody knows yet.
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

impl NewNode {
    /// That it can be made there. Nothing is made yet.
    ///
    /// # Errors
    /// 78: the directory is not empty, or the address is none.
    pub fn check(&self) -> Result<(), Error> {
        if !self.address.is_empty() {
            check_address("--peer-listen", &self.address)?;
        }
        refuse_full(&self.data_dir)
    }

    /// Draws who it is: its directory, and the cluster that it founds.
    pub(super) fn founder(&self) -> Result<Founder, Error> {
        Ok(Founder {
            id: NodeId(self.id),
            address: self.address.clone(),
            directory: DirectoryId(draw()?),
            cluster: draw()?.max(1),
            incarnation: draw()?,
        })
    }

    /// Makes its directory. `fill` is given what takes the bytes of its snapshot, which comes last:
    /// without it no node starts.
    pub(super) fn make(
        &self,
        directory: DirectoryId,
        fill: impl FnOnce(
            &mut dyn FnMut(&[u8]) -> Result<(), snapshots::Error>,
        ) -> Result<(), snapshots::Error>,
    ) -> Result<(), snapshots::Error> {
        let disk = Disk::default();
        let data = Directory::open(&disk, &self.data_dir)?;
        let identity = Identity { node: self.id, directory: directory.0 };
        log::begin_behind(&data, FIRST_FRAME, identity)?;
        let folder = Folder::open(&disk, data.snapshots())?;
        write_whole(&folder, NUMBER, FIRST_FRAME, fill)
    }
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
