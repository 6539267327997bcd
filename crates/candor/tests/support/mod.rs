//! Real servers for tests: processes of the binary under test on free ports, with their data in a
//! temporary directory. They end with the test, whatever becomes of it: with their standard input.

#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod cluster;
pub(crate) mod python;
mod server;

use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) use cluster::{Cluster, free_ports};
pub(crate) use server::Server;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

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
