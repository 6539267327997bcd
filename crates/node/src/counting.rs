//! Reads of very many keys: they are counted in pieces, so that nobody waits for them, and as of one place in the order.
//!
//! While a count goes on, entries are applied and others are answered. A key that comes or goes meanwhile is noted with what it
//! was when the count began (a pre-image), so that the count sees one state. One read is counted at a time.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::agreed::Read;
use crate::api::{Certificate, SessionId};
use crate::keys::Point;
use crate::session::Waiter;

/// A read of more keys than this is counted in pieces.
pub(crate) const LONG_KEYS: usize = 512;
/// How many keys may come and go during a count. Beyond that nothing is applied until it is done.
const NOTED_MAX: usize = 16_384;

/// What keys that came or went since a count began were then.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    on: bool,
    before: HashMap<Box<[u8]>, bool, FixedState>,
}

impl Watch {
    pub(crate) fn begin(&mut self) {
        self.on = true;
    }

    pub(crate) fn end(&mut self) {
        *self = Watch::default();
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

    /// Whether no more may come and go before the count is done.
    pub(crate) fn is_full(&self) -> bool {
        self.before.len() >= NOTED_MAX
    }
}

/// The reads that wait to be counted, and the one that is.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    waiting: VecDeque<Read>,
    pub(crate) current: Option<Count>,
}

/// A count that goes on.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) read: Read,
    /// Where among its keys it stands.
    pub(crate) at: Point,
    pub(crate) found: i64,
    /// Where it stands in the order, if its waiter wants to know.
    pub(crate) certificate: Option<Certificate>,
}

impl Counts {
    pub(crate) fn push(&mut self, read: Read) {
        self.waiting.push_back(read);
    }

    /// The next read to count.
    pub(crate) fn next(&mut self) -> Option<Read> {
        self.waiting.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
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

    fn take_out(&mut self, which: impl Fn(&Waiter) -> bool) -> Vec<Waiter> {
        let current = self.current.take_if(|count| which(&count.read.waiter));
        let mut out: Vec<_> = current.map(|count| count.read.waiter).into_iter().collect();
        self.waiting.retain(|read| {
            let goes = which(&read.waiter);
            if goes {
                out.push(read.waiter.clone());
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
