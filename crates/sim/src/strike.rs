//! How faults strike and end.

use node::{Role, Status};

use crate::agenda::Event;
use crate::fault::{Kind, Target};
use crate::lie::Lie;
use crate::operation::Outcome;
use crate::world::World;

impl World {
    /// A fault of the plan begins.
    pub(crate) fn strike(&mut self, place: usize) {
        let fault = self.plan.faults[place].clone();
        let now_us = self.now_us();
        self.tally.faults[fault.kind.place()] += 1;
        let under_way = self.record.iter().rev().take(100).any(|op| op.outcome == Outcome::Open);
        self.tally.faults_under_way += u64::from(under_way);
        self.trace.numbers(&[11, place as u64]);
        self.trace.tell(now_us, || format!("FAULT {fault}"));
        match fault.kind {
            Kind::Crash { target, between_outputs } => {
                let host = self.find(target);
                self.keep_down(place, host, between_outputs);
            }
            Kind::PowerCut => {
                (0..self.hosts.len()).for_each(|host| self.keep_down(place, host, false));
            }
            Kind::Cut { target, shape } => {
                let pairs = shape.pairs(self.find(target), self.hosts.len());
                pairs.iter().for_each(|(from, to)| self.network.cut(&mut self.agenda, *from, *to));
                self.struck[place].pairs = pairs;
            }
            Kind::Reset { target } => {
                for (from, to) in self.links_of(target) {
                    self.network.reset(&mut self.agenda, from, to);
                }
            }
            Kind::Slow { target, by_us } => {
                let pairs = self.links_of(target);
                pairs.iter().for_each(|(from, to)| self.network.slow(*from, *to, by_us as i64));
                self.struck[place].pairs = pairs;
            }
            Kind::Stall { target } => {
                let host = self.find(target);
                self.hosts[host].disk.stall(fault.until_us);
            }
            Kind::Pause { target } => self.pause(target, fault.until_us),
            Kind::Jump { target, by_ms } => {
                let host = self.find(target);
                self.hosts[host].clock.jump(by_ms);
            }
            Kind::Client { client } => self.lose_line(client),
        }
    }

    /// A fault of the plan ends.
    pub(crate) fn mend(&mut self, place: usize) {
        if self.healed {
            return;
        }
        self.undo(place);
    }

    fn undo(&mut self, place: usize) {
        let now_us = self.now_us();
        let struck = std::mem::take(&mut self.struck[place]);
        self.trace.numbers(&[12, place as u64]);
        let kind = self.plan.faults[place].kind.clone();
        self.trace.tell(now_us, || format!("fault ends: {kind:?}"));
        for host in struck.down {
            self.hosts[host].kept_down -= 1;
            self.hosts[host].doomed = false;
            self.boot(host);
        }
        for (from, to) in struck.pairs {
            match kind {
                Kind::Slow { by_us, .. } => self.network.slow(from, to, -(by_us as i64)),
                _ => self.network.mend(&mut self.agenda, from, to),
            }
        }
    }

    /// All faults end: the network is whole, every node runs, every disk works.
    pub(crate) fn heal(&mut self) {
        let now_us = self.now_us();
        self.trace.tell(now_us, || "everything heals".into());
        (0..self.plan.faults.len()).for_each(|place| self.undo(place));
        self.healed = true;
        self.network.calm();
        for host in 0..self.hosts.len() {
            self.hosts[host].disk.unstall();
            self.hosts[host].paused_until_us = 0;
            self.agenda.after(0, Event::Wake { host });
        }
        if self.liar.tells(Lie::NoHealing) {
            for (from, to) in self.links_of(Target::Node(0)) {
                self.network.cut(&mut self.agenda, from, to);
            }
        }
        self.begin_ending();
    }

    fn find(&self, target: Target) -> usize {
        match target {
            Target::Node(host) => host,
            Target::Leader(otherwise) => self.leader().unwrap_or(otherwise),
        }
    }

    /// The node that leads the latest term.
    fn leader(&self) -> Option<usize> {
        let leads = |(host, status): (usize, Status)| {
            (status.role == Role::Leader).then_some((status.term, host))
        };
        self.statuses().into_iter().flatten().enumerate().filter_map(leads).max().map(|it| it.1)
    }

    /// How every node sees itself, if it runs.
    pub(crate) fn statuses(&self) -> Vec<Option<Status>> {
        self.hosts.iter().map(|host| host.node.as_ref().map(|node| node.status())).collect()
    }

    fn links_of(&self, target: Target) -> Vec<(usize, usize)> {
        let host = self.find(target);
        let peers = (0..self.hosts.len()).filter(|peer| *peer != host);
        peers.flat_map(|peer| [(host, peer), (peer, host)]).collect()
    }

    fn keep_down(&mut self, place: usize, host: usize, between_outputs: bool) {
        self.struck[place].down.push(host);
        self.hosts[host].kept_down += 1;
        if between_outputs && self.hosts[host].is_up() {
            self.hosts[host].doomed = true;
        } else {
            self.crash(host);
        }
    }

    fn pause(&mut self, target: Target, until_us: u64) {
        let host = self.find(target);
        let machine = &mut self.hosts[host];
        machine.paused_until_us = machine.paused_until_us.max(until_us);
        self.agenda.at(until_us, Event::Wake { host });
    }
}

/// What a fault did, so that it can be undone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struck {
    /// Links that it cut or slowed.
    pub(crate) pairs: Vec<(usize, usize)>,
    /// Nodes that it keeps down.
    pub(crate) down: Vec<usize>,
}
