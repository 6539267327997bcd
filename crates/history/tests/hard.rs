//! Histories that a search of all orders would not survive, judged within a budget of states, which
//! no machine is too slow for: what keeps the search small is at work.

#[path = "../benches/loads/mod.rs"]
#[allow(dead_code, reason = "each uses a part of it")]
mod loads;

use std::time::Duration;

use history::{Budget, Level, check};
use loads::{Load, merged, register, spoilt, trace};

const ONE_KEY: Load = Load {
    operations: 3_000,
    clients: 50,
    keys: 1,
    values: 3,
    unknown_percent: 30,
    write_percent: 50,
    cas_percent: 30,
    certificates: false,
};

#[track_caller]
fn holds_within(states_max: u64, load: Load) {
    let budget = Budget { states_max, time_max: Duration::MAX, ..Budget::default() };
    for seed in 0..3 {
        let verdict = check(&register(load, seed), Level::Linearizable, &budget);
        assert_eq!(verdict.word(), "holds", "seed {seed}: {:?}", verdict.outcome);
    }
}

#[test]
fn operations_alike_and_unknown_outcomes_cost_little() {
    holds_within(10_000, ONE_KEY);
    holds_within(10_000, Load { cas_percent: 0, ..ONE_KEY });
    holds_within(10_000, Load { values: 2, unknown_percent: 10, ..ONE_KEY });
}

const MANY_KEYS: Load = Load {
    operations: 1_000,
    clients: 50,
    keys: 100,
    values: 0,
    unknown_percent: 0,
    write_percent: 50,
    cas_percent: 0,
    certificates: false,
};

#[test]
fn one_stale_read_among_unique_values_costs_sequential_little() {
    let budget = Budget { states_max: 100_000, time_max: Duration::MAX, ..Budget::default() };
    for seed in 0..10 {
        let history = spoilt(&register(MANY_KEYS, seed));
        let verdict = check(&history, Level::Sequential, &budget);
        assert_ne!(verdict.word(), "undecided", "seed {seed}: {:?}", verdict.outcome);
    }
}

#[test]
fn one_stale_read_among_appends_costs_little() {
    let budget = Budget { states_max: 100_000, time_max: Duration::MAX, ..Budget::default() };
    for seed in 0..3 {
        let history = trace(1_700, 50, 10, seed);
        for level in [Level::Linearizable, Level::Sequential] {
            assert!(check(&history, level, &budget).holds(), "seed {seed}, {level}");
            let verdict = check(&spoilt(&history), level, &budget);
            assert_eq!(verdict.word(), "violated", "seed {seed}, {level}");
        }
    }
}

/// Each unknown outcome ends a client, and one number a client would be kept for each operation.
#[test]
fn causal_takes_a_kilobyte_an_operation_however_many_clients_there_were() {
    let load = Load { operations: 20_000, unknown_percent: 10, ..MANY_KEYS };
    let memory_bytes_max = load.operations as usize * 1_024;
    let budget = Budget { memory_bytes_max, time_max: Duration::MAX, ..Budget::default() };
    let history = merged(load, 1);
    for (history, word) in [(spoilt(&history), "violated"), (history, "holds")] {
        let verdict = check(&history, Level::Causal, &budget);
        assert_eq!(verdict.word(), word, "{:?}", verdict.outcome);
    }
}
