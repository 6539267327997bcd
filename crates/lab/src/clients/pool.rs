//! The clients of a run: one process each, started at one instant, listened to until all have done
//! what they were to do.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout, timeout_at};

use super::plan::{LINE_BYTES_MAX, Plan, Report, Start, Work};
use super::step::Step;
use crate::attempt::directory::RunDirectory;
use crate::clock;
use crate::error::Error;
use crate::scenario::Scenario;
use crate::servers::connection::CONNECT_WITHIN;
use crate::servers::process::{END_WITHIN, End, Process, end_all};

/// The hidden subcommand of a client process.
pub const CLIENT_COMMAND: &str = "client";
/// How long the clients may take until all are connected.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How far ahead the common start lies: time enough to tell every client.
const START_AHEAD: Duration = Duration::from_millis(30);
/// What the clients may take beyond their waits and time-outs.
const SLACK: Duration = Duration::from_secs(30);
/// How much is shown of a line that nobody understands.
const GARBLED_CHARS_MAX: usize = 200;
/// Reports that wait to be read; a client that is further ahead waits.
const REPORTS_MAX: usize = 64 << 10;

/// What comes out of a client's standard output.
#[derive(Debug)]
pub(crate) enum Said {
    /// A report.
    Report(Report),
    /// Something that is no report.
    Garbled(String),
    /// Nothing more.
    Closed,
}

/// The clients of a run. Dropped, they are killed.
#[derive(Default)]
pub(crate) struct Pool {
    clients: Vec<Process>,
    said: Option<mpsc::Receiver<(usize, Said)>>,
    limit: Duration,
}

impl Pool {
    /// Starts all clients, tells each its plan and waits until all are connected.
    pub(crate) async fn start(
        &mut self,
        binary: &Path,
        scenario: &Scenario,
        plans: Vec<Plan>,
        directory: &RunDirectory,
    ) -> Result<(), Error> {
        let (tell, said) = mpsc::channel(REPORTS_MAX);
        self.said = Some(said);
        self.limit = plans.iter().map(time_limit).max().unwrap_or_default();
        let clients = scenario.all_clients();
        for (place, plan) in plans.iter().enumerate() {
            let name = format!("client {}", clients[place].number);
            let log = directory.log(&name);
            let mut command = Command::new(binary);
            command.arg(CLIENT_COMMAND).stdout(Stdio::piped()).stderr(File::create(&log)?);
            let notify = Arc::new(Notify::new());
            let (process, stdout) = Process::start(name, &mut command, log, notify)?;
            let stdout = stdout.expect("a client's standard output is a pipe");
            tokio::spawn(listen(place, stdout, tell.clone()));
            self.clients.push(process);
            self.say(place, plan).await?;
        }
        drop(tell);
        self.connected(plans.len()).await
    }

    /// Waits until all are connected.
    async fn connected(&mut self, clients: usize) -> Result<(), Error> {
        let deadline = Instant::now() + READY_WITHIN;
        for _ in 0..clients {
            let (place, said) = match timeout_at(deadline, self.next_said()).await {
                Ok(Some(said)) => said,
                Ok(None) => break,
                Err(_) => {
                    let what = format!("no connection within {} s", READY_WITHIN.as_secs());
                    return Err(Error::RunTime(what));
                }
            };
            let name = self.clients[place].name();
            let what = match said {
                Said::Report(Report::Ready) => continue,
                Said::Report(Report::NotConnected { why }) => {
                    format!("{name} cannot connect: {why}")
                }
                Said::Report(_) => format!("{name} began before it was told to"),
                Said::Garbled(line) => format!("{name} said what nobody understands: {line:?}"),
                Said::Closed => self.story_of(place).await,
            };
            return Err(Error::RunTime(what));
        }
        Ok(())
    }

    /// Tells all clients to start at one instant, and gives it.
    pub(crate) async fn go(&mut self) -> Result<u64, Error> {
        let at_ns = clock::now_ns() + START_AHEAD.as_nanos() as u64;
        for place in 0..self.clients.len() {
            self.say(place, &Start { at_ns }).await?;
        }
        Ok(at_ns)
    }

    /// The longest that the clients may take.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// What is said next, and by whom; `None` once all have ended.
    pub(crate) async fn next_said(&mut self) -> Option<(usize, Said)> {
        self.said.as_mut()?.recv().await
    }

    async fn say(&mut self, place: usize, what: &impl Serialize) -> Result<(), Error> {
        let line = serde_json::to_string(what).map_err(std::io::Error::from)?;
        let process = &mut self.clients[place];
        match timeout(READY_WITHIN, process.say(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Error::RunTime(self.story_of(place).await)),
            Err(_) => {
                let what = format!("{} does not listen", process.name());
                Err(Error::RunTime(what))
            }
        }
    }

    /// What became of a client that no longer speaks or listens.
    async fn story_of(&self, place: usize) -> String {
        match self.end_of(place).await {
            Some(end) => end.story(),
            None => format!("{} fell silent", self.name(place)),
        }
    }

    /// What people call a client.
    pub(crate) fn name(&self, place: usize) -> &str {
        self.clients[place].name()
    }

    /// How a client ended that closed its standard output; `None`: it goes on all the same.
    pub(crate) async fn end_of(&self, place: usize) -> Option<End> {
        timeout(END_WITHIN, self.clients[place].ended()).await.ok()
    }

    /// Ends all clients and waits until they are gone.
    pub(crate) async fn end(&mut self, hurry: impl Future<Output = ()>) {
        end_all(&mut self.clients, hurry).await;
    }
}

/// What a client may take at most: all its waits, and a time-out and a new connection for each
/// request; of those that come until a time is over, the last alone.
fn time_limit(plan: &Plan) -> Duration {
    let request = Duration::from_millis(plan.reply_timeout_ms) + CONNECT_WITHIN;
    let step = |step: &Step| match step {
        Step::Sleep { ms } => Duration::from_millis(*ms),
        _ => request,
    };
    let work = match &plan.work {
        Work::Steps(steps) => steps.iter().map(step).sum(),
        Work::Share(share) => match (share.duration_ms, share.operations) {
            (Some(ms), _) => Duration::from_millis(ms) + request,
            (None, operations) => {
                let operations = u32::try_from(operations.unwrap_or(0)).unwrap_or(u32::MAX);
                (request + 2 * Duration::from_nanos(share.pause_ns)) * operations
            }
        },
    };
    work + SLACK
}

/// Passes on what a client says, until its standard output ends.
async fn listen(place: usize, stdout: ChildStdout, tell: mpsc::Sender<(usize, Said)>) {
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    loop {
        line.clear();
        let said = match (&mut stdout).take(LINE_BYTES_MAX).read_line(&mut line).await {
            Ok(0) | Err(_) => Said::Closed,
            Ok(_) => match serde_json::from_str(&line) {
                Ok(report) => Said::Report(report),
                Err(_) => Said::Garbled(line.chars().take(GARBLED_CHARS_MAX).collect()),
            },
        };
        let is_last = matches!(said, Said::Closed);
        // Nobody listens any more once the run is over.
        if tell.send((place, said)).await.is_err() || is_last {
            return;
        }
    }
}
