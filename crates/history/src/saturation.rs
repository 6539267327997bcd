//! What every legal order must contain: each client's order, each read behind the write it
//! returned, and what follows from these. A cycle among them proves that there is no legal order
//! (the polynomial half of Biswas & Enea 2019 and of Gibbons & Korach's VSC-read).
//!
//! Two rules derive more, until nothing is new. Let `r` see a cell of key x that only `w` made:
//!
//! ```text
//! another write v of x comes before r   =>   v comes before w
//! another write v of x comes after  w   =>   r comes before v
//! ```
//!
//! The past of an operation is one number per client: how many of that client's operations come
//! before it. Of the writes of x by one client in somebody's past only the last one tells anything
//! new, so a round costs operations times clients.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::budget::Meter;
use crate::decision::Cells;
use crate::view::{NONE, View};

/// What saturation found.
pub(crate) enum Saturated {
    /// A ring: each link's first operation comes before its second, the last one's before the
    /// first. `core` has all operations that the links were derived from.
    Cycle { ring: Vec<Link>, core: Vec<u32> },
    /// Orders between operations that every legal order contains.
    Edges(Vec<(u32, u32)>),
    /// It would have cost too much.
    TooMuch,
}

/// One operation that comes before another in every legal order.
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
    /// `reader` saw the second's cell although the first came before it.
    Hidden { reader: u32 },
    /// The first saw the cell of `maker`, and the second, which comes after that, overwrote it.
    Overwritten { maker: u32 },
}

struct Edge {
    to: u32,
    why: Why,
    round: u32,
}

/// One key's operations by one client: places in the client's order, and ids.
type Places = Vec<(u32, u32)>;

struct Saturation<'v, 'h> {
    view: &'v View<'h>,
    cells: Cells,
    clients: Vec<Vec<u32>>,
    place: Vec<u32>,
    /// For each operation, the one maker of the cell it saw; `NONE` if that is not known.
    source: Vec<u32>,
    /// For each key, each writing client's writes.
    writes: Vec<Vec<(u32, Places)>>,
    edges: Vec<Vec<Edge>>,
    known: HashSet<(u32, u32)>,
    /// For each operation and client, how many of the client's operations are in its past, itself
    /// included.
    past: Vec<u32>,
    round: u32,
}

/// Derives what it can from a view whose operations are all needed.
pub(crate) fn saturate(view: &View<'_>, meter: &mut Meter) -> Saturated {
    let bytes = view.ops.len().saturating_mul(view.clients).saturating_mul(4);
    if !meter.affords(bytes) {
        return Saturated::TooMuch;
    }
    let mut saturation = Saturation::new(view);
    saturation.add_certain_edges();
    loop {
        if !meter.check_time() {
            return Saturated::TooMuch;
        }
        if let Err(ring) = saturation.compute_pasts() {
            let core = saturation.explain(&ring);
            return Saturated::Cycle { ring: saturation.links(&ring), core };
        }
        if !saturation.derive() {
            return Saturated::Edges(saturation.derived());
        }
    }
}

impl<'v, 'h> Saturation<'v, 'h> {
    fn new(view: &'v View<'h>) -> Saturation<'v, 'h> {
        let count = view.ops.len();
        let (cells, clients) = (Cells::new(view), view.by_client());
        let mut place = vec![0; count];
        for ops in &clients {
            ops.iter().enumerate().for_each(|(at, &op)| place[op as usize] = at as u32);
        }
        let source = sources(view, &cells);
        let mut writes: Vec<Vec<(u32, Places)>> = vec![Vec::new(); view.initial.len()];
        for (client, ops) in clients.iter().enumerate() {
            for &id in ops.iter().filter(|&&id| view.ops[id as usize].makes != NONE) {
                let key = &mut writes[view.ops[id as usize].key as usize];
                if key.last().is_none_or(|(last, _)| *last != client as u32) {
                    key.push((client as u32, Vec::new()));
                }
                if let Some((_, places)) = key.last_mut() {
                    places.push((place[id as usize], id));
                }
            }
        }
        Saturation {
            view,
            cells,
            place,
            source,
            writes,
            edges: (0..count).map(|_| Vec::new()).collect(),
            known: HashSet::new(),
            past: vec![0; count * clients.len()],
            clients,
            round: 0,
        }
    }

    fn add(&mut self, from: u32, to: u32, why: Why) -> bool {
        if from == to || !self.known.insert((from, to)) {
            return false;
        }
        self.edges[from as usize].push(Edge { to, why, round: self.round });
        true
    }

    fn add_certain_edges(&mut self) {
        for ops in std::mem::take(&mut self.clients) {
            for pair in ops.windows(2) {
                self.add(pair[0], pair[1], Why::Client);
            }
            self.clients.push(ops);
        }
        for id in 0..self.view.ops.len() as u32 {
            if self.source[id as usize] != NONE {
                self.add(self.source[id as usize], id, Why::Seen);
            }
        }
        self.add_initial_edges();
    }

    /// Who saw an initial value that nobody wrote again came before all writes of its key.
    fn add_initial_edges(&mut self) {
        for key in 0..self.view.initial.len() {
            let cell = self.view.initial[key] as usize;
            if !self.cells.makers[cell].is_empty() {
                continue;
            }
            // A client's last such read stands for those before it.
            let mut last: HashMap<u32, u32> = HashMap::new();
            let certain = |id: &&u32| !self.view.ops[**id as usize].maybe;
            for &reader in self.cells.observers[cell].iter().filter(certain) {
                last.insert(self.view.ops[reader as usize].client, reader);
            }
            let firsts: Vec<u32> =
                self.writes[key].iter().filter_map(|(_, places)| Some(places.first()?.1)).collect();
            for &reader in last.values() {
                for &write in &firsts {
                    self.add(reader, write, Why::Overwritten { maker: NONE });
                }
            }
        }
    }

    /// Computes everybody's past, or finds a ring.
    fn compute_pasts(&mut self) -> Result<(), Vec<u32>> {
        let (count, width) = (self.view.ops.len(), self.clients.len());
        let mut waits = vec![0_u32; count];
        self.edges.iter().flatten().for_each(|edge| waits[edge.to as usize] += 1);
        self.past.fill(0);
        let mut ready: Vec<u32> = (0..count as u32).filter(|&id| waits[id as usize] == 0).collect();
        let mut done = 0;
        while let Some(id) = ready.pop() {
            done += 1;
            let own = id as usize * width;
            self.past[own + self.view.ops[id as usize].client as usize] =
                self.place[id as usize] + 1;
            for edge in &self.edges[id as usize] {
                let other = edge.to as usize * width;
                for client in 0..width {
                    self.past[other + client] =
                        self.past[other + client].max(self.past[own + client]);
                }
                waits[edge.to as usize] -= 1;
                if waits[edge.to as usize] == 0 {
                    ready.push(edge.to);
                }
            }
        }
        if done == count { Ok(()) } else { Err(self.shortest_ring(&waits)) }
    }

    /// A shortest ring through one of the operations that a topological sort left over; at most a
    /// few of them are tried.
    fn shortest_ring(&self, waits: &[u32]) -> Vec<u32> {
        let left = |id: u32| waits[id as usize] > 0;
        let candidates = (0..waits.len() as u32).filter(|&id| left(id));
        let mut best: Vec<u32> = Vec::new();
        let mut tried = 0;
        for id in candidates {
            if let Some(ring) = self.path(id, id, u32::MAX)
                && (best.is_empty() || ring.len() < best.len())
            {
                best = ring;
            }
            tried += 1;
            if tried >= 64 && !best.is_empty() {
                break;
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

    fn in_past(&self, first: u32, second: u32) -> bool {
        let client = self.view.ops[first as usize].client as usize;
        self.past[second as usize * self.clients.len() + client] > self.place[first as usize]
    }

    /// The last write of each client to the key that is in the past of `id`, `id` left out.
    fn last_writes(&self, key: u32, id: u32) -> Vec<u32> {
        let width = self.clients.len();
        let mut found = Vec::new();
        for (client, places) in &self.writes[key as usize] {
            let past = self.past[id as usize * width + *client as usize];
            let mut behind = places.partition_point(|&(place, _)| place < past);
            if behind > 0 && places[behind - 1].1 == id {
                behind -= 1;
            }
            if behind > 0 {
                found.push(places[behind - 1].1);
            }
        }
        found
    }

    /// Applies both rules once; whether anything was new.
    fn derive(&mut self) -> bool {
        self.round += 1;
        let mut new = Vec::new();
        for id in 0..self.view.ops.len() as u32 {
            let op = self.view.ops[id as usize];
            let source = self.source[id as usize];
            if source != NONE {
                for write in self.last_writes(op.key, id) {
                    if write != source && !self.in_past(write, source) {
                        new.push((write, source, Why::Hidden { reader: id }));
                    }
                }
            }
            if op.makes != NONE {
                for maker in self.last_writes(op.key, id) {
                    for reader in self.last_readers(maker) {
                        if reader != id && !self.in_past(reader, id) {
                            new.push((reader, id, Why::Overwritten { maker }));
                        }
                    }
                }
            }
        }
        let mut any = false;
        for (from, to, why) in new {
            any |= self.add(from, to, why);
        }
        any
    }

    /// Each client's last operation that saw what `maker` alone made.
    fn last_readers(&self, maker: u32) -> Vec<u32> {
        let cell = self.view.ops[maker as usize].makes as usize;
        let readers = &self.cells.observers[cell];
        let mut last: Vec<u32> = Vec::new();
        for &reader in readers.iter().filter(|&&reader| self.source[reader as usize] == maker) {
            let client = self.view.ops[reader as usize].client;
            match last.iter_mut().find(|r| self.view.ops[**r as usize].client == client) {
                Some(earlier) => *earlier = reader,
                None => last.push(reader),
            }
        }
        last
    }

    /// The edges that a search does not know by itself. Those that start at an operation which may
    /// not have run are left out: a search puts such a one in place only when it is needed.
    fn derived(&self) -> Vec<(u32, u32)> {
        let mut derived = Vec::new();
        for (from, edges) in self.edges.iter().enumerate() {
            if !self.view.ops[from].maybe {
                let new = edges.iter().filter(|edge| !matches!(edge.why, Why::Client | Why::Seen));
                derived.extend(new.map(|edge| (from as u32, edge.to)));
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
                Why::Client | Why::Seen => None,
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
        let sources: Vec<u32> = found.iter().map(|&id| self.source[id as usize]).collect();
        found.extend(sources.into_iter().filter(|&id| id != NONE));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// For each operation that certainly ran, the only operation that can have made the cell which it
/// saw. That one certainly ran, too; of the others that may not have run, nothing follows.
fn sources(view: &View<'_>, cells: &Cells) -> Vec<u32> {
    let mut source = vec![NONE; view.ops.len()];
    let mut todo: Vec<u32> =
        (0..view.ops.len() as u32).filter(|&id| !view.ops[id as usize].maybe).collect();
    while let Some(id) = todo.pop() {
        let op = &view.ops[id as usize];
        if !op.observes() || view.is_initial(op.sees) {
            continue;
        }
        if let [maker] = cells.makers[op.sees as usize][..]
            && maker != id
            && source[id as usize] == NONE
        {
            source[id as usize] = maker;
            if view.ops[maker as usize].maybe {
                todo.push(maker);
            }
        }
    }
    source
}
