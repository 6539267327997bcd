//! `candor sim`: worlds from seeds, in which everything breaks.

use std::fs;
use std::io::{self, Write};
use std::num::NonZero;
use std::panic;
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::thread;

use ::sim::{Options, Report, Summary};
use history::{EXIT_FAILURE, EXIT_GOOD, EXIT_VIOLATED};
use indicatif::{ProgressBar, ProgressStyle};

/// Live whole clusters in one thread from one seed: crashes, partitions, loss, wrong clocks.
///
/// One seed is one world, the same every time and everywhere: its seed comes first, the hash of
/// all that happened last. Many seeds run on all cores and end with a table.
///
/// Exit codes: 0 every promise was kept; 1 a file cannot be written; 3 a promise was broken.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["seed", "seeds"])))]
pub(crate) struct Args {
    /// Live the world of this seed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Live this many worlds, of as many seeds in a row.
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The first of these seeds.
    #[arg(long, value_name = "S", default_value_t = 1, conflicts_with = "seed")]
    from: u64,
    /// Tell what happens in the world, one line each.
    #[arg(long, conflicts_with = "seeds")]
    story: bool,
    /// Write what the clients asked and heard to this file, for `candor check`.
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    history: Option<PathBuf>,
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    name_the_seed_of_a_panic();
    let out = match (args.seed, args.seeds) {
        (Some(seed), _) => one(seed, args),
        (None, Some(count)) => many(args.from, count),
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    match out {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("candor sim: {error}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

fn one(seed: u64, args: &Args) -> io::Result<u8> {
    let options = Options { story: args.story, ..Options::default() };
    let report = ::sim::run(seed, &options);
    if let Some(path) = &args.history {
        let named = |error| io::Error::other(format!("{}: {error}", path.display()));
        fs::write(path, report.history.to_jsonl()).map_err(named)?;
    }
    write!(io::stdout().lock(), "{report}")?;
    Ok(exit_code(&report))
}

fn many(from: u64, count: u64) -> io::Result<u8> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    writeln!(io::stdout(), "seeds {from} to {}", from.wrapping_add(count.saturating_sub(1)))?;
    // It shows on a terminal only, on standard error.
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} worlds, {per_sec}, {eta} left");
    let progress = ProgressBar::new(count).with_style(style.expect("the template is valid"));
    let summary = ::sim::run_many(from, count, threads, &Options::default(), |_| progress.inc(1));
    progress.finish_and_clear();
    tell(&mut io::stdout().lock(), &summary)?;
    Ok(summary.violated.iter().map(exit_code).max().unwrap_or(EXIT_GOOD))
}

fn tell(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    write!(out, "{summary}")?;
    for report in &summary.violated {
        let Err(violation) = &report.verdict else { continue };
        writeln!(out, "\nseed {} ({})", report.seed, report.setting)?;
        writeln!(out, "  {violation}")?;
        writeln!(out, "  candor sim --seed {} brings it back", report.seed)?;
    }
    Ok(())
}

fn exit_code(report: &Report) -> u8 {
    if report.verdict.is_ok() { EXIT_GOOD } else { EXIT_VIOLATED }
}

/// An assertion of the node that fails ends the process at once: its seed must not be lost.
fn name_the_seed_of_a_panic() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        if let Some(seed) = ::sim::current_seed() {
            println!("seed {seed}\nverdict: violated: alive: a node panics: {info}");
            process::exit(EXIT_VIOLATED.into());
        }
    }));
}
