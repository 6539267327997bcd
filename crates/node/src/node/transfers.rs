//! Another member is to lead because somebody asks for it: CLUSTER-ADMIN TRANSFER, at any node.
//!
//! ```text
//!   asked      leader                 successor
//!     ── HandOver ──▶ may it lead? ── no ──▶ Stays, why ──▶ asked: -ERR
//!                     │ yes, and it has all that is committed
//!                     └── Raft hands over ────▶ leads ─ ─ ─ asked: +OK
//! ```
//!
//! Who waits is answered when the successor leads, or when the leader says why it never will, or at
//! the request timeout. What will pass (a clock that was not compared yet, an append on its way) is
//! waited for.

use super::Node;
use crate::api::{Level, Output, Role};
use crate::ids::{NodeId, SessionId, Term};
use crate::reply::{Error, Reply};
use crate::session::{self, Kind, Waiter};
use crate::turn::Turn;
use crate::wire::message::{Body, Stays};

/// How long a leader has to answer before it is asked once more, in milliseconds.
const ASK_AGAIN_MS: u64 = 500;
/// How many may wait: none is ever refused but by a client that asks without end.
const WAITING_MAX: usize = 1024;

/// Those who wait until another member leads.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    waiting: Vec<Waiting>,
    /// What another member last asked this node, as the leader of this term, and until when it is
    /// looked at whether the successor is ready.
    wanted: Option<(NodeId, Term, u64)>,
}

#[derive(Debug)]
struct Waiting {
    waiter: Waiter,
    to: NodeId,
    until_ms: u64,
    /// Which leader was asked, in which term, and when.
    asked: Option<(Term, NodeId, u64)>,
    /// Why the leader stays for now, if it said so to what it was last asked.
    why: Option<Stays>,
}

impl Transfers {
    /// A session is over.
    pub(super) fn close(&mut self, session: SessionId) {
        self.waiting.retain(|waiting| waiting.waiter.session != session);
    }
}

impl Node {
    /// Somebody wants that this member leads.
    pub(super) fn transfer(&mut self, waiter: Waiter, to: NodeId, outputs: &mut Vec<Output>) {
        if !self.members.ids().contains(&to) {
            let error = self.stays(to, Stays::NoMember);
            return outputs.push(session::reply_to(&waiter, Reply::Error(error)));
        }
        if self.transfers.waiting.len() == WAITING_MAX {
            let error = Reply::Error(Error::ClusterDown(TOO_MANY));
            return outputs.push(session::reply_to(&waiter, error));
        }
        let until_ms = waiter.since_ms + self.config.request_timeout_ms;
        // What comes after it on its connection waits.
        self.sessions.begin(&waiter, Kind::LongRead(Level::Eventual));
        let waiting = Waiting { waiter, to, until_ms, asked: None, why: None };
        self.transfers.waiting.push(waiting);
    }

    /// Hands over, or asks the leader to, for those who wait.
    pub(super) fn drive_transfers(&mut self, outputs: &mut Vec<Output>) {
        self.hand_over_as_wanted(outputs);
        if self.transfers.waiting.is_empty() {
            return;
        }
        let Some(leader) = self.agreed.leader() else { return };
        let (term, now_ms) = (self.agreed.term(), self.now.monotonic_ms);
        for mut waiting in std::mem::take(&mut self.transfers.waiting) {
            let fresh = waiting.asked.filter(|(asked, who, at_ms)| {
                (*asked, *who) == (term, leader) && now_ms < at_ms + ASK_AGAIN_MS
            });
            if leader == waiting.to {
                // It is answered at the end of the turn.
            } else if self.agreed.role() == Role::Leader {
                waiting.asked = Some((term, leader, now_ms));
                waiting.why = self.hand_over_to(waiting.to, outputs).err();
            } else if fresh.is_none() {
                waiting.asked = Some((term, leader, now_ms));
                waiting.why = None;
                turn!(self, outputs).send(leader, Body::HandOver(waiting.to));
            }
            self.transfers.waiting.push(waiting);
        }
    }

    /// Answers those whose member leads, or never will, and those that have waited long enough.
    pub(super) fn answer_transfers(&mut self, outputs: &mut Vec<Output>) {
        if self.transfers.waiting.is_empty() {
            return;
        }
        let leader = self.agreed.leader();
        // A tick early, as all that waits: time is looked at once a tick.
        let now_ms = self.now.monotonic_ms + crate::api::TICK_MS;
        for waiting in std::mem::take(&mut self.transfers.waiting) {
            let Waiting { waiter, to, until_ms, asked, why } = &waiting;
            let is_over = now_ms >= *until_ms;
            let error = match why {
                _ if leader == Some(*to) => None,
                Some(why) if is_over || why.lasts() => Some(self.stays(*to, *why)),
                None if is_over && asked.is_some() => Some(Error::Indeterminate(ASKED)),
                None if is_over => Some(Error::ClusterDown(NO_LEADER)),
                _ => {
                    self.transfers.waiting.push(waiting);
                    continue;
                }
            };
            match error {
                None => turn!(self, outputs).answer_read(waiter, LEADS, || unreachable!("unasked")),
                Some(error) => turn!(self, outputs).refuse_read(waiter, error),
            }
        }
    }

    /// A member was asked that another one lead.
    pub(super) fn on_hand_over(&mut self, from: NodeId, to: NodeId, outputs: &mut Vec<Output>) {
        if self.agreed.role() != Role::Leader || to == self.identity.id {
            return;
        }
        let until_ms = self.now.monotonic_ms + ASK_AGAIN_MS;
        match self.hand_over_to(to, outputs) {
            Ok(true) => {}
            Ok(false) => self.transfers.wanted = Some((to, self.agreed.term(), until_ms)),
            Err(why) => turn!(self, outputs).send(from, Body::Stays(to, why)),
        }
    }

    /// Looks again at what a member asked, who asks once more if nothing comes of it.
    fn hand_over_as_wanted(&mut self, outputs: &mut Vec<Output>) {
        let Some((to, term, until_ms)) = self.transfers.wanted else { return };
        let is_over = self.agreed.role() != Role::Leader
            || self.agreed.term() != term
            || self.now.monotonic_ms >= until_ms;
        if is_over || self.hand_over_to(to, outputs) != Ok(false) {
            self.transfers.wanted = None;
        }
    }

    /// The leader says why it leads on.
    pub(super) fn on_stays(&mut self, from: NodeId, to: NodeId, why: Stays) {
        for waiting in &mut self.transfers.waiting {
            let is_asked = waiting.asked.is_some_and(|(_, leader, _)| leader == from);
            if waiting.to == to && is_asked {
                waiting.why = Some(why);
            }
        }
    }

    /// Has this member lead in place of this node. False: not yet.
    fn hand_over_to(&mut self, to: NodeId, outputs: &mut Vec<Output>) -> Result<bool, Stays> {
        if !self.members.ids().contains(&to) {
            return Err(Stays::NoMember);
        }
        if !self.connected.contains(&to) {
            return Err(Stays::Unreached);
        }
        if !self.clocks.fit().any(|id| id == to) {
            return Err(Stays::Unfit);
        }
        self.agreed.transfer(to, turn!(self, outputs))
    }

    /// What a client is told.
    fn stays(&self, to: NodeId, why: Stays) -> Error {
        let hint = match why {
            Stays::NoMember => "CLUSTER-ADMIN STATUS says who is",
            Stays::Unreached => "CLUSTER-ADMIN STATUS says whom a node reaches",
            Stays::Lags => {
                "try again when CLUSTER-ADMIN STATUS at the leader shows that its lag is small"
            }
            Stays::Unfit => "INFO candor of that node has clock_ok and disk_full",
        };
        let (to, why) = (to.0, why.in_words());
        Error::Invalid(match self.agreed.leader() {
            Some(leader) => {
                format!("node {to} {why}; node {} leads on. Hint: {hint}", leader.0)
            }
            None => format!("node {to} {why}. Hint: {hint}"),
        })
    }
}

impl Stays {
    /// Whether waiting would be of no use.
    fn lasts(self) -> bool {
        self != Stays::Unfit
    }

    /// As it stands behind the name of the member.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Stays::NoMember => "is no member that may lead",
            Stays::Unreached => "is not reached by the leader",
            Stays::Lags => "lags too far behind to lead",
            Stays::Unfit => {
                "is not fit to lead: its clock is off or not compared yet, its disk is full, or it is about to end"
            }
        }
    }
}

/// No write is answered so.
const LEADS: Reply = Reply::Status("OK");

const TOO_MANY: &str = "too many wait here already until another member leads; nothing was asked";

const NO_LEADER: &str = "no leader in time; nobody was asked to hand over";

const ASKED: &str = "the leader was asked to hand over, and that member does not lead yet: it may still come to lead. \
                     Hint: CLUSTER-ADMIN STATUS says who leads";
