//! A page: rooms of one size, side by side.

use super::sizes::Size;

/// The first byte of a free room; the next two say which free room comes next.
pub(crate) const FREE: u8 = 0;
/// There is no next free room.
const END: u16 = u16::MAX;

/// Rooms of one size.
///
/// - `used` of the rooms in `bytes` are taken; the others are a chain that begins at `free`.
/// - Behind `bytes` there may be room for more of them.
#[derive(Debug, Default)]
pub(super) struct Page {
    bytes: Vec<u8>,
    size: Size,
    /// How many rooms it may have.
    places: u16,
    free: u16,
    used: u16,
}

impl Page {
    /// An empty page; a whole one has its memory at once, others grow into it.
    pub(super) fn new(size: Size, whole: bool) -> Page {
        let bytes = Vec::with_capacity(if whole { size.places() * size.bytes() } else { 0 });
        Page { bytes, size, places: size.places() as u16, free: END, used: 0 }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// How many of its rooms are taken.
    pub(super) fn used(&self) -> usize {
        usize::from(self.used)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.used == self.places
    }

    pub(super) fn room(&self, place: usize) -> &[u8] {
        let bytes = self.size.bytes();
        &self.bytes[place * bytes..][..bytes]
    }

    /// Writes a record into a room.
    pub(super) fn fill(&mut self, place: usize, record: &[u8]) {
        let start = place * self.size.bytes();
        self.bytes[start..start + record.len()].copy_from_slice(record);
    }

    /// Takes a room that is free.
    pub(super) fn take(&mut self) -> usize {
        assert!(!self.is_full(), "there is a free room");
        self.used += 1;
        if self.free == END {
            return self.add();
        }
        let place = usize::from(self.free);
        let next = mutant!(RoomGivenTwice, self.next(place), self.free);
        self.free = next;
        place
    }

    /// The free room behind this one.
    fn next(&self, place: usize) -> u16 {
        let start = place * self.size.bytes();
        u16::from_le_bytes([self.bytes[start + 1], self.bytes[start + 2]])
    }

    /// Adds a room at the end.
    fn add(&mut self) -> usize {
        let (length, bytes) = (self.bytes.len(), self.size.bytes());
        if self.bytes.capacity() < length + bytes {
            let doubled = (2 * length).clamp(bytes, usize::from(self.places) * bytes);
            self.bytes.reserve_exact(doubled - length);
        }
        self.bytes.resize(length + bytes, 0);
        length / bytes
    }

    /// Gives a room back.
    pub(super) fn give_back(&mut self, place: usize) {
        let start = place * self.size.bytes();
        assert_ne!(self.bytes[start], FREE, "a room is given back once");
        let [low, high] = self.free.to_le_bytes();
        self.bytes[start..start + 3].copy_from_slice(&[FREE, low, high]);
        self.free = place as u16;
        self.used -= 1;
    }

    /// The first room from this one on that is taken.
    pub(super) fn first_taken(&self, from: usize) -> Option<usize> {
        let rooms = self.bytes.chunks_exact(self.size.bytes()).enumerate().skip(from);
        rooms.filter(|(_, room)| room[0] != FREE).map(|(place, _)| place).next()
    }
}
