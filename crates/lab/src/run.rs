//! `candor run`: scenario files in, verdicts out. Every file is checked before anything is started;
//! then each is run, as often as asked, and the exit code says how it went.

mod files;

use std::path::{Path, PathBuf};

use history::{EXIT_BROKEN, EXIT_FAILURE, History, Level, worst};
use serde_json::{Value, json};

use files::{Loaded, load_all, refuse};

use crate::attempt::directory::{REPORT, write_levels};
use crate::attempt::keep;
use crate::attempt::outcome::{Attempt, FileResult};
use crate::attempt::task::Task;
use crate::attempt::{Attempted, attempt};
use crate::clients::delays;
use crate::command::quoted;
use crate::error::Error;
use crate::interrupt::{Interrupts, Signal};
use crate::report;
use crate::report::comparison::{Column, Comparison};
use crate::report::terminal::{Look, Terminal};
use crate::scenario::Scenario;

/// How often a run is repeated if the order that its waits state did not come about.
const REPEATS_MAX: u32 = 3;
/// The version of the document that `--json` prints.
const DOCUMENT_VERSION: u32 = 1;

/// What `candor run` is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The scenario files; at least one.
    pub files: Vec<PathBuf>,
    /// How often each is run, at least once.
    pub repeat: u32,
    /// What random sleeps come from; `None`: a fresh one. The n-th repetition has the seed n - 1
    /// further on, so its own seed alone brings it back.
    pub seed: Option<u64>,
    /// The levels to run each file at; none: at its own.
    pub levels: Vec<Level>,
    /// Leave the cluster up until Ctrl-C; for one file, run once.
    pub keep: bool,
    /// Show every operation, however many there are.
    pub all: bool,
    /// Print one JSON document instead of lines.
    pub json: bool,
    /// The program that the servers and clients are started from: this one.
    pub binary: PathBuf,
    /// Where runs are kept.
    pub runs: PathBuf,
    /// How long a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How the pages of the runs are drawn.
    pub pages: Pages,
}

/// How the pages of runs are drawn: the runner knows what happened, and draws nothing itself. Each
/// function gives the whole of an HTML file.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// The page of one attempt and its history.
    pub attempt: fn(&Attempt, &History) -> String,
    /// The page that sets levels side by side, for runs from this seed that this command brings
    /// back.
    pub levels: fn(&Comparison<'_>, u64, &str) -> String,
}

/// Runs scenario files; gives the exit code.
pub fn run(options: &Options) -> u8 {
    let mut terminal = if options.json { Terminal::silent() } else { Terminal::for_people() };
    let loaded = match load_all(options) {
        Ok(loaded) => loaded,
        Err(refusals) => {
            refuse(&refusals, options, &mut terminal);
            return terminal.exit_code(EXIT_BROKEN);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.complain(format!("cannot begin: {error}"));
            return EXIT_FAILURE;
        }
    };
    let exit_code = runtime.block_on(async {
        let interrupts = match Interrupts::listen() {
            Ok(interrupts) => interrupts,
            Err(error) => {
                terminal.complain(format!("cannot listen for signals: {error}"));
                return EXIT_FAILURE;
            }
        };
        let seed = options.seed.unwrap_or_else(delays::fresh_seed);
        let mut runner = Runner { options, seed, terminal, interrupts, results: vec![] };
        let exit_code = runner.run_all(&loaded).await;
        runner.terminal.exit_code(exit_code)
    });
    // A judge that was interrupted may still be thinking; nobody waits for it.
    runtime.shutdown_background();
    exit_code
}

/// Runs files one after another.
struct Runner<'a> {
    options: &'a Options,
    seed: u64,
    terminal: Terminal,
    interrupts: Interrupts,
    results: Vec<FileResult>,
}

impl Runner<'_> {
    async fn run_all(&mut self, files: &[Loaded]) -> u8 {
        let mut interrupted = None;
        for file in files {
            let Scenario { level, keyspaces, .. } = &file.scenario;
            let keyspaces = keyspaces.clone();
            let result = FileResult { keyspaces, ..FileResult::new(&file.file, *level) };
            self.results.push(result);
            if let Err(signal) = self.run_file(file).await {
                interrupted = Some(signal);
                break;
            }
        }
        let mut compared = Compared::default();
        if files.len() > 1 && interrupted.is_none() {
            self.terminal.tell(format!("\n{}", Look::Strong.on("side by side")));
            self.terminal.tell(report::compare(&self.results));
            compared = self.compare_levels(files);
        }
        let exit_code = match interrupted {
            Some(signal) => signal.exit_code(),
            None => {
                let failed = compared.failed.then_some(EXIT_FAILURE);
                worst(self.results.iter().map(FileResult::exit_code).chain(failed))
            }
        };
        if self.options.json {
            let document = self.document(compared.documents, exit_code);
            self.terminal.print(&document);
        }
        exit_code
    }

    /// Sets those files side by side that are equal but for their level: in words, and as a page.
    fn compare_levels(&mut self, files: &[Loaded]) -> Compared {
        let mut compared = Compared::default();
        let columns = files.iter().zip(&self.results);
        let columns = columns.map(|(file, result)| Column { scenario: &file.scenario, result });
        for comparison in Comparison::all(columns) {
            let first = comparison.columns[0].result;
            let command = command_of_levels(&comparison, self.options, self.seed);
            let html = (self.options.pages.levels)(&comparison, self.seed, &command);
            let page = write_levels(&self.options.runs, &first.file, html.as_bytes());
            let mut lines = report::levels_lines(&comparison);
            let written = page.iter().map(|page| page.display().to_string());
            lines.extend(report::labelled("page", Look::Faint, written));
            self.terminal.tell(format!("\n{}", lines.join("\n")));
            compared.documents.push(report::levels_summary(&comparison, page.as_deref().ok()));
            if let Err(error) = page {
                self.terminal.complain(error);
                compared.failed = true;
            }
        }
        compared
    }

    fn document(&self, levels: Vec<Value>, exit_code: u8) -> Value {
        let attempts = self.results.iter().flat_map(|result| &result.attempts);
        let failures = self.results.iter().flat_map(|result| {
            let scenario = result.file.display().to_string();
            result.failures.iter().map(move |why| json!({ "scenario": scenario, "why": why }))
        });
        json!({
            "candor_run": DOCUMENT_VERSION,
            "runs": attempts.map(report::summary).collect::<Vec<_>>(),
            "failures": failures.collect::<Vec<_>>(),
            "side_by_side": levels,
            "exit_code": exit_code,
        })
    }

    /// Runs one file as often as asked. An error means that somebody wants to end it all.
    async fn run_file(&mut self, file: &Loaded) -> Result<(), Signal> {
        for run in 1..=self.options.repeat {
            match self.run_once(file, run).await {
                Ok(()) => {}
                Err(Error::Interrupted(signal)) => {
                    self.terminal
                        .complain(format!("interrupted by {signal}; nothing is left running"));
                    return Err(signal);
                }
                Err(error) => {
                    self.terminal.complain(&error);
                    self.result().failures.push(error.to_string());
                }
            }
        }
        if self.options.repeat > 1 {
            self.tell_of_repeats();
        }
        Ok(())
    }

    /// Runs a file once, and again if the order that its waits state did not come about.
    async fn run_once(&mut self, file: &Loaded, run: u32) -> Result<(), Error> {
        let mut missed = None;
        for number in 1..=1 + REPEATS_MAX {
            let task = Task {
                scenario: &file.scenario,
                file: &file.file,
                text: &file.text,
                binary: &self.options.binary,
                runs: &self.options.runs,
                request_timeout_ms: file
                    .scenario
                    .request_timeout_ms
                    .unwrap_or(self.options.request_timeout_ms),
                seed: self.seed.wrapping_add(u64::from(run - 1)),
                run,
                number,
                page: self.options.pages.attempt,
                all: self.options.all,
                keep: self.options.keep,
                at_other_level: file.at_other_level,
            };
            for line in report::title_lines(&task, self.options.repeat) {
                self.terminal.tell(line);
            }
            let Attempted { attempt, kept } =
                attempt(&task, &mut self.terminal, &mut self.interrupts).await?;
            missed = attempt.missed();
            self.tell_figures(&attempt);
            self.result().add(attempt);
            let again = missed.is_some() && number <= REPEATS_MAX;
            if let Some(kept) = kept {
                keep::hold(kept, !again, &mut self.terminal, &mut self.interrupts).await?;
            }
            if missed.is_none() {
                return Ok(());
            }
            if again {
                let left = 1 + REPEATS_MAX - number;
                let what = "to see what the file says";
                self.terminal.tell(format!("\n  once more, {what} ({left} left)"));
            }
        }
        Err(Error::RunTime(format!(
            "{}: {} in {} attempts; longer waits or a quieter machine would help",
            file.file.display(),
            missed.unwrap_or_default(),
            1 + REPEATS_MAX
        )))
    }

    fn result(&mut self) -> &mut FileResult {
        self.results.last_mut().expect("the result of a file is there while it runs")
    }

    fn tell_figures(&mut self, attempt: &Attempt) {
        let mut figures = vec![];
        if self.options.repeat == 1 && attempt.figures.throughput().is_some() {
            self.terminal.tell(format!("\n{}", report::figures_table(&attempt.figures)));
            figures.extend(report::pace_line(&attempt.figures));
        }
        for line in report::labelled("pace", Look::Plain, figures) {
            self.terminal.tell(format!("\n{line}"));
        }
        let directory = attempt.directory.display().to_string();
        for line in report::labelled("files", Look::Faint, [directory]) {
            self.terminal.tell(line);
        }
        let picture = attempt.directory.join(REPORT).display().to_string();
        for line in report::labelled("picture", Look::Faint, [picture]) {
            self.terminal.tell(line);
        }
    }

    /// All runs of the file that was repeated, in one table.
    fn tell_of_repeats(&mut self) {
        let Some(result) = self.results.last() else { return };
        if result.attempts.is_empty() {
            return;
        }
        let title = format!("{}, {} runs", result.file.display(), self.options.repeat);
        let runs = report::repeats_table(&result.attempts);
        let figures = report::figures_table(&result.figures);
        self.terminal.tell(format!("\n{}\n{runs}\n\n{figures}", Look::Strong.on(title)));
    }
}

/// What came of setting levels side by side.
#[derive(Default)]
struct Compared {
    /// For machines.
    documents: Vec<Value>,
    /// A page could not be written.
    failed: bool,
}

/// The command that runs scenarios again that are equal but for their level.
fn command_of_levels(comparison: &Comparison<'_>, options: &Options, seed: u64) -> String {
    let mut command = format!("candor run --seed {seed}");
    if options.repeat > 1 {
        command.push_str(&format!(" --repeat {}", options.repeat));
    }
    for level in &options.levels {
        command.push_str(&format!(" --level {level}"));
    }
    let mut files: Vec<&Path> = vec![];
    for file in comparison.columns.iter().map(|column| column.result.file.as_path()) {
        if !options.levels.is_empty() && files.contains(&file) {
            continue;
        }
        files.push(file);
    }
    for file in files {
        command.push_str(&format!(" {}", quoted(&file.display().to_string())));
    }
    command
}

/// The program that is running, which serves and asks as well. If its file was replaced meanwhile,
/// the system still knows the one that runs.
pub fn this_program() -> PathBuf {
    let running = || Path::new("/proc/self/exe").to_owned();
    std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(running)
}
