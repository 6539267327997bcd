//! What is wrong with a file that is no history, and the limits of what is read.

use std::fmt;

/// The longest line that is read.
pub const LINE_BYTES_MAX: usize = 16 << 20;
/// The most operations that one history may have.
pub const OPERATIONS_MAX: usize = 1 << 30;

/// A file that is no history: the place of the fault and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, in characters counted from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Broken {}
