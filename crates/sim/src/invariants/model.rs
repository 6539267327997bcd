//! What commands mean, once more: a few lines for each that share nothing with the node's.
//!
//! It knows the commands of `Client::draw_other`, on keys that are kept for them. The judge has no
//! words for these, so the fold of the log checks their answers.

mod expiry;

use std::collections::BTreeSet;

use bytes::Bytes;
use node::Reply;

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) value: Bytes,
    /// When it goes, in milliseconds of log time; `None`: it stays.
    pub(super) deadline_ms: Option<u64>,
}

/// A key that stays.
pub(super) fn staying(value: Bytes) -> Held {
    Held { value, deadline_ms: None }
}

impl Held {
    /// Whether it is there at this time.
    pub(super) fn is_alive(&self, now_ms: u64) -> bool {
        self.deadline_ms.is_none_or(|deadline_ms| deadline_ms > now_ms)
    }
}

/// What a command finds.
pub(super) struct Found<'a> {
    /// What is alive of a key.
    pub(super) held: &'a dyn Fn(&Bytes) -> Option<Held>,
    /// The time of the entry, in milliseconds.
    pub(super) now_ms: u64,
}

/// What a command changes, and what it answers. `None`: it is refused, and nothing changes.
pub(super) type Meaning = Option<(Vec<(Bytes, Option<Held>)>, Reply)>;

/// What these words mean there.
pub(super) fn meaning(name: &str, arguments: &[Bytes], found: &Found<'_>) -> Meaning {
    let key = &arguments[0];
    let before = (found.held)(key);
    if let Some(meaning) = expiry::meaning(name, arguments, before.as_ref(), found.now_ms) {
        return meaning;
    }
    let held = |key: &Bytes| (found.held)(key).map(|held| held.value);
    let (old, deadline_ms) = match before {
        Some(held) => (Some(held.value), held.deadline_ms),
        None => (None, None),
    };
    let length = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len) as i64;
    let value = |value: Option<Bytes>| value.map_or(Reply::Nil, Reply::Value);
    let put = |new: Bytes, reply| Some((vec![(key.clone(), Some(staying(new)))], reply));
    // The key goes when it would have gone.
    let change = |new: Bytes, reply| {
        let new = Held { value: new, deadline_ms };
        Some((vec![(key.clone(), Some(new))], reply))
    };
    match (name, arguments) {
        ("mget", keys) => {
            let all = keys.iter().map(|key| value(held(key)));
            Some((vec![], Reply::Array(all.collect())))
        }
        ("get", _) => Some((vec![], value(old))),
        ("set", [_, new]) => put(new.clone(), Reply::Ok),
        ("del" | "unlink", keys) => {
            // One that is named twice is gone the second time.
            let named: BTreeSet<&Bytes> = keys.iter().collect();
            let there = named.into_iter().filter(|key| held(key).is_some()).count();
            let gone = keys.iter().map(|key| (key.clone(), None)).collect();
            Some((gone, Reply::Integer(there as i64)))
        }
        ("watch", _) => Some((vec![], Reply::Ok)),
        ("strlen", _) => Some((vec![], Reply::Integer(length(&old)))),
        ("type", _) => Some((vec![], Reply::Status(if old.is_some() { "string" } else { "none" }))),
        ("touch", keys) => {
            let there = keys.iter().filter(|key| held(key).is_some()).count();
            Some((vec![], Reply::Integer(there as i64)))
        }
        // Of a text of at least one byte its first one, and of none nothing.
        ("getrange", [_, from, to]) if from == "0" && to == "0" => {
            let old = old.unwrap_or_default();
            Some((vec![], Reply::Value(old.slice(..old.len().min(1)))))
        }
        ("getset", [_, new]) => put(new.clone(), value(old)),
        ("getdel", _) => Some((vec![(key.clone(), None)], value(old))),
        ("setnx", [_, new]) => match old {
            None => put(new.clone(), Reply::Integer(1)),
            Some(_) => Some((vec![], Reply::Integer(0))),
        },
        ("delifeq", [_, expected]) => match old == Some(expected.clone()) {
            true => Some((vec![(key.clone(), None)], Reply::Integer(1))),
            false => Some((vec![], Reply::Integer(0))),
        },
        ("append", [_, tail]) => {
            let new = [&old.unwrap_or_default()[..], tail].concat();
            let length = new.len() as i64;
            change(new.into(), Reply::Integer(length))
        }
        ("setrange", [_, offset, part]) if offset == "2" => {
            let mut new = old.unwrap_or_default().to_vec();
            new.resize(new.len().max(2 + part.len()), 0);
            new[2..2 + part.len()].copy_from_slice(part);
            let length = new.len() as i64;
            change(new.into(), Reply::Integer(length))
        }
        ("incr" | "decr" | "incrby" | "decrby", [_, amount @ ..]) => {
            let amount = amount.first().map_or(Some(1), number)?;
            let amount = if name.starts_with("decr") { -amount } else { amount };
            let sum = old.map_or(Some(0), |old| number(&old))? + amount;
            change(Bytes::from(sum.to_string()), Reply::Integer(sum))
        }
        ("mset", _) => Some((pairs(arguments), Reply::Ok)),
        ("msetnx", _) => match pairs(arguments).iter().any(|(key, _)| held(key).is_some()) {
            true => Some((vec![], Reply::Integer(0))),
            false => Some((pairs(arguments), Reply::Integer(1))),
        },
        (name, _) => panic!("no client of a world says {name}"),
    }
}

fn pairs(arguments: &[Bytes]) -> Vec<(Bytes, Option<Held>)> {
    arguments.chunks(2).map(|pair| (pair[0].clone(), Some(staying(pair[1].clone())))).collect()
}

/// A number in its one form: `08`, which an APPEND may make, is none.
fn number(text: &Bytes) -> Option<i64> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == &text[..]).then_some(number)
}
