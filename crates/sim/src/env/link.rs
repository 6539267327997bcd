//! One link of the network: the connection from one node to another. Begin with [`Link`].

use std::fmt;

use bytes::Bytes;
use node::Matter;

use crate::world::event::Flight;

/// One link, from a sender to a receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct Link {
    /// How many faults cut it now.
    pub(super) cuts: u32,
    /// Whether it is connected.
    pub(super) up: bool,
    /// Whether its sender believes so.
    pub(super) believed: bool,
    /// Counts the connections.
    pub(super) epoch: u64,
    /// Messages of older connections that are still on their way are lost.
    pub(super) lost_before: u64,
    pub(super) last_arrival_us: u64,
    /// By how much slow spells delay each message now.
    pub(super) slow_us: u64,
    /// By how much each message about rounds, or votes, or with entries, is delayed besides now.
    pub(super) round_us: u64,
    pub(super) vote_us: u64,
    pub(super) append_us: u64,
    /// How many of a thousand messages lossy spells take now.
    pub(super) loss_per_mille: u64,
    /// When what is lost with older connections begins to be lost: until then it still arrives.
    pub(super) lost_from_us: u64,
    pub(super) held: Vec<Flight>,
    /// How much farther apart its ends are than the nearest nodes.
    pub(super) far: u64,
}

impl Link {
    /// How many times as long as between the nearest nodes a message takes.
    pub(super) fn far(&self) -> u64 {
        1 + self.far
    }

    /// How long a message is held up for what it is about.
    pub(super) fn late_us(&self, message: &Bytes) -> u64 {
        if self.round_us == 0 && self.vote_us == 0 && self.append_us == 0 {
            return 0;
        }
        match Matter::of(message) {
            Matter::Round => self.round_us,
            Matter::Vote => self.vote_us,
            Matter::Append => self.append_us,
            Matter::Other => 0,
        }
    }
}

/// What happened to a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Held,
    Lost,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fate::Sent => "sent",
            Fate::Held => "held back",
            Fate::Lost => "lost",
        })
    }
}
