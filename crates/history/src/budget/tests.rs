//! Nothing works on for long without a look at its budget: steps are counted, not seconds.

use std::time::Duration;

use super::*;
use crate::check::check;
use crate::model::history::History;
use crate::model::level::Level;
use crate::model::operation::{Kind, Operation};
use crate::model::view::View;
use crate::relation::arbiter::arbitrate;
use crate::relation::reads_from::plain_sources;

/// What a look at the clock may find undone: the steps between two looks, the piece of work that
/// led to this one, and what costs a few steps for each operation and is never split.
const STEPS_MAX: usize = 2 * CLOCK_STEPS;

/// What a store is asked.
#[derive(Clone, Copy)]
struct Shape {
    operations: u64,
    clients: u64,
    keys: u64,
    /// 0: a fresh value each time.
    values: u64,
    /// How many operations ago a read may have been answered.
    lag: u64,
    unknown_percent: u64,
    cas_percent: u64,
    append_percent: u64,
}

const WIDE: Shape = Shape {
    operations: 1_000,
    clients: 200,
    keys: 5,
    values: 0,
    lag: 0,
    unknown_percent: 0,
    cas_percent: 0,
    append_percent: 0,
};

/// Each operation touches the client's last one, and overlaps those of all others.
fn history(shape: Shape, seed: u64) -> History {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = move |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % limit.max(1)
    };
    let mut held: Vec<Vec<Option<String>>> = vec![vec![None]; shape.keys as usize];
    let mut names: Vec<u64> = (0..shape.clients).collect();
    let mut operations = Vec::new();
    for at in 0..shape.operations {
        let (seat, key) = ((at % shape.clients) as usize, below(shape.keys) as usize);
        let start = at / shape.clients * shape.clients * 10 + seat as u64;
        let mut end = Some(start + shape.clients * 10);
        let value = if shape.values == 0 { at } else { below(shape.values) }.to_string();
        let values = &mut held[key];
        let found = values
            [values.len() - 1 - below(shape.lag.min(values.len() as u64 - 1) + 1) as usize]
            .clone();
        let kind = if below(2) == 0 {
            Kind::Read { value: found, ok: true }
        } else if below(100) < shape.append_percent {
            values.push(Some(found.unwrap_or_default() + &value));
            Kind::Append { value }
        } else if below(100) < shape.cas_percent {
            let ok = below(2) == 0;
            let from = if ok { values.last().cloned().flatten() } else { Some("none".to_string()) };
            if ok {
                values.push(Some(value.clone()));
            }
            Kind::Cas { from, to: Some(value), ok: Some(ok) }
        } else {
            values.push(Some(value.clone()));
            end = end.filter(|_| below(100) >= shape.unknown_percent);
            Kind::Write { value: Some(value) }
        };
        let client = names[seat];
        if end.is_none() {
            names[seat] = shape.clients + at;
        }
        operations.push(Operation::new(client, kind, &key.to_string(), start, end));
    }
    History::new(None, operations)
}

fn shapes() -> Vec<(&'static str, Shape)> {
    let lagging = Shape { lag: 60, ..WIDE };
    vec![
        ("wide", WIDE),
        ("lagging", lagging),
        ("nearly in time", Shape { lag: 8, ..WIDE }),
        ("many keys", Shape { keys: 200, ..lagging }),
        ("unknown", Shape { unknown_percent: 30, ..lagging }),
        ("few values", Shape { values: 3, unknown_percent: 5, ..lagging }),
        ("cas", Shape { cas_percent: 50, ..lagging }),
        ("all cas", Shape { keys: 1, cas_percent: 100, clients: 3, ..WIDE }),
        ("appends", Shape { append_percent: 50, lag: 2, ..WIDE }),
        ("one client", Shape { clients: 1, keys: 1, values: 2, ..WIDE }),
    ]
}

#[test]
fn nothing_works_on_for_long_without_a_look_at_the_clock() {
    let budget = Budget { time_max: Duration::from_secs(1), ..Budget::default() };
    for (name, shape) in shapes() {
        let history = history(shape, 1);
        for &level in Level::ALL {
            let most = effort::most(|| drop(check(&history, level, &budget)));
            assert!(most <= STEPS_MAX, "{name}, {level}: {most} steps without a look");
        }
    }
}

/// Two writes that half of the clients see in one order and half in the other, so that each client
/// needs an order of its own; and each sees the last write of the client before it.
fn seen_in_both_orders(clients: u64) -> History {
    let mut operations = Vec::new();
    let mut at = 0;
    let mut tell = |client: u64, key: &str, value: &str, writes: bool| {
        at += 10;
        operations.push(match writes {
            true => Operation::write(client, key, value, at, Some(at + 1)),
            false => Operation::read(client, key, Some(value), at, at + 1),
        });
    };
    tell(clients, "x", "1", true);
    tell(clients + 1, "x", "2", true);
    for client in 0..clients {
        let mut seen = ["1", "2"];
        seen.rotate_left(client as usize % 2);
        seen.iter().for_each(|value| tell(client, "x", value, false));
        if client > 0 {
            tell(client, &(client - 1).to_string(), "4", false);
        }
        (0..5).for_each(|value| tell(client, &client.to_string(), &value.to_string(), true));
    }
    History::new(None, operations)
}

#[test]
fn orders_for_each_client_are_made_only_where_there_is_memory_for_all() {
    let history = seen_in_both_orders(200);
    for level in [Level::Cm, Level::Pram] {
        let memory = |memory_bytes_max| Budget { memory_bytes_max, ..Budget::default() };
        assert!(check(&history, level, &memory(50_000_000)).holds());
        let verdict = check(&history, level, &memory(5_000_000));
        assert_eq!(verdict.word(), "undecided", "{level}");
        let lines = verdict.lines(&history).join(" ");
        assert!(lines.contains("memory"), "{level}: {lines}");
    }
}

/// It comes before the first choice, which is the first to count as a state.
#[test]
fn what_follows_before_any_choice_is_derived_with_looks_at_the_clock() {
    let history = history(Shape { lag: 8, ..WIDE }, 1);
    let view = View::new(&history, Level::Sequential).expect("a good history");
    let sources = plain_sources(&view).expect("fresh values");
    let mut meter = Meter::new(&Budget::default(), 0);
    let most = effort::most(|| drop(arbitrate(&view, &sources, &mut meter)));
    assert!(most <= STEPS_MAX, "{most} steps without a look");
}
