//! How a node is born from its disk.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use crate::agreed::{self, Agreed, Tail};
use crate::api::{Config, StartError};
use crate::cluster::{Members, order_name};
use crate::ids::{Life, Lives, NodeId, SnapshotNumber};
use crate::merged::Merged;
use crate::node::Node;
use crate::turn::{Identity, SUPERSEDED};
use crate::wire::group::RecordGroup;
use crate::wire::record::{Birth, Known, Record};

/// A node being born from its disk: tell it every group that is there, in order, then finish.
pub struct Recovery {
    config: Config,
    birth: Option<Birth>,
    lives: Lives,
    known: BTreeMap<NodeId, Known>,
    superseded: bool,
    tail: Tail,
    merged: Vec<Bytes>,
    /// The highest number of a snapshot that cannot be read.
    skipped: SnapshotNumber,
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Recovery {
    /// Starts with an empty disk.
    pub fn new(config: Config) -> Recovery {
        let members: Vec<u64> = config.members.iter().map(|member| member.0.0).collect();
        Recovery {
            config,
            birth: None,
            lives: Lives::default(),
            known: BTreeMap::new(),
            superseded: false,
            tail: Tail::new(&members),
            merged: vec![],
            skipped: SnapshotNumber(0),
        }
    }

    /// There is a snapshot of this number that cannot be read: the next one gets a higher number.
    pub fn skip_snapshot(&mut self, number: SnapshotNumber) {
        self.skipped = self.skipped.max(number);
    }

    /// Takes in the next bytes of the newest snapshot, as [`Output::WriteSnapshot`] gave them, in
    /// pieces of any length, before any group.
    ///
    /// # Errors
    /// They cannot be read. This recovery is over then; another may begin with an older snapshot.
    ///
    /// [`Output::WriteSnapshot`]: crate::Output::WriteSnapshot
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), StartError> {
        let _ = bytes;
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
        let _ = number;
        Ok(())
    }

    /// Takes in one group of records, as `Output::Persist` gave it, in order.
    pub fn replay(&mut self, records: &Bytes) -> Result<(), StartError> {
        let records = Record::decode_group(records).map_err(|_| unreadable("a record"))?;
        records.into_iter().try_for_each(|record| self.take_in(record))
    }

    fn take_in(&mut self, record: Record) -> Result<(), StartError> {
        match record {
            Record::Birth(birth) => {
                self.check_owner(&birth)?;
                self.birth = Some(birth);
            }
            Record::Boot(life) => self.lives.add(life),
            Record::Member(id, known) => {
                self.known.insert(id, known);
            }
            Record::Superseded => self.superseded = true,
            Record::HardState { term, vote, commit } => {
                self.tail.set_hard_state(agreed::restored_hard_state(term, vote, commit));
            }
            Record::Agreed { index, term, data } => {
                let unreadable = || unreadable("an entry of the agreed log");
                let entry = agreed::restored_entry(index, term, data).map_err(|_| unreadable())?;
                mutant!(ReplayKeepsReplaced, self.tail.append(entry, 0), self.tail.replace(entry))
                    .map_err(|_| unreadable())?;
            }
            Record::Merged(bytes) => self.merged.push(bytes),
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

    /// Members and order are fixed once the cluster has formed; the members' addresses may change.
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
        if ids(&birth.members) != ids(members) {
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
                order_name(birth.order),
                order_name(*order)
            )));
        }
        Ok(())
    }

    /// Whose the directory is: as the disk says or, as long as no cluster has formed, as this start
    /// is told.
    fn birth(&self, disk: &mut RecordGroup) -> Result<Birth, StartError> {
        if let Some(birth) = &self.birth
            && birth.cluster.is_some()
        {
            self.check_formed(birth)?;
            return Ok(birth.clone());
        }
        let Config { id, members, order, directory, .. } = &self.config;
        let birth = Birth {
            directory: self.birth.as_ref().map_or(*directory, |birth| birth.directory),
            id: *id,
            order: *order,
            members: members.clone(),
            cluster: None,
        };
        if self.birth.as_ref() != Some(&birth) {
            disk.record(&Record::Birth(birth.clone()));
        }
        Ok(birth)
    }

    /// The node, with all that was on disk.
    pub fn finish(mut self) -> Result<Node, StartError> {
        let members: Vec<NodeId> = self.config.members.iter().map(|member| member.0).collect();
        check_members(self.config.id, &members)?;
        if self.superseded {
            return Err(StartError(SUPERSEDED.into()));
        }
        if self.tail.len() < self.tail.hard_state().commit {
            return Err(unreadable("what is committed at the end of the agreed log"));
        }
        let mut disk = RecordGroup::default();
        let birth = self.birth(&mut disk)?;
        let config = self.config;
        let last = self.lives.last_boot();
        let boot = mutant!(BootReused, last.next(), again(last, &config));
        let life = Life { boot, incarnation: config.incarnation };
        disk.record(&Record::Boot(life));
        self.lives.add(life);
        let mut merged = Merged::new(config.id, life.boot, &members);
        for bytes in self.merged {
            merged.restore(bytes).map_err(|_| unreadable("an entry of a merged log"))?;
        }
        mutant!(LogCutAtStart, (), self.tail.cut_last());
        let agreed = Agreed::new(config.id, life, &members, self.tail, config.seed);
        let identity = Identity { id: config.id, directory: birth.directory, life };
        let members = Members::new(birth, self.lives, &self.known);
        Ok(Node::new(config, identity, disk, members, agreed, merged))
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

fn unreadable(what: &str) -> StartError {
    StartError(format!(
        "{what} on disk cannot be read: it is of another version, or damaged in a way its checksum does not show"
    ))
}
