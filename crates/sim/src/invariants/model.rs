//! What commands mean, once more: a few lines for each that share nothing with the node's.
//!
//! It knows the commands of `Client::draw_other`, on keys that are kept for them. The judge has no
//! words for these, so the fold of the log checks their answers.

use bytes::Bytes;
use node::Reply;

/// What a command changes, and what it answers. `None`: it is refused, and nothing changes.
pub(super) type Meaning = Option<(Vec<(Bytes, Option<Bytes>)>, Reply)>;

/// What these words mean where the keys hold what `held` says.
pub(super) fn meaning(
    name: &str,
    arguments: &[Bytes],
    held: &dyn Fn(&Bytes) -> Option<Bytes>,
) -> Meaning {
    let key = &arguments[0];
    let old = held(key);
    let length = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len) as i64;
    let value = |value: Option<Bytes>| value.map_or(Reply::Nil, Reply::Value);
    let put = |new: Bytes, reply| Some((vec![(key.clone(), Some(new))], reply));
    match (name, arguments) {
        ("mget", keys) => {
            let all = keys.iter().map(|key| value(held(key)));
            Some((vec![], Reply::Array(all.collect())))
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
            put(new.into(), Reply::Integer(length))
        }
        ("setrange", [_, offset, part]) if offset == "2" => {
            let mut new = old.unwrap_or_default().to_vec();
            new.resize(new.len().max(2 + part.len()), 0);
            new[2..2 + part.len()].copy_from_slice(part);
            let length = new.len() as i64;
            put(new.into(), Reply::Integer(length))
        }
        ("incr", _) => add(key, old, 1),
        ("decr", _) => add(key, old, -1),
        ("incrby", [_, amount]) => add(key, old, number(amount)?),
        ("decrby", [_, amount]) => add(key, old, -number(amount)?),
        ("mset", _) => Some((pairs(arguments), Reply::Ok)),
        ("msetnx", _) => match pairs(arguments).iter().any(|(key, _)| held(key).is_some()) {
            true => Some((vec![], Reply::Integer(0))),
            false => Some((pairs(arguments), Reply::Integer(1))),
        },
        (name, _) => panic!("no client of a world says {name}"),
    }
}

fn pairs(arguments: &[Bytes]) -> Vec<(Bytes, Option<Bytes>)> {
    arguments.chunks(2).map(|pair| (pair[0].clone(), Some(pair[1].clone()))).collect()
}

/// A number in its one form: `08`, which an APPEND may make, is none.
fn number(text: &Bytes) -> Option<i64> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == &text[..]).then_some(number)
}

fn add(key: &Bytes, old: Option<Bytes>, amount: i64) -> Meaning {
    let sum = old.map_or(Some(0), |old| number(&old))? + amount;
    Some((vec![(key.clone(), Some(Bytes::from(sum.to_string())))], Reply::Integer(sum)))
}
