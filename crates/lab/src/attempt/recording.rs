//! What happened in a run.

mod judged;
mod rest;

use std::collections::{BTreeSet, HashMap};

use history::Level;

use super::stated_order::OperationId;
use crate::clients::certificate::Certificate;
use crate::clients::plan::Work;
use crate::clients::step::{Answer, Step};
use crate::scenario::{Client, Keyspace, Scenario};

/// One operation that a client told of. Times are nanoseconds since the start of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) id: OperationId,
    /// What it was.
    pub(crate) step: Step,
    /// The server that was asked.
    pub(crate) server: usize,
    /// The number that the client went under.
    pub(crate) number: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) answer: Answer,
    /// Where the answer stands, if the server said so.
    pub(crate) certificate: Option<Certificate>,
}

/// What a client tells of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// What it was, if the client drew it itself.
    pub(crate) drawn: Option<Step>,
    /// The server that was asked.
    pub(crate) server: usize,
    /// How often the client had gone on under a new number by then.
    pub(crate) renewals: u64,
    /// The instants of asking and answering.
    pub(crate) instants_ns: (u64, u64),
    pub(crate) answer: Answer,
    pub(crate) certificate: Option<Certificate>,
}

/// One read of the quiet end. Times are nanoseconds since the start of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinalRead {
    pub(crate) number: u64,
    pub(crate) server: usize,
    pub(crate) key: String,
    /// The level that it asked for, if not that of the key's keyspace.
    pub(crate) level: Option<Level>,
    pub(crate) start: u64,
    /// What it returned and when; `None`: no answer came.
    pub(crate) answer: Option<(Option<String>, u64)>,
    /// Where the answer stands, if the server said so.
    pub(crate) certificate: Option<Certificate>,
}

/// What happened in a run so far.
///
/// Invariant: operations of one client are in its order; no number is used by two clients, nor by
/// one client beyond an outcome that is unknown.
#[derive(Debug)]
pub(crate) struct Recording {
    clients: Vec<Client>,
    /// What is promised of what has no keyspace, and the keyspaces.
    level: Level,
    keyspaces: Vec<Keyspace>,
    /// What each client was to do.
    works: Vec<Work>,
    /// How many servers there are.
    servers: usize,
    /// The last place that each client told of.
    last: HashMap<usize, (usize, u64)>,
    /// The instant at which all clients start, once they were told.
    origin_ns: Option<u64>,
    operations: Vec<Recorded>,
    finals: Vec<FinalRead>,
    /// The clients that did all they were to do.
    finished: BTreeSet<usize>,
    /// The numbers of clients that went on, by their place and how often they did.
    renewed: HashMap<(usize, u64), u64>,
    next_number: u64,
}

impl Recording {
    /// Nothing has happened yet.
    pub(crate) fn new(scenario: &Scenario, works: Vec<Work>) -> Recording {
        let clients = scenario.all_clients();
        let next_number = clients.iter().map(|client| client.number + 1).max().unwrap_or(0);
        Recording {
            clients,
            level: scenario.level,
            keyspaces: scenario.keyspaces.clone(),
            works,
            servers: scenario.servers,
            last: HashMap::new(),
            origin_ns: None,
            operations: vec![],
            finals: vec![],
            finished: BTreeSet::new(),
            renewed: HashMap::new(),
            next_number,
        }
    }

    /// The clients were told to start at this instant.
    pub(crate) fn begin(&mut self, origin_ns: u64) {
        self.origin_ns = Some(origin_ns);
    }

    /// An instant as nanoseconds since the start of the run.
    pub(crate) fn since_start(&self, instant_ns: u64) -> u64 {
        instant_ns.saturating_sub(self.origin_ns.unwrap_or(instant_ns))
    }

    /// A number that no client has had.
    pub(crate) fn fresh_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// An operation has ended, or was given up. False: the client was not to do such a thing.
    pub(crate) fn note(&mut self, id: OperationId, told: Told) -> bool {
        let Told { drawn, server, renewals, instants_ns, answer, certificate } = told;
        let step = match (&self.works[id.client], drawn) {
            (Work::Steps(steps), None) => steps.get(id.step).cloned(),
            (Work::Share(_), drawn) => drawn,
            (Work::Steps(_), Some(_)) => None,
        };
        let step = step.filter(|step| fits(step, &answer) && server < self.servers);
        let Some(step) = step else { return false };
        let number = self.number(id.client, renewals);
        let (start, end) = (self.since_start(instants_ns.0), self.since_start(instants_ns.1));
        self.last.insert(id.client, (id.step, end));
        self.operations.push(Recorded {
            id,
            step,
            server,
            number,
            start,
            end,
            answer,
            certificate,
        });
        true
    }

    /// A client did all it was to do.
    pub(crate) fn finish(&mut self, client: usize) {
        self.finished.insert(client);
    }

    /// Whether a client did all it was to do.
    pub(crate) fn is_finished(&self, client: usize) -> bool {
        self.finished.contains(&client)
    }

    /// The number that a client goes under after so many renewals.
    pub(crate) fn number(&mut self, client: usize, renewals: u64) -> u64 {
        if renewals == 0 {
            return self.clients[client].number;
        }
        if let Some(number) = self.renewed.get(&(client, renewals)) {
            return *number;
        }
        let number = self.fresh_number();
        self.renewed.insert((client, renewals), number);
        number
    }

    /// The reads of the quiet end are these.
    pub(crate) fn set_finals(&mut self, finals: Vec<FinalRead>) {
        self.finals = finals;
    }

    /// The operations that clients told of, in the order in which they ended.
    pub(crate) fn operations(&self) -> &[Recorded] {
        &self.operations
    }

    /// What a client is to do, by its place among the clients.
    pub(crate) fn work(&self, client: usize) -> &Work {
        &self.works[client]
    }

    /// The client of an operation, as the scenario has it.
    pub(crate) fn client(&self, id: OperationId) -> &Client {
        &self.clients[id.client]
    }

    /// An operation in words, such as `client 0's set a = 1`.
    pub(crate) fn describe(&self, id: OperationId) -> String {
        let told = self.operations.iter().find(|recorded| recorded.id == id);
        let step = match &self.works[id.client] {
            Work::Steps(steps) => steps.get(id.step),
            Work::Share(_) => told.map(|recorded| &recorded.step),
        };
        let what = step.map_or("operation".into(), Step::describe);
        format!("client {}'s {what}", self.client(id).number)
    }

    /// Start and end of each operation that clients told of; without an end if nobody knows.
    pub(crate) fn times(&self) -> HashMap<OperationId, (u64, Option<u64>)> {
        let end = |recorded: &Recorded| match recorded.answer {
            Answer::Unknown(_) => None,
            _ => Some(recorded.end),
        };
        self.operations.iter().map(|r| (r.id, (r.start, end(r)))).collect()
    }

    /// When the last write ended that did; 0 without one.
    pub(crate) fn last_write_end(&self) -> u64 {
        let is_write = |r: &&Recorded| r.step.is_write();
        self.operations.iter().filter(is_write).map(|recorded| recorded.end).max().unwrap_or(0)
    }

    /// How long clients were there, and how much of it they slept because they were told to, all
    /// together: each from the start to the end of the last operation that it told of.
    pub(crate) fn sleep_of_lives(&self) -> (u64, u64) {
        let lived = self.last.values().map(|(_, end)| end).sum();
        let mut slept = 0;
        for (client, (last, _)) in &self.last {
            if let Work::Steps(steps) = &self.works[*client] {
                let ms = |step: &Step| if let Step::Sleep { ms } = step { *ms } else { 0 };
                slept += steps.iter().take(*last).map(ms).sum::<u64>() * 1_000_000;
            }
        }
        let mut ends: HashMap<usize, u64> = HashMap::new();
        for Recorded { id, start, end, .. } in &self.operations {
            let before = ends.insert(id.client, *end).unwrap_or(0);
            if let Work::Share(share) = &self.works[id.client] {
                // Who is late does not sleep.
                slept += start.saturating_sub(before).min(share.pause(id.step));
            }
        }
        (lived, slept)
    }
}

/// Whether this can have come of a step.
fn fits(step: &Step, answer: &Answer) -> bool {
    match (step, answer) {
        (Step::Sleep { .. }, _) => false,
        (_, Answer::Refused(_) | Answer::Unknown(_)) => true,
        (Step::Write { .. } | Step::Append { .. } | Step::Delete { .. }, answer) => {
            *answer == Answer::Written
        }
        (Step::Read { .. }, answer) => matches!(answer, Answer::Value(_)),
        (Step::Cas { .. }, answer) => matches!(answer, Answer::Swapped(_)),
        (Step::Increment { .. }, answer) => matches!(answer, Answer::Sum(_)),
        (Step::Transaction { commands }, Answer::Ran(answers)) => {
            let is_known = |answer: &Answer| !matches!(answer, Answer::Unknown(_));
            let fit =
                commands.iter().zip(answers).all(|(step, one)| is_known(one) && fits(step, one));
            fit && commands.len() == answers.len()
        }
        (Step::Transaction { .. }, _) => false,
    }
}

#[cfg(test)]
mod tests;
