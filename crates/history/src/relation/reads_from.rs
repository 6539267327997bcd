//! Who saw what: for each operation that looked, the one that made the cell it saw.
//!
//! Where values are unique that is plain. Where they repeat, a level holds if it holds for some
//! assignment, so assignments are searched: what is plain first, then the others one by one, each
//! time asking whether what is assigned so far is already violated. More assignments only forbid
//! more, so a violated start of an assignment need not be finished.

use crate::budget::Meter;
use crate::levels::decision::{Cells, Decision, Proof};
use crate::levels::sequential;
use crate::model::view::{NONE, View};

/// Stands for nobody: the maker of the initial cells.
pub(crate) const INITIAL: u32 = NONE - 1;

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

/// Whether a source is a real operation.
pub(crate) fn is_operation(source: u32) -> bool {
    source < INITIAL
}

/// Which operations ran: those that certainly did, and those that somebody saw.
pub(crate) fn ran(view: &View<'_>, sources: &[u32]) -> Vec<bool> {
    let mut ran: Vec<bool> = view.ops.iter().map(|op| !op.maybe).collect();
    for &source in sources.iter().filter(|&&source| is_operation(source)) {
        ran[source as usize] = true;
    }
    ran
}

/// What each operation saw, if that is plain for all of them.
pub(crate) fn plain_sources(view: &View<'_>) -> Option<Vec<u32>> {
    let cells = Cells::new(view);
    let assignment = Assignment::new(view, &cells, &|_| true);
    (assignment.open.is_empty() && assignment.thin.is_none()).then_some(assignment.sources)
}

/// All that `id` can have seen, the likeliest first: what began last before it ended.
pub(crate) fn candidates(view: &View<'_>, cells: &Cells, id: u32) -> Vec<u32> {
    let op = &view.ops[id as usize];
    let mut found: Vec<u32> = Vec::new();
    if op.differs {
        let changes = cells.changes[op.key as usize].iter().copied();
        found.extend(changes.filter(|&other| view.ops[other as usize].makes != op.sees));
    } else {
        found.extend(cells.makers[op.sees as usize].iter().filter(|&&maker| maker != id));
    }
    if view.is_initial(op.sees) != op.differs {
        found.push(INITIAL);
    }
    let begins = |source: u32| match view.ops.get(source as usize) {
        // What began later than the read ended is the last to think of.
        Some(maker) if maker.start > op.end => (0, u64::MAX - maker.start),
        Some(maker) => (2, maker.start),
        None => (1, 0),
    };
    found.sort_by_key(|&source| std::cmp::Reverse(begins(source)));
    found
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
        let guess = || match sequential::judge(view, &mut meter.part(GUESS_STATES_MAX)) {
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
    match check(&search.sources, search.open.is_empty(), meter) {
        Checked::Clash(core) => return Decision::Violated(core),
        Checked::TooMuch(why) => return Decision::Undecided(why),
        Checked::Fits(orders) if search.open.is_empty() => {
            return Decision::Holds(search.proof(orders));
        }
        Checked::Fits(_) => {}
    }
    if let Some(sources) = guess.sources(view, meter) {
        let ours = |id: u32| looks(id) || search.sources[id as usize] != NONE;
        let guessed = (0..sources.len()).map(|id| if ours(id as u32) { sources[id] } else { NONE });
        let guessed: Vec<u32> = guessed.collect();
        if let Checked::Fits(orders) = check(&guessed, true, meter) {
            search.sources = guessed;
            return Decision::Holds(search.proof(orders));
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
            Checked::Fits(orders) if complete => return Decision::Holds(search.proof(orders)),
            Checked::Fits(_) => search.descend(),
            Checked::Clash(_) => {}
            Checked::TooMuch(why) => return Decision::Undecided(why),
        }
    }
}

/// One open choice on the way: whose source, from which candidates, which is next, and how many
/// operations were open when it was made.
struct Choice {
    id: u32,
    candidates: Vec<u32>,
    next: usize,
    /// What assigning the current candidate assigned besides.
    undo: Vec<u32>,
    opened: usize,
}

struct Assignment<'v, 'h, 'l> {
    view: &'v View<'h>,
    cells: &'v Cells,
    looks: &'l dyn Fn(u32) -> bool,
    sources: Vec<u32>,
    /// Operations that certainly looked and have no source yet.
    open: Vec<u32>,
    choices: Vec<Choice>,
    /// Bytes that the candidates of all choices take.
    bytes: usize,
    /// An operation that saw what nobody can have made.
    thin: Option<u32>,
}

impl<'v, 'h, 'l> Assignment<'v, 'h, 'l> {
    fn new(
        view: &'v View<'h>,
        cells: &'v Cells,
        looks: &'l dyn Fn(u32) -> bool,
    ) -> Assignment<'v, 'h, 'l> {
        let mut assignment = Assignment {
            view,
            cells,
            looks,
            sources: vec![NONE; view.ops.len()],
            open: Vec::new(),
            choices: Vec::new(),
            bytes: 0,
            thin: None,
        };
        let known = |&id: &u32| !view.ops[id as usize].maybe;
        let mut todo: Vec<u32> = (0..view.ops.len() as u32).filter(known).rev().collect();
        while let Some(id) = todo.pop() {
            if !assignment.must_look(id) || assignment.sources[id as usize] != NONE {
                continue;
            }
            match assignment.only_candidate(id) {
                Plain::None => {
                    assignment.thin = assignment.thin.or(Some(id));
                }
                Plain::One(source) => {
                    assignment.sources[id as usize] = source;
                    if is_operation(source) && view.ops[source as usize].maybe {
                        todo.push(source);
                    }
                }
                Plain::Several => assignment.open.push(id),
            }
        }
        // The earliest is decided first; it stands last.
        assignment.open.sort_unstable_by_key(|&id| std::cmp::Reverse(id));
        assignment.open.dedup();
        assignment
    }

    fn must_look(&self, id: u32) -> bool {
        self.view.ops[id as usize].sees != NONE && (self.looks)(id)
    }

    /// Tells the plain cases without listing all candidates.
    fn only_candidate(&self, id: u32) -> Plain {
        let op = &self.view.ops[id as usize];
        if op.differs {
            let changes = self.cells.changes[op.key as usize].len();
            let others = changes - self.cells.makers[op.sees as usize].len();
            let count = others + usize::from(!self.view.is_initial(op.sees));
            return match count {
                0 => Plain::None,
                1 => Plain::One(candidates(self.view, self.cells, id)[0]),
                _ => Plain::Several,
            };
        }
        match (&self.cells.makers[op.sees as usize][..], self.view.is_initial(op.sees)) {
            ([], true) => Plain::One(INITIAL),
            ([own], true) if *own == id => Plain::One(INITIAL),
            ([], false) => Plain::None,
            ([own], false) if *own == id => Plain::None,
            ([one], false) => Plain::One(*one),
            _ => Plain::Several,
        }
    }

    /// Makes the next open operation the current choice, at none of its candidates yet.
    fn descend(&mut self) {
        if let Some(id) = self.open.pop() {
            let candidates = candidates(self.view, self.cells, id);
            let opened = self.open.len();
            self.bytes += candidates.len() * size_of::<u32>();
            self.choices.push(Choice { id, candidates, next: 0, undo: Vec::new(), opened });
        }
    }

    /// Takes the next candidate of the current choice, or of one before it; false at the end.
    fn advance(&mut self) -> bool {
        while let Some(mut choice) = self.choices.pop() {
            for &id in &choice.undo {
                self.sources[id as usize] = NONE;
            }
            choice.undo.clear();
            self.open.truncate(choice.opened);
            let Some(&source) = choice.candidates.get(choice.next) else {
                self.open.push(choice.id);
                self.bytes -= choice.candidates.len() * size_of::<u32>();
                continue;
            };
            choice.next += 1;
            let fits = self.set(&mut choice, source);
            self.choices.push(choice);
            if fits {
                return true;
            }
        }
        false
    }

    /// Assigns a source, and those that follow from it: a source that may not have run did run,
    /// and so looked itself.
    fn set(&mut self, choice: &mut Choice, source: u32) -> bool {
        let (mut id, mut source) = (choice.id, source);
        loop {
            self.sources[id as usize] = source;
            choice.undo.push(id);
            if !is_operation(source)
                || !self.view.ops[source as usize].maybe
                || !self.must_look(source)
                || self.sources[source as usize] != NONE
                || self.open.contains(&source)
            {
                return true;
            }
            match self.only_candidate(source) {
                Plain::None => return false,
                Plain::One(next) => (id, source) = (source, next),
                Plain::Several => {
                    self.open.push(source);
                    return true;
                }
            }
        }
    }

    fn proof(&self, orders: Vec<(u32, Vec<u32>)>) -> Proof {
        let pairs = self.sources.iter().enumerate().map(|(id, &source)| (id as u32, source));
        Proof { orders, sources: pairs.filter(|&(_, source)| source != NONE).collect() }
    }
}

enum Plain {
    None,
    One(u32),
    Several,
}
