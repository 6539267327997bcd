//! `candor run`: scenario files in, a real cluster, verdicts out.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::pages;

/// The most repetitions of one file.
const REPEAT_MAX: i64 = 10_000;

/// Run scenarios: start their servers and clients, break what the file says, and judge what
/// happened.
///
/// Every file is checked before anything is started. Each run leaves a directory below `runs`, with
/// the scenario, the history, the servers' logs, the summary and a picture of it all: report.html.
/// What a run met is the strongest level that its history happens to hold, which may be stronger
/// than the promised one; `--help` of `candor check` says what the levels and its other words mean.
/// Files that are equal but for their level, or one file at several levels, also leave one page
/// that sets the levels side by side.
///
/// Exit codes: 0 good; 1 something failed; 3 the promised level is violated; 4 it is not known
/// whether it holds; 78 a file is no scenario.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scenario files.
    #[arg(required = true, value_name = "SCENARIO.json")]
    files: Vec<PathBuf>,
    /// Run each file so many times, every time with fresh delays on a fresh cluster.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=REPEAT_MAX))]
    repeat: u32,
    /// Where random delays come from; a run says its seed, and the seed brings its delays back.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Run each file at this level and not at its own; given several times, at one after the other.
    #[arg(long = "level", value_name = "NAME", value_parser = level)]
    levels: Vec<history::Level>,
    /// Leave the cluster up afterwards, until Ctrl-C.
    #[arg(long, conflicts_with = "repeat")]
    keep: bool,
    /// Print every operation; without it a long run shows the first and the last ones, and those
    /// that were not done. history.jsonl has them all anyway.
    #[arg(long, conflicts_with = "json")]
    all: bool,
    /// Print one JSON document instead of lines.
    #[arg(long, conflicts_with = "keep")]
    json: bool,
}

pub(crate) fn execute(args: Args) -> ExitCode {
    if args.keep && args.files.len() * args.levels.len().max(1) > 1 {
        let what = "--keep leaves one cluster up, so it goes with one scenario file at one level";
        crate::refuse_arguments("run", what);
    }
    ExitCode::from(lab::run(&lab::Options {
        files: args.files,
        repeat: args.repeat,
        seed: args.seed,
        levels: args.levels,
        keep: args.keep,
        all: args.all,
        json: args.json,
        binary: lab::this_program(),
        runs: lab::RUNS.into(),
        request_timeout_ms: server::Options::default().request_timeout_ms,
        pages: lab::Pages { attempt: pages::of_attempt, levels: pages::of_comparison },
    }))
}

/// The level that a name means, of those that a scenario may promise.
fn level(name: &str) -> Result<history::Level, String> {
    lab::parse_level(name).ok_or_else(|| {
        let names: Vec<&str> = lab::level_names().collect();
        format!("there are {}", names.join(", "))
    })
}
