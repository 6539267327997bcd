//! Members that come and go: whom this node goes by, how it joins a cluster, and what it does about
//! a change that is under way. What a change is, [`crate::cluster::roster`] tells.
//!
//! ```text
//!   leader ── Probe ──▶ whoever is at the address that was named ── Alive ──▶ leader
//!                                           leader ── learn, in the log ──▶ all
//!   joiner ── Join ──▶ any member
//!   joiner ◀─ Welcome ── any that has applied that          it learns, as all others do
//!                       leader ── promote, in the log ──▶ all      once it has nearly all
//!
//!   all ── Holds: so much of who leaves ──▶ leader ── gone, in the log ──▶ all
//!                                           once all that stay hold all of it
//! ```
//!
//! Nobody keeps any of it but the table. What is said is said again and again until the change is
//! over; a new leader begins from nothing.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Node;
use crate::agreed::Agreed;
use crate::api::{Event, Output, Role, Standing};
use crate::cluster::roster::{Change, Roster, Step, Wanted};
use crate::commands::Command;
use crate::ids::{DirectoryId, Index, Life, NodeId, PathId, Term};
use crate::merged::Merged;
use crate::reply::Error;
use crate::turn::Turn;
use crate::wire::message::Body;
use crate::wire::record::{Cluster, Known, Record};
use crate::wire::version_vector::{Place, VersionVector};

/// Who is to join says so after so many milliseconds, and a member says again what it holds.
const AGAIN_MS: u64 = 200;
/// Members tell each other who they all are after so many milliseconds again.
const MEMBERS_MS: u64 = 2000;
/// Who is called is asked again after so many milliseconds.
const CALL_MS: u64 = 50;
/// Who has not said for so long that it is to join is not there any more, in milliseconds.
const JOINER_MS: u64 = 3000;
/// So many that are to join are known.
const JOINERS_MAX: usize = 16;
/// Who cannot join is told of after so many milliseconds again.
const REFUSED_MS: u64 = 10_000;
/// Nobody is added who does not come within so many milliseconds of log time.
const COME_MS: u64 = 60_000;
/// How long a leader gathers what is said before it may give up, in milliseconds.
const GATHER_MS: u64 = 5000;

/// What this node knows of changes.
#[derive(Debug, Default)]
pub(super) struct Changing {
    /// Those that are to join, and whether this node or another met them.
    joiners: BTreeMap<NodeId, Joiner>,
    /// When this node last said that it is to join, or what it holds, and to which leader.
    said: Option<(Option<NodeId>, u64)>,
    /// Whom this node calls.
    called: Option<Called>,
    /// What a leader has gathered of the change that began there, in its term.
    lead: Option<Lead>,
    /// When this node last said that somebody cannot join.
    refused_ms: Option<u64>,
    /// Whether the drivers know by which members this node goes.
    is_told: bool,
    /// The last change of members that is applied here and gone by.
    followed: Index,
    /// When all were last told who the members are.
    members_said_ms: u64,
}

#[derive(Debug)]
struct Joiner {
    directory: DirectoryId,
    address: String,
    heard_ms: u64,
}

/// Who is to come, and is called at the address that was named for it: whoever answers there is
/// meant.
#[derive(Debug)]
struct Called {
    id: NodeId,
    address: String,
    /// What it is asked, which nobody else can know, and when it was.
    number: u64,
    asked_ms: u64,
    /// The directory that answered.
    answered: Option<DirectoryId>,
}

#[derive(Debug)]
struct Lead {
    change: Index,
    term: Term,
    began_ms: u64,
    /// What each start holds of those that leave.
    holds: BTreeMap<NodeId, (Life, VersionVector)>,
    /// What this node had applied of the merged logs when it first saw who learns: whatever was
    /// deleted and forgotten before lies within.
    goal: Option<VersionVector>,
    /// Why it does not go on, in words.
    waits: String,
}

impl Node {
    // Joining.

    /// Says that it is to join, to all that it reaches.
    pub(super) fn say_join(&mut self, outputs: &mut Vec<Output>) {
        let now_ms = self.now.monotonic_ms;
        let is_said = self.changing.said.is_some_and(|(_, at_ms)| now_ms < at_ms + AGAIN_MS);
        if !self.members.joins() || is_said {
            return;
        }
        self.changing.said = Some((None, now_ms));
        let address = self.own_address().to_owned();
        for peer in self.connected.clone() {
            let address = address.clone();
            turn!(self, outputs).send(peer, Body::Join { address });
        }
    }

    /// Where this node receives its peers, as it was started.
    fn own_address(&self) -> &str {
        let own = self.config.members.iter().find(|(id, _)| *id == self.identity.id);
        own.map_or("", |(_, address)| address)
    }

    /// Somebody is to join, and says so.
    pub(super) fn on_join(
        &mut self,
        from: NodeId,
        sender: Known,
        address: String,
        path: Option<PathId>,
        outputs: &mut Vec<Output>,
    ) {
        if !self.takes_part() {
            return;
        }
        if self.tell_removed(from, sender, path, outputs) {
            let removed = self.members.table().removed(from);
            let removed = removed.filter(|removed| removed.directory != sender.directory);
            if let Some(index) = removed.map(|removed| removed.index) {
                self.refuse_joiner(from, "was removed: an id is never given again", outputs);
                // Under this id it would wait in vain.
                let directory = sender.directory;
                let told = Body::Removed { directory, index };
                turn!(self, outputs).send_back(path, from, told);
            }
            return;
        }
        let table = self.members.table();
        match table.member(from) {
            Some(member) if member.directory == sender.directory => {
                let roster = Bytes::from(table.encode());
                let (cluster, order) = (self.members.cluster(), self.order());
                if let Some(cluster) = cluster {
                    turn!(self, outputs).send_back(
                        path,
                        from,
                        Body::Welcome { cluster, order, roster },
                    );
                }
            }
            Some(_) => self.refuse_joiner(from, IS_MEMBER, outputs),
            None if self.members.ids().contains(&from) => {
                self.refuse_joiner(from, IS_MEMBER, outputs);
            }
            None => self.on_met(from, sender.directory, address),
        }
    }

    /// Says, once in a while, who cannot join.
    fn refuse_joiner(&mut self, id: NodeId, why: &str, outputs: &mut Vec<Output>) {
        let now_ms = self.now.monotonic_ms;
        if self.changing.refused_ms.is_none_or(|at_ms| now_ms >= at_ms + REFUSED_MS) {
            self.changing.refused_ms = Some(now_ms);
            let why = format!("a node is to join as node {}, which {why}", id.0);
            outputs.push(Output::Note(Event::Refused(why)));
        }
    }

    /// A node says that it is to join. Anybody can say that: people are told, and nothing else
    /// comes of it.
    fn on_met(&mut self, id: NodeId, directory: DirectoryId, address: String) {
        let heard_ms = self.now.monotonic_ms;
        let joiners = &mut self.changing.joiners;
        joiners.retain(|_, joiner| heard_ms < joiner.heard_ms + JOINER_MS);
        let is_room = joiners.len() < JOINERS_MAX;
        match joiners.get_mut(&id) {
            Some(joiner) => *joiner = Joiner { directory, address, heard_ms },
            None if is_room => {
                joiners.insert(id, Joiner { directory, address, heard_ms });
            }
            None => {}
        }
    }

    /// This node, which is to join, was added.
    pub(super) fn on_welcome(
        &mut self,
        cluster: Cluster,
        order: crate::api::Order,
        roster: &Bytes,
        outputs: &mut Vec<Output>,
    ) {
        if !self.members.joins() {
            return;
        }
        let Ok(roster) = Roster::decode(roster) else { return };
        let me = self.identity;
        if roster.member(me.id).is_none_or(|own| own.directory != me.directory) {
            return;
        }
        if order != self.order() {
            let why = format!(
                "in the cluster that this node is to join the keyspace default is {order}, and the level asked for needs it {}. \
                 Hint: start it with a level of the same order",
                self.order()
            );
            return turn!(self, outputs).halt(78, why);
        }
        let founders = roster.founders().to_vec();
        self.agreed = Agreed::of_founders(me.id, me.life, &founders, self.config.seed);
        self.agreed.set_limits(self.limits);
        self.agreed.set_own_max_memory(self.config.max_memory);
        self.agreed.begin(self.now.monotonic_ms);
        self.merged = Merged::new(me.id, &founders);
        self.merged.set_limits(self.limits);
        self.merged.begin(me.life.boot);
        self.disk.record(&Record::Members(roster.encode().into()));
        self.members.join(cluster, roster, turn!(self, outputs));
        self.follow_ids(outputs);
    }

    /// Whether somebody was removed, who is told so if it is the one that it says.
    pub(super) fn tell_removed(
        &mut self,
        from: NodeId,
        sender: Known,
        path: Option<PathId>,
        outputs: &mut Vec<Output>,
    ) -> bool {
        let Some(removed) = self.members.table().removed(from) else { return false };
        // Who has only heard of it may still need its vote.
        if removed.directory == sender.directory && self.has_applied_removal(from) {
            let (directory, index) = (removed.directory, removed.index);
            turn!(self, outputs).send_back(path, from, Body::Removed { directory, index });
        }
        true
    }

    /// Whether it is in this node's state, and so on its disk, that somebody was removed.
    fn has_applied_removal(&self, id: NodeId) -> bool {
        mutant!(ToldByHearsay, self.agreed.roster().removed(id).is_some(), true)
    }

    /// Somebody says that this node was removed.
    pub(super) fn on_removed(
        &mut self,
        directory: DirectoryId,
        index: Index,
        outputs: &mut Vec<Output>,
    ) {
        if mutant!(RemovalNotHeard, directory == self.identity.directory, false) {
            self.agreed.leave(index, turn!(self, outputs));
        }
    }

    // Going by the members of the log.

    /// Goes by the members of the agreed log from now on, as far as it is applied.
    pub(super) fn follow_members(&mut self, outputs: &mut Vec<Output>) {
        if !std::mem::replace(&mut self.changing.is_told, true) {
            self.follow_ids(outputs);
        }
        let applied = self.agreed.roster().version();
        // An entry may change them twice, and all of it is one version of them.
        let is_whole = mutant!(FollowedWithin, !self.agreed.is_within_entry(), true);
        if applied <= self.changing.followed || !is_whole {
            return;
        }
        self.changing.followed = applied;
        let roster = self.agreed.roster().clone();
        if let Some(removed) = roster.removed(self.identity.id) {
            // A state that was fetched says so.
            let index = removed.index;
            return self.agreed.leave(index, turn!(self, outputs));
        }
        self.members.set_standing(&roster);
        self.sessions.wake_all();
        if applied < self.members.table().version() {
            // Others have told what comes behind it.
            return;
        }
        let encoded = Bytes::from(roster.encode());
        if self.disk.facts().members.as_ref() != Some(&encoded) {
            self.disk.record(&Record::Members(encoded));
            let hard_state = self.disk.facts().hard_state_at(self.agreed.being_applied());
            self.disk.record(&hard_state);
        }
        if applied > self.members.table().version() {
            self.go_by(roster, outputs);
        }
    }

    /// Goes by these members from now on, and says so before anything that counts on it.
    fn go_by(&mut self, roster: Roster, outputs: &mut Vec<Output>) {
        let is_moved = self.members.addresses() != roster_addresses(&roster, self.identity.id);
        // Who is gone hears of it while there is a way to it.
        let is_gone =
            |id: &&NodeId| roster.removed(**id).is_some() && self.has_applied_removal(**id);
        let gone = self.members.ids().iter().filter(is_gone);
        for id in gone.copied().collect::<Vec<_>>() {
            let removed = *roster.removed(id).expect("it was asked");
            let (directory, index) = (removed.directory, removed.index);
            turn!(self, outputs).send_urgent(id, Body::Removed { directory, index });
        }
        self.members.follow(roster);
        if is_moved {
            self.follow_ids(outputs);
        } else {
            self.follow_standings();
        }
        outputs.push(Output::Note(Event::Members(self.members_in_words())));
        self.members.ids().to_vec().into_iter().for_each(|id| self.say_members(id, outputs));
    }

    /// Tells a member who the members are: it may lack the entry that says so, and whoever could
    /// feed it may be one that it does not know.
    pub(super) fn say_members(&mut self, peer: NodeId, outputs: &mut Vec<Output>) {
        let table = self.members.table();
        if table.version() > Index(0) && peer != self.identity.id {
            let told = Body::Members(table.encode().into());
            turn!(self, outputs).send(peer, told);
        }
    }

    /// Says it again to all, since it may be lost.
    pub(super) fn say_members_again(&mut self, outputs: &mut Vec<Output>) {
        let now_ms = self.now.monotonic_ms;
        if now_ms >= self.changing.members_said_ms + MEMBERS_MS {
            self.changing.members_said_ms = now_ms;
            self.members.ids().to_vec().into_iter().for_each(|id| self.say_members(id, outputs));
        }
    }

    /// A member says who the members are. If that is news, this node goes by it: whom it believes
    /// and where they are. What it is itself, and who makes majorities, says its log alone.
    pub(super) fn hear_members(&mut self, roster: &[u8], outputs: &mut Vec<Output>) {
        let Ok(roster) = Roster::decode(roster) else { return };
        if mutant!(MembersNotHeard, roster.version() <= self.members.table().version(), true) {
            return;
        }
        match roster.removed(self.identity.id) {
            Some(removed) => {
                self.on_removed(removed.directory, removed.index, outputs);
            }
            None => self.go_by(roster, outputs),
        }
    }

    /// All parts go by the same members.
    fn follow_ids(&mut self, outputs: &mut Vec<Output>) {
        if self.members.addresses().is_some() {
            let ids = self.members.ids().to_vec();
            self.connected.retain(|id| ids.contains(id));
            self.tell_peers(outputs);
            self.follow_standings();
        }
    }

    fn follow_standings(&mut self) {
        let (me, table) = (self.identity.id, self.members.table());
        self.digests.follow(me, table);
        self.clocks.follow(me, self.members.ids());
        let peers = table.members().keys().copied().filter(|id| *id != me).collect();
        let gone = table.all_removed().iter().map(|(id, removed)| (*id, removed.last)).collect();
        let is_lost = table.change().is_some_and(|change| change.wanted.lose);
        let leaves = |id: &NodeId| {
            table.member(*id).is_some_and(|member| member.standing == Standing::Leaving)
        };
        let shunned = table.members().keys().filter(|id| is_lost && leaves(id)).copied().collect();
        self.merged.follow(table.version(), peers, gone, shunned);
    }

    fn members_in_words(&self) -> String {
        let one = |(id, member): (&NodeId, &crate::cluster::roster::Member)| match member.standing {
            Standing::Voter => id.0.to_string(),
            standing => format!("{} ({standing})", id.0),
        };
        self.members.table().members().iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Whether this node has applied the entry that added it: before that nothing of the merged
    /// order counts here.
    pub(super) fn is_added(&self) -> bool {
        let is_founder = self.agreed.roster().version() == Index(0)
            && self.members.table().version() == Index(0);
        is_founder || self.agreed.roster().member(self.identity.id).is_some()
    }

    /// Whether this node leaves the cluster.
    pub(super) fn leaves(&self) -> bool {
        self.members.standing() == Some(Standing::Leaving)
    }

    // A change that is under way.

    /// Does what is to be done about a change of members.
    pub(super) fn change_members(&mut self, outputs: &mut Vec<Output>) {
        if self.changing.followed < self.agreed.roster().version() {
            // All parts of this node are to go by it first.
            return;
        }
        let Some(change) = self.agreed.roster().change().cloned() else {
            self.changing.lead = None;
            self.call_nobody_but(None, outputs);
            return;
        };
        self.tell_holds(&change, outputs);
        self.lead_change(&change);
        let coming = change.wanted.add.as_ref().map(|(id, _)| *id);
        self.call_nobody_but(coming.filter(|_| self.changing.lead.is_some()), outputs);
        let Some(lead) = &self.changing.lead else { return };
        let began_ms = lead.began_ms;
        if let Some((keyspace, _)) = self.keyspaces.table().under_way() {
            let waits = format!("keyspace {}, which changes hands", keyspace.definition.name);
            self.changing.lead.as_mut().expect("it leads").waits = waits;
            return;
        }
        if !self.agreed.may_step() {
            return;
        }
        let step = self.next_step(&change, began_ms, outputs);
        let lead = self.changing.lead.as_mut().expect("it leads");
        match step {
            Ok(step) => {
                lead.waits = String::new();
                self.agreed.put_step(change.index, &step, turn!(self, outputs));
            }
            Err(waits) => lead.waits = waits,
        }
    }

    /// Says what this node holds of those that leave, if it has applied that they do.
    fn tell_holds(&mut self, change: &Change, outputs: &mut Vec<Output>) {
        let (me, now_ms) = (self.identity, self.now.monotonic_ms);
        let Some(leader) = self.agreed.leader() else { return };
        let is_said = self
            .changing
            .said
            .is_some_and(|(to, at_ms)| to == Some(leader) && now_ms < at_ms + AGAIN_MS);
        let table = self.members.table();
        let leaving = change.wanted.remove.iter().filter(|id| {
            table.member(**id).is_some_and(|member| member.standing == Standing::Leaving)
        });
        let leaving: Vec<NodeId> = leaving.copied().collect();
        // What goes by the change is on its way to the disk with this turn, and what is said waits
        // for nothing else: a start goes by it again before it takes anything in.
        if is_said || leaving.is_empty() || table.version() < change.index || self.disk.is_busy() {
            return;
        }
        if leaving.contains(&me.id) && !self.merged.is_settled() {
            return;
        }
        // What is said is said for good.
        let takes_in = leaving.iter().any(|id| self.merged.takes_in(*id));
        let is_lost = !self.merged.lost().is_empty();
        if mutant!(HoldsTooSoon, takes_in || self.fetches_merged() || is_lost, false) {
            return;
        }
        self.changing.said = Some((Some(leader), now_ms));
        let held = self.merged.vector();
        let places = leaving.into_iter().map(|id| (id, held.get(id))).collect();
        if leader == me.id {
            self.on_holds(me.id, me.life, change.index, places);
        } else {
            turn!(self, outputs).send(leader, Body::Holds { change: change.index, places });
        }
    }

    /// A member holds so much of those that leave.
    pub(super) fn on_holds(
        &mut self,
        from: NodeId,
        life: Life,
        change: Index,
        places: VersionVector,
    ) {
        if let Some(lead) = &mut self.changing.lead
            && lead.change == change
        {
            lead.holds.insert(from, (life, places));
        }
    }

    /// Gathers what is said of this change, if this node leads.
    fn lead_change(&mut self, change: &Change) {
        if self.agreed.role() != Role::Leader {
            self.changing.lead = None;
            return;
        }
        let (change, term) = (change.index, self.agreed.term());
        let is_of = |lead: &Lead| (lead.change, lead.term) == (change, term);
        if !self.changing.lead.as_ref().is_some_and(is_of) {
            let began_ms = self.now.monotonic_ms;
            let (holds, goal, waits) = Default::default();
            self.changing.lead = Some(Lead { change, term, began_ms, holds, goal, waits });
        }
        let (me, members) = (self.identity, &self.members);
        let lead = self.changing.lead.as_mut().expect("it leads");
        lead.holds.retain(|id, (life, _)| match *id == me.id {
            true => *life == me.life,
            false => members.known(*id).is_some_and(|known| known.life == *life),
        });
    }

    /// The step that follows, or what it waits for.
    fn next_step(
        &mut self,
        change: &Change,
        began_ms: u64,
        outputs: &mut Vec<Output>,
    ) -> Result<Step, String> {
        let Wanted { add, remove, lose, .. } = &change.wanted;
        let is_cancelled = change.is_taken_back();
        let turn = turn!(self, outputs);
        let time_ms = self.agreed.log_time_ms(turn);
        let now_ms = self.now.monotonic_ms;
        let roster = self.agreed.roster();
        if let Some((id, address)) = add {
            match roster.member(*id).map(|member| member.standing) {
                None if is_cancelled => {
                    return Ok(Step::GiveUp(format!(
                        "node {} is not added: that was taken back",
                        id.0
                    )));
                }
                None => {
                    return self.next_to_learn(*id, address, change, began_ms, time_ms, outputs);
                }
                Some(Standing::Learner) if is_cancelled => {
                    return Ok(Step::GiveUp(format!("node {} is removed before it voted", id.0)));
                }
                Some(Standing::Learner) => {
                    let heard = self.agreed.count_heard(roster.voters().chain([*id]), now_ms);
                    let is_there = self.agreed.count_heard([*id].into_iter(), now_ms) == 1;
                    let is_silent = !is_there || 2 * heard <= roster.voters().count() + 1;
                    let has_learnt = self.agreed.has_caught_up(*id) && self.members.is_settled(*id);
                    let has_merged = self.has_merged(*id);
                    let is_ready = mutant!(PromotedEarly, has_learnt && !is_silent, true);
                    if is_silent && !is_ready {
                        return Err(format!(
                            "node {} and a majority with it to be heard (CLUSTER-ADMIN REMOVE {} gives it up)",
                            id.0, id.0
                        ));
                    }
                    return match is_ready {
                        true if mutant!(PromotedUnmerged, has_merged, true) => {
                            Ok(Step::Promote(*id))
                        }
                        true => Err(format!("node {} to take in the merged keyspaces", id.0)),
                        false => Err(match self.agreed.lag(*id) {
                            Some(lag) => {
                                format!("node {} to learn: it lacks {lag} entries of the log", id.0)
                            }
                            None => format!("node {} to learn", id.0),
                        }),
                    };
                }
                Some(_) => {}
            }
        }
        let leaving = remove.iter().filter(|id| roster.member(**id).is_some());
        // Who is alive may have to wait until who is dead counts in no majority any more.
        let steps = leaving.map(|id| self.next_to_go(*id, remove, *lose));
        let first = |one: Result<Step, String>, other: Result<Step, String>| {
            one.or_else(|waits| other.map_err(|_| waits))
        };
        steps.reduce(first).unwrap_or(Err("nothing".into()))
    }

    /// Whether a learner has applied all that this node had when it first saw it: who votes writes,
    /// and must not write without having seen a delete that others have forgotten. Whoever forgets
    /// one without waiting for the learner does not know it yet; so this node, which does, had told
    /// that it holds the delete before ([`crate::merged::stability`]).
    fn has_merged(&mut self, learner: NodeId) -> bool {
        if !self.merged.lost().is_empty() || self.merged.is_joining() {
            return false;
        }
        let here = self.merged.vector();
        let Some(lead) = &mut self.changing.lead else { return false };
        let goal = lead.goal.get_or_insert_with(|| here.clone());
        self.merged.holds_of(learner, goal)
    }

    /// Whoever is to come learns once it has answered at its address.
    fn next_to_learn(
        &mut self,
        id: NodeId,
        address: &str,
        change: &Change,
        began_ms: u64,
        time_ms: u64,
        outputs: &mut Vec<Output>,
    ) -> Result<Step, String> {
        let now_ms = self.now.monotonic_ms;
        let there = self.changing.joiners.get(&id);
        let there = there.filter(|joiner| now_ms < joiner.heard_ms + JOINER_MS);
        let elsewhere = there.filter(|joiner| joiner.address != address).map(|joiner| {
            format!(
                "; one that is to join, of directory {:016x}, says that it receives its peers at {}",
                joiner.directory.0, joiner.address
            )
        });
        let elsewhere = elsewhere.unwrap_or_default();
        #[cfg(feature = "mutants")]
        let claimed = there.map(|joiner| joiner.directory);
        let called = self.call(id, address, outputs);
        if let Some(directory) = mutant!(StrangerJoins, called, called.or(claimed)) {
            return Ok(Step::Learn(id, directory));
        }
        let is_late = time_ms >= change.began_ms.saturating_add(COME_MS)
            && now_ms >= began_ms.saturating_add(GATHER_MS);
        if is_late {
            return Ok(Step::GiveUp(format!(
                "node {} did not answer at {address} within {} s of log time{elsewhere}: it is not added. Hint: start it with --id {} \
                 --peer-listen {address} --join and the address of a member, then add it",
                id.0,
                COME_MS / 1000,
                id.0
            )));
        }
        Err(format!("node {} to answer at {address}{elsewhere}", id.0))
    }

    /// Calls who is to come at its address: the directory that answered there.
    fn call(
        &mut self,
        id: NodeId,
        address: &str,
        outputs: &mut Vec<Output>,
    ) -> Option<DirectoryId> {
        let now_ms = self.now.monotonic_ms;
        let called = self.changing.called.as_ref();
        if called.is_none_or(|called| called.id != id || called.address != address) {
            let number = turn!(self, outputs).chance();
            let address = address.to_owned();
            self.changing.called =
                Some(Called { id, address, number, asked_ms: 0, answered: None });
            self.tell_peers(outputs);
        }
        let called = self.changing.called.as_mut()?;
        if called.answered.is_none() && now_ms >= called.asked_ms + CALL_MS {
            called.asked_ms = now_ms;
            let number = called.number;
            turn!(self, outputs).send_urgent(id, Body::Probe(number));
        }
        self.changing.called.as_ref()?.answered
    }

    /// Whether this one is called.
    pub(super) fn calls(&self, id: NodeId) -> bool {
        self.changing.called.as_ref().is_some_and(|called| called.id == id)
    }

    /// Who is to come has answered, if it was asked this.
    pub(super) fn on_called(&mut self, from: NodeId, directory: DirectoryId, number: u64) {
        if let Some(called) = &mut self.changing.called
            && (called.id, called.number) == (from, number)
        {
            called.answered = Some(directory);
        }
    }

    /// Nobody is called any more, unless this one.
    fn call_nobody_but(&mut self, id: Option<NodeId>, outputs: &mut Vec<Output>) {
        if self.changing.called.take_if(|called| Some(called.id) != id).is_some() {
            self.tell_peers(outputs);
        }
    }

    /// The driver is to have ways to all other members, and to who is called.
    fn tell_peers(&mut self, outputs: &mut Vec<Output>) {
        let Some(mut peers) = self.members.addresses() else { return };
        let called = self.changing.called.as_ref();
        let called = called.filter(|called| !self.members.ids().contains(&called.id));
        peers.extend(called.map(|called| (called.id, called.address.clone())));
        outputs.push(Output::Peers(peers));
    }

    /// Whoever leaves is gone once all that stay hold its log, as far as it counts.
    fn next_to_go(&self, id: NodeId, remove: &[NodeId], lose: bool) -> Result<Step, String> {
        if mutant!(RemovedLeaderGoesOn, id == self.identity.id, false) {
            return Err(format!("node {} leads, and hands over before it goes", id.0));
        }
        let roster = self.agreed.roster();
        let lead = self.changing.lead.as_ref().expect("it leads");
        let stay = || roster.members().keys().filter(|id| !remove.contains(id)).copied();
        let silent: Vec<NodeId> = stay().filter(|id| !lead.holds.contains_key(id)).collect();
        let awaits_all = mutant!(GoneWithoutAll, true, false);
        if awaits_all && !silent.is_empty() {
            return Err(format!("what {} of node {}", holds(&silent), id.0));
        }
        let held = |(_, places): &(Life, VersionVector)| places.get(id);
        let last = match lose {
            // What it alone has is lost, also where it is alive: nobody takes anything from it.
            true => {
                stay().filter_map(|id| lead.holds.get(&id)).map(held).max().unwrap_or(Place::START)
            }
            false => match lead.holds.get(&id) {
                Some(own) => held(own),
                None => return Err(format!("node {} to say where its merged log ends", id.0)),
            },
        };
        let last = mutant!(LastPlaceIgnored, last, Place::START);
        let behind = |id: &NodeId| lead.holds.get(id).is_some_and(|own| held(own) < last);
        let behind: Vec<NodeId> = stay().filter(behind).collect();
        if awaits_all && !behind.is_empty() {
            return Err(format!("{} the last merged writes of node {}", lacks(&behind), id.0));
        }
        let voters = || roster.voters().filter(|voter| *voter != id);
        let heard = self.agreed.count_heard(voters(), self.now.monotonic_ms);
        if 2 * heard <= voters().count() {
            return Err("a majority of those that stay to be heard".into());
        }
        Ok(Step::Gone(id, last))
    }

    // What clients ask.

    /// A change that is asked for here, with what the log must know, if it can be had at all.
    pub(super) fn with_founders(&self, command: Command) -> Result<Command, Error> {
        if !command.changes_members() {
            return Ok(command);
        }
        // What cannot be read again must never get into the log.
        let too_many = || Error::Invalid(TOO_MANY.into());
        let wanted = command.members_wanted().ok_or_else(too_many)?;
        let founded = self.members.as_founded(&self.config.members, self.own_address());
        let table = match self.members.table().version() {
            Index(0) => &founded,
            _ => self.members.table(),
        };
        let unreachable = table.members().iter().find(|(_, member)| member.address.is_empty());
        if wanted.add.is_some()
            && let Some((id, _)) = unreachable
        {
            return Err(Error::Invalid(format!(
                "node {} receives no peers: nobody could come. Hint: start it with --peer-listen HOST:PORT",
                id.0
            )));
        }
        self.check_majority(table, &wanted)?;
        let command = command.with_founders(&founded);
        match command.members_wanted() {
            Some(_) => Ok(command),
            None => Err(too_many()),
        }
    }

    /// Refuses a change that would leave no majority that is there.
    fn check_majority(&self, table: &Roster, wanted: &Wanted) -> Result<(), Error> {
        let me = self.identity.id;
        let present: Vec<NodeId> = table.voters().collect();
        let silent: Vec<NodeId> = present
            .iter()
            .filter(|id| **id != me && !self.connected.contains(id))
            .copied()
            .collect();
        if 2 * silent.len() >= present.len() {
            return Err(Error::Invalid(format!(
                "a change needs a majority of the present members, and {} not reached from here. Hint: bring them back",
                names(&silent, "is", "are")
            )));
        }
        let stay: Vec<NodeId> = table.voters().filter(|id| !wanted.remove.contains(id)).collect();
        let there = |id: &NodeId| *id == me || self.connected.contains(id);
        let (silent, all) = (
            stay.iter().filter(|id| !there(id)).copied().collect::<Vec<_>>(),
            stay.len() + usize::from(wanted.add.is_some()),
        );
        let are_there = all - silent.len();
        let is_change = wanted.moved.is_none() && table.change().is_none();
        if is_change && !stay.is_empty() && 2 * are_there <= all {
            return Err(Error::Invalid(format!(
                "of the {all} members that would be left {are_there} are there, which is no majority: {} not reached from here. \
                 Hint: bring them back first, or remove those that are lost: CLUSTER-ADMIN REMOVE LOSE ID",
                names(&silent, "is", "are")
            )));
        }
        let dead = wanted.remove.iter().filter(|id| table.member(**id).is_some() && !there(id));
        let dead: Vec<NodeId> = dead.copied().collect();
        if !wanted.lose && wanted.add.is_none() && !dead.is_empty() && is_change {
            let ids: Vec<String> = dead.iter().map(|id| id.0.to_string()).collect();
            return Err(Error::Invalid(format!(
                "{} not reached from here, and only who is there can say where its merged log ends. Hint: bring it back, or, if \
                 it is lost for good: CLUSTER-ADMIN REMOVE LOSE {}",
                names(&dead, "is", "are"),
                ids.join(" ")
            )));
        }
        Ok(())
    }

    /// The change that is under way, in words, and what it waits for.
    pub(super) fn change_in_words(&self) -> Option<String> {
        let waits = self.changing.lead.as_ref().map(|lead| lead.waits.as_str());
        self.agreed.roster().change().map(|change| match waits {
            Some(waits) if !waits.is_empty() => format!("{}; waits for {waits}", change.wanted),
            _ => change.wanted.to_string(),
        })
    }

    /// Those that are to join and say so, and their addresses.
    pub(super) fn joiners(&self) -> Vec<(NodeId, String)> {
        let now_ms = self.now.monotonic_ms;
        let all = self.changing.joiners.iter();
        let there = all.filter(|(id, joiner)| {
            now_ms < joiner.heard_ms + JOINER_MS && !self.members.ids().contains(id)
        });
        there.map(|(id, joiner)| (*id, joiner.address.clone())).collect()
    }
}

const TOO_MANY: &str = "so many members, or so long an address, cannot be: a cluster has at most 31 members, and an address 256 bytes";

const IS_MEMBER: &str = "is a member already, with another data directory";

fn roster_addresses(roster: &Roster, me: NodeId) -> Option<Vec<(NodeId, String)>> {
    let others = roster.members().iter().filter(|(id, _)| **id != me);
    Some(others.map(|(id, member)| (*id, member.address.clone())).collect())
}

fn names(ids: &[NodeId], one: &str, several: &str) -> String {
    let all: Vec<String> = ids.iter().map(|id| id.0.to_string()).collect();
    match ids.len() {
        1 => format!("node {} {one}", all[0]),
        _ => format!("nodes {} {several}", all.join(", ")),
    }
}

fn holds(ids: &[NodeId]) -> String {
    names(ids, "holds", "hold")
}

fn lacks(ids: &[NodeId]) -> String {
    names(ids, "to get", "to get")
}
