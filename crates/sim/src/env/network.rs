//! The network between the nodes: one link for each ordered pair. Begin with [`Network::send`].
//!
//! A link is a connection that its sender dials; what is sent while it is down is lost. A world has
//! one of two networks. In a *stream* world the messages of a link arrive in order, and wait while
//! it is cut, until the connection is given up. In a *datagram* world each message goes its own
//! way: it may be lost, come twice, overtake others, or reach a node that has restarted meanwhile.
//! Both are harsher than TCP in their own way: streams deliver very old messages, datagrams
//! disorder them.

use bytes::Bytes;
use node::Matter;

use super::link::{Fate, Link};
use crate::plan::chance::Chance;
use crate::plan::weather::{Style, Weather};
use crate::world::event::{Event, Flight};
use crate::world::event_queue::EventQueue;

/// How long a stream waits before it sends again what was lost, at first and at most.
const AGAIN_US: u64 = 40_000;
const AGAIN_US_MAX: u64 = 700_000;
/// How long the second copy of a datagram may wander about: its sender may have been started again
/// meanwhile.
const LATE_US_MAX: u64 = 3_000_000;

/// All links.
#[derive(Debug)]
pub(crate) struct Network {
    nodes: usize,
    links: Vec<Link>,
    weather: Weather,
    chance: Chance,
    /// How many messages were sent.
    sent: u64,
}

impl Network {
    pub(crate) fn new(nodes: usize, weather: Weather, chance: Chance) -> Network {
        let mut links = vec![Link::default(); nodes * nodes];
        let mut network = Network { nodes, links: vec![], weather, chance, sent: 0 };
        links.iter_mut().for_each(|link| link.far = network.chance.below(weather.far + 1));
        network.links = links;
        network
    }

    fn link(&mut self, from: usize, to: usize) -> &mut Link {
        &mut self.links[from * self.nodes + to]
    }

    /// Whether nothing can be heard of the other end: a stream needs both directions, for its
    /// acknowledgements.
    fn is_dead(&self, from: usize, to: usize) -> bool {
        let cut = |from: usize, to: usize| self.links[from * self.nodes + to].cuts > 0;
        match self.weather.style {
            Style::Stream => cut(from, to) || cut(to, from),
            Style::Datagram => cut(from, to),
        }
    }

    /// The number of the message that was sent last.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends a message from that life of its sender to that life of its receiver, if `is_back` on a
    /// connection that the receiver made.
    pub(crate) fn send(
        &mut self,
        queue: &mut EventQueue,
        (from, to): (usize, usize),
        (sender_life, life): (u64, u64),
        message: Bytes,
        is_back: bool,
    ) -> Fate {
        self.sent += 1;
        let number = self.sent;
        let link = self.link(from, to);
        let epoch = link.epoch;
        let flight = Flight { from, to, life, sender_life, epoch, is_back, number, message };
        let (up, cut) = (link.up, link.cuts > 0);
        let late_us = link.late_us(&flight.message);
        match self.weather.style {
            _ if !up => Fate::Lost,
            Style::Stream if cut => {
                self.link(from, to).held.push(flight);
                Fate::Held
            }
            Style::Stream => {
                self.fly_late(queue, flight, late_us);
                Fate::Sent
            }
            Style::Datagram => self.throw(queue, flight, late_us),
        }
    }

    fn throw(&mut self, queue: &mut EventQueue, flight: Flight, late_us: u64) -> Fate {
        let Link { loss_per_mille, cuts, .. } = *self.link(flight.from, flight.to);
        let lost = self.chance.per_mille(self.weather.loss_per_mille + loss_per_mille);
        if lost || cuts > 0 {
            return Fate::Lost;
        }
        if self.chance.per_mille(self.weather.twice_per_mille + loss_per_mille) {
            let late = self.chance.percent(25);
            let late_us = late_us + if late { self.chance.below(LATE_US_MAX) } else { 0 };
            self.fly_late(queue, flight.clone(), late_us);
        }
        self.fly_late(queue, flight, late_us);
        Fate::Sent
    }

    fn fly(&mut self, queue: &mut EventQueue, flight: Flight) {
        self.fly_late(queue, flight, 0);
    }

    /// A message is on its way, and for so long besides. What is held up like that has no order,
    /// also on a stream: others pass it.
    fn fly_late(&mut self, queue: &mut EventQueue, flight: Flight, late_us: u64) {
        let delay_us = self.weather.delay.draw(&mut self.chance);
        let in_order = self.weather.style == Style::Stream && late_us == 0;
        let loss_per_mille = self.link(flight.from, flight.to).loss_per_mille;
        // What a lossy stream loses it sends again, later and later; datagrams overtake each other.
        let mut again_us = 0;
        while again_us < AGAIN_US_MAX && self.chance.per_mille(loss_per_mille) {
            again_us = (2 * again_us).max(if in_order { AGAIN_US } else { 2 * delay_us + 1 });
        }
        let link = self.link(flight.from, flight.to);
        let mut at_us = queue.now_us() + delay_us * link.far() + link.slow_us + again_us + late_us;
        if in_order {
            at_us = at_us.max(link.last_arrival_us);
            link.last_arrival_us = at_us;
        }
        queue.at(at_us, Event::Arrive(flight));
    }

    /// Whether a message that comes now to that life of its receiver was not lost on the way: with
    /// a connection that was reset, or, as part of a stream, with the life that it was sent to.
    pub(crate) fn arrives(&mut self, flight: &Flight, life: u64, now_us: u64) -> bool {
        let reaches = self.weather.style == Style::Datagram || flight.life == life;
        let link = self.link(flight.from, flight.to);
        reaches && (flight.epoch >= link.lost_before || now_us < link.lost_from_us)
    }

    /// A connection carries answers back to a process that nobody dials.
    pub(crate) fn answer_by(&mut self, from: usize, to: usize) {
        let link = self.link(from, to);
        link.up = true;
        link.epoch += 1;
    }

    /// A node connects to this one no more. As long as that one connects to it, it answers there.
    pub(crate) fn let_go(&mut self, from: usize, to: usize) {
        let is_answered = self.link(to, from).up;
        let link = self.link(from, to);
        link.held.clear();
        (link.up, link.believed) = (is_answered, false);
        link.epoch += 1;
    }

    /// Tries to connect to a peer that is up. True if it did.
    pub(crate) fn dial(&mut self, from: usize, to: usize) -> bool {
        let link = self.link(from, to);
        // What answers somebody is no connection of its own.
        let is_there = link.up && link.believed;
        if self.is_dead(from, to) || is_there {
            return false;
        }
        let link = self.link(from, to);
        link.up = true;
        link.believed = true;
        link.epoch += 1;
        true
    }

    /// Whether the sender believes that it is connected.
    pub(crate) fn is_believed(&mut self, from: usize, to: usize) -> bool {
        self.link(from, to).believed
    }

    /// Lets a pair try to connect before long.
    pub(crate) fn dial_soon(&mut self, queue: &mut EventQueue, from: usize, to: usize) {
        let delay_us = self.chance.below(self.weather.dial_us + 1);
        queue.after(delay_us, Event::Dial { from, to });
    }

    /// Cuts a link. Who sends over it notices later, or never.
    pub(crate) fn cut(&mut self, queue: &mut EventQueue, from: usize, to: usize) {
        self.link(from, to).cuts += 1;
        let backward = (self.weather.style == Style::Stream).then_some((to, from));
        for (from, to) in std::iter::once((from, to)).chain(backward) {
            let patience_us = self.chance.between(20_000, self.weather.patience_us);
            let epoch = self.link(from, to).epoch;
            queue.after(patience_us, Event::Break { from, to, epoch });
        }
    }

    /// One fault no longer cuts a link; what was held goes on its way if it was the last.
    pub(crate) fn mend(&mut self, queue: &mut EventQueue, from: usize, to: usize) {
        let link = self.link(from, to);
        link.cuts -= 1;
        if link.cuts > 0 {
            return;
        }
        let held = std::mem::take(&mut link.held);
        held.into_iter().for_each(|flight| self.fly(queue, flight));
        self.dial_soon(queue, from, to);
        self.dial_soon(queue, to, from);
    }

    /// A sender gives up a connection that is dead. True if it was up.
    pub(crate) fn give_up(&mut self, from: usize, to: usize, epoch: u64) -> bool {
        if !self.is_dead(from, to) || self.link(from, to).epoch != epoch {
            return false;
        }
        self.drop_link(from, to)
    }

    fn drop_link(&mut self, from: usize, to: usize) -> bool {
        let link = self.link(from, to);
        link.held.clear();
        std::mem::replace(&mut link.up, false)
    }

    /// The sender is told that this connection is gone. True if that is news.
    pub(crate) fn hang_up(&mut self, from: usize, to: usize, epoch: u64) -> bool {
        let link = self.link(from, to);
        link.epoch == epoch && !link.up && std::mem::replace(&mut link.believed, false)
    }

    /// A connection is reset, with all that is on its way; the sender hears of it before long.
    pub(crate) fn reset(&mut self, queue: &mut EventQueue, from: usize, to: usize) {
        if !self.drop_link(from, to) {
            return;
        }
        // It breaks at some byte: what went before it still arrives, what it was in the middle of
        // does not.
        let part = self.chance.percent(50);
        let delay_us = if part { self.weather.delay.draw(&mut self.chance) } else { 0 };
        let link = self.link(from, to);
        link.lost_before = link.epoch + 1;
        link.lost_from_us = queue.now_us() + delay_us;
        let epoch = link.epoch;
        queue.after(self.chance.below(5_000), Event::Hangup { from, to, epoch });
        self.dial_soon(queue, from, to);
    }

    /// A node is gone: so are the connections to it and from it. Its peers hear of theirs before
    /// long.
    pub(crate) fn crash(&mut self, queue: &mut EventQueue, node: usize) {
        for peer in (0..self.nodes).filter(|peer| *peer != node) {
            self.drop_link(node, peer);
            self.link(node, peer).believed = false;
            if self.drop_link(peer, node) {
                let epoch = self.link(peer, node).epoch;
                let delay_us = self.chance.below(100_000);
                queue.after(delay_us, Event::Hangup { from: peer, to: node, epoch });
            }
        }
    }

    /// A node is there again: it dials, and is dialled.
    pub(crate) fn boot(&mut self, queue: &mut EventQueue, node: usize) {
        for peer in (0..self.nodes).filter(|peer| *peer != node) {
            self.dial_soon(queue, node, peer);
            self.dial_soon(queue, peer, node);
        }
    }

    /// Makes every message of a link take longer, or stops that.
    pub(crate) fn slow(&mut self, from: usize, to: usize, by_us: i64) {
        let link = self.link(from, to);
        link.slow_us = link.slow_us.saturating_add_signed(by_us);
    }

    /// Makes what a link carries about this matter take longer, or stops that.
    pub(crate) fn slow_matter(&mut self, from: usize, to: usize, matter: Matter, by_us: i64) {
        let link = self.link(from, to);
        let late_us = match matter {
            Matter::Round => &mut link.round_us,
            Matter::Vote => &mut link.vote_us,
            Matter::Append => &mut link.append_us,
            Matter::Other => return,
        };
        *late_us = late_us.saturating_add_signed(by_us);
    }

    /// Makes a link lose messages, or stops that.
    pub(crate) fn spoil(&mut self, from: usize, to: usize, by_per_mille: i64) {
        let link = self.link(from, to);
        link.loss_per_mille = link.loss_per_mille.saturating_add_signed(by_per_mille);
    }

    /// From now on messages of datagram worlds are neither lost nor doubled.
    pub(crate) fn calm(&mut self) {
        self.weather.loss_per_mille = 0;
        self.weather.twice_per_mille = 0;
        self.weather.delay.tail_per_mille = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::chance::{Delay, Spread, Subject};

    const NOTHING: [u8; 0] = [];

    fn network(style: Style, loss_per_mille: u64) -> (Network, EventQueue) {
        let delay = Delay {
            base_us: 10,
            spread: Spread::Even,
            jitter_us: 1000,
            tail_per_mille: 0,
            tail_us: 0,
        };
        let weather = Weather {
            style,
            delay,
            far: 0,
            loss_per_mille,
            twice_per_mille: loss_per_mille,
            patience_us: 30_000,
            dial_us: 10,
        };
        let mut network = Network::new(2, weather, Chance::new(3, Subject::Network));
        assert!(network.dial(0, 1) && network.dial(1, 0));
        (network, EventQueue::default())
    }

    fn send(network: &mut Network, queue: &mut EventQueue, count: u8) {
        for number in 0..count {
            network.send(queue, (0, 1), (1, 1), Bytes::from(vec![number]), false);
        }
    }

    fn arrivals(network: &mut Network, queue: &mut EventQueue) -> Vec<u8> {
        let mut arrived = vec![];
        while let Some(event) = queue.next() {
            match event {
                Event::Arrive(flight) if network.arrives(&flight, 1, queue.now_us()) => {
                    arrived.push(flight.message[0]);
                }
                Event::Break { from, to, epoch } => {
                    network.give_up(from, to, epoch);
                }
                _ => {}
            }
        }
        arrived
    }

    #[test]
    fn a_stream_keeps_order_and_holds_what_is_sent_while_it_is_cut() {
        let (mut network, mut queue) = network(Style::Stream, 0);
        send(&mut network, &mut queue, 20);
        network.cut(&mut queue, 0, 1);
        let held = network.send(&mut queue, (0, 1), (1, 1), Bytes::from_static(&[20]), false);
        assert_eq!(held, Fate::Held);
        network.mend(&mut queue, 0, 1);
        assert_eq!(arrivals(&mut network, &mut queue), (0..=20).collect::<Vec<_>>());
    }

    #[test]
    fn a_cut_stream_is_given_up_in_both_directions() {
        let (mut network, mut queue) = network(Style::Stream, 0);
        network.cut(&mut queue, 0, 1);
        send(&mut network, &mut queue, 1);
        assert_eq!(arrivals(&mut network, &mut queue), NOTHING);
        assert_eq!(network.send(&mut queue, (1, 0), (1, 1), Bytes::new(), false), Fate::Lost);
        network.mend(&mut queue, 0, 1);
        assert_eq!(arrivals(&mut network, &mut queue), NOTHING, "what it held is gone with it");
        assert!(network.dial(0, 1));
    }

    #[test]
    fn datagrams_get_lost_come_twice_and_overtake() {
        let (mut network, mut queue) = network(Style::Datagram, 200);
        send(&mut network, &mut queue, 100);
        let arrived = arrivals(&mut network, &mut queue);
        assert!(!arrived.is_sorted());
        let times = |number: u8| arrived.iter().filter(|other| **other == number).count();
        assert!((0..100).any(|number| times(number) == 0));
        assert!((0..100).any(|number| times(number) == 2));
    }

    #[test]
    fn a_reset_loses_what_is_on_its_way() {
        let (mut network, mut queue) = network(Style::Stream, 0);
        send(&mut network, &mut queue, 5);
        network.reset(&mut queue, 0, 1);
        assert!(network.dial(0, 1));
        assert_eq!(arrivals(&mut network, &mut queue), NOTHING);
        send(&mut network, &mut queue, 2);
        assert_eq!(arrivals(&mut network, &mut queue), [0, 1]);
    }
}
