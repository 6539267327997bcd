//! The servers of a run: one process each, asked until they are ready, and ended together.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use history::LogOrder;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::info::Info;
use super::launch::{Launch, Orders};
use super::ports;
use super::process::{End, Process, end_all, last_words};
use crate::attempt::directory::RunDirectory;
use crate::error::Error;
use crate::scenario::Scenario;

/// How long a cluster may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long one answer to INFO may take.
pub(crate) const INFO_WITHIN: Duration = Duration::from_millis(500);
/// The shortest and the longest pause between two rounds of asking.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The servers of a run. Dropped, they are killed.
#[derive(Default)]
pub(crate) struct Cluster {
    servers: Vec<Process>,
    /// How each server is started, the first time and again.
    launches: Vec<Launch>,
    addresses: Vec<SocketAddr>,
    zmq_addresses: Vec<SocketAddr>,
    /// Notified when a server has ended.
    ended: Arc<Notify>,
    /// The servers whose end was told.
    told: BTreeSet<usize>,
    /// The servers that stand still.
    paused: BTreeSet<usize>,
    /// The servers that are expected to end by themselves.
    doomed: BTreeSet<usize>,
}

/// A cluster that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The server that leads the agreed log, if one does.
    pub leader: Option<usize>,
    /// How long it took.
    pub after: Duration,
}

/// What a cluster is waited for, besides that its servers serve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited {
    /// A server that leads the agreed log.
    pub(crate) leader: bool,
    /// So many keyspaces that are open, `default` among them.
    pub(crate) keyspaces: usize,
}

impl Awaited {
    /// What clients of a scenario need.
    pub(crate) fn of(scenario: &Scenario) -> Awaited {
        let keyspaces = scenario.keyspaces.len();
        // Keyspaces are opened through the agreed log, whatever their order.
        let leader = scenario.has_order(LogOrder::Agreed) || keyspaces > 0;
        Awaited { leader, keyspaces: if keyspaces > 0 { keyspaces + 1 } else { 0 } }
    }
}

impl Cluster {
    /// Starts all servers. Those that were started before one failed are there to be ended.
    pub(crate) fn start(
        &mut self,
        orders: &Orders<'_>,
        directory: &RunDirectory,
    ) -> Result<(), Error> {
        for (server, ports) in orders.ports.iter().enumerate() {
            let launch = Launch::of(server, orders, directory);
            self.servers.push(launch.start(server, &self.ended)?);
            self.launches.push(launch);
            self.addresses.push(ports::address(ports.clients));
            self.zmq_addresses.push(ports::address(ports.zmq));
        }
        Ok(())
    }

    /// Whether a server runs, if only to stand still.
    pub(crate) fn is_up(&self, server: usize) -> bool {
        self.servers[server].end().is_none()
    }

    /// Whether a server stands still.
    pub(crate) fn is_paused(&self, server: usize) -> bool {
        self.paused.contains(&server) && self.is_up(server)
    }

    /// The servers that run and do not stand still, with where they serve clients.
    pub(crate) fn awake(&self) -> Vec<(usize, SocketAddr)> {
        let awake = |server: &usize| self.is_up(*server) && !self.is_paused(*server);
        let all = 0..self.servers.len();
        all.filter(awake).map(|server| (server, self.addresses[server])).collect()
    }

    /// Ends a server by SIGKILL; this end is nobody's news.
    pub(crate) async fn kill(&mut self, server: usize) {
        self.told.insert(server);
        self.servers[server].kill().await;
        self.paused.remove(&server);
    }

    /// Starts a server that has ended again, on the data that it has.
    pub(crate) fn restart(&mut self, server: usize) -> io::Result<()> {
        self.servers[server] = self.launches[server].start(server, &self.ended)?;
        self.told.remove(&server);
        self.paused.remove(&server);
        self.doomed.remove(&server);
        Ok(())
    }

    /// Stops a server where it stands.
    pub(crate) async fn pause(&mut self, server: usize) {
        self.servers[server].pause().await;
        self.paused.insert(server);
    }

    /// Lets a server go on.
    pub(crate) fn resume(&mut self, server: usize) {
        self.servers[server].resume();
        self.paused.remove(&server);
    }

    /// This server is expected to end by itself.
    pub(crate) fn doom(&mut self, server: usize) {
        self.doomed.insert(server);
    }

    /// The servers that were expected to end by themselves, and did not.
    pub(crate) fn survivors(&self) -> impl Iterator<Item = usize> {
        self.doomed.iter().copied().filter(|server| self.is_up(*server))
    }

    /// Where each server serves clients.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where each server serves clients of ZeroMQ.
    pub(crate) fn zmq_addresses(&self) -> &[SocketAddr] {
        &self.zmq_addresses
    }

    /// The process of each server.
    pub(crate) fn servers(&self) -> &[Process] {
        &self.servers
    }

    /// The end of a server that was not told yet.
    pub(crate) fn take_end(&mut self) -> Option<ServerEnd> {
        let untold = (0..self.servers.len()).filter(|server| !self.told.contains(server));
        let (server, end) =
            untold.filter_map(|server| Some((server, self.servers[server].end()?))).next()?;
        self.told.insert(server);
        Some(ServerEnd { server, end, is_expected: self.doomed.contains(&server) })
    }

    /// Waits for the end of a server that was not told yet.
    pub(crate) async fn next_end(&mut self) -> ServerEnd {
        loop {
            match self.take_end() {
                Some(end) => return end,
                None => self.ended.notified().await,
            }
        }
    }

    /// Asks all servers until each of them serves and knows all keyspaces and, if an order needs
    /// one, there is a leader.
    pub(crate) async fn ready(&mut self, awaited: Awaited) -> Result<Ready, Error> {
        let begun = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            if let Some(ServerEnd { end, .. }) = self.take_end() {
                return Err(Error::RunTime(end.story()));
            }
            let answers = self.ask_all().await;
            let leader = leader(&answers);
            let is_ready = |info: &Info| info.is_ready && info.keyspaces >= awaited.keyspaces;
            let all_ready = answers.iter().all(|answer| answer.as_ref().is_ok_and(is_ready));
            if all_ready && (leader.is_some() || !awaited.leader) {
                return Ok(Ready { leader, after: begun.elapsed() });
            }
            if begun.elapsed() > READY_WITHIN {
                return Err(Error::RunTime(self.why_not_ready(&answers)));
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// What each server says about itself now.
    pub(crate) async fn ask_all(&self) -> Vec<Result<Info, String>> {
        let mut asking = JoinSet::new();
        for (server, address) in self.addresses.iter().copied().enumerate() {
            asking.spawn(async move { (server, Info::ask(address, INFO_WITHIN).await) });
        }
        let mut answers = vec![Err("it was not asked".to_owned()); self.addresses.len()];
        while let Some(answer) = asking.join_next().await {
            if let Ok((server, answer)) = answer {
                answers[server] = answer;
            }
        }
        answers
    }

    fn why_not_ready(&self, answers: &[Result<Info, String>]) -> String {
        let mut text = format!("the cluster was not ready within {} s", READY_WITHIN.as_secs());
        for ((server, process), answer) in self.servers.iter().enumerate().zip(answers) {
            let state = match answer {
                Ok(info) if info.is_ready => format!("is ready ({})", info.state),
                Ok(info) => format!("is not ready ({})", info.state),
                Err(why) => format!("does not answer ({why})"),
            };
            let log = last_words(process.name(), process.log());
            text.push_str(&format!("\n  server {server} {state}{log}"));
        }
        text
    }

    /// Ends all servers and waits until they are gone.
    pub(crate) async fn end(&mut self, hurry: impl Future<Output = ()>) {
        for server in std::mem::take(&mut self.paused) {
            self.servers[server].resume();
        }
        end_all(&mut self.servers, hurry).await;
    }
}

/// The end of a server.
pub(crate) struct ServerEnd {
    pub(crate) server: usize,
    pub(crate) end: End,
    /// A fault was to bring it about.
    pub(crate) is_expected: bool,
}

/// The server that says it leads.
pub(crate) fn leader(answers: &[Result<Info, String>]) -> Option<usize> {
    answers.iter().position(|answer| answer.as_ref().is_ok_and(|info| info.is_leader))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use history::Level;
    use tokio::process::Command;

    use super::*;

    /// A program that does what a shell script says, instead of serving.
    fn program(directory: &Path, script: &str) -> PathBuf {
        let path = directory.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Starts two servers of this program, and waits until they are ready, which they never are.
    async fn start(script: &str) -> (Cluster, String) {
        let home = tempfile::tempdir().unwrap();
        let binary = program(home.path(), script);
        let directory = RunDirectory::create(home.path(), Path::new("s.json")).unwrap();
        let ports = ports::find(2).unwrap();
        let orders = Orders {
            binary: &binary,
            ports: &ports,
            members: vec![ports.iter().map(|ports| ports::address(ports.peers)).collect(); 2],
            level: Level::Linearizable,
            keyspaces: None,
            request_timeout_ms: 3000,
            test_mode: false,
        };
        let mut cluster = Cluster::default();
        let failure = match cluster.start(&orders, &directory) {
            Ok(()) => cluster.ready(Awaited { leader: true, keyspaces: 0 }).await.unwrap_err(),
            Err(failure) => failure,
        };
        (cluster, failure.to_string())
    }

    #[tokio::test]
    async fn a_server_that_does_not_start_is_named_with_its_last_words() {
        // Only the second fails; the first waits for the end of its standard input.
        let script = "[ \"$3\" = 2 ] && { echo 'no disk' >&2; exit 78; }; cat";
        let (mut cluster, failure) = start(script).await;
        assert!(failure.starts_with("server 1 (pid "), "{failure}");
        assert!(failure.contains(") ended with exit code 78; "), "{failure}");
        assert!(failure.contains("\n    no disk\n"), "{failure}");
        cluster.end(std::future::pending()).await;
        assert!(cluster.servers().iter().all(|server| server.end().is_some()));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let ports = ports::find(1).unwrap();
        let home = tempfile::tempdir().unwrap();
        let directory = RunDirectory::create(home.path(), Path::new("s.json")).unwrap();
        let orders = Orders {
            binary: &home.path().join("nothing"),
            ports: &ports,
            members: vec![vec![ports::address(ports[0].peers)]],
            level: Level::Eventual,
            keyspaces: None,
            request_timeout_ms: 3000,
            test_mode: false,
        };
        let failure = Cluster::default().start(&orders, &directory).unwrap_err().to_string();
        assert!(failure.starts_with("cannot start server 0: "), "{failure}");
    }

    #[tokio::test]
    async fn a_process_that_does_not_end_is_killed() {
        let home = tempfile::tempdir().unwrap();
        // It closes its standard input and stays.
        let binary = program(home.path(), "exec sleep 600 <&-");
        let log = home.path().join("log");
        let mut command = Command::new(binary);
        let notify = Arc::default();
        let (process, _) = Process::start("server 0".into(), &mut command, log, notify).unwrap();
        let mut all = [process];
        end_all(&mut all, std::future::ready(())).await;
        let end = all[0].end().unwrap().sentence();
        assert!(end.ends_with("ended by signal 9"), "{end}");
    }
}
