//! The field `workload`: random operations beside the listed requests.

use history::Level;
use jsonc_parser::ast::Value;

use super::fields::{Fields, Problems, kind, list, quoted, read_flag, read_integer, read_list};
use super::level::{check_read_level, is_merged, names, parse};
use super::requests::Terms;
use super::{CLIENTS_MAX, DURATION_MS_MAX, KEYS_MAX, OPERATIONS_MAX};
use crate::clients::model::Model;

/// The most operations a second, over all clients.
const RATE_MAX: u64 = 100_000;
/// The rate of who names none.
const RATE: u64 = 200;
/// The greatest weight of a kind of operation.
const WEIGHT_MAX: u64 = 1_000;

/// Random operations from the seed of the run, by clients of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// How many clients share them. The n-th begins at server n, counted round and round.
    pub clients: usize,
    /// How many keys there are: `k0`, `k1` …
    pub keys: u64,
    /// How long it goes on.
    pub duration_ms: Option<u64>,
    /// After how many operations, over all clients, it ends.
    pub operations: Option<u64>,
    /// How many operations a second are begun, over all clients.
    pub rate: u64,
    /// How many of the operations are reads, in parts of the sum of all kinds.
    pub reads: u64,
    /// How many are writes.
    pub writes: u64,
    /// How many are compare-and-sets.
    pub cas: u64,
    /// How many put a text behind the value of a key; these have keys of their own.
    pub appends: u64,
    /// How many add to a number; these have keys of their own, too.
    pub increments: u64,
    /// How many remove a key.
    pub deletes: u64,
    /// Levels of their own for some of the reads, each with its share in percent.
    pub levels: Vec<(Level, u64)>,
    /// Whether a client goes on to the next server after an operation that was not done.
    pub wander: bool,
}

impl Workload {
    /// How many operations of each kind there are, in parts of their sum.
    pub(crate) fn shares(&self) -> [(Model, u64); Model::ALL.len()] {
        [
            (Model::Read, self.reads),
            (Model::Write, self.writes),
            (Model::Cas, self.cas),
            (Model::Append, self.appends),
            (Model::Increment, self.increments),
            (Model::Delete, self.deletes),
        ]
    }

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
    terms: Terms,
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
    terms: Terms,
    listed: usize,
    problems: &mut Problems<'_>,
) -> Option<Workload> {
    let mut fields = Fields::of(value, "a workload", problems)?;
    let clients_max = CLIENTS_MAX.saturating_sub(listed).max(1) as u64;
    let clients = fields
        .need("clients", "how many clients ask", problems)
        .and_then(|value| read_integer(value, "clients", 1..=clients_max, problems));
    let mut number = |name, range, default| match fields.take(name) {
        Some(field) => read_integer(&field.value, name, range, problems),
        None => Some(default),
    };
    let keys = number("keys", 1..=KEYS_MAX, 4);
    let rate = number("rate", 1..=RATE_MAX, RATE);
    let reads = number("reads", 0..=WEIGHT_MAX, 50);
    let writes = number("writes", 0..=WEIGHT_MAX, 50);
    let cas = number("cas", 0..=WEIGHT_MAX, 0);
    let appends = number("appends", 0..=WEIGHT_MAX, 0);
    let increments = number("increments", 0..=WEIGHT_MAX, 0);
    let deletes = number("deletes", 0..=WEIGHT_MAX, 0);
    let some = |number: Option<u64>| number.map(Some);
    let duration_ms = match fields.take("duration_ms") {
        Some(field) => {
            some(read_integer(&field.value, "duration_ms", 1..=DURATION_MS_MAX, problems))
        }
        None => Some(None),
    };
    let operations = match fields.take("operations") {
        Some(field) => some(read_integer(&field.value, "operations", 1..=OPERATIONS_MAX, problems)),
        None => Some(None),
    };
    let levels = match fields.take("levels") {
        Some(field) => read_levels(&field.value, terms.level, problems),
        None => Some(vec![]),
    };
    let wander = match fields.take("wander") {
        Some(field) => read_flag(&field.value, "wander", problems),
        None => Some(false),
    };
    if !fields.has("duration_ms") && !fields.has("operations") {
        let what = "a workload needs \"duration_ms\", how long it goes on, or \"operations\", \
                    after how many it ends";
        problems.add::<()>(fields.object(), what);
    }
    let given = [
        ("cas", "compare-and-set", cas),
        ("appends", "append", appends),
        ("increments", "increment", increments),
        ("deletes", "removal", deletes),
    ];
    let asked = given.into_iter().filter(|(.., share)| matches!(share, Some(1..)));
    let asked: Vec<_> = asked.map(|(name, what, _)| (name, what)).collect();
    check_order(&fields, &asked, terms.level, problems);
    terms.transport.check_workload(&fields, &asked, problems);
    let object = fields.object();
    fields.finish(problems);
    let workload = Workload {
        clients: usize::try_from(clients?).ok()?,
        keys: keys?,
        duration_ms: duration_ms?,
        operations: operations?,
        rate: rate?,
        reads: reads?,
        writes: writes?,
        cas: cas?,
        appends: appends?,
        increments: increments?,
        deletes: deletes?,
        levels: levels?,
        wander: wander?,
    };
    if workload.shares().iter().all(|(_, share)| *share == 0) {
        return problems.add(object, "the shares of all kinds are 0, so nothing would be asked");
    }
    if workload.operations_max() > OPERATIONS_MAX {
        let what = format!(
            "rate × duration_ms makes {} operations; at most {OPERATIONS_MAX} go",
            workload.operations_max()
        );
        return problems.add(object, what);
    }
    Some(workload)
}

/// What answers according to what is there needs one order that all agree on.
fn check_order(
    fields: &Fields<'_>,
    asked: &[(&'static str, &str)],
    level: Option<Level>,
    problems: &mut Problems<'_>,
) {
    let Some(level) = level.filter(|level| is_merged(*level)) else { return };
    for (name, _) in asked.iter().filter(|(name, _)| *name != "deletes") {
        let what = format!(
            "\"{name}\" needs the head of an agreed log, and at {level} the keyspace is merged; leave \
             \"{name}\" out, or take linearizability or sequential"
        );
        problems.add::<()>(fields.object(), what);
    }
}

/// Levels of reads with their shares, `{"eventual": 20}`.
fn read_levels(
    value: &Value<'_>,
    level: Option<Level>,
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
        check_read_level(known, level, field, problems);
        let share = read_integer(&field.value, "a share", 0..=100, problems);
        levels.extend(share.map(|share| (known, share)));
    }
    if levels.iter().map(|(_, share)| share).sum::<u64>() > 100 {
        return problems.add(value, "the shares of the levels are percent; together at most 100");
    }
    Some(levels)
}
