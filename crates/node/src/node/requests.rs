//! Requests of clients: whether they may be served, and at which level; what starts at once, and
//! what waits.

use super::Node;
use super::levels::{OVERFULL, Way};
use crate::api::{Input, Level, Order, Output, Shortage};
use crate::commands::{Command, View};
use crate::keyspace::Keyspace;
use crate::position::Certificate;
use crate::reply::{Error, Reply};
use crate::session::{self, Kind, Request, UNRESOLVED, Waiter};
use crate::store::TOGETHER;
use crate::turn::{Budget, Share, Turn};

impl Node {
    /// The keyspace of a request and the level at which it is served, if it may be.
    pub(super) fn admissible(
        &self,
        asked: Option<Level>,
        command: &Command,
    ) -> Result<(Keyspace, Level), Error> {
        command.check_size()?;
        if command.of_session().is_some() {
            // Before it waits for anything: what can never be reached is no floor.
            let awaited = command.awaited().filter(|_| self.members.cluster().is_some());
            awaited.map_or(Ok(()), |(token, ms)| self.check_token(&token, ms))?;
            return Ok((*self.keyspaces.default(), Level::Eventual));
        }
        let keyspace = self.keyspaces.of(command)?;
        let Keyspace { order, levels, .. } = keyspace;
        if asked.is_some() && command.is_write() {
            return Err(Error::Consistency(
                "a write has no level: its keyspace's order says what it promises; levels are for reads".into(),
            ));
        }
        if order == Order::Merged && !command.is_mergeable() {
            return Err(self.needs_order(&keyspace, command));
        }
        let own = mutant!(LevelOfDefault, levels.level, self.keyspaces.default().levels.level);
        let level = mutant!(LevelIgnored, asked, None).unwrap_or(own);
        if !keyspace.can_give(level) && !command.is_write() {
            return Err(self.cannot_give(&keyspace, level));
        }
        if !keyspace.gives(level) && asked.is_some() {
            return Err(self.weaker(&keyspace, level));
        }
        if self.has_lost(order) {
            return Err(Error::ClusterDown(NO_STATE));
        }
        // What names no key shows what is applied here.
        let level = if command.is_for_all() { Level::Eventual } else { level };
        Ok((keyspace, level))
    }

    /// Why a read that asks for this level is refused, if it is.
    pub(super) fn refusal(&self, keyspace: &Keyspace, level: Level) -> Option<Error> {
        match level {
            _ if !keyspace.can_give(level) => Some(self.cannot_give(keyspace, level)),
            _ if !keyspace.gives(level) => Some(self.weaker(keyspace, level)),
            _ => None,
        }
    }

    /// What reads of keyspaces of this order see.
    pub(super) fn view(&self, order: Order) -> &dyn View {
        match order {
            Order::Agreed => self.agreed.view(),
            Order::Merged => self.merged.view(),
        }
    }

    /// Has the processor fetch what the first of these inputs are about to read; see
    /// [`crate::store::Store::touch`].
    pub(super) fn touch(&self, inputs: &[Input]) {
        let view = self.view(self.keyspaces.default().order);
        let (mut keys, mut count) = ([&[][..]; TOGETHER], 0);
        for input in inputs.iter().take(TOGETHER) {
            if let Input::Request { command, .. } = input
                && !command.is_write()
                && let Some(key) = command.sole_key()
            {
                keys[count] = key;
                count += 1;
            }
        }
        view.touch(&keys[..count]);
    }

    pub(super) fn on_request(&mut self, mut request: Request, outputs: &mut Vec<Output>) {
        let is_known = self.serves() && request.version != UNRESOLVED;
        if is_known && self.sessions.admits(&mut request) {
            self.start(request, |budget| &mut budget.requests, outputs);
        } else {
            self.sessions.hold(request, outputs);
        }
    }

    pub(super) fn start_waiting(&mut self, outputs: &mut Vec<Output>) {
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

    /// Starts a request whose turn on its connection has come. An answer is paid for out of this
    /// share.
    fn start(
        &mut self,
        request: Request,
        share: fn(&mut Budget) -> &mut Share,
        outputs: &mut Vec<Output>,
    ) {
        if let Some(what) = request.command.of_session() {
            return self.start_of_session(what, request, outputs);
        }
        if let Some(error) = self.is_behind(&request) {
            return self.sessions.refuse(&request, error, outputs);
        }
        if request.version == self.keyspaces.version() {
            self.begin(request, share, outputs);
        } else if let Some(request) = self.resolved_again(request, outputs) {
            self.begin(request, share, outputs);
        }
    }

    /// Starts a request that goes by the keyspaces of now.
    fn begin(
        &mut self,
        mut request: Request,
        share: fn(&mut Budget) -> &mut Share,
        outputs: &mut Vec<Output>,
    ) {
        // What may be shown before it is in an entry stands nowhere.
        request.waiter.certify &= !request.keyspace.is_interval();
        match request.command.is_write() {
            true => self.begin_write(request, outputs),
            false => self.begin_read(request, share, outputs),
        }
    }

    fn begin_write(&mut self, request: Request, outputs: &mut Vec<Output>) {
        if let Some(error) = self.hinders(&request) {
            return self.sessions.refuse(&request, error, outputs);
        }
        let run = request.run();
        let Request { waiter, keyspace, command, .. } = request;
        let known = self.check_version(&command);
        let command = match known.and_then(|()| self.with_founders(command)) {
            Ok(command) => command,
            Err(error) => return outputs.push(session::reply_to(&waiter, Reply::Error(error))),
        };
        let conditioned = self.sessions.conditioned(&waiter, command);
        let with_watched = |command| self.with_watched(command, keyspace);
        let (command, keyspace) = match conditioned.and_then(with_watched) {
            Ok(both) => both,
            Err(error) => return outputs.push(session::reply_to(&waiter, Reply::Error(error))),
        };
        let agreed = keyspace.order == Order::Agreed;
        if !agreed && command.has_conditions() {
            // Where it was watched the keys had another keyspace: they have changed hands.
            return outputs.push(session::reply_to(&waiter, Reply::Nil));
        }
        if keyspace.is_interval()
            && let Some(reply) =
                self.merged.write_at_once(keyspace.id, &command, turn!(self, outputs))
        {
            return outputs.push(session::reply_to(&waiter, reply));
        }
        self.sessions.begin(&waiter, Kind::Write(run));
        if agreed {
            self.agreed.write(waiter, keyspace.id, command);
        } else {
            self.merged.write(waiter, &keyspace, command);
        }
    }

    /// Why a write whose turn has come cannot begin, if it cannot.
    fn hinders(&self, Request { keyspace, command, .. }: &Request) -> Option<Error> {
        let is_agreed = keyspace.order == Order::Agreed;
        if is_agreed && !self.members.confirms(Order::Agreed) {
            return Some(Error::ClusterDown(UNHEARD));
        }
        if let Some(shortage) = self.disk.shortage() {
            return Some(full(shortage));
        }
        if !is_agreed && self.leaves() {
            return Some(Error::ClusterDown(LEAVES));
        }
        if self.is_overfull() {
            return Some(Error::ClusterDown(OVERFULL));
        }
        let is_too_much = !is_agreed && self.merged.is_too_much(command);
        is_too_much.then_some(Error::OutOfMemory("maxmemory-merged"))
    }

    fn begin_read(
        &mut self,
        request: Request,
        share: fn(&mut Budget) -> &mut Share,
        outputs: &mut Vec<Output>,
    ) {
        let is_long = self.budget.is_long(&request.command);
        let way = self.way(&request, is_long);
        let Request { waiter, keyspace, .. } = &request;
        if keyspace.order == Order::Agreed && !self.members.confirms(Order::Agreed) {
            return outputs.push(unheard(waiter));
        }
        let (is_confirmed, choosing) = match way {
            Way::AtOnce if !is_long => return self.answer(&request, share, outputs),
            Way::AtOnce => (true, None),
            Way::Waits(choosing) => (false, choosing),
            Way::Refused(error) => {
                return outputs.push(session::reply_to(waiter, Reply::Error(error)));
            }
        };
        if !is_long && self.is_overfull() {
            return outputs.push(overfull(waiter));
        }
        let Request { waiter, keyspace, level, preference, command, .. } = request;
        let kind = if is_long { Kind::LongRead(level) } else { Kind::Read(level) };
        self.sessions.begin(&waiter, kind);
        preference.into_iter().for_each(|levels| self.sessions.begin_by(&waiter, levels));
        if is_confirmed {
            self.counts.take_in(waiter, &command, keyspace.order);
        } else {
            self.agreed.read_confirmed(waiter, command, choosing);
        }
    }

    /// Answers a read from what is here.
    fn answer(
        &mut self,
        request: &Request,
        share: fn(&mut Budget) -> &mut Share,
        outputs: &mut Vec<Output>,
    ) {
        let Request { waiter, keyspace, command, .. } = request;
        let reply = match command.is_watch() {
            true => self.sessions.watch(waiter, self.agreed.seen(command)),
            false => self.read(keyspace, command),
        };
        let scanned = command.scanned(self.view(keyspace.order));
        share(&mut self.budget).spend_answer(command, &reply, scanned);
        let certificate = || self.certificate(keyspace.order, command);
        outputs.push(session::certified_reply(waiter, reply, certificate));
        mutant!(AnsweredTwice, (), outputs.extend(outputs.last().cloned()));
    }

    /// A write that is about to run, and its keyspace: what it watches belongs to the same one.
    /// Where it names no key itself, only that says which.
    fn with_watched(
        &self,
        command: Command,
        keyspace: Keyspace,
    ) -> Result<(Command, Keyspace), Error> {
        let of = if command.is_list() { self.keyspaces.of(&command)? } else { keyspace };
        Ok((command, mutant!(WatchedForDefault, of, keyspace)))
    }

    /// The answer of a read that takes no long time, from what is applied here. One that lists keys
    /// sees those of its keyspace.
    fn read(&mut self, keyspace: &Keyspace, command: &Command) -> Reply {
        let (order, chance) = (keyspace.order, self.random.next());
        if order == Order::Merged {
            self.merged.before_read(command);
            if let Some(error) = self.merged.unreadable(command) {
                return Reply::Error(error);
            }
        }
        let view = self.view(order);
        match command.pattern().is_some() && !self.keyspaces.table().is_plain() {
            true => command.read(&self.keyspaces.only(keyspace.id, view), chance),
            false => command.read(view, chance),
        }
    }

    /// What a merged keyspace cannot do.
    fn needs_order(&self, keyspace: &Keyspace, command: &Command) -> Error {
        Error::Consistency(format!(
            "the keyspace {} is {}: {} needs one order of all writes, and it has none. Use {OTHER_ORDER}",
            self.keyspaces.name(keyspace.id),
            keyspace.order,
            command.what_needs_order()
        ))
    }

    /// A level that its keyspace's order has not got.
    fn cannot_give(&self, keyspace: &Keyspace, level: Level) -> Error {
        if keyspace.is_interval() {
            return Error::Consistency(format!(
                "the keyspace {} has DURABILITY {}, which offers eventual alone, and no {level} read: what it shows may be \
                 lost with its node. Ask for eventual, or use a keyspace created with DURABILITY disk",
                self.keyspaces.name(keyspace.id),
                keyspace.durability
            ));
        }
        Error::Consistency(format!(
            "the keyspace {} is {}, which has no {level} read: there is no one order to be the latest in. \
             Ask for causal or eventual, or use {OTHER_ORDER}",
            self.keyspaces.name(keyspace.id),
            keyspace.order
        ))
    }

    /// A level that is weaker than that of its keyspace, and that this does not allow.
    fn weaker(&self, keyspace: &Keyspace, level: Level) -> Error {
        let Keyspace { id, levels, .. } = *keyspace;
        let (name, own) = (self.keyspaces.name(id), levels.level);
        // ALLOW says all of them.
        let before: String = levels.allowed.iter().map(|level| format!("{level} ")).collect();
        Error::Consistency(format!(
            "the keyspace {name} promises {own} reads, and {level} is weaker: it must be allowed there. \
             Hint: KEYSPACE ALTER {name} ALLOW {before}{level}"
        ))
    }

    /// Where an answer to this read stands.
    pub(super) fn certificate(&self, order: Order, command: &Command) -> Certificate {
        match order {
            Order::Agreed => self.agreed.certificate(command),
            Order::Merged => self.merged.certificate(command),
        }
    }

    /// Whether so much waits here that nothing more may: also what connections asked that are gone
    /// since.
    pub(super) fn is_overfull(&self) -> bool {
        self.agreed.waiting_bytes() + self.merged.waiting_bytes() > self.limits.waiting_bytes
    }
}

/// What would have the other order.
const OTHER_ORDER: &str = "a keyspace created with ORDER agreed";

fn overfull(waiter: &Waiter) -> Output {
    session::reply_to(waiter, Reply::Error(Error::ClusterDown(OVERFULL)))
}

fn unheard(waiter: &Waiter) -> Output {
    session::reply_to(waiter, Reply::Error(Error::ClusterDown(UNHEARD)))
}

pub(super) fn full(Shortage { why, way_out }: &Shortage) -> Error {
    Error::DiskFull(format!(
        "{why}: the write did not run, and reads go on. {way_out}, or ask another node"
    ))
}

pub(super) const NO_STATE: &str = "this node has lost its state and takes it from another member; the command did not run. \
    Hint: ask another node (INFO candor, waits_for, says what this one waits for)";

const LEAVES: &str = "this node leaves the cluster, and takes no writes of merged keyspaces any more; the write did not run. \
    Hint: ask another node";

const UNHEARD: &str = "no member has confirmed yet that this node is the one that it was before it was started again, and without that \
    it serves merged keyspaces alone; the command did not run";
