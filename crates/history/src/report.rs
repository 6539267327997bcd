//! What `candor check` prints of a file: the verdict in one line, then how all levels stand in
//! another one, then why; the same as JSON, and the exit code.

use serde_json::{Value, json};

use crate::budget::{Budget, megabytes};
use crate::check::{ladder, settle, strongest};
use crate::explain::answer::{answer, details, standings};
use crate::explain::skipped;
use crate::formats::broken::Broken;
use crate::model::history::History;
use crate::model::level::Level;
use crate::promise::{Promise, only, promises, promises_of};
use crate::scope::Scope;
use crate::verdict::{Clash, Outcome, Verdict};
use crate::witness::{Order, Witness};

/// Exit code: everything is as promised.
pub const EXIT_GOOD: u8 = 0;
/// Exit code: something went wrong while running, such as a picture that cannot be written.
pub const EXIT_FAILURE: u8 = 1;
/// Exit code: the promised level is violated.
pub const EXIT_VIOLATED: u8 = 3;
/// Exit code: it is not known whether the promised level holds, or nothing was there to judge.
pub const EXIT_UNDECIDED: u8 = 4;
/// Exit code: a file is no history, or cannot be read.
pub const EXIT_BROKEN: u8 = 78;

/// What is to be said about one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The answer for a person: the verdict, how all levels stand, and why.
    pub lines: Vec<String>,
    /// Every level with its proof, for who wants to know more; nothing beyond the answer if one
    /// level was judged.
    pub details: Vec<String>,
    /// The same for a machine: one object.
    pub json: Value,
    /// The exit code that this file alone would give.
    pub exit_code: u8,
    /// The verdicts that it tells, strongest level first: all levels where one is promised, else
    /// those of the promises.
    pub verdicts: Vec<Verdict>,
    /// What was promised or asked for.
    pub promises: Vec<Promise>,
}

impl Report {
    /// The witness that tells most, with its level and what it is about: that of the level which
    /// was asked for or promised or, where it follows from a stronger one, of the stronger; where
    /// it does not hold or no order proves it, that of the strongest level that holds.
    pub fn witness(&self, level: Option<Level>) -> Option<(Scope, Level, &Witness)> {
        let scopes = match self.promises.as_slice() {
            [only] => vec![only.scope; self.verdicts.len()],
            all => all.iter().map(|promise| promise.scope).collect(),
        };
        let proof = |(scope, verdict)| proof_of(verdict).map(|(level, it)| (scope, level, it));
        let proofs: Vec<_> = scopes.into_iter().zip(&self.verdicts).filter_map(proof).collect();
        let own = level.and_then(|level| proofs.iter().find(|&&(_, proven, _)| proven == level));
        let stronger = |level: Level| proofs.iter().find(|(_, proven, _)| proven.implies(level));
        own.or_else(|| level.and_then(stronger)).or(proofs.first()).copied()
    }
}

/// What proves a level, if an order does.
fn proof_of(verdict: &Verdict) -> Option<(Level, &Witness)> {
    match &verdict.outcome {
        Outcome::Holds { witness: Some(witness) } => Some((verdict.level, witness)),
        _ => None,
    }
}

/// Judges one history and says so. With `level`, only that level; without, all that it promises:
/// the header's level or, where that says none, linearizable; those of keyspaces; and those that
/// reads asked for. Where one level is promised, all others are judged as well. The exit code is
/// about what was asked for or promised: the first that applies of 3, 4, 0.
pub fn report(path: &str, history: &History, level: Option<Level>, budget: &Budget) -> Report {
    let (promises, verdicts) = judged(history, level, budget);
    let exit_code = worst(promises.iter().map(|promise| exit_code(&promise.verdict)));
    let lines = answer(path, history, &promises, &verdicts, level.is_some());
    let is_ladder = verdicts.len() > promises.len();
    let details = if is_ladder { details(history, &verdicts) } else { Vec::new() };
    let told: Vec<Value> = match is_ladder {
        true => verdicts.iter().map(|verdict| verdict_json(verdict, history)).collect(),
        false => promises.iter().map(|promise| promise_json(promise, history)).collect(),
    };
    let strongest = (promises.len() == 1).then(|| strongest(&verdicts)).flatten();
    let json = json!({
        "file": path,
        "operations": history.operations.len(),
        "skipped": skipped::json(history),
        "unit": history.unit().to_string(),
        "promised": level.or(history.promised()).map(|level| level.to_string()),
        "strongest": strongest.map(|level| level.to_string()),
        "verdicts": told,
        "reads_not_counted": promises.iter().map(|promise| promise.uncounted).max(),
        "exit_code": exit_code,
    });
    Report { lines, details, json, exit_code, verdicts, promises }
}

/// What is promised, judged; and the verdicts that are told, which are more where one level is
/// promised and none is asked for.
fn judged(
    history: &History,
    level: Option<Level>,
    budget: &Budget,
) -> (Vec<Promise>, Vec<Verdict>) {
    let all = |promised| all_levels(history, promised, budget);
    let promises = match level {
        Some(level) => promises_of(history, level, budget),
        None => match only(history, all) {
            Some((promise, verdicts)) => return (vec![promise], verdicts),
            None => promises(history, budget),
        },
    };
    let verdicts = promises.iter().map(|promise| promise.verdict.clone()).collect();
    (promises, verdicts)
}

/// Every level, and the promised one, where it needs a number, behind the strongest.
fn all_levels(history: &History, promised: Level, budget: &Budget) -> Vec<Verdict> {
    let mut verdicts = ladder(history, budget);
    if !Level::ALL.contains(&promised) {
        verdicts.insert(1, settle(history, promised, budget));
    }
    verdicts
}

/// What to say about a file that is no history.
pub fn report_broken(path: &str, broken: &Broken) -> Report {
    Report {
        lines: vec![format!("{path}:{broken}")],
        json: json!({
            "file": path,
            "error": { "line": broken.line, "column": broken.column, "message": broken.message },
            "exit_code": EXIT_BROKEN,
        }),
        exit_code: EXIT_BROKEN,
        details: Vec::new(),
        verdicts: Vec::new(),
        promises: Vec::new(),
    }
}

/// What to say about a file that is too large to be read within so many bytes of memory: all
/// levels, or the one that is asked for, are undecided.
pub fn report_too_large(path: &str, level: Option<Level>, memory_bytes_max: usize) -> Report {
    let why = format!(
        "the history alone takes more memory than the {} that its judging may take",
        megabytes(memory_bytes_max)
    );
    let verdict = |&level: &Level| Verdict {
        level,
        outcome: Outcome::Undecided(why.clone()),
        notes: Vec::new(),
    };
    let verdicts: Vec<Verdict> = match &level {
        Some(level) => vec![verdict(level)],
        None => Level::ALL.iter().map(verdict).collect(),
    };
    let nothing = History::default();
    let mut lines = vec![format!("{path}: {} undecided", level.unwrap_or(Level::Linearizable))];
    lines.extend(standings(&verdicts));
    lines.push(format!("  because {why}"));
    Report {
        lines,
        details: Vec::new(),
        json: json!({
            "file": path,
            "promised": level.map(|level| level.to_string()),
            "verdicts": verdicts
                .iter()
                .map(|verdict| verdict_json(verdict, &nothing))
                .collect::<Vec<Value>>(),
            "exit_code": EXIT_UNDECIDED,
        }),
        exit_code: EXIT_UNDECIDED,
        verdicts,
        promises: Vec::new(),
    }
}

/// The exit code over several files: the first that applies of 78, 1, 3, 4, 0.
pub fn worst(exit_codes: impl IntoIterator<Item = u8>) -> u8 {
    let order = [EXIT_BROKEN, EXIT_FAILURE, EXIT_VIOLATED, EXIT_UNDECIDED, EXIT_GOOD];
    let rank = |code: u8| order.iter().position(|&known| known == code).unwrap_or(1);
    exit_codes.into_iter().min_by_key(|&code| rank(code)).unwrap_or(EXIT_GOOD)
}

/// The exit code of one verdict about a promised level.
pub fn exit_code(verdict: &Verdict) -> u8 {
    match verdict.outcome {
        Outcome::Holds { .. } => EXIT_GOOD,
        Outcome::Violated(_) => EXIT_VIOLATED,
        Outcome::Undecided(_) => EXIT_UNDECIDED,
    }
}

fn verdict_json(verdict: &Verdict, history: &History) -> Value {
    let mut value = json!({
        "level": verdict.level.to_string(),
        "verdict": verdict.word(),
        "notes": verdict.notes,
    });
    match &verdict.outcome {
        Outcome::Holds { witness } => {
            value["witness"] = witness.as_ref().map_or(Value::Null, witness_json)
        }
        Outcome::Violated(Clash { operations, sentence, cycle }) => {
            let cycle: Vec<Value> = cycle.iter().map(|link| link.json(history)).collect();
            value["clash"] =
                json!({ "operations": operations, "sentence": sentence, "cycle": cycle });
        }
        Outcome::Undecided(why) => value["reason"] = json!(why),
    }
    value
}

/// The verdict of a promise, and what it is about.
fn promise_json(promise: &Promise, history: &History) -> Value {
    let mut value = verdict_json(&promise.verdict, history);
    value["order"] = json!(promise.scope.order.map(|order| order.to_string()));
    value["keyspaces"] = json!(promise.prefixes);
    value["asked_by_reads"] = json!(promise.asked);
    value["reads_not_counted"] = json!(promise.uncounted);
    value
}

/// A witness as JSON: its orders, each with the client and server it is for, and who saw whom.
pub fn witness_json(witness: &Witness) -> Value {
    let order = |order: &Order| json!({ "client": order.client, "server": order.server, "operations": order.operations });
    let orders: Vec<Value> = witness.orders.iter().map(order).collect();
    json!({ "orders": orders, "sources": witness.sources })
}
