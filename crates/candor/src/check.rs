//! `candor check`: recorded histories in, verdicts out.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use history::{
    Budget, EXIT_BROKEN, EXIT_FAILURE, History, Level, Report, Scope, UnknownLevel, Witness,
    report, report_broken, report_too_large, validate_scope, worst,
};
use indicatif::ProgressBar;
use serde_json::json;

use crate::{limits, output, picture};

/// How often the progress moves.
const PROGRESS_EVERY: Duration = Duration::from_millis(120);
/// Stands for the standard input.
const STDIN: &str = "-";

/// Judge recorded histories: does what happened keep a level's promise?
///
/// The answer to each file begins with a line `PATH: LEVEL holds|violated|undecided: so many
/// operations of so many clients`. Below it stand all levels in one line, then why: the operations
/// that cannot all be explained, or an order that explains them all. Without --level, all levels
/// are judged, and the answer and the exit code are about the level that the file's header promises
/// or, where nothing is promised, about linearizable. A level of which nothing was there to judge
/// is undecided.
///
/// A file may promise several levels: of its keyspaces, and to reads that ask for one by
/// themselves. Each of them has a line of its own then, and counts for the exit code; agreed and
/// merged keyspaces are judged apart. A line says how many reads do not count for it, because they
/// asked for less. With --level reads that ask for none count whatever they were promised.
///
/// A file is recognised by what it holds: Candor's JSON Lines, Jepsen's and Knossos' histories of
/// registers (EDN or JSON), Porcupine's key-value logs, logs of jepsen.util; any of them compressed
/// by gzip. Comments, lines of the nemesis and lines of other loggers are skipped and counted; what
/// else is not understood makes a file no history.
///
/// The levels, strongest first: linearizable (one order that keeps real time), `bounded:<ms>`
/// (reads may be so old), sequential (one order that keeps each client's), causal (no effect
/// without its cause; its forms ccv, cm, cc), pram (each client's own order, for each who looks),
/// wfr (writes follow reads), mw (monotonic writes), ryw (read your writes), mr (monotonic reads),
/// eventual (only written values are read, and all servers agree in the end).
///
/// Words: a witness is an order of the operations that explains every answer. A final read is asked
/// once nobody writes any more, to see whether all servers agree. Certificates are what the store
/// said of its answers, such as their places in its logs; the judge believes none without checking
/// it. A place such as `line 4` is the line of the file, and where several operations share a line,
/// its column too.
///
/// Exit codes: 0 good; 1 the answer, a witness or a picture cannot be
/// written; 3 the level is violated; 4 it is
/// not known whether it holds, or nothing was there to judge; 78 a file is missing, unreadable or
/// no history. Over several files, the first that applies of 78, 1, 3, 4, 0.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// History files; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Judge this level alone: linearizable, `bounded:<ms>`, sequential, causal, cm, cc, pram, wfr,
    /// mw, ryw, mr or eventual.
    #[arg(long, value_name = "NAME")]
    level: Option<Asked>,
    /// Which of its three forms `causal` means, here, in headers and where reads ask for it:
    /// convergence (ccv), causal memory (cm) or weak causal consistency (cc).
    #[arg(long, value_name = "FORM", default_value = "ccv", hide_possible_values = false)]
    causal: Form,
    /// The value of every key before its first write: a text, or null for nothing there. A text
    /// that is itself `null` stands in quotes, '"null"'. Without it: nothing there, or what the
    /// form of the file says.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    init: Option<String>,
    /// How long one level may take; past that it is undecided.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = limits::time)]
    budget: Duration,
    /// How much memory the history and the judging of one level may take; past that it is
    /// undecided.
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = limits::memory)]
    memory: usize,
    /// Write what proves the level that was asked for or promised, else the strongest that holds:
    /// JSON Lines, each order with its operations as the history has them.
    #[arg(long, value_name = "WITNESS")]
    witness: Option<PathBuf>,
    /// Print every level with its proof below the answer.
    #[arg(long, conflicts_with = "json")]
    all: bool,
    /// Print one JSON object a file instead of lines.
    #[arg(long)]
    json: bool,
    /// Write a picture of the history, the verdicts and their proofs: one HTML file.
    #[arg(long, value_name = "PICTURE")]
    html: Option<PathBuf>,
}

/// The forms of causal consistency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Cc,
    Cm,
    Ccv,
}

impl Form {
    fn level(self) -> Level {
        match self {
            Form::Cc => Level::Cc,
            Form::Cm => Level::Cm,
            Form::Ccv => Level::Causal,
        }
    }
}

/// A level that was asked for, and whether by the name that has several meanings.
#[derive(Clone, Copy, Debug)]
struct Asked {
    level: Level,
    is_causal: bool,
}

impl std::str::FromStr for Asked {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Asked, UnknownLevel> {
        Ok(Asked { level: name.parse()?, is_causal: name == "causal" })
    }
}

impl Args {
    fn level(&self) -> Option<Level> {
        let meant = |asked: Asked| if asked.is_causal { self.causal.level() } else { asked.level };
        self.level.map(meant)
    }

    fn judged(&self, mut history: History) -> History {
        match self.init.as_deref() {
            None => {}
            Some("null") => history.initial = None,
            Some(text) => {
                let quoted = text.starts_with('"').then(|| serde_json::from_str(text).ok());
                history.initial = Some(quoted.flatten().unwrap_or_else(|| text.to_string()));
            }
        }
        history.with_causal(self.causal.level())
    }

    /// The options that change a verdict, as they would be typed.
    fn options(&self) -> String {
        let mut options = String::new();
        if let Some(level) = self.level() {
            options.push_str(&format!(" --level {level}"));
        }
        if self.causal != Form::Ccv {
            options.push_str(&format!(" --causal {}", self.causal.level()));
        }
        if let Some(init) = &self.init {
            options.push_str(&format!(" --init {}", lab::quoted(init)));
        }
        options
    }
}

pub(crate) fn execute(args: &Args) -> ExitCode {
    for (option, is_given) in
        [("--html", args.html.is_some()), ("--witness", args.witness.is_some())]
    {
        if is_given && args.files.len() > 1 {
            let what = format!("{option} is about one history, so it goes with one history file");
            crate::refuse_arguments("check", &what);
        }
    }
    if args.files.iter().filter(|file| is_stdin(file)).count() > 1 {
        crate::refuse_arguments("check", "the standard input can be read once");
    }
    let mut exit_codes = vec![];
    for file in &args.files {
        let report = judge(file, args);
        exit_codes.push(report.exit_code);
        // Who closed the pipe has seen enough; the exit code still is about all files.
        if let Err(error) = output::heard(tell(&report, args)) {
            let _ = writeln!(io::stderr(), "candor check: {error}");
            exit_codes.push(EXIT_FAILURE);
            break;
        }
    }
    ExitCode::from(worst(exit_codes))
}

fn judge(file: &Path, args: &Args) -> Report {
    let path = file.display().to_string();
    // It shows on a terminal only, on standard error.
    let progress = ProgressBar::new_spinner().with_message(format!("judging {path}"));
    progress.enable_steady_tick(PROGRESS_EVERY);
    let report = match read(file, args.memory) {
        Err(error) => unreadable(&path, &error),
        Ok(None) => report_too_large(&path, args.level(), args.memory),
        Ok(Some(bytes)) => match History::from_bytes_within(&bytes, args.memory) {
            Err(broken) => report_broken(&path, &broken),
            Ok(None) => report_too_large(&path, args.level(), args.memory),
            Ok(Some(history)) => {
                drop(bytes);
                let history = args.judged(history);
                let budget = Budget {
                    time_max: args.budget,
                    memory_bytes_max: args.memory,
                    ..Budget::default()
                };
                let mut report = report(&path, &history, args.level(), &budget);
                write_witness(&mut report, &history, args);
                draw(&mut report, &history, file, args);
                report
            }
        },
    };
    progress.finish_and_clear();
    report
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new(STDIN)
}

/// All that a file holds; `None` if that is more than `bytes_max`.
fn read(file: &Path, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let limit = (bytes_max as u64).saturating_add(1);
    let mut bytes = Vec::new();
    if is_stdin(file) {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        let file = File::open(file)?;
        let length = file.metadata()?.len();
        if length > bytes_max as u64 {
            return Ok(None);
        }
        bytes.reserve_exact(length as usize);
        file.take(limit).read_to_end(&mut bytes)?;
    }
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

/// Writes the witness that was asked for and says where it is.
fn write_witness(report: &mut Report, history: &History, args: &Args) {
    let Some(file) = &args.witness else { return };
    let wanted = args.level().or(history.promised());
    let Some((scope, level, witness)) = report.witness(wanted) else {
        report.lines.push("  no witness is written: none of these levels holds by one".to_string());
        return;
    };
    match put_witness(file, history, scope, level, witness) {
        Ok(()) => {
            let line = format!("  the witness of {level} is written to {}", file.display());
            report.lines.push(line);
            report.json["witness_file"] = json!(file.display().to_string());
        }
        Err(error) => fail(report, &format!("the witness cannot be written: {error}")),
    }
}

/// Writes a witness, once what is written was read again and proves its level.
fn put_witness(
    file: &Path,
    history: &History,
    scope: Scope,
    level: Level,
    witness: &Witness,
) -> io::Result<()> {
    let text = witness.to_jsonl(history, level);
    let (level, again) = Witness::from_jsonl(&text).map_err(io::Error::other)?;
    validate_scope(history, scope, level, &again).map_err(io::Error::other)?;
    fs::write(file, text)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

/// Draws the picture if one is asked for.
fn draw(report: &mut Report, history: &History, file: &Path, args: &Args) {
    let Some(html) = &args.html else { return };
    let level = args.level();
    if let Err(error) = picture::draw(html, file, level, &args.options(), history, report) {
        fail(report, &format!("the picture cannot be written: {error}"));
    }
}

/// What was asked for besides the verdict could not be done.
fn fail(report: &mut Report, what: &str) {
    report.lines.push(what.to_string());
    report.exit_code = worst([report.exit_code, EXIT_FAILURE]);
    report.json["exit_code"] = json!(report.exit_code);
}

fn unreadable(path: &str, error: &io::Error) -> Report {
    Report {
        lines: vec![format!("{path}: cannot be read: {error}")],
        json: json!({
            "file": path,
            "error": { "message": error.to_string() },
            "exit_code": EXIT_BROKEN,
        }),
        exit_code: EXIT_BROKEN,
        details: vec![],
        verdicts: vec![],
        promises: vec![],
    }
}

fn tell(report: &Report, args: &Args) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if args.json {
        return writeln!(out, "{}", report.json);
    }
    let details = if args.all { &report.details[..] } else { &[] };
    for line in report.lines.iter().chain(details) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
