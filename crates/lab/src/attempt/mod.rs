//! One attempt at a scenario: servers up, clients connected and started, everything recorded, all
//! processes ended, the history judged.
//!
//! ```text
//!   ports ─▶ servers ─▶ ready? ─▶ clients ─▶ go ─▶ collect ─▶ quiet end ─▶ end all ─▶ judge
//! ```
//!
//! Whatever happens on the way, every process is ended before an attempt is over; only a cluster that
//! is to be kept goes on, in the hands of the caller.

pub(crate) mod directory;
pub(crate) mod figures;
pub(crate) mod final_reads;
pub(crate) mod judgement;
pub(crate) mod keep;
mod play;
pub(crate) mod recording;
pub(crate) mod stated_order;

use std::path::{Path, PathBuf};

use history::{History, Level, Outcome};
use picture::{STANDINGS, Standing};

use crate::attempt::directory::{REPORT, RunDirectory};
use crate::attempt::figures::Figures;
use crate::attempt::final_reads::QuietEnd;
use crate::attempt::judgement::Judgement;
use crate::attempt::play::Stage;
use crate::attempt::recording::Recording;
use crate::attempt::stated_order::{Miss, Stated};
use crate::error::Failure;
use crate::interrupt::Interrupts;
use crate::pages;
use crate::report::terminal::{Look, Screen};
use crate::report::{self, verdict_lines};
use crate::scenario::{Ports, Scenario};
use crate::servers::cluster::{Cluster, Ready};
use crate::servers::ports::{self, Taken};

/// What is to be attempted.
pub(crate) struct Task<'a> {
    pub(crate) scenario: &'a Scenario,
    /// The file of the scenario.
    pub(crate) file: &'a Path,
    /// The text of that file.
    pub(crate) text: &'a str,
    /// The program that serves and asks.
    pub(crate) binary: &'a Path,
    /// Where runs are kept.
    pub(crate) runs: &'a Path,
    /// How long a request may take, in milliseconds.
    pub(crate) request_timeout_ms: u64,
    /// What random sleeps come from.
    pub(crate) seed: u64,
    /// Which of the repetitions this is, from 1.
    pub(crate) run: u32,
    /// Which attempt at it, from 1.
    pub(crate) number: u32,
    /// Whether every operation is to be shown.
    pub(crate) all: bool,
    /// Whether the cluster is to go on.
    pub(crate) keep: bool,
    /// The level was named beside the file.
    pub(crate) at_other_level: bool,
}

/// An attempt that came to its end.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) scenario: String,
    pub(crate) servers: usize,
    pub(crate) clients: usize,
    pub(crate) run: u32,
    pub(crate) number: u32,
    pub(crate) seed: u64,
    pub(crate) directory: PathBuf,
    pub(crate) ready: Ready,
    pub(crate) figures: Figures,
    pub(crate) judgement: Judgement,
    pub(crate) order: StatedOrder,
    /// What is to be seen at the level of the run, if the scenario says so.
    pub(crate) shows: Option<String>,
    /// `None`: the scenario names no level that is to be violated.
    pub(crate) expected: Option<Expected>,
    /// The command that does it again.
    pub(crate) command: String,
    /// `None` in an agreed keyspace, or if nothing was written.
    pub(crate) quiet: Option<QuietEnd>,
    /// What went wrong on the way, such as a server that died.
    pub(crate) troubles: Vec<String>,
    /// What was done to the servers on purpose, for the picture.
    pub(crate) faults: Vec<picture::Fault>,
    /// Where the servers stood on the way, for the picture.
    pub(crate) standings: Vec<Standing>,
}

/// Whether the order that fixed waits state came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatedOrder {
    /// They state none.
    None,
    /// It did.
    Kept,
    /// It did not, and how.
    Missed(String),
}

/// A level, stronger than the promised one, that a run is to be seen not to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) level: Level,
    /// The judge found that it is violated.
    pub(crate) is_seen: bool,
}

impl Attempt {
    /// Why the run did not show what its file says it shows, if it did not.
    pub(crate) fn missed(&self) -> Option<String> {
        if matches!(self.order, StatedOrder::Missed(_)) {
            return Some("the order that the waits state did not come about".into());
        }
        let expected = self.expected.filter(|expected| !expected.is_seen)?;
        Some(format!("{} was not seen to be violated, as the file says", expected.level))
    }

    /// The exit code that this attempt alone would give.
    pub(crate) fn exit_code(&self) -> u8 {
        let verdict = history::exit_code(&self.judgement.promised);
        match self.troubles.is_empty() {
            true => verdict,
            false => history::worst([history::EXIT_FAILURE, verdict]),
        }
    }
}

/// An attempt, and its cluster if that was to be kept.
pub(crate) struct Attempted {
    pub(crate) attempt: Attempt,
    pub(crate) kept: Option<Kept>,
}

/// A cluster that goes on after its run.
pub(crate) struct Kept {
    pub(crate) cluster: Cluster,
    pub(crate) directory: RunDirectory,
}

/// Attempts a scenario.
pub(crate) async fn attempt(
    task: &Task<'_>,
    screen: &mut Screen,
    interrupts: &mut Interrupts,
) -> Result<Attempted, Failure> {
    check_named_ports(task)?;
    let directory = RunDirectory::create(task.runs, task.file)?;
    directory.write("scenario.json", task.text.as_bytes())?;
    let mut stage = Stage::new(task);
    let played = tokio::select! {
        biased;
        signal = interrupts.asked() => Err(Failure::Interrupted(signal)),
        played = stage.play(task, &directory, screen) => played,
    };
    screen.rest();
    stage.crew.end(interrupts.insisted()).await;
    if played.is_err() || !task.keep {
        stage.cluster.end(interrupts.insisted()).await;
        directory.tidy()?;
    }
    let history = stage.recording.history_under(stage.chronicle.faults(), task.scenario.level);
    directory.write("history.jsonl", history.to_jsonl().as_bytes())?;
    let standings = Standing::to_jsonl(&stage.standings());
    if !standings.is_empty() {
        directory.write(STANDINGS, standings.as_bytes())?;
    }
    let ready = played.inspect_err(|_| tell_directory(&directory, screen))?;
    judge(task, stage, ready, history, directory, screen, interrupts).await
}

/// Says where to find what is left of an attempt that failed.
fn tell_directory(directory: &RunDirectory, screen: &mut Screen) {
    for line in report::labelled("files", Look::Faint, [directory.path().display().to_string()]) {
        screen.tell(format!("\n{line}"));
    }
}

/// The ports that the file names are free.
fn check_named_ports(task: &Task<'_>) -> Result<(), Failure> {
    let Some(named) = &task.scenario.ports else { return Ok(()) };
    let ports: Vec<Ports> = named.iter().map(|named| named.ports).collect();
    ports::check(&ports).map_err(|taken| {
        let file = task.file.display();
        let line = |taken: &Taken| {
            format!("{file}:{}: {taken}", named[taken.server].places[taken.purpose])
        };
        let mut lines: Vec<String> = taken.iter().map(line).collect();
        lines.push("name others in port_number, or leave it out to have free ones found".into());
        Failure::RunTime(lines.join("\n"))
    })
}

/// Asks the judge, and tells what it says.
async fn judge(
    task: &Task<'_>,
    stage: Stage,
    ready: Ready,
    history: History,
    directory: RunDirectory,
    screen: &mut Screen,
    interrupts: &mut Interrupts,
) -> Result<Attempted, Failure> {
    screen.wait_for("the judge is thinking");
    let level = task.scenario.level;
    let judging = tokio::task::spawn_blocking(move || (Judgement::of(&history, level), history));
    let judged = tokio::select! {
        signal = interrupts.asked() => Err(Failure::Interrupted(signal)),
        judged = judging => judged.map_err(|error| Failure::RunTime(format!("the judge: {error}"))),
    };
    screen.rest();
    let standings = stage.standings();
    let Stage { mut cluster, recording, quiet, chronicle, troubles, .. } = stage;
    let (judgement, history) = match judged {
        Ok(judged) => judged,
        Err(failure) => {
            cluster.end(interrupts.insisted()).await;
            directory.tidy()?;
            return Err(failure);
        }
    };
    let expected = task.scenario.to_be_violated().map(|level| Expected {
        level,
        is_seen: judgement
            .others
            .iter()
            .any(|other| other.level == level && matches!(other.outcome, Outcome::Violated(_))),
    });
    let attempt = Attempt {
        scenario: task.file.display().to_string(),
        servers: task.scenario.servers,
        clients: task.scenario.crew().len(),
        run: task.run,
        number: task.number,
        seed: task.seed,
        directory: directory.path().to_owned(),
        ready,
        figures: Figures::of(&recording),
        judgement,
        order: stated_order(task.scenario, &recording),
        quiet,
        troubles,
        shows: task.scenario.shown().map(str::to_owned),
        expected,
        command: command(task),
        faults: chronicle.into_faults(),
        standings,
    };
    directory.write("summary.json", format!("{:#}\n", report::summary(&attempt)).as_bytes())?;
    directory.write(REPORT, pages::of_attempt(&attempt, &history).as_bytes())?;
    screen.tell("");
    for line in verdict_lines(&attempt) {
        screen.tell(line);
    }
    let kept = task.keep.then_some(Kept { cluster, directory });
    Ok(Attempted { attempt, kept })
}

/// The command that does it again.
fn command(task: &Task<'_>) -> String {
    let level = match task.at_other_level {
        true => format!(" --level {}", task.scenario.level),
        false => String::new(),
    };
    let file = picture::quoted(&task.file.display().to_string());
    format!("candor run --seed {}{level} {file}", task.seed)
}

fn stated_order(scenario: &Scenario, recording: &Recording) -> StatedOrder {
    let stated = Stated::by(scenario);
    if !stated.says_something() {
        return StatedOrder::None;
    }
    let times = recording.times();
    match stated.check(|operation| times.get(&operation).copied()) {
        Ok(()) => StatedOrder::Kept,
        Err(Miss { first, second, late_ns }) => {
            let (first, second) = (recording.describe(first), recording.describe(second));
            let how = match late_ns {
                Some(late) => format!("ended {} after it began", report::millis(late)),
                None => "has no known end".into(),
            };
            StatedOrder::Missed(format!("{first} should have ended before {second}, but {how}"))
        }
    }
}
