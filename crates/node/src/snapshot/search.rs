//! Whom a node asks that has lost its state: one member after the other, until one has what it
//! needs. And how long one that is behind waits for others than its leader.

use crate::agreed::Offer;
use crate::ids::NodeId;

/// How often somebody is asked, in milliseconds.
const ASK_MS: u64 = 500;

/// Who was asked last, and when.
#[derive(Debug, Default)]
pub(crate) struct Search {
    asked: Option<(NodeId, u64)>,
    /// Whether it was told that something is nowhere to be found.
    pub(crate) is_told: bool,
}

impl Search {
    /// Who of these members, in order, is to be asked now.
    pub(crate) fn next(
        &mut self,
        members: impl Iterator<Item = NodeId> + Clone,
        now_ms: u64,
    ) -> Option<NodeId> {
        if self.asked.is_some_and(|(_, asked_ms)| now_ms < asked_ms + ASK_MS) {
            return None;
        }
        let last = self.asked.map_or(NodeId(0), |(last, _)| last);
        let next = members.clone().find(|id| *id > last).or_else(|| members.clone().next())?;
        self.asked = Some((next, now_ms));
        Some(next)
    }
}

/// How long the other followers have to offer what the leader does, in milliseconds.
const OTHERS_MS: u64 = 200;
/// How often a leader hears that somebody else is fetched from, in milliseconds.
const TELL_MS: u64 = 1000;

/// What a leader has offered a node that lacks more than its log holds: what others must have to
/// serve as well, and what is fetched if none does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeadersOffer {
    pub(crate) leader: NodeId,
    pub(crate) offer: Offer,
    /// When the others were asked.
    since_ms: u64,
    /// When the leader last heard that its follower is fetching.
    told_ms: u64,
}

impl LeadersOffer {
    pub(crate) fn new(leader: NodeId, offer: Offer, now_ms: u64) -> LeadersOffer {
        LeadersOffer { leader, offer, since_ms: now_ms, told_ms: now_ms }
    }

    /// Whether another's snapshot serves: the leader's log goes on behind it.
    pub(crate) fn is_met_by(&self, other: Offer) -> bool {
        mutant!(OlderOfferTaken, other.index >= self.offer.index, true)
    }

    /// Whether the others had time to answer.
    pub(crate) fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.since_ms + OTHERS_MS
    }

    /// Whether the leader is to hear now that its follower is fetching.
    pub(crate) fn take_told(&mut self, now_ms: u64) -> bool {
        let is_due = now_ms >= self.told_ms + TELL_MS;
        if is_due {
            self.told_ms = now_ms;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Index, SnapshotNumber, Term};

    #[test]
    fn members_are_asked_in_turn_and_not_too_often() {
        let mut search = Search::default();
        let members = [2, 5, 7].map(NodeId);
        let mut next = |now_ms| search.next(members.into_iter(), now_ms).map(|id| id.0);
        assert_eq!([next(0), next(ASK_MS - 1), next(ASK_MS)], [Some(2), None, Some(5)]);
        assert_eq!([next(2 * ASK_MS), next(3 * ASK_MS)], [Some(7), Some(2)]);
        assert_eq!(search.next([].into_iter(), 9 * ASK_MS), None);
    }

    #[test]
    fn another_offer_stands_where_the_leaders_log_goes_on() {
        let at = |index| Offer { number: SnapshotNumber(7), index: Index(index), term: Term(1) };
        let mut wanted = LeadersOffer::new(NodeId(1), at(50), 1000);
        assert_eq!([49, 50, 51].map(|index| wanted.is_met_by(at(index))), [false, true, true]);
        assert!(!wanted.is_over(999 + OTHERS_MS) && wanted.is_over(1000 + OTHERS_MS));
        let told = [999, 1000, 1999, 2000].map(|after_ms| wanted.take_told(1000 + after_ms));
        assert_eq!(told, [false, true, false, true]);
    }
}
