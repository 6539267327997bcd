//! The environment of a node, instead of the real world: clocks, a disk, a network, clients.
//!
//! Begin with `host.rs`, the machine that a node runs on.

pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod disk;
pub(crate) mod host;
pub(crate) mod link;
pub(crate) mod network;
pub(crate) mod snapshots;
