//! Who sees an answer without its question? Worlds in which clients talk are tried with a slow
//! link, and judged at causal.

use node::Order;
use sim::{Options, run};

#[test]
fn talks_over_a_slow_link_are_judged_at_causal() {
    let options = Options { order: Some(Order::Merged), ..Options::default() };
    let mut judged = 0;
    for seed in 0..24 {
        let report = run(seed, &options);
        let slow = report.faults.iter().any(|(kind, _)| *kind == "slow link");
        let causal = report.judgements.iter().find(|one| one.level == history::Level::Causal);
        let talks = report.setting.contains("who talk");
        if talks && slow && causal.is_some_and(|one| one.word == "holds") {
            let keys = report.history.operations.iter().map(|operation| operation.key.as_str());
            assert!(keys.filter(|key| *key == "answer").count() > 10, "seed {seed}");
            judged += 1;
        }
    }
    assert!(judged >= 2, "only {judged} worlds");
}
