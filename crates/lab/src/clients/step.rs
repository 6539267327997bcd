//! One step of a client, and what came of it.

use serde::{Deserialize, Serialize};

use crate::scenario::VALUE_BYTES_MAX;

/// One request, with all that is random already drawn.
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

/// A value as text. Scenarios write texts of limited length alone, so anything else was never
/// written; it is described, lest it look like something that was.
pub(crate) fn text_of(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.len() <= VALUE_BYTES_MAX => text.into(),
        Ok(_) => format!("(a value of {} bytes)", value.len()),
        Err(_) => format!("(a value of {} bytes that are no UTF-8)", value.len()),
    }
}
