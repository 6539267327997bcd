//! Witnesses, and the validator that checks them by the definitions alone. It shares nothing with
//! the algorithms that find witnesses; every verdict that holds by a witness has passed it.

mod causes;
pub(crate) mod claimed;
mod document;
mod facts;
mod orders;
mod sessions;

use crate::model::history::History;
use crate::model::level::Level;
use facts::Facts;

/// A proof that a level holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// Orders of operations. `linearizable`, `bounded`, `sequential`, `causal`, `cc`: one order of
    /// everything; `cm`, `pram`: the same, or one for each client that looks; `mw`, `wfr`: one of
    /// the writes visible to each observer; `ryw`, `mr`: none.
    pub orders: Vec<Order>,
    /// For each operation that looked, the one whose value it saw, or `None` for the initial value;
    /// in ascending order of operations. Empty where the orders tell it.
    pub sources: Vec<(usize, Option<usize>)>,
}

/// One order of a witness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The client for whom it is, if it is not for all.
    pub client: Option<u64>,
    /// The server from which that client read, if that matters.
    pub server: Option<u64>,
    /// Indices into the history's operations.
    pub operations: Vec<usize>,
}

/// Checks that a witness proves that `history` meets `level`; an error says what is wrong with it.
pub fn validate(history: &History, level: Level, witness: &Witness) -> Result<(), String> {
    let facts = Facts::new(history, level, witness)?;
    match level {
        Level::Linearizable | Level::Bounded { .. } => orders::real_time(&facts, level, witness),
        Level::Sequential => orders::sequential(&facts, witness),
        // One order of everything serves all clients.
        Level::Pram | Level::Cm if orders::is_for_all(witness) => {
            orders::sequential(&facts, witness)
        }
        Level::Pram => orders::pram(&facts, witness),
        Level::Causal | Level::Cc => causes::one_order(&facts, level, witness),
        Level::Cm => causes::memory(&facts, witness),
        Level::Mw | Level::Wfr => sessions::observers(&facts, level, witness),
        Level::Ryw => sessions::read_your_writes(&facts),
        Level::Mr => sessions::monotonic_reads(&facts),
        Level::Eventual => Err("eventual consistency is not proved by a witness".to_string()),
    }
}
