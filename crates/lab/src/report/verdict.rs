//! The verdict in words: whether the promise was kept and how that is known, what the run happened
//! to meet beyond it, whether the stated order came about, and when the servers agreed.

use std::time::Duration;

use history::{Outcome, Verdict};

use super::live::millis;
use crate::attempt::{Attempt, StatedOrder};
use crate::finals::QuietEnd;
use crate::screen::{Look, tame};

/// How wide the names at the left are.
const LABEL_WIDTH: usize = 9;

/// All that is to be said about an attempt, but for its figures.
pub(crate) fn verdict_lines(attempt: &Attempt, servers: usize) -> Vec<String> {
    let mut lines = vec![];
    for trouble in &attempt.troubles {
        lines.extend(labelled("trouble", Look::Bad, trouble.lines()));
    }
    lines.extend(order_lines(&attempt.order));
    if let Some(quiet) = &attempt.quiet {
        lines.extend(quiet_lines(quiet, servers));
    }
    lines.extend(promise_lines(attempt));
    lines.extend(met_lines(attempt));
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

fn promise_lines(attempt: &Attempt) -> Vec<String> {
    let judgement = &attempt.judgement;
    let mut lines = labelled("verdict", Look::Plain, [headline(&judgement.promised)]);
    lines.extend(labelled("", Look::Plain, judgement.proof.iter().map(|line| tame(line))));
    lines
}

/// The strongest level that the run happened to meet, and why it met none stronger.
fn met_lines(attempt: &Attempt) -> Vec<String> {
    let judgement = &attempt.judgement;
    let promised = judgement.promised.level;
    let met = match judgement.met() {
        Some(met) if met == promised => format!("{met}, as promised"),
        Some(met) if judgement.promised.holds() => format!("{met}, though {promised} was promised"),
        Some(met) => format!("{met} only; promised {promised}"),
        None => format!("no level; promised {promised}"),
    };
    let mut lines = labelled("met", Look::Plain, [met]);
    for verdict in judgement.stronger_than_met() {
        let why = match &verdict.outcome {
            Outcome::Violated(clash) => format!("not {}: {}", verdict.level, clash.sentence),
            Outcome::Undecided(why) => format!("{} undecided: {why}", verdict.level),
            Outcome::Holds { .. } => continue,
        };
        if verdict.level != promised {
            lines.extend(labelled("", Look::Faint, [tame(&why)]));
        }
    }
    lines
}

fn order_lines(order: &StatedOrder) -> Vec<String> {
    match order {
        StatedOrder::None => vec![],
        StatedOrder::Kept => labelled("order", Look::Plain, ["came about as the waits state it"]),
        StatedOrder::Missed(how) => labelled("order", Look::Doubtful, [how]),
    }
}

fn quiet_lines(quiet: &QuietEnd, servers: usize) -> Vec<String> {
    let mut lines = match (quiet.agreed_after, quiet.rounds) {
        (Some(after), 1) => {
            let what = format!(
                "all {servers} servers agreed when first asked, {} after the last write",
                span(after)
            );
            labelled("quiet", Look::Plain, [what])
        }
        (Some(after), rounds) => {
            let what = format!(
                "all {servers} servers agreed {} after the last write, in round {rounds} of asking",
                span(after)
            );
            labelled("quiet", Look::Plain, [what])
        }
        (None, rounds) => {
            let what = format!("the servers did not agree in {rounds} rounds of asking");
            labelled("quiet", Look::Bad, [what])
        }
    };
    for (server, why) in &quiet.silent {
        lines.extend(labelled("", Look::Bad, [format!("server {server}: {}", tame(why))]));
    }
    lines
}

fn span(time: Duration) -> String {
    millis(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// Lines below each other, the first with a name at its left.
pub(crate) fn labelled(
    label: &str,
    look: Look,
    lines: impl IntoIterator<Item = impl AsRef<str>>,
) -> Vec<String> {
    let indent = " ".repeat(LABEL_WIDTH);
    let line = |(place, line): (usize, _)| {
        let line: String = AsRef::<str>::as_ref(&line).into();
        let label = if place == 0 { format!("{label:LABEL_WIDTH$}") } else { indent.clone() };
        format!("  {}{}", Look::Faint.on(label), look.on(line))
    };
    lines.into_iter().enumerate().map(line).collect()
}
