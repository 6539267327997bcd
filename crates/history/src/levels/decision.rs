//! What an algorithm says about a view, before it is put into words.

use crate::model::view::NONE;

/// The answer of one algorithm, in ids of the view it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The level holds.
    Holds(Proof),
    /// These operations alone already violate the level; there may be some too many.
    Violated(Vec<u32>),
    /// The budget was spent, or the case is beyond the algorithm.
    Undecided(String),
}

/// Bytes that an operation in one of many orders takes, in the witness and in its report, too.
pub(crate) const PLACE_BYTES: usize = 64;

/// Why a level holds, in ids of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Legal orders: one of everything, or one for each reader; then with an operation of the
    /// reader (else `NONE`).
    pub(crate) orders: Vec<(u32, Vec<u32>)>,
    /// What saw what: pairs of an operation and the maker of the cell it saw, where `INITIAL` made
    /// the initial cells. Empty where the orders tell it.
    pub(crate) sources: Vec<(u32, u32)>,
    /// For each operation that looked at a counter of merged logs, the increments that it counted
    /// beside its source, if it did.
    pub(crate) counted: Vec<(u32, Vec<u32>)>,
}

impl Proof {
    /// A proof by one order of everything.
    pub(crate) fn order(order: Vec<u32>) -> Proof {
        Proof { orders: vec![(NONE, order)], ..Proof::default() }
    }
}

impl Decision {
    /// The same decision in ids of a larger view, in which operation `i` has the id `names[i]`.
    pub(crate) fn renamed(self, names: &[u32]) -> Decision {
        let name = |id: u32| names.get(id as usize).copied().unwrap_or(id);
        let rename = |ids: Vec<u32>| ids.into_iter().map(name).collect();
        let rename_all = |ids: Vec<(u32, Vec<u32>)>| {
            ids.into_iter().map(|(reader, ids)| (name(reader), rename(ids))).collect()
        };
        match self {
            Decision::Holds(proof) => Decision::Holds(Proof {
                orders: rename_all(proof.orders),
                sources: proof.sources.iter().map(|&(a, b)| (name(a), name(b))).collect(),
                counted: rename_all(proof.counted),
            }),
            Decision::Violated(core) => Decision::Violated(rename(core)),
            undecided => undecided,
        }
    }
}
