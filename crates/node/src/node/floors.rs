//! Sessions that move between nodes: a token says where one stands, and another node does not let
//! it go back behind that.
//!
//! ```text
//!   node 1   SET k v ──▶ OK          TOKEN ──▶ T (what is applied here)
//!   node 2                           WAITFOR T ─ ─ ─ applied up to T ──▶ OK    GET k ──▶ v
//! ```
//!
//! What a node has applied only grows, so who has waited once need not wait again. Who gave up
//! waiting is refused from then on, until the node stands there: what was sent right behind the
//! WAITFOR must not see less.

use super::Node;
use super::requests::NO_STATE;
use crate::api::{Level, Order, Output};
use crate::commands::OfSession;
use crate::ids::{NodeId, SessionId};
use crate::reply::{Error, Reply};
use crate::session::{self, Kind, Request, Waiter};
use crate::token::Token;
use crate::turn::Turn;

/// Sessions that are ahead of this node, and wait.
#[derive(Debug, Default)]
pub(crate) struct Floors {
    /// Each until when.
    waiting: Vec<(Waiter, Token, u64)>,
}

impl Floors {
    /// A session is over.
    pub(super) fn close(&mut self, session: SessionId) {
        self.waiting.retain(|(waiter, ..)| waiter.session != session);
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Node {
    /// Does what a command about its session says.
    pub(super) fn start_of_session(
        &mut self,
        what: OfSession,
        request: Request,
        outputs: &mut Vec<Output>,
    ) {
        if self.has_lost_state() {
            return self.sessions.refuse(&request, Error::ClusterDown(NO_STATE), outputs);
        }
        let waiter = Waiter { certify: false, ..request.waiter };
        match what {
            OfSession::Token => {
                let reply = Reply::Value(self.token(waiter.session).to_string().into());
                outputs.push(session::reply_to(&waiter, reply));
            }
            OfSession::Keyspaces => {
                let reply = self.tell_of_keyspaces(&request.command);
                outputs.push(session::reply_to(&waiter, reply));
            }
            OfSession::Levels => {
                let reply = self.tell_of_levels(&request.command);
                outputs.push(session::reply_to(&waiter, reply));
            }
            OfSession::LevelOf => {
                let reply = self.explain_level(&request.command);
                outputs.push(session::reply_to(&waiter, reply));
            }
            OfSession::Last => self.tell_last(&waiter, outputs),
            OfSession::WaitFor => {
                let (token, ms) = request.command.awaited().expect("it was made of a token");
                // It may have come before this node knew its cluster.
                match self.check_token(&token, ms) {
                    Ok(()) => self.wait_for(waiter, token, ms, outputs),
                    Err(error) => outputs.push(session::reply_to(&waiter, Reply::Error(error))),
                }
            }
        }
    }

    /// Where a session stands: at what is applied here, in the orders that it touched.
    fn token(&self, session: SessionId) -> Token {
        let (cluster, epoch) = self.members.cluster().map_or((0, 0), |it| (it.id, it.epoch));
        let touched = |order| {
            let counts =
                mutant!(TokenOfDefaultAlone, true, order == self.keyspaces.default().order);
            counts && self.sessions.has_touched(session, order)
        };
        let mut here = Token { cluster, epoch, ..Token::default() };
        if touched(Order::Agreed) {
            here.agreed = self.agreed.position();
        }
        if touched(Order::Merged) {
            here.merged = self.merged.vector().clone();
        }
        let missed = self.sessions.missed(session).filter(|missed| self.is_of_here(missed));
        Token::merge([here].into_iter().chain(missed.cloned())).expect("all are of this cluster")
    }

    /// Whether a token is of this cluster, in its present epoch.
    fn is_of_here(&self, token: &Token) -> bool {
        self.members.cluster().is_some_and(|it| {
            let epoch = mutant!(TokenEpochIgnored, it.epoch, token.epoch);
            (it.id, epoch) == (token.cluster, token.epoch)
        })
    }

    /// Whether a token can be waited for at all.
    pub(super) fn check_token(&self, token: &Token, ms: Option<u64>) -> Result<(), Error> {
        if !self.is_of_here(token) {
            return Err(Error::Consistency(OTHER_CLUSTER.into()));
        }
        let removed = |id| self.members.table().removed(id);
        let lost = token
            .replicas()
            .find(|id| removed(*id).is_some_and(|removed| token.merged.get(*id) > removed.last));
        if let Some(lost) = lost {
            return Err(Error::Consistency(format!(
                "the token names merged writes of node {}, which was removed without them: they are lost. \
                 Hint: begin a new session",
                lost.0
            )));
        }
        // Of what was removed all hold what counts.
        let is_stranger = |id: &NodeId| !self.members.ids().contains(id) && removed(*id).is_none();
        if let Some(stranger) = token.replicas().find(is_stranger) {
            return Err(Error::Consistency(format!(
                "the token names node {}, which is no member: it cannot be waited for",
                stranger.0
            )));
        }
        let timeout_ms = self.config.request_timeout_ms;
        match ms {
            Some(ms) if ms > timeout_ms => Err(Error::Invalid(format!(
                "no request waits longer than the request timeout, which is {timeout_ms} ms"
            ))),
            _ => Ok(()),
        }
    }

    fn wait_for(
        &mut self,
        waiter: Waiter,
        token: Token,
        ms: Option<u64>,
        outputs: &mut Vec<Output>,
    ) {
        self.sessions.touch(waiter.session, &token);
        if mutant!(FloorNotAwaited, self.stands_at(&token), true) {
            return outputs.push(session::reply_to(&waiter, REACHED));
        }
        let until_ms = waiter.since_ms + ms.unwrap_or(self.config.request_timeout_ms);
        // What comes after it on its connection waits.
        self.sessions.begin(&waiter, Kind::LongRead(Level::Eventual));
        self.floors.waiting.push((waiter, token, until_ms));
    }

    /// Whether all that a token stands for is applied here.
    fn stands_at(&self, token: &Token) -> bool {
        let agreed = mutant!(AgreedFloorIgnored, self.agreed.position() >= token.agreed, true);
        // A state that is being joined counts in the vector before it can be seen.
        let is_seen = token.merged.is_empty() || !self.merged.is_joining();
        let merged = is_seen && self.merged.vector().holds(&token.merged);
        agreed && mutant!(MergedFloorIgnored, merged, true)
    }

    /// Answers those whose floor is reached, and those that have waited long enough.
    pub(super) fn answer_floors(&mut self, outputs: &mut Vec<Output>) {
        if self.floors.waiting.is_empty() {
            return;
        }
        // A tick early, as all that waits: time is looked at once a tick.
        let now_ms = self.now.monotonic_ms + crate::api::TICK_MS;
        for (waiter, token, until_ms) in std::mem::take(&mut self.floors.waiting) {
            if self.stands_at(&token) {
                turn!(self, outputs).answer_read(&waiter, REACHED, || unreachable!("unasked"));
            } else if now_ms >= until_ms {
                turn!(self, outputs).refuse_read(&waiter, behind());
                self.sessions.miss(waiter.session, token);
            } else {
                self.floors.waiting.push((waiter, token, until_ms));
            }
        }
    }

    /// Why a request may not start: its session has seen more than is here, and gave up waiting.
    pub(super) fn is_behind(&mut self, request: &Request) -> Option<Error> {
        let session = request.waiter.session;
        let floor = self.sessions.missed(session)?;
        if !self.is_of_here(floor) || self.stands_at(floor) {
            self.sessions.reach(session);
            return None;
        }
        Some(behind())
    }
}

/// No write is answered so.
const REACHED: Reply = Reply::Status("OK");

fn behind() -> Error {
    Error::TryAgain(
        "this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. \
         Hint: send it again, or ask another node",
    )
}

const OTHER_CLUSTER: &str = "the token is of another cluster, or of this one before it was brought back from a backup: there is no order \
                             between the two. Hint: begin a new session";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Input;
    use crate::commands::Command;
    use crate::ids::{Boot, Index, NodeId};
    use crate::node::tests::{answer, ready, started};
    use crate::wire::version_vector::Place;

    /// A node alone, which has formed its cluster.
    fn alone() -> Node {
        ready(Order::Agreed, Level::Sequential)
    }

    #[test]
    fn a_token_that_can_never_be_reached_is_refused_at_once() {
        let mut node = alone();
        let Some(Reply::Value(text)) = answer(&mut node, Some(Command::token())) else { panic!() };
        let token = Token::parse(&text).unwrap();
        assert_eq!(token.agreed.index, Index(0), "the session has seen nothing");
        let mut wait = |token: &Token, ms| answer(&mut node, Some(Command::wait_for(token, ms)));
        assert_eq!(wait(&token, None), Some(REACHED));
        let is_refused = |reply| matches!(reply, Some(Reply::Error(Error::Consistency(_))));
        assert!(is_refused(wait(&Token { epoch: 2, ..token.clone() }, None)));
        assert!(is_refused(wait(&Token { cluster: 7, ..token.clone() }, None)));
        let place = Place { boot: Boot(1), index: Index(1) };
        let stranger =
            Token { merged: [(NodeId(9), place)].into_iter().collect(), ..token.clone() };
        assert!(is_refused(wait(&stranger, None)));
        let reply = wait(&token, Some(3001));
        assert!(matches!(reply, Some(Reply::Error(Error::Invalid(_)))), "{reply:?}");
    }

    #[test]
    fn a_foreign_token_is_no_floor_also_where_it_comes_before_anybody_is_served() {
        let mut node = started(NodeId(1), &[NodeId(1)], Order::Agreed, Level::Sequential);
        let foreign = Token { cluster: 7, epoch: 1, ..Token::default() };
        let mut reply = answer(&mut node, Some(Command::wait_for(&foreign, None)));
        while !node.status().ready || reply.is_none() {
            reply = answer(&mut node, None).or(reply);
        }
        assert!(matches!(reply, Some(Reply::Error(Error::Consistency(_)))), "{reply:?}");
        // Refused before it was looked at, it is no floor either.
        node.sessions.miss(SessionId(1), foreign);
        assert!(matches!(answer(&mut node, Some(Command::token())), Some(Reply::Value(_))));
    }

    #[test]
    fn who_closes_waits_no_longer() {
        let mut node = alone();
        let token = node.token(SessionId(1));
        let ahead = crate::position::AgreedPosition { index: Index(1 << 40), offset: 0 };
        let ahead = Token { agreed: ahead, ..token };
        assert_eq!(answer(&mut node, Some(Command::wait_for(&ahead, None))), None);
        assert_eq!(node.floors.waiting(), 1);
        node.turn(&mut vec![Input::Closed(SessionId(1))], &mut vec![]);
        assert_eq!(node.floors.waiting(), 0);
    }
}
