//! The search for one legal order of an object that only its model knows: Wing & Gong's with Lowe's
//! memo, over lanes. States are numbered, and what an operation does in a state is asked once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::found::Found;
use super::lanes::{Span, client_lanes, tight_lanes};
use super::memo::{Entered, cell_mark, op_mark};
use crate::budget::{Meter, effort};
use crate::model::view::{NEVER, NONE};
use crate::search::model::{Event, Model};

/// Looks for a legal order of the events that `part` names, as indices into `events`.
pub(crate) fn search<M: Model>(
    model: &M,
    events: &[Event<M::Operation>],
    part: &[usize],
    real_time: bool,
    meter: &mut Meter,
) -> Found {
    let mut order: Vec<usize> = part.to_vec();
    order.sort_by_key(|&index| (events[index].start, events[index].end.unwrap_or(NEVER)));
    let mut search = Search::new(model, events, &order, real_time);
    match search.run(meter) {
        Found::Order(ids) => {
            Found::Order(ids.into_iter().map(|id| order[id as usize] as u32).collect())
        }
        other => other,
    }
}

/// What operations do, by number.
struct Steps<'m, M: Model> {
    model: &'m M,
    operations: Vec<&'m M::Operation>,
    numbers: HashMap<Rc<M::State>, u32>,
    states: Vec<Rc<M::State>>,
    /// About how many bytes the states take.
    states_bytes: usize,
    /// The state behind an operation in a state; `NONE` if it cannot be answered so.
    known: HashMap<(u32, u32), u32, BuildHasherDefault<Mixing>>,
}

/// Mixes a state and an operation; nobody chooses them so as to collide, as numbers are given here.
#[derive(Default)]
struct Mixing(u64);

impl Hasher for Mixing {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(u32::from(byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }
}

impl<M: Model> Steps<'_, M> {
    fn number(&mut self, state: M::State) -> u32 {
        let state = Rc::new(state);
        let next = self.states.len() as u32;
        let number = *self.numbers.entry(Rc::clone(&state)).or_insert(next);
        if number == next {
            self.states_bytes += self.model.state_bytes(&state) + 2 * size_of::<usize>();
            self.states.push(state);
        }
        number
    }

    /// Bytes that states and steps take, or will take while they grow.
    fn bytes(&self) -> usize {
        let step = size_of::<((u32, u32), u32)>() + 1;
        let state = size_of::<(Rc<M::State>, u32)>() + size_of::<Rc<M::State>>() + 1;
        let tables = self.known.capacity() * step + self.states.capacity() * state;
        tables.saturating_mul(3) + self.states_bytes
    }

    fn step(&mut self, state: u32, op: u32) -> u32 {
        if let Some(&known) = self.known.get(&(state, op)) {
            return known;
        }
        let before = Rc::clone(&self.states[state as usize]);
        let behind = match self.model.step(&before, self.operations[op as usize]) {
            Some(behind) if behind == *before => state,
            Some(behind) => self.number(behind),
            None => NONE,
        };
        self.known.insert((state, op), behind);
        behind
    }
}

/// A point where the search chose.
struct Choice {
    first: usize,
    trail: usize,
}

struct Search<'m, M: Model> {
    steps: Steps<'m, M>,
    spans: Vec<Span>,
    is_look: Vec<bool>,
    real_time: bool,
    lanes: Vec<Vec<u32>>,
    lane_of: Vec<u32>,
    front: Vec<usize>,
    /// Operations that may not have run, each with the known one of its client before it.
    optional: Vec<(u32, u32)>,
    /// The operations of which a look's hope may depend, by start.
    hopes: Vec<u32>,
    /// The looks by end; those before `next_look` took their place.
    looks: Vec<u32>,
    next_look: usize,
    /// Each look's place among them; for other operations, behind them all.
    look_place: Vec<usize>,
    taken: Vec<bool>,
    missing: usize,
    state: u32,
    fingerprint: u128,
    /// Operations that took their place, each with the state before it.
    trail: Vec<(u32, u32)>,
}

impl<'m, M: Model> Search<'m, M> {
    fn new(
        model: &'m M,
        events: &'m [Event<M::Operation>],
        order: &[usize],
        real_time: bool,
    ) -> Search<'m, M> {
        let mut clients: HashMap<u64, u32> = HashMap::new();
        let spans: Vec<Span> = order
            .iter()
            .map(|&index| {
                let Event { client, start, end, .. } = events[index];
                let next = clients.len() as u32;
                let client = *clients.entry(client).or_insert(next);
                Span { client, start, end: end.unwrap_or(NEVER), optional: end.is_none() }
            })
            .collect();
        let lanes = if real_time { tight_lanes(&spans) } else { client_lanes(&spans) };
        let mut lane_of = vec![NONE; spans.len()];
        for (lane, ops) in lanes.iter().enumerate() {
            ops.iter().for_each(|&op| lane_of[op as usize] = lane as u32);
        }
        let mut last = vec![NONE; clients.len()];
        let mut optional = Vec::new();
        for (id, span) in spans.iter().enumerate() {
            let before = &mut last[span.client as usize];
            match span.optional {
                true => optional.push((id as u32, *before)),
                false => *before = id as u32,
            }
        }
        let operations: Vec<_> = order.iter().map(|&index| &events[index].operation).collect();
        let is_look: Vec<bool> =
            operations.iter().map(|operation| model.is_look(operation)).collect();
        let mut looks: Vec<u32> = (0..spans.len() as u32)
            .filter(|&id| is_look[id as usize] && !spans[id as usize].optional)
            .collect();
        looks.sort_by_key(|&id| spans[id as usize].end);
        let hopes = (0..spans.len() as u32)
            .filter(|&id| !is_look[id as usize] && model.may_help(operations[id as usize]))
            .collect();
        let mut look_place = vec![usize::MAX; spans.len()];
        looks.iter().enumerate().for_each(|(at, &look)| look_place[look as usize] = at);
        let (numbers, known) = (HashMap::new(), HashMap::default());
        let states = Vec::new();
        let mut steps = Steps { model, operations, numbers, states, states_bytes: 0, known };
        let state = steps.number(model.init());
        Search {
            steps,
            is_look,
            real_time,
            front: vec![0; lanes.len()],
            missing: lanes.iter().map(Vec::len).sum(),
            lanes,
            lane_of,
            optional,
            hopes,
            looks,
            next_look: 0,
            look_place,
            taken: vec![false; spans.len()],
            spans,
            state,
            fingerprint: 0,
            trail: Vec::new(),
        }
    }

    fn run(&mut self, meter: &mut Meter) -> Found {
        let mut entered = Entered::default();
        let mut pending: Vec<u32> = Vec::new();
        let mut choices: Vec<Choice> = Vec::new();
        let known = self.missing;
        let mut missing_min = known;
        loop {
            let goes_on = self.take_looks(meter);
            if self.missing == 0 {
                return Found::Order(self.trail.iter().map(|&(op, _)| op).collect());
            }
            missing_min = missing_min.min(self.missing);
            if !goes_on || !meter.visit(entered.bytes() + self.steps.bytes()) {
                return Found::Exhausted(known - missing_min);
            }
            if entered.enter(self.fingerprint ^ cell_mark(self.state), &[]) {
                choices.push(Choice { first: pending.len(), trail: self.trail.len() });
                self.list_choices(&mut pending, meter);
            }
            loop {
                let Some(choice) = choices.last() else { return Found::Nothing };
                self.undo_to(choice.trail);
                if pending.len() > choice.first
                    && let Some(op) = pending.pop()
                {
                    self.take(op);
                    break;
                }
                choices.pop();
            }
        }
    }

    fn horizon(&self) -> u64 {
        let ends = self.lanes.iter().zip(&self.front).filter_map(|(lane, &at)| lane.get(at));
        let first = ends.map(|&op| self.spans[op as usize].end).min();
        first.filter(|_| self.real_time).unwrap_or(NEVER)
    }

    /// Looks that see what they must go at once: putting them first changes nothing for others.
    /// False when the budget is spent first.
    fn take_looks(&mut self, meter: &mut Meter) -> bool {
        let mut moved = true;
        while std::mem::replace(&mut moved, false) {
            effort::spend(self.lanes.len());
            if !meter.steps(self.lanes.len()) {
                return false;
            }
            let horizon = self.horizon();
            for lane in 0..self.lanes.len() {
                while let Some(&op) = self.lanes[lane].get(self.front[lane])
                    && self.is_look[op as usize]
                    && self.spans[op as usize].start <= horizon
                    && self.steps.step(self.state, op) != NONE
                {
                    self.take(op);
                    moved = true;
                }
            }
        }
        true
    }

    /// Puts onto `pending` the operations that may be next, the most urgent last.
    fn list_choices(&mut self, pending: &mut Vec<u32>, meter: &mut Meter) {
        let (horizon, first) = (self.horizon(), pending.len());
        let fronts = self.lanes.iter().zip(&self.front).filter_map(|(lane, &at)| lane.get(at));
        let mut next: Vec<u32> = fronts.copied().collect();
        for &(op, before) in &self.optional {
            if !self.taken[op as usize] && (before == NONE || self.taken[before as usize]) {
                next.push(op);
            }
        }
        for op in next {
            let span = self.spans[op as usize];
            // (Where the budget is spent the next state is the last, whatever is listed.)
            let may_be_next = !self.is_look[op as usize]
                && span.start <= horizon
                && meter.steps(1 + self.hopes.len());
            if may_be_next && self.has_hope(op) {
                pending.push(op);
            }
        }
        pending[first..].sort_by_key(|&op| {
            let span = self.spans[op as usize];
            std::cmp::Reverse((span.end, span.start))
        });
    }

    /// Whether an operation can come next and the look that ends first can still come then.
    fn has_hope(&mut self, op: u32) -> bool {
        let state = self.steps.step(self.state, op);
        let Some(&look) = self.looks.get(self.next_look).filter(|_| state != NONE) else {
            return state != NONE;
        };
        let until = if self.real_time { self.spans[look as usize].end } else { NEVER };
        let (steps, taken) = (&self.steps, &self.taken);
        let hopes = self.hopes.iter().copied();
        let in_time = hopes.take_while(|&other| self.spans[other as usize].start <= until);
        let before = in_time.filter(|&other| other != op && !taken[other as usize]);
        let mut before = before.map(|other| steps.operations[other as usize]);
        let state = Rc::clone(&steps.states[state as usize]);
        steps.model.can_reach(&state, steps.operations[look as usize], &mut before)
    }

    fn skip_looks(&mut self) {
        while self.looks.get(self.next_look).is_some_and(|&look| self.taken[look as usize]) {
            self.next_look += 1;
        }
    }

    fn take(&mut self, op: u32) {
        self.trail.push((op, self.state));
        self.state = self.steps.step(self.state, op);
        self.fingerprint ^= op_mark(op);
        self.taken[op as usize] = true;
        let lane = self.lane_of[op as usize];
        if lane != NONE {
            self.front[lane as usize] += 1;
            self.missing -= 1;
        }
        self.skip_looks();
    }

    fn undo_to(&mut self, length: usize) {
        while self.trail.len() > length
            && let Some((op, before)) = self.trail.pop()
        {
            self.state = before;
            self.fingerprint ^= op_mark(op);
            self.taken[op as usize] = false;
            let lane = self.lane_of[op as usize];
            if lane != NONE {
                self.front[lane as usize] -= 1;
                self.missing += 1;
            }
            self.next_look = self.next_look.min(self.look_place[op as usize]);
        }
    }
}
