//! The levels of reads, the strongest first.

use std::fmt;

/// What the answering replica must have applied before a read answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All that was committed when the read began.
    Linearizable,
    /// All that was committed so long before the read began, and all that the session has seen.
    Bounded {
        /// So many milliseconds, on a clock that counts while the machine sleeps.
        ms: u32,
    },
    /// All that the session has seen, in the one agreed order.
    Sequential,
    /// All that the session has seen, each write after those it depends on.
    Causal,
    /// Nothing more than what is here.
    Eventual,
}

impl Level {
    /// Whether a read at this level promises less than one at the other.
    pub fn is_weaker_than(self, other: Level) -> bool {
        let rank = |level| match level {
            Level::Linearizable => (0, 0),
            Level::Bounded { ms } => (1, ms),
            Level::Sequential => (2, 0),
            Level::Causal => (3, 0),
            Level::Eventual => (4, 0),
        };
        rank(self) > rank(other)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Linearizable => "linearizable",
            Level::Bounded { ms } => return write!(f, "bounded:{ms}"),
            Level::Sequential => "sequential",
            Level::Causal => "causal",
            Level::Eventual => "eventual",
        })
    }
}
