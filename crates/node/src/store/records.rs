//! The records of a store: those in slabs, and the great values beside them.

use std::borrow::Cow;
use std::hint::black_box;

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::RECORD_BYTES;
use super::numbered::Numbered;
use super::record::{Held, Parts, Record, SMALL_BYTES_MAX, Value, Written};
use super::slabs::{Handle, Slabs};

/// Records by their handles.
#[derive(Debug, Default)]
pub(super) struct Records {
    slabs: Slabs,
    great: Numbered<Bytes>,
    /// What all of them count; see [`super::Store::bytes`].
    bytes: u64,
    /// Where a record is put together.
    scratch: Vec<u8>,
}

/// What a record is made from.
pub(super) struct New<'a, P> {
    pub(super) key: &'a [u8],
    /// None: the key is removed.
    pub(super) value: Option<Cow<'a, [u8]>>,
    pub(super) deadline: Deadline,
    pub(super) by: P,
}

/// When a key goes that is given a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// It stays.
    Never,
    /// At this time, in milliseconds of log time.
    At(u64),
    /// When it would have gone, if that is later than this time: else it is a new key, and stays.
    KeptAfter(u64),
}

impl Deadline {
    /// That of a record.
    pub(crate) fn of(deadline_ms: Option<u64>) -> Deadline {
        deadline_ms.map_or(Deadline::Never, Deadline::At)
    }

    /// What it comes to where the key had such a deadline so far.
    pub(super) fn after(self, old_ms: Option<u64>) -> Option<u64> {
        match self {
            Deadline::Never => None,
            Deadline::At(deadline_ms) => Some(deadline_ms),
            Deadline::KeptAfter(now_ms) => old_ms.filter(|old_ms| *old_ms > now_ms),
        }
    }
}

impl<P> New<'_, P> {
    fn count(&self) -> u64 {
        count(self.key, self.value.as_ref().map_or(0, |value| value.len()))
    }
}

/// What a record counts, with a value of so many bytes.
fn count(key: &[u8], value_bytes: usize) -> u64 {
    (key.len() + value_bytes) as u64 + RECORD_BYTES
}

impl Records {
    /// The key of a record.
    pub(super) fn key(&self, handle: Handle) -> &[u8] {
        Parts::read(self.slabs.room(handle)).0.key
    }

    /// The hash of the key of a record.
    pub(super) fn hash(&self, handle: Handle) -> u64 {
        xxh3_64(self.key(handle))
    }

    /// The key of a record, and the record.
    pub(super) fn get<P: Written>(&self, handle: Handle) -> (&[u8], Record<'_, P>) {
        let (parts, written) = Parts::read(self.slabs.room(handle));
        let value = match parts.held {
            Held::Small(bytes) => Some(Value::Small(bytes)),
            Held::Great(number) => Some(Value::Great(self.great.get(number))),
            Held::Removed => None,
        };
        (parts.key, Record::new(value, parts.deadline_ms, written))
    }

    /// What all of them count.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What a key and what it holds count.
    fn count(&self, key: &[u8], held: Held<'_>) -> u64 {
        let value_bytes = match held {
            Held::Small(value) => value.len(),
            Held::Great(number) => self.great.get(number).len(),
            Held::Removed => 0,
        };
        count(key, value_bytes)
    }

    /// Keeps a record: its handle.
    pub(super) fn insert<P: Written>(&mut self, new: New<'_, P>) -> Handle {
        self.bytes += new.count();
        self.encode(new, None);
        self.slabs.insert(&self.scratch)
    }

    /// Puts a record in the place of another one: its handle, which may be the same, and the
    /// deadline that the key had so far.
    pub(super) fn replace<P: Written>(
        &mut self,
        handle: Handle,
        new: New<'_, P>,
    ) -> (Handle, Option<u64>) {
        let Parts { key, held, deadline_ms } = Parts::read(self.slabs.room(handle)).0;
        let old_bytes = mutant!(OverwrittenCounted, self.count(key, held), 0);
        if let Held::Great(number) = held {
            self.great.remove(number);
        }
        self.bytes = self.bytes + new.count() - old_bytes;
        self.encode(new, deadline_ms);
        if self.slabs.overwrite(handle, &self.scratch) {
            return (handle, deadline_ms);
        }
        mutant!(OldRoomKept, self.slabs.free(handle), ());
        (self.slabs.insert(&self.scratch), deadline_ms)
    }

    /// Gives the room of a record back: the deadline that the key had.
    pub(super) fn remove(&mut self, handle: Handle) -> Option<u64> {
        let Parts { key, held, deadline_ms } = Parts::read(self.slabs.room(handle)).0;
        self.bytes -= self.count(key, held);
        if let Held::Great(number) = held {
            self.great.remove(number);
        }
        self.slabs.free(handle);
        deadline_ms
    }

    /// How long the room of a record is, in bytes.
    pub(super) fn room_bytes(&self, handle: Handle) -> usize {
        self.slabs.room(handle).len()
    }

    /// A record that is to go elsewhere, if too much room of so many bytes is free.
    pub(super) fn next_to_move(&mut self, room_bytes: usize) -> Option<Handle> {
        self.slabs.next_to_move(room_bytes)
    }

    /// Puts a record into another room: its handle. The old room is still to be [vacated].
    ///
    /// [vacated]: Records::vacate
    pub(super) fn copy(&mut self, handle: Handle) -> Handle {
        self.scratch.clear();
        self.scratch.extend_from_slice(self.slabs.room(handle));
        self.slabs.insert(&self.scratch)
    }

    /// Gives back the room of a record that lies elsewhere now.
    pub(super) fn vacate(&mut self, handle: Handle) {
        self.slabs.free(handle);
    }

    /// Has the processor fetch the room of a record.
    pub(super) fn touch(&self, handle: Handle) {
        let room = self.slabs.room(handle);
        black_box((room[0], room[room.len() - 1]));
    }

    /// Gives back some memory of records that nothing refers to any more: how many there were in
    /// it. `None`: there is no more.
    pub(super) fn drop_some(&mut self) -> Option<usize> {
        self.slabs.drop_some().or_else(|| self.great.drop_one().then_some(1))
    }

    /// Puts a record together. `old_ms`: the deadline that the key has had so far.
    fn encode<P: Written>(
        &mut self,
        New { key, value, deadline, by }: New<'_, P>,
        old_ms: Option<u64>,
    ) {
        let deadline_ms = deadline.after(old_ms);
        let held = match value {
            None => Held::Removed,
            Some(value) if value.len() > SMALL_BYTES_MAX => {
                let value = value.into_owned().into_boxed_slice();
                Held::Great(self.great.insert(value.into()))
            }
            Some(ref value) => Held::Small(value),
        };
        self.scratch.clear();
        Parts { key, held, deadline_ms }.encode(by, &mut self.scratch);
    }

    /// How many pages there are, and how many great values.
    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.slabs.page_count(), self.great.count())
    }
}
