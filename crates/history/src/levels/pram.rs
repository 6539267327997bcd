//! PRAM consistency (Lipton & Sandberg 1988): for each client there is an order of its operations
//! and everybody's writes that keeps each client's order and in which it saw what it saw.
//!
//! Where one order of everything serves all clients, it is taken. Otherwise each client is judged
//! by itself. First an order is simply tried: before each of its operations,
//! the writes of the client whose value it saw, up to that one. Where that fails, the fixpoint of
//! "a write that comes before this operation, and was not seen, comes before the one that was"
//! decides: with one client looking, a relation without a cycle has such an order.

use crate::budget::{Meter, effort};
use crate::levels::assign::{Checked, Guess, assign};
use crate::levels::causal::saturate_reader;
use crate::levels::decision::{Decision, PLACE_BYTES, Proof};
use crate::model::view::{INITIAL, NONE, View, is_operation};
use crate::relation::causality::{Causality, Cycle, Stop};
use crate::relation::reads_from::{plain_sources, ran};

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, meter: &mut Meter) -> Decision {
    let (mut proof, mut guess) = (Proof::default(), Guess::default());
    if let Some(order) = guess.order(view, meter) {
        return Decision::Holds(Proof::order(order.to_vec()));
    }
    let plain = plain_sources(view);
    let mut placed = 0;
    for chain in view.by_client() {
        let Some(&reader) = chain.iter().find(|&&id| view.ops[id as usize].sees != NONE) else {
            continue;
        };
        let client = view.ops[reader as usize].client;
        let check =
            |sources: &[u32], _, meter: &mut Meter| match order_of(view, sources, client, meter) {
                Ok(order) => Checked::Fits(vec![(reader, order)]),
                Err(Stop::Budget) => Checked::TooMuch(meter.reason()),
                Err(Stop::Cycle(cycle)) => Checked::Clash(cycle.core),
            };
        let looks = |id: u32| view.ops[id as usize].client == client;
        if !meter.demand(placed * PLACE_BYTES) {
            return Decision::Undecided(meter.reason());
        }
        let decision = match plain.as_ref().map(|sources| check(sources, true, meter)) {
            None => assign(view, looks, &mut guess, meter, check),
            Some(Checked::Fits(orders)) => Decision::Holds(Proof { orders, ..Proof::default() }),
            Some(Checked::Clash(core)) => Decision::Violated(core),
            Some(Checked::TooMuch(why)) => Decision::Undecided(why),
        };
        match decision {
            Decision::Holds(part) => {
                placed += part.orders.iter().map(|(_, order)| order.len()).sum::<usize>();
                proof.orders.extend(part.orders);
            }
            other => return other,
        }
    }
    Decision::Holds(proof)
}

/// The cycle that keeps one client from having an order, where it is plain what it saw.
pub(crate) fn cycle(view: &View<'_>, sources: &[u32], meter: &mut Meter) -> Option<Cycle> {
    (0..view.clients as u32).find_map(|client| match order_of(view, sources, client, meter) {
        Err(Stop::Cycle(cycle)) => Some(cycle),
        _ => None,
    })
}

/// An order for one client, of what it did and all writes that ran.
fn order_of(
    view: &View<'_>,
    sources: &[u32],
    client: u32,
    meter: &mut Meter,
) -> Result<Vec<u32>, Stop> {
    effort::spend(view.ops.len());
    if !meter.steps(view.ops.len()) {
        return Err(Stop::Budget);
    }
    let own = |id: u32| view.ops[id as usize].client == client;
    let sources: Vec<u32> =
        (0..view.ops.len()).map(|id| if own(id as u32) { sources[id] } else { NONE }).collect();
    let ran = ran(view, &sources);
    let takes_part = |id: u32| ran[id as usize] && (own(id) || !view.ops[id as usize].is_look());
    if let Some(order) = line_up(view, &sources, client, takes_part) {
        return Ok(order);
    }
    let mut before = Causality::new(view, &sources, takes_part);
    before.add_sources();
    let mut order = saturate_reader(&mut before, client, meter)?;
    let mut placed = vec![false; view.ops.len()];
    order.iter().for_each(|&id| placed[id as usize] = true);
    order.extend((0..view.ops.len() as u32).filter(|&id| takes_part(id) && !placed[id as usize]));
    Ok(order)
}

/// Tries the plain order.
fn line_up(
    view: &View<'_>,
    sources: &[u32],
    client: u32,
    takes_part: impl Fn(u32) -> bool,
) -> Option<Vec<u32>> {
    let mut chains: Vec<Vec<u32>> = vec![Vec::new(); view.clients];
    let mut place = vec![0; view.ops.len()];
    for id in (0..view.ops.len() as u32).filter(|&id| takes_part(id)) {
        let chain = &mut chains[view.ops[id as usize].client as usize];
        place[id as usize] = chain.len();
        chain.push(id);
    }
    let own = std::mem::take(&mut chains[client as usize]);
    let mut taken = vec![0; view.clients];
    let mut holds = vec![INITIAL; view.initial.len()];
    let mut order: Vec<u32> = Vec::new();
    let mut put = |id: u32, holds: &mut Vec<u32>| {
        let op = &view.ops[id as usize];
        if op.makes != NONE {
            holds[op.key as usize] = id;
        }
        order.push(id);
    };
    for moment in own.chunk_by(|&one, &other| view.are_one(one, other)) {
        let seen = moment.iter().map(|&id| sources[id as usize]);
        let others =
            |&source: &u32| is_operation(source) && view.ops[source as usize].client != client;
        for source in seen.filter(others) {
            let other = view.ops[source as usize].client as usize;
            let behind = &chains[other][place[source as usize] + 1..];
            let parts = behind.iter().take_while(|&&next| view.are_one(source, next)).count();
            let until = place[source as usize] + 1 + parts;
            for &write in chains[other].get(taken[other]..until).unwrap_or(&[]) {
                put(write, &mut holds);
            }
            taken[other] = taken[other].max(until);
        }
        for &id in moment {
            let source = sources[id as usize];
            if source != NONE && holds[view.ops[id as usize].key as usize] != source {
                return None;
            }
            put(id, &mut holds);
        }
    }
    for (chain, taken) in chains.iter().zip(taken) {
        chain[taken..].iter().for_each(|&id| put(id, &mut holds));
    }
    Some(order)
}
