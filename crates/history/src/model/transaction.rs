//! Transactions: operations that run one after the other at one moment, all of them or none.

use crate::model::operation::{Kind, Operation};

/// The most operations that one transaction may have.
pub const TRANSACTION_OPERATIONS_MAX: usize = 1 << 16;

impl Operation {
    /// A transaction of these operations; without an end its outcome is unknown.
    pub fn transaction(
        client: u64,
        operations: Vec<Operation>,
        start: u64,
        end: Option<u64>,
    ) -> Operation {
        Operation::new(client, Kind::Transaction { operations }, "", start, end)
    }

    /// Whether it is a transaction.
    pub fn is_transaction(&self) -> bool {
        matches!(self.kind, Kind::Transaction { .. })
    }

    /// The operations of a transaction; any other operation is its own and only part.
    pub fn parts(&self) -> &[Operation] {
        match &self.kind {
            Kind::Transaction { operations } => operations,
            _ => std::slice::from_ref(self),
        }
    }
}
