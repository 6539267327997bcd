//! What the survivors of a cluster hold that has lost its majority, and the first node of a new
//! cluster out of it.
//!
//! Their directories are only read: no node starts on any of them as long as the survey lives, and
//! no file is changed.

use std::path::{Path, PathBuf};

use node::{Founded, LogPlace, NodeId, Recovery, SnapshotNumber, Survivors};

use super::new_node::{NewNode, Restored};
use crate::Error;
use crate::log::disk::Disk;
use crate::log::{self, Identity, Resting};
use crate::snapshots::{self, placed_in, read_whole};

/// All that survivors hold, read.
#[derive(Debug)]
pub struct Survey {
    survivors: Survivors,
    directories: Vec<PathBuf>,
    remarks: Vec<String>,
    new: NewNode,
    /// As long as they are here no node starts on any of the directories.
    _locks: Vec<Resting>,
}

/// What a directory holds, and where it was read from.
struct Read {
    recovery: Recovery,
    /// The first frame of the log behind it.
    from: u64,
    /// Snapshots that could not be read, and why.
    bad: Vec<String>,
}

/// Reads the data directories of survivors, out of which this node is to be made. `progress` is
/// told how many bytes were read so far.
///
/// # Errors
/// 78: a directory is none, damaged, of another cluster or of a node that is named already, or the
/// new node cannot be made where it is to be; 1: a node runs on one, or the system does not let us
/// read it.
pub fn survey(
    directories: &[PathBuf],
    new: NewNode,
    progress: &mut dyn FnMut(u64),
) -> Result<Survey, Error> {
    new.check()?;
    let disk = Disk::default();
    refuse_twice(&disk, directories)?;
    directories.iter().try_for_each(|path| refuse_within(path, &new.data_dir))?;
    // All of them are locked before anything is read, which may take long.
    let open = |path: &PathBuf| Resting::open(&disk, path).map_err(unusable(path));
    let locks = directories.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let (mut survivors, mut remarks, mut done) = (Survivors::default(), vec![], 0);
    for (path, resting) in directories.iter().zip(&locks) {
        let mut tell = |bytes: usize| {
            done += bytes as u64;
            progress(done);
        };
        let recovery = read(&disk, path, resting.identity, &mut remarks, &mut tell)?;
        survivors.add(recovery).map_err(refused(path))?;
        let told = survivors.told().last().expect("it was taken in");
        if told.directory.0 != resting.identity.directory {
            return Err(log::Error::Exchanged { data: path.clone() }.into());
        }
    }
    survivors.compare().map_err(|(place, error)| refused(&directories[place])(error))?;
    Ok(Survey { survivors, directories: directories.to_vec(), remarks, new, _locks: locks })
}

impl Survey {
    /// What they hold together.
    pub fn survivors(&self) -> &Survivors {
        &self.survivors
    }

    /// Their directories, in the same order.
    pub fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// What was found that people should know of, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Makes the data directory of a new cluster's first node. `progress` is told how many bytes
    /// were written so far.
    ///
    /// # Errors
    /// 78: the directory is not empty; 1: the disk refuses. What was made until then stays, and no
    /// node starts with a part of it.
    pub fn found(self, progress: &mut dyn FnMut(u64)) -> Result<Restored, Error> {
        let new = self.new;
        new.check()?;
        let founder = new.founder()?;
        let directory = founder.directory;
        let order = self.survivors.order().expect("a node whose cluster had formed has one");
        let begun = self.survivors.found(founder);
        let mut founded = begun.map_err(|error| Error::configuration(error.0))?;
        let cluster = founded.cluster();
        new.make(directory, |write| fill(&mut founded, write, progress))?;
        Ok(Restored { cluster, order })
    }
}

/// Writes all of a new node's snapshot.
fn fill(
    founded: &mut Founded,
    write: &mut dyn FnMut(&[u8]) -> Result<(), snapshots::Error>,
    progress: &mut dyn FnMut(u64),
) -> Result<(), snapshots::Error> {
    let refused = |source| snapshots::Error::Refused { path: PathBuf::new(), source };
    let mut done = 0;
    while let Some(bytes) = founded.go_on().map_err(refused)? {
        write(&bytes)?;
        done += bytes.len() as u64;
        progress(done);
    }
    Ok(())
}

/// Each node is named once. A directory that is named twice could not be locked twice.
fn refuse_twice(disk: &Disk, directories: &[PathBuf]) -> Result<(), Error> {
    let mut seen: Vec<(u64, &Path)> = vec![];
    for path in directories {
        let is_directory = path.is_dir();
        let identity = is_directory.then(|| Identity::read(disk, path)).transpose();
        let Some(Identity { node, .. }) = identity.map_err(unusable(path))?.flatten() else {
            return Err(nobodys(path));
        };
        if let Some((_, other)) = seen.iter().find(|(id, _)| *id == node) {
            return Err(Error::configuration(format!(
                "{} and {} are both of node {node}\n  hint: name of each node the directory that it ran on last",
                other.display(),
                path.display()
            )));
        }
        seen.push((node, path));
    }
    Ok(())
}

/// A directory that does not say whose it is. One with a log is that of a node all the same.
fn nobodys(path: &Path) -> Error {
    if path.join("log").is_dir() {
        return Error::configuration(format!(
            "{} has a log, and no file identity beside it, which says whose it is\n  hint: put that file back, or start the \
             node on it once, which writes it anew",
            path.display()
        ));
    }
    log::Error::Nobodys(path.to_owned()).into()
}

/// Nothing is made within the directory of a survivor, which stays as it is.
fn refuse_within(survivor: &Path, new: &Path) -> Result<(), Error> {
    let absolute = std::path::absolute(new).unwrap_or_else(|_| new.to_owned());
    let there = absolute.ancestors().find_map(|above| above.canonicalize().ok());
    let is_within = survivor
        .canonicalize()
        .ok()
        .zip(there)
        .is_some_and(|(survivor, there)| there.starts_with(survivor));
    if !is_within {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "{} is within {}, the directory of a survivor\n  hint: make the new one somewhere else: survivors stay as they are",
        new.display(),
        survivor.display()
    )))
}

/// All that a directory holds: its newest good snapshot, and the log behind that.
fn read(
    disk: &Disk,
    path: &Path,
    identity: Identity,
    remarks: &mut Vec<String>,
    tell: &mut dyn FnMut(usize),
) -> Result<Recovery, Error> {
    let Read { mut recovery, from, bad } = snapshot(disk, path, NodeId(identity.node), tell)?;
    let replay = |frame, records: bytes::Bytes| {
        tell(records.len());
        recovery.replay(LogPlace(frame), &records)
    };
    let read = log::read(disk, path, from, replay);
    let report = read.map_err(|error| match (&error, &bad[..]) {
        (log::Error::Missing { .. }, [_, ..]) => Error::configuration(format!(
            "{}: {}, and the log does not reach back without{HINT}",
            path.display(),
            bad.join("; ")
        )),
        _ => unusable(path)(error),
    })?;
    remarks.extend(bad.into_iter().map(|what| format!("{what}; what was before it is taken")));
    if let Some(torn) = &report.torn {
        remarks.push(format!(
            "{} ends in {} bytes that are no frame, at offset {}: a write that was not synced when the machine stopped",
            torn.path.display(),
            torn.bytes,
            torn.offset
        ));
    }
    if let Some(passed) = &report.passed_over {
        remarks.push(format!(
            "{} is damaged at offset {}: frame {} is bad or missing; the snapshot holds all up to there",
            passed.path.display(),
            passed.offset,
            passed.frame
        ));
    }
    Ok(recovery)
}

/// What takes in the log, with the newest snapshot that is good, if one is.
fn snapshot(
    disk: &Disk,
    path: &Path,
    node: NodeId,
    tell: &mut dyn FnMut(usize),
) -> Result<Read, Error> {
    let mut bad = vec![];
    let folder = path.join("snapshots");
    let placed = if folder.is_dir() { placed_in(disk, &folder)? } else { vec![] };
    for (number, file) in placed {
        match load(disk, number, &file, node, tell) {
            Ok((recovery, from)) => return Ok(Read { recovery, from, bad }),
            Err(error) if error.is_damage() => bad.push(error.to_string()),
            Err(snapshots::Error::Refused { source, .. }) => return Err(refused(path)(source)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Read { recovery: Survivors::reading(node), from: 1, bad })
}

fn load(
    disk: &Disk,
    number: SnapshotNumber,
    file: &Path,
    node: NodeId,
    tell: &mut dyn FnMut(usize),
) -> Result<(Recovery, u64), snapshots::Error> {
    let mut recovery = Survivors::reading(node);
    let refused = |source| snapshots::Error::Refused { path: file.to_owned(), source };
    let from = read_whole(disk, number, file, |piece| {
        tell(piece.len());
        recovery.load(piece).map_err(refused)
    })?;
    recovery.loaded(number).map_err(refused)?;
    Ok((recovery, from))
}

/// What to do about a directory that cannot be read.
const HINT: &str = "\n  hint: put back what is missing or harmed; if that cannot be, leave the directory out: its node then \
                    counts as lost";

/// What is said of a directory that cannot be used. One that is damaged is a bad file.
fn unusable(path: &Path) -> impl FnOnce(log::Error) -> Error {
    move |error| match error {
        log::Error::Locked(_) => Error::run_time(format!(
            "a node runs on {}\n  hint: end it first: all survivors must rest, and stay so",
            path.display()
        )),
        log::Error::Damaged { path: file, offset, what } => Error::configuration(format!(
            "{} is damaged: {}, offset {offset}: {what}{HINT}",
            path.display(),
            file.display()
        )),
        log::Error::Missing { path: first, expected } => Error::configuration(format!(
            "{}: the log begins with {}, and what holds frame {expected} is missing{HINT}",
            path.display(),
            first.display()
        )),
        log::Error::Lost { node, .. } => Error::configuration(format!(
            "{}: the log of node {node} is gone{HINT}",
            path.display()
        )),
        log::Error::Refused(error) => refused(path)(error),
        error => error.into(),
    }
}

/// What is said of a directory that the rest does not go with.
fn refused(path: &Path) -> impl FnOnce(node::StartError) -> Error {
    move |error| Error::configuration(format!("{}: {}", path.display(), error.0))
}
