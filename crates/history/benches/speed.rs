//! How fast the judge is: `cargo bench -p history`, on histories made from seeds; with files behind
//! `--`, on those. A line a figure, in processor time (of all cores together), because others work
//! on the same machine; with several histories the slowest counts. The limits are goals, not
//! assertions.

mod loads;

use std::time::Duration;

use history::{Budget, History, Level, Outcome, Verdict, check};
use loads::{Load, merged, register, spoilt, trace, wrong};
use rustix::time::{ClockId, clock_gettime};

/// The processor time that this process has had.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The least of a few runs.
fn best<T>(runs: u32, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut best = Duration::MAX;
    let mut result = None;
    for _ in 0..runs {
        let start = now();
        let value = work();
        best = best.min(now() - start);
        result = Some(value);
    }
    (best, result.expect("at least one run"))
}

fn print(what: &str, level: &str, time: Duration, goal: &str, outcome: &str) {
    println!(
        "{what:<58} {level:<13} {:>9.1} ms  goal {goal:<7} {outcome}",
        time.as_secs_f64() * 1e3
    );
}

fn outcome(verdict: &Verdict) -> String {
    match &verdict.outcome {
        Outcome::Holds { .. } => "holds".to_string(),
        Outcome::Violated(clash) => format!("violated by {}", clash.operations.len()),
        Outcome::Undecided(why) => format!("undecided: {why}"),
    }
}

/// Judges one history by some levels, each with its goal.
fn measure(what: &str, history: &History, levels: &[(Level, &str)]) {
    for &(level, goal) in levels {
        let (time, verdict) = best(3, || check(history, level, &Budget::default()));
        print(what, &level.to_string(), time, goal, &outcome(&verdict));
    }
}

/// Judges many histories; the slowest counts.
fn worst(what: &str, histories: &[History], levels: &[(Level, &str)]) {
    for &(level, goal) in levels {
        let (mut worst, mut counts, mut clash_max) = (Duration::ZERO, [0; 3], 0);
        for history in histories {
            let budget = Budget { time_max: Duration::from_secs(10), ..Budget::default() };
            let (time, verdict) = best(2, || check(history, level, &budget));
            worst = worst.max(time);
            let at = ["holds", "violated", "undecided"].iter().position(|w| *w == verdict.word());
            counts[at.unwrap_or(2)] += 1;
            clash_max = clash_max.max(verdict.clash().map_or(0, |clash| clash.operations.len()));
        }
        let [holds, violated, undecided] = counts;
        let mut outcome = format!("worst of {}: {holds} hold", histories.len());
        if violated > 0 {
            outcome.push_str(&format!(", {violated} violated by at most {clash_max}"));
        }
        if undecided > 0 {
            outcome.push_str(&format!(", {undecided} undecided"));
        }
        print(what, &level.to_string(), worst, goal, &outcome);
    }
}

/// Judges files of any form.
fn judge_files(paths: &[String]) {
    for path in paths {
        let bytes = std::fs::read(path).expect("a readable file");
        let (time, history) = best(3, || History::from_bytes(&bytes).expect("a good file"));
        print(path, "reading", time, "-", &format!("{} operations", history.operations.len()));
        measure(path, &history, &[(Level::Linearizable, "-"), (Level::Sequential, "-")]);
    }
}

const USUAL: Load = Load {
    operations: 100_000,
    clients: 50,
    keys: 100,
    values: 0,
    unknown_percent: 0,
    write_percent: 50,
    cas_percent: 0,
    certificates: false,
};

/// A number of kilobytes that Linux tells of this process; `None` elsewhere.
fn kilobytes(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// How much memory reading and judging take at their peak, for each operation.
fn memory() {
    for operations in [100_000, 1_000_000] {
        let bytes = register(Load { operations, ..USUAL }, 1).to_jsonl().into_bytes();
        // Forgets the peak so far; the text is counted, as in `candor check`.
        let reset = std::fs::write("/proc/self/clear_refs", "5");
        let Some(before) = kilobytes("VmRSS").filter(|_| reset.is_ok()) else {
            return println!("memory is measured on Linux only");
        };
        let history = History::from_bytes(&bytes).expect("a good file");
        drop(bytes);
        let verdict = check(&history, Level::Linearizable, &Budget::default());
        let peak = kilobytes("VmHWM").unwrap_or(0).saturating_sub(before) * 1024 / operations;
        println!(
            "{:<58} {:<13} {:>9} bytes an operation at the peak, {}",
            format!("{operations} operations without certificates, with reading"),
            "linearizable",
            peak,
            verdict.word()
        );
    }
}

fn large() {
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
    ];
    let good = register(USUAL, 1);
    measure("100,000 operations, 50 clients, 100 keys", &good, &levels);
    measure("the same with one stale read", &spoilt(&good), &levels);

    let million = Load { operations: 1_000_000, certificates: true, unknown_percent: 1, ..USUAL };
    let certified = register(million, 2);
    let text = certified.to_jsonl();
    let (time, _) = best(3, || History::from_jsonl(&text).expect("a good file"));
    let what = "1,000,000 operations with certificates";
    print(what, "reading", time, "-", &format!("{} MB", text.len() / 1_000_000));
    measure(what, &certified, &[(Level::Linearizable, "2 s"), (Level::Sequential, "2 s")]);
    drop((certified, text));
    measure("1,000,000 operations with vectors", &merged(million, 3), &[(Level::Causal, "2 s")]);
}

fn small() {
    let both = |goal| [(Level::Linearizable, goal), (Level::Sequential, "-")];
    let one_key = Load { operations: 1_000, clients: 20, keys: 1, unknown_percent: 10, ..USUAL };
    let many = |load: Load, count: u64| -> Vec<History> {
        (0..count).map(|seed| register(load, seed)).collect()
    };
    let broken = |histories: &[History]| -> Vec<History> {
        histories.iter().zip(0..).map(|(history, seed)| wrong(history, seed)).collect()
    };
    for (values, cas_percent) in [(0, 0), (2, 0), (5, 0), (20, 0), (3, 40)] {
        let what = format!("1,000, one key, 5 % unknown, {values} values, {cas_percent} % cas");
        let histories = many(Load { values, cas_percent, ..one_key }, 10);
        worst(&what, &histories, &both("1 s"));
        worst("  with wrong reads", &broken(&histories), &both("1 s"));
    }
    let traces: Vec<History> = (0..10).map(|seed| trace(1_700, 50, 10, seed)).collect();
    worst("1,700 puts, appends and gets of 50 clients", &traces, &both("100 ms"));
    worst("  with wrong reads", &broken(&traces), &both("-"));
    for (values, cas_percent) in [(0, 0), (2, 0), (5, 0), (0, 40), (3, 40)] {
        let load = Load { operations: 80, clients: 10, keys: 1, unknown_percent: 50, ..USUAL };
        let what = format!("80, about 20 unknown, {values} values, {cas_percent} % cas");
        let histories = many(Load { values, cas_percent, ..load }, 200);
        worst(&what, &histories, &both("20 ms"));
        worst("  with wrong reads", &broken(&histories), &both("20 ms"));
    }
    let hard = Load { operations: 3_000, unknown_percent: 30, ..one_key };
    for (clients, values, cas_percent) in [(50, 3, 0), (50, 3, 30), (20, 5, 50), (50, 5, 50)] {
        let what =
            format!("3,000, one key, {clients} clients, {values} values, {cas_percent} % cas");
        let histories = many(Load { clients, values, cas_percent, ..hard }, 5);
        worst(&what, &histories, &[(Level::Linearizable, "-")]);
    }
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if !files.is_empty() {
        return judge_files(&files);
    }
    memory();
    large();
    small();
}
