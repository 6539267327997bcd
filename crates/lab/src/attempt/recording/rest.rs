//! What all servers are asked for in the end: the keys that may have been written, and the level of
//! the reads.

use std::collections::BTreeSet;

use history::{Level, LogOrder};

use super::{Recorded, Recording};
use crate::clients::step::{Answer, Step};
use crate::scenario::Keyspace;
use crate::scenario::keyspaces::{longest, order_of};

impl Recording {
    /// The keys that may have been written, in alphabetical order.
    pub(crate) fn written_keys(&self) -> Vec<String> {
        let may_have = |r: &&Recorded| {
            r.step.is_write() && !matches!(r.answer, Answer::Refused(_) | Answer::Swapped(false))
        };
        let noted = self.operations.iter().filter(may_have).map(|recorded| &recorded.step);
        let lost: Vec<_> = self.lost().collect();
        let steps = noted.chain(lost.iter().map(|lost| &lost.step));
        let parts = steps.flat_map(Step::parts).filter(|part| part.is_write());
        let keys: BTreeSet<&str> = parts.filter_map(Step::key).collect();
        keys.into_iter().map(str::to_owned).collect()
    }

    /// The keys that all servers are asked for in the end, and the level of that read if it is not
    /// that of the keyspace: those of merged keyspaces and, if somebody was promised as little as
    /// eventual reads of agreed ones, those as well.
    pub(crate) fn keys_at_rest(&self) -> Vec<(String, Option<Level>)> {
        let is_agreed_asked = self.operations.iter().any(|one| self.is_eventual_of_agreed(one));
        let keys = self.written_keys().into_iter();
        keys.filter_map(|key| match self.order_of(&key) {
            LogOrder::Merged => Some((key, None)),
            LogOrder::Agreed if is_agreed_asked => {
                let level = self.gives_eventual(&key).then_some(Level::Eventual);
                Some((key, level))
            }
            LogOrder::Agreed => None,
        })
        .collect()
    }

    /// Whether an operation is a read of an agreed keyspace that was promised to be eventual.
    fn is_eventual_of_agreed(&self, recorded: &Recorded) -> bool {
        let Step::Read { key, level } = &recorded.step else { return false };
        let asked = level.as_ref().and_then(|level| level.parse().ok());
        let level = asked.unwrap_or_else(|| self.level_of(key));
        let is_answered = matches!(recorded.answer, Answer::Value(_));
        is_answered && level == Level::Eventual && self.order_of(key) == LogOrder::Agreed
    }

    fn keyspace(&self, key: &str) -> Option<&Keyspace> {
        longest(&self.keyspaces, key)
    }

    fn order_of(&self, key: &str) -> LogOrder {
        self.keyspace(key).map_or_else(|| order_of(self.level), |keyspace| keyspace.order)
    }

    /// The level of reads of a key that name none.
    pub(super) fn level_of(&self, key: &str) -> Level {
        self.keyspace(key).map_or(self.level, |keyspace| keyspace.level)
    }

    fn gives_eventual(&self, key: &str) -> bool {
        self.keyspace(key).is_none_or(|keyspace| keyspace.gives(Level::Eventual))
    }
}
