//! A node that lacks more than its leader's log holds: any member that has a snapshot which serves
//! may hand it over, so that the leader, which has most to do, need not.
//!
//! ```text
//!   node 1 ── Raft: my snapshot stands at ▌ ──▶ node 3       node 1 leads
//!   node 3 ── AskOffer: at ▌ or behind ───────▶ node 2
//!   node 3 ◀── OfferState ───────────────────── node 2
//!   node 3 ── AskSnapshot … ──────────────────▶ node 2
//!   node 3 ── Fetches, now and then ──────────▶ node 1       which waits for it
//!   node 3 ── Fetched ────────────────────────▶ node 1       whose log goes on behind it
//! ```
//!
//! The leader's own offer is taken if no other comes soon, or if the other fails.

use super::Node;
use crate::api::Output;
use crate::ids::{Index, NodeId};
use crate::snapshot::{Fetch, LeadersOffer, Want};
use crate::turn::Turn;
use crate::wire::message::Body;

impl Node {
    /// Asks the other followers for what a leader has just offered. What is fetched already goes on
    /// if its donor is there: that leader may have offered it, or one before it.
    pub(super) fn search_offer(&mut self, outputs: &mut Vec<Output>) {
        let Some((leader, offer)) = self.agreed.take_offer() else { return };
        let wanted = LeadersOffer::new(leader, offer, self.now.monotonic_ms);
        if let Some(fetch) = &self.fetch
            && mutant!(LaterLeaderUnheard, fetch.want != Want::Merged, false)
        {
            // If that fails there still is this one. Who is not there hands nothing over.
            self.leaders_offer = Some(wanted);
            if !self.connected.contains(&fetch.from) {
                self.stop_fetching(outputs);
            }
            return;
        }
        if !self.may_fetch() {
            return;
        }
        self.leaders_offer = Some(wanted);
        let others: Vec<NodeId> = self.connected().filter(|id| *id != leader).collect();
        if mutant!(LeaderAskedAlone, others.is_empty(), true) {
            return self.fetch_from_leader(outputs);
        }
        for other in others {
            turn!(self, outputs).send(other, Body::AskOffer(offer.index));
        }
    }

    /// A member is behind: it is offered the newest snapshot of this node, if that serves.
    pub(super) fn on_ask_offer(&mut self, from: NodeId, index: Index, outputs: &mut Vec<Output>) {
        if self.has_lost_state() {
            return;
        }
        if let Some(Some(body)) = self.offer_agreed(index) {
            turn!(self, outputs).send(from, body);
        }
    }

    /// Nobody else has what the leader offered, or hands it over.
    fn fetch_from_leader(&mut self, outputs: &mut Vec<Output>) {
        let Some(LeadersOffer { leader, offer, .. }) = self.leaders_offer else { return };
        if self.disk.is_full() || self.agreed.commit() >= offer.index {
            self.leaders_offer = None;
            return;
        }
        self.begin_fetch(Fetch::agreed(leader, offer, self.members.founders()), outputs);
    }

    /// Fetches from the leader once the others had time to offer, or tells it that another is
    /// fetched from.
    pub(super) fn look_after_offer(&mut self, outputs: &mut Vec<Output>) {
        let now_ms = self.now.monotonic_ms;
        let Some(wanted) = &mut self.leaders_offer else { return };
        let leader = wanted.leader;
        match &self.fetch {
            None if wanted.is_over(now_ms) => self.fetch_from_leader(outputs),
            Some(fetch) if fetch.from != leader && wanted.take_told(now_ms) => {
                turn!(self, outputs).send(leader, Body::Fetches);
            }
            None | Some(_) => {}
        }
    }

    /// What is fetched does not come any more, or is of no use. If it was another's, there still is
    /// the leader's.
    pub(super) fn stop_fetching(&mut self, outputs: &mut Vec<Output>) {
        let Some(fetch) = self.fetch.take() else { return };
        match self.leaders_offer {
            Some(wanted) if wanted.leader != fetch.from => self.fetch_from_leader(outputs),
            _ => self.leaders_offer = None,
        }
    }

    /// All came that was fetched, and the log holds it by now: the leader need not wait any more.
    pub(super) fn on_held(&mut self, outputs: &mut Vec<Output>) {
        let Some(fetch) = self.fetch.take() else { return };
        if fetch.want != Want::Merged && !self.has_lost_state() {
            self.tell_fetched(fetch.from, outputs);
        }
    }

    /// The leader that offered a state is to go on behind it, whoever handed it over.
    pub(super) fn tell_fetched(&mut self, from: NodeId, outputs: &mut Vec<Output>) {
        let offer = self.leaders_offer.take();
        let offer = mutant!(LeaderNotTold, offer, None);
        let leader = offer.map_or(from, |wanted| wanted.leader);
        turn!(self, outputs).send(leader, Body::Fetched);
    }
}
