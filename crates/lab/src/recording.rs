//! What happened in a run, and the history that it makes.

use std::collections::{BTreeSet, HashMap};

use history::{Header, History, Level, Operation, Unit};

use crate::certificate::Certificate;
use crate::finals::FinalRead;
use crate::order::OperationId;
use crate::plan::{Answer, Step};
use crate::scenario::{Client, Scenario};
use crate::screen::shown;

/// One operation that a client told of. Times are nanoseconds since the start of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) id: OperationId,
    /// The number that the client went under.
    pub(crate) number: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) answer: Answer,
    /// Where the answer stands, if the server said so.
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
    steps: Vec<Vec<Step>>,
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
    pub(crate) fn new(scenario: &Scenario, steps: Vec<Vec<Step>>) -> Recording {
        let numbers = scenario.clients.iter().map(|client| client.number);
        Recording {
            clients: scenario.clients.clone(),
            steps,
            origin_ns: None,
            operations: vec![],
            finals: vec![],
            finished: BTreeSet::new(),
            renewed: HashMap::new(),
            next_number: numbers.max().map_or(0, |number| number + 1),
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

    /// An operation has ended, or was given up. `renewals`: how often its client had gone on under a
    /// new number by then. False: the client was not to do such a thing.
    pub(crate) fn note(
        &mut self,
        id: OperationId,
        renewals: u64,
        instants_ns: (u64, u64),
        answer: Answer,
        certificate: Option<Certificate>,
    ) -> bool {
        let fits = match (self.steps[id.client].get(id.step), &answer) {
            (None | Some(Step::Sleep { .. }), _) => false,
            (_, Answer::Refused(_) | Answer::Unknown(_)) => true,
            (Some(Step::Write { .. }), answer) => *answer == Answer::Written,
            (Some(Step::Read { .. }), answer) => matches!(answer, Answer::Value(_)),
        };
        if !fits {
            return false;
        }
        let number = self.number(id.client, renewals);
        let (start, end) = (self.since_start(instants_ns.0), self.since_start(instants_ns.1));
        self.operations.push(Recorded { id, number, start, end, answer, certificate });
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

    /// All that a client is to do, by its place among the clients.
    pub(crate) fn steps(&self, client: usize) -> &[Step] {
        &self.steps[client]
    }

    /// What a client was to do at this place.
    pub(crate) fn step(&self, id: OperationId) -> &Step {
        &self.steps[id.client][id.step]
    }

    /// The client of an operation, as the scenario has it.
    pub(crate) fn client(&self, id: OperationId) -> &Client {
        &self.clients[id.client]
    }

    /// An operation in words, such as `client 0's set a = 1`.
    pub(crate) fn describe(&self, id: OperationId) -> String {
        let what = match self.step(id) {
            Step::Write { key, value } => format!("set {} = {}", shown(key), shown(value)),
            Step::Read { key } => format!("get {}", shown(key)),
            Step::Sleep { .. } => "sleep".into(),
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
        let noted = self.operations.iter().filter(|r| !matches!(r.answer, Answer::Refused(_)));
        let lost = self.lost().map(|(id, _)| id);
        let keys =
            noted.map(|recorded| recorded.id).chain(lost).filter_map(|id| match self.step(id) {
                Step::Write { key, .. } => Some(key.clone()),
                _ => None,
            });
        keys.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// When the last write ended that did; 0 without one.
    pub(crate) fn last_write_end(&self) -> u64 {
        let is_write = |r: &&Recorded| matches!(self.step(r.id), Step::Write { .. });
        self.operations.iter().filter(is_write).map(|recorded| recorded.end).max().unwrap_or(0)
    }

    /// What clients may have asked without telling: a client that was started and did not finish may
    /// have asked the first operation that it did not tell of. With the earliest time it may have.
    fn lost(&self) -> impl Iterator<Item = (OperationId, u64)> {
        let unfinished = (0..self.clients.len())
            .filter(|client| self.origin_ns.is_some() && !self.finished.contains(client));
        unfinished.filter_map(|client| {
            let last = self.operations.iter().rev().find(|recorded| recorded.id.client == client);
            let (next, start) = last.map_or((0, 0), |last| (last.id.step + 1, last.end));
            let is_operation = |step: &Step| !matches!(step, Step::Sleep { .. });
            let ahead = self.steps[client].iter().skip(next).position(is_operation)?;
            Some((OperationId { client, step: next + ahead }, start))
        })
    }

    /// The history that all of this makes, for a store that promised `level`.
    pub(crate) fn history(&self, level: Level) -> History {
        let mut operations: Vec<Operation> =
            self.operations.iter().map(|recorded| self.operation(recorded)).collect();
        // A number of its own for each: what its client did before may have ended in the unknown.
        for ((id, start), number) in self.lost().zip(self.next_number..) {
            if let Step::Write { key, value } = self.step(id) {
                let server = self.clients[id.client].server as u64;
                let write = Operation::write(number, key, value, start, None);
                operations.push(write.at_server(server));
            }
        }
        operations.extend(self.finals.iter().map(FinalRead::operation));
        History::new(Some(Header::new(Unit::Nanoseconds, Some(level))), operations)
    }

    fn operation(&self, recorded: &Recorded) -> Operation {
        let Recorded { id, number, start, end, answer, certificate } = recorded;
        let (number, start, end) = (*number, *start, *end);
        let operation = match (self.step(*id), answer) {
            (Step::Write { key, value }, Answer::Unknown(_)) => {
                Operation::write(number, key, value, start, None)
            }
            (Step::Write { key, value }, Answer::Refused(_)) => {
                Operation::write(number, key, value, start, Some(end)).into_refused()
            }
            (Step::Write { key, value }, _) => {
                Operation::write(number, key, value, start, Some(end))
            }
            (Step::Read { key }, Answer::Value(value)) => {
                Operation::read(number, key, value.as_deref(), start, end)
            }
            (Step::Read { key }, Answer::Refused(_)) => {
                Operation::read_unanswered(number, key, start, Some(end)).into_refused()
            }
            (Step::Read { key }, _) => Operation::read_unanswered(number, key, start, None),
            (Step::Sleep { .. }, _) => unreachable!("a sleep is never noted as an operation"),
        };
        let operation = operation.at_server(self.clients[id.client].server as u64);
        match certificate {
            Some(certificate) => certificate.put_on(operation),
            None => operation,
        }
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
        let steps = crate::delays::draw(&scenario, 1);
        let mut recording = Recording::new(&scenario, steps);
        recording.begin(1000);
        recording
    }

    fn id(client: usize, step: usize) -> OperationId {
        OperationId { client, step }
    }

    /// The lines of the history without its header.
    fn lines(recording: &Recording) -> Vec<String> {
        let text = recording.history(Level::Eventual).to_jsonl();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn answers_become_a_history() {
        let mut recording = recording();
        assert!(recording.note(id(0, 0), 0, (1010, 1020), Answer::Unknown("?".into()), None));
        assert!(recording.note(id(0, 2), 1, (1030, 1040), Answer::Value(Some("1".into())), None));
        assert!(recording.note(id(1, 0), 0, (1015, 1050), Answer::Refused("no".into()), None));
        assert!(recording.note(id(0, 3), 1, (1060, 1070), Answer::Written, None));
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
        assert!(recording.note(id(0, 0), 0, (1010, 1020), Answer::Written, None));
        assert!(recording.note(id(0, 2), 0, (1030, 1040), Answer::Value(None), None));
        recording.finish(1);
        let lost =
            r#"{"client":5,"kind":"write","key":"b","value":"2","start":40,"end":null,"server":1}"#;
        assert_eq!(lines(&recording).last().map(String::as_str), Some(lost));
        assert_eq!(recording.written_keys(), ["a", "b"]);
    }

    #[test]
    fn nothing_is_lost_before_the_start() {
        let scenario = Scenario::parse("f", TWO).unwrap();
        let steps = crate::delays::draw(&scenario, 1);
        assert!(lines(&Recording::new(&scenario, steps)).is_empty());
    }

    #[test]
    fn what_nobody_was_to_do_is_not_noted() {
        let mut recording = recording();
        assert!(!recording.note(id(0, 1), 0, (0, 0), Answer::Written, None), "a sleep");
        assert!(!recording.note(id(0, 9), 0, (0, 0), Answer::Written, None), "beyond the end");
        assert!(
            !recording.note(id(0, 0), 0, (0, 0), Answer::Value(None), None),
            "a write reads nothing"
        );
        assert!(
            !recording.note(id(1, 0), 0, (0, 0), Answer::Written, None),
            "a read writes nothing"
        );
        assert!(recording.operations().is_empty());
    }
}
