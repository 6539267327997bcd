//! Monotonic writes and writes follow reads (Terry et al. 1994), as far as reads can tell.
//!
//! An *observer* is one client reading from one server (without `server`: one client). What it can
//! see only grows. Monotonic writes: a write brings along its client's earlier writes and comes
//! after them. Writes follow reads: it brings along the writes that its client had read from before
//! it, and comes after them. The level holds if for each observer there is an order of all writes
//! and a growing set of visible ones such that each read returned the last visible write of its
//! key. The smallest sets are the best ones, so nothing need be searched but what was seen where
//! values repeat: each visible write that a read passed over must come before the one that it
//! returned, and the level holds for the observer unless these orders run in a ring.
//!
//! Here only reads look; a cas is a write.

use std::collections::BTreeMap;

use crate::budget::Meter;
use crate::decision::Decision;
use crate::sources::{Checked, Guess, INITIAL, assign, is_operation, ran};
use crate::view::{NONE, View};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guarantee {
    /// Monotonic writes.
    Mw,
    /// Writes follow reads.
    Wfr,
}

/// Bytes that an operation in one observer's order takes, in the witness and the report, too.
const PLACE_BYTES: usize = 64;

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, guarantee: Guarantee, meter: &mut Meter) -> Decision {
    let looks = |id: u32| is_read(view, id);
    let observers = observers(view);
    assign(view, looks, &mut Guess::default(), meter, |sources, _, meter| {
        let before = Before::new(view, guarantee, sources);
        let (mut orders, mut placed) = (Vec::new(), 0);
        for reads in &observers {
            if !meter.check_time() || !meter.demand(placed * PLACE_BYTES) {
                return Checked::TooMuch(meter.reason());
            }
            match observe(view, sources, &before, reads) {
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

fn is_read(view: &View<'_>, id: u32) -> bool {
    view.ops[id as usize].is_look() && view.ops[id as usize].observes()
}

/// Each observer's reads, in its order.
fn observers(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut observers: BTreeMap<(u32, Option<u64>), Vec<u32>> = BTreeMap::new();
    for id in (0..view.ops.len() as u32).filter(|&id| is_read(view, id)) {
        let (client, server) = (view.ops[id as usize].client, view.operation(id).server);
        observers.entry((client, server)).or_default().push(id);
    }
    observers.into_values().collect()
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
    fn new(view: &View<'_>, guarantee: Guarantee, sources: &[u32]) -> Before {
        let ran = ran(view, sources);
        let mut direct = vec![Vec::new(); view.ops.len()];
        for chain in view.by_client() {
            let mut last = NONE;
            for &id in chain.iter().filter(|&&id| ran[id as usize]) {
                let reads = is_read(view, id);
                let counts = reads == (guarantee == Guarantee::Wfr);
                let writes = view.ops[id as usize].makes != NONE;
                if last != NONE && (writes || counts) {
                    direct[id as usize].push(last);
                }
                if reads && counts && is_operation(sources[id as usize]) {
                    direct[id as usize].push(sources[id as usize]);
                }
                if counts && (reads || writes) {
                    last = id;
                }
            }
        }
        Before { direct }
    }
}

/// What one observer sees as it reads.
struct Sight<'v, 'h> {
    view: &'v View<'h>,
    before: &'v Before,
    /// Writes that are visible, and reads of others that stand in for what those saw.
    visible: Vec<u32>,
    is_visible: Vec<bool>,
    /// For each key, the source of the last read of it, and the writes that became visible since.
    last: Vec<u32>,
    fresh: Vec<Vec<u32>>,
    /// Pairs of writes of which the first must come before the second.
    edges: Vec<(u32, u32)>,
}

/// An order of what one observer sees, or the operations that clash.
fn observe(
    view: &View<'_>,
    sources: &[u32],
    before: &Before,
    reads: &[u32],
) -> Result<Vec<u32>, Vec<u32>> {
    let mut sight = Sight {
        view,
        before,
        visible: Vec::new(),
        is_visible: vec![false; view.ops.len()],
        last: vec![NONE; view.initial.len()],
        fresh: vec![Vec::new(); view.initial.len()],
        edges: Vec::new(),
    };
    for (at, &read) in reads.iter().enumerate() {
        let fits = sight.read(view.ops[read as usize].key as usize, sources[read as usize]);
        if !fits {
            return Err(sight.everything(&reads[..=at]));
        }
    }
    match sight.sort() {
        Some(order) => Ok(order),
        None => Err(sight.everything(reads)),
    }
}

impl Sight<'_, '_> {
    /// Takes in a read; false if it saw the initial value though a write of its key is visible.
    fn read(&mut self, key: usize, source: u32) -> bool {
        if source == NONE {
            return true;
        }
        if is_operation(source) {
            self.show(source);
        }
        let left = std::mem::replace(&mut self.last[key], source);
        let passed = std::mem::take(&mut self.fresh[key]);
        let passed = passed.into_iter().chain((is_operation(left)).then_some(left));
        let passed: Vec<u32> = passed.filter(|&write| write != source).collect();
        if source == INITIAL {
            return passed.is_empty();
        }
        self.edges.extend(passed.into_iter().map(|write| (write, source)));
        true
    }

    /// Makes a write visible, with all that it brings along.
    fn show(&mut self, write: u32) {
        let mut todo = vec![write];
        while let Some(id) = todo.pop() {
            if std::mem::replace(&mut self.is_visible[id as usize], true) {
                continue;
            }
            self.visible.push(id);
            todo.extend(&self.before.direct[id as usize]);
            let op = &self.view.ops[id as usize];
            if op.makes != NONE {
                self.fresh[op.key as usize].push(id);
            }
        }
    }

    /// An order of the visible writes; none if they run in a ring.
    fn sort(&mut self) -> Option<Vec<u32>> {
        for &id in &self.visible {
            self.edges.extend(self.before.direct[id as usize].iter().map(|&first| (first, id)));
        }
        self.edges.sort_unstable();
        let mut waits = vec![0_u32; self.view.ops.len()];
        self.edges.iter().for_each(|&(_, later)| waits[later as usize] += 1);
        let is_free = |&id: &u32| waits[id as usize] == 0;
        let mut ready: Vec<u32> = self.visible.iter().copied().filter(is_free).collect();
        let mut order = Vec::with_capacity(self.visible.len());
        let mut sorted = 0;
        while let Some(id) = ready.pop() {
            sorted += 1;
            if !self.view.ops[id as usize].is_look() {
                order.push(id);
            }
            let first = self.edges.partition_point(|&(from, _)| from < id);
            for &(_, later) in self.edges[first..].iter().take_while(|&&(from, _)| from == id) {
                waits[later as usize] -= 1;
                if waits[later as usize] == 0 {
                    ready.push(later);
                }
            }
        }
        (sorted == self.visible.len()).then_some(order)
    }

    /// The reads and all that they showed.
    fn everything(&self, reads: &[u32]) -> Vec<u32> {
        let mut all: Vec<u32> = self.visible.iter().chain(reads).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
