//! The judge finds every promised level kept. Begin with [`judge`].
//!
//! Each level is judged by itself: all writes, and the reads that were promised that level or a
//! stronger one. If answers carry certificates the judge is asked twice, with and without them:
//! what certificates prove must not depend on the node's honesty, and what they speed up must be
//! true without them.

mod orders;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use history::{Budget, Header, History, Unit, check};
use node::{AgreedPosition, Certificate, Level, MergedPosition, MergedWrite, Order};

use super::invariant::Fate;
use crate::plan::setting::Setting;
use crate::record::operation::{Action, Operation, Outcome};
use crate::record::transaction;
pub(crate) use orders::parts_of;
use orders::{Ended, is_of};

/// What the judge says of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The order of the keyspaces that it is about.
    pub order: Order,
    /// The level.
    pub level: history::Level,
    /// Whether the judge was given the certificates.
    pub certified: bool,
    /// `holds`, `violated` or `undecided`.
    pub word: &'static str,
    /// The clash, or why it is not known, one line each.
    pub lines: Vec<String>,
    /// The operations of the clash, by their places among all that clients asked for.
    pub clash: Vec<usize>,
    /// The cycle that they run in, if they do: the place of each, the place of the next, and why.
    pub cycle: Vec<(usize, usize, &'static str)>,
}

/// The name of this invariant.
pub(crate) const VERDICT: &str = "verdict";

/// States that the judge may visit for one level. Not time: a verdict must not depend on the
/// machine.
const STATES_MAX: u64 = 20_000;

/// Judges what was asked of keyspaces of one order at every level that it promises.
pub(crate) fn judge(setting: &Setting, evidence: &Evidence<'_>) -> Vec<Judgement> {
    let mut judgements = vec![];
    for level in setting.levels_of(evidence.order) {
        // Where keyspaces come and go little may be asked of the other order.
        if setting.order != evidence.order && !evidence.tells(level) {
            continue;
        }
        judgements.push(judge_level(level, false, evidence));
        // Eventual consistency is about values alone.
        if setting.load.certified && level != Level::Eventual {
            judgements.push(judge_level(level, true, evidence));
        }
    }
    judgements
}

/// What the judge is told.
pub(crate) struct Evidence<'a> {
    order: Order,
    operations: &'a [Operation],
    /// Where each of them stands among all that clients asked for.
    places: &'a [usize],
    /// All that clients asked for.
    record: &'a [Operation],
    /// All keys, numbered.
    keys: BTreeMap<&'a Bytes, u64>,
    fates: &'a [Fate],
    /// Values that were seen at a node which is not lost; nothing if all that was acknowledged must
    /// be there anyway.
    spread: Option<BTreeSet<&'a Bytes>>,
}

impl<'a> Evidence<'a> {
    /// `fates`: what became of each node.
    pub(crate) fn new(
        order: Order,
        operations: &'a [Operation],
        places: &'a [usize],
        record: &'a [Operation],
        fates: &'a [Fate],
    ) -> Evidence<'a> {
        let names: BTreeSet<&Bytes> = operations.iter().map(|operation| &operation.key).collect();
        let keys = names.into_iter().zip(0..).collect();
        let living = operations.iter().filter(|operation| !fates[operation.host].loses());
        let spread = (order == Order::Merged)
            .then(|| living.filter_map(|operation| operation.seen().flatten()).collect());
        Evidence { order, operations, places, record, keys, fates, spread }
    }

    /// All operations and transactions that a history tells of, each with its place, in their
    /// order.
    fn told(&self) -> Vec<(&'a Operation, usize)> {
        let parts = self.operations.iter().zip(self.places.iter().copied());
        let is_told = |one: &Operation| is_of(one, self.order) && transaction::told(one).is_some();
        let execs = self.record.iter().zip(0..).filter(|(one, _)| is_told(one));
        let mut told: Vec<_> = parts.chain(execs).collect();
        told.sort_by_key(|&(_, place)| place);
        told
    }

    /// Whether anything is known to have run that counts at this level.
    fn tells(&self, level: Level) -> bool {
        let has_run = |one: &history::Operation| one.end.is_some() && !one.refused;
        history(level, false, self).operations.iter().any(has_run)
    }

    /// An entry as the judge knows it: it has one write of one key. So a command of several keys
    /// has several of them.
    fn entry(&self, write: MergedWrite, key: &Bytes) -> history::Entry {
        let offset = u64::from(write.offset) * self.keys.len() as u64 + self.keys[key];
        history::Entry {
            replica: replica(&write.entry),
            index: write.entry.index.0,
            offset,
            stamp: write.clock,
        }
    }

    /// Whether a merged write may have been lost with the one disk that had to keep it. It was
    /// acknowledged, and from then on nothing is known of it.
    fn may_be_lost(&self, operation: &Operation) -> bool {
        let Some(spread) = &self.spread else { return false };
        let value = operation.written().flatten().filter(|_| operation.unique);
        let known = value.is_some_and(|value| spread.contains(value));
        let written = operation.is_done() && operation.action.is_write();
        written && self.fates[operation.host].may_lose(operation) && !known
    }
}

fn judge_level(level: Level, certified: bool, evidence: &Evidence<'_>) -> Judgement {
    let (history, places) = history_and_places(level, certified, evidence);
    let budget = Budget { time_max: Duration::MAX, states_max: STATES_MAX, ..Budget::default() };
    let name = judged(level);
    // Each read has been moved by its bound, as its node's clock measured that.
    let is_bounded = matches!(level, Level::Bounded { .. });
    let as_moved = if is_bounded { history::Level::Linearizable } else { name };
    let verdict = check(&history, as_moved, &budget);
    let lines = if verdict.holds() { vec![] } else { verdict.lines(&history) };
    let clash = verdict.clash();
    let link = |link: &history::Link| (places[link.from], places[link.to], link.why.name());
    Judgement {
        order: evidence.order,
        level: name,
        certified,
        word: verdict.word(),
        lines,
        clash: clash.iter().flat_map(|clash| &clash.operations).map(|one| places[*one]).collect(),
        cycle: clash.iter().flat_map(|clash| &clash.cycle).map(link).collect(),
    }
}

/// The judge's name for a level.
fn judged(level: Level) -> history::Level {
    match level {
        Level::Linearizable => history::Level::Linearizable,
        Level::Bounded { ms } => history::Level::Bounded { ms: ms.into() },
        Level::Sequential => history::Level::Sequential,
        Level::Causal => history::Level::Causal,
        Level::Eventual => history::Level::Eventual,
    }
}

/// What counts when a level is judged, in the judge's own form.
///
/// Requests that one client sends in a row overlap. For real time each of them counts by itself;
/// for the order of a client, where real time is no matter, each begins when the one before it
/// ended.
pub(crate) fn history(level: Level, certified: bool, evidence: &Evidence<'_>) -> History {
    history_and_places(level, certified, evidence).0
}

/// The same, and the place of each of its operations in the record.
fn history_and_places(
    level: Level,
    certified: bool,
    evidence: &Evidence<'_>,
) -> (History, Vec<usize>) {
    let operations = evidence.told();
    let header = Header::new(Unit::Microseconds, Some(judged(level)));
    let strangers = 1 + operations.iter().map(|(one, _)| one.client).max().unwrap_or(0);
    let mut ends = BTreeMap::new();
    let (mut counted, mut places) = (vec![], vec![]);
    let ended = Ended::of(&operations);
    for (number, &(operation, place)) in operations.iter().enumerate() {
        if level == Level::Eventual && !ended.tells_of(&operation.key) {
            continue;
        }
        let mut client = operation.client;
        let mut start_us = operation.start_us;
        let lost = evidence.may_be_lost(operation);
        // Nobody goes on after what has no end, not even with the rest of it.
        let goes_on = operation.part_of.is_some() && operation.outcome == Outcome::Unknown;
        let is_bounded = matches!(level, Level::Bounded { .. });
        let by_itself = level == Level::Linearizable || is_bounded || goes_on;
        let begins_us = if is_bounded { operation.begins_us() } else { start_us };
        if lost
            || operation.is_interval
            || (by_itself && operation.pipelined)
            || begins_us < start_us
        {
            client = strangers + number as u64;
            start_us = begins_us;
        } else {
            let end = ends.entry(client).or_insert(0);
            start_us = start_us.max(*end);
            *end = operation.end_us.max(start_us);
        }
        let Some(mut one) = convert(level, operation, client, start_us) else { continue };
        one.end = one.end.filter(|_| !lost);
        // Of a node that is lost no final read is missing.
        one.server = one.server.filter(|_| evidence.fates[operation.host].is_there());
        if certified && !lost {
            one = certified_by(one, operation, evidence);
        }
        counted.push(one);
        places.push(place);
    }
    (History::new(Some(header), counted), places)
}

fn convert(
    level: Level,
    operation: &Operation,
    client: u64,
    start_us: u64,
) -> Option<history::Operation> {
    // Of one that was done somewhere it is not known that it was done here.
    let is_done = operation.is_done() && operation.order.is_some();
    let is_over = is_done || matches!(operation.outcome, Outcome::Refused(_));
    let end = is_over.then_some(operation.end_us.max(start_us));
    // Of the quiet end nothing is asked of what only transactions know.
    let parts = transaction::told(operation).filter(|_| level != Level::Eventual);
    if let Some(parts) = parts {
        let mut judged = history::Operation::transaction(client, parts, start_us, end);
        judged.refused = matches!(operation.outcome, Outcome::Refused(_));
        judged.server = Some(operation.host as u64);
        return Some(judged);
    }
    let kind = match operation.seen() {
        _ if let Action::Cas { from, to, .. } = &operation.action => history::Kind::Cas {
            from: from.as_ref().map(text),
            to: Some(text(to)),
            ok: operation.compared(),
        },
        _ if let Some(written) = operation.written() => {
            history::Kind::Write { value: written.map(text) }
        }
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

fn certified_by(
    judged: history::Operation,
    operation: &Operation,
    evidence: &Evidence<'_>,
) -> history::Operation {
    let entry = |write| evidence.entry(write, &operation.key);
    let certificate = match operation.certificate.as_deref() {
        None => return judged,
        Some(Certificate::Agreed { position, .. }) if judged.is_transaction() => {
            // Its answer stands at its last command.
            let Action::Exec { commands, .. } = &operation.action else { return judged };
            let behind = commands.len().saturating_sub(1) as u32;
            let first =
                AgreedPosition { offset: position.offset.saturating_sub(behind), ..*position };
            let position = Some(history::Position::Agreed(place(first)));
            history::Certificate { position, ..history::Certificate::default() }
        }
        Some(Certificate::Agreed { position, by }) => {
            let source = |by| history::Source::Agreed(place(by));
            // That it found something is no more than a write says: of what it found it knows
            // nothing.
            let looked = !matches!(judged.kind, history::Kind::Write { .. });
            let by = by.filter(|_| looked);
            history::Certificate {
                position: Some(history::Position::Agreed(place(*position))),
                by: by.map(|by| by.map_or(history::Source::Nothing, source)),
                entry: None,
            }
        }
        Some(Certificate::Merged { position, by, entry: own }) => {
            let place = |at: &MergedPosition| (replica(at), at.index.0);
            let mut vector: Vec<_> = position.iter().map(place).collect();
            vector.sort_unstable();
            let source = |by| history::Source::Merged(entry(by));
            history::Certificate {
                position: Some(history::Position::Merged(vector)),
                by: by.map(|by| by.map_or(history::Source::Nothing, source)),
                entry: own.map(entry),
            }
        }
    };
    judged.certified(certificate)
}

fn place(position: AgreedPosition) -> history::Place {
    history::Place { index: position.index.0, offset: position.offset.into() }
}

fn replica(position: &MergedPosition) -> history::Replica {
    history::Replica { node: position.replica.0, boot: position.boot.0 }
}

/// Whether a read that was promised one level must also meet another of the same order.
fn is_at_least(promised: Level, level: Level) -> bool {
    match (promised, level) {
        // Each has been moved by its own bound; and a session does not go back.
        (Level::Bounded { .. }, Level::Bounded { .. } | Level::Sequential) => true,
        _ => {
            judged(level) == history::Level::Eventual || judged(promised).is_at_least(judged(level))
        }
    }
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
