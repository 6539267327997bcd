//! The ports of the servers: those that the file names, or free ones.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::clients::delays;
use crate::scenario::Ports;

/// Where everything of a run listens: one machine, nobody else.
pub(crate) const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Where free ports are looked for: above those of well-known services, and below those that Linux
/// gives to outgoing connections, so that none of these takes one before its server does.
const FIRST: u16 = 15_000;
const LAST: u16 = 31_999;

/// A port that cannot be had, and who wants it.
#[derive(Debug)]
pub(crate) struct Taken {
    port: u16,
    pub(crate) server: usize,
    /// The place of its purpose among [`Ports::PURPOSES`].
    pub(crate) purpose: usize,
    error: io::Error,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Taken { port, server, purpose, error } = self;
        let purpose = Ports::PURPOSES[*purpose];
        write!(f, "port {port} (server {server}, {purpose}) ")?;
        match error.kind() {
            io::ErrorKind::AddrInUse => f.write_str("is taken"),
            io::ErrorKind::PermissionDenied => f.write_str("needs more rights than this user has"),
            _ => write!(f, "cannot be had: {error}"),
        }
    }
}

/// The address of a port.
pub(crate) fn address(port: u16) -> SocketAddr {
    (HOST, port).into()
}

/// Whether the ports of these servers are free; names those that are not.
pub(crate) fn check(servers: &[Ports]) -> Result<(), Vec<Taken>> {
    let (mut held, mut taken) = (vec![], vec![]);
    for (server, ports) in servers.iter().enumerate() {
        for (purpose, port) in ports.all().into_iter().enumerate() {
            match TcpListener::bind(address(port)) {
                Ok(listener) => held.push(listener),
                Err(error) => taken.push(Taken { port, server, purpose, error }),
            }
        }
    }
    if taken.is_empty() { Ok(()) } else { Err(taken) }
}

/// Free ports for so many servers.
pub(crate) fn find(servers: usize) -> io::Result<Vec<Ports>> {
    let mut free = FreePorts::new();
    let mut found = Vec::with_capacity(servers);
    for _ in 0..servers {
        found.push(Ports { clients: free.next()?, peers: free.next()?, zmq: free.next()? });
    }
    Ok(found)
}

/// Looks for free ports from a random one on. Those that are found are held until all are.
struct FreePorts {
    next: u16,
    untried: u16,
    held: Vec<TcpListener>,
}

impl FreePorts {
    fn new() -> FreePorts {
        let count = LAST - FIRST + 1;
        // Not from the run's seed: two runs with the same seed must not meet.
        let offset = (delays::fresh_random() % u64::from(count)) as u16;
        FreePorts { next: FIRST + offset, untried: count, held: vec![] }
    }

    fn next(&mut self) -> io::Result<u16> {
        while self.untried > 0 {
            let port = self.next;
            self.next = if port == LAST { FIRST } else { port + 1 };
            self.untried -= 1;
            if let Ok(listener) = TcpListener::bind(address(port)) {
                self.held.push(listener);
                return Ok(port);
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("no port from {FIRST} to {LAST} is free"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn free_ports_are_free_and_distinct() {
        let ports = find(5).unwrap();
        let all: HashSet<u16> = ports.iter().flat_map(Ports::all).collect();
        assert_eq!(all.len(), 15);
    }

    #[test]
    fn a_taken_port_is_named_with_who_wants_it() {
        let held = TcpListener::bind(address(0)).unwrap();
        let port = held.local_addr().unwrap().port();
        let free = find(1).unwrap()[0];
        let wanted = [Ports { peers: port, ..free }];
        let taken = check(&wanted).unwrap_err();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].to_string(), format!("port {port} (server 0, peers) is taken"));
        drop(held);
        check(&wanted).unwrap();
    }
}
