//! The reader of replies, for whoever asks.
//!
//! A value is taken from the buffer as soon as it is whole, and kept on a stack of the aggregates
//! it lies in; so a long reply that arrives in pieces is read once.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use crate::number::parse_integer;
use crate::{INLINE_BYTES_MAX, Value};

/// How deep aggregates may lie in each other.
pub const DEPTH_MAX: usize = 32;
/// The longest string of a reply, in bytes: what Redis allows.
const BULK_BYTES_MAX: usize = 512 << 20;
/// The most values directly in one aggregate.
const LENGTH_MAX: usize = 1 << 30;
/// Space set aside for an aggregate on its word alone, in values.
const RESERVE_MAX: usize = 64;

/// Bytes that are no reply. What follows cannot be told apart any more: the connection must be
/// closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// No value begins with this byte.
    Marker(u8),
    /// A length that is no number or beyond the limits.
    Length,
    /// A number, boolean or null that is none.
    Scalar,
    /// A line that does not end, or not with CRLF.
    Line,
    /// Aggregates lie too deep in each other.
    Depth,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Marker(byte) => {
                write!(f, "a reply cannot begin with '{}'", byte.escape_ascii())
            }
            DecodeError::Length => f.write_str("a length in a reply is wrong or beyond the limits"),
            DecodeError::Scalar => f.write_str("a number, boolean or null in a reply is malformed"),
            DecodeError::Line => f.write_str("a line in a reply is too long or lacks its CRLF"),
            DecodeError::Depth => {
                write!(f, "a reply has aggregates more than {DEPTH_MAX} deep in each other")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Reads replies from a receive buffer, one connection each.
///
/// ```
/// let mut decoder = resp::Decoder::default();
/// let mut buffer = bytes::BytesMut::from("+OK\r\n*2\r\n:1\r\n");
/// let value = decoder.next(&mut buffer).unwrap().unwrap();
/// assert_eq!(value, resp::Value::Simple("OK".into()));
/// assert_eq!(decoder.next(&mut buffer).unwrap(), None); // more bytes are needed
/// ```
#[derive(Debug, Default)]
pub struct Decoder {
    /// The aggregates that are being filled, the outermost first. None of them is complete.
    open: Vec<Open>,
    /// Bytes of the buffer that are known to hold no end of line.
    searched: usize,
    failed: Option<DecodeError>,
}

/// An aggregate that is being filled.
#[derive(Debug)]
struct Open {
    kind: Kind,
    /// Values still to come, the keys of pairs counted too.
    missing: usize,
    values: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Array,
    Set,
    Push,
    Map,
    /// The pairs of an attribute, and then the value that they are about.
    Attribute,
}

/// What a line at the front of the buffer begins.
enum Item {
    Whole(Value),
    Aggregate(Kind, usize),
}

impl Decoder {
    /// Takes the next reply from the front of the buffer; `None`: more bytes are needed. After an
    /// error every further call answers with the same error.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Value>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.advance(buffer);
        if let Err(error) = result {
            self.failed = Some(error);
            self.open.clear();
        }
        result
    }

    fn advance(&mut self, buffer: &mut BytesMut) -> Result<Option<Value>, DecodeError> {
        while let Some(item) = self.item(buffer)? {
            let complete = match item {
                Item::Whole(value) => self.close(value),
                Item::Aggregate(kind, missing) => self.open(kind, missing)?,
            };
            if complete.is_some() {
                return Ok(complete);
            }
        }
        Ok(None)
    }

    /// Begins an aggregate. If it is empty, it is whole at once.
    fn open(&mut self, kind: Kind, missing: usize) -> Result<Option<Value>, DecodeError> {
        if self.open.len() == DEPTH_MAX {
            return Err(DecodeError::Depth);
        }
        let values = Vec::with_capacity(missing.min(RESERVE_MAX));
        let open = Open { kind, missing, values };
        if missing == 0 {
            return Ok(self.close(open.into_value()));
        }
        self.open.push(open);
        Ok(None)
    }

    /// Puts a whole value where it belongs; gives the reply if that made it whole.
    fn close(&mut self, mut value: Value) -> Option<Value> {
        while let Some(mut open) = self.open.pop() {
            open.values.push(value);
            open.missing -= 1;
            if open.missing > 0 {
                self.open.push(open);
                return None;
            }
            value = open.into_value();
        }
        Some(value)
    }

    /// Takes a scalar or the header of an aggregate from the buffer.
    fn item(&mut self, buffer: &mut BytesMut) -> Result<Option<Item>, DecodeError> {
        if let Some(&marker) = buffer.first()
            && memchr::memchr(marker, b"+-($*=!:,#_~>%|").is_none()
        {
            return Err(DecodeError::Marker(marker));
        }
        let Some(end) = self.line_end(buffer)? else { return Ok(None) };
        let (marker, line) = (buffer[0], &buffer[1..end]);
        let whole = match marker {
            b'+' | b'-' | b'(' => {
                let text = take_line(buffer, end);
                match marker {
                    b'+' => Value::Simple(text),
                    b'-' => Value::Error(text),
                    _ if is_big_number(&text) => Value::BigNumber(text),
                    _ => return Err(DecodeError::Scalar),
                }
            }
            b'$' | b'*' if line == b"-1" => {
                buffer.advance(end + 2);
                Value::Nil
            }
            b'$' | b'=' | b'!' => match self.string(buffer, end, marker)? {
                Some(value) => value,
                None => return Ok(None),
            },
            b':' | b',' | b'#' | b'_' => {
                let value = scalar(marker, line).ok_or(DecodeError::Scalar)?;
                buffer.advance(end + 2);
                value
            }
            _ => {
                let (kind, missing) = aggregate(marker, line)?;
                buffer.advance(end + 2);
                self.searched = 0;
                return Ok(Some(Item::Aggregate(kind, missing)));
            }
        };
        self.searched = 0;
        Ok(Some(Item::Whole(whole)))
    }

    /// The place of the CR that ends the line at the front of the buffer.
    fn line_end(&mut self, buffer: &[u8]) -> Result<Option<usize>, DecodeError> {
        let found = memchr::memchr(b'\r', &buffer[self.searched..]).map(|at| self.searched + at);
        self.searched = found.unwrap_or(buffer.len());
        if self.searched > INLINE_BYTES_MAX {
            return Err(DecodeError::Line);
        }
        match found {
            Some(end) => match buffer.get(end + 1) {
                Some(b'\n') => Ok(Some(end)),
                Some(_) => Err(DecodeError::Line),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// Takes a string whose length ends at `end`; `None`: it is not all here.
    fn string(
        &self,
        buffer: &mut BytesMut,
        end: usize,
        marker: u8,
    ) -> Result<Option<Value>, DecodeError> {
        let length = length(&buffer[1..end], BULK_BYTES_MAX)?;
        let start = end + 2;
        match buffer.get(start + length..start + length + 2) {
            None => return Ok(None),
            Some(b"\r\n") => {}
            Some(_) => return Err(DecodeError::Line),
        }
        buffer.advance(start);
        let mut bytes = buffer.split_to(length).freeze();
        buffer.advance(2);
        Ok(Some(match marker {
            b'$' => Value::Bulk(bytes),
            b'!' => Value::Error(bytes),
            _ if bytes.get(3) != Some(&b':') => return Err(DecodeError::Scalar),
            _ => {
                let text = bytes.split_off(4);
                bytes.truncate(3);
                Value::Verbatim(bytes, text)
            }
        }))
    }
}

impl Open {
    /// The value that the aggregate is, once nothing is missing.
    fn into_value(mut self) -> Value {
        match self.kind {
            Kind::Array => Value::Array(self.values),
            Kind::Set => Value::Set(self.values),
            Kind::Push => Value::Push(self.values),
            Kind::Map => Value::Map(pairs(self.values)),
            Kind::Attribute => {
                let value =
                    self.values.pop().expect("an attribute waits for the value it is about");
                Value::Attributed(pairs(self.values), Box::new(value))
            }
        }
    }
}

fn pairs(values: Vec<Value>) -> Vec<(Value, Value)> {
    let mut pairs = Vec::with_capacity(values.len() / 2);
    let mut values = values.into_iter();
    while let (Some(key), Some(value)) = (values.next(), values.next()) {
        pairs.push((key, value));
    }
    pairs
}

/// Takes the line that ends at `end`, without its marker.
fn take_line(buffer: &mut BytesMut, end: usize) -> Bytes {
    let mut line = buffer.split_to(end).freeze();
    buffer.advance(2);
    line.advance(1);
    line
}

fn length(text: &[u8], max: usize) -> Result<usize, DecodeError> {
    parse_integer(text)
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| *length <= max)
        .ok_or(DecodeError::Length)
}

/// What aggregate this marker begins, and how many values belong to it.
fn aggregate(marker: u8, line: &[u8]) -> Result<(Kind, usize), DecodeError> {
    let kind = match marker {
        b'*' => Kind::Array,
        b'~' => Kind::Set,
        b'>' => Kind::Push,
        b'%' => Kind::Map,
        b'|' => Kind::Attribute,
        _ => return Err(DecodeError::Marker(marker)),
    };
    let length = length(line, LENGTH_MAX)?;
    Ok((
        kind,
        match kind {
            Kind::Array | Kind::Set | Kind::Push => length,
            Kind::Map => length * 2,
            Kind::Attribute => length * 2 + 1,
        },
    ))
}

fn scalar(marker: u8, line: &[u8]) -> Option<Value> {
    Some(match (marker, line) {
        (b'_', b"") => Value::Nil,
        (b'#', b"t") => Value::Boolean(true),
        (b'#', b"f") => Value::Boolean(false),
        (b':', digits) => {
            Value::Integer(parse_integer(digits.strip_prefix(b"+").unwrap_or(digits))?)
        }
        (b',', digits) => Value::Double(std::str::from_utf8(digits).ok()?.parse().ok()?),
        _ => return None,
    })
}

fn is_big_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}
