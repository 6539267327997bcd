//! One server process.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use redis::Connection;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};

use super::{PATIENCE, until};

/// What `INFO` says, by name.
type Info = HashMap<String, String>;

/// A server that is started, ended and started again on the same directory.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) data_dir: PathBuf,
    pub(crate) port: u16,
    /// Where it serves clients of ZeroMQ, if it does; else 0.
    pub(crate) zmq_port: u16,
    arguments: Vec<String>,
    /// The program that it is; `None`: the one under test.
    pub(crate) program: Option<PathBuf>,
    /// How many files it may have open; `None`: as many as we.
    pub(crate) open_files_max: Option<u64>,
    process: Option<(Child, ChildStdin)>,
}

impl Server {
    /// A server that is not started yet, with these arguments besides where it listens and keeps
    /// its data.
    pub(crate) fn new(data_dir: &Path, port: u16, arguments: &[&str]) -> Server {
        Server {
            data_dir: data_dir.to_owned(),
            port,
            zmq_port: 0,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            program: None,
            open_files_max: None,
            process: None,
        }
    }

    /// A server that is not started yet, like this one but for its data and some more arguments.
    pub(crate) fn twin(&self, data_dir: &Path, more: &[&str]) -> Server {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::new(data_dir, 0, &[&arguments, more].concat())
    }

    /// Changes the argument after this flag, from the next start on.
    pub(crate) fn set_argument(&mut self, flag: &str, value: &str) {
        let at = self.arguments.iter().position(|argument| argument == flag).expect("it has one");
        self.arguments[at + 1] = value.to_owned();
    }

    /// The same, also if the flag is not there yet.
    pub(crate) fn set_or_add_argument(&mut self, flag: &str, value: &str) {
        self.remove_argument(flag);
        self.arguments.extend([flag.to_owned(), value.to_owned()]);
    }

    /// Takes a flag and what is behind it away, if it is there.
    pub(crate) fn remove_argument(&mut self, flag: &str) {
        if let Some(at) = self.arguments.iter().position(|argument| argument == flag) {
            self.arguments.drain(at..at + 2);
        }
    }

    /// The argument after this flag.
    pub(crate) fn argument(&self, flag: &str) -> &str {
        let at = self.arguments.iter().position(|argument| argument == flag).expect("it has one");
        &self.arguments[at + 1]
    }

    fn command(&self) -> Command {
        let under_test = Path::new(env!("CARGO_BIN_EXE_candor"));
        let binary = self.program.as_deref().unwrap_or(under_test);
        let shell = Path::new("sh");
        let mut command = Command::new(if self.open_files_max.is_some() { shell } else { binary });
        if let Some(limit) = self.open_files_max {
            command.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")]).arg(binary);
        }
        command
            .args(["serve", "--exit-with-stdin", "--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data-dir")
            .arg(&self.data_dir)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// Starts the server; gives its line when it is ready, or all its output if it ended instead.
    /// Port 0 becomes the port that it took.
    pub(crate) fn try_start(&mut self) -> Result<String, Output> {
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        self.try_start_telling(log.into())
    }

    /// As [`Server::try_start`], with its standard error elsewhere.
    pub(crate) fn try_start_telling(&mut self, stderr: Stdio) -> Result<String, Output> {
        assert!(self.process.is_none(), "a server is started once at a time");
        let mut child = self.command().stderr(stderr).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut output = child.wait_with_output().unwrap();
            output.stderr = std::fs::read(self.log_path()).unwrap_or_default();
            return Err(output);
        }
        let port_after = |what: &str| {
            let address = line.split(&format!("{what} on 127.0.0.1:")).nth(1)?;
            address.split(',').next()?.parse().ok()
        };
        self.port = port_after("clients").expect("the line names the port");
        self.zmq_port = port_after("ZeroMQ").unwrap_or(0);
        self.process = Some((child, stdin));
        Ok(line)
    }

    /// Starts the server.
    #[track_caller]
    pub(crate) fn start(&mut self) -> String {
        self.try_start().unwrap_or_else(|output| panic!("the server does not start: {output:?}"))
    }

    /// Where it receives its peers.
    pub(crate) fn peer_port(&self) -> u16 {
        let own = format!("{}=", self.argument("--id"));
        let own = self.argument("--peers").split(',').find_map(|peer| peer.strip_prefix(&own));
        own.unwrap().rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Where its standard error goes.
    pub(crate) fn log_path(&self) -> PathBuf {
        self.data_dir.with_extension("log")
    }

    /// What it wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.as_mut().is_none_or(|(child, _)| child.try_wait().unwrap().is_some())
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.process.as_ref().expect("the server runs").0)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// From now on it may have so many files open; gives how many it might before.
    pub(crate) fn limit_open_files(&self, limit: u64) -> u64 {
        let old = getrlimit(Resource::Nofile);
        let new = Rlimit { current: Some(limit), maximum: old.maximum };
        let old = prlimit(Some(self.pid()), Resource::Nofile, new).unwrap();
        old.current.unwrap_or(u64::MAX)
    }

    /// Waits for its end; gives the exit code, if it was not killed.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let (mut child, stdin) = self.process.take().expect("the server runs");
        let status = child.wait().unwrap();
        drop(stdin);
        status.code()
    }

    /// Waits for its end, if it was ever started.
    pub(crate) fn wait_if_runs(&mut self) {
        if self.process.is_some() {
            self.wait();
        }
    }

    /// Kills it (signal 9).
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// Closes its standard input, and waits for its end.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let (mut child, stdin) = self.process.take().expect("the server runs");
        drop(stdin);
        child.wait().unwrap().code()
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Connection {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).unwrap();
        let connection = client.get_connection_with_timeout(PATIENCE).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection
    }

    /// What it says of itself.
    pub(crate) fn info(&self) -> Info {
        let text: String = redis::cmd("INFO").arg("everything").query(&mut self.client()).unwrap();
        fields(&text)
    }

    /// The same, if it is there to say it.
    pub(crate) fn try_info(&self) -> Option<Info> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).ok()?;
        let mut connection = client.get_connection_with_timeout(PATIENCE).ok()?;
        let text: String = redis::cmd("INFO").arg("everything").query(&mut connection).ok()?;
        Some(fields(&text))
    }

    /// A number that it says of itself.
    #[track_caller]
    pub(crate) fn figure(&self, name: &str) -> u64 {
        self.info()[name].parse().unwrap()
    }

    /// Waits until it can answer at its default level.
    #[track_caller]
    pub(crate) fn wait_until_ready(&self) {
        until("a server to be ready", || {
            let info = self.info();
            (info["ready"] == "1" && info["raft_leader"] != "0").then_some(())
        });
    }
}

/// The fields of what INFO says.
fn fields(text: &str) -> Info {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
