//! Histories that a search of all orders would not survive, judged within a budget of states, which
//! no machine is too slow for: what keeps the search small is at work.

#[path = "../benches/loads/mod.rs"]
#[allow(dead_code)]
mod loads;

use std::time::Duration;

use history::{Budget, Level, check};
use loads::{Load, register};

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
