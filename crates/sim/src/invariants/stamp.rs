//! The certificates of a merged keyspace explain every answer. Begin with [`Merged`].
//!
//! - One entry has one write at each offset, whoever speaks of it, and one stamp.
//! - What one session is shown never shrinks.
//! - The stamp of a write is above that of every write that its replica had applied before.
//! - What a replica had applied includes all that the writes in it depend on.
//! - Each read saw, of the writes of its key that its replica had applied, the one with the highest
//!   stamp, or nothing where that is a delete; EXISTS counted the keys of which that is no delete.
//!
//! Together this is convergent causal consistency, proved in one pass.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use node::{Boot, Certificate, Index, MergedPosition, MergedWrite, NodeId, Reply};

use super::invariant::{Invariant, Rest};
use crate::record::describe;
use crate::record::operation::{Action, Operation, Outcome};
use crate::record::transaction;

/// Nothing to remember: the record has it all.
#[derive(Debug)]
pub(crate) struct Merged;

type Vector = BTreeMap<NodeId, (u64, u64)>;

/// An operation and what its replica had applied when it answered.
struct Placed<'a> {
    operation: &'a Operation,
    vector: Vector,
    /// The write that was seen; of a write, itself.
    write: Option<MergedWrite>,
}

/// A write as anyone spoke of it.
#[derive(Clone, Copy)]
struct Known<'a> {
    write: MergedWrite,
    value: Option<&'a Bytes>,
}

impl Invariant for Merged {
    fn name(&self) -> &'static str {
        "explained by stamps"
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        let placed: Vec<_> = rest.operations.iter().filter_map(placed).collect();
        let known = collect(&placed)?;
        sessions_grow(&placed)?;
        for one in &placed {
            holds_dependencies(one, &placed)?;
            if one.operation.action.is_write() {
                stamp_is_above(one, &known)?;
            } else if let Some(known) = known.get(&one.operation.key) {
                let mystery = rest.operations.iter().any(|other| may_have_deleted(other, one));
                saw_the_highest(one, known, mystery)?;
            }
        }
        let asked = rest.asked.iter().filter_map(self::placed);
        asked.into_iter().try_for_each(|one| counts_right(&one, &known, rest.operations))
    }
}

fn placed(operation: &Operation) -> Option<Placed<'_>> {
    if transaction::is_told(&operation.key) {
        // What a transaction wrote is told to the judge alone.
        return None;
    }
    let Certificate::Merged { position, by, entry } = operation.certificate.as_deref()? else {
        return None;
    };
    let place = |at: &MergedPosition| (at.replica, (at.boot.0, at.index.0));
    let vector = position.iter().map(place).collect();
    let write = if operation.action.is_write() { *entry } else { by.flatten() };
    operation.is_done().then_some(Placed { operation, vector, write })
}

fn place(write: &MergedWrite) -> (NodeId, u64, u64, u32) {
    (write.entry.replica, write.entry.boot.0, write.entry.index.0, write.offset)
}

fn stamp(write: &MergedWrite) -> (u64, NodeId, u32) {
    (write.clock, write.entry.replica, write.offset)
}

/// All writes that anyone spoke of, by key.
fn collect<'a>(placed: &[Placed<'a>]) -> Result<BTreeMap<&'a Bytes, Vec<Known<'a>>>, String> {
    let mut places: BTreeMap<_, (&Bytes, Option<&Bytes>, u64)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut known: BTreeMap<&Bytes, Vec<Known<'_>>> = BTreeMap::new();
    for one in placed {
        let value = match one.operation.seen() {
            _ if one.operation.action.is_write() => one.operation.written(),
            seen => seen,
        };
        let Some(value) = value else { continue };
        let Some(write) = one.write else { continue };
        let key = &one.operation.key;
        let claim = (key, value, write.clock);
        let other = *places.entry(place(&write)).or_insert(claim);
        // Only a delete writes several keys at one place.
        let deletes = other.0 != key && other.1.is_none() && value.is_none();
        if other != claim && !(deletes && other.2 == write.clock) {
            let words = one.operation.describe();
            let verb = if one.operation.action.is_write() { "left" } else { "saw" };
            let (value, claimed) = (describe::value(value), describe::write(write));
            let (key, old, clock) =
                (describe::value(Some(other.0)), describe::value(other.1), other.2);
            return Err(format!(
                "{words} {verb} {value} by {claimed}; another answer says that it left {old} at {key}, stamped {clock}"
            ));
        }
        if seen.insert((place(&write), key)) {
            known.entry(key).or_default().push(Known { write, value });
        }
    }
    Ok(known)
}

fn sessions_grow(placed: &[Placed<'_>]) -> Result<(), String> {
    let mut last: BTreeMap<u64, &Vector> = BTreeMap::new();
    for one in placed {
        let Some(before) = last.insert(one.operation.client, &one.vector) else { continue };
        let now = |replica: &NodeId| one.vector.get(replica).copied().unwrap_or_default();
        if let Some((replica, (boot, index))) =
            before.iter().find(|(replica, place)| now(replica) < **place)
        {
            let words = one.operation.describe();
            let place =
                MergedPosition { replica: *replica, boot: Boot(*boot), index: Index(*index) };
            return Err(format!(
                "{words}: its session had seen {}, and went back",
                describe::merged(place)
            ));
        }
    }
    Ok(())
}

fn holds(vector: &Vector, entry: &MergedPosition) -> bool {
    vector.get(&entry.replica).is_some_and(|place| *place >= (entry.boot.0, entry.index.0))
}

fn holds_dependencies(one: &Placed<'_>, placed: &[Placed<'_>]) -> Result<(), String> {
    let is_inside = |other: &&Placed<'_>| {
        let own = other.operation.action.is_write().then_some(other.write).flatten();
        own.is_some_and(|own| holds(&one.vector, &own.entry))
    };
    let lacks = |other: &&Placed<'_>| {
        other.vector.iter().any(|(replica, place)| one.vector.get(replica) < Some(place))
    };
    match placed.iter().filter(is_inside).find(lacks) {
        None => Ok(()),
        Some(other) => {
            let (words, other) = (one.operation.describe(), other.operation.describe());
            Err(format!(
                "{words} stands behind {other}, and not behind all that this stands behind"
            ))
        }
    }
}

/// Whether a delete that nobody has a certificate of may explain that a read saw nothing.
fn may_have_deleted(other: &Operation, read: &Placed<'_>) -> bool {
    let deletes = other.written() == Some(None);
    deletes && other.certificate.is_none() && other.key == read.operation.key
}

fn stamp_is_above(
    one: &Placed<'_>,
    known: &BTreeMap<&Bytes, Vec<Known<'_>>>,
) -> Result<(), String> {
    let Some(own) = one.write else { return Ok(()) };
    if !holds(&one.vector, &own.entry) {
        return Err(format!("{}: its own entry is not in its vector", one.operation.describe()));
    }
    let before = |other: &&Known<'_>| {
        let mine = other.write.entry.replica == own.entry.replica;
        let later = place(&other.write) >= place(&own);
        holds(&one.vector, &other.write.entry) && !(mine && later)
    };
    let above = |other: &&Known<'_>| stamp(&other.write) >= stamp(&own);
    match known.values().flatten().filter(before).find(above) {
        None => Ok(()),
        Some(other) => {
            let words = one.operation.describe();
            let (own, other) = (describe::write(own), describe::write(other.write));
            Err(format!("{words} has {own}, below {other}, which it had seen"))
        }
    }
}

fn saw_the_highest(one: &Placed<'_>, known: &[Known<'_>], mystery: bool) -> Result<(), String> {
    let Some(seen) = one.operation.seen() else { return Ok(()) };
    let inside = known.iter().filter(|known| holds(&one.vector, &known.write.entry));
    let highest = inside.max_by_key(|known| stamp(&known.write));
    let names_it = one.operation.action == Action::Get;
    let fits = match (one.write, highest) {
        (Some(by), Some(highest)) => by == highest.write && seen == highest.value,
        (Some(_), None) => false,
        (None, None) => seen.is_none(),
        // Nothing is named where the tombstone is gone.
        (None, Some(_)) if names_it && seen.is_some() => false,
        (None, Some(highest)) => seen == highest.value || (seen.is_none() && mystery),
    };
    if fits {
        return Ok(());
    }
    let (words, seen) = (one.operation.describe(), describe::value(seen));
    let by = describe::write_or_none(one.write);
    let highest = match highest {
        None => "no write".into(),
        Some(Known { write, value }) => {
            format!("{} by {}", describe::value(*value), describe::write(*write))
        }
    };
    Err(format!("{words} saw {seen} by {by}; the highest that its node had applied is {highest}"))
}

/// EXISTS counted the keys that its replica held. (A DEL is counted when it is applied, which may
/// be after more than its certificate names.)
fn counts_right(
    one: &Placed<'_>,
    known: &BTreeMap<&Bytes, Vec<Known<'_>>>,
    operations: &[Operation],
) -> Result<(), String> {
    let Action::Many { keys, removes: false } = &one.operation.action else { return Ok(()) };
    let Outcome::Done(Reply::Integer(count)) = one.operation.outcome else { return Ok(()) };
    let (mut least, mut most) = (0, 0);
    for key in keys {
        let of_key = known.get(key).into_iter().flatten();
        let inside = of_key.filter(|known| holds(&one.vector, &known.write.entry));
        let highest = inside.max_by_key(|known| stamp(&known.write));
        let there = highest.is_some_and(|known| known.value.is_some());
        let mystery = operations.iter().any(|other| {
            other.outcome == Outcome::Unknown && other.key == *key && other.action.is_write()
        });
        least += i64::from(there && !mystery);
        most += i64::from(there || mystery);
    }
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let words = one.operation.describe();
    Err(format!("{words} counted {count}; its replica held {least} to {most} of them"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{at_rest, operation};

    fn entry(replica: u64, index: u64, clock: u64) -> MergedWrite {
        let entry = MergedPosition { replica: NodeId(replica), boot: Boot(1), index: Index(index) };
        MergedWrite { entry, offset: 0, clock }
    }

    fn vector(places: &[(u64, u64)]) -> Vec<MergedPosition> {
        let place = |(replica, index): &(u64, u64)| entry(*replica, *index, 0).entry;
        places.iter().map(place).collect()
    }

    fn write(client: u64, value: &'static str, own: MergedWrite, seen: &[(u64, u64)]) -> Operation {
        let certificate =
            Certificate::Merged { position: vector(seen), by: None, entry: Some(own) };
        operation(client, Action::Set(Bytes::from(value)), Reply::Ok, (0, 1), certificate)
    }

    fn read(client: u64, value: &'static str, by: MergedWrite, seen: &[(u64, u64)]) -> Operation {
        let certificate =
            Certificate::Merged { position: vector(seen), by: Some(Some(by)), entry: None };
        let reply = Reply::Value(Bytes::from(value));
        operation(client, Action::Get, reply, (0, 1), certificate)
    }

    #[test]
    fn a_delete_that_is_forgotten_explains_nothing_but_itself() {
        let mut delete = write(1, "", entry(1, 2, 60), &[(1, 2)]);
        delete.action = Action::Del;
        delete.outcome = Outcome::Done(Reply::Integer(1));
        let check = |index, clock| {
            let certificate =
                Certificate::Merged { position: vector(&[(1, 3)]), by: Some(None), entry: None };
            let read = operation(2, Action::Get, Reply::Nil, (0, 1), certificate);
            let other = write(1, "a", entry(1, index, clock), &[(1, index)]);
            let mut writes = [other, delete.clone()];
            writes.sort_by_key(|one| place(&placed(one).unwrap().write.unwrap()));
            let [one, two] = writes;
            at_rest(&mut Merged, &[one, two, read]).map_err(|what| what.to_string())
        };
        assert_eq!(check(1, 50), Ok(()));
        assert!(check(3, 70).unwrap_err().contains("highest"), "a write after it is lost");
    }

    #[test]
    fn stamps_explain_or_not() {
        let one = write(1, "a", entry(1, 1, 50), &[(1, 1)]);
        let two = write(2, "b", entry(2, 1, 60), &[(1, 1), (2, 1)]);
        let check = |third: Operation| {
            at_rest(&mut Merged, &[one.clone(), two.clone(), third])
                .map_err(|what| what.to_string())
        };
        assert_eq!(check(read(3, "b", entry(2, 1, 60), &[(1, 1), (2, 1)])), Ok(()));
        assert_eq!(check(read(3, "a", entry(1, 1, 50), &[(1, 1)])), Ok(()));
        let lower = read(3, "a", entry(1, 1, 50), &[(1, 1), (2, 1)]);
        assert!(check(lower).unwrap_err().contains("highest"));
        let below = write(3, "c", entry(3, 1, 55), &[(1, 1), (2, 1), (3, 1)]);
        assert!(check(below).unwrap_err().contains("below"));
        let forged = read(3, "x", entry(1, 1, 50), &[(1, 1)]);
        assert!(check(forged).unwrap_err().contains("another answer"));
        let torn = read(3, "b", entry(2, 1, 60), &[(2, 1)]);
        assert!(check(torn).unwrap_err().contains("not behind all"));
        let back = read(2, "a", entry(1, 1, 50), &[(1, 1)]);
        assert!(check(back).unwrap_err().contains("went back"));
    }
}
