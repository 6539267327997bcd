//! The keyspace of a request, and the level of a read: which it is given, and whether it has it at
//! once.

use std::sync::Arc;

use super::Node;
use crate::api::{Level, Order, Output};
use crate::commands::Command;
use crate::ids::SessionId;
use crate::keyspace::Keyspace;
use crate::preference::{Choosing, Chosen, Given, LINEARIZABLE_BELOW_MS, Preference};
use crate::reply::{Error, Reply};
use crate::session::{self, Request, UNRESOLVED, Waiter};

/// What becomes of a read whose turn on its connection has come.
pub(super) enum Way {
    /// It is answered from what is here.
    AtOnce,
    /// It waits for a quorum; maybe no longer than until it looks at its next level.
    Waits(Option<Box<Choosing>>),
    /// It does not run.
    Refused(Error),
}

impl Node {
    /// The levels that a request would take, if it names none itself.
    pub(super) fn preference_of(
        &self,
        session: SessionId,
        asked: Option<Level>,
        command: &Command,
    ) -> Option<Arc<Preference>> {
        let names_none = asked.is_none() && !command.is_write() && !command.is_for_all();
        (names_none && command.of_session().is_none())
            .then(|| self.sessions.preference(session))
            .flatten()
    }

    /// The keyspace of a request and its level; or why it may not be served.
    pub(super) fn leveled(
        &self,
        asked: Option<Level>,
        preference: Option<&Preference>,
        command: &Command,
    ) -> Result<(Keyspace, Level), Error> {
        let Some(preference) = preference else { return self.admissible(asked, command) };
        let (first, others) = preference.choices().split_first().expect("one choice at least");
        let found = self.admissible(Some(first.level), command)?;
        for other in others {
            self.admissible(Some(other.level), command)?;
        }
        Ok(found)
    }

    /// A client asks something: its keyspace and its level are decided now, unless its connection
    /// has changes of the keyspaces under way.
    pub(super) fn on_asked(
        &mut self,
        waiter: Waiter,
        asked: Option<Level>,
        command: Command,
        outputs: &mut Vec<Output>,
    ) {
        let preference = self.preference_of(waiter.session, asked, &command);
        let is_data = command.of_session().is_none();
        let is_early = is_data && self.sessions.awaits_keyspaces(waiter.session);
        let (found, version) = match is_early {
            true => (Ok((*self.keyspaces.default(), Level::Eventual)), UNRESOLVED),
            false => {
                let found = self.leveled(asked, preference.as_deref(), &command);
                (found, self.keyspaces.version())
            }
        };
        let took_ms = self.now.bound_ms();
        match found {
            Err(error) => {
                self.sessions.unwatch_refused(&waiter, &command);
                outputs.push(session::reply_to(&waiter, Reply::Error(error)));
            }
            Ok((keyspace, level)) => self.on_request(
                Request { waiter, keyspace, level, preference, took_ms, command, asked, version },
                outputs,
            ),
        }
    }

    /// A request whose turn has come goes by other keyspaces now than when it came. None: it was
    /// refused, or waits on.
    pub(super) fn resolved_again(
        &mut self,
        request: Request,
        outputs: &mut Vec<Output>,
    ) -> Option<Request> {
        let version = self.keyspaces.version();
        let Request { asked, preference, command, .. } = &request;
        match self.leveled(*asked, preference.as_deref(), command) {
            Ok((keyspace, level)) => {
                self.sessions.admit_again(Request { keyspace, level, version, ..request })
            }
            Err(error) => {
                self.sessions.refuse(&request, error, outputs);
                None
            }
        }
    }

    /// What is told of the level of reads that name none.
    pub(super) fn explain_level(&self, command: &Command) -> Reply {
        let asked = command.level_asked();
        // The key of `default` is the empty one: no prefix is.
        let told = self.keyspaces.told_of_key(asked.key.unwrap_or_default());
        self.keyspaces.explain(told, &asked, |keyspace, level| self.refusal(keyspace, level))
    }

    /// What reads of a connection want from now on that name no level.
    pub(super) fn prefer(&mut self, session: SessionId, preference: Option<Arc<Preference>>) {
        for choice in preference.iter().flat_map(|preference| preference.choices()) {
            // Who wants nothing else is not to be refused for ever, if he asks seldom.
            if let Level::Bounded { ms: ms @ LINEARIZABLE_BELOW_MS.. } = choice.level {
                self.agreed.want_bound(ms, self.now);
            }
        }
        self.sessions.prefer(session, preference);
    }

    /// What becomes of a read, which may take long.
    pub(super) fn way(&mut self, request: &Request, is_long: bool) -> Way {
        let Request { waiter, level, took_ms, .. } = request;
        let session = waiter.session;
        if is_long && self.is_overfull() {
            return Way::Refused(Error::ClusterDown(OVERFULL));
        }
        if request.keyspace.order == Order::Merged {
            self.sessions.give(session, Given { level: *level, stale_ms: None }, is_long);
            return Way::AtOnce;
        }
        let Some(preference) = &request.preference else {
            return match self.had(session, *level, *took_ms, is_long) {
                Some(_) => Way::AtOnce,
                None => Way::Waits(None),
            };
        };
        let now_ms = self.now.monotonic_ms;
        let had = |level| self.had(session, level, *took_ms, is_long);
        match Choosing::begin(preference, now_ms, *took_ms, had) {
            Chosen::Had(_) => Way::AtOnce,
            Chosen::Waits(choosing) => Way::Waits(Some(choosing)),
            Chosen::WaitsAtLast => Way::Waits(None),
            Chosen::TooStale(ms) => Way::Refused(self.agreed.too_stale(ms, *took_ms)),
        }
    }

    /// What a read of an agreed keyspace has at this level from what is here, if it has it and none
    /// of its connection waits before it.
    fn had(
        &mut self,
        session: SessionId,
        level: Level,
        took_ms: u64,
        is_long: bool,
    ) -> Option<Given> {
        if level == Level::Linearizable {
            let alone = mutant!(
                LeaderReadsAlone,
                mutant!(SilentDowngrade, false, self.reads_alone(session)),
                self.agreed.role() == crate::api::Role::Leader && self.reads_alone(session)
            );
            return alone.then_some(Given { level, stale_ms: Some(0) });
        }
        let given = self.agreed.had(level, self.now, took_ms)?;
        let is_next = match level {
            Level::Eventual => {
                self.sessions.give(session, given, is_long);
                true
            }
            _ => self.sessions.give_next(session, given, is_long),
        };
        is_next.then_some(given)
    }

    /// Says of a connection at which level its last read was answered, and how stale at most.
    pub(super) fn tell_last(&self, waiter: &Waiter, outputs: &mut Vec<Output>) {
        let given = self.sessions.last_given(waiter.session);
        let level = given.map(|given| Reply::Value(given.level.to_string().into()));
        let stale_ms = given.and_then(|given| given.stale_ms).map(|ms| Reply::Integer(ms as i64));
        let both = [level, stale_ms].map(|one| one.unwrap_or(Reply::Nil));
        outputs.push(session::reply_to(waiter, Reply::Array(both.into())));
    }

    /// Whether a read can be answered that no quorum confirms.
    #[cfg(feature = "mutants")]
    fn reads_alone(&self, session: SessionId) -> bool {
        self.agreed.is_fresh() && !self.sessions.is_reading(session)
    }
}

pub(super) const OVERFULL: &str = "too much waits on this node already; the request did not run";
