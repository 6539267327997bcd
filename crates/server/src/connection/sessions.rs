//! All sessions, by their ids.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use node::{Certificate, Reply, RequestId, SessionId};
use tokio::net::tcp::OwnedWriteHalf;

use super::Session;

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
        assert!(session.is_some_and(|session| session.id() == id), "a session is closed once");
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
        }
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
