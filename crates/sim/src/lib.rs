//! A world in one thread from one seed: network, disks, clocks, crashes, clients.
//!
//! A world drives the very nodes that the server drives, and tells them everything: time, messages, what the disk
//! did. All of it comes from the seed, so the same seed gives the same world, byte for byte, on any
//! machine. First things break, as planned: processes die and lose what was not synced, syncs fail, bits rot, machines are
//! lost for good; links are cut, flap, slow down, lose, double and disorder what they carry; clocks jump and drift; nodes
//! pause. Then everything heals, and the world must come to rest. All the while truths are looked at (the table of them
//! stands in `truths/mod.rs`), and at the end the judge is asked. Of a world that broke one, the plan is shrunk.
//!
//! ```text
//!   seed ──▶ Plan ──▶ World: Agenda ─▶ events ─▶ hosts, network, clients ─▶ truths, record ─▶ Report
//!          (setting,          ▲                          │
//!            faults)          └──────── new events ──────┘
//! ```
//!
//! Where to read: `plan.rs` and `fault.rs` say what will go wrong; `world.rs` is the loop; `turn.rs`, `post.rs`, `errand.rs` and `strike.rs` are what happens in it,
//! to nodes, between nodes, between clients and nodes, and against them all; `ending.rs` is the second half.
//!
//! ```
//! let report = sim::run(7, &sim::Options::default());
//! assert_eq!(report.verdict, Ok(()));
//! assert_eq!(report.trace_hash, sim::run(7, &sim::Options::default()).trace_hash);
//! ```

mod diagram;
mod many;
#[cfg(feature = "mutants")]
mod mutant;
mod options;
mod panic;
mod report;
mod shrink;

mod ending;
mod errand;
mod post;
mod scheme;
mod strike;
mod turn;
mod world;

mod fault;
mod lie;
mod plain;
mod plan;
mod setting;

mod agenda;
mod client;
mod clock;
mod disk;
mod host;
mod network;

mod chance;
mod operation;
mod tally;
mod told;
mod trace;
mod truths;

pub use diagram::{Band, Call, Diagram, End, Fate, Mark, Message, State};
pub use lie::Lie;
pub use many::{Many, Summary, current_seed, run_many};
#[cfg(feature = "mutants")]
pub use mutant::{Hunted, Mutant, Progress, hunt};
pub use options::Options;
pub use panic::hush;
pub use plain::Plain;
pub use report::{Planned, Report, Violation};
pub use shrink::{Shrunk, shrink};
pub use truths::Judgement;

use plan::Plan;
use world::World;

/// Lives one world.
pub fn run(seed: u64, options: &Options) -> Report {
    many::mark(seed);
    #[cfg(feature = "mutants")]
    let _planted = node::plant(options.mutant);
    World::new(Plan::draw(seed, options), options).run()
}
