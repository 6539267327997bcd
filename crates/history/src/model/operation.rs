//! One operation of a history: who asked what when, and what came of it.

use crate::model::certificate::{Certificate, Entry, Position, Source};
use crate::model::level::Level;

/// A value of a key; "nothing there" is the absence of a value.
pub type Value = String;

/// The latest time that a history may name, in its unit.
pub const TIME_MAX: u64 = 1 << 62;

/// Memory is given out in steps of about this many bytes.
const TEXT_BYTES_STEP: usize = 16;

/// What an operation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sets the key; `None` deletes it.
    Write {
        /// The value written.
        value: Option<Value>,
    },
    /// Returns the key's value.
    Read {
        /// What it returned; `None` for nothing there. Meaningless if the read did not end well.
        value: Option<Value>,
        /// False if it ended without an answer: such a read constrains nothing.
        ok: bool,
    },
    /// Compares and sets: writes `to` if the key's value is `from`.
    Cas {
        /// The value that must be there.
        from: Option<Value>,
        /// The value that takes its place.
        to: Option<Value>,
        /// Whether it was there; `None` if the answer is not known.
        ok: Option<bool>,
    },
    /// Puts a text behind the key's value; nothing there counts as an empty text.
    Append {
        /// The text.
        value: Value,
    },
    /// Adds to the key's value, an integer; nothing there counts as 0.
    Incr {
        /// How much.
        add: i64,
        /// The sum that it returned, if that is known.
        value: Option<Value>,
    },
    /// Runs several operations one after the other at one moment, all of them or none.
    Transaction {
        /// The operations. Only their kinds, their keys and who wrote what they saw count; all else
        /// is that of the transaction.
        operations: Vec<Operation>,
    },
}

/// What is known about an operation's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It ran, between its start and its end.
    Done,
    /// It certainly did not run.
    Refused,
    /// It ran at some time after its start, or never.
    Unknown,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The client that asked; its operations follow one another.
    pub client: u64,
    /// What was asked and answered.
    pub kind: Kind,
    /// The key; empty for a transaction, whose operations have their own.
    pub key: String,
    /// When the client asked.
    pub start: u64,
    /// When the client had its answer; `None` if it got none.
    pub end: Option<u64>,
    /// Whether the store said that the operation did not and will not run.
    pub refused: bool,
    /// Whether this is a read of the quiet end.
    pub is_final: bool,
    /// The server that answered.
    pub server: Option<u64>,
    /// The level that a read asked for, if not the promised one.
    pub level: Option<Level>,
    /// What the store says of its answer, if it says something. In a box: it would be the greater
    /// part of an operation, and most histories have none.
    pub certificate: Option<Box<Certificate>>,
    /// The line of the file, counted from 1; 0 for an operation that came from no file.
    pub line: usize,
    /// The column in that line, counted from 1; 0 where the line alone tells the operation.
    pub column: u32,
}

impl Operation {
    /// An operation of the given kind, with nothing special about it.
    pub fn new(client: u64, kind: Kind, key: &str, start: u64, end: Option<u64>) -> Operation {
        Operation {
            client,
            kind,
            key: key.to_string(),
            start,
            end,
            refused: false,
            is_final: false,
            server: None,
            level: None,
            certificate: None,
            line: 0,
            column: 0,
        }
    }

    /// A write; without an end its outcome is unknown.
    pub fn write(client: u64, key: &str, value: &str, start: u64, end: Option<u64>) -> Operation {
        let value = Some(value.to_string());
        Operation::new(client, Kind::Write { value }, key, start, end)
    }

    /// A delete, which is a write of nothing.
    pub fn delete(client: u64, key: &str, start: u64, end: Option<u64>) -> Operation {
        Operation::new(client, Kind::Write { value: None }, key, start, end)
    }

    /// A read that ended and returned `value`.
    pub fn read(client: u64, key: &str, value: Option<&str>, start: u64, end: u64) -> Operation {
        let value = value.map(str::to_string);
        Operation::new(client, Kind::Read { value, ok: true }, key, start, Some(end))
    }

    /// A read without an answer.
    pub fn read_unanswered(client: u64, key: &str, start: u64, end: Option<u64>) -> Operation {
        Operation::new(client, Kind::Read { value: None, ok: false }, key, start, end)
    }

    /// The same operation, refused.
    pub fn into_refused(mut self) -> Operation {
        self.refused = true;
        self
    }

    /// The same operation, marked as a read of the quiet end.
    pub fn into_final(mut self) -> Operation {
        self.is_final = true;
        self
    }

    /// The same operation, answered by `server`.
    pub fn at_server(mut self, server: u64) -> Operation {
        self.server = Some(server);
        self
    }

    /// The same operation, with what the store says of its answer.
    pub fn certified(mut self, certificate: Certificate) -> Operation {
        self.certificate = certificate.boxed();
        self
    }

    /// Changes what the store says of its answer.
    pub fn certify(&mut self, change: impl FnOnce(&mut Certificate)) {
        let mut certificate = self.certificate.take().map(|held| *held).unwrap_or_default();
        change(&mut certificate);
        self.certificate = certificate.boxed();
    }

    /// Where the answer stands, as the store says.
    pub fn position(&self) -> Option<&Position> {
        self.certificate.as_ref()?.position.as_ref()
    }

    /// Who wrote what was read or compared, as the store says.
    pub fn by(&self) -> Option<Source> {
        self.certificate.as_ref()?.by
    }

    /// A merged write's own entry, as the store says.
    pub fn entry(&self) -> Option<Entry> {
        self.certificate.as_ref()?.entry
    }

    /// Where the file has it, such as `line 4`; `None` for an operation that came from no file.
    pub fn place(&self) -> Option<String> {
        match (self.line, self.column) {
            (0, _) => None,
            (line, 0) => Some(format!("line {line}")),
            (line, column) => Some(format!("line {line}, column {column}")),
        }
    }

    /// What is known about its effect.
    pub fn fate(&self) -> Fate {
        if self.refused {
            return Fate::Refused;
        }
        match &self.kind {
            Kind::Read { ok: false, .. } | Kind::Cas { ok: None, .. } => Fate::Unknown,
            Kind::Transaction { operations } if operations.iter().all(is_unanswered) => {
                Fate::Unknown
            }
            _ if self.end.is_none() => Fate::Unknown,
            _ => Fate::Done,
        }
    }

    /// Whether its client may ask again under the same number.
    pub fn client_goes_on(&self) -> bool {
        match self.kind {
            _ if self.refused => true,
            Kind::Cas { ok: None, .. } => false,
            _ => self.end.is_some(),
        }
    }

    /// Whether it is a read.
    pub fn is_read(&self) -> bool {
        matches!(self.kind, Kind::Read { .. })
    }

    /// Whether the operation changes a key if it runs (a cas that saw something else does not).
    pub fn is_write(&self) -> bool {
        match &self.kind {
            Kind::Transaction { operations } => operations.iter().any(Operation::is_write),
            kind => !matches!(kind, Kind::Read { .. } | Kind::Cas { ok: Some(false), .. }),
        }
    }

    /// Whether what it leaves depends on what it finds.
    pub fn is_update(&self) -> bool {
        match &self.kind {
            Kind::Transaction { operations } => operations.iter().any(Operation::is_update),
            kind => matches!(kind, Kind::Append { .. } | Kind::Incr { .. }),
        }
    }

    /// Whether it adds to a number.
    pub fn is_increment(&self) -> bool {
        matches!(self.kind, Kind::Incr { .. })
    }

    /// The value that it leaves if it runs, where the operation alone tells it.
    pub fn written(&self) -> Option<&Option<Value>> {
        match &self.kind {
            Kind::Write { value } => Some(value),
            Kind::Cas { to, .. } if self.is_write() => Some(to),
            _ => None,
        }
    }

    /// About how many bytes it takes besides itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        let text = |text: &Value| text.capacity().next_multiple_of(TEXT_BYTES_STEP);
        let value = |value: &Option<Value>| value.as_ref().map_or(0, text);
        let boxed = |held: &Certificate| size_of::<Certificate>() + held.heap_bytes();
        let certificate = self.certificate.as_deref().map_or(0, boxed);
        let values = match &self.kind {
            Kind::Write { value: one } | Kind::Read { value: one, .. } => value(one),
            Kind::Incr { value: one, .. } => value(one),
            Kind::Append { value } => text(value),
            Kind::Cas { from, to, .. } => value(from) + value(to),
            Kind::Transaction { operations } => {
                let of_one = |one: &Operation| size_of::<Operation>() + one.heap_bytes();
                operations.iter().map(of_one).sum()
            }
        };
        text(&self.key) + values + certificate
    }

    /// What it adds, if it does.
    pub(crate) fn added(&self) -> Option<i64> {
        match self.kind {
            Kind::Incr { add, .. } => Some(add),
            _ => None,
        }
    }

    /// What it appends, if it does.
    pub(crate) fn appended(&self) -> Option<&Value> {
        match &self.kind {
            Kind::Append { value } => Some(value),
            _ => None,
        }
    }

    /// The value that it found if it ran, where it tells: a read's answer, or what a cas compared.
    pub fn seen(&self) -> Option<&Option<Value>> {
        match &self.kind {
            Kind::Read { value, ok: true } => Some(value),
            Kind::Cas { from, .. } if self.is_write() => Some(from),
            _ => None,
        }
    }
}

/// Whether it is a read that says nothing.
fn is_unanswered(operation: &Operation) -> bool {
    matches!(operation.kind, Kind::Read { ok: false, .. })
}
