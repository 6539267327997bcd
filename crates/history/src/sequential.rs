//! Sequential consistency: one legal order of the whole history that keeps each client's order.
//!
//! Deciding it is NP-complete even when it is known which write each read returned (Gibbons &
//! Korach 1997), so the quick answers come first: an order that also keeps real time proves it, and
//! a cycle in what must hold of every legal order disproves it. What is left is searched.

use crate::budget::Meter;
use crate::decision::{Cells, Decision, needed};
use crate::linearizable::{self, from_search};
use crate::saturation::{Saturated, saturate};
use crate::search::search;
use crate::sources::plain_sources;
use crate::texts::search_texts;
use crate::view::View;

/// States that may be spent on the hope that the history is even linearizable.
const SHORTCUT_STATES_MAX: u64 = 20_000;

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, meter: &mut Meter) -> Decision {
    if let Some(id) = Cells::new(view).thin_air(view) {
        return Decision::Violated(vec![id]);
    }
    if let Decision::Holds(order) = linearizable::judge(view, &mut meter.part(SHORTCUT_STATES_MAX))
    {
        return Decision::Holds(order);
    }
    if view.has_updates.contains(&true) {
        return from_search(search_texts(view, false, meter), view, meter);
    }
    let kept = needed(view);
    judge_needed(&view.only(&kept), meter).renamed(&kept)
}

fn judge_needed(view: &View<'_>, meter: &mut Meter) -> Decision {
    let (edges, established) = match saturate(view, false, meter) {
        Saturated::Ring(ring) => return Decision::Violated(ring.core),
        // Where it is plain who saw whom, causality and its arbitration are among the edges.
        Saturated::Edges(edges) if plain_sources(view).is_some() => {
            (edges, "no violation of causal; ")
        }
        Saturated::Edges(edges) => (edges, "what every order must keep runs in no circle; "),
        Saturated::TooMuch => (Vec::new(), ""),
    };
    match from_search(search(view, false, &edges, meter), view, meter) {
        Decision::Undecided(why) => Decision::Undecided(format!("{established}{why}")),
        decided => decided,
    }
}
