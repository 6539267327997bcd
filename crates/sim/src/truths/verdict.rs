//! The judge finds every level kept that was promised.
//!
//! Each level is judged by itself: all writes, and the reads that were promised that level or a stronger one.

use std::time::Duration;

use bytes::Bytes;
use history::{Budget, Header, History, Unit, check};
use node::{Level, Order};

use crate::operation::{Operation, Outcome};
use crate::setting::Setting;

/// What the judge says of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The level.
    pub level: history::Level,
    /// `holds`, `violated` or `undecided`.
    pub word: &'static str,
    /// The clash, or why it is not known, one line each.
    pub lines: Vec<String>,
}

/// States that the judge may visit for one level. Not time: a verdict must not depend on the machine.
const STATES_MAX: u64 = 200_000;

/// Judges a world at every level that its order promises.
pub(crate) fn judge(setting: &Setting, operations: &[Operation]) -> Vec<Judgement> {
    let levels = match setting.order {
        Order::Agreed => &[Level::Linearizable, Level::Sequential, Level::Eventual][..],
        // Causal comes when the judge knows it.
        Order::Merged => &[Level::Eventual],
    };
    levels.iter().filter_map(|level| judge_level(*level, operations)).collect()
}

fn judge_level(level: Level, operations: &[Operation]) -> Option<Judgement> {
    let name = judged(level)?;
    let history = history(level, operations);
    let budget = Budget { time_max: Duration::MAX, states_max: STATES_MAX, ..Budget::default() };
    let verdict = check(&history, name, &budget);
    let lines = if verdict.holds() { vec![] } else { verdict.lines(&history) };
    Some(Judgement { level: name, word: verdict.word(), lines })
}

/// The judge's name for a level, if it knows it.
fn judged(level: Level) -> Option<history::Level> {
    match level {
        Level::Linearizable => Some(history::Level::Linearizable),
        Level::Sequential => Some(history::Level::Sequential),
        Level::Causal => None,
        Level::Eventual => Some(history::Level::Eventual),
    }
}

/// What counts when a level is judged, in the judge's own form.
///
/// Requests that one client sends in a row overlap. For real time each of them counts by itself; for the
/// order of a client, where real time is no matter, each begins when the one before it ended.
pub(crate) fn history(level: Level, operations: &[Operation]) -> History {
    let header = Header::new(Unit::Microseconds, judged(level));
    let strangers = 1 + operations.iter().map(|operation| operation.client).max().unwrap_or(0);
    let mut ends = std::collections::BTreeMap::new();
    let mut counted = vec![];
    for (place, operation) in operations.iter().enumerate() {
        let mut client = operation.client;
        let mut start_us = operation.start_us;
        if level == Level::Linearizable && operation.pipelined {
            client = strangers + place as u64;
        } else {
            let end = ends.entry(client).or_insert(0);
            start_us = start_us.max(*end);
            *end = operation.end_us.max(start_us);
        }
        counted.extend(convert(level, operation, client, start_us));
    }
    History::new(Some(header), counted)
}

fn convert(
    level: Level,
    operation: &Operation,
    client: u64,
    start_us: u64,
) -> Option<history::Operation> {
    let (write, unknown) = (operation.action.is_write(), !is_over(operation));
    let end = (!unknown).then_some(operation.end_us.max(start_us));
    let kind = match operation.seen() {
        _ if write => history::Kind::Write { value: operation.written().map(text) },
        Some(value) if is_at_least(operation.level, level) => {
            history::Kind::Read { value: value.map(text), ok: true }
        }
        _ => return None,
    };
    let mut judged = history::Operation::new(client, kind, &text(&operation.key), start_us, end);
    judged.refused = matches!(operation.outcome, Outcome::Refused(_));
    judged.is_final = operation.is_final;
    judged.server = Some(operation.host as u64);
    Some(judged)
}

fn is_over(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Done(_) | Outcome::Refused(_))
}

/// Whether a read that was promised one level must also meet another of the same order.
fn is_at_least(promised: Level, level: Level) -> bool {
    let rank = |level| match level {
        Level::Linearizable => 0,
        Level::Sequential => 1,
        Level::Causal => 2,
        Level::Eventual => 3,
    };
    rank(promised) <= rank(level)
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
