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

use crate::clients::certificate::Certificate;
use crate::clients::workload::Share;
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

/// One request, with chance already drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Give a key a value.
    Write { key: String, value: String },
    /// Ask for the value of a key, perhaps at a level of its own.
    Read { key: String, level: Option<String> },
    /// Give a key a value if it has that one; `None`: if nothing is there.
    Cas { key: String, from: Option<String>, to: String },
    /// Wait.
    Sleep { ms: u64 },
}

impl Step {
    /// The key of an operation.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Step::Write { key, .. } | Step::Read { key, .. } | Step::Cas { key, .. } => Some(key),
            Step::Sleep { .. } => None,
        }
    }

    /// Whether it may change something.
    pub(crate) fn is_write(&self) -> bool {
        matches!(self, Step::Write { .. } | Step::Cas { .. })
    }
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

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The write took effect.
    Written,
    /// The read returned this; `None`: nothing there.
    Value(Option<String>),
    /// The comparison was made; whether the value was the one to be replaced, and was.
    Swapped(bool),
    /// It did not and will not take effect; the reason as the server or the system gave it.
    Refused(String),
    /// Nobody knows whether it took effect; the reason likewise.
    Unknown(String),
}
