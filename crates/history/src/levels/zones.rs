//! Linearizability of one key in O(n log n), where it is known which write each read returned
//! (Gibbons & Korach 1997, "Testing Shared Memories", section 4.2).
//!
//! A write and the reads that returned it must stand together in any legal order: they are a
//! *group*. A cas joins its group to the one it saw, directly behind it. Group A must come before
//! group B if some operation of A ended before one of B began, that is if `A.first_end <
//! B.last_start`. A cycle of such groups contains two that must each come before the other: let B
//! have the greatest `last_start` of the cycle; every group in it precedes B, and B precedes the
//! next one. So it is enough to compare pairs, and a sweep over the sorted zones does that.
//!
//! Operations of one client whose times touch overlap by their times, yet keep their order. Those
//! few orders are edges beside the zones; with them a topological sort has the last word.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::model::view::{NONE, View};
use crate::relation::cells::Cells;

/// What the zones of one key say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Zones {
    /// It is not known which write each read returned, so this test does not apply.
    Ambiguous,
    /// The key is linearizable in this order.
    Order(Vec<u32>),
    /// It is not.
    Clash(Clash),
}

/// Why one key is not linearizable, in ids of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clash {
    /// `second` follows from `first` (it read what `first` wrote, or what was written later), but
    /// ended before `first` began; `path` holds what leads from one to the other.
    Backwards { first: u32, second: u32, path: Vec<u32> },
    /// Two cas replaced the same value, which was written once.
    Twice { cas: [u32; 2], path: Vec<u32> },
    /// A cycle of cas, none of which can be the first.
    Rootless { path: Vec<u32> },
    /// Of two groups each must come before the other: `before[0]` of the older group ended before
    /// `before[1]` of the newer one began, and `after[0]` of the newer ended before `after[1]` of
    /// the older began.
    Between { before: [u32; 2], after: [u32; 2], path: Vec<u32> },
    /// Groups that stand in a cycle once clients' orders count where times touch.
    Cycle { path: Vec<u32> },
}

impl Clash {
    /// All operations of the clash.
    pub(crate) fn operations(&self) -> Vec<u32> {
        let (own, path): (&[u32], &Vec<u32>) = match self {
            Clash::Backwards { first, second, path } => (&[*first, *second], path),
            Clash::Twice { cas, path } => (cas, path),
            Clash::Rootless { path } | Clash::Cycle { path } => (&[], path),
            Clash::Between { before, after, path } => {
                (&[before[0], before[1], after[0], after[1]], path)
            }
        };
        let mut all: Vec<u32> = own.iter().chain(path).copied().filter(|&op| op != NONE).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Operations that must stand together in the given order.
struct Group {
    ops: Vec<u32>,
    /// The end that comes first, one later than recorded, so that 0 lies before all times.
    first_end: u64,
    /// Who has it; `NONE` for the initial value, which was there before all.
    first_ender: u32,
    /// The start that comes last, one later than recorded; 0 if there is none.
    last_start: u64,
    last_starter: u32,
}

/// Judges one key: `view` has operations of one key only.
pub(crate) fn judge(view: &View<'_>) -> Zones {
    let cells = Cells::new(view);
    if !is_unambiguous(view, &cells) {
        return Zones::Ambiguous;
    }
    let groups = match gather(view, &cells) {
        Ok(groups) => groups,
        Err(clash) => return Zones::Clash(clash),
    };
    let clash = groups.iter().find_map(|group| backwards(view, &cells, group));
    if let Some(clash) = clash.or_else(|| overlap(&groups)) {
        return Zones::Clash(clash.with_path(view, &cells));
    }
    arrange(view, &groups)
}

/// Whether each cell that is seen has exactly one origin, and every operation took part.
fn is_unambiguous(view: &View<'_>, cells: &Cells) -> bool {
    let one_origin = |cell: usize| {
        let origins = cells.makers[cell].len() + usize::from(view.is_initial(cell as u32));
        cells.observers[cell].is_empty() || origins == 1
    };
    cells.failed.iter().all(Vec::is_empty)
        && view.ops.iter().all(|op| !op.optional || !cells.observers[op.makes as usize].is_empty())
        && (0..view.cell_keys.len()).all(one_origin)
}

/// The groups: the initial value's first if there is any reader of it, then one for each write.
fn gather(view: &View<'_>, cells: &Cells) -> Result<Vec<Group>, Clash> {
    let mut groups = Vec::new();
    let mut placed = 0;
    let initial = view.ops.first().map_or(NONE, |op| view.initial[op.key as usize]);
    let roots = std::iter::once(NONE)
        .chain((0..view.ops.len() as u32).filter(|&id| view.ops[id as usize].is_blind_write()));
    for root in roots {
        let mut group = Group {
            ops: Vec::new(),
            first_end: if root == NONE { 0 } else { u64::MAX },
            first_ender: NONE,
            last_start: 0,
            last_starter: NONE,
        };
        let (mut cell, mut next) = (initial, root);
        loop {
            if next != NONE {
                group.push(view, next);
                cell = view.ops[next as usize].makes;
                // Of a value written twice, which nobody saw, each write stands alone.
                if cells.observers.get(cell as usize).is_none_or(Vec::is_empty) {
                    break;
                }
            }
            let Some(observers) = cells.observers.get(cell as usize) else { break };
            next = NONE;
            for &observer in observers {
                if view.ops[observer as usize].is_look() {
                    group.push(view, observer);
                } else if next == NONE {
                    next = observer;
                } else {
                    let clash = Clash::Twice { cas: [next, observer], path: Vec::new() };
                    return Err(clash.with_path(view, cells));
                }
            }
            if next == NONE {
                break;
            }
        }
        placed += group.ops.len();
        if !group.ops.is_empty() {
            groups.push(group);
        }
    }
    if placed == view.ops.len() { Ok(groups) } else { Err(rootless(view, &groups)) }
}

impl Group {
    fn push(&mut self, view: &View<'_>, id: u32) {
        let op = &view.ops[id as usize];
        self.ops.push(id);
        if op.end.saturating_add(1) < self.first_end {
            (self.first_end, self.first_ender) = (op.end + 1, id);
        }
        if op.start + 1 > self.last_start {
            (self.last_start, self.last_starter) = (op.start + 1, id);
        }
    }

    fn is_forward(&self) -> bool {
        self.first_end < self.last_start
    }

    /// Groups in ascending order of this stand in a legal order if no two of them clash: of two
    /// equal ones, one that is not forward must come first.
    fn rank(&self) -> (u64, bool) {
        (self.first_end.min(self.last_start), self.is_forward())
    }
}

/// Cas that saw each other's values only.
fn rootless(view: &View<'_>, groups: &[Group]) -> Clash {
    let mut placed = vec![false; view.ops.len()];
    groups.iter().flat_map(|group| &group.ops).for_each(|&op| placed[op as usize] = true);
    let loose = |id: &u32| !placed[*id as usize] && view.ops[*id as usize].makes != NONE;
    Clash::Rootless { path: (0..view.ops.len() as u32).filter(loose).collect() }
}

/// An operation of the group that ended before one placed earlier began, or that its client did
/// before one placed earlier.
fn backwards(view: &View<'_>, cells: &Cells, group: &Group) -> Option<Clash> {
    let mut latest = *group.ops.first()?;
    let mut last_of_client = HashMap::new();
    for &id in &group.ops {
        let op = &view.ops[id as usize];
        let before = last_of_client.insert(op.client, id).filter(|&before| before > id);
        let first = if op.end < view.ops[latest as usize].start { Some(latest) } else { before };
        if let Some(first) = first {
            let clash = Clash::Backwards { first, second: id, path: Vec::new() };
            return Some(clash.with_path(view, cells));
        }
        if op.start > view.ops[latest as usize].start {
            latest = id;
        }
    }
    None
}

/// Two groups that must each come before the other.
fn overlap(groups: &[Group]) -> Option<Clash> {
    let mut forward: Vec<&Group> = groups.iter().filter(|group| group.is_forward()).collect();
    forward.sort_by_key(|group| group.first_end);
    let pair = forward.windows(2).find(|pair| pair[1].first_end < pair[0].last_start);
    if let Some(pair) = pair {
        return Some(between(pair[0], pair[1]));
    }
    // The forward zones are disjoint now, so only the last one that begins before a backward zone
    // can enclose it.
    groups.iter().filter(|group| !group.is_forward()).find_map(|inner| {
        let behind = forward.partition_point(|outer| outer.first_end < inner.last_start);
        let outer = forward[..behind].last()?;
        (inner.first_end < outer.last_start).then(|| between(outer, inner))
    })
}

fn between(older: &Group, newer: &Group) -> Clash {
    Clash::Between {
        before: [older.first_ender, newer.last_starter],
        after: [newer.first_ender, older.last_starter],
        path: Vec::new(),
    }
}

impl Clash {
    /// Adds the writes and cas that the operations of the clash rest on.
    fn with_path(mut self, view: &View<'_>, cells: &Cells) -> Clash {
        let mut found = self.operations();
        let mut is_found: HashSet<u32> = found.iter().copied().collect();
        let mut todo = found.clone();
        while let Some(id) = todo.pop() {
            let op = &view.ops[id as usize];
            let maker = if op.observes() { cells.makers[op.sees as usize].first() } else { None };
            if let Some(&maker) = maker.filter(|&&maker| is_found.insert(maker)) {
                found.push(maker);
                todo.push(maker);
            }
        }
        match &mut self {
            Clash::Backwards { path, .. }
            | Clash::Twice { path, .. }
            | Clash::Rootless { path }
            | Clash::Between { path, .. }
            | Clash::Cycle { path } => *path = found,
        }
        self
    }
}

/// Puts groups that do not clash in pairs into one order.
fn arrange(view: &View<'_>, groups: &[Group]) -> Zones {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&group| groups[group].rank());
    let mut group_of = vec![0; view.ops.len()];
    for (group, facts) in groups.iter().enumerate() {
        facts.ops.iter().for_each(|&op| group_of[op as usize] = group);
    }
    let touching = touching(view, &group_of);
    let mut rank = vec![0; groups.len()];
    order.iter().enumerate().for_each(|(place, &group)| rank[group] = place);
    if touching.iter().any(|&(first, second)| rank[first] > rank[second]) {
        match sort(groups, &touching) {
            Ok(sorted) => order = sorted,
            Err(stuck) => {
                let path = stuck.iter().flat_map(|&group| groups[group].ops.clone()).collect();
                return Zones::Clash(Clash::Cycle { path });
            }
        }
    }
    Zones::Order(order.iter().flat_map(|&group| groups[group].ops.iter().copied()).collect())
}

/// Pairs of groups whose order only a client's order gives, because the times touch or, for bounded
/// staleness, overlap.
fn touching(view: &View<'_>, group_of: &[usize]) -> Vec<(usize, usize)> {
    let mut last = vec![NONE; view.clients];
    let mut pairs = Vec::new();
    for (id, op) in view.ops.iter().enumerate() {
        let before = std::mem::replace(&mut last[op.client as usize], id as u32);
        if before != NONE && view.ops[before as usize].end >= op.start {
            pairs.push((group_of[before as usize], group_of[id]));
        }
    }
    pairs.retain(|(first, second)| first != second);
    pairs
}

/// Sorts the groups by their zones and by `edges`; an error names groups among which a cycle is.
fn sort(groups: &[Group], edges: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    let mut after = vec![Vec::new(); groups.len()];
    let mut blocked = vec![0_usize; groups.len()];
    for &(first, second) in edges {
        after[first].push(second);
        blocked[second] += 1;
    }
    // A group may come next if no other that is left ended first before this one's last start.
    let mut by_end: Vec<usize> = (0..groups.len()).collect();
    by_end.sort_by_key(|&group| groups[group].first_end);
    let mut by_start: BinaryHeap<_> =
        (0..groups.len()).map(|group| Reverse((groups[group].last_start, group))).collect();
    let (mut done, mut in_time) = (vec![false; groups.len()], vec![false; groups.len()]);
    let (mut ready, mut order, mut first, mut second) = (Vec::new(), Vec::new(), 0, 0);
    loop {
        first = next_left(&by_end, &done, first);
        second = next_left(&by_end, &done, second.max(first + 1));
        let Some(&head) = by_end.get(first) else { return Ok(order) };
        let mut freed: Vec<usize> = Vec::new();
        while let Some(&Reverse((start, group))) = by_start.peek()
            && start <= groups[head].first_end
        {
            by_start.pop();
            freed.push(group);
        }
        // Its own first end does not hold the first one back, only the next one's does.
        let rival = by_end.get(second).map_or(u64::MAX, |&group| groups[group].first_end);
        if groups[head].last_start <= rival {
            freed.push(head);
        }
        for group in freed {
            if !std::mem::replace(&mut in_time[group], true) && blocked[group] == 0 {
                ready.push(group);
            }
        }
        let Some(group) = ready.pop() else {
            return Err((0..groups.len()).filter(|&group| !done[group]).collect());
        };
        done[group] = true;
        order.push(group);
        for &next in &after[group] {
            blocked[next] -= 1;
            if blocked[next] == 0 && in_time[next] {
                ready.push(next);
            }
        }
    }
}

fn next_left(by_end: &[usize], done: &[bool], mut from: usize) -> usize {
    while by_end.get(from).is_some_and(|&group| done[group]) {
        from += 1;
    }
    from
}
