//! Does anybody come and go where members change? A world in which nobody ever joins tries nothing
//! of it, and breaks no promise.

use sim::{Options, run};

#[test]
fn nodes_join_and_members_are_removed() {
    let options = Options { members: Some(true), ..Options::default() };
    let (mut joined, mut removed) = (0, 0);
    for seed in 1..=16 {
        let report = run(seed, &options);
        assert!(report.verdict.is_ok(), "{report}");
        joined += report.joined;
        removed += report.removed;
    }
    assert!(joined >= 4 && removed >= 4, "{joined} joined, {removed} removed");
}

#[test]
fn members_change_in_some_worlds_of_those_that_seeds_choose() {
    let changes = |seed| run(seed, &Options::default()).setting.contains("may join");
    let count = (1..=16).filter(|seed| changes(*seed)).count();
    assert!((1..16).contains(&count), "{count} of 16");
}
