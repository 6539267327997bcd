//! The store as a machine: inputs in, outputs out.
//!
//! A [`Node`] is told everything (time, messages, requests, disk completions) and only answers. It
//! has no clock, socket, file, thread or randomness of its own, so the server and the simulator
//! drive the very same code.
//!
//! ```text
//!              Input                        Output
//!   clients ── Request ──▶ ┌────────────┐ ── Reply ───▶ clients
//!   peers ──── Receive ──▶ │    Node    │ ── Send ────▶ peers
//!   disk ───── Persisted ▶ │  one turn  │ ── Persist ─▶ disk
//!   clock ──── Tick ─────▶ └────────────┘ ── Note ────▶ people
//! ```
//!
//! Inputs that arrived together are handed over together: one [turn](Node::turn) makes one entry,
//! one group for the disk and few messages per peer, however many clients asked. What must wait for
//! the disk, the node itself holds back; every output may be done at once. A node is born from its
//! disk by [`Recovery`].
//!
//! # Where to begin
//!
//! `api` says what goes in and out; `node` is one turn, and hands each input to the part that it is
//! for.
//!
//! | room | what is in it |
//! |---|---|
//! | `api`, `node`, `turn`, `session`, `counting` | a turn, its budget; connections; long reads |
//! | `keyspace`, `commands`, `store` | what a key is promised; a row a command; where values lie |
//! | `level`, `preference` | levels; which of several in order of preference a read takes |
//! | `agreed` | the one log that Raft keeps: writes, linearizable and bounded reads, elections |
//! | `merged` | one log a replica, merged by stamp: writes, anti-entropy |
//! | `snapshot` | the state written down, so that logs may go, and fetched by who is behind |
//! | `backup` | a snapshot, or what survivors hold, turned into the first node of a new cluster |
//! | `digest` | the state of all members compared, and a node that differs stopped |
//! | `cluster` | who the members are, whether they are who they say, how far their clocks differ |
//! | `wire`, `recovery` | the forms on disk and between nodes; how a node is born from its disk |
//! | `observe`, `mutants` | the words that people read; the bugs that tests must catch |

#[macro_use]
mod mutants;

mod agreed;
mod api;
mod backup;
mod carving;
mod cluster;
mod commands;
mod copies;
mod counting;
mod digest;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod ids;
mod keyspace;
mod level;
mod limits;
#[cfg(feature = "measuring")]
pub mod measuring;
mod merged;
mod node;
mod observe;
mod position;
mod preference;
mod random;
mod recovery;
mod reply;
mod session;
mod snapshot;
mod store;
mod token;
mod turn;
mod wire;

pub use agreed::Beginning;
pub use api::*;
pub use backup::{Contents, Found, Founded, Founder, Founding, Lost, Survivor, Survivors};
pub use cluster::told::{ClusterTold, MemberTold};
pub use commands::{
    Access, Argument, Command, Data, KeyPlaces, List, Model, OnceId, Piece, Request, Row, Spec,
    find, fits, table,
};
pub use keyspace::definition::{Allowed, Definition, Levels, check_name};
pub use keyspace::table::check_keyspaces;
pub use limits::{Limits, OnceLimits, OnceWanted};
pub use merged::MergedEntry;
#[cfg(feature = "mutants")]
pub use mutants::{Mutant, Planted, plant};
pub use node::Node;
pub use observe::describe::in_words;
pub use observe::forged::{Forged, as_written_earlier, hello_of_stranger};
pub use observe::inspect::{
    AgreedEntry, ChangeSeen, Matter, MemberStep, NamedWrite, RosterSeen, Vote, acknowledges,
    term_in,
};
pub use recovery::Recovery;
pub use token::Token;
