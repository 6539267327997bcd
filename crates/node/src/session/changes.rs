//! Which writes of a connection go together, and what it asks behind a change of the keyspaces.

use super::{Request, Session, Sessions};
use crate::api::Order;
use crate::ids::{KeyspaceId, SessionId};

/// The version of keyspaces that a request goes by which waits behind a change of them.
pub(crate) const UNRESOLVED: u64 = u64::MAX;

impl Request {
    /// Which writes may be under way beside it, if it is one.
    pub(crate) fn run(&self) -> Run {
        match self.keyspace.id {
            KeyspaceId::SYSTEM => Run::Alone,
            _ => Run::Of(self.keyspace.order),
        }
    }
}

/// Which writes of a connection may be under way together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// Those to logs of this order.
    Of(Order),
    /// One of the system keyspace.
    Alone,
}

impl Session {
    /// Whether a write may go beside those under way.
    pub(super) fn goes_with(&self, run: Run) -> bool {
        match (self.writing, run) {
            (Some(Run::Of(one)), Run::Of(other)) => {
                mutant!(OtherOrderOvertaken, one == other, true)
            }
            _ => mutant!(KeyspacesNotAwaited, false, true),
        }
    }

    /// Whether a change of the keyspaces is under way, or may wait among others.
    fn awaits_keyspaces(&self) -> bool {
        !self.waiting.is_empty() || (self.writes > 0 && self.writing == Some(Run::Alone))
    }
}

impl Sessions {
    /// What comes after it on its connection may have another keyspace than it has now.
    pub(super) fn note_change(&mut self, request: &Request) {
        if request.run() == Run::Alone && request.command.is_write() {
            self.changing.insert(request.waiter.session);
        }
    }

    /// Whether a request of this connection that comes now is to wait for a change of the keyspaces
    /// before anything is said of its own.
    pub(crate) fn awaits_keyspaces(&mut self, id: SessionId) -> bool {
        // Hardly any connection changes them.
        if self.changing.is_empty() || !self.changing.contains(&id) {
            return false;
        }
        let awaits = self.sessions.get(&id).is_some_and(Session::awaits_keyspaces);
        if !awaits {
            self.changing.remove(&id);
        }
        mutant!(ResolvedTooEarly, awaits, false)
    }

    /// A request whose turn has come goes by other keyspaces now: gives it back if it may still
    /// start; else it waits on, in front of all others.
    pub(crate) fn admit_again(&mut self, request: Request) -> Option<Request> {
        let id = request.waiter.session;
        let session = self.sessions.entry(id).or_default();
        mutant!(ResolvedUnnoted, session.note(&request), ());
        if session.may_start(&request) {
            self.note_change(&request);
            return Some(request);
        }
        session.waiting.push_front(request);
        self.blocked.insert(id);
        None
    }
}
