//! What people are told: lines on standard error, each with the node that tells it. Never keys or
//! values.
//!
//! Telling something never stops the node and never makes it wait: lines go through a bounded
//! [queue] to a thread that writes them, and what outsiders can bring about is [limited](limit) in
//! rate. What is not told is counted: INFO `notes_dropped` (nobody took them) and
//! `notes_suppressed` (there were too many alike).

mod announcement;
mod limit;
mod lines;
mod progress;
mod queue;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;

use node::{Event, MemberClock, NodeId, Shortage};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::Error;
pub(crate) use announcement::Announcement;
pub(crate) use limit::{Limit, info_some, suppressed, warn_some};
pub(crate) use progress::Progress;
use queue::Queue;

/// The variable that chooses what is told, such as `debug` or `server=debug`.
const VARIABLE: &str = "CANDOR_LOG";
/// How often is looked whether there is something to say of lines that were left out.
const SUM_UP_PAUSE: Duration = Duration::from_secs(1);
/// How long the last lines may take when the process ends.
const LAST_LINES_MAX: Duration = Duration::from_secs(1);

static QUEUE: Queue = Queue::new();
/// What goes to standard output, which may be as full as standard error.
static ANNOUNCEMENTS: Queue = Queue::new();
/// Whether somebody writes what is queued.
static STARTED: OnceLock<bool> = OnceLock::new();

/// Begins to tell what this node does, unless somebody told the process where to already.
pub(crate) fn begin(node: NodeId) -> Result<(), Error> {
    lines::begin_with(node);
    if !start() || ANNOUNCEMENTS.start(io::stdout()).is_err() {
        return Err(Error::run_time("the system has no room for one more thread"));
    }
    let filter = filter(std::env::var_os(VARIABLE))?;
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(|| Lines)
        .with_ansi(io::stderr().is_terminal())
        // It would write to standard error by itself, and panic where that fails.
        .log_internal_errors(false)
        .try_init();
    Ok(())
}

/// What is told if the variable says this.
fn filter(said: Option<OsString>) -> Result<EnvFilter, Error> {
    let Some(said) = said.filter(|said| !said.is_empty()) else {
        return Ok(EnvFilter::new("info"));
    };
    let refused = |why: String| {
        Error::configuration(format!(
            "{VARIABLE} {said:?} does not say what is to be told: {why}\n  hint: for example info, \
             debug, or info,server=debug"
        ))
    };
    let text = said.to_str().ok_or_else(|| refused("it is no text".into()))?;
    // A word that is no level would be the name of a part, and all others would tell next to
    // nothing.
    let words = text.split(',').map(str::trim).filter(|part| !part.contains(['=', '[']));
    for word in words {
        word.parse::<LevelFilter>().map_err(|_| refused(format!("{word:?} is no level")))?;
    }
    EnvFilter::builder().parse(text).map_err(|error| refused(error.to_string()))
}

fn start() -> bool {
    *STARTED.get_or_init(|| QUEUE.start(io::stderr()).is_ok())
}

/// Says why the process ends, as well as it can be said: nothing here fails, and it takes two
/// seconds at most.
pub fn last_words(text: &str) {
    if start() {
        QUEUE.push(lines::of(text.as_bytes()));
        flush();
    } else {
        let _ = io::stderr().write_all(&lines::of(text.as_bytes()));
    }
}

/// Says something on standard output, where scripts look for it.
pub(crate) fn announce(line: String) {
    ANNOUNCEMENTS.push(line.into());
}

/// Lets the last lines be written, for a limited time.
pub(crate) fn flush() {
    limit::sum_up(true);
    ANNOUNCEMENTS.flush(LAST_LINES_MAX);
    QUEUE.flush(LAST_LINES_MAX);
}

/// Lines that nobody took.
pub(crate) fn dropped() -> u64 {
    QUEUE.dropped()
}

/// Says how many lines were left out, for ever.
pub(crate) async fn sum_up() {
    loop {
        tokio::time::sleep(SUM_UP_PAUSE).await;
        limit::sum_up(false);
    }
}

/// Where what is told is written to: to the queue, an event at a time.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        QUEUE.push(lines::of(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells what happened inside the node.
pub(crate) fn tell(event: &Event) {
    match event {
        Event::Formed => info!("all members have met: the cluster is formed"),
        Event::Joined => info!("was added to the cluster: it learns, and serves once it votes"),
        Event::Members(all) => info!("the members are {all}"),
        Event::Leader { term, leader: Some(leader) } => {
            info_some!("node {} leads in term {term}", leader.0);
        }
        Event::Leader { term, leader: None } => info_some!("no leader is known in term {term}"),
        Event::Refused(what) => warn_some!("{what}"),
        Event::Unheard => warn!(
            "no member has answered since this node started: it serves merged keyspaces all the same\n  hint: if its data \
             directory is a copy, or was put back from one, stop it: what it takes now may be lost"
        ),
        Event::Disk(Some(Shortage { why, way_out })) => warn_some!(
            "{why}: it takes no writes until that has passed, and reads go on\n  hint: {way_out}; nothing has to be \
             started again"
        ),
        Event::Disk(None) => info_some!("the disk has room again: this node takes writes"),
        Event::Clock { agrees: false, others } => warn_some!(
            "this clock is too far from those of most members ({}): the node takes no merged writes and hands over \
             leadership\n  hint: set the clock, for example with NTP",
            clocks(others)
        ),
        Event::Clock { agrees: true, others } => {
            info_some!("this clock agrees with those of other members again ({})", clocks(others));
        }
        Event::HandsOver(to) => info_some!("node {} is asked to lead instead of this one", to.0),
        Event::SnapshotBegun(number) => info_some!("snapshot {number} is begun"),
        Event::SnapshotPlaced(number, bytes) => {
            info_some!("snapshot {number} is in place: {bytes} bytes");
        }
        Event::SnapshotGivenUp(number, why) => {
            warn_some!("snapshot {number} is given up, and the log grows until the next one: {why}")
        }
        Event::Fetches(from) => info_some!(
            "this node lacks more than the others' logs keep: it fetches the state of node {}",
            from.0
        ),
        Event::Fetched(from, Some(index)) => {
            info_some!("the state of node {} is here, up to entry {index}", from.0);
        }
        Event::OtherMaxMemory { own, agreed } => warn!(
            "this node was started with maxmemory {own}, and the cluster has {agreed}, which counts\n  hint: CONFIG SET \
             maxmemory at any node changes that of the cluster"
        ),
        Event::OtherLimit { name, own, agreed } => warn!(
            "this node was started with {name} {own}, and the cluster has {agreed}, which counts\n  hint: CONFIG SET {name} at \
             any node changes that of the cluster"
        ),
        Event::OtherKeyspace { name, differs } => warn!(
            "this node was started with the keyspace {name}, and {differs}, which counts\n  hint: a configuration says with which \
             keyspaces a cluster begins; later KEYSPACE CREATE, ALTER and DROP change them"
        ),
        Event::KeyspaceGivenUp(why) => warn_some!("{why}"),
        Event::Fetched(from, None) => info_some!("the state of node {} is merged", from.0),
        Event::DigestDiffers { index, order, member } => warn_some!(
            "the {} state of node {} is another one than that of this node at the digest at index {index}: memory or a disk of \
             one of them is broken\n  hint: INFO persistence says on each node with whom it differs; a node against which there \
             is a majority stops by itself",
            order,
            member.0
        ),
        Event::StateIsBack => info_some!("the state is whole again: this node takes part"),
        Event::LostForGood(node, boot, index) => warn_some!(
            "the merged entries of node {} up to {boot}:{index} stood in a state that this node has lost, and no member that \
             it hears has them: it serves nobody until one does\n  hint: start the members that are down; if none of them has \
             these entries, they are lost, and this node needs a new data directory",
            node.0
        ),
    }
}

/// How far each clock is ahead of this one.
fn clocks(others: &[MemberClock]) -> String {
    let ahead = |clock: &MemberClock| {
        let (low, high) = (clock.at_least_ms, clock.at_most_ms);
        format!("node {} is {low} to {high} ms ahead", clock.id.0)
    };
    others.iter().map(ahead).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_say_what_is_told_is_refused() {
        for said in ["", "info", "DEBUG", "off", "server=debug", "info,server=debug"] {
            assert!(filter(Some(said.into())).is_ok(), "{said}");
        }
        for said in ["inof", "server=loud", "info;debug"] {
            let error = filter(Some(said.into())).map(drop).unwrap_err();
            assert_eq!(error.exit_code, 78, "{said}");
            assert!(error.reason.starts_with(&format!("CANDOR_LOG {said:?} does")), "{error}");
        }
    }
}
