//! The API of the node: every input it is told and every output it answers with.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub use crate::cluster::roster::Standing;
use crate::commands::Command;
pub use crate::ids::{
    Boot, DirectoryId, Index, LogPlace, NodeId, PathId, RequestId, Sequence, SessionId,
    SnapshotNumber, Term, Ticket,
};
pub use crate::level::Level;
use crate::limits::OnceLimits;
pub use crate::limits::{
    REMOVED_KEYS_MAX, TICK_MS, TURN_STEPS, VALUE_BYTES_MAX, WATCHED_BYTES_MAX, WATCHED_KEYS_MAX,
};
pub use crate::position::{AgreedPosition, Certificate, MergedPosition, MergedWrite};
pub use crate::preference::{
    BOUND_MS, Choice, LINEARIZABLE_BELOW_MS, PATIENCE_MS, PREFERENCE_MAX, Preference,
};
pub use crate::reply::{Error, Reply};

/// What the driver's clocks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds on a clock that never goes back and counts while the machine sleeps (any
    /// origin).
    pub monotonic_ms: u64,
    /// Milliseconds since the Unix epoch, as the machine believes.
    pub wall_ms: u64,
}

impl Now {
    /// The clock that bounds of staleness are counted on.
    pub(crate) fn bound_ms(self) -> u64 {
        mutant!(BoundOnWallClock, self.monotonic_ms, self.wall_ms)
    }
}

/// Who may append to the logs of a keyspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One log, kept by Raft.
    Agreed,
    /// One log per replica, merged by stamp.
    Merged,
}

impl Order {
    /// Whether keyspaces of it can give this level.
    pub fn can_give(self, level: Level) -> bool {
        let total = !matches!(level, Level::Causal | Level::Eventual);
        self == Order::Agreed || !mutant!(MergedClaimsOrder, total, false)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Agreed => "agreed",
            Order::Merged => "merged",
        })
    }
}

/// When what was written to a keyspace is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Before it is answered.
    #[default]
    Disk,
    /// Every second: what was answered since may be lost with its node. For merged keyspaces.
    Interval,
}

impl Durability {
    /// Whether keyspaces of it can give this level.
    pub fn can_give(self, level: Level) -> bool {
        let is_given = self == Durability::Disk || level == Level::Eventual;
        mutant!(IntervalClaimsCausal, is_given, is_given || level == Level::Causal)
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Durability::Disk => "disk",
            Durability::Interval => "interval",
        })
    }
}

/// What the driver tells the node. Inputs that arrived together are handed over in one
/// turn, with a `Tick` first.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time has passed. Due at the head of every turn, and at least every [`TICK_MS`].
    Tick(Now),
    /// Bytes of one message from a peer, as [`Output::Send`] or [`Output::SendBack`] gave them at
    /// the other end. Malformed bytes are dropped with a note; who they are from is inside them.
    Receive {
        /// The connection that brought them; `None`: they came back on the one that this node made.
        path: Option<PathId>,
        /// The encoded message.
        message: Bytes,
    },
    /// The connection that somebody made to this node is gone.
    Left(PathId),
    /// The connection that this node made to this peer is new: what was sent before may be lost.
    Connected(NodeId),
    /// The connection that this node made to this peer is gone.
    Disconnected(NodeId),
    /// A client asks. `level` is what this one read asked for (`None`: the default of the
    /// keyspace); it must be `None` on a write.
    Request {
        /// The connection that asks.
        session: SessionId,
        /// The number of the request on that connection.
        id: RequestId,
        /// The level asked for by this read.
        level: Option<Level>,
        /// What is asked.
        command: Command,
    },
    /// Whether replies to what this connection asks from now on carry a certificate.
    Certify {
        /// The connection.
        session: SessionId,
        /// On, or off again.
        on: bool,
    },
    /// What this connection's reads want from now on that name no level; `None`: the level of their
    /// keyspace again.
    Prefer {
        /// The connection.
        session: SessionId,
        /// The levels, in order of preference.
        preference: Option<Arc<Preference>>,
    },
    /// What this connection watches counts no more, from here on: UNWATCH, DISCARD. (An EXEC, which
    /// is a list of commands, ends it by itself.)
    Unwatch(SessionId),
    /// The connection is gone: nothing more is replied to it, once this is taken in. The driver
    /// drops what still comes.
    Closed(SessionId),
    /// The records of this ticket, and of all before it, are on disk.
    Persisted {
        /// As [`Output::Persist`] gave it.
        ticket: Ticket,
        /// All groups that this is the first word of lie there in the log, or behind it.
        place: LogPlace,
    },
    /// The answer to [`Output::ReadLog`].
    LogRead {
        /// What the question was called.
        request: u64,
        /// Groups from the place that was asked for on, in order, each whole, by itself or several
        /// in one. None: there is nothing any more at that place, or it cannot be read.
        groups: Vec<Bytes>,
        /// The place of what comes next.
        next: LogPlace,
    },
    /// The disk has no room any more but for small records, and why; or it has room again. What was
    /// handed to it before still gets there sooner or later.
    DiskFull(Option<Shortage>),
    /// A snapshot is wanted now, whatever the log weighs; nothing, if one is being written.
    TakeSnapshot {
        /// Also on a full disk, where the node begins none by itself: the state has room there.
        though_full: bool,
    },
    /// So many bytes of a snapshot are written, though maybe not on disk: there is room for more.
    SnapshotWritten {
        /// The snapshot.
        number: SnapshotNumber,
        /// All that was written of it so far, in bytes.
        bytes: u64,
    },
    /// A snapshot is whole, on disk, read back, and in place: a start from now on begins with it.
    SnapshotPlaced {
        /// The snapshot.
        number: SnapshotNumber,
        /// Its size: the sum of what [`Output::WriteSnapshot`] gave.
        bytes: u64,
    },
    /// A snapshot could not be written, and what there was of it is gone. The ones before it stand.
    SnapshotFailed {
        /// The snapshot.
        number: SnapshotNumber,
        /// What happened, and what would help.
        why: String,
    },
    /// The answer to [`Output::ReadSnapshot`].
    SnapshotRead {
        /// What the question was called.
        request: u64,
        /// Bytes from the place that was asked for on: as many as were asked for, unless the
        /// snapshot ends before. `None`: there is no such snapshot any more, or it cannot be read.
        bytes: Option<Bytes>,
    },
    /// The process is about to end: a leader has another member lead first, and what is shown and
    /// not on disk gets there. The driver goes on until [`Node::may_end`], or for as long as it
    /// likes.
    ///
    /// [`Node::may_end`]: crate::Node::may_end
    Ending,
}

/// Why nothing but small records can be written for now: the disk is full, or the system has not
/// got what the log needs to go on. Nothing is lost by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// What is wrong.
    pub why: String,
    /// What would help, as the beginning of a sentence.
    pub way_out: String,
}

impl Shortage {
    /// The disk is full.
    pub fn of_room() -> Shortage {
        let (why, way_out) = ("the disk of this node is full", "Free some room");
        Shortage { why: why.into(), way_out: way_out.into() }
    }
}

/// What the node wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Append these records as one group, sync, then say [`Input::Persisted`]. Groups are
    /// appended in the order they come.
    Persist {
        /// What `Persisted` must carry.
        ticket: Ticket,
        /// The encoded records; opaque to the driver.
        records: Bytes,
    },
    /// Begin a snapshot. It is to hold all that was handed over for the disk before this: `Persist`
    /// and the outputs of snapshots keep their order among each other. One is written at a time.
    BeginSnapshot(SnapshotNumber),
    /// These bytes come next in the snapshot that was begun. Say [`Input::SnapshotWritten`] now and
    /// then; the node waits for it before it goes far beyond.
    WriteSnapshot {
        /// The snapshot.
        number: SnapshotNumber,
        /// Opaque to the driver.
        bytes: Bytes,
        /// Whether the node can hardly wait for the rest: what changes meanwhile, and has to be
        /// kept as it was, needs half of the room for it, or the next snapshot is due. Otherwise it
        /// may be written slowly.
        hurry: bool,
    },
    /// The snapshot is complete: sync it, read it back, put it in place, then say
    /// [`Input::SnapshotPlaced`]. From then on the driver keeps this one and the one before it, and
    /// of the log what lies behind the older of them; the rest may go. One that a start could not
    /// read does not count.
    EndSnapshot(SnapshotNumber),
    /// The snapshot that was begun is given up: what there is of it may go.
    DropSnapshot(SnapshotNumber),
    /// A part of a snapshot that is in place is wanted, for another member. Answer with
    /// [`Input::SnapshotRead`].
    ReadSnapshot {
        /// What the answer must carry.
        request: u64,
        /// The snapshot.
        number: SnapshotNumber,
        /// From this place on.
        offset: u64,
        /// So many bytes, at most.
        bytes: usize,
    },
    /// A part of the log on disk is wanted, for a member that is behind. Answer with
    /// [`Input::LogRead`]. What it is about is on disk, unless the log was cut meanwhile.
    ReadLog {
        /// What the answer must carry.
        request: u64,
        /// From the group on that lies there, or comes next.
        place: LogPlace,
        /// About so many bytes, though one group at least.
        bytes: usize,
    },
    /// Send this message to a peer, or lose it.
    Send {
        /// To whom.
        to: NodeId,
        /// The encoded message; opaque to the driver.
        message: Bytes,
        /// It is small, much waits for it, and it may overtake what was sent before it.
        urgent: bool,
    },
    /// These are all other members from now on, and where each receives its peers.
    Peers(Vec<(NodeId, String)>),
    /// Send this message back on the connection that brought one, or lose it.
    SendBack {
        /// The connection.
        path: PathId,
        /// The encoded message; opaque to the driver.
        message: Bytes,
    },
    /// Whoever made this connection is a member. Until that is said it may be anybody: the driver
    /// keeps few such connections, and none for long.
    Trust(PathId),
    /// Close this connection: whoever made it is no member, or has made a newer one.
    HangUp(PathId),
    /// Answer a request. Replies of one session come in any order.
    Reply {
        /// The connection that asked.
        session: SessionId,
        /// The number of the request.
        id: RequestId,
        /// The answer.
        reply: Reply,
        /// Where the answer stands, if the connection wants to know and it is known.
        certificate: Option<Box<Certificate>>,
    },
    /// Something worth telling people.
    Note(Event),
    /// The node must not go on: let what was handed to the disk before get there, print the reason,
    /// end the process with this exit code.
    Halt {
        /// 1: a failure at run time; 78: a bad configuration.
        exit_code: u8,
        /// What happened and what would help.
        reason: String,
    },
}

/// Something that happened inside the node and that people may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// All members have met: the cluster may work.
    Formed,
    /// This node is a member of the cluster that it was started to join: it learns from now on.
    Joined,
    /// All members are others, or somewhere else, from now on.
    Members(String),
    /// This node's view of who leads changed.
    Leader {
        /// The Raft term.
        term: Term,
        /// Who leads, if anyone is known to.
        leader: Option<NodeId>,
    },
    /// A message or a member was turned away.
    Refused(String),
    /// No member has answered since this node started, and it serves its merged keyspaces all the
    /// same.
    Unheard,
    /// This node's wall clock came too far from those of most others, or is near them again.
    Clock {
        /// Whether it may be believed now.
        agrees: bool,
        /// How far those that were measured are ahead of it.
        others: Vec<MemberClock>,
    },
    /// The disk of this node has no room any more, and why; or it has room again.
    Disk(Option<Shortage>),
    /// This node leads, and its clock is off, its disk full, or its end near: it asks another
    /// member to lead.
    HandsOver(NodeId),
    /// A snapshot was begun.
    SnapshotBegun(SnapshotNumber),
    /// A snapshot of so many bytes is in place.
    SnapshotPlaced(SnapshotNumber, u64),
    /// A snapshot was given up, and why.
    SnapshotGivenUp(SnapshotNumber, String),
    /// This node lacks more than the logs of others keep: it fetches the state of this member.
    Fetches(NodeId),
    /// It has fetched it: the agreed state up to this entry or, with none, the merged one.
    Fetched(NodeId, Option<Index>),
    /// This node was started with another `maxmemory` than the cluster has, which counts.
    OtherMaxMemory {
        /// What it was started with, in bytes.
        own: u64,
        /// What the cluster has, in bytes.
        agreed: u64,
    },
    /// This node was started with another value of this setting than the cluster has, which counts.
    OtherLimit {
        /// What `CONFIG` calls it.
        name: &'static str,
        /// What it was started with.
        own: u64,
        /// What the cluster has.
        agreed: u64,
    },
    /// This node was started with a keyspace of this name, and the cluster has none or another one,
    /// which counts.
    OtherKeyspace {
        /// What it is called.
        name: String,
        /// What the cluster has instead.
        differs: String,
    },
    /// A keyspace is not created or not dropped, for this reason.
    KeyspaceGivenUp(String),
    /// At the digest at this index a member had another state of this order than this node.
    DigestDiffers {
        /// The entry that names the digest.
        index: Index,
        /// Which order it is about.
        order: Order,
        /// Whose state is another one.
        member: NodeId,
    },
    /// This node has the state again that it had lost.
    StateIsBack,
    /// This node has lost entries of this node's log up to this place, with its snapshots, and no
    /// member that it hears has them.
    LostForGood(NodeId, Boot, Index),
}

/// How far a member's wall clock is ahead of this node's, as last measured: between these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberClock {
    /// Whose clock.
    pub id: NodeId,
    /// At least so far, in milliseconds; negative: behind.
    pub at_least_ms: i64,
    /// At most so far, in milliseconds.
    pub at_most_ms: i64,
}

/// The part that a member plays in Raft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It leads.
    Leader,
    /// It follows, or stands for election.
    Follower,
}

/// How the node sees itself and the cluster: for INFO, tests and invariants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who this is.
    pub id: NodeId,
    /// All members, this one included.
    pub members: Vec<NodeId>,
    /// How often this node was started on its directory.
    pub boot: Boot,
    /// The order of the keyspace `default`.
    pub order: Order,
    /// The default level of the keyspace `default`.
    pub level: Level,
    /// How long a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// The random id of this node's data directory.
    pub directory: DirectoryId,
    /// The id of the cluster, once every member has met every other.
    pub cluster: Option<u64>,
    /// Whether every member has met every other.
    pub formed: bool,
    /// What keeps requests at the default level from being answered now, as far as this node knows.
    pub waits: Option<Waits>,
    /// Whether such requests can be answered now: it waits for nothing.
    pub ready: bool,
    /// Whether reads of the agreed log above `eventual` can be answered now.
    pub agreed_ready: bool,
    /// The part it plays.
    pub role: Role,
    /// Who leads, if anyone is known to.
    pub leader: Option<NodeId>,
    /// The Raft term.
    pub term: Term,
    /// The last agreed index known to be committed.
    pub commit: Index,
    /// The last agreed index applied here.
    pub applied: Index,
    /// Per replica: (node, boot, index) of its last merged entry applied here.
    pub vector: Vec<(NodeId, Boot, Index)>,
    /// Keys with a value in the keyspaces of this order, dead ones that are not reclaimed yet among
    /// them.
    pub keys: u64,
    /// The same in the keyspaces of the other order.
    pub other_keys: u64,
    /// Bytes of records that are on their way to the disk.
    pub disk_backlog_bytes: u64,
    /// Keys of the merged logs that were deleted, and of which this is kept until nothing older can
    /// arrive.
    pub tombstones: u64,
    /// What this node shows of keyspaces that are synced every second, and is not on its disk.
    pub unsynced: Unsynced,
    /// Whether the disk has no room but for small records.
    pub disk_full: bool,
    /// Whether this node's wall clock lies within the cap of at least half of those measured.
    pub clock_agrees: bool,
    /// The clocks of the members that were measured.
    pub clocks: Vec<MemberClock>,
    /// The newest snapshot, and what is being written.
    pub snapshots: Snapshots,
    /// Whether the merged state of another replica is being joined: its keys are seen, but not yet
    /// counted, and what goes over all keys sees some of them only.
    pub joins: bool,
    /// The states that it has lost, and takes from another member.
    pub lost: LostStates,
    /// Whether its state is that of the others.
    pub digests: Digests,
    /// What keys and values count, and what they may.
    pub memory: Memory,
    /// Keys of agreed keyspaces that go by themselves.
    pub expiry: Expiry,
    /// Which keyspaces there are.
    pub keyspaces: KeyspacesTold,
    /// How many states of other members it has fetched since this start.
    pub states_fetched: u64,
    /// What is remembered of commands that ran once.
    pub once: OnceTable,
    /// How often the log on disk was read for members that are behind, since this start.
    pub log_reads: u64,
}

/// What is told of keyspaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyspacesTold {
    /// How many there are, `default` and what is under way among them.
    pub count: usize,
    /// The one that is being created or dropped.
    pub under_way: Option<String>,
    /// Why the last one was not created or not dropped, if that was since this start.
    pub given_up: Option<String>,
}

/// What a node shows that is not on its disk, and applied there: see [`Durability::Interval`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsynced {
    /// How many keys.
    pub keys: u64,
    /// What they take, in bytes.
    pub bytes: u64,
    /// When some were last handed to the disk, by the wall clock, in milliseconds since the epoch;
    /// 0: not since this start.
    pub last_ms: u64,
}

/// Keys of agreed keyspaces that go by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// How many have a deadline, dead ones that are not reclaimed yet among them.
    pub keys: u64,
    /// How many dead ones this node has reclaimed since it started.
    pub reclaimed: u64,
}

/// Of which orders a node has lost its state, and does not have that of another member yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostStates {
    /// That of the agreed log: it neither votes nor acknowledges.
    pub agreed: bool,
    /// That of the merged logs.
    pub merged: bool,
}

impl LostStates {
    /// Whether it has lost that of this order: it answers no request on keyspaces of it.
    pub fn of(self, order: Order) -> bool {
        match order {
            Order::Agreed => self.agreed,
            Order::Merged => self.merged,
        }
    }

    /// Whether it has lost any.
    pub fn any(self) -> bool {
        self.agreed || self.merged
    }
}

/// What is remembered of commands that ran once (`ONCE`): at the same position the same on every
/// replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnceTable {
    /// How many ids are kept.
    pub ids: u64,
    /// How long, and how many may be.
    pub limits: OnceLimits,
}

impl Default for OnceTable {
    fn default() -> OnceTable {
        OnceTable { ids: 0, limits: OnceLimits::DEFAULT }
    }
}

/// What keys and values count, and what they may, in bytes. A record counts the bytes of its key
/// and of its value, and 64; what it takes on a machine is about that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The records of agreed keyspaces: at the same position the same on every replica.
    pub agreed: u64,
    /// What they may count (`maxmemory`), as it is applied here; 0: no limit. `None`: nobody has
    /// set that.
    pub max_agreed: Option<u64>,
    /// The records of merged keyspaces here, those of removed keys included.
    pub merged: u64,
    /// What they may count where this node is asked for a write; 0: no limit.
    pub max_merged: u64,
}

/// What there is of snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshots {
    /// The number of the newest one in place.
    pub last: Option<SnapshotNumber>,
    /// Its size, in bytes.
    pub last_bytes: u64,
    /// When it was placed, by the wall clock, in milliseconds since the epoch; 0: before this
    /// start.
    pub last_ms: u64,
    /// Whether the last attempt failed.
    pub failed: bool,
    /// Whether one is being written.
    pub writing: bool,
    /// What is kept in memory for the one that is being written, in bytes.
    pub spool_bytes: u64,
    /// Bytes of records handed to the disk since the newest one was begun.
    pub log_bytes: u64,
}

/// What came of comparing this node's state with that of the others, since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// The index of the last digest that was finished here; 0: of none.
    pub last: Index,
    /// The last one at which a majority of all members had the same as this node, and nobody who
    /// told anything else; 0: at none.
    pub equal: Index,
    /// At which digest which members last differed from this node, in words.
    pub alarm: Option<String>,
    /// How many ended without a result: keys were flushed, another member's state took the place of
    /// this one's, or the one before was not finished.
    pub given_up: u64,
}

/// What a node waits for before it can answer requests at its default level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Its own disk, for the first time.
    Disk,
    /// These members, which it has not met, or which have not met all.
    Formation(Vec<NodeId>),
    /// Somebody has to add it to the cluster that it is to join.
    Joining,
    /// It learns, and is to vote before it serves.
    Learning,
    /// One of these members to say that it believes this start.
    Confirmation(Vec<NodeId>),
    /// A leader. It hears nothing of these members.
    Leader(Vec<NodeId>),
    /// A quorum, to confirm what is committed.
    Quorum,
    /// The state, which it has lost: one of these members has it.
    State(Vec<NodeId>),
    /// A part of the state that it has lost: up to this place of the log of this node. No member
    /// that it hears has it.
    Entries(NodeId, Boot, Index),
}

impl fmt::Display for Waits {
    /// As it stands after "waits for".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = |ids: &[NodeId]| {
            let ids: Vec<String> = ids.iter().map(|id| id.0.to_string()).collect();
            match &ids[..] {
                [one] => format!("node {one}"),
                [first @ .., last] => format!("nodes {} and {last}", first.join(", ")),
                [] => "nobody".into(),
            }
        };
        match self {
            Waits::Disk => f.write_str("its disk"),
            Waits::Formation(ids) => write!(f, "{}, until all have met once", nodes(ids)),
            Waits::Joining => {
                f.write_str("being added to the cluster (candor cluster add ID=HOST:PORT)")
            }
            Waits::Learning => f.write_str("the log of the cluster, before it counts as a member"),
            Waits::Confirmation(ids) => write!(f, "one of {} to confirm its start", nodes(ids)),
            Waits::Leader(ids) if ids.is_empty() => f.write_str("a leader"),
            Waits::Leader(ids) => write!(f, "a leader; it does not hear {}", nodes(ids)),
            Waits::Quorum => f.write_str("a majority to confirm what is committed"),
            Waits::State(ids) => {
                write!(f, "the state, which it has lost, from one of {}", nodes(ids))
            }
            Waits::Entries(node, boot, index) => write!(
                f,
                "a member that has the merged entries of node {} up to {boot}:{index}: they stood in a state that \
                 this node has lost, and no member that it hears has them",
                node.0
            ),
        }
    }
}

/// What a node is told once, at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who this is.
    pub id: NodeId,
    /// All members with their peer addresses (opaque here), this one included. The ids are fixed
    /// when the cluster forms.
    pub members: Vec<(NodeId, String)>,
    /// The order of the keyspace `default`. Fixed when the cluster forms.
    pub order: Order,
    /// The default level of the keyspace `default`.
    pub level: Level,
    /// How long a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How far apart clocks may be: a node that is further from most others stamps no writes and
    /// does not lead.
    pub max_clock_drift_ms: u64,
    /// What the agreed records may count, in bytes, in a cluster that nobody has told anything
    /// else; 0: no limit. `None`: another node may know.
    pub max_memory: Option<u64>,
    /// Where chance comes from: fresh at every start.
    pub seed: u64,
    /// A random number that tells this start from every other one of this directory and of its
    /// copies.
    pub incarnation: u64,
    /// A random id for the data directory, used if the disk is empty.
    pub directory: DirectoryId,
    /// Whether a node that stopped because its state differs from that of a majority may start
    /// again: what its disk says of the state is not believed.
    pub discard_state: bool,
    /// Whether this node was started to join a cluster.
    pub join: bool,
}

/// A change of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// A node that was started to join, and receives its peers there, is to become a member.
    Add {
        /// Its id, which no member has or had.
        id: NodeId,
        /// `HOST:PORT`.
        address: String,
    },
    /// These are to go. `lose`: they are dead, and what the others hold of their merged writes is
    /// all that counts.
    Remove {
        /// Members.
        ids: Vec<NodeId>,
        /// Whether they are dead.
        lose: bool,
    },
    /// One that is dead is to go once a new one votes.
    Replace {
        /// The member that is dead.
        old: NodeId,
        /// The id of the new one.
        new: NodeId,
        /// And its address, `HOST:PORT`.
        address: String,
    },
    /// One receives its peers somewhere else.
    Move {
        /// A member.
        id: NodeId,
        /// `HOST:PORT`.
        address: String,
    },
}

/// All members, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembersTold {
    /// All members, by their ids.
    pub members: Vec<MemberTold>,
    /// Those that were removed, and at which entry.
    pub removed: Vec<(NodeId, Index)>,
    /// The change that is under way, in words, and what it waits for.
    pub under_way: Option<String>,
    /// What came of the last change, in words.
    pub last_change: Option<String>,
    /// Nodes that were started to join and say so, and their addresses.
    pub joining: Vec<(NodeId, String)>,
}

/// A member, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberTold {
    /// Who it is.
    pub id: NodeId,
    /// Where it receives its peers; nothing: nowhere.
    pub address: String,
    /// What it is.
    pub standing: Standing,
    /// Whether this node has a path to it, or is it.
    pub reachable: bool,
    /// How many entries of the agreed log it lacks, where this node leads.
    pub lag: Option<u64>,
}

/// Why a node cannot start on this directory, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}
