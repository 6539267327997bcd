//! Asking the judge: whether the promise was kept, and what the run met beyond it.

use std::time::Duration;

use history::{Budget, History, Level, Outcome, Verdict, check, strongest};

use crate::level::compared;

/// How long the judge may think about a level that was not promised.
const CURIOSITY: Duration = Duration::from_secs(5);
/// How many operations of a clash are shown.
const CLASH_SHOWN_MAX: usize = 12;

/// What the judge says about a run.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// Whether the promised level holds.
    pub(crate) promised: Verdict,
    /// How that is known, in lines.
    pub(crate) proof: Vec<String>,
    /// The other levels that are worth knowing about, strongest first.
    pub(crate) others: Vec<Verdict>,
}

impl Judgement {
    /// Judges a history by the level that was promised, then by those that say more: all stronger
    /// ones if the promise was kept, else all.
    pub(crate) fn of(history: &History, level: Level) -> Judgement {
        let promised = check(history, level, &Budget::default());
        let curious = Budget { time_max: CURIOSITY, ..Budget::default() };
        let mut others: Vec<Verdict> = vec![];
        for other in compared().filter(|other| *other != level) {
            let is_implied = |known: &Verdict| known.holds() && known.level.is_at_least(other);
            if !is_implied(&promised) && !others.iter().any(is_implied) {
                others.push(check(history, other, &curious));
            }
        }
        let proof = proof(&promised, history);
        Judgement { promised, proof, others }
    }

    /// The strongest level that the run happened to meet.
    pub(crate) fn met(&self) -> Option<Level> {
        strongest(&self.strongest_first())
    }

    /// The levels stronger than the one that was met, weakest first.
    pub(crate) fn stronger_than_met(&self) -> impl Iterator<Item = Verdict> {
        let stronger: Vec<Verdict> =
            self.strongest_first().into_iter().take_while(|verdict| !verdict.holds()).collect();
        stronger.into_iter().rev()
    }

    fn strongest_first(&self) -> Vec<Verdict> {
        let place = |level: Level| compared().position(|known| known == level);
        let mut all = self.others.clone();
        all.push(self.promised.clone());
        all.sort_by_key(|verdict| place(verdict.level));
        all
    }
}

/// How a verdict is known: the witness order, the sentence and the operations of the clash, or why
/// it is not known.
fn proof(verdict: &Verdict, history: &History) -> Vec<String> {
    let Outcome::Violated(clash) = &verdict.outcome else { return verdict.lines(history) };
    let mut lines = vec![clash.sentence.clone()];
    for &place in clash.operations.iter().take(CLASH_SHOWN_MAX) {
        let operation = &history.operations[place];
        let at = |time: u64| format!("{:.3}", time as f64 / 1e6);
        let end = operation.end.map_or("unknown".into(), at);
        let server =
            operation.server.map_or(String::new(), |server| format!(" at server {server}"));
        lines.push(format!(
            "  {}{server}, from {} to {end} ms",
            history::compact(operation),
            at(operation.start)
        ));
    }
    if clash.operations.len() > CLASH_SHOWN_MAX {
        lines.push(format!("  … and {} more", clash.operations.len() - CLASH_SHOWN_MAX));
    }
    lines.extend(verdict.notes.iter().cloned());
    lines
}
