//! Jepsen's events: who asked (`invoke`) and what came back (`ok`, `fail`, `info`).

use std::borrow::Cow;

use super::datum::Datum;
use super::syntax::Reader;
use crate::formats::broken::{Broken, OPERATIONS_MAX};
use crate::formats::jsonl::newlines;
use crate::model::operation::TIME_MAX;
use crate::model::skipped::Skipped;

/// What an event says about its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It was asked.
    Invoke,
    /// It ran.
    Ok,
    /// It did not run.
    Fail,
    /// Nobody knows.
    Info,
}

impl Step {
    pub(super) fn named(name: &str) -> Option<Step> {
        match name {
            "invoke" => Some(Step::Invoke),
            "ok" => Some(Step::Ok),
            "fail" => Some(Step::Fail),
            "info" => Some(Step::Info),
            _ => None,
        }
    }
}

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event<'a> {
    pub(super) line: usize,
    pub(super) column: usize,
    /// Who asked: any scalar.
    pub(super) process: Datum<'a>,
    pub(super) step: Step,
    /// What was asked: `read`, `write`, `cas` and so on.
    pub(super) f: Cow<'a, str>,
    /// The key, where it stands beside the value.
    pub(super) key: Option<Datum<'a>>,
    /// `None` if the event has none, not even `nil`.
    pub(super) value: Option<Datum<'a>>,
    pub(super) time: Option<u64>,
}

impl Event<'_> {
    /// A fault at this event.
    pub(super) fn fault<T>(&self, message: String) -> Result<T, Broken> {
        Err(Broken { line: self.line, column: self.column, message })
    }

    /// Its process as text.
    pub(super) fn client(&self) -> String {
        self.process.label().unwrap_or_default().into_owned()
    }
}

/// The events of a file, and what else stands there.
#[derive(Debug, Default)]
pub(super) struct Recording<'a> {
    pub(super) events: Vec<Event<'a>>,
    pub(super) skipped: Skipped,
}

/// Whether a process is not a client but breaks things.
pub(super) fn is_nemesis(process: &Datum<'_>) -> bool {
    process.name() == Some("nemesis")
}

/// Reads events: maps one after another, or lists of them.
pub(super) fn read(mut reader: Reader<'_>) -> Result<Recording<'_>, Broken> {
    let mut recording = Recording::with_room(reader.rest());
    let mut open: Vec<char> = Vec::new();
    loop {
        reader.skip_blank(0)?;
        match reader.peek() {
            None if open.is_empty() => {
                recording.skipped.comments = reader.comments();
                return Ok(recording);
            }
            Some(bracket @ ('[' | '(')) => {
                reader.bump();
                open.push(if bracket == '[' { ']' } else { ')' });
            }
            Some(bracket @ (']' | ')')) if open.last() == Some(&bracket) => {
                reader.bump();
                open.pop();
            }
            _ => recording.add(&mut reader)?,
        }
    }
}

/// About how many bytes the shortest lines of a file with many events have.
const EVENT_BYTES_MIN: usize = 24;

impl<'a> Recording<'a> {
    /// Nothing yet, with room for the events of a text that has one on each line.
    pub(super) fn with_room(text: &str) -> Recording<'a> {
        let room = newlines(text).min(text.len() / EVENT_BYTES_MIN);
        Recording { events: Vec::with_capacity(room + 1), ..Recording::default() }
    }

    /// Reads one event.
    fn add(&mut self, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let (line, column) = reader.place();
        let datum = reader.datum(0)?;
        if self.events.len() >= 2 * OPERATIONS_MAX {
            let message = "the history has too many events".to_string();
            return Err(Broken { line, column, message });
        }
        match event(datum).map_err(|message| Broken { line, column, message })? {
            None => self.skipped.nemesis += 1,
            Some(event) => self.events.push(Event { line, column, ..event }),
        }
        Ok(())
    }
}

/// One event; none if it is the nemesis'.
fn event(datum: Datum<'_>) -> Result<Option<Event<'_>>, String> {
    let Datum::Map(pairs) = datum else {
        return Err("an event is a map such as {:process 0, :type :invoke, :f :read}".to_string());
    };
    if pairs.iter().any(|(name, value)| name.holds_event() || value.holds_event()) {
        return Err("another event stands inside this one, and would be lost".to_string());
    }
    let Fields { process, step, f, key, value, time: at, twice } = Fields::of(pairs);
    let process = process.unwrap_or(Datum::Nothing);
    let fault = twice.map(|name| format!("`:{name}` stands twice in this event"));
    if let Some(fault) = fault.filter(|_| twice == Some("process") || !is_nemesis(&process)) {
        return Err(fault);
    }
    if is_nemesis(&process) {
        return Ok(None);
    }
    if !process.is_scalar() {
        return Err("missing `:process`: the client, a number or another scalar".to_string());
    }
    let step = step.as_ref().and_then(Datum::name).and_then(Step::named);
    let f = f.and_then(Datum::into_name).ok_or("missing `:f`: what was asked")?;
    Ok(Some(Event {
        line: 0,
        column: 0,
        process,
        step: step.ok_or("`:type` is one of :invoke, :ok, :fail, :info")?,
        f,
        key: key.filter(|key| *key != Datum::Nothing),
        value,
        time: time(at.as_ref())?,
    }))
}

/// The values of an event's map that matter. As a keyword and as a string, a name means the same.
#[derive(Default)]
struct Fields<'a> {
    process: Option<Datum<'a>>,
    step: Option<Datum<'a>>,
    f: Option<Datum<'a>>,
    key: Option<Datum<'a>>,
    value: Option<Datum<'a>>,
    time: Option<Datum<'a>>,
    /// A name that stands twice.
    twice: Option<&'static str>,
}

impl<'a> Fields<'a> {
    fn of(pairs: Vec<(Datum<'a>, Datum<'a>)>) -> Fields<'a> {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            let (field, name) = match name.name() {
                Some("process") => (&mut fields.process, "process"),
                Some("type") => (&mut fields.step, "type"),
                Some("f") => (&mut fields.f, "f"),
                Some("key") => (&mut fields.key, "key"),
                Some("value") => (&mut fields.value, "value"),
                Some("time") => (&mut fields.time, "time"),
                _ => continue,
            };
            if field.replace(value).is_some() && fields.twice != Some("process") {
                fields.twice = Some(name);
            }
        }
        fields
    }
}

fn time(datum: Option<&Datum<'_>>) -> Result<Option<u64>, String> {
    let Some(datum) = datum.filter(|datum| **datum != Datum::Nothing) else { return Ok(None) };
    match datum.whole().filter(|&time| time <= TIME_MAX) {
        Some(time) => Ok(Some(time)),
        None => Err(format!("`:time` is a whole number of nanoseconds from 0 to {TIME_MAX}")),
    }
}
