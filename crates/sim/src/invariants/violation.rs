//! A violated invariant, and what was seen.

use std::fmt;

use super::verdict::VERDICT;

/// An invariant that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: &'static str,
    /// When, in virtual milliseconds.
    pub at_ms: u64,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {} ms): {}", self.invariant, self.at_ms, self.what)
    }
}

impl Violation {
    /// Who saw it, in words: the invariant, or the judge and what it judged.
    pub fn by(&self) -> String {
        match self.kind() {
            (invariant, "") => invariant.to_owned(),
            (_, level) => format!("the judge: {level}"),
        }
    }

    /// What makes two violations the same: the invariant, and what stands before the first colon of
    /// the judge's verdict, its level.
    pub(crate) fn kind(&self) -> (&'static str, &str) {
        let level = self.what.split(':').next().unwrap_or_default();
        (self.invariant, if self.invariant == VERDICT { level } else { "" })
    }
}
