//! In a calm world, where nothing breaks, an operation and the spread of an entry take no longer
//! than messages and disks do. Begin with [`Prompt`].
//!
//! - Each operation is done within [`OPERATION_MS_MAX`]: a message takes at most a millisecond and
//!   a sync at most six, but the next heartbeat of a leader is up to a hundred away.
//! - An entry of a merged log is applied by every replica within [`SPREAD_MS_MAX`], also while
//!   others go on writing. Messages get lost there; two rounds of repair in vain fit in.

use std::collections::BTreeMap;

use node::{NodeId, Order};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;
use crate::record::operation::Operation;

/// How long an operation may take.
const OPERATION_MS_MAX: u64 = 50;

/// How long it may take until every replica has applied an entry of a merged log.
const SPREAD_MS_MAX: u64 = 4_000;

/// Until then members connect, and elect their first leader.
const BEGINS_US: u64 = 4_000_000;

/// How long things took so far.
#[derive(Debug)]
pub(crate) struct Prompt {
    setting: Setting,
    /// For each replica how far its own log had come, and when: both only grow.
    made: BTreeMap<NodeId, Vec<(u64, u64)>>,
}

impl Prompt {
    pub(crate) fn new(setting: &Setting) -> Prompt {
        Prompt { setting: setting.clone(), made: BTreeMap::new() }
    }

    /// A replica has written so many entries of its own.
    fn make(&mut self, replica: NodeId, index: u64, at_us: u64) {
        let made = self.made.entry(replica).or_default();
        if made.last().is_none_or(|(last, _)| *last < index) {
            made.push((index, at_us));
        }
    }

    /// How many entries of a replica everybody must have applied by now.
    fn due(&self, replica: NodeId, at_us: u64) -> u64 {
        let Some(made) = self.made.get(&replica) else { return 0 };
        let since_us = at_us.saturating_sub(SPREAD_MS_MAX * 1000);
        let count = made.partition_point(|(_, made_us)| *made_us <= since_us);
        count.checked_sub(1).map_or(0, |last| made[last].0)
    }
}

impl Invariant for Prompt {
    fn name(&self) -> &'static str {
        "calm weather"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if self.setting.order == Order::Agreed {
            return Ok(());
        }
        let applied = |replica: NodeId| {
            let place = turn.status.vector.iter().find(|(id, _, _)| *id == replica);
            place.map_or(0, |(_, _, index)| index.0)
        };
        let own = turn.status.id;
        self.make(own, applied(own), turn.at_us);
        for replica in self.made.keys() {
            let due = self.due(*replica, turn.at_us);
            if applied(*replica) < due {
                return Err(format!(
                    "node {} lacks entry {due} of node {} after {SPREAD_MS_MAX} ms",
                    own.0, replica.0
                ));
            }
        }
        Ok(())
    }

    fn on_outcome(&mut self, operation: &Operation) -> Result<(), String> {
        let settled = (BEGINS_US..self.setting.breaking_us).contains(&operation.start_us);
        if !settled || !self.setting.can(operation) {
            return Ok(());
        }
        let took_us = operation.end_us - operation.start_us;
        if took_us > OPERATION_MS_MAX * 1000 {
            let (what, took_ms) = (operation.describe(), took_us / 1000);
            return Err(format!("{what} took {took_ms} ms, and nothing is wrong"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{operation, status, turn};
    use crate::options::{Options, Plain};
    use crate::plan::Plan;
    use crate::record::operation::Action;
    use node::{AgreedPosition, Boot, Certificate, Index, Reply, Status};

    fn prompt(order: Order) -> Prompt {
        let (plain, order) = (Some(Plain::Calm), Some(order));
        Prompt::new(&Plan::draw(1, &Options { plain, order, ..Options::default() }).setting)
    }

    #[test]
    fn an_operation_that_takes_long_is_seen() {
        let took = |from_ms: u64, ms: u64| {
            let times = (from_ms * 1000, (from_ms + ms) * 1000);
            let certificate = Certificate::Agreed { position: AgreedPosition::default(), by: None };
            let done = operation(1, Action::Del, Reply::Integer(0), times, certificate);
            prompt(Order::Agreed).on_outcome(&done)
        };
        assert_eq!(took(5_000, OPERATION_MS_MAX), Ok(()));
        assert!(took(5_000, OPERATION_MS_MAX + 1).is_err());
        assert_eq!(took(1_000, 500), Ok(()), "there may be no leader yet");
    }

    #[test]
    fn an_entry_that_does_not_spread_is_seen() {
        let mut invariant = prompt(Order::Merged);
        let mut at = |node: u64, at_ms: u64, index: u64| {
            let status =
                Status { vector: vec![(NodeId(1), Boot(1), Index(index))], ..status(node) };
            invariant.on_turn(&Turn { at_us: at_ms * 1000, ..turn(&status, 1) })
        };
        assert_eq!(at(1, 1_000, 3), Ok(()));
        assert_eq!(at(1, 2_000, 4), Ok(()));
        assert_eq!(at(2, 1_000 + SPREAD_MS_MAX - 1, 0), Ok(()), "there is time");
        assert_eq!(at(2, 1_000 + SPREAD_MS_MAX, 3), Ok(()));
        assert_eq!(at(2, 2_000 + SPREAD_MS_MAX - 1, 3), Ok(()));
        assert!(at(2, 2_000 + SPREAD_MS_MAX, 3).unwrap_err().contains("lacks entry 4"));
    }
}
