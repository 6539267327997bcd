//! All sessions, by their ids.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use node::{Certificate, Reply, RequestId, SessionId};
use tokio::net::tcp::OwnedWriteHalf;

use super::Session;
use super::account::{Account, Charge};

/// The most connections at a time.
pub(crate) const CONNECTIONS_MAX: usize = 10_000;
/// The low bits of an id are a place in the table, the others make it unique.
const PLACE_BITS: u32 = 16;

/// The table of sessions.
///
/// Invariant: a session lies at the place that its id names, so finding it takes no search.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// How many there may be.
    count_max: usize,
    places: RefCell<Vec<Option<Rc<Session>>>>,
    free: RefCell<Vec<usize>>,
    /// How many there ever were.
    accepted: Cell<u64>,
    /// What all of them hold.
    account: Account,
    /// Those that have something to send at the end of the turn.
    touched: RefCell<Vec<Rc<Session>>>,
}

impl Sessions {
    /// None yet, and so many at most.
    pub(crate) fn new(count_max: usize) -> Sessions {
        Sessions { count_max: count_max.min(CONNECTIONS_MAX), ..Sessions::default() }
    }

    /// Whether there may be no more.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= self.count_max
    }

    /// A new session.
    pub(super) fn open(&self, stream: OwnedWriteHalf) -> Rc<Session> {
        assert!(!self.is_full(), "a place is looked for where there is one");
        let mut places = self.places.borrow_mut();
        let place = self.free.borrow_mut().pop().unwrap_or_else(|| {
            places.push(None);
            places.len() - 1
        });
        self.accepted.set(self.accepted.get() + 1);
        let id = SessionId(self.accepted.get() << PLACE_BITS | place as u64);
        let session = Rc::new(Session::new(id, stream));
        places[place] = Some(session.clone());
        session
    }

    /// Forgets a session.
    pub(crate) fn close(&self, id: SessionId) {
        let place = place(id);
        let session = self.places.borrow_mut()[place].take();
        let session = session.filter(|session| session.id() == id);
        let session = session.expect("a session is closed once");
        self.account.charge(&session, Charge::default());
        self.free.borrow_mut().push(place);
    }

    /// Takes the node's reply to one request. Replies to sessions that are gone are dropped.
    pub(crate) fn answer(
        &self,
        id: SessionId,
        request: RequestId,
        reply: Reply,
        certificate: Option<Box<Certificate>>,
    ) {
        let places = self.places.borrow();
        if let Some(Some(session)) = places.get(place(id))
            && session.id() == id
            && !session.is_broken()
        {
            session.answer(request, reply, certificate);
            self.touch(session);
        }
    }

    /// Notes that a session may have something to send at the end of the turn.
    pub(super) fn touch(&self, session: &Rc<Session>) {
        if !session.touched.replace(true) {
            self.touched.borrow_mut().push(session.clone());
        }
    }

    /// The end of the turn: one write for each session that has something to send.
    pub(crate) fn flush(&self) {
        for session in self.touched.borrow_mut().drain(..) {
            session.touched.set(false);
            session.flush();
            self.charge(&session);
        }
    }

    /// Takes note of what a session holds now.
    pub(super) fn charge(&self, session: &Session) {
        self.account.charge(session, session.holds());
    }

    /// Whether so much is held that this session, which holds more than its share, is not to ask more.
    pub(crate) fn is_crowded(&self, session: &Session) -> bool {
        self.account.is_crowded(session, self.count())
    }

    /// Whether those that waited because of that need not wait any more.
    pub(crate) fn has_calmed_down(&self) -> bool {
        self.account.has_calmed_down()
    }

    /// Closes those that hold most if all together hold too much.
    pub(crate) fn settle(&self, now_ms: impl FnOnce() -> u64) {
        if !self.account.may_be_overdrawn() {
            return;
        }
        let now_ms = now_ms();
        if self.account.is_overdrawn(now_ms) {
            let all: Vec<_> = self.places.borrow().iter().flatten().cloned().collect();
            self.account.settle(&all, now_ms);
        }
    }

    /// How many were closed because they held too much.
    pub(crate) fn evicted(&self) -> u64 {
        self.account.evicted()
    }

    /// Wakes the tasks of all sessions.
    pub(crate) fn wake_all(&self) {
        self.places.borrow().iter().flatten().for_each(|session| session.wake());
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.places.borrow().len() - self.free.borrow().len()
    }

    /// How many there may be.
    pub(crate) fn count_max(&self) -> usize {
        self.count_max
    }

    /// How many there ever were.
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.get()
    }
}

fn place(id: SessionId) -> usize {
    (id.0 & ((1 << PLACE_BITS) - 1)) as usize
}
