//! A walk along the relation that keeps the past of an operation only as long as somebody asks for
//! it: the next of its client, and those who saw what it made. Operations go by their start where
//! they can, so few are kept at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{Causality, join};
use super::links::Stop;
use crate::budget::Meter;
use crate::model::view::is_operation;

/// One operation on the walk.
pub(crate) struct Moment<'c, 'v, 'h> {
    causality: &'c Causality<'v, 'h>,
    pub(crate) id: u32,
    past: &'c [u32],
    /// The past of what made the cell that it saw.
    source_past: &'c [u32],
}

impl Moment<'_, '_, '_> {
    /// Each chain's last write of its key that comes before the operation.
    pub(crate) fn last_writes(&self, found: &mut Vec<u32>) {
        self.causality.last_writes_in(self.past, self.id, found);
    }

    /// Whether `first` comes before what made the cell that the operation saw, or is the same.
    pub(crate) fn is_before_source(&self, first: u32) -> bool {
        let client = self.causality.view.ops[first as usize].client as usize;
        let past = self.source_past.get(client).copied().unwrap_or(0);
        past > self.causality.place[first as usize]
    }
}

/// Pasts that are kept, in rows that are used again. Each row is a piece of memory by itself: one
/// for all would be copied as it grows, and stand in memory twice.
struct Rows {
    width: usize,
    rows: Vec<Box<[u32]>>,
    free: Vec<u32>,
    /// For each operation its row, and how many still ask for it.
    row: Vec<u32>,
    asked: Vec<u32>,
}

impl Rows {
    fn bytes(&self) -> usize {
        self.rows.len() * (self.width * size_of::<u32>() + size_of::<Box<[u32]>>())
    }

    fn of(&self, id: u32) -> &[u32] {
        &self.rows[self.row[id as usize] as usize]
    }

    fn keep(&mut self, id: u32, past: &[u32]) {
        if self.asked[id as usize] == 0 {
            return;
        }
        self.row[id as usize] = match self.free.pop() {
            Some(row) => {
                self.rows[row as usize].copy_from_slice(past);
                row
            }
            None => {
                self.rows.push(past.into());
                self.rows.len() as u32 - 1
            }
        };
    }

    fn asked_once(&mut self, id: u32) {
        self.asked[id as usize] -= 1;
        if self.asked[id as usize] == 0 {
            self.free.push(self.row[id as usize]);
        }
    }
}

impl<'v, 'h> Causality<'v, 'h> {
    /// Visits everybody behind those that come before, until a visit says that the budget is spent.
    pub(crate) fn walk(
        &self,
        meter: &mut Meter,
        mut visit: impl FnMut(&Moment<'_, 'v, 'h>, &mut Meter) -> bool,
    ) -> Result<(), Stop> {
        let (count, width) = (self.view.ops.len(), self.chains.len());
        let (mut waits, before) = (self.waits(), self.before());
        let mut asked: Vec<u32> = self.edges.iter().map(|edges| edges.len() as u32).collect();
        // An edge to a transaction is one to its first part; those behind it ask for their source,
        // too.
        let asks = |id: u32| self.is_whole().then(|| self.last_part(id)).filter(|_| self.has(id));
        let source_of = |id: u32| Some(self.source(id)).filter(|&source| is_operation(source));
        for id in 0..count as u32 {
            if let Some(last) = source_of(id).filter(|_| self.has(id)).and_then(asks) {
                asked[last as usize] += 1;
            }
        }
        let row = vec![0; count];
        let mut rows = Rows { width, rows: Vec::new(), free: Vec::new(), row, asked };
        let is_ready = |&id: &u32| self.has(id) && waits[id as usize] == 0;
        let mut ready: BinaryHeap<_> = (0..count as u32).filter(is_ready).map(Reverse).collect();
        let mut past = vec![0; width];
        while let Some(Reverse(id)) = ready.pop() {
            let steps = (before.of(id).len() + 2) * width;
            if !meter.demand(rows.bytes() + self.bytes()) || !meter.steps(steps) {
                return Err(Stop::Budget);
            }
            past.fill(0);
            for &other in before.of(id) {
                join(&mut past, rows.of(other));
            }
            past[self.view.ops[id as usize].client as usize] = self.place[id as usize] + 1;
            let source = source_of(id);
            let source_past = source.map_or(&[][..], |source| rows.of(self.last_part(source)));
            if !visit(&Moment { causality: self, id, past: &past, source_past }, meter) {
                return Err(Stop::Budget);
            }
            rows.keep(id, &past);
            before.of(id).iter().for_each(|&other| rows.asked_once(other));
            source.and_then(asks).into_iter().for_each(|last| rows.asked_once(last));
            for edge in &self.edges[id as usize] {
                waits[edge.to as usize] -= 1;
                if waits[edge.to as usize] == 0 {
                    ready.push(Reverse(edge.to));
                }
            }
        }
        if waits.iter().any(|&left| left > 0) {
            return Err(self.cycle_among(&waits, meter).into());
        }
        Ok(())
    }

    /// The edges backwards.
    pub(super) fn before(&self) -> Before {
        let mut first = vec![0_u32; self.view.ops.len() + 1];
        self.edges.iter().flatten().for_each(|edge| first[edge.to as usize + 1] += 1);
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let mut free = first.clone();
        let mut ids = vec![0; first.last().map_or(0, |&all| all as usize)];
        for (from, edges) in self.edges.iter().enumerate() {
            for edge in edges {
                ids[free[edge.to as usize] as usize] = from as u32;
                free[edge.to as usize] += 1;
            }
        }
        Before { first, ids }
    }
}

/// For each operation, those that an edge leads from.
pub(super) struct Before {
    first: Vec<u32>,
    ids: Vec<u32>,
}

impl Before {
    pub(super) fn of(&self, id: u32) -> &[u32] {
        let [first, behind] = [id, id + 1].map(|id| self.first[id as usize] as usize);
        &self.ids[first..behind]
    }
}
