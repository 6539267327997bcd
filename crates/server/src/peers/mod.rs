//! Peers: the messages between the members of a cluster.
//!
//! Each node dials every other member and sends on the connection that it dialled; it receives on
//! those that it accepted. So each direction has one owner, and one that breaks is dialled again by
//! the one that needs it. Only what must reach whoever dialled, and not whoever is at the address
//! of that member, goes back on the same connection.
//!
//! ```text
//!   node 1                                                node 2
//!   Link ── magic, version, from 1, to 2, cluster ─────▶  inbound
//!        ◀─ magic, version, from 2, to 1, cluster ──────         (both are whom the other wants)
//!        ── [length][message] [length][message] ────────▶
//!        ◀─ [length][message] ──────────────────────────         (seldom)
//! ```
//!
//! The path may lose messages, and the node's protocols live with it: what is sent while there is
//! no connection is dropped, and so is what finds the queue of a slow peer full. What the node
//! calls urgent goes before what waits already.

mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod handshake;
mod inbound;
mod link;
mod outgoing;

use std::cell::RefCell;
#[cfg(test)]
use std::collections::BTreeSet;
use std::rc::Rc;

use bytes::Bytes;
use node::{NodeId, PathId};
use tokio::net::TcpListener;
use tokio::task::spawn_local;

use crate::event_loop::Shared;
use inbound::Inbound;
use link::Link;

/// The ways to all other members.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    links: Vec<Rc<Link>>,
    /// The ways that others made.
    inbound: Rc<Inbound>,
    /// Those that have something to send at the end of the turn.
    touched: RefCell<Vec<Rc<Link>>>,
}

impl Peers {
    /// Begins to dial all other members. `seed` is what the random part of the waiting times is
    /// drawn from.
    pub(crate) fn dial(
        shared: &Rc<Shared>,
        me: NodeId,
        members: &[(NodeId, String)],
        seed: u64,
    ) -> Peers {
        let links: Vec<_> = members
            .iter()
            .filter(|(id, _)| *id != me)
            .map(|(id, address)| Rc::new(Link::new(*id, address.clone())))
            .collect();
        for link in &links {
            spawn_local(link.clone().run(shared.clone(), me, seed ^ link.id().0));
        }
        Peers { links, inbound: Rc::default(), touched: RefCell::default() }
    }

    /// Lets the other members in.
    pub(crate) fn listen(
        &self,
        shared: &Rc<Shared>,
        me: NodeId,
        members: Vec<NodeId>,
        listener: TcpListener,
    ) {
        spawn_local(inbound::listen(shared.clone(), me, members, self.inbound.clone(), listener));
    }

    /// Sends a message back on the connection that one came by, or loses it.
    pub(crate) fn send_back(&self, path: PathId, message: &Bytes) {
        self.inbound.send_back(path, message);
    }

    /// Whoever made this connection is a member.
    pub(crate) fn trust(&self, path: PathId) {
        self.inbound.trust(path);
    }

    /// Closes a connection that somebody made.
    pub(crate) fn hang_up(&self, path: PathId) {
        self.inbound.hang_up(path);
    }

    /// Takes note of how many messages the node left over: beyond a turn's worth no peer is read.
    pub(crate) fn set_messages_left(&self, count: usize) {
        self.inbound.set_messages_left(count);
    }

    /// Tells on which connections members have come in, also once these are somewhere else.
    #[cfg(test)]
    pub(crate) fn trusted(&self) -> impl Fn() -> BTreeSet<PathId> + use<> {
        let inbound = self.inbound.clone();
        move || inbound.trusted()
    }

    /// Sends a message at the end of the turn, or loses it.
    pub(crate) fn send(&self, to: NodeId, message: &Bytes, urgent: bool) {
        if let Some(link) = self.links.iter().find(|link| link.id() == to)
            && link.push(message, urgent)
        {
            self.touched.borrow_mut().push(link.clone());
        }
    }

    /// The end of the turn: one write for each peer that has messages.
    pub(crate) fn flush(&self) {
        self.touched.borrow_mut().drain(..).for_each(|link| link.flush());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! What a test needs to come in as node 2.

    use bytes::BytesMut;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::handshake::{self, Handshake};
    use super::*;

    /// A connection of node 2 to node 1, after the handshake.
    pub(crate) async fn connected(address: &str, cluster: u64) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let handshake = Handshake { from: NodeId(2), to: NodeId(1), cluster };
        stream.write_all(&handshake.encode()).await.unwrap();
        stream.read_exact(&mut [0; handshake::BYTES]).await.unwrap();
        stream
    }

    /// A message as it goes over a connection.
    pub(crate) fn framed(message: &[u8]) -> BytesMut {
        let mut out = BytesMut::new();
        frame::append(&mut out, message);
        out
    }
}
