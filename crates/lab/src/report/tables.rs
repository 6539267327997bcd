//! The figures as tables: of one run, of runs that repeat one scenario, and of scenarios side by
//! side.

use std::iter;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::text::millis;
use crate::attempt::figures::{Figures, Kind};
use crate::attempt::outcome::Attempt;
use crate::attempt::outcome::FileResult;

/// One line below the header and no others.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The columns of the figures of one kind of operation.
const FIGURES: [&str; 6] = ["operation", "done", "mean", "p50", "p99", "max"];

/// What trouble adds to them: how many were refused, how many have an unknown outcome, and the
/// longest time in which none was done though one was asked.
const TROUBLE: [&str; 3] = ["refused", "unknown", "longest gap"];

/// What one run cost, per kind of operation. Trouble stands there if there was any.
pub(crate) fn figures_table(figures: &Figures) -> String {
    let troubled = is_troubled(figures);
    let mut header = FIGURES.map(str::to_owned).to_vec();
    if troubled {
        header.extend(TROUBLE.map(str::to_owned));
    }
    let mut rows = vec![];
    for (name, kind) in figures.kinds() {
        let mut row = figures_of_kind(name, kind).to_vec();
        if troubled {
            row.extend(trouble_of_kind(kind));
        }
        rows.push(row);
    }
    table(header, rows, 1)
}

fn is_troubled(figures: &Figures) -> bool {
    figures.kinds().any(|(_, kind)| kind.refused + kind.unknown > 0)
}

fn trouble_of_kind(kind: &Kind) -> [String; 3] {
    [kind.refused.to_string(), kind.unknown.to_string(), millis(kind.gap_ns)]
}

/// Each run of a scenario that was repeated.
pub(crate) fn repeats_table(attempts: &[Attempt]) -> String {
    let header = ["run", "seed", "verdict", "met"].map(str::to_owned).to_vec();
    let rows = attempts.iter().map(|attempt| {
        let verdict = &attempt.judgement.promised;
        vec![
            attempt.run.to_string(),
            attempt.seed.to_string(),
            format!("{} {}", verdict.level, verdict.word()),
            attempt.judgement.met().map_or("nothing".into(), |level| level.to_string()),
        ]
    });
    table(header, rows.collect(), 0)
}

/// Scenarios side by side: how each went, then what each level cost.
pub(crate) fn compare(results: &[FileResult]) -> String {
    format!("{}\n\n  {MET_NOTE}\n\n{}", outcomes_table(results), costs_table(results))
}

/// What a column means that no newcomer knows.
const MET_NOTE: &str = "met: the strongest level that held in every run of the scenario";

/// The verdict on each scenario, the strongest level that held, and how much was done or was not.
fn outcomes_table(results: &[FileResult]) -> String {
    let mut header = ["scenario", "level", "verdict", "met"].map(str::to_owned).to_vec();
    let is_troubled = results.iter().any(|result| is_troubled(&result.figures));
    let is_awake = |result: &FileResult| result.figures.mostly_slept().is_none();
    // In trouble clients wait for servers that cannot answer: what they lost tells more than their
    // pace.
    let has_throughput = !is_troubled && results.iter().any(is_awake);
    header.extend(has_throughput.then(|| "throughput".to_owned()));
    if is_troubled {
        header.extend(TROUBLE.map(str::to_owned));
    }
    let row = |result: &FileResult| {
        let met = result.met().map_or("–".into(), |level| level.to_string());
        let verdict = result.verdict_word().to_owned();
        let mut row = vec![cut_name(result), levels(result), verdict, met];
        row.extend(has_throughput.then(|| paced_throughput(&result.figures)));
        if is_troubled {
            row.extend(trouble(&result.figures));
        }
        row
    };
    table(header, results.iter().map(row).collect(), 4)
}

/// How long operations took, kind by kind. The level stands below the name of its scenario, where
/// it takes no room from the figures.
fn costs_table(results: &[FileResult]) -> String {
    let header = ["scenario"].into_iter().chain(FIGURES).map(str::to_owned).collect();
    let mut rows = vec![];
    for result in results {
        let own = result.keyspaces.iter().map(|one| format!("  {} {}", one.name, one.level));
        let names = [cut_name(result), format!("  {}", result.level)].into_iter().chain(own);
        for ((name, kind), whose) in
            result.figures.kinds().zip(names.chain(iter::repeat(String::new())))
        {
            rows.push(iter::once(whose).chain(figures_of_kind(name, kind)).collect());
        }
    }
    table(header, rows, 2)
}

/// The longest name of a scenario in a table.
const NAME_CHARS_MAX: usize = 20;

/// The level of a scenario, and below it those of its keyspaces.
fn levels(result: &FileResult) -> String {
    let own = result.keyspaces.iter().map(|one| format!("{} {}", one.name, one.level));
    let all = iter::once(result.level.to_string()).chain(own);
    all.collect::<Vec<_>>().join("\n")
}

fn cut_name(result: &FileResult) -> String {
    let name = result.name();
    match name.chars().count() {
        0..=NAME_CHARS_MAX => name,
        _ => name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

/// Trouble of all kinds of operations together.
fn trouble(figures: &Figures) -> [String; 3] {
    let kinds = || figures.kinds().map(|(_, kind)| kind);
    let (refused, unknown): (usize, usize) =
        (kinds().map(|kind| kind.refused).sum(), kinds().map(|kind| kind.unknown).sum());
    let gap_ns = kinds().map(|kind| kind.gap_ns).max().unwrap_or(0);
    [refused.to_string(), unknown.to_string(), millis(gap_ns)]
}

/// The throughput, unless clients slept for most of the time: then it is their pace and tells
/// nothing of the servers.
fn paced_throughput(figures: &Figures) -> String {
    figures.mostly_slept().map_or_else(|| throughput(figures), |_| "–".into())
}

/// The same in a line of its own, about one run.
pub(crate) fn pace_line(figures: &Figures) -> Option<String> {
    let rate = throughput(figures);
    figures
        .mostly_slept()
        .is_none()
        .then(|| format!("{rate} operations, waits of clients included"))
}

/// What stands beside a throughput that is the pace of clients which slept most of the time.
const ASLEEP: &str = "asleep";

/// The throughput, told apart where it is none.
pub fn pace(figures: &Figures) -> String {
    match figures.mostly_slept() {
        Some(_) => format!("{} {ASLEEP}", throughput(figures)),
        None => throughput(figures),
    }
}

/// How many operations were done in a second.
fn throughput(figures: &Figures) -> String {
    figures.throughput().map_or("–".into(), |rate| match rate {
        rate if rate >= 100.0 => format!("{rate:.0}/s"),
        rate => format!("{rate:.1}/s"),
    })
}

/// A latency in words.
pub fn latency(ns: Option<u64>) -> String {
    ns.map_or("–".into(), millis)
}

fn figures_of_kind(name: &str, kind: &Kind) -> [String; 6] {
    [
        name.into(),
        kind.done().to_string(),
        latency(kind.mean_ns()),
        latency(kind.percentile_ns(50)),
        latency(kind.percentile_ns(99)),
        latency(kind.percentile_ns(100)),
    ]
}

/// A table whose columns from `first_figure` on are aligned to the right, but for a last verdict.
pub(crate) fn table(header: Vec<String>, rows: Vec<Vec<String>>, first_figure: usize) -> String {
    let figures = |name: &String| !matches!(name.as_str(), "verdict" | "met");
    let right: Vec<usize> = (first_figure..header.len()).filter(|c| figures(&header[*c])).collect();
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header).add_rows(rows);
    for column in right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    // The rule below the header is as long as its words: it has no space behind the last column.
    let tidy = |line: &str| line.strip_suffix('─').unwrap_or(line).trim_end().to_owned();
    table.lines().map(|line| format!("  {}", tidy(&line))).collect::<Vec<_>>().join("\n")
}
