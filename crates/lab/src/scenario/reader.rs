//! From a JSON tree to a [`Scenario`]: every field is read or complained about, and reading goes on
//! after a complaint as far as it makes sense.

use history::Level;
use jsonc_parser::ast::Value;

use super::faults::read_faults;
use super::fields::{Fields, Problems, optional, read_integer};
use super::keyspaces::{Promised, read_keyspaces};
use super::level::read_level;
use super::ports::read_ports;
use super::requests::{Terms, read_clients};
use super::shows::{read_shows, read_text, read_violates};
use super::source::{Problem, Source};
use super::transport::read_transport;
use super::workload::read_workloads;
use super::{REQUEST_TIMEOUT_MS, SERVERS_MAX, Scenario};

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
    let keyspaces = match fields.take("keyspaces") {
        Some(field) => read_keyspaces(&field.value, problems),
        None => Some(vec![]),
    };
    let transport = optional(&mut fields, "transport", problems, read_transport);
    // What cannot be said in a transport that is wrong itself is not looked for.
    let known = keyspaces.as_deref().unwrap_or_default();
    let promised = Promised { level, keyspaces: known };
    let terms = Terms { promised, transport: transport.flatten().unwrap_or_default() };
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
        keyspaces: keyspaces?,
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

fn read_servers(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<usize> {
    let number = read_integer(value, "num_servers", 1..=SERVERS_MAX as u64, problems)?;
    usize::try_from(number).ok()
}
