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
pub(crate) mod found;
mod lanes;
mod lookahead;
mod memo;
pub(crate) mod model;
pub(crate) mod modelled;
mod optional;

use crate::budget::{Meter, effort};
use crate::model::view::{NEVER, NONE, View};
pub(crate) use found::Found;
use lanes::{Span, client_lanes, tight_lanes};
use lookahead::Lookahead;
pub(crate) use lookahead::hidden_after;
use memo::{Entered, cell_mark, op_mark};
use optional::Optional;

/// Looks for a legal order that keeps each client's order, `edges` and, if asked, real time.
pub(crate) fn search(
    view: &View<'_>,
    real_time: bool,
    edges: &[(u32, u32)],
    meter: &mut Meter,
) -> Found {
    Search::new(view, real_time, edges).run(meter)
}

/// One operation that took its place, and what it replaced.
struct Step {
    op: u32,
    replaced: u32,
}

/// A point where the search chose: the choices not yet tried, and how to come back.
struct Choice {
    first: usize,
    trail: usize,
}

struct Search<'v, 'h> {
    view: &'v View<'h>,
    real_time: bool,
    lanes: Vec<Vec<u32>>,
    lane_of: Vec<u32>,
    front: Vec<usize>,
    optional: Optional,
    taken: Vec<bool>,
    /// For each operation, how many others must still come before it.
    blocked: Vec<u32>,
    after: Vec<Vec<u32>>,
    /// For each key the cell that it holds.
    holds: Vec<u32>,
    lookahead: Lookahead,
    missing: usize,
    fingerprint: u128,
    trail: Vec<Step>,
}

impl<'v, 'h> Search<'v, 'h> {
    fn new(view: &'v View<'h>, real_time: bool, edges: &[(u32, u32)]) -> Search<'v, 'h> {
        let count = view.ops.len();
        let mut blocked = vec![0; count];
        let mut after = vec![Vec::new(); count];
        for &(first, second) in edges {
            after[first as usize].push(second);
            blocked[second as usize] += 1;
        }
        let spans: Vec<Span> = view.ops.iter().map(Span::from).collect();
        let lanes = if real_time { tight_lanes(&spans) } else { client_lanes(&spans) };
        let mut lane_of = vec![NONE; count];
        for (lane, ops) in lanes.iter().enumerate() {
            ops.iter().for_each(|&op| lane_of[op as usize] = lane as u32);
        }
        let mut search = Search {
            view,
            real_time,
            front: vec![0; lanes.len()],
            missing: lanes.iter().map(Vec::len).sum(),
            lanes,
            lane_of,
            optional: Optional::new(view),
            taken: vec![false; count],
            blocked,
            after,
            holds: view.initial.clone(),
            lookahead: Lookahead::new(view, real_time),
            fingerprint: 0,
            trail: Vec::new(),
        };
        for key in 0..view.initial.len() as u32 {
            search.fingerprint ^= cell_mark(search.effective(key));
        }
        search
    }

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

    /// The latest start that an operation may have to be next.
    fn horizon(&self) -> u64 {
        if !self.real_time {
            return NEVER;
        }
        let ends = self.fronts().map(|op| self.view.ops[op as usize].end);
        ends.min().unwrap_or(NEVER)
    }

    fn fronts(&self) -> impl Iterator<Item = u32> + '_ {
        self.lanes.iter().zip(&self.front).filter_map(|(lane, &at)| lane.get(at).copied())
    }

    fn may_be_next(&self, op: u32, horizon: u64) -> bool {
        self.blocked[op as usize] == 0 && self.view.ops[op as usize].start <= horizon
    }

    /// What the key holds, as far as it can still matter.
    fn effective(&self, key: u32) -> u32 {
        let cell = self.holds[key as usize];
        // Each key's initial cell has a number of its own, so its complement names the key.
        let in_vain = self.lookahead.is_held_in_vain(self.view, cell);
        if in_vain { !self.view.initial[key as usize] } else { cell }
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

    /// Puts onto `pending` the operations that may be next, the most urgent last; none if some
    /// operation can no longer get what it looks for.
    fn list_choices(&self, pending: &mut Vec<u32>) {
        let (horizon, first) = (self.horizon(), pending.len());
        // Cells that are waited for, and until when.
        let mut awaited: Vec<(u32, u64)> = Vec::new();
        let mut in_vain: Vec<u32> = Vec::new();
        for op in self.fronts() {
            let facts = &self.view.ops[op as usize];
            let lacks = facts.observes() && facts.sees != self.holds[facts.key as usize];
            if lacks && !self.lookahead.is_in_reach(self.view, op, &self.taken) {
                pending.truncate(first);
                return;
            }
            if !self.may_be_next(op, horizon) {
                continue;
            }
            if lacks {
                awaited.push((facts.sees, facts.end));
            }
            if lacks || facts.is_look() {
                continue;
            }
            if facts.is_blind_write() && self.lookahead.is_made_in_vain(self.view, op) {
                // Of several writes that nobody will see the order does not matter.
                if in_vain.contains(&facts.key) {
                    continue;
                }
                in_vain.push(facts.key);
            }
            pending.push(op);
        }
        if self.real_time {
            self.keep_one_of_alike(first, pending);
        }
        self.list_maybes(horizon, first, pending);
        awaited.sort_unstable();
        pending[first..].sort_by_cached_key(|&op| {
            let facts = &self.view.ops[op as usize];
            let at = awaited.partition_point(|&(cell, _)| cell < facts.makes);
            let until = awaited.get(at).filter(|&&(cell, _)| cell == facts.makes);
            std::cmp::Reverse((until.map_or(NEVER, |&(_, end)| end), facts.end, facts.start))
        });
    }

    /// Of operations alike that may be next, the one that ends first can go before the others: an
    /// order that has another of them first stays legal if the two change places, unless somebody
    /// who must stay behind that other one can come before the one that ends first.
    fn keep_one_of_alike(&self, first: usize, pending: &mut Vec<u32>) {
        let facts = |op: u32| &self.view.ops[op as usize];
        pending[first..]
            .sort_unstable_by_key(|&op| (facts(op).sees, facts(op).makes, facts(op).end));
        let (mut leader, mut kept) = (NONE, first);
        for at in first..pending.len() {
            let op = pending[at];
            let is_alike = leader != NONE
                && (facts(leader).sees, facts(leader).makes) == (facts(op).sees, facts(op).makes);
            if is_alike && self.next_start(op) > facts(leader).end {
                continue;
            }
            if !is_alike {
                leader = op;
            }
            pending[kept] = op;
            kept += 1;
        }
        pending.truncate(kept);
    }

    /// When the one behind this one on its lane begins.
    fn next_start(&self, op: u32) -> u64 {
        let lane = self.lane_of[op as usize] as usize;
        let next = self.lanes[lane].get(self.front[lane] + 1);
        next.map_or(NEVER, |&next| self.view.ops[next as usize].start)
    }

    /// Puts onto `pending`, where the choices begin at `first`, the operations that may not have
    /// run and would help one that waits: each of them goes just before one that sees what it makes
    /// and can be next then, and that one may be of the same sort.
    fn list_maybes(&self, horizon: u64, first: usize, pending: &mut Vec<u32>) {
        let known = pending.len();
        let mut helpful: Vec<u32> = Vec::new();
        for op in self.fronts().filter(|&op| self.may_be_next(op, horizon)) {
            let facts = &self.view.ops[op as usize];
            let held = self.holds[facts.key as usize];
            if facts.differs {
                helpful.extend(self.optional.of_key(facts.key));
            } else if facts.observes() && facts.sees != held {
                helpful.extend(self.optional.making(facts.sees));
            }
        }
        let mut at = 0;
        while let Some(&group) = helpful.get(at) {
            at += 1;
            let facts = &self.optional.groups[group as usize];
            let held = self.holds[facts.key as usize];
            let is_repeated = helpful[..at - 1].contains(&group);
            if is_repeated || facts.makes == held {
                continue;
            }
            let mut left = facts.left(&self.taken);
            let can_be_next = |&(op, before): &(u32, u32)| {
                (before == NONE || self.taken[before as usize]) && self.may_be_next(op, horizon)
            };
            let Some((op, _)) = left.find(can_be_next) else { continue };
            if facts.sees != NONE && facts.sees != held {
                helpful.extend(self.optional.making(facts.sees));
                continue;
            }
            // One alike that certainly ran goes first: this one can still take its place.
            let is_alike = |&known: &u32| {
                let known = &self.view.ops[known as usize];
                (known.sees, known.makes) == (facts.sees, facts.makes)
            };
            if !pending[first..known].iter().any(is_alike) {
                pending.push(op);
            }
        }
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

    fn take(&mut self, op: u32) {
        let facts = self.view.ops[op as usize];
        let key = facts.key as usize;
        let before = self.effective(facts.key);
        let replaced = self.holds[key];
        self.taken[op as usize] = true;
        self.lookahead.take(self.view, op, &self.taken);
        self.optional.take(op, &self.taken);
        if facts.makes != NONE {
            self.holds[key] = facts.makes;
        }
        self.fingerprint ^= cell_mark(before) ^ cell_mark(self.effective(facts.key));
        let lane = self.lane_of[op as usize];
        if lane != NONE {
            self.fingerprint ^= op_mark(op);
            self.front[lane as usize] += 1;
            self.missing -= 1;
        }
        for &later in &self.after[op as usize] {
            self.blocked[later as usize] -= 1;
        }
        self.trail.push(Step { op, replaced });
    }

    fn undo_to(&mut self, length: usize) {
        self.optional.unbury(length);
        while self.trail.len() > length {
            let Some(Step { op, replaced }) = self.trail.pop() else { return };
            let facts = self.view.ops[op as usize];
            let key = facts.key as usize;
            let after = self.effective(facts.key);
            self.taken[op as usize] = false;
            self.lookahead.give_back(self.view, op);
            self.optional.give_back(op);
            self.holds[key] = replaced;
            let before = self.effective(facts.key);
            self.fingerprint ^= cell_mark(before) ^ cell_mark(after);
            let lane = self.lane_of[op as usize];
            if lane != NONE {
                self.fingerprint ^= op_mark(op);
                self.front[lane as usize] -= 1;
                self.missing += 1;
            }
            for &later in &self.after[op as usize] {
                self.blocked[later as usize] += 1;
            }
        }
    }
}
