//! Reads history files: JSON Lines, one operation a line, perhaps a header and faults. A file is
//! read whole or refused with the place of its first fault and what would be right there.

use serde::Deserialize;

use crate::formats::broken::{Broken, LINE_BYTES_MAX, OPERATIONS_MAX};
use crate::formats::field::{Fault, column, fields};
use crate::formats::line::{Line, read_level};
use crate::model::clients;
use crate::model::fault;
use crate::model::history::{Header, History, Unit};
use crate::model::operation::{Operation, TIME_MAX};

impl History {
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
    let parts = match text.len() / PART_BYTES_MIN {
        0 => vec![text],
        parts => {
            split(text, parts.min(std::thread::available_parallelism().map_or(1, usize::from)))
        }
    };
    let read: Vec<Result<Part, Broken>> = if let [only] = parts[..] {
        vec![Part::read(only, 0)]
    } else {
        std::thread::scope(|scope| {
            // The first has room for all, so that the others can be put behind it.
            let room = |at: usize| if at == 0 { newlines(text) } else { 0 };
            let parts = parts.iter().enumerate();
            let threads: Vec<_> =
                parts.map(|(at, part)| scope.spawn(move || Part::read(part, room(at)))).collect();
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
        history.faults.append(&mut part.faults);
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

/// How many lines end.
pub(crate) fn newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

/// What one part of a file holds; lines are counted from its beginning.
#[derive(Default)]
struct Part {
    operations: Vec<Operation>,
    /// The header's line, the column of its version, and the header.
    header: Option<(usize, usize, Header)>,
    faults: Vec<fault::Fault>,
    lines: usize,
}

const SECOND_HEADER: &str = "a second header; a history has at most one";

impl Part {
    /// Reads a part of a file, with room for as many operations as it has lines, or for more.
    fn read(text: &str, room: usize) -> Result<Part, Broken> {
        let mut part = Part::default();
        part.operations.reserve_exact(room.max(newlines(text) + 1));
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
            Err(_) if has_field(line, "candor_history") => {
                let header = read_header(line)?;
                let column = Fault::at(line, "candor_history", String::new()).column;
                if self.header.replace((self.lines, column, header)).is_some() {
                    return Err(Fault { column, message: SECOND_HEADER.to_string() });
                }
            }
            Err(_) if has_field(line, "fault") => self.faults.push(read_fault(line)?),
            Err(error) => return Err(Fault::parse(line, &error)),
        }
        Ok(())
    }
}

fn has_field(line: &str, name: &str) -> bool {
    fields(line).iter().any(|field| field.name == name)
}

fn read_fault(line: &str) -> Result<fault::Fault, Fault> {
    let fault: fault::Fault =
        serde_json::from_str(line).map_err(|error| Fault::parse(line, &error))?;
    for (name, time) in [("start", Some(fault.start)), ("end", fault.end)] {
        if time.is_some_and(|time| time > TIME_MAX) {
            let message = format!("times are at most {TIME_MAX}");
            return Err(Fault::at(line, name, message));
        }
    }
    Ok(fault)
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

#[cfg(test)]
mod tests {
    use crate::model::fault::Fault;
    use crate::model::history::History;

    const LINES: [&str; 2] = [
        r#"{"fault":"killed","server":0,"start":900,"end":1300}"#,
        r#"{"fault":"partition 0 | \"1\"","start":5,"end":null}"#,
    ];

    #[test]
    fn lines_come_back_beside_operations() {
        let operation = r#"{"client":0,"kind":"write","key":"a","value":"1","start":1,"end":2}"#;
        let text = format!("{}\n{operation}\n{}\n", LINES[0], LINES[1]);
        let history = History::from_jsonl(&text).unwrap();
        assert_eq!(history.operations.len(), 1);
        let again: Vec<String> = history.faults.iter().map(Fault::to_json).collect();
        assert_eq!(again, LINES);
        assert_eq!(History::from_jsonl(&history.to_jsonl()).unwrap().faults, history.faults);
    }

    #[test]
    fn what_is_no_fault_is_refused_with_its_place() {
        for (line, message) in [
            (r#"{"fault":"x","start":1,"end":2,"key":"a"}"#, "unknown field `key`"),
            (r#"{"fault":"x","end":2}"#, "missing field `start`"),
            (r#"{"fault":7,"start":1,"end":2}"#, "invalid type"),
            (r#"{"fault":"x","start":1,"end":9000000000000000000}"#, "times are at most"),
        ] {
            let broken = History::from_jsonl(&format!("\n{line}")).unwrap_err();
            assert!(broken.line == 2 && broken.message.contains(message), "{broken}");
        }
    }
}
