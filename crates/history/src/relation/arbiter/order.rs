//! An order that grows by choices and what follows from them, and shrinks when they are taken back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::budget::{Meter, effort};
use crate::model::view::{INITIAL, NONE, View, is_operation};

/// Why one operation comes before another.
#[derive(Clone, Copy)]
pub(super) enum Why {
    /// It was so from the beginning.
    Given,
    /// It was chosen.
    Chosen,
    /// `reader` saw the second's cell although the first came before it.
    Hidden { reader: u32 },
    /// The first saw the cell of `maker`, and the second, which comes after that, overwrote it.
    Overwritten { maker: u32 },
    /// The opposite clashed; the place of that clash in the list.
    Refuted { clash: usize },
}

/// A step from an operation to one that comes after it.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) to: u32,
    pub(super) why: Why,
    /// How many edges there were before it, and how many choices by then.
    pub(super) number: u32,
    pub(super) choices: u32,
}

/// Choices that cannot all be right, by number and ascending, and the operations that say so.
#[derive(Default)]
pub(super) struct Clash {
    pub(super) choices: Vec<u32>,
    pub(super) core: Vec<u32>,
}

/// Why an order does not grow on.
pub(super) enum Stop {
    /// It would contradict itself.
    Clash(Clash),
    /// The budget is spent.
    Budget,
}

/// How often one past is added to another at the cost of a state that a search visits.
const JOINS_PER_STATE: u64 = 32;

/// What a choice found, to come back to.
pub(super) struct Choice {
    first: u32,
    second: u32,
    edges: usize,
    changes: usize,
    refuted: usize,
}

/// The order.
pub(super) struct Order<'v, 'h, 'm> {
    meter: &'m mut Meter,
    view: &'v View<'h>,
    sources: &'v [u32],
    width: usize,
    /// For each operation, how many of each client's come before it or are it.
    past: Vec<u32>,
    place: Vec<u32>,
    /// For each key, each client's writes.
    writes: Vec<Vec<Vec<u32>>>,
    /// For each maker, each client's last operation that saw what it made.
    readers: Vec<Vec<u32>>,
    pub(super) edges: Vec<Vec<Edge>>,
    /// Where each edge begins, as they came.
    pub(super) edge_from: Vec<u32>,
    pub(super) choices: Vec<Choice>,
    /// Numbers of pasts that changed since the first choice, with what they were.
    changes: Vec<(u32, u32)>,
    pub(super) refuted: Vec<Clash>,
    /// Operations whose past changed, and of which it is not yet asked what follows.
    todo: VecDeque<u32>,
    /// How often one past was added to another since the last visit.
    joins: u64,
}

impl<'v, 'h, 'm> Order<'v, 'h, 'm> {
    pub(super) fn new(
        view: &'v View<'h>,
        sources: &'v [u32],
        meter: &'m mut Meter,
    ) -> Order<'v, 'h, 'm> {
        let (count, width) = (view.ops.len(), view.clients);
        let mut order = Order {
            meter,
            view,
            sources,
            width,
            past: vec![0; count * width],
            place: vec![0; count],
            writes: vec![Vec::new(); view.initial.len()],
            readers: readers(view, sources),
            edges: vec![Vec::new(); count],
            edge_from: Vec::new(),
            choices: Vec::new(),
            changes: Vec::new(),
            refuted: Vec::new(),
            todo: (0..count as u32).collect(),
            joins: 0,
        };
        for (client, chain) in view.by_client().iter().enumerate() {
            let mut own: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (at, &id) in chain.iter().enumerate() {
                order.place[id as usize] = at as u32;
                order.past[id as usize * width + client] = at as u32 + 1;
                if view.ops[id as usize].makes != NONE {
                    own.entry(view.ops[id as usize].key).or_default().push(id);
                }
            }
            own.into_iter().for_each(|(key, writes)| order.writes[key as usize].push(writes));
        }
        order
    }

    /// Bytes that the order takes by now.
    fn bytes(&self) -> usize {
        self.past.len() * 4 + self.changes.capacity() * 8 + self.edge_from.len() * 40
    }

    /// Counts what was done since the last visit as states that were visited.
    pub(super) fn visit(&mut self) -> Result<(), Stop> {
        let states = 1 + std::mem::take(&mut self.joins) / JOINS_PER_STATE;
        if self.meter.visit_more(states, self.bytes()) { Ok(()) } else { Err(Stop::Budget) }
    }

    /// Counts steps of work.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        if self.meter.steps(steps) { Ok(()) } else { Err(Stop::Budget) }
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.edges
            .iter()
            .enumerate()
            .flat_map(|(from, edges)| edges.iter().map(move |edge| (from as u32, edge.to)))
    }

    pub(super) fn behind(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        self.edges[id as usize].iter().map(|edge| edge.to)
    }

    /// Whether `first` comes before `second`, or is the same.
    pub(super) fn is_before(&self, first: u32, second: u32) -> bool {
        let client = self.view.ops[first as usize].client as usize;
        self.past[second as usize * self.width + client] > self.place[first as usize]
    }

    /// Clients' orders, who saw whom, and what follows from that.
    pub(super) fn begin(&mut self) -> Result<(), Stop> {
        let mut last = vec![NONE; self.width];
        // By their start, so that pasts are mostly complete before they are passed on.
        for id in 0..self.view.ops.len() as u32 {
            let client = self.view.ops[id as usize].client as usize;
            let before = std::mem::replace(&mut last[client], id);
            for from in [before, self.sources[id as usize]] {
                if is_operation(from) {
                    self.add(from, id, Why::Given)?;
                }
            }
        }
        self.put_readers_of_nothing_first()?;
        self.derive()
    }

    /// Who saw the initial cell comes before whoever changed it: of each client's reads of a key
    /// the last one is enough.
    fn put_readers_of_nothing_first(&mut self) -> Result<(), Stop> {
        let mut last: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for (id, op) in self.view.ops.iter().enumerate() {
            if self.sources[id] == INITIAL {
                last.insert((op.client, op.key), id as u32);
            }
        }
        let readers: BTreeSet<u32> = last.into_values().collect();
        readers.into_iter().try_for_each(|reader| self.put_before_all_writes(reader))
    }

    fn put_before_all_writes(&mut self, reader: u32) -> Result<(), Stop> {
        let key = self.view.ops[reader as usize].key as usize;
        let firsts: Vec<u32> = self.writes[key].iter().map(|writes| writes[0]).collect();
        self.spend(firsts.len())?;
        for write in firsts.into_iter().filter(|&write| write != reader) {
            if !self.is_before(reader, write) {
                self.add(reader, write, Why::Overwritten { maker: NONE })?;
            }
        }
        Ok(())
    }

    /// Chooses that `first` comes before `second`, unless one comes before the other anyway.
    pub(super) fn choose(&mut self, first: u32, second: u32) -> Result<(), Stop> {
        if self.is_before(first, second) || self.is_before(second, first) {
            return Ok(());
        }
        self.choices.push(Choice {
            first,
            second,
            edges: self.edge_from.len(),
            changes: self.changes.len(),
            refuted: self.refuted.len(),
        });
        self.add(first, second, Why::Chosen)?;
        self.derive()
    }

    /// Takes back a choice and all since; its opposite follows from what it clashed with.
    pub(super) fn refute(&mut self, choice: u32, clash: Clash) -> Result<(), Stop> {
        let Choice { first, second, edges, changes, refuted } =
            self.choices.swap_remove(choice as usize);
        self.choices.truncate(choice as usize);
        for from in self.edge_from.drain(edges..).rev() {
            self.edges[from as usize].pop();
        }
        for (at, before) in self.changes.drain(changes..).rev() {
            self.past[at as usize] = before;
        }
        self.refuted.truncate(refuted);
        self.todo.clear();
        self.refuted.push(clash);
        self.add(second, first, Why::Refuted { clash: refuted })?;
        self.derive()
    }

    /// Adds an edge, or tells what it clashes with.
    fn add(&mut self, from: u32, to: u32, why: Why) -> Result<(), Stop> {
        if self.is_before(to, from) {
            return Err(self.explain(from, to, why).map_or(Stop::Budget, Stop::Clash));
        }
        if !self.meter.demand(self.bytes()) {
            return Err(Stop::Budget);
        }
        let (number, choices) = (self.edge_from.len() as u32, self.choices.len() as u32);
        self.edges[from as usize].push(Edge { to, why, number, choices });
        self.edge_from.push(from);
        let mut todo = vec![(from, to)];
        while let Some((from, to)) = todo.pop() {
            self.spend(self.width)?;
            if self.join(from, to) {
                self.todo.push_back(to);
                todo.extend(self.edges[to as usize].iter().map(|edge| (to, edge.to)));
            }
        }
        Ok(())
    }

    /// Adds one past to another; whether that changed it.
    fn join(&mut self, from: u32, to: u32) -> bool {
        self.joins += 1;
        effort::spend(self.width);
        let [from, to] = [from, to].map(|id| id as usize * self.width);
        let mut changed = false;
        for client in 0..self.width {
            let (new, old) = (self.past[from + client], self.past[to + client]);
            if new > old {
                if !self.choices.is_empty() {
                    self.changes.push(((to + client) as u32, old));
                }
                self.past[to + client] = new;
                changed = true;
            }
        }
        changed
    }

    /// Adds all that follows by the two rules of saturation.
    fn derive(&mut self) -> Result<(), Stop> {
        while let Some(id) = self.todo.pop_front() {
            self.spend(self.writes[self.view.ops[id as usize].key as usize].len())?;
            let writes = self.last_writes(id);
            let source = self.sources[id as usize];
            for &write in writes.iter().filter(|&&write| source != NONE && write != source) {
                if source != INITIAL && !self.is_before(write, source) {
                    self.add(write, source, Why::Hidden { reader: id })?;
                }
            }
            if self.view.ops[id as usize].makes != NONE {
                for maker in writes {
                    self.put_readers_before(maker, id)?;
                }
            }
        }
        Ok(())
    }

    fn put_readers_before(&mut self, maker: u32, id: u32) -> Result<(), Stop> {
        self.spend(self.readers[maker as usize].len())?;
        for at in 0..self.readers[maker as usize].len() {
            let reader = self.readers[maker as usize][at];
            if reader != id && !self.is_before(reader, id) {
                self.add(reader, id, Why::Overwritten { maker })?;
            }
        }
        Ok(())
    }

    /// Each client's last write of its key that comes before an operation, itself left out.
    fn last_writes(&self, id: u32) -> Vec<u32> {
        let key = self.view.ops[id as usize].key;
        effort::spend(self.writes[key as usize].len());
        let last = |writes: &Vec<u32>| {
            let behind = writes.partition_point(|&write| self.is_before(write, id));
            writes[..behind].iter().rev().find(|&&write| write != id).copied()
        };
        self.writes[key as usize].iter().filter_map(last).collect()
    }
}

/// For each maker, each client's last operation that saw what it made.
fn readers(view: &View<'_>, sources: &[u32]) -> Vec<Vec<u32>> {
    let mut readers: Vec<Vec<u32>> = vec![Vec::new(); sources.len()];
    for (id, &source) in sources.iter().enumerate().filter(|&(_, &source)| is_operation(source)) {
        let client = |id: u32| view.ops[id as usize].client;
        let of_source = &mut readers[source as usize];
        of_source.retain(|&other| client(other) != client(id as u32));
        of_source.push(id as u32);
    }
    readers
}
