//! What one turn does is bounded, and what it leaves goes on in the next ones.

use bytes::Bytes;
use node::*;

const ME: NodeId = NodeId(1);

/// One node alone, its disk at once.
struct Alone {
    node: Node,
    now_ms: u64,
    due: Vec<Input>,
    asked: u64,
    /// Bytes of the snapshot that is being written, and whether the node waits for the rest.
    snapshot: (u64, bool),
}

impl Alone {
    fn new(level: Level) -> Alone {
        let order = match level {
            Level::Linearizable | Level::Bounded { .. } | Level::Sequential => Order::Agreed,
            Level::Causal | Level::Eventual => Order::Merged,
        };
        let config = Config {
            id: ME,
            members: vec![(ME, String::new())],
            order,
            level,
            request_timeout_ms: 3000,
            max_clock_drift_ms: 500,
            max_memory: None,
            seed: 1,
            incarnation: 1,
            directory: DirectoryId(1),
            discard_state: false,
            join: false,
        };
        let node = Recovery::new(config).finish().unwrap();
        let mut alone = Alone { node, now_ms: 0, due: vec![], asked: 0, snapshot: (0, false) };
        while !alone.node.status().ready || alone.node.has_more() {
            alone.now_ms += 10;
            alone.turn();
        }
        alone
    }

    /// A turn with all that is due; what it answered, by session.
    fn turn(&mut self) -> Vec<(u64, Reply)> {
        let mut inputs = std::mem::take(&mut self.due);
        let now = Now { monotonic_ms: self.now_ms, wall_ms: 1_700_000_000_000 + self.now_ms };
        inputs.insert(0, Input::Tick(now));
        let (mut outputs, mut replies) = (vec![], vec![]);
        self.node.turn(&mut inputs, &mut outputs);
        for output in outputs {
            match output {
                Output::Persist { ticket, .. } => {
                    self.due.push(Input::Persisted { ticket, place: LogPlace(0) });
                }
                Output::Reply { session, reply, .. } => replies.push((session.0, reply)),
                Output::WriteSnapshot { bytes, hurry, .. } => {
                    self.snapshot = (self.snapshot.0 + bytes.len() as u64, hurry);
                }
                _ => {}
            }
        }
        replies
    }

    fn ask(&mut self, session: u64, command: Command) {
        self.asked += 1;
        let (session, id) = (SessionId(session), RequestId(self.asked));
        self.due.push(Input::Request { session, id, level: None, command });
    }

    /// Turns until nothing is left; what was answered in each.
    fn turns(&mut self) -> Vec<Vec<(u64, Reply)>> {
        let mut turns = vec![];
        loop {
            turns.push(self.turn());
            if self.due.is_empty() && !self.node.has_more() {
                return turns;
            }
        }
    }
}

fn key(n: usize) -> Bytes {
    Bytes::from(format!("key:{n}"))
}

fn set(n: usize) -> Command {
    Command::set(key(n), Bytes::from("v"))
}

/// Each would be added up beside all of that, turn by turn, and is answered no sooner.
#[test]
fn an_increment_waits_where_much_is_on_its_way_to_the_disk() {
    let mut alone = Alone::new(Level::Causal);
    let great = Bytes::from(vec![b'v'; 10_000]);
    (0..50).for_each(|n| alone.ask(1, Command::set(key(n), great.clone())));
    alone.turn();
    let stalled = std::mem::take(&mut alone.due);
    assert!(!stalled.is_empty());
    // What comes before them does not wait.
    alone.ask(3, Command::set(key(0), Bytes::from("v")));
    let mut written = vec![];
    for turn in 0..10 {
        alone.ask(2, Command::of_words(&["INCR", "n"]).unwrap());
        alone.now_ms += 30;
        assert_eq!(alone.turn(), [], "turn {turn}");
        written.push(std::mem::take(&mut alone.due).len());
    }
    assert_eq!(written.iter().sum::<usize>(), 1, "only the SET got into an entry: {written:?}");
    // The last group that gets to the disk stands for those before it.
    let Some(Input::Persisted { ticket: Ticket(last), place }) = stalled.into_iter().next_back()
    else {
        panic!("a group waits for the disk")
    };
    alone.due = vec![Input::Persisted { ticket: Ticket(last + 1), place }];
    let answered = alone.turns().concat();
    let sums: Vec<_> = answered.into_iter().filter(|(session, _)| *session == 2).collect();
    assert_eq!(sums, (1..=10).map(|sum| (2, Reply::Integer(sum))).collect::<Vec<_>>());
}

#[test]
fn many_requests_take_many_turns() {
    for level in [Level::Linearizable, Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        let count = 5 * TURN_STEPS;
        (0..count).for_each(|n| alone.ask(n as u64 % 50, set(n)));
        let turns = alone.turns();
        assert!(turns.iter().all(|replies| replies.len() <= 2 * TURN_STEPS), "{level}");
        assert_eq!(turns.iter().flatten().count(), count);
        (0..count).for_each(|n| alone.ask(n as u64 % 50, Command::get(key(n))));
        let turns = alone.turns();
        assert!(turns.iter().all(|replies| replies.len() <= 2 * TURN_STEPS), "{level}");
        let value = Reply::Value(Bytes::from("v"));
        assert_eq!(turns.iter().flatten().filter(|reply| reply.1 == value).count(), count);
    }
}

#[test]
fn nobody_waits_for_a_read_of_very_many_keys() {
    for level in [Level::Linearizable, Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        (0..100).for_each(|n| alone.ask(1, set(n)));
        alone.turns();
        // Half of the keys exist. While they are counted, one that was counted goes and one that
        // was not comes.
        let keys = (0..10 * TURN_STEPS).map(|n| key(if n % 2 == 0 { n % 100 } else { 100 + n }));
        let last = 100 + 10 * TURN_STEPS - 1;
        alone.ask(1, Command::exists(keys));
        alone.ask(1, Command::get(key(0)));
        assert_eq!(alone.turn(), [], "{level}");
        alone.ask(2, Command::del([key(0), key(2)]));
        alone.ask(3, Command::set(key(last), Bytes::from("new")));
        alone.ask(4, Command::get(key(4)));
        let turns = alone.turns();
        let at = |session| {
            let answers =
                |replies: &Vec<(u64, Reply)>| replies.iter().any(|reply| reply.0 == session);
            turns.iter().position(answers).unwrap()
        };
        assert!(at(2) < 3 && at(3) < 3 && at(4) < 3, "{level}: others go on");
        assert!(at(1) >= 8, "{level}: the count takes ten turns");
        let mine: Vec<_> =
            turns.iter().flatten().filter(|reply| reply.0 == 1).map(|r| &r.1).collect();
        let count = Reply::Integer(5 * TURN_STEPS as i64);
        assert_eq!(
            mine,
            [&count, &Reply::Nil],
            "{level}: as of its beginning, and what follows it later"
        );
    }
}

#[test]
fn a_count_takes_a_quarter_of_a_turn() {
    let mut alone = Alone::new(Level::Sequential);
    alone.ask(1, Command::exists((0..10 * TURN_STEPS).map(key)));
    let turns = (1..).find(|_| !alone.turn().is_empty()).unwrap();
    assert!((40..45).contains(&turns), "{turns} turns");
}

#[test]
fn a_count_has_room_for_so_many_changes() {
    let mut alone = Alone::new(Level::Sequential);
    alone.ask(1, Command::exists((0..40 * TURN_STEPS).map(key)));
    let mut replies = alone.turn();
    for n in 0..20 * TURN_STEPS {
        alone.ask(2, set(n));
    }
    let mut most = 0;
    while !replies.iter().any(|reply| reply.0 == 1) {
        replies.extend(alone.turn());
        most = most.max(alone.node.status().keys);
    }
    assert_eq!(replies.iter().find(|reply| reply.0 == 1), Some(&(1, Reply::Integer(0))));
    assert!((16_384..16_384 + 2).contains(&most), "{most} were new when the count was over");
    alone.turns();
    assert_eq!(alone.node.status().keys, 20 * TURN_STEPS as u64);
}

#[test]
fn a_count_that_nobody_waits_for_any_more_ends() {
    let mut alone = Alone::new(Level::Sequential);
    let long = || Command::exists((0..20 * TURN_STEPS).map(key));
    alone.ask(1, long());
    alone.turn();
    alone.ask(2, long());
    alone.due.push(Input::Closed(SessionId(1)));
    assert_eq!(alone.turn(), []);
    assert_eq!(alone.node.queued(), 1, "nobody waits for the first one");
    // The clock goes on, and the second one is answered in time, if not with a count.
    alone.now_ms += 4000;
    let replies: Vec<_> = alone.turns().into_iter().flatten().collect();
    assert!(matches!(&replies[..], [(2, Reply::Error(Error::ClusterDown(_)))]), "{replies:?}");
    assert_eq!(alone.node.queued(), 0);
}

#[test]
fn a_command_does_not_remove_more_than_a_turn_bears() {
    let mut alone = Alone::new(Level::Linearizable);
    alone.ask(1, Command::del((0..=REMOVED_KEYS_MAX).map(key)));
    alone.ask(1, Command::del((0..REMOVED_KEYS_MAX).map(key)));
    let replies: Vec<_> = alone.turns().into_iter().flatten().map(|reply| reply.1).collect();
    let refused = Error::Invalid(
        "DEL of 32769 keys: at most 32768 go at a time, so that nobody else waits long. Send several".into(),
    );
    assert_eq!(replies, [Reply::Error(refused), Reply::Integer(0)]);
}

/// Three nodes, one of which was away for ten thousand entries.
#[test]
fn a_node_that_catches_up_does_so_in_many_turns() {
    let members: Vec<_> = (1..=3).map(|id| (NodeId(id), String::new())).collect();
    let config = |id| Config {
        id: NodeId(id),
        members: members.clone(),
        order: Order::Agreed,
        level: Level::Sequential,
        request_timeout_ms: 3000,
        max_clock_drift_ms: 500,
        max_memory: None,
        seed: id,
        incarnation: id,
        directory: DirectoryId(id),
        discard_state: false,
        join: false,
    };
    let mut nodes: Vec<_> = (1..=3).map(|id| Recovery::new(config(id)).finish().unwrap()).collect();
    let mut inboxes: Vec<Vec<Input>> = vec![vec![]; 3];
    let (mut now_ms, mut outputs) = (0, vec![]);
    let mut round = |inboxes: &mut Vec<Vec<Input>>, awake: &[usize]| {
        now_ms += 10;
        let mut turns = [0, 0, 0];
        for at in awake {
            let mut inputs = std::mem::take(&mut inboxes[*at]);
            inputs.insert(0, Input::Tick(Now { monotonic_ms: now_ms, wall_ms: now_ms }));
            loop {
                let before = nodes[*at].status().applied;
                nodes[*at].turn(&mut inputs, &mut outputs);
                let applied = nodes[*at].status().applied.0 - before.0;
                assert!(applied <= TURN_STEPS as u64, "{applied} entries applied in one turn");
                turns[*at] += 1;
                for output in outputs.drain(..) {
                    match output {
                        Output::Persist { ticket, .. } => {
                            inboxes[*at].push(Input::Persisted { ticket, place: LogPlace(0) });
                        }
                        Output::Send { to, message, .. } => {
                            let path = Some(PathId(*at as u64));
                            let input = Input::Receive { path, message };
                            inboxes[to.0 as usize - 1].push(input);
                        }
                        Output::SendBack { path, message } => {
                            let input = Input::Receive { path: None, message };
                            inboxes[path.0 as usize].push(input);
                        }
                        _ => {}
                    }
                }
                if !nodes[*at].has_more() {
                    break;
                }
                inputs.push(Input::Tick(Now { monotonic_ms: now_ms, wall_ms: now_ms }));
            }
        }
        (turns, nodes.iter().map(Node::status).collect::<Vec<_>>())
    };
    while !round(&mut inboxes, &[0, 1, 2]).1.iter().all(|status| status.ready) {}
    let request = |id: u64| Input::Request {
        session: SessionId(id % 1000),
        id: RequestId(id),
        level: None,
        command: set(id as usize % 100),
    };
    // Each turn makes an entry; what the third node is sent is lost.
    for id in 0..10_000 {
        inboxes[0].push(request(id));
        round(&mut inboxes, &[0, 1]);
        inboxes[2].clear();
    }
    let mut most = 0;
    loop {
        let (turns, statuses) = round(&mut inboxes, &[0, 1, 2]);
        most = most.max(turns[2]);
        if statuses[2].applied > Index(10_000) && statuses[2].applied == statuses[0].applied {
            break;
        }
    }
    assert!(most > 1, "it had too much for one turn");
}

#[test]
fn a_merged_entry_has_no_more_keys_than_a_turn_bears() {
    let mut alone = Alone::new(Level::Causal);
    let count = 8 * TURN_STEPS;
    (0..count).for_each(|n| alone.ask(1, set(n)));
    alone.turns();
    (0..count / 64).for_each(|n| {
        alone.ask(n as u64, Command::del((64 * n..64 * n + 64).map(key)));
    });
    let mut left = count as u64;
    while left > 0 {
        alone.turn();
        let gone = left - alone.node.status().keys;
        assert!(gone <= 2 * TURN_STEPS as u64, "{gone} keys went in one turn");
        left -= gone;
    }
}

#[test]
fn great_values_take_many_turns() {
    const VALUE_BYTES: usize = 1 << 20;
    let value = Bytes::from(vec![b'v'; VALUE_BYTES]);
    let read = || Command::get(key(0));
    // It finds another value than it expects, and says which.
    let compare = || {
        let words = [&b"SET"[..], &key(0), &key(1), b"IFEQ", &key(2), b"GET"];
        Command::of_words(&words).unwrap()
    };
    let levels = [Level::Linearizable, Level::Sequential, Level::Causal];
    let commands: [&dyn Fn() -> Command; 2] = [&read, &compare];
    for (level, command) in levels.iter().flat_map(|level| commands.map(|each| (level, each))) {
        if *level == Level::Causal && command().is_write() {
            continue;
        }
        let mut alone = Alone::new(*level);
        alone.ask(1, Command::set(key(0), value.clone()));
        alone.turns();
        // Some of them wait for others of their connection.
        (0..100).for_each(|n| {
            alone.ask(n % 50, set(1));
            alone.ask(n % 50, command());
        });
        let great = |replies: &Vec<(u64, Reply)>| {
            replies.iter().filter(|reply| reply.1 == Reply::Value(value.clone())).count()
        };
        let each: Vec<_> = alone.turns().iter().map(great).collect();
        assert_eq!(each.iter().sum::<usize>(), 100, "{level}");
        // A turn is worth 4 MiB of each kind of work, and each may end with a value too many.
        assert!(each.iter().all(|count| *count <= 10), "{level}: {each:?}");
    }
}

#[test]
fn who_asks_for_great_values_waits_for_its_own() {
    let mut alone = Alone::new(Level::Linearizable);
    alone.ask(1, Command::set(key(1), vec![b'v'; 1 << 20].into()));
    alone.turns();
    for n in 0..400 {
        alone.ask(1 + n % 4, Command::get(key(1)));
    }
    let answered = alone.turn().len();
    assert!(answered < 100, "{answered} great values in a turn");
    alone.ask(9, Command::exists([key(1)]));
    let turns = alone.turns();
    let others_left = |place: usize| turns[place..].iter().flatten().count();
    let place = turns.iter().position(|turn| turn.contains(&(9, Reply::Integer(1)))).unwrap();
    assert!(place < 4 && others_left(place) > 300, "after {place} turns");
}

#[test]
fn what_waits_on_its_connection_starts_although_new_requests_fill_every_turn() {
    for level in [Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        alone.ask(1, set(0));
        alone.ask(1, Command::get(key(0)));
        let answers = |alone: &mut Alone| {
            (0..2 * TURN_STEPS as u64).for_each(|n| alone.ask(2 + n % 50, Command::get(key(1))));
            alone.turn().iter().filter(|reply| reply.0 == 1).count()
        };
        assert_eq!((0..10).map(|_| answers(&mut alone)).sum::<usize>(), 2, "{level}");
    }
}

#[test]
fn a_read_is_answered_although_writes_fill_every_turn() {
    let mut alone = Alone::new(Level::Linearizable);
    let mut answered = 0;
    for turn in 0..10 {
        if turn == 4 {
            alone.ask(1, Command::get(key(0)));
        }
        (0..TURN_STEPS).for_each(|n| alone.ask(2 + n as u64 % 50, set(n % 100)));
        answered += alone.turn().iter().filter(|reply| reply.0 == 1).count();
    }
    assert_eq!(answered, 1);
}

#[test]
fn a_count_that_nobody_waits_for_holds_up_no_writes() {
    for level in [Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        alone.ask(1, Command::exists((0..20 * TURN_STEPS).map(key)));
        assert_eq!(alone.turn(), []);
        alone.due.push(Input::Closed(SessionId(1)));
        let count = 4 * TURN_STEPS;
        (0..count).for_each(|n| alone.ask(2, set(n)));
        (0..20).for_each(|_| drop(alone.turn()));
        assert_eq!(alone.node.status().keys, count as u64, "{level}");
    }
}

#[test]
fn no_read_overtakes_a_count_of_its_connection() {
    for level in [Level::Linearizable, Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        alone.ask(1, Command::get(key(0)));
        alone.ask(1, Command::exists((0..5 * TURN_STEPS).map(key)));
        let mut replies = alone.turn();
        // The first read is answered, and the count goes on.
        assert_eq!(replies, [(1, Reply::Nil)], "{level}");
        alone.ask(1, Command::get(key(1)));
        replies.extend(alone.turns().into_iter().flatten());
        let last = [(1, Reply::Nil), (1, Reply::Integer(0)), (1, Reply::Nil)];
        assert_eq!(replies, last, "{level}");
    }
}

#[test]
fn reads_of_many_keys_take_many_turns() {
    const KEYS: usize = 512;
    for level in [Level::Linearizable, Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        let exists = || Command::exists((0..KEYS).map(key));
        (0..200).for_each(|n| {
            alone.ask(n % 50, set(KEYS));
            alone.ask(n % 50, exists());
        });
        let many = |replies: &Vec<(u64, Reply)>| {
            replies.iter().filter(|reply| reply.1 == Reply::Integer(0)).count()
        };
        let each: Vec<_> = alone.turns().iter().map(many).collect();
        assert_eq!(each.iter().sum::<usize>(), 200, "{level}");
        let most = 2 * (TURN_STEPS / KEYS + 1);
        assert!(each.iter().all(|count| *count <= most), "{level}: {each:?}");
    }
}

/// What an answer lists, in order of its own.
fn listed(reply: &Reply) -> Vec<Bytes> {
    let Reply::Array(all) = reply else { panic!("{reply:?}") };
    let value = |one: &Reply| {
        let Reply::Value(value) = one else { panic!("{one:?}") };
        value.clone()
    };
    let mut all: Vec<Bytes> = all.iter().map(value).collect();
    all.sort();
    all
}

fn words(words: &str) -> Command {
    Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap()
}

#[test]
fn keys_are_listed_as_of_one_moment_whatever_comes_and_goes_meanwhile() {
    const KEYS: usize = 3 * TURN_STEPS;
    for level in [Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        (0..KEYS).for_each(|n| alone.ask(1, set(n)));
        alone.turns();
        alone.ask(1, words("KEYS *"));
        assert_eq!(alone.turn(), [], "{level}: it takes many turns");
        alone.ask(2, Command::del((0..KEYS).step_by(3).map(key).take(1_000)));
        (KEYS..KEYS + 500).for_each(|n| alone.ask(3, set(n)));
        alone.ask(4, Command::get(key(1)));
        let turns = alone.turns();
        let at = |session| turns.iter().position(|turn| turn.iter().any(|one| one.0 == session));
        assert!(at(4).unwrap() < at(1).unwrap(), "{level}: others go on");
        let reply = &turns.concat().into_iter().find(|one| one.0 == 1).unwrap().1;
        let mut expected: Vec<Bytes> = (0..KEYS).map(key).collect();
        expected.sort();
        assert_eq!(listed(reply), expected, "{level}");
    }
}

#[test]
fn what_is_flushed_meanwhile_is_listed_and_counted_all_the_same() {
    const KEYS: usize = 2 * TURN_STEPS;
    let mut alone = Alone::new(Level::Sequential);
    (0..KEYS).for_each(|n| alone.ask(1, set(n)));
    alone.turns();
    alone.ask(1, words("KEYS *"));
    alone.ask(1, Command::exists((0..2 * KEYS).map(key)));
    alone.turn();
    alone.ask(2, set(KEYS));
    alone.ask(2, words("FLUSHALL"));
    alone.ask(2, set(KEYS + 1));
    alone.ask(2, words("DBSIZE"));
    let turns = alone.turns();
    let of = |session| {
        let mine = turns.iter().flatten().filter(move |one| one.0 == session);
        mine.map(|one| one.1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(2), [Reply::Ok, Reply::Ok, Reply::Ok, Reply::Integer(1)]);
    let [all, count] = &of(1)[..] else { panic!("two answers") };
    assert_eq!((listed(all).len(), count), (KEYS, &Reply::Integer(1)), "the count began later");
    assert!(turns.len() > 10, "and the memory goes in pieces");
}

#[test]
fn a_scan_shows_every_key_that_was_there_all_along_and_no_step_of_it_is_long() {
    for level in [Level::Sequential, Level::Causal] {
        let mut alone = Alone::new(level);
        // Those of one tag lie in one slot.
        let key = |n: usize| {
            format!("{{{}}}:{n}", if n.is_multiple_of(2) { "tag".into() } else { n.to_string() })
        };
        let set = |n: usize| words(&format!("SET {} v", key(n)));
        (0..4_000).for_each(|n| alone.ask(1, set(n)));
        alone.turns();
        let (mut cursor, mut seen, mut steps) =
            ("0".to_string(), std::collections::BTreeSet::new(), 0);
        loop {
            alone.ask(1, words(&format!("SCAN {cursor} COUNT 100")));
            // Half of the keys go on the way, and others come.
            alone.ask(2, words(&format!("DEL {}", key(2_000 + steps))));
            alone.ask(2, set(5_000 + steps));
            let turns = alone.turns();
            let reply = &turns.iter().flatten().find(|one| one.0 == 1).unwrap().1;
            let Reply::Array(parts) = reply else { panic!("{reply:?}") };
            let [Reply::Value(next), keys] = &parts[..] else { panic!("{parts:?}") };
            let keys = listed(keys);
            assert!(keys.len() <= 100 + 1, "{level}: no more than was asked for");
            seen.extend(keys);
            steps += 1;
            cursor = String::from_utf8(next.to_vec()).unwrap();
            if cursor == "0" {
                break;
            }
        }
        assert!((30..60).contains(&steps), "{level}: {steps}");
        for n in 0..2_000 {
            assert!(seen.contains(key(n).as_bytes()), "{level}: {}", key(n));
        }
    }
}

#[test]
fn of_a_merged_mset_the_last_value_of_a_key_counts() {
    let mut alone = Alone::new(Level::Causal);
    alone.ask(1, words("MSET a 1 b 2 a 3"));
    alone.ask(1, words("MGET a b"));
    let replies: Vec<Reply> = alone.turns().concat().into_iter().map(|one| one.1).collect();
    let value = |text: &'static str| Reply::Value(Bytes::from(text));
    assert_eq!(replies, [Reply::Ok, Reply::Array(vec![value("3"), value("2")])]);
    for refused in ["SETNX a 1", "MSETNX a 1", "APPEND a x", "FLUSHALL", "GETDEL a"] {
        alone.ask(1, words(refused));
        let reply = alone.turns().concat().pop().unwrap().1;
        assert!(matches!(&reply, Reply::Error(Error::Consistency(_))), "{refused}: {reply:?}");
    }
}

/// What is answered to this alone.
fn said(alone: &mut Alone, command: Command) -> Reply {
    alone.ask(1, command);
    alone.turns().concat().pop().expect("it answers").1
}

#[test]
fn replies_and_patterns_have_a_limit() {
    let mut alone = Alone::new(Level::Sequential);
    let great = Bytes::from(vec![b'v'; VALUE_BYTES_MAX]);
    alone.ask(1, Command::set(key(1), great));
    alone.turns();
    let two = said(&mut alone, words("MGET key:1 key:1"));
    assert!(matches!(two, Reply::Array(all) if all.len() == 2));
    let three = said(&mut alone, words("MGET key:1 key:1 key:1")).clone();
    assert!(matches!(three, Reply::Error(Error::Invalid(_))), "48 MiB are not copied in one turn");
    let keys = vec![vec![b'k'; 12 << 20]; 3];
    let exists = said(&mut alone, Command::exists(&keys));
    assert!(matches!(exists, Reply::Error(Error::Invalid(_))), "36 MiB of keys");
    let long = "a".repeat(1_025);
    for command in [format!("KEYS {long}"), format!("SCAN 0 MATCH {long}")] {
        let refused = Command::of_words(&command.split(' ').collect::<Vec<_>>());
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
}

#[test]
fn what_copies_a_great_value_or_walks_far_is_paid_for() {
    let mut alone = Alone::new(Level::Sequential);
    alone.ask(1, words("SETRANGE k 4000000 x"));
    alone.turns();
    let mut turns_of = |command: &str| {
        (0..50).for_each(|n| alone.ask(1 + n, words(command)));
        alone.turns().len()
    };
    for command in ["APPEND k x", "SETRANGE k 0 x", "SETRANGE k 4000000 y", "INCRBYFLOAT n 1e-4900"]
    {
        let turns = turns_of(command);
        assert!(turns >= 10, "{command}: {turns} turns");
    }
    let mut merged = Alone::new(Level::Causal);
    (0..TURN_STEPS).for_each(|n| merged.ask(1, set(n)));
    merged.turns();
    merged.ask(1, Command::del((0..TURN_STEPS - 1).map(key)));
    merged.turns();
    // Nearly all that it meets are tombstones.
    (0..100).for_each(|n| merged.ask(1 + n, words("RANDOMKEY")));
    assert!(merged.turns().len() >= 5);
    (0..20).for_each(|n| merged.ask(1 + n, words("SCAN 0 COUNT 8192 MATCH none")));
    assert!(merged.turns().len() >= 15);
}

#[test]
fn a_snapshot_hurries_once_half_of_the_room_is_needed_for_what_changes() {
    let mut alone = Alone::new(Level::Linearizable);
    let mib = |fill| Bytes::from(vec![fill; 1 << 20]);
    (0..40).for_each(|n| alone.ask(1, Command::set(key(n), mib(b'a'))));
    alone.turns();
    alone.due.push(Input::TakeSnapshot { though_full: false });
    alone.turns();
    let (written, hurry) = alone.snapshot;
    assert!(0 < written && written < 5 << 20 && !hurry, "it waits for the disk: {written}");
    (0..40).for_each(|n| alone.ask(1, Command::set(key(n), mib(b'b'))));
    alone.turns();
    let number = alone.node.status().snapshots.last.map_or(1, |last| last.0 + 1);
    alone.due.push(Input::SnapshotWritten { number: SnapshotNumber(number), bytes: written });
    alone.turns();
    assert!(alone.snapshot.0 > written && alone.snapshot.1);
}

#[test]
fn a_snapshot_hurries_once_the_next_one_is_due() {
    let mut alone = Alone::new(Level::Linearizable);
    alone.node.set_limits(Limits { snapshot_log_bytes: 4 << 20, ..Limits::default() });
    let mib = |fill| Bytes::from(vec![fill; 1 << 20]);
    (0..6).for_each(|n| alone.ask(1, Command::set(key(n), mib(b'a'))));
    alone.turns();
    let (written, hurry) = alone.snapshot;
    assert!(0 < written && !hurry, "one has begun: {written}");
    (0..6).for_each(|n| alone.ask(1, Command::set(key(n), mib(b'b'))));
    alone.turns();
    let number = SnapshotNumber(1);
    alone.due.push(Input::SnapshotWritten { number, bytes: written });
    alone.turns();
    assert!(alone.snapshot.0 > written && alone.snapshot.1);
}
