//! Who differs from whom, and what a node does that differs from a majority.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Digests;
use crate::api::{Event, Order};
use crate::ids::{Index, NodeId};
use crate::store::SlotSums;
use crate::turn::Turn;
use crate::wire::message::{Body, Summary};
use crate::wire::version_vector::VersionVector;

/// How long answers count, in milliseconds: who answered so long ago may be gone.
const ANSWER_MS: u64 = 5000;
/// So many slots that differ are named.
const SLOTS_NAMED_MAX: usize = 8;

/// What each member of a majority is asked that has another root than this node.
#[derive(Debug)]
pub(super) struct Question {
    /// The digest of this node that it is about.
    own: Index,
    order: Order,
    root: u64,
    since_ms: u64,
    /// At which digest each of those who are asked had that root.
    asked: BTreeMap<NodeId, Index>,
    answers: BTreeMap<NodeId, SlotSums>,
}

impl Question {
    /// Takes in an answer, if it is one to this question.
    pub(super) fn take(
        &mut self,
        from: NodeId,
        index: Index,
        order: Order,
        sums: SlotSums,
        now_ms: u64,
    ) -> bool {
        let is_answer = self.asked.get(&from) == Some(&index)
            && order == self.order
            && now_ms <= self.since_ms + ANSWER_MS;
        if is_answer {
            self.answers.insert(from, sums);
        }
        is_answer
    }

    /// The sums that most of those have who answered, and who they are.
    fn most_agree(&self) -> Option<(&SlotSums, BTreeSet<NodeId>)> {
        let with = |sums: &SlotSums| {
            let same = self.answers.iter().filter(|(_, other)| *other == sums);
            same.map(|(id, _)| *id).collect::<BTreeSet<_>>()
        };
        let all = self.answers.values().map(|sums| (sums, with(sums)));
        all.max_by_key(|(_, ids)| ids.len())
    }
}

/// Who differed from this node at a digest.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    index: Index,
    agreed: BTreeSet<NodeId>,
    merged: BTreeSet<NodeId>,
}

impl Alarm {
    fn members(&mut self, order: Order) -> &mut BTreeSet<NodeId> {
        match order {
            Order::Agreed => &mut self.agreed,
            Order::Merged => &mut self.merged,
        }
    }

    pub(super) fn in_words(&self) -> String {
        let both = [(Order::Agreed, &self.agreed), (Order::Merged, &self.merged)];
        let differing = both.into_iter().filter(|(_, members)| !members.is_empty());
        let differing = differing
            .map(|(order, members)| format!("another {} state on {}", order, names(members)));
        format!("digest {}: {}", self.index, differing.collect::<Vec<_>>().join(", "))
    }
}

impl Digests {
    /// Compares what came of digests here with what the others told.
    pub(super) fn judge(&mut self, turn: &mut Turn<'_>) {
        for place in 0..self.outcomes.len() {
            let own = self.outcomes[place].summary.clone();
            for order in [Order::Agreed, Order::Merged] {
                self.compare(&own, order, turn);
            }
            if self.is_equal(&own) {
                self.equal = self.equal.max(own.index);
            }
        }
    }

    /// Says which members differ from this node, and asks them if they are a majority.
    fn compare(&mut self, own: &Summary, order: Order, turn: &mut Turn<'_>) {
        let mut others: BTreeMap<u64, BTreeMap<NodeId, Index>> = BTreeMap::new();
        for (id, told) in &self.told {
            let comparable = told.iter().rev().find(|one| one.is_comparable(own, order));
            if let Some(other) = comparable.filter(|one| one.root(order) != own.root(order)) {
                others.entry(other.root(order)).or_default().insert(*id, other.index);
            }
        }
        for id in others.values().flat_map(BTreeMap::keys) {
            self.note_difference(own.index, order, *id, turn);
        }
        for (root, members) in others {
            if self.is_majority(members.len()) {
                self.ask(own.index, order, root, members, turn);
            }
        }
    }

    /// Whether so many are a majority of all members, whoever runs.
    fn is_majority(&self, count: usize) -> bool {
        2 * count > mutant!(StopsWithoutMajority, self.others.len() + 1, 0)
    }

    /// Whether a majority has the same as this node in both orders, and nobody who told anything
    /// else.
    fn is_equal(&self, own: &Summary) -> bool {
        let is_same = |told: &&VecDeque<Summary>| told.contains(own);
        let differs = self.alarm.as_ref().is_some_and(|alarm| alarm.index == own.index);
        !differs && self.is_majority(1 + self.told.values().filter(is_same).count())
    }

    fn note_difference(&mut self, index: Index, order: Order, member: NodeId, turn: &mut Turn<'_>) {
        let alarm = self.alarm.get_or_insert_default();
        if alarm.index < index {
            *alarm = Alarm { index, ..Alarm::default() };
        }
        if alarm.index == index && alarm.members(order).insert(member) {
            turn.note(Event::DigestDiffers { index, order, member });
        }
    }

    /// Asks a majority that has another root for its slots: about each digest once.
    fn ask(
        &mut self,
        own: Index,
        order: Order,
        root: u64,
        members: BTreeMap<NodeId, Index>,
        turn: &mut Turn<'_>,
    ) {
        if own > self.asked {
            self.asked = own;
            let since_ms = turn.now.monotonic_ms;
            let (asked, answers) = Default::default();
            self.question = Some(Question { own, order, root, since_ms, asked, answers });
        }
        let is_this = |one: &&mut Question| (one.own, one.order, one.root) == (own, order, root);
        let Some(question) = self.question.as_mut().filter(is_this) else { return };
        for (id, index) in members {
            if question.asked.insert(id, index).is_none() {
                turn.send(id, Body::AskSlots { index, order });
            }
        }
    }

    /// Stops this node if a majority has answered: the others go on without it.
    pub(super) fn conclude(&self, turn: &mut Turn<'_>) {
        let Some(question) = &self.question else { return };
        let Some((sums, members)) = question.most_agree() else { return };
        let own = self.outcomes.iter().find(|one| one.index() == question.own);
        if let Some(own) = own
            && self.is_majority(members.len())
        {
            let slots = own.sums(question.order).differing(sums);
            let why = self.why(&own.summary, question.order, &members, &slots);
            turn.diverge(question.own, &why);
        }
    }

    fn why(
        &self,
        own: &Summary,
        order: Order,
        members: &BTreeSet<NodeId>,
        slots: &[u16],
    ) -> String {
        let at = match order {
            Order::Agreed => String::new(),
            Order::Merged => format!(", at {}", position(&own.vector)),
        };
        format!(
            "the {} state of this node differs from that of {}, a majority of all {} members, at the digest at index \
             {}{at}: {}",
            order,
            names(members),
            self.others.len() + 1,
            own.index,
            differing(slots)
        )
    }
}

/// Where states differ, in words.
fn differing(slots: &[u16]) -> String {
    let named: Vec<String> = slots.iter().take(SLOTS_NAMED_MAX).map(u16::to_string).collect();
    match slots {
        [] => "in no key, but in which writes ran last".into(),
        [one] => format!("in slot {one}"),
        _ if slots.len() <= SLOTS_NAMED_MAX => format!("in slots {}", named.join(", ")),
        _ => format!("in slots {} and {} more", named.join(", "), slots.len() - SLOTS_NAMED_MAX),
    }
}

fn position(vector: &VersionVector) -> String {
    let places = vector.iter().map(|(id, at)| format!("{}.{}:{}", id.0, at.boot, at.index));
    format!("[{}]", places.collect::<Vec<_>>().join(" "))
}

fn names(members: &BTreeSet<NodeId>) -> String {
    let ids: Vec<String> = members.iter().map(|id| id.0.to_string()).collect();
    match &ids[..] {
        [one] => format!("node {one}"),
        _ => format!("nodes {}", ids.join(", ")),
    }
}
