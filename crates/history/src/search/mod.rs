//! The search for one legal order: Wing & Gong (1993) with the memo of Lowe (2017), over the
//! positions of chains instead of over bit sets.
//!
//! Known operations stand in *lanes*, chains that any order must keep: the clients, or, where real
//! time counts, as few chains as operations ever overlap. Which operations have taken their place
//! is then one position per lane. What keeps the search small:
//!
//! - an operation that only looks, and sees what it must, goes at once: putting it first changes
//!   nothing for the others;
//! - a write that nobody will see goes at once where nobody will see what it overwrites, and just
//!   before any other write of its key;
//! - of operations that see and make the same, the one that ends first goes first;
//! - an operation that may not have run goes only just before one that sees what it makes;
//! - a state (positions, and for each key the cell it holds, where cells that nobody will see any
//!   more are all alike) is entered once, and again only by who used fewer of some operations that
//!   need not have run: what is not used can always be left out.
//!
//! States are remembered as 128-bit fingerprints: among a hundred million states the chance that
//! any two are taken for one another is below 2^-70.

pub(crate) mod appends;
pub(crate) mod check_model;
mod choices;
pub(crate) mod found;
mod lanes;
mod lookahead;
mod memo;
pub(crate) mod model;
pub(crate) mod modelled;
mod optional;
mod state;
pub(crate) mod transactions;

use crate::budget::{Meter, effort};
use crate::model::view::View;
pub(crate) use found::Found;
pub(crate) use lookahead::hidden_after;
use memo::Entered;
use state::Search;

/// Looks for a legal order that keeps each client's order, `edges` and, if asked, real time.
pub(crate) fn search(
    view: &View<'_>,
    real_time: bool,
    edges: &[(u32, u32)],
    meter: &mut Meter,
) -> Found {
    Search::new(view, real_time, edges).run(meter)
}

/// A point where the search chose: the choices not yet tried, and how to come back.
struct Choice {
    first: usize,
    trail: usize,
}

impl Search<'_, '_> {
    fn run(mut self, meter: &mut Meter) -> Found {
        let mut seen = Entered::default();
        let mut pending: Vec<u32> = Vec::new();
        let mut choices: Vec<Choice> = Vec::new();
        let mut spent = Vec::new();
        let known = self.missing;
        let mut missing_min = known;
        loop {
            let goes_on = self.take_what_is_certain(meter);
            if self.missing == 0 {
                return Found::Order(self.trail.iter().map(|step| step.op).collect());
            }
            missing_min = missing_min.min(self.missing);
            if !goes_on || !meter.visit(seen.bytes() + pending.capacity() * size_of::<u32>()) {
                return Found::Exhausted(known - missing_min);
            }
            self.list_spent(&mut spent);
            if seen.enter(self.fingerprint, &spent) {
                choices.push(Choice { first: pending.len(), trail: self.trail.len() });
                self.list_choices(&mut pending);
            }
            let next = loop {
                let Some(choice) = choices.last() else { return Found::Nothing };
                self.undo_to(choice.trail);
                if pending.len() > choice.first {
                    break pending.pop();
                }
                choices.pop();
            };
            if let Some(op) = next {
                self.choose(op);
            }
        }
    }

    /// What was spent on getting here: operations that need not have run, as long as somebody may
    /// still see what others like them make.
    fn list_spent(&mut self, spent: &mut Vec<(u32, u32)>) {
        let (view, lookahead) = (self.view, &self.lookahead);
        self.optional.bury(self.trail.len(), |group| lookahead.is_awaited(view, group.makes));
        self.optional.used(spent);
    }

    /// Takes all operations that can go at once without loss; false when the budget is spent first.
    fn take_what_is_certain(&mut self, meter: &mut Meter) -> bool {
        loop {
            effort::spend(self.lanes.len());
            if !meter.steps(self.lanes.len()) {
                return false;
            }
            let horizon = self.horizon();
            let mut moved = false;
            for lane in 0..self.lanes.len() {
                while let Some(&op) = self.lanes[lane].get(self.front[lane]) {
                    if !self.may_be_next(op, horizon) || !self.is_certain(op) {
                        break;
                    }
                    self.take(op);
                    moved = true;
                }
            }
            if !moved {
                return true;
            }
        }
    }

    fn is_certain(&self, op: u32) -> bool {
        let facts = &self.view.ops[op as usize];
        let held = self.holds[facts.key as usize];
        if facts.is_look() {
            return (facts.sees == held) != facts.differs;
        }
        facts.is_blind_write()
            && self.lookahead.is_made_in_vain(self.view, op)
            && self.lookahead.is_held_in_vain(self.view, held)
    }

    fn choose(&mut self, op: u32) {
        let facts = self.view.ops[op as usize];
        if facts.is_blind_write() {
            let horizon = self.horizon();
            for lane in 0..self.lanes.len() {
                while let Some(&other) = self.lanes[lane].get(self.front[lane]) {
                    let other_facts = &self.view.ops[other as usize];
                    let goes_before = other != op
                        && other_facts.key == facts.key
                        && other_facts.is_blind_write()
                        && self.lookahead.is_made_in_vain(self.view, other)
                        && self.may_be_next(other, horizon);
                    if !goes_before {
                        break;
                    }
                    self.take(other);
                }
            }
        }
        self.take(op);
    }
}
