//! What became of a world.

use std::fmt;

use crate::invariants::{self, Judgement};
use crate::plan::fault::{NAMES, Target};
use crate::record::diagram::Diagram;
use crate::record::operation::Outcome;
use crate::shrink::Shrunk;
use crate::world::World;

/// A truth that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub truth: &'static str,
    /// When, in virtual milliseconds.
    pub at_ms: u64,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {} ms): {}", self.truth, self.at_ms, self.what)
    }
}

impl Violation {
    /// Who saw it, in words: the truth, or the judge and what it judged.
    pub fn by(&self) -> String {
        match self.kind() {
            (truth, "") => truth.to_owned(),
            (_, level) => format!("the judge: {level}"),
        }
    }

    /// What makes two violations the same: the truth, and what stands before the first colon of the judge's verdict, its
    /// level.
    pub(crate) fn kind(&self) -> (&'static str, &str) {
        let level = self.what.split(':').next().unwrap_or_default();
        (self.truth, if self.truth == invariants::VERDICT { level } else { "" })
    }
}

/// A fault of the plan, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its place in the whole plan of the seed.
    pub number: usize,
    /// When it strikes, in virtual milliseconds.
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
    /// Faults that struck, by kind.
    pub faults: Vec<(&'static str, u64)>,
    /// Faults that struck while an operation was under way.
    pub faults_under_way: u64,
    /// Terms that had a leader.
    pub elections: u64,
    /// How long it lived, in its own time.
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
    /// The first truth that was broken, if any was.
    pub verdict: Result<(), Violation>,
    /// The shortest part of its plan that still breaks that truth, if it was looked for.
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
    pub(crate) fn of(world: World) -> Report {
        let count = |is: fn(&Outcome) -> bool| {
            world.record.iter().filter(|operation| is(&operation.outcome)).count() as u64
        };
        let tally = &world.tally;
        let faults = NAMES.iter().copied().zip(tally.faults).filter(|(_, count)| *count > 0);
        Report {
            seed: world.plan.seed,
            trace_hash: world.trace.hash(),
            setting: world.plan.setting.to_string(),
            plan: planned(&world),
            operations: world.record.len() as u64,
            done: count(|outcome| matches!(outcome, Outcome::Done(_))),
            refused: count(|outcome| matches!(outcome, Outcome::Refused(_))),
            unknown: count(|outcome| matches!(outcome, Outcome::Unknown)),
            faults: faults.collect(),
            faults_under_way: tally.faults_under_way,
            elections: tally.elections(),
            virtual_ms: world.now_us() / 1000,
            settled_ms: world.ending.settled_us.unwrap_or(0) / 1000,
            unavailable_ms: tally.unavailable_us_max / 1000,
            turns: tally.turns,
            messages: tally.messages,
            history: world.history(),
            diagram: world.recorder.finish(world.agenda.now_us(), &world.record),
            judgements: world.judgements,
            verdict: world.violation.map_or(Ok(()), Err),
            shrunk: None,
            show_plan: false,
            story: world.trace.into_story(),
        }
    }

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

    /// How many faults struck.
    pub fn faults_total(&self) -> u64 {
        self.faults.iter().map(|(_, count)| count).sum()
    }
}

fn planned(world: &World) -> Vec<Planned> {
    let one = |(place, fault): (usize, &crate::plan::fault::Fault)| Planned {
        number: fault.number,
        at_ms: fault.at_us / 1000,
        until_ms: fault.until_us / 1000,
        what: fault.kind.to_string(),
        whom: match (fault.kind.target(), world.struck[place].host) {
            (Some(Target::Leader(_)), Some(host)) => format!("node {}, the leader", host + 1),
            _ => fault.whom(),
        },
    };
    world.plan.faults.iter().enumerate().map(one).collect()
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
        let (virtual_ms, settled_ms) = (self.virtual_ms, self.settled_ms);
        writeln!(f, "virtual time: {virtual_ms} ms; {settled_ms} ms until all were equal again")?;
        writeln!(f, "longest wait while nothing was done: {} ms", self.unavailable_ms)?;
        for Judgement { level, certified, word, lines, .. } in &self.judgements {
            let how = if *certified { ", certified" } else { "" };
            writeln!(f, "judge: {level}{how}: {word}")?;
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
