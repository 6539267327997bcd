//! Counters of merged logs without certificates, against the definition: every choice of what each
//! operation knew is tried, on many small random histories. And replicas that count by the rule of
//! merged logs are found to be right, whatever was delivered when.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::nothing::some_ran;
use history::{
    Budget, Fate, Header, History, Kind, Level, Operation, Outcome, Unit, check, validate,
};

/// Whether it is causal: each operation that looks has causes, and sees the last write of its key
/// among them (by one order of all writes) with the increments among them that have it among
/// theirs.
fn holds(history: &History) -> bool {
    let ops = &history.operations[..];
    let counted: Vec<usize> =
        (0..ops.len()).filter(|&i| ops[i].is_write() || ops[i].fate() == Fate::Done).collect();
    let world = World { ops, counted };
    world.choose(&mut BTreeMap::new())
}

/// For each operation that looks, what it directly knew of its key.
type Known = BTreeMap<usize, Vec<usize>>;

struct World<'h> {
    ops: &'h [Operation],
    counted: Vec<usize>,
}

impl World<'_> {
    fn looks(&self, i: usize) -> bool {
        !matches!(self.ops[i].kind, Kind::Write { .. })
    }

    fn before(&self, a: usize, b: usize) -> bool {
        let place = |i: usize| (self.ops[i].start, self.ops[i].end.unwrap_or(u64::MAX), i);
        self.ops[a].client == self.ops[b].client && place(a) < place(b)
    }

    /// Tries all that each may have known: any changes of its key. What is of unknown outcome ran
    /// if somebody knew it.
    fn choose(&self, known: &mut Known) -> bool {
        let ran = |i: usize| {
            self.ops[i].fate() == Fate::Done || known.values().any(|known| known.contains(&i))
        };
        let open =
            self.counted.iter().find(|&&i| self.looks(i) && ran(i) && !known.contains_key(&i));
        let Some(&i) = open else { return self.is_causal(known) };
        let of_key =
            |&w: &usize| w != i && self.ops[w].is_write() && self.ops[w].key == self.ops[i].key;
        let changes: Vec<usize> = self.counted.iter().copied().filter(of_key).collect();
        for set in 0..1_u32 << changes.len() {
            let inside = (0..changes.len()).filter(|at| set >> at & 1 == 1);
            known.insert(i, inside.map(|at| changes[at]).collect());
            if self.choose(known) {
                return true;
            }
        }
        known.remove(&i);
        false
    }

    fn is_causal(&self, known: &Known) -> bool {
        let n = self.ops.len();
        let mut causes = vec![vec![false; n]; n];
        for &b in &self.counted {
            for &a in &self.counted {
                let knew = known.get(&b).is_some_and(|known| known.contains(&a));
                causes[b][a] = self.before(a, b) || knew;
            }
        }
        for k in 0..n {
            for i in 0..n {
                if causes[i][k] {
                    let through = causes[k].clone();
                    causes[i].iter_mut().zip(through).for_each(|(to, also)| *to |= also);
                }
            }
        }
        if (0..n).any(|i| causes[i][i]) {
            return false;
        }
        let is_set = |&i: &usize| matches!(self.ops[i].kind, Kind::Write { .. });
        let mut writes: Vec<usize> = self.counted.iter().copied().filter(is_set).collect();
        self.some_order(&mut Vec::new(), &mut writes, &causes, known)
    }

    fn some_order(
        &self,
        order: &mut Vec<usize>,
        left: &mut Vec<usize>,
        causes: &[Vec<bool>],
        known: &Known,
    ) -> bool {
        if left.is_empty() {
            return known.keys().all(|&i| self.is_explained(i, order, causes));
        }
        for at in 0..left.len() {
            let next = left[at];
            if left.iter().any(|&other| causes[next][other]) {
                continue;
            }
            left.remove(at);
            order.push(next);
            let found = self.some_order(order, left, causes, known);
            order.pop();
            left.insert(at, next);
            if found {
                return true;
            }
        }
        false
    }

    fn is_explained(&self, i: usize, order: &[usize], causes: &[Vec<bool>]) -> bool {
        let of_key = |&&w: &&usize| causes[i][w] && self.ops[w].key == self.ops[i].key;
        let winner = order.iter().rev().find(of_key).copied();
        let mut held = winner.and_then(|w| self.ops[w].written().cloned().flatten());
        for one in self.counted.iter().filter(of_key) {
            let Kind::Incr { add, .. } = self.ops[*one].kind else { continue };
            if winner.is_none_or(|winner| causes[*one][winner]) {
                match sum(&held, add) {
                    Some(sum) => held = Some(sum),
                    None => return false,
                }
            }
        }
        match &self.ops[i].kind {
            Kind::Read { value, .. } => *value == held,
            Kind::Incr { add, value } => {
                let sum = sum(&held, *add);
                sum.is_some() && (value.is_none() || *value == sum)
            }
            _ => true,
        }
    }
}

fn sum(held: &Option<String>, add: i64) -> Option<String> {
    let held: i64 = held.as_ref().map_or(Some(0), |held| held.parse().ok())?;
    Some((held + add).to_string())
}

#[derive(Clone, Copy)]
struct Shape {
    operations: u64,
    clients: u64,
    keys: u64,
    unknown_percent: u64,
    /// How often an answer is one more or less than it should be.
    wrong_percent: u64,
    /// How often a client asks another server than its own.
    hop_percent: u64,
}

const SMALL: Shape = Shape {
    operations: 5,
    clients: 3,
    keys: 1,
    unknown_percent: 0,
    wrong_percent: 25,
    hop_percent: 0,
};

/// What a replica did: to a key, when by its stamp, and what it held then.
struct Entry {
    key: u64,
    /// What is written, or how much is added.
    set: Result<Option<String>, i64>,
    stamp: u64,
    past: Vec<usize>,
}

/// What a replica holds of a key: the winner and what counts beside it.
fn held(log: &[Entry], seen: &[usize], key: u64) -> Option<String> {
    let of_key = || seen.iter().copied().filter(|&at| log[at].key == key);
    let winner = of_key().filter(|&at| log[at].set.is_ok()).max_by_key(|&at| log[at].stamp);
    let mut value = winner.and_then(|at| log[at].set.clone().ok().flatten());
    for at in of_key() {
        let Err(add) = log[at].set else { continue };
        if winner.is_none_or(|winner| log[at].past.contains(&winner)) {
            value = sum(&value, add);
        }
    }
    value
}

/// Two replicas that now and then hear all that the other holds.
fn random(chance: &mut Chance, shape: &Shape) -> History {
    let (mut log, mut seen): (Vec<Entry>, [Vec<usize>; 2]) = (Vec::new(), Default::default());
    let mut operations = Vec::new();
    let (mut clock, mut names) = (0, (0..shape.clients).collect::<Vec<_>>());
    for at in 0..shape.operations {
        let which = chance.below(shape.clients) as usize;
        let hop = chance.percent(shape.hop_percent);
        let server = (names[which] % 2 + u64::from(hop)) as usize % 2;
        if chance.percent(35) {
            let other = seen[1 - server].clone();
            let fresh: Vec<usize> =
                other.into_iter().filter(|entry| !seen[server].contains(entry)).collect();
            seen[server].extend(fresh);
        }
        let key = chance.below(shape.keys);
        let name = format!("k{key}");
        let now = held(&log, &seen[server], key);
        let unknown = chance.percent(shape.unknown_percent);
        let wrong = chance.percent(shape.wrong_percent);
        let set = match chance.below(10) {
            0..3 => None,
            3..5 => {
                Some(Ok(Some((10 * chance.below(3)).to_string()).filter(|_| chance.percent(80))))
            }
            _ => Some(Err(1 + chance.below(2) as i64)),
        };
        let off = if wrong { 1 - 2 * chance.below(2) as i64 } else { 0 };
        let kind = match &set {
            None if wrong => Kind::Read { value: sum(&now, off), ok: true },
            None => Kind::Read { value: now, ok: true },
            Some(Ok(value)) => Kind::Write { value: value.clone() },
            Some(Err(add)) => {
                Kind::Incr { add: *add, value: sum(&now, *add + off).filter(|_| !unknown) }
            }
        };
        let never = unknown && chance.percent(50);
        if let (Some(set), false) = (set, never) {
            clock += 1 + chance.below(2);
            // Clocks of replicas differ, but no stamp is below one that was seen.
            let past = seen[server].clone();
            let least = past.iter().map(|&at| log[at].stamp).max().unwrap_or(0);
            let stamp = (least + 2).max(2 * clock * chance.below(2)) / 2 * 2 + server as u64;
            seen[server].push(log.len());
            log.push(Entry { key, set, stamp, past });
        }
        let is_read = matches!(kind, Kind::Read { .. });
        let end = Some(10 * at + 5).filter(|_| !unknown || is_read);
        operations.push(Operation::new(names[which], kind, &name, 10 * at, end));
        if end.is_none() {
            names[which] += 2 * shape.clients;
        }
    }
    History::new(Some(Header::new(Unit::Milliseconds, None)), operations)
}

fn compare(name: &str, seed: u64, rounds: u64, shape: Shape) {
    // The definition tries very many choices.
    let (rounds, operations) = match cfg!(debug_assertions) {
        true => (rounds, shape.operations - 1),
        false => (rounds * 2, shape.operations),
    };
    let shape = Shape { operations, ..shape };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for round in 0..rounds {
        let mut chance = Chance(seed * 100_000_000 + round);
        let history = random(&mut chance, &shape);
        if !history.operations.iter().any(Operation::is_increment) {
            continue;
        }
        let verdict = check(&history, Level::Causal, &Budget::default());
        let expected = holds(&history);
        let told = || {
            let lines = verdict.lines(&history).join("\n");
            format!("{name}: expected holds={expected}\n{}\n{lines}", history.to_jsonl())
        };
        match &verdict.outcome {
            Outcome::Holds { witness } => {
                assert!(expected, "{}", told());
                let witness = witness.as_ref().expect("a witness");
                assert_eq!(validate(&history, Level::Causal, witness), Ok(()), "{}", told());
            }
            Outcome::Violated(clash) => {
                assert!(!expected, "{}", told());
                let kept =
                    clash.operations.iter().map(|&i| history.operations[i].clone()).collect();
                assert!(!holds(&History::new(history.header.clone(), kept)), "clash {}", told());
            }
            Outcome::Undecided(_) => assert!(!some_ran(&history, Level::Causal), "{}", told()),
        }
        // What is causal is read from some write and some increments.
        let eventual = check(&history, Level::Eventual, &Budget::default());
        assert!(!expected || !eventual.is_violated(), "{}", told());
        *counts.entry(verdict.word()).or_default() += 1;
    }
    println!("{name}: {counts:?}");
    assert!(counts["holds"] > rounds / 10 && counts["violated"] > rounds / 20, "{counts:?}");
}

#[test]
fn what_the_search_says_is_what_the_definition_says() {
    compare("one key", 71, 100, SMALL);
    compare("two keys", 72, 60, Shape { operations: 6, keys: 2, ..SMALL });
    compare("unknown", 73, 60, Shape { unknown_percent: 20, ..SMALL });
    compare("hops", 74, 60, Shape { hop_percent: 40, ..SMALL });
}

#[test]
fn replicas_that_merge_by_the_rule_are_found_right() {
    let shape = Shape { operations: 24, clients: 4, keys: 2, wrong_percent: 0, ..SMALL };
    let mut decided = 0;
    for seed in 0..200 {
        let shape = Shape { unknown_percent: 10 * (seed % 2), ..shape };
        let history = random(&mut Chance(7_500_000_000 + seed), &shape);
        let verdict = check(&history, Level::Causal, &Budget::default());
        assert!(!verdict.is_violated(), "{}", history.to_jsonl());
        let eventual = check(&history, Level::Eventual, &Budget::default());
        assert!(!eventual.is_violated(), "{}", history.to_jsonl());
        decided += u32::from(verdict.holds());
    }
    assert!(decided > 150, "{decided} of 200 were decided");
}

#[test]
fn what_is_too_much_is_undecided_and_says_why() {
    let read = |value: &str| Operation::read(1, "n", Some(value), 10_000, 10_001);
    let incr = |at: u64| {
        let value = Some((at + 1).to_string());
        Operation::new(0, Kind::Incr { add: 1, value }, "n", 10 * at, Some(10 * at + 5))
    };
    let mut operations: Vec<Operation> = (0..200).map(incr).collect();
    operations.push(read("7"));
    let history = History::new(None, operations.clone());
    let verdict = check(&history, Level::Causal, &Budget::default());
    assert!(verdict.lines(&history)[0].contains("at most 128 operations"), "{verdict:?}");
    // What comes from nowhere is seen all the same.
    operations.push(Operation::read(2, "n", Some("201"), 10_002, 10_003));
    let history = History::new(None, operations);
    for level in [Level::Causal, Level::Eventual] {
        assert!(check(&history, level, &Budget::default()).is_violated(), "{level}");
    }
    let append = Operation::new(0, Kind::Append { value: "a".into() }, "n", 0, Some(1));
    let history = History::new(None, vec![append, Operation::read(1, "n", Some("b"), 2, 3)]);
    assert_eq!(check(&history, Level::Causal, &Budget::default()).word(), "undecided");
    // What was appended to is no counter, whatever else was done to it.
    let append = Operation::new(0, Kind::Append { value: "a".into() }, "n", 0, Some(1));
    let incr = Operation::new(2, Kind::Incr { add: 1, value: None }, "n", 4, Some(5));
    let operations = vec![
        append,
        Operation::write(1, "n", "5", 2, Some(3)),
        incr,
        Operation::read(3, "n", Some("5a"), 6, 7),
    ];
    let history = History::new(None, operations);
    assert!(!check(&history, Level::Eventual, &Budget::default()).is_violated());
}

/// Two writes of a counter that two readers see in both orders.
#[test]
fn one_order_of_writes_serves_all_who_count() {
    let incr = Operation::new(4, Kind::Incr { add: 1, value: Some("1".into()) }, "n", 0, Some(5));
    let mut operations = vec![
        incr,
        Operation::write(0, "n", "10", 0, Some(5)),
        Operation::write(1, "n", "20", 0, Some(5)),
    ];
    for (client, values) in [(2, ["10", "20"]), (3, ["20", "10"])] {
        for (at, value) in (1..).zip(values) {
            operations.push(Operation::read(client, "n", Some(value), 10 * at, 10 * at + 5));
        }
    }
    let history = History::new(None, operations.clone());
    assert!(check(&history, Level::Causal, &Budget::default()).is_violated());
    operations.pop();
    let history = History::new(None, operations);
    assert!(check(&history, Level::Causal, &Budget::default()).holds());
}
