//! Transactions against the definitions: their operations run one after the other at one moment,
//! and every order and every choice of who saw whom is tried, on many small random histories.

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::Chance;
use crate::moments::{Held, holds, run};
use crate::nothing::some_ran;
use history::{
    Budget, Certificate, Fate, Header, History, Kind, Level, Operation, Outcome, Place, Position,
    Source, Unit, check, validate,
};

const LEVELS: &[Level] = &[
    Level::Linearizable,
    Level::Bounded { ms: 0 },
    Level::Bounded { ms: 3 },
    Level::Sequential,
    Level::Causal,
    Level::Cm,
    Level::Cc,
    Level::Pram,
    Level::Wfr,
    Level::Mw,
    Level::Ryw,
    Level::Mr,
];

/// So many of them ask for one order of everything.
const ORDERED: usize = 4;

/// What random histories look like.
#[derive(Clone, Copy, Debug)]
struct Shape {
    operations: u64,
    clients: u64,
    keys: u64,
    /// 0 gives every write a value of its own.
    values: u64,
    update_percent: u64,
    cas_percent: u64,
    unknown_percent: u64,
    length: u64,
    /// How often an answer is from the past, and how often half of a transaction is lost.
    stale_percent: u64,
    /// How often a read returns anything that is written anywhere.
    wild_percent: u64,
    /// How many servers answer; 0 names none.
    servers: u64,
}

const PLAIN: Shape = Shape {
    operations: 6,
    clients: 3,
    keys: 2,
    values: 0,
    update_percent: 0,
    cas_percent: 15,
    unknown_percent: 0,
    length: 4,
    stale_percent: 12,
    wild_percent: 0,
    servers: 0,
};

/// Far from sequential, so that the weaker levels part.
const WEAK: Shape = Shape { wild_percent: 60, cas_percent: 8, ..PLAIN };

/// A store of one copy with some faults: what a key held, state by state.
struct Store {
    past: BTreeMap<String, Vec<Held>>,
    written: u64,
}

impl Store {
    /// One operation of a key, with its answer; perhaps it takes no effect, or its answer is old.
    fn part(
        &mut self,
        chance: &mut Chance,
        shape: &Shape,
        (unknown, lost): (bool, bool),
    ) -> Operation {
        let key = format!("k{}", chance.below(shape.keys));
        let past = self.past.entry(key.clone()).or_insert_with(|| vec![None]);
        let back =
            if chance.percent(shape.stale_percent) { 1 + chance.below(2) as usize } else { 0 };
        let seen = past[past.len().saturating_sub(1 + back)].clone();
        self.written += 1;
        let new = match shape.values {
            0 => format!("v{}", self.written),
            values => format!("v{}", chance.below(values)),
        };
        let kind = if chance.percent(shape.cas_percent) {
            let from = if chance.percent(60) { seen.clone() } else { Some("v1".to_string()) };
            let ok = if unknown { None } else { Some(from == seen) };
            Kind::Cas { from, to: Some(new), ok }
        } else if chance.percent(50) {
            match chance.percent(shape.update_percent) {
                true if chance.percent(50) => Kind::Append { value: new },
                true => {
                    let held: Option<i64> = seen.as_ref().map_or(Some(0), |held| held.parse().ok());
                    match held {
                        Some(held) => {
                            let value = Some((held + 1).to_string()).filter(|_| !unknown);
                            Kind::Incr { add: 1, value }
                        }
                        None => Kind::Write { value: Some("3".to_string()) },
                    }
                }
                false => Kind::Write { value: Some(new).filter(|_| !chance.percent(10)) },
            }
        } else {
            let value = if unknown { None } else { seen.clone() };
            Kind::Read { value, ok: !unknown }
        };
        let part = Operation::new(0, kind, &key, 0, Some(0));
        let mut held = past.last().cloned().flatten();
        if !lost && part.is_write() {
            run(&part, &mut held, false);
            past.push(held);
        }
        part
    }
}

fn random(chance: &mut Chance, shape: &Shape) -> History {
    let mut free: Vec<u64> = (0..shape.clients).map(|_| chance.below(4)).collect();
    let mut names: Vec<u64> = (0..shape.clients).collect();
    let mut store = Store { past: BTreeMap::new(), written: 0 };
    let mut operations: Vec<Operation> = Vec::new();
    for _ in 0..shape.operations {
        let client = chance.below(shape.clients) as usize;
        let start = free[client] + chance.below(3);
        let end = start + chance.below(shape.length + 1);
        free[client] = end + chance.below(2);
        let unknown = chance.percent(shape.unknown_percent);
        let never = unknown && chance.percent(50);
        let name = names[client];
        let ended = Some(end).filter(|_| !unknown);
        let operation = if chance.percent(60) {
            let count = 1 + chance.below(3);
            let lost = |chance: &mut Chance| never || chance.percent(shape.stale_percent / 2);
            let parts = (0..count).map(|_| {
                let lost = lost(chance);
                store.part(chance, shape, (unknown, lost))
            });
            Operation::transaction(name, parts.collect(), start, ended)
        } else {
            let part = store.part(chance, shape, (unknown, never));
            Operation { client: name, start, end: ended, ..part }
        };
        if unknown {
            names[client] = shape.clients + operations.len() as u64;
        }
        let server = (shape.servers > 0).then(|| chance.below(shape.servers));
        operations.push(Operation { server, ..operation });
    }
    go_wild(chance, shape, &mut operations);
    History::new(Some(Header::new(Unit::Milliseconds, None)), operations)
}

/// Lets reads return what is written anywhere; what a transaction finds behind its own is left.
fn go_wild(chance: &mut Chance, shape: &Shape, operations: &mut [Operation]) {
    let mut written: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    for part in operations.iter().flat_map(Operation::parts) {
        let values = written.entry(part.key.clone()).or_insert_with(|| vec![None]);
        values.extend(part.written().cloned());
    }
    for operation in operations {
        let parts = match &mut operation.kind {
            Kind::Transaction { operations } => &mut operations[..],
            _ => std::slice::from_mut(operation),
        };
        let mut known: BTreeSet<String> = BTreeSet::new();
        for part in parts {
            let is_first = known.insert(part.key.clone());
            let values = &written[&part.key];
            let Kind::Read { value, ok: true } = &mut part.kind else { continue };
            if is_first && chance.percent(shape.wild_percent) {
                *value = values[chance.below(values.len() as u64) as usize].clone();
            }
        }
    }
}

/// Whether nobody can tell from cells alone what a history does.
fn is_open(history: &History) -> bool {
    let opens = |op: &Operation| {
        let cas = |part: &Operation| matches!(part.kind, Kind::Cas { ok: None, .. });
        op.is_update() || op.is_transaction() && op.parts().iter().any(cas)
    };
    history.operations.iter().any(opens)
}

/// Compares the judge with the definition; which verdict it is.
fn agree(history: &History, level: Level) -> &'static str {
    let expected = holds(history, level);
    let verdict = check(history, level, &Budget::default());
    let told = || {
        let lines = verdict.lines(history).join("\n");
        format!("{level}: expected holds={expected}\n{}\n{lines}", history.to_jsonl())
    };
    match &verdict.outcome {
        Outcome::Holds { witness } => {
            assert!(expected && some_ran(history, level), "{}", told());
            let witness = witness.as_ref().expect("a witness");
            assert_eq!(validate(history, level, witness), Ok(()), "{}", told());
        }
        Outcome::Violated(clash) => {
            assert!(!expected, "{}", told());
            let kept = clash.operations.iter().map(|&i| history.operations[i].clone()).collect();
            assert!(!holds(&History::new(history.header.clone(), kept), level), "clash {}", told());
            let once: BTreeSet<_> = clash.operations.iter().collect();
            assert_eq!(once.len(), clash.operations.len(), "{}", told());
            assert!(clash.cycle.iter().all(|link| link.from != link.to), "{}", told());
        }
        Outcome::Undecided(_) if !some_ran(history, level) => assert!(expected, "{}", told()),
        Outcome::Undecided(why) => {
            let is_asked = !LEVELS[..ORDERED].contains(&level) && is_open(history);
            assert!(is_asked && why.contains("not judged"), "{}", told());
        }
    }
    verdict.word()
}

/// How many times more histories a release build looks at.
const RELEASE_FACTOR: u64 = 100;

fn compare(name: &str, seed: u64, rounds: u64, shape: Shape) {
    let rounds = if cfg!(debug_assertions) { rounds } else { rounds * RELEASE_FACTOR };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..rounds {
        let mut chance = Chance(seed * 100_000_000 + round);
        let shape = Shape { operations: 1 + chance.below(shape.operations), ..shape };
        let history = random(&mut chance, &shape);
        let again = History::from_jsonl(&history.to_jsonl()).expect("what is written is read");
        assert_eq!(again.to_jsonl(), history.to_jsonl());
        let words: Vec<_> = LEVELS.iter().map(|&level| agree(&again, level)).collect();
        for (strong, _) in LEVELS.iter().zip(&words).filter(|(_, word)| **word == "holds") {
            for (weak, word) in LEVELS.iter().zip(&words) {
                let is_wrong = *word == "violated" && strong.implies(*weak);
                assert!(!is_wrong, "{strong} does not imply {weak}:\n{}", again.to_jsonl());
            }
        }
        *counts.entry(words.iter().map(|word| &word[..1]).collect()).or_default() += 1;
    }
    println!("{name}: {counts:?}");
    assert!(counts.keys().any(|words| words.starts_with("hh")), "{name}: none holds");
    assert!(counts.keys().any(|words| words.starts_with("vv")), "{name}: none is violated");
}

#[test]
fn unique_values() {
    compare("unique", 51, 300, PLAIN);
    compare("unique, three keys", 52, 200, Shape { keys: 3, ..PLAIN });
    compare("unique, touching", 53, 200, Shape { length: 0, ..PLAIN });
}

#[test]
fn repeated_values() {
    compare("repeated", 54, 200, Shape { values: 2, ..PLAIN });
    compare("repeated, touching", 55, 200, Shape { values: 2, length: 1, ..PLAIN });
}

#[test]
fn unknown_outcomes() {
    let shape = Shape { unknown_percent: 30, ..PLAIN };
    compare("unknown", 56, 300, shape);
    compare("unknown, no cas", 57, 200, Shape { cas_percent: 0, ..shape });
    compare("unknown, repeated", 58, 200, Shape { values: 2, ..shape });
}

#[test]
fn weaker_levels() {
    compare("weak", 62, 300, WEAK);
    compare("weak, three keys", 63, 200, Shape { keys: 3, ..WEAK });
    compare("weak, repeated", 64, 200, Shape { values: 2, operations: 5, ..WEAK });
    compare("weak, unknown", 65, 200, Shape { unknown_percent: 20, cas_percent: 0, ..WEAK });
    compare("weak, servers", 66, 200, Shape { servers: 2, ..WEAK });
}

#[test]
fn appends_and_increments() {
    let shape = Shape { update_percent: 70, cas_percent: 5, ..PLAIN };
    compare("updates", 59, 200, shape);
    compare("updates, unknown", 60, 200, Shape { unknown_percent: 30, ..shape });
}

/// Certificates as an agreed log gives them for this order: a transaction has an entry of its own.
fn certify(history: &mut History, order: &[usize]) {
    let mut last: BTreeMap<String, Place> = BTreeMap::new();
    for (index, &at) in (1..).zip(order) {
        let whole = &mut history.operations[at];
        let is_known = whole.fate() == Fate::Done;
        let mut by_of = |offset: u64, part: &Operation| {
            let by = last.get(&part.key).map_or(Source::Nothing, |&place| Source::Agreed(place));
            if part.is_write() {
                last.insert(part.key.clone(), Place { index, offset });
            }
            Some(by).filter(|_| !matches!(part.kind, Kind::Write { .. }) && is_known)
        };
        if let Kind::Transaction { operations } = &mut whole.kind {
            for (offset, part) in (0..).zip(operations) {
                let by = by_of(offset, part);
                part.certificate = None;
                part.certify(|held| held.by = by);
            }
        } else {
            let (part, by) = (whole.clone(), by_of(0, whole));
            *whole = part.certified(Certificate { by, ..Certificate::default() });
        }
        let place = Position::Agreed(Place { index, offset: 0 });
        whole.certify(|held| held.position = Some(place).filter(|_| is_known));
    }
}

#[test]
fn an_order_that_certificates_claim_proves_and_never_decides_otherwise() {
    let shape = Shape { operations: 8, unknown_percent: 10, stale_percent: 4, ..PLAIN };
    let (mut proved, mut refused, mut unknown, mut violated) = (0, 0, 0, 0);
    for round in 0..600 {
        let mut chance = Chance(6_100_000_000 + round);
        let mut history = random(&mut chance, &shape);
        let plain = check(&history, Level::Linearizable, &Budget::default());
        if plain.is_violated() {
            // Whatever order its certificates claim.
            violated += 1;
            let mut order: Vec<usize> = (0..history.operations.len()).collect();
            order.sort_by_key(|&at| history.operations[at].start);
            certify(&mut history, &order);
            let verdict = check(&history, Level::Linearizable, &Budget::default());
            assert!(verdict.is_violated(), "{}", history.to_jsonl());
        }
        let Outcome::Holds { witness: Some(witness) } = &plain.outcome else { continue };
        let order = &witness.orders[0].operations;
        certify(&mut history, order);
        let text = history.to_jsonl();
        let history = History::from_jsonl(&text).expect("what is written is read");
        let verdict = check(&history, Level::Linearizable, &Budget::default());
        assert!(verdict.holds(), "{text}");
        let by_claim = verdict.notes.iter().any(|note| note.starts_with("proved by the order"));
        let is_unknown = |&&at: &&usize| history.operations[at].fate() == Fate::Unknown;
        match order.iter().filter(is_unknown).count() {
            // Only where somebody saw the unknown ones is their place told.
            0 => assert!(by_claim, "{text}\n{:?}", verdict.notes),
            _ => unknown += u32::from(by_claim),
        }
        proved += u32::from(by_claim);
        // Half of a transaction at another place proves nothing.
        let mut swapped = history.clone();
        let count = swapped.operations.len();
        let (one, other) =
            (chance.below(count as u64) as usize, chance.below(count as u64) as usize);
        let [first, second] = [one, other].map(|at| swapped.operations[at].position().cloned());
        swapped.operations[one].certify(|held| held.position = second);
        swapped.operations[other].certify(|held| held.position = first);
        let verdict = check(&swapped, Level::Linearizable, &Budget::default());
        assert!(verdict.holds());
        refused += u32::from(verdict.notes.iter().any(|note| note.contains("searched")));
    }
    let counts = (proved, refused, unknown, violated);
    assert!(proved > 100 && refused > 30 && unknown > 3 && violated > 30, "{counts:?}");
}
