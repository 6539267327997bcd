//! The header of a history file: what its numbers mean, what was promised, and of which keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::formats::field::{Fault, KEYSPACES};
use crate::formats::line::{Text, present, read_level};
use crate::model::history::{Header, History, Unit};
use crate::model::keyspace::{KEYSPACES_MAX, Keyspace, LogOrder};
use crate::model::level::Level;

/// What a header says: of the promise, and of the history besides.
#[derive(Debug)]
pub(super) struct Heading {
    header: Header,
    initial: Option<String>,
    client_names: Vec<(u64, String)>,
}

impl Heading {
    /// It is the header of this history.
    pub(super) fn put_on(self, history: &mut History) {
        history.header = Some(self.header);
        history.initial = self.initial;
        history.client_names = self.client_names;
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine<'a> {
    candor_history: u64,
    unit: Option<String>,
    level: Option<String>,
    #[serde(borrow)]
    keyspaces: Option<Vec<KeyspaceObject<'a>>>,
    #[serde(default, deserialize_with = "present")]
    initial: Option<Option<Text>>,
    clients: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyspaceObject<'a> {
    #[serde(borrow)]
    prefix: Cow<'a, str>,
    #[serde(borrow)]
    order: Cow<'a, str>,
    #[serde(borrow)]
    level: Cow<'a, str>,
}

/// Reads a header from its line.
pub(super) fn read_header(line: &str) -> Result<Heading, Fault> {
    let raw: HeaderLine<'_> = serde_json::from_str(line).map_err(|e| Fault::parse(line, &e))?;
    if raw.candor_history != Header::VERSION {
        let message = format!(
            "version {} of the history format is not known; this judge reads version {}",
            raw.candor_history,
            Header::VERSION
        );
        return Err(Fault::at(line, "candor_history", message));
    }
    let unit = match raw.unit {
        Some(name) => name.parse().map_err(|message| Fault::at(line, "unit", message))?,
        None => Unit::default(),
    };
    let level = read_level(line, raw.level)?;
    let keyspaces = read_keyspaces(line, raw.keyspaces.unwrap_or_default())?;
    Ok(Heading {
        header: Header { version: raw.candor_history, unit, level, keyspaces },
        initial: raw.initial.flatten().map(|text| text.0),
        client_names: read_names(line, raw.clients.unwrap_or_default())?,
    })
}

fn read_keyspaces(line: &str, all: Vec<KeyspaceObject<'_>>) -> Result<Vec<Keyspace>, Fault> {
    if all.len() > KEYSPACES_MAX {
        let message = format!("a header has at most {KEYSPACES_MAX} keyspaces");
        return Err(Fault::at(line, KEYSPACES, message));
    }
    let mut keyspaces: Vec<Keyspace> = Vec::with_capacity(all.len());
    for (number, one) in all.into_iter().enumerate() {
        let fault = |field: &str, message| Fault::inside(line, KEYSPACES, number, field, message);
        let keyspace = read_keyspace(one).map_err(|(field, message)| fault(field, message))?;
        if keyspaces.iter().any(|known| known.prefix == keyspace.prefix) {
            let message = "two keyspaces have this prefix; keep one".to_string();
            return Err(fault("prefix", message));
        }
        keyspaces.push(keyspace);
    }
    Ok(keyspaces)
}

/// One keyspace, or the field that is wrong and why.
fn read_keyspace(one: KeyspaceObject<'_>) -> Result<Keyspace, (&'static str, String)> {
    if one.prefix.is_empty() {
        let message = "a keyspace has a prefix; what has no keyspace is under the header's `level`";
        return Err(("prefix", message.to_string()));
    }
    let order: LogOrder = one.order.parse().map_err(|message| ("order", message))?;
    let level: Level = one.level.parse().map_err(|unknown| ("level", format!("{unknown}")))?;
    if !order.can_promise(level) {
        let message = format!(
            "a merged keyspace has no {level} reads; it has causal, eventual and what follows from \
             them"
        );
        return Err(("level", message));
    }
    Ok(Keyspace { prefix: one.prefix.into_owned(), order, level })
}

fn read_names(line: &str, names: BTreeMap<String, String>) -> Result<Vec<(u64, String)>, Fault> {
    let mut read = Vec::with_capacity(names.len());
    for (number, name) in names {
        let Ok(number) = number.parse() else {
            let message = format!(
                "`clients` has names by number, such as {{\"0\":\"worker\"}}, and `{}` is no number",
                number.chars().take(60).collect::<String>()
            );
            return Err(Fault::at(line, "clients", message));
        };
        read.push((number, name));
    }
    read.sort_unstable();
    Ok(read)
}
