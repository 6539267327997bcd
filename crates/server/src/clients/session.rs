//! A session: what the loop keeps of one client connection.

use std::cell::{Cell, RefCell, RefMut};
use std::io;
use std::task::{Context, Poll};

use node::{Certificate, Reply, RequestId, SessionId};
use tokio::net::tcp::OwnedWriteHalf;

use super::replies::Replies;
use crate::Bounds;
use crate::event_loop::Notify;
use crate::mutants::mutant;

/// What a connection holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charge {
    /// Its own.
    pub owned: usize,
    /// Values that the store may hold anyway.
    pub shared: usize,
}

/// One client connection, as its own task and the driver share it.
#[derive(Debug)]
pub(crate) struct Session {
    id: SessionId,
    stream: OwnedWriteHalf,
    replies: RefCell<Replies>,
    /// Wakes the connection's task.
    task: Notify,
    /// The socket took less than there was; its task says when it has room again.
    blocked: Cell<bool>,
    /// What its socket took so far, in bytes.
    sent_bytes: Cell<u64>,
    /// The socket is broken, or the connection is over.
    broken: Cell<bool>,
    /// The task waits for replies to be sent.
    waiting: Cell<bool>,
    /// The turn in which the node will hear what it last told.
    told: Cell<u64>,
    /// Bytes of a request that has not come whole.
    incomplete_bytes: Cell<usize>,
    /// What it is charged in the account of all sessions.
    pub(super) charge: Cell<Charge>,
    /// It is on the list of those to be flushed.
    pub(super) touched: Cell<bool>,
    /// It is on the list of those that wait until less is asked or held, or the disk has caught up.
    pub(crate) held_up: Cell<bool>,
    /// It is open as long as the server lives.
    pub(crate) stays: Cell<bool>,
}

impl Session {
    pub(super) fn new(id: SessionId, stream: OwnedWriteHalf, bounds: &Bounds) -> Session {
        Session {
            id,
            stream,
            replies: RefCell::new(Replies::new(bounds)),
            task: Notify::default(),
            blocked: Cell::new(false),
            sent_bytes: Cell::new(0),
            broken: Cell::new(false),
            waiting: Cell::new(false),
            told: Cell::new(0),
            incomplete_bytes: Cell::new(0),
            charge: Cell::default(),
            touched: Cell::new(false),
            held_up: Cell::new(false),
            stays: Cell::new(false),
        }
    }

    pub(crate) fn id(&self) -> SessionId {
        self.id
    }

    /// The replies that it is owed.
    pub(crate) fn replies(&self) -> RefMut<'_, Replies> {
        self.replies.borrow_mut()
    }

    /// Takes the node's reply to one request.
    pub(super) fn answer(
        &self,
        id: RequestId,
        reply: Reply,
        certificate: Option<Box<Certificate>>,
    ) {
        self.replies().answer(id, reply, certificate);
    }

    /// Sends what is due, so many bytes at most, as far as the socket takes it. Gives back how many
    /// it took.
    pub(super) fn flush(&self, bytes_max: usize) -> usize {
        let sent = if self.is_sendable() { self.send(bytes_max) } else { 0 };
        // What was answered may be what the task waits for, also where it could not be sent.
        if mutant!(WaitingNeverWoken, self.waiting.get(), false) {
            self.wake();
        }
        sent
    }

    fn send(&self, bytes_max: usize) -> usize {
        let mut replies = self.replies();
        let mut sent = 0;
        while !replies.unsent().is_empty() && sent < bytes_max {
            let unsent = replies.unsent();
            match self.stream.try_write(&unsent[..unsent.len().min(bytes_max - sent)]) {
                Ok(bytes) => {
                    replies.sent(bytes);
                    sent += bytes;
                }
                Err(error) => {
                    let room_later = error.kind() == io::ErrorKind::WouldBlock;
                    if room_later { &self.blocked } else { &self.broken }.set(true);
                    self.wake();
                    break;
                }
            }
        }
        self.sent_bytes.set(self.sent_bytes.get() + sent as u64);
        sent
    }

    /// What the socket took so far, in bytes, if it takes no more now.
    pub(super) fn blocked_at(&self) -> Option<u64> {
        self.blocked.get().then(|| self.sent_bytes.get())
    }

    fn is_sendable(&self) -> bool {
        !self.blocked.get() && !self.broken.get()
    }

    /// Whether something is due that its socket may take.
    pub(crate) fn has_unsent(&self) -> bool {
        self.is_sendable() && !self.replies().unsent().is_empty()
    }

    /// Whether the socket was full and has room again: what is due can be sent. Else the task is
    /// woken when it has.
    pub(super) fn is_unblocked(&self, cx: &mut Context<'_>) -> bool {
        if !self.blocked.get() {
            return false;
        }
        let Poll::Ready(room) = self.stream.as_ref().poll_write_ready(cx) else { return false };
        self.blocked.set(false);
        if room.is_err() {
            self.broken.set(true);
        }
        true
    }

    /// Whether nothing can be sent any more.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Ends the connection, whatever it is owed: it holds too much.
    pub(super) fn evict(&self) {
        self.broken.set(true);
        self.wake();
    }

    /// It is over: nothing of it is sent or charged any more. (It may still stand on lists.)
    pub(super) fn set_closed(&self) {
        self.broken.set(true);
    }

    /// Who is at the other end.
    pub(super) fn peer(&self) -> String {
        self.stream.peer_addr().map_or("somebody".into(), |address| address.to_string())
    }

    /// Whether it waits for a reply, or does not take one.
    pub(crate) fn is_owed(&self) -> bool {
        !self.replies().is_empty()
    }

    /// Whether the node has not heard of all that it told, this being the next turn.
    pub(crate) fn has_told(&self, turn: u64) -> bool {
        self.told.get() == turn
    }

    /// It told the node something that it will hear in this turn.
    pub(crate) fn set_told(&self, turn: u64) {
        self.told.set(turn);
    }

    /// Notes how many bytes a request takes that has not come whole.
    pub(super) fn set_incomplete(&self, bytes: usize) {
        self.incomplete_bytes.set(bytes);
    }

    /// What it holds now.
    pub(super) fn holds(&self) -> Charge {
        if self.is_broken() {
            // Its task lets go of all of it at once, or has.
            return Charge::default();
        }
        let replies = self.replies();
        let owned = replies.owned_bytes() + self.incomplete_bytes.get();
        Charge { owned, shared: replies.shared_bytes() }
    }

    /// Arranges for the task to be woken by [`Session::wake`].
    pub(crate) fn listen(&self, cx: &mut Context<'_>) {
        while self.task.poll(cx).is_ready() {}
    }

    /// Whether the task is to be woken when replies are sent.
    pub(super) fn set_waiting(&self, waiting: bool) {
        self.waiting.set(waiting);
    }

    /// Wakes the connection's task.
    pub(crate) fn wake(&self) {
        self.task.notify();
    }
}
