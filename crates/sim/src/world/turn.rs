//! How nodes take turns, and what they want done. Begin with [`World::turn`].

use node::{
    Certificate, Input, LogPlace, Now, Output, Reply, RequestId, SessionId, SnapshotNumber, Status,
    Vote,
};

use super::World;
use super::event::Answer;
use super::event::Event;
use super::panic;
use crate::invariants::NO_PANIC;
use crate::invariants::invariant::{Broken, Invariant, Turn, first_broken};
use crate::record::describe;
use crate::sabotage::Sabotage;

/// How long a turn takes that leaves something over.
const TURN_US: u64 = 20;

/// Whether it is for the disk, on which things keep their order.
fn is_for_disk(output: &Output) -> bool {
    matches!(
        output,
        Output::Persist { .. }
            | Output::BeginSnapshot(_)
            | Output::WriteSnapshot { .. }
            | Output::EndSnapshot(_)
            | Output::DropSnapshot(_)
    )
}

impl World {
    /// Something arrives at a node that runs; its turn comes at once, or when more may have come
    /// along.
    pub(super) fn hand(&mut self, host: usize, input: Input) {
        let machine = &mut self.hosts[host];
        if !machine.is_up() {
            return;
        }
        machine.inbox.push(input);
        if !std::mem::replace(&mut machine.turn_due, true) {
            let life = machine.life;
            let wait_us = self.plan.setting.gathering.draw(&mut self.turns);
            self.queue.after(wait_us, Event::Turn { host, life });
        }
    }

    pub(super) fn tick(&mut self, host: usize, life: u64) {
        if self.hosts[host].life != life || !self.hosts[host].is_up() {
            return;
        }
        self.queue.after(self.hosts[host].tick_us, Event::Tick { host, life });
        self.turn(host, life);
    }

    pub(super) fn wake(&mut self, host: usize) {
        let life = self.hosts[host].life;
        self.turn(host, life);
    }

    /// A node takes in all that arrived, if it can, and what it wants done is done.
    pub(super) fn turn(&mut self, host: usize, life: u64) {
        let now_us = self.now_us();
        let machine = &mut self.hosts[host];
        if machine.life != life || !machine.is_up() || machine.paused_until_us > now_us {
            return;
        }
        machine.turn_due = false;
        let now = machine.clock.now(now_us);
        let mut inputs = std::mem::take(&mut self.inputs);
        inputs.push(Input::Tick(now));
        inputs.append(&mut machine.inbox);
        let pretended = self.saboteur.pretend(&mut inputs);
        let asked_of = AskedOf::these(&inputs);
        let last = self.agreed_last(host);
        self.saboteur.steal(&mut inputs);
        let mut outputs = std::mem::take(&mut self.outputs);
        if let Some(status) = self.step(host, &mut inputs, &mut outputs) {
            self.look_at_turn(host, now, &asked_of, &outputs, &status);
        }
        let wake = Wake {
            vote: self.vote_in(host, &outputs),
            halts: outputs.iter().any(|output| matches!(output, Output::Halt { .. })),
            overwritten: self.agreed_last(host) < last,
        };
        self.maybe_thwart(host, &outputs);
        self.perform(host, &mut outputs);
        self.go_on(host, life);
        (self.inputs, self.outputs) = (inputs, outputs);
        self.follow(host, wake);
        for (session, id) in pretended {
            self.answer(host, (session, id), Reply::Ok, None);
        }
    }

    /// Asks the invariants about a turn that was just taken.
    fn look_at_turn(
        &mut self,
        host: usize,
        now: Now,
        asked_of: &AskedOf,
        outputs: &[Output],
        status: &Status,
    ) {
        let at_us = self.now_us();
        let machine = &self.hosts[host];
        let mut walls_ms = std::mem::take(&mut self.walls_ms);
        walls_ms.clear();
        walls_ms.extend(self.hosts.iter().map(|host| host.clock.now(at_us).wall_ms));
        let turn = Turn {
            host,
            life: machine.life,
            at_us,
            now,
            walls_ms: &walls_ms,
            asked: &asked_of.requests,
            writes: &asked_of.writes,
            closed: &asked_of.closed,
            outputs,
            status,
            groups: machine.disk.lengths().0,
            synced: machine.disk.lengths().1,
            view: machine.node.as_ref().expect("it has just had a turn"),
        };
        let is_copy = machine.is_copy;
        let broken = first_broken(&mut self.invariants, |invariant| {
            match invariant.of_copies() == is_copy {
                true => invariant.on_turn(&turn),
                false => Ok(()),
            }
        });
        self.walls_ms = walls_ms;
        self.fail_if(broken);
    }

    fn agreed_last(&self, host: usize) -> u64 {
        self.hosts[host].node.as_ref().map_or(0, |node| node.agreed_last().0)
    }

    /// What faults make of a turn, once it is performed.
    fn follow(&mut self, host: usize, Wake { vote, halts, overwritten }: Wake) {
        if let Some(term) = vote {
            self.after_vote(host, term);
        }
        if overwritten && self.hosts[host].dies_overwritten {
            self.after_overwrite(host);
        }
        if halts && self.hosts[host].is_copy {
            self.end_copy(host);
        } else if halts {
            self.after_removal(host);
        }
    }

    /// What a turn left over goes on in the next one, at once.
    fn go_on(&mut self, host: usize, life: u64) {
        let machine = &mut self.hosts[host];
        let more = machine.node.as_ref().is_some_and(|node| node.has_more());
        if more && machine.life == life && !std::mem::replace(&mut machine.turn_due, true) {
            self.queue.after(TURN_US, Event::Turn { host, life });
        }
    }

    /// The turn itself. An assertion that fails is a violation like any other.
    fn step(
        &mut self,
        host: usize,
        inputs: &mut Vec<Input>,
        outputs: &mut Vec<Output>,
    ) -> Option<Status> {
        let node = self.hosts[host].node.as_mut().expect("a node that takes a turn runs");
        let turned = panic::guard(|| {
            node.turn(inputs, outputs);
            node.status()
        });
        inputs.clear();
        let status = match turned {
            Ok(status) => status,
            Err(why) => {
                self.fail(NO_PANIC, format!("node {} panics: {why}", host + 1));
                return None;
            }
        };
        let machine = &mut self.hosts[host];
        if let Some(node) = machine.node.as_ref().filter(|_| self.plan.setting.has_keyspaces()) {
            self.serving[host].look(machine.life, node);
        }
        if let Some(node) = machine.node.as_ref().filter(|_| self.plan.setting.changes_members()) {
            self.operator.see(node);
        }
        if status.formed {
            let (groups, _) = machine.disk.lengths();
            // What says so may be among what it writes now.
            machine.formed_at.get_or_insert(groups + 1);
        }
        self.stats.turns += 1;
        self.stats.see(&status, self.queue.now_us());
        self.recorder.see(self.queue.now_us(), host, &status);
        self.trace.numbers(&[3, host as u64, status.term.0, status.commit.0, status.applied.0]);
        Some(status)
    }

    /// The term in which a node votes for another one with these outputs, while that matters.
    fn vote_in(&self, host: usize, outputs: &[Output]) -> Option<u64> {
        if self.coups == 0 {
            return None;
        }
        let others = outputs.iter().filter_map(|output| match output {
            Output::Send { message, .. } => Vote::in_message(message),
            _ => None,
        });
        let mut votes = others.filter(|vote| vote.candidate.0 != host as u64 + 1);
        votes.next().map(|vote| vote.term.0)
    }

    /// Asks every invariant.
    pub(super) fn look(&mut self, ask: impl FnMut(&mut dyn Invariant) -> Result<(), String>) {
        let broken = first_broken(&mut self.invariants, ask);
        self.fail_if(broken);
    }

    pub(super) fn fail_if(&mut self, broken: Option<Broken>) {
        if let Some((invariant, what)) = broken {
            self.fail(invariant, what);
        }
    }

    /// Does what a node wants done, in some order: only groups for the disk keep theirs. A doomed
    /// node dies on the way.
    fn perform(&mut self, host: usize, outputs: &mut Vec<Output>) {
        if outputs.is_empty() {
            return;
        }
        match self.turns.below(4) {
            0 => outputs.sort_by_key(is_for_disk),
            1 => outputs.sort_by_key(|output| !is_for_disk(output)),
            2 => outputs.sort_by_key(|output| !matches!(output, Output::Reply { .. })),
            _ => {}
        }
        let doomed = std::mem::take(&mut self.hosts[host].doomed);
        let end = if doomed { self.turns.index(outputs.len() + 1) } else { outputs.len() };
        for output in outputs.drain(..).take(end) {
            self.perform_one(host, output);
        }
        if doomed {
            self.crash(host);
        }
    }

    fn perform_one(&mut self, host: usize, output: Output) {
        let now_us = self.now_us();
        match output {
            Output::Persist { ticket, records } => {
                self.trace.numbers(&[4, host as u64, ticket.0]);
                self.trace.bytes(&records);
                self.hosts[host].disk.append(ticket, records);
                if self.hosts[host].disk.is_hasty() {
                    let place = LogPlace(self.hosts[host].disk.lengths().0 as u64 - 1);
                    self.hand(host, Input::Persisted { ticket, place });
                }
                self.sync(host);
            }
            Output::BeginSnapshot(number) => self.hosts[host].disk.begin_snapshot(number),
            Output::WriteSnapshot { number, bytes, hurry: _ } => {
                self.trace.bytes(&bytes);
                let bytes = self.hosts[host].disk.snapshots.write(&bytes);
                let life = self.hosts[host].life;
                let wait_us = self.hosts[host].disk.snapshot_takes_us(&mut self.disks);
                self.queue.after(wait_us, Event::Written { host, life, number, bytes });
            }
            Output::EndSnapshot(number) => {
                self.hosts[host].disk.snapshots.end();
                self.place(host, number);
            }
            Output::DropSnapshot(_) => self.hosts[host].disk.snapshots.give_up(),
            Output::ReadSnapshot { request, number, offset, bytes } => {
                let bytes = self.hosts[host].disk.snapshots.read(number, offset, bytes);
                self.hand(host, Input::SnapshotRead { request, bytes });
            }
            Output::ReadLog { request, place, bytes } => {
                let life = self.hosts[host].life;
                let wait_us = self.hosts[host].disk.read_takes_us(&mut self.disks);
                let read = Event::LogRead { host, life, request, place, bytes };
                self.queue.after(wait_us, read);
            }
            Output::Send { to, message, .. } => self.send(host, to, message),
            Output::SendBack { path, message } => self.send_back(host, path, message),
            // There is one connection for each life of a peer, and it holds as long.
            Output::Trust(_) | Output::HangUp(_) => {}
            Output::Peers(others) => {
                let peers = others.iter().map(|(id, _)| id.0 as usize - 1).collect();
                self.follow_peers(host, peers);
            }
            Output::Reply { session, id, reply, certificate } => {
                self.answer(host, (session, id), reply, certificate);
            }
            Output::Note(event) => {
                self.stats.fetches += u64::from(matches!(event, node::Event::Fetched(..)));
                self.trace.tell(now_us, || {
                    format!("node {} notes: {}", host + 1, describe::event(&event))
                });
                self.recorder.mark(now_us, Some(host), "note", || describe::event(&event));
            }
            // An invariant of its own has seen it.
            Output::Halt { .. } => {}
        }
    }

    /// A snapshot is complete: it will be in place some time later.
    fn place(&mut self, host: usize, number: SnapshotNumber) {
        let life = self.hosts[host].life;
        let wait_us = self.hosts[host].disk.snapshot_takes_us(&mut self.disks);
        self.queue.after(wait_us, Event::Placed { host, life, number });
    }

    /// A part of a snapshot is written.
    pub(super) fn written(&mut self, host: usize, life: u64, number: SnapshotNumber, bytes: u64) {
        if self.hosts[host].life == life {
            self.hand(host, Input::SnapshotWritten { number, bytes });
        }
    }

    /// A snapshot is put in place, if what it stands for is synced and there is room.
    pub(super) fn placed(&mut self, host: usize, life: u64, number: SnapshotNumber) {
        let machine = &mut self.hosts[host];
        if machine.life != life || !machine.is_up() || !machine.disk.snapshots.is_placing(number) {
            return;
        }
        if machine.full > 0 {
            machine.disk.snapshots.give_up();
            let why = "the disk is full".into();
            return self.hand(host, Input::SnapshotFailed { number, why });
        }
        match machine.disk.snapshots.place(machine.disk.lengths().1) {
            Some(bytes) => {
                self.stats.snapshots += 1;
                self.trace.numbers(&[11, host as u64, number.0]);
                self.hand(host, Input::SnapshotPlaced { number, bytes });
            }
            None => self.place(host, number),
        }
    }

    /// A part of the log is read, as it is by now.
    pub(super) fn log_read(
        &mut self,
        host: usize,
        life: u64,
        request: u64,
        place: LogPlace,
        bytes: usize,
    ) {
        if self.hosts[host].life != life {
            return;
        }
        let (groups, next) = self.hosts[host].disk.read(place, bytes);
        self.stats.log_reads += u64::from(!groups.is_empty());
        self.hand(host, Input::LogRead { request, groups, next });
    }

    fn sync(&mut self, host: usize) {
        let (now_us, life) = (self.now_us(), self.hosts[host].life);
        if let Some(at_us) = self.hosts[host].disk.begin_sync(now_us, &mut self.disks) {
            self.queue.at(at_us, Event::Synced { host, life });
        }
    }

    pub(super) fn synced(&mut self, host: usize, life: u64) {
        let machine = &mut self.hosts[host];
        if machine.life != life || !machine.is_up() {
            return;
        }
        let failure = machine.disk.take_failure();
        if failure.is_some() && self.saboteur.does(Sabotage::RetriedSync) {
            machine.disk.leave_hole();
        } else if let Some(fault) = failure {
            let now_us = self.now_us();
            self.trace.tell(now_us, || format!("node {}: a sync fails", host + 1));
            self.keep_down(fault, host, false);
            return;
        }
        let (mut tickets, place) = machine.disk.end_sync();
        // One ticket speaks for all before it; a driver may say only the last, or each.
        if self.disks.percent(50) {
            tickets.drain(..tickets.len().saturating_sub(1));
        }
        if !self.hosts[host].disk.is_hasty() {
            for ticket in tickets {
                self.hand(host, Input::Persisted { ticket, place });
            }
        }
        self.sync(host);
    }

    /// A node has answered: what may leave now goes to the client.
    fn answer(
        &mut self,
        host: usize,
        (session, id): (SessionId, RequestId),
        reply: Reply,
        certificate: Option<Box<Certificate>>,
    ) {
        let now_us = self.now_us();
        let served = self.serving[host].answers.clone();
        let answer = Answer { session, id, reply, certificate, served };
        self.trace.numbers(&[8, host as u64, answer.session.0, answer.id.0]);
        self.trace.bytes(describe::reply(&answer.reply).as_bytes());
        let Some((client, life, leaving)) = self.hosts[host].connections.answer(answer) else {
            return;
        };
        for answer in leaving {
            self.recorder.answer(now_us, answer.session, answer.id);
            let at_us = self.clients[client].answer_at(now_us);
            self.queue.at(at_us, Event::Answer { client, life, answer });
        }
    }
}

/// What a turn did that faults wait for.
struct Wake {
    /// It voted for another node, in this term.
    vote: Option<u64>,
    /// The node must not go on.
    halts: bool,
    /// The end of its agreed log is gone.
    overwritten: bool,
}

/// What clients want among the inputs of a turn.
#[derive(Default)]
struct AskedOf {
    requests: Vec<(SessionId, RequestId)>,
    /// Those of them that write.
    writes: Vec<(SessionId, RequestId)>,
    /// The connections that are closed.
    closed: Vec<SessionId>,
}

impl AskedOf {
    fn these(inputs: &[Input]) -> AskedOf {
        let mut asked = AskedOf::default();
        for input in inputs {
            match input {
                Input::Request { session, id, command, .. } => {
                    asked.requests.push((*session, *id));
                    asked.writes.extend(command.is_write().then_some((*session, *id)));
                }
                Input::Closed(session) => asked.closed.push(*session),
                _ => {}
            }
        }
        asked
    }
}
