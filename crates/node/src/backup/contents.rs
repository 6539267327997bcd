//! What a snapshot or a log holds.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::words::in_words;
use crate::agreed::{self, State};
use crate::api::{Order, StartError};
use crate::ids::{Boot, DirectoryId, Index, NodeId, Term};
use crate::merged;
use crate::wire::base::{AgreedBase, MergedBase};
use crate::wire::codec::Malformed;
use crate::wire::facts::Facts;
use crate::wire::record::Record;
use crate::wire::section::Sections;

/// What was read so far of a snapshot, or of a log.
#[derive(Debug, Default)]
pub struct Contents {
    pub(super) facts: Facts,
    /// Where the snapshot stands.
    pub(super) agreed: AgreedBase,
    pub(super) merged: MergedBase,
    agreed_keys: u64,
    merged_keys: u64,
    /// The last entries of the logs.
    last_agreed: Option<(Index, Term)>,
    last_merged: BTreeMap<NodeId, (Boot, Index)>,
    sections: Sections,
    /// Bytes of the snapshot that were read.
    read: u64,
}

/// What is known of a node by what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whose the directory is, if it says so.
    pub node: Option<NodeId>,
    /// The random id of the directory.
    pub directory: Option<DirectoryId>,
    /// The order of the keyspace `default`.
    pub order: Option<Order>,
    /// The members with which the cluster formed, and their addresses then.
    pub members: Vec<(NodeId, String)>,
    /// The id of the cluster and its epoch, once it has formed.
    pub cluster: Option<(u64, u64)>,
    /// The last start of the directory; 0: there was none.
    pub boot: Boot,
    /// Whether another start of this node was believed, so that it never takes part again.
    pub superseded: bool,
    /// At which digest a majority had another state, if one had.
    pub diverged: Option<Index>,
    /// Raft's term and vote, and up to where its log is known to be committed.
    pub term: Term,
    /// Whom it votes for in this term.
    pub vote: Option<NodeId>,
    /// Up to where the agreed log is known to be committed.
    pub commit: Index,
    /// The last write of the agreed order that a snapshot holds: entry and offset.
    pub agreed: (Index, u32),
    /// What a snapshot holds of each merged log: the boot and the entry.
    pub merged: Vec<(NodeId, Boot, Index)>,
    /// Keys in a snapshot that have a value, by their order.
    pub agreed_keys: u64,
    /// The same of merged keyspaces.
    pub merged_keys: u64,
    /// The last entry of the agreed log that was read, and its term.
    pub last_agreed: Option<(Index, Term)>,
    /// The last entry that was read of each merged log.
    pub last_merged: Vec<(NodeId, Boot, Index)>,
}

impl Contents {
    /// Takes in the next bytes of a snapshot, in pieces of any length.
    ///
    /// # Errors
    /// They cannot be read; the error says behind which byte.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), StartError> {
        let mut sections = std::mem::take(&mut self.sections);
        let taken = sections.take_in(bytes, |record| self.take_in(&record));
        self.sections = sections;
        taken.map_err(|Malformed| unreadable(self.read))?;
        self.read += bytes.len() as u64;
        Ok(())
    }

    /// That was the whole of the snapshot.
    ///
    /// # Errors
    /// Its end is missing.
    pub fn loaded(&mut self) -> Result<(), StartError> {
        let is_whole = std::mem::take(&mut self.sections).is_complete();
        is_whole.then_some(()).ok_or_else(|| StartError("its last record is missing".into()))
    }

    /// Takes in a group of the log. `tell`, if it is there, hears each record in words, of no form
    /// that anything may rely on.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn replay(
        &mut self,
        records: &Bytes,
        mut tell: Option<impl FnMut(String)>,
    ) -> Result<(), StartError> {
        let unreadable = |Malformed| StartError("a record cannot be read".into());
        for record in Record::decode_group(records).map_err(unreadable)? {
            tell.iter_mut().for_each(|tell| tell(in_words(&record)));
            self.take_in(&record).map_err(unreadable)?;
        }
        Ok(())
    }

    /// What was found so far.
    pub fn found(&self) -> Found {
        let Facts { birth, lives, superseded, diverged, term, vote, commit, .. } = &self.facts;
        let birth = birth.as_ref();
        let merged = self.merged.vector.iter();
        let last_merged = self.last_merged.iter();
        Found {
            node: birth.map(|birth| birth.id),
            directory: birth.map(|birth| birth.directory),
            order: birth.map(|birth| birth.order),
            members: birth.map(|birth| birth.members.clone()).unwrap_or_default(),
            cluster: birth.and_then(|birth| birth.cluster).map(|it| (it.id, it.epoch)),
            boot: lives.last_boot(),
            superseded: *superseded,
            diverged: *diverged,
            term: *term,
            vote: *vote,
            commit: *commit,
            agreed: (self.agreed.index, self.agreed.offset),
            merged: merged.map(|(node, place)| (node, place.boot, place.index)).collect(),
            agreed_keys: self.agreed_keys,
            merged_keys: self.merged_keys,
            last_agreed: self.last_agreed,
            last_merged: last_merged.map(|(node, (boot, index))| (*node, *boot, *index)).collect(),
        }
    }

    /// The last boot that anything of it names, of whatever node.
    pub(super) fn last_boot(&self) -> Boot {
        last_boot(&self.facts, &self.agreed, &self.merged)
    }

    fn take_in(&mut self, record: &Record) -> Result<(), Malformed> {
        self.facts.note(record);
        match record {
            Record::AgreedSlot(slot) => self.agreed_keys += agreed::keys_in(slot)?,
            Record::AgreedVersions(bytes) => State::new(&[]).load_versions(bytes)?,
            Record::AgreedKeyspaces(bytes) => State::new(&[]).load_keyspaces(bytes)?,
            Record::AgreedOnce(ids) => State::new(&[]).load_once(ids)?,
            Record::MergedSlot(slot) => self.merged_keys += merged::keys_in(slot)?,
            Record::AgreedBase(base) => self.agreed = base.clone(),
            Record::MergedBase(base) => self.merged = base.clone(),
            Record::Agreed { index, term, .. } => self.last_agreed = Some((*index, *term)),
            Record::Merged(entry) => {
                let (origin, place) = merged::place_of(entry)?;
                self.last_merged.insert(origin, (place.boot, place.index));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The last boot that anything of this names, of whatever node.
pub(super) fn last_boot(facts: &Facts, agreed: &AgreedBase, merged: &MergedBase) -> Boot {
    let writers = agreed.last.values().map(|(life, _)| life.boot);
    let replicas = merged.vector.iter().map(|(_, place)| place.boot);
    let known = facts.known.values().map(|known| known.life.boot);
    let all = writers.chain(replicas).chain(known).chain(merged.own.keys().copied());
    all.chain([facts.lives.last_boot()]).max().unwrap_or_default()
}

fn unreadable(behind: u64) -> StartError {
    StartError(format!("what follows byte {behind} of the node's own bytes cannot be read"))
}
