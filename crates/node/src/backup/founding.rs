//! The first node of a new cluster, out of the snapshot of another one.
//!
//! Its cluster has a new id and the next epoch, so whoever belongs to the old one is turned away:
//! nodes, tokens, certificates. Places never go back: the agreed log goes on behind the entry at
//! which the snapshot stands, in a later term; log time and the clock of stamps go on; and its
//! boots count on from the last that anything of the snapshot names.
//!
//! The replicas of the old cluster are not there any more, and their ids may come again. So what
//! they have merged counts as one entry of the new node's own log, in a boot before its first that
//! nobody has lived: keys keep the clocks of their stamps, sums of counters are added up, and tombstones go,
//! since nothing older can arrive.

use super::contents::Contents;
use crate::api::StartError;
use crate::ids::{DirectoryId, Index, Life, NodeId};
use crate::merged;
use crate::wire::base::{AgreedBase, MergedBase};
use crate::wire::codec::Malformed;
use crate::wire::record::{Birth, Cluster, Record};
use crate::wire::section::{self, Sections};
use crate::wire::version_vector::{Place, VersionVector};

/// Sections are about so long.
const SECTION_BYTES: usize = 128 << 10;

/// Who the new node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founder {
    /// Its id; at least 1.
    pub id: NodeId,
    /// Where other nodes will reach it; empty: nowhere yet.
    pub address: String,
    /// The random id of its directory.
    pub directory: DirectoryId,
    /// The random id of its cluster; not 0.
    pub cluster: u64,
    /// A random number, as each start draws one.
    pub incarnation: u64,
}

/// Turns the bytes of a snapshot into those of a new node's.
#[derive(Debug)]
pub struct Founding {
    /// What it begins with: whose it is, and what it promises.
    facts: Vec<Record>,
    id: NodeId,
    /// Where all that was merged lies in its own log.
    place: Place,
    hard_state: Record,
    cluster: Cluster,
    sections: Sections,
    /// Records that were written.
    records: u64,
    section: Vec<u8>,
}

impl Founding {
    /// Begins, with a snapshot that was read to its end.
    ///
    /// # Errors
    /// It is of a node whose cluster had not formed, or that must not go on.
    pub fn new(contents: &Contents, founder: Founder) -> Result<Founding, StartError> {
        let facts = &contents.facts;
        let formed = facts.birth.as_ref().and_then(|birth| Some((birth, birth.cluster?)));
        let Some((birth, cluster)) = formed else {
            return Err(StartError("it is of a node whose cluster had not formed yet".into()));
        };
        if facts.superseded {
            return Err(StartError("it is of a node that another start has superseded".into()));
        }
        if let Some(at) = facts.diverged {
            return Err(StartError(format!(
                "it is of a node whose state differed from that of a majority at digest {at}"
            )));
        }
        let cluster = Cluster { id: founder.cluster, epoch: cluster.epoch + 1 };
        // One that nothing has named yet: all places in it lie behind those of the old cluster.
        let boot = contents.last_boot().next();
        let born = Record::Birth(Birth {
            directory: founder.directory,
            id: founder.id,
            order: birth.order,
            members: vec![(founder.id, founder.address)],
            cluster: Some(cluster),
        });
        let lived = Record::Boot(Life { boot, incarnation: founder.incarnation });
        let keyspaces = facts.keyspaces.iter().cloned().map(Record::Keyspaces);
        let term = facts.term.max(contents.agreed.term);
        let commit = contents.agreed.index;
        Ok(Founding {
            facts: [born, lived].into_iter().chain(keyspaces).collect(),
            id: founder.id,
            place: Place { boot, index: Index(1) },
            hard_state: Record::HardState { term, vote: None, commit },
            cluster,
            sections: Sections::default(),
            records: 0,
            section: section::begin(),
        })
    }

    /// The id of the new cluster, and its epoch.
    pub fn cluster(&self) -> (u64, u64) {
        (self.cluster.id, self.cluster.epoch)
    }

    /// Takes in the next bytes of the old snapshot, in pieces of any length, and gives the next of
    /// the new one.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn take_in(&mut self, bytes: &[u8]) -> Result<Vec<u8>, StartError> {
        let mut out = vec![];
        for record in std::mem::take(&mut self.facts) {
            self.put(&record, &mut out);
        }
        let mut sections = std::mem::take(&mut self.sections);
        let taken = sections.take_in(bytes, |record| self.turn(record, &mut out));
        self.sections = sections;
        taken.map_err(|Malformed| StartError("a record cannot be read".into()))?;
        Ok(out)
    }

    /// That was all: gives the last bytes.
    ///
    /// # Errors
    /// The end of the old one is missing.
    pub fn finish(mut self) -> Result<Vec<u8>, StartError> {
        if !self.sections.is_complete() {
            return Err(StartError("its last record is missing".into()));
        }
        let mut out = vec![];
        self.put(&Record::End(self.records), &mut out);
        self.close(&mut out);
        Ok(out)
    }

    /// What becomes of a record.
    fn turn(&mut self, record: Record, out: &mut Vec<u8>) -> Result<(), Malformed> {
        match record {
            // Its own stand at the beginning. Whatever else says who is a member, and how far its
            // changes are, goes here as well: the new cluster has but its founder.
            Record::Birth(_)
            | Record::Boot(_)
            | Record::Member(..)
            | Record::Superseded
            | Record::Diverged(_)
            | Record::Replaced
            | Record::Keyspaces(_) => {}
            // Entries behind the state: nobody knows of all of them whether they are committed.
            Record::HardState { .. } | Record::Agreed { .. } | Record::Merged(_) => {}
            Record::AgreedSlot(_)
            | Record::AgreedVersions(_)
            | Record::AgreedKeyspaces(_)
            | Record::AgreedOnce(_) => self.put(&record, out),
            Record::AgreedBase(base) => {
                let last = Default::default();
                self.put(&Record::AgreedBase(AgreedBase { last, ..base }), out);
                let hard_state = self.hard_state.clone();
                self.put(&hard_state, out);
            }
            Record::MergedSlot(slot) => {
                if let Some(slot) = merged::as_of_one(&slot, self.id, self.place)? {
                    self.put(&Record::MergedSlot(slot.into()), out);
                }
            }
            Record::MergedBase(base) => {
                let is_there = !base.vector.is_empty();
                let vector: VersionVector =
                    is_there.then_some((self.id, self.place)).into_iter().collect();
                let own = vector.iter().map(|(_, place)| (place.boot, place.index)).collect();
                self.put(&Record::MergedBase(MergedBase { vector, clock: base.clock, own }), out);
            }
            Record::End(_) => {}
            Record::Fetch | Record::Mark(_) => return Err(Malformed),
        }
        Ok(())
    }

    fn put(&mut self, record: &Record, out: &mut Vec<u8>) {
        record.encode(&mut self.section);
        self.records += 1;
        if self.section.len() >= SECTION_BYTES {
            self.close(out);
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let mut section = std::mem::replace(&mut self.section, section::begin());
        if section::end(&mut section) {
            out.extend_from_slice(&section);
        }
    }
}
