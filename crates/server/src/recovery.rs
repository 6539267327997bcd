//! How the node comes back: the newest good snapshot, then the log behind it.

use std::path::PathBuf;

use node::{Config, LogPlace, Node, Recovery, SnapshotNumber};
use tracing::{info, warn};

use crate::log::disk::Disk;
use crate::log::{self, Directory, Identity, Log, SEGMENT_BYTES};
use crate::snapshots::{Folder, Kept, Start};
use crate::{Error, Options};

/// A node that is back, and what it writes to from now on.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// The node.
    pub node: Node,
    /// Its log.
    pub log: Log,
    /// Its snapshots.
    pub snapshots: Folder,
    /// The snapshot that it began with.
    pub newest: Option<Kept>,
}

/// Opens the data directory and brings the node back to where its disk says that it was.
pub(crate) fn recover(options: &Options, config: Config, disk: &Disk) -> Result<Recovered, Error> {
    let directory = Directory::open(disk, &options.data_dir)?;
    let snapshots = Folder::open(disk, directory.snapshots())?;
    let make = |skipped: &[SnapshotNumber]| skipping(skipped, &config);
    let Start { loaded: mut recovery, newest, bad } = match config.discard_state {
        true => snapshots.start_without(make)?,
        false => snapshots.start(make)?,
    };
    let mut from = newest.map_or(1, |newest| newest.first);
    let may_lose = config.members.len() > 1 && (config.discard_state || !bad.is_empty());
    if newest.is_none() && may_lose {
        let first = log::first_frame(&directory)?;
        if first > 1 {
            from = first;
            recovery.lose_state();
        }
    }
    let replay = |frame, records| recovery.replay(LogPlace(frame), &records);
    let opened = Log::open(directory, SEGMENT_BYTES, from, replay);
    let (mut log, report) =
        opened.map_err(|error| without_snapshots(error, &bad, config.discard_state))?;
    tell(&report);
    if report.passed_over.is_some() {
        recovery.want_snapshot();
    }
    let node = recovery.finish().map_err(|error| Error::configuration(error.0))?;
    if config.discard_state {
        snapshots.discard()?;
    }
    if node.status().lost.any() {
        warn!("{}", without_state(&bad));
    }
    log.identify(Identity { node: options.id, directory: node.status().directory.0 })?;
    Ok(Recovered { node, log, snapshots, newest })
}

/// A recovery that knows of these snapshots that cannot be read.
fn skipping(skipped: &[SnapshotNumber], config: &Config) -> Recovery {
    let mut recovery = Recovery::new(config.clone());
    skipped.iter().for_each(|number| recovery.skip_snapshot(*number));
    recovery
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What a node says that starts without its state.
fn without_state(bad: &[PathBuf]) -> String {
    let why = match bad {
        [] => "its snapshots are discarded".to_owned(),
        bad => format!("it has no snapshot that can be read ({})", list(bad)),
    };
    format!(
        "this node starts without its state: {why}, and the log before them was cut. It keeps its log, its votes and its \
         id, and takes the state from another member; until then it neither votes nor acknowledges, and serves nobody"
    )
}

/// What is said where the log does not reach back, for want of these snapshots.
fn without_snapshots(error: log::Error, bad: &[PathBuf], discards: bool) -> Error {
    let log::Error::Missing { path, expected } = &error else { return error.into() };
    if discards {
        return Error::configuration(format!(
            "the log begins with {}, behind frame {expected}, and what was before it is in snapshots that --discard-state \
             passes over: this node is by itself, so there is nobody to take the state from\n  hint: nothing was changed; \
             start it without --discard-state",
            path.display()
        ));
    }
    if bad.is_empty() {
        return error.into();
    }
    Error::run_time(format!(
        "the log begins with {}, behind frame {expected}, and what was before it is in snapshots that cannot be read: {}\n  \
         hint: nothing in the log was changed; keep the directory, and check the disk. An older copy of it cannot take its \
         place: it has forgotten votes and writes that others count on, and they turn it away. The other members go on \
         without this node while they are a majority",
        path.display(),
        list(bad)
    ))
}

/// Says what was read from the log.
fn tell(report: &log::Recovered) {
    if let Some(torn) = &report.torn {
        warn!(
            "cut a torn tail of {} bytes off {} at offset {}: a write that was not synced when the machine stopped. (If it did \
             not stop in the middle of a write, the disk lost synced bytes: check it.)",
            torn.bytes,
            torn.path.display(),
            torn.offset
        );
    }
    if let Some(passed_over) = &report.passed_over {
        warn!(
            "{} is damaged at offset {}: frame {} is bad or missing. The snapshot that was read holds all up to there, so \
             nothing is lost; but no older one is of use any more, and a new one is taken\n  hint: check the disk",
            passed_over.path.display(),
            passed_over.offset,
            passed_over.frame
        );
    }
    if report.groups > 0 {
        info!("read {} groups, {} bytes, from the log", report.groups, report.bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use node::NodeId;
    use tempfile::TempDir;

    use super::*;
    use crate::event_loop::shared::tests::config;

    /// Starts a node by itself on this directory.
    fn start(temp: &TempDir) -> Result<Recovered, Error> {
        let options = Options { data_dir: temp.path().to_owned(), ..Options::default() };
        recover(&options, config(NodeId(1), vec![(NodeId(1), String::new())]), &Disk::default())
    }

    #[test]
    fn what_is_no_snapshot_gives_way_to_the_whole_log() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("snapshots/00000000000000000004.snap");
        drop(start(&temp).unwrap());
        fs::write(&path, "harmed").unwrap();
        assert_eq!(start(&temp).unwrap().newest, None);
        assert!(!path.exists() && path.with_extension("bad").exists());
    }

    #[test]
    fn a_log_that_was_cut_is_not_enough_and_what_is_missing_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let mut log = start(&temp).unwrap().log;
        log.append(&[b"one"]).unwrap();
        // It needs a segment of its own.
        log.append(&[vec![0; SEGMENT_BYTES as usize]]).unwrap();
        drop(log);
        fs::remove_file(temp.path().join("log/00000000000000000001.log")).unwrap();
        let without_any = start(&temp).unwrap_err().reason;
        assert!(without_any.contains("the segment that holds frame 1 is missing"), "{without_any}");
        fs::write(temp.path().join("snapshots/00000000000000000004.snap"), "harmed").unwrap();
        // Also at the next start, when it has another name.
        for start in [start(&temp), start(&temp)] {
            let Error { exit_code, reason } = start.unwrap_err();
            assert_eq!(exit_code, 1);
            for part in
                ["00000000000000000002.log, behind frame 1", "00000000000000000004.bad\n  hint: "]
            {
                assert!(reason.contains(part), "{reason} lacks {part}");
            }
        }
    }
}
