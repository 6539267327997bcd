//! One attempt at a scenario: servers up, clients connected and started, everything recorded, all
//! processes ended, the history judged.
//!
//! ```text
//!   ports ─▶ servers ─▶ ready? ─▶ clients ─▶ go ─▶ collect ─▶ quiet end ─▶ end all ─▶ judge
//! ```
//!
//! Whatever happens on the way, every process is ended before an attempt is over; only a cluster
//! that is to be kept goes on, in the hands of the caller.

pub(crate) mod directory;
pub(crate) mod figures;
pub(crate) mod final_reads;
pub(crate) mod judgement;
pub(crate) mod keep;
pub(crate) mod outcome;
mod play;
pub(crate) mod recording;
mod show;
pub(crate) mod stated_order;
pub(crate) mod task;

use history::{History, Level, Outcome, Verdict};

use directory::{REPORT, RunDirectory};
use figures::Figures;
use judgement::Judgement;
use keep::Kept;
use outcome::{Attempt, Expected, StatedOrder};
use play::Play;
use recording::Recording;
use stated_order::{Miss, Stated};
use task::Task;

use crate::command::quoted;
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::report::terminal::{Look, Terminal};
use crate::report::{self, verdict_lines};
use crate::scenario::{Ports, Scenario};
use crate::servers::cluster::Ready;
use crate::servers::ports::{self, Taken};
use crate::servers::standing::{STANDINGS, Standing};

/// An attempt, and its cluster if that was to be kept.
pub(crate) struct Attempted {
    pub(crate) attempt: Attempt,
    pub(crate) kept: Option<Kept>,
}

/// Attempts a scenario.
pub(crate) async fn attempt(
    task: &Task<'_>,
    terminal: &mut Terminal,
    interrupts: &mut Interrupts,
) -> Result<Attempted, Error> {
    check_named_ports(task)?;
    let directory = RunDirectory::create(task.runs, task.file)?;
    directory.write("scenario.json", task.text.as_bytes())?;
    let mut play = Play::new(task);
    let played = tokio::select! {
        biased;
        signal = interrupts.asked() => Err(Error::Interrupted(signal)),
        played = play.run(task, &directory, terminal) => played,
    };
    terminal.rest();
    play.pool.end(interrupts.insisted()).await;
    if played.is_err() || !task.keep {
        play.cluster.end(interrupts.insisted()).await;
        directory.tidy()?;
    }
    let history = play.recording.history_under(play.nemesis.faults());
    directory.write("history.jsonl", history.to_jsonl().as_bytes())?;
    let standings = Standing::to_jsonl(&play.standings());
    if !standings.is_empty() {
        directory.write(STANDINGS, standings.as_bytes())?;
    }
    let ready = played.inspect_err(|_| tell_directory(&directory, terminal))?;
    judge(task, play, ready, history, directory, terminal, interrupts).await
}

/// Says where to find what is left of an attempt that failed.
fn tell_directory(directory: &RunDirectory, terminal: &mut Terminal) {
    for line in report::labelled("files", Look::Faint, [directory.path().display().to_string()]) {
        terminal.tell(format!("\n{line}"));
    }
}

/// The ports that the file names are free.
fn check_named_ports(task: &Task<'_>) -> Result<(), Error> {
    let Some(named) = &task.scenario.ports else { return Ok(()) };
    let ports: Vec<Ports> = named.iter().map(|named| named.ports).collect();
    ports::check(&ports).map_err(|taken| {
        let file = task.file.display();
        let line = |taken: &Taken| {
            format!("{file}:{}: {taken}", named[taken.server].places[taken.purpose])
        };
        let mut lines: Vec<String> = taken.iter().map(line).collect();
        lines.push("name others in port_number, or leave it out to have free ones found".into());
        Error::RunTime(lines.join("\n"))
    })
}

/// Asks the judge, writes down what it says, and tells it.
async fn judge(
    task: &Task<'_>,
    mut play: Play,
    ready: Ready,
    history: History,
    directory: RunDirectory,
    terminal: &mut Terminal,
    interrupts: &mut Interrupts,
) -> Result<Attempted, Error> {
    let judged = think(history, terminal, interrupts).await;
    let (judgement, history) = match judged {
        Ok(judged) => judged,
        Err(error) => {
            play.cluster.end(interrupts.insisted()).await;
            directory.tidy()?;
            return Err(error);
        }
    };
    let attempt = outcome(task, &play, ready, judgement, &directory);
    directory.write("summary.json", format!("{:#}\n", report::summary(&attempt)).as_bytes())?;
    directory.write(REPORT, (task.page)(&attempt, &history).as_bytes())?;
    terminal.tell("");
    for line in verdict_lines(&attempt) {
        terminal.tell(line);
    }
    let kept =
        task.keep.then_some(Kept { cluster: play.cluster, _nemesis: play.nemesis, directory });
    Ok(Attempted { attempt, kept })
}

/// What the judge says, if nobody loses patience with it.
async fn think(
    history: History,
    terminal: &mut Terminal,
    interrupts: &mut Interrupts,
) -> Result<(Judgement, History), Error> {
    terminal.wait_for("the judge is thinking");
    let judging = tokio::task::spawn_blocking(move || (Judgement::of(&history), history));
    let judged = tokio::select! {
        signal = interrupts.asked() => Err(Error::Interrupted(signal)),
        judged = judging => judged.map_err(|error| Error::RunTime(format!("the judge: {error}"))),
    };
    terminal.rest();
    judged
}

fn outcome(
    task: &Task<'_>,
    play: &Play,
    ready: Ready,
    judgement: Judgement,
    directory: &RunDirectory,
) -> Attempt {
    let Task { scenario, file, run, number, seed, .. } = task;
    Attempt {
        scenario: file.display().to_string(),
        servers: scenario.servers,
        clients: scenario.all_clients().len(),
        run: *run,
        number: *number,
        seed: *seed,
        directory: directory.path().to_owned(),
        ready,
        figures: Figures::of(&play.recording),
        order: stated_order(scenario, &play.recording),
        quiet: play.quiet.clone(),
        troubles: play.troubles.clone(),
        shows: scenario.shown().map(str::to_owned),
        expected: scenario.to_be_violated().map(|level| expected(level, &judgement)),
        judgement,
        keyspaces: scenario.keyspaces.clone(),
        command: command(task),
        faults: play.nemesis.faults().to_vec(),
        standings: play.standings(),
    }
}

/// Whether a level is violated, as a file says it is.
fn expected(level: Level, judgement: &Judgement) -> Expected {
    let is_seen =
        |other: &Verdict| other.level == level && matches!(other.outcome, Outcome::Violated(_));
    Expected { level, is_seen: judgement.others.iter().any(is_seen) }
}

/// The command that does it again.
fn command(task: &Task<'_>) -> String {
    let level = match task.at_other_level {
        true => format!(" --level {}", task.scenario.level),
        false => String::new(),
    };
    let file = quoted(&task.file.display().to_string());
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
