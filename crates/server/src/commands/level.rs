//! The level of one read: what stands behind the `@` in `GET@EVENTUAL key`.
//!
//! It is part of the command's name because that is the one place that every client passes on
//! untouched, in a pipeline and on a shared connection too.

use node::{Access, Level};

use super::spec::Spec;
use crate::mutants::mutant;

/// Every spelling of a level, and what it means.
pub(super) const SPELLINGS: [(&str, Level); 7] = [
    ("linearizable", Level::Linearizable),
    ("linearizability", Level::Linearizable),
    ("lin", Level::Linearizable),
    ("sequential", Level::Sequential),
    ("seq", Level::Sequential),
    ("causal", Level::Causal),
    ("eventual", Level::Eventual),
];

/// The name of the command, and what stands behind the first `@`.
#[inline]
pub(super) fn split(name: &[u8]) -> (&[u8], Option<&[u8]>) {
    match name.iter().position(|byte| *byte == b'@') {
        None => (name, None),
        Some(at) => (&name[..at], Some(&name[at + 1..])),
    }
}

/// The level that a suffix asks of this command, or the text of the error.
pub(super) fn parse(spec: &Spec, suffix: &[u8]) -> Result<Level, String> {
    let name = spec.name.to_ascii_uppercase();
    match spec.access {
        Access::Read => {}
        Access::Write if mutant!(LevelOfWriteTaken, false, true) => {}
        Access::Write => {
            return Err(format!(
                "CONSISTENCY {name} is a write: what it promises belongs to its keyspace, not to \
                 the request. Hint: {name} without a level"
            ));
        }
        Access::ReadAll => {
            return Err(format!(
                "CONSISTENCY {name} names no key: it shows what is applied here, and has no level. \
                 Hint: {name} without a level"
            ));
        }
        Access::None => {
            return Err(format!(
                "CONSISTENCY {name} reads no key, so it has no level. Hint: {name} without a level"
            ));
        }
    }
    match find(suffix) {
        Some((_, level)) => Ok(level),
        None => Err(unknown(suffix)),
    }
}

/// What is said of a level that there is not.
pub(super) fn unknown(word: &[u8]) -> String {
    format!(
        "CONSISTENCY unknown level '{:.32}'. Hint: the levels are linearizable, sequential, causal, eventual",
        word.escape_ascii().to_string()
    )
}

/// The level spelled so, and the spelling in lower case.
pub(super) fn find(suffix: &[u8]) -> Option<(&'static str, Level)> {
    SPELLINGS.into_iter().find(|(spelling, _)| spelling.as_bytes().eq_ignore_ascii_case(suffix))
}
