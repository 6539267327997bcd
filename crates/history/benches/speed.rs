//! How fast the judge is: `cargo bench -p history`, on histories made from a seed; with files behind
//! `--`, on those. Each line gives the best of a few runs; the goals are no assertions.

use std::time::{Duration, Instant};

use history::{
    Budget, Header, History, Kind, Level, Operation, Outcome, Place, Position, Source, Unit,
    Verdict, check,
};

/// splitmix64 (Steele, Lea & Flood 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

/// What a store of one copy was asked.
#[derive(Clone, Copy)]
struct Load {
    operations: u64,
    clients: u64,
    keys: u64,
    /// How many different values are written; 0 for a fresh one each time.
    values: u64,
    unknown_percent: u64,
    write_percent: u64,
    certificates: bool,
}

/// A linearizable history: every operation takes effect at one instant of its interval.
fn history(load: Load, seed: u64) -> History {
    let mut chance = Chance(seed);
    let mut clients: Vec<(u64, u64)> = (0..load.clients).map(|c| (c, chance.below(100))).collect();
    let mut fresh = load.clients;
    let mut planned = Vec::new();
    for number in 0..load.operations {
        let at = chance.below(load.clients) as usize;
        let (name, free) = clients[at];
        let start = free + 1 + chance.below(50);
        let point = start + chance.below(100);
        let end = point + chance.below(100);
        let is_write = chance.below(100) < load.write_percent;
        let is_unknown = is_write && chance.below(100) < load.unknown_percent;
        clients[at] = (name, end + 1);
        if is_unknown {
            clients[at].0 = fresh;
            fresh += 1;
        }
        let key = format!("key{}", chance.below(load.keys));
        let value = match load.values {
            0 => format!("{name}:{number}"),
            values => format!("{}", chance.below(values)),
        };
        let happens = !is_unknown || chance.below(2) == 0;
        let late = if is_unknown { chance.below(300) } else { 0 };
        let end = (!is_unknown).then_some(end);
        planned.push((point + late, name, key, value, is_write, start, end, happens));
    }
    planned.sort();
    let mut state = std::collections::HashMap::new();
    let mut operations = Vec::with_capacity(planned.len());
    for (index, (_, name, key, value, is_write, start, end, happens)) in
        planned.into_iter().enumerate()
    {
        let place = Place { index: index as u64 / 4, offset: index as u64 % 4 };
        let mut operation = if is_write {
            if happens {
                state.insert(key.clone(), (value.clone(), place));
            }
            Operation::write(name, &key, &value, start, end)
        } else {
            let held = state.get(&key);
            let kind = Kind::Read { value: held.map(|(value, _)| value.clone()), ok: true };
            let mut read = Operation::new(name, kind, &key, start, end);
            if load.certificates {
                read.by = Some(held.map_or(Source::Nothing, |(_, by)| Source::Agreed(*by)));
            }
            read
        };
        if load.certificates && end.is_some() {
            operation.position = Some(Position::Agreed(place));
        }
        operations.push(operation);
    }
    operations.sort_by_key(|operation| operation.start);
    History::new(Some(Header::new(Unit::Microseconds, Some(Level::Linearizable))), operations)
}

fn best<T>(runs: u32, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut best = Duration::MAX;
    let mut result = None;
    for _ in 0..runs {
        let start = Instant::now();
        let value = work();
        best = best.min(start.elapsed());
        result = Some(value);
    }
    (best, result.expect("at least one run"))
}

fn measure(name: &str, history: &History, levels: &[(Level, &str)]) {
    for &(level, goal) in levels {
        let (time, verdict) = best(3, || check(history, level, &Budget::default()));
        let reason = match &verdict.outcome {
            Outcome::Undecided(why) => format!(" ({why})"),
            _ => String::new(),
        };
        println!(
            "{name:<58} {:<13} {:>9.1} ms  goal {goal:<8} {}{reason} {}",
            level.to_string(),
            time.as_secs_f64() * 1e3,
            verdict.word(),
            clash(&verdict)
        );
    }
}

/// How large a clash is.
fn clash(verdict: &Verdict) -> String {
    verdict.clash().map_or(String::new(), |clash| format!("by {}", clash.operations.len()))
}

/// The same history with one read that returns what its key held long before.
fn spoilt(history: &History) -> History {
    let mut spoilt = history.clone();
    let key = spoilt.operations[0].key.clone();
    let first = spoilt.operations.iter().find(|op| op.key == key && op.is_write());
    let value = first.and_then(Operation::written).cloned().flatten();
    let last = spoilt.operations.iter_mut().rev().find(|op| op.key == key && op.is_read());
    last.expect("a read of the first key").kind = Kind::Read { value, ok: true };
    spoilt
}

/// A key-value trace of puts, appends and gets, such as Porcupine is tested with.
fn trace(operations: u64, clients: u64, keys: u64, seed: u64) -> History {
    let mut chance = Chance(seed);
    let mut free: Vec<u64> = (0..clients).map(|_| chance.below(50)).collect();
    let mut planned = Vec::new();
    for number in 0..operations {
        let client = chance.below(clients);
        let start = free[client as usize];
        let point = start + chance.below(300);
        let end = point + chance.below(100);
        free[client as usize] = end + 1;
        planned.push((point, number, client, chance.below(keys), chance.below(10), start, end));
    }
    planned.sort_unstable();
    let mut held = vec![String::new(); keys as usize];
    let mut operations = Vec::new();
    for (_, number, client, key, what, start, end) in planned {
        let text = format!("x {client} {number} y");
        let held = &mut held[key as usize];
        let kind = match what {
            0 => {
                *held = text.clone();
                Kind::Write { value: Some(text) }
            }
            1..=5 => {
                held.push_str(&text);
                Kind::Append { value: text }
            }
            _ => Kind::Read { value: Some(held.clone()), ok: true },
        };
        operations.push(Operation::new(client, kind, &key.to_string(), start, Some(end)));
    }
    let mut history = History::new(None, operations);
    history.initial = Some(String::new());
    history
}

/// Judges files of any form.
fn judge_files(paths: &[String]) {
    for path in paths {
        let bytes = std::fs::read(path).expect("a readable file");
        let (time, history) = best(3, || History::from_bytes(&bytes).expect("a good file"));
        println!("{path}: read in {:.1} ms", time.as_secs_f64() * 1e3);
        measure(path, &history, &[(Level::Linearizable, "-"), (Level::Sequential, "-")]);
    }
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if !files.is_empty() {
        return judge_files(&files);
    }
    let usual = Load {
        operations: 100_000,
        clients: 50,
        keys: 100,
        values: 0,
        unknown_percent: 0,
        write_percent: 50,
        certificates: false,
    };
    let levels = [
        (Level::Linearizable, "2 s"),
        (Level::Causal, "2 s"),
        (Level::Bounded { ms: 1 }, "-"),
        (Level::Sequential, "-"),
        (Level::Cm, "-"),
        (Level::Cc, "-"),
        (Level::Pram, "-"),
        (Level::Wfr, "-"),
        (Level::Mw, "-"),
        (Level::Ryw, "-"),
        (Level::Mr, "-"),
        (Level::Eventual, "-"),
    ];
    let good = history(usual, 1);
    measure("100,000 operations, 50 clients, 100 keys", &good, &levels);
    measure("the same with one stale read", &spoilt(&good), &levels[..levels.len() - 1]);

    let million = Load { operations: 1_000_000, certificates: true, unknown_percent: 1, ..usual };
    let certified = history(million, 2);
    let text = certified.to_jsonl();
    let (time, _) = best(3, || History::from_jsonl(&text).expect("a good file"));
    println!(
        "{:<58} {:<13} {:>9.1} ms  {} MB",
        "1,000,000 operations with certificates",
        "reading",
        time.as_secs_f64() * 1e3,
        text.len() / 1_000_000
    );
    let levels = [(Level::Linearizable, "2 s"), (Level::Sequential, "2 s")];
    measure("1,000,000 operations with certificates", &certified, &levels);

    let unknown = Load { operations: 1_000, clients: 20, keys: 1, unknown_percent: 10, ..usual };
    let levels = [(Level::Linearizable, "1 s"), (Level::Sequential, "-")];
    measure("1,000 operations, one key, 5 % unknown", &history(unknown, 3), &levels);
    for values in [2, 5, 20] {
        let name = format!("1,000 operations, one key, 5 % unknown, {values} values");
        measure(&name, &history(Load { values, ..unknown }, 3), &levels);
    }
    let levels = [(Level::Linearizable, "100 ms"), (Level::Sequential, "-")];
    measure("1,700 puts, appends and gets of 50 clients", &trace(1_700, 50, 10, 5), &levels);
    for values in [0, 2, 5] {
        let load = Load { operations: 80, clients: 10, keys: 1, unknown_percent: 50, ..usual };
        let name = format!("80 operations, about 20 unknown, {values} values");
        let levels = [(Level::Linearizable, "20 ms"), (Level::Sequential, "-")];
        measure(&name, &history(Load { values, ..load }, 4), &levels);
    }
}
