//! The stages of the second half of a world.

/// Where a world stands in its second half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has not begun.
    #[default]
    Breaking,
    /// Clients finish, nodes find together.
    Settling,
    /// Every node is asked to work.
    Working,
    /// Nodes find together again.
    SettlingAgain,
    /// Every key is read at every node. From this place in the record on.
    Reading { from: usize },
    /// All is at rest.
    Over,
}

impl Stage {
    /// What the world does in it.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Stage::Breaking => "breaks",
            Stage::Settling => "is whole, and settles",
            Stage::Working => "is asked to work everywhere",
            Stage::SettlingAgain => "settles again",
            Stage::Reading { .. } => "is read everywhere",
            Stage::Over => "is at rest",
        }
    }
}

/// The second half of a world.
#[derive(Debug, Default)]
pub(super) struct Ending {
    pub(super) stage: Stage,
    pub(super) healed_us: u64,
    pub(super) since_us: u64,
    /// How many merged entries all replicas have applied, and since when so many.
    pub(super) merged: (u64, u64),
    /// When a keyspace was last seen on its way while members were to change.
    pub(super) carved_us: u64,
    /// How long it took to settle.
    pub(super) settled_us: Option<u64>,
}

impl Ending {
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }
}
