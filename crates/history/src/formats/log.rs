//! The logs of `jepsen.util`: `INFO  jepsen.util - 0 :invoke :cas [1 2]`, one event a line, other
//! lines between them.

use super::datum::{Datum, Reader};
use super::events::{Event, Step};
use crate::field::column;
use crate::reader::Broken;

/// Reads the events of a log.
pub(super) fn read(text: &str) -> Result<Vec<Event>, Broken> {
    let mut events = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((_, rest)) = line.split_once("jepsen.util - ") else { continue };
        let at = line.len() - rest.len();
        let broken = |message: &str| Broken {
            line: number + 1,
            column: column(line, at),
            message: message.to_string(),
        };
        let mut rest = rest;
        let mut word = || {
            let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            rest = behind.trim();
            word
        };
        // What does not begin with a client's number is somebody else's line.
        let Ok(process) = word().parse() else { continue };
        let step = match word() {
            ":invoke" => Step::Invoke,
            ":ok" => Step::Ok,
            ":fail" => Step::Fail,
            ":info" => Step::Info,
            _ => return Err(broken("behind the client comes :invoke, :ok, :fail or :info")),
        };
        let f = word().trim_start_matches(':').to_string();
        // The text behind a failure is a reason, not a value.
        let value = match step {
            Step::Invoke | Step::Ok if !rest.is_empty() => {
                Reader::new(rest).datum(0).map_err(|fault| broken(&fault.message))?
            }
            _ => Datum::Nothing,
        };
        let (line, column) = (number + 1, column(line, at));
        events.push(Event { line, column, process, step, f, key: None, value, time: None });
    }
    Ok(events)
}
