//! Whom a fault hits: servers by their numbers, or by what they are when it comes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::scenario::{Servers, Who};
use crate::servers::cluster::{Cluster, INFO_WITHIN};
use crate::servers::info::Info;

/// How long a fault waits for a server that leads.
pub(super) const LEADER_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two looks for one.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks for the server that leads, among these; `None`: for a long while none did.
pub(crate) async fn find_leader(servers: Vec<(usize, SocketAddr)>) -> Option<usize> {
    let begun = Instant::now();
    while begun.elapsed() < LEADER_WITHIN {
        let mut asking = JoinSet::new();
        for (server, address) in servers.iter().copied() {
            asking.spawn(async move { (server, Info::ask(address, INFO_WITHIN).await) });
        }
        let answers = asking.join_all().await;
        // One that was deposed and does not know it yet has a lower term.
        let leaders = answers.iter().filter_map(|(server, answer)| {
            let info = answer.as_ref().ok().filter(|info| info.is_leader)?;
            Some((info.term, *server))
        });
        if let Some((_, leader)) = leaders.max() {
            return Some(leader);
        }
        sleep(PAUSE).await;
    }
    None
}

/// The servers that are meant, now.
pub(super) fn find(servers: &Servers, leader: Option<usize>, cluster: &Cluster) -> BTreeSet<usize> {
    servers.0.iter().flat_map(|who| find_one(*who, leader, cluster)).collect()
}

fn find_one(who: Who, leader: Option<usize>, cluster: &Cluster) -> Vec<usize> {
    let all = 0..cluster.servers().len();
    let follows = |server: &usize| Some(*server) != leader;
    let is_awake = |server: &usize| cluster.is_up(*server) && !cluster.is_paused(*server);
    match who {
        Who::Number(server) => vec![server],
        Who::Leader => leader.into_iter().collect(),
        Who::Follower => all.filter(follows).find(is_awake).into_iter().collect(),
        Who::Followers => all.filter(follows).collect(),
        Who::All => all.collect(),
        Who::Down => all.filter(|server| !cluster.is_up(*server)).collect(),
        Who::Paused => all.filter(|server| cluster.is_paused(*server)).collect(),
    }
}

/// Numbers of servers, with commas.
pub(super) fn numbers(servers: &BTreeSet<usize>) -> String {
    let names: Vec<String> = servers.iter().map(usize::to_string).collect();
    names.join(", ")
}

/// The names of servers.
pub(super) fn names(servers: &BTreeSet<usize>) -> String {
    match servers.len() {
        0 => "no server".into(),
        1 => format!("server {}", numbers(servers)),
        _ => format!("servers {}", numbers(servers)),
    }
}
