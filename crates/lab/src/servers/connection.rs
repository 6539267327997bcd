//! A client's connection to a server: one question at a time, and for each question an answer that
//! is done, refused or unknown.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use resp::{Decoder, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long to wait for a connection. On one machine it is there at once or never.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// What a client says before anything else.
pub(crate) const GREETINGS: [&[&str]; 2] = [&["HELLO", "3"], &["CONSISTENCY", "ATTR", "ON"]];

/// A connection.
///
/// Invariant: after an error nobody asks again, because a late reply would answer the wrong
/// question.
pub(crate) struct Connection {
    stream: TcpStream,
    decoder: Decoder,
    received: BytesMut,
    to_send: Vec<u8>,
}

/// Why a question has no reply.
#[derive(Debug)]
pub(crate) enum NoReply {
    /// The connection broke.
    Broken(io::Error),
    /// The server closed the connection.
    Closed,
    /// The bytes are no reply.
    Malformed(resp::DecodeError),
    /// The bytes are not what a ZeroMQ server says.
    NotZmtp(&'static str),
    /// It took longer than this.
    TimedOut(Duration),
}

impl fmt::Display for NoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoReply::Broken(error) => write!(f, "connection broken: {error}"),
            NoReply::Closed => f.write_str("connection closed by the server"),
            NoReply::Malformed(error) => write!(f, "not a reply: {error}"),
            NoReply::NotZmtp(what) => write!(f, "not a reply: {what}"),
            NoReply::TimedOut(limit) => write!(f, "no reply within {} ms", limit.as_millis()),
        }
    }
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(server: SocketAddr) -> io::Result<Connection> {
        let connecting = timeout(CONNECT_WITHIN, TcpStream::connect(server));
        let stream = connecting.await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))?;
        stream.set_nodelay(true)?;
        let (decoder, received, to_send) = (Decoder::default(), BytesMut::new(), vec![]);
        Ok(Connection { stream, decoder, received, to_send })
    }

    /// Connects, and asks the server to say of each answer where it stands.
    pub(crate) async fn open_certified(
        server: SocketAddr,
        within: Duration,
    ) -> Result<Connection, String> {
        let greeting = async {
            let mut connection =
                Connection::open(server).await.map_err(|error| error.to_string())?;
            for greeting in GREETINGS {
                let reply = connection.ask(greeting, CONNECT_WITHIN).await;
                let reply = reply.map_err(|error| error.to_string())?;
                if let Some(error) = reply.as_error() {
                    return Err(format!("{}: {}", greeting.join(" "), error.escape_ascii()));
                }
            }
            Ok(connection)
        };
        let late = |_| Err(NoReply::TimedOut(within).to_string());
        timeout(within, greeting).await.unwrap_or_else(late)
    }

    /// Asks, and waits for the reply at most this long.
    pub(crate) async fn ask(
        &mut self,
        command: &[&str],
        within: Duration,
    ) -> Result<Value, NoReply> {
        self.to_send.clear();
        resp::command(&mut self.to_send, command);
        timeout(within, self.exchange()).await.unwrap_or(Err(NoReply::TimedOut(within)))
    }

    async fn exchange(&mut self) -> Result<Value, NoReply> {
        self.stream.write_all(&self.to_send).await.map_err(NoReply::Broken)?;
        loop {
            match self.decoder.next(&mut self.received).map_err(NoReply::Malformed)? {
                // What a server says unasked answers nothing.
                Some(Value::Push(_)) => {}
                Some(value) => return Ok(value),
                None => {
                    let read = self.stream.read_buf(&mut self.received).await;
                    if read.map_err(NoReply::Broken)? == 0 {
                        return Err(NoReply::Closed);
                    }
                }
            }
        }
    }
}
