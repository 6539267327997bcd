//! Where answers stand in the logs.

use crate::ids::{Boot, Index, NodeId};

/// Where an answer stands in the logs.
///
/// Nobody need believe it: a judge can check that the order which certificates claim explains every
/// answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// In the agreed log.
    Agreed {
        /// Of a write: its own place. Of a read: the last place that this replica had applied.
        position: AgreedPosition,
        /// If it looked at the value of one key: where that was written; `Some(None)`: there was
        /// none. `None`: it looked at none, or at many.
        by: Option<Option<AgreedPosition>>,
    },
    /// In the merged logs.
    Merged {
        /// What this replica had applied, per replica; of a write, its own entry included.
        position: Vec<MergedPosition>,
        /// Of a read of one key: the write that it saw; `Some(None)`: there was none. Otherwise
        /// `None`.
        by: Option<Option<MergedWrite>>,
        /// Of a write: itself.
        entry: Option<MergedWrite>,
    },
}

/// A place in the agreed log; compared as a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgreedPosition {
    /// The entry.
    pub index: Index,
    /// The write within the entry; counts from 0.
    pub offset: u32,
}

/// What a connection that watches a key saw of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Where its value was written; of a key without one, what was applied when it was looked at.
    pub(crate) at: AgreedPosition,
    /// Whether it had a value.
    pub(crate) is_alive: bool,
}

/// An entry of one replica's merged log; compared as boot, then index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedPosition {
    /// Whose log.
    pub replica: NodeId,
    /// In which of its boots.
    pub boot: Boot,
    /// The entry; counts from 1 in each boot.
    pub index: Index,
}

/// One write in a merged log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedWrite {
    /// Its entry.
    pub entry: MergedPosition,
    /// The write within the entry; counts from 0.
    pub offset: u32,
    /// Its hybrid clock. Of two writes of a key the higher wins; then the higher replica, then the
    /// higher offset.
    pub clock: u64,
}
