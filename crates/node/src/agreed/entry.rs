//! What one entry of the agreed log carries: the leader's time, and runs of named writes.
//!
//! A run is a row of writes of one node and boot with consecutive names; all writes that arrived in one turn,
//! from whomever, make one entry. The offset of a write is its place in the whole entry, from 0.

use crate::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::command::{self, Write};
use crate::door::NodeId;

/// The name of a write: it runs at most once, and after the one before it (RIFL, SOSP'15, within a boot).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) node: NodeId,
    pub(crate) boot: u64,
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

    /// Adds `count` encoded writes, the first of them named `first`.
    pub(crate) fn add_run(&mut self, first: Name, count: u64, commands: &[u8]) {
        put_uint(&mut self.runs, first.node.0);
        put_uint(&mut self.runs, first.boot);
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

/// Calls `each` with the name, offset and write of everything in the entry, in order. Gives back how many there are.
pub(crate) fn for_each<'a>(
    data: &'a [u8],
    mut each: impl FnMut(Name, u32, Write<'a>),
) -> Result<u32, Malformed> {
    let mut cursor = Cursor::default();
    while let Some((name, offset, write)) = cursor.next(data)? {
        each(name, offset, write);
    }
    Ok(cursor.offset)
}

/// A place between two writes of an entry.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    at: usize,
    /// The name of the next write of the run, how many are left of it, and where it ends.
    name: Option<Name>,
    left: u64,
    end: usize,
    offset: u32,
}

impl Cursor {
    /// How many writes lie before it.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    /// The next write of this entry, always the same one, with its name and offset.
    pub(crate) fn next<'a>(
        &mut self,
        data: &'a [u8],
    ) -> Result<Option<(Name, u32, Write<'a>)>, Malformed> {
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
        let next = self.name.as_mut().expect("a run has a name");
        let name = *next;
        next.sequence += 1;
        self.left -= 1;
        self.offset += 1;
        Ok(Some((name, self.offset - 1, write)))
    }

    fn begin_run(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(&data[self.at..]);
        let node = NodeId(reader.uint()?);
        let boot = reader.uint()?;
        let sequence = reader.uint()?;
        self.left = reader.uint()?;
        sequence.checked_add(self.left).ok_or(Malformed)?;
        let commands = reader.bytes()?;
        self.end = data.len() - reader.rest().len();
        self.at = self.end - commands.len();
        self.name = Some(Name { node, boot, sequence });
        Ok(())
    }
}

/// Whether these bytes are exactly `count` writes. Asked before a peer's run goes into the log, so that what is
/// in the log can always be applied.
pub(crate) fn is_run(count: u64, commands: &[u8]) -> bool {
    let mut reader = Reader::new(commands);
    (0..count).all(|_| command::decode(&mut reader).is_ok()) && reader.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::Command;
    use crate::keys::Keys;
    use bytes::Bytes;

    #[test]
    fn runs_come_back_with_their_names() {
        let mut commands = vec![];
        command::encode(&Command::Set(Bytes::from("a"), Bytes::from("1")), &mut commands);
        command::encode(&Command::Del(Keys::new(["b"])), &mut commands);
        assert!(is_run(2, &commands));
        assert!(!is_run(1, &commands));
        assert!(!is_run(3, &commands));
        let mut draft = Draft::default();
        draft.add_run(Name { node: NodeId(2), boot: 3, sequence: 7 }, 2, &commands);
        draft.add_run(Name { node: NodeId(1), boot: 1, sequence: 1 }, 2, &commands);
        let data = draft.take(1234);
        assert!(draft.is_empty());
        assert_eq!(time_ms(&data), Ok(Some(1234)));
        let mut names = vec![];
        let each = |name: Name, offset, _: Write<'_>| {
            names.push((name.node.0, name.boot, name.sequence, offset));
        };
        assert_eq!(for_each(&data, each), Ok(4));
        assert_eq!(names, [(2, 3, 7, 0), (2, 3, 8, 1), (1, 1, 1, 2), (1, 1, 2, 3)]);
        assert_eq!(for_each(&data[..data.len() - 1], |_, _, _| ()), Err(Malformed));
    }
}
