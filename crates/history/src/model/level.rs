//! The levels a history can be judged by, their names, and which of them is stronger than which.
//!
//! ```text
//! linearizable ─┬─ bounded:<ms>, the shorter the stronger
//!               └─ sequential ─┬─ causal (ccv) ── cc, wfr, mw, mr
//!                              └─ cm ─┬─ cc ── ryw
//!                                     ├─ wfr
//!                                     └─ pram ── mw, ryw, mr
//! ```
//!
//! Whoever is promised bounded reads is promised a session that does not go back as well, so they
//! count where `sequential` is judged ([`Level::is_at_least`]).
//!
//! `eventual` asks for what none of the others does, that replicas agree in the end; a read that
//! asked for any level must still return a written value, so it counts there.

use std::fmt;
use std::str::FromStr;

/// What a store promises about the values that reads return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// One legal order that keeps real time and each client's order (Herlihy & Wing 1990).
    Linearizable,
    /// Linearizable once every read's start is moved earlier by the bound.
    Bounded {
        /// The bound in milliseconds.
        ms: u64,
    },
    /// One legal order that keeps each client's order (Lamport 1979).
    Sequential,
    /// Convergent causal consistency, CCv: one order of all writes that extends causality; each
    /// read returns the last write in its causal past (Bouajjani et al. 2017).
    Causal,
    /// Causal memory, CM: for each client, one legal order of its causal past (Ahamad et al. 1995).
    Cm,
    /// Causal consistency, CC: for each read, one legal order of its causal past.
    Cc,
    /// For each client, one legal order of its operations and everybody's writes that keeps each
    /// client's order (Lipton & Sandberg 1988).
    Pram,
    /// Writes follow reads (Terry et al. 1994): who sees a write sees what its writer had read.
    Wfr,
    /// Monotonic writes (Terry et al. 1994): who sees a write sees its writer's earlier writes.
    Mw,
    /// Read your writes (Terry et al. 1994).
    Ryw,
    /// Monotonic reads (Terry et al. 1994).
    Mr,
    /// Only written values are read, and replicas agree once all is quiet.
    Eventual,
}

impl Level {
    /// Every level that needs no number, strongest first; of two that cannot be compared either
    /// may stand first.
    pub const ALL: &'static [Level] = &[
        Level::Linearizable,
        Level::Sequential,
        Level::Causal,
        Level::Cm,
        Level::Cc,
        Level::Pram,
        Level::Wfr,
        Level::Mw,
        Level::Ryw,
        Level::Mr,
        Level::Eventual,
    ];

    /// Whether every history that meets `self` also meets `other`. Nothing but `eventual` implies
    /// `eventual`, which asks for final reads.
    pub fn implies(self, other: Level) -> bool {
        use Level::{Bounded, Causal, Cc, Cm, Linearizable, Mr, Mw, Pram, Ryw, Sequential, Wfr};
        match (self, other) {
            (one, same) if one == same => true,
            (_, Level::Eventual) => false,
            (Linearizable, _) => true,
            (Bounded { ms }, Bounded { ms: longer }) => ms <= longer,
            (Sequential, Causal | Cm | Cc | Pram | Wfr | Mw | Ryw | Mr) => true,
            (Causal, Cc | Wfr | Mw | Ryw | Mr) => true,
            (Cm, Cc | Pram | Wfr | Mw | Ryw | Mr) => true,
            (Cc, Ryw) => true,
            (Pram, Mw | Ryw | Mr) => true,
            _ => false,
        }
    }

    /// Whether a read that asked for `self` must also satisfy `other`: what counts when a level is
    /// judged. A bounded read is one of a session, which does not go back; that it is no older than
    /// its bound shows nothing of that, so it implies no such level.
    pub fn is_at_least(self, other: Level) -> bool {
        let of_session = matches!(self, Level::Bounded { .. }) && Level::Sequential.implies(other);
        other == Level::Eventual || of_session || self.implies(other)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Bounded { ms } => return write!(f, "bounded:{ms}"),
            Level::Linearizable => "linearizable",
            Level::Sequential => "sequential",
            Level::Causal => "causal",
            Level::Cm => "cm",
            Level::Cc => "cc",
            Level::Pram => "pram",
            Level::Wfr => "wfr",
            Level::Mw => "mw",
            Level::Ryw => "ryw",
            Level::Mr => "mr",
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
        write!(f, "unknown level `{}`; the judge knows: {}, bounded:<ms>", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Level, UnknownLevel> {
        let unknown = || UnknownLevel(name.chars().take(60).collect());
        if let Some(bound) = name.strip_prefix("bounded:") {
            return Ok(Level::Bounded { ms: bound.parse().map_err(|_| unknown())? });
        }
        let known = Level::ALL.iter().find(|level| level.to_string() == name);
        match (known, name) {
            (Some(&level), _) => Ok(level),
            (None, "linearizability") => Ok(Level::Linearizable),
            (None, "ccv") => Ok(Level::Causal),
            _ => Err(unknown()),
        }
    }
}
