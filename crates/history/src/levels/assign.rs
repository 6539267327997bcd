//! A level that holds if it holds for some assignment of what was seen: assignments are searched,
//! what is plain first, then the others one by one, each time asking whether what is assigned so
//! far is already violated. More assignments only forbid more, so a violated start of an assignment
//! need not be finished.

use crate::budget::Meter;
use crate::levels::decision::{Decision, Proof};
use crate::levels::{sequential, transactions};
use crate::model::view::{INITIAL, NONE, View};
use crate::relation::cells::Cells;
use crate::relation::reads_from::Assignment;

/// What a check says about assignments made so far.
pub(crate) enum Checked {
    /// Nothing speaks against them; if all are made, the orders that prove the level, each with an
    /// operation of the reader for whom it is.
    Fits(Vec<(u32, Vec<u32>)>),
    /// These operations alone speak against them.
    Clash(Vec<u32>),
    /// It would have cost too much to know.
    TooMuch(String),
}

/// What a legal order of everything would assign, if one is easily found: the first guess where
/// values repeat. It is looked for once.
#[derive(Default)]
pub(crate) struct Guess(Option<Option<Vec<u32>>>);

/// States that may be spent on the first guess.
const GUESS_STATES_MAX: u64 = 100_000;

impl Guess {
    /// A legal order of everything that keeps each client's order.
    pub(crate) fn order(&mut self, view: &View<'_>, meter: &Meter) -> Option<&[u32]> {
        let mut part = meter.part(GUESS_STATES_MAX);
        let mut judge = || match view.is_whole {
            true => transactions::judge(view, false, &mut part),
            false => sequential::judge(view, &mut part),
        };
        let guess = || match judge() {
            Decision::Holds(proof) => proof.orders.into_iter().next().map(|(_, order)| order),
            _ => None,
        };
        self.0.get_or_insert_with(guess).as_deref()
    }

    /// What the operations see in that order.
    fn sources(&mut self, view: &View<'_>, meter: &Meter) -> Option<Vec<u32>> {
        let order = self.order(view, meter)?;
        let mut sources = vec![NONE; view.ops.len()];
        let mut holds = vec![INITIAL; view.initial.len()];
        for &id in order {
            let op = &view.ops[id as usize];
            if op.sees != NONE {
                sources[id as usize] = holds[op.key as usize];
            }
            if op.makes != NONE {
                holds[op.key as usize] = id;
            }
        }
        Some(sources)
    }
}

/// Searches for an assignment to all operations that `looks` names, which `check` accepts. The
/// check is told the sources (`NONE`: not assigned yet) and whether they are complete.
pub(crate) fn assign(
    view: &View<'_>,
    looks: impl Fn(u32) -> bool,
    guess: &mut Guess,
    meter: &mut Meter,
    mut check: impl FnMut(&[u32], bool, &mut Meter) -> Checked,
) -> Decision {
    let cells = Cells::new(view);
    let mut search = Assignment::new(view, &cells, &looks);
    if let Some(id) = search.thin {
        return Decision::Violated(vec![id]);
    }
    if search.open.is_empty() {
        let sources = search.sources;
        // A check takes much memory, and needs no cells.
        drop(cells);
        return match check(&sources, true, meter) {
            Checked::Fits(orders) => Decision::Holds(proof(&sources, orders)),
            Checked::Clash(core) => Decision::Violated(core),
            Checked::TooMuch(why) => Decision::Undecided(why),
        };
    }
    match check(&search.sources, false, meter) {
        Checked::Clash(core) => return Decision::Violated(core),
        Checked::TooMuch(why) => return Decision::Undecided(why),
        Checked::Fits(_) => {}
    }
    if let Some(sources) = guess.sources(view, meter) {
        let ours = |id: u32| looks(id) || search.sources[id as usize] != NONE;
        let guessed = (0..sources.len()).map(|id| if ours(id as u32) { sources[id] } else { NONE });
        let guessed: Vec<u32> = guessed.collect();
        if let Checked::Fits(orders) = check(&guessed, true, meter) {
            search.sources = guessed;
            return Decision::Holds(proof(&search.sources, orders));
        }
    }
    search.descend();
    loop {
        if !meter.visit(search.bytes) || !meter.check_time() {
            return Decision::Undecided(meter.reason());
        }
        if !search.advance() {
            return Decision::Violated((0..view.ops.len() as u32).collect());
        }
        let complete = search.open.is_empty();
        match check(&search.sources, complete, meter) {
            Checked::Fits(orders) if complete => {
                return Decision::Holds(proof(&search.sources, orders));
            }
            Checked::Fits(_) => search.descend(),
            Checked::Clash(_) => {}
            Checked::TooMuch(why) => return Decision::Undecided(why),
        }
    }
}

/// The orders, and what is assigned: pairs of an operation and the maker of what it saw.
fn proof(assigned: &[u32], orders: Vec<(u32, Vec<u32>)>) -> Proof {
    let pairs = assigned.iter().enumerate().map(|(id, &source)| (id as u32, source));
    let sources = pairs.filter(|&(_, source)| source != NONE).collect();
    Proof { orders, sources, ..Proof::default() }
}
