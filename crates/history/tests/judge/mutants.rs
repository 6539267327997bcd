//! Shows the judge what it must refuse: good histories with one fault planted, and good witnesses
//! with one step wrong. A check that no mutant can fail checks nothing.

use crate::chance::{Chance, Shape};
use history::{Budget, History, Kind, Level, Operation, Order, Outcome, Witness, check, validate};

const HONEST: Shape = Shape {
    operations: 12,
    clients: 3,
    keys: 2,
    values: 0,
    cas_percent: 20,
    update_percent: 0,
    delete_percent: 0,
    unknown_percent: 10,
    refused_percent: 10,
    level_percent: 0,
    length: 3,
    servers: 0,
    wild_percent: 0,
    stale_percent: 0,
};

fn witness(history: &History, level: Level) -> Option<Witness> {
    match check(history, level, &Budget::default()).outcome {
        Outcome::Holds { witness } => witness,
        _ => None,
    }
}

/// The first of many random histories that hold and that a fault can be planted into.
fn mutate(name: &str, level: Level, plant: impl Fn(&mut History, &mut Chance) -> bool) {
    let mut planted = 0;
    for seed in 0..300 {
        let mut chance = Chance(seed);
        let mut history = crate::chance::history(&mut chance, &HONEST);
        if witness(&history, level).is_none() || !plant(&mut history, &mut chance) {
            continue;
        }
        planted += 1;
        let verdict = check(&history, level, &Budget::default());
        assert!(verdict.is_violated(), "{name} seed {seed}\n{}", history.to_jsonl());
    }
    assert!(planted > 50, "{name}: only {planted} histories had room for the fault");
}

/// A witness that is one order.
fn by(order: &[usize]) -> Witness {
    let order = Order { operations: order.to_vec(), ..Order::default() };
    Witness { orders: vec![order], ..Witness::default() }
}

fn answered_read(operation: &Operation) -> bool {
    matches!(operation.kind, Kind::Read { ok: true, .. }) && operation.end.is_some()
}

#[test]
fn a_value_that_nobody_wrote() {
    for level in [Level::Linearizable, Level::Sequential, Level::Eventual] {
        let plant = |history: &mut History, _: &mut Chance| {
            let reads = &mut history.operations;
            let read = reads.iter_mut().find(|op| answered_read(op) && !op.refused);
            let Some(read) = read else { return false };
            read.kind = Kind::Read { value: Some("thin air".into()), ok: true };
            true
        };
        if level == Level::Eventual {
            // Without final reads it is undecided at best; a fault must still be seen.
            let mut history = crate::chance::history(&mut Chance(3), &HONEST);
            assert!(plant(&mut history, &mut Chance(0)));
            assert!(check(&history, level, &Budget::default()).is_violated());
        } else {
            mutate("thin air", level, plant);
        }
    }
}

#[test]
fn a_stale_read_long_after() {
    let plant = |history: &mut History, _: &mut Chance| {
        let acknowledged = |op: &&Operation| {
            matches!(op.kind, Kind::Write { .. }) && op.end.is_some() && !op.refused
        };
        let Some(key) = history.operations.iter().find(acknowledged).map(|op| op.key.clone())
        else {
            return false;
        };
        history.operations.push(Operation::read(99, &key, None, 10_000, 10_001));
        true
    };
    mutate("stale read", Level::Linearizable, plant);
}

#[test]
fn an_acknowledged_write_that_was_refused_after_all() {
    let plant = |history: &mut History, _: &mut Chance| {
        let seen: Vec<Option<String>> = history
            .operations
            .iter()
            .filter(|op| answered_read(op) && !op.refused)
            .map(|op| if let Kind::Read { value, .. } = &op.kind { value.clone() } else { None })
            .collect();
        let write = history.operations.iter_mut().find(|op| {
            matches!(&op.kind, Kind::Write { value } if value.is_some() && seen.contains(value))
                && op.end.is_some()
                && !op.refused
        });
        write.map(|write| write.refused = true).is_some()
    };
    mutate("refused", Level::Linearizable, plant);
    mutate("refused", Level::Sequential, plant);
}

#[test]
fn a_session_that_goes_back() {
    let plant = |history: &mut History, _: &mut Chance| {
        history.operations.push(Operation::write(98, "k0", "old", 10_000, Some(10_001)));
        history.operations.push(Operation::write(98, "k0", "new", 10_002, Some(10_003)));
        history.operations.push(Operation::read(99, "k0", Some("new"), 10_004, 10_005));
        history.operations.push(Operation::read(99, "k0", Some("old"), 10_006, 10_007));
        true
    };
    mutate("goes back", Level::Sequential, plant);
}

#[test]
fn a_second_cas_from_the_same_value() {
    let plant = |history: &mut History, _: &mut Chance| {
        let operations = &mut history.operations;
        let cas = |from: &str, to: &str, client, start| {
            let kind = Kind::Cas { from: Some(from.into()), to: Some(to.into()), ok: Some(true) };
            Operation::new(client, kind, "k0", start, Some(start + 5))
        };
        operations.push(Operation::write(97, "k0", "once", 10_000, Some(10_001)));
        operations.push(cas("once", "one", 98, 10_002));
        operations.push(cas("once", "two", 99, 10_003));
        true
    };
    mutate("twice", Level::Linearizable, plant);
    mutate("twice", Level::Sequential, plant);
}

#[test]
fn the_validator_refuses_every_damaged_witness() {
    let mut refused = [0; 5];
    for seed in 0..400 {
        let mut chance = Chance(seed);
        let history = crate::chance::history(&mut chance, &HONEST);
        let Some(proof) = witness(&history, Level::Linearizable) else { continue };
        let order = proof.orders[0].operations.clone();
        if order.len() < 2 {
            continue;
        }
        assert_eq!(validate(&history, Level::Linearizable, &by(&order)), Ok(()));
        let known = |&index: &usize| history.operations[index].end.is_some();
        // Something is missing, stands twice, or does not exist.
        if let Some(at) = order.iter().position(known) {
            let mut missing = order.clone();
            missing.remove(at);
            assert!(validate(&history, Level::Linearizable, &by(&missing)).is_err());
            refused[0] += 1;
        }
        let mut twice = order.clone();
        twice.push(order[0]);
        assert!(validate(&history, Level::Linearizable, &by(&twice)).is_err());
        let mut foreign = order.clone();
        foreign.push(history.operations.len());
        assert!(validate(&history, Level::Linearizable, &by(&foreign)).is_err());
        // What was refused takes part.
        if let Some(index) = history.operations.iter().position(|op| op.refused) {
            let mut dirty = order.clone();
            dirty.push(index);
            assert!(validate(&history, Level::Linearizable, &by(&dirty)).is_err());
            refused[1] += 1;
        }
        // One client's operations change places.
        let pair = order.windows(2).position(|pair| {
            history.operations[pair[0]].client == history.operations[pair[1]].client
        });
        if let Some(at) = pair {
            let mut swapped = order.clone();
            swapped.swap(at, at + 1);
            assert!(validate(&history, Level::Sequential, &by(&swapped)).is_err());
            refused[2] += 1;
        }
        // Real time is turned around.
        let late = order.windows(2).position(|pair| {
            let (first, second) = (&history.operations[pair[0]], &history.operations[pair[1]]);
            first.end.is_some_and(|end| end < second.start) && first.client != second.client
        });
        if let Some(at) = late {
            let mut swapped = order.clone();
            swapped.swap(at, at + 1);
            assert!(validate(&history, Level::Linearizable, &by(&swapped)).is_err());
            refused[3] += 1;
        }
        // A read stands before the write it returned.
        let seen = order.windows(2).position(|pair| {
            let (first, second) = (&history.operations[pair[0]], &history.operations[pair[1]]);
            matches!((&first.kind, &second.kind), (Kind::Write { value: wrote },
                Kind::Read { value: read, .. }) if wrote == read && first.key == second.key)
        });
        if let Some(at) = seen {
            let mut swapped = order.clone();
            swapped.swap(at, at + 1);
            assert!(validate(&history, Level::Sequential, &by(&swapped)).is_err());
            refused[4] += 1;
        }
    }
    assert!(refused.iter().all(|&count| count > 40), "too few mutants: {refused:?}");
}

#[test]
fn a_spent_budget_is_never_a_pass() {
    let shape = Shape { operations: 40, clients: 8, keys: 1, values: 2, length: 60, ..HONEST };
    let budget = Budget { states_max: 1, ..Budget::default() };
    let mut undecided = 0;
    for seed in 0..50 {
        let history = crate::chance::history(&mut Chance(seed), &shape);
        let poor = check(&history, Level::Linearizable, &budget);
        if poor.word() == "undecided" {
            undecided += 1;
        } else {
            let rich = check(&history, Level::Linearizable, &Budget::default());
            assert_eq!(poor.word(), rich.word());
        }
    }
    assert!(undecided > 10, "only {undecided} were too hard for one state");
}

#[test]
fn a_broken_history_built_in_memory_is_no_pass_and_no_panic() {
    let history = History::new(
        None,
        vec![Operation::write(0, "x", "1", 0, Some(10)), Operation::read(0, "x", None, 5, 6)],
    );
    for level in Level::ALL {
        assert_eq!(check(&history, *level, &Budget::default()).word(), "undecided");
    }
}
