//! The event loop: one thread on which everything runs but the log, and what its tasks share.
//!
//! The tasks of [clients](crate::clients) and [peers](crate::peers) put what arrives into the inbox
//! of the [`Shared`]; the [`Driver`] takes all of it into one turn of the node, and does what the
//! node answers.

mod backups;
mod clock;
pub(crate) mod driver;
mod notify;
mod room;
pub(crate) mod shared;

pub(crate) use clock::Clock;
pub(crate) use driver::{Driver, Report, Threads};
pub(crate) use notify::Notify;
pub(crate) use shared::{BUFFER_BYTES, Description, Ending, READ_BYTES, Shared};
