//! Reads history files: JSON Lines, one operation a line, perhaps a header and faults. A file is
//! read whole or refused with the place of its first fault and what would be right there.

use crate::formats::broken::{Broken, LINE_BYTES_MAX, OPERATIONS_MAX};
use crate::formats::field::{Fault, column, fields};
use crate::formats::header::{Heading, read_header};
use crate::formats::line::Line;
use crate::model::clients;
use crate::model::fault;
use crate::model::history::History;
use crate::model::operation::{Operation, TIME_MAX};

impl History {
    /// Reads a history from JSON Lines.
    pub fn from_jsonl(text: &str) -> Result<History, Broken> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let history = read_all(text)?;
        let broken = |operation: usize, field, message| {
            let line = history.operations[operation].line;
            let content = text.lines().nth(line - 1).unwrap_or("");
            let column = Fault::at(content, field, String::new()).column;
            Broken { line, column, message }
        };
        clients::in_order(&history)
            .map_err(|disorder| broken(disorder.operation, disorder.field, disorder.message))?;
        match history.misplaced().or_else(|| history.one_level_too_many()) {
            Some((operation, field, message)) => Err(broken(operation, field, message)),
            None => Ok(history),
        }
    }
}

/// How long the parts of a file are that a thread reads at a time.
const PART_BYTES: usize = 1 << 20;

/// Reads all lines, as many parts at a time as there are cores. What is read of a part is put
/// behind the rest before the next ones begin, so that little stands in memory twice.
fn read_all(text: &str) -> Result<History, Broken> {
    let cores = match text.len() / PART_BYTES {
        0 => 1,
        parts => parts.min(std::thread::available_parallelism().map_or(1, usize::from)),
    };
    let mut history = History::default();
    history.operations.reserve_exact(newlines(text) + 1);
    let (mut lines, mut left) = (0, text);
    while !left.is_empty() {
        let parts: Vec<&str> = (0..cores).map(|_| cut(&mut left)).collect();
        for part in read_parts(&parts) {
            lines += part
                .and_then(|part| part.join(&mut history, lines))
                .map_err(|broken| Broken { line: broken.line + lines, ..broken })?;
        }
    }
    Ok(history)
}

/// Reads each part on a thread of its own.
fn read_parts(parts: &[&str]) -> Vec<Result<Part, Broken>> {
    if let [only] = parts {
        return vec![Part::read(only)];
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            parts.iter().map(|part| scope.spawn(move || Part::read(part))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a reader does not panic")).collect()
    })
}

/// Cuts a part off the beginning of a text, behind a newline.
fn cut<'a>(left: &mut &'a str) -> &'a str {
    let text = *left;
    let behind = text.as_bytes().get(PART_BYTES..).unwrap_or_default();
    let newline = behind.iter().position(|&byte| byte == b'\n');
    let (part, rest) = text.split_at(newline.map_or(text.len(), |at| PART_BYTES + at + 1));
    *left = rest;
    part
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
    header: Option<(usize, usize, Heading)>,
    faults: Vec<fault::Fault>,
    lines: usize,
}

const SECOND_HEADER: &str = "a second header; a history has at most one";

impl Part {
    /// Puts it behind what was read before, which has so many lines; how many it has itself. An
    /// error counts lines from the beginning of the part.
    fn join(mut self, history: &mut History, before: usize) -> Result<usize, Broken> {
        if let Some((line, column, heading)) = self.header {
            if history.header.is_some() {
                return Err(Broken { line, column, message: SECOND_HEADER.to_string() });
            }
            heading.put_on(history);
        }
        if history.operations.len() + self.operations.len() > OPERATIONS_MAX {
            let message = format!("the history has more than {OPERATIONS_MAX} operations");
            return Err(Broken { line: 1, column: 1, message });
        }
        self.operations.iter_mut().for_each(|operation| operation.line += before);
        history.operations.append(&mut self.operations);
        history.faults.append(&mut self.faults);
        Ok(self.lines)
    }

    /// Reads a part of a file.
    fn read(text: &str) -> Result<Part, Broken> {
        let mut part = Part::default();
        part.operations.reserve_exact(newlines(text) + 1);
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

#[cfg(test)]
mod tests {
    use crate::model::fault::Fault;
    use crate::model::history::History;

    /// A text of several parts for each core: lines and places count on from part to part.
    #[test]
    fn long_files_are_read_in_parts() {
        let line = |at: u64| {
            let value = "v".repeat(200);
            let (start, end) = (2 * at, 2 * at + 1);
            format!(
                r#"{{"client":0,"kind":"write","key":"a","value":"{value}","start":{start},"end":{end}}}"#
            ) + "\n"
        };
        let parts = 2 * std::thread::available_parallelism().map_or(1, usize::from) + 1;
        let count = (parts * super::PART_BYTES / line(0).len()) as u64;
        let header = "{\"candor_history\":1}\n";
        let text = header.to_string() + &(0..count).map(line).collect::<String>();
        let history = History::from_jsonl(&text).unwrap();
        let lines = history.operations.iter().map(|operation| operation.line as u64);
        assert!(lines.eq(2..count + 2));
        for last in [header, "{}\n"] {
            let broken = History::from_jsonl(&format!("{text}{last}")).unwrap_err();
            assert_eq!(broken.line as u64, count + 2, "{broken}");
        }
    }

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
