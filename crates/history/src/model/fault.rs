//! Faults: what was done to the servers while a history was recorded. They explain a history to people;
//! the judge does not look at them.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::formats::field;
use crate::formats::jsonl::TIME_MAX;

/// Something that was done to the servers, as a line of a history file:
/// `{"fault":"killed","server":0,"start":900,"end":1300}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What it was, in few words.
    #[serde(rename = "fault")]
    pub text: String,
    /// The server that it hit, if it hit one alone.
    pub server: Option<u64>,
    /// When it began.
    pub start: u64,
    /// When it was over; `None` if it never was.
    pub end: Option<u64>,
}

impl Fault {
    /// Reads a line.
    pub(crate) fn read(line: &str) -> Result<Fault, field::Fault> {
        let fault: Fault =
            serde_json::from_str(line).map_err(|error| field::Fault::parse(line, &error))?;
        for (name, time) in [("start", Some(fault.start)), ("end", fault.end)] {
            if time.is_some_and(|time| time > TIME_MAX) {
                let message = format!("times are at most {TIME_MAX}");
                return Err(field::Fault::at(line, name, message));
            }
        }
        Ok(fault)
    }

    /// The fault as one line of a history file, without its newline.
    pub fn to_json(&self) -> String {
        let text = serde_json::Value::from(self.text.as_str());
        let mut line = format!("{{\"fault\":{text}");
        // Writing to a text cannot fail.
        let _ = match self.server {
            Some(server) => write!(line, ",\"server\":{server}"),
            None => Ok(()),
        };
        let _ = write!(line, ",\"start\":{},\"end\":", self.start);
        let _ = match self.end {
            Some(end) => write!(line, "{end}}}"),
            None => write!(line, "null}}"),
        };
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
