//! The forms of causal consistency: an operation's causes are what its client did before it, what
//! made the cell it saw, and their causes.

use std::collections::{BTreeMap, HashMap, HashSet};

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
        for write in causes.last_writes(facts, index) {
            let newer = match source {
                _ if Some(write) == source => false,
                None => true,
                Some(source) if level == Level::Cc => causes.has(write, source),
                Some(source) => causes.place[&write] > causes.place[&source],
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
    place: HashMap<usize, usize>,
    /// The client's number in the counts below, and the place in its chain.
    seat: HashMap<usize, (usize, u32)>,
    counts: Vec<Vec<u32>>,
    /// For each key and client, its writes by place in its chain.
    writes: HashMap<String, BTreeMap<usize, Vec<usize>>>,
}

impl Causes {
    fn new(facts: &Facts<'_>, order: &[usize]) -> Result<Causes, String> {
        let mut causes = Causes {
            place: order.iter().enumerate().map(|(at, &index)| (index, at)).collect(),
            seat: HashMap::new(),
            counts: Vec::with_capacity(order.len()),
            writes: HashMap::new(),
        };
        for (number, chain) in facts.clients.values().enumerate() {
            for (at, &index) in chain.iter().enumerate() {
                causes.seat.insert(index, (number, at as u32));
                if makes(facts.op(index)).is_some() {
                    let of_key = causes.writes.entry(facts.op(index).key.clone()).or_default();
                    of_key.entry(number).or_default().push(index);
                }
            }
        }
        let mut last: Vec<Option<usize>> = vec![None; facts.clients.len()];
        for (at, &index) in order.iter().enumerate() {
            let (number, seat) = causes.seat[&index];
            let mut count = match last[number].replace(at) {
                Some(before) => causes.counts[before].clone(),
                None => vec![0; facts.clients.len()],
            };
            if looks(facts.op(index))
                && let Some(source) = facts.source(index)?
            {
                let place = causes.place.get(&source).filter(|&&place| place < at);
                let place =
                    place.ok_or_else(|| format!("operation {index} saw what came later"))?;
                count.iter_mut().zip(&causes.counts[*place]).for_each(|(a, b)| *a = (*a).max(*b));
            }
            count[number] = seat + 1;
            causes.counts.push(count);
        }
        Ok(causes)
    }

    /// Whether `cause` is `index` or one of its causes.
    fn has(&self, index: usize, cause: usize) -> bool {
        let (number, seat) = self.seat[&cause];
        self.counts[self.place[&index]][number] > seat
    }

    /// Each client's last write of the operation's key among its causes, itself left out.
    fn last_writes(&self, facts: &Facts<'_>, index: usize) -> Vec<usize> {
        let Some(clients) = self.writes.get(&facts.op(index).key) else { return Vec::new() };
        let last = |writes: &Vec<usize>| {
            let causes = writes.partition_point(|&write| self.has(index, write));
            writes[..causes].iter().rev().find(|&&write| write != index).copied()
        };
        clients.values().filter_map(last).collect()
    }
}

/// Cm: each client has an order of what it did and of the causes of that, in which each operation
/// stands behind its causes and the client's own saw what was written last.
pub(super) fn memory(facts: &Facts<'_>, witness: &Witness) -> Result<(), String> {
    let mut before: HashMap<usize, usize> = HashMap::new();
    for chain in facts.clients.values() {
        chain.windows(2).for_each(|pair| {
            before.insert(pair[1], pair[0]);
        });
    }
    let mut served = HashSet::new();
    for Order { client, operations, .. } in &witness.orders {
        let client = client.ok_or("an order of cm is for one client")?;
        complete(facts, operations, |index| facts.op(index).client == client)?;
        let mut placed = HashSet::new();
        let mut holds: HashMap<&str, Option<usize>> = HashMap::new();
        for &index in operations {
            let operation = facts.op(index);
            let source = if looks(operation) { facts.source(index)? } else { None };
            let causes = [before.get(&index).copied(), source];
            if causes.into_iter().flatten().any(|cause| !placed.contains(&cause)) {
                return Err(format!("operation {index} stands before one of its causes"));
            }
            let held = holds.entry(operation.key.as_str()).or_default();
            if operation.client == client && looks(operation) && *held != source {
                return Err(format!("operation {index} did not see what the key held"));
            }
            if makes(operation).is_some() {
                *held = Some(index);
            }
            placed.insert(index);
        }
        served.insert(client);
    }
    match facts.clients.keys().find(|client| !served.contains(*client)) {
        Some(client) => Err(format!("client {client} has no order")),
        None => Ok(()),
    }
}
