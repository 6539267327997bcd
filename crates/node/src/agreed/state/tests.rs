//! Writes that run once, in order, and what they leave.

use bytes::Bytes;

use super::*;
use crate::api::{Durability, Level, Order};
use crate::commands::{Command, decode, encode};
use crate::counting::Past;
use crate::ids::{Boot, Index, KeyspaceId, Life, Sequence};
use crate::keyspace::definition::{Allowed, Definition, Levels};
use crate::random::Random;
use crate::reply::{Error, Reply};
use crate::wire::codec::Reader;

mod expiry;
mod once;

fn id(boot: u64, sequence: u64) -> WriteId {
    let life = Life { boot: Boot(boot), incarnation: 7 * boot };
    WriteId { node: NodeId(1), life, sequence: Sequence(sequence) }
}

fn new() -> State {
    State::new(&[NodeId(1)])
}

impl State {
    /// Applies a command.
    fn run_command(
        &mut self,
        id: WriteId,
        keyspace: KeyspaceId,
        command: &Command,
    ) -> Option<Reply> {
        let mut bytes = vec![];
        encode(keyspace, command, &mut bytes);
        let write = decode(&mut Reader::new(&bytes)).expect("it was encoded just now");
        let at = AgreedPosition { index: Index(id.sequence.0), offset: 0 };
        self.apply(id, at, &write, true).map(|ran| ran.answer.reply)
    }

    /// Sets the limit of memory.
    fn limit(&mut self, id: WriteId, bytes: u64) {
        let reply = self.run_command(id, KeyspaceId::SYSTEM, &Command::max_memory(bytes));
        assert_eq!(reply, Some(Reply::Ok));
    }

    /// What the keys count, by a walk.
    fn counted(&self) -> u64 {
        let mut bytes = 0;
        self.values.walk(Cursor::default(), usize::MAX, &mut |key, record| {
            bytes += (key.len() + record.value.map_or(0, |value| value.len())) as u64 + 64;
            true
        });
        bytes
    }

    /// Applies what these words say.
    fn say(&mut self, id: WriteId, at: AgreedPosition, words: &str) -> Option<Answer> {
        let words: Vec<&str> = words.split(' ').collect();
        let mut bytes = vec![];
        encode(KeyspaceId::DEFAULT, &Command::of_words(&words).unwrap(), &mut bytes);
        let write = decode(&mut Reader::new(&bytes)).expect("it was encoded just now");
        self.apply(id, at, &write, true).map(|ran| ran.answer)
    }
}

#[test]
fn only_the_successor_is_applied() {
    let mut state = new();
    let at = AgreedPosition::default();
    let mut set =
        |boot, sequence| state.say(id(boot, sequence), at, "SET k v").map(|applied| applied.reply);
    assert_eq!(set(1, 2), None, "the first write of a boot has sequence 1");
    assert_eq!(set(1, 1), Some(Reply::Ok));
    assert_eq!(set(1, 1), None, "a write that is sent twice runs once");
    assert_eq!(set(1, 3), None, "a write never overtakes the one before it");
    assert_eq!(set(1, 2), Some(Reply::Ok));
    assert_eq!(set(3, 1), Some(Reply::Ok), "boots may be skipped");
    assert_eq!(set(2, 1), None, "a boot that is over writes no more");
    assert_eq!(set(1, 3), None);
    let mut apply = |id| state.say(id, at, "SET k v");
    let copy = Life { boot: Boot(3), incarnation: 1 };
    assert_eq!(apply(WriteId { life: copy, ..id(3, 2) }), None, "another start of that number");
    assert_eq!(apply(WriteId { life: copy, ..id(3, 1) }), None);
    assert_eq!(apply(WriteId { node: NodeId(9), ..id(1, 1) }), None, "no member");
}

#[test]
fn del_counts_what_was_there() {
    let mut state = new();
    let at = AgreedPosition { index: Index(7), offset: 2 };
    state.say(id(1, 1), at, "SET a 1");
    assert_eq!((state.keys(), state.written(b"a")), (1, Some(at)));
    let gone = state.say(id(1, 2), at, "DEL a a b");
    assert_eq!(gone, Some(Answer::blindly(Reply::Integer(1))));
    assert_eq!(state.keys(), 0);
}

#[test]
fn a_walk_over_the_past_lists_keys_that_went_where_a_piece_ended() {
    let mut state = new();
    let at = AgreedPosition::default();
    state.say(id(1, 1), at, "MSET a 1 b 2 c 3");
    state.begin();
    let mut listed = vec![];
    let next = state.keys_from(Cursor::default(), 1, &mut |key| listed.push(key.to_vec()));
    let border = next.expect("two keys are left");
    assert!([b"a", b"b", b"c"].into_iter().any(|key| Cursor::of(key) == border));
    state.say(id(1, 2), at, "DEL a b c");
    assert_eq!(state.keys_from(border, 9, &mut |key| listed.push(key.to_vec())), None);
    listed.sort();
    assert_eq!(listed, [b"a", b"b", b"c"], "all were there when the walk began");
}

#[test]
fn a_condition_looks_at_what_the_writes_before_it_left() {
    let mut state = new();
    let at = |index| AgreedPosition { index, offset: 0 };
    let mut sequence = 0;
    let mut set = |options: &str| {
        sequence += 1;
        let applied = state.say(id(1, sequence), at(Index(sequence)), &format!("SET k {options}"));
        let applied = applied.unwrap();
        (applied.reply, applied.by.expect("it looked").map(|by| by.index))
    };
    let value = |value: &'static str| Reply::Value(Bytes::from(value));
    assert_eq!(set("0 XX"), (Reply::Nil, None));
    assert_eq!(set("0 IFEQ "), (Reply::Nil, None), "what is missing is no empty value");
    assert_eq!(set("a NX GET"), (Reply::Nil, None), "set; nothing was there");
    assert_eq!(set("b NX"), (Reply::Nil, Some(Index(3))));
    assert_eq!(set("b IFEQ a"), (Reply::Ok, Some(Index(3))));
    assert_eq!(set("c IFEQ a GET"), (value("b"), Some(Index(5))));
    assert_eq!(set("c GET"), (value("b"), Some(Index(5))));
    assert_eq!(set("d XX"), (Reply::Ok, Some(Index(7))));
    assert_eq!((state.keys(), state.written(b"k")), (1, Some(at(Index(8)))));
}

#[test]
fn a_flush_leaves_nothing_and_its_memory_goes_in_pieces() {
    let mut state = new();
    let at = AgreedPosition::default();
    (1..=5_000).for_each(|n| drop(state.say(id(1, n), at, &format!("SET key:{n} v"))));
    assert_eq!(state.say(id(1, 5_001), at, "FLUSHALL").unwrap().reply, Reply::Ok);
    assert_eq!((state.keys(), state.get(b"key:7").as_deref()), (0, None));
    let mut pieces = 0;
    while state.has_garbage() {
        state.clean_up();
        pieces += 1;
    }
    assert!((4..10).contains(&pieces), "{pieces}");
    state.say(id(1, 5_002), at, "SET k v");
    state.say(id(1, 5_003), at, "FLUSHALL");
    assert!(!state.has_garbage(), "few keys go at once, however often");
}

#[test]
fn a_digest_ends_where_another_state_comes() {
    let mut state = new();
    let at = AgreedPosition::default();
    (1..=9).for_each(|n| drop(state.say(id(1, n), at, &format!("SET key:{n} v"))));
    state.begin_digest(Index(9));
    assert!(matches!(state.digest_on(1, 1), Progress::GoesOn));
    // Whoever goes on with it would say that this node differs from all that were not behind.
    state.replace(new());
    assert!(!state.is_digested());
    assert!(matches!(state.digest_on(1, 1), Progress::Gone));
}

#[test]
fn a_refusal_in_a_list_stops_nothing() {
    let mut state = new();
    let at = AgreedPosition { index: Index(4), offset: 1 };
    let parts = ["GET k", "SET k word", "GET k", "INCR k", "APPEND k s", "MGET k none"];
    let parts = parts.map(|one| Command::of_words(&one.split(' ').collect::<Vec<_>>()).unwrap());
    let list = Command::list(&parts).unwrap();
    let mut run = |sequence, asked| {
        let mut bytes = vec![];
        encode(KeyspaceId::DEFAULT, &list, &mut bytes);
        let write = decode(&mut Reader::new(&bytes)).unwrap();
        state.apply(id(1, sequence), at, &write, asked).expect("it is the next one").answer.reply
    };
    let value = |value: &'static str| Reply::Value(Bytes::from(value));
    let Reply::Array(replies) = run(1, true) else { panic!("a list has an array of replies") };
    let [nil, ok, word, refused, length, both] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!((nil, ok, word), (&Reply::Nil, &Reply::Ok, &value("word")));
    assert!(matches!(refused, Reply::Error(_)), "{refused:?}");
    assert_eq!(*length, Reply::Integer(5));
    assert_eq!(*both, Reply::Array(vec![value("words"), Reply::Nil]));
    assert_eq!(run(2, false), Reply::Array(vec![]), "nobody else builds replies");
    let fifth = AgreedPosition { offset: at.offset + 4, ..at };
    assert_eq!(state.written(b"k"), Some(fifth), "each command has its own place");
}

#[test]
fn where_replies_are_too_long_nothing_that_ran_is_said_not_to_have_run() {
    let mut state = new();
    let great = Command::set(Bytes::from("k"), Bytes::from(vec![7; 15 << 20]));
    state.run_command(id(1, 1), KeyspaceId::DEFAULT, &great);
    let words = ["GET k", "GET k", "GET k", "GET k", "GET k", "INCR n", "GETDEL k", "SET a b"];
    let of = |words: &str| Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
    let list = Command::list(&words.map(of)).unwrap();
    let reply = state.run_command(id(1, 2), KeyspaceId::DEFAULT, &list);
    let Some(Reply::Array(replies)) = reply else { panic!("{reply:?}") };
    assert!(replies[..4].iter().all(|reply| matches!(reply, Reply::Value(_))));
    assert!(matches!(replies[4], Reply::Error(Error::Invalid(_))), "a read did nothing");
    assert_eq!((&replies[5], &replies[7]), (&Reply::Integer(1), &Reply::Ok));
    assert!(matches!(replies[6], Reply::Error(Error::Indeterminate(_))), "it has removed the key");
    assert_eq!(state.get(b"k").map(|value| value.len()), None);
}

#[test]
fn a_list_that_writes_very_much_is_refused_what_is_left() {
    let mut state = new();
    let at = AgreedPosition { index: Index(1), offset: 0 };
    let great = Command::set(Bytes::from("k"), Bytes::from(vec![7; 15 << 20]));
    let append = Command::of_words(&["APPEND", "k", "x"]).unwrap();
    let list = Command::list(&[&[great][..], &vec![append; 9]].concat()).unwrap();
    let mut bytes = vec![];
    encode(KeyspaceId::DEFAULT, &list, &mut bytes);
    let write = decode(&mut Reader::new(&bytes)).unwrap();
    let reply = state.apply(id(1, 1), at, &write, true).unwrap().answer.reply;
    let Reply::Array(replies) = reply else { panic!("{reply:?}") };
    let refused = |reply: &Reply| matches!(reply, Reply::Error(_));
    assert_eq!(replies.iter().filter(|reply| refused(reply)).count(), 5);
    assert_eq!(
        state.get(b"k").map(|value| value.len()),
        Some((15 << 20) + 4),
        "those before them ran"
    );
}

#[test]
fn a_walk_counts_what_the_state_counts() {
    let (mut state, mut chance) = (new(), Random::new(7));
    let at = AgreedPosition::default();
    for sequence in 1..=20_000 {
        let key = chance.between(0, 400);
        // Short ones, and some that lie outside of their records.
        let value = "v".repeat(chance.between(0, 90) * chance.between(0, 90));
        let words = match chance.between(0, 9) {
            0 => format!("DEL k{key} k{}", chance.between(0, 400)),
            1 => format!("GETDEL k{key}"),
            2 => format!("APPEND k{key} {value}"),
            3 => format!("SETRANGE k{key} 7 {value}"),
            4 => format!("MSET k{key} {value} other{key} 1"),
            5 if chance.between(0, 300) == 0 => "FLUSHALL".to_owned(),
            _ => format!("SET k{key} {value}"),
        };
        state.say(id(1, sequence), at, &words);
        if sequence % 100 == 0 {
            assert_eq!(state.bytes(), state.counted(), "after {sequence} writes");
        }
    }
    assert!(state.bytes() > 100_000);
    let (base, mut slots) = (AgreedBase::default(), vec![]);
    state.begin_walk();
    while state.walk_on(1_000, 100_000, &mut slots).is_some() {}
    let mut born = new();
    for record in crate::wire::record::Record::decode_group(&slots.into()).unwrap() {
        let crate::wire::record::Record::AgreedSlot(slot) = record else { panic!("{record:?}") };
        born.load(&slot).unwrap();
    }
    born.loaded(&base);
    assert_eq!(born.bytes(), state.bytes(), "a snapshot leads to the same count");
    let bytes = born.bytes();
    state.replace(born);
    assert_eq!((state.bytes(), state.counted()), (bytes, bytes));
}

#[test]
fn what_grows_is_refused_while_there_is_too_much() {
    let mut state = new();
    let at = AgreedPosition { index: Index(3), offset: 0 };
    assert_eq!(state.say(id(1, 1), at, "SET key value").unwrap().reply, Reply::Ok);
    assert_eq!(state.bytes(), 3 + 5 + 64);
    state.limit(id(1, 2), 72);
    let refused = || Reply::Error(Error::OutOfMemory("maxmemory"));
    let mut sequence = 2;
    let mut say = |state: &mut State, words: &str| {
        sequence += 1;
        state.say(id(1, sequence), at, words).expect("it is the next one").reply
    };
    assert_eq!(say(&mut state, "SET k v"), Reply::Ok, "it was not too much yet");
    for words in ["SET k v", "APPEND k v", "SET k w XX GET", "INCR n", "MSETNX a 1", "SETNX k v"] {
        assert_eq!(say(&mut state, words), refused(), "{words}");
    }
    assert_eq!(state.keys(), 2);
    assert_eq!(say(&mut state, "GETDEL k"), Reply::Value(Bytes::from("v")));
    assert_eq!(say(&mut state, "APPEND key s"), Reply::Integer(6), "there is room again");
    assert_eq!(say(&mut state, "SET k v"), refused());
    assert_eq!(say(&mut state, "DEL none key"), Reply::Integer(1));
    assert_eq!(say(&mut state, "SET key value"), Reply::Ok);
    assert_eq!(say(&mut state, "APPEND key s"), Reply::Integer(6));
    assert_eq!(say(&mut state, "FLUSHALL"), Reply::Ok);
    assert_eq!((say(&mut state, "INCR n"), state.bytes()), (Reply::Integer(1), 66));
}

#[test]
fn a_list_that_grows_is_refused_as_a_whole() {
    let mut state = new();
    let commands = |all: &[&str]| {
        let of = |words: &&str| Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
        Command::list(&all.iter().map(of).collect::<Vec<_>>()).unwrap()
    };
    let run = |state: &mut State, sequence, all: &[&str]| {
        state.run_command(id(1, sequence), KeyspaceId::DEFAULT, &commands(all)).unwrap()
    };
    run(&mut state, 1, &["SET a 1", "SET b 2"]);
    state.limit(id(1, 2), 100);
    let refused = Reply::Error(Error::OutOfMemory("maxmemory"));
    assert_eq!(run(&mut state, 3, &["DEL a", "GET b", "SET b 3"]), refused);
    assert_eq!(state.keys(), 2, "nothing of it ran");
    let removes = run(&mut state, 4, &["DEL a", "GET b"]);
    assert_eq!(removes, Reply::Array(vec![Reply::Integer(1), Reply::Value(Bytes::from("2"))]));
    let grows = run(&mut state, 5, &["SET b 3", "SET c 4"]);
    assert_eq!(grows, Reply::Array(vec![Reply::Ok, Reply::Ok]), "once begun it runs to its end");
}

#[test]
fn the_first_limit_is_set_once_and_a_later_one_replaces_it() {
    let mut state = new();
    let mut set = |sequence, command: Command| {
        state.run_command(id(1, sequence), KeyspaceId::SYSTEM, &command);
        state.max_memory()
    };
    assert_eq!(set(1, Command::first_max_memory(5)), Some(5));
    assert_eq!(set(2, Command::first_max_memory(6)), Some(5));
    assert_eq!(set(3, Command::max_memory(0)), Some(0));
    assert_eq!(set(4, Command::first_max_memory(6)), Some(0), "no limit is a value, too");
}

#[test]
fn a_prefix_has_changed_hands_also_where_the_next_one_begins_there() {
    let mut state = new();
    let definition = |name: &str| {
        let levels = Levels { level: Level::Causal, allowed: Allowed::default() };
        let prefix = format!("{name}:").into_bytes();
        Definition {
            name: name.into(),
            prefix,
            order: Order::Merged,
            levels,
            durability: Durability::Disk,
        }
    };
    let begin = Command::begin_with_keyspaces(&[definition("a"), definition("b")]);
    for (sequence, command) in
        [(1, begin), (2, Command::open_keyspace(Index(1))), (3, Command::max_memory(0))]
    {
        state.run_command(id(1, sequence), KeyspaceId::SYSTEM, &command).unwrap();
    }
    let index = |key: &[u8]| state.versions.of(key).index.0;
    assert_eq!([index(b"a:1"), index(b"b:1")], [2, 0], "the next one is under way");
}
