//! Where a replica stands in the merged logs: one place per replica.

use std::collections::BTreeMap;

use crate::ids::{Boot, Index, NodeId};
use crate::wire::codec::{Malformed, Reader, put_uint};

/// A place in one replica's log; compared as a pair. Index counts from 1 in each boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) boot: Boot,
    pub(crate) index: Index,
}

impl Place {
    /// Before the first entry of the first boot.
    pub(crate) const START: Place = Place { boot: Boot(0), index: Index(0) };
    /// Behind all that there can be.
    pub(crate) const END: Place = Place { boot: Boot(u64::MAX), index: Index(u64::MAX) };

    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        put_uint(out, self.boot.0);
        put_uint(out, self.index.0);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Place, Malformed> {
        Ok(Place { boot: Boot(reader.number()?), index: Index(reader.number()?) })
    }
}

/// One place per replica; a replica that is not named stands at [`Place::START`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VersionVector(BTreeMap<NodeId, Place>);

impl VersionVector {
    pub(crate) fn get(&self, replica: NodeId) -> Place {
        self.0.get(&replica).copied().unwrap_or(Place::START)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (NodeId, Place)> + '_ {
        self.0.iter().map(|(replica, place)| (*replica, *place))
    }

    /// Moves a replica's place forward.
    pub(crate) fn advance(&mut self, replica: NodeId, place: Place) {
        let old = self.0.entry(replica).or_insert(Place::START);
        assert!(*old < place, "a vector only moves forward: {replica:?} at {old:?} to {place:?}");
        *old = place;
    }

    /// Moves a replica's place forward, unless it stands there or beyond.
    pub(crate) fn raise(&mut self, replica: NodeId, place: Place) {
        let old = self.0.entry(replica).or_insert(Place::START);
        *old = place.max(*old);
    }

    /// Moves each replica's place forward to where it stands in `other`, unless it is there.
    pub(crate) fn join(&mut self, other: &VersionVector) {
        other.iter().for_each(|(replica, place)| self.raise(replica, place));
    }

    /// Whether all that `other` holds is held here.
    pub(crate) fn holds(&self, other: &VersionVector) -> bool {
        other.iter().all(|(replica, place)| self.get(replica) >= place)
    }

    /// Drops the places of replicas of which this is not so.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(NodeId) -> bool) {
        self.0.retain(|replica, _| is_kept(*replica));
    }

    /// Drops the places that `other` holds.
    pub(crate) fn drop_held(&mut self, other: &VersionVector) {
        self.0.retain(|replica, place| other.get(*replica) < *place);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.0.len() as u64);
        for (replica, place) in &self.0 {
            put_uint(out, replica.0);
            place.encode(out);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<VersionVector, Malformed> {
        let count = reader.count()?;
        let mut places = BTreeMap::new();
        for _ in 0..count {
            places.insert(NodeId(reader.uint()?), Place::decode(reader)?);
        }
        Ok(VersionVector(places))
    }
}

impl FromIterator<(NodeId, Place)> for VersionVector {
    fn from_iter<I: IntoIterator<Item = (NodeId, Place)>>(places: I) -> VersionVector {
        VersionVector(places.into_iter().collect())
    }
}
