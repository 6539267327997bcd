//! What a search may find.

/// What a search found.
pub(crate) enum Found {
    /// A legal order of all known operations and those unknown ones that it needs.
    Order(Vec<u32>),
    /// There is none.
    Nothing,
    /// The budget was spent first; the longest order found has so many of the known operations.
    Exhausted(usize),
}
