//! How a node is born from its disk.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use crate::agreed::{self, Agreed, Tail};
use crate::disk::Disk;
use crate::door::{Config, NodeId, Order, StartError};
use crate::meeting::{Meeting, order_name};
use crate::merged::Merged;
use crate::mutants::{Mutant, Planted};
use crate::node::Node;
use crate::record::{Birth, Record};
use crate::turn::Identity;

/// A node being born from its disk: tell it every group that is there, in order, then finish.
pub struct Recovery {
    config: Config,
    birth: Option<Birth>,
    boot: u64,
    names: BTreeMap<NodeId, u64>,
    formed: bool,
    tail: Tail,
    merged: Vec<Bytes>,
    planted: Planted,
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
            boot: 0,
            names: BTreeMap::new(),
            formed: false,
            tail: Tail::new(&members),
            merged: vec![],
            planted: Planted::default(),
        }
    }

    /// Plants a bug in the node that is being born.
    #[cfg(feature = "mutants")]
    pub fn plant(&mut self, mutant: Mutant) {
        self.planted = Planted::new(mutant);
    }

    /// Takes in one group of records, as `Output::Persist` gave it, in order.
    pub fn replay(&mut self, records: &Bytes) -> Result<(), StartError> {
        let records = Record::decode_group(records).map_err(|_| unreadable("a record"))?;
        records.into_iter().try_for_each(|record| self.take_in(record))
    }

    fn take_in(&mut self, record: Record) -> Result<(), StartError> {
        match record {
            Record::Birth(birth) => {
                self.check_birth(&birth)?;
                self.birth = Some(birth);
            }
            Record::Boot(boot) => self.boot = boot,
            Record::Member(id, name) => {
                self.names.insert(id, name);
            }
            Record::Formed => self.formed = true,
            Record::HardState { term, vote, commit } => {
                self.tail.set_hard_state(agreed::restored_hard_state(term, vote, commit));
            }
            Record::Agreed { index, term, data } => {
                let entry = agreed::restored_entry(index, term, data);
                self.tail.append(entry).map_err(|_| unreadable("an entry of the agreed log"))?;
            }
            Record::Merged(bytes) => self.merged.push(bytes),
        }
        Ok(())
    }

    fn check_birth(&self, birth: &Birth) -> Result<(), StartError> {
        let Config { id, members, order, .. } = &self.config;
        let list = |members: &[(NodeId, String)]| {
            if members.len() <= 1 {
                return "no peers".to_owned();
            }
            let items = members.iter().map(|(id, address)| format!("{}={address}", id.0));
            format!("the peers {}", items.collect::<Vec<_>>().join(","))
        };
        if birth.id != *id {
            return Err(StartError(format!(
                "the data directory belongs to node {}, not to node {}: give each node its own directory",
                birth.id.0, id.0
            )));
        }
        if birth.members != *members {
            return Err(StartError(format!(
                "the data directory was first used with {}, not with {}: start it with the same list, \
                 or use a new directory for a new cluster",
                list(&birth.members),
                list(members)
            )));
        }
        if birth.order != *order {
            return Err(StartError(format!(
                "the keyspace default is {} in this data directory, and the level asked for needs it {}: an order is \
                 fixed at its creation; choose a level of the same order, or use a new directory for a new cluster",
                order_name(birth.order),
                order_name(*order)
            )));
        }
        Ok(())
    }

    /// The node, with all that was on disk.
    pub fn finish(mut self) -> Result<Node, StartError> {
        let (config, planted) = (self.config, self.planted);
        let members: Vec<NodeId> = config.members.iter().map(|member| member.0).collect();
        check_members(config.id, &members)?;
        let same = planted.is(Mutant::BootReused) && config.order == Order::Merged && self.boot > 0;
        let boot = self.boot + u64::from(!same);
        let mut disk = Disk::default();
        let birth = self.birth.unwrap_or_else(|| {
            let birth = Birth {
                name: config.directory,
                id: config.id,
                order: config.order,
                members: config.members.clone(),
            };
            disk.record(&Record::Birth(birth.clone()));
            birth
        });
        disk.record(&Record::Boot(boot));
        let mut merged = Merged::new(config.id, boot, &members);
        merged.plant(planted);
        for bytes in self.merged {
            merged.restore(bytes).map_err(|_| unreadable("an entry of a merged log"))?;
        }
        if planted.is(Mutant::LogCutAtStart) {
            self.tail.cut_last();
        }
        let mut agreed = Agreed::new(config.id, boot, &members, self.tail, config.seed);
        agreed.plant(planted);
        let meeting = Meeting::new(&birth, self.names, self.formed);
        let identity = Identity { id: config.id, name: birth.name, boot };
        Ok(Node::new(config, identity, disk, meeting, agreed, merged).planted(planted))
    }
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
