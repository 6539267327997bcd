//! The promises of a history, each judged: which levels, of which keyspaces, and asked for by whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::Budget;
use crate::model::history::History;
use crate::model::level::Level;
use crate::model::operation::{Fate, Operation};
use crate::scope::{Part, Scope};
use crate::verdict::Verdict;

/// One level that was promised of keyspaces of one order, and what the judge says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// What is judged.
    pub scope: Scope,
    /// The prefixes of the keyspaces whose level it is; an empty one stands for what has no
    /// keyspace.
    pub prefixes: Vec<String>,
    /// How many answered reads asked for it by themselves.
    pub asked: usize,
    /// How many answered reads do not count, because they asked for less.
    pub uncounted: usize,
    /// How many operations were judged, final reads left out, of how many clients.
    pub operations: usize,
    /// The clients that asked for them.
    pub clients: usize,
    /// How many final reads were judged.
    pub finals: usize,
    /// Whether the level holds.
    pub verdict: Verdict,
}

/// Judges all that a history promises: agreed keyspaces first, the strongest level first.
pub fn promises(history: &History, budget: &Budget) -> Vec<Promise> {
    let mut judged = Vec::new();
    for scope in Scope::all(history, true) {
        let part = scope.part(history);
        for wanted in wanted(history, scope) {
            judged.push(judge(&part, history, scope, wanted, budget));
        }
    }
    judged
}

/// Judges one level, whatever was promised: over the keyspaces of each order by themselves.
pub(crate) fn promises_of(history: &History, level: Level, budget: &Budget) -> Vec<Promise> {
    let scopes = Scope::all(history, false).into_iter();
    let judge = |scope: Scope| {
        let wanted = Wanted { level, prefixes: BTreeSet::new(), asked: 0 };
        judge(&scope.part(history), history, scope, wanted, budget)
    };
    scopes.map(judge).collect()
}

/// The one promise of a history that promises one level of all that it has, with the verdicts about
/// all levels; `None` if it promises several.
pub(crate) fn only(
    history: &History,
    judge: impl FnOnce(Level) -> Vec<Verdict>,
) -> Option<(Promise, Vec<Verdict>)> {
    let scope = Scope::default();
    let wanted = (!history.has_keyspaces()).then(|| wanted(history, scope))?;
    let [wanted] = <[Wanted; 1]>::try_from(wanted).ok()?;
    let verdicts = judge(wanted.level);
    let own = verdicts.iter().find(|verdict| verdict.level == wanted.level)?.clone();
    Some((Promise::of(&scope.part(history), scope, wanted, own), verdicts))
}

/// The keyspaces of the header of which nothing was asked.
pub(crate) fn unused(history: &History) -> Vec<&str> {
    let keys = history.operations.iter().flat_map(Operation::parts).map(|part| &part.key);
    let used: BTreeSet<&str> =
        keys.filter_map(|key| history.keyspace(key)).map(|one| one.prefix.as_str()).collect();
    let all = history.header.iter().flat_map(|header| &header.keyspaces);
    all.map(|one| one.prefix.as_str()).filter(|prefix| !used.contains(prefix)).collect()
}

/// A level that is to be judged.
struct Wanted {
    level: Level,
    prefixes: BTreeSet<String>,
    asked: usize,
}

/// How strong a level is: the less, the stronger.
fn rank(level: Level) -> (usize, u64) {
    match level {
        Level::Bounded { ms } => (0, ms.saturating_add(1)),
        level => (Level::ALL.iter().position(|known| *known == level).unwrap_or(0), 0),
    }
}

/// The levels that are promised in a scope, the strongest first.
fn wanted(history: &History, scope: Scope) -> Vec<Wanted> {
    let mut all: BTreeMap<(usize, u64), Wanted> = BTreeMap::new();
    let default = history.promised().unwrap_or(Level::Linearizable);
    let mut promise = |level: Level, prefix: Option<&str>| {
        let new = || Wanted { level, prefixes: BTreeSet::new(), asked: 0 };
        let wanted = all.entry(rank(level)).or_insert_with(new);
        match prefix {
            Some(prefix) if wanted.prefixes.contains(prefix) => {}
            Some(prefix) => drop(wanted.prefixes.insert(prefix.to_string())),
            None => wanted.asked += 1,
        }
    };
    if scope.order.is_none() || history.operations.is_empty() {
        promise(default, Some(""));
    }
    let is_in = |one: &&Operation| scope.order.is_none_or(|order| history.order_of(one) == order);
    for operation in history.operations.iter().filter(is_in) {
        for part in operation.parts() {
            match history.keyspace(&part.key) {
                Some(keyspace) => promise(keyspace.level, Some(&keyspace.prefix)),
                None => promise(default, Some("")),
            }
        }
        let asks = operation.fate() == Fate::Done;
        if let Some(level) = operation.level.filter(|_| asks) {
            promise(level, None);
        }
    }
    // A transaction of nothing is about no key.
    if all.is_empty() {
        all.insert(
            rank(default),
            Wanted { level: default, prefixes: BTreeSet::from([String::new()]), asked: 0 },
        );
    }
    all.into_values().collect()
}

fn judge(
    part: &Part<'_>,
    history: &History,
    scope: Scope,
    wanted: Wanted,
    budget: &Budget,
) -> Promise {
    let verdict = part.settle(history, wanted.level, budget);
    Promise::of(part, scope, wanted, verdict)
}

impl Promise {
    /// A level of a part, with the verdict about that part.
    fn of(part: &Part<'_>, scope: Scope, wanted: Wanted, verdict: Verdict) -> Promise {
        let Wanted { level, prefixes, asked } = wanted;
        let (finals, others): (Vec<&Operation>, Vec<_>) =
            part.history.operations.iter().partition(|operation| operation.is_final);
        Promise {
            scope,
            prefixes: prefixes.into_iter().collect(),
            asked,
            uncounted: part.uncounted(level),
            operations: others.len(),
            clients: others.iter().map(|one| one.client).collect::<BTreeSet<u64>>().len(),
            finals: finals.len(),
            verdict: part.whole(verdict),
        }
    }
}
