//! What people are told: lines on standard error. Never keys or values.

use std::io;

use node::{Event, MemberClock};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

/// The variable that chooses what is told, such as `debug` or `server=debug`.
const VARIABLE: &str = "CANDOR_LOG";

/// Begins to tell, unless somebody told the process where to already.
pub(crate) fn begin() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .try_init();
}

/// Tells what happened inside the node.
pub(crate) fn tell(event: &Event) {
    match event {
        Event::Formed => info!("all members have met: the cluster is formed"),
        Event::Leader { term, leader: Some(leader) } => {
            info!("node {} leads in term {term}", leader.0);
        }
        Event::Leader { term, leader: None } => info!("no leader is known in term {term}"),
        Event::Refused(what) => warn!("{what}"),
        Event::Unheard => warn!(
            "no member has answered since this node started: it serves merged keyspaces all the same\n  hint: if its data \
             directory is a copy, or was put back from one, stop it: what it takes now may be lost"
        ),
        Event::Disk { full: true } => warn!(
            "the disk is full: this node takes no writes until there is room, and reads go on\n  hint: free some room; \
             nothing has to be started again"
        ),
        Event::Disk { full: false } => info!("the disk has room again: this node takes writes"),
        Event::Clock { agrees: false, others } => warn!(
            "this clock is too far from those of most members ({}): the node takes no merged writes and hands over \
             leadership\n  hint: set the clock, for example with NTP",
            clocks(others)
        ),
        Event::Clock { agrees: true, others } => {
            info!("this clock agrees with those of other members again ({})", clocks(others));
        }
        Event::HandsOver(to) => info!("node {} is asked to lead instead of this one", to.0),
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
