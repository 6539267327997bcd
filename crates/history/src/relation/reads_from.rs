//! Who saw what: for each operation that looked, the one that made the cell it saw.
//!
//! Where values are unique that is plain. Where they repeat, an assignment says it: what is plain
//! first, then the others one by one, each from all that it can have seen.

use crate::model::view::{INITIAL, NONE, View, is_operation};
use crate::relation::cells::Cells;

/// Which operations ran: those that certainly did, and those that somebody saw.
pub(crate) fn ran(view: &View<'_>, sources: &[u32]) -> Vec<bool> {
    let mut ran: Vec<bool> = view.ops.iter().map(|op| !op.optional).collect();
    for &source in sources.iter().filter(|&&source| is_operation(source)) {
        ran[source as usize] = true;
    }
    if view.is_whole {
        for moment in view.moments() {
            let any = moment.iter().any(|&id| ran[id as usize]);
            moment.iter().for_each(|&id| ran[id as usize] = any);
        }
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

/// What is assigned so far, and how to go on.
pub(crate) struct Assignment<'v, 'h, 'l> {
    view: &'v View<'h>,
    cells: &'v Cells,
    looks: &'l dyn Fn(u32) -> bool,
    /// For each operation the maker of what it saw; `NONE`: not assigned yet.
    pub(crate) sources: Vec<u32>,
    /// Operations that certainly looked and have no source yet.
    pub(crate) open: Vec<u32>,
    choices: Vec<Choice>,
    /// Bytes that the candidates of all choices take.
    pub(crate) bytes: usize,
    /// An operation that saw what nobody can have made.
    pub(crate) thin: Option<u32>,
}

impl<'v, 'h, 'l> Assignment<'v, 'h, 'l> {
    /// Assigns what is plain to those that `looks` names.
    pub(crate) fn new(
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
        let known = |&id: &u32| !view.ops[id as usize].optional;
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
                    if is_operation(source) && view.ops[source as usize].optional {
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
    pub(crate) fn descend(&mut self) {
        if let Some(id) = self.open.pop() {
            let candidates = candidates(self.view, self.cells, id);
            let opened = self.open.len();
            self.bytes += candidates.len() * size_of::<u32>();
            self.choices.push(Choice { id, candidates, next: 0, undo: Vec::new(), opened });
        }
    }

    /// Takes the next candidate of the current choice, or of one before it; false at the end.
    pub(crate) fn advance(&mut self) -> bool {
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
                || !self.view.ops[source as usize].optional
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
}

/// What an operation can have seen.
enum Plain {
    None,
    One(u32),
    Several,
}
