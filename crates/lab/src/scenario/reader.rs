//! From a JSON tree to a [`Scenario`]: every field is read or complained about, and reading goes on
//! after a complaint as far as it makes sense.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use history::Level;
use jsonc_parser::ast::Value;

use super::faults::read_faults;
use super::fields::{Fields, Problems, kind, list, quoted};
use super::ports::read_ports;
use super::shows::{read_shows, read_text, read_violates};
use super::source::{Place, Problem, Source};
use super::spelling;
use super::transport::read_transport;
use super::workload::{read_level_of_read, read_workloads};
use super::{
    CLIENT_NUMBER_MAX, CLIENTS_MAX, Client, KEY_BYTES_MAX, REQUEST_TIMEOUT_MS, REQUESTS_MAX,
    Request, SERVERS_MAX, SLEEP_MS_MAX, Scenario, Transport, VALUE_BYTES_MAX,
};
use crate::scenario::level;

/// The names of the kinds of requests, in both spellings.
const WRITE: [&str; 2] = ["write", "set"];
const READ: [&str; 2] = ["read", "get"];
const SLEEP: &str = "sleep";

/// Reads a scenario, to be run at its own level or at this one, or says all that is wrong with it.
pub(super) fn read(
    value: &Value<'_>,
    source: &Source<'_>,
    instead: Option<Level>,
) -> Result<Scenario, Vec<Problem>> {
    let mut problems = Problems::new(source);
    let scenario = read_scenario(value, instead, &mut problems);
    match (scenario, problems.into_sorted()) {
        (Some(scenario), problems) if problems.is_empty() => Ok(scenario),
        (_, problems) => {
            assert!(!problems.is_empty(), "a scenario that is not read has a problem");
            Err(problems)
        }
    }
}

fn read_scenario(
    value: &Value<'_>,
    instead: Option<Level>,
    problems: &mut Problems<'_>,
) -> Option<Scenario> {
    let mut fields = Fields::of(value, "a scenario", problems)?;
    let servers = fields
        .need("num_servers", "how many servers to start", problems)
        .and_then(|value| read_servers(value, problems));
    let level = fields
        .need("consistency_level", "the level that is promised", problems)
        .and_then(|value| read_level(value, problems));
    let level = level.map(|own| instead.unwrap_or(own));
    let ports = match fields.take("port_number") {
        Some(field) => read_ports(&field.value, servers, problems).map(Some),
        None => Some(None),
    };
    let transport = optional(&mut fields, "transport", problems, read_transport);
    // What cannot be said in a transport that is wrong itself is not looked for.
    let terms = Terms { level, transport: transport.flatten().unwrap_or_default() };
    let clients = match fields.take("clients") {
        Some(field) => read_clients(&field.value, servers, terms, problems),
        None => Some(vec![]),
    };
    let listed = clients.as_ref().map_or(0, Vec::len);
    let workloads = match fields.take("workload") {
        Some(field) => read_workloads(&field.value, terms, listed, problems),
        None => Some(vec![]),
    };
    let faults = match fields.take("faults") {
        Some(field) => read_faults(&field.value, servers, problems),
        None => Some(vec![]),
    };
    let request_timeout_ms =
        optional(&mut fields, "request_timeout_ms", problems, |value, problems| {
            read_integer(value, "request_timeout_ms", REQUEST_TIMEOUT_MS, problems)
        });
    let description = optional(&mut fields, "description", problems, |value, problems| {
        read_text(value, "description", problems)
    });
    let shows = match fields.take("shows") {
        Some(field) => read_shows(&field.value, problems),
        None => Some(vec![]),
    };
    let violates = match fields.take("violates") {
        Some(field) => read_violates(&field.value, problems),
        None => Some(vec![]),
    };
    fields.finish(problems);
    Some(Scenario {
        servers: servers?,
        level: level?,
        ports: ports?,
        transport: transport?.unwrap_or_default(),
        clients: clients?,
        workloads: workloads?,
        faults: faults?,
        request_timeout_ms: request_timeout_ms?,
        description: description?,
        shows: shows?,
        violates: violates?,
    })
}

/// What holds for all requests of a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// The level that is promised, if it is known.
    pub(super) level: Option<Level>,
    /// What the clients speak.
    pub(super) transport: Transport,
}

/// A field that may be left out; `None`: it is there and wrong.
fn optional<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems<'_>,
    read: impl FnOnce(&Value<'_>, &mut Problems<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match fields.take(name) {
        Some(field) => read(&field.value, problems).map(Some),
        None => Some(None),
    }
}

fn read_servers(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<usize> {
    let number = read_integer(value, "num_servers", 1..=SERVERS_MAX as u64, problems)?;
    usize::try_from(number).ok()
}

pub(super) fn read_level(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Level> {
    let Value::StringLit(text) = value else {
        let names = list(level::names());
        return problems
            .add(value, format!("a level is a string, not {}; there are {names}", kind(value)));
    };
    let name = quoted(&text.value);
    let known = level::parse(&text.value);
    known.or_else(|| {
        let right = match spelling::nearest(&text.value, level::names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("there are {}", list(level::names())),
        };
        problems.add(value, format!("{name} is no level; {right}"))
    })
}

/// What is wrong with the number of a server that is not there.
pub(super) fn no_such_server(number: u64, servers: usize) -> String {
    let there_are = match servers {
        1 => "the only server is 0".into(),
        _ => format!("servers are 0 to {}", servers - 1),
    };
    format!("there is no server {number}: num_servers is {servers}, so {there_are}")
}

fn read_clients(
    value: &Value<'_>,
    servers: Option<usize>,
    terms: Terms,
    problems: &mut Problems<'_>,
) -> Option<Vec<Client>> {
    let elements = read_list(value, "clients", CLIENTS_MAX, problems)?;
    let mut numbers: HashMap<u64, Place> = HashMap::new();
    let mut clients = vec![];
    for element in elements {
        clients.push(read_client(element, servers, terms, &mut numbers, problems));
    }
    clients.into_iter().collect()
}

fn read_client(
    value: &Value<'_>,
    servers: Option<usize>,
    terms: Terms,
    numbers: &mut HashMap<u64, Place>,
    problems: &mut Problems<'_>,
) -> Option<Client> {
    let mut fields = Fields::of(value, "a client", problems)?;
    let number = fields
        .need("client_number", "its own number, 0 or more", problems)
        .and_then(|value| read_client_number(value, numbers, problems));
    let server = fields
        .need("server_number", "the server that it talks to", problems)
        .and_then(|value| read_server_of_client(value, servers, problems));
    let requests = match fields.take("requests") {
        Some(field) => read_requests(&field.value, terms, problems),
        None => Some(vec![]),
    };
    fields.finish(problems);
    Some(Client { number: number?, server: server?, requests: requests? })
}

fn read_client_number(
    value: &Value<'_>,
    numbers: &mut HashMap<u64, Place>,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    let number = read_integer(value, "client_number", 0..=CLIENT_NUMBER_MAX, problems)?;
    match numbers.get(&number) {
        Some(first) => {
            let what = format!(
                "client {number} is there twice (first at {first}); give each a number of its own"
            );
            problems.add(value, what)
        }
        None => {
            numbers.insert(number, problems.place(value));
            Some(number)
        }
    }
}

fn read_server_of_client(
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let number = read_integer(value, "server_number", 0..=u64::MAX, problems)?;
    match servers {
        Some(servers) if number >= servers as u64 => {
            problems.add(value, no_such_server(number, servers))
        }
        _ => usize::try_from(number).ok(),
    }
}

fn read_requests(
    value: &Value<'_>,
    terms: Terms,
    problems: &mut Problems<'_>,
) -> Option<Vec<Request>> {
    let elements = read_list(value, "requests", REQUESTS_MAX, problems)?;
    let mut requests = vec![];
    for element in elements {
        requests.push(read_request(element, terms, problems));
    }
    requests.into_iter().collect()
}

fn read_request(value: &Value<'_>, terms: Terms, problems: &mut Problems<'_>) -> Option<Request> {
    let mut fields = Fields::of(value, "a request", problems)?;
    // Without a kind nothing can be said about the other fields.
    let request = match read_request_type(&mut fields, problems)? {
        name if WRITE.contains(&name) => {
            fields.call("a write");
            let key = read_key(&mut fields, terms, problems);
            let value = fields
                .need("value", "what to write, a string or a number", problems)
                .and_then(|value| read_value(value, terms, problems));
            key.zip(value).map(|(key, value)| Request::Write { key, value })
        }
        name if READ.contains(&name) => {
            fields.call("a read");
            let key = read_key(&mut fields, terms, problems);
            fields.take_null("value", problems);
            let level = optional(&mut fields, "level", problems, |value, problems| {
                read_level_of_read(value, terms.level, problems)
            });
            if let Some(field) = fields.named("level") {
                terms.transport.check_level(field, problems);
            }
            key.zip(level).map(|(key, level)| Request::Read { key, level })
        }
        _ => {
            fields.call("a sleep");
            fields.take_null("value", problems);
            match fields.take("ms") {
                Some(field) => read_integer(&field.value, "ms", 0..=SLEEP_MS_MAX, problems)
                    .map(|ms| Request::Sleep { ms }),
                None => Some(Request::SleepAtRandom),
            }
        }
    };
    fields.finish(problems);
    request
}

fn read_request_type<'v>(fields: &mut Fields<'v>, problems: &mut Problems<'_>) -> Option<&'v str> {
    let (long, short) = (fields.take("request_type"), fields.take("type"));
    if let (Some(_), Some(short)) = (long, short) {
        problems.add::<()>(short, "\"type\" says the same as \"request_type\"; keep one");
    }
    let kinds = || [WRITE[0], READ[0], SLEEP, WRITE[1], READ[1]];
    let Some(field) = long.or(short) else {
        let what = format!("a request needs \"request_type\": one of {}", list(kinds()));
        return problems.add(fields.object(), what);
    };
    let Value::StringLit(name) = &field.value else {
        let what = format!("a request_type is a string, not {}", kind(&field.value));
        return problems.add(&field.value, what);
    };
    if kinds().contains(&name.value.as_ref()) {
        return Some(&name.value);
    }
    let right = match spelling::nearest(&name.value, kinds()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("there are {}", list(kinds())),
    };
    problems.add(name, format!("{} is no request_type; {right}", quoted(&name.value)))
}

fn read_key(fields: &mut Fields<'_>, terms: Terms, problems: &mut Problems<'_>) -> Option<String> {
    match fields.need("key", "the key, a string", problems)? {
        Value::StringLit(key) if key.value.len() > KEY_BYTES_MAX => {
            let what = format!("a key has at most {} KiB", KEY_BYTES_MAX >> 10);
            problems.add(key, what)
        }
        Value::StringLit(key) => {
            terms.transport.check_key(&key.value, key, problems);
            Some(key.value.clone().into_owned())
        }
        Value::NumberLit(number) => {
            let what = format!("a key is a string; write \"{}\"", number.value);
            problems.add(number, what)
        }
        other => problems.add(other, format!("a key is a string, not {}", kind(other))),
    }
}

fn read_value(value: &Value<'_>, terms: Terms, problems: &mut Problems<'_>) -> Option<String> {
    let text: &str = match value {
        Value::StringLit(text) => &text.value,
        // A number means its text in the file: 1.50 is not 1.5.
        Value::NumberLit(number) => number.value,
        other => {
            let what = format!("a value is a string or a number, not {}", kind(other));
            return problems.add(other, what);
        }
    };
    if text.len() > VALUE_BYTES_MAX {
        return problems.add(value, format!("a value has at most {} MiB", VALUE_BYTES_MAX >> 20));
    }
    terms.transport.check_value(text, value, problems);
    Some(text.into())
}

pub(super) fn read_list<'v>(
    value: &'v Value<'v>,
    name: &str,
    length_max: usize,
    problems: &mut Problems<'_>,
) -> Option<&'v [Value<'v>]> {
    let Value::Array(array) = value else {
        return problems.add(value, format!("{name} is a list, [ … ], not {}", kind(value)));
    };
    if array.elements.len() > length_max {
        let what = format!("{name} has {} elements; at most {length_max} go", array.elements.len());
        return problems.add(array, what);
    }
    Some(&array.elements)
}

/// Reads a whole number in a range.
pub(super) fn read_integer(
    value: &Value<'_>,
    name: &str,
    range: RangeInclusive<u64>,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    let bounds = match *range.end() {
        u64::MAX => format!("a whole number, {} or more", range.start()),
        end => format!("a whole number from {} to {end}", range.start()),
    };
    let Value::NumberLit(number) = value else {
        return problems.add(value, format!("{name} is {bounds}, not {}", kind(value)));
    };
    match number.value.parse() {
        Ok(number) if range.contains(&number) => Some(number),
        _ => problems.add(value, format!("{name} is {bounds}, not {}", cut(number.value))),
    }
}

/// Reads a whole number that may be negative.
pub(super) fn read_signed(
    value: &Value<'_>,
    name: &str,
    range: RangeInclusive<i64>,
    problems: &mut Problems<'_>,
) -> Option<i64> {
    let bounds = format!("a whole number from {} to {}", range.start(), range.end());
    let Value::NumberLit(number) = value else {
        return problems.add(value, format!("{name} is {bounds}, not {}", kind(value)));
    };
    match number.value.parse() {
        Ok(number) if range.contains(&number) => Some(number),
        _ => problems.add(value, format!("{name} is {bounds}, not {}", cut(number.value))),
    }
}

/// A number of the file, cut if it is long.
fn cut(number: &str) -> String {
    const CHARS_MAX: usize = 30;
    match number.get(..CHARS_MAX) {
        Some(start) if number.len() > CHARS_MAX => format!("{start}…"),
        _ => number.into(),
    }
}
