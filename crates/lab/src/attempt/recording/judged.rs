//! A recording as the history that the judge reads.

use history::{Fault, Header, History, Kind, Level, Operation, Unit};

use super::{FinalRead, Recorded, Recording};
use crate::attempt::stated_order::OperationId;
use crate::clients::plan::Work;
use crate::clients::step::{Answer, Step};
use crate::scenario::Keyspace;

impl Recording {
    /// What clients may have changed without telling: a client that was started and did not finish
    /// may have asked the first operation that it did not tell of. Their numbers are to be given.
    pub(super) fn lost(&self) -> impl Iterator<Item = Recorded> {
        let unfinished = (0..self.clients.len())
            .filter(|client| self.origin_ns.is_some() && !self.finished.contains(client));
        unfinished.filter_map(|client| {
            let last = self.last.get(&client);
            let (next, start) = last.map_or((0, 0), |(place, end)| (place + 1, *end));
            let step = match &self.works[client] {
                Work::Steps(steps) => {
                    let is_operation = |step: &&Step| step.model().is_some();
                    steps
                        .iter()
                        .skip(next)
                        .find(is_operation)
                        .filter(|step| step.is_write())
                        .cloned()
                }
                Work::Share(share) => share.may_change(next),
            };
            Some(Recorded {
                id: OperationId { client, step: next },
                step: step?,
                server: self.clients[client].server,
                number: 0,
                start,
                end: start,
                answer: Answer::Unknown("its client is gone".into()),
                certificate: None,
            })
        })
    }

    /// The history that all of this makes, while these faults came.
    pub(crate) fn history_under(&self, faults: &[Fault]) -> History {
        History { faults: faults.to_vec(), ..self.history() }
    }

    /// The history without faults.
    pub(crate) fn history(&self) -> History {
        let judged = |recorded: &Recorded| self.operation(recorded);
        let mut operations: Vec<Operation> = self.operations.iter().map(judged).collect();
        // A number of its own for each: what its client did before may have ended in the unknown.
        for (lost, number) in self.lost().zip(self.next_number..) {
            operations.push(self.operation(&Recorded { number, ..lost }));
        }
        operations.extend(self.finals.iter().map(FinalRead::operation));
        let mut header = Header::new(Unit::Nanoseconds, Some(self.level));
        header.keyspaces = self.keyspaces.iter().map(Keyspace::in_history).collect();
        History::new(Some(header), operations)
    }

    /// An operation as the judge sees it.
    fn operation(&self, recorded: &Recorded) -> Operation {
        let Recorded { step, number, start, answer, .. } = recorded;
        // What is unknown has no end.
        let end = Some(recorded.end).filter(|_| !matches!(answer, Answer::Unknown(_)));
        let kind = kind(step, answer);
        let key = match kind {
            Kind::Transaction { .. } => "",
            _ => step.key().unwrap_or_default(),
        };
        let mut operation = Operation::new(*number, kind, key, *start, end);
        if let Step::Read { level: Some(asked), .. } = step {
            let own = self.level_of(key);
            operation.level = asked.parse().ok().filter(|asked: &Level| *asked != own);
        }
        if matches!(answer, Answer::Refused(_)) || did_nothing(answer) {
            operation = operation.into_refused();
        }
        let operation = operation.at_server(recorded.server as u64);
        match &recorded.certificate {
            Some(certificate) if is_whole(answer) => certificate.put_on(operation),
            _ => operation,
        }
    }
}

impl FinalRead {
    /// The read as the judge sees it.
    pub(crate) fn operation(&self) -> Operation {
        let FinalRead { number, key, level, start, .. } = self;
        let read = match &self.answer {
            Some((value, end)) => Operation::read(*number, key, value.as_deref(), *start, *end),
            None => Operation::read_unanswered(*number, key, *start, None),
        };
        let read = Operation { level: *level, ..read.into_final().at_server(self.server as u64) };
        match &self.certificate {
            Some(certificate) => certificate.put_on(read),
            None => read,
        }
    }
}

/// What an operation was and what came of it.
fn kind(step: &Step, answer: &Answer) -> Kind {
    match (step, answer) {
        (Step::Write { value, .. }, _) => Kind::Write { value: Some(value.clone()) },
        (Step::Delete { .. }, _) => Kind::Write { value: None },
        (Step::Read { .. }, Answer::Value(value)) => Kind::Read { value: value.clone(), ok: true },
        (Step::Read { .. }, _) => Kind::Read { value: None, ok: false },
        (Step::Cas { from, to, .. }, answer) => {
            let ok = match answer {
                Answer::Swapped(ok) => Some(*ok),
                _ => None,
            };
            Kind::Cas { from: from.clone(), to: Some(to.clone()), ok }
        }
        (Step::Append { value, .. }, _) => Kind::Append { value: value.clone() },
        (Step::Increment { by, .. }, answer) => {
            let value = match answer {
                Answer::Sum(sum) => Some(sum.to_string()),
                _ => None,
            };
            Kind::Incr { add: *by, value }
        }
        (Step::Transaction { commands }, answer) => {
            Kind::Transaction { operations: parts(commands, answer) }
        }
        (Step::Sleep { .. }, _) => unreachable!("a sleep is never noted as an operation"),
    }
}

/// The operations of a transaction; one that failed by itself did nothing, and is left out.
fn parts(commands: &[Step], answer: &Answer) -> Vec<Operation> {
    let answers = match answer {
        Answer::Ran(answers) if !did_nothing(answer) => answers.as_slice(),
        _ => &[],
    };
    let part = |(place, command): (usize, &Step)| {
        let answer = answers.get(place).unwrap_or(answer);
        let failed = !answers.is_empty() && matches!(answer, Answer::Refused(_));
        let operation =
            || Operation::new(0, kind(command, answer), command.key().unwrap_or_default(), 0, None);
        (!failed).then(operation)
    };
    commands.iter().enumerate().filter_map(part).collect()
}

/// Whether no command of a transaction did anything.
fn did_nothing(answer: &Answer) -> bool {
    let failed = |answer: &Answer| matches!(answer, Answer::Refused(_));
    matches!(answer, Answer::Ran(answers) if answers.iter().all(failed))
}

/// Whether each command of a transaction was done, so that all stand one behind the other.
fn is_whole(answer: &Answer) -> bool {
    let failed = |answer: &Answer| matches!(answer, Answer::Refused(_));
    !matches!(answer, Answer::Ran(answers) if answers.iter().any(failed))
}
