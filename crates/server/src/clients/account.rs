//! What all connections hold together: unanswered requests, unsent replies, and requests that have
//! not come whole.
//!
//! Of this there is one limit. Beyond half of it, no connection that holds more than its share is
//! read from until it holds less. What brings the sum over the limit all the same (clients that do
//! not read, or that send half a request each) closes the connection that holds most, then the
//! next.
//!
//! A long value that is being sent is the store's own, not a copy: it counts only if the store has
//! let go of it since. Whether it has is looked at when it would make a difference.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;

use super::session::{Charge, Session};
use crate::logging::warn_some;
use crate::mutants::mutant;

/// How long what was found out about values that the store may hold is good at least, in
/// milliseconds.
const LOOK_MS: u64 = 200;
/// So many times as long as it took to find out is it good: where very much is owed, the loop has
/// time for the rest.
const LOOK_TIMES: u64 = 20;

/// The sum over all connections.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What all connections may hold together, in bytes.
    held_max: usize,
    owned: Cell<usize>,
    shared: Cell<usize>,
    /// When was last looked who holds the shared values.
    looked_ms: Cell<u64>,
    /// How long that is good.
    good_ms: Cell<u64>,
    /// Whether there is little room for more.
    crowded: Cell<bool>,
    /// How many were closed because they held too much.
    evicted: Cell<u64>,
}

impl Account {
    /// Of connections that may hold so many bytes together.
    pub(super) fn new(held_max: usize) -> Account {
        Account { held_max, ..Account::default() }
    }

    /// What is left after connections were closed because it was more: so that not every byte
    /// closes one.
    fn held_left(&self) -> usize {
        self.held_max / 16 * 15
    }

    /// From here on, a connection that holds more than its share is not read from …
    fn crowded_bytes(&self) -> usize {
        self.held_max / 2
    }

    /// … until there is so little.
    fn quiet_bytes(&self) -> usize {
        self.held_max / 4
    }

    /// Takes note of what a connection holds now.
    pub(super) fn charge(&self, session: &Session, now: Charge) {
        let before = session.charge.replace(now);
        self.owned.set(self.owned.get() + now.owned - before.owned);
        self.shared.set(self.shared.get() + now.shared - before.shared);
    }

    /// How many were closed because they held too much.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted.get()
    }

    /// Whether a connection that holds more than its share is to wait, of so many.
    pub(super) fn is_crowded(&self, session: &Session, count: usize) -> bool {
        self.crowded.set(self.crowded.get() || self.owned.get() > self.crowded_bytes());
        self.crowded.get() && session.charge.get().owned > self.crowded_bytes() / count.max(1)
    }

    /// Whether those that waited need not wait any more.
    pub(super) fn has_calmed_down(&self) -> bool {
        self.crowded.get() && self.owned.get() < self.quiet_bytes() && {
            self.crowded.set(false);
            true
        }
    }

    /// Whether it may be that all together hold too much.
    pub(super) fn may_be_overdrawn(&self) -> bool {
        self.owned.get() + self.shared.get() > self.held_max
    }

    /// Whether it is to be looked into who holds how much.
    pub(super) fn is_overdrawn(&self, now_ms: u64) -> bool {
        let stale = now_ms >= self.looked_ms.get() + self.good_ms.get().max(LOOK_MS);
        self.owned.get() > self.held_max || (stale && self.may_be_overdrawn())
    }

    /// So many milliseconds it took to find out.
    pub(super) fn note_look(&self, took_ms: u64) {
        self.good_ms.set(mutant!(LooksAllTheTime, LOOK_TIMES * took_ms, 0));
    }

    /// Closes those that hold most until all together hold no more than they may.
    pub(super) fn settle(&self, sessions: &[Rc<Session>], now_ms: u64) {
        self.looked_ms.set(now_ms);
        let (orphaned, mut held) = orphans(sessions);
        held += self.owned.get();
        if held <= self.held_max {
            return;
        }
        let mut greediest: Vec<_> = std::iter::zip(sessions, orphaned)
            .map(|(session, orphaned)| (session.charge.get().owned + orphaned, session))
            .collect();
        greediest.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        for (bytes, session) in greediest {
            if held <= self.held_left() {
                return;
            }
            held = held.saturating_sub(bytes);
            self.evict(session, bytes);
        }
    }

    fn evict(&self, session: &Session, bytes: usize) {
        warn_some!(
            "closed the connection of {}, which held {} MiB of requests and replies: all connections together held more \
             than {} MiB",
            session.peer(),
            bytes >> 20,
            self.held_max >> 20
        );
        session.evict();
        self.charge(session, Charge::default());
        self.evicted.set(self.evicted.get() + 1);
    }
}

/// What each holds of values that the store has let go of, and what all hold of them together: many
/// may hold the same.
fn orphans(sessions: &[Rc<Session>]) -> (Vec<usize>, usize) {
    // Each value is held once for the time being, so that it shows whether somebody else holds it.
    let (mut values, mut places) = (Vec::<Bytes>::new(), HashMap::new());
    let mut take = |value: &mut Bytes| {
        let value = std::mem::take(value);
        let place = *places.entry((value.as_ptr(), value.len())).or_insert(values.len());
        if place == values.len() {
            values.push(value);
        }
        place
    };
    let taken: Vec<Vec<(usize, usize)>> = sessions
        .iter()
        .map(|session| {
            session.replies().shared_values().map(|(slot, value)| (slot, take(value))).collect()
        })
        .collect();
    let lengths: Vec<usize> =
        values.iter().map(|value| if value.is_unique() { value.len() } else { 0 }).collect();
    let each = std::iter::zip(sessions, taken).map(|(session, taken)| {
        let mut replies = session.replies();
        for (slot, place) in &taken {
            replies.give_back(*slot, values[*place].clone());
        }
        taken.iter().map(|(_, place)| lengths[*place]).sum()
    });
    (each.collect(), lengths.iter().sum())
}

#[cfg(test)]
mod tests {
    use node::{Reply, SessionId};
    use resp::Protocol;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn session(listener: &TcpListener, id: u64) -> Rc<Session> {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        Rc::new(Session::new(SessionId(id), stream.into_split().1, &crate::Bounds::default()))
    }

    /// The session holds this value once more, and is charged for it.
    fn hold(account: &Account, session: &Session, value: &Bytes) {
        {
            let mut replies = session.replies();
            let _unanswered = replies.ask(Protocol::Resp2, 1);
            let id = replies.ask(Protocol::Resp2, 1);
            replies.answer(id, Reply::Value(value.clone()), None);
        }
        account.charge(session, session.holds());
    }

    #[tokio::test]
    async fn a_value_counts_once_and_only_if_the_store_let_go_of_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sessions = [session(&listener, 1).await, session(&listener, 2).await];
        let account = Account::new(256 << 20);
        let stored = Bytes::from(vec![b'v'; 16 << 20]);
        for _ in 0..10 {
            hold(&account, &sessions[0], &stored);
            hold(&account, &sessions[1], &stored);
        }
        assert!(account.is_overdrawn(LOOK_MS), "it has to be looked into");
        account.settle(&sessions, LOOK_MS);
        assert!(!account.is_overdrawn(2 * LOOK_MS - 1), "that is good for a while");
        assert_eq!(account.evicted(), 0);
        assert_eq!(orphans(&sessions), (vec![0, 0], 0));
        drop(stored);
        assert_eq!(orphans(&sessions), (vec![160 << 20, 160 << 20], 16 << 20));
        account.settle(&sessions, LOOK_MS);
        assert_eq!(account.evicted(), 0, "they hold the same");
        for number in 0..20 {
            hold(&account, &sessions[1], &Bytes::from(vec![number; 16 << 20]));
        }
        account.settle(&sessions, LOOK_MS);
        assert_eq!(account.evicted(), 1);
        assert!(sessions[1].is_broken() && !sessions[0].is_broken(), "the greediest is closed");
        assert_eq!(sessions[1].charge.get(), Charge::default());
    }

    #[test]
    fn what_took_long_to_find_out_is_good_for_long() {
        let account = Account::new(1000);
        account.shared.set(1001);
        account.settle(&[], 1000);
        account.note_look(50);
        assert!(!account.is_overdrawn(1999), "it would take a quarter of the time");
        assert!(account.is_overdrawn(2000));
        account.note_look(1);
        assert!(account.is_overdrawn(1000 + LOOK_MS));
    }

    #[tokio::test]
    async fn less_memory_for_all_may_be_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sessions = [session(&listener, 1).await, session(&listener, 2).await];
        let account = Account::new(1000);
        account.charge(&sessions[0], Charge { owned: 400, shared: 0 });
        account.charge(&sessions[1], Charge { owned: 600, shared: 0 });
        assert!(!account.is_overdrawn(LOOK_MS));
        account.charge(&sessions[0], Charge { owned: 401, shared: 0 });
        assert!(account.is_overdrawn(LOOK_MS) && account.is_crowded(&sessions[1], 2));
        account.settle(&sessions, LOOK_MS);
        assert!(sessions[1].is_broken() && !sessions[0].is_broken(), "the greediest is closed");
    }

    #[tokio::test]
    async fn who_holds_more_than_its_share_waits_until_there_is_room() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (greedy, modest) = (session(&listener, 1).await, session(&listener, 2).await);
        let account = Account::new(256 << 20);
        account.charge(&greedy, Charge { owned: account.crowded_bytes(), shared: 0 });
        assert!(!account.is_crowded(&greedy, 2));
        account.charge(&modest, Charge { owned: 1, shared: 0 });
        assert!(account.is_crowded(&greedy, 2) && !account.is_crowded(&modest, 2));
        account.charge(&greedy, Charge { owned: account.quiet_bytes(), shared: 0 });
        assert!(!account.has_calmed_down());
        account.charge(&greedy, Charge { owned: account.quiet_bytes() / 2, shared: 0 });
        assert!(account.has_calmed_down());
        assert!(!account.has_calmed_down(), "once");
    }
}
