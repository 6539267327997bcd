//! What a counter can come to: one of the values written to its key, and some of its increments.
//! That is quick, and often enough to see that a value comes from nowhere.

use std::collections::{BTreeSet, HashSet};

use crate::model::operation::{Kind, Operation, Value};

/// What is there, as a number.
pub(super) fn number(value: &Option<Value>) -> Option<i128> {
    value.as_ref().map_or(Some(0), |text| text.parse::<i64>().ok().map(i128::from))
}

/// The values and the increments of one key.
pub(super) struct Sums<'h> {
    texts: HashSet<&'h Option<Value>>,
    numbers: BTreeSet<i128>,
    /// The smallest and the greatest that increments come to.
    least: i128,
    most: i128,
}

impl<'h> Sums<'h> {
    /// Those of a key that began like this and was changed by these writes and increments.
    pub(super) fn of(
        initial: &'h Option<Value>,
        changes: impl Iterator<Item = &'h Operation>,
    ) -> Sums<'h> {
        let mut sums = Sums { texts: HashSet::new(), numbers: BTreeSet::new(), least: 0, most: 0 };
        sums.put(initial);
        for change in changes {
            if let Some(add) = change.added() {
                sums.least += i128::from(add.min(0));
                sums.most += i128::from(add.max(0));
            } else if let Some(value) = change.written() {
                sums.put(value);
            }
        }
        sums
    }

    fn put(&mut self, value: &'h Option<Value>) {
        self.texts.insert(value);
        self.numbers.extend(number(value));
    }

    /// Whether an operation of the key may have been answered as it was.
    pub(super) fn may_be_answered(&self, operation: &Operation) -> bool {
        let (seen, own) = match &operation.kind {
            Kind::Read { value, ok: true } => (value, 0),
            Kind::Incr { add, value: value @ Some(_) } => (value, i128::from(*add)),
            _ => return true,
        };
        let is_sum = |sum: i128| {
            let base = sum - own - self.most..=sum - own - self.least;
            self.numbers.range(base).next().is_some()
        };
        let is_number = seen.is_some() && number(seen).is_some_and(is_sum);
        is_number || operation.is_read() && self.texts.contains(seen)
    }
}
