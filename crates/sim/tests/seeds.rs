//! Worlds that once broke a truth, and some that never did.

use sim::{Options, run};

/// Every seed that found a bug, and what it found. They go on being lived, whatever they have become meanwhile.
const FOUND: &[(u64, &str)] = &[
    (22, "a follower's reads were never confirmed where messages take long"),
    (78, "a follower's reads were never confirmed where messages take long"),
    (256, "a follower's reads were never confirmed where messages take long"),
    (961, "a forwarded write was never taken after one before it was lost"),
    (1784, "a forwarded write was never taken after one before it was lost"),
    (753, "a forwarded write was never taken after it overtook another"),
    (1016, "a forwarded write was never taken after it overtook another"),
    (1576, "a forwarded write was never taken after one of an earlier term"),
    (5933, "a forwarded write was never taken after one of an earlier term"),
    (2792, "the certificate of a merged write named what it does not stand behind"),
    (2793, "the certificate of a merged write named what it does not stand behind"),
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
