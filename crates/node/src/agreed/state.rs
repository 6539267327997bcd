//! The state machine of the agreed order: a fold over the log, the same on every replica.

mod keyspaces;
mod members;
mod once;
mod versions;

use std::borrow::Cow;

use super::applied::Applied;
use super::entry::WriteId;
use super::slots;
use crate::cluster::roster::{Roster, Wanted};
use crate::commands::{self, Answer, Args, Values, View, Write};
use crate::counting::Watch;
use crate::ids::{Index, NodeId};
use crate::keyspace::table::{Attempt, Table};
use crate::limits::OnceLimits;
use crate::position::{AgreedPosition, Version};
use crate::reply::Reply;
use crate::store::{Cursor, Deadline, Progress, Record, Store, Sums, Value, Walk, Written};
use crate::wire::base::AgreedBase;
use crate::wire::codec::{Malformed, Reader, put_uint};
use crate::wire::record::Open;
use crate::wire::slots::Slots;
use expiry::Reclaimed;
pub(crate) use once::First;
use versions::Versions;

impl Written for AgreedPosition {
    fn encode(self, out: &mut Vec<u8>) {
        put_uint(out, self.index.0);
        put_uint(out, u64::from(self.offset));
    }

    fn decode(reader: &mut Reader<'_>) -> AgreedPosition {
        let mut uint = || reader.uint().expect("a position was written whole");
        AgreedPosition { index: Index(uint()), offset: uint() as u32 }
    }
}

/// What came of a write, and what it cost beyond its keys and the bytes that carry it.
pub(crate) struct Ran {
    pub(crate) answer: Answer,
    /// Steps of a turn.
    pub(crate) steps: usize,
    /// Bytes that were given to keys, and to who asked.
    pub(crate) bytes: usize,
    /// Where the answer stands.
    pub(crate) position: AgreedPosition,
}

/// Keys and values, how much memory they may need, which keyspaces there are, and the last write
/// that was applied of each node.
///
/// - It depends on the entries applied, in order, and on nothing else.
/// - A key whose deadline the time has reached is dead: nobody sees it any more, and its record is
///   there until a write or an entry that reclaims it comes.
/// - Of each node, writes are applied in the order of their ids, each once.
#[derive(Debug)]
pub(crate) struct State {
    values: Store<AgreedPosition>,
    /// How many keys have a record, dead ones among them.
    keys: u64,
    /// The greatest time of the entries applied, in milliseconds.
    time_ms: u64,
    /// About what time it is, for those who ask how long a key stays yet.
    shown_ms: u64,
    reclaimed: Reclaimed,
    /// What was flushed, and still takes memory.
    flushed: Vec<Store<AgreedPosition>>,
    /// What was flushed while a count goes on, which still needs it.
    counted: Option<Store<AgreedPosition>>,
    /// The time when a count began.
    counted_ms: u64,
    /// What a count must know of keys that come and go.
    pub(crate) watch: Watch,
    applied: Applied,
    versions: Versions,
    keyspaces: Table,
    /// All members, once somebody has changed any.
    roster: Roster,
    /// The version that the cluster is finalized at; 0: nobody has done that.
    finalized: u64,
    /// What has run that is to run once.
    once: once::Table,
    /// What the records may count, in bytes; 0: any number. `None`: nobody has set that.
    max_memory: Option<u64>,
    /// A walk for a snapshot, and the state that was flushed since it began.
    walk: Option<Walk>,
    walked: Option<Store<AgreedPosition>>,
    /// A digest that goes on: of what was written before this entry.
    digest: Option<(Index, Sums)>,
}

impl State {
    pub(crate) fn new(members: &[NodeId]) -> State {
        State {
            values: Store::new(),
            keys: 0,
            time_ms: 0,
            shown_ms: 0,
            reclaimed: Reclaimed::default(),
            flushed: vec![],
            counted: None,
            counted_ms: 0,
            watch: Watch::default(),
            applied: Applied::new(members),
            versions: Versions::default(),
            keyspaces: Table::default(),
            roster: Roster::default(),
            finalized: 0,
            once: once::Table::default(),
            max_memory: None,
            walk: None,
            walked: None,
            digest: None,
        }
    }

    // Snapshots.

    /// Takes in the keys of a slot, none of which is here yet.
    pub(crate) fn load(&mut self, slot: &[u8]) -> Result<(), Malformed> {
        slots::for_each(slot, |key, value, deadline_ms, by| {
            let (value, deadline) = (Some(Cow::Borrowed(value)), Deadline::of(deadline_ms));
            self.keys += u64::from(!self.values.set_until(key, value, deadline, by));
        })
    }

    /// All slots are here: what time it is, which writes have run, and how much memory there is.
    pub(crate) fn loaded(&mut self, base: &AgreedBase) {
        self.time_ms = mutant!(SnapshotWithoutTime, base.stamp_ms, 0);
        self.once.advance_to(self.time_ms);
        self.applied.restore(&base.last);
        self.max_memory = mutant!(SnapshotWithoutLimit, base.max_memory, None);
    }

    /// Takes in where keys were last removed.
    pub(crate) fn load_versions(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.versions = Versions::decode(bytes)?;
        Ok(())
    }

    /// Where keys were last removed, for a snapshot.
    pub(crate) fn versions(&self) -> Vec<u8> {
        self.versions.encode()
    }

    /// Another state takes the place of this one, which goes in pieces. A snapshot and a digest of
    /// this one are over.
    pub(crate) fn replace(&mut self, other: State) {
        self.end_walk();
        mutant!(DigestOutlivesState, self.digest = None, ());
        let old = std::mem::replace(&mut self.values, other.values);
        self.keys = other.keys;
        self.time_ms = other.time_ms;
        self.applied = other.applied;
        self.versions = other.versions;
        self.keyspaces = other.keyspaces;
        self.roster = other.roster;
        self.finalized = other.finalized;
        self.once.replace(other.once);
        self.max_memory = other.max_memory;
        if self.watch.is_on() && self.counted.is_none() {
            self.watch.freeze();
            self.counted = Some(old);
        } else {
            self.flushed.push(old);
        }
    }

    /// From now on what changes is kept as it is now, until a walk has seen it all.
    pub(crate) fn begin_walk(&mut self) {
        self.walk = Some(Walk::begin());
        self.once.begin_walk();
    }

    /// Goes on with the walk, over about so many keys or bytes: appends records of what it sees.
    /// Gives how many records these are; `None`: it was over.
    pub(crate) fn walk_on(&mut self, keys: usize, bytes: usize, out: &mut Vec<u8>) -> Option<u64> {
        let store = self.walked.as_ref().unwrap_or(&self.values);
        let slots = Slots::new(out, bytes, Open::agreed_slot);
        let written = self.walk.as_mut()?.write(store, keys, slots, slots::put);
        written
            .or_else(|| mutant!(OnceForgottenInSnapshot, self.once.walk_on(keys, bytes, out), None))
    }

    /// The walk is over, or given up.
    pub(crate) fn end_walk(&mut self) {
        self.walk = None;
        self.once.end_walk();
        self.flushed.extend(self.walked.take());
    }

    /// What is kept for a walk, in bytes.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.walk.as_ref().map_or(0, Walk::bytes) + self.once.kept_bytes()
    }

    /// A key is about to change.
    fn keep(&mut self, key: &[u8]) {
        if let Some(walk) = &mut self.walk
            && self.walked.is_none()
        {
            walk.keep(key, &self.values, slots::put);
        }
        if let Some((point, sums)) = &mut self.digest {
            sums.before_change(key, &self.values, slots::put, is_before(*point));
        }
    }

    // Digests.

    /// From now on the sums go on of what was written before this entry, which is the last one that
    /// is applied.
    pub(crate) fn begin_digest(&mut self, point: Index) {
        self.digest = Some((point, Sums::begin_with(self.once.sum())));
    }

    /// Whether a digest goes on, which a flush ends.
    pub(crate) fn is_digested(&self) -> bool {
        self.digest.is_some()
    }

    /// Goes on with the digest, over about so many keys or bytes.
    pub(crate) fn digest_on(&mut self, keys: usize, bytes: usize) -> Progress {
        let Some((point, sums)) = &mut self.digest else { return Progress::Gone };
        sums.go_on(&self.values, keys, bytes, slots::put, is_before(*point));
        let progress = sums.take();
        if let Progress::Over(_) = progress {
            self.digest = None;
        }
        progress
    }

    /// Changes the value of a key as a broken memory would.
    pub(crate) fn rot(&mut self, key: &[u8]) -> bool {
        self.values.rot(key)
    }

    /// The last write that was applied of each node.
    pub(crate) fn applied(&self) -> &Applied {
        &self.applied
    }

    /// Runs a write, unless its id is not the successor of the last one of its node. `asked`: this
    /// node was asked for it.
    pub(crate) fn apply(
        &mut self,
        id: WriteId,
        at: AgreedPosition,
        write: &Write<'_>,
        asked: bool,
    ) -> Option<Ran> {
        if self.applied.take(id) {
            return Some(self.run(at, write, asked));
        }
        mutant!(AppliedTwice, (), self.run_if(self.applied.has_run(id), at, write));
        mutant!(NameGapAccepted, (), self.run_if(self.applied.has_gap(id), at, write));
        None
    }

    #[cfg(feature = "mutants")]
    fn run_if(&mut self, really: bool, at: AgreedPosition, write: &Write<'_>) {
        if really {
            self.run(at, write, false);
        }
    }

    // Memory.

    /// What the records count, and what is remembered of commands that ran once.
    pub(crate) fn bytes(&self) -> u64 {
        self.values.bytes() + self.once.bytes()
    }

    /// What they may count; 0: any number. `None`: nobody has set that.
    pub(crate) fn max_memory(&self) -> Option<u64> {
        self.max_memory
    }

    /// Whether they count more than they may.
    fn is_full(&self) -> bool {
        self.max_memory.is_some_and(|max| max > 0 && self.bytes() > max)
    }

    fn run(&mut self, at: AgreedPosition, write: &Write<'_>, asked: bool) -> Ran {
        self.once.forget_old();
        match write.once() {
            Some(once) => self.run_once(at, &once, write),
            None => self.run_now(at, write, asked),
        }
    }

    fn run_now(&mut self, at: AgreedPosition, write: &Write<'_>, asked: bool) -> Ran {
        let position = AgreedPosition { offset: at.offset + write.places() - 1, ..at };
        if let Some(answer) = self.refuses(write) {
            return Ran { answer, steps: 0, bytes: 0, position };
        }
        let is_full = mutant!(OomDecidedByAsked, self.is_full(), asked && self.is_full());
        if is_full && write.grows() {
            // It has run all the same: it does not come again.
            return Ran { answer: Answer::out_of_memory(), steps: 0, bytes: 0, position };
        }
        let mut here = At { state: self, at, bytes: 0 };
        let (answer, steps) = write.run(&mut here, asked);
        let bytes = here.bytes + answer.reply.bytes();
        Ran { answer, steps, bytes, position }
    }

    /// Where the value of a key was written.
    pub(crate) fn written(&self, key: &[u8]) -> Option<AgreedPosition> {
        self.alive(key).map(|record| record.by())
    }

    /// What there is to be seen of a key by who watches it, where this is applied.
    pub(crate) fn seen(&self, key: &[u8], applied: AgreedPosition) -> Version {
        let at = self.written(key);
        Version { at: at.unwrap_or(applied), is_alive: at.is_some() }
    }

    /// Whether a key is as it was seen.
    fn is_unchanged(&self, key: &[u8], seen: Version) -> bool {
        match self.written(key) {
            Some(at) => seen.is_alive && mutant!(WatchedAliveEnough, at == seen.at, true),
            None => {
                let dead = self.values.get(key).map(|record| record.by());
                !seen.is_alive && self.versions.of(key).max(dead.unwrap_or_default()) <= seen.at
            }
        }
    }

    /// Gives back some of the memory of what was flushed: so much takes a turn not long.
    pub(crate) fn clean_up(&mut self) {
        let mut keys = 0;
        while keys < FEW_KEYS
            && let Some(flushed) = self.flushed.last_mut()
        {
            match flushed.drop_some(FEW_KEYS) {
                0 => drop(self.flushed.pop()),
                count => keys += count,
            }
        }
        self.once.clean_up(FEW_KEYS);
    }

    /// Whether a walk goes on, which a flush may end.
    pub(crate) fn is_walked(&self) -> bool {
        self.walk.is_some()
    }

    /// Whether what was flushed still takes memory.
    pub(crate) fn has_garbage(&self) -> bool {
        !self.flushed.is_empty() || self.once.has_garbage()
    }
}

impl View for State {
    fn get(&self, key: &[u8]) -> Option<Value<'_>> {
        self.alive(key)?.value
    }

    fn deadline_ms(&self, key: &[u8]) -> Option<Option<u64>> {
        self.alive(key).map(|record| record.deadline_ms)
    }

    fn now_ms(&self) -> u64 {
        self.time_ms.max(self.shown_ms)
    }

    fn touch(&self, keys: &[&[u8]]) {
        self.values.touch(keys);
    }

    fn keys(&self) -> u64 {
        self.keys
    }

    fn walk(
        &self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Cursor> {
        self.values.walk(from, most, &mut |key, record| record.is_dead(self.time_ms) || each(key))
    }
}

/// Whether a record was written before this entry.
fn is_before(point: Index) -> impl Fn(&Record<'_, AgreedPosition>) -> bool {
    move |record| record.by().index < point
}

/// So many keys are given back at once.
const FEW_KEYS: u64 = 1024;

/// The state while a write runs at a place in the log.
struct At<'a> {
    state: &'a mut State,
    at: AgreedPosition,
    /// How long the values were that it gave to keys.
    bytes: usize,
}

impl At<'_> {
    /// The next key to reclaim.
    fn next_due(&self) -> Option<&[u8]> {
        let State { values, time_ms, .. } = &*self.state;
        values.first_due(mutant!(ReclaimedByNoTime, *time_ms, u64::MAX))
    }

    /// Removes the record of a key, whether it is dead or not; true if it was alive.
    fn remove_record(&mut self, key: &[u8]) -> bool {
        let Some(record) = self.state.values.get(key) else { return false };
        let (is_alive, by) = (!record.is_dead(self.state.time_ms), record.by());
        self.state.keep(key);
        if self.state.watch.is_on() && self.state.was_there(key) {
            self.state.watch.note(key, true);
        }
        // A dead key has gone already, and whoever looked since it was written has not seen it.
        let gone_since = if is_alive { self.at } else { by };
        self.state.values.remove(key);
        self.state.keys -= mutant!(RemovedKeysCounted, 1, 0);
        mutant!(RemovalsUnversioned, self.state.versions.on_removed(key, gone_since), ());
        is_alive
    }
}

impl Values for At<'_> {
    fn get(&self, key: &[u8]) -> Option<(Value<'_>, AgreedPosition)> {
        let record = self.state.alive(key)?;
        Some((record.value?, record.by()))
    }

    fn is_unchanged(&self, key: &[u8], seen: Version) -> bool {
        let is_watched =
            mutant!(WatchOfDefaultAlone, true, self.state.keyspaces.of_key(key).is_none());
        !is_watched || self.state.is_unchanged(key, seen)
    }

    fn deadline_ms(&self, key: &[u8]) -> Option<Option<u64>> {
        self.state.alive(key).map(|record| record.deadline_ms)
    }

    fn set_until(&mut self, key: &[u8], value: Cow<'_, [u8]>, deadline: Deadline) {
        self.bytes += value.len();
        self.state.keep(key);
        if self.state.watch.is_on() && !self.state.was_there(key) {
            self.state.watch.note(key, false);
        }
        let had_record = self.state.values.set_until(key, Some(value), deadline, self.at);
        self.state.keys += u64::from(!had_record);
    }

    fn set_deadline(&mut self, key: &[u8], deadline: Deadline) {
        let Some(record) = self.state.alive(key) else { return };
        let value = record.value.map(|value| value.bytes().to_vec()).unwrap_or_default();
        self.set_until(key, value.into(), deadline);
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        self.remove_record(key)
    }

    fn reclaim(&mut self, most: usize) -> usize {
        let mut count = 0;
        while count < most
            && let Some(key) = self.next_due()
        {
            let key = key.to_vec();
            self.remove_record(&key);
            count += 1;
        }
        self.state.reclaimed.keys += count as u64;
        self.state.reclaimed.times += 1;
        count
    }

    fn now_ms(&self) -> u64 {
        self.state.time_ms
    }

    fn view(&self) -> &dyn View {
        self.state
    }

    fn next_place(&mut self) {
        self.at.offset += 1;
    }

    fn given(&self) -> usize {
        self.bytes
    }

    fn change_members(&mut self, founders: &Roster, wanted: Wanted) -> Reply {
        self.state.change_members(founders, wanted, self.at)
    }

    fn finalize(&mut self, version: u64) {
        self.state.finalize(version);
    }

    fn change_keyspaces(&mut self, id: u32, args: Args<'_>) -> Reply {
        let attempt = Attempt { index: self.at.index, began_ms: self.state.time_ms };
        let State { keyspaces, versions, .. } = &mut *self.state;
        let before = keyspaces.under_way();
        let before = before.map(|(entry, it)| (entry.definition.prefix.clone(), it));
        let reply = commands::change_table(keyspaces, attempt, id, args);
        // Where one ends, the next may begin.
        let now = keyspaces.under_way().map(|(_, it)| it);
        if let Some((prefix, it)) = before
            && mutant!(NextHidesEnd, now != Some(it), now.is_none())
        {
            mutant!(CarvingUnnoticed, versions.on_carved(&prefix, self.at), ());
        }
        reply
    }

    fn max_memory(&self) -> Option<u64> {
        self.state.max_memory
    }

    fn once_limits(&self) -> OnceLimits {
        self.state.once_limits()
    }

    fn once_is_limited(&self) -> bool {
        self.state.once_is_limited()
    }

    fn limit_once(&mut self, limits: OnceLimits) {
        self.state.limit_once(limits);
    }

    fn set_max_memory(&mut self, bytes: u64) {
        self.state.max_memory = Some(bytes);
    }

    fn clear(&mut self) {
        if self.state.keys == 0 {
            return;
        }
        self.state.versions.on_flushed(self.at);
        self.state.digest = None;
        let all = std::mem::replace(&mut self.state.values, Store::new());
        let few = std::mem::take(&mut self.state.keys) <= FEW_KEYS;
        let is_walked = self.state.walk.is_some() && self.state.walked.is_none();
        if self.state.watch.is_on() {
            self.state.watch.freeze();
            self.state.counted = Some(all);
            // One of the two can have it.
            self.state.walk = self.state.walk.take().filter(|_| !is_walked);
        } else if is_walked {
            self.state.walked = Some(all);
        } else if !few {
            self.state.flushed.push(all);
        }
    }
}

mod expiry;
mod past;

#[cfg(test)]
mod tests;
