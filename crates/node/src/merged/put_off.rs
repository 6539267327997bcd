//! Increments that came while something was missing of the state.
//!
//! What a joined state says of a replica's increments tells nothing of those before, so they are
//! merged once nothing is missing any more. SETs and DELs are merged as they come: which of them an
//! increment saw is told by its entry.
//!
//! Where too much is put off nothing more is taken in, as if it were lost: it comes again with the
//! repair, or with the state that is missing.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Merged;
use super::entry::{self, Header};
use super::hlc::Stamp;
use super::state::At;

/// What an entry takes beside its bytes, about.
const ENTRY_BYTES: usize = 64;

/// Entries with increments that are to be merged, in the order in which they were applied.
#[derive(Debug, Default)]
pub(super) struct PutOff {
    entries: VecDeque<Bytes>,
    bytes: usize,
}

impl PutOff {
    pub(super) fn push(&mut self, entry: Bytes) {
        self.bytes += entry.len() + ENTRY_BYTES;
        self.entries.push_back(entry);
    }

    fn pop(&mut self) -> Option<Bytes> {
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.len() + ENTRY_BYTES;
        Some(entry)
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Merged {
    /// Whether so much is put off that nothing more may come.
    pub(super) fn puts_off_too_much(&self) -> bool {
        mutant!(PutOffWithoutEnd, self.put_off.bytes > self.limits.inbox_bytes, false)
    }

    /// Merges about so many of the increments that were put off; nothing is missing of the state
    /// any more. True: those were the last.
    pub(super) fn count_on(&mut self, most: usize) -> bool {
        let mut count = 0;
        while count < most
            && let Some(bytes) = self.put_off.pop()
        {
            entry::for_each(
                &bytes,
                |&Header { origin, place, clock, ref after, .. }, offset, write| {
                    count += 1;
                    let is_new = self.joined.get(origin) < place;
                    if is_new && write.adds() {
                        let stamp = Stamp { clock, replica: origin, offset };
                        write.merge(&mut At { state: &mut self.state, stamp, place, after });
                    }
                },
            );
        }
        self.put_off.is_empty()
    }
}
