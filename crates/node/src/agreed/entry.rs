//! What one entry of the agreed log carries: the leader's time, and runs of writes with ids.
//!
//! A run is a row of writes of one start of a node with consecutive ids; all writes that arrived in one turn,
//! from whomever, make one entry. The offset of a write is its place in the whole entry, from 0.

use super::time::LAST_STAMP_MS;
use crate::api::NodeId;
use crate::command::{self, Write};
use crate::ids::Life;
use crate::wire::codec::{Malformed, NUMBER_MAX, Reader, put_bytes, put_uint};

/// The id of a write: it runs at most once, and after the one before it (RIFL, SOSP'15, within a start).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteId {
    pub(crate) node: NodeId,
    pub(crate) life: Life,
    /// Counts from 1 in each start.
    pub(crate) sequence: u64,
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
        put_uint(&mut self.runs, first.node.0);
        first.life.encode(&mut self.runs);
        put_uint(&mut self.runs, first.sequence);
        put_uint(&mut self.runs, count);
        put_bytes(&mut self.runs, commands);
    }

    /// The bytes of the entry, stamped; the draft is empty again.
    pub(crate) fn take(&mut self, time_ms: u64) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.runs.len() + 10);
        put_uint(&mut data, time_ms);
        data.append(&mut self.runs);
        data
    }
}

/// The leader's time in an entry; an entry without data (Raft's own, at the start of a term) has none.
pub(crate) fn time_ms(data: &[u8]) -> Result<Option<u64>, Malformed> {
    if data.is_empty() { Ok(None) } else { Reader::new(data).uint().map(Some) }
}

/// Calls `each` with the id, offset and write of everything in the entry, in order. Gives back how many there are.
pub(crate) fn for_each<'a>(
    data: &'a [u8],
    mut each: impl FnMut(WriteId, u32, Write<'a>),
) -> Result<u32, Malformed> {
    let mut cursor = Cursor::default();
    while let Some((id, offset, write)) = cursor.next(data)? {
        each(id, offset, write);
    }
    Ok(cursor.offset)
}

/// A place between two writes of an entry.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    at: usize,
    /// The id of the next write of the run, how many are left of it, and where it ends.
    id: Option<WriteId>,
    left: u64,
    end: usize,
    offset: u32,
}

impl Cursor {
    /// How many writes lie before it.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    /// The next write of this entry, always the same one, with its id and offset.
    pub(crate) fn next<'a>(
        &mut self,
        data: &'a [u8],
    ) -> Result<Option<(WriteId, u32, Write<'a>)>, Malformed> {
        if self.at == 0 && !data.is_empty() {
            let mut reader = Reader::new(data);
            reader.uint()?;
            self.at = data.len() - reader.rest().len();
            self.end = self.at;
        }
        while self.left == 0 {
            if self.at != self.end {
                return Err(Malformed);
            }
            if self.at == data.len() {
                return Ok(None);
            }
            self.begin_run(data)?;
        }
        let mut reader = Reader::new(&data[self.at..self.end]);
        let write = command::decode(&mut reader)?;
        self.at = self.end - reader.rest().len();
        let next = self.id.as_mut().expect("a run has an id");
        let id = *next;
        next.sequence += 1;
        self.left -= 1;
        self.offset += 1;
        Ok(Some((id, self.offset - 1, write)))
    }

    fn begin_run(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(&data[self.at..]);
        let node = NodeId(reader.uint()?);
        let life = Life::decode(&mut reader)?;
        let (sequence, count) = (reader.number()?, reader.number()?);
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
fn check_ids(first: u64, count: u64, commands: &[u8]) -> Result<(), Malformed> {
    let sound = first > 0 && count > 0 && first + count <= NUMBER_MAX;
    if sound && count <= commands.len() as u64 { Ok(()) } else { Err(Malformed) }
}

/// Whether these bytes are exactly `count` writes that can have these ids. Asked before a peer's run goes into the log, so
/// that what is in the log can always be applied.
pub(crate) fn check_run(first: u64, count: u64, commands: &[u8]) -> Result<(), Malformed> {
    check_ids(first, count, commands)?;
    let mut reader = Reader::new(commands);
    for _ in 0..count {
        command::decode(&mut reader)?;
    }
    reader.end()
}

/// Whether an entry can be applied. Asked before one that a peer sent goes into the log.
pub(crate) fn check(data: &[u8]) -> Result<(), Malformed> {
    if time_ms(data)?.is_some_and(|time_ms| time_ms > LAST_STAMP_MS) {
        // Every later one would have to carry it on.
        return Err(Malformed);
    }
    for_each(data, |_, _, _| ()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Command;
    use crate::keys::Keys;
    use bytes::Bytes;

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
    fn runs_come_back_with_their_names() {
        let mut commands = vec![];
        command::encode(&Command::Set(Bytes::from("a"), Bytes::from("1")), &mut commands);
        command::encode(&Command::Del(Keys::new(["b"])), &mut commands);
        assert_eq!(check_run(7, 2, &commands), Ok(()));
        for (first, count) in [(7, 1), (7, 3), (7, 0), (0, 2), (NUMBER_MAX - 1, 2), (7, NUMBER_MAX)]
        {
            assert_eq!(check_run(first, count, &commands), Err(Malformed), "{first}, {count}");
        }
        let life = |boot| Life { boot, incarnation: 1 << 40 };
        let mut draft = Draft::default();
        draft.add_run(WriteId { node: NodeId(2), life: life(3), sequence: 7 }, 2, &commands);
        draft.add_run(WriteId { node: NodeId(1), life: life(1), sequence: 1 }, 2, &commands);
        let data = draft.take(1234);
        assert!(draft.is_empty());
        assert_eq!(time_ms(&data), Ok(Some(1234)));
        let mut ids = vec![];
        let each = |id: WriteId, offset, _: Write<'_>| {
            ids.push((id.node.0, id.life.boot, id.sequence, offset));
        };
        assert_eq!(for_each(&data, each), Ok(4));
        assert_eq!(ids, [(2, 3, 7, 0), (2, 3, 8, 1), (1, 1, 1, 2), (1, 1, 2, 3)]);
        assert_eq!((check(&data), check(&[])), (Ok(()), Ok(())));
        assert_eq!(check(&data[..data.len() - 1]), Err(Malformed));
    }
}
