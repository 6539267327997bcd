//! Nothing acknowledged is lost, and the writes of a node keep their order. Begin with
//! [`Possible`].
//!
//! Some keys are written by one client at one node alone. The writes of a node keep their order,
//! whoever leads, so such a key holds the last acknowledged write, or one of unknown outcome that
//! was sent after it. Its client's own reads and comparisons see no less and never go back; the
//! final reads see the same. Two exceptions: eventual reads of an agreed keyspace, since a node
//! that restarts shows an older state first; and a merged node that is lost for good, with what it
//! alone had.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use node::{Level, Order};

use super::invariant::{Invariant, Rest};
use crate::record::describe;
use crate::record::operation::{Operation, Outcome};

/// Nothing to remember: the record has it all.
#[derive(Debug)]
pub(crate) struct Kept;

/// The values that a key may have: the oldest that is certain, then those of unknown outcome, as
/// they were sent.
struct Possible<'a>(Vec<Option<&'a Bytes>>);

impl<'a> Possible<'a> {
    fn write(&mut self, operation: &'a Operation) {
        let Some(written) = operation.written() else { return };
        match operation.outcome {
            Outcome::Done(_) => self.0 = vec![written],
            Outcome::Unknown | Outcome::Open => self.0.push(written),
            Outcome::Refused(_) => {}
        }
    }

    /// False if what was seen cannot be there. What is older than what was seen is over.
    fn see(&mut self, seen: Option<&Bytes>) -> bool {
        self.is_at(|value| value == seen)
    }

    /// False if nothing else can be there than what was not seen.
    fn miss(&mut self, missed: Option<&Bytes>) -> bool {
        self.is_at(|value| value != missed)
    }

    fn is_at(&mut self, fits: impl Fn(Option<&Bytes>) -> bool) -> bool {
        let place = self.0.iter().position(|value| fits(*value));
        self.0.drain(..place.unwrap_or(0));
        place.is_some()
    }
}

impl Invariant for Kept {
    fn name(&self) -> &'static str {
        "acknowledged is kept"
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        let mut keys: BTreeMap<&Bytes, Possible<'_>> = BTreeMap::new();
        let lost = lost(rest);
        for operation in rest.operations {
            let possible = match operation.private {
                true => keys.entry(&operation.key).or_insert(Possible(vec![None])),
                false => continue,
            };
            if operation.is_final && lost.contains(&operation.key) {
                continue;
            }
            if operation.action.is_write() || counts(operation, rest) {
                let list = possible.0.iter().map(|value| describe::value(*value));
                let list = list.collect::<Vec<_>>().join(", ");
                let words = operation.describe();
                if let Some(seen) = operation.seen().filter(|seen| !possible.see(*seen)) {
                    return Err(format!(
                        "{words} saw {}; possible were: {list}",
                        describe::value(seen)
                    ));
                }
                if operation.missed().is_some_and(|missed| !possible.miss(missed)) {
                    return Err(format!("{words} found something else; possible were: {list}"));
                }
                let fits = match operation.counted() {
                    Some(true) => possible.miss(None),
                    Some(false) => possible.see(None),
                    None => true,
                };
                if !fits {
                    let counted = i32::from(operation.counted() == Some(true));
                    return Err(format!("{words} counted {counted}; possible were: {list}"));
                }
            }
            possible.write(operation);
        }
        Ok(())
    }
}

/// The keys that were written at a machine which is lost for good, where that machine's disk alone
/// had to keep them.
fn lost<'a>(rest: &Rest<'a>) -> BTreeSet<&'a Bytes> {
    let merged = rest.setting.order == Order::Merged;
    let there = |operation: &&Operation| merged && rest.fates[operation.host].loses();
    rest.operations.iter().filter(there).map(|operation| &operation.key).collect()
}

/// Whether a read must see what was acknowledged.
fn counts(operation: &Operation, rest: &Rest<'_>) -> bool {
    let weak = rest.setting.order == Order::Agreed && operation.level == Level::Eventual;
    operation.is_final || !weak
}
