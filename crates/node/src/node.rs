//! The node: takes in all that arrived together, and says what is to be done about it.

use bytes::Bytes;

use crate::agreed::Agreed;
use crate::clocks::Clocks;
use crate::disk::Disk;
use crate::door::{
    Command, Config, Error, Event, Input, Level, NodeId, Now, Order, Output, PathId, Reply, Role,
    SessionId, Shortage, Status, TICK_MS, Ticket, VALUE_BYTES_MAX, Waits,
};
use crate::members::{Members, order_name};
use crate::merged::Merged;
use crate::message::{Body, Message};
use crate::mutants::{Mutant, Planted};
use crate::record::Known;
use crate::session::{self, Asker, Kind, Request, Sessions};
use crate::turn::{Identity, Turn};

/// What the requests may weigh that wait to be written, sent or confirmed.
const WAITING_BYTES_MAX: usize = 256 << 20;

/// One member of the cluster.
///
/// - Nothing is sent before its boot is on disk; nothing is taken part in before all members have met.
/// - No client is served before a member has confirmed this start (see [`Members`]).
#[derive(Debug)]
pub struct Node {
    config: Config,
    identity: Identity,
    now: Now,
    clocks: Clocks,
    expired_ms: u64,
    /// Whether the boot is on disk.
    started: bool,
    /// Whether it must not go on.
    halted: bool,
    disk: Disk,
    sessions: Sessions,
    members: Members,
    agreed: Agreed,
    merged: Merged,
    planted: Planted,
}

/// Borrows of a node what its parts may use during a turn.
macro_rules! turn {
    ($node:ident, $outputs:ident) => {
        &mut Turn {
            now: $node.now,
            clock_agrees: $node.clocks.agrees(),
            clock_waits: $node.clocks.waits(),
            log_ms: $node.clocks.log_ms($node.now),
            identity: $node.identity,
            disk: &mut $node.disk,
            sessions: &mut $node.sessions,
            outputs: $outputs,
            halted: &mut $node.halted,
            planted: $node.planted,
        }
    };
}

impl Node {
    pub(crate) fn new(
        config: Config,
        identity: Identity,
        disk: Disk,
        members: Members,
        agreed: Agreed,
        merged: Merged,
    ) -> Node {
        let clocks = Clocks::new(identity.id, members.ids(), config.max_clock_drift_ms);
        Node {
            config,
            identity,
            now: Now::default(),
            clocks,
            expired_ms: 0,
            started: false,
            halted: false,
            disk,
            sessions: Sessions::default(),
            members,
            agreed,
            merged,
            planted: Planted::default(),
        }
    }

    /// The same node with a bug planted, if one is.
    pub(crate) fn planted(mut self, planted: Planted) -> Node {
        self.planted = planted;
        self.sessions.plant(planted);
        self.started |= planted.is(Mutant::SpeaksBeforeBoot);
        self
    }

    /// Takes in all that arrived together and says what is to be done about it. Drains `inputs`.
    ///
    /// After [`Output::Halt`] it does nothing any more.
    pub fn turn(&mut self, inputs: &mut Vec<Input>, outputs: &mut Vec<Output>) {
        for input in inputs.drain(..) {
            if self.halted {
                return;
            }
            self.take_in(input, outputs);
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
        self.disk.close(outputs);
    }

    /// What keeps requests at the default level from being answered now; nothing: it is ready.
    pub fn waits_for(&self) -> Option<Waits> {
        self.waits(self.config.order)
    }

    /// How the node sees itself and the cluster.
    pub fn status(&self) -> Status {
        let keys = match self.config.order {
            Order::Agreed => self.agreed.keys(),
            Order::Merged => self.merged.keys(),
        };
        let waits = self.waits_for();
        Status {
            id: self.identity.id,
            members: self.members.ids().to_vec(),
            boot: self.identity.life.boot,
            order: self.config.order,
            level: self.config.level,
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
            None if self.config.level == Level::Linearizable || !self.agreed.is_fresh() => {
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

    pub(crate) fn order(&self) -> Order {
        self.config.order
    }

    pub(crate) fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
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

    fn take_in(&mut self, input: Input, outputs: &mut Vec<Output>) {
        match input {
            Input::Tick(now) => self.on_tick(now, outputs),
            Input::Persisted(ticket) => self.on_persisted(ticket, outputs),
            Input::Request { session, id, level, command } => {
                let since_ms = self.now.monotonic_ms;
                let asker = Asker { session, id, since_ms, certify: false };
                match self.admissible(level, &command) {
                    Ok(level) => self.on_request(Request { asker, level, command }, outputs),
                    Err(error) => outputs.push(session::reply_to(&asker, Reply::Error(error))),
                }
            }
            Input::DiskFull(shortage) => self.on_disk(shortage, outputs),
            Input::Certify { session, on } => self.sessions.certify(session, on),
            Input::Closed(session) => self.sessions.close(session),
            // Before the boot is on disk nothing may be said, so nothing is heard either.
            Input::Receive { .. } | Input::Connected(_) | Input::Disconnected(_)
                if !self.started => {}
            Input::Receive { path, message } => self.on_bytes(path, &message, outputs),
            Input::Left(path) => self.members.on_left(path, turn!(self, outputs)),
            Input::Connected(peer) => self.on_connected(peer, outputs),
            Input::Disconnected(peer) if self.takes_part() => self.agreed.on_disconnected(peer),
            Input::Disconnected(_) => {}
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
            if !self.clocks.agrees() || self.disk.is_full() {
                self.agreed.hand_over(self.clocks.fit(), turn!(self, outputs));
            }
        }
        self.expire(outputs);
    }

    /// Answers what cannot be answered in time. Time is looked at once a tick, so it is done one tick early.
    fn expire(&mut self, outputs: &mut Vec<Output>) {
        let now = self.now.monotonic_ms;
        if now < self.expired_ms + TICK_MS / 2 || self.planted.is(Mutant::NeverExpires) {
            return;
        }
        self.expired_ms = now;
        let timeout = self.config.request_timeout_ms;
        let Some(oldest_ms) = (now + (2 * TICK_MS).min(timeout / 2)).checked_sub(timeout) else {
            return;
        };
        let why = match self.members.waits() {
            None => WAITED,
            Some(Waits::Meeting(_)) => NOT_FORMED,
            Some(_) => NOT_CONFIRMED,
        };
        self.agreed.expire(oldest_ms, turn!(self, outputs));
        self.merged.expire(oldest_ms, turn!(self, outputs));
        self.sessions.expire(oldest_ms, why, outputs);
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
            Body::Vector { vector, want } => self.merged.on_vector(from, vector, want, turn),
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

    /// The level at which a request is served, if it may be.
    fn admissible(&self, asked: Option<Level>, command: &Command) -> Result<Level, Error> {
        if crate::command::size(command) > 2 * VALUE_BYTES_MAX {
            return Err(Error::Invalid("the command is too large".into()));
        }
        if asked.is_some() && command.is_write() {
            return Err(Error::Consistency(
                "a write has no level: its keyspace's order says what it promises; levels are for reads".into(),
            ));
        }
        if self.config.order == Order::Merged && matches!(command, Command::SetIf(_)) {
            return Err(Error::Consistency(format!(
                "the keyspace default is {}: a SET that looks at what is there (NX, XX, IFEQ, GET) needs one order of \
                 all writes, and it has none. Use a cluster started with --level linearizable or sequential",
                order_name(Order::Merged)
            )));
        }
        let asked = asked.filter(|_| !self.planted.is(Mutant::LevelIgnored));
        let level = asked.unwrap_or(self.config.level);
        let beyond_merge = matches!(level, Level::Linearizable | Level::Sequential)
            && !self.planted.is(Mutant::MergedClaimsOrder);
        if self.config.order == Order::Merged && beyond_merge && !command.is_write() {
            return Err(Error::Consistency(format!(
                "the keyspace default is {}, which has no {level} read: there is no one order to be the latest in. \
                 Ask for causal or eventual, or use a cluster started with --level linearizable",
                order_name(Order::Merged)
            )));
        }
        Ok(level)
    }

    fn on_request(&mut self, request: Request, outputs: &mut Vec<Output>) {
        if !self.serves() {
            self.sessions.hold(request, outputs);
        } else if let Some(request) = self.sessions.admit(request, outputs) {
            self.start(request, outputs);
        }
    }

    fn start_waiting(&mut self, outputs: &mut Vec<Output>) {
        if !self.serves() {
            return;
        }
        while let Some(request) = self.sessions.next() {
            self.start(request, outputs);
        }
    }

    /// Starts a request whose turn on its connection has come.
    fn start(&mut self, request: Request, outputs: &mut Vec<Output>) {
        let Request { asker, level, command } = request;
        let agreed = self.config.order == Order::Agreed;
        if command.is_write()
            && let Some(shortage) = self.disk.shortage()
        {
            outputs.push(session::reply_to(&asker, Reply::Error(full(shortage))));
            return;
        }
        if command.is_write() {
            if self.is_overfull() {
                return outputs.push(overfull(&asker));
            }
            self.sessions.begin(&asker, Kind::Write);
            if agreed {
                self.agreed.write(asker, command);
            } else {
                self.merged.write(asker, command);
            }
            return;
        }
        let confirmed = match level {
            Level::Eventual => true,
            Level::Linearizable => self.reads_alone(asker.session),
            // A read does not overtake one of its connection that still waits, and may be told of later writes.
            Level::Sequential | Level::Causal => {
                self.agreed.is_fresh()
                    && (!self.sessions.is_reading(asker.session)
                        || self.planted.is(Mutant::ReadOvertakesRead))
            }
        };
        if agreed && !confirmed {
            if self.is_overfull() {
                return outputs.push(overfull(&asker));
            }
            self.sessions.begin(&asker, Kind::Read(level));
            self.agreed.read_confirmed(asker, command);
            return;
        }
        outputs.push(if agreed {
            let reply = self.agreed.read_here(&command);
            session::certified_reply(&asker, reply, || self.agreed.certificate(&command))
        } else {
            let reply = self.merged.read_here(&command);
            session::certified_reply(&asker, reply, || self.merged.certificate(&command))
        });
        if self.planted.is(Mutant::AnsweredTwice) {
            outputs.extend(outputs.last().cloned());
        }
    }

    /// Whether so much waits here that nothing more may: also what connections asked that are gone since.
    fn is_overfull(&self) -> bool {
        self.agreed.waiting_bytes() + self.merged.waiting_bytes() > WAITING_BYTES_MAX
    }

    /// Planted bugs: a linearizable read that no quorum confirms.
    fn reads_alone(&self, session: SessionId) -> bool {
        let leads = self.agreed.role() == Role::Leader;
        let alone = (self.planted.is(Mutant::LeaderReadsAlone) && leads)
            || self.planted.is(Mutant::SilentDowngrade);
        alone && self.agreed.is_fresh() && !self.sessions.is_reading(session)
    }
}

fn overfull(asker: &Asker) -> Output {
    session::reply_to(asker, Reply::Error(Error::ClusterDown(OVERFULL)))
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
const NOT_FORMED: &str = "not all members have met yet; the request did not run";
const NOT_CONFIRMED: &str = "no member has confirmed yet that this node is the one that it was before it was started again; the request did not run";
