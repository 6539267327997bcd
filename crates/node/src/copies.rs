//! Copies of what is kept for a while: requests that wait, writes on their way.
//!
//! What a driver hands over are slices of its receive buffers, and a slice of a few bytes keeps the
//! whole buffer. So whatever the node keeps beyond a turn it copies; what is small and short-lived
//! shares chunks of the node's own, so that a copy costs no allocation.

use bytes::{Bytes, BytesMut};

use crate::commands::{self, Command};
use crate::ids::KeyspaceId;

/// The size of a chunk. Who keeps the last byte of one keeps no more than that.
const CHUNK_BYTES: usize = 16 << 10;
/// What is longer is copied by itself.
const SHARED_BYTES_MAX: usize = CHUNK_BYTES / 8;

/// Makes copies, many to a chunk.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    chunk: BytesMut,
    /// Room in which a write is encoded.
    scratch: Vec<u8>,
}

impl Copies {
    pub(crate) fn of(&mut self, bytes: &[u8]) -> Bytes {
        if bytes.len() > SHARED_BYTES_MAX {
            return Bytes::copy_from_slice(bytes);
        }
        if self.chunk.capacity() - self.chunk.len() < bytes.len() {
            self.chunk.reserve(CHUNK_BYTES);
        }
        self.chunk.extend_from_slice(bytes);
        self.chunk.split().freeze()
    }

    /// A write of this keyspace as it is encoded.
    pub(crate) fn encoded(&mut self, keyspace: KeyspaceId, write: &Command) -> Bytes {
        commands::encode(keyspace, write, &mut self.scratch);
        if self.scratch.len() > SHARED_BYTES_MAX {
            return std::mem::take(&mut self.scratch).into();
        }
        let scratch = std::mem::take(&mut self.scratch);
        let bytes = self.of(&scratch);
        self.scratch = scratch;
        self.scratch.clear();
        bytes
    }

    /// The same command with bytes of its own.
    pub(crate) fn of_command(&mut self, command: &Command) -> Command {
        command.copied_by(|bytes| self.of(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_lets_its_buffer_go() {
        let buffer = Bytes::from(vec![b'x'; 100 << 10]);
        let part = |bytes: std::ops::Range<usize>| buffer.slice(bytes);
        let words = [Bytes::from("MSET"), part(0..1), part(1..50_000), part(3..4), part(1..9)];
        let commands = [
            Command::get(part(7..9)),
            Command::set(part(1..2), part(2..90_000)),
            Command::of_words(&words).unwrap(),
            Command::exists([part(3..5)]),
        ];
        drop(words);
        let mut copies = Copies::default();
        let kept: Vec<_> = commands.iter().map(|command| copies.of_command(command)).collect();
        let written = copies.encoded(KeyspaceId::DEFAULT, &commands[1]);
        assert_eq!(kept, commands);
        drop(commands);
        assert!(buffer.is_unique(), "the copies live, and the buffer is nobody else's");
        assert_eq!(written.len(), 3 + 2 + 3 + 89_998);
    }

    #[test]
    fn small_copies_share_chunks() {
        let mut copies = Copies::default();
        let places: Vec<_> = (0..100).map(|_| copies.of(b"small")).collect();
        let next_to = |pair: &&[Bytes]| pair[0].as_ptr().wrapping_add(5) == pair[1].as_ptr();
        assert_eq!(places.windows(2).filter(next_to).count(), 99);
    }
}
