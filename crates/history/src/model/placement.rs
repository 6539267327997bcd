//! Where operations belong: the keyspace of their keys, its order, and the level of their reads.

use crate::model::history::History;
use crate::model::keyspace::{Keyspace, LogOrder};
use crate::model::level::Level;
use crate::model::operation::{Fate, Operation};

impl History {
    /// The keyspace of a key: the one with the longest prefix; `None` for what has no keyspace.
    pub fn keyspace(&self, key: &str) -> Option<&Keyspace> {
        let all = self.header.iter().flat_map(|header| &header.keyspaces);
        let fits = |keyspace: &&Keyspace| key.starts_with(&keyspace.prefix);
        all.filter(fits).max_by_key(|keyspace| keyspace.prefix.len())
    }

    /// Whether its header names keyspaces.
    pub fn has_keyspaces(&self) -> bool {
        self.header.as_ref().is_some_and(|header| !header.keyspaces.is_empty())
    }

    /// The order of what has no keyspace: agreed, unless its level asks for no order that all agree
    /// on.
    pub fn default_order(&self) -> LogOrder {
        let level = self.promised().unwrap_or(Level::Linearizable);
        if LogOrder::Merged.can_promise(level) { LogOrder::Merged } else { LogOrder::Agreed }
    }

    /// The order of the keyspaces that an operation is about.
    pub(crate) fn order_of(&self, operation: &Operation) -> LogOrder {
        let key = operation.parts().first().map_or("", |part| &part.key);
        self.keyspace(key).map_or(self.default_order(), |keyspace| keyspace.order)
    }

    /// The level that a read is promised: the one it asked for, else that of its keyspace.
    pub(crate) fn level_of(&self, read: &Operation) -> Level {
        let promised = || self.keyspace(&read.key).map(|keyspace| keyspace.level);
        let default = || self.promised().unwrap_or(Level::Linearizable);
        read.level.or_else(promised).unwrap_or_else(default)
    }

    /// The first operation that cannot have been where the header puts its keys, the field that
    /// shows it, and what would be right.
    pub(crate) fn misplaced(&self) -> Option<(usize, &'static str, String)> {
        if !self.has_keyspaces() {
            return None;
        }
        // What was refused may have been refused for just that.
        let done = |one: &(usize, &Operation)| one.1.fate() != Fate::Refused;
        let all = self.operations.iter().enumerate().filter(done);
        all.filter_map(|(index, one)| self.fault_of(one).map(|(field, why)| (index, field, why)))
            .next()
    }

    fn fault_of(&self, operation: &Operation) -> Option<(&'static str, String)> {
        let order = self.order_of(operation);
        if let Some(level) = operation.level.filter(|level| !order.can_promise(*level)) {
            let what = format!(
                "this key is in a merged keyspace, which has no {level} reads; it has causal, \
                 eventual and what follows from them"
            );
            return Some(("level", what));
        }
        let orders = operation.parts().iter().map(|part| {
            self.keyspace(&part.key).map_or(self.default_order(), |keyspace| keyspace.order)
        });
        orders.into_iter().any(|other| other != order).then(|| {
            let what = "a transaction is about keyspaces of one order, and these keys are in agreed \
                        and merged ones";
            ("operations", what.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{Header, Unit};

    fn history(level: Option<Level>) -> History {
        let keyspace =
            |prefix: &str, order, level| Keyspace { prefix: prefix.into(), order, level };
        let mut header = Header::new(Unit::Milliseconds, level);
        header.keyspaces = vec![
            keyspace("a:", LogOrder::Merged, Level::Eventual),
            keyspace("a:b:", LogOrder::Agreed, Level::Sequential),
        ];
        History::new(Some(header), vec![])
    }

    #[test]
    fn the_longest_prefix_wins() {
        let history = history(None);
        let prefix = |key| history.keyspace(key).map(|keyspace| keyspace.prefix.as_str());
        assert_eq!(prefix("a:x"), Some("a:"));
        assert_eq!(prefix("a:b:x"), Some("a:b:"));
        assert_eq!(prefix("a:b"), Some("a:"));
        assert_eq!(prefix("a"), None);
        let read = |key| history.level_of(&Operation::read(0, key, None, 0, 1));
        assert_eq!(read("a:b:x"), Level::Sequential);
        assert_eq!(read("a:x"), Level::Eventual);
        assert_eq!(read("x"), Level::Linearizable);
    }

    #[test]
    fn what_has_no_keyspace_has_the_order_of_its_level() {
        assert_eq!(history(None).default_order(), LogOrder::Agreed);
        assert_eq!(history(Some(Level::Bounded { ms: 5 })).default_order(), LogOrder::Agreed);
        assert_eq!(history(Some(Level::Sequential)).default_order(), LogOrder::Agreed);
        assert_eq!(history(Some(Level::Causal)).default_order(), LogOrder::Merged);
        assert_eq!(history(Some(Level::Pram)).default_order(), LogOrder::Merged);
    }
}
