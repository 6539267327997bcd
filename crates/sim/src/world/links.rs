//! How messages and connections between nodes come and go. Begin with [`World::send`].

use std::collections::BTreeSet;

use bytes::Bytes;
use node::{Input, NodeId, PathId};

use super::World;
use super::event::Event;
use super::event::Flight;
use crate::env::host::Host;
use crate::env::link::Fate;

/// More hosts than any world has.
const HOSTS_MAX: u64 = 64;

/// The connections that a life of a host makes, to whomever.
fn path(host: usize, life: u64) -> PathId {
    PathId(life * HOSTS_MAX + host as u64)
}

impl World {
    pub(super) fn send(&mut self, from: usize, to: NodeId, message: Bytes) {
        self.send_by(from, to, message, false);
    }

    fn send_by(&mut self, from: usize, to: NodeId, message: Bytes, is_back: bool) {
        let (now_us, to) = (self.now_us(), to.0 as usize - 1);
        self.stats.messages += 1;
        self.trace.numbers(&[5, from as u64, to as u64]);
        self.trace.bytes(&message);
        let (lives, bytes) = ((self.hosts[from].life, self.hosts[to].life), message.len());
        let up = self.hosts[to].is_up();
        let text = self.recorder.is_on().then(|| node::in_words(&message));
        let fate = match up {
            true => self.network.send(&mut self.queue, (from, to), lives, message, is_back),
            false => Fate::Lost,
        };
        let number = up.then(|| self.network.sent());
        self.recorder.send(now_us, (from, to), number, text);
        self.trace.number(fate as u64);
        self.stats.lost += u64::from(fate == Fate::Lost);
        self.trace
            .tell(now_us, || format!("node {} -> {}: {bytes} bytes, {fate}", from + 1, to + 1));
    }

    pub(super) fn arrive(&mut self, flight: Flight) {
        let Host { life, .. } = self.hosts[flight.to];
        let now_us = self.now_us();
        let received = self.hosts[flight.to].is_up() && self.network.arrives(&flight, life, now_us);
        self.recorder.receive(now_us, flight.number, received);
        if received {
            let path = (!flight.is_back).then(|| path(flight.from, flight.sender_life));
            self.hand(flight.to, Input::Receive { path, message: flight.message });
        }
    }

    /// Sends a message back to the life that one came from, if that goes on.
    pub(super) fn send_back(&mut self, from: usize, back: PathId, message: Bytes) {
        let to = (back.0 % HOSTS_MAX) as usize;
        if path(to, self.hosts[to].life) == back {
            self.send_by(from, NodeId(to as u64 + 1), message, true);
        }
    }

    /// A node hears that another one's connection to it is gone.
    pub(super) fn left(&mut self, host: usize, life: u64, path: PathId) {
        if self.hosts[host].life == life {
            self.hand(host, Input::Left(path));
        }
    }

    /// A process is gone. Most others hear that their connections from it are; from a machine that
    /// vanished they do not.
    pub(super) fn leave(&mut self, host: usize) {
        let path = path(host, self.hosts[host].life);
        for other in (0..self.hosts.len()).filter(|other| *other != host) {
            if self.turns.percent(75) {
                let (delay_us, life) = (self.turns.below(100_000), self.hosts[other].life);
                self.queue.after(delay_us, Event::Left { host: other, life, path });
            }
        }
    }

    pub(super) fn dial(&mut self, from: usize, to: usize) {
        if !self.hosts[from].is_up() || !self.hosts[to].is_up() || !self.dials(from, to) {
            return;
        }
        let believed = self.network.is_believed(from, to);
        if !self.network.dial(from, to) {
            return;
        }
        // A connection that is new says by itself that the old one is gone.
        if believed && self.turns.percent(50) {
            self.hand(from, Input::Disconnected(NodeId(to as u64 + 1)));
        }
        if from >= self.members() || !self.hosts[to].connects_to(from) {
            self.network.answer_by(to, from);
        }
        self.trace.numbers(&[6, from as u64, to as u64]);
        self.hand(from, Input::Connected(NodeId(to as u64 + 1)));
    }

    /// Whether one is at an address that the other one knows: a clone is at none.
    fn dials(&self, from: usize, to: usize) -> bool {
        let connects = from >= self.members() || self.hosts[from].connects_to(to);
        to < self.members() && connects && self.hosts[from].id() != self.hosts[to].id()
    }

    /// A node knows from now on whom to connect to.
    pub(super) fn follow_peers(&mut self, from: usize, peers: BTreeSet<usize>) {
        let others = (0..self.members()).filter(|other| *other != from);
        let before: BTreeSet<usize> =
            others.filter(|other| self.hosts[from].connects_to(*other)).collect();
        before.difference(&peers).for_each(|to| self.network.let_go(from, *to));
        for to in peers.difference(&before) {
            self.network.dial_soon(&mut self.queue, from, *to);
        }
        self.hosts[from].peers = Some(peers);
    }

    pub(super) fn hang_up(&mut self, from: usize, to: usize, epoch: u64) {
        if self.network.hang_up(from, to, epoch) {
            self.trace.numbers(&[7, from as u64, to as u64]);
            self.hand(from, Input::Disconnected(NodeId(to as u64 + 1)));
            self.hand(to, Input::Left(path(from, self.hosts[from].life)));
        }
    }
}
