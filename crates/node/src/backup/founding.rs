//! The first node of a new cluster, out of the snapshot of another one.
//!
//! Its cluster has a new id and the next epoch, so whoever belongs to the old one is turned away:
//! nodes, tokens, certificates. Places never go back: the agreed log goes on behind the entry at
//! which the snapshot stands, in a later term; log time and the clock of stamps go on; and its
//! boots count on from the last that anything of the snapshot names.
//!
//! The replicas of the old cluster are not there any more, and their ids may come again. So what
//! they have merged counts as one entry of the new node's own log, in a boot before its first that
//! nobody has lived: keys keep the clocks of their stamps, sums of counters are added up, and
//! tombstones go, since nothing older can arrive.

use super::contents::Contents;
use crate::api::StartError;
use crate::ids::{Boot, DirectoryId, Index, Life, NodeId};
use crate::merged;
use crate::wire::base::{AgreedBase, MergedBase};
use crate::wire::codec::Malformed;
use crate::wire::facts::Facts;
use crate::wire::record::{Birth, Cluster, LOG_VERSION, Record};
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
        Founding::behind(&contents.facts, &contents.agreed, contents.last_boot(), founder)
    }

    /// Begins, with a state that stands there, of a node of which this is known. No boot that
    /// anything names lies behind `last`.
    pub(super) fn behind(
        facts: &Facts,
        agreed: &AgreedBase,
        last: Boot,
        founder: Founder,
    ) -> Result<Founding, StartError> {
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
        let boot = last.next();
        let born = Record::Birth(Birth {
            directory: founder.directory,
            id: founder.id,
            order: birth.order,
            members: vec![(founder.id, founder.address)],
            cluster: Some(cluster),
            founded: LOG_VERSION,
        });
        let lived = Record::Boot(Life { boot, incarnation: founder.incarnation });
        let keyspaces = facts.keyspaces.iter().cloned().map(Record::Keyspaces);
        let term = facts.term.max(agreed.term);
        let commit = agreed.index;
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
            | Record::Keyspaces(_)
            | Record::Members(_)
            | Record::AgreedMembers(_)
            | Record::AgreedVersion(_)
            | Record::Removed(_) => {}
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::api::{Config, Level, Order};
    use crate::ids::{Sequence, SnapshotNumber, Term};
    use crate::recovery::Recovery;

    const SECRET: u64 = 77;

    fn birth(cluster: Option<Cluster>) -> Record {
        Record::Birth(Birth {
            directory: DirectoryId(1),
            id: NodeId(2),
            order: Order::Agreed,
            members: vec![(NodeId(1), "a:1".into()), (NodeId(2), "b:2".into())],
            cluster,
            founded: LOG_VERSION,
        })
    }

    /// The snapshot of a node that has written and merged.
    fn records() -> Vec<Record> {
        let life = |boot| Life { boot: Boot(boot), incarnation: SECRET };
        let place = Place { boot: Boot(9), index: Index(40) };
        vec![
            birth(Some(Cluster { id: 7, epoch: 3 })),
            Record::Boot(life(5)),
            Record::AgreedBase(AgreedBase {
                index: Index(300),
                term: Term(4),
                offset: 2,
                stamp_ms: 1 << 41,
                last: [(NodeId(1), (life(6), Sequence(8)))].into(),
                max_memory: Some(5),
            }),
            Record::Agreed { index: Index(301), term: Term(4), data: Bytes::new() },
            Record::HardState { term: Term(6), vote: Some(NodeId(1)), commit: Index(301) },
            Record::MergedBase(MergedBase {
                vector: VersionVector::from_iter([(NodeId(1), place)]),
                clock: 1 << 58,
                own: [(Boot(5), Index(3))].into(),
            }),
        ]
    }

    /// Records as a snapshot has them, in one section.
    fn snapshot(records: &[Record]) -> Vec<u8> {
        let mut section = section::begin();
        records.iter().for_each(|record| record.encode(&mut section));
        Record::End(records.len() as u64).encode(&mut section);
        section::end(&mut section);
        section
    }

    fn read(bytes: &[u8]) -> Contents {
        let mut contents = Contents::default();
        bytes.chunks(7).for_each(|piece| contents.load(piece).unwrap());
        contents.loaded().unwrap();
        contents
    }

    fn founder() -> Founder {
        Founder {
            id: NodeId(3),
            address: "c:3".into(),
            directory: DirectoryId(99),
            cluster: 1234,
            incarnation: 5,
        }
    }

    #[test]
    fn the_first_node_of_a_new_cluster_goes_on_behind_all_that_was() {
        let old = snapshot(&records());
        let mut founding = Founding::new(&read(&old), founder()).unwrap();
        assert_eq!(founding.cluster(), (1234, 4));
        let mut new = vec![];
        old.chunks(11).for_each(|piece| new.extend(founding.take_in(piece).unwrap()));
        new.extend(founding.finish().unwrap());

        let contents = read(&new);
        let found = contents.found();
        assert_eq!((found.node, found.cluster), (Some(NodeId(3)), Some((1234, 4))));
        assert_eq!(found.members, [(NodeId(3), "c:3".into())]);
        assert_eq!((found.term, found.vote, found.commit), (Term(6), None, Index(300)));
        assert_eq!((found.agreed, found.last_agreed), ((Index(300), 2), None));
        // The last boot that anything named was 9.
        assert_eq!((found.boot, found.merged), (Boot(10), vec![(NodeId(3), Boot(10), Index(1))]));
        let AgreedBase { stamp_ms, last, max_memory, .. } = &contents.agreed;
        assert_eq!((*stamp_ms, last.len(), *max_memory), (1 << 41, 0, Some(5)));
        assert_eq!(contents.merged.clock, 1 << 58);

        let config = Config {
            id: NodeId(3),
            members: vec![(NodeId(3), String::new())],
            order: Order::Agreed,
            level: Level::Linearizable,
            request_timeout_ms: 1000,
            max_clock_drift_ms: 500,
            seed: 1,
            incarnation: 1,
            directory: DirectoryId(1),
            discard_state: false,
            max_memory: None,
            join: false,
        };
        let mut recovery = Recovery::new(config);
        recovery.load(&new).unwrap();
        recovery.loaded(SnapshotNumber(1)).unwrap();
        let status = recovery.finish().unwrap().status();
        assert_eq!((status.boot, status.directory), (Boot(11), DirectoryId(99)));
        assert_eq!((status.cluster, status.commit), (Some(1234), Index(300)));
    }

    #[test]
    fn what_is_no_state_to_go_on_from_is_refused() {
        let refused = |more: Record| {
            let all = [records(), vec![more]].concat();
            Founding::new(&read(&snapshot(&all)), founder()).unwrap_err().0
        };
        assert!(refused(birth(None)).contains("had not formed"));
        assert!(refused(Record::Superseded).contains("superseded"));
        assert!(refused(Record::Diverged(Index(8))).contains("at digest 8"));
        let whole = snapshot(&records());
        let mut founding = Founding::new(&read(&whole), founder()).unwrap();
        founding.take_in(&whole[..whole.len() - 1]).unwrap();
        assert!(founding.finish().is_err());
        let mut cut = Contents::default();
        cut.load(&whole[..20]).unwrap();
        assert!(cut.loaded().is_err());
        let mut harmed = whole.clone();
        harmed[15] ^= 1;
        assert!(Contents::default().load(&harmed).unwrap_err().0.contains("follows byte 0"));
    }
}
