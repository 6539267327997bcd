//! What happens in an attempt, from the first port to the last answer: servers up, clients
//! connected and started, faults dealt, everything recorded. Whoever plays it ends the processes,
//! however far it came.

mod hear;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use history::LogOrder;
use tokio::time::{Instant, sleep_until};

use super::directory::{KEYSPACES, RunDirectory};
use super::final_reads::{self, AGREE_WITHIN, QuietEnd};
use super::recording::Recording;
use super::show::Show;
use super::task::Task;
use crate::clients::delays;
use crate::clients::plan::Plan;
use crate::clients::pool::Pool;
use crate::clock;
use crate::error::Error;
use crate::nemesis::{Nemesis, Schedule, find_leader};
use crate::report;
use crate::report::terminal::Terminal;
use crate::scenario::{Fault, Keyspace, Ports, Scenario, Transport};
use crate::servers::cluster::{Awaited, Cluster, Ready};
use crate::servers::launch::Orders;
use crate::servers::ports;
use crate::servers::standing::Standing;
use crate::servers::watch::{self, Watch};

/// How much longer than a request may take a client waits for its reply.
const REPLY_MARGIN_MS: u64 = 1000;
/// How often servers are started on other ports, if somebody takes those that were found free.
const RAISE_TRIES_MAX: u32 = 3;

/// The processes of an attempt and what they did.
pub(crate) struct Play {
    pub(crate) cluster: Cluster,
    pub(crate) pool: Pool,
    pub(crate) recording: Recording,
    pub(crate) quiet: Option<QuietEnd>,
    /// Who hurts the servers on purpose.
    pub(crate) nemesis: Nemesis,
    /// Where the servers stood, as they said when they were asked.
    standings: Vec<watch::Told>,
    /// What went wrong on the way, such as a server that died.
    pub(crate) troubles: Vec<String>,
}

impl Play {
    /// Nothing is started yet.
    pub(crate) fn new(task: &Task<'_>) -> Play {
        let works = delays::draw(task.scenario, task.seed);
        Play {
            cluster: Cluster::default(),
            pool: Pool::default(),
            recording: Recording::new(task.scenario, works),
            quiet: None,
            nemesis: Nemesis::default(),
            standings: vec![],
            troubles: vec![],
        }
    }

    /// From the first port to the last answer.
    pub(crate) async fn run(
        &mut self,
        task: &Task<'_>,
        directory: &RunDirectory,
        terminal: &mut Terminal,
    ) -> Result<Ready, Error> {
        let scenario = task.scenario;
        terminal.wait_for("waiting until the servers are ready");
        let (ports, ready) = self.raise(task, directory).await?;
        terminal.wait_for("waiting until the clients are connected");
        let plans = self.plans(task, &ports);
        self.pool.start(task.binary, scenario, plans, directory).await?;
        terminal.rest();
        for line in report::ready_lines(&self.cluster, &ready) {
            terminal.tell(line);
        }
        let watch = Watch::begin(scenario, self.cluster.addresses());
        let start_ns = self.pool.go().await?;
        self.recording.begin(start_ns);
        self.collect(task, start_ns, terminal).await?;
        let rests = scenario.has_order(LogOrder::Merged);
        if rests || !self.recording.keys_at_rest().is_empty() {
            self.come_to_rest(task, terminal).await;
        }
        self.standings = watch.end();
        // One that ended unseen, while the servers were asked.
        while let Some(end) = self.cluster.take_end() {
            self.note_server_end(end, terminal);
        }
        for server in self.cluster.survivors() {
            let what = format!("server {server} goes on, though its next sync was to fail");
            self.troubles.push(what);
        }
        Ok(ready)
    }

    /// Where the servers stood, on the clock of the recording.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let standing = |told: &watch::Told| Standing {
            at_us: self.recording.since_start(told.at_ns) / 1000,
            server: told.server as u64,
            position: told.position.clone(),
        };
        self.standings.iter().map(standing).collect()
    }

    /// The quiet end: nobody writes, nothing is broken any more, and all are asked until they
    /// agree.
    async fn come_to_rest(&mut self, task: &Task<'_>, terminal: &mut Terminal) {
        let at_us = self.now_us();
        let mended = self.nemesis.mend(&mut self.cluster, at_us).await;
        if !mended.text.is_empty() {
            terminal.tell(report::fault_line(at_us, &format!("mended: {}", mended.text)));
        }
        self.troubles.extend(mended.troubles);
        terminal.wait_for("waiting until all servers agree");
        let timeout = Duration::from_millis(task.request_timeout_ms + REPLY_MARGIN_MS);
        let servers = self.cluster.addresses().to_vec();
        // Where clients hear of no certificates, the history has none at all.
        let is_certified = task.scenario.transport == Transport::Resp;
        let recording = &mut self.recording;
        self.quiet =
            final_reads::ask(&servers, recording, is_certified, timeout, AGREE_WITHIN).await;
    }

    /// Starts the servers and waits until they are ready. Free ports may be taken by somebody else
    /// before their servers are there; then others are found.
    async fn raise(
        &mut self,
        task: &Task<'_>,
        directory: &RunDirectory,
    ) -> Result<(Vec<Ports>, Ready), Error> {
        let level = task.scenario.level;
        let keyspaces = write_keyspaces(task.scenario, directory)?;
        let mut tries = 1;
        loop {
            let ports = match &task.scenario.ports {
                Some(named) => named.iter().map(|named| named.ports).collect(),
                None => ports::find(task.scenario.servers)?,
            };
            let scenario = task.scenario;
            let peers: Vec<_> = ports.iter().map(|ports| ports::address(ports.peers)).collect();
            let orders = Orders {
                binary: task.binary,
                ports: &ports,
                members: self.nemesis.stand_between(&peers, scenario, task.seed).await?,
                level,
                keyspaces: keyspaces.as_deref(),
                request_timeout_ms: task.request_timeout_ms,
                test_mode: scenario.faults.iter().any(|fault| fault.what.needs_test_mode()),
            };
            self.cluster.start(&orders, directory)?;
            match self.cluster.ready(Awaited::of(scenario)).await {
                Ok(ready) => return Ok((ports, ready)),
                Err(error) if task.scenario.ports.is_some() || tries == RAISE_TRIES_MAX => {
                    return Err(error);
                }
                Err(error) => {
                    self.cluster.end(std::future::pending()).await;
                    if ports::check(&ports).is_ok() {
                        return Err(error);
                    }
                }
            }
            self.cluster = Cluster::default();
            tries += 1;
        }
    }

    fn plans(&self, task: &Task<'_>, ports: &[Ports]) -> Vec<Plan> {
        let pool = task.scenario.all_clients();
        let port = |ports: &Ports| match task.scenario.transport {
            Transport::Resp => ports.clients,
            Transport::Zmq => ports.zmq,
        };
        let plan = |(place, client): (usize, &crate::scenario::Client)| Plan {
            transport: task.scenario.transport,
            servers: ports.iter().map(|ports| ports::address(port(ports))).collect(),
            server: client.server,
            reply_timeout_ms: task.request_timeout_ms + REPLY_MARGIN_MS,
            work: self.recording.work(place).clone(),
        };
        pool.iter().enumerate().map(plan).collect()
    }

    /// Listens to the clients until all have ended, and deals the faults meanwhile.
    async fn collect(
        &mut self,
        task: &Task<'_>,
        start_ns: u64,
        terminal: &mut Terminal,
    ) -> Result<(), Error> {
        let scenario = task.scenario;
        let mut show = Show::of(task);
        if scenario.operations() > 0 {
            terminal.tell(format!("\n{}", show.live.header()));
        }
        terminal.count("operations", scenario.operations_max());
        let start = Instant::now() + clock::until(start_ns);
        let deadline = Instant::now() + self.pool.limit();
        let mut schedule = Schedule::of(&scenario.faults);
        let mut aim: Option<Aim> = None;
        loop {
            schedule.advance(self.now_us() / 1000, self.recording.operations().len() as u64);
            if aim.is_none() {
                aim = schedule.take_due().map(|fault| self.take_aim(fault));
            }
            let next = schedule.next_at_ms().map(|ms| start + Duration::from_millis(ms));
            tokio::select! {
                said = self.pool.next_said() => match said {
                    Some((place, said)) => self.hear(place, said, &mut show, terminal).await,
                    None => break,
                },
                leader = aimed(&mut aim) => {
                    if let Some(Aim { fault, .. }) = aim.take() {
                        self.inject(&fault, leader, &mut show, terminal).await;
                    }
                }
                () = sleep_until(next.unwrap_or(deadline)), if next.is_some() => {}
                end = self.cluster.next_end() => self.note_server_end(end, terminal),
                () = sleep_until(deadline) => {
                    let what = "the clients did not end, though all their waits and time-outs are over";
                    return Err(Error::RunTime(what.into()));
                }
            }
        }
        terminal.rest();
        show.tell_phase(terminal);
        show.rows.flush().into_iter().for_each(|row| terminal.tell(row));
        // What comes too late to break anything tells nothing of the store.
        let missed = aim.iter().map(|aim| &aim.fault).chain(schedule.left());
        for fault in missed.filter(|fault| !fault.what.mends()) {
            let Fault { when, place, .. } = fault;
            let what = format!(
                "the fault {when} (line {}) came too late: the clients had ended",
                place.line
            );
            self.troubles.push(what);
        }
        Ok(())
    }

    /// Finds out whom a fault hits, if that takes asking.
    fn take_aim(&self, fault: Fault) -> Aim {
        let leader: Pin<Box<dyn Future<Output = Option<usize>>>> = match fault.what.needs_leader() {
            true => Box::pin(find_leader(self.cluster.awake())),
            false => Box::pin(std::future::ready(None)),
        };
        Aim { fault, leader }
    }

    async fn inject(
        &mut self,
        fault: &Fault,
        leader: Option<usize>,
        show: &mut Show,
        terminal: &mut Terminal,
    ) {
        show.tell_phase(terminal);
        let at_us = self.now_us();
        let injected = self.nemesis.inject(&fault.what, leader, &mut self.cluster, at_us).await;
        terminal.tell(report::fault_line(at_us, &injected.text));
        let line = fault.place.line;
        self.troubles
            .extend(injected.troubles.iter().map(|why| format!("the fault in line {line}: {why}")));
    }

    /// The time since the start of the clients.
    fn now_us(&self) -> u64 {
        self.recording.since_start(clock::now_ns()) / 1000
    }
}

/// Writes down the keyspaces with which the servers begin, if there are any, and says where.
fn write_keyspaces(
    scenario: &Scenario,
    directory: &RunDirectory,
) -> Result<Option<PathBuf>, Error> {
    if scenario.keyspaces.is_empty() {
        return Ok(None);
    }
    let all: Vec<String> = scenario.keyspaces.iter().map(Keyspace::to_toml).collect();
    directory.write(KEYSPACES, all.join("\n").as_bytes())?;
    Ok(Some(directory.path().join(KEYSPACES)))
}

/// A fault whose time has come, while it is found out who leads.
struct Aim {
    fault: Fault,
    leader: Pin<Box<dyn Future<Output = Option<usize>>>>,
}

/// Waits until it is known whom a fault hits; for ever if there is none.
async fn aimed(aim: &mut Option<Aim>) -> Option<usize> {
    match aim {
        Some(aim) => aim.leader.as_mut().await,
        None => std::future::pending().await,
    }
}
