//! How fast the judge is, on histories made from a seed: `cargo bench -p history`. Each line gives
//! the best of a few runs; the limits are goals, not assertions.

use std::time::{Duration, Instant};

use history::{
    Budget, Header, History, Kind, Level, Operation, Outcome, Place, Position, Source, Unit, check,
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
            "{name:<58} {level:<13} {:>9.1} ms  goal {goal:<8} {}{reason} {}",
            time.as_secs_f64() * 1e3,
            verdict.word(),
            verdict.notes.join("; ")
        );
    }
}

fn main() {
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
    measure("100,000 operations, 50 clients, 100 keys", &history(usual, 1), &levels);

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
    for values in [0, 2, 5] {
        let load = Load { operations: 80, clients: 10, keys: 1, unknown_percent: 50, ..usual };
        let name = format!("80 operations, about 20 unknown, {values} values");
        let levels = [(Level::Linearizable, "20 ms"), (Level::Sequential, "-")];
        measure(&name, &history(Load { values, ..load }, 4), &levels);
    }
}
