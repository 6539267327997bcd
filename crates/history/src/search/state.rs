//! Where the search stands: which operations took their place, what each key holds since, and the
//! way back.

use super::lanes::{Span, client_lanes, tight_lanes};
use super::lookahead::Lookahead;
use super::memo::{cell_mark, op_mark};
use super::optional::Optional;
use crate::model::view::{NEVER, NONE, View};

/// One operation that took its place, and what it replaced.
pub(super) struct Step {
    pub(super) op: u32,
    replaced: u32,
}

/// What took its place so far, and what is held since.
pub(super) struct Search<'v, 'h> {
    pub(super) view: &'v View<'h>,
    pub(super) real_time: bool,
    pub(super) lanes: Vec<Vec<u32>>,
    pub(super) lane_of: Vec<u32>,
    pub(super) front: Vec<usize>,
    pub(super) optional: Optional,
    pub(super) taken: Vec<bool>,
    /// For each operation, how many others must still come before it.
    blocked: Vec<u32>,
    after: Vec<Vec<u32>>,
    /// For each key the cell that it holds.
    pub(super) holds: Vec<u32>,
    pub(super) lookahead: Lookahead,
    pub(super) missing: usize,
    pub(super) fingerprint: u128,
    pub(super) trail: Vec<Step>,
}

impl<'v, 'h> Search<'v, 'h> {
    pub(super) fn new(view: &'v View<'h>, real_time: bool, edges: &[(u32, u32)]) -> Search<'v, 'h> {
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

    /// The latest start that an operation may have to be next.
    pub(super) fn horizon(&self) -> u64 {
        if !self.real_time {
            return NEVER;
        }
        let ends = self.fronts().map(|op| self.view.ops[op as usize].end);
        ends.min().unwrap_or(NEVER)
    }

    pub(super) fn fronts(&self) -> impl Iterator<Item = u32> + '_ {
        self.lanes.iter().zip(&self.front).filter_map(|(lane, &at)| lane.get(at).copied())
    }

    pub(super) fn may_be_next(&self, op: u32, horizon: u64) -> bool {
        self.blocked[op as usize] == 0 && self.view.ops[op as usize].start <= horizon
    }

    /// What the key holds, as far as it can still matter.
    fn effective(&self, key: u32) -> u32 {
        let cell = self.holds[key as usize];
        // Each key's initial cell has a number of its own, so its complement names the key.
        let in_vain = self.lookahead.is_held_in_vain(self.view, cell);
        if in_vain { !self.view.initial[key as usize] } else { cell }
    }

    pub(super) fn take(&mut self, op: u32) {
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

    pub(super) fn undo_to(&mut self, length: usize) {
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
