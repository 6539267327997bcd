//! The level of one read: what stands behind the `@` in `GET@EVENTUAL key`.
//!
//! It is part of the command's name because that is the one place that every client passes on
//! untouched, in a pipeline and on a shared connection too. `CONSISTENCY SET` names levels by the
//! same words, and several of them in order of preference: `linearizable:5ms sequential`.

use std::fmt;

use node::{Access, BOUND_MS, Choice, Level, Preference};

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

/// A level as it is spelled.
#[derive(Clone, Copy)]
pub(super) enum Spelling {
    Word(&'static str),
    /// Bounded, by so many milliseconds.
    Bounded(u32),
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Spelling::Word(word) => f.write_str(word),
            Spelling::Bounded(ms) => write!(f, "bounded:{ms}"),
        }
    }
}

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
    read(suffix)
}

/// The level that a word names, or the text of the error.
pub(super) fn read(word: &[u8]) -> Result<Level, String> {
    if let Some((_, level)) = find(word) {
        return Ok(level);
    }
    let shown = word.escape_ascii().to_string();
    Err(match bound(word) {
        Some(_) => format!(
            "CONSISTENCY '{shown:.32}' names no bound: it is a whole number of milliseconds, {} to {} (an hour). Hint: \
             bounded:100",
            BOUND_MS.start(),
            BOUND_MS.end()
        ),
        None => format!(
            "CONSISTENCY unknown level '{shown:.32}'. Hint: the levels are linearizable, bounded:<ms>, sequential, causal, \
             eventual"
        ),
    })
}

/// The level spelled so, and the spelling in lower case.
pub(super) fn find(word: &[u8]) -> Option<(Spelling, Level)> {
    let mut words = SPELLINGS.into_iter();
    if let Some((spelling, level)) =
        words.find(|(spelling, _)| spelling.as_bytes().eq_ignore_ascii_case(word))
    {
        return Some((Spelling::Word(spelling), level));
    }
    let ms = number(bound(word)?).filter(|ms| BOUND_MS.contains(ms))?;
    Some((Spelling::Bounded(ms), Level::Bounded { ms }))
}

/// What stands behind `bounded:`.
fn bound(word: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"bounded:";
    let (name, rest) = word.split_at_checked(NAME.len())?;
    name.eq_ignore_ascii_case(NAME).then_some(rest)
}

/// A whole number as it is written: digits alone.
fn number(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// The levels that these words name in order of preference, each maybe with the time that it has;
/// behind them, maybe `STRICT`. Else the text of the error.
pub(super) fn read_preference(words: &[&[u8]]) -> Result<Preference, String> {
    let (words, strict) = match words {
        [levels @ .., last] if last.eq_ignore_ascii_case(b"STRICT") => (levels, true),
        levels => (levels, false),
    };
    let choices: Result<_, _> = words.iter().map(|word| read_choice(word)).collect();
    Preference::new(choices?, strict).map_err(|why| format!("CONSISTENCY {why}"))
}

/// A level, and the time that it has: `linearizable:5ms`.
fn read_choice(word: &[u8]) -> Result<Choice, String> {
    let Some(at) = word.iter().rposition(|byte| *byte == b':') else {
        return Ok(Choice { level: read(word)?, patience_ms: None });
    };
    let (level, time) = (&word[..at], &word[at + 1..]);
    let digits = time.len().checked_sub(2).filter(|at| time[*at..].eq_ignore_ascii_case(b"ms"));
    let Some(digits) = digits.map(|at| &time[..at]) else {
        if find(level).is_some() {
            return Err(format!(
                "CONSISTENCY '{:.48}' names a time without its unit. Hint: {}:5ms",
                word.escape_ascii().to_string(),
                level.escape_ascii()
            ));
        }
        return Ok(Choice { level: read(word)?, patience_ms: None });
    };
    let level = read(level)?;
    match number(digits) {
        Some(ms) => Ok(Choice { level, patience_ms: Some(ms) }),
        None => Err(format!(
            "CONSISTENCY '{:.32}' is no time: it is a whole number of milliseconds. Hint: {level}:5ms",
            time.escape_ascii().to_string()
        )),
    }
}
