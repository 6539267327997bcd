//! A backup as the data directory of a new cluster's first node.

use std::path::PathBuf;

use node::{Founding, SnapshotNumber};

use super::examine::{bad, contents};
use super::new_node::{NewNode, Restored};
use crate::Error;
use crate::log::disk::Disk;
use crate::snapshots::{self, read_whole};

/// What is to be restored, and where to.
#[derive(Clone, Debug)]
pub struct Restore {
    /// The file of the snapshot.
    pub snapshot: PathBuf,
    /// The number that it was written under.
    pub number: u64,
    /// What becomes of it.
    pub new: NewNode,
}

/// Makes the data directory of the first node of a new cluster. `progress` is told how many bytes
/// were read so far, of each of two readings.
///
/// # Errors
/// 78: the snapshot is missing or damaged, or the directory is not empty; 1: the disk refuses. What
/// was made until then stays, and no node starts with a part of it.
pub fn restore(restore: &Restore, progress: &mut dyn FnMut(u64)) -> Result<Restored, Error> {
    restore.new.check()?;
    let disk = Disk::default();
    let contents = contents(&restore.snapshot, restore.number, progress)?;
    let founder = restore.new.founder()?;
    let directory = founder.directory;
    let refused = |source| snapshots::Error::Refused { path: restore.snapshot.clone(), source };
    let mut founding = Founding::new(&contents, founder).map_err(|error| bad(refused(error)))?;
    let found = contents.found();
    let order = found.order.expect("a node whose cluster had formed has one");
    let cluster = founding.cluster();
    let mut done = 0;
    let made = restore.new.make(directory, |write| {
        let number = SnapshotNumber(restore.number);
        read_whole(&disk, number, &restore.snapshot, |piece| {
            write(&founding.take_in(piece).map_err(refused)?)?;
            done += piece.len() as u64;
            progress(done);
            Ok(())
        })?;
        write(&founding.finish().map_err(refused)?)
    });
    made.map_err(bad)?;
    Ok(Restored { cluster, order })
}
