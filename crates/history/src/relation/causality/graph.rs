//! The relation itself: who takes part, the edges, and everybody's past once it was asked for.

use super::links::{Derived, Edge, Stop, Why};
use crate::budget::{Meter, effort};
use crate::model::view::{NONE, View, is_operation};

/// One key's writes, chain by chain.
#[derive(Default)]
struct Writes {
    /// Each chain that has some, and where they begin.
    chains: Vec<(u32, u32)>,
    /// Their places on the chain, and ids.
    places: Vec<(u32, u32)>,
}

impl Writes {
    fn push(&mut self, chain: u32, place: u32, id: u32) {
        if self.chains.last().is_none_or(|&(last, _)| last != chain) {
            self.chains.push((chain, self.places.len() as u32));
        }
        self.places.push((place, id));
    }

    /// Each chain with its writes.
    fn by_chain(&self) -> impl Iterator<Item = (u32, &[(u32, u32)])> {
        self.chains.iter().enumerate().map(|(at, &(chain, first))| {
            let behind = self.chains.get(at + 1).map_or(self.places.len(), |next| next.1 as usize);
            (chain, &self.places[first as usize..behind])
        })
    }
}

/// The relation.
pub(crate) struct Causality<'v, 'h> {
    pub(crate) view: &'v View<'h>,
    /// For each operation what made the cell it saw, as far as that is known.
    pub(crate) sources: Vec<u32>,
    /// The operations that take part, client by client.
    pub(crate) chains: Vec<Vec<u32>>,
    pub(super) place: Vec<u32>,
    /// For each key, each chain's writes.
    writes: Vec<Writes>,
    pub(super) edges: Vec<Vec<Edge>>,
    pub(super) edge_count: usize,
    /// Everybody's past, once it was asked for.
    past: Vec<u32>,
    pub(super) round: u32,
    /// Where parts of transactions stand at one moment: for each operation the first and the last
    /// part of its transaction.
    ends: Option<Vec<(u32, u32)>>,
    /// An order that the relation allows, once it is closed.
    pub(crate) order: Vec<u32>,
}

/// Bytes that a relation over so many operations and chains takes, with everybody's past.
pub(crate) fn bytes(operations: usize, chains: usize) -> usize {
    operations.saturating_mul(chains.saturating_mul(4).saturating_add(96))
}

impl<'v, 'h> Causality<'v, 'h> {
    /// The order of each client's operations, of those that `takes_part` names.
    pub(crate) fn new(
        view: &'v View<'h>,
        sources: &[u32],
        takes_part: impl Fn(u32) -> bool,
    ) -> Causality<'v, 'h> {
        let count = view.ops.len();
        let mut chains = view.by_client();
        chains.iter_mut().for_each(|chain| chain.retain(|&id| takes_part(id)));
        let mut place = vec![NONE; count];
        let mut writes: Vec<Writes> = view.initial.iter().map(|_| Writes::default()).collect();
        for (chain, ops) in chains.iter().enumerate() {
            for (at, &id) in ops.iter().enumerate() {
                place[id as usize] = at as u32;
                let op = &view.ops[id as usize];
                if op.makes != NONE {
                    writes[op.key as usize].push(chain as u32, at as u32, id);
                }
            }
        }
        let mut causality = Causality {
            view,
            sources: sources.to_vec(),
            place,
            writes,
            edges: (0..count).map(|_| Vec::new()).collect(),
            edge_count: 0,
            past: Vec::new(),
            chains: Vec::new(),
            round: 0,
            ends: None,
            order: Vec::new(),
        };
        for chain in &chains {
            for pair in chain.windows(2) {
                causality.add(pair[0], pair[1], Why::Client);
            }
        }
        causality.chains = chains;
        causality.ends = view.is_whole.then(|| ends(view, &causality.place));
        causality
    }

    /// Whether the operation takes part.
    pub(crate) fn has(&self, id: u32) -> bool {
        self.place[id as usize] != NONE
    }

    /// What the operation saw the cell of; `NONE` if that is nothing or not known.
    pub(crate) fn source(&self, id: u32) -> u32 {
        self.sources[id as usize]
    }

    /// Adds an edge. What comes before or after a part of a transaction does so for all of it.
    pub(crate) fn add(&mut self, from: u32, to: u32, why: Why) {
        match &self.ends {
            Some(ends) if ends[from as usize] != ends[to as usize] => {
                self.link(ends[from as usize].1, ends[to as usize].0, why);
            }
            _ => self.link(from, to, why),
        }
    }

    /// Whether parts of transactions stand at one moment.
    pub(super) fn is_whole(&self) -> bool {
        self.ends.is_some()
    }

    /// The last part of an operation's transaction.
    pub(crate) fn last_part(&self, id: u32) -> u32 {
        self.ends.as_ref().map_or(id, |ends| ends[id as usize].1)
    }

    /// Whether both are the same operation or parts of one transaction.
    pub(crate) fn is_one(&self, one: u32, other: u32) -> bool {
        self.last_part(one) == self.last_part(other)
    }

    /// Adds an edge between these very operations.
    pub(super) fn link(&mut self, from: u32, to: u32, why: Why) {
        if from != to {
            effort::spend(1);
            self.edge_count += 1;
            self.edges[from as usize].push(Edge { to, why, round: self.round });
        }
    }

    /// Adds edges that were derived from those there are; whether there were any.
    pub(crate) fn add_derived(&mut self, new: Derived) -> bool {
        self.round += 1;
        let new = new.into_pairs();
        for &(from, to, why) in &new {
            self.add(from, to, why);
        }
        !new.is_empty()
    }

    /// Adds that whoever saw a cell comes after the one that made it.
    pub(crate) fn add_sources(&mut self) {
        for id in 0..self.view.ops.len() as u32 {
            let source = self.source(id);
            if is_operation(source) && self.has(id) && self.has(source) {
                self.add(source, id, Why::Seen);
            }
        }
    }

    /// Computes everybody's past, or finds a cycle.
    pub(crate) fn close(&mut self, meter: &mut Meter) -> Result<(), Stop> {
        let width = self.chains.len();
        if !meter.demand(self.bytes() + bytes(self.view.ops.len(), width)) {
            return Err(Stop::Budget);
        }
        let mut past = std::mem::take(&mut self.past);
        past.clear();
        past.resize(self.view.ops.len() * width, 0);
        let mut own_past = vec![0; width];
        let sorted = self.sort(meter, |id| {
            let op = &self.view.ops[id as usize];
            let own = id as usize * width;
            past[own + op.client as usize] = self.place[id as usize] + 1;
            own_past.copy_from_slice(&past[own..own + width]);
            for edge in &self.edges[id as usize] {
                let other = edge.to as usize * width;
                join(&mut past[other..other + width], &own_past);
            }
        });
        self.past = past;
        self.order = sorted?;
        Ok(())
    }

    /// Bytes that its edges take.
    pub(super) fn bytes(&self) -> usize {
        self.edge_count * size_of::<Edge>()
    }

    /// Whether the budget allows for as many more edges and the work to add them.
    pub(crate) fn affords(&self, edges: usize, meter: &mut Meter) -> bool {
        meter.demand(self.bytes() + edges * size_of::<Edge>()) && meter.steps(edges)
    }

    /// Lines everybody up behind those that come before, or finds a cycle.
    pub(crate) fn line_up(&mut self, meter: &mut Meter) -> Result<(), Stop> {
        self.order = self.sort(meter, |_| {})?;
        Ok(())
    }

    /// Visits everybody behind those that come before, and gives that order, or finds a cycle.
    fn sort(&self, meter: &mut Meter, mut visit: impl FnMut(u32)) -> Result<Vec<u32>, Stop> {
        let mut waits = self.waits();
        let mut order = Vec::with_capacity(waits.len());
        let roots = (0..self.view.ops.len() as u32).rev();
        let mut ready: Vec<u32> =
            roots.filter(|&id| self.has(id) && waits[id as usize] == 0).collect();
        while let Some(id) = ready.pop() {
            order.push(id);
            visit(id);
            let edges = self.edges[id as usize].len();
            if !meter.steps((edges + 1).saturating_mul(self.chains.len())) {
                return Err(Stop::Budget);
            }
            for edge in &self.edges[id as usize] {
                waits[edge.to as usize] -= 1;
                if waits[edge.to as usize] == 0 {
                    ready.push(edge.to);
                }
            }
        }
        if waits.iter().all(|&left| left == 0) {
            return Ok(order);
        }
        Err(self.cycle_among(&waits, meter).into())
    }

    /// For each operation, how many edges lead to it.
    pub(super) fn waits(&self) -> Vec<u32> {
        let mut waits = vec![0_u32; self.view.ops.len()];
        self.edges.iter().flatten().for_each(|edge| waits[edge.to as usize] += 1);
        waits
    }

    /// Whether `first` comes before `second`, or is the same.
    pub(crate) fn in_past(&self, first: u32, second: u32) -> bool {
        let client = self.view.ops[first as usize].client as usize;
        self.past[second as usize * self.chains.len() + client] > self.place[first as usize]
    }

    /// How many operations of each chain come before `id`, itself included.
    pub(crate) fn past(&self, id: u32) -> &[u32] {
        let width = self.chains.len();
        &self.past[id as usize * width..(id as usize + 1) * width]
    }

    /// Each chain's last write of its key that comes before `id`, itself left out.
    pub(crate) fn last_writes(&self, id: u32, found: &mut Vec<u32>) {
        self.last_writes_in(self.past(id), id, found);
    }

    /// The same, where this is the past of `id`.
    pub(super) fn last_writes_in(&self, past: &[u32], id: u32, found: &mut Vec<u32>) {
        found.clear();
        effort::spend(self.writers(id));
        for (chain, places) in self.writes[self.view.ops[id as usize].key as usize].by_chain() {
            let past = past[chain as usize];
            let behind = places.partition_point(|&(place, _)| place < past);
            let mut before = places[..behind].iter().rev();
            found.extend(before.find(|&&(_, write)| write != id).map(|&(_, write)| write));
        }
    }

    /// How many chains write its key: what it costs to ask for their last writes.
    pub(crate) fn writers(&self, id: u32) -> usize {
        self.writes[self.view.ops[id as usize].key as usize].chains.len()
    }

    /// Each chain's first write of `key`.
    pub(crate) fn first_writes(&self, key: u32) -> Vec<u32> {
        let chains = self.writes[key as usize].by_chain();
        chains.filter_map(|(_, places)| places.first().map(|&(_, id)| id)).collect()
    }

    /// The edges that were derived, without those that start where `skipped` says.
    pub(crate) fn derived(&self, skipped: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let mut derived = Vec::new();
        for (from, edges) in self.edges.iter().enumerate() {
            let from = from as u32;
            if !skipped(from) {
                let told = |why| matches!(why, Why::Client | Why::Seen | Why::Time);
                let new = edges.iter().filter(|edge| !told(edge.why));
                derived.extend(new.map(|edge| (from, edge.to)));
            }
        }
        derived
    }
}

/// The first and the last part of each operation's transaction, of those that take part.
fn ends(view: &View<'_>, place: &[u32]) -> Vec<(u32, u32)> {
    let mut ends: Vec<(u32, u32)> = (0..view.ops.len() as u32).map(|id| (id, id)).collect();
    for mut moment in view.moments() {
        moment.retain(|&id| place[id as usize] != NONE);
        if let (Some(&first), Some(&last)) = (moment.first(), moment.last()) {
            moment.iter().for_each(|&id| ends[id as usize] = (first, last));
        }
    }
    ends
}

/// Makes of one past both pasts together.
pub(super) fn join(past: &mut [u32], other: &[u32]) {
    effort::spend(past.len());
    past.iter_mut().zip(other).for_each(|(past, other)| *past = (*past).max(*other));
}
