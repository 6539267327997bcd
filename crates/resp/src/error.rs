//! What is wrong with the bytes a client sent, in Redis' own words.

use std::fmt;

use crate::{Protocol, Writer};

/// Bytes that are no request. What came before was fine; what follows cannot be told apart any
/// more, so the connection is answered with this and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// An argument does not begin with `$` but with this.
    ExpectedBulk(u8),
    /// The length of an argument is no number, negative, too great, or not where the argument ends.
    BulkLength,
    /// The number of arguments is no number or too great.
    ArgumentCount,
    /// An inline request with a quote that is not closed, or closed inside a word.
    Quotes,
    /// An inline request is too long.
    InlineTooLong,
    /// The line with the number of arguments has no end.
    CountLineTooLong,
    /// The line with the length of an argument has no end.
    LengthLineTooLong,
    /// All arguments together are too long.
    RequestTooLong,
    /// An HTTP request: some browser was led here. It gets no reply.
    ForeignProtocol,
}

impl ProtocolError {
    /// Appends the error as a reply (the same in every protocol), or nothing if none is due.
    pub fn write(&self, out: &mut Vec<u8>) {
        if *self != ProtocolError::ForeignProtocol {
            Writer::new(out, Protocol::Resp2).error_with(format_args!("ERR {self}"));
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol error: ")?;
        f.write_str(match *self {
            ProtocolError::ExpectedBulk(byte) => {
                return match byte {
                    b'\r' | b'\n' => f.write_str("expected '$', got ' '"),
                    _ => write!(f, "expected '$', got '{}'", Shown(byte)),
                };
            }
            ProtocolError::BulkLength => "invalid bulk length",
            ProtocolError::ArgumentCount => "invalid multibulk length",
            ProtocolError::Quotes => "unbalanced quotes in request",
            ProtocolError::InlineTooLong => "too big inline request",
            ProtocolError::CountLineTooLong => "too big mbulk count string",
            ProtocolError::LengthLineTooLong => "too big bulk count string",
            ProtocolError::RequestTooLong => "too big request",
            ProtocolError::ForeignProtocol => "this is not HTTP",
        })
    }
}

impl std::error::Error for ProtocolError {}

/// A byte as it is if it can be shown, else as `\xHH`.
struct Shown(u8);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            byte @ b' '..=b'~' => write!(f, "{}", char::from(byte)),
            byte => write!(f, "\\x{byte:02x}"),
        }
    }
}
