//! From events to operations on registers.
//!
//! What Jepsen's checkers take for granted is kept: an operation that failed did not run, and one
//! without an outcome may have run at any later time. A read that found `nil` found nothing there,
//! and what an increment is answered is the sum. In logs of `jepsen.util` a cas that failed saw
//! another value, as with Porcupine. Where keys are asked with `get` and `put`, as in Porcupine's
//! key-value logs, nothing there is the empty text.
//!
//! Nothing is left out in silence: an answer that does not belong to what was asked is refused.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::datum::Datum;
use super::events::{Event, Recording, Step};
use super::keys::{Keys, ONLY_KEY};
use super::processes::Processes;
use crate::formats::broken::Broken;
use crate::model::clients;
use crate::model::history::{Header, History, Unit};
use crate::model::operation::{Kind, Operation};
use crate::model::skipped::Skipped;

/// The history that a recording tells. `is_log`: it is a log of `jepsen.util`.
pub(super) fn history(recording: Recording<'_>, is_log: bool) -> Result<History, Broken> {
    let Recording { mut events, mut skipped } = recording;
    let unit = in_order(&mut events)?;
    let keys = Keys::of(&events);
    let processes = Processes::of(&events);
    let teller = Teller { is_log, texts: texts(&events, keys), keys };
    let now = |number: usize, event: &Event<'_>| event.time.unwrap_or(number as u64);
    let mut open: HashMap<u64, (usize, &Event<'_>)> = HashMap::new();
    let mut operations: Vec<Operation> = Vec::with_capacity(events.len() / 2 + 1);
    let mut crashed: HashMap<u64, &Event<'_>> = HashMap::new();
    for (number, event) in events.iter().enumerate() {
        let client = processes.client(&event.process);
        if event.step == Step::Invoke {
            if open.insert(client, (operations.len(), event)).is_some() {
                let message =
                    format!("client {} asks again before its answer came", event.client());
                return event.fault(message);
            }
            operations.push(teller.asked(event, client, now(number, event))?);
        } else if let Some((operation, asked)) = open.remove(&client) {
            teller.answered(&mut operations[operation], asked, event, now(number, event))?;
            if event.step == Step::Info {
                crashed.insert(client, event);
            }
        } else {
            tell_again(crashed.get(&client).copied(), event, &mut skipped)?;
        }
    }
    if each_has_a_line(&operations) {
        operations.iter_mut().for_each(|operation| operation.column = 0);
    }
    let mut history = History::new(Some(Header::new(unit, None)), operations);
    history.initial = initial(&events, keys);
    history.skipped = skipped;
    history.client_names = processes.into_names();
    clients::in_order(&history).map_err(|disorder| {
        let line = history.operations[disorder.operation].line;
        Broken { line, column: 1, message: disorder.message }
    })?;
    Ok(history)
}

/// Whether no two operations stand in one line of the file.
fn each_has_a_line(operations: &[Operation]) -> bool {
    let mut lines: Vec<usize> = operations.iter().map(|operation| operation.line).collect();
    lines.sort_unstable();
    lines.is_sorted_by(|line, next| line < next)
}

/// Puts events into the order of their times, where they have times; else the order of the file is
/// the order of time.
fn in_order(events: &mut [Event<'_>]) -> Result<Unit, Broken> {
    if events.iter().all(|event| event.time.is_none()) {
        return Ok(Unit::Events);
    }
    if let Some(timeless) = events.iter().find(|event| event.time.is_none()) {
        let message = "this event has no `:time`, others have one; so its place among them is not \
                       known";
        return timeless.fault(message.to_string());
    }
    events.sort_by_key(|event| event.time);
    Ok(Unit::Nanoseconds)
}

/// Some recorders tell of a crash twice; any other answer to nothing is a fault.
fn tell_again(
    crash: Option<&Event<'_>>,
    event: &Event<'_>,
    skipped: &mut Skipped,
) -> Result<(), Broken> {
    if crash.is_some_and(|crash| event.step == Step::Info && crash.f == event.f) {
        skipped.again += 1;
        return Ok(());
    }
    event.fault(format!("client {} is answered but asked nothing", event.client()))
}

/// The keys that hold texts, because something is appended to them.
fn texts(events: &[Event<'_>], keys: Keys) -> HashSet<String> {
    let appends = events.iter().filter(|event| event.f == "append");
    let key = |event| Some(keys.split(event).ok()?.0.map_or(ONLY_KEY.into(), Cow::into_owned));
    appends.filter_map(key).collect()
}

/// Where keys are asked with `get` and `put`, nothing there is the empty text, unless a read or a
/// compare-and-set that found nothing says so.
fn initial(events: &[Event<'_>], keys: Keys) -> Option<String> {
    let is_get = |event: &Event<'_>| event.f == "get" || event.f == "put";
    let found_nil = |event: &Event<'_>| {
        let is_nil = |(_, value): (_, Cow<'_, Datum<'_>>)| match (&*event.f, &*value) {
            ("get" | "read" | "r", value) => *value == Datum::Nothing,
            ("cas", Datum::List(pair)) => pair.first() == Some(&Datum::Nothing),
            _ => false,
        };
        event.step == Step::Ok && keys.split(event).is_ok_and(is_nil)
    };
    (events.iter().any(is_get) && !events.iter().any(found_nil)).then(String::new)
}

struct Teller {
    is_log: bool,
    keys: Keys,
    texts: HashSet<String>,
}

impl Teller {
    fn asked(&self, event: &Event<'_>, client: u64, now: u64) -> Result<Operation, Broken> {
        let (key, value) = self.keys.split(event)?;
        let key = match key {
            Some(key) => key.into_owned(),
            None if self.keys.are_named() => {
                return event.fault("other events name a key, this one does not".to_string());
            }
            None => ONLY_KEY.to_string(),
        };
        let text = |value: &Datum<'_>| self.text(event, &key, value);
        if matches!(&*event.f, "write" | "put" | "set" | "w") && event.value.is_none() {
            return event.fault("missing `:value`: what is written, or nil to delete".to_string());
        }
        let kind = match &*event.f {
            "read" | "get" | "r" => Kind::Read { value: None, ok: false },
            "write" | "put" | "set" | "w" => Kind::Write { value: text(&value)? },
            "delete" | "del" if *value == Datum::Nothing => Kind::Write { value: None },
            "delete" | "del" => return event.fault("a delete has no value".to_string()),
            "cas" => match &*value {
                Datum::List(pair) if pair.len() == 2 => {
                    Kind::Cas { from: text(&pair[0])?, to: text(&pair[1])?, ok: None }
                }
                _ => return event.fault("a cas has two values, [from to]".to_string()),
            },
            "append" => match text(&value)? {
                Some(value) => Kind::Append { value },
                None => return event.fault("an append has a text".to_string()),
            },
            "incr" | "increment" | "inc" => Kind::Incr { add: add(event, &value)?, value: None },
            other => {
                return event.fault(format!(
                    "unknown operation :{other}; the judge knows :read :get :write :put :set :cas \
                     :append :incr :delete"
                ));
            }
        };
        let mut operation = Operation { key, ..Operation::new(client, kind, "", now, None) };
        operation.line = event.line;
        operation.column = u32::try_from(event.column).unwrap_or(0);
        Ok(operation)
    }

    fn answered(
        &self,
        operation: &mut Operation,
        asked: &Event<'_>,
        event: &Event<'_>,
        now: u64,
    ) -> Result<(), Broken> {
        if asked.f != event.f {
            return event.fault(format!(
                "client {} asked :{} and is answered :{}",
                event.client(),
                asked.f,
                event.f
            ));
        }
        match event.step {
            Step::Invoke | Step::Info => return Ok(()),
            Step::Fail => self.failed(operation),
            Step::Ok => self.done(operation, asked, event)?,
        }
        operation.end = Some(now);
        Ok(())
    }

    fn failed(&self, operation: &mut Operation) {
        match &mut operation.kind {
            // A read that failed goes on saying nothing.
            Kind::Read { .. } => {}
            Kind::Cas { ok, .. } if self.is_log => *ok = Some(false),
            _ => operation.refused = true,
        }
    }

    fn done(
        &self,
        operation: &mut Operation,
        asked: &Event<'_>,
        event: &Event<'_>,
    ) -> Result<(), Broken> {
        let (key, found) = self.keys.split(event)?;
        if key.is_some_and(|key| *key != *operation.key) {
            return event.fault(format!("key {} was asked, not this one", operation.key));
        }
        // That the question can be taken apart was seen when it was asked.
        let (_, wanted) = self.keys.split(asked)?;
        let differs = found != wanted;
        match &mut operation.kind {
            Kind::Read { value, ok } => {
                if event.value.is_none() {
                    return event.fault("missing `:value`: what was read".to_string());
                }
                *value = self.text(event, &operation.key, &found)?;
                *ok = true;
            }
            Kind::Cas { ok, .. } => *ok = Some(true),
            Kind::Incr { value, .. } => *value = sum(event, &found)?,
            Kind::Write { .. } | Kind::Append { .. } | Kind::Transaction { .. } => {}
        }
        let must_repeat = match operation.kind {
            Kind::Incr { .. } => false,
            Kind::Read { .. } => *wanted != Datum::Nothing,
            _ => *found != Datum::Nothing,
        };
        if must_repeat && differs {
            return event.fault("the answer has another value than the question".to_string());
        }
        Ok(())
    }

    /// A value as text; `nil` is nothing. A key that is appended to holds texts alone, as they are.
    fn text(
        &self,
        event: &Event<'_>,
        key: &str,
        value: &Datum<'_>,
    ) -> Result<Option<String>, Broken> {
        if *value == Datum::Nothing {
            return Ok(None);
        }
        let text = match value {
            Datum::Text(text) if self.texts.contains(key) => Some(text.clone().into_owned()),
            _ if self.texts.contains(key) => {
                return event.fault(format!("key {key} is appended to, so it holds strings"));
            }
            value => value.label().map(Cow::into_owned),
        };
        match text {
            Some(text) => Ok(Some(text)),
            None => event.fault("a value is nil, a number, a string or another scalar".to_string()),
        }
    }
}

/// What an increment adds: 1 if it does not say.
fn add(event: &Event<'_>, value: &Datum<'_>) -> Result<i64, Broken> {
    let add = match value {
        Datum::Nothing => Some(1),
        value => value.integer().and_then(|add| i64::try_from(add).ok()),
    };
    add.map_or_else(|| event.fault("an increment has an integer".to_string()), Ok)
}

/// What an increment is answered: the sum, or nothing if the recorder does not know it.
fn sum(event: &Event<'_>, found: &Datum<'_>) -> Result<Option<String>, Broken> {
    match found {
        Datum::Nothing => Ok(None),
        Datum::Scalar(sum) if found.integer().is_some() => Ok(Some(sum.clone().into_owned())),
        _ => event.fault("an increment is answered with an integer, the sum".to_string()),
    }
}
