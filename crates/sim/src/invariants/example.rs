//! Statuses and turns for the tests of the invariants.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use node::{
    Boot, Certificate, DirectoryId, Index, Level, MemberStep, MergedEntry, NamedWrite, NodeId, Now,
    Order, Reply, Role, RosterSeen, Status, Term,
};

use super::invariant::{Fate, Invariant, Rest, Turn};
use super::view::View;
use crate::options::Options;
use crate::plan::setting::Setting;
use crate::record::operation::{Action, Operation, Outcome};

/// What a node holds.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) entries: Vec<(u64, u64)>,
    pub(crate) stamps: Vec<(u64, Option<u64>)>,
    pub(crate) writes: Vec<Vec<NamedWrite>>,
    pub(crate) values: BTreeMap<Bytes, Bytes>,
    /// How many keys it has, if not as many as values.
    pub(crate) keys: Option<u64>,
    pub(crate) merged: usize,
    pub(crate) merged_entries: Vec<MergedEntry>,
    pub(crate) drafted: usize,
    pub(crate) believed: BTreeMap<NodeId, (u64, u64)>,
    /// Of each key, the keyspace under which it would be served.
    pub(crate) serves: BTreeMap<Bytes, (u32, Order, Level)>,
    /// Keys that have a value in the state of this order.
    pub(crate) held_in: Vec<(Order, Bytes)>,
    /// Steps of changes of members, by their entries, and the members.
    pub(crate) steps: BTreeMap<u64, (Index, MemberStep)>,
    pub(crate) roster: RosterSeen,
}

static NOTHING: Held = Held {
    entries: vec![],
    stamps: vec![],
    writes: vec![],
    values: BTreeMap::new(),
    keys: None,
    merged: 0,
    merged_entries: vec![],
    drafted: 0,
    believed: BTreeMap::new(),
    serves: BTreeMap::new(),
    held_in: vec![],
    steps: BTreeMap::new(),
    roster: RosterSeen { version: Index(0), members: vec![], removed: vec![], change: None },
};

impl View for Held {
    fn entry(&self, index: u64) -> Option<(u64, u64)> {
        self.entries.get(index as usize - 1).copied()
    }

    fn last_index(&self) -> u64 {
        self.stamps.len() as u64
    }

    fn stamp(&self, index: u64) -> Option<(u64, Option<u64>)> {
        self.stamps.get(index as usize - 1).copied()
    }

    fn writes(&self, index: u64) -> Option<Vec<NamedWrite>> {
        self.writes.get(index as usize - 1).cloned()
    }

    fn value_in(&self, order: Order, key: &Bytes) -> Option<Cow<'_, [u8]>> {
        let of = |(of, held): &(Order, Bytes)| *of == order && held == key;
        let held = self.held_in.iter().any(of).then_some(Cow::Borrowed(&b"held"[..]));
        held.or_else(|| self.values.get(key).map(|value| Cow::Borrowed(&value[..])))
    }

    fn shown(&self, key: &Bytes) -> Option<Bytes> {
        self.values.get(key).cloned()
    }

    fn keys_in(&self, _order: Order) -> u64 {
        self.keys.unwrap_or(self.values.len() as u64)
    }

    fn serves_under(&self, key: &Bytes) -> Option<(u32, Order, Level)> {
        self.serves.get(key).copied()
    }

    fn keyspaces_version(&self) -> u64 {
        self.serves.values().map(|(id, ..)| u64::from(*id)).sum()
    }

    fn first_index(&self) -> u64 {
        1
    }

    fn last_term(&self) -> u64 {
        let stamps = self.stamps.last().map(|stamp| stamp.0);
        stamps.or(self.entries.last().map(|entry| entry.0)).unwrap_or(0)
    }

    fn comes(&self) -> Option<(u64, u64)> {
        None
    }

    fn believes(&self, member: NodeId) -> Option<(u64, u64)> {
        self.believed.get(&member).copied()
    }

    fn drafted(&self) -> usize {
        self.drafted
    }

    fn merged_count(&self) -> usize {
        self.merged
    }

    fn merged_entries(&self, from: usize) -> Vec<MergedEntry> {
        self.merged_entries.get(from..).map_or(vec![], <[MergedEntry]>::to_vec)
    }

    fn step(&self, index: u64) -> Option<(Index, MemberStep)> {
        self.steps.get(&index).cloned()
    }

    fn roster(&self) -> RosterSeen {
        self.roster.clone()
    }

    fn is_within_entry(&self) -> bool {
        false
    }
}

pub(crate) fn status(node: u64) -> Status {
    Status {
        id: NodeId(node),
        members: vec![],
        boot: Boot(1),
        order: Order::Agreed,
        level: Level::Linearizable,
        request_timeout_ms: 1000,
        directory: DirectoryId(1),
        cluster: Some(1),
        formed: true,
        waits: None,
        agreed_ready: true,
        ready: true,
        role: Role::Follower,
        leader: None,
        term: Term(1),
        commit: Index(0),
        applied: Index(0),
        vector: vec![],
        keys: 0,
        other_keys: 0,
        disk_backlog_bytes: 0,
        tombstones: 0,
        unsynced: Default::default(),
        disk_full: false,
        clock_agrees: true,
        clocks: vec![],
        digests: Default::default(),
        snapshots: node::Snapshots::default(),
        expiry: node::Expiry::default(),
        keyspaces: node::KeyspacesTold::default(),
        memory: node::Memory::default(),
        joins: false,
        lost: node::LostStates::default(),
        states_fetched: 0,
        once: Default::default(),
        log_reads: 0,
    }
}

pub(crate) fn operation(
    client: u64,
    action: Action,
    reply: Reply,
    (start_us, end_us): (u64, u64),
    certificate: Certificate,
) -> Operation {
    let order = match certificate {
        Certificate::Agreed { .. } => Order::Agreed,
        Certificate::Merged { .. } => Order::Merged,
    };
    Operation {
        client,
        host: 0,
        order: Some(order),
        own_level: false,
        key: Bytes::from("k"),
        action,
        level: Level::Linearizable,
        since_us: Some(start_us),
        start_us,
        end_us,
        outcome: Outcome::Done(reply),
        certificate: Some(Box::new(certificate)),
        pipelined: false,
        private: false,
        unique: true,
        is_interval: false,
        is_final: false,
        part_of: None,
        once: None,
        sent_us: start_us,
        sendings: 1,
    }
}

pub(crate) fn at_rest(
    invariant: &mut dyn Invariant,
    operations: &[Operation],
) -> Result<(), String> {
    let setting = Setting::draw(1, &Options::default());
    let statuses = [status(1)];
    invariant.at_rest(&Rest {
        setting: &setting,
        operations,
        asked: operations,
        statuses: &statuses,
        fates: &[Fate::There],
    })
}

pub(crate) fn turn(status: &Status, life: u64) -> Turn<'_> {
    Turn {
        host: status.id.0 as usize - 1,
        life,
        at_us: 0,
        now: Now::default(),
        walls_ms: &[],
        asked: &[],
        writes: &[],
        closed: &[],
        outputs: &[],
        status,
        groups: 0,
        synced: 0,
        view: &NOTHING,
    }
}
