//! Makes a clash small. Operations are left out as long as the rest is still violated: whole keys,
//! whole clients, runs of operations, single ones.
//!
//! What is left out must not be able to create a violation, or the clash would prove nothing about
//! the whole history. So whoever may have seen what is left out goes with it: then a legal order of
//! the whole, cut down to the rest, is a legal order of the rest. Who saw a cell may have seen any
//! of its makers, but where real time counts none that began after it ended, and none that another
//! change must have hidden before it began; and one maker always stays. A failed cas may have
//! failed because of any maker of another cell.

use std::collections::{BTreeSet, HashMap};

use crate::budget::{Meter, effort};
use crate::model::operation::Kind;
use crate::model::view::{NEVER, NONE, Op, View};
use crate::relation::cells::Cells;
use crate::search::hidden_after;

/// The most operations that a clash may have for each of them to be tried by itself again and
/// again.
const THOROUGH_OPERATIONS_MAX: usize = 2_000;

/// A smallest part of `core` that is still violated, as `is_violated` says of parts of the view;
/// `None` from it is the end: no more may be tried.
pub(crate) fn shrink(
    view: &View<'_>,
    real_time: bool,
    core: &[u32],
    meter: &mut Meter,
    mut is_violated: impl FnMut(&[u32]) -> Option<bool>,
) -> Vec<u32> {
    let start = |makers: &Vec<u32>| makers.first().map_or(NEVER, |&id| view.ops[id as usize].start);
    let first_start = Cells::new(view).makers.iter().map(start).collect();
    let hidden_after = hidden_after(view, real_time);
    let rules = Rules { view, real_time, hidden_after, first_start };
    let closed = rules.closed(core, meter);
    let mut kept = match closed.filter(|kept| is_violated(kept) == Some(true)) {
        Some(kept) => kept,
        // The core was not the whole reason, or deciding it took too long: start with everything.
        None => (0..view.ops.len() as u32).collect(),
    };
    narrow(view, &mut kept, |kept, out| {
        let rest = rules.without(kept, out, meter)?;
        let smaller = rest.len() < kept.len() && is_violated(&rest)?;
        if smaller {
            *kept = rest;
        }
        Some(smaller)
    });
    kept
}

/// Leaves out of `kept` what `attempt` can leave out, until that says that it is the end.
fn narrow(
    view: &View<'_>,
    kept: &mut Vec<u32>,
    mut attempt: impl FnMut(&mut Vec<u32>, &dyn Fn(usize, u32) -> bool) -> Option<bool>,
) -> Option<()> {
    for group in [|op: &Op| op.key, |op: &Op| op.client] {
        let of = |id: u32| group(&view.ops[id as usize]);
        let names: BTreeSet<u32> = kept.iter().map(|&id| of(id)).collect();
        if names.len() > 1 && names.len() <= THOROUGH_OPERATIONS_MAX {
            for name in names {
                attempt(kept, &|_, id| of(id) == name)?;
            }
        }
    }
    // Delta debugging (Zeller & Hildebrandt 2002): ever smaller runs, the latest first.
    let mut run = kept.len() / 2;
    // Single operations that were tried in vain, one after the other: all of them is enough.
    let mut in_vain = 0;
    while run > 0 && in_vain < kept.len() {
        let mut at = kept.len();
        while at > 0 && in_vain < kept.len() {
            let first = at.saturating_sub(run);
            let smaller = attempt(kept, &|place, _| (first..at).contains(&place))?;
            in_vain = if smaller || run > 1 { 0 } else { in_vain + 1 };
            at = first.min(kept.len());
        }
        if run > 1 {
            run /= 2;
        } else if kept.len() > THOROUGH_OPERATIONS_MAX {
            break;
        }
    }
    Some(())
}

/// What goes with what.
struct Rules<'v, 'h> {
    view: &'v View<'h>,
    real_time: bool,
    /// For each maker, the time from which on nobody can begin and see what it made.
    hidden_after: Vec<u64>,
    /// For each cell, when its first maker began.
    first_start: Vec<u64>,
}

impl Rules<'_, '_> {
    /// The core and everything it needs to be judged by itself: all that may have made what was
    /// seen, and the evidence that what may not have run did.
    fn closed(&self, core: &[u32], meter: &mut Meter) -> Option<Vec<u32>> {
        let view = self.view;
        let cells = Cells::new(view);
        let whole = Whole::new(view);
        let mut kept = vec![false; view.ops.len()];
        let mut is_seen = vec![false; view.cell_keys.len()];
        let mut todo: Vec<u32> = core.to_vec();
        while let Some(id) = todo.pop() {
            let op = &view.ops[id as usize];
            if std::mem::replace(&mut kept[id as usize], true) {
                continue;
            }
            todo.extend(whole.with(id));
            if op.observes() && !std::mem::replace(&mut is_seen[op.sees as usize], true) {
                todo.extend(&cells.makers[op.sees as usize]);
            }
            if op.optional {
                // Who saw what it made is the evidence that it ran.
                let observers = &cells.observers[op.makes as usize];
                let known = observers.iter().find(|&&other| !view.ops[other as usize].optional);
                todo.extend(known.map_or(&observers[..], std::slice::from_ref));
            }
        }
        let all: Vec<u32> = (0..view.ops.len() as u32).collect();
        self.without(&all, &|_, op| !kept[op as usize], meter)
    }

    /// What is left of `kept` without those operations and without all that goes with them; `None`
    /// where the budget is spent.
    fn without(
        &self,
        kept: &[u32],
        out: &dyn Fn(usize, u32) -> bool,
        meter: &mut Meter,
    ) -> Option<Vec<u32>> {
        let mut gone: Vec<u32> = Vec::new();
        let mut left: Vec<u32> = Vec::with_capacity(kept.len());
        for (place, &id) in kept.iter().enumerate() {
            if out(place, id) { gone.push(id) } else { left.push(id) }
        }
        // A transaction goes as a whole.
        let torn = |gone: &[u32]| -> BTreeSet<u32> {
            gone.iter().filter_map(|&id| self.view.transaction(id)).collect()
        };
        loop {
            effort::spend(kept.len());
            if !meter.steps(kept.len()) {
                return None;
            }
            let missing = Missing::new(self, &gone, &left);
            let (before, torn) = (gone.len(), torn(&gone));
            let is_torn = |id| self.view.transaction(id).is_some_and(|one| torn.contains(&one));
            left.retain(|&id| {
                let stays = !missing.takes_along(self, id) && !is_torn(id);
                if !stays {
                    gone.push(id);
                }
                stays
            });
            if gone.len() == before {
                return Some(left);
            }
            gone.sort_unstable();
        }
    }
}

/// The other parts of each operation's transaction.
struct Whole {
    moments: Vec<Vec<u32>>,
    moment_of: Vec<u32>,
}

impl Whole {
    fn new(view: &View<'_>) -> Whole {
        let moments = if view.is_whole { view.moments() } else { Vec::new() };
        let mut moment_of = if view.is_whole { vec![0; view.ops.len()] } else { Vec::new() };
        for (number, moment) in moments.iter().enumerate() {
            moment.iter().for_each(|&id| moment_of[id as usize] = number as u32);
        }
        Whole { moments, moment_of }
    }

    /// All parts of the same transaction.
    fn with(&self, id: u32) -> &[u32] {
        let moment = self.moment_of.get(id as usize);
        moment.map_or(&[], |&number| &self.moments[number as usize])
    }
}

/// Makers that were left out: by ascending start, each with the latest time until which it or one
/// before it can be seen.
type Makers = Vec<(u64, u64)>;

/// What was left out, as those who may have seen it ask.
#[derive(Default)]
struct Missing {
    /// For each cell, its makers.
    cells: HashMap<u32, Makers>,
    /// For each key, all makers with their cells.
    keys: HashMap<u32, Vec<(u64, u64, u32)>>,
    /// For each key with updates, the first start of a change.
    updates: HashMap<u32, u64>,
    /// When the first of those who are left to make a cell began.
    left: HashMap<u32, u64>,
}

impl Missing {
    /// `gone` is given in ascending order, which is by start.
    fn new(rules: &Rules<'_, '_>, gone: &[u32], left: &[u32]) -> Missing {
        let mut missing = Missing::default();
        for op in left.iter().map(|&id| &rules.view.ops[id as usize]) {
            missing.left.entry(op.makes).or_insert(op.start);
        }
        for &id in gone {
            let op = &rules.view.ops[id as usize];
            if op.makes == NONE {
                continue;
            }
            if rules.view.has_updates[op.key as usize] {
                missing.updates.entry(op.key).or_insert(op.start);
                continue;
            }
            let until = rules.hidden_after[id as usize];
            let of_cell = missing.cells.entry(op.makes).or_default();
            let latest = of_cell.last().map_or(until, |&(_, latest)| latest.max(until));
            of_cell.push((op.start, latest));
            missing.keys.entry(op.key).or_default().push((op.start, until, op.makes));
        }
        missing
    }

    /// Whether the operation may rest on one that was left out.
    fn takes_along(&self, rules: &Rules<'_, '_>, id: u32) -> bool {
        let op = &rules.view.ops[id as usize];
        // Without real time, anybody may have seen anything.
        let (begins, ends) = if rules.real_time { (op.start, op.end) } else { (0, u64::MAX) };
        if rules.view.has_updates[op.key as usize] {
            let kind = &rules.view.operation(id).kind;
            let blind = matches!(kind, Kind::Write { .. } | Kind::Append { .. });
            return !blind && self.updates.get(&op.key).is_some_and(|&first| first <= ends);
        }
        if op.differs {
            let makers = self.keys.get(&op.key).map(Vec::as_slice).unwrap_or_default();
            return makers
                .iter()
                .any(|&(start, until, cell)| cell != op.sees && start <= ends && begins <= until);
        }
        if op.sees == NONE {
            return false;
        }
        // One maker stays beside those who saw the cell, if possible one that began in time: a read
        // is understood beside its write.
        let first = rules.first_start[op.sees as usize];
        let until = if first <= ends { ends } else { NEVER - 1 };
        let stays = self.left.get(&op.sees).is_some_and(|&left| left <= until);
        if first != NEVER && !stays && !rules.view.is_initial(op.sees) {
            return true;
        }
        let Some(makers) = self.cells.get(&op.sees) else { return false };
        let started = makers.partition_point(|&(start, _)| start <= ends);
        started > 0 && begins <= makers[started - 1].1
    }
}
