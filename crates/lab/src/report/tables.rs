//! The figures as tables: of one run, of runs that repeat one scenario, and of scenarios side by side.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::live::millis;
use crate::attempt::Attempt;
use crate::figures::{Figures, Kind};
use crate::run::FileResult;

/// One line below the header and no others.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The columns of the figures of one kind of operation.
const FIGURES: [&str; 6] = ["operation", "done", "mean", "p50", "p99", "max"];

/// What trouble adds to them: how many were refused, how many have an unknown outcome, and the longest
/// time in which none was done though one was asked.
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
        let mut row = figures_of_kind(name, kind);
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

/// Scenarios side by side: what each level cost.
pub(crate) fn compare(results: &[FileResult]) -> String {
    let mut header = vec!["scenario".to_owned(), "level".to_owned()];
    header.extend(FIGURES.map(str::to_owned));
    let troubled = results.iter().any(|result| is_troubled(&result.figures));
    if troubled {
        header.extend(TROUBLE.map(str::to_owned));
    }
    header.extend(["throughput".into(), "verdict".into()]);
    let mut rows = vec![];
    for result in results {
        let figures = &result.figures;
        for (place, (name, kind)) in figures.kinds().enumerate() {
            // What is said of the whole scenario stands in its first row alone.
            let once = |text: String| if place == 0 { text } else { String::new() };
            let mut row = vec![once(result.name()), once(result.level.to_string())];
            row.extend(figures_of_kind(name, kind));
            if troubled {
                row.extend(trouble_of_kind(kind));
            }
            row.push(once(pace(figures)));
            row.push(once(result.verdict_word().into()));
            rows.push(row);
        }
    }
    let table = table(header, rows, 3);
    match results.iter().any(|result| result.figures.mostly_slept().is_some()) {
        true => format!("{table}\n\n {ASLEEP_NOTE}"),
        false => table,
    }
}

/// What stands beside a throughput that is the pace of clients which slept most of the time.
const ASLEEP: &str = "asleep";
/// What that means.
const ASLEEP_NOTE: &str = "asleep: clients slept for most of the time, so this is their pace and tells nothing of the servers";

/// The throughput, told apart where it is none.
pub(crate) fn pace(figures: &Figures) -> String {
    match figures.mostly_slept() {
        Some(_) => format!("{} {ASLEEP}", throughput(figures)),
        None => throughput(figures),
    }
}

/// How many operations were done in a second.
pub(crate) fn throughput(figures: &Figures) -> String {
    figures.throughput().map_or("–".into(), |rate| match rate {
        rate if rate >= 100.0 => format!("{rate:.0}/s"),
        rate => format!("{rate:.1}/s"),
    })
}

/// A latency in words.
pub(crate) fn latency(ns: Option<u64>) -> String {
    ns.map_or("–".into(), millis)
}

fn figures_of_kind(name: &str, kind: &Kind) -> Vec<String> {
    vec![
        name.into(),
        kind.done().to_string(),
        latency(kind.mean_ns()),
        latency(kind.percentile_ns(50)),
        latency(kind.percentile_ns(99)),
        latency(kind.percentile_ns(100)),
    ]
}

/// A table whose columns from `first_figure` on are aligned to the right, but for a last verdict.
fn table(header: Vec<String>, rows: Vec<Vec<String>>, first_figure: usize) -> String {
    let figures = |name: &String| !matches!(name.as_str(), "verdict" | "met");
    let right: Vec<usize> = (first_figure..header.len()).filter(|c| figures(&header[*c])).collect();
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header).add_rows(rows);
    for column in right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!(" {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}
