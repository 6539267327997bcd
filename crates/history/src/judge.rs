//! The judge: a history and a level in, a verdict out.

use crate::budget::{Budget, Meter};
use crate::decision::Decision;
use crate::eventual::{self, Eventual};
use crate::explain::sentence;
use crate::history::History;
use crate::level::Level;
use crate::shrink::shrink;
use crate::verdict::{Clash, Outcome, Verdict, compact};
use crate::view::View;
use crate::witness::validate;
use crate::{linearizable, sequential};

/// States that making a clash small may visit in each attempt.
const SHRINK_STATES_MAX: u64 = 200_000;

/// Judges `history` by `level`, at a cost within `budget`.
pub fn check(history: &History, level: Level, budget: &Budget) -> Verdict {
    let mut notes = Vec::new();
    let outcome = match View::new(history, level) {
        Err(why) => Outcome::Undecided(why),
        Ok(_) if level == Level::Eventual => {
            notes = early_answers(history);
            judge_eventual(history)
        }
        Ok(view) => judge_order(&view, level, &mut Meter::new(budget)),
    };
    Verdict { level, outcome, notes }
}

/// Judges `history` by every level, strongest first.
pub fn ladder(history: &History, budget: &Budget) -> Vec<Verdict> {
    Level::ALL.iter().map(|&level| check(history, level, budget)).collect()
}

/// The strongest level that holds, if any does: the level that a run happened to meet.
pub fn strongest(verdicts: &[Verdict]) -> Option<Level> {
    verdicts.iter().find(|verdict| verdict.holds()).map(|verdict| verdict.level)
}

/// What is asked of a history that promises nothing: each read returned the initial value or one
/// that some write of its key carries.
pub fn check_values(history: &History) -> Option<Clash> {
    eventual::judge_values(history)
        .map(|(read, sentence)| Clash { operations: vec![read], sentence })
}

fn judge_eventual(history: &History) -> Outcome {
    match eventual::judge(history) {
        Eventual::Converged => Outcome::Holds { witness: None },
        Eventual::Violated(operations, sentence) => {
            Outcome::Violated(Clash { operations, sentence })
        }
        Eventual::Open(why) => Outcome::Undecided(why),
    }
}

/// How many early answers are named; more say nothing new.
const EARLY_ANSWERS_MAX: usize = 3;

fn early_answers(history: &History) -> Vec<String> {
    let early = eventual::answers_before_questions(history);
    let name = |&(read, write): &(usize, usize)| {
        let (read, write) = (&history.operations[read], &history.operations[write]);
        let gap = write.start.saturating_sub(read.end.unwrap_or(write.start));
        format!(
            "note: {} ended {} before the value was written ({}); real time is no part of \
             this level",
            compact(read),
            history.unit().span(gap),
            compact(write)
        )
    };
    early.iter().take(EARLY_ANSWERS_MAX).map(name).collect()
}

/// Judges a level that is about one order of operations.
fn judge_order(view: &View<'_>, level: Level, meter: &mut Meter) -> Outcome {
    match decide(view, level, meter) {
        Decision::Holds(order) => {
            let witness = view.indices(&order);
            // A bug, should it ever speak: an algorithm built an order that proves nothing.
            match validate(view.history, level, &witness) {
                Ok(()) => Outcome::Holds { witness: Some(witness) },
                Err(why) => Outcome::Undecided(format!(
                    "the judge found an order and its own validator refuses it: {why}; please \
                     report this history"
                )),
            }
        }
        Decision::Violated(core) => Outcome::Violated(clash(view, level, &core, meter)),
        Decision::Undecided(why) => Outcome::Undecided(why),
    }
}

fn decide(view: &View<'_>, level: Level, meter: &mut Meter) -> Decision {
    match level {
        Level::Linearizable => linearizable::judge(view, meter),
        _ => sequential::judge(view, meter),
    }
}

/// The smallest clash inside `core`, in words.
fn clash(view: &View<'_>, level: Level, core: &[u32], meter: &Meter) -> Clash {
    let is_violated = |part: &View<'_>| {
        let mut meter = meter.part(SHRINK_STATES_MAX);
        matches!(decide(part, level, &mut meter), Decision::Violated(_))
    };
    let smallest = shrink(view, core, is_violated);
    let sentence = sentence(&view.only(&smallest), level);
    Clash { operations: view.indices(&smallest), sentence }
}
