//! One step of a client, the command that asks for it, and what came of it. The list of operations
//! is the lab's own, since it shares no code with what it looks at.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::model::Model;
use crate::report::text::shown;
use crate::scenario::VALUE_BYTES_MAX;

/// One request, with all that is random already drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Give a key a value.
    Write { key: String, value: String },
    /// Ask for the value of a key, perhaps at a level of its own.
    Read { key: String, level: Option<String> },
    /// Give a key a value if it has that one; `None`: if nothing is there.
    Cas { key: String, from: Option<String>, to: String },
    /// Put a text behind the value of a key.
    Append { key: String, value: String },
    /// Add to the number that is the value of a key.
    Increment { key: String, by: i64 },
    /// Remove a key.
    Delete { key: String },
    /// Do several of these, but for sleeping, at one moment.
    Transaction { commands: Vec<Step> },
    /// Wait.
    Sleep { ms: u64 },
}

/// Every form of operation on one key that clients ask a server for: what the judge takes it for,
/// and an example of it in the words that the server hears.
pub fn operations() -> Vec<(Model, Vec<String>)> {
    let (key, value) = (|| "key".to_owned(), || "value".to_owned());
    let forms = [
        Step::Read { key: key(), level: None },
        Step::Write { key: key(), value: value() },
        Step::Cas { key: key(), from: Some("from".into()), to: value() },
        Step::Cas { key: key(), from: None, to: value() },
        Step::Append { key: key(), value: value() },
        Step::Increment { key: key(), by: 1 },
        Step::Delete { key: key() },
    ];
    let words = |step: &Step| step.words().into_iter().map(Cow::into_owned).collect();
    forms.iter().filter_map(|step| Some((step.model()?, words(step)))).collect()
}

impl Step {
    /// What the judge takes it for; `None`: it is no operation.
    pub(crate) fn model(&self) -> Option<Model> {
        match self {
            Step::Read { .. } => Some(Model::Read),
            Step::Write { .. } => Some(Model::Write),
            Step::Cas { .. } => Some(Model::Cas),
            Step::Append { .. } => Some(Model::Append),
            Step::Increment { .. } => Some(Model::Increment),
            Step::Delete { .. } => Some(Model::Delete),
            Step::Transaction { .. } => Some(Model::Transaction),
            Step::Sleep { .. } => None,
        }
    }

    /// The command that asks for it; no words for what is no operation of one command.
    pub(crate) fn words(&self) -> Vec<Cow<'_, str>> {
        fn words<'s, const N: usize>(words: [&'s str; N]) -> Vec<Cow<'s, str>> {
            words.map(Cow::Borrowed).into()
        }
        match self {
            Step::Write { key, value } => words(["SET", key, value]),
            Step::Read { key, level: None } => words(["GET", key]),
            Step::Read { key, level: Some(level) } => {
                vec![format!("GET@{}", level.to_uppercase()).into(), key.into()]
            }
            Step::Cas { key, from: Some(from), to } => words(["SET", key, to, "IFEQ", from]),
            Step::Cas { key, from: None, to } => words(["SET", key, to, "NX"]),
            Step::Append { key, value } => words(["APPEND", key, value]),
            Step::Increment { key, by } => {
                vec!["INCRBY".into(), key.into(), by.to_string().into()]
            }
            Step::Delete { key } => words(["DEL", key]),
            Step::Transaction { .. } | Step::Sleep { .. } => vec![],
        }
    }

    /// It in few words, such as `set a = 1`.
    pub(crate) fn describe(&self) -> String {
        match self {
            Step::Write { key, value } => format!("set {} = {}", shown(key), shown(value)),
            Step::Read { key, .. } => format!("get {}", shown(key)),
            Step::Cas { key, to, .. } => format!("cas {} = {}", shown(key), shown(to)),
            Step::Append { key, value } => format!("append {} {}", shown(key), shown(value)),
            Step::Increment { key, by } => format!("incr {} by {by}", shown(key)),
            Step::Delete { key } => format!("del {}", shown(key)),
            Step::Transaction { commands } => {
                commands.iter().map(Step::describe).collect::<Vec<_>>().join("; ")
            }
            Step::Sleep { .. } => "sleep".into(),
        }
    }

    /// The key of an operation; of a transaction, that of its first command.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Step::Write { key, .. }
            | Step::Read { key, .. }
            | Step::Cas { key, .. }
            | Step::Append { key, .. }
            | Step::Increment { key, .. }
            | Step::Delete { key } => Some(key),
            Step::Transaction { commands } => commands.first()?.key(),
            Step::Sleep { .. } => None,
        }
    }

    /// The commands of a transaction; any other step is its own and only part.
    pub(crate) fn parts(&self) -> &[Step] {
        match self {
            Step::Transaction { commands } => commands,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether it may change something.
    pub(crate) fn is_write(&self) -> bool {
        match self {
            Step::Transaction { commands } => commands.iter().any(Step::is_write),
            step => !matches!(step, Step::Read { .. } | Step::Sleep { .. }),
        }
    }
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The write took effect, or the append or the removal.
    Written,
    /// The read returned this; `None`: nothing there.
    Value(Option<String>),
    /// The comparison was made; whether the value was the one to be replaced, and was.
    Swapped(bool),
    /// The number was added, and this is the sum.
    Sum(i64),
    /// The transaction ran, and this came of each of its commands.
    Ran(Vec<Answer>),
    /// It did not and will not take effect; the reason as the server or the system gave it.
    Refused(String),
    /// Nobody knows whether it took effect; the reason likewise.
    Unknown(String),
}

/// A value as text. Scenarios write texts of limited length alone, so anything else was never
/// written; it is described, lest it look like something that was.
pub(crate) fn text_of(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.len() <= VALUE_BYTES_MAX => text.into(),
        Ok(_) => format!("(a value of {} bytes)", value.len()),
        Err(_) => format!("(a value of {} bytes that are no UTF-8)", value.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_form() {
        let mut asked: Vec<Model> = operations().into_iter().map(|(model, _)| model).collect();
        // It is made of the others.
        asked.push(Model::Transaction);
        assert!(Model::ALL.iter().all(|model| asked.contains(model)), "{asked:?}");
    }
}
