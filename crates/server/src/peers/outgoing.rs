//! What is on its way to one peer.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::net::tcp::OwnedWriteHalf;

use super::frame;
use crate::mutants::mutant;

/// Bytes that wait for a slow peer; beyond that messages are dropped.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// So many bytes may stand before an urgent message; beyond that it goes first.
const BEFORE_URGENT_BYTES_MAX: usize = 64 << 10;
/// Bytes of urgent messages that wait for a slow peer.
const URGENT_BYTES_MAX: usize = 1 << 20;
/// Buffer space kept for the next turn; what a slow peer needed beyond that is given back.
const BUFFER_BYTES_KEPT: usize = 1 << 20;

/// The sending end of a connection, and the messages that wait for it.
#[derive(Debug)]
pub(super) struct Outgoing {
    stream: OwnedWriteHalf,
    queue: BytesMut,
    /// How many bytes at the front of the queue belong to a frame that was begun.
    begun: usize,
    /// Messages that go before the next frame of the queue.
    urgent: BytesMut,
    /// The socket took less than there was.
    pub blocked: bool,
    /// The socket is broken.
    pub broken: Option<io::ErrorKind>,
    /// Messages dropped since the queue was last empty.
    pub dropped: u64,
}

impl Outgoing {
    pub(super) fn new(stream: OwnedWriteHalf) -> Outgoing {
        Outgoing {
            stream,
            queue: BytesMut::new(),
            begun: 0,
            urgent: BytesMut::new(),
            blocked: false,
            broken: None,
            dropped: 0,
        }
    }

    pub(super) fn stream(&self) -> &OwnedWriteHalf {
        &self.stream
    }

    /// Queues a message; false: it is dropped, as all are until the queue is empty again. (A peer
    /// that gets every other message is helped less than one that gets what comes after a gap.)
    pub(super) fn push(&mut self, message: &Bytes) -> bool {
        let full = !self.queue.is_empty()
            && (mutant!(GapFilled, self.dropped > 0, false)
                || self.queue.len() + message.len() > QUEUE_BYTES_MAX);
        if full || message.len() > frame::MESSAGE_BYTES_MAX {
            self.dropped += 1;
            return false;
        }
        self.dropped = 0;
        frame::append(&mut self.queue, message);
        true
    }

    /// Queues a message that may overtake what waits, and does if that is much; false: it is
    /// dropped.
    pub(super) fn push_urgent(&mut self, message: &Bytes) -> bool {
        if self.queue.len() <= BEFORE_URGENT_BYTES_MAX || message.len() > frame::FRAME_BYTES_MAX {
            return self.push(message);
        }
        if self.urgent.len() + message.len() > URGENT_BYTES_MAX {
            self.dropped += 1;
            return false;
        }
        frame::append_urgent(&mut self.urgent, message);
        true
    }

    /// Sends what is queued, as far as the socket takes it. False: it is blocked or broken.
    pub(super) fn flush(&mut self) -> bool {
        while !self.queue.is_empty() || !self.urgent.is_empty() {
            let sent = if self.urgent.is_empty() {
                self.stream.try_write(&self.queue).map(|bytes| self.advance(bytes))
            } else if mutant!(UrgentWithinFrame, self.begun > 0, false) {
                self.stream.try_write(&self.queue[..self.begun]).map(|bytes| self.advance(bytes))
            } else {
                self.stream.try_write(&self.urgent).map(|bytes| self.urgent.advance(bytes))
            };
            match sent {
                Ok(()) => {}
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

    /// So many bytes of the queue are sent.
    fn advance(&mut self, bytes: usize) {
        if bytes == self.queue.len() {
            self.begun = 0;
        } else {
            let mut end = self.begun;
            while end < bytes {
                end += frame::length(&self.queue[end..]);
            }
            self.begun = end - bytes;
        }
        self.queue.advance(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frames;
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn once_a_message_is_dropped_all_are_until_the_queue_is_empty() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut outgoing = Outgoing::new(stream.into_split().1);
        let (bulk, small) = (Bytes::from(vec![7; 40 << 20]), Bytes::from("small"));
        assert!(outgoing.push(&bulk) && !outgoing.push(&bulk));
        assert!(!outgoing.push(&small), "what comes after a gap helps nobody");
        assert_eq!(outgoing.dropped, 2);
        outgoing.queue.clear();
        assert!(outgoing.push(&small));
        assert_eq!(outgoing.dropped, 0);
    }

    #[tokio::test]
    async fn urgent_messages_overtake_what_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        let (_reader, writer) = stream.into_split();
        let mut outgoing = Outgoing::new(writer);
        let bulk = Bytes::from(vec![7; 30 << 20]);
        assert!(outgoing.push(&Bytes::from("first")) && outgoing.push(&bulk));
        assert!(!outgoing.flush(), "no socket takes so much at once");
        assert!(outgoing.push(&Bytes::from("last")));
        assert!(outgoing.push_urgent(&Bytes::from("urgent")));
        let (mut frames, mut buffer, mut taken) = (Frames::default(), BytesMut::new(), vec![]);
        while taken.len() < 4 {
            tokio::select! {
                room = outgoing.stream.as_ref().writable(), if outgoing.blocked => {
                    room.unwrap();
                    outgoing.blocked = false;
                    outgoing.flush();
                }
                read = peer.read_buf(&mut buffer) => assert!(read.unwrap() > 0),
            }
            while let Some(message) = frames.take(&mut buffer, frame::MESSAGE_BYTES_MAX).unwrap() {
                taken.push(message);
            }
        }
        assert_eq!(taken, [&b"first"[..], b"urgent", &bulk, b"last"]);
        assert!(outgoing.queue.is_empty() && outgoing.urgent.is_empty());
    }

    #[tokio::test]
    async fn a_frame_that_went_in_parts_is_begun_no_more_once_it_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut outgoing = Outgoing::new(stream.into_split().1);
        assert!(outgoing.push(&Bytes::from("message")));
        let bytes = outgoing.queue.len();
        outgoing.advance(1);
        assert_eq!(outgoing.begun, bytes - 1);
        outgoing.advance(bytes - 1);
        assert_eq!((outgoing.queue.len(), outgoing.begun), (0, 0));
    }
}
