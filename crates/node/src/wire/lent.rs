//! Memory that is lent out as bytes, and used again once nobody holds them.
//!
//! Each turn hands the driver a group for the disk and a message for each member, tens of kilobytes
//! each, and the driver lets go of them within milliseconds. In fresh memory each would cost the
//! system more than all else that is done with it.

use bytes::Bytes;

/// How much is lent at a time: for the disk a group is written and another gathers, and each of a
/// few members has a message.
const LENT_MAX: usize = 8;
/// What is less is not worth the trouble, in bytes.
const LENT_BYTES_MIN: usize = 1 << 10;
/// What is more is given back to the system, in bytes.
const LENT_BYTES_MAX: usize = 1 << 20;

/// Memory that is lent out.
#[derive(Debug, Default)]
pub(crate) struct Lent {
    lent: Vec<Bytes>,
}

impl Lent {
    /// The bytes that `write` appends to an empty vector, which may be one that was lent before.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
        let mut out = self.take();
        write(&mut out);
        self.lend(out)
    }

    /// An empty vector.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let Some(place) = self.lent.iter().position(Bytes::is_unique) else { return vec![] };
        let mut back: Vec<u8> = self.lent.swap_remove(place).into();
        back.clear();
        back
    }

    /// What a vector holds. Its memory is used again.
    pub(crate) fn lend(&mut self, out: Vec<u8>) -> Bytes {
        let worth = (LENT_BYTES_MIN..=LENT_BYTES_MAX).contains(&out.capacity());
        let bytes = Bytes::from(out);
        if worth && self.lent.len() < LENT_MAX {
            self.lent.push(bytes.clone());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(lent: &mut Lent, length: usize) -> Bytes {
        lent.write(|out| out.resize(length, 7))
    }

    #[test]
    fn what_nobody_holds_is_used_again() {
        let mut lent = Lent::default();
        let first = write(&mut lent, 60_000);
        let place = first.as_ptr();
        let second = write(&mut lent, 50_000);
        assert_ne!(second.as_ptr(), place, "the first is still held");
        assert!(first.iter().all(|byte| *byte == 7));
        drop(first);
        let third = write(&mut lent, 55_000);
        assert_eq!((third.as_ptr(), third.len()), (place, 55_000));
    }

    #[test]
    fn no_more_is_kept_than_is_worth_it() {
        let mut lent = Lent::default();
        write(&mut lent, LENT_BYTES_MIN - 1);
        write(&mut lent, LENT_BYTES_MAX + 1);
        assert!(lent.lent.is_empty());
        let held: Vec<_> = (0..2 * LENT_MAX).map(|_| write(&mut lent, 5000)).collect();
        assert_eq!((lent.lent.len(), held.len()), (LENT_MAX, 2 * LENT_MAX));
    }
}
