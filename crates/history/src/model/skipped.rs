//! What a file holds besides operations. It is skipped by rule, and counted, so that nobody takes a
//! verdict to be about more than was judged.

/// How much of what stands in a file was skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Comments and forms that are discarded.
    pub comments: usize,
    /// Lines about what was done to the servers.
    pub nemesis: usize,
    /// Crashes that were told a second time.
    pub again: usize,
    /// Lines of a log that are no events.
    pub others: usize,
}
