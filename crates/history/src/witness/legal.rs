//! Levels that an order proves by being legal: linearizable, bounded, sequential, pram.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::model::level::Level;
use crate::model::operation::{Fate, Kind};
use crate::witness::facts::{Facts, fits, makes, sum};
use crate::witness::order::{Order, Witness};
use crate::witness::whole::{Held, run};

/// The one order of a witness.
pub(super) fn only(witness: &Witness) -> Result<&[usize], String> {
    match &witness.orders[..] {
        [order] => Ok(&order.operations),
        orders => Err(format!("one order would prove the level, not {}", orders.len())),
    }
}

/// Whether a witness is one order that is for nobody alone.
pub(super) fn is_for_all(witness: &Witness) -> bool {
    matches!(&witness.orders[..], [order] if order.client.is_none())
}

pub(super) fn sequential(facts: &Facts<'_>, witness: &Witness) -> Result<(), String> {
    let order = only(witness)?;
    complete(facts, order, |_| true)?;
    clients_in_order(facts, order)?;
    legal(facts, order, |_| true)
}

pub(super) fn real_time(facts: &Facts<'_>, level: Level, witness: &Witness) -> Result<(), String> {
    sequential(facts, witness)?;
    // In nanoseconds, so that no bound is rounded.
    let unit = u128::from(facts.history.unit().nanoseconds());
    let bound = match level {
        Level::Bounded { ms } => facts.history.unit().bound_ns(ms),
        _ => 0,
    };
    // Nobody ended before somebody placed earlier began: one pass, keeping the latest start.
    let mut latest = 0;
    for &index in only(witness)? {
        let operation = facts.op(index);
        let known = operation.fate() == Fate::Done;
        if known && operation.end.is_some_and(|end| u128::from(end) * unit < latest) {
            return Err(format!("{} ended before one placed earlier began", facts.name(index)));
        }
        let slack = if operation.is_read() { bound } else { 0 };
        latest = latest.max((u128::from(operation.start) * unit).saturating_sub(slack));
    }
    Ok(())
}

/// Each client that looks has an order of what it did and all that was written.
pub(super) fn pram(facts: &Facts<'_>, witness: &Witness) -> Result<(), String> {
    let mut served = HashSet::new();
    for Order { client, operations, .. } in &witness.orders {
        let client = client.ok_or("an order of pram is for one client")?;
        let own = |index: usize| facts.op(index).client == client;
        complete(facts, operations, |index| own(index) || facts.op(index).is_write())?;
        clients_in_order(facts, operations)?;
        legal(facts, operations, own)?;
        served.insert(client);
    }
    for (client, chain) in &facts.clients {
        let looked = chain.iter().any(|&index| facts.counts[index] && facts.looked(index));
        if looked && !served.contains(client) {
            return Err(format!("client {client} has no order"));
        }
    }
    Ok(())
}

/// The order has nothing twice, and whatever counts and is wanted.
pub(super) fn complete(
    facts: &Facts<'_>,
    order: &[usize],
    wanted: impl Fn(usize) -> bool,
) -> Result<(), String> {
    let mut placed = vec![false; facts.counts.len()];
    for &index in order {
        if std::mem::replace(&mut placed[index], true) {
            return Err(format!("{} stands twice", facts.name(index)));
        }
    }
    let missing = (0..placed.len()).find(|&i| facts.counts[i] && !placed[i] && wanted(i));
    missing.map_or(Ok(()), |index| Err(format!("{} ran but is missing", facts.name(index))))
}

/// Each client's operations stand in its order.
pub(super) fn clients_in_order(facts: &Facts<'_>, order: &[usize]) -> Result<(), String> {
    let mut place = vec![usize::MAX; facts.counts.len()];
    order.iter().enumerate().for_each(|(at, &index)| place[index] = at);
    for chain in facts.clients.values() {
        let mut last = None;
        for &index in chain.iter().filter(|&&index| place[index] != usize::MAX) {
            if last.replace(place[index]).is_some_and(|before| before > place[index]) {
                return Err(format!(
                    "{} stands before an earlier one of its client",
                    facts.name(index)
                ));
            }
        }
    }
    Ok(())
}

/// Whoever looks, and matters, saw what the key held.
fn legal(
    facts: &Facts<'_>,
    order: &[usize],
    matters: impl Fn(usize) -> bool,
) -> Result<(), String> {
    let initial = facts.history.initial.as_deref();
    let mut state: Vec<Held<'_>> = vec![initial.map(Cow::Borrowed); facts.keys];
    for &index in order {
        let operation = facts.op(index);
        if operation.is_transaction() && !matters(index) {
            for key in facts.changed(index) {
                state[key] = facts.left(index, key)?;
            }
            continue;
        }
        if operation.is_transaction() {
            let answered = operation.fate() == Fate::Done;
            if !facts.parts(index).all(|(key, part)| run(part, &mut state[key], answered)) {
                return Err(format!("{} did not see what its keys held", facts.name(index)));
            }
            continue;
        }
        let held = &mut state[facts.key[index]];
        if matters(index) && !fits(operation, held.as_deref()) {
            return Err(format!("{} did not see what the key held", facts.name(index)));
        }
        match &operation.kind {
            Kind::Append { value } => held.get_or_insert_default().to_mut().push_str(value),
            Kind::Incr { add, .. } => *held = sum(held.as_deref(), *add).map(Cow::Owned),
            _ => {
                if let Some(value) = makes(operation) {
                    *held = value.as_deref().map(Cow::Borrowed);
                }
            }
        }
    }
    Ok(())
}
