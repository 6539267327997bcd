//! What is on its way to one peer.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::net::tcp::OwnedWriteHalf;

use super::frame;

/// Bytes that wait for a slow peer; beyond that messages are dropped.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Buffer space kept for the next turn; what a slow peer needed beyond that is given back.
const BUFFER_BYTES_KEPT: usize = 1 << 20;

/// The sending end of a connection, and the messages that wait for it.
#[derive(Debug)]
pub(super) struct Outgoing {
    stream: OwnedWriteHalf,
    queue: BytesMut,
    /// The socket took less than there was.
    pub blocked: bool,
    /// The socket is broken.
    pub broken: Option<io::ErrorKind>,
    /// Messages dropped since the queue was last empty.
    pub dropped: u64,
}

impl Outgoing {
    pub(super) fn new(stream: OwnedWriteHalf) -> Outgoing {
        Outgoing { stream, queue: BytesMut::new(), blocked: false, broken: None, dropped: 0 }
    }

    pub(super) fn stream(&self) -> &OwnedWriteHalf {
        &self.stream
    }

    /// Queues a message; false: it is dropped, as all are until the queue is empty again. (A peer
    /// that gets every other message is helped less than one that gets what comes after a gap.)
    pub(super) fn push(&mut self, message: &Bytes) -> bool {
        let full = !self.queue.is_empty()
            && (self.dropped > 0 || self.queue.len() + message.len() > QUEUE_BYTES_MAX);
        if full || message.len() > frame::MESSAGE_BYTES_MAX {
            self.dropped += 1;
            return false;
        }
        self.dropped = 0;
        frame::append(&mut self.queue, message);
        true
    }

    /// Sends what is queued, as far as the socket takes it. False: it is blocked or broken.
    pub(super) fn flush(&mut self) -> bool {
        while !self.queue.is_empty() {
            match self.stream.try_write(&self.queue) {
                Ok(bytes) => self.queue.advance(bytes),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return false;
                }
                Err(error) => {
                    self.broken = Some(error.kind());
                    return false;
                }
            }
        }
        if self.queue.capacity() > BUFFER_BYTES_KEPT {
            self.queue = BytesMut::new();
        }
        true
    }
}
