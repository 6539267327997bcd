//! Reads history files: JSON Lines, one operation a line, perhaps a header. A file is read whole or
//! refused with the place of its first fault and what would be right there.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use crate::certificate::{Entry, Position, Source};
use crate::clients;
use crate::field::{Field, column, fields};
use crate::history::{Header, History, Unit};
use crate::level::Level;
use crate::operation::{Kind, Operation};

/// The longest line that is read.
pub const LINE_BYTES_MAX: usize = 16 << 20;
/// The most operations that one history may have.
pub const OPERATIONS_MAX: usize = 1 << 30;
/// The latest time that one history may name.
pub const TIME_MAX: u64 = 1 << 62;

/// A file that is no history: the place of the fault and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, in characters counted from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Broken {}

impl History {
    /// Reads a history from the bytes of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<History, Broken> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or("");
            let start = good.rfind('\n').map_or(0, |newline| newline + 1);
            Broken {
                line: good.matches('\n').count() + 1,
                column: column(&good[start..], good.len()),
                message: "these bytes are no UTF-8; a history is UTF-8 text".to_string(),
            }
        })?;
        History::from_jsonl(text)
    }

    /// Reads a history from JSON Lines.
    pub fn from_jsonl(text: &str) -> Result<History, Broken> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let history = read_all(text)?;
        clients::in_order(&history).map_err(|disorder| {
            let line = history.operations[disorder.operation].line;
            let content = text.lines().nth(line - 1).unwrap_or("");
            let column = Fault::at(content, disorder.field, String::new()).column;
            Broken { line, column, message: disorder.message }
        })?;
        Ok(history)
    }
}

/// Files shorter than this are read by one thread.
const PART_BYTES_MIN: usize = 1 << 20;

/// Reads all lines, long files in parts on all cores.
fn read_all(text: &str) -> Result<History, Broken> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = split(text, cores.min(text.len() / PART_BYTES_MIN).max(1));
    let read: Vec<Result<Part, Broken>> = if let [only] = parts[..] {
        vec![Part::read(only)]
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                parts.iter().map(|part| scope.spawn(|| Part::read(part))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("a reader does not panic"))
                .collect()
        })
    };
    let mut history = History::default();
    let mut lines = 0;
    for part in read {
        let mut part = part.map_err(|broken| Broken { line: broken.line + lines, ..broken })?;
        if let Some((line, column, header)) = part.header
            && history.header.replace(header).is_some()
        {
            return Err(Broken { line: line + lines, column, message: SECOND_HEADER.to_string() });
        }
        part.operations.iter_mut().for_each(|operation| operation.line += lines);
        lines += part.lines;
        if history.operations.is_empty() {
            history.operations = part.operations;
        } else {
            history.operations.append(&mut part.operations);
        }
    }
    Ok(history)
}

/// Cuts a text behind newlines into about equal parts.
fn split(mut text: &str, parts: usize) -> Vec<&str> {
    let mut found = Vec::new();
    for left in (2..=parts).rev() {
        let middle = text.len() / left;
        let newline = text.as_bytes()[middle..].iter().position(|&byte| byte == b'\n');
        let Some(newline) = newline else { break };
        let (part, rest) = text.split_at(middle + newline + 1);
        found.push(part);
        text = rest;
    }
    found.push(text);
    found
}

/// What one part of a file holds; lines are counted from its beginning.
#[derive(Default)]
struct Part {
    operations: Vec<Operation>,
    /// The header's line, the column of its version, and the header.
    header: Option<(usize, usize, Header)>,
    lines: usize,
}

const SECOND_HEADER: &str = "a second header; a history has at most one";

impl Part {
    fn read(text: &str) -> Result<Part, Broken> {
        let mut part = Part::default();
        for (number, line) in text.lines().enumerate() {
            part.lines = number + 1;
            if line.trim_start().is_empty() {
                continue;
            }
            part.read_line(line).map_err(|fault| Broken {
                line: number + 1,
                column: fault.column,
                message: fault.message,
            })?;
        }
        Ok(part)
    }

    fn read_line(&mut self, line: &str) -> Result<(), Fault> {
        if line.len() > LINE_BYTES_MAX {
            let message = format!("the line is longer than {LINE_BYTES_MAX} bytes");
            return Err(Fault { column: LINE_BYTES_MAX, message });
        }
        if self.operations.len() >= OPERATIONS_MAX {
            let message = format!("the history has more than {OPERATIONS_MAX} operations");
            return Err(Fault { column: 1, message });
        }
        // An array would be taken for a struct without the names of its fields.
        let start = line.len() - line.trim_start().len();
        if !line[start..].starts_with('{') {
            let message = "this is no JSON object; each line is one operation".to_string();
            return Err(Fault { column: column(line, start), message });
        }
        match serde_json::from_str::<Line<'_>>(line) {
            Ok(raw) => self.operations.push(raw.into_operation(line, self.lines)?),
            Err(_) if is_header(line) => {
                let header = read_header(line)?;
                let column = Fault::at(line, "candor_history", String::new()).column;
                if self.header.replace((self.lines, column, header)).is_some() {
                    return Err(Fault { column, message: SECOND_HEADER.to_string() });
                }
            }
            Err(error) => return Err(Fault::parse(line, &error)),
        }
        Ok(())
    }
}

fn is_header(line: &str) -> bool {
    fields(line).iter().any(|field| field.name == "candor_history")
}

/// A fault inside one line.
struct Fault {
    column: usize,
    message: String,
}

impl Fault {
    /// A fault of a field's value, or of the whole line if it lacks the field.
    fn at(line: &str, field: &str, message: String) -> Fault {
        let found = fields(line).into_iter().find(|found| found.name == field);
        Fault { column: found.map_or(1, |found| found.value_column), message }
    }

    /// What serde found; it points behind the token at fault, this points at its start.
    fn parse(line: &str, error: &serde_json::Error) -> Fault {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let message = message.replace("expected u64", "expected an integer of at least 0");
        if error.is_syntax() || error.is_eof() {
            let column = column(line, error.column().saturating_sub(1));
            return Fault { column, message: format!("this is no JSON object: {message}") };
        }
        let behind = column(line, error.column());
        let covers = |f: &&Field<'_>| f.column < behind && behind <= f.end_column;
        let column = fields(line).iter().find(covers).map_or(1, |field| {
            if behind <= field.value_column { field.column } else { field.value_column }
        });
        Fault { column, message }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    candor_history: u64,
    unit: Option<String>,
    level: Option<String>,
}

fn read_header(line: &str) -> Result<Header, Fault> {
    let raw: HeaderLine = serde_json::from_str(line).map_err(|e| Fault::parse(line, &e))?;
    if raw.candor_history != Header::VERSION {
        let message = format!(
            "version {} of the history format is not known; this judge reads version {}",
            raw.candor_history,
            Header::VERSION
        );
        return Err(Fault::at(line, "candor_history", message));
    }
    let unit = match raw.unit {
        Some(name) => name.parse().map_err(|message| Fault::at(line, "unit", message))?,
        None => Unit::default(),
    };
    Ok(Header { version: raw.candor_history, unit, level: read_level(line, raw.level)? })
}

fn read_level(line: &str, name: Option<String>) -> Result<Option<Level>, Fault> {
    name.map(|name| name.parse().map_err(|e| Fault::at(line, "level", format!("{e}")))).transpose()
}

/// A line as it stands in the file; what belongs together is checked afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    client: Option<u64>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    value: Option<Option<Text>>,
    #[serde(default, deserialize_with = "present")]
    from: Option<Option<Text>>,
    #[serde(default, deserialize_with = "present")]
    to: Option<Option<Text>>,
    ok: Option<bool>,
    start: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    end: Option<Option<u64>>,
    #[serde(default)]
    refused: bool,
    #[serde(default, rename = "final")]
    is_final: bool,
    server: Option<u64>,
    level: Option<String>,
    position: Option<Position>,
    #[serde(default, deserialize_with = "present")]
    by: Option<Option<Source>>,
    entry: Option<Source>,
}

/// Tells a field that is `null` from one that is absent.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Line<'_> {
    fn into_operation(mut self, line: &str, number: usize) -> Result<Operation, Fault> {
        let kind = self.take_kind(line)?;
        let is_read = matches!(kind, Kind::Read { .. });
        let start = need(line, "start", self.start, "the time at which the client asked")?;
        let end = need(line, "end", self.end, "the time of the answer, or null if none came")?;
        for (field, time) in [("start", Some(start)), ("end", end)] {
            if time.is_some_and(|time| time > TIME_MAX) {
                let message = format!("times are at most {TIME_MAX}");
                return Err(Fault::at(line, field, message));
            }
        }
        if let (Kind::Cas { ok: Some(_), .. }, None, false) = (&kind, end, self.refused) {
            let message = "the answer is known, so it needs an `end`; leave `ok` out if none came";
            return Err(Fault::at(line, "ok", message.to_string()));
        }
        if self.is_final && !is_read {
            let message = "only a read can be `final`".to_string();
            return Err(Fault::at(line, "final", message));
        }
        if self.level.is_some() && !is_read {
            let message = "only a read asks for a `level`; a write is the same at all of them";
            return Err(Fault::at(line, "level", message.to_string()));
        }
        if self.entry.is_some() && is_read {
            let message = "a read has no `entry` of its own".to_string();
            return Err(Fault::at(line, "entry", message));
        }
        Ok(Operation {
            client: need(line, "client", self.client, "the number of the client that asked")?,
            kind,
            key: need(line, "key", self.key, "the key as a string")?.into_owned(),
            start,
            end,
            refused: self.refused,
            is_final: self.is_final,
            server: self.server,
            level: read_level(line, self.level)?,
            position: self.position,
            by: self.by.map(|by| by.unwrap_or(Source::Nothing)),
            entry: read_entry(line, self.entry)?,
            line: number,
        })
    }

    /// The kind and the fields that belong to it alone.
    fn take_kind(&mut self, line: &str) -> Result<Kind, Fault> {
        let name = need(line, "kind", self.kind.take(), "`write`, `read` or `cas`")?;
        let text = |field: Option<Option<Text>>| field.map(|value| value.map(|text| text.0));
        let (value, from, to) =
            (text(self.value.take()), text(self.from.take()), text(self.to.take()));
        let given = [("value", value.is_some()), ("from", from.is_some()), ("to", to.is_some())];
        let only = |allowed: &[&str]| -> Result<(), Fault> {
            let stray = given.iter().find(|(name, given)| *given && !allowed.contains(name));
            match stray {
                Some((field, _)) => Err(Fault::at(
                    line,
                    field,
                    format!("a {name} has no `{field}`; it has {}", quoted(allowed)),
                )),
                None => Ok(()),
            }
        };
        match name.as_ref() {
            "write" => {
                only(&["value"])?;
                if self.ok.is_some() {
                    let message = "`ok` belongs to a read or a cas; a write that certainly did \
                                   not run says `\"refused\":true`, an unknown one `\"end\":null`";
                    return Err(Fault::at(line, "ok", message.to_string()));
                }
                Ok(Kind::Write {
                    value: need(line, "value", value, "the value, or null to delete")?,
                })
            }
            "read" => {
                only(&["value"])?;
                let answered = self.ok.unwrap_or(true) && self.end.flatten().is_some();
                if !answered || self.refused {
                    return Ok(Kind::Read { value: value.flatten(), ok: false });
                }
                let value = need(line, "value", value, "what was read, or null for nothing there")?;
                Ok(Kind::Read { value, ok: true })
            }
            "cas" => {
                only(&["from", "to"])?;
                let from = need(line, "from", from, "the value that must be there")?;
                let to = need(line, "to", to, "the value that takes its place")?;
                Ok(Kind::Cas { from, to, ok: self.ok })
            }
            other => {
                let message = format!("unknown kind `{other}`; it is `write`, `read` or `cas`");
                Err(Fault::at(line, "kind", message))
            }
        }
    }
}

fn read_entry(line: &str, entry: Option<Source>) -> Result<Option<Entry>, Fault> {
    match entry {
        None => Ok(None),
        Some(Source::Merged(entry)) => Ok(Some(entry)),
        Some(_) => {
            let message = "an entry is `[\"node.boot\", index, offset, stamp]`".to_string();
            Err(Fault::at(line, "entry", message))
        }
    }
}

fn need<T>(line: &str, field: &str, value: Option<T>, meaning: &str) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::at(line, field, format!("missing field `{field}`: {meaning}")))
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

/// A value: a string, or an integer that stands for its digits.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, an integer or null")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}
