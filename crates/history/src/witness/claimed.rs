//! The witness that a history's certificates claim. It is only a candidate: the validator decides
//! whether it proves the level, and if it does not, the judge searches.
//!
//! Agreed log: all operations by position, reads behind the write at their place and among
//! themselves by start. Merged logs: the writes by their stamps, every other operation behind what
//! it saw and behind what its client did before. Who saw whom is told by `by`. Where that names no
//! write, the store may have forgotten a delete: the read saw the highest write of its key inside
//! its vector, if that is one.
//!
//! A counter's reader saw, beside that write, the increments of its key inside its vector that had
//! that write inside theirs ([`increments`](super::increments)).
//!
//! A write whose own entry is not told (its outcome is unknown, or the store kept silent) has the
//! entry that somebody saw and that belongs to no other write, if key and value fit and only one
//! such pairing is possible.
//!
//! The operations of a transaction stand one place apart, the first at its position.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::model::certificate::{Entry, Place, Position, Replica, Source};
use crate::model::clients;
use crate::model::history::History;
use crate::model::level::Level;
use crate::model::names::named;
use crate::model::operation::{Fate, Kind, Operation, Value};
use crate::model::view::counts;
use crate::witness::increments;
use crate::witness::order::{Order, Witness};

/// The candidate for a level; an error says why the certificates give none. `None`: there are no
/// certificates of the kind that the level asks for.
pub(crate) fn candidate(history: &History, level: Level) -> Option<Result<Witness, String>> {
    let operations = &history.operations;
    let is_agreed = |op: &Operation| matches!(op.position(), Some(Position::Agreed(_)));
    match level {
        Level::Linearizable | Level::Sequential | Level::Bounded { .. } => {
            operations.iter().any(is_agreed).then(|| agreed(history, level))
        }
        Level::Causal => {
            operations.iter().any(|op| op.entry().is_some()).then(|| merged(history, level))
        }
        _ => None,
    }
}

/// Where operations stand, sorted: the place, writes first, then start and client order.
type Stand = (Place, bool, u64, u64, usize, usize);

fn agreed(history: &History, level: Level) -> Result<Witness, String> {
    let name = |index: usize| named(history, index);
    let operations = &history.operations;
    let own = |op: &Operation| match op.position() {
        Some(Position::Agreed(place)) => Some(*place),
        _ => None,
    };
    let seen = |op: &Operation| match op.by() {
        Some(Source::Agreed(place)) => Some(place),
        _ => None,
    };
    let apart = Apart {
        forth: |first: Place, by| Place { offset: first.offset.saturating_add(by), ..first },
        back: |one: Place, by| Some(Place { offset: one.offset.checked_sub(by)?, ..one }),
    };
    let paired = pair(history, level, own, seen, apart)?;
    let mut stands: Vec<Stand> = Vec::with_capacity(operations.len());
    for (index, op) in operations.iter().enumerate().filter(|(_, op)| counts(op, level)) {
        let place = match own(op).filter(|_| op.fate() == Fate::Done) {
            Some(place) => place,
            None => match paired.get(&index) {
                Some(&place) => place,
                None if op.fate() == Fate::Unknown => continue,
                None => return Err(format!("{} has no position", name(index))),
            },
        };
        let is_read = op.is_read();
        let end = op.end.unwrap_or(u64::MAX);
        stands.push((place, is_read, op.start, end, op.line, index));
    }
    stands.sort_unstable();
    let operations = stands.into_iter().map(|(.., index)| index).collect();
    let order = Order { operations, ..Order::default() };
    Ok(Witness { orders: vec![order], ..Witness::default() })
}

fn merged(history: &History, level: Level) -> Result<Witness, String> {
    let name = |index: usize| named(history, index);
    let operations = &history.operations;
    let own = Operation::entry;
    let seen = |op: &Operation| match op.by() {
        Some(Source::Merged(entry)) => Some(entry),
        _ => None,
    };
    // No transaction stands in merged logs.
    let apart = Apart { forth: |entry, _| entry, back: |entry, by| (by == 0).then_some(entry) };
    let paired = pair(history, level, own, seen, apart)?;
    let mut stamps: Vec<(Stamp, usize)> = Vec::new();
    // One delete may have several keys.
    let mut makers: HashMap<(&str, Entry), usize> = HashMap::new();
    for (index, op) in operations.iter().enumerate() {
        if !op.is_write() || !counts(op, level) {
            continue;
        }
        let entry = own(op).filter(|_| op.fate() == Fate::Done).or(paired.get(&index).copied());
        match entry {
            Some(entry) => {
                stamps.push((stamp(entry), index));
                if !op.is_update() {
                    makers.insert((&op.key, entry), index);
                }
            }
            None if op.fate() == Fate::Unknown => {}
            None => return Err(format!("{} has no entry", name(index))),
        }
    }
    let written = Written::new(history, &makers);
    let mut sources: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, op) in operations.iter().enumerate() {
        let looks = !matches!(op.kind, Kind::Write { .. });
        if !looks || !counts(op, level) || op.fate() != Fate::Done {
            continue;
        }
        let source = match op.by() {
            Some(Source::Nothing) => written.delete_seen(op),
            Some(Source::Merged(entry)) => {
                let maker = makers.get(&(op.key.as_str(), entry)).copied();
                Some(maker.ok_or_else(|| format!("{} saw an entry of nobody", name(index)))?)
            }
            _ => return Err(format!("it is not told what {} saw", name(index))),
        };
        sources.push((index, source));
    }
    stamps.sort_unstable();
    let writes: Vec<usize> = stamps.into_iter().map(|(_, index)| index).collect();
    let counted = increments::counted(history, &sources);
    let seen = counted.iter().flat_map(|(index, seen)| seen.iter().map(|one| (*index, Some(*one))));
    let links: Vec<_> = sources.iter().copied().chain(seen).collect();
    let order = line_up(history, level, &writes, &links)?;
    let order = Order { operations: order, ..Order::default() };
    Ok(Witness { orders: vec![order], sources, counted })
}

/// Of two writes of a key the one with the greater stamp wins: the clock, then the replica, then
/// the place.
type Stamp = (u64, u64, u64, u64, u64);

fn stamp(entry: Entry) -> Stamp {
    (entry.stamp, entry.replica.node, entry.replica.boot, entry.index, entry.offset)
}

/// The writes of each key in each node's log, in the order of the log, in which stamps rise.
struct Written<'h> {
    history: &'h History,
    of: HashMap<(&'h str, u64), Vec<(Entry, usize)>>,
}

impl<'h> Written<'h> {
    fn new(history: &'h History, makers: &HashMap<(&'h str, Entry), usize>) -> Written<'h> {
        let mut of: HashMap<(&str, u64), Vec<(Entry, usize)>> = HashMap::new();
        for (&(key, entry), &index) in makers {
            of.entry((key, entry.replica.node)).or_default().push((entry, index));
        }
        of.values_mut().for_each(|writes| writes.sort_unstable_by_key(|&(entry, _)| place(entry)));
        Written { history, of }
    }

    /// The delete that a read saw which names no write: the highest write of its key inside its
    /// vector, if that is a delete. Its tombstone is gone.
    fn delete_seen(&self, read: &Operation) -> Option<usize> {
        let Some(Position::Merged(vector)) = read.position() else { return None };
        let last_of = |&(replica, index): &(Replica, u64)| {
            let writes = self.of.get(&(read.key.as_str(), replica.node))?;
            let inside = |&(entry, _): &(Entry, usize)| {
                (entry.replica.boot, entry.index) <= (replica.boot, index)
            };
            writes[..writes.partition_point(inside)].last().copied()
        };
        let (_, highest) = vector.iter().filter_map(last_of).max_by_key(|one| stamp(one.0))?;
        (self.history.operations[highest].written() == Some(&None)).then_some(highest)
    }
}

/// Where an entry stands in its node's log.
fn place(entry: Entry) -> (u64, u64, u64) {
    (entry.replica.boot, entry.index, entry.offset)
}

/// A key and a value of it.
type Cell<'h> = (&'h str, &'h Option<Value>);

/// How far the operations of a transaction stand apart: from its first one to another, and back.
struct Apart<F, B> {
    forth: F,
    back: B,
}

/// For writes whose entry is not told, the only entry that it can be. `own` is what an operation
/// says of itself, `seen` what it says of the one whose value it saw.
fn pair<E: Copy + Eq + std::hash::Hash>(
    history: &History,
    level: Level,
    own: impl Fn(&Operation) -> Option<E>,
    seen: impl Fn(&Operation) -> Option<E>,
    apart: Apart<impl Fn(E, u64) -> E, impl Fn(E, u64) -> Option<E>>,
) -> Result<HashMap<usize, E>, String> {
    let name = |index: usize| named(history, index);
    // Each with its place in its transaction.
    let mut silent: HashMap<Cell<'_>, Vec<(usize, u64)>> = HashMap::new();
    for (index, op) in history.operations.iter().enumerate() {
        let told = op.fate() == Fate::Done && own(op).is_some();
        if !op.is_write() || !counts(op, level) || told {
            continue;
        }
        for (place, part) in (0..).zip(op.parts()).filter(|(_, part)| part.is_write()) {
            let Some(value) = part.written() else {
                if part.is_increment() && op.fate() == Fate::Unknown {
                    // If it ran and somebody saw it, a sum is not explained, and the claim falls.
                    continue;
                }
                return Err(format!("{} has no entry, and no value to tell it by", name(index)));
            };
            silent.entry((&part.key, value)).or_default().push((index, place));
        }
    }
    let mut paired = HashMap::new();
    if silent.is_empty() {
        return Ok(paired);
    }
    let told = |op: &&Operation| op.is_write() && op.fate() == Fate::Done;
    let mut taken: HashSet<E> = HashSet::new();
    for op in history.operations.iter().filter(told) {
        let Some(first) = own(op) else { continue };
        taken.extend((0..op.parts().len() as u64).map(|by| (apart.forth)(first, by)));
    }
    let mut orphans: HashMap<Cell<'_>, HashSet<E>> = HashMap::new();
    let counted = history.operations.iter().filter(|op| counts(op, level));
    for part in counted.flat_map(Operation::parts) {
        let (Some(entry), Some(value)) = (seen(part), part.seen()) else { continue };
        if !taken.contains(&entry) {
            orphans.entry((&part.key, value)).or_default().insert(entry);
        }
    }
    for (of, writes) in silent {
        let entries = orphans.remove(&of).unwrap_or_default();
        let unclear = || format!("it is not clear which entry {} has", name(writes[0].0));
        let entries: Vec<E> = entries.into_iter().collect();
        match (&writes[..], &entries[..]) {
            (_, []) => {}
            (&[(write, place)], &[entry]) => {
                let first = (apart.back)(entry, place).ok_or_else(unclear)?;
                if paired.insert(write, first).is_some_and(|other| other != first) {
                    return Err(unclear());
                }
            }
            _ => return Err(unclear()),
        }
    }
    Ok(paired)
}

/// An order with the writes as given, and everything behind what it saw and behind what its client
/// did before; of those that may come next, the one that began first.
fn line_up(
    history: &History,
    level: Level,
    writes: &[usize],
    sources: &[(usize, Option<usize>)],
) -> Result<Vec<usize>, String> {
    const NOBODY: usize = usize::MAX;
    let operations = &history.operations;
    let mut takes_part = vec![false; operations.len()];
    sources.iter().for_each(|&(index, _)| takes_part[index] = true);
    writes.iter().for_each(|&index| takes_part[index] = true);
    for (index, op) in operations.iter().enumerate() {
        takes_part[index] |= counts(op, level) && op.fate() == Fate::Done;
    }
    let mut order: Vec<usize> = clients::in_order(history).map_err(|disorder| disorder.message)?;
    order.retain(|&index| takes_part[index]);
    // Behind each operation: its client's next, the next write, and those that saw it.
    let (mut next, mut next_write) =
        (vec![NOBODY; operations.len()], vec![NOBODY; operations.len()]);
    let mut readers: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut waits = vec![0_u32; operations.len()];
    for pair in order.windows(2) {
        if operations[pair[0]].client == operations[pair[1]].client {
            next[pair[0]] = pair[1];
            waits[pair[1]] += 1;
        }
    }
    for pair in writes.windows(2) {
        next_write[pair[0]] = pair[1];
        waits[pair[1]] += 1;
    }
    for &(index, source) in sources {
        if let Some(source) = source {
            readers.entry(source).or_default().push(index);
            waits[index] += 1;
        }
    }
    let begins = |index: usize| Reverse((operations[index].start, index));
    let mut ready: BinaryHeap<_> =
        order.iter().filter(|&&index| waits[index] == 0).map(|&index| begins(index)).collect();
    let total = order.len();
    order.clear();
    while let Some(Reverse((_, index))) = ready.pop() {
        order.push(index);
        let seen_by = readers.get(&index).map(Vec::as_slice).unwrap_or_default();
        let links = [next[index], next_write[index]];
        for &later in links.iter().filter(|&&later| later != NOBODY).chain(seen_by) {
            waits[later] -= 1;
            if waits[later] == 0 {
                ready.push(begins(later));
            }
        }
    }
    if order.len() == total {
        Ok(order)
    } else {
        Err("stamps, clients' orders and what was seen run in a cycle".to_string())
    }
}
