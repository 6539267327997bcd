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
        let hit = fault.kind.target().map(|target| self.find(target));
        self.recorder.strike(now_us, place, &fault, hit, fault.kind.client());
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
                self.struck[place].cut = pairs;
            }
            Kind::Reset { target } => {
                for (from, to) in self.links_of(target) {
                    self.network.reset(&mut self.agenda, from, to);
                }
            }
            Kind::Slow { target, by_us } => {
                let links = self.links_of(target);
                links.into_iter().for_each(|link| self.slow(place, link, by_us as i64));
            }
            Kind::Coup => self.coup(place),
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
        self.recorder.mend(now_us, place);
        for host in struck.down {
            self.hosts[host].kept_down -= 1;
            self.hosts[host].doomed = false;
            self.boot(host);
        }
        for (from, to) in struck.cut {
            self.network.mend(&mut self.agenda, from, to);
        }
        for ((from, to), by_us) in struck.slowed {
            self.network.slow(from, to, -by_us);
        }
        self.coups -= u32::from(struck.coup);
    }

    /// All faults end: the network is whole, every node runs, every disk works.
    pub(crate) fn heal(&mut self) {
        let now_us = self.now_us();
        self.trace.tell(now_us, || "everything heals".into());
        self.recorder.heal(now_us);
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

    fn slow(&mut self, place: usize, (from, to): (usize, usize), by_us: i64) {
        self.network.slow(from, to, by_us);
        self.struck[place].slowed.push(((from, to), by_us));
    }

    fn coup(&mut self, place: usize) {
        for host in 0..self.hosts.len() {
            for link in self.links_of(Target::Node(host)) {
                let by_us = self.strikes.pick(&[0, 50_000, 300_000]);
                self.slow(place, link, by_us);
            }
        }
        self.struck[place].coup = true;
        self.coups += 1;
        self.agenda.after(0, Event::Rebel);
    }

    /// While a coup goes on, whoever leads dies now and then.
    pub(crate) fn rebel(&mut self) {
        if self.coups == 0 {
            return;
        }
        if let Some(leader) = self.leader() {
            self.stumble(leader);
        }
        let delay_us = self.strikes.between(100_000, 600_000);
        self.agenda.after(delay_us, Event::Rebel);
    }

    /// A node has voted for another one: while a coup goes on it dies now, once in a term.
    pub(crate) fn after_vote(&mut self, host: usize, term: u64) {
        let done = std::mem::replace(&mut self.hosts[host].died_in_term, term);
        if done < term {
            self.stumble(host);
        }
    }

    /// A node dies, and starts again at once.
    fn stumble(&mut self, host: usize) {
        self.crash(host);
        let delay_us = self.strikes.between(200, 8_000);
        self.agenda.after(delay_us, Event::Boot { host });
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
    /// Links that it cut.
    cut: Vec<(usize, usize)>,
    /// Links that it slowed, and by how much.
    slowed: Vec<((usize, usize), i64)>,
    /// Whether it makes voters die.
    coup: bool,
    /// Nodes that it keeps down.
    down: Vec<usize>,
}
