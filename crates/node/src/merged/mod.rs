//! The merged order: every replica writes its own log, and all merge all logs by one rule.
//!
//! ```text
//!  client ── SET ──▶ replica 1 ── synced here ──▶ OK
//!                        │
//!                        └── push ──▶ replica 2: synced there, applied after what it depends on
//!                        └── push ─✗  replica 3: lost; its vector shows it, it asks any peer
//! ```
//!
//! A turn's writes make one [entry](entry::Header). It carries the vector of all that its replica
//! had applied, and every replica applies it only after that: so whoever sees an answer sees the
//! question (convergent causal consistency; Lloyd et al. 2011, Bouajjani et al. 2017). Of two
//! writes of a key the higher [stamp](hlc::Stamp) wins, and increments that saw it count. An entry
//! is shown and spread only once it is on this disk, and so is all that it depends on.
//!
//! Lost pushes are repaired by exchanging [version vectors](VersionVector): see [`anti_entropy`].
//!
//! # Where to look
//!
//! | duty | file |
//! |---|---|
//! | what a key holds by all writes of it | `register` |
//! | own writes until they are in an entry | `writes`, `foreseen`, `transactions`, `entry`, `hlc` |
//! | own writes that are shown before that | `interval`, `overlay` |
//! | entries and vectors of the others | `entries`, `anti_entropy`, `log` |
//! | applying what is on disk, answering, spreading | `apply`, `state` |
//! | what stands for entries that are gone | `snapshots`, `slots` |
//! | joining what another replica has | `joining`, `put_off`, `pieces`, `state/join` |
//! | tombstones that go | `stability`, `state/tombstones` |
//! | writes for which there is no memory | `memory` |
//!
//! # What is left out
//!
//! Merge rules beside those of SET, DEL and INCR; sums of a member that is gone.

mod anti_entropy;
mod apply;
mod entries;
mod entry;
mod foreseen;
pub(crate) mod hlc;
mod interval;
mod joining;
mod log;
mod memory;
mod origin;
mod overlay;
mod pieces;
mod put_off;
mod register;
mod slots;
mod snapshots;
mod stability;
pub(crate) mod state;
mod transactions;
mod writer;
mod writes;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::commands::{Command, Told, View};
use crate::copies::Copies;
use crate::ids::{Boot, Index, NodeId, SnapshotNumber, Ticket};
use crate::limits::Limits;
use crate::reply::Error;
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::version_vector::{Place, VersionVector};
use anti_entropy::{Inbox, Repair};
use entry::Header;
pub use entry::MergedEntry;
use hlc::Clock;
use interval::Interval;
use joining::Joining;
use log::{Fit, Log};
use overlay::Overlay;
pub(crate) use pieces::Pieces;
use put_off::PutOff;
pub(crate) use slots::{as_of_one, keys_in};
use stability::Stability;
use state::State;
use writes::{Asked, Gathered};

/// The merged order on this node.
#[derive(Debug)]
pub(crate) struct Merged {
    limits: Limits,
    me: NodeId,
    boot: Boot,
    clock: Clock,
    log: Log,
    state: State,
    gathered: VecDeque<Gathered>,
    gathered_bytes: usize,
    copies: Copies,
    gathering_since_ms: Option<u64>,
    /// Whether what was gathered is more than the last turn could do.
    goes_on: bool,
    /// What looks at what is there is in no entry before more of the log is on disk.
    holds_looking: bool,
    /// Per ticket on its way to the disk: how many entries the log holds once it is there.
    syncing: VecDeque<(Ticket, usize)>,
    /// How many entries of the log are on disk.
    synced_count: usize,
    /// Who asked for the writes of own entries on their way to the disk, in order.
    waiters: VecDeque<Asked>,
    /// What transactions among them are to be answered, in bytes.
    told_bytes: usize,
    /// Writes that are shown here before they are in an entry.
    overlay: Overlay,
    interval: Interval,
    inbox: Inbox,
    repair: Repair,
    stability: Stability,
    /// The snapshot that others may fetch, and up to where it holds the logs.
    offer: Option<(SnapshotNumber, VersionVector)>,
    /// Whether somebody lacks what only a new snapshot holds.
    wants_snapshot: bool,
    /// Where a snapshot stands that is being written, or was offered, and until when somebody is
    /// expected to fetch it.
    needed: Option<(VersionVector, u64)>,
    /// What is missing of the state: it stood in snapshots that this node has lost, and the state
    /// of no other replica that holds it is here yet.
    lost: VersionVector,
    /// What states that were joined held since then: the log's vector says what this replica knew,
    /// not what its state holds.
    joined: VersionVector,
    /// The state of another replica that is being joined.
    joining: Option<Joining>,
    /// Entries with increments that came while something was missing of the state.
    put_off: PutOff,
    /// Where the logs of members end that are gone.
    gone: BTreeMap<NodeId, Place>,
    /// Members from which nothing is taken: they leave, and what others hold of them is all that
    /// counts.
    shunned: Vec<NodeId>,
}

impl Merged {
    /// An empty state of this node, which has not begun yet.
    pub(crate) fn new(me: NodeId, members: &[NodeId]) -> Merged {
        Merged {
            limits: Limits::default(),
            me,
            boot: Boot(0),
            clock: Clock::default(),
            log: Log::default(),
            state: State::new(),
            gathered: VecDeque::new(),
            gathered_bytes: 0,
            copies: Copies::default(),
            gathering_since_ms: None,
            goes_on: false,
            holds_looking: false,
            syncing: VecDeque::new(),
            synced_count: 0,
            waiters: VecDeque::new(),
            told_bytes: 0,
            overlay: Overlay::default(),
            interval: Interval::default(),
            inbox: Inbox::default(),
            repair: Repair::new(members.iter().copied().filter(|id| *id != me).collect()),
            stability: Stability::default(),
            offer: None,
            wants_snapshot: false,
            needed: None,
            lost: VersionVector::default(),
            joined: VersionVector::default(),
            joining: None,
            put_off: PutOff::default(),
            gone: BTreeMap::new(),
            shunned: vec![],
        }
    }

    /// These are the other members from now on, and there the logs of those end that are gone.
    /// From those who are shunned nothing is taken.
    pub(crate) fn follow(
        &mut self,
        members: Index,
        peers: Vec<NodeId>,
        gone: BTreeMap<NodeId, Place>,
        shunned: Vec<NodeId>,
    ) {
        self.repair.follow(members, peers);
        gone.iter().for_each(|(id, last)| self.inbox.end(*id, *last));
        // What came of one that is shunned and waits may be what nobody else has.
        let here = self.log.appended();
        let (inbox, shuns) = (&mut self.inbox, mutant!(ShunnedInboxKept, &shunned[..], &[]));
        shuns.iter().for_each(|id| inbox.end(*id, here.get(*id)));
        self.gone = gone;
        self.shunned = shunned;
    }

    /// Whether nothing is taken from this one.
    pub(crate) fn shuns(&self, id: NodeId) -> bool {
        self.shunned.contains(&id)
    }

    /// Whether more of this one is on its way here than is applied.
    pub(crate) fn takes_in(&self, id: NodeId) -> bool {
        self.is_joining() || self.log.appended().get(id) > self.log.applied().get(id)
    }

    /// Whether a peer has told that it holds all of this.
    pub(crate) fn holds_of(&self, peer: NodeId, vector: &VersionVector) -> bool {
        self.repair.holds_of(peer, vector)
    }

    /// Whether all that this replica took in is in its log and on its disk.
    pub(crate) fn is_settled(&self) -> bool {
        let is_synced = self.log.applied().get(self.me) >= self.own_end();
        self.gathered.is_empty() && !self.has_unsynced() && is_synced
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.inbox.set_limits(limits);
    }

    /// This start has begun.
    pub(crate) fn begin(&mut self, boot: Boot) {
        self.boot = boot;
    }

    /// Takes in an entry that the disk kept.
    pub(crate) fn restore(&mut self, bytes: Bytes) -> Result<(), Malformed> {
        let header = entry::check(&bytes)?;
        match self.log.fit(&header) {
            Fit::Next => {}
            // A snapshot that was fetched brought it before.
            Fit::Held => return Ok(()),
            Fit::Early | Fit::Forgets(_) => return Err(Malformed),
        }
        self.take(&header, bytes);
        self.apply_next(&mut |_, _, _| ());
        self.synced_count = self.log.len();
        self.log.forget(self.limits.kept_bytes, None);
        mutant!(StampCeilingLost, (), self.clock = Clock::default());
        Ok(())
    }

    /// Takes in the next entry of a log. What is stamped from now on is above it, also before it is
    /// on disk and applied: so what a replica wrote below a delete lies before that in its own log.
    fn take(&mut self, header: &Header, bytes: Bytes) {
        self.log.append(header, bytes);
        if header.origin == self.me {
            self.log.note_own(header.place);
        }
        let is_raised = mutant!(ClockNotRaised, true, header.origin == self.me);
        if is_raised {
            self.raise_clock(header.clock, true);
        }
    }

    /// Raises the clock past an entry as soon as that is taken in: what is stamped while it is on
    /// its way to the disk lies behind it in the log.
    fn raise_clock(&mut self, clock: u64, taken_in: bool) {
        if mutant!(ClockRaisedLate, taken_in, !taken_in) {
            self.clock.raise(clock);
        }
    }

    // What the node asks.

    /// How many writes and entries wait.
    pub(crate) fn queued(&self) -> usize {
        self.gathered.len() + self.waiters.len() + self.inbox.len()
    }

    /// What they weigh.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.waiting_bytes() + self.told_bytes + self.inbox.bytes()
    }

    pub(crate) fn vector(&self) -> &VersionVector {
        self.log.applied()
    }

    /// Where its own log ends, on disk or not.
    pub(crate) fn own_end(&self) -> Place {
        self.log.appended().get(self.me)
    }

    /// How many entries the logs hold.
    pub(crate) fn count(&self) -> usize {
        self.log.len()
    }

    /// Those entries that are kept, from the one of this number on.
    pub(crate) fn entries(&self, from: usize) -> Vec<MergedEntry> {
        self.log.kept_from(from).map(|bytes| entry::shown(bytes)).collect()
    }

    /// The value that this replica holds for a key.
    pub(crate) fn value(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.state.value(key)
    }

    /// Keys are about to be read: counters among them must not be half joined.
    pub(crate) fn before_read(&mut self, command: &Command) {
        if self.is_joining() {
            command.keys().for_each(|key| self.state.settle_read(key));
        }
        self.before_shown(command);
    }

    /// Why what this command asks for cannot be read, if so.
    pub(crate) fn unreadable(&self, command: &Command) -> Option<Error> {
        let is_beyond = |key: &[u8]| {
            let shown = self.overlay.is_beyond(key, &self.state);
            shown.unwrap_or_else(|| self.state.is_beyond(key))
        };
        let has_some = self.state.has_beyond() || !self.overlay.is_empty();
        let beyond = has_some && command.shows_values() && command.keys().any(is_beyond);
        beyond.then(|| Error::Invalid(BEYOND.into()))
    }

    /// What reads see: what is applied here, and over that what is shown before.
    pub(crate) fn view(&self) -> &dyn View {
        self
    }

    /// How many keys have a value in what is applied here.
    pub(crate) fn applied_keys(&self) -> u64 {
        self.state.keys()
    }

    // What the node is told.

    /// What the writes weigh that wait to be written. (The answers that wait for the disk have a
    /// limit of their own, and nobody who asks for something else is refused for them.)
    pub(crate) fn waiting_bytes(&self) -> usize {
        mutant!(AnswersRefuse, self.gathered_bytes, self.gathered_bytes + self.told_bytes)
    }

    pub(crate) fn on_connected(&mut self, peer: NodeId, turn: &mut Turn<'_>) {
        self.repair.on_connected(peer);
        if let Some(vector) = self.log.told(self.me) {
            turn.send(peer, self.repair.telling(vector));
        }
    }

    pub(crate) fn on_tick(&mut self, turn: &mut Turn<'_>) {
        let told = self.log.told(self.me);
        self.repair.on_tick(told, &self.log, &self.inbox, turn);
        self.look_at_tombstones();
    }

    /// Whether something that could be done was left for the next turn.
    pub(crate) fn has_more(&self) -> bool {
        let is_gathered = self.goes_on && !self.gathered.is_empty();
        self.may_apply() || is_gathered || self.gather_goes_on()
    }

    /// How many keys have nothing but a tombstone.
    pub(crate) fn tombstones(&self) -> u64 {
        self.state.tombstones()
    }

    /// The merged values.
    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.state
    }
}

/// What is said of a counter that several replicas together brought beyond 64 bits.
const BEYOND: &str = "increment or decrement would overflow: increments of several nodes have brought this counter beyond \
                      64 bits. Hint: DECRBY or INCRBY it back, or SET it";

/// Whose entry this is, and where it lies in that one's log.
pub(crate) fn place_of(entry: &[u8]) -> Result<(NodeId, Place), Malformed> {
    entry::check(entry).map(|header| (header.origin, header.place))
}

/// What an entry says, in few words.
pub(crate) fn in_words(entry: &[u8]) -> String {
    let Ok(Header { origin, place, .. }) = entry::check(entry) else {
        return "(unreadable)".into();
    };
    let mut told = Told::default();
    entry::for_each(entry, |_, _, write| told.add(&write));
    format!("{}.{}: {} ({})", origin.0, place.boot, place.index, told.words())
}
