//! Monotonic writes and writes follow reads (Terry et al. 1994), as far as reads can tell.
//!
//! An *observer* is one client reading from one server (without `server`: one client). What it can
//! see only grows. Monotonic writes: a write brings along its client's earlier writes and comes
//! after them. Writes follow reads: it brings along the writes that its client had read from before
//! it, and comes after them. The level holds if for each observer there is an order of all writes
//! and a growing set of visible ones such that each read returned the last visible write of its
//! key. The smallest sets are the best ones, so nothing need be searched but what was seen where
//! values repeat: each visible write that a read passed over must come before the one that it
//! returned, and the level holds for the observer unless these orders run in a cycle.
//!
//! Here only reads look; a cas is a write.
//!
//! A transaction is one event: what it wrote becomes visible at once, what it read it saw in one
//! set of visible writes, and it read before it wrote. Its first part stands for it.

use std::collections::BTreeMap;

use crate::budget::Meter;
use crate::levels::assign::{Checked, Guess, assign};
use crate::levels::decision::{Decision, PLACE_BYTES};
use crate::model::view::{INITIAL, NONE, View, is_operation};
use crate::relation::reads_from::ran;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guarantee {
    /// Monotonic writes.
    Mw,
    /// Writes follow reads.
    Wfr,
}

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, guarantee: Guarantee, meter: &mut Meter) -> Decision {
    let looks = |id: u32| view.reads(id);
    let (observers, moments) = (observers(view), Moments::new(view));
    assign(view, looks, &mut Guess::default(), meter, |sources, _, meter| {
        let before = Before::new(&moments, guarantee, sources);
        let (mut orders, mut placed) = (Vec::new(), 0);
        for reads in &observers {
            if !meter.check_time() || !meter.demand(placed * PLACE_BYTES) {
                return Checked::TooMuch(meter.reason());
            }
            match observe(&moments, sources, &before, reads) {
                Ok(order) => {
                    placed += order.len();
                    orders.push((reads[0], order));
                }
                Err(core) => return Checked::Clash(core),
            }
        }
        Checked::Fits(orders)
    })
}

/// Each observer's reads, in its order.
fn observers(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut observers: BTreeMap<(u32, Option<u64>), Vec<u32>> = BTreeMap::new();
    for id in (0..view.ops.len() as u32).filter(|&id| view.reads(id)) {
        let (client, server) = (view.ops[id as usize].client, view.operation(id).server);
        observers.entry((client, server)).or_default().push(id);
    }
    observers.into_values().collect()
}

/// What happens at one moment each: an operation, or the parts of a transaction, of which the first
/// stands for all.
struct Moments<'v, 'h> {
    view: &'v View<'h>,
    /// For each operation its moment, and the parts of each; empty where there are no transactions.
    moment_of: Vec<u32>,
    parts: Vec<Vec<u32>>,
}

impl<'v, 'h> Moments<'v, 'h> {
    fn new(view: &'v View<'h>) -> Moments<'v, 'h> {
        let parts = if view.is_whole { view.moments() } else { Vec::new() };
        let mut moment_of = if view.is_whole { vec![0; view.ops.len()] } else { Vec::new() };
        for (number, parts) in parts.iter().enumerate() {
            parts.iter().for_each(|&id| moment_of[id as usize] = number as u32);
        }
        Moments { view, moment_of, parts }
    }

    /// All that happens at the moment of an operation.
    fn parts<'p>(&'p self, id: &'p u32) -> &'p [u32] {
        match self.moment_of.get(*id as usize) {
            Some(&moment) => &self.parts[moment as usize],
            None => std::slice::from_ref(id),
        }
    }

    /// Who stands for an operation.
    fn lead(&self, id: u32) -> u32 {
        self.parts(&id)[0]
    }

    fn writes(&self, id: u32) -> bool {
        self.parts(&id).iter().any(|&part| self.view.ops[part as usize].makes != NONE)
    }

    /// Who stands for what was read at this moment, and brings along nothing that was written.
    fn reader(&self, lead: u32) -> u32 {
        let apart = !self.moment_of.is_empty() && self.writes(lead);
        if apart { lead + self.view.ops.len() as u32 } else { lead }
    }

    /// How many can stand for something.
    fn count(&self) -> usize {
        self.view.ops.len() + self.moment_of.len()
    }

    /// Whom one that stands for something belongs to.
    fn operation(&self, of: u32) -> u32 {
        let count = self.view.ops.len() as u32;
        if of < count { of } else { of - count }
    }
}

/// What each write brings along, directly: for monotonic writes, its client's write before it; for
/// writes follow reads, the writes that its client had read from since its last write, and that
/// earlier write's share through the reads before.
struct Before {
    /// For each operation, those directly before it; reads of other clients stand in for what
    /// they saw.
    direct: Vec<Vec<u32>>,
}

impl Before {
    fn new(moments: &Moments<'_, '_>, guarantee: Guarantee, sources: &[u32]) -> Before {
        let view = moments.view;
        let ran = ran(view, sources);
        let mut direct = vec![Vec::new(); moments.count()];
        for mut chain in view.by_client() {
            let mut last = NONE;
            chain.retain(|&id| ran[id as usize]);
            for parts in chain.chunk_by(|&one, &other| view.are_one(one, other)) {
                let lead = moments.lead(parts[0]);
                let writes = moments.writes(lead);
                if guarantee == Guarantee::Wfr && parts.iter().any(|&id| view.reads(id)) {
                    let reader = moments.reader(lead);
                    let seen = parts.iter().filter(|&&id| view.reads(id));
                    let seen = seen.map(|&id| sources[id as usize]).filter(|&id| is_operation(id));
                    direct[reader as usize].extend(seen.map(|source| moments.lead(source)));
                    direct[reader as usize].extend((last != NONE).then_some(last));
                    last = reader;
                }
                if writes {
                    direct[lead as usize].extend((last != NONE).then_some(last));
                    last = if guarantee == Guarantee::Mw { lead } else { last };
                }
            }
        }
        Before { direct }
    }
}

/// What one observer sees as it reads.
struct Sight<'m, 'v, 'h> {
    view: &'v View<'h>,
    moments: &'m Moments<'v, 'h>,
    before: &'m Before,
    /// Writes that are visible, and reads of others that stand in for what those saw.
    visible: Vec<u32>,
    is_visible: Vec<bool>,
    /// For each key, the source of the last read of it, and the writes that became visible since.
    last: Vec<u32>,
    fresh: Vec<Vec<u32>>,
    /// Pairs of writes of which the first must come before the second.
    edges: Vec<(u32, u32)>,
    /// The reads that passed over a write, each with the number of pairs before its own.
    passing: Vec<(usize, u32)>,
    /// For what is visible: what brought it along (`NONE`: it was read itself), and who read then.
    shown_by: Vec<(u32, u32)>,
}

/// An order of what one observer sees, or the operations that clash.
fn observe(
    moments: &Moments<'_, '_>,
    sources: &[u32],
    before: &Before,
    reads: &[u32],
) -> Result<Vec<u32>, Vec<u32>> {
    let view = moments.view;
    let mut sight = Sight {
        view,
        moments,
        before,
        visible: Vec::new(),
        is_visible: vec![false; moments.count()],
        last: vec![NONE; view.initial.len()],
        fresh: vec![Vec::new(); view.initial.len()],
        edges: Vec::new(),
        passing: Vec::new(),
        shown_by: vec![(NONE, NONE); moments.count()],
    };
    for reads in reads.chunk_by(|&one, &other| view.are_one(one, other)) {
        // All of them see at once.
        for &read in reads.iter().filter(|&&read| is_operation(sources[read as usize])) {
            sight.show(moments.lead(sources[read as usize]), read);
        }
        for &read in reads {
            if let Err(passed) = sight.read(read, sources[read as usize]) {
                return Err(sight.reasons(&[passed], vec![read]));
            }
        }
    }
    sight.sort()
}

impl Sight<'_, '_, '_> {
    /// Takes in a read whose source is visible; an error names a visible write if it saw the
    /// initial value nevertheless.
    fn read(&mut self, read: u32, source: u32) -> Result<(), u32> {
        if source == NONE {
            return Ok(());
        }
        let key = self.view.ops[read as usize].key as usize;
        let source = if is_operation(source) { self.moments.lead(source) } else { source };
        let left = std::mem::replace(&mut self.last[key], source);
        let passed = std::mem::take(&mut self.fresh[key]);
        let passed = passed.into_iter().chain((is_operation(left)).then_some(left));
        let mut passed = passed.filter(|&write| write != source);
        if source == INITIAL {
            return passed.next().map_or(Ok(()), Err);
        }
        self.passing.push((self.edges.len(), read));
        self.edges.extend(passed.map(|write| (write, source)));
        Ok(())
    }

    /// Makes a write visible, with all that it brings along.
    fn show(&mut self, write: u32, read: u32) {
        let mut todo = vec![(write, NONE)];
        while let Some((id, by)) = todo.pop() {
            if std::mem::replace(&mut self.is_visible[id as usize], true) {
                continue;
            }
            self.visible.push(id);
            self.shown_by[id as usize] = (by, read);
            todo.extend(self.before.direct[id as usize].iter().map(|&first| (first, id)));
            if (id as usize) < self.view.ops.len() {
                for &part in self.moments.parts(&id) {
                    let op = &self.view.ops[part as usize];
                    if op.makes != NONE {
                        self.fresh[op.key as usize].push(id);
                    }
                }
            }
        }
    }

    /// An order of the visible writes, or the operations of a cycle and their reasons.
    fn sort(&mut self) -> Result<Vec<u32>, Vec<u32>> {
        let derived = self.edges.len();
        for &id in &self.visible {
            self.edges.extend(self.before.direct[id as usize].iter().map(|&first| (first, id)));
        }
        // For each operation the places of its edges: those that leave it, one behind another.
        let count = self.moments.count();
        let (mut first, mut next) = (vec![NONE; count], vec![NONE; self.edges.len()]);
        let mut waits = vec![0_u32; count];
        for (at, &(from, to)) in self.edges.iter().enumerate() {
            next[at] = std::mem::replace(&mut first[from as usize], at as u32);
            waits[to as usize] += 1;
        }
        let is_free = |&id: &u32| waits[id as usize] == 0;
        let mut ready: Vec<u32> = self.visible.iter().copied().filter(is_free).collect();
        let mut order = Vec::with_capacity(self.visible.len());
        let mut sorted = 0;
        while let Some(id) = ready.pop() {
            sorted += 1;
            if (id as usize) < self.view.ops.len() && self.moments.writes(id) {
                order.push(id);
            }
            let mut at = first[id as usize];
            while at != NONE {
                let (_, later) = self.edges[at as usize];
                waits[later as usize] -= 1;
                if waits[later as usize] == 0 {
                    ready.push(later);
                }
                at = next[at as usize];
            }
        }
        if sorted == self.visible.len() { Ok(order) } else { Err(self.cycle(&waits, derived)) }
    }

    /// A cycle among those that still wait; the first `derived` edges rest on reads.
    fn cycle(&self, waits: &[u32], derived: usize) -> Vec<u32> {
        let waiting = |id: u32| waits[id as usize] > 0;
        // Each that waits has somebody before it that waits, too: going back runs into a cycle.
        let mut before = vec![NONE; waits.len()];
        for (at, &(from, to)) in self.edges.iter().enumerate().rev() {
            if waiting(from) && waiting(to) {
                before[to as usize] = at as u32;
            }
        }
        let step = |id: u32| self.edges[before[id as usize] as usize].0;
        let start = self.visible.iter().copied().find(|&id| waiting(id)).unwrap_or(0);
        let inside = (0..waits.len()).fold(start, |id, _| step(id));
        let (mut cycle, mut reads) = (Vec::new(), Vec::new());
        let mut id = inside;
        loop {
            cycle.push(id);
            let edge = before[id as usize] as usize;
            if edge < derived {
                let read = self.passing.partition_point(|&(first, _)| first <= edge) - 1;
                reads.push(self.passing[read].1);
            }
            id = step(id);
            if id == inside {
                return self.reasons(&cycle, reads);
            }
        }
    }

    /// The reads and the writes with all that made them visible.
    fn reasons(&self, writes: &[u32], mut all: Vec<u32>) -> Vec<u32> {
        let mut is_known = vec![false; self.moments.count()];
        for &write in writes {
            let mut id = write;
            while id != NONE && !std::mem::replace(&mut is_known[id as usize], true) {
                let (by, read) = self.shown_by[id as usize];
                all.extend([self.moments.operation(id), read]);
                id = by;
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}
