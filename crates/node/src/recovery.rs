//! How a node is born from its disk.

use std::fmt;

use bytes::Bytes;

use crate::agreed::{self, Agreed, Offer, State, Tail};
use crate::api::{Config, StartError};
use crate::cluster::Members;
use crate::cluster::roster::Roster;
use crate::ids::{Index, Life, LogPlace, NodeId, SnapshotNumber};
use crate::keyspace::table::Table;
use crate::merged::{Merged, Pieces};
use crate::node::Node;
use crate::snapshot::{Placed, Snapshots};
use crate::turn::{DISCARD_STATE, Identity, SUPERSEDED, removed};
use crate::wire::base::AgreedBase;
use crate::wire::codec::Malformed;
use crate::wire::facts::Facts;
use crate::wire::group::RecordGroup;
use crate::wire::record::{Birth, LOG_VERSION, Record};
use crate::wire::section::Sections;
use crate::wire::version_vector::VersionVector;

/// A node being born from its disk: tell it the newest snapshot and every group behind it, in
/// order, then finish.
pub struct Recovery {
    config: Config,
    /// Those with whom the log begins.
    founders: Vec<NodeId>,
    facts: Facts,
    tail: Tail,
    /// The agreed state, where it stands, and slots of one that comes.
    agreed: State,
    base: AgreedBase,
    agreed_slots: Option<State>,
    /// Whether the agreed state is lost: only the log goes on from `base`.
    has_lost_agreed: bool,
    /// Whether all is passed over until the first mark.
    seeks_mark: bool,
    merged: Merged,
    merged_slots: Pieces,
    /// The snapshot that is being read, and the one that was.
    sections: Sections,
    snapshot: Option<Placed>,
    /// Bytes that were read of it, and where the merged state of it stands.
    read: u64,
    vector: VersionVector,
    /// The highest number of a snapshot that cannot be read.
    skipped: SnapshotNumber,
    /// Where the group lies that is being replayed.
    place: LogPlace,
    /// Bytes of groups that were replayed.
    replayed: u64,
    wants_snapshot: bool,
    /// The keyspaces that this node went by.
    keyspaces: Table,
    /// And the members.
    roster: Roster,
}

/// All that a disk holds, where no node starts with it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) facts: Facts,
    /// The agreed state, and where it stands: behind the last entry, whether that is known to be
    /// committed or not.
    pub(crate) agreed: State,
    pub(crate) base: AgreedBase,
    /// The entry at which the snapshot stands that was read; 0: there was none.
    pub(crate) snapshot: Index,
    pub(crate) merged: Merged,
    /// The newest table of members; of version 0 as long as the founders are.
    pub(crate) roster: Roster,
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Recovery {
    /// Starts with an empty disk.
    pub fn new(config: Config) -> Recovery {
        let founders = founders(&config);
        Recovery {
            facts: Facts::default(),
            tail: Tail::new(&raw(&founders)),
            agreed: State::new(&founders),
            base: AgreedBase::default(),
            agreed_slots: None,
            has_lost_agreed: false,
            seeks_mark: false,
            merged: Merged::new(config.id, &founders),
            founders,
            merged_slots: Pieces::default(),
            sections: Sections::default(),
            snapshot: None,
            read: 0,
            vector: VersionVector::default(),
            skipped: SnapshotNumber(0),
            place: LogPlace(0),
            replayed: 0,
            wants_snapshot: false,
            keyspaces: Table::default(),
            roster: Roster::default(),
            config,
        }
    }

    /// There is a snapshot of this number that cannot be read: the next one gets a higher number.
    pub fn skip_snapshot(&mut self, number: SnapshotNumber) {
        self.skipped = self.skipped.max(number);
    }

    /// A snapshot is to be taken soon, whatever the log weighs: the older of the two is of no use.
    pub fn want_snapshot(&mut self) {
        self.wants_snapshot = true;
    }

    /// There is no snapshot to begin with, and the log does not reach back to its first record: the
    /// keys are lost, and what follows counts from the first place on at which a snapshot was
    /// begun.
    pub fn lose_state(&mut self) {
        self.seeks_mark = true;
    }

    /// Takes in the next bytes of the newest snapshot, as [`Output::WriteSnapshot`] gave them, in
    /// pieces of any length, before any group.
    ///
    /// # Errors
    /// They cannot be read, or are of another node. This recovery is over then. Where the bytes are
    /// as they were written, it is this start that does not fit them: an older snapshot is no way
    /// out.
    ///
    /// [`Output::WriteSnapshot`]: crate::Output::WriteSnapshot
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), StartError> {
        self.read += bytes.len() as u64;
        let mut sections = std::mem::take(&mut self.sections);
        sections.take_in(bytes, |record| self.take_in(record, true))?;
        self.sections = sections;
        Ok(())
    }

    /// That was the whole of the snapshot of this number. The groups behind it come next: those
    /// that were handed over after [`Output::BeginSnapshot`].
    ///
    /// # Errors
    /// As those of [`Recovery::load`].
    ///
    /// [`Output::BeginSnapshot`]: crate::Output::BeginSnapshot
    pub fn loaded(&mut self, number: SnapshotNumber) -> Result<(), StartError> {
        if !self.sections.is_complete() || self.agreed_slots.is_some() {
            return Err(unreadable("the end of a snapshot"));
        }
        self.snapshot = Some(Placed { number, bytes: self.read });
        let AgreedBase { index, term, .. } = self.base;
        if index > Index(0) {
            self.tail.offer(Offer { number, index, term });
        }
        self.merged.offer(number, self.vector.clone());
        Ok(())
    }

    /// Takes in one group of records, as `Output::Persist` gave it, in order, and where it lies.
    pub fn replay(&mut self, place: LogPlace, records: &Bytes) -> Result<(), StartError> {
        self.place = place;
        self.replayed += records.len() as u64;
        let records = Record::decode_group(records)?;
        records.into_iter().try_for_each(|record| self.take_in(record, false))?;
        self.apply_committed();
        Ok(())
    }

    /// Applies what is known to be committed, so that little of the log stays in memory; not to a
    /// state that is lost, behind which all that is kept is needed.
    fn apply_committed(&mut self) {
        if self.seeks_mark || self.has_lost_agreed {
            return;
        }
        let Recovery { tail, agreed, base, facts, .. } = self;
        agreed::apply_committed(tail, agreed, base, self.config.id, &facts.lives);
    }

    /// Takes in a record, of this node's own snapshot or of its log.
    fn take_in(&mut self, record: Record, own: bool) -> Result<(), StartError> {
        if self.seeks_mark && !matches!(record, Record::Mark(_)) {
            return Ok(());
        }
        self.facts.note(&record);
        if self.config.discard_state && holds_keys(&record) {
            return Ok(());
        }
        match record {
            Record::Birth(birth) => self.take_in_birth(&birth)?,
            Record::Boot(_)
            | Record::Member(..)
            | Record::Superseded
            | Record::Diverged(_)
            | Record::Replaced
            | Record::Removed(_) => {}
            Record::Members(bytes) => self.roster = Roster::decode(&bytes)?,
            Record::Keyspaces(bytes) => self.keyspaces = Table::decode(&bytes)?,
            Record::HardState { term, vote, commit } => {
                self.tail.set_hard_state(agreed::restored_hard_state(term, vote, commit));
            }
            Record::Agreed { index, term, data } => {
                let unreadable = || unreadable("an entry of the agreed log");
                let entry = agreed::restored_entry(index, term, data).map_err(|_| unreadable())?;
                mutant!(ReplayKeepsReplaced, self.tail.append(entry, 0), self.tail.replace(entry))
                    .map_err(|_| unreadable())?;
                if !own {
                    self.tail.lies_at(index, self.place);
                }
            }
            Record::Merged(bytes) => {
                let unreadable = |_| unreadable("an entry of a merged log");
                self.merged.restore(bytes).map_err(unreadable)?;
            }
            Record::Fetch => mutant!(FetchesMixed, self.forget_slots(), ()),
            Record::AgreedSlot(slot) => self.agreed_slots().load(&slot)?,
            Record::AgreedVersions(bytes) => self.agreed_slots().load_versions(&bytes)?,
            Record::AgreedKeyspaces(bytes) => self.agreed_slots().load_keyspaces(&bytes)?,
            Record::AgreedMembers(bytes) => self.agreed_slots().load_members(&bytes)?,
            Record::AgreedVersion(version) => self.agreed_slots().finalize(version),
            Record::AgreedOnce(ids) => self.agreed_slots().load_once(&ids)?,
            Record::AgreedBase(base) if self.config.discard_state => self.lose_agreed(base),
            Record::AgreedBase(base) => {
                self.agreed_slots().loaded(&base);
                self.agreed = self.agreed_slots.take().expect("there are some now");
                self.tail.rebase(&base, 0);
                self.base = base;
                self.has_lost_agreed = false;
            }
            Record::MergedSlot(slot) if own => self.merged.load(&slot)?,
            Record::MergedSlot(slot) => self.merged_slots.push(&slot)?,
            Record::MergedBase(base) if self.config.discard_state => self.merged.lose_state(&base),
            Record::MergedBase(base) => {
                if own {
                    self.merged.loaded(&base);
                } else {
                    let pieces = std::mem::take(&mut self.merged_slots);
                    self.merged.restore_joined(pieces, &base);
                }
                self.vector = base.vector;
            }
            Record::Mark(mark) if std::mem::take(&mut self.seeks_mark) => {
                self.lose_agreed(mark.agreed);
                self.merged.lose_state(&mark.merged);
            }
            Record::Mark(_) => {}
            Record::End(_) if own => {}
            Record::End(_) => return Err(unreadable("a record")),
        }
        Ok(())
    }

    /// The agreed state that stood there is lost: the log goes on from there.
    fn lose_agreed(&mut self, base: AgreedBase) {
        self.tail.rebase(&base, 0);
        self.has_lost_agreed = base.index > Index(0);
        self.base = base;
    }

    /// Slots that no base followed are void.
    fn forget_slots(&mut self) {
        self.agreed_slots = None;
        self.merged_slots = Pieces::default();
    }

    /// The agreed state that comes.
    fn agreed_slots(&mut self) -> &mut State {
        let founders = &self.founders;
        self.agreed_slots.get_or_insert_with(|| State::new(founders))
    }

    /// Whose the directory is, and once its cluster has formed, who its founders are. Nothing of
    /// the logs stands before it.
    fn take_in_birth(&mut self, birth: &Birth) -> Result<(), StartError> {
        self.check_owner(birth)?;
        let founders: Vec<NodeId> = birth.members.iter().map(|member| member.0).collect();
        if birth.cluster.is_some() && founders != self.founders {
            // Where a state is lost the log is known to go on behind it: only who begins is
            // another.
            if self.base.index == Index(0) && self.merged.lost().is_empty() {
                self.tail = Tail::new(&raw(&founders));
                self.agreed = State::new(&founders);
                self.merged = Merged::new(self.config.id, &founders);
            }
            self.founders = founders;
        }
        Ok(())
    }

    fn check_owner(&self, birth: &Birth) -> Result<(), StartError> {
        let id = self.config.id;
        if birth.id == id {
            return Ok(());
        }
        Err(StartError(format!(
            "the data directory belongs to node {}, not to node {}: give each node its own directory",
            birth.id.0, id.0
        )))
    }

    /// Founders and order are fixed once the cluster has formed; addresses may change.
    fn check_formed(&self, birth: &Birth) -> Result<(), StartError> {
        let Config { members, order, .. } = &self.config;
        let ids = |members: &[(NodeId, String)]| {
            let mut ids: Vec<u64> = members.iter().map(|(id, _)| id.0).collect();
            ids.sort();
            ids
        };
        let list = |members: &[(NodeId, String)]| match &ids(members)[..] {
            [_] => "no peers".to_owned(),
            ids => format!(
                "the peers {}",
                ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
            ),
        };
        // Once members have been changed it is the log that says who they are.
        let is_changed = self.roster.version() > Index(0);
        if !is_changed && !self.config.join && ids(&birth.members) != ids(members) {
            return Err(StartError(format!(
                "the cluster of this data directory formed with {}, not with {}: start it with the same ids (addresses may \
                 change), or use a new directory for a new cluster",
                list(&birth.members),
                list(members)
            )));
        }
        if birth.order != *order {
            return Err(StartError(format!(
                "the keyspace default is {} in this data directory, and the level asked for needs it {}: an order is \
                 fixed when the cluster forms; choose a level of the same order, or use a new directory for a new cluster",
                birth.order, order
            )));
        }
        Ok(())
    }

    /// Whose the directory is: as the disk says or, as long as no cluster has formed, as this start
    /// is told.
    fn birth(&self, disk: &mut RecordGroup) -> Result<Birth, StartError> {
        if let Some(birth) = &self.facts.birth
            && birth.cluster.is_some()
        {
            self.check_formed(birth)?;
            return Ok(birth.clone());
        }
        let Config { id, members, order, directory, join, .. } = &self.config;
        let is_joiner = self.facts.birth.as_ref().is_some_and(|birth| birth.members.is_empty());
        if is_joiner && !join && members.len() == 1 {
            return Err(StartError(JOINS.into()));
        }
        let birth = Birth {
            directory: self.facts.birth.as_ref().map_or(*directory, |birth| birth.directory),
            id: *id,
            order: *order,
            members: if *join { vec![] } else { members.clone() },
            cluster: None,
            founded: LOG_VERSION,
        };
        if self.facts.birth.as_ref() != Some(&birth) {
            disk.record(&Record::Birth(birth.clone()));
        }
        Ok(birth)
    }

    /// All that was on disk, where no node starts with it: what nobody can commit any more counts.
    pub(crate) fn into_held(self) -> Result<Held, StartError> {
        let Recovery { tail, mut agreed, mut base, roster, .. } = self;
        if tail.last() < tail.hard_state().commit {
            return Err(unreadable("what is committed at the end of the agreed log"));
        }
        let snapshot = tail.offered().map_or(Index(0), |offer| offer.index);
        agreed::apply_all(&tail, &mut agreed, &mut base);
        if base.index < Index(tail.last()) {
            return Err(StartError(format!(
                "the agreed log has what this program does not know, at index {}\n  hint: use the version of candor that \
                 wrote it",
                base.index.next()
            )));
        }
        base.stamp_ms = agreed.time_ms();
        base.last = agreed.applied().last_writes();
        base.max_memory = agreed.max_memory();
        let newer = agreed.roster().version() >= roster.version();
        let roster = if newer { agreed.roster().clone() } else { roster };
        Ok(Held { facts: self.facts, agreed, base, snapshot, merged: self.merged, roster })
    }

    /// The node, with all that was on disk.
    pub fn finish(mut self) -> Result<Node, StartError> {
        let members: Vec<NodeId> = self.config.members.iter().map(|member| member.0).collect();
        check_members(self.config.id, &members)?;
        if self.facts.superseded {
            return Err(StartError(SUPERSEDED.into()));
        }
        let gone = self.agreed.roster().removed(self.config.id).map(|removed| removed.index);
        if let Some(at) = self.facts.removed.or(gone) {
            return Err(StartError(removed(at)));
        }
        if let Some(at) = self.facts.diverged
            && !self.config.discard_state
        {
            return Err(diverged(at));
        }
        if self.seeks_mark {
            return Err(StartError(NO_MARK.into()));
        }
        let has_lost = self.has_lost_agreed || !self.merged.lost().is_empty();
        // What it went by last is no older than the state, but where that is lost.
        let roster = match self.agreed.roster().version() >= self.roster.version() {
            true => self.agreed.roster().clone(),
            false => self.roster.clone(),
        };
        let members: Vec<NodeId> = match roster.version() {
            Index(0) => self.founders.clone(),
            _ => roster.members().keys().copied().collect(),
        };
        if has_lost && members.len() == 1 {
            return Err(StartError(ALONE.into()));
        }
        let conf = if self.has_lost_agreed { &roster } else { self.agreed.roster() };
        self.tail.set_members(agreed::conf_state(conf, &self.founders));
        let voters: Vec<NodeId> = match roster.version() {
            Index(0) => self.founders.clone(),
            _ => roster.voters().collect(),
        };
        if self.tail.last() < self.tail.hard_state().commit {
            return Err(unreadable("what is committed at the end of the agreed log"));
        }
        let mut disk = RecordGroup::found(self.facts.clone(), self.replayed);
        let birth = self.birth(&mut disk)?;
        let config = self.config;
        let last = self.facts.lives.last_boot();
        let boot = mutant!(BootReused, last.next(), again(last, &config));
        let life = Life { boot, incarnation: config.incarnation };
        disk.record(&Record::Boot(life));
        if self.facts.diverged.is_some() && !has_lost {
            disk.record(&Record::Replaced);
        }
        self.facts.lives.add(life);
        self.merged.begin(life.boot);
        mutant!(LogCutAtStart, (), self.tail.cut_last());
        let mut agreed =
            Agreed::new(config.id, life, &voters, self.tail, self.agreed, &self.base, config.seed);
        if self.has_lost_agreed {
            agreed.lose_state();
        }
        let identity = Identity { id: config.id, directory: birth.directory, life };
        let members = Members::new(birth, self.facts.lives, &self.facts.known, roster);
        let mut snapshots = Snapshots::new(self.snapshot, self.skipped);
        if has_lost || config.discard_state || self.wants_snapshot {
            snapshots.want();
        }
        let node = Node::new(config, identity, disk, members, agreed, self.merged, snapshots);
        Ok(node.going_by(self.keyspaces))
    }
}

/// Those with whom the log begins, as a start is told; nobody, where it is to join a cluster.
fn founders(config: &Config) -> Vec<NodeId> {
    if config.join { vec![] } else { config.members.iter().map(|member| member.0).collect() }
}

fn raw(ids: &[NodeId]) -> Vec<u64> {
    ids.iter().map(|id| id.0).collect()
}

impl From<Malformed> for StartError {
    fn from(_: Malformed) -> StartError {
        unreadable("a record")
    }
}

/// The boot of the last start again, in merged keyspaces.
#[cfg(feature = "mutants")]
fn again(last: crate::ids::Boot, config: &Config) -> crate::ids::Boot {
    let again = config.order == crate::api::Order::Merged && last > crate::ids::Boot(0);
    if again { last } else { last.next() }
}

fn check_members(id: NodeId, members: &[NodeId]) -> Result<(), StartError> {
    let mut sorted = members.to_vec();
    sorted.sort();
    sorted.dedup();
    if sorted.len() != members.len() {
        return Err(StartError("two peers have the same id: give each its own".into()));
    }
    if members.iter().any(|member| member.0 == 0) {
        return Err(StartError("ids of nodes begin at 1".into()));
    }
    if !members.contains(&id) {
        return Err(StartError(format!(
            "node {} is not among the peers: list every member, this node included",
            id.0
        )));
    }
    Ok(())
}

/// Whether a record has keys of a state, or says of some that they are gone.
fn holds_keys(record: &Record) -> bool {
    matches!(
        record,
        Record::AgreedSlot(_)
            | Record::AgreedVersions(_)
            | Record::AgreedKeyspaces(_)
            | Record::AgreedMembers(_)
            | Record::AgreedVersion(_)
            | Record::AgreedOnce(_)
            | Record::MergedSlot(_)
    )
}

/// What a node is told that has lost more than the log can make up for.
const NO_MARK: &str = "there is no snapshot that can be read, and nothing in the log says what is lost with it: it was \
    written by an older version of Candor. Keep the directory, and check the disk. The other members go on without this node \
    while they are a majority";

/// What a node is told that was started to join a cluster, and now is not.
const JOINS: &str = "this data directory was made to join a cluster, and has not joined one yet. Hint: start it with --join \
    HOST:PORT again; for a cluster of its own use a new directory";

/// What a node is told that has lost its state and has nobody to take one from.
const ALONE: &str = "there is no state to start with: no snapshot can be read, or it is to be discarded, and the log before \
    it was cut. This node is by itself, so there is nobody to take the state from. Nothing was changed; keep the directory, \
    and check the disk";

fn diverged(at: Index) -> StartError {
    StartError(format!(
        "the state of this node differed from that of a majority at the digest at index {}, and it stopped for that: the \
         log lines of its former start name the slot and the position. {DISCARD_STATE}",
        at.0
    ))
}

fn unreadable(what: &str) -> StartError {
    StartError(format!(
        "{what} on disk cannot be read: it is of another version, or damaged in a way its checksum does not show"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DirectoryId, Level, Order};

    fn start(discard_state: bool, records: &[Record]) -> Result<Node, StartError> {
        let mut recovery = Recovery::new(Config {
            id: NodeId(1),
            members: vec![(NodeId(1), String::new())],
            order: Order::Agreed,
            level: Level::Linearizable,
            request_timeout_ms: 1000,
            max_clock_drift_ms: 500,
            seed: 1,
            incarnation: 1,
            directory: DirectoryId(1),
            discard_state,
            max_memory: None,
            join: false,
        });
        let mut group = vec![];
        records.iter().for_each(|record| record.encode(&mut group));
        recovery.replay(LogPlace(0), &group.into())?;
        recovery.finish()
    }

    #[test]
    fn a_state_that_differs_from_a_majoritys_is_not_started_with_unless_it_is_discarded() {
        let mut facts = Facts::default();
        facts.note(&Record::Diverged(Index(7)));
        for records in [vec![Record::Diverged(Index(7))], facts.records()] {
            let refused = start(false, &records).unwrap_err().0;
            for part in ["at the digest at index 7", "--discard-state: it keeps its log"] {
                assert!(refused.contains(part), "{refused} lacks {part}");
            }
            start(true, &records).unwrap();
        }
    }
}
