//! No witness proves what is violated: neither one that proves another level, nor one of a history
//! that differs in one answer, nor the plain order of starts. The validator is asked alone, without
//! the search that made the witness.

use crate::chance::{Chance, Shape, anything, history};
use history::{Budget, History, Kind, Level, Operation, Order, Outcome, Witness, check, validate};

const SHAPE: Shape = Shape {
    operations: 7,
    clients: 3,
    keys: 2,
    values: 0,
    cas_percent: 10,
    update_percent: 0,
    delete_percent: 0,
    unknown_percent: 5,
    refused_percent: 5,
    level_percent: 0,
    length: 4,
    servers: 0,
    wild_percent: 10,
    stale_percent: 25,
};

const LEVELS: [Level; 11] = [
    Level::Linearizable,
    Level::Bounded { ms: 3 },
    Level::Sequential,
    Level::Causal,
    Level::Cm,
    Level::Cc,
    Level::Pram,
    Level::Wfr,
    Level::Mw,
    Level::Ryw,
    Level::Mr,
];

fn outcomes(history: &History) -> [Outcome; LEVELS.len()] {
    LEVELS.map(|level| check(history, level, &Budget::default()).outcome)
}

/// Another answer for one read, or a write that was refused.
fn changed(history: &History, chance: &mut Chance) -> History {
    let mut operations = history.operations.clone();
    let at = chance.below(operations.len() as u64) as usize;
    let other = chance.below(operations.len() as u64) as usize;
    let value = operations[other].written().cloned().unwrap_or_default();
    match &mut operations[at].kind {
        Kind::Read { value: read, .. } => *read = value,
        _ => operations[at].refused = true,
    }
    History::new(history.header.clone(), operations)
}

/// Who wrote what was seen, as far as values tell.
fn sources(history: &History) -> Vec<(usize, Option<usize>)> {
    let operations = &history.operations;
    let looks = |index: &usize| {
        let operation = &operations[*index];
        let is_write = matches!(operation.kind, Kind::Write { .. });
        !is_write && !operation.refused && operation.end.is_some()
    };
    let source = |index: usize| {
        let seen = match &operations[index].kind {
            Kind::Cas { from, .. } => from,
            Kind::Read { value, .. } => value,
            _ => &None,
        };
        (0..operations.len()).find(|&other| {
            let it = &operations[other];
            other != index
                && seen.is_some()
                && it.key == operations[index].key
                && it.written() == Some(seen)
        })
    };
    (0..operations.len()).filter(looks).map(|index| (index, source(index))).collect()
}

/// Witnesses that somebody might hold up for the history.
fn claims(history: &History, near: &[Outcome], own: &[Outcome]) -> Vec<Witness> {
    let proofs = near.iter().chain(own).filter_map(|outcome| match outcome {
        Outcome::Holds { witness } => witness.clone(),
        _ => None,
    });
    let mut claims: Vec<Witness> = proofs.collect();
    let mut plain: Vec<usize> = (0..history.operations.len()).collect();
    plain.retain(|&index| {
        let operation = &history.operations[index];
        !operation.refused && operation.end.is_some()
    });
    plain.sort_by_key(|&index| history.operations[index].start);
    claims.push(Witness {
        orders: vec![Order { operations: plain, ..Order::default() }],
        ..Witness::default()
    });
    // The same with an order for each client, and with what the values tell.
    let per_client = claims.clone().into_iter().filter(|claim| claim.orders.len() == 1);
    let per_client = per_client.map(|claim| {
        let mut clients: Vec<u64> = history.operations.iter().map(|op| op.client).collect();
        clients.sort_unstable();
        clients.dedup();
        let order = |client| Order { client: Some(client), ..claim.orders[0].clone() };
        let orders = clients.into_iter().map(order).collect();
        Witness { orders, ..claim }
    });
    let per_client: Vec<Witness> = per_client.collect();
    claims.extend(per_client);
    // One of them for one client less.
    let fewer = claims.clone().into_iter().filter(|claim| claim.orders.len() > 1);
    let fewer: Vec<Witness> = fewer
        .map(|mut claim| {
            claim.orders.pop();
            claim
        })
        .collect();
    claims.extend(fewer);
    let told =
        claims.clone().into_iter().map(|claim| Witness { sources: sources(history), ..claim });
    let told: Vec<Witness> = told.collect();
    claims.extend(told);
    claims
}

#[test]
fn no_witness_proves_what_is_violated() {
    let rounds = if cfg!(debug_assertions) { 400 } else { 20_000 };
    let (mut refused, mut taken) = ([0; LEVELS.len()], [0; LEVELS.len()]);
    for seed in 0..rounds {
        let mut chance = Chance(seed);
        let near = match seed % 3 {
            0 => anything(&mut chance, &SHAPE),
            _ => history(&mut chance, &SHAPE),
        };
        if near.operations.is_empty() {
            continue;
        }
        let history = changed(&near, &mut chance);
        let own = outcomes(&history);
        for claim in claims(&history, &outcomes(&near), &own) {
            for (at, level) in LEVELS.into_iter().enumerate() {
                match validate(&history, level, &claim) {
                    Ok(()) => {
                        let holds = crate::reference::holds(&history, level);
                        assert!(holds, "{level}, seed {seed}: {claim:?}\n{}", history.to_jsonl());
                        taken[at] += 1;
                    }
                    Err(_) => refused[at] += u64::from(matches!(own[at], Outcome::Violated(_))),
                }
            }
        }
    }
    println!("{refused:?} of what is violated refused, {taken:?} of what holds taken");
    assert!(refused.iter().chain(&taken).all(|&count| count > 100), "{refused:?} {taken:?}");
}

/// A transaction of reads or writes, one a key.
fn whole(client: u64, kinds: Vec<(&str, Kind)>, start: u64) -> Operation {
    let end = Some(start + 5);
    let parts = kinds.into_iter().map(|(key, kind)| Operation::new(client, kind, key, start, end));
    Operation::transaction(client, parts.collect(), start, end)
}

fn wrote(value: &str) -> Kind {
    Kind::Write { value: Some(value.to_string()) }
}

fn read(value: &str) -> Kind {
    Kind::Read { value: Some(value.to_string()), ok: true }
}

#[test]
fn a_witness_of_a_transaction_of_two_moments_is_refused() {
    let operations = vec![
        whole(0, vec![("x", wrote("1")), ("y", wrote("1"))], 0),
        whole(1, vec![("x", wrote("2")), ("y", wrote("2"))], 0),
        whole(2, vec![("x", read("1")), ("y", read("2"))], 10),
    ];
    let history = History::new(None, operations);
    for order in [[0, 1, 2], [1, 0, 2]] {
        let order = Order { operations: order.to_vec(), ..Order::default() };
        let sources = vec![(2, Some(0)), (2, Some(1))];
        let witness = Witness { orders: vec![order], sources, ..Witness::default() };
        for level in [Level::Causal, Level::Cc] {
            assert!(validate(&history, level, &witness).is_err(), "{level}");
        }
    }
}

#[test]
fn every_key_of_a_transaction_counts_for_a_session() {
    let sources = vec![(2, Some(0))];
    let witness = Witness { sources, ..Witness::default() };
    for key in ["x", "y"] {
        let history = History::new(
            None,
            vec![
                Operation::write(0, key, "1", 0, Some(5)),
                whole(0, vec![("x", wrote("2")), ("y", wrote("2"))], 10),
                Operation::read(0, key, Some("1"), 20, 25),
            ],
        );
        assert!(validate(&history, Level::Ryw, &witness).is_err(), "{key}");
        assert!(check(&history, Level::Ryw, &Budget::default()).is_violated(), "{key}");
    }
}

#[test]
fn where_a_transaction_leaves_what_it_read_nobody_goes_back() {
    let same = whole(1, vec![("x", read("1")), ("x", wrote("1"))], 10);
    let start = [Operation::write(0, "x", "1", 0, Some(5)), same];
    let reads = |values: &[Option<&str>]| {
        let read = |(at, value): (u64, &Option<&str>)| {
            Operation::read(2, "x", *value, 10 * at, 10 * at + 5)
        };
        let operations = start.iter().cloned().chain((0..).zip(values).map(read));
        check(&History::new(None, operations.collect()), Level::Mr, &Budget::default()).word()
    };
    assert_eq!(reads(&[None, Some("1"), Some("1")]), "holds");
    assert_eq!(reads(&[Some("1"), None]), "violated");
    // Alone it would have read what it left.
    let alone = History::new(None, start[1..].to_vec());
    for level in [Level::Mr, Level::Ryw, Level::Wfr, Level::Causal] {
        assert!(check(&alone, level, &Budget::default()).is_violated(), "{level}");
    }
    let witness = Witness { sources: vec![(0, Some(0))], ..Witness::default() };
    for level in [Level::Mr, Level::Ryw] {
        assert!(validate(&alone, level, &witness).is_err(), "{level}");
    }
}
