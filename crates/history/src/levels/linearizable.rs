//! Linearizability: one legal order that keeps real time and each client's order.
//!
//! It holds if it holds for each key (Herlihy & Wing 1990, section 3.1), so each key is judged by
//! itself: by its zones, or by search where values repeat. The orders of the keys are then merged
//! into one. That always succeeds where real time alone gives the order; where operations of one
//! client touch in time, its order says more than real time, the theorem's interval orders are
//! gone, and a merge that fails is followed by a search over all keys together.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::budget::Meter;
use crate::levels::decision::{Decision, Proof};
use crate::levels::zones::{self, Zones};
use crate::model::view::View;
use crate::relation::cells::{Cells, needed};
use crate::relation::registers::{Told, as_registers};
use crate::relation::saturation::{Saturated, saturate};
use crate::search::appends::search_appends;
use crate::search::{Found, search};

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, meter: &mut Meter) -> Decision {
    judge_until(view, meter, |decision| matches!(decision, Decision::Violated(_)))
}

/// Judges it for those to whom only an order is of use: the first key that has none is the end.
pub(crate) fn judge_for_order(view: &View<'_>, meter: &mut Meter) -> Decision {
    judge_until(view, meter, |decision| !matches!(decision, Decision::Holds(_)))
}

fn judge_until(view: &View<'_>, meter: &mut Meter, is_end: fn(&Decision) -> bool) -> Decision {
    if let Some(id) = Cells::new(view).thin_air(view) {
        return Decision::Violated(vec![id]);
    }
    let keys = view.by_key();
    let mut orders = Vec::new();
    let (mut undecided, mut undecided_keys) = (None, 0);
    for (key, decision) in keys.iter().zip(judge_keys(view, &keys, meter, is_end)) {
        match decision {
            Decision::Holds(proof) => {
                orders.extend(proof.orders.into_iter().map(|(_, order)| order))
            }
            Decision::Violated(core) => return Decision::Violated(core),
            Decision::Undecided(why) => {
                undecided_keys += 1;
                undecided = undecided.or(Some((key[0], why)));
            }
        }
    }
    if let Some((op, why)) = undecided {
        let known = keys.len() - undecided_keys;
        return Decision::Undecided(format!(
            "{known} of {} keys are linearizable; key {}: {why}",
            keys.len(),
            view.operation(op).key
        ));
    }
    match merge(view, &orders) {
        Some(order) => Decision::Holds(Proof::order(order)),
        None => judge_together(view, meter),
    }
}

/// Operations below which one thread judges all keys.
const THREADS_OPERATIONS_MIN: usize = 20_000;

/// Judges each key by itself, within a budget of its own, on all cores; those behind the first
/// whose decision is the end need not be judged.
fn judge_keys(
    view: &View<'_>,
    keys: &[Vec<u32>],
    meter: &Meter,
    is_end: fn(&Decision) -> bool,
) -> Vec<Decision> {
    // To ask for the cores costs more than to judge a small history.
    let is_small = view.ops.len() < THREADS_OPERATIONS_MIN || keys.len() < 2;
    let cores =
        if is_small { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let (next, end) = (AtomicUsize::new(0), AtomicUsize::new(keys.len()));
    let work = || {
        let mut done = Vec::new();
        // Each thread takes the next key that nobody has taken; what a search may keep is shared.
        while let Some(key) = Some(next.fetch_add(1, Ordering::Relaxed))
            .filter(|&key| key < end.load(Ordering::Relaxed))
        {
            let mut share = meter.share(cores);
            let decision = match share.check_time() {
                true => judge_key(view, &keys[key], &mut share),
                false => Decision::Undecided(share.reason()),
            };
            if is_end(&decision) {
                end.fetch_min(key, Ordering::Relaxed);
            }
            done.push((key, decision));
        }
        done
    };
    let mut decisions: Vec<(usize, Decision)> = if cores == 1 {
        work()
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..cores.min(keys.len())).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|t| t.join().expect("the judge does not panic")).collect()
        })
    };
    decisions.sort_by_key(|(key, _)| *key);
    decisions.into_iter().map(|(_, decision)| decision).collect()
}

/// The view as one of registers, which it may be already; where it is not plain what its appends
/// saw, the decision by search.
pub(crate) fn of_registers<'v, 'h>(
    view: &'v View<'h>,
    real_time: bool,
    meter: &mut Meter,
) -> Result<Cow<'v, View<'h>>, Decision> {
    if !view.has_updates.contains(&true) {
        return Ok(Cow::Borrowed(view));
    }
    match as_registers(view, meter) {
        Told::Registers(registers) => Ok(Cow::Owned(registers)),
        Told::Never(ops) => Err(Decision::Violated(ops)),
        Told::Nothing => Err(from_search(search_appends(view, real_time, meter), view, meter)),
    }
}

/// Judges all keys in one search.
fn judge_together(view: &View<'_>, meter: &mut Meter) -> Decision {
    let view = match of_registers(view, true, meter) {
        Ok(view) => view,
        Err(decision) => return decision,
    };
    let kept = needed(&view);
    let view = view.only(&kept);
    let edges = match saturate(&view, true, meter) {
        Saturated::Cycle(cycle) => return Decision::Violated(cycle.core).renamed(&kept),
        Saturated::Edges(edges) => edges,
        Saturated::TooMuch => Vec::new(),
    };
    from_search(search(&view, true, &edges, meter), &view, meter).renamed(&kept)
}

/// Judges the operations of one key.
pub(crate) fn judge_key(whole: &View<'_>, ops: &[u32], meter: &mut Meter) -> Decision {
    let key = whole.only(ops);
    let key = match of_registers(&key, true, meter) {
        Ok(key) => key,
        Err(decision) => return decision.renamed(ops),
    };
    let kept = needed(&key);
    judge_needed(&key.only(&kept), meter).renamed(&kept).renamed(ops)
}

fn judge_needed(view: &View<'_>, meter: &mut Meter) -> Decision {
    match zones::judge(view) {
        Zones::Order(order) => Decision::Holds(Proof::order(order)),
        Zones::Clash(clash) => Decision::Violated(clash.operations()),
        Zones::Ambiguous => from_search(search(view, true, &[], meter), view, meter),
    }
}

/// A search's finding as a decision; where there is no order, everything clashes.
pub(crate) fn from_search(found: Found, view: &View<'_>, meter: &Meter) -> Decision {
    match found {
        Found::Order(order) => Decision::Holds(Proof::order(order)),
        Found::Nothing => Decision::Violated((0..view.ops.len() as u32).collect()),
        Found::Exhausted(explained) => Decision::Undecided(format!(
            "{}; the longest order found has {explained} of {} operations that ran",
            meter.reason(),
            view.ops.iter().filter(|op| !op.optional).count()
        )),
    }
}

/// Merges orders of single keys into one that keeps real time and each client's order.
pub(crate) fn merge(view: &View<'_>, orders: &[Vec<u32>]) -> Option<Vec<u32>> {
    let count = view.ops.len();
    let total: usize = orders.iter().map(Vec::len).sum();
    let mut left = vec![false; count];
    orders.iter().flatten().for_each(|&op| left[op as usize] = true);
    // What comes next in its key's order and in its client's order; both must be done before.
    let (mut next, mut waits) = (vec![[u32::MAX; 2]; count], vec![0_u8; count]);
    let clients = view.by_client();
    let chains = orders.iter().map(|order| (0, order)).chain(clients.iter().map(|ops| (1, ops)));
    for (kind, chain) in chains {
        let mut before = None;
        for &op in chain.iter().filter(|&&op| left[op as usize]) {
            if let Some(before) = before.replace(op) {
                let before: u32 = before;
                next[before as usize][kind] = op;
                waits[op as usize] += 1;
            }
        }
    }
    let mut by_end: Vec<u32> = (0..count as u32).filter(|&op| left[op as usize]).collect();
    by_end.sort_by_key(|&op| view.ops[op as usize].end);
    // Operations free to go, the earliest start first; real time must still let them.
    let mut free: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let start = |op: u32| Reverse((view.ops[op as usize].start, op));
    free.extend(by_end.iter().filter(|&&op| waits[op as usize] == 0).map(|&op| start(op)));
    let (mut merged, mut head) = (Vec::with_capacity(total), 0);
    while merged.len() < total {
        while !left[by_end[head] as usize] {
            head += 1;
        }
        let Reverse((begun, op)) = free.pop()?;
        if begun > view.ops[by_end[head] as usize].end {
            return None;
        }
        left[op as usize] = false;
        merged.push(op);
        for later in next[op as usize].into_iter().filter(|&later| later != u32::MAX) {
            waits[later as usize] -= 1;
            if waits[later as usize] == 0 {
                free.push(start(later));
            }
        }
    }
    Some(merged)
}
