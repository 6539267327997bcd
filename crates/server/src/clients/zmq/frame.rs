//! Frames: flags, a length of one byte or eight, and so many bytes (ZMTP 3.0, "Framing").

use super::error::Error;

/// More parts of the same message follow.
pub(super) const MORE: u8 = 1;
/// The length takes eight bytes.
const LONG: u8 = 2;
/// A command, no part of a message.
pub(super) const COMMAND: u8 = 4;
/// The longest frame whose length takes one byte.
const SHORT_BYTES_MAX: usize = u8::MAX as usize;

/// What stands before the bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether more parts of the same message follow.
    pub(super) more: bool,
    /// Whether it is a command.
    pub(super) is_command: bool,
    /// How many bytes follow, as the peer says.
    pub(super) announced: u64,
    /// How many bytes the header itself takes.
    pub(super) bytes: usize,
}

impl Header {
    /// Reads a header; `None`: more bytes are needed.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Header>, Error> {
        let Some((&flags, rest)) = bytes.split_first() else { return Ok(None) };
        let (more, is_command) = (flags & MORE != 0, flags & COMMAND != 0);
        if flags & !(MORE | LONG | COMMAND) != 0 || (more && is_command) {
            return Err(Error::Frame);
        }
        let header = |announced, bytes| Some(Header { more, is_command, announced, bytes });
        if flags & LONG == 0 {
            return Ok(rest.first().and_then(|length| header(u64::from(*length), 2)));
        }
        let Some(length) = rest.first_chunk() else { return Ok(None) };
        match u64::from_be_bytes(*length) {
            length if length >> 63 != 0 => Err(Error::Frame),
            length => Ok(header(length, 9)),
        }
    }
}

/// Appends a frame of these parts, with these flags.
pub(super) fn write(out: &mut Vec<u8>, flags: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.reserve(length + 9);
    match u8::try_from(length) {
        Ok(length) => out.extend([flags, length]),
        Err(_) => {
            out.push(flags | LONG);
            out.extend((length as u64).to_be_bytes());
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// How many bytes a frame of this length takes.
pub(super) fn bytes(length: usize) -> usize {
    length + if length > SHORT_BYTES_MAX { 9 } else { 2 }
}
