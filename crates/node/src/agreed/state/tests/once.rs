//! Commands that run once.

use super::super::State;
use crate::agreed::entry::WriteId;
use crate::commands::{self, Command, OnceId, View};
use crate::ids::{Boot, Index, KeyspaceId, Life, NodeId, Sequence};
use crate::position::AgreedPosition;
use crate::reply::{Error, Reply};
use crate::wire::base::AgreedBase;
use crate::wire::codec::Reader;
use crate::wire::record::Record;

/// A state, and where its log ends.
struct Log {
    state: State,
    index: u64,
}

const NOW_MS: u64 = 1_700_000_000_000;

impl Log {
    fn new() -> Log {
        Log { state: State::new(&[NodeId(1)]), index: 0 }
    }

    /// An entry of this time with one write: its answer, and the index at which that stands.
    fn add(&mut self, ms: u64, keyspace: KeyspaceId, command: &Command) -> (Reply, u64) {
        self.index += 1;
        self.state.advance_to(NOW_MS + ms);
        let mut bytes = vec![];
        commands::encode(keyspace, command, &mut bytes);
        let write = commands::decode(&mut Reader::new(&bytes)).unwrap();
        let life = Life { boot: Boot(1), incarnation: 1 };
        let id = WriteId { node: NodeId(1), life, sequence: Sequence(self.index) };
        let at = AgreedPosition { index: Index(self.index), offset: 0 };
        let ran = self.state.apply(id, at, &write, false).expect("it is the next one");
        (ran.answer.reply, ran.position.index.0)
    }

    /// The same of these words, `ONCE` and an id first sent at this time.
    fn once(&mut self, ms: u64, sent_ms: u64, name: &str, words: &str) -> (Reply, u64) {
        let id = format!("{}-{name}", NOW_MS + sent_ms);
        let words: Vec<&str> = ["once", &id].into_iter().chain(words.split(' ')).collect();
        self.add(ms, KeyspaceId::DEFAULT, &Command::of_words(&words).unwrap())
    }

    fn limits(&mut self, ms: u64, retention_ms: Option<u64>, ids: Option<u64>) {
        let command = Command::once_limits(retention_ms, ids, None);
        self.add(ms, KeyspaceId::SYSTEM, &command);
    }

    /// What a snapshot says of the ids, in slices of so many; between them, `meanwhile` happens.
    fn snapshot(&mut self, most: usize, mut meanwhile: impl FnMut(&mut Log)) -> Vec<u8> {
        let mut out = vec![];
        self.state.begin_walk();
        while self.state.walk_on(most, 1 << 20, &mut out).is_some() {
            meanwhile(self);
        }
        self.state.end_walk();
        out
    }

    /// What the records of a snapshot lead to.
    fn of_snapshot(records: &[u8], ms: u64, index: u64) -> Log {
        let mut log = Log { index, ..Log::new() };
        for record in Record::decode_group(&records.to_vec().into()).unwrap() {
            match record {
                Record::AgreedSlot(slot) => log.state.load(&slot).unwrap(),
                Record::AgreedOnce(ids) => log.state.load_once(&ids).unwrap(),
                other => panic!("no such record is there: {other:?}"),
            }
        }
        let life = Life { boot: Boot(1), incarnation: 1 };
        let last = [(NodeId(1), (life, Sequence(index)))].into();
        let stamp_ms = NOW_MS + ms;
        log.state.loaded(&AgreedBase {
            index: Index(index),
            stamp_ms,
            last,
            ..AgreedBase::default()
        });
        log
    }

    fn facts(&self) -> (u64, u64, u64) {
        (self.state.once_ids(), self.state.bytes(), self.state.once.sum())
    }
}

fn is_unknown(answer: &(Reply, u64)) -> bool {
    matches!(answer.0, Reply::Error(Error::Indeterminate(_)))
}

#[test]
fn a_command_runs_once_and_its_answer_stands_where_it_ran() {
    let mut log = Log::new();
    assert_eq!(log.once(0, 0, "a", "INCR k"), (Reply::Integer(1), 1));
    assert_eq!(log.once(9, 0, "b", "INCR k"), (Reply::Integer(2), 2));
    assert_eq!(log.once(9, 0, "a", "INCR k"), (Reply::Integer(1), 1));
    assert_eq!(log.once(9, 0, "c", "SET k word GET"), (Reply::Value("2".into()), 4));
    let (error, at) = log.once(9, 0, "d", "INCR k");
    assert!(matches!(&error, Reply::Error(Error::Invalid(_))), "{error:?}");
    log.once(9, 0, "e", "SET k 7");
    assert_eq!(log.once(9, 0, "d", "INCR k").0, error, "a refusal is repeated, too");
    assert_eq!((at, log.state.get(b"k").unwrap().bytes()), (5, &b"7"[..]));
    assert!(matches!(log.once(9, 0, "a", "INCR j").0, Reply::Error(Error::Invalid(_))));
    assert!(log.state.get(b"j").is_none());
}

#[test]
fn a_list_runs_once_as_a_whole() {
    let mut log = Log::new();
    let of = |words: &str| Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
    let list = Command::list(&[of("INCR k"), of("GET k"), of("TYPE k")]).unwrap();
    let once = list.once(&OnceId { ms: NOW_MS, random: (*b"a").into() }).unwrap();
    let first = log.add(0, KeyspaceId::DEFAULT, &once);
    let all = [Reply::Integer(1), Reply::Value("1".into()), Reply::Status("string")];
    assert_eq!(first, (Reply::Array(all.into()), 1));
    assert_eq!(log.add(5, KeyspaceId::DEFAULT, &once), first);
}

#[test]
fn time_in_the_log_decides() {
    let mut log = Log::new();
    log.once(0, 0, "a", "INCR k");
    assert!(matches!(log.once(0, 501, "b", "INCR k").0, Reply::Error(Error::ClockSkew(_))));
    assert_eq!(log.once(0, 500, "b", "INCR k").0, Reply::Integer(2));
    assert_eq!(log.once(600_000, 0, "a", "INCR k").0, Reply::Integer(1), "just not too old");
    assert!(is_unknown(&log.once(600_001, 0, "a", "INCR k")));
    assert!(is_unknown(&log.once(600_001, 0, "never", "INCR k")));
    assert_eq!(log.once(600_001, 500, "b", "INCR k").0, Reply::Integer(2));
    assert_eq!(log.state.once_ids(), 1, "what is too old is forgotten");
}

#[test]
fn what_was_too_old_stays_so_where_the_retention_grows() {
    let mut log = Log::new();
    log.limits(0, Some(100), None);
    log.once(0, 0, "a", "INCR k");
    log.once(101, 101, "b", "INCR k");
    log.limits(101, Some(600_000), None);
    assert!(is_unknown(&log.once(102, 0, "a", "INCR k")));
    assert_eq!(log.once(102, 101, "b", "INCR k").0, Reply::Integer(2));
    let records = log.snapshot(1, |_| {});
    let mut other = Log::of_snapshot(&records, 102, log.index);
    assert!(is_unknown(&other.once(102, 0, "a", "INCR k")), "a snapshot says so, too");
}

#[test]
fn only_so_many_ids_are_kept() {
    let mut log = Log::new();
    log.limits(0, None, Some(6));
    for id in 0..6 {
        log.once(0, id, "a", "INCR k");
    }
    assert!(matches!(log.once(0, 6, "a", "INCR k").0, Reply::Error(Error::TryAgain(_))));
    assert_eq!(log.once(0, 5, "a", "INCR k").0, Reply::Integer(6), "what has run is known");
    log.once(600_006, 600_006, "a", "INCR k");
    assert_eq!(log.state.once_ids(), 3, "four go with a write");
    log.once(600_006, 600_006, "b", "INCR k");
    assert_eq!(log.state.once_ids(), 2);
}

#[test]
fn ids_count_in_memory_and_what_finds_none_may_run_later() {
    let mut log = Log::new();
    log.once(0, 0, "abc", "SET k value");
    assert_eq!(log.state.bytes(), 70 + 160 + 4, "the name has its length before it");
    log.once(0, 0, "d", "GETDEL k");
    assert_eq!(log.state.bytes(), 2 * 160 + 4 + 2 + 5);
    log.add(0, KeyspaceId::SYSTEM, &Command::max_memory(100));
    assert_eq!(log.once(0, 1, "e", "DEL k").0, Reply::Error(Error::OutOfMemory("maxmemory")));
    assert_eq!(log.once(0, 0, "d", "GETDEL k").0, Reply::Value("value".into()));
    log.add(0, KeyspaceId::SYSTEM, &Command::max_memory(0));
    assert_eq!(log.once(0, 1, "e", "DEL k"), (Reply::Integer(0), 7));
    let long = format!("SET k {}", "v".repeat(70_000));
    log.once(0, 2, "f", &long);
    assert_eq!(log.once(0, 2, "g", "GETDEL k").0.bytes(), 70_000);
    assert!(is_unknown(&log.once(0, 2, "g", "GETDEL k")), "too long to be kept");
    log.once(700_000, 700_000, "h", "SET k v");
    log.once(700_000, 700_000, "h", "SET k v");
    assert_eq!(log.state.bytes(), 66 + 160 + 2, "what is forgotten counts no more");
}

#[test]
fn a_snapshot_has_the_ids_of_its_point_whatever_happens_meanwhile() {
    for most in [1, 3, 100] {
        let mut log = Log::new();
        for id in 0..20 {
            log.once(0, id, "a", "INCR k");
        }
        let (facts, index) = (log.facts(), log.index);
        let mut id = 1_000;
        let records = log.snapshot(most, |log| {
            // Four that are too old go with each, and one comes.
            id += 1;
            log.once(600_000 + 100, 600_000 + id, "later", "INCR other");
        });
        let mut other = Log::of_snapshot(&records, 0, index);
        let (ids, bytes, sum) = facts;
        assert_eq!((other.facts().0, other.facts().2), (ids, sum), "{most} at a time");
        assert_eq!(other.facts().1, bytes);
        assert_eq!(other.once(5, 7, "a", "INCR k"), (Reply::Integer(8), 8));
    }
}

#[test]
fn a_fetched_state_takes_the_place_of_the_ids_and_gives_memory_back() {
    let (mut log, mut other) = (Log::new(), Log::new());
    log.once(0, 0, "a", "INCR k");
    other.once(0, 0, "b", "INCR k");
    log.state.replace(other.state);
    assert_eq!(log.once(1, 0, "b", "INCR k").0, Reply::Integer(1));
    assert_eq!(log.once(1, 0, "a", "INCR k").0, Reply::Integer(2));
    assert!(log.state.has_garbage());
    while log.state.has_garbage() {
        log.state.clean_up();
    }
}

#[test]
fn what_is_kept_is_of_the_time_in_the_log() {
    let answers = [0, 777].map(|ahead_ms| {
        let mut log = Log::new();
        log.add(0, KeyspaceId::DEFAULT, &Command::of_words(&["set", "k", "v", "ex", "9"]).unwrap());
        // One replica would show a later time than the other.
        log.state.show_time(NOW_MS + ahead_ms);
        let commands = [&["incr", "n"][..], &["pttl", "k"]];
        let commands = commands.map(|words| Command::of_words(words).unwrap());
        let id = OnceId::parse(format!("{NOW_MS}-a").as_bytes()).unwrap();
        let exec = Command::list(&commands).unwrap().once(&id).unwrap();
        let (answer, _) = log.add(1, KeyspaceId::DEFAULT, &exec);
        (answer, log.state.once.sum())
    });
    assert_eq!(answers[0], answers[1]);
    // Two items count beside the id, and the key.
    assert_eq!(answers[0].0, Reply::Array(vec![Reply::Integer(1), Reply::Integer(8999)]));
}

#[test]
fn limits_that_were_set_are_not_those_of_a_start() {
    let first = |log: &mut Log, retention_ms| {
        let command = Command::first_once_limits(Some(retention_ms), None, None);
        log.add(0, KeyspaceId::SYSTEM, &command);
        log.state.once_limits().retention_ms
    };
    let mut log = Log::new();
    assert!(!log.state.once_is_limited());
    assert_eq!(first(&mut log, 5_000), 5_000);
    assert_eq!(first(&mut log, 6_000), 5_000);
    log.limits(0, Some(600_000), None);
    assert_eq!(first(&mut log, 6_000), 600_000, "what is usual may be set as well");
    let snapshot = log.snapshot(10, |_| ());
    assert!(!snapshot.is_empty(), "that they were set is a part of the state");
}
