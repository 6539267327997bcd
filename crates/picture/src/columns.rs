//! The shown operations as columns, which take far less room than one object each.

use std::collections::{BTreeSet, HashMap};

use history::{Fate, History, Kind, Operation, Position, Source, compact};
use serde_json::{Map, Value, json};

use super::cut::Cut;

/// How many characters of a text reach the page.
const TEXT_CHARS_MAX: usize = 120;
/// What stands for "nothing there" where a text could be.
const NOTHING: i64 = -1;
/// What stands for "not known" or "not said".
const UNKNOWN: i64 = -2;

/// The names of the columns, in the order in which [`Columns::push`] fills them.
const NAMES: [&str; 16] = [
    "client", "kind", "key", "value", "from", "start", "end", "fate", "ok", "server", "level",
    "final", "position", "place", "by", "line",
];

/// The columns, and the texts that they point to.
#[derive(Debug, Default)]
pub(super) struct Columns {
    values: [Vec<i64>; NAMES.len()],
    texts: Vec<String>,
    known: HashMap<String, i64>,
    clients: Vec<u64>,
    servers: Vec<u64>,
}

impl Columns {
    /// The columns of the operations that are shown.
    pub(super) fn of(history: &History, cut: &Cut) -> Columns {
        let shown = || cut.shown().iter().map(|&index| &history.operations[index]);
        let mut columns = Columns {
            clients: shown().map(|op| op.client).collect::<BTreeSet<u64>>().into_iter().collect(),
            servers: shown()
                .filter_map(|op| op.server)
                .collect::<BTreeSet<u64>>()
                .into_iter()
                .collect(),
            ..Columns::default()
        };
        for operation in shown() {
            columns.push(operation, cut);
        }
        columns
    }

    /// All columns by name.
    pub(super) fn json(&self) -> Value {
        let columns = NAMES.iter().zip(&self.values);
        Value::Object(
            columns.map(|(name, column)| ((*name).into(), json!(column))).collect::<Map<_, _>>(),
        )
    }

    /// The texts that numbers in the columns stand for.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The numbers of the clients, as text.
    pub(super) fn clients(&self) -> Vec<String> {
        self.clients.iter().map(u64::to_string).collect()
    }

    /// The numbers of the servers, as text.
    pub(super) fn servers(&self) -> Vec<String> {
        self.servers.iter().map(u64::to_string).collect()
    }

    fn push(&mut self, operation: &Operation, cut: &Cut) {
        let key = self.text(&keys(operation));
        let (kind, value, from, ok) = match &operation.kind {
            Kind::Write { value } => (0, self.value(value.as_ref()), UNKNOWN, 1),
            Kind::Read { value, ok: true } => (1, self.value(value.as_ref()), UNKNOWN, 1),
            Kind::Read { ok: false, .. } => (1, UNKNOWN, UNKNOWN, UNKNOWN),
            // Updates are shown as writes that say what they add.
            Kind::Append { value } => (0, self.value(Some(&format!("+{value}"))), UNKNOWN, 1),
            Kind::Incr { add, .. } => (0, self.value(Some(&format!("{add:+}"))), UNKNOWN, 1),
            // A transaction is a write, or a read, of all its keys, and its value says what it did.
            Kind::Transaction { .. } => {
                let kind = i64::from(!operation.is_write());
                let told = compact(operation);
                let told = told.split_once(" txn ").map_or(&told[..], |(_, told)| told);
                (kind, self.value(Some(&told.to_string())), UNKNOWN, 1)
            }
            Kind::Cas { from, to, ok } => {
                let ok = ok.map_or(UNKNOWN, i64::from);
                (2, self.value(to.as_ref()), self.value(from.as_ref()), ok)
            }
        };
        let fate = match operation.fate() {
            Fate::Done => 0,
            Fate::Refused => 1,
            Fate::Unknown => 2,
        };
        let time = |time: u64| whole(cut.since_origin(time));
        let seat = |seats: &[u64], number: u64| {
            seats.binary_search(&number).map_or(UNKNOWN, |seat| whole(seat as u64))
        };
        let client = seat(&self.clients, operation.client);
        let server = operation.server.map_or(UNKNOWN, |server| seat(&self.servers, server));
        let level = operation.level.map_or(UNKNOWN, |level| self.text(&level.to_string()));
        let place = operation.position().map(in_words);
        let place = place.map_or(UNKNOWN, |place| self.text(&place));
        let by = operation.by().map_or(UNKNOWN, |by| self.source(by));
        let row = [
            client,
            kind,
            key,
            value,
            from,
            time(operation.start),
            operation.end.map_or(UNKNOWN, time),
            fate,
            ok,
            server,
            level,
            i64::from(operation.is_final),
            operation.position().map_or(UNKNOWN, height),
            place,
            by,
            whole(operation.line as u64),
        ];
        self.values.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    fn value(&mut self, value: Option<&String>) -> i64 {
        value.map_or(NOTHING, |value| self.text(value))
    }

    fn source(&mut self, source: Source) -> i64 {
        match source {
            Source::Nothing => NOTHING,
            Source::Agreed(place) => self.text(&format!("[{}, {}]", place.index, place.offset)),
            Source::Merged(entry) => {
                let (log, index, offset) = (entry.replica, entry.index, entry.offset);
                self.text(&format!("[{}.{}, {index}, {offset}]", log.node, log.boot))
            }
        }
    }

    /// The number of a text; equal texts have one.
    fn text(&mut self, text: &str) -> i64 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = whole(self.texts.len() as u64);
        self.texts.push(cut_short(text));
        self.known.insert(text.to_owned(), number);
        number
    }
}

/// The key of an operation, or all keys of a transaction.
fn keys(operation: &Operation) -> String {
    let keys: BTreeSet<&str> = operation.parts().iter().map(|part| part.key.as_str()).collect();
    keys.into_iter().collect::<Vec<_>>().join(", ")
}

/// The text, or its beginning and how much more there is.
pub(super) fn cut_short(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How far a replica had come: the index in the agreed log, or how many entries of all merged logs.
pub(super) fn height(position: &Position) -> i64 {
    match position {
        Position::Agreed(place) => whole(place.index),
        Position::Merged(logs) => {
            whole(logs.iter().fold(0, |sum, (_, index)| index.saturating_add(sum)))
        }
    }
}

/// A position as the page reads it.
pub(super) fn in_words(position: &Position) -> String {
    match position {
        Position::Agreed(place) => format!("[{}, {}]", place.index, place.offset),
        Position::Merged(logs) => {
            let log = logs.iter().map(|(log, index)| format!("{}.{}: {index}", log.node, log.boot));
            format!("{{{}}}", log.collect::<Vec<_>>().join(", "))
        }
    }
}
