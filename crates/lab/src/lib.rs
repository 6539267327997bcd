//! The workbench: reads a scenario file, starts servers and clients as processes, collects the
//! history, asks the judge and tells how it went.
//!
//! ```text
//!   FILE ─▶ scenario ─▶ attempt ───────────────────────────────▶ report
//!                       │  cluster: a process for each server   ▲
//!                       │  crew:    a process for each client   │
//!                       │  fire:    what is done to them        │
//!                       └─ recording ─▶ history ─▶ the judge ───┘
//! ```
//!
//! - A file is refused as a whole, with the place of each fault, before anything is started.
//! - Servers and clients are processes of this same program. Each holds the other end of a pipe from
//!   the runner as its standard input and ends when that does, so nothing outlives the runner, however
//!   it ends. (One that a fault made stand still is woken by the system: each is a process group of its
//!   own, and a group that is orphaned and stopped is continued.)
//! - Nobody sleeps to be safe: servers are asked until they are ready, clients say when they are
//!   connected, and all start at one instant on the machine's one monotonic clock.
//! - An operation is done, refused or unknown. After an unknown one the client goes on under a new
//!   number, because nobody may assume that the old one has ended.
//!
//! - Faults need no right that a user has not: signals for the processes, ports of the runner between
//!   the servers, and a mode of the servers in which they take orders about their clocks and disks.

pub mod scenario;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

mod level;

mod run;

mod attempt;
mod stage;
mod watch;

mod cluster;
mod crew;
mod fire;
mod info;
mod ports;
mod process;

mod certificate;
mod client;
mod connection;
mod plan;
mod zmq;

mod clock;
mod delays;
mod order;
mod share;

mod finals;
mod recording;

mod comparison;
mod judgement;

mod figures;
mod report;
mod screen;

mod pages;

mod directory;
mod failure;
mod interrupt;
mod keep;

#[cfg(test)]
mod fake;

pub use client::client;
pub use crew::CLIENT_COMMAND;
pub use directory::RUNS;
pub use level::{names as level_names, parse as parse_level};
pub use run::{Options, run, this_program};
