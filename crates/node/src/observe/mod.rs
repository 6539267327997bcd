//! The node as seen from outside: for diagrams, stories and the simulator's invariants.

pub(crate) mod describe;
pub(crate) mod forged;
pub(crate) mod inspect;
