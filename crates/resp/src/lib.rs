//! The language of the Redis protocol: bytes to frames and back, and nothing else.
//!
//! Pure: no socket, clock or thread. Whoever serves feeds what a client sent to a [`Parser`] and
//! writes replies with a [`Writer`]; whoever asks writes commands with [`command`] and feeds what
//! the server sent to a [`Decoder`].
//!
//! ```text
//!   client                                   server
//!   command() ──── bytes ────▶ BytesMut ──▶ Parser ──▶ Request
//!   Value ◀── Decoder ◀── BytesMut ◀── bytes ──── Writer
//! ```
//!
//! Both readers remember how far they came, so a frame that arrives byte by byte is read once, and
//! "need more" is `Ok(None)`, never an error. Payloads are not copied: they share the receive
//! buffer (see [`Request::bytes`] for what that means to whoever keeps one). Memory grows with the
//! bytes that arrived, never with a length that was merely announced; every length and depth has a
//! limit.
//!
//! Speed is measured by `cargo bench -p resp`, nanoseconds per command; its figures stand in
//! `benches/speed.rs`.
//!
//! Left out: RESP3's streamed strings and aggregates (`$?`, `*?`), which no server is known to
//! send.

mod request;

mod parser;

mod inline;

mod error;

mod writer;

mod command;

mod value;

mod decoder;

mod number;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

pub use command::command;
pub use decoder::{DEPTH_MAX, DecodeError, Decoder};
pub use error::ProtocolError;
pub use inline::split_words;
pub use number::parse_integer;
pub use parser::{
    ARGUMENTS_MAX, BULK_BYTES_MAX, INLINE_BYTES_MAX, Limits, Parser, REQUEST_BYTES_MAX,
};
pub use request::Request;
pub use value::Value;
pub use writer::{Protocol, Writer};
