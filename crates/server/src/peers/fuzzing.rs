//! What must hold for any bytes of somebody at the port for peers.

use bytes::{Bytes, BytesMut};

use super::frame::{self, FRAME_BYTES_MAX, Frames, TooLong};
use super::handshake::{self, Handshake};

/// The messages of a connection, and the length that ended it if one did.
type Messages = (Vec<Bytes>, Option<TooLong>);

/// What comes over a connection, messages of at most 100,000 bytes. Its first byte says in pieces
/// of what length it comes the second time.
pub fn frames(bytes: &[u8]) {
    let Some((length, stream)) = bytes.split_first() else { return };
    let whole = read(stream, stream.len());
    assert_eq!(whole, read(stream, usize::from(*length)));
    let mut written = BytesMut::new();
    for message in &whole.0 {
        frame::append(&mut written, message);
        if message.len() <= FRAME_BYTES_MAX {
            frame::append_urgent(&mut written, message);
        }
    }
    let twice = |message: &Bytes| if message.len() <= FRAME_BYTES_MAX { 2 } else { 1 };
    let expected: Vec<Bytes> =
        whole.0.iter().flat_map(|one| std::iter::repeat_n(one.clone(), twice(one))).collect();
    assert_eq!(read(&written, written.len()), (expected, None));
}

fn read(stream: &[u8], length: usize) -> Messages {
    let (mut frames, mut buffer, mut messages) = (Frames::default(), BytesMut::new(), vec![]);
    for piece in stream.chunks(length.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match frames.take(&mut buffer, 100_000) {
                Ok(None) => break,
                Ok(Some(message)) => messages.push(message),
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

/// What each end says first.
pub fn handshakes(bytes: &[u8]) {
    let Some(bytes) = bytes.first_chunk::<{ handshake::BYTES }>() else { return };
    if let Ok(said) = Handshake::decode(bytes) {
        assert_eq!(said.encode(), *bytes, "there is one form of it");
    }
}

#[cfg(test)]
mod tests {
    use node::NodeId;
    use proptest::prelude::*;

    use super::*;

    /// Frames of any length and flags, some of them cut.
    fn any_stream() -> impl Strategy<Value = Vec<u8>> {
        let flags =
            prop::sample::select(vec![0u32, 0, 1 << 31, 1 << 31, 1 << 30, 3 << 30, 1 << 20]);
        let frame = (flags, prop::collection::vec(any::<u8>(), 0..20), 0..200_000usize, 0..40u8);
        let frame = frame.prop_map(|(flags, mut bytes, length, rare)| {
            if rare == 0 {
                bytes.resize(length, 7);
            }
            let head = (bytes.len() as u32 | flags).to_le_bytes();
            [&head[..], &bytes].concat()
        });
        prop::collection::vec(frame, 0..20).prop_map(|frames| frames.concat())
    }

    proptest! {
        #[test]
        fn any_frames(length in 1..255u8, stream in any_stream()) {
            frames(&[&[length][..], &stream].concat());
        }

        #[test]
        fn any_handshake(from in 1..=u64::MAX, to: u64, cluster: u64, place in 0..100usize, value: u8) {
            let said = Handshake { from: NodeId(from), to: NodeId(to), cluster };
            let mut bytes = said.encode();
            assert_eq!(Handshake::decode(&bytes), Ok(said));
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            handshakes(&bytes);
        }
    }
}
