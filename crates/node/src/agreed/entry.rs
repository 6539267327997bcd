//! What one entry of the agreed log carries: `[version, type, flags, time, …]`, and of writes runs
//! with ids.
//!
//! Types: 1 writes, 2 time alone, 3 members, 4 keyspaces and the system. Of the last there is one
//! kind so far, the digest: here the state of all members is compared. One of members carries the
//! change that it belongs to, and one step of it. A node stops before a committed entry of a
//! version, type, kind, keyspace or command that it does not know.
//!
//! A run is a row of writes of one start of a node with consecutive ids; all writes that arrived in
//! one turn, from whomever, make one entry. The offset of a write is its place in the whole entry,
//! from 0; a list of commands takes a place for each of them.

use bytes::Bytes;
use raft::eraftpb::{Entry, EntryType};

use super::time::LAST_STAMP_MS;
use crate::cluster::roster::Step;
use crate::commands::{self, Unreadable, Write};
use crate::ids::{Index, Life, NodeId, Sequence};
use crate::wire::codec::{Malformed, NUMBER_MAX, Reader, put_bytes, put_fixed, put_uint};

/// The version of this form.
const VERSION: u8 = 1;
/// An entry of writes.
const WRITES: u8 = 1;
/// An entry that carries the time and nothing else.
const TIME: u8 = 2;
/// An entry that changes members: behind the time stands where the change began, and a step.
const MEMBERS: u8 = 3;
/// An entry of the system: the byte behind the time says of which kind.
const SYSTEM: u8 = 4;
/// The state of all members is compared as it stands here.
const DIGEST: u8 = 1;
/// No flag is known.
const FLAGS: u8 = 0;
/// Version, type, flags, and the time in eight bytes.
const HEADER: usize = 11;
/// What a run takes beside its writes, at most.
const RUN_BYTES: usize = 64;

/// The id of a write: it runs at most once, and after the one before it (RIFL, SOSP'15, within a
/// start).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteId {
    pub(crate) node: NodeId,
    pub(crate) life: Life,
    pub(crate) sequence: Sequence,
}

/// An entry while it is being gathered.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    runs: Vec<u8>,
}

impl Draft {
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// Adds `count` encoded writes, the first of them with the id `first`.
    pub(crate) fn add_run(&mut self, first: WriteId, count: u64, commands: &[u8]) {
        if self.runs.is_empty() {
            // Room for what comes before them, so that nothing is moved later.
            self.runs.resize(HEADER, 0);
        }
        self.runs.reserve(RUN_BYTES + commands.len());
        put_uint(&mut self.runs, first.node.0);
        first.life.encode(&mut self.runs);
        put_uint(&mut self.runs, first.sequence.0);
        put_uint(&mut self.runs, count);
        put_bytes(&mut self.runs, commands);
    }

    /// The bytes of the entry, stamped; the draft is empty again.
    pub(crate) fn take(&mut self, time_ms: u64) -> Vec<u8> {
        let mut data = std::mem::take(&mut self.runs);
        let kind = if data.is_empty() { TIME } else { WRITES };
        data.resize(data.len().max(HEADER), 0);
        data[..3].copy_from_slice(&[VERSION, kind, FLAGS]);
        data[3..HEADER].copy_from_slice(&time_ms.to_le_bytes());
        data
    }
}

/// The leader's time in an entry; an entry without data (Raft's own, at the start of a term) has
/// none.
pub(crate) fn time_ms(data: &[u8]) -> Result<Option<u64>, Unreadable> {
    if data.is_empty() { Ok(None) } else { header(data).map(Some) }
}

/// The time of an entry, if this version knows what it is.
fn header(data: &[u8]) -> Result<u64, Unreadable> {
    let unknown = |what, number: u8| Err(Unreadable::Unknown { what, number: number.into() });
    let mut reader = Reader::new(data);
    match reader.byte()? {
        VERSION => {}
        version => return unknown("entry version", version),
    }
    let (kind, flags) = (reader.byte()?, reader.byte()?);
    if flags != FLAGS {
        return unknown("entry flag", flags);
    }
    match kind {
        WRITES => Ok(reader.fixed()?),
        TIME if data.len() == HEADER => Ok(reader.fixed()?),
        TIME => Err(Unreadable::Malformed),
        MEMBERS => {
            step_in(data)?;
            Ok(reader.fixed()?)
        }
        SYSTEM => match *data.get(HEADER).ok_or(Malformed)? {
            DIGEST if data.len() == HEADER + 1 => Ok(reader.fixed()?),
            DIGEST => Err(Unreadable::Malformed),
            kind => unknown("kind of system entry", kind),
        },
        _ => unknown("entry type", kind),
    }
}

/// An entry at which the state of all members is compared.
pub(crate) fn digest(time_ms: u64) -> Vec<u8> {
    let mut data = vec![VERSION, SYSTEM, FLAGS];
    put_fixed(&mut data, time_ms);
    data.push(DIGEST);
    data
}

/// Whether an entry that can be read is a digest.
pub(crate) fn is_digest(data: &[u8]) -> bool {
    data.get(1) == Some(&SYSTEM) && data.get(HEADER) == Some(&DIGEST)
}

/// An entry with a step of the change of members that began there.
pub(crate) fn members(time_ms: u64, change: Index, step: &Step) -> Vec<u8> {
    let mut data = vec![VERSION, MEMBERS, FLAGS];
    put_fixed(&mut data, time_ms);
    put_uint(&mut data, change.0);
    step.encode(&mut data);
    data
}

/// Whether an entry is one that changes members.
pub(crate) fn is_of_members(data: &[u8]) -> bool {
    data.get(1) == Some(&MEMBERS)
}

/// The step that an entry carries which changes members, and where its change began.
pub(crate) fn step(data: &[u8]) -> Option<(Index, Step)> {
    if is_of_members(data) { step_in(data).ok() } else { None }
}

fn step_in(data: &[u8]) -> Result<(Index, Step), Malformed> {
    let mut reader = Reader::new(data.get(HEADER..).ok_or(Malformed)?);
    let change = Index(reader.number()?);
    let step = Step::decode(&mut reader)?;
    reader.end()?;
    Ok((change, step))
}

/// An entry as Raft knows it.
pub(super) fn entry_of(index: u64, term: u64, data: Bytes) -> Entry {
    let mut entry = Entry { index, term, data, ..Entry::default() };
    entry.set_entry_type(type_of(&entry.data));
    entry
}

/// What Raft takes an entry for: no node stands for election before it has applied those that
/// change members.
pub(super) fn type_of(data: &[u8]) -> EntryType {
    match is_of_members(data) {
        true => EntryType::EntryConfChangeV2,
        false => EntryType::EntryNormal,
    }
}

/// Calls `each` with the id, offset and write of everything in the entry, in order. Gives back how
/// many places they take.
pub(crate) fn for_each<'a>(
    data: &'a [u8],
    mut each: impl FnMut(WriteId, u32, Write<'a>),
) -> Result<u32, Unreadable> {
    let mut cursor = Cursor::default();
    while let Some((id, offset, write)) = cursor.next(data)? {
        each(id, offset, write);
    }
    Ok(cursor.offset)
}

/// A place between two writes of an entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    at: usize,
    /// The id of the next write of the run, how many are left of it, and where it ends.
    id: Option<WriteId>,
    left: u64,
    end: usize,
    offset: u32,
}

impl Cursor {
    /// How many places lie before it.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    /// The next write of this entry, always the same one, with its id and offset.
    pub(crate) fn next<'a>(
        &mut self,
        data: &'a [u8],
    ) -> Result<Option<(WriteId, u32, Write<'a>)>, Unreadable> {
        if self.at == 0 && !data.is_empty() {
            header(data)?;
            let begin = if [SYSTEM, MEMBERS].contains(&data[1]) { data.len() } else { HEADER };
            (self.at, self.end) = (begin, begin);
        }
        while self.left == 0 {
            if self.at != self.end {
                return Err(Unreadable::Malformed);
            }
            if self.at == data.len() {
                return Ok(None);
            }
            self.begin_run(data)?;
        }
        let mut reader = Reader::new(&data[self.at..self.end]);
        let write = commands::decode(&mut reader)?;
        self.at = self.end - reader.rest().len();
        let next = self.id.as_mut().expect("a run has an id");
        let id = *next;
        next.sequence = next.sequence.next();
        self.left -= 1;
        let offset = self.offset;
        self.offset += write.places();
        Ok(Some((id, offset, write)))
    }

    fn begin_run(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(&data[self.at..]);
        let node = NodeId(reader.uint()?);
        let life = Life::decode(&mut reader)?;
        let (sequence, count) = (Sequence(reader.number()?), reader.number()?);
        let commands = reader.bytes()?;
        check_ids(sequence, count, commands)?;
        self.left = count;
        self.end = data.len() - reader.rest().len();
        self.at = self.end - commands.len();
        self.id = Some(WriteId { node, life, sequence });
        Ok(())
    }
}

/// Names count from 1, end long before they could overflow, and each has its write.
fn check_ids(first: Sequence, count: u64, commands: &[u8]) -> Result<(), Malformed> {
    let sound = first.0 > 0 && count > 0 && first.0 + count <= NUMBER_MAX;
    if sound && count <= commands.len() as u64 { Ok(()) } else { Err(Malformed) }
}

/// Whether these bytes are exactly `count` writes that can have these ids. Asked before a peer's
/// run goes into the log, so that what is in the log can always be applied.
pub(crate) fn check_run(first: Sequence, count: u64, writes: &[u8]) -> Result<(), Malformed> {
    check_ids(first, count, writes)?;
    commands::check_run(count, writes)
}

/// Whether an entry may be kept. Asked before one that a peer sent goes into the log. What this
/// version does not know may be kept, and is never applied.
pub(crate) fn check(data: &[u8]) -> Result<(), Malformed> {
    let read = time_ms(data).and_then(|time_ms| {
        // Every later one would have to carry it on.
        let late = time_ms.is_some_and(|time_ms| time_ms > LAST_STAMP_MS);
        if late { Err(Unreadable::Malformed) } else { for_each(data, |_, _, _| ()).map(drop) }
    });
    if read == Err(Unreadable::Malformed) { Err(Malformed) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::ids::{Boot, KeyspaceId};

    #[test]
    fn an_entry_that_is_stamped_beyond_the_year_2199_is_malformed() {
        let year_2200_ms = 7_258_118_400_000;
        for (time_ms, checked) in [
            (0, Ok(())),
            (year_2200_ms - 1, Ok(())),
            (year_2200_ms, Err(Malformed)),
            (u64::MAX, Err(Malformed)),
        ] {
            assert_eq!(check(&Draft::default().take(time_ms)), checked, "{time_ms}");
        }
    }

    #[test]
    fn a_digest_carries_no_writes_and_what_it_may_be_later_is_not_known() {
        let data = digest(1234);
        assert_eq!((time_ms(&data), check(&data)), (Ok(Some(1234)), Ok(())));
        assert_eq!(for_each(&data, |_, _, _| panic!("it carries none")), Ok(0));
        assert!(is_digest(&data) && !is_digest(&Draft::default().take(1234)));
        let kind = |kind| [&data[..HEADER], &[kind]].concat();
        let unknown = Unreadable::Unknown { what: "kind of system entry", number: 9 };
        assert_eq!(time_ms(&kind(9)), Err(unknown));
        assert_eq!(check(&kind(9)), Ok(()), "it may be kept");
        assert_eq!(check(&data[..HEADER]), Err(Malformed));
        assert_eq!(check(&[&data[..], &[0]].concat()), Err(Malformed));
    }

    #[test]
    fn a_step_of_a_change_carries_no_writes() {
        let step = Step::Promote(NodeId(4));
        let data = members(1234, Index(7), &step);
        assert_eq!((time_ms(&data), check(&data)), (Ok(Some(1234)), Ok(())));
        assert_eq!(for_each(&data, |_, _, _| panic!("it carries none")), Ok(0));
        assert_eq!(super::step(&data), Some((Index(7), step)));
        assert!(is_of_members(&data) && !is_of_members(&digest(1234)));
        assert_eq!(check(&data[..data.len() - 1]), Err(Malformed));
        assert_eq!(check(&[&data[..], &[0]].concat()), Err(Malformed));
    }

    #[test]
    fn runs_come_back_with_their_names() {
        let mut commands = vec![];
        for command in [Command::set(Bytes::from("a"), Bytes::from("1")), Command::del(["b"])] {
            commands::encode(KeyspaceId::DEFAULT, &command, &mut commands);
        }
        assert_eq!(check_run(Sequence(7), 2, &commands), Ok(()));
        for (first, count) in [(7, 1), (7, 3), (7, 0), (0, 2), (NUMBER_MAX - 1, 2), (7, NUMBER_MAX)]
        {
            assert_eq!(
                check_run(Sequence(first), count, &commands),
                Err(Malformed),
                "{first}, {count}"
            );
        }
        let life = |boot| Life { boot: Boot(boot), incarnation: 1 << 40 };
        let mut draft = Draft::default();
        draft.add_run(
            WriteId { node: NodeId(2), life: life(3), sequence: Sequence(7) },
            2,
            &commands,
        );
        draft.add_run(
            WriteId { node: NodeId(1), life: life(1), sequence: Sequence(1) },
            2,
            &commands,
        );
        let data = draft.take(1234);
        assert!(draft.is_empty());
        assert_eq!(time_ms(&data), Ok(Some(1234)));
        let mut ids = vec![];
        let each = |id: WriteId, offset, _: Write<'_>| {
            ids.push((id.node.0, id.life.boot.0, id.sequence.0, offset));
        };
        assert_eq!(for_each(&data, each), Ok(4));
        assert_eq!(ids, [(2, 3, 7, 0), (2, 3, 8, 1), (1, 1, 1, 2), (1, 1, 2, 3)]);
        assert_eq!((check(&data), check(&[])), (Ok(()), Ok(())));
        assert_eq!(check(&data[..data.len() - 1]), Err(Malformed));
    }
}
