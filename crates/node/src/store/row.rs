//! A few keys in a row, in the order of their hashes.
//!
//! Hashes are spread evenly, so about where one lies follows from its value and how many there are.
//! A row holds no more than the first 16 bits of each hash beside the handle of its record: six
//! bytes a key, side by side, so that to find a key takes two looks into memory, at its place here
//! and at its record. Which of several keys with the same 16 bits it is, their records say.

use std::cmp::Ordering;
use std::hint::black_box;

use xxhash_rust::xxh3::xxh3_64;

use super::records::Records;
use super::slabs::Handle;

/// So many keys may be in a row: to move them takes no longer than to find one.
pub(super) const KEYS_MAX: usize = 1024;
/// A row shorter than this gives no memory back.
const SMALL_KEYS: usize = 8;

/// The first bits of a hash, and where the record of its key lies.
#[derive(Clone, Copy, Debug)]
struct Entry {
    prefix: u16,
    handle: Handle,
}

/// The first 16 bits of a hash.
fn prefix(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// Keys whose hashes lie between two borders.
///
/// - They ascend by hash, and by key where hashes are equal.
#[derive(Debug)]
pub(super) struct Row {
    /// The first bits of the least and the greatest hash that may lie here.
    low: u16,
    high: u16,
    entries: Vec<Entry>,
}

impl Row {
    /// An empty one, for hashes from one to another.
    pub(super) fn new(low: u64, high: u64) -> Row {
        Row { low: prefix(low), high: prefix(high), entries: vec![] }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// About where a hash lies, or would.
    fn guess(&self, prefix: u16) -> usize {
        let distance = u32::from(prefix.saturating_sub(self.low));
        let width = u32::from(self.high - self.low) + 1;
        (distance * self.len() as u32 / width) as usize
    }

    /// The first place whose prefix is not less.
    fn first_from(&self, prefix: u16) -> usize {
        let mut place = self.guess(prefix).min(self.len());
        while place < self.len() && self.entries[place].prefix < prefix {
            place += 1;
        }
        while place > 0 && self.entries[place - 1].prefix >= prefix {
            place -= 1;
        }
        place
    }

    /// Where a key is, or else where it would be.
    fn find(&self, hash: u64, key: &[u8], records: &Records) -> Result<usize, usize> {
        let prefix = prefix(hash);
        let first = self.first_from(prefix);
        let same = self.entries[first..].iter().take_while(|one| one.prefix == prefix).count();
        // Whoever makes up long keys of one hash has few of them compared.
        let found = self.entries[first..first + same]
            .binary_search_by(|one| compared(records.key(one.handle), hash, key));
        found.map(|place| first + place).map_err(|place| first + place)
    }

    /// The first place whose hash is not less.
    fn first_of(&self, hash: u64, records: &Records) -> usize {
        let prefix = prefix(hash);
        let is_less = |one: &Entry| one.prefix < prefix || records.hash(one.handle) < hash;
        let first = self.first_from(prefix);
        let same = self.entries[first..].iter().take_while(|one| one.prefix == prefix).count();
        first + self.entries[first..first + same].partition_point(is_less)
    }

    pub(super) fn get(&self, hash: u64, key: &[u8], records: &Records) -> Option<Handle> {
        self.find(hash, key, records).ok().map(|place| self.entries[place].handle)
    }

    /// The handle of a key, to be replaced by another one of it.
    pub(super) fn get_mut(
        &mut self,
        hash: u64,
        key: &[u8],
        records: &Records,
    ) -> Option<&mut Handle> {
        let place = self.find(hash, key, records).ok()?;
        Some(&mut self.entries[place].handle)
    }

    /// Adds a key that is not here.
    pub(super) fn insert(&mut self, hash: u64, key: &[u8], handle: Handle, records: &Records) {
        let place = self.find(hash, key, records).expect_err("the key is not here");
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(capacity(self.len() + 1) - self.len());
        }
        self.entries.insert(place, Entry { prefix: prefix(hash), handle });
    }

    /// Removes a key, and gives back its handle.
    pub(super) fn remove(&mut self, hash: u64, key: &[u8], records: &Records) -> Option<Handle> {
        let place = self.find(hash, key, records).ok()?;
        let handle = self.entries.remove(place).handle;
        if self.entries.capacity() > (2 * self.len()).max(SMALL_KEYS) {
            self.entries.shrink_to(capacity(self.len()));
        }
        Some(handle)
    }

    /// All from a hash on.
    pub(super) fn from(&self, hash: u64, records: &Records) -> impl Iterator<Item = Handle> {
        self.entries[self.first_of(hash, records)..].iter().map(|one| one.handle)
    }

    /// The hashes where the one in the middle begins, and where the next one does, with their
    /// places, as far as they lie inside the row.
    pub(super) fn borders(&self, records: &Records) -> [Option<(usize, u64)>; 2] {
        let hash = |place: usize| records.hash(self.entries[place].handle);
        let middle = hash(self.len() / 2);
        let first = self.first_of(middle, records);
        let next = middle.checked_add(1).map_or(self.len(), |more| self.first_of(more, records));
        let inside = |place: usize| 0 < place && place < self.len();
        [first, next].map(|place| inside(place).then(|| (place, hash(place))))
    }

    /// Takes out the keys from a place on, whose hash is this.
    pub(super) fn split_off(&mut self, place: usize, hash: u64) -> Row {
        let row =
            Row { low: prefix(hash), high: self.high, entries: self.entries.split_off(place) };
        self.high = prefix(hash - 1);
        self.entries.shrink_to(capacity(place));
        row
    }

    /// Hashes up to this one may lie here from now on.
    pub(super) fn extend_to(&mut self, high: u64) {
        self.high = prefix(high);
    }

    /// Looks at where the guess says that a hash lies.
    pub(super) fn touch(&self, hash: u64) {
        black_box(self.entries.get(self.guess(prefix(hash))).map(|one| one.prefix));
    }

    /// The first key that has the prefix of this hash, or a greater one.
    pub(super) fn at(&self, hash: u64) -> Option<Handle> {
        self.entries.get(self.first_from(prefix(hash))).map(|one| one.handle)
    }
}

/// A key in a row beside one that is looked for. Mostly it is the same, and no hash is needed.
fn compared(one: &[u8], hash: u64, key: &[u8]) -> Ordering {
    if one == key {
        return Ordering::Equal;
    }
    (xxh3_64(one), one).cmp(&(hash, key))
}

/// Memory for how many entries is asked for where so many are needed: sizes that allocators have,
/// four between a power of two and the next.
fn capacity(entries: usize) -> usize {
    let bytes = (entries * size_of::<Entry>()).max(16);
    bytes.next_multiple_of(1 << ((bytes - 1).ilog2() - 2)) / size_of::<Entry>()
}
