//! A few keys in a row, in the order of their hashes.
//!
//! Hashes are spread evenly, so about where one lies follows from its value and how many there are.
//! To find a key takes three looks into memory, and where the first two are is known before
//! anything is read.

use std::hint::black_box;

/// So many keys may be in a row: to move them takes no longer than to find one.
pub(super) const KEYS_MAX: usize = 512;

/// Keys, each with a value.
///
/// - `hashes[i]` is the hash of the key of `entries[i]`; they ascend by hash, and by key where
///   hashes are equal.
#[derive(Debug)]
pub(super) struct Row<V> {
    hashes: Vec<u64>,
    entries: Vec<(Box<[u8]>, V)>,
}

impl<V> Row<V> {
    pub(super) fn new() -> Row<V> {
        Row { hashes: vec![], entries: vec![] }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// About where a hash lies, or would.
    fn guess(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.len() as u128) >> 64) as usize
    }

    /// The first place whose hash is not less.
    fn first_from(&self, hash: u64) -> usize {
        let mut place = self.guess(hash);
        while place < self.len() && self.hashes[place] < hash {
            place += 1;
        }
        while place > 0 && self.hashes[place - 1] >= hash {
            place -= 1;
        }
        place
    }

    /// Where a key is, or else where it would be.
    fn find(&self, hash: u64, key: &[u8]) -> Result<usize, usize> {
        let mut place = self.first_from(hash);
        while place < self.len() && self.hashes[place] == hash {
            match (*self.entries[place].0).cmp(key) {
                std::cmp::Ordering::Less => place += 1,
                std::cmp::Ordering::Equal => return Ok(place),
                std::cmp::Ordering::Greater => break,
            }
        }
        Err(place)
    }

    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&V> {
        self.find(hash, key).ok().map(|place| &self.entries[place].1)
    }

    /// Gives a key a value, and gives back the one that it had.
    pub(super) fn set(&mut self, hash: u64, key: &[u8], value: V) -> Option<V> {
        match self.find(hash, key) {
            Ok(place) => Some(std::mem::replace(&mut self.entries[place].1, value)),
            Err(place) => {
                self.hashes.insert(place, hash);
                self.entries.insert(place, (key.into(), value));
                None
            }
        }
    }

    /// Removes a key, and gives back the value that it had.
    pub(super) fn remove(&mut self, hash: u64, key: &[u8]) -> Option<V> {
        let place = self.find(hash, key).ok()?;
        self.hashes.remove(place);
        Some(self.entries.remove(place).1)
    }

    /// All from a hash on.
    pub(super) fn from(&self, hash: u64) -> impl Iterator<Item = (u64, &[u8], &V)> {
        let first = self.first_from(hash);
        let entries = std::iter::zip(&self.hashes[first..], &self.entries[first..]);
        entries.map(|(hash, (key, value))| (*hash, &**key, value))
    }

    /// Takes out all.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (u64, Box<[u8]>, V)> {
        let entries = std::iter::zip(std::mem::take(&mut self.hashes), self.entries.drain(..));
        entries.map(|(hash, (key, value))| (hash, key, value))
    }

    /// Takes out the last one.
    pub(super) fn pop(&mut self) -> Option<V> {
        self.hashes.pop()?;
        self.entries.pop().map(|(_, value)| value)
    }

    /// Looks at where the guess says that a hash lies.
    pub(super) fn touch(&self, hash: u64) {
        let place = self.guess(hash);
        black_box(self.hashes.get(place).copied());
        black_box(self.entries.get(place).map(|(key, _)| key.len()));
    }

    /// The key that lies there if that hash is here, and its value.
    pub(super) fn at(&self, hash: u64) -> Option<(&[u8], &V)> {
        let place = self.first_from(hash);
        let (key, value) = self.entries.get(place)?;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Vec<u8> {
        format!("key:{n}").into_bytes()
    }

    #[test]
    fn keys_are_found_however_their_hashes_are_spread() {
        let spreads: [fn(u64) -> u64; 4] =
            [|n| n << 55, |n| n, |n| u64::MAX - n % 7, |n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)];
        for spread in spreads {
            let mut row = Row::new();
            for n in 0..300 {
                assert_eq!(row.set(spread(n), &key(n), n), None);
                row.touch(spread(n));
            }
            assert!(row.from(0).map(|(hash, key, _)| (hash, key.to_vec())).is_sorted());
            assert!((0..300).all(|n| row.get(spread(n), &key(n)) == Some(&n)));
            assert_eq!(row.get(spread(7), b"key"), None);
            assert_eq!(row.set(spread(7), &key(7), 70), Some(7));
            assert_eq!((row.remove(spread(7), &key(7)), row.len()), (Some(70), 299));
            assert_eq!(row.remove(spread(7), &key(7)), None);
            let from = spread(200);
            assert_eq!(
                row.from(from).count(),
                row.from(0).filter(|(hash, ..)| *hash >= from).count()
            );
        }
    }
}
