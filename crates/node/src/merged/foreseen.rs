//! What increments come to, before they are in an entry.
//!
//! An answer stands where the entry stands: behind what this replica has applied and all that it
//! has written, and nothing else. By the time the entry is on disk more may be applied. So each
//! increment is added up when its entry is made, and one that cannot be done is refused then: it is
//! in no entry, and certainly does not run.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;

use super::entry::{self, Header};
use super::hlc::Stamp;
use super::log::Log;
use super::register::{Increment, Register};
use super::state::State;
use super::writer::Writer;
use crate::commands::{self, Merging, NOT_AN_INTEGER};
use crate::ids::NodeId;
use crate::reply::Error;
use crate::wire::codec::Reader;

/// The keys to which something is about to be added, as all own writes so far leave them.
#[derive(Debug, Default)]
pub(super) struct Foreseen {
    keys: BTreeMap<Vec<u8>, Register<'static>>,
}

/// The answer of an increment.
#[derive(Debug)]
pub(super) struct Foretold {
    pub(super) number: i64,
    /// The SET or DEL that it saw.
    pub(super) winner: Option<Writer>,
}

impl Foreseen {
    /// As it is before the writes that wait. Own entries on their way to the disk count: they are
    /// not applied, and what follows stands behind them in the log.
    pub(super) fn of<'a>(
        me: NodeId,
        increments: impl Iterator<Item = &'a Bytes>,
        log: &Log,
        state: &State,
    ) -> Foreseen {
        let mut foreseen = Foreseen::default();
        for write in increments {
            let write = commands::decode(&mut Reader::new(write)).expect(READABLE);
            let key = write.first_key().expect("an increment has a key");
            if !foreseen.keys.contains_key(key) {
                foreseen.keys.insert(key.to_vec(), state.known(key));
            }
        }
        if !foreseen.keys.is_empty() {
            for entry in log.unapplied_of(me) {
                entry::for_each(entry, |header, offset, write| {
                    // They were told when they were made.
                    let _told = foreseen.merge(header, offset, &write);
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
    ) -> Result<Option<Foretold>, Error> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        let write = commands::decode(&mut Reader::new(write)).expect(READABLE);
        self.merge(header, offset, &write)
    }

    fn merge(
        &mut self,
        header: &Header,
        offset: u32,
        write: &commands::Write<'_>,
    ) -> Result<Option<Foretold>, Error> {
        let mut beside = Beside { keys: &mut self.keys, header, offset, told: Ok(None) };
        write.merge(&mut beside);
        beside.told
    }
}

/// A write that is merged into what is foreseen.
struct Beside<'e> {
    keys: &'e mut BTreeMap<Vec<u8>, Register<'static>>,
    header: &'e Header,
    offset: u32,
    told: Result<Option<Foretold>, Error>,
}

impl Beside<'_> {
    fn stamp(&self) -> Stamp {
        Stamp { clock: self.header.clock, replica: self.header.origin, offset: self.offset }
    }

    fn leave(&mut self, key: &[u8], value: Option<&[u8]>) {
        let by = Writer { stamp: self.stamp(), place: self.header.place };
        if let Some(register) = self.keys.get_mut(key) {
            register.write(by, value.map(|value| Cow::Owned(value.to_vec())));
        }
    }
}

impl<'a> Merging<'a> for Beside<'_> {
    fn set(&mut self, key: &'a [u8], value: &'a [u8]) {
        self.leave(key, Some(value));
    }

    fn remove(&mut self, keys: &mut dyn Iterator<Item = &'a [u8]>) -> usize {
        keys.for_each(|key| self.leave(key, None));
        0
    }

    fn add(&mut self, key: &'a [u8], amount: i128) {
        let stamp = self.stamp();
        let Some(register) = self.keys.get_mut(key) else { return };
        let Header { place, after, .. } = self.header;
        let sum = register.number().map(|number| i64::try_from(number + amount));
        self.told = match mutant!(IncrementUnchecked, sum, sum.or(Some(Ok(0)))) {
            None => Err(Error::Invalid(NOT_AN_INTEGER.into())),
            Some(Err(_)) => Err(Error::Invalid(OVERFLOW.into())),
            Some(Ok(number)) => {
                let winner = register.writer();
                register.add(&Increment { stamp, place: *place, after }, amount);
                Ok(Some(Foretold { number, winner }))
            }
        };
    }
}

const READABLE: &str = "a write is encoded as it is read";
const OVERFLOW: &str = "increment or decrement would overflow";
