//! Where the servers stand while the clients work: each is asked for INFO now and then, over a
//! connection of its own. The judge never sees it; the picture draws lines through it, and it stays
//! beside the history as `standings.jsonl`.
//!
//! A run that measures how much the servers bear is left alone: see [`RATE_MAX`].

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use history::{Place, Position, Replica};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::cluster::INFO_WITHIN;
use super::connection::Connection;
use crate::clock;
use crate::scenario::Scenario;
use crate::scenario::level::is_merged;

/// The pause between two questions to one server: short ones first, because a run may be short.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(100);
/// Of servers that are to do more operations a second than this, nobody asks anything else.
const RATE_MAX: u64 = 2_000;

/// What a server said about its place in the logs, and when, on the machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) at_ns: u64,
    pub(crate) server: usize,
    pub(crate) position: Position,
}

/// Those who ask. Dropped, they stop.
pub(crate) struct Watch {
    askers: JoinSet<()>,
    told: Receiver<Told>,
}

impl Watch {
    /// Begins to ask servers, unless the run is one that should be left alone.
    pub(crate) fn begin(scenario: &Scenario, servers: &[SocketAddr]) -> Watch {
        let (sender, told) = channel();
        let mut askers = JoinSet::new();
        let rate: u64 = scenario.workloads.iter().map(|workload| workload.rate).sum();
        let watched = if rate > RATE_MAX { &[] } else { servers };
        let merged = is_merged(scenario.level);
        for (server, address) in watched.iter().copied().enumerate() {
            askers.spawn(follow(server, address, merged, sender.clone()));
        }
        Watch { askers, told }
    }

    /// All that was said so far; nobody asks any more.
    pub(crate) fn end(mut self) -> Vec<Told> {
        self.askers.abort_all();
        self.told.try_iter().collect()
    }
}

/// Asks one server again and again, over a new connection after each that broke.
async fn follow(server: usize, address: SocketAddr, merged: bool, sender: Sender<Told>) {
    let mut pause = PAUSE_MIN;
    loop {
        if let Ok(mut connection) = Connection::open(address).await {
            while let Some(position) = ask(&mut connection, merged).await {
                let told = Told { at_ns: clock::now_ns(), server, position };
                if sender.send(told).is_err() {
                    return;
                }
                sleep(pause).await;
                pause = (2 * pause).min(PAUSE_MAX);
            }
        }
        sleep(PAUSE_MAX).await;
    }
}

async fn ask(connection: &mut Connection, merged: bool) -> Option<Position> {
    let reply = connection.ask(&["INFO", "candor"], INFO_WITHIN).await.ok()?;
    position(&String::from_utf8_lossy(reply.as_bytes()?), merged)
}

/// The place in the logs of the keyspace that an answer to INFO tells.
fn position(info: &str, merged: bool) -> Option<Position> {
    let name = if merged { "merged_version_vector:" } else { "raft_applied:" };
    let text = info.lines().find_map(|line| line.trim_end().strip_prefix(name))?;
    if !merged {
        return Some(Position::Agreed(Place { index: text.parse().ok()?, offset: 0 }));
    }
    let logs = text.split(',').filter(|log| !log.is_empty()).map(log);
    Some(Position::Merged(logs.collect::<Option<_>>()?))
}

/// A merged log and how far it is applied, such as `2.1:7`.
fn log(text: &str) -> Option<(Replica, u64)> {
    let (replica, index) = text.split_once(':')?;
    let (node, boot) = replica.split_once('.')?;
    let replica = Replica { node: node.parse().ok()?, boot: boot.parse().ok()? };
    Some((replica, index.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let info = "# Candor\r\nraft_applied:7\r\nmerged_version_vector:1.1:3,2.4:5\r\n";
        assert_eq!(position(info, false), Some(Position::Agreed(Place { index: 7, offset: 0 })));
        let replica = |node, boot| Replica { node, boot };
        let vector = vec![(replica(1, 1), 3), (replica(2, 4), 5)];
        assert_eq!(position(info, true), Some(Position::Merged(vector)));
        assert_eq!(position("merged_version_vector:\r\n", true), Some(Position::Merged(vec![])));
        for text in ["", "raft_applied:x", "merged_version_vector:1:2"] {
            assert_eq!((position(text, false), position(text, true)), (None, None), "{text}");
        }
    }
}
