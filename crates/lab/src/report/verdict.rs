//! The verdict in words: whether the promise was kept and how that is known, what the run happened
//! to meet beyond it, whether the stated order came about, and when the servers agreed.

use std::time::Duration;

use history::{Level, Outcome, Verdict};

use super::terminal::Look;
use super::text::{labelled, millis, shown, tame};
use crate::attempt::final_reads::QuietEnd;
use crate::attempt::judgement::Besides;
use crate::attempt::outcome::{Attempt, Expected, StatedOrder};

/// How many lines of a proof are shown; the whole of it stands in the summary.
const PROOF_LINES_MAX: usize = 8;

/// All that is to be said about an attempt, but for its figures.
pub(crate) fn verdict_lines(attempt: &Attempt) -> Vec<String> {
    let mut lines = vec![];
    for trouble in &attempt.troubles {
        lines.extend(labelled("trouble", Look::Bad, trouble.lines()));
    }
    lines.extend(order_lines(&attempt.order));
    if let Some(quiet) = &attempt.quiet {
        lines.extend(quiet_lines(quiet, attempt.servers));
    }
    lines.extend(promise_lines(attempt));
    lines.extend(attempt.judgement.besides.iter().flat_map(|one| besides_lines(attempt, one)));
    lines.extend(met_lines(attempt));
    lines.extend(expected_lines(attempt));
    let explained = history::explanations(&lines);
    lines.extend(labelled("", Look::Faint, explained));
    lines
}

/// The verdict in a few words, with its look.
fn headline(verdict: &Verdict) -> String {
    let look = match verdict.outcome {
        Outcome::Holds { .. } => Look::Good,
        Outcome::Violated(_) => Look::Bad,
        Outcome::Undecided(_) => Look::Doubtful,
    };
    look.on(format!("{} {}", verdict.level, verdict.word()))
}

/// What it means for a run that a level held, for the levels that a scenario may promise.
fn meaning(level: Level) -> Option<&'static str> {
    match level {
        Level::Linearizable => Some("nobody read what was older than an answer given before"),
        Level::Bounded { .. } => {
            Some("nobody read what was older, by more than the bound, than an answer given before")
        }
        Level::Sequential => Some("one order explains all that every client saw"),
        Level::Causal => Some("nobody saw an effect without its cause"),
        Level::Eventual => Some("only written values were read, and all servers agreed in the end"),
        _ => None,
    }
}

fn promise_lines(attempt: &Attempt) -> Vec<String> {
    let judgement = &attempt.judgement;
    let mut verdict = headline(&judgement.promised);
    if let (true, Some(meaning)) = (judgement.promised.holds(), meaning(judgement.promised.level)) {
        verdict.push_str(&format!(": {meaning}"));
    }
    verdict.push_str(&left_out(judgement.uncounted));
    let mut lines = labelled("verdict", Look::Plain, [verdict]);
    lines.extend(proof_lines(&judgement.proof));
    lines
}

/// How a verdict is known, as far as there is room for that.
fn proof_lines(proof: &[String]) -> Vec<String> {
    // One line more takes no more room than to say that there is one.
    let is_long = proof.len() > PROOF_LINES_MAX + 1;
    let count = if is_long { PROOF_LINES_MAX } else { proof.len() };
    let mut lines = labelled("", Look::Plain, proof.iter().take(count).map(|line| tame(line)));
    if is_long {
        let more = "  … the whole of it is in summary.json";
        lines.extend(labelled("", Look::Faint, [more]));
    }
    lines
}

/// How many reads a verdict says nothing of.
fn left_out(uncounted: usize) -> String {
    match uncounted {
        0 => String::new(),
        1 => "; 1 read asked for less and does not count".into(),
        many => format!("; {many} reads asked for less and do not count"),
    }
}

/// Another promise: its level, of which keyspaces and to how many reads it was given, and how it is
/// known what became of it.
fn besides_lines(attempt: &Attempt, Besides { promise, proof }: &Besides) -> Vec<String> {
    let name = |prefix: &String| {
        let known = attempt.keyspaces.iter().find(|keyspace| keyspace.prefix == *prefix);
        known.map_or("default".to_owned(), |keyspace| keyspace.name.clone())
    };
    let mut whose: Vec<String> = promise.prefixes.iter().map(name).collect();
    match promise.asked {
        0 => {}
        1 => whose.push("1 read that asked for it".into()),
        asked => whose.push(format!("{asked} reads that asked for it")),
    }
    let order = promise.scope.order.map_or(String::new(), |order| format!(" ({order})"));
    let (whose, left_out) = (tame(&whose.join(", ")), left_out(promise.uncounted));
    let verdict = format!("{}, of {whose}{order}{left_out}", headline(&promise.verdict));
    let mut lines = labelled("besides", Look::Plain, [verdict]);
    lines.extend(proof_lines(proof));
    lines
}

/// The strongest level that the run happened to meet, and why it met none stronger.
fn met_lines(attempt: &Attempt) -> Vec<String> {
    let judgement = &attempt.judgement;
    let promised = judgement.promised.level;
    let met = judgement.met().map(|level| level.to_string());
    let met = match (&judgement.promised.outcome, met) {
        (Outcome::Holds { .. }, Some(met)) if met == promised.to_string() => {
            format!("{met}, as promised")
        }
        (Outcome::Holds { .. }, Some(met)) => format!("{met}, though {promised} was promised"),
        (Outcome::Undecided(_), Some(met)) => format!("{met}; {promised} was promised"),
        (_, Some(met)) => format!("{met} only; {promised} was promised"),
        (_, None) if judgement.all_violated() => {
            format!("no level: all that were judged are violated; {promised} was promised")
        }
        (_, None) => format!("no level, as far as is known; {promised} was promised"),
    };
    let mut lines = labelled("met", Look::Plain, [met]);
    // The operations of a clash stand below the first level that it violates.
    let mut shown = judgement.parts(promised);
    for verdict in judgement.stronger_than_met() {
        let why = match &verdict.outcome {
            Outcome::Violated(clash) => format!("not {}: {}", verdict.level, clash.sentence),
            Outcome::Undecided(why) => format!("{} undecided: {why}", verdict.level),
            Outcome::Holds { .. } => continue,
        };
        if verdict.level != promised {
            lines.extend(labelled("", Look::Faint, [tame(&why)]));
            let parts = judgement.parts(verdict.level);
            if parts != shown {
                let told = parts.iter().map(|part| format!("  {}", tame(part)));
                lines.extend(labelled("", Look::Faint, told));
            }
            shown = parts;
        }
    }
    lines
}

/// Whether the run showed what it was to show.
fn expected_lines(attempt: &Attempt) -> Vec<String> {
    let Some(Expected { level, is_seen }) = attempt.expected else { return vec![] };
    match is_seen {
        true => labelled("shown", Look::Good, [format!("{level} is violated, as the file says")]),
        false => {
            let what = format!("{level} was to be violated, and was not seen to be");
            labelled("shown", Look::Doubtful, [what])
        }
    }
}

fn order_lines(order: &StatedOrder) -> Vec<String> {
    match order {
        StatedOrder::None => vec![],
        StatedOrder::Kept => labelled("order", Look::Plain, ["came about as the waits state it"]),
        StatedOrder::Missed(how) => labelled("order", Look::Doubtful, [how]),
    }
}

fn quiet_lines(quiet: &QuietEnd, servers: usize) -> Vec<String> {
    let rounds = match quiet.rounds {
        1 => "when first asked".into(),
        rounds => format!("in round {rounds} of asking"),
    };
    let (look, what) = match quiet.agreed_after {
        Some(after) => {
            let after = span(after);
            let on = agreed_on(&quiet.agreed_on);
            let what = format!("all {servers} servers agreed{on} {after} after the last write");
            (Look::Plain, format!("{what}, {rounds}"))
        }
        None => {
            let what = format!("the servers did not agree in {} rounds of asking", quiet.rounds);
            (Look::Bad, what)
        }
    };
    let mut lines = labelled("quiet", look, [what]);
    if let (Some(first), Some(last)) = (quiet.numbers.first(), quiet.numbers.last()) {
        let who = format!("asked by clients {first} to {last}, one for each server");
        lines.extend(labelled("", Look::Faint, [who]));
    }
    for (server, why) in &quiet.silent {
        lines.extend(labelled("", Look::Bad, [format!("server {server}: {}", tame(why))]));
    }
    lines
}

/// What the servers agreed on, if that is short.
fn agreed_on(values: &[(String, Option<String>)]) -> String {
    let value = |value: &Option<String>| value.as_deref().map_or("(nothing)".into(), shown);
    match values {
        [] => String::new(),
        [(key, one)] => format!(" on {} = {},", shown(key), value(one)),
        several => format!(" on {} keys,", several.len()),
    }
}

fn span(time: Duration) -> String {
    millis(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
