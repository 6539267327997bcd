//! A cluster in one thread from one seed: network, disks, clocks, crashes, clients.
//!
//! A world drives the very nodes that the server drives, and tells them everything: time, messages,
//! what the disk did. All of it comes from the seed, so the same seed gives the same world, byte
//! for byte, on any machine. First things break, as planned: processes die and lose what was not
//! synced, syncs fail, bits rot, machines are lost for good; links are cut, flap, slow down, lose,
//! double and reorder messages; clocks jump and drift; nodes pause. Then everything heals, and the
//! world must come to rest. Invariants are checked all the while (their table stands in
//! `invariants/mod.rs`), and the judge is asked at the end. The plan of a world that violates an
//! invariant is shrunk.
//!
//! ```text
//!   seed ─▶ Plan ─▶ World: EventQueue ─▶ hosts, network, clients ─▶ invariants ─▶ Report
//!        (setting,             ▲                 │
//!          faults)             └── new events ───┘
//! ```
//!
//! Begin with `world/mod.rs`: the loop, and what stands beside it. `plan/` draws what goes wrong,
//! `env/` is what a node meets instead of the real world, `record/` keeps what happened,
//! `sabotage/` shows that every check can fail.
//!
//! ```
//! let report = sim::run(7, &sim::Options::default());
//! assert_eq!(report.verdict, Ok(()));
//! assert_eq!(report.trace_hash, sim::run(7, &sim::Options::default()).trace_hash);
//! ```

mod env;
mod invariants;
mod plan;
mod record;
mod sabotage;
mod world;

mod batch;
mod options;
mod report;
mod shrink;

pub use batch::{Batch, Summary, run_batch};
pub use invariants::verdict::Judgement;
pub use invariants::violation::Violation;
pub use options::{Options, Plain};
pub use record::diagram::{Band, Call, Diagram, Fate, Mark, Message, State};
pub use record::document::document;
pub use report::{Planned, Report, Shrunk};
pub use sabotage::Sabotage;
#[cfg(feature = "mutants")]
pub use sabotage::mutants::{Hunted, Mutant, Progress, hunt};
pub use shrink::shrink;
pub use world::panic::{current_seed, hush};
pub use world::run;
