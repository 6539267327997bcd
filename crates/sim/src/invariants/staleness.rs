//! An answer holds all that was committed when it says so: a linearizable read when it was asked
//! for, a bounded one its bound before that, and any other as long before as `CONSISTENCY LAST`
//! says.
//!
//! The judge sees values, and only of writes that were answered. Here the place at which an answer
//! stands is held against what any node knew to be committed at that time.

use node::Certificate;

use super::invariant::{Invariant, Rest, Turn};
use crate::record::operation::Operation;

/// The greatest index that any node knew to be committed, and since when.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    committed: Vec<(u64, u64)>,
}

impl Recent {
    /// What was committed before then, as far as any node knew.
    fn before(&self, at_us: u64) -> u64 {
        let count = self.committed.partition_point(|(since_us, _)| *since_us < at_us);
        count.checked_sub(1).map_or(0, |last| self.committed[last].1)
    }

    fn check(&self, operation: &Operation) -> Result<(), String> {
        let (true, Some(since_us), Some(Certificate::Agreed { position, .. })) =
            (operation.is_done(), operation.since_us, operation.certificate.as_deref())
        else {
            return Ok(());
        };
        let committed = self.before(since_us);
        if operation.action.is_write() || position.index.0 >= committed {
            return Ok(());
        }
        let (what, index) = (operation.describe(), position.index);
        let ago_us = operation.start_us.saturating_sub(since_us);
        Err(format!(
            "{what} [from {} µs] stands at {index}, and {committed} was committed {ago_us} µs before it began",
            operation.start_us
        ))
    }
}

impl Invariant for Recent {
    fn name(&self) -> &'static str {
        "no staler than it says"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let commit = turn.status.commit.0;
        if self.committed.last().is_none_or(|(_, last)| *last < commit) {
            self.committed.push((turn.at_us, commit));
        }
        Ok(())
    }

    fn at_rest(&mut self, rest: &Rest<'_>) -> Result<(), String> {
        rest.asked.iter().try_for_each(|operation| self.check(operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{operation, status, turn};
    use crate::record::operation::Action;
    use node::{AgreedPosition, Index, Level, Reply, Status};

    #[test]
    fn an_answer_that_is_too_old_is_seen() {
        let mut invariant = Recent::default();
        for (at_us, commit) in [(1_000, 5), (2_000, 4), (3_000, 9)] {
            let status = Status { commit: Index(commit), ..status(1) };
            assert_eq!(invariant.on_turn(&Turn { at_us, ..turn(&status, 1) }), Ok(()));
        }
        let read = |index, since_us| {
            let position = AgreedPosition { index: Index(index), offset: 0 };
            let certificate = Certificate::Agreed { position, by: None };
            let done = operation(1, Action::Get, Reply::Nil, (4_000, 5_000), certificate);
            invariant.check(&Operation { level: Level::Sequential, since_us, ..done })
        };
        assert_eq!(read(1, None), Ok(()), "nothing is said");
        assert_eq!(read(1, Some(1_000)), Ok(()), "it was committed no earlier");
        assert!(read(4, Some(1_001)).unwrap_err().contains("2999 µs before it began"));
        assert_eq!(read(5, Some(3_000)), Ok(()));
        assert!(read(8, Some(4_000)).is_err());
    }
}
