//! The levels a history can be judged by, their names, and which of them is stronger than which.

use std::fmt;
use std::str::FromStr;

/// What a store promises about the values that reads return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// One legal order that keeps real time and each client's order (Herlihy & Wing 1990).
    Linearizable,
    /// One legal order that keeps each client's order (Lamport 1979).
    Sequential,
    /// Only written values are read, and replicas agree once all is quiet.
    Eventual,
}

impl Level {
    /// Every level, strongest first; of two that cannot be compared either may stand first.
    pub const ALL: &'static [Level] = &[Level::Linearizable, Level::Sequential, Level::Eventual];

    /// Whether a read that asked for `self` must also satisfy `other`.
    pub fn is_at_least(self, other: Level) -> bool {
        self == other || self.rank() < other.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Level::Linearizable => 0,
            Level::Sequential => 1,
            Level::Eventual => 9,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Linearizable => "linearizable",
            Level::Sequential => "sequential",
            Level::Eventual => "eventual",
        })
    }
}

/// A name that is no level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel(String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = Level::ALL.iter().map(Level::to_string).collect();
        write!(f, "unknown level `{}`; the judge knows: {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Level, UnknownLevel> {
        match name {
            "linearizable" | "linearizability" => Ok(Level::Linearizable),
            "sequential" => Ok(Level::Sequential),
            "eventual" => Ok(Level::Eventual),
            _ => Err(UnknownLevel(name.chars().take(60).collect())),
        }
    }
}
