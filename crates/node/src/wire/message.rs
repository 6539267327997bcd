//! What nodes tell each other.
//!
//! Every message says who sends it, by id, data directory and start, so that it can be believed or
//! turned away by itself, whatever connection brought it.

use bytes::Bytes;

use crate::api::Order;
use crate::cluster::roster::ADDRESS_BYTES_MAX;
use crate::ids::{Boot, DirectoryId, Index, Life, NodeId, Sequence, SnapshotNumber, Term};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_fixed, put_uint};
use crate::wire::record::{Cluster, Known, order_byte, order_of_byte};
use crate::wire::version_vector::{Place, VersionVector};

/// The first byte of every message; another number is another language.
const VERSION: u8 = 3;

/// A message and who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) from: NodeId,
    /// The sender's data directory and its present start.
    pub(crate) sender: Known,
    pub(crate) body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// How members meet, and come to believe each other's starts.
    Hello(Hello),
    /// Another process claims to be the sender of what came by this connection before, started
    /// again: is it still there? The number is drawn for this question alone.
    Probe(u64),
    /// The answer: it is.
    Alive(u64),
    /// The receiver's start, this one, descends from one whose process is still there: it is a
    /// copy.
    Copied(Life),
    /// A message of Raft, in its own encoding.
    Raft(Bytes),
    /// Writes for the leader to append: a run of commands of the sender's start.
    Forward { first: Sequence, count: u64, commands: Bytes },
    /// Merged entries, each with all it depends on before it. `more`: there are others; ask again.
    Entries { entries: Vec<Bytes>, more: bool },
    /// What the sender has applied; with `want`, it asks for what lies beyond. `members`: the
    /// change of members that it goes by; 0: there was none.
    VersionVector { vector: VersionVector, want: bool, members: Index },
    /// The receiver's disk lost merged entries: the sender holds this later one of its earlier
    /// boots.
    Lost(Place),
    /// The sender asks what the receiver's wall clock says; it asks at this moment of its monotonic
    /// clock.
    AskClock { asked_ms: u64, is_fit: bool },
    /// What the sender's wall clock says.
    TellClock(ClockReading),
    /// The receiver lacks merged entries that the sender does not keep any more: this snapshot of
    /// the sender holds them.
    OfferSnapshot(SnapshotNumber),
    /// The sender fetches this snapshot of the receiver, from this place on. `for_raft`: it is the
    /// agreed state of it that it needs.
    AskSnapshot { number: SnapshotNumber, offset: u64, for_raft: bool },
    /// A piece of a snapshot of the sender; nothing: there is no such snapshot any more.
    Snapshot { number: SnapshotNumber, offset: u64, bytes: Bytes },
    /// The sender has fetched what the receiver, its leader, offered.
    Fetched,
    /// The sender has lost its state. It needs an agreed one that stands at this entry, which is
    /// committed, or behind it or, with none, a merged one that holds some of these places.
    AskState { agreed: Option<(Index, Term)>, merged: VersionVector },
    /// This snapshot of the sender has the agreed state that the receiver asked for, and it stands
    /// there.
    OfferState { number: SnapshotNumber, index: Index, term: Term },
    /// The sender's leader offers it a snapshot. Does one of the receiver have the agreed state at
    /// this entry, or behind it? None is taken for it.
    AskOffer(Index),
    /// The sender is fetching from another member what the receiver, its leader, offered.
    Fetches,
    /// The sender takes no more commands on the keys of the prefix that changes hands, and has that
    /// on its disk: here its own merged log ends.
    Fenced { attempt: Index, end: Place },
    /// All members have said so: here their merged logs end.
    Ends { attempt: Index, ends: VersionVector },
    /// The sender has applied all up to there: this is a live key of the prefix, or the beginning
    /// of one, if there is any.
    Looked { attempt: Index, found: Option<Bytes> },
    /// The sender was started to join a cluster, is no member of one yet, and receives its peers
    /// there.
    Join { address: String },
    /// The receiver is a member of this cluster, whose keyspace `default` has this order; these are
    /// all members, as they are encoded.
    Welcome { cluster: Cluster, order: Order, roster: Bytes },
    /// All members, as they are encoded, as the sender has last applied them.
    Members(Bytes),
    /// The receiver, which has this directory, is no member any more since this entry.
    Removed { directory: DirectoryId, index: Index },
    /// The sender understands logs of this version.
    Speaks(u64),
    /// Of the members that leave by the change that began there the sender holds so much, on its
    /// disk; of itself, all that it will ever have written.
    Holds { change: Index, places: VersionVector },
    /// Somebody asked the sender that this member lead: the receiver leads, and is to hand over.
    HandOver(NodeId),
    /// The sender leads on: this member cannot take over, for this reason.
    Stays(NodeId, Stays),
    /// What came of a digest at the sender.
    Digest(Summary),
    /// What are the sums of the slots that the receiver summed up at this digest?
    AskSlots { index: Index, order: Order },
    /// The answer: 16,384 numbers of eight bytes.
    Slots { index: Index, order: Order, sums: Bytes },
}

/// Why a leader does not hand over to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stays {
    /// It is no member, or none that may lead.
    NoMember,
    /// The leader does not reach it.
    Unreached,
    /// It lacks so much of the log that it has to fetch a state, or it has answered nothing yet.
    Lags,
    /// Its clock is off, its disk full, or its end near.
    Unfit,
}

impl Stays {
    const ALL: [Stays; 4] = [Stays::NoMember, Stays::Unreached, Stays::Lags, Stays::Unfit];

    fn byte(self) -> u8 {
        self as u8
    }

    fn of_byte(byte: u8) -> Result<Stays, Malformed> {
        Stays::ALL.get(usize::from(byte)).copied().ok_or(Malformed)
    }
}

/// What came of a digest: where it was taken, and one number for the whole of each order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The entry that names the point, which is that of the agreed order.
    pub(crate) index: Index,
    pub(crate) agreed: u64,
    /// The point of the merged order.
    pub(crate) vector: VersionVector,
    pub(crate) merged: u64,
}

/// The answer to a question about a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockReading {
    /// The boot of who asked, and when that was by its monotonic clock.
    pub(crate) boot: Boot,
    pub(crate) asked_ms: u64,
    pub(crate) wall_ms: u64,
    /// Whether the sender has measured others, and its clock agrees with theirs.
    pub(crate) is_fit: bool,
}

/// How members meet: who is here, what it has on disk of the receiver, and what it has lived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// The cluster that the sender is part of, once that has formed.
    pub(crate) cluster: Option<Cluster>,
    pub(crate) order: Order,
    /// The ids of all members, as the sender was told them.
    pub(crate) members: Vec<NodeId>,
    /// The id of the cluster that the directories on the sender's disk form; 0: it lacks some.
    pub(crate) roster: u64,
    /// The receiver, as the sender has it on its disk.
    pub(crate) knows: Option<Known>,
    /// The start of the sender that the receiver said last that it has on its disk, if the sender
    /// has lived it.
    pub(crate) lived: Option<Life>,
    /// Whether the receiver is to answer with a hello of its own. An answer asks for none.
    pub(crate) asks: bool,
}

/// What a message takes beside its body, at most.
pub(crate) const HEAD_BYTES: usize = 64;

const HELLO: u8 = 1;
const RAFT: u8 = 2;
const FORWARD: u8 = 3;
const ENTRIES: u8 = 4;
const VECTOR: u8 = 5;
const LOST: u8 = 6;
const ASK_CLOCK: u8 = 7;
const TELL_CLOCK: u8 = 8;
const PROBE: u8 = 9;
const ALIVE: u8 = 10;
const COPIED: u8 = 11;
const OFFER_SNAPSHOT: u8 = 12;
const ASK_SNAPSHOT: u8 = 13;
const SNAPSHOT: u8 = 14;
const FETCHED: u8 = 15;
const DIGEST: u8 = 16;
const ASK_SLOTS: u8 = 17;
const SLOTS: u8 = 18;
const ASK_STATE: u8 = 19;
const OFFER_STATE: u8 = 20;
const ASK_OFFER: u8 = 21;
const FETCHES: u8 = 22;
const FENCED: u8 = 23;
const ENDS: u8 = 24;
const LOOKED: u8 = 25;
const JOIN: u8 = 27;
const WELCOME: u8 = 28;
const REMOVED: u8 = 29;
const MEMBERS: u8 = 30;
const HOLDS: u8 = 31;
const HAND_OVER: u8 = 26;
const STAYS: u8 = 32;
// What comes with a vector. Before members change nobody says of which it is, so that who does not
// know this flag never meets it.
const WANT: u8 = 1;
const OF_MEMBERS: u8 = 2;
const SPEAKS: u8 = 33;

/// So much of a key is told.
pub(crate) const FOUND_BYTES_MAX: usize = 64;

impl Message {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(HEAD_BYTES + self.body.weight());
        put_head(self.from, self.sender, &mut out);
        self.body.encode(&mut out);
        out.into()
    }

    /// Appends a message of Raft, which `write` appends in its own encoding, without a copy of it.
    pub(crate) fn encode_raft(
        from: NodeId,
        sender: Known,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        put_head(from, sender, out);
        out.push(RAFT);
        write(out);
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Message, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return Err(Malformed);
        }
        let from = NodeId(reader.uint()?);
        let sender = Known::decode(&mut reader)?;
        let body = Body::decode(&mut reader, bytes)?;
        Ok(Message { from, sender, body })
    }
}

fn put_head(from: NodeId, sender: Known, out: &mut Vec<u8>) {
    out.push(VERSION);
    put_uint(out, from.0);
    sender.encode(out);
}

impl Body {
    fn weight(&self) -> usize {
        match self {
            Body::Raft(bytes) => bytes.len(),
            Body::Forward { commands, .. } => commands.len(),
            Body::Entries { entries, .. } => entries.iter().map(|entry| entry.len() + 10).sum(),
            Body::Hello(_) | Body::Probe(_) | Body::Alive(_) | Body::Copied(_) => 0,
            Body::VersionVector { .. } | Body::Lost(_) => 0,
            Body::AskClock { .. } | Body::TellClock(_) => 0,
            Body::Snapshot { bytes, .. } => bytes.len(),
            Body::OfferSnapshot(_) | Body::AskSnapshot { .. } | Body::Fetched => 0,
            Body::Digest(_) | Body::AskSlots { .. } => 0,
            Body::Slots { sums, .. } => sums.len(),
            Body::AskState { .. } | Body::OfferState { .. } => 0,
            Body::AskOffer(_) | Body::Fetches => 0,
            Body::Fenced { .. } | Body::Ends { .. } | Body::Looked { .. } => 0,
            Body::Join { .. } | Body::Removed { .. } => 0,
            Body::Welcome { roster, .. } | Body::Members(roster) => roster.len(),
            Body::Holds { .. } | Body::Speaks(_) => 0,
            Body::HandOver(_) | Body::Stays(..) => 0,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Body::Hello(hello) => {
                out.push(HELLO);
                hello.encode(out);
            }
            Body::Probe(number) => {
                out.push(PROBE);
                put_fixed(out, *number);
            }
            Body::Alive(number) => {
                out.push(ALIVE);
                put_fixed(out, *number);
            }
            Body::Copied(life) => {
                out.push(COPIED);
                life.encode(out);
            }
            Body::Raft(bytes) => {
                out.push(RAFT);
                out.extend_from_slice(bytes);
            }
            Body::Forward { first, count, commands } => {
                out.push(FORWARD);
                put_uint(out, first.0);
                put_uint(out, *count);
                out.extend_from_slice(commands);
            }
            Body::Entries { entries, more } => {
                out.push(ENTRIES);
                out.push(u8::from(*more));
                entries.iter().for_each(|entry| put_bytes(out, entry));
            }
            Body::VersionVector { vector, want, members } => {
                out.push(VECTOR);
                let is_changed = *members > Index(0);
                out.push(u8::from(*want) | if is_changed { OF_MEMBERS } else { 0 });
                if is_changed {
                    put_uint(out, members.0);
                }
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
                [&boot.0, asked_ms, wall_ms].into_iter().for_each(|number| put_uint(out, *number));
                out.push(u8::from(*is_fit));
            }
            Body::OfferSnapshot(number) => {
                out.push(OFFER_SNAPSHOT);
                put_uint(out, number.0);
            }
            Body::AskSnapshot { number, offset, for_raft } => {
                out.push(ASK_SNAPSHOT);
                put_uint(out, number.0);
                put_uint(out, *offset);
                out.push(u8::from(*for_raft));
            }
            Body::Snapshot { number, offset, bytes } => {
                out.push(SNAPSHOT);
                put_uint(out, number.0);
                put_uint(out, *offset);
                out.extend_from_slice(bytes);
            }
            Body::Fetched => out.push(FETCHED),
            Body::Digest(summary) => {
                out.push(DIGEST);
                summary.encode(out);
            }
            Body::AskSlots { index, order } => {
                out.push(ASK_SLOTS);
                put_uint(out, index.0);
                out.push(order_byte(*order));
            }
            Body::Slots { index, order, sums } => {
                out.push(SLOTS);
                put_uint(out, index.0);
                out.push(order_byte(*order));
                out.extend_from_slice(sums);
            }
            Body::AskState { agreed, merged } => {
                out.push(ASK_STATE);
                out.push(u8::from(agreed.is_some()));
                if let Some((index, term)) = agreed {
                    put_uint(out, index.0);
                    put_uint(out, term.0);
                }
                merged.encode(out);
            }
            Body::OfferState { number, index, term } => {
                out.push(OFFER_STATE);
                [number.0, index.0, term.0].into_iter().for_each(|number| put_uint(out, number));
            }
            Body::AskOffer(index) => {
                out.push(ASK_OFFER);
                put_uint(out, index.0);
            }
            Body::Fetches => out.push(FETCHES),
            Body::Fenced { attempt, end } => {
                out.push(FENCED);
                put_uint(out, attempt.0);
                end.encode(out);
            }
            Body::Ends { attempt, ends } => {
                out.push(ENDS);
                put_uint(out, attempt.0);
                ends.encode(out);
            }
            Body::HandOver(to) => {
                out.push(HAND_OVER);
                put_uint(out, to.0);
            }
            Body::Stays(to, why) => {
                out.push(STAYS);
                put_uint(out, to.0);
                out.push(why.byte());
            }
            Body::Looked { attempt, found } => {
                out.push(LOOKED);
                put_uint(out, attempt.0);
                out.push(u8::from(found.is_some()));
                found.iter().for_each(|key| put_bytes(out, key));
            }
            Body::Join { address } => {
                out.push(JOIN);
                put_bytes(out, address.as_bytes());
            }
            Body::Welcome { cluster, order, roster } => {
                out.push(WELCOME);
                Cluster::encode(Some(*cluster), out);
                out.push(order_byte(*order));
                out.extend_from_slice(roster);
            }
            Body::Members(roster) => {
                out.push(MEMBERS);
                out.extend_from_slice(roster);
            }
            Body::Removed { directory, index } => {
                out.push(REMOVED);
                directory.encode(out);
                put_uint(out, index.0);
            }
            Body::Speaks(version) => {
                out.push(SPEAKS);
                put_uint(out, *version);
            }
            Body::Holds { change, places } => {
                out.push(HOLDS);
                put_uint(out, change.0);
                places.encode(out);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>, bytes: &Bytes) -> Result<Body, Malformed> {
        let rest = |reader: &Reader<'_>| bytes.slice(bytes.len() - reader.rest().len()..);
        let body = match reader.byte()? {
            HELLO => Body::Hello(Hello::decode(reader)?),
            PROBE => Body::Probe(reader.fixed()?),
            ALIVE => Body::Alive(reader.fixed()?),
            COPIED => Body::Copied(Life::decode(reader)?),
            RAFT => return Ok(Body::Raft(rest(reader))),
            FORWARD => {
                let (first, count) = (Sequence(reader.number()?), reader.number()?);
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
                let flags = reader.byte()?;
                if flags > WANT | OF_MEMBERS {
                    return Err(Malformed);
                }
                let members = match flags & OF_MEMBERS {
                    0 => 0,
                    // Who knows of no change says nothing of it.
                    _ => Some(reader.uint()?).filter(|at| *at > 0).ok_or(Malformed)?,
                };
                let members = Index(members);
                let want = flags & WANT != 0;
                Body::VersionVector { vector: VersionVector::decode(reader)?, want, members }
            }
            LOST => Body::Lost(Place::decode(reader)?),
            ASK_CLOCK => Body::AskClock { asked_ms: reader.uint()?, is_fit: reader.flag()? },
            TELL_CLOCK => Body::TellClock(ClockReading {
                boot: Boot(reader.uint()?),
                asked_ms: reader.uint()?,
                wall_ms: reader.uint()?,
                is_fit: reader.flag()?,
            }),
            OFFER_SNAPSHOT => Body::OfferSnapshot(SnapshotNumber(reader.number()?)),
            ASK_SNAPSHOT => {
                let (number, offset) = (SnapshotNumber(reader.number()?), reader.number()?);
                Body::AskSnapshot { number, offset, for_raft: reader.flag()? }
            }
            SNAPSHOT => {
                let (number, offset) = (SnapshotNumber(reader.number()?), reader.number()?);
                return Ok(Body::Snapshot { number, offset, bytes: rest(reader) });
            }
            FETCHED => Body::Fetched,
            DIGEST => Body::Digest(Summary::decode(reader)?),
            ASK_SLOTS => {
                let index = Index(reader.number()?);
                Body::AskSlots { index, order: order_of_byte(reader.byte()?)? }
            }
            SLOTS => {
                let (index, order) = (Index(reader.number()?), order_of_byte(reader.byte()?)?);
                return Ok(Body::Slots { index, order, sums: rest(reader) });
            }
            ASK_STATE => {
                let agreed = match reader.flag()? {
                    true => Some((Index(reader.number()?), Term(reader.number()?))),
                    false => None,
                };
                Body::AskState { agreed, merged: VersionVector::decode(reader)? }
            }
            OFFER_STATE => Body::OfferState {
                number: SnapshotNumber(reader.number()?),
                index: Index(reader.number()?),
                term: Term(reader.number()?),
            },
            ASK_OFFER => Body::AskOffer(Index(reader.number()?)),
            FETCHES => Body::Fetches,
            FENCED => {
                let attempt = Index(reader.number()?);
                Body::Fenced { attempt, end: Place::decode(reader)? }
            }
            ENDS => {
                let attempt = Index(reader.number()?);
                Body::Ends { attempt, ends: VersionVector::decode(reader)? }
            }
            HAND_OVER => Body::HandOver(NodeId(reader.uint()?)),
            STAYS => {
                let to = NodeId(reader.uint()?);
                Body::Stays(to, Stays::of_byte(reader.byte()?)?)
            }
            LOOKED => {
                let attempt = Index(reader.number()?);
                let found = if reader.flag()? { Some(reader.bytes()?) } else { None };
                if found.is_some_and(|found| found.len() > FOUND_BYTES_MAX) {
                    return Err(Malformed);
                }
                Body::Looked { attempt, found: found.map(Bytes::copy_from_slice) }
            }
            JOIN => Body::Join { address: address(reader)? },
            WELCOME => {
                let cluster = Cluster::decode(reader)?.ok_or(Malformed)?;
                let order = order_of_byte(reader.byte()?)?;
                return Ok(Body::Welcome { cluster, order, roster: rest(reader) });
            }
            MEMBERS => return Ok(Body::Members(rest(reader))),
            REMOVED => {
                let directory = DirectoryId::decode(reader)?;
                Body::Removed { directory, index: Index(reader.number()?) }
            }
            SPEAKS => Body::Speaks(reader.uint()?),
            HOLDS => {
                let change = Index(reader.number()?);
                Body::Holds { change, places: VersionVector::decode(reader)? }
            }
            _ => return Err(Malformed),
        };
        reader.end()?;
        Ok(body)
    }
}

/// Where a node receives its peers.
fn address(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    let bytes = reader.bytes()?;
    let is_short = !bytes.is_empty() && bytes.len() <= ADDRESS_BYTES_MAX;
    let address = str::from_utf8(bytes).ok().filter(|_| is_short).ok_or(Malformed)?;
    Ok(address.to_owned())
}

impl Summary {
    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.index.0);
        put_fixed(out, self.agreed);
        self.vector.encode(out);
        put_fixed(out, self.merged);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Summary, Malformed> {
        let (index, agreed) = (Index(reader.number()?), reader.fixed()?);
        Ok(Summary {
            index,
            agreed,
            vector: VersionVector::decode(reader)?,
            merged: reader.fixed()?,
        })
    }
}

impl Hello {
    fn encode(&self, out: &mut Vec<u8>) {
        Cluster::encode(self.cluster, out);
        out.push(order_byte(self.order));
        out.push(u8::from(self.asks));
        put_fixed(out, self.roster);
        out.push(u8::from(self.knows.is_some()));
        self.knows.iter().for_each(|known| known.encode(out));
        out.push(u8::from(self.lived.is_some()));
        self.lived.iter().for_each(|life| life.encode(out));
        put_uint(out, self.members.len() as u64);
        self.members.iter().for_each(|id| put_uint(out, id.0));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Hello, Malformed> {
        let cluster = Cluster::decode(reader)?;
        let order = order_of_byte(reader.byte()?)?;
        let asks = reader.flag()?;
        let roster = reader.fixed()?;
        let knows = if reader.flag()? { Some(Known::decode(reader)?) } else { None };
        let lived = if reader.flag()? { Some(Life::decode(reader)?) } else { None };
        let count = reader.count()?;
        let members = (0..count).map(|_| reader.uint().map(NodeId)).collect::<Result<_, _>>()?;
        Ok(Hello { cluster, order, members, roster, knows, lived, asks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DirectoryId;

    fn bodies() -> Vec<Body> {
        let place = Place { boot: Boot(2), index: Index(900) };
        let life = Life { boot: Boot(4), incarnation: 5 };
        let hello = Hello {
            cluster: None,
            order: Order::Merged,
            members: vec![NodeId(1), NodeId(300)],
            roster: 1 << 62,
            knows: None,
            lived: None,
            asks: true,
        };
        vec![
            Body::Hello(Hello {
                cluster: Some(Cluster { id: 7, epoch: 1 }),
                knows: Some(Known { directory: DirectoryId(u64::MAX), life }),
                lived: Some(life),
                asks: false,
                ..hello.clone()
            }),
            Body::Hello(hello),
            Body::Probe(u64::MAX),
            Body::Alive(0),
            Body::Copied(life),
            Body::Raft(Bytes::from_static(b"raft")),
            Body::Forward {
                first: Sequence(7),
                count: 1,
                commands: Bytes::from_static(b"\x01\x01k\x01v"),
            },
            Body::Entries { entries: vec![Bytes::from_static(b"one"), Bytes::new()], more: true },
            Body::VersionVector {
                vector: VersionVector::from_iter([(NodeId(3), place)]),
                want: true,
                members: Index(0),
            },
            Body::VersionVector {
                vector: VersionVector::default(),
                want: false,
                members: Index(70_000),
            },
            Body::Lost(place),
            Body::AskClock { asked_ms: 300, is_fit: true },
            Body::TellClock(ClockReading {
                boot: Boot(7),
                asked_ms: 0,
                wall_ms: 1 << 41,
                is_fit: false,
            }),
            Body::OfferSnapshot(SnapshotNumber(7)),
            Body::AskSnapshot { number: SnapshotNumber(7), offset: 1 << 40, for_raft: true },
            Body::Snapshot {
                number: SnapshotNumber(7),
                offset: 0,
                bytes: Bytes::from_static(b"bytes"),
            },
            Body::Fetched,
            Body::Digest(Summary {
                index: Index(300),
                agreed: u64::MAX,
                vector: VersionVector::from_iter([(NodeId(3), place)]),
                merged: 0,
            }),
            Body::AskSlots { index: Index(300), order: Order::Agreed },
            Body::Slots {
                index: Index(7),
                order: Order::Merged,
                sums: Bytes::from_static(b"sums"),
            },
            Body::AskState {
                agreed: Some((Index(300), Term(4))),
                merged: VersionVector::default(),
            },
            Body::AskState { agreed: None, merged: VersionVector::from_iter([(NodeId(3), place)]) },
            Body::OfferState { number: SnapshotNumber(7), index: Index(300), term: Term(4) },
            Body::AskOffer(Index(300)),
            Body::Fetches,
            Body::Fenced { attempt: Index(300), end: place },
            Body::Ends {
                attempt: Index(300),
                ends: VersionVector::from_iter([(NodeId(2), place)]),
            },
            Body::HandOver(NodeId(300)),
            Body::Stays(NodeId(300), Stays::NoMember),
            Body::Stays(NodeId(3), Stays::Unfit),
            Body::Looked { attempt: Index(300), found: None },
            Body::Looked { attempt: Index(300), found: Some(Bytes::from("user:7")) },
        ]
    }

    fn message(body: Body) -> Message {
        let life = Life { boot: Boot(2), incarnation: 1 << 63 };
        Message { from: NodeId(5), sender: Known { directory: DirectoryId(1 << 60), life }, body }
    }

    #[test]
    fn messages_come_back() {
        for body in bodies() {
            let message = message(body);
            assert_eq!(Message::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn a_message_of_raft_is_the_same_without_a_copy() {
        let whole = message(Body::Raft(Bytes::from_static(b"raft")));
        let mut out = vec![];
        Message::encode_raft(whole.from, whole.sender, &mut out, |out| out.extend(b"raft"));
        assert_eq!(out, whole.encode());
    }

    #[test]
    fn cut_messages_never_panic() {
        for body in bodies() {
            let bytes = message(body).encode();
            for end in 0..bytes.len() {
                let _ = Message::decode(&bytes.slice(..end));
            }
        }
        assert_eq!(Message::decode(&Bytes::from_static(b"\x01")), Err(Malformed));
    }
}
