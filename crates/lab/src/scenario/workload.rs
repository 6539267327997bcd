//! The field `workload`: random operations beside the listed requests.

use std::ops::RangeInclusive;

use history::{Level, LogOrder};
use jsonc_parser::ast::{Object, Value};

use super::fields::{
    Fields, Problems, kind, list, optional, quoted, read_flag, read_integer, read_list,
};
use super::keyspaces::read_prefix;
use super::level::{names, parse};
use super::requests::Terms;
use super::{CLIENTS_MAX, DURATION_MS_MAX, KEYS_MAX, KEYSPACES_MAX, OPERATIONS_MAX};
use crate::clients::model::Model;

/// The most operations a second, over all clients.
const RATE_MAX: u64 = 100_000;
/// How many keys there are where nobody says so.
const KEYS: u64 = 4;
/// The rate of who names none.
const RATE: u64 = 200;
/// The greatest weight of a kind of operation.
const WEIGHT_MAX: u64 = 1_000;

/// A kind of operation: its field, what the judge takes it for, what it is called, and how many of
/// the operations are of it where nobody says so.
const KINDS: [(&str, Model, &str, u64); Model::ALL.len()] = [
    ("reads", Model::Read, "read", 50),
    ("writes", Model::Write, "write", 50),
    ("cas", Model::Cas, "compare-and-set", 0),
    ("appends", Model::Append, "append", 0),
    ("increments", Model::Increment, "increment", 0),
    ("deletes", Model::Delete, "removal", 0),
    ("transactions", Model::Transaction, "transaction", 0),
];

/// Random operations from the seed of the run, by clients of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// How many clients share them. The n-th begins at server n, counted round and round.
    pub clients: usize,
    /// How many keys there are behind each prefix: `k0`, `k1` …
    pub keys: u64,
    /// What its keys begin with: each operation is about keys of one of them.
    pub prefixes: Vec<String>,
    /// How long it goes on.
    pub duration_ms: Option<u64>,
    /// After how many operations, over all clients, it ends.
    pub operations: Option<u64>,
    /// How many operations a second are begun, over all clients.
    pub rate: u64,
    /// How many operations of each kind there are, in parts of their sum.
    pub shares: Vec<(Model, u64)>,
    /// Levels of their own for some of the reads, each with its share in percent.
    pub levels: Vec<(Level, u64)>,
    /// Whether a client goes on to the next server after an operation that was not done, and now
    /// and then after others: with the token of its session, where there are tokens.
    pub wander: bool,
}

impl Workload {
    /// The most operations that it can bring.
    pub fn operations_max(&self) -> u64 {
        let by_rate = self.duration_ms.map(|ms| ms.saturating_mul(self.rate) / 1000);
        let given = self.operations.unwrap_or(u64::MAX);
        by_rate.unwrap_or(u64::MAX).min(given)
    }
}

/// Reads a workload, or a list of them that go on side by side.
pub(super) fn read_workloads(
    value: &Value<'_>,
    terms: Terms<'_>,
    listed: usize,
    problems: &mut Problems<'_>,
) -> Option<Vec<Workload>> {
    let Value::Array(_) = value else {
        return read_workload(value, terms, listed, problems).map(|workload| vec![workload]);
    };
    let elements = read_list(value, "workload", CLIENTS_MAX, problems)?;
    let (mut workloads, mut clients) = (vec![], listed);
    for element in elements {
        let workload = read_workload(element, terms, clients, problems);
        clients += workload.as_ref().map_or(0, |workload| workload.clients);
        workloads.push(workload);
    }
    let workloads: Vec<Workload> = workloads.into_iter().collect::<Option<_>>()?;
    if clients > CLIENTS_MAX {
        return problems
            .add(value, format!("there are {clients} clients in all; at most {CLIENTS_MAX} go"));
    }
    Some(workloads)
}

fn read_workload(
    value: &Value<'_>,
    terms: Terms<'_>,
    listed: usize,
    problems: &mut Problems<'_>,
) -> Option<Workload> {
    let mut fields = Fields::of(value, "a workload", problems)?;
    let object = fields.object();
    let clients_max = CLIENTS_MAX.saturating_sub(listed).max(1) as u64;
    let clients = fields
        .need("clients", "how many clients ask", problems)
        .and_then(|value| read_integer(value, "clients", 1..=clients_max, problems));
    let keys = read_number(&mut fields, "keys", 1..=KEYS_MAX, problems);
    let rate = read_number(&mut fields, "rate", 1..=RATE_MAX, problems);
    let prefixes = optional(&mut fields, "prefixes", problems, read_prefixes);
    let known = prefixes.clone().flatten().unwrap_or_else(|| vec![String::new()]);
    let shares = read_shares(&mut fields, terms, &known, problems);
    let duration_ms = read_number(&mut fields, "duration_ms", 1..=DURATION_MS_MAX, problems);
    let operations = read_number(&mut fields, "operations", 1..=OPERATIONS_MAX, problems);
    let levels = optional(&mut fields, "levels", problems, |value, problems| {
        read_levels(value, terms, &known, problems)
    });
    let wander = optional(&mut fields, "wander", problems, |value, problems| {
        read_flag(value, "wander", problems)
    });
    check_end(&fields, problems);
    if let Some(field) = fields.named("levels") {
        terms.transport.check_level(field, problems);
    }
    fields.finish(problems);
    let workload = Workload {
        clients: usize::try_from(clients?).ok()?,
        keys: keys?.unwrap_or(KEYS),
        prefixes: prefixes.map(|_| known)?,
        duration_ms: duration_ms?,
        operations: operations?,
        rate: rate?.unwrap_or(RATE),
        shares: shares?,
        levels: levels?.unwrap_or_default(),
        wander: wander?.unwrap_or(false),
    };
    check_size(workload, object, problems)
}

/// A number that may be left out; `None`: it is there and wrong.
fn read_number(
    fields: &mut Fields<'_>,
    name: &'static str,
    range: RangeInclusive<u64>,
    problems: &mut Problems<'_>,
) -> Option<Option<u64>> {
    optional(fields, name, problems, |value, problems| read_integer(value, name, range, problems))
}

/// How many operations of each kind there are.
fn read_shares(
    fields: &mut Fields<'_>,
    terms: Terms<'_>,
    prefixes: &[String],
    problems: &mut Problems<'_>,
) -> Option<Vec<(Model, u64)>> {
    let mut shares = vec![];
    for (name, model, what, without) in KINDS {
        let share = read_number(fields, name, 0..=WEIGHT_MAX, problems);
        if let (Some(Some(1..)), Some(field)) = (share, fields.named(name)) {
            check_order(fields.object(), (name, model), terms, prefixes, problems);
            terms.transport.check_kind(field, model, what, problems);
        }
        shares.push(share.map(|share| (model, share.unwrap_or(without))));
    }
    shares.into_iter().collect()
}

/// What answers according to what is there needs one order that all agree on.
fn check_order(
    object: &Object<'_>,
    (name, model): (&str, Model),
    terms: Terms<'_>,
    prefixes: &[String],
    problems: &mut Problems<'_>,
) {
    if matches!(model, Model::Read | Model::Write | Model::Delete) {
        return;
    }
    for prefix in prefixes {
        let key = format!("{prefix}{}0", family(model));
        if terms.promised.order_of(&key) != Some(LogOrder::Merged) {
            continue;
        }
        let (why, instead) = match (terms.promised.of(&key), terms.promised.level) {
            (Some(keyspace), _) => (
                format!("the keyspace {} is merged", keyspace.name),
                format!("take {} out of \"prefixes\"", quoted(prefix)),
            ),
            (None, Some(level)) => (
                format!("at {level} the keyspace is merged"),
                "take linearizability or sequential".into(),
            ),
            (None, None) => return,
        };
        let what = format!(
            "\"{name}\" needs the head of an agreed log, and {why}; leave \"{name}\" out, or {instead}"
        );
        problems.add::<()>(object, what);
    }
}

/// What keys of the operations of a kind are called, behind their prefix: texts and numbers have
/// keys of their own.
pub(crate) fn family(model: Model) -> char {
    match model {
        Model::Append => 't',
        Model::Increment => 'n',
        _ => 'k',
    }
}

/// What the keys of a workload begin with.
fn read_prefixes(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    let elements = read_list(value, "prefixes", KEYSPACES_MAX, problems)?;
    if elements.is_empty() {
        let what = "prefixes has at least one; \"\" stands for keys without a prefix";
        return problems.add(value, what);
    }
    let mut prefixes: Vec<Option<String>> = vec![];
    for element in elements {
        prefixes.push(match element {
            Value::StringLit(text) if text.value.is_empty() => Some(String::new()),
            element => read_prefix(element, problems),
        });
    }
    prefixes.into_iter().collect()
}

fn check_end(fields: &Fields<'_>, problems: &mut Problems<'_>) {
    if !fields.has("duration_ms") && !fields.has("operations") {
        let what = "a workload needs \"duration_ms\", how long it goes on, or \"operations\", \
                    after how many it ends";
        problems.add::<()>(fields.object(), what);
    }
}

/// There is something to ask, and not too much.
fn check_size(
    workload: Workload,
    object: &Object<'_>,
    problems: &mut Problems<'_>,
) -> Option<Workload> {
    if workload.shares.iter().all(|(_, share)| *share == 0) {
        return problems.add(object, "the shares of all kinds are 0, so nothing would be asked");
    }
    let operations = workload.operations_max();
    if operations > OPERATIONS_MAX {
        let what = format!(
            "rate × duration_ms makes {operations} operations; at most {OPERATIONS_MAX} go"
        );
        return problems.add(object, what);
    }
    Some(workload)
}

/// Levels of reads with their shares, `{"eventual": 20}`.
fn read_levels(
    value: &Value<'_>,
    terms: Terms<'_>,
    prefixes: &[String],
    problems: &mut Problems<'_>,
) -> Option<Vec<(Level, u64)>> {
    let Value::Object(object) = value else {
        let what = format!(
            "levels is an object of shares in percent, {{\"eventual\": 20}}, not {}",
            kind(value)
        );
        return problems.add(value, what);
    };
    let mut levels: Vec<(Level, u64)> = vec![];
    for field in &object.properties {
        let name = field.name.as_str();
        let Some(known) = parse(name) else {
            let what = format!("{} is no level; there are {}", quoted(name), list(names()));
            problems.add::<()>(field, what);
            continue;
        };
        for prefix in prefixes {
            terms.promised.check_read(&format!("{prefix}k0"), known, field, problems);
        }
        let share = read_integer(&field.value, "a share", 0..=100, problems);
        levels.extend(share.map(|share| (known, share)));
    }
    if levels.iter().map(|(_, share)| share).sum::<u64>() > 100 {
        return problems.add(value, "the shares of the levels are percent; together at most 100");
    }
    Some(levels)
}
