//! The merged order: every replica writes its own log, and all merge all logs by one rule.
//!
//! ```text
//!  client ── SET ──▶ replica 1 ── synced here ──▶ OK
//!                        │
//!                        └── push ──▶ replica 2: synced there, applied after what it depends on
//!                        └── push ─✗  replica 3: lost; its vector shows it, and it asks any peer that has more
//! ```
//!
//! A turn's writes make one [entry](entry::Header). It carries the vector of all that its replica had applied, and
//! every replica applies it only after that: so whoever sees an answer sees the question (convergent
//! causal consistency; Lloyd et al. 2011, Bouajjani et al. 2017). Of two writes of a key the higher [stamp](hlc::Stamp)
//! wins. An entry is shown and spread only once it is on this disk, and so is all that it depends on.
//!
//! Lost pushes are repaired by exchanging [version vectors](VersionVector): see [`anti_entropy`].
//!
//! # What is left out
//!
//! Slots that travel, and with them cutting the logs and dropping tombstones; merge rules other than
//! last-writer-wins.

mod anti_entropy;
mod entry;
mod hlc;
mod log;
mod state;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::api::{
    Certificate, Error, MergedPosition, MergedWrite, NodeId, Reply, TURN_STEPS, Ticket,
};
use crate::commands::{Command, View, Write};
use crate::copies::Copies;
use crate::keyspace::KeyspaceId;
use crate::limits::Limits;
use crate::observe::describe::Told;
use crate::session::Waiter;
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::record::Record;
use crate::wire::version_vector::{Place, VersionVector};
use anti_entropy::{Inbox, Repair};
use entry::Header;
use hlc::{Clock, Stamp};
use log::{Fit, Kept, Log};
use state::{At, State};

/// The most keys in one entry, but for a single write of more: it is applied at once, here and at every replica.
const ENTRY_KEYS_MAX: usize = TURN_STEPS;
/// How long writes may gather while the disk is busy, in milliseconds.
const GATHER_MS_MAX: u64 = 20;

/// The merged order on this node.
#[derive(Debug)]
pub(crate) struct Merged {
    limits: Limits,
    me: NodeId,
    boot: u64,
    clock: Clock,
    log: Log,
    state: State,
    gathered: VecDeque<Gathered>,
    gathered_bytes: usize,
    copies: Copies,
    gathering_since_ms: Option<u64>,
    /// Per ticket on its way to the disk: how many entries the log holds once it is there.
    syncing: VecDeque<(Ticket, usize)>,
    /// How many entries of the log are on disk.
    synced_count: usize,
    /// Who asked for the writes of own entries on their way to the disk, in order. Nobody, once answered.
    waiters: VecDeque<Option<Waiter>>,
    inbox: Inbox,
    repair: Repair,
}

/// A write that waits for its entry.
#[derive(Debug)]
struct Gathered {
    waiter: Waiter,
    /// As it is encoded.
    write: Bytes,
    /// How many keys it writes.
    keys: usize,
}

impl Merged {
    pub(crate) fn new(me: NodeId, boot: u64, members: &[NodeId]) -> Merged {
        Merged {
            limits: Limits::default(),
            me,
            boot,
            clock: Clock::default(),
            log: Log::default(),
            state: State::new(),
            gathered: VecDeque::new(),
            gathered_bytes: 0,
            copies: Copies::default(),
            gathering_since_ms: None,
            syncing: VecDeque::new(),
            synced_count: 0,
            waiters: VecDeque::new(),
            inbox: Inbox::default(),
            repair: Repair::new(members.iter().copied().filter(|id| *id != me).collect()),
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.inbox.set_limits(limits);
    }

    /// Takes in an entry that the disk kept.
    pub(crate) fn restore(&mut self, bytes: Bytes) -> Result<(), Malformed> {
        let header = entry::check(&bytes)?;
        if self.log.fit(&header) != Fit::Next {
            return Err(Malformed);
        }
        self.log.append(&header, bytes);
        self.apply_next(&mut |_, _, _| ());
        self.synced_count += 1;
        mutant!(StampCeilingLost, (), self.clock = Clock::default());
        Ok(())
    }

    // What the node asks.

    /// How many writes and entries wait.
    pub(crate) fn queued(&self) -> usize {
        self.gathered.len() + self.waiters.len() + self.inbox.len()
    }

    /// What they weigh.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.gathered_bytes + self.inbox.bytes()
    }

    pub(crate) fn vector(&self) -> &VersionVector {
        self.log.applied()
    }

    /// How many entries the logs hold.
    pub(crate) fn count(&self) -> usize {
        self.log.len()
    }

    /// The value that this replica holds for a key.
    pub(crate) fn value(&self, key: &[u8]) -> Option<&Bytes> {
        self.state.get(key)
    }

    /// What reads see: what is applied here.
    pub(crate) fn view(&self) -> &dyn View {
        &self.state
    }

    // What the node is told.

    /// What the writes weigh that wait to be written.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.gathered_bytes
    }

    pub(crate) fn write(&mut self, waiter: Waiter, keyspace: KeyspaceId, command: Command) {
        let keys = command.key_count();
        let write = self.copies.encoded(keyspace, &command);
        self.gathered_bytes += write.len();
        self.gathered.push_back(Gathered { waiter, write, keys });
    }

    pub(crate) fn on_entries(
        &mut self,
        from: NodeId,
        entries: Vec<Bytes>,
        more: bool,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        if mutant!(FullReplicaTakesEntries, turn.disk.is_full(), false) {
            // As if they were lost: they are asked for again.
            return Ok(());
        }
        for bytes in entries {
            let header = entry::check_received(&bytes)?;
            self.check_replicas(&header.after)?;
            if !self.is_member(header.origin) {
                return Err(Malformed);
            }
            self.on_entry(header, &bytes, turn);
            if *turn.halted {
                return Ok(());
            }
        }
        self.repair.on_entries(from, more);
        Ok(())
    }

    fn is_member(&self, id: NodeId) -> bool {
        id == self.me || self.repair.peers().contains(&id)
    }

    /// What a member has applied can only be entries of members.
    fn check_replicas(&self, vector: &VersionVector) -> Result<(), Malformed> {
        if vector.iter().all(|(id, _)| self.is_member(id)) { Ok(()) } else { Err(Malformed) }
    }

    fn on_entry(&mut self, header: Header, bytes: &[u8], turn: &mut Turn<'_>) {
        if header.origin == self.me && !self.has_written(header.place) {
            self.on_unknown_own(header.place, turn);
            return;
        }
        // What is kept lets the receive buffer go.
        let own = || Bytes::copy_from_slice(bytes);
        match self.log.fit(&header) {
            Fit::Held => {}
            Fit::Forgets(held) => {
                mutant!(ForgottenNotTold, turn.send(header.origin, Body::Lost(held)), ());
            }
            Fit::Early => self.inbox.keep(header, own()),
            Fit::Next => {
                self.append(&header, own(), turn);
                while let Some((header, bytes)) = self.inbox.take_fitting(&self.log) {
                    self.append(&header, bytes, turn);
                }
            }
        }
    }

    /// Whether this node holds that entry of its own. Entries of a later boot do not say so: what came before it may have been
    /// forgotten when it began.
    fn has_written(&self, place: Place) -> bool {
        place <= self.log.last_until(self.me, place.boot)
    }

    /// A member holds an entry of this node that this disk does not.
    fn on_unknown_own(&self, place: Place, turn: &mut Turn<'_>) {
        if place.boot >= self.boot {
            turn.supersede(&format!(
                "another member holds entry {} of start {} of this node, which this data directory has not lived",
                place.index, place.boot
            ));
        } else {
            turn.halt(1, lost_entries(place));
        }
    }

    /// A member holds a later entry of an earlier boot of this node than this disk does.
    pub(crate) fn on_lost(&mut self, place: Place, turn: &mut Turn<'_>) {
        let is_lost = place.boot < self.boot && !self.has_written(place);
        if mutant!(LostNotBelieved, is_lost, false) {
            turn.halt(1, lost_entries(place));
        }
    }

    pub(crate) fn on_vector(
        &mut self,
        from: NodeId,
        vector: VersionVector,
        want: bool,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        self.check_replicas(&vector)?;
        if want {
            let (entries, more) = self.log.beyond(&vector, self.limits.entry_bytes);
            if !entries.is_empty() {
                turn.send(from, Body::Entries { entries, more });
            }
        } else {
            self.repair.on_vector(from, vector);
        }
        Ok(())
    }

    pub(crate) fn on_connected(&mut self, peer: NodeId, turn: &mut Turn<'_>) {
        self.repair.on_connected(peer);
        turn.send(peer, Body::VersionVector { vector: self.log.applied().clone(), want: false });
    }

    pub(crate) fn on_tick(&mut self, turn: &mut Turn<'_>) {
        self.repair.on_tick(&self.log, &self.inbox, turn);
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket, turn: &mut Turn<'_>) {
        while let Some((_, count)) = self.syncing.pop_front_if(|(due, _)| *due <= ticket) {
            self.synced_count = count;
        }
        self.apply(turn);
    }

    /// Applies what is on disk, as much as this turn may; true if something was.
    fn apply(&mut self, turn: &mut Turn<'_>) -> bool {
        let before = self.log.applied_count();
        let mut own = vec![];
        while self.has_more() && !turn.budget.work.is_spent() && !self.state.watch.is_full() {
            let mut replies = vec![];
            let (mut keys, mut bytes) = (1, 0);
            let mut each = |write: &Write<'_>, at, reply| {
                keys += write.keys();
                bytes += write.bytes();
                if let Some(at) = at {
                    replies.push((at, reply));
                }
            };
            let entry = self.apply_next(&mut each);
            turn.budget.work.spend(keys, bytes);
            let Some(entry) = entry else { continue };
            for (write, reply) in replies {
                self.answer(&entry, write, reply, turn);
            }
            own.push(entry);
        }
        self.push(own, turn);
        self.log.applied_count() > before
    }

    /// Whether something that could be done was left for the next turn.
    pub(crate) fn has_more(&self) -> bool {
        self.log.applied_count() < self.synced_count
    }

    /// The merged values.
    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.state
    }

    /// Answers what waits since `oldest_ms` or longer. What is not yet in an entry certainly did not run.
    pub(crate) fn expire(&mut self, oldest_ms: u64, turn: &mut Turn<'_>) {
        for place in &mut self.waiters {
            if let Some(waiter) = place.take_if(|waiter| waiter.since_ms <= oldest_ms) {
                let error = mutant!(
                    MergedUnknownAsRefused,
                    Error::Indeterminate(UNKNOWN),
                    Error::ClusterDown(NOT_WRITTEN)
                );
                turn.refuse_write(&waiter, error);
            }
        }
        self.gathered.retain(|Gathered { waiter, write, .. }| {
            let keep = waiter.since_ms > oldest_ms;
            if !keep {
                self.gathered_bytes -= write.len();
                turn.refuse_write(waiter, Error::ClusterDown(NOT_WRITTEN));
            }
            keep
        });
    }

    // What it does about it.

    /// Makes entries of what was gathered; true if something was done.
    pub(crate) fn work(&mut self, turn: &mut Turn<'_>) -> bool {
        self.repair.ask(&self.log, &self.inbox, turn);
        let applied = self.apply(turn);
        if mutant!(UnmeasuredClockStamps, turn.clock_waits, false) {
            // Soon it is known whether this clock may be believed.
            return applied;
        }
        if mutant!(DriftCapIgnored, !turn.clock_agrees, false) {
            return self.refuse_gathered(&Error::ClockSkew(OFF_CLOCK), turn) || applied;
        }
        if self.gathered.is_empty() || self.keeps_gathering(turn) {
            return applied;
        }
        self.gathering_since_ms = None;
        while !self.gathered.is_empty() {
            let Some(clock) = self.clock.next(turn.now.wall_ms) else {
                return self.refuse_gathered(&Error::ClockSkew(BEYOND_STAMPS), turn);
            };
            self.write_entry(clock, turn);
        }
        mutant!(ShownBeforeSync, (), self.on_persisted(turn.disk.ticket(), turn));
        true
    }

    /// Refuses what is not yet in an entry: no stamp is made by a clock that is off, none beyond the last, and a full disk
    /// takes none; true if anyone was told so.
    pub(crate) fn refuse_gathered(&mut self, error: &Error, turn: &mut Turn<'_>) -> bool {
        self.gathering_since_ms = None;
        self.gathered_bytes = 0;
        let gathered = std::mem::take(&mut self.gathered);
        for Gathered { waiter, .. } in &gathered {
            turn.refuse_write(waiter, error.clone());
        }
        !gathered.is_empty()
    }

    fn keeps_gathering(&mut self, turn: &Turn<'_>) -> bool {
        let now = turn.now.monotonic_ms;
        let since = *self.gathering_since_ms.get_or_insert(now);
        let has_room = self.gathered_bytes < self.limits.entry_bytes;
        turn.disk.is_busy() && now < since + GATHER_MS_MAX && has_room
    }

    /// Makes one entry, with this clock in its stamps.
    fn write_entry(&mut self, clock: u64, turn: &mut Turn<'_>) {
        let mut writes = vec![];
        let (mut count, mut keys) = (0, 0);
        let mut fits = |next: &mut Gathered| {
            keys += next.keys;
            keys <= ENTRY_KEYS_MAX || keys == next.keys
        };
        while writes.len() < self.limits.entry_bytes
            && let Some(Gathered { waiter, write, .. }) = self.gathered.pop_front_if(&mut fits)
        {
            self.gathered_bytes -= write.len();
            writes.extend_from_slice(&write);
            self.waiters.push_back(Some(waiter));
            count += 1;
        }
        let previous = self.log.appended().get(self.me);
        let index = if previous.boot == self.boot { previous.index + 1 } else { 1 };
        let header = Header {
            origin: self.me,
            place: Place { boot: self.boot, index },
            previous,
            clock,
            after: self.log.applied().clone(),
        };
        let bytes = entry::encode(&header, count, &writes);
        mutant!(PushedBeforeSync, (), self.push(vec![bytes.clone()], turn));
        self.append(&header, bytes, turn);
    }

    /// Appends an entry that fits, and hands it to the disk.
    fn append(&mut self, header: &Header, bytes: Bytes, turn: &mut Turn<'_>) {
        if mutant!(ForeignNotKept, true, header.origin == self.me) {
            turn.disk.record(&Record::Merged(bytes.clone()));
        }
        self.log.append(header, bytes);
        let (ticket, count) = (turn.disk.ticket(), self.log.len());
        match self.syncing.back_mut() {
            Some(last) if last.0 == ticket => last.1 = count,
            _ => self.syncing.push_back((ticket, count)),
        }
    }

    /// Applies the next entry, which is on disk; gives it back if it is of this boot of this node.
    fn apply_next(
        &mut self,
        each: &mut impl FnMut(&Write<'_>, Option<MergedWrite>, Reply),
    ) -> Option<Bytes> {
        let Kept { origin, place, clock, bytes } = self.log.apply_next();
        if mutant!(ClockNotRaised, true, origin == self.me) {
            self.clock.raise(clock);
        }
        let own = origin == self.me && place.boot == self.boot;
        entry::for_each(&bytes, |offset, write| {
            let stamp =
                Stamp { clock, replica: origin, offset: mutant!(StampWithoutOffset, offset, 0) };
            let reply = self.merge(stamp, place, &write);
            each(&write, own.then(|| merged_write(stamp, place)), reply);
        });
        own.then_some(bytes)
    }

    fn merge(&mut self, stamp: Stamp, place: Place, write: &Write<'_>) -> Reply {
        write.merge(&mut At { state: &mut self.state, stamp, place })
    }

    /// Answers the next own write, which was just applied with its entry. It stands behind what the entry does: what was
    /// applied while it was on its way to the disk is not in it, and others may apply that later.
    fn answer(&mut self, entry: &[u8], write: MergedWrite, reply: Reply, turn: &mut Turn<'_>) {
        let waiter = self.waiters.pop_front().expect("every own write has its place");
        let Some(waiter) = waiter else { return };
        let vector = || mutant!(CertificateTooWide, entry::vector(entry), self.vector().clone());
        turn.answer_write(&waiter, reply, || Certificate::Merged {
            position: positions(&vector()),
            by: None,
            entry: Some(write),
        });
    }

    /// Where an answer to this read stands.
    pub(crate) fn certificate(&self, command: &Command) -> Certificate {
        let by = command.sole_key().map(|key| {
            let written = self.state.written(key);
            written.map(|(stamp, place)| merged_write(stamp, place))
        });
        Certificate::Merged { position: positions(self.log.applied()), by, entry: None }
    }

    /// Sends own entries that are on disk to everyone.
    fn push(&self, entries: Vec<Bytes>, turn: &mut Turn<'_>) {
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|entry| {
                bytes += entry.len();
                bytes <= self.limits.entry_bytes
            });
            let (part, others) = rest.split_at(fits.count().max(1));
            rest = others;
            let message = turn.message(Body::Entries { entries: part.to_vec(), more: false });
            for peer in self.repair.peers() {
                let message = message.clone();
                turn.outputs.push(crate::api::Output::Send { to: *peer, message, urgent: false });
            }
        }
    }
}

fn positions(vector: &VersionVector) -> Vec<MergedPosition> {
    vector.iter().map(|(replica, place)| merged_position(replica, place)).collect()
}

fn merged_position(replica: NodeId, place: Place) -> MergedPosition {
    MergedPosition { replica, boot: place.boot, index: place.index }
}

fn merged_write(stamp: Stamp, place: Place) -> MergedWrite {
    let entry = merged_position(stamp.replica, place);
    MergedWrite { entry, offset: stamp.offset, clock: stamp.clock }
}

fn lost_entries(place: Place) -> String {
    format!(
        "another member holds entry {} of boot {} of this node, which this disk does not: the disk lost synced \
         writes, or the data directory is an older copy. Start this node with the directory that it used last; no copy can take \
         its place. If that is damaged, the others go on without this node",
        place.index, place.boot
    )
}

const UNKNOWN: &str =
    "the disk did not answer in time: the write may still happen; read before you retry";
const OFF_CLOCK: &str = "this node's clock is too far from those of most members to stamp a write; the write did not run. \
                         Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node";
const BEYOND_STAMPS: &str = "stamps end with the year 2199, and this node's clock, or a stamp that it has merged, is beyond that; the \
                             write did not run. Hint: set the clock, or write at another node";
const NOT_WRITTEN: &str = "the write was not written in time; it did not run";

/// What an entry says, in few words.
pub(crate) fn in_words(entry: &[u8]) -> String {
    let Ok(Header { origin, place, .. }) = entry::check(entry) else {
        return "(unreadable)".into();
    };
    let mut told = Told::default();
    entry::for_each(entry, |_, write| told.add(&write));
    format!("{}.{}: {} ({})", origin.0, place.boot, place.index, told.words())
}
