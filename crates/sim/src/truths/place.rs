//! The order that certificates of an agreed keyspace claim explains every answer.
//!
//! - One place of the log has one write, whoever speaks of it: what was committed never changes or vanishes.
//! - What one session is shown never goes back.
//! - Each read saw the last write of its key at or before its place.
//! - No operation ended before one that is placed earlier began (writes and linearizable reads).
//!
//! With the second this proves the keyspace sequential, with the last linearizable, in one pass; the judge, who may
//! have to search, is asked besides. The node is not trusted: a wrong certificate breaks one of these.

use std::collections::BTreeMap;

use bytes::Bytes;
use node::{AgreedPosition, Certificate, Level};

use super::{Rest, Truth};
use crate::operation::Operation;

/// Nothing to remember: the record has it all.
#[derive(Debug)]
pub(crate) struct Explained;

/// An operation and where it stands.
#[derive(Clone, Copy)]
struct Placed<'a> {
    operation: &'a Operation,
    position: AgreedPosition,
    by: Option<AgreedPosition>,
}

/// The writes of a key by place: what they wrote.
type Writes<'a> = BTreeMap<AgreedPosition, Option<&'a Bytes>>;

impl Truth for Explained {
    fn name(&self) -> &'static str {
        "explained by certificates"
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        let placed: Vec<_> = rest.operations.iter().filter_map(placed).collect();
        let writes = collect_writes(&placed)?;
        sessions_go_forward(&placed)?;
        let reads = placed.iter().filter(|placed| !placed.operation.action.is_write());
        for read in reads {
            let mystery = rest.operations.iter().any(|other| may_have_deleted(other, read));
            saw_the_last(read, writes.get(&read.operation.key), mystery)?;
        }
        keeps_real_time(placed)
    }
}

fn placed(operation: &Operation) -> Option<Placed<'_>> {
    match operation.certificate.as_deref()? {
        Certificate::Agreed { position, by } if operation.is_done() => {
            Some(Placed { operation, position: *position, by: by.flatten() })
        }
        _ => None,
    }
}

/// What stands at each place, by key.
fn collect_writes<'a>(placed: &[Placed<'a>]) -> Result<BTreeMap<&'a Bytes, Writes<'a>>, String> {
    let mut places: BTreeMap<AgreedPosition, Placed<'a>> = BTreeMap::new();
    let mut writes: BTreeMap<&Bytes, Writes<'_>> = BTreeMap::new();
    for one in placed {
        let (place, value) = match one.operation.seen() {
            _ if one.operation.action.is_write() => (one.position, one.operation.written()),
            Some(seen) if one.by.is_some() => (one.by.unwrap_or_default(), seen),
            _ => continue,
        };
        let key = &one.operation.key;
        let other = *places.entry(place).or_insert(*one);
        let known = *writes.entry(key).or_default().entry(place).or_insert(value);
        let both_write = one.operation.action.is_write() && other.operation.action.is_write();
        let twice = both_write && !std::ptr::eq(one.operation, other.operation);
        if twice || other.operation.key != *key || known != value {
            return Err(apart(&other, one, "claim one place"));
        }
    }
    Ok(writes)
}

fn sessions_go_forward(placed: &[Placed<'_>]) -> Result<(), String> {
    let mut last: BTreeMap<u64, Placed<'_>> = BTreeMap::new();
    for one in placed {
        if let Some(before) = last.insert(one.operation.client, *one)
            && before.position > one.position
        {
            return Err(apart(&before, one, "are one session, which went back"));
        }
    }
    Ok(())
}

/// Whether a delete that nobody has a certificate of may explain that a read saw nothing.
fn may_have_deleted(other: &Operation, read: &Placed<'_>) -> bool {
    let deletes = other.action.is_write() && other.written().is_none();
    deletes && other.certificate.is_none() && other.key == read.operation.key
}

fn saw_the_last(
    read: &Placed<'_>,
    writes: Option<&Writes<'_>>,
    mystery: bool,
) -> Result<(), String> {
    let Some(seen) = read.operation.seen() else { return Ok(()) };
    let last = writes.and_then(|writes| writes.range(..=read.position).next_back());
    let fits = match (read.by, last) {
        (Some(by), Some((place, value))) => by == *place && seen == *value,
        (Some(_), None) => false,
        (None, Some((_, value))) => seen.is_none() && (value.is_none() || mystery),
        (None, None) => seen.is_none(),
    };
    if fits {
        return Ok(());
    }
    let (words, at, by) = (read.operation.words(), read.position, read.by);
    Err(format!("{words} at {at:?} saw {seen:?} by {by:?}; the last write before it is {last:?}"))
}

fn keeps_real_time(mut placed: Vec<Placed<'_>>) -> Result<(), String> {
    placed.retain(|one| {
        one.operation.action.is_write() || one.operation.level == Level::Linearizable
    });
    let key =
        |one: &Placed<'_>| (one.position, !one.operation.action.is_write(), one.operation.start_us);
    placed.sort_by_key(key);
    let mut latest: Option<Placed<'_>> = None;
    for one in placed {
        if let Some(earlier) = latest
            && one.operation.end_us < earlier.operation.start_us
        {
            return Err(apart(&earlier, &one, "are placed against real time"));
        }
        let starts_later = |latest: &Placed<'_>| latest.operation.start_us < one.operation.start_us;
        if latest.as_ref().is_none_or(starts_later) {
            latest = Some(one);
        }
    }
    Ok(())
}

fn apart(one: &Placed<'_>, other: &Placed<'_>, how: &str) -> String {
    let text = |placed: &Placed<'_>| {
        let Placed { operation, position, by } = placed;
        let (start, end) = (operation.start_us, operation.end_us);
        format!("{} [{start}, {end} µs] at {position:?} by {by:?}", operation.words())
    };
    format!("{} and {} {how}", text(one), text(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Action;
    use crate::truths::example::operation;
    use node::Reply;

    fn at(index: u64) -> AgreedPosition {
        AgreedPosition { index, offset: 0 }
    }

    fn write(client: u64, value: &'static str, index: u64, times: (u64, u64)) -> Operation {
        let certificate = Certificate::Agreed { position: at(index), by: None };
        let action = Action::Set(Bytes::from(value));
        operation(client, action, Reply::Ok, times, certificate)
    }

    fn read(client: u64, value: &'static str, index: u64, by: u64, times: (u64, u64)) -> Operation {
        let certificate = Certificate::Agreed { position: at(index), by: Some(Some(at(by))) };
        operation(client, Action::Get, Reply::Value(Bytes::from(value)), times, certificate)
    }

    fn check(operations: &[Operation]) -> Result<(), String> {
        super::super::example::at_rest(&mut Explained, operations)
    }

    #[test]
    fn what_certificates_explain_holds() {
        let one = write(1, "a", 3, (0, 10));
        let two = write(2, "b", 4, (5, 20));
        assert_eq!(check(&[one.clone(), two.clone(), read(3, "b", 4, 4, (6, 21))]), Ok(()));
        let early = read(3, "a", 3, 3, (6, 21));
        assert_eq!(check(&[one, two, early]), Ok(()), "they overlap");
    }

    #[test]
    fn what_they_do_not_explain_is_seen() {
        let one = write(1, "a", 3, (0, 10));
        let two = write(2, "b", 4, (11, 20));
        let stale = read(3, "a", 3, 3, (21, 25));
        assert!(check(&[one.clone(), two.clone(), stale]).unwrap_err().contains("real time"));
        let blind = read(3, "a", 4, 3, (21, 25));
        assert!(check(&[one.clone(), two.clone(), blind]).unwrap_err().contains("last write"));
        let other = write(3, "c", 4, (11, 20));
        assert!(check(&[one.clone(), two.clone(), other]).unwrap_err().contains("one place"));
        let back = read(2, "a", 3, 3, (20, 30));
        assert!(check(&[one, two, back]).unwrap_err().contains("went back"));
    }
}
