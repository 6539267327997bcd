//! Worlds that once broke a truth, and some that never did.

use sim::{Options, run};

/// What worlds found, and a seed for each: its world breaks a truth when the fix is taken back. They go on being
/// lived, whatever they will have become.
const FOUND: &[(u64, &str)] = &[
    (9, "a follower's reads were never confirmed where messages take longer than a retry"),
    (9, "a forwarded write was never taken once one before it was lost on the way"),
    (9, "a forwarded write was never taken once it had overtaken another"),
    (6512, "a forwarded write was never taken if the one before it came in an earlier term"),
    (8, "the certificate of a merged write named more than the write stands behind"),
];

#[test]
fn worlds_that_found_a_bug_hold() {
    for (seed, what) in FOUND {
        let report = run(*seed, &Options::default());
        assert_eq!(report.verdict, Ok(()), "seed {seed}, which found: {what}");
    }
}

#[test]
fn worlds_are_worth_their_while() {
    for seed in 0..20 {
        let report = run(seed, &Options::default());
        assert_eq!(report.verdict, Ok(()), "seed {seed}");
        assert!(report.operations >= 200, "seed {seed}: {} operations", report.operations);
        assert!(report.faults_total() >= 5, "seed {seed}: {} faults", report.faults_total());
    }
}
