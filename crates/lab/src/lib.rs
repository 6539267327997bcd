//! The workbench: reads a scenario file, starts servers and clients as processes, collects the
//! history, asks the judge and tells how it went.
//!
//! ```text
//!   FILE ─▶ scenario ─▶ attempt ───────────────────────────────▶ report
//!                       │  servers: a process each              ▲
//!                       │  clients: a process each              │
//!                       │  nemesis: what is done to the servers │
//!                       └─ recording ─▶ history ─▶ the judge ───┘
//! ```
//!
//! Begin with `attempt/mod.rs`, which is one run from its first port to its verdict; `run.rs` makes
//! one of each file, and `nemesis/` is where servers are hurt.
//!
//! Beside all that stands `operator`: what operators do with the keys of a server that runs.
//!
//! - A file is refused as a whole, with the place of each fault, before anything is started.
//! - Servers and clients are processes of this same program. Each holds the other end of a pipe
//!   from the runner as its standard input and ends when that does, so nothing outlives the runner,
//!   however it ends. (One that a fault made stand still is woken by the system: each is a process
//!   group of its own, and a group that is orphaned and stopped is continued.)
//! - Nobody sleeps to be safe: servers are asked until they are ready, clients say when they are
//!   connected, and all start at one instant on the machine's one monotonic clock.
//! - An operation is done, refused or unknown. After an unknown one the client goes on under a new
//!   number, because nobody may assume that the old one has ended.
//! - Faults need no right that a user has not: signals for the processes, ports of the runner
//!   between the servers, and a mode of the servers in which they take orders about their clocks
//!   and disks.

pub mod operator;
pub mod scenario;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod run;

mod attempt;

mod clients;
mod nemesis;
mod servers;

mod report;

mod clock;
mod command;
mod error;
mod interrupt;

pub use attempt::directory::{REPORT, RUNS};
pub use attempt::figures::{Figures, Kind};
pub use attempt::final_reads::QuietEnd;
pub use attempt::judgement::{Besides, Evidence, Judgement, Part};
pub use attempt::outcome::{Attempt, Expected, FileResult, StatedOrder};
pub use clients::client::client;
pub use clients::model::Model;
pub use clients::pool::CLIENT_COMMAND;
pub use clients::step::operations;
pub use command::quoted;
pub use operator::{ClusterAsk, cluster};
pub use report::comparison::{Column, Comparison, Showing, Word};
pub use report::{latency, millis, pace};
pub use run::{Options, Pages, run, this_program};
pub use scenario::level::{names as level_names, parse as parse_level};
pub use servers::cluster::Ready;
pub use servers::standing::{STANDINGS, Standing};
