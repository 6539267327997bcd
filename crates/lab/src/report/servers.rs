//! The servers of a run: where they are and who leads.

use super::terminal::Look;
use crate::servers::cluster::{Cluster, Ready};

/// A line for each server, with what to type to speak to it.
pub(crate) fn server_lines(cluster: &Cluster, leader: Option<usize>) -> Vec<String> {
    let addresses = cluster.addresses().iter().zip(cluster.zmq_addresses());
    let servers = cluster.servers().iter().zip(addresses).enumerate();
    servers
        .map(|(server, (process, (address, zmq)))| {
            let redis_cli = format!("redis-cli -p {}", address.port());
            let who = format!("{}  pid {}  ZeroMQ tcp://{zmq}", process.name(), process.pid());
            let leads = if leader == Some(server) { "  leader" } else { "" };
            format!("  {redis_cli:20}  {}", Look::Faint.on(who + leads))
        })
        .collect()
}

/// A line for each server of a cluster that is ready, and how long that took.
pub(crate) fn ready_lines(cluster: &Cluster, ready: &Ready) -> Vec<String> {
    let mut lines = server_lines(cluster, ready.leader);
    lines.push(Look::Faint.on(format!("  ready after {} ms", ready.after.as_millis())));
    lines
}
