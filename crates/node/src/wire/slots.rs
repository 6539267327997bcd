//! Keys of a state as records, each of one slot.

use crate::wire::codec::put_uint;
use crate::wire::record::Open;

/// Records of slots while they are being appended.
pub(crate) struct Slots<'a> {
    out: &'a mut Vec<u8>,
    /// So many bytes in all, at most, but for a single greater key.
    end: usize,
    begin: fn(&mut Vec<u8>) -> Open,
    open: Option<(u16, Open)>,
    records: u64,
}

/// A record of a slot has so many bytes at most, but for a single greater key.
const RECORD_BYTES: usize = 64 << 10;

impl Slots<'_> {
    pub(crate) fn new(
        out: &mut Vec<u8>,
        bytes: usize,
        begin: fn(&mut Vec<u8>) -> Open,
    ) -> Slots<'_> {
        Slots { end: out.len() + bytes, out, begin, open: None, records: 0 }
    }

    /// Appends a key of this slot; false: that is enough.
    pub(crate) fn put(&mut self, slot: u16, key: impl FnOnce(&mut Vec<u8>)) -> bool {
        let goes_on = |(open_slot, open): &(u16, Open)| {
            *open_slot == slot && open.length(self.out) < RECORD_BYTES
        };
        if !self.open.as_ref().is_some_and(goes_on) {
            self.close();
            self.open = Some((slot, (self.begin)(self.out)));
            put_uint(self.out, u64::from(slot));
            self.records += 1;
        }
        key(self.out);
        self.out.len() < self.end
    }

    fn close(&mut self) {
        if let Some((_, open)) = self.open.take() {
            open.end(self.out);
        }
    }

    /// How many records these are.
    pub(crate) fn end(mut self) -> u64 {
        self.close();
        self.records
    }
}
