//! The forms of causal consistency: an operation's causes are what its client did before it, what
//! made the cell it saw, and their causes. Of a counter those are several: a write, and the
//! increments that were counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::level::Level;
use crate::witness::facts::{Facts, looks};
use crate::witness::legal::{clients_in_order, complete, only};
use crate::witness::order::{Order, Witness};

/// Ccv and cc: one order of everything with each operation behind its causes. Each operation saw
/// the write of its key that is, among its causes, the last of the order (ccv), or one that no
/// other of its causes had overwritten (cc).
pub(super) fn one_order(facts: &Facts<'_>, level: Level, witness: &Witness) -> Result<(), String> {
    let order = only(witness)?;
    complete(facts, order, |_| true)?;
    clients_in_order(facts, order)?;
    let counts = order.iter().any(|&index| facts.op(index).is_increment());
    if counts && facts.has_transactions() {
        return Err("increments that are merged stand beside transactions".into());
    }
    let mut causes = Causes::new(facts, order, level == Level::Cc || counts);
    let mut saw = Vec::new();
    for &index in order {
        facts.saw(index, &mut saw)?;
        causes.advance(facts, index, &saw)?;
        for &(key, source) in &saw {
            let behind = source.filter(|_| level != Level::Cc);
            for write in causes.newer_writes(index, key, behind) {
                let newer = match source {
                    _ if Some(write) == source => false,
                    None => true,
                    Some(source) if level == Level::Cc => causes.has(write, source),
                    Some(source) => causes.place[write] > causes.place[source],
                };
                if newer {
                    return Err(format!("{} overlooked {}", facts.name(index), facts.name(write)));
                }
            }
        }
        if level == Level::Cc && saw.len() > 1 {
            at_once(facts, &causes, index, &saw)?;
        }
        if looks(facts.op(index)) && !facts.op(index).is_transaction() {
            counts_right(facts, &causes, index, facts.source(index)?)?;
        }
    }
    Ok(())
}

/// Who saw several keys at one moment saw them in one order of its causes: no cycle leads from the
/// writes that it looked past to those that it saw.
fn at_once(
    facts: &Facts<'_>,
    causes: &Causes,
    index: usize,
    saw: &[(usize, Option<usize>)],
) -> Result<(), String> {
    let mut passed: Vec<(usize, usize)> = Vec::new();
    for &(key, source) in saw {
        let Some(source) = source else { continue };
        let writes = causes.newer_writes(index, key, None).into_iter();
        let is_open = |&write: &usize| write != source && !causes.has(source, write);
        passed.extend(writes.filter(is_open).map(|write| (write, source)));
    }
    // Whatever nothing leads to lies on no cycle.
    loop {
        let others = passed.clone();
        passed.retain(|&(write, _)| others.iter().any(|&(_, source)| causes.has(write, source)));
        match passed.len() {
            0 => return Ok(()),
            left if left < others.len() => {}
            _ => return Err(format!("no one moment is what {} saw", facts.name(index))),
        }
    }
}

/// Who looked at a key counted, of the increments among its causes, those that have what it saw
/// among theirs.
fn counts_right(
    facts: &Facts<'_>,
    causes: &Causes,
    index: usize,
    source: Option<usize>,
) -> Result<(), String> {
    let counted = facts.counted.get(&index).map(Vec::as_slice).unwrap_or_default();
    let (name, distinct) = (facts.name(index), counted.iter().collect::<BTreeSet<_>>());
    if distinct.len() < counted.len() {
        return Err(format!("{name} counts an increment twice"));
    }
    for &one in &causes.increments[facts.key[index]] {
        let saw = |source| causes.has(one, source);
        let is_due = one != index && causes.leads_here(one) && source.is_none_or(saw);
        if is_due != distinct.contains(&one) {
            let verb = if is_due { "overlooked" } else { "counts wrongly" };
            return Err(format!("{name} {verb} {}", facts.name(one)));
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
    /// The causes of the operation that the order has come to.
    current: Vec<u32>,
    /// Those of operations before it, in rows. A row is used again when nobody who comes later has
    /// its operation for a direct cause, unless all are kept.
    rows: Vec<Vec<u32>>,
    row: Vec<usize>,
    free: Vec<usize>,
    asked: Vec<u32>,
    /// Each client's last operation so far.
    last: Vec<Option<usize>>,
    /// For each key, each client's writes.
    writes: Vec<Vec<Vec<usize>>>,
    /// For each key, its writes as they stand in the order.
    placed: Vec<Vec<usize>>,
    /// For each key, the increments in the order.
    increments: Vec<Vec<usize>>,
}

impl Causes {
    fn new(facts: &Facts<'_>, order: &[usize], keeps_all: bool) -> Causes {
        let (total, width) = (facts.counts.len(), facts.clients.len());
        let mut causes = Causes {
            place: vec![usize::MAX; total],
            seat: vec![(0, 0); total],
            current: vec![0; width],
            rows: Vec::new(),
            row: vec![0; total],
            free: Vec::new(),
            asked: vec![u32::from(keeps_all); total],
            last: vec![None; width],
            writes: vec![Vec::new(); facts.keys],
            placed: vec![Vec::new(); facts.keys],
            increments: vec![Vec::new(); facts.keys],
        };
        for &index in order {
            if facts.op(index).is_increment() {
                causes.increments[facts.key[index]].push(index);
            }
            facts.changed(index).for_each(|key| causes.placed[key].push(index));
        }
        order.iter().enumerate().for_each(|(at, &index)| causes.place[index] = at);
        let seen = facts.seen.values().flatten();
        let sources = facts.sources.values().chain(seen).flatten();
        let counted = facts.counted.values().flatten();
        sources.chain(counted).for_each(|&source| causes.asked[source] += 1);
        for (number, chain) in facts.clients.values().enumerate() {
            let mut own: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (at, &index) in chain.iter().enumerate() {
                causes.seat[index] = (number, at as u32);
                causes.asked[index] += u32::from(at + 1 < chain.len());
                for key in facts.changed(index) {
                    own.entry(key).or_default().push(index);
                }
            }
            own.into_iter().for_each(|(key, writes)| causes.writes[key].push(writes));
        }
        causes
    }

    /// Counts the causes of the next operation of the order, which saw this of each key.
    fn advance(
        &mut self,
        facts: &Facts<'_>,
        index: usize,
        saw: &[(usize, Option<usize>)],
    ) -> Result<(), String> {
        let (number, seat) = self.seat[index];
        let before = self.last[number].replace(index);
        let counted = || facts.counted.get(&index).into_iter().flatten().copied();
        let seen = || saw.iter().filter_map(|&(_, source)| source).chain(counted());
        if seen().any(|seen| self.place[seen] >= self.place[index]) {
            return Err(format!("{} saw what came later", facts.name(index)));
        }
        self.current.fill(0);
        for cause in before.into_iter().chain(seen()) {
            let row = self.row[cause];
            self.current.iter_mut().zip(&self.rows[row]).for_each(|(a, b)| *a = (*a).max(*b));
            self.asked[cause] -= 1;
            if self.asked[cause] == 0 {
                self.free.push(row);
            }
        }
        self.current[number] = seat + 1;
        if self.asked[index] > 0 {
            self.keep(index);
        }
        Ok(())
    }

    fn keep(&mut self, index: usize) {
        match self.free.pop() {
            Some(row) => {
                self.row[index] = row;
                self.rows[row].copy_from_slice(&self.current);
            }
            None => {
                self.row[index] = self.rows.len();
                self.rows.push(self.current.clone());
            }
        }
    }

    /// Whether `cause` is the current operation or one of its causes.
    fn leads_here(&self, cause: usize) -> bool {
        let (number, seat) = self.seat[cause];
        self.current[number] > seat
    }

    /// Whether `cause` is `index`, whose row is kept, or one of its causes.
    fn has(&self, index: usize, cause: usize) -> bool {
        let (number, seat) = self.seat[cause];
        self.rows[self.row[index]][number] > seat
    }

    /// Of the causes of the current operation, the writes of a key that stand behind `source`; if
    /// there are many to ask, only each client's last one.
    fn newer_writes(&self, index: usize, key: usize, source: Option<usize>) -> Vec<usize> {
        let placed = &self.placed[key];
        let before = |other: usize| placed.partition_point(|&w| self.place[w] < self.place[other]);
        let behind = source.map_or(0, |source| before(source) + 1);
        match placed.get(behind..before(index)) {
            Some(between) if between.len() <= self.current.len() => {
                between.iter().copied().filter(|&write| self.leads_here(write)).collect()
            }
            Some(_) => self.last_writes(index, key),
            None => Vec::new(),
        }
    }

    /// Each client's last write of a key among the causes of the current operation, itself left
    /// out.
    fn last_writes(&self, index: usize, key: usize) -> Vec<usize> {
        let last = |writes: &Vec<usize>| {
            let causes = writes.partition_point(|&write| self.leads_here(write));
            writes[..causes].iter().rev().find(|&&write| write != index).copied()
        };
        self.writes[key].iter().filter_map(last).collect()
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
    let mut saw = Vec::new();
    let mut served = BTreeSet::new();
    for (number, Order { client, operations, .. }) in witness.orders.iter().enumerate() {
        let client = client.ok_or("an order of cm is for one client")?;
        complete(facts, operations, |index| facts.op(index).client == client)?;
        let mut holds: Vec<Option<usize>> = vec![None; facts.keys];
        for &index in operations {
            let operation = facts.op(index);
            facts.saw(index, &mut saw)?;
            let causes = saw.iter().filter_map(|&(_, source)| source).chain(before[index]);
            if causes.into_iter().any(|cause| placed[cause] != number + 1) {
                return Err(format!("{} stands before one of its causes", facts.name(index)));
            }
            let missed = saw.iter().any(|&(key, source)| holds[key] != source);
            if operation.client == client && missed {
                return Err(format!("{} did not see what the key held", facts.name(index)));
            }
            facts.changed(index).for_each(|key| holds[key] = Some(index));
            placed[index] = number + 1;
        }
        served.insert(client);
    }
    match facts.clients.keys().find(|client| !served.contains(*client)) {
        Some(client) => Err(format!("client {client} has no order")),
        None => Ok(()),
    }
}
