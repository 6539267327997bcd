//! The nemesis: what a scenario does to its servers while the clients ask.
//!
//! ```text
//!   Schedule ─ a fault is due ─▶ who leads? ─▶ inject ─▶ processes  SIGKILL, SIGSTOP, a new start
//!                                                    ├─▶ Proxy      cut, slow, torn
//!                                                    ├─▶ DEBUG …    clock and disk, by the server
//!                                                    └─▶ Log        what was done when
//! ```
//!
//! A fault that names a server by what it is hits the one that is so when the fault comes. Faults
//! come one after another: one that has to wait for a leader holds up those behind it.

mod inject;
mod log;
mod proxy;
mod schedule;
mod target;

pub(crate) use inject::{inject, mend};
pub(crate) use log::Log;
pub(crate) use proxy::Proxy;
pub(crate) use schedule::Schedule;
pub(crate) use target::find_leader;
