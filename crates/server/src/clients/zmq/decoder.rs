//! From bytes to messages: the greeting, the handshake, then parts that make messages, and pings
//! between them.

use bytes::{Buf, Bytes, BytesMut};
use node::VALUE_BYTES_MAX;

use super::error::Error;
use super::frame::{self, Header, MORE};
use super::greeting::{self, GREETING_BYTES};
use super::handshake;
use crate::mutants::mutant;

/// The longest command, READY included: names of a few bytes, and what a client may say about
/// itself.
const COMMAND_BYTES_MAX: u64 = 4 << 10;
/// The longest request: JSON may take six bytes for what a value keeps in two.
pub(super) const BODY_BYTES_MAX: u64 = 4 * VALUE_BYTES_MAX as u64;
/// The most that is kept in front of a request, as it goes back: as many parts as a chain of
/// proxies has.
const ENVELOPE_BYTES_MAX: usize = 4 << 10;
/// The envelope of a REQ socket: one empty part.
const EMPTY_PART: &[u8] = &[MORE, 0];

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The greeting is over.
    Greeted,
    /// The handshake is over.
    Ready,
    /// It wants to hear that the server is there, and this with it.
    Ping(Bytes),
    /// A request.
    Message(Message),
}

/// A request as it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// What goes back in front of the reply, as frames.
    pub(super) envelope: Bytes,
    /// The one part after that.
    pub(super) body: Result<Bytes, Malformed>,
}

/// Why a message is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// No empty part stands before the last one.
    NoEmptyPart,
    /// More than one part follows the empty one.
    ManyParts,
    /// The part after the empty one is too long.
    TooLong,
}

/// Reads what one client says.
///
/// Invariant: `skipping` bytes of the front of the buffer belong to a part that is not wanted.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    stage: Stage,
    /// The parts of the envelope so far, as frames.
    envelope: Vec<u8>,
    /// Whether the envelope is whole.
    is_delimited: bool,
    /// What is known of the message beside.
    body: Option<Result<Bytes, Malformed>>,
    /// How much of a part is still to be passed over.
    skipping: u64,
    /// Whether the part that is passed over is the last of its message.
    is_last: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Greeting,
    Handshake,
    Traffic,
    Failed(Error),
}

impl Decoder {
    /// Takes what comes next off the front of the buffer; `None`: more bytes are needed. After a
    /// error there is nothing more to be had.
    pub(super) fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Error> {
        let next = match self.stage {
            Stage::Greeting => self.greeting(buffer),
            Stage::Handshake => self.handshake(buffer),
            Stage::Traffic => self.traffic(buffer),
            Stage::Failed(error) => Err(error),
        };
        if let Err(error) = next {
            mutant!(ErrorForgotten, self.stage = Stage::Failed(error), {
                let _ = error;
            });
        }
        next
    }

    /// The memory that a message takes which has not come whole, beside what is still in the
    /// buffer.
    pub(super) fn held_bytes(&self) -> usize {
        let body = self.body.as_ref().and_then(|body| body.as_ref().ok());
        mutant!(EnvelopeUncounted, self.envelope.capacity(), 0) + body.map_or(0, Bytes::len)
    }

    fn greeting(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Error> {
        let come = buffer.len().min(GREETING_BYTES);
        greeting::check(&buffer[..come])?;
        if come < GREETING_BYTES {
            return Ok(None);
        }
        buffer.advance(GREETING_BYTES);
        self.stage = Stage::Handshake;
        Ok(Some(Event::Greeted))
    }

    fn handshake(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Error> {
        let Some(header) = Header::read(buffer)? else { return Ok(None) };
        if !header.is_command {
            return Err(Error::NotReady);
        }
        let Some(command) = take_command(buffer, header)? else { return Ok(None) };
        handshake::check_ready(&command)?;
        self.stage = Stage::Traffic;
        Ok(Some(Event::Ready))
    }

    fn traffic(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Error> {
        loop {
            if self.skipping > 0 {
                let come = self.skipping.min(buffer.len() as u64);
                buffer.advance(come as usize);
                self.skipping -= come;
                if self.skipping > 0 {
                    return Ok(None);
                }
                if self.is_last {
                    return Ok(Some(self.finish()));
                }
            }
            let Some(header) = Header::read(buffer)? else { return Ok(None) };
            // Heartbeats may stand between the parts of a message.
            if header.is_command {
                let Some(command) = take_command(buffer, header)? else { return Ok(None) };
                match handshake::context_of_ping(&command) {
                    Some(context) => return Ok(Some(Event::Ping(command.slice_ref(context)))),
                    // Of what is not known, ZMTP says to pass over it.
                    None => continue,
                }
            }
            match self.part(buffer, header)? {
                Part::Incomplete => return Ok(None),
                Part::Taken if header.more => {}
                Part::Taken => return Ok(Some(self.finish())),
                Part::Unwanted => {
                    buffer.advance(header.bytes);
                    (self.skipping, self.is_last) = (header.announced, !header.more);
                    if self.skipping == 0 && self.is_last {
                        return Ok(Some(self.finish()));
                    }
                }
            }
        }
    }

    /// Takes a part of a message, if it is wanted.
    fn part(&mut self, buffer: &mut BytesMut, header: Header) -> Result<Part, Error> {
        if self.is_delimited {
            return Ok(self.body_part(buffer, header));
        }
        if !header.more {
            self.envelope.clear();
            self.body = Some(Err(Malformed::NoEmptyPart));
            return Ok(Part::Unwanted);
        }
        let is_room = |length| {
            mutant!(EnvelopeWithoutEnd, self.envelope.len(), 0) + frame::bytes(length)
                <= ENVELOPE_BYTES_MAX
        };
        if !usize::try_from(header.announced).is_ok_and(is_room) {
            return Err(Error::Envelope);
        }
        let Some(part) = take(buffer, header) else { return Ok(Part::Incomplete) };
        frame::write(&mut self.envelope, MORE, &[&part]);
        self.is_delimited = part.is_empty();
        Ok(Part::Taken)
    }

    /// The first part after the envelope is the request, if it is the only one.
    fn body_part(&mut self, buffer: &mut BytesMut, header: Header) -> Part {
        if self.body.is_none()
            && !header.more
            && mutant!(
                LongestBodyRefused,
                header.announced <= BODY_BYTES_MAX,
                header.announced < BODY_BYTES_MAX
            )
        {
            let Some(part) = take(buffer, header) else { return Part::Incomplete };
            self.body = Some(Ok(part));
            return Part::Taken;
        }
        let is_alone = self.body.is_none() && !header.more;
        let why = if is_alone { Malformed::TooLong } else { Malformed::ManyParts };
        self.body = Some(Err(why));
        Part::Unwanted
    }

    /// All parts of a message are there.
    fn finish(&mut self) -> Event {
        let envelope = std::mem::take(&mut self.envelope);
        let envelope = match envelope == EMPTY_PART {
            true => Bytes::from_static(EMPTY_PART),
            false => envelope.into(),
        };
        self.is_delimited = false;
        let body = self.body.take().unwrap_or(Err(Malformed::NoEmptyPart));
        Event::Message(Message { envelope, body })
    }
}

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// More bytes are needed.
    Incomplete,
    /// It is kept.
    Taken,
    /// It is passed over.
    Unwanted,
}

/// Takes the bytes of a frame, if they are all there.
fn take(buffer: &mut BytesMut, header: Header) -> Option<Bytes> {
    let end = usize::try_from(header.announced).ok()?.checked_add(header.bytes)?;
    if buffer.len() < end {
        return None;
    }
    buffer.advance(header.bytes);
    Some(buffer.split_to(end - header.bytes).freeze())
}

fn take_command(buffer: &mut BytesMut, header: Header) -> Result<Option<Bytes>, Error> {
    if header.announced > COMMAND_BYTES_MAX {
        return Err(Error::Command);
    }
    Ok(take(buffer, header))
}
