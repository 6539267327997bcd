//! The same seed gives the same world, byte for byte, on any thread and in any company.

use sim::{Batch, Options, run, run_batch};

#[test]
fn same_seed_twice() {
    let options = Options { story: true, ..Options::default() };
    for seed in 100..106 {
        let (one, two) = (run(seed, &options), run(seed, &options));
        assert_eq!(one.to_string(), two.to_string(), "seed {seed}");
        assert_eq!(one.history, two.history, "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_world() {
    let options = Options::default();
    assert_ne!(run(1, &options).trace_hash, run(2, &options).trace_hash);
}

#[test]
fn the_story_changes_nothing() {
    let told = run(3, &Options { story: true, ..Options::default() });
    let silent = run(3, &Options::default());
    assert_eq!(told.trace_hash, silent.trace_hash);
    assert!(!told.story.is_empty() && silent.story.is_empty());
}

#[test]
fn many_at_once_are_the_same_as_one_by_one() {
    let options = Options::default();
    let mut hashes = vec![];
    let many = Batch { from: 200, count: 8, threads: 2, keep_going: true };
    let many = run_batch(many, &options, |report| {
        hashes.push((report.seed, report.trace_hash));
    });
    hashes.sort();
    let alone: Vec<_> = (200..208).map(|seed| (seed, run(seed, &options).trace_hash)).collect();
    assert_eq!(hashes, alone);
    assert_eq!(many.worlds, 8);
    assert!(many.violated.is_empty());
}

#[test]
fn the_seed_comes_first_and_the_trace_last() {
    let report = run(5, &Options::default());
    let text = report.to_string();
    assert_eq!(text.lines().next(), Some("seed 5"));
    let trace = format!("trace {:016x}", report.trace_hash);
    assert_eq!(text.lines().last(), Some(trace.as_str()));
}
