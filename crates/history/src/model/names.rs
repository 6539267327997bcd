//! Operations, keys and values in few words, for lines and for sentences.

use std::borrow::Cow;

use crate::model::history::History;
use crate::model::operation::{Kind, Operation, Value};

/// An operation in few words, such as `client 0 write a=1`.
pub fn compact(operation: &Operation) -> String {
    let client = operation.client;
    let key = word(&operation.key);
    match &operation.kind {
        Kind::Write { value: None } => format!("client {client} delete {key}"),
        Kind::Write { value } => format!("client {client} write {key}={}", short(value)),
        Kind::Read { value, ok: true } => format!("client {client} read {key}={}", short(value)),
        Kind::Read { .. } => format!("client {client} read {key}=?"),
        Kind::Append { value } => format!("client {client} append {key}+={}", word(value)),
        Kind::Incr { add, value } => {
            let answer = value.as_ref().map_or(String::new(), |value| format!("={}", word(value)));
            format!("client {client} incr {key}+{add}{answer}")
        }
        Kind::Cas { from, to, ok } => {
            let answer = match ok {
                Some(true) => "",
                Some(false) => " (failed)",
                None => " (unknown)",
            };
            format!("client {client} cas {key}:{}→{}{answer}", short(from), short(to))
        }
    }
}

/// An operation in few words and, where it came from a file, its place there.
pub(crate) fn named(history: &History, index: usize) -> String {
    let operation = &history.operations[index];
    let place = operation.place().map_or(String::new(), |place| format!(" ({place})"));
    compact(operation) + &place
}

/// A value in an operation's short form, where `=` sets it apart.
fn short(value: &Option<Value>) -> Cow<'_, str> {
    value.as_deref().map_or(Cow::Borrowed("nothing"), word)
}

/// A key or a value as it stands, or in quotes where its end, or that it is one, could not be seen.
fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |sign: char| sign.is_alphanumeric() || "_-.:/#@+*".contains(sign);
    let stands_alone = !text.is_empty() && text != "nothing" && text.chars().all(is_plain);
    if stands_alone { Cow::Borrowed(text) } else { Cow::Owned(format!("\"{text}\"")) }
}

/// A key or a value as sentences show it: in quotes, since it may be any word.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What is there, as sentences show it.
pub(crate) fn shown(value: &Option<Value>) -> String {
    value.as_deref().map_or("nothing".to_string(), quoted)
}
