//! Members that come and go: whom this node goes by, how it joins a cluster, and what it does about
//! a change that is under way. What a change is, [`crate::cluster::roster`] tells.
//!
//! ```text
//!   joiner ── Join ──▶ any member ── Met ──▶ leader ── learn, in the log ──▶ all
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
use crate::api::{Event, MemberTold, MembersTold, Output, Role, Standing};
use crate::cluster::roster::{Change, Roster, Step, Wanted};
use crate::commands::Command;
use crate::ids::{DirectoryId, Index, Life, NodeId, PathId, Term};
use crate::merged::Merged;
use crate::reply::Error;
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::record::{Cluster, Known, Record};
use crate::wire::version_vector::{Place, VersionVector};

/// Who is to join says so after so many milliseconds, and a member says again what it holds.
const AGAIN_MS: u64 = 200;
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
    /// What a leader has gathered of the change that began there, in its term.
    lead: Option<Lead>,
    /// When this node last said that somebody cannot join.
    refused_ms: Option<u64>,
    /// Whether the drivers know by which members this node goes.
    is_told: bool,
}

#[derive(Debug)]
struct Joiner {
    directory: DirectoryId,
    address: String,
    heard_ms: u64,
}

#[derive(Debug)]
struct Lead {
    change: Index,
    term: Term,
    began_ms: u64,
    /// What each start holds of those that leave.
    holds: BTreeMap<NodeId, (Life, VersionVector)>,
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
            if self.members.table().removed(from).is_some_and(|it| it.directory != sender.directory)
            {
                self.refuse_joiner(from, "was removed: an id is never given again", outputs);
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
            None => self.meet(from, sender.directory, address, outputs),
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

    /// Somebody is to join: the leader is to know.
    fn meet(
        &mut self,
        id: NodeId,
        directory: DirectoryId,
        address: String,
        outputs: &mut Vec<Output>,
    ) {
        if let Some(leader) = self.agreed.leader()
            && leader != self.identity.id
        {
            let address = address.clone();
            turn!(self, outputs).send(leader, Body::Met { id, directory, address });
        }
        self.on_met(id, directory, address);
    }

    /// A node that is to join was met, here or by another member.
    pub(super) fn on_met(&mut self, id: NodeId, directory: DirectoryId, address: String) {
        let heard_ms = self.now.monotonic_ms;
        let joiners = &mut self.changing.joiners;
        joiners.retain(|_, joiner| heard_ms < joiner.heard_ms + JOINER_MS);
        let is_room = joiners.len() < JOINERS_MAX;
        match joiners.get_mut(&id) {
            // The second one of an id is turned away as long as the first is there.
            Some(joiner) if mutant!(SecondJoinerTaken, joiner.directory != directory, false) => {}
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
        if removed.directory == sender.directory {
            let (directory, index) = (removed.directory, removed.index);
            turn!(self, outputs).send_back(path, from, Body::Removed { directory, index });
        }
        true
    }

    /// Somebody says that this node was removed.
    pub(super) fn on_removed(
        &mut self,
        directory: DirectoryId,
        index: Index,
        outputs: &mut Vec<Output>,
    ) {
        if mutant!(RemovalNotHeard, directory == self.identity.directory, false) {
            turn!(self, outputs).leave(index);
        }
    }

    // Going by the members of the log.

    /// Goes by the members of the agreed log from now on, if they are newer than those on disk.
    pub(super) fn follow_members(&mut self, outputs: &mut Vec<Output>) {
        if !std::mem::replace(&mut self.changing.is_told, true) {
            self.follow_ids(outputs);
        }
        if self.agreed.roster().version() <= self.members.table().version() {
            return;
        }
        let roster = self.agreed.roster().clone();
        self.disk.record(&Record::Members(roster.encode().into()));
        let hard_state = self.disk.facts().hard_state_at(self.agreed.being_applied());
        self.disk.record(&hard_state);
        let is_moved = self.members.addresses() != roster_addresses(&roster, self.identity.id);
        // Who is gone hears of it while there is a way to it.
        let gone = self.members.ids().iter().filter(|id| roster.removed(**id).is_some());
        for id in gone.copied().collect::<Vec<_>>() {
            let removed = *roster.removed(id).expect("it was asked");
            let (directory, index) = (removed.directory, removed.index);
            turn!(self, outputs).send_urgent(id, Body::Removed { directory, index });
        }
        self.members.follow(roster);
        if is_moved {
            self.follow_ids(outputs);
            outputs.push(Output::Note(Event::Members(self.members_in_words())));
        } else {
            self.follow_standings();
        }
        self.sessions.wake_all();
    }

    /// All parts go by the same members.
    fn follow_ids(&mut self, outputs: &mut Vec<Output>) {
        if let Some(addresses) = self.members.addresses() {
            let me = self.identity.id;
            let ids = self.members.ids().to_vec();
            self.connected.retain(|id| ids.contains(id));
            self.clocks.follow(me, &ids);
            self.digests.follow(me, self.members.table());
            outputs.push(Output::Peers(addresses));
            self.follow_standings();
        }
    }

    fn follow_standings(&mut self) {
        let (me, table) = (self.identity.id, self.members.table());
        let peers = table.members().keys().copied().filter(|id| *id != me).collect();
        let gone = table.all_removed().iter().map(|(id, removed)| (*id, removed.last)).collect();
        let is_lost = table.change().is_some_and(|change| change.wanted.lose);
        let leaves = |id: &NodeId| {
            table.member(*id).is_some_and(|member| member.standing == Standing::Leaving)
        };
        let shunned = table.members().keys().filter(|id| is_lost && leaves(id)).copied().collect();
        self.merged.follow(peers, gone, shunned);
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
        let Some(change) = self.agreed.roster().change().cloned() else {
            self.changing.lead = None;
            return;
        };
        self.tell_holds(&change, outputs);
        self.lead_change(&change);
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
            let (holds, waits) = Default::default();
            self.changing.lead = Some(Lead { change, term, began_ms, holds, waits });
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
        let is_cancelled = change.began_ms == 0;
        let time_ms = self.agreed.log_time_ms(turn!(self, outputs));
        let roster = self.agreed.roster();
        if let Some((id, address)) = add {
            match roster.member(*id).map(|member| member.standing) {
                None if is_cancelled => {
                    return Ok(Step::GiveUp(format!(
                        "node {} is not added: that was taken back",
                        id.0
                    )));
                }
                None => return self.next_to_learn(*id, address, change, began_ms, time_ms),
                Some(Standing::Learner) if is_cancelled => {
                    return Ok(Step::GiveUp(format!("node {} is removed before it voted", id.0)));
                }
                Some(Standing::Learner) => {
                    return match self.agreed.has_caught_up(*id) && self.members.is_settled(*id) {
                        true => Ok(Step::Promote(*id)),
                        false => Err(match self.agreed.lag(*id) {
                            Some(lag) => format!("node {} lacks {lag} entries of the log", id.0),
                            None => format!("node {} learns", id.0),
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

    /// Whoever is to come learns once it was met.
    fn next_to_learn(
        &self,
        id: NodeId,
        address: &str,
        change: &Change,
        began_ms: u64,
        time_ms: u64,
    ) -> Result<Step, String> {
        let now_ms = self.now.monotonic_ms;
        let there = self.changing.joiners.get(&id);
        let there = there.filter(|joiner| now_ms < joiner.heard_ms + JOINER_MS);
        if let Some(joiner) = there.filter(|joiner| joiner.address == address) {
            return Ok(Step::Learn(id, joiner.directory));
        }
        let is_late = time_ms >= change.began_ms.saturating_add(COME_MS)
            && now_ms >= began_ms.saturating_add(GATHER_MS);
        let elsewhere = match there {
            Some(joiner) => format!("; it says that it receives its peers at {}", joiner.address),
            None => String::new(),
        };
        if is_late {
            return Ok(Step::GiveUp(format!(
                "node {} did not come from {address} within {} s of log time{elsewhere}: it is not added. Hint: start it with --id {} \
                 --peer-listen {address} --join and the address of a member, then add it",
                id.0,
                COME_MS / 1000,
                id.0
            )));
        }
        Err(format!("node {} is to greet from {address}{elsewhere}", id.0))
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
        if !silent.is_empty() && mutant!(GoneWithoutAll, true, false) {
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
        if !behind.is_empty() && mutant!(GoneWithoutAll, true, false) {
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
        let Some(wanted) = command.members_wanted() else { return Ok(command) };
        let founded = self.members.as_founded(self.own_address());
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
        Ok(command.with_founders(&founded))
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

    /// All members, for people.
    pub fn members_told(&self) -> MembersTold {
        let founded = self.members.as_founded(self.own_address());
        let table = match self.members.table().version() {
            Index(0) => &founded,
            _ => self.members.table(),
        };
        let me = self.identity.id;
        let member = |(id, member): (&NodeId, &crate::cluster::roster::Member)| MemberTold {
            id: *id,
            address: member.address.clone(),
            standing: member.standing,
            reachable: *id == me || self.connected.contains(id),
            lag: if *id == me { Some(0) } else { self.agreed.lag(*id) },
        };
        let waits = self.changing.lead.as_ref().map(|lead| lead.waits.as_str());
        let under_way = self.agreed.roster().change().map(|change| match waits {
            Some(waits) if !waits.is_empty() => format!("{}; waits for {waits}", change.wanted),
            _ => change.wanted.to_string(),
        });
        let outcome = self.agreed.roster().outcome();
        let now_ms = self.now.monotonic_ms;
        let joiners = self.changing.joiners.iter();
        let joiners = joiners.filter(|(id, joiner)| {
            now_ms < joiner.heard_ms + JOINER_MS && table.member(**id).is_none()
        });
        MembersTold {
            members: table.members().iter().map(member).collect(),
            removed: table.all_removed().iter().map(|(id, it)| (*id, it.index)).collect(),
            under_way,
            last_change: (!outcome.is_empty()).then(|| outcome.to_owned()),
            joining: joiners.map(|(id, joiner)| (*id, joiner.address.clone())).collect(),
        }
    }

    /// Takes in what members say of changes.
    pub(super) fn on_change(
        &mut self,
        from: NodeId,
        life: Life,
        body: Body,
    ) -> Result<(), Malformed> {
        match body {
            Body::Met { id, directory, address } if !self.members.ids().contains(&id) => {
                self.on_met(id, directory, address);
            }
            Body::Holds { change, places } => self.on_holds(from, life, change, places),
            _ => {}
        }
        Ok(())
    }
}

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
