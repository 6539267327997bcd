//! The forms of causal consistency: an operation's causes are what its client did before it, what
//! made the cell it saw, and their causes.

use std::collections::{BTreeMap, BTreeSet};

use crate::level::Level;
use crate::witness::facts::{Facts, looks, makes};
use crate::witness::orders::{clients_in_order, complete, only};
use crate::witness::{Order, Witness};

/// Ccv and cc: one order of everything with each operation behind its causes. Each operation saw
/// the write of its key that is, among its causes, the last of the order (ccv), or one that no
/// other of its causes had overwritten (cc).
pub(super) fn one_order(facts: &Facts<'_>, level: Level, witness: &Witness) -> Result<(), String> {
    let order = only(witness)?;
    complete(facts, order, |_| true)?;
    clients_in_order(facts, order)?;
    let causes = Causes::new(facts, order)?;
    for &index in order.iter().filter(|&&index| looks(facts.op(index))) {
        let source = facts.source(index)?;
        for write in causes.newer_writes(facts, index, source.filter(|_| level != Level::Cc)) {
            let newer = match source {
                _ if Some(write) == source => false,
                None => true,
                Some(source) if level == Level::Cc => causes.has(write, source),
                Some(source) => causes.place[write] > causes.place[source],
            };
            if newer {
                return Err(format!("operation {index} overlooked write {write}"));
            }
        }
    }
    Ok(())
}

/// Causes along an order: for each operation, how many operations of each client.
struct Causes {
    /// Each operation's place in the order, its client's number and its place in that client's
    /// chain.
    place: Vec<usize>,
    seat: Vec<(usize, u32)>,
    /// As many numbers as there are clients for each place of the order.
    counts: Vec<u32>,
    width: usize,
    /// For each key, each client's writes.
    writes: Vec<Vec<Vec<usize>>>,
    /// For each key, its writes as they stand in the order.
    placed: Vec<Vec<usize>>,
}

impl Causes {
    fn new(facts: &Facts<'_>, order: &[usize]) -> Result<Causes, String> {
        let (total, width) = (facts.counts.len(), facts.clients.len());
        let mut causes = Causes {
            place: vec![usize::MAX; total],
            seat: vec![(0, 0); total],
            counts: Vec::with_capacity(order.len() * width),
            width,
            writes: vec![Vec::new(); facts.keys],
            placed: vec![Vec::new(); facts.keys],
        };
        for &index in order.iter().filter(|&&index| makes(facts.op(index)).is_some()) {
            causes.placed[facts.key[index]].push(index);
        }
        order.iter().enumerate().for_each(|(at, &index)| causes.place[index] = at);
        for (number, chain) in facts.clients.values().enumerate() {
            let mut own: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (at, &index) in chain.iter().enumerate() {
                causes.seat[index] = (number, at as u32);
                if makes(facts.op(index)).is_some() {
                    own.entry(facts.key[index]).or_default().push(index);
                }
            }
            own.into_iter().for_each(|(key, writes)| causes.writes[key].push(writes));
        }
        let mut last: Vec<Option<usize>> = vec![None; width];
        for (at, &index) in order.iter().enumerate() {
            let (number, seat) = causes.seat[index];
            match last[number].replace(at) {
                Some(before) => {
                    let before = before * width..(before + 1) * width;
                    causes.counts.extend_from_within(before);
                }
                None => causes.counts.resize((at + 1) * width, 0),
            }
            let (earlier, count) = causes.counts.split_at_mut(at * width);
            if looks(facts.op(index))
                && let Some(source) = facts.source(index)?
            {
                let place = causes.place[source];
                if place >= at {
                    return Err(format!("operation {index} saw what came later"));
                }
                let other = &earlier[place * width..(place + 1) * width];
                count.iter_mut().zip(other).for_each(|(a, b)| *a = (*a).max(*b));
            }
            count[number] = seat + 1;
        }
        Ok(causes)
    }

    /// Whether `cause` is `index` or one of its causes.
    fn has(&self, index: usize, cause: usize) -> bool {
        let (number, seat) = self.seat[cause];
        self.counts[self.place[index] * self.width + number] > seat
    }

    /// Of the causes of an operation, the writes of its key that stand behind `source`; if there are
    /// many to ask, only each client's last one.
    fn newer_writes(&self, facts: &Facts<'_>, index: usize, source: Option<usize>) -> Vec<usize> {
        let placed = &self.placed[facts.key[index]];
        let before = |other: usize| placed.partition_point(|&w| self.place[w] < self.place[other]);
        let behind = source.map_or(0, |source| before(source) + 1);
        match placed.get(behind..before(index)) {
            Some(between) if between.len() <= self.width => {
                between.iter().copied().filter(|&write| self.has(index, write)).collect()
            }
            Some(_) => self.last_writes(facts, index),
            None => Vec::new(),
        }
    }

    /// Each client's last write of the operation's key among its causes, itself left out.
    fn last_writes(&self, facts: &Facts<'_>, index: usize) -> Vec<usize> {
        let last = |writes: &Vec<usize>| {
            let causes = writes.partition_point(|&write| self.has(index, write));
            writes[..causes].iter().rev().find(|&&write| write != index).copied()
        };
        self.writes[facts.key[index]].iter().filter_map(last).collect()
    }
}

/// Cm: each client has an order of what it did and of the causes of that, in which each operation
/// stands behind its causes and the client's own saw what was written last.
pub(super) fn memory(facts: &Facts<'_>, witness: &Witness) -> Result<(), String> {
    let mut before: Vec<Option<usize>> = vec![None; facts.counts.len()];
    for pair in facts.clients.values().flat_map(|chain| chain.windows(2)) {
        before[pair[1]] = Some(pair[0]);
    }
    // Who stands in the order by now, as the number of that order.
    let mut placed = vec![0; facts.counts.len()];
    let mut served = BTreeSet::new();
    for (number, Order { client, operations, .. }) in witness.orders.iter().enumerate() {
        let client = client.ok_or("an order of cm is for one client")?;
        complete(facts, operations, |index| facts.op(index).client == client)?;
        let mut holds: Vec<Option<usize>> = vec![None; facts.keys];
        for &index in operations {
            let operation = facts.op(index);
            let source = if looks(operation) { facts.source(index)? } else { None };
            let causes = [before[index], source];
            if causes.into_iter().flatten().any(|cause| placed[cause] != number + 1) {
                return Err(format!("operation {index} stands before one of its causes"));
            }
            let held = &mut holds[facts.key[index]];
            if operation.client == client && looks(operation) && *held != source {
                return Err(format!("operation {index} did not see what the key held"));
            }
            if makes(operation).is_some() {
                *held = Some(index);
            }
            placed[index] = number + 1;
        }
        served.insert(client);
    }
    match facts.clients.keys().find(|client| !served.contains(*client)) {
        Some(client) => Err(format!("client {client} has no order")),
        None => Ok(()),
    }
}
