//! What takes several steps comes about: hand-overs fail, tails are overwritten before a crash,
//! copies are turned away, limits are met.

use std::ops::Range;

use node::Order;
use sim::{Options, run};

/// How many of these worlds tell each of these things in their stories, up to the one that tells
/// the last of them; all hold.
fn told<const N: usize>(order: Order, seeds: Range<u64>, what: [&str; N]) -> [u32; N] {
    let options = Options { order: Some(order), story: true, ..Options::default() };
    let mut counts = [0; N];
    for seed in seeds {
        let report = run(seed, &options);
        assert_eq!(report.verdict, Ok(()), "seed {seed}");
        let tells = |what: &str| report.story.iter().any(|line| line.contains(what));
        counts.iter_mut().zip(what).for_each(|(count, what)| *count += u32::from(tells(what)));
        if counts.iter().all(|count| *count > 0) {
            break;
        }
    }
    counts
}

#[test]
fn agreed_worlds_have_all_of_them() {
    let what = [
        "hears nothing of it",
        "drops the end of its log",
        "is turned away",
        "slow matter",
        "too much waits on this node already",
    ];
    let counts = told(Order::Agreed, 0..400, what);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?} worlds tell of {what:?}");
}

#[test]
fn merged_worlds_turn_copies_away() {
    let what = ["clone; ", "restored directory: it is empty", "an older copy", "is turned away"];
    let counts = told(Order::Merged, 0..200, what);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?} worlds tell of {what:?}");
}
