//! A connection to a server on which questions go out many at a time.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use resp::{Decoder, Value};

use super::error::Failure;

/// How long to wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a server may be silent that was asked: a request of Candor is answered far earlier.
const SILENT: Duration = Duration::from_secs(60);
/// So much is read at once.
const READ_BYTES: usize = 64 << 10;

/// A connection. Replies come in the order of what was said.
///
/// Invariant: after a failure nobody asks again.
#[derive(Debug)]
pub(super) struct Link {
    server: String,
    stream: TcpStream,
    decoder: Decoder,
    received: BytesMut,
    to_send: Vec<u8>,
}

impl Link {
    /// Connects to `HOST:PORT`; `flag` is what says which.
    pub(super) fn open(server: &str, flag: &str) -> Result<Link, Failure> {
        let stream = connect(server).map_err(|error| {
            Failure::run_time(format!(
                "cannot connect to {server}: {error}\n  hint: {flag} HOST:PORT says where the server listens for clients"
            ))
        })?;
        let (decoder, received, to_send) = (Decoder::default(), BytesMut::new(), vec![]);
        Ok(Link { server: server.to_owned(), stream, decoder, received, to_send })
    }

    /// Says a command; it goes out with [`Link::flush`].
    pub(super) fn say<A: AsRef<[u8]>>(&mut self, command: &[A]) {
        resp::command(&mut self.to_send, command);
    }

    /// Sends what was said.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        let sent = self.stream.write_all(&self.to_send);
        self.to_send.clear();
        sent.map_err(|error| self.broken(&error))
    }

    /// The next reply; one that refuses is a value, too.
    pub(super) fn hear(&mut self) -> Result<Value, Failure> {
        loop {
            let next = self.decoder.next(&mut self.received);
            let next =
                next.map_err(|error| self.failure(&format!("what it says is no reply: {error}")))?;
            match next {
                // What a server says unasked answers nothing.
                Some(Value::Push(_)) => {}
                Some(value) => return Ok(value),
                None => self.read()?,
            }
        }
    }

    /// Says a command, and hears the reply.
    pub(super) fn ask<A: AsRef<[u8]>>(&mut self, command: &[A]) -> Result<Value, Failure> {
        self.say(command);
        self.flush()?;
        self.hear()
    }

    fn read(&mut self) -> Result<(), Failure> {
        let held = self.received.len();
        self.received.resize(held + READ_BYTES, 0);
        let read = self.stream.read(&mut self.received[held..]);
        self.received.truncate(held + read.as_ref().map_or(0, |bytes| *bytes));
        match read {
            Ok(0) => Err(self.failure("it closed the connection")),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(self.broken(&error)),
        }
    }

    fn broken(&self, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                self.failure(&format!("it said nothing for {} s", SILENT.as_secs()))
            }
            _ => self.failure(&format!("the connection broke: {error}")),
        }
    }

    /// Something is wrong with the server.
    pub(super) fn failure(&self, what: &str) -> Failure {
        Failure::run_time(format!("{}: {what}", self.server))
    }

    /// A reply that is none of those that were expected of this question.
    pub(super) fn unexpected(&self, question: &str, reply: &Value) -> Failure {
        self.failure(&match reply.as_error() {
            Some(text) => format!("{question} was refused: {}", text.escape_ascii()),
            None => format!("{question} was answered {reply}, which is not understood"),
        })
    }
}

/// The addresses that a name stands for, one after the other.
fn connect(server: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name stands for no address");
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_WITHIN) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(SILENT))?;
                stream.set_write_timeout(Some(SILENT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The bytes of a string, which do not keep what was received around them.
pub(super) fn own(value: &Value) -> Option<Bytes> {
    value.as_bytes().map(Bytes::copy_from_slice)
}
