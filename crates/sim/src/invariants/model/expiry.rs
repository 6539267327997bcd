//! What the commands mean that say when a key goes.

use bytes::Bytes;
use node::Reply;

use super::{Held, Meaning, number, staying};

/// A command of this family on its key.
struct Asked<'a> {
    key: &'a Bytes,
    before: Option<&'a Held>,
    now_ms: u64,
}

/// What these words mean; `None`: they are of another family.
pub(super) fn meaning(
    name: &str,
    arguments: &[Bytes],
    before: Option<&Held>,
    now_ms: u64,
) -> Option<Meaning> {
    let asked = Asked { key: &arguments[0], before, now_ms };
    Some(match (name, arguments) {
        ("expire", [_, time, condition @ ..]) => asked.expire(1000, time, condition),
        ("pexpire", [_, time, condition @ ..]) => asked.expire(1, time, condition),
        ("setex", [_, time, value]) => asked.leave(asked.until(value, 1000, time), Reply::Ok),
        ("psetex", [_, time, value]) => asked.leave(asked.until(value, 1, time), Reply::Ok),
        ("persist", _) => match before {
            Some(Held { value, deadline_ms: Some(_) }) => {
                asked.leave(Some(staying(value.clone())), Reply::Integer(1))
            }
            _ => Some((vec![], Reply::Integer(0))),
        },
        ("pexpiretime", _) => Some((vec![], Reply::Integer(asked.moment()))),
        ("expiretime", _) => {
            let (ms, half) = (asked.moment(), 500);
            Some((vec![], Reply::Integer(if ms < 0 { ms } else { (ms + half) / 1000 })))
        }
        ("getex", [_, options @ ..]) => asked.getex(options),
        ("set", [_, value, options @ ..]) => asked.set(value, options),
        _ => return None,
    })
}

impl Asked<'_> {
    fn leave(&self, after: Option<Held>, reply: Reply) -> Meaning {
        Some((vec![(self.key.clone(), after)], reply))
    }

    /// A value that goes so long from now; one that goes at once is none.
    fn until(&self, value: &Bytes, unit_ms: i64, time: &Bytes) -> Option<Held> {
        let ms = number(time).expect("a client of a world says numbers") * unit_ms;
        let deadline_ms = (self.now_ms as i64 + ms) as u64;
        (ms > 0).then(|| Held { value: value.clone(), deadline_ms: Some(deadline_ms) })
    }

    fn moment(&self) -> i64 {
        match self.before {
            None => -2,
            Some(held) => held.deadline_ms.map_or(-1, |deadline_ms| deadline_ms as i64),
        }
    }

    fn expire(&self, unit_ms: i64, time: &Bytes, condition: &[Bytes]) -> Meaning {
        let nothing = Some((vec![], Reply::Integer(0)));
        let Some(before) = self.before else { return nothing };
        let after = self.until(&before.value, unit_ms, time);
        let old_ms = before.deadline_ms.unwrap_or(u64::MAX);
        let new_ms = after.as_ref().and_then(|held| held.deadline_ms).unwrap_or(0);
        let holds = condition.iter().all(|condition| match &condition[..] {
            b"NX" => before.deadline_ms.is_none(),
            b"XX" => before.deadline_ms.is_some(),
            b"GT" => new_ms > old_ms,
            _ => new_ms < old_ms,
        });
        if holds { self.leave(after, Reply::Integer(1)) } else { nothing }
    }

    fn value(&self) -> Reply {
        self.before.map_or(Reply::Nil, |held| Reply::Value(held.value.clone()))
    }

    fn getex(&self, options: &[Bytes]) -> Meaning {
        let after = match (self.before, options) {
            (Some(held), [option]) if option == "PERSIST" && held.deadline_ms.is_some() => {
                Some(staying(held.value.clone()))
            }
            (Some(held), [_, time]) => self.until(&held.value, 1, time),
            _ => return Some((vec![], self.value())),
        };
        self.leave(after, self.value())
    }

    /// `SET key value [PX ms | KEEPTTL] [NX | XX] [GET]`
    fn set(&self, value: &Bytes, options: &[Bytes]) -> Meaning {
        let says = |name: &str| options.iter().any(|option| option == name);
        let after = match options.iter().position(|option| option == "PX") {
            Some(place) => self.until(value, 1, &options[place + 1]),
            None if says("KEEPTTL") => {
                let deadline_ms = self.before.and_then(|held| held.deadline_ms);
                Some(Held { value: value.clone(), deadline_ms })
            }
            None => Some(staying(value.clone())),
        };
        let is_there = self.before.is_some();
        let holds = !(says("NX") && is_there || says("XX") && !is_there);
        let reply = if holds { Reply::Ok } else { Reply::Nil };
        let reply = if says("GET") { self.value() } else { reply };
        if holds { self.leave(after, reply) } else { Some((vec![], reply)) }
    }
}
