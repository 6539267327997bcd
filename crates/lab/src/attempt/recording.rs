//! What happened in a run, and the history that it makes.

use std::collections::{BTreeSet, HashMap};

use history::{Header, History, Kind, Level, Operation, Unit};

use crate::attempt::final_reads::FinalRead;
use crate::attempt::stated_order::OperationId;
use crate::clients::certificate::Certificate;
use crate::clients::plan::{Answer, Step, Work};
use crate::report::terminal::shown;
use crate::scenario::{Client, Scenario};
use picture::Fault;

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

/// What happened in a run so far.
///
/// Invariant: operations of one client are in its order; no number is used by two clients, nor by one
/// client beyond an outcome that is unknown.
#[derive(Debug)]
pub(crate) struct Recording {
    clients: Vec<Client>,
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
        let clients = scenario.crew();
        let next_number = clients.iter().map(|client| client.number + 1).max().unwrap_or(0);
        Recording {
            clients,
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
        let fits = match (&step, &answer) {
            (None | Some(Step::Sleep { .. }), _) => false,
            (_, Answer::Refused(_) | Answer::Unknown(_)) => true,
            (Some(Step::Write { .. }), answer) => *answer == Answer::Written,
            (Some(Step::Read { .. }), answer) => matches!(answer, Answer::Value(_)),
            (Some(Step::Cas { .. }), answer) => matches!(answer, Answer::Swapped(_)),
        };
        let Some(step) = step.filter(|_| fits && server < self.servers) else { return false };
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
        let what = match step {
            Some(Step::Write { key, value }) => format!("set {} = {}", shown(key), shown(value)),
            Some(Step::Read { key, .. }) => format!("get {}", shown(key)),
            Some(Step::Cas { key, to, .. }) => format!("cas {} = {}", shown(key), shown(to)),
            Some(Step::Sleep { .. }) => "sleep".into(),
            None => "operation".into(),
        };
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

    /// The keys that may have been written, in alphabetical order.
    pub(crate) fn written_keys(&self) -> Vec<String> {
        let may_have = |r: &&Recorded| {
            r.step.is_write() && !matches!(r.answer, Answer::Refused(_) | Answer::Swapped(false))
        };
        let noted = self.operations.iter().filter(may_have).filter_map(|r| r.step.key());
        let lost: Vec<Lost> = self.lost().collect();
        let lost = lost.iter().map(|lost| lost.key.as_str());
        noted.chain(lost).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
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

    /// What clients may have written without telling: a client that was started and did not finish
    /// may have asked the first operation that it did not tell of.
    fn lost(&self) -> impl Iterator<Item = Lost> {
        let unfinished = (0..self.clients.len())
            .filter(|client| self.origin_ns.is_some() && !self.finished.contains(client));
        unfinished.filter_map(|client| {
            let last = self.last.get(&client);
            let (next, start) = last.map_or((0, 0), |(place, end)| (place + 1, *end));
            let (key, value) = match &self.works[client] {
                Work::Steps(steps) => {
                    let is_operation = |step: &&Step| !matches!(step, Step::Sleep { .. });
                    match steps.iter().skip(next).find(is_operation)? {
                        Step::Write { key, value } => (key.clone(), value.clone()),
                        _ => return None,
                    }
                }
                Work::Share(share) => share.may_write(next)?,
            };
            Some(Lost { key, value, start, server: self.clients[client].server })
        })
    }

    /// The history that all of this makes, for a store that promised `level` while these faults came.
    pub(crate) fn history_under(&self, faults: &[Fault], level: Level) -> History {
        let fault = |fault: &Fault| history::Fault {
            text: fault.text.clone(),
            server: fault.server,
            start: fault.from_us * 1000,
            end: fault.until_us.map(|us| us * 1000),
        };
        History { faults: faults.iter().map(fault).collect(), ..self.history(level) }
    }

    /// The history without faults.
    pub(crate) fn history(&self, level: Level) -> History {
        let mut operations: Vec<Operation> =
            self.operations.iter().map(|recorded| operation(recorded, level)).collect();
        // A number of its own for each: what its client did before may have ended in the unknown.
        for (lost, number) in self.lost().zip(self.next_number..) {
            let write = Operation::write(number, &lost.key, &lost.value, lost.start, None);
            operations.push(write.at_server(lost.server as u64));
        }
        operations.extend(self.finals.iter().map(FinalRead::operation));
        History::new(Some(Header::new(Unit::Nanoseconds, Some(level))), operations)
    }
}

/// A write that nobody told of.
struct Lost {
    key: String,
    value: String,
    /// The earliest time at which it may have been asked.
    start: u64,
    server: usize,
}

/// An operation as the judge sees it.
fn operation(recorded: &Recorded, promised: Level) -> Operation {
    let Recorded { step, number, start, answer, .. } = recorded;
    // What is unknown has no end.
    let end = Some(recorded.end).filter(|_| !matches!(answer, Answer::Unknown(_)));
    let mut operation = match (step, answer) {
        (Step::Write { key, value }, _) => Operation::write(*number, key, value, *start, end),
        (Step::Read { key, .. }, Answer::Value(value)) => {
            Operation::read(*number, key, value.as_deref(), *start, recorded.end)
        }
        (Step::Read { key, .. }, _) => Operation::read_unanswered(*number, key, *start, end),
        (Step::Cas { key, from, to }, answer) => {
            let ok = match answer {
                Answer::Swapped(ok) => Some(*ok),
                _ => None,
            };
            let kind = Kind::Cas { from: from.clone(), to: Some(to.clone()), ok };
            Operation::new(*number, kind, key, *start, end)
        }
        (Step::Sleep { .. }, _) => unreachable!("a sleep is never noted as an operation"),
    };
    if let Step::Read { level: Some(asked), .. } = step {
        operation.level = asked.parse().ok().filter(|asked: &Level| *asked != promised);
    }
    if matches!(answer, Answer::Refused(_)) {
        operation = operation.into_refused();
    }
    let operation = operation.at_server(recorded.server as u64);
    match &recorded.certificate {
        Some(certificate) => certificate.put_on(operation),
        None => operation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"{"num_servers":2,"consistency_level":"eventual","clients":[
        {"client_number":4,"server_number":1,"requests":[{"type":"set","key":"a","value":"1"},
         {"type":"sleep"},{"type":"get","key":"a"},{"type":"set","key":"b","value":"2"}]},
        {"client_number":0,"server_number":0,"requests":[{"type":"get","key":"c"}]}]}"#;

    fn recording() -> Recording {
        let scenario = Scenario::parse("f", TWO).unwrap();
        let steps = crate::clients::delays::draw(&scenario, 1);
        let mut recording = Recording::new(&scenario, steps);
        recording.begin(1000);
        recording
    }

    fn id(client: usize, step: usize) -> OperationId {
        OperationId { client, step }
    }

    fn told(server: usize, renewals: u64, instants_ns: (u64, u64), answer: Answer) -> Told {
        Told { drawn: None, server, renewals, instants_ns, answer, certificate: None }
    }

    /// The lines of the history without its header.
    fn lines(recording: &Recording) -> Vec<String> {
        let text = recording.history(Level::Eventual).to_jsonl();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn answers_become_a_history() {
        let mut recording = recording();
        assert!(recording.note(id(0, 0), told(1, 0, (1010, 1020), Answer::Unknown("?".into()))));
        let read = Answer::Value(Some("1".into()));
        assert!(recording.note(id(0, 2), told(1, 1, (1030, 1040), read)));
        assert!(recording.note(id(1, 0), told(0, 0, (1015, 1050), Answer::Refused("no".into()))));
        assert!(recording.note(id(0, 3), told(1, 1, (1060, 1070), Answer::Written)));
        recording.finish(0);
        recording.finish(1);
        let expected = [
            r#"{"client":4,"kind":"write","key":"a","value":"1","start":10,"end":null,"server":1}"#,
            r#"{"client":5,"kind":"read","key":"a","value":"1","start":30,"end":40,"server":1}"#,
            r#"{"client":0,"kind":"read","key":"c","start":15,"end":50,"refused":true,"server":0}"#,
            r#"{"client":5,"kind":"write","key":"b","value":"2","start":60,"end":70,"server":1}"#,
        ];
        assert_eq!(lines(&recording), expected);
        assert_eq!(recording.written_keys(), ["a", "b"]);
        assert_eq!(recording.last_write_end(), 70);
        assert_eq!(recording.times()[&id(0, 0)], (10, None));
        assert_eq!(recording.fresh_number(), 6);
    }

    #[test]
    fn what_a_lost_client_may_have_written_is_unknown() {
        let mut recording = recording();
        assert!(recording.note(id(0, 0), told(1, 0, (1010, 1020), Answer::Written)));
        assert!(recording.note(id(0, 2), told(1, 0, (1030, 1040), Answer::Value(None))));
        recording.finish(1);
        let lost =
            r#"{"client":5,"kind":"write","key":"b","value":"2","start":40,"end":null,"server":1}"#;
        assert_eq!(lines(&recording).last().map(String::as_str), Some(lost));
        assert_eq!(recording.written_keys(), ["a", "b"]);
    }

    #[test]
    fn nothing_is_lost_before_the_start() {
        let scenario = Scenario::parse("f", TWO).unwrap();
        let steps = crate::clients::delays::draw(&scenario, 1);
        assert!(lines(&Recording::new(&scenario, steps)).is_empty());
    }

    #[test]
    fn clients_sleep_as_they_were_told_to() {
        let text = TWO.replace(r#"{"type":"sleep"}"#, r#"{"type":"sleep","ms":3}"#);
        let scenario = Scenario::parse("f", &text).unwrap();
        let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
        recording.begin(0);
        let read = || Answer::Value(None);
        assert!(recording.note(id(0, 0), told(1, 0, (0, 1_000_000), Answer::Written)));
        assert!(recording.note(id(1, 0), told(0, 0, (0, 500_000), read())));
        assert_eq!(recording.sleep_of_lives(), (1_500_000, 0), "not yet");
        assert!(recording.note(id(0, 2), told(1, 0, (4_000_000, 5_000_000), read())));
        assert_eq!(recording.sleep_of_lives(), (5_500_000, 3_000_000));
        assert_eq!(crate::attempt::figures::Figures::of(&recording).mostly_slept(), Some(54));
    }

    #[test]
    fn who_is_late_with_random_operations_does_not_sleep() {
        let text = r#"{"num_servers":1,"consistency_level":"eventual",
            "workload":{"clients":1,"operations":2,"rate":1000}}"#;
        let scenario = Scenario::parse("f", text).unwrap();
        let mut recording = Recording::new(&scenario, crate::clients::delays::draw(&scenario, 1));
        recording.begin(0);
        let Work::Share(share) = recording.work(0).clone() else { panic!("it is a workload") };
        let note = |recording: &mut Recording, step, from, to| {
            let drawn = Some(Step::Read { key: "k0".into(), level: None });
            let answer = Answer::Value(None);
            let told = Told { drawn, ..told(0, 0, (from, to), answer) };
            assert!(recording.note(id(0, step), told));
        };
        // The first comes when it is due, the second much later than that.
        note(&mut recording, 0, share.pause(0), 1_000_000_000);
        note(&mut recording, 1, 9_000_000_000, 9_000_000_001);
        let slept = share.pause(0) + share.pause(1);
        assert_eq!(recording.sleep_of_lives(), (9_000_000_001, slept));
    }

    #[test]
    fn what_nobody_was_to_do_is_not_noted() {
        let mut recording = recording();
        assert!(!recording.note(id(0, 1), told(1, 0, (0, 0), Answer::Written)), "a sleep");
        assert!(!recording.note(id(0, 9), told(1, 0, (0, 0), Answer::Written)), "beyond the end");
        assert!(
            !recording.note(id(0, 0), told(1, 0, (0, 0), Answer::Value(None))),
            "a write reads nothing"
        );
        assert!(
            !recording.note(id(1, 0), told(0, 0, (0, 0), Answer::Written)),
            "a read writes nothing"
        );
        assert!(recording.operations().is_empty());
    }
}
