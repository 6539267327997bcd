//! What stands on the disk: the records of both orders, in the one log.
//!
//! A record is a kind, a version, and a body behind its length. Groups of records are written and
//! come back whole.

use bytes::Bytes;

use crate::api::Order;
use crate::ids::{DirectoryId, Index, Life, NodeId, Term};
use crate::wire::base::{AgreedBase, Mark, MergedBase};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_fixed, put_uint};

/// One thing that must survive a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// The first record of a directory: whose it is. Another one takes its place when the cluster
    /// forms.
    Birth(Birth),
    /// The directory was started.
    Boot(Life),
    /// What this node believes of another member.
    Member(NodeId, Known),
    /// Another start of this node was believed that this directory has not lived: it must never
    /// take part again.
    Superseded,
    /// A majority of all members agreed on another state than this node's at this digest.
    Diverged(Index),
    /// Raft's term, vote and last known commit index.
    HardState { term: Term, vote: Option<NodeId>, commit: Index },
    /// An entry of the agreed log, of the only kind that there is. It replaces all at or after its
    /// index.
    Agreed { index: Index, term: Term, data: Bytes },
    /// An entry of a merged log, encoded.
    Merged(Bytes),
    /// Slots of another member's state follow; those before that no base counts are void.
    Fetch,
    /// Keys of the agreed order with their values, for the next [`Record::AgreedBase`].
    AgreedSlot(Bytes),
    /// Where keys of the agreed order were last removed, for the next [`Record::AgreedBase`]. An
    /// older version writes none.
    AgreedVersions(Bytes),
    /// Which keyspaces there are in the agreed state, for the next [`Record::AgreedBase`]. Without
    /// one there is but `default`.
    AgreedKeyspaces(Bytes),
    /// What has run once in the agreed order, for the next [`Record::AgreedBase`]. An older version
    /// writes none, and nor does one that has none.
    AgreedOnce(Bytes),
    /// The agreed state is what the slots before this record say, up to an entry of the log; all
    /// entries before are over.
    AgreedBase(AgreedBase),
    /// Keys of the merged order with their values and tombstones, for the next
    /// [`Record::MergedBase`].
    MergedSlot(Bytes),
    /// What the slots before this record say is merged into the state.
    MergedBase(MergedBase),
    /// A snapshot ends here: how many records it has before this one.
    End(u64),
    /// A snapshot was begun here. All other records that it begins and ends its parts with follow
    /// in this group: who has lost all its snapshots knows from it what it has promised, and what
    /// it lacks.
    Mark(Mark),
    /// The state that was discarded is replaced as a whole by that of other members: what
    /// [`Record::Diverged`] says is over.
    Replaced,
    /// Which keyspaces this node goes by: those of the agreed log, as far as it was applied. They
    /// count also while nothing of that log is known to be committed.
    Keyspaces(Bytes),
    /// All members in the agreed state, for the next [`Record::AgreedBase`]. Without one the
    /// founders are.
    AgreedMembers(Bytes),
    /// By which members this node goes: as [`Record::Keyspaces`].
    Members(Bytes),
    /// The version that the cluster is finalized at, in the agreed state, for the next
    /// [`Record::AgreedBase`].
    AgreedVersion(u64),
    /// This node is no member any more since this entry: it must never take part again.
    Removed(Index),
}

/// Whose a directory is. Its own id and the node's are fixed when it is first used, the rest when
/// the cluster forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Birth {
    /// The random id of the directory.
    pub(crate) directory: DirectoryId,
    pub(crate) id: NodeId,
    pub(crate) order: Order,
    /// The founders of the cluster with the addresses that they were first given; ids alone count.
    /// Nobody: the node was started to join one, and has not yet.
    pub(crate) members: Vec<(NodeId, String)>,
    /// Which cluster it is part of, once that has formed.
    pub(crate) cluster: Option<Cluster>,
    /// The version that founded the cluster, or that the cluster had when this node joined it;
    /// the first one said nothing of it.
    pub(crate) founded: u64,
}

/// A cluster that has formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// Random, since it is made from the ids of the directories; never 0.
    pub(crate) id: u64,
    /// Counts from 1; a cluster that is brought back from a backup will count on.
    pub(crate) epoch: u64,
}

/// What a node has on disk of another: the directory, and the start of it that was last believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) directory: DirectoryId,
    pub(crate) life: Life,
}

impl Known {
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        self.directory.encode(out);
        self.life.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Known, Malformed> {
        Ok(Known { directory: DirectoryId::decode(reader)?, life: Life::decode(reader)? })
    }
}

impl Cluster {
    pub(crate) fn encode(cluster: Option<Cluster>, out: &mut Vec<u8>) {
        let Cluster { id, epoch } = cluster.unwrap_or(Cluster { id: 0, epoch: 0 });
        put_fixed(out, id);
        put_uint(out, epoch);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Option<Cluster>, Malformed> {
        let (id, epoch) = (reader.fixed()?, reader.number()?);
        match (id, epoch) {
            (0, 0) => Ok(None),
            (0, _) | (_, 0) => Err(Malformed),
            _ => Ok(Some(Cluster { id, epoch })),
        }
    }
}

const BIRTH: u8 = 1;
const BOOT: u8 = 2;
const MEMBER: u8 = 3;
const SUPERSEDED: u8 = 4;
const HARD_STATE: u8 = 5;
const AGREED: u8 = 6;
const MERGED: u8 = 7;
const AGREED_SLOT: u8 = 8;
const AGREED_BASE: u8 = 9;
const MERGED_SLOT: u8 = 10;
const MERGED_BASE: u8 = 11;
const END: u8 = 12;
const FETCH: u8 = 13;
const DIVERGED: u8 = 14;
const MARK: u8 = 15;
const REPLACED: u8 = 16;
const AGREED_VERSIONS: u8 = 17;
const AGREED_KEYSPACES: u8 = 18;
const KEYSPACES: u8 = 19;
const AGREED_ONCE: u8 = 20;
const AGREED_MEMBERS: u8 = 21;
const MEMBERS: u8 = 22;
const REMOVED: u8 = 23;
const AGREED_VERSION: u8 = 24;

/// The version of logs that this build understands: it brings members that come and go. Not to be
/// mixed up with that of each record.
pub(crate) const LOG_VERSION: u64 = 2;
/// The version of logs that says nothing of itself.
pub(crate) const FIRST_VERSION: u64 = 1;

/// What stands for no vote: no node has this id.
const NOBODY: u64 = 0;
/// The kind of an agreed entry, the only one: what it carries, its own bytes say.
const NORMAL: u8 = 0;

/// The byte that stands for an order.
pub(crate) fn order_byte(order: Order) -> u8 {
    match order {
        Order::Agreed => 1,
        Order::Merged => 2,
    }
}

/// The order that a byte stands for.
pub(crate) fn order_of_byte(byte: u8) -> Result<Order, Malformed> {
    match byte {
        1 => Ok(Order::Agreed),
        2 => Ok(Order::Merged),
        _ => Err(Malformed),
    }
}

impl Record {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Record::Birth(birth) => framed(out, BIRTH, |out| birth.encode(out)),
            Record::Boot(life) => framed(out, BOOT, |out| life.encode(out)),
            Record::Member(id, known) => framed(out, MEMBER, |out| {
                put_uint(out, id.0);
                known.encode(out);
            }),
            Record::Superseded => framed(out, SUPERSEDED, |_| ()),
            Record::Diverged(at) => framed(out, DIVERGED, |out| put_uint(out, at.0)),
            Record::HardState { term, vote, commit } => framed(out, HARD_STATE, |out| {
                put_uint(out, term.0);
                put_uint(out, vote.map_or(NOBODY, |candidate| candidate.0));
                put_uint(out, commit.0);
            }),
            Record::Agreed { index, term, data } => framed(out, AGREED, |out| {
                put_uint(out, index.0);
                put_uint(out, term.0);
                out.push(NORMAL);
                out.extend_from_slice(data);
            }),
            Record::Merged(entry) => framed(out, MERGED, |out| out.extend_from_slice(entry)),
            Record::Fetch => framed(out, FETCH, |_| ()),
            Record::AgreedSlot(slot) => framed(out, AGREED_SLOT, |out| out.extend_from_slice(slot)),
            Record::AgreedVersions(bytes) => {
                framed(out, AGREED_VERSIONS, |out| out.extend_from_slice(bytes));
            }
            Record::AgreedKeyspaces(bytes) => {
                framed(out, AGREED_KEYSPACES, |out| out.extend_from_slice(bytes));
            }
            Record::AgreedOnce(ids) => framed(out, AGREED_ONCE, |out| out.extend_from_slice(ids)),
            Record::AgreedBase(base) => framed(out, AGREED_BASE, |out| base.encode(out)),
            Record::MergedSlot(slot) => framed(out, MERGED_SLOT, |out| out.extend_from_slice(slot)),
            Record::MergedBase(base) => framed(out, MERGED_BASE, |out| base.encode(out)),
            Record::End(records) => framed(out, END, |out| put_uint(out, *records)),
            Record::Mark(mark) => framed(out, MARK, |out| mark.encode(out)),
            Record::Replaced => framed(out, REPLACED, |_| ()),
            Record::Keyspaces(bytes) => framed(out, KEYSPACES, |out| out.extend_from_slice(bytes)),
            Record::AgreedMembers(bytes) => {
                framed(out, AGREED_MEMBERS, |out| out.extend_from_slice(bytes));
            }
            Record::Members(bytes) => framed(out, MEMBERS, |out| out.extend_from_slice(bytes)),
            Record::AgreedVersion(version) => {
                framed(out, AGREED_VERSION, |out| put_uint(out, *version));
            }
            Record::Removed(at) => framed(out, REMOVED, |out| put_uint(out, at.0)),
        }
    }

    /// All the records of a group, in order.
    pub(crate) fn decode_group(group: &Bytes) -> Result<Vec<Record>, Malformed> {
        let mut at = 0;
        let mut records = vec![];
        while at < group.len() {
            let header = group.get(at..at + HEADER).ok_or(Malformed)?;
            if header[1] != VERSION {
                return Err(Malformed);
            }
            let length = u32::from_le_bytes([header[2], header[3], header[4], header[5]]) as usize;
            let body = at + HEADER..at + HEADER + length;
            if body.end > group.len() {
                return Err(Malformed);
            }
            at = body.end;
            records.push(Record::decode(header[0], group.slice(body))?);
        }
        Ok(records)
    }

    fn decode(kind: u8, body: Bytes) -> Result<Record, Malformed> {
        let mut reader = Reader::new(&body);
        let record = match kind {
            BIRTH => Record::Birth(Birth::decode(&mut reader)?),
            BOOT => Record::Boot(Life::decode(&mut reader)?),
            MEMBER => Record::Member(NodeId(reader.uint()?), Known::decode(&mut reader)?),
            SUPERSEDED => Record::Superseded,
            DIVERGED => Record::Diverged(Index(reader.number()?)),
            HARD_STATE => Record::HardState {
                term: Term(reader.number()?),
                vote: Some(reader.uint()?).filter(|vote| *vote != NOBODY).map(NodeId),
                commit: Index(reader.number()?),
            },
            AGREED => {
                let (index, term) = (Index(reader.number()?), Term(reader.number()?));
                if reader.byte()? != NORMAL {
                    return Err(Malformed);
                }
                let data = body.slice(body.len() - reader.rest().len()..);
                return Ok(Record::Agreed { index, term, data });
            }
            MERGED => return Ok(Record::Merged(body)),
            FETCH => Record::Fetch,
            AGREED_SLOT => return Ok(Record::AgreedSlot(body)),
            AGREED_VERSIONS => return Ok(Record::AgreedVersions(body)),
            AGREED_KEYSPACES => return Ok(Record::AgreedKeyspaces(body)),
            KEYSPACES => return Ok(Record::Keyspaces(body)),
            AGREED_ONCE => return Ok(Record::AgreedOnce(body)),
            AGREED_MEMBERS => return Ok(Record::AgreedMembers(body)),
            MEMBERS => return Ok(Record::Members(body)),
            AGREED_VERSION => Record::AgreedVersion(reader.uint()?),
            REMOVED => Record::Removed(Index(reader.number()?)),
            AGREED_BASE => Record::AgreedBase(AgreedBase::decode(&mut reader)?),
            MERGED_SLOT => return Ok(Record::MergedSlot(body)),
            MERGED_BASE => Record::MergedBase(MergedBase::decode(&mut reader)?),
            END => Record::End(reader.number()?),
            MARK => Record::Mark(Mark::decode(&mut reader)?),
            REPLACED => Record::Replaced,
            _ => return Err(Malformed),
        };
        reader.end()?;
        Ok(record)
    }
}

/// Kind, version and length of a record.
const HEADER: usize = 6;
/// The version of all records; another one was written by another version of Candor.
const VERSION: u8 = 1;

/// Appends kind, version, length and what `body` appends.
fn framed(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let open = Open::begin(out, kind);
    body(out);
    open.end(out);
}

/// A record whose body is being appended.
pub(crate) struct Open {
    start: usize,
}

impl Open {
    /// Begins a [`Record::AgreedSlot`].
    pub(crate) fn agreed_slot(out: &mut Vec<u8>) -> Open {
        Open::begin(out, AGREED_SLOT)
    }

    /// Begins a [`Record::AgreedOnce`].
    pub(crate) fn agreed_once(out: &mut Vec<u8>) -> Open {
        Open::begin(out, AGREED_ONCE)
    }

    /// Begins a [`Record::MergedSlot`].
    pub(crate) fn merged_slot(out: &mut Vec<u8>) -> Open {
        Open::begin(out, MERGED_SLOT)
    }

    fn begin(out: &mut Vec<u8>, kind: u8) -> Open {
        out.extend_from_slice(&[kind, VERSION, 0, 0, 0, 0]);
        Open { start: out.len() }
    }

    /// How long the body is so far.
    pub(crate) fn length(&self, out: &[u8]) -> usize {
        out.len() - self.start
    }

    /// The body is complete.
    pub(crate) fn end(self, out: &mut [u8]) {
        let length = u32::try_from(out.len() - self.start).expect("a record is far below 4 GiB");
        out[self.start - 4..self.start].copy_from_slice(&length.to_le_bytes());
    }
}

impl Birth {
    fn encode(&self, out: &mut Vec<u8>) {
        self.directory.encode(out);
        put_uint(out, self.id.0);
        out.push(order_byte(self.order));
        put_uint(out, self.members.len() as u64);
        for (id, address) in &self.members {
            put_uint(out, id.0);
            put_bytes(out, address.as_bytes());
        }
        Cluster::encode(self.cluster, out);
        if self.founded > FIRST_VERSION {
            put_uint(out, self.founded);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Birth, Malformed> {
        let directory = DirectoryId::decode(reader)?;
        let id = NodeId(reader.uint()?);
        let order = order_of_byte(reader.byte()?)?;
        let count = reader.count()?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            let id = NodeId(reader.uint()?);
            let address = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| Malformed)?;
            members.push((id, address));
        }
        let cluster = Cluster::decode(reader)?;
        let founded = if reader.is_empty() { FIRST_VERSION } else { reader.uint()? };
        Ok(Birth { directory, id, order, members, cluster, founded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Boot;

    #[test]
    fn records_come_back_in_order() {
        let birth = Birth {
            directory: DirectoryId(77),
            id: NodeId(2),
            order: Order::Merged,
            members: vec![(NodeId(1), "a:1".into()), (NodeId(2), "b:2".into())],
            cluster: None,
            founded: FIRST_VERSION,
        };
        let cluster = Some(Cluster { id: u64::MAX, epoch: 1 });
        let life = Life { boot: Boot(3), incarnation: u64::MAX };
        let records = vec![
            Record::Birth(birth.clone()),
            Record::Birth(Birth { cluster, founded: 2, ..birth }),
            Record::Boot(life),
            Record::Member(NodeId(1), Known { directory: DirectoryId(99), life }),
            Record::Superseded,
            Record::Diverged(Index(300)),
            Record::HardState { term: Term(4), vote: Some(NodeId(2)), commit: Index(300) },
            Record::HardState { term: Term(1), vote: None, commit: Index(0) },
            Record::Agreed { index: Index(301), term: Term(4), data: Bytes::from_static(b"entry") },
            Record::Agreed { index: Index(302), term: Term(4), data: Bytes::new() },
            Record::Merged(Bytes::from_static(b"merged")),
            Record::Fetch,
            Record::AgreedSlot(Bytes::from_static(b"keys")),
            Record::AgreedBase(AgreedBase { index: Index(7), ..AgreedBase::default() }),
            Record::AgreedVersions(Bytes::from_static(b"versions")),
            Record::AgreedKeyspaces(Bytes::from_static(b"table")),
            Record::Keyspaces(Bytes::from_static(b"table")),
            Record::AgreedOnce(Bytes::from_static(b"ids")),
            Record::AgreedMembers(Bytes::from_static(b"members")),
            Record::Members(Bytes::from_static(b"members")),
            Record::Removed(Index(300)),
            Record::AgreedVersion(2),
            Record::MergedSlot(Bytes::from_static(b"keys")),
            Record::MergedBase(MergedBase { clock: 7, ..MergedBase::default() }),
            Record::End(300),
            Record::Mark(Mark {
                agreed: AgreedBase { index: Index(7), ..AgreedBase::default() },
                merged: MergedBase { clock: 7, ..MergedBase::default() },
            }),
            Record::Replaced,
        ];
        let mut group = vec![];
        records.iter().for_each(|record| record.encode(&mut group));
        let group = Bytes::from(group);
        assert_eq!(Record::decode_group(&group), Ok(records));
        for cut in 1..HEADER {
            assert_eq!(Record::decode_group(&group.slice(..group.len() - cut)), Err(Malformed));
        }
    }
}
