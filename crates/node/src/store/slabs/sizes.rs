//! The sizes of rooms.
//!
//! Up to 256 bytes there is one for every two bytes, then sixteen between a power of two and the
//! next, so that a record wastes few bytes and there are not too many sizes, each of which has a
//! page that is not full. What is longer than 4 KiB has memory of its own.

/// How many rooms a page may have.
pub(super) const PLACES_MAX: usize = 1 << 11;
/// Up to here there is a size for every two bytes.
const FINE_BYTES_MAX: usize = 256;
/// The least size: what marks a free room needs three bytes.
const BYTES_MIN: usize = 8;
/// What is longer has memory of its own.
pub(super) const SHARED_BYTES_MAX: usize = 4 << 10;
/// How many sizes lie between a power of two and the next, as a power of two.
const STEP_BITS: u32 = 4;
/// The most bytes of a page: little of a store is in pages that are not full, and an allocator that
/// makes room for many such pieces at once wastes little on each.
const PAGE_BYTES_MAX: usize = 128 << 10;

/// The size of a room, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size(u32);

impl Size {
    /// The size of the room for so many bytes; `None`: they are too many to share a page.
    pub(super) fn of(bytes: usize) -> Option<Size> {
        if bytes > SHARED_BYTES_MAX {
            return None;
        }
        let size = match bytes > FINE_BYTES_MAX {
            true => bytes.next_multiple_of(1 << (log(bytes) - STEP_BITS)),
            false => bytes.max(BYTES_MIN).next_multiple_of(2),
        };
        Some(Size(size as u32))
    }

    pub(super) fn bytes(self) -> usize {
        self.0 as usize
    }

    /// Its number among all sizes.
    pub(super) fn class(self) -> usize {
        let bytes = self.bytes();
        if bytes <= FINE_BYTES_MAX {
            return bytes / 2;
        }
        let (log, steps) = (log(bytes), 1 << STEP_BITS);
        let doublings = (log - FINE_BYTES_MAX.trailing_zeros()) as usize;
        FINE_BYTES_MAX / 2 + doublings * steps + ((bytes - 1) >> (log - STEP_BITS)) + 1 - steps
    }

    /// How many rooms a page has.
    pub(super) fn places(self) -> usize {
        (PAGE_BYTES_MAX / self.bytes()).min(PLACES_MAX)
    }
}

/// The power of two below so many bytes.
fn log(bytes: usize) -> u32 {
    (bytes - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_close_and_each_has_its_number() {
        let mut classes: Vec<Size> = vec![];
        for bytes in 1..=SHARED_BYTES_MAX {
            let size = Size::of(bytes).unwrap();
            let waste = size.bytes() - bytes;
            assert!(waste < 8 && bytes <= 8 || waste <= (bytes / 16).max(1), "{bytes}: {size:?}");
            assert_eq!(Size::of(size.bytes()), Some(size));
            assert!((32..=PLACES_MAX).contains(&size.places()));
            if size.class() >= classes.len() {
                classes.resize(size.class() + 1, Size::default());
            }
            let named = &mut classes[size.class()];
            assert!(*named == Size::default() || *named == size);
            *named = size;
        }
        assert!(classes.len() < 200, "{}", classes.len());
        assert_eq!(Size::of(SHARED_BYTES_MAX + 1), None);
    }
}
