//! An operator: members come and go. Begin with [`World::begin_errand`].
//!
//! What is asked for is asked of any member, again if it was refused or nobody knows what came of
//! it, and given up after some tries: a change may then still be under way, or be none. Whoever is
//! to go leaves behind a majority that is not lost for good. Once all has healed the operator takes
//! back what cannot end, and removes those that are lost.

use std::collections::BTreeSet;

use node::{ChangeSeen, MemberChange, Node, NodeId, RosterSeen, Standing};

use super::World;
use super::event::Event;
use crate::env::client::{Client, Source, Wish};
use crate::env::host::address;
use crate::plan::chance::Chance;
use crate::plan::fault::Errand;
use crate::plan::setting::Setting;
use crate::record::operation::{Action, Outcome};

/// A node that halts since it was removed is gone so much later at most.
const HALTS_US_MAX: u64 = 50_000;
/// How often the operator asks again once all has healed, and how long it waits for one that was
/// added to come.
const AGAIN_US: u64 = 500_000;
const COMES_US: u64 = 4_000_000;

/// What an operator knows and does.
#[derive(Debug)]
pub(super) struct Operator {
    nodes: usize,
    /// All members, as the node saw them that has applied most of all.
    roster: RosterSeen,
    tasks: Vec<Task>,
    /// Those that were added and came to vote.
    joined: BTreeSet<NodeId>,
    /// The hosts that were ever asked to go: they may be gone at any time.
    to_go: BTreeSet<usize>,
    /// The hosts that were named to come.
    named: BTreeSet<usize>,
    /// When it last asked for something after all had healed.
    asked_us: u64,
}

/// A change that somebody wants.
#[derive(Debug)]
struct Task {
    change: MemberChange,
    tries: u32,
    /// Whether an answer is waited for.
    is_asked: bool,
    chance: Chance,
}

impl Operator {
    pub(super) fn new(setting: &Setting) -> Operator {
        Operator {
            nodes: setting.nodes,
            roster: RosterSeen::default(),
            tasks: vec![],
            joined: BTreeSet::new(),
            to_go: BTreeSet::new(),
            named: BTreeSet::new(),
            asked_us: 0,
        }
    }

    /// Looks at the members as a node has them.
    pub(super) fn see(&mut self, node: &Node) {
        let seen = node.roster_seen();
        if seen.version > self.roster.version {
            let votes = seen.members.iter().filter(|one| one.1 == Standing::Voter);
            let is_new = |id: &NodeId| host_of(*id) >= self.nodes;
            self.joined.extend(votes.map(|one| one.0).filter(is_new));
            self.roster = seen;
        }
    }

    /// How many were added and came to vote, and how many were removed.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.joined.len() as u64, self.roster.removed.len() as u64)
    }

    fn standing(&self, host: usize) -> Option<Standing> {
        if self.roster.version.0 == 0 {
            return (host < self.nodes).then_some(Standing::Voter);
        }
        let is_it = |(id, _): &&(NodeId, Standing)| *id == id_of(host);
        self.roster.members.iter().find(is_it).map(|(_, standing)| *standing)
    }

    pub(super) fn is_member(&self, host: usize) -> bool {
        self.standing(host).is_some()
    }

    /// Those that count in majorities.
    pub(super) fn voters(&self) -> Vec<usize> {
        let votes = |host: &usize| self.standing(*host).is_some_and(|it| it != Standing::Learner);
        let hosts = self
            .nodes
            .max(self.roster.members.iter().map(|(id, _)| id.0).max().unwrap_or(0) as usize);
        (0..hosts).filter(votes).collect()
    }

    /// Where the log of one ends that was removed.
    pub(super) fn last_of(&self, host: usize) -> Option<(node::Boot, node::Index)> {
        let is_it = |one: &&(NodeId, node::Index, (node::Boot, node::Index))| one.0 == id_of(host);
        self.roster.removed.iter().find(is_it).map(|one| one.2)
    }

    pub(super) fn has_removed(&self, host: usize) -> bool {
        self.last_of(host).is_some()
    }

    /// Whether somebody asked for it to go.
    pub(super) fn is_to_go(&self, host: usize) -> bool {
        self.to_go.contains(&host)
    }

    /// Whether what a change wants is there.
    fn is_done(&self, change: &MemberChange) -> bool {
        let votes = |id: &NodeId| self.standing(host_of(*id)) == Some(Standing::Voter);
        let gone = |id: &NodeId| !self.is_member(host_of(*id));
        match change {
            MemberChange::Add { id, .. } => votes(id) || self.has_removed(host_of(*id)),
            MemberChange::Remove { ids, .. } => ids.iter().all(gone),
            MemberChange::Replace { old, new, .. } => votes(new) && gone(old),
            MemberChange::Move { .. } => false,
        }
    }
}

fn id_of(host: usize) -> NodeId {
    NodeId(host as u64 + 1)
}

fn host_of(id: NodeId) -> usize {
    id.0 as usize - 1
}

impl World {
    /// Whether it takes part no more, for ever.
    pub(super) fn is_away(&self, host: usize) -> bool {
        self.hosts[host].gone || self.hosts[host].is_retired || self.operator.has_removed(host)
    }

    /// A machine is there that may join.
    pub(super) fn join(&mut self, host: usize) {
        if std::mem::take(&mut self.hosts[host].is_spare) {
            self.boot(host);
        }
    }

    /// A node halts. If it was removed it ends before long, and does not start again once that is
    /// on its disk.
    pub(super) fn after_removal(&mut self, host: usize) {
        let life = self.hosts[host].life;
        let delay_us = self.turns.below(HALTS_US_MAX);
        self.queue.after(delay_us, Event::Stumble { host, life });
    }

    /// A node does not start, since it was removed.
    pub(super) fn retire(&mut self, host: usize) {
        let now_us = self.now_us();
        self.trace.tell(now_us, || format!("node {} was removed, and says so", host + 1));
        self.hosts[host].is_retired = true;
    }

    /// Members are to change.
    pub(super) fn begin_errand(&mut self, place: usize, errand: Errand) {
        let mut chance = self.faults[place].chance.clone();
        let Some(change) = self.draw_change(errand, &mut chance) else {
            let now_us = self.now_us();
            return self.trace.tell(now_us, || "there is nobody for that".into());
        };
        match &change {
            MemberChange::Add { id, .. } => self.name_one(*id, &mut chance),
            MemberChange::Replace { old, new, .. } => {
                self.operator.to_go.insert(host_of(*old));
                self.name_one(*new, &mut chance);
            }
            MemberChange::Remove { ids, .. } => {
                self.operator.to_go.extend(ids.iter().map(|id| host_of(*id)));
            }
            MemberChange::Move { .. } => {}
        }
        let tries = chance.pick(&[1, 3, 10]);
        let delay_us = chance.pick(&[0, 300_000]);
        let task = self.operator.tasks.len();
        self.operator.tasks.push(Task { change, tries, is_asked: false, chance });
        self.queue.after(delay_us, Event::Operate { task });
    }

    /// One is to come, and is started at some time, or never.
    fn name_one(&mut self, id: NodeId, chance: &mut Chance) {
        let host = host_of(id);
        self.operator.named.insert(host);
        let delay_us = match chance.weighted(&[(4, 0), (3, 1), (2, 2), (1, 3)]) {
            0 => 0,
            1 => chance.below(300_000),
            2 => chance.below(3_000_000),
            _ => return,
        };
        self.queue.after(delay_us, Event::Join { host });
    }

    /// Who comes and who goes; nothing: there is nobody for that.
    fn draw_change(&mut self, errand: Errand, chance: &mut Chance) -> Option<MemberChange> {
        let members: Vec<usize> =
            (0..self.members()).filter(|host| self.operator.is_member(*host)).collect();
        let is_fresh =
            |host: &usize| self.hosts[*host].is_spare && !self.operator.named.contains(host);
        let fresh: Vec<usize> = (0..self.members()).filter(is_fresh).collect();
        let new = if fresh.is_empty() { None } else { Some(chance.pick(&fresh)) };
        match errand {
            Errand::Add => {
                let id = id_of(new?);
                Some(MemberChange::Add { id, address: address(id) })
            }
            Errand::Move => {
                let id = id_of(chance.pick(&members));
                let port = chance.between(7001, 7003);
                Some(MemberChange::Move { id, address: format!("node-{}:{port}", id.0) })
            }
            Errand::Remove => {
                let leader = self.leader().filter(|_| chance.percent(40));
                let host = leader.unwrap_or(chance.pick(&members));
                let ids = vec![id_of(host)];
                self.may_all_go(&[host]).then_some(MemberChange::Remove { ids, lose: false })
            }
            Errand::Lose | Errand::LoseTwo | Errand::Replace => {
                let one = self.draw_dead(&members, chance);
                let other = self.draw_dead(&members, chance);
                if let (Errand::Replace, Some(new)) = (errand, new) {
                    let (old, new) = (id_of(one), id_of(new));
                    let may = self.may_all_go(&[one]);
                    return may.then(|| MemberChange::Replace { old, new, address: address(new) });
                }
                let hosts = if errand == Errand::LoseTwo { vec![one, other] } else { vec![one] };
                let may = self.may_all_go(&hosts);
                let ids = hosts.into_iter().map(id_of).collect();
                may.then_some(MemberChange::Remove { ids, lose: true })
            }
        }
    }

    /// One that is down, if any is; else one whose machine is lost now, or now and then one that is
    /// there.
    fn draw_dead(&mut self, members: &[usize], chance: &mut Chance) -> usize {
        let down = |host: &&usize| !self.hosts[**host].is_up();
        let down: Vec<usize> = members.iter().filter(down).copied().collect();
        if !down.is_empty() && chance.percent(80) {
            return chance.pick(&down);
        }
        let host = chance.pick(members);
        if chance.percent(50) && self.may_go(host) {
            self.lose_machine(host);
        }
        host
    }

    /// Whether a majority that is not lost is left without these, and those that were asked to go
    /// before, and whichever of them are gone first.
    fn may_all_go(&self, hosts: &[usize]) -> bool {
        let goes = |host: &usize| hosts.contains(host) || self.operator.is_to_go(*host);
        let is_bad = |host: &usize| {
            let host = &self.hosts[*host];
            host.gone || host.disk.rotten().is_some() || host.disk.snapshots.are_lost()
        };
        let (bad, good): (Vec<usize>, Vec<usize>) =
            self.operator.voters().into_iter().partition(is_bad);
        bad.len() < good.iter().filter(|host| !goes(host)).count()
    }

    /// The operator asks, unless all is done or given up.
    pub(super) fn operate(&mut self, task: usize) {
        let doing = &self.operator.tasks[task];
        let is_over = doing.tries == 0 || doing.is_asked || self.operator.is_done(&doing.change);
        if !is_over && !self.healed {
            self.ask_for_change(task);
        }
    }

    fn ask_for_change(&mut self, task: usize) {
        let up: Vec<usize> = (0..self.members()).filter(|host| self.hosts[*host].is_up()).collect();
        let members: Vec<usize> =
            up.iter().copied().filter(|host| self.operator.is_member(*host)).collect();
        let doing = &mut self.operator.tasks[task];
        let among = if doing.chance.percent(90) { &members } else { &up };
        if among.is_empty() {
            self.queue.after(AGAIN_US, Event::Operate { task });
            return;
        }
        let host = doing.chance.pick(among);
        doing.tries = doing.tries.saturating_sub(1);
        doing.is_asked = true;
        let action = Action::Members { change: doing.change.clone(), task };
        let wishes: Vec<Wish> = vec![Client::wish_of_session(action)];
        self.add_client(host, Source::Listed { wishes, is_final: false }, 1_000);
    }

    /// The operator hears what came of what it asked.
    pub(super) fn operator_hears(&mut self, task: usize, operation: usize) {
        let is_done = matches!(self.record[operation].outcome, Outcome::Done(_));
        let doing = &mut self.operator.tasks[task];
        doing.is_asked = false;
        doing.tries = if is_done { 0 } else { doing.tries };
        let delay_us = doing.chance.between(100_000, 1_500_000);
        self.queue.after(delay_us, Event::Operate { task });
    }

    /// All is whole: the operator takes back what cannot end, and removes who is lost. Says what is
    /// not over.
    pub(super) fn end_changes(&mut self) -> Option<String> {
        if !self.plan.setting.changes_members() {
            return None;
        }
        if self.operator.tasks.iter().any(|task| task.is_asked) {
            return Some(format!("an operator waits for an answer; {}", self.under_way()));
        }
        let members = (0..self.members()).filter(|host| self.operator.is_member(*host));
        let lost: Vec<usize> = members.filter(|host| self.hosts[*host].gone).collect();
        let votes = |id: &NodeId| self.operator.voters().contains(&host_of(*id));
        let wanted = match &self.operator.roster.change {
            Some(ChangeSeen { comes: Some(id), .. }) if !votes(id) => {
                let host = &self.hosts[host_of(*id)];
                let comes = !host.is_spare && !host.gone;
                if comes && self.healed_for_us() < COMES_US {
                    return Some(self.under_way());
                }
                MemberChange::Remove { ids: vec![*id], lose: false }
            }
            Some(ChangeSeen { goes, loses, .. })
                if lost.iter().all(|host| *loses && goes.contains(&id_of(*host))) =>
            {
                return Some(self.under_way());
            }
            change => {
                let going = change.iter().flat_map(|change| change.goes.iter().copied());
                let there = |id: &NodeId| self.operator.is_member(host_of(*id));
                let ids: BTreeSet<NodeId> =
                    lost.iter().map(|host| id_of(*host)).chain(going.filter(there)).collect();
                if ids.is_empty() {
                    return self.unaware();
                }
                MemberChange::Remove { ids: ids.into_iter().collect(), lose: true }
            }
        };
        let now_us = self.now_us();
        if now_us >= self.operator.asked_us + AGAIN_US {
            self.operator.asked_us = now_us;
            let task = self.operator.tasks.len();
            let chance = self.turns.clone();
            self.operator.tasks.push(Task { change: wanted, tries: 1, is_asked: false, chance });
            self.ask_for_change(task);
        }
        Some(format!("the members are to change; {}", self.under_way()))
    }

    /// The change that is under way, and what it waits for, as whoever leads says.
    fn under_way(&self) -> String {
        let node = self.leader().and_then(|leader| self.hosts[leader].node.as_ref());
        let told = node.and_then(|node| node.cluster_told().under_way);
        format!("a change of members is under way: {}", told.unwrap_or("nobody leads it".into()))
    }

    /// Who runs and was removed without hearing of it, though it connects to a member.
    fn unaware(&self) -> Option<String> {
        let is_told = |host: usize| {
            let mut others = (0..self.members()).filter(|other| self.operator.is_member(*other));
            others.any(|other| self.hosts[host].connects_to(other) && self.hosts[other].is_up())
        };
        let mut removed = (0..self.members()).filter(|host| self.operator.has_removed(*host));
        let host = removed.find(|host| self.hosts[*host].is_up() && is_told(*host))?;
        Some(format!("node {} does not hear that it was removed", host + 1))
    }
}
