//! One connection: what was agreed on it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use node::{Level, Preference};
use resp::{Protocol, Writer};

use super::Action;
use super::queue::Transaction;
use crate::local::is_local;

/// What is said to whatever is asked when this node is about to end.
pub(crate) const AT_END: &str =
    "CLUSTERDOWN this node is about to end; the command did not run. Hint: ask another node";

/// The state of one client connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) id: u64,
    pub(super) peer: String,
    pub(super) local: String,
    /// When it was accepted, by the server's uptime.
    pub(super) accepted_s: u64,
    pub(super) protocol: Protocol,
    /// Whether answers say where they stand; only ever in RESP3.
    certified: bool,
    /// The level of reads that name none; `None`: that of their keyspace.
    pub(super) level: Option<Level>,
    /// The levels that such reads would take, in order of preference, if there are several.
    pub(super) preference: Option<Arc<Preference>>,
    pub(super) transaction: Transaction,
    /// What the node keeps of what is watched, in bytes.
    pub(super) watched_bytes: usize,
    /// Whether a WATCH was refused before the node heard of it: what it would have seen, nobody
    /// knows.
    pub(super) watch_refused: bool,
    /// What the client calls itself and its library; empty if it did not say.
    pub(super) name: Bytes,
    pub(super) lib_name: Bytes,
    pub(super) lib_version: Bytes,
}

impl Connection {
    /// A connection with its number in this server, the address of the client, the address it came
    /// to, and the server's uptime in seconds when it came.
    pub fn new(id: u64, peer: String, local: String, uptime_s: u64) -> Connection {
        Connection {
            id,
            peer,
            local,
            accepted_s: uptime_s,
            protocol: Protocol::Resp2,
            certified: false,
            level: None,
            preference: None,
            transaction: Transaction::None,
            watched_bytes: 0,
            watch_refused: false,
            name: Bytes::new(),
            lib_name: Bytes::new(),
            lib_version: Bytes::new(),
        }
    }

    /// Whether the client is on this machine.
    pub(super) fn is_local(&self) -> bool {
        let address: Option<SocketAddr> = self.peer.parse().ok();
        address.is_some_and(|address| is_local(address.ip()))
    }

    /// The protocol in force now. To be noted with every [`Action::Ask`], for its reply.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// From now on, answers say where they stand, or no longer. The node is told if that changes
    /// anything.
    pub(super) fn certify(&mut self, on: bool) -> Action {
        match std::mem::replace(&mut self.certified, on) == on {
            true => Action::Replied,
            false => Action::Certify(on),
        }
    }

    /// From now on, reads that name no level would take these. The node is told if that changes
    /// anything.
    pub(super) fn prefer(&mut self, preference: Option<Arc<Preference>>) -> Action {
        let before = std::mem::replace(&mut self.preference, preference.clone());
        match before.is_none() && preference.is_none() {
            true => Action::Replied,
            false => Action::Prefer(preference),
        }
    }

    /// Speaks this protocol from now on. RESP2 has no room for certificates.
    pub(super) fn speak(&mut self, protocol: Protocol) -> Action {
        self.protocol = protocol;
        let certified = self.certified && protocol == Protocol::Resp3;
        self.certify(certified)
    }

    /// As it was when it was new, but for what the client said of itself. The node is told if that
    /// changes anything.
    pub(super) fn reset(&mut self) -> Action {
        let prefers = self.preference.take().is_some();
        let is_known = self.certified || self.watched_bytes > 0 || prefers;
        (self.transaction, self.watched_bytes) = (Transaction::None, 0);
        self.watch_refused = false;
        (self.protocol, self.certified) = (Protocol::Resp2, false);
        if is_known { Action::Reset } else { Action::Replied }
    }

    /// Answers a request that came too late.
    pub(crate) fn refuse_at_end(&self, out: &mut Vec<u8>) {
        self.writer(out).error(AT_END);
    }

    /// A writer in the protocol in force now.
    pub(super) fn writer<'a>(&self, out: &'a mut Vec<u8>) -> Writer<'a> {
        Writer::new(out, self.protocol)
    }
}
