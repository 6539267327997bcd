//! What writes come to that look at what is there, before they are in an entry: increments, and
//! the commands of a transaction.
//!
//! An answer stands where the entry stands: behind what this replica has applied and all that it
//! has written, and nothing else. By the time the entry is on disk more may be applied. So each
//! increment is added up when its entry is made, and one that cannot be done is refused then: it is
//! in no entry, and certainly does not run. The reads of a transaction are answered then as well:
//! else its writes could depend on what their entry does not name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;

use super::entry::{self, Header};
use super::hlc::Stamp;
use super::log::Log;
use super::register::{Increment, Register};
use super::state::State;
use super::writer::Writer;
use crate::commands::{self, Command, Listed, Merging, NOT_AN_INTEGER, Replies, View, Write};
use crate::ids::NodeId;
use crate::reply::{Error, Reply};
use crate::store::{Cursor, Value};
use crate::wire::codec::Reader;

/// The keys that something is about to look at, as all own writes so far leave them.
#[derive(Debug, Default)]
pub(super) struct Foreseen {
    /// Nothing: as the state has it.
    keys: BTreeMap<Vec<u8>, Option<Left>>,
}

/// What own writes leave of a key that are not applied.
#[derive(Debug)]
struct Left {
    register: Register<'static>,
    /// What a read shows, once one is about to: replies share it.
    shown: Option<Bytes>,
}

impl Left {
    fn of(register: Register<'static>) -> Left {
        Left { register, shown: None }
    }

    fn is_there(&self) -> bool {
        self.register.is_counter() || self.register.base().is_some()
    }

    /// Somebody is about to read it.
    fn show(&mut self) {
        if self.shown.is_none() {
            let number = self.register.number().filter(|_| self.register.is_counter());
            let counted = number.map(|number| number.to_string().into());
            let base = || self.register.base().map(Bytes::copy_from_slice);
            self.shown = counted.or_else(base);
        }
    }

    fn value(&self) -> Option<Value<'_>> {
        self.shown.as_ref().map(Value::Great)
    }

    /// Whether it is a counter beyond 64 bits.
    fn is_beyond(&self) -> bool {
        let number = self.register.number().filter(|_| self.register.is_counter());
        number.is_some_and(|number| i64::try_from(number).is_err())
    }
}

/// The answer of an increment.
#[derive(Debug)]
pub(super) struct Foretold {
    pub(super) number: i64,
    /// The SET or DEL that it saw.
    pub(super) winner: Option<Writer>,
}

/// What becomes of a transaction: its replies, and its writes as an entry has them.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) reply: Reply,
    pub(super) writes: Vec<u8>,
    /// How many these are.
    pub(super) count: u32,
}

impl Foreseen {
    /// As it is before the writes that wait, of which these look at what is there. Own entries on
    /// their way to the disk count: they are not applied, and what follows stands behind them in
    /// the log.
    pub(super) fn of<'a>(
        me: NodeId,
        looking: impl Iterator<Item = &'a Bytes>,
        log: &Log,
        state: &State,
    ) -> Foreseen {
        let mut foreseen = Foreseen::default();
        for write in looking {
            for key in read(write).all_keys() {
                if !foreseen.keys.contains_key(key) {
                    foreseen.keys.insert(key.to_vec(), None);
                }
            }
        }
        if !foreseen.keys.is_empty() {
            for entry in log.unapplied_of(me) {
                entry::for_each(entry, |header, offset, write| {
                    write.merge(&mut foreseen.beside(state, header, offset, true));
                });
            }
        }
        foreseen
    }

    /// The next write of an entry: what it comes to, if it is an increment.
    ///
    /// # Errors
    /// An increment that cannot be done.
    pub(super) fn write(
        &mut self,
        header: &Header,
        offset: u32,
        write: &[u8],
        state: &State,
    ) -> Result<Option<Foretold>, Error> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        self.merge(header, offset, &read(write), state).map(|(foretold, _)| foretold)
    }

    /// A transaction, whose writes are the next ones of an entry. What it refuses is left out of
    /// that, and changes nothing anywhere.
    pub(super) fn transaction(
        &mut self,
        header: &Header,
        offset: u32,
        list: &[u8],
        state: &State,
    ) -> Transaction {
        let list = read(list);
        let (mut replies, mut writes, mut count) = (Replies::default(), vec![], 0);
        for command in list.listed() {
            let (write, bytes) = match command {
                Listed::Read(command) => {
                    replies.push(self.read(&command, state), false);
                    continue;
                }
                Listed::Write(write, bytes) => (write, bytes),
            };
            let place = mutant!(ListedAtOnePlace, offset + count, offset);
            let reply = match self.merge(header, place, &write, state) {
                Ok((foretold, reply)) => {
                    commands::encode_listed(list.keyspace(), bytes, &mut writes);
                    count += 1;
                    foretold.map_or(reply, |foretold| Reply::Integer(foretold.number))
                }
                Err(error) => Reply::Error(error),
            };
            replies.push(reply, true);
        }
        Transaction { reply: replies.into_reply(), writes, count }
    }

    /// What a read sees of the keys that were looked for, and of no others.
    fn read(&mut self, command: &Command, state: &State) -> Reply {
        let mut is_beyond = false;
        for key in command.keys() {
            is_beyond |= match self.keys.get_mut(key) {
                Some(Some(left)) => {
                    left.show();
                    left.is_beyond()
                }
                _ => state.is_beyond(key),
            };
        }
        if is_beyond && command.shows_values() {
            return Reply::Error(Error::Invalid(super::BEYOND.into()));
        }
        let ahead = Ahead { foreseen: self, state };
        command.read(mutant!(ListReadsApplied, &ahead as &dyn View, state as &dyn View), 0)
    }

    fn merge(
        &mut self,
        header: &Header,
        offset: u32,
        write: &Write<'_>,
        state: &State,
    ) -> Result<(Option<Foretold>, Reply), Error> {
        let mut beside = self.beside(state, header, offset, false);
        let reply = write.merge(&mut beside);
        beside.told.map(|foretold| (foretold, reply))
    }

    fn beside<'e>(
        &'e mut self,
        state: &'e State,
        header: &'e Header,
        offset: u32,
        is_logged: bool,
    ) -> Beside<'e> {
        Beside { keys: &mut self.keys, state, header, offset, is_logged, told: Ok(None) }
    }
}

fn read(write: &[u8]) -> Write<'_> {
    commands::decode(&mut Reader::new(write)).expect("a write is encoded as it is read")
}

/// The state, and on it what own writes leave that are not applied.
struct Ahead<'e> {
    foreseen: &'e Foreseen,
    state: &'e State,
}

impl View for Ahead<'_> {
    fn get(&self, key: &[u8]) -> Option<Value<'_>> {
        match self.foreseen.keys.get(key) {
            Some(Some(left)) => left.value(),
            _ => self.state.get(key),
        }
    }

    fn touch(&self, _: &[&[u8]]) {}

    fn keys(&self) -> u64 {
        self.state.keys()
    }

    /// A transaction reads keys that it names.
    fn walk(&self, _: Cursor, _: usize, _: &mut dyn FnMut(&[u8]) -> bool) -> Option<Cursor> {
        None
    }
}

/// A write that is merged into what is foreseen.
struct Beside<'e> {
    keys: &'e mut BTreeMap<Vec<u8>, Option<Left>>,
    state: &'e State,
    header: &'e Header,
    offset: u32,
    /// Whether it stands in the log: then it counts, whatever it comes to, and was told when its
    /// entry was made.
    is_logged: bool,
    told: Result<Option<Foretold>, Error>,
}

impl Beside<'_> {
    fn stamp(&self) -> Stamp {
        Stamp { clock: self.header.clock, replica: self.header.origin, offset: self.offset }
    }

    /// A SET or DEL: whether the key had a value before.
    fn leave(&mut self, key: &[u8], value: Option<&[u8]>) -> bool {
        let by = Writer { stamp: self.stamp(), place: self.header.place };
        let Some(left) = self.keys.get_mut(key) else { return false };
        let value = value.map(|value| Cow::Owned(value.to_vec()));
        if let Some(left) = left {
            let had_value = left.is_there();
            left.register.write(by, value);
            left.shown = None;
            return had_value;
        }
        let winner = self.state.written(key).map(|(stamp, _)| stamp);
        if winner.is_none_or(|winner| winner < by.stamp) {
            *left = Some(Left::of(Register::written(by, value)));
        }
        self.state.get(key).is_some()
    }
}

impl<'a> Merging<'a> for Beside<'_> {
    fn set(&mut self, key: &'a [u8], value: &'a [u8]) {
        self.leave(key, Some(value));
    }

    fn remove(&mut self, keys: &mut dyn Iterator<Item = &'a [u8]>) -> usize {
        keys.filter(|key| self.leave(key, None)).count()
    }

    fn add(&mut self, key: &'a [u8], amount: i128) {
        let stamp = self.stamp();
        let Some(left) = self.keys.get_mut(key) else { return };
        let known = || Left::of(self.state.known(key));
        let left = left.get_or_insert_with(known);
        let register = &mut left.register;
        let Header { place, after, .. } = self.header;
        let increment = Increment { stamp, place: *place, after };
        left.shown = None;
        if mutant!(LoggedIncrementRefused, self.is_logged, false) {
            register.add(&increment, amount);
            return;
        }
        let sum = register.number().map(|number| i64::try_from(number + amount));
        self.told = match mutant!(IncrementUnchecked, sum, sum.or(Some(Ok(0)))) {
            None => Err(Error::Invalid(NOT_AN_INTEGER.into())),
            Some(Err(_)) => Err(Error::Invalid(OVERFLOW.into())),
            Some(Ok(number)) => {
                let winner = register.writer();
                register.add(&increment, amount);
                Ok(Some(Foretold { number, winner }))
            }
        };
    }
}

pub(super) const OVERFLOW: &str = "increment or decrement would overflow";

#[cfg(test)]
mod tests;
