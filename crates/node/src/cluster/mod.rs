//! The other members: how all meet once, and which start of each is believed.
//!
//! # Meeting
//!
//! A data directory has a random id. Each member writes the others' directories beside their ids on
//! its disk, and turns away any other directory for such an id. A node takes part (votes,
//! acknowledges, takes merged writes) only when every other member has its directory on disk, and
//! all have the same ones. So a new cluster forms when all have met once, and later each may come
//! and go as it likes. While it forms, a node that is told otherwise than another waits, and so
//! does one that sees two directories under one id: the one that is silent for a while yields. Once
//! it has formed, whoever claims something else is turned away and can stop nobody.
//!
//! # Believing
//!
//! A directory is a thing that can be copied, and put back. So each member also remembers, on disk,
//! which start of each other member it believed last, and believes a later one only if that
//! directory has lived the one before:
//!
//! ```text
//!   member 1                                   member 2, started again as (3, i3)
//!      ◀────────────── hello ───────────────── I am (3, i3)
//!      ── I have (2, i2) of you on disk ─────▶ lived? ── no ──▶ superseded: it stops for good
//!      ◀────────────── hello ───────────────── I am (3, i3), and have lived (2, i2)
//!   is the process of (2, i2) still there?   (asked by its connection and at its address)
//!      it answers ──▶ (3, i3) is a copy: it stops
//!   writes (3, i3) to its disk
//!      ── I have (3, i3) of you on disk ─────▶ confirmed: it serves
//! ```
//!
//! Until a start is believed nothing that it says counts. A node that was started again answers
//! clients once one member has confirmed its start; one that keeps merged logs also when nobody has
//! answered for a while.
//!
//! # Members that come and go
//!
//! Later the log says who the members are ([`roster`]). Whoever is to come was started to join: it
//! knows nobody, says so to those that it was told of, and is welcomed once the log has its id,
//! address and directory. From then on it is met as above, and the directory that the log names is
//! the only one that is believed.
//!
//! # What is left out
//!
//! Not caught are a copy that was taken while the node ran and is put back after that start went
//! on, and an original and its copy on two sides of a split. Until a cluster has formed, whoever
//! comes first under an id is taken for it.

mod belief;
pub(crate) mod clocks;
mod formation;
pub(crate) mod roster;
pub(crate) mod told;

use std::collections::BTreeMap;

use crate::api::{Event, Order, Output, Waits};
use crate::ids::{DirectoryId, Index, Life, Lives, NodeId, PathId, Ticket};
use crate::turn::Turn;
use crate::wire::message::{Body, Hello};
use crate::wire::record::{Birth, Cluster, Known, LOG_VERSION, Record};
use belief::Newcomer;
use formation::rival;
use roster::{Member, Roster, Standing};

/// How often a node says hello to those that it has not met, or that do not believe it, in
/// milliseconds.
const HELLO_MS: u64 = 200;
/// How long a node with merged logs waits for anybody to answer before it serves unconfirmed, and
/// how long at all, in milliseconds.
const UNHEARD_MS: u64 = 2000;
const UNCONFIRMED_MS: u64 = 5000;

/// What is known of one other member.
#[derive(Debug, Default)]
struct Other {
    /// The directory that the log names, of one that was added.
    added: Option<DirectoryId>,
    /// What is on this disk.
    known: Option<Known>,
    /// What is on its way there.
    writing: Option<(Ticket, Known)>,
    /// Whether that start has said hello since this node started.
    heard: bool,
    /// By which connection it last spoke.
    path: Option<PathId>,
    /// Whether it has this directory on its disk.
    has_met_us: bool,
    /// Whether it has this very start on its disk.
    confirms_us: bool,
    /// The start of this node that it last said to have on its disk, which this directory has
    /// lived.
    lived: Option<Life>,
    newcomer: Option<Newcomer>,
    /// What it last said of the cluster, and of the directories that it knows.
    cluster: Option<Cluster>,
    roster: u64,
    /// When the directory that is known last said hello, and when another one last claimed the same
    /// id.
    hello_ms: Option<u64>,
    rival_ms: Option<u64>,
    /// When it was last told what it claims otherwise.
    claimed_ms: Option<u64>,
}

impl Other {
    /// The directory that is on this disk, or on its way there.
    fn directory(&self) -> Option<DirectoryId> {
        let known = self.known.or(self.writing.map(|(_, known)| known));
        known.map(|known| known.directory).or(self.added)
    }

    fn is_on_disk(&self, directory: DirectoryId) -> bool {
        self.known.is_some_and(|known| known.directory == directory)
    }

    fn is_settled(&self) -> bool {
        self.heard && self.confirms_us && self.writing.is_none()
    }
}

/// All members, as far as this node knows them.
#[derive(Debug)]
pub(crate) struct Members {
    birth: Birth,
    /// All members, as the log last said; of version 0 as long as the founders are.
    table: Roster,
    /// The founders, ascending, and all members, ascending.
    founders: Vec<NodeId>,
    ids: Vec<NodeId>,
    /// What this node is, by the log as far as it is applied here.
    standing: Option<Standing>,
    /// Whether this node is to join a cluster, and is no member of one yet.
    joins: bool,
    lives: Lives,
    others: BTreeMap<NodeId, Other>,
    /// Whether this start may answer clients.
    confirmed: bool,
    /// Whether that is only so since nobody answers: it serves merged keyspaces alone.
    unheard: bool,
    /// Whether there are merged keyspaces.
    has_merged: bool,
    /// Since when it waits to be confirmed, and since when nobody answers.
    unconfirmed_since_ms: Option<u64>,
    unheard_since_ms: Option<u64>,
    hello_at_ms: u64,
    probes: u64,
    /// Members that came to be believed, and believe this node, since they were last asked for.
    settled: Vec<NodeId>,
}

impl Members {
    /// What the disk says. `lives` includes the present start.
    pub(crate) fn new(
        birth: Birth,
        lives: Lives,
        known: &BTreeMap<NodeId, Known>,
        table: Roster,
    ) -> Members {
        let mut founders: Vec<NodeId> = birth.members.iter().map(|member| member.0).collect();
        founders.sort();
        let ids = all_ids(&table, &founders);
        let others = ids.iter().filter(|id| **id != birth.id);
        let other = |id: &NodeId| Other {
            known: known.get(id).copied(),
            added: table.member(*id).map(|member| member.directory),
            ..Other::default()
        };
        let others: BTreeMap<_, _> = others.map(|id| (*id, other(id))).collect();
        let joins = birth.members.is_empty() && birth.cluster.is_none();
        let standing = match table.version() {
            Index(0) => Some(Standing::Voter).filter(|_| !joins),
            _ => table.member(birth.id).map(|member| member.standing),
        };
        let confirmed = is_alone(&table, &others, birth.id) && !joins;
        Members {
            birth,
            table,
            founders,
            ids,
            standing,
            joins,
            lives,
            confirmed,
            unheard: false,
            has_merged: false,
            others,
            unconfirmed_since_ms: None,
            unheard_since_ms: None,
            hello_at_ms: 0,
            probes: 0,
            settled: vec![],
        }
    }

    pub(crate) fn is_formed(&self) -> bool {
        self.birth.cluster.is_some()
    }

    pub(crate) fn cluster(&self) -> Option<Cluster> {
        self.birth.cluster
    }

    /// All members, as the log last said; of version 0 as long as the founders are.
    pub(crate) fn table(&self) -> &Roster {
        &self.table
    }

    /// What a change of members begins from, where there was none yet: the founders, whose
    /// directories all are on this disk, where this start was told that they are: they may have
    /// moved since they were first told.
    pub(crate) fn as_founded(&self, told: &[(NodeId, String)], own_address: &str) -> Roster {
        let directory = |id: NodeId| match id == self.birth.id {
            true => Some(self.birth.directory),
            false => self.known(id).map(|known| known.directory),
        };
        let members = self.birth.members.iter().filter_map(|(id, address)| {
            let listed = told.iter().find(|one| one.0 == *id).map(|one| &one.1);
            let address = listed.unwrap_or(address);
            let address = if address.is_empty() { own_address } else { address };
            let (address, standing) = (address.to_owned(), Standing::Voter);
            Some((*id, Member { address, directory: directory(*id)?, standing }))
        });
        Roster::of_founders(members.collect())
    }

    /// The version that founded the cluster.
    pub(crate) fn founded(&self) -> u64 {
        self.birth.founded
    }

    /// Whether this node is to join a cluster, and is no member of one yet.
    pub(crate) fn joins(&self) -> bool {
        self.joins
    }

    /// This node is a member of this cluster from now on, with these others.
    pub(crate) fn join(&mut self, cluster: Cluster, table: Roster, turn: &mut Turn<'_>) {
        let address = |id: NodeId| table.member(id).map(|member| member.address.clone());
        let founder = |id: &NodeId| (*id, address(*id).unwrap_or_default());
        self.birth.members = table.founders().iter().map(founder).collect();
        self.birth.cluster = Some(cluster);
        self.birth.founded = LOG_VERSION;
        (self.founders, self.joins) = (table.founders().to_vec(), false);
        turn.disk.record(&Record::Birth(self.birth.clone()));
        turn.note(Event::Joined);
        self.standing = Some(Standing::Learner);
        self.follow(table);
        turn.sessions.wake_all();
        self.say_hello_to_all(turn);
    }

    /// What the log says of this node, as far as it is applied here.
    pub(crate) fn set_standing(&mut self, applied: &Roster) {
        self.standing = applied.member(self.birth.id).map(|member| member.standing);
    }

    /// These are the members from now on: whom to believe, and where they are.
    pub(crate) fn follow(&mut self, table: Roster) {
        self.ids = all_ids(&table, &self.founders);
        let (ids, me) = (&self.ids, self.birth.id);
        self.others.retain(|id, _| ids.contains(id));
        for id in ids.iter().filter(|id| **id != me) {
            let added = table.member(*id).map(|member| member.directory);
            let other = self.others.entry(*id).or_default();
            other.added = added;
        }
        self.table = table;
    }

    /// The other members, and where each receives its peers, once the log says who they are.
    pub(crate) fn addresses(&self) -> Option<Vec<(NodeId, String)>> {
        let all = self.table.members().iter().filter(|(id, _)| **id != self.birth.id);
        let all = all.map(|(id, member)| (*id, member.address.clone()));
        (self.table.version() > Index(0)).then(|| all.collect())
    }

    /// What the log says of this node, as far as it is applied here; a founder votes as long as
    /// it says nothing.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.standing
    }

    /// Those with whom the log begins.
    pub(crate) fn founders(&self) -> &[NodeId] {
        &self.founders
    }

    pub(crate) fn ids(&self) -> &[NodeId] {
        &self.ids
    }

    /// Which start of another member is on this disk.
    pub(crate) fn known(&self, id: NodeId) -> Option<Known> {
        self.others.get(&id).and_then(|other| other.known)
    }

    /// Whether a member is believed, and believes this node.
    pub(crate) fn is_settled(&self, id: NodeId) -> bool {
        self.others.get(&id).is_some_and(Other::is_settled)
    }

    /// Whether this start may answer clients.
    pub(crate) fn is_confirmed(&self) -> bool {
        let serves = self.standing().is_some_and(|standing| standing != Standing::Learner);
        self.confirmed && mutant!(LearnerServes, serves, true)
    }

    /// Whether it may answer clients about keyspaces of this order.
    pub(crate) fn confirms(&self, order: Order) -> bool {
        self.confirmed && (order == Order::Merged || !self.unheard)
    }

    /// Whether there are merged keyspaces, which are served also where nobody answers.
    pub(crate) fn set_has_merged(&mut self, has_merged: bool) {
        self.has_merged = has_merged;
    }

    /// Whether what this start of a member says counts.
    pub(crate) fn believes(&self, from: NodeId, sender: Known) -> bool {
        self.others.get(&from).is_some_and(|other| other.heard && other.known == Some(sender))
    }

    /// Members that came to be believed, and believe this node, since this was last asked.
    pub(crate) fn take_settled(&mut self) -> Vec<NodeId> {
        std::mem::take(&mut self.settled)
    }

    /// What keeps this node from taking part or answering.
    pub(crate) fn waits(&self) -> Option<Waits> {
        if self.joins {
            return Some(Waits::Joining);
        }
        if !self.is_formed() {
            let roster = self.roster();
            let unmet = |other: &Other| {
                let differs = roster.is_some_and(|roster| other.roster != roster);
                other.known.is_none() || !other.has_met_us || differs
            };
            let unmet = self.others.iter().filter(|(_, other)| unmet(other));
            return Some(Waits::Formation(unmet.map(|(id, _)| *id).collect()));
        }
        if self.standing().is_none_or(|standing| standing == Standing::Learner) {
            return Some(Waits::Learning);
        }
        (!self.confirmed).then(|| self.waits_to_be_confirmed())
    }

    /// What keeps it from answering clients about keyspaces of this order.
    pub(crate) fn waits_for(&self, order: Order) -> Option<Waits> {
        let unconfirmed = || (!self.confirms(order)).then(|| self.waits_to_be_confirmed());
        self.waits().or_else(unconfirmed)
    }

    fn waits_to_be_confirmed(&self) -> Waits {
        Waits::Confirmation(self.others.keys().copied().collect())
    }

    /// The members that are not believed, or have no connection to this node.
    pub(crate) fn unheard(&self) -> Vec<NodeId> {
        let unheard = |other: &Other| !other.heard || other.path.is_none();
        self.others.iter().filter(|(_, other)| unheard(other)).map(|(id, _)| *id).collect()
    }

    // Saying hello.

    pub(crate) fn on_tick(&mut self, turn: &mut Turn<'_>) {
        let now_ms = turn.now.monotonic_ms;
        self.end_probes(turn);
        self.serve_unheard(turn);
        if now_ms < self.hello_at_ms {
            return;
        }
        self.hello_at_ms = now_ms + HELLO_MS;
        self.maybe_form(turn);
        for (id, other) in &self.others {
            if !self.is_formed() || !other.is_settled() {
                self.say_hello(*id, None, true, turn);
            }
        }
    }

    pub(crate) fn on_connected(&self, peer: NodeId, turn: &mut Turn<'_>) {
        self.say_hello(peer, None, true, turn);
        self.probe_again(peer, turn);
    }

    fn say_hello_to_all(&self, turn: &mut Turn<'_>) {
        self.others.keys().for_each(|id| self.say_hello(*id, None, false, turn));
    }

    fn say_hello(&self, to: NodeId, path: Option<PathId>, asks: bool, turn: &mut Turn<'_>) {
        let Some(other) = self.others.get(&to) else { return };
        let hello = Hello {
            cluster: self.birth.cluster,
            order: self.birth.order,
            members: self.founders.clone(),
            roster: self.roster().unwrap_or(0),
            knows: other.known,
            lived: other.lived,
            asks,
        };
        turn.send_back(path, to, Body::Hello(hello));
    }

    // Hearing it.

    pub(crate) fn on_hello(
        &mut self,
        from: NodeId,
        sender: Known,
        hello: &Hello,
        path: Option<PathId>,
        turn: &mut Turn<'_>,
    ) {
        let Some(other) = self.others.get(&from) else {
            turn.note(Event::Refused(format!(
                "node {} says hello: it is no other member of this cluster",
                from.0
            )));
            hang_up(path, turn);
            return;
        };
        let on_disk = other.is_on_disk(sender.directory);
        let is_stranger = other.directory().is_some_and(|known| known != sender.directory);
        if let Some(why) = self.contradiction(from, hello) {
            self.on_contradiction(from, hello, path, is_stranger, why, turn);
            return;
        }
        let other_directory = |known: &Known| known.directory != turn.identity.directory;
        let denies_us = hello.knows.as_ref().is_some_and(other_directory);
        // Who is on disk with another directory can stop nobody; and once all have met, all that
        // may are on disk.
        let counts =
            if self.is_formed() { on_disk } else { hello.cluster.is_some() && !is_stranger };
        if counts && denies_us {
            turn.halt(78, lost_directory(from, turn.identity.id));
            return;
        }
        // Who was added has the directory that the log names.
        let is_added = other.known.is_none() && other.added == Some(sender.directory);
        if mutant!(OtherDirectoryTaken, self.is_formed() && !on_disk && !is_added, false) {
            turn.note(Event::Refused(format!(
                "node {} came with another data directory than the one that this node met",
                from.0
            )));
            // Not on the connection that it made: a hello says who the members are.
            self.answer(from, hello, None, turn);
            hang_up(path, turn);
            return;
        }
        if denies_us {
            let why = rival(turn.identity.id, Some(from));
            self.on_claim(from, hello, path, &why, turn);
            return;
        }
        if is_stranger && !self.yields(from, turn) {
            self.on_claim(from, hello, path, &rival(from, None), turn);
            return;
        }
        if let Some(known) = hello.knows
            && mutant!(OldCopyUnnoticed, !self.lives.contain(known.life), false)
        {
            let why = superseded(from, known.life);
            // Before a cluster has formed nothing was promised, and anybody may be taken for a
            // member.
            if self.is_formed() {
                turn.supersede(&why)
            } else {
                turn.halt(78, why)
            }
            return;
        }
        self.on_member(from, sender, hello, path.filter(|_| on_disk), turn);
    }

    /// Somebody who may be the member that it says; `path` is there if its directory is on disk.
    fn on_member(
        &mut self,
        from: NodeId,
        sender: Known,
        hello: &Hello,
        path: Option<PathId>,
        turn: &mut Turn<'_>,
    ) {
        self.unheard_since_ms = Some(turn.now.monotonic_ms);
        let me = turn.identity.life;
        let other = self.others.get_mut(&from).expect("a member");
        let has_life = hello.knows.map(|known| known.life);
        let was_settled = other.is_settled();
        other.hello_ms = Some(turn.now.monotonic_ms);
        (other.cluster, other.roster) = (hello.cluster, hello.roster);
        other.has_met_us = has_life.is_some();
        other.confirms_us = has_life == Some(me);
        // What it has on disk of this node is another start: it must hear that this directory has
        // lived it.
        let tells = has_life.filter(|life| *life != me && other.lived != Some(*life));
        other.lived = has_life.filter(|life| *life != me);
        self.believe(from, sender, hello.lived, path, turn);
        if tells.is_some() {
            self.say_hello(from, path, true, turn);
        } else {
            self.answer(from, hello, path, turn);
        }
        self.maybe_form(turn);
        self.maybe_settle(from, was_settled, turn);
    }

    fn answer(&self, to: NodeId, hello: &Hello, path: Option<PathId>, turn: &mut Turn<'_>) {
        if hello.asks {
            self.say_hello(to, path, false, turn);
        }
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket, turn: &mut Turn<'_>) {
        let mut written = vec![];
        for (id, other) in &mut self.others {
            if let Some((_, known)) = other.writing.take_if(|(due, _)| *due <= ticket) {
                // It spoke, or nothing would have been written.
                (other.known, other.heard) = (Some(known), true);
                written.push(*id);
            }
        }
        if !self.is_formed() && !written.is_empty() {
            self.say_hello_to_all(turn);
        }
        for id in written {
            if self.is_formed() {
                self.say_hello(id, None, false, turn);
            }
            self.maybe_form(turn);
            self.maybe_settle(id, false, turn);
        }
    }

    fn maybe_settle(&mut self, id: NodeId, was_settled: bool, turn: &mut Turn<'_>) {
        if self.others.get(&id).is_some_and(Other::is_settled) && !was_settled {
            self.settled.push(id);
        }
        self.maybe_confirm(turn);
    }

    /// One member believes this start: no member will believe another one that has not lived it.
    fn maybe_confirm(&mut self, turn: &mut Turn<'_>) {
        if (!self.confirmed || self.unheard)
            && self.is_formed()
            && mutant!(ServesUnknown, self.others.values().any(|other| other.confirms_us), true)
        {
            (self.confirmed, self.unheard) = (true, false);
            turn.sessions.wake_all();
        }
    }

    /// A node with merged keyspaces that hears nobody serves all the same: it is on its side of a
    /// split.
    fn serve_unheard(&mut self, turn: &mut Turn<'_>) {
        if self.confirmed || !self.is_formed() || !self.has_merged {
            return;
        }
        let now_ms = turn.now.monotonic_ms;
        let unconfirmed_ms = now_ms - *self.unconfirmed_since_ms.get_or_insert(now_ms);
        let unheard_ms = now_ms - *self.unheard_since_ms.get_or_insert(now_ms);
        if unheard_ms >= UNHEARD_MS || unconfirmed_ms >= UNCONFIRMED_MS {
            (self.confirmed, self.unheard) = (true, true);
            turn.note(Event::Unheard);
            turn.sessions.wake_all();
        }
    }
}

/// All members, ascending.
fn all_ids(table: &Roster, founders: &[NodeId]) -> Vec<NodeId> {
    match table.version() {
        Index(0) => founders.to_vec(),
        _ => table.members().keys().copied().collect(),
    }
}

fn hang_up(path: Option<PathId>, turn: &mut Turn<'_>) {
    turn.outputs.extend(path.map(Output::HangUp));
}

fn lost_directory(from: NodeId, me: NodeId) -> String {
    format!(
        "node {} knows node {} by another data directory: a node that lost its directory cannot come back under \
         its old id, since it may have forgotten votes and writes that others count on. Start it with \
         the directory that it used last. If that is gone, start a new directory under a new id with --join, and have it take this one's place: candor cluster \
         replace OLD NEW=HOST:PORT; the others go on while they are a majority. (If this is a new cluster, one of the addresses in its list of peers belongs to another one)",
        from.0, me.0
    )
}

fn superseded(from: NodeId, life: Life) -> String {
    format!(
        "node {} believes start {} of this node, which this data directory has not lived",
        from.0, life.boot
    )
}

/// Whether nobody else votes: nobody could have another start of this node vote.
fn is_alone(table: &Roster, others: &BTreeMap<NodeId, Other>, me: NodeId) -> bool {
    match table.version() {
        Index(0) => others.is_empty(),
        _ => table.voters().all(|id| id == me) && table.member(me).is_some(),
    }
}
