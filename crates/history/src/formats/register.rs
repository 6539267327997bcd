//! From events to operations on registers.
//!
//! What Jepsen's checkers take for granted is kept: an operation that failed did not run, and one
//! without an outcome may have run at any later time. In EDN and JSON a read that returned `nil`
//! says nothing, as with Knossos; in logs of `jepsen.util` it found nothing there, and a cas that
//! failed saw another value, as with Porcupine. Where keys are asked with `get` and `put`, as in
//! Porcupine's key-value logs, nothing there is the empty text.

use std::collections::HashMap;

use super::datum::Datum;
use super::events::{Event, Step};
use crate::clients;
use crate::history::{Header, History, Unit};
use crate::operation::{Kind, Operation};
use crate::reader::{Broken, TIME_MAX};

/// The key of a history that names none.
const ONLY_KEY: &str = "register";

/// The history that the events tell. `is_log`: they come from a log of `jepsen.util`.
pub(super) fn history(events: Vec<Event>, is_log: bool) -> Result<History, Broken> {
    let clock = Clock::of(&events);
    let teller = Teller { is_log, is_keyed: is_keyed(&events) };
    let mut open: HashMap<u64, usize> = HashMap::new();
    let mut operations: Vec<Operation> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        let now = clock.time(number, event);
        if event.step == Step::Invoke {
            if open.insert(event.process, operations.len()).is_some() {
                let message = format!("client {} asks again before its answer came", event.process);
                return event.fault(message);
            }
            operations.push(teller.asked(event, now)?);
            continue;
        }
        let Some(asked) = open.remove(&event.process) else {
            // Some recorders tell of a crash twice.
            if event.step == Step::Info {
                continue;
            }
            return event.fault(format!("client {} is answered but asked nothing", event.process));
        };
        teller.answered(&mut operations[asked], event, now)?;
    }
    let uses_get = events.iter().any(|event| event.f == "get" || event.f == "put");
    let header = Header::new(clock.unit(), None);
    let mut history = History::new(Some(header), operations);
    history.initial = uses_get.then(String::new);
    clients::in_order(&history).map_err(|disorder| {
        let line = history.operations[disorder.operation].line;
        Broken { line, column: 1, message: disorder.message }
    })?;
    Ok(history)
}

/// What tells the time of events.
enum Clock {
    /// Their own times, which never go back.
    Times,
    /// Their numbers.
    Numbers,
}

impl Clock {
    fn of(events: &[Event]) -> Clock {
        let all = events.iter().all(|event| event.time.is_some_and(|time| time <= TIME_MAX));
        if all && events.is_sorted_by_key(|event| event.time) && !events.is_empty() {
            Clock::Times
        } else {
            Clock::Numbers
        }
    }

    fn time(&self, number: usize, event: &Event) -> u64 {
        match self {
            Clock::Times => event.time.unwrap_or(0),
            Clock::Numbers => number as u64,
        }
    }

    fn unit(&self) -> Unit {
        match self {
            Clock::Times => Unit::Nanoseconds,
            Clock::Numbers => Unit::Events,
        }
    }
}

/// Whether values are pairs of a key and a value, as with `jepsen.independent`.
fn is_keyed(events: &[Event]) -> bool {
    let values = |event: &&Event| event.f != "cas" && event.value != Datum::Nothing;
    let mut values = events.iter().filter(values).peekable();
    values.peek().is_some()
        && values.all(|event| matches!(&event.value, Datum::List(pair) if pair.len() == 2))
}

struct Teller {
    is_log: bool,
    is_keyed: bool,
}

impl Teller {
    /// The key and value of an event.
    fn split(&self, event: &Event) -> (String, Datum) {
        match &event.value {
            Datum::List(pair) if self.is_keyed && pair.len() == 2 => {
                (pair[0].text().unwrap_or("nil").to_string(), pair[1].clone())
            }
            value => (event.key.clone().unwrap_or_else(|| ONLY_KEY.to_string()), value.clone()),
        }
    }

    fn asked(&self, event: &Event, now: u64) -> Result<Operation, Broken> {
        let (key, value) = self.split(event);
        let kind = match event.f.as_str() {
            "read" | "get" | "r" => Kind::Read { value: None, ok: false },
            "write" | "put" | "set" | "w" => Kind::Write { value: text(event, &value)? },
            "delete" | "del" => Kind::Write { value: None },
            "cas" => match &value {
                Datum::List(pair) if pair.len() == 2 => {
                    Kind::Cas { from: text(event, &pair[0])?, to: text(event, &pair[1])?, ok: None }
                }
                _ => return event.fault("a cas has two values, [from to]".to_string()),
            },
            "append" => match text(event, &value)? {
                Some(value) => Kind::Append { value },
                None => return event.fault("an append has a text".to_string()),
            },
            "incr" | "increment" | "inc" => {
                let add = text(event, &value)?.map_or(Ok(1), |add| add.parse());
                let Ok(add) = add else {
                    return event.fault("an increment has an integer".to_string());
                };
                Kind::Incr { add, value: None }
            }
            other => {
                return event.fault(format!(
                    "unknown operation :{other}; the judge knows :read :get :write :put :set :cas \
                     :append :incr :delete"
                ));
            }
        };
        let mut operation = Operation::new(event.process, kind, &key, now, None);
        operation.line = event.line;
        Ok(operation)
    }

    fn answered(&self, operation: &mut Operation, event: &Event, now: u64) -> Result<(), Broken> {
        if event.step == Step::Info {
            return Ok(());
        }
        operation.end = Some(now);
        let failed = event.step == Step::Fail;
        match &mut operation.kind {
            Kind::Read { value, ok } if !failed => {
                *value = text(event, &self.split(event).1)?;
                *ok = value.is_some() || self.is_log;
            }
            // A read that failed goes on saying nothing.
            Kind::Read { .. } => {}
            Kind::Cas { ok, .. } if !failed || self.is_log => *ok = Some(!failed),
            Kind::Incr { value, .. } if !failed => {
                // Most recorders repeat the question; only a number that differs is an answer.
                *value = None;
            }
            _ => operation.refused = failed,
        }
        Ok(())
    }
}

/// A value as text; `nil` is nothing.
fn text(event: &Event, value: &Datum) -> Result<Option<String>, Broken> {
    match value {
        Datum::Nothing => Ok(None),
        Datum::Text(text) => Ok(Some(text.clone())),
        _ => event.fault("a value is nil, a number, a string or a keyword".to_string()),
    }
}
