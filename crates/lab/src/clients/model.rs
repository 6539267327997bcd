//! The kinds of operations, as the judge has them.

use serde::{Deserialize, Serialize};

/// What the judge takes an operation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Model {
    /// A read of one key.
    Read,
    /// A write of one key.
    Write,
    /// A write that compares.
    Cas,
    /// A text put behind the value.
    Append,
    /// A number added to the value.
    Increment,
    /// A removal.
    Delete,
    /// Several of these at one moment.
    Transaction,
}

impl Model {
    /// All of them, in the order in which they are told.
    pub const ALL: [Model; 7] = [
        Model::Write,
        Model::Read,
        Model::Cas,
        Model::Append,
        Model::Increment,
        Model::Delete,
        Model::Transaction,
    ];

    /// Its name for people and machines.
    pub fn name(self) -> &'static str {
        match self {
            Model::Read => "read",
            Model::Write => "write",
            Model::Cas => "cas",
            Model::Append => "append",
            Model::Increment => "incr",
            Model::Delete => "delete",
            Model::Transaction => "transaction",
        }
    }
}
