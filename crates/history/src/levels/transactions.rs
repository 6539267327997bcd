//! Levels that ask for one order, where the operations of a transaction stand at one moment.
//!
//! For linearizable (which then is strict serializability) the keys that transactions bind together
//! are judged together, and all others one by one: what is local for objects is so for groups of
//! them (Herlihy & Wing 1990). Sequential is judged over all keys, after the hope that an order
//! that keeps real time, too, proves it.
//!
//! Cycles in what every order must keep come first; what they do not decide is searched.

use crate::budget::Meter;
use crate::levels::decision::{Decision, Proof};
use crate::levels::linearizable::{from_search, judge_key, merge};
use crate::model::view::{NONE, View};
use crate::relation::cells::needed;
use crate::relation::saturation::{Saturated, saturate};
use crate::search::transactions::search_whole;
use crate::search::{Found, search};

/// States that may be spent on the hope that a history is even linearizable.
const SHORTCUT_STATES_MAX: u64 = 20_000;
/// States that may be spent on the hope that an order of parts tears no transaction.
const PARTS_STATES_MAX: u64 = 100_000;

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, real_time: bool, meter: &mut Meter) -> Decision {
    let kept = needed_whole(view);
    judge_needed(&view.only(&kept), real_time, meter).renamed(&kept)
}

fn judge_needed(view: &View<'_>, real_time: bool, meter: &mut Meter) -> Decision {
    let mut edges = None;
    if !view.has_updates.contains(&true) {
        edges = match saturate(view, real_time, meter) {
            Saturated::Cycle(cycle) => return Decision::Violated(cycle.core),
            Saturated::Edges(edges) => Some(edges),
            Saturated::TooMuch => None,
        };
    }
    if real_time {
        return key_by_key(view, meter);
    }
    if let Decision::Holds(proof) = key_by_key(view, &mut meter.part(SHORTCUT_STATES_MAX)) {
        return Decision::Holds(proof);
    }
    // An order of parts that keeps what follows from their standing at one moment seldom tears
    // them.
    let parts = edges.map(|edges| search(view, false, &edges, &mut meter.part(PARTS_STATES_MAX)));
    match parts {
        Some(Found::Order(order)) if is_legal_whole(view, &order) => {
            Decision::Holds(Proof::order(order))
        }
        _ => from_search(search_whole(view, false, meter), view, meter),
    }
}

/// Whether an order of parts is legal where each transaction stands as its last part does.
fn is_legal_whole(view: &View<'_>, order: &[u32]) -> bool {
    let mut moment_of = vec![0; view.ops.len()];
    let moments = view.moments();
    for (number, moment) in moments.iter().enumerate() {
        moment.iter().for_each(|&id| moment_of[id as usize] = number);
    }
    let mut left: Vec<usize> = moments.iter().map(Vec::len).collect();
    let mut holds = view.initial.clone();
    for &id in order {
        let moment = moment_of[id as usize];
        left[moment] -= 1;
        if left[moment] > 0 {
            continue;
        }
        for op in moments[moment].iter().map(|&id| &view.ops[id as usize]) {
            let held = &mut holds[op.key as usize];
            if op.sees != NONE && (op.sees == *held) == op.differs {
                return false;
            }
            if op.makes != NONE {
                *held = op.makes;
            }
        }
    }
    // All or nothing of each.
    left.iter().zip(&moments).all(|(&left, moment)| left == 0 || left == moment.len())
}

/// Judges what transactions bind together, each by itself, in real time.
fn key_by_key(view: &View<'_>, meter: &mut Meter) -> Decision {
    let (mut orders, mut undecided) = (Vec::new(), None);
    for ops in bound_together(view) {
        let mut part = meter.part(u64::MAX);
        let own = view.only(&ops);
        let is_plain = (0..ops.len() as u32).all(|id| own.transaction(id).is_none());
        let decision = match is_plain {
            true => judge_key(view, &ops, &mut part),
            false => from_search(search_whole(&own, true, &mut part), &own, &part).renamed(&ops),
        };
        match decision {
            Decision::Holds(proof) => orders.extend(proof.orders.into_iter().map(|(_, one)| one)),
            Decision::Violated(core) => return Decision::Violated(core),
            Decision::Undecided(why) => undecided = undecided.or(Some(why)),
        }
    }
    match undecided.map_or_else(|| merge(view, &orders).ok_or(None), |why| Err(Some(why))) {
        Ok(order) => Decision::Holds(Proof::order(order)),
        Err(Some(why)) => Decision::Undecided(why),
        // Where times touch, clients' orders say more than real time.
        Err(None) => from_search(search_whole(view, true, meter), view, meter),
    }
}

/// The operations of each key and of all keys that transactions bind to it.
fn bound_together(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut lead: Vec<u32> = (0..view.initial.len() as u32).collect();
    fn find(lead: &mut [u32], mut key: u32) -> u32 {
        while lead[key as usize] != key {
            lead[key as usize] = lead[lead[key as usize] as usize];
            key = lead[key as usize];
        }
        key
    }
    for moment in view.moments() {
        let first = find(&mut lead, view.ops[moment[0] as usize].key);
        for &id in &moment[1..] {
            let other = find(&mut lead, view.ops[id as usize].key);
            lead[other as usize] = first;
        }
    }
    let mut bound: Vec<Vec<u32>> = vec![Vec::new(); view.initial.len()];
    for (id, op) in view.ops.iter().enumerate() {
        bound[find(&mut lead, op.key) as usize].push(id as u32);
    }
    bound.retain(|ops| !ops.is_empty());
    bound
}

/// The operations that can matter: as for registers, and of a transaction all or none.
fn needed_whole(view: &View<'_>) -> Vec<u32> {
    let mut is_needed = vec![false; view.ops.len()];
    needed(view).into_iter().for_each(|id| is_needed[id as usize] = true);
    for moment in view.moments() {
        let of_model = |id: u32| view.has_updates[view.ops[id as usize].key as usize];
        let any = moment.iter().any(|&id| is_needed[id as usize] || of_model(id));
        moment.iter().for_each(|&id| is_needed[id as usize] = any);
    }
    (0..view.ops.len() as u32).filter(|&id| is_needed[id as usize]).collect()
}
