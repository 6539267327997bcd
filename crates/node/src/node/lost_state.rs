//! A state that this node has lost: it asks the others for theirs, and waits. Theirs it offers.
//!
//! ```text
//!   log       (cut) ▌mark, group, group, …          kept: term and vote, boots, entries
//!   snapshot  ✗ cannot be read, or is discarded     lost: the keys up to ▌
//!
//!   node 1 ── AskState: behind ▌ ──▶ node 2         whose newest snapshot stands before ▌:
//!                                                   it takes another
//!   node 1 ── AskState: behind ▌ ──▶ node 3
//!   node 1 ◀── OfferState ────────── node 3
//!   node 1 ── AskSnapshot … ───────▶ node 3         as any member does that is far behind
//! ```
//!
//! Until it has that state it answers no client about keyspaces of that order and, where it is the
//! agreed one, neither votes nor acknowledges. Then it goes on with the entries of its own log that
//! lie behind: they may be acknowledged.

use super::Node;
use crate::agreed::Offer;
use crate::api::{Event, Order, Output, Waits};
use crate::ids::{Index, NodeId, Term};
use crate::snapshot::Fetch;
use crate::turn::Turn;
use crate::wire::message::Body;
use crate::wire::version_vector::VersionVector;

impl Node {
    /// Whether it has lost a state, and does not have that of another member yet.
    pub(super) fn has_lost_state(&self) -> bool {
        self.has_lost(Order::Agreed) || self.has_lost(Order::Merged)
    }

    /// Whether it has lost that of this order.
    pub(super) fn has_lost(&self, order: Order) -> bool {
        match order {
            Order::Agreed => self.agreed.lost_at().is_some(),
            Order::Merged => !self.merged.lost().is_empty(),
        }
    }

    fn others(&self) -> impl Iterator<Item = NodeId> + Clone {
        let me = self.identity.id;
        self.members.ids().iter().copied().filter(move |id| *id != me)
    }

    /// The members that there is a path to.
    pub(super) fn connected(&self) -> impl Iterator<Item = NodeId> + Clone {
        self.connected.iter().copied()
    }

    /// What requests of this order wait for, if the state is lost.
    pub(super) fn waits_for_state(&self, order: Order) -> Option<Waits> {
        if !self.has_lost(order) {
            return None;
        }
        let lost = self.merged.lost_for_good(self.connected()).filter(|_| order == Order::Merged);
        let waits = lost.map(|(replica, place)| Waits::Entries(replica, place.boot, place.index));
        Some(waits.unwrap_or_else(|| Waits::State(self.others().collect())))
    }

    /// Asks another member for the state that is lost, if it is time to.
    pub(super) fn search_state(&mut self, outputs: &mut Vec<Output>) {
        if !self.has_lost_state() || !self.may_fetch() {
            return;
        }
        let now_ms = self.now.monotonic_ms;
        if let Some(to) = self.search.next(self.connected.iter().copied(), now_ms) {
            let (agreed, merged) = (self.agreed.lost_at(), self.merged.lost().clone());
            turn!(self, outputs).send(to, Body::AskState { agreed, merged });
        }
        if let Some((replica, place)) = self.merged.lost_for_good(self.connected())
            && !std::mem::replace(&mut self.search.is_told, true)
        {
            outputs.push(Output::Note(Event::LostForGood(replica, place.boot, place.index)));
        }
    }

    /// Another member has lost its state: it is offered the newest snapshot of this node, if that
    /// holds what it needs. If only a new one would, that is taken.
    pub(super) fn on_ask_state(
        &mut self,
        from: NodeId,
        agreed: Option<(Index, Term)>,
        merged: &VersionVector,
        outputs: &mut Vec<Output>,
    ) {
        if self.has_lost_state() || self.merged.is_joining() {
            return;
        }
        let offer = match agreed {
            Some((index, term)) => {
                self.agreed.hear_of_commit(index, term);
                self.offer_agreed(index)
            }
            None => self.merged.offer_of(merged).map(|offer| offer.map(Body::OfferSnapshot)),
        };
        match offer {
            Some(Some(body)) => turn!(self, outputs).send(from, body),
            Some(None) if !self.donor.is_asked(self.now.monotonic_ms) => self.snapshots.want(),
            Some(None) | None => {}
        }
    }

    /// The snapshot whose agreed state stands at this entry or behind, if there is one or, with
    /// `None` in it, if a new one would.
    pub(super) fn offer_agreed(&self, lost: Index) -> Option<Option<Body>> {
        let offer = self.agreed.offered().filter(|offer| offer.index >= lost);
        let body =
            offer.map(|Offer { number, index, term }| Body::OfferState { number, index, term });
        (body.is_some() || self.agreed.applied() >= lost).then_some(body)
    }

    /// Another member offers the agreed state that this one has lost, or is behind of.
    pub(super) fn on_offer_state(&mut self, from: NodeId, offer: Offer, outputs: &mut Vec<Output>) {
        let is_of_use = match self.has_lost(Order::Agreed) {
            true => self.agreed.goes_on_behind(offer.index),
            false => self.leaders_offer.is_some_and(|wanted| wanted.is_met_by(offer)),
        };
        if is_of_use && self.may_fetch() {
            self.begin_fetch(Fetch::agreed(from, offer, self.members.founders()), outputs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Config, DirectoryId, Level, LogPlace};
    use crate::ids::SnapshotNumber;
    use crate::recovery::Recovery;
    use crate::wire::base::{AgreedBase, Mark};
    use crate::wire::record::Record;

    /// A node that has lost its agreed state, which stood at this entry.
    fn without_state(index: u64) -> Node {
        let id = NodeId(1);
        let members = [1, 2, 3].map(|id| (NodeId(id), String::new())).to_vec();
        let mut recovery = Recovery::new(Config {
            id,
            members,
            order: Order::Agreed,
            level: Level::Linearizable,
            request_timeout_ms: 1000,
            max_clock_drift_ms: 500,
            seed: 1,
            incarnation: 1,
            directory: DirectoryId(1),
            discard_state: false,
            join: false,
            max_memory: None,
        });
        recovery.lose_state();
        let agreed = AgreedBase { index: Index(index), term: Term(1), ..AgreedBase::default() };
        let mut group = vec![];
        Record::Mark(Mark { agreed, ..Mark::default() }).encode(&mut group);
        recovery.replay(LogPlace(1), &group.into()).unwrap();
        recovery.finish().unwrap()
    }

    /// An offer that was made to an earlier start may come late: this one needs more.
    #[test]
    fn a_state_behind_which_the_log_does_not_go_on_is_not_fetched() {
        for (index, is_fetched) in [(8, false), (9, false), (10, true), (11, true)] {
            let mut node = without_state(10);
            let offer = Offer { number: SnapshotNumber(1), index: Index(index), term: Term(1) };
            node.on_offer_state(NodeId(2), offer, &mut vec![]);
            assert_eq!(node.fetch.is_some(), is_fetched, "{index}");
        }
    }
}
