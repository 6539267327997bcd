//! One attempt at a scenario: servers up, clients connected and started, everything recorded, all
//! processes ended, the history judged.
//!
//! ```text
//!   ports ─▶ servers ─▶ ready? ─▶ clients ─▶ go ─▶ collect ─▶ quiet end ─▶ end all ─▶ judge
//! ```
//!
//! Whatever happens on the way, every process is ended before an attempt is over; only a cluster that
//! is to be kept goes on, in the hands of the caller.

use std::path::{Path, PathBuf};
use std::time::Duration;

use history::History;
use tokio::time::{Instant, sleep_until};

use crate::cluster::{Cluster, Orders, Ready};
use crate::crew::{Crew, Said};
use crate::delays;
use crate::directory::RunDirectory;
use crate::failure::Failure;
use crate::figures::Figures;
use crate::finals::{self, AGREE_WITHIN, QuietEnd};
use crate::interrupt::Interrupts;
use crate::judgement::Judgement;
use crate::level::is_merged;
use crate::order::{Miss, OperationId, Stated};
use crate::plan::{Answer, Plan, Report};
use crate::ports;
use crate::process::End;
use crate::recording::Recording;
use crate::report::{self, Live, verdict_lines};
use crate::scenario::{Ports, Scenario};
use crate::screen::{Look, Screen};

/// How much longer than a request may take a client waits for its reply.
const REPLY_MARGIN_MS: u64 = 1000;

/// How often servers are started on other ports, if somebody takes those that were found free.
const RAISE_TRIES_MAX: u32 = 3;

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
    /// Whether the cluster is to go on.
    pub(crate) keep: bool,
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
    /// `None` in an agreed keyspace, or if nothing was written.
    pub(crate) quiet: Option<QuietEnd>,
    /// What went wrong on the way, such as a server that died.
    pub(crate) troubles: Vec<String>,
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

impl Attempt {
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
    check_named_ports(task.scenario)?;
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
    let history = stage.recording.history(task.scenario.level);
    directory.write("history.jsonl", history.to_jsonl().as_bytes())?;
    let ready = played.inspect_err(|_| tell_directory(&directory, screen))?;
    judge(task, stage, ready, history, directory, screen, interrupts).await
}

/// Says where to find what is left of an attempt that failed.
fn tell_directory(directory: &RunDirectory, screen: &mut Screen) {
    for line in report::labelled("files", Look::Faint, [directory.path().display().to_string()]) {
        screen.tell(format!("\n{line}"));
    }
}

/// The processes of an attempt and what they did.
struct Stage {
    cluster: Cluster,
    crew: Crew,
    recording: Recording,
    quiet: Option<QuietEnd>,
    troubles: Vec<String>,
}

impl Stage {
    fn new(task: &Task<'_>) -> Stage {
        let steps = delays::draw(task.scenario, task.seed);
        Stage {
            cluster: Cluster::default(),
            crew: Crew::default(),
            recording: Recording::new(task.scenario, steps),
            quiet: None,
            troubles: vec![],
        }
    }

    /// From the first port to the last answer.
    async fn play(
        &mut self,
        task: &Task<'_>,
        directory: &RunDirectory,
        screen: &mut Screen,
    ) -> Result<Ready, Failure> {
        let scenario = task.scenario;
        screen.wait_for("waiting until the servers are ready");
        let (ports, ready) = self.raise(task, directory).await?;
        screen.wait_for("waiting until the clients are connected");
        let plans = self.plans(task, &ports);
        self.crew.start(task.binary, scenario, plans, directory).await?;
        screen.rest();
        for line in report::ready_lines(&self.cluster, &ready) {
            screen.tell(line);
        }
        self.recording.begin(self.crew.go().await?);
        self.collect(scenario, screen).await?;
        if is_merged(scenario.level) {
            screen.wait_for("waiting until all servers agree");
            let timeout = Duration::from_millis(task.request_timeout_ms + REPLY_MARGIN_MS);
            let servers = self.cluster.addresses().to_vec();
            self.quiet = finals::ask(&servers, &mut self.recording, timeout, AGREE_WITHIN).await;
        }
        // One that ended unseen, while the servers were asked.
        while let Some(end) = self.cluster.take_end() {
            self.note_end(end, screen);
        }
        Ok(ready)
    }

    /// Starts the servers and waits until they are ready. Free ports may be taken by somebody else
    /// before their servers are there; then others are found.
    async fn raise(
        &mut self,
        task: &Task<'_>,
        directory: &RunDirectory,
    ) -> Result<(Vec<Ports>, Ready), Failure> {
        let level = task.scenario.level;
        let mut tries = 1;
        loop {
            let ports = match &task.scenario.ports {
                Some(named) => named.clone(),
                None => ports::find(task.scenario.servers)?,
            };
            let (binary, request_timeout_ms) = (task.binary, task.request_timeout_ms);
            let orders = Orders { binary, ports: &ports, level, request_timeout_ms };
            self.cluster.start(&orders, directory)?;
            match self.cluster.ready(level).await {
                Ok(ready) => return Ok((ports, ready)),
                Err(failure) if task.scenario.ports.is_some() || tries == RAISE_TRIES_MAX => {
                    return Err(failure);
                }
                Err(failure) => {
                    self.cluster.end(std::future::pending()).await;
                    if ports::check(&ports).is_ok() {
                        return Err(failure);
                    }
                }
            }
            self.cluster = Cluster::default();
            tries += 1;
        }
    }

    fn plans(&self, task: &Task<'_>, ports: &[Ports]) -> Vec<Plan> {
        let plan = |(place, client): (usize, &crate::scenario::Client)| Plan {
            server: ports::address(ports[client.server].clients),
            reply_timeout_ms: task.request_timeout_ms + REPLY_MARGIN_MS,
            steps: self.recording.steps(place).to_vec(),
        };
        task.scenario.clients.iter().enumerate().map(plan).collect()
    }

    /// Listens to the clients until all have ended.
    async fn collect(&mut self, scenario: &Scenario, screen: &mut Screen) -> Result<(), Failure> {
        let live = Live::of(scenario);
        if scenario.operations() > 0 {
            screen.tell(format!("\n{}", live.header()));
        }
        screen.count("operations", scenario.operations());
        let deadline = Instant::now() + self.crew.limit();
        loop {
            tokio::select! {
                said = self.crew.next_said() => match said {
                    Some((place, said)) => self.hear(place, said, &live, screen).await,
                    None => break,
                },
                end = self.cluster.next_end() => self.note_end(end, screen),
                () = sleep_until(deadline) => {
                    let what = "the clients did not end, though all their waits and time-outs are over";
                    return Err(Failure::RunTime(what.into()));
                }
            }
        }
        screen.rest();
        Ok(())
    }

    async fn hear(&mut self, place: usize, said: Said, live: &Live, screen: &mut Screen) {
        match said {
            Said::Report(Report::Operation { step, renewals, start_ns, end_ns, answer }) => {
                let id = OperationId { client: place, step };
                self.hear_operation(id, renewals, (start_ns, end_ns), answer, live, screen);
            }
            Said::Report(Report::Finished) => self.recording.finish(place),
            Said::Report(Report::Ready | Report::NotConnected { .. }) => {}
            Said::Garbled(line) => {
                let name = self.crew.name(place);
                self.troubles.push(format!("{name} said what nobody understands: {line:?}"));
            }
            Said::Closed if self.recording.is_finished(place) => {}
            Said::Closed => match self.crew.end_of(place).await {
                Some(end) => self.note_end(end, screen),
                None => self.troubles.push(format!("{} fell silent", self.crew.name(place))),
            },
        }
    }

    fn hear_operation(
        &mut self,
        id: OperationId,
        renewals: u64,
        instants_ns: (u64, u64),
        answer: Answer,
        live: &Live,
        screen: &mut Screen,
    ) {
        let is_unknown = matches!(answer, Answer::Unknown(_));
        if !self.recording.note(id, renewals, instants_ns, answer) {
            let name = self.crew.name(id.client);
            self.troubles.push(format!("{name} told of an operation that it was not to do"));
            return;
        }
        if let Some(recorded) = self.recording.operations().last() {
            screen.tell(live.row(recorded, &self.recording));
        }
        screen.counted();
        if is_unknown {
            let (client, number) =
                (self.crew.name(id.client), self.recording.number(id.client, renewals + 1));
            let note = format!("           {client} goes on under the number {number}");
            screen.tell(Look::Faint.on(note));
        }
    }

    fn note_end(&mut self, end: End, screen: &mut Screen) {
        screen.tell(Look::Bad.on(format!("           {}", end.sentence())));
        self.troubles.push(end.story());
    }
}

/// The ports that the file names are free.
fn check_named_ports(scenario: &Scenario) -> Result<(), Failure> {
    let Some(named) = &scenario.ports else { return Ok(()) };
    ports::check(named).map_err(|taken| {
        let mut lines: Vec<String> = taken.iter().map(|taken| taken.to_string()).collect();
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
    let judging = tokio::task::spawn_blocking(move || Judgement::of(&history, level));
    let judgement = tokio::select! {
        signal = interrupts.asked() => Err(Failure::Interrupted(signal)),
        judged = judging => judged.map_err(|error| Failure::RunTime(format!("the judge: {error}"))),
    };
    screen.rest();
    let Stage { mut cluster, recording, quiet, troubles, .. } = stage;
    let judgement = match judgement {
        Ok(judgement) => judgement,
        Err(failure) => {
            cluster.end(interrupts.insisted()).await;
            directory.tidy()?;
            return Err(failure);
        }
    };
    let attempt = Attempt {
        scenario: task.file.display().to_string(),
        servers: task.scenario.servers,
        clients: task.scenario.clients.len(),
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
    };
    directory.write("summary.json", format!("{:#}\n", report::summary(&attempt)).as_bytes())?;
    screen.tell("");
    for line in verdict_lines(&attempt) {
        screen.tell(line);
    }
    let kept = task.keep.then_some(Kept { cluster, directory });
    Ok(Attempted { attempt, kept })
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
