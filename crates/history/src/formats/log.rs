//! The logs of `jepsen.util`: `INFO  jepsen.util - 0 :invoke :cas [1 2]`, one event a line, other
//! lines between them.

use super::datum::Datum;
use super::dialect::Dialect;
use super::events::{Event, Recording, Step, is_nemesis};
use super::syntax::Reader;
use crate::formats::broken::Broken;
use crate::formats::field::column;

/// Who writes the events into the log.
pub(super) const LOGGER: &str = "jepsen.util";

/// Reads the events of a log.
pub(super) fn read(text: &str) -> Result<Recording<'_>, Broken> {
    let mut recording = Recording::with_room(text);
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let (line_number, said) = (number + 1, message(line));
        let column = column(line, line.len() - said.unwrap_or(line).len());
        let event =
            event(line, said).map_err(|message| Broken { line: line_number, column, message })?;
        match event {
            Some(event) if is_nemesis(&event.process) => recording.skipped.nemesis += 1,
            Some(event) => recording.events.push(Event { line: line_number, column, ..event }),
            None if line.trim().is_empty() => {}
            None if lines.peek().is_none() && !text.ends_with('\n') => {
                let message = "the last line has no end and is no event; it may have been one";
                return Err(Broken { line: line_number, column, message: message.to_string() });
            }
            None => recording.skipped.others += 1,
        }
    }
    Ok(recording)
}

/// What the logger of events says on this line: behind its name comes a blank, a colon or a dash.
fn message(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let at = (0..bytes.len()).find(|&at| bytes[at..].starts_with(LOGGER.as_bytes()))?;
    let behind = &line[at + LOGGER.len()..];
    let behind = behind.strip_prefix(':').unwrap_or(behind).trim_start();
    Some(behind.strip_prefix("- ").unwrap_or(behind).trim_start())
}

/// The event of a line, of which the logger said this; none if it is a line of another kind.
fn event<'a>(line: &'a str, said: Option<&'a str>) -> Result<Option<Event<'a>>, String> {
    let Some(message) = said else { return refuse_hidden_event(line) };
    let mut reader = Reader::new(message, Dialect::Edn);
    // What does not even begin as an event is any message.
    let Ok(process) = reader.datum(0) else { return refuse_hidden_event(line) };
    let step = reader.datum(0).ok();
    let known = match &step {
        Some(Datum::Keyword(name)) => Step::named(name),
        _ => None,
    };
    let Some(step) = known.filter(|_| process.is_scalar()) else {
        return match (process.integer(), step) {
            (Some(_), None | Some(Datum::Keyword(_))) => {
                Err("behind the client comes :invoke, :ok, :fail or :info".to_string())
            }
            _ => refuse_hidden_event(line),
        };
    };
    let is_nemesis = is_nemesis(&process);
    let f = reader.datum(0).ok().and_then(Datum::into_name);
    let f = f.ok_or("behind :invoke, :ok, :fail or :info comes what was asked")?;
    // The text behind a failure is a reason, not a value; that of the nemesis is any text.
    let value = match step {
        Step::Invoke | Step::Ok if !is_nemesis => value(reader)?,
        _ if is_operation(reader.rest().trim_start()) => {
            return Err("another event stands behind this one, and would be lost".to_string());
        }
        _ => None,
    };
    let (line, column) = (0, 0);
    Ok(Some(Event { line, column, process, step, f, key: None, value, time: None }))
}

/// The value at the end of a line; `None` if there is nothing.
fn value(mut reader: Reader<'_>) -> Result<Option<Datum<'_>>, String> {
    let blank = |reader: &mut Reader<'_>| {
        reader.skip_blank(0).map_err(|fault| fault.message)?;
        Ok::<bool, String>(reader.peek().is_none())
    };
    if blank(&mut reader)? {
        return Ok(None);
    }
    let value = reader.datum(0).map_err(|fault| fault.message)?;
    match blank(&mut reader)? {
        true => Ok(Some(value)),
        false => Err(format!("one value was expected; `{}` stands behind it", reader.rest())),
    }
}

/// Other loggers may say what they like, but no operation may be lost among it.
fn refuse_hidden_event(line: &str) -> Result<Option<Event<'_>>, String> {
    let said = line.split_once(" - ").map(|(_, said)| said);
    let mut texts = [Some(line), message(line), said].into_iter().flatten();
    match has_words_of_operation(line) || texts.any(is_map_of_operation) {
        true => Err(format!("this looks like an operation, and is no event of {LOGGER}")),
        false => Ok(None),
    }
}

/// Whether a text is an operation in some form.
fn is_operation(text: &str) -> bool {
    has_words_of_operation(text) || is_map_of_operation(text)
}

/// Whether a step and what was asked stand side by side in a text, as in `:ok :read`.
fn has_words_of_operation(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_step =
        |word: &str| word.trim_end_matches(',').strip_prefix(':').and_then(Step::named).is_some();
    // (In a map, a step stands behind `:type`.)
    (1..words.len()).any(|at| {
        let named = at >= 2 && words[at - 2] == ":type";
        is_step(words[at - 1]) && words[at].starts_with(':') && !named
    })
}

/// Whether a text begins as an operation does in a form other than a log.
fn is_map_of_operation(text: &str) -> bool {
    let names = |names: [&str; 2]| names.iter().all(|name| text.contains(name));
    text.trim_start_matches(['[', '(', '^', '#']).starts_with('{')
        && (names(["process", "type"]) || names(["\"client\"", "\"kind\""]))
}
