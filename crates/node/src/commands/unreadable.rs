//! Why bytes are no write.

use std::fmt;

use crate::wire::codec::Malformed;

/// Why bytes are no write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// They are not what they claim to be.
    Malformed,
    /// They may be, for another version of Candor.
    Unknown { what: &'static str, number: u64 },
}

impl Unreadable {
    /// An error unless this holds.
    pub(crate) fn unless(sound: bool) -> Result<(), Unreadable> {
        if sound { Ok(()) } else { Err(Unreadable::Malformed) }
    }
}

impl From<Malformed> for Unreadable {
    fn from(_: Malformed) -> Unreadable {
        Unreadable::Malformed
    }
}

impl From<Unreadable> for Malformed {
    /// For where both are turned away.
    fn from(_: Unreadable) -> Malformed {
        Malformed
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Malformed => f.write_str("it cannot be read"),
            Unreadable::Unknown { what, number } => {
                write!(f, "this version of Candor does not know {what} {number}")
            }
        }
    }
}
