//! Which operations are told of each order: keys change hands, and what was asked of keyspaces of
//! one order is judged by itself. Begin with [`parts_of`].

use std::collections::BTreeMap;

use bytes::Bytes;
use node::Order;

use crate::record::keyspace::may_have;
use crate::record::operation::{Operation, parts};
use crate::record::transaction;

/// Whether something was asked of keyspaces of this order, or may have been: a write of which that
/// is not known may have happened there, or not.
pub(super) fn is_of(operation: &Operation, order: Order) -> bool {
    match operation.order {
        Some(other) => other == order,
        None => operation.action.is_write(),
    }
}

/// What clients asked of keyspaces of this order, key by key, and where each stands in the record.
/// Keyspaces of one order share their logs: what is promised holds over all of them, and what one
/// has of a key is gone before another has it.
pub(crate) fn parts_of(order: Order, record: &[Operation]) -> (Vec<Operation>, Vec<usize>) {
    let (operations, places) = parts(record);
    operations.into_iter().zip(places).filter(|(one, _)| is_of(one, order)).unzip()
}

/// Of which keys that change hands the quiet end tells: all nodes have read them in this order.
pub(super) struct Ended<'a>(BTreeMap<&'a Bytes, bool>);

impl<'a> Ended<'a> {
    pub(super) fn of(operations: &[(&'a Operation, usize)]) -> Ended<'a> {
        let mut all = BTreeMap::new();
        for (operation, _) in operations.iter().filter(|(one, _)| one.is_final) {
            let is_done = operation.is_done() && operation.order.is_some();
            *all.entry(&operation.key).or_insert(true) &= is_done;
        }
        Ended(all)
    }

    /// (Nothing is asked of it of what only transactions know.)
    pub(super) fn tells_of(&self, key: &Bytes) -> bool {
        !may_have(key) || (self.0.get(key) == Some(&true) && !transaction::is_told(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::operation;
    use crate::record::operation::{Action, Outcome};
    use node::{AgreedPosition, Certificate, Reply};

    fn asked(key: &'static str, action: Action, order: Option<Order>) -> Operation {
        let certificate = Certificate::Agreed { position: AgreedPosition::default(), by: None };
        let done = operation(1, action, Reply::Nil, (0, 1), certificate);
        Operation { key: Bytes::from(key), order, ..done }
    }

    #[test]
    fn each_order_is_told_what_was_asked_of_it_and_what_may_have_been() {
        let set = || Action::Set(Bytes::from("1"));
        let mut unknown = asked("a:1", set(), None);
        unknown.outcome = Outcome::Unknown;
        let record = [
            asked("k0", Action::Get, Some(Order::Agreed)),
            asked("a:1", Action::Get, Some(Order::Merged)),
            unknown,
            asked("a:1", Action::Get, None),
        ];
        assert_eq!(parts_of(Order::Agreed, &record).1, [0, 2]);
        assert_eq!(parts_of(Order::Merged, &record).1, [1, 2]);
    }

    #[test]
    fn the_quiet_end_tells_of_a_key_that_all_read_in_one_order() {
        let last = |key, order| {
            let read = asked(key, Action::Get, order);
            Operation { is_final: true, ..read }
        };
        let all = [last("a:1", Some(Order::Agreed)), last("c:1", Some(Order::Agreed))];
        let missed = last("c:1", None);
        let operations: Vec<_> = all.iter().chain([&missed]).map(|one| (one, 0)).collect();
        let ended = Ended::of(&operations);
        let tells = ["k0", "a:1", "c:1", "a:2"].map(|key| ended.tells_of(&Bytes::from(key)));
        assert_eq!(tells, [true, true, false, false]);
    }
}
