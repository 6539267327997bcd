//! The node: takes in all that arrived together, and says what is to be done about it.

/// Borrows of a node what its parts may use during a turn.
macro_rules! turn {
    ($node:ident, $outputs:ident) => {
        &mut Turn {
            now: $node.now,
            clock_agrees: $node.clocks.agrees(),
            ending: $node.ending,
            clock_waits: $node.clocks.waits(),
            log_ms: $node.clocks.log_ms($node.now),
            identity: $node.identity,
            disk: &mut $node.disk,
            sessions: &mut $node.sessions,
            counts: &mut $node.counts,
            budget: &mut $node.budget,
            random: &mut $node.random,
            outputs: $outputs,
            lent: &mut $node.lent,
            halted: &mut $node.halted,
        }
    };
}

mod behind;
mod carving;
mod digests;
mod floors;
mod inputs;
mod levels;
mod long_reads;
mod lost_state;
mod members;
mod messages;
mod requests;
mod snapshots;
mod status;
#[cfg(test)]
mod tests;
mod transfers;
mod versions;

use std::collections::{BTreeSet, VecDeque};

use crate::agreed::{Agreed, Beginning};
use crate::api::{Config, Input, Now, Order, Output};
use crate::carving::Carving;
use crate::cluster::Members;
use crate::cluster::clocks::Clocks;
use crate::counting::Counts;
use crate::digest::Digests;
use crate::ids::NodeId;
use crate::keyspace::Keyspaces;
use crate::keyspace::table::Table;
use crate::limits::{Limits, TURN_STEPS};
use crate::merged::Merged;
use crate::random::Random;
use crate::session::Sessions;
use crate::snapshot::{Donor, Fetch, LeadersOffer, Search, Snapshots};
use crate::store::TOGETHER;
use crate::turn::{Budget, Identity, Turn};
use crate::wire::group::RecordGroup;
use crate::wire::lent::Lent;
use crate::wire::record::Known;
use floors::Floors;
use transfers::Transfers;

/// One member of the cluster.
///
/// - Nothing is sent before its boot is on disk; nothing is taken part in before all members have
///   met.
/// - No client is served before a member has confirmed this start.
#[derive(Debug)]
pub struct Node {
    config: Config,
    limits: Limits,
    identity: Identity,
    now: Now,
    clocks: Clocks,
    expired_ms: u64,
    /// Since when the disk lags and nothing got there, if it does.
    lags_since_ms: Option<u64>,
    /// Whether the boot is on disk.
    started: bool,
    /// Whether it must not go on.
    halted: bool,
    /// Whether it is about to end.
    ending: bool,
    /// The members that there is a path to.
    connected: BTreeSet<NodeId>,
    /// How much a turn does of each kind of work.
    turn_steps: usize,
    budget: Budget,
    /// What came and waits for the next turn, from peers, and from clients with the time when.
    from_peers: VecDeque<Input>,
    from_clients: VecDeque<(Input, u64)>,
    counts: Counts,
    keyspaces: Keyspaces,
    carving: Carving,
    /// For what is to be random in answers.
    random: Random,
    disk: RecordGroup,
    lent: Lent,
    sessions: Sessions,
    floors: Floors,
    transfers: Transfers,
    members: Members,
    agreed: Agreed,
    merged: Merged,
    snapshots: Snapshots,
    digests: Digests,
    donor: Donor,
    fetch: Option<Fetch>,
    /// What its leader has offered, from when others are asked for as much until it is fetched.
    leaders_offer: Option<LeadersOffer>,
    states_fetched: u64,
    changing: members::Changing,
    versions: versions::Versions,
    /// Whom it asks for the state that it has lost.
    search: Search,
}

impl Node {
    pub(crate) fn new(
        config: Config,
        identity: Identity,
        disk: RecordGroup,
        members: Members,
        mut agreed: Agreed,
        merged: Merged,
        snapshots: Snapshots,
    ) -> Node {
        /// Another stream of chance than that of elections.
        const ANSWERS: u64 = 0x616e_7377_6572;
        let keyspaces = Keyspaces::new(&config);
        let random = Random::new(config.seed ^ ANSWERS);
        let digests = Digests::new(identity.id, members.ids());
        let clocks = Clocks::new(identity.id, members.ids(), config.max_clock_drift_ms);
        agreed.set_own_max_memory(config.max_memory);
        Node {
            config,
            limits: Limits::default(),
            identity,
            now: Now::default(),
            clocks,
            expired_ms: 0,
            lags_since_ms: None,
            started: mutant!(SpeaksBeforeBoot, false, true),
            halted: false,
            ending: false,
            connected: BTreeSet::new(),
            turn_steps: TURN_STEPS,
            budget: Budget::default(),
            from_peers: VecDeque::new(),
            from_clients: VecDeque::new(),
            counts: Counts::default(),
            keyspaces,
            carving: Carving::default(),
            random,
            disk,
            lent: Lent::default(),
            sessions: Sessions::default(),
            floors: Floors::default(),
            transfers: Transfers::default(),
            members,
            agreed,
            merged,
            snapshots,
            digests,
            donor: Donor::default(),
            fetch: None,
            leaders_offer: None,
            states_fetched: 0,
            changing: members::Changing::default(),
            versions: versions::Versions::default(),
            search: Search::default(),
        }
    }

    /// The same node, which goes by these keyspaces: its disk kept them.
    pub(crate) fn going_by(mut self, table: Table) -> Node {
        self.keyspaces.follow(table);
        self.members.set_has_merged(self.keyspaces.has(Order::Merged));
        self
    }

    /// Takes in all that arrived together and says what is to be done about it. Drains `inputs`.
    ///
    /// A turn does no more than so much, whatever came and however long it is; if
    /// [`Node::has_more`] says so, the next one is due at once, after whatever else the driver has
    /// to do. After [`Output::Halt`] it does nothing any more.
    pub fn turn(&mut self, inputs: &mut Vec<Input>, outputs: &mut Vec<Output>) {
        self.budget = Budget::new(self.turn_steps);
        self.agreed.forget(self.now.monotonic_ms);
        let mut inputs = inputs.drain(..);
        while inputs.len() > 0 {
            // What is fetched for more of them would be gone again by then.
            self.touch(inputs.as_slice());
            inputs.by_ref().take(TOGETHER).for_each(|input| self.sort(input, outputs));
        }
        drop(inputs);
        if self.halted {
            return;
        }
        if self.takes_part() {
            self.clocks.begin(self.now);
            self.follow_keyspaces(outputs);
            self.follow_members(outputs);
            self.carve(outputs);
            self.change_members(outputs);
        }
        self.drive_transfers(outputs);
        loop {
            self.start_waiting(outputs);
            if !self.takes_part() {
                break;
            }
            let agreed = self.agreed.work(turn!(self, outputs));
            if self.halted {
                return;
            }
            self.follow_keyspaces(outputs);
            self.follow_members(outputs);
            let is_fetching = self.fetches_merged() || self.merged.is_joining();
            let merged = self.merged.work(is_fetching, turn!(self, outputs));
            if !agreed && !merged {
                break;
            }
        }
        self.answer_floors(outputs);
        self.answer_transfers(outputs);
        self.count(outputs);
        self.join(outputs);
        self.agreed.state().clean_up();
        self.merged.clean_up();
        let has_walked = self.snapshot(outputs);
        self.digest(has_walked, outputs);
        self.disk.close(outputs);
    }

    /// Whether something that could be done was left for the next turn.
    pub fn has_more(&self) -> bool {
        if self.halted {
            return false;
        }
        let waits = !self.from_peers.is_empty() || !self.from_clients.is_empty();
        waits || (self.takes_part() && self.has_work())
    }

    /// How many requests wait for a turn that takes them in.
    pub fn requests_left(&self) -> usize {
        self.from_clients.len()
    }

    /// How many messages of peers wait for a turn that takes them in.
    pub fn messages_left(&self) -> usize {
        self.from_peers.len()
    }

    fn has_work(&self) -> bool {
        self.agreed.has_more()
            || self.merged.has_more()
            || (self.serves() && self.sessions.has_runnable())
            || self.counts.has_more(self.may_count())
            || self.merged.has_slice(self.now.monotonic_ms)
            || self.agreed.has_garbage()
            || self.merged.has_garbage()
            || self.snapshots.has_more()
            || self.may_look()
            || (self.digests.has_more() && !self.merged.is_joining())
    }

    /// Turns are to do no more than so many steps of each kind of work.
    pub fn set_turn_steps(&mut self, steps: usize) {
        assert!(steps > 0, "a turn that may do nothing gets nowhere");
        self.turn_steps = steps;
    }

    /// What waits, and what goes together, is limited so.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.disk.set_lag_bytes(limits.lag_bytes);
        self.agreed.set_limits(limits);
        self.merged.set_limits(limits);
    }

    /// From now on the records of merged keyspaces may count so many bytes where this node is asked
    /// for a write; 0: any number.
    pub fn set_max_memory_merged(&mut self, bytes: u64) {
        self.set_limits(Limits { max_memory_merged: bytes, ..self.limits });
    }

    /// A cluster that nobody has told anything else begins so. Until this node knows what it has,
    /// it refuses commands on keys of these keyspaces: before there are any, there is one.
    pub fn set_beginning(&mut self, beginning: Beginning) {
        self.keyspaces.await_those(&beginning.keyspaces);
        self.agreed.set_beginning(beginning);
    }

    /// Whether it stands inside an entry of the agreed log, of which the first writes are applied
    /// and the others not; a node that halts may stand there for good.
    pub fn is_within_entry(&self) -> bool {
        self.agreed.is_within_entry() || self.halted
    }

    // For whoever looks at it from outside.

    /// How its messages name it.
    pub(crate) fn sender(&self) -> (NodeId, Known) {
        let Identity { id, directory, life } = self.identity;
        (id, Known { directory, life })
    }

    /// The order of the keyspace `default`.
    pub(crate) fn order(&self) -> Order {
        self.keyspaces.default().order
    }

    pub(crate) fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    pub(crate) fn keyspaces(&self) -> &Keyspaces {
        &self.keyspaces
    }

    pub(crate) fn members(&self) -> &Members {
        &self.members
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(crate) fn floors(&self) -> &Floors {
        &self.floors
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn merged(&self) -> &Merged {
        &self.merged
    }

    fn takes_part(&self) -> bool {
        self.started && self.members.is_formed()
    }

    /// Whether it may answer clients.
    fn serves(&self) -> bool {
        self.takes_part() && self.members.is_confirmed() && self.is_added()
    }
}
