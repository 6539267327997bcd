//! A plan that violates an invariant is cut down to what is needed for that.

use sim::{Options, Sabotage, run, shrink};

/// A world in which this sabotage is caught, and what it violates.
fn caught(sabotage: Sabotage) -> (u64, Options, &'static str) {
    let options = Options { sabotage: Some(sabotage), ..Options::default() };
    let broken = |seed| run(seed, &options).verdict.err().map(|broken| (seed, broken.invariant));
    let (seed, invariant) = (0..60).find_map(broken).expect("the sabotage is caught");
    (seed, options, invariant)
}

#[test]
fn what_is_left_violates_the_same_invariant_again_and_again() {
    let (seed, options, invariant) = caught(Sabotage::ForgetfulDisk);
    let whole = run(seed, &options);
    let mut heard = 0;
    let shrunk = shrink(seed, &options, 400, &mut |worlds, _| heard = worlds).expect("it breaks");
    assert_eq!(
        shrunk.report.verdict.as_ref().err().map(|broken| broken.invariant),
        Some(invariant)
    );
    assert!(!shrunk.report.plan.is_empty(), "without a crash nobody notices it");
    assert!(2 * shrunk.report.plan.len() < whole.plan.len(), "{:#?}", shrunk.report.plan_lines());
    assert!(shrunk.report.operations < whole.operations);
    assert_eq!(heard, shrunk.worlds);
    let again = run(seed, &shrunk.options);
    assert_eq!(again.trace_hash, shrunk.report.trace_hash);
    assert_eq!(again.verdict, shrunk.report.verdict);
    let text = shrunk.to_string();
    assert!(text.contains(&format!("candor sim --seed {seed} --only")), "{text}");
}

#[test]
fn a_world_that_holds_is_not_shrunk() {
    assert!(shrink(1, &Options::default(), 100, &mut |_, _| panic!("nothing is tried")).is_none());
}

#[test]
fn bounds_are_kept() {
    let (seed, options, _) = caught(Sabotage::StaleAnswers);
    let shrunk = shrink(seed, &options, 3, &mut |_, _| ()).expect("it breaks");
    assert!(shrunk.worlds <= 3 && shrunk.report.verdict.is_err());
}

#[test]
fn a_part_of_a_plan_is_a_world_of_its_own() {
    let whole = run(3, &Options::default());
    let only = Options { only: Some(vec![1, 4]), clients: Some(vec![0]), ..Options::default() };
    let part = run(3, &only);
    let numbers: Vec<_> = part.plan.iter().map(|fault| fault.number).collect();
    assert_eq!(numbers, [1, 4]);
    assert!(part.operations < whole.operations);
    let none = Options { only: Some(vec![]), operations: Some(10), ..Options::default() };
    let none = run(3, &none);
    assert_eq!((none.plan.len(), none.verdict), (0, Ok(())));
}
