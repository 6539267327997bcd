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

use crate::certificate::Certificate;

/// The longest line that either side reads: the plan of a client that has as many requests, with
/// as long values, as a scenario file can hold.
pub(crate) const LINE_BYTES_MAX: u64 = 8 * crate::scenario::FILE_BYTES_MAX;

/// All that a client process is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Where its server serves clients.
    pub(crate) server: SocketAddr,
    /// How long it waits for a reply before the outcome counts as unknown, in milliseconds.
    pub(crate) reply_timeout_ms: u64,
    /// What it does, one after another.
    pub(crate) steps: Vec<Step>,
}

/// One request, with chance already drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Give a key a value.
    Write { key: String, value: String },
    /// Ask for the value of a key.
    Read { key: String },
    /// Wait.
    Sleep { ms: u64 },
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

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The write took effect.
    Written,
    /// The read returned this; `None`: nothing there.
    Value(Option<String>),
    /// It did not and will not take effect; the reason as the server or the system gave it.
    Refused(String),
    /// Nobody knows whether it took effect; the reason likewise.
    Unknown(String),
}
