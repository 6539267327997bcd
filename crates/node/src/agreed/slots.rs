//! The state of the agreed order in snapshots: `[slot, key, key, …]`, each key with its value and
//! where it was written.
//!
//! ```text
//!   key: [kind, flags, index, offset, deadline?, key, value]
//! ```

use crate::ids::Index;
use crate::position::AgreedPosition;
use crate::store::{Record, Value};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

/// A value that is a string, the only kind that there is.
const STRING: u8 = 1;
/// The only flag that there is: a deadline follows, in milliseconds of log time.
const HAS_DEADLINE: u8 = 1;

/// Appends a key.
pub(super) fn put(key: &[u8], record: Record<'_, AgreedPosition>, out: &mut Vec<u8>) {
    let by = record.by();
    let deadline_ms = mutant!(SnapshotWithoutDeadlines, record.deadline_ms, None);
    out.extend([STRING, if deadline_ms.is_some() { HAS_DEADLINE } else { 0 }]);
    put_uint(out, by.index.0);
    put_uint(out, u64::from(by.offset));
    deadline_ms.iter().for_each(|deadline_ms| put_uint(out, *deadline_ms));
    put_bytes(out, key);
    put_bytes(out, record.value.map_or(&[], Value::bytes));
}

/// How many keys a slot has.
pub(crate) fn keys_in(slot: &[u8]) -> Result<u64, Malformed> {
    let mut keys = 0;
    for_each(slot, |_, _, _, _| keys += 1)?;
    Ok(keys)
}

/// Calls `each` with every key of a slot.
pub(super) fn for_each(
    slot: &[u8],
    mut each: impl FnMut(&[u8], &[u8], Option<u64>, AgreedPosition),
) -> Result<(), Malformed> {
    let mut reader = Reader::new(slot);
    reader.uint()?;
    while !reader.is_empty() {
        let has_deadline = match [reader.byte()?, reader.byte()?] {
            [STRING, 0] => false,
            [STRING, HAS_DEADLINE] => true,
            _ => return Err(Malformed),
        };
        let index = Index(reader.number()?);
        let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
        let deadline_ms = if has_deadline { Some(reader.uint()?) } else { None };
        let (key, value) = (reader.bytes()?, reader.bytes()?);
        each(key, value, deadline_ms, AgreedPosition { index, offset });
    }
    Ok(())
}
