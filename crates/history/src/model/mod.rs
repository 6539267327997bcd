//! What is judged: a history of operations, the levels, and the view of one for the other.

pub(crate) mod certificate;
pub(crate) mod clients;
pub(crate) mod fault;
pub(crate) mod history;
pub(crate) mod keyspace;
pub(crate) mod level;
pub(crate) mod names;
pub(crate) mod operation;
pub(crate) mod placement;
pub(crate) mod skipped;
pub(crate) mod torn;
pub(crate) mod transaction;
pub(crate) mod view;
