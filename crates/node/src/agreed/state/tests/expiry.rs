//! Keys that go by the time in the log, and whatever sees them or does not.

use super::*;

/// A state at a time, and what is said to it.
struct Timed {
    state: State,
    sequence: u64,
}

impl Timed {
    fn new() -> Timed {
        let mut state = new();
        state.advance_to(1_000);
        Timed { state, sequence: 0 }
    }

    /// Applies what these words say, in an entry of this time: the reply as words.
    fn say(&mut self, time_ms: u64, words: &str) -> String {
        self.state.advance_to(time_ms);
        self.sequence += 1;
        let at = AgreedPosition { index: Index(self.sequence), offset: 0 };
        told(self.state.say(id(1, self.sequence), at, words).unwrap().reply)
    }

    /// Reads what these words say.
    fn ask(&self, words: &str) -> String {
        let words: Vec<&str> = words.split(' ').collect();
        told(Command::of_words(&words).unwrap().read(&self.state, 7))
    }

    /// Reclaims so many keys at most, in an entry of this time: how many were dead.
    fn reclaim(&mut self, time_ms: u64, most: usize) -> String {
        self.state.advance_to(time_ms);
        self.sequence += 1;
        let reply = self.state.run_command(
            id(1, self.sequence),
            KeyspaceId::SYSTEM,
            &Command::reclaim(most),
        );
        told(reply.unwrap())
    }

    /// The state that begins with a snapshot of this one.
    fn born(&mut self) -> State {
        let mut slots = vec![];
        self.state.begin_walk();
        while self.state.walk_on(1_000, 100_000, &mut slots).is_some() {}
        let mut born = new();
        for record in crate::wire::record::Record::decode_group(&slots.into()).unwrap() {
            let crate::wire::record::Record::AgreedSlot(slot) = record else { panic!() };
            born.load(&slot).unwrap();
        }
        let stamp_ms = self.state.time_ms();
        born.loaded(&AgreedBase { stamp_ms, ..AgreedBase::default() });
        born
    }
}

fn told(reply: Reply) -> String {
    match reply {
        Reply::Ok => "OK".into(),
        Reply::Nil => "nil".into(),
        Reply::Value(value) => String::from_utf8_lossy(&value).into_owned(),
        Reply::Integer(number) => number.to_string(),
        Reply::Status(word) => word.into(),
        Reply::Array(all) => all.into_iter().map(told).collect::<Vec<_>>().join(" "),
        Reply::Error(error) => error.to_string(),
        Reply::Map(_) => unreachable!("no command of a log gives it"),
    }
}

#[test]
fn a_key_is_dead_from_its_deadline_on() {
    let mut timed = Timed::new();
    assert_eq!(timed.say(1_000, "SET k v PX 500"), "OK");
    timed.state.advance_to(1_499);
    assert_eq!(
        (timed.ask("GET k"), timed.ask("PTTL k"), timed.ask("TTL k")),
        ("v".into(), "1".into(), "0".into())
    );
    assert_eq!(timed.state.written(b"k").map(|by| by.index), Some(Index(1)));
    timed.state.advance_to(1_500);
    for (words, reply) in [
        ("GET k", "nil"),
        ("EXISTS k", "0"),
        ("TYPE k", "none"),
        ("STRLEN k", "0"),
        ("TTL k", "-2"),
        ("PEXPIRETIME k", "-2"),
        ("RANDOMKEY", "nil"),
        ("SCAN 0", "0 "),
        ("MGET k", "nil"),
        // As in Redis: its record is still there.
        ("DBSIZE", "1"),
    ] {
        assert_eq!(timed.ask(words), reply, "{words}");
    }
    assert_eq!(timed.state.written(b"k"), None);
    timed.state.advance_to(1_400);
    assert_eq!(timed.ask("GET k"), "nil", "time does not go back");
}

#[test]
fn no_write_sees_a_dead_key() {
    for (words, reply, left) in [
        ("DEL k", "0", "nil"),
        ("UNLINK k", "0", "nil"),
        ("GETDEL k", "nil", "nil"),
        ("GETSET k w", "nil", "w"),
        ("GETEX k PX 900", "nil", "nil"),
        ("INCR k", "1", "1"),
        ("APPEND k w", "1", "w"),
        ("SETRANGE k 1 w", "2", "\0w"),
        ("SETNX k w", "1", "w"),
        ("MSETNX k w", "1", "w"),
        ("SET k w XX", "nil", "nil"),
        ("SET k w XX KEEPTTL", "nil", "nil"),
        ("SET k w KEEPTTL", "OK", "w"),
        ("SET k w IFEQ 7", "nil", "nil"),
        ("SET k w NX GET", "nil", "w"),
        ("DELIFEQ k 7", "0", "nil"),
        ("PERSIST k", "0", "nil"),
        ("PEXPIRE k 900", "0", "nil"),
    ] {
        let mut timed = Timed::new();
        timed.say(1_000, "SET k 7 PX 500");
        assert_eq!(timed.say(1_500, words), reply, "{words}");
        assert_eq!(timed.ask("GET k"), left, "{words}");
        let stays = if left == "nil" { "-2" } else { "-1" };
        assert_eq!(timed.ask("TTL k"), stays, "{words}");
    }
}

#[test]
fn what_changes_a_value_keeps_the_deadline_and_what_sets_one_clears_it() {
    for (words, left_ms) in [
        ("INCR k", "400"),
        ("INCRBYFLOAT k 1.5", "400"),
        ("APPEND k 7", "400"),
        ("SETRANGE k 0 8", "400"),
        ("SET k 8 KEEPTTL", "400"),
        ("SET k 8 NX", "400"),
        ("SET k 8 NX PX 5", "400"),
        ("GETEX k", "400"),
        ("SET k 8", "-1"),
        ("SET k 8 XX", "-1"),
        ("MSET k 8", "-1"),
        ("GETSET k 8", "-1"),
        ("GETEX k PERSIST", "-1"),
        ("PERSIST k", "-1"),
        ("GETEX k PX 50", "50"),
        ("SETEX k 9 8", "9000"),
        ("PSETEX k 9 8", "9"),
        ("SET k 8 EX 2", "2000"),
        ("SET k 8 PXAT 1101", "1"),
        ("SET k 8 PXAT 1100", "-2"),
        ("SET k 8 EXAT 1", "-2"),
        ("GETEX k EXAT 1", "-2"),
        ("PEXPIREAT k 1100", "-2"),
        ("EXPIRE k -1", "-2"),
    ] {
        let mut timed = Timed::new();
        timed.say(1_000, "SET k 7 PX 500");
        timed.say(1_100, words);
        assert_eq!(timed.ask("PTTL k"), left_ms, "{words}");
        let count = u64::from(left_ms.parse::<i64>().unwrap() > 0);
        assert_eq!(timed.state.deadlines(), count, "{words}");
    }
}

#[test]
fn a_life_that_ends_beyond_all_numbers_is_refused_and_changes_nothing() {
    let mut timed = Timed::new();
    timed.say(1_000, "SET k v PX 500");
    for (words, name) in [
        ("SET k w PX 9223372036854775807", "set"),
        ("PSETEX k 9223372036854775807 w", "psetex"),
        ("GETEX k PX 9223372036854775807", "getex"),
        ("PEXPIRE k 9223372036854775807", "pexpire"),
    ] {
        let refused = format!("ERR invalid expire time in '{name}' command");
        assert_eq!(timed.say(1_000, words), refused, "{words}");
    }
    assert_eq!((timed.ask("GET k"), timed.ask("PTTL k")), ("v".into(), "500".into()));
    assert_eq!(timed.say(1_000, "PEXPIREAT k 9223372036854775807"), "1");
    assert_eq!(timed.ask("PEXPIRETIME k"), "9223372036854775807");
}

#[test]
fn dead_keys_are_reclaimed_a_few_at_a_time_the_longest_dead_first() {
    let mut timed = Timed::new();
    for (key, ms) in [("c", 300), ("a", 100), ("b", 200), ("d", 400)] {
        timed.say(1_000, &format!("SET {key} v PX {ms}"));
    }
    assert_eq!(timed.reclaim(1_099, 9), "0");
    assert_eq!(timed.state.bytes(), 4 * 66);
    assert_eq!(timed.reclaim(1_300, 2), "2");
    assert_eq!((timed.state.keys(), timed.state.bytes(), timed.state.deadlines()), (2, 132, 2));
    assert_eq!(timed.state.first_deadline_ms(), Some(1_300), "a and b went first");
    assert_eq!((timed.reclaim(1_300, 2), timed.ask("GET d")), ("1".into(), "v".into()));
    timed.say(1_400, "SET d w");
    assert_eq!((timed.reclaim(9_999, 2), timed.ask("GET d")), ("0".into(), "w".into()));
    assert_eq!((timed.state.reclaimed().keys, timed.state.counted()), (3, timed.state.bytes()));
}

#[test]
fn a_count_sees_the_time_when_it_began() {
    let mut timed = Timed::new();
    timed.say(1_000, "MSET stays 1 goes 1");
    for (key, ms) in
        [("dies", 500), ("back", 500), ("longer", 500), ("dead", 50), ("dead-back", 50)]
    {
        timed.say(1_000, &format!("SET {key} v PX {ms}"));
    }
    timed.state.advance_to(1_100);
    timed.state.begin();
    timed.say(1_200, "DEL goes dead");
    timed.say(1_200, "SET dead-back 1");
    timed.say(1_200, "PEXPIRE longer 9000");
    timed.say(1_600, "SET back 1");
    timed.reclaim(1_600, 9);
    let listed = |state: &State| {
        let mut all = vec![];
        assert_eq!(state.keys_from(Cursor::default(), 99, &mut |key| all.push(key.to_vec())), None);
        all.sort();
        all.into_iter().map(|key| String::from_utf8(key).unwrap()).collect::<Vec<_>>()
    };
    let then = ["back", "dies", "goes", "longer", "stays"];
    assert_eq!(listed(&timed.state), then);
    timed.say(1_600, "FLUSHALL");
    assert_eq!(listed(&timed.state), then);
    assert!(then.iter().all(|key| timed.state.existed(key.as_bytes())));
    assert!(!timed.state.existed(b"dead") && !timed.state.existed(b"dead-back"));
}

#[test]
fn a_snapshot_has_deadlines_and_the_time() {
    let mut timed = Timed::new();
    timed.say(1_000, "SET dead v PX 5");
    timed.say(1_000, "SET dies v PX 500");
    timed.say(1_010, "SET stays v");
    let born = timed.born();
    let (mut born, was) = (Timed { state: born, sequence: 0 }, timed);
    for words in ["GET dead", "PTTL dies", "PTTL stays", "DBSIZE", "SCAN 0"] {
        assert_eq!(born.ask(words), was.ask(words), "{words}");
    }
    assert_eq!((born.ask("GET dead"), born.ask("PTTL dies")), ("nil".into(), "490".into()));
    assert_eq!((born.state.deadlines(), born.reclaim(1_010, 9)), (2, "1".into()));
    let mut replaced = Timed::new();
    replaced.state.replace(born.state);
    assert_eq!((replaced.state.time_ms(), replaced.ask("PTTL dies")), (1_010, "490".into()));
}

#[test]
fn states_that_differ_in_a_deadline_alone_have_other_sums() {
    let sums = |deadline| {
        let mut state = new();
        let value = || Some(Cow::Borrowed(&b"v"[..]));
        state.values.set_until(b"k", value(), deadline, AgreedPosition::default());
        state.begin_digest(Index(9));
        match state.digest_on(99, 9999) {
            Progress::Over(sums) => sums,
            other => panic!("{other:?}"),
        }
    };
    let sound = sums(Deadline::At(7));
    for other in [Deadline::At(8), Deadline::Never] {
        assert_eq!(sound.differing(&sums(other)), [Cursor::of(b"k").slot()]);
    }
    assert_eq!(sound, sums(Deadline::At(7)));
}

#[test]
fn a_walk_sees_keys_that_are_reclaimed_meanwhile() {
    let mut timed = Timed::new();
    (0..40).for_each(|n| drop(timed.say(1_000, &format!("SET {n} v PX {}", 100 + n))));
    timed.state.begin_walk();
    let mut slots = vec![];
    timed.state.walk_on(5, 100_000, &mut slots);
    assert_eq!(timed.reclaim(2_000, 256), "40");
    while timed.state.walk_on(5, 100_000, &mut slots).is_some() {}
    let mut born = new();
    for record in crate::wire::record::Record::decode_group(&slots.into()).unwrap() {
        let crate::wire::record::Record::AgreedSlot(slot) = record else { panic!() };
        born.load(&slot).unwrap();
    }
    assert_eq!((born.keys(), born.deadlines()), (40, 40));
}
