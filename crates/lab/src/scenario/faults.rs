//! The field `faults`: what is done to the servers, and when.

use std::ops::RangeInclusive;

use jsonc_parser::ast::{ObjectProp, Value};

use super::fault::{Cut, Fault, Servers, Ways, What, When, Who};
use super::fields::{
    Fields, Problems, kind, list, no_such_server, quoted, read_integer, read_list, read_signed,
};
use super::spelling;
use super::{DURATION_MS_MAX, FAULTS_MAX, OPERATIONS_MAX, SERVERS_MAX};

/// What can be done, as the file names it.
const NAMES: [&str; 13] = [
    "kill",
    "restart",
    "pause",
    "resume",
    "partition",
    "heal",
    "delay",
    "drop",
    "clock",
    "disk_full",
    "disk_free",
    "disk_stall",
    "fsync_error",
];
/// The longest that bytes may be held back on their way.
const DELAY_MS_MAX: u64 = 60_000;
/// The furthest that a clock may be off: about ten years.
const OFFSET_MS_MAX: i64 = 315_360_000_000;
/// The longest that a disk may do nothing.
const STALL_MS_MAX: u64 = 600_000;

const WHOM: &str = "the servers that it hits";

/// Reads all faults.
pub(super) fn read_faults(
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Vec<Fault>> {
    let elements = read_list(value, "faults", FAULTS_MAX, problems)?;
    let mut faults = vec![];
    for element in elements {
        faults.push(read_fault(element, servers, problems));
    }
    faults.into_iter().collect()
}

fn read_fault(
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Fault> {
    let mut fields = Fields::of(value, "a fault", problems)?;
    let when = read_when(&mut fields, problems);
    let given: Vec<(&'static str, &ObjectProp<'_>)> =
        NAMES.iter().filter_map(|name| Some((*name, fields.take(name)?))).collect();
    let object = fields.object();
    let unknown = fields.has_more();
    fields.finish(problems);
    let what = match given[..] {
        [(name, field)] => read_what(name, &field.value, servers, problems),
        // The name that nobody knows was meant to say it, and is complained about already.
        [] if unknown => None,
        [] => {
            let what = format!("a fault says what is done: one of {}", list(NAMES));
            problems.add(object, what)
        }
        [(first, _), (second, field), ..] => {
            let what = format!(
                "a fault does one thing, and this does \"{first}\" and \"{second}\"; make it two"
            );
            problems.add(field, what)
        }
    };
    Some(Fault { when: when?, what: what?, place: problems.place(value) })
}

fn read_when(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<When> {
    match (fields.take("at_ms"), fields.take("after_operations")) {
        (Some(_), Some(after)) => problems.add(after, "a fault comes once: keep \"at_ms\" or this"),
        (Some(at), None) => {
            read_integer(&at.value, "at_ms", 0..=DURATION_MS_MAX, problems).map(When::AtMs)
        }
        (None, Some(after)) => {
            let range = 1..=OPERATIONS_MAX;
            read_integer(&after.value, "after_operations", range, problems)
                .map(When::AfterOperations)
        }
        (None, None) => {
            let what = "a fault needs \"at_ms\", a time since the start of the clients, or \
                        \"after_operations\", a number of them that have ended";
            problems.add(fields.object(), what)
        }
    }
}

fn read_what(
    name: &'static str,
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<What> {
    let mut whom = |make: fn(Servers) -> What| read_servers(value, servers, problems).map(make);
    match name {
        "kill" => whom(What::Kill),
        "restart" => whom(What::Restart),
        "pause" => whom(What::Pause),
        "resume" => whom(What::Resume),
        "heal" => whom(What::Heal),
        "disk_full" => whom(What::DiskFull),
        "disk_free" => whom(What::DiskFree),
        "fsync_error" => whom(What::FsyncError),
        "partition" => read_cut(value, servers, problems).map(What::Partition),
        "delay" => {
            let (ms, ways) =
                read_amount(value, "delay", "ms", 0..=DELAY_MS_MAX, servers, problems)?;
            Some(What::Delay { ms, ways })
        }
        "drop" => {
            let (percent, ways) =
                read_amount(value, "drop", "percent", 0..=100, servers, problems)?;
            Some(What::Drop { percent, ways })
        }
        "clock" => {
            let mut fields = Fields::of(value, "clock", problems)?;
            let range = -OFFSET_MS_MAX..=OFFSET_MS_MAX;
            let offset_ms = fields
                .need("offset_ms", "by how much the clock is off", problems)
                .and_then(|value| read_signed(value, "offset_ms", range, problems));
            let servers = read_servers_field(&mut fields, servers, problems);
            fields.finish(problems);
            Some(What::Clock { servers: servers?, offset_ms: offset_ms? })
        }
        _ => {
            let mut fields = Fields::of(value, "disk_stall", problems)?;
            let ms = fields
                .need("ms", "for how long the disk does nothing", problems)
                .and_then(|value| read_integer(value, "ms", 1..=STALL_MS_MAX, problems));
            let servers = read_servers_field(&mut fields, servers, problems);
            fields.finish(problems);
            Some(What::DiskStall { servers: servers?, ms: ms? })
        }
    }
}

fn read_servers_field(
    fields: &mut Fields<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Servers> {
    fields.need("servers", WHOM, problems).and_then(|value| read_servers(value, servers, problems))
}

/// A number for all ways, or an object that says which.
fn read_amount(
    value: &Value<'_>,
    name: &'static str,
    unit: &'static str,
    range: RangeInclusive<u64>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<(u64, Ways)> {
    if !matches!(value, Value::Object(_)) {
        let amount = read_integer(value, name, range, problems)?;
        return Some((amount, Ways { from: all(), to: all() }));
    }
    let mut fields = Fields::of(value, name, problems)?;
    let amount = fields
        .need(unit, "how much", problems)
        .and_then(|value| read_integer(value, unit, range, problems));
    let ways = read_ways(&mut fields, servers, problems);
    fields.finish(problems);
    Some((amount?, ways?))
}

fn all() -> Servers {
    Servers(vec![Who::All])
}

/// The fields `from` and `to`; who leaves one out means all servers.
fn read_ways(
    fields: &mut Fields<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Ways> {
    let mut side = |name| match fields.take(name) {
        Some(field) => read_servers(&field.value, servers, problems),
        None => Some(all()),
    };
    let (from, to) = (side("from"), side("to"));
    Some(Ways { from: from?, to: to? })
}

fn read_cut(value: &Value<'_>, servers: Option<usize>, problems: &mut Problems<'_>) -> Option<Cut> {
    match value {
        Value::Object(_) => {
            read_one_way(value, servers, problems).map(|ways| Cut::Ways(vec![ways]))
        }
        Value::Array(array) if array.elements.iter().any(|e| matches!(e, Value::Object(_))) => {
            let ways: Vec<Option<Ways>> = array
                .elements
                .iter()
                .take(SERVERS_MAX * SERVERS_MAX)
                .map(|element| read_one_way(element, servers, problems))
                .collect();
            ways.into_iter().collect::<Option<Vec<Ways>>>().map(Cut::Ways)
        }
        Value::Array(_) => {
            let elements = read_list(value, "partition", SERVERS_MAX, problems)?;
            let groups: Vec<Option<Servers>> =
                elements.iter().map(|element| read_servers(element, servers, problems)).collect();
            if groups.is_empty() {
                let what = "a partition has at least one group, such as [[0], [1, 2]]; to end it, \
                            use \"heal\"";
                return problems.add(value, what);
            }
            groups.into_iter().collect::<Option<Vec<Servers>>>().map(Cut::Groups)
        }
        _ => read_servers(value, servers, problems).map(|alone| Cut::Groups(vec![alone])),
    }
}

fn read_one_way(
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Ways> {
    let mut fields = Fields::of(value, "a one-way partition", problems)?;
    let ways = read_ways(&mut fields, servers, problems);
    if !fields.has("from") && !fields.has("to") {
        let what =
            "a one-way partition says \"from\" which servers, or \"to\" which, no bytes pass";
        problems.add::<()>(fields.object(), what);
    }
    fields.finish(problems);
    ways
}

/// A number, a name, or a list of them.
fn read_servers(
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Servers> {
    let Value::Array(_) = value else {
        return read_who(value, servers, problems).map(|who| Servers(vec![who]));
    };
    let elements = read_list(value, "a list of servers", SERVERS_MAX, problems)?;
    if elements.is_empty() {
        return problems.add(value, "a list of servers has at least one");
    }
    let who: Vec<Option<Who>> =
        elements.iter().map(|element| read_who(element, servers, problems)).collect();
    who.into_iter().collect::<Option<Vec<Who>>>().map(Servers)
}

fn read_who(value: &Value<'_>, servers: Option<usize>, problems: &mut Problems<'_>) -> Option<Who> {
    let names = || Who::NAMED.iter().map(|(name, _)| *name);
    match value {
        Value::NumberLit(_) => {
            let number = read_integer(value, "a server", 0..=u64::MAX, problems)?;
            match servers {
                Some(servers) if number >= servers as u64 => {
                    problems.add(value, no_such_server(number, servers))
                }
                _ => usize::try_from(number).ok().map(Who::Number),
            }
        }
        Value::StringLit(name) => {
            let known = Who::NAMED.iter().find(|(known, _)| *known == name.value);
            known.map(|(_, who)| *who).or_else(|| {
                let right = match spelling::nearest(&name.value, names()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("servers are numbers, or {}", list(names())),
                };
                problems.add(value, format!("{} names no server; {right}", quoted(&name.value)))
            })
        }
        other => {
            let what =
                format!("a server is a number, or one of {}, not {}", list(names()), kind(other));
            problems.add(other, what)
        }
    }
}
