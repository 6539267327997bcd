//! Doing it: a fault, and who it hits, become signals, changes of the network, and words to
//! servers.

mod network;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::Nemesis;
use super::log::Harm;
use super::proxy::Way;
use super::target::{LEADER_WITHIN, find, names};
use crate::scenario::{Servers, What, Who};
use crate::servers::cluster::Cluster;
use crate::servers::connection::Connection;

/// How long a server may take to answer what it is told.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// What a fault did.
#[derive(Debug, Default)]
pub(crate) struct Injected {
    /// In words, such as `kill server 0`.
    pub(crate) text: String,
    /// What could not be done.
    pub(crate) troubles: Vec<String>,
}

impl Nemesis {
    /// Does what a fault says. `leader` is there if the fault asks for it and some server leads.
    pub(crate) async fn inject(
        &mut self,
        what: &What,
        leader: Option<usize>,
        cluster: &mut Cluster,
        at_us: u64,
    ) -> Injected {
        if what.needs_leader() && leader.is_none() {
            let why = format!("no server led for {} s", LEADER_WITHIN.as_secs());
            return Injected { text: "nothing: no server leads".into(), troubles: vec![why] };
        }
        let mut injection = Injection { leader, cluster, nemesis: self, at_us, troubles: vec![] };
        let text = injection.deal(what).await;
        Injected { text, troubles: injection.troubles }
    }

    /// Undoes all that goes on: what stands still goes on, what is down is started again, the
    /// network and the disks are whole. What was done, in words.
    pub(crate) async fn mend(&mut self, cluster: &mut Cluster, at_us: u64) -> Injected {
        let mut injection =
            Injection { leader: None, cluster, nemesis: self, at_us, troubles: vec![] };
        let all = Servers(vec![Who::All]);
        let mut done = vec![];
        if !injection.find(&Servers(vec![Who::Paused])).is_empty() {
            done.push(injection.deal(&What::Resume(Servers(vec![Who::Paused]))).await);
        }
        let full: Vec<Who> = injection
            .find(&all)
            .into_iter()
            .filter(|s| injection.goes_on(Harm::Disk, *s))
            .map(Who::Number)
            .collect();
        if !full.is_empty() {
            done.push(injection.deal(&What::DiskFree(Servers(full))).await);
        }
        if !injection.find(&Servers(vec![Who::Down])).is_empty() {
            done.push(injection.deal(&What::Restart(Servers(vec![Who::Down]))).await);
        }
        if injection.is_some_way(|way| *way != Way::default()) {
            done.push(injection.deal(&What::Heal(all)).await);
        }
        let troubles = std::mem::take(&mut injection.troubles);
        Injected { text: done.join("; "), troubles }
    }
}

/// A fault on its way to the servers.
struct Injection<'a> {
    leader: Option<usize>,
    cluster: &'a mut Cluster,
    nemesis: &'a mut Nemesis,
    at_us: u64,
    troubles: Vec<String>,
}

impl Injection<'_> {
    async fn deal(&mut self, what: &What) -> String {
        match what {
            What::Kill(servers) => self.kill(servers).await,
            What::Restart(servers) => self.restart(servers).await,
            What::Pause(servers) => self.pause(servers).await,
            What::Resume(servers) => self.resume(servers),
            What::Partition(cut) => self.partition(cut),
            What::Heal(servers) => self.heal(servers),
            What::Delay { ms, ways } => {
                let delay = Duration::from_millis(*ms);
                let names = self.change(ways, |way| way.delay = delay);
                let text = match ms {
                    0 => format!("bytes take no longer, {names}"),
                    _ => format!("bytes take {ms} ms longer, {names}"),
                };
                self.note_network(Harm::Slow, *ms > 0, text, |way| !way.delay.is_zero())
            }
            What::Drop { percent, ways } => {
                let names = self.change(ways, |way| way.drop_percent = *percent);
                let text = match percent {
                    0 => format!("connections hold again, {names}"),
                    _ => format!("{percent} % of pieces break their connection, {names}"),
                };
                self.note_network(Harm::Torn, *percent > 0, text, |way| way.drop_percent > 0)
            }
            What::Clock { servers, offset_ms } => {
                let servers = self.find(servers);
                let text = format!("clock off by {offset_ms} ms");
                for server in self.tell(&servers, &["DEBUG", "CLOCK", &offset_ms.to_string()]).await
                {
                    self.note(Harm::Clock, server, (*offset_ms != 0).then_some(&*text));
                }
                format!("{text} at {}", names(&servers))
            }
            What::DiskFull(servers) => {
                let servers = self.find(servers);
                for server in self.tell(&servers, &["DEBUG", "DISK", "FULL"]).await {
                    self.note(Harm::Disk, server, Some("disk full"));
                }
                format!("disk full at {}", names(&servers))
            }
            What::DiskFree(servers) => {
                let servers = self.find(servers);
                for server in self.tell(&servers, &["DEBUG", "DISK", "FREE"]).await {
                    self.note(Harm::Disk, server, None);
                }
                format!("disk free at {}", names(&servers))
            }
            What::DiskStall { servers, ms } => {
                let servers = self.find(servers);
                let text = format!("disk stalls for {ms} ms");
                for server in
                    self.tell(&servers, &["DEBUG", "DISK", "STALL", &ms.to_string()]).await
                {
                    let until_us = self.at_us + ms * 1000;
                    self.nemesis.log.during(server, text.clone(), self.at_us, until_us);
                }
                format!("{text} at {}", names(&servers))
            }
            What::FsyncError(servers) => {
                let servers = self.find(servers);
                for server in self.tell(&servers, &["DEBUG", "DISK", "FAIL-SYNC"]).await {
                    self.cluster.doom(server);
                    self.note(Harm::Sync, server, Some("next sync fails"));
                }
                format!("next sync fails at {}", names(&servers))
            }
        }
    }

    async fn kill(&mut self, servers: &Servers) -> String {
        let servers = self.find(servers);
        for server in servers.iter().copied() {
            if self.cluster.is_up(server) {
                self.cluster.kill(server).await;
                self.forget(server);
                self.note(Harm::Down, server, Some("killed"));
            }
        }
        format!("kill {}", self.named(&servers))
    }

    async fn restart(&mut self, servers: &Servers) -> String {
        let servers = self.find(servers);
        for server in servers.iter().copied() {
            if self.cluster.is_up(server) {
                self.cluster.kill(server).await;
            }
            self.forget(server);
            match self.cluster.restart(server) {
                Ok(()) => self.note(Harm::Down, server, None),
                Err(error) => self.troubles.push(error.to_string()),
            }
        }
        format!("restart {}", self.named(&servers))
    }

    async fn pause(&mut self, servers: &Servers) -> String {
        let servers = self.find(servers);
        for server in servers.iter().copied() {
            if self.cluster.is_up(server) {
                self.cluster.pause(server).await;
                self.note(Harm::Paused, server, Some("paused"));
            }
        }
        format!("pause {}", self.named(&servers))
    }

    fn resume(&mut self, servers: &Servers) -> String {
        let servers = self.find(servers);
        for server in servers.iter().copied() {
            self.cluster.resume(server);
            self.note(Harm::Paused, server, None);
        }
        format!("resume {}", self.named(&servers))
    }

    /// Harm to a server begins, with this text, or ends.
    fn note(&mut self, harm: Harm, server: usize, text: Option<&str>) {
        match text {
            Some(text) => self.nemesis.log.begin(harm, Some(server), text.into(), self.at_us),
            None => self.nemesis.log.end(harm, Some(server), self.at_us),
        }
    }

    fn goes_on(&self, harm: Harm, server: usize) -> bool {
        self.nemesis.log.goes_on(harm, Some(server))
    }

    /// What only the process knew ends with it.
    fn forget(&mut self, server: usize) {
        for harm in [Harm::Paused, Harm::Clock, Harm::Disk, Harm::Sync] {
            self.note(harm, server, None);
        }
    }

    /// Tells servers something; gives those that took it.
    async fn tell(&mut self, servers: &BTreeSet<usize>, words: &[&str]) -> Vec<usize> {
        let mut told = vec![];
        for server in servers.iter().copied() {
            match tell(self.cluster.addresses()[server], words).await {
                Ok(()) => told.push(server),
                Err(why) => {
                    let words = words.join(" ");
                    self.troubles.push(format!("server {server} does not take {words}: {why}"));
                }
            }
        }
        told
    }

    /// The servers that are meant, now.
    fn find(&self, servers: &Servers) -> BTreeSet<usize> {
        find(servers, self.leader, self.cluster)
    }

    /// The names of servers, with a word for the one that leads.
    fn named(&self, servers: &BTreeSet<usize>) -> String {
        match self.leader {
            Some(leader) if servers.contains(&leader) && servers.len() == 1 => {
                format!("{}, which leads", names(servers))
            }
            _ => names(servers),
        }
    }
}

async fn tell(server: SocketAddr, words: &[&str]) -> Result<(), String> {
    let telling = async {
        let mut connection = Connection::open(server).await.map_err(|error| error.to_string())?;
        let reply = connection.ask(words, TOLD_WITHIN).await.map_err(|error| error.to_string())?;
        match reply.as_error() {
            Some(error) => Err(String::from_utf8_lossy(error).into_owned()),
            None => Ok(()),
        }
    };
    let late = |_| Err(format!("no answer within {} ms", TOLD_WITHIN.as_millis()));
    tokio::time::timeout(TOLD_WITHIN, telling).await.unwrap_or_else(late)
}
