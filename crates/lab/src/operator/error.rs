//! Why an operator's command could not do its work.

use std::fmt;

/// The exit code of a failure at run time.
pub const EXIT_FAILURE: u8 = 1;
/// The exit code of a file that cannot be understood.
pub const EXIT_BAD_FILE: u8 = 78;

/// Why an operator's command could not do its work, with the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// [`EXIT_FAILURE`] or [`EXIT_BAD_FILE`].
    pub exit_code: u8,
    /// What happened, where, and what would help.
    pub what: String,
}

impl Failure {
    /// Something of the world failed: a server, a connection, a disk.
    pub(super) fn run_time(what: impl Into<String>) -> Failure {
        Failure { exit_code: EXIT_FAILURE, what: what.into() }
    }

    /// A file is not what it should be.
    pub(super) fn bad_file(what: impl Into<String>) -> Failure {
        Failure { exit_code: EXIT_BAD_FILE, what: what.into() }
    }

    /// The same, where so many keys were written before it.
    pub(super) fn after(self, written: u64) -> Failure {
        let (first, hint) = match self.what.split_once("\n  hint: ") {
            Some((first, hint)) => (first, format!("\n  hint: {hint}")),
            None => (self.what.as_str(), String::new()),
        };
        let what = format!("{first} (keys written before: {written}){hint}");
        Failure { what, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_said_before_the_hint() {
        let failure = Failure::bad_file("a.jsonl:3: no\n  hint: yes").after(2);
        assert_eq!(failure.what, "a.jsonl:3: no (keys written before: 2)\n  hint: yes");
        assert_eq!(Failure::run_time("no").after(0).what, "no (keys written before: 0)");
    }
}
