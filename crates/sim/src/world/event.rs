//! Events: what happens in a world, and what is on its way meanwhile. Begin with [`Event`].

use std::sync::Arc;

use bytes::Bytes;
use node::{
    Certificate, Command, Level, LogPlace, PathId, Preference, Reply, RequestId, SessionId,
    SnapshotNumber,
};

use crate::record::keyspace::ServedKeys;

/// Something that happens in the world. Hosts, links and clients are named by their places.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A node starts on what its disk kept.
    Boot { host: usize },
    /// Something arrived at a node, and it takes its turn.
    Turn { host: usize, life: u64 },
    /// A node's timer went off.
    Tick { host: usize, life: u64 },
    /// A pause of a node is over.
    Wake { host: usize },
    /// A sync of a node's disk ended.
    Synced { host: usize, life: u64 },
    /// So many bytes of a snapshot are written.
    Written { host: usize, life: u64, number: SnapshotNumber, bytes: u64 },
    /// A snapshot that is complete is put in place.
    Placed { host: usize, life: u64, number: SnapshotNumber },
    /// A part of a node's log is read.
    LogRead { host: usize, life: u64, request: u64, place: LogPlace, bytes: usize },
    /// A message arrives.
    Arrive(Flight),
    /// A node tries to connect to a peer.
    Dial { from: usize, to: usize },
    /// A node notices that a connection which is cut is dead.
    Break { from: usize, to: usize, epoch: u64 },
    /// A node hears that a connection is gone.
    Hangup { from: usize, to: usize, epoch: u64 },
    /// A node hears that a connection which was made to it is gone.
    Left { host: usize, life: u64, path: PathId },
    /// A client goes on.
    Client { client: usize, life: u64 },
    /// Requests of one client arrive at a node, together.
    Requests { host: usize, life: u64, session: SessionId, asked: Vec<Asked> },
    /// A node hears that a client's connection is closed.
    Closed { host: usize, life: u64, session: SessionId },
    /// An answer arrives at a client.
    Answer { client: usize, life: u64, answer: Answer },
    /// A client hears that its connection is gone.
    Lost { client: usize, life: u64 },
    /// A client looks whether it has waited too long.
    Impatient { client: usize },
    /// Clients hurry to ask: a fault is about to begin.
    Rush,
    /// A coup goes on.
    Rebel { fault: usize },
    /// Links of a flapping fault stop carrying, or carry again.
    Flap { fault: usize },
    /// Whether a node that was told to end may.
    Stop { fault: usize },
    /// A node dies, and starts again at once.
    Stumble { host: usize, life: u64 },
    /// A fault of the plan begins.
    FaultBegins { fault: usize },
    /// A fault of the plan ends.
    FaultEnds { fault: usize },
    /// A machine is there that may join the cluster.
    Join { host: usize },
    /// An operator goes on with a task.
    Operate { task: usize },
    /// All faults end.
    Heal,
    /// The world looks whether it has come to rest.
    Watch,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The life of the receiver that it was sent to.
    pub(crate) life: u64,
    /// The life of the sender that sent it.
    pub(crate) sender_life: u64,
    pub(crate) epoch: u64,
    /// Whether it comes back on a connection that its receiver made.
    pub(crate) is_back: bool,
    /// Counts the messages of all links.
    pub(crate) number: u64,
    pub(crate) message: Bytes,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: RequestId,
    pub(crate) level: Option<Level>,
    /// What the client wants from now on, if it has changed its mind.
    pub(crate) prefers: Option<Arc<Preference>>,
    pub(crate) command: Command,
}

/// An answer on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) session: SessionId,
    pub(crate) id: RequestId,
    pub(crate) reply: Reply,
    pub(crate) certificate: Option<Box<Certificate>>,
    /// Under which keyspaces its node served the keys that change hands.
    pub(crate) served: ServedKeys,
}
