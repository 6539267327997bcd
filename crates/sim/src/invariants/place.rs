//! The order that certificates of an agreed keyspace claim explains every answer. Begin with
//! [`Explained`].
//!
//! - One position in the log has one write, whoever speaks of it: what is committed never changes.
//! - What one session is shown never goes back.
//! - Each read saw the last write of its key at or before its position; each compare-and-set
//!   compared with the last one before its own.
//! - No operation ended before one that is placed earlier began (writes and linearizable reads;
//!   bounded reads begin earlier, by their bound).
//!
//! The second proves the keyspace sequential, the last linearizable, in one pass; the judge, who
//! may have to search, is asked besides. The node is not trusted: a wrong certificate violates one
//! of these.

use std::collections::BTreeMap;

use bytes::Bytes;
use node::{AgreedPosition, Certificate, Level};

use super::invariant::{Invariant, Rest};
use crate::record::describe;
use crate::record::operation::Operation;
use crate::record::transaction;

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

impl Placed<'_> {
    fn is_write(&self) -> bool {
        self.operation.action.is_write()
    }

    /// Whether both are parts of one command, which has one place.
    fn is_of_one_command(&self, other: &Placed<'_>) -> bool {
        self.operation.part_of.is_some() && self.operation.part_of == other.operation.part_of
    }

    /// Whether its answer says something of what was there.
    fn looked(&self) -> bool {
        self.operation.seen().is_some() || self.operation.missed().is_some()
    }
}

/// The writes of a key by place: what they wrote.
type Writes<'a> = BTreeMap<AgreedPosition, Option<&'a Bytes>>;

impl Invariant for Explained {
    fn name(&self) -> &'static str {
        "explained by certificates"
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        let placed: Vec<_> = rest.operations.iter().filter_map(placed).collect();
        let writes = collect_writes(&placed)?;
        sessions_go_forward(&placed)?;
        for read in placed.iter().filter(|placed| placed.looked()) {
            let mystery = Mystery::about(read, rest.operations);
            saw_the_last(read, writes.get(&read.operation.key), mystery)?;
        }
        keeps_real_time(placed)
    }
}

fn placed(operation: &Operation) -> Option<Placed<'_>> {
    match operation.certificate.as_deref()? {
        // What a transaction wrote is told to the judge alone.
        _ if transaction::is_told(&operation.key) => None,
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
    for one in placed.iter().filter(|one| one.is_write()) {
        if let Some(other) = places.insert(one.position, *one)
            && !one.is_of_one_command(&other)
        {
            return Err(apart(&other, one, "claim one place"));
        }
        // A compare-and-set that found something else has its place and writes nothing there.
        if let Some(value) = one.operation.written() {
            writes.entry(&one.operation.key).or_default().insert(one.position, value);
        }
    }
    for one in placed {
        let (Some(by), Some(seen)) = (one.by, one.operation.seen()) else { continue };
        let key = &one.operation.key;
        let other = *places.entry(by).or_insert(*one);
        let known = *writes.entry(key).or_default().entry(by).or_insert(seen);
        let nothing =
            other.position == by && other.is_write() && other.operation.written().is_none();
        if nothing || other.operation.key != *key || known != seen {
            return Err(apart(&other, one, "speak of one place"));
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

/// Writes of a key that nobody has a certificate of: what they may explain.
#[derive(Clone, Copy)]
struct Mystery {
    /// A read saw nothing.
    deleted: bool,
    /// A compare-and-set found something else, and does not say what.
    wrote: bool,
}

impl Mystery {
    fn about(one: &Placed<'_>, operations: &[Operation]) -> Mystery {
        let key = &one.operation.key;
        let unknown = operations.iter().filter(|other| {
            other.certificate.is_none() && other.action.is_write() && other.key == *key
        });
        let mut written = unknown.filter_map(Operation::written);
        let deleted = written.clone().any(|value| value.is_none());
        let wrote = written.any(|value| value.is_some() && one.operation.missed() != Some(value));
        Mystery { deleted, wrote }
    }
}

fn saw_the_last(
    read: &Placed<'_>,
    writes: Option<&Writes<'_>>,
    mystery: Mystery,
) -> Result<(), String> {
    let (seen, missed) = (read.operation.seen(), read.operation.missed());
    let mut before = writes.into_iter().flat_map(|writes| writes.range(..=read.position));
    let last = before.rfind(|(place, _)| **place < read.position || !read.is_write());
    let shows = |value: Option<&Bytes>| {
        seen.is_none_or(|seen| seen == value) && missed.is_none_or(|missed| missed != value)
    };
    let fits = match (read.by, last) {
        (Some(by), Some((place, value))) if by == *place => shows(*value),
        (Some(by), last) => {
            let later = by < read.position && last.is_none_or(|(place, _)| *place < by);
            seen.is_none() && later && mystery.wrote
        }
        (None, Some((_, value))) => shows(None) && (value.is_none() || mystery.deleted),
        (None, None) => shows(None),
    };
    if fits {
        return Ok(());
    }
    let (words, at) = (read.operation.describe(), describe::agreed(read.position));
    let saw = match missed {
        Some(missed) => format!("did not find {}", describe::value(missed)),
        None => format!("saw {}", describe::seen(seen)),
    };
    let by = describe::agreed_or_none(read.by);
    let last = match last {
        None => "none".into(),
        Some((place, value)) => {
            format!("{} by {}", describe::value(*value), describe::agreed(*place))
        }
    };
    Err(format!("{words} {saw} at {at}, by {by}; the last write before it is {last}"))
}

fn keeps_real_time(mut placed: Vec<Placed<'_>>) -> Result<(), String> {
    let is_timed = |level| matches!(level, Level::Linearizable | Level::Bounded { .. });
    placed.retain(|one| one.is_write() || is_timed(one.operation.level));
    let key = |one: &Placed<'_>| (one.position, !one.is_write(), one.operation.begins_us());
    placed.sort_by_key(key);
    let mut latest: Option<Placed<'_>> = None;
    for one in placed {
        if let Some(earlier) = latest
            && one.operation.end_us < earlier.operation.begins_us()
        {
            return Err(apart(&earlier, &one, "are placed against real time"));
        }
        let starts_later =
            |latest: &Placed<'_>| latest.operation.begins_us() < one.operation.begins_us();
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
        let at = describe::agreed(*position);
        let by = match placed.is_write() {
            true => String::new(),
            false => format!(" by {}", describe::agreed_or_none(*by)),
        };
        format!("{} [{start}, {end} µs] at {at}{by}", operation.describe())
    };
    format!("{} and {} {how}", text(one), text(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::operation;
    use crate::record::operation::Action;
    use node::Index;
    use node::Reply;

    fn at(index: u64) -> AgreedPosition {
        AgreedPosition { index: Index(index), offset: 0 }
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
        crate::invariants::example::at_rest(&mut Explained, operations)
    }

    #[test]
    fn what_certificates_explain_holds() {
        let one = write(1, "a", 3, (0, 10));
        let two = write(2, "b", 4, (5, 20));
        assert_eq!(check(&[one.clone(), two.clone(), read(3, "b", 4, 4, (6, 21))]), Ok(()));
        let early = read(3, "a", 3, 3, (6, 21));
        assert_eq!(check(&[one, two, early]), Ok(()), "they overlap");
    }

    fn cas(from: &'static str, ok: bool, index: u64, by: u64, times: (u64, u64)) -> Operation {
        let certificate = Certificate::Agreed { position: at(index), by: Some(Some(at(by))) };
        let to = Bytes::from(format!("cas{index}"));
        let action = Action::Cas { from: Some(Bytes::from(from)), to, get: false };
        operation(index, action, if ok { Reply::Ok } else { Reply::Nil }, times, certificate)
    }

    #[test]
    fn a_compare_and_set_sees_the_write_before_it() {
        let write = write(1, "a", 3, (0, 10));
        let check = |one: Operation| check(&[write.clone(), one]);
        assert_eq!(check(cas("a", true, 4, 3, (11, 20))), Ok(()));
        assert_eq!(check(cas("b", false, 4, 3, (11, 20))), Ok(()));
        let wrong = [cas("b", true, 4, 3, (11, 20)), cas("a", true, 4, 4, (11, 20))];
        for wrong in wrong {
            assert!(check(wrong).unwrap_err().contains("one place"));
        }
        assert!(check(cas("a", false, 4, 3, (11, 20))).unwrap_err().contains("last write"));
        assert!(check(cas("b", false, 5, 4, (11, 20))).unwrap_err().contains("last write"));
    }

    #[test]
    fn what_failed_wrote_nothing() {
        let all = [
            write(1, "a", 3, (0, 10)),
            cas("b", false, 4, 3, (11, 20)),
            read(2, "cas4", 4, 4, (21, 30)),
        ];
        assert!(check(&all).unwrap_err().contains("one place"));
        let twice = [write(1, "a", 3, (0, 10)), cas("b", false, 3, 2, (11, 20))];
        assert!(check(&twice).unwrap_err().contains("claim one place"));
    }

    #[test]
    fn a_write_without_certificate_may_have_made_it_fail() {
        let failed = [write(1, "a", 3, (0, 10)), cas("a", false, 5, 4, (11, 20))];
        assert!(check(&failed).is_err());
        let mut unknown = write(3, "b", 4, (0, 10));
        (unknown.outcome, unknown.certificate) = (crate::record::operation::Outcome::Unknown, None);
        let [first, second] = failed;
        assert_eq!(check(&[first, second, unknown]), Ok(()));
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

    #[test]
    fn a_bounded_read_is_placed_no_earlier_than_its_bound_says() {
        let (one, two) = (write(1, "a", 3, (0, 10)), write(2, "b", 4, (1_000, 2_000)));
        let check = |level, since_us| {
            let stale = read(3, "a", 3, 3, (9_000, 9_010));
            check(&[
                one.clone(),
                two.clone(),
                Operation { level, since_us: Some(since_us), ..stale },
            ])
        };
        let bounded = Level::Bounded { ms: 100 };
        assert_eq!(check(bounded, 2_000), Ok(()), "it may miss what was done by then");
        assert!(check(bounded, 2_001).unwrap_err().contains("real time"));
        assert_eq!(check(Level::Sequential, 2_001), Ok(()), "that promises no time");
    }
}
