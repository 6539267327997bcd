//! How nodes start and end, and which of them runs. Begin with [`World::boot`].

use node::{Boot, Index, Input, NodeId, Role, Shortage, Status};

use super::World;
use super::event::Event;
use super::panic;
use crate::env::host::Host;
use crate::plan::fault::Target;

/// How long a node that was told to end goes on at most, and how often is looked whether it may
/// end.
const STOP_US_MAX: u64 = 1_000_000;
const STOP_LOOK_US: u64 = 2_000;

impl World {
    /// A node starts, unless a fault keeps it down.
    pub(super) fn boot(&mut self, host: usize) {
        let now_us = self.now_us();
        if self.hosts[host].is_up() || self.hosts[host].kept_down > 0 {
            return;
        }
        if self.hosts[host].gone || self.hosts[host].is_spare || self.hosts[host].is_retired {
            return;
        }
        if let Some(group) = self.hosts[host].disk.rotten() {
            let (groups, _) = self.hosts[host].disk.lengths();
            let node = host + 1;
            self.trace.tell(now_us, || {
                format!("node {node}: the log is damaged: group {group} of {groups}")
            });
            self.lose_machine(host);
            return;
        }
        if !self.healed
            && let Some(off_ms) = self.hosts[host].wake(now_us)
        {
            self.trace.tell(now_us, || format!("node {}: its clock is {off_ms} ms off", host + 1));
        }
        let may_lose = !self.healed && self.may_lose_state(host);
        let booted = match panic::guard(|| self.hosts[host].boot(now_us, may_lose)) {
            Ok(booted) => booted.map_err(|error| error.to_string()),
            Err(why) => Err(why),
        };
        if booted.is_err() && self.hosts[host].is_copy {
            self.end_copy(host);
            return;
        }
        if booted.is_err() && self.operator.has_removed(host) {
            self.retire(host);
            return;
        }
        if let Err(why) = booted {
            self.fail("alive", format!("node {} does not start: {why}", host + 1));
            return;
        }
        let life = self.hosts[host].life;
        self.trace.numbers(&[1, host as u64, life]);
        self.trace.tell(now_us, || format!("node {} starts", host + 1));
        self.recorder.mark(now_us, Some(host), "start", || "starts".into());
        self.network.boot(&mut self.queue, host);
        self.queue.after(0, Event::Tick { host, life });
        if self.hosts[host].full > 0 {
            self.hand(host, Input::DiskFull(Some(Shortage::of_room())));
        }
    }

    /// The process dies now.
    pub(super) fn crash(&mut self, host: usize) {
        if !self.hosts[host].is_up() {
            return;
        }
        let (clients, lost) = self.hosts[host].crash(&mut self.disks);
        let now_us = self.now_us();
        self.trace.numbers(&[2, host as u64, lost as u64]);
        self.trace.tell(now_us, || format!("node {} dies; {lost} groups lost", host + 1));
        self.recorder.mark(now_us, Some(host), "crash", || format!("dies; {lost} groups lost"));
        self.recorder.lose(now_us, host);
        self.stats.groups_lost += lost as u64;
        self.network.crash(&mut self.queue, host);
        self.leave(host);
        for (client, life) in clients {
            self.queue.after(self.turns.below(50_000), Event::Lost { client, life });
        }
    }

    /// Whether the others have all that this node, which is down, would lose with its snapshots.
    fn may_lose_state(&self, host: usize) -> bool {
        let all = &self.hosts[host].last_vector;
        let holds = |status: Option<Status>| {
            let vector = status.map_or(vec![], |status| status.vector);
            let has = |place: &(NodeId, Boot, Index)| {
                vector.iter().any(|at| at.0 == place.0 && (at.1, at.2) >= (place.1, place.2))
            };
            all.iter().all(has)
        };
        let is_other = |at: usize| at != host && self.operator.is_member(at);
        let mut others = self.statuses().into_iter().enumerate().filter(|(at, _)| is_other(*at));
        !self.hosts[host].is_copy && self.may_go(host) && others.all(|(_, status)| holds(status))
    }

    /// A node dies, and starts again at once.
    pub(super) fn stumble(&mut self, host: usize) {
        self.crash(host);
        let delay_us = self.turns.between(200, 8_000);
        self.queue.after(delay_us, Event::Boot { host });
    }

    pub(super) fn pause(&mut self, host: usize, until_us: u64) {
        let machine = &mut self.hosts[host];
        machine.paused_until_us = machine.paused_until_us.max(until_us);
        self.queue.at(until_us, Event::Wake { host });
    }

    pub(super) fn keep_down(&mut self, place: usize, host: usize, between_outputs: bool) {
        self.faults[place].down.push(host);
        self.hosts[host].kept_down += 1;
        if between_outputs && self.hosts[host].is_up() {
            self.hosts[host].doomed = true;
        } else {
            self.crash(host);
        }
    }

    /// A node is told to end.
    pub(super) fn stop(&mut self, place: usize, host: usize) {
        let latest_us = self.now_us() + STOP_US_MAX;
        self.faults[place].stopping = Some((host, self.hosts[host].life, latest_us));
        self.hand(host, Input::Ending);
        self.queue.after(STOP_LOOK_US, Event::Stop { fault: place });
    }

    /// A node that was told to end does so if it may, or waited long enough.
    pub(super) fn look_at_stop(&mut self, place: usize) {
        let Some((host, life, latest_us)) = self.faults[place].stopping else { return };
        let machine = &self.hosts[host];
        let Some(node) = machine.node.as_ref().filter(|_| machine.life == life) else { return };
        if !node.may_end() && self.now_us() < latest_us {
            self.queue.after(STOP_LOOK_US, Event::Stop { fault: place });
            return;
        }
        self.faults[place].stopping = None;
        self.keep_down(place, host, false);
    }

    /// A machine is gone for good, with its disk.
    pub(super) fn lose_machine(&mut self, host: usize) {
        let now_us = self.now_us();
        self.trace.tell(now_us, || format!("node {} never comes back", host + 1));
        self.crash(host);
        self.hosts[host].gone = true;
    }

    pub(super) fn find(&self, target: Target) -> usize {
        match target {
            Target::Node(host) => host,
            Target::Leader(otherwise) => self.leader().unwrap_or(otherwise),
        }
    }

    /// The node that leads the latest term.
    pub(super) fn leader(&self) -> Option<usize> {
        let leads = |(host, status): (usize, Option<Status>)| {
            let status = status.filter(|status| status.role == Role::Leader)?;
            Some((status.term, host))
        };
        self.statuses().into_iter().enumerate().filter_map(leads).max().map(|(_, host)| host)
    }

    /// How every member sees itself, if it runs. A copy is none.
    pub(super) fn statuses(&self) -> Vec<Option<Status>> {
        let status = |host: &Host| host.node.as_ref().map(|node| node.status());
        let members = self.hosts[..self.members()].iter();
        members.map(|host| status(host).filter(|_| !host.is_copy)).collect()
    }
}
