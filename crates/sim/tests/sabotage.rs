//! A driver that lies is caught: a check that cannot fail is a defect.

use node::Order;
use sim::{Lie, Options, run};

/// The first truth that a world with this lie breaks.
fn caught_by(lie: Lie) -> Option<&'static str> {
    let options = Options { lie: Some(lie), ..Options::default() };
    let violation = |seed| run(seed, &options).verdict.err();
    (0..240).find_map(violation).map(|violation| violation.truth)
}

#[test]
fn every_lie_is_caught() {
    for lie in Lie::ALL {
        assert!(caught_by(lie).is_some(), "{lie:?} was told in 240 worlds and never caught");
    }
}

#[test]
fn a_lying_answer_is_caught_by_the_judge_alone() {
    for lie in [Lie::SwappedAnswers, Lie::StaleAnswers] {
        let options = Options { lie: Some(lie), order: Some(Order::Agreed), ..Options::default() };
        let caught = (0..40).any(|seed| {
            run(seed, &options).judgements.iter().any(|judgement| judgement.word == "violated")
        });
        assert!(caught, "{lie:?}");
    }
}
