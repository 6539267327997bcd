//! Judges histories of objects other than registers.

use crate::budget::{Budget, Meter};
use crate::search::found::Found;
use crate::search::model::{Event, Model};
use crate::search::modelled::search;
use crate::verdict::{Clash, Outcome};
use crate::witness::{Order, Witness};

/// Judges whether a history of one object is linearizable (`real_time`) or sequential. A witness is
/// one order of indices into `events`; a clash is all events but those looks that it does not need.
pub fn check_model<M: Model>(
    model: &M,
    events: &[Event<M::Operation>],
    real_time: bool,
    budget: &Budget,
) -> Outcome {
    if let Err(why) = in_order(events) {
        return Outcome::Undecided(why);
    }
    let mut meter = Meter::new(budget, 0);
    let all: Vec<usize> = (0..events.len()).collect();
    match search(model, events, &all, real_time, &mut meter) {
        Found::Order(order) => {
            let operations = order.into_iter().map(|id| id as usize).collect();
            let order = Order { operations, ..Order::default() };
            Outcome::Holds { witness: Some(Witness { orders: vec![order], ..Witness::default() }) }
        }
        Found::Nothing => Outcome::Violated(clash(model, events, real_time, &meter)),
        Found::Exhausted(explained) => Outcome::Undecided(format!(
            "{}; the longest order found has {explained} events",
            meter.reason()
        )),
    }
}

/// Each client does one thing at a time and stops after an unknown outcome.
fn in_order<O>(events: &[Event<O>]) -> Result<(), String> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|&i| (events[i].client, events[i].start, events[i].end.unwrap_or(u64::MAX)));
    for pair in order.windows(2) {
        let (before, after) = (&events[pair[0]], &events[pair[1]]);
        let apart = before.client != after.client
            || before.end.is_some_and(|end| end <= after.start && end >= before.start);
        if !apart {
            return Err(format!(
                "events {} and {} of client {} overlap",
                pair[0], pair[1], before.client
            ));
        }
    }
    Ok(())
}

/// States that a try to leave out one look may visit.
const SHRINK_STATES_MAX: u64 = 20_000;
/// Looks of which each is tried by itself.
const SHRINK_LOOKS_MAX: usize = 500;

/// The events that are needed for the violation; only looks can be left out of a legal order
/// without asking what depends on them.
fn clash<M: Model>(
    model: &M,
    events: &[Event<M::Operation>],
    real_time: bool,
    meter: &Meter,
) -> Clash {
    let mut kept: Vec<usize> = (0..events.len()).collect();
    let looks = |&index: &usize| model.is_look(&events[index].operation);
    let looks: Vec<usize> = kept.iter().copied().filter(looks).take(SHRINK_LOOKS_MAX).collect();
    for look in looks {
        let rest: Vec<usize> = kept.iter().copied().filter(|&index| index != look).collect();
        let mut part = meter.part(SHRINK_STATES_MAX);
        if let Found::Nothing = search(model, events, &rest, real_time, &mut part) {
            kept = rest;
        }
    }
    let keeps = if real_time { "real time and each client's order" } else { "each client's order" };
    let sentence =
        format!("no order of these {} events keeps {keeps} and explains them", kept.len());
    Clash { operations: kept, sentence, cycle: vec![] }
}
