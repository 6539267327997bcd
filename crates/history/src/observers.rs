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

use std::collections::{BTreeMap, HashSet};

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

/// Judges the whole view.
pub(crate) fn judge(view: &View<'_>, guarantee: Guarantee, meter: &mut Meter) -> Decision {
    let looks = |id: u32| is_read(view, id);
    assign(view, looks, &mut Guess::default(), meter, |sources, _| {
        let before = Before::new(view, guarantee, sources);
        let mut orders = Vec::new();
        for reads in observers(view) {
            match observe(view, sources, &before, &reads) {
                Ok(order) => orders.push((reads[0], order)),
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

/// What one observer sees as it reads; an order of it, or the operations that clash.
fn observe(
    view: &View<'_>,
    sources: &[u32],
    before: &Before,
    reads: &[u32],
) -> Result<Vec<u32>, Vec<u32>> {
    let mut visible: HashSet<u32> = HashSet::new();
    // For each key, the source of the last read of it and the writes that became visible since.
    let mut last: BTreeMap<u32, u32> = BTreeMap::new();
    let mut fresh: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut after: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, &read) in reads.iter().enumerate() {
        let (key, source) = (view.ops[read as usize].key, sources[read as usize]);
        if is_operation(source) {
            show(view, before, source, &mut visible, &mut fresh);
        }
        if source == NONE {
            continue;
        }
        let passed: Vec<u32> = fresh.remove(&key).unwrap_or_default();
        let left = last.insert(key, source).filter(|&old| old != source);
        for write in passed.into_iter().chain(left.filter(|&old| is_operation(old))) {
            if source == INITIAL {
                return Err(everything(view, sources, before, &reads[..=at]));
            }
            if write != source {
                after.entry(write).or_default().push(source);
            }
        }
    }
    for &id in &visible {
        for &first in &before.direct[id as usize] {
            after.entry(first).or_default().push(id);
        }
    }
    let order = sort(visible, after).ok_or_else(|| everything(view, sources, before, reads))?;
    Ok(order.into_iter().filter(|&id| !view.ops[id as usize].is_look()).collect())
}

/// Makes a write visible, with all that it brings along.
fn show(
    view: &View<'_>,
    before: &Before,
    write: u32,
    visible: &mut HashSet<u32>,
    fresh: &mut BTreeMap<u32, Vec<u32>>,
) {
    let mut todo = vec![write];
    while let Some(id) = todo.pop() {
        if visible.insert(id) {
            todo.extend(&before.direct[id as usize]);
            let op = &view.ops[id as usize];
            if op.makes != NONE {
                fresh.entry(op.key).or_default().push(id);
            }
        }
    }
}

/// An order of the writes that are visible; none if they run in a ring.
fn sort(visible: HashSet<u32>, after: BTreeMap<u32, Vec<u32>>) -> Option<Vec<u32>> {
    let mut waits: BTreeMap<u32, usize> = visible.into_iter().map(|id| (id, 0)).collect();
    for later in after.values().flatten() {
        *waits.get_mut(later)? += 1;
    }
    let mut ready: Vec<u32> =
        waits.iter().filter(|(_, waits)| **waits == 0).map(|(id, _)| *id).collect();
    let mut order = Vec::with_capacity(waits.len());
    while let Some(id) = ready.pop() {
        order.push(id);
        for later in after.get(&id).into_iter().flatten() {
            let waits = waits.get_mut(later)?;
            *waits -= 1;
            if *waits == 0 {
                ready.push(*later);
            }
        }
    }
    (order.len() == waits.len()).then_some(order)
}

/// The reads and all that they showed.
fn everything(view: &View<'_>, sources: &[u32], before: &Before, reads: &[u32]) -> Vec<u32> {
    let (mut visible, mut fresh) = (HashSet::new(), BTreeMap::new());
    for &read in reads.iter().filter(|&&read| is_operation(sources[read as usize])) {
        show(view, before, sources[read as usize], &mut visible, &mut fresh);
    }
    let mut all: Vec<u32> = visible.into_iter().chain(reads.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
