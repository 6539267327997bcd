//! The steps of the relation, each with its reason, and the cycles that they may run in.

use crate::budget::{CLOCK_STEPS, Meter};

/// One operation that comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) why: Why,
}

/// Why one operation comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The same client did one after the other.
    Client,
    /// The second saw what the first made.
    Seen,
    /// The first was over before the second began.
    Time,
    /// `reader` saw the second's cell although the first came before it.
    Hidden { reader: u32 },
    /// The first saw the cell of `maker` (`NONE`: the initial one), and the second, which comes
    /// after that, overwrote it.
    Overwritten { maker: u32 },
}

/// A cycle: each link's first operation comes before its second, the last one's before the first's.
/// `core` has all operations that the links were derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    pub(crate) links: Vec<Link>,
    pub(crate) core: Vec<u32>,
}

/// A step from an operation to one that comes after it.
pub(super) struct Edge {
    pub(super) to: u32,
    pub(super) why: Why,
    /// The round in which it was derived.
    pub(super) round: u32,
}

/// Why a walk did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// There is no order: a cycle.
    Cycle(Cycle),
    /// The budget is spent.
    Budget,
}

impl From<Cycle> for Stop {
    fn from(cycle: Cycle) -> Stop {
        Stop::Cycle(cycle)
    }
}

/// Pairs of which the first must come before the second, as they are derived.
#[derive(Default)]
pub(crate) struct Derived {
    pairs: Vec<(u32, u32, Why)>,
    /// How many there were once what was told twice had gone.
    different: usize,
}

impl Derived {
    /// Adds a pair; false where all of them take more memory than there is.
    pub(crate) fn push(&mut self, from: u32, to: u32, why: Why, meter: &mut Meter) -> bool {
        // What several readers say is told once.
        if self.pairs.len() > 2 * self.different + CLOCK_STEPS {
            self.tell_once();
        }
        self.pairs.push((from, to, why));
        meter.demand(self.pairs.capacity() * size_of::<(u32, u32, Why)>())
    }

    fn tell_once(&mut self) {
        self.pairs.sort_by_key(|&(from, to, _)| (from, to));
        self.pairs.dedup_by_key(|&mut (from, to, _)| (from, to));
        self.different = self.pairs.len();
    }

    pub(super) fn into_pairs(mut self) -> Vec<(u32, u32, Why)> {
        self.tell_once();
        self.pairs
    }
}
