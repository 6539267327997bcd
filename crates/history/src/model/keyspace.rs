//! Keyspaces: which keys belong together, and what was promised of them.
//!
//! Levels hold within one order. Keyspaces of one order share their logs, so what is promised of
//! one is judged beside what was done to the others of that order; merged keyspaces and agreed ones
//! are judged apart.

use std::fmt;
use std::str::FromStr;

use crate::model::level::Level;

/// The most keyspaces that a header may name.
pub const KEYSPACES_MAX: usize = 256;

/// Who may append to the logs of a keyspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogOrder {
    /// One leader, to one log.
    Agreed,
    /// Each replica, to its own.
    Merged,
}

impl LogOrder {
    /// Whether keyspaces of this order can promise a level.
    pub fn can_promise(self, level: Level) -> bool {
        self == LogOrder::Agreed || !level.is_at_least(Level::Sequential)
    }
}

impl fmt::Display for LogOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LogOrder::Agreed => "agreed",
            LogOrder::Merged => "merged",
        })
    }
}

impl FromStr for LogOrder {
    type Err = String;

    fn from_str(name: &str) -> Result<LogOrder, String> {
        match name {
            "agreed" => Ok(LogOrder::Agreed),
            "merged" => Ok(LogOrder::Merged),
            _ => Err(format!(
                "unknown order `{}`; it is agreed (one log, by a majority) or merged (one log a \
                 server)",
                name.chars().take(60).collect::<String>()
            )),
        }
    }
}

/// The keys with one prefix, but for those of longer prefixes, and what is promised of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyspace {
    /// What its keys begin with; not empty.
    pub prefix: String,
    /// The order of its logs.
    pub order: LogOrder,
    /// The level of reads that ask for none.
    pub level: Level,
}
