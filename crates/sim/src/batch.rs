//! Many worlds, one thread for each core. Begin with [`run_batch`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::options::Options;
use crate::report::Report;
use crate::world;

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
    /// Snapshots that were put in place.
    pub snapshots: u64,
    /// States that were fetched from another member.
    pub fetches: u64,
    /// Parts of logs that members that were behind were fed from disks.
    pub log_reads: u64,
    /// Nodes that were added and came to vote.
    pub joined: u64,
    /// Members that were removed.
    pub removed: u64,
    /// How long all of them ran, in their own time.
    pub virtual_ms: u64,
    /// How long they took in real time, if whoever has a clock says so.
    pub took: Option<Duration>,
    /// Worlds in which no fault began while an operation was under way.
    pub undisturbed: u64,
    /// Worlds without an election after the first.
    pub unchallenged: u64,
    /// The longest that any took until all its replicas were equal again.
    pub settled_ms_max: u64,
    /// The longest that clients of any world waited while nothing was done for any of them.
    pub unavailable_ms_max: u64,
    /// What the judge said, by level and word.
    pub judgements: BTreeMap<(String, &'static str), u64>,
    /// Those that violated an invariant, by seed.
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
        self.snapshots += report.snapshots;
        self.fetches += report.fetches;
        self.log_reads += report.log_reads;
        self.joined += report.joined;
        self.removed += report.removed;
        self.virtual_ms += report.virtual_ms;
        self.undisturbed += u64::from(report.faults_under_way == 0);
        self.unchallenged += u64::from(report.elections <= 1);
        self.settled_ms_max = self.settled_ms_max.max(report.settled_ms);
        self.unavailable_ms_max = self.unavailable_ms_max.max(report.unavailable_ms);
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

    /// Worlds that the judge could not decide at some level, with no certificates to help it.
    fn undecided(&self) -> bool {
        self.judgements.keys().any(|(_, word)| *word == "undecided")
    }
}

/// Which worlds are run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// The first seed.
    pub from: u64,
    /// How many seeds in a row.
    pub count: u64,
    /// On how many threads.
    pub threads: usize,
    /// Whether to go on when a world violated an invariant.
    pub keep_going: bool,
}

/// Runs many worlds. `progress` hears of each as it ends; the summary does not depend on the order
/// in which they end, unless one of them ends it all.
pub fn run_batch(many: Batch, options: &Options, mut progress: impl FnMut(&Report)) -> Summary {
    let Batch { from, count, threads, keep_going } = many;
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut summary = Summary::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads.max(1) {
            let (sender, next, over) = (sender.clone(), &next, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count {
                        return;
                    }
                    let seed = from.wrapping_add(place);
                    if sender.send(world::run(seed, options)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for report in receiver {
            progress(&report);
            over.fetch_or(report.verdict.is_err() && !keep_going, Ordering::Relaxed);
            summary.add(report);
        }
    });
    summary
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| format!("{:.1} %", part as f64 * 100.0 / self.worlds.max(1) as f64);
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: String| {
            writeln!(f, "{name:<44} {value:>12}")
        };
        row(f, "worlds", self.worlds.to_string())?;
        row(f, "operations", self.operations.to_string())?;
        row(f, "virtual time", format!("{} s", self.virtual_ms / 1000))?;
        if let Some(took) = self.took {
            let took_ms = took.as_millis().max(1) as u64;
            row(f, "virtual seconds per real second", (self.virtual_ms / took_ms).to_string())?;
        }
        for (kind, count) in &self.faults {
            row(f, &format!("fault: {kind}"), count.to_string())?;
        }
        row(f, "elections", self.elections.to_string())?;
        row(f, "snapshots", format!("{}, fetched {}", self.snapshots, self.fetches))?;
        row(f, "fed from disk", format!("{} parts of logs", self.log_reads))?;
        row(f, "members", format!("{} joined, {} removed", self.joined, self.removed))?;
        row(f, "worlds without an election after the first", share(self.unchallenged))?;
        row(f, "worlds in which no fault hit work under way", share(self.undisturbed))?;
        row(f, "worst time until all replicas were equal", format!("{} ms", self.settled_ms_max))?;
        let unavailable = format!("{} ms", self.unavailable_ms_max);
        row(f, "worst time in which nothing was done", unavailable)?;
        for ((level, word), count) in &self.judgements {
            row(f, &format!("judge: {level}: {word}"), count.to_string())?;
        }
        row(f, "worlds violated", self.violated.len().to_string())?;
        if self.undecided() {
            f.write_str(UNDECIDED)?;
        }
        Ok(())
    }
}

const UNDECIDED: &str = "\
undecided: whether a history is sequential is a search (the problem is NP-complete), and the judge gave up its
search after so many states. The certificates of the same world, where there are any, prove it in one pass.
";
