//! Makes a clash small. Operations are left out as long as the rest is still violated: whole keys,
//! whole clients, runs of operations, single ones.
//!
//! What is left out must not be able to create a violation, or the clash would prove nothing about
//! the whole history. So whoever saw a cell goes with any of the operations that may have made it,
//! and a failed cas goes with any write that may have been the reason for its failure. Then a legal
//! order of the whole, cut down to the rest, is a legal order of the rest.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::decision::Cells;
use crate::operation::Kind;
use crate::view::{NONE, Op, View};

/// The most operations that a clash may have for each of them to be tried by itself again and
/// again.
const THOROUGH_OPERATIONS_MAX: usize = 2_000;

/// A smallest part of `core` that is still violated, as `is_violated` says of parts of the view.
pub(crate) fn shrink(
    view: &View<'_>,
    real_time: bool,
    core: &[u32],
    mut is_violated: impl FnMut(&[u32]) -> bool,
) -> Vec<u32> {
    let mut kept = closed(view, real_time, core);
    if !is_violated(&kept) {
        // The core was not the whole reason, or deciding it took too long: start with everything.
        kept = (0..view.ops.len() as u32).collect();
    }
    let mut attempt = |kept: &mut Vec<u32>, out: &dyn Fn(usize, u32) -> bool| -> bool {
        let rest = without(view, real_time, kept, out);
        let smaller = rest.len() < kept.len() && is_violated(&rest);
        if smaller {
            *kept = rest;
        }
        smaller
    };
    for group in [|op: &Op| op.key, |op: &Op| op.client] {
        let of = |id: u32| group(&view.ops[id as usize]);
        let names: BTreeSet<u32> = kept.iter().map(|&id| of(id)).collect();
        if names.len() > 1 && names.len() <= THOROUGH_OPERATIONS_MAX {
            for name in names {
                attempt(&mut kept, &|_, id| of(id) == name);
            }
        }
    }
    // Delta debugging (Zeller & Hildebrandt 2002): ever smaller runs, the latest first.
    let mut run = kept.len() / 2;
    while run > 0 {
        let mut at = kept.len();
        let mut any = false;
        while at > 0 {
            let first = at.saturating_sub(run);
            any |= attempt(&mut kept, &|place, _| (first..at).contains(&place));
            at = first.min(kept.len());
        }
        if run > 1 {
            run /= 2;
        } else if !any || kept.len() > THOROUGH_OPERATIONS_MAX {
            break;
        }
    }
    kept
}

/// The core and everything it needs to be judged by itself: all that may have made what was seen.
/// Failed cas say little and need much; they stay only if all of their key's writes do.
fn closed(view: &View<'_>, real_time: bool, core: &[u32]) -> Vec<u32> {
    let cells = Cells::new(view);
    let mut kept = vec![false; view.ops.len()];
    let mut todo: Vec<u32> = core.to_vec();
    while let Some(id) = todo.pop() {
        let op = &view.ops[id as usize];
        if std::mem::replace(&mut kept[id as usize], true) {
            continue;
        }
        if op.observes() {
            todo.extend(&cells.makers[op.sees as usize]);
        }
        if op.maybe {
            // Who saw what it made is the evidence that it ran.
            let observers = &cells.observers[op.makes as usize];
            let known = observers.iter().find(|&&other| !view.ops[other as usize].maybe);
            todo.extend(known.map_or(&observers[..], std::slice::from_ref));
        }
    }
    let all: Vec<u32> = (0..view.ops.len() as u32).collect();
    without(view, real_time, &all, &|_, op| !kept[op as usize])
}

/// What is left of `kept` without those operations and without all that goes with them.
fn without(
    view: &View<'_>,
    real_time: bool,
    kept: &[u32],
    out: &dyn Fn(usize, u32) -> bool,
) -> Vec<u32> {
    let mut gone = Gone::default();
    let mut left: Vec<u32> = Vec::with_capacity(kept.len());
    for (place, &id) in kept.iter().enumerate() {
        if out(place, id) {
            gone.add(view, &view.ops[id as usize]);
        } else {
            left.push(id);
        }
    }
    loop {
        let before = left.len();
        left.retain(|&id| {
            let op = &view.ops[id as usize];
            let stays = !gone.takes_along(view, real_time, op);
            if !stays {
                gone.add(view, op);
            }
            stays
        });
        if left.len() == before {
            return left;
        }
    }
}

/// The cells that somebody who was left out may have made.
#[derive(Default)]
struct Gone {
    cells: HashSet<u32>,
    /// For each key, one or two of them; two are as bad as many.
    of_key: HashMap<u32, [u32; 2]>,
    /// For each key with updates, the first start of a change that was left out.
    updates_from: HashMap<u32, u64>,
}

impl Gone {
    fn add(&mut self, view: &View<'_>, op: &Op) {
        if op.makes != NONE && view.has_updates[op.key as usize] {
            let from = self.updates_from.entry(op.key).or_insert(u64::MAX);
            *from = op.start.min(*from);
        } else if op.makes != NONE && self.cells.insert(op.makes) {
            let two = self.of_key.entry(op.key).or_insert([NONE; 2]);
            let place = usize::from(two[0] != NONE);
            two[place] = op.makes;
        }
    }

    /// Whether the operation rests on one that was left out.
    fn takes_along(&self, view: &View<'_>, real_time: bool, op: &Op) -> bool {
        if view.has_updates[op.key as usize] {
            // What was over before a change began cannot have seen it, where real time counts.
            let from = self.updates_from.get(&op.key).copied();
            let looks = !matches!(
                view.history.operations[op.index as usize].kind,
                Kind::Write { .. } | Kind::Append { .. }
            );
            return looks && from.is_some_and(|from| !real_time || op.end >= from);
        }
        if op.differs {
            let two = self.of_key.get(&op.key).copied().unwrap_or([NONE; 2]);
            return two.iter().any(|&cell| cell != NONE && cell != op.sees);
        }
        op.sees != NONE && self.cells.contains(&op.sees)
    }
}
