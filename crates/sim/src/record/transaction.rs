//! What an EXEC says in a history: its commands as the operations of one transaction. Begin with
//! [`told`].

use bytes::Bytes;
use history::{Kind, Operation as Judged};
use node::Reply;

use super::keyspace::name_of;
use super::operation::{Action, Operation, Outcome};

/// What the names of keys begin with that only transactions know of which a history can tell.
pub(crate) const TOLD_KEYS: &str = "txn";

/// Whether only transactions know this key of which a history can tell, and who removes all keys.
pub(crate) fn is_told(key: &Bytes) -> bool {
    name_of(key).starts_with(TOLD_KEYS.as_bytes())
}

/// The operations of an EXEC that a history tells of; `None` if it tells nothing. One that a WATCH
/// stopped did nothing, and is none.
pub(crate) fn told(operation: &Operation) -> Option<Vec<Judged>> {
    let Action::Exec { commands, keys } = &operation.action else { return None };
    if !keys.iter().all(is_told) {
        return None;
    }
    let replies = match &operation.outcome {
        Outcome::Done(Reply::Array(replies)) => Some(&replies[..]),
        Outcome::Done(_) => return None,
        _ => None,
    };
    let reply = |number: usize| replies.and_then(|replies| replies.get(number));
    let commands = commands.iter().enumerate();
    let parts = commands.flat_map(|(number, words)| parts(words, reply(number)));
    let parts: Vec<Judged> = parts.collect();
    (!parts.is_empty()).then_some(parts)
}

/// What a command did to each of its keys. One that was refused did nothing.
fn parts(words: &[Bytes], reply: Option<&Reply>) -> Vec<Judged> {
    if matches!(reply, Some(Reply::Error(_))) {
        return vec![];
    }
    let part = |key: &Bytes, kind| Judged::new(0, kind, &text(key), 0, None);
    let set = |key, value: Option<&Bytes>| part(key, Kind::Write { value: value.map(text) });
    let saw = |key, value: Option<Option<String>>| {
        part(key, Kind::Read { ok: value.is_some(), value: value.flatten() })
    };
    // Whether it did what its condition allowed.
    let ok = reply.map(|reply| *reply == Reply::Integer(1));
    let cas = |key, from: Option<&Bytes>, to: Option<&Bytes>| {
        part(key, Kind::Cas { from: from.map(text), to: to.map(text), ok })
    };
    let read = || reply.map(value);
    match (&words[0][..], &words[1..]) {
        (b"mget", keys) => {
            let each = |number: usize| match reply {
                Some(Reply::Array(replies)) => Some(value(&replies[number])),
                _ => None,
            };
            keys.iter().enumerate().map(|(number, key)| saw(key, each(number))).collect()
        }
        (b"mset", pairs) => pairs.chunks(2).map(|pair| set(&pair[0], Some(&pair[1]))).collect(),
        (b"getset", [key, new]) => vec![saw(key, read()), set(key, Some(new))],
        (b"getdel", [key]) => vec![saw(key, read()), set(key, None)],
        (b"setnx", [key, new]) => vec![cas(key, None, Some(new))],
        (b"delifeq", [key, old]) => vec![cas(key, Some(old), None)],
        (b"append", [key, tail]) => vec![part(key, Kind::Append { value: text(tail) })],
        (b"incrby", [key, add]) => {
            let add = text(add).parse().expect("a client of a world says numbers");
            let value = reply.and_then(|reply| match reply {
                Reply::Integer(sum) => Some(sum.to_string()),
                _ => None,
            });
            vec![part(key, Kind::Incr { add, value })]
        }
        (name, _) => panic!("no transaction says {}", String::from_utf8_lossy(name)),
    }
}

/// What a reply says was there.
fn value(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Value(value) => Some(text(value)),
        _ => None,
    }
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::operation;
    use history::{Budget, History, Level, check};

    fn exec(client: u64, commands: &[&str], reply: Reply, time: (u64, u64)) -> Operation {
        let words =
            |line: &&str| line.split(' ').map(|word| Bytes::from(word.to_owned())).collect();
        let commands: Vec<Vec<Bytes>> = commands.iter().map(words).collect();
        let position = node::AgreedPosition::default();
        let certificate = node::Certificate::Agreed { position, by: None };
        let keys = vec![Bytes::from("txn0"), Bytes::from("txn1")];
        operation(client, Action::Exec { commands, keys }, reply, time, certificate)
    }

    fn holds(operations: &[Operation]) -> bool {
        let judged = operations.iter().filter_map(|one| {
            let (start, end) = (one.start_us, Some(one.end_us));
            told(one).map(|parts| Judged::transaction(one.client, parts, start, end))
        });
        let history = History::new(None, judged.collect());
        let verdict = check(&history, Level::Linearizable, &Budget::default());
        assert_ne!(verdict.word(), "undecided", "{:?}", verdict.lines(&history));
        verdict.holds()
    }

    #[test]
    fn an_exec_of_which_half_is_seen_is_caught_by_the_judge() {
        let some = |text: &str| Reply::Value(Bytes::from(text.to_owned()));
        let both = |one, two| Reply::Array(vec![Reply::Array(vec![one, two])]);
        let wrote = exec(1, &["mset txn0 1 txn1 2"], Reply::Array(vec![Reply::Ok]), (0, 9));
        let read = |reply| exec(2, &["mget txn0 txn1"], reply, (1, 8));
        assert!(holds(&[wrote.clone(), read(both(some("1"), some("2")))]));
        assert!(holds(&[wrote.clone(), read(both(Reply::Nil, Reply::Nil))]));
        assert!(!holds(&[wrote.clone(), read(both(some("1"), Reply::Nil))]));
        assert!(!holds(&[wrote, read(both(Reply::Nil, some("2")))]));
    }

    #[test]
    fn each_command_is_told_with_its_answer() {
        let commands =
            ["getset txn0 5", "incrby txn0 2", "setnx txn0 9", "append txn1 a", "getdel txn1"];
        let said = vec![
            Reply::Nil,
            Reply::Integer(7),
            Reply::Integer(0),
            Reply::Integer(1),
            Reply::Value(Bytes::from("a")),
        ];
        assert!(holds(&[exec(1, &commands, Reply::Array(said.clone()), (0, 9))]));
        for (place, wrong) in [(1, Reply::Integer(8)), (2, Reply::Integer(1)), (4, Reply::Nil)] {
            let mut said = said.clone();
            said[place] = wrong;
            assert!(!holds(&[exec(1, &commands, Reply::Array(said), (0, 9))]), "{place}");
        }
        assert_eq!(told(&exec(1, &commands, Reply::Nil, (0, 9))), None, "a WATCH stopped it");
    }
}
