//! What became of a world, and how that is printed. Begin with [`Report`].

use std::fmt;

use crate::invariants::verdict::Judgement;
use crate::invariants::violation::Violation;
use crate::options::Options;
use crate::record::diagram::Diagram;

/// A fault of the plan, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its place in the whole plan of the seed.
    pub number: usize,
    /// When it begins, in virtual milliseconds.
    pub at_ms: u64,
    /// When it ends.
    pub until_ms: u64,
    /// What goes wrong.
    pub what: String,
    /// For whom.
    pub whom: String,
}

/// What became of a world.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed that brings it back.
    pub seed: u64,
    /// A hash over all that happened.
    pub trace_hash: u64,
    /// What the world was made of, in words.
    pub setting: String,
    /// The faults of its plan, in order.
    pub plan: Vec<Planned>,
    /// How many operations clients asked for.
    pub operations: u64,
    /// How many of them were done.
    pub done: u64,
    /// How many were refused.
    pub refused: u64,
    /// Of how many the outcome is unknown.
    pub unknown: u64,
    /// Faults that happened, by kind.
    pub faults: Vec<(&'static str, u64)>,
    /// Faults that happened while an operation was under way.
    pub faults_under_way: u64,
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
    /// How long it ran, in its own time.
    pub virtual_ms: u64,
    /// How long it took to come to rest once nothing broke any more.
    pub settled_ms: u64,
    /// The longest that clients waited while nothing was done for any of them.
    pub unavailable_ms: u64,
    /// Turns that nodes took.
    pub turns: u64,
    /// Messages that nodes sent.
    pub messages: u64,
    /// What the judge says, level by level.
    pub judgements: Vec<Judgement>,
    /// The first invariant that was broken, if any was.
    pub verdict: Result<(), Violation>,
    /// The shortest part of its plan that still breaks that invariant, if it was looked for.
    pub shrunk: Option<Box<Shrunk>>,
    /// Whether to show the plan when the report is shown.
    pub show_plan: bool,
    /// What happened, one line each, if that was asked for.
    pub story: Vec<String>,
    /// What a message diagram shows, if that was asked for.
    pub diagram: Option<Diagram>,
    /// What clients asked and heard, in the judge's form, for the strongest level of the order.
    pub history: history::History,
}

impl Report {
    /// The plan as a table, one line each.
    pub fn plan_lines(&self) -> Vec<String> {
        let when = |fault: &Planned| format!("{}–{} ms", fault.at_ms, fault.until_ms);
        let width = |text: fn(&Planned) -> String| {
            self.plan.iter().map(|fault| text(fault).chars().count()).max().unwrap_or(0)
        };
        let (whens, whoms) = (width(when), width(|fault| fault.whom.clone()));
        let line = |fault: &Planned| {
            let Planned { number, what, whom, .. } = fault;
            format!("{number:>4}  {:<whens$}  {whom:<whoms$}  {what}", when(fault))
        };
        self.plan.iter().map(line).collect()
    }

    /// How many faults happened.
    pub fn faults_total(&self) -> u64 {
        self.faults.iter().map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Report {
    /// The seed first, the trace last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { seed, setting, operations, done, refused, unknown, .. } = self;
        writeln!(f, "seed {seed}")?;
        for line in &self.story {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "world: {setting}")?;
        if self.show_plan {
            writeln!(f, "plan:")?;
            self.plan_lines().iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        writeln!(
            f,
            "operations: {operations} ({done} done, {refused} refused, {unknown} unknown)"
        )?;
        let kinds: Vec<_> =
            self.faults.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let (total, under_way) = (self.faults_total(), self.faults_under_way);
        writeln!(f, "faults: {total} ({}); {under_way} hit work under way", kinds.join(", "))?;
        writeln!(f, "elections: {}", self.elections)?;
        let (snapshots, fetches) = (self.snapshots, self.fetches);
        let log_reads = self.log_reads;
        writeln!(f, "snapshots: {snapshots}, fetched {fetches}; fed from disk {log_reads} times")?;
        let (joined, removed) = (self.joined, self.removed);
        if joined + removed > 0 {
            writeln!(f, "members: {joined} joined, {removed} removed")?;
        }
        let (virtual_ms, settled_ms) = (self.virtual_ms, self.settled_ms);
        writeln!(f, "virtual time: {virtual_ms} ms; {settled_ms} ms until all were equal again")?;
        writeln!(f, "longest wait while nothing was done: {} ms", self.unavailable_ms)?;
        for Judgement { order, level, certified, word, lines, .. } in &self.judgements {
            let how = if *certified { ", certified" } else { "" };
            let is_first = self.judgements.first().is_some_and(|first| first.order == *order);
            let whose = if is_first { String::new() } else { format!("{order} keyspaces, ") };
            writeln!(f, "judge: {whose}{level}{how}: {word}")?;
            lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        match &self.verdict {
            Ok(()) => writeln!(f, "verdict: holds")?,
            Err(violation) => writeln!(f, "verdict: violated: {violation}")?,
        }
        if let Some(shrunk) = &self.shrunk {
            write!(f, "{shrunk}")?;
        }
        writeln!(f, "trace {:016x}", self.trace_hash)
    }
}

/// What is left of a world that violated an invariant.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The options that bring it back, with its seed.
    pub options: Options,
    /// What becomes of it.
    pub report: Report,
    /// How many worlds were run to find it.
    pub worlds: u64,
}

impl fmt::Display for Shrunk {
    /// The plan as a table, what it breaks, and the command that brings it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shrunk { options, report, worlds } = self;
        let count = report.plan.len();
        let plural = if count == 1 { "" } else { "s" };
        writeln!(
            f,
            "shortest plan that still shows it: {count} fault{plural} ({worlds} worlds tried)"
        )?;
        report.plan_lines().iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        if let Err(broken) = &report.verdict {
            writeln!(f, "  {broken}")?;
        }
        writeln!(f, "brought back by: {}", options.command(report.seed))
    }
}
