//! The second half of a world: nothing breaks any more, and progress is demanded. Begin with
//! [`World::watch`].
//!
//! Everything must come to rest within a bounded time: all clients have their answers, all nodes
//! are ready and stand at the same position (in an agreed world under one leader), and nothing
//! waits in any queue of theirs. Then every node must write, and read at each level. At last every
//! key is read at every node, until all agree.

use std::collections::BTreeSet;

use bytes::Bytes;
use node::{Error, Level, Limits, Order, Status};

use super::World;
use super::event::Event;
use super::stage::Stage;
use crate::env::client::{Source, Wish};
use crate::invariants::REST;
use crate::invariants::copy::TURNED_AWAY;
use crate::invariants::invariant::{Fate, Rest};
use crate::invariants::verdict::{self, Evidence, Judgement, parts_of};
use crate::plan::setting::Setting;
use crate::plan::weather::Style;
use crate::record::describe;
use crate::record::keyspace::may_have;
use crate::record::operation::{Action, Operation, Outcome, parts};

/// How long two overtaken writes in a row may take, in milliseconds.
const RESENT_TWICE_MS: u64 = 1_200;

/// How often the world looks around.
const WATCH_US: u64 = 20_000;
/// How long after all faults nodes have to connect and to elect a leader before anything is
/// demanded.
const GRACE_US: u64 = 5_000_000;
/// How long a keyspace may be on its way from one to another, and some more: a minute of log time,
/// which stands still at first where a clock was up to a minute ahead.
const CARVING_US: u64 = 140_000_000;
/// How long a stage may go on without anything being done, beside what clients wait for answers.
const STAGE_US: u64 = 10_000_000;

impl World {
    pub(super) fn begin_ending(&mut self) {
        self.ending.healed_us = self.now_us();
        self.enter(Stage::Settling);
    }

    fn enter(&mut self, stage: Stage) {
        let now_us = self.now_us();
        self.trace.tell(now_us, || format!("the world {}", stage.describe()));
        self.ending.stage = stage;
        self.ending.since_us = now_us;
        self.queue.after(WATCH_US, Event::Watch);
    }

    /// Looks whether the stage is over.
    pub(super) fn watch(&mut self) {
        match self.ending.stage {
            Stage::Breaking | Stage::Over => {}
            Stage::Settling => match self.end_changes().or_else(|| self.unrest()) {
                None if self.healed_for_us() < GRACE_US => {
                    self.ending.settled_us.get_or_insert(self.healed_for_us());
                    self.queue.after(WATCH_US, Event::Watch);
                }
                None => {
                    self.ask_for_work();
                    self.enter(Stage::Working);
                }
                Some(why) => self.wait_on(why),
            },
            Stage::Working => match self.idle_client() {
                Some(why) => self.wait_on(why),
                None => self.enter(Stage::SettlingAgain),
            },
            Stage::SettlingAgain => match self.unrest() {
                None => {
                    let from = self.ask_for_finals();
                    self.enter(Stage::Reading { from });
                }
                Some(why) => self.wait_on(why),
            },
            // A digest may have come meanwhile.
            Stage::Reading { from } => match self.idle_client().or_else(|| self.unrest()) {
                Some(why) => self.wait_on(why),
                None => self.judge_finals(from),
            },
        }
    }

    fn wait_on(&mut self, why: String) {
        if self.healed_for_us() < CARVING_US && self.is_carving() {
            self.ending.carved_us = self.now_us();
        }
        let limit_us = STAGE_US + 2 * self.patience_us();
        self.note_merged();
        let moved_us = self.ending.merged.1;
        let last_us = self.ending.since_us.max(self.last_done_us).max(moved_us);
        let last_us = last_us.max(self.ending.carved_us);
        let waited_us = self.now_us() - last_us;
        if waited_us < limit_us {
            self.queue.after(WATCH_US, Event::Watch);
            return;
        }
        let loose = (0..self.hosts.len()).any(|host| self.is_loose(host));
        let invariant = if loose { TURNED_AWAY } else { REST };
        self.fail(invariant, format!("nothing goes on for {} ms: {why}", waited_us / 1000));
    }

    /// Whether members are to change, which waits until a keyspace has changed hands: that waits
    /// for all members, until it is given up.
    fn is_carving(&self) -> bool {
        let carves = |status: &Status| status.keyspaces.under_way.is_some();
        let changes = self.plan.setting.changes_members();
        changes && self.statuses().iter().flatten().any(carves)
    }

    /// Whether a replica may not have come yet to where a session was before: where one entry goes
    /// at a time, or a state that was fetched is joined key by key, that takes long; and what a
    /// lost machine alone had never comes.
    fn may_be_behind(&self, operation: &Operation) -> bool {
        let is_gone = self.fates().iter().any(|fate| fate.loses());
        let refused = match &operation.outcome {
            Outcome::Refused(Error::TryAgain(_)) => true,
            // It waited behind one that waits for that.
            Outcome::Refused(Error::ClusterDown(why)) => is_gone || why.contains("behind others"),
            _ => false,
        };
        if !refused || !self.plan.setting.has_merged() {
            return false;
        }
        let all: Vec<_> = self.statuses().into_iter().flatten().collect();
        let vectors: BTreeSet<_> = all.iter().map(|status| &status.vector).collect();
        let joins = all.iter().any(|status| status.joins);
        is_gone || joins || vectors.len() > 1
    }

    /// Repair goes on while replicas apply entries, of which there is an end: where one goes at a
    /// time and messages are slow it may take long.
    fn note_merged(&mut self) {
        let count =
            |status: &Status| status.vector.iter().map(|(_, _, index)| index.0).sum::<u64>();
        let all = self.statuses().into_iter().flatten().map(|status| count(&status)).sum();
        if self.ending.merged.0 != all {
            self.ending.merged = (all, self.now_us());
        }
    }

    pub(super) fn healed_for_us(&self) -> u64 {
        self.now_us() - self.ending.healed_us
    }

    /// Whatever is asked when the world has been whole for a while must be done.
    pub(super) fn demand(&mut self, operation: usize) {
        let operation = &self.record[operation];
        let whole = self.healed && operation.start_us > self.ending.healed_us + GRACE_US;
        if whole
            && !self.may_be_overtaken_twice(operation)
            && !self.may_be_too_much(operation)
            && !is_no_number(operation)
            && !self.may_lack_memory(operation)
            && !is_aborted(operation)
            && !changes_hands(operation)
            && !is_no_member(operation)
            && !self.was_no_member(operation)
            && !self.may_be_behind(operation)
            && !matches!(operation.outcome, Outcome::Refused(Error::Stale(_)))
            && !may_be_out_of_time(operation)
            && self.plan.setting.can(operation)
            && !operation.is_done()
        {
            let (words, outcome) = (operation.describe(), describe::outcome(&operation.outcome));
            self.fail(REST, format!("{words} ended as {outcome} although all is whole"));
        }
    }

    /// A forwarded write that overtook the one before it is sent again after half a second. Where
    /// messages have no order that may happen twice in a row, which is longer than the shortest
    /// request timeout; it takes effect all the same.
    fn may_be_overtaken_twice(&self, operation: &Operation) -> bool {
        let setting = &self.plan.setting;
        operation.action.is_write()
            && operation.outcome == Outcome::Unknown
            && setting.weather.style == Style::Datagram
            && setting.request_timeout_ms <= RESENT_TWICE_MS
    }

    /// Whether nobody knows what became of it since the node that was asked is no member, and stops
    /// when it hears so.
    fn was_no_member(&self, operation: &Operation) -> bool {
        operation.outcome == Outcome::Unknown && !self.operator.is_member(operation.host)
    }

    /// Where little may wait, a few clients that ask for several things at once are too much.
    fn may_be_too_much(&self, operation: &Operation) -> bool {
        let little = self.plan.setting.limits.waiting_bytes < Limits::default().waiting_bytes;
        let Outcome::Refused(Error::ClusterDown(why)) = operation.outcome else { return false };
        little && why.starts_with("too much waits")
    }

    /// Where there is little memory, writes may find none.
    fn may_lack_memory(&self, operation: &Operation) -> bool {
        let refused = matches!(operation.outcome, Outcome::Refused(Error::OutOfMemory(_)));
        refused && self.plan.setting.limits_memory()
    }

    fn idle_client(&self) -> Option<String> {
        let busy = |(place, client): (usize, &crate::env::client::Client)| {
            (!client.is_done()).then(|| format!("client {place} is not done"))
        };
        self.clients.iter().enumerate().find_map(busy)
    }

    /// Why the world is not at rest, if it is not.
    fn unrest(&self) -> Option<String> {
        if let Some(why) = self.idle_client() {
            return Some(why);
        }
        if let Some(host) = (0..self.hosts.len()).find(|host| self.is_loose(*host)) {
            return Some(format!(
                "nobody turned away the copy of node {}",
                self.hosts[host].id().0
            ));
        }
        let mut statuses = vec![];
        for (host, status) in self.statuses().into_iter().enumerate() {
            match status {
                _ if !self.operator.is_member(host) => {}
                None if self.hosts[host].gone => {}
                None => return Some(format!("node {} is down", host + 1)),
                Some(status) if !status.ready => {
                    return Some(not_ready(&status));
                }
                Some(status) if !status.clock_agrees => {
                    let (node, clocks) = (host + 1, describe::clocks(&status.clocks));
                    return Some(format!("node {node} does not believe its clock: {clocks}"));
                }
                Some(status) => statuses.push(status),
            }
        }
        if let Some(Status { id, .. }) = statuses.iter().find(|one| one.unsynced.keys > 0) {
            return Some(format!("node {} shows what is not on its disk", id.0));
        }
        if let Some(Status { id, .. }) = statuses.iter().find(|status| status.joins) {
            return Some(format!("node {} joins a state", id.0));
        }
        let setting = &self.plan.setting;
        let first = places(setting, &statuses[0]);
        let apart = |status: &&Status| places(setting, status) != first;
        if let Some(other) = statuses.iter().find(apart) {
            let (one, other) = (describe::standing(&statuses[0]), describe::standing(other));
            return Some(format!("nodes stand apart: {one}; {other}"));
        }
        // What a lost machine spread while something before it got nowhere waits for that for ever,
        // up to a limit.
        if self.plan.setting.has_merged() && self.fates().contains(&Fate::Lost) {
            return None;
        }
        let under_way = |one: &&Status| one.keyspaces.under_way.is_some();
        if let Some(Status { id, .. }) = statuses.iter().find(under_way) {
            return Some(format!("a keyspace is under way at node {}", id.0));
        }
        if let Some(Status { id, tombstones, .. }) = statuses.iter().find(|one| one.tombstones > 0)
        {
            return Some(format!("node {} keeps {tombstones} tombstones", id.0));
        }
        (0..self.members()).filter(|host| self.operator.is_member(*host)).find_map(|host| {
            let node = self.hosts[host].node.as_ref()?;
            let (queued, bytes) = (node.queued(), node.queued_bytes());
            let waits = || format!("{queued} things wait in node {}: {bytes} bytes", host + 1);
            (queued > 0 || bytes > 0).then(waits)
        })
    }

    /// Whether a node goes on that runs on a directory which must not take part.
    fn is_loose(&self, host: usize) -> bool {
        self.hosts[host].is_copy && !self.hosts[host].gone
    }

    /// What became of each node.
    fn fates(&self) -> Vec<Fate> {
        let fate = |host| match self.operator.last_of(host) {
            Some(last) => Fate::Removed(last),
            None if self.hosts[host].gone => Fate::Lost,
            None if self.operator.is_member(host) => Fate::There,
            None => Fate::Stranger,
        };
        (0..self.members()).map(fate).collect()
    }

    /// The members that are not lost for good.
    fn living(&self) -> Vec<usize> {
        let lives = |host: &usize| self.operator.is_member(*host) && !self.hosts[*host].gone;
        (0..self.members()).filter(lives).collect()
    }

    /// One client per node writes, and reads at every level.
    fn ask_for_work(&mut self) {
        let levels = self.plan.setting.levels();
        for host in self.living() {
            let key = Bytes::from(format!("work-{host}"));
            let mut wishes = vec![wish(&key, Action::Set(Bytes::from_static(b"done")), None)];
            wishes[0].unique = false;
            for level in levels.iter().copied() {
                wishes.push(wish(&key, Action::Get, Some(level)));
                for shared in 0..self.plan.setting.load.keys {
                    let key = Bytes::from(format!("k{shared}"));
                    wishes.push(wish(&key, Action::Get, Some(level)));
                }
            }
            self.add_client(host, Source::Listed { wishes, is_final: false }, 1_000);
        }
    }

    /// One client per node reads every key. Gives where their operations begin.
    fn ask_for_finals(&mut self) -> usize {
        let from = self.record.len();
        let written = self.record.iter().filter(|operation| operation.action.is_write());
        let parts = written.flat_map(|operation| operation.parts(0));
        let keys: BTreeSet<(Bytes, bool)> =
            parts.map(|operation| (operation.key, operation.private)).collect();
        for host in self.living() {
            let read = |(key, private): &(Bytes, bool)| Wish {
                private: *private,
                ..wish(key, Action::Get, Some(Level::Eventual))
            };
            let wishes = keys.iter().map(read).collect();
            self.add_client(host, Source::Listed { wishes, is_final: true }, 1_000);
        }
        from
    }

    /// The last round of final reads is the one that counts.
    fn judge_finals(&mut self, from: usize) {
        let finals = &self.record[from..];
        let hosts = self.living().len();
        let agrees = |operation: &Operation| {
            let same_key = finals.iter().filter(|other| other.key == operation.key);
            operation.is_done()
                && same_key.clone().count() == hosts
                && same_key.clone().all(|other| other.seen() == operation.seen())
        };
        // What a lost machine has to say its part to changes hands for long.
        let differs = |operation: &&Operation| {
            let mut same_key = finals.iter().filter(|other| other.key == operation.key);
            !agrees(operation) && !same_key.any(changes_hands)
        };
        if let Some(operation) = finals.iter().find(differs) {
            let end = match operation.seen() {
                Some(seen) => format!("saw {}", describe::value(seen)),
                None => format!("ended as {}", describe::outcome(&operation.outcome)),
            };
            let why = format!("{} {end}, which is not what others see", operation.describe());
            self.wait_and_read_again(why, from);
            return;
        }
        self.conclude();
    }

    fn wait_and_read_again(&mut self, why: String, from: usize) {
        if self.now_us() - self.ending.since_us > STAGE_US {
            self.fail(REST, why);
            return;
        }
        self.record[from..].iter_mut().for_each(|operation| operation.is_final = false);
        let from = self.ask_for_finals();
        self.ending.stage = Stage::Reading { from };
        self.queue.after(WATCH_US, Event::Watch);
    }

    /// All is at rest: what is left are the invariants of the end.
    fn conclude(&mut self) {
        let all = self.statuses().into_iter().enumerate();
        let members = all.filter(|(host, _)| self.operator.is_member(*host));
        let statuses: Vec<Status> = members.filter_map(|(_, status)| status).collect();
        let setting = self.plan.setting.clone();
        let record = std::mem::take(&mut self.record);
        let fates = self.fates();
        let (operations, _) = parts(&record);
        let rest = Rest {
            setting: &setting,
            operations: &operations,
            asked: &record,
            statuses: &statuses,
            fates: &fates,
        };
        self.look(|invariant| invariant.at_rest(&rest));
        if self.judged {
            self.judgements = judge(&setting, &record, &fates);
        }
        self.record = record;
        let violated = self.judgements.iter().find(|judgement| judgement.word == "violated");
        if let Some(judgement) = violated {
            let Judgement { order, level, lines, .. } = judgement;
            let what = format!("{level} ({order}): {}", lines.join("; "));
            self.fail(verdict::VERDICT, what);
        }
        self.ending.stage = Stage::Over;
    }

    /// What clients asked and heard, as it is judged by the strongest level of the order.
    pub(super) fn history(&self) -> history::History {
        if !self.judged {
            return history::History::new(None, vec![]);
        }
        let setting = &self.plan.setting;
        let fates = self.fates();
        let (operations, places) = parts_of(setting.order, &self.record);
        let evidence = Evidence::new(setting.order, &operations, &places, &self.record, &fates);
        verdict::history(setting.levels()[0], true, &evidence)
    }
}

/// Judges what was asked of each order.
fn judge(setting: &Setting, record: &[Operation], fates: &[Fate]) -> Vec<Judgement> {
    let other = match setting.order {
        Order::Agreed => Order::Merged,
        Order::Merged => Order::Agreed,
    };
    let has_other = record.iter().any(|operation| operation.order == Some(other));
    let orders = [setting.order].into_iter().chain(has_other.then_some(other));
    let of = |order| {
        let (operations, places) = parts_of(order, record);
        verdict::judge(setting, &Evidence::new(order, &operations, &places, record, fates))
    };
    orders.flat_map(of).collect()
}

/// What a node waits for that is not ready.
fn not_ready(status: &Status) -> String {
    let why =
        status.waits.as_ref().map_or(String::new(), |waits| format!(": it waits for {waits}"));
    format!("node {} is not ready{why}", status.id.0)
}

/// Where a replica stands, in all orders that there may be.
fn places(setting: &Setting, status: &Status) -> Vec<Vec<u64>> {
    let orders = [Order::Agreed, Order::Merged].into_iter().filter(|order| setting.has(*order));
    orders.map(|order| place(&order, status)).collect()
}

fn place(order: &Order, status: &Status) -> Vec<u64> {
    match order {
        Order::Agreed => vec![status.applied.0, status.term.0, status.leader.map_or(0, |id| id.0)],
        Order::Merged => {
            status.vector.iter().flat_map(|(id, boot, index)| [id.0, boot.0, index.0]).collect()
        }
    }
}

/// Whether it runs once, and its id may be too old by the time in the log, or ahead of it: where
/// clocks were wrong that is another time than its client's.
fn may_be_out_of_time(operation: &Operation) -> bool {
    let skewed = matches!(operation.outcome, Outcome::Refused(Error::ClockSkew(_)));
    operation.once.is_some() && (skewed || operation.outcome == Outcome::Unknown)
}

fn wish(key: &Bytes, action: Action, level: Option<Level>) -> Wish {
    Wish { key: key.clone(), action, level, unique: true, ..Wish::PLAIN }
}

/// Whether an EXEC was refused since a WATCH before it was, when not all was whole.
fn is_aborted(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Refused(Error::Aborted(_)))
}

/// Whether something about a keyspace cannot be done now: another one is under way, there is none
/// of that name, its keys are there or change hands.
fn changes_hands(operation: &Operation) -> bool {
    match &operation.outcome {
        Outcome::Refused(Error::TryAgain(_) | Error::CrossKeyspace(_) | Error::Consistency(_)) => {
            // What an EXEC's client watches may be theirs.
            may_have(&operation.key) || matches!(operation.action, Action::Exec { .. })
        }
        Outcome::Refused(Error::Invalid(_)) | Outcome::Unknown => {
            matches!(operation.action, Action::Keyspace(_))
        }
        _ => false,
    }
}

/// Whether the node that was asked was to join, or to go, or what its session saw of one that was
/// removed is lost.
fn is_no_member(operation: &Operation) -> bool {
    match &operation.outcome {
        Outcome::Refused(Error::ClusterDown(why)) => {
            why.starts_with("this node is no member") || why.starts_with("this node leaves")
        }
        _ => operation.waits_for_what_is_lost(),
    }
}

/// Whether a counter was refused for what its key holds: APPEND and SETRANGE leave texts there that
/// are no numbers. (Whether it did is held against the log.)
fn is_no_number(operation: &Operation) -> bool {
    let Action::Other { words, .. } = &operation.action else { return false };
    let counts = ["incr", "decr", "incrby", "decrby"]
        .iter()
        .any(|name| words[0].eq_ignore_ascii_case(name.as_bytes()));
    counts && matches!(&operation.outcome, Outcome::Refused(Error::Invalid(_)))
}
