//! The reader of requests: arrays of bulk strings, and inline commands, pipelined at will.
//!
//! Where Redis is lenient about line ends it is so because it does not look; this reader looks: an
//! argument that is not followed by CRLF is an `invalid bulk length`. In everything else it takes
//! and refuses what Redis does, in the same words.

use bytes::{Buf, BytesMut};

use crate::number::{parse_integer, short_line};
use crate::{ProtocolError, Request, inline};

/// The longest argument, in bytes.
pub const BULK_BYTES_MAX: usize = 16 << 20;
/// The most arguments of one request, its name included.
pub const ARGUMENTS_MAX: usize = 1 << 20;
/// The longest inline request, and the longest line that announces a length, in bytes.
pub const INLINE_BYTES_MAX: usize = 64 << 10;
/// The longest request, all arguments and their headers together, in bytes.
pub const REQUEST_BYTES_MAX: usize = 256 << 20;

/// What is understood of an incomplete request is taken off the buffer once it is so long, so that
/// the buffer stays short however long the request.
const PIECE_BYTES: usize = 32 << 10;

/// What a request may not exceed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest argument, in bytes.
    pub bulk_bytes_max: usize,
    /// The most arguments of one request, its name included.
    pub arguments_max: usize,
    /// The longest inline request, and the longest line that announces a length, in bytes.
    pub inline_bytes_max: usize,
    /// The longest request, all arguments and their headers together, in bytes; less than 4 GiB.
    pub request_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bulk_bytes_max: BULK_BYTES_MAX,
            arguments_max: ARGUMENTS_MAX,
            inline_bytes_max: INLINE_BYTES_MAX,
            request_bytes_max: REQUEST_BYTES_MAX,
        }
    }
}

/// Reads requests from a receive buffer, one connection each.
///
/// ```
/// let mut parser = resp::Parser::default();
/// let mut buffer = bytes::BytesMut::from("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*1\r\n$4");
/// let request = parser.next(&mut buffer).unwrap().unwrap();
/// assert_eq!((&request[0], &request[1]), (&b"GET"[..], &b"k"[..]));
/// assert_eq!(&parser.next(&mut buffer).unwrap().unwrap()[0], b"PING");
/// assert!(parser.next(&mut buffer).unwrap().is_none()); // more bytes are needed
/// ```
///
/// Invariant: the first byte of the buffer is the first byte of the frame that is being read, or of
/// what is left of it once a piece was taken off, and the places below count from there. Between
/// two calls the caller only appends to the buffer.
#[derive(Debug, Default)]
pub struct Parser {
    limits: Limits,
    stage: Stage,
    /// Bytes of the frame that are understood.
    read: usize,
    /// Bytes of the frame that are known to hold no end of the line at `read`.
    searched: usize,
    /// The arguments read so far; the whole request once it is complete.
    request: Request,
}

/// What comes next in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// A new request.
    #[default]
    Start,
    /// So many arguments of an array.
    Arguments(usize),
    /// The bytes of an argument so long, and after it so many more.
    Payload(usize, usize),
    /// Nothing: the bytes were no request.
    Failed(ProtocolError),
}

impl Parser {
    /// A parser with limits of its own.
    pub fn new(limits: Limits) -> Parser {
        assert!(limits.request_bytes_max <= u32::MAX as usize, "places in a frame have 32 bits");
        Parser { limits, ..Parser::default() }
    }

    /// Takes the next request from the front of the buffer; `None`: more bytes are needed. After an
    /// error there is nothing more to be had: every further call answers with the same error.
    ///
    /// The request is let go at the next call. Call until `None`, then read into the buffer: once
    /// no request holds on to its space, [`BytesMut::reserve`] uses that space again.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<&Request>, ProtocolError> {
        match self.advance(buffer) {
            Ok(true) => Ok(Some(&self.request)),
            Ok(false) => {
                if self.read >= PIECE_BYTES {
                    self.cut(buffer);
                }
                Ok(None)
            }
            Err(error) => {
                self.stage = Stage::Failed(error);
                self.request.clear();
                Err(error)
            }
        }
    }

    /// The memory that it takes besides the buffer: what was taken off it of a long request, and
    /// the places of arguments.
    pub fn held_bytes(&self) -> usize {
        self.request.held_bytes()
    }

    /// Reads on until the request is complete (true) or the buffer is used up (false).
    fn advance(&mut self, buffer: &mut BytesMut) -> Result<bool, ProtocolError> {
        loop {
            match self.stage {
                Stage::Start => {
                    self.request.clear();
                    let complete = match buffer.first() {
                        None => return Ok(false),
                        Some(b'*') => self.start_array(buffer)?,
                        Some(_) => self.inline(buffer)?,
                    };
                    match complete {
                        Line::Partial => return Ok(false),
                        Line::Request => return Ok(true),
                        Line::Taken => {}
                    }
                }
                Stage::Arguments(left) => {
                    if !self.arguments(buffer, left)? {
                        return Ok(false);
                    }
                    let frame = buffer.split_to(self.read).freeze();
                    self.request.complete(frame);
                    self.restart();
                    return Ok(true);
                }
                Stage::Payload(length, left) => {
                    if !self.payload(buffer, length)? {
                        return Ok(false);
                    }
                    self.stage = Stage::Arguments(left);
                }
                Stage::Failed(error) => return Err(error),
            }
        }
    }

    /// Reads so many arguments; false: they are not all here.
    fn arguments(&mut self, buffer: &[u8], count: usize) -> Result<bool, ProtocolError> {
        for left in (0..count).rev() {
            let Some(length) = self.line(buffer, LengthOf::Argument)? else {
                self.stage = Stage::Arguments(left + 1);
                return Ok(false);
            };
            if !self.payload(buffer, length)? {
                self.stage = Stage::Payload(length, left);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes off the buffer what is understood.
    #[cold]
    fn cut(&mut self, buffer: &mut BytesMut) {
        let held = buffer.capacity();
        self.request.cut(buffer.split_to(self.read).freeze(), held);
        self.searched -= self.read;
        self.read = 0;
    }

    /// The next byte of the buffer is the first of a new frame.
    fn restart(&mut self) {
        (self.stage, self.read, self.searched) = (Stage::Start, 0, 0);
    }

    /// Reads `*count CRLF`. A count that is not positive is an empty request, and skipped.
    fn start_array(&mut self, buffer: &mut BytesMut) -> Result<Line, ProtocolError> {
        match self.line(buffer, LengthOf::Array)? {
            None => return Ok(Line::Partial),
            Some(0) => {
                buffer.advance(self.read);
                self.restart();
            }
            Some(count) => self.stage = Stage::Arguments(count),
        }
        Ok(Line::Taken)
    }

    /// Reads the line at `read` that announces a length, and steps behind it; `None`: it has no end
    /// yet.
    #[inline]
    fn line(&mut self, buffer: &[u8], of: LengthOf) -> Result<Option<usize>, ProtocolError> {
        if let Some((b'$' | b'*', rest)) = buffer[self.read..].split_first()
            && let Some((length, taken)) = short_line(rest)
            && length <= of.max(&self.limits)
            && (of == LengthOf::Array || buffer[self.read] == b'$')
        {
            self.read += 1 + taken;
            self.searched = self.read;
            return Ok(Some(length));
        }
        self.line_slowly(buffer, of)
    }

    /// As [`Parser::line`], for lines that are incomplete, unusual or wrong.
    #[cold]
    fn line_slowly(&mut self, buffer: &[u8], of: LengthOf) -> Result<Option<usize>, ProtocolError> {
        let Some(end) = self.find(buffer, b'\r', of.too_long())? else { return Ok(None) };
        if end + 1 == buffer.len() {
            return Ok(None);
        }
        let marker = buffer[self.read];
        if of == LengthOf::Argument && marker != b'$' {
            return Err(ProtocolError::ExpectedBulk(marker));
        }
        let number = buffer.get(self.read + 1..end).and_then(parse_integer).ok_or(of.wrong())?;
        let length = match usize::try_from(number) {
            Err(_) if of == LengthOf::Array => 0, // negative: as empty as zero
            Ok(length) if length <= of.max(&self.limits) => length,
            _ => return Err(of.wrong()),
        };
        if buffer[end + 1] != b'\n' {
            return Err(of.wrong());
        }
        self.read = end + 2;
        self.searched = self.read;
        Ok(Some(length))
    }

    /// Finds the end of the line at `read`, looking at each byte once however often it is called.
    fn find(
        &mut self,
        buffer: &[u8],
        end: u8,
        too_long: ProtocolError,
    ) -> Result<Option<usize>, ProtocolError> {
        let found = memchr::memchr(end, &buffer[self.searched..]).map(|at| self.searched + at);
        self.searched = found.unwrap_or(buffer.len());
        if self.searched - self.read > self.limits.inline_bytes_max {
            return Err(too_long);
        }
        Ok(found)
    }

    /// Reads the bytes of an argument and the CRLF behind them; false: they are not all here.
    #[inline]
    fn payload(&mut self, buffer: &[u8], length: usize) -> Result<bool, ProtocolError> {
        let end = self.read + length;
        if self.request.cut_bytes() + end + 2 > self.limits.request_bytes_max {
            return Err(ProtocolError::RequestTooLong);
        }
        match buffer.get(end..end + 2) {
            None => return Ok(false),
            Some(b"\r\n") => {}
            Some(_) => return Err(ProtocolError::BulkLength),
        }
        self.request.push(self.read, end);
        self.read = end + 2;
        self.searched = self.read;
        Ok(true)
    }

    /// Reads a line of words. Such lines are typed by people or sent once in a connection's life,
    /// so their words may be copied.
    fn inline(&mut self, buffer: &mut BytesMut) -> Result<Line, ProtocolError> {
        let Some(end) = self.find(buffer, b'\n', ProtocolError::InlineTooLong)? else {
            return Ok(Line::Partial);
        };
        let line = buffer[..end].strip_suffix(b"\r").unwrap_or(&buffer[..end]);
        let mut text = Vec::with_capacity(line.len());
        inline::unquote(line, &mut text, |start, end| self.request.push(start, end))?;
        self.request.complete(text.into());
        buffer.advance(end + 1);
        self.restart();
        match self.request.get(0) {
            None => Ok(Line::Taken),
            Some(name) if is_http(name) => Err(ProtocolError::ForeignProtocol),
            Some(_) => Ok(Line::Request),
        }
    }
}

/// What came of a line at the start of a frame.
enum Line {
    /// It has no end yet.
    Partial,
    /// It was taken, and the request is not complete.
    Taken,
    /// It was a whole request.
    Request,
}

/// What a line announces the length of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LengthOf {
    Array,
    Argument,
}

impl LengthOf {
    fn max(self, limits: &Limits) -> usize {
        match self {
            LengthOf::Array => limits.arguments_max,
            LengthOf::Argument => limits.bulk_bytes_max,
        }
    }

    fn wrong(self) -> ProtocolError {
        match self {
            LengthOf::Array => ProtocolError::ArgumentCount,
            LengthOf::Argument => ProtocolError::BulkLength,
        }
    }

    fn too_long(self) -> ProtocolError {
        match self {
            LengthOf::Array => ProtocolError::CountLineTooLong,
            LengthOf::Argument => ProtocolError::LengthLineTooLong,
        }
    }
}

/// Whether this first word is how a browser begins that was tricked into talking to this port: its
/// headers would be errors, but its body could be commands.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"POST") || name.eq_ignore_ascii_case(b"Host:")
}
