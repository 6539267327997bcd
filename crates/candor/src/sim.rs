//! `candor sim`: worlds from seeds, in which everything breaks.

#[cfg(feature = "mutants")]
mod mutants;

use std::fs;
use std::io::{self, Write};
use std::num::NonZero;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::thread;
use std::time::Instant;

use ::sim::{Batch, Options, Plain, Report, Sabotage, Summary};
use clap::builder::PossibleValuesParser;
use history::{EXIT_FAILURE, EXIT_GOOD, EXIT_VIOLATED};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// Live whole clusters in one thread from one seed: crashes, partitions, loss, wrong clocks.
///
/// One seed is one world, the same every time and everywhere: its seed comes first, the hash of all
/// that happened last. Many seeds run on all cores and end with a table, or with the first world
/// that breaks a promise.
///
/// Of such a world the plan of its faults is shrunk: the shortest part of it that breaks the same
/// promise is told, and the command that brings it back.
///
/// The table counts what the judge said of each level. Rows that say `certified` are about
/// histories with certificates (what the nodes said of their answers, such as their places in the
/// logs); the others are about the same histories without them.
///
/// Exit codes: 0 every promise was kept; 1 a file or the answer cannot be written; 3 a promise was
/// broken.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["seed", "seeds", "plain"])))]
pub(crate) struct Args {
    /// Live the world of this seed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Live this many worlds, of as many seeds in a row.
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Live two worlds in which nothing breaks, and tell how fast that went.
    #[arg(long)]
    plain: bool,
    /// Let nothing break, and check how long operations take and entries need to spread.
    #[arg(long, conflicts_with = "plain")]
    calm: bool,
    /// Let members come and go in every world in which there is room for one more.
    #[arg(long, conflicts_with_all = ["plain", "calm"])]
    members: bool,
    /// Plant one bug after the other in the nodes, and tell in how many worlds each is caught.
    ///
    /// Exits with 0 only if each is caught within 1000 seeds. docs/mutants.md lists them.
    #[cfg(feature = "mutants")]
    #[arg(long, group = "which")]
    mutants: bool,
    /// Plant this bug in the nodes.
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["mutants", "sabotage"])]
    mutant: Option<::sim::Mutant>,
    /// The first of these seeds.
    #[arg(long, value_name = "S", default_value_t = 1, conflicts_with = "seed")]
    from: u64,
    /// Go on when a world broke a promise, and tell of all of them.
    #[arg(long, conflicts_with = "seed")]
    keep_going: bool,
    /// Let only these faults of the plan strike, by their numbers; or none.
    #[arg(long, value_name = "N,…|none", conflicts_with = "seeds", value_parser = numbers)]
    only: Option<Numbers>,
    /// Let only these clients ask for anything, by their numbers; or none.
    #[arg(long, value_name = "N,…|none", conflicts_with = "seeds", value_parser = numbers)]
    clients: Option<Numbers>,
    /// Let clients ask for this many operations at most, before everything heals.
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    operations: Option<u64>,
    /// Do not look for the shortest plan that breaks the same promise.
    #[arg(long)]
    no_shrink: bool,
    /// Show the plan of the faults.
    #[arg(long, conflicts_with = "seeds")]
    plan: bool,
    /// Tell what happens in the world, one line each.
    #[arg(long, conflicts_with = "seeds")]
    story: bool,
    /// Write what the clients asked and heard to this file, for `candor check`.
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    history: Option<PathBuf>,
    /// Write a diagram of the messages, faults and operations of the world to this file, one HTML
    /// page. Of a world that broke a promise it shows what is left when it is shrunk; of many
    /// worlds, the first of those.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Sabotage what drives the nodes in this way, to see that an invariant catches it.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Sabotage::ALL.map(Sabotage::name)))]
    sabotage: Option<String>,
}

impl Args {
    /// What is fixed about every world.
    fn options(&self) -> Options {
        let plain = self.calm.then_some(Plain::Calm);
        #[cfg(feature = "mutants")]
        if let Some(mutant) = self.mutant {
            let options = mutant.options();
            let members = self.members.then_some(true).or(options.members);
            return Options { plain: plain.or(options.plain), members, ..options };
        }
        let named = |sabotage: &Sabotage| self.sabotage.as_deref() == Some(sabotage.name());
        let sabotage = Sabotage::ALL.into_iter().find(named);
        let members = self.members.then_some(true);
        Options { sabotage, plain, members, ..Options::default() }
    }
}

/// How many worlds are lived at most to find the shortest plan.
const SHRINK_WORLDS_MAX: u64 = 1000;

pub(crate) fn execute(args: &Args) -> ExitCode {
    name_the_seed_of_a_panic();
    #[cfg(feature = "mutants")]
    if args.mutants {
        return mutants::hunt(args.from);
    }
    let out = match (args.seed, args.seeds) {
        (Some(seed), _) => one(seed, args),
        (None, Some(count)) => many(args.from, count, args),
        (None, None) if args.plain => plain(),
        (None, None) => unreachable!("clap asks for one of them"),
    };
    match out {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(io::stderr(), "candor sim: {error}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

fn one(seed: u64, args: &Args) -> io::Result<u8> {
    let options = Options {
        story: args.story,
        only: args.only.as_ref().map(|numbers| numbers.0.clone()),
        clients: args.clients.as_ref().map(|numbers| numbers.0.clone()),
        operations: args.operations,
        ..args.options()
    };
    let mut report = ::sim::run(seed, &options);
    if let Some(path) = &args.history {
        let named = |error| io::Error::other(format!("{}: {error}", path.display()));
        fs::write(path, report.history.to_jsonl()).map_err(named)?;
    }
    // Who names a part of a plan wants that part.
    let whole = args.only.is_none() && args.clients.is_none() && args.operations.is_none();
    if whole && !args.no_shrink {
        shrink(&mut report, &options);
    }
    let mut out = io::stdout().lock();
    if args.plan {
        report.show_plan = true;
    }
    output::heard(write!(out, "{report}"))?;
    if let Some(html) = &args.html {
        draw(html, &report, &options)?;
    }
    Ok(exit_code(&report))
}

fn many(from: u64, count: u64, args: &Args) -> io::Result<u8> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let last = from.wrapping_add(count.saturating_sub(1));
    output::heard(writeln!(io::stdout(), "seeds {from} to {last}"))?;
    // It shows on a terminal only, on standard error.
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} worlds, {per_sec}, {eta} left");
    let progress = ProgressBar::new(count).with_style(style.expect("the template is valid"));
    let batch = Batch { from, count, threads, keep_going: args.keep_going };
    let began = Instant::now();
    let options = args.options();
    let mut summary = ::sim::run_batch(batch, &options, |_| progress.inc(1));
    summary.took = Some(began.elapsed());
    progress.finish_and_clear();
    if let Some(report) = summary.violated.first_mut().filter(|_| !args.no_shrink) {
        shrink(report, &options);
    }
    let mut out = io::stdout().lock();
    output::heard(tell(&mut out, &summary, &options))?;
    if let Some(html) = &args.html {
        match summary.violated.first() {
            Some(report) => draw(html, report, &options)?,
            None => output::heard(writeln!(
                out,
                "\nno promise was broken: {} is not written",
                html.display()
            ))?,
        }
    }
    Ok(summary.violated.iter().map(exit_code).max().unwrap_or(EXIT_GOOD))
}

/// How fast worlds go in which nothing breaks, in the time that this thread alone had a core.
fn plain() -> io::Result<u8> {
    let mut code = EXIT_GOOD;
    for (name, plain) in [("busy", Plain::Busy), ("moderate", Plain::Moderate)] {
        let began_us = cpu_us();
        let report = ::sim::run(1, &Options { plain: Some(plain), ..Options::default() });
        let took_us = (cpu_us() - began_us).max(1);
        output::heard(tell_plain(&mut io::stdout().lock(), name, &report, took_us))?;
        code = code.max(exit_code(&report));
    }
    Ok(code)
}

fn tell_plain(out: &mut impl Write, name: &str, report: &Report, took_us: u64) -> io::Result<()> {
    let Report { operations, virtual_ms, trace_hash, .. } = report;
    let per_second = operations * 1_000_000 / took_us;
    let times = virtual_ms * 1000 / took_us;
    writeln!(out, "{name}: {operations} operations in {virtual_ms} ms of virtual time")?;
    writeln!(out, "  CPU time                        {:>9} ms", took_us / 1000)?;
    writeln!(out, "  operations per second of CPU    {per_second:>9}")?;
    writeln!(out, "  virtual time over CPU time      {times:>9}")?;
    writeln!(out, "  trace {trace_hash:016x}")?;
    match &report.verdict {
        Ok(_) => Ok(()),
        Err(broken) => writeln!(out, "  verdict: violated: {broken}"),
    }
}

/// How long this thread has had a core.
fn cpu_us() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1000
}

/// Looks for the shortest plan that breaks the same promise, if one is broken.
fn shrink(report: &mut Report, options: &Options) {
    if report.verdict.is_ok() {
        return;
    }
    let style = ProgressStyle::with_template("shrinking: {pos} worlds, {msg}");
    let progress = ProgressBar::new(0).with_style(style.expect("the template is valid"));
    let mut tell = |worlds: u64, best: &Options| {
        let faults = best.only.as_ref().map_or(0, Vec::len);
        progress.set_message(format!("{faults} faults left"));
        progress.set_position(worlds);
    };
    let options = Options { story: false, diagram: false, ..options.clone() };
    report.shrunk =
        ::sim::shrink(report.seed, &options, SHRINK_WORLDS_MAX, &mut tell).map(Box::new);
    progress.finish_and_clear();
}

/// Draws a world: what is left of it once it is shrunk, if it was. It is lived once more for that,
/// because only then is it recorded.
fn draw(html: &Path, report: &Report, options: &Options) -> io::Result<()> {
    let options = report.shrunk.as_ref().map_or(options, |shrunk| &shrunk.options);
    let recorded = Options { diagram: true, story: false, ..options.clone() };
    let document =
        ::sim::document(&::sim::run(report.seed, &recorded), &options.command(report.seed));
    let named = |error: io::Error| {
        let what = format!("the diagram cannot be written: {}: {error}", html.display());
        io::Error::new(error.kind(), what)
    };
    let page = picture::diagram::html(&document).map_err(io::Error::other);
    page.and_then(|page| fs::write(html, page)).map_err(named)
}

fn tell(out: &mut impl Write, summary: &Summary, options: &Options) -> io::Result<()> {
    write!(out, "{summary}")?;
    for report in &summary.violated {
        let Err(violation) = &report.verdict else { continue };
        writeln!(out, "\nseed {} ({})", report.seed, report.setting)?;
        writeln!(out, "  {violation}")?;
        if let Some(shrunk) = &report.shrunk {
            write!(out, "{shrunk}")?;
        }
        writeln!(out, "  {} brings the whole world back", options.command(report.seed))?;
    }
    Ok(())
}

fn exit_code(report: &Report) -> u8 {
    if report.verdict.is_ok() { EXIT_GOOD } else { EXIT_VIOLATED }
}

/// Numbers of faults or clients.
#[derive(Clone, Debug)]
struct Numbers(Vec<usize>);

fn numbers(text: &str) -> Result<Numbers, String> {
    if text == "none" {
        return Ok(Numbers(vec![]));
    }
    let number = |part: &str| {
        part.trim().parse().map_err(|_| {
            format!("\"{part}\" is not a number; give numbers with commas between them, or none")
        })
    };
    text.split(',').map(number).collect::<Result<_, _>>().map(Numbers)
}

/// A panic of a node breaks a promise, and its world tells of it. One of the simulator ends the
/// process: its seed must not be lost.
fn name_the_seed_of_a_panic() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        if let Some(seed) = ::sim::current_seed() {
            println!("seed {seed}\nthe simulator panics: {info}");
            process::exit(EXIT_FAILURE.into());
        }
    }));
    ::sim::hush();
}
