//! Histories in other people's forms, and which form a file has:
//!
//! - Candor's JSON Lines ([`crate::History::from_jsonl`]);
//! - Jepsen's and Knossos' histories of registers, as EDN or JSON, one event after another or all
//!   in one vector: `{:process 0, :type :invoke, :f :write, :value 3}`;
//! - Porcupine's key-value logs, which are such events with a `:key`;
//! - the logs of `jepsen.util` that Porcupine and others test with:
//!   `INFO  jepsen.util - 0 :invoke :read nil`;
//! - any of these compressed by gzip.
//!
//! A file is read whole or refused. What is skipped by rule is counted ([`crate::Skipped`]):
//! comments, lines of the nemesis, lines of other loggers, crashes that are told twice.

pub(crate) mod broken;
mod datum;
mod dialect;
mod events;
pub(crate) mod field;
mod gzip;
mod header;
pub(crate) mod jsonl;
mod keys;
mod line;
mod log;
mod number;
mod processes;
mod register;
mod syntax;
mod words;
mod writer;

use crate::formats::broken::Broken;
use crate::formats::field::{column, fields};
use crate::formats::jsonl::newlines;
use crate::formats::line::Line;
use crate::model::certificate::Certificate;
use crate::model::history::History;
use crate::model::operation::Operation;
use datum::Datum;
use dialect::Dialect;
use events::Event;
use syntax::Reader;
use words::words;

impl History {
    /// Reads a history of any form that is known, also compressed by gzip.
    pub fn from_bytes(bytes: &[u8]) -> Result<History, Broken> {
        let history = History::from_bytes_within(bytes, usize::MAX)?;
        history.ok_or_else(|| at_first("it is larger than any memory".to_string()))
    }

    /// Reads a history of any form that is known if that takes no more memory than `bytes_max`,
    /// `bytes` included; `None` if it would take more.
    pub fn from_bytes_within(bytes: &[u8], bytes_max: usize) -> Result<Option<History>, Broken> {
        let inflated;
        let mut left = bytes_max.saturating_sub(bytes.len());
        let bytes = match bytes {
            [0x1f, 0x8b, ..] => {
                // Its buffer doubles as it grows.
                match gzip::inflate(bytes, left / 3).map_err(at_first)? {
                    Some(bytes) => inflated = bytes,
                    None => return Ok(None),
                }
                left = left.saturating_sub(inflated.capacity());
                &inflated[..]
            }
            _ => bytes,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or("");
            let start = good.rfind('\n').map_or(0, |newline| newline + 1);
            Broken {
                line: good.matches('\n').count() + 1,
                column: column(&good[start..], good.len()),
                message: "these bytes are no UTF-8; a history is UTF-8 text".to_string(),
            }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let form = Form::of(text);
        if form.bytes(text) > left {
            return Ok(None);
        }
        let history = match form {
            Form::Candor => History::from_jsonl(text),
            Form::Events(dialect) => {
                register::history(events::read(Reader::new(text, dialect))?, false)
            }
            Form::Log => register::history(log::read(text)?, true),
        };
        history.map(Some)
    }
}

fn at_first(message: String) -> Broken {
    Broken { line: 1, column: 1, message }
}

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Candor,
    Events(Dialect),
    Log,
}

impl Form {
    /// About how many bytes it takes at most to read a text of this form.
    fn bytes(self, text: &str) -> usize {
        let lines = newlines(text) + 1;
        match self {
            // Strings in steps of 16 bytes, a certificate each, and half of the operations twice
            // while parts are joined.
            Form::Candor => {
                let certificate = size_of::<Certificate>() + 16;
                let operation = 3 * size_of::<Operation>() / 2 + certificate + 32;
                text.len() + lines * operation + parts(text) * (operation + PART_BYTES)
            }
            // All of them may stand on one line, and one value may be a list.
            Form::Events(_) => text.len() + words(text) * DATUM_BYTES,
            Form::Log => {
                let values = text.lines().map(|line| words(line).saturating_sub(EVENT_WORDS));
                lines * (size_of::<Event>() + size_of::<Operation>() + 64)
                    + text.len()
                    + values.sum::<usize>() * DATUM_BYTES
            }
        }
    }

    /// The form that the beginning of a text shows.
    fn of(text: &str) -> Form {
        let start = text.trim_start();
        if start.starts_with([';', '#', '^']) {
            return Form::Events(Dialect::Edn);
        }
        // Of what can begin an operation of Candor's, only an object with names in quotes.
        let inside = start.trim_start_matches(['[', '(', '{', ' ', '\n', '\r', '\t']);
        let opening = &start[..start.len() - inside.len()];
        match (opening.contains('{'), inside.chars().next()) {
            (false, _) if text.contains(log::LOGGER) => Form::Log,
            (true, Some('"')) if opening.starts_with('{') && !is_event(start) => Form::Candor,
            (true, Some('"')) => Form::Events(Dialect::Json),
            (true, Some(':' | ';' | '#' | '^')) => Form::Events(Dialect::Edn),
            _ if opening.starts_with(['[', '(']) => Form::Events(Dialect::Edn),
            _ => Form::Candor,
        }
    }
}

/// How many operations transactions have at most: as many as there are objects inside of others,
/// if the name of their field stands there, or may stand there in another spelling.
fn parts(text: &str) -> usize {
    match text.contains("operations") || text.contains("\\u") {
        true => text.bytes().filter(|&byte| byte == b'{').count(),
        false => 0,
    }
}

/// Bytes that an operation of a transaction takes at most while its line is read: three times its
/// place in a list that grows.
const PART_BYTES: usize = 3 * size_of::<Line<'_>>();

/// Bytes that a datum takes at most besides its text: three times its place in a list that grows,
/// and what the memory for a short text takes.
const DATUM_BYTES: usize = 3 * size_of::<Datum<'_>>() + 32;
/// Words of a line of a log that are counted with its event.
const EVENT_WORDS: usize = 8;

/// Whether the JSON object at the beginning of a text is an event.
fn is_event(text: &str) -> bool {
    let fields = fields(text);
    ["process", "type"].iter().all(|name| fields.iter().any(|field| field.name == *name))
}
