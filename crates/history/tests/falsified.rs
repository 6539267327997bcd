//! Certificates are claims. However they are falsified, the verdict is the one that the history
//! gets without any: a true order may prove a level faster, a false one never proves or disproves
//! it.
//!
//! The histories are recorded runs of `candor run` (`recorded/`) and stores made up from a seed, an
//! agreed and a merged one, half of which answer a read wrong now and then.

use std::collections::BTreeMap;

use history::{
    Budget, Certificate, Entry, History, Level, Operation, Place, Position, Replica, Source, check,
};

/// splitmix64 (Steele, Lea & Flood 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const LEVELS: [Level; 3] = [Level::Linearizable, Level::Sequential, Level::Causal];

/// What the judge says without certificates, and that it says the same with them; how often they
/// proved a level and how often they were refused.
#[derive(Default)]
struct Tally {
    proved: usize,
    refused: usize,
    words: BTreeMap<(String, &'static str), usize>,
}

impl Tally {
    fn plain(history: &History) -> Vec<&'static str> {
        let mut plain = history.clone();
        for operation in &mut plain.operations {
            operation.certificate = None;
        }
        let word = |&level: &Level| check(&plain, level, &Budget::default()).word();
        LEVELS.iter().map(word).collect()
    }

    fn compare(&mut self, history: &History, plain: &[&'static str]) {
        for (level, &word) in LEVELS.iter().zip(plain) {
            let verdict = check(history, *level, &Budget::default());
            assert_eq!(
                verdict.word(),
                word,
                "{level}: {:?}\n{}",
                verdict.notes,
                history.to_jsonl()
            );
            let says = |what: &str| verdict.notes.iter().any(|note| note.starts_with(what));
            let proved = says("proved by the order that the certificates claim");
            self.proved += usize::from(proved);
            self.refused += usize::from(says("the certificates claim no order that proves it"));
            assert!(!proved || word == "holds");
            *self.words.entry((level.to_string(), word)).or_default() += 1;
        }
    }

    /// Both kinds of verdicts and both fates of claims were seen, each that often.
    fn assert_varied(&self, times: usize) {
        assert!(self.proved >= times && self.refused >= times, "{} {}", self.proved, self.refused);
        for level in LEVELS {
            for word in ["holds", "violated"] {
                let seen = self.words.get(&(level.to_string(), word)).copied().unwrap_or(0);
                assert!(seen >= times, "{level} {word} {seen} times");
            }
        }
    }
}

/// Changes some certificates: swaps, copies, shifts, drops, invents.
fn falsify(history: &mut History, chance: &mut Chance) {
    let count = history.operations.len();
    if chance.percent(10) {
        // All positions in another order.
        let mut positions: Vec<Option<Position>> =
            history.operations.iter().map(|op| op.position().cloned()).collect();
        for at in (1..count).rev() {
            positions.swap(at, chance.below(at + 1));
        }
        history.operations.iter_mut().zip(positions).for_each(|(op, position)| {
            op.certify(|held| held.position = position);
        });
    }
    for _ in 0..1 + chance.below(4) {
        let (at, other) = (chance.below(count), chance.below(count));
        let model = history.operations[other].clone();
        let (what, how) = (chance.below(3), chance.below(5));
        let own = history.operations[at].position().cloned();
        history.operations[at].certify(|held| falsify_one(held, &model, (what, how), chance));
        if (what, how) == (0, 2) {
            history.operations[other].certify(|held| held.position = own);
        }
        if chance.percent(20) {
            // What somebody saw is another's own entry now, or the other way round.
            let (one, two) = (history.operations[at].entry(), history.operations[other].entry());
            history.operations[at].certify(|held| held.entry = two);
            history.operations[other].certify(|held| held.entry = one);
        }
    }
}

/// Changes one part of a certificate: drops it, takes that of a model, or shifts it.
fn falsify_one(
    held: &mut Certificate,
    model: &Operation,
    (what, how): (usize, usize),
    chance: &mut Chance,
) {
    match (what, how) {
        (0, 0) => held.position = None,
        (1, 0) => held.by = None,
        (2, 0) => held.entry = None,
        (0, 1 | 2) => held.position = model.position().cloned(),
        (1, 1) => held.by = model.by(),
        (2, 1) => held.entry = model.entry(),
        (1, 2) => held.by = Some(Source::Nothing),
        (0, _) => shift_position(&mut held.position, chance),
        (1, _) => shift_source(&mut held.by, chance),
        _ => {
            if let Some(entry) = &mut held.entry {
                shift_entry(entry, chance);
            }
        }
    }
}

fn shifted(number: u64, chance: &mut Chance) -> u64 {
    let by = 1 + chance.below(3) as u64;
    if chance.percent(50) { number.saturating_add(by) } else { number.saturating_sub(by) }
}

fn shift_place(place: &mut Place, chance: &mut Chance) {
    if chance.percent(70) {
        place.index = shifted(place.index, chance);
    } else {
        place.offset = shifted(place.offset, chance);
    }
}

fn shift_entry(entry: &mut Entry, chance: &mut Chance) {
    match chance.below(4) {
        0 => entry.index = shifted(entry.index, chance),
        1 => entry.offset = shifted(entry.offset, chance),
        2 => entry.stamp = shifted(entry.stamp, chance),
        _ => entry.replica.node = shifted(entry.replica.node, chance),
    }
}

fn shift_position(position: &mut Option<Position>, chance: &mut Chance) {
    match position {
        Some(Position::Agreed(place)) => shift_place(place, chance),
        Some(Position::Merged(vector)) if !vector.is_empty() => {
            let at = chance.below(vector.len());
            if chance.percent(30) {
                vector.remove(at);
            } else {
                vector[at].1 = shifted(vector[at].1, chance);
            }
        }
        _ => {}
    }
}

fn shift_source(source: &mut Option<Source>, chance: &mut Chance) {
    match source {
        Some(Source::Agreed(place)) => shift_place(place, chance),
        Some(Source::Merged(entry)) => shift_entry(entry, chance),
        _ => {}
    }
}

/// An answer that is wrong: a read returns what another operation of its key saw or wrote.
fn spoil(history: &mut History, chance: &mut Chance) {
    let reads: Vec<usize> =
        (0..history.operations.len()).filter(|&at| history.operations[at].is_read()).collect();
    if reads.is_empty() {
        return;
    }
    let at = reads[chance.below(reads.len())];
    let key = history.operations[at].key.clone();
    let others: Vec<Operation> =
        history.operations.iter().filter(|op| op.key == key).cloned().collect();
    let other = &others[chance.below(others.len())];
    if let Some(value) = other.written().or(other.seen()) {
        history.operations[at].kind = history::Kind::Read { value: value.clone(), ok: true };
        if chance.percent(50) {
            // And says who wrote it, as a store would that believes in its own answer.
            let by = match (other.entry(), other.position(), other.is_read()) {
                (_, _, true) => other.by(),
                (Some(entry), _, _) => Some(Source::Merged(entry)),
                (_, Some(Position::Agreed(place)), _) => Some(Source::Agreed(*place)),
                _ => None,
            };
            history.operations[at].certify(|held| held.by = by);
        }
    }
}

/// A store of one copy: an agreed log.
fn agreed(chance: &mut Chance) -> History {
    let clients = 2 + chance.below(3) as u64;
    let mut free = vec![0; clients as usize];
    let mut held: BTreeMap<String, (String, Place)> = BTreeMap::new();
    let (mut now, mut applied) = (0, Place { index: 1, offset: 0 });
    let mut operations = Vec::new();
    for number in 0..6 + chance.below(14) {
        now += chance.below(8) as u64;
        let client = chance.below(clients as usize) as u64;
        let start = free[client as usize] + chance.below(5) as u64;
        let point = now.max(start);
        now = point;
        let end = point + chance.below(12) as u64;
        free[client as usize] = end + 1;
        let key = format!("k{}", chance.below(2));
        if chance.percent(50) {
            let value = if chance.percent(80) { format!("v{number}") } else { "again".to_string() };
            let is_known = chance.percent(85);
            applied = if chance.percent(50) {
                Place { index: applied.index + 1, offset: 0 }
            } else {
                Place { offset: applied.offset + 1, ..applied }
            };
            let mut write = Operation::write(client, &key, &value, start, is_known.then_some(end));
            if is_known {
                write.certify(|held| held.position = Some(Position::Agreed(applied)));
            } else {
                // A client goes on under another number.
                write.client = 100 + number as u64;
            }
            held.insert(key, (value, applied));
            operations.push(write);
        } else {
            let found = held.get(&key);
            let value = found.map(|(value, _)| value.as_str());
            let by = found.map_or(Source::Nothing, |(_, place)| Source::Agreed(*place));
            let position = Some(Position::Agreed(applied));
            let certificate = Certificate { position, by: Some(by), entry: None };
            let read = Operation::read(client, &key, value, start, end);
            operations.push(read.certified(certificate));
        }
    }
    History::new(None, operations)
}

/// A node of a merged store: how much of each log it has applied, and for each key the entry with
/// the highest stamp.
#[derive(Clone, Default)]
struct Node {
    applied: Vec<usize>,
    held: BTreeMap<String, (Entry, String)>,
}

/// One entry of a log: what its replica had applied, and the write.
struct Logged {
    past: Vec<usize>,
    key: String,
    entry: Entry,
    value: String,
}

/// A merged store: each node appends to its own log and applies the others' after what they depend
/// on; the highest stamp wins; clients stay at their node.
fn merged(chance: &mut Chance) -> History {
    const NODES: usize = 3;
    let replica = |node: usize| Replica { node: node as u64 + 1, boot: 1 };
    let mut nodes = vec![Node { applied: vec![0; NODES], ..Node::default() }; NODES];
    let mut logs: Vec<Vec<Logged>> = (0..NODES).map(|_| Vec::new()).collect();
    let (mut clock, mut now) = (0, 0);
    let mut operations = Vec::new();
    for number in 0..6 + chance.below(18) {
        for _ in 0..chance.below(4) {
            let (at, from) = (chance.below(NODES), chance.below(NODES));
            let node = &mut nodes[at];
            let Some(next) = logs[from].get(node.applied[from]) else { continue };
            if (0..NODES).all(|log| log == from || node.applied[log] >= next.past[log]) {
                node.applied[from] += 1;
                let newest = node.held.get(&next.key).is_none_or(|(entry, _)| {
                    (entry.stamp, entry.replica) < (next.entry.stamp, next.entry.replica)
                });
                if newest {
                    node.held.insert(next.key.clone(), (next.entry, next.value.clone()));
                }
            }
        }
        let client = chance.below(4);
        let at = client % NODES;
        let key = format!("k{}", chance.below(2));
        let (start, end) = (now, now + 2);
        now += 3;
        let node = &mut nodes[at];
        let mut operation = if chance.percent(50) {
            clock += 1 + chance.below(2) as u64;
            let value = format!("v{number}");
            let past = node.applied.clone();
            node.applied[at] += 1;
            let index = node.applied[at] as u64;
            let entry = Entry { replica: replica(at), index, offset: 0, stamp: clock };
            node.held.insert(key.clone(), (entry, value.clone()));
            let write = Operation::write(client as u64, &key, &value, start, Some(end));
            logs[at].push(Logged { past, key, entry, value });
            write.certified(Certificate { entry: Some(entry), ..Certificate::default() })
        } else {
            let found = node.held.get(&key);
            let value = found.map(|(_, value)| value.as_str());
            let read = Operation::read(client as u64, &key, value, start, end);
            let by = found.map_or(Source::Nothing, |(entry, _)| Source::Merged(*entry));
            read.certified(Certificate { by: Some(by), ..Certificate::default() })
        };
        let applied = nodes[at].applied.iter().enumerate();
        let vector = applied.filter(|(_, index)| **index > 0);
        let vector = vector.map(|(node, &index)| (replica(node), index as u64)).collect();
        operation.certify(|held| held.position = Some(Position::Merged(vector)));
        operations.push(operation);
    }
    History::new(None, operations)
}

/// Judges a history as it is, spoilt, and falsified in many ways.
fn torture(tally: &mut Tally, history: &History, spoilt_percent: usize, times: usize, seed: u64) {
    let mut chance = Chance(seed);
    let mut history = history.clone();
    if chance.percent(spoilt_percent) {
        spoil(&mut history, &mut chance);
    }
    let plain = Tally::plain(&history);
    tally.compare(&history, &plain);
    for _ in 0..times {
        let mut falsified = history.clone();
        falsify(&mut falsified, &mut chance);
        tally.compare(&falsified, &plain);
    }
}

fn rounds(rounds: u64) -> u64 {
    if cfg!(debug_assertions) { rounds } else { rounds * 20 }
}

#[test]
fn recorded_runs() {
    let mut tally = Tally::default();
    for name in ["t2", "t3", "t5"] {
        let path = format!("{}/tests/recorded/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let history = History::from_jsonl(&std::fs::read_to_string(path).unwrap()).unwrap();
        let has_certificates = |op: &Operation| op.position().is_some();
        assert!(history.operations.iter().all(has_certificates), "{name} has certificates");
        for seed in 0..rounds(40) {
            torture(&mut tally, &history, 50, 5, seed);
        }
    }
    tally.assert_varied(20);
}

#[test]
fn agreed_stores() {
    let mut tally = Tally::default();
    for seed in 0..rounds(150) {
        let history = agreed(&mut Chance(seed));
        torture(&mut tally, &history, 50, 4, seed);
    }
    tally.assert_varied(25);
}

#[test]
fn merged_stores() {
    let mut tally = Tally::default();
    for seed in 0..rounds(150) {
        let history = merged(&mut Chance(seed));
        torture(&mut tally, &history, 50, 4, seed);
    }
    tally.assert_varied(25);
}
