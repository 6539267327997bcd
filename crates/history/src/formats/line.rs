//! One line of a history file, as it stands there, and the operation that it means.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Unexpected, Visitor};

use crate::formats::field::{Fault, OPERATIONS};
use crate::model::certificate::{Certificate, Entry, Position, Source};
use crate::model::level::Level;
use crate::model::operation::{Kind, Operation, TIME_MAX};
use crate::model::transaction::TRANSACTION_OPERATIONS_MAX;

pub(crate) fn read_level(line: &str, name: Option<String>) -> Result<Option<Level>, Fault> {
    name.map(|name| name.parse().map_err(|e| Fault::at(line, "level", format!("{e}")))).transpose()
}

/// A line as it stands in the file; what belongs together is checked afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line<'a> {
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
    add: Option<i64>,
    #[serde(borrow)]
    operations: Option<Vec<Line<'a>>>,
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
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// What a fault lies in: a line, or one of the operations of its transaction.
#[derive(Clone, Copy)]
struct Place<'a> {
    line: &'a str,
    part: Option<usize>,
}

impl Place<'_> {
    fn fault(self, field: &str, message: String) -> Fault {
        match self.part {
            None => Fault::at(self.line, field, message),
            Some(number) => Fault::inside(self.line, OPERATIONS, number, field, message),
        }
    }

    fn need<T>(self, field: &str, value: Option<T>, meaning: &str) -> Result<T, Fault> {
        value.ok_or_else(|| self.fault(field, format!("missing field `{field}`: {meaning}")))
    }
}

const CLIENT: &str = "the number of the client that asked";
const KEY: &str = "the key as a string";
const PARTS: &str = "`write`, `read`, `cas`, `append`, `incr` or `delete`";
const KINDS: &str = "`write`, `read`, `cas`, `append`, `incr`, `delete` or `transaction`";

impl Line<'_> {
    pub(crate) fn into_operation(mut self, line: &str, number: usize) -> Result<Operation, Fault> {
        let place = Place { line, part: None };
        let kind = self.take_kind(place)?;
        let is_whole = matches!(kind, Kind::Transaction { .. });
        let is_read = matches!(kind, Kind::Read { .. });
        let start = place.need("start", self.start, "the time at which the client asked")?;
        let end = place.need("end", self.end, "the time of the answer, or null if none came")?;
        for (field, time) in [("start", Some(start)), ("end", end)] {
            if time.is_some_and(|time| time > TIME_MAX) {
                let message = format!("times are at most {TIME_MAX}");
                return Err(Fault::at(line, field, message));
            }
        }
        self.check_answer(place, &kind, end)?;
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
        if is_whole {
            self.check_whole(line)?;
        }
        let certificate = Certificate {
            position: self.position,
            by: self.by.map(|by| by.unwrap_or(Source::Nothing)),
            entry: read_entry(line, self.entry)?,
        };
        Ok(Operation {
            client: place.need("client", self.client, CLIENT)?,
            kind,
            key: match is_whole {
                true => String::new(),
                false => place.need("key", self.key, KEY)?.into_owned(),
            },
            start,
            end,
            refused: self.refused,
            is_final: self.is_final,
            server: self.server,
            level: read_level(line, self.level)?,
            certificate: certificate.boxed(),
            line: number,
            column: 0,
        })
    }

    /// An answer goes with an end, and with no refusal: else one of them would be dropped.
    fn check_answer(&self, place: Place<'_>, kind: &Kind, end: Option<u64>) -> Result<(), Fault> {
        let field = match kind {
            Kind::Cas { ok: Some(_), .. } => "ok",
            Kind::Read { .. } if self.ok == Some(true) => "ok",
            Kind::Read { value: Some(_), ok: false } => "value",
            Kind::Incr { value: Some(_), .. } => "value",
            _ => return Ok(()),
        };
        let message = match (self.refused, end) {
            (true, _) => "what was refused did not run, so it was not answered".to_string(),
            (false, None) => format!(
                "the answer is known, so it needs an `end`; leave `{field}` out if none came"
            ),
            (false, Some(_)) if self.ok == Some(false) && field == "value" => {
                "a read that ended without an answer has no `value`".to_string()
            }
            (false, Some(_)) => return Ok(()),
        };
        Err(place.fault(field, message))
    }

    /// What a transaction as a whole cannot say: its operations have keys and say who wrote what
    /// they saw. Certificates of merged logs are read of single operations only.
    fn check_whole(&self, line: &str) -> Result<(), Fault> {
        let message = match (&self.key, &self.by, &self.entry, &self.position) {
            (Some(_), ..) => ("key", "a transaction has no `key`; its operations have"),
            (_, Some(_), ..) => ("by", "a transaction has no `by`; its operations have"),
            (_, _, Some(_), _) => (
                "entry",
                "a transaction takes no `entry`: certificates of merged ones are not read. Leave it out",
            ),
            (.., Some(Position::Merged(_))) => (
                "position",
                "a transaction takes `[index, offset]`: certificates of merged ones are not read. Leave it out",
            ),
            _ => return Ok(()),
        };
        Err(Fault::at(line, message.0, message.1.to_string()))
    }

    /// The operations of a transaction.
    fn take_parts(&mut self, place: Place<'_>) -> Result<Vec<Operation>, Fault> {
        let parts = place.need("operations", self.operations.take(), "its operations, in order")?;
        let message = match parts.len() {
            0 => "a transaction has at least one operation".to_string(),
            1..=TRANSACTION_OPERATIONS_MAX => {
                let parts = parts.into_iter().enumerate();
                return parts.map(|(number, part)| self.take_part(place, number, part)).collect();
            }
            _ => format!("a transaction has at most {TRANSACTION_OPERATIONS_MAX} operations"),
        };
        Err(place.fault("operations", message))
    }

    /// One of them. When it ran and whether it did is told of the transaction.
    fn take_part(
        &self,
        whole: Place<'_>,
        number: usize,
        mut part: Line<'_>,
    ) -> Result<Operation, Fault> {
        let place = Place { part: Some(number), ..whole };
        let given = [
            ("client", part.client.is_some()),
            ("start", part.start.is_some()),
            ("end", part.end.is_some()),
            ("refused", part.refused),
            ("final", part.is_final),
            ("server", part.server.is_some()),
            ("level", part.level.is_some()),
            ("position", part.position.is_some()),
            ("entry", part.entry.is_some()),
            ("operations", part.operations.is_some()),
        ];
        if let Some((field, _)) = given.iter().find(|(_, given)| *given) {
            let message = format!("an operation of a transaction has no `{field}` of its own");
            return Err(place.fault(field, message));
        }
        (part.end, part.refused) = (self.end, self.refused);
        let kind = part.take_kind(place)?;
        let end = self.end.flatten();
        part.check_answer(place, &kind, end)?;
        let unanswered = match kind {
            Kind::Cas { ok: None, .. } => "missing field `ok`: whether `from` was there",
            Kind::Read { ok: false, .. } => "a transaction that was answered has all answers",
            _ => "",
        };
        if !unanswered.is_empty() && end.is_some() && !self.refused {
            return Err(place.fault("ok", unanswered.to_string()));
        }
        let key = place.need("key", part.key, KEY)?;
        let by = part.by.map(|by| by.unwrap_or(Source::Nothing));
        let operation =
            Operation::new(self.client.unwrap_or(0), kind, &key, self.start.unwrap_or(0), end);
        Ok(operation.certified(Certificate { by, ..Certificate::default() }))
    }

    /// The kind and the fields that belong to it alone.
    fn take_kind(&mut self, place: Place<'_>) -> Result<Kind, Fault> {
        let kinds = if place.part.is_none() { KINDS } else { PARTS };
        let name = place.need("kind", self.kind.take(), kinds)?;
        let known: &[&str] = match name.as_ref() {
            "write" | "append" => &["value"],
            "read" => &["value", "ok"],
            "cas" => &["from", "to", "ok"],
            "incr" => &["add", "value"],
            "delete" => &[],
            "transaction" if place.part.is_none() => &["operations"],
            other => {
                let message = format!("unknown kind `{other}`; it is {kinds}");
                return Err(place.fault("kind", message));
            }
        };
        self.only(place, &name, known)?;
        let text = |field: Option<Option<Text>>| field.map(|value| value.map(|text| text.0));
        let value = text(self.value.take());
        match name.as_ref() {
            "write" => {
                let value = place.need("value", value, "the value, or null to delete")?;
                Ok(Kind::Write { value })
            }
            "delete" => Ok(Kind::Write { value: None }),
            "transaction" => Ok(Kind::Transaction { operations: self.take_parts(place)? }),
            "append" => {
                let value = place.need("value", value.flatten(), "the text to append")?;
                Ok(Kind::Append { value })
            }
            "incr" => Ok(Kind::Incr { add: self.add.unwrap_or(1), value: value.flatten() }),
            "read" => {
                let answered = self.ok.unwrap_or(true) && self.end.flatten().is_some();
                if !answered || self.refused {
                    return Ok(Kind::Read { value: value.flatten(), ok: false });
                }
                let value =
                    place.need("value", value, "what was read, or null for nothing there")?;
                Ok(Kind::Read { value, ok: true })
            }
            _ => {
                let from = text(self.from.take());
                let from = place.need("from", from, "the value that must be there")?;
                let to = text(self.to.take());
                let to = place.need("to", to, "the value that takes its place")?;
                Ok(Kind::Cas { from, to, ok: self.ok })
            }
        }
    }

    /// Refuses fields that belong to other kinds.
    fn only(&self, place: Place<'_>, kind: &str, known: &[&str]) -> Result<(), Fault> {
        let given = [
            ("value", self.value.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("ok", self.ok.is_some()),
            ("add", self.add.is_some()),
            ("operations", self.operations.is_some()),
        ];
        let stray = given.iter().find(|(field, given)| *given && !known.contains(field));
        let Some((field, _)) = stray else { return Ok(()) };
        let article = if kind == "append" || kind == "incr" { "an" } else { "a" };
        let has = match known {
            [] => "nothing but its key".to_string(),
            known => known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        let hint = match *field {
            "ok" => {
                "; what certainly did not run says `\"refused\":true`, and what is unknown \
                     `\"end\":null`"
            }
            _ => "",
        };
        let message = format!("{article} {kind} has no `{field}`; it has {has}{hint}");
        Err(place.fault(field, message))
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

/// Below this every float without a fraction is one integer.
const FLOAT_INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

/// A value: a string, or an integer that stands for its digits.
pub(crate) struct Text(pub(crate) String);

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
            /// In JSON `1.0` is `1`; beyond 2^53 a float no longer tells which integer it is.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Text, E> {
                if number.fract() == 0.0 && number.abs() < FLOAT_INTEGER_MAX {
                    return Ok(Text((number as i64).to_string()));
                }
                Err(E::invalid_type(Unexpected::Float(number), &self))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}
