//! Faults: what a scenario does to its servers while the clients ask.
//!
//! ```text
//!   Schedule ── a fault is due ──▶ who leads? ──▶ strike ─▶ processes   SIGKILL, SIGSTOP, started again
//!                                                       ├─▶ Network     cut, slow, torn
//!                                                       ├─▶ DEBUG …     clock and disk, by the server itself
//!                                                       └─▶ Chronicle   what was done when, for the report
//! ```
//!
//! A fault that names a server by what it is hits the one that is so when the fault comes. Faults come
//! one after another: one that has to wait for a leader holds up those behind it.

mod inject;
mod log;
mod proxy;
mod schedule;
mod target;

pub(crate) use inject::{mend, strike};
pub(crate) use log::Chronicle;
pub(crate) use proxy::Network;
pub(crate) use schedule::Schedule;
pub(crate) use target::find_leader;
