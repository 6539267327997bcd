//! Faults: what was done to the servers while a history was recorded. They explain a history to
//! people; the judge does not look at them.

use std::fmt::Write as _;

use serde::Deserialize;

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
