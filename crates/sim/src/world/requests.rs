//! What goes on between clients and nodes: connections, requests, answers, and timeouts. Begin with
//! [`World::client_goes_on`].

use std::collections::VecDeque;

use node::{Certificate, Error, Input, Level, Order, Reply, RequestId, SessionId};

use super::World;
use super::event::Answer;
use super::event::Asked;
use super::event::Event;
use crate::env::client::{Client, Connection, Source, Wish};
use crate::invariants::invariant::first_broken;
use crate::plan::setting::Setting;
use crate::record::describe;
use crate::record::keyspace::{Served, may_have, served_of};
use crate::record::operation::{Action, Operation, Outcome};

/// What is violated where `CONSISTENCY LAST` names a level that the read was not to have.
const LAST: &str = "last level";
/// So many answers to what runs once are passed over, out of 100, and so often for one operation.
const PASSED_OVER_PERCENT: u64 = 30;
const PASSED_OVER_MAX: u32 = 3;

/// The first request of a connection.
const FIRST: RequestId = RequestId(1);

impl World {
    /// A client that waits for nothing asks for the next thing.
    pub(super) fn client_goes_on(&mut self, client: usize, life: u64) {
        let who = &self.clients[client];
        if who.life != life || !who.waiting.is_empty() || who.is_done() {
            return;
        }
        if self.clients[client].connection.is_none() && !self.connect(client) {
            let again_us = self.clients[client].chance.between(5_000, 100_000);
            self.queue.after(again_us, Event::Client { client, life });
            return;
        }
        if let Some(operation) = self.clients[client].again.pop_front() {
            return self.ask_again(client, operation);
        }
        let setting = &self.plan.setting;
        let owners = self.serving[self.clients[client].host].owners(setting.order);
        let left = &mut self.operations_left;
        let mut wishes = self.clients[client].next_wishes(setting, &owners, left);
        if let Some(token) = self.clients[client].token.take() {
            // What comes right behind it must not see less either.
            wishes.insert(0, Client::wish_of_session(Action::WaitFor(token)));
        }
        if !wishes.is_empty() && self.clients[client].wonders(&self.plan.setting) {
            wishes.push(Client::wish_of_session(Action::Last));
        }
        self.ask(client, wishes);
    }

    /// Most clients that wait for nothing ask again soon.
    pub(super) fn rush(&mut self) {
        for place in 0..self.clients.len() {
            let client = &mut self.clients[place];
            if client.chance.percent(70) {
                let (delay_us, life) = (client.chance.below(3_000), client.life);
                self.queue.after(delay_us, Event::Client { client: place, life });
            }
        }
    }

    /// Opens a connection to the client's node, or, if that is down, perhaps to another one.
    fn connect(&mut self, client: usize) -> bool {
        let wanders = matches!(self.clients[client].source, Source::Drawn { .. });
        let mut host = self.clients[client].host;
        if wanders && !self.hosts[host].is_up() && self.clients[client].chance.percent(30) {
            let hosts = self.members();
            host = self.clients[client].chance.index(hosts);
        }
        if !wanders && self.is_away(host) {
            host = self.operator.voters()[0];
        }
        self.clients[client].host = host;
        if !self.serves(host) {
            return false;
        }
        let session = self.new_session();
        let number = self.new_number();
        let who = &mut self.clients[client];
        who.life += 1;
        if who.token.is_none() {
            who.number = number;
        }
        who.connection = Some(Connection {
            session,
            host,
            host_life: self.hosts[host].life,
            next_id: FIRST.0,
            preference: None,
            last_read: None,
        });
        self.hosts[host].connections.open(session, client, who.life);
        true
    }

    /// Whether clients go there. (A copy that hears nobody serves merged keyspaces, as it says:
    /// what it answers binds nobody.)
    fn serves(&self, host: usize) -> bool {
        let machine = &self.hosts[host];
        machine.is_up() && !(machine.is_copy && self.plan.setting.has_merged())
    }

    /// Sends requests, all at once.
    fn ask(&mut self, client: usize, wishes: Vec<Wish>) {
        let now_us = self.now_us();
        let patience_us = self.patience_us();
        let mut asked = vec![];
        for (place, wish) in wishes.into_iter().enumerate() {
            let operation = self.record.len();
            let setting = &self.plan.setting;
            let who = &mut self.clients[client];
            let is_new = who.connection.as_ref().is_some_and(|it| it.next_id == FIRST.0);
            let prefers = who.draw_preference(setting, is_new);
            let connection = who.connection.as_mut().expect("who asks is connected");
            let id = RequestId(connection.next_id);
            connection.next_id += 1;
            connection.preference = prefers.clone().or(connection.preference.take());
            let weakest = connection.preference.as_ref().map(|levels| levels.weakest());
            // Of a key whose keyspace comes and goes nobody knows yet which level that has.
            let changes = may_have(&wish.key);
            let own = if changes { Level::Eventual } else { setting.level };
            let named = wish.level.or(weakest);
            let level = named.unwrap_or(own);
            let since_us = match level {
                Level::Linearizable => Some(now_us),
                Level::Bounded { ms } => {
                    Some(self.hosts[connection.host].clock.ago_us(now_us, ms.into()))
                }
                Level::Sequential | Level::Causal | Level::Eventual => None,
            };
            who.waiting.push_back((id, operation));
            self.recorder.ask(client, connection.session, id);
            self.open += 1;
            self.waiting_since_us.get_or_insert(now_us);
            for key in wish.action.keys(&wish.key) {
                self.invariants.iter_mut().for_each(|invariant| invariant.on_ask(key));
            }
            let (number, host) = (who.number, connection.host);
            let once = wish.once.then(|| who.draw_id(now_us));
            self.record.push(Operation {
                client: number,
                host,
                key: wish.key,
                order: (!changes).then_some(setting.order),
                is_interval: false,
                own_level: changes && named.is_none(),
                action: wish.action,
                level,
                since_us,
                start_us: now_us,
                end_us: now_us,
                outcome: Outcome::Open,
                certificate: None,
                pipelined: place > 0,
                private: wish.private,
                unique: wish.unique,
                is_final: who.is_final(),
                part_of: None,
                once,
                sent_us: now_us,
                sendings: 1,
            });
            let command = self.record[operation].command();
            asked.push(Asked { id, level: wish.level, prefers, command });
            let words = || format!("{}?", self.record[operation].describe());
            self.trace.tell(now_us, words);
        }
        self.arm_patience(client, now_us + patience_us);
        self.send_requests(client, asked);
    }

    /// Sends a command again that runs once, of which nobody knows whether it ran.
    fn ask_again(&mut self, client: usize, operation: usize) {
        let (now_us, patience_us) = (self.now_us(), self.patience_us());
        let who = &mut self.clients[client];
        let connection = who.connection.as_mut().expect("who asks is connected");
        let id = RequestId(connection.next_id);
        connection.next_id += 1;
        who.waiting.push_back((id, operation));
        self.recorder.ask_again(operation, connection.session, id);
        let record = &mut self.record[operation];
        (record.host, record.sent_us) = (connection.host, now_us);
        record.sendings += 1;
        let asked = Asked { id, level: None, prefers: None, command: record.command() };
        self.trace.tell(now_us, || format!("{}, once more?", self.record[operation].describe()));
        self.arm_patience(client, now_us + patience_us);
        self.send_requests(client, vec![asked]);
    }

    /// How long a client waits for an answer: when all is whole, longer than the node may take.
    pub(super) fn patience_us(&self) -> u64 {
        let Setting { load, request_timeout_ms, .. } = &self.plan.setting;
        let patient_us = (request_timeout_ms + 1000) * 1000;
        if self.healed { patient_us } else { load.patience_us }
    }

    /// The requests travel together, or each by itself.
    fn send_requests(&mut self, client: usize, asked: Vec<Asked>) {
        let now_us = self.now_us();
        let who = &mut self.clients[client];
        let connection = who.connection.as_ref().expect("who asks is connected");
        let (host, life, session) = (connection.host, connection.host_life, connection.session);
        let together = who.chance.percent(50);
        let rows =
            if together { vec![asked] } else { asked.into_iter().map(|a| vec![a]).collect() };
        for asked in rows {
            let at_us = self.clients[client].arrival_at(now_us);
            self.queue.at(at_us, Event::Requests { host, life, session, asked });
        }
    }

    pub(super) fn requests_arrive(
        &mut self,
        host: usize,
        life: u64,
        session: SessionId,
        asked: Vec<Asked>,
    ) {
        if self.hosts[host].life != life || !self.hosts[host].is_up() {
            return;
        }
        for Asked { id, level, prefers, command } in asked {
            self.trace.numbers(&[9, host as u64, session.0, id.0]);
            self.recorder.arrive(self.queue.now_us(), session, id);
            if !self.hosts[host].connections.ask(session, id) {
                continue;
            }
            if id == FIRST && self.plan.setting.load.certified {
                self.hand(host, Input::Certify { session, on: true });
            }
            if prefers.is_some() {
                self.hand(host, Input::Prefer { session, preference: prefers });
            }
            self.hand(host, Input::Request { session, id, level, command });
        }
    }

    pub(super) fn closed_arrives(&mut self, host: usize, life: u64, session: SessionId) {
        let alive = self.hosts[host].life == life && self.hosts[host].is_up();
        if alive && self.hosts[host].connections.close(session) {
            self.hand(host, Input::Closed(session));
        }
    }

    pub(super) fn answer_arrives(&mut self, client: usize, life: u64, mut answer: Answer) {
        if self.clients[client].life != life {
            return;
        }
        let Some((id, operation)) = self.clients[client].waiting.pop_front() else { return };
        assert_eq!(id, answer.id, "answers come in the order of the requests");
        let last_host = self.members() - 1;
        self.saboteur.twist(&self.record[operation], last_host, &mut answer.reply);
        let now_us = self.now_us();
        let outcome = match answer.reply {
            Reply::Error(Error::Indeterminate(_)) => Outcome::Unknown,
            Reply::Error(error) => Outcome::Refused(error),
            reply => Outcome::Done(reply),
        };
        let passes_over = self.passes_over(client, operation, &outcome);
        let is_unknown = outcome == Outcome::Unknown || passes_over;
        if passes_over || self.record[operation].goes_again(&outcome) {
            self.clients[client].again.push_back(operation);
        } else {
            // A refusal says nothing of what was sent before.
            let sent_before = self.record[operation].sendings > 1;
            let settles = !matches!(outcome, Outcome::Refused(_)) || !sent_before;
            let kept = matches!(outcome, Outcome::Refused(Error::Invalid(_)));
            let served = served_of(&answer.served, &self.record[operation].key);
            // A change of members stands in the agreed log, whatever all else does.
            let is_change = matches!(self.record[operation].action, Action::Members { .. });
            self.record[operation].certificate = answer.certificate.filter(|_| !is_change);
            self.place_answer(operation, served, &outcome);
            self.settle(operation, if settles || kept { outcome } else { Outcome::Unknown });
            self.clients[client].learn(&self.record[operation]);
            self.learn_level(client, operation);
        }
        if let (Action::Token, Outcome::Done(Reply::Value(token))) =
            (&self.record[operation].action, &self.record[operation].outcome)
        {
            // A saboteur may have made another value of it.
            let is_one = node::Token::parse(token).is_some();
            self.clients[client].token = is_one.then(|| token.clone());
        }
        let is_lost = self.record[operation].waits_for_what_is_lost();
        if is_unknown || is_lost {
            self.renumber(client);
        }
        if self.clients[client].waiting.is_empty() {
            self.rest_a_while(client, now_us);
        }
    }

    /// It is known whose answer it is: the certificate says in which order it stands. What is
    /// refused for what its key holds was asked there, too.
    fn place_answer(&mut self, operation: usize, served: Option<Served>, outcome: &Outcome) {
        let record = &mut self.record[operation];
        let tells = matches!(outcome, Outcome::Done(_) | Outcome::Refused(Error::Invalid(_)));
        if !tells || record.order.is_some() {
            return;
        }
        let certified = record.certificate.as_deref().map(|certificate| match certificate {
            Certificate::Agreed { .. } => Order::Agreed,
            Certificate::Merged { .. } => Order::Merged,
        });
        match served.filter(|served| certified.is_none_or(|order| order == served.order)) {
            Some(served) => record.place_in(served),
            None => record.order = certified,
        }
        let has_place = record.order.is_some() || !self.plan.setting.load.certified;
        if !has_place && served.is_none() && !record.action.is_of_session() {
            // All else says where it stands.
            record.is_interval = matches!(outcome, Outcome::Done(_)) && may_have(&record.key);
        }
    }

    /// An answer tells at which level the read before it was answered, and how stale it was at
    /// most: what it saw is held against that.
    fn learn_level(&mut self, client: usize, operation: usize) {
        let Some(connection) = &mut self.clients[client].connection else { return };
        let answered = &self.record[operation];
        let Outcome::Done(reply) = &answered.outcome else {
            // Whether it was refused before or behind its level was found, nobody knows.
            connection.last_read = None;
            return;
        };
        let (host, action) = (connection.host, &answered.action);
        if !action.is_of_session() && !action.is_write() {
            connection.last_read = Some(operation).filter(|_| answered.order.is_some());
        }
        let (Action::Last, Reply::Array(both), Some(read)) = (action, reply, connection.last_read)
        else {
            return;
        };
        let order = self.record[read].order.unwrap_or(self.plan.setting.order);
        let mut levels = self.plan.setting.levels_of(order);
        levels.push(Level::Causal);
        let named = match &both[0] {
            Reply::Value(name) => {
                levels.into_iter().find(|level| level.to_string().as_bytes() == name)
            }
            _ => None,
        };
        let stale_ms = match both[1] {
            Reply::Integer(ms) => u64::try_from(ms).ok(),
            _ => None,
        };
        let asked = &self.record[read];
        let Some(level) = named.filter(|level| !level.is_weaker_than(asked.level)) else {
            let told = describe::reply(reply);
            let words = format!("{} was answered at {told}, says LAST", asked.describe());
            return self.fail(LAST, words);
        };
        let read = &mut self.record[read];
        let clock = &self.hosts[host].clock;
        // How its clock ran then is known as long as the machine runs: the connection lasts.
        let told_us = stale_ms.map(|ms| clock.ago_us(read.start_us, ms));
        read.level = level;
        read.since_us = read.since_us.max(told_us);
    }

    /// Whether a client takes an answer for none, and sends what runs once again: mostly it is
    /// known the first time.
    fn passes_over(&mut self, client: usize, operation: usize, outcome: &Outcome) -> bool {
        let record = &self.record[operation];
        let may = record.once.is_some() && record.sendings < PASSED_OVER_MAX;
        let is_done = matches!(outcome, Outcome::Done(_));
        may && is_done && self.clients[client].chance.percent(PASSED_OVER_PERCENT)
    }

    /// What became of an operation is known to its client.
    fn settle(&mut self, operation: usize, outcome: Outcome) {
        let now_us = self.now_us();
        let record = &mut self.record[operation];
        self.open -= 1;
        record.end_us = now_us;
        record.outcome = outcome;
        let done = record.is_done();
        if done {
            self.last_done_us = now_us;
            self.note_availability();
        }
        let record = &self.record[operation];
        self.trace.numbers(&[10, operation as u64]);
        self.trace.tell(now_us, || {
            format!("{}: {}", record.describe(), describe::outcome(&record.outcome))
        });
        let broken = first_broken(&mut self.invariants, |invariant| invariant.on_outcome(record));
        self.fail_if(broken);
        match self.record[operation].action {
            Action::Members { task, .. } => self.operator_hears(task, operation),
            _ => self.demand(operation),
        }
    }

    /// Something was done: how long had clients waited for anything at all?
    fn note_availability(&mut self) {
        let now_us = self.now_us();
        let still = (self.open > 0).then_some(now_us);
        let since_us = std::mem::replace(&mut self.waiting_since_us, still).unwrap_or(now_us);
        self.stats.unavailable_us_max = self.stats.unavailable_us_max.max(now_us - since_us);
    }

    /// Who does not know what became of a request goes on as another; so does who hears that what
    /// its session saw is lost.
    fn renumber(&mut self, client: usize) {
        let number = self.new_number();
        let who = &mut self.clients[client];
        who.number = number;
        who.waiting.iter().for_each(|(_, operation)| self.record[*operation].client = number);
    }

    /// All is answered: the client thinks, or leaves for another node.
    fn rest_a_while(&mut self, client: usize, now_us: u64) {
        let percent = self.plan.setting.load.wander_percent;
        let hosts = self.members();
        let host = self.clients[client].host;
        if self.healed && !self.operator.is_member(host) {
            // Whoever is no member keeps each request for as long as it may.
            let voters = self.operator.voters();
            self.clients[client].host = *self.clients[client].chance.pick_from(&voters);
            self.hang_up_client(client);
        }
        let who = &mut self.clients[client];
        let takes_token = std::mem::take(&mut who.leaves);
        if takes_token || who.chance.percent(percent) {
            let wanders = matches!(who.source, Source::Drawn { .. }) && who.connection.is_some();
            if !takes_token && wanders && who.chance.percent(60) {
                who.leaves = true;
                return self.ask(client, vec![Client::wish_of_session(Action::Token)]);
            }
            who.host = who.chance.index(hosts);
            self.hang_up_client(client);
        }
        let remaining_us = self.plan.setting.breaking_us.saturating_sub(now_us);
        let who = &mut self.clients[client];
        let think_us = who.think_us(remaining_us);
        let life = who.life;
        self.queue.after(think_us, Event::Client { client, life });
    }

    /// The client closes its connection; its node hears of it.
    fn hang_up_client(&mut self, client: usize) {
        let now_us = self.now_us();
        let who = &mut self.clients[client];
        let Some(connection) = who.connection.take() else { return };
        who.life += 1;
        let at_us = who.arrival_at(now_us);
        let (host, life, session) = (connection.host, connection.host_life, connection.session);
        self.queue.at(at_us, Event::Closed { host, life, session });
    }

    /// The client's node died, or the connection was cut.
    pub(super) fn connection_is_lost(&mut self, client: usize, life: u64) {
        if self.clients[client].life == life {
            self.lose_connection(client);
        }
    }

    /// The client looks again then, whether it waits too long; one look at a time is enough, since
    /// all its requests wait in one row.
    fn arm_patience(&mut self, client: usize, at_us: u64) {
        let who = &mut self.clients[client];
        if !std::mem::replace(&mut who.looks_again, true) {
            self.queue.at(at_us, Event::Impatient { client });
        }
    }

    pub(super) fn client_looks(&mut self, client: usize) {
        let (now_us, patience_us) = (self.now_us(), self.patience_us());
        let who = &mut self.clients[client];
        who.looks_again = false;
        let Some((_, oldest)) = who.waiting.front() else { return };
        let until_us = self.record[*oldest].sent_us + patience_us;
        if until_us <= now_us {
            self.lose_connection(client);
        } else {
            self.arm_patience(client, until_us);
        }
    }

    /// The connection is over: whatever was not answered is unknown.
    pub(super) fn lose_connection(&mut self, client: usize) {
        self.hang_up_client(client);
        let waiting: VecDeque<_> = std::mem::take(&mut self.clients[client].waiting);
        for (_, operation) in waiting {
            self.record[operation].client = self.new_number();
            if self.record[operation].goes_again(&Outcome::Unknown) {
                self.clients[client].again.push_back(operation);
            } else {
                self.settle(operation, Outcome::Unknown);
            }
        }
        let now_us = self.now_us();
        self.rest_a_while(client, now_us);
    }
}
