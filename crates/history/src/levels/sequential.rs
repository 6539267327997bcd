//! Sequential consistency: one legal order of the whole history that keeps each client's order.
//!
//! Deciding it is NP-complete even when it is known which write each read returned (Gibbons &
//! Korach 1997), so the quick answers come first: an order that also keeps real time proves it, and
//! a cycle in what must hold of every legal order disproves it. What is left is searched.

use crate::budget::Meter;
use crate::levels::decision::{Decision, Proof};
use crate::levels::linearizable::{self, from_search};
use crate::model::view::View;
use crate::relation::arbiter::{Arbitrated, arbitrate};
use crate::relation::cells::{Cells, needed};
use crate::relation::reads_from::plain_sources;
use crate::relation::saturation::{Saturated, saturate};
use crate::search::{Found, search};

/// States that may be spent on a key in the hope that the history is even linearizable.
const SHORTCUT_STATES_MAX: u64 = 20_000;

/// States for each operation that may be spent on the hope that an order is found without ado.
const STATES_PER_OPERATION: u64 = 2;

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, meter: &mut Meter) -> Decision {
    if let Some(id) = Cells::new(view).thin_air(view) {
        return Decision::Violated(vec![id]);
    }
    let mut part = meter.part(SHORTCUT_STATES_MAX);
    if let Decision::Holds(order) = linearizable::judge_for_order(view, &mut part) {
        return Decision::Holds(order);
    }
    let view = match linearizable::of_registers(view, false, meter) {
        Ok(view) => view,
        Err(decision) => return decision,
    };
    let kept = needed(&view);
    judge_needed(&view.only(&kept), meter).renamed(&kept)
}

fn judge_needed(view: &View<'_>, meter: &mut Meter) -> Decision {
    let (edges, established) = match saturate(view, false, meter) {
        Saturated::Cycle(cycle) => return Decision::Violated(cycle.core),
        // Where it is plain who saw whom, causality and its arbitration are among the edges.
        Saturated::Edges(edges) if let Some(sources) = plain_sources(view) => {
            if !view.ops.iter().any(|op| op.differs) {
                return judge_plain(view, &sources, &edges, meter);
            }
            (edges, "no violation of causal; ")
        }
        Saturated::Edges(edges) => (edges, "what every order must keep runs in no cycle; "),
        Saturated::TooMuch => (Vec::new(), ""),
    };
    match from_search(search(view, false, &edges, meter), view, meter) {
        Decision::Undecided(why) => Decision::Undecided(format!("{established}{why}")),
        decided => decided,
    }
}

/// Where everybody ran and it is plain what they saw.
fn judge_plain(
    view: &View<'_>,
    sources: &[u32],
    edges: &[(u32, u32)],
    meter: &mut Meter,
) -> Decision {
    let few = STATES_PER_OPERATION * view.ops.len() as u64;
    if let Found::Order(order) = search(view, false, edges, &mut meter.part(few)) {
        return Decision::Holds(Proof::order(order));
    }
    match arbitrate(view, sources, meter) {
        Arbitrated::Order(order) => Decision::Holds(Proof::order(order)),
        Arbitrated::Clash(core) => Decision::Violated(core),
        Arbitrated::Exhausted => {
            Decision::Undecided(format!("no violation of causal; {}", meter.reason()))
        }
    }
}
