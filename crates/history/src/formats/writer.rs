//! Writes history files, in the form that the reader reads.

use std::fmt::Write as _;

use crate::model::certificate::{Certificate, Entry, Position, Replica, Source};
use crate::model::history::{Header, History, Unit};
use crate::model::keyspace::Keyspace;
use crate::model::operation::{Kind, Operation};

impl History {
    /// The whole history as JSON Lines: the header, the faults, the operations.
    pub fn to_jsonl(&self) -> String {
        let mut text = self.header_line().map_or(String::new(), |line| line + "\n");
        for fault in &self.faults {
            text.push_str(&fault.to_json());
            text.push('\n');
        }
        for operation in &self.operations {
            text.push_str(&operation.to_json());
            text.push('\n');
        }
        text
    }

    /// Its header, with how keys began and what clients are called; `None` if nothing is to be
    /// said.
    fn header_line(&self) -> Option<String> {
        let is_plain = self.initial.is_none() && self.client_names.is_empty();
        let plain = || Header::new(Unit::default(), None);
        let header = self.header.clone().or_else(|| (!is_plain).then(plain))?;
        let mut line = header.to_json();
        line.pop();
        if self.initial.is_some() {
            put(&mut line, format_args!(",\"initial\":{}", text(self.initial.as_ref())));
        }
        if !self.client_names.is_empty() {
            let names = self.client_names.iter();
            let names = names.map(|(client, name)| format!("\"{client}\":{}", text(Some(name))));
            let names = names.collect::<Vec<String>>().join(",");
            put(&mut line, format_args!(",\"clients\":{{{names}}}"));
        }
        Some(line + "}")
    }
}

impl Header {
    /// The header as one line of a history file, without its newline.
    pub fn to_json(&self) -> String {
        let mut line = format!("{{\"candor_history\":{},\"unit\":\"{}\"", self.version, self.unit);
        if let Some(level) = self.level {
            put(&mut line, format_args!(",\"level\":\"{level}\""));
        }
        if !self.keyspaces.is_empty() {
            let keyspaces: Vec<String> = self.keyspaces.iter().map(keyspace).collect();
            put(&mut line, format_args!(",\"keyspaces\":[{}]", keyspaces.join(",")));
        }
        line.push('}');
        line
    }
}

fn keyspace(keyspace: &Keyspace) -> String {
    let Keyspace { prefix, order, level } = keyspace;
    let prefix = text(Some(prefix));
    format!("{{\"prefix\":{prefix},\"order\":\"{order}\",\"level\":\"{level}\"}}")
}

impl Operation {
    /// The operation as one line of a history file, without its newline.
    pub fn to_json(&self) -> String {
        let mut line = format!("{{\"client\":{},", self.client);
        let answered = self.end.is_some() && !self.refused;
        match &self.kind {
            Kind::Transaction { operations } => put_parts(&mut line, operations, answered),
            _ => put_deed(&mut line, self, answered),
        }
        put(&mut line, format_args!(",\"start\":{},\"end\":", self.start));
        match self.end {
            Some(end) => put(&mut line, format_args!("{end}")),
            None => line.push_str("null"),
        }
        if self.refused {
            line.push_str(",\"refused\":true");
        }
        if self.is_final {
            line.push_str(",\"final\":true");
        }
        if let Some(server) = self.server {
            put(&mut line, format_args!(",\"server\":{server}"));
        }
        if let Some(level) = self.level {
            put(&mut line, format_args!(",\"level\":\"{level}\""));
        }
        if let Some(certificate) = &self.certificate {
            certificate.put(&mut line);
        }
        line.push('}');
        line
    }
}

impl Certificate {
    /// Its fields as they stand in an operation's line.
    fn put(&self, line: &mut String) {
        match &self.position {
            Some(Position::Agreed(place)) => {
                put(line, format_args!(",\"position\":[{},{}]", place.index, place.offset));
            }
            Some(Position::Merged(vector)) => {
                let part = |(log, index): &(Replica, u64)| format!("\"{}\":{index}", name(*log));
                let parts: Vec<String> = vector.iter().map(part).collect();
                put(line, format_args!(",\"position\":{{{}}}", parts.join(",")));
            }
            None => {}
        }
        put_source(line, self.by);
        if let Some(entry) = self.entry {
            put(line, format_args!(",\"entry\":{}", array(entry)));
        }
    }
}

/// The operations of a transaction, each with who wrote what it saw.
fn put_parts(line: &mut String, operations: &[Operation], answered: bool) {
    line.push_str("\"kind\":\"transaction\",\"operations\":[");
    for (number, operation) in operations.iter().enumerate() {
        line.push_str(if number == 0 { "{" } else { ",{" });
        put_deed(line, operation, answered);
        put_source(line, operation.by());
        line.push('}');
    }
    line.push(']');
}

/// The kind, the key and what belongs to the kind.
fn put_deed(line: &mut String, operation: &Operation, answered: bool) {
    let name = match operation.kind {
        Kind::Write { .. } => "write",
        Kind::Read { .. } => "read",
        Kind::Cas { .. } => "cas",
        Kind::Append { .. } => "append",
        Kind::Incr { .. } => "incr",
        Kind::Transaction { .. } => "transaction",
    };
    let key = text(Some(&operation.key));
    put(line, format_args!("\"kind\":\"{name}\",\"key\":{key}"));
    put_kind(line, &operation.kind, answered);
}

/// `answered`: it has an end and was not refused. Else it has no answer, and the reader takes none.
fn put_kind(line: &mut String, kind: &Kind, answered: bool) {
    match kind {
        Kind::Write { value } => put(line, format_args!(",\"value\":{}", text(value.as_ref()))),
        Kind::Read { .. } if !answered => {}
        Kind::Read { value, ok: true } => {
            put(line, format_args!(",\"value\":{}", text(value.as_ref())));
        }
        Kind::Read { ok: false, .. } => line.push_str(",\"ok\":false"),
        Kind::Append { value } => put(line, format_args!(",\"value\":{}", text(Some(value)))),
        Kind::Incr { add, value } => {
            put(line, format_args!(",\"add\":{add}"));
            if value.is_some() && answered {
                put(line, format_args!(",\"value\":{}", text(value.as_ref())));
            }
        }
        Kind::Cas { from, to, ok } => {
            let (from, to) = (text(from.as_ref()), text(to.as_ref()));
            put(line, format_args!(",\"from\":{from},\"to\":{to}"));
            if let (Some(ok), true) = (ok, answered) {
                put(line, format_args!(",\"ok\":{ok}"));
            }
        }
        // Its operations stand in front.
        Kind::Transaction { .. } => {}
    }
}

fn put_source(line: &mut String, by: Option<Source>) {
    match by {
        Some(Source::Nothing) => line.push_str(",\"by\":null"),
        Some(Source::Agreed(place)) => {
            put(line, format_args!(",\"by\":[{},{}]", place.index, place.offset));
        }
        Some(Source::Merged(entry)) => put(line, format_args!(",\"by\":{}", array(entry))),
        None => {}
    }
}

fn name(replica: Replica) -> String {
    format!("{}.{}", replica.node, replica.boot)
}

fn array(entry: Entry) -> String {
    let Entry { replica, index, offset, stamp } = entry;
    format!("[\"{}\",{index},{offset},{stamp}]", name(replica))
}

fn text(value: Option<&String>) -> String {
    // A string always has a JSON form, and `Value` displays it.
    value.map_or("null".to_string(), |value| serde_json::Value::from(value.as_str()).to_string())
}

fn put(line: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = line.write_fmt(part);
}
