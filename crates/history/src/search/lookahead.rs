//! What is still to come: who will look for a cell, who can still make it, and until when the next
//! write of a key must have come. It tells which cells nobody will see any more.

use crate::model::view::{NEVER, NONE, View};
use crate::relation::cells::Cells;

/// Operations in a fixed order, of which those that took their place are skipped.
#[derive(Clone, Default)]
struct Queue {
    ops: Vec<u32>,
    /// All before this place are gone.
    head: usize,
}

impl Queue {
    fn first(&self) -> Option<u32> {
        self.ops.get(self.head).copied()
    }

    fn skip(&mut self, taken: &[bool]) {
        while self.ops.get(self.head).is_some_and(|&op| taken[op as usize]) {
            self.head += 1;
        }
    }

    /// The first that is left, `besides` left out.
    fn first_besides(&self, besides: u32, taken: &[bool]) -> Option<u32> {
        let mut left = self.ops[self.head..].iter().copied();
        left.find(|&op| op != besides && !taken[op as usize])
    }
}

/// What is still to come.
pub(super) struct Lookahead {
    /// For each cell, who must see it, by start.
    observers: Vec<Queue>,
    /// For each cell, who can make it, by start.
    makers: Vec<Queue>,
    /// For each key, the cas that failed, by start.
    failed: Vec<Queue>,
    /// For each key, the known operations that change it, by end.
    changes: Vec<Queue>,
    /// The place of each operation in the queue where it observes (or failed), makes and changes.
    places: Vec<[u32; 3]>,
    /// For each operation that makes a cell: whoever begins later comes behind another change that
    /// comes behind this one, and so cannot see it.
    hidden_after: Vec<u64>,
    real_time: bool,
}

impl Lookahead {
    pub(super) fn new(view: &View<'_>, real_time: bool) -> Lookahead {
        let cells = Cells::new(view);
        let queues = |lists: Vec<Vec<u32>>| -> Vec<Queue> {
            lists.into_iter().map(|ops| Queue { ops, head: 0 }).collect()
        };
        let hidden_after = hidden_after(view, real_time);
        let mut changes = changes(view);
        changes.iter_mut().for_each(|ops| ops.sort_by_key(|&op| view.ops[op as usize].end));
        let mut lookahead = Lookahead {
            observers: queues(cells.observers),
            makers: queues(cells.makers),
            failed: queues(cells.failed),
            changes: queues(changes),
            places: vec![[NONE; 3]; view.ops.len()],
            hidden_after,
            real_time,
        };
        let looking = lookahead.observers.iter().chain(&lookahead.failed);
        for (kind, queue) in looking
            .map(|queue| (0, queue))
            .chain(lookahead.makers.iter().map(|queue| (1, queue)))
            .chain(lookahead.changes.iter().map(|queue| (2, queue)))
        {
            for (place, &op) in queue.ops.iter().enumerate() {
                lookahead.places[op as usize][kind] = place as u32;
            }
        }
        lookahead
    }

    fn queues_of(&mut self, view: &View<'_>, op: u32) -> [Option<(&mut Queue, usize)>; 3] {
        let facts = &view.ops[op as usize];
        let [look, make, change] = self.places[op as usize].map(|place| place as usize);
        let looking = match (facts.sees, facts.differs) {
            (NONE, _) => None,
            (_, true) => Some((&mut self.failed[facts.key as usize], look)),
            (cell, false) => Some((&mut self.observers[cell as usize], look)),
        };
        let making = (facts.makes != NONE).then(|| (&mut self.makers[facts.makes as usize], make));
        let changing = (facts.makes != NONE && !facts.optional)
            .then(|| (&mut self.changes[facts.key as usize], change));
        [looking, making, changing]
    }

    /// The operation took its place; `taken` says so already.
    pub(super) fn take(&mut self, view: &View<'_>, op: u32, taken: &[bool]) {
        for (queue, _) in self.queues_of(view, op).into_iter().flatten() {
            queue.skip(taken);
        }
    }

    /// The operation gave its place back.
    pub(super) fn give_back(&mut self, view: &View<'_>, op: u32) {
        for (queue, place) in self.queues_of(view, op).into_iter().flatten() {
            queue.head = queue.head.min(place);
        }
    }

    /// Whether nobody who begins by `until` will look at this cell, nor at what its key holds.
    fn unseen_until(&self, view: &View<'_>, cell: u32, until: u64) -> bool {
        let later =
            |queue: &Queue| queue.first().is_none_or(|op| view.ops[op as usize].start > until);
        let key = view.cell_keys[cell as usize];
        later(&self.observers[cell as usize]) && later(&self.failed[key as usize])
    }

    /// Whether somebody who is left looks for this cell.
    pub(super) fn is_awaited(&self, view: &View<'_>, cell: u32) -> bool {
        !self.unseen_until(view, cell, NEVER)
    }

    /// Whether nobody will see this cell, which its key holds now: who looks for it begins only
    /// after another change of the key must have come.
    pub(super) fn is_held_in_vain(&self, view: &View<'_>, cell: u32) -> bool {
        let key = view.cell_keys[cell as usize];
        let next = self.changes[key as usize].first().filter(|_| self.real_time);
        self.unseen_until(view, cell, next.map_or(NEVER, |op| view.ops[op as usize].end))
    }

    /// Whether nobody will see what this operation, which is still to come, makes.
    pub(super) fn is_made_in_vain(&self, view: &View<'_>, op: u32) -> bool {
        let until = self.hidden_after[op as usize];
        self.unseen_until(view, view.ops[op as usize].makes, until)
    }

    /// Whether an operation that looks for a cell which is not there can still get it.
    pub(super) fn is_in_reach(&self, view: &View<'_>, op: u32, taken: &[bool]) -> bool {
        let facts = &view.ops[op as usize];
        let maker = self.makers[facts.sees as usize].first_besides(op, taken);
        let limit = if self.real_time { facts.end } else { NEVER };
        maker.is_some_and(|maker| view.ops[maker as usize].start <= limit)
    }
}

/// For each key, the known operations that change it, by start.
fn changes(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut changes = view.by_key();
    for ops in &mut changes {
        ops.retain(|&op| {
            let op = &view.ops[op as usize];
            op.makes != NONE && !op.optional
        });
    }
    changes
}

/// For each operation that makes a cell, the first end of a change that begins after it ended:
/// whoever begins later than that cannot see what it made.
pub(crate) fn hidden_after(view: &View<'_>, real_time: bool) -> Vec<u64> {
    let mut hidden_after = vec![NEVER; view.ops.len()];
    if !real_time {
        return hidden_after;
    }
    let changes = changes(view);
    let mut first_end = vec![NEVER; view.ops.len()];
    for ops in &changes {
        let mut first = NEVER;
        for &op in ops.iter().rev() {
            first = first.min(view.ops[op as usize].end);
            first_end[op as usize] = first;
        }
    }
    for (id, op) in view.ops.iter().enumerate().filter(|(_, op)| op.makes != NONE && !op.optional) {
        let changes = &changes[op.key as usize];
        let later = changes.partition_point(|&other| view.ops[other as usize].start <= op.end);
        hidden_after[id] = changes.get(later).map_or(NEVER, |&first| first_end[first as usize]);
    }
    hidden_after
}
