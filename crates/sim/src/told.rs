//! What truths say, in words: places in logs, the writes there, and values. Nobody should have to read a structure's fields.

use bytes::Bytes;
use node::{AgreedPosition, MergedPosition, MergedWrite};

/// A value that was seen, or nothing.
pub(super) fn value(value: Option<&Bytes>) -> String {
    value.map_or("nothing".into(), |value| format!("{:?}", String::from_utf8_lossy(value)))
}

/// What was seen, as far as the answer tells.
pub(super) fn seen(seen: Option<Option<&Bytes>>) -> String {
    seen.map_or("what it does not tell".into(), value)
}

/// A place in the agreed log.
pub(super) fn agreed(place: AgreedPosition) -> String {
    match place.offset {
        0 => format!("entry {}", place.index),
        offset => format!("write {offset} of entry {}", place.index),
    }
}

/// A place in the agreed log, or none.
pub(super) fn agreed_or_none(place: Option<AgreedPosition>) -> String {
    place.map_or("no entry".into(), agreed)
}

/// An entry of a merged log.
pub(super) fn merged(MergedPosition { replica, boot, index }: MergedPosition) -> String {
    format!("entry {index} of boot {boot} of node {}", replica.0)
}

/// A write in a merged log, with the stamp by which writes are ranked.
pub(super) fn write(MergedWrite { entry, offset, clock }: MergedWrite) -> String {
    let part = if offset == 0 { String::new() } else { format!("write {offset} of ") };
    format!("{part}{}, stamped {clock}", merged(entry))
}

/// A write in a merged log, or none.
pub(super) fn write_or_none(write: Option<MergedWrite>) -> String {
    write.map_or("no entry".into(), self::write)
}
