//! How messages and connections between nodes come and go.

use bytes::Bytes;
use node::{Input, NodeId};

use crate::host::Host;
use crate::network::{Fate, Flight};
use crate::world::World;

impl World {
    pub(crate) fn send(&mut self, from: usize, to: NodeId, message: Bytes) {
        let (now_us, to) = (self.now_us(), to.0 as usize - 1);
        self.tally.messages += 1;
        self.trace.numbers(&[5, from as u64, to as u64]);
        self.trace.bytes(&message);
        let (life, bytes) = (self.hosts[to].life, message.len());
        let up = self.hosts[to].is_up();
        let text = self.recorder.is_on().then(|| node::in_words(&message));
        let fate = match up {
            true => self.network.send(&mut self.agenda, (from, to), life, message),
            false => Fate::Lost,
        };
        let number = up.then(|| self.network.sent());
        self.recorder.send(now_us, (from, to), number, text);
        self.trace.number(fate as u64);
        self.tally.lost += u64::from(fate == Fate::Lost);
        self.trace
            .tell(now_us, || format!("node {} -> {}: {bytes} bytes, {fate:?}", from + 1, to + 1));
    }

    pub(crate) fn arrive(&mut self, flight: Flight) {
        let Host { life, .. } = self.hosts[flight.to];
        let now_us = self.now_us();
        let received = self.hosts[flight.to].is_up() && self.network.arrives(&flight, life, now_us);
        self.recorder.receive(now_us, flight.number, received);
        if received {
            self.hand(flight.to, Input::Receive(flight.message));
        }
    }

    pub(crate) fn dial(&mut self, from: usize, to: usize) {
        if !self.hosts[from].is_up() || !self.hosts[to].is_up() {
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
        self.trace.numbers(&[6, from as u64, to as u64]);
        self.hand(from, Input::Connected(NodeId(to as u64 + 1)));
    }

    pub(crate) fn hang_up(&mut self, from: usize, to: usize, epoch: u64) {
        if self.network.hang_up(from, to, epoch) {
            self.trace.numbers(&[7, from as u64, to as u64]);
            self.hand(from, Input::Disconnected(NodeId(to as u64 + 1)));
        }
    }
}
