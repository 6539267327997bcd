//! `candor run` for tests: in a temporary directory of its own, which is also the working directory
//! of every process that it starts, so that whatever is left behind can be found.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A scenario that goes on long enough to be hurt: each client writes, waits, and reads.
pub(crate) fn long_scenario(servers: usize, level: &str) -> String {
    let client = |number: usize| {
        format!(
            r#"{{"client_number":{number},"server_number":{number},"requests":[
                {{"type":"set","key":"a","value":"{number}"}},{{"type":"sleep","ms":2000}},
                {{"type":"get","key":"a"}}]}}"#
        )
    };
    let clients: Vec<String> = (0..2).map(client).collect();
    format!(
        r#"{{"num_servers":{servers},"consistency_level":"{level}","clients":[{}]}}"#,
        clients.join(",")
    )
}

/// A scenario of one write at one server.
pub(crate) fn small(level: &str, value: u32) -> String {
    json!({
        "num_servers": 1,
        "consistency_level": level,
        "clients": [{ "client_number": 0, "server_number": 0,
                      "requests": [{ "type": "set", "key": "a", "value": value }] }],
    })
    .to_string()
}

/// The scenario files of the repository.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test").join(name)
}

/// So many ports that are free: below those that runs and outgoing connections take by themselves.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    let first = 10_000 + (RandomState::new().build_hasher().finish() % 4_000) as u16;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports: Vec<u16> = (first..15_000).filter(free).take(count).collect();
    assert_eq!(ports.len(), count, "there are free ports");
    ports
}

/// Where runs take place.
pub(crate) struct Bench {
    home: TempDir,
}

/// What a run said, and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None`: ended by a signal.
    pub(crate) exit_code: Option<i32>,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench { home: tempfile::tempdir().unwrap() }
    }

    /// Where it all takes place.
    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    /// Puts a file here.
    pub(crate) fn write(&self, name: &str, content: &str) -> &'static str {
        fs::write(self.home.path().join(name), content).unwrap();
        // Names are few and short; arguments are easier to write with them.
        String::leak(name.to_owned())
    }

    /// The directories that runs left, in the order of their names.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.home.path().join("runs")) else { return vec![] };
        let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }

    /// Starts the program with these arguments.
    pub(crate) fn start(&self, arguments: &[&str]) -> Run<'_> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(arguments)
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let stderr = process.stderr.take();
        Run { bench: self, process, stdout, stderr, said: String::new() }
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).wait()
    }

    /// Runs the program to its end, which must be a good one, and gives the document that it
    /// prints.
    #[track_caller]
    pub(crate) fn document(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let outcome = self.run(&arguments);
        assert_eq!(outcome.exit_code, Some(0), "{outcome:?}");
        serde_json::from_str(&outcome.stdout).unwrap()
    }

    /// The processes that live here.
    pub(crate) fn living(&self) -> Vec<Pid> {
        let home = self.home.path().canonicalize().unwrap();
        let lives_here = |pid: &i32| {
            // A process that has ended and was not waited for has no directory any more.
            fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|directory| directory == home)
        };
        let pids = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(lives_here).filter_map(Pid::from_raw).collect()
    }

    /// Nobody lives here and nobody listens at these ports; at once.
    #[track_caller]
    pub(crate) fn assert_nothing_is_left(&self, ports: &[u16]) {
        assert_eq!(self.living(), [], "processes are left");
        for port in ports {
            let bound = TcpListener::bind(("127.0.0.1", *port));
            assert!(bound.is_ok(), "port {port} is still taken: {bound:?}");
        }
    }

    /// Waits until nobody lives here.
    #[track_caller]
    pub(crate) fn wait_until_nobody_lives(&self) {
        let begun = Instant::now();
        while !self.living().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "{:?} live on", self.living());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A run that goes on. Dropped, it is killed, and its servers and clients end with it.
pub(crate) struct Run<'b> {
    bench: &'b Bench,
    process: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<ChildStderr>,
    said: String,
}

/// A server as the run tells of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) pid: Pid,
}

impl Run<'_> {
    /// Reads on until the run has said something for the second, third … time in all.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, what: &str, times: usize) {
        while self.said.matches(what).count() < times {
            let read = self.stdout.read_line(&mut self.said).unwrap();
            assert!(read > 0, "the run ended without saying {what:?}:\n{}", self.said);
        }
    }

    /// The servers that the run has told of so far, in order.
    pub(crate) fn servers(&self) -> Vec<Server> {
        self.said.lines().filter_map(server_of_line).collect()
    }

    /// The server that led when the run last told of its servers.
    #[track_caller]
    pub(crate) fn leader(&self) -> Server {
        let line = self.said.lines().rev().find(|line| line.ends_with("  leader"));
        line.and_then(server_of_line).expect("some server leads")
    }

    /// The ports at which its servers serve clients.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.servers().iter().map(|server| server.port).collect()
    }

    /// Its client processes.
    pub(crate) fn clients(&self) -> Vec<Pid> {
        let is_client = |pid: &Pid| {
            let command = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero()));
            command.is_ok_and(|command| command.ends_with(b"\0client\0"))
        };
        self.bench.living().into_iter().filter(is_client).collect()
    }

    /// Sends the runner a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> Outcome {
        let mut stderr = self.stderr.take().unwrap();
        // Both at once, lest the run should wait for one while this waits for the other.
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text)
        });
        self.stdout.read_to_string(&mut self.said).unwrap();
        let status = self.process.wait().unwrap();
        let stderr = stderr.join().unwrap().unwrap();
        Outcome { stdout: std::mem::take(&mut self.said), stderr, exit_code: status.code() }
    }
}

/// The server that a line tells of, if it does.
fn server_of_line(line: &str) -> Option<Server> {
    let (port, rest) = line.trim().strip_prefix("redis-cli -p ")?.split_once(' ')?;
    let pid = rest.split_once("pid ")?.1.split(' ').next()?;
    Some(Server { port: port.parse().ok()?, pid: Pid::from_raw(pid.parse().ok()?)? })
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        // Both fail only if it has ended and was waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
