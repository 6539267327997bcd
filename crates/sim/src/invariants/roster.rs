//! The members of a cluster as the log changes them, by code that shares nothing with the node's.
//! Begin with [`Roster`].

use std::collections::{BTreeMap, BTreeSet};

use node::{
    Boot, ChangeSeen, Index, MemberChange, MemberStep, NamedWrite, NodeId, RosterSeen, Standing,
};

use crate::env::host::address;

/// Who is a member, and what is being changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    /// The entry that changed it last.
    version: u64,
    members: BTreeMap<NodeId, (Standing, String)>,
    removed: BTreeMap<NodeId, (Index, (Boot, Index))>,
    change: Option<Change>,
    /// The last write of each: its boot and its sequence.
    last: BTreeMap<NodeId, (u64, u64)>,
}

/// A change that goes on.
#[derive(Clone, Debug)]
struct Change {
    index: u64,
    comes: Option<NodeId>,
    /// Where whoever comes is.
    address: String,
    goes: BTreeSet<NodeId>,
    /// Whether those are dead.
    loses: bool,
}

impl Roster {
    pub(super) fn of_founders(count: usize) -> Roster {
        let one = |id| (NodeId(id), (Standing::Voter, address(NodeId(id))));
        Roster { members: (1..=count as u64).map(one).collect(), ..Roster::default() }
    }

    /// Whether it is a member, of whatever standing; where nothing is known of founders, everybody.
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.members.is_empty() || self.members.contains_key(&id)
    }

    /// A write stands in the log: it runs if its id is the successor of its node's last, and that
    /// is a member.
    pub(super) fn takes(&mut self, write: &NamedWrite) -> bool {
        let NamedWrite { node, boot, sequence, .. } = write;
        if !self.has(*node) {
            return false;
        }
        let last = self.last.entry(*node).or_default();
        let follows = (boot.0, sequence.0) == (last.0, last.1 + 1);
        let is_next = follows || (boot.0 > last.0 && sequence.0 == 1);
        if is_next {
            *last = (boot.0, sequence.0);
        }
        is_next
    }

    pub(super) fn voters(&self) -> BTreeSet<NodeId> {
        let votes = |one: &(&NodeId, &(Standing, String))| one.1.0 != Standing::Learner;
        self.members.iter().filter(votes).map(|(id, _)| *id).collect()
    }

    pub(super) fn has_removed(&self, id: NodeId) -> bool {
        self.removed.contains_key(&id)
    }

    /// A change is asked for: it begins, unless it cannot be.
    pub(super) fn begin(&mut self, index: u64, change: &MemberChange) {
        let nobody = BTreeSet::new();
        let (comes, goes) = match change {
            MemberChange::Add { id, address } => (Some((*id, address)), nobody),
            MemberChange::Replace { old, new, address } => {
                (Some((*new, address)), BTreeSet::from([*old]))
            }
            MemberChange::Remove { ids, .. } => (None, ids.iter().copied().collect()),
            MemberChange::Move { id, address } => {
                if self.change.is_none() && self.has(*id) && self.is_free(*id, address) {
                    self.version = index;
                    self.members.get_mut(id).expect("it is there").1 = address.clone();
                }
                return;
            }
        };
        let loses = matches!(change, MemberChange::Remove { lose: true, .. });
        if let Some(present) = self.change.clone() {
            return self.replace(index, &present, comes.map(|one| one.0), goes, loses);
        }
        let all_there = goes.iter().all(|id| self.members.contains_key(id));
        let may_come = comes.is_none_or(|(id, address)| {
            let is_new = !self.has(id) && !self.has_removed(id);
            is_new && self.is_free(id, address)
        });
        let left = self.voters().difference(&goes).count() + usize::from(comes.is_some());
        if all_there && may_come && left > 0 {
            let address = comes.map_or(String::new(), |one| one.1.clone());
            let comes = comes.map(|one| one.0);
            // Who is to be replaced is dead.
            let loses = loses || comes.is_some() && !goes.is_empty();
            self.start(Change { index, comes, address, goes, loses });
        }
    }

    fn start(&mut self, change: Change) {
        self.version = change.index;
        if change.comes.is_none() {
            self.leave(&change.goes);
        }
        self.change = Some(change);
    }

    /// Another change is under way: whoever comes may be taken back, and of those that go more may
    /// be dead.
    fn replace(
        &mut self,
        index: u64,
        present: &Change,
        comes: Option<NodeId>,
        goes: BTreeSet<NodeId>,
        loses: bool,
    ) {
        let votes = |id: &NodeId| self.voters().contains(id);
        match present.comes {
            _ if comes.is_some() => {}
            Some(id) if !votes(&id) => {
                if goes == BTreeSet::from([id]) {
                    self.version = index;
                    let change = self.change.as_mut().expect("it is under way");
                    change.goes.clear();
                }
            }
            _ => {
                let left = present.goes.iter().filter(|id| self.members.contains_key(id));
                let holds_all = left.into_iter().all(|id| goes.contains(id));
                let all_there = goes.iter().all(|id| self.members.contains_key(id));
                let some_stay = self.voters().difference(&goes).count() > 0;
                // What goes on already is not begun anew.
                let is_same = present.comes.is_none() && present.loses && goes == present.goes;
                if loses && holds_all && all_there && some_stay && !is_same {
                    let address = String::new();
                    self.start(Change { index, comes: None, address, goes, loses });
                }
            }
        }
    }

    fn is_free(&self, id: NodeId, address: &str) -> bool {
        self.members.iter().all(|(other, one)| *other == id || one.1 != address)
    }

    fn leave(&mut self, ids: &BTreeSet<NodeId>) {
        for id in ids {
            if let Some(member) = self.members.get_mut(id) {
                member.0 = Standing::Leaving;
            }
        }
    }

    /// A step of the change that began there stands at this entry: it counts if it is the next.
    pub(super) fn step(&mut self, index: u64, change: Index, step: &MemberStep) {
        let Some(present) = self.change.clone().filter(|one| one.index == change.0) else { return };
        let standing = |id: &NodeId| self.members.get(id).map(|one| one.0);
        match step {
            MemberStep::Learn(id) if present.comes == Some(*id) && standing(id).is_none() => {
                self.members.insert(*id, (Standing::Learner, present.address));
            }
            MemberStep::Promote(id)
                if present.comes == Some(*id) && standing(id) == Some(Standing::Learner) =>
            {
                self.members.get_mut(id).expect("it learns").0 = Standing::Voter;
                self.leave(&present.goes);
                self.change = self.change.take().filter(|_| !present.goes.is_empty());
            }
            MemberStep::Gone(id, boot, last)
                if present.goes.contains(id) && standing(id) == Some(Standing::Leaving) =>
            {
                self.members.remove(id);
                self.removed.insert(*id, (Index(index), (*boot, *last)));
                let some_left = present.goes.iter().any(|id| self.members.contains_key(id));
                self.change = self.change.take().filter(|_| some_left);
            }
            MemberStep::GiveUp => {
                let Some(id) = present.comes else { return };
                match standing(&id) {
                    None => {}
                    Some(Standing::Learner) => {
                        self.members.remove(&id);
                        self.removed.insert(id, (Index(index), (Boot(0), Index(0))));
                    }
                    Some(_) => return,
                }
                self.change = None;
            }
            _ => return,
        }
        self.version = index;
    }

    /// How a node is to see it.
    pub(super) fn seen(&self) -> RosterSeen {
        if self.version == 0 {
            return RosterSeen::default();
        }
        let change = self.change.as_ref().map(|change| ChangeSeen {
            index: Index(change.index),
            comes: change.comes,
            goes: change.goes.iter().copied().collect(),
            loses: change.loses,
        });
        RosterSeen {
            version: Index(self.version),
            members: self.members.iter().map(|(id, one)| (*id, one.0)).collect(),
            removed: self.removed.iter().map(|(id, (at, last))| (*id, *at, *last)).collect(),
            change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(id: u64) -> MemberChange {
        MemberChange::Add { id: NodeId(id), address: address(NodeId(id)) }
    }

    fn remove(ids: &[u64], lose: bool) -> MemberChange {
        MemberChange::Remove { ids: ids.iter().copied().map(NodeId).collect(), lose }
    }

    #[test]
    fn who_comes_learns_first_and_who_goes_is_gone_for_good() {
        let mut roster = Roster::of_founders(2);
        roster.step(4, Index(3), &MemberStep::Promote(NodeId(3)));
        assert_eq!(roster.seen(), RosterSeen::default(), "nobody asked for it");
        roster.begin(5, &add(3));
        roster.step(6, Index(5), &MemberStep::Promote(NodeId(3)));
        assert!(!roster.has(NodeId(3)), "it has not learnt");
        roster.step(7, Index(5), &MemberStep::Learn(NodeId(3)));
        assert_eq!(roster.voters().len(), 2);
        roster.step(8, Index(5), &MemberStep::Promote(NodeId(3)));
        assert_eq!(roster.voters().len(), 3);
        roster.begin(9, &remove(&[3], false));
        roster.step(10, Index(9), &MemberStep::Gone(NodeId(2), Boot(1), Index(1)));
        assert!(roster.has(NodeId(2)), "it does not leave");
        roster.step(11, Index(9), &MemberStep::Gone(NodeId(3), Boot(1), Index(1)));
        assert!(roster.has_removed(NodeId(3)) && roster.change.is_none());
        roster.begin(12, &add(3));
        assert_eq!(roster.version, 11, "an id is never given again");
    }

    #[test]
    fn one_change_at_a_time_unless_more_are_dead() {
        let mut roster = Roster::of_founders(4);
        roster.begin(5, &remove(&[4], false));
        roster.begin(6, &add(5));
        roster.begin(7, &remove(&[3], true));
        assert_eq!(roster.version, 5);
        roster.begin(8, &remove(&[3, 4], true));
        assert_eq!(roster.version, 8);
        roster.step(9, Index(8), &MemberStep::Gone(NodeId(3), Boot(1), Index(1)));
        assert!(roster.change.is_some());
        roster.step(10, Index(8), &MemberStep::Gone(NodeId(4), Boot(1), Index(1)));
        assert!(roster.change.is_none());
    }

    #[test]
    fn a_change_that_goes_on_is_not_begun_anew() {
        let mut roster = Roster::of_founders(4);
        roster.begin(5, &remove(&[4], false));
        roster.begin(6, &remove(&[4], true));
        assert_eq!(roster.version, 6, "it is dead after all");
        roster.begin(7, &remove(&[4], true));
        assert_eq!(roster.version, 6);
    }
}
