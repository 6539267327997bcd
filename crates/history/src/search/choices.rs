//! Which operations may come next: all that need be tried, and no more.

use super::state::Search;
use crate::model::view::{NEVER, NONE};

impl Search<'_, '_> {
    /// Puts onto `pending` the operations that may be next, the most urgent last; none if some
    /// operation can no longer get what it looks for.
    pub(super) fn list_choices(&self, pending: &mut Vec<u32>) {
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
        self.list_optional(horizon, first, pending);
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
    fn list_optional(&self, horizon: u64, first: usize, pending: &mut Vec<u32>) {
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
}
