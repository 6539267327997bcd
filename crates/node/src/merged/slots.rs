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

/// A key as it stands in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    pub(super) name: &'a [u8],
    /// Its value; none: it was removed.
    pub(super) value: Option<&'a [u8]>,
    pub(super) by: Writer,
}

/// The number of a slot, and its keys. Behind one that cannot be read nothing more is of use.
pub(super) fn read(
    slot: &[u8],
) -> Result<(u16, impl Iterator<Item = Result<Key<'_>, Malformed>>), Malformed> {
    let mut reader = Reader::new(slot);
    let number = u16::try_from(reader.uint()?).map_err(|_| Malformed)?;
    let next = move || (!reader.is_empty()).then(|| key(&mut reader));
    Ok((number, std::iter::from_fn(next)))
}

fn key<'a>(reader: &mut Reader<'a>) -> Result<Key<'a>, Malformed> {
    let kind = reader.byte()?;
    if kind > STRING || reader.byte()? != FLAGS {
        return Err(Malformed);
    }
    let (clock, replica) = (reader.uint()?, NodeId(reader.uint()?));
    let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
    let place = Place::decode(reader)?;
    let name = reader.bytes()?;
    let value = if kind == STRING { Some(reader.bytes()?) } else { None };
    if !hlc::is_in_format(clock) {
        return Err(Malformed);
    }
    Ok(Key { name, value, by: Writer { stamp: Stamp { clock, replica, offset }, place } })
}
