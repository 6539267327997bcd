//! How a server is started, the first time and again.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use history::Level;
use tokio::process::Command;
use tokio::sync::Notify;

use super::ports;
use super::process::Process;
use crate::attempt::directory::RunDirectory;
use crate::scenario::Ports;

/// What the servers of a run are told.
pub(crate) struct Orders<'a> {
    /// The program to start.
    pub(crate) binary: &'a Path,
    /// The ports of each server.
    pub(crate) ports: &'a [Ports],
    /// Where each server finds all members, itself included.
    pub(crate) members: Vec<Vec<SocketAddr>>,
    /// The level that is promised.
    pub(crate) level: Level,
    /// The file with the keyspaces that they begin with, if there are any.
    pub(crate) keyspaces: Option<&'a Path>,
    /// How long a request may take, in milliseconds.
    pub(crate) request_timeout_ms: u64,
    /// Whether the servers are to take orders about their clocks and disks.
    pub(crate) test_mode: bool,
}

/// How a server is started.
pub(super) struct Launch {
    binary: PathBuf,
    arguments: Vec<OsString>,
    log: PathBuf,
}

impl Launch {
    /// How this server is started.
    pub(super) fn of(server: usize, orders: &Orders<'_>, directory: &RunDirectory) -> Launch {
        Launch {
            binary: orders.binary.to_owned(),
            arguments: serve_arguments(orders, server, &directory.data(server)),
            log: directory.log(&format!("server {server}")),
        }
    }

    /// Starts the server.
    pub(super) fn start(&self, server: usize, notify: &Arc<Notify>) -> io::Result<Process> {
        // What it said before it was started again stays.
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments);
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        let name = format!("server {server}");
        let (process, _) = Process::start(name, &mut command, self.log.clone(), notify.clone())?;
        Ok(process)
    }
}

/// The command line of one server: scenario server n is node n + 1.
fn serve_arguments(orders: &Orders<'_>, server: usize, data: &Path) -> Vec<OsString> {
    let ports = orders.ports[server];
    let members = orders.members[server].iter().enumerate();
    let peers: Vec<String> =
        members.map(|(server, address)| format!("{}={address}", server + 1)).collect();
    let mut arguments: Vec<OsString> = [
        ("--id", (server + 1).to_string()),
        ("--listen", ports::address(ports.clients).to_string()),
        ("--zmq-listen", ports::address(ports.zmq).to_string()),
        ("--peer-listen", ports::address(ports.peers).to_string()),
        ("--peers", peers.join(",")),
        ("--level", orders.level.to_string()),
        ("--request-timeout", orders.request_timeout_ms.to_string()),
    ]
    .into_iter()
    .flat_map(|(flag, value)| [flag.into(), value.into()])
    .collect();
    arguments.insert(0, "serve".into());
    arguments.extend(["--data-dir".into(), data.into(), "--exit-with-stdin".into()]);
    if let Some(keyspaces) = orders.keyspaces {
        arguments.extend(["--config".into(), keyspaces.into()]);
    }
    if orders.test_mode {
        arguments.push("--test-mode".into());
    }
    arguments
}
