//! Worlds that once violated an invariant, and some that never did.

use sim::{Options, run};

/// What worlds found, and a seed for each: its world violated an invariant when the fix was taken
/// back (checked before worlds had limits and copies; that may be done anew whenever they change).
/// They go on being run, whatever they will have become.
const FOUND: &[(u64, &str)] = &[
    (12, "a follower's reads were never confirmed where messages take longer than a retry"),
    (9, "a forwarded write was never taken once one before it was lost on the way"),
    (9, "a forwarded write was never taken once it had overtaken another"),
    (500034, "a merged DEL that a higher write outlasts counted twice a key that it named twice"),
    (7, "the certificate of a merged write named more than the write stands behind"),
    (72000595, "a member never fetched a state in time: snapshots came faster than its pieces"),
    (84005729, "entries that waited for a state went to a disk that was full, once it was joined"),
    (
        94000874,
        "a term that was heard in the turn in which a fetched state was whole was forgotten",
    ),
    (951657, "entries that a follower had forgotten, sent again, were taken for a forgery"),
];

/// Worlds in which the simulator itself was wrong.
const MISJUDGED: &[(u64, &str)] = &[
    (242, "a merged write that only a lost machine had was demanded of the others"),
    (100767, "a merged write was taken to have spread, since another key was given the same value"),
    (530, "a counter of 08 was taken for 8, which INCR does not take"),
    (2908, "a counter of a text was demanded to count, since all was whole"),
    (2910, "the same"),
    (782379, "what a start found, and had not synced when the power went, was taken for kept"),
    (50120161, "repair that went on one entry at a time was taken to stand still"),
    (116686, "a merged write was taken to have spread, since another key was given the same value"),
    (902302, "a request that came right before its node was paused counted as taken in"),
];

#[test]
fn worlds_that_found_a_bug_hold() {
    for (seed, what) in FOUND.iter().chain(MISJUDGED) {
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
