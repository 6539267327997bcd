//! The field `clients`: who asks what, in which order.

use std::collections::HashMap;

use history::LogOrder;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

use super::fields::{
    Fields, Problems, kind, list, no_such_server, optional, quoted, read_integer, read_list,
};
use super::keyspaces::Promised;
use super::level::read_level;
use super::source::Place;
use super::spelling;
use super::{
    CLIENT_NUMBER_MAX, CLIENTS_MAX, Client, KEY_BYTES_MAX, REQUESTS_MAX, Request, SLEEP_MS_MAX,
    Transport, VALUE_BYTES_MAX,
};

/// The names of the kinds of requests, in both spellings.
const WRITE: [&str; 2] = ["write", "set"];
const READ: [&str; 2] = ["read", "get"];
const SLEEP: &str = "sleep";
const TRANSACTION: &str = "transaction";
/// The most commands of one transaction.
const COMMANDS_MAX: usize = 1_000;

/// What holds for all requests of a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'k> {
    /// What is promised of each key.
    pub(super) promised: Promised<'k>,
    /// What the clients speak.
    pub(super) transport: Transport,
}

/// Reads all clients.
pub(super) fn read_clients(
    value: &Value<'_>,
    servers: Option<usize>,
    terms: Terms<'_>,
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
    terms: Terms<'_>,
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
    terms: Terms<'_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<Request>> {
    let elements = read_list(value, "requests", REQUESTS_MAX, problems)?;
    let mut requests = vec![];
    for element in elements {
        requests.push(read_request(element, terms, problems));
    }
    requests.into_iter().collect()
}

fn read_request(
    value: &Value<'_>,
    terms: Terms<'_>,
    problems: &mut Problems<'_>,
) -> Option<Request> {
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
                let level = read_level(value, problems)?;
                let key = key.as_deref().unwrap_or_default();
                terms.promised.check_read(key, level, value, problems);
                Some(level)
            });
            if let Some(field) = fields.named("level") {
                terms.transport.check_level(field, problems);
            }
            key.zip(level).map(|(key, level)| Request::Read { key, level })
        }
        TRANSACTION => {
            fields.call("a transaction");
            if terms.transport == Transport::Zmq {
                let what = "over ZeroMQ there are no transactions; ask for one key after the other";
                problems.add::<()>(fields.object(), what);
            }
            let commands = fields
                .need("commands", "its writes and reads, in order", problems)
                .and_then(|value| read_commands(value, terms, problems));
            commands.map(|commands| Request::Transaction { commands })
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

/// The commands of a transaction: writes and reads of one agreed keyspace.
fn read_commands(
    value: &Value<'_>,
    terms: Terms<'_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<Request>> {
    let elements = read_list(value, "commands", COMMANDS_MAX, problems)?;
    if elements.is_empty() {
        return problems.add(value, "a transaction has at least one command");
    }
    let mut commands: Vec<Option<Request>> = vec![];
    let mut first: Option<String> = None;
    for element in elements {
        let command = read_request(element, terms, problems);
        let key = match &command {
            Some(Request::Write { key, .. } | Request::Read { key, level: None }) => Some(key),
            Some(Request::Read { level: Some(_), .. }) => {
                let what = "a read of a transaction sees what the transaction runs on; leave its \
                            \"level\" out";
                problems.add(element, what)
            }
            Some(_) => problems.add(element, "a transaction has writes and reads alone"),
            None => None,
        };
        if let Some(key) = key {
            let keyspace = terms.promised.name_of(key);
            let first = first.get_or_insert_with(|| keyspace.to_owned());
            check_command(keyspace, terms.promised.order_of(key), first, element, problems);
        }
        commands.push(command);
    }
    commands.into_iter().collect()
}

/// A command is about the keyspace that the first one is about, and that one is agreed.
fn check_command(
    keyspace: &str,
    order: Option<LogOrder>,
    first: &str,
    node: &impl Ranged,
    problems: &mut Problems<'_>,
) {
    if order == Some(LogOrder::Merged) {
        let what = format!("a transaction needs an agreed keyspace, and {keyspace} is merged");
        problems.add::<()>(node, what);
    } else if first != keyspace {
        let what = format!(
            "a transaction is about one keyspace, and this key is in {keyspace}, the first in {first}"
        );
        problems.add::<()>(node, what);
    }
}

fn read_request_type<'v>(fields: &mut Fields<'v>, problems: &mut Problems<'_>) -> Option<&'v str> {
    let (long, short) = (fields.take("request_type"), fields.take("type"));
    if let (Some(_), Some(short)) = (long, short) {
        problems.add::<()>(short, "\"type\" says the same as \"request_type\"; keep one");
    }
    let kinds = || [WRITE[0], READ[0], SLEEP, TRANSACTION, WRITE[1], READ[1]];
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

fn read_key(
    fields: &mut Fields<'_>,
    terms: Terms<'_>,
    problems: &mut Problems<'_>,
) -> Option<String> {
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

fn read_value(value: &Value<'_>, terms: Terms<'_>, problems: &mut Problems<'_>) -> Option<String> {
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
