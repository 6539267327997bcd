//! What the servers said at the quiet end: the final reads, key by key and server by server.

use std::collections::{BTreeMap, BTreeSet};

use history::{Fate, History, Kind, Operation};
use serde_json::{Value, json};

use super::columns::cut_short;

/// How many keys the page lists.
const KEYS_MAX: usize = 60;
/// How many servers, or clients that stand for them, it lists.
const ANSWERERS_MAX: usize = 24;

/// What one server's last answer about a key was.
type Answers<'h> = BTreeMap<u64, Option<&'h str>>;

/// The final reads by key, those that differ first; nothing if there are none.
pub(super) fn of(history: &History) -> Value {
    let finals: Vec<&Operation> =
        history.operations.iter().filter(|op| op.is_final && op.fate() == Fate::Done).collect();
    if finals.is_empty() {
        return Value::Null;
    }
    let by_server = finals.iter().all(|op| op.server.is_some());
    let who = |op: &Operation| op.server.filter(|_| by_server).unwrap_or(op.client);
    let mut keys: BTreeMap<&str, Answers<'_>> = BTreeMap::new();
    for op in &finals {
        if let Kind::Read { value, .. } = &op.kind {
            keys.entry(&op.key).or_default().insert(who(op), value.as_deref());
        }
    }
    let answerers: BTreeSet<u64> = finals.iter().map(|op| who(op)).collect();
    let answerers: Vec<u64> = answerers.into_iter().take(ANSWERERS_MAX).collect();
    let agree = |answers: &Answers<'_>| {
        let mut values = answers.values();
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    let mut rows: Vec<(&str, Answers<'_>)> = keys.into_iter().collect();
    let differ = rows.iter().filter(|(_, answers)| !agree(answers)).count();
    rows.sort_by_key(|(_, answers)| agree(answers));
    let row = |(key, answers): &(&str, Answers<'_>)| {
        let said = |who: &u64| match answers.get(who) {
            None => json!({}),
            Some(value) => json!({ "value": value.map(cut_short) }),
        };
        json!({
            "key": cut_short(key),
            "agree": agree(answers),
            "answers": answerers.iter().map(said).collect::<Vec<_>>(),
        })
    };
    json!({
        "by": if by_server { "server" } else { "client" },
        "answerers": answerers.iter().map(u64::to_string).collect::<Vec<_>>(),
        "keys": rows.len(),
        "differ": differ,
        "rows": rows.iter().take(KEYS_MAX).map(row).collect::<Vec<_>>(),
    })
}
