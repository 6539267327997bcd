//! One connection is one program: its commands take effect in the order sent.
//!
//! A read waits until the writes before it on its connection are applied here, and a write is not
//! appended before the reads before it are answered. Runs of writes to logs of one order go
//! together, and so do runs of reads at one level, or with one preference. Between the logs of two
//! orders there is no order but that of answers, so a write to those of one waits for the writes to
//! those of the other. What changes the keyspaces goes alone: what comes after it goes by the
//! keyspaces that it left. After an answer `-INDETERMINATE` the write is not waited for any longer.
//!
//! A long pipeline in which reads and writes take turns may rightly take longer than one request
//! may. So the patience for what waits begins anew whenever something before it on its connection
//! was done; if nothing is, all that waits is refused together.

mod changes;
mod levels;
mod watches;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::api::{Level, Order, Output};
use crate::commands::{Command, Condition};
use crate::copies::Copies;
use crate::ids::{Index, RequestId, SessionId};
use crate::keyspace::Keyspace;
use crate::position::Certificate;
use crate::preference::{Choosing, Given, Preference};
use crate::reply::{Error, Reply};
use crate::token::Token;
pub(crate) use changes::{Run, UNRESOLVED};
use watches::Watches;

/// The most requests of one connection that may wait for their turn.
const WAITING_MAX: usize = 65_536;

/// Who waits for an answer, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub(crate) session: SessionId,
    pub(crate) id: RequestId,
    pub(crate) since_ms: u64,
    /// Whether the answer is to say where it stands.
    pub(crate) certify: bool,
    /// Of a WATCH, or an EXEC: its round of watched keys.
    pub(crate) round: u64,
}

/// A request, its level decided.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) waiter: Waiter,
    pub(crate) keyspace: Keyspace,
    /// The level; that which is wanted most, if there are several.
    pub(crate) level: Level,
    /// The levels that its connection would take, if it named none itself.
    pub(crate) preference: Option<Arc<Preference>>,
    /// When it was taken, by the clock of bounds.
    pub(crate) took_ms: u64,
    pub(crate) command: Command,
    /// The level that it names itself.
    pub(crate) asked: Option<Level>,
    /// The version of the keyspaces that its own is taken from; [`UNRESOLVED`]: of none yet.
    pub(crate) version: u64,
}

/// A read and who asked for it.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) waiter: Waiter,
    pub(crate) command: Command,
    /// Where it stands among the levels that it would take, if it may still take a weaker one.
    pub(crate) choosing: Option<Box<Choosing>>,
}

/// What a request holds up while it is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read(Level),
    /// A read that takes long: what comes after it on its connection waits, since it stands no
    /// earlier in the order.
    LongRead(Level),
    Write(Run),
}

#[derive(Debug, Default)]
struct Session {
    certify: bool,
    writes: usize,
    /// Which writes these are.
    writing: Option<Run>,
    reads: usize,
    /// Whether the last of these takes long.
    counts: bool,
    /// The level of the reads under way, and the levels that they would take.
    reading: Option<Level>,
    reading_by: Option<Arc<Preference>>,
    /// The levels that reads would take which name none.
    preference: Option<Arc<Preference>>,
    /// The level of the last read that was answered, and of one that takes long.
    last: Option<Given>,
    giving: Option<Given>,
    /// The orders of which it has asked something, or has a floor.
    agreed: bool,
    merged: bool,
    /// The floor that it waited for in vain: nothing runs before its node stands there.
    missed: Option<Token>,
    /// When something of this connection was last done.
    progressed_ms: u64,
    watches: Watches,
    waiting: VecDeque<Request>,
}

impl Session {
    /// It asks something of this order.
    fn note(&mut self, request: &Request) {
        let is_data = request.command.of_session().is_none() && request.version != UNRESOLVED;
        self.agreed |= is_data && request.keyspace.order == Order::Agreed;
        // What may be lost with its node is nothing to stand behind.
        let stands = mutant!(IntervalRaisesFloor, !request.keyspace.is_interval(), true);
        self.merged |= is_data && request.keyspace.order == Order::Merged && stands;
    }

    fn may_start(&self, request: &Request) -> bool {
        if self.counts {
            return false;
        }
        if request.command.is_write() {
            let is_beside = self.writes == 0 || self.goes_with(request.run());
            return is_beside && mutant!(WriteOvertakesRead, self.reads == 0, true);
        }
        let written = mutant!(ReadOvertakesWrite, self.writes == 0, true);
        let is_alike = || {
            self.reading == Some(request.level)
                && levels::are_one(self.reading_by.as_ref(), request.preference.as_ref())
        };
        written && (!self.is_reading() || is_alike())
    }

    /// Whether a read of it is under way, which others must not overtake.
    fn is_reading(&self) -> bool {
        mutant!(ReadOvertakesRead, self.reads > 0, false)
    }
}

/// All connections that ever asked and are not closed.
///
/// - A session is in `blocked` exactly while requests of it wait.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: HashMap<SessionId, Session, FixedState>,
    blocked: BTreeSet<SessionId>,
    runnable: VecDeque<SessionId>,
    /// Those that have missed a floor.
    behind: BTreeSet<SessionId>,
    /// Those that have a preference.
    preferring: BTreeSet<SessionId>,
    /// Those that change the keyspaces, or did a while ago.
    changing: BTreeSet<SessionId>,
    copies: Copies,
}

impl Sessions {
    /// How many requests wait for others of their connection.
    pub(crate) fn queued(&self) -> usize {
        self.sessions.values().map(|session| session.waiting.len()).sum()
    }

    /// Whether a request that comes now may start at once; if not, it is to be
    /// [held](Sessions::hold).
    pub(crate) fn admits(&mut self, request: &mut Request) -> bool {
        let session = self.sessions.entry(request.waiter.session).or_default();
        request.waiter.certify = mutant!(CertificateLeftOut, session.certify, false);
        session.note(request);
        let is_first = mutant!(RowJumped, session.waiting.is_empty(), true);
        let may_start = is_first && session.may_start(request);
        if may_start {
            self.note_change(request);
        }
        may_start
    }

    /// Keeps a request until its turn comes, or until [`Sessions::wake_all`].
    pub(crate) fn hold(&mut self, mut request: Request, outputs: &mut Vec<Output>) {
        let id = request.waiter.session;
        self.note_change(&request);
        let session = self.sessions.entry(id).or_default();
        session.note(&request);
        request.waiter.certify = session.certify;
        if session.waiting.len() == WAITING_MAX {
            let error = Error::ClusterDown("too many requests wait on this connection");
            return self.refuse(&request, error, outputs);
        }
        request.command = self.copies.of_command(&request.command);
        session.waiting.push_back(request);
        self.blocked.insert(id);
    }

    /// Every waiting session may look again whether it can go on.
    pub(crate) fn wake_all(&mut self) {
        self.runnable.extend(self.blocked.iter());
    }

    /// The next waiting request that may start.
    pub(crate) fn next(&mut self) -> Option<Request> {
        while let Some(id) = self.runnable.front() {
            let Some(session) = self.sessions.get_mut(id) else {
                self.runnable.pop_front();
                continue;
            };
            if session.waiting.front().is_some_and(|next| session.may_start(next)) {
                let progressed_ms = session.progressed_ms;
                let mut request = session.waiting.pop_front()?;
                request.waiter.since_ms = request.waiter.since_ms.max(progressed_ms);
                return Some(request);
            }
            if session.waiting.is_empty() {
                self.blocked.remove(id);
            }
            self.runnable.pop_front();
        }
        None
    }

    /// Whether a connection may have something to start.
    pub(crate) fn has_runnable(&self) -> bool {
        !self.runnable.is_empty()
    }

    /// Whether this connection has asked something of this order, or brought a floor in it.
    pub(crate) fn has_touched(&self, id: SessionId, order: Order) -> bool {
        self.sessions.get(&id).is_some_and(|session| match order {
            Order::Agreed => session.agreed,
            Order::Merged => session.merged,
        })
    }

    /// A connection stands where this token says.
    pub(crate) fn touch(&mut self, id: SessionId, token: &Token) {
        let session = self.sessions.entry(id).or_default();
        session.agreed |= mutant!(FloorNotHandedOn, token.agreed.index > Index(0), false);
        session.merged |= !token.merged.is_empty();
    }

    /// Refuses a request that has not begun. If its connection meant to wait for a floor, it has
    /// missed that.
    pub(crate) fn refuse(&mut self, request: &Request, error: Error, outputs: &mut Vec<Output>) {
        outputs.push(reply_to(&request.waiter, Reply::Error(error)));
        self.unwatch_refused(&request.waiter, &request.command);
        if let Some((token, _)) = request.command.awaited() {
            self.miss(request.waiter.session, token);
        }
    }

    /// What was watched for an EXEC that is refused counts no more.
    pub(crate) fn unwatch_refused(&mut self, waiter: &Waiter, command: &Command) {
        if command.is_exec()
            && let Some(session) = self.sessions.get_mut(&waiter.session)
        {
            session.watches.drop_round(waiter.round);
        }
    }

    /// In how many rounds a connection has watched something.
    #[cfg(test)]
    pub(crate) fn rounds(&self, id: SessionId) -> usize {
        self.sessions[&id].watches.rounds()
    }

    /// A connection has waited for this floor in vain.
    pub(crate) fn miss(&mut self, id: SessionId, token: Token) {
        mutant!(FloorDropped, (), return);
        let session = self.sessions.entry(id).or_default();
        let both = session.missed.iter().cloned().chain([token]);
        session.missed = Token::merge(both).or(session.missed.take());
        self.behind.insert(id);
    }

    /// The floor that a connection has missed.
    pub(crate) fn missed(&self, id: SessionId) -> Option<&Token> {
        if self.behind.is_empty() {
            return None;
        }
        self.sessions.get(&id)?.missed.as_ref()
    }

    /// Its node has come to the floor that a connection has missed.
    pub(crate) fn reach(&mut self, id: SessionId) {
        self.behind.remove(&id);
        self.sessions.entry(id).or_default().missed = None;
    }

    /// Whether a read of this connection is under way.
    #[cfg(feature = "mutants")]
    pub(crate) fn is_reading(&self, id: SessionId) -> bool {
        self.sessions.get(&id).is_some_and(Session::is_reading)
    }

    /// A request that was given out is not answered at once: what comes after it may have to wait.
    pub(crate) fn begin(&mut self, waiter: &Waiter, kind: Kind) {
        let Some(session) = self.sessions.get_mut(&waiter.session) else { return };
        match kind {
            Kind::Write(run) => {
                session.writes += 1;
                session.writing = Some(run);
            }
            Kind::Read(level) | Kind::LongRead(level) => {
                session.reads += 1;
                session.reading = Some(level);
                session.reading_by = None;
                session.counts = matches!(kind, Kind::LongRead(_));
            }
        }
    }

    /// Answers a request that was begun.
    pub(crate) fn complete(
        &mut self,
        waiter: &Waiter,
        write: bool,
        reply: Reply,
        certificate: impl FnOnce() -> Certificate,
        now_ms: u64,
        outputs: &mut Vec<Output>,
    ) {
        let Some(session) = self.sessions.get_mut(&waiter.session) else { return };
        let under_way = if write { &mut session.writes } else { &mut session.reads };
        *under_way -= 1;
        let given = if write { None } else { session.giving.take() };
        if !matches!(reply, Reply::Error(_)) {
            session.progressed_ms = now_ms;
            session.last = given.or(session.last);
        }
        if *under_way == 0 && !session.waiting.is_empty() {
            self.runnable.push_back(waiter.session);
        }
        session.counts &= session.reads > 0;
        outputs.push(certified_reply(waiter, reply, certificate));
    }

    /// Whether answers to this connection say where they stand.
    pub(crate) fn certify(&mut self, id: SessionId, on: bool) {
        self.sessions.entry(id).or_default().certify = on;
    }

    /// The round of watched keys that a request belongs to which comes now. (It begins and ends one
    /// also where it is refused at once.)
    pub(crate) fn round_of(&mut self, id: SessionId, command: &Command) -> u64 {
        if command.is_watch() {
            self.sessions.entry(id).or_default().watches.on_watch()
        } else if command.is_exec() {
            self.sessions.entry(id).or_default().watches.on_exec()
        } else {
            0
        }
    }

    /// What is watched so far counts no more.
    pub(crate) fn unwatch(&mut self, id: SessionId) {
        self.sessions.entry(id).or_default().watches.forget();
    }

    /// A WATCH is done, and has seen this: the reply to it.
    pub(crate) fn watch<'a>(
        &mut self,
        waiter: &Waiter,
        seen: impl Iterator<Item = Condition<'a>>,
    ) -> Reply {
        match self.sessions.get_mut(&waiter.session) {
            Some(session) => session.watches.on_seen(waiter.round, seen),
            None => Reply::Ok,
        }
    }

    /// The command as it is to run, whose turn on its connection has come: a list only if what was
    /// watched before it is unchanged.
    ///
    /// # Errors
    /// If a WATCH before it was refused; or something is watched, and it is to run once.
    pub(crate) fn conditioned(
        &mut self,
        waiter: &Waiter,
        command: Command,
    ) -> Result<Command, Error> {
        if !command.is_exec() {
            return Ok(command);
        }
        let session = self.sessions.entry(waiter.session).or_default();
        let seen = session.watches.take(waiter.round)?;
        match seen.is_empty() {
            true => Ok(command),
            false if command.is_list() => Ok(command.conditioned(seen.conditions())),
            false => Err(Error::Aborted(WATCHED_ONCE)),
        }
    }

    /// Forgets a connection.
    pub(crate) fn close(&mut self, id: SessionId) {
        self.sessions.remove(&id);
        self.blocked.remove(&id);
        self.behind.remove(&id);
        self.preferring.remove(&id);
        self.changing.remove(&id);
    }

    /// Refuses what waits for its turn since `oldest_ms` or longer: it did not run.
    pub(crate) fn expire(&mut self, oldest_ms: u64, why: &'static str, outputs: &mut Vec<Output>) {
        let mut refused = vec![];
        for id in &self.blocked {
            let session = self.sessions.get_mut(id).expect("a blocked session is here");
            let mut expired = false;
            if session.progressed_ms > oldest_ms {
                continue;
            }
            while let Some(request) =
                session.waiting.pop_front_if(|request| request.waiter.since_ms <= oldest_ms)
            {
                refused.push(request);
                expired = true;
            }
            if expired {
                self.runnable.push_back(*id);
            }
        }
        for request in refused {
            self.refuse(&request, Error::ClusterDown(why), outputs);
        }
    }
}

/// What is said of a transaction that is to run once, and only if something is unchanged.
const WATCHED_ONCE: &str = "ONCE with WATCH: what is watched here is not when it is sent again. Nothing ran. Hint: UNWATCH first, \
                            or SET with IFEQ";

/// The output that answers a request without a certificate.
pub(crate) fn reply_to(waiter: &Waiter, reply: Reply) -> Output {
    Output::Reply { session: waiter.session, id: waiter.id, reply, certificate: None }
}

/// The output that answers a request, with its certificate if that is wanted and the request was
/// done.
pub(crate) fn certified_reply(
    waiter: &Waiter,
    reply: Reply,
    certificate: impl FnOnce() -> Certificate,
) -> Output {
    let certified = waiter.certify && !matches!(reply, Reply::Error(_));
    let certificate = certified.then(|| Box::new(certificate()));
    Output::Reply { session: waiter.session, id: waiter.id, reply, certificate }
}
