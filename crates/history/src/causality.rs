//! A growing relation "comes before" over the operations of a view, with the reason of each step.
//!
//! It holds chains (operations of one client, each before the next) and edges between them. The
//! past of an operation is one number per chain: how many of its operations come before. That
//! costs operations times chains, in time and in memory.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::sources::is_operation;
use crate::view::{NONE, View};

/// One operation that comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) why: Why,
}

/// Why one operation comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The same client did one after the other.
    Client,
    /// The second saw what the first made.
    Seen,
    /// The first was over before the second began.
    Time,
    /// `reader` saw the second's cell although the first came before it.
    Hidden { reader: u32 },
    /// The first saw the cell of `maker` (`NONE`: the initial one), and the second, which comes
    /// after that, overwrote it.
    Overwritten { maker: u32 },
}

/// A ring: each link's first operation comes before its second, the last one's before the first's.
/// `core` has all operations that the links were derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) links: Vec<Link>,
    pub(crate) core: Vec<u32>,
}

struct Edge {
    to: u32,
    why: Why,
    round: u32,
}

/// One key's operations on one chain: places on the chain, and ids.
type Places = Vec<(u32, u32)>;

/// The relation.
pub(crate) struct Causality<'v, 'h> {
    pub(crate) view: &'v View<'h>,
    /// For each operation what made the cell it saw, as far as that is known.
    pub(crate) sources: Vec<u32>,
    /// The operations that take part, client by client.
    pub(crate) chains: Vec<Vec<u32>>,
    place: Vec<u32>,
    /// For each key, each chain's writes.
    writes: Vec<Vec<(u32, Places)>>,
    edges: Vec<Vec<Edge>>,
    known: HashSet<(u32, u32)>,
    past: Vec<u32>,
    round: u32,
    /// An order that the relation allows, once it is closed.
    pub(crate) order: Vec<u32>,
}

/// Bytes that a relation over so many operations and chains takes.
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
        let mut writes: Vec<Vec<(u32, Places)>> = vec![Vec::new(); view.initial.len()];
        for (chain, ops) in chains.iter().enumerate() {
            for (at, &id) in ops.iter().enumerate() {
                place[id as usize] = at as u32;
                let op = &view.ops[id as usize];
                if op.makes == NONE {
                    continue;
                }
                let key = &mut writes[op.key as usize];
                if key.last().is_none_or(|(last, _)| *last != chain as u32) {
                    key.push((chain as u32, Vec::new()));
                }
                if let Some((_, places)) = key.last_mut() {
                    places.push((at as u32, id));
                }
            }
        }
        let mut causality = Causality {
            view,
            sources: sources.to_vec(),
            place,
            writes,
            edges: (0..count).map(|_| Vec::new()).collect(),
            known: HashSet::new(),
            past: vec![0; count * chains.len()],
            chains: Vec::new(),
            round: 0,
            order: Vec::new(),
        };
        for chain in &chains {
            for pair in chain.windows(2) {
                causality.add(pair[0], pair[1], Why::Client);
            }
        }
        causality.chains = chains;
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

    /// Adds an edge; whether it is new.
    pub(crate) fn add(&mut self, from: u32, to: u32, why: Why) -> bool {
        if from == to || !self.known.insert((from, to)) {
            return false;
        }
        self.edges[from as usize].push(Edge { to, why, round: self.round });
        true
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

    /// Edges added from now on were derived from those added before.
    pub(crate) fn next_round(&mut self) {
        self.round += 1;
    }

    /// Computes everybody's past, or finds a ring.
    pub(crate) fn close(&mut self) -> Result<(), Ring> {
        let width = self.chains.len();
        let mut waits = vec![0_u32; self.view.ops.len()];
        self.edges.iter().flatten().for_each(|edge| waits[edge.to as usize] += 1);
        self.past.fill(0);
        self.order.clear();
        let roots = (0..self.view.ops.len() as u32).rev();
        let mut ready: Vec<u32> =
            roots.filter(|&id| self.has(id) && waits[id as usize] == 0).collect();
        let mut own_past = vec![0; width];
        while let Some(id) = ready.pop() {
            self.order.push(id);
            let op = &self.view.ops[id as usize];
            let own = id as usize * width;
            self.past[own + op.client as usize] = self.place[id as usize] + 1;
            own_past.copy_from_slice(&self.past[own..own + width]);
            for edge in &self.edges[id as usize] {
                let other = edge.to as usize * width;
                let past = &mut self.past[other..other + width];
                past.iter_mut().zip(&own_past).for_each(|(past, own)| *past = (*past).max(*own));
                waits[edge.to as usize] -= 1;
                if waits[edge.to as usize] == 0 {
                    ready.push(edge.to);
                }
            }
        }
        if waits.iter().all(|&left| left == 0) {
            return Ok(());
        }
        let ring = self.shortest_ring(&waits);
        Err(Ring { core: self.explain(&ring), links: self.links(&ring) })
    }

    /// A shortest ring through one of the operations that a topological sort left over; only a few
    /// of them are tried.
    fn shortest_ring(&self, waits: &[u32]) -> Vec<u32> {
        const TRIED_MAX: usize = 64;
        let left = (0..waits.len() as u32).filter(|&id| waits[id as usize] > 0);
        let mut best: Vec<u32> = Vec::new();
        for (tried, id) in left.enumerate() {
            if tried >= TRIED_MAX && !best.is_empty() {
                break;
            }
            if let Some(ring) = self.path(id, id, u32::MAX)
                && (best.is_empty() || ring.len() < best.len())
            {
                best = ring;
            }
        }
        best
    }

    /// A shortest path along edges older than `round`, both ends included.
    fn path(&self, from: u32, to: u32, round: u32) -> Option<Vec<u32>> {
        let mut came: HashMap<u32, u32> = HashMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(id) = queue.pop_front() {
            for edge in self.edges[id as usize].iter().filter(|edge| edge.round < round) {
                if edge.to == to {
                    let mut path = vec![to, id];
                    let mut at = id;
                    while at != from {
                        at = *came.get(&at)?;
                        path.push(at);
                    }
                    path.reverse();
                    return Some(path);
                }
                if edge.to != from && !came.contains_key(&edge.to) {
                    came.insert(edge.to, id);
                    queue.push_back(edge.to);
                }
            }
        }
        None
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

    /// Each chain's last write of `key` that comes before `id`, itself left out.
    pub(crate) fn last_writes(&self, key: u32, id: u32, found: &mut Vec<u32>) {
        let past = self.past(id);
        found.clear();
        for (chain, places) in &self.writes[key as usize] {
            let past = past[*chain as usize];
            let mut behind = places.partition_point(|&(place, _)| place < past);
            if behind > 0 && places[behind - 1].1 == id {
                behind -= 1;
            }
            if behind > 0 {
                found.push(places[behind - 1].1);
            }
        }
    }

    /// Each chain's first write of `key`.
    pub(crate) fn first_writes(&self, key: u32) -> Vec<u32> {
        let first = |(_, places): &(u32, Places)| places.first().map(|&(_, id)| id);
        self.writes[key as usize].iter().filter_map(first).collect()
    }

    /// The ring that is closed by a further edge from `from` to `to`, which comes before it.
    pub(crate) fn ring_with(&mut self, from: u32, to: u32, why: Why) -> Ring {
        self.next_round();
        self.known.remove(&(from, to));
        self.edges[from as usize].retain(|edge| edge.to != to);
        self.add(from, to, why);
        let mut ring = self.path(to, from, self.round).unwrap_or_default();
        ring.push(to);
        Ring { core: self.explain(&ring), links: self.links(&ring) }
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

    fn links(&self, ring: &[u32]) -> Vec<Link> {
        let link = |pair: &[u32]| {
            let (from, to) = (pair[0], pair[1]);
            let edge = self.edges[from as usize].iter().find(|edge| edge.to == to)?;
            Some(Link { from, to, why: edge.why })
        };
        ring.windows(2).filter_map(link).collect()
    }

    /// The operations of a ring and all that its derived edges rest on.
    fn explain(&self, ring: &[u32]) -> Vec<u32> {
        let mut found: Vec<u32> = ring.to_vec();
        let mut explained: HashSet<(u32, u32)> = HashSet::new();
        let mut todo: Vec<(u32, u32)> = ring.windows(2).map(|pair| (pair[0], pair[1])).collect();
        while let Some((from, to)) = todo.pop() {
            if !explained.insert((from, to)) {
                continue;
            }
            let Some(edge) = self.edges[from as usize].iter().find(|edge| edge.to == to) else {
                continue;
            };
            let path = match edge.why {
                Why::Client | Why::Seen | Why::Time => None,
                Why::Hidden { reader } => {
                    found.push(reader);
                    todo.push((to, reader));
                    self.path(from, reader, edge.round)
                }
                Why::Overwritten { maker: NONE } => None,
                Why::Overwritten { maker } => {
                    found.push(maker);
                    todo.push((maker, from));
                    self.path(maker, to, edge.round)
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
