//! A data directory in words, for people: its snapshots, its log, and what both say together. It
//! may be that of a server that runs: nothing is changed, and nothing is locked.

mod process;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use node::{Contents, Found, NodeId};

use crate::Error;
use crate::backup::contents;
use crate::log::disk::Disk;
use crate::log::{self, End, Identity, Seen};
use crate::snapshots::placed_in;
use process::process_on;

/// What is to be looked at.
#[derive(Clone, Debug)]
pub struct Inspect {
    /// The data directory.
    pub data_dir: PathBuf,
    /// Whether each record of the log is told, too.
    pub records: bool,
}

/// What became of it.
#[derive(Debug)]
pub enum Inspected {
    /// All is as it was written.
    Good,
    /// Something is damaged, which the text says.
    Damaged,
}

/// Where a look at a directory stands.
struct Look<'a> {
    data: &'a Path,
    records: bool,
    disk: Disk,
    /// Whether a server runs on it.
    runs: bool,
    damaged: bool,
    out: &'a mut dyn Write,
    /// What became of what was written, if something was not.
    lost: Option<io::Error>,
}

/// Writes what is in a data directory, in lines.
///
/// # Errors
/// 78: it is no data directory; 1: it cannot be read, or the text cannot be written. (Who reads the
/// text may stop at any time.)
pub fn inspect(inspect: &Inspect, out: &mut dyn Write) -> Result<Inspected, Error> {
    let (data, disk) = (&inspect.data_dir, Disk::default());
    if !data.join("log").is_dir() {
        return Err(Error::configuration(format!(
            "{} is no data directory: there is no log in it\n  hint: name what --data-dir named",
            data.display()
        )));
    }
    let process = process_on(data).map_err(|error| {
        Error::run_time(format!("cannot read {}: {error}", data.join("lock").display()))
    })?;
    let (runs, records) = (process.is_some(), inspect.records);
    let mut look = Look { data, records, disk, runs, damaged: false, out, lost: None };
    look.tell(process)?;
    match look.lost {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::run_time(format!("cannot write what was found: {error}")))
        }
        _ if look.damaged => Ok(Inspected::Damaged),
        _ => Ok(Inspected::Good),
    }
}

impl Look<'_> {
    fn say(&mut self, line: &str) {
        if self.lost.is_none() {
            self.lost = writeln!(self.out, "{line}").err();
        }
    }

    fn tell(&mut self, process: Option<u32>) -> Result<(), Error> {
        let server = match process {
            Some(process) => {
                format!("process {process} runs on it, so all of this may change meanwhile")
            }
            None => "no server runs on it".into(),
        };
        let identity = match Identity::read(&self.disk, self.data)? {
            Some(Identity { node, directory }) => {
                format!("node {node}, directory {directory:016x}")
            }
            None => "nobody's yet".into(),
        };
        self.say(&format!("{}: {identity}; {server}", self.data.display()));
        let newest = self.snapshots()?;
        let logged = self.log()?;
        // A log that was begun behind a snapshot says little at first.
        let found = match (logged.node, newest) {
            (None, Some(newest)) => newest,
            _ => logged,
        };
        together(&found).iter().for_each(|line| self.say(line));
        Ok(())
    }

    /// Tells of the snapshots; gives what is in the newest good one.
    fn snapshots(&mut self) -> Result<Option<Found>, Error> {
        self.say("snapshots, the newest first:");
        let mut newest = None;
        let placed = placed_in(&self.disk, &self.data.join("snapshots"))?;
        if placed.is_empty() {
            self.say("  none");
        }
        for (number, path) in placed {
            let line = match contents(&path, number.0, &mut |_| ()) {
                Ok(contents) => {
                    let found = contents.found();
                    let line =
                        of_snapshot(&found, std::fs::metadata(&path).map_or(0, |it| it.len()));
                    newest = newest.or(Some(found));
                    line
                }
                Err(_) if self.runs && !path.exists() => "gone meanwhile".into(),
                Err(error) => {
                    self.damaged = true;
                    error.reason.lines().next().unwrap_or_default().to_owned()
                }
            };
            self.say(&format!("  {number}  {line}"));
        }
        Ok(newest)
    }

    /// Tells of the segments of the log; gives what they say.
    fn log(&mut self) -> Result<Found, Error> {
        self.say("log:");
        let mut contents = Contents::default();
        let segments = log::segments(&self.disk, self.data)?;
        let mut due = None;
        for (place, (_, path)) in segments.iter().enumerate() {
            let mut records = vec![];
            let mut is_readable = true;
            let seen = log::look_at(&self.disk, path, |frame, group| {
                let tell = |words| records.push(format!("    {frame}: {words}"));
                let tell = self.records.then_some(tell);
                if contents.replay(&Bytes::copy_from_slice(group), tell).is_err() {
                    records.push(format!("    {frame}: a record cannot be read"));
                    is_readable = false;
                }
            });
            self.damaged |= !is_readable;
            let name = path.file_name().unwrap_or_default().display().to_string();
            let seen = match seen {
                Ok(seen) => seen,
                Err(_) if self.runs && !path.exists() => {
                    self.say(&format!("  {name}  gone meanwhile"));
                    continue;
                }
                Err(error) => {
                    self.damaged = true;
                    self.say(&format!("  {name}  {error}"));
                    continue;
                }
            };
            if due.is_some_and(|due| due != seen.frames.0) {
                self.damaged = true;
                self.say(&format!("  frames before {} are missing", seen.frames.0));
            }
            due = Some(seen.frames.1.map_or(seen.frames.0, |last| last + 1));
            let line = self.of_segment(&name, &seen, place + 1 == segments.len());
            self.say(&format!("  {line}"));
            records.iter().for_each(|line| self.say(line));
            if self.lost.is_some() {
                break;
            }
        }
        Ok(contents.found())
    }

    fn of_segment(&mut self, name: &str, seen: &Seen, is_last: bool) -> String {
        let Seen { frames, bytes, end } = seen;
        let frames = match frames {
            (first, Some(last)) => format!("frames {first} to {last}"),
            (first, None) => format!("no frame yet, {first} will be the first"),
        };
        let at = bytes.0;
        let end = match end {
            End::Sealed => "sealed".to_owned(),
            End::Open => "whole".to_owned(),
            End::Torn(_) if self.runs && is_last => "being written".to_owned(),
            End::Torn(torn) => {
                // Before another segment it is no tail.
                self.damaged |= !is_last;
                format!("torn at offset {at}: {torn} bytes are no frame")
            }
            End::Damaged { frame, offset } => {
                self.damaged = true;
                format!("damaged at offset {at}: frame {frame} is whole at offset {offset}")
            }
        };
        format!("{name}  {frames}  {at} of {} bytes  {end}", bytes.1)
    }
}

/// A snapshot that is good.
fn of_snapshot(found: &Found, bytes: u64) -> String {
    let (index, offset) = found.agreed;
    format!(
        "{bytes} bytes  agreed ({index}, {offset}), {} keys  merged {{{}}}, {} keys  good",
        found.agreed_keys,
        places(&found.merged),
        found.merged_keys
    )
}

/// What log and snapshots say together.
fn together(found: &Found) -> Vec<String> {
    let Some(NodeId(node)) = found.node else { return vec!["nothing says whose it is".into()] };
    let directory = found.directory.map_or(0, |directory| directory.0);
    let order = found.order.map_or(String::new(), |order| order.to_string());
    let member = |(NodeId(id), address): &(NodeId, String)| match &address[..] {
        "" => id.to_string(),
        address => format!("{id}={address}"),
    };
    let members: Vec<String> = found.members.iter().map(member).collect();
    let cluster = match found.cluster {
        Some((id, epoch)) => format!("cluster {id:016x}, epoch {epoch}"),
        None => "its cluster has not formed".into(),
    };
    let vote = found.vote.map_or("nobody".into(), |vote| format!("node {}", vote.0));
    let mut lines = vec![
        format!(
            "node {node}, directory {directory:016x}: {cluster}, default {order}, formed with {}",
            members.join(",")
        ),
        format!(
            "boot {}, term {}, vote for {vote}, committed up to {}",
            found.boot, found.term, found.commit
        ),
    ];
    let last = found.last_agreed;
    lines.extend(last.map(|(index, term)| format!("the agreed log ends at {index}, term {term}")));
    if !found.last_merged.is_empty() {
        lines.push(format!("the merged logs end at {{{}}}", places(&found.last_merged)));
    }
    if found.superseded {
        lines.push(
            "superseded: another start of this node was believed, and it never takes part again"
                .into(),
        );
    }
    let diverged = found.diverged;
    lines.extend(
        diverged.map(|at| format!("its state differed from that of a majority at digest {at}")),
    );
    lines
}

fn places(all: &[(NodeId, node::Boot, node::Index)]) -> String {
    let place = |(node, boot, index): &(NodeId, node::Boot, node::Index)| {
        format!("{}.{boot}: {index}", node.0)
    };
    all.iter().map(place).collect::<Vec<_>>().join(", ")
}
