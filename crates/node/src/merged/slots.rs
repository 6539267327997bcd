//! The state of the merged order in snapshots: `[slot, key, key, …]`, each key with its value or
//! tombstone, its stamp, and where it was written.
//!
//! ```text
//!   key: [kind, flags, clock, replica, offset, boot, index, key, value]
//! ```

use super::hlc::{self, Stamp};
use super::writer::Writer;
use crate::ids::NodeId;
use crate::store::Record;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::wire::version_vector::Place;

/// What a key has: a tombstone, or a string.
const TOMBSTONE: u8 = 0;
const STRING: u8 = 1;
/// No flag is known.
const FLAGS: u8 = 0;

/// Appends a key.
pub(super) fn put(key: &[u8], record: Record<'_, Writer>, out: &mut Vec<u8>) {
    let (Writer { stamp, place }, value) = (record.by(), record.value);
    out.extend([if value.is_some() { STRING } else { TOMBSTONE }, FLAGS]);
    put_uint(out, stamp.clock);
    put_uint(out, stamp.replica.0);
    put_uint(out, u64::from(stamp.offset));
    place.encode(out);
    put_bytes(out, key);
    value.iter().for_each(|value| put_bytes(out, value.bytes()));
}

/// Calls `each` with every key of a slot.
pub(super) fn for_each<'a>(
    slot: &'a [u8],
    mut each: impl FnMut(&'a [u8], Option<&'a [u8]>, Writer),
) -> Result<(), Malformed> {
    let mut reader = Reader::new(slot);
    reader.uint()?;
    while !reader.is_empty() {
        let kind = reader.byte()?;
        if kind > STRING || reader.byte()? != FLAGS {
            return Err(Malformed);
        }
        let (clock, replica) = (reader.uint()?, NodeId(reader.uint()?));
        let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
        let place = Place::decode(&mut reader)?;
        let key = reader.bytes()?;
        let value = if kind == STRING { Some(reader.bytes()?) } else { None };
        if !hlc::is_in_format(clock) {
            return Err(Malformed);
        }
        each(key, value, Writer { stamp: Stamp { clock, replica, offset }, place });
    }
    Ok(())
}
