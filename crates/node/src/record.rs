//! What stands on the disk: the records of both orders, in the one log.
//!
//! A record is a kind, and a body behind its length. Groups of records are written and come back whole.

use bytes::Bytes;

use crate::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::door::{NodeId, Order};

/// One thing that must survive a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// The first record of a directory: whose it is.
    Birth(Birth),
    /// The node was started again; boots count from 1.
    Boot(u64),
    /// The directory of another member has this name.
    Member(NodeId, u64),
    /// Every other member has this directory's name on its disk.
    Formed,
    /// Raft's term, vote and last known commit index.
    HardState { term: u64, vote: u64, commit: u64 },
    /// An entry of the agreed log. It replaces all at or after its index.
    Agreed { index: u64, term: u64, data: Bytes },
    /// An entry of a merged log, encoded.
    Merged(Bytes),
}

/// Whose a directory is; fixed when it is first used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Birth {
    pub(crate) name: u64,
    pub(crate) id: NodeId,
    pub(crate) order: Order,
    pub(crate) members: Vec<(NodeId, String)>,
}

const BIRTH: u8 = 1;
const BOOT: u8 = 2;
const MEMBER: u8 = 3;
const FORMED: u8 = 4;
const HARD_STATE: u8 = 5;
const AGREED: u8 = 6;
const MERGED: u8 = 7;

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
            Record::Boot(boot) => framed(out, BOOT, |out| put_uint(out, *boot)),
            Record::Member(id, name) => framed(out, MEMBER, |out| {
                put_uint(out, id.0);
                put_uint(out, *name);
            }),
            Record::Formed => framed(out, FORMED, |_| ()),
            Record::HardState { term, vote, commit } => framed(out, HARD_STATE, |out| {
                put_uint(out, *term);
                put_uint(out, *vote);
                put_uint(out, *commit);
            }),
            Record::Agreed { index, term, data } => framed(out, AGREED, |out| {
                put_uint(out, *index);
                put_uint(out, *term);
                out.extend_from_slice(data);
            }),
            Record::Merged(entry) => framed(out, MERGED, |out| out.extend_from_slice(entry)),
        }
    }

    /// All the records of a group, in order.
    pub(crate) fn decode_group(group: &Bytes) -> Result<Vec<Record>, Malformed> {
        let mut at = 0;
        let mut records = vec![];
        while at < group.len() {
            let header = group.get(at..at + HEADER).ok_or(Malformed)?;
            let length = u32::from_le_bytes([header[1], header[2], header[3], header[4]]) as usize;
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
            BOOT => Record::Boot(reader.uint()?),
            MEMBER => Record::Member(NodeId(reader.uint()?), reader.uint()?),
            FORMED => Record::Formed,
            HARD_STATE => Record::HardState {
                term: reader.uint()?,
                vote: reader.uint()?,
                commit: reader.uint()?,
            },
            AGREED => {
                let (index, term) = (reader.uint()?, reader.uint()?);
                let data = body.slice(body.len() - reader.rest().len()..);
                return Ok(Record::Agreed { index, term, data });
            }
            MERGED => return Ok(Record::Merged(body)),
            _ => return Err(Malformed),
        };
        reader.end()?;
        Ok(record)
    }
}

/// Kind and length of a record.
const HEADER: usize = 5;

/// Appends kind, length and what `body` appends.
fn framed(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&[kind, 0, 0, 0, 0]);
    let start = out.len();
    body(out);
    let length = u32::try_from(out.len() - start).expect("a record is far below 4 GiB");
    out[start - 4..start].copy_from_slice(&length.to_le_bytes());
}

impl Birth {
    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.name);
        put_uint(out, self.id.0);
        out.push(order_byte(self.order));
        put_uint(out, self.members.len() as u64);
        for (id, address) in &self.members {
            put_uint(out, id.0);
            put_bytes(out, address.as_bytes());
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Birth, Malformed> {
        let name = reader.uint()?;
        let id = NodeId(reader.uint()?);
        let order = order_of_byte(reader.byte()?)?;
        let count = reader.count()?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            let id = NodeId(reader.uint()?);
            let address = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| Malformed)?;
            members.push((id, address));
        }
        Ok(Birth { name, id, order, members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order() {
        let records = vec![
            Record::Birth(Birth {
                name: 77,
                id: NodeId(2),
                order: Order::Merged,
                members: vec![(NodeId(1), "a:1".into()), (NodeId(2), "b:2".into())],
            }),
            Record::Boot(3),
            Record::Member(NodeId(1), 99),
            Record::Formed,
            Record::HardState { term: 4, vote: 2, commit: 300 },
            Record::Agreed { index: 301, term: 4, data: Bytes::from_static(b"entry") },
            Record::Agreed { index: 302, term: 4, data: Bytes::new() },
            Record::Merged(Bytes::from_static(b"merged")),
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
