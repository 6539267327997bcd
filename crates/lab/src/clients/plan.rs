//! What the runner and a client process say to each other, a line of JSON each.
//!
//! ```text
//!   runner                               client process
//!   Plan            ── stdin ──▶         connects
//!                   ◀── stdout ──        Report::Ready
//!   Start           ── stdin ──▶         waits for the instant, then runs its steps
//!                   ◀── stdout ──        Report::Operation, one for each as it ends
//!                   ◀── stdout ──        Report::Finished
//!   end of stdin    ──────────▶          ends, whatever it is doing
//! ```

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::step::{Answer, Step};
use super::workload::Share;
use crate::scenario::Transport;

/// The longest line that either side reads: the plan of a client that has as many requests, with
/// as long values, as a scenario file can hold.
pub(crate) const LINE_BYTES_MAX: u64 = 8 * crate::scenario::FILE_BYTES_MAX;

/// All that a client process is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// What it speaks.
    pub(crate) transport: Transport,
    /// Where each server serves such clients.
    pub(crate) servers: Vec<SocketAddr>,
    /// The server that it talks to, at least at first.
    pub(crate) server: usize,
    /// How long it waits for a reply before the outcome counts as unknown, in milliseconds.
    pub(crate) reply_timeout_ms: u64,
    /// What it does.
    pub(crate) work: Work,
}

/// What a client does, one operation after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// These steps.
    Steps(Vec<Step>),
    /// Its share of a workload.
    Share(Share),
}

/// Tells a client that is ready when to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Start {
    /// The instant, the same for all clients.
    pub(crate) at_ns: u64,
}

/// What a client process tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// It is connected.
    Ready,
    /// It could not connect; this is its last word.
    NotConnected { why: String },
    /// An operation has ended, or is given up.
    Operation {
        /// Its place among the steps.
        step: usize,
        /// What it is, if the client drew it itself.
        drawn: Option<Step>,
        /// The server that was asked.
        server: usize,
        /// How often this client went on under a new number before it asked.
        renewals: u64,
        start_ns: u64,
        end_ns: u64,
        answer: Answer,
        /// Where the answer stands, if the server said so.
        certificate: Option<Certificate>,
    },
    /// All steps are done.
    Finished,
}
