//! The page that sets levels side by side: how long operations took at each, how many there were,
//! the strongest level that held, and what each showed that a stronger one forbids.
//!
//! Every figure travels as the text that the terminal prints, beside the number that is drawn.

use ::picture::latency::{BINS_PER_DECADE, bins};
use ::picture::page;
use history::Level;
use lab::scenario::{Client, Request, Scenario};
use lab::{
    Attempt, Column, Comparison, Evidence, Figures, FileResult, Kind, Part, REPORT, Showing,
    latency, pace,
};
use serde_json::{Value, json};

/// The version of the data inside such a page.
const VERSION: u32 = 1;
/// How many runs of one level are named.
const RUNS_MAX: usize = 100;

/// The page of scenarios that are equal but for their level.
pub(crate) fn of_comparison(comparison: &Comparison<'_>, seed: u64, command: &str) -> String {
    page(&data(comparison, seed, command))
}

/// The data of the page.
fn data(comparison: &Comparison<'_>, seed: u64, command: &str) -> Value {
    let columns = &comparison.columns;
    let scenario = columns[0].scenario;
    let mut names: Vec<String> = columns.iter().map(|column| column.result.name()).collect();
    names.dedup();
    let went = columns.iter().map(|one| (one.result.level, one.result.verdict_word()));
    let (word, headline) = headline(&went.collect::<Vec<_>>());
    json!({
        "candor_comparison": VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "title": names.join(", "),
        "word": word,
        "headline": headline,
        "sentence": comparison.sentence(),
        "facts": facts(scenario),
        "seed": seed.to_string(),
        "command": command,
        "troubles": columns.iter().flat_map(troubles).collect::<Vec<_>>(),
        "own_levels": has_own_levels(scenario),
        "columns": columns.iter().map(column).collect::<Vec<_>>(),
    })
}

/// The worst verdict, and all but the good ones in a line.
fn headline(went: &[(Level, &str)]) -> (&'static str, String) {
    let ends = |word: &&str| went.iter().any(|(_, verdict)| verdict == word);
    let Some(word) = ["violated", "not run", "undecided"].into_iter().find(ends) else {
        return ("holds", "every level held".into());
    };
    let not_held = went.iter().filter(|(_, word)| *word != "holds");
    let told: Vec<String> = not_held.map(|(level, word)| format!("{level} {word}")).collect();
    (if word == "not run" { "undecided" } else { word }, told.join(", "))
}

fn facts(scenario: &Scenario) -> Vec<(&'static str, String)> {
    let up_to = if scenario.workloads.is_empty() { "" } else { "up to " };
    let mut facts = vec![
        ("servers", scenario.servers.to_string()),
        ("clients", scenario.all_clients().len().to_string()),
        ("operations of a run", format!("{up_to}{}", scenario.operations_max())),
    ];
    if !scenario.faults.is_empty() {
        facts.push(("faults", scenario.faults.len().to_string()));
    }
    facts
}

/// Whether reads ask for levels that are not the one of the run.
fn has_own_levels(scenario: &Scenario) -> bool {
    let asks = |request: &Request| matches!(request, Request::Read { level: Some(_), .. });
    let in_list = |client: &Client| client.requests.iter().any(asks);
    scenario.clients.iter().any(in_list)
        || scenario.workloads.iter().any(|workload| !workload.levels.is_empty())
}

fn troubles(column: &Column<'_>) -> Vec<String> {
    let result = column.result;
    let of_run = |run: &Attempt| run.troubles.clone();
    let all = result.attempts.iter().flat_map(of_run).chain(result.failures.clone());
    all.map(|trouble| format!("{}: {trouble}", column.name())).collect()
}

fn column(column: &Column<'_>) -> Value {
    let FileResult { file, level, figures, attempts, .. } = column.result;
    json!({
        "name": column.name(),
        "file": file.display().to_string(),
        "level": level.to_string(),
        "word": column.result.verdict_word(),
        "held": column.held(),
        "throughput": throughput(figures),
        "kinds": figures.kinds().map(|(name, kind)| kind_json(name, kind)).collect::<Vec<_>>(),
        "showings": column.showings().iter().map(showing).collect::<Vec<_>>(),
        "run_count": attempts.len(),
        "runs": attempts.iter().take(RUNS_MAX).map(run).collect::<Vec<_>>(),
    })
}

fn throughput(figures: &Figures) -> Value {
    json!({
        "text": pace(figures),
        "per_s": figures.throughput(),
        "slept_percent": figures.mostly_slept(),
    })
}

fn kind_json(name: &str, kind: &Kind) -> Value {
    let figure =
        |name: &str, ns: Option<u64>| json!({ "name": name, "text": latency(ns), "ns": ns });
    json!({
        "name": name,
        "done": kind.done(),
        "refused": kind.refused,
        "unknown": kind.unknown,
        "longest_gap": latency(Some(kind.gap_ns)),
        "figures": [
            figure("mean", kind.mean_ns()),
            figure("p50", kind.percentile_ns(50)),
            figure("p99", kind.percentile_ns(99)),
            figure("max", kind.percentile_ns(100)),
        ],
        "bins_per_decade": BINS_PER_DECADE,
        "bins": bins(kind.latencies_ns()),
    })
}

fn showing(showing: &Showing<'_>) -> Value {
    let exhibit = |(attempt, evidence): (&Attempt, &Evidence)| {
        json!({
            "run": run(attempt),
            "operations": evidence.parts.iter().map(part).collect::<Vec<_>>(),
            "left_out": evidence.left_out,
        })
    };
    json!({
        "level": showing.level.to_string(),
        "word": showing.word.name(),
        "text": showing.text,
        "exhibit": showing.exhibit.map(exhibit),
    })
}

fn part(part: &Part) -> Value {
    json!({ "text": part.text, "when": part.when(), "from": part.start_ns, "to": part.end_ns })
}

/// A run and its own picture, as seen from the page, which stands beside its directory.
fn run(attempt: &Attempt) -> Value {
    let directory = attempt.directory.file_name().unwrap_or_default().to_string_lossy();
    json!({ "run": attempt.run, "picture": [directory, REPORT] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_stands_at_the_top() {
        let (strong, weak) = (Level::Linearizable, Level::Eventual);
        let violated = headline(&[(strong, "violated"), (weak, "not run")]);
        assert_eq!(violated, ("violated", "linearizable violated, eventual not run".into()));
        let absent = headline(&[(strong, "holds"), (weak, "not run")]);
        assert_eq!(absent, ("undecided", "eventual not run".into()));
        let good = headline(&[(strong, "holds"), (weak, "holds")]);
        assert_eq!(good, ("holds", "every level held".into()));
    }
}
