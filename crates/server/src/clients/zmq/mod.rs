//! ZeroMQ: the port of clients that speak ZMTP 3 and ask in JSON, one object a request, one text a
//! reply.
//!
//! ```text
//!   {"type": "set", "key": "a", "value": 10}      success
//!   {"type": "get", "key": "a", "value": null}    a:10, or a:None when there is nothing
//!   what cannot be done                           error: CODE text, with the codes of RESP
//! ```
//!
//! A connection here is a session like any other: the same table, the same limits, replies in the
//! order of the requests. Only what it [speaks](speaker) differs, and how a [reply](reply) is
//! written. To its clients the server is a ROUTER, so each is answered by itself and none waits for
//! another.
//!
//! ```text
//!   bytes ──▶ decoder ──▶ Message { envelope, body } ──▶ request (json, python) ──▶ node::Command
//!              greeting, frame, handshake                                             │
//!   bytes ◀── envelope, one frame of text ◀── reply ◀────────────────── node::Reply ◀─┘
//! ```
//!
//! The peer is a REQ socket, or a DEALER that puts an empty part before its request; all parts up
//! to and including the first empty one are the envelope, which goes back in front of the reply.
//! Any other socket type is told that it is not served, and let go. What is no ZMTP is let go
//! without a word in the log: whoever reaches the port could fill it.
//!
//! A [long](speaker) body is read on a thread beside the loop, a few at a time and each [in its
//! turn](turns), and its connection waits for that: no other does.
//!
//! Memory grows with the bytes that came, never with what a frame announces; what is beyond a limit
//! is passed over as it comes, and answered with an error if it is known whom to answer.
//!
//! Left out: mechanisms other than NULL, the versions of ZMTP before 3, and what belongs to other
//! socket types.

mod greeting;

mod frame;

mod handshake;

mod decoder;

mod error;

mod json;

mod python;

mod request;

mod turns;

mod reply;

mod speaker;

pub(crate) use reply::Return;
pub(crate) use speaker::Speaker;
pub(crate) use turns::Turns;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

#[cfg(test)]
mod tests;
