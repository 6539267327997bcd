//! The real world: sockets, clock, files and threads, driving the same node that the simulator drives.
//!
//! [`serve()`] is the way in. It does what the node asks for and tells it what happened; whatever
//! decides is in the node.

mod mutants;

mod serve;

mod options;

mod file;

mod machine;

mod hub;

mod connection;

pub mod client;

mod zmq;

mod peer;

mod log;

mod disk;

mod bell;

mod chance;

mod clock;

mod descriptors;

mod ending;

mod failure;

mod faults;

mod notes;

pub use failure::Failure;
pub use faults::Faults;
pub use node::{Level, Order};
pub use notes::last_words;
pub use options::{Options, parse_level, parse_peers};
pub use serve::serve;
