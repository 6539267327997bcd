//! `candor check`: recorded histories in, verdicts out.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use history::{Budget, EXIT_FAILURE, History, Level, Report, report, report_broken, worst};
use indicatif::ProgressBar;
use serde_json::json;

/// How often the progress moves.
const PROGRESS_EVERY: Duration = Duration::from_millis(120);

/// Judge recorded histories: does what happened keep a level's promise?
///
/// One line for each file and level, `PATH: LEVEL holds|violated|undecided`, with details below it.
/// Without --level, all levels are judged, and the exit code is about the level that the file's
/// header promises.
///
/// Exit codes: 0 good; 1 a file cannot be read; 3 the promised level is violated; 4 it is not known
/// whether it holds; 78 a file is no history.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// History files, JSON Lines.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Judge this level alone.
    #[arg(long, value_name = "NAME")]
    level: Option<Level>,
    /// Print one JSON object a file instead of lines.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    let mut exit_codes = vec![];
    for file in &args.files {
        let report = judge(file, args.level);
        exit_codes.push(report.exit_code);
        if tell(&report, args.json).is_err() {
            // Who closed the pipe has seen enough; the exit code still is about all files.
            continue;
        }
    }
    ExitCode::from(worst(exit_codes))
}

fn judge(file: &Path, level: Option<Level>) -> Report {
    let path = file.display().to_string();
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(&path, &error),
    };
    // It shows on a terminal only, on standard error.
    let progress = ProgressBar::new_spinner().with_message(format!("judging {path}"));
    progress.enable_steady_tick(PROGRESS_EVERY);
    let report = match History::from_bytes(&bytes) {
        Ok(history) => report(&path, &history, level, &Budget::default()),
        Err(broken) => report_broken(&path, &broken),
    };
    progress.finish_and_clear();
    report
}

fn unreadable(path: &str, error: &io::Error) -> Report {
    Report {
        lines: vec![format!("{path}: cannot be read: {error}")],
        json: json!({
            "file": path,
            "error": { "message": error.to_string() },
            "exit_code": EXIT_FAILURE,
        }),
        exit_code: EXIT_FAILURE,
    }
}

fn tell(report: &Report, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        return writeln!(out, "{}", report.json);
    }
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
