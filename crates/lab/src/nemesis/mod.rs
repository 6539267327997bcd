//! The nemesis: what a scenario does to its servers while the clients ask.
//!
//! ```text
//!   Schedule ─ a fault is due ─▶ who leads? ─▶ inject ─▶ processes  SIGKILL, SIGSTOP, a new start
//!                                                    ├─▶ Proxy      cut, slow, torn
//!                                                    ├─▶ DEBUG …    clock and disk, by the server
//!                                                    └─▶ Log        what was done when
//! ```
//!
//! A fault that names a server by what it is hits the one that is so when the fault comes. Faults
//! come one after another: one that has to wait for a leader holds up those behind it.

mod inject;
mod log;
mod proxy;
mod schedule;
mod target;

use std::io;
use std::net::SocketAddr;

use history::Fault;

use log::Log;
use proxy::Proxy;
pub(crate) use schedule::Schedule;
pub(crate) use target::find_leader;

use crate::scenario::Scenario;

/// Who hurts the servers of a run. Dropped, its proxy ends, and the servers hear no more of each
/// other.
#[derive(Default)]
pub(crate) struct Nemesis {
    /// What lies between the servers, if a fault needs it.
    proxy: Option<Proxy>,
    /// What was done so far.
    log: Log,
}

impl Nemesis {
    /// Puts a proxy between servers that are about to start, if a fault of the scenario needs it.
    /// Gives for each server where it finds all members, itself included.
    pub(crate) async fn stand_between(
        &mut self,
        peers: &[SocketAddr],
        scenario: &Scenario,
        seed: u64,
    ) -> io::Result<Vec<Vec<SocketAddr>>> {
        if !scenario.faults.iter().any(|fault| fault.what.needs_network()) {
            return Ok(vec![peers.to_vec(); peers.len()]);
        }
        let proxy = self.proxy.insert(Proxy::between(peers, seed).await?);
        Ok((0..peers.len()).map(|server| proxy.members_of(server).to_vec()).collect())
    }

    /// A server ended by itself.
    pub(crate) fn note_end(&mut self, server: usize, text: String, at_us: u64) {
        self.log.ended(server, text, at_us);
    }

    /// All that was done, in order, in nanoseconds since the start of the clients.
    pub(crate) fn faults(&self) -> &[Fault] {
        self.log.faults()
    }
}
