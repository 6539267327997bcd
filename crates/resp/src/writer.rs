//! The writer of replies, in RESP2 and RESP3.

use std::fmt::{self, Write};

use crate::number::{write_integer, write_unsigned};

/// The version of the protocol that a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// What every connection begins with.
    #[default]
    Resp2,
    /// What a client asks for by `HELLO 3`.
    Resp3,
}

impl Protocol {
    /// Its number: 2 or 3.
    pub fn number(self) -> u8 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// Appends replies to a send buffer. What RESP2 lacks is written in its nearest RESP2 form, so the
/// caller says what it means once.
///
/// An aggregate (array, map, set, push) is its header followed by as many values as it announced.
/// An attribute is followed by its pairs, and then by the value that it is about.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    protocol: Protocol,
}

impl<'a> Writer<'a> {
    /// Writes to this buffer in this protocol.
    pub fn new(out: &'a mut Vec<u8>, protocol: Protocol) -> Writer<'a> {
        Writer { out, protocol }
    }

    /// The protocol that is written.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// A status such as `OK`. Line ends in it become blanks.
    pub fn simple(&mut self, text: &str) {
        self.out.push(b'+');
        self.push_line(text.as_bytes());
    }

    /// An error: its code, a blank, its text. Line ends in it become blanks.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        self.out.push(b'-');
        self.push_line(text.as_ref());
    }

    /// An error made in place, as [`Writer::error`].
    pub fn error_with(&mut self, text: impl fmt::Display) {
        self.out.push(b'-');
        // Appending to memory cannot fail; a `Display` that says it did leaves its text cut short.
        let _ = write!(OneLine(self.out), "{text}");
        self.push_end();
    }

    /// A number.
    pub fn integer(&mut self, value: i64) {
        self.out.push(b':');
        write_integer(self.out, value);
        self.push_end();
    }

    /// A string of any bytes.
    pub fn bulk(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.out.reserve(bytes.len() + 16);
        self.push_header(b'$', bytes.len());
        self.out.extend_from_slice(bytes);
        self.push_end();
    }

    /// The head of a string so long; its bytes and a CRLF are to follow.
    pub fn bulk_head(&mut self, length: usize) {
        self.push_header(b'$', length);
    }

    /// Nothing there.
    pub fn nil(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Resp2 => b"$-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// Nothing where an array would be.
    pub fn nil_array(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Resp2 => b"*-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// The header of an array.
    pub fn array(&mut self, length: usize) {
        self.push_header(b'*', length);
    }

    /// The header of a map of so many pairs; in RESP2 an array of keys and values in turn.
    pub fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => self.push_header(b'*', pairs * 2),
            Protocol::Resp3 => self.push_header(b'%', pairs),
        }
    }

    /// The header of a set; in RESP2 an array.
    pub fn set(&mut self, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.push_header(b'*', length),
            Protocol::Resp3 => self.push_header(b'~', length),
        }
    }

    /// The header of an attribute of so many pairs. Most clients choke on one that they did not ask
    /// for.
    ///
    /// # Panics
    /// In RESP2, which has nothing like it.
    pub fn attribute(&mut self, pairs: usize) {
        assert_eq!(self.protocol, Protocol::Resp3, "only RESP3 has attributes");
        self.push_header(b'|', pairs);
    }

    /// A text for people; in RESP2 a bulk string.
    pub fn verbatim(&mut self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                self.push_header(b'=', text.len() + 4);
                self.out.extend_from_slice(b"txt:");
                self.out.extend_from_slice(text.as_bytes());
                self.push_end();
            }
        }
    }

    /// Yes or no; in RESP2 1 or 0.
    pub fn boolean(&mut self, value: bool) {
        match self.protocol {
            Protocol::Resp2 => self.integer(i64::from(value)),
            Protocol::Resp3 => {
                self.out.extend_from_slice(if value { b"#t\r\n" } else { b"#f\r\n" })
            }
        }
    }

    /// A floating point number; in RESP2 a bulk string. The shortest digits that read back the
    /// same.
    pub fn double(&mut self, value: f64) {
        let mut text = Short::default();
        let plain = value == 0.0 || (1e-5..1e17).contains(&value.abs());
        // The longest forms have some 25 bytes, so they fit.
        let _ = match value {
            _ if value.is_nan() => text.write_str("nan"),
            _ if value.is_infinite() => text.write_str(if value > 0.0 { "inf" } else { "-inf" }),
            _ if plain => write!(text, "{value}"),
            _ => write!(text, "{value:e}"),
        };
        match self.protocol {
            Protocol::Resp2 => self.bulk(text.bytes()),
            Protocol::Resp3 => {
                self.out.push(b',');
                self.push_line(text.bytes());
            }
        }
    }

    fn push_header(&mut self, marker: u8, length: usize) {
        self.out.push(marker);
        write_unsigned(self.out, length as u64);
        self.push_end();
    }

    fn push_line(&mut self, text: &[u8]) {
        push_one_line(self.out, text);
        self.push_end();
    }

    fn push_end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// Appends a text with its line ends made blanks: inside a simple string they would end the frame,
/// and whoever can put text into a reply could forge the next one.
fn push_one_line(out: &mut Vec<u8>, text: &[u8]) {
    let start = out.len();
    out.extend_from_slice(text);
    for byte in &mut out[start..] {
        if matches!(byte, b'\r' | b'\n') {
            *byte = b' ';
        }
    }
}

/// Formats into a buffer, on one line.
struct OneLine<'a>(&'a mut Vec<u8>);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_one_line(self.0, text.as_bytes());
        Ok(())
    }
}

/// Formats a number without allocating.
#[derive(Default)]
struct Short {
    bytes: [u8; 32],
    length: usize,
}

impl Short {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
