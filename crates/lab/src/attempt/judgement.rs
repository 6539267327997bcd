//! Asking the judge: whether the promise was kept, and what the run met beyond it.

use std::time::Duration;

use history::{
    Budget, History, Level, Operation, Outcome, Promise, Scope, Verdict, check_scope, promises,
    strongest,
};

use crate::scenario::level::compared;

/// How long the judge may think about a level that was not promised.
const CURIOSITY: Duration = Duration::from_secs(5);
/// How many operations of a clash are shown.
const CLASH_SHOWN_MAX: usize = 12;

/// An operation of a clash, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it was, such as `client 0 write a=1 at server 0`.
    pub text: String,
    /// When it was asked, in nanoseconds since the start of the run.
    pub start_ns: u64,
    /// When it ended, likewise; `None`: nobody knows.
    pub end_ns: Option<u64>,
}

/// What a run showed that a level forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The level.
    pub level: Level,
    /// The operations that cannot all be explained, as many as are shown.
    pub parts: Vec<Part>,
    /// How many more there are.
    pub left_out: usize,
}

/// How a level stands in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing<'a> {
    Held,
    /// The sentence of the clash.
    Violated(&'a str),
    /// Why nobody knows.
    Undecided(&'a str),
}

/// What the judge says about a run.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Whether the promised level holds: that of what has no keyspace or, if nothing was asked of
    /// that, the first of the others.
    pub promised: Verdict,
    /// How that is known, in lines.
    pub proof: Vec<String>,
    /// How many answered reads do not count there, because they asked for less.
    pub uncounted: usize,
    /// What else was promised, of keyspaces or to reads that asked for a level of their own.
    pub besides: Vec<Besides>,
    /// The other levels that are worth knowing about, strongest first.
    pub others: Vec<Verdict>,
    /// The operations of every clash that was found.
    pub evidence: Vec<Evidence>,
}

/// A promise beside the one of the run, and how its verdict is known.
#[derive(Clone, Debug)]
pub struct Besides {
    /// The promise, judged.
    pub promise: Promise,
    /// How that is known, in lines.
    pub proof: Vec<String>,
}

impl Judgement {
    /// Judges a history by all that was promised, then by the levels that say more: all stronger
    /// ones if the promise was kept, else all.
    pub(crate) fn of(history: &History) -> Judgement {
        let mut promises = promises(history, &Budget::default());
        let is_own = |promise: &Promise| promise.prefixes.iter().any(String::is_empty);
        let own = promises.iter().position(is_own);
        let promise = promises.remove(own.unwrap_or(0));
        let Promise { scope, uncounted, verdict: promised, .. } = promise;
        let level = promised.level;
        // What was promised of one keyspace says nothing about the level of the run.
        let compared = compared(level).filter(|_| own.is_some());
        let scope = Scope { as_promised: false, ..scope };
        let curious = Budget { time_max: CURIOSITY, ..Budget::default() };
        // With reads that asked for levels of their own, each level judges other reads: a stronger
        // one that holds then says nothing about those between it and the promise.
        let has_levels = history.operations.iter().any(|operation| operation.level.is_some());
        let same_reads = !has_levels && !history.has_keyspaces();
        let mut others: Vec<Verdict> = vec![];
        for other in compared.filter(|other| *other != level) {
            let is_implied = |known: &Verdict| known.holds() && follows(known.level, other);
            let is_told = same_reads || follows(level, other);
            if is_implied(&promised) || is_told && others.iter().any(is_implied) {
                continue;
            }
            others.push(check_scope(history, scope, other, &curious));
        }
        let verdicts = std::iter::once(&promised).chain(&others);
        let evidence = verdicts.filter_map(|verdict| Evidence::of(verdict, history)).collect();
        let besides = promises.into_iter().map(|promise| {
            let proof = proof(&promise.verdict, history);
            Besides { promise, proof }
        });
        let (besides, proof) = (besides.collect(), proof(&promised, history));
        Judgement { promised, proof, uncounted, besides, others, evidence }
    }

    /// The verdicts on all that was promised.
    pub(crate) fn promises(&self) -> impl Iterator<Item = &Verdict> {
        let besides = self.besides.iter().map(|besides| &besides.promise.verdict);
        std::iter::once(&self.promised).chain(besides)
    }

    /// The exit code that it alone would give: the worst of all that was promised.
    pub(crate) fn exit_code(&self) -> u8 {
        history::worst(self.promises().map(history::exit_code))
    }

    /// What the judge says of a level by which runs are compared: `None` if he was not asked, and
    /// it does not follow from what he said.
    pub(crate) fn standing(&self, level: Level) -> Option<Standing<'_>> {
        let verdicts = || std::iter::once(&self.promised).chain(&self.others);
        let implied = |known: &&Verdict| known.holds() && follows(known.level, level);
        let known = verdicts().find(|verdict| verdict.level == level);
        known.or_else(|| verdicts().find(implied)).map(|verdict| match &verdict.outcome {
            Outcome::Holds { .. } => Standing::Held,
            Outcome::Violated(clash) => Standing::Violated(&clash.sentence),
            Outcome::Undecided(why) => Standing::Undecided(why),
        })
    }

    /// The operations of the clash that violates a level, in words; none if it is not violated.
    pub(crate) fn parts(&self, level: Level) -> Vec<String> {
        let evidence = self.evidence.iter().find(|evidence| evidence.level == level);
        evidence.map_or(vec![], Evidence::lines)
    }

    /// The strongest level that the run happened to meet.
    pub(crate) fn met(&self) -> Option<Level> {
        strongest(&self.strongest_first())
    }

    /// Whether every level that was judged is violated.
    pub(crate) fn all_violated(&self) -> bool {
        std::iter::once(&self.promised)
            .chain(&self.others)
            .all(|verdict| matches!(verdict.outcome, Outcome::Violated(_)))
    }

    /// The levels stronger than the one that was met, weakest first.
    pub(crate) fn stronger_than_met(&self) -> impl Iterator<Item = Verdict> {
        let stronger: Vec<Verdict> =
            self.strongest_first().into_iter().take_while(|verdict| !verdict.holds()).collect();
        stronger.into_iter().rev()
    }

    fn strongest_first(&self) -> Vec<Verdict> {
        let promised = self.promised.level;
        let place = |level: Level| compared(promised).position(|known| known == level);
        let mut all = self.others.clone();
        all.push(self.promised.clone());
        all.sort_by_key(|verdict| place(verdict.level));
        all
    }
}

/// Whether a level holds where another does. (Where servers agree is asked of the quiet end alone.)
fn follows(known: Level, other: Level) -> bool {
    other == Level::Eventual || known.implies(other)
}

/// How a verdict is known: the witness order, the sentence and the operations of the clash, or why
/// it is not known.
fn proof(verdict: &Verdict, history: &History) -> Vec<String> {
    let Outcome::Violated(clash) = &verdict.outcome else { return verdict.lines(history) };
    let mut lines = vec![clash.sentence.clone()];
    let evidence = Evidence::of(verdict, history);
    lines.extend(evidence.iter().flat_map(Evidence::lines).map(|line| format!("  {line}")));
    lines.extend(verdict.notes.iter().cloned());
    lines
}

impl Evidence {
    /// Its operations in words, one a line.
    fn lines(&self) -> Vec<String> {
        let part = |part: &Part| format!("{}, {}", part.text, part.when());
        let more = (self.left_out > 0).then(|| format!("… and {} more", self.left_out));
        self.parts.iter().map(part).chain(more).collect()
    }

    /// The operations of a clash; `None` if the verdict is no clash.
    fn of(verdict: &Verdict, history: &History) -> Option<Evidence> {
        let operations = &verdict.clash()?.operations;
        let shown = operations.iter().take(CLASH_SHOWN_MAX);
        Some(Evidence {
            level: verdict.level,
            parts: shown.map(|place| Part::of(&history.operations[*place])).collect(),
            left_out: operations.len().saturating_sub(CLASH_SHOWN_MAX),
        })
    }
}

impl Part {
    fn of(operation: &Operation) -> Part {
        let server =
            operation.server.map_or(String::new(), |server| format!(" at server {server}"));
        Part {
            text: format!("{}{server}", history::compact(operation)),
            start_ns: operation.start,
            end_ns: operation.end,
        }
    }

    /// From when to when it took, in words.
    pub fn when(&self) -> String {
        let at = |time: u64| format!("{:.3}", time as f64 / 1e6);
        let end = self.end_ns.map_or("unknown".into(), at);
        format!("from {} to {end} ms", at(self.start_ns))
    }
}

#[cfg(test)]
mod tests {
    use history::{Header, Keyspace, LogOrder, Unit};

    use super::*;

    fn promising(level: Level, operations: Vec<Operation>) -> History {
        History::new(Some(Header::new(Unit::Nanoseconds, Some(level))), operations)
    }

    #[test]
    fn each_keyspace_and_each_level_that_was_asked_for_counts() {
        let read = |key, level, start| Operation {
            level,
            ..Operation::read(2, key, None, start, start + 5)
        };
        let operations = vec![
            Operation::write(1, "a", "1", 0, Some(10)),
            Operation::write(1, "c:a", "1", 11, Some(20)),
            read("c:a", None, 30),
            read("a", Some(Level::Sequential), 40),
        ];
        let mut history = promising(Level::Linearizable, operations);
        let (prefix, order) = ("c:".into(), LogOrder::Merged);
        let keyspace = Keyspace { prefix, order, level: Level::Eventual };
        history.header.as_mut().unwrap().keyspaces.push(keyspace);
        let judgement = Judgement::of(&history);
        let told = judgement.promises().map(|one| (one.level, one.word()));
        let expected = [
            (Level::Linearizable, "holds"),
            (Level::Sequential, "holds"),
            (Level::Eventual, "undecided"),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(judgement.exit_code(), history::EXIT_UNDECIDED);
        // Asked for at linearizable, the same read would have been too old.
        history.operations[3].level = None;
        assert_eq!(Judgement::of(&history).exit_code(), history::EXIT_VIOLATED);
    }

    #[test]
    fn a_stronger_level_speaks_for_none_below_it_that_judges_more_reads() {
        // Client 1 asks causally, and misses what it wrote itself; the other reads are the latest.
        let mut stale = Operation::read(1, "a", None, 20, 30);
        stale.level = Some(Level::Causal);
        let operations = vec![
            Operation::write(1, "a", "1", 0, Some(10)),
            stale,
            Operation::read(2, "a", Some("1"), 40, 50),
        ];
        let judgement = Judgement::of(&promising(Level::Eventual, operations));
        assert_eq!(judgement.standing(Level::Linearizable), Some(Standing::Held));
        assert!(matches!(judgement.standing(Level::Causal), Some(Standing::Violated(_))));
        let [evidence] = &judgement.evidence[..] else { panic!("{:?}", judgement.evidence) };
        assert_eq!(evidence.level, Level::Causal);
        assert_eq!(evidence.parts.len(), 2);
    }

    #[test]
    fn what_was_not_judged_follows_from_what_was() {
        let operations = vec![Operation::write(1, "a", "1", 0, Some(10))];
        let judgement = Judgement::of(&promising(Level::Sequential, operations));
        let levels: Vec<_> =
            compared(Level::Sequential).map(|level| judgement.standing(level)).collect();
        assert_eq!(levels, [Some(Standing::Held); 4]);
        assert!(judgement.others.len() < 3, "not each was judged");
    }
}
