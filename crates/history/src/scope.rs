//! What one verdict is about: the operations of one order, and at which level each read counts.
//!
//! A file may promise several levels: that of its header, those of its keyspaces, and each that a
//! read asked for by itself. Every one of them is judged apart, over the keyspaces of one order: by
//! all writes, and by the reads that were promised that level or a stronger one.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::budget::Budget;
use crate::check::settle;
use crate::model::history::History;
use crate::model::keyspace::LogOrder;
use crate::model::level::Level;
use crate::model::operation::{Fate, Operation};
use crate::model::view::counts;
use crate::verdict::{Clash, Link, Outcome, Reason, Verdict};
use crate::witness::{Order, Witness, validate};

/// The most levels that reads of one history may ask for.
pub(crate) const LEVELS_MAX: usize = 64;

/// What a verdict is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The order whose keyspaces are judged; `None`: the history names no keyspaces.
    pub order: Option<LogOrder>,
    /// Whether a read that asks for no level counts at that of its keyspace and weaker ones alone.
    /// Else it counts at every level: what would be, if this one were promised.
    pub as_promised: bool,
}

/// The operations of a scope, as a history of their own.
#[derive(Clone, Debug)]
pub(crate) struct Part<'h> {
    pub(crate) history: Cow<'h, History>,
    /// Where each of them stands in the whole history; `None`: where it stands here.
    places: Option<Vec<usize>>,
}

impl Scope {
    /// The scopes of a history, in each of which something was asked.
    pub(crate) fn all(history: &History, as_promised: bool) -> Vec<Scope> {
        if !history.has_keyspaces() {
            let as_promised = as_promised && asks_for_more(history);
            return vec![Scope { order: None, as_promised }];
        }
        let orders = history.operations.iter().map(|one| history.order_of(one));
        let mut orders: BTreeSet<LogOrder> = orders.collect();
        if orders.is_empty() {
            orders.insert(history.default_order());
        }
        orders.into_iter().map(|order| Scope { order: Some(order), as_promised }).collect()
    }

    /// Its operations.
    pub(crate) fn part<'h>(&self, history: &'h History) -> Part<'h> {
        if *self == Scope::default() {
            return Part { history: Cow::Borrowed(history), places: None };
        }
        let is_in = |one: &Operation| self.order.is_none_or(|order| history.order_of(one) == order);
        let kept = history.operations.iter().enumerate().filter(|(_, one)| is_in(one));
        let (places, operations) = kept
            .map(|(place, one)| {
                let mut one = one.clone();
                if self.as_promised && one.is_read() {
                    one.level = Some(history.level_of(&one));
                }
                (place, one)
            })
            .unzip();
        let part = History {
            header: history.header.clone(),
            initial: history.initial.clone(),
            operations,
            askers: history.askers(),
            ..History::default()
        };
        Part { history: Cow::Owned(part), places: Some(places) }
    }
}

/// Whether a read asked for a level that the header's does not imply.
fn asks_for_more(history: &History) -> bool {
    let promised = history.promised().unwrap_or(Level::Linearizable);
    let asked = history.operations.iter().filter_map(|operation| operation.level);
    asked.into_iter().any(|asked| !promised.is_at_least(asked))
}

/// Judges what a scope is about by `level`, as [`crate::settle`] does for a whole history.
pub fn check_scope(history: &History, scope: Scope, level: Level, budget: &Budget) -> Verdict {
    let part = scope.part(history);
    let verdict = part.settle(history, level, budget);
    part.whole(verdict)
}

/// Checks that a witness proves that what a scope is about meets `level`; an error says what is
/// wrong with it.
pub fn validate_scope(
    history: &History,
    scope: Scope,
    level: Level,
    witness: &Witness,
) -> Result<(), String> {
    let part = scope.part(history);
    let Some(places) = &part.places else { return validate(history, level, witness) };
    let outside = |place: usize| format!("operation {place} is not among those that are judged");
    let here = |place: usize| places.binary_search(&place).map_err(|_| outside(place));
    let witness = moved(witness, here)?;
    validate(&part.history, level, &witness)
}

impl Part<'_> {
    /// The verdict about it, with operations where they stand in the whole history.
    pub(crate) fn whole(&self, verdict: Verdict) -> Verdict {
        let Some(places) = &self.places else { return verdict };
        let at = |here: usize| places[here];
        let outcome = match verdict.outcome {
            Outcome::Holds { witness } => {
                let there = |here: usize| Ok::<usize, std::convert::Infallible>(at(here));
                let Ok(witness) = witness.map(|witness| moved(&witness, there)).transpose();
                Outcome::Holds { witness }
            }
            Outcome::Violated(Clash { operations, sentence, cycle }) => Outcome::Violated(Clash {
                operations: operations.into_iter().map(at).collect(),
                sentence,
                cycle: cycle
                    .into_iter()
                    .map(|Link { from, to, why }| Link {
                        from: at(from),
                        to: at(to),
                        why: match why {
                            Reason::Conflict { reader } => Reason::Conflict { reader: at(reader) },
                            Reason::Overwritten { maker } => {
                                Reason::Overwritten { maker: maker.map(at) }
                            }
                            other => other,
                        },
                    })
                    .collect(),
            }),
            undecided => undecided,
        };
        Verdict { outcome, ..verdict }
    }

    /// The verdict about it alone. It stands in memory beside the whole, unless it is all of it.
    pub(crate) fn settle(&self, whole: &History, level: Level, budget: &Budget) -> Verdict {
        let beside = self.places.as_ref().map_or(0, |_| whole.bytes());
        let memory_bytes_max = budget.memory_bytes_max.saturating_sub(beside);
        settle(&self.history, level, &Budget { memory_bytes_max, ..*budget })
    }

    /// How many answered reads do not count at a level.
    pub(crate) fn uncounted(&self, level: Level) -> usize {
        let answered = |one: &&Operation| one.is_read() && one.fate() == Fate::Done;
        let reads = self.history.operations.iter().filter(answered);
        reads.filter(|read| !counts(read, level)).count()
    }
}

/// A witness whose operations have other numbers.
fn moved<E>(witness: &Witness, to: impl Fn(usize) -> Result<usize, E>) -> Result<Witness, E> {
    let all = |from: &[usize]| from.iter().map(|&one| to(one)).collect::<Result<Vec<_>, E>>();
    let orders = witness
        .orders
        .iter()
        .map(|order| Ok(Order { operations: all(&order.operations)?, ..order.clone() }));
    let sources =
        witness.sources.iter().map(|(one, source)| Ok((to(*one)?, source.map(&to).transpose()?)));
    let counted = witness.counted.iter().map(|(one, counted)| Ok((to(*one)?, all(counted)?)));
    Ok(Witness {
        orders: orders.collect::<Result<_, E>>()?,
        sources: sources.collect::<Result<_, E>>()?,
        counted: counted.collect::<Result<_, E>>()?,
    })
}

impl History {
    /// The first read that asks for one level more than a history may, with the field at fault and
    /// what would be right.
    pub(crate) fn one_level_too_many(&self) -> Option<(usize, &'static str, String)> {
        let mut known: Vec<Level> = Vec::new();
        for (index, operation) in self.operations.iter().enumerate() {
            let Some(level) = operation.level.filter(|level| !known.contains(level)) else {
                continue;
            };
            if known.len() == LEVELS_MAX {
                let what = format!("reads of one history ask for at most {LEVELS_MAX} levels");
                return Some((index, "level", what));
            }
            known.push(level);
        }
        None
    }
}
