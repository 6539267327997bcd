//! Messages on a connection, in frames.
//!
//! ```text
//!   [length and flags, four bytes, little-endian][bytes]
//! ```
//!
//! A message longer than a frame is cut into several, each but the last flagged as continued. An
//! urgent message is one frame, and may stand between the frames of another message: a heartbeat
//! must not wait for a value of 16 MiB, or the value ends the term of the leader that sends it.

use bytes::{Buf, Bytes, BytesMut};

/// The longest message.
pub(super) const MESSAGE_BYTES_MAX: usize = 80 << 20;
/// The most bytes of a message in one frame.
pub(super) const FRAME_BYTES_MAX: usize = 64 << 10;
/// The bytes before those of the message.
pub(super) const HEAD_BYTES: usize = 4;

/// More frames of this message follow.
const CONTINUED: u32 = 1 << 31;
/// A message by itself, wherever it stands.
const URGENT: u32 = 1 << 30;

/// Appends a message. It is no longer than [`MESSAGE_BYTES_MAX`].
pub(super) fn append(out: &mut BytesMut, message: &[u8]) {
    assert!(message.len() <= MESSAGE_BYTES_MAX, "whoever sends looks at the length first");
    let frames = message.len().div_ceil(FRAME_BYTES_MAX).max(1);
    out.reserve(frames * HEAD_BYTES + message.len());
    let mut rest = message;
    while rest.len() > FRAME_BYTES_MAX {
        put(out, CONTINUED, &rest[..FRAME_BYTES_MAX]);
        rest = &rest[FRAME_BYTES_MAX..];
    }
    put(out, 0, rest);
}

/// Appends a message that may stand between the frames of another. It fits into one frame.
pub(super) fn append_urgent(out: &mut BytesMut, message: &[u8]) {
    assert!(message.len() <= FRAME_BYTES_MAX, "whoever sends looks at the length first");
    put(out, URGENT, message);
}

fn put(out: &mut BytesMut, flags: u32, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32 | flags).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The length of the frame that begins here, head included.
///
/// # Panics
/// If its head is not whole.
pub(super) fn length(frame: &[u8]) -> usize {
    let head = frame.first_chunk().expect("a whole head");
    HEAD_BYTES + (u32::from_le_bytes(*head) & !(CONTINUED | URGENT)) as usize
}

/// A length that no frame or no message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong(pub usize);

/// Messages, put together from the frames of one connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The frames so far of a message that is not complete.
    begun: BytesMut,
}

impl Frames {
    /// Takes a complete message of at most so many bytes off the front; `None`: more bytes are
    /// needed. Memory grows with what arrives, whatever the lengths say.
    pub(super) fn take(
        &mut self,
        buffer: &mut BytesMut,
        bytes_max: usize,
    ) -> Result<Option<Bytes>, TooLong> {
        loop {
            let Some(head) = buffer.first_chunk() else { return Ok(None) };
            let flags = u32::from_le_bytes(*head) & (CONTINUED | URGENT);
            let length = length(buffer);
            if length - HEAD_BYTES > FRAME_BYTES_MAX {
                return Err(TooLong(length - HEAD_BYTES));
            }
            if buffer.len() < length {
                return Ok(None);
            }
            buffer.advance(HEAD_BYTES);
            let bytes = buffer.split_to(length - HEAD_BYTES);
            if flags & URGENT != 0 || (flags == 0 && self.begun.is_empty()) {
                return Ok(Some(bytes.freeze()));
            }
            if self.begun.len() + bytes.len() > bytes_max {
                return Err(TooLong(self.begun.len() + bytes.len()));
            }
            self.begun.extend_from_slice(&bytes);
            if flags == 0 {
                return Ok(Some(std::mem::take(&mut self.begun).freeze()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_fed_byte_by_byte() {
        let long = vec![7; 2 * FRAME_BYTES_MAX + 1];
        let mut sent = BytesMut::new();
        append(&mut sent, b"one");
        append(&mut sent, b"");
        append(&mut sent, &long);
        append_urgent(&mut sent, b"now");
        append(&mut sent, &long[..FRAME_BYTES_MAX]);
        let (mut frames, mut buffer, mut taken) = (Frames::default(), BytesMut::new(), vec![]);
        for byte in sent {
            buffer.extend_from_slice(&[byte]);
            taken.extend(frames.take(&mut buffer, MESSAGE_BYTES_MAX).unwrap());
        }
        assert_eq!(taken, [b"one", &b""[..], &long, b"now", &long[..FRAME_BYTES_MAX]]);
        assert!(buffer.is_empty());
    }

    #[test]
    fn an_urgent_message_stands_between_the_frames_of_another() {
        let long = vec![7; 2 * FRAME_BYTES_MAX];
        let mut sent = BytesMut::new();
        append(&mut sent, &long);
        let rest = sent.split_off(length(&sent));
        append_urgent(&mut sent, b"now");
        sent.unsplit(rest);
        let mut frames = Frames::default();
        assert_eq!(frames.take(&mut sent, MESSAGE_BYTES_MAX).unwrap().unwrap(), &b"now"[..]);
        assert_eq!(frames.take(&mut sent, MESSAGE_BYTES_MAX).unwrap().unwrap(), long);
        assert_eq!(frames.take(&mut sent, MESSAGE_BYTES_MAX), Ok(None));
    }

    #[test]
    fn lengths_that_nothing_has() {
        let mut buffer = BytesMut::from(&u32::MAX.to_le_bytes()[..]);
        assert!(Frames::default().take(&mut buffer, MESSAGE_BYTES_MAX).is_err(), "a frame");
        let mut frames = Frames::default();
        let mut taken = Ok(None);
        for _ in 0..=MESSAGE_BYTES_MAX / FRAME_BYTES_MAX {
            assert_eq!(taken, Ok(None));
            let mut buffer = BytesMut::new();
            put(&mut buffer, CONTINUED, &[0; FRAME_BYTES_MAX]);
            taken = frames.take(&mut buffer, MESSAGE_BYTES_MAX);
        }
        assert_eq!(taken, Err(TooLong(MESSAGE_BYTES_MAX + FRAME_BYTES_MAX)), "a message");
    }
}
