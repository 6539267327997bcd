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
    let mut offset = 0;
    if data.is_empty() {
        return Ok(offset);
    }
    let mut reader = Reader::new(data);
    reader.uint()?;
    while !reader.is_empty() {
        let node = NodeId(reader.uint()?);
        let boot = reader.uint()?;
        let first = reader.uint()?;
        let count = reader.uint()?;
        let mut commands = Reader::new(reader.bytes()?);
        for sequence in first..first.checked_add(count).ok_or(Malformed)? {
            each(Name { node, boot, sequence }, offset, command::decode(&mut commands)?);
            offset += 1;
        }
        commands.end()?;
    }
    Ok(offset)
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
