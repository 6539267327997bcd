//! What comes of a digest: the sums of the slots, and one root over all of an order.

use xxhash_rust::xxh3::xxh3_64;

use crate::api::Order;
use crate::ids::Index;
use crate::store::SlotSums;
use crate::wire::base::AgreedBase;
use crate::wire::message::Summary;
use crate::wire::version_vector::{Place, VersionVector};

/// A digest that is done.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What the others are told.
    pub(super) summary: Summary,
    agreed: SlotSums,
    merged: SlotSums,
}

impl Outcome {
    pub(super) fn new(
        base: &AgreedBase,
        agreed: SlotSums,
        vector: VersionVector,
        merged: SlotSums,
    ) -> Outcome {
        let vector = without_beginnings(&vector);
        let summary = Summary {
            index: base.index,
            agreed: root_of_agreed(base, &agreed),
            merged: root(&merged, |out| vector.encode(out)),
            vector,
        };
        Outcome { summary, agreed, merged }
    }

    pub(super) fn index(&self) -> Index {
        self.summary.index
    }

    pub(super) fn sums(&self, order: Order) -> &SlotSums {
        match order {
            Order::Agreed => &self.agreed,
            Order::Merged => &self.merged,
        }
    }
}

/// Over what an agreed state is beside its keys, too: all that the record of where it stands says.
fn root_of_agreed(base: &AgreedBase, sums: &SlotSums) -> u64 {
    mutant!(DigestWithoutLastWrites, (), {
        return root(sums, |out| {
            AgreedBase { last: Default::default(), ..base.clone() }.encode(out)
        });
    });
    root(sums, |out| base.encode(out))
}

fn root(sums: &SlotSums, put_point: impl FnOnce(&mut Vec<u8>)) -> u64 {
    let mut bytes = vec![];
    put_point(&mut bytes);
    sums.encode(&mut bytes);
    xxh3_64(&bytes)
}

/// The vector without replicas of which nothing is held: whether they are named differs.
fn without_beginnings(vector: &VersionVector) -> VersionVector {
    vector.iter().filter(|(_, place)| *place > Place::START).collect()
}

impl Summary {
    /// What this order comes to.
    pub(super) fn root(&self, order: Order) -> u64 {
        match order {
            Order::Agreed => self.agreed,
            Order::Merged => self.merged,
        }
    }

    /// Whether both are of the same point of this order.
    pub(super) fn is_comparable(&self, other: &Summary, order: Order) -> bool {
        match order {
            Order::Agreed => self.index == other.index,
            Order::Merged => self.vector == other.vector,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, Life, NodeId, Sequence};
    use crate::store::{Progress, Store, Sums};

    fn sums() -> SlotSums {
        let mut sums = Sums::begin();
        sums.go_on(&Store::<u64>::new(), 1, 1, |_, _, _| (), |_| true);
        let Progress::Over(sums) = sums.take() else { panic!("there was nothing") };
        sums
    }

    #[test]
    fn the_root_covers_the_point_and_the_last_write_of_each_node() {
        let root = |base: AgreedBase| {
            Outcome::new(&base, sums(), VersionVector::default(), sums()).summary.agreed
        };
        let life = Life { boot: Boot(1), incarnation: 7 };
        let with = |sequence| AgreedBase {
            last: [(NodeId(2), (life, Sequence(sequence)))].into(),
            ..AgreedBase::default()
        };
        assert_eq!(root(with(3)), root(with(3)));
        assert_ne!(root(with(3)), root(with(4)), "a write was forgotten");
        assert_ne!(root(with(3)), root(AgreedBase { index: Index(1), ..with(3) }));
    }

    #[test]
    fn a_replica_of_which_nothing_is_held_makes_no_difference() {
        let one = VersionVector::from_iter([(NodeId(2), Place::START)]);
        let summary = |vector| Outcome::new(&AgreedBase::default(), sums(), vector, sums()).summary;
        assert_eq!(summary(one), summary(VersionVector::default()));
    }
}
