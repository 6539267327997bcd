//! Operations that may not have run. Those that see and make the same are alike: which of them took
//! its place does not matter once it has, only how many did. And what has not taken its place can
//! be left out, so whoever used fewer of them has lost nothing.

use std::collections::HashMap;

use crate::model::view::{NONE, View};

/// All operations that may not have run.
pub(super) struct Optional {
    pub(super) groups: Vec<Group>,
    /// For each operation its group and its place in it.
    seat: Vec<(u32, u32)>,
    /// How many of each group took their place, and the groups of which some did, without those
    /// that can no longer matter.
    used: Vec<u32>,
    in_use: Vec<u32>,
    /// Groups that can no longer matter, each with the number of steps at which that came out.
    buried: Vec<(u32, usize)>,
    /// For each cell the groups that make it, for each key its groups.
    of_cell: Vec<Vec<u32>>,
    of_key: Vec<Vec<u32>>,
}

/// Operations alike.
pub(super) struct Group {
    pub(super) key: u32,
    pub(super) sees: u32,
    pub(super) makes: u32,
    /// By start, each with the known operation of its client just before it.
    ops: Vec<(u32, u32)>,
    /// All before this place are taken.
    head: usize,
}

impl Optional {
    pub(super) fn new(view: &View<'_>) -> Optional {
        let mut optional = Optional {
            groups: Vec::new(),
            seat: vec![(NONE, NONE); view.ops.len()],
            used: Vec::new(),
            in_use: Vec::new(),
            buried: Vec::new(),
            of_cell: vec![Vec::new(); view.cell_keys.len()],
            of_key: vec![Vec::new(); view.initial.len()],
        };
        let mut last = vec![NONE; view.clients];
        let mut group_of = HashMap::new();
        for (id, op) in view.ops.iter().enumerate() {
            let id = id as u32;
            if !op.optional {
                last[op.client as usize] = id;
                continue;
            }
            // What leaves its key as it is might as well not have run.
            if op.sees == op.makes {
                continue;
            }
            let group = *group_of.entry((op.sees, op.makes)).or_insert_with(|| {
                let (key, sees, makes) = (op.key, op.sees, op.makes);
                let group = optional.groups.len();
                optional.of_cell[makes as usize].push(group as u32);
                optional.of_key[key as usize].push(group as u32);
                optional.groups.push(Group { key, sees, makes, ops: Vec::new(), head: 0 });
                group
            });
            let ops = &mut optional.groups[group].ops;
            optional.seat[id as usize] = (group as u32, ops.len() as u32);
            ops.push((id, last[op.client as usize]));
        }
        optional.used = vec![0; optional.groups.len()];
        optional
    }

    /// The groups that make a cell.
    pub(super) fn making(&self, cell: u32) -> &[u32] {
        &self.of_cell[cell as usize]
    }

    /// The groups of a key.
    pub(super) fn of_key(&self, key: u32) -> &[u32] {
        &self.of_key[key as usize]
    }

    /// The operation took its place; `taken` says so already.
    pub(super) fn take(&mut self, op: u32, taken: &[bool]) {
        let (group, _) = self.seat[op as usize];
        if group == NONE {
            return;
        }
        let facts = &mut self.groups[group as usize];
        while facts.ops.get(facts.head).is_some_and(|&(op, _)| taken[op as usize]) {
            facts.head += 1;
        }
        self.used[group as usize] += 1;
        if self.used[group as usize] == 1 {
            self.in_use.push(group);
        }
    }

    /// The operation gave its place back.
    pub(super) fn give_back(&mut self, op: u32) {
        let (group, place) = self.seat[op as usize];
        if group == NONE {
            return;
        }
        let facts = &mut self.groups[group as usize];
        facts.head = facts.head.min(place as usize);
        self.used[group as usize] -= 1;
        if self.used[group as usize] == 0 {
            self.in_use.retain(|&other| other != group);
        }
    }

    /// Leaves out of `used` the groups of which `matters` says that they no longer do, after so
    /// many steps.
    pub(super) fn bury(&mut self, steps: usize, matters: impl Fn(&Group) -> bool) {
        let (groups, buried) = (&self.groups, &mut self.buried);
        self.in_use.retain(|&group| {
            let matters = matters(&groups[group as usize]);
            if !matters {
                buried.push((group, steps));
            }
            matters
        });
    }

    /// Steps beyond this number are about to be undone.
    pub(super) fn unbury(&mut self, steps: usize) {
        while let Some((group, _)) = self.buried.pop_if(|&mut (_, at)| at > steps) {
            self.in_use.push(group);
        }
    }

    /// The groups of which some took their place and that still matter, each with how many.
    pub(super) fn used(&self, used: &mut Vec<(u32, u32)>) {
        used.clear();
        used.extend(self.in_use.iter().map(|&group| (group, self.used[group as usize])));
        used.sort_unstable();
    }
}

impl Group {
    /// Those left, by start, each with the known operation of its client just before it.
    pub(super) fn left<'a>(&'a self, taken: &'a [bool]) -> impl Iterator<Item = (u32, u32)> + 'a {
        self.ops[self.head..].iter().copied().filter(|&(op, _)| !taken[op as usize])
    }
}
