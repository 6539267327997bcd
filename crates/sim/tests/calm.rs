//! In calm worlds nothing breaks, and how long things take is checked.

use node::Order;
use sim::{Mutant, Options, Plain, hunt, run};

#[test]
fn nothing_takes_long_in_calm_weather() {
    for (order, seed) in (1..=3).flat_map(|seed| [(Order::Agreed, seed), (Order::Merged, seed)]) {
        let (order, plain) = (Some(order), Some(Plain::Calm));
        let report = run(seed, &Options { order, plain, ..Options::default() });
        assert_eq!(report.verdict, Ok(()), "seed {seed}, {}", report.setting);
        assert!(report.operations >= 400, "seed {seed}: {} operations", report.operations);
    }
}

#[test]
fn what_is_slow_is_caught() {
    let mutants: Vec<Mutant> = ["commit-not-announced", "push-taken-for-answer"]
        .map(|name| name.parse().expect("it is planted in nodes"))
        .into();
    for hunted in hunt(&mutants, 1, 4, 1, |_| ()) {
        let by = hunted.caught.as_ref().map(|(_, violation)| violation.invariant);
        assert_eq!(by, Some("calm weather"), "{hunted}");
    }
}
