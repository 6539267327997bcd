//! Memory of entries that are over, for those that come.
//!
//! The log keeps entries of a hundred kilobytes by the hundred, and lets the oldest go when a new
//! one comes. In fresh memory each would cost the system more than all that is done with it: it
//! clears that first, in pieces of two megabytes.

use bytes::Bytes;

/// So many are kept at most.
const SPARE_MAX: usize = 8;
/// What is shorter is not worth the trouble, in bytes.
const SPARE_BYTES_MIN: usize = 8 << 10;
/// What is longer is given back to the system, in bytes.
const SPARE_BYTES_MAX: usize = 1 << 20;

/// Memory that nobody holds, that of the oldest entry first.
#[derive(Debug, Default)]
pub(super) struct Spare {
    all: Vec<Vec<u8>>,
}

impl Spare {
    /// The log lets these bytes of an entry go.
    pub(super) fn give(&mut self, data: Bytes) {
        if !(SPARE_BYTES_MIN..=SPARE_BYTES_MAX).contains(&data.len()) || !data.is_unique() {
            return;
        }
        if self.all.len() == SPARE_MAX {
            // Of what fits nothing that comes there would be more and more.
            self.all.remove(0);
        }
        self.all.push(data.into());
    }

    /// A copy, for the log to keep. It takes no more than twice its length.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> Vec<u8> {
        let fits = |one: &Vec<u8>| (bytes.len()..=2 * bytes.len()).contains(&one.capacity());
        let Some(place) = self.all.iter().position(fits) else { return bytes.to_vec() };
        let mut copy = self.all.remove(place);
        copy.clear();
        copy.extend_from_slice(bytes);
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(length: usize) -> Bytes {
        vec![7; length].into()
    }

    #[test]
    fn what_nobody_holds_is_used_again_where_it_fits() {
        let mut spare = Spare::default();
        let (held, free) = (data(60_000), data(50_000));
        let place = free.as_ptr();
        spare.give(held.clone());
        spare.give(free);
        let (longer, shorter) = (spare.copy(&[1; 50_001]), spare.copy(&[1; 24_999]));
        assert!(longer.as_ptr() != place && shorter.as_ptr() != place);
        let copy = spare.copy(&[1; 40_000]);
        assert_eq!((copy.as_ptr(), &copy[..]), (place, &[1; 40_000][..]));
        assert!(held.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn no_more_is_kept_than_is_worth_it() {
        let mut spare = Spare::default();
        spare.give(data(SPARE_BYTES_MIN - 1));
        spare.give(data(SPARE_BYTES_MAX + 1));
        assert!(spare.all.is_empty());
        (1..=2 * SPARE_MAX).for_each(|n| spare.give(data(n * 10_000)));
        let lengths: Vec<usize> = spare.all.iter().map(|one| one.capacity() / 10_000).collect();
        assert!(lengths.into_iter().eq(SPARE_MAX + 1..=2 * SPARE_MAX), "the latest are kept");
    }
}
