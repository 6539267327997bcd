//! From the JSON of a request to what the node is asked.

use std::fmt;

use bytes::Bytes;
use node::VALUE_BYTES_MAX;

use super::json::{self, Reader};
use super::python::{self, Printed};

/// How much of a client's own words an error repeats, in characters.
const REPEATED_CHARS_MAX: usize = 60;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Give a key a value.
    Set(Bytes, Bytes),
    /// Ask for the value of a key.
    Get(Bytes),
}

/// Why a text is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERR {}", self.0)
    }
}

impl From<json::SyntaxError> for Refusal {
    fn from(json::SyntaxError { what, at }: json::SyntaxError) -> Refusal {
        Refusal(format!("{what}, at byte {at} of the request"))
    }
}

fn refuse<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(what.into()))
}

/// A client's own words, in quotes.
fn repeated(text: &str) -> String {
    let cut: String = text.chars().take(REPEATED_CHARS_MAX).collect();
    let ellipsis = if cut.len() < text.len() { "…" } else { "" };
    format!("{:?}", cut + ellipsis)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Set,
    Get,
}

/// The fields of a request as they stand there.
#[derive(Debug, Default)]
struct Fields {
    kind: Option<Kind>,
    key: Option<String>,
    value: Option<Printed>,
}

/// Reads a request. A field that is given twice is refused, as in scenario files: who sends it
/// means one of the two, and nobody knows which.
pub(super) fn read(body: &[u8]) -> Result<Request, Refusal> {
    let Ok(text) = std::str::from_utf8(body) else {
        return refuse("a request is JSON, and JSON is UTF-8; this is not");
    };
    let mut reader = Reader::new(text);
    if !reader.take(b'{') {
        return refuse("a request is one JSON object, such as {\"type\": \"get\", \"key\": \"a\"}");
    }
    let (mut fields, mut is_first) = (Fields::default(), true);
    while reader.has_element(b'}', is_first)? {
        let name = reader.name()?;
        fields.take(&name, &mut reader)?;
        is_first = false;
    }
    reader.end()?;
    fields.request()
}

impl Fields {
    /// Reads the value of the field of this name.
    fn take(&mut self, name: &str, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let is_new = match name {
            "type" | "request_type" => self.kind.replace(read_kind(reader)?).is_none(),
            "key" => self.key.replace(read_key(reader)?).is_none(),
            "value" => self.value.replace(python::print(reader)?).is_none(),
            _ => {
                return refuse(format!(
                    "unknown field {}; a request has \"type\", \"key\" and \"value\"",
                    repeated(name)
                ));
            }
        };
        if is_new { Ok(()) } else { refuse(format!("the field \"{name}\" is given twice")) }
    }

    /// What they mean together.
    fn request(self) -> Result<Request, Refusal> {
        let Some(kind) = self.kind else {
            return refuse("a request needs \"type\": \"set\" or \"get\"");
        };
        let Some(key) = self.key else { return refuse("a request needs \"key\": a string") };
        let key = Bytes::from(key);
        match (kind, self.value) {
            (Kind::Set, Some(Printed::Text(value))) => Ok(Request::Set(key, value.into())),
            (Kind::Set, Some(Printed::Nothing)) => {
                refuse("a set needs a value, and null is none: None is what a get says of no value")
            }
            (Kind::Set, None) => refuse("a set needs \"value\": what to write"),
            (Kind::Get, None | Some(Printed::Nothing)) => Ok(Request::Get(key)),
            (Kind::Get, Some(Printed::Text(_))) => {
                refuse("a get has no \"value\", or null: leave it out, or say set")
            }
        }
    }
}

fn read_kind(reader: &mut Reader<'_>) -> Result<Kind, Refusal> {
    if reader.peek() != Some(b'"') {
        return refuse("\"type\" is a string: \"set\" or \"get\"");
    }
    match &*reader.string()? {
        "set" | "write" => Ok(Kind::Set),
        "get" | "read" => Ok(Kind::Get),
        other => refuse(format!("unknown type {}; there are \"set\" and \"get\"", repeated(other))),
    }
}

fn read_key(reader: &mut Reader<'_>) -> Result<String, Refusal> {
    if reader.peek() != Some(b'"') {
        return refuse("\"key\" is a string");
    }
    let key = reader.string()?;
    if key.len() > VALUE_BYTES_MAX {
        return refuse("a key has at most 16 MiB");
    }
    Ok(key.into_owned())
}
