//! Many worlds at once, one thread for each core.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use crate::options::Options;
use crate::report::Report;

thread_local! {
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The seed of the world that this thread is living, for whoever reports a panic.
pub fn current_seed() -> Option<u64> {
    SEED.get()
}

/// This thread lives the world of that seed from now on.
pub(crate) fn mark(seed: u64) {
    SEED.set(Some(seed));
}

/// What became of many worlds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many there were.
    pub worlds: u64,
    /// Operations of all of them.
    pub operations: u64,
    /// Faults of all of them, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Terms that had a leader.
    pub elections: u64,
    /// How long all of them lived, in their own time.
    pub virtual_ms: u64,
    /// Worlds in which no fault struck while an operation was under way.
    pub undisturbed: u64,
    /// Agreed worlds of several nodes in which one leader led all along.
    pub unchallenged: u64,
    /// The longest that any took to come to rest.
    pub settled_ms_max: u64,
    /// What the judge said, by level and word.
    pub judgements: BTreeMap<(String, &'static str), u64>,
    /// Those that broke a truth, by seed.
    pub violated: Vec<Report>,
}

impl Summary {
    fn add(&mut self, report: Report) {
        self.worlds += 1;
        self.operations += report.operations;
        for (kind, count) in &report.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        self.elections += report.elections;
        self.virtual_ms += report.virtual_ms;
        self.undisturbed += u64::from(report.faults_under_way == 0);
        self.unchallenged += u64::from(report.elections == 1);
        self.settled_ms_max = self.settled_ms_max.max(report.settled_ms);
        for judgement in &report.judgements {
            let how = if judgement.certified { " certified" } else { "" };
            let key = (format!("{}{how}", judgement.level), judgement.word);
            *self.judgements.entry(key).or_default() += 1;
        }
        if report.verdict.is_err() {
            let place = self.violated.partition_point(|other| other.seed < report.seed);
            self.violated.insert(place, report);
        }
    }
}

/// Lives `count` worlds, of the seeds from `from` on, on that many threads. `progress` hears of each as it
/// ends; the summary does not depend on the order in which they end.
pub fn run_many(
    from: u64,
    count: u64,
    threads: usize,
    options: &Options,
    mut progress: impl FnMut(&Report),
) -> Summary {
    let next = AtomicU64::new(0);
    let mut summary = Summary::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count {
                        return;
                    }
                    let seed = from.wrapping_add(place);
                    if sender.send(crate::run(seed, options)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for report in receiver {
            progress(&report);
            summary.add(report);
        }
    });
    summary
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| format!("{:.1} %", part as f64 * 100.0 / self.worlds.max(1) as f64);
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: String| {
            writeln!(f, "{name:<32} {value:>12}")
        };
        row(f, "worlds", self.worlds.to_string())?;
        row(f, "operations", self.operations.to_string())?;
        row(f, "virtual time", format!("{} s", self.virtual_ms / 1000))?;
        for (kind, count) in &self.faults {
            row(f, &format!("fault: {kind}"), count.to_string())?;
        }
        row(f, "elections", self.elections.to_string())?;
        row(f, "worlds with a single election", share(self.unchallenged))?;
        row(f, "worlds where no fault hit work", share(self.undisturbed))?;
        row(f, "longest time to come to rest", format!("{} ms", self.settled_ms_max))?;
        for ((level, word), count) in &self.judgements {
            row(f, &format!("judge: {level} {word}"), count.to_string())?;
        }
        row(f, "worlds violated", self.violated.len().to_string())
    }
}
