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
//! The members change while the node runs: links come and go with them. A node that is to join a
//! cluster knows addresses alone. It dials them as nobody's in particular, learns from the answer
//! who is there, and once it has been taken in dials members as all others do.
//!
//! The path may lose messages, and the node's protocols live with it: what is sent while there is
//! no connection is dropped, and so is what finds the queue of a slow peer full. What the node
//! calls urgent goes before what waits already.

mod elsewhere;
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
use tokio::task::{AbortHandle, spawn_local};

use crate::event_loop::Shared;
use crate::mutants::mutant;
pub(crate) use elsewhere::Elsewhere;
use handshake::ANYONE;
use inbound::Inbound;
use link::{Home, Link};

/// The ways to all other members.
#[derive(Debug)]
pub(crate) struct Peers {
    home: Rc<Home>,
    seed: u64,
    elsewhere: RefCell<Elsewhere>,
    links: RefCell<Vec<Dialled>>,
    /// The ways that others made.
    inbound: Rc<Inbound>,
    /// Those that have something to send at the end of the turn.
    touched: RefCell<Vec<Rc<Link>>>,
}

/// A way, and the task that dials it.
#[derive(Debug)]
struct Dialled {
    link: Rc<Link>,
    task: AbortHandle,
}

impl Peers {
    /// Begins to dial all other members. `seed` is what the random part of the waiting times is
    /// drawn from.
    pub(crate) fn dial(
        shared: &Rc<Shared>,
        me: NodeId,
        members: &[(NodeId, String)],
        elsewhere: Elsewhere,
        seed: u64,
    ) -> Peers {
        let peers = Peers {
            home: Rc::new(Home::new(shared.clone(), me)),
            seed,
            elsewhere: RefCell::new(elsewhere),
            links: RefCell::default(),
            inbound: Rc::default(),
            touched: RefCell::default(),
        };
        peers.go_by(members);
        peers
    }

    /// Begins to dial whoever is at these addresses of the cluster that this node is to join, until
    /// members are named.
    pub(crate) fn join(&self, addresses: &[String]) {
        let links = addresses.iter().zip(1..).map(|(address, n)| self.way(ANYONE, address, n));
        self.links.borrow_mut().extend(links);
    }

    /// These are all members from now on, and where each is by the log: dials those that are new or
    /// somewhere else, keeps the other ways, and ends those to members that are gone.
    pub(crate) fn follow(&self, members: &[(NodeId, String)]) {
        self.elsewhere.borrow_mut().follow(members);
        self.go_by(members);
    }

    /// The same, where that is only what this node was started with.
    fn go_by(&self, members: &[(NodeId, String)]) {
        let elsewhere = self.elsewhere.borrow();
        let me = self.home.me;
        let others = members.iter().filter(|(id, _)| *id != me);
        self.inbound.follow(others.clone().map(|(id, _)| *id).collect());
        let mut before = self.links.take();
        let mut links = vec![];
        for (id, address) in others {
            let address = elsewhere.at(*id, address);
            let at = before.iter().position(|dialled| dialled.link.becomes(*id, address));
            links.push(match at {
                Some(at) => before.swap_remove(at),
                None => self.way(*id, address, id.0),
            });
        }
        // As long as nobody has taken this node in, it goes on asking.
        let asks = mutant!(JoinGivenUp, links.is_empty(), false);
        for dialled in before {
            if asks && dialled.link.wants_anyone() {
                links.push(dialled);
            } else {
                mutant!(GoneStillDialled, dialled.end(), ());
            }
        }
        self.links.replace(links);
    }

    /// A new way, with a task that dials it.
    fn way(&self, wanted: NodeId, address: &str, number: u64) -> Dialled {
        let link = Rc::new(Link::new(self.home.clone(), wanted, address.to_owned()));
        let task = spawn_local(link.clone().run(self.seed ^ number)).abort_handle();
        Dialled { link, task }
    }

    /// Lets the other members in. A node that joins a cluster lets in whoever calls it.
    pub(crate) fn listen(&self, listener: TcpListener, joins: bool) {
        let Home { shared, me, .. } = &*self.home;
        let inbound = self.inbound.clone();
        spawn_local(inbound::listen(shared.clone(), *me, joins, inbound, listener));
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
        if let Some(Dialled { link, .. }) =
            self.links.borrow().iter().find(|dialled| dialled.link.peer() == Some(to))
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

impl Dialled {
    /// Ends the way. What was sent before goes out as far as the socket takes it.
    fn end(self) {
        self.link.flush();
        self.link.disconnect();
        self.task.abort();
    }
}

#[cfg(test)]
pub(crate) mod tests;
