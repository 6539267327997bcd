//! The node: takes in all that arrived together, and says what is to be done about it.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use crate::agreed::{Agreed, Read};
use crate::api::{
    Certificate, Config, Error, Event, Input, Level, NodeId, Now, Order, Output, PathId, Reply,
    Role, Shortage, Status, TICK_MS, TURN_STEPS, Ticket, Waits,
};
use crate::cluster::clocks::Clocks;
use crate::cluster::{Members, order_name};
use crate::commands::{Command, View};
use crate::counting::{Count, Counts, LongRead, Past, Progress};
use crate::keyspace::{Keyspace, Keyspaces};
use crate::limits::Limits;
use crate::merged::Merged;
use crate::random::Random;
use crate::session::{self, Kind, Request, Sessions, Waiter};
use crate::store::TOGETHER;
use crate::turn::{Budget, Identity, Share, Turn};
use crate::wire::group::RecordGroup;
use crate::wire::lent::Lent;
use crate::wire::message::{Body, Message};
use crate::wire::record::Known;

/// One member of the cluster.
///
/// - Nothing is sent before its boot is on disk; nothing is taken part in before all members have met.
/// - No client is served before a member has confirmed this start.
#[derive(Debug)]
pub struct Node {
    config: Config,
    limits: Limits,
    identity: Identity,
    now: Now,
    clocks: Clocks,
    expired_ms: u64,
    /// Whether the boot is on disk.
    started: bool,
    /// Whether it must not go on.
    halted: bool,
    /// Whether it is about to end.
    ending: bool,
    /// The members that there is a path to.
    connected: BTreeSet<NodeId>,
    /// How much a turn does of each kind of work.
    turn_steps: usize,
    budget: Budget,
    /// What came and waits for the next turn, from peers and from clients.
    from_peers: VecDeque<Input>,
    from_clients: VecDeque<Input>,
    counts: Counts,
    keyspaces: Keyspaces,
    /// For what is to be random in answers.
    random: Random,
    disk: RecordGroup,
    lent: Lent,
    sessions: Sessions,
    members: Members,
    agreed: Agreed,
    merged: Merged,
}

/// Borrows of a node what its parts may use during a turn.
macro_rules! turn {
    ($node:ident, $outputs:ident) => {
        &mut Turn {
            now: $node.now,
            clock_agrees: $node.clocks.agrees(),
            ending: $node.ending,
            clock_waits: $node.clocks.waits(),
            log_ms: $node.clocks.log_ms($node.now),
            identity: $node.identity,
            disk: &mut $node.disk,
            sessions: &mut $node.sessions,
            counts: &mut $node.counts,
            budget: &mut $node.budget,
            random: &mut $node.random,
            outputs: $outputs,
            lent: &mut $node.lent,
            halted: &mut $node.halted,
        }
    };
}

impl Node {
    pub(crate) fn new(
        config: Config,
        identity: Identity,
        disk: RecordGroup,
        members: Members,
        agreed: Agreed,
        merged: Merged,
    ) -> Node {
        /// Another stream of chance than that of elections.
        const ANSWERS: u64 = 0x616e_7377_6572;
        let keyspaces = Keyspaces::new(&config);
        let random = Random::new(config.seed ^ ANSWERS);
        let clocks = Clocks::new(identity.id, members.ids(), config.max_clock_drift_ms);
        Node {
            config,
            limits: Limits::default(),
            identity,
            now: Now::default(),
            clocks,
            expired_ms: 0,
            started: mutant!(SpeaksBeforeBoot, false, true),
            halted: false,
            ending: false,
            connected: BTreeSet::new(),
            turn_steps: TURN_STEPS,
            budget: Budget::default(),
            from_peers: VecDeque::new(),
            from_clients: VecDeque::new(),
            counts: Counts::default(),
            keyspaces,
            random,
            disk,
            lent: Lent::default(),
            sessions: Sessions::default(),
            members,
            agreed,
            merged,
        }
    }

    /// Takes in all that arrived together and says what is to be done about it. Drains `inputs`.
    ///
    /// A turn does no more than so much, whatever came and however long it is; if [`Node::has_more`] says so, the next one is due
    /// at once, after whatever else the driver has to do. After [`Output::Halt`] it does nothing any more.
    pub fn turn(&mut self, inputs: &mut Vec<Input>, outputs: &mut Vec<Output>) {
        self.budget = Budget::new(self.turn_steps);
        self.touch(inputs);
        for input in inputs.drain(..) {
            self.sort(input, outputs);
        }
        if self.halted {
            return;
        }
        if self.takes_part() {
            self.clocks.begin(self.now);
        }
        loop {
            self.start_waiting(outputs);
            if !self.takes_part() {
                break;
            }
            let agreed = self.agreed.work(turn!(self, outputs));
            if self.halted {
                return;
            }
            let merged = self.merged.work(turn!(self, outputs));
            if !agreed && !merged {
                break;
            }
        }
        self.count(outputs);
        self.agreed.state().clean_up();
        self.disk.close(outputs);
    }

    /// Has the processor fetch what these requests are about to read; see [`crate::store::Store::touch`].
    fn touch(&self, inputs: &[Input]) {
        let view = self.view(self.keyspaces.default().order);
        let read = |input| match input {
            &Input::Request { ref command, .. } if !command.is_write() => command.sole_key(),
            _ => None,
        };
        let mut keys = inputs.iter().take(TOUCHED_MAX).filter_map(read);
        let mut together = Vec::with_capacity(TOGETHER);
        loop {
            together.clear();
            together.extend(keys.by_ref().take(TOGETHER));
            if together.len() < 2 {
                return;
            }
            view.touch(&together);
        }
    }

    /// Whether something that could be done was left for the next turn.
    pub fn has_more(&self) -> bool {
        if self.halted {
            return false;
        }
        let waits = !self.from_peers.is_empty() || !self.from_clients.is_empty();
        waits || (self.takes_part() && self.has_work())
    }

    /// How many requests wait for a turn that takes them in.
    pub fn requests_left(&self) -> usize {
        self.from_clients.len()
    }

    fn has_work(&self) -> bool {
        self.agreed.has_more()
            || self.merged.has_more()
            || (self.serves() && self.sessions.has_runnable())
            || !self.counts.is_empty()
            || self.agreed.has_garbage()
    }

    /// Turns are to do no more than so many steps of each kind of work.
    pub fn set_turn_steps(&mut self, steps: usize) {
        assert!(steps > 0, "a turn that may do nothing gets nowhere");
        self.turn_steps = steps;
    }

    /// What waits, and what goes together, is limited so.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.agreed.set_limits(limits);
        self.merged.set_limits(limits);
    }

    /// Whether it stands inside an entry of the agreed log, of which the first writes are applied and the others not.
    pub fn is_within_entry(&self) -> bool {
        self.agreed.is_within_entry()
    }

    /// What keeps requests at the default level from being answered now; nothing: it is ready.
    pub fn waits_for(&self) -> Option<Waits> {
        self.waits(self.keyspaces.default().order)
    }

    /// How the node sees itself and the cluster.
    pub fn status(&self) -> Status {
        let Keyspace { order, level, .. } = *self.keyspaces.default();
        let keys = self.view(order).keys();
        let waits = self.waits_for();
        Status {
            id: self.identity.id,
            members: self.members.ids().to_vec(),
            boot: self.identity.life.boot,
            order,
            level,
            directory: self.identity.directory,
            cluster: self.members.cluster().map(|cluster| cluster.id),
            formed: self.members.is_formed(),
            ready: waits.is_none(),
            waits,
            agreed_ready: self.waits(Order::Agreed).is_none(),
            role: self.agreed.role(),
            leader: self.agreed.leader(),
            term: self.agreed.term(),
            commit: self.agreed.commit(),
            applied: self.agreed.applied(),
            vector: self.merged.vector().iter().map(|(id, at)| (id, at.boot, at.index)).collect(),
            keys,
            disk_full: self.disk.is_full(),
            clock_agrees: self.clocks.agrees(),
            clocks: self.clocks.measured(self.now).collect(),
        }
    }

    /// Whether the others get on without this node: it does not lead and knows who does, or there is nobody to hand over to.
    pub fn may_end(&self) -> bool {
        let follows = self.agreed.role() == Role::Follower && self.agreed.leader().is_some();
        follows || !self.takes_part() || self.connected.is_empty()
    }

    /// What keeps requests on keyspaces of this order from being answered at their levels.
    fn waits(&self, order: Order) -> Option<Waits> {
        if !self.started {
            return Some(Waits::Disk);
        }
        let waits = self.members.waits();
        if waits.is_some() || order == Order::Merged {
            return waits;
        }
        match self.agreed.leader() {
            // Sequential reads go on without one, and so do the writes that they wait for once there is one again.
            None if self.keyspaces.default().level == Level::Linearizable
                || !self.agreed.is_fresh() =>
            {
                Some(Waits::Leader(self.members.unheard()))
            }
            _ => (!self.agreed.is_fresh()).then_some(Waits::Quorum),
        }
    }

    // For whoever looks at it from outside.

    /// How its messages name it.
    pub(crate) fn sender(&self) -> (NodeId, Known) {
        let Identity { id, directory, life } = self.identity;
        (id, Known { directory, life })
    }

    /// The order of the keyspace `default`.
    pub(crate) fn order(&self) -> Order {
        self.keyspaces.default().order
    }

    pub(crate) fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    pub(crate) fn members(&self) -> &Members {
        &self.members
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn merged(&self) -> &Merged {
        &self.merged
    }

    fn takes_part(&self) -> bool {
        self.started && self.members.is_formed()
    }

    /// Whether it may answer clients.
    fn serves(&self) -> bool {
        self.takes_part() && self.members.is_confirmed()
    }

    /// Takes an input in at once, or puts it behind those of its kind that wait.
    fn sort(&mut self, input: Input, outputs: &mut Vec<Output>) {
        match input {
            Input::Tick(_) => {
                self.take_in(input, outputs);
                self.take_waiting(outputs);
            }
            Input::Persisted(_) | Input::DiskFull(_) | Input::Ending => {
                self.take_in(input, outputs);
            }
            Input::Receive { .. }
            | Input::Left(_)
            | Input::Connected(_)
            | Input::Disconnected(_) => {
                if self.from_peers.is_empty() && !self.budget.messages.is_spent() {
                    self.take_from_peer(input, outputs);
                } else {
                    self.from_peers.push_back(input);
                }
            }
            Input::Request { .. } | Input::Certify { .. } | Input::Closed(_) => {
                if self.from_clients.is_empty() && !self.budget.requests.is_spent() {
                    self.take_from_client(input, outputs);
                } else {
                    self.from_clients.push_back(input);
                }
            }
        }
    }

    /// Takes in what waits since earlier turns, as much as this one may.
    fn take_waiting(&mut self, outputs: &mut Vec<Output>) {
        while !self.budget.messages.is_spent()
            && let Some(input) = self.from_peers.pop_front()
        {
            self.take_from_peer(input, outputs);
        }
        while !self.budget.requests.is_spent()
            && let Some(input) = self.from_clients.pop_front()
        {
            self.take_from_client(input, outputs);
        }
    }

    fn take_from_peer(&mut self, input: Input, outputs: &mut Vec<Output>) {
        let bytes = if let Input::Receive { message, .. } = &input { message.len() } else { 0 };
        self.budget.messages.spend(1, bytes);
        self.take_in(input, outputs);
    }

    fn take_from_client(&mut self, input: Input, outputs: &mut Vec<Output>) {
        let bytes = match &input {
            Input::Request { command, .. } => command.weight(),
            _ => 0,
        };
        self.budget.requests.spend(1, bytes);
        self.take_in(input, outputs);
    }

    fn take_in(&mut self, input: Input, outputs: &mut Vec<Output>) {
        if self.halted {
            return;
        }
        match input {
            Input::Tick(now) => self.on_tick(now, outputs),
            Input::Persisted(ticket) => self.on_persisted(ticket, outputs),
            Input::Request { session, id, level, command } => {
                let since_ms = self.now.monotonic_ms;
                let waiter = Waiter { session, id, since_ms, certify: false };
                match self.admissible(level, &command) {
                    Ok((keyspace, level)) => {
                        self.on_request(Request { waiter, keyspace, level, command }, outputs);
                    }
                    Err(error) => outputs.push(session::reply_to(&waiter, Reply::Error(error))),
                }
            }
            Input::DiskFull(shortage) => self.on_disk(shortage, outputs),
            Input::Certify { session, on } => self.sessions.certify(session, on),
            Input::Closed(session) => {
                self.sessions.close(session);
                self.counts.close(session);
            }
            Input::Ending => self.on_ending(outputs),
            // Before the boot is on disk nothing may be said, so nothing is heard either.
            Input::Receive { path, message } if self.started => {
                self.on_bytes(path, &message, outputs);
            }
            Input::Receive { .. } => {}
            Input::Left(path) => self.members.on_left(path, turn!(self, outputs)),
            Input::Connected(peer) => {
                self.connected.insert(peer);
                if self.started {
                    self.on_connected(peer, outputs);
                }
            }
            Input::Disconnected(peer) => {
                self.connected.remove(&peer);
                if self.takes_part() {
                    self.agreed.on_disconnected(peer);
                }
            }
        }
    }

    fn on_tick(&mut self, now: Now, outputs: &mut Vec<Output>) {
        // A driver's clock may stand still, but what was seen of it never goes back.
        self.now.monotonic_ms = self.now.monotonic_ms.max(now.monotonic_ms);
        self.now.wall_ms = now.wall_ms;
        self.agreed.begin(self.now.monotonic_ms);
        if self.started {
            self.members.on_tick(turn!(self, outputs));
        }
        if self.takes_part() {
            self.clocks.on_tick(turn!(self, outputs));
            self.agreed.on_tick(turn!(self, outputs));
            self.merged.on_tick(turn!(self, outputs));
            self.hand_over(outputs);
        }
        self.expire(outputs);
    }

    /// Has another member lead if this one should not: one that is fit, or, before this node ends, any that it reaches.
    fn hand_over(&mut self, outputs: &mut Vec<Output>) {
        let should = self.ending || !self.clocks.agrees() || self.disk.is_full();
        if !should || self.agreed.role() != Role::Leader {
            return;
        }
        let mut to: Vec<NodeId> =
            mutant!(HandsOverToUnfit, self.clocks.fit().collect(), self.members.ids().to_vec());
        if self.ending {
            to.retain(|id| self.connected.contains(id));
            if to.is_empty() {
                to.extend(&self.connected);
            }
        }
        self.agreed.hand_over(to, turn!(self, outputs));
    }

    fn on_ending(&mut self, outputs: &mut Vec<Output>) {
        self.ending = true;
        if self.takes_part() {
            // The others are to know that this node is no successor of theirs.
            self.clocks.ask(turn!(self, outputs));
            self.hand_over(outputs);
        }
    }

    /// Answers what cannot be answered in time. Time is looked at once a tick, so it is done one tick early.
    fn expire(&mut self, outputs: &mut Vec<Output>) {
        let now = self.now.monotonic_ms;
        if mutant!(NeverExpires, now < self.expired_ms + TICK_MS / 2, true) {
            return;
        }
        self.expired_ms = now;
        let timeout = self.config.request_timeout_ms;
        let Some(oldest_ms) = (now + (2 * TICK_MS).min(timeout / 2)).checked_sub(timeout) else {
            return;
        };
        let why = match self.members.waits() {
            None => WAITED,
            Some(Waits::Formation(_)) => NOT_FORMED,
            Some(_) => NOT_CONFIRMED,
        };
        self.agreed.expire(oldest_ms, turn!(self, outputs));
        self.merged.expire(oldest_ms, turn!(self, outputs));
        self.sessions.expire(oldest_ms, why, outputs);
        for waiter in self.counts.expire(oldest_ms) {
            turn!(self, outputs).refuse_read(&waiter, Error::ClusterDown(NOT_COUNTED));
        }
    }

    fn on_persisted(&mut self, ticket: Ticket, outputs: &mut Vec<Output>) {
        self.disk.on_persisted(ticket);
        if !self.started {
            self.started = true;
            self.sessions.wake_all();
        }
        self.members.on_persisted(ticket, turn!(self, outputs));
        self.greet_settled(outputs);
        self.agreed.on_persisted(ticket, turn!(self, outputs));
        self.merged.on_persisted(ticket, turn!(self, outputs));
    }

    fn on_disk(&mut self, shortage: Option<Shortage>, outputs: &mut Vec<Output>) {
        if shortage.as_ref() == self.disk.shortage() {
            return;
        }
        outputs.push(Output::Note(Event::Disk(shortage.clone())));
        let refusal = shortage.as_ref().map(full);
        self.disk.set_shortage(shortage);
        if self.takes_part() {
            // The others are to know at once whether this node is fit to lead.
            self.clocks.ask(turn!(self, outputs));
        }
        if let Some(refusal) = refusal {
            self.agreed.refuse_unsent(&refusal, turn!(self, outputs));
            self.merged.refuse_gathered(&refusal, turn!(self, outputs));
        }
    }

    fn on_connected(&mut self, peer: NodeId, outputs: &mut Vec<Output>) {
        self.members.on_connected(peer, turn!(self, outputs));
        if self.members.is_formed() {
            self.greet(peer, outputs);
        }
    }

    /// The way to a member is new, or it believes this node from now on: what was said before may be lost.
    fn greet(&mut self, peer: NodeId, outputs: &mut Vec<Output>) {
        self.agreed.on_connected(peer);
        self.clocks.on_connected(peer, turn!(self, outputs));
        self.merged.on_connected(peer, turn!(self, outputs));
    }

    fn greet_settled(&mut self, outputs: &mut Vec<Output>) {
        if self.members.is_formed() {
            for peer in self.members.take_settled() {
                self.greet(peer, outputs);
            }
        }
    }

    fn on_bytes(&mut self, path: Option<PathId>, bytes: &Bytes, outputs: &mut Vec<Output>) {
        match Message::decode(bytes) {
            Ok(message) => self.on_message(path, message, outputs),
            Err(_) => outputs.push(Output::Note(malformed())),
        }
    }

    fn on_message(&mut self, path: Option<PathId>, message: Message, outputs: &mut Vec<Output>) {
        let Message { from, sender, body } = message;
        let turn = turn!(self, outputs);
        match body {
            Body::Hello(hello) => {
                self.members.on_hello(from, sender, &hello, path, turn);
                self.greet_settled(outputs);
            }
            Body::Probe(number) => self.members.on_probe(from, sender, number, path, turn),
            Body::Alive(number) => self.members.on_alive(from, sender, number, turn),
            Body::Copied(life) => self.members.on_copied(from, sender, life, turn),
            body => self.on_believed(path, Message { from, sender, body }, outputs),
        }
    }

    /// What counts only from a start of a member that is believed.
    fn on_believed(&mut self, path: Option<PathId>, message: Message, outputs: &mut Vec<Output>) {
        let Message { from, sender, body } = message;
        if !self.members.is_formed() || !self.members.believes(from, sender) {
            return;
        }
        if let Some(path) = path {
            self.members.came_by(from, path, turn!(self, outputs));
        }
        let turn = turn!(self, outputs);
        let read = match body {
            Body::Hello(_) | Body::Probe(_) | Body::Alive(_) | Body::Copied(_) => Ok(()),
            Body::Raft(bytes) => self.agreed.on_message(from, &bytes, turn),
            Body::Forward { first, count, commands } => {
                self.agreed.on_forward(from, sender.life, first, count, &commands, turn)
            }
            Body::Entries { entries, more } => self.merged.on_entries(from, entries, more, turn),
            Body::VersionVector { vector, want } => self.merged.on_vector(from, vector, want, turn),
            Body::Lost(place) => {
                self.merged.on_lost(place, turn);
                Ok(())
            }
            Body::AskClock { asked_ms, is_fit } => {
                self.clocks.on_ask(from, sender.life.boot, asked_ms, is_fit, turn);
                Ok(())
            }
            Body::TellClock(reading) => {
                self.clocks.on_told(from, reading, turn);
                Ok(())
            }
        };
        if read.is_err() {
            outputs.push(Output::Note(Event::Refused(format!(
                "node {} sent a message that no sound member sends: it is dropped",
                from.0
            ))));
        }
    }

    /// The keyspace of a request and the level at which it is served, if it may be.
    fn admissible(
        &self,
        asked: Option<Level>,
        command: &Command,
    ) -> Result<(Keyspace, Level), Error> {
        command.check_size()?;
        let keyspace = *self.keyspaces.of(command)?;
        let Keyspace { name, order, .. } = keyspace;
        if asked.is_some() && command.is_write() {
            return Err(Error::Consistency(
                "a write has no level: its keyspace's order says what it promises; levels are for reads".into(),
            ));
        }
        if order == Order::Merged && !command.is_mergeable() {
            return Err(Error::Consistency(format!(
                "the keyspace {name} is {}: {} needs one order of all writes, and it has none. \
                 Use a cluster started with --level linearizable or sequential",
                order_name(Order::Merged),
                command.what_needs_order()
            )));
        }
        let level = mutant!(LevelIgnored, asked, None).unwrap_or(keyspace.level);
        if !keyspace.can_give(level) && !command.is_write() {
            return Err(Error::Consistency(format!(
                "the keyspace {name} is {}, which has no {level} read: there is no one order to be the latest in. \
                 Ask for causal or eventual, or use a cluster started with --level linearizable",
                order_name(Order::Merged)
            )));
        }
        // What names no key shows what is applied here.
        let level = if command.is_for_all() { Level::Eventual } else { level };
        Ok((keyspace, level))
    }

    /// What reads of keyspaces of this order see.
    fn view(&self, order: Order) -> &dyn View {
        match order {
            Order::Agreed => self.agreed.view(),
            Order::Merged => self.merged.view(),
        }
    }

    fn on_request(&mut self, request: Request, outputs: &mut Vec<Output>) {
        if !self.serves() {
            self.sessions.hold(request, outputs);
        } else if let Some(request) = self.sessions.admit(request, outputs) {
            self.start(request, |budget| &mut budget.requests, outputs);
        }
    }

    fn start_waiting(&mut self, outputs: &mut Vec<Output>) {
        if !self.serves() {
            return;
        }
        while !self.budget.waiting.is_spent()
            && let Some(request) = self.sessions.next()
        {
            self.budget.waiting.spend(1, 0);
            self.start(request, |budget| &mut budget.waiting, outputs);
        }
    }

    /// Starts a request whose turn on its connection has come. An answer is paid for out of this share.
    fn start(
        &mut self,
        request: Request,
        share: fn(&mut Budget) -> &mut Share,
        outputs: &mut Vec<Output>,
    ) {
        let Request { waiter, keyspace, level, command } = request;
        let agreed = keyspace.order == Order::Agreed;
        if command.is_write()
            && let Some(shortage) = self.disk.shortage()
        {
            outputs.push(session::reply_to(&waiter, Reply::Error(full(shortage))));
            return;
        }
        if command.is_write() {
            if self.is_overfull() {
                return outputs.push(overfull(&waiter));
            }
            self.sessions.begin(&waiter, Kind::Write);
            if agreed {
                self.agreed.write(waiter, keyspace.id, command);
            } else {
                self.merged.write(waiter, keyspace.id, command);
            }
            return;
        }
        let confirmed = match level {
            Level::Eventual => true,
            Level::Linearizable => mutant!(
                LeaderReadsAlone,
                mutant!(SilentDowngrade, false, self.reads_alone(waiter.session)),
                self.agreed.role() == Role::Leader && self.reads_alone(waiter.session)
            ),
            // A read does not overtake one of its connection that still waits, and may be told of later writes.
            Level::Sequential | Level::Causal => {
                self.agreed.is_fresh() && !self.sessions.is_reading(waiter.session)
            }
        };
        let long = self.budget.is_long(&command);
        if (agreed && !confirmed) || long {
            if self.is_overfull() {
                return outputs.push(overfull(&waiter));
            }
            let kind = if long { Kind::LongRead(level) } else { Kind::Read(level) };
            self.sessions.begin(&waiter, kind);
        }
        if agreed && !confirmed {
            self.agreed.read_confirmed(waiter, command);
            return;
        }
        if long {
            self.counts.push(Read { waiter, command }, keyspace.order);
            return;
        }
        let chance = self.random.next();
        let reply = command.read(self.view(keyspace.order), chance);
        share(&mut self.budget).spend_answer(&command, &reply);
        let certificate = || self.certificate(keyspace.order, &command);
        outputs.push(session::certified_reply(&waiter, reply, certificate));
        mutant!(AnsweredTwice, (), outputs.extend(outputs.last().cloned()));
    }

    /// Where an answer to this read stands.
    fn certificate(&self, order: Order, command: &Command) -> Certificate {
        match order {
            Order::Agreed => self.agreed.certificate(command),
            Order::Merged => self.merged.certificate(command),
        }
    }

    /// Whether so much waits here that nothing more may: also what connections asked that are gone since.
    fn is_overfull(&self) -> bool {
        self.agreed.waiting_bytes() + self.merged.waiting_bytes() > self.limits.waiting_bytes
    }

    /// Goes on counting, as far as this turn may.
    fn count(&mut self, outputs: &mut Vec<Output>) {
        if self.counts.is_empty() {
            // Also where the last one is gone without an answer.
            self.end_count();
            return;
        }
        while !self.budget.counting.is_spent() {
            let Some(count) = self.counts.current.take().or_else(|| self.begin_count()) else {
                return;
            };
            if let Some(unfinished) = self.count_on(count, outputs) {
                self.counts.current = Some(unfinished);
            }
        }
    }

    /// Begins with the next read: what it sees is the state of this moment.
    fn begin_count(&mut self) -> Option<Count> {
        let LongRead { read, order } = self.counts.next()?;
        let certificate = read.waiter.certify.then(|| self.certificate(order, &read.command));
        self.end_count();
        self.past(order).begin();
        Some(Count { progress: Progress::of(&read), read, order, certificate })
    }

    fn end_count(&mut self) {
        self.agreed.state().end();
        self.merged.state().end();
    }

    /// The state as it was when the present count began.
    fn past(&mut self, order: Order) -> &mut dyn Past {
        match order {
            Order::Agreed => self.agreed.state(),
            Order::Merged => self.merged.state(),
        }
    }

    /// Counts on; gives back what is not finished.
    fn count_on(&mut self, mut count: Count, outputs: &mut Vec<Output>) -> Option<Count> {
        let most = self.budget.counting.left();
        let (steps, reply) = count.progress.go_on(&count.read, self.past(count.order), most);
        self.budget.counting.spend(steps, 0);
        let Some(reply) = reply else { return Some(count) };
        self.end_count();
        let Count { read, certificate, .. } = count;
        let certificate = || certificate.expect("it was asked for when the count began");
        turn!(self, outputs).answer_read(&read.waiter, reply, certificate);
        None
    }

    /// Whether a read can be answered that no quorum confirms.
    #[cfg(feature = "mutants")]
    fn reads_alone(&self, session: crate::SessionId) -> bool {
        self.agreed.is_fresh() && !self.sessions.is_reading(session)
    }
}

/// How many requests are looked at before they are taken in: what is fetched for more would be gone again by then.
const TOUCHED_MAX: usize = 1024;

fn overfull(waiter: &Waiter) -> Output {
    session::reply_to(waiter, Reply::Error(Error::ClusterDown(OVERFULL)))
}

fn full(Shortage { why, way_out }: &Shortage) -> Error {
    Error::DiskFull(format!(
        "{why}: the write did not run, and reads go on. {way_out}, or ask another node"
    ))
}

fn malformed() -> Event {
    Event::Refused(
        "a message that cannot be read: the sender is of another version, or not Candor".into(),
    )
}

const OVERFULL: &str = "too much waits on this node already; the request did not run";
const WAITED: &str = "the request waited too long behind others of its connection; it did not run";
const NOT_COUNTED: &str =
    "the read waited too long behind others that name very many keys; it did not run";
const NOT_FORMED: &str = "not all members have met yet; the request did not run";
const NOT_CONFIRMED: &str = "no member has confirmed yet that this node is the one that it was before it was started again; the request did not run";
