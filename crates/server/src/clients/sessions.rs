//! All sessions, by their ids.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use node::{Certificate, Reply, RequestId, SessionId};
use tokio::net::tcp::OwnedWriteHalf;

use super::account::Account;
use super::session::{Charge, Session};
use crate::Bounds;
use crate::mutants::mutant;

/// What all of them together are sent in one turn, in bytes: about a millisecond's worth.
const FLUSH_BYTES_MAX: usize = 4 << 20;
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
    bounds: Bounds,
    /// What all of them hold.
    account: Account,
    /// Those that have something to send at the end of the turn.
    touched: RefCell<VecDeque<Rc<Session>>>,
}

impl Sessions {
    /// None yet, and so many at most; what they may ask and hold is limited so.
    pub(crate) fn new(count_max: usize, bounds: &Bounds) -> Sessions {
        Sessions {
            count_max,
            account: Account::new(bounds.clients_bytes as usize),
            bounds: bounds.clone(),
            ..Sessions::default()
        }
    }

    /// Whether there may be no more.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= self.count_max
    }

    /// A new session.
    pub(crate) fn open(&self, stream: OwnedWriteHalf) -> Rc<Session> {
        assert!(!self.is_full(), "a place is looked for where there is one");
        let mut places = self.places.borrow_mut();
        let place = self.free.borrow_mut().pop().unwrap_or_else(|| {
            places.push(None);
            places.len() - 1
        });
        self.accepted.set(self.accepted.get() + 1);
        let id = SessionId(self.accepted.get() << PLACE_BITS | place as u64);
        let session = Rc::new(Session::new(id, stream, &self.bounds));
        places[place] = Some(session.clone());
        session
    }

    /// Forgets a session.
    pub(crate) fn close(&self, id: SessionId) {
        let place = place(id);
        let session = self.places.borrow_mut()[place].take();
        let session = session.filter(|session| session.id() == id);
        let session = session.expect("a session is closed once");
        session.set_closed();
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
            && mutant!(ReplyToWhoCameAfter, session.id() == id, true)
            && !session.is_broken()
        {
            session.answer(request, reply, certificate);
            self.touch(session);
        }
    }

    /// Notes that a session may have something to send at the end of the turn.
    pub(super) fn touch(&self, session: &Rc<Session>) {
        if !session.touched.replace(true) {
            self.touched.borrow_mut().push_back(session.clone());
        }
    }

    /// The end of the turn: one write for each session that has something to send, until that is
    /// much together. True if some are left for the next turn.
    pub(crate) fn flush(&self) -> bool {
        let mut left = FLUSH_BYTES_MAX;
        while left > 0
            && let Some(session) = self.pop_touched()
        {
            left -= session.flush(left);
            self.charge(&session);
            if session.has_unsent() {
                // The others come first.
                mutant!(SentInOneTurnOnly, self.touch(&session), {});
            }
        }
        !self.touched.borrow().is_empty()
    }

    fn pop_touched(&self) -> Option<Rc<Session>> {
        let session = self.touched.borrow_mut().pop_front()?;
        session.touched.set(false);
        Some(session)
    }

    /// Takes note of what a session holds now.
    pub(super) fn charge(&self, session: &Session) {
        self.account.charge(session, session.holds());
    }

    /// Whether so much is held that this session, which holds more than its share, is not to ask
    /// more.
    pub(crate) fn is_crowded(&self, session: &Session) -> bool {
        self.account.is_crowded(session, self.count())
    }

    /// Whether those that waited because of that need not wait any more.
    pub(crate) fn has_calmed_down(&self) -> bool {
        self.account.has_calmed_down()
    }

    /// Closes those that hold most if all together hold too much.
    pub(crate) fn settle(&self, now_ms: impl Fn() -> u64) {
        if !self.account.may_be_overdrawn() {
            return;
        }
        let begun_ms = now_ms();
        if self.account.is_overdrawn(begun_ms) {
            let all: Vec<_> = self.places.borrow().iter().flatten().cloned().collect();
            self.account.settle(&all, begun_ms);
            self.account.note_look(now_ms() - begun_ms);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::tests::{VALUE_BYTES, owed};
    use std::io::Read;
    use std::net::TcpStream;
    use std::task::{Context, Waker};

    use resp::Protocol;
    use tokio::net::TcpListener;
    use tokio::runtime::Builder;
    use tokio::task::yield_now;

    const COUNT: usize = 200;
    const REPLY_BYTES: usize = VALUE_BYTES + "$131072\r\n\r\n".len();

    #[test]
    fn what_is_closed_before_it_is_sent_is_charged_no_more() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sessions = Sessions::new(COUNT, &Bounds::default());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let session = sessions.open(listener.accept().await.unwrap().0.into_split().1);
            let _ = session.replies().ask(Protocol::Resp2, 1 << 20);
            session.set_incomplete(64 << 10);
            sessions.charge(&session);
            sessions.touch(&session);
            sessions.close(session.id());
            assert_eq!(session.charge.get(), Charge::default());
            sessions.flush();
            assert_eq!(session.charge.get(), Charge::default());
        });
    }

    #[test]
    fn a_turn_ends_although_all_are_owed_much_and_all_get_it() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sessions = Sessions::new(COUNT, &Bounds::default());
            let (all, mut clients) = owed(&sessions, COUNT).await;
            let mut buffer = vec![0; REPLY_BYTES];
            let mut arrived = || -> usize {
                clients.iter_mut().map(|client| client.read(&mut buffer).unwrap_or(0)).sum()
            };
            assert!(sessions.flush(), "the others are left for the next turn");
            let mut bytes = arrived();
            assert!(bytes <= FLUSH_BYTES_MAX, "{bytes} bytes in one turn");
            let mut cx = Context::from_waker(Waker::noop());
            while bytes < COUNT * REPLY_BYTES {
                for session in all.iter().filter(|session| session.is_unblocked(&mut cx)) {
                    sessions.touch(session);
                }
                sessions.flush();
                bytes += arrived();
                yield_now().await;
            }
            assert!(!sessions.flush() && !all.iter().any(|session| session.is_owed()));
        });
    }

    #[test]
    fn a_late_reply_is_not_for_who_came_after() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sessions = Sessions::new(COUNT, &Bounds::default());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let open = async || {
                let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                sessions.open(listener.accept().await.unwrap().0.into_split().1)
            };
            let gone = open().await;
            let request = gone.replies().ask(Protocol::Resp2, 0);
            sessions.close(gone.id());
            let after = open().await;
            assert_eq!(place(gone.id()), place(after.id()), "it has the place of the other");
            let own = after.replies().ask(Protocol::Resp2, 0);
            assert_eq!(request, own, "and asks under the same number");
            sessions.answer(gone.id(), request, Reply::Integer(1), None);
            assert!(after.replies().unsent().is_empty() && !after.touched.get());
            sessions.answer(after.id(), own, Reply::Nil, None);
            assert_eq!(after.replies().unsent(), b"$-1\r\n");
        });
    }
}
