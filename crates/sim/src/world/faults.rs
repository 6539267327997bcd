//! How faults begin and end. Begin with [`World::begin_fault`].

use node::{Input, Shortage};

use super::World;
use super::event::Event;
use super::fault_state::FaultState;
use crate::plan::fault::{Kind, Shape};
use crate::sabotage::Sabotage;

impl World {
    /// A fault of the plan begins.
    pub(super) fn begin_fault(&mut self, place: usize) {
        let fault = self.plan.faults[place].clone();
        let now_us = self.now_us();
        let host = fault.kind.target().map_or(0, |target| self.find(target));
        self.trace.numbers(&[11, fault.number as u64]);
        if !self.can_begin(&fault.kind, host) {
            self.trace.tell(now_us, || format!("fault {fault}: it has nothing to hit"));
            return;
        }
        self.faults[place].host = fault.kind.target().map(|_| host);
        self.stats.faults[fault.kind.place()] += 1;
        self.stats.faults_under_way += u64::from(self.open > 0);
        self.trace.tell(now_us, || format!("FAULT {fault}"));
        let hit = fault.kind.target().map(|_| host);
        self.recorder.begin_fault(now_us, place, &fault, hit, fault.kind.client());
        self.apply(place, &fault.kind, host, fault.until_us);
    }

    /// Whether a fault may begin there and has something to hit. Who never comes back must leave
    /// enough of the others.
    fn can_begin(&mut self, kind: &Kind, host: usize) -> bool {
        match kind {
            Kind::Loses { .. } => self.may_go(host),
            Kind::Rot { .. } => self.may_go(host) && self.hosts[host].disk.rot(&mut self.disks),
            Kind::HandOver { .. } | Kind::Overwrite { .. } => self.leader() == Some(host),
            Kind::Restore { empty, .. } => {
                self.may_go(host)
                    && self.is_known(host)
                    && (*empty || self.hosts[host].has_copies())
            }
            Kind::Clone { .. } => {
                let is_free = !self.hosts[self.members()].is_copy;
                is_free && self.is_known(host) && self.hosts[host].has_copies()
            }
            _ => true,
        }
    }

    /// Whether the others can do without this node: they are a majority, whatever else was damaged,
    /// and have all met. So they are whichever of those that are to go are gone by then.
    pub(super) fn may_go(&self, host: usize) -> bool {
        let bad = |place: usize| {
            let other = &self.hosts[place];
            let is_lost = other.disk.rotten().is_some() || other.disk.snapshots.are_lost();
            place == host || other.gone || other.is_copy || is_lost
        };
        let members = (0..self.members()).filter(|other| self.operator.is_member(*other));
        let mut members = members.map(|other| &self.hosts[other]);
        let settled = members.all(|other| other.gone || other.is_settled());
        let already = self.hosts[host].gone || self.hosts[host].disk.rotten().is_some();
        let voters = self.operator.voters();
        let (bad, good): (Vec<usize>, Vec<usize>) = voters.iter().partition(|place| bad(**place));
        let stay = good.iter().filter(|place| !self.operator.is_to_go(**place)).count();
        settled && !already && voters.contains(&host) && bad.len() < stay
    }

    fn apply(&mut self, place: usize, kind: &Kind, host: usize, until_us: u64) {
        let pairs = |shape: Shape| shape.pairs(host, self.members());
        match *kind {
            Kind::Crash { between_outputs, .. } => self.keep_down(place, host, between_outputs),
            Kind::Stop { .. } => self.stop(place, host),
            Kind::PowerCut => {
                (0..self.members()).for_each(|host| self.keep_down(place, host, false));
            }
            Kind::Coup => self.coup(place),
            Kind::Cut { shape, .. } => self.cut(place, pairs(shape)),
            Kind::Flap { shape, .. } => {
                self.faults[place].flapping = pairs(shape);
                self.flap(place);
            }
            Kind::Reset { .. } => {
                for (from, to) in pairs(Shape::Alone) {
                    self.network.reset(&mut self.queue, from, to);
                }
            }
            Kind::Slow { shape, by_us, .. } => {
                pairs(shape).into_iter().for_each(|link| self.slow(place, link, by_us as i64));
            }
            Kind::Loss { shape, per_mille, .. } => {
                for link in pairs(shape) {
                    self.network.spoil(link.0, link.1, per_mille as i64);
                    self.faults[place].spoiled.push((link, per_mille as i64));
                }
            }
            Kind::Stall { .. } => self.hosts[host].disk.stall(until_us),
            Kind::SlowDisk { by_us, .. } => {
                self.hosts[host].disk.slow(by_us as i64);
                self.faults[place].slow_disk = Some((host, by_us as i64));
            }
            Kind::SyncError { .. } => {
                self.hosts[host].disk.fail_next_sync(Some(place));
                self.faults[place].failing = Some(host);
            }
            Kind::Full { .. } => {
                self.hosts[host].full += 1;
                self.faults[place].full = Some(host);
                self.hand(host, Input::DiskFull(Some(Shortage::of_room())));
            }
            Kind::Rot { restarts, .. } => {
                if restarts {
                    self.keep_down(place, host, false);
                }
            }
            Kind::Loses { .. } => self.lose_machine(host),
            Kind::Pause { .. } => self.pause(host, until_us),
            Kind::Jump { by_ms, .. } => self.hosts[host].clock.jump(by_ms),
            Kind::Drift { by_ppm, .. } => {
                let now_us = self.now_us();
                self.hosts[host].clock.drift(now_us, by_ppm);
                self.faults[place].drifting = Some((host, by_ppm));
            }
            Kind::Client { client } => self.lose_connection(client),
            Kind::HandOver { ahead_ms, .. } => self.thwart(place, host, ahead_ms),
            Kind::SlowMatter { shape, matter, by_us, .. } => {
                for link in pairs(shape) {
                    self.network.slow_matter(link.0, link.1, matter, by_us as i64);
                    self.faults[place].held_up.push((link, matter, by_us as i64));
                }
            }
            Kind::Overwrite { .. } => {
                self.cut(place, pairs(Shape::Alone));
                self.hosts[host].dies_overwritten = true;
            }
            Kind::Restore { empty, .. } => self.restore(place, host, empty),
            Kind::Clone { .. } => self.clone_node(place, host),
            Kind::Members { errand } => self.begin_errand(place, errand),
        }
    }

    /// A fault of the plan ends.
    pub(super) fn end_fault(&mut self, place: usize) {
        if self.healed {
            return;
        }
        self.undo(place);
    }

    fn undo(&mut self, place: usize) {
        let now_us = self.now_us();
        let fault = &self.plan.faults[place];
        let fresh = FaultState::not_yet(self.plan.seed, fault.number);
        self.trace.numbers(&[12, fault.number as u64]);
        self.trace.tell(now_us, || format!("fault {} ends: {}", fault.number, fault.kind));
        self.recorder.end_fault(now_us, place);
        let host = self.faults[place].host;
        let over = std::mem::replace(&mut self.faults[place], FaultState { host, ..fresh });
        if let Some((host, life, _)) = over.stopping
            && self.hosts[host].life == life
        {
            self.crash(host);
            self.boot(host);
        }
        for host in over.down.iter().copied() {
            self.hosts[host].kept_down -= 1;
            self.hosts[host].doomed = false;
            self.boot(host);
        }
        self.undo_links(&over);
        self.undo_machines(&over);
        self.coups -= u32::from(over.coup);
    }

    fn undo_links(&mut self, over: &FaultState) {
        for (from, to) in &over.cut {
            self.network.mend(&mut self.queue, *from, *to);
        }
        for ((from, to), by_us) in &over.slowed {
            self.network.slow(*from, *to, -by_us);
        }
        for ((from, to), by_per_mille) in &over.spoiled {
            self.network.spoil(*from, *to, -by_per_mille);
        }
        for ((from, to), matter, by_us) in &over.held_up {
            self.network.slow_matter(*from, *to, *matter, -by_us);
        }
    }

    fn undo_machines(&mut self, over: &FaultState) {
        let now_us = self.now_us();
        if let Some((host, by_us)) = over.slow_disk {
            self.hosts[host].disk.slow(-by_us);
        }
        if let Some((host, by_ppm)) = over.drifting {
            self.hosts[host].clock.drift(now_us, -by_ppm);
        }
        if let Some((host, ahead_ms)) = over.ahead {
            self.hosts[host].clock.jump(-ahead_ms);
        }
        if let Some(host) = over.failing {
            self.hosts[host].disk.fail_next_sync(None);
        }
        if let Some(host) = over.full {
            self.hosts[host].full -= 1;
            let shortage = (self.hosts[host].full > 0).then(Shortage::of_room);
            self.hand(host, Input::DiskFull(shortage));
        }
    }

    /// All faults end: the network is whole, every node runs that is not lost, every disk works,
    /// every clock is right.
    pub(super) fn heal(&mut self) {
        let now_us = self.now_us();
        self.trace.tell(now_us, || "everything heals".into());
        self.recorder.heal(now_us);
        (0..self.plan.faults.len()).for_each(|place| self.undo(place));
        self.healed = true;
        self.network.calm();
        for host in 0..self.hosts.len() {
            self.hosts[host].disk.unstall();
            self.hosts[host].paused_until_us = 0;
            self.hosts[host].dies_overwritten = false;
            self.hosts[host].clock.set_right(now_us);
            self.queue.after(0, Event::Wake { host });
        }
        if self.saboteur.does(Sabotage::NoHealing) {
            self.cut_for_good(0);
        }
        self.begin_ending();
    }

    fn cut_for_good(&mut self, host: usize) {
        for (from, to) in Shape::Alone.pairs(host, self.members()) {
            self.network.cut(&mut self.queue, from, to);
        }
    }

    pub(super) fn cut(&mut self, place: usize, pairs: Vec<(usize, usize)>) {
        pairs.iter().for_each(|(from, to)| self.network.cut(&mut self.queue, *from, *to));
        self.faults[place].cut = pairs;
    }

    /// The links of a flapping fault stop carrying, or carry again.
    pub(super) fn flap(&mut self, place: usize) {
        let Kind::Flap { every_us, .. } = self.plan.faults[place].kind else { return };
        let pairs = self.faults[place].flapping.clone();
        if pairs.is_empty() {
            return;
        }
        let cut = std::mem::take(&mut self.faults[place].cut);
        if cut.is_empty() {
            self.cut(place, pairs);
        }
        for (from, to) in cut {
            self.network.mend(&mut self.queue, from, to);
        }
        let delay_us = every_us / 2 + self.faults[place].chance.below(every_us);
        self.queue.after(delay_us, Event::Flap { fault: place });
    }

    fn slow(&mut self, place: usize, (from, to): (usize, usize), by_us: i64) {
        self.network.slow(from, to, by_us);
        self.faults[place].slowed.push(((from, to), by_us));
    }

    fn coup(&mut self, place: usize) {
        for host in 0..self.members() {
            for link in Shape::Alone.pairs(host, self.members()) {
                let by_us = self.faults[place].chance.pick(&[0, 50_000, 300_000]);
                self.slow(place, link, by_us);
            }
        }
        self.faults[place].coup = true;
        self.coups += 1;
        self.queue.after(0, Event::Rebel { fault: place });
    }

    /// While a coup goes on, whoever leads dies now and then.
    pub(super) fn rebel(&mut self, place: usize) {
        if !self.faults[place].coup {
            return;
        }
        if let Some(leader) = self.leader() {
            self.stumble(leader);
        }
        let delay_us = self.faults[place].chance.between(100_000, 600_000);
        self.queue.after(delay_us, Event::Rebel { fault: place });
    }

    /// A node has voted for another one: while a coup goes on it dies now, once in a term.
    pub(super) fn after_vote(&mut self, host: usize, term: u64) {
        let done = std::mem::replace(&mut self.hosts[host].died_in_term, term);
        if done < term {
            self.stumble(host);
        }
    }
}
