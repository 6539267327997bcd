//! Witnesses, and the validator that checks them by the definitions alone. It shares nothing with
//! the algorithms that find witnesses; every verdict that holds by a witness has passed it.

mod causes;
pub(crate) mod claimed;
mod document;
mod facts;
mod increments;
mod legal;
mod order;
mod sessions;
mod whole;

use crate::model::history::History;
use crate::model::level::Level;
use facts::Facts;
pub use order::{Order, Witness};

/// Checks that a witness proves that `history` meets `level`; an error says what is wrong with it.
pub fn validate(history: &History, level: Level, witness: &Witness) -> Result<(), String> {
    let facts = Facts::new(history, level, witness)?;
    match level {
        Level::Linearizable | Level::Bounded { .. } => legal::real_time(&facts, level, witness),
        Level::Sequential => legal::sequential(&facts, witness),
        // One order of everything serves all clients.
        Level::Pram | Level::Cm if legal::is_for_all(witness) => legal::sequential(&facts, witness),
        Level::Pram => legal::pram(&facts, witness),
        Level::Causal | Level::Cc => causes::one_order(&facts, level, witness),
        Level::Cm => causes::memory(&facts, witness),
        Level::Mw | Level::Wfr => sessions::observers(&facts, level, witness),
        Level::Ryw => sessions::read_your_writes(&facts),
        Level::Mr => sessions::monotonic_reads(&facts),
        Level::Eventual => Err("eventual consistency is not proved by a witness".to_string()),
    }
}
