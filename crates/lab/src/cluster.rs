//! The servers of a run: one process each, asked until they are ready, and ended together.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use history::Level;
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::directory::RunDirectory;
use crate::failure::Failure;
use crate::info::Info;
use crate::level::is_merged;
use crate::ports;
use crate::process::{End, Process, end_all, last_words};
use crate::scenario::Ports;

/// How long a cluster may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long one answer to INFO may take.
const INFO_WITHIN: Duration = Duration::from_millis(500);
/// The shortest and the longest pause between two rounds of asking.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// What the servers of a run are told.
pub(crate) struct Orders<'a> {
    /// The program to start.
    pub(crate) binary: &'a Path,
    /// The ports of each server.
    pub(crate) ports: &'a [Ports],
    /// The level that is promised.
    pub(crate) level: Level,
    /// How long a request may take, in milliseconds.
    pub(crate) request_timeout_ms: u64,
}

/// The servers of a run. Dropped, they are killed.
#[derive(Default)]
pub(crate) struct Cluster {
    servers: Vec<Process>,
    addresses: Vec<SocketAddr>,
    /// Rings when a server has ended.
    bell: Arc<Notify>,
    /// The servers whose end was told.
    told: BTreeSet<usize>,
}

/// A cluster that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    /// The server that leads the agreed log, if one does.
    pub(crate) leader: Option<usize>,
    /// How long it took.
    pub(crate) after: Duration,
}

impl Cluster {
    /// Starts all servers. Those that were started before one failed are there to be ended.
    pub(crate) fn start(
        &mut self,
        orders: &Orders<'_>,
        directory: &RunDirectory,
    ) -> Result<(), Failure> {
        for (server, ports) in orders.ports.iter().enumerate() {
            let name = format!("server {server}");
            let log = directory.log(&name);
            let log_file = File::create(&log)?;
            let mut command = serve_command(orders, server, &directory.data(server));
            command.stdout(Stdio::from(log_file.try_clone()?)).stderr(Stdio::from(log_file));
            let (process, _) = Process::start(name, &mut command, log, self.bell.clone())?;
            self.servers.push(process);
            self.addresses.push(ports::address(ports.clients));
        }
        Ok(())
    }

    /// Where each server serves clients.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The process of each server.
    pub(crate) fn servers(&self) -> &[Process] {
        &self.servers
    }

    /// The end of a server that was not told yet.
    pub(crate) fn take_end(&mut self) -> Option<End> {
        let untold = (0..self.servers.len()).filter(|server| !self.told.contains(server));
        let (server, end) =
            untold.filter_map(|server| Some((server, self.servers[server].end()?))).next()?;
        self.told.insert(server);
        Some(end)
    }

    /// Waits for the end of a server that was not told yet.
    pub(crate) async fn next_end(&mut self) -> End {
        loop {
            match self.take_end() {
                Some(end) => return end,
                None => self.bell.notified().await,
            }
        }
    }

    /// Asks all servers until each of them serves and, if the order needs one, there is a leader.
    pub(crate) async fn ready(&mut self, level: Level) -> Result<Ready, Failure> {
        let begun = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            if let Some(end) = self.take_end() {
                return Err(Failure::RunTime(end.story()));
            }
            let answers = self.ask_all().await;
            let leader = leader(&answers);
            let all_ready = answers.iter().all(|answer| answer.as_ref().is_ok_and(|i| i.is_ready));
            if all_ready && (leader.is_some() || is_merged(level)) {
                return Ok(Ready { leader, after: begun.elapsed() });
            }
            if begun.elapsed() > READY_WITHIN {
                return Err(Failure::RunTime(self.why_not_ready(&answers)));
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
        end_all(&mut self.servers, hurry).await;
    }
}

/// The server that says it leads.
pub(crate) fn leader(answers: &[Result<Info, String>]) -> Option<usize> {
    answers.iter().position(|answer| answer.as_ref().is_ok_and(|info| info.is_leader))
}

/// The command line of one server: scenario server n is node n + 1.
fn serve_command(orders: &Orders<'_>, server: usize, data: &Path) -> Command {
    let ports = orders.ports[server];
    let peers: Vec<String> = orders
        .ports
        .iter()
        .enumerate()
        .map(|(server, ports)| format!("{}={}", server + 1, ports::address(ports.peers)))
        .collect();
    let mut command = Command::new(orders.binary);
    command
        .arg("serve")
        .args(["--id", &(server + 1).to_string()])
        .args(["--listen", &ports::address(ports.clients).to_string()])
        .args(["--peer-listen", &ports::address(ports.peers).to_string()])
        .args(["--peers", &peers.join(",")])
        .args(["--level", &orders.level.to_string()])
        .args(["--request-timeout", &orders.request_timeout_ms.to_string()])
        .arg("--data-dir")
        .arg(data)
        .arg("--exit-with-stdin");
    command
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

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
        let level = Level::Linearizable;
        let orders = Orders { binary: &binary, ports: &ports, level, request_timeout_ms: 3000 };
        let mut cluster = Cluster::default();
        let failure = match cluster.start(&orders, &directory) {
            Ok(()) => cluster.ready(level).await.unwrap_err(),
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
            level: Level::Eventual,
            request_timeout_ms: 3000,
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
        let bell = Arc::default();
        let (process, _) = Process::start("server 0".into(), &mut command, log, bell).unwrap();
        let mut all = [process];
        end_all(&mut all, std::future::ready(())).await;
        let end = all[0].end().unwrap().sentence();
        assert!(end.ends_with("ended by signal 9"), "{end}");
    }
}
