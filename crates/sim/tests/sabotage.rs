//! A sabotaged driver is caught: a check that cannot fail is a defect.

use node::Order;
use sim::{Options, Sabotage, run};

/// The first invariant that a world with this sabotage violates.
fn caught_by(sabotage: Sabotage) -> Option<&'static str> {
    let options = Options { sabotage: Some(sabotage), ..Options::default() };
    let violation = |seed| run(seed, &options).verdict.err();
    (0..240).find_map(violation).map(|violation| violation.invariant)
}

#[test]
fn every_sabotage_is_caught() {
    for sabotage in Sabotage::ALL {
        assert!(caught_by(sabotage).is_some(), "{sabotage:?} is never caught in 240 worlds");
    }
}

#[test]
fn a_sabotaged_answer_is_caught_by_the_judge_alone() {
    for sabotage in [Sabotage::SwappedAnswers, Sabotage::StaleAnswers] {
        let options =
            Options { sabotage: Some(sabotage), order: Some(Order::Agreed), ..Options::default() };
        let caught = (0..40).any(|seed| {
            run(seed, &options).judgements.iter().any(|judgement| judgement.word == "violated")
        });
        assert!(caught, "{sabotage:?}");
    }
}
