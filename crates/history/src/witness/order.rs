//! What a witness says.

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
    /// For each operation that looked at a counter of merged logs, the increments that it saw
    /// beside the write that its source is. Only `causal` knows such.
    pub counted: Vec<(usize, Vec<usize>)>,
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
