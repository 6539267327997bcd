//! Messages on a connection: the length in four bytes, little-endian, then the message.

use bytes::{Buf, Bytes, BytesMut};

/// The longest message.
pub(super) const MESSAGE_BYTES_MAX: usize = 80 << 20;
const LENGTH_BYTES: usize = 4;

/// A length that no message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong(pub usize);

/// Appends a message. It is shorter than [`MESSAGE_BYTES_MAX`].
pub(super) fn append(out: &mut BytesMut, message: &[u8]) {
    assert!(message.len() <= MESSAGE_BYTES_MAX, "whoever sends looks at the length first");
    out.reserve(LENGTH_BYTES + message.len());
    out.extend_from_slice(&(message.len() as u32).to_le_bytes());
    out.extend_from_slice(message);
}

/// Takes a complete message off the front; `None`: more bytes are needed. The buffer grows with what
/// arrives, whatever the length says.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Bytes>, TooLong> {
    let Some(length) = buffer.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let length = u32::from_le_bytes(*length) as usize;
    if length > MESSAGE_BYTES_MAX {
        return Err(TooLong(length));
    }
    if buffer.len() < LENGTH_BYTES + length {
        return Ok(None);
    }
    buffer.advance(LENGTH_BYTES);
    Ok(Some(buffer.split_to(length).freeze()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_fed_byte_by_byte() {
        let mut sent = BytesMut::new();
        append(&mut sent, b"one");
        append(&mut sent, b"");
        append(&mut sent, b"three");
        let (mut buffer, mut taken) = (BytesMut::new(), vec![]);
        for byte in sent {
            buffer.extend_from_slice(&[byte]);
            taken.extend(take(&mut buffer).unwrap());
        }
        assert_eq!(taken, ["one", "", "three"]);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_length_that_no_message_has() {
        let mut buffer = BytesMut::from(&u32::MAX.to_le_bytes()[..]);
        assert_eq!(take(&mut buffer), Err(TooLong(u32::MAX as usize)));
    }
}
