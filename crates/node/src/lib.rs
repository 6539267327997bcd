//! The store as a machine: inputs in, outputs out.
//!
//! A [`Node`] is told everything (time, messages, requests, disk completions) and only answers. It has
//! no clock, socket, file, thread or randomness of its own, so the server and the simulator drive
//! the very same code.
//!
//! ```text
//!              Input                        Output
//!   clients ── Request ──▶ ┌────────────┐ ── Reply ───▶ clients
//!   peers ──── Receive ──▶ │    Node    │ ── Send ────▶ peers
//!   disk ───── Persisted ▶ │  one turn  │ ── Persist ─▶ disk
//!   clock ──── Tick ─────▶ └────────────┘ ── Note ────▶ people
//! ```
//!
//! Inputs that arrived together are handed over together: one [turn](Node::turn) makes one entry, one group for the disk and
//! few messages per peer, however many clients asked. What must wait for the disk, the node itself holds
//! back; every output may be done at once. A node is born from its disk by [`Recovery`].

#[macro_use]
mod mutants;

mod agreed;
mod api;
mod cluster;
mod commands;
mod copies;
mod counting;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod ids;
mod keyspace;
mod limits;
mod merged;
mod node;
mod observe;
mod random;
mod recovery;
mod session;
mod store;
mod turn;
mod wire;

pub use api::*;
pub use commands::{
    Access, Argument, Command, Data, KeyPlaces, Model, Piece, Request, Row, Spec, find, fits, table,
};
pub use limits::Limits;
#[cfg(feature = "mutants")]
pub use mutants::{Mutant, Planted, plant};
pub use node::Node;
pub use observe::describe::in_words;
pub use observe::forged::{Forged, hello_of_stranger};
pub use observe::inspect::{AgreedEntry, Matter, NamedWrite, Vote, term_in};
pub use recovery::Recovery;
