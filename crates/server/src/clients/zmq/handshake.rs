//! Commands: READY of the mechanism NULL, ERROR, and the heartbeats of ZMTP 3.1.
//!
//! A command is its name (a byte of length before it) and what belongs to it; for READY that are
//! properties, a name (a byte of length before it) and a value (four) each.

use super::error::Error;
use super::frame::{self, COMMAND};
use crate::mutants::mutant;

/// What the server is to its clients.
const SOCKET_TYPE: &[u8] = b"ROUTER";
/// What they may be to it.
const SERVED: [&[u8]; 2] = [b"REQ", b"DEALER"];
/// The most of a ping that comes back with the pong.
const CONTEXT_BYTES_MAX: usize = 16;
/// What stands in a ping before its context: how long the peer waits for anything.
const TTL_BYTES: usize = 2;

/// Splits something off that has its length in one byte before it.
fn named(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// Whether this command is READY from a socket that is served here.
pub(super) fn check_ready(command: &[u8]) -> Result<(), Error> {
    let Some((b"READY", mut properties)) = named(command) else { return Err(Error::NotReady) };
    let mut socket_type = None;
    while !properties.is_empty() {
        let (name, value, rest) = property(properties).ok_or(Error::NotReady)?;
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            socket_type = Some(value);
        }
        properties = rest;
    }
    match socket_type {
        Some(name) if SERVED.contains(&name) => Ok(()),
        Some(_) => Err(Error::SocketType),
        None => Err(Error::NotReady),
    }
}

/// The first property, and what follows it.
fn property(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, rest) = named(bytes)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((name, value, rest))
}

/// What a ping wants to have back; `None`: it is no ping.
pub(super) fn context_of_ping(command: &[u8]) -> Option<&[u8]> {
    let (name, rest) = named(command)?;
    let context = rest.get(TTL_BYTES..)?;
    (name == b"PING"
        && context.len()
            <= mutant!(LongestPingPassedOver, CONTEXT_BYTES_MAX, CONTEXT_BYTES_MAX - 1))
    .then_some(context)
}

/// Appends READY.
pub(super) fn write_ready(out: &mut Vec<u8>) {
    let length = (SOCKET_TYPE.len() as u32).to_be_bytes();
    let parts: [&[u8]; 4] = [b"\x05READY", b"\x0bSocket-Type", &length, SOCKET_TYPE];
    frame::write(out, COMMAND, &parts);
}

/// Appends the answer to a ping.
pub(super) fn write_pong(out: &mut Vec<u8>, context: &[u8]) {
    frame::write(out, COMMAND, &[b"\x04PONG", context]);
}

/// Appends why the peer is let go.
pub(super) fn write_error(out: &mut Vec<u8>, error: Error) {
    let reason = error.to_string();
    frame::write(out, COMMAND, &[b"\x05ERROR", &[reason.len() as u8], reason.as_bytes()]);
}
