//! Runs of scenarios that are equal but for their level, side by side: the strongest level that
//! held, and what each level showed that a stronger one forbids. The terminal, the page and
//! `--json` say it in the same words, which are found here.
//!
//! What a run did not show says nothing about its level: a weaker level only permits more.

use history::Level;

use crate::attempt::judgement::{Evidence, Standing};
use crate::attempt::outcome::Attempt;
use crate::attempt::outcome::FileResult;
use crate::scenario::Scenario;
use crate::scenario::level::compared;

/// Scenarios that are equal but for their level, and how each went.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// In the order in which they were run; at least two levels are among them.
    pub columns: Vec<Column<'a>>,
}

/// One of them: a scenario at a level.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// How it went.
    pub result: &'a FileResult,
}

/// What a level showed that it, or a stronger one, forbids.
#[derive(Debug)]
pub struct Showing<'a> {
    /// The level that forbids it.
    pub level: Level,
    /// What came of looking for it.
    pub word: Word,
    /// It in a sentence.
    pub text: String,
    /// The first run that showed it, and its operations.
    pub exhibit: Option<(&'a Attempt, &'a Evidence)>,
}

/// What came of looking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The run broke the level that it promised.
    Broken,
    /// The run showed what a stronger level forbids.
    Shown,
    /// It showed nothing of the kind.
    Nothing,
    /// Nobody knows.
    Undecided,
}

impl<'a> Comparison<'a> {
    /// Those of these scenarios that are equal but for their level; several times if there are
    /// several such kinds. Where no two levels came to the end of a run there is nothing to
    /// compare.
    pub(crate) fn all(columns: impl IntoIterator<Item = Column<'a>>) -> Vec<Comparison<'a>> {
        let mut kinds: Vec<(Scenario, Vec<Column<'a>>)> = vec![];
        for column in columns {
            let kind = column.scenario.but_for_level();
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, columns)) => columns.push(column),
                None => kinds.push((kind, vec![column])),
            }
        }
        let comparisons = kinds.into_iter().map(|(_, columns)| Comparison { columns });
        comparisons.filter(Comparison::has_two_levels).collect()
    }

    fn has_two_levels(&self) -> bool {
        let mut ran = self.columns.iter().filter(|column| !column.result.attempts.is_empty());
        let first = ran.next().map(|column| column.result.level);
        ran.any(|column| Some(column.result.level) != first)
    }

    /// Which files are compared, in words.
    pub fn sentence(&self) -> String {
        let one = |column: &Column<'_>| {
            format!("{} at {}", column.result.file.display(), column.result.level)
        };
        let all: Vec<String> = self.columns.iter().map(one).collect();
        format!("{}: equal but for the level", all.join(", "))
    }
}

impl<'a> Column<'a> {
    /// What it is called, such as `t1-3 at eventual`.
    pub fn name(&self) -> String {
        format!("{} at {}", self.result.name(), self.result.level)
    }

    fn runs(&self) -> &'a [Attempt] {
        &self.result.attempts
    }

    /// How many runs met a level, violated it, and are undecided about it.
    fn count(&self, level: Level) -> Count {
        let mut count = Count { all: self.runs().len(), ..Count::default() };
        for run in self.runs() {
            match run.judgement.standing(level) {
                Some(Standing::Held) => count.held += 1,
                Some(Standing::Violated(_)) => count.violated += 1,
                Some(Standing::Undecided(_)) | None => count.undecided += 1,
            }
        }
        count
    }

    /// The strongest level that held in every run.
    pub(crate) fn met(&self) -> Option<Level> {
        self.result.met()
    }

    /// The same in words, with what is known of the levels above it.
    pub fn held(&self) -> String {
        let all = self.runs().len();
        if all == 0 {
            return "nothing is known: no run came to its end".into();
        }
        let (met, mut doubt) = (self.met(), false);
        let mut above = vec![];
        for level in compared(self.result.level).take_while(|level| Some(*level) != met) {
            let Count { held, undecided, .. } = self.count(level);
            doubt |= undecided > 0;
            match (held, undecided) {
                (0, 0) => {}
                (0, _) if all == 1 => above.push(format!("{level} is undecided")),
                (0, _) => above.push(format!("{level} is undecided in {undecided} of {all} runs")),
                (_, 0) => above.push(format!("{level} in {held} of {all} runs")),
                _ => {
                    above.push(format!("{level} in {held} of {all} runs, undecided in {undecided}"))
                }
            }
        }
        let met = match met {
            Some(level) if all > 1 => format!("{level} in each of {all} runs"),
            Some(level) => level.to_string(),
            None if doubt => "none is known to have held".into(),
            None => "none".into(),
        };
        std::iter::once(met).chain(above).collect::<Vec<_>>().join("; ")
    }

    /// What was seen that this level, if it broke its promise, or a stronger one forbids; the
    /// weakest of them first.
    pub fn showings(&self) -> Vec<Showing<'a>> {
        let own = self.result.level;
        let mut stronger: Vec<Level> = compared(own).take_while(|level| *level != own).collect();
        stronger.reverse();
        let broken = (self.count(own).violated > 0).then(|| self.broken());
        broken.into_iter().chain(stronger.into_iter().map(|level| self.showing(level))).collect()
    }

    fn broken(&self) -> Showing<'a> {
        let level = self.result.level;
        let (run, sentence, exhibit) = self.first_clash(level);
        let who = match self.count(level) {
            Count { all: 1, .. } => "this run broke it".into(),
            Count { all, violated, .. } => {
                format!("{violated} of {all} runs broke it, as run {run} did")
            }
        };
        let text = format!("{level} was promised, and {who}: {sentence}");
        Showing { level, word: Word::Broken, text, exhibit }
    }

    fn showing(&self, level: Level) -> Showing<'a> {
        let Count { all, violated, undecided, .. } = self.count(level);
        let (run, sentence, exhibit) = self.first_clash(level);
        let (word, text) = match (violated, undecided) {
            _ if all == 0 => (Word::Undecided, "no run came to its end".into()),
            (0, 0) if all == 1 => {
                (Word::Nothing, format!("this run showed nothing that {level} forbids"))
            }
            (0, 0) => {
                (Word::Nothing, format!("these {all} runs showed nothing that {level} forbids"))
            }
            (0, _) => (Word::Undecided, self.undecided(level, undecided)),
            _ if all == 1 => {
                (Word::Shown, format!("{level} forbids what this run showed: {sentence}"))
            }
            _ => {
                let open = match undecided {
                    0 => String::new(),
                    open => format!(" (of {open} more it is undecided)"),
                };
                let what = format!("{level} forbids what {violated} of {all} runs showed{open}");
                (Word::Shown, format!("{what}, as run {run} did: {sentence}"))
            }
        };
        Showing { level, word, text, exhibit }
    }

    fn undecided(&self, level: Level, undecided: usize) -> String {
        let all = self.runs().len();
        let why = self.runs().iter().find_map(|run| match run.judgement.standing(level) {
            Some(Standing::Undecided(why)) => Some(why),
            _ => None,
        });
        let why = why.unwrap_or("the judge was not asked");
        match all {
            1 => format!("undecided whether this run showed what {level} forbids: {why}"),
            _ if undecided == all => {
                format!("undecided whether these {all} runs showed what {level} forbids: {why}")
            }
            _ => format!(
                "undecided whether {undecided} of {all} runs showed what {level} forbids; the others \
                 showed nothing of it: {why}"
            ),
        }
    }

    /// The number of the first run that violated a level, the sentence and the operations.
    fn first_clash(&self, level: Level) -> (u32, &'a str, Option<(&'a Attempt, &'a Evidence)>) {
        let found = self.runs().iter().find_map(|run| match run.judgement.standing(level) {
            Some(Standing::Violated(sentence)) => Some((run, sentence)),
            _ => None,
        });
        let Some((run, sentence)) = found else { return (0, "", None) };
        let evidence = run.judgement.evidence.iter().find(|one| one.level == level);
        (run.run, sentence, evidence.map(|evidence| (run, evidence)))
    }
}

/// How many runs did what.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    held: usize,
    violated: usize,
    undecided: usize,
}

impl Word {
    /// Its name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Word::Broken => "broken",
            Word::Shown => "shown",
            Word::Nothing => "nothing",
            Word::Undecided => "undecided",
        }
    }
}
