//! What must hold of any verdict, whatever the history: what changes nothing in what happened
//! changes no verdict.

use std::collections::BTreeMap;

use crate::chance::{Chance, Shape, anything, history};
use history::{Budget, History, Kind, Level, Operation, Verdict, check};

const SHAPE: Shape = Shape {
    operations: 14,
    clients: 4,
    keys: 2,
    values: 0,
    cas_percent: 15,
    update_percent: 0,
    delete_percent: 5,
    unknown_percent: 10,
    refused_percent: 5,
    level_percent: 0,
    length: 4,
    servers: 0,
    wild_percent: 0,
    stale_percent: 10,
};

const LEVELS: [Level; 9] = [
    Level::Linearizable,
    Level::Sequential,
    Level::Causal,
    Level::Cm,
    Level::Cc,
    Level::Pram,
    Level::Ryw,
    Level::Mr,
    Level::Eventual,
];

/// How many histories each property is tried on.
const ROUNDS: u64 = if cfg!(debug_assertions) { 150 } else { 3_000 };

fn judge(history: &History, level: Level) -> Verdict {
    check(history, level, &Budget::default())
}

/// Tries a property on histories of all kinds at every level.
fn of_all(property: impl Fn(&History, Level, &mut Chance)) {
    for seed in 0..ROUNDS {
        let mut chance = Chance(seed);
        let shape = Shape { values: [0, 0, 3][seed as usize % 3], ..SHAPE };
        let history = match seed % 4 {
            0 => anything(&mut chance, &Shape { operations: 8, ..shape }),
            _ => history(&mut chance, &shape),
        };
        LEVELS.into_iter().for_each(|level| property(&history, level, &mut chance));
    }
}

/// The same verdict for a history that says the same.
#[track_caller]
fn same(history: &History, changed: &History, level: Level) {
    let (before, after) = (judge(history, level), judge(changed, level));
    assert_eq!(
        before.word(),
        after.word(),
        "{level}\n{}\nbecame\n{}",
        history.to_jsonl(),
        changed.to_jsonl()
    );
}

fn with(history: &History, operations: Vec<Operation>) -> History {
    let mut changed = History::new(history.header.clone(), operations);
    changed.initial = history.initial.clone();
    changed
}

#[test]
fn names_do_not_matter() {
    of_all(|history, level, chance| {
        let (turn, salt) = (1 + chance.below(5), chance.below(1000));
        let value = |value: &Option<String>| value.as_ref().map(|value| format!("{salt}{value}"));
        let rename = |operation: &Operation| {
            let mut renamed = operation.clone();
            renamed.client = 1_000 + operation.client * turn;
            renamed.key = format!("{salt}/{}", operation.key);
            renamed.kind = match &operation.kind {
                Kind::Write { value: written } => Kind::Write { value: value(written) },
                Kind::Read { value: read, ok } => Kind::Read { value: value(read), ok: *ok },
                Kind::Cas { from, to, ok } => {
                    Kind::Cas { from: value(from), to: value(to), ok: *ok }
                }
                kind => kind.clone(),
            };
            renamed
        };
        let renamed = history.operations.iter().map(rename).collect();
        same(history, &with(history, renamed), level);
    });
}

#[test]
fn only_the_order_of_times_matters() {
    of_all(|history, level, _| {
        let ends = history.operations.iter().filter_map(|operation| operation.end);
        let starts = history.operations.iter().map(|operation| operation.start);
        let mut times: Vec<u64> = ends.chain(starts).collect();
        times.sort_unstable();
        times.dedup();
        let rank: BTreeMap<u64, u64> = times.into_iter().zip((7..).step_by(13)).collect();
        let moved = history.operations.iter().map(|operation| {
            let mut moved = operation.clone();
            (moved.start, moved.end) =
                (rank[&operation.start], operation.end.map(|end| rank[&end]));
            moved
        });
        same(history, &with(history, moved.collect()), level);
    });
}

#[test]
fn the_order_of_lines_does_not_matter() {
    of_all(|history, level, chance| {
        // Operations of one client that take no time at all count in the order of their lines.
        let mut lines: Vec<(u64, &Operation)> =
            history.operations.iter().map(|operation| (chance.next(), operation)).collect();
        let instants = history.operations.iter().any(|a| Some(a.start) == a.end);
        if instants {
            return;
        }
        lines.sort_by_key(|(at, _)| *at);
        let shuffled = lines.into_iter().map(|(_, operation)| operation.clone()).collect();
        same(history, &with(history, shuffled), level);
    });
}

#[test]
fn a_file_that_is_read_back_says_the_same() {
    of_all(|history, level, _| {
        let again = History::from_jsonl(&history.to_jsonl()).unwrap();
        same(history, &again, level);
    });
}

#[test]
fn without_a_write_that_nobody_saw_what_held_holds() {
    let mut dropped = 0;
    for seed in 0..4 * ROUNDS {
        let mut chance = Chance(seed);
        let shape = Shape { cas_percent: 0, delete_percent: 0, stale_percent: 0, ..SHAPE };
        let history = history(&mut chance, &shape);
        let seen = |value: &Option<String>| {
            history.operations.iter().any(|operation| operation.seen() == Some(value))
        };
        let unseen = |operation: &Operation| operation.written().is_some_and(|it| !seen(it));
        let Some(at) = history.operations.iter().position(unseen) else { continue };
        let mut rest = history.operations.clone();
        rest.remove(at);
        let without = with(&history, rest);
        // Not for `eventual`: its verdict depends on what was acknowledged.
        for level in &LEVELS[..8] {
            if judge(&history, *level).holds() {
                dropped += 1;
                let verdict = judge(&without, *level);
                assert!(verdict.holds(), "{level}\n{}", history.to_jsonl());
            }
        }
    }
    assert!(dropped > ROUNDS, "only {dropped} had such a write");
}

#[test]
fn an_operation_that_ends_earlier_makes_no_violation_disappear() {
    let mut violated = 0;
    for seed in 0..4 * ROUNDS {
        let mut chance = Chance(seed);
        let history = history(&mut chance, &Shape { stale_percent: 30, ..SHAPE });
        if !judge(&history, Level::Linearizable).is_violated() {
            continue;
        }
        violated += 1;
        let mut shorter = history.operations.clone();
        for operation in &mut shorter {
            operation.end = operation.end.map(|end| end.min(operation.start + chance.below(3)));
        }
        let verdict = judge(&with(&history, shorter), Level::Linearizable);
        assert!(verdict.is_violated(), "{}", history.to_jsonl());
    }
    assert!(violated > ROUNDS / 2, "only {violated} were violated");
}
