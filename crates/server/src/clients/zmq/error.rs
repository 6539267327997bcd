//! What ends a connection.

use std::fmt;

/// Why a connection cannot go on. Nothing that it said is taken any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The first bytes are no greeting.
    NotZmtp,
    /// A version of ZMTP before 3.
    Version,
    /// Another mechanism than NULL.
    Mechanism,
    /// The greeting is not followed by READY as it ought to be.
    NotReady,
    /// A socket that is neither REQ nor DEALER.
    SocketType,
    /// A frame that ZMTP does not have.
    Frame,
    /// A command that is longer than any.
    Command,
    /// More than is kept in front of a request, so nobody could be answered.
    Envelope,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::NotZmtp => "not ZMTP",
            Fault::Version => "ZMTP before 3.0 is not spoken here",
            Fault::Mechanism => "only the mechanism NULL is served",
            Fault::NotReady => "READY with a Socket-Type was expected",
            Fault::SocketType => "only REQ and DEALER are served",
            Fault::Frame => "no frame of ZMTP 3",
            Fault::Command => "a command that is too long",
            Fault::Envelope => "too much in front of the empty part",
        })
    }
}
