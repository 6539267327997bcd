//! The real world: sockets, clock, files and threads, driving the same node that the simulator
//! drives.
//!
//! [`serve()`] is the way in. It does what the node asks for and tells it what happened; whatever
//! decides is in the node.

mod mutants;

mod serve;

mod shutdown;

mod options;

mod event_loop;

mod clients;

pub mod commands;

mod peers;

mod local;

mod log;

mod snapshots;

mod backup;

mod inspection;

mod recovery;

mod logging;

mod error;

mod random;

mod descriptors;

mod faults;

/// What must hold for any bytes, for the fuzz targets in `fuzz/`.
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing {
    pub use crate::clients::zmq::fuzzing as zmq;
    pub use crate::log::fuzzing as log;
    pub use crate::peers::fuzzing as peers;
    pub use crate::snapshots::fuzzing as snapshots;
}

pub use backup::{Examined, NewNode, Restore, Restored, Survey, examine, restore, survey};
pub use error::Error;
pub use faults::Faults;
pub use inspection::{Inspect, Inspected, inspect};
pub use logging::last_words;
pub use node::{Boot, Found, Index, Level, Lost, NodeId, OnceWanted, Order, Survivor, Survivors};
pub use options::{Bounds, Options, parse_dial, parse_join, parse_level, parse_peers, parse_size};
pub use serve::serve;
