//! The fast algorithms against the definitions, on many small random histories.

use crate::chance::{Chance, Shape};
use crate::nothing::some_ran;
use history::{Budget, History, Kind, Level, Outcome, check, validate};

const PLAIN: Shape = Shape {
    operations: 7,
    clients: 3,
    keys: 1,
    values: 0,
    cas_percent: 0,
    update_percent: 0,
    delete_percent: 0,
    unknown_percent: 0,
    refused_percent: 0,
    level_percent: 0,
    length: 4,
    servers: 0,
    wild_percent: 10,
    stale_percent: 25,
};

/// How many times more histories a release build looks at: more than 100,000 for every level.
const RELEASE_FACTOR: u64 = 100;

fn compare(name: &str, levels: &[Level], seed: u64, rounds: u64, shape: Shape) {
    let rounds = if cfg!(debug_assertions) { rounds } else { rounds * RELEASE_FACTOR };
    let mut counts = std::collections::BTreeMap::new();
    for round in 0..rounds {
        let mut chance = Chance(seed * 100_000_000 + round);
        let shape = Shape { operations: 1 + chance.below(shape.operations), ..shape };
        let history = match shape.wild_percent {
            100 => crate::chance::anything(&mut chance, &shape),
            _ => crate::chance::history(&mut chance, &shape),
        };
        let verdicts: Vec<(Level, bool)> =
            levels.iter().map(|&level| (level, agree(name, &history, level))).collect();
        for &(strong, holds) in &verdicts {
            for &(weak, also) in &verdicts {
                // With reads that asked for less, each level has reads of its own.
                let implied = !holds || also || !strong.implies(weak) || shape.level_percent > 0;
                assert!(implied, "{strong} does not imply {weak}:\n{}", history.to_jsonl());
            }
        }
        let pattern: String = verdicts.iter().map(|&(_, h)| if h { '+' } else { '-' }).collect();
        *counts.entry(pattern).or_insert(0_u64) += 1;
    }
    println!("{name} {levels:?}: {counts:?}");
}

/// Compares the judge with the definition; whether the level holds.
pub(crate) fn agree(name: &str, history: &History, level: Level) -> bool {
    let expected = crate::reference::holds(history, level);
    let verdict = check(history, level, &Budget::default());
    let told = || {
        format!(
            "{name} {level}: expected holds={expected}\n{}\n{}",
            history.to_jsonl(),
            verdict.lines(history).join("\n")
        )
    };
    match &verdict.outcome {
        Outcome::Holds { witness } => {
            assert!(expected && some_ran(history, level), "{}", told());
            let witness = witness.as_ref().expect("a witness");
            assert_eq!(validate(history, level, witness), Ok(()), "{}", told());
        }
        Outcome::Violated(clash) => {
            assert!(!expected, "{}", told());
            let only = |kept: &[usize]| {
                let kept = kept.iter().map(|&i| history.operations[i].clone()).collect();
                History::new(history.header.clone(), kept)
            };
            assert!(!crate::reference::holds(&only(&clash.operations), level), "clash {}", told());
            // With updates, more goes with what is left out than what returned it.
            let updates = history.operations.iter().any(|op| op.is_update());
            for &index in clash.operations.iter().filter(|_| !updates) {
                let rest = without(history, &clash.operations, index);
                let holds = crate::reference::holds(&only(&rest), level);
                assert!(holds, "{index} can be left out: {}", told());
            }
        }
        Outcome::Undecided(why) if !some_ran(history, level) => {
            assert!(expected && why.ends_with("nothing was there to judge"), "{}", told());
        }
        Outcome::Undecided(why) => panic!("undecided: {why}\n{}", told()),
    }
    expected
}

/// What is left of a clash without one operation and without all that found what it wrote.
fn without(history: &History, clash: &[usize], index: usize) -> Vec<usize> {
    let op = |index: usize| &history.operations[index];
    let mut gone = vec![index];
    let mut at = 0;
    while let Some(&lost) = gone.get(at) {
        at += 1;
        let rests = |other: usize| {
            let other = op(other);
            let failed = matches!(other.kind, Kind::Cas { ok: Some(false), .. });
            let found = other.seen().is_some() && other.seen() == op(lost).written();
            other.key == op(lost).key && op(lost).is_write() && (found || failed)
        };
        let along = clash.iter().copied().filter(|other| !gone.contains(other) && rests(*other));
        let along: Vec<usize> = along.collect();
        gone.extend(along);
    }
    clash.iter().copied().filter(|index| !gone.contains(index)).collect()
}

const ONE_ORDER: &[Level] = &[Level::Linearizable, Level::Bounded { ms: 3 }, Level::Sequential];
const WEAKER: &[Level] =
    &[Level::Sequential, Level::Causal, Level::Cm, Level::Cc, Level::Pram, Level::Ryw, Level::Mr];
const OBSERVERS: &[Level] =
    &[Level::Causal, Level::Cm, Level::Pram, Level::Wfr, Level::Mw, Level::Ryw, Level::Mr];

#[test]
fn unique_values_on_one_key() {
    compare("unique", ONE_ORDER, 1, 1_000, PLAIN);
}

#[test]
fn unique_values_on_two_keys() {
    compare("two keys", ONE_ORDER, 2, 400, Shape { keys: 2, ..PLAIN });
}

#[test]
fn repeated_values() {
    let shape = Shape { values: 2, delete_percent: 20, keys: 2, ..PLAIN };
    compare("repeated", ONE_ORDER, 3, 1_000, shape);
}

#[test]
fn unknown_and_refused() {
    let shape = Shape { unknown_percent: 25, refused_percent: 10, keys: 2, ..PLAIN };
    compare("unknown", ONE_ORDER, 4, 1_000, shape);
    compare("unknown, repeated", ONE_ORDER, 5, 400, Shape { values: 2, ..shape });
}

#[test]
fn cas() {
    let shape = Shape { cas_percent: 40, keys: 1, ..PLAIN };
    compare("cas", ONE_ORDER, 6, 1_000, shape);
    compare("cas, repeated", ONE_ORDER, 7, 400, Shape { values: 3, ..shape });
    compare("cas, unknown", ONE_ORDER, 8, 400, Shape { unknown_percent: 25, keys: 2, ..shape });
    let all = Shape { unknown_percent: 25, values: 3, keys: 2, ..shape };
    compare("cas, all", ONE_ORDER, 9, 1_000, all);
}

#[test]
fn appends_and_increments() {
    let shape = Shape { update_percent: 80, keys: 2, ..PLAIN };
    compare("updates", ONE_ORDER, 26, 600, shape);
    compare("updates, unknown", ONE_ORDER, 27, 600, Shape { unknown_percent: 25, ..shape });
    let cas = Shape { unknown_percent: 25, update_percent: 50, cas_percent: 60, ..shape };
    compare("updates and cas, unknown", ONE_ORDER, 36, 1_000, Shape { keys: 1, ..cas });
    let all = Shape { cas_percent: 20, delete_percent: 20, values: 2, ..shape };
    compare("updates, all", ONE_ORDER, 28, 600, all);
    compare("updates, touching", ONE_ORDER, 29, 600, Shape { length: 0, ..all });
}

#[test]
fn times_that_touch() {
    let shape = Shape { length: 1, keys: 2, clients: 2, ..PLAIN };
    compare("touching", ONE_ORDER, 10, 1_200, shape);
    compare("touching at once", ONE_ORDER, 11, 1_200, Shape { length: 0, clients: 3, ..shape });
    let repeated = Shape { values: 2, unknown_percent: 20, ..shape };
    compare("touching, repeated", ONE_ORDER, 12, 1_000, repeated);
    let one_key = Shape { keys: 1, cas_percent: 20, ..shape };
    compare("touching, one key", ONE_ORDER, 13, 1_000, one_key);
}

#[test]
fn reads_that_asked_for_less() {
    compare("levels", ONE_ORDER, 14, 400, Shape { level_percent: 40, keys: 2, ..PLAIN });
}

/// Histories that are far from sequential, so that the weaker levels part.
const WEAK: Shape = Shape { keys: 2, wild_percent: 100, ..PLAIN };

#[test]
fn causal_with_unique_values() {
    compare("causal", WEAKER, 15, 500, WEAK);
    compare("causal, one key", WEAKER, 16, 400, Shape { keys: 1, ..WEAK });
    compare("causal, unknown", WEAKER, 17, 400, Shape { unknown_percent: 20, ..WEAK });
}

#[test]
fn causal_with_repeated_values() {
    let shape = Shape { operations: 6, values: 2, delete_percent: 10, ..WEAK };
    compare("causal, repeated", WEAKER, 18, 500, shape);
    let unknown = Shape { unknown_percent: 20, refused_percent: 10, ..shape };
    compare("causal, repeated, unknown", WEAKER, 19, 400, unknown);
}

#[test]
fn causal_with_cas() {
    let shape = Shape { operations: 6, cas_percent: 40, ..WEAK };
    compare("causal, cas", WEAKER, 20, 500, shape);
    compare("causal, cas, repeated", WEAKER, 21, 400, Shape { values: 2, ..shape });
    let all = Shape { values: 2, unknown_percent: 20, ..shape };
    compare("causal, cas, all", WEAKER, 22, 400, all);
}

#[test]
fn session_guarantees() {
    let shape = Shape { operations: 6, servers: 0, ..WEAK };
    compare("sessions", OBSERVERS, 23, 500, shape);
    compare("sessions, servers", OBSERVERS, 24, 400, Shape { servers: 2, ..shape });
    let all = Shape { values: 2, unknown_percent: 20, cas_percent: 15, ..shape };
    compare("sessions, repeated", OBSERVERS, 25, 400, all);
}
