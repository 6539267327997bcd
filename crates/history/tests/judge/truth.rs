//! The fast algorithms against the definitions, on many small random histories.

use crate::chance::{Chance, Shape};
use history::{Budget, Level, Outcome, check, validate};

const PLAIN: Shape = Shape {
    operations: 7,
    clients: 3,
    keys: 1,
    values: 0,
    cas_percent: 0,
    delete_percent: 0,
    unknown_percent: 0,
    refused_percent: 0,
    level_percent: 0,
    length: 4,
    wild_percent: 10,
    stale_percent: 25,
};

fn compare(name: &str, seed: u64, rounds: u64, shape: Shape) {
    let mut counts = std::collections::BTreeMap::new();
    for round in 0..rounds {
        let mut chance = Chance(seed * 1_000_000 + round);
        let shape = Shape { operations: 1 + chance.below(shape.operations), ..shape };
        let history = crate::chance::history(&mut chance, &shape);
        let mut pattern = Vec::new();
        for level in [Level::Linearizable, Level::Sequential] {
            let expected = crate::reference::holds(&history, level);
            let verdict = check(&history, level, &Budget::default());
            let told = || {
                format!(
                    "{name} seed {seed} round {round} {level}: expected holds={expected}\n{}\n{}",
                    history.to_jsonl(),
                    verdict.lines(&history).join("\n")
                )
            };
            match &verdict.outcome {
                Outcome::Holds { witness } => {
                    assert!(expected, "{}", told());
                    let witness = witness.as_ref().expect("a witness");
                    assert_eq!(validate(&history, level, witness), Ok(()), "{}", told());
                }
                Outcome::Violated(clash) => {
                    assert!(!expected, "{}", told());
                    let mut small = history.clone();
                    small.operations =
                        clash.operations.iter().map(|&i| history.operations[i].clone()).collect();
                    assert!(!crate::reference::holds(&small, level), "clash {}", told());
                }
                Outcome::Undecided(why) => panic!("undecided: {why}\n{}", told()),
            }
            pattern.push(expected);
        }
        *counts.entry(pattern).or_insert(0_u64) += 1;
    }
    println!("{name}: {counts:?}");
}

#[test]
fn unique_values_on_one_key() {
    compare("unique", 1, 4_000, PLAIN);
}

#[test]
fn unique_values_on_two_keys() {
    compare("two keys", 2, 4_000, Shape { keys: 2, ..PLAIN });
}

#[test]
fn repeated_values() {
    compare("repeated", 3, 4_000, Shape { values: 2, delete_percent: 20, keys: 2, ..PLAIN });
}

#[test]
fn unknown_and_refused() {
    let shape = Shape { unknown_percent: 25, refused_percent: 10, keys: 2, ..PLAIN };
    compare("unknown", 4, 4_000, shape);
    compare("unknown, repeated", 5, 4_000, Shape { values: 2, ..shape });
}

#[test]
fn cas() {
    let shape = Shape { cas_percent: 40, keys: 1, ..PLAIN };
    compare("cas", 6, 4_000, shape);
    compare("cas, repeated", 7, 4_000, Shape { values: 3, ..shape });
    compare("cas, unknown", 8, 4_000, Shape { unknown_percent: 25, keys: 2, ..shape });
    compare("cas, all", 9, 4_000, Shape { unknown_percent: 25, values: 3, keys: 2, ..shape });
}

#[test]
fn times_that_touch() {
    let shape = Shape { length: 1, keys: 2, clients: 2, ..PLAIN };
    compare("touching", 10, 6_000, shape);
    compare("touching at once", 11, 6_000, Shape { length: 0, clients: 3, ..shape });
    compare("touching, repeated", 12, 4_000, Shape { values: 2, unknown_percent: 20, ..shape });
    compare("touching, one key", 13, 4_000, Shape { keys: 1, cas_percent: 20, ..shape });
}

#[test]
fn reads_that_asked_for_less() {
    compare("levels", 14, 4_000, Shape { level_percent: 40, keys: 2, ..PLAIN });
}
