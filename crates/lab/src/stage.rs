//! What happens in an attempt, from the first port to the last answer: servers up, clients connected
//! and started, everything recorded. Whoever plays it ends the processes, however far it came.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::attempt::Task;
use crate::certificate::Certificate;
use crate::cluster::{Cluster, Orders, Ready};
use crate::crew::{Crew, Said};
use crate::delays;
use crate::directory::RunDirectory;
use crate::failure::Failure;
use crate::finals::{self, AGREE_WITHIN, QuietEnd};
use crate::level::is_merged;
use crate::order::OperationId;
use crate::plan::{Answer, Plan, Report};
use crate::ports;
use crate::process::End;
use crate::recording::Recording;
use crate::report::{self, Live};
use crate::scenario::{Client, Ports, Scenario};
use crate::screen::{Look, Screen};

/// How much longer than a request may take a client waits for its reply.
const REPLY_MARGIN_MS: u64 = 1000;
/// How often servers are started on other ports, if somebody takes those that were found free.
const RAISE_TRIES_MAX: u32 = 3;

/// The processes of an attempt and what they did.
pub(crate) struct Stage {
    pub(crate) cluster: Cluster,
    pub(crate) crew: Crew,
    pub(crate) recording: Recording,
    pub(crate) quiet: Option<QuietEnd>,
    /// What went wrong on the way, such as a server that died.
    pub(crate) troubles: Vec<String>,
}

impl Stage {
    /// Nothing is started yet.
    pub(crate) fn new(task: &Task<'_>) -> Stage {
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
    pub(crate) async fn play(
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
        let plan = |(place, client): (usize, &Client)| Plan {
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
            Said::Report(Report::Operation {
                step,
                renewals,
                start_ns,
                end_ns,
                answer,
                certificate,
            }) => {
                let id = OperationId { client: place, step };
                let told = (answer, certificate);
                self.hear_operation(id, renewals, (start_ns, end_ns), told, live, screen);
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
        (answer, certificate): (Answer, Option<Certificate>),
        live: &Live,
        screen: &mut Screen,
    ) {
        let is_unknown = matches!(answer, Answer::Unknown(_));
        if !self.recording.note(id, renewals, instants_ns, answer, certificate) {
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
