//! Reads of very many keys: they are counted in pieces, so that nobody waits for them, and as of
//! one place in the order.
//!
//! While a count goes on, entries are applied and others are answered. A key that comes or goes
//! meanwhile is noted with what it was when the count began (a pre-image), so that the count sees
//! one state. One read is counted at a time.

use std::collections::VecDeque;

use bytes::Bytes;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::api::Order;
use crate::commands::{Command, Effect, Point, fits_exactly};
use crate::copies::Copies;
use crate::ids::SessionId;
use crate::position::Certificate;
use crate::reply::{Error, Reply};
use crate::session::{Read, Waiter};
use crate::store::Cursor;

/// A read of more keys than this is counted in pieces.
pub(crate) const LONG_KEYS: usize = 512;
/// How many keys may come and go during a count. Beyond that nothing is applied until it is done.
const NOTED_MAX: usize = 16_384;

/// What keys that came or went since a count began were then.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    on: bool,
    before: HashMap<Box<[u8]>, bool, FixedState>,
    /// How many of them are no news: the count begins with them.
    first: usize,
}

impl Watch {
    pub(crate) fn begin(&mut self) {
        self.on = true;
    }

    /// What was noted so far does not stand in the state that is counted.
    pub(crate) fn begun(&mut self) {
        self.first = self.before.len();
    }

    pub(crate) fn end(&mut self) {
        *self = Watch::default();
    }

    /// What is there is kept as it is until the count ends: nothing more need be noted.
    pub(crate) fn freeze(&mut self) {
        self.on = false;
    }

    /// A key comes or goes: whether it existed so far.
    pub(crate) fn note(&mut self, key: &[u8], existed: bool) {
        if self.on && !self.before.contains_key(key) {
            self.before.insert(key.into(), existed);
        }
    }

    /// Whether a key existed when the count began, if it came or went since.
    pub(crate) fn existed(&self, key: &[u8]) -> Option<bool> {
        if self.before.is_empty() { None } else { self.before.get(key).copied() }
    }

    /// Whether a count goes on.
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// Keys that existed when the count began, and came or went since.
    pub(crate) fn gone(&self) -> impl Iterator<Item = &[u8]> {
        self.before.iter().filter(|(_, existed)| **existed).map(|(key, _)| &key[..])
    }

    /// Whether no more may come and go before the count is done.
    pub(crate) fn is_full(&self) -> bool {
        self.before.len() >= self.first + NOTED_MAX
    }
}

/// A state that can be looked at as it was when a count began.
pub(crate) trait Past {
    /// A count begins now.
    fn begin(&mut self);
    /// It is over.
    fn end(&mut self);
    fn watch(&self) -> &Watch;
    /// Whether a key is there, by the time when the count began. What came or went since, the watch
    /// has noted.
    fn holds(&self, key: &[u8]) -> bool;
    /// Calls `each` with the keys that are there likewise, from a place on, up to about so many.
    /// Gives back where to go on.
    fn walk_held(&self, from: Cursor, most: usize, each: &mut dyn FnMut(&[u8])) -> Option<Cursor>;

    /// Whether a key existed.
    fn existed(&self, key: &[u8]) -> bool {
        self.watch().existed(key).unwrap_or_else(|| self.holds(key))
    }

    /// Calls `each` with the keys that existed from a place on, up to about so many. Gives back
    /// where to go on.
    fn keys_from(&self, from: Cursor, most: usize, each: &mut dyn FnMut(&[u8])) -> Option<Cursor> {
        let next = self.walk_held(from, most, &mut |key| {
            if self.watch().existed(key) != Some(false) {
                each(key);
            }
        });
        let here = |key: &[u8]| {
            let place = Cursor::of(key);
            place >= from && next.is_none_or(|next| place < next)
        };
        let gone = self.watch().gone().filter(|key| here(key) && !self.holds(key));
        gone.for_each(each);
        next
    }
}

/// The reads that wait to be counted, and the one that is.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    waiting: VecDeque<LongRead>,
    pub(crate) current: Option<Count>,
    copies: Copies,
}

/// A read that takes long, over a keyspace of this order.
#[derive(Debug)]
pub(crate) struct LongRead {
    pub(crate) read: Read,
    pub(crate) order: Order,
}

/// A count that goes on.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) read: Read,
    pub(crate) order: Order,
    pub(crate) progress: Progress,
    /// Where it stands in the order, if its waiter wants to know.
    pub(crate) certificate: Option<Certificate>,
}

/// How far a count is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Where among its keys it stands, and how many of those before existed.
    Keys(Point, i64),
    /// Where in the walk over all keys it stands, which of those before fit, and what these take.
    All(Cursor, Vec<Reply>, usize),
}

/// So much may a list of keys take.
const LISTED_BYTES_MAX: usize = 64 << 20;

fn too_many_keys() -> Reply {
    Reply::Error(Error::Invalid(format!(
        "the keys that fit take more than {} MiB: use SCAN",
        LISTED_BYTES_MAX >> 20
    )))
}

impl Progress {
    /// That of a read that has just begun.
    pub(crate) fn of(read: &Read) -> Progress {
        match read.command.effect() {
            Effect::List => Progress::All(Cursor::default(), vec![], 0),
            _ => Progress::Keys(Point::default(), 0),
        }
    }

    /// Goes on by so many steps at most: how many it took, and the reply if it is done.
    pub(crate) fn go_on(
        &mut self,
        read: &Read,
        past: &dyn Past,
        most: usize,
    ) -> (usize, Option<Reply>) {
        let arguments = read.command.args();
        match self {
            Progress::Keys(at, found) => {
                let (part, behind) = arguments.part(*at, most);
                *found += part.iter().filter(|key| past.existed(key)).count() as i64;
                *at = behind;
                let done = arguments.is_end(behind).then_some(Reply::Integer(*found));
                (part.len(), done)
            }
            Progress::All(at, found, bytes) => {
                let pattern = arguments.get(0);
                // Each key is held against all of the pattern.
                let most_keys = (most / (1 + pattern.len() / 64)).max(1);
                let next = past.keys_from(*at, most_keys, &mut |key| {
                    if *bytes <= LISTED_BYTES_MAX && fits_exactly(pattern, key) {
                        *bytes += size_of::<Reply>() + key.len();
                        found.push(Reply::Value(Bytes::copy_from_slice(key)));
                    }
                });
                *at = next.unwrap_or_default();
                if *bytes > LISTED_BYTES_MAX {
                    return (most, Some(too_many_keys()));
                }
                (most, next.is_none().then(|| Reply::Array(std::mem::take(found))))
            }
        }
    }
}

impl Counts {
    pub(crate) fn push(&mut self, read: Read, order: Order) {
        self.waiting.push_back(LongRead { read, order });
    }

    /// Takes in a read as it was asked for: it may wait here for a while.
    pub(crate) fn take_in(&mut self, waiter: Waiter, command: &Command, order: Order) {
        let command = self.copies.of_command(command);
        self.push(Read { waiter, command, choosing: None }, order);
    }

    /// The next read to count of an order that may be counted.
    pub(crate) fn next(&mut self, may_count: impl Fn(Order) -> bool) -> Option<LongRead> {
        let next = self.waiting.iter().position(|long| may_count(long.order))?;
        self.waiting.remove(next)
    }

    /// Whether the next turn can go on with one.
    pub(crate) fn has_more(&self, may_count: impl Fn(Order) -> bool) -> bool {
        self.current.is_some() || self.waiting.iter().any(|long| may_count(long.order))
    }

    /// How many reads wait.
    pub(crate) fn queued(&self) -> usize {
        self.waiting.len() + usize::from(self.current.is_some())
    }

    /// A connection is gone: nobody waits for its counts.
    pub(crate) fn close(&mut self, session: SessionId) {
        self.take_out(|waiter| waiter.session == session);
    }

    /// Takes out every read that waits since `oldest_ms` or longer.
    pub(crate) fn expire(&mut self, oldest_ms: u64) -> Vec<Waiter> {
        self.take_out(|waiter| waiter.since_ms <= oldest_ms)
    }

    /// Takes out every read whose command this says of, with the order of its keyspace.
    pub(crate) fn refuse(&mut self, which: impl Fn(&Command, Order) -> bool) -> Vec<Waiter> {
        self.take_out_if(|read, order| which(&read.command, order))
    }

    fn take_out(&mut self, which: impl Fn(&Waiter) -> bool) -> Vec<Waiter> {
        self.take_out_if(|read, _| which(&read.waiter))
    }

    fn take_out_if(&mut self, which: impl Fn(&Read, Order) -> bool) -> Vec<Waiter> {
        let current = self.current.take_if(|count| which(&count.read, count.order));
        let mut out: Vec<_> = current.map(|count| count.read.waiter).into_iter().collect();
        self.waiting.retain(|long| {
            let goes = which(&long.read, long.order);
            if goes {
                out.push(long.read.waiter.clone());
            }
            !goes
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_keeps_what_was_there_first() {
        let mut watch = Watch::default();
        watch.note(b"k", true);
        assert_eq!(watch.existed(b"k"), None, "nobody counts");
        watch.begin();
        watch.note(b"k", true);
        watch.note(b"k", false);
        assert_eq!((watch.existed(b"k"), watch.existed(b"l")), (Some(true), None));
        (1..NOTED_MAX).for_each(|n| watch.note(&n.to_be_bytes(), false));
        assert!(watch.is_full());
        watch.end();
        assert!(!watch.is_full() && watch.existed(b"k").is_none());
    }
}
