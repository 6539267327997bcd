//! `candor check`: recorded histories in, verdicts out.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use history::{Budget, EXIT_FAILURE, History, Level, Report, report, report_broken, worst};
use indicatif::ProgressBar;
use serde_json::json;

use crate::picture;

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
    /// Write a picture of the history, the verdicts and their proofs: one HTML file.
    #[arg(long, value_name = "PICTURE")]
    html: Option<PathBuf>,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    if args.html.is_some() && args.files.len() > 1 {
        let what = "--html draws one history, so it goes with one history file";
        crate::refuse_arguments("check", what);
    }
    let mut exit_codes = vec![];
    for file in &args.files {
        let report = judge(file, args);
        exit_codes.push(report.exit_code);
        if tell(&report, args.json).is_err() {
            // Who closed the pipe has seen enough; the exit code still is about all files.
            continue;
        }
    }
    ExitCode::from(worst(exit_codes))
}

fn judge(file: &Path, args: &Args) -> Report {
    let path = file.display().to_string();
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(&path, &error),
    };
    // It shows on a terminal only, on standard error.
    let progress = ProgressBar::new_spinner().with_message(format!("judging {path}"));
    progress.enable_steady_tick(PROGRESS_EVERY);
    let report = match History::from_bytes(&bytes) {
        Ok(history) => {
            let report = report(&path, &history, args.level, &Budget::default());
            with_picture(report, &history, file, args)
        }
        Err(broken) => report_broken(&path, &broken),
    };
    progress.finish_and_clear();
    report
}

/// Draws the picture if one is asked for; what keeps it from being written is told like a file that
/// cannot be read.
fn with_picture(mut report: Report, history: &History, file: &Path, args: &Args) -> Report {
    let Some(html) = &args.html else { return report };
    if let Err(error) = picture::draw(html, file, args.level, history, &report) {
        report.lines.push(format!("the picture cannot be written: {error}"));
        report.exit_code = worst([report.exit_code, EXIT_FAILURE]);
        report.json["exit_code"] = json!(report.exit_code);
    }
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
