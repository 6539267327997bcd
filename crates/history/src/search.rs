//! The search for one legal order: Wing & Gong (1993) with the memo of Lowe (2017), over the
//! positions of chains instead of over bit sets.
//!
//! Known operations stand in *lanes*, chains that any order must keep: the clients, or, where real
//! time counts, as few chains as operations ever overlap. Which operations have taken their place
//! is then one position per lane. What keeps the search small:
//!
//! - an operation that only looks, and sees what it must, goes at once: putting it first changes
//!   nothing for the others;
//! - a write that nobody will see goes at once where nobody will see what it overwrites, and just
//!   before any other write of its key;
//! - an operation that may not have run goes only where one that can be next would see it;
//! - a state (positions, and for each key the cell it holds, where cells that nobody will see any
//!   more are all alike) is entered once.
//!
//! States are remembered as 128-bit fingerprints: among a hundred million states the chance that
//! any two are taken for one another is below 2^-70.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::budget::Meter;
use crate::decision::Cells;
use crate::view::{NEVER, NONE, View};

/// What a search found.
pub(crate) enum Found {
    /// A legal order of all known operations and those unknown ones that it needs.
    Order(Vec<u32>),
    /// There is none.
    Nothing,
    /// The budget was spent first.
    Exhausted,
}

/// Looks for a legal order that keeps each client's order, `edges` and, if asked, real time.
pub(crate) fn search(
    view: &View<'_>,
    real_time: bool,
    edges: &[(u32, u32)],
    meter: &mut Meter,
) -> Found {
    Search::new(view, real_time, edges).run(meter)
}

/// One operation that took its place, and what it replaced.
struct Step {
    op: u32,
    replaced: u32,
}

/// A point where the search chose: the choices not yet tried, and how to come back.
struct Choice {
    first: usize,
    trail: usize,
}

struct Search<'v, 'h> {
    view: &'v View<'h>,
    real_time: bool,
    lanes: Vec<Vec<u32>>,
    lane_of: Vec<u32>,
    front: Vec<usize>,
    /// Operations that may not have run, and for each the known one of its client before it.
    maybes: Vec<(u32, u32)>,
    taken: Vec<bool>,
    /// For each operation, how many others must still come before it.
    blocked: Vec<u32>,
    after: Vec<Vec<u32>>,
    /// For each key the cell that it holds.
    holds: Vec<u32>,
    /// For each cell, how many operations will still look for it.
    live: Vec<u32>,
    /// For each key, how many failed cas are still to come.
    failed: Vec<u32>,
    missing: usize,
    fingerprint: u128,
    trail: Vec<Step>,
}

impl<'v, 'h> Search<'v, 'h> {
    fn new(view: &'v View<'h>, real_time: bool, edges: &[(u32, u32)]) -> Search<'v, 'h> {
        let count = view.ops.len();
        let mut blocked = vec![0; count];
        let mut after = vec![Vec::new(); count];
        for &(first, second) in edges {
            after[first as usize].push(second);
            blocked[second as usize] += 1;
        }
        let lanes = if real_time { tight_lanes(view) } else { client_lanes(view) };
        let mut lane_of = vec![NONE; count];
        for (lane, ops) in lanes.iter().enumerate() {
            ops.iter().for_each(|&op| lane_of[op as usize] = lane as u32);
        }
        let cells = Cells::new(view);
        let mut search = Search {
            view,
            real_time,
            front: vec![0; lanes.len()],
            missing: lanes.iter().map(Vec::len).sum(),
            lanes,
            lane_of,
            maybes: maybes(view),
            taken: vec![false; count],
            blocked,
            after,
            holds: view.initial.clone(),
            live: cells.observers.iter().map(|ops| ops.len() as u32).collect(),
            failed: cells.failed.iter().map(|ops| ops.len() as u32).collect(),
            fingerprint: 0,
            trail: Vec::new(),
        };
        for key in 0..view.initial.len() as u32 {
            search.fingerprint ^= cell_mark(search.effective(key));
        }
        search
    }

    fn run(mut self, meter: &mut Meter) -> Found {
        let mut seen: HashSet<u128, BuildHasherDefault<Identity>> = HashSet::default();
        let mut pending: Vec<u32> = Vec::new();
        let mut choices: Vec<Choice> = Vec::new();
        loop {
            self.take_what_is_certain();
            if self.missing == 0 {
                return Found::Order(self.trail.iter().map(|step| step.op).collect());
            }
            if !meter.visit(seen.len()) {
                return Found::Exhausted;
            }
            if seen.insert(self.fingerprint) {
                choices.push(Choice { first: pending.len(), trail: self.trail.len() });
                self.list_choices(&mut pending);
            }
            let next = loop {
                let Some(choice) = choices.last() else { return Found::Nothing };
                self.undo_to(choice.trail);
                if pending.len() > choice.first {
                    break pending.pop();
                }
                choices.pop();
            };
            if let Some(op) = next {
                self.choose(op);
            }
        }
    }

    /// The latest start that an operation may have to be next.
    fn horizon(&self) -> u64 {
        if !self.real_time {
            return NEVER;
        }
        let ends = self.fronts().map(|op| self.view.ops[op as usize].end);
        ends.min().unwrap_or(NEVER)
    }

    fn fronts(&self) -> impl Iterator<Item = u32> + '_ {
        self.lanes.iter().zip(&self.front).filter_map(|(lane, &at)| lane.get(at).copied())
    }

    fn may_be_next(&self, op: u32, horizon: u64) -> bool {
        self.blocked[op as usize] == 0 && self.view.ops[op as usize].start <= horizon
    }

    /// Whether nobody will see this cell any more.
    fn is_dead(&self, cell: u32) -> bool {
        let key = self.view.cell_keys[cell as usize];
        self.live[cell as usize] == 0 && self.failed[key as usize] == 0
    }

    /// What the key holds, as far as it can still matter.
    fn effective(&self, key: u32) -> u32 {
        let cell = self.holds[key as usize];
        // Each key's initial cell has a number of its own, so its complement names the key.
        if self.is_dead(cell) { !self.view.initial[key as usize] } else { cell }
    }

    /// Takes all operations that can go at once without loss.
    fn take_what_is_certain(&mut self) {
        loop {
            let horizon = self.horizon();
            let mut moved = false;
            for lane in 0..self.lanes.len() {
                while let Some(&op) = self.lanes[lane].get(self.front[lane]) {
                    if !self.may_be_next(op, horizon) || !self.is_certain(op) {
                        break;
                    }
                    self.take(op);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn is_certain(&self, op: u32) -> bool {
        let op = &self.view.ops[op as usize];
        let held = self.holds[op.key as usize];
        if op.is_look() {
            return (op.sees == held) != op.differs;
        }
        op.is_blind_write() && self.is_dead(op.makes) && self.is_dead(held)
    }

    /// Puts onto `pending` the operations that may be next, the most urgent last.
    fn list_choices(&self, pending: &mut Vec<u32>) {
        let (horizon, first) = (self.horizon(), pending.len());
        let mut dead_listed: Vec<u32> = Vec::new();
        for op in self.fronts().filter(|&op| self.may_be_next(op, horizon)) {
            let facts = &self.view.ops[op as usize];
            if facts.is_look() || facts.observes() && facts.sees != self.holds[facts.key as usize] {
                continue;
            }
            if facts.is_blind_write() && self.is_dead(facts.makes) {
                // Of several writes that nobody will see the order does not matter.
                if dead_listed.contains(&facts.key) {
                    continue;
                }
                dead_listed.push(facts.key);
            }
            pending.push(op);
        }
        let mut last = (NONE, NONE);
        for &(op, before) in &self.maybes {
            let facts = &self.view.ops[op as usize];
            if self.taken[op as usize] || (facts.sees, facts.makes) == last && self.real_time {
                continue;
            }
            let follows = before == NONE || self.taken[before as usize];
            let legal = !facts.observes() || facts.sees == self.holds[facts.key as usize];
            if follows && legal && self.may_be_next(op, horizon) && self.is_awaited(op, horizon) {
                // Of operations alike, the one that began first stands for the others.
                last = (facts.sees, facts.makes);
                pending.push(op);
            }
        }
        pending[first..].sort_by_key(|&op| {
            let facts = &self.view.ops[op as usize];
            std::cmp::Reverse((facts.end, facts.start))
        });
    }

    /// Whether an operation that can be next would see what this one makes.
    fn is_awaited(&self, op: u32, horizon: u64) -> bool {
        let makes = self.view.ops[op as usize].makes;
        let key = self.view.ops[op as usize].key;
        let sees = |other: u32| {
            let other = &self.view.ops[other as usize];
            other.key == key && other.sees != NONE && (other.sees == makes) != other.differs
        };
        self.fronts().any(|other| sees(other) && self.may_be_next(other, horizon))
            || self
                .maybes
                .iter()
                .any(|&(other, _)| other != op && !self.taken[other as usize] && sees(other))
    }

    fn choose(&mut self, op: u32) {
        let facts = self.view.ops[op as usize];
        if facts.is_blind_write() && self.failed[facts.key as usize] == 0 {
            let horizon = self.horizon();
            for lane in 0..self.lanes.len() {
                while let Some(&other) = self.lanes[lane].get(self.front[lane]) {
                    let other_facts = &self.view.ops[other as usize];
                    let goes_before = other != op
                        && other_facts.key == facts.key
                        && other_facts.is_blind_write()
                        && self.live[other_facts.makes as usize] == 0
                        && self.may_be_next(other, horizon);
                    if !goes_before {
                        break;
                    }
                    self.take(other);
                }
            }
        }
        self.take(op);
    }

    fn take(&mut self, op: u32) {
        let facts = self.view.ops[op as usize];
        let key = facts.key as usize;
        let before = self.effective(facts.key);
        let replaced = self.holds[key];
        if facts.differs {
            self.failed[key] -= 1;
        } else if facts.sees != NONE {
            self.live[facts.sees as usize] -= 1;
        }
        if facts.makes != NONE {
            self.holds[key] = facts.makes;
        }
        self.fingerprint ^= op_mark(op) ^ cell_mark(before) ^ cell_mark(self.effective(facts.key));
        self.taken[op as usize] = true;
        let lane = self.lane_of[op as usize];
        if lane != NONE {
            self.front[lane as usize] += 1;
            self.missing -= 1;
        }
        for &later in &self.after[op as usize] {
            self.blocked[later as usize] -= 1;
        }
        self.trail.push(Step { op, replaced });
    }

    fn undo_to(&mut self, length: usize) {
        while self.trail.len() > length {
            let Some(Step { op, replaced }) = self.trail.pop() else { return };
            let facts = self.view.ops[op as usize];
            let key = facts.key as usize;
            let after = self.effective(facts.key);
            if facts.differs {
                self.failed[key] += 1;
            } else if facts.sees != NONE {
                self.live[facts.sees as usize] += 1;
            }
            self.holds[key] = replaced;
            let before = self.effective(facts.key);
            self.fingerprint ^= op_mark(op) ^ cell_mark(before) ^ cell_mark(after);
            self.taken[op as usize] = false;
            let lane = self.lane_of[op as usize];
            if lane != NONE {
                self.front[lane as usize] -= 1;
                self.missing += 1;
            }
            for &later in &self.after[op as usize] {
                self.blocked[later as usize] += 1;
            }
        }
    }
}

/// The known operations, client by client.
fn client_lanes(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut lanes = view.by_client();
    lanes.iter_mut().for_each(|lane| lane.retain(|&op| !view.ops[op as usize].maybe));
    lanes.retain(|lane| !lane.is_empty());
    lanes
}

/// The known operations in as few chains as ever overlap. Operations of one client whose times
/// touch stay in one chain, because there real time alone does not keep their order.
fn tight_lanes(view: &View<'_>) -> Vec<Vec<u32>> {
    let mut lanes: Vec<Vec<u32>> = Vec::new();
    let mut client_lane = vec![NONE; view.clients];
    // Lanes that are free from some time on, the earliest first; entries can be out of date.
    let mut free = std::collections::BinaryHeap::new();
    for (id, op) in view.ops.iter().enumerate().filter(|(_, op)| !op.maybe) {
        let own = client_lane[op.client as usize];
        let last_end = |lanes: &[Vec<u32>], lane: u32| {
            lanes[lane as usize].last().map(|&last| view.ops[last as usize].end)
        };
        let touches = own != NONE
            && lanes[own as usize].last().is_some_and(|&last| {
                view.ops[last as usize].client == op.client
                    && view.ops[last as usize].end >= op.start
            });
        let lane = if touches {
            own
        } else {
            let mut lane = lanes.len() as u32;
            while let Some(&std::cmp::Reverse((end, candidate))) = free.peek() {
                if end >= op.start {
                    break;
                }
                free.pop();
                if last_end(&lanes, candidate) == Some(end) {
                    lane = candidate;
                    break;
                }
            }
            if lane as usize == lanes.len() {
                lanes.push(Vec::new());
            }
            lane
        };
        lanes[lane as usize].push(id as u32);
        client_lane[op.client as usize] = lane;
        free.push(std::cmp::Reverse((op.end, lane)));
    }
    lanes
}

/// The operations that may not have run, those alike together and by start, each with the known
/// operation of its client just before it.
fn maybes(view: &View<'_>) -> Vec<(u32, u32)> {
    let mut last = vec![NONE; view.clients];
    let mut maybes = Vec::new();
    for (id, op) in view.ops.iter().enumerate() {
        if op.maybe {
            maybes.push((id as u32, last[op.client as usize]));
        } else {
            last[op.client as usize] = id as u32;
        }
    }
    maybes.sort_by_key(|&(id, _)| {
        let op = &view.ops[id as usize];
        (op.sees, op.makes, op.start)
    });
    maybes
}

fn op_mark(op: u32) -> u128 {
    mark(u64::from(op) << 1)
}

fn cell_mark(cell: u32) -> u128 {
    mark(u64::from(cell) << 1 | 1)
}

/// 128 bits that look random: two rounds of splitmix64 (Steele, Lea & Flood 2014).
fn mark(seed: u64) -> u128 {
    let round = |seed: u64| {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let high = round(seed ^ 0x5851_f42d_4c95_7f2d);
    u128::from(high) << 64 | u128::from(round(high ^ seed.rotate_left(32)))
}

/// Fingerprints are already as good as random; the set takes them as they are.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }
}
