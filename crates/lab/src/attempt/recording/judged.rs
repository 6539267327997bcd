//! A recording as the history that the judge reads.

use history::{Fault, Header, History, Kind, Level, Operation, Unit};

use super::{FinalRead, Recorded, Recording};
use crate::attempt::stated_order::OperationId;
use crate::clients::plan::Work;
use crate::clients::step::{Answer, Step};

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

    /// The history that all of this makes, for a store that promised `level` while these faults
    /// came.
    pub(crate) fn history_under(&self, faults: &[Fault], level: Level) -> History {
        History { faults: faults.to_vec(), ..self.history(level) }
    }

    /// The history without faults.
    pub(crate) fn history(&self, level: Level) -> History {
        let mut operations: Vec<Operation> =
            self.operations.iter().map(|recorded| operation(recorded, level)).collect();
        // A number of its own for each: what its client did before may have ended in the unknown.
        for (lost, number) in self.lost().zip(self.next_number..) {
            operations.push(operation(&Recorded { number, ..lost }, level));
        }
        operations.extend(self.finals.iter().map(FinalRead::operation));
        History::new(Some(Header::new(Unit::Nanoseconds, Some(level))), operations)
    }
}

impl FinalRead {
    /// The read as the judge sees it.
    pub(crate) fn operation(&self) -> Operation {
        let FinalRead { number, key, start, .. } = self;
        let read = match &self.answer {
            Some((value, end)) => Operation::read(*number, key, value.as_deref(), *start, *end),
            None => Operation::read_unanswered(*number, key, *start, None),
        };
        let read = read.into_final().at_server(self.server as u64);
        match &self.certificate {
            Some(certificate) => certificate.put_on(read),
            None => read,
        }
    }
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
        (Step::Append { key, value }, _) => {
            Operation::new(*number, Kind::Append { value: value.clone() }, key, *start, end)
        }
        (Step::Increment { key, by }, answer) => {
            let value = match answer {
                Answer::Sum(sum) => Some(sum.to_string()),
                _ => None,
            };
            Operation::new(*number, Kind::Incr { add: *by, value }, key, *start, end)
        }
        (Step::Delete { key }, _) => Operation::delete(*number, key, *start, end),
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
