//! How an attempt went, and how a scenario file went over all its attempts.

use std::path::{Path, PathBuf};

use history::{EXIT_FAILURE, Fault, Level, worst};

use super::figures::Figures;
use super::final_reads::QuietEnd;
use super::judgement::{self, Judgement};
use crate::scenario::Keyspace;
use crate::scenario::level::compared;
use crate::servers::cluster::Ready;
use crate::servers::standing::Standing;

/// An attempt that came to its end.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The file of the scenario.
    pub scenario: String,
    /// How many servers there were.
    pub servers: usize,
    /// How many clients there were.
    pub clients: usize,
    /// Which of the repetitions this is, from 1.
    pub run: u32,
    /// Which attempt at it, from 1.
    pub number: u32,
    /// What random sleeps and operations came from.
    pub seed: u64,
    /// Where its files are.
    pub directory: PathBuf,
    /// How its servers became ready.
    pub ready: Ready,
    /// What its operations cost.
    pub figures: Figures,
    /// The keyspaces with which its servers began.
    pub keyspaces: Vec<Keyspace>,
    /// What the judge says.
    pub judgement: Judgement,
    /// Whether the order that fixed waits state came about.
    pub order: StatedOrder,
    /// What is to be seen at the level of the run, if the scenario says so.
    pub shows: Option<String>,
    /// `None`: the scenario names no level that is to be violated.
    pub expected: Option<Expected>,
    /// The command that does it again.
    pub command: String,
    /// `None` in an agreed keyspace, or if nothing was written.
    pub quiet: Option<QuietEnd>,
    /// What went wrong on the way, such as a server that died.
    pub troubles: Vec<String>,
    /// What was done to the servers on purpose, in nanoseconds since the start of the clients.
    pub faults: Vec<Fault>,
    /// Where the servers stood on the way.
    pub standings: Vec<Standing>,
}

/// Whether the order that fixed waits state came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatedOrder {
    /// They state none.
    None,
    /// It did.
    Kept,
    /// It did not, and how.
    Missed(String),
}

/// A level, stronger than the promised one, that a run is to be seen not to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The level.
    pub level: Level,
    /// The judge found that it is violated.
    pub is_seen: bool,
}

impl Attempt {
    /// Why the run did not show what its file says it shows, if it did not.
    pub(crate) fn missed(&self) -> Option<String> {
        if matches!(self.order, StatedOrder::Missed(_)) {
            return Some("the order that the waits state did not come about".into());
        }
        let expected = self.expected.filter(|expected| !expected.is_seen)?;
        Some(format!("{} was not seen to be violated, as the file says", expected.level))
    }

    /// The exit code that this attempt alone would give.
    pub(crate) fn exit_code(&self) -> u8 {
        let verdict = self.judgement.exit_code();
        match self.troubles.is_empty() {
            true => verdict,
            false => worst([EXIT_FAILURE, verdict]),
        }
    }
}

/// How one scenario file went.
#[derive(Clone, Debug)]
pub struct FileResult {
    /// The file.
    pub file: PathBuf,
    /// The level that it was run at.
    pub level: Level,
    /// The keyspaces that promise something of their own.
    pub keyspaces: Vec<Keyspace>,
    /// The figures of all its runs together.
    pub figures: Figures,
    /// The attempts that came to their end.
    pub attempts: Vec<Attempt>,
    /// Why others did not.
    pub failures: Vec<String>,
}

impl FileResult {
    /// Nothing was run yet.
    pub(crate) fn new(file: &Path, level: Level) -> FileResult {
        FileResult {
            file: file.to_owned(),
            level,
            keyspaces: vec![],
            figures: Figures::default(),
            attempts: vec![],
            failures: vec![],
        }
    }

    /// The name of the file without its ending.
    pub fn name(&self) -> String {
        self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The worst verdict of all its attempts.
    pub fn verdict_word(&self) -> &'static str {
        let verdicts = || self.attempts.iter().flat_map(|attempt| attempt.judgement.promises());
        let worst = worst(verdicts().map(history::exit_code));
        verdicts()
            .find(|verdict| history::exit_code(verdict) == worst)
            .map_or("not run", |verdict| verdict.word())
    }

    /// The strongest level that held in every attempt.
    pub(crate) fn met(&self) -> Option<Level> {
        let held = |level: &Level| {
            let mut standings = self.attempts.iter().map(|one| one.judgement.standing(*level));
            standings.all(|standing| standing == Some(judgement::Standing::Held))
        };
        compared(self.level).find(held).filter(|_| !self.attempts.is_empty())
    }

    /// One more attempt has come to its end.
    pub(crate) fn add(&mut self, attempt: Attempt) {
        self.figures.add(&attempt.figures);
        self.attempts.push(attempt);
    }

    /// The exit code of all its attempts together.
    pub(crate) fn exit_code(&self) -> u8 {
        let failed = (!self.failures.is_empty()).then_some(EXIT_FAILURE);
        worst(self.attempts.iter().map(Attempt::exit_code).chain(failed))
    }
}
