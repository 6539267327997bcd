//! Several servers that are members of one cluster.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;

use super::{Server, until};

/// A cluster of servers; node n is at place n - 1.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    temp: TempDir,
}

impl Cluster {
    /// So many servers, ready, with these arguments besides those that make them a cluster.
    #[track_caller]
    pub(crate) fn start(nodes: usize, arguments: &[&str]) -> Cluster {
        // Somebody may take a port between its being found free and its being used.
        let mut cluster = (0..10)
            .find_map(|_| Cluster::try_start(nodes, arguments))
            .expect("there are free ports");
        cluster.wait_until_ready();
        cluster
    }

    /// So many servers that are not started, with these arguments.
    pub(crate) fn new(nodes: usize, arguments: &[&str]) -> Cluster {
        let temp = tempfile::tempdir().unwrap();
        let ports = free_ports(nodes);
        let peers: Vec<_> =
            (1..=nodes).map(|id| format!("{id}=127.0.0.1:{}", ports[id - 1])).collect();
        let peers = peers.join(",");
        let mut servers = vec![];
        for id in 1..=nodes {
            let id = id.to_string();
            let mut all = vec!["--id", &id];
            if nodes > 1 {
                all.extend(["--peers", &peers]);
            }
            all.extend(arguments);
            servers.push(Server::new(&temp.path().join(&id), 0, &all));
        }
        Cluster { servers, temp }
    }

    /// The same, on ports that stay theirs while they are down: none that the system gives to
    /// outgoing connections.
    pub(crate) fn on_lasting_ports(nodes: usize, arguments: &[&str]) -> Cluster {
        let mut cluster = Cluster::new(nodes, arguments);
        let ports = lasting_ports(2 * nodes);
        let (clients, peers) = ports.split_at(nodes);
        let peers: Vec<_> =
            (1..).zip(peers).map(|(id, port)| format!("{id}=127.0.0.1:{port}")).collect();
        for (server, port) in cluster.servers.iter_mut().zip(clients) {
            server.port = *port;
            server.set_argument("--peers", &peers.join(","));
        }
        cluster
    }

    fn try_start(nodes: usize, arguments: &[&str]) -> Option<Cluster> {
        let mut cluster = Cluster::new(nodes, arguments);
        for server in &mut cluster.servers {
            if let Err(output) = server.try_start() {
                let text = String::from_utf8_lossy(&output.stderr);
                assert!(text.contains("cannot listen"), "the server does not start: {output:?}");
                return None;
            }
        }
        Some(cluster)
    }

    /// Where this cluster keeps its data.
    pub(crate) fn directory(&self) -> &Path {
        self.temp.path()
    }

    /// The ports of all servers.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.servers.iter().map(|server| server.port).collect()
    }

    /// Waits until all servers can answer at their default level.
    #[track_caller]
    pub(crate) fn wait_until_ready(&mut self) {
        self.servers.iter().for_each(Server::wait_until_ready);
    }

    /// The place of the leader, once there is one.
    #[track_caller]
    pub(crate) fn leader(&self, among: &[usize]) -> usize {
        until("a leader", || {
            among.iter().copied().find(|place| self.servers[*place].info()["raft_role"] == "leader")
        })
    }
}

/// Ports that nobody listens on.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

/// The same, below those that outgoing connections take by themselves.
pub(crate) fn lasting_ports(count: usize) -> Vec<u16> {
    let first = 15_000 + (RandomState::new().build_hasher().finish() % 10_000) as u16;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports: Vec<u16> = (first..30_000).filter(is_free).take(count).collect();
    assert_eq!(ports.len(), count, "there are free ports");
    ports
}
