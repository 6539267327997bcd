//! Causal consistency in its three forms (Bouajjani, Enea, Guerraoui & Hamza, POPL 2017).
//!
//! One operation causes another if the same client did both in this order, if the second saw what
//! the first made, or through others. With it known what saw what:
//!
//! - **cc** holds unless causality runs in a cycle, or an operation saw a cell that another of its
//!   causes had overwritten (bad patterns CyclicCO, WriteCOInitRead, WriteCORead).
//! - **ccv** holds unless, besides, no one order of the writes explains all: a write that an
//!   operation had among its causes, and did not see, must come before the one that it saw
//!   (CyclicCF).
//! - **cm** holds unless, besides, for some client no order of its causes explains all that this
//!   client saw (WriteHBInitRead, CyclicHB). Before the fixpoint of that relation is computed, an
//!   order is simply tried: each operation with its causes as it comes.

use crate::budget::{Meter, effort};
use crate::levels::assign::{Checked, Guess, assign};
use crate::levels::decision::{Decision, PLACE_BYTES, Proof};
use crate::model::view::{INITIAL, NONE, View, is_operation};
use crate::relation::causality::{Causality, Cycle, Derived, Stop, Why, bytes};
use crate::relation::conflict::arbitrate;
use crate::relation::reads_from::ran;
use crate::relation::saturation::hidden;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Weak causal consistency.
    Cc,
    /// Convergent causal consistency.
    Ccv,
    /// Causal memory.
    Cm,
}

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, form: Form, meter: &mut Meter) -> Decision {
    // A walk says itself what the pasts that it keeps take.
    let chains = if form == Form::Ccv { 0 } else { view.clients };
    if !meter.affords(bytes(view.ops.len(), chains)) {
        return Decision::Undecided(format!(
            "{} operations of {} clients need more memory than the budget allows",
            view.ops.len(),
            view.clients
        ));
    }
    let mut guess = Guess::default();
    // An order of everything that serves all clients is found faster than one for each.
    if form == Form::Cm
        && let Some(order) = guess.order(view, meter)
    {
        return Decision::Holds(Proof::order(order.to_vec()));
    }
    let check =
        |sources: &[u32], complete, meter: &mut Meter| check(view, form, sources, complete, meter);
    assign(view, |_| true, &mut guess, meter, check)
}

/// Checks an assignment; operations whose source is not assigned yet are taken for blind.
fn check(
    view: &View<'_>,
    form: Form,
    sources: &[u32],
    complete: bool,
    meter: &mut Meter,
) -> Checked {
    let mut causality = causality(view, sources);
    match orders(&mut causality, form, meter) {
        Ok(orders) if complete => Checked::Fits(orders),
        Ok(_) => Checked::Fits(Vec::new()),
        Err(Stop::Cycle(cycle)) => Checked::Clash(cycle.core),
        Err(Stop::Budget) => Checked::TooMuch(meter.reason()),
    }
}

/// The orders that prove a form, each with an operation of the reader for whom it is.
fn orders(
    causality: &mut Causality<'_, '_>,
    form: Form,
    meter: &mut Meter,
) -> Result<Vec<(u32, Vec<u32>)>, Stop> {
    if form == Form::Ccv {
        return Ok(vec![(NONE, arbitrate(causality, meter)?)]);
    }
    seen_last(causality, meter)?;
    match form {
        Form::Cm => memory(causality, meter),
        _ => {
            seen_at_once(causality, meter)?;
            Ok(vec![(NONE, std::mem::take(&mut causality.order))])
        }
    }
}

/// Computes what causes what; nobody overlooked what caused it.
fn seen_last(causality: &mut Causality<'_, '_>, meter: &mut Meter) -> Result<(), Stop> {
    causality.close(meter)?;
    overlooked(causality, meter)
}

/// What causes what among all that ran.
fn causality<'v, 'h>(view: &'v View<'h>, sources: &[u32]) -> Causality<'v, 'h> {
    let ran = ran(view, sources);
    let mut causality = Causality::new(view, sources, |id| ran[id as usize]);
    causality.add_sources();
    causality
}

/// The cycle of a clash whose sources are all plain, to put it into words.
pub(crate) fn cycle(
    view: &View<'_>,
    form: Form,
    sources: &[u32],
    meter: &mut Meter,
) -> Option<Cycle> {
    let mut causality = causality(view, sources);
    let found = seen_last(&mut causality, meter);
    match found.and_then(|()| orders(&mut causality, form, meter).map(drop)) {
        Err(Stop::Cycle(cycle)) => Some(cycle),
        _ => None,
    }
}

/// Nobody saw a cell although one of their causes had overwritten it.
fn overlooked(causality: &mut Causality<'_, '_>, meter: &mut Meter) -> Result<(), Stop> {
    let view = causality.view;
    let mut writes = Vec::new();
    for id in 0..view.ops.len() as u32 {
        let source = causality.source(id);
        if source == NONE {
            continue;
        }
        if !meter.steps(causality.writers(id)) {
            return Err(Stop::Budget);
        }
        causality.last_writes(id, &mut writes);
        let newer = |&&write: &&u32| {
            source == INITIAL || write != source && causality.in_past(source, write)
        };
        if let Some(&write) = writes.iter().find(newer) {
            let maker = if source == INITIAL { NONE } else { source };
            return Err(causality.cycle_with(id, write, Why::Overwritten { maker }, meter).into());
        }
    }
    Ok(())
}

/// For each transaction one order of its causes explains all that it saw: the writes that it looked
/// past come before those that it saw. (For one key alone nothing speaks against that.)
fn seen_at_once(causality: &mut Causality<'_, '_>, meter: &mut Meter) -> Result<(), Stop> {
    let view = causality.view;
    if !view.is_whole {
        return Ok(());
    }
    let mut writes = Vec::new();
    for moment in view.moments().into_iter().filter(|moment| moment.len() > 1) {
        // Each a write, the one that must come behind it, and who says so.
        let mut passed: Vec<[u32; 3]> = Vec::new();
        for &id in moment.iter().filter(|&&id| is_operation(causality.source(id))) {
            let source = causality.source(id);
            if !meter.steps(causality.writers(id)) {
                return Err(Stop::Budget);
            }
            causality.last_writes(id, &mut writes);
            let is_open = |&&write: &&u32| write != source && !causality.in_past(write, source);
            passed.extend(writes.iter().filter(is_open).map(|&write| [write, source, id]));
        }
        if !keep_cycles(causality, &mut passed, meter) {
            return Err(Stop::Budget);
        }
        let mut new = Derived::default();
        for [write, source, reader] in passed {
            if !new.push(write, source, Why::Hidden { reader }, meter) {
                return Err(Stop::Budget);
            }
        }
        if causality.add_derived(new) {
            return causality.line_up(meter);
        }
    }
    Ok(())
}

/// Drops the pairs that no other leads to, until those are left that lie on a cycle or behind one;
/// false if the budget does not allow to tell.
fn keep_cycles(
    causality: &Causality<'_, '_>,
    pairs: &mut Vec<[u32; 3]>,
    meter: &mut Meter,
) -> bool {
    let leads = |from: u32, to: u32| causality.is_one(from, to) || causality.in_past(from, to);
    loop {
        effort::spend(pairs.len() * pairs.len());
        if !meter.steps(pairs.len() * pairs.len()) {
            return false;
        }
        let others = pairs.clone();
        pairs.retain(|&[write, ..]| others.iter().any(|&[_, source, _]| leads(source, write)));
        if pairs.len() == others.len() {
            return true;
        }
    }
}

/// For each client, an order of its causes that explains all that it saw.
fn memory(causality: &Causality<'_, '_>, meter: &mut Meter) -> Result<Vec<(u32, Vec<u32>)>, Stop> {
    let own_bytes = bytes(causality.view.ops.len(), causality.chains.len());
    let mut rank = vec![0; causality.view.ops.len()];
    causality.order.iter().enumerate().for_each(|(at, &id)| rank[id as usize] = at as u32);
    let (mut orders, mut placed) = (Vec::new(), 0);
    for (client, chain) in causality.chains.iter().enumerate() {
        let Some(&last) = chain.last() else { continue };
        if !meter.demand(own_bytes + placed * PLACE_BYTES) {
            return Err(Stop::Budget);
        }
        if let Some(order) = line_up(causality, chain, &rank, meter)? {
            placed += order.len();
            orders.push((last, order));
            continue;
        }
        if !meter.demand(2 * own_bytes + placed * PLACE_BYTES) {
            return Err(Stop::Budget);
        }
        let past = causality.past(last).to_vec();
        let inside = |id: u32| {
            if !causality.has(id) {
                return false;
            }
            let op = &causality.view.ops[id as usize];
            let chain = &causality.chains[op.client as usize];
            chain.get(past[op.client as usize] as usize).is_none_or(|&first| id < first)
        };
        let mut before = Causality::new(causality.view, &causality.sources, inside);
        before.add_sources();
        let order = saturate_reader(&mut before, client as u32, meter)?;
        placed += order.len();
        orders.push((last, order));
    }
    Ok(orders)
}

/// Derives, for the operations of one client, which write must come before which until nothing is
/// new, and gives an order of the causes of its last one.
pub(crate) fn saturate_reader(
    before: &mut Causality<'_, '_>,
    client: u32,
    meter: &mut Meter,
) -> Result<Vec<u32>, Stop> {
    let view = before.view;
    let chain = before.chains[client as usize].clone();
    loop {
        before.close(meter)?;
        let reads = |id: u32| view.ops[id as usize].client == client;
        overlooked_by(before, &chain, meter)?;
        let mut new = Derived::default();
        hidden(before, reads, &mut new, meter)?;
        if !before.add_derived(new) {
            break;
        }
    }
    let mut rank = vec![0; view.ops.len()];
    before.order.iter().enumerate().for_each(|(at, &id)| rank[id as usize] = at as u32);
    let order = line_up(before, &chain, &rank, meter)?;
    assert!(order.is_some(), "a relation without a cycle explains all that its reader saw");
    Ok(order.unwrap_or_default())
}

/// No operation of the chain saw the initial cell although a write of its key comes before.
fn overlooked_by(
    causality: &mut Causality<'_, '_>,
    chain: &[u32],
    meter: &mut Meter,
) -> Result<(), Stop> {
    let mut writes = Vec::new();
    for &id in chain {
        if causality.source(id) != INITIAL {
            continue;
        }
        if !meter.steps(causality.writers(id)) {
            return Err(Stop::Budget);
        }
        causality.last_writes(id, &mut writes);
        if let Some(&write) = writes.first() {
            let why = Why::Overwritten { maker: NONE };
            return Err(causality.cycle_with(id, write, why, meter).into());
        }
    }
    Ok(())
}

/// Tries to line up a client's operations, before each of them what comes before it: first what
/// need not come behind the maker of the cell that it saw, then that, then the rest.
fn line_up(
    causality: &Causality<'_, '_>,
    chain: &[u32],
    rank: &[u32],
    meter: &mut Meter,
) -> Result<Option<Vec<u32>>, Stop> {
    let view = causality.view;
    let mut taken = vec![0; causality.chains.len()];
    let mut holds = vec![INITIAL; view.initial.len()];
    let mut order = Vec::new();
    for &id in chain {
        let mut fresh: Vec<u32> = Vec::new();
        for (chain, &past) in causality.past(id).iter().enumerate() {
            if past > taken[chain] {
                let ops = &causality.chains[chain][taken[chain] as usize..past as usize];
                fresh.extend(ops.iter().copied().filter(|&op| op != id));
                taken[chain] = past;
            }
        }
        let steps = taken.len() + fresh.len();
        effort::spend(steps);
        if !meter.steps(steps) {
            return Err(Stop::Budget);
        }
        let source = causality.source(id);
        // A transaction stands where its last part does.
        let last = |op: u32| causality.last_part(op);
        let behind = |op: u32| is_operation(source) && causality.in_past(last(source), last(op));
        fresh.sort_unstable_by_key(|&op| (behind(op), rank[last(op) as usize], rank[op as usize]));
        for op in fresh.into_iter().chain(std::iter::once(id)) {
            let facts = &view.ops[op as usize];
            if op == id && source != NONE && holds[facts.key as usize] != source {
                return Ok(None);
            }
            if facts.makes != NONE {
                holds[facts.key as usize] = op;
            }
            order.push(op);
        }
    }
    Ok(Some(order))
}
