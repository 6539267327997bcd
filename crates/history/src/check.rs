//! The judge: a history and a level in, a verdict out.

mod whole;

use crate::budget::{Budget, Meter, megabytes};
use crate::explain::explain;
use crate::explain::shrink::shrink;
use crate::levels::decide;
use crate::levels::decision::{Decision, Proof};
use crate::levels::eventual::{self, Eventual};
use crate::model::clients;
use crate::model::history::{History, Unit};
use crate::model::level::Level;
use crate::model::names::compact;
use crate::model::operation::{Fate, Operation};
use crate::model::view::{NONE, View, counts, is_operation};
use crate::verdict::{Clash, Outcome, Verdict};
use crate::witness::claimed;
use crate::witness::{Order, Witness, validate};

/// States that each attempt to make a clash smaller may visit at least.
const SHRINK_STATES_MIN: u64 = 20_000;
/// Operations judged and states visited that all attempts together may cost at least. Counted, not
/// timed, so that a clash does not depend on the machine.
const SHRINK_WORK_MIN: u64 = 2_000_000;

/// Bytes that every judgement takes for an operation beside the history itself.
const OPERATION_BYTES: usize = 250;

/// Judges `history` by `level`, at a cost within `budget`. Where nothing is known to have run that
/// counts at the level, that is undecided.
pub fn check(history: &History, level: Level, budget: &Budget) -> Verdict {
    let mut notes = Vec::new();
    if let Some(why) = nothing_to_judge(history, level) {
        return Verdict { level, outcome: Outcome::Undecided(why), notes };
    }
    let bytes = history.bytes() + history.operations.len() * OPERATION_BYTES;
    if bytes > budget.memory_bytes_max {
        let why = format!(
            "to judge {} operations takes about {}, more than the {} of its budget",
            history.operations.len(),
            megabytes(bytes),
            megabytes(budget.memory_bytes_max)
        );
        return Verdict { level, outcome: Outcome::Undecided(why), notes };
    }
    if let Some(claim) = claimed::candidate(history, level) {
        let proven = claim.and_then(|witness| {
            clients::in_order(history).map_err(|disorder| disorder.message)?;
            validate(history, level, &witness).map(|()| witness)
        });
        match proven {
            Ok(witness) => {
                notes.push("proved by the order that the certificates claim".to_string());
                return Verdict {
                    level,
                    outcome: Outcome::Holds { witness: Some(witness) },
                    notes,
                };
            }
            Err(why) => notes.push(format!(
                "the certificates claim no order that proves it ({why}); the judge searched"
            )),
        }
    }
    // One that was refused did nothing.
    let takes_part = |op: &Operation| op.is_transaction() && op.fate() != Fate::Refused;
    let has_transactions = history.operations.iter().any(takes_part);
    let outcome = match View::new(history, level) {
        Err(why) => Outcome::Undecided(why),
        Ok(_) if level == Level::Eventual => {
            notes = early_answers(history);
            judge_eventual(history)
        }
        Ok(_) if has_transactions => {
            let outcome = whole::judge(history, level, budget, bytes);
            timed(history, level, outcome)
        }
        Ok(view)
            if view.has_updates.contains(&true)
                && level != Level::Causal
                && !is_about_one_order(level) =>
        {
            Outcome::Undecided(format!(
                "appends and increments are not judged for {level}, only for levels that are about \
                 one order"
            ))
        }
        Ok(view) => {
            let meter = &mut Meter::new(budget, bytes);
            timed(history, level, judge_order(&view, level, meter))
        }
    };
    Verdict { level, outcome, notes }
}

/// What is violated by some time is undecided in a history without times.
fn timed(history: &History, level: Level, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Violated(_) if is_bound_without_times(history, level) => Outcome::Undecided(
            "it is not linearizable, and it has no times, so nobody knows by how much".to_string(),
        ),
        outcome => outcome,
    }
}

/// Why nothing is there to judge, if so: a level holds only of what ran.
fn nothing_to_judge(history: &History, level: Level) -> Option<String> {
    let ran = |operation: &Operation| counts(operation, level) && operation.fate() == Fate::Done;
    if history.operations.iter().any(ran) {
        return None;
    }
    let which = match history.operations.len() {
        0 => "there is no operation".to_string(),
        1 => {
            "the one operation is not known to have run or does not count at this level".to_string()
        }
        count => {
            format!("none of the {count} operations is known to have run and counts at this level")
        }
    };
    Some(format!("{which}, so nothing was there to judge"))
}

/// Judges `history` by `level` and, where that is undecided, by the levels that it follows from, if
/// the same reads count for them: what holds at one of those holds.
pub fn settle(history: &History, level: Level, budget: &Budget) -> Verdict {
    let verdict = check(history, level, budget);
    if !matches!(verdict.outcome, Outcome::Undecided(_)) {
        return verdict;
    }
    let counted = |level| history.operations.iter().map(move |one| counts(one, level));
    let is_stronger = |one: &&Level| **one != level && one.implies(level);
    let stronger = Level::ALL.iter().filter(is_stronger);
    let same_reads = stronger.filter(|one| counted(**one).eq(counted(level)));
    match same_reads.map(|one| check(history, *one, budget)).find(Verdict::holds) {
        Some(known) => follows(level, known.level),
        None => verdict,
    }
}

/// A level that holds because a stronger one does, which has the proof.
fn follows(level: Level, stronger: Level) -> Verdict {
    Verdict {
        level,
        outcome: Outcome::Holds { witness: None },
        notes: vec![format!("it follows from {stronger}")],
    }
}

/// Judges `history` by every level, strongest first. A level that follows from a stronger one that
/// holds is not judged by itself; a note says so, and it has no witness of its own.
pub fn ladder(history: &History, budget: &Budget) -> Vec<Verdict> {
    // With reads that asked for levels of their own, each level judges other reads.
    let same_reads = history.operations.iter().all(|operation| operation.level.is_none());
    let mut verdicts: Vec<Verdict> = Vec::new();
    for &level in Level::ALL {
        let implied = |known: &&Verdict| known.holds() && known.level.implies(level);
        let stronger = verdicts.iter().find(implied).filter(|_| same_reads);
        verdicts.push(match stronger.map(|known| known.level) {
            Some(stronger) => follows(level, stronger),
            None => check(history, level, budget),
        });
    }
    verdicts
}

/// The strongest level that holds, if any does: the level that a run happened to meet.
pub fn strongest(verdicts: &[Verdict]) -> Option<Level> {
    verdicts.iter().find(|verdict| verdict.holds()).map(|verdict| verdict.level)
}

/// Whether a level allows some time and the history knows nothing but the order of events.
fn is_bound_without_times(history: &History, level: Level) -> bool {
    history.unit() == Unit::Events && matches!(level, Level::Bounded { ms: 1.. })
}

fn is_about_one_order(level: Level) -> bool {
    matches!(level, Level::Linearizable | Level::Bounded { .. } | Level::Sequential)
}

fn judge_eventual(history: &History) -> Outcome {
    match eventual::judge(history) {
        Eventual::Converged => Outcome::Holds { witness: None },
        Eventual::Violated(operations, sentence) => {
            Outcome::Violated(Clash { operations, sentence, cycle: vec![] })
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
        Decision::Holds(proof) => proven(view.history, level, witness(view, proof)),
        Decision::Violated(core) => Outcome::Violated(clash(view, level, &core, meter)),
        Decision::Undecided(why) => Outcome::Undecided(why),
    }
}

/// A level holds if the validator says so of its witness.
fn proven(history: &History, level: Level, witness: Witness) -> Outcome {
    match validate(history, level, &witness) {
        Ok(()) => Outcome::Holds { witness: Some(witness) },
        // A bug, should it ever speak: an algorithm built an order that proves nothing.
        Err(why) => Outcome::Undecided(format!(
            "the judge found an order and its own validator refuses it: {why}; please report this \
             history"
        )),
    }
}

/// A proof in indices into the history.
fn witness(view: &View<'_>, proof: Proof) -> Witness {
    let order = |(reader, ids): (u32, Vec<u32>)| {
        let reader = (reader != NONE).then(|| view.operation(reader));
        Order {
            client: reader.map(|reader| reader.client),
            server: reader.and_then(|reader| reader.server),
            operations: view.indices(&ids),
        }
    };
    let index = |id: u32| view.ops[id as usize].index as usize;
    let mut sources: Vec<(usize, Option<usize>)> = proof
        .sources
        .iter()
        .map(|&(id, source)| (index(id), is_operation(source).then(|| index(source))))
        .collect();
    sources.sort_unstable();
    let orders = proof.orders.into_iter().map(order).collect();
    let counted = proof.counted.iter().map(|(id, counted)| (index(*id), view.indices(counted)));
    let mut counted: Vec<(usize, Vec<usize>)> = counted.collect();
    counted.sort_unstable();
    Witness { orders, sources, counted }
}

/// The smallest clash inside `core`, in words.
fn clash(view: &View<'_>, level: Level, core: &[u32], meter: &Meter) -> Clash {
    let real_time = matches!(level, Level::Linearizable | Level::Bounded { .. });
    // The first attempt shows what deciding this clash costs; the others may cost little more.
    let (mut each, mut all) = (u64::MAX, u64::MAX);
    let is_violated = |kept: &[u32]| {
        let mut part = meter.part(each.min(all));
        if all == 0 || !part.check_time() {
            return None;
        }
        let decision = decide(&view.part(level, kept), level, &mut part);
        let cost = part.spent() + kept.len() as u64;
        if each == u64::MAX {
            each = SHRINK_STATES_MIN.max(2 * cost);
            all = SHRINK_WORK_MIN.max(20 * cost);
        }
        all = all.saturating_sub(cost);
        Some(matches!(decision, Decision::Violated(_)))
    };
    let smallest = shrink(view, real_time, core, &mut meter.part(u64::MAX), is_violated);
    let (sentence, cycle) = explain(&view.part(level, &smallest), level, &mut meter.part(u64::MAX));
    Clash { operations: view.indices(&smallest), sentence, cycle }
}
