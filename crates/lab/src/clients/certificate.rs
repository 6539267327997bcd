//! Where an answer stands in the logs, as its server says in the attribute before it.

use history::{Operation, Position, Source};
use resp::Value;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest text of a field, in bytes: far more than the vector of the largest cluster takes.
const FIELD_BYTES_MAX: usize = 16 << 10;

/// Where an answer stands: the fields of a history file, each as its JSON text.
///
/// Invariant: every text is one that a history file can have there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Certificate {
    position: String,
    by: Option<String>,
    entry: Option<String>,
}

impl Certificate {
    /// A reply, and what stands before it; an error if that is no certificate.
    pub(crate) fn take_off(reply: Value) -> Result<(Option<Certificate>, Value), String> {
        let Value::Attributed(pairs, value) = reply else { return Ok((None, reply)) };
        let text = |name: &str| {
            let named = pairs.iter().find(|(key, _)| key.as_bytes() == Some(name.as_bytes()));
            let bytes = named.and_then(|(_, value)| value.as_bytes())?;
            (bytes.len() <= FIELD_BYTES_MAX).then(|| String::from_utf8_lossy(bytes).into_owned())
        };
        let (by, entry) = (text("by"), text("entry"));
        let certificate = text("position").map(|position| Certificate { position, by, entry });
        match certificate.filter(|certificate| certificate.fields().is_some()) {
            Some(certificate) => Ok((Some(certificate), *value)),
            None => {
                let pairs = Value::Map(pairs);
                Err(format!("it says where its answer stands, but not how: {pairs}"))
            }
        }
    }

    /// The operation, standing where this says.
    pub(crate) fn put_on(&self, operation: Operation) -> Operation {
        let parts = operation.parts().len() as u64;
        match self.fields() {
            Some(certificate) if operation.is_transaction() => {
                match of_transaction(certificate, parts) {
                    Some(certificate) => operation.certified(certificate),
                    None => operation,
                }
            }
            Some(certificate) => operation.certified(certificate),
            None => operation,
        }
    }

    /// What the texts mean; `None` if one means nothing.
    fn fields(&self) -> Option<history::Certificate> {
        fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
            serde_json::from_str(text).ok()
        }
        let by = match &self.by {
            Some(text) => Some(read::<Option<Source>>(text)?.unwrap_or(Source::Nothing)),
            None => None,
        };
        let entry = match &self.entry {
            Some(text) => match read(text)? {
                Source::Merged(entry) => Some(entry),
                _ => return None,
            },
            None => None,
        };
        let position = Some(read(&self.position)?);
        Some(history::Certificate { position, by, entry })
    }
}

/// Where a transaction stands: its answer does at its last command, a history has the first.
fn of_transaction(certificate: history::Certificate, parts: u64) -> Option<history::Certificate> {
    let Some(Position::Agreed(last)) = certificate.position else { return None };
    let offset = last.offset.checked_sub(parts.saturating_sub(1))?;
    let first = history::Place { offset, ..last };
    let position = Some(Position::Agreed(first));
    Some(history::Certificate { position, ..history::Certificate::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(pairs: &[(&'static str, &'static str)]) -> Value {
        let bulk = |text: &'static str| Value::Bulk(bytes::Bytes::from_static(text.as_bytes()));
        let pairs = pairs.iter().map(|(name, json)| (bulk(name), bulk(json)));
        Value::Attributed(pairs.collect(), Box::new(Value::Nil))
    }

    /// A read as a history has it whose reply came with these fields.
    fn line(pairs: &[(&'static str, &'static str)]) -> String {
        let (certificate, value) = Certificate::take_off(reply(pairs)).unwrap();
        assert_eq!(value, Value::Nil);
        certificate.unwrap().put_on(Operation::read(0, "a", None, 1, 2)).to_json()
    }

    #[test]
    fn fields_come_into_the_history_as_they_are() {
        let read = r#"{"client":0,"kind":"read","key":"a","value":null,"start":1,"end":2"#;
        let agreed = line(&[("position", "[12,0]"), ("by", "null")]);
        assert_eq!(agreed, format!(r#"{read},"position":[12,0],"by":null}}"#));
        let entry = r#"["2.1",17,0,72057594037927936]"#;
        let merged = line(&[("position", r#"{"2.1":17}"#), ("by", entry), ("entry", entry)]);
        assert_eq!(
            merged,
            format!(r#"{read},"position":{{"2.1":17}},"by":{entry},"entry":{entry}}}"#)
        );
    }

    #[test]
    fn a_reply_need_not_have_one() {
        assert_eq!(Certificate::take_off(Value::Nil), Ok((None, Value::Nil)));
    }

    #[test]
    fn what_is_no_certificate_is_told() {
        for pairs in [
            &[][..],
            &[("by", "[1,2]")],
            &[("position", "[1]")],
            &[("position", "null")],
            &[("position", "[1,2]"), ("by", "x")],
            &[("position", "[1,2]"), ("entry", "[1,2]")],
        ] {
            assert!(Certificate::take_off(reply(pairs)).is_err(), "{pairs:?}");
        }
    }
}
