//! Operations, keys and values in few words, for lines and for sentences.

use std::borrow::Cow;

use crate::model::history::History;
use crate::model::operation::{Kind, Operation, Value};

/// An operation in few words, such as `client 0 write a=1` or `client 0 txn [read a=1, write b=2]`.
pub fn compact(operation: &Operation) -> String {
    format!("client {} {}", operation.client, deed(operation))
}

/// How many operations of a transaction are told of.
const PARTS_SHOWN_MAX: usize = 8;

/// What an operation did, without its client.
fn deed(operation: &Operation) -> String {
    let key = word(&operation.key);
    match &operation.kind {
        Kind::Write { value: None } => format!("delete {key}"),
        Kind::Write { value } => format!("write {key}={}", short(value)),
        Kind::Read { value, ok: true } => format!("read {key}={}", short(value)),
        Kind::Read { .. } => format!("read {key}=?"),
        Kind::Append { value } => format!("append {key}+={}", word(value)),
        Kind::Incr { add, value } => {
            let answer = value.as_ref().map_or(String::new(), |value| format!("={}", word(value)));
            format!("incr {key}+{add}{answer}")
        }
        Kind::Transaction { operations } => {
            let mut parts: Vec<String> =
                operations.iter().take(PARTS_SHOWN_MAX).map(deed).collect();
            if operations.len() > PARTS_SHOWN_MAX {
                parts.push(format!("… and {} more", operations.len() - PARTS_SHOWN_MAX));
            }
            format!("txn [{}]", parts.join(", "))
        }
        Kind::Cas { from, to, ok } => {
            let answer = match ok {
                Some(true) => "",
                Some(false) => " (failed)",
                None => " (unknown)",
            };
            format!("cas {key}:{}→{}{answer}", short(from), short(to))
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
