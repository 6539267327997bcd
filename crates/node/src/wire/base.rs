//! What stands for all that was cut from the logs: where the state is that takes its place.

use std::collections::BTreeMap;

use crate::ids::{Boot, Index, Life, NodeId, Sequence, Term};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::wire::version_vector::VersionVector;

/// Where the agreed state stands, in place of all entries up to there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AgreedBase {
    /// The last entry that is applied.
    pub(crate) index: Index,
    /// Its term.
    pub(crate) term: Term,
    /// The place of the last write that it carries.
    pub(crate) offset: u32,
    /// The last time in the log up to there.
    pub(crate) stamp_ms: u64,
    /// The last write that was applied of each member that has written.
    pub(crate) last: BTreeMap<NodeId, (Life, Sequence)>,
    /// What the records may count, in bytes, if somebody has set that.
    pub(crate) max_memory: Option<u64>,
}

/// Where the merged state stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MergedBase {
    /// What is merged into it.
    pub(crate) vector: VersionVector,
    /// No stamp in it has a higher clock.
    pub(crate) clock: u64,
    /// The last entry of each boot of the node whose state it was.
    pub(crate) own: BTreeMap<Boot, Index>,
}

/// Where a snapshot was begun in the log. With the facts and entries that follow it in its group it
/// says all that the snapshot does, but for the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Where the agreed state stands.
    pub(crate) agreed: AgreedBase,
    /// Where the merged one does.
    pub(crate) merged: MergedBase,
}

impl AgreedBase {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.index.0);
        put_uint(out, self.term.0);
        put_uint(out, u64::from(self.offset));
        put_uint(out, self.stamp_ms);
        put_uint(out, self.last.len() as u64);
        for (node, (life, sequence)) in &self.last {
            put_uint(out, node.0);
            life.encode(out);
            put_uint(out, sequence.0);
        }
        // Nothing follows where nobody has set it: so does a base that an older version wrote.
        self.max_memory.iter().for_each(|bytes| put_uint(out, *bytes));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<AgreedBase, Malformed> {
        let (index, term) = (Index(reader.number()?), Term(reader.number()?));
        let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
        let stamp_ms = reader.uint()?;
        let count = reader.count()?;
        let mut last = BTreeMap::new();
        for _ in 0..count {
            let node = NodeId(reader.uint()?);
            let write = (Life::decode(reader)?, Sequence(reader.number()?));
            if write.1 == Sequence(0) || last.insert(node, write).is_some() {
                return Err(Malformed);
            }
        }
        let max_memory = if reader.is_empty() { None } else { Some(reader.uint()?) };
        Ok(AgreedBase { index, term, offset, stamp_ms, last, max_memory })
    }
}

impl MergedBase {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        self.vector.encode(out);
        put_uint(out, self.clock);
        put_uint(out, self.own.len() as u64);
        for (boot, index) in &self.own {
            put_uint(out, boot.0);
            put_uint(out, index.0);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MergedBase, Malformed> {
        let (vector, clock) = (VersionVector::decode(reader)?, reader.uint()?);
        let count = reader.count()?;
        let mut own = BTreeMap::new();
        for _ in 0..count {
            own.insert(Boot(reader.number()?), Index(reader.number()?));
        }
        Ok(MergedBase { vector, clock, own })
    }
}

impl Mark {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let mut agreed = vec![];
        self.agreed.encode(&mut agreed);
        put_bytes(out, &agreed);
        self.merged.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Mark, Malformed> {
        let mut within = Reader::new(reader.bytes()?);
        let agreed = AgreedBase::decode(&mut within)?;
        within.end()?;
        Ok(Mark { agreed, merged: MergedBase::decode(reader)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::version_vector::Place;

    #[test]
    fn bases_come_back() {
        let life = Life { boot: Boot(3), incarnation: u64::MAX };
        let agreed = AgreedBase {
            index: Index(700),
            term: Term(4),
            offset: 3,
            stamp_ms: 1 << 41,
            last: BTreeMap::from([(NodeId(2), (life, Sequence(9)))]),
            max_memory: None,
        };
        for max_memory in [None, Some(0), Some(u64::MAX)] {
            let agreed = AgreedBase { max_memory, ..agreed.clone() };
            let mut out = vec![];
            agreed.encode(&mut out);
            let mut reader = Reader::new(&out);
            assert_eq!((AgreedBase::decode(&mut reader), reader.end()), (Ok(agreed), Ok(())));
        }
        let place = Place { boot: Boot(2), index: Index(900) };
        let merged = MergedBase {
            vector: VersionVector::from_iter([(NodeId(1), place)]),
            clock: 1 << 60,
            own: BTreeMap::from([(Boot(2), Index(900))]),
        };
        let mut out = vec![];
        merged.encode(&mut out);
        let mut reader = Reader::new(&out);
        assert_eq!((MergedBase::decode(&mut reader), reader.end()), (Ok(merged), Ok(())));
        for cut in 0..out.len() {
            let _ = MergedBase::decode(&mut Reader::new(&out[..cut]));
        }
    }
}
