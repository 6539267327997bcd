//! Sequential consistency where it is plain what everybody saw: which of two writes of a key came
//! first is all that is open. Once each key's writes stand in one order, and what follows from that
//! runs in no cycle, every order of everything that keeps it is legal.
//!
//! So pairs of writes are put in order one by one, as they began, and after each choice all is
//! derived that follows by the two rules of saturation. A cycle shows which choices clash: the last
//! of them is taken back together with all that was chosen since, and its opposite follows from the
//! others (conflict-directed backjumping, Prosser 1993). A cycle that rests on no choice is a
//! violation.

mod clash;
mod order;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::budget::Meter;
use crate::model::view::{NONE, View};
use crate::relation::causality::bytes;
use order::{Clash, Order, Stop};

/// What was found.
pub(crate) enum Arbitrated {
    /// A legal order of everything.
    Order(Vec<u32>),
    /// These operations alone have none.
    Clash(Vec<u32>),
    /// The budget was spent first.
    Exhausted,
}

/// Looks for a legal order that keeps each client's order. All operations ran, and saw what
/// `sources` says.
pub(crate) fn arbitrate(view: &View<'_>, sources: &[u32], meter: &mut Meter) -> Arbitrated {
    if !meter.demand(bytes(view.ops.len(), view.clients)) {
        return Arbitrated::Exhausted;
    }
    match settle(view, &mut Order::new(view, sources, meter)) {
        Ok(line) => Arbitrated::Order(line),
        Err(Stop::Clash(clash)) => Arbitrated::Clash(clash.core),
        Err(Stop::Budget) => Arbitrated::Exhausted,
    }
}

/// Chooses until nothing is open.
fn settle(view: &View<'_>, order: &mut Order<'_, '_, '_>) -> Result<Vec<u32>, Stop> {
    order.begin()?;
    loop {
        let line = line_up(view, order);
        let open = open_pairs(view, &line, order);
        if open.is_empty() {
            return Ok(line);
        }
        for (first, second) in open {
            order.visit()?;
            match order.choose(first, second) {
                Err(Stop::Clash(clash)) => take_back(order, clash)?,
                done => done?,
            }
        }
    }
}

/// Takes back the last choice of a clash, whose opposite then follows from the others; an error is
/// a clash that rests on none.
fn take_back(order: &mut Order<'_, '_, '_>, mut clash: Clash) -> Result<(), Stop> {
    while let Some(last) = clash.choices.pop() {
        match order.refute(last, clash) {
            Err(Stop::Clash(next)) => clash = next,
            done => return done,
        }
    }
    Err(Stop::Clash(clash))
}

/// Everybody behind those that come before, as they began where that is open.
fn line_up(view: &View<'_>, order: &Order<'_, '_, '_>) -> Vec<u32> {
    let mut waits = vec![0_u32; view.ops.len()];
    order.edges().for_each(|(_, to)| waits[to as usize] += 1);
    let is_ready = |&id: &u32| waits[id as usize] == 0;
    let mut ready: BinaryHeap<_> =
        (0..view.ops.len() as u32).filter(is_ready).map(Reverse).collect();
    let mut line = Vec::with_capacity(view.ops.len());
    while let Some(Reverse(id)) = ready.pop() {
        line.push(id);
        for to in order.behind(id) {
            waits[to as usize] -= 1;
            if waits[to as usize] == 0 {
                ready.push(Reverse(to));
            }
        }
    }
    line
}

/// Neighbours among each key's writes, in this line, whose order is open.
fn open_pairs(view: &View<'_>, line: &[u32], order: &Order<'_, '_, '_>) -> Vec<(u32, u32)> {
    let mut last = vec![NONE; view.initial.len()];
    let mut open = Vec::new();
    for &id in line.iter().filter(|&&id| view.ops[id as usize].makes != NONE) {
        let before = std::mem::replace(&mut last[view.ops[id as usize].key as usize], id);
        if before != NONE && !order.is_before(before, id) {
            open.push((before, id));
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::model::history::History;
    use crate::model::level::Level;
    use crate::model::operation::{Kind, Operation};
    use crate::relation::reads_from::plain_sources;
    use crate::search::{Found, search};
    use crate::witness::{self, Witness, validate};

    /// Three clients that write fresh values to two keys and read any of them.
    fn random(seed: u64) -> History {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % limit
        };
        let mut written = [vec![None], vec![None]];
        let mut operations = Vec::new();
        for at in 0..12 {
            let (client, key) = (below(3), below(2) as usize);
            let kind = if below(2) == 0 {
                written[key].push(Some(at.to_string()));
                Kind::Write { value: Some(at.to_string()) }
            } else {
                let which = below(written[key].len() as u64) as usize;
                Kind::Read { value: written[key][which].clone(), ok: true }
            };
            let (start, name) = (10 * at, key.to_string());
            operations.push(Operation::new(client, kind, &name, start, Some(start + 5)));
        }
        History::new(None, operations)
    }

    /// Where `a` is chosen before `b`, `c` before `d` clashes whichever of `e` and `f` is first;
    /// and `d` before `c` by itself, whichever of `g` and `h` is.
    #[test]
    fn what_follows_from_a_clash_rests_on_the_choices_that_clashed() {
        let pairs = ["bc", "fa", "ea", "de", "df", "cg", "ch", "hd", "gd"];
        let key = |value: &str| {
            ["ab", "cd", "ef", "gh"].into_iter().find(|key| key.contains(value)).expect("a key")
        };
        let mut operations = Vec::new();
        for (client, write) in ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter().enumerate() {
            let start = 10 * client as u64;
            let write = Operation::write(client as u64, key(write), write, start, Some(start + 5));
            operations.push(write);
        }
        for (client, pair) in (10..).zip(pairs) {
            for (at, value) in [&pair[..1], &pair[1..]].into_iter().enumerate() {
                let start = 100 * client + 10 * at as u64;
                let read = Operation::read(client, key(value), Some(value), start, start + 5);
                operations.push(read);
            }
        }
        let history = History::new(None, operations);
        let view = View::new(&history, Level::Sequential).expect("a good history");
        let sources = plain_sources(&view).expect("unique values");
        let mut meter = Meter::new(&Budget::default(), 0);
        let found = arbitrate(&view, &sources, &mut meter);
        assert!(matches!(found, Arbitrated::Order(_)), "b, c, g, h, d, e, f, a is an order");
    }

    #[test]
    fn what_it_says_is_what_a_search_of_all_orders_says() {
        let (mut holds, mut violated) = (0, 0);
        for seed in 0..5_000 {
            let history = random(seed);
            let view = View::new(&history, Level::Sequential).expect("a good history");
            let sources = plain_sources(&view).expect("unique values");
            let mut meter = Meter::new(&Budget::default(), 0);
            let found = search(&view, false, &[], &mut meter);
            match arbitrate(&view, &sources, &mut meter) {
                Arbitrated::Order(order) => {
                    holds += 1;
                    let operations = view.indices(&order);
                    let order = witness::Order { operations, ..Default::default() };
                    let witness = Witness { orders: vec![order], ..Witness::default() };
                    assert_eq!(validate(&history, Level::Sequential, &witness), Ok(()), "{seed}");
                }
                Arbitrated::Clash(core) => {
                    violated += 1;
                    assert!(matches!(found, Found::Nothing), "seed {seed}: {core:?}");
                    let core = view.only(&core);
                    let found = search(&core, false, &[], &mut meter);
                    assert!(matches!(found, Found::Nothing), "seed {seed}: the core is too small");
                }
                Arbitrated::Exhausted => panic!("seed {seed}: twelve operations are too many"),
            }
        }
        assert!(holds > 500 && violated > 500, "{holds} held and {violated} did not");
    }
}
