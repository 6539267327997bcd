//! Jepsen's events: who asked (`invoke`) and what came back (`ok`, `fail`, `info`).

use super::datum::{Datum, Reader};
use crate::reader::{Broken, OPERATIONS_MAX};

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

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) process: u64,
    pub(super) step: Step,
    /// What was asked: `read`, `write`, `cas` and so on.
    pub(super) f: String,
    pub(super) key: Option<String>,
    pub(super) value: Datum,
    pub(super) time: Option<u64>,
}

impl Event {
    /// A fault at this event.
    pub(super) fn fault<T>(&self, message: String) -> Result<T, Broken> {
        Err(Broken { line: self.line, column: self.column, message })
    }
}

/// Reads events: maps one after another, or lists of them.
pub(super) fn read(mut reader: Reader<'_>) -> Result<Vec<Event>, Broken> {
    let mut events = Vec::new();
    let mut open: Vec<char> = Vec::new();
    loop {
        reader.skip_blank();
        match reader.peek() {
            None if open.is_empty() => return Ok(events),
            Some(bracket @ ('[' | '(')) => {
                reader.bump();
                open.push(if bracket == '[' { ']' } else { ')' });
            }
            Some(bracket @ (']' | ')')) if open.last() == Some(&bracket) => {
                reader.bump();
                open.pop();
            }
            _ => {
                let (line, column) = reader.place();
                let datum = reader.datum(0)?;
                if events.len() >= 2 * OPERATIONS_MAX {
                    let message = "the history has too many events".to_string();
                    return Err(Broken { line, column, message });
                }
                events.extend(event(&datum, line, column)?);
            }
        }
    }
}

/// One event; none if it is not a client's, such as those of the nemesis.
fn event(datum: &Datum, line: usize, column: usize) -> Result<Option<Event>, Broken> {
    let broken = |message: &str| Broken { line, column, message: message.to_string() };
    if !matches!(datum, Datum::Map(_)) {
        return Err(broken("an event is a map such as {:process 0, :type :invoke, :f :read}"));
    }
    let name = |name: &str| datum.get(name).and_then(Datum::text);
    let Some(process) = name("process").and_then(|process| process.parse().ok()) else {
        return match datum.get("process") {
            Some(_) => Ok(None),
            None => Err(broken("missing `:process`: the number of the client")),
        };
    };
    let step = match name("type") {
        Some("invoke") => Step::Invoke,
        Some("ok") => Step::Ok,
        Some("fail") => Step::Fail,
        Some("info") => Step::Info,
        _ => return Err(broken("`:type` is one of :invoke, :ok, :fail, :info")),
    };
    let f = name("f").ok_or_else(|| broken("missing `:f`: what was asked"))?.to_string();
    let key = name("key").map(str::to_string);
    let value = datum.get("value").cloned().unwrap_or(Datum::Nothing);
    let time = name("time").and_then(|time| time.parse().ok());
    Ok(Some(Event { line, column, process, step, f, key, value, time }))
}
