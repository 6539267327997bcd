//! A REQ socket of ZeroMQ, by hand: ZMTP 3.0 with the mechanism NULL, one question at a time.
//!
//! It shares no code with the server's side, so each is a check of the other.
//!
//! ```text
//!   greeting, READY     ──▶   ◀──   greeting, READY
//!   "", request         ──▶   ◀──   "", reply
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::servers::connection::{CONNECT_WITHIN, NoReply};

/// The longest frame that is taken: the longest value of a server, and a key before it.
const FRAME_BYTES_MAX: u64 = 64 << 20;

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// What both sides begin with: signature, version 3.0, mechanism; the rest is zeros.
const GREETING: [u8; 64] = {
    let mut greeting = [0; 64];
    let start = *b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL";
    let mut place = 0;
    while place < start.len() {
        greeting[place] = start[place];
        place += 1;
    }
    greeting
};
/// READY as a frame: a socket of type REQ.
const READY: &[u8] = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REQ";

/// A connection.
///
/// Invariant: after an error nobody asks again, because a late reply would answer the wrong
/// question.
pub(crate) struct Connection {
    stream: TcpStream,
    received: BytesMut,
}

/// A frame as it came.
struct Frame {
    flags: u8,
    bytes: Bytes,
}

impl Connection {
    /// Connects, and shakes hands.
    pub(crate) async fn open(server: SocketAddr, within: Duration) -> Result<Connection, String> {
        let opening = async {
            let connecting = timeout(CONNECT_WITHIN, TcpStream::connect(server));
            let stream = connecting.await.unwrap_or(Err(std::io::ErrorKind::TimedOut.into()));
            let stream = stream.map_err(|error| error.to_string())?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            let mut connection = Connection { stream, received: BytesMut::new() };
            connection.shake_hands().await.map_err(|error| error.to_string())?;
            Ok(connection)
        };
        let late = |_| Err(NoReply::TimedOut(within).to_string());
        timeout(within, opening).await.unwrap_or_else(late)
    }

    async fn shake_hands(&mut self) -> Result<(), NoReply> {
        self.send(&[&GREETING, READY].concat()).await?;
        while self.received.len() < GREETING.len() {
            self.receive().await?;
        }
        let greeting = self.received.split_to(GREETING.len());
        let is_zmtp = greeting[0] == 0xff && greeting[9] == 0x7f && greeting[10] >= 3;
        if !is_zmtp || greeting[12..32] != GREETING[12..32] {
            return Err(NoReply::NotZmtp("a greeting of ZMTP 3 with NULL was expected"));
        }
        let Frame { flags, bytes } = self.frame().await?;
        match flags & COMMAND != 0 && bytes.starts_with(b"\x05READY") {
            true => Ok(()),
            false => Err(NoReply::NotZmtp("READY was expected")),
        }
    }

    /// Asks, and waits for the reply at most this long.
    pub(crate) async fn ask(&mut self, request: &str, within: Duration) -> Result<Bytes, NoReply> {
        timeout(within, self.exchange(request)).await.unwrap_or(Err(NoReply::TimedOut(within)))
    }

    async fn exchange(&mut self, request: &str) -> Result<Bytes, NoReply> {
        let mut message = vec![MORE, 0];
        match u8::try_from(request.len()) {
            Ok(length) => message.extend([0, length]),
            Err(_) => {
                message.push(LONG);
                message.extend((request.len() as u64).to_be_bytes());
            }
        }
        message.extend(request.as_bytes());
        self.send(&message).await?;
        let empty = self.part().await?;
        if empty.flags & MORE == 0 || !empty.bytes.is_empty() {
            return Err(NoReply::NotZmtp("an empty part was expected first"));
        }
        let reply = self.part().await?;
        match reply.flags & MORE {
            0 => Ok(reply.bytes),
            _ => Err(NoReply::NotZmtp("one part was expected after the empty one")),
        }
    }

    /// The next part of a message; what commands say is of no interest.
    async fn part(&mut self) -> Result<Frame, NoReply> {
        loop {
            let frame = self.frame().await?;
            if frame.flags & COMMAND == 0 {
                return Ok(frame);
            }
        }
    }

    async fn frame(&mut self) -> Result<Frame, NoReply> {
        loop {
            if let Some((flags, header, length)) = self.header()?
                && self.received.len() >= header + length
            {
                self.received.advance(header);
                return Ok(Frame { flags, bytes: self.received.split_to(length).freeze() });
            }
            self.receive().await?;
        }
    }

    /// Flags, length of the header, length of what follows; `None`: it is not all there.
    fn header(&self) -> Result<Option<(u8, usize, usize)>, NoReply> {
        let Some((&flags, rest)) = self.received.split_first() else { return Ok(None) };
        let (header, length) = match flags & LONG {
            0 => (2, rest.first().map(|length| u64::from(*length))),
            _ => (9, rest.first_chunk().map(|length| u64::from_be_bytes(*length))),
        };
        match length {
            Some(length) if length > FRAME_BYTES_MAX => Err(NoReply::NotZmtp("a frame too long")),
            Some(length) => Ok(Some((flags, header, length as usize))),
            None => Ok(None),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), NoReply> {
        self.stream.write_all(bytes).await.map_err(NoReply::Broken)
    }

    async fn receive(&mut self) -> Result<(), NoReply> {
        match self.stream.read_buf(&mut self.received).await.map_err(NoReply::Broken)? {
            0 => Err(NoReply::Closed),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::servers::ports;

    const LONG_TIME: Duration = Duration::from_secs(60);

    /// A server that says these bytes, one at a time, once it was spoken to; and what it was told
    /// after the greeting.
    async fn ask(says: Vec<u8>, request: &str) -> (Result<Bytes, String>, Vec<u8>) {
        let listener = TcpListener::bind(ports::address(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut greeting = [0; 64];
            stream.read_exact(&mut greeting).await.unwrap();
            assert_eq!(greeting, GREETING);
            for byte in says {
                if stream.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            let _ = stream.shutdown().await;
            let mut heard = vec![];
            // It fails only if the client hung up before it took all.
            let _ = stream.read_to_end(&mut heard).await;
            heard
        });
        let told = async {
            let mut connection = Connection::open(address, LONG_TIME).await?;
            connection.ask(request, LONG_TIME).await.map_err(|error| error.to_string())
        };
        (told.await, server.await.unwrap())
    }

    fn opened(rest: &[u8]) -> Vec<u8> {
        let ready = b"\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06ROUTER";
        [&GREETING, &ready[..], rest].concat()
    }

    #[tokio::test]
    async fn a_question_gets_its_answer() {
        let pong = b"\x04\x05\x04PONG";
        let says = opened(&[&pong[..], b"\x01\0", pong, b"\0\x04a:10"].concat());
        let (told, heard) = ask(says, "{}").await;
        assert_eq!(told.unwrap(), "a:10");
        assert_eq!(heard, [READY, b"\x01\0\0\x02{}"].concat());
        let long = "x".repeat(300);
        let reply = [&b"\x01\0\x02\0\0\0\0\0\0\x01\x2c"[..], long.as_bytes()].concat();
        let (told, heard) = ask(opened(&reply), &long).await;
        assert_eq!(told.unwrap(), long);
        let asked = [READY, b"\x01\0\x02\0\0\0\0\0\0\x01\x2c", long.as_bytes()].concat();
        assert_eq!(heard, asked);
    }

    #[tokio::test]
    async fn whatever_is_no_answer_is_told() {
        for (says, why) in [
            (vec![], "connection closed by the server"),
            (b"-ERR unknown command\r\n".repeat(4), "a greeting of ZMTP 3"),
            ([&GREETING[..], b"\x04\x08\x05ERROR\x01x"].concat(), "READY was expected"),
            (opened(b""), "connection closed by the server"),
            (opened(b"\0\x02ok"), "an empty part was expected"),
            (opened(b"\x01\0\x01\x01a\0\x01b"), "one part was expected"),
            (opened(b"\x02\x7f\xff\xff\xff\xff\xff\xff\xff"), "a frame too long"),
        ] {
            let error = ask(says, "{}").await.0.unwrap_err();
            assert!(error.contains(why), "{error} is not {why:?}");
        }
    }
}
