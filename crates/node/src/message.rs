//! What nodes tell each other.
//!
//! Every message says who sends it, by id, name of the data directory and boot, so that it can be believed or
//! turned away by itself, whatever connection brought it.

use bytes::Bytes;

use crate::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::door::{NodeId, Order};
use crate::merged::vector::{Place, Vector};
use crate::record::{order_byte, order_of_byte};

/// The first byte of every message; another number is another language.
const VERSION: u8 = 1;

/// A message and who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) from: NodeId,
    /// The name of the sender's data directory.
    pub(crate) name: u64,
    pub(crate) boot: u64,
    pub(crate) body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// How members meet.
    Hello(Hello),
    /// A message of Raft, in its own encoding.
    Raft(Bytes),
    /// Writes for the leader to append: a run of commands of the sender's boot.
    Forward { first: u64, count: u64, commands: Bytes },
    /// Merged entries, each with all it depends on before it. `more`: there are others; ask again.
    Entries { entries: Vec<Bytes>, more: bool },
    /// What the sender has applied; with `want`, it asks for what lies beyond.
    Vector { vector: Vector, want: bool },
    /// The receiver's disk lost merged entries: the sender holds this later one of its earlier boots.
    Lost(Place),
    /// The sender asks what the receiver's wall clock says; it asks at this moment of its monotonic clock.
    AskClock { asked_ms: u64, is_fit: bool },
    /// What the sender's wall clock says.
    TellClock(ClockReading),
}

/// The answer to a question about a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockReading {
    /// The boot of who asked, and when that was by its monotonic clock.
    pub(crate) boot: u64,
    pub(crate) asked_ms: u64,
    pub(crate) wall_ms: u64,
    /// Whether the sender has measured others, and its clock agrees with theirs.
    pub(crate) is_fit: bool,
}

/// How members meet: who is here, and what it has on disk of the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) order: Order,
    /// The ids of all members, as the sender was told them.
    pub(crate) members: Vec<NodeId>,
    /// The name of the receiver's directory that the sender has on its disk.
    pub(crate) knows: Option<u64>,
    /// Whether the sender has met everyone.
    pub(crate) formed: bool,
}

const HELLO: u8 = 1;
const RAFT: u8 = 2;
const FORWARD: u8 = 3;
const ENTRIES: u8 = 4;
const VECTOR: u8 = 5;
const LOST: u8 = 6;
const ASK_CLOCK: u8 = 7;
const TELL_CLOCK: u8 = 8;

impl Message {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(64 + self.body.weight());
        out.push(VERSION);
        put_uint(&mut out, self.from.0);
        out.extend_from_slice(&self.name.to_le_bytes());
        put_uint(&mut out, self.boot);
        self.body.encode(&mut out);
        out.into()
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Message, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return Err(Malformed);
        }
        let from = NodeId(reader.uint()?);
        let mut name = [0; 8];
        for byte in &mut name {
            *byte = reader.byte()?;
        }
        let boot = reader.uint()?;
        let body = Body::decode(&mut reader, bytes)?;
        Ok(Message { from, name: u64::from_le_bytes(name), boot, body })
    }
}

impl Body {
    fn weight(&self) -> usize {
        match self {
            Body::Raft(bytes) => bytes.len(),
            Body::Forward { commands, .. } => commands.len(),
            Body::Entries { entries, .. } => entries.iter().map(|entry| entry.len() + 10).sum(),
            Body::Hello(_) | Body::Vector { .. } | Body::Lost(_) => 0,
            Body::AskClock { .. } | Body::TellClock(_) => 0,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Body::Hello(hello) => {
                out.push(HELLO);
                hello.encode(out);
            }
            Body::Raft(bytes) => {
                out.push(RAFT);
                out.extend_from_slice(bytes);
            }
            Body::Forward { first, count, commands } => {
                out.push(FORWARD);
                put_uint(out, *first);
                put_uint(out, *count);
                out.extend_from_slice(commands);
            }
            Body::Entries { entries, more } => {
                out.push(ENTRIES);
                out.push(u8::from(*more));
                entries.iter().for_each(|entry| put_bytes(out, entry));
            }
            Body::Vector { vector, want } => {
                out.push(VECTOR);
                out.push(u8::from(*want));
                vector.encode(out);
            }
            Body::Lost(place) => {
                out.push(LOST);
                place.encode(out);
            }
            Body::AskClock { asked_ms, is_fit } => {
                out.push(ASK_CLOCK);
                put_uint(out, *asked_ms);
                out.push(u8::from(*is_fit));
            }
            Body::TellClock(ClockReading { boot, asked_ms, wall_ms, is_fit }) => {
                out.push(TELL_CLOCK);
                [boot, asked_ms, wall_ms].into_iter().for_each(|number| put_uint(out, *number));
                out.push(u8::from(*is_fit));
            }
        }
    }

    fn decode(reader: &mut Reader<'_>, bytes: &Bytes) -> Result<Body, Malformed> {
        let rest = |reader: &Reader<'_>| bytes.slice(bytes.len() - reader.rest().len()..);
        let body = match reader.byte()? {
            HELLO => Body::Hello(Hello::decode(reader)?),
            RAFT => return Ok(Body::Raft(rest(reader))),
            FORWARD => {
                let (first, count) = (reader.uint()?, reader.uint()?);
                return Ok(Body::Forward { first, count, commands: rest(reader) });
            }
            ENTRIES => {
                let more = reader.flag()?;
                let mut entries = vec![];
                while !reader.is_empty() {
                    let length = reader.bytes()?.len();
                    let end = bytes.len() - reader.rest().len();
                    entries.push(bytes.slice(end - length..end));
                }
                Body::Entries { entries, more }
            }
            VECTOR => {
                let want = reader.flag()?;
                Body::Vector { vector: Vector::decode(reader)?, want }
            }
            LOST => Body::Lost(Place::decode(reader)?),
            ASK_CLOCK => Body::AskClock { asked_ms: reader.uint()?, is_fit: reader.flag()? },
            TELL_CLOCK => Body::TellClock(ClockReading {
                boot: reader.uint()?,
                asked_ms: reader.uint()?,
                wall_ms: reader.uint()?,
                is_fit: reader.flag()?,
            }),
            _ => return Err(Malformed),
        };
        reader.end()?;
        Ok(body)
    }
}

impl Hello {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(order_byte(self.order));
        out.push(u8::from(self.formed));
        out.push(u8::from(self.knows.is_some()));
        put_uint(out, self.knows.unwrap_or(0));
        put_uint(out, self.members.len() as u64);
        self.members.iter().for_each(|id| put_uint(out, id.0));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Hello, Malformed> {
        let order = order_of_byte(reader.byte()?)?;
        let formed = reader.flag()?;
        let has_name = reader.flag()?;
        let name = reader.uint()?;
        let count = reader.count()?;
        let members = (0..count).map(|_| reader.uint().map(NodeId)).collect::<Result<_, _>>()?;
        Ok(Hello { order, members, knows: has_name.then_some(name), formed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies() -> Vec<Body> {
        let place = Place { boot: 2, index: 900 };
        vec![
            Body::Hello(Hello {
                order: Order::Merged,
                members: vec![NodeId(1), NodeId(300)],
                knows: Some(u64::MAX),
                formed: true,
            }),
            Body::Raft(Bytes::from_static(b"raft")),
            Body::Forward { first: 7, count: 1, commands: Bytes::from_static(b"\x01\x01k\x01v") },
            Body::Entries { entries: vec![Bytes::from_static(b"one"), Bytes::new()], more: true },
            Body::Vector { vector: Vector::from_iter([(NodeId(3), place)]), want: true },
            Body::Lost(place),
            Body::AskClock { asked_ms: 300, is_fit: true },
            Body::TellClock(ClockReading { boot: 7, asked_ms: 0, wall_ms: 1 << 41, is_fit: false }),
        ]
    }

    #[test]
    fn messages_come_back() {
        for body in bodies() {
            let message = Message { from: NodeId(5), name: 1 << 60, boot: 2, body };
            assert_eq!(Message::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn cut_messages_never_panic() {
        for body in bodies() {
            let bytes = Message { from: NodeId(5), name: 9, boot: 2, body }.encode();
            for end in 0..bytes.len() {
                let _ = Message::decode(&bytes.slice(..end));
            }
        }
        assert_eq!(Message::decode(&Bytes::from_static(b"\x02")), Err(Malformed));
    }
}
