//! What has run once: the ids, and the first answer to each.
//!
//! All of it follows from the entries applied, and from the time in them. Of an id that is older
//! than the retention nobody knows whether it has run, so it does not run. Those that are kept are
//! forgotten then, a few with each write of the log. Once too old is always too old: also where the
//! retention is made longer.
//!
//! ```text
//!   in a snapshot: [0, retention, ids, ahead, oldest]   where somebody has set them
//!                  [1, id, what is kept, id, …]
//!              id: [ms, name]    name: the user behind its length, then the random part
//! ```

mod answer;

use std::collections::BTreeMap;
use std::ops::Bound;

use xxhash_rust::xxh3::xxh3_64;

use super::{Ran, State};
use crate::commands::{Answer, Once, Write};
use crate::limits::OnceLimits;
use crate::position::AgreedPosition;
use crate::reply::{Error, Reply};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::wire::record::Open;
use answer::Kept;

/// So many ids are forgotten with a write: more than come with one.
const FORGOTTEN_MAX: usize = 4;
/// What an id counts in memory beside its name and the values of its answer, in bytes.
const ID_BYTES: usize = 160;

const LIMITS: u8 = 0;
const IDS: u8 = 1;

/// An id: by its time first, so that the oldest come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    ms: u64,
    name: Box<[u8]>,
}

impl Id {
    fn of(once: &Once<'_>) -> Id {
        let mut name = vec![];
        put_bytes(&mut name, once.user);
        name.extend_from_slice(once.random);
        Id { ms: once.ms, name: name.into() }
    }

    fn encode(&self, kept: &[u8], out: &mut Vec<u8>) {
        put_uint(out, self.ms);
        put_bytes(out, &self.name);
        put_bytes(out, kept);
    }
}

/// What came of a command the first time.
pub(crate) struct First {
    pub(crate) answer: Answer,
    /// Where it stands.
    pub(crate) position: AgreedPosition,
}

/// The ids of what has run.
///
/// Invariant: `bytes` and `sum` are those of `ids`, which came at or before `last`.
#[derive(Debug)]
pub(super) struct Table {
    limits: OnceLimits,
    /// Whether somebody has set them.
    is_limited: bool,
    /// The time in the log.
    now_ms: u64,
    /// What is older is too old; it only grows.
    oldest_ms: u64,
    /// With what is kept of each, [encoded](Kept::encode).
    ids: BTreeMap<Id, Box<[u8]>>,
    bytes: u64,
    sum: u64,
    last: AgreedPosition,
    walk: Option<Walk>,
    /// What another state took the place of, and still takes memory.
    garbage: Vec<BTreeMap<Id, Box<[u8]>>>,
}

/// A walk for a snapshot.
#[derive(Debug)]
struct Walk {
    /// Ids that came later are no part of it.
    point: AgreedPosition,
    /// The last that was written.
    past: Option<Id>,
    /// The limits and what was too old then, unless they are written, or follow from the time.
    limits: Option<(OnceLimits, u64)>,
    over: bool,
    /// Those that were forgotten before it came to them, encoded.
    forgotten: Vec<u8>,
}

impl Default for Table {
    fn default() -> Table {
        Table {
            limits: OnceLimits::DEFAULT,
            is_limited: false,
            now_ms: 0,
            oldest_ms: 0,
            ids: BTreeMap::new(),
            bytes: 0,
            sum: 0,
            last: AgreedPosition::default(),
            walk: None,
            garbage: vec![],
        }
    }
}

impl State {
    /// Runs a write that is to run once, or finds out what came of it.
    pub(super) fn run_once(
        &mut self,
        at: AgreedPosition,
        once: &Once<'_>,
        write: &Write<'_>,
    ) -> Ran {
        let is_kept =
            mutant!(OnceOfDefaultAlone, true, write.keyspace() == crate::ids::KeyspaceId::DEFAULT);
        match self.once.look_up(once) {
            Ok(None) => {}
            Ok(Some(_)) if !is_kept => {}
            Ok(Some(First { answer, position })) => {
                let bytes = answer.reply.bytes();
                return Ran { answer, steps: 0, bytes, position };
            }
            Err(error) => return Ran::refused(error, at),
        }
        if let Some(answer) = self.refuses(write) {
            return Ran { answer, steps: 0, bytes: 0, position: at };
        }
        // What is remembered takes memory, whatever the command does. It may run another time.
        if self.is_full() {
            return Ran::refused(Error::OutOfMemory("maxmemory"), at);
        }
        // Every replica keeps the answer, whoever was asked: it is that of the entry's time, and
        // not of the time that this one would show.
        let shown_ms = mutant!(OnceShowsOwnTime, std::mem::take(&mut self.shown_ms), self.shown_ms);
        let ran = self.run_now(at, write, true);
        self.shown_ms = shown_ms;
        self.once.keep(once, &ran.answer, ran.position);
        ran
    }

    /// What came of a write that is to run once, if it has run: so the state says that was fetched.
    pub(crate) fn first(&self, write: &Write<'_>) -> Option<First> {
        self.once.look_up(&write.once()?).ok()?
    }

    /// Takes in ids of a snapshot.
    pub(crate) fn load_once(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.once.load(bytes)
    }

    /// How long and how many ids are kept.
    pub(crate) fn once_limits(&self) -> OnceLimits {
        self.once.limits
    }

    /// From now on so many are kept, for so long.
    pub(super) fn limit_once(&mut self, limits: OnceLimits) {
        self.once.limits = limits;
        self.once.is_limited = true;
    }

    /// Whether somebody has set that.
    pub(crate) fn once_is_limited(&self) -> bool {
        self.once.is_limited
    }

    /// How many ids are kept of what has run once.
    pub(crate) fn once_ids(&self) -> u64 {
        self.once.ids.len() as u64
    }
}

impl Table {
    /// An entry of this time is applied.
    pub(super) fn advance_to(&mut self, time_ms: u64) {
        self.now_ms = time_ms;
    }

    /// What the ids count in memory.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A sum over all, for digests; 0: there are none.
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    fn is_old(&self, ms: u64) -> bool {
        mutant!(OnceRetentionIgnored, ms < self.oldest_ms, false)
    }

    /// What came of a command the first time; nothing, if it is to run now.
    fn look_up(&self, once: &Once<'_>) -> Result<Option<First>, Error> {
        let OnceLimits { ids, ahead_ms, .. } = self.limits;
        if self.is_old(once.ms) {
            return Err(Error::Indeterminate(TOO_OLD));
        }
        if let Some(kept) = self.ids.get(&Id::of(once)) {
            let Kept { command, answer, position } = Kept::decode(kept).expect(CHECKED);
            if mutant!(OnceOtherCommandTaken, command != once.fingerprint(), false) {
                return Err(Error::Invalid(OTHER_COMMAND.into()));
            }
            let answer = answer.ok_or(Error::Indeterminate(NOT_KEPT))?;
            return Ok(Some(First { answer, position })).map(mutant!(
                OnceRunsAgain,
                |it| it,
                |_| None
            ));
        }
        if once.ms > self.now_ms.saturating_add(ahead_ms) {
            return Err(Error::ClockSkew(AHEAD));
        }
        if mutant!(OnceWithoutBound, self.ids.len() as u64 >= ids, false) {
            return Err(Error::TryAgain(TOO_MANY));
        }
        Ok(None)
    }

    fn keep(&mut self, once: &Once<'_>, answer: &Answer, position: AgreedPosition) {
        let (reply, by) = (&answer.reply, answer.by);
        let kept = Kept::encode(once.fingerprint(), position, reply, by);
        self.insert(Id::of(once), kept.into(), position);
    }

    fn insert(&mut self, id: Id, kept: Box<[u8]>, position: AgreedPosition) {
        self.bytes += counted(&id, &kept);
        self.sum = self.sum.wrapping_add(hash(&id, &kept));
        self.last = self.last.max(position);
        self.ids.insert(id, kept);
    }

    /// A write is about to run: forgets a few ids that are too old.
    pub(super) fn forget_old(&mut self) {
        let oldest_ms = self.now_ms.saturating_sub(self.limits.retention_ms);
        self.oldest_ms = self.oldest_ms.max(oldest_ms);
        for _ in 0..FORGOTTEN_MAX {
            if !self.ids.first_key_value().is_some_and(|(id, _)| self.is_old(id.ms)) {
                return;
            }
            let Some((id, kept)) = self.ids.pop_first() else { return };
            self.bytes -= counted(&id, &kept);
            self.sum = self.sum.wrapping_sub(hash(&id, &kept));
            if let Some(walk) = &mut self.walk {
                walk.on_forgotten(&id, &kept);
            }
        }
    }

    /// Another table takes the place of this one, which goes in pieces.
    pub(super) fn replace(&mut self, other: Table) {
        let old = std::mem::replace(self, other);
        self.garbage = old.garbage;
        self.garbage.push(old.ids);
    }

    /// Gives back some of the memory of what was replaced.
    pub(super) fn clean_up(&mut self, mut most: u64) {
        while let Some(old) = self.garbage.last_mut()
            && most > 0
        {
            most -= 1;
            if old.pop_first().is_none() {
                self.garbage.pop();
            }
        }
    }

    pub(super) fn has_garbage(&self) -> bool {
        !self.garbage.is_empty()
    }

    // Snapshots.

    /// From now on what is forgotten is kept, until a walk has seen it all.
    pub(super) fn begin_walk(&mut self) {
        let follows = !self.is_limited
            && self.oldest_ms <= self.now_ms.saturating_sub(self.limits.retention_ms);
        let limits = (!follows).then_some((self.limits, self.oldest_ms));
        let (point, past, forgotten) = (self.last, None, vec![]);
        self.walk = Some(Walk { point, past, limits, over: false, forgotten });
    }

    pub(super) fn end_walk(&mut self) {
        self.walk = None;
    }

    /// What is kept for a walk, in bytes.
    pub(super) fn kept_bytes(&self) -> usize {
        self.walk.as_ref().map_or(0, |walk| walk.forgotten.len())
    }

    /// Goes on with the walk, over about so many ids or bytes: appends a record of what it sees.
    /// Gives how many records these are; `None`: it was over.
    pub(super) fn walk_on(&mut self, most: usize, bytes: usize, out: &mut Vec<u8>) -> Option<u64> {
        let walk = self.walk.as_mut().filter(|walk| !walk.over)?;
        if let Some((limits, oldest_ms)) = walk.limits.take() {
            let record = Open::agreed_once(out);
            put_limits(limits, oldest_ms, out);
            record.end(out);
            return Some(1);
        }
        let from = walk.past.take().map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.ids.range((from, Bound::Unbounded)).peekable();
        if walk.forgotten.is_empty() && rest.peek().is_none() {
            walk.over = true;
            return None;
        }
        let record = Open::agreed_once(out);
        out.push(IDS);
        out.append(&mut walk.forgotten);
        for (id, kept) in rest.by_ref().take(most) {
            let is_of_point = Kept::position_of(kept) <= walk.point;
            if is_of_point {
                id.encode(kept, out);
            }
            walk.past = Some(id.clone());
            if record.length(out) >= bytes {
                break;
            }
        }
        walk.over = rest.peek().is_none();
        record.end(out);
        Some(1)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        match reader.byte()? {
            LIMITS => {
                (self.limits, self.oldest_ms) = read_limits(&mut reader)?;
                self.is_limited = true;
                return reader.end();
            }
            IDS => {}
            _ => return Err(Malformed),
        }
        while !reader.is_empty() {
            let (ms, name, kept) = (reader.uint()?, reader.bytes()?.into(), reader.bytes()?);
            let position = Kept::decode(kept)?.position;
            let id = Id { ms, name };
            if self.ids.contains_key(&id) {
                return Err(Malformed);
            }
            self.insert(id, kept.into(), position);
        }
        Ok(())
    }
}

#[cfg(feature = "mutants")]
impl State {
    /// What is too old is so by a clock of this node.
    pub(in crate::agreed) fn read_clock_for_once(&mut self, wall_ms: u64) {
        self.once.advance_to(wall_ms);
    }
}

impl Walk {
    fn on_forgotten(&mut self, id: &Id, kept: &[u8]) {
        let is_past = self.over || self.past.as_ref().is_some_and(|past| id <= past);
        if !is_past && Kept::position_of(kept) <= self.point {
            id.encode(kept, &mut self.forgotten);
        }
    }
}

fn put_limits(limits: OnceLimits, oldest_ms: u64, out: &mut Vec<u8>) {
    out.push(LIMITS);
    let OnceLimits { retention_ms, ids, ahead_ms } = limits;
    [retention_ms, ids, ahead_ms, oldest_ms].iter().for_each(|number| put_uint(out, *number));
}

fn read_limits(reader: &mut Reader<'_>) -> Result<(OnceLimits, u64), Malformed> {
    let (retention_ms, ids, ahead_ms) = (reader.uint()?, reader.uint()?, reader.uint()?);
    Ok((OnceLimits { retention_ms, ids, ahead_ms }, reader.uint()?))
}

fn counted(id: &Id, kept: &[u8]) -> u64 {
    let values = Kept::decode(kept).expect(CHECKED).values_bytes();
    (ID_BYTES + id.name.len() + values) as u64
}

fn hash(id: &Id, kept: &[u8]) -> u64 {
    let mut bytes = vec![];
    id.encode(kept, &mut bytes);
    xxh3_64(&bytes)
}

const CHECKED: &str = "what is kept was encoded here, or read when it was loaded";

const TOO_OLD: &str = "the id of ONCE is older than ids are kept: the command does not run now, and nobody knows whether it ran \
                       before. Read before you send it under a new id";
const NOT_KEPT: &str = "the command ran once, and its answer was too long to be kept (64 KiB): it does not run again. Read what it left";
const OTHER_COMMAND: &str = "the id of ONCE was used for another command, which has run; this one does not. Hint: a new id for \
                             each command";
const AHEAD: &str = "the id of ONCE is ahead of the time in the log by more than clocks may differ; the command did not run. \
                     Hint: look at the clock of this client, and that the id begins with milliseconds";
const TOO_MANY: &str = "too many ids of ONCE are kept; the command did not run. They are forgotten as they become older";

impl Ran {
    fn refused(error: Error, position: AgreedPosition) -> Ran {
        Ran { answer: Answer::blindly(Reply::Error(error)), steps: 0, bytes: 0, position }
    }
}
