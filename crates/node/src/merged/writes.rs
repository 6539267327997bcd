//! Own writes: gathered into entries, stamped, and handed to the disk. The writes of a transaction
//! stand in one entry, one behind the other, and an entry is applied as a whole: so nobody sees a
//! part of it.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Merged;
use super::entry::{self, Header};
use super::foreseen::{Foreseen, Foretold};
use crate::commands::{self, Command, Model};
use crate::ids::{Index, KeyspaceId};
use crate::keyspace::Keyspace;
use crate::limits::TURN_STEPS;
use crate::reply::{Error, Reply};
use crate::session::Waiter;
use crate::turn::Turn;
use crate::wire::codec::Reader;
use crate::wire::record::Record;
use crate::wire::version_vector::{Place, VersionVector};

/// The most keys in one entry, but for a single write of more: it is applied at once, here and at
/// every replica.
pub(super) const ENTRY_KEYS_MAX: usize = TURN_STEPS;
/// How long writes may gather while the disk is busy, in milliseconds.
const GATHER_MS_MAX: u64 = 20;
/// What increments and transactions are foreseen beside, at most, in bytes on their way to the
/// disk: to read so many takes about a millisecond.
const FORESEEN_BYTES_MAX: u64 = 256 << 10;

/// A write that waits for its entry.
#[derive(Debug)]
pub(super) struct Gathered {
    waiter: Waiter,
    /// As it is encoded.
    write: Bytes,
    /// How many keys it names.
    keys: usize,
    looks: Looks,
    /// Whether its keyspace is synced every second: then others of it may be shown before.
    is_interval: bool,
}

/// Whether a write looks at what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    Not,
    /// It is an increment.
    Adds,
    /// It is a transaction.
    List,
}

/// How many steps a transaction takes that names so many keys, but for what it answers.
fn list_steps(keys: usize) -> usize {
    1 + keys
}

/// Those of these writes that look at what is there, as far as a turn gets with so many steps for
/// transactions.
pub(super) fn looking(
    gathered: &VecDeque<Gathered>,
    mut steps: usize,
) -> impl Iterator<Item = &Bytes> {
    let are_begun = gathered.iter().take_while(move |next| {
        let is_begun = steps > 0;
        if next.looks == Looks::List {
            steps = steps.saturating_sub(list_steps(next.keys));
        }
        is_begun
    });
    are_begun.filter(|next| next.looks != Looks::Not).map(|next| &next.write)
}

/// Who asked for an own write that is on its way to the disk.
#[derive(Debug)]
pub(super) struct Asked {
    /// Nobody, once answered, or if others of its transaction stand behind it.
    pub(super) waiter: Option<Waiter>,
    pub(super) told: Told,
}

/// What an own write on its way to the disk is to be answered.
#[derive(Debug)]
pub(super) enum Told {
    /// What came of it when it is merged.
    Nothing,
    /// The answer of an increment.
    Sum(Foretold),
    /// The answer of a transaction, the last of whose writes it is.
    Transaction(Reply),
    /// The same of one that writes nothing, which stands there: it is answered behind the write
    /// before it.
    Reads(Reply, VersionVector),
}

impl Told {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Told::Nothing | Told::Sum(_) => 0,
            Told::Transaction(reply) | Told::Reads(reply, _) => reply.bytes(),
        }
    }
}

impl Merged {
    pub(crate) fn write(&mut self, waiter: Waiter, keyspace: &Keyspace, command: Command) {
        let command = mutant!(MergedListTorn, command, self.tear(&waiter, keyspace, command));
        let is_interval = keyspace.is_interval();
        if is_interval {
            self.write_behind();
        }
        let keys = command.key_count();
        let looks = match command.model() {
            Model::Increment => Looks::Adds,
            _ if command.is_list() => Looks::List,
            _ => Looks::Not,
        };
        let write = self.copies.encoded(keyspace.id, &command);
        self.gathered_bytes += write.len();
        self.gathered.push_back(Gathered { waiter, write, keys, looks, is_interval });
    }

    /// Answers what waits since `oldest_ms` or longer. What is not yet in an entry certainly did
    /// not run.
    pub(crate) fn expire(&mut self, oldest_ms: u64, turn: &mut Turn<'_>) {
        for asked in &mut self.waiters {
            if let Some(waiter) = asked.waiter.take_if(|waiter| waiter.since_ms <= oldest_ms) {
                let told = std::mem::replace(&mut asked.told, Told::Nothing);
                self.told_bytes -= told.bytes();
                if let Told::Reads(_, at) = told {
                    // It still stands for no write.
                    asked.told = Told::Reads(Reply::Nil, at);
                    turn.refuse_write(&waiter, Error::ClusterDown(NOT_SHOWN));
                    continue;
                }
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
        self.count_ordinary();
    }

    /// Some of what was gathered is gone.
    fn count_ordinary(&mut self) {
        if self.interval.ordinary > 0 {
            let left = self.gathered.iter().filter(|gathered| gathered.is_interval);
            self.interval.ordinary = left.count();
        }
    }

    /// Makes entries of what was gathered; true if something was done. `is_fetching`: this node
    /// fetches the state of another replica, so what it lacks need not be asked for.
    pub(crate) fn work(&mut self, is_fetching: bool, turn: &mut Turn<'_>) -> bool {
        if !is_fetching && !self.puts_off_too_much() && !turn.disk.lags_foreign() {
            self.repair.ask(&self.log, &self.inbox, turn);
        }
        self.overlay.forget_count();
        let applied = self.apply(turn);
        let goes_on = std::mem::take(&mut self.goes_on);
        if mutant!(UnmeasuredClockStamps, turn.clock_waits, false) {
            // Soon it is known whether this clock may be believed.
            return applied;
        }
        if mutant!(DriftCapIgnored, !turn.clock_agrees, false) {
            if turn.ending {
                // It was answered, and is stamped by what was seen of other clocks alone.
                self.gather(turn);
            }
            return self.refuse_gathered(&Error::ClockSkew(OFF_CLOCK), turn) || applied;
        }
        let has_gathered = self.gather(turn);
        let applied = applied || has_gathered;
        if self.gathered.is_empty() || (!goes_on && self.keeps_gathering(turn)) {
            return applied;
        }
        self.holds_looking = self.foresees_too_much(turn);
        self.gathering_since_ms = None;
        if self.interval.ordinary > 0 && self.has_full() {
            // What is shown already comes first.
            return match self.clock.has_next(turn.now.wall_ms) {
                true => applied,
                false => self.refuse_gathered(&Error::ClockSkew(BEYOND_STAMPS), turn) || applied,
            };
        }
        if !self.may_go_on(turn) {
            return applied;
        }
        let mut foreseen = self.foresee(turn);
        while self.may_go_on(turn) {
            let Some(clock) = self.clock.next(turn.now.wall_ms) else {
                return self.refuse_gathered(&Error::ClockSkew(BEYOND_STAMPS), turn);
            };
            self.write_entry(clock, &mut foreseen, turn);
        }
        mutant!(ShownBeforeSync, (), self.on_persisted(turn.disk.ticket(), turn));
        true
    }

    /// What those of the gathered writes see that look at what is there, unless they wait.
    fn foresee(&mut self, turn: &Turn<'_>) -> Foreseen {
        if self.holds_looking {
            return Foreseen::default();
        }
        let steps = turn.budget.transactions.left();
        self.settle_looked_at(steps);
        let looking = looking(&self.gathered, steps);
        Foreseen::of(self.me, looking, &self.log, &self.state)
    }

    /// Whether so much of what this replica wrote is on its way that to foresee what it leaves
    /// takes a turn too long. What looks at that waits, and what comes behind it: it is answered no
    /// sooner anyway.
    fn foresees_too_much(&self, turn: &Turn<'_>) -> bool {
        if turn.disk.unsynced_bytes() <= FORESEEN_BYTES_MAX {
            return false;
        }
        let mut bytes = 0;
        self.log.unapplied_of(self.me).any(|entry| {
            bytes += entry.len() as u64;
            bytes > FORESEEN_BYTES_MAX
        })
    }

    /// Whether the next of what was gathered may get into an entry now: what transactions are to be
    /// answered waits for the disk, and takes memory until then.
    fn may_go_on(&mut self, turn: &Turn<'_>) -> bool {
        let has_room = mutant!(ToldWithoutEnd, self.told_bytes <= self.limits.told_bytes, true);
        let next = self.gathered.front();
        let is_held = self.holds_looking && next.is_some_and(|next| next.looks != Looks::Not);
        let may = has_room && next.is_some() && !is_held;
        self.goes_on = may && turn.budget.transactions.is_spent();
        may && !self.goes_on
    }

    /// Refuses what is not yet in an entry: no stamp is made by a clock that is off, none beyond
    /// the last, and a full disk takes none; true if anyone was told so.
    pub(crate) fn refuse_gathered(&mut self, error: &Error, turn: &mut Turn<'_>) -> bool {
        self.gathering_since_ms = None;
        self.gathered_bytes = 0;
        self.interval.ordinary = 0;
        let gathered = std::mem::take(&mut self.gathered);
        for Gathered { waiter, .. } in &gathered {
            turn.refuse_write(waiter, error.clone());
        }
        !gathered.is_empty()
    }

    /// Refuses those that wait to be written whose keys have another keyspace now than they name:
    /// this says which a key may have.
    pub(crate) fn refuse_moved(
        &mut self,
        error: &Error,
        takes: impl Fn(KeyspaceId, &[u8]) -> bool,
        turn: &mut Turn<'_>,
    ) {
        self.gathered.retain(|Gathered { waiter, write, .. }| {
            let read = commands::decode(&mut Reader::new(write)).expect("it was encoded here");
            let keep = read.all_keys().all(|key| takes(read.keyspace(), key));
            if !keep {
                self.gathered_bytes -= write.len();
                turn.refuse_write(waiter, error.clone());
            }
            keep
        });
        self.count_ordinary();
    }

    pub(super) fn keeps_gathering(&mut self, turn: &Turn<'_>) -> bool {
        let now = turn.now.monotonic_ms;
        let since = *self.gathering_since_ms.get_or_insert(now);
        let has_room = self.gathered_bytes < self.limits.entry_bytes;
        turn.disk.is_busy() && now < since + GATHER_MS_MAX && has_room
    }

    /// What stands before the writes of the next own entry, with this clock in its stamps.
    pub(super) fn next_header(&self, clock: u64) -> Header {
        let previous = self.log.appended().get(self.me);
        let index = if previous.boot == self.boot { previous.index.next() } else { Index(1) };
        Header {
            origin: self.me,
            place: Place { boot: self.boot, index },
            previous,
            clock,
            after: self.log.applied().clone(),
        }
    }

    /// Makes one entry, with this clock in its stamps, unless all is refused that would be in it.
    fn write_entry(&mut self, clock: u64, foreseen: &mut Foreseen, turn: &mut Turn<'_>) {
        let header = self.next_header(clock);
        let ordinary = self.interval.ordinary;
        let mut writes = vec![];
        let (mut count, mut all_keys) = (0, 0);
        let mut fits = |next: &mut Gathered| {
            all_keys += next.keys;
            all_keys <= ENTRY_KEYS_MAX || all_keys == next.keys
        };
        while writes.len() < self.limits.entry_bytes
            && self.may_go_on(turn)
            && let Some(Gathered { waiter, write, keys, looks, is_interval }) =
                self.gathered.pop_front_if(&mut fits)
        {
            self.gathered_bytes -= write.len();
            self.interval.ordinary -= usize::from(is_interval);
            if looks == Looks::List {
                let list = foreseen.transaction(&header, count, &write, &self.state);
                let cost = (list_steps(keys), list.reply.bytes());
                let (steps, bytes) = mutant!(TransactionsInOneTurn, cost, (0, 0));
                turn.budget.transactions.spend(steps, bytes);
                writes.extend_from_slice(&list.writes);
                let before = count;
                count += list.count;
                self.await_transaction(waiter, list, &header, before, turn);
                if before > 0 && count == before {
                    // What it read is named by this entry, which must hold no more.
                    break;
                }
                continue;
            }
            match foreseen.write(&header, count, &write, &self.state) {
                Ok(sum) => {
                    writes.extend_from_slice(&write);
                    let told = sum.map_or(Told::Nothing, Told::Sum);
                    self.waiters.push_back(Asked { waiter: Some(waiter), told });
                    count += 1;
                }
                Err(error) => turn.refuse_write(&waiter, error),
            }
        }
        if count == 0 {
            return;
        }
        let bytes = entry::encode(&header, u64::from(count), &writes);
        mutant!(PushedBeforeSync, (), self.push(vec![bytes.clone()], turn));
        self.append(&header, bytes, turn);
        if self.interval.ordinary < ordinary {
            self.interval.ordinary_until = self.log.len();
        }
    }

    /// Appends an entry that fits, and hands it to the disk.
    pub(super) fn append(&mut self, header: &Header, bytes: Bytes, turn: &mut Turn<'_>) {
        let record = Record::Merged(bytes.clone());
        if header.origin == self.me {
            turn.disk.record(&record);
        } else if mutant!(ForeignNotKept, true, false) {
            turn.disk.record_foreign(&record);
        }
        self.take(header, bytes);
        let (ticket, count) = (turn.disk.ticket(), self.log.len());
        match self.syncing.back_mut() {
            Some(last) if last.0 == ticket => last.1 = count,
            _ => self.syncing.push_back((ticket, count)),
        }
    }
}

/// What only a planted bug does.
#[cfg(feature = "mutants")]
impl Merged {
    /// The first write of a transaction goes into an entry by itself; the rest.
    fn tear(&mut self, waiter: &Waiter, keyspace: &Keyspace, command: Command) -> Command {
        let [first, rest @ ..] = &command.listed()[..] else { return command };
        if rest.is_empty() || !first.is_write() {
            return command;
        }
        let nobody = Waiter { session: crate::ids::SessionId(u64::MAX), ..waiter.clone() };
        self.write(nobody, keyspace, first.clone());
        self.gathered.back_mut().expect("it was gathered").keys = ENTRY_KEYS_MAX;
        Command::list(rest).expect("they stood in a list")
    }
}

const UNKNOWN: &str =
    "the disk did not answer in time: the write may still happen; read before you retry";

const OFF_CLOCK: &str = "this node's clock is too far from those of most members to stamp a write; the write did not run. \
                         Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node";

const BEYOND_STAMPS: &str = "stamps end with the year 2199, and this node's clock, or a stamp that it has merged, is beyond that; the \
                             write did not run. Hint: set the clock, or write at another node";

const NOT_SHOWN: &str = "the disk did not answer in time, and the writes before it cannot be shown before that; the transaction only reads, and \
                         did not run";

const NOT_WRITTEN: &str = "the write was not written in time; it did not run";
