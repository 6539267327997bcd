//! The agreed order: one log that a majority keeps, by Raft (Ongaro & Ousterhout 2014).
//!
//! # How a write becomes one
//!
//! ```text
//!  client ── SET ──▶ follower ── Forward(ids, writes) ──▶ leader ── append ──▶ followers
//!                       ▲                                     │ one entry a turn      │
//!                       │                                     ▼                       ▼
//!                     reply ◀── applied here ◀── commit ◀── majority on disk ◀────── synced
//! ```
//!
//! Every write gets an [id](entry::WriteId) when it is first sent. Any node may lose it, so its
//! node sends it again until it applies it itself; the [state machine](state::State) applies each
//! id once and in order. raft-rs' own forwarding of proposals is not used, because it has no ids.
//!
//! # How a read becomes one
//!
//! Sequential reads answer from what is applied here. Linearizable reads wait for a
//! [round](read_index::Reads) in which a quorum confirms what is committed, and then until that is
//! applied here; the leader does the same. [Bounded](bounded::Bounds) reads are answered from what
//! is applied here if a round was asked recently enough, and wait for one else. A node that was
//! just started serves no read above eventual before such a round.
//!
//! # The disk
//!
//! Entries, term and vote of a turn go to the disk with everything else of that turn, as one group.
//! Messages that promise something about them wait for it; the leader's appends do not (Ongaro's
//! thesis §10.2.1). While a group is being synced the next entry gathers: the disk could not take
//! it anyway.
//!
//! # Where to look
//!
//! | duty | file |
//! |---|---|
//! | own writes; the next entry | `proposals`, `forwards`, `writes`, `entry`, `time` |
//! | elections: ticks, timeouts, handing over | `election`, `transfer` |
//! | a leader that is lost, and who stands then | `vacancy` |
//! | messages of other Rafts | `step`, `soundness` |
//! | what Raft has ready, for the disk and the others | `ready`, `storage` |
//! | applying what is committed | `apply`, `state`, `applied`; at a start, `replay` |
//! | the limit of memory with which a cluster begins, its keyspaces | `memory`, `beginning` |
//! | keys that fall due | `expiry` |
//! | prefixes that change hands | `keyspaces` |
//! | linearizable reads | `read_index`, `questions`, `reads`, `rows` |
//! | bounded reads, and levels in order of preference | `bounded`, `read_index/weaker` |
//! | members that come and go | `members` |
//! | digests in the log | `digest` |
//! | what is on disk and not in memory any more | `on_disk`, `log_reads` |
//! | what stands for entries that are gone | `snapshots`, `slots`, `storage` |
//!
//! # What is left out
//!
//! Leases.

mod applied;
mod apply;
mod beginning;
mod bounded;
mod describe;
mod digest;
mod election;
mod entry;
mod expiry;
mod forged;
mod forwards;
mod inspect;
mod keyspaces;
mod log_reads;
mod members;
mod memory;
mod on_disk;
mod proposals;
mod questions;
mod read_index;
mod reads;
mod ready;
mod replay;
mod rows;
mod slots;
mod snapshots;
mod soundness;
mod state;
mod step;
mod storage;
mod time;
mod transfer;
mod vacancy;
mod writes;

use std::collections::{BTreeMap, VecDeque};

use raft::eraftpb::Entry;
use raft::{RawNode, StateRole};

use crate::api::Role;
use crate::commands::{Command, View};
use crate::copies::Copies;
use crate::ids::{Index, Life, NodeId, Term};
use crate::limits::Limits;
use crate::position::{AgreedPosition, Certificate};
use crate::random::Random;
use crate::turn::Turn;
use crate::wire::base::AgreedBase;
pub use beginning::Beginning;
pub(crate) use describe::{
    acknowledges, entry_in_words, in_words, matter, stamp_ms, term, vote, writes,
};
use digest::Points;
use election::{EAGER_TICKS, ELECTION_TICKS, HEARTBEAT_TICKS, TIMEOUT_TICKS_MAX};
pub(crate) use entry::step as member_step;
use entry::{Cursor, Draft};
use expiry::Reclaiming;
use forwards::Forwards;
pub(crate) use members::conf_state;
use proposals::Proposals;
use questions::Questions;
use read_index::Reads;
use ready::Unsynced;
pub(crate) use replay::{apply_all, apply_committed};
pub(crate) use slots::keys_in;
pub(crate) use state::State;
pub(crate) use storage::{Offer, Tail, restored_entry, restored_hard_state};
use time::LogTime;
use vacancy::Patience;

/// How many appends may be on their way to a follower: at [`Limits::append_bytes`] each, half of
/// what may wait for a slow peer.
const INFLIGHT_MAX: usize = 32;

/// The agreed order on this node.
pub(crate) struct Agreed {
    raft: RawNode<Tail>,
    limits: Limits,
    me: NodeId,
    /// All that vote, ascending.
    members: Vec<NodeId>,
    life: Life,
    chance: Random,
    state: State,
    /// The last place that is applied: inside an entry, while that takes several turns.
    applied: AgreedPosition,
    /// The last entry that is applied as a whole.
    applied_whole: Index,
    /// Entries that are committed and not applied, and how far the first of them is.
    committed: VecDeque<Entry>,
    cursor: Cursor,
    points: Points,
    proposals: Proposals,
    beginning: beginning::Own,
    reclaiming: Reclaiming,
    reads: Reads,
    questions: Questions,
    carved: keyspaces::Waiting,
    changes: members::Waiting,
    copies: Copies,
    /// What this node, as the leader, gathers for the next entry.
    draft: Draft,
    /// The writes of others that lie in the log of this leader.
    forwarded: Forwards,
    gathering_since_ms: Option<u64>,
    unsynced: VecDeque<Unsynced>,
    /// The term that is on disk.
    synced_term: Term,
    /// Term and leader as last seen.
    led_by: (Term, Option<NodeId>),
    /// Who led last, as far as this node knows.
    last_leader: Option<NodeId>,
    patience: Patience,
    /// When this node stands for election since the leader of this term is lost.
    stands: Option<(Term, u64)>,
    /// The role and term for which a part of the election timeout was drawn, and what was drawn.
    timeout: (Term, StateRole, usize),
    ticked_ms: u64,
    progressed_ms: u64,
    /// When this boot began.
    began_ms: Option<u64>,
    /// The time of what this node, as the leader, puts into the log.
    time: LogTime,
    /// The last entry that found no room on the disk.
    lacked: Index,
    /// The commit index that followers were last told.
    announced: Index,
    /// The last entry that carries writes of other nodes.
    foreign: Index,
    /// Ticks until this node stands for election without waiting for its timeout: it is alone, or
    /// the first of a new cluster.
    eager_ticks: u8,
    /// In which term and when this node, as the leader, last asked another to lead.
    handed_over: Option<(Term, u64)>,
    /// How often it did.
    hand_overs: usize,
    /// The next entry, if it removes somebody.
    removing: members::Removing,
    /// What a leader offered that this node lacks.
    offered: Option<(NodeId, Offer)>,
    /// When a snapshot that was asked for was offered.
    offered_ms: u64,
    /// When those who fetch a snapshot last asked for a piece of it.
    asked_ms: BTreeMap<NodeId, u64>,
    /// Whether a state that was fetched is on its way to the disk.
    installing: bool,
    /// Whether there is no state but an empty one, although the log does not begin with its first
    /// entry.
    has_lost_state: bool,
    /// How often the log on disk was read.
    log_reads: u64,
    /// When a message of Raft last came from each member.
    heard_ms: BTreeMap<NodeId, u64>,
}

impl std::fmt::Debug for Agreed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agreed").field("applied", &self.applied).finish_non_exhaustive()
    }
}

impl Agreed {
    /// A node that begins with this state, which stands at `base`, and with the log behind it.
    pub(crate) fn new(
        me: NodeId,
        life: Life,
        members: &[NodeId],
        tail: Tail,
        state: State,
        base: &AgreedBase,
        seed: u64,
    ) -> Agreed {
        let eager_ticks = match members {
            [_] => 1,
            _ => EAGER_TICKS * u8::from(tail.last() == 0 && members.iter().min() == Some(&me)),
        };
        let synced_term = Term(tail.hard_state().term);
        let raft = RawNode::new(&config(me, base.index), tail, &silent())
            .expect("this configuration is valid");
        let raft = mutant!(LeaseRead, raft, leased(raft));
        let mut ascending = members.to_vec();
        ascending.sort_unstable();
        Agreed {
            raft,
            limits: Limits::default(),
            me,
            members: ascending,
            life,
            chance: Random::new(seed),
            state,
            applied: AgreedPosition { index: base.index, offset: base.offset },
            applied_whole: base.index,
            committed: VecDeque::new(),
            cursor: Cursor::default(),
            points: Points::begin(base.index),
            proposals: Proposals::new(),
            beginning: beginning::Own::default(),
            reclaiming: Reclaiming::default(),
            reads: Reads::new(me, life.boot),
            questions: Questions::default(),
            carved: keyspaces::Waiting::default(),
            changes: members::Waiting::default(),
            copies: Copies::default(),
            draft: Draft::default(),
            forwarded: Forwards::default(),
            gathering_since_ms: None,
            unsynced: VecDeque::new(),
            synced_term,
            led_by: (Term(0), None),
            last_leader: None,
            patience: Patience::of(0),
            stands: None,
            timeout: (Term(0), StateRole::Follower, 0),
            ticked_ms: 0,
            progressed_ms: 0,
            began_ms: None,
            time: LogTime::default(),
            lacked: Index(0),
            announced: Index(0),
            foreign: Index(0),
            eager_ticks,
            handed_over: None,
            hand_overs: 0,
            removing: members::Removing::default(),
            offered: None,
            offered_ms: 0,
            asked_ms: BTreeMap::new(),
            installing: false,
            has_lost_state: false,
            log_reads: 0,
            heard_ms: BTreeMap::new(),
        }
    }

    /// A node that has nothing yet, and learns the log of a cluster with these founders.
    pub(crate) fn of_founders(me: NodeId, life: Life, founders: &[NodeId], seed: u64) -> Agreed {
        let raw: Vec<u64> = founders.iter().map(|id| id.0).collect();
        let (tail, state) = (Tail::new(&raw), State::new(founders));
        Agreed::new(me, life, founders, tail, state, &AgreedBase::default(), seed)
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.proposals.set_limits(limits);
        self.raft.raft.max_msg_size = limits.append_bytes as u64;
        self.raft.mut_store().set_place_bytes(limits.append_bytes);
    }

    // What the node asks.

    pub(crate) fn role(&self) -> Role {
        if self.leads() { Role::Leader } else { Role::Follower }
    }

    pub(crate) fn leader(&self) -> Option<NodeId> {
        (self.raft.raft.leader_id != 0).then_some(NodeId(self.raft.raft.leader_id))
    }

    pub(crate) fn term(&self) -> Term {
        Term(self.raft.raft.term)
    }

    pub(crate) fn commit(&self) -> Index {
        Index(self.raft.raft.raft_log.committed)
    }

    pub(crate) fn applied(&self) -> Index {
        self.applied_whole
    }

    /// The last entry of which something is applied.
    pub(crate) fn being_applied(&self) -> Index {
        self.applied.index.max(self.applied_whole)
    }

    /// Whether the next entry is applied in part.
    pub(crate) fn is_within_entry(&self) -> bool {
        self.cursor.offset() > 0
    }

    /// Whether something that could be done was left for the next turn.
    pub(crate) fn has_more(&self) -> bool {
        let may_apply = self.has_room() && !self.is_deaf() && !self.removing.waits;
        (!self.committed.is_empty() && may_apply) || self.reads.is_answerable(self.applied_whole)
    }

    /// Whether what was flushed still takes memory.
    pub(crate) fn has_garbage(&self) -> bool {
        self.state.has_garbage()
    }

    /// What the agreed records count, and what they may.
    pub(crate) fn memory(&self) -> (u64, Option<u64>) {
        (self.state.bytes(), self.state.max_memory())
    }

    /// The state machine.
    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.state
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.reads.is_fresh()
    }

    fn leads(&self) -> bool {
        self.raft.raft.state == StateRole::Leader
    }

    // What the node is told.

    /// This boot has begun, at this moment at the latest.
    pub(crate) fn begin(&mut self, now_ms: u64) {
        self.began_ms.get_or_insert(now_ms);
    }

    /// What reads see: what is applied here.
    pub(crate) fn view(&self) -> &dyn View {
        &self.state
    }

    /// Where an answer to this read stands.
    /// The last write that is applied.
    pub(crate) fn position(&self) -> AgreedPosition {
        self.applied
    }

    pub(crate) fn certificate(&self, command: &Command) -> Certificate {
        let by = command.sole_key().map(|key| self.state.written(key));
        Certificate::Agreed { position: self.applied, by }
    }

    // What it does about it.

    /// Does all that can be done now; true if something was.
    pub(crate) fn work(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.is_deaf() {
            return self.answer_reads(turn);
        }
        self.note_leader(turn);
        self.look_after_max_memory(turn);
        self.look_after_beginning(turn);
        self.look_after_deadlines(turn);
        self.show_time(turn.now.monotonic_ms);
        mutant!(FollowerReadsOwnClock, (), self.look_at_own_clock(turn));
        self.send_writes(turn);
        self.begin_reads(turn);
        let mut worked = self.handle_readies(turn) | self.apply(turn);
        if self.announce_commit() {
            worked |= self.handle_readies(turn);
        }
        worked |= self.answer_reads(turn);
        self.read_log(turn);
        worked
    }
}

/// How Raft is to work, on a state that stands at this entry.
fn config(me: NodeId, applied: Index) -> raft::Config {
    raft::Config {
        id: me.0,
        election_tick: ELECTION_TICKS,
        heartbeat_tick: HEARTBEAT_TICKS,
        max_election_tick: TIMEOUT_TICKS_MAX,
        max_size_per_msg: Limits::default().append_bytes as u64,
        max_inflight_msgs: INFLIGHT_MAX,
        applied: applied.0,
        check_quorum: true,
        pre_vote: true,
        skip_bcast_commit: true,
        ..raft::Config::default()
    }
}

/// Raft tells nobody anything.
fn silent() -> slog::Logger {
    slog::Logger::root(slog::Discard, slog::o!())
}

#[cfg(feature = "mutants")]
fn leased(mut raft: RawNode<Tail>) -> RawNode<Tail> {
    raft.raft.read_only.option = raft::ReadOnlyOption::LeaseBased;
    raft.raft.check_quorum = false;
    raft
}
