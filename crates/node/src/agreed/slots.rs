//! The state of the agreed order in snapshots: `[slot, key, key, …]`, each key with its value and
//! where it was written.
//!
//! ```text
//!   key: [kind, flags, index, offset, key, value]
//! ```

use crate::ids::Index;
use crate::position::AgreedPosition;
use crate::store::{Record, Value};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

/// A value that is a string, the only kind that there is.
const STRING: u8 = 1;
/// No flag is known; one will say that a deadline follows.
const FLAGS: u8 = 0;

/// Appends a key.
pub(super) fn put(key: &[u8], record: Record<'_, AgreedPosition>, out: &mut Vec<u8>) {
    let by = record.by();
    out.extend([STRING, FLAGS]);
    put_uint(out, by.index.0);
    put_uint(out, u64::from(by.offset));
    put_bytes(out, key);
    put_bytes(out, record.value.map_or(&[], Value::bytes));
}

/// Calls `each` with every key of a slot.
pub(super) fn for_each(
    slot: &[u8],
    mut each: impl FnMut(&[u8], &[u8], AgreedPosition),
) -> Result<(), Malformed> {
    let mut reader = Reader::new(slot);
    reader.uint()?;
    while !reader.is_empty() {
        if [reader.byte()?, reader.byte()?] != [STRING, FLAGS] {
            return Err(Malformed);
        }
        let index = Index(reader.number()?);
        let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
        let (key, value) = (reader.bytes()?, reader.bytes()?);
        each(key, value, AgreedPosition { index, offset });
    }
    Ok(())
}
