//! What ends a connection.

use std::fmt;

/// Why a connection cannot go on. Nothing that it said is taken any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::NotZmtp => "not ZMTP",
            Error::Version => "ZMTP before 3.0 is not spoken here",
            Error::Mechanism => "only the mechanism NULL is served",
            Error::NotReady => "READY with a Socket-Type was expected",
            Error::SocketType => "only REQ and DEALER are served",
            Error::Frame => "no frame of ZMTP 3",
            Error::Command => "a command that is too long",
            Error::Envelope => "too much in front of the empty part",
        })
    }
}
