//! Cycles in a relation, and what they rest on.

use std::collections::{HashSet, VecDeque};

use super::graph::Causality;
use super::links::{Cycle, Edge, Link, Why};
use crate::budget::{Meter, effort};
use crate::model::view::{NONE, is_operation};

/// How many operations are tried for the shortest cycle through them, and how many steps all tries
/// but the first may take for each operation there is.
const TRIED_MAX: usize = 64;
const STEPS_PER_OPERATION: usize = 1;

impl Causality<'_, '_> {
    /// A short cycle, where a topological sort left over those that wait.
    pub(super) fn cycle_among(&self, waits: &[u32], meter: &mut Meter) -> Cycle {
        let cycle = self.short_cycle(waits);
        Cycle { core: self.explain(&cycle, meter), links: self.links(&cycle) }
    }

    /// A short cycle among the operations that a topological sort left over: the shortest through
    /// the first few of them, as many as may be tried at a cost in proportion to all.
    fn short_cycle(&self, waits: &[u32]) -> Vec<u32> {
        let between = self.between_cycles(waits);
        let mut steps = STEPS_PER_OPERATION * waits.len();
        let mut best: Vec<u32> = Vec::new();
        for id in (0..waits.len() as u32).filter(|&id| between[id as usize]).take(TRIED_MAX) {
            let may = |edge: &Edge| between[edge.to as usize];
            // The first one may cost what it will.
            let mut first = usize::MAX;
            let left = if best.is_empty() { &mut first } else { &mut steps };
            if let Some(cycle) = self.path_within(id, id, may, left)
                && (best.is_empty() || cycle.len() < best.len())
            {
                best = cycle;
            }
        }
        best
    }

    /// Of those left over, the operations that do not only come behind a cycle: all that are on
    /// cycles, and between them.
    fn between_cycles(&self, waits: &[u32]) -> Vec<bool> {
        let mut between: Vec<bool> = waits.iter().map(|&left| left > 0).collect();
        let before = self.before();
        let mut ahead: Vec<usize> = self.edges.iter().map(Vec::len).collect();
        let is_last = |&id: &u32| ahead[id as usize] == 0;
        let mut last: Vec<u32> = (0..waits.len() as u32).filter(is_last).collect();
        while let Some(id) = last.pop() {
            between[id as usize] = false;
            for &other in before.of(id) {
                ahead[other as usize] -= 1;
                if ahead[other as usize] == 0 {
                    last.push(other);
                }
            }
        }
        between
    }

    /// A shortest path along edges that may be used, both ends included.
    fn path(&self, from: u32, to: u32, may: impl Fn(&Edge) -> bool) -> Option<Vec<u32>> {
        self.path_within(from, to, may, &mut { usize::MAX })
    }

    /// The same, unless it takes more steps than are left.
    fn path_within(
        &self,
        from: u32,
        to: u32,
        may: impl Fn(&Edge) -> bool,
        steps: &mut usize,
    ) -> Option<Vec<u32>> {
        if *steps == 0 {
            return None;
        }
        let mut came = vec![NONE; self.edges.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(id) = queue.pop_front() {
            *steps = steps.checked_sub(1)?;
            effort::spend(1 + self.edges[id as usize].len());
            for edge in self.edges[id as usize].iter().filter(|edge| may(edge)) {
                if edge.to == to {
                    let mut path = vec![to, id];
                    let mut at = id;
                    while at != from {
                        at = came[at as usize];
                        path.push(at);
                    }
                    path.reverse();
                    return Some(path);
                }
                if edge.to != from && came[edge.to as usize] == NONE {
                    came[edge.to as usize] = id;
                    queue.push_back(edge.to);
                }
            }
        }
        None
    }

    /// The cycle that is closed by a further edge from `from` to `to`, which comes before it.
    pub(crate) fn cycle_with(&mut self, from: u32, to: u32, why: Why, meter: &mut Meter) -> Cycle {
        self.round += 1;
        self.edges[from as usize].retain(|edge| edge.to != to);
        self.link(from, to, why);
        let mut cycle = self.path(to, from, |edge| edge.round < self.round).unwrap_or_default();
        cycle.push(to);
        Cycle { core: self.explain(&cycle, meter), links: self.links(&cycle) }
    }

    fn links(&self, cycle: &[u32]) -> Vec<Link> {
        let link = |pair: &[u32]| {
            let (from, to) = (pair[0], pair[1]);
            let edge = self.edges[from as usize].iter().find(|edge| edge.to == to)?;
            Some(Link { from, to, why: edge.why })
        };
        cycle.windows(2).filter_map(link).collect()
    }

    /// The operations of a cycle and all that its derived edges rest on; all that take part, if
    /// there is no time left to tell.
    fn explain(&self, cycle: &[u32], meter: &mut Meter) -> Vec<u32> {
        let mut found: Vec<u32> = cycle.to_vec();
        let mut explained: HashSet<(u32, u32)> = HashSet::new();
        let mut todo: Vec<(u32, u32)> = cycle.windows(2).map(|pair| (pair[0], pair[1])).collect();
        while let Some((from, to)) = todo.pop() {
            if !explained.insert((from, to)) {
                continue;
            }
            let Some(edge) = self.edges[from as usize].iter().find(|edge| edge.to == to) else {
                continue;
            };
            if !meter.steps(self.edges.len() + self.edge_count) {
                return (0..self.edges.len() as u32).filter(|&id| self.has(id)).collect();
            }
            let path = match edge.why {
                Why::Client | Why::Seen | Why::Time => None,
                Why::Hidden { reader } => {
                    found.push(reader);
                    todo.push((to, reader));
                    self.path(from, reader, |older| older.round < edge.round)
                }
                Why::Overwritten { maker: NONE } => None,
                Why::Overwritten { maker } => {
                    found.push(maker);
                    todo.push((maker, from));
                    self.path(maker, to, |older| older.round < edge.round)
                }
            };
            let path = path.unwrap_or_default();
            todo.extend(path.windows(2).map(|pair| (pair[0], pair[1])));
            found.extend(path);
        }
        // What was seen must be made by someone in the clash.
        let sources: Vec<u32> = found.iter().map(|&id| self.source(id)).collect();
        found.extend(sources.into_iter().filter(|&id| is_operation(id)));
        found.sort_unstable();
        found.dedup();
        found
    }
}
