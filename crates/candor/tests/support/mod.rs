//! Real servers for tests: processes of the binary under test on free ports, with their data in a
//! temporary directory. They end with the test, whatever becomes of it: with their standard input.

#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod cluster;
mod file_system;
pub(crate) mod packages;
mod program;
pub(crate) mod recorded;
mod server;

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) use cluster::{Cluster, free_ports, lasting_ports};
pub(crate) use file_system::FileSystem;
pub(crate) use program::Program;
pub(crate) use recorded::Recording;
pub(crate) use server::Server;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test, with nothing to read.
pub(crate) fn candor() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.stdin(Stdio::null());
    command
}

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        sleep(Duration::from_millis(5));
    }
}

/// How often something is tried: as often as this variable says, or so often without it.
pub(crate) fn times(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |times| times.parse().expect("it is a number"))
}
