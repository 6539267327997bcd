//! A run as JSON: what `summary.json` holds and `--json` prints.

use std::path::Path;

use history::{Fault, Outcome, Verdict};
use serde_json::{Value, json};

use super::comparison::{Column, Comparison, Showing};
use crate::attempt::figures::{Figures, Kind};
use crate::attempt::final_reads::QuietEnd;
use crate::attempt::judgement::Besides;
use crate::attempt::outcome::{Attempt, Expected, StatedOrder};
use crate::scenario::Keyspace;

/// The version of the form.
const VERSION: u32 = 1;

/// All that is known about an attempt.
pub(crate) fn summary(attempt: &Attempt) -> Value {
    let judgement = &attempt.judgement;
    json!({
        "candor_summary": VERSION,
        "scenario": attempt.scenario,
        "level": judgement.promised.level.to_string(),
        "servers": attempt.servers,
        "clients": attempt.clients,
        "run": attempt.run,
        "attempt": attempt.number,
        "seed": attempt.seed,
        "ready_after_ms": attempt.ready.after.as_secs_f64() * 1e3,
        "keyspaces": attempt.keyspaces.iter().map(keyspace).collect::<Vec<_>>(),
        "verdict": verdict(&judgement.promised),
        "proof": judgement.proof,
        "witness": witness(&judgement.promised),
        "reads_not_counted": judgement.uncounted,
        "besides": judgement.besides.iter().map(besides).collect::<Vec<_>>(),
        "met": judgement.met().map(|level| level.to_string()),
        "other_levels": judgement.others.iter().map(verdict).collect::<Vec<_>>(),
        "order": order(&attempt.order),
        "quiet_end": attempt.quiet.as_ref().map(quiet_end),
        "faults": attempt.faults.iter().map(fault).collect::<Vec<_>>(),
        "to_be_violated": attempt.expected.as_ref().map(expected),
        "figures": figures(&attempt.figures),
        "troubles": attempt.troubles,
        "directory": attempt.directory.display().to_string(),
        "exit_code": attempt.exit_code(),
    })
}

/// Scenarios that are equal but for their level, and the page that shows them side by side, if it
/// was written.
pub(crate) fn levels_summary(comparison: &Comparison<'_>, page: Option<&Path>) -> Value {
    let showing = |showing: Showing<'_>| {
        json!({
            "level": showing.level.to_string(),
            "what": showing.word.name(),
            "text": showing.text,
        })
    };
    let column = |column: &Column<'_>| {
        json!({
            "scenario": column.result.file.display().to_string(),
            "level": column.result.level.to_string(),
            "verdict": column.result.verdict_word(),
            "met": column.met().map(|level| level.to_string()),
            "held": column.held(),
            "showed": column.showings().into_iter().map(showing).collect::<Vec<_>>(),
            "figures": figures(&column.result.figures),
        })
    };
    json!({
        "levels": comparison.columns.iter().map(column).collect::<Vec<_>>(),
        "page": page.map(|page| page.display().to_string()),
    })
}

fn verdict(verdict: &Verdict) -> Value {
    let why = match &verdict.outcome {
        Outcome::Holds { .. } => None,
        Outcome::Violated(clash) => Some(clash.sentence.clone()),
        Outcome::Undecided(why) => Some(why.clone()),
    };
    json!({ "level": verdict.level.to_string(), "verdict": verdict.word(), "why": why })
}

/// A keyspace with which the servers began.
fn keyspace(keyspace: &Keyspace) -> Value {
    let Keyspace { name, prefix, order, level, .. } = keyspace;
    json!({
        "name": name,
        "prefix": prefix,
        "order": order.to_string(),
        "level": level.to_string(),
    })
}

/// Another promise than that of the run.
fn besides(Besides { promise, proof }: &Besides) -> Value {
    json!({
        "verdict": verdict(&promise.verdict),
        "proof": proof,
        "witness": witness(&promise.verdict),
        "order": promise.scope.order.map(|order| order.to_string()),
        "prefixes": promise.prefixes,
        "asked_by_reads": promise.asked,
        "reads_not_counted": promise.uncounted,
    })
}

/// What proves that the level holds; operations are counted from 0, as `history.jsonl` has them.
fn witness(verdict: &Verdict) -> Value {
    match &verdict.outcome {
        Outcome::Holds { witness: Some(witness) } => history::witness_json(witness),
        _ => Value::Null,
    }
}

fn order(order: &StatedOrder) -> Value {
    match order {
        StatedOrder::None => Value::Null,
        StatedOrder::Kept => json!({ "kept": true }),
        StatedOrder::Missed(how) => json!({ "kept": false, "why": how }),
    }
}

fn fault(fault: &Fault) -> Value {
    json!({
        "from_ms": fault.start as f64 / 1e6,
        "until_ms": fault.end.map(|end| end as f64 / 1e6),
        "server": fault.server,
        "text": fault.text,
    })
}

fn expected(expected: &Expected) -> Value {
    json!({ "level": expected.level.to_string(), "seen": expected.is_seen })
}

fn quiet_end(quiet: &QuietEnd) -> Value {
    let silent = |(server, why): &(usize, String)| json!({ "server": server, "why": why });
    let agreed_on = |(key, value): &(String, Option<String>)| json!({ "key": key, "value": value });
    json!({
        "client_numbers": quiet.numbers,
        "agreed_on": quiet.agreed_on.iter().map(agreed_on).collect::<Vec<_>>(),
        "agreed": quiet.agreed_after.is_some(),
        "agreed_after_last_write_ms": quiet.agreed_after.map(|after| after.as_secs_f64() * 1e3),
        "rounds": quiet.rounds,
        "silent_servers": quiet.silent.iter().map(silent).collect::<Vec<_>>(),
    })
}

fn figures(figures: &Figures) -> Value {
    let mut all = json!({
        "cas": kind(&Kind::default()),
        "span_ms": figures.span_ns as f64 / 1e6,
        "throughput_per_s": figures.throughput(),
    });
    for (name, figures) in figures.kinds() {
        all[name] = kind(figures);
    }
    all
}

fn kind(kind: &Kind) -> Value {
    let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e6);
    json!({
        "operations": kind.total(),
        "done": kind.done(),
        "refused": kind.refused,
        "unknown": kind.unknown,
        "longest_gap_ms": kind.gap_ns as f64 / 1e6,
        "mean_ms": ms(kind.mean_ns()),
        "p50_ms": ms(kind.percentile_ns(50)),
        "p99_ms": ms(kind.percentile_ns(99)),
        "max_ms": ms(kind.percentile_ns(100)),
    })
}
