//! The state of the merged order in snapshots: `[slot, key, key, …]`, each key with its value or
//! tombstone, its stamp, and where it was written.
//!
//! ```text
//!   key:     [kind, flags, writer, key, value]
//!   counter: [kind, flags, what it stands on, writer, key, number, sums]
//!   writer:  clock, replica, offset, boot, index
//!   sums:    count, each: replica, boot, index, amount's lower half, upper half
//! ```
//!
//! A tombstone has no value. A counter that stands on nothing has no writer, and only one that
//! stands on what a SET left has a number of its own beside the sums.

use std::borrow::Cow;

use super::hlc::{self, Stamp};
use super::origin::{self, ON_NOTHING, ON_NUMBER, ON_REMOVED, Origin};
use super::register::{Register, Sum};
use super::writer::Writer;
use crate::commands::integer;
use crate::ids::NodeId;
use crate::store::Record;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::wire::version_vector::Place;

/// What a key has: a tombstone, a string, or a counter.
const TOMBSTONE: u8 = 0;
const STRING: u8 = 1;
const COUNTER: u8 = 2;
/// No flag is known.
const FLAGS: u8 = 0;

/// Appends a key.
pub(super) fn put(key: &[u8], record: Record<'_, Origin>, out: &mut Vec<u8>) {
    let origin = record.by();
    if origin.is_counter() {
        return put_counter(key, &record, &origin, out);
    }
    let value = record.value;
    out.extend([if value.is_some() { STRING } else { TOMBSTONE }, FLAGS]);
    origin.winner.iter().for_each(|winner| put_writer(*winner, out));
    put_bytes(out, key);
    value.iter().for_each(|value| put_bytes(out, value.bytes()));
}

fn put_counter(key: &[u8], record: &Record<'_, Origin>, origin: &Origin, out: &mut Vec<u8>) {
    out.extend([COUNTER, FLAGS, origin.base()]);
    origin.winner.iter().for_each(|winner| put_writer(*winner, out));
    put_bytes(out, key);
    origin::register(record).base().iter().for_each(|base| put_bytes(out, base));
    origin::put_sums(mutant!(SnapshotWithoutSums, &origin.sums, &origin.sums[..1]), out);
}

fn put_writer(Writer { stamp, place }: Writer, out: &mut Vec<u8>) {
    put_uint(out, stamp.clock);
    put_uint(out, stamp.replica.0);
    put_uint(out, u64::from(stamp.offset));
    place.encode(out);
}

/// Appends a key as digests sum it up: what some replicas may have no more is left out, and what is
/// shown is told beside what it is made of.
pub(super) fn put_shown(key: &[u8], record: Record<'_, Origin>, out: &mut Vec<u8>) {
    let origin = record.by();
    if !origin.is_counter() {
        return put(key, record, out);
    }
    out.extend([COUNTER, FLAGS]);
    if origin.base() == ON_NUMBER {
        origin.winner.iter().for_each(|winner| put_writer(*winner, out));
    }
    put_bytes(out, key);
    record.value.iter().for_each(|value| put_bytes(out, value.bytes()));
    origin::put_sums(&origin.sums, out);
}

/// How many keys of a slot have a value.
pub(crate) fn keys_in(slot: &[u8]) -> Result<u64, Malformed> {
    let (_, mut keys) = read(slot)?;
    keys.try_fold(0, |count, key| Ok(count + u64::from(is_alive(&key?.register))))
}

/// The same slot where all that it holds was written by one entry of one replica, and no other
/// replica is there. `None`: nothing is left of it.
pub(crate) fn as_of_one(
    slot: &[u8],
    replica: NodeId,
    place: Place,
) -> Result<Option<Vec<u8>>, Malformed> {
    let (number, keys) = read(slot)?;
    let mut out = vec![];
    put_uint(&mut out, u64::from(number));
    let empty = out.len();
    for key in keys {
        let Key { name, register } = key?;
        if !is_alive(&register) {
            continue;
        }
        let by = |by: Writer| Writer { stamp: Stamp { replica, ..by.stamp }, place };
        let winner = register.winner.filter(|(_, value)| value.is_some());
        let winner = winner.map(|(writer, value)| (by(writer), value));
        let amount = register.sums.iter().map(|sum| sum.amount).sum();
        let counts = !register.sums.is_empty();
        let sums = counts.then_some(Sum { replica, place, amount }).into_iter().collect();
        put_register(name, &Register { winner, sums }, &mut out);
    }
    Ok((out.len() > empty).then_some(out))
}

/// Whether a key has a value.
fn is_alive(register: &Register<'_>) -> bool {
    register.base().is_some() || register.is_counter()
}

/// Appends a key that has a value.
fn put_register(key: &[u8], register: &Register<'_>, out: &mut Vec<u8>) {
    let base = register.base();
    match register.is_counter() {
        true => out.extend([COUNTER, FLAGS, if base.is_some() { ON_NUMBER } else { ON_NOTHING }]),
        false => out.extend([STRING, FLAGS]),
    }
    register.writer().iter().for_each(|writer| put_writer(*writer, out));
    put_bytes(out, key);
    base.iter().for_each(|base| put_bytes(out, base));
    if register.is_counter() {
        origin::put_sums(&register.sums, out);
    }
}

/// A key as it stands in a slot.
#[derive(Clone, Debug)]
pub(super) struct Key<'a> {
    pub(super) name: &'a [u8],
    pub(super) register: Register<'a>,
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
    if kind > COUNTER || reader.byte()? != FLAGS {
        return Err(Malformed);
    }
    if kind == COUNTER {
        return counter(reader);
    }
    let by = writer(reader)?;
    let name = reader.bytes()?;
    let value = if kind == STRING { Some(Cow::Borrowed(reader.bytes()?)) } else { None };
    Ok(Key { name, register: Register::written(by, value) })
}

fn counter<'a>(reader: &mut Reader<'a>) -> Result<Key<'a>, Malformed> {
    let base = reader.byte()?;
    let by = match base {
        ON_NOTHING => None,
        ON_REMOVED | ON_NUMBER => Some(writer(reader)?),
        _ => return Err(Malformed),
    };
    let name = reader.bytes()?;
    let number = if base == ON_NUMBER { Some(reader.bytes()?) } else { None };
    let sums = origin::sums(reader)?;
    // What is no number cannot be added to, and a counter is one by its sums.
    if number.is_some_and(|number| integer(number).is_none()) || sums.is_empty() {
        return Err(Malformed);
    }
    let winner = by.map(|by| (by, number.map(Cow::Borrowed)));
    Ok(Key { name, register: Register { winner, sums } })
}

fn writer(reader: &mut Reader<'_>) -> Result<Writer, Malformed> {
    let (clock, replica) = (reader.uint()?, NodeId(reader.uint()?));
    let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
    let place = Place::decode(reader)?;
    if !hlc::is_in_format(clock) {
        return Err(Malformed);
    }
    Ok(Writer { stamp: Stamp { clock, replica, offset }, place })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, Index};

    fn place(boot: u64, index: u64) -> Place {
        Place { boot: Boot(boot), index: Index(index) }
    }

    fn writer(replica: u64, clock: u64) -> Writer {
        let stamp = Stamp { clock, replica: NodeId(replica), offset: 4 };
        Writer { stamp, place: place(9, 100 + replica) }
    }

    fn sum(replica: u64, amount: i128) -> Sum {
        Sum { replica: NodeId(replica), place: place(9, replica), amount }
    }

    /// A slot as a snapshot has it.
    fn slot(keys: &[(&'static str, Register<'static>)]) -> Vec<u8> {
        let mut out = vec![];
        put_uint(&mut out, 700);
        let mut store = crate::store::Store::new();
        for (name, register) in keys {
            let origin = Origin::of(register);
            let value = register.clone().shown();
            store.set(name.as_bytes(), value, origin);
            put(name.as_bytes(), store.get(name.as_bytes()).unwrap(), &mut out);
        }
        out
    }

    #[test]
    fn what_several_replicas_wrote_becomes_what_one_wrote() {
        let value = |text: &'static str| Some(Cow::Borrowed(text.as_bytes()));
        let written = |replica, clock, value| Register::written(writer(replica, clock), value);
        let counted = |winner, sums| Register { winner, sums };
        let slot = slot(&[
            ("string", written(2, 50, value("text"))),
            ("removed", written(3, 60, None)),
            ("count", counted(None, vec![sum(2, 5), sum(3, -7)])),
            ("over a number", counted(Some((writer(3, 70), value("40"))), vec![sum(2, 2)])),
            ("over a DEL", counted(Some((writer(2, 80), None)), vec![sum(3, 3)])),
        ]);
        assert_eq!(keys_in(&slot), Ok(4));
        let (me, there) = (NodeId(8), place(12, 1));
        let moved = as_of_one(&slot, me, there).unwrap().unwrap();
        assert_eq!(keys_in(&moved), Ok(4));
        let (number, keys) = read(&moved).unwrap();
        let keys: Vec<_> = keys.map(|key| key.unwrap()).collect();
        assert_eq!(number, 700);
        let by = |clock| Writer { stamp: Stamp { clock, replica: me, offset: 4 }, place: there };
        let one = |amount| vec![Sum { replica: me, place: there, amount }];
        let expected = [
            ("string", Register::written(by(50), value("text"))),
            ("count", counted(None, one(-2))),
            ("over a number", counted(Some((by(70), value("40"))), one(2))),
            ("over a DEL", counted(None, one(3))),
        ];
        for (key, (name, register)) in keys.iter().zip(expected) {
            assert_eq!((key.name, &key.register), (name.as_bytes(), &register));
        }
    }

    #[test]
    fn of_tombstones_alone_nothing_is_left() {
        let slot = slot(&[("removed", Register::written(writer(3, 60), None))]);
        assert_eq!((keys_in(&slot), as_of_one(&slot, NodeId(8), place(2, 1))), (Ok(0), Ok(None)));
        let cut = &slot[..slot.len() - 1];
        assert_eq!(as_of_one(cut, NodeId(8), place(2, 1)), Err(Malformed));
    }
}
