//! Who makes each cell and who sees it, and which operations can matter at all.

use crate::model::view::{NONE, View};

/// Where each cell comes from and who looks at it.
pub(crate) struct Cells {
    /// For each cell, the operations that make it, in the order of the view.
    pub(crate) makers: Vec<Vec<u32>>,
    /// For each cell, the operations that must see it, in the order of the view.
    pub(crate) observers: Vec<Vec<u32>>,
    /// For each key, the cas that failed.
    pub(crate) failed: Vec<Vec<u32>>,
    /// For each key, the operations that make one of its cells.
    pub(crate) changes: Vec<Vec<u32>>,
}

impl Cells {
    pub(crate) fn new(view: &View<'_>) -> Cells {
        let cells = view.cell_keys.len();
        let mut makers = vec![Vec::new(); cells];
        let mut observers = vec![Vec::new(); cells];
        let mut failed = vec![Vec::new(); view.initial.len()];
        let mut changes = vec![Vec::new(); view.initial.len()];
        for (id, op) in view.ops.iter().enumerate() {
            let id = id as u32;
            if op.makes != NONE {
                makers[op.makes as usize].push(id);
                changes[op.key as usize].push(id);
            }
            if op.observes() {
                observers[op.sees as usize].push(id);
            }
            if op.differs {
                failed[op.key as usize].push(id);
            }
        }
        Cells { makers, observers, failed, changes }
    }

    /// The first operation that certainly saw a cell nobody can have made.
    pub(crate) fn thin_air(&self, view: &View<'_>) -> Option<u32> {
        (0..view.ops.len() as u32).find(|&id| {
            let op = &view.ops[id as usize];
            let explained =
                || view.is_initial(op.sees) || !self.makers[op.sees as usize].is_empty();
            op.observes() && !op.optional && !view.has_updates[op.key as usize] && !explained()
        })
    }
}

/// The operations of the view that can matter: an operation that may not have run might as well
/// not have run if nothing that is known leads back to what it made, unless a failed cas may need
/// it as the reason why it failed.
pub(crate) fn needed(view: &View<'_>) -> Vec<u32> {
    let count = view.ops.len() as u32;
    if !view.ops.iter().any(|op| op.optional) {
        return (0..count).collect();
    }
    let cells = Cells::new(view);
    let failed = |id: u32| !cells.failed[view.ops[id as usize].key as usize].is_empty();
    let mut kept = vec![false; count as usize];
    let mut is_seen = vec![false; view.cell_keys.len()];
    let mut todo: Vec<u32> =
        (0..count).filter(|&id| !view.ops[id as usize].optional || failed(id)).collect();
    while let Some(id) = todo.pop() {
        let op = &view.ops[id as usize];
        if std::mem::replace(&mut kept[id as usize], true) || !op.observes() {
            continue;
        }
        if !std::mem::replace(&mut is_seen[op.sees as usize], true) {
            todo.extend(&cells.makers[op.sees as usize]);
        }
    }
    (0..count).filter(|&id| kept[id as usize]).collect()
}
